"""Losses that depend on distance, frequency and heights alone: what a model with terrain has to beat.

Distances are measured along the ground (d2D of 3GPP). Every argument broadcasts. An argument outside the limits that
the authors state is refused, unless ``extrapolate`` asks for the formula all the same.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lomsong.errors import UsageError
from lomsong.radio.limits import Limit, within
from lomsong.texts import fault

Floats = NDArray[np.float64]
HataArea = Literal["urban", "large_city", "suburban", "open"]
CostArea = Literal["urban", "metropolitan"]

SPEED_OF_LIGHT_MPS = 299_792_458.0

ROUND_LIGHT_MPS = 3.0e8
"""Speed of light by which 3GPP TR 38.901 reckons its breakpoints."""

HATA_BREAK_MHZ = 300.0
"""Hata gives a large city's height correction up to 200 MHz and from 400 MHz on; between, the border lies here."""

_HATA = {
    "distance_km": Limit(1, 20, "km"),
    "frequency_mhz": Limit(150, 1500, "MHz"),
    "base_m": Limit(30, 200, "m"),
    "phone_m": Limit(1, 10, "m"),
}
_COST = _HATA | {"frequency_mhz": Limit(1500, 2000, "MHz")}
_RMA = {
    "distance_km": Limit(0.01, 10, "km"),
    "frequency_mhz": Limit(500, 30_000, "MHz"),
    "base_m": Limit(10, 150, "m"),
    "phone_m": Limit(1, 10, "m"),
    "building_m": Limit(5, 50, "m"),
    "street_m": Limit(5, 50, "m"),
}
_RMA_NLOS = _RMA | {"distance_km": Limit(0.01, 5, "km")}
_UMA = {
    "distance_km": Limit(0.01, 5, "km"),
    "frequency_mhz": Limit(500, 100_000, "MHz"),
    "base_m": Limit(25, 25, "m", floor=1.001),  # the breakpoint counts heights above 1 m of traffic
    "phone_m": Limit(1.5, 22.5, "m", floor=1.001),
}
_ANYWHERE = {"distance_km": Limit(0, 1000, "km"), "phone_m": Limit(0, 23, "m")}


def free_space_loss_db(distance_km: ArrayLike, frequency_mhz: ArrayLike) -> NDArray[np.float64]:
    """Return the free-space basic transmission loss in dB.

    Parameters
    ----------
    distance_km
        Distance between the antennas, any shape; 0 gives minus infinity.
    frequency_mhz
        Frequency, broadcast against the distance.

    References
    ----------
    Recommendation ITU-R P.525-4, equation (4): 32.4 + 20 log f + 20 log d, here with the constant unrounded
    (32.448), as 20 log (4 pi d / wavelength).

    Examples
    --------
    >>> round(float(free_space_loss_db(1.0, 800.0)), 1)
    90.5
    """
    distance_m = np.asarray(distance_km, float) * 1e3
    wavelength_m = SPEED_OF_LIGHT_MPS / (np.asarray(frequency_mhz, float) * 1e6)
    with np.errstate(divide="ignore"):
        return np.asarray(20 * np.log10(4 * np.pi * distance_m / wavelength_m))


def okumura_hata_loss_db(
    distance_km: ArrayLike,
    frequency_mhz: ArrayLike,
    base_m: ArrayLike,
    phone_m: ArrayLike = 1.5,
    *,
    area: HataArea = "urban",
    extrapolate: bool = False,
) -> Floats:
    """Return the median loss of Okumura's measurements as Hata put them into formulas, in dB.

    Parameters
    ----------
    distance_km
        1-20 km.
    frequency_mhz
        150-1500 MHz.
    base_m
        Effective height of the mast's antenna, 30-200 m.
    phone_m
        Height of the phone, 1-10 m.
    area
        ``urban`` (small or medium city), ``large_city``, ``suburban`` or ``open``; the last two stand on ``urban``.
    extrapolate
        True allows arguments beyond these limits.

    Raises
    ------
    UsageError
        When the area is unknown, or arguments are out of their limits.

    References
    ----------
    Hata (1980), Empirical Formula for Propagation Loss in Land Mobile Radio Services, IEEE Trans. Veh. Technol. 29(3).
    """
    _choose("Okumura-Hata", area, HataArea)
    given = {"distance_km": distance_km, "frequency_mhz": frequency_mhz, "base_m": base_m, "phone_m": phone_m}
    d, f, hb, hm = within("Okumura-Hata", _HATA, given, extrapolate)
    log_f = np.log10(f)
    correction = _large_city_db(f, hm) if area == "large_city" else _small_city_db(log_f, hm)
    urban = 69.55 + 26.16 * log_f - 13.82 * np.log10(hb) - correction + _hata_slope(hb) * np.log10(d)
    if area == "suburban":
        return np.asarray(urban - 2 * np.log10(f / 28) ** 2 - 5.4)
    if area == "open":
        return np.asarray(urban - 4.78 * log_f**2 + 18.33 * log_f - 40.94)
    return np.asarray(urban)


