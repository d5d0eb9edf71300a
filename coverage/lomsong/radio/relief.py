"""The terrain around a site, cut out of a DEM cell by cell, with land cover, canopy and zones brought to its cells."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from lomsong.errors import DataError, FormatError, UsageError
from lomsong.geo import WGS84
from lomsong.lattice import Bounds, Lattice, first_line, lattices, placed, tile_of
from lomsong.radio.frame import EARTH
from lomsong.radio.landcover import Heights, canopy_heights, clutter_heights, water_of, zones
from lomsong.radio.terrain import INLAND, Terrain
from lomsong.texts import fault

HEIGHT_LIMITS_M = (-500.0, 9_000.0)
"""Ground outside these cannot be (Dead Sea shore -430 m, Everest 8,849 m) and counts as a void."""

CANOPY_LIMIT_M = 100.0
"""Tallest canopy kept; whole numbers above it are codes of the maker (water, snow, no data), not heights."""

MARGIN_CELLS = 2
"""Cells that a window has beyond the circle."""

MOST_CELLS = 100_000_000
"""Most cells of a window, 0.9 GB of terrain."""

READ_CELLS = 16_000_000
"""About so many cells of a finer raster are read at once."""

SPAN_CELLS = 16
"""Positions in another reference system are computed every so many cells, and linear between.

