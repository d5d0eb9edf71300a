"""How an antenna spreads its power: cuts through its pattern, put together for any direction.

A pattern is two cuts in tenths of a degree. Azimuths count clockwise from the main direction, angles of the vertical
cut downwards from the horizon: 0 ahead, 90 straight down, 270 straight up. Off the cuts the two attenuations add up to
a largest one, as 3GPP has it. An electrical downtilt is part of the vertical cut and acts alike at every azimuth; a
mechanical one turns the antenna, so that its back looks up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from lomsong.errors import DataError
from lomsong.radio.limits import Limit, within
from lomsong.texts import fault

Floats = NDArray[np.float64]

BEAMWIDTH_DEG = 65.0
"""Half-power beamwidth of a sector that does not tell its own (3GPP TR 36.942 table 4.3, TR 38.901 table 7.3-1)."""

FRONT_TO_BACK_DB = 25.0
"""Attenuation behind a sector; 3GPP writes 20 dB (TR 36.942, macro) to 30 dB (TR 38.901)."""

VERTICAL_BEAMWIDTH_DEG = 10.0
"""Half-power beamwidth of a macro antenna's vertical cut (3GPP TR 36.814 table A.2.1.1-2)."""

STEPS = 3600
"""Values of a cut, one each tenth of a degree."""

_TENTHS_DEG = np.arange(STEPS) / 10.0
_DB = Limit(0, 100, "dB")
_SHAPE_LIMITS = {
    "beamwidth_deg": Limit(1, 360, "°"),
    "vertical_beamwidth_deg": Limit(0.5, 180, "°"),
    "downtilt_deg": Limit(-90, 90, "°"),
    "front_to_back_db": _DB,
    "sidelobe_db": _DB,
    "gain_dbi": Limit(-50, 60, "dBi"),
}
_ANGLES = {
    "bearing_deg": Limit(-1e6, 1e6, "°", missing=True),
    "down_deg": Limit(-90, 90, "°", missing=True),
    "azimuth_deg": Limit(-1e6, 1e6, "°", missing=True),
    "tilt_deg": Limit(-90, 90, "°"),
}


@njit(cache=True, nogil=True)
def _of_cut(cut_db: Floats, angle_deg: float) -> float:
    """Return the value of a cut at any angle, between two tenths by their distance; NaN where the angle is NaN."""
    turns = angle_deg * (1.0 / 360.0)
    at = (turns - math.floor(turns)) * STEPS
    if not at < STEPS:  # an angle a hair below 0, or NaN
        return cut_db[0] if at == STEPS else math.nan
    low = int(at)
    high = low + 1 if low + 1 < STEPS else 0
    return cut_db[low] + (at - low) * (cut_db[high] - cut_db[low])


@njit(cache=True, nogil=True)
def _turned(off_deg: float, down_deg: float, tilt_deg: float) -> tuple[float, float]:
    """Return the direction as the antenna sees it that was tilted down about its horizontal axis, in degrees."""
    off, down, tilt = math.radians(off_deg), math.radians(down_deg), math.radians(tilt_deg)
    level = math.cos(down)
    ahead, right, below = level * math.cos(off), level * math.sin(off), math.sin(down)
    onward = ahead * math.cos(tilt) + below * math.sin(tilt)
    under = below * math.cos(tilt) - ahead * math.sin(tilt)
    return math.degrees(math.atan2(right, onward)), math.degrees(math.atan2(under, math.hypot(onward, right)))


@njit(cache=True, nogil=True)
def attenuation_db(
    bearing_deg: float,
    down_deg: float,
    azimuth_deg: float,
    mechanical_tilt_deg: float,
    horizontal_db: Floats,
    vertical_db: Floats,
    most_db: float,
) -> float:
    """Return how far below its maximum an antenna radiates into one direction, in dB; for compiled callers.

    Nothing is checked: the cuts have shape (3600,). An antenna without direction (azimuth NaN) has no horizontal part
    and no mechanical tilt. A missing direction gives NaN.
    """
    if math.isnan(azimuth_deg):
        total = _of_cut(vertical_db, down_deg)
    else:
        off_deg, below_deg = bearing_deg - azimuth_deg, down_deg
        if mechanical_tilt_deg != 0.0:
            off_deg, below_deg = _turned(off_deg, down_deg, mechanical_tilt_deg)
        total = _of_cut(horizontal_db, off_deg) + _of_cut(vertical_db, below_deg)
    return most_db if total > most_db else total


