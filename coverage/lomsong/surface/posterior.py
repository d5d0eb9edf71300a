"""What samples say of places, by compiled local simple kriging."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lomsong.surface.vecchia import solve_local


class Posterior(NamedTuple):
    """What the samples say of places before calibration, each of shape (m,), weights (m, k).

    ``field_db2`` is the variance of the field, ``rest_db2`` that of the mean and of the noise; ``spread_db`` the
    standard deviation of the samples around; ``noise_db2`` and ``prior_db2`` the variances of the noise alone and of
    the field before anything was measured.
    """

    level_dbm: NDArray[np.float64]
    field_db2: NDArray[np.float64]
    rest_db2: NDArray[np.float64]
    spread_db: NDArray[np.float64]
    weights: NDArray[np.float64]
    noise_db2: NDArray[np.float64] | float
    prior_db2: NDArray[np.float64] | float


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
