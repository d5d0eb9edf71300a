"""Large rasters written block by block and published as cloud-optimised GeoTIFF."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, Protocol

import numpy as np
import rasterio
import rasterio.shutil
from affine import Affine
from numpy.typing import DTypeLike, NDArray
from pyproj import CRS
from rasterio.windows import Window

from lomsong.errors import UsageError, WriteError
from lomsong.publish.atomic import replacing, writing
from lomsong.publish.coverage.levels import CACHE_BYTES
from lomsong.texts import fault

TILE = 512
"""Side of a tile in pixels; rows of blocks that are multiples of it are written without being read again."""


class BlockWriter(Protocol):
    """Takes one block of a raster and the row and column of its first cell."""

    def __call__(self, block: NDArray[np.generic], row: int, column: int) -> None:
        """Write one block."""


@contextmanager
def cog(
    path: Path,
    shape: tuple[int, int],
    dtype: DTypeLike,
    transform: Affine,
    crs: CRS,
    nodata: float | None,
    description: str,
    tags: Mapping[str, str],
    overviews: Literal["average", "nearest"] | None = None,
) -> Iterator[BlockWriter]:
    """Write a raster in blocks of any size and order; it appears at ``path``, whole or not at all, when they end well.

    Memory does not grow with the raster: blocks go to a scratch file beside ``path``, from which the cloud-optimised
    GeoTIFF is made. Cells that no block covers are ``nodata``. The same cells give the same bytes, in whatever order
    they come.

    Parameters
    ----------
    path
        File to write.
    shape
        Rows and columns.
    dtype
        Kind of the cells.
    transform, crs
        Where they lie.
    nodata
        Value of a cell about which nothing is known; NaN for levels.
    description, tags
        Name of the band, and its tags; ``{"unit": "dBm"}`` is its unit in the sense of GDAL too.
    overviews
        How overviews are made; when not given, means of real numbers, and of whole numbers (classes, identifiers), of
        which there is no mean, the nearest.

    Raises
    ------
    UsageError
        When a block does not lie within the raster.
    WriteError
        When the raster cannot be written, or is not whole when read back.
    """
    kind = np.dtype(dtype)
    with (
        replacing(path) as draft,
        TemporaryDirectory(dir=path.parent, prefix=f".{path.stem}.") as folder,
        writing(path),
        rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES),
    ):
        scratch, made = Path(folder, "blocks.tif"), Path(folder, "made.tif")
        with rasterio.open(
            scratch, "w+", driver="GTiff", width=shape[1], height=shape[0], count=1, dtype=kind, crs=crs.to_wkt(),
            transform=transform, nodata=nodata, tiled=True, blockxsize=TILE, blockysize=TILE, sparse_ok=True,
            bigtiff="IF_SAFER",
        ) as target:  # fmt: skip
            target.set_band_description(1, description)
            target.update_tags(1, **tags)
            if "unit" in tags:
                target.units = (tags["unit"],)

            def write(block: NDArray[np.generic], row: int, column: int) -> None:
                _require_inside(path, block.shape, row, column, shape)
                window = Window(column, row, block.shape[1], block.shape[0])
                target.write(block.astype(kind, copy=False), 1, window=window)

            yield write
            whole = target.checksum(1)
        resampling = overviews or ("average" if kind.kind == "f" else "nearest")
        rasterio.shutil.copy(
            scratch, made, driver="COG", compress="DEFLATE", predictor="YES", blocksize=TILE,
            overview_resampling=resampling.upper(), bigtiff="IF_SAFER",
        )  # fmt: skip
        # GDAL says nothing of what the disk had no room for when a raster is closed.
        with rasterio.open(made) as source:
            if source.checksum(1) != whole:
                raise fault(WriteError, "write_full", file=path)
        made.replace(draft)


def _require_inside(path: Path, block: tuple[int, ...], row: int, column: int, shape: tuple[int, int]) -> None:
    inside = len(block) == 2 and row >= 0 and column >= 0
    if not (inside and row + block[0] <= shape[0] and column + block[1] <= shape[1]):
        place = {"row": row, "column": column, "block": str(block), "shape": str(tuple(shape))}
        raise fault(UsageError, "cover_block", file=path.name, **place)
