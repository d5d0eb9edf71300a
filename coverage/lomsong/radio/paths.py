"""Received level at many single points from many sites, each over a path of its own.

Paths are straight lines on a metric grid, sampled at about its step. The loss is that of ITU-R P.1812 at the middle of
time and place, with the trees around the receiver as a term of their own: what
:func:`~lomsong.radio.coverage_area` computes for cells.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import NamedTuple

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from lomsong import geo
from lomsong.chunks import in_chunks
from lomsong.errors import DataError, UsageError
from lomsong.radio.antenna import STEPS, Pattern, attenuation_db
from lomsong.radio.compiled import compiled
from lomsong.radio.frame import Floats
from lomsong.radio.p1812.radial import Room, Run, radial_losses, room_for
from lomsong.radio.p1812.wave import Wave
from lomsong.radio.sampling import Grids, grids_of, is_bare, sample_radial
from lomsong.radio.sectors import sites_of
from lomsong.radio.site import Physics, Site
from lomsong.radio.terrain import Terrain
from lomsong.texts import fault

NO_SITE = -1
"""Index of the best server where there is none."""

CHUNK = 512
"""Receivers that a thread takes at a time."""


class _Scene(NamedTuple):
    grids: Grids
    run: Run  # of any frequency, height and step
    west_m: float
    north_m: float
    cell_m: float
    radius_m: float
    latitude: float


class _Masts(NamedTuple):
    """Antennas at one place, height and frequency; from ``first[m]`` to ``first[m + 1]`` the sectors of each."""

    at: Floats  # easting, northing, above the sea, above ground; shape (m, 4)
    waves: Floats  # the fields of Wave, wood_db and wood_db_per_m; shape (m, 12)
    first: NDArray[np.int64]
    loudest_dbm: Floats  # of the mast's sectors
    row: NDArray[np.int64]  # of the sector in the caller's table
    sectors: Floats  # eirp_dbm, azimuth_deg, tilt_deg, pattern, its most_db; shape (sectors, 5)
    cuts: Floats  # horizontal and vertical cut of each pattern, shape (patterns, 2, 3600)


def levels(
    terrain: Terrain,
    sites: gpd.GeoDataFrame,
    points: Floats,
    *,
    radius_m: float = 25_000.0,
    physics: Physics | None = None,
) -> tuple[Floats, NDArray[np.int64]]:
    """Return the level of the best server and which sector it is.

    NaN and :data:`NO_SITE` where no site lies within the radius, where the point lies outside the terrain, and where
    every path crosses missing terrain: nothing is guessed across a void. A site outside the terrain serves nobody.
    Equal levels go to the first row.

    Parameters
    ----------
    terrain
        Ground and what stands on it, in a metric CRS; profiles are sampled at its step.
    sites
        Table ``sites``, one row a sector, in any CRS; see :func:`~lomsong.radio.site.sites_of`. Azimuths are taken
        from grid north.
    points
        Easting and northing in the CRS of the terrain, shape (n, 2).
    radius_m
        Sites farther than this from a point are left out.
    physics
        Receiver, refractivity, polarisation and trees; the median of time.

    Returns
    -------
    level_dbm, shape (n,), and the row of the sector in ``sites`` by position, shape (n,).

    Raises
    ------
    ColumnError, CrsError
        When ``sites`` is not that table or does not say its CRS, or the terrain is not metric.
    DataError
        When ``points`` is not of shape (n, 2).
    UsageError
        When a site is out of the limits of the Recommendation.
    """
    physics = physics or Physics()
    antennas = sites_of(sites)
    masts = _masts(terrain, geo.coordinates(sites, terrain.crs), antennas, physics)
    scene, receivers = _scene(terrain, physics, radius_m), _receivers(terrain, points, physics.rx_height_m)
    level_dbm, row = np.full(len(receivers), np.nan), np.full(len(receivers), NO_SITE, np.int64)

    def compute(part: slice) -> None:
        _best_servers(scene, masts, receivers[part], _room(scene), level_dbm[part], row[part])

    in_chunks(len(receivers), compute, chunk=CHUNK)
    return level_dbm, row


def level_matrix(
    terrain: Terrain,
    transmitters: Floats,
    points: Floats,
    *,
    height_m: float | Floats,
    eirp_dbm: float,
    frequency_mhz: float,
    radius_m: float,
    floor_dbm: float = -np.inf,
    physics: Physics | None = None,
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
    frequency_mhz, radius_m, physics
        As in :func:`levels`.

    Returns
    -------
    CSR matrix of shape (n, m), float64.
    """
    physics = physics or Physics()
    at = _pairs(transmitters, "transmitters")
    heights = np.broadcast_to(height_m, len(at))
    antennas = [Site(0.0, 0.0, float(height), frequency_mhz, eirp_dbm) for height in heights]
    masts = _masts(terrain, at, antennas, physics, share=False)
    scene, receivers = _scene(terrain, physics, radius_m), _receivers(terrain, points, physics.rx_height_m)
    found = in_chunks(
        len(receivers), lambda part: _all_levels(scene, masts, receivers[part], _room(scene), floor_dbm), chunk=CHUNK
    )
    if not found:
        return csr_matrix((0, len(at)))
    reached, columns, level_dbm = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return csr_matrix((level_dbm, columns, np.concatenate([[0], np.cumsum(reached)])), shape=(len(receivers), len(at)))


