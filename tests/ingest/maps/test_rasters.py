import gzip
import zipfile

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import Transformer
from rasterio.enums import ColorInterp
from rasterio.transform import from_origin
from shapely import box
from shapely.affinity import rotate

from lomsong.errors import CrsError, DataError, FormatError, LomsongError, MissingFileError, UsageError
from lomsong.geo import Grid
from lomsong.ingest import read_terrain
from lomsong.ingest.maps.rasters import (
    MAX_CELLS,
    RasterReading,
    population_of,
    read_canopy,
    read_dem,
    read_land_cover,
    read_population,
    terrain_of,
)
from lomsong.ingest.maps.tiles import degree_tile
from lomsong.radio.landcover import WORLD_COVER
from lomsong.texts import LANGUAGES, TEXTS, told

TERRITORY = gpd.GeoDataFrame(geometry=[box(700_000, 1_230_000, 704_000, 1_233_000)], crs=3405)
GRID = Grid.over((700_000, 1_230_000, 704_000, 1_233_000), 100.0, TERRITORY.crs)


def dem(path, values, crs=3405, west=699_000, north=1_234_000, step=100.0, nodata=-9999, dtype="float32", **more):
    values = np.atleast_3d(values).transpose(2, 0, 1) if np.ndim(values) == 2 else values
    with rasterio.open(
        path, "w", driver="GTiff", width=values.shape[2], height=values.shape[1], count=values.shape[0], dtype=dtype,
        crs=crs, transform=from_origin(west, north, step, step), nodata=nodata, **more,
    ) as target:  # fmt: skip
        target.write(values.astype(dtype))
    return path


def slope(rows=60, columns=70):
    return np.add.outer(np.arange(rows) * 2.0, np.arange(columns) * 1.0)


def flags_of(reading):
    return reading.flags.set_index("check")["rows"].to_dict()


def quarters(folder, values=None, skip=()):
    """Four tiles of 30 rows and 35 columns that make up `slope`."""
    folder.mkdir(exist_ok=True)
    values = slope() if values is None else values
    for row in (0, 1):
        for column in (0, 1):
            if (row, column) in skip:
                continue
            part = values[row * 30 : row * 30 + 30, column * 35 : column * 35 + 35]
            dem(folder / f"t{row}{column}.tif", part, west=699_000 + column * 3500, north=1_234_000 - row * 3000)
    return folder


def hgt(latitude, longitude, fill):
    """Bytes of an SRTM tile of 3 arc seconds: 1201 rows of big-endian whole metres, the northernmost first."""
    values = np.full((1201, 1201), fill, dtype=">i2") if np.isscalar(fill) else fill.astype(">i2")
    return f"{degree_tile(latitude, longitude)}.hgt", values.tobytes()


def test_heights_land_where_they_belong(tmp_path):
    terrain = read_terrain(dem(tmp_path / "dem.tif", slope()), TERRITORY, crs=TERRITORY.crs)
    assert (terrain.step_m, terrain.ground_m.shape) == (100.0, (30, 40))
    assert terrain.ground_at(700_050.0, 1_232_950.0) == pytest.approx(2 * 10 + 10)
    assert terrain.ground_at(703_050.0, 1_230_050.0) == pytest.approx(2 * 39 + 40)
    assert (terrain.canopy_m == 0).all()


def test_degrees_and_a_canopy_on_another_grid(tmp_path):
    area = TERRITORY.to_crs(4326)
    west, _, east, north = area.total_bounds
    values = np.full((80, 80), 55.0)
    path = dem(tmp_path / "deg.tif", values, 4326, west - 0.01, north + 0.01, (east - west + 0.03) / 80)
    canopy = dem(tmp_path / "canopy.tif", np.full((30, 35), 18.0), step=200.0)
    terrain = read_terrain(path, area, canopy)
    assert terrain.crs.to_epsg() == 3405
    assert np.nanmin(terrain.ground_m) == pytest.approx(55, abs=0.01)
    assert terrain.canopy_m.max() == 18


