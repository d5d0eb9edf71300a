"""Loss and level around a site: a radial for every cell at the edge, each receiver a point of the nearest radial.

Radials are geodesics from the site; their points lie one cell apart, so that the profile of a cell ends at most 0.71
of a cell from its centre. The ground is bilinear between cell centres; what stands on it, and the zone, are those of
the cell in which a point lies. A radial ends where the terrain does or is not known: nothing is guessed across a void.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS

from lomsong.chunks import in_chunks
from lomsong.errors import DataError
from lomsong.radio.antenna import attenuation_db
from lomsong.radio.compiled import compiled
from lomsong.radio.frame import Floats, Frame, frame_around
from lomsong.radio.landcover import Heights
from lomsong.radio.p1812 import Profile
from lomsong.radio.p1812.radial import CURVED_GROUND, Room, Run, radial_losses, room_for
from lomsong.radio.relief import Raster, terrain_around
from lomsong.radio.sampling import Grids, grids_of, is_bare, sample_radial, step_of, traced
from lomsong.radio.site import Physics, Site
from lomsong.radio.terrain import Terrain, bilinear
from lomsong.texts import fault

CHUNK = 64
"""Radials that a thread takes at a time."""

OUTSIDE = -1

MOST_POINTS = 250_000_000
"""Most points of all radials, 2.3 GB; a window of the most cells has fewer."""


@dataclass(frozen=True)
class Area:
    """Loss and level on the cells of the terrain around a site.

    Attributes
    ----------
    loss_db
        Basic transmission loss, with that of the trees around a receiver, shape (rows, columns), float32; NaN beyond
        the radius, where the ground is not known, and behind such places.
    level_dbm
        EIRP less loss and the pattern's attenuation, of the same shape.
    transform, crs
        Where the cells lie.
    """

    loss_db: NDArray[np.float32]
    level_dbm: NDArray[np.float32]
    transform: Affine
    crs: CRS


@dataclass(frozen=True, eq=False)
class Sweep:
    """Losses around an antenna, on radials, and to which of their points each cell of the terrain belongs.

    Attributes
    ----------
    terrain, site, physics
        What it was computed from; of the site, direction and pattern were not used.
    step_m
        Between the points of a radial; point n is n steps from the site.
    lookup
        Radial times points plus point of each cell, shape (rows, columns); :data:`OUTSIDE` beyond the radius and where
        the ground is not known.
    loss, down
        Loss in dB and angle below the horizon under which the antenna sees the receiver, in degrees, shape (radials,
        points); NaN where no cell asks for them.
    """

    terrain: Terrain
    site: Site
    physics: Physics
    frame: Frame
    step_m: float
    lookup: NDArray[np.int32]
    loss: NDArray[np.float32]
    down: NDArray[np.float32]

    @property
    def loss_db(self) -> NDArray[np.float32]:
        """Loss on the cells of the terrain, see :class:`Area`."""
        return _gathered(self.lookup, self.loss)

    def level_dbm(self, sector: Site) -> NDArray[np.float32]:
        """Return the level on the cells of the terrain of a sector with this antenna's place, height and frequency."""
        if sector.pattern is None:
            return np.float32(sector.eirp_dbm) - self.loss_db
        pattern = sector.pattern
        pattern.attenuation_db(0.0, 0.0, sector.azimuth_deg, sector.tilt_deg)  # the compiled loop checks no angle
        level = _levels(
            self.loss, self.down, float(sector.eirp_dbm), float(sector.azimuth_deg), float(sector.tilt_deg),
            pattern.horizontal_db, pattern.vertical_db, float(pattern.most_db),
        )  # fmt: skip
        return _gathered(self.lookup, level)

    def path(self, row: int, column: int) -> tuple[Profile, dict[str, float]] | None:
        """Return the path that stands for a cell, and the distances of its ends from the coast.

        None where there is no loss, and where nothing lies between: one step from the site the loss is free space's.

        ``basic_loss(profile, ..., **distances)`` and the loss of the trees are the cell's loss. The profile's clutter
        leaves out the stand of trees around the receiver.
        """
        index = int(self.lookup[row, column])
        radial, end = divmod(index, self.loss.shape[1])
        if index == OUTSIDE or end < 2 or math.isnan(self.loss[radial, end]):
            return None
        bearing = 2 * math.pi * radial / self.loss.shape[0]
        trace = traced(self.terrain, self.frame, bearing, self.site, self.physics, self.step_m, end)
        return trace.profile, {"dct_km": trace.dct_km, "dcr_km": trace.dcr_km}