@njit(cache=True, nogil=True)
def _attenuations(
    angles_deg: Floats, horizontal_db: Floats, vertical_db: Floats, most_db: float, out: Floats
) -> None:  # pragma: no cover - compiled
    for i in range(len(out)):
        bearing, down, azimuth, tilt = angles_deg[i, 0], angles_deg[i, 1], angles_deg[i, 2], angles_deg[i, 3]
        out[i] = attenuation_db(bearing, down, azimuth, tilt, horizontal_db, vertical_db, most_db)


@dataclass(frozen=True, eq=False)
class Pattern:
    """The pattern of an antenna; its cuts are copied, checked once and then read-only.

    Attributes
    ----------
    gain_dbi
        Gain in the direction of the maximum.
    horizontal_db
        Attenuation at 0, 0.1 … 359.9° clockwise from the main direction, in dB below the maximum, shape (3600,).
    vertical_db
        Attenuation at 0, 0.1 … 359.9° below the horizon ahead, shape (3600,).
    most_db
        Attenuation that no direction exceeds.
    name
        Type of the antenna.
    frequency_mhz
        Frequency of the measurement, NaN where unknown.

    Raises
    ------
    DataError
        When a cut has another shape, is missing in places or negative, or a number is not finite.
    """

    gain_dbi: float
    horizontal_db: Floats
    vertical_db: Floats
    most_db: float
    name: str = ""
    frequency_mhz: float = math.nan

    def __post_init__(self) -> None:
        for name in ("horizontal_db", "vertical_db"):
            object.__setattr__(self, name, _cut(name, getattr(self, name)))
        for name in ("gain_dbi", "most_db"):
            value = getattr(self, name)
            if not isinstance(value, int | float | np.number) or not math.isfinite(value):
                raise fault(DataError, "antenna_value", name=name, value=str(value))
        if self.most_db < 0:
            raise fault(DataError, "antenna_value", name="most_db", value=str(self.most_db))

    def attenuation_db(
        self, bearing_deg: ArrayLike, down_deg: ArrayLike, azimuth_deg: ArrayLike, tilt_deg: ArrayLike = 0.0
    ) -> Floats:
        """Return how far below its maximum the antenna radiates into directions, in dB; arguments broadcast.

        Parameters
        ----------
        bearing_deg
            From the antenna to the point, clockwise from grid north; NaN gives NaN unless the azimuth is NaN too.
        down_deg
            Angle of the point below the horizon, -90…90; NaN gives NaN.
        azimuth_deg
            Main direction; NaN for an antenna without direction, whose horizontal cut and tilt are left out.
        tilt_deg
            Mechanical downtilt, -90…90. The electrical one is in the vertical cut.

        Raises
        ------
        UsageError
            When angles are out of their limits or do not broadcast.
        """
        given = {"bearing_deg": bearing_deg, "down_deg": down_deg, "azimuth_deg": azimuth_deg, "tilt_deg": tilt_deg}
        angles = np.broadcast_arrays(*within("antenna", _ANGLES, given))
        out = np.empty(angles[0].size)
        packed = np.column_stack([array.ravel() for array in angles])
        _attenuations(packed, self.horizontal_db, self.vertical_db, float(self.most_db), out)
        return out.reshape(angles[0].shape)


def _cut(name: str, values: ArrayLike) -> Floats:
    try:
        cut = np.array(values, float)
    except (TypeError, ValueError):
        raise fault(DataError, "antenna_numbers", name=name) from None
    if cut.shape != (STEPS,):
        raise fault(DataError, "antenna_shape", name=name, shape=str(cut.shape), steps=STEPS)
    bad = np.flatnonzero(~((cut >= 0) & np.isfinite(cut)))
    if bad.size:
        first, value = f"{bad[0] / 10:g}", f"{cut[bad[0]]:g}"
        raise fault(DataError, "antenna_cut", name=name, count=bad.size, first=first, value=value)
    cut.flags.writeable = False
    return cut


