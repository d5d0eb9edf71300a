"""Scores of predicted levels and probabilities against what was measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr

Z50, Z90 = 0.6744898, 1.6448536
"""Half widths of the central 50 % and 90 % intervals, in standard deviations."""

EDGES = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)
"""Classes of predicted probability in :func:`reliability`, closed below; the last is closed above too."""

CALLED, SURE = 0.5, 0.95
"""Probabilities from which a place is called usable, and from which it is called so for sure."""

NAN = float("nan")


@dataclass(frozen=True)
class Scores:
    """Scores over all folds. What cannot be told is NaN.

    Attributes
    ----------
    rmse_db
        Root mean square error of uncensored values, dB.
    inside90
        Share of them inside the predicted 90 % interval.
    bins
        Uncensored values scored.
    block_m
        Side of the blocks left out; NaN where no blocks were.
    mae_db, crps_db
        Mean absolute error, and mean continuous ranked probability score of the predicted normal distribution, dB, of
        uncensored values.
    inside50
        Share of them inside the predicted 50 % interval.
    judged
        Values of which it is known whether they were usable: uncensored ones, and censored ones whose limit is not
        above the threshold.
    uncovered
        Those of them that were not usable.
    brier
        Mean square of predicted probability less what was (1 usable, 0 not), over the values judged.
    uncovered_called_covered
        Share of the values that were not usable, of which a probability of :data:`CALLED` or more was predicted.
    sure_share, sure_right
        Share of the values judged of which :data:`SURE` or more was predicted, and the share of these that were usable.
    """

    rmse_db: float
    inside90: float
    bins: int
    block_m: float
    mae_db: float = NAN
    crps_db: float = NAN
    inside50: float = NAN
    judged: int = 0
    uncovered: int = 0
    brier: float = NAN
    uncovered_called_covered: float = NAN
    sure_share: float = NAN
    sure_right: float = NAN


def crps_db(
    level_dbm: NDArray[np.float64], predicted_dbm: NDArray[np.float64] | float, sd_db: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the continuous ranked probability score of normal predictions, shape (n,), dB; 0 is best.

    With z = (y - mean)/sd it is sd·(z·(2Φ(z) - 1) + 2φ(z) - 1/√π): Gneiting and Raftery (2007), JASA 102, eq. 21, with
    the sign turned so that less is better.

    Parameters
    ----------
    level_dbm
        What was measured, shape (n,), dBm.
    predicted_dbm, sd_db
        Mean, dBm, and standard deviation, dB, above 0, of what was predicted, shape (n,).
    """
    z = (level_dbm - predicted_dbm) / sd_db
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    return np.asarray(sd_db * (z * (2 * ndtr(z) - 1) + 2 * density - 1 / np.sqrt(np.pi)))


def wilson(
    successes: NDArray[np.float64], n: NDArray[np.float64], z: float = Z90
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the lower and upper bound of a share by Wilson (1927), JASA 22; 90 % two-sided unless ``z`` differs.

    Parameters
    ----------
    successes, n
        Counts, shape (k,); without a case the bounds are 0 and 1.
    """
    share = successes / np.maximum(n, 1)
    middle = (n * share + z**2 / 2) / (n + z**2)
    half = z / (n + z**2) * np.sqrt(n * share * (1 - share) + z**2 / 4)
    low = np.where(n > 0, np.clip(middle - half, 0, share), 0.0)
    high = np.where(n > 0, np.clip(middle + half, share, 1), 1.0)
    return low, high


def judged(predictions: pd.DataFrame, usable_dbm: float) -> pd.Series:
    """Return, of the rows whose truth is known, whether they were usable.

    A censored value lies below its limit: where that is not above the threshold it was not usable; where it is above,
    nothing is known and the row is left out.
    """
    known = ~predictions["censored"] | (predictions["level_dbm"] <= usable_dbm)
    usable = ~predictions["censored"] & (predictions["level_dbm"] >= usable_dbm)
    return usable[known]


def probability_of(predictions: pd.DataFrame, usable_dbm: float) -> pd.Series:
    """Return the predicted probability of a level at or above ``usable_dbm``."""
    z = (predictions["predicted_dbm"] - usable_dbm) / predictions["sd_db"]
    return pd.Series(ndtr(z.to_numpy()), index=predictions.index, name="p_usable")


def score(predictions: pd.DataFrame, usable_dbm: float | None = None, block_m: float = NAN) -> Scores:
    """Score predictions of values that were held out.

    Parameters
    ----------
    predictions
        One row a value held out: level_dbm (of a censored one, the limit below which it lies), censored,
        predicted_dbm, sd_db.
    usable_dbm
        Level from which a place is usable; None: probabilities are not scored.
    block_m
        Side of the blocks left out.
    """
    seen = predictions[~predictions["censored"]]
    level, mean, std = (seen[name].to_numpy(float) for name in ("level_dbm", "predicted_dbm", "sd_db"))
    error = np.abs(mean - level)
    of_level = {
        "rmse_db": _mean(error**2) ** 0.5, "inside90": _mean(error < Z90 * std), "bins": len(seen), "block_m": block_m,
        "mae_db": _mean(error), "crps_db": _mean(crps_db(level, mean, std)), "inside50": _mean(error < Z50 * std),
    }  # fmt: skip
    if usable_dbm is None:
        return Scores(**of_level)
    usable = judged(predictions, usable_dbm)
    p = probability_of(predictions, usable_dbm)[usable.index].to_numpy()
    was, sure = usable.to_numpy(), p >= SURE
    return Scores(
        **of_level, judged=len(was), uncovered=int((~was).sum()), brier=_mean((p - was) ** 2),
        uncovered_called_covered=_mean(p[~was] >= CALLED), sure_share=_mean(sure), sure_right=_mean(was[sure]),
    )  # fmt: skip


def _mean(values: NDArray[np.float64] | NDArray[np.bool_]) -> float:
    return float(values.mean()) if len(values) else NAN


def reliability(predictions: pd.DataFrame, usable_dbm: float) -> pd.DataFrame:
    """Return what was, by classes of what was predicted: the table behind a reliability diagram.

    Returns
    -------
    One row a class of :data:`EDGES`: p_low, p_high, n, predicted (mean probability), observed (share that was usable),
    observed_low, observed_high (Wilson's 90 % bounds, as if values were independent; neighbours are not, so the truth
    is less sure than they say). Empty classes have NaN and the bounds 0 and 1.
    """
    usable = judged(predictions, usable_dbm)
    p = probability_of(predictions, usable_dbm)[usable.index].to_numpy()
    classes = len(EDGES) - 1
    which = np.clip(np.searchsorted(EDGES, p, side="right") - 1, 0, classes - 1)
    n = np.bincount(which, minlength=classes).astype(float)
    sum_p, sum_usable = (np.bincount(which, values, minlength=classes) for values in (p, usable.to_numpy(float)))
    low, high = wilson(np.asarray(sum_usable, float), n)
    some = np.where(n > 0, n, np.nan)
    return pd.DataFrame(
        {
            "p_low": EDGES[:-1], "p_high": EDGES[1:], "n": n.astype(np.int64), "predicted": sum_p / some,
            "observed": sum_usable / some, "observed_low": low, "observed_high": high,
        }
    )  # fmt: skip
