"""What samples say of places, by compiled local simple kriging."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lomsong.surface.vecchia import solve_local


class Posterior(NamedTuple):
    """What the samples say of places before calibration, each of shape (m,), weights (m, k).

    ``field_db2`` is the variance of the field, ``rest_db2`` that of the mean and of the noise, ``fainter_db2`` what is
    added where the mean is fainter than most of what was heard (:data:`~lomsong.surface.kriging.FAINTER_SHARE`);
    ``spread_db`` the standard deviation of the samples around; ``noise_db2`` and ``prior_db2`` the variances of the
    noise alone and of the field before anything was measured.
    """

    level_dbm: NDArray[np.float64]
    field_db2: NDArray[np.float64]
    rest_db2: NDArray[np.float64]
    fainter_db2: NDArray[np.float64]
    spread_db: NDArray[np.float64]
    weights: NDArray[np.float64]
    noise_db2: NDArray[np.float64] | float
    prior_db2: NDArray[np.float64] | float


class Solved(NamedTuple):
    """What a draw takes of the kriging of places: samples around and their weights, level, factor of the variance."""

    near: NDArray[np.integer]
    weights: NDArray[np.floating]
    level_dbm: NDArray[np.float64]
    factor: NDArray[np.float64]


@dataclass(frozen=True)
class Kept:
    """Kriging of some of m places, kept by an estimate so that a draw at the same places need not solve it again.

    Attributes
    ----------
    slot
        Where each place is kept, -1 for nowhere, shape (m,).
    store
        What is kept, once there is room; shared by all parts. A level that is missing is not known yet.
    """

    slot: NDArray[np.int32]
    store: list[Solved] = field(default_factory=list)

    @classmethod
    def of(cls, places: int, rows: NDArray[np.int64]) -> Kept:
        """Keep the ``rows`` of so many places."""
        slot = np.full(places, -1, np.int32)
        slot[rows] = np.arange(len(rows), dtype=np.int32)
        return cls(slot)

    def part(self, rows: slice | NDArray[np.int64]) -> Kept:
        """Return some of the places."""
        return Kept(self.slot[rows], self.store)

    def prepare(self, neighbours: int) -> None:
        """Make room for places that so many samples tell of."""
        count = int(self.slot.max(initial=-1)) + 1
        shape = (count, neighbours)
        room = Solved(np.zeros(shape, np.int32), np.zeros(shape, np.float32), np.full(count, np.nan), np.zeros(count))
        self.store[:] = [room]

    def keep(self, part: NDArray[np.int64], solved: Solved) -> None:
        """Keep what was found of the places ``part``."""
        wanted = self.slot[part] >= 0
        slot = self.slot[part][wanted]
        for room, values in zip(self.store[0], solved, strict=True):
            room[slot] = values[wanted]

    def known(self, part: NDArray[np.int64]) -> Solved | None:
        """Return what is kept of the places ``part``; None unless all of them are."""
        slot = self.slot[part]
        if not self.store or (slot < 0).any() or np.isnan(self.store[0].level_dbm[slot]).any():
            return None
        kept = self.store[0]
        return Solved(kept.near[slot], kept.weights[slot], kept.level_dbm[slot], kept.factor[slot])


@njit(cache=True, nogil=True)
def krige(
    places: NDArray[np.float64],
    near: NDArray[np.int64],
    points: NDArray[np.float64],
    residual: NDArray[np.float64],
    noise: NDArray[np.float64],
    sill: float,
    range_m: float,
    short: float,
    amplitude: NDArray[np.float64],
    at_places: NDArray[np.float64],
    mean: NDArray[np.float64],
    variance: NDArray[np.float64],
    spread: NDArray[np.float64],
    weights: NDArray[np.float64],
) -> None:
    """Write the kriged residual, its variance, the samples' standard deviation and the weights of each place."""
    factor, here = np.empty((near.shape[1], near.shape[1])), np.zeros(2)
    nearest = (near.shape[1] + 1) // 2
    for i in range(places.shape[0]):
        at = places[i]
        if amplitude.shape[0] > 0:
            here = at_places[i]
        variance[i] = solve_local(
            points, noise, near[i], at[0], at[1], sill, range_m, short, amplitude, here, factor, weights[i]
        )
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


@njit(cache=True, nogil=True)
def mean_variance(
    near: NDArray[np.int64],
    weights: NDArray[np.float64],
    sample_basis: NDArray[np.float64],
    basis: NDArray[np.float64],
    covariance: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the variance of the mean that the samples leave, h(x) minus the kriging of h, of each place, shape (m,).

    ``basis`` h is of the places, shape (m, q), ``covariance`` that of its coefficients, shape (q, q).
    """
    found, left = np.empty(len(basis)), np.empty(basis.shape[1])
    for i in range(len(basis)):
        left[:] = basis[i]
        for a in range(near.shape[1]):
            if near[i, a] < 0:
                break
            for q in range(len(left)):
                left[q] -= weights[i, a] * sample_basis[near[i, a], q]
        total = 0.0
        for q in range(len(left)):
            for r in range(len(left)):
                total += left[q] * covariance[q, r] * left[r]
        found[i] = total
    return found
