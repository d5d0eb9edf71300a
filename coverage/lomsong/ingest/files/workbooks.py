"""Workbooks (.xlsx, .xlsm, .xls, .ods) as grids of texts, refused when they would unpack or stretch too far."""

from __future__ import annotations

import datetime
import io
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import python_calamine as calamine

from lomsong.errors import DataError, FormatError
from lomsong.ingest.files.compound import extents
from lomsong.ingest.files.sources import MAX_MEMBERS, MAX_RATIO, SMALL_BYTES, ZIP_MAGIC, Source
from lomsong.texts import fault, one_line

OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

MAX_WORKBOOK_BYTES = 2 << 30
"""Largest table after unpacking: 2 GiB. Logs, which may be larger, are read in blocks elsewhere."""

MAX_CELLS = 40_000_000
"""Largest rectangle of one sheet, from its first cell to its last: all rows of Excel with 38 columns.

A sheet is laid out as a whole in memory, so that one stray cell in the last corner would ask for 500 GB.
"""

_CHUNK = 1 << 20
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_WORD = "WordDocument".encode("utf-16-le")
_COLUMN = re.compile(rb"""<(?:\w+:)?c\s[^<>]*?\br=["']([A-Za-z]{1,7})\d+["'](?![^<>]*(?:/>|></(?:\w+:)?c>))""")
_ROW = re.compile(rb"""<(?:\w+:)?row\s[^<>]*?\br=["'](\d{1,9})["']""")
_CELL = re.compile(rb"<(?:\w+:)?c[\s>]")
_OWN_PLACE = re.compile(rb"""<(?:\w+:)?c\s[^<>]*?\br=["']""")
_ODS_ROW = re.compile(rb"<table:table-row(?P<head>[^>]*)(?:/>|>(?P<cells>.*?)</table:table-row>)", re.DOTALL)
_ODS_CELL = re.compile(rb"<table:(?:covered-)?table-cell(?P<head>[^>]*?)(?P<bare>/?)>")
_ODS_COLUMNS = re.compile(rb'number-columns-repeated="(\d{1,9})"')
_ODS_ROWS = re.compile(rb'number-rows-repeated="(\d{1,9})"')
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError, KeyError)


@dataclass(frozen=True)
class Grid:
    """One sheet, or one delimited text, as cells.

    Attributes
    ----------
    name
        Of the sheet; empty for a text.
    rows
        Texts, empty where a cell is, all rows of a workbook equally long.
    numbers
        Number of each row as a person counts it.
    merged
        First row, first column, last row and last column of merged cells, as numbers in ``rows``.
    """

    name: str
    rows: list[list[str]]
    numbers: Sequence[int]
    merged: tuple[tuple[int, int, int, int], ...] = ()


def is_workbook(source: Source) -> bool:
    """Tell by its content whether a file is a workbook."""
    head = source.head(8)
    if head == OLE_MAGIC:
        return True
    return head.startswith(ZIP_MAGIC)


