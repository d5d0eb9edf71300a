"""Which demand each candidate would serve."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from lomsong import geo
from lomsong.radio import Terrain, level_matrix
from lomsong.settings import Siting


def reach_matrix(
    terrain: Terrain,
    candidates: gpd.GeoDataFrame,
    demand_points: NDArray[np.float64],
    settings: Siting,
    *,
    usable_dbm: float,
    rx_height_m: float = 1.5,
) -> csr_matrix:
    """Return ones where a candidate's level, less the fade margin, is usable.

    The margin stands for what the median level leaves out. A path across missing terrain reaches nobody.

    Parameters
    ----------
    terrain
        Ground and canopy.
    candidates
        Table ``candidates``; each transmits from its own ``height_m``.
    demand_points
        Easting and northing in the CRS of the terrain, shape (n, 2).
    settings
        EIRP, frequency, radius and fade margin.
    usable_dbm
        Level from which a place is usable.
    rx_height_m
        Height of the phone above ground.

    Returns
    -------
    CSR matrix of shape (n, candidates), float64.
    """
    matrix = level_matrix(
        terrain,
        geo.coordinates(candidates, terrain.crs),
        demand_points,
        height_m=candidates["height_m"].to_numpy(float),
        eirp_dbm=settings.eirp_dbm,
        frequency_mhz=settings.frequency_mhz,
        radius_m=settings.radius_m,
        floor_dbm=usable_dbm + settings.fade_margin_db,
        rx_height_m=rx_height_m,
    )
    return csr_matrix((np.ones(matrix.nnz), matrix.indices, matrix.indptr), shape=matrix.shape)
