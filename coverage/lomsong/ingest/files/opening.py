"""Opening layers and tables: kind and encoding found by content, absence and emptiness said plainly."""

from __future__ import annotations

import zipfile
from pathlib import Path, PurePosixPath

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import shapely
from pyproj.exceptions import CRSError

from lomsong.errors import ColumnError, DataError, FormatError, LomsongError, MissingFileError
from lomsong.geo import WGS84, require_crs
from lomsong.ingest.files.columns import LATITUDE_NAMES, LONGITUDE_NAMES, match_columns
from lomsong.ingest.files.encodings import decode, unfont_table
from lomsong.ingest.files.foreign import offline, require_modest_parquet, require_own_layer
from lomsong.ingest.files.numerals import dates, number, numbers
from lomsong.ingest.files.sheets import read_raw
from lomsong.ingest.files.sources import ZIP_MAGIC, Source, archive, guarded, source, sources
from lomsong.ingest.files.workbooks import contents, is_workbook_file
from lomsong.tables import TableSpec
from lomsong.texts import fault

__all__ = [
    "LATITUDE_NAMES",
    "LONGITUDE_NAMES",
    "VECTOR_SUFFIXES",
    "dates",
    "match_columns",
    "number",
    "numbers",
    "read_layer",
    "read_plain_parquet",
    "read_table",
    "read_text",
    "require_file",
    "split_layer",
]

VECTOR_SUFFIXES = (".gpkg", ".geojson", ".json", ".shp", ".fgb", ".kml", ".tab")

FOLDERS = (".kml", ".kmz")
"""Endings of files whose folders are layers to GDAL, and one map to whoever made them."""

_LAYER_SUFFIXES = (*VECTOR_SUFFIXES, ".kmz", ".parquet", ".mif")
_ARCHIVED_LAYERS = (".shp", ".tab", ".mif", ".gpkg", ".geojson", ".kml", ".fgb")


def require_file(path: Path, key: str = "") -> None:
    """Raise when ``path`` is no file or is empty; ``key`` names the setting that asked for it."""
    asked = f" ({key})" if key else ""
    with guarded(f"{path}{asked}"):
        if not path.is_file():
            raise fault(MissingFileError, "no_file" if path.exists() else "missing", file=f"{path}{asked}")
        if path.stat().st_size == 0:
            raise fault(DataError, "empty", file=f"{path}{asked}")


def read_text(path: Path) -> str:
    """Return the text of a file, gzip and zip unpacked, in any encoding that :func:`decode` knows."""
    require_file(path)
    text, _ = decode(contents(source(path)), str(path))
    if not text.strip():
        raise fault(DataError, "empty", file=path)
    return text


def split_layer(name: str) -> tuple[str, str | None]:
    """Split ``file.gpkg#layer`` into file and layer; names of folders, and of a file that is there, may have a #."""
    if Path(name).exists():
        return name, None
    signs = [at for at, letter in enumerate(name) if letter == "#"]
    folder = max(name.rfind("/"), name.rfind("\\"))
    of_file = (at for at in signs if Path(name[:at]).is_file())
    end = next(of_file, next((at for at in signs if at > folder), len(name)))
    return name[:end], name[end + 1 :] or None


