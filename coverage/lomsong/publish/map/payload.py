"""The data of the page: :class:`MapContent` as plain values, classified, suppressed, packed and ready for JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from lomsong.publish.map import outline, palette
from lomsong.publish.map.content import MapContent
from lomsong.publish.map.packed import pack
from lomsong.publish.map.palette import Classes
from lomsong.publish.map.picture import Picture, draw
from lomsong.publish.privacy import published_hamlets, published_plan, published_towers, round_total, suppress
from lomsong.texts import catalogue

_MOSTLY = 0.5
"""A commune of whose learners more than this share is unsurveyed is hatched, not coloured."""


def payload(content: MapContent) -> dict[str, Any]:
    """Return all that the page's script reads."""
    columns = _gap_columns(content)
    counts = palette.count_classes(content.ranking[list(columns.values())].to_numpy().ravel())
    level, probability = palette.level_classes(content.usable_dbm), palette.probability_classes()
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
            "probability": probability.as_json(),
        },
        "colours": {
            "states": palette.STATE_COLOURS, "no_service": palette.NO_SERVICE_COLOUR, "dot": palette.DOT_COLOUR,
        },
        "communes": _communes(content, columns),
        "hamlets": _hamlets(content),
        "schools": _schools(content),
        "zones": _zones(content),
        "towers": _towers(content),
        "plan": _plan(content),
        "level": _pictures(content, level, "level_dbm"),
        "probability": _pictures(content, probability, "p_usable"),
        "survey": _survey(content, level),
        "dots": _dots(content),
        "sites": _sites(content),
        "base": {
            "roads": outline.line_shapes(content.roads),
            "power_lines": outline.line_shapes(content.power_lines),
            "water": outline.polygon_shapes(content.water),
            "forest": outline.polygon_shapes(content.forest),
        },
    }  # fmt: skip


_NAMING = ("commune_code", "name", "kind", "parent_name")
_HAMLET = ("name", "commune_code", "grid_power", "state")
_SCHOOL = ("name", "commune_code", "p_usable", "state")
_ZONE = (
    "zone_id", "name", "commune_code", "schools", "schools_without_signal", "grid_power", "grid_km", "road_km",
    "forest_class",
)  # fmt: skip
_TOWER = ("candidate_id", "order", "cumulative", "height_m", "ground_m", "forest_class", "road_km", "grid_km")


def _gap_columns(content: MapContent) -> dict[str, str]:
    """Return choice of operator -> column of the ranking, for what the ranking holds."""
    wanted = {"any": "unconnected", "all": "unconnected_all"}
    wanted |= {operator: f"unconnected_{operator}" for operator in content.operators}
    return {choice: column for choice, column in wanted.items() if column in content.ranking}


def _operators(content: MapContent) -> list[dict[str, str]]:
    colours = palette.OKABE_ITO
    return [
        {"id": operator, "name": name, "colour": colours[index % len(colours)]}
        for index, (operator, name) in enumerate(content.operators.items())
    ]


def _totals(content: MapContent, columns: dict[str, str]) -> dict[str, Any]:
    """Return the province's totals, rounded so that they do not give back a suppressed part."""
    totals = {choice: round_total(content.ranking[column].sum()) for choice, column in columns.items()}
    in_zones = 0 if content.zones is None else round_total(content.zones["unconnected"].sum())
    learners = round_total(content.ranking["learners"].sum())
    return {"learners": learners, "unconnected": totals, "in_zones": in_zones}


def _communes(content: MapContent, columns: dict[str, str]) -> list[dict[str, Any]]:
    counts = ["learners", "unsurveyed", *columns.values()]
    ranking = suppress(content.ranking, counts, content.suppress_below).set_index("commune_code")
    rows: dict[str, pd.Series] = dict(ranking.iterrows())
    shapes = outline.commune_shapes(content.communes)
    centres = outline.commune_centres(content.communes)
    communes = []
    for commune, shape, centre in zip(_records(content.communes, _NAMING), shapes, centres, strict=True):
        row = rows.get(commune["commune_code"])
        figures = {} if row is None else _figures(row, columns, content.suppress_below)
        communes.append({**commune, **figures, "at": centre, "shape": shape})
    return communes


