import math
from functools import lru_cache

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Geod, Transformer
from rasterio.transform import from_origin
from scipy.ndimage import gaussian_filter

from lomsong.errors import CrsError, DataError, FormatError, UsageError
from lomsong.radio import Physics, Site, Terrain, coverage_area, omni, sweep, three_gpp
from lomsong.radio.area import OUTSIDE
from lomsong.radio.p1812 import basic_loss
from lomsong.radio.vegetation import woodland_loss_db
from lomsong.texts import told

GEOD = Geod(ellps="WGS84")
WGS84 = CRS.from_epsg(4326)
UTM = CRS.from_epsg(32648)
DONG_NAI = (107.2, 11.3)
STEP = 100.0

SYSTEMS = {
    "degrees": (4326, *DONG_NAI, 0.0009, 0.0),
    "degrees at 69 N": (4326, 18.9, 69.6, 0.0009, 0.0),
    "degrees from 0 to 360": (4326, -72.0, -15.0, 0.0009, 360.0),
    "across the date line": (4326, 179.99, -17.0, 0.0009, 0.0),
    "UTM": (32648, *DONG_NAI, 100.0, 0.0),
    "UTM, far from its meridian": (32648, 110.5, 20.0, 100.0, 0.0),
    "VN-2000": (5899, 107.1, 10.95, 100.0, 0.0),
}


