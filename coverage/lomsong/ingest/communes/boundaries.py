"""Communes, or districts, from any layer of polygons."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import Geod
from shapely import MultiPolygon, make_valid
from shapely.geometry.base import BaseGeometry

from lomsong.errors import ColumnError, CrsError, DataError, FormatError
from lomsong.geo import WGS84
from lomsong.ingest.communes.placenames import COMMUNE_KINDS, clean_name, split_kind
from lomsong.ingest.files.columns import match_columns
from lomsong.ingest.files.opening import read_layer, split_layer
from lomsong.ingest.quality import Sieve
from lomsong.ingest.reading import Reading
from lomsong.tables import COMMUNES, ColumnSpec, TableSpec
from lomsong.texts import fault

CODE_DIGITS = 5
"""Digits of a commune's code; a district has 3, a province 2."""

TOLD_ROWS = 20
"""Repaired geometries that are told one by one; the others together."""

DISTRICT_CODES = ("district code", "ma huyen", "mahuyen", "ma quan huyen", "adm2 pcode", "gid 2")
DISTRICT_NAMES = ("district", "district name", "ten huyen", "tenhuyen", "huyen", "adm2 vi", "adm2 en", "name 2")
"""Headings of a layer of districts, taken for code and name where no commune's are there."""

_GEOD = Geod(ellps="WGS84")


def read_communes(name: str | Path, language: str = "en") -> Reading:
    """Read the table ``communes`` from ``file`` or ``file#layer``.

    Any vector format, GeoParquet, or one layer in a zip. Overlaps, holes and enclaves stay as they are. A layer of
    districts is read as units of that level. Repaired geometry and mended codes are flagged; a row without code, with
    a code met before or without an area is rejected.

    Parameters
    ----------
    name
        The file, or file and layer with ``#`` between them.
    language
        Language of the remedies, ``vi`` or ``en``.

    Returns
    -------
    Reading whose table is in EPSG:4326 with valid MultiPolygons.

    Raises
    ------
    MissingFileError, FormatError, ColumnError, CrsError, DataError
        When the layer as a whole cannot be used.
    """
    path = Path(split_layer(str(name))[0])
    layer = _layer(name)
    if layer.empty:
        raise fault(DataError, "communes_empty", file=name)
    mapping, of_districts = _required(layer, str(name))
    sieve = Sieve(path.name, np.arange(1, len(layer) + 1), language)
    raw = pd.DataFrame(layer.drop(columns=layer.geometry.name))
    raw.attrs = dict(layer.attrs)
    table = commune_columns(raw, mapping, sieve, of_districts)
    areas = _shapes(layer, table["commune_code"], sieve, str(name))
    sieve.reject("code_missing", table["commune_code"].isna(), "", "", mapping["commune_code"])
    sieve.reject("geometry_unusable", areas.is_empty, table["commune_code"].fillna(""), "MultiPolygon")
    copied = table["commune_code"].where(sieve.open).duplicated() & sieve.open
    sieve.reject("code_duplicate", copied, table["commune_code"].fillna(""), "", mapping["commune_code"])
    kept = sieve.open
    frame = gpd.GeoDataFrame(table[kept], geometry=areas[kept], crs=WGS84).reset_index(drop=True)
    if frame.empty:
        raise fault(DataError, "communes_unusable", file=name)
    return Reading.of(path, "communes", frame, sieve.rejects(), len(table), sieve.flags())


def match_headings(found: Iterable[str], columns: Iterable[ColumnSpec] = COMMUNES.columns) -> dict[str, str]:
    """Map columns to the headings that hold them; see :func:`lomsong.ingest.files.columns.match_columns`."""
    spec = TableSpec("headings", "", "", tuple(columns))
    mapping = match_columns([str(heading) for heading in found], spec)
    return {column: heading for heading, column in mapping.items() if column in spec.names}


def commune_columns(raw: pd.DataFrame, mapping: dict[str, str], sieve: Sieve, of_districts: bool) -> pd.DataFrame:
    """Return the columns of the table ``communes`` of rows as read: names cleaned, codes mended, kinds told.

    Parameters
    ----------
    raw
        Rows of a layer or a list; its ``attrs["legacy_encoding"]`` is flagged.
    mapping
        Column to heading, as by :func:`match_headings`.
    sieve
        Takes the flags.
    of_districts
        The rows are districts, whose codes have three digits.
    """
    table = pd.DataFrame({column: _texts(raw[heading]) for column, heading in mapping.items()}, index=raw.index)
    kind_source = _kind_source(raw, mapping)
    font = str(raw.attrs.get("legacy_encoding") or "")
    sieve.flag("legacy_encoding", bool(font), font)
    if "population" in table:
        numbers = pd.to_numeric(table["population"], errors="coerce")
        table["population"] = numbers.where((numbers >= 0) & (numbers < 1e10)).round().astype("Int64")
    if "kind" not in table:
        kinds = _texts(kind_source).map(split_kind, na_action="ignore").astype(object)
        if kinds.fillna("").ne("").any():
            table["kind"] = kinds.replace("", None)
    table["commune_code"] = _codes(table, mapping["commune_code"], sieve, of_districts)
    table["name"] = table["name"].fillna(table["commune_code"])
    return table[[column for column in COMMUNES.names if column in table]]


def _kind_source(raw: pd.DataFrame, mapping: dict[str, str]) -> pd.Series:
    full = match_headings(raw.columns, [ColumnSpec("full_name", "text", "Tên đầy đủ", "Full name")])
    return raw[full.get("full_name", mapping["name"])]


def _texts(values: pd.Series) -> pd.Series:
    """Return cleaned texts as objects: a column without a value would get a type that nothing can be put into."""
    return pd.Series([_text(value) for value in values], index=values.index, dtype=object)


