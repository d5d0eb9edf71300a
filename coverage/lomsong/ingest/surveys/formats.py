"""The registry of survey formats: which program wrote a file, told by what is in it, and its rows in columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lomsong.errors import ColumnError, FormatError, LomsongError, UsageError
from lomsong.geo import WGS84
from lomsong.ingest.files.opening import read_layer, read_plain_parquet
from lomsong.ingest.files.sheets import SEPARATORS, read_raw
from lomsong.ingest.files.sources import Source
from lomsong.ingest.quality import SurveyLimits
from lomsong.ingest.surveys import cellmapper, gnettrack
from lomsong.ingest.surveys.contents import settle
from lomsong.ingest.surveys.headings import Columns, match
from lomsong.ingest.surveys.lines import Block, Head, LineReader, line_reader, read_head, split
from lomsong.ingest.surveys.moments import manner_of, offset_of_heading_us
from lomsong.ingest.surveys.rows import Reading, Rows, of_block, of_frame
from lomsong.texts import fault

FORMATS = ("gnettrack", "cellmapper", "delimited", "workbook", "layer")
"""Names of the formats: two programs whose files need knowledge of their own, and any file that says what it holds."""

HEADING_LINES = 40
"""Headings stand within so many lines from the top; above them some programs write what they are."""

WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""First bytes of .xlsx and .xls."""

PARTS = {
    **dict.fromkeys((".dbf", ".shx", ".prj", ".cpg", ".qpj", ".sbn", ".sbx", ".qix"), (".shp",)),
    **dict.fromkeys((".dat", ".map", ".id", ".ind"), (".tab",)),
    ".mid": (".mif",),
}
"""Ending of a file that is part of a layer, to the endings of the file that stands for the layer."""

KML_COLUMNS = ("timestamp", "begin", "end", "altitudeMode", "icon", "description")
"""Columns that a reader of KML adds whether the file has them or not."""

RECORD = ("{", "[{")
"""How records of JSON begin, which name their fields in each: no headings."""

SQLITE, PARQUET, FLATGEOBUF = b"SQLite format 3\0", b"PAR1", b"fgb"


@dataclass
class Opened:
    """A survey file opened for reading: its format, and its rows piece by piece."""

    format: str
    columns: Columns
    advance: Callable[[], Rows | None]
    give_back: Callable[[int], None]
    silent: Callable[[Rows], NDArray[np.bool_]] | None = None
    time_required: bool = False
    sheets_unread: tuple[str, ...] = ()

    def next(self) -> Rows | None:
        """Return the next rows, None at the end."""
        return self.advance()

    @property
    def speed_unit_mps(self) -> float | None:
        """The unit of speed in m/s; None: the file does not state it."""
        return self.columns.speed_unit_mps

    @property
    def timed(self) -> bool:
        """Whether there is a column of times."""
        return bool({"time", "date"} & self.columns.index.keys())

    def heading(self, name: str) -> str:
        """Return the heading of a field as the file writes it."""
        return self.columns.heading(name)


@contextmanager
def open_rows(found: Source, wanted: str, limits: SurveyLimits) -> Iterator[Opened]:
    """Open a survey file in the format that its content shows.

    Parameters
    ----------
    found
        The file, or a member of an archive.
    wanted
        ``auto``, or one of :data:`FORMATS`, which must then fit.
    limits
        Gives the columns and the offset of clocks that a person stated.

    Raises
    ------
    UsageError
        When ``wanted`` is no format.
    FormatError, ColumnError
        When the content is of no known format, or not of the one wanted.
    """
    if wanted not in ("auto", *FORMATS):
        raise fault(UsageError, "format_unknown", format=wanted, known=", ".join(("auto", *FORMATS)))
    kind = kind_of(found)
    if kind in ("layer", "workbook"):
        if wanted not in ("auto", kind):
            raise fault(FormatError, "format_differs", file=found.path, wanted=wanted, found=kind)
        yield _whole(found, kind, limits)
        return
    head = read_head(found)
    format, columns, separator, skip = _text_format(found, head, wanted, limits)
    with line_reader(found, head.encoding, separator, skip, quotes=format != "gnettrack") as reader:
        yield _text_rows(format, columns, separator, skip, head, reader, limits)


