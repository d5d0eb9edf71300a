"""Antennas as loops over many paths take them: what is heard of them with nothing in the way, and where paths run."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lomsong.radio.antenna import STEPS, Pattern, attenuation_db
from lomsong.radio.compiled import compiled, merged
from lomsong.radio.frame import Floats
from lomsong.radio.onepath import Way
from lomsong.radio.p1812.radial import Run
from lomsong.radio.p1812.wave import Wave
from lomsong.radio.site import Physics, Site
from lomsong.radio.terrain import Terrain

Receiver = tuple[float, float, float]
"""Easting, northing and height of the antenna above the sea."""


class Plane(NamedTuple):
    """Where the grid lies, how far masts are heard, and the latitude of its middle in radians."""

    west_m: float
    north_m: float
    cell_m: float
    radius_m: float
    latitude: float


class Masts(NamedTuple):
    """Antennas at one place, height and frequency; from ``first[m]`` to ``first[m + 1]`` the sectors of each."""

    at: Floats  # easting, northing, above the sea, above ground; shape (m, 4)
    waves: Floats  # the fields of Wave, wood_db and wood_db_per_m; shape (m, 12)
    first: NDArray[np.int64]
    loudest_dbm: Floats  # of the mast's sectors
    row: NDArray[np.int64]  # of the sector in the caller's table
    sectors: Floats  # eirp_dbm, azimuth_deg, tilt_deg, pattern, its most_db; shape (sectors, 5)
    cuts: Floats  # horizontal and vertical cut of each pattern, shape (patterns, 2, 3600)


def masts_of(terrain: Terrain, at: Floats, antennas: list[Site], physics: Physics, *, share: bool = True) -> Masts:
    """Return the antennas at places, shape (m, 2); sectors of one place, height and frequency ``share`` a mast."""
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
    return Masts(
        np.column_stack([places[:, :2], ground_m + places[:, 2], places[:, 2]]),
        np.array([(*run.wave, run.wood_db, run.wood_db_per_m) for run in runs]).reshape(-1, len(Wave._fields) + 2),
        first,
        np.maximum.reduceat(sectors[:, 0], first[:-1]) if len(row) else np.empty(0),
        row.astype(np.int64),
        sectors,
        cuts,
    )


@merged
def run_towards(of: Run, waves: Floats, mast: int, height_m: float, step: float) -> Run:
    """Return the constants of a path with the wave of a mast."""
    w, m = waves, mast
    wave = Wave(w[m, 0], w[m, 1], w[m, 2], w[m, 3], w[m, 4], w[m, 5], w[m, 6], w[m, 7], w[m, 8], w[m, 9])
    return Run(
        wave, step, height_m, of.hrg, 50.0, True, of.local, of.timed_db, of.ae, of.ab, of.bare, w[m, 10], w[m, 11]
    )


@merged
def way_to(plane: Plane, east_m: float, north_m: float, receiver: Receiver) -> tuple[Way, float]:
    """Return the path from a mast to a receiver, and its length in m."""
    east, north, cell = receiver[0] - east_m, receiver[1] - north_m, plane.cell_m
    length_m = max(math.sqrt(east * east + north * north), 1e-3)  # a receiver on the spot of the mast
    row, column = (plane.north_m - north_m) / cell - 0.5, (east_m - plane.west_m) / cell - 0.5
    return Way(row, column, -north / cell, east / cell, max(math.ceil(length_m / cell), 1)), length_m


@merged
def loudest_towards(
    at: Floats, first: NDArray[np.int64], sectors: Floats, cuts: Floats, mast: int,
    receiver: Receiver,
) -> tuple[float, int]:  # fmt: skip
    """Return the sector of a mast that is loudest towards a receiver: its EIRP there, in dBm, and which it is."""
    east, north, fall = receiver[0] - at[mast, 0], receiver[1] - at[mast, 1], at[mast, 2] - receiver[2]
    bearing = math.degrees(math.atan2(east, north))
    down = math.degrees(math.atan2(fall, max(math.sqrt(east * east + north * north), 1e-3)))
    best, which = -math.inf, -1
    for sector in range(first[mast], first[mast + 1]):
        eirp, azimuth, tilt = sectors[sector, 0], sectors[sector, 1], sectors[sector, 2]
        pattern, most_db = int(sectors[sector, 3]), sectors[sector, 4]
        if pattern >= 0:
            eirp -= attenuation_db(bearing, down, azimuth, tilt, cuts[pattern, 0], cuts[pattern, 1], most_db)
        if eirp > best or which < 0:
            best, which = eirp, sector
    return best, which


@merged
def hoped_dbm(at: Floats, waves: Floats, loudest_dbm: float, mast: int, receiver: Receiver) -> float:
    """Return the level of the loudest sector pointed here with nothing in the way: no level is above it."""
    east, north, rise = receiver[0] - at[mast, 0], receiver[1] - at[mast, 1], at[mast, 2] - receiver[2]
    slant_km2 = max(east * east + north * north + rise * rise, 1e-6) * 1e-6
    return loudest_dbm - waves[mast, 3] - 10 * math.log10(slant_km2)


@merged
def is_near(plane: Plane, at: Floats, mast: int, receiver: Receiver) -> bool:
    """Tell whether a mast lies within the radius and the ground is known at both ends."""
    east, north = receiver[0] - at[mast, 0], receiver[1] - at[mast, 1]
    known = not math.isnan(at[mast, 2] + receiver[2])
    return known and east * east + north * north <= plane.radius_m * plane.radius_m


@compiled
def masts_around(masts: Masts, receivers: Floats, radius_m: float) -> tuple[Floats, NDArray[np.int64]]:
    """Return the masts within the radius of the box around all receivers, and which they are.

    Of each: easting, northing, height above the sea, power of its loudest sector in mW after a metre of free space, and
    that sector's EIRP in dBm.
    """
    west, south, east, north = math.inf, math.inf, -math.inf, -math.inf
    for i in range(len(receivers)):
        west, south = min(west, receivers[i, 0]), min(south, receivers[i, 1])
        east, north = max(east, receivers[i, 0]), max(north, receivers[i, 1])
    around, near, count = np.empty((len(masts.at), 5)), np.empty(len(masts.at), np.int64), 0
    for mast in range(len(masts.at)):
        across = max(west - masts.at[mast, 0], masts.at[mast, 0] - east, 0.0)
        along = max(south - masts.at[mast, 1], masts.at[mast, 1] - north, 0.0)
        if across * across + along * along <= radius_m * radius_m and not math.isnan(masts.at[mast, 2]):
            near[count] = mast
            for part in range(3):
                around[count, part] = masts.at[mast, part]
            around[count, 4] = masts.loudest_dbm[mast]
            around[count, 3] = 10 ** ((masts.loudest_dbm[mast] - masts.waves[mast, 3] + 60) / 10)
            count += 1
    return around[:count], near[:count]


@compiled
def hope(around: Floats, receiver: Receiver, radius_m2: float, hoped: Floats) -> None:
    """Fill in the power in mW that reaches a receiver from each mast with nothing in the way; 0 out of reach.

    No power is above it. Powers are compared where levels would do, since a logarithm takes longer than all else here.
    """
    for mast in range(len(around)):
        east, north, rise = receiver[0] - around[mast, 0], receiver[1] - around[mast, 1], receiver[2] - around[mast, 2]
        level_m2 = east * east + north * north
        reached = level_m2 <= radius_m2 and not math.isnan(rise)
        hoped[mast] = around[mast, 3] / max(level_m2 + rise * rise, 1e-6) if reached else 0.0
