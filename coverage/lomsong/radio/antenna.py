"""Horizontal pattern of a sector antenna."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

BEAMWIDTH_DEG = 65.0
"""Half-power beamwidth of a sector that does not tell its own (3GPP TR 36.942 table 4.3, TR 38.901 table 7.3-1)."""

FRONT_TO_BACK_DB = 25.0
"""Attenuation behind a sector; 3GPP writes 20 dB (TR 36.942, macro) to 30 dB (TR 38.901)."""


@njit(cache=True, nogil=True)
def sector_gain_db(bearing_deg: float, azimuth_deg: float, beamwidth_deg: float) -> float:
    """Return the gain against the main direction in dB, 0 all around where the azimuth is NaN."""
    if math.isnan(azimuth_deg):
        return 0.0
    off = (bearing_deg - azimuth_deg + 180.0) % 360.0 - 180.0
    return -min(12.0 * (off / beamwidth_deg) ** 2, FRONT_TO_BACK_DB)


def sector_pattern_db(
    bearing_deg: ArrayLike, azimuth_deg: ArrayLike, beamwidth_deg: ArrayLike = BEAMWIDTH_DEG
) -> NDArray[np.float64]:
    """Return the horizontal gain of a sector against its main direction, in dB, never above 0.

    Parameters
    ----------
    bearing_deg, azimuth_deg
        Direction of the point and of the sector, clockwise from grid north; broadcast. An azimuth of NaN means an
        antenna without direction.
    beamwidth_deg
        Half-power beamwidth.

    References
    ----------
    3GPP TR 36.942 §4.2.1 and TR 38.901 table 7.3-1: -min(12 (φ/φ3dB)², A_m).

    Examples
    --------
    >>> float(sector_pattern_db(32.5, 0.0, 65.0))
    -3.0
    """
    arrays = np.broadcast_arrays(*(np.asarray(value, float) for value in (bearing_deg, azimuth_deg, beamwidth_deg)))
    gains = [sector_gain_db(*values) for values in zip(*(array.ravel() for array in arrays), strict=True)]
    return np.asarray(gains).reshape(arrays[0].shape)
