import tracemalloc

import numpy as np
import pytest
import rasterio
from affine import Affine
from pyproj import CRS

from lomsong.errors import UsageError
from lomsong.publish.coverage.rasters import cog

UTM = CRS.from_epsg(3405)
PLACE = Affine(30, 0, 700_000, 0, -30, 1_260_000)


def write(path, values, step=512, order=1, nodata=float("nan"), **more):
    rows, columns = values.shape
    starts = [(r, c) for r in range(0, rows, step) for c in range(0, columns, step)][::order]
    with cog(path, values.shape, values.dtype, PLACE, UTM, nodata, "level_dbm", {"unit": "dBm"}, **more) as block:
        for row, column in starts:
            block(values[row : row + step, column : column + step], row, column)


@pytest.fixture
def level():
    rng = np.random.default_rng(3)
    values = (-80 - 30 * rng.random((1100, 1300))).astype(np.float32)
    values[:300, :200] = np.nan
    return values


def test_blocks_come_back_as_a_cloud_optimised_raster(tmp_path, level):
    path = tmp_path / "deep" / "r.tif"
    write(path, level, step=333)
    with rasterio.open(path) as raster:
        structure = raster.tags(ns="IMAGE_STRUCTURE")
        assert (structure["LAYOUT"], structure["COMPRESSION"]) == ("COG", "DEFLATE")
        assert structure["PREDICTOR"] == "3"
        assert raster.block_shapes == [(512, 512)]
        assert raster.overviews(1) == [2, 4]
        assert raster.descriptions == ("level_dbm",)
        assert raster.tags(1)["unit"] == "dBm"
        assert raster.units == ("dBm",)  # where other programs look for it
        assert np.isnan(raster.nodata)
        assert (raster.transform, raster.crs.to_epsg()) == (PLACE, 3405)
        np.testing.assert_array_equal(raster.read(1), level)
    assert [file.name for file in path.parent.iterdir()] == ["r.tif"]


@pytest.mark.parametrize("order", [1, -1])
def test_order_of_blocks_does_not_change_the_bytes(tmp_path, level, order):
    write(tmp_path / "a.tif", level)
    write(tmp_path / "b.tif", level, order=order)
    assert (tmp_path / "a.tif").read_bytes() == (tmp_path / "b.tif").read_bytes()


def test_overviews_of_levels_are_means_and_of_classes_members(tmp_path, level):
    write(tmp_path / "level.tif", level)
    codes = np.where(np.arange(1300) % 2, 3, 7).astype(np.uint8) * np.ones((1100, 1), np.uint8)
    write(tmp_path / "code.tif", codes, nodata=0)
    with rasterio.open(tmp_path / "level.tif", overview_level=0) as small:
        blocks = level[400:600, 400:600].reshape(100, 2, 100, 2).mean(axis=(1, 3))
        np.testing.assert_allclose(small.read(1)[200:300, 200:300], blocks, atol=1e-3)
    with rasterio.open(tmp_path / "code.tif", overview_level=0) as small:
        assert set(np.unique(small.read(1))) <= {3, 7}


def test_what_no_block_covers_is_nodata(tmp_path):
    path = tmp_path / "r.tif"
    with cog(path, (700, 700), "int16", PLACE, UTM, -1, "server", {}) as write_block:
        write_block(np.full((10, 20), 5, np.int16), 600, 600)
    with rasterio.open(path) as raster:
        values = raster.read(1)
    assert (values == 5).sum() == 200
    assert (values[600:610, 600:620] == 5).all()
    assert (values == -1).sum() == 700 * 700 - 200


@pytest.mark.parametrize("place", [(-1, 0), (0, -1), (6, 0), (0, 6)])
def test_a_block_outside_is_told_and_nothing_appears(tmp_path, place):
    with (
        pytest.raises(UsageError, match=r"r\.tif"),
        cog(tmp_path / "r.tif", (10, 10), "float32", PLACE, UTM, None, "x", {}) as block,
    ):
        block(np.zeros((5, 5)), *place)
    assert list(tmp_path.iterdir()) == []


def test_memory_does_not_grow_with_the_raster(tmp_path):
    peaks = []
    for rows in (1024, 4096):
        tracemalloc.start()
        with cog(tmp_path / f"{rows}.tif", (rows, 1024), "float32", PLACE, UTM, float("nan"), "x", {}) as block:
            for row in range(0, rows, 512):
                block(np.full((512, 1024), -90, np.float32), row, 0)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.3 * peaks[0]