def read_layer(name: str | Path | Source, *, every: bool = False) -> gpd.GeoDataFrame:
    """Read a vector layer, ``file#layer``, ``file`` or a member of an archive, with any CRS that it states.

    A layer inside a .zip (a Shapefile with its parts, MapInfo TAB …) or a .kmz is read where it lies, once the archive
    has been found harmless. Letters of a legacy font become Unicode, and ``attrs["legacy_encoding"]`` says which.
    Folders of a KML, each of which is a layer to GDAL, are read as one.

    Parameters
    ----------
    every
        Read all layers of points as one where the file holds several and none is named.

    Raises
    ------
    MissingFileError, FormatError, CrsError
        Each naming the file and the remedy.
    """
    if isinstance(name, Source) and name.member:
        path, layer, opened = Path(name.member), None, name.gdal_path
    else:
        file, layer = split_layer(str(name.path if isinstance(name, Source) else name))
        path, opened = Path(file), ""
        require_file(path)
    shown = name.name if isinstance(name, Source) else name
    try:
        frame = _frame(name if opened and isinstance(name, Source) else Source(path), layer, every)
    except LomsongError:
        raise
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pa.ArrowException, *_UNREADABLE) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise fault(FormatError, "layer_unreadable", file=shown, reason=reason) from None
    if not isinstance(frame, gpd.GeoDataFrame):
        raise fault(FormatError, "layer_without_geometry", file=shown)
    require_crs(frame, str(shown))
    turned, font = unfont_table(_flat(frame))
    turned.attrs["legacy_encoding"] = font
    return turned


def _frame(found: Source, layer: str | None, every: bool) -> gpd.GeoDataFrame:
    if found.suffix == ".parquet":
        if found.member:
            raise fault(FormatError, "parquet_packed", file=found.name)
        require_modest_parquet(found.path, found.name)
        return gpd.read_parquet(found.path)
    member = found.member or _layer_member(found.path)
    if member or found.suffix not in (".kmz", ".zip"):
        require_own_layer(Source(found.path, member))
    place = Source(found.path, member).gdal_path if found.suffix != ".kmz" or found.member else found.path
    with offline():
        named = [layer] if layer else _layers(place, every)
        folders = Path(member or found.path).suffix.lower() in FOLDERS
        if len(named) > 1 and not folders and not every:
            raise fault(FormatError, "layer_several", file=found.name, layers=", ".join(named[:12]), first=named[0])
        if not named:
            return gpd.read_file(place, engine="pyogrio")
        parts = [gpd.read_file(place, layer=one, engine="pyogrio") for one in named]
    with_shapes = [part for part in parts if isinstance(part, gpd.GeoDataFrame) and len(part)]
    if len(with_shapes) < 2:
        return with_shapes[0] if with_shapes else parts[0]
    return pd.concat([part.to_crs(with_shapes[0].crs) for part in with_shapes], ignore_index=True)


def _layers(place: str | Path, points: bool) -> list[str]:
    """Return the names of the layers with shapes where there are several; ``points``: of points where some are."""
    listed = [(str(name), str(kind)) for name, kind in pyogrio.list_layers(place) if kind is not None]
    if len(listed) < 2:
        return []
    filled = [(name, kind) for name, kind in listed if pyogrio.read_info(place, layer=name)["features"]]
    of_points = [name for name, kind in filled if points and "Point" in kind]
    return of_points or [name for name, _ in filled]


def read_plain_parquet(path: Path, name: str) -> pd.DataFrame | None:
    """Read a Parquet file without geometry as a table, None where it has one; what pandas noted in it is not believed.

    Raises
    ------
    FormatError, DataError
        When it is damaged, or states far more cells than its bytes can hold.
    """
    require_modest_parquet(path, name)
    try:
        # Of the file, not of its schema: what was added when it was closed, as `lomsong convert` does, is not in that.
        if b"geo" in (pq.read_metadata(path).metadata or {}):
            return None
        return pq.read_table(path).to_pandas(ignore_metadata=True)
    except (pa.ArrowException, *_UNREADABLE) as error:
        raise fault(FormatError, "layer_unreadable", file=name, reason=error) from None


