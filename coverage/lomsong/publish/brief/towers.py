"""The plan of towers with its bound, and a sheet for each proposed site."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
from docx.enum.text import WD_ALIGN_PARAGRAPH

from lomsong.publish.brief.content import BriefContent
from lomsong.publish.brief.document import SMALL_PT, Paper, line
from lomsong.publish.brief.findings import MAP_BOX
from lomsong.publish.brief.head import annex_head
from lomsong.publish.cards import CardContent, cards, cautioned
from lomsong.publish.drawing import Base, draw_plan, north_and_scale
from lomsong.publish.privacy import published_plan, published_towers, round_total
from lomsong.texts import text

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plan(paper: Paper) -> None:
    """Write what the towers connect, how good any plan could be, where they stand, and a line for each."""
    content = paper.content
    if content.towers is None or not len(content.towers):
        return
    towers = published_towers(content.towers, content.below).sort_values("order")
    paper.section("plan_section")
    paper.paragraph(_gain(content, towers))
    paper.paragraph(_bound(content))
    paper.caption("table", "plan_table", count=len(towers))
    widths: dict[str, int] = {"order": 12, "site": 32}
    widths |= {"commune": 28} if "commune_code" in towers else {}
    widths |= {"near": 41, "gained": 22, "cumulative": 20}
    widths |= {"capital": 24} if "capital" in towers else {}
    left = [at for at, name in enumerate(widths) if name in ("site", "commune", "near")]
    communes = content.communes
    rows = [_line(content, row, communes) for row in towers.to_dict("records")]
    paper.table([content.say(name) for name in widths], rows, list(widths.values()), left)
    paper.note(content.say("plan_note"))
    paper.withheld(towers, "learners_gained", "cumulative")
    if content.base is not None:
        _picture(paper, content.base)


def _gain(content: BriefContent, towers: pd.DataFrame) -> str:
    account = published_plan(content.plan, content.towers, content.below)
    said = content.say("plan_found", count=len(towers), learners=content.count(account.get("objective", np.nan)))
    gains = [account[name] for name in ("gain_low", "gain_high") if account.get(name) is not None]
    if len(gains) == 2:
        low, high = (content.count(round_total(float(gain))) for gain in gains)
        said += " " + content.say("plan_interval", low=low, high=high)
    priced = "capital" in towers and bool(towers["capital"].notna().all())
    if priced:
        said += " " + content.say("plan_cost", capital=content.count(towers["capital"].sum()))
    return cautioned(said, content.plan, content.language, costs=priced)


def _bound(content: BriefContent) -> str:
    account = published_plan(content.plan, content.towers, content.below)
    if account.get("cover"):
        cost, least = (content.count(account[name]) for name in ("cost", "least_cost"))
        share, gap = content.per_cent(account["cover"], 0), content.per_cent(account["gap"], 2)
        return content.say("plan_least_cost", share=share, cost=cost, least=least, gap=gap)
    if account.get("status") == "optimal" or (account.get("gap") is not None and account["gap"] < 5e-5):
        return content.say("plan_optimal", bound=content.count(account.get("bound", np.nan)))
    gap = content.per_cent(account.get("gap", np.nan), 2)
    return content.say("plan_bound", bound=content.count(account.get("bound", np.nan)), gap=gap)


def _picture(paper: Paper, base: Base) -> None:
    content = paper.content

    def draw(figure: Figure) -> None:
        axes = figure.add_axes(MAP_BOX)
        title = text("draw.plan_title", content.language)
        draw_plan(axes, base, content.findings.zones, content.towers, content.sites, title=title,
                  language=content.language)  # fmt: skip
        north_and_scale(axes, base, content.language)

    paper.picture(draw, "plan_picture")


def _line(content: BriefContent, row: Mapping[str, Any], communes: Mapping[str, str]) -> list[str]:
    counts = [content.hidden_or(row, name) for name in ("learners_gained", "cumulative")]
    near = row.get("hamlets") or row.get("schools") or "–"
    cost = [content.count(row["capital"])] if "capital" in row else []
    commune = [communes.get(row["commune_code"], "–")] if "commune_code" in row else []
    return [str(row["order"]), str(row["candidate_id"]), *commune, str(near), *counts, *cost]


def site_sheets(paper: Paper) -> None:
    """Write a sheet for each proposed site: where it stands, what it is to be, whom it connects, what it asks for."""
    content = paper.content
    if content.towers is None or not len(content.towers):
        return
    found = cards(_card_content(content, content.towers))
    annex_head(paper, "sites_annex", count=len(found))
    paper.note(cautioned(content.say("sites_note"), content.plan, content.language))
    for card in found:
        paper.document.add_paragraph(card.title, style="Heading 2")
        degrees = {"latitude": card.latitude, "longitude": card.longitude}
        said = content.say("position", **{name: content.count(value, 5) for name, value in degrees.items()})
        side = WD_ALIGN_PARAGRAPH.LEFT
        line(paper.document, said, SMALL_PT, side=side, after_pt=3).paragraph_format.keep_with_next = True
        lines = [one for part in card.parts.values() for one in part if one.value not in degrees.values()]
        paper.facts([(one.heading, one.told(content.language), one.is_number) for one in lines if one.value != ""])


def _card_content(content: BriefContent, towers: gpd.GeoDataFrame) -> CardContent:
    metric = towers.to_crs(content.base.crs) if towers.crs.is_geographic and content.base is not None else towers
    run = content.settings.run
    return CardContent(
        run.title, run.territory, metric, content.plan, operators=content.operators, communes=content.communes,
        language=content.language, suppress_below=content.below,
    )  # fmt: skip
