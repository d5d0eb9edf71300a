"""Surfaces as palette pictures whose colours equal the legend's, and whose codes the page colours anew.

Levels and their deviations become codes, which are brought to the projection of the page by nearest neighbour: colours
that are blended, as by folium's own image overlay, stand in no legend. The palette colours the codes of level by the
legend; the page reads the codes themselves, so that another threshold needs no other picture.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

import numpy as np
import rasterio.crs
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from rasterio.transform import array_bounds
from rasterio.warp import Resampling, calculate_default_transform, reproject

from lomsong.publish.map.content import SignalRaster
from lomsong.publish.map.palette import Classes, rgb
from lomsong.publish.map.png import png

LOWEST_DBM = -140
"""Code ``c`` of level stands for -140 + c - 1 dBm up to 1 dB more; what lies lower counts as the lowest."""

HIGHEST_CODE = 120

SD_STEP_DB = 0.5
"""Code ``c`` of the deviation stands for c half dB."""

HIGHEST_SD_CODE = 60

_PAGE_CRS = rasterio.crs.CRS.from_epsg(3857)


@dataclass(frozen=True)
class Picture:
    """A PNG as data address, and its corners ((south, west), (north, east)) in degrees."""

    uri: str
    bounds: tuple[tuple[float, float], tuple[float, float]]


def draw_level(raster: SignalRaster, classes: Classes) -> Picture:
    """Draw the level of a surface in the colours of its classes.

    Whole levels are rounded down, so that a class that breaks at a whole dBm holds what it says. What is missing or
    without evidence stays transparent: the page's hatching shows through.
    """
    whole = np.floor(np.nan_to_num(raster.level_dbm, nan=LOWEST_DBM)) - LOWEST_DBM + 1
    codes = np.clip(whole, 1, HIGHEST_CODE)
    levels = np.arange(HIGHEST_CODE) + LOWEST_DBM
    colours = [rgb(classes.colours[index]) for index in classes.index(levels)]
    return _drawn(codes, raster, colours)


def draw_deviation(raster: SignalRaster) -> Picture:
    """Draw the standard deviation of a surface, in shades of grey, where its level is drawn."""
    codes = np.clip(np.round(np.nan_to_num(raster.level_sd_db) / SD_STEP_DB), 1, HIGHEST_SD_CODE)
    return _drawn(codes, raster, [(shade * 4, shade * 4, shade * 4) for shade in range(1, HIGHEST_SD_CODE + 1)])


def _drawn(codes: NDArray[np.floating], raster: SignalRaster, colours: list[tuple[int, int, int]]) -> Picture:
    shown = np.isfinite(raster.level_dbm) & np.isfinite(raster.level_sd_db) & raster.surveyed
    flat = np.where(shown, codes, 0).astype(np.uint8)
    crs = rasterio.crs.CRS.from_wkt(CRS.from_user_input(raster.crs).to_wkt())
    rows, columns = flat.shape
    transform, width, height = calculate_default_transform(
        crs, _PAGE_CRS, columns, rows, *array_bounds(rows, columns, raster.transform)
    )
    warped = np.zeros((height, width), dtype=np.uint8)
    reproject(
        flat, warped, src_transform=raster.transform, src_crs=crs, dst_transform=transform, dst_crs=_PAGE_CRS,
        resampling=Resampling.nearest,
    )  # fmt: skip
    west, south, east, north = array_bounds(height, width, transform)
    to_degrees = Transformer.from_crs(3857, 4326, always_xy=True)
    (west, east), (south, north) = to_degrees.transform([west, east], [south, north])
    uri = "data:image/png;base64," + base64.b64encode(png(warped, colours)).decode("ascii")
    return Picture(uri, ((round(south, 7), round(west, 7)), (round(north, 7), round(east, 7))))
