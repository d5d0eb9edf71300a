"""Terrain from any raster that GDAL opens, brought to the run's metric grid."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
from numpy.typing import NDArray
from pyproj import CRS
from rasterio.errors import RasterioError
from rasterio.fill import fillnodata
from rasterio.transform import from_origin
from rasterio.warp import Resampling, calculate_default_transform, reproject

from lomsong.errors import CrsError, DataError, FormatError
from lomsong.geo import Grid, metric_crs
from lomsong.ingest.files import require_file
from lomsong.radio.terrain import Terrain

VOID_SEARCH_CELLS = 20
"""Voids are filled from as far as this many cells away."""


def read_terrain(
    dem: str | Path,
    territory: gpd.GeoDataFrame,
    canopy: str | Path | None = None,
    crs: CRS | None = None,
    step_m: float | None = None,
) -> Terrain:
    """Read ground and canopy heights over a territory.

    Parameters
    ----------
    dem
        Elevation raster in metres, any format and CRS that GDAL opens.
    territory
        Any layer that spans the territory, such as the communes, with its CRS.
    canopy
        Raster of canopy heights in metres, or None.
    crs
        Metric CRS of the run; None: chosen from the territory, see :func:`lomsong.geo.metric_crs`.
    step_m
        Side of the cells; None: the raster's own.

    Returns
    -------
    Terrain in ``crs``. Voids are filled from no farther than :data:`VOID_SEARCH_CELLS` cells; what is left is NaN.

    Raises
    ------
    MissingFileError, FormatError, CrsError, DataError
        When a raster is not there, cannot be opened, has no CRS, or leaves most of the territory without ground.
    """
    crs = crs or metric_crs(territory)
    step = step_m or _native_step_m(Path(dem), crs)
    grid = Grid.over(tuple(territory.to_crs(crs).total_bounds), step, crs)
    ground = _on_grid(Path(dem), grid, Resampling.bilinear)
    void = ~np.isfinite(ground)
    if void.mean() > 0.5:
        raise DataError(f"{dem}: covers only {1 - void.mean():.0%} of the territory; add the missing tiles")
    if void.any():
        ground = fillnodata(ground, mask=(~void).astype(np.uint8), max_search_distance=VOID_SEARCH_CELLS)
    trees = np.zeros_like(ground)
    if canopy:
        trees = np.nan_to_num(_on_grid(Path(canopy), grid, Resampling.nearest), nan=0.0)
    return Terrain(ground, np.maximum(trees, 0), grid.west_m, grid.north_m, grid.step_m, crs)


def _open(path: Path) -> rasterio.DatasetReader:
    require_file(path)
    try:
        source = rasterio.open(path)
    except RasterioError as error:
        raise FormatError(f"{path}: cannot be read as a raster ({error}); save it as GeoTIFF") from None
    if source.crs is None:
        source.close()
        raise CrsError(f"{path}: the raster does not say its coordinate reference system; assign it and save again")
    return source


def _native_step_m(path: Path, crs: CRS) -> float:
    with _open(path) as source:
        transform, _, _ = calculate_default_transform(
            source.crs, crs.to_wkt(), source.width, source.height, *source.bounds
        )
    return float(max(round(abs(transform.a)), 1))


def _on_grid(path: Path, grid: Grid, resampling: Resampling) -> NDArray[np.float32]:
    heights = np.full(grid.shape, np.nan, dtype=np.float32)
    with _open(path) as source:
        reproject(
            rasterio.band(source, 1),
            heights,
            dst_transform=from_origin(grid.west_m, grid.north_m, grid.step_m, grid.step_m),
            dst_crs=grid.crs.to_wkt(),
            dst_nodata=np.nan,
            resampling=resampling,
        )
    return heights