def test_small_voids_are_filled_and_large_ones_stay_unknown(tmp_path):
    values = slope()
    values[15:17, 20:22] = -9999
    reading = read_dem(dem(tmp_path / "dem.tif", values), TERRITORY, TERRITORY.crs)
    assert np.isfinite(reading.values).all()
    assert flags_of(reading) == {"void_filled": 4}
    assert reading.flags["value"][0] == f"{4 / 1200:.2%}"
    assert reading.flags["limit"][0] == "20 cells"
    assert terrain_of(reading).ground_at(701_050.0, 1_232_450.0) == pytest.approx(2 * 15 + 20, abs=4)
    half = read_dem(dem(tmp_path / "half.tif", slope()[:, :33]), TERRITORY, TERRITORY.crs)
    assert flags_of(half) == {"void_filled": 30 * 17}
    assert np.isfinite(half.values).all()


def test_a_void_too_wide_to_fill_is_left_and_counted(tmp_path):
    wide = gpd.GeoDataFrame(geometry=[box(700_000, 1_130_000, 710_000, 1_140_000)], crs=3405)
    values = np.full((100, 100), 7.0)
    values[:, 60:] = -9999
    reading = read_dem(
        dem(tmp_path / "dem.tif", values, west=700_000, north=1_140_000), wide, wide.crs
    )  # fmt: skip
    counts = flags_of(reading)
    assert counts["void_filled"] + counts["void_left"] == 40 * 100
    assert counts["void_left"] == np.isnan(reading.values).sum() >= 19 * 100
    assert reading.flags.set_index("check")["severity"]["void_left"] == "critical"


@pytest.mark.parametrize("bad", [-32768, -9998.5, 9001, 30_000, np.nan])
def test_heights_that_cannot_be_count_as_voids_and_spoil_no_neighbour(tmp_path, bad):
    values = slope()
    values[20, 30] = bad
    reading = read_dem(dem(tmp_path / "dem.tif", values, nodata=None), TERRITORY, TERRITORY.crs)
    assert flags_of(reading) == {"void_filled": 1}
    row, column = 20 - 10, 30 - 10
    assert reading.values[row, column] == pytest.approx(2 * 20 + 30, abs=3)
    expected = slope()[10:40, 10:50]
    expected[row, column] = reading.values[row, column]
    np.testing.assert_allclose(reading.values, expected, atol=1e-3)


def test_a_territory_off_the_raster_grid_gets_interpolated_heights_without_steps(tmp_path):
    shifted = gpd.GeoDataFrame(geometry=[box(700_030, 1_230_030, 703_970, 1_232_970)], crs=3405)
    reading = read_dem(quarters(tmp_path / "tiles"), shifted, shifted.crs, step_m=30.0)
    centres = reading.grid.centres()
    expected = 2 * ((1_234_000 - centres[:, 1]) / 100 - 0.5) + (centres[:, 0] - 699_000) / 100 - 0.5
    # A plane comes back as a plane, across the seams of the four tiles as well.
    np.testing.assert_allclose(reading.values.ravel(), expected, atol=0.03)


@pytest.mark.parametrize("shape", ["folder", "glob", "zip", "list", "vrt", "vrt in a zip"])
def test_many_tiles_are_one_raster_however_they_are_named(tmp_path, shape):
    whole = read_dem(dem(tmp_path / "whole.tif", slope()), TERRITORY, TERRITORY.crs)
    folder = quarters(tmp_path / "tiles")
    (folder / "readme.txt").write_text("made in a test")
    if shape == "folder":
        named = folder
    elif shape == "glob":
        named = str(folder / "t*.tif")
    elif shape == "list":
        named = sorted(folder.glob("*.tif"))
    elif shape == "zip":
        named = packed(tmp_path / "tiles.zip", sorted(folder.iterdir()))
    else:
        named = folder / "all.vrt"
        named.write_text(vrt(folder))
        if shape == "vrt in a zip":
            named = packed(tmp_path / "tiles.zip", sorted(folder.iterdir()))
    read = read_dem(named, TERRITORY, TERRITORY.crs)
    np.testing.assert_array_equal(read.values, whole.values)
    assert read.flags.empty