def is_workbook_file(path: Any) -> bool:
    """Tell whether a zip on disk is a workbook under any name, so that it is not taken apart as an archive."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _kind(archive.namelist()) != ""
    except _BROKEN:
        return False


def _kind(names: Sequence[str]) -> str:
    if any(name.lower().startswith("xl/") for name in names):
        return "xlsb" if any(name.lower() == "xl/workbook.bin" for name in names) else "xlsx"
    return "ods" if {"content.xml", "mimetype"} <= set(names) else ""


def contents(source: Source, limit: int = MAX_WORKBOOK_BYTES) -> bytes:
    """Return the whole content of a table, piece by piece, so that no more memory is asked for than it has bytes.

    Raises
    ------
    DataError
        When it holds more than ``limit`` bytes.
    """
    data = bytearray()
    with source.open() as stream:
        packed_bytes = source.packed_bytes  # what is too long as it lies there need not be read at all
        while piece := stream.read(_CHUNK):
            data += piece
            if max(len(data), packed_bytes) > limit:
                raise fault(DataError, "too_large", file=source.name, limit=f"{limit >> 20} MiB")
    return bytes(data)


def read_workbook(source: Source, sheet: str | None = None) -> list[Grid]:
    """Return the visible sheets of a workbook that hold cells, or the one that is named.

    Raises
    ------
    FormatError
        When it is damaged, under a password or none, or has no such sheet.
    DataError
        When it would unpack to more than :data:`MAX_WORKBOOK_BYTES`, or a sheet reaches too far.
    """
    data = contents(source)
    if data.startswith(ZIP_MAGIC):
        _guard(data, source.name)
    else:
        _guard_compound(data, source.name)
    try:
        with calamine.CalamineWorkbook.from_object(io.BytesIO(data)) as book:
            names = _names(book, source.name, sheet)
            return [grid for name in names if (grid := _grid(book.get_sheet_by_name(name))).rows]
    except calamine.PasswordError:
        raise fault(FormatError, "sheet_password", file=source.name) from None
    except (calamine.CalamineError, *_BROKEN) as error:
        if isinstance(error, DataError):
            raise
        raise fault(FormatError, "sheet_unreadable", file=source.name, reason=_line(error)) from None
    except BaseException as error:
        # A panic of the reader's own does not descend from Exception.
        if type(error).__name__ != "PanicException":
            raise
        raise fault(FormatError, "sheet_unreadable", file=source.name, reason=_line(error)) from None


def _names(book: Any, file: str, sheet: str | None) -> list[str]:
    worksheets = [about for about in book.sheets_metadata if about.typ == calamine.SheetTypeEnum.WorkSheet]
    if sheet is not None:
        wanted = unicodedata.normalize("NFC", sheet).casefold().strip()
        found = [x.name for x in worksheets if unicodedata.normalize("NFC", x.name).casefold().strip() == wanted]
        if not found:
            names = ", ".join(about.name for about in worksheets)
            raise fault(FormatError, "sheet_missing", file=file, sheet=sheet, sheets=names)
        return found[:1]
    shown = [about.name for about in worksheets if about.visible == calamine.SheetVisibleEnum.Visible]
    return shown or [about.name for about in worksheets]


def _grid(sheet: Any) -> Grid:
    start = sheet.start or (0, 0)
    rows = [[cell_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=True)]
    if not any(map(any, rows)):
        rows = []
    merged = tuple(
        (first[0] - start[0], first[1] - start[1], last[0] - start[0], last[1] - start[1])
        for first, last in sheet.merged_cell_ranges or ()
    )
    return Grid(one_line(sheet.name), rows, range(start[0] + 1, start[0] + 1 + len(rows)), merged)


def cell_text(cell: Any) -> str:
    """Return a cell as text: whole numbers without decimals, none in scientific notation, dates as ISO.

    An error cell (#N/A, #REF! …) is empty. A formula is never evaluated: what is read is the value that was saved.
    """
    if isinstance(cell, str):
        return "" if cell in ERRORS else plain_text(cell)
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int):
        return str(cell)
    if isinstance(cell, float):
        return _number_text(cell)
    if isinstance(cell, datetime.datetime):
        return cell.isoformat(sep=" ", timespec="seconds") if cell.time() != datetime.time() else f"{cell.date()}"
    return str(cell)


ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!"})
"""Texts of error cells."""


def plain_text(text: str) -> str:
    """Return a cell's text in NFC, without spaces or no-break spaces around it."""
    return (text if text.isascii() else unicodedata.normalize("NFC", text)).strip()


def _number_text(value: float) -> str:
    if value.is_integer():
        return f"{value:.0f}"
    text = f"{value:.15g}"  # the digits that a workbook keeps
    plain = f"{Decimal(text):f}" if "e" in text else text
    # A cell that holds a number has no marks of thousands: a further digit keeps 53.125 from being read as 53 thousand.
    return f"{plain}0" if len(plain.partition(".")[2]) == 3 else plain


def _guard(data: bytes, name: str) -> None:
    """Refuse a zip that declares, or holds, more than a workbook may, before it is laid out in memory."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            _guard_sizes(infos, name)
            kind = _kind([info.filename for info in infos])
            if not kind and any(info.filename.startswith("word/") for info in infos):
                raise fault(FormatError, "sheet_document", file=name)
            if kind in ("", "xlsb"):
                raise fault(FormatError, "sheet_unreadable", file=name, reason=kind or "zip")
            for info in infos:
                with archive.open(info) as member:
                    if kind == "xlsx" and "/worksheets/" in f"/{info.filename.lower()}":
                        _guard_extent(member, name, info.filename)
                    elif kind == "ods" and info.filename == "content.xml":
                        _guard_repeats(member.read(), name)
                    else:
                        while member.read(_CHUNK):  # reading to the end holds the size declared against the content
                            pass
    except _BROKEN as error:
        if isinstance(error, DataError):
            raise
        raise fault(FormatError, "sheet_unreadable", file=name, reason=_line(error)) from None


def _guard_compound(data: bytes, name: str) -> None:
    try:
        for number, (height, width) in enumerate(extents(data)):
            _require_extent(height, width, name, str(number))
    except DataError:
        raise
    except ValueError as error:
        if _ENCRYPTED in data:
            raise fault(FormatError, "sheet_password", file=name) from None
        if _WORD in data:
            raise fault(FormatError, "sheet_document", file=name) from None
        raise fault(FormatError, "sheet_unreadable", file=name, reason=_line(error)) from None


def _guard_sizes(infos: Sequence[zipfile.ZipInfo], name: str) -> None:
    if len(infos) > MAX_MEMBERS:
        raise fault(DataError, "too_many_members", file=name, count=len(infos), limit=MAX_MEMBERS)
    for info in infos:
        limit = max(SMALL_BYTES, MAX_RATIO * info.compress_size)
        if info.file_size > limit:
            raise fault(DataError, "too_large", file=f"{name}/{info.filename}", limit=f"{limit >> 20} MiB")
    if sum(info.file_size for info in infos) > MAX_WORKBOOK_BYTES:
        raise fault(DataError, "too_large", file=name, limit=f"{MAX_WORKBOOK_BYTES >> 30} GiB")


def _guard_extent(member: Any, file: str, sheet: str) -> None:
    last_row, implicit_rows, implicit_cells = 0, 0, 0
    columns: set[bytes] = set()
    tail = b""
    while chunk := member.read(_CHUNK):
        whole = tail + chunk
        cut = max(whole.rfind(b"<"), 0)
        block, tail = whole[:cut], whole[cut:][-4096:]
        rows = _ROW.findall(block)
        last_row = max(last_row, max(map(int, rows), default=0))
        implicit_rows += block.count(b"<row") - len(rows)
        columns.update(_COLUMN.findall(block))
        implicit_cells += len(_CELL.findall(block)) - len(_OWN_PLACE.findall(block))
    width = max((_column_number(letters) for letters in columns), default=0) + implicit_cells
    height = last_row + max(implicit_rows, 0)
    _require_extent(height, width, file, sheet)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = 26 * number + letter - 64
    return number


def _guard_repeats(content: bytes, file: str) -> None:
    height, last, width = 0, 0, 0
    for row in _ODS_ROW.finditer(content):
        height += int(found[1]) if (found := _ODS_ROWS.search(row["head"])) else 1
        columns, filled = 0, 0
        for cell in _ODS_CELL.finditer(row["cells"] or b""):
            columns += int(found[1]) if (found := _ODS_COLUMNS.search(cell["head"])) else 1
            if b"value-type" in cell["head"] or not cell["bare"]:
                filled = columns
        if filled:
            last, width = height, max(width, filled)
    _require_extent(last, width, file, "content.xml")


def _require_extent(height: int, width: int, file: str, sheet: str) -> None:
    if height * width > MAX_CELLS:
        raise fault(
            DataError, "sheet_extent", file=file, sheet=sheet, row=height, column=width, limit=f"{MAX_CELLS:,}"
        )  # fmt: skip


def _line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
