"""What the operators of a fictive province declare as covered: as their planning tells it, and with false claims.

An operator plans with the physics of the true level but does not know the shadowing, so that its honest claims are
wrong along their edges. Besides, each operator claims a few discs of land where people live and nothing is received.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio.features
import shapely
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter
from scipy.spatial import cKDTree

from lomsong.geo import WGS84, Grid, coordinates, to_wgs84
from lomsong.simulate.noise import Floats
from lomsong.simulate.recipe import METRIC
from lomsong.simulate.territory import cells_at, transform
from lomsong.tables import OPERATORS

if TYPE_CHECKING:
    from lomsong.simulate.province import Province

DECLARED_DBM = -110.0
"""An operator declares what its planning says to reach this."""

CELL_M = 250.0
SIMPLIFY_M = 180.0
"""Steps of one cell vanish from outlines simplified by so much: a little more than half a cell's diagonal."""

RADII_M = (2_500.0, 1_500.0, 1_000.0, 600.0)
"""Radii of the false claims, the large ones first: they are hardest to place."""

EACH = 2
MOST_COVERED = 0.2
"""Share of a false claim that may be truly covered, or declared by planning already."""

LEAST_WITHIN = 0.8
LEAST_HOMES = 5
MOST_FALSE = 0.1

_LEAST_CELLS = 6
_TRIES = 300

Cells = NDArray[np.bool_]
"""One value a cell of the grid, row by row from the north-west, shape (cells,)."""


