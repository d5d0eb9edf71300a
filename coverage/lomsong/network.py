"""The coverage of a whole network: each antenna by itself and kept, then put together tile by tile.

Memory does not grow with the number of sites nor with the area: an antenna's terrain is read when its turn comes, its
levels go to a file, and of the whole no more than one tile is ever held. What was computed is kept under a key of all
that it depends on, so that a run which was interrupted, or to which a site was added, goes on from there.
"""

from __future__ import annotations

import hashlib
import math
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from rasterio.errors import RasterioError
from rasterio.windows import Window

from lomsong.errors import DataError, UsageError
from lomsong.geo import WGS84
from lomsong.ingest.maps.tiles import Names, opened, raster_sources
from lomsong.lattice import Lattice, lattices
from lomsong.publish.atomic import clear_drafts, replacing
from lomsong.publish.coverage.levels import CACHE_BYTES
from lomsong.publish.coverage.rasters import cog
from lomsong.publish.manifest import sha256
from lomsong.radio import Link, PathProfile, Pattern, Physics, Site, path_profile, sites_of, sweep, terrain_around
from lomsong.radio.frame import EARTH
from lomsong.radio.landcover import Heights
from lomsong.radio.relief import without_implausible
from lomsong.stages import code_fingerprint
from lomsong.texts import fault, told

TILE = 1024
"""Side of the tiles that are put together at a time."""

KEY = 32
"""Hexadecimal digits of a key: files of other names in the folder are not ours."""

OPERATOR = re.compile(r"[a-z0-9][a-z0-9_-]*")
"""Names of operators become names of files."""

ALL = "best"
"""What the raster over all operators is named by."""

NOTHING = -(2**31)
"""Level, in hundredths of a dB, and server of a cell that has none."""

BEST, SERVER, SECOND, SECOND_SERVER, SERVERS = range(5)
"""Bands of what is kept of an antenna: levels in hundredths of a dBm, which of its sectors, and how many are usable."""

Progress = Callable[[int, int], None]
"""Told how many antennas of how many are done."""


@dataclass(frozen=True)
class Rasters:
    """What antennas are computed over: names of files, folders, globs or archives."""

    dem: Names
    land_cover: Names | None = None
    canopy: Names | None = None

    def given(self) -> dict[str, Names]:
        """Return those that are given, under their names."""
        named = {"dem": self.dem, "land_cover": self.land_cover, "canopy": self.canopy}
        return {name: names for name, names in named.items() if names is not None}

    def fingerprint(self) -> dict[str, str]:
        """Return the SHA-256 of each file, and of those that a virtual raster is put together from."""
        files = {source.path for names in self.given().values() for source in raster_sources(names)}
        named = {path.resolve() for path in files}
        for names in self.given().values():
            with opened(names, (-360.0, -90.0, 360.0, 90.0), heights=False, palette=True) as tiles:
                parts = {Path(part) for tile in tiles if tile.dataset.driver == "VRT" for part in tile.dataset.files}
            files |= {part for part in parts if part.is_file() and part.resolve() not in named}
        return {str(path): sha256(path) for path in sorted(files)}


@dataclass(frozen=True)
class Reception:
    """How levels are computed and received.

    ``where`` is a word of :meth:`~lomsong.radio.Link.entry_loss_db`; ``heights`` replaces clutter heights of classes.
    """

    radius_m: float = 20_000.0
    usable_dbm: float = -110.0
    physics: Physics = field(default_factory=Physics)
    link: Link = field(default_factory=Link)
    where: str = "outdoor"
    heights: Heights | None = None

    @property
    def received_db(self) -> float:
        """What the receiving end adds to the level, negative as a rule."""
        return float(self.link.rsrp_dbm(0.0, 0.0, self.where))


@dataclass(frozen=True)
class Network:
    """The rasters of a network.

    Attributes
    ----------
    levels, files
        Raster of the best server's level of each operator, and all rasters written.
    ground
        Raster of the ground on the same cells.
    left_out
        Rows of ``sites`` that could not be computed, with the reason in the language asked for.
    computed, kept
        Antennas computed in this run, and those of an earlier one.
    """

    levels: Mapping[str, Path]
    files: tuple[Path, ...]
    ground: Path
    left_out: tuple[tuple[int, str], ...]
    computed: int
    kept: int


