import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiLineString, MultiPolygon, Point, Polygon, box
from shapely.geometry import GeometryCollection

from lomsong.errors import ColumnError, CrsError, DataError, LomsongError, MissingFileError, UsageError
from lomsong.ingest.files.opening import read_layer
from lomsong.ingest.maps.layers import (
    FOREST_CLASSES,
    KINDS,
    forest_class,
    read_features,
    road_class,
)
from lomsong.texts import told

ROOT = Path(__file__).resolve().parents[3]
BOUNDS = (106.9, 11.0, 107.3, 11.5)
LINE = LineString([(107.0, 11.2), (107.1, 11.3)])
AREA = box(107.0, 11.2, 107.1, 11.3)


def layer(path, geometry, crs=4326, **columns):
    frame = gpd.GeoDataFrame(columns, geometry=geometry, crs=crs)
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    elif path.suffix == ".fgb":
        frame.to_file(path, SPATIAL_INDEX="NO")  # the index would put the features in another order
    elif path.suffix == ".tab":
        frame.to_file(path, driver="MapInfo File")
    else:
        frame.to_file(path)
    return path


def checks(frame):
    return frame["check"].value_counts().to_dict()


def balanced(reading):
    assert reading.rows_read == len(reading.table) + len(reading.rejects)
    assert reading.sources[["rows_read", "accepted", "rejected"]].iloc[0].tolist() == [
        reading.rows_read, len(reading.table), len(reading.rejects),
    ]  # fmt: skip
    return reading


ROADS = {"highway": ["primary", "track"], "name": ["Quốc lộ 20", None]}


@pytest.mark.parametrize("ending", [".gpkg", ".geojson", ".shp", ".fgb", ".tab", ".parquet", ".kml", ".kmz", ".zip"])
def test_roads_are_the_same_in_every_format(tmp_path, ending):
    lines = [LINE, LineString([(107.2, 11.2), (107.2, 11.4)])]
    if ending in (".kml", ".kmz"):
        path = tmp_path / f"roads{ending}"
        text = kml([("a", "primary", "Quốc lộ 20", lines[:1]), ("b", "track", "", lines[1:])])
        if ending == ".kml":
            path.write_text(text, encoding="utf-8")
        else:
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("doc.kml", text)
    elif ending == ".zip":
        (tmp_path / "parts").mkdir()
        layer(tmp_path / "parts" / "roads.shp", lines, **ROADS)
        path = tmp_path / "roads.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for part in (tmp_path / "parts").iterdir():
                archive.write(part, part.name)
    else:
        path = layer(tmp_path / f"roads{ending}", lines, **ROADS)
    reading = balanced(read_features(path, "roads", BOUNDS))
    assert reading.table["road_class"].tolist() == ["primary", "track"]
    assert reading.table["name"].tolist() == ["Quốc lộ 20", None]
    assert reading.table.crs.to_epsg() == 4326
    assert reading.table.geometry.iloc[1].length == pytest.approx(0.2)
    assert reading.flags.empty


def kml(folders):
    """Folders of placemarks: name, class, name of the road, lines."""
    parts = []
    for folder, highway, name, lines in folders:
        marks = "".join(
            f"<Placemark><name>{name}</name><ExtendedData><Data name='highway'><value>{highway}</value></Data>"
            f"</ExtendedData><LineString><coordinates>"
            f"{' '.join(f'{x},{y},12' for x, y in line.coords)}</coordinates></LineString></Placemark>"
            for line in lines
        )
        parts.append(f"<Folder><name>{folder}</name>{marks}</Folder>")
    return (
        f'<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>{"".join(parts)}</Document></kml>'
    )


def test_lines_in_vn_2000_come_to_their_place_with_the_shift_of_the_datum(tmp_path):
    lines = gpd.GeoSeries([LINE], crs=4326).to_crs(5899)
    assert lines.iloc[0].coords[0][0] == pytest.approx(418_000, abs=2_000)
    path = layer(tmp_path / "r.gpkg", lines.to_list(), crs=5899, highway=["primary"])
    table = read_features(path, "roads", BOUNDS).table
    off = np.array(table.geometry.iloc[0].coords) - np.array(LINE.coords)
    # A metre is 9e-6°; without the shift it would be off by some 0.002°.
    assert np.abs(off).max() < 1e-5
    with pytest.raises(CrsError, match="does not say"):
        layer(tmp_path / "bare.shp", [LINE], crs=None, highway=["primary"])
        read_features(tmp_path / "bare.shp", "roads")


