"""Rosters and site lists: schools, households, hamlets and sites from CSV, XLSX or point layers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lomsong.errors import ColumnError
from lomsong.geo import WGS84, fold_text
from lomsong.ingest.bands import technology_of
from lomsong.ingest.files.opening import numbers, read_table
from lomsong.ingest.operators import operator_slug
from lomsong.ingest.positions import recognise
from lomsong.ingest.quality import Sieve, flag_file
from lomsong.ingest.reading import Reading
from lomsong.ingest.rosters.categories import household_classes
from lomsong.ingest.rosters.settlements import Settlements
from lomsong.tables import HAMLETS, HOUSEHOLDS, LEARNERS, OPERATORS, SCHOOLS, SITES, ColumnSpec, TableSpec
from lomsong.texts import fault, text

Bounds = tuple[float, float, float, float]
Mask = NDArray[np.bool_]

YES_NO = {
    **dict.fromkeys(
        ("co", "co dien", "da co", "da co dien", "x", "v", "1", "yes", "y", "true", "dien luoi", "luoi quoc gia",
         "dien luoi quoc gia", "dien quoc gia", "co dien luoi"), "yes"
    ),
    **dict.fromkeys(
        ("khong", "khong co", "khong co dien", "khong dien", "chua", "chua co", "chua co dien", "0", "no", "n", "false",
         "dien mat troi", "pin mat troi", "may phat", "may phat dien", "thuy dien nho", "binh ac quy", "ac quy",
         "chua co dien luoi", "khong co dien luoi"), "no"
    ),
    **dict.fromkeys(("chua ro", "khong ro", "chua biet", "unknown", ""), "unknown"),
}  # fmt: skip
"""Grid power as rosters write it, folded; a lamp from the sun or a generator is not the grid."""

NO_OPERATOR = frozenset({"khong", "khong co", "chua", "chua co", "khong dung", "khong ro"})
"""What rosters write of a household without a SIM, folded."""

MOST = 1e9
"""No count is greater: a telephone number in the wrong column is."""

LOUDEST_DBM = 45.0
"""No reference signal has a greater EIRP per resource element: 80 W over 10 MHz and 18 dBi come to 39 dBm."""

PERSONAL: tuple[ColumnSpec, ...] = (
    ColumnSpec(
        "person_name", "text", "Họ và tên", "Full name", False, True,
        aliases=("ho ten", "ho ten hoc sinh", "ho va ten hoc sinh", "hieu truong", "nguoi lien he", "truong ap",
                 "truong thon", "contact", "contact name"),
    ),
    LEARNERS["head_name"],
    LEARNERS["phone"],
)  # fmt: skip
"""Columns of people that rosters of places carry: their presence is told, their content is dropped unseen."""


@dataclass(frozen=True)
class RosterLimits:
    """Counts above these are flagged as implausible, and kept."""

    max_household_learners: int = 12
    max_school_pupils: int = 6_000


def read_schools(
    path: str | Path,
    bounds: Bounds | None = None,
    language: str = "en",
    *,
    limits: RosterLimits | None = None,
    crs: str = "",
) -> Reading:
    """Read the table ``schools``; one without pupils, or with very many, is flagged.

    Parameters, what is returned and errors are those of :func:`read_households`.
    """
    most = (limits or RosterLimits()).max_school_pupils
    return read_roster(path, SCHOOLS, "school_id", bounds, language, most={"pupils": most}, crs=crs)


def read_households(
    path: str | Path,
    bounds: Bounds | None = None,
    language: str = "en",
    *,
    limits: RosterLimits | None = None,
    crs: str = "",
    settlements: Settlements | None = None,
) -> Reading:
    """Read the table ``households``; any further column, a name or a number, is not read.

    Parameters
    ----------
    path
        CSV (also gzipped), XLSX, or a layer of points; headings in either language, as docs/data.md lists them.
    bounds
        West, south, east, north of the territory in degrees: a file that lies elsewhere as a whole is refused, and a
        row whose axes are exchanged rejected; single rows beyond the border are kept. None: not asked.
    language
        Language of the remedies, ``vi`` or ``en``.
    limits
        Counts above which a row is flagged; None: those of :class:`RosterLimits`.
    crs
        CRS of coordinates in metres, such as ``EPSG:5899``; empty: degrees of WGS84.
    settlements
        Where people live: a household without a position stands there in its hamlet, else in its commune, and
        ``placed_by`` tells which (position, hamlet or commune), ``placed_in`` the commune. None: it is rejected.

    Returns
    -------
    Reading; its ``table`` is a GeoDataFrame of points in EPSG:4326, learners as whole numbers.

    Raises
    ------
    MissingFileError, FormatError, ColumnError, CrsError, DataError
        When the file as a whole cannot be used; single rows that cannot are in ``rejects``.
    """
    most = (limits or RosterLimits()).max_household_learners
    reading = read_roster(
        path, HOUSEHOLDS, "household_id", bounds, language, most={"learners": most}, crs=crs, settlements=settlements
    )
    table = reading.table
    if "own_operator" in table:
        table["own_operator"] = own_operators(table["own_operator"])
    return reading


def read_hamlets(path: str | Path, bounds: Bounds | None = None, language: str = "en", *, crs: str = "") -> Reading:
    """Read the table ``hamlets``; the rest is as for :func:`read_households`."""
    return read_roster(path, HAMLETS, "hamlet_id", bounds, language, crs=crs)


def read_sites(path: str | Path, bounds: Bounds | None = None, language: str = "en", *, crs: str = "") -> Reading:
    """Read the table ``sites``, one row a sector; the rest is as for :func:`read_households`."""
    reading = read_roster(path, SITES, None, bounds, language, crs=crs)
    names = reading.table["operator"]
    reading.table["operator"] = operator_slug(names, names.where(names.str.isdigit(), ""))
    return reading


def read_roster(
    path: str | Path,
    spec: TableSpec,
    key: str | None,
    bounds: Bounds | None,
    language: str,
    *,
    most: dict[str, int] | None = None,
    crs: str = "",
    settlements: Settlements | None = None,
) -> Reading:
    """Read points of one table with an account of every row.

    Parameters
    ----------
    path
        CSV (also gzipped), XLSX, or a layer of points; headings in either language.
    spec
        The table to read.
    key
        Column that must be there and occur once; None: there is none, and exact copies of a row are rejected.
    bounds
        West, south, east, north of the territory in degrees, or None. Rows outside it are kept when the file as a
        whole lies inside: a household beyond the border is reported with its commune, not dropped.
    language
        Language of the remedies.
    most
        Column to the greatest plausible count; more is flagged.
    crs
        CRS of coordinates in metres, such as ``EPSG:5899``; empty: degrees of WGS84.
    settlements
        Where rows without a position stand; None: these are rejected, and the columns of positions must be there.
    """
    path = Path(path)
    raw = read_table(path, replace(spec, columns=(*spec.columns, *PERSONAL)), position=spec is not HOUSEHOLDS)
    raw = raw.reset_index(drop=True)
    sieve = Sieve(path.name, raw["source_row"].to_numpy(), language, raw.get("sheet"))
    personal = [column for column in PERSONAL if column.name in raw]
    table = pd.DataFrame({name: raw[name] for name in spec.names if name in raw})
    charge_totals(table, raw, spec, sieve)
    for column in spec.columns:
        if column.name in table:
            table[column.name] = _checked(table[column.name], column, sieve)
    if {"learners", "learners_without_device"} <= set(table):
        lacking = table["learners_without_device"]
        shown = lacking.map("{:g}".format) + " / " + table["learners"].map("{:g}".format)
        sieve.reject("count_invalid", lacking > table["learners"], shown, "≤ learners", "learners_without_device")
    table = _classed(codes_from_names(table), sieve)
    longitude, latitude = places(raw, bounds, path, crs, sieve, optional=settlements is not None)
    if spec is HOUSEHOLDS and settlements is None and longitude.isna().all():
        raise fault(ColumnError, "households_no_position", file=path, found=", ".join(table))
    if settlements is not None:
        table, longitude, latitude = _settled(table, longitude, latitude, settlements, sieve)
    if key is not None:
        # Which of two rows holds the better number cannot be known: the first that is otherwise sound is kept.
        sieve.reject("code_duplicate", table[key].where(sieve.open).duplicated() & sieve.open, table[key], "", key)
    else:
        # A sector that is listed twice would be its own second server.
        told = table.assign(longitude=longitude, latitude=latitude)[sieve.open]
        sieve.reject("duplicate", told.duplicated().reindex(table.index, fill_value=False))
    for way in ("hamlet", "commune") if "placed_by" in table else ():
        sieve.flag(f"placed_in_{way}", table["placed_by"] == way, "", "", "longitude")
    _flag_counts(table, sieve, most or {})
    flag_personal(sieve, language, "roster.never_read", personal)
    flag_file(sieve, raw)
    kept = sieve.open
    points = gpd.points_from_xy(longitude[kept], latitude[kept])
    frame = gpd.GeoDataFrame(_typed(table[kept], spec), geometry=points, crs=WGS84).reset_index(drop=True)
    rows = tuple(raw.loc[kept, "source_row"].tolist())
    return Reading.of(path, spec.name, frame, sieve.rejects(), len(raw), sieve.flags(), rows)


def places(
    raw: pd.DataFrame, bounds: Bounds | None, path: Path, crs: str, sieve: Sieve, optional: bool = False
) -> tuple[pd.Series, pd.Series]:
    """Return longitude and latitude of each row in degrees, and charge rows without one or with axes exchanged.

    ``optional`` rows may lack it: there both are missing.

    Raises
    ------
    CrsError
        When the file as a whole lies elsewhere, or in metres of an unknown CRS; see
        :func:`lomsong.ingest.positions.recognise`.
    """
    none = pd.Series("", index=raw.index, dtype=object)
    first, second = (raw.get(name, none).fillna("").astype(object) for name in ("longitude", "latitude"))
    placing = recognise(first, second, bounds, crs, str(path), raw["source_row"].to_numpy(), whole=True)
    longitude, latitude = (pd.Series(values, index=raw.index) for values in placing.apply(first, second))
    shown = (first + " " + second).str.strip()
    nowhere = longitude.isna() | latitude.isna() | ((longitude.abs() < 1e-6) & (latitude.abs() < 1e-6))
    longitude, latitude = longitude.mask(nowhere), latitude.mask(nowhere)
    if not optional:
        sieve.reject("position_missing", nowhere, shown, "", "longitude")
    if bounds is not None:
        west, south, east, north = bounds
        inside = longitude.between(west, east) & latitude.between(south, north)
        exchanged = ~inside & latitude.between(west, east) & longitude.between(south, north)
        limit = f"{west:.3f}…{east:.3f} {south:.3f}…{north:.3f}"
        sieve.reject("swapped_coordinates", exchanged, shown, limit, "longitude")
    # Viet Nam lies east of 90°: exchanged axes are none on Earth either, so that this is asked after them.
    beyond = (~latitude.between(-90, 90) | ~longitude.between(-180, 180)) & ~(nowhere & optional)
    sieve.reject("position_missing", beyond, shown, "±180 ±90", "longitude")
    for check in placing.flags():
        sieve.flag(check)
    return longitude, latitude


def _settled(
    table: pd.DataFrame, longitude: pd.Series, latitude: pd.Series, settlements: Settlements, sieve: Sieve
) -> tuple[pd.DataFrame, pd.Series, pd.Series]:
    """Put rows without a position where people live, and charge those of which nothing tells where that may be."""
    table = settlements.named(table)
    at = np.full((len(table), 2), np.nan)
    by, commune = np.full(len(table), "position", dtype=object), np.full(len(table), None, dtype=object)
    at[sieve.open], by[sieve.open], commune[sieve.open] = settlements.place(
        table[sieve.open], np.column_stack([longitude, latitude])[sieve.open]
    )
    told = table[[name for name in ("hamlet_id", "hamlet_name", "commune_code", "commune_name") if name in table]]
    sieve.reject(
        "place_unknown", by == "",
        lambda rows: [" ".join(value for value in one if pd.notna(value)) for one in told.to_numpy(object)[rows]],
        "", "hamlet_id",
    )  # fmt: skip
    if (by[sieve.open] != "position").any():
        table = table.assign(placed_by=by, placed_in=commune)
    return table, pd.Series(at[:, 0], index=table.index), pd.Series(at[:, 1], index=table.index)


def charge_totals(table: pd.DataFrame, raw: pd.DataFrame, spec: TableSpec, sieve: Sieve) -> None:
    """Reject lines of totals, and flag each whose number is not the sum of rows.

    A total may stand for all rows, for those of its sheet, for those above it there, or for those since the one before.
    """
    totals = raw["is_total"].to_numpy(dtype=bool)
    if not totals.any():
        return
    for column in spec.columns:
        if column.kind == "integer" and column.name in table:
            counts = numbers(table[column.name], "integer").to_numpy()
            for sheet in dict.fromkeys(sieve.sheet):
                _compare_totals(counts, totals, np.flatnonzero(sieve.sheet == sheet), column, sieve)
    sieve.reject("total_row", totals, "", "")


def _compare_totals(
    counts: NDArray[np.float64], totals: Mask, rows: NDArray[np.intp], column: ColumnSpec, sieve: Sieve
) -> None:
    """Hold the totals among ``rows``, those of one sheet, against the counts."""
    parts = np.where(totals, 0.0, np.nan_to_num(counts))
    running = np.cumsum(parts[rows])
    before = 0.0
    lines = np.flatnonzero(totals[rows])
    for line in lines:
        row = rows[line]
        stated, sums = counts[row], (running[-1], running[line], running[line] - before, parts.sum())
        before = running[line]
        if np.isfinite(stated) and not any(abs(stated - total) < 0.5 for total in sums):
            # A subtotal is told by standing among rows; the last line is held against all of its sheet.
            total = sums[0] if line == lines[-1] else sums[2]
            shown = text("roster.total", sieve.language, stated=f"{stated:g}", sum=f"{total:.0f}")
            sieve.flag("total_mismatch", np.arange(len(counts)) == row, shown, f"{total:.0f}", column.name)


def flag_personal(sieve: Sieve, language: str, key: str, columns: list[ColumnSpec]) -> None:
    """Flag columns of people, named in the reader's language; what they hold is not told."""
    if columns:
        shown = ", ".join(column.vi if language == "vi" else column.en for column in columns)
        sieve.flag("personal_data", True, text(key, language, columns=shown))


