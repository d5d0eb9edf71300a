"""Opening files: gzip and encoding found by content, absence and emptiness said plainly."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio

from lomsong.errors import ColumnError, CrsError, DataError, FormatError, MissingFileError
from lomsong.geo import WGS84, fold_text, require_crs
from lomsong.tables import TableSpec

GZIP_MAGIC = b"\x1f\x8b"
MAX_BYTES = 4 << 30
"""Limit of a decompressed file: 4 GiB."""

LONGITUDE_NAMES = ("longitude", "lon", "lng", "long", "kinh do", "x")
LATITUDE_NAMES = ("latitude", "lat", "vi do", "y")

VECTOR_SUFFIXES = (".gpkg", ".geojson", ".json", ".shp", ".fgb", ".kml", ".tab")


def require_file(path: Path, key: str = "") -> None:
    """Raise when ``path`` is no file or is empty; ``key`` names the setting that asked for it."""
    asked = f" ({key})" if key else ""
    if not path.is_file():
        raise MissingFileError(f"{path}{asked}: no such file; check the path, or leave the key out")
    if path.stat().st_size == 0:
        raise DataError(f"{path}{asked}: the file is empty; export it again")


def read_text(path: Path) -> str:
    """Return the text of a file, unpacked when it is gzip, decoded as UTF-8, UTF-16 (by its mark) or Windows-1258."""
    require_file(path)
    data = path.read_bytes()
    if data.startswith(GZIP_MAGIC):
        try:
            with gzip.open(io.BytesIO(data)) as packed:
                data = packed.read(MAX_BYTES + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise FormatError(f"{path}: the gzip archive is damaged ({error}); copy it again") from None
        if len(data) > MAX_BYTES:
            raise DataError(f"{path}: unpacks to more than {MAX_BYTES >> 30} GiB; split it into smaller files")
    if not data.strip():
        raise DataError(f"{path}: the file is empty; export it again")
    for encoding in ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1258"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise FormatError(f"{path}: neither UTF-8, UTF-16 nor Windows-1258 text; save it as UTF-8")


def split_layer(name: str) -> tuple[str, str | None]:
    """Split ``file.gpkg#layer`` into file and layer."""
    path, _, layer = name.partition("#")
    return path, layer or None


def read_layer(name: str | Path) -> gpd.GeoDataFrame:
    """Read a vector layer, ``file#layer`` or ``file``, with any CRS that the file states.

    Raises
    ------
    MissingFileError, FormatError, CrsError
        Each naming the file and the remedy.
    """
    file, layer = split_layer(str(name))
    path = Path(file)
    require_file(path)
    try:
        if path.suffix == ".parquet":
            frame = gpd.read_parquet(path)
        else:
            frame = gpd.read_file(path, layer=layer, engine="pyogrio")
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise FormatError(f"{name}: cannot be read as a map layer ({reason}); save it as GeoPackage") from None
    if not isinstance(frame, gpd.GeoDataFrame):
        raise FormatError(f"{name}: the layer holds no geometry; save it as a GeoPackage with geometry")
    require_crs(frame, str(name))
    return frame


def read_table(path: Path, spec: TableSpec) -> pd.DataFrame:
    """Read rows of ``spec`` from CSV (also gzipped), XLSX or a point layer, headings in either language.

    Returns
    -------
    Frame of texts with the columns of ``spec`` that were found, ``longitude``, ``latitude`` and ``source_row``
    (the row as a person counts it in the file, headings included).

    Raises
    ------
    ColumnError
        When a required column, or the position, is not there.
    """
    require_file(path)
    suffix = path.suffix.lower()
    if suffix in VECTOR_SUFFIXES or suffix == ".parquet":
        raw = _points_as_text(path)
    elif suffix in (".xlsx", ".xlsm"):
        raw = _sheet(path)
    else:
        raw = _delimited(path)
    if raw.empty:
        raise DataError(f"{path}: headings without a single row; export it again")
    return _rename(raw, spec, path)


def _points_as_text(path: Path) -> pd.DataFrame:
    frame = read_layer(path)
    points = frame.geometry.to_crs(WGS84).representative_point()
    raw = pd.DataFrame(frame.drop(columns=frame.geometry.name)).astype("string")
    raw["longitude"], raw["latitude"] = points.x.astype("string"), points.y.astype("string")
    raw["source_row"] = np.arange(1, len(raw) + 1)
    return raw


