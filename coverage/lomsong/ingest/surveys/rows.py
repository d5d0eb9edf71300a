"""Rows of a survey as they stand in a file, in columns: what every format is brought to before it is judged."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lomsong.ingest.surveys import scanning
from lomsong.ingest.surveys.headings import LEVELS, Columns
from lomsong.ingest.surveys.lines import Block
from lomsong.ingest.surveys.moments import SERIAL, times_of_serials, times_of_texts
from lomsong.ingest.surveys.scanning import NO_TIME, Index

Floats = NDArray[np.float64]

NUMBERS = (*LEVELS, "rsrq", "sinr", "arfcn", "pci", "accuracy", "speed", "mcc", "mnc", "count")
"""Fields read as numbers."""

WORDS = (
    "operator", "mccmnc", "technology", "band", "node", "cell", "area", "device", "service", "serving", "neighbouring",
)  # fmt: skip
"""Fields read as words."""

SPARE_FIELDS = 8
"""Fields that a line may have beyond its headings, a trailing separator is one; a line with more is not that log's."""


@dataclass(frozen=True)
class Words:
    """A column of words: the number of each row's word, and the words."""

    codes: NDArray[np.int32]
    names: list[str]

    def map(self, function: Callable[[str], object], dtype: type = object) -> NDArray[np.generic]:
        """Return ``function`` of each row's word, asked once a word, shape (n,)."""
        values: NDArray[Any] = np.empty(max(len(self.names), 1), dtype=dtype)
        values[: len(self.names)] = [function(name) for name in self.names]
        return values[self.codes]

    def masked(self, holds: Callable[[str], bool]) -> NDArray[np.bool_]:
        """Tell of which rows ``holds`` is true, asked once a word, shape (n,)."""
        return self.map(holds, bool).astype(bool)

    def texts(self) -> NDArray[np.generic]:
        """Return each row's word, shape (n,)."""
        return self.map(str)

    @classmethod
    def of(cls, values: Sequence[object]) -> Words:
        """Number the words of ``values``, shape (n,); a missing one is an empty word."""
        texts = pd.Series(values, dtype="object")
        codes, names = pd.factorize(texts.where(texts.notna(), "").astype(str).str.strip())
        return cls(codes.astype(np.int32), [str(name) for name in names])


@dataclass(frozen=True)
class Rows:
    """Some rows of a file.

    Attributes
    ----------
    source_row
        Row as a person counts it in the file, shape (n,).
    complete
        The row has the fields that the headings promise, shape (n,).
    hashes
        64-bit hash of the whole row, shape (n,).
    first, second
        The two coordinates in the columns of longitude and latitude: numbers, or texts where they are none.
    time
        Microseconds since 1970 UTC, :data:`~lomsong.ingest.surveys.scanning.NO_TIME` where unreadable; None: no such
        column.
    numbers, words
        Fields present; numbers in the units of the file.
    neighbours
        For each neighbour that a row tells of, its fields.
    show
        Returns a field of given rows as the file writes it.
    final
        No rows follow.
    sheet
        The sheet of each row, where a workbook has several that were read as one.
    """

    source_row: Index
    complete: NDArray[np.bool_]
    hashes: NDArray[np.uint64]
    first: Floats
    second: Floats
    time: Index | None
    numbers: Mapping[str, Floats]
    words: Mapping[str, Words]
    show: Callable[[str, Index], list[str]]
    neighbours: tuple[Mapping[str, Floats | Words], ...] = field(default=())
    final: bool = True
    sheet: Words | None = None

    def __len__(self) -> int:
        return len(self.source_row)


@dataclass(frozen=True)
class Reading:
    """How the fields of a text are to be read.

    ``order`` is that of the parts of a time and ``mended`` tells whether they must be mended, see
    :func:`~lomsong.ingest.surveys.moments.manner_of`; ``comma`` tells that a comma is a decimal mark, ``offset_us`` how
    far a clock without an offset of its own is ahead of UTC.
    """

    columns: Columns
    order: int = scanning.YEAR_FIRST
    comma: bool = False
    offset_us: int = 0
    mended: bool = False