def hills(epsg, longitude, latitude, cell, turn=0.0, size=100, seed=3, sea=False, bare=False):
    """Hilly country with woods and towns around a place, which lies off the middle of its cell."""
    rng = np.random.default_rng(seed)
    ground = 900 * gaussian_filter(rng.normal(size=(size, size)), 5) + 5 * rng.normal(size=(size, size)) + 200
    wood = 14.0 * (gaussian_filter(rng.normal(size=ground.shape), 3) > 0.02)
    town = 11.0 * (gaussian_filter(rng.normal(size=ground.shape), 2) > 0.12)
    zone = np.full(ground.shape, 4)
    if sea:
        zone[:, : size // 2 - 4], zone[:, size // 2 - 4 : size // 2 + 9] = 1, 3
        ground[zone == 1], wood[zone == 1], town[zone == 1] = 0, 0, 0
    if bare:
        wood, town = 0 * wood, 0 * town
    crs = CRS.from_epsg(epsg)
    x, y = Transformer.from_crs(WGS84, crs, always_xy=True).transform(longitude, latitude)
    transform = from_origin(x + turn - (size / 2 + 0.2) * cell, y + (size / 2 - 0.1) * cell, cell, cell)
    return Terrain(ground, wood, transform, crs, town, zone)


def flat(size=81, height=10.0, step=STEP, epsg=32648, place=DONG_NAI, ground=None):
    crs = CRS.from_epsg(epsg)
    x, y = Transformer.from_crs(WGS84, crs, always_xy=True).transform(*place)
    ground = np.full((size, size), height) if ground is None else ground
    return Terrain(
        ground, np.zeros_like(ground), from_origin(x - size * step / 2, y + size * step / 2, step, step), crs
    )


def free_space(d_km, f_ghz):
    """Equation (8) of P.1812."""
    return 92.4 + 20 * math.log10(f_ghz) + 20 * math.log10(d_km)


@lru_cache
def operation(crs, longitude, latitude):
    """The one that PROJ takes at a place."""
    to_crs = Transformer.from_crs(WGS84, crs, always_xy=True)
    to_crs.transform(longitude, latitude)
    return to_crs.get_last_used_operation()


def geodesic(terrain, site, bearing_deg, d_km):
    """Fractional row and column along a geodesic, by pyproj point by point."""
    n = len(d_km)
    start = np.full(n, site.longitude), np.full(n, site.latitude)
    east, north, _ = GEOD.fwd(*start, np.full(n, bearing_deg), 1000 * d_km)
    x, y, cells = east, north, terrain.transform
    if terrain.crs.is_projected:
        x, y = operation(terrain.crs, site.longitude, site.latitude).transform(east, north)
    else:
        middle = cells.c + terrain.ground_m.shape[1] * cells.a / 2
        x = (np.asarray(x) - middle + 180) % 360 - 180 + middle
    return (y - cells.f) / cells.e - 0.5, (x - cells.c) / cells.a - 0.5


def bilinear(grid, row, column):
    """Heights between cell centres; the outer half cell is as high as the outermost centres."""
    padded = np.pad(grid.astype(float), 1, mode="edge")
    top, left = np.floor(row).astype(int) + 1, np.floor(column).astype(int) + 1
    down, across = row + 1 - top, column + 1 - left
    upper = padded[top, left] * (1 - across) + padded[top, left + 1] * across
    return upper * (1 - down) + (padded[top + 1, left] * (1 - across) + padded[top + 1, left + 1] * across) * down


def centres(terrain):
    """Longitude and latitude of all cells, shape (rows, columns) each."""
    rows, columns = terrain.ground_m.shape
    cells = terrain.transform
    x, y = np.meshgrid(cells.c + (np.arange(columns) + 0.5) * cells.a, cells.f + (np.arange(rows) + 0.5) * cells.e)
    return Transformer.from_crs(terrain.crs, WGS84, always_xy=True).transform(x, y)


def towards(terrain, site):
    """True bearing in degrees and distance in metres of all cells."""
    east, north = centres(terrain)
    start = np.full(east.shape, site.longitude), np.full(east.shape, site.latitude)
    azimuth, _, away_m = GEOD.inv(*start, east, north)
    return azimuth, away_m


def trees(profile, wood, site, physics, step_m):
    """Where the stand of trees around the receiver begins, and its loss, as the module says them."""
    n, hrg = len(wood), physics.rx_height_m
    if physics.woodland is None or wood[-1] <= hrg:
        return n - 2, 0.0
    curved = profile.h_m - 500 / (157 / (157 - physics.delta_n) * 6371) * profile.d_km**2
    ray = np.linspace(curved[0] + site.height_m, curved[-1] + hrg, n)
    start = n - 2
    while start > 0 and wood[start] > 0 and curved[start] + wood[start] > ray[start]:
        start -= 1
    depth_m = step_m * max(n - 1.5 - start, 0.5)
    return start, float(woodland_loss_db(depth_m, site.frequency_mhz, physics.woodland))


def asked(site, physics):
    return {
        "f_ghz": site.frequency_mhz / 1000, "htg_m": site.height_m, "hrg_m": physics.rx_height_m,
        "polarization": physics.polarization, "p_percent": physics.p_percent, "delta_n": physics.delta_n,
        "pl_percent": physics.pl_percent, "sigma_l_db": physics.sigma_l_db,
    }  # fmt: skip


@pytest.mark.parametrize(
    "physics",
    [Physics(), Physics(p_percent=10, delta_n=60, sigma_l_db=6, pl_percent=90), Physics(woodland=None, rx_height_m=4)],
)
@pytest.mark.parametrize("system", SYSTEMS)
def test_a_cell_is_the_path_along_a_geodesic_to_it(system, physics):
    epsg, longitude, latitude, cell, turn = SYSTEMS[system]
    terrain = hills(epsg, longitude, latitude, cell, turn, sea="69" not in system)
    site, radius_m = Site(longitude, latitude, 25.0, 1800.0), 4_300.0 if "69" not in system else 1_900.0
    swept = sweep(terrain, site, radius_m, physics=physics)
    known, loss = np.argwhere(np.isfinite(swept.loss_db)), swept.loss
    azimuth, away_m = towards(terrain, site)
    compared = 0
    for row, column in np.random.default_rng(1).choice(known, 40):
        found = swept.path(row, column)
        radial, end = divmod(int(swept.lookup[row, column]), loss.shape[1])
        if found is None:
            assert end == 1
            continue
        profile, coast = found
        # The end of the path is the point of all radials that is nearest to the cell.
        assert abs(1000 * profile.length_km - away_m[row, column]) <= 0.5 * swept.step_m + 0.01
        bearing = 360 * radial / len(loss)
        assert abs((bearing - azimuth[row, column] + 180) % 360 - 180) <= 180 / len(loss) + 1e-4
        east, north = (each[row, column] for each in centres(terrain))
        assert GEOD.inv(*profile.rx_lonlat, east, north)[2] <= 0.75 * swept.step_m
        np.testing.assert_allclose(profile.d_km, np.arange(end + 1) * swept.step_m / 1000, rtol=1e-12)
        at = geodesic(terrain, site, bearing, profile.d_km)
        np.testing.assert_allclose(profile.h_m, bilinear(terrain.ground_m, *at), atol=2e-3)
        cells = tuple(np.rint(each).astype(int).clip(0, 99) for each in at)
        if np.abs(np.abs(at - np.rint(at)) - 0.5).min() < 1e-5:
            continue  # on the edge of two cells
        standing = np.maximum(terrain.canopy_m, terrain.clutter_m)[cells].astype(float)
        start, trees_db = trees(profile, terrain.canopy_m[cells], site, physics, swept.step_m)
        standing[start + 1 :] = 0
        np.testing.assert_allclose(profile.clutter_m, standing)
        np.testing.assert_array_equal(profile.zone, terrain.zone[cells])
        expected = basic_loss(profile, **asked(site, physics), **coast).lb_db + trees_db
        assert float(loss[radial, end]) == pytest.approx(expected, abs=1e-3)
        compared += 1
    assert compared > 30


def test_the_distance_of_the_coast_by_hand():
    terrain = hills(*SYSTEMS["UTM"][:4], sea=True)
    swept = sweep(terrain, Site(*DONG_NAI, 25.0, 900.0), 4_000.0)
    profile, coast = swept.path(50, 12)  # west over the coast, half of it sea
    seas = np.flatnonzero(profile.zone == 1)
    border_km = (profile.d_km[seas[0]] + profile.d_km[seas[0] - 1]) / 2
    assert coast == {"dct_km": pytest.approx(border_km), "dcr_km": 0.0}
    assert coast["dct_km"] == pytest.approx(0.43, abs=0.1)
    assert swept.path(50, 80)[1] == {"dct_km": 500.0, "dcr_km": 500.0}


def test_at_sea_there_is_no_location_variability():
    place, spread = Site(*DONG_NAI, 25.0, 900.0), Physics(sigma_l_db=8.0, pl_percent=90.0)
    terrain = hills(*SYSTEMS["UTM"][:4], sea=True)
    plain, varied = (sweep(terrain, place, 4_000.0, physics=each) for each in (Physics(), spread))
    known = np.argwhere(np.isfinite(plain.loss_db))
    more = (varied.loss_db - plain.loss_db)[tuple(known.T)]
    ends = np.array([path[0].zone[-1] if path else 0 for path in (plain.path(*each) for each in known)])
    np.testing.assert_allclose(more[ends == 1], 0, atol=1e-4)
    np.testing.assert_allclose(more[ends > 1], 8 * 1.2816, atol=3e-3)
    assert min((ends == 1).sum(), (ends > 1).sum()) > 500


def test_workers_change_nothing_and_nothing_is_changed():
    terrain = hills(*SYSTEMS["UTM"][:4])
    site, physics = Site(*DONG_NAI, 25.0, 900.0, 30.0, 40.0, 2.0, three_gpp()), Physics()
    before = [each.tobytes() for each in (terrain.ground_m, terrain.canopy_m, terrain.clutter_m, terrain.zone)]
    areas = [coverage_area(terrain, site, 4_000.0, physics=physics, workers=count) for count in (1, 2, 5, 0)]
    assert len({(area.loss_db.tobytes(), area.level_dbm.tobytes()) for area in areas}) == 1
    after = [each.tobytes() for each in (terrain.ground_m, terrain.canopy_m, terrain.clutter_m, terrain.zone)]
    assert before == after
    assert np.isfinite(areas[0].level_dbm).sum() > 4_500


def test_the_grid_is_that_of_the_dem_and_the_radius_a_circle():
    terrain = hills(*SYSTEMS["degrees"][:4])
    site = Site(*DONG_NAI, 25.0, 900.0, 30.0)
    area = coverage_area(terrain, site, 3_000.0)
    assert area.crs == terrain.crs
    column = (area.transform.c - terrain.transform.c) / area.transform.a
    row = (area.transform.f - terrain.transform.f) / area.transform.e
    assert (row, column) == pytest.approx((round(row), round(column)), abs=1e-6)
    _, away_m = towards(terrain, site)
    rows, columns = area.loss_db.shape
    away_m = away_m[round(row) : round(row) + rows, round(column) : round(column) + columns]
    assert (np.isfinite(area.loss_db) == (away_m <= 3_000)).all()
    assert area.loss_db.dtype == area.level_dbm.dtype == np.float32
    np.testing.assert_allclose(area.level_dbm, 30 - area.loss_db, atol=1e-4)


def smooth(longitude, latitude):
    return 300 + 120 * np.sin((longitude - 107.2) * 250) * np.cos((latitude - 11.3) * 200) + 2000 * (latitude - 11.3)


def test_the_same_country_in_two_systems():
    """Sampled on degrees and on metres; each cell of the one against that of the other in which its centre lies."""
    grids = []
    for epsg, cell in ((4326, 0.0005), (32648, 55.0)):  # of about one size
        empty = hills(epsg, *DONG_NAI, cell, size=140)
        ground = smooth(*centres(empty))
        grids.append(Terrain(ground, np.zeros_like(ground), empty.transform, empty.crs))
    first, second = (sweep(each, Site(*DONG_NAI, 30.0, 1800.0), 3_000.0).loss_db for each in grids)
    x, y = Transformer.from_crs(WGS84, UTM, always_xy=True).transform(*centres(grids[0]))
    cells = grids[1].transform
    column, row = np.floor((x - cells.c) / cells.a).astype(int), np.floor((y - cells.f) / cells.e).astype(int)
    other = second[row.clip(0, 139), column.clip(0, 139)]
    both = np.isfinite(first) & np.isfinite(other)
    off = (first - other)[both]
    assert both.sum() > 0.97 * np.isfinite(first).sum()
    assert abs(off.mean()) < 0.15
    assert np.median(np.abs(off)) < 0.6
    assert np.quantile(np.abs(off), 0.95) < 4.0


@pytest.mark.parametrize("system", ["degrees", "UTM", "VN-2000"])
def test_behind_a_void_and_nothing_else(system):
    terrain = hills(*SYSTEMS[system][:4])
    ground = terrain.ground_m.astype(float)
    rng = np.random.default_rng(2)
    ground[rng.integers(0, 100, 25), rng.integers(0, 100, 25)] = np.nan
    ground[47:54, 46:53] = terrain.ground_m[47:54, 46:53]
    holed = Terrain(ground, terrain.canopy_m, terrain.transform, terrain.crs, terrain.clutter_m, terrain.zone)
    site = Site(*SYSTEMS[system][1:3], 25.0, 900.0)
    whole, swept = sweep(terrain, site, 4_000.0), sweep(holed, site, 4_000.0)
    azimuth, away_m = towards(holed, site)
    radials, points = swept.loss.shape
    first = np.empty(radials)
    for radial in range(radials):
        row, column = geodesic(holed, site, 360 * radial / radials, np.arange(points) * swept.step_m / 1000)
        known = bilinear(ground, row.clip(-0.5, 99.5), column.clip(-0.5, 99.5))
        known[(row < -0.5) | (row > 99.5) | (column < -0.5) | (column > 99.5)] = np.nan
        first[radial] = np.append(np.flatnonzero(np.isnan(known)), points)[0]
    nearest = np.floor(azimuth * radials / 360 + 0.5).astype(int) % radials
    end = np.floor(away_m / swept.step_m + 0.5).clip(1, points - 1)
    wanted = (away_m <= 4_000) & np.isfinite(ground) & (end < first[nearest])
    strange = np.isfinite(swept.loss_db) != wanted
    assert strange.sum() <= 3  # a centre half way between two radials
    kept = np.isfinite(swept.loss_db)
    np.testing.assert_array_equal(swept.loss_db[kept], whole.loss_db[kept])
    hidden = np.isfinite(whole.loss_db) & ~kept
    assert 100 < hidden.sum() < 3_000
    assert np.isnan(swept.level_dbm(Site(*DONG_NAI, 25.0, 900.0, 30.0, 10.0, 3.0, three_gpp()))[hidden]).all()


def test_where_the_circle_sticks_out_of_the_dem_the_rest_stays():
    terrain = hills(*SYSTEMS["UTM"][:4])
    transform = from_origin(terrain.transform.c + 30 * STEP, terrain.transform.f, STEP, STEP)
    cut = Terrain(
        terrain.ground_m[:, 30:], terrain.canopy_m[:, 30:], transform,
        terrain.crs, terrain.clutter_m[:, 30:], terrain.zone[:, 30:],
    )  # fmt: skip
    site = Site(*DONG_NAI, 25.0, 900.0)
    whole, part = sweep(terrain, site, 4_000.0).loss_db[:, 30:], sweep(cut, site, 4_000.0).loss_db
    assert np.isfinite(part).sum() > 4_000
    # The path to a cell at the very edge may end beyond it, and in its outer half the ground is flat.
    np.testing.assert_allclose(part[:, 1:], whole[:, 1:], atol=1e-3)


@pytest.mark.parametrize(("across", "down"), [(0, 0.5), (1, 0.5), (0.5, 0), (0.5, 1), (1, 1)])
def test_a_site_on_the_edge_of_the_dem_sees_what_lies_within(across, down):
    """Where the last cell ends at 107.09° its edge is computed as 107.09000000000001 or 107.08999999999999."""
    terrain = Terrain(
        np.full((100, 100), 10.0), np.zeros((100, 100)), from_origin(107.06, 11.05, 0.0003, 0.0003), WGS84
    )
    found = coverage_area(terrain, Site(107.06 + 0.03 * across, 11.05 - 0.03 * down, 30.0, 1800.0), 1_000.0)
    cells = math.pi * 1_000**2 / (33.18 * 32.79) * (0.25 if across == down == 1 else 0.5)
    assert np.isfinite(found.loss_db).sum() == pytest.approx(cells, rel=0.02)


@pytest.mark.parametrize("angles", [(math.inf, 0.0), (10.0, math.nan), (10.0, 400.0)])
def test_a_direction_that_is_none_is_told_and_no_empty_map(angles):
    site = Site(*DONG_NAI, 30.0, 1800.0, 30.0, *angles, three_gpp())
    with pytest.raises(UsageError, match="_deg"):
        coverage_area(flat(), site, 500.0)


def test_on_a_plain_distance_alone_counts():
    site = Site(*DONG_NAI, 30.0, 1800.0)
    swept = sweep(flat(size=101), site, 5_000.0, physics=Physics(p_percent=20))
    loss = swept.loss[:, 1:]
    np.testing.assert_allclose(np.nanmax(loss, axis=0), np.nanmin(loss, axis=0), atol=2e-3)
    by_point = np.nanmean(loss, axis=0)
    assert (np.diff(by_point) > 0).all()
    assert np.abs(np.diff(by_point, 2))[3:].max() < 0.5
    assert by_point[0] == pytest.approx(free_space(math.hypot(0.1, 0.0285), 1.8), abs=1e-3)


def test_a_round_hill_looks_alike_all_around():
    empty = flat(size=161, step=50.0)
    site = Site(*DONG_NAI, 30.0, 900.0)
    _, away_m = towards(empty, site)
    hill = flat(size=161, step=50.0, ground=200 + 60 * np.cos(away_m / 500))
    swept = sweep(hill, site, 3_900.0)
    loss = swept.loss[:, 1:]
    spread = np.nanmax(loss, axis=0) - np.nanmin(loss, axis=0)
    assert spread[3:].max() < 0.8
    assert np.median(spread) < 0.15
    assert np.nanmean(loss, axis=0).max() - free_space(3.9, 0.9) > 15  # not all in sight
    jumps = np.abs(np.diff(np.vstack([loss, loss[:1]]), axis=0))
    assert np.nanmax(jumps[:, 3:]) < 0.6
    assert np.nanquantile(jumps[:, 3:], 0.99) < 0.3


@pytest.mark.parametrize("tilt_deg", [0.0, 6.0])
def test_three_sectors_show_their_pattern_at_every_bearing(tilt_deg):
    """With the antenna 40 m above a plain the directions are known."""
    terrain, pattern = flat(size=101), three_gpp(65, downtilt_deg=4, front_to_back_db=25)
    at = Site(*DONG_NAI, 41.5, 1800.0)
    swept = sweep(terrain, at, 4_800.0)
    radials, points = swept.loss.shape
    bearing, end = np.arange(radials)[:, None] * 360 / radials, np.arange(1, points)[None, :]
    bulge_m = 500 / (157 / (157 - 45) * 6371) * (end * swept.step_m / 1000) ** 2
    down = np.degrees(np.arctan((40 + bulge_m) / (end * swept.step_m)))
    for azimuth in (0.0, 120.0, 240.0):
        sector = Site(*DONG_NAI, 41.5, 1800.0, 43.0, azimuth, tilt_deg, pattern)
        weaker = np.zeros((radials, points))
        weaker[:, 1:] = pattern.attenuation_db(bearing, down, azimuth, tilt_deg)
        inside = swept.lookup != OUTSIDE
        expected = 43.0 - swept.loss_db[inside] - weaker.ravel()[swept.lookup[inside]]
        level = swept.level_dbm(sector)
        np.testing.assert_allclose(level[inside], expected, atol=2e-3)
        assert np.isnan(level[~inside]).all()
        assert weaker[:, 1:].min() < 0.3
        assert weaker.max() == pytest.approx(25)
    if tilt_deg:
        return
    # By hand: 3 dB at half of the beamwidth to either side, and 12 (off / 10)² of the vertical cut.
    east, north = (round(each) for each in swept.frame.site[::-1])
    away, off = 30, 45.0
    sector = Site(*DONG_NAI, 41.5, 1800.0, 43.0, 0.0, 0.0, pattern)
    got = swept.level_dbm(sector)[north - away, east + away] + swept.loss_db[north - away, east + away]
    vertical = 12 * ((math.degrees(math.atan(40 / (away * 2**0.5 * STEP))) - 4) / 10) ** 2
    assert 43.0 - got == pytest.approx(12 * (off / 65) ** 2 + vertical, abs=0.3)


def test_level_by_hand_under_the_main_beam():
    """40 m above a plain, a cell 400 m east: 5.7 degrees below the horizon."""
    pattern = omni(10, downtilt_deg=0)
    sector = Site(*DONG_NAI, 41.5, 1800.0, 30.0, math.nan, 0.0, pattern)
    swept = sweep(flat(size=41), sector, 1_500.0)
    # The site is the centre of cell (20, 20).
    loss, level = swept.loss_db[20, 24], swept.level_dbm(sector)[20, 24]
    assert 30.0 - loss - level == pytest.approx(12 * (math.degrees(math.atan(0.1)) / 10) ** 2, abs=0.05)


@given(st.floats(-20, 80), st.floats(0, 360), st.floats(-10, 20))
@settings(max_examples=20, deadline=None)
def test_a_level_is_never_above_what_the_antenna_radiates(eirp, azimuth, tilt):
    sector = Site(*DONG_NAI, 41.5, 1800.0, eirp, azimuth, tilt, three_gpp())
    swept = sweep(flat(size=31), sector, 1_000.0)
    level = swept.level_dbm(sector)
    gap = (eirp - swept.loss_db - level)[np.isfinite(level)]
    assert gap.min() >= -1e-3
    assert gap.max() <= 30 + 1e-3
    louder = swept.level_dbm(Site(*DONG_NAI, 41.5, 1800.0, eirp + 10, azimuth, tilt, three_gpp()))
    np.testing.assert_allclose((louder - level)[np.isfinite(level)], 10, atol=1e-3)


def test_no_eirp_no_level():
    area = coverage_area(flat(size=31), Site(*DONG_NAI, 30.0, 900.0), 1_000.0)
    assert np.isfinite(area.loss_db).sum() > 250
    assert np.isnan(area.level_dbm).all()


def written(path, values, transform, crs, unit=None):
    with rasterio.open(
        path, "w", driver="GTiff", width=values.shape[1], height=values.shape[0], count=1, dtype="float32",
        crs=crs and crs.to_wkt(), transform=transform, nodata=-9999,
    ) as target:  # fmt: skip
        target.write(values.astype(np.float32), 1)
        if unit:
            target.set_band_unit(1, unit)
    return path


def test_a_dem_in_feet_equals_one_in_metres(tmp_path):
    terrain = hills(*SYSTEMS["UTM"][:4], bare=True)
    metres = written(tmp_path / "m.tif", terrain.ground_m, terrain.transform, terrain.crs)
    feet = written(tmp_path / "ft.tif", terrain.ground_m.astype(float) / 0.3048, terrain.transform, terrain.crs, "ft")
    site = Site(*DONG_NAI, 30.0, 900.0)
    first, second = (coverage_area(each, site, 3_000.0).loss_db for each in (metres, feet))
    assert np.isfinite(first).sum() > 2_500
    np.testing.assert_allclose(first, second, atol=0.01)


def test_without_a_reference_system(tmp_path):
    terrain = hills(*SYSTEMS["UTM"][:4])
    path = written(tmp_path / "none.tif", terrain.ground_m, terrain.transform, None)
    with pytest.raises(CrsError, match=r"none\.tif") as error:
        coverage_area(path, Site(*DONG_NAI, 30.0, 900.0))
    assert told(error.value, "vi") != told(error.value, "en")
    with pytest.raises(FormatError, match=r"missing\.tif"):
        coverage_area(tmp_path / "missing.tif", Site(*DONG_NAI, 30.0, 900.0))


WRONG = [
    ({"height_m": 0.9}, {}, UsageError, "htg_m = 0.9", "chiều cao ăng-ten phát"),
    ({"height_m": -30.0}, {}, UsageError, "htg_m = -30", "chiều cao ăng-ten phát"),
    ({"height_m": 3001.0}, {}, UsageError, "1…3000", "chiều cao ăng-ten phát"),
    ({"frequency_mhz": 29.0}, {}, UsageError, "f_ghz = 0.029", "tần số"),
    ({"frequency_mhz": 26_000.0}, {}, UsageError, "f_ghz = 26", "tần số"),
    ({"frequency_mhz": math.nan}, {}, UsageError, "f_ghz = nan", "tần số"),
    ({}, {"physics": Physics(rx_height_m=0.5)}, UsageError, "hrg_m = 0.5", "chiều cao ăng-ten thu"),
    ({}, {"physics": Physics(p_percent=60)}, UsageError, "p_percent = 60", "phần trăm thời gian"),
    ({}, {"physics": Physics(polarization="slant")}, UsageError, "slant", "phân cực"),
    ({"latitude": 11.6}, {}, DataError, "outside the DEM", "nằm ngoài DEM"),
    ({"latitude": math.nan}, {}, UsageError, "nowhere on Earth", "không có trên Trái Đất"),
    ({}, {"radius_m": -1.0}, UsageError, "radius of -1", "bán kính"),
    ({}, {"radius_m": math.inf}, UsageError, "radius of inf", "bán kính"),
    ({}, {"step_m": 0.0}, UsageError, "step_m = 0.0", "phải là số hữu hạn"),
    ({}, {"step_m": -30.0}, UsageError, "step_m = -30", "phải là số hữu hạn"),
    ({}, {"step_m": math.nan}, UsageError, "step_m = nan", "phải là số hữu hạn"),
    ({}, {"step_m": 0.01}, UsageError, "at least", "không dưới"),
    ({}, {"step_m": "wide"}, UsageError, "'wide'", "phải là số hữu hạn"),
]


@pytest.mark.parametrize(("of_site", "more", "kind", "english", "vietnamese"), WRONG)
def test_what_cannot_be_is_told_in_both_languages(of_site, more, kind, english, vietnamese):
    given = {"longitude": DONG_NAI[0], "latitude": DONG_NAI[1], "height_m": 30.0, "frequency_mhz": 900.0} | of_site
    with pytest.raises(kind) as error:
        coverage_area(flat(), Site(**given), **({"radius_m": 3_000.0} | more))
    assert english in told(error.value, "en")
    assert vietnamese in told(error.value, "vi")
    assert "\n" not in str(error.value)


def test_a_site_on_a_void_or_beyond_the_terrain():
    ground = np.full((81, 81), 10.0)
    ground[40, 40] = np.nan
    with pytest.raises(DataError, match=r"site T1 .* void") as error:
        coverage_area(flat(ground=ground), Site(*DONG_NAI, 30.0, 900.0, name="T1"), 2_000.0)
    assert "trạm T1" in told(error.value, "vi")
    with pytest.raises(DataError, match="outside the terrain"):
        sweep(flat(), Site(DONG_NAI[0] + 0.05, DONG_NAI[1], 30.0, 900.0), 2_000.0)
    # Half way from a known cell to a void the ground is not known either.
    ground[40, 40], ground[40, 41] = 10.0, np.nan
    with pytest.raises(DataError, match="void"):
        sweep(flat(ground=ground), Site(DONG_NAI[0] + 0.0003, DONG_NAI[1], 30.0, 900.0), 2_000.0)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_tiny_terrains(size):
    area = coverage_area(flat(size=size), Site(*DONG_NAI, 30.0, 900.0, 30.0), 2_000.0)
    assert area.loss_db.shape == (size, size)
    # A path is at least one step long, and from a single cell every step leads out of it.
    assert np.isfinite(area.loss_db).sum() == (0 if size == 1 else size**2)


@pytest.mark.parametrize("radius_m", [1.0, 40.0, 100.0, 150.0])
def test_small_circles(radius_m):
    terrain, site = flat(size=41), Site(*DONG_NAI, 30.0, 900.0, 30.0)
    swept = sweep(terrain, site, radius_m)
    _, away_m = towards(terrain, site)
    np.testing.assert_array_equal(np.isfinite(swept.loss_db), away_m <= radius_m)
    assert np.isfinite(swept.loss_db[20, 20]) == (away_m[20, 20] <= radius_m)


def test_next_to_the_site_there_is_free_space():
    terrain = hills(*SYSTEMS["UTM"][:4])
    site = Site(*DONG_NAI, 30.0, 900.0)
    swept = sweep(terrain, site, 2_000.0)
    row, column = (round(each) for each in swept.frame.site)
    radial, end = divmod(int(swept.lookup[row, column]), swept.loss.shape[1])
    assert end == 1
    assert swept.path(row, column) is None
    at = geodesic(terrain, site, 360 * radial / len(swept.loss), np.array([0, swept.step_m / 1000]))
    ground = bilinear(terrain.ground_m, *at)
    slant_km = math.hypot(swept.step_m, ground[0] + 30 - ground[1] - 1.5) / 1000
    assert swept.loss_db[row, column] == pytest.approx(free_space(slant_km, 0.9), abs=1e-3)


def test_a_finer_step_tells_about_the_same():
    terrain, site = hills(*SYSTEMS["UTM"][:4], bare=True), Site(*DONG_NAI, 30.0, 900.0)
    plain, fine = (sweep(terrain, site, 3_000.0, step_m=each) for each in (None, 40.0))
    assert plain.step_m == pytest.approx(100.0)
    assert fine.step_m == 40.0
    off = (plain.loss_db - fine.loss_db)[np.isfinite(plain.loss_db)]
    assert np.isfinite(off).all()
    assert np.median(np.abs(off)) < 1.0
    assert abs(off.mean()) < 1.0
