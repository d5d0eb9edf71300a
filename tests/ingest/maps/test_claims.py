import geopandas as gpd
import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.transform import from_origin
from shapely import LineString, MultiPolygon, Polygon, box

from lomsong.errors import ColumnError, CrsError, DataError, LomsongError
from lomsong.ingest.maps.claims import areas_of_raster, read_claim_rasters, read_claims
from lomsong.surface.declared import Declaration
from lomsong.texts import told

BOUNDS = (106.9, 11.0, 107.3, 11.5)
AREA = box(107.0, 11.2, 107.1, 11.3)


def layer(path, geometry, crs=4326, **columns):
    frame = gpd.GeoDataFrame(columns, geometry=geometry, crs=crs)
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_file(path)
    return path


def balanced(reading):
    assert reading.rows_read == len(reading.table) + len(reading.rejects)
    return reading


@pytest.mark.parametrize("ending", [".gpkg", ".geojson", ".parquet"])
def test_claims_in_house_words(tmp_path, ending):
    path = layer(
        tmp_path / f"claims{ending}",
        [AREA] * 3,
        **{
            "Nhà mạng": ["Viettel", "452-01", "VNPT"],
            "Công nghệ": ["LTE", "5G NR", ""],
            "RSRP": ["-105…-95", "", "-110"],
        },
    )
    table = balanced(read_claims(path, BOUNDS, "vi")).table
    assert table["operator"].tolist() == ["viettel", "mobifone", "vinaphone"]
    assert table["technology"].tolist() == ["4G", "5G", None]
    np.testing.assert_array_equal(table["level_dbm"], [-105.0, np.nan, -110.0])
    assert table.crs == 4326
    assert table.geometry.iloc[0].equals(AREA)


def test_what_is_no_claim_is_charged(tmp_path):
    path = layer(
        tmp_path / "claims.gpkg",
        [AREA, AREA, LineString([(107.0, 11.2), (107.1, 11.3)]), AREA, AREA],
        operator=["viettel", "-", "viettel", "mobifone", "viettel"],
        covered=["có", "có", "có", "không", "yes"],
        technology=["4G", "4G", "4G", "4G", "smoke"],
        level_dbm=[-100.0, -100.0, -100.0, -100.0, -300.0],
    )
    reading = balanced(read_claims(path, BOUNDS))
    assert reading.table["operator"].tolist() == ["viettel"]
    charged = dict(zip(reading.rejects["source_row"], reading.rejects["check"], strict=True))
    assert charged == {2: "operator_unknown", 3: "geometry_unusable", 4: "value_unknown", 5: "value_range"}


def test_a_technology_nobody_knows_is_left_open(tmp_path):
    path = layer(tmp_path / "claims.gpkg", [AREA] * 2, operator=["viettel"] * 2, technology=["smoke", "4G"])
    reading = read_claims(path)
    assert reading.table["technology"].tolist() == [None, "4G"]
    assert reading.flags["check"].tolist() == ["kind_unknown"]


def test_an_area_declared_for_several_technologies_is_declared_for_any_of_them(tmp_path):
    told = ["2G/3G/4G", "4G, 5G", "LTE+NR", "4G và 5G", "5G NSA", "LTE-A", "HSPA+"]
    path = layer(tmp_path / "claims.gpkg", [AREA] * len(told), operator=["viettel"] * len(told), technology=told)
    reading = read_claims(path)
    assert reading.table["technology"].tolist() == [None] * 4 + ["5G", "4G", "3G"]
    assert reading.flags.empty


def test_broken_areas_are_repaired(tmp_path):
    bow = Polygon([(107.0, 11.2), (107.1, 11.3), (107.1, 11.2), (107.0, 11.3), (107.0, 11.2)])
    flat = Polygon([(107.0, 11.2), (107.1, 11.3), (107.0, 11.2), (107.0, 11.2)])
    path = layer(tmp_path / "claims.gpkg", [bow, MultiPolygon([AREA]), flat], operator=["viettel"] * 3)
    reading = balanced(read_claims(path))
    assert reading.table.geometry.is_valid.all()
    assert [shape.area for shape in reading.table.geometry] == pytest.approx([0.005, 0.01])
    assert reading.flags["check"].tolist() == ["geometry_repaired"]
    assert reading.rejects["source_row"].tolist() == [3]


def test_another_crs_leads_to_degrees(tmp_path):
    path = tmp_path / "claims.gpkg"
    gpd.GeoDataFrame({"operator": ["viettel"]}, geometry=[AREA], crs=4326).to_crs("EPSG:5899").to_file(path)
    assert read_claims(path, BOUNDS).table.total_bounds == pytest.approx(AREA.bounds, abs=1e-6)


@pytest.mark.parametrize(
    ("columns", "geometry", "kind", "words"),
    [
        ({"name": ["x"]}, [AREA], ColumnError, ["operator", "name"]),
        ({"operator": ["viettel"]}, [box(10, 50, 11, 51)], CrsError, ["10.5000 50.5000", "106.90…107.30 E"]),
        ({"operator": []}, [], DataError, ["no feature"]),
    ],
)
def test_a_layer_that_cannot_be_used_says_why(tmp_path, columns, geometry, kind, words):
    path = layer(tmp_path / "claims.gpkg", geometry, **columns)
    with pytest.raises(kind) as error:
        read_claims(path, BOUNDS)
    assert all(word in str(error.value) for word in words)
    assert told(error.value, "vi") != str(error.value)


