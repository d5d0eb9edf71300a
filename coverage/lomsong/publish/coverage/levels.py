"""Level rasters as they lie on disk: opened, read at reduced size, or block by block."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.errors import RasterioError, RasterioIOError
from rasterio.vrt import WarpedVRT

from lomsong.errors import CrsError, FormatError, MissingFileError
from lomsong.texts import fault

CACHE_BYTES = 64 << 20
"""Memory in which GDAL keeps tiles: its own choice, a share of the machine's, grows with the machine."""


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Open a raster of one band that says where it lies.

    Raises
    ------
    MissingFileError
        When there is no such file.
    FormatError
        When it is no raster, has not exactly one band, or breaks while it is read.
    CrsError
        When it does not say its reference system.
    """
    if not Path(path).exists():
        raise fault(MissingFileError, "cover_missing", file=path)
    try:
        with rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES), rasterio.open(path) as source:
            if source.count != 1:
                raise fault(FormatError, "raster_bands", file=path, count=source.count)
            if source.crs is None:
                raise fault(CrsError, "raster_no_crs", file=path)
            yield source
    except RasterioIOError as error:
        raise fault(FormatError, "raster_unreadable", file=path, reason=error) from None
    except RasterioError as error:
        raise fault(FormatError, "raster_damaged", file=path, reason=error) from None


def reduced(path: Path, longest: int) -> tuple[NDArray[np.float32], Affine, Any]:
    """Return values, at most ``longest`` cells a side, their transform and CRS; NaN where nothing is known."""
    with opened(path) as source:
        factor = max(1.0, max(source.shape) / longest)
        rows, columns = (max(1, round(side / factor)) for side in source.shape)
        values = source.read(1, out_shape=(rows, columns), resampling=Resampling.average, masked=True)
        return filled(values), stretched(source.transform, source.width / columns, source.height / rows), source.crs


def stretched(transform: Affine, across: float, down: float) -> Affine:
    """Return the transform of cells that are so many times as wide and as high."""
    a, b, c, d, e, f = transform[:6]
    return Affine(a * across, b * down, c, d * across, e * down, f)


def onto(path: Path, shape: tuple[int, int], transform: Affine, crs: Any) -> NDArray[np.float32]:
    """Return values of a raster, bilinear, on another grid; NaN outside and where nothing is known."""
    with opened(path) as source, warped(source, shape, transform, crs, Resampling.bilinear) as view:
        return filled(view.read(1, masked=True))


@contextmanager
def warped(source: Any, shape: tuple[int, int], transform: Affine, crs: Any, resampling: Resampling) -> Iterator[Any]:
    """View an open raster on another grid without reading it."""
    with WarpedVRT(
        source, crs=crs, transform=transform, width=shape[1], height=shape[0], resampling=resampling,
        src_nodata=source.nodata, nodata=np.nan, dtype="float32",
    ) as view:  # fmt: skip
        yield view


def filled(values: Any) -> NDArray[np.float32]:
    """Return masked values as plain ones, NaN where they are masked."""
    return np.ma.filled(np.ma.asarray(values).astype(np.float32), np.nan)
