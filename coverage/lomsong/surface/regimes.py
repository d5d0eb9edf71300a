"""A covariance that differs from place to place: calmer and wilder regions, houses here and open land there.

The two nested parts of the covariance (:class:`~lomsong.surface.vecchia.Covariance`) are weighted by place,

    C(x, y) = a(x) a(y) exp(-h/range) + b(x) b(y) exp(-8h/range),  a² = s² sill (1 - p),  b² = s² sill p,

which is a covariance whatever s and p are: that of a field which is, part by part, a stationary one times its local
standard deviation. Where the share p of the short part is high the field changes over tens of metres, as it does among
houses; where it is low, over the long range. Noise has the local scale s as well. Both are blends over a few regimes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.vq import kmeans2
from scipy.ndimage import uniform_filter
from scipy.optimize import minimize
from scipy.spatial import cKDTree
from scipy.special import expit, logit

from lomsong.radio import Terrain
from lomsong.surface.draws import SHORT_PART, Shared, spectral_field
from lomsong.surface.vecchia import FEW_NEIGHBOURS, SHORTER, Covariance, Likelihood, whiten

Floats = NDArray[np.float64]

MOST, LEAST_MEMBERS = 6, 150
"""Regions that a survey is parted into, and values of the likelihood that each is to have on average."""

BLUR = 0.6
"""Width of the blend between regions, in distances from one's centre to the next."""

WOOD_M, AROUND_M = 3.0, 400.0
"""What stands at least so high is wood; side of the square over which its share is taken."""

PRIOR_LOG_SD, PRIOR_LOGIT = 0.25, 2.5
"""Prior standard deviations of a regime's logarithm of scale and logit of the short part, about those of all."""

WIDER = 8**0.5
"""Where the short part is to differ the search starts from ranges on both sides of the one that held everywhere."""

ITERATIONS = 15


class Blend(Protocol):
    """Tells how much of each regime places have."""

    def __call__(self, at: Floats) -> Floats:
        """Return shares of places (n, 2), shape (n, regimes); rows sum to 1."""


