from xml.etree import ElementTree as ET

import numpy as np
import pytest
import rasterio
from pyproj import CRS, Transformer

from lomsong.publish.coverage.words import class_names
from lomsong.publish.layers import NOTHING, category_names, palette_style, raster_style, write_classes, write_raster
from lomsong.publish.map.palette import VIRIDIS, level_classes, rgb

LEVEL = level_classes(-110.0)
COLOURS = dict(enumerate(VIRIDIS))
LABELS = dict(enumerate(class_names(LEVEL, "vi")))


def test_a_raster_of_classes_has_the_colours_and_words_of_the_legend(tmp_path, grid, codes):
    path = tmp_path / "class.tif"
    write_classes(path, codes, grid, "level_class", COLOURS, LABELS, {"usable_dbm": "-110", "kind": "modelled"})
    with rasterio.open(path) as raster:
        assert raster.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert raster.nodata == NOTHING
        assert raster.crs.to_epsg() == 3405
        assert [raster.colormap(1)[code][:3] for code in range(6)] == [rgb(colour) for colour in VIRIDIS]
        tags = raster.tags()
        assert (tags["usable_dbm"], tags["kind"], tags["class_1"]) == ("-110", "modelled", "−120 đến dưới −110")
        np.testing.assert_array_equal(raster.read(1), codes)


def test_numbers_state_unit_threshold_and_kind(tmp_path, grid):
    path = tmp_path / "level.tif"
    values = np.full(grid.shape, -101.5, dtype=np.float32)
    write_raster(
        path, values, grid, "level_dbm", "dBm", {"usable_dbm": "-110", "kind": "modelled", "source": "lomsong"}
    )
    with rasterio.open(path) as raster:
        assert raster.units == ("dBm",)
        assert {"usable_dbm", "kind", "source"} <= raster.tags().keys()


@pytest.mark.parametrize("epsg", [4326, 5899])
def test_in_another_system_every_number_is_one_that_was_estimated(tmp_path, grid, codes, epsg):
    path = tmp_path / "class.tif"
    write_classes(path, codes, grid, "class", COLOURS, LABELS, crs=CRS.from_epsg(epsg))
    with rasterio.open(path) as raster:
        assert raster.crs.to_epsg() == epsg
        assert set(np.unique(raster.read(1))) == {*range(6), NOTHING}
        row, column = 120, 101
        at = grid.centres()[row * grid.shape[1] + column]
        there = Transformer.from_crs(3405, epsg, always_xy=True).transform(*at)
        assert next(raster.sample([there]))[0] == codes[row, column]


def test_words_of_codes_stand_where_gdal_reads_them():
    names = [entry.text for entry in ET.fromstring(category_names({0: "dưới −120", 2: "từ <5"})).iter("Category")]
    assert names == ["dưới −120", None, "từ <5"]


def test_steps_of_qgis_end_just_below_the_next_class():
    style = ET.fromstring(raster_style(LEVEL, class_names(LEVEL, "vi")).split("\n", 1)[1])
    items = style.findall(".//item")
    assert [item.get("color") for item in items] == list(LEVEL.colours)
    ends = [float(item.get("value")) for item in items]
    for value in (-120.0, -119.99, -110.0, -100.01, -80.0, -40.0):
        step = next(number for number, end in enumerate(ends) if value <= end)
        assert step == LEVEL.index(value)


def test_a_veil_draws_only_what_it_has_a_colour_for():
    style = ET.fromstring(palette_style({0: "#ffffff"}, {0: "chưa đo kiểm", 1: "đã đo kiểm"}).split("\n", 1)[1])
    assert [(entry.get("value"), entry.get("label")) for entry in style.iter("paletteEntry")] == [("0", "chưa đo kiểm")]
