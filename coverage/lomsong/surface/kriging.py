"""Local simple kriging around a mean, with censored samples."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr
from scipy.stats import norm
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data

from lomsong.chunks import in_chunks
from lomsong.errors import DataError
from lomsong.surface.calibration import Calibration, Held, calibrate
from lomsong.surface.draws import Shared, apply_weights, spectral_field, unseen_field, white_noise
from lomsong.surface.neighbourhood import Neighbourhood
from lomsong.surface.vecchia import Covariance, Fit, Likelihood, solve_local
from lomsong.texts import fault

CHUNK = 16_384
"""Places handled at a time: memory stays flat, and the result does not depend on it."""

FIRST_EVALUATIONS, WARM_EVALUATIONS, FURTHER_EVALUATIONS = 300, 120, 60
"""Likelihoods tried at first, at first from a covariance given, and again once censored values have been replaced."""

CENSORING_ROUNDS = 2
MAX_CALIBRATED = 4_000
"""Samples on which the calibration is learnt; of more a random subset is."""

HOME_SHARE = 0.5
"""Share of the noise of a bin that is of the place and not of the measurement: unevenness within the square, and what
the mean misses off the road. A prior, the middle of what can be: no survey on roads tells the two apart."""

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


class Posterior(NamedTuple):
    """What the samples say of places before calibration, each of shape (m,), weights (m, k).

    ``field_db2`` is the variance of the field, ``rest_db2`` that of the mean and of the noise; ``spread_db`` the
    standard deviation of the samples around.
    """

    level_dbm: NDArray[np.float64]
    field_db2: NDArray[np.float64]
    rest_db2: NDArray[np.float64]
    spread_db: NDArray[np.float64]
    weights: NDArray[np.float64]


@njit(cache=True, nogil=True)
def _krige(
    places: NDArray[np.float64],
    near: NDArray[np.int64],
    points: NDArray[np.float64],
    residual: NDArray[np.float64],
    noise: NDArray[np.float64],
    sill: float,
    range_m: float,
    short: float,
    mean: NDArray[np.float64],
    variance: NDArray[np.float64],
    spread: NDArray[np.float64],
    weights: NDArray[np.float64],
) -> None:
    """Write the kriged residual, its variance, the samples' standard deviation and the weights of each place."""
    factor = np.empty((near.shape[1], near.shape[1]))
    nearest = (near.shape[1] + 1) // 2
    for i in range(places.shape[0]):
        at = places[i]
        variance[i] = solve_local(points, noise, near[i], at[0], at[1], sill, range_m, short, factor, weights[i])
        total, count, first, second = 0.0, 0, 0.0, 0.0
        for a in range(near.shape[1]):
            if near[i, a] < 0:
                weights[i, a:] = 0.0
                break
            value = residual[near[i, a]]
            total += weights[i, a] * value
            if a < nearest:
                count, first, second = count + 1, first + value, second + value * value
        mean[i] = total
        spread[i] = np.sqrt(max(second / count - (first / count) ** 2, 0.0)) if count else 0.0


