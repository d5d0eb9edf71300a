"""Scores of an estimator on places nobody measured: whole blocks of space are left out, never random rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lomsong.surface.kriging import CoverageKriging

MAX_SCORED = 12_000
"""Of more bins a random subset is dealt to the folds: with whole blocks left out their spacing matters little."""


@dataclass(frozen=True)
class Scores:
    """Scores over all folds.

    Attributes
    ----------
    rmse_db
        Root mean square error of uncensored values, dB.
    inside90
        Share of them inside the predicted 90 % interval.
    bins
        Values scored.
    block_m
        Side of the blocks left out.
    """

    rmse_db: float
    inside90: float
    bins: int
    block_m: float


def block_folds(
    points: NDArray[np.float64], block_m: float, folds: int = 5, seed: int = 0
) -> Iterator[NDArray[np.bool_]]:
    """Deal square blocks of space to ``folds`` of about the same size; yield each fold as a mask of shape (n,)."""
    rng = np.random.default_rng(seed)
    key = np.floor((points - points.min(axis=0) + rng.uniform(0, block_m, 2)) / block_m).astype(np.int64)
    _, block, size = np.unique(key, axis=0, return_inverse=True, return_counts=True)
    fold_of_block = np.empty(len(size), dtype=np.int64)
    load = np.zeros(folds)
    shuffled = rng.permutation(len(size))
    for one in shuffled[np.argsort(-size[shuffled], kind="stable")]:
        fold_of_block[one] = np.argmin(load)
        load[fold_of_block[one]] += size[one]
    fold = fold_of_block[block.ravel()]
    for one in range(folds):
        if (fold == one).any() and (fold != one).any():
            yield fold == one


def cross_validate(
    fitted: CoverageKriging,
    level_dbm: NDArray[np.float64],
    weights: NDArray[np.float64],
    censored: NDArray[np.bool_],
    block_m: float,
    seed: int = 0,
) -> Scores:
    """Predict each fold of blocks from the others and score the uncensored values.

    Mean and censoring are estimated anew without the fold; the covariance, four numbers for the whole territory, is
    that of ``fitted``.

    Parameters
    ----------
    fitted
        An estimator fitted to all values; its points and trend are used.
    level_dbm, weights, censored
        As given to :meth:`CoverageKriging.fit`.
    block_m
        Side of the blocks.
    seed
        Of the deal of blocks to folds.

    Returns
    -------
    Scores; NaN when the points fill a single block.
    """
    chosen = np.sort(np.random.default_rng(seed).permutation(len(level_dbm))[:MAX_SCORED])
    points, trend = fitted.points_[chosen], fitted.sample_basis_[chosen, 1:]
    level_dbm, weights, censored = level_dbm[chosen], weights[chosen], censored[chosen]
    error, std = [], []
    for held in block_folds(points, block_m, seed=seed):
        kept, scored = ~held, held & ~censored
        if scored.any():
            model = CoverageKriging(**fitted.get_params())
            model.fit(points[kept], level_dbm[kept], weights[kept], censored[kept], trend[kept], fitted.covariance_)
            mean, deviation = model.predict(points[scored], True, trend[scored])
            error.append(mean - level_dbm[scored])
            std.append(deviation)
    if not error:
        return Scores(np.nan, np.nan, 0, block_m)
    errors = np.concatenate(error)
    inside = np.abs(errors) < 1.6448536 * np.concatenate(std)
    return Scores(float(np.sqrt(np.mean(errors**2))), float(inside.mean()), len(errors), block_m)