def _figures(row: pd.Series, columns: dict[str, str], below: int) -> dict[str, Any]:
    """Return the figures of one commune; a suppressed count takes the rank interval's ends and its share with it."""
    figures = {key: _plain(row.get(key)) for key in ("rank", "rank_low", "rank_high", "schools_without_signal")}
    learners = _count(row, "learners", below)
    gap = {choice: _count(row, column, below) for choice, column in columns.items()}
    share = {choice: _share(count, learners) for choice, count in gap.items()}
    interval = None if _hidden(gap.get("any")) else [_plain(row["unconnected_low"]), _plain(row["unconnected_high"])]
    unsurveyed = _count(row, "unsurveyed", below)
    mostly = not _hidden(unsurveyed) and not _hidden(learners) and (unsurveyed or 0) > _MOSTLY * (learners or 0)
    way = row.get("in_the_way")
    return {
        **figures,
        "in_the_way": list(way) if isinstance(way, tuple | list) else [],
        "learners": learners,
        "gap": gap,
        "share": share,
        "interval": interval,
        "unsurveyed": unsurveyed,
        "mostly_unsurveyed": mostly,
    }


def _count(row: pd.Series, column: str, below: int) -> Any:
    """Return a count, None where it is missing, or ``{"below": n}`` where it is suppressed."""
    return {"below": below} if row[f"{column}_suppressed"] else _plain(row[column])


def _hidden(count: Any) -> bool:
    return isinstance(count, dict)


def _share(count: Any, learners: Any) -> Any:
    """Return the share that the counts give as they are shown, whole learners, as on every other page."""
    if count is None or not learners or _hidden(learners):
        return None
    return {"below": round(count["below"] / learners, 4)} if _hidden(count) else round(round(count) / learners, 4)


def _hamlets(content: MapContent) -> list[dict[str, Any]]:
    if content.hamlets is None or content.hamlets.empty:
        return []
    hamlets = published_hamlets(content.hamlets, content.suppress_below)
    return _places(hamlets, _HAMLET, ["learners", "unconnected"], content.suppress_below)


def _schools(content: MapContent) -> list[dict[str, Any]]:
    if content.schools is None or content.schools.empty:
        return []
    states = [f"state_{operator}" for operator in content.operators]
    schools = suppress(content.schools, ["pupils"], content.suppress_below)
    return _places(schools, [*_SCHOOL, *states], ["pupils"], content.suppress_below)


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
    for record, shape, (_, row) in zip(_records(zones, [*_ZONE, *away]), shapes, zones.iterrows(), strict=True):
        figures: dict[str, Any] = {count: _count(row, count, content.suppress_below) for count in counts}
        ends = [_plain(row.get("unconnected_low")), _plain(row.get("unconnected_high"))]
        figures["interval"] = None if _hidden(figures["unconnected"]) else ends
        drawn.append({**record, **figures, "obstacles": list(row["obstacles"]), "shape": shape})
    return drawn


def _towers(content: MapContent) -> list[dict[str, Any]]:
    if content.towers is None or content.towers.empty:
        return []
    towers = published_towers(content.towers, content.suppress_below).sort_values("order")
    return _places(towers, _TOWER, ["learners_gained"], content.suppress_below)


def _plan(content: MapContent) -> dict[str, Any]:
    plan = published_plan(content.plan, content.towers, content.suppress_below)
    return {key: _plain(value) for key, value in plan.items()}


def _places(
    places: gpd.GeoDataFrame, columns: Sequence[str], counts: Sequence[str], below: int
) -> list[dict[str, Any]]:
    """Return points of interest, their counts suppressed before; identifiers stay behind."""
    at = outline.commune_centres(places.to_crs(4326))
    figures = ({count: _count(row, count, below) for count in counts} for _, row in places.iterrows())
    return [
        {**record, **figure, "at": point}
        for record, figure, point in zip(_records(places, columns), figures, at, strict=True)
    ]


def _pictures(content: MapContent, classes: Classes, layer: str) -> dict[str, dict[str, Any]]:
    pictures: dict[str, Picture] = {
        choice: draw(getattr(raster, layer), classes, raster) for choice, raster in content.rasters.items()
    }
    return {choice: {"uri": picture.uri, "bounds": picture.bounds} for choice, picture in pictures.items()}


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


def _records(frame: pd.DataFrame, columns: Iterable[str]) -> list[dict[str, Any]]:
    """Return the columns that ``frame`` has, row by row, as plain values."""
    present = [column for column in columns if column in frame]
    values = [[_plain(value) for value in frame[column]] for column in present]
    return [dict(zip(present, row, strict=True)) for row in zip(*values, strict=True)] if present else []


def _plain(value: Any) -> Any:
    """Return a value as JSON knows it: numbers rounded to what is shown, missing as None."""
    if value is None or value is pd.NA or (isinstance(value, float | np.floating) and not np.isfinite(value)):
        return None
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return round(float(value), 4)
    return str(value)
