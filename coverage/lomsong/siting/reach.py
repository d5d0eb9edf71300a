"""Which demand each candidate would serve, and how strongly.

Levels are those of the physics, corrected as the survey of existing sites corrected it. They are computed tile by tile
of the demand, each with the candidates within reach of it, so that memory holds one tile of levels beside the answer.
A place counts as reached where the level, less a fade margin, is usable (:func:`reach_matrix`), or, with the worlds of
:mod:`lomsong.siting.worlds`, in the share of worlds in which it is: each place then has a row a stratum of worlds with
the level needed in these (:func:`reach_in_strata`), and expected learners are reached as sure ones would be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_matrix, vstack
from scipy.spatial import cKDTree

from lomsong import geo
from lomsong.errors import DataError
from lomsong.radio import Physics, Terrain, level_matrix
from lomsong.radio.antenna import BEAMWIDTH_DEG, three_gpp
from lomsong.radio.baselines import free_space_loss_db
from lomsong.settings import Siting
from lomsong.surface import Tuning
from lomsong.texts import fault

TILE_M = 50_000.0
"""Side of the squares of demand whose levels are computed at a time."""

TILE_ROWS = 20_000
"""Most places of a tile."""

TURN_STEP_DEG = 10.0
"""Steps in which the sectors of a mast are turned to see which way reaches the most."""

PAIRS = 1 << 15
"""Pairs of candidate and place that are turned at a time."""


@dataclass(frozen=True)
class Option:
    """One way to equip a mast; NaN: as the candidate and the settings have it."""

    height_m: float = np.nan
    frequency_mhz: float = np.nan
    eirp_dbm: float = np.nan


def reach_matrix(
    terrain: Terrain,
    candidates: gpd.GeoDataFrame,
    demand_points: NDArray[np.float64],
    settings: Siting,
    *,
    usable_dbm: float,
    rx_height_m: float = 1.5,
    tuning: Tuning | None = None,
) -> csr_matrix:
    """Return ones where a candidate's level, less the fade margin, is usable.

    The margin stands for what the median level leaves out. A path across missing terrain reaches nobody.

    Parameters
    ----------
    terrain, candidates, demand_points, settings, rx_height_m, tuning
        As in :func:`median_levels`.
    usable_dbm
        Level from which a place is usable.

    Returns
    -------
    CSR matrix of shape (n, candidates), float64.
    """
    needed_dbm = usable_dbm + settings.fade_margin_db
    return _over_tiles(
        terrain, candidates, demand_points, settings, rx_height_m, tuning, needed_dbm,
        lambda level: csr_matrix((np.ones(level.nnz), level.indices, level.indptr), shape=level.shape),
    )  # fmt: skip


def median_levels(
    terrain: Terrain,
    candidates: gpd.GeoDataFrame,
    demand_points: NDArray[np.float64],
    settings: Siting,
    *,
    least_dbm: float,
    rx_height_m: float = 1.5,
    tuning: Tuning | None = None,
) -> csr_matrix:
    """Return the median level of each candidate at each place where it is at least ``least_dbm``.

    Parameters
    ----------
    terrain
        Ground and canopy.
    candidates
        Table ``candidates``; each transmits from its own ``height_m``, with its own ``frequency_mhz`` and ``eirp_dbm``
        where it has these columns (:func:`with_options`).
    demand_points
        Easting and northing in the CRS of the terrain, shape (n, 2).
    settings
        EIRP, frequency and radius.
    least_dbm
        Levels below this are left out.
    rx_height_m
        Height of the phone above ground.
    tuning
        Corrects the modelled level as the survey of existing sites corrected it; None: the model as it stands, which
        leaves out clutter and flatters.

    Returns
    -------
    CSR matrix of shape (n, candidates), float32, dBm, antennas radiating alike all around; no entry: below
    ``least_dbm``, beyond the radius, or across missing terrain.
    """
    return _over_tiles(
        terrain, candidates, demand_points, settings, rx_height_m, tuning, least_dbm,
        lambda level: level.astype(np.float32),
    )  # fmt: skip


def reach_in_strata(levels_dbm: csr_matrix, needed_dbm: NDArray[np.floating]) -> csr_matrix:
    """Return which candidates reach which stratum of worlds of each place.

    Parameters
    ----------
    levels_dbm
        As from :func:`median_levels`, shape (n, candidates).
    needed_dbm
        Median level from which a place is usable in each stratum, shape (n, strata).

    Returns
    -------
    CSR matrix of ones, shape (n * strata, candidates), the strata of a place one after the other.
    """
    places, strata = needed_dbm.shape
    if levels_dbm.shape[0] != places:
        raise fault(DataError, "reach_rows", levels=levels_dbm.shape[0], needed=places)
    row = np.repeat(np.arange(places), np.diff(levels_dbm.indptr))
    parts = [levels_dbm.data >= needed_dbm[row, stratum] for stratum in range(strata)]
    rows = np.concatenate([row[part] * strata + stratum for stratum, part in enumerate(parts)])
    columns = np.concatenate([levels_dbm.indices[part] for part in parts])
    return csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(places * strata, levels_dbm.shape[1]))


def with_options(candidates: gpd.GeoDataFrame, options: Sequence[Option], settings: Siting) -> gpd.GeoDataFrame:
    """Return each candidate once an option, with ``option``, ``height_m``, ``frequency_mhz`` and ``eirp_dbm``.

    On an existing structure an option that is higher than the structure is left out. Of the options of one place only
    one can be built: :func:`~lomsong.siting.rules.too_close` with a separation of a metre says so to a plan.
    """
    parts = []
    for number, option in enumerate(options):
        height = candidates["height_m"].to_numpy(float)
        asked = np.full(len(candidates), option.height_m)
        stands = candidates["existing_structure"].notna().to_numpy()
        fits = ~(stands & (asked > height))
        part = candidates.assign(
            option=number,
            height_m=np.where(np.isnan(asked), height, asked),
            frequency_mhz=settings.frequency_mhz if np.isnan(option.frequency_mhz) else option.frequency_mhz,
            eirp_dbm=settings.eirp_dbm if np.isnan(option.eirp_dbm) else option.eirp_dbm,
        )
        parts.append(part[fits])
    found = gpd.GeoDataFrame(pd.concat(parts), geometry="geometry", crs=candidates.crs)
    order = np.lexsort((found["option"].to_numpy(), candidates.index.get_indexer(found.index)))
    return found.iloc[order].reset_index(drop=True)


def spare_ways(
    candidates: gpd.GeoDataFrame, reach: csr_matrix, costs: NDArray[np.float64] | None = None
) -> NDArray[np.bool_]:
    """Tell which ways to equip a position are no better in anything than another way there, which is thus enough.

    Parameters
    ----------
    candidates
        As from :func:`with_options`.
    reach
        Non-zero where a candidate reaches a row of demand, shape (rows, candidates).
    costs
        Of each candidate, shape (candidates,); None: they do not matter.

    Returns
    -------
    Shape (candidates,). The other way is at least as high, so that it sees as far for its backhaul.
    """
    count = len(candidates)
    spare = np.zeros(count, bool)
    if "option" not in candidates or not count:
        return spare
    height, option = candidates["height_m"].to_numpy(float), candidates["option"].to_numpy()
    cost = np.zeros(count) if costs is None else costs
    columns, size = csr_matrix(reach != 0).tocsc(), np.asarray((reach != 0).sum(axis=0)).ravel()
    row = pd.Series(np.arange(count)).groupby([candidates["candidate_id"].to_numpy(), option]).first().unstack()
    for one in row:
        for other in row:
            pair = row[[one, other]].dropna().to_numpy(np.int64) if one != other else np.zeros((0, 2), np.int64)
            a, b = pair.T
            common = np.asarray(columns[:, a].multiply(columns[:, b]).sum(axis=0)).ravel()
            enough = (common == size[a]) & (height[b] >= height[a]) & (cost[b] <= cost[a])
            # Of two that are alike the later is spare.
            alike = enough & (size[a] == size[b]) & (height[a] == height[b]) & (cost[a] == cost[b])
            spare[a[enough & (~alike | (other < one))]] = True
    return spare


def oriented(
    levels_dbm: csr_matrix,
    at: NDArray[np.float64],
    points: NDArray[np.float64],
    needed_dbm: NDArray[np.floating],
    weights: NDArray[np.float64],
    *,
    sectors: int = 3,
    beamwidth_deg: float = BEAMWIDTH_DEG,
) -> tuple[csr_matrix, NDArray[np.float64]]:
    """Give each candidate sectors, turned to where they reach the most, and take off what their pattern takes.

    The sectors stand evenly around the mast; it is turned in steps of :data:`TURN_STEP_DEG` to the direction in which
    the candidate by itself reaches the greatest weight. Their downtilt is left out: places served from 40 m lie within
    two degrees of the horizon.

    Parameters
    ----------
    levels_dbm
        As from :func:`median_levels`, shape (n, candidates).
    at, points
        Easting and northing of candidates and places, shapes (candidates, 2) and (n, 2).
    needed_dbm, weights
        Level needed in each stratum of a place, and its weight, each shape (n, strata).
    sectors
        On each mast; below 2: alike all around.
    beamwidth_deg
        Half-power beamwidth of a sector.

    Returns
    -------
    Levels with the pattern, and the azimuth of the first sector of each candidate, degrees from grid north; NaN
    without sectors.
    """
    candidates = levels_dbm.shape[1]
    if sectors < 2:
        return levels_dbm, np.full(candidates, np.nan)
    row = np.repeat(np.arange(levels_dbm.shape[0]), np.diff(levels_dbm.indptr))
    turns = np.arange(0.0, 360.0 / sectors, TURN_STEP_DEG)
    reached, pattern_db = np.zeros((len(turns), candidates)), three_gpp(beamwidth_deg).horizontal_db
    for start in range(0, levels_dbm.nnz, PAIRS):  # a few at a time: each pair has as many numbers as there are strata
        part = slice(start, start + PAIRS)
        level, column = levels_dbm.data[part], levels_dbm.indices[part]
        bearing = _bearing_deg(at[column], points[row[part]])
        needed, weight = needed_dbm[row[part]], weights[row[part]]
        for turn, azimuth in enumerate(turns):
            heard = (level - _loss_db(bearing - azimuth, sectors, pattern_db))[:, None] >= needed
            np.add.at(reached[turn], column, (weight * heard).sum(axis=1))
    best = turns[reached.argmax(axis=0)]
    return patterned(levels_dbm, at, points, best, sectors=sectors, beamwidth_deg=beamwidth_deg), best


def patterned(
    levels_dbm: csr_matrix,
    at: NDArray[np.float64],
    points: NDArray[np.float64],
    azimuth_deg: NDArray[np.float64],
    *,
    sectors: int = 3,
    beamwidth_deg: float = BEAMWIDTH_DEG,
) -> csr_matrix:
    """Take off levels what the pattern of evenly spread sectors takes.

    Parameters
    ----------
    levels_dbm, at, points, sectors, beamwidth_deg
        As in :func:`oriented`.
    azimuth_deg
        Of the first sector of each candidate, from grid north, shape (candidates,).
    """
    if sectors < 2:
        return levels_dbm
    row = np.repeat(np.arange(levels_dbm.shape[0]), np.diff(levels_dbm.indptr))
    column = levels_dbm.indices
    off = _bearing_deg(at[column], points[row]) - azimuth_deg[column]
    level = levels_dbm.data - _loss_db(off, sectors, three_gpp(beamwidth_deg).horizontal_db)
    return csr_matrix((level, column, levels_dbm.indptr), shape=levels_dbm.shape)


def _bearing_deg(at: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.degrees(np.arctan2(*(points - at).T)))


def _loss_db(off_deg: NDArray[np.float64], sectors: int, pattern_db: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return what the pattern of one sector takes in directions counted from the azimuth of the first, shape (n,)."""
    between, tenths = 360.0 / sectors, len(pattern_db)
    # Off the nearest sector's azimuth: the sectors of a mast differ in nothing else.
    off = np.abs((off_deg + between / 2) % between - between / 2)
    return pattern_db[np.rint(off * tenths / 360).astype(np.int64) % tenths].astype(np.float32)