Over 16 cells of 30 m a projection departs from a straight line by millimetres.
"""

CORNERS = 360
"""Corners of the polygon around a circle."""

Raster = Lattice | str | Path | Any
"""A lattice of open tiles, a path, a dataset opened by rasterio, or a list of the last two."""


@dataclass(frozen=True)
class _Window:
    """The cells of a DEM that a terrain is made of."""

    transform: Affine
    shape: tuple[int, int]
    crs: CRS


def terrain_around(
    dem: Terrain | Raster,
    longitude: float,
    latitude: float,
    radius_m: float,
    *,
    land_cover: Raster | None = None,
    canopy: Raster | None = None,
    zone: Raster | None = None,
    legend: Mapping[int, str] | None = None,
    heights: Heights | None = None,
) -> Terrain:
    """Return the cells of a DEM that cover a circle around a site, as they are: nothing is resampled or filled.

    A void is a cell without data, one of -32768, and one outside :data:`HEIGHT_LIMITS_M`; it is NaN. Where the circle
    sticks out of the DEM the terrain ends with it. Over it lie, each taken from the nearest cell of its raster:

    - vegetation: the canopy raster (whole numbers above :data:`CANOPY_LIMIT_M` are codes and count as no data); where
      it has no data, and without one, the representative height of the class where that is forest;
    - buildings and the like: the representative height of the class, see :data:`~lomsong.radio.landcover.CLUTTER`;
    - zones: the raster of zones (inland where it has no data); without one, as
      :func:`~lomsong.radio.landcover.zones` finds them within the window.

    Parameters
    ----------
    dem
        Ground height: a path that rasterio opens, an open dataset, a list of such tiles that fit together, or a
        :class:`~lomsong.lattice.Lattice` of tiles, in metres unless the band says otherwise. Or a terrain, whose own
        canopy, clutter and zones stay unless a raster of them is given.
    longitude, latitude
        Site, degrees of WGS84.
    radius_m
        Of the circle, metres.
    land_cover
        Codes of classes, in any CRS and resolution.
    canopy
        Height of the vegetation, likewise.
    zone
        1 sea, 3 coastal land, 4 inland, likewise.
    legend
        Code of land cover to class; None: ESA WorldCover.
    heights
        Class to the height or :class:`~lomsong.radio.landcover.Clutter` that replaces its usual one.

    Returns
    -------
    Terrain in the CRS of the DEM, with :data:`MARGIN_CELLS` cells to spare around the circle.

    Raises
    ------
    FormatError, CrsError
        When a raster cannot be read, or does not say where its cells lie.
    DataError
        When the site lies outside the DEM, the DEM is in an unknown unit, or the window is too large.
    UsageError
        When a number is out of its limits, or an argument is no raster.
    """
    _require_place(longitude, latitude, radius_m)
    circle = _circle(float(longitude), float(latitude), float(radius_m))
    if isinstance(dem, Terrain):
        base = _cropped(dem, circle)
        window = _Window(base.transform, base.ground_m.shape, base.crs)
        ground_m = base.ground_m
        canopy_m, clutter_m, found = base.canopy_m, base.clutter_m, base.zone
    else:
        with _opened(dem, "dem", heights=True) as lattice:
            ground_m, window = _ground(lattice, circle)
        canopy_m, clutter_m, found = np.zeros(window.shape, np.float32), None, None
    codes = None if land_cover is None else _nearest(land_cover, "land_cover", window, palette=True)
    measured = None if canopy is None else _canopy(canopy, window)
    if codes is not None:
        clutter_m = clutter_heights(codes, legend, heights)
        canopy_m = canopy_heights(codes, legend, heights, measured)
    elif measured is not None:
        canopy_m = measured
    if zone is not None:
        given = _nearest(zone, "zone", window)
        found = np.where(np.isnan(given), np.float32(INLAND), given)
    elif codes is not None or not isinstance(dem, Terrain):
        water = None if codes is None else water_of(codes, ground_m, legend, heights)
        found = zones(ground_m, water, window.transform, window.crs)
    return Terrain(ground_m, canopy_m, window.transform, window.crs, clutter_m, found)


def without_implausible(ground_m: NDArray[np.float32]) -> None:
    """Turn heights of the ground that cannot be into NaN, in place."""
    low, high = HEIGHT_LIMITS_M
    with np.errstate(invalid="ignore"):
        ground_m[(ground_m < low) | (ground_m > high)] = np.nan


def without_codes(canopy_m: NDArray[np.float32]) -> None:
    """Turn heights of a canopy that are codes into NaN, in place."""
    with np.errstate(invalid="ignore"):
        canopy_m[canopy_m > CANOPY_LIMIT_M] = np.nan


def _require_place(longitude: float, latitude: float, radius_m: float) -> None:
    try:
        place, radius = (float(longitude), float(latitude)), float(radius_m)
    except (TypeError, ValueError):
        place, radius = (math.nan, math.nan), math.nan
    if not (math.isfinite(place[0]) and -90 <= place[1] <= 90):
        raise fault(UsageError, "terrain_place", longitude=repr(longitude), latitude=repr(latitude))
    if not (math.isfinite(radius) and radius > 0):
        raise fault(UsageError, "terrain_radius", value=repr(radius_m))


def _circle(longitude: float, latitude: float, radius_m: float) -> NDArray[np.float64]:
    """Return the site and then the corners of a polygon around its circle, longitude and latitude, shape (n + 1, 2)."""
    azimuth = np.arange(CORNERS) * (360.0 / CORNERS)
    away_m = np.full(CORNERS, radius_m / math.cos(math.pi / CORNERS))
    east, north, _ = EARTH.fwd(np.full(CORNERS, longitude), np.full(CORNERS, latitude), azimuth, away_m)
    return np.vstack([[longitude, latitude], np.column_stack([east, north])])


@lru_cache(maxsize=64)
def _transformer(crs: CRS, other: CRS) -> Transformer:
    return Transformer.from_crs(crs, other, always_xy=True)


@lru_cache(maxsize=64)
def _crs_of(wkt: str) -> CRS:
    return CRS.from_wkt(wkt)


def _cells(
    name: str, transform: Affine, shape: tuple[int, int], crs: CRS, circle: NDArray[np.float64]
) -> tuple[slice, slice]:
    """Return rows and columns of a grid that cover the circle, no wider than the grid."""
    rows, columns = shape
    edges = (transform.c, transform.f + rows * transform.e, transform.c + columns * transform.a, transform.f)
    site, west, south, east, north = _bounds(name, edges, crs, circle)
    if not (edges[0] <= site[0] <= edges[2] and edges[1] <= site[1] <= edges[3]):
        raise fault(
            DataError, "terrain_outside", file=name, longitude=f"{circle[0, 0]:.6g}", latitude=f"{circle[0, 1]:.6g}",
            bounds=", ".join(f"{edge:.8g}" for edge in edges), crs=crs.name,
        )  # fmt: skip
    left, right = (west - transform.c) / transform.a, (east - transform.c) / transform.a
    top, bottom = (north - transform.f) / transform.e, (south - transform.f) / transform.e
    found = (
        slice(max(math.floor(top) - MARGIN_CELLS, 0), min(math.ceil(bottom) + MARGIN_CELLS, rows)),
        slice(max(math.floor(left) - MARGIN_CELLS, 0), min(math.ceil(right) + MARGIN_CELLS, columns)),
    )
    count = (found[0].stop - found[0].start) * (found[1].stop - found[1].start)
    if count > MOST_CELLS:
        raise fault(DataError, "terrain_cells", file=name, count=f"{count:,}", limit=f"{MOST_CELLS:,}")
    return found


def _bounds(
    name: str, edges: Bounds, crs: CRS, circle: NDArray[np.float64]
) -> tuple[tuple[float, float], float, float, float, float]:
    """Return the site and the west, south, east, north of the circle in ``crs``."""
    across, along = (np.asarray(each) for each in _transformer(WGS84, crs).transform(circle[:, 0], circle[:, 1]))
    if crs.is_geographic:
        # A DEM may count from 0 to 360 degrees, and a circle may cross the date line.
        turn = math.tau / float(crs.axis_info[0].unit_conversion_factor)
        middle = (edges[0] + edges[2]) / 2
        site = across[0] - turn * round((across[0] - middle) / turn)
        across = site + (across - site + turn / 2) % turn - turn / 2
        across[0] = site
    told = np.isfinite(across) & np.isfinite(along)
    if not told[0]:
        # Nowhere in that projection, and so outside.
        return (math.nan, math.nan), math.nan, math.nan, math.nan, math.nan
    across, along = across[told], along[told]
    return (float(across[0]), float(along[0])), across.min(), along.min(), across.max(), along.max()


def _cropped(terrain: Terrain, circle: NDArray[np.float64]) -> Terrain:
    rows, columns = _cells("terrain", terrain.transform, terrain.ground_m.shape, terrain.crs, circle)
    cells = terrain.transform
    return Terrain(
        terrain.ground_m[rows, columns],
        terrain.canopy_m[rows, columns],
        Affine(cells.a, 0.0, cells.c + columns.start * cells.a, 0.0, cells.e, cells.f + rows.start * cells.e),
        terrain.crs,
        terrain.clutter_m[rows, columns],
        terrain.zone[rows, columns],
    )


def _ground(lattice: Lattice, circle: NDArray[np.float64]) -> tuple[NDArray[np.float32], _Window]:
    top, bottom, left, right = lattice.extent
    crs = _lattice_crs(lattice)
    shape = (bottom - top, right - left)
    rows, columns = _cells(_name(lattice), lattice.part(top, left), shape, crs, circle)
    up, west = top + rows.start, left + columns.start
    ground_m = lattice.read(up, top + rows.stop, west, left + columns.stop)
    without_implausible(ground_m)
    return ground_m, _Window(lattice.part(up, west), ground_m.shape, crs)


def _canopy(canopy: Raster, window: _Window) -> NDArray[np.float32]:
    """Return the measured canopy, NaN where there is none."""
    with _opened(canopy, "canopy", heights=True) as lattice:
        coded = all(np.issubdtype(np.dtype(tile.dataset.dtypes[0]), np.integer) for tile, _, _ in lattice.tiles)
        found = _taken(lattice, window)
    if coded:
        without_codes(found)
    return np.clip(found, 0.0, CANOPY_LIMIT_M)


def _nearest(raster: Raster, name: str, window: _Window, palette: bool = False) -> NDArray[np.float32]:
    """Return the value of the nearest cell of a raster for each of the window; NaN where there is none."""
    with _opened(raster, name, palette=palette) as lattice:
        return _taken(lattice, window)


def _taken(lattice: Lattice, window: _Window) -> NDArray[np.float32]:
    row, column = _positions(lattice, window)
    found = np.full(window.shape, np.nan, np.float32)
    top, bottom, left, right = lattice.extent
    inside = (row >= top) & (row < bottom) & (column >= left) & (column < right)
    if not inside.any():
        return found
    met = np.broadcast_to(row, inside.shape)[inside], np.broadcast_to(column, inside.shape)[inside]
    spanned = (int(met[0].max()) - int(met[0].min()) + 1) * (int(met[1].max()) - int(met[1].min()) + 1)
    step = max(len(found) // math.ceil(spanned / READ_CELLS), 1)
    for first in range(0, len(found), step):
        part = slice(first, first + step)
        _take(lattice, row[part], column if len(column) == 1 else column[part], inside[part], found[part])
    return found


def _take(
    lattice: Lattice,
    row: NDArray[np.int64],
    column: NDArray[np.int64],
    inside: NDArray[np.bool_],
    found: NDArray[np.float32],
) -> None:
    """Fill in the values of some rows of a window."""
    if not inside.any():
        return
    top, bottom, left, right = lattice.extent
    up, down = max(int(row.min()), top), min(int(row.max()) + 1, bottom)
    west, east = max(int(column.min()), left), min(int(column.max()) + 1, right)
    block = lattice.read(up, down, west, east)
    values = block[np.clip(row - up, 0, down - up - 1), np.clip(column - west, 0, east - west - 1)]
    np.copyto(found, values, where=inside)


def _positions(lattice: Lattice, window: _Window) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return row and column of the lattice's cell under each centre of the window's, of shapes that broadcast to it."""
    rows, columns = window.shape
    cells, other = window.transform, lattice.transform
    crs = _lattice_crs(lattice)
    if crs == window.crs:
        easting = cells.c + (np.arange(columns) + 0.5)[None, :] * cells.a
        northing = cells.f + (np.arange(rows) + 0.5)[:, None] * cells.e
        return _whole((northing - other.f) / other.e), _whole((easting - other.c) / other.a)
    down, across = _knots(rows), _knots(columns)
    easting, northing = np.meshgrid(cells.c + (across + 0.5) * cells.a, cells.f + (down + 0.5) * cells.e)
    there = placed(_name(lattice), lambda: _transformer(window.crs, crs).transform(easting, northing))
    vertical, horizontal = _weights(down, rows), _weights(across, columns).T
    with np.errstate(invalid="ignore", over="ignore"):
        row = vertical @ ((np.asarray(there[1]) - other.f) / other.e) @ horizontal
        column = vertical @ ((np.asarray(there[0]) - other.c) / other.a) @ horizontal
    return _whole(row), _whole(column)


