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
from lomsong.radio.compiled import compiled, merged
from lomsong.radio.frame import Floats
from lomsong.radio.masts import (
    Masts,
    Plane,
    Receiver,
    hope,
    hoped_dbm,
    is_near,
    loudest_towards,
    masts_around,
    masts_of,
    run_towards,
    way_to,
)  # fmt: skip
from lomsong.radio.onepath import SLACK_DB, Land, Losses, Track, Way, both_losses, land_of, meets_sea, track_for
from lomsong.radio.p1812.radial import Room, Run, radial_losses, room_for
from lomsong.radio.sampling import Grids, grids_of, is_bare, sample_radial
from lomsong.radio.sectors import sites_of
from lomsong.radio.site import Physics, Site
from lomsong.radio.terrain import Terrain
from lomsong.texts import fault

NO_SITE = -1
"""Index of the best server where there is none."""

CHUNK = 512
"""Receivers that a thread takes at a time."""

SQUARE_CELLS = 20
"""Receivers are taken square by square of so many cells, whose paths cross the same ground."""


class BestServers(NamedTuple):
    """The best server of each place, shape (n,).

    Attributes
    ----------
    level_dbm
        NaN where there is none.
    row
        Of its sector in the table of sites by position, or :data:`NO_SITE`.
    bare_dbm
        Level of the best server, maybe another one, if nothing stood on the ground; NaN where there is none.
    """

    level_dbm: Floats
    row: NDArray[np.int64]
    bare_dbm: Floats


class _Scene(NamedTuple):
    grids: Grids
    land: Land
    run: Run  # of any frequency, height and step
    plane: Plane
    both: bool  # levels are wanted with and without what stands on the ground


class _Desk(NamedTuple):
    """Arrays of a thread."""

    room: Room
    track: Track
    zone: NDArray[np.uint8]
    wanted: NDArray[np.bool_]
    loss: Floats


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
    found = best_servers(terrain, sites, points, radius_m=radius_m, physics=physics, bare=False)
    return found.level_dbm, found.row


def best_servers(
    terrain: Terrain,
    sites: gpd.GeoDataFrame,
    points: Floats,
    *,
    radius_m: float = 25_000.0,
    physics: Physics | None = None,
    bare: bool = True,
) -> BestServers:
    """Return the best servers, and what would be heard if nothing stood on the ground, over the same paths.

    Parameters, errors and what is said where nothing is known are those of :func:`levels`. Without ``bare`` the last
    array holds NaN.
    """
    physics = physics or Physics()
    antennas = sites_of(sites)
    masts = masts_of(terrain, geo.coordinates(sites, terrain.crs), antennas, physics)
    scene, receivers = _scene(terrain, physics, radius_m, both=bare), _receivers(terrain, points, physics.rx_height_m)
    order = _side_by_side(receivers, scene.plane.cell_m)
    level_dbm, bare_dbm = np.full((2, len(receivers)), np.nan)
    row = np.full(len(receivers), NO_SITE, np.int64)

    def compute(part: slice) -> None:
        some = order[part]
        level_dbm[some], row[some], bare_dbm[some] = _best_servers(scene, masts, receivers[some], _desk(scene))

    in_chunks(len(receivers), compute, chunk=CHUNK)
    return BestServers(level_dbm, row, bare_dbm)


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
    masts = masts_of(terrain, at, antennas, physics, share=False)
    scene, receivers = _scene(terrain, physics, radius_m), _receivers(terrain, points, physics.rx_height_m)
    found = in_chunks(
        len(receivers), lambda part: _all_levels(scene, masts, receivers[part], _desk(scene), floor_dbm), chunk=CHUNK
    )
    if not found:
        return csr_matrix((0, len(at)))
    reached, columns, level_dbm = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return csr_matrix((level_dbm, columns, np.concatenate([[0], np.cumsum(reached)])), shape=(len(receivers), len(at)))


def _side_by_side(receivers: Floats, cell_m: float) -> NDArray[np.int64]:
    """Return an order in which successive receivers lie in one square of :data:`SQUARE_CELLS`."""
    side_m = SQUARE_CELLS * cell_m
    east, north = np.floor(receivers[:, 0] / side_m), np.floor(receivers[:, 1] / side_m)
    return np.lexsort((east, north))


