import io
import zipfile
from itertools import pairwise
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import Image
from pyproj import Transformer

from lomsong.publish.layers import KML, Overlay, Theme, write_layers_kmz
from lomsong.publish.layers.looks import layer_of
from lomsong.publish.map.palette import VIRIDIS, rgb

from_utm = Transformer.from_crs(3405, 4326, always_xy=True).transform
NS = {"k": KML}
ORDER = (
    "name", "visibility", "open", "description", "styleUrl", "Style", "ExtendedData", "color", "Icon", "LatLonBox",
    "overlayXY", "screenXY", "Folder", "Placemark", "GroundOverlay", "ScreenOverlay", "Point", "Polygon",
    "MultiGeometry",
)  # fmt: skip
"""Of OGC 07-147r2, as far as we write it: a feature's own elements, then its style, then what it holds."""


@pytest.fixture(scope="module")
def archive(layers, grid, codes, tmp_path_factory):
    path = tmp_path_factory.mktemp("kmz") / "gaps.kmz"
    legend = dict(zip(("một", "hai", "ba", "bốn", "năm", "sáu"), VIRIDIS, strict=True))
    overlay = Overlay("Viettel", codes, grid, VIRIDIS)
    themes = [Theme("Mức thu", "RSRP (dBm)", legend, (overlay, overlay), shown=True)]
    drawn = [layer for name, layer in layers.items() if name != "survey"]
    write_layers_kmz(path, "Lõm sóng <b>", "mô phỏng", drawn, themes)
    with zipfile.ZipFile(path) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


@pytest.fixture(scope="module")
def document(archive):
    return ET.fromstring(archive["doc.kml"]).find("k:Document", NS)


def test_elements_stand_in_the_order_of_the_schema(document):
    for parent in document.iter():
        kind = parent.tag.split("}")[1]
        if kind in ("Document", "Folder", "Placemark", "GroundOverlay", "ScreenOverlay"):
            places = [ORDER.index(child.tag.split("}")[1]) for child in parent]
            mixed = {ORDER.index("Folder"), ORDER.index("Placemark")}
            assert all(one <= two or {one, two} <= mixed for one, two in pairwise(places)), ET.tostring(parent)[:300]


def test_every_style_picture_and_icon_is_there(document, archive):
    styles = [style.get("id") for style in document.findall("k:Style", NS)]
    assert len(styles) == len(set(styles))
    used = {mark.findtext("k:styleUrl", namespaces=NS) for mark in document.iter(f"{{{KML}}}Placemark")}
    assert used <= {f"#{style}" for style in styles}
    assert {href.text for href in document.iter(f"{{{KML}}}href")} == archive.keys() - {"doc.kml"}
    assert all(not href.text.startswith("http") for href in document.iter(f"{{{KML}}}href"))


def test_layers_are_folders_with_a_folder_a_class(document, layers):
    folders = {folder.findtext("k:name", namespaces=NS): folder for folder in document.findall("k:Folder", NS)}
    assert [layer.title for name, layer in layers.items() if name != "survey"] == list(folders)[:-1]
    states = folders[layers["hamlets"].title].findall("k:Folder/k:name", NS)
    assert [state.text for state in states] == ["có sóng", "lõm sóng", "trắng sóng", "chưa đo kiểm"]
    marks = folders[layers["hamlets"].title].iter(f"{{{KML}}}Placemark")
    assert len(list(marks)) == len(layers["hamlets"].frame)


def test_every_commune_has_its_class_though_its_number_be_withheld(layers, words):
    frame = layers["communes"].frame.assign(unsurveyed=0.0)
    frame.loc[4, "unconnected"] = np.nan
    layer = layer_of("communes", frame, words)
    classes = np.sum([rule.holds(layer.frame) for rule in layer.rules], axis=0)
    assert (classes == 1).all()


def test_cards_are_in_words_and_hide_small_counts(document):
    data = [(entry.get("name"), entry.findtext("k:value", namespaces=NS)) for entry in document.iter(f"{{{KML}}}Data")]
    assert ("Điện lưới quốc gia", "chưa có") in data
    assert ("Vướng mắc", "chưa có điện lưới, rừng đặc dụng") in data
    assert any(value == "<5" for _, value in data)
    assert not any(name.endswith("_suppressed") or "Đã ẩn" in name for name, _ in data)


def test_nothing_is_taken_for_markup(document, archive):
    texts = [element.text or "" for element in document.iter()]
    assert not any(text.lstrip().startswith("<") and not text.startswith("<5") for text in texts)
    assert "‹img src=x onerror=alert(1)>" in texts
    assert b"<![CDATA" not in archive["doc.kml"]


def test_surfaces_lie_in_degrees_in_the_colours_of_the_legend(document, archive, grid, codes):
    overlay = next(document.iter(f"{{{KML}}}GroundOverlay"))
    box = {side.tag.split("}")[1]: float(side.text) for side in overlay.find("k:LatLonBox", NS)}
    image = Image.open(io.BytesIO(archive[overlay.findtext("k:Icon/k:href", namespaces=NS)])).convert("RGBA")
    pixels = np.asarray(image)
    for row, column in ((60, 61), (120, 100), (180, 22), (5, 5)):
        longitude, latitude = from_utm(*grid.centres()[row * grid.shape[1] + column])
        across = int((longitude - box["west"]) / (box["east"] - box["west"]) * image.width)
        down = int((box["north"] - latitude) / (box["north"] - box["south"]) * image.height)
        red, green, blue, opacity = pixels[down, column if row < 0 else across]
        if codes[row, column] == 255:
            assert opacity == 0
        else:
            assert (red, green, blue) == rgb(VIRIDIS[codes[row, column]])


def test_one_surface_is_shown_at_a_time(document):
    theme = document.findall("k:Folder", NS)[-1]
    assert theme.findtext("k:Style/k:ListStyle/k:listItemType", namespaces=NS) == "radioFolder"
    shown = [overlay.findtext("k:visibility", namespaces=NS) for overlay in theme.iter(f"{{{KML}}}GroundOverlay")]
    assert shown == ["1", "0"]
