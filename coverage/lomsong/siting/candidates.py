"""Where a tower could stand, and why elsewhere it could not."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rasterio.features import rasterize
from rasterio.transform import from_origin
from scipy.ndimage import distance_transform_edt

from lomsong import geo
from lomsong.errors import ColumnError
from lomsong.radio import Terrain
from lomsong.settings import Siting
from lomsong.tables import CANDIDATES

STEEPEST_DEG = 20.0
"""Slope above which no mast is founded without works of its own."""

REASONS = ("outside_territory", "water", "forest", "steep", "far_from_road")
"""Why a position is refused, the first that holds."""

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
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Propose tower positions: existing sites to share, and in each square the highest ground that may be used.

    The terrain is cut into squares of ``settings.spacing_m``. Each gives its highest cell, refused where a rule speaks
    against it, and the highest cell against which none does: a square with any usable ground keeps a candidate. An
    existing site stands already, so only the territory is asked of it. A layer that is not given asks nothing, and
    leaves its distance missing.

    Parameters
    ----------
    terrain
        Ground; its CRS is that of the result.
    settings
        Spacing, mast height, farthest road and forbidden classes of forest.
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

    Returns
    -------
    Table ``candidates``, and the refused positions with the same columns and ``reason`` (one of :data:`REASONS`).

    Raises
    ------
    CrsError
        When a layer does not say its CRS.
    ColumnError
        When ``forest`` has no ``forest_class`` or an unknown one.
    """
    layers = {"roads": roads, "power_lines": power_lines, "forest": forest, "water": water, "territory": territory}
    known = {name: _projected(layer, name, terrain) for name, layer in layers.items()}
    if "forest_class" not in known["forest"] and len(known["forest"]):
        raise ColumnError("forest: column forest_class missing; name the class of each polygon")
    strange = set(known["forest"].get("forest_class", ())) - set(FOREST_CLASSES)
    if strange:
        raise ColumnError(
            f"forest: unknown forest_class {sorted(map(str, strange))}; known: {', '.join(FOREST_CLASSES)}"
        )
    frame = pd.concat([_existing(terrain, sites), _positions(terrain, known, settings)], ignore_index=True)
    found = gpd.GeoDataFrame(frame, geometry="geometry", crs=terrain.crs)
    found = _described(found, terrain, known)
    reason = _reasons(found, known, settings)
    columns = [*CANDIDATES.names, "geometry"]
    refused = found.assign(reason=reason)[reason != ""]
    return found.loc[reason == "", columns].reset_index(drop=True), refused[[*columns, "reason"]].reset_index(drop=True)


def _projected(layer: gpd.GeoDataFrame | None, name: str, terrain: Terrain) -> gpd.GeoDataFrame:
    if layer is None or layer.empty:
        return gpd.GeoDataFrame(geometry=[], crs=terrain.crs)
    geo.require_crs(layer, name)
    return layer.to_crs(terrain.crs)


