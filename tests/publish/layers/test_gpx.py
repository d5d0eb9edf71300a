from xml.etree import ElementTree as ET

import geopandas as gpd
import pyogrio

from lomsong.publish.layers import GPX, write_waypoints


def test_waypoints_are_gpx_that_others_read(tmp_path):
    names = ["<img src=x onerror=alert(1)>", '=HYPERLINK("http://evil.example")', "Trường\x00 Mã Đà"]
    points = gpd.GeoDataFrame(
        {"name": names, "about": ["Học sinh: 120", "", "a & b"]},
        geometry=gpd.points_from_xy([107.1, 107.2, 107.3], [11.1, 11.2, 11.3], crs=4326),
    )
    path = tmp_path / "gaps.gpx"
    write_waypoints(path, "Lõm sóng", "mô phỏng", [("Trường", "School", points), ("Trạm", "Tall Tower", points[:1])])
    read = pyogrio.read_dataframe(path, layer="waypoints")
    assert read["name"].tolist() == ["‹img src=x onerror=alert(1)>", names[1], "Trường  Mã Đà", read["name"][0]]
    assert read["type"].tolist() == ["Trường"] * 3 + ["Trạm"]
    assert read["sym"].tolist() == ["School"] * 3 + ["Tall Tower"]
    assert (read.geometry.x[1], read.geometry.y[1]) == (107.2, 11.2)
    root = ET.parse(path).getroot()
    assert (root.tag, root.get("version")) == (f"{{{GPX}}}gpx", "1.1")
    assert [child.tag.split("}")[1] for child in root[1]] == ["name", "desc", "sym", "type"], "the order of the schema"
    again = tmp_path / "again.gpx"
    write_waypoints(again, "Lõm sóng", "mô phỏng", [("Trường", "School", points), ("Trạm", "Tall Tower", points[:1])])
    assert again.read_bytes() == path.read_bytes()
