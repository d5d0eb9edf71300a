"""How good the data are: what was read, what is known and what is not."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lomsong import shown
from lomsong.publish.brief.content import BriefContent
from lomsong.publish.brief.document import Paper
from lomsong.publish.privacy import round_total
from lomsong.texts import TEXTS, text

MOST_CHECKS = 6
"""Reasons of rejection that are told."""


def quality(paper: Paper) -> None:
    """Write what was read, whose state is known and whose is not, how sure each field is, and what was rejected."""
    content = paper.content
    paper.section("quality")
    _read(paper)
    _known(paper)
    if content.validations or content.signal is not None:
        _by_operator(paper)
    if content.rejects is not None and len(content.rejects):
        _rejected(paper)


def _read(paper: Paper) -> None:
    content = paper.content
    said = []
    if content.period is not None:
        said.append(shown.surveyed(content.period, content.operators.values(), content.language))
    surveys = _surveys(content)
    if surveys is not None:
        read, accepted = int(surveys["rows_read"].sum()), int(surveys["accepted"].sum())
        said.append(
            content.say(
                "rows", read=content.count(read), accepted=content.count(accepted),
                share=content.per_cent(accepted / max(read, 1)), rejected=content.count(read - accepted),
            )
        )  # fmt: skip
    if said:
        paper.paragraph(" ".join(said))


def _surveys(content: BriefContent) -> pd.DataFrame | None:
    sources = content.sources
    if sources is None or "table" not in sources:
        return None
    surveys = sources[sources["table"] == "samples"]
    return surveys if len(surveys) else None


def _known(paper: Paper) -> None:
    """Tell the known and the unknown share of the learners."""
    content = paper.content
    learners = float(content.ranking["learners"].sum())
    if not learners:
        paper.paragraph(content.say("found_none", communes=len(content.ranking)))
        return
    unknown = float(content.ranking["unsurveyed"].sum()) if "unsurveyed" in content.ranking else 0.0
    total, open_ = round_total(learners), round_total(unknown)
    said = content.say(
        "known" if unknown else "known_all",
        learners=content.count(total), known_share=content.per_cent(1 - unknown / learners),
        unknown=content.count(open_), unknown_share=content.per_cent(unknown / learners),
    )  # fmt: skip
    points = content.findings.points
    if points is not None and (points["reach"] == "unknown").any():
        said += " " + content.say("points_open", count=content.count((points["reach"] == "unknown").sum()))
    paper.paragraph(" ".join(filter(None, (said, shown.placed(content.findings.placed, content.language)))))


def _by_operator(paper: Paper) -> None:
    """Write a line an operator: share of the territory with evidence, typical error, and what is said wrongly."""
    content = paper.content
    paper.caption("table", "quality_table")
    heads = [content.say(name) for name in ("operator", "area_known", "error", "inside90", "missed", "sure_right")]
    rows = []
    for operator, name in content.operators.items():
        found = content.validations.get(operator)
        scores = None if found is None or found.closest is None else found.scores.loc[found.closest]
        shares = ("inside90", "uncovered_called_covered", "sure_right")
        told = ["–"] * 4
        if scores is not None:
            told = [content.count(scores["rmse_db"], 1), *(_share(content, scores[column]) for column in shares)]
        rows.append([name, _area(content, operator), *told])
    paper.table(heads, rows, (32, 28, 25, 26, 28, 30), left=(0,))
    paper.note(content.say("quality_note"))


def _share(content: BriefContent, share: float) -> str:
    """Return a share in per cent; all but one of ten thousand is not all."""
    return content.per_cent(min(share, 0.999) if share < 1 else share)


def _area(content: BriefContent, operator: str) -> str:
    if content.signal is None or operator not in content.signal.surveyed:
        return "–"
    inside = np.isfinite(content.signal.p_usable)
    return content.per_cent(float(content.signal.surveyed[operator][inside].mean())) if inside.any() else "–"


def _rejected(paper: Paper) -> None:
    """List why rows were not accepted, the most frequent reason first."""
    content, rejects = paper.content, paper.content.rejects
    assert rejects is not None
    counts = rejects["check"].value_counts().sort_index().sort_values(ascending=False, kind="stable")
    first = counts.head(MOST_CHECKS)
    paper.caption("table", "rejects_table")
    rows = [[_reason(content, str(check)), content.count(count)] for check, count in first.items()]
    if len(counts) > len(first):
        rows.append([content.say("other_reasons"), content.count(counts[MOST_CHECKS:].sum())])
    paper.table([content.say("reason"), content.say("rows_head")], rows, (130, 35), left=(0,))


def _reason(content: BriefContent, check: str) -> str:
    key = f"check.{check}"
    return text(key, content.language) if key in TEXTS and "{" not in TEXTS[key][0] else check