def packed(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.write(file, f"dem/{file.name}")
    return path


def vrt(folder):
    tiles = "".join(
        f'<ComplexSource><SourceFilename relativeToVRT="1">t{r}{c}.tif</SourceFilename><SourceBand>1</SourceBand>'
        f'<SrcRect xOff="0" yOff="0" xSize="35" ySize="30"/><NODATA>-9999</NODATA>'
        f'<DstRect xOff="{c * 35}" yOff="{r * 30}" xSize="35" ySize="30"/></ComplexSource>'
        for r in (0, 1) for c in (0, 1) if (folder / f"t{r}{c}.tif").exists()
    )  # fmt: skip
    return (
        '<VRTDataset rasterXSize="70" rasterYSize="60"><SRS>EPSG:3405</SRS>'
        "<GeoTransform>699000, 100, 0, 1234000, 0, -100</GeoTransform>"
        f'<VRTRasterBand dataType="Float32" band="1"><NoDataValue>-9999</NoDataValue>{tiles}'
        "</VRTRasterBand></VRTDataset>"
    )


def test_a_tile_that_is_missing_leaves_its_cells_void(tmp_path):
    reading = read_dem(quarters(tmp_path / "tiles", skip={(0, 1)}), TERRITORY, TERRITORY.crs)
    # Of the territory (rows 10-39, columns 10-49 of the whole) the missing tile has rows 10-29, columns 35-49.
    assert flags_of(reading) == {"void_filled": 20 * 15}
    assert reading.values[25, 39] == pytest.approx(2 * 35 + 49)


def test_tiles_of_another_crs_and_resolution_fill_only_what_is_empty(tmp_path):
    folder = quarters(tmp_path / "tiles", skip={(0, 1)})
    area = TERRITORY.to_crs(4326).buffer(0.02).total_bounds
    dem(folder / "z.tif", np.full((90, 90), 500.0), 4326, area[0], area[3], (area[2] - area[0]) / 80)
    reading = read_dem(folder, TERRITORY, TERRITORY.crs, step_m=100.0)
    assert reading.flags.empty
    assert (reading.values[:20, 25:] == 500).all()
    np.testing.assert_allclose(reading.values[:, :25], slope()[10:40, 10:35], atol=1e-3)


def test_the_position_of_an_hgt_is_in_its_name_also_inside_a_zip_or_a_gzip(tmp_path):
    rows = np.repeat(np.arange(1201)[:, None], 1201, axis=1)
    name, data = hgt(11, 107, rows)
    (tmp_path / name).write_bytes(data)
    with zipfile.ZipFile(tmp_path / "any name.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    (tmp_path / f"{name}.gz").write_bytes(gzip.compress(data))
    area = gpd.GeoDataFrame(geometry=[box(107.2, 11.2, 107.3, 11.3)], crs=4326)
    readings = [read_dem(tmp_path / file, area, step_m=50.0) for file in (name, "any name.zip", f"{name}.gz")]
    centres = readings[0].grid.centres()
    to_degrees = Transformer.from_crs(readings[0].grid.crs, 4326, always_xy=True)
    _, latitude = to_degrees.transform(centres[:, 0], centres[:, 1])
    for reading in readings:
        # Row 0 lies on 12° N, row 1200 on 11° N.
        np.testing.assert_allclose(reading.values.ravel(), (12 - latitude) * 1200, atol=0.005)


def test_feet_become_metres_and_say_so(tmp_path):
    path = dem(tmp_path / "dem.tif", slope() + 1000)
    with rasterio.open(path, "r+") as file:
        file.units = ("ft",)
    reading = read_dem(path, TERRITORY, TERRITORY.crs)
    np.testing.assert_allclose(reading.values, (slope()[10:40, 10:50] + 1000) * 0.3048, rtol=1e-5)
    assert flags_of(reading) == {"unit_converted": 60 * 70}
    with rasterio.open(path, "r+") as file:
        file.units = ("fathom",)
    with pytest.raises(DataError, match="fathom"):
        read_dem(path, TERRITORY, TERRITORY.crs)


def test_scale_and_offset_of_the_band_are_applied(tmp_path):
    path = dem(tmp_path / "dem.tif", np.full((60, 70), 500), dtype="int16", nodata=-1)
    with rasterio.open(path, "r+") as file:
        file.scales, file.offsets = (0.1,), (20.0,)
    assert read_dem(path, TERRITORY, TERRITORY.crs).values == pytest.approx(70.0)


def test_a_raster_that_stands_on_its_head_or_is_turned_is_put_upright(tmp_path):
    expected = slope()[10:40, 10:50]
    upside = slope()[::-1]
    with rasterio.open(
        tmp_path / "up.tif", "w", driver="GTiff", width=70, height=60, count=1, dtype="float32", crs=3405,
        transform=rasterio.Affine(100, 0, 699_000, 0, 100, 1_228_000),
    ) as target:  # fmt: skip
        target.write(upside.astype("float32"), 1)
    np.testing.assert_allclose(read_dem(tmp_path / "up.tif", TERRITORY, TERRITORY.crs).values, expected, atol=0.01)


def test_a_raster_much_finer_than_the_step_is_averaged_and_a_huge_one_is_read_in_parts(tmp_path):
    fine = np.tile(np.array([[0.0, 100.0], [100.0, 0.0]]), (600, 700))
    reading = read_dem(dem(tmp_path / "fine.tif", fine, step=5.0), TERRITORY, TERRITORY.crs, step_m=500.0)
    np.testing.assert_allclose(reading.values, 50, atol=2)


def test_a_step_that_would_give_too_many_cells_is_made_coarser_and_told(tmp_path):
    # 200 km by 200 km at 1 m would be 40,000 million cells.
    area = gpd.GeoDataFrame(geometry=[box(500_000, 1_100_000, 700_000, 1_300_000)], crs=3405)
    path = tmp_path / "huge.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=200_000, height=200_000, count=1, dtype="uint8", crs=3405, sparse_ok=True,
        tiled=True, transform=from_origin(500_000, 1_300_000, 1, 1),
    ):  # fmt: skip
        pass
    assert path.stat().st_size < 20_000_000
    from lomsong.ingest.maps.rasters import _grid_over

    grid = _grid_over(area, area.crs, 1.0, coarsen=True)
    assert grid.step_m == 15
    assert grid.shape[0] * grid.shape[1] <= MAX_CELLS * 1.01
    part = gpd.GeoDataFrame(geometry=[box(500_100, 1_299_000, 500_300, 1_299_200)], crs=3405)
    assert read_dem(path, part, part.crs).values.shape == (200, 200)


def test_cells_outside_the_polygons_do_not_count(tmp_path):
    values = slope()
    values[10:40, 10:30] = -9999  # the western half of the bounds
    east = gpd.GeoDataFrame(
        geometry=[box(702_000, 1_230_000, 704_000, 1_233_000), box(700_000, 1_230_000, 700_100, 1_230_100)], crs=3405
    )
    reading = read_dem(dem(tmp_path / "dem.tif", values), east, east.crs)
    assert flags_of(reading) == {"void_filled": 1}


def test_a_raster_that_misses_the_territory_names_the_tiles_that_are_needed(tmp_path):
    with pytest.raises(DataError, match=r"covers only 0 % .*N11E106") as missed:
        read_dem(dem(tmp_path / "far.tif", slope(), west=600_000), TERRITORY, TERRITORY.crs)
    assert "thêm các mảnh còn thiếu: N11E106" in told(missed.value, "vi")
    name, data = hgt(11, 107, 100)
    (tmp_path / name).write_bytes(data)
    wide = gpd.GeoDataFrame(geometry=[box(107.7, 11.5, 108.7, 11.9)], crs=4326)
    with pytest.raises(DataError, match=r"covers only 3.*N11E108") as missed:
        read_dem(tmp_path / name, wide, step_m=500)
    assert "N11E107" not in str(missed.value).split("tiles")[1]


def test_names_of_degree_tiles_are_by_the_south_west_corner():
    assert degree_tile(-1, -1) == "S01W001"
    assert degree_tile(0, 0) == "N00E000"
    assert degree_tile(11, 107) == "N11E107"


def test_rasters_that_cannot_be_used(tmp_path):
    with pytest.raises(MissingFileError):
        read_terrain(tmp_path / "none.tif", TERRITORY)
    (tmp_path / "text.tif").write_text("no raster")
    with pytest.raises(FormatError, match="GeoTIFF"):
        read_terrain(tmp_path / "text.tif", TERRITORY)
    (tmp_path / "empty.tif").write_bytes(b"")
    with pytest.raises(DataError, match="empty"):
        read_terrain(tmp_path / "empty.tif", TERRITORY)
    with pytest.raises(CrsError, match="coordinate reference system"):
        read_terrain(dem(tmp_path / "bare.tif", slope(), None), TERRITORY)
    with pytest.raises(DataError, match="covers only"):
        read_terrain(dem(tmp_path / "far.tif", slope(), west=600_000), TERRITORY, crs=TERRITORY.crs)
    with pytest.raises(DataError, match="covers only"):
        read_terrain(dem(tmp_path / "void.tif", np.full((60, 70), -9999.0)), TERRITORY, crs=TERRITORY.crs)
    with pytest.raises(FormatError, match="has 2 bands"):
        read_terrain(dem(tmp_path / "two.tif", np.zeros((2, 60, 70))), TERRITORY)
    with pytest.raises(FormatError, match="complex"):
        read_terrain(dem(tmp_path / "c.tif", slope(), dtype="complex64", nodata=None), TERRITORY)
    with pytest.raises(UsageError, match="step"):
        read_terrain(dem(tmp_path / "dem.tif", slope()), TERRITORY, step_m=0.0)
    with pytest.raises(DataError, match="no geometry"):
        read_terrain(dem(tmp_path / "dem.tif", slope()), TERRITORY.iloc[:0], crs=TERRITORY.crs)
    with pytest.raises(CrsError):
        read_terrain(
            dem(tmp_path / "dem.tif", slope()), TERRITORY.set_crs(None, allow_override=True), crs=TERRITORY.crs
        )


def test_a_picture_is_no_elevation(tmp_path):
    path = dem(tmp_path / "map.tif", np.ones((60, 70)), dtype="uint8", nodata=None)
    with rasterio.open(path, "r+") as file:
        file.write_colormap(1, {1: (0, 100, 0, 255)})
        assert file.colorinterp[0] == ColorInterp.palette
    with pytest.raises(FormatError, match="palette"):
        read_dem(path, TERRITORY)


def test_a_virtual_raster_opens_no_connection_and_a_broken_one_is_told(tmp_path):
    folder = quarters(tmp_path / "tiles")
    text = vrt(folder)
    for name, mark in {"curl": "/vsicurl/http://127.0.0.1:9/t00.tif", "plain": "http://127.0.0.1:9/t00.tif"}.items():
        path = tmp_path / f"{name}.vrt"
        path.write_text(text.replace("t00.tif", mark))
        with pytest.raises(FormatError, match="points to a server"):
            read_dem(path, TERRITORY)
    (tmp_path / "wms.xml").write_text(
        '<GDAL_WMS><Service name="TMS"><ServerUrl>http://127.0.0.1:9</ServerUrl></Service>'
    )
    with pytest.raises(FormatError, match="points to a server"):
        read_dem(tmp_path / "wms.xml", TERRITORY)
    (folder / "all.vrt").write_text(text)
    (folder / "t00.tif").unlink()
    with pytest.raises(FormatError, match="damaged or a part of it is missing"):
        read_dem(folder / "all.vrt", TERRITORY, TERRITORY.crs)


def test_a_truncated_raster_is_told(tmp_path):
    path = dem(tmp_path / "dem.tif", np.random.default_rng(1).normal(size=(60, 70)))
    path.write_bytes(path.read_bytes()[:6000])
    with pytest.raises(FormatError, match=r"dem\.tif"):
        read_dem(path, TERRITORY, TERRITORY.crs)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_bytes_never_raise_anything_but_our_errors(tmp_path, data):
    whole = bytearray(dem(tmp_path / "whole.tif", slope()[:12, :12]).read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, min(len(whole), 900) - 1))] = data.draw(st.integers(0, 255))
    (tmp_path / "damaged.tif").write_bytes(bytes(whole))
    try:
        reading = read_dem(tmp_path / "damaged.tif", TERRITORY, TERRITORY.crs, step_m=500.0)
    except LomsongError as error:
        assert "damaged.tif" in str(error) and "\n" not in str(error)
    else:
        low, high = np.nanmin(reading.values), np.nanmax(reading.values)
        assert -500 <= low <= high <= 9000


