import io
import itertools
import zipfile
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from affine import Affine
from PIL import Image

from lomsong.errors import CrsError, FormatError, MissingFileError
from lomsong.publish.coverage.overlay import LONGEST, TILE, write_overlay_kmz
from lomsong.publish.layers import KML
from lomsong.publish.map.palette import VNPT_BREAKS_DBM, level_classes, rgb

NS = {"k": KML}
CLASSES = level_classes(-110, VNPT_BREAKS_DBM)
DEGREES = Affine(0.001, 0, 107, 0, -0.001, 11.5)


def opened(path):
    archive = zipfile.ZipFile(path)
    return archive, ET.fromstring(archive.read("doc.kml"))


def image(archive, name):
    return np.asarray(Image.open(io.BytesIO(archive.read(name))).convert("RGBA"))


def test_colours_are_those_of_half_open_classes(tmp_path, put):
    level = np.array([[-105.1, -105.0, -95.1, -95.0], [-65.1, -65.0, np.nan, -85.0]], np.float32)
    write_overlay_kmz(tmp_path / "o.kmz", {"Viettel": put("l", level, DEGREES, 4326)}, CLASSES, None, "Phủ sóng")
    archive, _ = opened(tmp_path / "o.kmz")
    pixels = image(archive, "levels/1_0_0.png")
    assert pixels.shape == (2, 4, 4)
    wanted = [[0, 1, 1, 2], [4, 5, None, 3]]
    for row, codes in zip(pixels, wanted, strict=True):
        for pixel, code in zip(row, codes, strict=True):
            assert tuple(pixel) == (*rgb(CLASSES.colours[code]), 255) if code is not None else pixel[3] == 0


def test_one_operator_is_shown_at_a_time_and_marks_are_escaped(tmp_path, put, sites):
    levels = {"Viettel & <4G>": put("a", np.full((20, 20), -90)), "VinaPhone": put("b", np.full((20, 20), -80))}
    write_overlay_kmz(tmp_path / "o.kmz", levels, CLASSES, sites, "Vùng <phủ> & hơn", note="mô phỏng")
    archive, root = opened(tmp_path / "o.kmz")
    assert root.findtext("k:Document/k:name", namespaces=NS) == "Vùng <phủ> & hơn"
    choice = root.find("k:Document/k:Folder", NS)
    assert choice.findtext("k:Style/k:ListStyle/k:listItemType", namespaces=NS) == "radioFolder"
    folders = choice.findall("k:Folder", NS)
    assert [folder.findtext("k:name", namespaces=NS) for folder in folders] == list(levels)
    assert [folder.findtext("k:visibility", namespaces=NS) for folder in folders] == ["1", "0"]
    shown = [folder.findtext("k:GroundOverlay/k:visibility", namespaces=NS) for folder in folders]
    assert shown == ["1", "0"]
    marks = root.findall(".//k:Placemark", NS)
    assert [mark.findtext("k:name", namespaces=NS) for mark in marks] == sites["site_id"].tolist()
    facts = {d.get("name"): d.findtext("k:value", namespaces=NS) for d in marks[1].findall(".//k:Data", NS)}
    assert list(facts.values()) == ["viettel", "1800", "42,5", "120"]
    assert len(marks[2].findall(".//k:Data", NS)) == 3, "no azimuth, no line for it"
    named = {href.text for href in root.iter(f"{{{KML}}}href")}
    assert named == set(archive.namelist()) - {"doc.kml"}
    assert root.find("k:Document/k:ScreenOverlay", NS) is not None


@pytest.mark.parametrize("side", [TILE + 300, LONGEST + 1500])
def test_large_rasters_are_cut_into_regions_that_join(tmp_path, put, side):
    level = np.full((40, side), -90, np.float32)
    level[:, : TILE // 2] = np.nan
    fine = Affine(0.0001, 0, 107, 0, -0.0001, 11.5)
    write_overlay_kmz(tmp_path / "o.kmz", {"V": put("l", level, fine, 4326)}, CLASSES, None, "t")
    archive, root = opened(tmp_path / "o.kmz")
    overlays = root.findall(".//k:GroundOverlay", NS)
    sizes = [image(archive, o.findtext("k:Icon/k:href", namespaces=NS)).shape[:2] for o in overlays]
    assert max(max(size) for size in sizes) <= TILE
    tiles = overlays[1:]
    assert sum(width for _, width in sizes[1:]) == min(side, LONGEST)
    edges = [(float(o.findtext("k:LatLonBox/k:west", namespaces=NS)),
              float(o.findtext("k:LatLonBox/k:east", namespaces=NS))) for o in tiles]  # fmt: skip
    assert edges[0][0] == pytest.approx(107)
    assert edges[-1][1] == pytest.approx(107 + side * 0.0001, abs=1e-6)
    assert all(one[1] == pytest.approx(other[0], abs=1e-8) for one, other in itertools.pairwise(edges))
    assert all(o.find("k:Region/k:Lod", NS) is not None for o in overlays)


def test_a_projected_raster_lies_where_it_should(tmp_path, put):
    level = np.full((60, 60), np.nan, np.float32)
    level[30, 30] = -70
    write_overlay_kmz(tmp_path / "o.kmz", {"V": put("l", level)}, CLASSES, None, "t")
    archive, root = opened(tmp_path / "o.kmz")
    box = {side: float(root.findtext(f".//k:LatLonBox/k:{side}", namespaces=NS))
           for side in ("west", "east", "south", "north")}  # fmt: skip
    alpha = image(archive, "levels/1_0_0.png")[..., 3]
    rows, columns = np.nonzero(alpha)
    longitude = box["west"] + (columns.mean() + 0.5) / alpha.shape[1] * (box["east"] - box["west"])
    latitude = box["north"] - (rows.mean() + 0.5) / alpha.shape[0] * (box["north"] - box["south"])
    from pyproj import Transformer

    wanted = Transformer.from_crs(3405, 4326, always_xy=True).transform(703_050, 1_256_950)
    assert (longitude, latitude) == pytest.approx(wanted, abs=0.0012), "within one cell of 100 m"


def test_same_content_same_bytes(tmp_path, put, sites):
    levels = {"V": put("l", np.full((20, 20), -90))}
    for name in "ab":
        write_overlay_kmz(tmp_path / f"{name}.kmz", levels, CLASSES, sites, "t", "en")
    assert (tmp_path / "a.kmz").read_bytes() == (tmp_path / "b.kmz").read_bytes()


def test_what_is_no_level_raster_is_told(tmp_path, put):
    import rasterio

    text = tmp_path / "x.tif"
    text.write_text("no raster")
    bare = tmp_path / "bare.tif"
    with rasterio.open(bare, "w", driver="GTiff", width=2, height=2, count=1, dtype="float32", transform=DEGREES) as to:
        to.write(np.zeros((1, 2, 2), np.float32))
    for path, error in ((tmp_path / "none.tif", MissingFileError), (text, FormatError), (bare, CrsError)):
        with pytest.raises(error, match=path.name):
            write_overlay_kmz(tmp_path / "o.kmz", {"V": path}, CLASSES, None, "t")
    assert not (tmp_path / "o.kmz").exists()
