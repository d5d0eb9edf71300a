"""Raster files as GDAL opens them, put together tile by tile and brought to one metric grid, a block at a time.

Tiles that share a CRS, a resolution and an alignment form one :class:`Lattice` and are joined before anything is
interpolated, so that no seam shows; lattices of different kinds fill each other's empty cells in the order of files.
Only the window over the territory is read, and never more of it at once than a block needs.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from rasterio.enums import ColorInterp
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.io import MemoryFile
from rasterio.transform import array_bounds, from_origin
from rasterio.vrt import WarpedVRT
from rasterio.warp import Resampling, calculate_default_transform, transform_bounds
from rasterio.windows import Window

from lomsong.errors import CrsError, DataError, FormatError, LomsongError
from lomsong.geo import WGS84, Grid
from lomsong.ingest.files.foreign import OFFLINE, require_own_raster
from lomsong.ingest.files.sources import GZIP_MAGIC, Source, sources
from lomsong.ingest.quality import flag
from lomsong.ingest.reading import Reading
from lomsong.tables import FLAGS, REJECTS
from lomsong.texts import fault

Bounds = tuple[float, float, float, float]
Names = str | Path | Sequence[str | Path]

RASTER_SUFFIXES = frozenset(
    {".tif", ".tiff", ".hgt", ".vrt", ".img", ".asc", ".bil", ".flt", ".dt0", ".dt1", ".dt2", ".jp2", ".nc", ".ers",
     ".rst"}
)  # fmt: skip
"""In a folder or an archive of several files, those that must be rasters; the others are their companions."""

DRIVERS = frozenset(
    {"GTiff", "COG", "SRTMHGT", "VRT", "HFA", "AAIGrid", "GRASSASCIIGrid", "EHdr", "ENVI", "DTED", "JP2OpenJPEG",
     "netCDF", "ERS", "RST", "SAGA", "PCRaster", "RRASTER", "GSAG", "GSBG", "GS7BG", "GPKG", "USGSDEM", "XYZ", "BT"}
)  # fmt: skip
"""Formats of GDAL that hold values of their own: no pictures, and nothing that is fetched from elsewhere."""

BLOCK_ROWS = 512
"""Rows of a raster counted at a time."""

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

MOST_CELLS = 4_000_000_000
"""A raster of more cells than this, a country at 15 m, must have a byte for every :data:`CELLS_OF_BYTE` of them."""

CELLS_OF_BYTE = 100

MOST_PER_STEP = 8 * 4096
"""Most cells of a source along one cell of the grid: all of them are read at once."""

BLOCK_CELLS = 4096
"""Side of the largest window of a source read at once, cells."""

TOLERANCE_CELLS = 0.005
"""Largest error of a position in a source, cells; at an eighth of a cell, the usual, a steep slope is metres off."""

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
        try:
            masked = self.dataset.read(1, window=window, masked=True)
        except (RasterioError, ValueError, MemoryError) as error:
            raise fault(FormatError, "raster_damaged", file=self.name, reason=_line(error)) from None
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

    def window(self, bounds: Bounds, pad: int) -> tuple[int, int, int, int]:
        """Return first and last row and column over ``bounds`` in the CRS of the lattice, no wider than its tiles."""
        west, south, east, north = bounds
        cells = self.transform
        left, right = (west - cells.c) / cells.a, (east - cells.c) / cells.a
        top, bottom = (north - cells.f) / cells.e, (south - cells.f) / cells.e
        first_row = min(row for _, row, _ in self.tiles)
        last_row = max(row + tile.shape[0] for tile, row, _ in self.tiles)
        first_column = min(column for _, _, column in self.tiles)
        last_column = max(column + tile.shape[1] for tile, _, column in self.tiles)
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


def raster_sources(names: Names, key: str = "") -> list[Source]:
    """Return the rasters that a path, a folder, a glob, an archive or a list of them names.

    Raises
    ------
    MissingFileError, FormatError, DataError
        See :func:`lomsong.ingest.files.sources.sources`.
    """
    listed = [names] if isinstance(names, str | Path) else list(names)
    found = [source for name in listed for source in sources(name, key)]
    rasters = [source for source in found if source.suffix in RASTER_SUFFIXES]
    return rasters if rasters and len(found) > 1 else found


@contextmanager
def opened(names: Names, bounds: Bounds, *, heights: bool, palette: bool = False) -> Iterator[list[Tile]]:
    """Open the tiles that meet ``bounds`` (west, south, east, north in degrees), and close them afterwards.

    Parameters
    ----------
    names
        What :func:`raster_sources` takes.
    bounds
        Where tiles are wanted.
    heights
        Whether the values are heights, brought to metres by the unit of their band.
    palette
        Whether a palette of colours may stand beside the values, as it does for classes.

    Raises
    ------
    FormatError, CrsError, DataError
        When a file is no raster of one band, or does not say where it lies, or in which unit.
    """
    with ExitStack() as stack:
        tiles = []
        for source in raster_sources(names):
            with ExitStack() as trial:
                tile = _tile(source, trial, heights, palette)
                if _meets(tile, bounds):
                    tiles.append(tile)
                    stack.enter_context(trial.pop_all())
        yield tiles


def count_cells(names: Names, language: str = "en") -> Reading:
    """Return the account of rasters, cell by cell: those without a value count as rejected, and are told as a flag."""
    sources_, flags = [], []
    size = sum(source.path.stat().st_size for source in raster_sources(names))
    with opened(names, (-180.0, -90.0, 180.0, 90.0), heights=False, palette=True) as tiles:
        for tile in tiles:
            rows, columns = tile.shape
            _require_modest(tile, size)
            empty = sum(int(np.isnan(tile.read(*block)).sum()) for block in _blocks(rows, columns))
            account = {"source_file": tile.name, "table": "raster", "rows_read": rows * columns}
            sources_.append(account | {"accepted": rows * columns - empty, "rejected": empty})
            if empty:
                flags.append(flag(tile.name, "void_left", language, empty))
    return Reading(
        gpd.GeoDataFrame(geometry=[], crs=WGS84), pd.DataFrame(columns=REJECTS.names), pd.DataFrame(sources_),
        pd.DataFrame(flags, columns=FLAGS.names),
    )  # fmt: skip


def _require_modest(tile: Tile, size: int) -> None:
    """Refuse to count cells that a file only states, as a sparse one or a virtual one may."""
    cells = tile.dataset.width * tile.dataset.height
    if cells > (10 * MOST_CELLS if tile.dataset.driver == "VRT" else max(MOST_CELLS, size * CELLS_OF_BYTE)):
        raise fault(DataError, "raster_cells", file=tile.name, count=f"{cells:,}", size=f"{size:,}")


def _blocks(rows: int, columns: int) -> Iterator[tuple[slice, slice]]:
    for top in range(0, rows, BLOCK_ROWS):
        for left in range(0, columns, BLOCK_CELLS):
            yield slice(top, min(top + BLOCK_ROWS, rows)), slice(left, min(left + BLOCK_CELLS, columns))


def lattices(tiles: Sequence[Tile]) -> list[Lattice]:
    """Put tiles that fit together on one lattice, in the order of files."""
    found: list[Lattice] = []
    for tile in tiles:
        if not any(lattice.add(tile) for lattice in found):
            found.append(Lattice(tile.crs, tile.transform, [(tile, 0, 0)]))
    return found


def native_step_m(tiles: Sequence[Tile], crs: CRS) -> float:
    """Return the side in whole metres, at least 1, of the finest tile's cells in ``crs``."""
    return float(max(round(min(_step(tile, crs) for tile in tiles)), 1))


