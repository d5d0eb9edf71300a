"""Tables as people make them, workbook or delimited text, into a frame of texts under the right headings.

What counts as a row: every row below the headings that holds something, except a row that numbers the columns, a
repetition of the headings, and the footer (signatures, notes; see
:func:`lomsong.ingest.files.columns.footer_start`). A row of totals counts and is marked, so that the reader can charge
it: rows read = accepted + rejected holds for what is returned here.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Literal

import numpy as np
import pandas as pd

from lomsong.errors import DataError, FormatError
from lomsong.geo import fold_text
from lomsong.ingest.files.columns import (
    Headings,
    Wanted,
    count_matches,
    find_headings,
    footer_start,
    is_numbering,
    is_total,
    match_columns,
)
from lomsong.ingest.files.encodings import FONTS, decode, from_font, is_syllable, legacy_font, marked_words
from lomsong.ingest.files.sources import Source
from lomsong.ingest.files.workbooks import MAX_CELLS, Grid, contents, is_workbook, plain_text, read_workbook
from lomsong.tables import TableSpec
from lomsong.texts import fault

SEPARATORS = "\t;,|"
"""What may stand between the fields of a text."""

MAX_COLUMNS = 16_384
"""Most fields of one line: as many columns as a sheet of Excel has."""

MAX_TEXT_BYTES = 512 << 20
"""Largest text read as one table: 512 MiB. Logs, which may be larger, are read in blocks elsewhere."""

HEAD_LINES = 200
"""Lines of a text from which its separator is told."""

FONT_ROWS = 5_000
"""Rows by which the font of a sheet is judged."""

WORKBOOK_SUFFIXES = (".xlsx", ".xlsm", ".xls", ".ods")
"""Names under which a text that holds no heading sought is taken for a damaged workbook."""

DOCUMENTS = (b"%PDF-", rb"{\rtf")
"""How a PDF and a text of Word (.rtf) begin."""

OWN_COLUMNS = ("source_row", "is_total", "sheet")
"""Columns that are added; a heading of that name gets a number."""

_MARKUP = re.compile(r"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype html|html|table|\w*:?workbook)\b", re.I | re.S)
_LETTERS_LOST = re.compile(r"\? ?[^\W\d_]")
_SEPARATOR_LINE = re.compile(r'"?sep=([\t;,|])"?\r?\n', re.IGNORECASE)
_QUOTED_VALUE = re.compile(r'="([^"]*)"')


def read_raw(source: Source, wanted: Wanted, sheet: str | None = None) -> pd.DataFrame:
    """Read a table made by hand, its headings found below any titles.

    Parameters
    ----------
    source
        Workbook (.xlsx, .xlsm, .xls, .ods) or delimited text, told apart by content.
    wanted
        The table sought, or a function that counts how many of the headings given it knows.
    sheet
        Sheet of a workbook; None: the one whose headings match best, together with those that have the same headings,
        but for columns that are not sought.

    Returns
    -------
    Texts (``string``, NFC, missing where a cell is empty) under the headings as found, and ``source_row`` (as a person
    counts it in the file or sheet), ``is_total`` and, when several sheets were read, ``sheet``.

    Cells merged downwards are filled, except in columns of counts, where a copy would be counted again.

    ``attrs`` of the frame: ``encoding`` (of a text), ``legacy_encoding`` (``tcvn3`` or ``vni`` where letters of a
    legacy font were turned into Unicode, else empty), ``sheets`` read, ``sheets_unread`` (with other headings),
    ``sheets_left`` (those of them that have rows and half of the headings found: more of the same kind), ``footer``
    (its texts) and ``overfull_rows`` (rows with more cells than headings).

    Raises
    ------
    FormatError, DataError
        When it cannot be read as a table, is empty, or would unpack to too much.
    """
    encoding = ""
    if is_workbook(source):
        grids = read_workbook(source, sheet)
    else:
        grid, encoding = _delimited(source, wanted)
        grids = [grid]
    turned = [_unfont(grid) for grid in grids]
    tables = [(grid, headings, font) for grid, font in turned if (headings := find_headings(grid.rows[:1000], wanted))]
    if not tables:
        raise fault(DataError, "empty", file=source.name)
    chosen = _alike(tables, wanted)
    lost = [label for label in chosen[0][1].labels if _LETTERS_LOST.search(label)]
    if encoding and len(lost) > 1:
        row = chosen[0][0].numbers[chosen[0][1].first]
        raise fault(FormatError, "letters_lost", file=source.name, row=row, text=", ".join(lost[:4]))
    if encoding and not chosen[0][1].matched and source.suffix in WORKBOOK_SUFFIXES:
        raise fault(FormatError, "sheet_unreadable", file=source.name, reason=f"{encoding} text")
    frames = [_frame(grid, headings, wanted) for grid, headings, _ in chosen]
    frames = [frame for frame in frames if len(frame)] or frames[:1]
    names = [frame.attrs["sheet"] for frame in frames]
    attrs = {
        "encoding": encoding,
        "legacy_encoding": next((font for *_, font in chosen if font), encoding if encoding in FONTS else ""),
        "sheets": names,
        "sheets_unread": [grid.name for grid in grids if grid.name not in names],
        "sheets_left": [
            grid.name
            for grid, headings, _ in tables
            if grid.name not in names and 2 * headings.matched >= chosen[0][1].matched and _body(grid, headings)
        ],
        "footer": [text for frame in frames for text in frame.attrs["footer"]],
        "overfull_rows": [row for frame in frames for row in frame.attrs["overfull_rows"]],
    }
    whole = _joined(frames, names)
    whole.attrs = attrs
    return whole


def _alike(tables: list[tuple[Grid, Headings, str]], wanted: Wanted) -> list[tuple[Grid, Headings, str]]:
    """Return the table that matches best and those with the same headings; a column that nobody seeks may differ."""
    best = max(tables, key=lambda table: table[1].matched)[1]
    same = {fold_text(label) for label in best.labels}

    def is_alike(headings: Headings) -> bool:
        own = {fold_text(label) for label in headings.labels}
        common = [label for label in best.labels if fold_text(label) in own]
        return own == same or 0 < best.matched == headings.matched == count_matches(common, wanted)

    return [table for table in tables if is_alike(table[1])]


def _joined(frames: list[pd.DataFrame], names: list[str]) -> pd.DataFrame:
    if len(frames) == 1:
        return frames[0]
    known = {fold_text(label): label for label in frames[0].columns}
    parts = []
    for frame, name in zip(frames, names, strict=True):
        frame.attrs = {}
        same = frame.rename(columns=lambda label: known.get(fold_text(label), label))
        parts.append(same.assign(sheet=pd.array([name] * len(frame), dtype="string")))
    return pd.concat(parts, ignore_index=True)


def _frame(grid: Grid, headings: Headings, wanted: Wanted) -> pd.DataFrame:
    labels = [f"{label} #{at}" if label in OWN_COLUMNS else label for at, label in enumerate(headings.labels, start=1)]
    width = sum(map(bool, grid.rows[headings.last])) if headings.first == headings.last else len(labels)
    kept = _body(grid, headings)
    totals = [is_total(grid.rows[at], width) for at in kept]
    numbers = [grid.numbers[at] for at in kept]
    count = footer_start([grid.rows[at] for at in kept], numbers, totals, width)
    rows = {at: grid.rows[at] for at in kept[:count]}
    overfull = [grid.numbers[at] for at, row in rows.items() if any(row[len(labels) :])]
    _fill_down(rows, grid, headings, _counts(labels, wanted))
    frame = pd.DataFrame(
        {
            label: pd.array([row[at] or None if at < len(row) else None for row in rows.values()], dtype="string")
            for at, label in enumerate(labels)
        }
    )
    frame["source_row"] = np.array(numbers[:count], dtype=np.int64)
    frame["is_total"] = np.array(totals[:count], dtype=bool)
    footer = [" ".join(cell for cell in grid.rows[at] if cell) for at in kept[count:]]
    frame.attrs = {"sheet": grid.name, "footer": footer, "overfull_rows": overfull}
    empty = [label for label in labels if label.startswith("#") and frame[label].isna().all()]
    return frame.drop(columns=empty)


def _body(grid: Grid, headings: Headings) -> list[int]:
    """Return the numbers of the rows below the headings that hold something and are none themselves."""
    repeated = [grid.rows[at] for at in range(headings.first, headings.last + 1) if any(grid.rows[at])]
    start = headings.last + 1
    kept = [at for at in range(start, len(grid.rows)) if any(grid.rows[at]) and grid.rows[at] not in repeated]
    return kept[1:] if kept and is_numbering(grid.rows[kept[0]]) else kept


def _counts(labels: Sequence[str], wanted: Wanted) -> set[int]:
    """Return which columns hold counts."""
    if not isinstance(wanted, TableSpec):
        return set()
    mapping = match_columns(labels, wanted)
    kinds = {column.name: column.kind for column in wanted.columns}
    return {at for at, label in enumerate(labels) if kinds.get(mapping.get(label, "")) == "integer"}


def _fill_down(rows: dict[int, list[str]], grid: Grid, headings: Headings, counts: set[int]) -> None:
    written = 0
    for top, column, bottom, _ in grid.merged:
        if top <= headings.last or bottom == top or column in counts or not 0 <= column < len(grid.rows[0]):
            continue
        value = grid.rows[top][column] if top < len(grid.rows) else ""
        for at in range(top + 1, min(bottom, len(grid.rows) - 1) + 1):
            written += 1
            if value and at in rows and not rows[at][column]:
                rows[at] = [*rows[at][:column], value, *rows[at][column + 1 :]]
        if written > MAX_CELLS:  # ranges laid one over another by malice
            return


def _unfont(grid: Grid) -> tuple[Grid, str]:
    """Turn the letters of a legacy font into Unicode, the sheet judged as a whole.

    A column whose words are Vietnamese as they stand is left alone: it was typed in another font.
    """
    texts = {cell for row in grid.rows[:FONT_ROWS] for cell in row if not cell.isascii()}
    font = legacy_font(sorted(texts))
    if not font:
        return grid, ""
    width = max(map(len, grid.rows))
    turned = {column for column in range(width) if not _typed_otherwise(grid, column, font)}
    changed: dict[str, str] = {}
    rows = []
    for row in grid.rows:
        out = list(row)
        for column, cell in enumerate(row):
            if not cell.isascii() and column in turned:
                if cell not in changed:
                    changed[cell] = plain_text(from_font(cell, font))
                out[column] = changed[cell]
        rows.append(out)
    return Grid(grid.name, rows, grid.numbers, grid.merged), font


def _typed_otherwise(grid: Grid, column: int, font: str) -> bool:
    cells = sorted({row[column] for row in grid.rows[:FONT_ROWS] if len(row) > column and not row[column].isascii()})
    return _share(marked_words(cells)) > _share(marked_words(from_font(cell, font) for cell in cells))


def _share(words: list[str]) -> float:
    return sum(map(is_syllable, words)) / max(len(words), 1)


def _delimited(source: Source, wanted: Wanted) -> tuple[Grid, str]:
    data = contents(source, MAX_TEXT_BYTES)
    if data.startswith(DOCUMENTS):
        raise fault(FormatError, "sheet_document", file=source.name)
    text, encoding = decode(data, source.name)
    if not text.strip("\ufeff \t\r\n;,|"):
        raise fault(DataError, "empty", file=source.name)
    if _MARKUP.match(text[:4096]):
        raise fault(FormatError, "sheet_html", file=source.name)
    named = _SEPARATOR_LINE.match(text[:16])
    lines = text[named.end() :] if named else text
    separator = named[1] if named else find_separator(lines, wanted)
    try:
        rows, numbers = _records(lines, separator, source.name)
    except csv.Error as error:
        raise fault(FormatError, "table_unreadable", file=source.name, reason=error) from None
    if named:
        numbers = [number + 1 for number in numbers]
    return Grid("", rows, numbers), encoding


def find_separator(text: str, wanted: Wanted) -> str:
    """Return the separator under which the headings match best, and then most lines have as many fields.

    A comma may be a decimal mark and a tab may stand inside a field, so that counting them alone is not enough.
    """
    best, score = ",", (0, 0)
    for separator in SEPARATORS:
        lines = islice(io.StringIO(text, newline=""), HEAD_LINES)
        rows = [[plain_text(cell) for cell in row[:MAX_COLUMNS]] for row in _parsed(lines, separator)]
        headings = find_headings(rows, wanted)
        widths = Counter(len(row) for row in rows if len(row) > 1)
        new = headings.matched if headings else 0, max(widths.values(), default=0)
        if new > score:
            best, score = separator, new
    return best


def _parsed(lines: Iterable[str], separator: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(lines, delimiter=separator)
    except csv.Error:
        return


def _records(text: str, separator: str, name: str) -> tuple[list[list[str]], list[int]]:
    """Return the fields of all records, and the line on which each begins."""
    try:
        rows, numbers = _read(text, separator, csv.QUOTE_MINIMAL, name)
        if not _swallowed(rows, separator):
            return rows, numbers
    except csv.Error:
        pass
    # A quote that is never closed would swallow the rows after it.
    rows, numbers = _read(text, separator, csv.QUOTE_NONE, name)
    return [[_bare(cell) for cell in row] for row in rows], numbers


def _read(text: str, separator: str, quoting: Literal[0, 3], name: str) -> tuple[list[list[str]], list[int]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, quoting=quoting)
    rows, numbers, before, cells = [], [], 0, 0
    for row in reader:
        cells += len(row)
        if len(row) > MAX_COLUMNS:
            raise fault(FormatError, "too_many_columns", file=name, count=len(row), limit=MAX_COLUMNS)
        if cells > MAX_CELLS:
            raise fault(DataError, "too_many_cells", file=name, limit=f"{MAX_CELLS:,}")
        rows.append([_field(cell) for cell in row])
        numbers.append(before + 1)
        before = reader.line_num
    return rows, numbers


def _field(cell: str) -> str:
    if cell.startswith('="') and (found := _QUOTED_VALUE.fullmatch(cell)):
        return plain_text(found[1])  # how a text of digits is kept a text for a spreadsheet
    return plain_text(cell)


def _swallowed(rows: list[list[str]], separator: str) -> bool:
    """Tell whether a quoted field that goes over several lines holds as many separators as a line of the table."""
    width = Counter(map(len, rows)).most_common(1)[0][0] if rows else 0
    longest = max(width, len(rows[0]) if rows else 0)
    if longest < 3:
        return False
    return any(cell.count(separator) >= longest - 1 for row in rows for cell in row if "\n" in cell or "\r" in cell)


def _bare(cell: str) -> str:
    return cell[1:-1].replace('""', '"') if len(cell) > 1 and cell[0] == cell[-1] == '"' else cell.strip('"')
