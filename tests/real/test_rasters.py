"""Real tiles of SRTM, against the heights counted in their bytes without any raster library."""

import zipfile

import geopandas as gpd
import numpy as np
import pytest
from pyproj import Transformer
from shapely import box

from lomsong.ingest.maps.rasters import read_dem, terrain_of

pytestmark = pytest.mark.real

VOID = -32768


def tile(shared_data, name):
    """Heights of a tile, row 0 on its northern edge, straight from the bytes."""
    with zipfile.ZipFile(shared_data / "dem" / f"{name}.hgt.zip") as archive:
        return np.frombuffer(archive.read(f"{name}.hgt"), dtype=">i2").reshape(1201, 1201)


def area(south, west, margin=0.02):
    return gpd.GeoDataFrame(
        geometry=[box(west + margin, south + margin, west + 1 - margin, south + 1 - margin)], crs=4326
    )


def places_on(grid, south, west):
    """Row and column of each cell's centre in the tile, as fractions."""
    centres = grid.centres()
    longitude, latitude = Transformer.from_crs(grid.crs, 4326, always_xy=True).transform(centres[:, 0], centres[:, 1])
    return (south + 1 - latitude) * 1200, (longitude - west) * 1200


def bilinear(values, row, column):
    top, left = np.clip(row.astype(int), 0, 1199), np.clip(column.astype(int), 0, 1199)
    down, across = row - top, column - left
    upper = values[top, left] * (1 - across) + values[top, left + 1] * across
    lower = values[top + 1, left] * (1 - across) + values[top + 1, left + 1] * across
    return upper * (1 - down) + lower * down


def test_white_mountains_come_back_height_by_height(shared_data):
    raw = tile(shared_data, "N44W072")
    assert (raw.min(), raw.max(), (raw == VOID).sum()) == (115, 1908, 0)
    reading = read_dem(shared_data / "dem" / "N44W072.hgt.zip", area(44, -72), step_m=50.0)
    row, column = places_on(reading.grid, 44, -72)
    inside = (row >= 0) & (row <= 1200) & (column >= 0) & (column <= 1200)
    assert inside.mean() > 0.95
    expected = bilinear(raw.astype(float), row[inside], column[inside])
    off = np.abs(reading.values.ravel()[inside] - expected)
    assert off.max() < 0.5
    assert off.mean() < 0.02
    assert reading.flags.query("check == 'void_left'").empty
    # Mount Washington, 1,917 m, read at its place.
    terrain = terrain_of(reading)
    east, north = Transformer.from_crs(4326, reading.crs, always_xy=True).transform(-71.3033, 44.2706)
    assert float(terrain.ground_at(east, north)) == pytest.approx(1908, abs=15)


def test_voids_of_vanuatu_are_counted_as_in_the_bytes(shared_data):
    raw = tile(shared_data, "S16E166")
    assert ((raw == VOID).sum(), (raw == 0).sum()) == (6229, 1_188_278)
    assert raw[raw != VOID].min() == -1
    assert raw.max() == 1838
    place = area(-16, 166)
    reading = read_dem(shared_data / "dem" / "S16E166.hgt.zip", place, step_m=50.0)
    row, column = places_on(reading.grid, -16, 166)
    nearest = raw[np.clip(np.rint(row).astype(int), 0, 1200), np.clip(np.rint(column).astype(int), 0, 1200)]
    # Count in the territory alone: its bounds hold a little more, its edges being curved in metres.
    centres = reading.grid.centres()
    inside = place.to_crs(reading.crs).geometry.iloc[0].buffer(25).contains(
        gpd.points_from_xy(centres[:, 0], centres[:, 1])
    )  # fmt: skip
    counted = int(((nearest == VOID) & inside).sum())
    flags = reading.flags.set_index("check")
    told = int(flags["rows"].sum())
    assert told == pytest.approx(counted, rel=0.01)
    assert counted / inside.sum() == pytest.approx(6229 / raw.size, rel=0.1)
    assert set(flags.index) <= {"void_filled", "void_left"}
    left = np.isnan(reading.values)
    assert int(left.sum()) == int(flags["rows"].get("void_left", 0))
    assert (reading.values[(nearest == 0).reshape(left.shape)] >= -1).all()


def test_one_tile_does_not_do_for_two_degrees_and_the_second_is_named(shared_data):
    wide = gpd.GeoDataFrame(geometry=[box(-71.6, 44.1, -70.1, 44.9)], crs=4326)
    with pytest.raises(ValueError, match=r"covers only 4\d%.*add the missing tiles: N44W071$"):
        read_dem(shared_data / "dem" / "N44W072.hgt.zip", wide, step_m=200.0)


def test_a_folder_of_both_tiles_reads_only_the_one_that_is_needed(shared_data):
    one = read_dem(shared_data / "dem" / "S16E166.hgt.zip", area(-16, 166, 0.3), step_m=90.0)
    both = read_dem(shared_data / "dem", area(-16, 166, 0.3), step_m=90.0)
    np.testing.assert_array_equal(one.values, both.values)
    assert both.flags.drop(columns="source_file").equals(one.flags.drop(columns="source_file"))