def _step(tile: Tile, crs: CRS) -> float:
    rows, columns = tile.shape
    edges = array_bounds(rows, columns, tile.transform)
    placed = _placed(tile.name, lambda: calculate_default_transform(tile.crs, crs.to_wkt(), columns, rows, *edges))
    return float(abs(placed[0].a))


def warped(
    tiles: Sequence[Tile],
    grid: Grid,
    resampling: Resampling,
    clean: Callable[[NDArray[np.float32]], None] | None = None,
) -> NDArray[np.float32]:
    """Bring tiles to ``grid``; NaN where none has a value.

    Parameters
    ----------
    tiles
        Opened tiles.
    grid
        Where the values are wanted.
    resampling
        How; a cell takes no part of a void.
    clean
        Makes a window of source values ready in place, such as by turning what cannot be into NaN.

    Returns
    -------
    Values, shape ``grid.shape``, float32.
    """
    values = np.full(grid.shape, np.nan, dtype=np.float32)
    target = rasterio.crs.CRS.from_wkt(grid.crs.to_wkt())
    for lattice in lattices(tiles):
        scale = _cells_per_step(lattice, grid, target)
        side = int(min(max(BLOCK_CELLS / scale, 1), 1024))
        for top in range(0, grid.shape[0], side):
            for left in range(0, grid.shape[1], side):
                part = values[top : top + side, left : left + side]
                if np.isnan(part).any():
                    _warp_block(lattice, grid, target, (top, left), part, resampling, math.ceil(scale) + 2, clean)
    return values