def cost231_hata_loss_db(
    distance_km: ArrayLike,
    frequency_mhz: ArrayLike,
    base_m: ArrayLike,
    phone_m: ArrayLike = 1.5,
    *,
    area: CostArea = "urban",
    extrapolate: bool = False,
) -> Floats:
    """Return the median loss of COST 231's extension of Hata to 1500-2000 MHz, in dB.

    Parameters
    ----------
    distance_km, base_m, phone_m, extrapolate
        As in :func:`okumura_hata_loss_db`.
    frequency_mhz
        1500-2000 MHz.
    area
        ``urban`` (medium-sized city, and suburban centre with trees of medium density) or ``metropolitan`` (3 dB more).

    Raises
    ------
    UsageError
        When the area is unknown, or arguments are out of their limits.

    References
    ----------
    COST Action 231 (1999), Digital Mobile Radio Towards Future Generation Systems, Final Report, §4.4.1.
    """
    _choose("COST 231-Hata", area, CostArea)
    given = {"distance_km": distance_km, "frequency_mhz": frequency_mhz, "base_m": base_m, "phone_m": phone_m}
    d, f, hb, hm = within("COST 231-Hata", _COST, given, extrapolate)
    log_f = np.log10(f)
    loss = 46.3 + 33.9 * log_f - 13.82 * np.log10(hb) - _small_city_db(log_f, hm) + _hata_slope(hb) * np.log10(d)
    return np.asarray(loss + (3.0 if area == "metropolitan" else 0.0))


def rma_los_loss_db(
    distance_km: ArrayLike,
    frequency_mhz: ArrayLike,
    base_m: ArrayLike = 35.0,
    phone_m: ArrayLike = 1.5,
    *,
    building_m: ArrayLike = 5.0,
    extrapolate: bool = False,
) -> Floats:
    """Return the loss of 3GPP's rural macro cell in line of sight, in dB.

    At the breakpoint 2π hBS hUT f / c it steps up by some hundredths of a dB, as the table has it.

    Parameters
    ----------
    distance_km
        0.01-10 km.
    frequency_mhz
        500-30,000 MHz.
    base_m, phone_m
        Antenna heights, 10-150 m and 1-10 m.
    building_m
        Average height of buildings, 5-50 m.
    extrapolate
        True allows arguments beyond these limits.

    Raises
    ------
    UsageError
        When arguments are out of their limits.

    References
    ----------
    3GPP TR 38.901, table 7.4.1-1.
    """
    given = _pack(distance_km, frequency_mhz, base_m, phone_m) | {"building_m": building_m}
    return _rma_los(*within("3GPP RMa LOS", _RMA, given, extrapolate))


def rma_nlos_loss_db(
    distance_km: ArrayLike,
    frequency_mhz: ArrayLike,
    base_m: ArrayLike = 35.0,
    phone_m: ArrayLike = 1.5,
    *,
    building_m: ArrayLike = 5.0,
    street_m: ArrayLike = 20.0,
    extrapolate: bool = False,
) -> Floats:
    """Return the loss of 3GPP's rural macro cell out of sight, in dB; never less than in sight.

    Parameters
    ----------
    distance_km
        0.01-5 km.
    street_m
        Average width of streets, 5-50 m.

    frequency_mhz, base_m, phone_m, building_m, extrapolate
        As in :func:`rma_los_loss_db`.

    Raises
    ------
    UsageError
        When arguments are out of their limits.

    References
    ----------
    3GPP TR 38.901, table 7.4.1-1.
    """
    given = _pack(distance_km, frequency_mhz, base_m, phone_m) | {"building_m": building_m, "street_m": street_m}
    return _rma_nlos(*within("3GPP RMa NLOS", _RMA_NLOS, given, extrapolate))


