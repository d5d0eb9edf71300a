import geopandas as gpd
import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin
from shapely import box

from lomsong.errors import CrsError, DataError, FormatError, MissingFileError
from lomsong.ingest import read_terrain

TERRITORY = gpd.GeoDataFrame(geometry=[box(700_000, 1_230_000, 704_000, 1_233_000)], crs=3405)


def dem(path, values, crs=3405, west=699_000, north=1_234_000, step=100.0):
    with rasterio.open(
        path, "w", driver="GTiff", width=values.shape[1], height=values.shape[0], count=1, dtype="float32",
        crs=crs, transform=from_origin(west, north, step, step), nodata=-9999,
    ) as target:  # fmt: skip
        target.write(values.astype("float32"), 1)
    return path


def slope(rows=60, columns=70):
    return np.add.outer(np.arange(rows) * 2.0, np.arange(columns) * 1.0)


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
    terrain = read_terrain(dem(tmp_path / "dem.tif", values), TERRITORY, crs=TERRITORY.crs)
    assert np.isfinite(terrain.ground_m).all()
    assert terrain.ground_at(701_050.0, 1_232_450.0) == pytest.approx(2 * 15 + 20, abs=4)
    half = read_terrain(dem(tmp_path / "half.tif", slope()[:, :38]), TERRITORY, crs=TERRITORY.crs)
    assert np.isfinite(half.ground_m[:, :40]).mean() > 0.9


def test_rasters_that_cannot_be_used(tmp_path):
    with pytest.raises(MissingFileError):
        read_terrain(tmp_path / "none.tif", TERRITORY)
    (tmp_path / "text.tif").write_text("no raster")
    with pytest.raises(FormatError, match="GeoTIFF"):
        read_terrain(tmp_path / "text.tif", TERRITORY)
    with pytest.raises(CrsError, match="coordinate reference system"):
        read_terrain(dem(tmp_path / "bare.tif", slope(), None), TERRITORY)
    with pytest.raises(DataError, match="covers only"):
        read_terrain(dem(tmp_path / "far.tif", slope(), west=600_000), TERRITORY, crs=TERRITORY.crs)
