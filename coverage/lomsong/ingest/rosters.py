"""Rosters and site lists: schools, households, hamlets and sites from CSV, XLSX or point layers."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd

from lomsong.geo import WGS84
from lomsong.ingest.files import number, read_table, require_inside
from lomsong.ingest.operators import operator_slug
from lomsong.ingest.quality import Sieve
from lomsong.ingest.reading import Reading
from lomsong.tables import HAMLETS, HOUSEHOLDS, SCHOOLS, SITES, ColumnSpec, TableSpec

Bounds = tuple[float, float, float, float]

YES_NO = {"co": "yes", "khong": "no", "chua": "no", "chua ro": "unknown", "": "unknown"}
"""Grid power as rosters write it, folded."""


def read_schools(path: str | Path, bounds: Bounds | None = None, language: str = "en") -> Reading:
    """Read the table ``schools``; see :func:`read_roster`."""
    return read_roster(path, SCHOOLS, "school_id", bounds, language)


def read_households(path: str | Path, bounds: Bounds | None = None, language: str = "en") -> Reading:
    """Read the table ``households``; see :func:`read_roster`. Any further column, a name or a number, is not read."""
    reading = read_roster(path, HOUSEHOLDS, "household_id", bounds, language)
    table = reading.table
    if "own_operator" in table:
        names = table["own_operator"].fillna("")
        table["own_operator"] = operator_slug(names, names.where(names.str.isdigit(), "")).replace("", None)
    return reading


def read_hamlets(path: str | Path, bounds: Bounds | None = None, language: str = "en") -> Reading:
    """Read the table ``hamlets``; see :func:`read_roster`."""
    return read_roster(path, HAMLETS, "hamlet_id", bounds, language)


def read_sites(path: str | Path, bounds: Bounds | None = None, language: str = "en") -> Reading:
    """Read the table ``sites``, one row a sector; see :func:`read_roster`."""
    reading = read_roster(path, SITES, None, bounds, language)
    names = reading.table["operator"]
    reading.table["operator"] = operator_slug(names, names.where(names.str.isdigit(), ""))
    return reading


def read_roster(path: str | Path, spec: TableSpec, key: str | None, bounds: Bounds | None, language: str) -> Reading:
    """Read points of one table with an account of every row.

    Parameters
    ----------
    path
        CSV (also gzipped), XLSX, or a layer of points; headings in either language.
    spec
        The table to read.
    key
        Column that must be there and occur once, or None.
    bounds
        West, south, east, north of the territory in degrees, or None. Rows outside it are kept when the file as a
        whole lies inside: a household beyond the border is reported with its commune, not dropped.
    language
        Language of the remedies.
    """
    path = Path(path)
    raw = read_table(path, spec).reset_index(drop=True)
    longitude, latitude = number(raw["longitude"]), number(raw["latitude"])
    if bounds is not None:
        require_inside(longitude, latitude, raw["source_row"], bounds, path)
    sieve = Sieve(path.name, raw["source_row"].to_numpy(), language)
    table = pd.DataFrame({name: raw[name] for name in spec.names if name in raw})
    for column in spec.columns:
        if column.name in table:
            table[column.name] = _checked(table[column.name], column, sieve)
    nowhere = longitude.isna() | latitude.isna() | ((longitude.abs() < 1e-6) & (latitude.abs() < 1e-6))
    nowhere |= ~latitude.between(-90, 90) | ~longitude.between(-180, 180)
    sieve.reject("position_missing", nowhere, raw["longitude"].fillna("") + " " + raw["latitude"].fillna(""), "")
    if key is not None:
        sieve.reject("code_duplicate", table[key].where(sieve.open).duplicated() & sieve.open, table[key], "")
    kept = sieve.open
    points = gpd.points_from_xy(longitude[kept], latitude[kept])
    frame = gpd.GeoDataFrame(_typed(table[kept], spec), geometry=points, crs=WGS84).reset_index(drop=True)
    return Reading.of(path, spec.name, frame, sieve.rejects(), len(raw))


def _checked(values: pd.Series, column: ColumnSpec, sieve: Sieve) -> pd.Series:
    text = values.fillna("").str.strip()
    if column.kind in ("integer", "number"):
        numbers = number(text)
        required = column.required or text.ne("")
        limit = f"{'' if column.low is None else f'{column.low:g}'}…{'' if column.high is None else f'{column.high:g}'}"
        unreadable = numbers.isna() & required
        if column.kind == "integer":
            sieve.reject("count_invalid", unreadable | (numbers < 0) | (numbers % 1 > 0), text, limit)
        else:
            low = float("-inf") if column.low is None else column.low
            high = float("inf") if column.high is None else column.high
            sieve.reject("value_range", unreadable | (numbers < low) | (numbers > high), text, limit)
        return numbers
    if column.name == "grid_power":
        text = text.str.lower().map(lambda value: YES_NO.get(_bare(value), value))
    if column.choices:
        strange = ~text.isin(column.choices) & (text.ne("") | (not column.nullable))
        sieve.reject("value_unknown", strange, text, ", ".join(column.choices))
    elif column.required and not column.nullable:
        sieve.reject("code_missing", text.eq(""), text, "")
    return text.where(text != "", None)


def _bare(value: str) -> str:
    from lomsong.geo import fold_text

    return fold_text(value)


def _typed(table: pd.DataFrame, spec: TableSpec) -> pd.DataFrame:
    return table.assign(
        **{
            column.name: table[column.name].astype("int64" if column.required else "Int64")
            for column in spec.columns
            if column.kind == "integer" and column.name in table
        }
    )
