import re
import zipfile
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import rasterio
from pyproj import CRS
from rasterio.windows import Window

from lomsong.geo import Grid
from lomsong.publish.atomic import replacing, write_text
from lomsong.publish.delimited import write_csv
from lomsong.publish.layers import KML, write_geopackage, write_kmz, write_parquet, write_raster

NS = {"k": KML}


@pytest.fixture
def points():
    return gpd.GeoDataFrame(
        {"order": [1, 2], "name": ["Mã Đà <1>", "Hiếu & Liêm"], "height_m": [42.0, np.nan], "learners": [5.0, None]},
        geometry=gpd.points_from_xy([107.10, 107.25], [11.30, 11.05]),
        crs=4326,
    )


@pytest.fixture
def grid():
    return Grid.over((692_000, 1_168_000, 776_000, 1_267_000), 250, CRS.from_epsg(3405))


@pytest.fixture
def level(grid):
    rows, columns = grid.shape
    level = -80 - np.add.outer(np.arange(rows), np.arange(columns)).astype(np.float32) / 16
    level[:40, :60] = np.nan
    return level


def write(kind, path, points, grid, level):
    if kind == "gpkg":
        write_geopackage(path, {"towers": points, "empty": points.iloc[:0], "more": points.to_crs(3405)})
    elif kind == "tif":
        write_raster(path, level, grid, "level_dbm", "dBm")
    elif kind == "kmz":
        write_kmz(path, "Trạm", "mô phỏng", points, "name", {"height_m": "Chiều cao (m)"})
    elif kind == "csv":
        write_csv(path, pd.DataFrame(points.drop(columns="geometry")))
    else:
        write_parquet(path, points)


@pytest.mark.parametrize("kind", ["gpkg", "tif", "kmz", "csv", "parquet"])
def test_same_content_same_bytes_and_nothing_beside(kind, tmp_path, points, grid, level):
    paths = [tmp_path / f"{name}.{kind}" for name in ("a", "b")]
    for path in paths:
        write(kind, path, points, grid, level)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert sorted(tmp_path.iterdir()) == paths


def test_a_geopackage_holds_the_layers_that_have_rows(tmp_path, points, grid, level):
    path = tmp_path / "g.gpkg"
    write("gpkg", path, points, grid, level)
    assert [name for name, _ in pyogrio.list_layers(path)] == ["towers", "more"]
    towers = pyogrio.read_dataframe(path, layer="towers")
    assert towers["name"].tolist() == points["name"].tolist()
    assert towers["learners"].isna().tolist() == [False, True]
    assert towers.geometry.geom_equals_exact(points.geometry, 1e-9).all()
    assert pyogrio.read_dataframe(path, layer="more").crs.to_epsg() == 3405
    assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") is None, "the fixed date is taken back"


def test_a_raster_is_cloud_optimised_and_lies_where_the_grid_does(tmp_path, grid, level):
    path = tmp_path / "r.tif"
    write_raster(path, level, grid, "level_dbm", "dBm")
    with rasterio.open(path) as raster:
        assert raster.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert raster.block_shapes == [(256, 256)]
        assert raster.overviews(1)[0] == 2
        assert (raster.crs.to_epsg(), raster.transform.c, raster.transform.f) == (3405, grid.west_m, grid.north_m)
        assert (raster.descriptions, raster.tags(1)["unit"]) == (("level_dbm",), "dBm")
        assert np.isnan(raster.nodata)
        np.testing.assert_array_equal(raster.read(1), level)
        easting, northing = grid.centres()[5 * grid.shape[1] + 70]
        row, column = raster.index(easting, northing)
        assert raster.read(1, window=Window(column, row, 1, 1))[0, 0] == level[5, 70]


