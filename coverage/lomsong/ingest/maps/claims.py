"""Areas that operators declare as covered: polygons of an operator, a technology and, where told, a level."""

from __future__ import annotations

import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from lomsong.errors import ColumnError, CrsError, DataError
from lomsong.geo import WGS84, fold_text
from lomsong.ingest.bands import technology_of
from lomsong.ingest.files.opening import split_layer
from lomsong.ingest.maps.layers import Bounds, all_layers
from lomsong.ingest.operators import operator_slug
from lomsong.ingest.positions import fits
from lomsong.ingest.quality import Sieve
from lomsong.ingest.reading import Reading
from lomsong.tables.words import LEVEL_LIMITS_DBM
from lomsong.texts import fault

HEADINGS = {
    "operator": ("operator", "nha mang", "nhamang", "doanh nghiep", "carrier", "provider", "mno", "network", "company"),
    "technology": ("technology", "cong nghe", "congnghe", "tech", "rat", "the he", "generation"),
    "covered": ("covered", "phu song", "co song", "phusong", "coverage"),
    "level_dbm": ("level dbm", "rsrp dbm", "rsrp", "muc thu", "muc thu dbm", "level", "signal", "minsignal"),
}  # fmt: skip
"""Column to the headings that name it, folded."""

_NOT = frozenset({"no", "khong", "khong phu", "chua", "chua phu", "false", "f", "0", "n", "none", "not covered"})
_LEVEL = re.compile(r"[-\u2212]\s?\d+(?:[.,]\d+)?")


def read_claims(name: str | Path, bounds: Bounds | None = None, language: str = "en") -> Reading:
    """Read declared coverage, with an account of every area.

    A shape that is no polygon, an unknown operator and an area said not to be covered are rejected; so is a level
    outside its limits. Broken polygons are repaired and flagged; a technology that cannot be told is left open.

    Parameters
    ----------
    name
        ``file`` or ``file#layer``, of any kind that :func:`~lomsong.ingest.maps.layers.read_features` reads.
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
    technology = word.map(technology_of)
    sieve.flag("kind_unknown", ((technology == "") & (word != "")).to_numpy(), word, "2G…5G", "technology")
    known = technology.astype(object).where(technology != "", None)
    told = texts.get("level_dbm", nothing)
    level = told.map(_lowest).astype(float)
    low, high = LEVEL_LIMITS_DBM
    sieve.reject("value_range", (level < low) | (level > high), told, f"{low:g}…{high:g}", "level_dbm")
    return pd.DataFrame({"operator": operator, "technology": known, "level_dbm": level})


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