def cells(raw: pd.DataFrame, name: str) -> pd.Series:
    """Return the texts of a column, stripped, whole numbers without a point; empty where it is not there."""
    if name not in raw:
        return pd.Series("", index=raw.index, dtype=object)
    cleaned = raw[name].astype("string").fillna("").str.replace("\u00a0", " ").str.strip()
    return cleaned.str.replace(r"^(\d+)\.0+$", r"\1", regex=True).astype(object)


def codes_from_names(table: pd.DataFrame) -> pd.DataFrame:
    """Take commune codes from a column headed as that of names, where it holds nothing but codes."""
    if "commune_name" not in table or "commune_code" in table:
        return table
    filled = table["commune_name"].dropna()
    if filled.empty or not filled.str.fullmatch(r"\d{5}").all():
        return table
    return table.rename(columns={"commune_name": "commune_code"})


def _classed(table: pd.DataFrame, sieve: Sieve) -> pd.DataFrame:
    """Bring categories and entitlements to the words of this house; what is not understood stays and is flagged."""
    if not {"category", "entitlement"} & set(table):
        return table
    none = pd.Series(None, index=table.index, dtype=object)
    told = table.get("category", none), table.get("entitlement", none)
    category, entitlement, strange = household_classes(*told)
    sieve.flag("category_unknown", strange, told[0].fillna("").where(told[0].notna(), told[1]), "", "category")
    classed = table.assign(category=category) if "category" in table or category.notna().any() else table
    return classed.assign(entitlement=entitlement) if "entitlement" in table or entitlement.notna().any() else classed