def _existing(terrain: Terrain, sites: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
    """Return one row a spot that holds sites, on the terrain."""
    spots = _projected(sites, "sites", terrain)
    if spots.empty:
        return gpd.GeoDataFrame({"candidate_id": [], "height_m": [], "existing_structure": []}, geometry=[])
    at = geo.coordinates(spots, terrain.crs)
    spots = spots.assign(easting=at[:, 0], northing=at[:, 1])[terrain.contains(at)]
    grouped = spots.groupby(["easting", "northing"], sort=False)
    one = grouped.agg(existing_structure=("site_id", "first"), height_m=("height_m", "max")).reset_index()
    return gpd.GeoDataFrame(
        {
            "candidate_id": "E-" + one["existing_structure"].astype(str),
            "height_m": one["height_m"].astype(float),
            "existing_structure": one["existing_structure"],
        },
        geometry=gpd.points_from_xy(one["easting"], one["northing"]),
        crs=terrain.crs,
    )


def _positions(terrain: Terrain, known: dict[str, gpd.GeoDataFrame], settings: Siting) -> gpd.GeoDataFrame:
    """Return the highest cell of each square, and the highest on which no rule speaks against a tower."""
    grid = geo.Grid(terrain.west_m, terrain.north_m, terrain.step_m, terrain.ground_m.shape, terrain.crs)
    centres = grid.centres()
    inside = _burnt(known["territory"], grid) if len(known["territory"]) else np.ones(grid.shape, bool)
    forbidden = known["forest"]
    if len(forbidden):
        forbidden = forbidden[forbidden["forest_class"].isin(settings.forbidden_forest)]
    usable = inside & ~_burnt(known["water"], grid) & ~_burnt(forbidden, grid)
    usable &= terrain.slope_deg(centres[:, 0], centres[:, 1]).reshape(grid.shape) <= STEEPEST_DEG
    if len(known["roads"]):
        # Measured from cell to cell, so a cell's diagonal on the safe side; the exact distance is checked later.
        away_m = distance_transform_edt(~_burnt(known["roads"], grid, touched=True)) * grid.step_m
        usable &= away_m <= max(settings.max_road_m - 1.5 * grid.step_m, 0.0)
    side = max(round(settings.spacing_m / grid.step_m), 1)
    cells = np.union1d(_highest(terrain, inside, side), _highest(terrain, usable, side))
    return gpd.GeoDataFrame(
        {
            "candidate_id": [f"C{number:05d}" for number in range(1, len(cells) + 1)],
            "height_m": settings.height_m,
            "existing_structure": None,
        },
        geometry=gpd.points_from_xy(*centres[cells].T),
        crs=terrain.crs,
    )


def _burnt(layer: gpd.GeoDataFrame, grid: geo.Grid, *, touched: bool = False) -> NDArray[np.bool_]:
    """Return the cells whose centre lies in a layer, or that it touches."""
    if layer.empty:
        return np.zeros(grid.shape, bool)
    transform = from_origin(grid.west_m, grid.north_m, grid.step_m, grid.step_m)
    burnt = rasterize(layer.geometry, out_shape=grid.shape, transform=transform, all_touched=touched, dtype="uint8")
    return np.asarray(burnt, bool)


def _highest(terrain: Terrain, allowed: NDArray[np.bool_], side: int) -> NDArray[np.int64]:
    """Return the flat index of the highest allowed cell of each square of ``side`` cells that has one."""
    rows, columns = allowed.shape
    height = np.where(allowed & ~np.isnan(terrain.ground_m), terrain.ground_m, -np.inf)
    height = np.pad(height, ((0, -rows % side), (0, -columns % side)), constant_values=-np.inf)
    down, across = height.shape[0] // side, height.shape[1] // side
    squares = height.reshape(down, side, across, side).transpose(0, 2, 1, 3).reshape(-1, side * side)
    best = squares.argmax(axis=1)
    square = np.flatnonzero(squares[np.arange(len(squares)), best] > -np.inf)
    row = square // across * side + best[square] // side
    return np.asarray(row * columns + square % across * side + best[square] % side)


def _described(found: gpd.GeoDataFrame, terrain: Terrain, known: dict[str, gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    at = geo.coordinates(found, terrain.crs)
    forest_class = pd.Series(len(FOREST_CLASSES) - 1, index=found.index)
    if len(known["forest"]):
        point, polygon = known["forest"].sindex.query(found.geometry, predicate="intersects")
        strictness = known["forest"]["forest_class"].map(FOREST_CLASSES.index).to_numpy()[polygon]
        strictest = pd.Series(strictness).groupby(point).min()
        forest_class.iloc[strictest.index] = strictest
    return found.assign(
        ground_m=terrain.ground_at(at[:, 0], at[:, 1]),
        slope_deg=terrain.slope_deg(at[:, 0], at[:, 1]),
        grid_km=_away_km(found, known["power_lines"]),
        road_km=_away_km(found, known["roads"]),
        forest_class=forest_class.map(lambda place: FOREST_CLASSES[place]),
    )


def _away_km(points: gpd.GeoDataFrame, layer: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Return the distance of each point to the nearest feature; NaN without a layer."""
    if layer.empty or points.empty:
        return np.full(len(points), np.nan)
    (point, _), distance_m = layer.sindex.nearest(points.geometry, return_all=False, return_distance=True)
    away = np.full(len(points), np.nan)
    away[point] = distance_m / 1e3
    return away


def _reasons(found: gpd.GeoDataFrame, known: dict[str, gpd.GeoDataFrame], settings: Siting) -> pd.Series:
    """Return the reason for which each position is refused, empty where it is not."""
    stands = found["existing_structure"].notna().to_numpy()
    outside = np.zeros(len(found), bool) if known["territory"].empty else ~_within(found, known["territory"])
    against = (
        outside,
        ~stands & _within(found, known["water"]),
        ~stands & found["forest_class"].isin(settings.forbidden_forest).to_numpy(),
        ~stands & (found["slope_deg"] > STEEPEST_DEG).to_numpy(),
        ~stands & (found["road_km"] * 1e3 > settings.max_road_m).to_numpy(),
    )
    return pd.Series(np.select(against, REASONS, default=""), index=found.index)


def _within(points: gpd.GeoDataFrame, layer: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    inside = np.zeros(len(points), bool)
    if len(layer):
        inside[layer.sindex.query(points.geometry, predicate="intersects")[0]] = True
    return inside
