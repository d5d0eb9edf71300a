"""Where a tower could stand, and why elsewhere it could not.

What stands already comes first: another antenna on its mast needs no ground. Then of every square its highest cell, the
best of its shoulders, the best ground beside its roads and, at each hamlet, the best ground at hand. Of what stands
close together only what is worse in nothing stays (:mod:`lomsong.siting.landforms`).
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rasterio.features import rasterize
from rasterio.transform import from_origin
from scipy.ndimage import distance_transform_edt
from scipy.spatial import cKDTree

from lomsong import geo
from lomsong.errors import ColumnError
from lomsong.radio import Terrain
from lomsong.settings import Siting
from lomsong.siting.landforms import best_at, best_of_squares, dominated, prominence_m
from lomsong.tables import CANDIDATES

STEEPEST_DEG = 20.0
"""Slope above which no mast is founded without works of its own."""

REASONS = ("outside_territory", "water", "forest", "steep", "far_from_road", "far_from_grid")
"""Why a position is refused, the first that holds."""

KINDS = CANDIDATES["kind"].choices
"""Kinds of position, those looked for first in front; of a position of two kinds the first counts."""

LAND_CLASSES = CANDIDATES["land_class"].choices

TALL_M = 3.0
"""Vegetation from this height counts as trees."""

HAMLET_M = 400.0
"""How far from the middle of a hamlet its tower may stand."""

ROADSIDE_M = 150.0
"""Ground up to this far from a road is beside it."""

FOREST_CLASSES = CANDIDATES["forest_class"].choices
"""Classes of forest, the strictest first, and ``none``."""


def propose(
    terrain: Terrain,
    settings: Siting,
    *,
    roads: gpd.GeoDataFrame | None = None,
    power_lines: gpd.GeoDataFrame | None = None,
    forest: gpd.GeoDataFrame | None = None,
    water: gpd.GeoDataFrame | None = None,
    sites: gpd.GeoDataFrame | None = None,
    territory: gpd.GeoDataFrame | None = None,
    hamlets: gpd.GeoDataFrame | None = None,
    fibre: gpd.GeoDataFrame | None = None,
    given: gpd.GeoDataFrame | None = None,
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Propose tower positions: existing sites to share, and in each square the best ground that may be used.

    The terrain is cut into squares of ``settings.spacing_m``. Each gives its highest cell, refused where a rule speaks
    against it, and the highest cell against which none does: a square with any usable ground keeps a candidate. Where
    roads or hamlets are given, the best shoulder, the best ground beside a road and that of each hamlet join these,
    unless something better stands near. An existing site stands already, so only the territory is asked of it. A layer
    that is not given asks nothing, and leaves its distance, or class, missing.

    Parameters
    ----------
    terrain
        Ground; its CRS is that of the result.
    settings
        Spacing, mast height, farthest road and power line, and forbidden classes of forest.
    roads, power_lines
        Lines, in any CRS.
    forest
        Polygons with ``forest_class``; where they overlap the strictest counts.
    water
        Polygons.
    sites
        Table ``sites``; sectors on one spot make one candidate as high as the highest.
    territory
        Polygons inside which towers may stand.
    hamlets
        Points, in any CRS.
    fibre
        Lines or points where a backhaul can end, in any CRS; existing sites count beside them.
    given
        Points with ``candidate_id`` that somebody asks for: no rule is asked of them.

    Returns
    -------
    Table ``candidates``, and the refused positions with the same columns, ``reason`` (one of :data:`REASONS`) and
    ``reasons``, all that hold, with + between.

    Raises
    ------
    CrsError
        When a layer does not say its CRS.
    ColumnError
        When ``forest`` has no ``forest_class`` or an unknown one.
    """
    layers = {
        "roads": roads, "power_lines": power_lines, "forest": forest, "water": water, "territory": territory,
        "hamlets": hamlets, "fibre": fibre, "sites": sites,
    }  # fmt: skip
    known = {name: _projected(layer, name, terrain) for name, layer in layers.items()}
    if "forest_class" not in known["forest"] and len(known["forest"]):
        raise ColumnError("forest: column forest_class missing; name the class of each polygon")
    strange = set(known["forest"].get("forest_class", ())) - set(FOREST_CLASSES)
    if strange:
        raise ColumnError(
            f"forest: unknown forest_class {sorted(map(str, strange))}; known: {', '.join(FOREST_CLASSES)}"
        )
    parts = [_existing(terrain, sites), _given(terrain, given, settings), _positions(terrain, known, settings)]
    frame = pd.concat(parts, ignore_index=True)
    found = gpd.GeoDataFrame(frame, geometry="geometry", crs=terrain.crs)
    found = _described(found, terrain, known)
    reasons = _reasons(found, known, settings)
    columns = [*CANDIDATES.names, "geometry"]
    refused = found[columns].assign(reason=reasons.str.split("+").str[0], reasons=reasons)[reasons != ""]
    return found.loc[reasons == "", columns].reset_index(drop=True), refused.reset_index(drop=True)