def _over_tiles(
    terrain: Terrain,
    candidates: gpd.GeoDataFrame,
    points: NDArray[np.float64],
    settings: Siting,
    rx_height_m: float,
    tuning: Tuning | None,
    least_dbm: float,
    keep: Callable[[csr_matrix], csr_matrix],
) -> csr_matrix:
    """Put together what ``keep`` makes of the levels of each tile."""
    at = geo.coordinates(candidates, terrain.crs)
    width = len(candidates)
    if not len(points) or not width:
        return csr_matrix((len(points), width))
    groups = _groups(candidates, settings)
    parts, order = [], []
    for rows in tiles(points):
        found = csr_matrix((len(rows), width))
        for columns, eirp_dbm, frequency_mhz in groups:
            radius_m = farthest_m(settings, tuning, least_dbm, eirp_dbm, frequency_mhz)
            near = columns[_near(at[columns], points[rows], radius_m)]
            if not len(near):
                continue
            sites = candidates.iloc[near]
            level = _levels(
                terrain,
                sites,
                at[near],
                points[rows],
                eirp_dbm,
                frequency_mhz,
                radius_m,
                rx_height_m,
                tuning,
                least_dbm,
            )
            found = found + csr_matrix((level.data, near[level.indices], level.indptr), shape=found.shape)
        found.sort_indices()
        parts.append(keep(found))
        order.append(rows)
    stacked = csr_matrix(vstack(parts, format="csr"))
    back = np.empty(len(points), np.int64)
    back[np.concatenate(order)] = np.arange(len(points))
    return stacked if (back[1:] > back[:-1]).all() else csr_matrix(stacked[back])