def test_a_layer_of_another_place_is_refused_with_the_systems_that_would_fit(tmp_path):
    metres = gpd.GeoSeries([LINE], crs=4326).to_crs(5899)
    path = layer(tmp_path / "r.gpkg", metres.to_list(), crs=9212, highway=["primary"])
    with pytest.raises(CrsError, match=r"nothing lies in the territory.*EPSG:5899") as refused:
        read_features(path, "roads", (107.0, 11.15, 107.15, 11.35))
    assert "không có gì nằm trong địa bàn" in told(refused.value, "vi")
    both = layer(tmp_path / "both.gpkg", [LINE, LineString([(0, 0), (1, 1)])], highway=["primary", "primary"])
    assert len(read_features(both, "roads", BOUNDS).table) == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("motorway_link", "motorway"), ("Đường cao tốc", "motorway"), ("trunk", "trunk"), ("Quốc lộ", "primary"),
        ("QL20", "primary"), ("Tỉnh lộ 767", "secondary"), ("ĐT.761", "secondary"), ("đường huyện", "tertiary"),
        ("ĐH 12", "tertiary"), ("tertiary", "tertiary"), ("district", "tertiary"), ("Đường liên xã", "minor"),
        ("residential", "minor"), ("unclassified", "minor"), ("living_street", "minor"), ("hẻm", "minor"),
        ("Đường lâm nghiệp", "track"), ("track", "track"), ("đường mòn", "path"), ("service", "service"),
        ("Đường chuyên dùng", "service"), ("??", ""), ("", ""), ("5", ""),
    ],
)  # fmt: skip
def test_classes_of_road(text, expected):
    assert road_class(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Rừng đặc dụng", "special_use"), ("RỪNG ĐẶC DỤNG", "special_use"), ("ĐD", "special_use"),
        ("DD", "special_use"), ("RDD", "special_use"), ("Vườn quốc gia Cát Tiên", "special_use"),
        ("special_use", "special_use"),
        ("national_park", "special_use"), ("Phòng hộ", "protection"), ("PH", "protection"), ("RPH", "protection"),
        ("protection", "protection"), ("Sản xuất", "production"), ("SX", "production"), ("RSX", "production"),
        ("Production forest", "production"), ("không", "none"), ("none", "none"), ("cao su", ""), ("", ""), ("1", ""),
        ("phòng hộ, sản xuất", "protection"), ("sản xuất; đặc dụng", "special_use"),
    ],
)  # fmt: skip
def test_classes_of_forest_by_word_and_code(text, expected):
    assert forest_class(text) == expected
    assert expected == "" or expected in FOREST_CLASSES


@pytest.mark.parametrize("heading", ["forest_class", "Loại rừng", "LDLR", "MDSD", "chuc_nang", "3 loại rừng"])
def test_the_class_of_a_forest_is_found_under_many_headings(tmp_path, heading):
    values = {"ID": [1, 2, 3, 4], heading: ["DD", "Phòng hộ", "SX", "cao su"]}
    path = layer(tmp_path / "f.gpkg", [AREA] * 4, **values)
    reading = balanced(read_features(path, "forest", BOUNDS, "vi"))
    assert reading.table["forest_class"].tolist() == ["special_use", "protection", "production"]
    assert checks(reading.rejects) == {"value_unknown": 1}
    reject = reading.rejects.iloc[0]
    assert (reject["source_row"], reject["value"]) == (4, "cao su")
    assert "special_use" in reject["limit"]


def test_the_column_that_tells_a_class_wins_over_one_that_does_not(tmp_path):
    path = layer(tmp_path / "f.gpkg", [AREA, AREA], ldlr=["TXB", "TXN"], mdsd=["PH", "DD"])
    assert read_features(path, "forest").table["forest_class"].tolist() == ["protection", "special_use"]


def test_a_forest_without_classes_is_refused(tmp_path):
    path = layer(tmp_path / "f.gpkg", [AREA], ldlr=["TXB"], area_ha=[3.5])
    with pytest.raises(ColumnError, match="no column tells") as refused:
        read_features(path, "forest")
    assert "area ha" in str(refused.value)
    assert "rừng đặc dụng" in told(refused.value, "vi")


