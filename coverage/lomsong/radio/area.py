"""Received level at many points from many sites.

Level = EIRP + sector pattern - free space - Bullington over ground and canopy - wood around the receiver. Canopy is an
obstacle along the path. The stand in which the receiver itself is, back to where it ends or the straight ray leaves its
top, is no obstacle: P.833 states its loss as a whole.

Left to the full physics: delta-Bullington's spherical Earth, troposcatter and ducting, time and location variability,
terminal clutter by class, the vertical pattern and downtilt, and meridian convergence (an azimuth is read as a grid
bearing). Each path is equal to what :func:`~lomsong.radio.diffraction.bullington_loss_db` gives on its profile.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import geopandas as gpd
import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from lomsong import geo
from lomsong.chunks import in_chunks
from lomsong.errors import DataError
from lomsong.radio.antenna import BEAMWIDTH_DEG, sector_gain_db
from lomsong.radio.baselines import SPEED_OF_LIGHT_MPS
from lomsong.radio.diffraction import EARTH_RADIUS_M, MEDIAN_K, edge_loss_db, edge_parameter
from lomsong.radio.terrain import Terrain, bilinear
from lomsong.radio.vegetation import Woodland
from lomsong.tables import SITES

NO_SITE = -1
"""Index of the best server where there is none."""

CHUNK = 2048
"""Receivers that a thread takes at a time."""

COARSE = 8
"""Every so many samples make the coarse profile; its loss bounds the full one from below."""


class _Scene(NamedTuple):
    ground_m: NDArray[np.float32]
    canopy_m: NDArray[np.float32]
    west_m: float
    north_m: float
    step_m: float
    earth_m: float  # effective radius of the Earth
    rx_height_m: float
    radius_m: float


class _Path(NamedTuple):
    """One mast to one receiver; rows and columns are fractional, 0 at the first cell centre."""

    mast: int
    bearing_deg: float
    length_m: float
    intervals: int
    tx_row: float
    tx_column: float
    tx_m: float
    rx_row: float
    rx_column: float
    rx_m: float


class _Masts(NamedTuple):
    """Masts (position and height) and, from ``first[m]`` to ``first[m + 1]``, the sectors that share the mast."""

    easting: NDArray[np.float64]
    northing: NDArray[np.float64]
    antenna_m: NDArray[np.float64]  # above sea level
    first: NDArray[np.int64]
    loudest_dbm: NDArray[np.float64]  # of the mast's sectors, as isotropic_dbm
    row: NDArray[np.int64]  # of the sector in the caller's table
    isotropic_dbm: NDArray[np.float64]  # EIRP with the wavelength's part of free space: + 20 log wavelength
    azimuth_deg: NDArray[np.float64]
    beamwidth_deg: NDArray[np.float64]
    wavelength_m: NDArray[np.float64]
    wood_db: NDArray[np.float64]
    wood_db_per_m: NDArray[np.float64]


def levels(
    terrain: Terrain,
    sites: gpd.GeoDataFrame,
    points: NDArray[np.float64],
    *,
    rx_height_m: float = 1.5,
    radius_m: float = 25_000.0,
    k: float = MEDIAN_K,
    woodland: Woodland | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the level of the best server and which sector it is.

    NaN and :data:`NO_SITE` where no site lies within the radius, where the point lies outside the terrain, and where
    every path crosses missing terrain: nothing is guessed across a void. A site outside the terrain serves nobody.
    Equal levels go to the first row.

    Parameters
    ----------
    terrain
        Ground and canopy; profiles are sampled at its step.
    sites
        Table ``sites``, one row a sector, in any CRS.
    points
        Easting and northing in the CRS of the terrain, shape (n, 2).
    rx_height_m
        Height of the phone above ground.
    radius_m
        Sites farther than this from a point are left out.
    k
        Effective-Earth factor.
    woodland
        How the wood around a receiver attenuates.

    Returns
    -------
    level_dbm, shape (n,), and the row of the sector in ``sites`` by position, shape (n,).

    Raises
    ------
    ColumnError, CrsError
        When ``sites`` is not that table or does not say its CRS.
    DataError
        When ``points`` is not of shape (n, 2).

    References
    ----------
    Recommendations ITU-R P.525-4 (4), P.526-15 §4.5.1, P.833-10 (1) (2); 3GPP TR 36.942 §4.2.1.
    """
    geo.require_crs(sites, "sites")
    SITES.check(sites, "sites")
    at = geo.coordinates(sites, terrain.crs)
    count = len(sites)
    masts = _masts(
        terrain,
        at,
        height_m=sites["height_m"].to_numpy(float),
        eirp_dbm=sites["eirp_dbm"].to_numpy(float),
        azimuth_deg=sites["azimuth_deg"].to_numpy(float) if "azimuth_deg" in sites else np.full(count, np.nan),
        beamwidth_deg=sites["beamwidth_deg"].to_numpy(float) if "beamwidth_deg" in sites else np.full(count, np.nan),
        frequency_mhz=sites["band_mhz"].to_numpy(float),
        woodland=woodland or Woodland(),
    )
    scene, receivers = _scene(terrain, k, rx_height_m, radius_m), _receivers(terrain, points, rx_height_m)
    level_dbm, row = np.full(len(receivers), np.nan), np.full(len(receivers), NO_SITE, np.int64)
    in_chunks(
        len(receivers),
        lambda part: _best_servers(scene, masts, receivers[part], level_dbm[part], row[part]),
        chunk=CHUNK,
    )
    return level_dbm, row