def _scene(terrain: Terrain, physics: Physics, radius_m: float) -> _Scene:
    if not 0 < radius_m < math.inf:
        raise fault(UsageError, "terrain_radius", value=repr(radius_m))
    west, south, east, north = terrain.bounds
    _, latitude = geo.to_wgs84(np.array([(west + east) / 2]), np.array([(south + north) / 2]), terrain.crs)
    return _Scene(
        grids_of(terrain),
        replace(physics, p_percent=50.0).run(1.0, 1000.0, terrain.step_m, bare=is_bare(terrain)),
        terrain.west_m,
        terrain.north_m,
        terrain.step_m,
        float(radius_m),
        math.radians(latitude[0]) if np.isfinite(latitude[0]) else 0.0,
    )


def _room(scene: _Scene) -> Room:
    return room_for(math.ceil(scene.radius_m / scene.cell_m) + 3)


def _pairs(points: Floats, name: str) -> Floats:
    pairs = np.asarray(points, float)
    if pairs.ndim != 2 or pairs.shape[1] != 2:
        raise fault(DataError, "path_points", name=name, shape=pairs.shape)
    return pairs


def _receivers(terrain: Terrain, points: Floats, rx_height_m: float) -> Floats:
    """Easting, northing and antenna height above sea level (NaN where the ground is unknown), shape (n, 3)."""
    at = _pairs(points, "points")
    return np.column_stack([at, terrain.ground_at(at[:, 0], at[:, 1]) + rx_height_m])


def _masts(terrain: Terrain, at: Floats, antennas: list[Site], physics: Physics, *, share: bool = True) -> _Masts:
    keys = np.array([(*place, site.height_m, site.frequency_mhz) for place, site in zip(at, antennas, strict=True)])
    keys = keys.reshape(-1, 4)
    if share:
        places, mast = np.unique(keys, axis=0, return_inverse=True)
    else:
        places, mast = keys, np.arange(len(keys))
    row = np.argsort(mast, kind="stable")
    first = np.searchsorted(mast[row], np.arange(len(places) + 1)).astype(np.int64)
    bands = {
        (height, band): physics.run(height, band, terrain.step_m, bare=True)
        for height, band in map(tuple, places[:, 2:])
    }
    runs = [bands[tuple(pair)] for pair in places[:, 2:]]
    patterns: dict[int, tuple[int, Pattern]] = {}
    sectors = np.zeros((len(row), 5))
    for sector, index in enumerate(row):
        site = antennas[index]
        number = -1
        if site.pattern is not None:
            number = patterns.setdefault(id(site.pattern), (len(patterns), site.pattern))[0]
        most_db = 0.0 if site.pattern is None else site.pattern.most_db
        sectors[sector] = site.eirp_dbm, site.azimuth_deg, site.tilt_deg, number, most_db
    cuts = np.zeros((len(patterns), 2, STEPS))
    for number, pattern in patterns.values():
        cuts[number] = pattern.horizontal_db, pattern.vertical_db
    ground_m = terrain.ground_at(places[:, 0], places[:, 1])
    return _Masts(
        np.column_stack([places[:, :2], ground_m + places[:, 2], places[:, 2]]),
        np.array([(*run.wave, run.wood_db, run.wood_db_per_m) for run in runs]).reshape(-1, len(Wave._fields) + 2),
        first,
        np.maximum.reduceat(sectors[:, 0], first[:-1]) if len(row) else np.empty(0),
        row.astype(np.int64),
        sectors,
        cuts,
    )


