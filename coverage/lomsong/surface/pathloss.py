"""The mean from physics: what sites and terrain say about a place before anybody measures there."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from lomsong.radio import Terrain, levels

UNHEARD_DBM = -150.0
"""Modelled level where no site is within reach."""


def modelled_level_dbm(
    points: NDArray[np.float64], sites: gpd.GeoDataFrame, terrain: Terrain, rx_height_m: float
) -> NDArray[np.float64]:
    """Return the modelled level of the best server, shape (n,), dBm; :data:`UNHEARD_DBM` where none is heard.

    ``points`` are easting and northing in the CRS of the terrain, shape (n, 2), m.
    """
    level, _ = levels(terrain, sites, points, rx_height_m=rx_height_m)
    return np.maximum(np.nan_to_num(level, nan=UNHEARD_DBM), UNHEARD_DBM)