def degree_tiles(territory: gpd.GeoDataFrame) -> str:
    """Name the tiles of one degree that a territory needs, as SRTM and Copernicus name them: by south-west corner."""
    west, south, east, north = territory.geometry.to_crs(WGS84).total_bounds
    names = [
        degree_tile(latitude, longitude)
        for latitude in range(int(np.floor(south)), int(np.ceil(north)))
        for longitude in range(int(np.floor(west)), int(np.ceil(east)))
    ]
    return _few(names or [degree_tile(int(np.floor(south)), int(np.floor(west)))])


def empty_degree_tiles(void: NDArray[np.bool_], inside: NDArray[np.bool_], grid: Grid) -> str:
    """Name the tiles of one degree of whose cells more than half are void."""
    every = max(int(np.sqrt(inside.size / 1e6)), 1)
    row, column = np.nonzero(inside[::every, ::every])
    empty = void[::every, ::every][row, column]
    easting = grid.west_m + (column * every + 0.5) * grid.step_m
    northing = grid.north_m - (row * every + 0.5) * grid.step_m
    longitude, latitude = Transformer.from_crs(grid.crs, WGS84, always_xy=True).transform(easting, northing)
    corner = pd.DataFrame({"latitude": np.floor(latitude), "longitude": np.floor(longitude), "empty": empty})
    share = corner.groupby(["latitude", "longitude"])["empty"].mean()
    return _few([degree_tile(int(south), int(west)) for south, west in share[share > 0.5].index])


def degree_tile(latitude: int, longitude: int) -> str:
    """Name the tile of one degree by its south-west corner.

    Examples
    --------
    >>> degree_tile(11, 107), degree_tile(-16, -72)
    ('N11E107', 'S16W072')
    """
    return f"{'N' if latitude >= 0 else 'S'}{abs(latitude):02d}{'E' if longitude >= 0 else 'W'}{abs(longitude):03d}"


def _few(names: list[str]) -> str:
    return ", ".join(names[:8]) + (f", … ({len(names)})" if len(names) > 8 else "")


def _warp_block(
    lattice: Lattice,
    grid: Grid,
    target: Any,
    corner: tuple[int, int],
    part: NDArray[np.float32],
    resampling: Resampling,
    pad: int,
    clean: Callable[[NDArray[np.float32]], None] | None,
) -> None:
    """Fill what is empty in one block of the grid."""
    west = grid.west_m + corner[1] * grid.step_m
    north = grid.north_m - corner[0] * grid.step_m
    edges = (west, north - part.shape[0] * grid.step_m, west + part.shape[1] * grid.step_m, north)
    bounds = _placed(lattice.tiles[0][0].name, lambda: transform_bounds(target, lattice.crs, *edges))
    top, bottom, left, right = lattice.window(bounds, pad)
    if top >= bottom or left >= right:
        return
    window = lattice.read(top, bottom, left, right)
    if clean is not None:
        clean(window)
    if np.isnan(window).all():
        return
    place = from_origin(west, north, grid.step_m, grid.step_m)
    found = _reprojected(window, lattice.part(top, left), lattice.crs, place, target, part.shape, resampling)
    np.copyto(part, found, where=np.isnan(part))


def _reprojected(
    window: NDArray[np.float32],
    window_place: Affine,
    window_crs: Any,
    place: Affine,
    crs: Any,
    shape: tuple[int, int],
    resampling: Resampling,
) -> NDArray[np.float32]:
    """Warp a window in memory, to :data:`TOLERANCE_CELLS`; rasterio lets that be said for a virtual raster only."""
    kind = {"count": 1, "dtype": "float32", "nodata": np.nan, "height": window.shape[0], "width": window.shape[1]}
    wanted = {"crs": crs, "transform": place, "height": shape[0], "width": shape[1], "resampling": resampling}
    with MemoryFile() as memory:
        with memory.open(driver="GTiff", crs=window_crs, transform=window_place, **kind) as target:
            target.write(window, 1)
        with memory.open() as source, WarpedVRT(source, tolerance=TOLERANCE_CELLS, **wanted) as found:
            return np.asarray(found.read(1), dtype=np.float32)


