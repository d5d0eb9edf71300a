"""Surfaces as palette pictures whose colours equal the legend's, byte for byte.

Values are classified first and the codes are brought to the projection of the page by nearest neighbour: colours
that are blended, as by folium's own image overlay, stand in no legend.
"""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass

import numpy as np
import rasterio.crs
from numpy.typing import NDArray
from PIL import Image
from pyproj import CRS, Transformer
from rasterio.transform import array_bounds
from rasterio.warp import Resampling, calculate_default_transform, reproject

from lomsong.publish.map.content import SignalRaster
from lomsong.publish.map.palette import Classes, rgb

_PAGE_CRS = rasterio.crs.CRS.from_epsg(3857)


@dataclass(frozen=True)
class Picture:
    """A PNG as data address, and its corners ((south, west), (north, east)) in degrees."""

    uri: str
    bounds: tuple[tuple[float, float], tuple[float, float]]


def draw(values: NDArray[np.float32], classes: Classes, raster: SignalRaster) -> Picture:
    """Draw one surface of ``raster`` in the colours of ``classes``.

    Parameters
    ----------
    values
        ``raster.level_dbm`` or ``raster.p_usable``, shape (rows, columns). NaN and places without evidence stay
        transparent: the page's hatching shows through.
    classes
        Breaks and colours; code ``i + 1`` of the palette is class ``i``, code 0 is nothing.
    raster
        Gives the mask of evidence and the position.
    """
    shown = np.isfinite(values) & raster.surveyed
    codes = np.where(shown, classes.index(np.nan_to_num(values)) + 1, 0).astype(np.uint8)
    crs = rasterio.crs.CRS.from_wkt(CRS.from_user_input(raster.crs).to_wkt())
    rows, columns = codes.shape
    transform, width, height = calculate_default_transform(
        crs, _PAGE_CRS, columns, rows, *array_bounds(rows, columns, raster.transform)
    )
    warped = np.zeros((height, width), dtype=np.uint8)
    reproject(
        codes, warped, src_transform=raster.transform, src_crs=crs, dst_transform=transform, dst_crs=_PAGE_CRS,
        resampling=Resampling.nearest,
    )  # fmt: skip
    west, south, east, north = array_bounds(height, width, transform)
    to_degrees = Transformer.from_crs(3857, 4326, always_xy=True)
    (west, east), (south, north) = to_degrees.transform([west, east], [south, north])
    return Picture(_png_uri(warped, classes), ((round(south, 7), round(west, 7)), (round(north, 7), round(east, 7))))


def _png_uri(codes: NDArray[np.uint8], classes: Classes) -> str:
    image = Image.fromarray(codes)
    image.putpalette([0, 0, 0] + [channel for colour in classes.colours for channel in rgb(colour)])
    buffer = io.BytesIO()
    image.save(buffer, "PNG", transparency=0, optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
