import time

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Geod, Transformer
from rasterio.transform import from_origin

from lomsong.errors import CrsError, DataError, FormatError, LomsongError, UsageError
from lomsong.lattice import lattices, tile_of
from lomsong.radio import Terrain
from lomsong.radio.relief import MARGIN_CELLS, terrain_around
from lomsong.texts import told

WGS84 = CRS.from_epsg(4326)
STEP = 0.001
SITE = (107.05, 11.05)
GEOD = Geod(ellps="WGS84")


def write(path, values, crs=4326, transform=None, nodata=-9999, unit=None, **more):
    values = np.asarray(values)
    with rasterio.open(
        path, "w", driver="GTiff", width=values.shape[1], height=values.shape[0], count=1, dtype=values.dtype, crs=crs,
        transform=transform or from_origin(107.0, 11.1, STEP, STEP), nodata=nodata, **more,
    ) as target:  # fmt: skip
        target.write(values, 1)
        if unit:
            target.set_band_unit(1, unit)
    return path


def hills(rows=100, columns=100):
    return np.random.default_rng(3).uniform(200, 900, (rows, columns)).astype(np.float32)


@pytest.fixture
def dem(tmp_path):
    return write(tmp_path / "dem.tif", hills())


def around(terrain, longitude, latitude, radius_m, count=200):
    """Points of the circle in the CRS of the terrain, shape (count, 2)."""
    full = np.full(count, radius_m)
    azimuth = np.linspace(0, 360, count, endpoint=False)
    east, north, _ = GEOD.fwd(np.full(count, longitude), np.full(count, latitude), azimuth, full)
    at = Transformer.from_crs(WGS84, terrain.crs, always_xy=True).transform(east, north)
    return np.column_stack(at)


def test_a_window_is_the_cells_of_the_dem_as_they_are(dem):
    terrain = terrain_around(dem, *SITE, 1_000)
    row, column = round((11.1 - terrain.transform.f) / STEP), round((terrain.transform.c - 107.0) / STEP)
    rows, columns = terrain.ground_m.shape
    assert terrain.ground_m.tolist() == hills()[row : row + rows, column : column + columns].tolist()
    assert terrain.crs == WGS84
    assert terrain.contains(around(terrain, *SITE, 1_000)).all()
    # 1000 m are 9.04 cells of a thousandth of a degree to the north, 9.15 to the east; two to spare.
    assert (rows, columns) == (2 * (10 + MARGIN_CELLS), 2 * (10 + MARGIN_CELLS))
    assert (terrain.zone == 4).all()
    assert not terrain.canopy_m.any()
    assert not terrain.clutter_m.any()


def test_however_the_dem_is_given(dem):
    wanted = terrain_around(dem, *SITE, 2_000)
    whole = Terrain(hills(), np.zeros((100, 100)), from_origin(107.0, 11.1, STEP, STEP), WGS84)
    with rasterio.open(dem) as source:
        lattice = lattices([tile_of(source, "dem.tif", heights=True)])[0]
        found = [terrain_around(each, *SITE, 2_000) for each in (str(dem), source, lattice, [dem], whole)]
        assert not source.closed
    for each in found:
        assert np.array_equal(each.ground_m, wanted.ground_m)
        assert each.transform.almost_equals(wanted.transform, 1e-9)


def test_tiles_are_joined(tmp_path):
    values = hills()
    west = write(tmp_path / "w.tif", values[:, :50])
    east = write(tmp_path / "e.tif", values[:, 49:], transform=from_origin(107.049, 11.1, STEP, STEP))
    joined = terrain_around([east, west], *SITE, 2_000)
    whole = terrain_around(write(tmp_path / "all.tif", values), *SITE, 2_000)
    assert np.array_equal(joined.ground_m, whole.ground_m)
    other = write(tmp_path / "o.tif", values, transform=from_origin(107.0, 11.1, STEP / 2, STEP))
    with pytest.raises(DataError, match=r"w\.tif, o\.tif: tiles differ"):
        terrain_around([west, other], *SITE, 2_000)


def test_a_crop_keeps_what_a_terrain_has():
    ground, rng = hills(), np.random.default_rng(0)
    canopy, clutter, zone = ground % 20, ground % 7, rng.choice([1, 3, 4], ground.shape)
    whole = Terrain(ground, canopy, from_origin(107.0, 11.1, STEP, STEP), WGS84, clutter, zone)
    part = terrain_around(whole, *SITE, 1_500)
    row, column = round((11.1 - part.transform.f) / STEP), round((part.transform.c - 107.0) / STEP)
    cut = np.s_[row : row + part.ground_m.shape[0], column : column + part.ground_m.shape[1]]
    for name in ("ground_m", "canopy_m", "clutter_m", "zone"):
        assert np.array_equal(getattr(part, name), getattr(whole, name)[cut]), name