def own_operators(values: pd.Series) -> pd.Series:
    """Return the operator that a household uses; of several the first that is known; None where it uses none."""
    at, unique = pd.factorize(values.fillna("").astype(str))
    slugs = np.array([_own_operator(str(value)) for value in unique], dtype=object)
    return pd.Series(slugs[at] if len(slugs) else [], index=values.index, dtype=object)


def _own_operator(value: str) -> str | None:
    if fold_text(value) in NO_OPERATOR:
        return None
    parts = pd.Series([value, *value.replace("/", ",").replace(";", ",").replace("+", ",").split(","), *value.split()])
    slugs = operator_slug(parts, parts.where(parts.str.strip().str.isdigit(), "")).tolist()
    return next((slug for slug in slugs if slug in OPERATORS), slugs[0] or None)


def _flag_counts(table: pd.DataFrame, sieve: Sieve, most: dict[str, int]) -> None:
    for name, limit in most.items():
        sieve.flag("count_implausible", table[name] > limit, table[name].map("{:g}".format), f"{limit}", name)
    if "eirp_dbm" in table:
        sieve.flag("eirp_total", table["eirp_dbm"] > LOUDEST_DBM, table["eirp_dbm"], f"{LOUDEST_DBM:g}", "eirp_dbm")
    if "pupils" in table:
        sieve.flag("school_without_pupils", table["pupils"] == 0, "0", "", "pupils")


