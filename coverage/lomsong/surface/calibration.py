"""How far the predicted variance is to be believed, learnt on blocks of its own.

The kriging variance knows where samples are, not how they vary: it is the same in a calm forest and in a street canyon.
The error of places left out follows the variance predicted and the spread of the samples around; three numbers say how.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from lomsong.surface.blocks import block_folds
from lomsong.surface.scores import crps_db
from lomsong.surface.vecchia import READING_DB

BLOCK_RANGES = (0.5, 1.0, 2.0, 4.0)
"""Sides of the blocks left out, in ranges of the covariance, so that places near to data and far from it both count."""

LEAST = 200
"""Errors below which nothing is calibrated."""

Z90 = 1.6448536269514722


@dataclass(frozen=True)
class Calibration:
    """Variance of the error = scale · variance · (variance / usual)^power · ((1 + spread) / (1 + usual))^local.

    Attributes
    ----------
    scale, power, local
        1, 0 and 0 change nothing.
    variance_db2, spread_db
        What is usual of the predicted variance and of the spread, their medians.
    low_db, high_db
        Spreads between which the exponent was learnt; beyond it stays.
    crps_db
        CRPS of the errors it was learnt from, with it; NaN where it was not learnt.
    """

    scale: float = 1.0
    power: float = 0.0
    local: float = 0.0
    variance_db2: float = 1.0
    spread_db: float = 0.0
    low_db: float = 0.0
    high_db: float = 0.0
    crps_db: float = float("nan")

    def factor(self, variance_db2: NDArray[np.float64], spread_db: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what the variance is to be multiplied by, shape as given.

        Parameters
        ----------
        variance_db2
            Predicted variance of the error, dB².
        spread_db
            Standard deviation of the samples around the place, dB.
        """
        spread = np.clip(spread_db, self.low_db, self.high_db)
        local = ((1 + spread) / (1 + self.spread_db)) ** self.local
        return np.asarray(self.scale * (variance_db2 / self.variance_db2) ** self.power * local)


class Held(NamedTuple):
    """Places left out, each array of shape (m,): error, predicted variance, spread of the samples around."""

    error_db: NDArray[np.float64]
    variance_db2: NDArray[np.float64]
    spread_db: NDArray[np.float64]


def calibrate(
    points: NDArray[np.float64], range_m: float, hold_out: Callable[[NDArray[np.bool_]], Held], seed: int
) -> Calibration:
    """Find the calibration on blocks of several sizes left out.

    The exponents minimise the CRPS (Gneiting and Raftery 2007, equation 21), the scale makes 90 % intervals hold 90 %
    and the usual one no narrower than :data:`~lomsong.surface.vecchia.READING_DB` to either side.

    Parameters
    ----------
    points
        Samples that may be left out, shape (n, 2), m.
    range_m
        Range of the covariance.
    hold_out
        Estimates the samples under a mask from the others.
    seed
        Of the deal of blocks.
    """
    extent_m = float(np.ptp(points, axis=0).max()) if len(points) else 0.0
    sides_m = sorted({min(ranges * range_m, extent_m / 4) for ranges in BLOCK_RANGES})
    held = [hold_out(fold) for side in sides_m if side > 0 for fold in block_folds(points, side, seed=seed)]
    if not held:
        return Calibration()
    error, variance, spread = (np.concatenate(parts) for parts in zip(*held, strict=True))
    if len(error) < LEAST or np.std(error) < READING_DB:
        return Calibration()  # levels that hardly vary, of a phone that stuck, would make everything certain
    usual, typical = float(np.median(variance)), float(np.median(spread))
    low, high = np.quantile(spread, [0.02, 0.98]).tolist()

    def with_numbers(scale: float, power: float, local: float) -> Calibration:
        return Calibration(scale, power, local, usual, typical, low, high)

    def loss(theta: NDArray[np.float64]) -> float:
        std = np.sqrt(with_numbers(np.exp(theta[0]), *theta[1:]).factor(variance, spread) * variance)
        return float(crps_db(error, 0.0, std).mean())

    bounds = [(-2, 2), (-0.8, 1.5), (-0.5, 2.0)]
    exponents = minimize(loss, np.zeros(3), method="L-BFGS-B", bounds=bounds).x[1:].tolist()
    std = np.sqrt(with_numbers(1.0, *exponents).factor(variance, spread) * variance)
    wide = max(float(np.quantile(np.abs(error) / std, 0.9)), READING_DB / float(np.median(std)))
    found = with_numbers((wide / Z90) ** 2, *exponents)
    crps = float(crps_db(error, 0.0, np.sqrt(found.factor(variance, spread) * variance)).mean())
    return replace(found, crps_db=crps)