def _whole(position: NDArray[Any]) -> NDArray[np.int64]:
    """Return the cell of a position; one far outside of any raster where there is no position."""
    far = float(1 << 40)
    return np.floor(np.clip(np.nan_to_num(position, nan=-far), -far, far)).astype(np.int64)


def _knots(count: int) -> NDArray[np.float64]:
    """Return positions from the first to the last of ``count`` cells, at most :data:`SPAN_CELLS` apart."""
    return np.linspace(0.0, count - 1.0, max(math.ceil((count - 1) / SPAN_CELLS), 1) + 1)


def _weights(knots: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Return the matrix (count, knots) that interpolates linearly between knots."""
    return np.column_stack([np.interp(np.arange(count), knots, unit) for unit in np.eye(len(knots))])


def _name(lattice: Lattice) -> str:
    return lattice.tiles[0][0].name


def _lattice_crs(lattice: Lattice) -> CRS:
    return placed(_name(lattice), lambda: _crs_of(lattice.crs.to_wkt()))


@contextmanager
def _opened(raster: Raster, name: str, *, heights: bool = False, palette: bool = False) -> Iterator[Lattice]:
    """Open what is a path, and check all; what was given open is left open."""
    if isinstance(raster, Lattice):
        yield raster
        return
    given = list(raster) if isinstance(raster, Sequence) and not isinstance(raster, str) else [raster]
    if not given:
        raise fault(UsageError, "terrain_source", name=name, kind="empty list")
    with ExitStack() as stack:
        tiles = []
        for each in given:
            dataset, called = _dataset(each, name, stack.enter_context)
            tiles.append(tile_of(dataset, called, heights=heights, palette=palette))
            if tiles[-1].dataset is not dataset:
                stack.enter_context(tiles[-1].dataset)
        found = lattices(tiles)
        if len(found) > 1:
            raise fault(DataError, "terrain_lattices", files=", ".join(_name(lattice) for lattice in found[:4]))
        yield found[0]


def _dataset(given: Any, name: str, enter: Callable[[Any], Any]) -> tuple[Any, str]:
    """Return an open dataset and what it is called."""
    if isinstance(given, rasterio.DatasetBase):
        if given.closed:
            raise fault(UsageError, "terrain_source", name=name, kind="closed dataset")
        return given, Path(given.name).name
    if not isinstance(given, str | Path):
        raise fault(UsageError, "terrain_source", name=name, kind=type(given).__name__)
    called = Path(given).name
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            return enter(rasterio.open(given)), called
    except (RasterioError, ValueError, OSError) as error:
        raise fault(FormatError, "raster_unreadable", file=called, reason=first_line(error)) from None