def test_canopy_is_nearest_and_clipped(tmp_path):
    values = np.full((60, 70), 12)
    values[10, 10], values[10, 11], values[10, 12] = 255, 101, 100
    path = dem(tmp_path / "c.tif", values, dtype="uint8", nodata=255)
    reading = read_canopy(path, TERRITORY, GRID)
    np.testing.assert_array_equal(reading.values[0, :4], [np.nan, np.nan, 100, 12])
    ground = read_dem(dem(tmp_path / "d.tif", slope()), TERRITORY, GRID.crs)
    assert terrain_of(ground, reading).canopy_m[0, :4].tolist() == [0, 0, 100, 12]
    forest = RasterReading(np.full(reading.values.shape, 10, np.uint16), reading.grid)
    assert terrain_of(ground, reading, forest).canopy_m[0, :4].tolist() == [15, 15, 100, 12], "where none is known"
    assert flags_of(reading) == {"raster_missing": 2}
    metres = np.full((60, 70), 12.5)
    metres[10, 10], metres[10, 11], metres[10, 12] = -3, 130.0, -9999
    reading = read_canopy(dem(tmp_path / "f.tif", metres), TERRITORY, GRID)
    np.testing.assert_array_equal(reading.values[0, :4], [0, 100, np.nan, 12.5])
    assert terrain_of(ground, reading).canopy_m.max() == 100
    with pytest.raises(DataError, match="covers only 0 %"):
        read_canopy(dem(tmp_path / "far.tif", metres, west=600_000), TERRITORY, GRID)


