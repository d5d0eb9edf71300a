import base64
import io

import numpy as np
import pytest
from affine import Affine
from PIL import Image

from lomsong.publish.map import SignalRaster
from lomsong.publish.map.palette import level_classes, rgb
from lomsong.publish.map.picture import draw

CLASSES = level_classes(-110)


def pixels(picture):
    png = base64.b64decode(picture.uri.removeprefix("data:image/png;base64,"))
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))


def raster(level, surveyed=None):
    level = np.asarray(level, dtype=np.float32)
    surveyed = np.ones(level.shape, dtype=bool) if surveyed is None else surveyed
    return SignalRaster(level, level, surveyed, Affine(250, 0, 700_000, 0, -250, 1_200_000), "EPSG:3405")


def test_every_pixel_has_a_colour_of_the_legend():
    surface = raster(np.random.default_rng(1).normal(-100, 15, (80, 70)))
    seen = pixels(draw(surface.level_dbm, CLASSES, surface))
    opaque = seen[seen[..., 3] == 255][:, :3]
    assert {tuple(colour) for colour in opaque.tolist()} == {rgb(colour) for colour in CLASSES.colours}
    assert set(np.unique(seen[..., 3])) <= {0, 255}


def test_the_class_is_that_of_the_value():
    surface = raster(np.full((20, 20), -105.0))
    seen = pixels(draw(surface.level_dbm, CLASSES, surface))
    assert tuple(seen[10, 10]) == (*rgb(CLASSES.colours[2]), 255)


def test_unsurveyed_and_missing_are_never_coloured():
    level = np.full((40, 40), -80.0)
    level[:10] = np.nan
    surveyed = np.ones((40, 40), dtype=bool)
    surveyed[20:] = False
    surface = raster(level, surveyed)
    seen = pixels(draw(surface.level_dbm, CLASSES, surface))
    assert (seen[:8, :, 3] == 0).all()
    assert (seen[22:, :, 3] == 0).all()
    assert (seen[13:18, 5:35, 3] == 255).all()


def test_bounds_hold_the_raster():
    surface = raster(np.full((40, 40), -80.0))
    (south, west), (north, east) = draw(surface.level_dbm, CLASSES, surface).bounds
    assert (west, north) == pytest.approx((106.83, 10.85), abs=0.01)
    assert (east - west, north - south) == pytest.approx((0.0914, 0.0904), abs=0.002)
