"""Public layers of an area: terrain, land cover, roads, power lines, boundaries, population, from their own places.

What was fetched is kept with its SHA-256 in ``fetched.json`` and with its licence in ``LICENCES.md``. Files come
through a cache that all areas share.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import os
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyogrio
import rasterio
from rasterio.errors import RasterioError

from lomsong.errors import DataError, FormatError, MissingFileError, UsageError
from lomsong.geo import WGS84, require_crs
from lomsong.ingest.public import overpass
from lomsong.ingest.public.download import Report, Wanted, digest, silent
from lomsong.ingest.public.overpass import Bounds
from lomsong.ingest.public.stock import Fetched, Stock
from lomsong.settings import Fetch
from lomsong.texts import fault

WHAT = ("dem", "landcover", "roads", "power", "boundaries", "population")
"""Layers that can be fetched."""

MARGIN_DEG = 0.05
"""Roads and power lines are kept this far around the area's bounds, about 5 km."""

MAX_SPAN_DEG = 20.0
"""A wider area is no province and no country of this kind, but a layer in the wrong reference system."""

MAX_JSON_BYTES = 4 << 20
"""Largest answer of an interface that only names a file."""

MAX_BOUNDARIES_BYTES = 2 << 30

LIVING_DAYS = 30
"""An answer about what changes every day is taken from the cache for so long."""

OSM = "osm.gpkg"

TILES: dict[str, tuple[int, str]] = {
    "dem": (1, "dem/copernicus_glo30_{tile}.tif"),
    "landcover": (3, "landcover/worldcover_2021_{tile}.tif"),
}
"""Layers that come in tiles: side in degrees, and our name for a tile."""


def fetch(
    area: gpd.GeoDataFrame, what: Sequence[str], out: str | Path, settings: Fetch, report: Report = silent
) -> list[Fetched]:
    """Fetch public layers over an area; what is there already, unchanged, is not fetched again.

    Parameters
    ----------
    area
        Any layer that spans the area, with its CRS; its bounds count.
    what
        Names out of :data:`WHAT`.
    out
        Folder to write into. ``dem/`` and ``landcover/`` hold tiles, ``osm.gpkg`` the layers ``roads`` and
        ``power_lines``, ``boundaries/`` and ``population/`` one file of the country.
    settings
        ``[fetch]``: the addresses and the cache.
    report
        Called with the key of a text and its values, see :data:`lomsong.ingest.public.download.Report`.

    Returns
    -------
    One entry a file, in the order of :data:`WHAT`. A tile that the server does not have, which is how these
    collections say that there is only sea, has the state ``absent``.

    Raises
    ------
    UsageError
        When ``what`` names an unknown layer, or a setting is no usable address.
    CrsError, DataError, FormatError, MissingFileError
        When the area cannot be placed, a server cannot be reached or answers something else. What came before is
        kept, and the next call goes on from there.
    """
    require_known(what)
    bounds = area_bounds(area)
    stock = Stock(Path(out), settings.cache, report)
    getters: dict[str, Callable[[], list[Fetched]]] = {
        "dem": partial(_tiles, stock, settings, "dem", bounds),
        "landcover": partial(_tiles, stock, settings, "landcover", bounds),
        "roads": partial(_osm, stock, settings, [name for name in overpass.LINES if name in what], bounds),
        "boundaries": partial(_boundaries, stock, settings),
        "population": partial(_population, stock, settings),
    }
    found: list[Fetched] = []
    for name, get in getters.items():
        if name in what or (name == "roads" and "power" in what):
            found += get()
    return found


def require_known(what: Sequence[str]) -> None:
    """Raise :class:`UsageError` when ``what`` names no layer, or one that is not in :data:`WHAT`."""
    unknown = [name for name in what if name not in WHAT]
    if unknown or not what:
        raise fault(UsageError, "fetch_what", what=", ".join(unknown) or "''", known=", ".join(WHAT))


def area_bounds(area: gpd.GeoDataFrame) -> Bounds:
    """Return west, south, east, north of a layer in degrees.

    Raises
    ------
    CrsError, DataError
        When the layer has no CRS, is empty, or does not lie on the globe as an area should.
    """
    require_crs(area, "area")
    west, south, east, north = (float(value) for value in area.to_crs(WGS84).total_bounds)
    if not all(map(math.isfinite, (west, south, east, north))):
        raise fault(DataError, "fetch_area_empty")
    span = max(east - west, north - south)
    if span > MAX_SPAN_DEG or not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        shown = f"{west:.2f}…{east:.2f} E, {south:.2f}…{north:.2f} N"
        raise fault(DataError, "fetch_area_span", bounds=shown, limit=f"{MAX_SPAN_DEG:g}")
    return west, south, east, north