class _Grid(NamedTuple):
    shape: tuple[int, int]
    transform: Affine
    crs: CRS


class _Antenna(NamedTuple):
    """Sectors of one operator at one place, height and frequency; ``rows`` of the table ``sites``."""

    operator: str
    rows: tuple[int, ...]


class _Kept(NamedTuple):
    """What is kept of an antenna: file, rows of its sectors in ``sites``, and the cells that it has of the grid."""

    path: Path
    rows: NDArray[np.int32]
    top: int
    left: int
    height: int
    width: int


def cover_network(
    sites: gpd.GeoDataFrame,
    rasters: Rasters,
    out: Path,
    reception: Reception | None = None,
    *,
    patterns: Mapping[str, Pattern] | None = None,
    language: str = "en",
    progress: Progress = lambda done, count: None,
    workers: int = 0,
) -> Network:
    """Compute level and server of each operator around all its sites.

    Parameters
    ----------
    sites
        Table ``sites``, one row a sector.
    rasters
        Elevation, land cover, canopy.
    out
        Folder; rasters go to ``rasters``, what is kept of each antenna to ``work``.
    reception
        Radius, threshold, physics and the receiving end.
    patterns
        Name of an antenna to its pattern, for a column ``antenna`` of ``sites``.
    language
        Of the reasons why sites were left out.
    progress
        See :data:`Progress`.
    workers
        Threads; 0: all cores.

    Returns
    -------
    Network
        For each operator ``<operator>_level_dbm.tif`` (best server), ``_server.tif`` (row of the sector in ``sites``,
        by position), ``_second_dbm.tif`` and ``_servers.tif`` (how many sectors are usable), on the cells of the DEM,
        and ``best_level_dbm.tif`` over all operators.

    Raises
    ------
    MissingFileError, FormatError, CrsError, DataError
        When a raster cannot be read, tiles of the DEM do not fit together, or no site could be computed.
    """
    reception = reception or Reception()
    _ = reception.received_db  # a word that is not known is told before hours of computing
    work, begun_s = out / "work", time.time()
    sectors = sites_of(sites, patterns)
    with rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES), _opened(rasters, sectors, reception.radius_m) as lattice_of:
        grid = _grid(lattice_of["dem"], sectors, reception.radius_m)
        base = repr((code_fingerprint(), rasters.fingerprint(), reception))
        antennas, left_out = _antennas(sites, sectors), []
        made: dict[_Antenna, Path] = {}
        computed = 0
        for done, antenna in enumerate(antennas):
            progress(done, len(antennas))
            path = work / f"{_key(base, antenna, sectors)}.tif"
            if not _is_kept(path):
                try:
                    _compute(path, antenna, sectors, lattice_of, reception, workers)
                except (DataError, UsageError) as error:
                    left_out += [(row, told(error, language)) for row in antenna.rows]
                    continue
                computed += 1
            made[antenna] = path
        progress(len(antennas), len(antennas))
        if not made:
            raise fault(DataError, "network_empty", count=len(sectors), reason=left_out[0][1] if left_out else "–")
        ground = work / "ground.tif"
        _write_ground(ground, lattice_of["dem"], grid)
    for stale in set(work.glob(f"{'[0-9a-f]' * KEY}.tif")) - set(made.values()):
        stale.unlink()
    clear_drafts([work], begun_s)
    with rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES):
        levels, files = _put_together(out / "rasters", made, grid)
    return Network(levels, tuple(files), ground, tuple(left_out), computed, len(made) - computed)


def path_over(
    rasters: Rasters, sectors: list[Site], rx_lonlat: tuple[float, float], reception: Reception
) -> PathProfile:
    """Return the link from that sector of a site which is received best at a place, its level as a map has it.

    Raises
    ------
    MissingFileError, FormatError, CrsError, DataError
        As :func:`cover_network`; when the terrain is not known on the way.
    """
    first = sectors[0]
    _, _, length_m = EARTH.inv(first.longitude, first.latitude, *rx_lonlat)
    with _opened(rasters, sectors, max(length_m, 1.0)) as lattice_of:
        links = [
            path_profile(
                lattice_of["dem"], sector, rx_lonlat, physics=reception.physics,
                land_cover=lattice_of.get("land_cover"), canopy=lattice_of.get("canopy"), heights=reception.heights,
            )
            for sector in sectors
        ]  # fmt: skip
    best, received_db = max(links, key=lambda link: link.level_dbm), reception.received_db
    return replace(best, level_dbm=best.level_dbm + received_db, receiver_db=-received_db)


