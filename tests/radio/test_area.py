import geopandas as gpd
import numpy as np
import pytest
from pyproj import CRS
from rasterio.transform import from_origin
from scipy.ndimage import gaussian_filter

from lomsong.errors import CrsError, DataError
from lomsong.radio import NO_SITE, Terrain, level_matrix, levels
from lomsong.radio.antenna import sector_pattern_db
from lomsong.radio.baselines import free_space_loss_db
from lomsong.radio.diffraction import bullington_loss_db
from lomsong.radio.vegetation import woodland_loss_db

UTM = CRS.from_epsg(3405)
STEP = 100.0


def hills(rows=120, columns=150, seed=3, wooded=True):
    rng = np.random.default_rng(seed)
    ground = 900 * gaussian_filter(rng.normal(size=(rows, columns)), 6) + 5 * rng.normal(size=(rows, columns))
    wood = gaussian_filter(rng.normal(size=(rows, columns)), 3) > 0.02
    return Terrain(ground, np.where(wood & wooded, 14.0, 0.0), from_origin(0, rows * STEP, STEP, STEP), UTM)


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
        "beamwidth_deg": np.where(np.arange(count) % 4, 65.0, np.nan),
    }
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(at[:, 0], at[:, 1]), crs=UTM)


def receivers(terrain, count, seed=5):
    west, south, east, north = terrain.bounds
    return np.random.default_rng(seed).uniform([west, south], [east, north], (count, 2))


def one_level(terrain, tx, point, *, height, eirp, frequency, azimuth=np.nan, beamwidth=65.0, rx_height=1.5):
    """The model as its docstring says it, one path, with numpy and the scalar functions only."""
    length = float(np.hypot(*(point - tx)))
    intervals = max(int(np.ceil(length / STEP)), 1)
    share = np.arange(intervals + 1) / intervals
    path = tx + share[:, None] * (point - tx)
    ground, canopy = terrain.ground_at(*path.T), terrain.canopy_at(*path.T)
    tx_m, rx_m = ground[0] + height, ground[-1] + rx_height
    ray = tx_m + share * (rx_m - tx_m)
    depth = 0.0
    if canopy[-1] > rx_height:
        stand = intervals
        while stand > 1 and canopy[stand - 1] > 0 and ground[stand - 1] + canopy[stand - 1] >= ray[stand - 1]:
            stand -= 1
        canopy[stand:] = 0
        depth = (intervals - stand + 0.5) / intervals * length
    east, north = point - tx
    return (
        eirp
        + float(sector_pattern_db(np.degrees(np.arctan2(east, north)), azimuth, beamwidth))
        - float(free_space_loss_db(np.hypot(length, tx_m - rx_m) / 1e3, frequency))
        - bullington_loss_db(share * length, ground + canopy, tx_m, rx_m, frequency)
        - float(woodland_loss_db(depth, frequency))
    )


@pytest.mark.parametrize("wooded", [True, False])
def test_levels_equal_brute_force_over_all_sectors(wooded):
    terrain = hills(wooded=wooded)
    sites, points = sectors(terrain), receivers(terrain, 60)
    found, best = levels(terrain, sites, points, radius_m=9_000.0)
    at = np.column_stack([sites.geometry.x, sites.geometry.y])
    for i, point in enumerate(points):
        each = np.full(len(sites), -np.inf)
        for j in np.flatnonzero(np.hypot(*(at - point).T) <= 9_000):
            row = sites.iloc[j]
            each[j] = one_level(
                terrain, at[j], point, height=row.height_m, eirp=row.eirp_dbm, frequency=row.band_mhz,
                azimuth=row.azimuth_deg, beamwidth=65.0 if np.isnan(row.beamwidth_deg) else row.beamwidth_deg,
            )  # fmt: skip
        assert found[i] == pytest.approx(each.max(), abs=1e-6)
        assert best[i] == each.argmax()


