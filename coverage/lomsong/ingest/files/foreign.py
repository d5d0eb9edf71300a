"""Files that hold nothing themselves but make GDAL open others, or a connection: refused before GDAL sees them.

A virtual layer or raster is recognised by GDAL wherever its mark stands in the first bytes, whatever the file is
called; so it is here. What such a file names would be read with the rights of whoever runs lomsong, and would be
published with the rest.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

import pyogrio
from pyarrow import ArrowException
from pyarrow import parquet as pq

from lomsong.errors import DataError, FormatError
from lomsong.ingest.files.sources import HEAD_BYTES, SMALL_BYTES, Source
from lomsong.texts import fault

OFFLINE = {
    "GDAL_HTTP_PROXY": "http://127.0.0.1:9",
    "GDAL_HTTPS_PROXY": "http://127.0.0.1:9",
    "GDAL_HTTP_MAX_RETRY": "0",
    "GDAL_HTTP_CONNECTTIMEOUT": "1",
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
}
"""Settings under which GDAL reaches no server: 9 is the port of "discard", at which nobody answers."""

LAYER_ROOTS = frozenset({"kml", "document", "folder", "gpx"})
"""First elements of the layers in XML that are read: KML, also without its outermost element, and GPX.

GML is not among them, since GDAL fetches the schema that it names.
"""

MOST_CELLS = 50_000_000
"""A columnar file with more cells than this must have a byte for every :data:`CELLS_OF_BYTE` of them."""

CELLS_OF_BYTE = 50

MOST_NESTED = 4
"""Virtual rasters over virtual rasters, at most."""

VIRTUAL_BYTES = 16 << 20
"""Longest virtual raster read."""

_LAYER = re.compile(rb"<OGR\w*DataSource|gdal_streamed_alg|gdal_virtual", re.IGNORECASE)
_ROOT = re.compile(rb"<(?:[\w.-]+:)?([A-Za-z_][\w.-]*)")
_LINKED_CRS = re.compile(rb'"type"\s*:\s*"(?:link|url)"', re.IGNORECASE)
_REMOTE = re.compile(r"/vsi(curl|s3|gs|az|adls|oss|swift|webhdfs|hdfs)|[a-z]{3,}://", re.IGNORECASE)
_SRS = re.compile(r"<(SRS|TargetSRS|SourceSRS)\b.*?</\1>", re.DOTALL)
_SOURCE = re.compile(r"<Source(?:Filename|Dataset)\b[^>]*>([^<]*)<")


def require_own_layer(found: Source) -> None:
    """Refuse a layer that is only a description of others, and one that would unpack to far more than it holds.

    Raises
    ------
    FormatError, DataError
    """
    head = found.head(HEAD_BYTES)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if _LAYER.search(head):
        raise fault(FormatError, "layer_foreign", file=found.name)
    if start.startswith(b"<"):
        root = _ROOT.search(
            re.sub(rb"<!--.*?-->|<\?.*?\?>|<!DOCTYPE[^\[>]*(\[.*?\])?\s*>", b"", start, flags=re.DOTALL)
        )
        if root is None or root[1].decode().lower() not in LAYER_ROOTS:
            raise fault(FormatError, "layer_foreign", file=found.name)
    elif start.startswith(b"{") and _LINKED_CRS.search(head):
        raise fault(FormatError, "layer_foreign", file=found.name)


def require_modest_parquet(path: Path, name: str) -> None:
    """Refuse a Parquet file that states far more cells than its bytes can hold.

    Raises
    ------
    DataError
        Then.
    FormatError
        When it is damaged.
    """
    try:
        about = pq.read_metadata(path)
        unpacked = sum(about.row_group(group).total_byte_size for group in range(about.num_row_groups))
    except (ArrowException, OSError, ValueError) as error:
        raise fault(FormatError, "layer_unreadable", file=name, reason=error) from None
    size = path.stat().st_size
    cells = about.num_rows * about.num_columns
    if cells > max(MOST_CELLS, size * CELLS_OF_BYTE) or unpacked > max(SMALL_BYTES, 200 * size):
        raise fault(DataError, "too_large", file=name, limit=f"{max(MOST_CELLS, size * CELLS_OF_BYTE):,} cells")


@contextmanager
def offline() -> Iterator[None]:
    """Keep the GDAL of layers from reaching any server while the block runs."""
    before = {key: pyogrio.get_gdal_config_option(key) for key in OFFLINE}
    pyogrio.set_gdal_config_options(OFFLINE)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(before)


def require_own_raster(found: Source, depth: int = 0) -> None:
    """Refuse descriptions of services, and virtual rasters over them or over the raw bytes of other files.

    Raises
    ------
    FormatError
    """
    head = found.head(4096)
    virtual = b"<VRTDataset" in head
    if not virtual:
        if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"<", b"{")):
            raise fault(FormatError, "raster_remote", file=found.name)
        return
    # The reference system may be written with the address of an authority, and is not opened.
    text = _SRS.sub("", html.unescape(found.read(VIRTUAL_BYTES).decode("utf-8", "replace")))
    if _REMOTE.search(text) or depth > MOST_NESTED:
        raise fault(FormatError, "raster_remote", file=found.name)
    if "VRTRawRasterBand" in text:
        raise fault(FormatError, "raster_raw", file=found.name)
    for beside in {nested for name in _SOURCE.findall(text) for nested in _beside(found, name.strip())}:
        require_own_raster(beside, depth + 1)


def _beside(found: Source, name: str) -> Iterator[Source]:
    """Yield the virtual rasters that a name in a virtual raster may stand for."""
    if not name.lower().endswith(".vrt"):
        return
    if found.member and not name.startswith("/"):
        member = (PurePosixPath(found.member).parent / name).as_posix()
        yield Source(found.path, member)
        return
    for path in (found.path.parent / name, Path(name)):
        if path.is_file():
            yield Source(path)