def _antennas(sites: gpd.GeoDataFrame, sectors: list[Site]) -> list[_Antenna]:
    strange = [name for name in sites["operator"].astype(str).unique() if not OPERATOR.fullmatch(name) or name == ALL]
    if strange:
        raise fault(DataError, "network_operator", value=strange[0])
    found: dict[tuple[object, ...], list[int]] = {}
    for row, (operator, sector) in enumerate(zip(sites["operator"], sectors, strict=True)):
        place = (sector.longitude, sector.latitude, sector.height_m, sector.frequency_mhz)
        found.setdefault((str(operator), *place), []).append(row)
    return [_Antenna(str(key[0]), tuple(rows)) for key, rows in found.items()]


def _key(base: str, antenna: _Antenna, sectors: list[Site]) -> str:
    # Not the rows: they move when a site is added above.
    digest = hashlib.sha256(f"{base}{antenna.operator}".encode())
    for row in antenna.rows:
        sector = sectors[row]
        pattern = sector.pattern
        place = (sector.longitude, sector.latitude, sector.height_m, sector.frequency_mhz)
        digest.update(repr((place, sector.eirp_dbm, sector.azimuth_deg, sector.tilt_deg)).encode())
        if pattern is not None:
            digest.update(pattern.horizontal_db.tobytes() + pattern.vertical_db.tobytes())
            digest.update(repr(pattern.most_db).encode())
    return digest.hexdigest()[:KEY]


def _is_kept(path: Path) -> bool:
    """Return whether what is kept of an antenna is there, ours and whole: a disk may fill up, a copy break off."""
    if not path.exists():
        return False
    try:
        with rasterio.open(path) as source:
            return bool(source.tags().get("seal") == _seal(path, source.read()))
    except RasterioError:
        return False


def _seal(path: Path, bands: NDArray[np.int32]) -> str:
    """Return what is written beside the cells: a compressed block that is damaged may be read as other numbers."""
    digest = hashlib.sha256(path.stem.encode())
    digest.update(np.ascontiguousarray(bands).data)
    return digest.hexdigest()


@contextmanager
def _opened(rasters: Rasters, sectors: list[Site], radius_m: float) -> Iterator[dict[str, Lattice]]:
    """Open all rasters, each as one lattice of tiles."""
    if not sectors:
        raise fault(DataError, "network_empty", count=0, reason="–")
    at = _circles(sectors, radius_m)
    bounds = (at[0].min(), at[1].min(), at[0].max(), at[1].max())
    with ExitStack() as stack:
        found = {}
        for name, names in rasters.given().items():
            kind = {"heights": name != "land_cover", "palette": name == "land_cover"}
            tiles = stack.enter_context(opened(names, bounds, **kind))
            put = lattices(tiles)
            shown = ", ".join(str(source.name) for source in raster_sources(names)[:4])
            if not put:
                raise fault(DataError, "network_misses", file=shown, bounds=", ".join(f"{edge:.3f}" for edge in bounds))
            if len(put) > 1:
                raise fault(DataError, "raster_lattices", file=shown, tiles=", ".join(t.tiles[0][0].name for t in put))
            found[name] = put[0]
        yield found


