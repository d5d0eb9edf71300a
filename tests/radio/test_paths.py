import dataclasses
import math

import geopandas as gpd
import numpy as np
import pytest
from pyproj import CRS
from rasterio.transform import from_origin
from scipy.ndimage import gaussian_filter

from lomsong.errors import ColumnError, CrsError, DataError, UsageError
from lomsong.radio import NO_SITE, Physics, Site, Terrain, level_matrix, levels, sites_of
from lomsong.radio.p1812 import Profile, basic_loss
from lomsong.radio.vegetation import woodland_loss_db
from lomsong.texts import told


def sector_pattern_db(bearing, azimuth, beamwidth=65.0):
    """The horizontal cut of 3GPP TR 36.942 §4.2.1, as it is written there."""
    off = (np.asarray(bearing) - azimuth + 180) % 360 - 180
    return -np.minimum(12 * (off / beamwidth) ** 2, 25)


UTM = CRS.from_epsg(3405)
STEP = 100.0
WEST, SOUTH = 600_000.0, 2_300_000.0


def hills(rows=120, columns=150, seed=3, wooded=True, sea=False):
    rng = np.random.default_rng(seed)
    ground = 900 * gaussian_filter(rng.normal(size=(rows, columns)), 6) + 5 * rng.normal(size=(rows, columns)) + 150
    wood = gaussian_filter(rng.normal(size=(rows, columns)), 3) > 0.02
    town = gaussian_filter(rng.normal(size=(rows, columns)), 2) > 0.12
    zone = np.full(ground.shape, 4)
    if sea:
        zone[:, :60], zone[:, 60:80] = 1, 3
        ground[:, :60], wood[:, :60], town[:, :60] = 0, False, False
    transform = from_origin(WEST, SOUTH + rows * STEP, STEP, STEP)
    return Terrain(ground, np.where(wood & wooded, 14.0, 0.0), transform, UTM, np.where(town & wooded, 9.0, 0.0), zone)


def sectors(terrain, masts=12, seed=4):
    rng = np.random.default_rng(seed)
    west, south, east, north = terrain.bounds
    at = np.repeat(rng.uniform([west, south], [east, north], (masts, 2)), 3, axis=0)
    count = 3 * masts
    columns = {
        "site_id": [f"S{i // 3}" for i in range(count)],
        "operator": "viettel",
        "band_mhz": np.where(np.arange(count) % 2, 900.0, 1800.0),
        "height_m": np.repeat(rng.choice([25.0, 42.0, 60.0], masts), 3),
        "eirp_dbm": rng.uniform(25, 35, count),
        "azimuth_deg": np.where(np.arange(count) < 6, np.nan, np.tile([10.0, 130.0, 250.0], masts)),
        "downtilt_deg": np.where(np.arange(count) % 3, np.nan, 5.0),
        "beamwidth_deg": np.where(np.arange(count) % 4, 65.0, np.nan),
    }
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(at[:, 0], at[:, 1]), crs=UTM)


def receivers(terrain, count, seed=5):
    west, south, east, north = terrain.bounds
    return np.random.default_rng(seed).uniform([west, south], [east, north], (count, 2))


