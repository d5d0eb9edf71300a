"""Ground, land cover, canopy and people from any rasters that GDAL opens, brought to the run's metric grid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS
from rasterio.features import rasterize
from rasterio.fill import fillnodata
from rasterio.transform import from_origin
from rasterio.warp import Resampling

from lomsong.errors import DataError, UsageError
from lomsong.geo import WGS84, Grid, metric_crs, require_crs
from lomsong.ingest.maps.tiles import (
    BLOCK_CELLS,
    Names,
    degree_tiles,
    empty_degree_tiles,
    native_step_m,
    opened,
    warped,
)
from lomsong.ingest.quality import flag
from lomsong.lattice import Bounds, Lattice, Tile, lattices
from lomsong.radio.landcover import (
    UNKNOWN,
    Heights,
    canopy_heights,
    clutter_heights,
    legend_of,
    water_of,
    zones,
)
from lomsong.radio.relief import CANOPY_LIMIT_M, without_codes, without_implausible
from lomsong.radio.terrain import Terrain
from lomsong.tables import FLAGS
from lomsong.texts import fault

VOID_SEARCH_CELLS = 20
"""Voids are filled from as far as this many cells away."""

MAX_CELLS = 200_000_000
"""Most cells of a grid whose step is taken from the raster; a finer raster gets a coarser grid, with a flag."""

MOST_PEOPLE = 1e6
"""No cell holds more people: a greater number is a code for no data that the raster does not declare."""

MARGIN_DEG = 0.05
"""Tiles are looked for this far around the territory, so that a cell at its edge has neighbours."""


@dataclass(frozen=True)
class RasterReading:
    """Values on a grid, and what should be known of them.

    Attributes
    ----------
    values
        Shape ``grid.shape``, row 0 northernmost.
    grid
        The metric grid.
    flags
        Table ``flags``.
    legend
        Code to name of class; empty unless the values are classes.
    """

    values: NDArray[Any]
    grid: Grid
    flags: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=FLAGS.names))
    legend: Mapping[int, str] = field(default_factory=dict)

    @property
    def crs(self) -> CRS:
        """CRS of the grid."""
        return self.grid.crs


def read_terrain(
    dem: Names,
    territory: gpd.GeoDataFrame,
    canopy: Names | None = None,
    crs: CRS | None = None,
    step_m: float | None = None,
) -> Terrain:
    """Read ground and canopy heights over a territory; :func:`read_dem` and :func:`read_canopy` tell their flags too.

    Parameters
    ----------
    dem
        Elevation: one raster, a folder, a glob, a zip, or a list of them; see :func:`read_dem`.
    territory
        Any layer that spans the territory, such as the communes, with its CRS.
    canopy
        Canopy heights in the same shapes, or None; see :func:`read_canopy`.
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
    ground = read_dem(dem, territory, crs, step_m)
    return terrain_of(ground, read_canopy(canopy, territory, ground.grid) if canopy else None)


def terrain_of(
    ground: RasterReading,
    canopy: RasterReading | None = None,
    land_cover: RasterReading | None = None,
    heights: Heights | None = None,
) -> Terrain:
    """Return the terrain of what was read on one grid.

    Parameters
    ----------
    ground, canopy, land_cover
        Of :func:`read_dem`, :func:`read_canopy` and :func:`read_land_cover`. Where no canopy is known the trees stand
        as high as the forest of the land cover; without both there are none. Buildings, and the sea, are those of the
        land cover.
    heights
        Class to the height that replaces its usual one, see :func:`~lomsong.radio.landcover.clutter_of`.
    """
    grid = ground.grid
    transform = from_origin(grid.west_m, grid.north_m, grid.step_m, grid.step_m)
    if land_cover is None:
        trees = np.zeros(grid.shape, np.float32) if canopy is None else np.nan_to_num(canopy.values)
        return Terrain(ground.values, trees, transform, grid.crs)
    codes, legend = land_cover.values, land_cover.legend or None
    trees = canopy_heights(codes, legend, heights, None if canopy is None else canopy.values)
    zone = zones(ground.values, water_of(codes, ground.values, legend, heights), transform, grid.crs)
    return Terrain(ground.values, trees, transform, grid.crs, clutter_heights(codes, legend, heights), zone)


