"""Covariance parameters by Vecchia's likelihood.

The joint density of n values is written as a product of conditional ones, each given its m nearest predecessors in a
random order (Vecchia 1988; Katzfuss and Guinness 2021). A random order mixes near and far predecessors, so that the
likelihood sees the long range as well as the short one, in O(n m³) instead of O(n³).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.spatial import cKDTree

NEIGHBOURS = 30
"""Predecessors that each value is conditioned on."""

FEW_NEIGHBOURS = 12
"""Those it is conditioned on while the search is still far from the summit: a tenth of the work."""

MAX_POINTS = 2000
"""Values entering the likelihood; beyond it a random subset stands for all."""


SHORTER = 8
"""How many times the short range goes into the long one; a power of two, so that it costs no second exponential."""


@dataclass(frozen=True)
class Covariance:
    """Two nested exponentials, sill·((1 - short)·exp(-h/range) + short·exp(-8h/range)), and noise at the samples.

    The long one is the shadow of hills and woods, the short one that of houses and single trees (the two scales that
    ITU-R P.1812 and measurements of shadowing tell apart).

    Attributes
    ----------
    sill_db2
        Variance of the continuous field, dB².
    range_m
        Distance at which the correlation of the long part has fallen to 1/e, m.
    micro_db2
        Variance within a bin and between passes that no further sample of that bin removes, dB².
    sample_db2
        Variance of one sample, dB²; a bin of w samples keeps 1/w of it.
    """

    sill_db2: float
    range_m: float
    micro_db2: float
    sample_db2: float
    short: float = 0.0
    """Share of the sill that varies over an eighth of the range."""

    @property
    def parts(self) -> list[tuple[float, float]]:
        """Sill and range of each part that there is, the greater sill first."""
        parts = [(1 - self.short, self.range_m), (self.short, self.range_m / SHORTER)]
        return sorted(((share * self.sill_db2, range_m) for share, range_m in parts if share > 0), reverse=True)

    @property
    def scale_m(self) -> float:
        """Range of the part that holds most of the sill: how wide blocks and neighbourhoods are to be."""
        return self.range_m if self.short <= 0.5 else self.range_m / SHORTER

    def noise_db2(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Variance of the error of bins holding ``weights`` samples, shape (n,)."""
        return np.asarray(self.micro_db2 + self.sample_db2 / weights)


FIRST_SHORT = 0.2
"""Share of the short part from which the search starts."""

MIN_POINTS = 8
"""Below this many values no covariance is estimated and :data:`PRIOR` is taken."""

READING_DB = 1.0
"""Step in which phones tell a level (3GPP TS 36.133, section 9.1.4; TS 38.133, table 10.1.6.1-1). Levels that spread
less, as of a phone that stuck, tell nothing of the field, and the usual 90 % interval is a step or more to either side.
"""

FAST = {"contract", "arcp", "nsz", "reassoc"}
"""Liberties of the compiler with sums: they may be taken in any order, but a number that is missing stays so."""

PRIOR = Covariance(sill_db2=144.0, range_m=1000.0, micro_db2=9.0, sample_db2=0.0)
"""Levels around a constant, for when the data are too few to tell: in round numbers what drive tests of a territory
have, 12 dB over 1 km or more. More than shadowing (8 dB), for the loss with distance is in it too."""


@njit(cache=True, nogil=True, fastmath=FAST, inline="always")
def _decay(x: float) -> float:
    """Return the exponential of x ≤ 0 as (Taylor of x / 256) to the 256th: the compiler takes several at a time.

    Relative error below 1e-11 down to x = -20, where the exponential is 2e-9.
    """
    y = max(x, -690.0) / 256
    p = 1 + y * (1 + y * (1 / 2 + y * (1 / 6 + y * (1 / 24 + y * (1 / 120 + y * (1 / 720 + y / 5040))))))
    for _ in range(8):
        p *= p
    return p


@njit(cache=True, nogil=True, fastmath=FAST, inline="always")
def _covariance(dx: float, dy: float, range_m: float, far_db2: float, near_db2: float) -> float:
    far = _decay(-np.sqrt(dx * dx + dy * dy) / range_m)
    two = far * far
    four = two * two
    return far_db2 * far + near_db2 * (four * four)


