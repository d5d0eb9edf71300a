from contextlib import contextmanager

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.enums import ColorInterp
from rasterio.io import MemoryFile
from rasterio.transform import from_origin

from lomsong.errors import CrsError, DataError, FormatError
from lomsong.lattice import METRES, lattices, placed, tile_of
from lomsong.texts import told


@contextmanager
def dataset(values, transform, crs=3405, unit=None, nodata=-9999, colours=None, bands=1):
    values = np.asarray(values)
    with MemoryFile() as memory:
        with memory.open(
            driver="GTiff", width=values.shape[1], height=values.shape[0], count=bands, dtype=values.dtype, crs=crs,
            transform=transform, nodata=nodata,
        ) as target:  # fmt: skip
            for band in range(1, bands + 1):
                target.write(values, band)
            if unit:
                target.set_band_unit(1, unit)
            if colours:
                target.colorinterp = [colours]
        with memory.open() as source:
            yield source


def test_tiles_of_one_lattice_are_read_as_one_raster():
    whole = np.arange(24, dtype="f4").reshape(4, 6)
    with (
        dataset(whole[:, :3], from_origin(0, 40, 10, 10)) as west,
        dataset(whole[:, 2:] + 100, from_origin(20, 40, 10, 10)) as east,
        dataset(whole, from_origin(5, 40, 10, 10)) as shifted,
    ):
        tiles = [tile_of(each, name, heights=True) for each, name in ((west, "w"), (east, "e"), (shifted, "s"))]
        first, second = lattices(tiles)
        assert [tile.name for tile, _, _ in first.tiles] == ["w", "e"]
        assert [tile.name for tile, _, _ in second.tiles] == ["s"]
        assert first.extent == (0, 4, 0, 6)
        joined = np.hstack([whole[:, :3], whole[:, 3:] + 100])
        assert first.read(0, 4, 0, 6).tolist() == joined.tolist()
        around = first.read(-1, 2, 4, 8)
        assert np.isnan(around).sum() == 8
        assert around[1:, :2].tolist() == joined[:2, 4:].tolist()
        # From 11 to 29 m east, 9 to 21 m north: columns 1 and 2, rows 1 to 3.
        assert first.window((11, 9, 29, 21), 0) == (1, 4, 1, 3)
        assert first.window((11, 9, 29, 21), 2) == (0, 4, 0, 5)
        assert first.part(1, 2) == Affine(10, 0, 20, 0, -10, 30)


@pytest.mark.parametrize(
    ("unit", "factor"), [("ft", 0.3048), ("us survey foot", 1200 / 3937), ("metre", 1), ("cm", 0.01)]
)
def test_heights_are_brought_to_metres_and_voids_stay_voids(unit, factor):
    assert METRES[unit] == factor
    with dataset(np.array([[100, -9999]], "f4"), from_origin(0, 1, 1, 1), unit=unit) as source:
        metres = tile_of(source, "dem.tif", heights=True).read(slice(0, 1), slice(0, 2))
        plain = tile_of(source, "dem.tif", heights=False).read(slice(0, 1), slice(0, 2))
    assert metres[0, 0] == pytest.approx(100 * factor)
    assert plain[0, 0] == 100
    assert np.isnan(metres[0, 1])
    assert np.isnan(plain[0, 1])


def test_a_raster_that_is_south_up_is_read_upright():
    values = np.arange(6, dtype="f4").reshape(2, 3)
    with dataset(values, Affine(10, 0, 0, 0, 10, 0)) as source:
        tile = tile_of(source, "up.tif", heights=True)
        with tile.dataset:
            assert tile.dataset is not source
            assert tile.transform.e < 0
            assert tile.read(slice(0, 2), slice(0, 3)).tolist() == values[::-1].tolist()


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"bands": 3}, FormatError, "3 bands"),
        ({"colours": ColorInterp.palette}, FormatError, "palette"),
        ({"values": np.ones((2, 2), "complex64"), "nodata": None}, FormatError, "complex"),
        ({"crs": None}, CrsError, "coordinate reference system"),
        ({"transform": Affine.identity()}, CrsError, "where its cells lie"),
        ({"unit": "fathom"}, DataError, "fathom"),
    ],
)
@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_faults_are_named(change, error, message):
    right = {"values": np.ones((2, 2), "u1"), "transform": from_origin(0, 2, 1, 1), "nodata": 0}
    with dataset(**(right | change)) as source, pytest.raises(error, match=message) as raised:
        tile_of(source, "odd.tif", heights=True)
    assert told(raised.value, "vi").startswith("odd.tif: ")


def test_what_is_no_fault_of_the_file_passes():
    with dataset(np.ones((2, 2), "u1"), from_origin(0, 2, 1, 1), nodata=0, colours=ColorInterp.palette) as source:
        assert tile_of(source, "classes.tif", heights=False, palette=True).read(slice(0, 1), slice(0, 1)) == 1
    with dataset(np.ones((2, 2), "u1"), from_origin(0, 2, 1, 1), nodata=0, unit="persons") as source:
        assert tile_of(source, "people.tif", heights=False).to_metres == 1


def test_places_that_lead_nowhere_are_a_fault_of_the_file():
    with pytest.raises(CrsError, match=r"a\.tif: .*\(inf\)"):
        placed("a.tif", lambda: (0.0, np.inf, 1.0, 2.0))
    with pytest.raises(CrsError, match=r"a\.tif: .*could not be parsed"):
        placed("a.tif", lambda: rasterio.crs.CRS.from_user_input("nonsense"))
    with pytest.raises(ZeroDivisionError):
        placed("a.tif", lambda: 1 / 0)
    assert placed("a.tif", lambda: (1, 2)) == (1, 2)


def test_a_closed_dataset_is_a_damaged_file():
    with dataset(np.ones((2, 2), "u1"), from_origin(0, 2, 1, 1), nodata=0) as source:
        tile = tile_of(source, "gone.tif", heights=True)
    with pytest.raises(FormatError, match=r"gone\.tif"):
        tile.read(slice(0, 1), slice(0, 1))
