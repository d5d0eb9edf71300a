"""Areas that operators declare as covered: polygons, or rasters of 0 and 1 or of levels, by operator and technology."""

from __future__ import annotations

import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from affine import Affine
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS
from rasterio.features import shapes as outlines
from rasterio.warp import transform_bounds

from lomsong.errors import ColumnError, CrsError, DataError
from lomsong.geo import WGS84, fold_text
from lomsong.ingest.bands import technology_of
from lomsong.ingest.files.opening import split_layer
from lomsong.ingest.maps.layers import Bounds, all_layers
from lomsong.ingest.maps.tiles import RASTER_SUFFIXES, opened
from lomsong.ingest.operators import operator_slug
from lomsong.ingest.positions import fits
from lomsong.ingest.quality import Sieve, flag
from lomsong.ingest.reading import Reading
from lomsong.lattice import Lattice, lattices, placed
from lomsong.tables import FLAGS, REJECTS, operator_within
from lomsong.tables.words import LEVEL_LIMITS_DBM
from lomsong.texts import fault

HEADINGS = {
    "operator": ("operator", "nha mang", "nhamang", "doanh nghiep", "carrier", "provider", "mno", "network", "company"),
    "technology": ("technology", "cong nghe", "congnghe", "tech", "rat", "the he", "generation"),
    "covered": ("covered", "phu song", "co song", "phusong", "coverage"),
    "level_dbm": ("level dbm", "rsrp dbm", "rsrp", "muc thu", "muc thu dbm", "level", "signal", "minsignal"),
}  # fmt: skip
"""Column to the headings that name it, folded."""

BREAKS_DBM = tuple(range(-125, -70, 5))
"""A cell of a raster of levels is declared from the highest of these that it reaches; below all, it is not declared."""

MOST_CELLS = 100_000_000
"""Largest raster of claims that is outlined, cells."""

_NOT = frozenset({"no", "khong", "khong phu", "chua", "chua phu", "false", "f", "0", "n", "none", "not covered"})
_LEVEL = re.compile(r"[-\u2212]\s?\d+(?:[.,]\d+)?")


def read_claims(name: str | Path, bounds: Bounds | None = None, language: str = "en") -> Reading:
    """Read declared coverage, with an account of every area.

    A shape that is no polygon, an unknown operator and an area said not to be covered are rejected; so is a level
    outside its limits. Broken polygons are repaired and flagged; a technology that cannot be told is left open, as
    is that of an area declared for several, such as 2G/3G/4G.

    Parameters
    ----------
    name
        ``file`` or ``file#layer``, of any kind that :func:`~lomsong.ingest.maps.layers.read_features` reads; or a
        raster, or a folder of them, see :func:`read_claim_rasters`.
    bounds
        West, south, east, north of the territory in degrees, or None. A layer of which nothing lies there is refused.
    language
        Language of the remedies.

    Returns
    -------
    Reading of polygons in EPSG:4326 with the columns operator, technology (None: any) and level_dbm, the level from
    which the area is declared (NaN: not told; of a class such as -105…-95 its lower end).

    Raises
    ------
    MissingFileError, FormatError, ColumnError, CrsError, DataError
        When the layer as a whole cannot be used.
    """
    path = Path(split_layer(str(name))[0])
    if path.suffix.lower() in RASTER_SUFFIXES or path.is_dir():
        return read_claim_rasters(path, bounds, language)
    layer = all_layers(name).reset_index(drop=True)
    if layer.empty:
        raise fault(DataError, "features_none", file=name)
    texts = _texts(layer)
    if "operator" not in texts:
        found = ", ".join(str(heading) for heading in layer.columns.drop(layer.geometry.name)) or "-"
        raise fault(ColumnError, "claims_operator", file=name, found=found)
    sieve = Sieve(path.name, np.arange(1, len(layer) + 1), language)
    shapes = _shapes(layer, sieve, str(name))
    if bounds is not None:
        _require_near(shapes, layer, bounds, str(name))
    table = _table(texts, sieve)
    kept = sieve.open
    frame = gpd.GeoDataFrame(table[kept], geometry=shapes[kept], crs=WGS84).reset_index(drop=True)
    return Reading.of(path, "declared_coverage", frame, sieve.rejects(), len(layer), sieve.flags())