def test_overviews_hold_values_that_were_estimated(tmp_path, grid, level):
    path = tmp_path / "r.tif"
    write_raster(path, level, grid, "level_dbm", "dBm")
    with rasterio.open(path) as raster:
        small = raster.read(1, out_shape=tuple(side // 2 for side in grid.shape))
    assert np.isin(small[np.isfinite(small)], level).all()


def test_placemarks_are_kml_in_longitude_and_latitude(tmp_path, points, grid, level):
    path = tmp_path / "s.kmz"
    write("kmz", path, points.to_crs(3405), grid, level)
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["doc.kml"]
        root = ET.fromstring(archive.read("doc.kml"))
    assert root.tag == f"{{{KML}}}kml"
    assert root.findtext("k:Document/k:name", namespaces=NS) == "Trạm"
    assert root.findtext("k:Document/k:description", namespaces=NS) == "mô phỏng"
    marks = root.findall(".//k:Placemark", NS)
    assert [mark.findtext("k:name", namespaces=NS) for mark in marks] == points["name"].tolist()
    at = [mark.findtext("k:Point/k:coordinates", namespaces=NS) for mark in marks]
    assert at == ["107.100000,11.300000", "107.250000,11.050000"]
    data = [[entry.get("name") for entry in mark.findall(".//k:Data", NS)] for mark in marks]
    assert data == [["Chiều cao (m)"], []]


@pytest.mark.parametrize(
    "formula", ["=1+1", '=HYPERLINK("http://evil.example")', "+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\t=1", "\r=1"]
)
def test_a_text_that_a_spreadsheet_would_run_is_quoted(tmp_path, formula):
    path = tmp_path / "t.csv"
    write_csv(path, pd.DataFrame({"name": [formula, "Mã Đà"]}))
    assert pd.read_csv(path)["name"].tolist() == [f"'{formula}", "Mã Đà"]


@pytest.mark.parametrize("number", ["-164.0", "+84", "-7", "-1,5"])
def test_a_signed_number_is_no_formula(tmp_path, number):
    path = tmp_path / "t.csv"
    write_csv(path, pd.DataFrame({"value": [number]}))
    assert pd.read_csv(path, dtype=str)["value"].tolist() == [number]


def test_a_table_is_text_that_excel_reads(tmp_path):
    path = tmp_path / "t.csv"
    table = pd.DataFrame({"name": ["Đắk Lua, xã", None], "learners": [1234.5678, np.nan], "code": ["00123", "1"]})
    write_csv(path, table)
    raw = path.read_bytes()
    assert raw.startswith("\ufeffname,learners,code\r\n".encode())
    assert raw.count(b"\r\n") == 3
    again = pd.read_csv(path, dtype={"code": str}, encoding="utf-8-sig")
    assert again["learners"].tolist()[0] == pytest.approx(1234.5678, abs=0.01)
    assert again["code"].tolist() == table["code"].tolist()
    assert re.search(r'"Đắk Lua, xã"', raw.decode("utf-8-sig"))


def test_parquet_keeps_points_and_what_is_missing(tmp_path, points):
    path = tmp_path / "p.parquet"
    write_parquet(path, points)
    again = gpd.read_parquet(path)
    assert again.crs == 4326
    assert again.geometry.equals(points.geometry)
    assert again["learners"].isna().tolist() == [False, True]


@pytest.mark.parametrize("before", [None, "old"])
def test_a_writer_that_fails_leaves_what_was_there(tmp_path, before):
    path = tmp_path / "deep" / "out.txt"
    if before is not None:
        write_text(path, before)
    with pytest.raises(RuntimeError), replacing(path) as draft:
        draft.write_text("half")
        raise RuntimeError
    found = [file.name for file in path.parent.iterdir()]
    assert found == ([] if before is None else ["out.txt"])
    assert before is None or path.read_text() == before


def test_a_layer_that_cannot_be_written_leaves_nothing(tmp_path, points, grid):
    with pytest.raises(TypeError):
        write_geopackage(tmp_path / "x.gpkg", {"good": points, "bad": 3})
    with pytest.raises(AttributeError):
        write_raster(tmp_path / "x.tif", None, grid, "level_dbm", "dBm")
    with pytest.raises(KeyError):
        write_kmz(tmp_path / "x.kmz", "t", "", points, "name", {"absent": "x"})
    with pytest.raises(AttributeError):
        write_parquet(tmp_path / "x.parquet", None)
    assert list(tmp_path.iterdir()) == []
