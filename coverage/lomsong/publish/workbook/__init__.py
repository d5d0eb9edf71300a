"""The workbook that a department reviews and signs: numbers as numbers, in its own language."""

from __future__ import annotations

from pathlib import Path

from lomsong.publish.privacy import published_ranking
from lomsong.publish.spreadsheet import new_workbook
from lomsong.publish.workbook.book import Book, WorkbookContent, formats_of
from lomsong.publish.workbook.findings import finding_sheets
from lomsong.publish.workbook.method import method_sheet, quality_sheet, settings_sheet
from lomsong.publish.workbook.places import place_sheets
from lomsong.publish.workbook.summary import summary_sheet

__all__ = ["WorkbookContent", "write_workbook"]


def write_workbook(path: str | Path, content: WorkbookContent) -> None:
    """Write the workbook at ``path``, whole or not at all. The same content gives the same bytes.

    Texts are written as texts: a hamlet named ``=HYPERLINK(…)`` stays a name.

    Parameters
    ----------
    path
        An ``.xlsx`` file; what stands there is replaced.
    content
        What to show.
    """
    with new_workbook(path, content.title, content.issuer) as file:
        _write_sheets(Book(file, formats_of(file), content))


def _write_sheets(book: Book) -> None:
    ranking = published_ranking(book.content.ranking, book.content.suppress_below)
    summary_sheet(book, ranking)
    place_sheets(book, ranking)
    finding_sheets(book)
    quality_sheet(book)
    method_sheet(book)
    settings_sheet(book)
