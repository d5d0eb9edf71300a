"""GeoPackage: frames as layers, with their styles and headings inside where they have any."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import geopandas as gpd
import pyogrio

from lomsong.publish.atomic import replacing
from lomsong.publish.layers.look import Layer
from lomsong.publish.layers.qml import vector_style

FIXED_DATE = "2000-01-01T00:00:00.000Z"
"""Written where a format insists on a date, so that the same content gives the same bytes."""

_VERSION = "1.2"
"""Of the standard: what programs of 2018 read without a warning."""

_STYLES = """CREATE TABLE layer_styles (
id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), f_table_schema TEXT(256),
f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30), update_time DATETIME)"""
"""Where QGIS looks for the styles of a GeoPackage."""

_HEADINGS = """CREATE TABLE gpkg_data_columns (
table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT, mime_type TEXT,
constraint_name TEXT, CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name),
CONSTRAINT gdc_tn UNIQUE (table_name, name))"""
"""Of the extension ``gpkg_schema``: names of columns for people, known to GDAL, ArcGIS and QGIS."""

_CONSTRAINTS = """CREATE TABLE gpkg_data_column_constraints (
constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL, value TEXT, min NUMERIC, min_is_inclusive BOOLEAN,
max NUMERIC, max_is_inclusive BOOLEAN, description TEXT,
CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value))"""


def write_geopackage(path: Path, layers: Mapping[str, gpd.GeoDataFrame | Layer]) -> None:
    """Write each frame as a layer of one GeoPackage; frames without rows are left out.

    A :class:`Layer` brings its title and description, the headings of its columns and its style, which QGIS applies
    when the layer is opened.
    """
    with replacing(path) as draft, _fixed_date():
        told: dict[str, Layer] = {}
        for name, layer in layers.items():
            frame = layer.frame if isinstance(layer, Layer) else layer
            options: dict[str, str] = {} if draft.exists() else {"VERSION": _VERSION}
            if not len(frame):
                continue
            if isinstance(layer, Layer):
                told[name] = layer
                options |= {"IDENTIFIER": layer.title, "DESCRIPTION": layer.about}
            pyogrio.write_dataframe(frame, draft, layer=name, driver="GPKG", append=draft.exists(), **options)
        if told:
            _tell(draft, told)


def _tell(path: Path, layers: Mapping[str, Layer]) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        for statement in (_STYLES, _HEADINGS, _CONSTRAINTS):
            database.execute(statement)
        database.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change) "
            "VALUES ('layer_styles', 'attributes', 'layer_styles', '', ?)", (FIXED_DATE,),
        )  # fmt: skip
        _announce_schema(database)
        for name, layer in layers.items():
            where = "SELECT column_name FROM gpkg_geometry_columns WHERE table_name = ?"
            (geometry,) = database.execute(where, (name,)).fetchone()
            style = vector_style(layer) if layer.rules else None
            if style is not None:
                database.execute(
                    "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, "
                    "styleName, styleQML, styleSLD, useAsDefault, description, owner, ui, update_time) "
                    "VALUES ('', '', ?, ?, ?, ?, '', 1, ?, '', NULL, ?)",
                    (name, geometry, layer.title[:30], style, layer.title, FIXED_DATE),
                )
            columns = [column for column in layer.frame if column in layer.headings]
            # The standard wants names of columns to differ within a layer.
            seen: set[str] = set()
            for column in columns:
                heading = layer.headings[column]
                heading = heading if heading not in seen else f"{heading} ({column})"
                seen.add(heading)
                database.execute(
                    "INSERT INTO gpkg_data_columns (table_name, column_name, name, title) VALUES (?, ?, ?, ?)",
                    (name, str(column), heading, heading),
                )


def _announce_schema(database: sqlite3.Connection) -> None:
    database.execute(
        "CREATE TABLE IF NOT EXISTS gpkg_extensions (table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, "
        "definition TEXT NOT NULL, scope TEXT NOT NULL, "
        "CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name))"
    )
    database.executemany(
        "INSERT INTO gpkg_extensions VALUES (?, NULL, 'gpkg_schema', "
        "'http://www.geopackage.org/spec/#extension_schema', 'read-write')",
        [("gpkg_data_columns",), ("gpkg_data_column_constraints",)],
    )


@contextmanager
def _fixed_date() -> Iterator[None]:
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": FIXED_DATE})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})