def declare(
    province: Province,
    planned: Callable[[str, Floats], Floats] | None = None,
    *,
    simplify_m: float = SIMPLIFY_M,
    radii_m: Sequence[float] = RADII_M,
    each: int = EACH,
    most_false: float = MOST_FALSE,
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return what all operators declare as covered by 4G, and the false claims among it.

    Parameters
    ----------
    province
        Whose operators.
    planned
        Level in dBm that an operator (first argument) expects at points (easting and northing in EPSG:3405, shape
        (n, 2)); None: :meth:`~lomsong.simulate.province.Province.planned_dbm`, the true level without its shadowing.
    simplify_m
        How far outlines may leave the cells, metres; then pieces and gaps of fewer than six cells vanish and cells
        amid equal ones are not computed. 0: every cell of 250 m is computed, and outlines are those of the cells.
    radii_m
        Radii of the false claims, metres.
    each
        False claims of each radius and operator. One for which there is no place is left out: at least five households
        must live in it, four fifths of it lie in the province, and at most a fifth of its cells, and of its households,
        have signal. Those of one operator overlap nowhere.
    most_false
        Share of the province that the false claims of one operator may take in all.

    Returns
    -------
    areas
        Frame in EPSG:4326, one row a connected area: operator, technology, level_dbm, geometry (polygons).
    false_claims
        Frame in EPSG:4326, one row a disc: operator, longitude, latitude (its centre), radius_m, households, learners
        (in it), covered_share (of it, truly at or above -110 dBm), geometry (the disc, beyond the border too).
    """
    territory = province.communes.to_crs(METRIC).union_all()
    grid = Grid.over(territory.bounds, CELL_M, METRIC)
    shapely.prepare(territory)
    within = shapely.contains_xy(territory, *grid.centres().T)
    areas, planted = [], []
    for operator in OPERATORS:
        claimed = _reached(operator, planned or province.planned_dbm, grid, within, thorough=simplify_m == 0)
        if simplify_m > 0:
            kept = rasterio.features.sieve(claimed.reshape(grid.shape).astype(np.uint8), _LEAST_CELLS)
            claimed = (kept.ravel() > 0) & within
        room_cells = most_false * np.count_nonzero(within)
        wanted = [radius_m for radius_m in radii_m for _ in range(each)]
        discs, added = _false_claims(province, operator, grid, within, claimed, wanted, room_cells)
        planted.append(discs)
        areas.append(_outlined(claimed | added, grid, simplify_m).assign(operator=operator))
    whole = pd.concat(areas, ignore_index=True).assign(technology="4G", level_dbm=DECLARED_DBM)
    columns = ["operator", "technology", "level_dbm", "geometry"]
    return gpd.GeoDataFrame(whole[columns], crs=WGS84), gpd.GeoDataFrame(pd.concat(planted, ignore_index=True))


def _reached(
    operator: str, planned: Callable[[str, Floats], Floats], grid: Grid, within: Cells, thorough: bool
) -> Cells:
    """Return the cells of which planning reaches the declared level.

    Unless ``thorough``, every other cell of every other row is computed, and of the rest those whose computed
    neighbours disagree.
    """
    inside = within.reshape(grid.shape)
    centres = grid.centres().reshape(*grid.shape, 2)
    reached = np.zeros(grid.shape, bool)
    first = np.zeros(grid.shape, bool)
    first[:: 1 if thorough else 2, :: 1 if thorough else 2] = True
    first &= inside
    reached[first] = planned(operator, centres[first]) >= DECLARED_DBM
    some = maximum_filter(first & reached, 3)
    others = maximum_filter(first & ~reached, 3)
    rest = inside & ~first
    unsettled = rest & (some == others)
    reached[rest] = some[rest]
    reached[unsettled] = planned(operator, centres[unsettled]) >= DECLARED_DBM
    return reached.ravel()


def _false_claims(
    province: Province,
    operator: str,
    grid: Grid,
    within: Cells,
    claimed: Cells,
    radii_m: Sequence[float],
    room_cells: float,
) -> tuple[gpd.GeoDataFrame, Cells]:
    """Return discs of inhabited land without signal, see :func:`declare`, and their cells."""
    rng = province.recipe.rng(f"declare {operator}")
    centres, homes = grid.centres(), coordinates(province.households, METRIC)
    learners = province.households["learners"].to_numpy()
    heard = province.truth[f"{operator}_dbm"].to_numpy(float) >= DECLARED_DBM
    cell_of_home = _cell_of(grid, homes)
    dark = cell_of_home[~heard & ~claimed[cell_of_home]]
    at, added = np.flatnonzero(within), np.zeros(len(within), bool)
    cells, people = cKDTree(centres[at]), cKDTree(homes)
    rows = []
    for radius_m in radii_m:
        # Drawn home by home: where many live without signal a false claim is likelier, and worse.
        for cell in rng.permutation(dark)[:_TRIES]:
            inside = at[cells.query_ball_point(centres[cell], radius_m, return_sorted=True)]
            living = np.array(people.query_ball_point(centres[cell], radius_m, return_sorted=True), np.int64)
            if (
                len(inside) < LEAST_WITHIN * np.pi * (radius_m / CELL_M) ** 2
                or added.sum() + len(inside) > room_cells
                or added[inside].any()
                or claimed[inside].mean() > MOST_COVERED
                or len(living) < LEAST_HOMES
                or heard[living].mean() > MOST_COVERED
            ):
                continue
            covered = float((province.level_dbm(operator, centres[inside]) >= DECLARED_DBM).mean())
            if covered <= MOST_COVERED:
                added[inside] = True
                rows.append((*centres[cell], radius_m, len(living), int(learners[living].sum()), round(covered, 3)))
                break
    return _discs(operator, rows), added


def _cell_of(grid: Grid, points: Floats) -> NDArray[np.int64]:
    """Return the cell of each point, shape (n,), as a number along :data:`Cells`."""
    row, column = cells_at(grid, points)
    return np.asarray(row * grid.shape[1] + column, dtype=np.int64)


def _discs(operator: str, rows: list[tuple[float, ...]]) -> gpd.GeoDataFrame:
    columns = ["easting_m", "northing_m", "radius_m", "households", "learners", "covered_share"]
    whole = {"households": np.int64, "learners": np.int64}
    frame = pd.DataFrame(rows, columns=columns, dtype=float).astype(whole)
    at = frame[["easting_m", "northing_m"]].to_numpy(float)
    longitude, latitude = to_wgs84(at[:, 0], at[:, 1], METRIC)
    shapes = shapely.buffer(shapely.points(at), frame["radius_m"].to_numpy(float))
    places = {"longitude": longitude.round(5), "latitude": latitude.round(5)}
    told = pd.DataFrame({"operator": np.full(len(frame), operator, object), **places})
    told = told.join(frame[columns[2:]])
    return gpd.GeoDataFrame(told, geometry=gpd.GeoSeries(shapes, crs=METRIC).to_crs(WGS84), crs=WGS84)


def _outlined(claimed: Cells, grid: Grid, simplify_m: float) -> gpd.GeoDataFrame:
    """Return the connected areas of cells as polygons in EPSG:4326; simplified ones have five decimals."""
    mask = claimed.reshape(grid.shape).astype(np.uint8)
    found = rasterio.features.shapes(mask, mask > 0, transform=transform(grid))
    shapes = np.array([shapely.geometry.shape(shape) for shape, _ in found], dtype=object)
    if simplify_m == 0:
        return gpd.GeoDataFrame(geometry=gpd.GeoSeries(shapes, crs=METRIC).to_crs(WGS84), crs=WGS84)
    smooth = gpd.GeoSeries(shapely.simplify(shapes, simplify_m), crs=METRIC).to_crs(WGS84)
    kept = smooth.set_precision(1e-5).explode(index_parts=False, ignore_index=True)
    return gpd.GeoDataFrame(geometry=kept[~kept.is_empty], crs=WGS84)