def test_land_cover_keeps_known_classes_and_counts_strange_ones(tmp_path):
    values = np.full((60, 70), 10)
    values[10, 10:14] = [80, 11, 0, 100]
    path = dem(tmp_path / "lc.tif", values, dtype="uint8", nodata=None)
    with rasterio.open(path, "r+") as file:
        file.write_colormap(1, {10: (0, 100, 0, 255)})
    reading = read_land_cover(path, TERRITORY, GRID, language="vi")
    assert reading.values[0, :5].tolist() == [80, 0, 0, 100, 10]
    assert flags_of(reading) == {"class_unknown": 1, "raster_missing": 1}
    assert reading.flags["value"][0] == "11"
    assert reading.flags["remedy"][0].startswith("Mã lớp phủ lạ")
    assert reading.legend == WORLD_COVER
    own = read_land_cover(path, TERRITORY, GRID, {11: "rubber", 10: "forest"})
    assert own.values[0, :5].tolist() == [0, 11, 0, 0, 10]
    assert own.legend[11] == "rubber"
    assert flags_of(own) == {"class_unknown": 2, "raster_missing": 1}
    for code in (0, 70_000, "10"):
        with pytest.raises(UsageError, match="legend"):
            read_land_cover(path, TERRITORY, GRID, {code: "x"})


