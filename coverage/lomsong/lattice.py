"""Rasters that are open, told apart by where their cells lie: tiles of one lattice are read as one endless raster.

Nothing is opened here: who opens a file decides which ones may be trusted.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from rasterio.enums import ColorInterp
from rasterio.errors import RasterioError
from rasterio.vrt import WarpedVRT
from rasterio.warp import Resampling
from rasterio.windows import Window

from lomsong.errors import CrsError, DataError, FormatError, LomsongError
from lomsong.texts import fault

Bounds = tuple[float, float, float, float]
"""West, south, east, north."""

METRES: dict[str, float] = {
    **dict.fromkeys(("", "m", "metre", "metres", "meter", "meters", "mts", "unknown"), 1.0),
    **dict.fromkeys(("ft", "foot", "feet", "international foot", "international feet"), 0.3048),
    **dict.fromkeys(("us-ft", "ftus", "us survey foot", "us survey feet", "us_survey_foot"), 1200 / 3937),
    "cm": 0.01,
    "centimetre": 0.01,
    "centimeter": 0.01,
    "dm": 0.1,
    "km": 1000.0,
}
"""Unit of a band, in lower case, to metres; a band without a unit is taken to be in metres."""

ALIGNED = 1e-3
"""Tiles whose cells differ by less than this share of a cell lie on one lattice."""


@dataclass(frozen=True)
class Tile:
    """One raster, opened and north up: which cells it has on which lattice, and what turns them into metres."""

    name: str
    dataset: Any
    crs: Any
    transform: Affine
    to_metres: float = 1.0
    unit: str = ""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.dataset.height, self.dataset.width

    def read(self, rows: slice, columns: slice) -> NDArray[np.float32]:
        """Return a window as numbers in the unit wanted, NaN where the file has none."""
        window = Window.from_slices(rows, columns)
        masked = _sound(self.name, lambda: self.dataset.read(1, window=window, masked=True))
        values = masked.astype(np.float32).filled(np.nan)
        scale, offset = self.dataset.scales[0], self.dataset.offsets[0]
        if (scale, offset, self.to_metres) != (1.0, 0.0, 1.0):
            values = (values * scale + offset) * self.to_metres
        return np.asarray(values, dtype=np.float32)


@dataclass
class Lattice:
    """Tiles whose cells lie on one and the same endless raster."""

    crs: Any
    transform: Affine
    tiles: list[tuple[Tile, int, int]] = field(default_factory=list)
    """Each tile with the row and the column of its first cell."""

    def add(self, tile: Tile) -> bool:
        """Take a tile in, if it fits."""
        if tile.crs != self.crs:
            return False
        here, there = self.transform, tile.transform
        column, row = (there.c - here.c) / here.a, (there.f - here.f) / here.e
        rows, columns = tile.shape
        # A step that differs a little adds up over the tile.
        drift = max(abs(there.a / here.a - 1) * columns, abs(there.e / here.e - 1) * rows)
        if max(abs(column - round(column)), abs(row - round(row)), drift) > ALIGNED:
            return False
        self.tiles.append((tile, round(row), round(column)))
        return True

    @property
    def extent(self) -> tuple[int, int, int, int]:
        """First and last row and column that a tile has; the last ones are the first beyond."""
        return (
            min(row for _, row, _ in self.tiles),
            max(row + tile.shape[0] for tile, row, _ in self.tiles),
            min(column for _, _, column in self.tiles),
            max(column + tile.shape[1] for tile, _, column in self.tiles),
        )

    def window(self, bounds: Bounds, pad: int) -> tuple[int, int, int, int]:
        """Return first and last row and column over ``bounds`` in the CRS of the lattice, no wider than its tiles."""
        west, south, east, north = bounds
        cells = self.transform
        left, right = (west - cells.c) / cells.a, (east - cells.c) / cells.a
        top, bottom = (north - cells.f) / cells.e, (south - cells.f) / cells.e
        first_row, last_row, first_column, last_column = self.extent
        return (
            max(math.floor(top) - pad, first_row),
            min(math.ceil(bottom) + pad, last_row),
            max(math.floor(left) - pad, first_column),
            min(math.ceil(right) + pad, last_column),
        )

    def read(self, top: int, bottom: int, left: int, right: int) -> NDArray[np.float32]:
        """Return a window of all tiles together; where they overlap, a later one fills only what is empty."""
        values = np.full((bottom - top, right - left), np.nan, dtype=np.float32)
        for tile, row, column in self.tiles:
            rows, columns = tile.shape
            up, down = max(top, row), min(bottom, row + rows)
            west, east = max(left, column), min(right, column + columns)
            if up >= down or west >= east:
                continue
            part = values[up - top : down - top, west - left : east - left]
            found = tile.read(slice(up - row, down - row), slice(west - column, east - column))
            np.copyto(part, found, where=np.isnan(part))
        return values

    def part(self, top: int, left: int) -> Affine:
        """Return the transform of a window."""
        cells = self.transform
        return Affine(cells.a, 0.0, cells.c + left * cells.a, 0.0, cells.e, cells.f + top * cells.e)


def tile_of(dataset: Any, name: str, *, heights: bool, palette: bool = False) -> Tile:
    """Check that an open dataset can be read as one grid of numbers, and return it as a tile.

    A raster that is rotated or south up is read through a warped view of it, which is then ``dataset`` of the tile and
    is to be closed before what was given.

    Parameters
    ----------
    dataset
        A raster opened by rasterio.
    name
        What people call it, for the faults.
    heights
        Whether the values are heights, brought to metres by the unit of their band.
    palette
        Whether a palette of colours may stand beside the values, as it does for classes.

    Raises
    ------
    FormatError
        When it has more than one band, or holds colours or complex numbers.
    CrsError
        When it does not say where its cells lie.
    DataError
        When its heights are in an unknown unit.
    """
    if dataset.count != 1:
        raise fault(FormatError, "raster_bands", file=name, count=dataset.count)
    # Of a damaged file even these cannot be read.
    colours, kind, unit = _sound(name, lambda: (dataset.colorinterp[0], dataset.dtypes[0], dataset.units[0]))
    unit = (unit or "").strip()
    if not palette and colours == ColorInterp.palette:
        raise fault(FormatError, "raster_palette", file=name)
    if kind.startswith("complex"):
        raise fault(FormatError, "raster_complex", file=name, values=kind)
    if placed(name, lambda: dataset.crs) is None:
        raise fault(CrsError, "raster_no_crs", file=name)
    if dataset.transform.is_identity:
        raise fault(CrsError, "raster_no_place", file=name)
    if heights and unit.lower() not in METRES:
        raise fault(DataError, "raster_unit", file=name, unit=unit)
    upright = dataset.transform.b == 0 == dataset.transform.d and dataset.transform.a > 0 > dataset.transform.e
    if not upright:
        dataset = placed(name, lambda: WarpedVRT(dataset, resampling=Resampling.bilinear))
    to_metres = METRES[unit.lower()] if heights else 1.0
    return Tile(name, dataset, dataset.crs, dataset.transform, to_metres, unit)


def lattices(tiles: Sequence[Tile]) -> list[Lattice]:
    """Put tiles that fit together on one lattice, in the order of files."""
    found: list[Lattice] = []
    for tile in tiles:
        if not any(lattice.add(tile) for lattice in found):
            found.append(Lattice(tile.crs, tile.transform, [(tile, 0, 0)]))
    return found


def placed(name: str, place: Callable[[], Any]) -> Any:
    """Return what ``place`` returns; a reference system that leads nowhere is a fault of the file."""
    found = _guarded(place, lambda reason: fault(CrsError, "raster_crs", file=name, reason=reason))
    if isinstance(found, tuple) and len(found) == 4 and not np.isfinite(found).all():
        raise fault(CrsError, "raster_crs", file=name, reason="inf")
    return found


def _sound(name: str, read: Callable[[], Any]) -> Any:
    """Return what ``read`` returns; where it fails the file is damaged."""
    return _guarded(read, lambda reason: fault(FormatError, "raster_damaged", file=name, reason=reason))


def _guarded(act: Callable[[], Any], faulty: Callable[[str], LomsongError]) -> Any:
    try:
        return act()
    except LomsongError:
        raise
    except (RasterioError, ValueError, RuntimeError, MemoryError) as error:
        raise faulty(first_line(error)) from None
    except Exception as error:  # rasterio lets errors of GDAL and PROJ through under private names
        if type(error).__module__.startswith("rasterio"):
            raise faulty(first_line(error)) from None
        raise


def first_line(error: BaseException) -> str:
    """Return the first line of what an error says, its name where it says nothing."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