def one_loss(terrain, tx, point, site, physics):
    """The model as it is described, one path, with numpy and the scalar functions only."""
    length = float(np.hypot(*(point - tx)))
    steps = max(math.ceil(length / STEP), 1)
    share = np.arange(steps + 1) / steps
    path = tx + share[:, None] * (point - tx)
    ground, wood = terrain.ground_at(*path.T), terrain.canopy_at(*path.T)
    if steps < 2:
        slant_km = math.hypot(length, ground[0] + site.height_m - ground[-1] - physics.rx_height_m) / 1000
        return 92.4 + 20 * math.log10(site.frequency_mhz / 1000) + 20 * math.log10(slant_km)
    cells = np.column_stack([(terrain.north_m - path[:, 1]) / STEP, (path[:, 0] - terrain.west_m) / STEP])
    row, column = np.minimum(np.floor(cells).astype(int), np.array(terrain.ground_m.shape) - 1).T
    d_km, standing = share * length / 1000, np.maximum(wood, terrain.clutter_m[row, column])
    start, trees_db = steps - 1, 0.0
    if physics.woodland is not None and wood[-1] > physics.rx_height_m:
        curved = ground - 500 / (157 / (157 - physics.delta_n) * 6371) * d_km**2
        ray = np.linspace(curved[0] + site.height_m, curved[-1] + physics.rx_height_m, steps + 1)
        while start > 0 and wood[start] > 0 and curved[start] + wood[start] > ray[start]:
            start -= 1
        depth_m = length / steps * max(steps - start - 0.5, 0.5)
        trees_db = float(woodland_loss_db(depth_m, site.frequency_mhz, physics.woodland))
    standing[start + 1 :] = 0
    zone = terrain.zone[row, column]
    sea, coast = np.flatnonzero(zone == 1), {}
    if sea.size:
        coast["dct_km"] = 0.0 if zone[0] == 1 else (d_km[sea[0]] + d_km[sea[0] - 1]) / 2
        coast["dcr_km"] = 0.0 if zone[-1] == 1 else d_km[-1] - (d_km[sea[-1]] + d_km[sea[-1] + 1]) / 2
    profile = Profile(d_km, ground, standing, zone, (107.0, 21.0), (107.0, 21.0))
    return trees_db + basic_loss(
        profile, f_ghz=site.frequency_mhz / 1000, htg_m=site.height_m, hrg_m=physics.rx_height_m,
        polarization=physics.polarization, delta_n=physics.delta_n, **coast,
    ).lb_db  # fmt: skip


def one_level(terrain, tx, point, site, physics):
    weaker = 0.0
    if site.pattern is not None:
        east, north = point - tx
        fall = terrain.ground_at(*tx) + site.height_m - terrain.ground_at(*point) - physics.rx_height_m
        bearing, down = np.degrees(np.arctan2(east, north)), np.degrees(np.arctan2(fall, np.hypot(east, north)))
        weaker = float(site.pattern.attenuation_db(bearing, down, site.azimuth_deg, site.tilt_deg))
    return site.eirp_dbm - weaker - one_loss(terrain, tx, point, site, physics)


@pytest.mark.parametrize(
    ("wooded", "sea", "physics"),
    [
        (True, False, Physics(rx_height_m=1.5)),
        (True, True, Physics(rx_height_m=10.0, delta_n=60.0, polarization="horizontal")),
        (True, False, Physics(woodland=None)),
        (False, False, Physics(rx_height_m=3.0)),
    ],
)
def test_levels_equal_brute_force_over_all_sectors(wooded, sea, physics):
    terrain = hills(wooded=wooded, sea=sea)
    sites, points = sectors(terrain), receivers(terrain, 40)
    antennas = sites_of(sites)
    found, best = levels(terrain, sites, points, radius_m=7_000.0, physics=physics)
    at = np.column_stack([sites.geometry.x, sites.geometry.y])
    for i, point in enumerate(points):
        each = np.full(len(sites), -np.inf)
        for j in np.flatnonzero(np.hypot(*(at - point).T) <= 7_000):
            each[j] = one_level(terrain, at[j], point, antennas[j], physics)
        if np.isinf(each).all():
            assert np.isnan(found[i])
            assert best[i] == NO_SITE
            continue
        assert found[i] == pytest.approx(each.max(), abs=1e-3)
        assert each[best[i]] == pytest.approx(each.max(), abs=1e-3)


def test_matrix_equals_brute_force_and_the_floor_only_drops():
    terrain, physics = hills(), Physics()
    transmitters, points = receivers(terrain, 9, seed=8), receivers(terrain, 40)
    link = {"height_m": 42.0, "eirp_dbm": 32.0, "frequency_mhz": 800.0, "radius_m": 8_000.0}
    matrix = level_matrix(terrain, transmitters, points, **link)
    near = np.hypot(*(points[:, None] - transmitters[None]).transpose(2, 0, 1)) <= 8_000
    assert matrix.shape == (40, 9)
    assert matrix.nnz == near.sum() > 50
    rows, columns = near.nonzero()
    site = Site(0, 0, 42.0, 800.0, 32.0)
    expected = [
        one_level(terrain, transmitters[j], points[i], site, physics) for i, j in zip(rows, columns, strict=True)
    ]
    assert np.asarray(matrix[rows, columns]).ravel() == pytest.approx(expected, abs=1e-3)
    floored = level_matrix(terrain, transmitters, points, **link, floor_dbm=-100.0)
    kept = matrix.copy()
    kept.data[kept.data < -100] = 0
    kept.eliminate_zeros()
    assert 0 < kept.nnz < matrix.nnz
    assert (floored != kept).nnz == 0


