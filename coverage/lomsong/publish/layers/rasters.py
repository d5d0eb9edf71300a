"""Rasters of a run: cloud-optimised GeoTIFF of numbers, and of classes in the colours of the legend."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import rasterio
import rasterio.crs
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS
from rasterio.io import MemoryFile
from rasterio.transform import array_bounds, from_origin
from rasterio.warp import Resampling, calculate_default_transform, reproject

from lomsong.geo import Grid
from lomsong.publish.atomic import replacing
from lomsong.publish.map.palette import rgb

NOTHING = 255
"""Code of a cell outside of the territory in rasters of classes."""

_TILE = 256
"""Side of a raster's tiles, pixels: a province on 250 m cells has overviews."""


def write_raster(
    path: Path, values: NDArray[np.float32], grid: Grid, description: str, unit: str,
    tags: Mapping[str, str] | None = None, crs: CRS | None = None,
) -> None:  # fmt: skip
    """Write a cloud-optimised GeoTIFF of numbers.

    Parameters
    ----------
    path
        File to write.
    values
        Shape ``grid.shape``, NaN where nothing is known.
    grid
        Where they lie.
    description, unit
        Name of the band and unit of its numbers.
    tags
        What else the file says of itself.
    crs
        Reference system to bring them to, by nearest neighbour, so that every number is one that was estimated; None:
        that of the grid.
    """
    warped, transform, own = in_crs(values.astype(np.float32), grid, crs, np.nan)
    _write(path, warped, transform, own, description, unit, {"unit": unit, **(tags or {})}, np.nan, {})


def write_classes(
    path: Path, codes: NDArray[np.uint8], grid: Grid, description: str, colours: Mapping[int, str],
    labels: Mapping[int, str], tags: Mapping[str, str] | None = None, crs: CRS | None = None,
) -> None:  # fmt: skip
    """Write a cloud-optimised GeoTIFF of codes with their colours and, as tags ``class_<code>``, their words.

    Parameters
    ----------
    codes
        Shape ``grid.shape``; :data:`NOTHING` where nothing is known.
    colours, labels
        Of each code.
    path, grid, description, tags, crs
        As for :func:`write_raster`.
    """
    words = {f"class_{code}": label for code, label in labels.items()}
    warped, transform, own = in_crs(codes, grid, crs, NOTHING)
    _write(path, warped, transform, own, description, "", {**words, **(tags or {})}, NOTHING, colours)


def category_names(labels: Mapping[int, str]) -> str:
    """Return what GDAL and QGIS read beside a raster of codes: the words of each, from 0."""
    root = ET.Element("PAMDataset")
    names = ET.SubElement(ET.SubElement(root, "PAMRasterBand", band="1"), "CategoryNames")
    for code in range(max(labels) + 1):
        ET.SubElement(names, "Category").text = labels.get(code, "")
    ET.indent(root, " ")
    return ET.tostring(root, encoding="unicode") + "\n"


def in_crs(
    values: NDArray[np.generic], grid: Grid, crs: CRS | None, nothing: float
) -> tuple[NDArray[np.generic], Affine, rasterio.crs.CRS]:
    """Return values on a grid of ``crs`` by nearest neighbour, with its transform and CRS; None: as they are."""
    transform = from_origin(grid.west_m, grid.north_m, grid.step_m, grid.step_m)
    own = rasterio.crs.CRS.from_wkt(grid.crs.to_wkt())
    if crs is None or crs == grid.crs:
        return values, transform, own
    wanted = rasterio.crs.CRS.from_wkt(crs.to_wkt())
    rows, columns = grid.shape
    bounds = array_bounds(rows, columns, transform)
    there, width, height = calculate_default_transform(own, wanted, columns, rows, *bounds)
    warped = np.full((height, width), nothing, dtype=values.dtype)
    reproject(
        values, warped, src_transform=transform, src_crs=own, src_nodata=nothing, dst_transform=there,
        dst_crs=wanted, dst_nodata=nothing, resampling=Resampling.nearest,
    )  # fmt: skip
    return warped, there, wanted


def _write(
    path: Path, values: NDArray[np.generic], transform: Affine, crs: rasterio.crs.CRS, description: str, unit: str,
    tags: Mapping[str, str], nodata: float, colours: Mapping[int, str],
) -> None:  # fmt: skip
    # Made in memory: GDAL says nothing when the disk has no room for it.
    with replacing(path) as draft, MemoryFile() as memory:
        with memory.open(
            driver="COG", width=values.shape[1], height=values.shape[0], count=1, dtype=values.dtype,
            crs=crs, transform=transform, nodata=nodata, compress="DEFLATE", predictor="YES", blocksize=_TILE,
            overview_resampling="nearest",
        ) as target:  # fmt: skip
            target.write(values, 1)
            target.set_band_description(1, description)
            if unit:
                target.units = (unit,)
            target.update_tags(1, **{name: tags[name] for name in ("unit",) if name in tags})
            target.update_tags(**{name: value for name, value in tags.items() if name != "unit"})
            if colours:
                target.write_colormap(1, {code: (*rgb(colour), 255) for code, colour in colours.items()})
        draft.write_bytes(memory.getbuffer())
