"""The paper: its format, headings, notes, tables and pictures."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docx import Document
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from lomsong.publish.brief.content import BriefContent, together
from lomsong.publish.coverage.sheet import DPI, sheet

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

CREATED = datetime(2021, 10, 1)
"""Written into every brief: the same content gives the same bytes. When a run took place stands in its manifest."""

_FONT, SIZE_PT, SMALL_PT, _FACT_PT = "Times New Roman", 13, 11, 10
_PAPER_MM = (210, 297)
_MARGINS_MM = {"top": 20, "bottom": 20, "left": 30, "right": 15}
WIDTH_MM = 165
"""A4 with the margins, the fonts and the page numbers of Decree 30/2020/NĐ-CP, annex I."""

PICTURE_MM = (158, 116)
"""Size of a map on paper."""
_FINE_DPI, _INCH_MM = 200, 25.4

_SHADE, _FAINT = "E4EBEF", RGBColor(0x40, 0x4F, 0x59)
_INDENT_MM = 10
_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X")


@dataclass
class Paper:
    """The open document, and the numbers of its sections, tables, pictures and annexes so far."""

    document: Any
    content: BriefContent
    counts: dict[str, int] = field(default_factory=dict)

    def next(self, kind: str) -> int:
        """Return the next number of a section, table, figure or annex."""
        self.counts[kind] = self.counts.get(kind, 0) + 1
        return self.counts[kind]

    def section(self, key: str) -> None:
        """Begin a section under its Roman number."""
        self.counts["part"] = 0
        said = f"{_ROMAN[self.next('section') - 1]}. {self.content.say(key).upper()}"
        self.document.add_paragraph(said, style="Heading 1")

    def part(self, said: str) -> None:
        """Begin a numbered part of a section."""
        self.document.add_paragraph(f"{self.next('part')}. {said}", style="Heading 2")

    def paragraph(self, said: str, *, keep: bool = False) -> Any:
        """Add a paragraph of running text."""
        paragraph = self.document.add_paragraph(together(said))
        shape = paragraph.paragraph_format
        paragraph.alignment, shape.first_line_indent, shape.keep_with_next = (
            WD_ALIGN_PARAGRAPH.JUSTIFY, Mm(_INDENT_MM), keep,
        )  # fmt: skip
        return paragraph

    def item(self, said: str, *, keep: bool = False) -> None:
        """Add a line of a list."""
        self.paragraph(f"- {said}", keep=keep).paragraph_format.space_after = Pt(3)

    def note(self, said: str) -> None:
        """Add a note in small type."""
        paragraph = self.document.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
        run = paragraph.add_run(together(said))
        run.italic, run.font.size, run.font.color.rgb = True, Pt(SMALL_PT), _FAINT

    def withheld(self, frame: pd.DataFrame, *counts: str) -> None:
        """Say in a note what "<5" and a dash mean, where a count of the table is one of the two."""
        below = self.content.below
        if below and frame[list(counts)].isna().to_numpy().any():
            self.note(self.content.say("suppressed", below=below))

    def caption(self, kind: str, key: str, **values: object) -> None:
        """Add the numbered caption of a table, which stays with it, or of a figure that stands above."""
        said = f"{self.content.say(kind, number=self.next(kind))} {self.content.say(key, **values)}"
        paragraph = self.document.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        shape = paragraph.paragraph_format
        shape.keep_with_next, shape.space_before = kind == "table", Pt(6 if kind == "table" else 0)
        run = paragraph.add_run(said)
        run.bold, run.font.size = True, Pt(12)

    def table(
        self, heads: Sequence[str], rows: Sequence[Sequence[str]], widths_mm: Sequence[float], left: Sequence[int],
        *, keep: bool = False,
    ) -> None:  # fmt: skip
        """Add a table; numbers stand on the right, the columns ``left`` on the left, and headings repeat on each page.

        Widths are shares of the page. A short table stays on one page, and with ``keep`` on that of what follows.
        """
        section = self.document.sections[-1]
        scale = (section.page_width.mm - section.left_margin.mm - section.right_margin.mm) / sum(widths_mm)
        table = self.document.add_table(rows=0, cols=len(heads), style="Table Grid")
        table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
        for column, width_mm in zip(table.columns, widths_mm, strict=True):
            column.width = Mm(scale * width_mm)
        together_until = len(rows) if len(rows) <= _SHORT else _HEAD_ROWS
        for at, cells in enumerate([heads, *rows]):
            row = table.add_row()
            mark(row, "w:cantSplit")
            if at == 0:
                mark(row, "w:tblHeader")
            for column, (cell, said) in enumerate(zip(row.cells, cells, strict=True)):
                cell.width = Mm(scale * widths_mm[column])
                side = WD_ALIGN_PARAGRAPH.LEFT if column in left else WD_ALIGN_PARAGRAPH.RIGHT
                kept = keep or at < together_until or len(rows) - _LAST_ROWS < at < len(rows)
                _fill(cell, said, WD_ALIGN_PARAGRAPH.CENTER if at == 0 else side, head=at == 0, kept=kept)
        self._after_table(keep=keep)

    def _after_table(self, *, keep: bool = False) -> None:
        """Leave room below a table."""
        shape = self.document.add_paragraph().paragraph_format
        shape.space_after, shape.line_spacing, shape.keep_with_next = Pt(0), Pt(8), keep

    def facts(self, facts: Sequence[tuple[str, str, bool]]) -> None:
        """Add a table of names and values, numbers on the right, in two halves side by side, kept on one page.

        Parameters
        ----------
        facts
            Name, value, and whether it is a number.
        """
        half = -(-len(facts) // 2)
        padded = [*facts, *[("", "", False)] * (2 * half - len(facts))]
        table = self.document.add_table(rows=0, cols=4, style="Table Grid")
        table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
        widths_mm = (52, 33, 52, 33)
        for column, width_mm in zip(table.columns, widths_mm, strict=True):
            column.width = Mm(width_mm)
        for at in range(half):
            row = table.add_row()
            mark(row, "w:cantSplit")
            kept = at < half - 1
            for first, (name, value, number) in ((0, padded[at]), (2, padded[half + at])):
                side = WD_ALIGN_PARAGRAPH.RIGHT if number else WD_ALIGN_PARAGRAPH.LEFT
                _fill(row.cells[first], name, WD_ALIGN_PARAGRAPH.LEFT, head=True, kept=kept, size_pt=_FACT_PT)
                _fill(row.cells[first + 1], value, side, head=False, kept=kept, size_pt=_FACT_PT)
            for cell, width_mm in zip(row.cells, widths_mm, strict=True):
                cell.width = Mm(width_mm)
        self._after_table()

    def picture(self, draw: Callable[[Figure], None], key: str, **values: object) -> None:
        """Draw a picture with its caption, type as large as on paper; its description is the caption's."""
        width, height = (round(side / _INCH_MM * DPI) for side in PICTURE_MM)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "picture.png"
            with sheet(path, width, height, _FINE_DPI) as figure:
                draw(figure)
            self.place(path, PICTURE_MM[0], self.content.say(key, **values))
        self.caption("figure", key, **values)

    def place(self, path: Path, width_mm: float, described: str) -> None:
        """Put a file with a picture in the middle of the page."""
        paragraph = self.document.add_paragraph()
        shape = paragraph.add_run().add_picture(str(path), width=Mm(width_mm))
        paragraph.alignment, paragraph.paragraph_format.keep_with_next = WD_ALIGN_PARAGRAPH.CENTER, True
        shape._inline.docPr.set("descr", described)

    def new_pages(self, *, wide: bool = False) -> None:
        """Begin pages of their own, numbered from 1, as those of an annex are; ``wide`` ones lie on their side."""
        section = self.document.add_section(WD_SECTION.NEW_PAGE)
        ending = self.document.paragraphs[-1].paragraph_format  # empty, and on a page of its own where the last is full
        ending.space_before = ending.space_after = Pt(0)
        ending.line_spacing = Pt(1)
        section.orientation = WD_ORIENT.LANDSCAPE if wide else WD_ORIENT.PORTRAIT
        section.page_width, section.page_height = (Mm(side) for side in sorted(_PAPER_MM, reverse=wide))
        numbers = OxmlElement("w:pgNumType")
        numbers.set(qn("w:start"), "1")
        for old in section._sectPr.findall(qn("w:pgNumType")):
            section._sectPr.remove(old)
        section._sectPr.insert_element_before(numbers, "w:cols", "w:titlePg", "w:docGrid")


