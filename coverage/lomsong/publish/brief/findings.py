"""What was found, and the communes to put first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from docx.enum.text import WD_ALIGN_PARAGRAPH

from lomsong.publish.brief.content import BriefContent
from lomsong.publish.brief.document import add_table, note
from lomsong.publish.privacy import published_ranking, round_total

TOP = 10
"""Communes in the table."""
_NAMED = 3
"""Communes named in the paragraph."""


def head(document: Any, content: BriefContent) -> None:
    """Write whose brief it is, of what place and of which survey."""
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


def findings(document: Any, content: BriefContent) -> None:
    """Say what was found in one paragraph and put the first communes in a table."""
    below = content.suppress_below
    ranking = published_ranking(content.ranking.sort_values("rank"), below)
    document.add_heading(content.say("findings"), 1)
    document.add_paragraph(_found(content, ranking)).alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
    first = ranking.head(TOP)
    if first.empty:
        return
    document.add_heading(content.say("table", count=len(first)), 2)
    names = ["rank", "commune", "learners", "unconnected", "interval", "share"]
    widths = [25, 42, 22, 29, 27, 20]
    left = [1]
    if "in_the_way" in first:
        names, widths, left = [*names, "in_the_way"], [21, 28, 18, 20, 24, 17, 37], [1, 6]
    cells = [_commune(content, row) for row in first.to_dict("records")]
    add_table(document, [content.say(name) for name in names], cells, widths, left)
    note(document, content.say("table_note"))
    if below:
        note(document, content.say("suppressed", below=below))


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
    known = not pd.isna(row["unconnected_low"])
    interval = f"{content.count(row['unconnected_low'])}–{content.count(row['unconnected_high'])}" if known else "–"
    share = content.per_cent(row["share"]) if not pd.isna(row["share"]) else "–"
    ranks = f"{row['rank']} ({row['rank_low']}–{row['rank_high']})"
    counts = [content.hidden_or(row, name) for name in ("learners", "unconnected")]
    way = [content.way(row["in_the_way"]) or "–"] if "in_the_way" in row else []
    return [ranks, str(row["name"]), *counts, interval, share, *way]