def test_matrix_takes_a_height_for_each():
    terrain = hills()
    transmitters, points = receivers(terrain, 3, seed=8), receivers(terrain, 30)
    link = {"eirp_dbm": 32.0, "frequency_mhz": 800.0, "radius_m": 20_000.0}
    together = level_matrix(terrain, transmitters, points, height_m=np.array([20.0, 40.0, 60.0]), **link)
    for column, height in enumerate((20.0, 40.0, 60.0)):
        alone = level_matrix(terrain, transmitters[[column]], points, height_m=height, **link)
        np.testing.assert_array_equal(alone.toarray()[:, 0], together.toarray()[:, column])


def test_moving_everything_changes_nothing():
    terrain = hills()
    sites, points = sectors(terrain), receivers(terrain, 50)
    moved = Terrain(
        terrain.ground_m, terrain.canopy_m, from_origin(WEST - 3e4, terrain.north_m + 2e4, STEP, STEP), UTM,
        terrain.clutter_m,
    )  # fmt: skip
    shifted = sites.set_geometry(sites.translate(-3e4, 2e4))
    first, second = levels(terrain, sites, points), levels(moved, shifted, points + np.array([-3e4, 2e4]))
    assert second[0] == pytest.approx(first[0], abs=1e-3)
    assert (first[1] == second[1]).mean() > 0.95


def test_a_tower_more_never_lowers_the_level():
    terrain = hills()
    sites, points = sectors(terrain), receivers(terrain, 200)
    fewer, _ = levels(terrain, sites.iloc[:18], points)
    more, _ = levels(terrain, sites, points)
    assert np.isfinite(fewer).all()
    assert (more >= fewer).all()
    assert (more > fewer).mean() > 0.2


def test_sites_in_degrees_are_the_same_sites():
    terrain = hills()
    sites, points = sectors(terrain), receivers(terrain, 50)
    first, second = levels(terrain, sites, points)[0], levels(terrain, sites.to_crs(4326), points)[0]
    np.testing.assert_allclose(first, second, atol=0.05)


def test_only_the_median_of_time_counts():
    terrain = hills(sea=True)
    sites, points = sectors(terrain, masts=3), receivers(terrain, 100)
    first, second = (levels(terrain, sites, points, physics=Physics(p_percent=each))[0] for each in (50.0, 5.0))
    np.testing.assert_array_equal(first, second)


def test_nothing_is_said_out_of_reach_outside_and_across_a_void():
    ground = np.zeros((40, 100))
    ground[:, 50] = np.nan
    terrain = Terrain(ground, np.zeros_like(ground), from_origin(WEST, SOUTH + 4000, STEP, STEP), UTM)
    one = gpd.points_from_xy([WEST + 1000.0], [SOUTH + 2000.0])
    sites = sectors(terrain, masts=1).iloc[:1].set_geometry(one, crs=UTM)
    points = np.array([[1500.0, 2000.0], [4500.0, 2000.0], [8000.0, 2000.0], [-50.0, 2000.0], [5050.0, 2000.0]])
    points += [WEST, SOUTH]
    found, best = levels(terrain, sites, points, radius_m=9_000.0)
    assert np.isnan(found).tolist() == [False, False, True, True, True]
    assert best.tolist() == [0, 0, NO_SITE, NO_SITE, NO_SITE]
    far, none = levels(terrain, sites, points, radius_m=100.0)
    assert np.isnan(far).all()
    assert (none == NO_SITE).all()
    matrix = level_matrix(
        terrain, np.array([[WEST + 1000, SOUTH + 2000], [WEST - 10, SOUTH]]), points, height_m=40.0, eirp_dbm=30.0,
        frequency_mhz=800.0, radius_m=9_000.0,
    )  # fmt: skip
    assert matrix.nonzero()[0].tolist() == [0, 1]
    assert matrix.nonzero()[1].tolist() == [0, 0]


