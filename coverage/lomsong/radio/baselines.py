"""Losses that depend on distance and frequency alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

SPEED_OF_LIGHT_MPS = 299_792_458.0


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
