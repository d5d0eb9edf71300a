"""How sure the field is, and with it all that follows."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Mm

from lomsong.publish.brief.content import BriefContent
from lomsong.publish.brief.document import add_table
from lomsong.publish.coverage.words import number
from lomsong.publish.validation import headings, scheme_name, score_rows, write_diagram
from lomsong.surface.validation import Validation

_DIAGRAM_MM = 140
_SHOWN = ("rmse", "crps", "inside90", "brier", "missed", "sure_right")
"""Columns of the scores that the brief has room for."""


def sureness(document: Any, content: BriefContent) -> None:
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
    add_table(document, [name.replace("\n", " ") for name in names], rows, (53, 16, 16, 16, 16, 24, 24), left=(0,))


def _add_diagram(document: Any, found: Validation, name: str, content: BriefContent) -> None:
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "reliability.png"
        write_diagram(picture, found, content.language)
        paragraph = document.add_paragraph()
        shape = paragraph.add_run().add_picture(str(picture), width=Mm(_DIAGRAM_MM))
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    shape._inline.docPr.set("descr", content.say("picture", operator=name))
