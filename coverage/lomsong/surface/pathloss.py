"""The mean from physics: what sites and terrain say about a place before anybody measures there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from lomsong.geo import coordinates
from lomsong.radio import NO_SITE, Physics, Terrain, levels

UNHEARD_DBM = -150.0
"""Modelled level where no site is within reach."""

REACH_M = 15_000.0
"""Sites farther than this are not asked."""

NEAREST_M = 50.0
"""Distances to a site are not told apart below this."""


@dataclass(frozen=True)
class Tuning:
    """A path-loss model tuned by a survey: level = offset + slope·model + decade·log10(distance).

    Attributes
    ----------
    offset_dbm, slope, decade_db
        The coefficients; distance in m, not below :data:`NEAREST_M`.
    eirp_dbm
        EIRP of the sites that it was tuned with, on average. A site of another EIRP is as many dB louder or fainter,
        whatever the slope.
    """

    offset_dbm: float
    slope: float
    decade_db: float
    eirp_dbm: float

    @classmethod
    def of(cls, coefficients: Sequence[NDArray[np.float64]], eirp_dbm: float) -> Tuning:
        """Average the coefficients of fields whose mean is :func:`site_trend`, each (constant, model, log, log).

        For a new site the server and the nearest site are one, so that the two distances count together.
        """
        offset, slope, server, nearest = np.mean(coefficients, axis=0)
        return cls(float(offset), float(slope), float(server + nearest), eirp_dbm)

    def level_dbm(
        self, model_dbm: NDArray[np.float64], distance_m: NDArray[np.float64], eirp_dbm: float
    ) -> NDArray[np.float64]:
        """Return the tuned level of levels modelled with ``eirp_dbm``, same shape, dBm."""
        distance = self.decade_db * np.log10(np.maximum(distance_m, NEAREST_M))
        louder = (1 - self.slope) * (eirp_dbm - self.eirp_dbm)
        return np.asarray(self.offset_dbm + self.slope * np.maximum(model_dbm, UNHEARD_DBM) + distance + louder)


def site_trend(
    points: NDArray[np.float64], sites: gpd.GeoDataFrame, terrain: Terrain, rx_height_m: float
) -> NDArray[np.float64]:
    """Return the columns of the mean that sites and terrain give, shape (n, 3).

    They are the modelled level of the best server (dBm, :data:`UNHEARD_DBM` where none is heard), and the decimal
    logarithms of the distance (m) to that server and to the nearest site. Their coefficients, estimated with the
    field, correct the model's distance exponent and weigh its diffraction: the classical tuning of a path-loss model,
    level = a + b·model + c·log d (Hata 1980 has this form).

    Parameters
    ----------
    points
        Easting and northing in the CRS of the terrain, shape (n, 2), m.
    sites
        Table ``sites`` of one operator.
    terrain
        Ground and canopy.
    rx_height_m
        Height of the phone above ground.
    """
    level, server = levels(terrain, sites, points, radius_m=REACH_M, physics=Physics(rx_height_m=rx_height_m))
    at = coordinates(sites, terrain.crs)
    nearest_m = cKDTree(at).query(points)[0]
    server_m = np.where(server == NO_SITE, nearest_m, np.hypot(*(points - at[server]).T))
    return np.column_stack(
        [
            np.maximum(np.nan_to_num(level, nan=UNHEARD_DBM), UNHEARD_DBM),
            np.log10(np.maximum(server_m, NEAREST_M)),
            np.log10(np.maximum(nearest_m, NEAREST_M)),
        ]
    )
