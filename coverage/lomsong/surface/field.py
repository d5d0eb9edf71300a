"""One operator's level everywhere: samples in, level with uncertainty out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from lomsong.errors import ColumnError, CrsError, DataError
from lomsong.geo import coordinates, metric_crs, require_crs
from lomsong.radio import Terrain
from lomsong.surface.blocks import decimate
from lomsong.surface.draws import Shared
from lomsong.surface.kriging import CoverageKriging
from lomsong.surface.pathloss import site_trend
from lomsong.surface.validation import cross_validate

BLOCK_RANGES = 2.0
"""Blocks that decide whether the physics helps are this many correlation ranges wide."""


@dataclass(frozen=True)
class Places:
    """Places ready to be estimated: the physics at a place is computed once and used for level and draws alike.

    Attributes
    ----------
    at
        Easting and northing, shape (n, 2), m.
    trend
        Columns of the mean besides the constant, shape (n, q), or None.
    index
        Index of the points they were made from.
    """

    at: NDArray[np.float64]
    trend: NDArray[np.float64] | None
    index: pd.Index

    def __len__(self) -> int:
        return len(self.at)

    def part(self, rows: slice | NDArray[np.int64]) -> Places:
        """Return some of the places."""
        return Places(self.at[rows], None if self.trend is None else self.trend[rows], self.index[rows])


class CoverageSurface(BaseEstimator):
    """Level of one operator at any place, with its uncertainty, from survey samples.

    Samples are averaged over squares, samples without service enter as censored, and the rest is
    :class:`~lomsong.surface.kriging.CoverageKriging`. Where sites and terrain are given, the modelled level of the
    best server is offered as a column of the mean and kept only if it lowers the error on blocks of space left out.

    Parameters
    ----------
    neighbours
        Samples that each place is estimated from.
    block_m
        Side of the squares to which samples are averaged.
    floor_dbm
        Level below which a phone finds no service.
    rx_height_m
        Height of the phone above ground, for the physics.
    workers
        Threads; 0 means all cores.
    seed
        Of the likelihood's random order and the folds.

    Attributes
    ----------
    kriging_ : CoverageKriging
    bins_ : DataFrame of :func:`~lomsong.surface.blocks.decimate`
    scores_ : dict of str to Scores, for the mean "constant" and, where offered, "sites"
    mean_ : "constant" or "sites", the one that was kept
    """

    def __init__(
        self,
        neighbours: int = 32,
        block_m: float = 50.0,
        floor_dbm: float = -125.0,
        rx_height_m: float = 1.5,
        workers: int = 0,
        seed: int = 2021,
    ) -> None:
        self.neighbours = neighbours
        self.block_m = block_m
        self.floor_dbm = floor_dbm
        self.rx_height_m = rx_height_m
        self.workers = workers
        self.seed = seed

    def fit(
        self, samples: gpd.GeoDataFrame, sites: gpd.GeoDataFrame | None = None, terrain: Terrain | None = None
    ) -> CoverageSurface:
        """Fit the field to one operator's samples.

        Parameters
        ----------
        samples
            Table ``samples`` of one operator, any CRS.
        sites
            Table ``sites``; those of the same operator are used.
        terrain
            Ground and canopy; its CRS becomes the one computed in.

        Raises
        ------
        ColumnError, CrsError, DataError
            When the samples are no such table, or belong to several operators.
        """
        if not isinstance(samples, gpd.GeoDataFrame):
            kind = type(samples).__name__
            raise ColumnError(f"samples: a GeoDataFrame is needed, not {kind}; a survey has one as .samples")
        missing = [name for name in ("operator", "rsrp_dbm", "service", "geometry") if name not in samples]
        if missing:
            raise ColumnError(f"samples: column {', '.join(missing)} missing; read them with lomsong.read_survey")
        require_crs(samples, "samples")
        operators = samples["operator"].unique()
        if len(operators) != 1:
            raise DataError(
                f"samples: one operator at a time, not {len(operators)} ({', '.join(map(str, operators))}); "
                "filter by operator first"
            )
        if sites is not None and terrain is None:
            raise DataError("sites: the physics of sites needs terrain too; give terrain=, or leave sites out")
        self.operator_ = str(operators[0])
        projected = samples.crs.is_projected and samples.crs.axis_info[0].unit_name == "metre"
        self.crs_ = terrain.crs if terrain is not None else samples.crs if projected else metric_crs(samples)
        self.terrain_, self.sites_ = terrain, None
        if sites is not None:
            own = sites[sites["operator"] == self.operator_]
            self.sites_ = own if len(own) else None
        self.bins_ = decimate(samples, self.crs_, self.block_m, self.floor_dbm)
        at = self.bins_[["easting_m", "northing_m"]].to_numpy()
        physics = None
        if self.sites_ is not None and terrain is not None:
            physics = site_trend(at, self.sites_, terrain, self.rx_height_m)
        self._choose_mean(at, physics)
        return self

    def _choose_mean(self, at: NDArray[np.float64], physics: NDArray[np.float64] | None) -> None:
        level = self.bins_["level_dbm"].to_numpy()
        weights, censored = self.bins_["samples"].to_numpy(float), self.bins_["censored"].to_numpy()
        plain = self._kriging().fit(at, level, weights, censored)
        self.kriging_, self.mean_, self.scores_ = plain, "constant", {}
        if physics is None:
            return
        offered = self._kriging().fit(at, level, weights, censored, physics)
        extent_m = float(np.ptp(at, axis=0).max())
        widest_m = max(extent_m / 4, self.block_m)
        block_m = float(np.clip(BLOCK_RANGES * offered.covariance_.range_m, 2 * self.block_m, widest_m))
        for name, model in (("constant", plain), ("sites", offered)):
            self.scores_[name] = cross_validate(model, level, weights, censored, block_m, self.seed)
        if self.scores_["sites"].rmse_db < self.scores_["constant"].rmse_db:
            self.kriging_, self.mean_ = offered, "sites"

    def _kriging(self) -> CoverageKriging:
        return CoverageKriging(self.neighbours, self.workers, self.seed)

    def locate(self, points: gpd.GeoDataFrame | NDArray[np.float64]) -> Places:
        """Prepare places: points in any CRS, or easting and northing in ``crs_``, shape (n, 2)."""
        check_is_fitted(self, "kriging_")
        if isinstance(points, np.ndarray):
            at, index = points, pd.RangeIndex(len(points))
            if len(at) and np.abs(at).max() <= 360:
                raise CrsError(f"points: these look like degrees; give metres of {self.crs_.to_string()}")
        else:
            require_crs(points, "points")
            if not (points.geom_type == "Point").all():
                raise DataError("points: some are no points; take .centroid or .representative_point() first")
            at, index = coordinates(points, self.crs_), points.index
        trend = None
        if self.mean_ == "sites" and self.terrain_ is not None:
            trend = site_trend(at, self.sites_, self.terrain_, self.rx_height_m)
        return Places(at, trend, index)

    def predict(self, points: gpd.GeoDataFrame | NDArray[np.float64] | Places) -> pd.DataFrame:
        """Estimate the level.

        Returns
        -------
        Frame on the index of ``points``: level_dbm; level_sd_db; information, the share of the prior variance that
        measurements take away (0 nothing, 1 all); nearest_sample_m.
        """
        places = self._places(points)
        if not len(places):
            nothing = np.empty((0, 4))
            return pd.DataFrame(nothing, places.index, ["level_dbm", "level_sd_db", "information", "nearest_sample_m"])
        level, deviation, information, nearest = self.kriging_.estimate(places.at, places.trend)
        return pd.DataFrame(
            {
                "level_dbm": level,
                "level_sd_db": deviation,
                "information": information,
                "nearest_sample_m": nearest,
            },
            index=places.index,
        )

    def probability(self, points: gpd.GeoDataFrame | NDArray[np.float64] | Places, usable_dbm: float) -> pd.Series:
        """Return the probability that the level is at or above ``usable_dbm``, on the index of ``points``."""
        level = self.predict(points)
        p = ndtr((level["level_dbm"] - usable_dbm) / level["level_sd_db"])
        return pd.Series(p, index=level.index, name="p_usable")

    def draw(
        self, points: gpd.GeoDataFrame | NDArray[np.float64] | Places, n: int = 200, seed: int = 0
    ) -> NDArray[np.float32]:
        """Draw the level at all points jointly ``n`` times, shape (n, points), dBm."""
        return self.drawer(n, seed)(self._places(points)).T

    def drawer(
        self, n: int, seed: int, stream: int = 0, shared: Shared | None = None
    ) -> Callable[[Places], NDArray[np.float32]]:
        """Return a function from places to ``n`` joint draws, shape (places, n), for places asked for in pieces.

        Drawers of one seed and different streams, an operator each, are independent but for what is ``shared``, see
        :func:`~lomsong.surface.shared.shared_shadowing`.
        """
        check_is_fitted(self, "kriging_")
        sampler = self.kriging_.sampler(n, seed, stream, shared)
        return lambda places: sampler(places.at, places.trend)

    def _places(self, points: gpd.GeoDataFrame | NDArray[np.float64] | Places) -> Places:
        return points if isinstance(points, Places) else self.locate(points)