def _projected(layer: gpd.GeoDataFrame | None, name: str, terrain: Terrain) -> gpd.GeoDataFrame:
    if layer is None or layer.empty:
        return gpd.GeoDataFrame(geometry=[], crs=terrain.crs)
    geo.require_crs(layer, name)
    return layer.to_crs(terrain.crs)


def _existing(terrain: Terrain, sites: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
    """Return one row a spot that holds sites, on the terrain."""
    spots = _projected(sites, "sites", terrain)
    if spots.empty:
        texts = {name: pd.Series(dtype=object) for name in ("candidate_id", "kind", "existing_structure")}
        return gpd.GeoDataFrame(texts | {"height_m": pd.Series(dtype=float)}, geometry=[])
    at = geo.coordinates(spots, terrain.crs)
    spots = spots.assign(easting=at[:, 0], northing=at[:, 1])[terrain.contains(at)]
    grouped = spots.groupby(["easting", "northing"], sort=False)
    one = grouped.agg(existing_structure=("site_id", "first"), height_m=("height_m", "max")).reset_index()
    return gpd.GeoDataFrame(
        {
            "candidate_id": "E-" + one["existing_structure"].astype(str),
            "kind": "existing",
            "height_m": one["height_m"].astype(float),
            "existing_structure": one["existing_structure"],
        },
        geometry=gpd.points_from_xy(one["easting"], one["northing"]),
        crs=terrain.crs,
    )


def _given(terrain: Terrain, given: gpd.GeoDataFrame | None, settings: Siting) -> gpd.GeoDataFrame:
    """Return a row a position that somebody asks for."""
    places = _projected(given, "given", terrain)
    names = places["candidate_id"].astype(object) if len(places) else pd.Series(dtype=object)
    columns = {"candidate_id": names, "kind": "given", "height_m": settings.height_m, "existing_structure": None}
    return gpd.GeoDataFrame(columns, geometry=places.geometry, crs=terrain.crs).reset_index(drop=True)


def _positions(terrain: Terrain, known: dict[str, gpd.GeoDataFrame], settings: Siting) -> gpd.GeoDataFrame:
    """Return the highest cell of each square, and of those on which no rule speaks against a tower the best."""
    grid = geo.Grid(terrain.west_m, terrain.north_m, terrain.step_m, terrain.ground_m.shape, terrain.crs)
    centres = grid.centres()
    inside = _burnt(known["territory"], grid) if len(known["territory"]) else np.ones(grid.shape, bool)
    forbidden = known["forest"]
    if len(forbidden):
        forbidden = forbidden[forbidden["forest_class"].isin(settings.forbidden_forest)]
    usable = inside & ~_burnt(known["water"], grid) & ~_burnt(forbidden, grid)
    usable &= terrain.slope_deg(centres[:, 0], centres[:, 1]).reshape(grid.shape) <= STEEPEST_DEG
    road_m, line_m = _grid_away_m(known["roads"], grid), _grid_away_m(known["power_lines"], grid)
    # Measured from cell to cell, so a cell's diagonal on the safe side; the exact distance is checked later.
    for away_m, most_m in ((road_m, settings.max_road_m), (line_m, settings.max_grid_m or np.inf)):
        if away_m is not None:
            usable &= away_m <= max(most_m - 1.5 * grid.step_m, 0.0)
    side = max(round(settings.spacing_m / grid.step_m), 1)
    height = terrain.ground_m
    cells = [best_of_squares(height, inside, side), best_of_squares(height, usable, side)]
    kinds = ["summit", "summit"]
    if road_m is not None or len(known["hamlets"]):
        cells.append(best_of_squares(prominence_m(height, side), usable, side))
        kinds.append("shoulder")
    if road_m is not None:
        cells.append(best_of_squares(height, usable & (road_m <= ROADSIDE_M), side))
        kinds.append("roadside")
    if len(known["hamlets"]):
        at = geo.coordinates(known["hamlets"], terrain.crs)
        cells.append(best_at(height, usable, grid, at, HAMLET_M))
        kinds.append("hamlet")
    kind = np.repeat(kinds, [len(part) for part in cells])
    cell, first = np.unique(np.concatenate(cells), return_index=True)
    kind = kind[first]
    merits = [height.ravel()[cell]] + [-away.ravel()[cell] for away in (road_m, line_m) if away is not None]
    spare = dominated(centres[cell], np.column_stack(merits), kind == "summit", settings.spacing_m / 2)
    cell, kind = cell[~spare], kind[~spare]
    return gpd.GeoDataFrame(
        {
            "candidate_id": [f"C{number:05d}" for number in range(1, len(cell) + 1)],
            "kind": kind,
            "height_m": settings.height_m,
            "existing_structure": None,
        },
        geometry=gpd.points_from_xy(*centres[cell].T),
        crs=terrain.crs,
    )


def _grid_away_m(layer: gpd.GeoDataFrame, grid: geo.Grid) -> NDArray[np.float64] | None:
    """Return the distance of each cell to a layer, None without one."""
    if layer.empty:
        return None
    return np.asarray(distance_transform_edt(~_burnt(layer, grid, touched=True)) * grid.step_m)


def _burnt(layer: gpd.GeoDataFrame, grid: geo.Grid, *, touched: bool = False) -> NDArray[np.bool_]:
    """Return the cells whose centre lies in a layer, or that it touches."""
    if layer.empty:
        return np.zeros(grid.shape, bool)
    transform = from_origin(grid.west_m, grid.north_m, grid.step_m, grid.step_m)
    burnt = rasterize(layer.geometry, out_shape=grid.shape, transform=transform, all_touched=touched, dtype="uint8")
    return np.asarray(burnt, bool)


def _described(found: gpd.GeoDataFrame, terrain: Terrain, known: dict[str, gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    at = geo.coordinates(found, terrain.crs)
    forest_class: pd.Series | None = None
    if len(known["forest"]):
        place = pd.Series(len(FOREST_CLASSES) - 1, index=found.index)
        point, polygon = known["forest"].sindex.query(found.geometry, predicate="intersects")
        strictness = known["forest"]["forest_class"].map(FOREST_CLASSES.index).to_numpy()[polygon]
        strictest = pd.Series(strictness).groupby(point).min()
        place.iloc[strictest.index] = strictest
        forest_class = place.map(lambda number: FOREST_CLASSES[number])
    return found.assign(
        ground_m=terrain.ground_at(at[:, 0], at[:, 1]),
        slope_deg=terrain.slope_deg(at[:, 0], at[:, 1]),
        grid_km=_away_km(found, known["power_lines"]),
        road_km=_away_km(found, known["roads"]),
        backhaul_km=_backhaul_km(found, known),
        forest_class=forest_class,
        land_class=_land_classes(found, at, terrain, known),
    )


def _backhaul_km(found: gpd.GeoDataFrame, known: dict[str, gpd.GeoDataFrame]) -> NDArray[np.float64]:
    """Return the distance to the nearest place where a backhaul can end: fibre, or another site that stands."""
    away = np.fmin(_away_km(found, known["fibre"]), np.inf)
    if len(known["sites"]) and len(found):
        stands = geo.coordinates(known["sites"], known["sites"].crs)
        at = geo.coordinates(found, known["sites"].crs)
        away = np.minimum(away, cKDTree(np.unique(stands, axis=0)).query(at)[0] / 1e3)
    away[np.isinf(away)] = np.nan
    return away


def _land_classes(
    found: gpd.GeoDataFrame, at: NDArray[np.float64], terrain: Terrain, known: dict[str, gpd.GeoDataFrame]
) -> NDArray[np.object_]:
    """Return what lies at each position: water, buildings, trees or open ground."""
    column = np.clip(((at[:, 0] - terrain.west_m) / terrain.step_m).astype(np.int64), 0, terrain.ground_m.shape[1] - 1)
    row = np.clip(((terrain.north_m - at[:, 1]) / terrain.step_m).astype(np.int64), 0, terrain.ground_m.shape[0] - 1)
    trees = np.nan_to_num(terrain.canopy_at(at[:, 0], at[:, 1])) >= TALL_M
    holds = (_within(found, known["water"]), terrain.clutter_m[row, column] > 0, trees)
    return np.asarray(np.select(holds, LAND_CLASSES[:3], default=LAND_CLASSES[3]), object)


def _away_km(points: gpd.GeoDataFrame, layer: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Return the distance of each point to the nearest feature; NaN without a layer."""
    if layer.empty or points.empty:
        return np.full(len(points), np.nan)
    (point, _), distance_m = layer.sindex.nearest(points.geometry, return_all=False, return_distance=True)
    away = np.full(len(points), np.nan)
    away[point] = distance_m / 1e3
    return away


def _reasons(found: gpd.GeoDataFrame, known: dict[str, gpd.GeoDataFrame], settings: Siting) -> pd.Series:
    """Return all reasons for which each position is refused with + between, empty where it is not."""
    asked = (found["kind"] == "given").to_numpy()
    stands = found["existing_structure"].notna().to_numpy() | asked
    outside = np.zeros(len(found), bool) if known["territory"].empty else ~_within(found, known["territory"])
    against = (
        outside & ~asked,
        ~stands & _within(found, known["water"]),
        ~stands & found["forest_class"].isin(settings.forbidden_forest).to_numpy(),
        ~stands & (found["slope_deg"] > STEEPEST_DEG).to_numpy(),
        ~stands & (found["road_km"] * 1e3 > settings.max_road_m).to_numpy(),
        ~stands & (found["grid_km"] * 1e3 > (settings.max_grid_m or np.inf)).to_numpy(),
    )
    told = [
        "+".join(name for name, holds in zip(REASONS, row, strict=True) if holds) for row in np.column_stack(against)
    ]
    return pd.Series(told, index=found.index, dtype=object)


def _within(points: gpd.GeoDataFrame, layer: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    inside = np.zeros(len(points), bool)
    if len(layer):
        inside[layer.sindex.query(points.geometry, predicate="intersects")[0]] = True
    return inside