def level_matrix(
    terrain: Terrain,
    transmitters: NDArray[np.float64],
    points: NDArray[np.float64],
    *,
    height_m: float | NDArray[np.float64],
    eirp_dbm: float,
    frequency_mhz: float,
    radius_m: float,
    floor_dbm: float = -np.inf,
    rx_height_m: float = 1.5,
    k: float = MEDIAN_K,
    woodland: Woodland | None = None,
) -> csr_matrix:
    """Return the level at each point from each transmitter, in dBm, as a sparse matrix.

    The transmitters have no direction: three sectors seen from afar. An entry is stored where the point lies within the
    radius, the level reaches ``floor_dbm`` and the terrain of the path is known; elsewhere there is no entry.

    Parameters
    ----------
    transmitters, points
        Easting and northing in the CRS of the terrain, shapes (m, 2) and (n, 2).
    height_m
        Antenna height above ground, one or of shape (m,).
    eirp_dbm
        EIRP of the reference signal.
    floor_dbm
        Levels below this are left out; the higher, the faster.

    frequency_mhz, radius_m, rx_height_m, k, woodland
        As in :func:`levels`.

    Returns
    -------
    CSR matrix of shape (n, m), float64.
    """
    at = _pairs(transmitters, "transmitters")
    each = np.ones(len(at))
    masts = _masts(
        terrain,
        at,
        height_m=each * height_m,
        eirp_dbm=each * eirp_dbm,
        azimuth_deg=each * np.nan,
        beamwidth_deg=each * np.nan,
        frequency_mhz=each * frequency_mhz,
        woodland=woodland or Woodland(),
        share=False,
    )
    scene, receivers = _scene(terrain, k, rx_height_m, radius_m), _receivers(terrain, points, rx_height_m)
    found = in_chunks(len(receivers), lambda part: _all_levels(scene, masts, receivers[part], floor_dbm), chunk=CHUNK)
    if not found:
        return csr_matrix((0, len(at)))
    reached, columns, level_dbm = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return csr_matrix((level_dbm, columns, np.concatenate([[0], np.cumsum(reached)])), shape=(len(receivers), len(at)))


def _scene(terrain: Terrain, k: float, rx_height_m: float, radius_m: float) -> _Scene:
    return _Scene(
        terrain.ground_m,
        terrain.canopy_m,
        float(terrain.west_m),
        float(terrain.north_m),
        float(terrain.step_m),
        EARTH_RADIUS_M * k,
        float(rx_height_m),
        float(radius_m),
    )


