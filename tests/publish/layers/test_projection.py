import geopandas as gpd
import numpy as np
import pytest
from pyproj import CRS

from lomsong.errors import SettingsError
from lomsong.geo import WGS84, coordinates
from lomsong.publish.layers import chosen_crs, projected, require_known

PROVINCE, UTM = CRS.from_epsg(5899), CRS.from_epsg(3405)


@pytest.mark.parametrize(
    ("wanted", "epsg"), [("", 4326), ("wgs84", 4326), ("VN2000", 3405), ("EPSG:5899", 5899), ("epsg:9212", 9212)]
)
def test_the_settings_name_a_system(wanted, epsg):
    assert chosen_crs(wanted, UTM).to_epsg() == epsg


def test_a_system_that_is_none_is_told_before_anything_is_computed():
    with pytest.raises(SettingsError, match="EPSG:589900 is no known CRS"):
        require_known("EPSG:589900")
    with pytest.raises(SettingsError, match="WGS 84 / UTM zone 48N"):
        chosen_crs("vn2000", CRS.from_epsg(32648))


def test_positions_come_out_as_they_came_in():
    metres = np.array([[400_000.0, 1_180_000.0], [420_000.0, 1_250_000.0]])
    frame = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*metres.T, crs=PROVINCE))
    again = projected(projected(frame, WGS84), PROVINCE)
    np.testing.assert_allclose(coordinates(again, PROVINCE), metres, atol=1e-4)
    assert again.crs == PROVINCE


def test_the_datum_is_shifted():
    frame = gpd.GeoDataFrame(geometry=gpd.points_from_xy([107.1], [11.3], crs=4326))
    there, plain = coordinates(projected(frame, UTM), UTM), coordinates(frame.to_crs(32648), CRS.from_epsg(32648))
    assert np.hypot(*(there - plain)[0]) == pytest.approx(225, abs=10)
