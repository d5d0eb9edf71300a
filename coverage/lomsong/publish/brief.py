"""The brief that a department signs: what was found, where first, and how sure that is."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from lomsong.publish.atomic import replacing
from lomsong.publish.coverage.words import number
from lomsong.publish.privacy import published_ranking, round_total
from lomsong.publish.validation import headings, scheme_name, score_rows, write_diagram
from lomsong.surface.validation import Validation
from lomsong.tables import OPERATORS
from lomsong.texts import text

_CREATED = datetime(2021, 10, 1)
"""Written into every brief: the same content gives the same bytes. When a run took place stands in its manifest."""

_FONT, _SIZE_PT = "Times New Roman", 13
_PAPER_MM = (210, 297)
_MARGINS_MM = {"top": 20, "bottom": 20, "left": 30, "right": 15}
"""A4 with the margins that Decree 30/2020/NĐ-CP has for documents of administration."""

TOP = 10
"""Communes in the table."""
_NAMED = 3
"""Communes named in the paragraph."""

_DIAGRAM_MM = 140
_SHADE, _FAINT = "DDE8EE", RGBColor(0x52, 0x64, 0x6F)
_SHOWN = ("rmse", "crps", "inside90", "brier", "missed", "sure_right")
"""Columns of the scores that the brief has room for."""


@dataclass(frozen=True)
class BriefContent:
    """All that the brief says.

    Attributes
    ----------
    ranking, operators, data_note, suppress_below
        As in :class:`lomsong.publish.map.MapContent`.
    usable_dbm
        Level from which a place is usable.
    period
        First and last day of the survey, or None.
    validations
        By identifier of the operator; empty: nothing is said of how sure the figures are.
    """

    title: str
    territory: str
    ranking: pd.DataFrame
    language: str = "vi"
    issuer: str = ""
    data_note: str = ""
    usable_dbm: float = -110.0
    period: tuple[date, date] | None = None
    operators: Mapping[str, str] = field(default_factory=lambda: dict(OPERATORS))
    validations: Mapping[str, Validation] = field(default_factory=dict)
    suppress_below: int = 5

    def say(self, key: str, **values: object) -> str:
        """Return a text of the brief."""
        return _together(text(f"brief.{key}", self.language, **values))

    def count(self, value: float) -> str:
        """Return a count as it is shown; a hidden one is told apart by the caller."""
        return number(value, 0, self.language)

    def per_cent(self, share: float) -> str:
        """Return a share in per cent."""
        return f"{number(100 * share, 1, self.language)} %" if np.isfinite(share) else "–"


def _together(said: str) -> str:
    """Return a text whose units stay on the line of their number."""
    for unit in ("%", "dB", "km"):
        said = said.replace(f" {unit}", f"\u00a0{unit}")
    return said


def write_brief(path: str | Path, content: BriefContent) -> None:
    """Write the brief at ``path``, a ``.docx``, whole or not at all. The same content gives the same bytes."""
    document = _opened(content)
    _head(document, content)
    _findings(document, content)
    if content.validations:
        _sureness(document, content)
    drawn = io.BytesIO()
    document.save(drawn)
    with replacing(Path(path)) as draft:
        _write_undated(draft, drawn)


def _write_undated(path: Path, document: io.BytesIO) -> None:
    """Copy a zip with one and the same date on all its parts."""
    with zipfile.ZipFile(document) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            entry = zipfile.ZipInfo(name, _CREATED.timetuple()[:6])
            entry.compress_type, entry.create_system = zipfile.ZIP_DEFLATED, 3
            target.writestr(entry, source.read(name))


def _opened(content: BriefContent) -> Any:
    """Return an empty document in the format of an office: A4, its font, its language, numbered pages."""
    document = Document()
    core = document.core_properties
    core.title, core.author, core.last_modified_by = content.title, content.issuer, content.issuer
    core.created = core.modified = _CREATED
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


def _head(document: Any, content: BriefContent) -> None:
    if content.issuer:
        document.add_paragraph().add_run(content.issuer).bold = True
    document.add_paragraph(content.title, style="Title")
    under = [content.territory]
    if content.period is not None:
        first, last = (f"{day:%d/%m/%Y}" for day in content.period)
        under.append(content.say("period", first=first, last=last))
    document.add_paragraph(" – ".join(filter(None, under)))
    if content.data_note:
        document.add_paragraph().add_run(content.data_note).italic = True


def _findings(document: Any, content: BriefContent) -> None:
    """Say what was found in one paragraph and put the first communes in a table."""
    below = content.suppress_below
    ranking = published_ranking(content.ranking.sort_values("rank"), below)
    document.add_heading(content.say("findings"), 1)
    document.add_paragraph(_found(content, ranking)).alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
    first = ranking.head(TOP)
    if first.empty:
        return
    document.add_heading(content.say("table", count=len(first)), 2)
    names = ("rank", "commune", "learners", "unconnected", "interval", "share")
    cells = [_commune(content, row) for row in first.to_dict("records")]
    _add_table(document, [content.say(name) for name in names], cells, (25, 42, 22, 29, 27, 20), left=(1,))
    _note(document, content.say("table_note"))
    if below:
        _note(document, content.say("suppressed", below=below))


def _found(content: BriefContent, ranking: pd.DataFrame) -> str:
    learners, unconnected = (float(content.ranking[name].sum()) for name in ("learners", "unconnected"))
    if not learners:
        return content.say("found_none", communes=len(ranking))
    lacking_total, total = round_total(unconnected), round_total(learners)
    said = content.say(
        "found", unconnected=content.count(lacking_total), learners=content.count(total),
        share=content.per_cent(lacking_total / max(total, 1)), operators=", ".join(content.operators.values()),
        level=content.count(content.usable_dbm), communes=len(ranking),
    )  # fmt: skip
    lacking = content.ranking.sort_values("rank")["unconnected"] > 0
    named = [_named(content, row) for row in ranking[lacking.to_numpy()].head(_NAMED).to_dict("records")]
    return f"{said} {content.say('first', names=', '.join(named))}" if named else said


def _named(content: BriefContent, row: Mapping[str, Any]) -> str:
    if row["unconnected_suppressed"]:
        return content.say("first_hidden", name=row["name"], below=content.suppress_below)
    low, high = (content.count(row[f"unconnected_{side}"]) for side in ("low", "high"))
    return content.say("first_one", name=row["name"], unconnected=content.count(row["unconnected"]), low=low, high=high)


def _commune(content: BriefContent, row: Mapping[str, Any]) -> list[str]:
    def shown(name: str) -> str:
        return f"<{content.suppress_below}" if row[f"{name}_suppressed"] else content.count(row[name])

    known = not pd.isna(row["unconnected_low"])
    interval = f"{content.count(row['unconnected_low'])}–{content.count(row['unconnected_high'])}" if known else "–"
    share = content.per_cent(row["share"]) if not pd.isna(row["share"]) else "–"
    ranks = f"{row['rank']} ({row['rank_low']}–{row['rank_high']})"
    return [ranks, str(row["name"]), shown("learners"), shown("unconnected"), interval, share]


def _sureness(document: Any, content: BriefContent) -> None:
    """Say how sure the field is: for each operator a sentence, the scores and the reliability diagram."""
    document.add_heading(content.say("sure"), 1)
    document.add_paragraph(content.say("sure_how")).alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
    for operator, found in content.validations.items():
        name = content.operators.get(operator, operator)
        document.add_heading(name, 2)
        if found.closest is None:
            document.add_paragraph(content.say("sure_nothing"))
            continue
        scores = found.scores.loc[found.closest]
        shares = {key: content.per_cent(scores[column]) for key, column in _SHARES.items()}
        scheme = scheme_name(str(scores["scheme"]), float(scores["block_m"]), content.language)
        said = content.say("sure_one", scheme=scheme, rmse=number(scores["rmse_db"], 1, content.language), **shares)
        paragraph = document.add_paragraph(said)
        paragraph.alignment, paragraph.paragraph_format.keep_with_next = WD_ALIGN_PARAGRAPH.JUSTIFY, True
        _add_scores(document, found, content.language)
        _add_diagram(document, found, name, content)


_SHARES = {"inside90": "inside90", "missed": "uncovered_called_covered", "sure_right": "sure_right"}


def _add_scores(document: Any, found: Validation, language: str) -> None:
    names = headings(language, _SHOWN)
    rows = score_rows(found, language, _SHOWN)
    _add_table(document, [name.replace("\n", " ") for name in names], rows, (53, 16, 16, 16, 16, 24, 24), left=(0,))


def _add_diagram(document: Any, found: Validation, name: str, content: BriefContent) -> None:
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "reliability.png"
        write_diagram(picture, found, content.language)
        paragraph = document.add_paragraph()
        shape = paragraph.add_run().add_picture(str(picture), width=Mm(_DIAGRAM_MM))
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    shape._inline.docPr.set("descr", content.say("picture", operator=name))


def _note(document: Any, said: str) -> None:
    run = document.add_paragraph().add_run(said)
    run.italic, run.font.size, run.font.color.rgb = True, Pt(10), _FAINT


def _add_table(
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
            run = paragraph.add_run(_together(said))
            run.bold, run.font.size = at == 0, Pt(11)
            if at == 0:
                shade = OxmlElement("w:shd")
                shade.set(qn("w:val"), "clear")
                shade.set(qn("w:fill"), _SHADE)
                cell._tc.get_or_add_tcPr().append(shade)
    document.add_paragraph().paragraph_format.space_after = Pt(0)


def _row_mark(row: Any, name: str) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement(name))