def test_matrix_equals_brute_force_and_the_floor_only_drops():
    terrain = hills()
    transmitters, points = receivers(terrain, 9, seed=8), receivers(terrain, 40)
    link = {"height_m": 42.0, "eirp_dbm": 32.0, "frequency_mhz": 800.0, "radius_m": 8_000.0}
    matrix = level_matrix(terrain, transmitters, points, **link)
    near = np.hypot(*(points[:, None] - transmitters[None]).transpose(2, 0, 1)) <= 8_000
    assert matrix.nnz == near.sum()
    rows, columns = near.nonzero()
    expected = [
        one_level(terrain, transmitters[j], points[i], height=42.0, eirp=32.0, frequency=800.0)
        for i, j in zip(rows, columns, strict=True)
    ]
    assert np.asarray(matrix[rows, columns]).ravel() == pytest.approx(expected, abs=1e-6)
    floored = level_matrix(terrain, transmitters, points, **link, floor_dbm=-100.0)
    kept = matrix.copy()
    kept.data[kept.data < -100] = 0
    kept.eliminate_zeros()
    assert (floored != kept).nnz == 0


def test_moving_everything_changes_nothing():
    terrain = hills()
    sites, points = sectors(terrain), receivers(terrain, 50)
    moved = Terrain(terrain.ground_m, terrain.canopy_m, from_origin(7e5, 1.2e6 + terrain.north_m, STEP, STEP), UTM)
    shifted = sites.set_geometry(sites.translate(7e5, 1.2e6))
    first, second = levels(terrain, sites, points), levels(moved, shifted, points + np.array([7e5, 1.2e6]))
    assert second[0] == pytest.approx(first[0], abs=1e-3)
    assert (first[1] == second[1]).mean() > 0.95


def test_a_tower_more_never_lowers_the_level():
    terrain = hills()
    sites, points = sectors(terrain), receivers(terrain, 200)
    fewer, _ = levels(terrain, sites.iloc[:18], points)
    more, _ = levels(terrain, sites, points)
    assert (more >= fewer).all()


def test_nothing_is_said_out_of_reach_outside_and_across_a_void():
    ground = np.zeros((40, 100))
    ground[:, 50] = np.nan
    terrain = Terrain(ground, np.zeros_like(ground), from_origin(0, 4000, STEP, STEP), UTM)
    sites = sectors(terrain, masts=1).iloc[:1].set_geometry(gpd.points_from_xy([1000.0], [2000.0]), crs=UTM)
    points = np.array([[1500.0, 2000.0], [4500.0, 2000.0], [8000.0, 2000.0], [-50.0, 2000.0], [5050.0, 2000.0]])
    found, best = levels(terrain, sites, points, radius_m=9_000.0)
    assert np.isnan(found).tolist() == [False, False, True, True, True]
    assert best.tolist() == [0, 0, NO_SITE, NO_SITE, NO_SITE]
    far, none = levels(terrain, sites, points, radius_m=100.0)
    assert np.isnan(far).all()
    assert (none == NO_SITE).all()


def test_on_the_spot_of_the_mast_and_equal_sectors():
    terrain = Terrain(np.zeros((9, 9)), np.zeros((9, 9)), from_origin(0, 900, STEP, STEP), UTM)
    site = sectors(terrain, masts=1).iloc[:1].assign(height_m=42.0, band_mhz=800.0, eirp_dbm=30.0)
    twice = site.iloc[[0, 0]].reset_index(drop=True)
    spot = np.column_stack([site.geometry.x, site.geometry.y])
    found, best = levels(terrain, twice, spot)
    assert found == pytest.approx(30.0 - free_space_loss_db(0.0405, 800.0), abs=1e-6)
    assert best.tolist() == [0]


def test_no_sites_and_faulty_arguments():
    terrain = hills()
    sites = sectors(terrain)
    found, best = levels(terrain, sites.iloc[:0], receivers(terrain, 3))
    assert np.isnan(found).all()
    assert (best == NO_SITE).all()
    with pytest.raises(DataError, match="shape"):
        levels(terrain, sites, np.zeros(4))
    with pytest.raises(CrsError, match="sites"):
        levels(
            terrain, gpd.GeoDataFrame(sites.drop(columns="geometry"), geometry=list(sites.geometry)), np.zeros((1, 2))
        )
    with pytest.raises(DataError, match="eirp_dbm missing"):
        levels(terrain, sites.drop(columns="eirp_dbm"), np.zeros((1, 2)))
