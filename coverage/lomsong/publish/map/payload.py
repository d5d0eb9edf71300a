"""The data of the page: :class:`MapContent` as plain values, classified, suppressed, packed and ready for JSON."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from lomsong.publish.map import outline, palette, plan
from lomsong.publish.map.claims import claims
from lomsong.publish.map.content import MapContent
from lomsong.publish.map.packed import pack
from lomsong.publish.map.palette import Classes
from lomsong.publish.map.surfaces import surfaces
from lomsong.publish.map.values import count, hidden, places, plain, records, share
from lomsong.publish.privacy import published_hamlets, published_ranking, round_total, suppress, withheld_beside_rounded
from lomsong.texts import catalogue

_MOSTLY = 0.5
"""A commune of whose learners more than this share is unsurveyed is hatched, not coloured."""


def payload(content: MapContent) -> dict[str, Any]:
    """Return all that the page's script reads."""
    columns = _gap_columns(content.ranking, content)
    counts = palette.count_classes(content.ranking[list(columns.values())].to_numpy().ravel())
    level = palette.level_classes(content.usable_dbm, content.level_breaks_dbm)
    return {
        "language": content.language,
        "texts": catalogue("map.", content.language),
        "usable_dbm": content.usable_dbm,
        "operators": _operators(content),
        "totals": _totals(content, columns),
        "classes": {
            "unconnected": counts.as_json(),
            "share": palette.share_classes().as_json(),
            "level": level.as_json(),
            "probability": palette.probability_classes().as_json(),
        },
        "colours": {
            "states": palette.STATE_COLOURS, "no_service": palette.NO_SERVICE_COLOUR, "dot": palette.DOT_COLOUR,
            "claims": palette.CLAIM_COLOURS, "reached": palette.REACHED_COLOUR,
        },
        "communes": _communes(content, columns),
        "hamlets": _hamlets(content),
        "schools": _schools(content),
        "zones": _zones(content),
        "towers": plan.towers(content),
        "plan": plan.account(content),
        "reach": plan.reach(content),
        "claims": claims(content),
        "signal": surfaces(content),
        "survey": _survey(content, level),
        "dots": _dots(content),
        "sites": _sites(content),
        "base": {
            "districts": outline.district_lines(content.communes),
            "roads": outline.line_shapes(content.roads),
            "power_lines": outline.line_shapes(content.power_lines),
            "water": outline.polygon_shapes(content.water),
            "forest": outline.polygon_shapes(content.forest),
            "online": content.base_map,
            "credit": content.base_map_credit,
        },
    }  # fmt: skip


_NAMING = ("commune_code", "name", "kind", "parent_name")
_HAMLET = ("name", "commune_code", "grid_power", "state")
_SCHOOL = ("name", "commune_code", "p_usable", "state")
_ZONE = (
    "zone_id", "name", "commune_code", "schools", "schools_without_signal", "grid_power", "grid_km", "road_km",
    "forest_class",
)  # fmt: skip


def _gap_columns(table: pd.DataFrame, content: MapContent, of_any: str = "unconnected") -> dict[str, str]:
    """Return choice of operator -> column of a table of counts, for what the table holds."""
    wanted = {"any": of_any, "all": "unconnected_all"}
    wanted |= {operator: f"unconnected_{operator}" for operator in content.operators}
    return {choice: column for choice, column in wanted.items() if column in table}


def _operators(content: MapContent) -> list[dict[str, str]]:
    colours = palette.OKABE_ITO
    return [
        {"id": operator, "name": name, "colour": colours[index % len(colours)]}
        for index, (operator, name) in enumerate(content.operators.items())
    ]


def _totals(content: MapContent, columns: dict[str, str]) -> dict[str, Any]:
    """Return the province's totals, rounded so that they do not give back a suppressed part."""
    zones = content.zones
    in_zones = 0 if zones is None else round_total(zones.attrs.get("in_zones", zones["unconnected"].sum()))
    learners = round_total(content.ranking["learners"].sum())
    indoors = {}
    if content.indoor is not None:
        inside = _gap_columns(content.indoor, content, "unconnected_any")
        indoors = {choice: round_total(content.indoor[column].sum()) for choice, column in inside.items()}
    return {
        "learners": learners,
        "unconnected": {choice: round_total(content.ranking[column].sum()) for choice, column in columns.items()},
        "indoor": indoors,
        "in_zones": in_zones,
    }


def _communes(content: MapContent, columns: dict[str, str]) -> list[dict[str, Any]]:
    below = content.suppress_below
    ranking = published_ranking(content.ranking, below).set_index("commune_code")
    rows: dict[str, pd.Series] = dict(ranking.iterrows())
    indoors = _indoors(content)
    shapes = outline.commune_shapes(content.communes)
    centres = outline.commune_centres(content.communes)
    communes = []
    for commune, shape, centre in zip(records(content.communes, _NAMING), shapes, centres, strict=True):
        row = rows.get(commune["commune_code"])
        figures = {} if row is None else _figures(row, columns, below)
        inside = indoors.get(commune["commune_code"])
        if figures and inside is not None:
            figures["indoor"] = _gaps(inside, _gap_columns(inside.to_frame().T, content, "unconnected_any"),
                                      figures["learners"], "unconnected_any", below)  # fmt: skip
        communes.append({**commune, **figures, "at": centre, "shape": shape})
    return communes