def read_dem(
    dem: Names,
    territory: gpd.GeoDataFrame,
    crs: CRS | None = None,
    step_m: float | None = None,
    language: str = "en",
) -> RasterReading:
    """Read ground heights over a territory from one raster or many tiles.

    A void is a cell without data, one of -32768, and one outside -500…9000 m. It is filled from tiles that come later
    in the order of files, then from cells beside it, no farther than :data:`VOID_SEARCH_CELLS` cells; what is left is
    NaN, and nothing is computed across it. Over sea, makers of elevation write 0 or nothing: a 0 stays 0, nothing is
    filled near the coast as any void and stays NaN beyond.

    Parameters
    ----------
    dem
        A raster, a folder, a glob, a zip or a list of them, in any CRS, resolution and format that GDAL opens: GeoTIFF,
        SRTM .hgt (also .hgt.zip; the position is in the name inside, WGS84 by definition), VRT. Metres unless the band
        says feet.
    territory
        Any layer that spans the territory, with its CRS. The grid spans its bounds; cells outside its polygons do not
        count in the flags.
    crs
        Metric CRS of the run; None: see :func:`lomsong.geo.metric_crs`.
    step_m
        Side of the cells; None: that of the finest tile, coarser where the grid would exceed :data:`MAX_CELLS`.
    language
        Language of the flags.

    Returns
    -------
    Heights in metres, float32, and flags ``void_filled``, ``void_left`` (cells of the grid, share, limit),
    ``unit_converted`` and ``grid_coarsened``.

    Raises
    ------
    MissingFileError, FormatError, CrsError, DataError
        When a raster is not there, is none, has no CRS or an unknown unit, or when more than half of the territory is
        left without ground; the tiles that are missing are named.
    """
    crs = crs or metric_crs(territory)
    if step_m is not None and not (np.isfinite(step_m) and step_m > 0):
        raise fault(UsageError, "raster_step", value=step_m)
    name = _shown(dem)
    with opened(dem, _degrees(territory), heights=True) as tiles:
        if not tiles:
            raise fault(DataError, "raster_misses", file=name, share="0 %", missing=degree_tiles(territory))
        native = native_step_m(tiles, crs)
        grid = _grid_over(territory, crs, step_m or native, coarsen=step_m is None)
        ground = warped(tiles, grid, Resampling.bilinear, without_implausible)
        flags = _unit_flags(name, tiles, language)
    if step_m is None and grid.step_m > native:
        limit = f"{MAX_CELLS:,} cells"
        flags.append(flag(name, "grid_coarsened", language, 0, 0, f"{native:g} m → {grid.step_m:g} m", limit))
    ground, void_flags = _filled(ground, grid, territory, name, language)
    return RasterReading(ground, grid, _table(flags + void_flags))


def read_canopy(path: Names, territory: gpd.GeoDataFrame, grid: Grid, language: str = "en") -> RasterReading:
    """Read heights of the canopy above the ground, metres, the nearest cell of the raster for each of the grid.

    Where the raster has no data it is not known, with a flag ``raster_missing``. Whole numbers above 100 m are codes
    and no data as well: 255 is "no data" in the global maps of ETH Zürich (Lang et al. 2023)
    and of Meta/WRI (Tolan et al. 2024); 101 water, 102 snow and 103 no data in that of GLAD (Potapov et al. 2021).
    Other numbers are clipped to 0…100 m.

    Parameters
    ----------
    path
        A raster, a folder, a glob, a zip or a list of them.
    territory
        Cells outside its polygons do not count in the flag.
    grid
        Where the heights are wanted.
    language
        Language of the flags.

    Returns
    -------
    Heights, float32, NaN where they are not known.

    Raises
    ------
    MissingFileError, FormatError, CrsError, DataError
        As :func:`read_dem`; when no raster meets the territory.
    """
    name = _shown(path)
    with opened(path, _degrees(territory), heights=True) as tiles:
        _require_tiles(tiles, name, territory)
        coded = all(np.issubdtype(np.dtype(tile.dataset.dtypes[0]), np.integer) for tile in tiles)
        values = warped(tiles, grid, Resampling.nearest, without_codes if coded else None)
        flags = _unit_flags(name, tiles, language)
    flags += _missing_flags(np.isnan(values), grid, territory, name, language)
    heights = np.clip(values, 0.0, CANOPY_LIMIT_M).astype(np.float32)
    return RasterReading(heights, grid, _table(flags))


