"""GeoParquet."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd

from lomsong.publish.atomic import replacing


def write_parquet(path: Path, frame: gpd.GeoDataFrame) -> None:
    """Write GeoParquet; what else pandas keeps with a frame (``attrs``), totals among it, is not written."""
    told = frame.copy(deep=False)
    told.attrs = {}
    with replacing(path) as draft:
        told.to_parquet(draft, index=False, compression="zstd")
