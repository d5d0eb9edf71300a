"""Samples to bins: many readings of one stretch of road become one value with a weight."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

from lomsong.geo import coordinates


def decimate(samples: gpd.GeoDataFrame, crs: CRS, block_m: float, floor_dbm: float) -> pd.DataFrame:
    """Average samples of one operator over squares.

    A square is censored when at least half of its samples found no service or lie below the floor: of its level only
    the limit ``floor_dbm`` is known. In any other square such a sample counts as one at the floor.

    Parameters
    ----------
    samples
        Table ``samples``.
    crs
        Metric CRS of the squares.
    block_m
        Side of a square.
    floor_dbm
        Level below which a phone finds no service.

    Returns
    -------
    Frame with one row a square in the order of the squares: easting_m, northing_m (mean of its samples), level_dbm,
    samples (count), censored.
    """
    at = coordinates(samples, crs)
    hidden = (samples["service"] == "no_service").to_numpy() | (samples["rsrp_dbm"].to_numpy() < floor_dbm)
    frame = pd.DataFrame(
        {
            "column": np.floor(at[:, 0] / block_m).astype(np.int64),
            "row": np.floor(at[:, 1] / block_m).astype(np.int64),
            "easting_m": at[:, 0],
            "northing_m": at[:, 1],
            "level_dbm": np.where(hidden, floor_dbm, samples["rsrp_dbm"].to_numpy(float)),
            "hidden": hidden,
        }
    )
    bins = frame.groupby(["column", "row"], sort=True).agg(
        easting_m=("easting_m", "mean"),
        northing_m=("northing_m", "mean"),
        level_dbm=("level_dbm", "mean"),
        samples=("level_dbm", "size"),
        hidden=("hidden", "mean"),
    )
    bins["censored"] = bins.pop("hidden") >= 0.5
    bins["level_dbm"] = bins["level_dbm"].where(~bins["censored"], floor_dbm)
    return bins.reset_index(drop=True)