def read_land_cover(
    path: Names,
    territory: gpd.GeoDataFrame,
    grid: Grid,
    legend: Mapping[int, str] | None = None,
    language: str = "en",
) -> RasterReading:
    """Read classes of land cover, the nearest cell of the raster for each of the grid.

    Parameters
    ----------
    path
        A raster, a folder, a glob, a zip or a list of them.
    territory
        Cells outside its polygons do not count in the flags.
    grid
        Where the classes are wanted.
    legend
        Code (1…65535) to name of class; None: :data:`~lomsong.radio.landcover.WORLD_COVER`.
    language
        Language of the flags.

    Returns
    -------
    Codes, uint16, 0 where the raster has no data or a code outside the legend; the flag ``class_unknown`` names such
    codes, ``raster_missing`` counts cells without data.

    Raises
    ------
    MissingFileError, FormatError, CrsError, DataError
        As :func:`read_dem`; when no raster meets the territory.
    UsageError
        When a code of the legend is none.
    """
    legend = legend_of(legend)
    name = _shown(path)
    with opened(path, _degrees(territory), heights=False, palette=True) as tiles:
        _require_tiles(tiles, name, territory)
        values = warped(tiles, grid, Resampling.nearest)
    known = np.isin(values, np.array(list(legend), dtype=np.float32))
    inside = _inside(territory, grid)
    missing = np.isnan(values)
    # Makers write 0 for "no data", as often without saying so.
    missing |= (values == UNKNOWN) & ~known
    strange = inside & ~missing & ~known
    flags = []
    if strange.any():
        codes = ", ".join(f"{code:g}" for code in np.unique(values[strange])[:8])
        limit = ", ".join(map(str, sorted(legend)))
        flags.append(flag(name, "class_unknown", language, int(strange.sum()), 0, codes, limit))
    flags += _missing_flags(missing, grid, territory, name, language)
    return RasterReading(np.where(known, values, UNKNOWN).astype(np.uint16), grid, _table(flags), legend)


def read_population(
    path: Names, territory: gpd.GeoDataFrame, grid: Grid | None = None, crs: CRS | None = None
) -> RasterReading:
    """Read people per cell, from a raster of people per cell such as those of WorldPop.

    Each cell of the grid takes from each cell of the raster the share that it covers of it, so that totals are kept
    (within 1 %: shares are taken along the grid's axes, and a raster turned against them by θ keeps cos 2θ). No data,
    and numbers below 0 or above a million, mean nobody. A raster of people per square kilometre looks the same and must
    be multiplied out first.

    Parameters
    ----------
    path
        A raster, a folder, a glob, a zip or a list of them; all on one lattice, lest anybody be counted twice.
    territory
        Any layer that spans the territory, with its CRS.
    grid
        Where the people are wanted; None: over the territory, cells as large as the raster's.
    crs
        Metric CRS of that grid; None: see :func:`lomsong.geo.metric_crs`.

    Returns
    -------
    People per cell, float32, 0 where there are none.

    Raises
    ------
    MissingFileError, FormatError, CrsError, DataError
        As :func:`read_dem`; when tiles differ in CRS, resolution or alignment; when none meets the territory.
    """
    name = _shown(path)
    with opened(path, _degrees(territory), heights=False) as tiles:
        _require_tiles(tiles, name, territory)
        _one_lattice(tiles, name)
        if grid is None:
            crs = crs or metric_crs(territory)
            grid = _grid_over(territory, crs, native_step_m(tiles, crs), coarsen=True)
        people = warped(tiles, grid, Resampling.sum, _without_negative)
    return RasterReading(np.nan_to_num(people, nan=0.0).astype(np.float32), grid)


def population_of(communes: gpd.GeoDataFrame, path: Names) -> pd.Series:
    """Return the people in each polygon, from a raster of people per cell.

    A cell counts whole, for the polygon that holds its centre: over a commune of many cells what goes out and what
    comes in along the border cancel. A polygon without any centre has 0. The raster is read as it is, without being
    brought to another grid, so that nothing is lost or spread.

    Parameters
    ----------
    communes
        Polygons with their CRS, which do not overlap.
    path
        What :func:`read_population` takes.

    Returns
    -------
    Series ``people`` on the index of ``communes``, float.

    Raises
    ------
    MissingFileError, FormatError, CrsError, DataError
        As :func:`read_population`.
    """
    name = _shown(path)
    with opened(path, _degrees(communes), heights=False) as tiles:
        _require_tiles(tiles, name, communes)
        lattice = _one_lattice(tiles, name)
        places = communes.geometry.to_crs(lattice.crs)
        top, bottom, left, right = lattice.window(tuple(places.total_bounds), 0)
        people = np.zeros(len(communes) + 1)
        for row in range(top, bottom, BLOCK_CELLS):
            for column in range(left, right, BLOCK_CELLS):
                people += _people(lattice, places, row, min(row + BLOCK_CELLS, bottom), column,
                                  min(column + BLOCK_CELLS, right))  # fmt: skip
    return pd.Series(people[1:], index=communes.index, name="people")


def _people(
    lattice: Lattice, places: gpd.GeoSeries, top: int, bottom: int, left: int, right: int
) -> NDArray[np.float64]:
    """People of one window by polygon, numbered from 1; 0 stands for outside of all."""
    counts = lattice.read(top, bottom, left, right)
    _without_negative(counts)
    shapes = [(shape, number) for number, shape in enumerate(places, 1) if shape is not None and not shape.is_empty]
    numbers = rasterize(shapes, out_shape=counts.shape, transform=lattice.part(top, left), fill=0, dtype="int32")
    weights = np.nan_to_num(counts.ravel(), nan=0.0).astype(np.float64)
    return np.asarray(np.bincount(numbers.ravel(), weights=weights, minlength=len(places) + 1), dtype=np.float64)


