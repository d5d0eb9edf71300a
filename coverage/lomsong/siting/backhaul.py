"""How a site gets its traffic out: lines of sight to sites that stand, to fibre, or through other proposed sites.

A microwave hop is clear when it meets both conditions in use for planning: the first Fresnel zone free of obstacles
with the median bending of rays, k = 4/3, and 60 % of it with the bending exceeded almost always, k = 0.6.

References
----------
Recommendation ITU-R P.530-18, section 2.2.2 (clearance criteria); P.526-15, equation 2 (radius of a Fresnel zone). That
0.6 is the least k is a planning habit; P.530 takes it from the length of the path, and it is rarely lower.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from lomsong import geo
from lomsong.errors import UsageError
from lomsong.radio import Terrain
from lomsong.radio.compiled import compiled
from lomsong.radio.sampling import grids_of
from lomsong.radio.terrain import bilinear
from lomsong.texts import fault

BENDINGS = ((4 / 3, 1.0), (0.6, 0.6))
"""k and the share of the first Fresnel zone that must then be free."""

EARTH_RADIUS_M = 6_371_000.0

MOST_TRIED = 64
"""Nearest ends of a candidate that are looked at."""

BELOW_TOP_M = 2.0
"""Dishes hang this far below the top of a mast."""

FIBRE_STEP_M = 500.0
"""Fibre lines are taken as points this far apart."""

_LIGHT_MPS = 299_792_458.0


@dataclass(frozen=True)
class Backhaul:
    """Where the traffic of each candidate can go.

    Attributes
    ----------
    direct
        Whether an end (a site that stands, fibre) is in clear sight, shape (candidates,).
    target
        Name of that end, ``""`` where there is none, shape (candidates,); of a fibre latitude and longitude.
    length_km
        To it, NaN where there is none.
    nearest, nearest_km
        Name of the nearest end, in sight or not, and the distance: where a fibre goes.
    links
        Which candidates see each other clearly, with the length in km, shape (candidates, candidates); only pairs of
        which at least one has no end in sight.
    """

    direct: NDArray[np.bool_]
    target: NDArray[np.object_]
    length_km: NDArray[np.float64]
    nearest: NDArray[np.object_]
    nearest_km: NDArray[np.float64]
    links: csr_matrix

    def hops(self, among: NDArray[np.int64] | None = None) -> NDArray[np.float64]:
        """Return the fewest hops of each candidate to an end, inf where there is no way, shape (candidates,).

        Parameters
        ----------
        among
            Candidates that may relay for others; None: all.
        """
        count = len(self.direct)
        allowed = np.ones(count, bool)
        if among is not None:
            allowed[:] = False
            allowed[among] = True
        links = self.links.tocoo()
        kept = allowed[links.row] & allowed[links.col]
        start = np.flatnonzero(self.direct & allowed)
        # One more node stands for all ends.
        rows = np.concatenate([links.row[kept], np.full(len(start), count)])
        columns = np.concatenate([links.col[kept], start])
        graph = csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(count + 1, count + 1))
        return np.asarray(dijkstra(graph, indices=count, unweighted=True))[:count]

    def only(self, usable: NDArray[np.bool_]) -> Backhaul:
        """Return the same for the usable candidates alone: others have no way out and relay for nobody."""
        links = self.links.tocoo()
        kept = usable[links.row] & usable[links.col]
        links = csr_matrix((links.data[kept], (links.row[kept], links.col[kept])), shape=self.links.shape)
        return replace(self, direct=self.direct & usable, links=links)

    def way(self, candidate: int, among: NDArray[np.int64]) -> list[int]:
        """Return the candidates that a candidate's traffic goes through, its neighbour first; empty for a direct one.

        Raises
        ------
        UsageError
            When there is no way among these.
        """
        hops = self.hops(among)
        if not math.isfinite(hops[candidate]):
            raise fault(UsageError, "backhaul_no_way", candidate=candidate)
        passed: list[int] = []
        here = candidate
        while hops[here] > 1:
            near = self.links.indices[self.links.indptr[here] : self.links.indptr[here + 1]]
            near = near[hops[near] == hops[here] - 1]
            here = int(near.min())
            passed.append(here)
        return passed


def find_backhaul(
    terrain: Terrain,
    candidates: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame | None,
    *,
    fibre: gpd.GeoDataFrame | None = None,
    max_hop_km: float = 30.0,
    frequency_ghz: float = 7.5,
) -> Backhaul:
    """Look for clear lines of sight from candidates to ends, and among candidates where there are none.

    Parameters
    ----------
    terrain
        Ground and what stands on it.
    candidates
        Table ``candidates``; those on an existing structure have the backhaul of the site that stands there.
    sites
        Table ``sites``: each is an end, at its height.
    fibre
        Points or lines where fibre can be tapped, an end with a mast of a candidate's height.
    max_hop_km
        Longest hop.
    frequency_ghz
        Of the microwave link; the lower, the wider the Fresnel zone.

    Raises
    ------
    UsageError
        When the longest hop or the frequency is not above 0.
    CrsError
        When a layer does not say its CRS.
    """
    if not (max_hop_km > 0 and frequency_ghz > 0):
        raise fault(UsageError, "backhaul_limits", hop=max_hop_km, frequency=frequency_ghz)
    at = _tops(candidates, candidates["height_m"].to_numpy(float), terrain)
    ends, names = _ends(sites, fibre, float(candidates["height_m"].median()) if len(candidates) else 30.0, terrain)
    count = len(at)
    stands = candidates["existing_structure"].notna().to_numpy()
    near = np.full((count, 0), -1)
    nearest, nearest_km = np.full(count, "", object), np.full(count, np.nan)
    if len(ends) and count:
        most = min(MOST_TRIED, len(ends))
        distance, near = cKDTree(ends[:, :2]).query(at[:, :2], most)
        distance, near = distance.reshape(count, most), near.reshape(count, most)
        nearest, nearest_km = names[near[:, 0]], np.where(stands, 0.0, distance[:, 0] / 1e3)
        near = np.where(distance <= 1e3 * max_hop_km, near, -1)
    grids = grids_of(terrain)
    frame = np.array([terrain.west_m, terrain.north_m, terrain.step_m])
    wavelength_m = _LIGHT_MPS / (frequency_ghz * 1e9)
    which = _first_clear(at, ends, near.astype(np.int64), grids.ground, _standing(terrain), frame, wavelength_m)
    direct = stands | (which >= 0)
    seen = np.maximum(which, 0)
    length_km = np.full(count, np.nan)
    target = np.full(count, "", object)
    if len(ends):
        length_km = np.where(which >= 0, np.hypot(*(at[:, :2] - ends[seen, :2]).T) / 1e3, np.nan)
        target = np.where(which >= 0, names[seen], "")
    length_km = np.where(stands, 0.0, length_km)
    target = np.where(stands, candidates["existing_structure"].to_numpy(object), target)
    links = _links(at, direct, 1e3 * max_hop_km, grids.ground, _standing(terrain), frame, wavelength_m)
    return Backhaul(direct, target, length_km, nearest, nearest_km, links)


def clearances(
    terrain: Terrain,
    one: NDArray[np.float64],
    other: NDArray[np.float64],
    frequency_ghz: float,
) -> NDArray[np.float64]:
    """Return the least clearance of paths as a share of the first Fresnel zone, for each of :data:`BENDINGS`.

    Parameters
    ----------
    terrain
        Ground and what stands on it.
    one, other
        Easting, northing and height of the antenna above ground of the ends, shape (n, 3).
    frequency_ghz
        Of the link.

    Returns
    -------
    Shape (n, 2); NaN across missing terrain, infinite where nothing lies between the ends.
    """
    first, second = (
        np.column_stack([end[:, :2], terrain.ground_at(end[:, 0], end[:, 1]) + end[:, 2]]) for end in (one, other)
    )
    frame = np.array([terrain.west_m, terrain.north_m, terrain.step_m])
    ground, standing = grids_of(terrain).ground, _standing(terrain)
    wavelength_m = _LIGHT_MPS / (frequency_ghz * 1e9)
    found = np.empty((len(one), len(BENDINGS)))
    for row in range(len(one)):
        for place, (k, _) in enumerate(BENDINGS):
            found[row, place] = _clearance(first[row], second[row], ground, standing, frame, wavelength_m, k)
    return found


def _standing(terrain: Terrain) -> NDArray[np.float32]:
    return np.maximum(terrain.canopy_m, terrain.clutter_m)


def _tops(layer: gpd.GeoDataFrame, height_m: NDArray[np.float64], terrain: Terrain) -> NDArray[np.float64]:
    """Return easting, northing and height above the sea of dishes, shape (n, 3)."""
    at = geo.coordinates(layer, terrain.crs)
    return np.column_stack([at, terrain.ground_at(at[:, 0], at[:, 1]) + np.maximum(height_m - BELOW_TOP_M, 1.0)])


def _ends(
    sites: gpd.GeoDataFrame | None, fibre: gpd.GeoDataFrame | None, mast_m: float, terrain: Terrain
) -> tuple[NDArray[np.float64], NDArray[np.object_]]:
    """Return the ends of backhaul and their names: sites at one place once, as high as the highest.

    A point of a fibre has no name but its latitude and longitude, where whoever builds finds it.
    """
    tops, names = [np.empty((0, 3))], [np.empty(0, object)]
    if sites is not None and len(sites):
        geo.require_crs(sites, "sites")
        found = pd.DataFrame(_tops(sites, sites["height_m"].to_numpy(float), terrain), columns=["east", "north", "top"])
        found["name"] = sites["site_id"].astype(str).to_numpy()
        one = found.groupby(["east", "north"], sort=False).agg(top=("top", "max"), name=("name", "first")).reset_index()
        tops.append(one[["east", "north", "top"]].to_numpy())
        names.append(one["name"].to_numpy(object))
    if fibre is not None and len(fibre):
        geo.require_crs(fibre, "fibre")
        shapes = fibre.to_crs(terrain.crs).geometry
        points = [
            shape.interpolate(step)
            for shape in shapes.explode()
            for step in (np.arange(0.0, shape.length + FIBRE_STEP_M, FIBRE_STEP_M) if shape.length else (0.0,))
        ]
        layer = gpd.GeoDataFrame(geometry=points, crs=terrain.crs)
        tops.append(_tops(layer, np.full(len(points), mast_m), terrain))
        degrees = layer.geometry.to_crs(geo.WGS84)
        places = zip(degrees.y, degrees.x, strict=True)
        names.append(np.array([f"{latitude:.5f}, {longitude:.5f}" for latitude, longitude in places], object))
    ends, name = np.concatenate(tops), np.concatenate(names)
    known = ~np.isnan(ends[:, 2])
    return ends[known], name[known]


def _links(
    at: NDArray[np.float64],
    direct: NDArray[np.bool_],
    longest_m: float,
    ground: NDArray[np.float32],
    standing: NDArray[np.float32],
    frame: NDArray[np.float64],
    wavelength_m: float,
) -> csr_matrix:
    count = len(at)
    lonely = np.flatnonzero(~direct & ~np.isnan(at[:, 2])) if count else np.zeros(0, np.int64)
    if not len(lonely):
        return csr_matrix((count, count))
    near = cKDTree(at[:, :2]).query_ball_point(at[lonely, :2], longest_m, return_sorted=True)
    one = np.repeat(lonely, [len(others) for others in near])
    other = np.concatenate([np.asarray(others, np.int64) for others in near])
    # Of two lonely ones the pair is looked at once.
    once = (one != other) & (direct[other] | (one < other))
    one, other = one[once], other[once]
    clear = _clear_pairs(at, one, other, ground, standing, frame, wavelength_m)
    one, other = one[clear], other[clear]
    length_km = np.maximum(np.hypot(*(at[one, :2] - at[other, :2]).T) / 1e3, 1e-3)
    both = np.concatenate([one, other]), np.concatenate([other, one])
    return csr_matrix((np.concatenate([length_km, length_km]), both), shape=(count, count))


@compiled
def _clearance(
    one: NDArray[np.float64],
    other: NDArray[np.float64],
    ground: NDArray[np.float32],
    standing: NDArray[np.float32],
    frame: NDArray[np.float64],
    wavelength_m: float,
    k: float,
) -> float:
    """Return the least height of the ray above what stands below it, over the radius of the first Fresnel zone."""
    east, north = other[0] - one[0], other[1] - one[1]
    length = math.sqrt(east * east + north * north)
    if math.isnan(one[2] + other[2]):
        return math.nan
    steps = max(math.ceil(2 * length / frame[2]), 1)  # half a cell, so that no top is passed between two points
    least = math.inf
    for step in range(1, steps):
        along = step / steps
        first, second = along * length, (1 - along) * length
        row = (frame[1] - one[1] - along * north) / frame[2] - 0.5
        column = (one[0] + along * east - frame[0]) / frame[2] - 0.5
        height = bilinear(ground, row, column)
        if math.isnan(height):
            return math.nan
        at_row = min(max(int(row + 0.5), 0), standing.shape[0] - 1)
        at_column = min(max(int(column + 0.5), 0), standing.shape[1] - 1)
        bulge = first * second / (2 * k * EARTH_RADIUS_M)
        room = one[2] + along * (other[2] - one[2]) - height - standing[at_row, at_column] - bulge
        least = min(least, room / math.sqrt(wavelength_m * first * second / length))
    return least


@compiled
def _is_clear(
    one: NDArray[np.float64],
    other: NDArray[np.float64],
    ground: NDArray[np.float32],
    standing: NDArray[np.float32],
    frame: NDArray[np.float64],
    wavelength_m: float,
) -> bool:
    clear = True
    for k, share in BENDINGS:
        clear = clear and _clearance(one, other, ground, standing, frame, wavelength_m, k) >= share
    return clear


@compiled
def _first_clear(
    at: NDArray[np.float64],
    ends: NDArray[np.float64],
    near: NDArray[np.int64],
    ground: NDArray[np.float32],
    standing: NDArray[np.float32],
    frame: NDArray[np.float64],
    wavelength_m: float,
) -> NDArray[np.int64]:
    """Return the nearest end in clear sight of each candidate, -1 where there is none."""
    found = np.full(len(at), -1, np.int64)
    for i in range(len(at)):
        for place in range(near.shape[1]):
            end = near[i, place]
            if end >= 0 and _is_clear(at[i], ends[end], ground, standing, frame, wavelength_m):
                found[i] = end
                break
    return found


@compiled
def _clear_pairs(
    at: NDArray[np.float64],
    one: NDArray[np.int64],
    other: NDArray[np.int64],
    ground: NDArray[np.float32],
    standing: NDArray[np.float32],
    frame: NDArray[np.float64],
    wavelength_m: float,
) -> NDArray[np.bool_]:
    clear = np.zeros(len(one), np.bool_)
    for pair in range(len(one)):
        clear[pair] = _is_clear(at[one[pair]], at[other[pair]], ground, standing, frame, wavelength_m)
    return clear
