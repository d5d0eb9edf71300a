"""A good bound without a linear programme: prices of rows that move against the subgradient.

For f_i in [0, 1] and one limit Σ a_j y_j ≤ h the Lagrangian bound of :mod:`lomsong.siting.bound` is

    L(f) = Σ w_i (1 - f_i) + max {Σ_j C_j y_j : Σ a_j y_j ≤ h, 0 ≤ y ≤ 1},   C_j = Σ_{i reached by j} w_i f_i,

whose inner problem is a fractional knapsack. With its solution y, w_i (Σ_{j reaches i} y_j - 1) is a subgradient. Steps
are Polyak's, towards the best plan known, along a running mean of the solutions (Barahona and Anbil 2000, the volume
algorithm, Math. Program. 87); the mean is near the fractional plan too. One step costs two readings of the rows, where
a master problem in HiGHS costs thousands of pivots.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lomsong.siting import problem as base
from lomsong.siting.problem import Model

STEPS = 300
"""Most steps."""

FRESH = 0.1
"""Weight of the newest solution in the running mean."""

CALM = 15
"""Steps without headway after which the step length halves."""

SHORTEST = 0.02
"""Factor of the step length below which there is no more headway to expect."""


def ascent(
    model: Model, goal: float, deadline: float, start: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Return f of each row and the fractional plan behind it; None where the model has other limits than one.

    Parameters
    ----------
    model
        A greatest cover.
    goal
        Objective of a plan that is known: ends where nothing better is left.
    deadline
        By :func:`lomsong.siting.problem.clock`.
    start
        Fractional plan to start from, shape (columns,).
    """
    row = model.limits.matrix
    if not model.gain or row.shape[0] != 1 or row.nnz != len(model.costs) or (row.data <= 0).any():
        return None
    if (model.needs > 0).any() or not len(model.problem.weights):
        return None
    asks, room = np.asarray(row.toarray()).ravel(), float(model.limits.most[0])
    problem, weights = model.problem, model.problem.weights
    mean = _knapsack(start, asks, room)
    f = np.clip(1.5 - problem.shares(mean), 0.0, 1.0)
    best, kept, factor, calm = np.inf, f, 1.0, 0
    for _ in range(STEPS):
        worth = problem.sums(weights * f)
        plan = _knapsack(worth, asks, room)
        bound = float((weights * (1 - f)).sum() + worth @ plan)
        calm += 1
        if bound < best - 1e-5 * abs(best):
            calm = 0
        if bound < best:
            best, kept = bound, f
        if calm == CALM:
            factor, calm = factor / 2, 0
        if best < goal or factor < SHORTEST or base.clock() > deadline:
            break
        mean = mean + FRESH * (plan - mean)
        f = _moved(f, weights, problem.shares(np.where(mean > 1e-4, mean, 0.0)), factor * (bound - goal))
    return kept, mean


def _knapsack(worth: NDArray[np.float64], asks: NDArray[np.float64], room: float) -> NDArray[np.float64]:
    """Return the shares of greatest worth that fit."""
    order = np.argsort(-worth / asks, kind="stable")
    order = order[worth[order] > 0]
    before = np.cumsum(asks[order]) - asks[order]
    shares = np.zeros(len(worth))
    shares[order] = np.clip((room - before) / asks[order], 0.0, 1.0)
    return shares


@njit(cache=True)
def _moved(
    f: NDArray[np.float64], weights: NDArray[np.float64], reached: NDArray[np.float64], fall: float
) -> NDArray[np.float64]:
    """Step along 1 - reached, as far as the bound would fall by ``fall`` were it linear."""
    size = 0.0
    for i in range(len(f)):
        off = reached[i] - 1
        if (off > 0 and f[i] > 0) or (off < 0 and f[i] < 1):
            size += weights[i] * off * off
    step = fall / size if size > 0 else 0.0
    moved = np.empty(len(f))
    for i in range(len(f)):
        moved[i] = min(1.0, max(0.0, f[i] - step * (reached[i] - 1)))
    return moved