def _without_negative(counts: NDArray[np.float32]) -> None:
    with np.errstate(invalid="ignore"):
        counts[~(counts >= 0) | (counts > MOST_PEOPLE)] = np.nan


def _filled(
    ground: NDArray[np.float32], grid: Grid, territory: gpd.GeoDataFrame, name: str, language: str
) -> tuple[NDArray[np.float32], list[dict[str, Any]]]:
    """Fill voids from cells beside them, and tell how many were, how many were not."""
    void = np.isnan(ground)
    if not void.any():
        return ground, []
    inside = _inside(territory, grid)
    cells = int(inside.sum())
    share = float((void & inside).sum() / cells)
    if share > 0.5:
        missing = empty_degree_tiles(void & inside, inside, grid)
        raise fault(DataError, "raster_misses", file=name, share=f"{1 - share:.0%}", missing=missing)
    ground = fillnodata(ground, mask=(~void).astype(np.uint8), max_search_distance=VOID_SEARCH_CELLS)
    left = np.isnan(ground)
    flags = []
    for check, cell in (("void_filled", void & ~left & inside), ("void_left", left & inside)):
        count = int(cell.sum())
        if count:
            value = f"{count / cells:.2%}"
            if check == "void_left" and (tiles := empty_degree_tiles(cell, inside, grid)):
                value += f" ({tiles})"
            flags.append(flag(name, check, language, count, 0, value, f"{VOID_SEARCH_CELLS} cells"))
    return ground, flags


def _missing_flags(
    missing: NDArray[np.bool_], grid: Grid, territory: gpd.GeoDataFrame, name: str, language: str
) -> list[dict[str, Any]]:
    inside = _inside(territory, grid)
    count = int((missing & inside).sum())
    if not count:
        return []
    return [flag(name, "raster_missing", language, count, 0, f"{count / int(inside.sum()):.2%}")]


def _unit_flags(name: str, tiles: list[Tile], language: str) -> list[dict[str, Any]]:
    converted = [tile for tile in tiles if tile.to_metres != 1.0]
    if not converted:
        return []
    rows = sum(tile.shape[0] * tile.shape[1] for tile in converted)
    return [flag(name, "unit_converted", language, rows, 0, converted[0].unit, f"× {converted[0].to_metres:.6g} m")]


def _require_tiles(tiles: list[Tile], name: str, territory: gpd.GeoDataFrame) -> None:
    if not tiles:
        raise fault(DataError, "raster_misses", file=name, share="0 %", missing=degree_tiles(territory))


def _one_lattice(tiles: list[Tile], name: str) -> Lattice:
    found = lattices(tiles)
    if len(found) > 1:
        names = ", ".join(lattice.tiles[0][0].name for lattice in found[:4])
        raise fault(DataError, "raster_lattices", file=name, tiles=names)
    return found[0]


def _degrees(territory: gpd.GeoDataFrame) -> Bounds:
    require_crs(territory, "territory")
    bounds = np.asarray(territory.geometry.to_crs(WGS84).total_bounds, dtype=float)
    if not np.isfinite(bounds).all():
        raise fault(DataError, "raster_territory")
    west, south, east, north = map(float, bounds)
    return west - MARGIN_DEG, south - MARGIN_DEG, east + MARGIN_DEG, north + MARGIN_DEG


def _grid_over(territory: gpd.GeoDataFrame, crs: CRS, step_m: float, *, coarsen: bool) -> Grid:
    west, south, east, north = map(float, territory.geometry.to_crs(crs).total_bounds)
    if coarsen:
        step_m = max(step_m, float(np.ceil(np.sqrt((east - west) * (north - south) / MAX_CELLS))))
    return Grid.over((west, south, east, north), step_m, crs)


def _inside(territory: gpd.GeoDataFrame, grid: Grid) -> NDArray[np.bool_]:
    """Tell which cells the polygons of the territory touch; all of them, where it has none."""
    shapes = territory.geometry.to_crs(grid.crs)
    shapes = shapes[shapes.geom_type.isin(("Polygon", "MultiPolygon")) & ~shapes.is_empty]
    transform = from_origin(grid.west_m, grid.north_m, grid.step_m, grid.step_m)
    if len(shapes):
        burnt = rasterize(shapes, out_shape=grid.shape, transform=transform, all_touched=True, dtype="uint8") > 0
        if burnt.any():
            return np.asarray(burnt)
    return np.ones(grid.shape, dtype=bool)


def _table(flags: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(flags, columns=FLAGS.names)


def _shown(names: Names) -> str:
    if isinstance(names, str | Path):
        return Path(names).name or str(names)
    listed = [Path(name).name for name in names]
    return listed[0] if len(listed) == 1 else f"{listed[0]}… ({len(listed)})" if listed else ""