def _sheet(path: Path) -> pd.DataFrame:
    try:
        raw = pd.read_excel(path, dtype="string", engine="openpyxl", keep_default_na=False, na_values=[""])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise FormatError(f"{path}: cannot be read as a workbook ({error}); save it as .xlsx") from None
    raw["source_row"] = np.arange(2, len(raw) + 2)
    return raw.dropna(how="all", subset=[name for name in raw.columns if name != "source_row"])


def _delimited(path: Path) -> pd.DataFrame:
    text = read_text(path)
    head = text[: text.find("\n")] if "\n" in text else text
    separator = max("\t;,|", key=head.count)
    try:
        raw = pd.read_csv(
            io.StringIO(text), sep=separator, dtype="string", keep_default_na=False, na_values=[""],
            skip_blank_lines=False, index_col=False, encoding_errors="replace",
        )  # fmt: skip
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        raise FormatError(f"{path}: cannot be read as a table ({str(error).strip()}); save it as CSV UTF-8") from None
    raw["source_row"] = np.arange(2, len(raw) + 2)
    return raw.dropna(how="all", subset=[name for name in raw.columns if name != "source_row"])


def match_columns(found: list[str], spec: TableSpec) -> dict[str, str]:
    """Map headings as found to column names of ``spec``, by name, heading in either language, or alias."""
    folded = {fold_text(str(heading)): heading for heading in reversed(found)}
    mapping: dict[str, str] = {}
    for column in spec.columns:
        names = (column.name, column.vi, column.en, *column.aliases)
        heading = next((folded[fold_text(name)] for name in names if fold_text(name) in folded), None)
        if heading is not None and heading not in mapping:
            mapping[heading] = column.name
    for target, names in (("longitude", LONGITUDE_NAMES), ("latitude", LATITUDE_NAMES)):
        heading = next((folded[name] for name in names if name in folded), None)
        if heading is not None:
            mapping[heading] = target
    return mapping


def _rename(raw: pd.DataFrame, spec: TableSpec, path: Path) -> pd.DataFrame:
    mapping = match_columns([str(name) for name in raw.columns], spec)
    missing = [name for name in (*spec.required, "longitude", "latitude") if name not in mapping.values()]
    if missing:
        wanted = ", ".join(f"{name} ({spec[name].vi})" if name in spec.names else name for name in missing)
        raise ColumnError(f"{path}: column {wanted} missing; found: {', '.join(map(str, raw.columns[:-1]))}")
    return raw.rename(columns=mapping)[[*mapping.values(), "source_row"]]


def number(values: pd.Series) -> pd.Series:
    """Return texts as floats, decimal comma or point; NaN where a text is no number."""
    text = values.astype("string").str.strip().str.replace(",", ".", regex=False)
    return pd.to_numeric(text, errors="coerce").astype(float)


def crs_that_fits(easting: float, northing: float, bounds: tuple[float, float, float, float]) -> str:
    """Name the CRS in which a position lies in ``bounds`` (degrees), or an empty text.

    Tried are VN-2000 TM-3 of Đồng Nai and old Bình Phước, VN-2000 and WGS84 UTM 48N and 49N.
    """
    point = gpd.GeoSeries.from_xy([easting], [northing])
    west, south, east, north = bounds
    for epsg in (5899, 9212, 3405, 3406, 32648, 32649):
        place = point.set_crs(epsg).to_crs(WGS84).iloc[0]
        if west <= place.x <= east and south <= place.y <= north:
            return f"EPSG:{epsg}"
    return ""


def require_inside(
    longitude: pd.Series, latitude: pd.Series, rows: pd.Series, bounds: tuple[float, float, float, float], path: Path
) -> None:
    """Refuse a file of which more than half the positions lie outside the territory, and name the CRS that would fit.

    ``bounds`` is west, south, east, north in degrees.
    """
    west, south, east, north = bounds
    known = (longitude.notna() & latitude.notna()).to_numpy()
    inside = longitude.between(west, east) & latitude.between(south, north)
    swapped = latitude.between(west, east) & longitude.between(south, north)
    if not known.any() or (inside | swapped)[known].mean() > 0.5:
        return
    at = int(np.flatnonzero(known & ~(inside | swapped).to_numpy())[0])
    fits = crs_that_fits(float(longitude.iloc[at]), float(latitude.iloc[at]), bounds)
    remedy = f"the values fit {fits}: convert the file to WGS84" if fits else "check that it is the right file"
    raise CrsError(
        f"{path}: {int((~(inside | swapped))[known].sum())} of {int(known.sum())} rows lie outside the territory "
        f"{west:.2f}…{east:.2f} E, {south:.2f}…{north:.2f} N (first: row {rows.iloc[at]}, "
        f"{longitude.iloc[at]:g} {latitude.iloc[at]:g}); {remedy}"
    )