@pytest.mark.parametrize(
    ("column", "values", "kilovolts"),
    [
        ("voltage", ["110000", "22000;400", None], [110, 22, np.nan]),
        ("Điện áp (kV)", ["110", "0,4", ""], [110, 0.4, np.nan]),
        ("cap_dien_ap", ["500 kV", "22kV", "400 V"], [500, 22, 0.4]),
        ("voltage_kv", [220.0, 35.0, np.nan], [220, 35, np.nan]),
        ("voltage", ["500", "220", "35"], [500, 220, 35]),
        ("voltage", [110_000, 35_000, 400], [110, 35, 0.4]),
    ],
)
def test_voltages_in_kilovolts(tmp_path, column, values, kilovolts):
    path = layer(tmp_path / "p.geojson", [LINE] * 3, **{column: values})
    table = balanced(read_features(path, "power_lines")).table
    np.testing.assert_allclose(table["voltage_kv"].to_numpy(float), kilovolts)


def test_in_openstreetmap_a_small_voltage_is_in_volts_too(tmp_path):
    path = layer(tmp_path / "p.geojson", [LINE] * 2, power=["minor_line", "cable"], voltage=["400", "690"])
    table = read_features(path, "power_lines").table
    assert table["voltage_kv"].tolist() == [0.4, 0.69]
    assert table["kind"].tolist() == ["minor_line", "cable"]


def test_power_lines_among_other_lines_and_tags_packed_in_one_column(tmp_path):
    tags = ['"power"=>"line","voltage"=>"110000"', '"railway"=>"rail"', None, '"power"=>"construction"']
    reading = balanced(read_features(layer(tmp_path / "l.gpkg", [LINE] * 4, other_tags=tags), "power_lines"))
    assert reading.table[["voltage_kv", "kind"]].to_numpy().tolist() == [[110.0, "line"]]
    assert checks(reading.rejects) == {"value_unknown": 3}
    assert reading.rejects["source_row"].tolist() == [2, 3, 4]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Đường dây trung thế", "minor_line"), ("ĐZ cao thế 110kV", "line"), ("Cáp ngầm", "cable"), ("line", "line"),
     ("minor_line", "minor_line")],
)  # fmt: skip
def test_kinds_of_power_line(tmp_path, text, expected):
    path = layer(tmp_path / "p.gpkg", [LINE], loai=[text])
    assert read_features(path, "power_lines").table["kind"].tolist() == [expected]


def test_water_of_several_keys_and_unknown_kinds_are_kept(tmp_path):
    shapes = [AREA, AREA, LINE, AREA, AREA]
    path = layer(
        tmp_path / "w.gpkg", shapes, natural=["water", "water", None, "water", None],
        water=["reservoir", None, None, "xyz", None], waterway=[None, None, "river", None, None],
        landuse=[None, None, None, None, "reservoir"],
    )  # fmt: skip
    reading = balanced(read_features(path, "water", BOUNDS))
    assert reading.table["kind"].tolist() == ["reservoir", None, "river", None, "reservoir"]
    assert reading.rejects.empty
    assert checks(reading.flags) == {"kind_unknown": 1}
    assert reading.flags["first_row"][0] == 4
    vietnamese = layer(
        tmp_path / "v.gpkg", [AREA] * 3, loai=["Hồ chứa", "Sông", "Kênh mương"], ten=["Trị An", "La Ngà", ""]
    )
    table = read_features(vietnamese, "water").table
    assert table["kind"].tolist() == ["reservoir", "river", "canal"]
    assert table["name"].tolist() == ["Trị An", "La Ngà", None]


def test_geometry_is_repaired_or_rejected_by_row(tmp_path):
    bow = Polygon([(107, 11), (107.1, 11.1), (107.1, 11), (107, 11.1)])
    spike = Polygon([(107, 11), (107.1, 11.1), (107, 11)])
    shapes = [AREA, bow, None, Point(107, 11), Polygon(), spike, GeometryCollection([Point(107, 11), AREA, LINE])]
    path = layer(tmp_path / "f.gpkg", shapes, forest_class=["production"] * 7)
    reading = balanced(read_features(path, "forest"))
    assert reading.rejects[["source_row", "check"]].to_numpy().tolist() == [
        [3, "geometry_unusable"], [4, "geometry_unusable"], [5, "geometry_unusable"], [6, "geometry_unusable"],
    ]  # fmt: skip
    assert reading.table.geometry.is_valid.all()
    assert set(reading.table.geom_type) <= {"Polygon", "MultiPolygon"}
    assert reading.table.geometry.iloc[1].area == pytest.approx(0.005)
    assert reading.table.geometry.iloc[2].equals(AREA)
    assert reading.flags[["check", "rows", "first_row"]].to_numpy().tolist() == [["geometry_repaired", 1, 2]]
    roads = layer(tmp_path / "r.gpkg", [LINE, AREA, MultiLineString([LINE, LINE])], highway=["primary"] * 3)
    reading = balanced(read_features(roads, "roads"))
    assert reading.rejects["value"].tolist() == ["Polygon"]


