"""What the model knows of a path: antennas, ground, horizons, effective heights, terrain irregularity.

Read from a terrain profile, or guessed from siting and irregularity. Equation numbers are those of Hufford, "The ITS
Irregular Terrain Model, version 1.2.2: The Algorithm" (1995).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

WAVE_MHZ = 47.7
"""f₀ in MHz·m of k = f / f₀ (equation 1.1)."""

POINT_TO_POINT_M2 = 10.0
"""C of equation (4.9) where the horizons come from a profile; 0 in the area mode."""

RANDOM, CAREFUL, VERY_CAREFUL = 0, 1, 2
"""Siting criteria of the area mode."""

Pair = tuple[float, float]
"""A quantity of the transmitter and of the receiver."""


class Path(NamedTuple):
    """One path; lengths in m, angles in rad, pairs of (transmitter, receiver)."""

    length_m: float
    wave_per_m: float  # wave number k, equation (1.1)
    refractivity: float  # Ns in N-units, equation (1.2)
    curvature_per_m: float  # γe, equation (1.3)
    impedance: complex  # Zg, equations (1.4), (1.5)
    irregularity_m: float  # Δh
    height_m: Pair  # structural, hg
    effective_m: Pair  # he
    horizon_m: Pair  # dL
    angle_rad: Pair  # θe
    clutter_m2: float  # C of equation (4.9)


class Air(NamedTuple):
    """Wave number, surface refractivity, effective curvature of the Earth, impedance of the ground."""

    wave_per_m: float
    refractivity: float
    curvature_per_m: float
    impedance: complex


@njit(cache=True, nogil=True)
def air(f_mhz: float, n0: float, elevation_m: float, vertical: bool, epsilon: float, sigma: float) -> Air:
    """Return what depends on frequency, atmosphere and ground alone (section 1, equations 1.1 to 1.5)."""
    wave = f_mhz / WAVE_MHZ
    refractivity = n0 * math.exp(-elevation_m / 9460.0)
    curvature = 157e-9 * (1 - 0.04665 * math.exp(refractivity / 179.3))
    permittivity = complex(epsilon, 376.62 * sigma / wave)
    impedance = np.sqrt(permittivity - 1)
    return Air(wave, refractivity, curvature, impedance / permittivity if vertical else impedance)


@njit(cache=True, nogil=True)
def irregularity_at(irregularity_m: float, distance_m: float) -> float:
    """Return Δh(d), the irregularity that a stretch of the path shows (equation 3.9, D = 50 km)."""
    return (1 - 0.8 * math.exp(-distance_m / 50e3)) * irregularity_m


@njit(cache=True, nogil=True)
def roughness_at(irregularity_m: float, distance_m: float) -> float:
    """Return σh(d), the standard deviation of the terrain heights in m (equation 3.10, H = 16 m)."""
    seen = irregularity_at(irregularity_m, distance_m)
    return 0.78 * seen * math.exp(-((seen / 16.0) ** 0.25))


@njit(cache=True, nogil=True)
def smooth_horizon_m(effective_m: float, curvature_per_m: float) -> float:
    """Return dLs, the distance to the horizon of a smooth Earth (equation 3.5)."""
    return math.sqrt(2 * effective_m / curvature_per_m)


@njit(cache=True, nogil=True)
def smooth_horizons_m(path: Path) -> float:
    """Return the sum of both distances to the horizon of a smooth Earth (equation 3.6)."""
    bend = path.curvature_per_m
    return smooth_horizon_m(path.effective_m[0], bend) + smooth_horizon_m(path.effective_m[1], bend)


@njit(cache=True, nogil=True)
def _usual_horizon_m(effective_m: float, irregularity_m: float, curvature_per_m: float) -> float:
    """Return the median distance to the horizon over irregular terrain (equation 3.3, H₃ = 5 m)."""
    shrunk = math.exp(-0.07 * math.sqrt(irregularity_m / max(effective_m, 5.0)))
    return smooth_horizon_m(effective_m, curvature_per_m) * shrunk


@njit(cache=True, nogil=True)
def _usual_angle_rad(effective_m: float, horizon_m: float, irregularity_m: float, curvature_per_m: float) -> float:
    """Return the median elevation of the horizon over irregular terrain (equation 3.4)."""
    smooth = smooth_horizon_m(effective_m, curvature_per_m)
    return (0.65 * irregularity_m * (smooth / horizon_m - 1) - 2 * effective_m) / smooth


@njit(cache=True, nogil=True)
def _sited_height_m(height_m: float, siting: int, irregularity_m: float) -> float:
    """Return the effective height of an antenna that was sited with some care (equations 3.1, 3.2)."""
    if siting == RANDOM:
        return height_m
    gain = 4.0 if siting == CAREFUL else 9.0
    if height_m < 5:
        gain *= math.sin(0.1 * math.pi * height_m)
    return height_m + (1 + gain) * math.exp(-min(20.0, 2 * height_m / max(1e-3, irregularity_m)))


@njit(cache=True, nogil=True)
def area_path(length_m: float, height_m: Pair, irregularity_m: float, siting: tuple[int, int], around: Air) -> Path:
    """Return the path that area mode supposes (section 3)."""
    bend = around.curvature_per_m
    one = _sited_height_m(height_m[0], siting[0], irregularity_m)
    two = _sited_height_m(height_m[1], siting[1], irregularity_m)
    horizon = (_usual_horizon_m(one, irregularity_m, bend), _usual_horizon_m(two, irregularity_m, bend))
    angle = (
        _usual_angle_rad(one, horizon[0], irregularity_m, bend),
        _usual_angle_rad(two, horizon[1], irregularity_m, bend),
    )
    return Path(
        length_m, around.wave_per_m, around.refractivity, bend, around.impedance, irregularity_m, height_m,
        (one, two), horizon, angle, 0.0,
    )  # fmt: skip


@njit(cache=True, nogil=True)
def mean_elevation_m(profile_m: NDArray[np.float64]) -> float:
    """Return the mean height of the middle 80 % of the profile."""
    edge = (profile_m.size - 1) // 10
    return float(np.mean(profile_m[edge : profile_m.size - edge]))


@njit(cache=True, nogil=True)
def _horizons(
    profile_m: NDArray[np.float64], step_m: float, antenna_m: Pair, curvature_per_m: float
) -> tuple[Pair, Pair]:
    """Return distances and elevations of the two horizons; the whole path where the ends see each other.

    A point stands above the ray from an antenna once its slope over the curved Earth exceeds the largest one so far;
    the other antenna is the first candidate.
    """
    last = profile_m.size - 1
    length, half = last * step_m, curvature_per_m / 2
    rise = (antenna_m[1] - antenna_m[0]) / length
    ahead, back = rise - half * length, -rise - half * length
    seen_ahead = seen_back = length
    for i in range(1, last):
        near = i * step_m
        slope = (profile_m[i] - antenna_m[0]) / near - half * near
        if slope > ahead:
            ahead, seen_ahead = slope, near
        far = length - near
        slope = (profile_m[i] - antenna_m[1]) / far - half * far
        if slope > back:
            back, seen_back = slope, far
    return (seen_ahead, seen_back), (ahead, back)


@njit(cache=True, nogil=True)
def _line(values: NDArray[np.float64], first: int, last: int) -> Pair:
    """Return the heights, at the two ends of ``values``, of the line fitted between two points, which count half."""
    count, middle = last - first, (first + last) / 2
    total = (values[first] + values[last]) / 2
    moment = (values[last] - values[first]) / 2 * count / 2
    for i in range(first + 1, last):
        total += values[i]
        moment += values[i] * (i - middle)
    mean, slope = total / count, moment * 12 / ((count * count + 2.0) * count)
    return mean - slope * middle, mean + slope * (values.size - 1 - middle)


@njit(cache=True, nogil=True)
def _fitted(profile_m: NDArray[np.float64], step_m: float, start_m: float, end_m: float) -> Pair:
    """Return the heights at both ends of the profile of the line fitted from ``start_m`` to ``end_m``."""
    last = profile_m.size - 1
    first = int(max(0.0, start_m / step_m))
    final = last - int(max(0.0, last - end_m / step_m))
    if final <= first:
        first, final = max(0, first - 1), min(last, final + 1)
    return _line(profile_m, first, final)


@njit(cache=True, nogil=True)
def _irregularity_m(profile_m: NDArray[np.float64], step_m: float, start_m: float, end_m: float) -> float:
    """Return Δh, the interdecile range of the heights about their straight line, as of an endless path.

    The stretch is sampled anew at 35 to 245 points, ten for each that the decile needs, less five.
    """
    first, final = start_m / step_m, end_m / step_m
    if final - first < 2:
        return 0.0
    decile = min(max(4, int(0.1 * (final - first + 8))), 25)
    count = 10 * decile - 5
    heights = np.empty(count)
    for i in range(count):
        place = first + (final - first) * i / (count - 1)
        left = min(int(place), profile_m.size - 2)
        heights[i] = profile_m[left] + (profile_m[left + 1] - profile_m[left]) * (place - left)
    low, high = _line(heights, 0, count - 1)
    for i in range(count):
        heights[i] -= low + (high - low) * i / (count - 1)
    heights.sort()
    return float((heights[count - decile] - heights[decile - 1]) / (1 - 0.8 * math.exp(-(end_m - start_m) / 50e3)))


@njit(cache=True, nogil=True)
def profile_path(height_m: Pair, profile_m: NDArray[np.float64], step_m: float, around: Air) -> Path:
    """Return the path over a profile of ground heights, the first below the transmitter."""
    length, bend = (profile_m.size - 1) * step_m, around.curvature_per_m
    ends = (profile_m[0], profile_m[-1])
    horizon, angle = _horizons(profile_m, step_m, (ends[0] + height_m[0], ends[1] + height_m[1]), bend)
    start = min(15 * height_m[0], 0.1 * horizon[0])
    end = length - min(15 * height_m[1], 0.1 * horizon[1])
    irregularity = _irregularity_m(profile_m, step_m, start, end)
    if horizon[0] + horizon[1] > 1.5 * length:  # in sight: horizons as of the terrain at large
        ground = _fitted(profile_m, step_m, start, end)
        one = height_m[0] + max(0.0, ends[0] - ground[0])
        two = height_m[1] + max(0.0, ends[1] - ground[1])
        reach = _usual_horizon_m(one, irregularity, bend) + _usual_horizon_m(two, irregularity, bend)
        if reach <= length:  # the ends would not see each other: raise both until they do
            raised = (length / reach) ** 2
            one, two = one * raised, two * raised
        horizon = (_usual_horizon_m(one, irregularity, bend), _usual_horizon_m(two, irregularity, bend))
        angle = (
            _usual_angle_rad(one, horizon[0], irregularity, bend),
            _usual_angle_rad(two, horizon[1], irregularity, bend),
        )
    else:
        one = height_m[0] + max(0.0, ends[0] - _fitted(profile_m, step_m, start, 0.9 * horizon[0])[0])
        two = height_m[1] + max(0.0, ends[1] - _fitted(profile_m, step_m, length - 0.9 * horizon[1], end)[1])
    return Path(
        length, around.wave_per_m, around.refractivity, bend, around.impedance, irregularity, height_m, (one, two),
        horizon, angle, POINT_TO_POINT_M2,
    )  # fmt: skip