def rma_loss_db(
    distance_km: ArrayLike,
    frequency_mhz: ArrayLike,
    base_m: ArrayLike = 35.0,
    phone_m: ArrayLike = 1.5,
    *,
    building_m: ArrayLike = 5.0,
    street_m: ArrayLike = 20.0,
    extrapolate: bool = False,
) -> Floats:
    """Return the expected loss of the rural macro cell in dB: in and out of sight, weighted by how likely each is.

    Parameters and errors are those of :func:`rma_nlos_loss_db`.

    References
    ----------
    3GPP TR 38.901, tables 7.4.1-1 and 7.4.2-1.
    """
    given = _pack(distance_km, frequency_mhz, base_m, phone_m) | {"building_m": building_m, "street_m": street_m}
    arrays = within("3GPP RMa", _RMA_NLOS, given, extrapolate)
    return _expected(_rma_sight(arrays[0]), _rma_los(*arrays[:5]), _rma_nlos(*arrays))


def rma_los_probability(distance_km: ArrayLike) -> Floats:
    """Return how likely line of sight is in a rural macro cell, 1 up to 10 m.

    Raises
    ------
    UsageError
        When distances are out of 0-1000 km.

    References
    ----------
    3GPP TR 38.901, table 7.4.2-1.
    """
    return _rma_sight(*within("3GPP RMa", _ANYWHERE, {"distance_km": distance_km}))


def uma_los_loss_db(
    distance_km: ArrayLike,
    frequency_mhz: ArrayLike,
    base_m: ArrayLike = 25.0,
    phone_m: ArrayLike = 1.5,
    *,
    extrapolate: bool = False,
) -> Floats:
    """Return the loss of 3GPP's urban macro cell in line of sight, in dB.

    The effective environment height is 1 m: always so for phones below 13 m, the likeliest value above.

    Parameters
    ----------
    distance_km
        0.01-5 km.
    frequency_mhz
        500-100,000 MHz.
    base_m, phone_m
        Antenna heights, 25 m and 1.5-22.5 m.
    extrapolate
        True allows arguments beyond these limits.

    Raises
    ------
    UsageError
        When arguments are out of their limits.

    References
    ----------
    3GPP TR 38.901, table 7.4.1-1 with its note 1.
    """
    return _uma_los(*within("3GPP UMa LOS", _UMA, _pack(distance_km, frequency_mhz, base_m, phone_m), extrapolate))


def uma_nlos_loss_db(
    distance_km: ArrayLike,
    frequency_mhz: ArrayLike,
    base_m: ArrayLike = 25.0,
    phone_m: ArrayLike = 1.5,
    *,
    extrapolate: bool = False,
) -> Floats:
    """Return the loss of 3GPP's urban macro cell out of sight, in dB; never less than in sight.

    Parameters, errors and reference are those of :func:`uma_los_loss_db`.
    """
    return _uma_nlos(*within("3GPP UMa NLOS", _UMA, _pack(distance_km, frequency_mhz, base_m, phone_m), extrapolate))


def uma_loss_db(
    distance_km: ArrayLike,
    frequency_mhz: ArrayLike,
    base_m: ArrayLike = 25.0,
    phone_m: ArrayLike = 1.5,
    *,
    extrapolate: bool = False,
) -> Floats:
    """Return the expected loss of the urban macro cell in dB: in and out of sight, weighted by how likely each is.

    Parameters and errors are those of :func:`uma_los_loss_db`.

    References
    ----------
    3GPP TR 38.901, tables 7.4.1-1 and 7.4.2-1.
    """
    arrays = within("3GPP UMa", _UMA, _pack(distance_km, frequency_mhz, base_m, phone_m), extrapolate)
    return _expected(_uma_sight(arrays[0], arrays[3]), _uma_los(*arrays), _uma_nlos(*arrays))


def uma_los_probability(distance_km: ArrayLike, phone_m: ArrayLike = 1.5) -> Floats:
    """Return how likely line of sight is in an urban macro cell, 1 up to 18 m; higher phones see farther from 13 m on.

    Raises
    ------
    UsageError
        When distances are out of 0-1000 km or phones out of 0-23 m.

    References
    ----------
    3GPP TR 38.901, table 7.4.2-1.
    """
    return _uma_sight(*within("3GPP UMa", _ANYWHERE, {"distance_km": distance_km, "phone_m": phone_m}))


def _choose(model: str, area: str, areas: object) -> None:
    if str(area) not in get_args(areas):
        raise fault(UsageError, "baseline_area", model=model, value=str(area), known=", ".join(get_args(areas)))


