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
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.io import MemoryFile
from rasterio.transform import array_bounds, from_origin
from rasterio.vrt import WarpedVRT
from rasterio.warp import Resampling, calculate_default_transform, transform_bounds

from lomsong.errors import DataError, FormatError
from lomsong.geo import WGS84, Grid
from lomsong.ingest.files.foreign import OFFLINE, require_own_raster
from lomsong.ingest.files.sources import GZIP_MAGIC, Source, sources
from lomsong.ingest.quality import flag
from lomsong.ingest.reading import Reading
from lomsong.lattice import Bounds, Lattice, Tile, first_line, lattices, placed, tile_of
from lomsong.tables import FLAGS, REJECTS
from lomsong.texts import fault

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

MOST_CELLS = 4_000_000_000
"""A raster of more cells than this, a country at 15 m, must have a byte for every :data:`CELLS_OF_BYTE` of them."""

CELLS_OF_BYTE = 100

MOST_PER_STEP = 8 * 4096
"""Most cells of a source along one cell of the grid: all of them are read at once."""

BLOCK_CELLS = 4096
"""Side of the largest window of a source read at once, cells."""

TOLERANCE_CELLS = 0.005
"""Largest error of a position in a source, cells; at an eighth of a cell, the usual, a steep slope is metres off."""


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
                dataset = _opened(source, trial)
                tile = tile_of(dataset, source.name, heights=heights, palette=palette)
                if tile.dataset is not dataset:
                    trial.enter_context(tile.dataset)
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


def native_step_m(tiles: Sequence[Tile], crs: CRS) -> float:
    """Return the side in whole metres, at least 1, of the finest tile's cells in ``crs``."""
    return float(max(round(min(_step(tile, crs) for tile in tiles)), 1))


def _step(tile: Tile, crs: CRS) -> float:
    rows, columns = tile.shape
    edges = array_bounds(rows, columns, tile.transform)
    found = placed(tile.name, lambda: calculate_default_transform(tile.crs, crs.to_wkt(), columns, rows, *edges))
    return float(abs(found[0].a))


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
    bounds = placed(lattice.tiles[0][0].name, lambda: transform_bounds(target, lattice.crs, *edges))
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
    west, south, east, north = placed(lattice.tiles[0][0].name, lambda: transform_bounds(target, lattice.crs, *edges))
    cells = float(max((east - west) / abs(lattice.transform.a), (north - south) / abs(lattice.transform.e)))
    if not cells <= MOST_PER_STEP:
        raise fault(DataError, "raster_fine", file=lattice.tiles[0][0].name, count=f"{cells:.3g}", limit=MOST_PER_STEP)
    return cells


def _opened(source: Source, stack: ExitStack) -> Any:
    require_own_raster(source)
    stack.enter_context(rasterio.Env(**OFFLINE))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            dataset = stack.enter_context(rasterio.open(_location(source)))
    except (RasterioError, ValueError, OSError) as error:
        raise fault(FormatError, "raster_unreadable", file=source.name, reason=first_line(error)) from None
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
    west, south, east, north = placed(tile.name, lambda: transform_bounds(tile.crs, WGS84.to_wkt(), *edges))
    return bool(west < bounds[2] and east > bounds[0] and south < bounds[3] and north > bounds[1])