_SHORT, _HEAD_ROWS, _LAST_ROWS = 7, 3, 3
"""Rows of a table that is not broken over pages, and of a longer one so many that stay together at its ends."""


def opened(content: BriefContent) -> Paper:
    """Return an empty paper in the format of an office: A4, its font, its language, pages numbered above."""
    document = Document()
    core = document.core_properties
    core.title, core.author, core.last_modified_by = content.settings.run.title, content.publish.issuer, ""
    core.created = core.modified = CREATED
    core.comments, core.revision = "", 1
    core.language = {"vi": "vi-VN", "en": "en-GB"}[content.language]
    section = document.sections[0]
    section.page_width, section.page_height = (Mm(side) for side in _PAPER_MM)
    for side, width_mm in _MARGINS_MM.items():
        setattr(section, f"{side}_margin", Mm(width_mm))
    section.header_distance = section.footer_distance = Mm(9)
    for name, size_pt in {"Normal": SIZE_PT, "Heading 1": SIZE_PT, "Heading 2": SIZE_PT}.items():
        _style(document.styles[name], size_pt, core.language)
    document.styles["Heading 1"].paragraph_format.space_before = Pt(12)
    document.styles["Heading 2"].paragraph_format.space_before = Pt(8)
    section.different_first_page_header_footer = True
    above = section.header.paragraphs[0]
    above.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _page_number(above.add_run())
    for footer in (section.footer, section.first_page_footer):
        below = footer.paragraphs[0]
        below.alignment = WD_ALIGN_PARAGRAPH.CENTER
        run = below.add_run(content.settings.run.note)
        run.italic, run.font.size, run.font.color.rgb = True, Pt(9), _FAINT
    return Paper(document, content)