def _scene(terrain: Terrain, physics: Physics, radius_m: float, *, both: bool = False) -> _Scene:
    if not 0 < radius_m < math.inf:
        raise fault(UsageError, "terrain_radius", value=repr(radius_m))
    west, south, east, north = terrain.bounds
    _, latitude = geo.to_wgs84(np.array([(west + east) / 2]), np.array([(south + north) / 2]), terrain.crs)
    return _Scene(
        grids_of(terrain),
        land_of(terrain),
        replace(physics, p_percent=50.0).run(1.0, 1000.0, terrain.step_m, bare=is_bare(terrain)),
        Plane(
            terrain.west_m,
            terrain.north_m,
            terrain.step_m,
            float(radius_m),
            math.radians(latitude[0]) if np.isfinite(latitude[0]) else 0.0,
        ),
        both,
    )


def _desk(scene: _Scene) -> _Desk:
    points = math.ceil(scene.plane.radius_m / scene.plane.cell_m) + 3
    room, track = room_for(points), track_for(points)
    return _Desk(room, track, np.empty(points, np.uint8), np.zeros(points, np.bool_), np.empty(points))


def _pairs(points: Floats, name: str) -> Floats:
    try:
        pairs = np.asarray(points, float)
    except (TypeError, ValueError):
        raise fault(DataError, "path_points", name=name, shape=np.shape(points)) from None
    if pairs.ndim != 2 or pairs.shape[1] != 2:
        raise fault(DataError, "path_points", name=name, shape=pairs.shape)
    return pairs


def _receivers(terrain: Terrain, points: Floats, rx_height_m: float) -> Floats:
    """Easting, northing and antenna height above sea level (NaN where the ground is unknown), shape (n, 3)."""
    at = _pairs(points, "points")
    return np.column_stack([at, terrain.ground_at(at[:, 0], at[:, 1]) + rx_height_m])


@compiled
def _plane(scene: _Scene) -> Plane:
    """Return the plane of single paths, without its latitude where they may meet a coast."""
    of = scene.plane
    return Plane(of.west_m, of.north_m, of.cell_m, of.radius_m, of.latitude if scene.land.inland else math.nan)


@merged
def _losses(
    plane: Plane, run: Run, at: Floats, waves: Floats, heights: NDArray[np.float32], canopy: NDArray[np.float32],
    ground: Floats, standing: Floats, root: Floats, inverse: Floats, mast: int, receiver: Receiver, most_db: float,
    most_bare_db: float,
) -> Losses:  # fmt: skip
    """Return the loss from a mast to a receiver; arguments as for :func:`~lomsong.radio.onepath.both_losses`."""
    way, length_m = way_to(plane, at[mast, 0], at[mast, 1], receiver)
    its_run = run_towards(run, waves, mast, at[mast, 3], length_m / way.steps / 1000)
    return both_losses(
        its_run, heights, canopy, ground, standing, root, inverse, way, plane.latitude, most_db, most_bare_db
    )


@compiled
def _bare(run: Run) -> Run:
    """Return the constants for ground on which nothing stands."""
    return Run(
        run.wave, run.step, run.htg, run.hrg, run.p, run.median, run.local, run.timed_db, run.ae, run.ab, True, 0.0, 0.0
    )


@compiled
def _as_radials(scene: _Scene, masts: Masts, mast: int, receiver: Receiver, desk: _Desk, found: Losses) -> Losses:
    """Return the losses of a path near a coast where ducts or the sea take part."""
    at = masts.at
    way, length_m = way_to(scene.plane, at[mast, 0], at[mast, 1], receiver)
    if not found.ducted and not meets_sea(scene.land.zone, way):
        return found
    run = run_towards(scene.run, masts.waves, mast, at[mast, 3], length_m / way.steps / 1000)
    bearing = math.atan2(receiver[0] - at[mast, 0], receiver[1] - at[mast, 1])
    loss_db, bare_db = found.loss_db, found.bare_db
    if loss_db != math.inf:
        loss_db = _radial_loss(scene, run, way, length_m, bearing, desk)
    if bare_db != math.inf:
        bare_db = _radial_loss(scene, _bare(run), way, length_m, bearing, desk)
    return Losses(loss_db, bare_db, True)


@compiled
def _radial_loss(scene: _Scene, run: Run, way: Way, length_m: float, bearing: float, desk: _Desk) -> float:
    """Return the loss at the end of a radial of one path."""
    zone, wanted, loss, steps = desk.zone, desk.wanted, desk.loss, way.steps
    along = np.empty((2, 2))
    along[0, 0], along[0, 1], along[1, 0], along[1, 1] = way.row, way.down, way.column, way.across
    none = np.empty(0)
    loss[steps] = math.nan
    if sample_radial(run, desk.room.rows, scene.grids, along, length_m, zone[: steps + 1], none, none) == steps + 1:
        wanted[steps] = True
        radial_losses(run, desk.room, zone, wanted, steps + 1, scene.plane.latitude, bearing, loss)
        wanted[steps] = False
    return loss[steps]