@settings(max_examples=40, deadline=None)
@given(st.floats(100.5, 113.5), st.floats(-60, 60), st.floats(500, 60_000), st.sampled_from([4326, 4756, 32648, 3857]))
def test_the_circle_is_covered(longitude, latitude, radius_m, code):
    crs = CRS.from_epsg(code)
    there = Transformer.from_crs(WGS84, crs, always_xy=True).transform(longitude, latitude)
    step = 0.01 if crs.is_geographic else 1_000.0
    west, north = there[0] - 150.3 * step, there[1] + 150.4 * step
    # A Mercator is stretched by the latitude, to twice at 60 degrees.
    whole = Terrain(np.zeros((300, 300)), np.zeros((300, 300)), from_origin(west, north, step, step), crs)
    terrain = terrain_around(whole, longitude, latitude, radius_m)
    circle = around(terrain, longitude, latitude, radius_m)
    on_dem = whole.contains(circle)
    assert terrain.contains(circle[on_dem]).all()
    # Two cells to spare, and no more than one for the outward rounding.
    if on_dem.all():
        for edge, reach in zip(terrain.bounds, (*circle.min(0), *circle.max(0)), strict=True):
            assert 1.9 * step <= abs(edge - reach) <= 3.2 * step


def test_beyond_the_dem_nothing_is_invented(dem):
    terrain = terrain_around(dem, 107.0005, 11.0995, 3_000)
    assert terrain.bounds[0] == pytest.approx(107.0)
    assert terrain.bounds[3] == pytest.approx(11.1)
    assert terrain.ground_m[0, 0] == hills()[0, 0]
    whole = terrain_around(dem, *SITE, 80_000)
    assert np.array_equal(whole.ground_m, hills())


def test_a_site_outside_is_told_with_its_place_and_the_bounds(dem):
    with pytest.raises(
        DataError, match=r"dem\.tif: the site \(106\.9, 11\.05\).*107, 11, 107\.1, 11\.1 in WGS 84"
    ) as error:
        terrain_around(dem, 106.9, 11.05, 50_000)
    assert "nằm ngoài DEM" in told(error.value, "vi")


def test_across_the_date_line_and_from_0_to_360(tmp_path):
    path = write(tmp_path / "e.tif", hills(), transform=from_origin(179.9, 0.05, STEP, STEP))
    terrain = terrain_around(path, 179.99, 0.0, 5_000)
    assert terrain.bounds[2] == pytest.approx(180.0)
    assert terrain.ground_m.shape[1] < 70
    beyond = write(tmp_path / "p.tif", hills(), transform=from_origin(252.9, 11.1, STEP, STEP))
    assert terrain_around(beyond, 253.0 - 360.0 - 0.05, 11.05, 1_000).ground_m.shape == (24, 24)
    around_line = write(tmp_path / "o.tif", hills(), transform=from_origin(179.95, 0.05, STEP, STEP))
    assert terrain_around(around_line, -179.995, 0.0, 2_000).ground_m.shape[1] >= 36


def test_feet_and_voids_and_what_cannot_be(tmp_path):
    values = np.full((100, 100), 1000, np.int16)
    values[50, 50], values[50, 51], values[49, 50] = -32768, 31_000, -2_000
    metres = terrain_around(write(tmp_path / "m.tif", values, nodata=None), *SITE, 1_000)
    assert np.isnan(metres.ground_m).sum() == 3
    assert np.nanmin(metres.ground_m) == np.nanmax(metres.ground_m) == 1000
    feet = terrain_around(write(tmp_path / "ft.tif", values, nodata=-32768, unit="ft"), *SITE, 1_000)
    assert feet.ground_m[0, 0] == pytest.approx(304.8)
    # 31,000 feet are above Everest, -2,000 below the Dead Sea.
    assert np.isnan(feet.ground_m).sum() == 3


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_faults_are_named(tmp_path, dem):
    bare = write(tmp_path / "bare.tif", hills(), crs=None)
    with pytest.raises(CrsError, match=r"bare\.tif"):
        terrain_around(bare, *SITE, 1_000)
    with pytest.raises(DataError, match="fathom"):
        terrain_around(write(tmp_path / "f.tif", hills(), unit="fathom"), *SITE, 1_000)
    with pytest.raises(FormatError, match=r"none\.tif"):
        terrain_around(tmp_path / "none.tif", *SITE, 1_000)
    for site, radius, message in (
        ((11.05, 107.05), 1_000, "nowhere on Earth"), ((np.nan, 1), 1, "nowhere on Earth"), (("a", 1), 1, "nowhere"),
        (SITE, 0, "radius"), (SITE, np.inf, "radius"),
    ):  # fmt: skip
        with pytest.raises(UsageError, match=message):
            terrain_around(dem, *site, radius)
    with rasterio.open(dem) as closed:
        pass
    for wrong in (3, [], None, closed):
        with pytest.raises(UsageError, match=r"dem: a .* is no raster"):
            terrain_around(wrong, *SITE, 1_000)
    with pytest.raises(UsageError, match="land_cover: a int is no raster"):
        terrain_around(dem, *SITE, 1_000, land_cover=5)


