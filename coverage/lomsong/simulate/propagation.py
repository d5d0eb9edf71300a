"""The true level: a propagation model of its own, so that no estimator is scored against its own formula.

Level = EIRP + antenna pattern − dual-slope loss − diffraction over the three main edges − canopy + shadowing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from lomsong.geo import Grid
from lomsong.simulate.noise import Floats
from lomsong.simulate.territory import cells_at

RX_HEIGHT_M = 1.5
NO_LEVEL_DBM = -999.0
_NEAREST = 24
"""Masts that can be heard at one place: the nearest so many."""


@dataclass(frozen=True)
class Ground:
    """Terrain and canopy on one grid, as the waves see them."""

    grid: Grid
    ground_m: Floats
    canopy_m: Floats


@dataclass(frozen=True)
class Aerials:
    """Sectors grouped by mast.

    ``masts`` has the columns easting, northing, top above the sea (m), frequency (MHz), first sector and the sector
    after the last; ``sectors`` EIRP (dBm), azimuth, beamwidth, downtilt (degrees); ``rows`` the row of each sector.
    """

    masts: Floats
    sectors: Floats
    rows: NDArray[np.int64]


def aerials(sites: gpd.GeoDataFrame, ground: Ground) -> Aerials:
    """Group sectors (table ``sites`` in the CRS of ``ground``) by place, band and height.

    A sector without azimuth or beamwidth radiates alike in all directions.
    """
    at = np.column_stack([sites.geometry.x, sites.geometry.y])
    keys = np.column_stack([at, sites["band_mhz"].to_numpy(float), sites["height_m"].to_numpy(float)])
    order = np.lexsort(keys.T[::-1])
    first = np.flatnonzero(np.any(np.diff(keys[order], axis=0, prepend=np.nan) != 0, axis=1))
    last = np.append(first[1:], len(order))
    mast = keys[order][first]
    top = ground.ground_m[cells_at(ground.grid, mast)] + mast[:, 3]
    masts = np.column_stack([mast[:, :2], top, mast[:, 2], first, last])
    named = (("eirp_dbm", 0.0), ("azimuth_deg", 0.0), ("beamwidth_deg", 360.0), ("downtilt_deg", 0.0))
    given = {name: sites[name].astype(float).fillna(empty) for name, empty in named if name in sites}
    sectors = np.column_stack([given.get(name, np.full(len(sites), empty)) for name, empty in named])
    return Aerials(masts, sectors[order], order)


def strongest(points: Floats, aerials_: Aerials, ground: Ground) -> tuple[Floats, NDArray[np.int64]]:
    """Return the level without shadowing and the row of the strongest sector at points.

    Parameters
    ----------
    points
        Easting and northing, shape (n, 2), metres.
    aerials_, ground
        What radiates, and over what.

    Returns
    -------
    Level in dBm, shape (n,), and sector row, shape (n,).
    """
    near = min(_NEAREST, len(aerials_.masts))
    candidates = cKDTree(aerials_.masts[:, :2]).query(points, near)[1].reshape(len(points), near)
    grid = ground.grid
    level, sector = _strongest(
        np.ascontiguousarray(points), candidates, aerials_.masts, aerials_.sectors,
        ground.ground_m, ground.canopy_m, np.array([grid.west_m, grid.north_m, grid.step_m]),
    )  # fmt: skip
    return level, aerials_.rows[sector]


@njit(cache=True)
def _strongest(
    points: Floats, candidates: NDArray[np.int64], masts: Floats, sectors: Floats, ground: Floats, canopy: Floats,
    frame: Floats,
) -> tuple[Floats, NDArray[np.int64]]:  # fmt: skip
    count, near = candidates.shape
    out = np.full(count, NO_LEVEL_DBM)
    which = np.zeros(count, dtype=np.int64)
    bound, first = np.empty(near), np.empty(near, dtype=np.int64)
    for row in range(count):
        foot = _sampled(ground, frame, points[row, 0], points[row, 1]) + RX_HEIGHT_M
        for slot in range(near):
            bound[slot], first[slot] = _unobstructed(points[row], foot, masts[candidates[row, slot]], sectors)
        # obstacles only take away: once no bound beats the best level, the rest need no profile
        for _ in range(near):
            slot = int(np.argmax(bound))
            if bound[slot] <= out[row]:
                break
            loss = _obstructed_db(points[row], foot, masts[candidates[row, slot]], ground, canopy, frame)
            if bound[slot] - loss > out[row]:
                out[row], which[row] = bound[slot] - loss, first[slot]
            bound[slot] = -np.inf
    return out, which


@njit(cache=True)
def _sampled(raster: Floats, frame: Floats, easting: float, northing: float) -> float:
    """Bilinear value between cell centres, held at the edge."""
    column = min(max((easting - frame[0]) / frame[2] - 0.5, 0.0), raster.shape[1] - 1.001)
    row = min(max((frame[1] - northing) / frame[2] - 0.5, 0.0), raster.shape[0] - 1.001)
    left, top = int(column), int(row)
    u, v = column - left, row - top
    upper = (1.0 - u) * raster[top, left] + u * raster[top, left + 1]
    lower = (1.0 - u) * raster[top + 1, left] + u * raster[top + 1, left + 1]
    return (1.0 - v) * upper + v * lower


@njit(cache=True)
def _unobstructed(point: Floats, foot: float, mast: Floats, sectors: Floats) -> tuple[float, int]:
    """Return the best sector's level over open ground and that sector.

    Free space, then 36 dB a decade from 900 m on, and 17 dB for what stands around a phone.
    """
    east, north = point[0] - mast[0], point[1] - mast[1]
    distance = max(math.sqrt(east * east + north * north), 30.0)
    loss = 32.45 + 20.0 * math.log10(mast[3]) + 20.0 * math.log10(distance / 1000.0) + 17.0
    loss += 16.0 * math.log10(max(distance / 900.0, 1.0))
    bearing = math.degrees(math.atan2(east, north))
    down = math.degrees(math.atan2(mast[2] - foot, distance))
    best, which = -np.inf, int(mast[4])
    for sector in range(int(mast[4]), int(mast[5])):
        width = sectors[sector, 2]
        turn = (bearing - sectors[sector, 1] + 540.0) % 360.0 - 180.0
        side = 0.0 if width >= 360.0 else min(12.0 * (turn / width) ** 2, 22.0)
        tilt = 0.0 if width >= 360.0 else min(12.0 * ((down - sectors[sector, 3]) / 10.0) ** 2, 16.0)
        level = sectors[sector, 0] - min(side + tilt, 25.0) - loss
        if level > best:
            best, which = level, sector
    return best, which


@njit(cache=True)
def _obstructed_db(point: Floats, foot: float, mast: Floats, ground: Floats, canopy: Floats, frame: Floats) -> float:
    """Return diffraction over up to three edges (Deygout) and canopy loss along the path, dB."""
    east, north = mast[0] - point[0], mast[1] - point[1]
    distance = math.sqrt(east * east + north * north)
    count = int(distance / frame[2])
    if count < 2:
        return 0.0
    step = distance / count
    height = np.empty(count + 1)
    leafy = 0.0
    for index in range(count + 1):
        part = index / count
        easting, northing = point[0] + part * east, point[1] + part * north
        bulge = index * step * (distance - index * step) / (2.0 * 8_495_000.0)
        height[index] = _sampled(ground, frame, easting, northing) + bulge
        ray = foot + part * (mast[2] - foot)
        crowns = _sampled(canopy, frame, easting, northing)
        if index * step <= 1_200.0 and index > 0 and ray < height[index] + crowns:
            leafy += step * crowns / 20.0
    height[0], height[count] = foot, mast[2]
    wavelength = 299.792 / mast[3]
    main, where = _edge(height, 0, count, step, wavelength)
    loss = _knife_db(main)
    if loss > 0.0:
        sides = _knife_db(_edge(height, 0, where, step, wavelength)[0])
        sides += _knife_db(_edge(height, where, count, step, wavelength)[0])
        # a main edge that hardly matters must not let its neighbours count in full
        loss += (1.0 - math.exp(-loss / 6.0)) * sides
    ceiling = 21.0 * (mast[3] / 900.0) ** 0.3
    return loss + ceiling * (1.0 - math.exp(-0.032 * leafy / ceiling))


@njit(cache=True)
def _edge(height: Floats, start: int, end: int, step: float, wavelength: float) -> tuple[float, int]:
    """Return the greatest diffraction parameter between two ends of a profile and where it lies."""
    worst, where = -10.0, start
    for index in range(start + 1, end):
        before, after = (index - start) * step, (end - index) * step
        line = height[start] + (height[end] - height[start]) * before / (before + after)
        value = (height[index] - line) * math.sqrt(2.0 * (before + after) / (wavelength * before * after))
        if value > worst:
            worst, where = value, index
    return worst, where


@njit(cache=True)
def _knife_db(value: float) -> float:
    """Loss over one knife edge, 0 where it stays clear of the path."""
    if value <= -0.78:
        return 0.0
    shifted = value - 0.1
    return max(6.9 + 20.0 * math.log10(math.sqrt(shifted * shifted + 1.0) + shifted), 0.0)