def tiles(bounds: Bounds, side_deg: int) -> list[tuple[int, int]]:
    """Return (south, west) corners, whole degrees, of the tiles of a grid of ``side_deg`` that ``bounds`` lie in."""
    # Whole degrees are divided, exactly: a hair south of the equator would be lost in the division.
    west, south = (math.floor(value) // side_deg for value in bounds[:2])
    east, north = (-(-math.ceil(value) // side_deg) for value in bounds[2:])
    rows, columns = range(south, max(north, south + 1)), range(west, max(east, west + 1))
    return [(row * side_deg, column * side_deg) for row in rows for column in columns]


def tile_parts(south: int, west: int) -> dict[str, Any]:
    """Return the parts of a tile's name: ``ns``, ``lat``, ``ew``, ``lon``, and ``tile`` such as N11E107."""
    ns, ew, lat, lon = "N" if south >= 0 else "S", "E" if west >= 0 else "W", abs(south), abs(west)
    return {"ns": ns, "lat": lat, "ew": ew, "lon": lon, "tile": f"{ns}{lat:02d}{ew}{lon:03d}"}


def _filled(template: str, setting: str, **parts: object) -> str:
    try:
        return template.format(**parts)
    except (KeyError, IndexError, ValueError, AttributeError, TypeError):
        raise fault(UsageError, "fetch_template", setting=setting, value=template, parts=", ".join(parts)) from None


def _tiles(stock: Stock, settings: Fetch, what: str, bounds: Bounds) -> list[Fetched]:
    side, place = TILES[what]
    found = []
    for south, west in tiles(bounds, side):
        parts = tile_parts(south, west)
        name = place.format(**parts)
        address = _filled(getattr(settings, what), f"fetch.{what}", **parts)
        wanted = Wanted(address, f"fetch.{what}", stock.out / name, timeout_s=settings.timeout_s)
        try:
            found.append(stock.get(what, name, wanted, require_raster))
        except MissingFileError as error:
            stock.report("fetch.absent", {**wanted.told, "status": error.values.get("status", "")})
            found.append(Fetched(what, name, "absent", address))
    if all(tile.state == "absent" for tile in found):
        raise fault(MissingFileError, "fetch_all_absent", **wanted.told, count=len(found))
    return found


def require_raster(path: Path, wanted: Wanted) -> None:
    """Raise :class:`FormatError` when a file is no raster: a page of the network's login is met often."""
    try:
        with rasterio.open(path) as source:
            usable = source.crs is not None and source.count > 0
    except RasterioError:
        usable = False
    if not usable:
        raise _other_kind(path, wanted, "GeoTIFF")


def _other_kind(path: Path, wanted: Wanted, kind: str) -> FormatError:
    with path.open("rb") as file:
        head = repr(file.read(24).decode("latin-1"))
    return fault(FormatError, "fetch_kind", **wanted.told, wanted=kind, head=head)


def _require_layer(path: Path, wanted: Wanted) -> None:
    try:
        usable = pyogrio.read_info(path)["geometry_type"] is not None
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError, OSError):
        usable = False
    if not usable:
        raise _other_kind(path, wanted, "GeoJSON")


def _country(settings: Fetch) -> str:
    if not re.fullmatch(r"[A-Z]{3}", settings.country):
        raise fault(UsageError, "fetch_country", value=settings.country[:40])
    return settings.country


def _population(stock: Stock, settings: Fetch) -> list[Fetched]:
    country = _country(settings)
    name = f"population/worldpop_2020_{country}.tif"
    address = _filled(settings.population, "fetch.population", country=country, country_lower=country.lower())
    wanted = Wanted(address, "fetch.population", stock.out / name, timeout_s=settings.timeout_s)
    return [stock.get("population", name, wanted, require_raster)]


def _boundaries(stock: Stock, settings: Fetch) -> list[Fetched]:
    """Ask geoBoundaries which file it is, and under which licence; then get that file."""
    country = _country(settings)
    name = f"boundaries/geoboundaries_{country}_ADM3.geojson"
    address = _filled(settings.boundaries, "fetch.boundaries", country=country, country_lower=country.lower())
    asked = Wanted(address, "fetch.boundaries", stock.out / name, MAX_JSON_BYTES, settings.timeout_s)
    kept = stock.kept("boundaries", name, asked, _require_layer)
    if kept is not None:
        return [kept]
    answer, _ = stock.cached(asked, _require_description, LIVING_DAYS)
    described = _described(answer, asked)
    wanted = dataclasses.replace(asked, address=described["gjDownloadURL"], limit_bytes=MAX_BOUNDARIES_BYTES)
    licence = "; ".join(described[part] for part in ("boundaryLicense", "boundarySource") if described[part])
    return [stock.get("boundaries", name, wanted, _require_layer, licence)]


def _described(path: Path, wanted: Wanted) -> dict[str, str]:
    """Return what the interface of geoBoundaries says of one file, as plain lines of text."""
    try:
        answer = json.loads(path.read_bytes())
        answer = answer[0] if isinstance(answer, list) else answer
        parts = ("gjDownloadURL", "boundaryLicense", "boundarySource")
        described = {part: _plain(answer.get(part)) for part in parts}
    except (ValueError, AttributeError, IndexError, RecursionError):
        described = {}
    if not described.get("gjDownloadURL"):
        raise _other_kind(path, wanted, "JSON (gjDownloadURL)")
    return described


def _require_description(path: Path, wanted: Wanted) -> None:
    _described(path, wanted)


def _plain(value: object) -> str:
    """Return a text of a stranger as one short line without marks of Markdown or HTML."""
    text = value if isinstance(value, str) else ""
    return " ".join(re.sub(r"[\x00-\x1f<>`|\[\]]", " ", text).split())[:400]


def _osm(stock: Stock, settings: Fetch, asked: Sequence[str], bounds: Bounds) -> list[Fetched]:
    """Have roads and power lines in one GeoPackage; a layer that it had before is kept in it. One entry a layer."""
    place = stock.out / OSM
    entry = stock.entries.get(OSM)
    if place.is_file() and entry is None:
        found = _osm_by_hand(stock, asked)
    else:
        had = entry.get("layers", []) if entry else []
        kinds = [kind for kind in overpass.LINES if kind in asked or kind in had]
        west, south, east, north = bounds
        wide = (west - MARGIN_DEG, south - MARGIN_DEG, east + MARGIN_DEG, north + MARGIN_DEG)
        found = _osm_made(stock, settings, kinds, wide)
    return [dataclasses.replace(found, layer=kind) for kind in asked]


def _osm_made(stock: Stock, settings: Fetch, kinds: Sequence[str], bounds: Bounds) -> Fetched:
    place, entry = stock.out / OSM, stock.entries.get(OSM, {})
    questions = {kind: _questions(stock, settings, kind, bounds) for kind in kinds}
    addresses = {kind: [question.address for question in questions[kind]] for kind in kinds}
    request = hashlib.sha256(repr((bounds, addresses)).encode()).hexdigest()
    state = "fetched"
    if place.is_file():
        same = digest(place) == entry.get("sha256")
        if same and entry.get("request") == request:
            return stock.unchanged(OSM, kinds[0])
        if not same:
            stock.report("fetch.renewed_osm", {"file": str(place)})
            place.replace(place.with_name(f"{OSM}.old"))
            state = "renewed"
    layers = {overpass.LINES[kind][0]: _lines(stock, kind, questions[kind], bounds) for kind in kinds}
    _write_layers(place, layers)
    return stock.enter_own(kinds[0], OSM, state, settings.overpass, {"request": request, "layers": list(kinds)})


def _write_layers(place: Path, layers: Mapping[str, gpd.GeoDataFrame]) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = place.with_name(f".osm.{os.getpid()}.part.gpkg")
    draft.unlink(missing_ok=True)
    try:
        for layer, frame in layers.items():
            frame.to_file(
                draft, layer=layer, driver="GPKG", engine="pyogrio",
                geometry_type="MultiLineString", promote_to_multi=True,
            )  # fmt: skip
        draft.replace(place)
    finally:
        draft.unlink(missing_ok=True)


def _osm_by_hand(stock: Stock, kinds: Sequence[str]) -> Fetched:
    place = stock.out / OSM
    try:
        layers = {str(name) for name, _ in pyogrio.list_layers(place)}
    except (pyogrio.errors.DataSourceError, ValueError, OSError):
        layers = set()
    missing = [overpass.LINES[kind][0] for kind in kinds if overpass.LINES[kind][0] not in layers]
    if missing:
        raise fault(DataError, "fetch_osm_by_hand", file=str(place), layers=", ".join(missing))
    stock.report("fetch.by_hand", {"file": OSM})
    return stock.seen(OSM, kinds[0])


def _questions(stock: Stock, settings: Fetch, kind: str, bounds: Bounds) -> list[Wanted]:
    return [
        Wanted(
            overpass.address(settings.overpass, kind, square, settings.timeout_s),
            "fetch.overpass",
            stock.out / OSM,
            overpass.MAX_ANSWER_BYTES,
            settings.timeout_s + 15,  # the server's own limit comes first, and says so
        )
        for square in overpass.squares(bounds)
    ]


def _lines(stock: Stock, kind: str, questions: Sequence[Wanted], bounds: Bounds) -> gpd.GeoDataFrame:
    answers = []
    for number, question in enumerate(questions, start=1):
        stock.report("fetch.square", {"layer": overpass.LINES[kind][0], "number": number, "count": len(questions)})
        path, _ = stock.cached(question, _require_ways, LIVING_DAYS)
        answers.append(overpass.ways(path, str(question.told["address"])))
    return overpass.lines(answers, kind, bounds)


def _require_ways(path: Path, wanted: Wanted) -> None:
    overpass.ways(path, str(wanted.told["address"]))