def test_every_class_of_land_cover_has_a_name_in_both_languages():
    assert sorted(WORLD_COVER) == [10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 100]
    for name in WORLD_COVER.values():
        assert len(TEXTS[f"land_cover.{name}"]) == len(LANGUAGES)


@pytest.mark.parametrize("step_m", [40.0, 100.0, 370.0, 1500.0])
@pytest.mark.parametrize("utm", [3405, 3406])
def test_people_are_kept_when_brought_to_another_grid(tmp_path, step_m, utm):
    random = np.random.default_rng(3)
    values = random.gamma(0.3, 20, size=(120, 120))
    values[random.random(values.shape) < 0.1] = -99999
    path = dem(tmp_path / "pop.tif", values, 4326, 107.0, 11.1, 1 / 1200, nodata=-99999)
    area = gpd.GeoDataFrame(geometry=[box(106.95, 10.95, 107.15, 11.15)], crs=4326).to_crs(utm)
    grid = Grid.over(tuple(area.total_bounds), step_m, area.crs)
    people = read_population(path, area, grid).values
    assert people.sum(dtype=float) == pytest.approx(values[values > 0].sum(), rel=0.01)
    assert (people >= 0).all()


def test_people_without_a_grid_come_on_one_of_the_raster(tmp_path):
    path = dem(tmp_path / "pop.tif", np.full((60, 70), 2.0))
    reading = read_population(path, TERRITORY, crs=TERRITORY.crs)
    assert (reading.grid.step_m, reading.grid.shape) == (100, (30, 40))
    assert reading.values == pytest.approx(2.0)
    far = dem(tmp_path / "far.tif", np.full((60, 70), 2.0), west=100_000)
    with pytest.raises(DataError, match="covers only 0 %"):
        read_population(far, TERRITORY)