@compiled
def _run(scene: _Scene, masts: _Masts, mast: int, length_m: float) -> tuple[Run, int]:
    """Return the constants of a path and how many steps it has."""
    steps = max(math.ceil(length_m / scene.cell_m), 1)
    w, run = masts.waves[mast], scene.run
    wave = Wave(w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7], w[8], w[9])
    found = Run(
        wave, length_m / steps / 1000, masts.at[mast, 3], run.hrg, 50.0, True, run.local, run.timed_db, run.ae, run.ab,
        run.bare, w[10], w[11],
    )  # fmt: skip
    return found, steps


@compiled
def _loss(
    scene: _Scene, masts: _Masts, mast: int, receiver: Floats, room: Room, zone: NDArray[np.uint8],
    wanted: NDArray[np.bool_], loss: Floats,
) -> float:  # fmt: skip
    """Return the loss from a mast to a receiver; NaN where the terrain on the way is not known."""
    at, cell = masts.at[mast], scene.cell_m
    east, north = receiver[0] - at[0], receiver[1] - at[1]
    length_m = max(math.sqrt(east * east + north * north), 1e-3)  # a receiver on the spot of the mast
    run, steps = _run(scene, masts, mast, length_m)
    along = np.empty((2, 2))
    along[0, 0], along[0, 1] = (scene.north_m - at[1]) / cell - 0.5, -north / cell
    along[1, 0], along[1, 1] = (at[0] - scene.west_m) / cell - 0.5, east / cell
    none = np.empty(0)
    loss[steps] = math.nan
    if sample_radial(run, room.rows, scene.grids, along, length_m, zone[: steps + 1], none, none) == steps + 1:
        wanted[steps] = True
        radial_losses(run, room, zone, wanted, steps + 1, scene.latitude, math.atan2(east, north), loss)
        wanted[steps] = False
    return loss[steps]


@compiled
def _strongest(masts: _Masts, mast: int, receiver: Floats, loss_db: float) -> tuple[float, int]:
    """Return level and sector of the strongest sector of a mast; NaN and -1 where the loss is NaN."""
    at = masts.at[mast]
    east, north, fall = receiver[0] - at[0], receiver[1] - at[1], at[2] - receiver[2]
    bearing = math.degrees(math.atan2(east, north))
    down = math.degrees(math.atan2(fall, max(math.sqrt(east * east + north * north), 1e-3)))
    best, which = math.nan, -1
    for sector in range(masts.first[mast], masts.first[mast + 1]):
        eirp, azimuth, tilt, pattern, most = masts.sectors[sector]
        level = eirp - loss_db
        if pattern >= 0:
            cut = masts.cuts[int(pattern)]
            level -= attenuation_db(bearing, down, azimuth, tilt, cut[0], cut[1], most)
        if level > best or (which < 0 and not math.isnan(level)):
            best, which = level, sector
    return best, which