def _pairs(points: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    pairs = np.asarray(points, float)
    if pairs.ndim != 2 or pairs.shape[1] != 2:
        raise DataError(f"{name} has shape {pairs.shape}; give easting and northing, shape (n, 2)")
    return pairs


def _receivers(terrain: Terrain, points: NDArray[np.float64], rx_height_m: float) -> NDArray[np.float64]:
    """Easting, northing and antenna height above sea level (NaN where the ground is unknown), shape (n, 3)."""
    at = _pairs(points, "points")
    return np.column_stack([at, terrain.ground_at(at[:, 0], at[:, 1]) + rx_height_m])


def _masts(
    terrain: Terrain,
    at: NDArray[np.float64],
    *,
    height_m: NDArray[np.float64],
    eirp_dbm: NDArray[np.float64],
    azimuth_deg: NDArray[np.float64],
    beamwidth_deg: NDArray[np.float64],
    frequency_mhz: NDArray[np.float64],
    woodland: Woodland,
    share: bool = True,
) -> _Masts:
    keys = np.column_stack([at, height_m])
    if share:
        places, mast = np.unique(keys, axis=0, return_inverse=True)
    else:
        places, mast = keys, np.arange(len(keys))
    row = np.argsort(mast, kind="stable")
    wavelength_m = SPEED_OF_LIGHT_MPS / (frequency_mhz[row] * 1e6)
    first = np.searchsorted(mast[row], np.arange(len(places) + 1)).astype(np.int64)
    isotropic_dbm = eirp_dbm[row] + 20 * np.log10(wavelength_m)
    return _Masts(
        np.ascontiguousarray(places[:, 0]),
        np.ascontiguousarray(places[:, 1]),
        terrain.ground_at(places[:, 0], places[:, 1]) + places[:, 2],
        first,
        np.maximum.reduceat(isotropic_dbm, first[:-1]) if len(row) else np.empty(0),
        row.astype(np.int64),
        isotropic_dbm,
        azimuth_deg[row],
        np.where(np.isnan(beamwidth_deg), BEAMWIDTH_DEG, beamwidth_deg)[row],
        wavelength_m,
        woodland.largest_db(frequency_mhz[row]),
        woodland.specific_db_per_m(frequency_mhz[row]),
    )


@njit(cache=True, nogil=True)
def _near(scene: _Scene, masts: _Masts, mast: int, receiver: NDArray[np.float64]) -> bool:
    """Tell whether a mast lies within the radius and the ground is known at both ends."""
    east, north = receiver[0] - masts.easting[mast], receiver[1] - masts.northing[mast]
    known = not math.isnan(masts.antenna_m[mast] + receiver[2])
    return known and east * east + north * north <= scene.radius_m * scene.radius_m


@njit(cache=True, nogil=True)
def _slant_db(length_m: float, rise_m: float) -> float:
    """Return 20 log(4 π d) of the slant distance d in m: free space without its wavelength."""
    return 10 * math.log10(16 * math.pi**2 * max(length_m * length_m + rise_m * rise_m, 1.0))


@njit(cache=True, nogil=True)
def _path(scene: _Scene, masts: _Masts, mast: int, receiver: NDArray[np.float64]) -> _Path:
    east, north = receiver[0] - masts.easting[mast], receiver[1] - masts.northing[mast]
    length_m = max(math.sqrt(east * east + north * north), 1e-3)  # a receiver on the spot of the mast
    return _Path(
        mast,
        math.degrees(math.atan2(east, north)),
        length_m,
        max(math.ceil(length_m / scene.step_m), 1),
        (scene.north_m - masts.northing[mast]) / scene.step_m - 0.5,
        (masts.easting[mast] - scene.west_m) / scene.step_m - 0.5,
        masts.antenna_m[mast],
        (scene.north_m - receiver[1]) / scene.step_m - 0.5,
        (receiver[0] - scene.west_m) / scene.step_m - 0.5,
        receiver[2],
    )


@njit(cache=True, nogil=True)
def _canopy(scene: _Scene, row: float, column: float) -> float:
    rows, columns = scene.canopy_m.shape
    return scene.canopy_m[min(max(int(row + 0.5), 0), rows - 1), min(max(int(column + 0.5), 0), columns - 1)]


@njit(cache=True, nogil=True)
def _stand_start(scene: _Scene, path: _Path) -> int:
    """Return the first sample inside the stand around the receiver; ``intervals + 1`` where it stands in the open."""
    start = path.intervals + 1
    if _canopy(scene, path.rx_row, path.rx_column) <= scene.rx_height_m:
        return start
    start -= 1
    while start > 1:
        share = (start - 1) / path.intervals
        row = path.tx_row + share * (path.rx_row - path.tx_row)
        column = path.tx_column + share * (path.rx_column - path.tx_column)
        canopy_m = _canopy(scene, row, column)
        ray_m = path.tx_m + share * (path.rx_m - path.tx_m)
        if canopy_m <= 0 or bilinear(scene.ground_m, row, column) + canopy_m < ray_m:
            break
        start -= 1
    return start


@njit(cache=True, nogil=True)
def _edge(scene: _Scene, path: _Path, stand: int, stride: int, profile: NDArray[np.float64]) -> float:
    """Sample every ``stride``-th point of a path into the buffer ``profile`` and return its edge parameter."""
    filled = 0
    for i in range(stride, path.intervals, stride):
        share = i / path.intervals
        row = path.tx_row + share * (path.rx_row - path.tx_row)
        column = path.tx_column + share * (path.rx_column - path.tx_column)
        profile[0, filled] = share * path.length_m
        profile[1, filled] = bilinear(scene.ground_m, row, column)
        if i < stand:
            profile[1, filled] += _canopy(scene, row, column)
        filled += 1
    return edge_parameter(profile[:, :filled], path.length_m, path.tx_m, path.rx_m, scene.earth_m)


@njit(cache=True, nogil=True)
def _strongest(masts: _Masts, path: _Path, edge: float, depth_m: float) -> tuple[float, int]:
    """Return level and sector of the strongest sector of a mast; NaN and -1 where the edge is NaN."""
    spread = _slant_db(path.length_m, path.tx_m - path.rx_m)
    best, which = math.nan, -1
    for sector in range(masts.first[path.mast], masts.first[path.mast + 1]):
        level = masts.isotropic_dbm[sector] - spread
        level += sector_gain_db(path.bearing_deg, masts.azimuth_deg[sector], masts.beamwidth_deg[sector])
        if depth_m > 0:
            largest = masts.wood_db[sector]
            level += largest * math.expm1(-depth_m * masts.wood_db_per_m[sector] / largest)
        level -= edge_loss_db(edge, masts.wavelength_m[sector], path.length_m)
        if level > best or (which < 0 and not math.isnan(level)):
            best, which = level, sector
    return best, which


@njit(cache=True, nogil=True)
def _level(
    scene: _Scene, masts: _Masts, path: _Path, needed_dbm: float, profile: NDArray[np.float64]
) -> tuple[float, int]:
    """Return level and sector of a mast, or NaN and -1 where it does not reach ``needed_dbm`` or the path has a void.

    The coarse profile is a subset of the full one, so its loss is no greater: what fails on it fails on the full one.
    """
    stand = _stand_start(scene, path)
    # The stand begins half way between its first sample and the one before.
    depth_m = max(path.intervals - stand + 0.5, 0.0) / path.intervals * path.length_m
    level, sector = math.nan, -1
    for stride in (COARSE, 1):
        level, sector = _strongest(masts, path, _edge(scene, path, stand, stride, profile), depth_m)
        if not level >= needed_dbm:
            return math.nan, -1
    return level, sector


@njit(cache=True, nogil=True)
def _buffer(scene: _Scene) -> NDArray[np.float64]:
    return np.empty((2, math.ceil(scene.radius_m / scene.step_m) + 1))


@njit(cache=True, nogil=True)
def _best_servers(
    scene: _Scene,
    masts: _Masts,
    receivers: NDArray[np.float64],
    level_dbm: NDArray[np.float64],
    best_row: NDArray[np.int64],
) -> None:
    """Fill in level and sector of the best server of each receiver that has one."""
    easting, northing, antenna_m, loudest_dbm = masts.easting, masts.northing, masts.antenna_m, masts.loudest_dbm
    reach_m2 = scene.radius_m * scene.radius_m
    for i in range(len(receivers)):
        near = np.empty(len(masts.easting), np.int64)
        hoped = np.empty(len(masts.easting))
        count = 0
        for mast in range(len(easting)):
            east, north, rise = receivers[i, 0] - easting[mast], receivers[i, 1] - northing[mast], antenna_m[mast]
            rise -= receivers[i, 2]
            if east * east + north * north <= reach_m2 and not math.isnan(rise):
                near[count] = mast
                # The loudest sector pointed here with nothing in the way: no level is above it.
                hoped[count] = loudest_dbm[mast] - _slant_db(math.sqrt(east * east + north * north), rise)
                count += 1
        profile = _buffer(scene)
        best, row = -np.inf, -1
        for _ in range(count):
            # Few masts are ever asked, so the next one is looked for each time instead of sorting them all.
            rank = 0
            for other in range(count):
                if hoped[other] > hoped[rank]:
                    rank = other
            if hoped[rank] == -np.inf or hoped[rank] < best:
                break
            hoped[rank] = -np.inf
            path = _path(scene, masts, near[rank], receivers[i])
            # An edge far below the line costs nothing: the level if nothing stood in the way.
            if _strongest(masts, path, -np.inf, 0.0)[0] < best:
                continue
            level, sector = _level(scene, masts, path, best, profile)
            if sector >= 0 and (level > best or masts.row[sector] < row):
                best, row = level, masts.row[sector]
        if row >= 0:
            level_dbm[i], best_row[i] = best, row


@njit(cache=True, nogil=True)
def _all_levels(
    scene: _Scene, masts: _Masts, receivers: NDArray[np.float64], floor_dbm: float
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]:
    """Return how many masts reach each receiver, and of all receivers in turn the masts and their levels."""
    reached = np.zeros(len(receivers), np.int64)
    mast_of, level_dbm = np.empty(1024, np.int32), np.empty(1024)
    profile = _buffer(scene)
    filled = 0
    for i in range(len(receivers)):
        for mast in range(len(masts.easting)):
            if _near(scene, masts, mast, receivers[i]):
                level, _ = _level(scene, masts, _path(scene, masts, mast, receivers[i]), floor_dbm, profile)
                if not math.isnan(level):
                    if filled == len(level_dbm):
                        mast_of = np.concatenate((mast_of, np.empty(filled, np.int32)))
                        level_dbm = np.concatenate((level_dbm, np.empty(filled)))
                    mast_of[filled], level_dbm[filled] = mast, level
                    filled += 1
                    reached[i] += 1
    return reached, mast_of[:filled], level_dbm[:filled]