def _circles(sectors: list[Site], radius_m: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return longitude and latitude of places all around each site, a little beyond the radius."""
    places = np.array(sorted({(sector.longitude, sector.latitude) for sector in sectors}))
    bearings = np.tile(np.arange(0.0, 360.0, 10.0), len(places))
    east, north = (np.repeat(places[:, k], 36) for k in (0, 1))
    found = EARTH.fwd(east, north, bearings, np.full(len(east), 1.02 * radius_m))
    return np.asarray(found[0]), np.asarray(found[1])


def _grid(dem: Lattice, sectors: list[Site], radius_m: float) -> _Grid:
    crs = CRS.from_wkt(dem.crs.to_wkt())
    x, y = Transformer.from_crs(WGS84, crs, always_xy=True).transform(*_circles(sectors, radius_m))
    there = np.isfinite(x) & np.isfinite(y)  # half the Earth is nowhere in a transverse Mercator
    if not there.any():
        raise fault(DataError, "network_empty", count=len(sectors), reason=crs.name)
    x, y = x[there], y[there]
    if crs.is_geographic:  # a DEM may count to 360 degrees, or cross the date line
        turn = math.tau / float(crs.axis_info[0].unit_conversion_factor)
        _, _, first, last = dem.extent
        middle = (dem.part(0, first).c + dem.part(0, last).c) / 2
        x = x - turn * np.round((x - middle) / turn)
    top, bottom, left, right = dem.window((np.min(x), np.min(y), np.max(x), np.max(y)), 1)
    return _Grid((max(bottom - top, 1), max(right - left, 1)), dem.part(top, left), crs)


def _compute(
    path: Path, antenna: _Antenna, sectors: list[Site], lattice_of: Mapping[str, Lattice], reception: Reception,
    workers: int,
) -> None:  # fmt: skip
    """Write what is kept of an antenna, on the cells of the DEM around it."""
    first = sectors[antenna.rows[0]]
    terrain = terrain_around(
        lattice_of["dem"], first.longitude, first.latitude, reception.radius_m,
        land_cover=lattice_of.get("land_cover"), canopy=lattice_of.get("canopy"), heights=reception.heights,
    )  # fmt: skip
    swept = sweep(terrain, first, reception.radius_m, physics=reception.physics, workers=workers)
    bands = np.full((5, *terrain.ground_m.shape), NOTHING, np.int32)
    bands[SERVERS] = 0
    for sector, row in enumerate(antenna.rows):
        level = swept.level_dbm(sectors[row]) + np.float32(reception.received_db)
        known = np.isfinite(level)
        hundredths = np.full(level.shape, NOTHING, np.int32)
        hundredths[known] = np.rint(100 * level[known].astype(np.float64)).astype(np.int32)
        bands[SERVERS] += hundredths >= round(100 * reception.usable_dbm, 6)  # 100 * -64.1 is above -6410
        _better(bands, hundredths, np.int32(sector))
    kind = {"driver": "GTiff", "count": 5, "dtype": "int32", "nodata": NOTHING, "tiled": True}
    packed = {"compress": "DEFLATE", "predictor": 2, "zlevel": 1, "blockxsize": 256, "blockysize": 256}
    with (
        replacing(path) as draft,
        rasterio.open(
            draft, "w", **kind, **packed, height=level.shape[0], width=level.shape[1], crs=terrain.crs.to_wkt(),
            transform=terrain.transform,
        ) as target,
    ):  # fmt: skip
        target.write(bands)
        target.update_tags(seal=_seal(path, bands))


def _better(bands: NDArray[np.int32], level: NDArray[np.int32], server: NDArray[np.int32] | np.int32) -> None:
    """Let a server take its place as best or second; of equal levels the one that came first."""
    better = level > bands[BEST]
    second = ~better & (level > bands[SECOND])
    for value, kept in ((BEST, SECOND), (SERVER, SECOND_SERVER)):
        bands[kept][better] = bands[value][better]
    servers = np.broadcast_to(server, level.shape)
    for here, value, who in ((better, BEST, SERVER), (second, SECOND, SECOND_SERVER)):
        bands[value][here], bands[who][here] = level[here], servers[here]


def _put_together(folder: Path, made: Mapping[_Antenna, Path], grid: _Grid) -> tuple[dict[str, Path], list[Path]]:
    """Write the rasters of each operator, and of all."""
    operators = list(dict.fromkeys(antenna.operator for antenna in made))
    levels, files = {}, []
    for operator in operators:
        kept = [_kept(path, antenna, grid) for antenna, path in made.items() if antenna.operator == operator]
        found = _write_operator(folder, operator, kept, grid)
        levels[operator] = found[0]
        files += found
    best = folder / f"{ALL}_level_dbm.tif"
    if len(operators) > 1:
        files.append(_write_best(best, list(levels.values()), grid))
    else:  # one of an earlier run is not of this one
        best.unlink(missing_ok=True)
    return levels, files


def _kept(path: Path, antenna: _Antenna, grid: _Grid) -> _Kept:
    with rasterio.open(path) as source:
        return _Kept(path, np.array(antenna.rows, np.int32), *_offset(source.transform, grid), *source.shape)


def _write_operator(folder: Path, operator: str, kept: list[_Kept], grid: _Grid) -> list[Path]:
    names = {
        "level_dbm": ("float32", np.nan, "dBm"), "server": ("int32", -1, "row of sites"),
        "second_dbm": ("float32", np.nan, "dBm"), "servers": ("uint16", 65_535, "sectors"),
    }  # fmt: skip
    files = {name: folder / f"{operator}_{name}.tif" for name in names}
    with ExitStack() as stack:
        write = {
            name: stack.enter_context(
                cog(files[name], grid.shape, kind, grid.transform, grid.crs, nodata, name, {"unit": unit})
            )
            for name, (kind, nodata, unit) in names.items()
        }
        for top, left, rows, columns in _tiles(grid.shape):
            bands = _tile(kept, top, left, rows, columns)
            known = bands[BEST] != NOTHING
            write["level_dbm"](_dbm(bands[BEST]), top, left)
            write["second_dbm"](_dbm(bands[SECOND]), top, left)
            write["server"](np.where(known, bands[SERVER], -1), top, left)
            write["servers"](np.where(known, bands[SERVERS], 65_535), top, left)
    return list(files.values())


def _tile(kept: list[_Kept], top: int, left: int, rows: int, columns: int) -> NDArray[np.int32]:
    """Return the bands of all antennas together on one tile, sectors as rows of ``sites``.

    One file is open at a time: a country has more antennas than a process may open.
    """
    bands = np.full((5, rows, columns), NOTHING, np.int32)
    bands[SERVERS] = 0
    for path, sectors, row, column, height, width in kept:
        up, down = max(top, row), min(top + rows, row + height)
        west, east = max(left, column), min(left + columns, column + width)
        if up >= down or west >= east:
            continue
        with rasterio.open(path) as source:
            found = source.read(window=Window(west - column, up - row, east - west, down - up))
        part = bands[:, up - top : down - top, west - left : east - left]
        part[SERVERS] += found[SERVERS]
        for level, server in ((BEST, SERVER), (SECOND, SECOND_SERVER)):
            _better(part, found[level], sectors.take(found[server], mode="clip"))
    return bands


def _dbm(hundredths: NDArray[np.int32]) -> NDArray[np.float32]:
    return np.where(hundredths == NOTHING, np.nan, hundredths / 100).astype(np.float32)


def _write_best(path: Path, levels: list[Path], grid: _Grid) -> Path:
    with ExitStack() as stack:
        sources = [stack.enter_context(rasterio.open(level)) for level in levels]
        write = stack.enter_context(
            cog(path, grid.shape, "float32", grid.transform, grid.crs, np.nan, "level_dbm", {"unit": "dBm"})
        )
        for top, left, rows, columns in _tiles(grid.shape):
            window = Window(left, top, columns, rows)
            write(np.fmax.reduce([source.read(1, window=window) for source in sources]), top, left)
    return path


def _write_ground(path: Path, dem: Lattice, grid: _Grid) -> None:
    row, column = _offset(grid.transform, _Grid((0, 0), dem.transform, grid.crs))
    with cog(path, grid.shape, "float32", grid.transform, grid.crs, np.nan, "ground_m", {"unit": "m"}) as write:
        for top, left, rows, columns in _tiles(grid.shape):
            edges = (row + top, row + top + rows, column + left, column + left + columns)
            ground_m = dem.read(*edges)
            without_implausible(ground_m)  # as the antennas saw it
            write(ground_m, top, left)


def _offset(transform: Affine, grid: _Grid) -> tuple[int, int]:
    """Return row and column of a raster's first cell on the grid."""
    cells = grid.transform
    return round((transform.f - cells.f) / cells.e), round((transform.c - cells.c) / cells.a)


def _tiles(shape: tuple[int, int]) -> Iterator[tuple[int, int, int, int]]:
    for top in range(0, shape[0], TILE):
        for left in range(0, shape[1], TILE):
            yield top, left, min(TILE, shape[0] - top), min(TILE, shape[1] - left)
