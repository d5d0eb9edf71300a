import base64
import io

import numpy as np
import pytest
from affine import Affine
from PIL import Image

from lomsong.publish.map import SignalRaster
from lomsong.publish.map.palette import level_classes, rgb
from lomsong.publish.map.picture import LOWEST_DBM, SD_STEP_DB, draw_deviation, draw_level

CLASSES = level_classes(-110)


def image_of(picture):
    return Image.open(io.BytesIO(base64.b64decode(picture.uri.removeprefix("data:image/png;base64,"))))


def pixels(picture):
    return np.asarray(image_of(picture).convert("RGBA"))


def raster(level, surveyed=None, deviation=6.0):
    level = np.asarray(level, dtype=np.float32)
    surveyed = np.ones(level.shape, dtype=bool) if surveyed is None else surveyed
    spread = np.full(level.shape, deviation, dtype=np.float32)
    return SignalRaster(level, spread, surveyed, Affine(250, 0, 700_000, 0, -250, 1_200_000), "EPSG:3405")


def test_every_pixel_has_a_colour_of_the_legend():
    seen = pixels(draw_level(raster(np.random.default_rng(1).normal(-100, 15, (80, 70))), CLASSES))
    opaque = seen[seen[..., 3] == 255][:, :3]
    assert {tuple(colour) for colour in opaque.tolist()} == {rgb(colour) for colour in CLASSES.colours}
    assert set(np.unique(seen[..., 3])) <= {0, 255}


@pytest.mark.parametrize(("level", "index"), [(-105, 2), (-110, 2), (-110.01, 1), (-180, 0), (-30, 5)])
def test_the_class_is_that_of_the_value(level, index):
    seen = pixels(draw_level(raster(np.full((20, 20), level)), CLASSES))
    assert tuple(seen[10, 10]) == (*rgb(CLASSES.colours[index]), 255)


def test_codes_give_level_and_deviation_back():
    level = np.linspace(-139.9, -45, 400).reshape(20, 20)
    surface = raster(level, deviation=7.3)
    codes = np.asarray(image_of(draw_level(surface, CLASSES))).astype(float)
    told = np.unique(codes[codes > 0]) + LOWEST_DBM - 1
    assert set(told) <= set(np.floor(level).ravel())
    spread = np.asarray(image_of(draw_deviation(surface)))
    assert ((spread > 0) == (codes > 0)).all()
    assert np.unique(spread[spread > 0]) * SD_STEP_DB == pytest.approx([7.5])


def test_unsurveyed_and_missing_are_never_coloured():
    level = np.full((40, 40), -80.0)
    level[:10] = np.nan
    surveyed = np.ones((40, 40), dtype=bool)
    surveyed[20:] = False
    surface = raster(level, surveyed)
    for seen in (pixels(draw_level(surface, CLASSES)), pixels(draw_deviation(surface))):
        assert (seen[:8, :, 3] == 0).all()
        assert (seen[22:, :, 3] == 0).all()
        assert (seen[13:18, 5:35, 3] == 255).all()


def test_bounds_hold_the_raster():
    (south, west), (north, east) = draw_level(raster(np.full((40, 40), -80.0)), CLASSES).bounds
    assert (west, north) == pytest.approx((106.83, 10.85), abs=0.01)
    assert (east - west, north - south) == pytest.approx((0.0914, 0.0904), abs=0.002)
