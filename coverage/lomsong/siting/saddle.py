"""The relaxation of the greatest cover without a simplex: both sides of its saddle point at once.

With min(1, s) = min {1 - f + f s : 0 ≤ f ≤ 1} the relaxation of :mod:`lomsong.siting.bound` under one limit is

    max over y, min over f of   Σ_i w_i (1 - f_i) + Σ_i w_i f_i Σ_{j reaches i} y_j,   Σ a_j y_j ≤ h, 0 ≤ y, f ≤ 1.

Solved by the primal-dual hybrid gradient with diagonal steps (Chambolle and Pock 2011, J. Math. Imaging Vis. 40; Pock
and Chambolle 2011, ICCV), restarted from the mean of its iterates wherever the gap between both sides fell enough,
with the weight between the steps learnt from how far each side went (Applegate et al. 2021, PDLP, NeurIPS 34). A turn
reads the rows once, where a master problem in HiGHS costs thousands of pivots; any f proves a bound.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lomsong.siting import problem as base
from lomsong.siting.bound import Prices
from lomsong.siting.problem import Model

LOOK = 20
"""Turns between two looks at the gap."""

MOST_LOOKS = 200
"""Most looks."""

CLOSE = 0.005
"""Gap between both sides, as a share of what is open above the goal, at which they are near enough."""

FALLEN, STUCK, LONG = 0.2, 0.8, 0.36
"""Share of the gap at the last restart that asks for another; the same where the gap grows; share of all turns."""


@dataclass
class _Side:
    """Where the turns stand, or what they sum to: y and what it reaches, f and what each column is worth by it."""

    y: NDArray[np.float64]
    reach: NDArray[np.float64]
    f: NDArray[np.float64]
    worth: NDArray[np.float64]

    def times(self, by: float) -> _Side:
        return _Side(self.y * by, self.reach * by, self.f * by, self.worth * by)

    def grow(self, other: _Side) -> None:
        self.y += other.y
        self.reach += other.reach
        self.f += other.f
        self.worth += other.worth


def ruling(model: Model) -> int | None:
    """Return the limit in which every column counts, as of the number of sites or of a budget.

    None where there is none, and of another question than a greatest cover without needs.
    """
    matrix = model.limits.matrix.tocsr()
    if not model.gain or (model.needs > 0).any() or not len(model.problem.weights):
        return None
    whole = np.flatnonzero(np.diff(matrix.indptr) == len(model.costs))
    return next((int(k) for k in whole if (matrix[[k]].data > 0).all()), None)


def saddle(
    model: Model,
    limit: int,
    goal: float,
    deadline: float,
    start: NDArray[np.float64],
    near: float = 0.0,
    f: NDArray[np.float64] | None = None,
    close: float = CLOSE,
) -> Prices:
    """Return prices of the relaxation under one limit alone, and the fractional plan behind them.

    What they prove holds under further limits too.

    Parameters
    ----------
    model
        A greatest cover.
    limit
        Its :func:`ruling` limit.
    goal
        Objective of a plan that is known: ends where nothing better is left.
    deadline
        By :func:`lomsong.siting.problem.clock`.
    start
        Fractional plan to start from, shape (columns,).
    near
        Relative gap between both sides that is near enough in any case.
    f
        Of each row where they are known, shape (rows,).
    close
        Gap as a share of what is open above the goal that is near enough.
    """
    asks = model.limits.matrix[[limit]].toarray().ravel()
    room = max(float(model.limits.most[limit]), 0.0)
    problem, weights = model.problem, model.problem.weights
    plain = np.maximum(problem.sums(weights), 1e-300)
    degree = np.maximum(np.diff(problem.indptr), 1).astype(np.float64)
    reach = problem.shares(start)
    f = np.clip(1.5 - reach, 0.0, 1.0) if f is None else f
    now = _Side(start.copy(), reach, f, problem.sums(weights * f))
    home, total, turns, pull = now.times(1.0), now.times(0.0), 0, 1.0
    best, kept = np.inf, now
    opened = last = np.inf
    began = base.clock()
    for look in range(1, MOST_LOOKS + 1):
        for _ in range(LOOK):
            now.y = _nearest(now.y + now.worth / (pull * plain), 1 / (pull * plain), asks, room)
            now.worth = _turn(problem.indptr, problem.indices, weights, pull / degree, now.y, now.reach, now.f)
            total.grow(now)
        turns += LOOK
        gap, point = np.inf, now
        for one in (now, total.times(1 / turns)):
            bound = float(weights @ (1 - one.f) + one.worth @ _knapsack(one.worth, asks, room)[0])
            if bound < best:
                best, kept = bound, one.times(1.0)
            open_ = bound - float(weights @ np.minimum(one.reach, 1.0))
            if open_ < gap:
                gap, point = open_, one
        if gap <= max(close * (best - goal), near * best) or best < goal:
            break
        if base.clock() + (base.clock() - began) / look > deadline:  # no time for another look
            break
        if restarts(gap, opened, last, turns, look * LOOK):
            pull = _balanced(pull, point, home, plain, weights * degree)
            now, home, total, turns, opened = point.times(1.0), point.times(1.0), now.times(0.0), 0, gap
        last = gap
    price = np.zeros(len(model.limits.most))
    price[limit] = _knapsack(kept.worth, asks, room)[1]
    return Prices(point.y, weights * kept.f, price, float(weights @ (1 - kept.f)))


@njit(cache=True, nogil=True)
def restarts(gap: float, opened: float, last: float, turns: int, made: int) -> bool:
    """Tell whether to start anew: by the gap now, at the last start and look, and turns since the start and in all."""
    return gap <= FALLEN * opened or (last < gap <= STUCK * opened) or turns >= LONG * made


def _balanced(pull: float, at: _Side, home: _Side, plain: NDArray[np.float64], tied: NDArray[np.float64]) -> float:
    """Return the weight between the steps at which both sides would have gone as far."""
    by_y = float(np.sqrt(plain @ (at.y - home.y) ** 2))
    by_f = float(np.sqrt(tied @ (at.f - home.f) ** 2))
    return float(np.sqrt(pull * by_f / by_y)) if min(by_y, by_f) > 1e-12 else pull


def _knapsack(worth: NDArray[np.float64], asks: NDArray[np.float64], room: float) -> tuple[NDArray[np.float64], float]:
    """Return the shares of greatest worth that fit, and the price at which they just do."""
    order = np.argsort(-worth / asks, kind="stable")
    order = order[worth[order] > 0]
    before = np.cumsum(asks[order]) - asks[order]
    shares = np.zeros(len(worth))
    shares[order] = np.clip((room - before) / asks[order], 0.0, 1.0)
    over = np.flatnonzero(before + asks[order] > room)
    return shares, float(worth[order[over[0]]] / asks[order[over[0]]]) if len(over) else 0.0


@njit(cache=True)
def _nearest(
    at: NDArray[np.float64], step: NDArray[np.float64], asks: NDArray[np.float64], room: float
) -> NDArray[np.float64]:
    """Return the shares within the limit that are nearest, each column measured by its own step."""
    shares = np.clip(at, 0.0, 1.0)
    if shares @ asks <= room:
        return shares
    low, high = 0.0, (np.maximum(at, 0.0) / (step * asks)).max()
    while high - low > 1e-12 * high:
        price = (low + high) / 2
        if price in (low, high):
            break
        load = 0.0
        for j in range(len(at)):
            load += asks[j] * min(1.0, max(0.0, at[j] - step[j] * asks[j] * price))
        if load > room:
            low = price
        else:
            high = price
    return np.clip(at - step * asks * high, 0.0, 1.0)


@njit(cache=True)
def _turn(
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    weights: NDArray[np.float64],
    step: NDArray[np.float64],
    y: NDArray[np.float64],
    reach: NDArray[np.float64],
    f: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Renew what y reaches and f, in place; return what each column is worth by it."""
    worth = np.zeros(len(y))
    for i in range(len(f)):
        if weights[i] == 0:
            continue
        new = 0.0
        for at in range(indptr[i], indptr[i + 1]):
            new += y[indices[at]]
        f[i] = min(1.0, max(0.0, f[i] - step[i] * (2 * new - reach[i] - 1)))
        reach[i] = new
        if f[i] > 0:
            by = weights[i] * f[i]
            for at in range(indptr[i], indptr[i + 1]):
                worth[indices[at]] += by
    return worth