def tiles(points: NDArray[np.float64], side_m: float = TILE_M, most: int = TILE_ROWS) -> Iterator[NDArray[np.int64]]:
    """Yield the rows of the points of each square, at most so many at a time."""
    column, row = np.floor(points / side_m).astype(np.int64).T
    order = np.lexsort((column, row))
    edge = np.flatnonzero((np.diff(column[order]) != 0) | (np.diff(row[order]) != 0)) + 1
    for part in np.split(order, edge):
        for start in range(0, len(part), most):
            yield part[start : start + most]


def _near(at: NDArray[np.float64], points: NDArray[np.float64], radius_m: float) -> NDArray[np.int64]:
    """Return which candidates lie within the radius of the box of some points."""
    low, high = points.min(axis=0), points.max(axis=0)
    beyond = np.maximum(np.maximum(low - at, at - high), 0.0)
    near = np.flatnonzero(np.hypot(*beyond.T) <= radius_m)
    if not len(near):
        return near
    return near[np.isfinite(cKDTree(points).query(at[near], distance_upper_bound=radius_m * (1 + 1e-12) + 1e-9)[0])]


def _groups(candidates: gpd.GeoDataFrame, settings: Siting) -> list[tuple[NDArray[np.int64], float, float]]:
    """Return the candidates of each EIRP and frequency."""
    pairs = np.empty((len(candidates), 2))
    for place, name in enumerate(("eirp_dbm", "frequency_mhz")):
        pairs[:, place] = candidates[name] if name in candidates else getattr(settings, name)
    kinds, kind = np.unique(pairs, axis=0, return_inverse=True)
    kind = np.ravel(kind)
    return [(np.flatnonzero(kind == number), float(one[0]), float(one[1])) for number, one in enumerate(kinds)]


