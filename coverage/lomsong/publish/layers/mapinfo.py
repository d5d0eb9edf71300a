"""MapInfo TAB: one table a layer, four files each."""

from __future__ import annotations

import re
import struct
import unicodedata
from pathlib import Path
from tempfile import TemporaryDirectory

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
from pyproj import CRS
from pyproj.crs import BoundCRS
from pyproj.crs.coordinate_operation import ToWGS84Transformation

from lomsong.errors import WriteError
from lomsong.geo import WGS84
from lomsong.publish.atomic import writing
from lomsong.texts import fault

VN2000_SHIFT = (-191.90441429, -39.30318279, -111.45032835, -0.00928836, 0.01975479, -0.00427372, 0.252906278)
"""From VN-2000 to WGS84: metres, seconds of arc and parts per million, as position vectors (EPSG:6960)."""

PARTS = (".tab", ".dat", ".map", ".id")
"""Files of which a table consists."""

NOTHING = -9999.0
"""A missing number: the format knows none, and would say 0."""

_LONGEST_NAME = 31
_LONGEST_TEXT = 254


def write_tab(folder: Path, name: str, frame: gpd.GeoDataFrame) -> list[Path]:
    """Write a frame as the MapInfo table ``name`` and return its files.

    Text is UTF-8, which MapInfo Pro reads since 15.2 (2015). A system of VN-2000 is written with its shift to WGS84:
    without it the table would be taken for one in WGS84, 200 m away. Names of columns are cut to 31 letters and texts
    to 254 bytes, as the format has it; a missing number is :data:`NOTHING`. The files are moved to their places one
    after the other, the one that opens the table last.

    Raises
    ------
    WriteError
        Where the table cannot be written, or is not whole when read back: GDAL says nothing of what the disk had no
        room for when a table is closed.
    """
    files = [folder / f"{name}{part}" for part in PARTS]
    with writing(files[0]):
        folder.mkdir(parents=True, exist_ok=True)
        # Whether the disk is full is asked before the draft goes, too.
        with TemporaryDirectory(dir=folder, prefix=f".{name}.", suffix=".part") as scratch, writing(files[0]):
            draft = Path(scratch, f"{name}.tab")
            pyogrio.write_dataframe(
                _fitting(frame), draft, driver="MapInfo File", ENCODING="UTF-8", BOUNDS=",".join(_bounds(frame))
            )
            if len(pyogrio.read_dataframe(draft, columns=[]).dropna()) < len(frame.dropna(subset=frame.geometry.name)):
                raise fault(WriteError, "write_full", file=files[0])
            _narrowed(draft)
            for file in files[::-1]:
                Path(scratch, file.name).replace(file)
    return files


def _narrowed(table: Path) -> None:
    """Make columns of text as wide as their longest value: GDAL gives each 254 bytes, ten times the file.

    The .dat is laid out as a dBASE table: a head of 32 bytes with the number of rows (bytes 4-7) and the lengths of
    head and row (8-11), 32 bytes a column with its name in the first 11 and its width at byte 16, one byte, and rows of
    a flag and the columns. Which of these are text is told by the .tab. GDAL leaves behind a name what its memory held.
    """
    data = table.with_suffix(".dat")
    content = bytearray(data.read_bytes())
    rows, head, length = struct.unpack("<IHH", content[4:12])
    columns = [content[start : start + 32] for start in range(32, head - 1, 32)]
    cells = np.frombuffer(bytes(content[head : head + rows * length]), dtype=np.uint8).reshape(rows, length)
    kept, place, lines = [cells[:, :1]], 1, table.read_text(encoding="utf-8").splitlines()
    first = next(number for number, line in enumerate(lines) if line.lstrip().startswith("Fields")) + 1
    for number, column in enumerate(columns):
        name, width = bytes(column[:11]).partition(b"\0")[0], column[16]
        column[:11] = name.ljust(11, b"\0")
        part = cells[:, place : place + width]
        place += width
        if f"Char ({width})" in lines[first + number]:
            used = np.flatnonzero(((part != 0) & (part != ord(" "))).any(axis=0))
            part = part[:, : max(int(used[-1]) + 1 if len(used) else 1, 1)]
            column[16] = part.shape[1]
            lines[first + number] = lines[first + number].replace(f"Char ({width})", f"Char ({part.shape[1]})")
        kept.append(part)
    narrow = np.hstack(kept)
    struct.pack_into("<H", content, 10, narrow.shape[1])
    data.write_bytes(bytes(content[:32]) + b"".join(columns) + content[head - 1 : head] + narrow.tobytes())
    table.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def _fitting(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a frame with names, texts, numbers and a CRS that the format has room for."""
    names = _names([str(column) for column in frame if column != frame.geometry.name])
    fitting = frame.rename(columns=names)
    for column in fitting.select_dtypes(include=["object", "string"]).columns.drop("geometry", errors="ignore"):
        values = [None if value is pd.NA else value for value in fitting[column]]
        fitting[column] = [_cut(value) if isinstance(value, str) else value for value in values]
    for column in fitting.select_dtypes(include="number"):
        if fitting[column].isna().any():
            fitting[column] = fitting[column].astype(float).fillna(NOTHING)
    return fitting.set_crs(with_shift(frame.crs), allow_override=True)


def _cut(text: str) -> str:
    """Return a text of at most as many bytes as the format has room for, without half a letter at its end."""
    return text.encode("utf-8", "replace")[:_LONGEST_TEXT].decode("utf-8", "ignore")


def _names(columns: list[str]) -> dict[str, str]:
    """Return column -> name of at most 31 letters, each once."""
    names: dict[str, str] = {}
    for column in columns:
        bare = unicodedata.normalize("NFD", column).encode("ascii", "ignore").decode()
        name = re.sub(r"\W", "_", bare)[:_LONGEST_NAME] or "column"
        number = 2
        while name.lower() in (one.lower() for one in names.values()):
            name = f"{name[: _LONGEST_NAME - 2]}_{number}"
            number += 1
        names[column] = name
    return names


def with_shift(crs: CRS) -> CRS:
    """Return a CRS of VN-2000 bound to WGS84 by its seven parameters; any other as it is."""
    if crs.is_bound or crs.geodetic_crs is None or "VN-2000" not in crs.geodetic_crs.name:
        return crs
    shift = ToWGS84Transformation(crs.geodetic_crs, *VN2000_SHIFT)
    return BoundCRS(source_crs=crs, target_crs=WGS84, transformation=shift)


def _bounds(frame: gpd.GeoDataFrame) -> list[str]:
    """Return limits of coordinates, rounded outwards, over which the format spreads its 32 bits: millimetres."""
    step = 1.0 if frame.crs.is_geographic else 100_000.0
    west, south, east, north = frame.total_bounds
    return [f"{side:.0f}" for side in (
        (west // step - 1) * step, (south // step - 1) * step, (east // step + 2) * step, (north // step + 2) * step
    )]  # fmt: skip
