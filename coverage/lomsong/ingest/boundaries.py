"""Communes from any layer of polygons."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import MultiPolygon, make_valid
from shapely.geometry.base import BaseGeometry

from lomsong.errors import ColumnError, DataError
from lomsong.geo import WGS84
from lomsong.ingest.files import match_columns, read_layer, split_layer
from lomsong.ingest.quality import Sieve
from lomsong.ingest.reading import Reading
from lomsong.tables import COMMUNES


def read_communes(name: str | Path, language: str = "en") -> Reading:
    """Read the table ``communes`` from ``file`` or ``file#layer``.

    Invalid polygons are repaired; a row without code, with a code met before or without an area is rejected.

    Returns
    -------
    Reading whose table is in EPSG:4326 with valid MultiPolygons.

    Raises
    ------
    MissingFileError, FormatError, ColumnError, CrsError, DataError
        When the layer as a whole cannot be used.
    """
    path = Path(split_layer(str(name))[0])
    layer = read_layer(name)
    mapping = match_columns([column for column in layer.columns if column != layer.geometry.name], COMMUNES)
    mapping = {found: wanted for found, wanted in mapping.items() if wanted in COMMUNES.names}
    missing = [wanted for wanted in COMMUNES.required if wanted not in mapping.values()]
    if missing:
        found = ", ".join(column for column in layer.columns if column != layer.geometry.name)
        wanted = ", ".join(f"{column} ({COMMUNES[column].vi})" for column in missing)
        raise ColumnError(f"{name}: column {wanted} missing; found: {found}")
    if layer.empty:
        raise DataError(f"{name}: the layer holds no commune; export it again")
    table = pd.DataFrame(layer.rename(columns=mapping)[list(mapping.values())])
    for column in table:
        table[column] = table[column].map(lambda value: None if pd.isna(value) else str(value).strip())
    areas = gpd.GeoSeries([_areas(shape) for shape in layer.geometry.to_crs(WGS84)], crs=WGS84)
    sieve = Sieve(path.name, np.arange(1, len(table) + 1), language)
    sieve.reject("code_missing", table["commune_code"].fillna("") == "", table["commune_code"], "")
    sieve.reject("geometry_unusable", areas.is_empty, table["commune_code"], "MultiPolygon")
    copied = table["commune_code"].where(sieve.open).duplicated() & sieve.open
    sieve.reject("code_duplicate", copied, table["commune_code"], "")
    kept = sieve.open
    frame = gpd.GeoDataFrame(table[kept], geometry=areas[kept], crs=WGS84).reset_index(drop=True)
    frame["name"] = frame["name"].fillna(frame["commune_code"])
    if frame.empty:
        raise DataError(f"{name}: no commune with a code and an area; see the code column and the geometry")
    return Reading.of(path, "communes", frame, sieve.rejects(), len(table))


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
