"""The mean from physics: what sites and terrain say about a place before anybody measures there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from lomsong.geo import coordinates
from lomsong.radio import NO_SITE, Physics, Terrain
from lomsong.radio.paths import best_servers

UNHEARD_DBM = -150.0
"""Modelled level where no site is within reach."""

REACH_M = 15_000.0
"""Sites farther than this are not asked."""

NEAREST_M = 50.0
"""Distances to a site are not told apart below this."""


@dataclass(frozen=True)
class Tuning:
    """A path-loss model tuned by a survey: level = offset + slope·model + decade·log10(distance) + canopy·loss.

    Attributes
    ----------
    offset_dbm, slope, decade_db, canopy
        The coefficients; distance in m, not below :data:`NEAREST_M`; the last is that of :func:`canopy_loss`.
    eirp_dbm
        EIRP of the sites that it was tuned with, on average. A site of another EIRP is as many dB louder or fainter,
        whatever the slope.
    """

    offset_dbm: float
    slope: float
    decade_db: float
    eirp_dbm: float
    canopy: float = 0.0

    @classmethod
    def of(cls, coefficients: Sequence[NDArray[np.float64]], eirp_dbm: float) -> Tuning:
        """Average the coefficients of fields: constant, those of :func:`site_trend` and of :func:`canopy_loss`.

        A field without the last counts 0 for it. For a new site the server and the nearest site are one, so that the
        two distances count together.
        """
        offset, slope, server, nearest, canopy = np.mean([[*row, 0.0][:5] for row in coefficients], axis=0).tolist()
        return cls(offset, slope, server + nearest, eirp_dbm, canopy)

    def level_dbm(
        self,
        model_dbm: NDArray[np.float64],
        distance_m: NDArray[np.float64],
        eirp_dbm: float,
        canopy_db: NDArray[np.float64] | float = 0.0,
    ) -> NDArray[np.float64]:
        """Return the tuned level of levels modelled with ``eirp_dbm``, same shape, dBm."""
        distance = self.decade_db * np.log10(np.maximum(distance_m, NEAREST_M))
        louder = (1 - self.slope) * (eirp_dbm - self.eirp_dbm)
        model = self.slope * np.maximum(model_dbm, UNHEARD_DBM) + self.canopy * canopy_db
        return np.asarray(self.offset_dbm + model + distance + louder)


class Heard(NamedTuple):
    """The best server in the model at each place, shape (n,).

    Attributes
    ----------
    level_dbm
        Its level.
    site
        Its row in the table of sites, or -1.
    bare_dbm
        Level of the best server, maybe another one, if nothing stood on the ground.
    """

    level_dbm: NDArray[np.float64]
    site: NDArray[np.int64]
    bare_dbm: NDArray[np.float64]


def best_server(points: NDArray[np.float64], sites: gpd.GeoDataFrame, terrain: Terrain, rx_height_m: float) -> Heard:
    """Return what the physics says of places: the best server and its level, with and without what stands there.

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

    Returns
    -------
    Heard; levels are :data:`UNHEARD_DBM` where nothing louder is heard.
    """
    found = best_servers(terrain, sites, points, radius_m=REACH_M, physics=Physics(rx_height_m=rx_height_m))
    levels = found.level_dbm, found.bare_dbm
    level_dbm, bare_dbm = (np.maximum(np.nan_to_num(each, nan=UNHEARD_DBM), UNHEARD_DBM) for each in levels)
    return Heard(level_dbm, found.row, bare_dbm)


def site_trend(
    points: NDArray[np.float64], sites: gpd.GeoDataFrame, terrain: Terrain, heard: Heard
) -> NDArray[np.float64]:
    """Return the columns of the mean that sites and terrain give, shape (n, 3).

    They are the modelled level of the best server (dBm), and the decimal logarithms of the distance (m) to that server
    and to the nearest site. Their coefficients, estimated with the field, correct the model's distance exponent and
    weigh its diffraction: the classical tuning of a path-loss model, level = a + b·model + c·log d (Hata 1980 has this
    form). Parameters as in :func:`best_server`, whose answer is ``heard``.
    """
    at = coordinates(sites, terrain.crs)
    nearest_m = cKDTree(at).query(points)[0]
    server_m = np.where(heard.site == NO_SITE, nearest_m, np.hypot(*(points - at[heard.site]).T))
    near = [np.log10(np.maximum(distance_m, NEAREST_M)) for distance_m in (server_m, nearest_m)]
    return np.column_stack([heard.level_dbm, *near])


def canopy_loss(heard: Heard) -> NDArray[np.float64]:
    """Return what vegetation and buildings take from the best server in the model, shape (n, 1), dB.

    The model takes a stand for an obstacle as it takes a hill; how much of that is true (gaps, thin crowns, roads cut
    through) is left to the coefficient of this column.
    """
    return (heard.bare_dbm - heard.level_dbm).reshape(-1, 1)


def bare(terrain: Terrain) -> Terrain:
    """Return the terrain with nothing standing on it."""
    nothing = np.zeros_like(terrain.canopy_m)
    return Terrain(terrain.ground_m, nothing, terrain.transform, terrain.crs, nothing, terrain.zone)
