"""Rows of a survey as they stand in a file, in columns: what every format is brought to before it is judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lomsong.ingest.surveys import scanning
from lomsong.ingest.surveys.headings import LEVELS, Columns
from lomsong.ingest.surveys.lines import Block
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

    def __len__(self) -> int:
        return len(self.source_row)


@dataclass(frozen=True)
class Reading:
    """How the fields of a text are to be read.

    ``order`` is that of the parts of a time, ``comma`` tells that a comma is a decimal mark, ``offset_us`` how far a
    clock without an offset of its own is ahead of UTC.
    """

    columns: Columns
    order: int = scanning.YEAR_FIRST
    comma: bool = False
    offset_us: int = 0


def of_block(block: Block, reading: Reading) -> Rows:
    """Bring the lines of a block to columns."""
    columns = reading.columns
    wanted = sorted({*columns.index.values(), *(at for near in columns.neighbours for at in near.values())})
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
        numbers={name: numbers(index[name]) for name in NUMBERS if name in index},
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
        return float(text.replace("\u2212", "-"))
    except ValueError:
        return float("nan")


def _times(block: Block, reading: Reading, cut: Callable[[int], tuple[Index, Index]]) -> Index | None:
    index = reading.columns.index
    at = index.get("time", index.get("date"))
    if at is None:
        return None
    low, high = cut(at)
    moments = scanning.times(block.text, low, high, reading.order, reading.offset_us)
    clock = index.get("clock", index.get("time") if "date" in index and "time" in index else None)
    if clock is not None and "date" in index and (moments == NO_TIME).all():
        dates = block.words(*cut(index["date"]))
        clocks = block.words(*cut(clock))
        moments = times_of_texts([f"{date} {hour}" for date, hour in zip(dates, clocks, strict=True)], reading)
    return moments


def times_of_texts(texts: Sequence[str], reading: Reading | None = None) -> Index:
    """Read texts as times; see :func:`lomsong.ingest.surveys.scanning.times`.

    Returns
    -------
    Microseconds since 1970 UTC, shape (n,), :data:`~lomsong.ingest.surveys.scanning.NO_TIME` where a text is no time.
    """
    order = order_of(texts) if reading is None else order_of(texts, reading.order)
    offset_us = 0 if reading is None else reading.offset_us
    raw = [text.encode() for text in texts]
    ends = np.cumsum([len(word) for word in raw], dtype=np.int64) if raw else np.zeros(0, dtype=np.int64)
    starts = np.concatenate([np.zeros(min(len(raw), 1), dtype=np.int64), ends[:-1]])
    return scanning.times(np.frombuffer(b"".join(raw) or b" ", dtype=np.uint8), starts, ends, order, offset_us)


def order_of(texts: Sequence[str], otherwise: int = scanning.YEAR_FIRST) -> int:
    """Tell in which order the parts of times are written, from examples.

    Day before month unless a second part above 12 proves the reverse: so dates are written in Viet Nam.
    """
    groups = [_digit_groups(text) for text in texts[:500]]
    groups = [found for found in groups if found]
    if not groups:
        return otherwise
    if all(len(found) <= 2 and len(found[0]) >= 9 for found in groups):
        return scanning.EPOCH
    if all(len(found[0]) == 4 for found in groups):
        return scanning.YEAR_FIRST
    dated = [found for found in groups if len(found) >= 3 and len(found[0]) <= 2]
    if not dated:
        return otherwise
    middle = max(int(found[1]) for found in dated)
    return scanning.MONTH_FIRST if middle > 12 else scanning.DAY_FIRST


def _digit_groups(text: str) -> list[str]:
    return "".join(letter if letter.isdigit() and letter.isascii() else " " for letter in text).split()


def of_frame(frame: pd.DataFrame, columns: Columns, source_row: Index) -> Rows:
    """Bring a table of numbers and texts to columns.

    Parameters
    ----------
    frame
        Columns in the order of ``columns.headings``, shape (n, c).
    columns
        Where the fields stand.
    source_row
        Row in the file, shape (n,).
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
        time=_times_of_series(series(index["time"])) if "time" in index else None,
        numbers={name: _numbers_of_series(series(index[name])) for name in NUMBERS if name in index},
        words={name: Words.of(series(index[name]).tolist()) for name in WORDS if name in index},
        show=show,
    )


def _numbers_of_series(values: pd.Series) -> Floats:
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        numbers = values.to_numpy(dtype=float, na_value=np.nan).copy()
    else:
        texts = values.astype("string").str.strip().str.replace(",", ".", regex=False).str.replace("\u2212", "-")
        numbers = pd.to_numeric(texts, errors="coerce").to_numpy(dtype=float, na_value=np.nan).copy()
    numbers[~np.isfinite(numbers)] = np.nan
    return numbers


def _times_of_series(values: pd.Series) -> Index:
    if pd.api.types.is_datetime64_any_dtype(values):
        moments = pd.to_datetime(values, utc=True).dt.tz_convert(None).to_numpy().astype("datetime64[us]")
        return moments.astype(np.int64)  # NaT is the smallest integer, as NO_TIME is
    return times_of_texts(values.astype("string").fillna("").tolist())