def _flat(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Write lists and records in cells, as GeoJSON and Parquet may hold, as texts."""
    nested = [
        name
        for name in frame.columns
        if name != frame.geometry.name
        and frame[name].dtype == object
        and frame[name].map(lambda value: isinstance(value, dict | list | tuple | set | np.ndarray)).any()
    ]
    return frame.assign(**{name: frame[name].map(str, na_action="ignore") for name in nested}) if nested else frame


_UNREADABLE = (
    ValueError, OSError, LookupError, TypeError, RuntimeError, AttributeError, zipfile.BadZipFile,
    shapely.errors.ShapelyError, CRSError,
)  # fmt: skip
"""What libraries raise on a damaged layer."""


def _layer_member(path: Path) -> str:
    """Return the name of the one layer in a .kmz or .zip, or an empty text."""
    if path.suffix.lower() not in (".kmz", ".zip"):
        return ""
    members = archive(path) if path.suffix.lower() == ".kmz" and _packed(path) else sources(path)
    found = [item.member for item in members if PurePosixPath(item.member).suffix.lower() in _ARCHIVED_LAYERS]
    if path.suffix.lower() == ".kmz" and found:
        return next((name for name in found if name.lower() == "doc.kml"), found[0])
    if len(found) > 1:
        raise fault(FormatError, "several_members", file=path, members=", ".join(found[:6]))
    return found[0] if found else ""


def _packed(path: Path) -> bool:
    return Source(path).head(4) == ZIP_MAGIC


def is_layer(path: Path) -> bool:
    """Tell whether a file is a map layer rather than a table: by its ending, inside a .zip too."""
    return path.suffix.lower() in _LAYER_SUFFIXES or bool(_layer_member(path))


def read_table(path: str | Path, spec: TableSpec, *, position: bool = True) -> pd.DataFrame:
    """Read rows of ``spec`` from a workbook, delimited text or a point layer, headings in either language.

    Parameters
    ----------
    path
        Workbook (``file.xlsx#Sheet`` for one sheet), text in any encoding, either inside .gz or .zip, or a layer.
    spec
        The table to read.
    position
        Whether longitude and latitude must be there; if not, all other columns are returned under their own headings
        too, so that a position written in another way can be looked for.

    Returns
    -------
    Frame of texts with the columns of ``spec`` that were found, ``longitude``, ``latitude``, ``source_row`` (the row as
    a person counts it in the file, headings included), ``is_total`` (a row of totals, to be charged) and, where several
    sheets were read, ``sheet``. ``attrs`` as in :func:`lomsong.ingest.files.sheets.read_raw`.

    Raises
    ------
    ColumnError
        When a required column, or the position, is not there.
    FormatError, DataError
        When it is no table, or has no row.
    """
    name, sheet = (str(path), None) if Path(path).is_file() else split_layer(str(path))
    file = Path(name)
    require_file(file)
    if is_layer(file):
        raw = _points_as_text(path)
    else:
        raw = read_raw(Source(file) if is_workbook_file(file) else source(file), spec, sheet)
    if raw.empty:
        raise fault(DataError, "table_headings_only", file=path)
    return _rename(raw, spec, path, position)


def _points_as_text(path: str | Path) -> pd.DataFrame:
    frame = read_layer(path)
    points = frame.geometry.to_crs(WGS84).representative_point()
    raw = pd.DataFrame(frame.drop(columns=frame.geometry.name)).astype("string")
    raw["longitude"], raw["latitude"] = points.x.astype("string"), points.y.astype("string")
    raw["source_row"] = np.arange(1, len(raw) + 1)
    raw["is_total"] = False
    raw.attrs["legacy_encoding"] = frame.attrs["legacy_encoding"]
    return raw


def _rename(raw: pd.DataFrame, spec: TableSpec, path: str | Path, position: bool) -> pd.DataFrame:
    own = [name for name in ("source_row", "is_total", "sheet") if name in raw]
    found = [str(name) for name in raw.columns if name not in own]
    mapping = match_columns(found, spec)
    needed = (*spec.required, "longitude", "latitude") if position else tuple(spec.required)
    missing = [name for name in needed if name not in mapping.values()]
    if missing:
        wanted = ", ".join(f"{name} ({spec[name].vi})" if name in spec.names else name for name in missing)
        raise fault(ColumnError, "table_columns_missing", file=path, columns=wanted, found=", ".join(found))
    others = [] if position else [name for name in found if name not in mapping and name not in mapping.values()]
    return raw[[*mapping, *others, *own]].rename(columns=mapping)
