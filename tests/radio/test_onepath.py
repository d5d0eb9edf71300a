import math

import numpy as np
import pytest
from pyproj import CRS
from rasterio.transform import from_origin
from scipy.ndimage import gaussian_filter

from lomsong.radio import Physics, Terrain
from lomsong.radio.masts import Plane, way_to
from lomsong.radio.onepath import SLACK_DB, both_losses, land_of, meets_sea, track_for
from lomsong.radio.p1812.radial import radial_losses, room_for
from lomsong.radio.sampling import grids_of, is_bare, sample_radial
from lomsong.surface.pathloss import bare

UTM = CRS.from_epsg(3405)
STEP, ROWS, COLUMNS = 100.0, 90, 160
LATITUDE = math.radians(12.0)


def country(roughness=900.0, wood_m=14.0, seed=3, sea=False):
    """Hills, woods and towns, its south-west corner at (0, 0)."""
    rng = np.random.default_rng(seed)
    shape = ROWS, COLUMNS
    ground = roughness * gaussian_filter(rng.normal(size=shape), 6) + 5 * rng.normal(size=shape) + 150
    wood = np.where(gaussian_filter(rng.normal(size=shape), 3) > 0.02, wood_m, 0.0)
    town = np.where(gaussian_filter(rng.normal(size=shape), 2) > 0.12, wood_m / 2, 0.0)
    zone = np.full(shape, 4)
    if sea:
        zone[:, :50], ground[:, :50], wood[:, :50] = 1, 0.0, 0.0
    return Terrain(ground, wood, from_origin(0, ROWS * STEP, STEP, STEP), UTM, town, zone)


def pairs(count, seed=5):
    rng = np.random.default_rng(seed)
    return rng.uniform([0, 0], [COLUMNS * STEP, ROWS * STEP], (2, count, 2))


def run_of(terrain, physics, length_m, steps, height_m, frequency_mhz):
    return physics.run(height_m, frequency_mhz, length_m / steps, bare=is_bare(terrain))


def lie(terrain, tx, rx):
    plane = Plane(terrain.west_m, terrain.north_m, STEP, 1e5, 0.0)
    return way_to(plane, *tx, (*rx, 0.0))


def by_radial(terrain, tx, rx, physics, height_m, frequency_mhz):
    """The end of a radial of one path: how the loss was computed before paths had a way of their own."""
    way, length_m = lie(terrain, tx, rx)
    run = run_of(terrain, physics, length_m, way.steps, height_m, frequency_mhz)
    count = way.steps + 1
    room, zone, loss = room_for(count), np.empty(count, np.uint8), np.full(count, np.nan)
    along = np.array([[way.row, way.down], [way.column, way.across]])
    none = np.empty(0)
    if sample_radial(run, room.rows, grids_of(terrain), along, length_m, zone, none, none) == count:
        wanted = np.arange(count) == way.steps
        radial_losses(run, room, zone, wanted, count, LATITUDE, math.atan2(*(rx - tx)), loss)
    return loss[-1]


def by_path(
    terrain, tx, rx, physics, height_m, frequency_mhz, most_db=math.inf, most_bare_db=math.inf, latitude=LATITUDE
):
    way, length_m = lie(terrain, tx, rx)
    run = run_of(terrain, physics, length_m, way.steps, height_m, frequency_mhz)
    land, track = land_of(terrain), track_for(way.steps + 1)
    return both_losses(run, land.heights, land.canopy, *track, way, latitude, most_db, most_bare_db)


CASES = [
    (country(), Physics(), 40.0, 900.0),
    (country(300.0, 9.0, seed=8), Physics(rx_height_m=5.0, delta_n=60.0, polarization="horizontal"), 25.0, 1800.0),
    (country(60.0, 25.0, seed=9), Physics(woodland=None), 60.0, 700.0),
    (country(wood_m=0.0), Physics(pl_percent=90.0, sigma_l_db=5.5), 40.0, 2600.0),
]