def is_part(found: Source, all_found: Collection[tuple[Path, str]]) -> bool:
    """Tell whether a file is only part of a layer beside it, as the .dbf of a Shapefile."""
    whole = PARTS.get(found.suffix, ())
    name = found.member or str(found.path)
    stem = name[: -len(found.suffix)] if found.suffix else name
    beside = {member or str(path) for path, member in all_found if bool(member) == bool(found.member)}
    return any(f"{stem}{ending}" in beside for ending in whole)


def companion(found: Source) -> str:
    """Return which file beside a G-NetTrack log this is, or an empty text."""
    if kind_of(found) != "text":
        return ""
    lines = read_head(found).lines
    return gnettrack.companion(split(lines[0], "\t")) if lines else ""


def fits(found: Source) -> bool:
    """Tell whether a file is a survey log."""
    try:
        with open_rows(found, "auto", SurveyLimits()):
            return True
    except LomsongError:
        return False


def kind_of(found: Source) -> str:
    """Return ``layer``, ``workbook`` or ``text``, by the first bytes."""
    head = found.head(2048)
    start = head.lstrip(b"\xef\xbb\xbf \r\n\t")[:400].lower()
    layer = (
        head.startswith((SQLITE, PARQUET, FLATGEOBUF, b"\x00\x00\x27\x0a"))
        or (start.startswith(b"{") and b"feature" in head.lower())
        or start.startswith((b"<?xml", b"<kml", b"!table"))
        or (start.startswith(b"version ") and b"columns " in head.lower())
        or found.suffix == ".kmz"
    )
    if layer:
        return "layer"
    return "workbook" if head.startswith(WORKBOOKS) else "text"


def _text_format(found: Source, head: Head, wanted: str, limits: SurveyLimits) -> tuple[str, Columns, str, int]:
    """Return the format of a text, its columns, its separator, and the lines down to its headings."""
    best: tuple[int, str, Columns, str, int] | None = None
    for number, line in enumerate(head.lines[:HEADING_LINES], start=1):
        if line.lstrip().startswith(RECORD):
            break
        for separator in SEPARATORS:
            if separator not in line:
                continue
            headings = split(line, separator)
            beside = gnettrack.companion(headings)
            if beside:
                raise fault(FormatError, "gnettrack_companion", file=found.path, kind=beside)
            columns = match(headings, limits.columns, limits.technology, limits.operator)
            if columns.usable and (best is None or len(columns.index) > best[0]):
                name = "gnettrack" if gnettrack.sniff(headings) else "delimited"
                best = len(columns.index), name, columns, separator, number
        if best is not None:
            break
    if best is None and cellmapper.sniff(head.lines):
        best = 0, "cellmapper", match(cellmapper.HEADINGS), ",", 0
    first = next((line.strip() for line in head.lines if line.strip()), "")
    if best is None:
        _explain(found, head, first, limits)
        raise fault(FormatError, "no_survey_format", file=found.path, line=repr(first[:80]))
    _, format, columns, separator, skip = best
    if wanted not in ("auto", format) and not (wanted == "delimited" and format == "gnettrack"):
        raise fault(FormatError, "format_differs", file=found.path, wanted=wanted, found=format)
    return format, columns, separator, skip


def _explain(found: Source, head: Head, first: str, limits: SurveyLimits) -> None:
    """Raise what is wrong with a text whose headings are nearly those of a survey."""
    for line in head.lines[:HEADING_LINES]:
        for separator in SEPARATORS:
            headings = split(line, separator) if separator in line and not line.lstrip().startswith(RECORD) else []
            columns = match(headings, limits.columns, limits.technology)
            if len(columns.index) >= 3:
                names = ", ".join(heading.strip() for heading in headings if heading.strip())
                raise fault(ColumnError, "survey_column", file=found.path, column=_lacking(columns), found=names)


def _lacking(columns: Columns) -> str:
    return ", ".join([name for name in ("longitude", "latitude") if name not in columns.index] or ["rsrp_dbm"])


