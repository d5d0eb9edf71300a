"""How sure the field is, and with it all that follows."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from lomsong.publish.brief.content import BriefContent
from lomsong.publish.brief.document import Paper
from lomsong.publish.brief.head import annex_head
from lomsong.publish.validation import headings, scheme_name, score_rows, write_diagram
from lomsong.surface.validation import Validation

_DIAGRAM_MM = 105
SHOWN = ("rmse", "crps", "inside90", "brier", "missed", "sure_right")
"""Columns of the scores that the brief has room for."""


def sureness(paper: Paper) -> None:
    """Say how sure the field is: for each operator a sentence, the scores and the reliability diagram."""
    content = paper.content
    if not content.validations:
        return
    annex_head(paper, "sure")
    paper.paragraph(content.say("sure_how"))
    for operator, found in content.validations.items():
        name = content.operators.get(operator, operator)
        paper.document.add_paragraph(name, style="Heading 2")
        if found.closest is None:
            paper.paragraph(content.say("sure_nothing"))
            continue
        scores = found.scores.loc[found.closest]
        shares = {key: content.per_cent(scores[column]) for key, column in _SHARES.items()}
        scheme = scheme_name(str(scores["scheme"]), float(scores["block_m"]), content.language)
        rmse = content.count(scores["rmse_db"], 1)
        # A survey without any service, or without any gap, leaves some of these unknown.
        known = [key for key, column in _SAID.items() if np.isfinite(scores[column])]
        said = [content.say(key, scheme=scheme, rmse=rmse, **shares) for key in known]
        paper.paragraph(" ".join(said) or content.say("sure_nothing"), keep=True)
        names = headings(content.language, SHOWN)
        rows = score_rows(found, content.language, SHOWN)
        widths = (53, 16, 16, 16, 16, 24, 24)
        paper.table([heading.replace("\n", " ") for heading in names], rows, widths, left=(0,), keep=True)
        _add_diagram(paper, found, content, name)


_SAID = {"sure_one": "rmse_db", "sure_missed": "uncovered_called_covered", "sure_said": "sure_right"}
"""Sentences, and the score without which there is nothing to say."""

_SHARES = {"inside90": "inside90", "missed": "uncovered_called_covered", "sure_right": "sure_right"}


def _add_diagram(paper: Paper, found: Validation, content: BriefContent, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "reliability.png"
        write_diagram(picture, found, content.language)
        paper.place(picture, _DIAGRAM_MM, content.say("reliability_picture", operator=name))
    paper.caption("figure", "reliability_picture", operator=name)