def _indoors(content: MapContent) -> dict[str, pd.Series]:
    if content.indoor is None:
        return {}
    columns = list(_gap_columns(content.indoor, content, "unconnected_any").values())
    published = suppress(content.indoor, columns, content.suppress_below)
    for column in columns:
        beside = withheld_beside_rounded(content.indoor[column], content.suppress_below)
        published[column] = published[column].mask(beside)
    return dict(published.set_index("commune_code").iterrows())


def _figures(row: pd.Series, columns: dict[str, str], below: int) -> dict[str, Any]:
    """Return the figures of one commune."""
    figures = {key: plain(row.get(key)) for key in ("rank", "rank_low", "rank_high", "schools_without_signal")}
    learners = count(row, "learners", below)
    unsurveyed = count(row, "unsurveyed", below)
    mostly = not hidden(unsurveyed) and not hidden(learners) and (unsurveyed or 0) > _MOSTLY * (learners or 0)
    way = row.get("in_the_way")
    return {
        **figures,
        "in_the_way": list(way) if isinstance(way, tuple | list) else [],
        "learners": learners,
        **_gaps(row, columns, learners, "unconnected", below),
        "unsurveyed": unsurveyed,
        "mostly_unsurveyed": mostly,
    }


def _gaps(row: pd.Series, columns: dict[str, str], learners: Any, of_any: str, below: int) -> dict[str, Any]:
    """Return the gap of one commune by operator; a suppressed count takes the interval's ends and its share with it."""
    gap = {choice: count(row, column, below) for choice, column in columns.items()}
    ends = [plain(row.get(f"{of_any}_low")), plain(row.get(f"{of_any}_high"))]
    return {
        "gap": gap,
        "share": {choice: share(value, learners) for choice, value in gap.items()},
        "interval": None if hidden(gap.get("any")) else ends,
    }


def _hamlets(content: MapContent) -> list[dict[str, Any]]:
    if content.hamlets is None or content.hamlets.empty:
        return []
    hamlets = published_hamlets(content.hamlets, content.suppress_below)
    return places(hamlets, _HAMLET, ["learners", "unconnected"], content.suppress_below)


def _schools(content: MapContent) -> list[dict[str, Any]]:
    if content.schools is None or content.schools.empty:
        return []
    states = [f"state_{operator}" for operator in content.operators]
    schools = suppress(content.schools, ["pupils"], content.suppress_below)
    return places(schools, [*_SCHOOL, *states], ["pupils"], content.suppress_below)


def _zones(content: MapContent) -> list[dict[str, Any]]:
    """Return gap zones, the most unconnected first."""
    if content.zones is None or content.zones.empty:
        return []
    each = [f"unconnected_{operator}" for operator in content.operators]
    away = [f"site_km_{operator}" for operator in content.operators]
    counts = [name for name in ("learners", "unconnected", *each) if name in content.zones]
    zones = suppress(content.zones.to_crs(4326), counts, content.suppress_below)
    shapes = map(outline.polygons, zones.geometry)
    drawn = []
    for record, shape, (_, row) in zip(records(zones, [*_ZONE, *away]), shapes, zones.iterrows(), strict=True):
        figures: dict[str, Any] = {name: count(row, name, content.suppress_below) for name in counts}
        ends = [plain(row.get("unconnected_low")), plain(row.get("unconnected_high"))]
        figures["interval"] = None if hidden(figures["unconnected"]) or None in ends else ends
        drawn.append({**record, **figures, "obstacles": list(row["obstacles"]), "shape": shape})
    return drawn


def _survey(content: MapContent, level: Classes) -> dict[str, dict[str, Any]]:
    """Return measurements by operator: class 0 found no service, class i + 1 is class i of level."""
    if content.survey is None:
        return {}
    packs = {}
    for operator in content.operators:
        bins = content.survey[content.survey["operator"] == operator]
        if len(bins):
            level_class = level.index(bins["level_dbm"].fillna(0)) + 1
            classes = np.where(bins["service"] == "no_service", 0, level_class)
            packs[operator] = pack(bins, classes, len(level.colours) + 1)
    return packs


def _dots(content: MapContent) -> dict[str, Any] | None:
    """Return cells with learners enough without signal to be shown, in three sizes."""
    if content.learners is None:
        return None
    smallest = max(palette.DOT_BREAKS[0], content.suppress_below)
    cells = content.learners[content.learners["unconnected"] >= smallest]
    packed = pack(cells, np.digitize(cells["unconnected"], palette.DOT_BREAKS[1:]), len(palette.DOT_BREAKS))
    return {**packed, "from": smallest}


def _sites(content: MapContent) -> dict[str, Any] | None:
    """Return existing sites, class by the order of their operators."""
    if content.sites is None:
        return None
    ids = list(content.operators)
    sites = content.sites[content.sites["operator"].isin(ids)].drop_duplicates(["site_id", "operator"])
    return pack(sites, sites["operator"].map(ids.index).to_numpy(dtype=int), len(ids))