def _text_rows(
    format: str, columns: Columns, separator: str, skip: int, head: Head, reader: LineReader, limits: SurveyLimits
) -> Opened:
    samples = [split(line, separator) for line in head.lines[skip : skip + 500] if line.strip()]
    columns = settle(columns, samples, limits.columns)
    at = columns.index.get("time", columns.index.get("date", -1))
    order, mended = manner_of([fields[at] for fields in samples if 0 <= at < len(fields)])
    comma = separator != "," or _is_decimal_comma(columns, samples)
    reading = Reading(columns, order, comma, _offset_us(columns, limits), mended)
    newest: list[Block] = []

    def advance() -> Rows | None:
        block = reader.next()
        newest[:] = [block] if block is not None else []
        return None if block is None else of_block(block, reading)

    def give_back(count: int) -> None:
        if newest:
            reader.give_back(newest[0], count)

    own = format == "gnettrack"
    return Opened(format, columns, advance, give_back, gnettrack.silent if own else None, own)


def _is_decimal_comma(columns: Columns, rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether quoted numbers between commas have a comma for decimal mark too, by the coordinates."""
    found = [columns.index[name] for name in ("longitude", "latitude") if name in columns.index]
    texts = [fields[at].strip() for fields in rows for at in found if at < len(fields)]
    marked = [text for text in texts if "," in text]
    if not marked or any("." in text for text in texts):
        return False
    return all(re.fullmatch(r"[-+]?\d+,\d+", text) for text in marked) and any(
        len(text.split(",")[1]) != 3 for text in marked
    )


def _offset_us(columns: Columns, limits: SurveyLimits) -> int:
    """Return how far clocks without an offset are ahead of UTC: as their heading says, else as a person did."""
    headings = (columns.heading(name) for name in ("time", "clock", "date"))
    stated = next((told for heading in headings if (told := offset_of_heading_us(heading)) is not None), None)
    return int(limits.utc_offset_h * 3_600_000_000) if stated is None else stated


def _whole(found: Source, kind: str, limits: SurveyLimits) -> Opened:
    """Open a layer of points or a workbook, which come in one piece."""
    sheets, unread = None, ()
    if kind == "layer":
        frame, rows, columns = _layer(found, limits)
    else:
        frame, rows, columns = _workbook(found, limits)
        sheets, unread = frame.attrs["sheet"], tuple(frame.attrs["sheets_left"])
    if not columns.usable:
        names = ", ".join(columns.headings)
        raise fault(ColumnError, "survey_column", file=found.path, column=_lacking(columns), found=names)
    first = frame.iloc[:500].astype("string").fillna("").to_numpy(dtype=object).tolist()
    columns = settle(columns, first, limits.columns)
    waiting = [of_frame(frame, columns, rows, _offset_us(columns, limits), sheets)] if len(frame) else []
    return Opened(kind, columns, lambda: waiting.pop() if waiting else None, lambda count: None, sheets_unread=unread)


def _layer(found: Source, limits: SurveyLimits) -> tuple[pd.DataFrame, NDArray[np.int64], Columns]:
    if found.head(4) == PARQUET and not found.member:
        plain = read_plain_parquet(found.path, found.name)
        if plain is not None:
            return (
                plain,
                np.arange(1, len(plain) + 1),
                match([str(name) for name in plain.columns], limits.columns, limits.technology, limits.operator),
            )
    layer = read_layer(found, every=True)
    points = layer.geometry.to_crs(WGS84).representative_point()
    frame = pd.DataFrame(layer.drop(columns=layer.geometry.name))
    frame = frame.drop(columns=[name for name in KML_COLUMNS if name in frame and frame[name].isna().all()])
    given = {**limits.columns, "longitude": "longitude", "latitude": "latitude"}
    frame = frame.drop(columns=[name for name in ("longitude", "latitude") if name in frame])
    frame = frame.assign(longitude=points.x.to_numpy(), latitude=points.y.to_numpy())
    return frame, np.arange(1, len(frame) + 1), match([str(name) for name in frame.columns], given, limits.technology)


def _workbook(found: Source, limits: SurveyLimits) -> tuple[pd.DataFrame, NDArray[np.int64], Columns]:
    raw = read_raw(
        found, lambda headings: len(match(headings, limits.columns, limits.technology, limits.operator).index)
    )
    own = ["is_total", "source_row", *(["sheet"] if len(raw.attrs["sheets"]) > 1 else [])]
    frame = raw.drop(columns=own)
    frame.attrs = {"sheet": raw["sheet"].tolist() if "sheet" in own else None, "sheets_left": raw.attrs["sheets_left"]}
    return (
        frame,
        raw.loc[frame.index, "source_row"].to_numpy(),
        match([str(name) for name in frame.columns], limits.columns, limits.technology, limits.operator),
    )
