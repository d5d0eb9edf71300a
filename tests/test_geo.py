import geopandas as gpd
import numpy as np
import pytest
from pyproj import CRS
from shapely import box

from lomsong.errors import CrsError, SettingsError
from lomsong.geo import Grid, coordinates, fold_text, join_communes, metric_crs


def points(*at, crs=4326):
    return gpd.GeoDataFrame(geometry=gpd.points_from_xy(*zip(*at, strict=True)), crs=crs)


@pytest.mark.parametrize(
    ("at", "epsg"), [((107.0, 11.2), 3405), ((109.0, 13.0), 3406), ((-17.4, 14.7), 32628), ((-78.6, -1.2), 32717)]
)
def test_metric_crs_follows_the_place(at, epsg):
    assert metric_crs(points(at)) == CRS.from_epsg(epsg)


def test_metric_crs_can_be_named_but_must_be_in_metres():
    assert metric_crs(points((107.0, 11.0)), "EPSG:5899").to_epsg() == 5899
    with pytest.raises(SettingsError, match="not in metres"):
        metric_crs(points((107.0, 11.0)), "EPSG:4326")
    with pytest.raises(SettingsError, match="no known CRS"):
        metric_crs(points((107.0, 11.0)), "EPSG:1")


def test_a_layer_without_crs_is_refused_with_the_remedy():
    with pytest.raises(CrsError, match="EPSG:5899"):
        metric_crs(gpd.GeoDataFrame(geometry=gpd.points_from_xy([107], [11])))


def test_vn2000_is_not_taken_for_wgs84():
    """Skipping the datum shift costs some two hundred metres (domain.md: 225 m)."""
    place = points((107.0, 11.2))
    shifted = coordinates(place, CRS.from_epsg(3405)) - coordinates(place, CRS.from_epsg(32648))
    assert 150 < float(np.hypot(*shifted[0])) < 300


def test_grid_covers_its_bounds_on_whole_steps():
    grid = Grid.over((1010, 2020, 1990, 2980), 100, CRS.from_epsg(3405))
    assert (grid.west_m, grid.north_m, grid.shape) == (1000, 3000, (10, 10))
    centres = grid.centres()
    assert tuple(centres[0]) == (1050, 2950)
    assert tuple(centres[-1]) == (1950, 2050)


@pytest.mark.parametrize(
    ("text", "folded"), [("Mã Đà", "ma da"), ("  Ma\u0303 Đa\u0300 ", "ma da"), ("Số học-sinh (em)", "so hoc sinh em")]
)
def test_fold_text(text, folded):
    assert fold_text(text) == folded


def communes():
    shapes = [box(107, 11, 107.1, 11.1), box(107.1, 11, 107.2, 11.1)]
    return gpd.GeoDataFrame({"commune_code": ["26200", "26203"]}, geometry=shapes, crs=4326)


def test_join_takes_the_known_code_first_and_the_place_else_and_drops_nobody():
    at = points((107.05, 11.05), (107.15, 11.05), (107.15, 11.05), (108.0, 11.05))
    at["commune_code"] = ["26203", "99999", None, None]
    at.index = [7, 5, 3, 1]
    joined = join_communes(at, communes())
    assert joined.tolist() == ["26203", "26203", "26203", None]
    assert joined.index.tolist() == [7, 5, 3, 1]


def test_join_does_not_depend_on_the_crs_of_the_points():
    at = points((107.05, 11.05), (107.15, 11.05))
    assert join_communes(at.to_crs(3405), communes()).tolist() == join_communes(at, communes()).tolist()
