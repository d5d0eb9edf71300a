"""The open workbook, and how a sheet, a table and a cell are written."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import geopandas as gpd
import pandas as pd

from lomsong.publish.findings import Findings
from lomsong.settings import Settings
from lomsong.shown import period
from lomsong.surface.validation import Validation
from lomsong.tables import OPERATORS, TableSpec
from lomsong.texts import LANGUAGES, text

WIDEST = 44
NARROW = 28
"""Widest that a list of words is, in letters, where more would push what matters off the paper."""
HEAD_ROW = 4
PRINTED, LEAST_PRINTED = 175, 120
"""Most and least width that is printed, in digits: more would be too small to read on A4, less cuts notes off."""
_BLANK = 8.43
"""Width of a column that is not set."""
_ROW_HEIGHT = 14
_LETTERS = 1.15
"""Letters of running text to one unit of a column's width, the width of a digit."""
_BROKEN = 6
"""Letters that a wrapped text may lose where lines end between words."""
BARRED = ("unconnected", "learners_gained", "unconnected_any")
"""Columns with bars."""
_BAR_COLOUR = "#F8C09A"


@dataclass(frozen=True)
class WorkbookContent:
    """All that the workbook shows. A table that is None leaves its sheet out.

    Parameters
    ----------
    ranking, hamlets, schools, towers, plan, operators, data_note, suppress_below
        As in :class:`lomsong.publish.map.MapContent`.
    period
        First and last day of the survey.
    sources
        One row a file: source_file, rows_read, accepted, rejected.
    rejects, flags
        One row a check: check, count, remedy.
    surveyed_share
        Operator to the share of the territory with evidence.
    validations
        How sure each operator's field is, by its identifier.
    settings
        Of the run; the sentences on the method take their figures from them.
    """

    title: str
    territory: str
    ranking: pd.DataFrame
    language: str = "vi"
    issuer: str = ""
    data_note: str = ""
    period: tuple[date, date] | None = None
    hamlets: gpd.GeoDataFrame | None = None
    schools: gpd.GeoDataFrame | None = None
    towers: gpd.GeoDataFrame | None = None
    plan: Mapping[str, Any] = field(default_factory=dict)
    sources: pd.DataFrame | None = None
    rejects: pd.DataFrame | None = None
    flags: pd.DataFrame | None = None
    surveyed_share: Mapping[str, float] = field(default_factory=dict)
    validations: Mapping[str, Validation] = field(default_factory=dict)
    findings: Findings = field(default_factory=Findings)
    settings: Settings = field(default_factory=Settings)
    operators: Mapping[str, str] = field(default_factory=lambda: dict(OPERATORS))
    suppress_below: int = 5


@dataclass(frozen=True)
class Column:
    """A column of a sheet. ``kind`` names its format; a ``choice`` is written as the text ``prefix`` + value,
    ``codes`` as several of them. Texts longer than ``widest`` wrap.
    """

    name: str
    heading: str
    kind: str = "text"
    prefix: str = ""
    widest: int = WIDEST


@dataclass(frozen=True)
class Book:
    """The open workbook with what every sheet needs."""

    file: Any
    formats: dict[str, Any]
    content: WorkbookContent

    def say(self, key: str, **values: object) -> str:
        """Return a text of the catalogue in the language of the workbook."""
        return text(key, self.content.language, **values)


def formats_of(file: Any) -> dict[str, Any]:
    """Return the formats of cells by name."""
    base = {"font_name": "Arial", "font_size": 10, "valign": "top"}
    left: dict[str, Any] = {"align": "left", "indent": 1}  # clear of the number in the column before
    right: dict[str, Any] = {"align": "right"}
    lined: dict[str, Any] = {"border": 1, "border_color": "#C9D3D9"}
    left, right = left | lined, right | lined
    heading: dict[str, Any] = {"bold": True, "text_wrap": True, "valign": "vcenter", "bg_color": "#DDE8EE"}
    looks: dict[str, dict[str, Any]] = {
        "title": {"bold": True, "font_size": 14, "valign": "vcenter"},
        "note": {"font_color": "#52646F", "italic": True},
        "data_note": {"bold": True, "font_color": "#6B4B00"},
        "section": {"bold": True, "font_size": 11},
        "heading": {**heading, **left},
        "number_heading": {**heading, **right},
        "text": {"text_wrap": True, **left},
        "answer": {"text_wrap": True, **right},
        "setting": {**left},
        "count": {"num_format": "#,##0", **right},
        "count_rounded": {"num_format": '"≥ "#,##0', **right},
        "decimal": {"num_format": "#,##0.0", **right},
        "degrees": {"num_format": "0.00000", **right},
        "share": {"num_format": "0.0%", **right},
        "share_rounded": {"num_format": '"≥ "0.0%', **right},
        "index": {"num_format": "0.000", **right},
        "level": {**right},
        "hidden": {"font_color": "#52646F", **right},
    }
    return {name: file.add_format({**base, **look}) for name, look in looks.items()}