def _cells_per_step(lattice: Lattice, grid: Grid, target: Any) -> float:
    """Return how many cells of the lattice go along one cell of the grid."""
    rows, columns = grid.shape
    middle = (grid.west_m + columns / 2 * grid.step_m, grid.north_m - rows / 2 * grid.step_m)
    edges = (middle[0], middle[1] - grid.step_m, middle[0] + grid.step_m, middle[1])
    west, south, east, north = _placed(lattice.tiles[0][0].name, lambda: transform_bounds(target, lattice.crs, *edges))
    cells = float(max((east - west) / abs(lattice.transform.a), (north - south) / abs(lattice.transform.e)))
    if not cells <= MOST_PER_STEP:
        raise fault(DataError, "raster_fine", file=lattice.tiles[0][0].name, count=f"{cells:.3g}", limit=MOST_PER_STEP)
    return cells


def _tile(source: Source, stack: ExitStack, heights: bool, palette: bool) -> Tile:
    dataset = _opened(source, stack)
    if dataset.count != 1:
        raise fault(FormatError, "raster_bands", file=source.name, count=dataset.count)
    if not palette and dataset.colorinterp[0] == ColorInterp.palette:
        raise fault(FormatError, "raster_palette", file=source.name)
    if dataset.dtypes[0].startswith("complex"):
        raise fault(FormatError, "raster_complex", file=source.name, values=dataset.dtypes[0])
    if dataset.crs is None:
        raise fault(CrsError, "raster_no_crs", file=source.name)
    if dataset.transform.is_identity:
        raise fault(CrsError, "raster_no_place", file=source.name)
    unit = (dataset.units[0] or "").strip()
    if heights and unit.lower() not in METRES:
        raise fault(DataError, "raster_unit", file=source.name, unit=unit)
    upright = dataset.transform.b == 0 == dataset.transform.d and dataset.transform.a > 0 > dataset.transform.e
    if not upright:
        dataset = _placed(source.name, lambda: stack.enter_context(WarpedVRT(dataset, resampling=Resampling.bilinear)))
    to_metres = METRES[unit.lower()] if heights else 1.0
    return Tile(source.name, dataset, dataset.crs, dataset.transform, to_metres, unit)


def _opened(source: Source, stack: ExitStack) -> Any:
    require_own_raster(source)
    stack.enter_context(rasterio.Env(**OFFLINE))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            dataset = stack.enter_context(rasterio.open(_location(source)))
    except (RasterioError, ValueError, OSError) as error:
        raise fault(FormatError, "raster_unreadable", file=source.name, reason=_line(error)) from None
    if dataset.driver not in DRIVERS:
        raise fault(FormatError, "raster_unreadable", file=source.name, reason=f"{dataset.driver}")
    return dataset


def _location(source: Source) -> str | Path:
    """Return the name by which GDAL opens a content inside an archive, or beside one."""
    path = source.path.resolve()
    if source.member:
        return f"/vsizip/{{{path}}}/{source.member}"
    with path.open("rb") as file:
        packed = file.read(2) == GZIP_MAGIC
    return f"/vsigzip/{path}" if packed else path


def _meets(tile: Tile, bounds: Bounds) -> bool:
    edges = array_bounds(*tile.shape, tile.transform)
    west, south, east, north = _placed(tile.name, lambda: transform_bounds(tile.crs, WGS84.to_wkt(), *edges))
    return bool(west < bounds[2] and east > bounds[0] and south < bounds[3] and north > bounds[1])


def _placed(name: str, place: Callable[[], Any]) -> Any:
    """Return what ``place`` returns; a reference system that leads nowhere is a fault of the file."""
    try:
        found = place()
    except LomsongError:
        raise
    except (RasterioError, ValueError, RuntimeError) as error:
        raise fault(CrsError, "raster_crs", file=name, reason=_line(error)) from None
    except Exception as error:  # rasterio lets errors of PROJ through under private names
        if type(error).__module__.startswith("rasterio"):
            raise fault(CrsError, "raster_crs", file=name, reason=_line(error)) from None
        raise
    if isinstance(found, tuple) and len(found) == 4 and not np.isfinite(found).all():
        raise fault(CrsError, "raster_crs", file=name, reason="inf")
    return found


def _line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