def of_block(block: Block, reading: Reading) -> Rows:
    """Bring the lines of a block to columns."""
    columns = reading.columns
    near_by = (at for near in columns.neighbours for at in near.values())
    wanted = sorted({*columns.index.values(), *columns.branches, *near_by})
    first, last, counts = scanning.locate(
        block.text, block.starts, block.ends, block.separator, np.array(wanted, dtype=np.int64)
    )
    where = {at: row for row, at in enumerate(wanted)}

    def cut(at: int) -> tuple[Index, Index]:
        return first[where[at]], last[where[at]]

    def show(name: str, rows: Index) -> list[str]:
        if name not in columns.index:
            return [""] * len(rows)
        low, high = cut(columns.index[name])
        return block.words(low[rows], high[rows])

    def numbers(at: int) -> Floats:
        return _numbers(block, *cut(at), reading.comma)

    def words(at: int) -> Words:
        low, high = cut(at)
        codes, where_first = scanning.words(block.text, low, high)
        return Words(codes, block.words(low[where_first], high[where_first]))

    index = columns.index
    named = [heading for heading in columns.headings if heading.strip()]
    promised = len(named)
    return Rows(
        source_row=block.rows,
        complete=(counts >= promised) & (counts < promised + SPARE_FIELDS),
        hashes=scanning.hash_lines(block.text, block.starts, block.ends),
        first=numbers(index["longitude"]),
        second=numbers(index["latitude"]),
        time=_times(block, reading, cut),
        numbers=_with_branches(
            {name: numbers(index[name]) for name in NUMBERS if name in index},
            [numbers(at) for at in columns.branches],
        ),
        words={name: words(index[name]) for name in WORDS if name in index},
        show=show,
        neighbours=tuple(
            {name: (words if name in WORDS else numbers)(at) for name, at in near.items()}
            for near in columns.neighbours
        ),
        final=block.final,
    )


def _numbers(block: Block, low: Index, high: Index, comma: bool) -> Floats:
    values, rest = scanning.numbers(block.text, low, high, comma)
    for row, text in zip(np.flatnonzero(rest).tolist(), block.words(low[rest], high[rest]), strict=True):
        values[row] = _float(text.replace(",", ".") if comma else text)
    values[~np.isfinite(values)] = np.nan
    return values


def _float(text: str) -> float:
    try:
        return float(re.sub(_UNIT, r"\1", re.sub(_MINUS, "-", text)))
    except ValueError:
        return float("nan")


_MINUS = re.compile(r"^[\u2010-\u2013\u2212](?=[\d.])")
"""What a text program puts in the place of a minus sign."""

_UNIT = re.compile(r"(?i)^([-+]?\d*\.?\d+) ?(dbm|db|m|km/h|kph|mph|m/s|mps|mhz)$")
"""A number with the unit that some programs write behind it."""


def _times(block: Block, reading: Reading, cut: Callable[[int], tuple[Index, Index]]) -> Index | None:
    index = reading.columns.index
    at = index.get("time", index.get("date"))
    if at is None:
        return None
    low, high = cut(at)
    if "time" not in index and "clock" in index:
        return times_of_parts(block.words(low, high), block.words(*cut(index["clock"])), reading.offset_us)
    if reading.order == SERIAL:
        return times_of_serials(_numbers(block, low, high, reading.comma), reading.offset_us)
    if reading.mended:
        return times_of_texts(block.words(low, high), reading.order, reading.offset_us, mended=True)
    return scanning.times(block.text, low, high, reading.order, reading.offset_us)


def times_of_parts(dates: Sequence[str], clocks: Sequence[str], offset_us: int = 0) -> Index:
    """Read dates and the clocks beside them, shape (n,) both, as times."""
    # A workbook has midnight behind a date and 1899 before a clock.
    days = [re.sub(r"[ T]0?0:00(:00(\.0*)?)?$", "", date.strip()) for date in dates]
    if any(":" in day for day in days):  # the dates have clocks of their own
        return times_of_texts(days, None, offset_us)
    hours = [re.sub(r"^(1899-12-3\d|1900-01-0\d)[ T]", "", clock.strip()) for clock in clocks]
    hours = [f"{int(hour):06d}" if re.fullmatch(r"\d{5,6}", hour) else hour for hour in hours]
    hours = [re.sub(r"^(\d{2})(\d{2})(\d{2})$", r"\1:\2:\3", hour) for hour in hours]
    return times_of_texts(
        [f"{day} {hour}" if day and hour else "" for day, hour in zip(days, hours, strict=True)], None, offset_us
    )


