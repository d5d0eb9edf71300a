"""Search of files for what must not leave the house: names, numbers and codes of people, and positions of homes."""

from __future__ import annotations

import base64
import gzip
import io
import re
import sqlite3
import unicodedata
import zipfile
from collections.abc import Collection, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyarrow.parquet
import pyogrio
import rasterio
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from scipy.spatial import cKDTree

from lomsong.geo import WGS84, coordinates, metric_crs

NEAR_M = 0.8
"""A point no farther from a home is taken for it: what rounding to five decimals of a degree can make."""

_TOKEN = re.compile(r"[\w.+@-]+")
_PAIR = re.compile(rb"(?<![\d.])(-?\d{1,8}\.\d{3,})[^\d-]{1,12}(-?\d{1,8}\.\d{3,})(?![\d.])")
_BASE64 = re.compile(rb"[A-Za-z0-9+/]{200,}={0,2}")
_VECTOR = (".gpkg", ".tab", ".gpx")
_TIFF = (".tif", ".tiff")


@dataclass(frozen=True)
class Trace:
    """Something found: in which file, with the member of an archive, and what."""

    where: str
    what: str


def traces(
    folder: Path, words: Collection[str] = (), homes: gpd.GeoDataFrame | None = None, crs: Iterable[CRS] = ()
) -> list[Trace]:
    """Look through all files of a folder, inside archives, databases, pictures and packed data too.

    Parameters
    ----------
    folder
        Searched with all folders in it.
    words
        Names, telephone numbers, codes. Those of one word are met as a whole word; those of several as written, in
        either form of Unicode. Telephone numbers and codes without letters are met inside longer texts as well.
    homes
        Points in any CRS; a point of any layer, a pair of numbers in any text and a pair of doubles in any file that is
        no farther from one than :data:`NEAR_M` counts as found.
    crs
        Metric systems, besides the run's own, in which positions may be written.

    Returns
    -------
    What was found, each once a file; empty: nothing.
    """
    single = {word for word in words if _TOKEN.fullmatch(word)}
    several = [unicodedata.normalize("NFC", word) for word in words if word not in single]
    near = None if homes is None or not len(homes) else _Homes(homes, (WGS84, metric_crs(homes), *crs))
    found: dict[Trace, None] = {}
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        name = path.relative_to(folder).as_posix()
        for where, content in _contents(path, name):
            text = unicodedata.normalize("NFC", content.decode("utf-8", "ignore"))
            told = [*(single & set(_TOKEN.findall(text))), *(word for word in several if word in text)]
            if near is not None:
                told += near.in_bytes(content)
            found |= {Trace(where, what): None for what in told}
        if near is not None and path.suffix.lower() in _VECTOR:
            found |= {Trace(name, what): None for what in near.in_layers(path)}
    return list(found)


class _Homes:
    """Positions of homes in several reference systems, to be met in what is read."""

    def __init__(self, homes: gpd.GeoDataFrame, systems: Iterable[CRS]) -> None:
        self._metric = metric_crs(homes)
        self._metres = cKDTree(coordinates(homes, self._metric))
        self._trees = [
            (at.min(axis=0), at.max(axis=0), cKDTree(at), NEAR_M if not crs.is_geographic else NEAR_M / 111_000)
            for crs in dict.fromkeys(systems)
            for at in (coordinates(homes, crs),)
        ]

    def in_bytes(self, content: bytes) -> Iterator[str]:
        """Yield positions of homes that stand in the content, as text or as doubles, in either order of the axes."""
        texts = np.array([(float(one), float(two)) for one, two in _PAIR.findall(content)]).reshape(-1, 2)
        yield from self._met(texts[:, 0], texts[:, 1], "text")
        for offset in range(8):
            if len(content) >= offset + 16:
                doubles = np.frombuffer(content, "<f8", (len(content) - offset) // 8, offset)
                yield from self._met(doubles[:-1], doubles[1:], "doubles")

    def _met(self, first: NDArray[np.float64], second: NDArray[np.float64], kind: str) -> Iterator[str]:
        for low, high, tree, near in self._trees:
            with np.errstate(invalid="ignore"):
                across, up = (
                    [(part >= low[axis] - near) & (part <= high[axis] + near) for part in (first, second)]
                    for axis in (0, 1)
                )
            for one, two, inside in ((first, second, across[0] & up[1]), (second, first, across[1] & up[0])):
                at = np.column_stack([one[inside], two[inside]])
                if len(at):
                    distance, _ = tree.query(at, distance_upper_bound=near)
                    yield from (f"{kind} {east:.6f} {north:.6f}" for east, north in at[np.isfinite(distance)][:3])

    def in_layers(self, path: Path) -> Iterator[str]:
        """Yield the layers of a file that have a point at a home."""
        for layer, kind in pyogrio.list_layers(path):
            if kind is None:
                continue
            frame = pyogrio.read_dataframe(path, layer=layer)
            if not len(frame):
                continue
            places = gpd.GeoSeries(shapely.points(shapely.get_coordinates(frame.geometry)), crs=frame.crs)
            distance, _ = self._metres.query(coordinates(places, self._metric), distance_upper_bound=NEAR_M)
            if np.isfinite(distance).any():
                yield f"layer {layer}: {int(np.isfinite(distance).sum())} points"


def _contents(path: Path, name: str) -> Iterator[tuple[str, bytes]]:
    """Yield the bytes of a file and of all that is packed into it."""
    content = path.read_bytes()
    yield from _unpacked(name, content)
    suffix = path.suffix.lower()
    if content.startswith(b"SQLite format 3"):
        yield name, _dumped(path)
    elif suffix == ".parquet":
        table = pyarrow.parquet.read_table(path)
        kept = [f"{key!r}{value!r}" for key, value in (table.schema.metadata or {}).items()]
        yield f"{name}: table", "\n".join([*kept, *(str(row) for row in table.to_pylist())]).encode()
    elif suffix in _TIFF:
        with rasterio.open(path) as raster:
            yield f"{name}: tags", repr([raster.tags(), *(raster.tags(band) for band in raster.indexes)]).encode()
            yield f"{name}: cells", raster.read().tobytes()


def _unpacked(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    yield name, content
    if content[:2] == b"\x1f\x8b":
        yield from _unpacked(f"{name}: unpacked", gzip.decompress(content))
    elif content[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.namelist():
                yield from _unpacked(f"{name}: {member}", archive.read(member))
    for number, packed in enumerate(_BASE64.findall(content) if b"base64" in content or b"<html" in content else ()):
        whole = packed[: len(packed) // 4 * 4]
        yield f"{name}: packed {number}", base64.b64decode(whole)


def _dumped(path: Path) -> bytes:
    """Return all that stands in the tables of an SQLite database."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        names = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        lines = []
        for name in names:
            if name.startswith("rtree_"):
                continue
            quoted = name.replace('"', '""')
            lines += [repr(row) for row in database.execute(f'SELECT * FROM "{quoted}"')]
    return "\n".join(lines).encode()