def _text(value: object) -> str | None:
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return None
    return clean_name(value) or None


def _codes(table: pd.DataFrame, heading: str, sieve: Sieve, of_districts: bool) -> pd.Series:
    """Mend codes that a spreadsheet took for numbers: 1234.0 is 01234."""
    codes = table["commune_code"].astype("object")
    bare = codes.str.replace(r"\.0+$", "", regex=True)
    known = bare.dropna()
    digits = known.str.len()
    if not of_districts and len(known) and known.str.fullmatch(r"[0-9]+").all() and digits.max() <= CODE_DIGITS:
        kinds = table["kind"].dropna().str.lower() if "kind" in table else pd.Series(dtype=object)
        if kinds.isin(COMMUNE_KINDS).any() or digits.min() < digits.max():
            bare = bare.str.zfill(CODE_DIGITS)
    mended = (codes != bare) & codes.notna()
    sieve.flag("code_mended", mended, codes.fillna("") + " → " + bare.fillna(""), f"{CODE_DIGITS}", heading)
    return bare.where(bare.notna(), None)


def _required(layer: gpd.GeoDataFrame, name: str) -> tuple[dict[str, str], bool]:
    headings = [column for column in layer.columns if column != layer.geometry.name]
    mapping = match_headings(headings)
    if "commune_code" not in mapping:
        units = [
            ColumnSpec("commune_code", "text", "", "", aliases=DISTRICT_CODES),
            ColumnSpec("name", "text", "", "", aliases=DISTRICT_NAMES),
        ]
        districts = match_headings(headings, units)
        if len(districts) == len(units):
            rest = [heading for heading in headings if heading not in districts.values()]
            return districts | {k: v for k, v in match_headings(rest).items() if k not in districts}, True
    missing = [wanted for wanted in COMMUNES.required if wanted not in mapping]
    if missing:
        wanted = ", ".join(f"{column} ({COMMUNES[column].vi})" for column in missing)
        raise fault(ColumnError, "communes_column", file=name, columns=wanted, found=", ".join(map(str, headings)))
    return mapping, False


def _layer(name: str | Path) -> gpd.GeoDataFrame:
    try:
        return read_layer(name)
    except (IndexError, shapely.errors.ShapelyError) as error:  # rings that do not close, counts that do not agree
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise fault(FormatError, "layer_unreadable", file=name, reason=reason) from None


def _shapes(layer: gpd.GeoDataFrame, codes: pd.Series, sieve: Sieve, name: str) -> gpd.GeoSeries:
    """Return valid MultiPolygons in WGS84, empty where there is no area; repairs are flagged row by row."""
    try:
        raw = shapely.force_2d(layer.geometry.to_crs(WGS84).to_numpy())
    except (RuntimeError, ValueError) as error:  # a system that leads nowhere
        raise fault(CrsError, "communes_projection", file=name, reason=str(error).splitlines()[0]) from None
    raw = _on_earth(raw, layer, sieve, name)
    finite = np.isfinite(shapely.bounds(raw)).all(axis=1)
    shapes = [shape if good else None for shape, good in zip(raw, finite, strict=True)]
    areas = [_areas(shape) for shape in shapes]
    broken = finite & ~shapely.is_valid(raw)
    for position in np.flatnonzero(broken)[:TOLD_ROWS]:
        before, after = _square_km(raw[position]), _square_km(areas[position])
        reason = shapely.is_valid_reason(raw[position])
        told = f"{codes.iloc[position] or '?'}: {reason}; {before:.2f} → {after:.2f} km²"
        sieve.flag("geometry_repaired", np.arange(len(raw)) == position, told)
    rest = np.flatnonzero(broken)[TOLD_ROWS:]
    sieve.flag("geometry_repaired", np.isin(np.arange(len(raw)), rest), codes.fillna("?"))
    return gpd.GeoSeries(areas, index=codes.index, crs=WGS84)


def _on_earth(shapes: NDArray[np.object_], layer: gpd.GeoDataFrame, sieve: Sieve, name: str) -> NDArray[np.object_]:
    """Exchange the axes of a layer that has latitude first; refuse one whose numbers cannot be degrees."""
    bounds = shapely.bounds(shapes)
    west, south, east, north = bounds[np.isfinite(bounds).all(axis=1)].reshape(-1, 4).T
    if not len(west) or not np.median(np.maximum(np.abs(south), np.abs(north))) > 90:
        return shapes
    if np.median(np.maximum(np.abs(west), np.abs(east))) > 90 or np.median(north) > 180:
        at = int(np.flatnonzero(np.isfinite(bounds).all(axis=1))[0])
        value = f"{bounds[at, 0]:g} {bounds[at, 1]:g}"
        raise fault(CrsError, "communes_crs", file=name, crs=layer.crs.name, row=at + 1, value=value)
    sieve.flag("axes_swapped", value=f"{west[0]:g} {south[0]:g}")
    return np.asarray(shapely.transform(shapes, lambda points: points[:, ::-1]))


def _square_km(shape: BaseGeometry) -> float:
    return abs(float(_GEOD.geometry_area_perimeter(shape)[0])) / 1e6


def _areas(shape: BaseGeometry | None) -> MultiPolygon:
    if shape is None or shape.is_empty:
        return MultiPolygon()
    parts = make_valid(shape)
    pieces = getattr(parts, "geoms", [parts])
    polygons = [
        polygon
        for piece in pieces
        for polygon in getattr(piece, "geoms", [piece])
        if polygon.geom_type == "Polygon" and not polygon.is_empty
    ]
    return MultiPolygon(polygons)