@njit(cache=True, nogil=True, fastmath=FAST)
def solve_local(
    points: NDArray[np.float64],
    noise: NDArray[np.float64],
    near: NDArray[np.int64],
    easting: float,
    northing: float,
    sill: float,
    range_m: float,
    short: float,
    amplitude: NDArray[np.float64],
    here: NDArray[np.float64],
    factor: NDArray[np.float64],
    weights: NDArray[np.float64],
) -> float:
    """Write the simple-kriging weights of the samples ``near`` into ``weights``; return the field's posterior variance.

    Entries of ``near`` below 0 end the list. ``factor`` is scratch of shape (k, k), overwritten. ``amplitude`` holds
    the standard deviations of the long and the short part at each sample, shape (n, 2), and ``here`` those at the
    place, where they differ from place to place; without rows ``sill`` and ``short`` hold everywhere.
    """
    varied = amplitude.shape[0] > 0
    # Side by side, from the place, so that rows of the matrix are made several numbers at a time.
    easts, norths, long, brief = np.empty((4, near.shape[0]))
    at_long, at_brief = np.sqrt((1 - short) * sill), np.sqrt(short * sill)
    if varied:
        at_long, at_brief = here[0], here[1]
    count = 0
    for a in range(near.shape[0]):
        i = near[a]
        if i < 0:
            break
        easts[a], norths[a] = points[i, 0] - easting, points[i, 1] - northing
        long[a], brief[a] = at_long, at_brief
        if varied:
            long[a], brief[a] = amplitude[i, 0], amplitude[i, 1]
        count += 1
    for a in range(count):
        weights[a] = _covariance(easts[a], norths[a], range_m, long[a] * at_long, brief[a] * at_brief)
    for a in range(count):
        row, east, north, far, short_part = factor[a], easts[a], norths[a], long[a], brief[a]
        for b in range(a):
            row[b] = _covariance(easts[b] - east, norths[b] - north, range_m, far * long[b], short_part * brief[b])
        row[a] = far * far + short_part * short_part + noise[near[a]]
    for a in range(count):
        for b in range(a + 1):
            total = factor[a, b]
            for c in range(b):
                total -= factor[a, c] * factor[b, c]
            if a == b:
                factor[a, a] = np.sqrt(max(total, 1e-9 * sill))
            else:
                factor[a, b] = total / factor[b, b]
    variance = at_long * at_long + at_brief * at_brief
    for a in range(count):
        total = weights[a]
        for c in range(a):
            total -= factor[a, c] * weights[c]
        weights[a] = total / factor[a, a]
        variance -= weights[a] * weights[a]
    for a in range(count - 1, -1, -1):
        weights[a] /= factor[a, a]
        for c in range(a):
            weights[c] -= factor[a, c] * weights[a]
    return max(variance, 0.0)


NOWHERE = np.empty((0, 2))
"""Amplitudes of a covariance that is the same everywhere."""


@njit(cache=True, nogil=True)
def whiten(
    points: NDArray[np.float64],
    noise: NDArray[np.float64],
    near: NDArray[np.int64],
    sill: float,
    range_m: float,
    short: float,
    amplitude: NDArray[np.float64],
    values: NDArray[np.float64],
    out: NDArray[np.float64],
) -> float:
    """Write Vecchia's independent innovations of each column of ``values``; return the log determinant."""
    width = near.shape[1]
    factor, weights, here = np.empty((width, width)), np.empty(width), np.zeros(2)
    log_determinant = 0.0
    for i in range(points.shape[0]):
        if amplitude.shape[0] > 0:
            here = amplitude[i]
        variance = noise[i] + solve_local(
            points, noise, near[i], points[i, 0], points[i, 1], sill, range_m, short, amplitude, here, factor, weights
        )
        scale = 1.0 / np.sqrt(variance)
        for column in range(values.shape[1]):
            total = values[i, column]
            for a in range(width):
                if near[i, a] < 0:
                    break
                total -= weights[a] * values[near[i, a], column]
            out[i, column] = total * scale
        log_determinant += np.log(variance)
    return log_determinant