@pytest.mark.parametrize("code", [3.4e38, 4_294_967_295.0, np.inf, -1.0])
def test_a_code_that_is_not_declared_is_nobody(tmp_path, code):
    values = np.full((60, 70), 2.0)
    values[:, 35:] = code
    path = dem(tmp_path / "pop.tif", values, nodata=None)
    assert set(np.unique(read_population(path, TERRITORY, crs=TERRITORY.crs).values.round(3))) == {0.0, 2.0}
    assert population_of(TERRITORY, path).sum() < 2.0 * values.size


def test_people_of_communes_by_the_centres_of_cells(tmp_path):
    values = np.arange(60 * 70, dtype=float).reshape(60, 70)
    values[0, 0] = -9999
    path = dem(tmp_path / "pop.tif", values)
    places = gpd.GeoDataFrame(
        {"commune_code": ["b", "a", "c", "d"]},
        # The first holds whole cells, the second reaches 40 m into its neighbours, the third has no centre.
        geometry=[box(699_000, 1_233_000, 700_000, 1_234_000), box(700_960, 1_229_960, 702_040, 1_231_040),
                  box(703_010, 1_229_010, 703_020, 1_229_020), None],
        crs=3405, index=[7, 3, 5, 1],
    )  # fmt: skip
    people = population_of(places, path)
    assert people.name == "people"
    assert people.to_dict() == {
        7: values[:10, :10].sum() - values[0, 0], 3: values[30:40, 20:30].sum(), 5: 0.0, 1: 0.0,
    }  # fmt: skip
    in_degrees = population_of(places.to_crs(4326), path)
    assert in_degrees.to_numpy() == pytest.approx(people.to_numpy())


def test_communes_share_out_everybody_whatever_their_shape(tmp_path):
    random = np.random.default_rng(4)
    values = random.gamma(0.5, 10, size=(60, 70))
    folder = quarters(tmp_path / "pop", values)
    edge = box(699_000, 1_228_000, 706_000, 1_234_000)
    halves = [
        rotate(box(600_000, 1_231_050 + low, 800_000, 1_231_050 + high), 30) for low, high in ((0, 9e4), (-9e4, 0))
    ]
    places = gpd.GeoDataFrame(geometry=[edge.intersection(half) for half in halves], crs=3405)
    assert population_of(places, folder).sum() == pytest.approx(values.sum(), rel=1e-5)


def test_nobody_is_counted_twice_where_tiles_do_not_fit(tmp_path):
    folder = quarters(tmp_path / "pop")
    dem(folder / "z.tif", slope(), step=150.0)
    for read in (lambda: read_population(folder, TERRITORY), lambda: population_of(TERRITORY, folder)):
        with pytest.raises(DataError, match="counted twice"):
            read()