def read_claim_rasters(
    path: str | Path,
    bounds: Bounds | None = None,
    language: str = "en",
    operator: str = "",
    technology: str = "",
    breaks_dbm: ArrayLike = BREAKS_DBM,
) -> Reading:
    """Read declared coverage from a raster, or from a folder or an archive of them.

    Parameters
    ----------
    path
        GeoTIFF or another raster of one band: 1 where covered and 0 where not, or levels in dBm.
    bounds
        West, south, east, north of the territory in degrees: nothing beyond is read. None: all of it.
    language
        Language of the remedies.
    operator, technology
        Whose; empty: as the name of each raster says, such as ``viettel_4G.tif``. Tiles of one claim go together.
    breaks_dbm
        Levels from which areas are declared, see :func:`areas_of_raster`.

    Returns
    -------
    Reading as of :func:`read_claims`, one row a connected area. Cells outside the limits of a level are not declared,
    and flagged.

    Raises
    ------
    MissingFileError, FormatError, CrsError
        When a raster is not there, cannot be read, or does not say where it lies.
    ColumnError
        When neither ``operator`` nor a name tells whose coverage it is.
    DataError
        When no raster lies in the territory, one is too large, or its values are neither 0 and 1 nor levels.
    """
    path = Path(path)
    parts, flags = [], []
    with opened(path, bounds or (-180.0, -90.0, 180.0, 90.0), heights=False) as tiles:
        if not tiles:
            where = "" if bounds is None else "{:.2f}…{:.2f} E, {:.2f}…{:.2f} N".format(*np.take(bounds, (0, 2, 1, 3)))
            raise fault(CrsError, "claims_raster_outside", file=path.name, bounds=where or "?")
        whose = [(operator or _operator_named(tile.name), technology or _technology_named(tile.name)) for tile in tiles]
        nameless = [tile.name for tile, (slug, _) in zip(tiles, whose, strict=True) if not slug]
        if nameless:
            raise fault(ColumnError, "claims_raster_operator", file=", ".join(nameless))
        for claim in sorted(set(whose)):
            own = [tile for tile, one in zip(tiles, whose, strict=True) if one == claim]
            for lattice in lattices(own):
                values, transform = _window(lattice, bounds, own[0].name)
                wrong = _require_values(values, own[0].name)
                if wrong:
                    limit = "{:g}…{:g}".format(*LEVEL_LIMITS_DBM)
                    flags.append(flag(own[0].name, "value_left_out", language, wrong, limit=limit, column="level_dbm"))
                areas = areas_of_raster(values, transform, lattice.crs, claim[0], claim[1] or None, breaks_dbm)
                parts.append(areas)
    frame = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=WGS84)
    told = pd.DataFrame(flags, columns=FLAGS.names)
    return Reading.of(path, "declared_coverage", frame, pd.DataFrame(columns=REJECTS.names), len(frame), told)


