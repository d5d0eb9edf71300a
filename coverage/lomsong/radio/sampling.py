"""What a ray meets on its way: heights and zones along a geodesic over a terrain."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lomsong.errors import DataError, UsageError
from lomsong.radio.compiled import compiled
from lomsong.radio.frame import EARTH, TOLERANCE_CELLS, Floats, Frame
from lomsong.radio.p1812 import Profile
from lomsong.radio.p1812.radial import CURVED_GROUND, GROUND, NO_COAST_KM, OBSTACLE, WOOD, Run, room_for, stand_start
from lomsong.radio.site import Physics, Site
from lomsong.radio.terrain import SEA, Terrain, bilinear, cell_sides_m
from lomsong.radio.vegetation import stand_depth_m, woodland_loss_db
from lomsong.texts import fault


class Grids(NamedTuple):
    """A terrain as the loops take it."""

    ground: NDArray[np.float32]
    canopy: NDArray[np.float32]
    clutter: NDArray[np.float32]
    zone: NDArray[np.uint8]


class Trace(NamedTuple):
    """A path as it is computed.

    The clutter of ``profile`` leaves out the stand of trees in which the receiver stands; ``clutter_m`` and
    ``canopy_m`` are all that stands on the ground, shape (n,). ``trees_db`` is the loss of that stand.
    """

    profile: Profile
    clutter_m: Floats
    canopy_m: Floats
    dct_km: float
    dcr_km: float
    trees_db: float


def grids_of(terrain: Terrain) -> Grids:
    """Return the arrays of a terrain."""
    return Grids(terrain.ground_m, terrain.canopy_m, terrain.clutter_m, terrain.zone)


def is_bare(terrain: Terrain) -> bool:
    """Tell whether nothing stands on the ground."""
    return not (terrain.canopy_m.any() or terrain.clutter_m.any())


def native_step_m(terrain: Terrain) -> float:
    """Return the geometric mean of width and height of the cells in the middle."""
    rows = len(terrain.ground_m)
    width, height = cell_sides_m(terrain.transform, terrain.crs, rows)
    return math.sqrt(width[rows // 2] * height[rows // 2])


def step_of(terrain: Terrain, step_m: float | None, least_m: float) -> float:
    """Return the step asked for, or the native one for None.

    Raises
    ------
    UsageError
        When it is no finite number of at least ``least_m``.
    """
    if step_m is None:
        return native_step_m(terrain)
    try:
        found = float(step_m)
    except (TypeError, ValueError):
        found = math.nan
    if not least_m <= found < math.inf:
        raise fault(UsageError, "path_step", value=repr(step_m), least=f"{least_m:.3g}")
    return found


def traced(
    terrain: Terrain, frame: Frame, bearing: float, site: Site, physics: Physics, step_m: float, end: int
) -> Trace:
    """Return the path from a site to the point ``end`` of a radial.

    Parameters
    ----------
    terrain, frame
        Where it runs.
    bearing
        Of the radial, radians clockwise from true north.
    site, physics
        The transmitter, and what paths are computed with.
    step_m
        Between its points, metres.
    end
        At least 2.

    Raises
    ------
    DataError
        When the terrain ends or is not known on the way.
    """
    run = physics.run(site.height_m, site.frequency_mhz, step_m, bare=is_bare(terrain))
    rows, zone = room_for(end + 1).rows, np.empty(end + 1, np.uint8)
    clutter_m, canopy_m = np.zeros(end + 1), np.zeros(end + 1)
    along = frame.radials(np.array([bearing]))[0]
    known = sample_radial(run, rows, grids_of(terrain), along, frame.radius_m, zone, clutter_m, canopy_m)
    if known <= end:
        raise fault(DataError, "path_void", site=site.name or "–", distance=f"{known * step_m / 1000:.2f}")
    d = np.arange(end + 1, dtype=np.float64) * run.step
    rows[CURVED_GROUND] = rows[GROUND] - 500 / run.ae * d**2
    standing = rows[OBSTACLE] - rows[GROUND]
    start, trees_db = stand_start(run, rows, rows[GROUND, 0] + run.htg, end), 0.0
    standing[start + 1 :] = 0.0
    if physics.woodland is not None and rows[WOOD, end] > run.hrg:
        depth_m = stand_depth_m(start, end, step_m)
        trees_db = float(woodland_loss_db(depth_m, site.frequency_mhz, physics.woodland))
    place = EARTH.fwd(site.longitude, site.latitude, math.degrees(bearing), end * step_m)[:2]
    profile = Profile(d, rows[GROUND], standing, zone, (site.longitude, site.latitude), place)
    return Trace(profile, clutter_m, canopy_m, *_coast_km(d, zone == SEA), trees_db)


def _coast_km(d: Floats, sea: NDArray[np.bool_]) -> tuple[float, float]:
    """Return how far the two ends are from the coast along the path."""
    at = np.flatnonzero(sea)
    if not at.size:
        return NO_COAST_KM, NO_COAST_KM
    half = d[1] / 2
    return (0.0 if sea[0] else d[at[0]] - half), (0.0 if sea[-1] else d[-1] - d[at[-1]] - half)


@compiled
def sample_radial(
    run: Run, rows: Floats, grids: Grids, along: Floats, radius_m: float, zone: NDArray[np.uint8], clutter_m: Floats,
    canopy_m: Floats,
) -> int:  # fmt: skip
    """Fill in heights and zones along a radial, and return how many of its points have known ground.

    Parameters
    ----------
    run
        Step, and whether trees around a receiver are told apart.
    rows
        Of :class:`~lomsong.radio.p1812.radial.Room`.
    grids
        The terrain.
    along, radius_m
        See :meth:`~lomsong.radio.frame.Frame.radials`.
    zone
        Shape (n,).
    clutter_m, canopy_m
        What stands on the ground, told apart; shape (n,), or (0,) where it is not wanted.
    """
    height, width = grids.ground.shape
    edge = -0.5 - TOLERANCE_CELLS  # the centre of a site that stands on the edge may be told a hair beyond it
    for point in range(len(zone)):
        t = point * run.step * 1000 / radius_m
        row, column = 0.0, 0.0
        for k in range(along.shape[1] - 1, -1, -1):
            row, column = row * t + along[0, k], column * t + along[1, k]
        if not (edge <= row <= height - 1 - edge and edge <= column <= width - 1 - edge):
            return point
        ground = bilinear(grids.ground, row, column)
        if math.isnan(ground):
            return point
        at, across = min(int(row + 0.5), height - 1), min(int(column + 0.5), width - 1)
        clutter, canopy = grids.clutter[at, across], grids.canopy[at, across]
        rows[GROUND, point] = ground
        rows[OBSTACLE, point] = ground + max(clutter, canopy)
        rows[WOOD, point] = canopy if run.wood_db > 0 else 0.0
        zone[point] = grids.zone[at, across]
        if len(clutter_m):
            clutter_m[point], canopy_m[point] = clutter, canopy
    return len(zone)