def coverage_area(
    dem: Terrain | Raster,
    site: Site,
    radius_m: float = 10_000.0,
    *,
    physics: Physics | None = None,
    land_cover: Raster | None = None,
    canopy: Raster | None = None,
    heights: Heights | None = None,
    step_m: float | None = None,
    workers: int = 0,
) -> Area:
    """Return loss and level around a site by Recommendation ITU-R P.1812-8.

    Parameters
    ----------
    dem
        Terrain, or a raster of heights in any CRS: a path, an open dataset, a list of tiles; see
        :func:`~lomsong.radio.relief.terrain_around`.
    site
        The sector. Its level is NaN everywhere where it states no EIRP.
    radius_m
        How far, along geodesics.
    physics
        Receiver, percentages, refractivity, polarisation, trees.
    land_cover, canopy, heights
        What stands on the ground; see :func:`~lomsong.radio.relief.terrain_around`.
    step_m
        Between the points of a profile; None: as far as the cells' centres lie apart.
    workers
        Threads; 0: all cores. The result does not depend on it.

    Returns
    -------
    Area
        On the cells of the DEM around the site, in its CRS.

    Raises
    ------
    FormatError, CrsError
        When a raster cannot be read, or does not say where its cells lie.
    DataError
        When the site lies outside the DEM or on a void.
    UsageError
        When a number is out of its limits.

    References
    ----------
    Recommendation ITU-R P.1812-8; P.833-10 §2.1 for the trees around the receiver.
    """
    terrain = terrain_around(
        dem, site.longitude, site.latitude, radius_m, land_cover=land_cover, canopy=canopy, heights=heights
    )
    swept = sweep(terrain, site, radius_m, physics=physics, step_m=step_m, workers=workers)
    return Area(swept.loss_db, swept.level_dbm(site), terrain.transform, terrain.crs)


def sweep(
    terrain: Terrain,
    site: Site,
    radius_m: float,
    *,
    physics: Physics | None = None,
    step_m: float | None = None,
    workers: int = 0,
) -> Sweep:
    """Return the losses around an antenna; see :func:`coverage_area`."""
    physics = physics or Physics()
    step_m = step_of(terrain, step_m, radius_m * math.sqrt(2 * math.pi / MOST_POINTS))
    frame = frame_around(site.longitude, site.latitude, radius_m, terrain.transform, terrain.crs)
    # Half a cell beyond the outermost centres the ground still counts; a hair more where the site is on the edge.
    beyond = np.abs(2 * frame.site + 1 - terrain.ground_m.shape) > np.array(terrain.ground_m.shape) + 1e-6
    if beyond.any() or not math.isfinite(bilinear(terrain.ground_m, *frame.site)):
        place = f"{site.latitude:.5f}, {site.longitude:.5f}"
        raise fault(DataError, "site_void", site=site.name or place, place=place)
    run = physics.run(site.height_m, site.frequency_mhz, step_m, bare=is_bare(terrain))
    points = math.ceil(radius_m / step_m) + 1
    radials = max(math.ceil(2 * math.pi * radius_m / step_m), 8)
    lookup = np.empty(terrain.ground_m.shape, np.int32)
    wanted = np.zeros((radials, points), np.bool_)
    _assign(frame.metres, frame.site, frame.span, terrain.ground_m, radius_m, step_m, lookup, wanted)
    loss, down = np.full((2, radials, points), np.nan, np.float32)
    bearings = 2 * math.pi * np.arange(radials) / radials
    along, latitude = frame.radials(bearings), math.radians(site.latitude)
    grids = grids_of(terrain)

    def compute(part: slice) -> None:
        room = room_for(points)
        _sweep(run, room, grids, along[part], radius_m, wanted[part], latitude, bearings[part], loss[part], down[part])

    in_chunks(radials, compute, chunk=CHUNK, workers=workers)
    return Sweep(terrain, site, physics, frame, step_m, lookup, loss, down)