def areas_of_raster(
    values: ArrayLike,
    transform: Affine,
    crs: CRS | str,
    operator: str,
    technology: str | None = None,
    breaks_dbm: ArrayLike = BREAKS_DBM,
) -> gpd.GeoDataFrame:
    """Outline what a raster declares.

    Parameters
    ----------
    values
        Only 0 and 1 (covered), or levels in dBm; shape (rows, columns). NaN, 0 and what lies outside the limits of a
        level are not declared.
    transform, crs
        Where the cells lie.
    operator, technology
        Whose; None: any technology.
    breaks_dbm
        Levels from which areas are declared, ascending: a cell belongs to the highest that it reaches.

    Returns
    -------
    Frame operator, technology, level_dbm (the break; NaN for a raster of 0 and 1) and polygons in EPSG:4326, one a
    connected area of one level.
    """
    cells = np.asarray(values, dtype=np.float32)
    breaks = np.asarray(breaks_dbm, float)
    if _is_mask(cells):
        number = (cells == 1).astype(np.int16)
        level = np.array([np.nan])
    else:
        low, high = LEVEL_LIMITS_DBM
        sound = (cells >= low) & (cells <= high)
        number = np.where(sound, np.searchsorted(breaks, np.where(sound, cells, low), side="right"), 0).astype(np.int16)
        level = breaks
    found = list(outlines(number, mask=number > 0, transform=transform))
    frame = pd.DataFrame({"operator": operator, "technology": technology}, index=range(len(found)), dtype=object)
    frame["level_dbm"] = [float(level[int(value) - 1]) for _, value in found]
    frame["level_dbm"] = frame["level_dbm"].astype(float)
    areas = gpd.GeoSeries([shapely.geometry.shape(shape) for shape, _ in found], index=frame.index, crs=crs)
    return gpd.GeoDataFrame(frame, geometry=areas.to_crs(WGS84), crs=WGS84)


def _is_mask(cells: NDArray[np.float32]) -> bool:
    told = cells[np.isfinite(cells)]
    return bool(np.isin(told, (0.0, 1.0)).all())


def _window(lattice: Lattice, bounds: Bounds | None, name: str) -> tuple[NDArray[np.float32], Affine]:
    top, bottom, left, right = lattice.extent
    if bounds is not None:
        there = placed(name, lambda: transform_bounds(WGS84.to_wkt(), lattice.crs, *bounds))
        top, bottom, left, right = lattice.window(there, 1)
    if (bottom - top) * (right - left) > MOST_CELLS:
        count, most = f"{(bottom - top) * (right - left):,}", f"{MOST_CELLS:,}"
        raise fault(DataError, "claims_raster_large", file=name, count=count, limit=most)
    return lattice.read(top, bottom, left, right), lattice.part(top, left)


def _require_values(values: NDArray[np.float32], name: str) -> int:
    """Return how many cells are no level; refuse a raster of which most are none."""
    told = values[np.isfinite(values) & (values != 0)]
    if _is_mask(values):
        return 0
    low, high = LEVEL_LIMITS_DBM
    wrong = int(((told < low) | (told > high)).sum())
    if 2 * wrong > len(told):
        raise fault(DataError, "claims_raster_values", file=name, low=f"{told.min():g}", high=f"{told.max():g}")
    return wrong


def _operator_named(name: str) -> str:
    """Return the operator that the name of a file holds, or an empty text."""
    return operator_within(fold_text(Path(name).stem))


def _technology_named(name: str) -> str:
    words = re.split(r"[^A-Za-z0-9]+", Path(name).stem)
    return next((found for found in map(technology_of, words) if found), "")


