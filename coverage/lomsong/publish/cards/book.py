"""The cards as a workbook: a list with the account of the plan, then one printed page a site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lomsong.publish.cards.content import (
    SITE_COLUMNS,
    UNGROUPED,
    Card,
    CardContent,
    Cell,
    Line,
    cards,
    price_cells,
    site_cells,
    summary,
)
from lomsong.publish.spreadsheet import new_workbook

NOTE_ROWS = 7
"""Empty lines for what is found on the ground."""

_A4 = 9
_FONT = {"font_name": "Arial", "font_size": 10, "valign": "top", "text_wrap": True}
_LOOKS: Mapping[str, Mapping[str, Any]] = {
    "title": {"bold": True, "font_size": 14, "text_wrap": False},
    "note": {"italic": True, "font_color": "#52646F", "text_wrap": False},
    "sentence": {},
    "part": {"bold": True, "bg_color": "#DDE8EE", "border": 1},
    "heading": {"bold": True, "bg_color": "#DDE8EE", "border": 1, "align": "left", "indent": 1},
    "number_heading": {"bold": True, "bg_color": "#DDE8EE", "border": 1, "align": "right"},
    "label": {"border": 1},
    "words": {"border": 1, "align": "left", "indent": 1},
    "hidden": {"border": 1, "align": "right"},
    "box": {"border": 1},
}
_SHAPES = {UNGROUPED: "0", 0: "#,##0", 1: "#,##0.0", 2: "#,##0.00", 6: "0.000000"}
"""Format of a number by its decimals."""
_LABEL_WIDTH, _VALUE_WIDTH = 40, 48
_A_LINE = 52
"""Characters of a value on one line."""
_A_HEAD = 13
"""Characters of a heading of the list on one line."""


def write_cards(path: Path, content: CardContent) -> None:
    """Write the cards of all sites; the sheet of a site fits one page A4."""
    with new_workbook(path, content.title, content.issuer) as file:
        looks = {name: file.add_format({**_FONT, **look}) for name, look in _LOOKS.items()}
        looks |= {
            f"number{digits}": file.add_format({**_FONT, "border": 1, "align": "right", "num_format": shape})
            for digits, shape in _SHAPES.items()
        }
        _list_sheet(file, looks, content)
        for card in cards(content):
            _card_sheet(file, looks, content, card)


def _list_sheet(file: Any, looks: Mapping[str, Any], content: CardContent) -> None:
    """Write the plan in sentences, its sites, and what its constraints cost."""
    sheet = file.add_worksheet(content.say("card.list"))
    _page(sheet)
    sheet.set_landscape()
    row = _head(sheet, looks, content, content.say("card.book"))
    for sentence in summary(content):
        sheet.merge_range(row, 0, row, len(SITE_COLUMNS) - 1, sentence, looks["sentence"])
        sheet.set_row(row, 15 * -(-len(sentence) // 120) + 3)
        row += 1
    heads, rows = site_cells(content)
    lines: list[list[Cell]] = [list(heads), *rows]
    sheet.set_row(row + 1, 14 * max(-(-len(head) // _A_HEAD) for head in heads))
    for at, cells in enumerate(lines, start=row + 1):
        for column, (cell, digits) in enumerate(zip(cells, SITE_COLUMNS.values(), strict=True)):
            _write(sheet, looks, at, column, cell, digits, head=at == row + 1)
    row += len(rows) + 3
    if len(content.prices):
        sheet.write_string(row, 0, content.say("towers.price_title"), looks["title"])
        sheet.set_row(row, 22)
        heads, rows = price_cells(content)
        # The first column is narrow here: the constraint takes the width of four.
        lines = [list(heads), *rows]
        for at, cells in enumerate(lines, start=row + 1):
            sheet.merge_range(at, 0, at, 3, cells[0], looks["heading" if at == row + 1 else "words"])
            for column, cell in enumerate(cells[1:], start=4):
                _write(sheet, looks, at, column, cell, 0, head=at == row + 1)
    sheet.set_column(0, 0, 6)
    sheet.set_column(1, len(SITE_COLUMNS) - 1, 14)


def _write(
    sheet: Any, looks: Mapping[str, Any], row: int, column: int, cell: Cell, digits: int | None, *, head: bool
) -> None:  # fmt: skip
    """Write a cell of a column of numbers with ``digits`` decimals on the right, one of words (None) on the left."""
    if isinstance(cell, str):
        words = ("heading", "words") if digits is None else ("number_heading", "hidden")
        sheet.write_string(row, column, cell, looks[words[0 if head else 1]])
    else:
        sheet.write_number(row, column, cell, looks[f"number{digits or 0}"])


def _card_sheet(file: Any, looks: Mapping[str, Any], content: CardContent, card: Card) -> None:
    """Write one site on one page, with room for what is found on the ground."""
    sheet = file.add_worksheet(f"{card.order} {card.candidate_id}"[:31])
    _page(sheet)
    row = _head(sheet, looks, content, card.title)
    for part, lines in card.parts.items():
        if lines:
            sheet.merge_range(row, 0, row, 1, content.say(f"card.{part}"), looks["part"])
            row = _lines(sheet, looks, row + 1, lines)
    sheet.merge_range(row, 0, row, 1, content.say("card.notes"), looks["part"])
    sheet.merge_range(row + 1, 0, row + NOTE_ROWS, 1, "", looks["box"])
    sheet.set_column(0, 0, _LABEL_WIDTH)
    sheet.set_column(1, 1, _VALUE_WIDTH)


def _lines(sheet: Any, looks: Mapping[str, Any], row: int, lines: Sequence[Line]) -> int:
    for line in lines:
        sheet.write_string(row, 0, line.heading, looks["label"])
        if isinstance(line.value, str):
            sheet.write_string(row, 1, line.value, looks["hidden" if line.hidden else "words"])
            sheet.set_row(row, 14 * max(-(-len(line.value) // _A_LINE), 1))
        else:
            sheet.write_number(row, 1, round(line.value, max(line.digits, 0)), looks[f"number{line.digits}"])
        row += 1
    return row


def _head(sheet: Any, looks: Mapping[str, Any], content: CardContent, title: str) -> int:
    sheet.write_string(0, 0, title, looks["title"])
    sheet.set_row(0, 22)
    under = " – ".join(filter(None, [content.issuer, content.title, content.territory]))
    notes = [one for one in (under, content.data_note, content.surveyed) if one]
    for row, note in enumerate(notes, start=1):
        sheet.write_string(row, 0, note, looks["note"])
    return len(notes) + 2


def _page(sheet: Any) -> None:
    sheet.hide_gridlines(2)
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 1)