def predecessors(points: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """Return the ``count`` nearest predecessors of each point, shape (n, count), padded with -1."""
    n = len(points)
    near = np.full((n, count), -1, dtype=np.int64)
    start = 0
    while start < n:
        # Doubling batches: a batch asks the tree of all before it, then adds its own earlier members.
        stop = min(max(2 * start, 64), n)
        own = cKDTree(points[:stop])
        ask = min(4 * count + 1, stop)
        _, found = own.query(points[start:stop], k=ask)
        found = np.atleast_2d(found)
        for row in range(start, stop):
            earlier = found[row - start]
            earlier = earlier[earlier < row][:count]
            if len(earlier) < min(count, row):
                distance = np.hypot(*(points[:row] - points[row]).T)
                earlier = np.argsort(distance, kind="stable")[:count]
            near[row, : len(earlier)] = earlier
        start = stop
    return near


@dataclass(frozen=True)
class Fit:
    """Covariance, coefficients of the mean (q,) and their covariance matrix (q, q)."""

    covariance: Covariance
    coefficients: NDArray[np.float64]
    coefficients_cov: NDArray[np.float64]


class Likelihood:
    """Vecchia's likelihood of values at given places; the order and the neighbours are found once.

    Parameters
    ----------
    points
        Easting and northing, shape (n, 2), m.
    basis
        Columns of the mean, shape (n, q).
    weights
        Samples in each bin, shape (n,).
    seed
        Of the random order, and of the subset where there are more than :data:`MAX_POINTS`.
    sample_db2
        Variance of one sample where repeated ones have told it; None: estimated. The few pairs of a subset that lie
        close together cannot tell it from a field that varies over a short range.
    """

    def __init__(
        self,
        points: NDArray[np.float64],
        basis: NDArray[np.float64],
        weights: NDArray[np.float64],
        seed: int,
        sample_db2: float | None = None,
    ) -> None:
        self.chosen = np.random.default_rng(seed).permutation(len(points))[:MAX_POINTS]
        self.all_points, self.all_weights = points, weights
        self.points, self.basis = points[self.chosen], basis[self.chosen]
        self.weights = weights[self.chosen]
        self.extent_m = float(np.hypot(*np.ptp(points, axis=0)))
        self.sample_db2 = sample_db2
        self.free_sample = sample_db2 is None and bool(np.ptp(weights) > 0)
        self.near = predecessors(self.points, min(NEIGHBOURS, max(len(self.points) - 1, 1)))

    def fit(
        self,
        values: NDArray[np.float64],
        extra_noise: NDArray[np.float64],
        start: Covariance | None = None,
        evaluations: int = 200,
        amplitude: NDArray[np.float64] = NOWHERE,
        scale: NDArray[np.float64] | None = None,
    ) -> Fit:
        """Maximise the likelihood over the covariance, the mean profiled out by generalised least squares.

        Parameters
        ----------
        values
            Levels, shape (n,), dBm.
        extra_noise
            Variance known to be added to a value (a censored one), shape (n,), dB².
        start
            Covariance to start from; None: a guess from the spread of the values.
        evaluations
            Likelihoods to try; 0 keeps ``start`` and estimates the mean alone.
        amplitude, scale
            Standard deviations of the two parts of the covariance at each value, shape (n, 2), and what the noise is
            multiplied by, as a standard deviation, (n,), where they differ from place to place.
        """
        values, extra = values[self.chosen], extra_noise[self.chosen]
        spread = float(np.var(values))
        if len(values) < MIN_POINTS or self.extent_m == 0 or spread < READING_DB**2:
            covariance = start or PRIOR
        else:
            covariance = start or Covariance(spread * 0.7, self.extent_m * 0.03, spread * 0.2, spread * 0.1)
            if evaluations:
                covariance = self._maximise(values, extra, spread, covariance, evaluations)
        varied = len(amplitude) > 0
        _, beta, beta_cov = self._profile(
            values, extra, covariance, NEIGHBOURS, amplitude[self.chosen] if varied else NOWHERE,
            1.0 if scale is None else scale[self.chosen] ** 2,
        )  # fmt: skip
        return Fit(covariance, beta, beta_cov)

    def _profile(
        self,
        values: NDArray[np.float64],
        extra_noise: NDArray[np.float64],
        covariance: Covariance,
        neighbours: int = NEIGHBOURS,
        amplitude: NDArray[np.float64] = NOWHERE,
        louder: NDArray[np.float64] | float = 1.0,
    ) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
        """Return twice the negative log likelihood, the coefficients and their covariance."""
        columns = np.column_stack([values, self.basis])
        white = np.empty_like(columns)
        noise = covariance.noise_db2(self.weights) * louder + extra_noise
        log_determinant = whiten(
            self.points,
            noise,
            self.near[:, :neighbours],
            covariance.sill_db2,
            covariance.range_m,
            covariance.short,
            amplitude,
            columns,
            white,
        )
        y, h = white[:, 0], white[:, 1:]
        beta, beta_cov = _least_squares(h, y)
        return float(log_determinant + np.sum((y - h @ beta) ** 2)), beta, beta_cov

    def _maximise(
        self,
        values: NDArray[np.float64],
        extra_noise: NDArray[np.float64],
        spread: float,
        start: Covariance,
        evaluations: int,
    ) -> Covariance:
        free = 4 + self.free_sample
        known = self.sample_db2 or 0.0
        low = np.log([spread * 1e-3, self.extent_m * 1e-4, spread * 1e-4, 1e-3, spread * 1e-4])[:free]
        high = np.log([spread * 20, self.extent_m * 3, spread * 4, 0.999, spread * 4])[:free]
        short = start.short or FIRST_SHORT
        first = [start.sill_db2, start.range_m, start.micro_db2, short, start.sample_db2 or spread * 0.1]

        def unpack(theta: NDArray[np.float64]) -> Covariance:
            sill, range_m, micro, short, *sample = np.exp(np.clip(theta, low, high)).tolist()
            return Covariance(sill, range_m, micro, sample[0] if sample else known, short)

        def objective(theta: NDArray[np.float64], neighbours: int) -> float:
            outside = np.maximum(theta - high, 0).sum() + np.maximum(low - theta, 0).sum()
            return self._profile(values, extra_noise, unpack(theta), neighbours)[0] + 1e3 * float(outside)

        theta = np.clip(np.log(first[:free]), low, high)
        for neighbours, share in ((FEW_NEIGHBOURS, 2 / 3), (NEIGHBOURS, 1 / 3)):
            tolerance = {"maxfev": round(share * evaluations), "xatol": 0.02, "fatol": 0.05}
            theta = minimize(objective, theta, (neighbours,), method="Nelder-Mead", options=tolerance).x
        return unpack(theta)


def _least_squares(
    basis: NDArray[np.float64], values: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return coefficients and covariance; the ridge only keeps columns that say nothing from dividing by 0."""
    inverse = np.linalg.inv(basis.T @ basis + 1e-9 * np.eye(basis.shape[1]))
    return np.asarray(inverse @ (basis.T @ values)), np.asarray(inverse)
