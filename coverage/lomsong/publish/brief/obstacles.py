"""Gap zones, what stands in the way by the body that answers for it, and the list of every point not reached."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lomsong.publish.brief.content import BriefContent
from lomsong.publish.brief.document import Paper
from lomsong.publish.brief.head import annex_head
from lomsong.publish.findings import reach_told
from lomsong.publish.privacy import round_total
from lomsong.texts import text

MOST_ZONES = 10
"""Gap zones in the table."""
MOST_COMMUNES = 8
"""Communes named to a body."""


def zones(paper: Paper) -> None:
    """Tell the gap zones, the largest in a table."""
    content, found = paper.content, paper.content.findings.zones
    if found is None or not len(found):
        return
    paper.section("zones_section")
    paper.paragraph(content.say("zones_found", count=content.count(len(found)), metres=content.count(_link_m(content))))
    first = found.head(MOST_ZONES)
    paper.caption("table", "zones_table", count=len(first))
    heads = [content.say(name) for name in ("zone", "learners", "unconnected", "interval", "in_the_way")]
    rows = [_zone(content, row) for row in first.to_dict("records")]
    paper.table(heads, rows, (52, 22, 26, 26, 48), left=(0, 4))
    paper.withheld(first, "learners", "unconnected")


def _link_m(content: BriefContent) -> float:
    return content.settings.gap.zone_link_m


def obstacles(paper: Paper) -> None:
    """Say who has to move, for how many points and where."""
    content, bodies, points = paper.content, paper.content.findings.bodies, paper.content.findings.points
    if bodies is None or points is None:
        return
    paper.section("way")
    counts = {kind: content.count((points["reach"] == kind).sum()) for kind in ("unreached", "unknown")}
    paper.paragraph(content.say("way_found", **counts))
    if not len(bodies):
        return
    paper.caption("table", "bodies_table")
    heads = [content.say(name) for name in ("body", "hamlets", "schools", "zones", "alone", "unconnected")]
    rows = [_body(content, row) for row in bodies.to_dict("records")]
    paper.table(heads, rows, (58, 20, 20, 20, 26, 30), left=(0,))
    paper.note(content.say("body_note"))
    unreached = points[points["reach"] == "unreached"]
    unknown = sorted({code for codes in unreached.get("not_checked", ()) for code in codes or ()})
    if unknown:
        paper.note(content.say("not_checked", codes=content.way(unknown)))
    for body in bodies["body"]:
        _asked(paper, str(body), points)


def _asked(paper: Paper, body: str, points: pd.DataFrame) -> None:
    """Say what is asked of a body, with the communes where most of its points lie."""
    content = paper.content
    mine = points[_of(points, body)]
    communes = mine["commune"].dropna().value_counts().sort_index().sort_values(ascending=False, kind="stable")
    names = [
        content.say("commune_points", name=name, count=count) for name, count in communes.head(MOST_COMMUNES).items()
    ]
    if len(communes) > MOST_COMMUNES:
        names.append(content.say("other_communes", count=len(communes) - MOST_COMMUNES))
    paper.part(_name(content, body))
    said = content.say(f"asked_{body}", count=content.count(len(mine)))
    paper.paragraph(f"{said} {content.say('asked_where', names='; '.join(names))}" if names else said)


def _of(points: pd.DataFrame, body: str) -> pd.Series:
    if body == "survey":
        return points["reach"] == "unknown"
    return (points["reach"] == "unreached") & points["bodies"].map(lambda bodies: body in (bodies or ()))


def _name(content: BriefContent, body: str) -> str:
    said = text(f"body.{body}", content.language)
    return said[:1].upper() + said[1:]


def annex(paper: Paper) -> None:
    """List every point not reached or to be measured, by commune."""
    content, points = paper.content, paper.content.findings.points
    if points is None or not len(points):
        return
    annex_head(paper, "annex", wide=True, count=content.count(len(points)))
    paper.note(content.say("annex_note"))
    paper.withheld(points, "learners", "unconnected")
    names = ("number", "point", "kind_of_point", "commune", "learners", "unconnected", "reach", "grid_power",
             "in_the_way", "bodies")  # fmt: skip
    told = points.assign(reach_told=reach_told(points)).to_dict("records")
    rows = [[content.count(number), *_point(content, row)] for number, row in enumerate(told, start=1)]
    paper.table([content.say(name) for name in names], rows, (13, 40, 19, 22, 20, 17, 26, 17, 40, 41),
                left=(1, 2, 3, 6, 7, 8, 9))  # fmt: skip


def _body(content: BriefContent, row: Mapping[str, Any]) -> list[str]:
    counts = [content.count(row[kind]) for kind in ("hamlets", "schools", "zones", "alone")]
    return [_name(content, row["body"]), *counts, content.count(round_total(row["unconnected"]))]


def _zone(content: BriefContent, row: Mapping[str, Any]) -> list[str]:
    counts = [content.hidden_or(row, name) for name in ("learners", "unconnected")]
    interval = "–"
    if "unconnected_low" in row:
        interval = content.between(row["unconnected_low"], row["unconnected_high"])
    return [str(row["name"]), *counts, interval, content.way(row["obstacles"]) or "–"]


def _point(content: BriefContent, row: Mapping[str, Any]) -> list[str]:
    """Return a point's cells; what is in the way of one that is still to be measured is not known."""
    reach = text(f"reach.{row['reach_told']}", content.language)
    commune = str(row["commune"]) if isinstance(row["commune"], str) else "–"
    counts = [content.hidden_or(row, name) for name in ("learners", "unconnected")]
    kind, grid = content.say(f"kind_{row['kind']}"), row.get("grid_power")
    power = text(f"map.grid_{grid}", content.language) if isinstance(grid, str) else "–"
    bodies = row.get("bodies") if row["reach"] == "unreached" else ("survey",)
    asked = ", ".join(text(f"body.{body}", content.language) for body in bodies or ())
    way = content.way(row["obstacles"]) or "–"
    return [str(row["name"]), kind, commune, *counts, reach, power, way, asked or "–"]
