import xml.etree.ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
from shapely import LineString, Point

from lomsong.publish.route import GPX, route_table, why, write_route

NOTE = "Đo ở xã Mã Đà & ấp “Suối Tượng” <trước mùa mưa>"


@pytest.fixture
def drive():
    segments = gpd.GeoDataFrame(
        {
            "order": [1, 2, 3], "day": [1, 1, 2], "kind": ["transfer", "measure", "measure"], "km": [1.25, 2.5, 3.0],
            "cumulative_km": [1.25, 3.75, 3.0], "commune_code": ["26200", "26200", "26170"],
            "commune": ["Mã Đà", "Mã Đà", "Trị An"], "hamlet": ["Ấp 1", "Suối Tượng", ""],
            "road": ["Đường tỉnh 767", "", "=Đường & <rừng>"], "gain": [0.0, 4.0, 2.0], "share": [0.0, 0.2, 0.1],
            "settles_code": ["", "26200", "26170"], "settles": ["", "Mã Đà", "Trị An"],
        },
        geometry=[
            LineString([(107.0, 11.3), (107.01, 11.3)]),
            LineString([(107.01, 11.3), (107.02, 11.31), (107.03, 11.315)]),
            LineString([(107.0, 11.3), (107.0, 11.33)]),
        ],
        crs=4326,
    )  # fmt: skip
    stops = gpd.GeoDataFrame(
        {
            "order": [0, 2, 0, 3], "day": [1, 1, 2, 2], "name": ["Ấp 1", "Suối Tượng", "Ấp 1", ""],
            "commune": ["Mã Đà", "Mã Đà", "Mã Đà", "Trị An"], "km": [0.0, 3.75, 0.0, 3.0],
            "kind": ["start", "stop", "start", "stop"],
        },
        geometry=[Point(107.0, 11.3), Point(107.03, 11.315), Point(107.0, 11.3), Point(107.0, 11.33)],
        crs=4326,
    )  # fmt: skip
    return segments, stops


def test_gdal_reads_the_gpx_back(drive, tmp_path):
    gpx, _, _ = write_route(tmp_path, *drive, NOTE, "vi")
    assert set(pyogrio.list_layers(gpx)[:, 0]) >= {"waypoints", "tracks", "track_points"}
    points = gpd.read_file(gpx, layer="waypoints")
    assert points["name"].tolist() == ["Xuất phát Ấp 1", "2. Suối Tượng", "Xuất phát Ấp 1", "3. Trị An"]
    assert [(point.x, point.y) for point in points.geometry] == [(p.x, p.y) for p in drive[1].geometry]
    tracks = gpd.read_file(gpx, layer="tracks")
    assert tracks["name"].tolist() == ["Ngày 1", "Ngày 2"]
    assert [len(track.geoms) for track in tracks.geometry] == [2, 1]
    read = np.vstack([part.coords for track in tracks.geometry for part in track.geoms])
    assert read == pytest.approx(np.vstack([line.coords for line in drive[0].geometry]), abs=1e-6)


def test_the_gpx_keeps_the_order_of_elements_that_its_schema_asks_for(drive, tmp_path):
    root = ET.parse(write_route(tmp_path, *drive, NOTE, "en")[0]).getroot()
    assert root.tag == f"{{{GPX}}}gpx"
    assert root.attrib["version"] == "1.1"
    assert root.attrib["creator"]
    kinds = [child.tag.partition("}")[2] for child in root]
    assert kinds == ["metadata", *["wpt"] * 4, *["trk"] * 2]
    allowed = {"metadata": ["name", "desc"], "wpt": ["name", "desc"], "trk": ["name", "desc"] + ["trkseg"] * 2}
    for child in root:
        names = [one.tag.partition("}")[2] for one in child]
        assert names == allowed[child.tag.partition("}")[2]][: len(names)]
    for point in (*root.iter(f"{{{GPX}}}wpt"), *root.iter(f"{{{GPX}}}trkpt")):
        assert set(point.attrib) == {"lat", "lon"}
        assert 11 < float(point.attrib["lat"]) < 12 < float(point.attrib["lon"])


def test_gdal_reads_the_kml_back(drive, tmp_path):
    _, kml, _ = write_route(tmp_path, *drive, NOTE, "vi")
    days = [gpd.read_file(kml, layer=layer) for layer in ("Ngày 1", "Ngày 2")]
    assert [len(day) for day in days] == [4, 3]
    assert days[0]["Name"].iloc[0] == "1. Di chuyển – Đường tỉnh 767 – Mã Đà"
    assert days[0]["description"].iloc[1] == "2,50 km; làm rõ xã Mã Đà; giảm 20,0 % độ bất định"
    assert days[1]["Name"].iloc[0] == "3. Đo – =Đường & <rừng> – Trị An"
    assert [shape.geom_type for shape in days[1].geometry] == ["LineString", "Point", "Point"]
    assert NOTE in ET.parse(kml).getroot()[0][1].text


def test_the_list_opens_in_excel_as_it_is_meant(drive, tmp_path):
    _, _, file = write_route(tmp_path, *drive, NOTE, "vi")
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    table = pd.read_csv(file, dtype={"Mã xã": str})
    assert table["Thứ tự"].tolist() == [1, 2, 3]
    assert table["Xã"].tolist() == ["Mã Đà", "Mã Đà", "Trị An"]
    assert table["Đường"].iloc[2] == "'=Đường & <rừng>", "a spreadsheet must not run it"
    assert table["Kinh độ cuối"].tolist() == [107.01, 107.03, 107.0]
    assert table["km cộng dồn"].tolist() == [1.25, 3.75, 3.0]
    assert list(route_table(drive[0], "en").columns[:4]) == ["Order", "Day", "Task", "Commune code"]


def test_the_same_drive_gives_the_same_bytes(drive, tmp_path):
    before = drive[0].copy(), drive[1].copy()
    one = [path.read_bytes() for path in write_route(tmp_path / "one", *drive, NOTE, "vi")]
    other = [path.read_bytes() for path in write_route(tmp_path / "other", *drive, NOTE, "vi")]
    assert one == other
    for frame, kept in zip(drive, before, strict=True):
        pd.testing.assert_frame_equal(pd.DataFrame(frame), pd.DataFrame(kept))


def test_what_xml_has_no_place_for_is_left_out(drive, tmp_path):
    segments, stops = drive
    dirty = stops.assign(name=["Ấp\x0b1", "a\x1bb", "\ufffe", "ok"])
    gpx, kml, _ = write_route(tmp_path, segments, dirty, "note\x00", "en")
    assert "Start Ấp 1" in gpx.read_text(encoding="utf-8")
    assert ET.parse(kml).getroot() is not None


def test_reasons_are_said_in_both_languages(drive):
    assert why(drive[0].iloc[1], "en") == "settles Mã Đà; takes 20.0 % of the uncertainty"
    assert why(drive[0].iloc[0], "vi") == "đường nối, không cần đo lại"
    little = drive[0].iloc[1].copy()
    little["share"] = 2e-5  # measured in passing
    assert why(little, "vi") == "làm rõ xã Mã Đà; giảm <0,01 % độ bất định"