def test_on_the_spot_of_the_mast_and_equal_sectors():
    terrain = Terrain(np.zeros((9, 9)), np.zeros((9, 9)), from_origin(WEST, SOUTH + 900, STEP, STEP), UTM)
    site = sectors(terrain, masts=1).iloc[:1].assign(height_m=42.0, band_mhz=800.0, eirp_dbm=30.0)
    twice = site.iloc[[0, 0]].reset_index(drop=True)
    spot = np.column_stack([site.geometry.x, site.geometry.y])
    found, best = levels(terrain, twice, spot)
    assert found == pytest.approx(30.0 - (92.4 + 20 * np.log10(0.8) + 20 * np.log10(0.0405)), abs=1e-5)
    assert best.tolist() == [0]


def test_a_sector_is_heard_where_it_points():
    terrain = Terrain(np.zeros((60, 60)), np.zeros((60, 60)), from_origin(WEST, SOUTH + 6000, STEP, STEP), UTM)
    middle = np.array([WEST + 3000, SOUTH + 3000])
    sites = sectors(terrain, masts=1).assign(
        azimuth_deg=[0.0, 120.0, 240.0], eirp_dbm=30.0, downtilt_deg=np.nan, band_mhz=900.0, beamwidth_deg=65.0
    )
    sites = sites.set_geometry(gpd.points_from_xy([middle[0]] * 3, [middle[1]] * 3), crs=UTM)
    bearing = np.arange(5, 365, 10)
    turn = np.radians(bearing)
    points = middle + 2000 * np.column_stack([np.sin(turn), np.cos(turn)])
    found, best = levels(terrain, sites, points)
    off = np.abs((bearing[:, None] - [0, 120, 240] + 180) % 360 - 180)
    assert best.tolist() == off.argmin(axis=1).tolist()
    gains = sector_pattern_db(bearing, np.array([0.0, 120.0, 240.0])[best])
    everywhere, _ = levels(terrain, sites.iloc[:1].assign(azimuth_deg=np.nan), points)
    np.testing.assert_allclose(found - everywhere, gains, atol=1e-4)


def test_no_sites_and_no_points():
    terrain = hills()
    sites = sectors(terrain)
    found, best = levels(terrain, sites.iloc[:0], receivers(terrain, 3))
    assert np.isnan(found).all()
    assert (best == NO_SITE).all()
    assert levels(terrain, sites, np.empty((0, 2)))[0].shape == (0,)
    link = {"height_m": 42.0, "eirp_dbm": 32.0, "frequency_mhz": 800.0, "radius_m": 8_000.0}
    assert level_matrix(terrain, np.empty((0, 2)), receivers(terrain, 3), **link).shape == (3, 0)
    assert level_matrix(terrain, receivers(terrain, 3), np.empty((0, 2)), **link).shape == (0, 3)


def test_faulty_arguments():
    terrain = hills()
    sites, points = sectors(terrain), receivers(terrain, 2)
    with pytest.raises(DataError, match="shape") as error:
        levels(terrain, sites, np.zeros(4))
    with pytest.raises(DataError, match="give easting and northing"):
        levels(terrain, sites, sites)
    assert "dạng" in told(error.value, "vi")
    bare = gpd.GeoDataFrame(sites.drop(columns="geometry"), geometry=list(sites.geometry))
    with pytest.raises(CrsError, match="sites"):
        levels(terrain, bare, points)
    with pytest.raises(ColumnError, match="eirp_dbm"):
        levels(terrain, sites.drop(columns="eirp_dbm"), points)
    with pytest.raises(UsageError, match="f_ghz = 26"):
        levels(terrain, sites.assign(band_mhz=26_000.0), points)
    with pytest.raises(UsageError, match="hrg_m"):
        levels(terrain, sites, points, physics=dataclasses.replace(Physics(), rx_height_m=0.0))
    degrees = Terrain(terrain.ground_m, terrain.canopy_m, from_origin(107, 21, 0.001, 0.001), CRS.from_epsg(4326))
    with pytest.raises(CrsError, match="metre"):
        levels(degrees, sites, points)
    for radius_m in (0.0, -1.0, np.nan, np.inf):
        with pytest.raises(UsageError, match="radius"):
            levels(terrain, sites, points, radius_m=radius_m)