@settings(max_examples=25, deadline=None)
@given(st.binary(max_size=200))
def test_bytes_of_any_kind_raise_our_errors_only(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("claims") / "claims.geojson"
    path.write_bytes(content)
    with pytest.raises(LomsongError):
        read_claims(path)


UTM = "EPSG:3405"


def raster(path, values, dtype="float32", nodata=None, west=720_000, north=1_250_000, step=100):
    values = np.asarray(values, dtype)
    with rasterio.open(
        path, "w", driver="GTiff", height=values.shape[0], width=values.shape[1], count=1, dtype=dtype, crs=UTM,
        transform=from_origin(west, north, step, step), nodata=nodata,
    ) as target:  # fmt: skip
        target.write(values, 1)
    return path


def km2(frame):
    return frame.to_crs(UTM).area.sum() / 1e6


def test_a_raster_of_0_and_1_declares_its_ones(tmp_path):
    values = np.zeros((10, 10))
    values[:4, :5] = 1
    values[8, 8] = 1
    reading = balanced(read_claims(raster(tmp_path / "Viettel_4G.tif", values, "uint8", nodata=255)))
    assert reading.table[["operator", "technology"]].drop_duplicates().to_numpy().tolist() == [["viettel", "4G"]]
    assert reading.table["level_dbm"].isna().all()
    assert km2(reading.table) == pytest.approx(0.21, rel=1e-3)
    assert len(reading.table) == 2


def test_a_raster_of_levels_declares_from_breaks(tmp_path):
    values = np.full((10, 10), np.nan)
    values[0], values[1], values[2], values[3] = -90, -95.1, -130, -107
    values[4, 0] = 12
    reading = read_claims(raster(tmp_path / "vnpt lte.tif", values))
    by_level = {level: km2(own) for level, own in reading.table.groupby("level_dbm")}
    assert by_level == pytest.approx({-90.0: 0.1, -100.0: 0.1, -110.0: 0.1}, rel=1e-3)
    assert reading.table["operator"].unique().tolist() == ["vinaphone"]
    assert reading.flags[["check", "rows"]].to_numpy().tolist() == [["value_left_out", 1]]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([-115.0, -105.0, -100.0]))
def test_each_cell_is_declared_as_its_own_level_says(seed, usable_dbm):
    """The comparison is cell by cell, without any polygon."""
    values = np.random.default_rng(seed).uniform(-130, -80, (6, 7)).astype(np.float32)
    transform = from_origin(720_000, 1_250_000, 100, 100)
    declaration = Declaration(areas_of_raster(values, transform, UTM, "viettel"))
    column, row = np.meshgrid(np.arange(7) + 0.5, np.arange(6) + 0.5)
    places = np.column_stack([720_000 + 100 * column.ravel(), 1_250_000 - 100 * row.ravel()])
    inside = declaration.at(places, UTM, "viettel", usable_dbm).to_numpy(dtype=bool, na_value=False)
    np.testing.assert_array_equal(inside, (values >= usable_dbm).ravel())


def test_a_folder_of_rasters_and_only_what_lies_in_the_territory(tmp_path):
    raster(tmp_path / "viettel-5G.tif", np.ones((10, 10)))
    raster(tmp_path / "mobi_4G.tif", np.ones((10, 10)))
    raster(tmp_path / "mobi_4G_east.tif", np.ones((10, 10)), west=721_000)
    whole = read_claims(tmp_path)
    assert {key: km2(own) for key, own in whole.table.groupby(["operator", "technology"])} == pytest.approx(
        {("viettel", "5G"): 1.0, ("mobifone", "4G"): 2.0}, rel=1e-3
    )
    half = gpd.GeoSeries([box(719_000, 1_248_000, 720_495, 1_251_000)], crs=UTM).to_crs(4326).total_bounds
    part = read_claims(tmp_path, tuple(half)).table
    assert 1.0 <= km2(part) <= 1.6, "two halves, with a cell around them"


@pytest.mark.parametrize(
    ("name", "values", "bounds", "kind", "words"),
    [
        ("phu_song.tif", np.ones((3, 3)), None, ColumnError, ["phu_song.tif", "viettel_4G.tif"]),
        ("viettel.tif", np.arange(9.0).reshape(3, 3), None, DataError, ["1…8"]),
        ("viettel.tif", np.ones((3, 3)), (10.0, 50.0, 11.0, 51.0), CrsError, ["10.00…11.00 E, 50.00…51.00 N"]),
    ],
)
def test_a_raster_that_cannot_be_used_says_why(tmp_path, name, values, bounds, kind, words):
    with pytest.raises(kind) as error:
        read_claim_rasters(raster(tmp_path / name, values), bounds)
    assert all(word in str(error.value) for word in words)
    assert told(error.value, "vi") != str(error.value)