class CoverageKriging(RegressorMixin, BaseEstimator):
    """Signal level at places nobody measured, by local simple kriging.

    The mean is a constant, or a constant and given columns, estimated by generalised least squares; the residual has
    an exponential covariance with nugget whose parameters maximise Vecchia's likelihood. Each place is estimated from
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
        X: ArrayLike,
        y: ArrayLike,
        weights: ArrayLike | None = None,
        censored: ArrayLike | None = None,
        trend: ArrayLike | None = None,
        covariance: Covariance | None = None,
        calibration: Calibration | None = None,
        sample_db2: float | None = None,
        start: Covariance | None = None,
    ) -> CoverageKriging:
        """Fit mean and covariance and keep the samples.

        Parameters
        ----------
        X
            Easting and northing, shape (n, 2), m; further columns are not used.
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

        Raises
        ------
        DataError
            When nothing, or no number, is given, or shapes differ.
        """
        points = validate_data(self, X, dtype=float, ensure_min_features=2)[:, :2]
        n = len(points)
        values = _vector(y, n, "y")
        weight = np.ones(n) if weights is None else _vector(weights, n, "weights")
        if (weight <= 0).any():
            raise fault(DataError, "field_weights", count=int((weight <= 0).sum()))
        hidden = np.zeros(n, bool) if censored is None else np.asarray(censored, bool).reshape(n)
        basis = self._basis(n, trend)
        self.points_, self.sample_basis_ = points, basis
        first = FIRST_EVALUATIONS if start is None else WARM_EVALUATIONS
        first, again = (first, FURTHER_EVALUATIONS) if covariance is None else (0, 0)
        likelihood = Likelihood(points, basis, weight, self.seed, sample_db2)
        fitted = likelihood.fit(values, np.zeros(n), covariance or start, first)
        self._keep(fitted, values, basis, fitted.covariance.noise_db2(weight))
        rounds = CENSORING_ROUNDS if covariance is None else 1
        for _ in range(rounds if hidden.any() else 0):
            self._propagate(values, basis, weight, hidden)
            extra = np.where(hidden, np.maximum(self.noise_ - fitted.covariance.noise_db2(weight), 0), 0.0)
            pseudo = self.residual_ + basis @ self.coefficients_
            fitted = likelihood.fit(pseudo, extra, fitted.covariance, again)
            self._keep(fitted, pseudo, basis, np.where(hidden, self.noise_, fitted.covariance.noise_db2(weight)))
        # A new bin holds as many samples as any of these by chance: the mean of their noises.
        self.place_noise_db2_ = float(fitted.covariance.noise_db2(weight).mean())
        self.calibration_: Calibration = calibration or Calibration()
        return self.learn_calibration(values, hidden) if calibration is None and covariance is None else self

    def _keep(
        self, fitted: Fit, values: NDArray[np.float64], basis: NDArray[np.float64], noise: NDArray[np.float64]
    ) -> None:
        self.covariance_: Covariance = fitted.covariance
        self.coefficients_ = fitted.coefficients
        self.coefficients_cov_ = fitted.coefficients_cov
        self.noise_ = noise
        self.residual_ = values - basis @ fitted.coefficients
        self.neighbourhood_ = Neighbourhood.of(self.points_, self.neighbours, fitted.covariance.scale_m, noise)

    def learn_calibration(self, values: NDArray[np.float64], hidden: NDArray[np.bool_]) -> CoverageKriging:
        """Learn the calibration on blocks left out, mean and covariance as they are; censored values only inform.

        Parameters
        ----------
        values, hidden
            Levels and whether they are censored, as given to :meth:`fit`, shape (n,).
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
            variance = posterior.field_db2 + posterior.rest_db2
            return Held(values[out] - posterior.level_dbm, variance, posterior.spread_db)

        self.calibration_ = calibrate(self.points_, self.covariance_.scale_m, hold_out, self.seed)
        return self

    def _propagate(
        self,
        limit: NDArray[np.float64],
        basis: NDArray[np.float64],
        weight: NDArray[np.float64],
        hidden: NDArray[np.bool_],
    ) -> None:
        """Replace censored values by pseudo-observations (expectation propagation, probit site, damped)."""
        rows = np.flatnonzero(hidden)
        mean_at = (basis @ self.coefficients_)[rows]
        site_noise = self.covariance_.noise_db2(weight[rows])
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
        self, X: ArrayLike, return_std: bool = False, trend: ArrayLike | None = None
    ) -> NDArray[np.float64] | tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the level at places, shape (m,), dBm; with ``return_std`` also its standard deviation, dB.

        The standard deviation is that of a new bin there: field, mean and noise of any bin, calibrated.
        """
        estimate = self.estimate(X, trend)
        return (estimate.level_dbm, estimate.level_sd_db) if return_std else estimate.level_dbm

    def probability_above(self, X: ArrayLike, dbm: float, trend: ArrayLike | None = None) -> NDArray[np.float64]:
        """Return the probability that the level at each place is at or above ``dbm``, shape (m,)."""
        estimate = self.estimate(X, trend)
        return np.asarray(ndtr((estimate.level_dbm - dbm) / estimate.level_sd_db))

    def sample(self, X: ArrayLike, n: int = 200, seed: int = 0, trend: ArrayLike | None = None) -> NDArray[np.float32]:
        """Draw the level at all places jointly, given the samples; shape (n, m), dBm.

        A place's draws depend on its position, the samples and the seed, not on which other places are asked for.
        """
        return self.sampler(n, seed)(X, trend).T

    def sampler(
        self, n: int, seed: int, stream: int = 0, shared: Shared | None = None, noise_apart: bool = True
    ) -> Callable[[ArrayLike, ArrayLike | None], NDArray[np.float32]]:
        """Return a function from places and their trend to ``n`` joint draws, shape (m, n), dBm.

        What the samples contribute is computed once, so that places can be asked for in pieces. Matheron's rule: an
        unconditional field on places and samples, plus the kriging of its misfit at the samples (Chilès and Delfiner
        2012, section 7.3.1). With ``noise_apart`` the noise of a bin is drawn for each place alone, as it is for the
        bins that would be measured there; without, :data:`HOME_SHARE` of its variance is that of a second field, over
        the range of the first, of which the samples know nothing (:func:`~lomsong.surface.draws.unseen_field`): draws
        then have ``home_sd_db``. For ``stream`` and ``shared`` see :func:`~lomsong.surface.draws.spectral_field`.
        """
        check_is_fitted(self, "residual_")
        field = spectral_field(self.covariance_.parts, n, seed, stream, shared)
        rng = np.random.default_rng([seed, 2, stream])
        noise_seed = int(rng.integers(2**63))
        spread = np.linalg.cholesky(self.coefficients_cov_ + 1e-12 * np.eye(len(self.coefficients_)))
        beta = self.coefficients_[:, None] + spread @ rng.standard_normal((len(spread), n))
        misfit = self._misfit(field, beta, rng)
        unseen = None if noise_apart else unseen_field(self.covariance_.scale_m, n, seed, stream, shared)
        noise_db = np.float32(np.sqrt((1.0 if noise_apart else HOME_SHARE) * self.place_noise_db2_))

        def draw(X: ArrayLike, trend: ArrayLike | None = None) -> NDArray[np.float32]:
            places = self._at(X)
            basis = self._place_basis(places, trend)
            draws = np.empty((len(places), n), dtype=np.float32)

            def part_of(part: NDArray[np.int64]) -> None:
                near = self.neighbourhood_.around(places[part])
                posterior = self._posterior(places[part], basis[part], near)
                level = field(places[part])
                level += (basis[part] @ beta).astype(np.float32)
                noise = white_noise(places[part], n, noise_seed) if unseen is None else unseen(places[part])
                noise *= noise_db
                level += noise
                apply_weights(posterior.weights, near, misfit, level)
                expected = posterior.level_dbm.astype(np.float32)[:, None]
                wider = np.sqrt(self._factor(posterior)).astype(np.float32)[:, None]
                draws[part] = expected + wider * (level - expected)

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

    def estimate(self, X: ArrayLike, trend: ArrayLike | None = None) -> Estimate:
        """Return level, standard deviation and how much the samples tell about each place."""
        check_is_fitted(self, "residual_")
        places = self._at(X)
        basis = self._place_basis(places, trend)

        def part_of(part: NDArray[np.int64]) -> None:
            near = self.neighbourhood_.around(places[part])
            posterior = self._posterior(places[part], basis[part], near)
            nearest_m = np.hypot(*(places[part] - self.points_[near[:, 0]]).T)
            variance = posterior.field_db2 + posterior.rest_db2
            at_home = variance - (1 - HOME_SHARE) * self.place_noise_db2_
            std, home_std = np.sqrt(self._factor(posterior) * np.array([variance, at_home]))
            information = 1 - posterior.field_db2 / self.covariance_.sill_db2
            found[:, part] = posterior.level_dbm, std, information, nearest_m, home_std

        found = np.empty((5, len(places)))
        self._in_chunks(places, part_of)
        return Estimate(*found)

    def _posterior(self, places: NDArray[np.float64], basis: NDArray[np.float64], near: NDArray[np.int64]) -> Posterior:
        residual, field_db2, spread, weights = self._solve(places, near)
        # What the samples leave undetermined of the mean: h(x) minus the kriging of h.
        left = basis - np.einsum("ik,ikq->iq", weights, self.sample_basis_[near])
        mean_db2 = np.einsum("iq,qr,ir->i", left, self.coefficients_cov_, left)
        level = residual + basis @ self.coefficients_
        return Posterior(level, field_db2, mean_db2 + self.place_noise_db2_, spread, weights)

    def _factor(self, posterior: Posterior) -> NDArray[np.float64]:
        return self.calibration_.factor(posterior.field_db2 + posterior.rest_db2, posterior.spread_db)

    def _at(self, X: ArrayLike) -> NDArray[np.float64]:
        return np.asarray(validate_data(self, X, dtype=float, reset=False)[:, :2])

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
        _krige(
            places, near, self.points_, self.residual_, self.noise_,
            known.sill_db2, known.range_m, known.short, mean, variance, spread, weights,
        )  # fmt: skip
        return mean, variance, spread, weights

    def _in_chunks(self, places: NDArray[np.float64], function: Callable[[NDArray[np.int64]], None]) -> None:
        """Call ``function`` with rows of places that lie together, which the trees find faster."""
        strip = np.floor(places[:, 1] / self.covariance_.scale_m).astype(np.int64)
        order = np.lexsort((places[:, 0], strip))
        in_chunks(len(places), lambda part: function(order[part]), chunk=CHUNK, workers=self.workers)


def _vector(values: ArrayLike | None, n: int, name: str) -> NDArray[np.float64]:
    if values is None:
        raise fault(DataError, "field_no_y", name=name)
    vector = column_or_1d(values, dtype=float, warn=True)
    if len(vector) != n:
        raise fault(DataError, "field_length", name=name, given=len(vector), points=n)
    bad = ~np.isfinite(vector)
    if bad.any():
        raise fault(DataError, "field_finite", name=name, count=int(bad.sum()), row=int(bad.argmax()))
    return vector