def spec_columns(book: Book, spec: TableSpec, kinds: Mapping[str, str]) -> list[Column]:
    """Take headings from the data model, for the columns named in ``kinds`` and in their order."""
    vietnamese = book.content.language == LANGUAGES[0]
    return [Column(name, spec[name].vi if vietnamese else spec[name].en, kind) for name, kind in kinds.items()]


def open_sheet(book: Book, key: str, note: str) -> Any:
    """Add a sheet with its title, a note and what is to be known of the data, ready to print."""
    sheet = book.file.add_worksheet(book.say(f"book.{key}"))
    sheet.hide_gridlines(2)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer(f"&L{_under(book).replace('&', '&&')}&R{book.say('book.page')} &P / &N")
    sheet.set_row(0, 22)
    title = " – ".join(filter(None, [book.say(f"book.{key}"), book.content.territory]))
    sheet.write_string(0, 0, title, book.formats["title"])
    sheet.write_string(1, 0, note, book.formats["note"])
    sheet.write_string(2, 0, book.content.data_note, book.formats["data_note"])
    return sheet


def _under(book: Book) -> str:
    """Return what stands at the foot of each page."""
    content = book.content
    when = period(content.period, content.language)
    return f"{content.title} – {book.say('book.surveyed')}: {when}" if when else content.title


def table_sheet(
    book: Book, key: str, frame: pd.DataFrame, columns: Iterable[Column], frozen: int, more: str = ""
) -> None:
    """Write one sheet of one table, with frozen headings, filters and bars where somebody is unconnected.

    ``more`` is said after its note.
    """
    shown = [column for column in columns if column.name in frame]
    widths = [width_of(book, column, frame) for column in shown]
    printed, blank = _printed(widths)
    note = f"{book.say(f'book.{key}_note')} {more}".rstrip()
    if printed < len(shown):
        note += " " + book.say("book.printed", heading=shown[printed - 1].heading)
    sheet = open_sheet(book, key, note)
    note_withheld(book, sheet, frame, shown)
    last = write_table(book, sheet, HEAD_ROW, frame, shown)
    sheet.print_area(0, 0, last, printed + blank - 1)
    sheet.freeze_panes(HEAD_ROW + 1, frozen)
    sheet.repeat_rows(HEAD_ROW)
    sheet.autofilter(HEAD_ROW, 0, last, len(shown) - 1)
    for index, column in enumerate(shown):
        if column.name in BARRED and last > HEAD_ROW:
            bar = {"type": "data_bar", "bar_solid": True, "bar_color": _BAR_COLOUR, "min_type": "num", "min_value": 0}
            sheet.conditional_format(HEAD_ROW + 1, index, last, index, bar)


def note_withheld(book: Book, sheet: Any, frame: pd.DataFrame, columns: Iterable[Column]) -> None:
    """Say above a table what "<5" and an empty cell mean, where a count of it is one of the two."""
    counts = [column.name for column in columns if f"{column.name}_suppressed" in frame]
    if book.content.suppress_below and frame[counts].isna().to_numpy().any():
        note = book.say("book.suppressed", below=book.content.suppress_below)
        sheet.write_string(HEAD_ROW - 1, 0, note, book.formats["note"])


