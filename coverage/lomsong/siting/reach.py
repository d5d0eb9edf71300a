"""Which demand each candidate would serve."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from lomsong import geo
from lomsong.radio import Physics, Terrain, level_matrix
from lomsong.radio.baselines import free_space_loss_db
from lomsong.settings import Siting
from lomsong.surface import Tuning
from lomsong.surface.pathloss import bare


def reach_matrix(
    terrain: Terrain,
    candidates: gpd.GeoDataFrame,
    demand_points: NDArray[np.float64],
    settings: Siting,
    *,
    usable_dbm: float,
    rx_height_m: float = 1.5,
    tuning: Tuning | None = None,
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
    tuning
        Corrects the modelled level as the survey of existing sites corrected it; None: the model as it stands, which
        leaves out clutter and flatters.

    Returns
    -------
    CSR matrix of shape (n, candidates), float64.
    """
    needed_dbm = usable_dbm + settings.fade_margin_db
    at = geo.coordinates(candidates, terrain.crs)
    radius_m = settings.radius_m if tuning is None else _farthest_m(settings, tuning, needed_dbm)

    def levels_over(land: Terrain) -> csr_matrix:
        return level_matrix(
            land,
            at,
            demand_points,
            height_m=candidates["height_m"].to_numpy(float),
            eirp_dbm=settings.eirp_dbm,
            frequency_mhz=settings.frequency_mhz,
            radius_m=radius_m,
            floor_dbm=needed_dbm if tuning is None else -np.inf,
            physics=Physics(rx_height_m=rx_height_m),
        )

    level = levels_over(terrain).tocoo()
    reached = np.ones(level.nnz, dtype=bool)
    if tuning is not None:
        distance_m = np.hypot(*(at[level.col] - demand_points[level.row]).T)
        canopy_db: NDArray[np.float64] | float = 0.0
        if tuning.canopy:
            canopy_db = np.asarray(levels_over(bare(terrain))[level.row, level.col]).ravel() - level.data
        reached = tuning.level_dbm(level.data, distance_m, settings.eirp_dbm, canopy_db) >= needed_dbm
    rows, columns = level.row[reached], level.col[reached]
    return csr_matrix((np.ones(len(rows)), (rows, columns)), shape=level.shape)


def _farthest_m(settings: Siting, tuning: Tuning, needed_dbm: float) -> float:
    """Return the distance beyond which even a free path falls short, so that no farther one need be looked at."""
    distance_m = np.linspace(0, settings.radius_m, 200)[1:]
    free_dbm = settings.eirp_dbm - free_space_loss_db(distance_m / 1e3, settings.frequency_mhz)
    enough = tuning.level_dbm(free_dbm, distance_m, settings.eirp_dbm) >= needed_dbm
    step_m = distance_m[0]
    return float(min(distance_m[enough].max(initial=0.0) + step_m, settings.radius_m))