@compiled
def _best_servers(
    scene: _Scene, masts: Masts, receivers: Floats, desk: _Desk
) -> tuple[Floats, NDArray[np.int64], Floats]:
    """Return level and row of the best server of each receiver, and the best level over bare ground."""
    level_dbm, bare_dbm = np.full(len(receivers), np.nan), np.full(len(receivers), np.nan)
    best_row = np.full(len(receivers), NO_SITE)
    at, waves, first, sectors, cuts, rows = masts.at, masts.waves, masts.first, masts.sectors, masts.cuts, masts.row
    plane, run, heights, canopy, sea, both = (
        _plane(scene), scene.run, scene.land.heights, scene.land.canopy, scene.land.sea, scene.both,
    )  # fmt: skip
    ground, standing, root, inverse = desk.track.ground, desk.track.standing, desk.track.root, desk.track.inverse
    around, near = masts_around(masts, receivers, plane.radius_m)
    hoped = np.empty(len(around))
    for i in range(len(receivers)):
        receiver = receivers[i, 0], receivers[i, 1], receivers[i, 2]
        hope(around, receiver, plane.radius_m * plane.radius_m, hoped)
        best, row, best_bare = -np.inf, -1, -np.inf
        for _ in range(len(around)):
            # Few masts are ever asked, so the next one is looked for each time instead of sorting them all.
            rank = 0
            for other in range(len(around)):
                if hoped[other] > hoped[rank]:
                    rank = other
            if hoped[rank] <= 0 or 10 * math.log10(hoped[rank]) < best - SLACK_DB:
                break
            mast = near[rank]
            free_db = around[rank, 4] - 10 * math.log10(hoped[rank])
            hoped[rank] = 0.0
            eirp, sector = loudest_towards(at, first, sectors, cuts, mast, receiver)
            if eirp - free_db < best - SLACK_DB:
                continue
            found = _losses(
                plane, run, at, waves, heights, canopy, ground, standing, root, inverse, mast, receiver,
                eirp - best, eirp - best_bare if both else -np.inf,
            )  # fmt: skip
            if found.ducted or (sea and min(found.loss_db, found.bare_db) < np.inf):
                found = _as_radials(scene, masts, mast, receiver, desk, found)
            level = eirp - found.loss_db
            if level > best or (level == best and rows[sector] < row):
                best, row = level, rows[sector]
            best_bare = eirp - found.bare_db if eirp - found.bare_db > best_bare else best_bare
        if row >= 0:
            level_dbm[i], best_row[i] = best, row
            if both:
                bare_dbm[i] = best_bare
    return level_dbm, best_row, bare_dbm


@compiled
def _all_levels(
    scene: _Scene, masts: Masts, receivers: Floats, desk: _Desk, floor_dbm: float
) -> tuple[NDArray[np.int64], NDArray[np.int32], Floats]:
    """Return how many masts reach each receiver, and of all receivers in turn the masts and their levels."""
    at, waves, first, sectors, cuts = masts.at, masts.waves, masts.first, masts.sectors, masts.cuts
    plane, run, heights, canopy, sea = _plane(scene), scene.run, scene.land.heights, scene.land.canopy, scene.land.sea
    ground, standing, root, inverse = desk.track.ground, desk.track.standing, desk.track.root, desk.track.inverse
    reached = np.zeros(len(receivers), np.int64)
    mast_of, level_dbm = np.empty(1024, np.int32), np.empty(1024)
    filled = 0
    for i in range(len(receivers)):
        receiver = receivers[i, 0], receivers[i, 1], receivers[i, 2]
        for mast in range(len(at)):
            if not is_near(plane, at, mast, receiver):
                continue
            if hoped_dbm(at, waves, masts.loudest_dbm[mast], mast, receiver) < floor_dbm:
                continue
            eirp, _ = loudest_towards(at, first, sectors, cuts, mast, receiver)
            found = _losses(
                plane, run, at, waves, heights, canopy, ground, standing, root, inverse, mast, receiver,
                eirp - floor_dbm, -np.inf,
            )  # fmt: skip
            if found.ducted or (sea and found.loss_db < np.inf):
                found = _as_radials(scene, masts, mast, receiver, desk, found)
            level = eirp - found.loss_db
            if level >= floor_dbm and level > -np.inf:
                if filled == len(level_dbm):
                    mast_of = np.concatenate((mast_of, np.empty(filled, np.int32)))
                    level_dbm = np.concatenate((level_dbm, np.empty(filled)))
                mast_of[filled], level_dbm[filled] = mast, level
                filled += 1
                reached[i] += 1
    return reached, mast_of[:filled], level_dbm[:filled]