def of_frame(
    frame: pd.DataFrame,
    columns: Columns,
    source_row: Index,
    offset_us: int = 0,
    sheet: Sequence[str] | None = None,
) -> Rows:
    """Bring a table of numbers and texts to columns.

    Parameters
    ----------
    frame
        Columns in the order of ``columns.headings``, shape (n, c).
    columns
        Where the fields stand.
    source_row
        Row in the file, shape (n,).
    offset_us
        How far a clock without an offset of its own is ahead of UTC.
    sheet
        Sheet of each row, shape (n,); None: there is one alone.
    """

    def series(at: int) -> pd.Series:
        return frame.iloc[:, at]

    def show(name: str, rows: Index) -> list[str]:
        if name not in columns.index:
            return [""] * len(rows)
        values = series(columns.index[name]).iloc[rows]
        return ["" if pd.isna(value) else str(value) for value in values]

    index = columns.index
    keys = pd.util.hash_pandas_object(frame.astype("string").fillna(""), index=False).to_numpy()
    return Rows(
        source_row=source_row,
        complete=np.ones(len(frame), dtype=bool),
        hashes=np.maximum(keys, 1).astype(np.uint64),
        first=_numbers_of_series(series(index["longitude"])),
        second=_numbers_of_series(series(index["latitude"])),
        time=_times_of_frame(frame, index, offset_us),
        numbers=_with_branches(
            {name: _numbers_of_series(series(index[name])) for name in NUMBERS if name in index},
            [_numbers_of_series(series(at)) for at in columns.branches],
        ),
        words={name: Words.of(series(index[name]).tolist()) for name in WORDS if name in index},
        show=show,
        neighbours=tuple(
            {
                name: Words.of(series(at).tolist()) if name in WORDS else _numbers_of_series(series(at))
                for name, at in near.items()
            }
            for near in columns.neighbours
        ),
        sheet=None if sheet is None else Words.of(sheet),
    )


def _with_branches(numbers: dict[str, Floats], branches: Sequence[Floats]) -> dict[str, Floats]:
    """Return the fields with RSRP the greatest of what the phone's antennas heard.

    References
    ----------
    3GPP TS 36.214, 5.1.1: the value reported is not lower than that of any antenna.
    """
    if branches:
        numbers["rsrp"] = np.fmax.reduce([numbers["rsrp"], *branches])
    return numbers


def _numbers_of_series(values: pd.Series) -> Floats:
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        numbers = values.to_numpy(dtype=float, na_value=np.nan).copy()
    else:
        texts = (
            values.astype("string").str.strip().str.replace(",", ".", regex=False).str.replace(_MINUS, "-", regex=True)
        )
        texts = texts.str.replace(_UNIT, r"\1", regex=True)
        numbers = pd.to_numeric(texts, errors="coerce").to_numpy(dtype=float, na_value=np.nan).copy()
    numbers[~np.isfinite(numbers)] = np.nan
    return numbers


def _times_of_frame(frame: pd.DataFrame, index: Mapping[str, int], offset_us: int) -> Index | None:
    if not {"time", "date"} & index.keys():
        return None
    if "time" not in index and "clock" in index:
        dates, clocks = (_texts_of_series(frame.iloc[:, index[name]]) for name in ("date", "clock"))
        return times_of_parts(dates, clocks, offset_us)
    values = frame.iloc[:, index["time"] if "time" in index else index["date"]]
    if pd.api.types.is_datetime64_any_dtype(values):
        aware = isinstance(values.dtype, pd.DatetimeTZDtype)
        moments = pd.to_datetime(values, utc=True).dt.tz_convert(None).to_numpy().astype("datetime64[us]")
        ticks = moments.astype(np.int64)  # NaT is the smallest integer, as NO_TIME is
        return np.where(ticks == NO_TIME, NO_TIME, ticks - (0 if aware else offset_us))
    return times_of_texts(_texts_of_series(values), None, offset_us)


def _texts_of_series(values: pd.Series) -> list[str]:
    return [str(text) for text in values.astype("string").fillna("")]
