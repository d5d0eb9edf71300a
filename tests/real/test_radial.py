"""Radials cut from real terrain in whole metres, the loss at random points against one path at a time."""

import math
import zipfile

import numpy as np
import pytest

from lomsong.radio.p1812 import Profile, basic_loss
from lomsong.radio.p1812.mechanisms import scatter_time_db
from lomsong.radio.p1812.path import BETA0_RADIUS_KM, median_radius_km
from lomsong.radio.p1812.profile import COAST, INLAND, SEA
from lomsong.radio.p1812.radial import GROUND, NO_COAST_KM, OBSTACLE, Run, radial_losses, room_for
from lomsong.radio.p1812.wave import wave_of

pytestmark = pytest.mark.real

CLOSE_DB = 1e-5
CELLS, VOID = 1201, -32768
ROOM = room_for(400)


@pytest.fixture(scope="module")
def tiles(shared_data):
    """Heights of two tiles of 3 arc seconds with the latitude of their middle, north up."""
    found = []
    for name, latitude in (("N44W072", 44.5), ("S16E166", -15.5)):
        with zipfile.ZipFile(shared_data / "dem" / f"{name}.hgt.zip") as packed:
            raw = packed.read(next(entry for entry in packed.namelist() if entry.endswith(".hgt")))
        found.append((np.frombuffer(raw, ">i2").reshape(CELLS, CELLS).astype(float), latitude))
    return found


def cut(height, latitude, rng):
    """Return cells along a random radial in steps of whole cells: ground, step in km, bearing; empty from a void on."""
    row, column = rng.integers(0, CELLS, 2)
    south, east = [(0, 1), (1, 0), (1, 1), (-1, 0), (0, -1), (2, 1), (-1, 3)][rng.integers(7)]
    if rng.random() < 0.3:
        turn = rng.uniform(0, 2 * math.pi)
        south, east = math.sin(turn), math.cos(turn)
    k = np.arange(rng.integers(40, 300))
    rows, columns = np.round(row + south * k).astype(int), np.round(column + east * k).astype(int)
    inside = (rows >= 0) & (rows < CELLS) & (columns >= 0) & (columns < CELLS)
    ground = height[rows[inside], columns[inside]]
    gone = np.flatnonzero(ground == VOID)
    cell = math.radians(1 / 1200) * 6371
    step = cell * math.hypot(south, east * math.cos(math.radians(latitude)))
    bearing = math.degrees(math.atan2(east * math.cos(math.radians(latitude)), -south))
    return ground[: gone[0]] if len(gone) else ground, step, bearing


def asked_of(rng):
    return {
        "f_ghz": float(rng.choice([0.45, 0.8, 0.9, 1.8, 2.6, 3.5])), "htg_m": float(rng.choice([10, 20, 30, 42, 60])),
        "hrg_m": float(rng.choice([1.5, 2.0, 10.0])), "polarization": str(rng.choice(["horizontal", "vertical"])),
        "p_percent": float(rng.choice([10.0, 50.0, 50.0])), "delta_n": float(rng.choice([45.0, 60.0])),
    }  # fmt: skip


def radial(ground, clutter, zone, step, latitude, bearing, asked):
    size, p = len(ground), asked["p_percent"]
    run = Run(
        wave_of(asked["f_ghz"], asked["polarization"] == "vertical"), step, asked["htg_m"], asked["hrg_m"], p, p == 50,
        0.0, scatter_time_db(p, 325.0), median_radius_km(asked["delta_n"]), BETA0_RADIUS_KM, False, 0.0, 0.0,
    )  # fmt: skip
    loss = np.full(size, np.nan)
    ROOM.rows[GROUND, :size], ROOM.rows[OBSTACLE, :size] = ground, ground + clutter
    everywhere = np.ones(size, bool)
    radial_losses(run, ROOM, zone, everywhere, size, math.radians(latitude), math.radians(bearing), loss)
    return loss


def one(at, ground, clutter, zone, step, latitude, bearing, asked):
    d, sea = np.arange(at + 1) * step, np.flatnonzero(zone[: at + 1] == SEA)
    dct = dcr = NO_COAST_KM
    if len(sea):
        dct = 0.0 if zone[0] == SEA else (sea[0] - 0.5) * step
        dcr = 0.0 if zone[at] == SEA else (at - sea[-1] - 0.5) * step
    north, turn, arc = math.radians(latitude), math.radians(bearing), d[-1] / 6371.0
    sine = math.sin(north) * math.cos(arc) + math.cos(north) * math.sin(arc) * math.cos(turn)
    east = math.atan2(math.sin(turn) * math.sin(arc) * math.cos(north), math.cos(arc) - math.sin(north) * sine)
    end = math.degrees(east), math.degrees(math.asin(sine))
    profile = Profile(d, ground[: at + 1], clutter[: at + 1], zone[: at + 1], (0.0, latitude), end)
    return basic_loss(profile, **asked, dct_km=dct, dcr_km=dcr).lb_db


def test_random_points_of_radials_through_mountains_and_islands(tiles):
    rng, compared, off, kinds = np.random.default_rng(10), 0, [], set()
    while compared < 100_000:
        height, latitude = tiles[rng.integers(len(tiles))]
        ground, step, bearing = cut(height, latitude, rng)
        if len(ground) < 20 or ((ground == 0).all() and rng.random() < 0.9):
            continue
        zone = np.where(ground <= 0, SEA, np.where(ground < 100, COAST, INLAND)).astype(np.uint8)
        clutter = np.where(zone == SEA, 0.0, rng.choice([0.0, 0.0, 5.0, 10.0, 15.0], len(ground)))
        path = ground, clutter, zone, step, latitude, bearing, asked_of(rng)
        loss = radial(*path)
        for at in map(int, rng.integers(2, len(ground), 40)):
            expected = one(at, *path)
            if not abs(loss[at] - expected) <= CLOSE_DB:
                # A path that jumps by itself under a nanometre of ground is as right on either side.
                nudged = ground + 1e-9 * np.eye(len(ground))[1:at]
                expected = min((one(at, each, *path[1:]) for each in nudged), key=lambda other: abs(other - loss[at]))
            off.append(abs(loss[at] - expected))
        compared += 40
        kinds |= {(latitude, int(kind)) for kind in zone}
    assert kinds >= {(44.5, INLAND), (-15.5, SEA), (-15.5, COAST), (-15.5, INLAND)}
    assert max(off) <= CLOSE_DB, f"{np.sum(np.array(off) > CLOSE_DB)} of {len(off)} points, worst {max(off):.4f} dB"
