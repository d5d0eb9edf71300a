import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiPolygon, Polygon, box

from lomsong.errors import ColumnError, CrsError, DataError, LomsongError
from lomsong.ingest.maps.claims import read_claims
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