def _texts(layer: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the columns that are known, as texts."""
    raw = pd.DataFrame(layer.drop(columns=layer.geometry.name))
    folded = {fold_text(str(heading)): heading for heading in reversed(raw.columns)}
    texts = {}
    for column, headings in HEADINGS.items():
        heading = next((folded[one] for one in headings if one in folded), None)
        if heading is not None:
            texts[column] = raw[heading].map(lambda value: "" if pd.isna(value) else " ".join(str(value).split()))
    return pd.DataFrame(texts, index=raw.index, dtype=object)


def _table(texts: pd.DataFrame, sieve: Sieve) -> pd.DataFrame:
    names = texts["operator"]
    operator = operator_slug(names, names.where(names.str.replace("-", "").str.isdigit(), ""))
    sieve.reject("operator_unknown", operator == "", names, "", "operator")
    nothing = pd.Series("", index=texts.index, dtype=object)
    covered = texts.get("covered", nothing)
    sieve.reject("value_unknown", covered.map(fold_text).isin(_NOT), covered, "yes", "covered")
    word = texts.get("technology", nothing)
    technologies = word.map(_technologies)
    sieve.flag("kind_unknown", ((technologies.map(len) == 0) & (word != "")).to_numpy(), word, "2G…5G", "technology")
    only = [next(iter(found)) if len(found) == 1 else None for found in technologies]
    known = pd.Series(only, index=texts.index, dtype=object)
    told = texts.get("level_dbm", nothing)
    level = told.map(_lowest).astype(float)
    low, high = LEVEL_LIMITS_DBM
    sieve.reject("value_range", (level < low) | (level > high), told, f"{low:g}…{high:g}", "level_dbm")
    return pd.DataFrame({"operator": operator, "technology": known, "level_dbm": level})


def _technologies(told: str) -> set[str]:
    """Return what a text such as ``2G/3G/4G`` names; a phone on LTE and NR would count as 5G, an area as both."""
    return {technology_of(part) for part in re.split(r"[\s/,;+&|]+", told)} - {""}


def _lowest(told: str) -> float:
    """Return the lowest level of a text such as ``-105…-95 dBm``, NaN where it holds none."""
    found = [float(re.sub(r"[\u2212\s]", lambda sign: "-" if sign[0] == "\u2212" else "", one).replace(",", "."))
             for one in _LEVEL.findall(told)]  # fmt: skip
    return min(found, default=float("nan"))


def _shapes(layer: gpd.GeoDataFrame, sieve: Sieve, name: str) -> gpd.GeoSeries:
    """Return polygons in degrees, broken ones repaired; other shapes are rejected."""
    try:
        shapes = np.asarray(layer.geometry.to_crs(WGS84).array, dtype=object)
    except (RuntimeError, ValueError) as error:  # the file states a system that leads nowhere
        raise fault(CrsError, "features_crs", file=name, reason=str(error).splitlines()[0]) from None
    types = layer.geometry.geom_type.fillna("None").to_numpy()
    area = np.isin(types, ("Polygon", "MultiPolygon")) & ~shapely.is_empty(shapes)
    area[area] = np.isfinite(shapely.bounds(shapes[area])).all(axis=1)
    broken = area & ~shapely.is_valid(shapes)
    shapes[broken] = [_areas_of(shape) for shape in shapely.make_valid(shapes[broken])]
    area &= ~shapely.is_empty(shapes)
    sieve.reject("geometry_unusable", ~area, types, "Polygon, MultiPolygon", "geometry")
    sieve.flag("geometry_repaired", broken & area, types, "", "geometry")
    return gpd.GeoSeries(shapes, index=layer.index, crs=WGS84)


def _areas_of(shape: shapely.Geometry) -> shapely.Geometry:
    parts: NDArray[np.object_] = shapely.get_parts(shapely.get_parts([shape]))
    areas = [part for part in parts if isinstance(part, shapely.Polygon)]
    return shapely.MultiPolygon(areas)


def _require_near(shapes: gpd.GeoSeries, layer: gpd.GeoDataFrame, bounds: Bounds, name: str) -> None:
    """Refuse a layer of which nothing meets the territory, and name the CRS in which it would."""
    west, south, east, north = bounds
    extent = shapes.bounds.to_numpy(dtype=float)
    known = np.isfinite(extent).all(axis=1)
    meets = (extent[:, 0] <= east) & (extent[:, 2] >= west) & (extent[:, 1] <= north) & (extent[:, 3] >= south)
    if not known.any() or (known & meets).any():
        return
    middle = layer.geometry[known].representative_point()
    place = shapes[known].iloc[0].representative_point()
    raise fault(
        CrsError, "features_outside", file=name, place=f"{place.x:.4f} {place.y:.4f}",
        bounds=f"{west:.2f}…{east:.2f} E, {south:.2f}…{north:.2f} N", crs=layer.crs.name,
        fits=", ".join(str(fit) for fit in fits(middle.x.to_numpy(), middle.y.to_numpy(), bounds)[:3]) or "?",
    )  # fmt: skip
