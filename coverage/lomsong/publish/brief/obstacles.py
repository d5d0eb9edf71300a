"""What stands in the way, by the body that answers for it, and the list of every point not reached."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from docx.enum.text import WD_ALIGN_PARAGRAPH

from lomsong.publish.brief.content import BriefContent
from lomsong.publish.brief.document import add_table, note
from lomsong.publish.privacy import round_total
from lomsong.texts import text

MOST_ZONES = 10
"""Gap zones in the table."""


def obstacles(document: Any, content: BriefContent) -> None:
    """Say who has to move for how many points, and name the largest gap zones."""
    if content.bodies is None or content.points is None:
        return
    document.add_heading(content.say("way"), 1)
    counts = {kind: content.count((content.points["reach"] == kind).sum()) for kind in ("unreached", "unknown")}
    said = content.say("way_found", **counts)
    document.add_paragraph(said).alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
    if len(content.bodies):
        heads = [content.say(name) for name in ("body", "hamlets", "schools", "zones", "unconnected")]
        rows = [_body(content, row) for row in content.bodies.to_dict("records")]
        add_table(document, heads, rows, (65, 22, 22, 22, 34), left=(0,))
        note(document, content.say("body_note"))
    if content.zones is not None and len(content.zones):
        first = content.zones.head(MOST_ZONES)
        document.add_heading(content.say("zones_table", count=len(first)), 2)
        heads = [content.say(name) for name in ("zone", "learners", "unconnected", "in_the_way")]
        rows = [_zone(content, row) for row in first.to_dict("records")]
        add_table(document, heads, rows, (60, 24, 28, 53), left=(0, 3))


def annex(document: Any, content: BriefContent) -> None:
    """List every point not reached or to be measured, by commune."""
    if content.points is None or not len(content.points):
        return
    document.add_page_break()
    document.add_heading(content.say("annex", count=len(content.points)), 1)
    note(document, content.say("annex_note"))
    heads = [content.say(name) for name in ("number", "point", "commune", "unconnected", "reach", "in_the_way")]
    rows = [
        [content.count(number), *_point(content, row)]
        for number, row in enumerate(content.points.to_dict("records"), start=1)
    ]
    add_table(document, heads, rows, (12, 37, 28, 20, 21, 47), left=(1, 2, 4, 5))


def _body(content: BriefContent, row: Mapping[str, Any]) -> list[str]:
    body = text(f"body.{row['body']}", content.language)
    counts = [content.count(row[kind]) for kind in ("hamlets", "schools", "zones")]
    return [body[:1].upper() + body[1:], *counts, content.count(round_total(row["unconnected"]))]


def _zone(content: BriefContent, row: Mapping[str, Any]) -> list[str]:
    counts = [content.hidden_or(row, name) for name in ("learners", "unconnected")]
    return [str(row["name"]), *counts, content.way(row["obstacles"]) or "–"]


def _point(content: BriefContent, row: Mapping[str, Any]) -> list[str]:
    """Return a point's cells; what is in the way of one that is still to be measured is not known."""
    name = str(row["name"]) if row["kind"] != "zone" else content.say("zone_point", name=row["name"])
    reach = text(f"reach.{row['reach']}", content.language)
    commune = str(row["commune"]) if isinstance(row["commune"], str) else "–"
    return [name, commune, content.hidden_or(row, "unconnected"), reach, content.way(row["obstacles"]) or "–"]