def test_a_window_of_too_many_cells_is_refused(monkeypatch, dem):
    monkeypatch.setattr("lomsong.radio.relief.MOST_CELLS", 500)
    with pytest.raises(DataError, match="576 cells, the limit is 500"):
        terrain_around(dem, *SITE, 1_000)


def classes(rows, columns, seed=5):
    return np.random.default_rng(seed).choice([0, 10, 30, 50], (rows, columns)).astype("u1")


@pytest.mark.parametrize("cells", [16_000_000, 2_000])
def test_land_cover_on_a_finer_grid_is_that_under_each_centre(tmp_path, dem, monkeypatch, cells):
    monkeypatch.setattr("lomsong.radio.relief.READ_CELLS", cells)
    codes = classes(300, 250)
    fine = write(tmp_path / "lc.tif", codes, transform=from_origin(107.02, 11.09, STEP / 3, STEP / 2.5), nodata=None)
    terrain = terrain_around(dem, *SITE, 4_000, land_cover=fine)
    for row in range(0, terrain.ground_m.shape[0], 7):
        for column in range(0, terrain.ground_m.shape[1], 5):
            east, north = terrain.transform @ (column + 0.5, row + 0.5)
            down, across = int((11.09 - north) * 2.5 / STEP // 1), int((east - 107.02) * 3 / STEP // 1)
            code = codes[down, across] if 0 <= down < 300 and 0 <= across < 250 else 0
            assert terrain.clutter_m[row, column] == (10 if code == 50 else 0)
            assert terrain.canopy_m[row, column] == (15 if code == 10 else 0)
    assert terrain.clutter_m.any()


def test_land_cover_in_another_crs_is_that_under_each_centre(tmp_path, dem):
    codes = classes(2_500, 2_500)
    place = from_origin(712_000, 1_235_000, 10, 10)
    terrain = terrain_around(dem, *SITE, 4_000, land_cover=write(tmp_path / "u.tif", codes, 32648, place, nodata=None))
    rows, columns = np.indices(terrain.ground_m.shape)
    cells = terrain.transform
    at = Transformer.from_crs(WGS84, 32648, always_xy=True).transform(
        cells.c + (columns + 0.5) * cells.a, cells.f + (rows + 0.5) * cells.e
    )
    down, across = (1_235_000 - at[1]) / 10, (at[0] - 712_000) / 10
    # Within a hundredth of a cell of an edge either side is right.
    sure = (np.abs(down - np.rint(down)) > 0.01) & (np.abs(across - np.rint(across)) > 0.01)
    under = codes[down.astype(int), across.astype(int)]
    assert sure.mean() > 0.95
    assert np.array_equal(terrain.clutter_m[sure], np.where(under == 50, 10.0, 0.0)[sure])
    assert np.array_equal(terrain.canopy_m[sure], np.where(under == 10, 15.0, 0.0)[sure])


def test_a_canopy_raster_and_its_codes(tmp_path, dem):
    heights = np.full((100, 100), 22, np.uint8)
    heights[:, 50:] = 255
    trees = write(tmp_path / "c.tif", heights, nodata=None)
    alone = terrain_around(dem, *SITE, 1_000, canopy=trees)
    assert np.unique(alone.canopy_m).tolist() == [0, 22]
    forest = write(tmp_path / "lc.tif", np.full((100, 100), 10, np.uint8), nodata=None)
    both = terrain_around(dem, *SITE, 1_000, canopy=trees, land_cover=forest)
    assert np.unique(both.canopy_m).tolist() == [15, 22]
    higher = terrain_around(dem, *SITE, 1_000, land_cover=forest, heights={"tree_cover": 28})
    assert (higher.canopy_m == 28).all()


def test_zones_are_found_or_passed(tmp_path):
    values = np.full((100, 100), 40.0, np.float32)
    values[:, :50] = 0
    low = write(tmp_path / "low.tif", values)
    found = terrain_around(low, *SITE, 2_000).zone
    assert np.unique(found).tolist() == [1, 3]
    forest = write(tmp_path / "lc.tif", np.full((100, 100), 10, np.uint8), nodata=None)
    assert (terrain_around(low, *SITE, 2_000, land_cover=forest).zone == 4).all()
    given_zone = np.full((100, 100), 3, np.uint8)
    given_zone[:50] = 0
    passed = terrain_around(low, *SITE, 2_000, zone=write(tmp_path / "z.tif", given_zone, nodata=0)).zone
    assert np.unique(passed).tolist() == [3, 4]
    with pytest.raises(DataError, match="zone has"):
        terrain_around(low, *SITE, 2_000, zone=forest)


def test_a_palette_may_stand_beside_classes(tmp_path, dem):
    path = write(tmp_path / "pal.tif", np.full((100, 100), 50, np.uint8), nodata=None, photometric="palette")
    with rasterio.open(path, "r+") as target:
        target.write_colormap(1, {50: (250, 0, 0)})
    assert (terrain_around(dem, *SITE, 1_000, land_cover=path).clutter_m == 10).all()
    with pytest.raises(FormatError, match="palette"):
        terrain_around(path, *SITE, 1_000)


def test_a_rotated_dem_is_warped_upright(tmp_path):
    values = np.full((100, 100), 300.0, np.float32)
    turned = Affine(0.001, 0.0002, 107.0, 0.0002, -0.001, 11.1)
    terrain = terrain_around(write(tmp_path / "turned.tif", values, transform=turned), *SITE, 1_000)
    assert terrain.ground_at(*SITE) == pytest.approx(300)


@pytest.fixture(scope="module")
def mountains(shared_data):
    return shared_data / "dem" / "N44W072.hgt.zip"


@pytest.fixture(scope="module")
def island(shared_data):
    return shared_data / "dem" / "S16E166.hgt.zip"


@pytest.mark.real
def test_real_mountains_are_what_rasterio_reads(mountains):
    site = (-71.3033, 44.2706)  # Mount Washington, 1917 m
    terrain = terrain_around(mountains, *site, 10_000)
    with rasterio.open(f"/vsizip/{mountains}/N44W072.hgt") as source:
        window = source.window(*terrain.bounds).round_offsets().round_lengths()
        read = source.read(1, window=window)
        centre = source.index(*site)
        same = terrain_around(source, *site, 10_000)
        beside = terrain_around(f"/vsizip/{mountains}/N44W072.hgt", *site, 10_000)
    assert np.array_equal(terrain.ground_m, read)
    assert np.array_equal(same.ground_m, terrain.ground_m)
    assert np.array_equal(beside.ground_m, terrain.ground_m)
    assert terrain.ground_m.shape[0] == 221
    assert read[centre[0] - window.row_off, centre[1] - window.col_off] == pytest.approx(1900, abs=60)
    assert (terrain.zone == 4).all()
    start = time.process_time()
    terrain_around(mountains, *site, 10_000)
    assert time.process_time() - start < 0.1


@pytest.mark.real
def test_real_sea_is_sea_and_voids_are_voids(island):
    """Espiritu Santo: 0.4 % voids of -32768 in the mountains, sea of 0 m."""
    with rasterio.open(f"/vsizip/{island}/S16E166.hgt") as source:
        raw = source.read(1)
        terrain = terrain_around(source, 166.6, -15.3, 200_000)
    assert np.array_equal(np.isnan(terrain.ground_m), raw == -32768)
    assert np.array_equal(terrain.ground_m[raw != -32768], raw[raw != -32768])
    assert (terrain.zone == 1)[raw == 0].mean() > 0.999
    assert not (terrain.zone == 1)[raw != 0].any()
    assert (terrain.zone == 4)[(raw >= 100)].all()
    assert ((terrain.zone == 3)[(raw > 0) & (raw < 100)]).mean() > 0.9


@pytest.mark.real
@settings(max_examples=20, deadline=None)
@given(st.floats(165.9, 167.1), st.floats(-16.1, -14.9), st.floats(1, 30_000))
def test_real_windows_are_parts_of_the_tile_or_told_to_be_outside(island, longitude, latitude, radius_m):
    with rasterio.open(f"/vsizip/{island}/S16E166.hgt") as source:
        west, south, east, north = source.bounds
        if not (west <= longitude <= east and south <= latitude <= north):
            with pytest.raises(LomsongError, match="outside the DEM"):
                terrain_around(source, longitude, latitude, radius_m)
            return
        terrain = terrain_around(source, longitude, latitude, radius_m)
        read = source.read(1, window=source.window(*terrain.bounds).round_offsets().round_lengths(), masked=True)
    assert np.array_equal(terrain.ground_m, read.astype("f4").filled(np.nan), equal_nan=True)
