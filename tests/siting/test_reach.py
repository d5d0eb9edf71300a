import geopandas as gpd
import numpy as np
from pyproj import CRS

from lomsong.radio import Terrain, level_matrix
from lomsong.settings import Siting
from lomsong.siting import reach_matrix

UTM = CRS.from_epsg(3405)


def test_reaches_where_the_level_less_the_margin_is_usable():
    rng = np.random.default_rng(0)
    ground = rng.normal(100, 15, (80, 80))
    terrain = Terrain(ground, np.where(rng.random((80, 80)) < 0.2, 12.0, 0.0), 0.0, 8_000.0, 100.0, UTM)
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