@pytest.mark.parametrize(("terrain", "physics", "height_m", "frequency_mhz"), CASES)
def test_both_losses_are_those_of_radials_with_and_without_obstacles(terrain, physics, height_m, frequency_mhz):
    nothing, ducted, hidden = bare(terrain), 0, 0
    for tx, rx in zip(*pairs(150), strict=True):
        link = tx, rx, physics, height_m, frequency_mhz
        found = by_path(terrain, *link)
        expected = by_radial(terrain, *link), by_radial(nothing, *link)
        near_coast = by_path(terrain, *link, latitude=math.nan)
        assert near_coast.ducted == (math.isnan(near_coast.loss_db) or math.isnan(near_coast.bare_db))
        assert not found.ducted
        ducted += near_coast.ducted
        assert near_coast.ducted or near_coast == found
        for loss_db, wanted_db in zip((found.loss_db, found.bare_db), expected, strict=True):
            assert loss_db == pytest.approx(wanted_db, abs=1e-6)
        hidden += expected[0] > expected[1] + 1
    assert 0 < ducted < 150
    assert hidden > 20 or is_bare(terrain)


@pytest.mark.parametrize("spare_db", [-30.0, -5.0, -0.5, 0.0, 0.5, 5.0])
def test_a_path_is_given_up_only_when_it_loses_more_than_allowed(spare_db):
    terrain, physics, height_m, frequency_mhz = CASES[0]
    given_up = kept = 0
    for tx, rx in zip(*pairs(150, seed=6), strict=True):
        link = tx, rx, physics, height_m, frequency_mhz
        full = by_path(terrain, *link)
        if full.ducted:
            continue
        found = by_path(terrain, *link, full.loss_db + spare_db, full.bare_db + spare_db)
        for part_db, all_db in ((found.loss_db, full.loss_db), (found.bare_db, full.bare_db)):
            assert part_db in (all_db, math.inf)
            assert part_db == all_db or spare_db < -SLACK_DB
            given_up, kept = given_up + (part_db == math.inf), kept + (part_db == all_db)
    assert given_up > 100 if spare_db == -30 else kept > 100


def test_a_knife_edge_below_the_line_of_sight_by_hand():
    ground = np.zeros((ROWS, COLUMNS))
    transform = from_origin(0, ROWS * STEP, STEP, STEP)
    flat = Terrain(ground, np.zeros_like(ground), transform, UTM)
    tx, rx = np.array([1050.0, 4050.0]), np.array([3050.0, 4050.0])
    slant_km = math.hypot(2.0, 0.0385)
    free_db = 92.4 + 20 * math.log10(0.9) + 20 * math.log10(slant_km)
    # A wall of 18 m in the middle: the line between the antennas passes at 20.75 m, the Earth bulges by 0.06 m.
    wall = ground.copy()
    wall[:, 20] = 18.0
    standing = Terrain(ground, wall, transform, UTM)
    found = by_path(standing, tx, rx, Physics(), 40.0, 900.0)
    above = 18 - 20.75 + 500 / (157 / 112 * 6371)
    nu = above * math.sqrt(0.002 * 2 / (0.2998 / 0.9 * 1 * 1))
    knife = 6.9 + 20 * math.log10(math.sqrt((nu - 0.1) ** 2 + 1) + nu - 0.1)
    edge = knife + (1 - math.exp(-knife / 6)) * (10 + 0.02 * 2)
    over_flat = by_path(flat, tx, rx, Physics(), 40.0, 900.0)
    assert over_flat.loss_db == over_flat.bare_db == found.bare_db
    assert over_flat.bare_db == pytest.approx(free_db, abs=1e-6)
    assert found.loss_db == pytest.approx(free_db + edge, abs=1e-3)
    assert edge > 5


def test_unknown_ground_and_the_sea():
    terrain = country(sea=True)
    plane = Plane(terrain.west_m, terrain.north_m, STEP, 1e5, 0.0)
    land = land_of(terrain)
    assert land.sea
    assert not land_of(country()).sea
    for west, met in ((3000.0, True), (6000.0, False)):
        way, _ = way_to(plane, west, 4000.0, (15_000.0, 4000.0, 0.0))
        assert meets_sea(land.zone, way) is met
    ground = np.where(np.arange(COLUMNS) == 80, np.nan, terrain.ground_m)
    torn = Terrain(ground, terrain.canopy_m, terrain.transform, UTM)
    link = Physics(), 40.0, 900.0
    across = by_path(torn, np.array([7000.0, 4000.0]), np.array([9000.0, 4000.0]), *link)
    assert math.isnan(across.loss_db)
    assert math.isnan(across.bare_db)
    beside = by_path(torn, np.array([9000.0, 4000.0]), np.array([12_000.0, 4000.0]), *link)
    assert math.isfinite(beside.loss_db)