@dataclass(frozen=True, eq=False)
class Regions:
    """Regimes by region: Gaussian shares around centres, shape (regimes, 2), m."""

    centres: Floats
    width_m: float

    @classmethod
    def of(cls, points: Floats) -> Regions | None:
        """Part points (n, 2) into regions by k-means; None where they are too few."""
        count = min(len(points) // LEAST_MEMBERS, MOST)
        if count < 2:
            return None
        centres = np.unique(kmeans2(points, count, seed=0, minit="++")[0], axis=0)
        centres = centres[np.isfinite(centres).all(axis=1)]
        if len(centres) < 2:
            return None
        return cls(centres, BLUR * float(np.median(cKDTree(centres).query(centres, k=2)[0][:, 1])))

    def __call__(self, at: Floats) -> Floats:
        """Return shares of places (n, 2), shape (n, regimes)."""
        square = ((at[:, None] - self.centres) ** 2).sum(axis=2)
        share = np.exp((square.min(axis=1, keepdims=True) - square) / (2 * self.width_m**2))
        return np.asarray(share / share.sum(axis=1, keepdims=True))


@dataclass(frozen=True, eq=False)
class Woods:
    """Two regimes: land with little on it, and wood; by the share of wood around a place."""

    terrain: Terrain

    @cached_property
    def _share(self) -> NDArray[np.float32]:
        wood = np.nan_to_num(self.terrain.canopy_m) >= WOOD_M
        cells = max(2 * round(AROUND_M / abs(self.terrain.transform.e) / 2) + 1, 3)
        return np.asarray(uniform_filter(wood.astype(np.float32), cells))

    def __call__(self, at: Floats) -> Floats:
        """Return shares of places (n, 2) in the CRS of the terrain, shape (n, 2)."""
        column, row = ~self.terrain.transform * (at[:, 0], at[:, 1])
        rows, columns = self._share.shape
        row = np.clip(np.floor(row).astype(np.int64), 0, rows - 1)
        column = np.clip(np.floor(column).astype(np.int64), 0, columns - 1)
        wood = np.clip(self._share[row, column].astype(float), 0, 1)
        return np.column_stack([1 - wood, wood])


@dataclass(frozen=True, eq=False)
class Regimes:
    """How scale and short part of the covariance differ from regime to regime.

    Attributes
    ----------
    blend
        Which regimes places are of.
    log_scale
        Logarithm of what the standard deviation of each is multiplied by, shape (regimes,).
    short
        Share of the short part in each, shape (regimes,).
    """

    blend: Blend
    log_scale: Floats
    short: Floats

    def scale(self, at: Floats) -> Floats:
        """Return what the standard deviation at places (n, 2) is multiplied by, shape (n,)."""
        return np.asarray(np.exp(self.blend(at) @ self.log_scale))

    def amplitude(self, at: Floats, sill_db2: float) -> Floats:
        """Return the standard deviations of the long and the short part at places (n, 2), shape (n, 2), dB."""
        share = self.blend(at)
        short = share @ self.short
        scale = np.exp(share @ self.log_scale)
        return np.asarray(scale[:, None] * np.sqrt(sill_db2 * np.column_stack([1 - short, short])))


def drawn_field(
    regimes: Regimes, covariance: Covariance, n: int, seed: int, stream: int, shared: Shared | None
) -> Callable[[Floats], NDArray[np.float32]]:
    """Return a function from places (m, 2) to ``n`` draws (m, n): each part a field of its own by its local amplitude.

    Parameters as in :func:`~lomsong.surface.draws.spectral_field`.
    """
    ranges_m = covariance.range_m, covariance.range_m / SHORTER
    seeds = seed, int(np.random.default_rng([seed, SHORT_PART]).integers(2**63))
    long, short = (
        spectral_field([(1.0, one)], n, own, stream, shared) for one, own in zip(ranges_m, seeds, strict=True)
    )

    def field(places: Floats) -> NDArray[np.float32]:
        amplitude = regimes.amplitude(places, covariance.sill_db2).astype(np.float32)
        return np.asarray(amplitude[:, :1] * long(places) + amplitude[:, 1:] * short(places))

    return field


def likelier(
    likelihood: Likelihood, residual: Floats, used: NDArray[np.bool_], known: Covariance, blends: Sequence[Blend]
) -> list[tuple[Covariance, Regimes]]:
    """Find regimes that the likelihood prefers to none by more than they cost (Schwarz 1978, the BIC).

    Parameters
    ----------
    likelihood
        Of the values.
    residual
        Values less their mean, shape (n,), dB.
    used
        Which values take part: not censored ones, shape (n,).
    known
        The covariance that is the same everywhere.
    blends
        Kinds of regimes to try, each with and without a short part of its own.

    Returns
    -------
    Covariance and regimes, those worth their numbers.
    """
    chosen = likelihood.chosen[used[likelihood.chosen]]
    if len(chosen) < 2 * LEAST_MEMBERS:
        return []
    search, found = _Search(likelihood, residual, chosen, known), []
    none = search.misfit(search.start)
    for blend in blends:
        share = blend(search.points)
        if share.sum(axis=0).min() < LEAST_MEMBERS / 3:
            continue  # one of them is hardly to be found
        for with_short in (False, True):
            theta = search.minimised(share, with_short)
            cost = 0.5 * np.log(len(chosen)) * (len(theta) - len(search.start))
            if search.misfit(theta, share) + cost < none:
                found.append(search.read(theta, blend, share.shape[1]))
    return found


class _Search:
    """Vecchia's likelihood with few neighbours as a function of numbers without bounds.

    They are the logarithms of sill, range and noise, the logit of the short part, then for each regime the logarithm of
    the scale and, where it has a short part of its own, the logit of that, both as added to those of all.
    """

    def __init__(self, likelihood: Likelihood, residual: Floats, chosen: NDArray[np.int64], known: Covariance) -> None:
        whole = Likelihood(likelihood.all_points[chosen], np.ones((len(chosen), 1)), likelihood.all_weights[chosen], 0)
        self.points, self.near, self.known = whole.points, whole.near[:, :FEW_NEIGHBOURS], known
        self.residual = residual[chosen][whole.chosen].reshape(-1, 1)
        self.noise = known.noise_db2(whole.weights)
        self.start = np.array(
            [np.log(known.sill_db2), np.log(known.range_m), 0.0, logit(np.clip(known.short, 0.01, 0.9))]
        )
        self._white = np.empty_like(self.residual)

    def misfit(self, theta: Floats, share: Floats | None = None) -> float:
        """Return the negative logarithm of the likelihood."""
        share = np.ones((len(self.points), 1)) if share is None else share
        regimes = self._spread(theta, share.shape[1])
        scale = np.exp(share @ regimes[0])
        short = share @ regimes[1]
        sill, range_m, louder = np.exp(theta[:3])
        amplitude = scale[:, None] * np.sqrt(sill * np.column_stack([1 - short, short]))
        noise = self.noise * louder * scale**2
        determinant = whiten(
            self.points, noise, self.near, sill, range_m, 0.0, amplitude, self.residual, self._white
        )  # fmt: skip
        return 0.5 * float(determinant + np.sum(self._white**2))

    def minimised(self, share: Floats, with_short: bool) -> Floats:
        count = share.shape[1]
        first = np.concatenate([self.start, np.zeros(count * (1 + with_short))])
        if with_short:
            first[[1, 3]] = self.start[1] + np.log(WIDER), 0.0
        prior = np.repeat([2.5, PRIOR_LOG_SD, PRIOR_LOGIT], [4, count, count * with_short])

        def penalised(theta: Floats) -> float:
            return self.misfit(theta, share) + 0.5 * float(np.sum(((theta - first) / prior) ** 2))

        return np.asarray(minimize(penalised, first, method="L-BFGS-B", options={"maxiter": ITERATIONS}).x)

    def read(self, theta: Floats, blend: Blend, count: int) -> tuple[Covariance, Regimes]:
        sill, range_m, louder = np.exp(theta[:3]).tolist()
        log_scale, short = self._spread(theta, count)
        average = float(np.mean(blend(self.points) @ short))
        noise = self.known.micro_db2 * louder, self.known.sample_db2 * louder
        return Covariance(sill, range_m, *noise, average), Regimes(blend, log_scale, short)

    @staticmethod
    def _spread(theta: Floats, count: int) -> tuple[Floats, Floats]:
        log_scale = theta[4 : 4 + count] if len(theta) > 4 else np.zeros(count)
        own = theta[4 + count :] if len(theta) > 4 + count else np.zeros(count)
        return log_scale, np.asarray(expit(theta[3] + own))