@compiled
def _assign(
    metres: Floats, site: Floats, span: Floats, ground: NDArray[np.float32], radius_m: float, step_m: float,
    lookup: NDArray[np.int32], wanted: NDArray[np.bool_],
) -> None:  # fmt: skip
    """Give each cell the nearest point of the nearest radial, and mark those points as wanted."""
    rows, columns = ground.shape
    radials, points = wanted.shape
    degree = metres.shape[1]
    turn = radials / (2 * math.pi)
    # In a row the polynomials are of one variable.
    easts, norths = np.empty(degree), np.empty(degree)
    for row in range(rows):
        u = (row - site[0]) / span[0]
        for j in range(degree):
            easts[j], norths[j] = 0.0, 0.0
            for i in range(degree - j - 1, -1, -1):
                easts[j] = easts[j] * u + metres[0, i, j]
                norths[j] = norths[j] * u + metres[1, i, j]
        for column in range(columns):
            v = (column - site[1]) / span[1]
            x, y = 0.0, 0.0
            for j in range(degree - 1, -1, -1):
                x, y = x * v + easts[j], y * v + norths[j]
            distance = math.sqrt(x * x + y * y) * radius_m
            lookup[row, column] = OUTSIDE
            if distance <= radius_m and not math.isnan(ground[row, column]):
                radial = math.floor(math.atan2(x, y) * turn + 0.5) % radials
                # The cell of the site itself stands one step away from it.
                point = min(max(int(distance / step_m + 0.5), 1), points - 1)
                lookup[row, column] = radial * points + point
                wanted[radial, point] = True


@compiled
def _sweep(
    run: Run, room: Room, grids: Grids, along: Floats, radius_m: float, wanted: NDArray[np.bool_], latitude: float,
    bearings: Floats, loss: NDArray[np.float32], down: NDArray[np.float32],
) -> None:  # fmt: skip
    """Fill in loss and angle of the wanted points of some radials."""
    zone, none = np.empty(wanted.shape[1], np.uint8), np.empty(0)
    curved = room.rows[CURVED_GROUND]
    for radial in range(len(wanted)):
        known = sample_radial(run, room.rows, grids, along[radial], radius_m, zone, none, none)
        radial_losses(run, room, zone, wanted[radial], known, latitude, bearings[radial], loss[radial])
        top = curved[0] + run.htg
        for point in range(1, known):
            if wanted[radial, point]:
                fall = (top - curved[point] - run.hrg) / (1000 * run.step * point)
                down[radial, point] = math.degrees(math.atan(fall))


@compiled
def _levels(
    loss: NDArray[np.float32], down: NDArray[np.float32], eirp_dbm: float, azimuth_deg: float, tilt_deg: float,
    horizontal_db: Floats, vertical_db: Floats, most_db: float,
) -> NDArray[np.float32]:  # fmt: skip
    """Return the level of a sector where the loss is known, NaN elsewhere."""
    level = np.full(loss.shape, np.nan, np.float32)
    for radial in range(loss.shape[0]):
        bearing = 360.0 * radial / loss.shape[0]
        for point in range(loss.shape[1]):
            if not math.isnan(loss[radial, point]):
                weaker = attenuation_db(
                    bearing, down[radial, point], azimuth_deg, tilt_deg, horizontal_db, vertical_db, most_db
                )
                level[radial, point] = eirp_dbm - loss[radial, point] - weaker
    return level


@compiled
def _gathered(lookup: NDArray[np.int32], polar: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the value of each cell's point, NaN outside."""
    found = np.full(lookup.shape, np.nan, np.float32)
    flat = polar.ravel()
    for row in range(lookup.shape[0]):
        for column in range(lookup.shape[1]):
            if lookup[row, column] != OUTSIDE:
                found[row, column] = flat[lookup[row, column]]
    return found
