"""Unconditional random fields as functions of place: the same place gets the same draws, whatever else is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

WAVES = 256
"""Plane waves that make up one field."""

CARRIERS = ((1.0, 0.5), (1 / 8, 0.25), (8.0, 0.25))
"""Ranges whose waves make up a field, as multiples of one, and their shares of the waves: the nested parts of a
covariance are a factor of 8 apart."""

ROWS = 256
"""Places whose waves are summed at a time, so that they stay in the cache."""

UNSEEN, SHORT_PART = 4, 5
"""Numbers of the random streams of the unseen field, and of a short part that is a field of its own; 0 to 3 are
taken."""

GOLDEN_ANGLE = np.pi * (3 - np.sqrt(5))


@dataclass(frozen=True)
class Shared:
    """What the fields of several operators have in common.

    Attributes
    ----------
    correlation
        Correlation of two operators' fields at one place, 0…1.
    range_m
        Range whose waves all of them ride on.
    """

    correlation: float
    range_m: float


def spectral_field(
    parts: Sequence[tuple[float, float]], n: int, seed: int, stream: int = 0, shared: Shared | None = None
) -> Callable[[NDArray[np.float64]], NDArray[np.float32]]:
    """Return a function from places (m, 2) to ``n`` draws (m, n) of a Gaussian field.

    A sum of plane waves. In two dimensions the exponential covariance sill·exp(-h/range) has a spectral density
    proportional to range² (1 + range² k²)^(-3/2), so that the share of waves with wave number below k is
    1 - (1 + range² k²)^(-1/2). Wave numbers are taken at stratified quantiles of it for :data:`CARRIERS` of one range
    and directions by the golden angle, which follows the covariance more closely than independent ones would
    (Lantuéjoul 2002, section 15.2); each wave is weighted by the density wanted over that of all carriers.

    Fields of one seed and different streams are independent, unless ``shared``: then they ride on the waves of its
    range, weighted so that each keeps its own covariance, and have its correlation at every place.

    Parameters
    ----------
    parts
        Sill, dB², and range, m, of each nested exponential, the greatest sill first.
    """
    rng = np.random.default_rng([seed, 0])
    range_m = parts[0][1] if shared is None else shared.range_m
    carriers = [(range_m * times, round(share * WAVES)) for times, share in CARRIERS]
    quantile = np.concatenate([(np.arange(count) + rng.uniform(size=count)) / count for _, count in carriers])
    carrier_m = np.repeat([carrier for carrier, _ in carriers], [count for _, count in carriers])
    number = np.sqrt((1 - quantile) ** -2 - 1) / carrier_m
    angle = np.arange(WAVES) * GOLDEN_ANGLE + rng.uniform(0, np.pi)
    turns_m = np.vstack([number * np.cos(angle), number * np.sin(angle)]) / (2 * np.pi)
    common = rng.standard_normal((2 * WAVES, n), dtype=np.float32)
    own = np.random.default_rng([seed, 1, stream]).standard_normal((2 * WAVES, n), dtype=np.float32)
    correlation = 0.0 if shared is None else shared.correlation
    laid = sum(count * _density(number, carrier) for carrier, count in carriers)
    power = np.zeros(WAVES)
    for sill_db2, part_m in parts:
        weight = _density(number, part_m) / laid
        power += sill_db2 * weight / weight.sum()
    scale = np.sqrt(power).astype(np.float32)
    amplitude = np.float32(np.sqrt(correlation)) * common + np.float32(np.sqrt(1 - correlation)) * own
    amplitude *= np.tile(scale, 2)[:, None]

    def field(places: NDArray[np.float64]) -> NDArray[np.float32]:
        values = np.empty((len(places), n), dtype=np.float32)
        for start in range(0, len(places), ROWS):
            part = places[start : start + ROWS]
            turns = part[:, :1] * turns_m[0] + part[:, 1:] * turns_m[1]
            turns -= np.rint(turns)
            phase = turns.astype(np.float32)
            phase *= np.float32(2 * np.pi)
            _sum_waves(np.hstack([np.cos(phase), np.sin(phase)]), amplitude, values[start : start + ROWS])
        return values

    return field


@njit(cache=True, nogil=True)
def _sum_waves(waves: NDArray[np.float32], amplitude: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    """Write the product of ``waves`` (m, 2 WAVES) and ``amplitude`` (2 WAVES, n) to ``out``, each row by itself.

    A product of the linear algebra library rounds a row by where it stands among the others, and draws would depend
    on company. Eight waves at a time keep the sums in registers.
    """
    for i in range(waves.shape[0]):
        wave, sums = waves[i], out[i]
        sums[:] = 0
        for k in range(0, len(wave), 8):
            a, b, c, d = amplitude[k], amplitude[k + 1], amplitude[k + 2], amplitude[k + 3]
            e, f, g, h = amplitude[k + 4], amplitude[k + 5], amplitude[k + 6], amplitude[k + 7]
            for j in range(len(sums)):
                first = (wave[k] * a[j] + wave[k + 1] * b[j]) + (wave[k + 2] * c[j] + wave[k + 3] * d[j])
                second = (wave[k + 4] * e[j] + wave[k + 5] * f[j]) + (wave[k + 6] * g[j] + wave[k + 7] * h[j])
                sums[j] += first + second


def unseen_field(
    range_m: float, n: int, seed: int, stream: int = 0, shared: Shared | None = None
) -> Callable[[NDArray[np.float64]], NDArray[np.float32]]:
    """Return a function from places (m, 2) to ``n`` draws (m, n) of variance 1 of what no sample of a survey tells.

    A survey is on roads: what a drive reads too high as a whole, and what the model of the mean misses away from them,
    shows on no block of road left out. It hangs together over ``range_m`` instead of averaging out.

    Independent of the field that :func:`spectral_field` returns for the same seed; streams and ``shared`` as there.
    """
    apart = int(np.random.default_rng([seed, UNSEEN]).integers(2**63))
    return spectral_field([(1.0, range_m)], n, apart, stream, shared)


def _density(number: NDArray[np.float64], range_m: float) -> NDArray[np.float64]:
    return np.asarray(range_m**2 * (1 + (range_m * number) ** 2) ** -1.5)


@njit(cache=True, nogil=True)
def _mix(state: np.uint64) -> np.uint64:
    """Splitmix64 (Steele, Lea and Flood 2014): one well-mixed 64-bit number from another."""
    state = state + np.uint64(0x9E3779B97F4A7C15)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))


@njit(cache=True, nogil=True)
def _noise(keys: NDArray[np.int64], seed: np.uint64, out: NDArray[np.float32]) -> None:
    unit = 1.0 / 9007199254740992.0
    for i in range(keys.shape[0]):
        state = _mix(_mix(seed ^ np.uint64(keys[i, 0])) ^ np.uint64(keys[i, 1]))
        for pair in range((out.shape[1] + 1) // 2):
            state = _mix(state)
            radius = np.sqrt(-2.0 * np.log((np.float64(state >> np.uint64(11)) + 0.5) * unit))
            state = _mix(state)
            turn = 2.0 * np.pi * np.float64(state >> np.uint64(11)) * unit
            out[i, 2 * pair] = radius * np.cos(turn)
            if 2 * pair + 1 < out.shape[1]:
                out[i, 2 * pair + 1] = radius * np.sin(turn)


def white_noise(places: NDArray[np.float64], n: int, seed: int) -> NDArray[np.float32]:
    """Return ``n`` standard normal numbers for each place, shape (m, n), a function of its position to the mm."""
    keys = np.round(places * 1000).astype(np.int64)
    out = np.empty((len(places), n), dtype=np.float32)
    _noise(keys, np.uint64(seed), out)
    return out


@njit(cache=True, nogil=True)
def apply_weights(
    weights: NDArray[np.float64], near: NDArray[np.int64], values: NDArray[np.float32], out: NDArray[np.float32]
) -> None:
    """Add to ``out`` (m, n) the sum over each place's neighbours of weight times the neighbour's row of ``values``."""
    for i in range(near.shape[0]):
        for a in range(near.shape[1]):
            if near[i, a] < 0:
                break
            weight = np.float32(weights[i, a])
            row = near[i, a]
            for draw in range(values.shape[1]):
                out[i, draw] += weight * values[row, draw]