def _levels(
    terrain: Terrain,
    sites: gpd.GeoDataFrame,
    at: NDArray[np.float64],
    points: NDArray[np.float64],
    eirp_dbm: float,
    frequency_mhz: float,
    radius_m: float,
    rx_height_m: float,
    tuning: Tuning | None,
    least_dbm: float,
) -> csr_matrix:
    """Return the levels of a tile from ``least_dbm``, tuned."""

    def levels_over(land: Terrain, floor_dbm: float) -> csr_matrix:
        return level_matrix(
            land, at, points, height_m=sites["height_m"].to_numpy(float), eirp_dbm=eirp_dbm,
            frequency_mhz=frequency_mhz, radius_m=radius_m, floor_dbm=floor_dbm,
            physics=Physics(rx_height_m=rx_height_m),
        )  # fmt: skip

    if tuning is None:
        return levels_over(terrain, least_dbm)
    level = levels_over(terrain, -np.inf)
    row = np.repeat(np.arange(level.shape[0]), np.diff(level.indptr))
    canopy_db: NDArray[np.float64] | float = 0.0
    if tuning.canopy and (terrain.canopy_m.any() or terrain.clutter_m.any()):
        # The same pairs lie within the radius and are known, so both hold the same entries in the same order.
        canopy_db = levels_over(_bare(terrain), -np.inf).data - level.data
    distance_m = np.hypot(*(at[level.indices] - points[row]).T)
    tuned = tuning.level_dbm(level.data, distance_m, eirp_dbm, canopy_db)
    kept = tuned >= least_dbm
    return csr_matrix((tuned[kept], (row[kept], level.indices[kept])), shape=level.shape)


def _bare(terrain: Terrain) -> Terrain:
    """Return the terrain with nothing standing on it."""
    nothing = np.zeros_like(terrain.canopy_m)
    return Terrain(terrain.ground_m, nothing, terrain.transform, terrain.crs, nothing, terrain.zone)


def farthest_m(
    settings: Siting, tuning: Tuning | None, needed_dbm: float, eirp_dbm: float, frequency_mhz: float
) -> float:
    """Return the distance beyond which even a free path falls short, so that no farther one need be looked at."""
    if tuning is None:
        return settings.radius_m
    distance_m = np.linspace(0, settings.radius_m, 200)[1:]
    free_dbm = eirp_dbm - free_space_loss_db(distance_m / 1e3, frequency_mhz)
    enough = tuning.level_dbm(free_dbm, distance_m, eirp_dbm) >= needed_dbm
    step_m = distance_m[0]
    return float(min(distance_m[enough].max(initial=0.0) + step_m, settings.radius_m))


def reached_weight(reach: csr_matrix, weights: ArrayLike) -> NDArray[np.float64]:
    """Return the weight that each candidate reaches by itself, shape (candidates,)."""
    return np.asarray(csr_matrix(reach).T @ np.asarray(weights, float))
