"""The NTIA Irregular Terrain Model (Longley-Rice), version 1.2.2, 20 MHz to 20 GHz: a second opinion.

:func:`point_to_point` reads a terrain profile, :func:`area` knows only how rough the land is. Both state the basic
transmission loss that is not exceeded in a share of time, locations and situations. Ground is all there is in the
model: no buildings, no canopy. NTIA's test vectors are met to the digits they are printed with.

References
----------
Hufford (1995), The ITS Irregular Terrain Model, version 1.2.2: The Algorithm. Hufford, Longley and Kissick (1982), A
Guide to the Use of the ITS Irregular Terrain Model in the Area Prediction Mode, NTIA Report 82-100.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Literal, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from lomsong.errors import DataError, UsageError
from lomsong.radio.itm.path import (
    CAREFUL,
    RANDOM,
    VERY_CAREFUL,
    Pair,
    Path,
    air,
    area_path,
    mean_elevation_m,
    profile_path,
    smooth_horizon_m,
)
from lomsong.radio.itm.reference import reference_db
from lomsong.radio.itm.variability import attenuation_db
from lomsong.texts import Phrase, fault

__all__ = ["CLIMATES", "MODES", "WARNINGS", "Itm", "Mode", "Polarization", "Siting", "Terms", "area", "point_to_point"]

Polarization = Literal["horizontal", "vertical"]
Siting = Literal["random", "careful", "very_careful"]
Mode = Literal["line_of_sight", "diffraction", "troposcatter"]

MODES: tuple[Mode, ...] = ("line_of_sight", "diffraction", "troposcatter")
"""Ranges of distance, in the order of :mod:`lomsong.radio.itm.reference`."""

CLIMATES = {
    1: "equatorial",
    2: "continental_subtropical",
    3: "maritime_subtropical",
    4: "desert",
    5: "continental_temperate",
    6: "maritime_temperate_land",
    7: "maritime_temperate_sea",
}
"""Radio climates by number (NTIA Report 82-100; its example of 1 is the Congo, of 3 the west coast of Africa)."""

WARNINGS = (
    "frequency",
    "height_tx",
    "height_rx",
    "angle_tx",
    "angle_rx",
    "horizon_tx",
    "horizon_rx",
    "refractivity",
    "path_steep",
    "path_short",
    "path_long",
    "quantile",
)
"""Where the model was used beyond the measurements it stands on; told by ``itm.warning.<word>`` of the catalogue."""

_SITINGS = {"random": RANDOM, "careful": CAREFUL, "very_careful": VERY_CAREFUL}
_POLARIZATIONS = ("horizontal", "vertical")
_MDVARS = tuple(mode + extra for extra in (0, 10, 20, 30) for mode in range(4))
_TINY = math.nextafter(0, 1)
_LOWEST_M, _HIGHEST_M = -500.0, 9000.0


class _Limit(NamedTuple):
    low: float
    high: float
    shown: str


_PERCENT = _Limit(_TINY, math.nextafter(100, 0), "0 < x < 100")
_HEIGHT = _Limit(0.5, 3000, "0.5…3000 m")

_LIMITS: Mapping[str, _Limit] = {
    "h_tx_m": _HEIGHT,
    "h_rx_m": _HEIGHT,
    "f_mhz": _Limit(20, 20_000, "20…20000 MHz"),
    "n0": _Limit(250, 400, "250…400"),
    "epsilon": _Limit(math.nextafter(1, 2), math.inf, "> 1"),
    "sigma": _Limit(_TINY, math.inf, "> 0 S/m"),
    "time_percent": _PERCENT,
    "location_percent": _PERCENT,
    "situation_percent": _PERCENT,
    "step_m": _Limit(_TINY, 1e6, "> 0 m"),
    "distance_m": _Limit(_TINY, 1e7, "0 < x ≤ 10000 km"),
    "delta_h_m": _Limit(0, 1e4, "0…10000 m"),
}
"""Smallest and largest value of each number asked for."""


@dataclass(frozen=True)
class Terms:
    """Quantities on the way to a loss; lengths in m, angles in rad, upwards positive.

    ``mode`` is the range of distance whose formula was used, as NTIA's programs name it: a path shorter than both
    horizons of a smooth Earth is "line_of_sight" even with a hill in between; ``in_sight`` tells whether the ends see
    each other (in the area mode: usually). ``attenuation_db`` is the asked quantile and ``reference_db`` the median
    above free space before any variability. ``warnings`` are words of :data:`WARNINGS`.
    """

    distance_m: float
    surface_refractivity: float
    effective_earth_m: float
    delta_h_m: float
    horizon_tx_m: float
    horizon_rx_m: float
    angle_tx_rad: float
    angle_rx_rad: float
    effective_tx_m: float
    effective_rx_m: float
    mode: Mode
    in_sight: bool
    reference_db: float
    attenuation_db: float
    free_space_db: float
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Itm:
    """Basic transmission loss in dB, and the terms that it came from."""

    loss_db: float
    terms: Terms


class _Found(NamedTuple):
    path: Path
    reference_db: float
    mode: int
    attenuation_db: float


@njit(cache=True, nogil=True)
def _over_profile(
    height_m: Pair, profile_m: NDArray[np.float64], step_m: float, ground: tuple[float, float], n0: float,
    f_mhz: float, vertical: bool, climate: int, mdvar: int, shares: tuple[float, float, float],
) -> _Found:  # fmt: skip
    around = air(f_mhz, n0, mean_elevation_m(profile_m), vertical, ground[0], ground[1])
    path = profile_path(height_m, profile_m, step_m, around)
    reference, mode = reference_db(path)
    return _Found(path, reference, mode, attenuation_db(reference, path, climate, mdvar, shares))


@njit(cache=True, nogil=True)
def _over_area(
    height_m: Pair, distance_m: float, irregularity_m: float, siting: tuple[int, int], ground: tuple[float, float],
    n0: float, f_mhz: float, vertical: bool, climate: int, mdvar: int, shares: tuple[float, float, float],
) -> _Found:  # fmt: skip
    around = air(f_mhz, n0, 0.0, vertical, ground[0], ground[1])
    path = area_path(distance_m, height_m, irregularity_m, siting, around)
    reference, mode = reference_db(path)
    return _Found(path, reference, mode, attenuation_db(reference, path, climate, mdvar, shares))


def point_to_point(
    h_tx_m: float, h_rx_m: float, profile_m: ArrayLike, step_m: float, *, climate: int, n0: float, f_mhz: float,
    polarization: Polarization, epsilon: float, sigma: float, mdvar: int, time_percent: float,
    location_percent: float, situation_percent: float,
) -> Itm:  # fmt: skip
    """Return the loss over a terrain profile.

    Parameters
    ----------
    h_tx_m, h_rx_m
        Heights of the antennas above the ground.
    profile_m
        Ground heights above sea level at equal steps, shape (n,), n >= 3, the first below the transmitter.
    step_m
        Distance between two of them.
    climate
        Number in :data:`CLIMATES`.
    n0
        Surface refractivity reduced to sea level, N-units.
    f_mhz
        Frequency.
    polarization
        "horizontal" or "vertical".
    epsilon, sigma
        Relative permittivity of the ground, and its conductivity in S/m.
    mdvar
        Mode of variability: 0 single message, 1 individual, 2 mobile, 3 broadcast; 10 more leaves out the variability
        of locations (usual with a profile), 20 more that of situations.
    time_percent, location_percent, situation_percent
        Share in which the loss is not exceeded. Mode 0 reads the situations alone, mode 1 takes locations for
        situations, and mode 2 locations for time.

    Raises
    ------
    UsageError
        When a parameter is out of its limits.
    DataError
        When the profile is too short or has voids, or when the model has no answer for it.

    Examples
    --------
    >>> found = point_to_point(30, 1.5, [10.0] * 101, 50, climate=1, n0=360, f_mhz=800, polarization="vertical",
    ...     epsilon=15, sigma=0.005, mdvar=12, time_percent=50, location_percent=50, situation_percent=50)
    >>> found.terms.mode, round(found.terms.free_space_db, 1)
    ('line_of_sight', 104.5)
    """
    _check({
        "h_tx_m": h_tx_m, "h_rx_m": h_rx_m, "step_m": step_m, "f_mhz": f_mhz, "n0": n0, "epsilon": epsilon,
        "sigma": sigma, "time_percent": time_percent, "location_percent": location_percent,
        "situation_percent": situation_percent,
    })  # fmt: skip
    _check_choices(climate, polarization, mdvar)
    found = _over_profile(
        (float(h_tx_m), float(h_rx_m)), _profile(profile_m), float(step_m), (float(epsilon), float(sigma)), float(n0),
        float(f_mhz), polarization == "vertical", int(climate), int(mdvar),
        (time_percent / 100, location_percent / 100, situation_percent / 100),
    )  # fmt: skip
    return _told(found, f_mhz, (time_percent, location_percent, situation_percent))


def area(
    h_tx_m: float, h_rx_m: float, distance_m: float, delta_h_m: float, *, siting_tx: Siting, siting_rx: Siting,
    climate: int, n0: float, f_mhz: float, polarization: Polarization, epsilon: float, sigma: float, mdvar: int,
    time_percent: float, location_percent: float, situation_percent: float,
) -> Itm:  # fmt: skip
    """Return the loss at a distance over land of a given roughness, where no profile is known.

    Parameters
    ----------
    h_tx_m, h_rx_m
        Heights of the antennas above the ground.
    distance_m
        Length of the path.
    delta_h_m
        Terrain irregularity Δh, the interdecile range of heights: 0 water, 30 plains, 90 hills, 200 mountains.
    siting_tx, siting_rx
        How a place was chosen: "random", "careful" or "very_careful".
    climate, f_mhz, polarization, epsilon, sigma, mdvar, time_percent, location_percent, situation_percent
        As in :func:`point_to_point`.
    n0
        Surface refractivity where the path is, N-units; no elevation is known to reduce it.

    Raises
    ------
    UsageError
        When a parameter is out of its limits.
    DataError
        When the model has no answer for the path.

    Examples
    --------
    >>> found = area(10, 1, 16_000, 0, siting_tx="random", siting_rx="random", climate=5, n0=301, f_mhz=230,
    ...     polarization="horizontal", epsilon=15, sigma=0.008, mdvar=0, time_percent=87, location_percent=50,
    ...     situation_percent=50)
    >>> round(found.loss_db, 1)
    152.5
    """
    _check({
        "h_tx_m": h_tx_m, "h_rx_m": h_rx_m, "distance_m": distance_m, "delta_h_m": delta_h_m, "f_mhz": f_mhz, "n0": n0,
        "epsilon": epsilon, "sigma": sigma, "time_percent": time_percent, "location_percent": location_percent,
        "situation_percent": situation_percent,
    })  # fmt: skip
    _check_choices(climate, polarization, mdvar)
    for name, siting in (("siting_tx", siting_tx), ("siting_rx", siting_rx)):
        _check_one(name, siting, tuple(_SITINGS))
    found = _over_area(
        (float(h_tx_m), float(h_rx_m)), float(distance_m), float(delta_h_m), (_SITINGS[siting_tx], _SITINGS[siting_rx]),
        (float(epsilon), float(sigma)), float(n0), float(f_mhz), polarization == "vertical", int(climate), int(mdvar),
        (time_percent / 100, location_percent / 100, situation_percent / 100),
    )  # fmt: skip
    return _told(found, f_mhz, (time_percent, location_percent, situation_percent))


def _check(values: Mapping[str, object]) -> None:
    for name, value in values.items():
        limit = _LIMITS[name]
        if not (isinstance(value, Real) and limit.low <= float(value) <= limit.high and math.isfinite(value)):
            remedy = "percent" if limit is _PERCENT else "height" if limit is _HEIGHT else name
            raise fault(
                UsageError, "itm_limit", name=name, value=value, limit=limit.shown, remedy=Phrase(f"itm.give.{remedy}")
            )


def _check_choices(climate: int, polarization: str, mdvar: int) -> None:
    _check_one("climate", climate, tuple(CLIMATES))
    _check_one("polarization", polarization, _POLARIZATIONS)
    _check_one("mdvar", mdvar, _MDVARS)


def _check_one(name: str, value: object, known: tuple[object, ...]) -> None:
    if value not in known:
        remedy = Phrase(f"itm.give.{name.partition('_')[0]}")
        raise fault(UsageError, "itm_choice", name=name, value=value, limit=", ".join(map(str, known)), remedy=remedy)


def _profile(profile_m: ArrayLike) -> NDArray[np.float64]:
    profile = np.ascontiguousarray(profile_m, dtype=np.float64)
    if profile.ndim != 1 or profile.size < 3:
        raise fault(DataError, "itm_profile", shape=str(profile.shape))
    if not np.isfinite(profile).all():
        empty = ~np.isfinite(profile)
        raise fault(DataError, "itm_void", count=int(empty.sum()), size=profile.size, first=int(empty.argmax()))
    if not (profile.min() >= _LOWEST_M and profile.max() <= _HIGHEST_M):
        wrong = profile.min() if profile.min() < _LOWEST_M else profile.max()
        raise fault(DataError, "itm_elevation", value=f"{wrong:g}", limit=f"{_LOWEST_M:g}…{_HIGHEST_M:g} m")
    return profile


def _told(found: _Found, f_mhz: float, percent: tuple[float, float, float]) -> Itm:
    path = found.path
    if not math.isfinite(found.attenuation_db):
        raise fault(DataError, "itm_undefined", distance=f"{path.length_m:g}", frequency=f"{f_mhz:g}")
    free_space = 32.45 + 20 * math.log10(f_mhz) + 20 * math.log10(path.length_m / 1e3)
    terms = Terms(
        distance_m=path.length_m,
        surface_refractivity=path.refractivity,
        effective_earth_m=1 / path.curvature_per_m,
        delta_h_m=path.irregularity_m,
        horizon_tx_m=path.horizon_m[0],
        horizon_rx_m=path.horizon_m[1],
        angle_tx_rad=path.angle_rad[0],
        angle_rx_rad=path.angle_rad[1],
        effective_tx_m=path.effective_m[0],
        effective_rx_m=path.effective_m[1],
        mode=MODES[found.mode],
        in_sight=path.horizon_m[0] + path.horizon_m[1] > path.length_m,
        reference_db=found.reference_db,
        attenuation_db=found.attenuation_db,
        free_space_db=free_space,
        warnings=_warnings(path, f_mhz, percent),
    )
    return Itm(free_space + found.attenuation_db, terms)


def _warnings(path: Path, f_mhz: float, percent: tuple[float, float, float]) -> tuple[str, ...]:
    """Return what lies beyond the limits that NTIA Report 82-100 and its programs name."""
    words = [] if 40 <= f_mhz <= 10_000 else ["frequency"]
    for j, end in enumerate(("tx", "rx")):
        if not 1 <= path.height_m[j] <= 1000:
            words.append(f"height_{end}")
        if abs(path.angle_rad[j]) > 0.2:
            words.append(f"angle_{end}")
        smooth = smooth_horizon_m(path.effective_m[j], path.curvature_per_m)
        if not 0.1 * smooth <= path.horizon_m[j] <= 3 * smooth:
            words.append(f"horizon_{end}")
    if not 250 <= path.refractivity <= 400:
        words.append("refractivity")
    if path.length_m < abs(path.effective_m[0] - path.effective_m[1]) / 0.2:
        words.append("path_steep")
    if path.length_m < 1e3:
        words.append("path_short")
    if path.length_m > 1e6:
        words.append("path_long")
    if not all(0.1 <= share <= 99.9 for share in percent):
        words.append("quantile")
    return tuple(words)
