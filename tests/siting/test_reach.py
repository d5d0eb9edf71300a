import geopandas as gpd
import numpy as np
import pytest
from pyproj import CRS
from rasterio.transform import from_origin

from lomsong.radio import Terrain, level_matrix
from lomsong.settings import Siting
from lomsong.siting import reach_matrix
from lomsong.surface import Tuning

UTM = CRS.from_epsg(3405)


def test_reaches_where_the_level_less_the_margin_is_usable():
    rng = np.random.default_rng(0)
    ground = rng.normal(100, 15, (80, 80))
    terrain = Terrain(ground, np.where(rng.random((80, 80)) < 0.2, 12.0, 0.0), from_origin(0, 8_000, 100, 100), UTM)
    at, points = rng.uniform(0, 8_000, (5, 2)), rng.uniform(0, 8_000, (200, 2))
    heights = np.array([20.0, 30, 42, 50, 60])
    candidates = gpd.GeoDataFrame({"height_m": heights}, geometry=gpd.points_from_xy(*at.T), crs=UTM)
    settings = Siting(radius_m=5_000.0, eirp_dbm=20.0, frequency_mhz=1800.0, fade_margin_db=7.0)
    reach = reach_matrix(terrain, candidates, points, settings, usable_dbm=-110.0)
    level = level_matrix(
        terrain, at, points, height_m=heights, eirp_dbm=20.0, frequency_mhz=1800.0, radius_m=5_000.0
    ).toarray()  # fmt: skip
    assert (reach.toarray() == ((level != 0) & (level - 7 >= -110))).all()
    assert 0 < reach.nnz < np.count_nonzero(level)
    wider = reach_matrix(terrain, candidates, points, settings, usable_dbm=-115.0)
    assert (wider - reach).min() == 0


def test_a_tuned_model_reaches_where_the_tuned_level_does():
    rng = np.random.default_rng(1)
    terrain = Terrain(rng.normal(100, 10, (80, 80)), np.zeros((80, 80)), from_origin(0, 8_000, 100, 100), UTM)
    at, points = rng.uniform(0, 8_000, (4, 2)), rng.uniform(0, 8_000, (300, 2))
    candidates = gpd.GeoDataFrame({"height_m": 42.0}, index=range(4), geometry=gpd.points_from_xy(*at.T), crs=UTM)
    settings = Siting(radius_m=9_000.0, eirp_dbm=30.0, frequency_mhz=900.0, fade_margin_db=6.0)
    tuning = Tuning(-26.0, 0.25, -16.0, 28.0)
    reach = reach_matrix(terrain, candidates, points, settings, usable_dbm=-105.0, tuning=tuning).toarray()
    level = level_matrix(
        terrain, at, points, height_m=42.0, eirp_dbm=30.0, frequency_mhz=900.0, radius_m=9_000.0
    ).toarray()  # fmt: skip
    distance = np.hypot(*(points[:, None] - at[None]).transpose(2, 0, 1))
    np.testing.assert_array_equal(reach, (level != 0) & (tuning.level_dbm(level, distance, 30.0) >= -99.0))
    assert 0 < reach.sum() < (level != 0).sum()


def test_tuning_averages_operators_and_counts_both_distances():
    tuning = Tuning.of([np.array([-20.0, 0.2, -5.0, -10.0]), np.array([-30.0, 0.4, -7.0, -12.0])], 28.0)
    assert (tuning.offset_dbm, tuning.slope, tuning.decade_db) == (-25.0, pytest.approx(0.3), -17.0)
    assert tuning.level_dbm(np.array([-90.0]), np.array([1000.0]), 28.0)[0] == pytest.approx(-25 - 27 - 51)
    assert tuning.level_dbm(np.array([-90.0]), np.array([0.0]), 28.0)[0] == tuning.level_dbm(-90.0, 50.0, 28.0)
    louder = tuning.level_dbm(np.array([-80.0]), np.array([1000.0]), 38.0)
    assert louder[0] == pytest.approx(-25 - 27 - 51 + 10), "10 dB more EIRP are 10 dB more level"