def write_table(book: Book, sheet: Any, top: int, frame: pd.DataFrame, columns: list[Column]) -> int:
    """Write headings at row ``top`` and the rows below; return the last row written."""
    sheet.set_row(top, 42)
    heights = dict.fromkeys(range(top + 1, top + 1 + len(frame)), _ROW_HEIGHT)
    for index, column in enumerate(columns):
        look = "heading" if column.kind in ("text", "choice", "codes") else "number_heading"
        sheet.write_string(top, index, column.heading, book.formats[look])
        for row, (value, look) in enumerate(_cells(book, column, frame), start=top + 1):
            write(sheet, row, index, value, book.formats[look])
            letters = len(value) if isinstance(value, str) else 0
            if letters > _LETTERS * column.widest:
                heights[row] = max(heights[row], height(letters + _BROKEN, column.widest))
        sheet.set_column(index, index, width_of(book, column, frame))
    for row, points in heights.items():
        if points > _ROW_HEIGHT:
            sheet.set_row(row, points)
    return top + len(frame)


def width_of(book: Book, column: Column, frame: pd.DataFrame) -> float:
    """Return the width of a column: of its longest text, and of its heading on three lines."""
    cells = _cells(book, column, frame)
    longest = max((len(str(value)) for value, look in cells if look in ("text", "hidden")), default=0)
    longest_word = max(map(len, column.heading.split()))
    three_lines = -(-len(column.heading) // 3)
    return min(max(longest, longest_word + 1, three_lines + 2, 7), column.widest) + 2


def _printed(widths: list[float]) -> tuple[int, int]:
    """Return how many columns are printed, and how many empty ones beside them so that the note has room."""
    total, count = 0.0, 0
    for width in widths:
        if count and total + width > PRINTED:
            return count, 0
        total, count = total + width, count + 1
    return count, max(math.ceil((LEAST_PRINTED - total) / _BLANK), 0)


def _cells(book: Book, column: Column, frame: pd.DataFrame) -> list[tuple[Any, str]]:
    """Return what to write in each row of a column, and the format to write it in."""
    hidden, rounded = (
        frame.get(f"{column.name}_{flag}", [False] * len(frame)) for flag in ("suppressed", "rounded")
    )  # fmt: skip
    cells = [_cell(book, column, value, small) for value, small in zip(frame[column.name], hidden, strict=True)]
    return [
        (value, f"{look}_rounded" if least else look) for (value, look), least in zip(cells, rounded, strict=True)
    ]  # fmt: skip


def _cell(book: Book, column: Column, value: Any, hidden: bool) -> tuple[Any, str]:
    """Return what to write and the format to write it in."""
    if hidden:
        return f"<{book.content.suppress_below}", "hidden"
    if column.kind == "codes":
        codes = value if isinstance(value, tuple | list) else ()
        return ", ".join(book.say(f"{column.prefix}{code}") for code in codes), "text"
    if pd.isna(value):
        return None, "text"
    if column.kind == "choice":
        return book.say(f"{column.prefix}{value}"), "text"
    return (str(value), "text") if column.kind == "text" else (float(value), column.kind)


def write(sheet: Any, row: int, column: int, value: Any, look: Any) -> None:
    """Write a number as a number, a text as a text, and nothing as an empty cell."""
    if value is None:
        sheet.write_blank(row, column, None, look)
    elif isinstance(value, str):
        sheet.write_string(row, column, value, look)
    else:
        sheet.write_number(row, column, value, look)


def write_pairs(book: Book, sheet: Any, top: int, first: str, pairs: list[tuple[str, Any, str]], side: str) -> int:
    """Write names and values in two columns under headings; return the last row written.

    ``side`` is the format whose side the heading of the values takes.
    """
    sheet.write_string(top, 0, book.say(first), book.formats["heading"])
    sheet.write_string(
        top, 1, book.say("book.value"), book.formats["number_heading" if side == "answer" else "heading"]
    )
    for row, (name, value, look) in enumerate(pairs, start=top + 1):
        sheet.write_string(row, 0, name, book.formats["text"])
        write(sheet, row, 1, value, book.formats[look])
        sheet.set_row(row, height(max(len(name), len(str(value))), WIDEST))
    return top + len(pairs)


def height(letters: int, width: int) -> int:
    """Return the height of a row whose text wraps in columns so wide: not every program finds it by itself."""
    return _ROW_HEIGHT * math.ceil(max(letters, 1) / (_LETTERS * width))
