import geopandas as gpd
import numpy as np
import pyogrio
import pytest
from pyproj import CRS

from lomsong.geo import coordinates, to_wgs84
from lomsong.publish.layers import projected, write_tab
from lomsong.publish.layers.mapinfo import _narrowed


def points():
    names = ["Mã Đà", "Đắk Lua – ữ" + "ộ" * 300, None]
    data = {"name": names, "level_dbm": [-101.5, np.nan, -80.0], "ok": [True, False, True], "n": [1, 2, 3]}
    data |= {"a_column_whose_name_is_far_too_long_1": [1.0, 2, 3], "a_column_whose_name_is_far_too_long_2": [4.0, 5, 6]}
    return gpd.GeoDataFrame(data, geometry=gpd.points_from_xy([107.1, 106.9, 107.3], [11.30, 10.7, 11.05]), crs=4326)


@pytest.mark.parametrize("epsg", [4326, 3405, 5899, 9212, 32648])
def test_positions_come_back_from_any_system(tmp_path, epsg):
    frame = points()
    write_tab(tmp_path, "points", projected(frame, CRS.from_epsg(epsg)))
    again = pyogrio.read_dataframe(tmp_path / "points.tab")
    there = coordinates(again.to_crs(3405), CRS.from_epsg(3405))
    here = coordinates(frame.to_crs(3405), CRS.from_epsg(3405))
    off = np.hypot(*(there - here).T)
    # 0.8 m: PROJ takes another shift in the Mekong delta; without any it would be 200 m.
    assert off.max() < (0.01 if epsg in (4326, 32648) else 0.9)


def test_a_table_of_vn2000_holds_the_metres_of_the_country(tmp_path):
    frame = projected(points(), CRS.from_epsg(5899))
    write_tab(tmp_path, "points", frame)
    again = pyogrio.read_dataframe(tmp_path / "points.tab")
    own, told = (np.column_stack([one.geometry.x, one.geometry.y]) for one in (frame, again))
    np.testing.assert_allclose(told, own, atol=0.001)
    longitude, latitude = to_wgs84(*told.T, CRS.from_epsg(5899))
    np.testing.assert_allclose(longitude, [107.1, 106.9, 107.3], atol=1e-8)
    np.testing.assert_allclose(latitude, [11.30, 10.7, 11.05], atol=1e-8)


def test_a_text_that_is_missing_is_empty_whatever_its_type(tmp_path):
    write_tab(tmp_path, "points", points().astype({"name": "string"}))
    assert pyogrio.read_dataframe(tmp_path / "points.tab")["name"][2] in ("", None)


def test_texts_numbers_and_what_is_missing(tmp_path):
    files = write_tab(tmp_path, "points", points())
    assert sorted(file.suffix for file in files) == [".dat", ".id", ".map", ".tab"]
    again = pyogrio.read_dataframe(tmp_path / "points.tab")
    assert again["name"][0] == "Mã Đà"
    assert again["name"][1].startswith("Đắk Lua – ữộộ")
    assert again["level_dbm"].tolist() == [-101.5, -9999.0, -80.0], "the format would say 0 dBm"
    assert again["n"].tolist() == [1, 2, 3]
    long = [name for name in again if name.startswith("a_column")]
    assert len(set(long)) == 2
    assert max(map(len, long)) <= 31
    assert again[long].to_numpy().tolist() == [[1, 4], [2, 5], [3, 6]]


def test_columns_are_no_wider_than_their_texts(tmp_path):
    frame = gpd.GeoDataFrame({"name": ["ngắn"] * 1000}, geometry=points().geometry.iloc[[0] * 1000].values, crs=4326)
    write_tab(tmp_path, "names", frame)
    assert (tmp_path / "names.dat").stat().st_size < 10_000
    assert set(pyogrio.read_dataframe(tmp_path / "names.tab")["name"]) == {"ngắn"}


def test_the_same_frame_gives_the_same_bytes(tmp_path):
    first, second = (write_tab(tmp_path / name, "points", points()) for name in ("a", "b"))
    assert [file.read_bytes() for file in first] == [file.read_bytes() for file in second]
    assert {file.name for file in (tmp_path / "a").iterdir()} == {file.name for file in first}


def test_what_memory_held_behind_a_name_is_not_published(tmp_path):
    table, *_ = files = write_tab(tmp_path, "points", points())
    clean = [file.read_bytes() for file in files]
    content = bytearray(table.with_suffix(".dat").read_bytes())
    assert content[32:37] == b"name\0"
    content[37:43] = b"\x7f\0\0\0eC"
    table.with_suffix(".dat").write_bytes(content)
    _narrowed(table)
    assert [file.read_bytes() for file in files] == clean