def _checked(values: pd.Series, column: ColumnSpec, sieve: Sieve) -> pd.Series:
    text = values.fillna("").str.strip()
    if column.kind in ("integer", "number"):
        found = numbers(text, column.kind)
        required = column.required or text.ne("")
        limit = f"{'' if column.low is None else f'{column.low:g}'}…{'' if column.high is None else f'{column.high:g}'}"
        unreadable = found.isna() & required
        if column.kind == "integer":
            if column.name == "learners_without_device":  # a cross does not make the learners vanish from the ranking
                sieve.flag("device_unknown", unreadable, text, limit, column.name)
                unreadable = pd.Series(False, index=found.index)
            wrong = unreadable | (found < 0) | (found % 1 > 0) | (found > MOST)
            sieve.reject("count_invalid", wrong, text, limit, column.name)
            return found.mask(wrong)
        low = float("-inf") if column.low is None else column.low
        high = float("inf") if column.high is None else column.high
        sieve.reject("value_range", unreadable | (found < low) | (found > high), text, limit, column.name)
        return found
    if column.name == "grid_power":
        text = text.str.lower().map(lambda value: YES_NO.get(fold_text(value), value))
    if column.name == "technology":
        text = text.map(lambda value: technology_of(value) or value)
    if column.choices:
        strange = ~text.isin(column.choices) & (text.ne("") | (not column.nullable))
        answers = ", ".join(column.answers(sieve.language))
        sieve.reject("value_unknown", strange, values.fillna(""), answers, column.name)
    elif column.required and not column.nullable:
        sieve.reject("code_missing", text.eq(""), text, "", column.name)
    return text.where(text != "", None)


def _typed(table: pd.DataFrame, spec: TableSpec) -> pd.DataFrame:
    return table.assign(
        **{
            column.name: table[column.name].astype("int64" if column.required else "Int64")
            for column in spec.columns
            if column.kind == "integer" and column.name in table
        }
    )
