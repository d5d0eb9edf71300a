"""Local simple kriging around a mean, with censored samples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

import geopandas as gpd
import numpy as np
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS
from scipy.special import ndtr
from scipy.stats import norm
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data

from lomsong.chunks import in_chunks
from lomsong.errors import DataError
from lomsong.geo import coordinates, require_metres
from lomsong.surface.calibration import Calibration, Held, calibrate
from lomsong.surface.draws import Shared, apply_weights, spectral_field, unseen_field, white_noise
from lomsong.surface.given import mask, vector
from lomsong.surface.neighbourhood import Neighbourhood
from lomsong.surface.posterior import Kept, Posterior, Solved, krige, mean_variance
from lomsong.surface.regimes import Blend, Regimes, Regions, drawn_field, likelier
from lomsong.surface.vecchia import MIN_POINTS, NOWHERE, PRIOR, Covariance, Fit, Likelihood
from lomsong.texts import fault

CHUNK = 16_384
"""Places handled at a time: memory stays flat, and the result does not depend on it."""

FIRST_EVALUATIONS, WARM_EVALUATIONS, FURTHER_EVALUATIONS = 300, 120, 60
"""Likelihoods tried at first, at first from a covariance given, and again once censored values have been replaced."""

CENSORING_ROUNDS, MOST_HIDDEN = 2, 0.5
"""Times that censored values are replaced, and their share above which their limits do not tell a first covariance."""
MAX_CALIBRATED = 4_000
"""Samples on which the calibration is learnt; of more a random subset is."""

HOME_SHARE = 0.5
"""Share of the noise of a bin that is of the place and not of the measurement: unevenness within the square, and what
the mean misses off the road. A prior, the middle of what can be: no survey on roads tells the two apart."""

FAINTER_SHARE, FAINT = 0.25, 0.25
"""Standard deviation of a mean that is fainter than all but the share ``FAINT`` of what was heard, as a share of how
much. A prior too: deep in a hole nothing is heard that would tell. By so much do two models of hills differ."""

LEAST_GAIN = 0.01
"""Share of the CRPS of blocks left out that regimes have to take away: less is chance, the best of several being
kept."""

GEOGRAPHIC = (gpd.GeoDataFrame, gpd.GeoSeries)
Locations: TypeAlias = ArrayLike | gpd.GeoDataFrame | gpd.GeoSeries

EP_ROUNDS, EP_DAMPING, EP_TOLERANCE_DB = 12, 0.7, 0.05


class Estimate(NamedTuple):
    """What is known of the level at places; every array has shape (m,).

    ``level_sd_db`` is that of a new bin, ``home_sd_db`` that of a home, whose level has no noise of measurement
    (:data:`HOME_SHARE`). ``information`` is the share of the field's prior variance that the samples take away, 0
    nothing to 1 all; ``nearest_m`` the distance to the nearest sample.
    """

    level_dbm: NDArray[np.float64]
    level_sd_db: NDArray[np.float64]
    information: NDArray[np.float64]
    nearest_m: NDArray[np.float64]
    home_sd_db: NDArray[np.float64]


class CoverageKriging(RegressorMixin, BaseEstimator):
    """Signal level at places nobody measured, by local simple kriging.

    The mean is a constant, or a constant and given columns, estimated by generalised least squares; the residual has
    an exponential covariance with nugget whose parameters maximise Vecchia's likelihood; it differs from region to
    region where that pays (:meth:`learn_regimes`). Each place is estimated from
    ``neighbours`` samples around the known mean, half of them the nearest and half of a thinned survey that reaches
    farther, never around a mean of those few (a windowed ordinary kriging re-estimates it from one road and fails
    beside it). The standard deviation is calibrated on blocks of space left out. A censored value, of which only an
    upper limit is known, enters by expectation propagation (Minka 2001) with the local neighbourhood as its cavity.

    Parameters
    ----------
    neighbours
        Samples that each place is estimated from.
    workers
        Threads; 0 means all cores. The result does not depend on it.
    seed
        Of the random order in the likelihood.

    Attributes
    ----------
    covariance_ : Covariance
    calibration_ : Calibration, how far the predicted variance is to be believed
    coefficients_ : ndarray (q,), of the constant and of each trend column
    regimes_ : Regimes, how the covariance differs from place to place, or None: nowhere

    References
    ----------
    Chilès and Delfiner (2012), Geostatistics, section 3.2 (simple kriging); Minka (2001), UAI, for EP.
    """

    def __init__(self, neighbours: int = 40, workers: int = 0, seed: int = 2021) -> None:
        self.neighbours = neighbours
        self.workers = workers
        self.seed = seed

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        # The checks' data have ten columns and no place in them; two of those tell little.
        tags.regressor_tags.poor_score = True
        return tags

    def fit(
        self,
        X: Locations,
        y: ArrayLike,
        weights: ArrayLike | None = None,
        censored: ArrayLike | None = None,
        trend: ArrayLike | None = None,
        covariance: Covariance | None = None,
        calibration: Calibration | None = None,
        sample_db2: float | None = None,
        start: Covariance | None = None,
        regimes: Regimes | None = None,
    ) -> CoverageKriging:
        """Fit mean and covariance and keep the samples.

        Parameters
        ----------
        X
            Easting and northing, shape (n, 2), m; further columns are not used. Or points in a CRS in metres, as a
            GeoDataFrame or GeoSeries; then places may be points in any CRS.
        y
            Levels, shape (n,), dBm; where ``censored``, the limit below which the level lies.
        weights
            Samples behind each value, shape (n,); None: one.
        censored
            True where only the limit is known, shape (n,).
        trend
            Columns of the mean besides the constant, shape (n, q).
        covariance
            Taken as it is; None: estimated.
        calibration
            Taken as it is; None: estimated with the covariance, none where the covariance is given.
        sample_db2
            Variance of one sample about the level of its place where repeated samples have told it, dB²; None:
            estimated with the covariance.
        start
            A covariance from which the search starts, and is shorter, such as that of another mean; None: a guess.
        regimes
            Taken as they are with ``covariance``; where that is None they are estimated with the calibration.

        Raises
        ------
        DataError
            When nothing, or no number, is given, or shapes differ.
        """
        if isinstance(X, GEOGRAPHIC):
            require_metres(X, "X")
        self.crs_: CRS | None = X.crs if isinstance(X, GEOGRAPHIC) else None
        points = validate_data(self, self._plain(X), dtype=float, ensure_min_features=2)[:, :2]
        n = len(points)
        values = vector(y, n, "y")
        weight = np.ones(n) if weights is None else vector(weights, n, "weights")
        if (weight <= 0).any():
            raise fault(DataError, "field_weights", count=int((weight <= 0).sum()))
        hidden = np.zeros(n, bool) if censored is None else mask(censored, n, "censored")
        basis = self._basis(n, trend)
        self.points_, self.sample_basis_ = points, basis
        if np.count_nonzero(~hidden) < MIN_POINTS:
            covariance = covariance or start or PRIOR
        first = FIRST_EVALUATIONS if start is None else WARM_EVALUATIONS
        first, again = (first, FURTHER_EVALUATIONS) if covariance is None else (0, 0)
        likelihood = Likelihood(points, basis, weight, self.seed, sample_db2)
        self.regimes_: Regimes | None = None if covariance is None else regimes
        scale = None if self.regimes_ is None else self.regimes_.scale(points)
        louder = 1.0 if scale is None else scale**2
        known = covariance or start
        rounds = [again] * CENSORING_ROUNDS if covariance is None else [0]
        if hidden.mean() > MOST_HIDDEN:
            # So many limits, taken for levels, make a field calm and sure: they move before anything is learnt of it.
            known, first, rounds[0] = known or PRIOR, 0, first
        self.amplitude_ = NOWHERE if known is None else self._amplitude(points, known)
        fitted = likelihood.fit(values, np.zeros(n), known, first, self.amplitude_, scale)
        self._keep(fitted, values, basis, fitted.covariance.noise_db2(weight) * louder)
        for evaluations in rounds if hidden.any() else []:
            own = fitted.covariance.noise_db2(weight) * louder
            self._propagate(values, basis, own, hidden)
            extra = np.where(hidden, np.maximum(self.noise_ - own, 0), 0.0)
            pseudo = self.residual_ + basis @ self.coefficients_
            fitted = likelihood.fit(pseudo, extra, fitted.covariance, evaluations, self.amplitude_, scale)
            own = fitted.covariance.noise_db2(weight) * louder
            self._keep(fitted, pseudo, basis, np.where(hidden, self.noise_, own))
        # A new bin holds as many samples as any of these by chance: the mean of their noises.
        self.place_noise_db2_ = float(fitted.covariance.noise_db2(weight).mean())
        heard = (basis @ self.coefficients_)[~hidden]
        self.faint_dbm_ = float(np.quantile(heard, FAINT)) if len(heard) else -np.inf
        self.calibration_: Calibration = calibration or Calibration()
        if calibration is None and covariance is None:
            self.learn_calibration(values, hidden).learn_regimes(values, weight, hidden)
        return self

    def learn_regimes(
        self,
        values: NDArray[np.float64],
        weight: NDArray[np.float64],
        hidden: NDArray[np.bool_],
        blends: Sequence[Blend] = (),
    ) -> CoverageKriging:
        """Let the covariance differ from place to place where likelihood and blocks left out both say that it does.

        Regimes are kept when they lower the BIC and, calibrated anew, the CRPS of the blocks on which the calibration
        is learnt by :data:`LEAST_GAIN`; otherwise nothing changes.

        Parameters
        ----------
        values, weight, hidden
            Levels, samples and whether censored, as given to :meth:`fit`, shape (n,).
        blends
            Regimes to try besides the regions that the survey is parted into.
        """
        if not np.isfinite(self.calibration_.crps_db):
            return self  # too little to calibrate with is too little to tell regimes by
        likelihood = Likelihood(self.points_, self.sample_basis_, weight, self.seed)
        regions = Regions.of(likelihood.points)
        tried = [*blends, *([] if regions is None else [regions])]
        best, least = None, (1 - LEAST_GAIN) * self.calibration_.crps_db
        for covariance, regimes in likelier(likelihood, self.residual_, ~hidden, self.covariance_, tried):
            other = CoverageKriging(**self.get_params()).fit(
                self.points_, values, weight, hidden, self.sample_basis_[:, 1:], covariance, Calibration(),
                regimes=regimes,
            )  # fmt: skip
            other.learn_calibration(values, hidden, self.covariance_.scale_m)
            if other.calibration_.crps_db < least:
                best, least = other, other.calibration_.crps_db
        if best is not None:
            # Of the given columns the first two are places: their number is that of the fit.
            self.__dict__.update(vars(best) | {"n_features_in_": self.n_features_in_, "crs_": self.crs_})
        return self

    def _amplitude(self, places: NDArray[np.float64], covariance: Covariance) -> NDArray[np.float64]:
        return NOWHERE if self.regimes_ is None else self.regimes_.amplitude(places, covariance.sill_db2)

    def _keep(
        self, fitted: Fit, values: NDArray[np.float64], basis: NDArray[np.float64], noise: NDArray[np.float64]
    ) -> None:
        self.covariance_: Covariance = fitted.covariance
        self.coefficients_ = fitted.coefficients
        self.coefficients_cov_ = fitted.coefficients_cov
        self.noise_ = noise
        self.residual_ = values - basis @ fitted.coefficients
        self.neighbourhood_ = Neighbourhood.of(self.points_, self.neighbours, fitted.covariance.scale_m, noise)

    def learn_calibration(
        self, values: NDArray[np.float64], hidden: NDArray[np.bool_], scale_m: float | None = None
    ) -> CoverageKriging:
        """Learn the calibration on blocks left out, mean and covariance as they are; censored values only inform.

        Parameters
        ----------
        values, hidden
            Levels and whether they are censored, as given to :meth:`fit`, shape (n,).
        scale_m
            Range that tells how wide the blocks are; None: that of the covariance.
        """
        scored = np.zeros(len(values), bool)
        scored[np.random.default_rng(self.seed).permutation(np.flatnonzero(~hidden))[:MAX_CALIBRATED]] = True

        def hold_out(fold: NDArray[np.bool_]) -> Held:
            kept, out = np.flatnonzero(~fold), fold & scored
            samples, noise = self.points_[kept], self.noise_[kept]
            around = Neighbourhood.of(samples, self.neighbours, self.covariance_.scale_m, noise)
            near = around.around(self.points_[out])
            near = np.where(near < 0, -1, kept[near])
            posterior = self._posterior(self.points_[out], self.sample_basis_[out], near)
            variance = posterior.field_db2 + posterior.rest_db2 + posterior.fainter_db2
            return Held(values[out] - posterior.level_dbm, variance, posterior.spread_db)

        self.calibration_ = calibrate(self.points_, scale_m or self.covariance_.scale_m, hold_out, self.seed)
        return self

    def _propagate(
        self,
        limit: NDArray[np.float64],
        basis: NDArray[np.float64],
        own_noise: NDArray[np.float64],
        hidden: NDArray[np.bool_],
    ) -> None:
        """Replace censored values by pseudo-observations (expectation propagation, probit site, damped)."""
        rows = np.flatnonzero(hidden)
        mean_at = (basis @ self.coefficients_)[rows]
        site_noise = own_noise[rows]
        near = self.neighbourhood_.around(self.points_[rows], exclude=rows)
        precision = 1.0 / self.noise_[rows]
        shift = self.residual_[rows] * precision
        for _ in range(EP_ROUNDS):
            cavity_mean, cavity_variance, _, _ = self._solve(self.points_[rows], near)
            total = cavity_variance + site_noise
            z = (limit[rows] - mean_at - cavity_mean) / np.sqrt(total)
            ratio = np.exp(norm.logpdf(z) - norm.logcdf(z))
            tilted_mean = cavity_mean - cavity_variance * ratio / np.sqrt(total)
            tilted_variance = cavity_variance - cavity_variance**2 * ratio * (z + ratio) / total
            tilted_variance = np.maximum(tilted_variance, 1e-6 * cavity_variance)
            new_precision = np.maximum(1 / tilted_variance - 1 / cavity_variance, 1e-8)
            new_shift = tilted_mean / tilted_variance - cavity_mean / cavity_variance
            precision += EP_DAMPING * (new_precision - precision)
            shift += EP_DAMPING * (new_shift - shift)
            moved = shift / precision - self.residual_[rows]
            self.noise_[rows] = 1 / precision
            self.residual_[rows] += moved
            if np.abs(moved).mean() < EP_TOLERANCE_DB:
                break

    def predict(
        self, X: Locations, return_std: bool = False, trend: ArrayLike | None = None
    ) -> NDArray[np.float64] | tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the level at places, shape (m,), dBm; with ``return_std`` also its standard deviation, dB.

        The standard deviation is that of a new bin there: field, mean and noise of any bin, calibrated.
        """
        estimate = self.estimate(X, trend)
        return (estimate.level_dbm, estimate.level_sd_db) if return_std else estimate.level_dbm

    def probability_above(self, X: Locations, dbm: float, trend: ArrayLike | None = None) -> NDArray[np.float64]:
        """Return the probability that the level at each place is at or above ``dbm``, shape (m,)."""
        estimate = self.estimate(X, trend)
        return np.asarray(ndtr((estimate.level_dbm - dbm) / estimate.level_sd_db))

    def sample(self, X: Locations, n: int = 200, seed: int = 0, trend: ArrayLike | None = None) -> NDArray[np.float32]:
        """Draw the level at all places jointly, given the samples; shape (n, m), dBm.

        A place's draws depend on its position, the samples and the seed, not on which other places are asked for.
        """
        return self.sampler(n, seed)(X, trend, None).T

    def sampler(
        self, n: int, seed: int, stream: int = 0, shared: Shared | None = None, noise_apart: bool = True
    ) -> Callable[[Locations, ArrayLike | None, Kept | None], NDArray[np.float32]]:
        """Return a function from places, their trend and what is kept of them to ``n`` joint draws, shape (m, n), dBm.

        What the samples contribute is computed once, so that places can be asked for in pieces. Matheron's rule: an
        unconditional field on places and samples, plus the kriging of its misfit at the samples (Chilès and Delfiner
        2012, section 7.3.1). With ``noise_apart`` the noise of a bin is drawn for each place alone, as it is for the
        bins that would be measured there; without, :data:`HOME_SHARE` of its variance is that of a second field, over
        the range of the first, of which the samples know nothing (:func:`~lomsong.surface.draws.unseen_field`): draws
        then have ``home_sd_db``. For ``stream`` and ``shared`` see :func:`~lomsong.surface.draws.spectral_field`.
        """
        check_is_fitted(self, "residual_")
        field = (
            spectral_field(self.covariance_.parts, n, seed, stream, shared)
            if self.regimes_ is None
            else drawn_field(self.regimes_, self.covariance_, n, seed, stream, shared)
        )
        rng = np.random.default_rng([seed, 2, stream])
        noise_seed = int(rng.integers(2**63))
        spread = np.linalg.cholesky(self.coefficients_cov_ + 1e-12 * np.eye(len(self.coefficients_)))
        beta = self.coefficients_[:, None] + spread @ rng.standard_normal((len(spread), n))
        misfit = self._misfit(field, beta, rng)
        unseen = None if noise_apart else unseen_field(self.covariance_.scale_m, n, seed, stream, shared)
        noise_db = np.float32(np.sqrt((1.0 if noise_apart else HOME_SHARE) * self.place_noise_db2_))

        def draw(X: Locations, trend: ArrayLike | None = None, kept: Kept | None = None) -> NDArray[np.float32]:
            places = self._at(X)
            basis = self._place_basis(places, trend)
            draws = np.empty((len(places), n), dtype=np.float32)

            def part_of(part: NDArray[np.int64]) -> None:
                known = None if kept is None else kept.known(part)
                solved = known or self._solved(places[part], basis[part])[0]
                level = field(places[part])
                level += (basis[part] @ beta).astype(np.float32)
                noise = white_noise(places[part], n, noise_seed) if unseen is None else unseen(places[part])
                noise *= noise_db
                if self.regimes_ is not None:
                    noise *= self.regimes_.scale(places[part]).astype(np.float32)[:, None]
                level += noise
                apply_weights(solved.weights, solved.near, misfit, level)
                expected = solved.level_dbm.astype(np.float32)[:, None]
                wider = np.sqrt(solved.factor).astype(np.float32)[:, None]
                level -= expected
                level *= wider
                level += expected
                draws[part] = level

            self._in_chunks(places, part_of)
            return draws

        return draw

    def _misfit(
        self,
        field: Callable[[NDArray[np.float64]], NDArray[np.float32]],
        beta: NDArray[np.float64],
        rng: np.random.Generator,
    ) -> NDArray[np.float32]:
        """Residual of the samples less that of the drawn world, shape (samples, n)."""
        misfit = rng.standard_normal((len(self.points_), beta.shape[1]), dtype=np.float32)
        misfit *= -np.sqrt(self.noise_)[:, None].astype(np.float32)
        misfit += (self.sample_basis_ @ (self.coefficients_[:, None] - beta)).astype(np.float32)
        misfit += self.residual_[:, None].astype(np.float32)
        for start in range(0, len(self.points_), CHUNK):
            part = slice(start, start + CHUNK)
            misfit[part] -= field(self.points_[part])
        return misfit

    def estimate(self, X: Locations, trend: ArrayLike | None = None, kept: Kept | None = None) -> Estimate:
        """Return level, standard deviation and how much the samples tell about each place; fill what is to be kept."""
        check_is_fitted(self, "residual_")
        places = self._at(X)
        basis = self._place_basis(places, trend)

        def part_of(part: NDArray[np.int64]) -> None:
            solved, posterior = self._solved(places[part], basis[part])
            if kept is not None:
                kept.keep(part, solved)
            nearest_m = np.hypot(*(places[part] - self.points_[solved.near[:, 0]]).T)
            variance = posterior.field_db2 + posterior.rest_db2
            at_home = variance - (1 - HOME_SHARE) * posterior.noise_db2
            std, home_std = np.sqrt(solved.factor * np.array([variance, at_home]))
            information = 1 - posterior.field_db2 / posterior.prior_db2
            found[:, part] = posterior.level_dbm, std, information, nearest_m, home_std

        if kept is not None:
            kept.prepare(self.neighbourhood_.wanted)
        found = np.empty((5, len(places)))
        self._in_chunks(places, part_of)
        return Estimate(*found)

    def _solved(self, places: NDArray[np.float64], basis: NDArray[np.float64]) -> tuple[Solved, Posterior]:
        near = self.neighbourhood_.around(places)
        posterior = self._posterior(places, basis, near)
        return Solved(near, posterior.weights, posterior.level_dbm, self._factor(posterior)), posterior

    def _posterior(self, places: NDArray[np.float64], basis: NDArray[np.float64], near: NDArray[np.int64]) -> Posterior:
        residual, field_db2, spread, weights = self._solve(places, near)
        mean_db2 = mean_variance(near, weights, self.sample_basis_, basis, self.coefficients_cov_)
        expected = basis @ self.coefficients_
        louder: NDArray[np.float64] | float = 1.0 if self.regimes_ is None else self.regimes_.scale(places) ** 2
        prior, noise = self.covariance_.sill_db2 * louder, self.place_noise_db2_ * louder
        fainter_db2 = (FAINTER_SHARE * np.maximum(self.faint_dbm_ - expected, 0)) ** 2 * field_db2 / prior
        level = residual + expected
        return Posterior(level, field_db2, mean_db2 + noise, fainter_db2, spread, weights, noise, prior)

    def _factor(self, posterior: Posterior) -> NDArray[np.float64]:
        drawn = posterior.field_db2 + posterior.rest_db2
        variance = drawn + posterior.fainter_db2
        return self.calibration_.factor(variance, posterior.spread_db) * (variance / drawn)

    def _at(self, X: Locations) -> NDArray[np.float64]:
        return np.asarray(validate_data(self, self._plain(X), dtype=float, reset=False)[:, :2])

    def _plain(self, X: Locations) -> ArrayLike:
        """Return points as easting and northing in the CRS of the fit; what is no GeoDataFrame as it is."""
        if not isinstance(X, GEOGRAPHIC):
            return X
        if self.crs_ is None:  # fitted to numbers: those of places are taken to be of the same system
            require_metres(X, "X")
        return coordinates(X, X.crs if self.crs_ is None else self.crs_)

    def _basis(self, n: int, trend: ArrayLike | None) -> NDArray[np.float64]:
        columns = [np.ones((n, 1))]
        if trend is not None:
            extra = np.asarray(trend, float).reshape(n, -1)
            if not np.isfinite(extra).all():
                raise fault(DataError, "field_trend")
            columns.append(extra)
        return np.hstack(columns)

    def _place_basis(self, places: NDArray[np.float64], trend: ArrayLike | None) -> NDArray[np.float64]:
        basis = self._basis(len(places), trend)
        given, fitted = basis.shape[1] - 1, len(self.coefficients_) - 1
        if given != fitted:
            raise fault(DataError, "field_trend_columns", given=given, fitted=fitted)
        return basis

    def _solve(
        self, places: NDArray[np.float64], near: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        mean, variance, spread = np.empty((3, len(places)))
        known = self.covariance_
        weights = np.zeros(near.shape)
        krige(
            places, near, self.points_, self.residual_, self.noise_,
            known.sill_db2, known.range_m, known.short, self.amplitude_, self._amplitude(places, known),
            mean, variance, spread, weights,
        )  # fmt: skip
        return mean, variance, spread, weights

    def _in_chunks(self, places: NDArray[np.float64], function: Callable[[NDArray[np.int64]], None]) -> None:
        """Call ``function`` with rows of places that lie together, which the trees find faster."""
        strip = np.floor(places[:, 1] / self.covariance_.scale_m).astype(np.int64)
        order = np.lexsort((places[:, 0], strip))
        in_chunks(len(places), lambda part: function(order[part]), chunk=CHUNK, workers=self.workers)
