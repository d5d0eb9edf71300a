"""What was found, and the communes to put first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from lomsong.publish.brief.content import BriefContent
from lomsong.publish.brief.document import Paper
from lomsong.publish.drawing import Base, draw_gap, draw_signal, north_and_scale
from lomsong.publish.findings import DEVICES, reach_told
from lomsong.publish.map import palette
from lomsong.publish.privacy import published_ranking, round_total
from lomsong.shown import dbm
from lomsong.texts import text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TOP = 10
"""Communes in the table."""
NAMED = 3
"""Communes named in the paragraph."""
MAP_BOX = (0.0, 0.0, 0.72, 1.0)
"""Where the map stands in its picture; the legend is to the right of it."""


def findings(paper: Paper) -> None:
    """Say what was found, draw it, and put the first communes in a table."""
    content = paper.content
    ranking = published_ranking(content.ranking.sort_values("rank"), content.below)
    if not content.ranking["learners"].sum():
        return
    paper.section("findings")
    paper.paragraph(_found(content, ranking))
    _totals(paper)
    _places(paper)
    _devices(paper)
    _first(paper, ranking)
    if content.base is not None:
        _gap_picture(paper, content.base, ranking)
    if content.base is not None and content.signal is not None:
        _signal_picture(paper, content.base)


def _found(content: BriefContent, ranking: pd.DataFrame) -> str:
    lacking, learners = (round_total(float(content.ranking[name].sum())) for name in ("unconnected", "learners"))
    totals = content.findings.totals
    interval = ""
    if totals is not None:
        total = totals[(totals["of"] == "any") & ~totals["indoor"]].iloc[0]
        low, high = (content.count(total[f"unconnected_{end}"]) for end in ("low", "high"))
        interval = content.say("found_interval", low=low, high=high)
    said = content.say(
        "found", unconnected=content.count(lacking), learners=content.count(learners), interval=interval,
        share=content.per_cent(lacking / max(learners, 1)), operators=content.listed(list(content.operators.values())),
        level=dbm(content.settings.gap.usable_dbm, content.language), communes=len(ranking),
    )  # fmt: skip
    first = ranking[ranking["commune_code"].isin(content.first["commune_code"])].head(NAMED)
    named = [_named(content, row) for row in first.to_dict("records")]
    return f"{said} {content.say('first', names='; '.join(named))}" if named else said


def _named(content: BriefContent, row: Mapping[str, Any]) -> str:
    if pd.isna(row["unconnected_low"]):
        return str(row["name"])
    interval = content.between(row["unconnected_low"], row["unconnected_high"])
    return content.say("first_one", name=row["name"], unconnected=content.count(row["unconnected"]), interval=interval)


def _totals(paper: Paper) -> None:
    """Write the learners without signal in all: of any operator, indoors, of the own one, of each."""
    content, totals = paper.content, paper.content.findings.totals
    if totals is None:
        return
    rows = []
    for of, indoor in [("any", False), ("any", True), ("own", False), *((name, False) for name in content.operators)]:
        found = totals[(totals["of"] == of) & (totals["indoor"] == indoor)]
        if found.empty or not found["learners"].iloc[0]:
            continue
        row = found.iloc[0]
        name = content.operators.get(of)
        said = content.say("measure_one", operator=name) if name else content.say(f"measure_{of}{'_in' * indoor}")
        share = content.per_cent(row["unconnected"] / row["learners"])
        interval = content.between(row["unconnected_low"], row["unconnected_high"])
        rows.append([said, content.count(row["unconnected"]), interval, share])
    paper.caption("table", "totals_table")
    heads = [content.say(name) for name in ("measure", "unconnected", "interval", "share")]
    paper.table(heads, rows, (75, 30, 35, 25), left=(0,))
    own, everybody = (totals.loc[(totals["of"] == of) & ~totals["indoor"], "learners"].sum() for of in ("own", "any"))
    if 0 < own < everybody:
        paper.note(content.say("own_note", learners=content.count(own)))


def _places(paper: Paper) -> None:
    """Tell schools and hamlets without signal, and hamlets without the national grid."""
    content, said = paper.content, []
    if content.schools is not None and len(content.schools):
        silent = int(content.schools["state"].isin(["weak", "none"]).sum())
        said.append(content.say("schools_silent", count=content.count(silent), of=content.count(len(content.schools))))
    if content.hamlets is not None and len(content.hamlets):
        silent = content.hamlets["state"].isin(["weak", "none"])
        dark = content.hamlets["grid_power"] == "no"
        counts = {"count": silent.sum(), "of": len(content.hamlets), "dark": dark.sum(), "lit": (silent & ~dark).sum()}
        said.append(content.say("hamlets_silent", **{key: content.count(value) for key, value in counts.items()}))
        points = content.findings.points
        homes = 0 if points is None else int((reach_told(points) == "homes").sum())
        said += [content.say("hamlets_homes", count=content.count(homes))] if homes else []
    if said:
        paper.paragraph(" ".join(said))


def _devices(paper: Paper) -> None:
    """Tell how many learners lack a device, and how many of them have no signal to use one with."""
    content, tallies = paper.content, paper.content.findings.tallies
    if tallies is None:
        return
    total = tallies.loc[tallies["row"] == "total", ["learners", *DEVICES]].fillna(0).iloc[0]
    silent = total["without_device_unconnected"]
    counts = {
        "lacking": total["without_device_connected"] + silent, "silent": silent, "learners": total["learners"],
        "unknown": total["device_unknown_connected"] + total["device_unknown_unconnected"],
    }  # fmt: skip
    told = {name: round_total(value) for name, value in counts.items()}
    if told["lacking"]:
        shown = {name: content.count(value) for name, value in told.items()}
        more = [content.say(f"devices_{name}", **shown) for name in ("silent", "unknown") if told[name]]
        paper.paragraph(" ".join([content.say("devices", **shown), *more]))


def _gap_picture(paper: Paper, base: Base, ranking: pd.DataFrame) -> None:
    content = paper.content
    gaps = [f"unconnected_{name}" for name in content.operators if f"unconnected_{name}" in content.ranking]
    classes = palette.count_classes(content.ranking[["unconnected", *gaps]].to_numpy().ravel())

    def draw(figure: Figure) -> None:
        axes = figure.add_axes(MAP_BOX)
        title = text("draw.count_title", content.language)
        draw_gap(axes, base, ranking, "unconnected", classes, title=title, first=TOP, language=content.language)
        north_and_scale(axes, base, content.language)

    paper.picture(draw, "gap_picture")


def _signal_picture(paper: Paper, base: Base) -> None:
    content, signal = paper.content, paper.content.signal
    assert signal is not None
    known = [mask for name, mask in signal.surveyed.items() if name in content.operators]

    def draw(figure: Figure) -> None:
        axes = figure.add_axes(MAP_BOX)
        draw_signal(
            axes, base, signal.p_usable, sum(known[1:], known[0].copy()), signal.transform, signal.crs,
            palette.probability_classes(), unit="share", title=text("draw.probability_title", content.language),
            language=content.language,
        )  # fmt: skip
        north_and_scale(axes, base, content.language)

    paper.picture(draw, "signal_picture", level=dbm(content.settings.gap.usable_dbm, content.language))


def _first(paper: Paper, ranking: pd.DataFrame) -> None:
    content, first = paper.content, ranking[ranking["unconnected"] != 0].head(TOP)  # what is hidden is missing
    if first.empty:
        return
    names, widths, left = (
        ["rank", "commune", "learners", "unconnected", "interval", "share"],
        [25, 42, 22, 29, 27, 20],
        [1],
    )
    if "in_the_way" in first:
        names, widths, left = [*names, "in_the_way"], [21, 29, 20, 20, 24, 18, 37], [1, 6]
    paper.caption("table", "ranking_table", count=len(first))
    paper.table([content.say(name) for name in names], [_commune(content, row) for row in first.to_dict("records")],
                widths, left)  # fmt: skip
    paper.note(content.say("table_note"))
    paper.withheld(first, "learners", "unconnected")


def _commune(content: BriefContent, row: Mapping[str, Any]) -> list[str]:
    interval = content.between(row["unconnected_low"], row["unconnected_high"])
    share = content.per_cent(row["share"]) if not pd.isna(row["share"]) else "–"
    ranks = f"{row['rank']} ({row['rank_low']}–{row['rank_high']})"
    counts = [content.hidden_or(row, name) for name in ("learners", "unconnected")]
    way = [content.way(row["in_the_way"]) or "–"] if "in_the_way" in row else []
    return [ranks, str(row["name"]), *counts, interval, share, *way]