def three_gpp(
    beamwidth_deg: float = BEAMWIDTH_DEG,
    vertical_beamwidth_deg: float = VERTICAL_BEAMWIDTH_DEG,
    downtilt_deg: float = 0.0,
    front_to_back_db: float = 30.0,
    sidelobe_db: float = 30.0,
    gain_dbi: float = 0.0,
) -> Pattern:
    """Return the pattern by which 3GPP draws a sector: a parabola in dB each way, cut off.

    The defaults are a whole antenna of a macro site. TR 36.814 has 70°, 10°, 25 dB and 20 dB, with 15° of electrical
    downtilt where sites are 500 m apart and 6° at 1732 m; TR 38.901 has 65°, 65°, 30 dB, 30 dB and 8 dBi for one
    element of an array.

    Parameters
    ----------
    beamwidth_deg, vertical_beamwidth_deg
        Half-power beamwidths.
    downtilt_deg
        Electrical downtilt.
    front_to_back_db
        Largest attenuation A_m, of the horizontal cut and of any direction.
    sidelobe_db
        Largest attenuation SLA_V of the vertical cut.
    gain_dbi
        Gain in the main direction. 0 where a site's power is given as EIRP, which holds the gain.

    Raises
    ------
    UsageError
        When arguments are out of their limits.

    References
    ----------
    3GPP TR 36.814 table A.2.1.1-2; TR 38.901 table 7.3-1.
    """
    given: dict[str, ArrayLike] = {
        "beamwidth_deg": beamwidth_deg,
        "vertical_beamwidth_deg": vertical_beamwidth_deg,
        "downtilt_deg": downtilt_deg,
        "front_to_back_db": front_to_back_db,
        "sidelobe_db": sidelobe_db,
        "gain_dbi": gain_dbi,
    }
    width, height, tilt, back, side, gain = (float(value) for value in _scalars("3GPP", given))
    name = f"3GPP {width:g}°/{height:g}°"
    return Pattern(gain, _parabola(width, 0.0, back), _parabola(height, tilt, side), back, name)


def omni(
    vertical_beamwidth_deg: float = VERTICAL_BEAMWIDTH_DEG,
    downtilt_deg: float = 0.0,
    sidelobe_db: float = 30.0,
    gain_dbi: float = 0.0,
) -> Pattern:
    """Return the pattern of an antenna that radiates alike all around, with the vertical beam of :func:`three_gpp`.

    Parameters
    ----------
    vertical_beamwidth_deg, downtilt_deg, sidelobe_db, gain_dbi
        As in :func:`three_gpp`; the largest attenuation of the vertical cut is that of any direction.

    Raises
    ------
    UsageError
        When arguments are out of their limits.
    """
    given: dict[str, ArrayLike] = {
        "vertical_beamwidth_deg": vertical_beamwidth_deg,
        "downtilt_deg": downtilt_deg,
        "sidelobe_db": sidelobe_db,
        "gain_dbi": gain_dbi,
    }
    height, tilt, side, gain = _scalars("omni", given)
    return Pattern(gain, np.zeros(STEPS), _parabola(height, tilt, side), side, f"omni {height:g}°")


def _scalars(model: str, given: dict[str, ArrayLike]) -> list[float]:
    arrays = within(model, _SHAPE_LIMITS, given)
    for name, array in zip(given, arrays, strict=True):
        if array.ndim:
            raise fault(DataError, "antenna_value", name=name, value=str(given[name]))
    return [float(array) for array in arrays]


def _parabola(beamwidth_deg: float, centre_deg: float, most_db: float) -> Floats:
    off = (_TENTHS_DEG - centre_deg + 180.0) % 360.0 - 180.0
    return np.asarray(np.minimum(12.0 * (off / beamwidth_deg) ** 2, most_db))
