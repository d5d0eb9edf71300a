"""The paper: its format, notes and tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from lomsong.publish.brief.content import BriefContent, together

CREATED = datetime(2021, 10, 1)
"""Written into every brief: the same content gives the same bytes. When a run took place stands in its manifest."""

_FONT, _SIZE_PT = "Times New Roman", 13
_PAPER_MM = (210, 297)
_MARGINS_MM = {"top": 20, "bottom": 20, "left": 30, "right": 15}
"""A4 with the margins that Decree 30/2020/NĐ-CP has for documents of administration."""

_SHADE, _FAINT = "DDE8EE", RGBColor(0x52, 0x64, 0x6F)


def opened(content: BriefContent) -> Any:
    """Return an empty document in the format of an office: A4, its font, its language, numbered pages."""
    document = Document()
    core = document.core_properties
    core.title, core.author, core.last_modified_by = content.title, content.issuer, content.issuer
    core.created = core.modified = CREATED
    core.comments, core.revision = "", 1
    core.language = {"vi": "vi-VN", "en": "en-GB"}[content.language]
    section = document.sections[0]
    section.page_width, section.page_height = (Mm(side) for side in _PAPER_MM)
    for side, width_mm in _MARGINS_MM.items():
        setattr(section, f"{side}_margin", Mm(width_mm))
    sizes = {"Normal": _SIZE_PT, "Title": 20, "Heading 1": 15, "Heading 2": _SIZE_PT}
    for name, size_pt in sizes.items():
        _style(document.styles[name], size_pt, core.language)
    footer = section.footer.paragraphs[0]
    footer.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    footer.add_run(f"{content.say('page')} ").font.size = Pt(10)
    _page_number(footer.add_run())
    return document


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


def _page_number(run: Any) -> None:
    run.font.size = Pt(10)
    for kind, code in (("begin", ""), ("", "PAGE"), ("end", "")):
        mark = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            mark.set(qn("w:fldCharType"), kind)
        mark.text = code or None
        run._r.append(mark)


def note(document: Any, said: str) -> None:
    """Add a note in small type."""
    run = document.add_paragraph().add_run(said)
    run.italic, run.font.size, run.font.color.rgb = True, Pt(10), _FAINT


def add_table(
    document: Any, heads: Sequence[str], rows: Sequence[Sequence[str]], widths_mm: Sequence[float], left: Sequence[int]
) -> None:
    """Add a table; numbers stand on the right, the columns ``left`` on the left, and headings repeat on each page."""
    table = document.add_table(rows=0, cols=len(heads), style="Table Grid")
    table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    for column, width_mm in zip(table.columns, widths_mm, strict=True):
        column.width = Mm(width_mm)
    for at, cells in enumerate([heads, *rows]):
        row = table.add_row()
        _row_mark(row, "w:cantSplit")
        if at == 0:
            _row_mark(row, "w:tblHeader")
        for column, (cell, said) in enumerate(zip(row.cells, cells, strict=True)):
            cell.width = Mm(widths_mm[column])
            paragraph = cell.paragraphs[0]
            paragraph.paragraph_format.space_after = Pt(0)
            paragraph.paragraph_format.keep_with_next = at < len(rows)
            paragraph.alignment = WD_ALIGN_PARAGRAPH.LEFT if column in left else WD_ALIGN_PARAGRAPH.RIGHT
            run = paragraph.add_run(together(said))
            run.bold, run.font.size = at == 0, Pt(11)
            if at == 0:
                shade = OxmlElement("w:shd")
                shade.set(qn("w:val"), "clear")
                shade.set(qn("w:fill"), _SHADE)
                cell._tc.get_or_add_tcPr().append(shade)
    document.add_paragraph().paragraph_format.space_after = Pt(0)


def _row_mark(row: Any, name: str) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement(name))