def test_heights_of_the_third_dimension_are_left_out(tmp_path):
    path = layer(tmp_path / "r.gpkg", [LineString([(107, 11.2, 5), (107.1, 11.3, 9)])], highway=["primary"])
    assert not read_features(path, "roads").table.geometry.has_z.any()


def test_names_in_nfd_or_a_legacy_font_come_as_unicode(tmp_path):
    words = ["Quốc lộ 20", "Đường Trần Phú", "Đường huyện Vĩnh Cửu"]
    nfd = [pd.Series([word]).str.normalize("NFD")[0] for word in words]
    path = layer(tmp_path / "r.gpkg", [LINE] * 3, highway=["primary"] * 3, name=nfd)
    assert read_features(path, "roads").table["name"].tolist() == words


def test_fibre_is_cables_and_points_where_they_can_be_tapped(tmp_path):
    words = ["Cáp quang", "Tủ cáp", "Điểm đấu nối", "Tuyến trục", "?"]
    shapes = [LINE, Point(107.1, 11.2), Point(107.2, 11.2), LINE, box(107, 11, 107.1, 11.1)]
    reading = balanced(read_features(layer(tmp_path / "c.parquet", shapes, loai=words), "fibre"))
    assert reading.table["kind"].tolist() == ["cable", "node", "node", "cable"]
    assert reading.table.geom_type.tolist() == ["LineString", "Point", "Point", "LineString"]
    assert reading.rejects["check"].tolist() == ["geometry_unusable"]


def test_layers_that_cannot_be_used(tmp_path):
    with pytest.raises(MissingFileError):
        read_features(tmp_path / "none.gpkg", "roads")
    with pytest.raises(UsageError, match="roads, power_lines, forest, water, fibre"):
        read_features(tmp_path / "none.gpkg", "rails")
    with pytest.raises(DataError, match="no feature"):
        read_features(layer(tmp_path / "empty.gpkg", [], highway=[]), "roads")
    (tmp_path / "text.gpkg").write_text("no layer")
    with pytest.raises(LomsongError, match=r"text\.gpkg"):
        read_features(tmp_path / "text.gpkg", "roads")


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "fibre"])
def test_the_sample_province_reads_as_before_with_every_feature(kind):
    path = f"{ROOT / 'data' / 'layers.gpkg'}#{kind}"
    before = read_layer(path)
    reading = balanced(read_features(path, kind))
    assert len(reading.table) == len(before)
    assert reading.flags.empty
    assert reading.table.geometry.geom_equals_exact(before.geometry.to_crs(4326), 1e-9).all()
    if kind == "forest":
        assert reading.table["forest_class"].tolist() == before["forest_class"].tolist()
    if kind == "roads":
        assert reading.table["road_class"].notna().all()


SHAPES = st.sampled_from(
    [
        LINE,
        AREA,
        Point(107, 11),
        None,
        MultiPolygon([AREA]),
        Polygon([(107, 11), (107.1, 11.1), (107.1, 11), (107, 11.1)]),
    ]
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(SHAPES, st.text(max_size=12) | st.sampled_from(["DD", "line", "primary", "sông"])), min_size=1
    ),
    kind=st.sampled_from(list(KINDS)),
    heading=st.sampled_from(["class", "loai", "highway", "other_tags", "voltage", "name"]),
)
def test_every_feature_is_accepted_or_rejected_whatever_it_says(tmp_path, rows, kind, heading):
    path = tmp_path / "any.parquet"
    layer(path, [shape for shape, _ in rows], **{heading: [text for _, text in rows]})
    try:
        reading = read_features(path, kind)
    except LomsongError as error:
        assert kind == "forest" and error.key == "fault.features_class"
        return
    assert len(reading.table) + len(reading.rejects) == len(rows)
    fits = {"roads": {"LineString"}, "power_lines": {"LineString"}, "forest": {"Polygon", "MultiPolygon"}}
    fits["fibre"] = {"LineString", "Point", "MultiPoint"}
    assert set(reading.table.geom_type) <= fits.get(kind, {"LineString", "Polygon", "MultiPolygon"})
    assert reading.table.geometry.is_valid.all()