@compiled
def _hoped_dbm(masts: _Masts, mast: int, receiver: Floats) -> float:
    """Return the level of the loudest sector pointed here with nothing in the way: no level is above it."""
    at = masts.at[mast]
    east, north, rise = receiver[0] - at[0], receiver[1] - at[1], at[2] - receiver[2]
    slant_km2 = max(east * east + north * north + rise * rise, 1e-6) * 1e-6
    return masts.loudest_dbm[mast] - masts.waves[mast, 3] - 10 * math.log10(slant_km2)


@compiled
def _is_near(scene: _Scene, masts: _Masts, mast: int, receiver: Floats) -> bool:
    """Tell whether a mast lies within the radius and the ground is known at both ends."""
    east, north = receiver[0] - masts.at[mast, 0], receiver[1] - masts.at[mast, 1]
    known = not math.isnan(masts.at[mast, 2] + receiver[2])
    return known and east * east + north * north <= scene.radius_m * scene.radius_m


@compiled
def _best_servers(
    scene: _Scene, masts: _Masts, receivers: Floats, room: Room, level_dbm: Floats, best_row: NDArray[np.int64]
) -> None:
    """Fill in level and sector of the best server of each receiver that has one."""
    points = len(room.root)
    zone, wanted, loss = np.empty(points, np.uint8), np.zeros(points, np.bool_), np.empty(points)
    near, hoped = np.empty(len(masts.at), np.int64), np.empty(len(masts.at))
    for i in range(len(receivers)):
        count = 0
        for mast in range(len(masts.at)):
            if _is_near(scene, masts, mast, receivers[i]):
                near[count], hoped[count] = mast, _hoped_dbm(masts, mast, receivers[i])
                count += 1
        best, row = -np.inf, -1
        for _ in range(count):
            # Few masts are ever asked, so the next one is looked for each time instead of sorting them all.
            rank = 0
            for other in range(count):
                if hoped[other] > hoped[rank]:
                    rank = other
            if hoped[rank] == -np.inf or hoped[rank] < best:
                break
            mast, loudest = near[rank], masts.loudest_dbm[near[rank]]
            free_db = loudest - hoped[rank]
            hoped[rank] = -np.inf
            if _strongest(masts, mast, receivers[i], free_db)[0] < best:
                continue
            loss_db = _loss(scene, masts, mast, receivers[i], room, zone, wanted, loss)
            level, sector = _strongest(masts, mast, receivers[i], loss_db)
            if sector >= 0 and (level > best or (level == best and masts.row[sector] < row)):
                best, row = level, masts.row[sector]
        if row >= 0:
            level_dbm[i], best_row[i] = best, row


@compiled
def _all_levels(
    scene: _Scene, masts: _Masts, receivers: Floats, room: Room, floor_dbm: float
) -> tuple[NDArray[np.int64], NDArray[np.int32], Floats]:
    """Return how many masts reach each receiver, and of all receivers in turn the masts and their levels."""
    points = len(room.root)
    zone, wanted, loss = np.empty(points, np.uint8), np.zeros(points, np.bool_), np.empty(points)
    reached = np.zeros(len(receivers), np.int64)
    mast_of, level_dbm = np.empty(1024, np.int32), np.empty(1024)
    filled = 0
    for i in range(len(receivers)):
        for mast in range(len(masts.at)):
            if not _is_near(scene, masts, mast, receivers[i]) or _hoped_dbm(masts, mast, receivers[i]) < floor_dbm:
                continue
            loss_db = _loss(scene, masts, mast, receivers[i], room, zone, wanted, loss)
            level, sector = _strongest(masts, mast, receivers[i], loss_db)
            if sector >= 0 and level >= floor_dbm:
                if filled == len(level_dbm):
                    mast_of = np.concatenate((mast_of, np.empty(filled, np.int32)))
                    level_dbm = np.concatenate((level_dbm, np.empty(filled)))
                mast_of[filled], level_dbm[filled] = mast, level
                filled += 1
                reached[i] += 1
    return reached, mast_of[:filled], level_dbm[:filled]
