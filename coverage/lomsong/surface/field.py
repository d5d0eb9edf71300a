"""One operator's level everywhere: samples in, level with uncertainty out."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from lomsong.errors import ColumnError, CrsError, DataError
from lomsong.geo import coordinates, in_metres, metric_crs, require_crs
from lomsong.radio import Terrain
from lomsong.radio.limits import Limit, within
from lomsong.shown import Card, count, say, share
from lomsong.surface.blocks import bins_of, block_folds, device_offsets, readings_of, repeatability, without_offsets
from lomsong.surface.calibration import Calibration
from lomsong.surface.draws import Shared
from lomsong.surface.given import LEVEL
from lomsong.surface.kriging import GEOGRAPHIC, CoverageKriging
from lomsong.surface.learned import LearnedCorrection
from lomsong.surface.mean import CONSTANT, Mean
from lomsong.surface.offsets import Served, at_sectors, cells_of_sites, served_by
from lomsong.surface.pathloss import Heard
from lomsong.surface.posterior import Kept
from lomsong.surface.regimes import Woods
from lomsong.surface.scores import Scores
from lomsong.surface.validation import cross_validate
from lomsong.surface.vecchia import MIN_POINTS, Covariance
from lomsong.tables import SAMPLES, TableSpec
from lomsong.texts import fault

BLOCK_RANGES = 2.0
"""Blocks that decide whether a layer of the mean helps are this many correlation ranges wide."""

LEAST_GAIN = 0.005
"""Share of the error that a layer has to take away: less is chance."""

PREDICTED = ["level_dbm", "level_sd_db", "information", "nearest_sample_m", "home_sd_db"]
"""Columns of an estimate, in the order of :class:`~lomsong.surface.kriging.Estimate`."""

LIMITS = {
    "neighbours": Limit(1, 10_000, ""),
    "block_m": Limit(1, 100_000, "m"),
    "floor_dbm": LEVEL,
    "usable_dbm": LEVEL,
}
"""Of what a surface is made and asked with."""

_WHOSE, _LEVEL = (
    TableSpec(SAMPLES.name, SAMPLES.vi, SAMPLES.en, tuple(SAMPLES[name] for name in names))
    for names in (("operator", "service"), ("rsrp_dbm",))
)
"""What is asked of every sample, and of those with a level: a word or a level that nobody knows would count for
nothing, or for a level that there is none of."""

LEAST_LEARNED = 500
"""Bins below which no trees are grown."""


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
    sector
        Row in the table of sites of the best server in the model, shape (n,), or None.
    kept
        What an estimate keeps for draws at the same places, or None.
    """

    at: NDArray[np.float64]
    trend: NDArray[np.float64] | None
    index: pd.Index
    sector: NDArray[np.int64] | None = None
    kept: Kept | None = None

    def __len__(self) -> int:
        return len(self.at)

    def part(self, rows: slice | NDArray[np.int64]) -> Places:
        """Return some of the places."""
        trend = None if self.trend is None else self.trend[rows]
        sector = None if self.sector is None else self.sector[rows]
        kept = None if self.kept is None else self.kept.part(rows)
        return Places(self.at[rows], trend, self.index[rows], sector, kept)

    def keeping(self, rows: NDArray[np.int64]) -> Places:
        """Return the places with room for what an estimate finds at ``rows``: draws there then need not solve it."""
        return replace(self, kept=Kept.of(len(self), rows))


