"""Diffraction over terrain: one knife edge, and Bullington's equivalent edge for a whole profile."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from lomsong.errors import DataError
from lomsong.radio.baselines import SPEED_OF_LIGHT_MPS

EARTH_RADIUS_M = 6_371_000.0

MEDIAN_K = 4 / 3
"""Effective-Earth factor exceeded half of the time in a temperate climate (ITU-R P.310)."""


@njit(cache=True, nogil=True)
def _knife_edge_db(nu: float) -> float:
    if nu <= -0.78:
        return 0.0
    return max(0.0, 6.9 + 20 * math.log10(math.sqrt((nu - 0.1) ** 2 + 1) + nu - 0.1))


def knife_edge_loss_db(nu: ArrayLike) -> NDArray[np.float64]:
    """Return the loss J(ν) of a single knife edge in dB, for any shape of ν; 0 below ν = -0.78.

    References
    ----------
    Recommendation ITU-R P.526-15, §4.1, equation (31).

    Examples
    --------
    >>> round(float(knife_edge_loss_db(0.0)), 2)
    6.03
    """
    values = np.asarray(nu, float)
    return np.asarray([_knife_edge_db(value) for value in values.ravel()]).reshape(values.shape)


@njit(cache=True, nogil=True)
def edge_parameter(profile: NDArray[np.float64], length_m: float, tx_m: float, rx_m: float, earth_m: float) -> float:
    """Return ν · sqrt(wavelength), in sqrt(m), of Bullington's equivalent edge.

    ``profile`` holds distance from the transmitter and obstacle height of the intermediate points, shape (2, n);
    ``earth_m`` is the effective radius of the Earth. The wavelength is left out, so that sectors of several bands share
    one profile. With clearance c above the line between the antennas and distances d1, d2 to the two ends, the steepest
    slopes above that line are a = max c/d1 and b = max c/d2, and the Bullington point gives ν = sqrt(2 d a b / λ)
    beyond the horizon; in sight ν = max c · sqrt(2 d / (λ d1 d2)), of a negative c. Both grow with every c: fewer
    points never give more loss. NaN where a height is NaN, -inf without intermediate points.
    """
    bend, fall = 1 / (2 * earth_m), (rx_m - tx_m) / length_m
    tx_slope, rx_slope, least = -1.0, -1.0, np.inf
    for i in range(profile.shape[1]):
        near = profile[0, i]
        far = length_m - near
        clearance = profile[1, i] + near * far * bend - (tx_m + fall * near)
        if math.isnan(clearance):
            return math.nan
        if clearance >= 0:
            tx_slope = max(tx_slope, clearance / near)
            rx_slope = max(rx_slope, clearance / far)
        else:
            least = min(least, clearance * clearance / (near * far))
    if tx_slope >= 0:
        return math.sqrt(2 * length_m * tx_slope * rx_slope)
    return -math.sqrt(2 * length_m * least)


@njit(cache=True, nogil=True)
def edge_loss_db(edge: float, wavelength_m: float, length_m: float) -> float:
    """Return the Bullington loss in dB of an :func:`edge_parameter`, NaN for NaN."""
    if math.isnan(edge):
        return math.nan
    single = _knife_edge_db(edge / math.sqrt(wavelength_m))
    return single + (1 - math.exp(-single / 6)) * (10 + 0.02 * length_m / 1e3)


def bullington_loss_db(
    distance_m: NDArray[np.float64],
    height_m: NDArray[np.float64],
    tx_m: float,
    rx_m: float,
    frequency_mhz: float,
    *,
    k: float = MEDIAN_K,
) -> float:
    """Return the diffraction loss of Bullington's equivalent edge over a profile, in dB.

    The heights at the two ends are not obstacles. A profile without intermediate points gives 0, one with a void NaN.
    The spherical-Earth part of the delta-Bullington method (P.526-15 §4.5.2-4.5.3) is not added.

    Parameters
    ----------
    distance_m
        Distance from the transmitter, shape (n,), rising; the last is the receiver's.
    height_m
        Obstacle height above sea level, shape (n,).
    tx_m, rx_m
        Antenna heights above sea level.
    frequency_mhz
        Frequency.
    k
        Effective-Earth factor.

    Raises
    ------
    DataError
        When the arrays differ in shape, hold fewer than two points or the distances do not rise.

    References
    ----------
    Recommendation ITU-R P.526-15, §4.5.1; the same construction is P.1812-8 §4.3.1, equations (13) slope to the
    transmitter's horizon, (14) slope of the line, (15) ν in sight, (17)-(19) Bullington point and its ν, and (21) the
    correction [1 - exp(-L/6)] (10 + 0.02 d).
    """
    distance = np.ascontiguousarray(distance_m, dtype=np.float64)
    height = np.ascontiguousarray(height_m, dtype=np.float64)
    if distance.ndim != 1 or distance.shape != height.shape or distance.size < 2:
        raise DataError(f"profile: distance_m {distance.shape} and height_m {height.shape}; give two of (n,), n >= 2")
    if not (np.diff(distance) > 0).all():
        raise DataError("profile: distance_m must rise from the transmitter to the receiver")
    length = float(distance[-1] - distance[0])
    inner = np.vstack([distance[1:-1] - distance[0], height[1:-1]])
    edge = edge_parameter(inner, length, tx_m, rx_m, EARTH_RADIUS_M * k)
    return float(edge_loss_db(edge, SPEED_OF_LIGHT_MPS / (frequency_mhz * 1e6), length))
