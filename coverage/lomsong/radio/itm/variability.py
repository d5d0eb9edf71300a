"""Quantiles of attenuation in time, over locations and over situations.

Equation numbers are those of Hufford, "The ITS Irregular Terrain Model, version 1.2.2: The Algorithm" (1995),
section 5; the climates are those of its table 5.1.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from numba import njit

from lomsong.radio.itm.path import Path, irregularity_at

SINGLE_MESSAGE, INDIVIDUAL, MOBILE, BROADCAST = 0, 1, 2, 3
"""Modes of variability."""


class Climate(NamedTuple):
    """One climate; curves are (c₁, c₂, x₁, x₂, x₃) in dB and km, frequency factors (a, b, c) in a + b/(1 + (c q)²)."""

    median: tuple[float, float, float, float, float]
    below: tuple[float, float, float, float, float]  # σT-
    above: tuple[float, float, float, float, float]  # σT+
    rare: float  # C_D
    rare_z: float  # z_D
    below_factor: tuple[float, float, float]
    above_factor: tuple[float, float, float]


CLIMATES: tuple[Climate, ...] = (
    Climate(  # equatorial
        (-9.67, 12.7, 144.9, 190.3, 133.8), (2.13, 159.5, 762.2, 123.6, 94.5), (2.11, 102.3, 636.9, 134.8, 95.6),
        1.224, 1.282, (1.0, 0.0, 0.0), (1.0, 0.0, 0.0),
    ),
    Climate(  # continental subtropical
        (-0.62, 9.19, 228.9, 205.2, 143.6), (2.66, 7.67, 100.4, 172.5, 136.4), (6.87, 15.53, 138.7, 143.7, 98.6),
        0.801, 2.161, (1.0, 0.0, 0.0), (0.93, 0.31, 2.00),
    ),
    Climate(  # maritime subtropical
        (1.26, 15.5, 262.6, 185.2, 99.8), (6.11, 6.65, 138.2, 242.2, 178.6), (10.08, 9.60, 165.3, 225.7, 129.7),
        1.380, 1.282, (1.0, 0.0, 0.0), (1.0, 0.0, 0.0),
    ),
    Climate(  # desert
        (-9.21, 9.05, 84.1, 101.1, 98.6), (1.98, 13.11, 139.1, 132.7, 193.5), (3.68, 159.3, 464.4, 93.1, 94.2),
        1.000, 20.0, (1.0, 0.0, 0.0), (0.93, 0.19, 1.79),
    ),
    Climate(  # continental temperate
        (-0.62, 9.19, 228.9, 205.2, 143.6), (2.68, 7.16, 93.7, 186.8, 133.5), (4.75, 8.12, 93.2, 135.9, 113.4),
        1.224, 1.282, (0.92, 0.25, 1.77), (0.93, 0.31, 2.00),
    ),
    Climate(  # maritime temperate, over land
        (-0.39, 2.86, 141.7, 315.9, 167.4), (6.86, 10.38, 187.8, 169.6, 108.9), (8.58, 13.97, 216.0, 152.0, 122.7),
        1.518, 1.282, (1.0, 0.0, 0.0), (1.0, 0.0, 0.0),
    ),
    Climate(  # maritime temperate, over sea
        (3.15, 857.9, 2222.0, 164.8, 116.3), (8.51, 169.8, 609.8, 119.9, 106.6), (8.43, 8.19, 136.2, 188.5, 122.9),
        1.518, 1.282, (1.0, 0.0, 0.0), (1.0, 0.0, 0.0),
    ),
)  # fmt: skip


@njit(cache=True, nogil=True)
def deviate(share: float) -> float:
    """Return the standard normal deviate exceeded with probability ``share``, within 4.5e-4 and never beyond 4.75.

    The rational approximation that the model has always been run with, so that quantiles agree with other programs.

    References
    ----------
    Abramowitz and Stegun (1964), Handbook of Mathematical Functions, equation 26.2.23.
    """
    t = math.sqrt(-2 * math.log(max(min(share, 1 - share), 1e-6)))
    z = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)))
    return z if share < 0.5 else -z


@njit(cache=True, nogil=True)
def _curve(shape: tuple[float, float, float, float, float], distance_m: float) -> float:
    """Return a curve of table 5.1 at an effective distance (equations 5.5 to 5.7)."""
    d = distance_m / 1e3
    rising = (d / shape[2]) ** 2
    return (shape[0] + shape[1] / (1 + ((d - shape[3]) / shape[4]) ** 2)) * rising / (1 + rising)


@njit(cache=True, nogil=True)
def _factor(shape: tuple[float, float, float], wave_per_m: float) -> float:
    """Return a frequency factor g of table 5.1."""
    return shape[0] + shape[1] / ((shape[2] * math.log(0.133 * wave_per_m)) ** 2 + 1)


@njit(cache=True, nogil=True)
def _effective_distance_m(path: Path) -> float:
    """Return de, the distance as the time variability sees it (equation 5.3)."""
    far = math.sqrt(18e6 * path.effective_m[0]) + math.sqrt(18e6 * path.effective_m[1])
    far += (575.7e12 / path.wave_per_m) ** (1 / 3)
    return 130e3 * path.length_m / far if path.length_m < far else 130e3 + path.length_m - far


@njit(cache=True, nogil=True)
def _time_sigma_db(z: float, distance_m: float, wave_per_m: float, climate: Climate) -> float:
    """Return σT for a deviate: one below the median, one above, another for rare events (equations 5.6 to 5.8)."""
    if z < 0:
        return _curve(climate.below, distance_m) * _factor(climate.below_factor, wave_per_m)
    above = _curve(climate.above, distance_m) * _factor(climate.above_factor, wave_per_m)
    if z <= climate.rare_z:
        return above
    rare = climate.rare * above
    return rare + (above - rare) * climate.rare_z / z


@njit(cache=True, nogil=True)
def attenuation_db(
    reference_db: float, path: Path, climate: int, mdvar: int, shares: tuple[float, float, float]
) -> float:
    """Return the attenuation in dB not exceeded in given shares of time, locations and situations (section 5).

    ``climate`` counts from 1; ``mdvar`` is a mode of variability, 10 more without that of locations, 20 more without
    that of situations.
    """
    curves = CLIMATES[climate - 1]
    mode = mdvar % 10
    no_location, no_situation = mdvar // 10 % 2 == 1, mdvar // 20 == 1
    time_z, place_z, case_z = deviate(shares[0]), deviate(shares[1]), deviate(shares[2])
    if mode == SINGLE_MESSAGE:
        time_z = place_z = case_z
    elif mode == INDIVIDUAL:
        place_z = case_z
    elif mode == MOBILE:
        place_z = time_z
    distance = _effective_distance_m(path)
    time = _time_sigma_db(time_z, distance, path.wave_per_m, curves)
    rough = path.wave_per_m * irregularity_at(path.irregularity_m, path.length_m)
    place = 0.0 if no_location else 10 * rough / (rough + 13)
    case = 0.0 if no_situation else (5 + 3 * math.exp(-distance / 100e3)) ** 2  # equation 5.10
    case += (time * time_z) ** 2 / (7.8 + case_z**2) + (place * place_z) ** 2 / (24.0 + case_z**2)
    if mode == SINGLE_MESSAGE:
        shift, spread = 0.0, math.sqrt(time**2 + place**2 + case)
    elif mode == INDIVIDUAL:
        shift, spread = time * time_z, math.sqrt(place**2 + case)
    elif mode == MOBILE:
        shift, spread = math.sqrt(time**2 + place**2) * time_z, math.sqrt(case)
    else:
        shift, spread = time * time_z + place * place_z, math.sqrt(case)
    found = reference_db - _curve(curves.median, distance) - shift - spread * case_z
    return found if found >= 0 else found * (29 - found) / (29 - 10 * found)