def _style(style: Any, size_pt: int, language: str) -> None:
    style.font.name, style.font.size = _FONT, Pt(size_pt)
    style.font.color.rgb = RGBColor(0, 0, 0)
    properties = style.element.get_or_add_rPr()
    fonts = properties.get_or_add_rFonts()
    for name in list(fonts.attrib):
        if name.endswith("Theme"):  # a theme's font would win over the one that is named
            del fonts.attrib[name]
    for kind in ("ascii", "hAnsi", "eastAsia", "cs"):
        fonts.set(qn(f"w:{kind}"), _FONT)
    for old in properties.findall(qn("w:lang")):
        properties.remove(old)
    spoken = OxmlElement("w:lang")
    spoken.set(qn("w:val"), language)
    properties.append(spoken)
    style.paragraph_format.space_after = Pt(6)
    style.paragraph_format.line_spacing = 1.1
    if style.name.startswith("Heading"):
        style.font.bold = True
        style.paragraph_format.keep_with_next = True


def _page_number(run: Any) -> None:
    run.font.size = Pt(SIZE_PT)
    for kind, code in (("begin", ""), ("", "PAGE"), ("end", "")):
        part = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            part.set(qn("w:fldCharType"), kind)
        part.text = code or None
        run._r.append(part)


def _fill(cell: Any, said: str, side: Any, *, head: bool, kept: bool, size_pt: float = SMALL_PT) -> None:
    paragraph = cell.paragraphs[0]
    shape = paragraph.paragraph_format
    shape.space_after, shape.line_spacing, shape.keep_with_next = Pt(0), 1.0, kept
    paragraph.alignment = side
    run = paragraph.add_run(together(said))
    run.bold, run.font.size = head, Pt(size_pt - 0.5 if head else size_pt)
    if head:
        shade = OxmlElement("w:shd")
        shade.set(qn("w:val"), "clear")
        shade.set(qn("w:fill"), _SHADE)
        cell._tc.get_or_add_tcPr().append(shade)


def mark(row: Any, name: str) -> None:
    """Give a row of a table a property."""
    row._tr.get_or_add_trPr().append(OxmlElement(name))


def columns(document: Any, widths_mm: Sequence[float]) -> list[Any]:
    """Add a table of one row without borders, and return its cells: what stands side by side in a letter."""
    table = document.add_table(rows=1, cols=len(widths_mm))
    table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    for column, width_mm in zip(table.columns, widths_mm, strict=True):
        column.width = Mm(width_mm)
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), "0")
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    table._tbl.tblPr.insert_element_before(margins, "w:tblLook")
    mark(table.rows[0], "w:cantSplit")
    for cell, width_mm in zip(table.rows[0].cells, widths_mm, strict=True):
        cell.width = Mm(width_mm)
    return list(table.rows[0].cells)


def line(
    cell: Any, said: str, size_pt: float, *, bold: bool = False, italic: bool = False, first: bool = False,
    side: Any = WD_ALIGN_PARAGRAPH.CENTER, after_pt: float = 0,
) -> Any:  # fmt: skip
    """Write a line into a cell or a document."""
    paragraph = cell.paragraphs[0] if first else cell.add_paragraph()
    paragraph.alignment, paragraph.paragraph_format.space_after = side, Pt(after_pt)
    paragraph.paragraph_format.line_spacing = 1.0
    run = paragraph.add_run(said)
    run.bold, run.italic, run.font.size = bold, italic, Pt(size_pt)
    return paragraph


def rule(cell: Any, width_mm: float, room_mm: float) -> None:
    """Draw a line of ``width_mm`` in the middle of ``room_mm``, as stands under the name of an office."""
    paragraph = cell.add_paragraph()
    shape = paragraph.paragraph_format
    shape.space_before, shape.space_after, shape.line_spacing = Pt(2), Pt(4), Pt(3)
    shape.left_indent = shape.right_indent = Mm(max(room_mm - width_mm, 0) / 2)
    borders = OxmlElement("w:pBdr")
    top = OxmlElement("w:top")
    for name, value in {"val": "single", "sz": "6", "space": "1", "color": "000000"}.items():
        top.set(qn(f"w:{name}"), value)
    borders.append(top)
    paragraph._p.get_or_add_pPr().insert_element_before(borders, "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc")
