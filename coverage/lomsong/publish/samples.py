"""Samples as GeoParquet, written piece by piece, so that memory does not grow with the log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyproj import CRS

from lomsong.publish.atomic import replacing
from lomsong.tables import SAMPLES

WKB_POINT = np.dtype([("order", "u1"), ("type", "<u4"), ("longitude", "<f8"), ("latitude", "<f8")])
"""A point in well-known binary, little-endian: 21 bytes (OGC 06-103r4, 8.2)."""

_KINDS = {"text": pa.string(), "choice": pa.string(), "number": pa.float64(), "integer": pa.int64()}


class SampleWriter:
    """Appends pieces of samples to one GeoParquet file.

    Parameters
    ----------
    path
        Draft to write.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: pq.ParquetWriter | None = None
        self._bounds = [np.inf, np.inf, -np.inf, -np.inf]
        self.rows = 0

    def write(self, samples: pa.Table) -> None:
        """Append samples: columns of the table ``samples``, ``longitude`` and ``latitude`` in degrees WGS84."""
        longitude, latitude = (samples[name].to_numpy() for name in ("longitude", "latitude"))
        if len(longitude):
            west, south, east, north = self._bounds
            self._bounds = [
                min(west, float(longitude.min())), min(south, float(latitude.min())),
                max(east, float(longitude.max())), max(north, float(latitude.max())),
            ]  # fmt: skip
        columns = {
            spec.name: samples[spec.name]
            if spec.name in samples.column_names
            else pa.nulls(len(samples), _KINDS[spec.kind])
            for spec in SAMPLES.columns
        }
        table = pa.table(columns | {"geometry": wkb_points(longitude, latitude)})
        if self._writer is None:
            plain = [name for name in table.column_names if name not in ("sample_id", "source_row", "time", "geometry")]
            self._writer = pq.ParquetWriter(
                self._path, table.schema, compression="zstd", use_dictionary=plain, write_statistics=["time"]
            )
        self._writer.write_table(table)
        self.rows += len(table)

    def close(self) -> None:
        """Finish the file with its GeoParquet metadata."""
        if self._writer is None:
            return
        geo = {
            "version": "1.1.0",
            "primary_column": "geometry",
            "columns": {
                "geometry": {
                    "encoding": "WKB", "geometry_types": ["Point"], "crs": CRS.from_epsg(4326).to_json_dict(),
                    "bbox": self._bounds,
                }
            },
        }  # fmt: skip
        self._writer.add_key_value_metadata({"geo": json.dumps(geo)})
        self._writer.close()


@contextmanager
def sample_writer(path: Path) -> Iterator[SampleWriter]:
    """Write samples to ``path``, which appears whole or not at all."""
    with replacing(path) as draft:
        writer = SampleWriter(draft)
        try:
            yield writer
        finally:
            writer.close()


def wkb_points(longitude: np.ndarray, latitude: np.ndarray) -> pa.Array:
    """Return points as well-known binary, shape (n,)."""
    points = np.empty(len(longitude), dtype=WKB_POINT)
    points["order"], points["type"] = 1, 1
    points["longitude"], points["latitude"] = longitude, latitude
    offsets = np.arange(len(points) + 1, dtype=np.int32) * WKB_POINT.itemsize
    return pa.BinaryArray.from_buffers(pa.binary(), len(points), [None, pa.py_buffer(offsets), pa.py_buffer(points)])