def _pack(
    distance_km: ArrayLike, frequency_mhz: ArrayLike, base_m: ArrayLike, phone_m: ArrayLike
) -> dict[str, ArrayLike]:
    return {"distance_km": distance_km, "frequency_mhz": frequency_mhz, "base_m": base_m, "phone_m": phone_m}


def _small_city_db(log_f: Floats, hm: Floats) -> Floats:
    return np.asarray((1.1 * log_f - 0.7) * hm - (1.56 * log_f - 0.8))


def _large_city_db(f: Floats, hm: Floats) -> Floats:
    low, high = 8.29 * np.log10(1.54 * hm) ** 2 - 1.1, 3.2 * np.log10(11.75 * hm) ** 2 - 4.97
    return np.where(f < HATA_BREAK_MHZ, low, high)


def _hata_slope(hb: Floats) -> Floats:
    return np.asarray(44.9 - 6.55 * np.log10(hb))


def _expected(sight: Floats, los: Floats, nlos: Floats) -> Floats:
    return np.asarray(sight * los + (1 - sight) * nlos)


def _slant_m(d: Floats, hb: Floats, hm: Floats) -> Floats:
    return np.asarray(np.hypot(d * 1e3, hb - hm))


def _rma_los(d: Floats, f: Floats, hb: Floats, hm: Floats, h: Floats) -> Floats:
    slant_m, break_m = _slant_m(d, hb, hm), 2 * np.pi * hb * hm * f * 1e6 / ROUND_LIGHT_MPS
    far = _rma_near(break_m, f, h) + 40 * np.log10(slant_m / break_m)
    return np.where(d * 1e3 <= break_m, _rma_near(slant_m, f, h), far)


def _rma_near(slant_m: Floats, f: Floats, h: Floats) -> Floats:
    """Return PL1 of the table at a slant distance."""
    spread = 20 * np.log10(40 * np.pi * slant_m * f / 1e3 / 3)
    grown = h**1.72
    roofs = np.minimum(0.03 * grown, 10) * np.log10(slant_m) - np.minimum(0.044 * grown, 14.77)
    return np.asarray(spread + roofs + 0.002 * np.log10(h) * slant_m)


def _rma_nlos(d: Floats, f: Floats, hb: Floats, hm: Floats, h: Floats, w: Floats) -> Floats:
    log_hb, slant_m = np.log10(hb), _slant_m(d, hb, hm)
    hidden = 161.04 - 7.1 * np.log10(w) + 7.5 * np.log10(h) - (24.37 - 3.7 * (h / hb) ** 2) * log_hb
    hidden = hidden + (43.42 - 3.1 * log_hb) * (np.log10(slant_m) - 3) + 20 * np.log10(f / 1e3)
    return np.maximum(_rma_los(d, f, hb, hm, h), hidden - (3.2 * np.log10(11.75 * hm) ** 2 - 4.97))


def _rma_sight(d: Floats) -> Floats:
    return np.exp(-np.maximum(d * 1e3 - 10, 0) / 1000)


def _uma_los(d: Floats, f: Floats, hb: Floats, hm: Floats) -> Floats:
    slant_m, rise_m = _slant_m(d, hb, hm), hb - hm
    break_m = 4 * (hb - 1) * (hm - 1) * f * 1e6 / ROUND_LIGHT_MPS
    start = 28.0 + 20 * np.log10(f / 1e3)
    far = start + 40 * np.log10(slant_m) - 9 * np.log10(break_m**2 + rise_m**2)
    return np.where(d * 1e3 <= break_m, start + 22 * np.log10(slant_m), far)


def _uma_nlos(d: Floats, f: Floats, hb: Floats, hm: Floats) -> Floats:
    hidden = 13.54 + 39.08 * np.log10(_slant_m(d, hb, hm)) + 20 * np.log10(f / 1e3) - 0.6 * (hm - 1.5)
    return np.maximum(_uma_los(d, f, hb, hm), hidden)


def _uma_sight(d: Floats, hm: Floats) -> Floats:
    d_m = np.maximum(d * 1e3, 18)
    low = 18 / d_m + np.exp(-d_m / 63) * (1 - 18 / d_m)
    above = (np.maximum(hm - 13, 0) / 10) ** 1.5
    return np.where(d_m <= 18, 1.0, low * (1 + above * 1.25 * (d_m / 100) ** 3 * np.exp(-d_m / 150)))