class CoverageSurface(BaseEstimator):
    """Level of one operator at any place, with its uncertainty, from survey samples.

    Samples are averaged over squares, pass by pass; squares without service enter as censored, and the rest is
    :class:`~lomsong.surface.kriging.CoverageKriging`. Where sites or terrain are given, layers of the mean are offered
    one after another: the modelled level of the best server ("sites") and what vegetation takes from it ("canopy"), or
    without sites the land around ("land"); a correction by boosted trees ("learned"); the offset of each sector where
    the samples name cells that the sites have ("sectors", :mod:`~lomsong.surface.offsets`). A layer stays only if it
    lowers error and CRPS on blocks of space left out, and none is offered where fewer than 8 squares were heard. So
    does a covariance that differs between regions, or between wood and other land (:mod:`~lomsong.surface.regimes`).

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
    learned
        Whether boosted trees are offered as a layer of the mean.

    Attributes
    ----------
    kriging_ : CoverageKriging
    readings_, bins_ : DataFrame of :func:`~lomsong.surface.blocks.readings_of`, offsets of devices taken off, and of
        :func:`~lomsong.surface.blocks.bins_of`; both with ``site``, the row of the best server in ``sites_``, or -1
    repeat_ : Repeat, how readings of one square differ
    offsets_db_ : Series, what each device was found to read above the others
    scores_ : dict of str to Scores, of each mean that was tried, by its name
    tuned_ : coefficients of the constant and of the layers "sites" and "canopy" before any trees, or None without sites
    mean_ : name of the one that was kept, "constant" or its layers, such as "sites+canopy"
    sector_offsets_db_ : what each row of ``sites_`` is louder than the other layers say, or None: no such layer
    """

    def __init__(
        self,
        neighbours: int = 40,
        block_m: float = 50.0,
        floor_dbm: float = -125.0,
        rx_height_m: float = 1.5,
        workers: int = 0,
        seed: int = 2021,
        learned: bool = False,
    ) -> None:
        self.neighbours = neighbours
        self.block_m = block_m
        self.floor_dbm = floor_dbm
        self.rx_height_m = rx_height_m
        self.workers = workers
        self.seed = seed
        self.learned = learned

    def fit(
        self,
        samples: gpd.GeoDataFrame,
        sites: gpd.GeoDataFrame | None = None,
        terrain: Terrain | None = None,
        floors_dbm: float | NDArray[np.float64] | None = None,
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
        floors_dbm
            Floor of each sample, shape (n,), where devices differ; None: ``floor_dbm``.

        Raises
        ------
        ColumnError, CrsError, DataError
            When the samples are no such table, have levels or words of service that cannot be, or are of several
            operators or technologies; what technologies make together is :class:`~lomsong.surface.ServiceSurface`.
        UsageError
            When a parameter or a floor is out of its limits.
        """
        self.operator_ = _operator(samples, sites, terrain)
        metric = samples.crs if in_metres(samples.crs) else metric_crs(samples)
        self.crs_ = metric if terrain is None else terrain.crs
        own = None if sites is None else sites[sites["operator"] == self.operator_]
        self.sites_ = own if own is not None and len(own) else None
        floors = self.floor_dbm if floors_dbm is None else floors_dbm
        if np.shape(floors) not in ((), (len(samples),)):
            raise fault(DataError, "field_floors", given=str(np.shape(floors)), samples=len(samples))
        given: dict[str, ArrayLike] = {"neighbours": self.neighbours, "block_m": self.block_m, "floor_dbm": floors}
        within("CoverageSurface", LIMITS, given)
        readings = readings_of(samples, self.crs_, self.block_m, floors)
        if not len(readings):
            raise fault(DataError, "field_no_sample", samples=len(samples))
        self.repeat_ = repeatability(readings)
        self.offsets_db_ = device_offsets(readings, self.repeat_)
        self.readings_ = without_offsets(readings, self.offsets_db_)
        self.bins_ = bins_of(self.readings_, self.repeat_)
        mean = Mean((), self.sites_, terrain, self.rx_height_m)
        heard = mean.heard(self._at())
        self._choose_mean(mean, heard, self._served(samples, readings, heard))
        self.bins_["site"] = -1 if heard is None else heard.site
        self.readings_["site"] = self.bins_.set_index("square")["site"].reindex(self.readings_["square"]).to_numpy()
        return self

    def _served(self, samples: gpd.GeoDataFrame, readings: pd.DataFrame, heard: Heard | None) -> Served | None:
        """Return which sectors served the squares, or None where neither samples nor sites tell."""
        if heard is None or self.sites_ is None:
            return None
        cell = served_by(samples, readings, self.bins_["square"], self.sites_)
        own = (cell >= 0) & (heard.site >= 0) & (cells_of_sites(self.sites_)[heard.site] == cell)
        band = self.sites_["band_mhz"] if "band_mhz" in self.sites_ else pd.Series(0.0, self.sites_.index)
        codes = pd.factorize(band, use_na_sentinel=False)[0].astype(np.int64)
        own &= ~self.bins_["censored"].to_numpy()
        served = Served(heard.site, own, np.zeros(len(own), np.int64), codes)
        return served if served.enough else None

    def _choose_mean(self, mean: Mean, heard: Heard | None, served: Served | None) -> None:
        at = self._at()
        self.served_ = served
        self.sector_offsets_db_: NDArray[np.float64] | None = None
        tried = self._fitted()
        self.scores_: dict[str, Scores] = {}
        self.tuned_: NDArray[np.float64] | None = None
        columns = np.empty((len(at), 0))
        block_m = self._side_m(tried)
        level, weights, censored = self._values()
        told = np.count_nonzero(~censored) >= MIN_POINTS
        for name in _offered(mean, self.learned and len(at) >= LEAST_LEARNED, served is not None) if told else []:
            if name in ("canopy", "sectors") and "sites" not in mean.layers:
                continue  # they correct the physics, which was not kept
            more, learned = self._layer(mean, name, heard, block_m, tried)
            offered = np.hstack([columns, more])
            model = self._fitted(offered, tried.covariance_)
            if not self.scores_:
                # The range is that of what the first layer leaves: blocks are to be as wide for every mean.
                block_m = self._side_m(model)
                self.scores_[CONSTANT] = cross_validate(tried, *self._values(), block_m, self.seed)
            layers = replace(mean, layers=(*mean.layers, name), learned=learned)
            scores = cross_validate(model, *self._values(), block_m, self.seed)
            self.scores_[layers.name] = scores
            if _better(scores, self.scores_[mean.name]):
                mean, tried, columns = layers, model, offered
                if name in ("sites", "canopy"):
                    self.tuned_ = model.coefficients_
        self.mean_layers_, self.mean_ = mean, mean.name
        if "sectors" not in mean.layers:
            self.sector_offsets_db_ = None
        woods = [] if mean.terrain is None else [Woods(mean.terrain)]
        self.kriging_ = tried.learn_calibration(level, censored).learn_regimes(level, weights, censored, woods)
        if self.scores_:
            self.scores_[mean.name] = cross_validate(self.kriging_, level, weights, censored, block_m, self.seed)

    def _layer(
        self, mean: Mean, name: str, heard: Heard | None, block_m: float, before: CoverageKriging
    ) -> tuple[NDArray[np.float64], LearnedCorrection | None]:
        """Return the columns of a layer at the bins; of trees and sectors, as they speak of blocks they never saw."""
        at = self._at()
        if name == "sectors":
            return self._offsets_of(before.sample_basis_ @ before.coefficients_, block_m), mean.learned
        if name != "learned":
            return mean.layer(name, at, heard), mean.learned
        learned = LearnedCorrection()
        block = np.unique(np.floor(at / block_m), axis=0, return_inverse=True)[1].ravel()
        level, _, censored = self._values()
        features = mean.features(at, heard)
        learned.fit(features[~censored], level[~censored], block[~censored])
        column = learned.predict(features)
        column[~censored] = learned.left_out_dbm_
        return column.reshape(-1, 1), learned

    def _offsets_of(self, mean_dbm: NDArray[np.float64], block_m: float) -> NDArray[np.float64]:
        """Estimate the offsets of sectors; return their column at the bins, each without the bin's own fold."""
        assert self.served_ is not None
        at, fold = self._at(), np.full(len(self.bins_), -1)
        block = np.unique(np.floor(at / block_m), axis=0, return_inverse=True)[1].ravel()
        for number, held in enumerate(block_folds(at, block_m, seed=self.seed)):
            fold[held] = number
        level, _, censored = self._values()
        self.served_, residual = replace(self.served_, block=block, own=self.served_.own & ~censored), level - mean_dbm
        self.sector_offsets_db_ = self.served_.offsets(residual)
        self.sector_block_m_ = block_m
        return self.served_.column(residual, fold)

    def _side_m(self, model: CoverageKriging) -> float:
        widest_m = max(float(np.ptp(self._at(), axis=0).max()) / 4, self.block_m)
        return float(np.clip(BLOCK_RANGES * model.covariance_.scale_m, 2 * self.block_m, widest_m))

    def _at(self) -> NDArray[np.float64]:
        return self.bins_[["easting_m", "northing_m"]].to_numpy()

    def _values(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
        bins = self.bins_
        return bins["level_dbm"].to_numpy(), bins["effective"].to_numpy(), bins["censored"].to_numpy()

    def _fitted(self, trend: NDArray[np.float64] | None = None, start: Covariance | None = None) -> CoverageKriging:
        """Fit all but the calibration."""
        told = self.repeat_.within_db2 + self.repeat_.between_db2 if self.repeat_.squares else None
        return self._kriging().fit(
            self._at(), *self._values(), trend, calibration=Calibration(), sample_db2=told, start=start
        )

    def _kriging(self) -> CoverageKriging:
        return CoverageKriging(self.neighbours, self.workers, self.seed)

    def without(self, kept: NDArray[np.bool_]) -> CoverageSurface:
        """Return the field as it would be without some readings.

        Bins, coefficients of the mean and censoring are estimated from the readings kept; covariance, calibration and
        the choice of the mean stay as they are.

        Parameters
        ----------
        kept
            Which of ``readings_`` to keep, shape (readings,).
        """
        if not kept.any():
            raise fault(DataError, "field_nothing_kept")
        part = copy(self)
        part.readings_ = self.readings_[kept].reset_index(drop=True)
        bins = bins_of(part.readings_, self.repeat_)
        rows = pd.Index(self.bins_["square"]).get_indexer(pd.Index(bins["square"]))
        same = ["easting_m", "northing_m", "site"]
        part.bins_ = bins.assign(**{name: self.bins_[name].to_numpy()[rows] for name in same})
        trend, known = self.kriging_.sample_basis_[rows, 1:], self.kriging_
        if "sectors" in self.mean_layers_.layers and self.served_ is not None:
            part.served_ = self.served_.part(rows)
            others = self.kriging_.sample_basis_[rows, :-1] @ self.kriging_.coefficients_[:-1]
            trend = np.hstack([trend[:, :-1], part._offsets_of(others, self.sector_block_m_)])
        part.kriging_ = self._kriging().fit(
            part._at(), *part._values(), trend, known.covariance_, known.calibration_, regimes=known.regimes_
        )
        return part

    @property
    def physics_(self) -> bool:
        """Whether the mean knows the sites, so that it says something where nobody measured."""
        return self.tuned_ is not None

    def locate(self, points: gpd.GeoDataFrame | NDArray[np.float64]) -> Places:
        """Prepare places: points in any CRS, or easting and northing in ``crs_``, shape (n, 2)."""
        check_is_fitted(self, "kriging_")
        if isinstance(points, GEOGRAPHIC):
            require_crs(points, "points")
            at, index = coordinates(points, self.crs_), points.index
        else:
            at = _numbers(points)
            index = pd.RangeIndex(len(at))
            if len(at) and np.abs(at).max() <= 360:
                raise fault(CrsError, "field_degrees", crs=self.crs_.to_string())
        bad = ~np.isfinite(at).all(axis=1)
        if bad.any():
            raise fault(DataError, "field_places", count=int(bad.sum()), row=int(bad.argmax()))
        heard = self.mean_layers_.heard_where_needed(at)
        sector = None if heard is None else heard.site
        return Places(at, self.mean_layers_.columns(at, heard), index, sector)

    def _trend(self, places: Places) -> NDArray[np.float64] | None:
        """Return the columns of the mean at places; the offsets of sectors are the last."""
        if "sectors" not in self.mean_layers_.layers or places.sector is None or self.sector_offsets_db_ is None:
            return places.trend
        column = at_sectors(self.sector_offsets_db_, places.sector)
        return column if places.trend is None else np.hstack([places.trend, column])

    def _repr_html_(self) -> str:
        if not hasattr(self, "kriging_"):
            return Card(type(self).__name__, [(say("state"), say("not_fitted"))])._repr_html_()
        covariance, score = self.kriging_.covariance_, self.scores_.get(self.mean_)
        facts = [
            (say("squares"), count(len(self.bins_))), (say("silent"), count(int(self.bins_["censored"].sum()))),
            (say("mean"), self.mean_), (say("sill"), count(covariance.sill_db2, 1)),
            (say("range"), count(covariance.range_m)),
        ]  # fmt: skip
        if score is not None:
            facts += [(say("rmse"), count(score.rmse_db, 2)), (say("inside90"), share(score.inside90))]
        return Card(say("surface", operator=self.operator_), facts)._repr_html_()

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self._repr_html_()}

    def predict(self, points: gpd.GeoDataFrame | NDArray[np.float64] | Places) -> pd.DataFrame:
        """Estimate the level.

        Returns
        -------
        Frame on the index of ``points``: level_dbm; level_sd_db, of what a new survey would read there; information,
        the share of the prior variance that measurements take away (0 nothing, 1 all); nearest_sample_m; home_sd_db,
        of the level itself, without what is of the measurement alone
        (:data:`~lomsong.surface.kriging.HOME_SHARE`).
        """
        places = self._places(points)
        if not len(places):
            return pd.DataFrame(np.empty((0, len(PREDICTED))), places.index, PREDICTED)
        found = self.kriging_.estimate(places.at, self._trend(places), places.kept)
        return pd.DataFrame(dict(zip(PREDICTED, found, strict=True)), index=places.index)

    def probability(self, points: gpd.GeoDataFrame | NDArray[np.float64] | Places, usable_dbm: float) -> pd.Series:
        """Return the probability that the level is at or above ``usable_dbm``, on the index of ``points``.

        Raises
        ------
        UsageError
            When ``usable_dbm`` is no level.
        """
        within("CoverageSurface", LIMITS, {"usable_dbm": usable_dbm})
        level = self.predict(points)
        p = ndtr((level["level_dbm"] - usable_dbm) / level["home_sd_db"])
        return pd.Series(p, index=level.index, name="p_usable")

    def draw(
        self, points: gpd.GeoDataFrame | NDArray[np.float64] | Places, n: int = 200, seed: int = 0
    ) -> NDArray[np.float32]:
        """Draw the level at all points jointly ``n`` times, shape (n, points), dBm."""
        places = self._places(points)
        return self.drawer(n, seed)(places).T if len(places) else np.empty((n, 0), np.float32)

    def drawer(
        self, n: int, seed: int, stream: int = 0, shared: Shared | None = None, noise_apart: bool = False
    ) -> Callable[[Places], NDArray[np.float32]]:
        """Return a function from places to ``n`` joint draws, shape (places, n), for places asked for in pieces.

        Drawers of one seed and different streams, an operator each, are independent but for what is ``shared``, see
        :func:`~lomsong.surface.shared.shared_shadowing`. Unless ``noise_apart`` the draws are of the level itself, with
        ``home_sd_db``: what is of the place in the noise of a bin hangs together in a field of which the samples know
        nothing (:func:`~lomsong.surface.draws.unseen_field`) and does not average out of a commune's total.
        """
        check_is_fitted(self, "kriging_")
        sampler = self.kriging_.sampler(n, seed, stream, shared, noise_apart)
        return lambda places: sampler(places.at, self._trend(places), places.kept)

    def _places(self, points: gpd.GeoDataFrame | NDArray[np.float64] | Places) -> Places:
        return points if isinstance(points, Places) else self.locate(points)


def _numbers(points: ArrayLike) -> NDArray[np.float64]:
    """Return easting and northing as an array, once they are a pair of numbers each."""
    try:
        at = np.asarray(points, float)
    except (TypeError, ValueError):
        at = np.empty(0)
    if isinstance(points, pd.DataFrame) or at.ndim != 2 or at.shape[1] != 2:
        raise fault(DataError, "field_no_frame_of_points", kind=type(points).__name__, shape=str(np.shape(points)))
    return at


def _operator(samples: gpd.GeoDataFrame, sites: gpd.GeoDataFrame | None, terrain: Terrain | None) -> str:
    """Return whose samples these are, once they are known to be samples of one operator."""
    if not isinstance(samples, gpd.GeoDataFrame):
        raise fault(ColumnError, "field_no_frame", kind=type(samples).__name__)
    missing = [name for name in ("operator", "rsrp_dbm", "service") if name not in samples]
    missing += ["geometry"] * (samples.active_geometry_name is None)
    if missing:
        raise fault(ColumnError, "field_columns", columns=", ".join(missing))
    require_crs(samples, "samples")
    if not len(samples):
        raise fault(DataError, "field_no_sample", samples=0)
    _WHOSE.check(samples, "samples")
    with suppress(TypeError, ValueError):  # what is no number, its check tells
        samples = samples.assign(rsrp_dbm=samples["rsrp_dbm"].astype(float).replace([np.inf, -np.inf], np.nan))
    _LEVEL.check(samples.loc[samples["service"] == "level", ["rsrp_dbm"]], "samples")
    operators = samples["operator"].unique()
    if len(operators) != 1:
        raise fault(DataError, "field_operators", count=len(operators), operators=", ".join(map(str, operators)))
    if "technology" in samples:
        heard = samples["technology"][samples["service"] != "no_service"]
        told = sorted(set(heard.dropna().astype(str)) - {""})
        if len(told) > 1:
            raise fault(DataError, "field_technologies", count=len(told), technologies=", ".join(told))
    if sites is not None and terrain is None:
        raise fault(DataError, "field_terrain")
    return str(operators[0])


def _better(scores: Scores, before: Scores) -> bool:
    """Return whether a layer takes away more than chance does and leaves no wider doubt: few bins tell no mean."""
    return scores.rmse_db < (1 - LEAST_GAIN) * before.rmse_db and scores.crps_db < before.crps_db


def _offered(mean: Mean, learned: bool, sectors: bool) -> list[str]:
    """Return the layers to try, in their order."""
    if mean.terrain is None:
        return []
    layers = ["land"] if mean.sites is None else ["sites", "canopy"]
    return [*layers, *["learned"] * learned, *["sectors"] * sectors]
