"""The relaxation of the greatest cover without a simplex: both sides of its saddle point at once.

With min(1, s) = min {1 - f + f s : 0 ≤ f ≤ 1} the relaxation of :mod:`lomsong.siting.bound` under one limit is

    max over y, min over f of   Σ_i w_i (1 - f_i) + Σ_i w_i f_i Σ_{j reaches i} y_j,   Σ a_j y_j ≤ h, 0 ≤ y, f ≤ 1.

Solved by the primal-dual hybrid gradient with diagonal steps (Chambolle and Pock 2011, J. Math. Imaging Vis. 40; Pock
and Chambolle 2011, ICCV), restarted from the mean of its iterates wherever the gap between both sides fell enough,
with the weight between the steps learnt from how far each side went (Applegate et al. 2021, PDLP, NeurIPS 34). Any f
proves a bound, where a master problem in HiGHS costs thousands of pivots.

Soon most columns are worth too little to be taken, most rows clearly reached or clearly not. Between two looks at
everything turns follow only the columns and rows of which this is not so: a tenth of the non-zeros and less.

The least cost of all, Σ c_j y_j, is of the same kind, without a limit and with fees in the place of weights: no price
of a row is ever more than the least cost w_i of a column that reaches it, for which the row may as well be left.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lomsong.siting import problem as base
from lomsong.siting.bound import Prices
from lomsong.siting.problem import Model, Problem

LOOK = 40
"""Turns between two looks at the gap."""

MOST_LOOKS = 100
"""Most looks."""

FOLLOWED, PLAY = 0.02, 0.01
"""Columns are followed whose reduced worth is no farther below nothing, as a share of the gap; and rows unless they are
reached by so much more than once and count for nothing, or by so much less and count whole."""

CLOSE = 0.005
"""Gap between both sides, as a share of what is open above the goal, at which they are near enough."""

FALLEN, STUCK, LONG = 0.2, 0.8, 0.36
"""Share of the gap at the last restart that asks for another; the same where the gap grows; share of all turns."""


@dataclass
class _Side:
    """Where the turns stand: y and what it reaches, f and what each column is worth by it."""

    y: NDArray[np.float64]
    reach: NDArray[np.float64]
    f: NDArray[np.float64]
    worth: NDArray[np.float64]


@dataclass(frozen=True)
class _Question:
    """What is asked of a problem: what its rows weigh, what columns cost and take of the one limit.

    ``paid`` is what the weights stand above the objective by.
    """

    problem: Problem
    weights: NDArray[np.float64]
    degree: NDArray[np.float64]
    costs: NDArray[np.float64]
    asks: NDArray[np.float64]
    room: float
    paid: float

    @classmethod
    def of(cls, model: Model, limit: int | None) -> _Question:
        problem, none = model.problem, np.zeros(len(model.costs))
        degree = np.maximum(np.diff(problem.indptr), 1).astype(np.float64)
        if limit is None:
            fees = _least(model)
            return cls(problem, fees, degree, model.costs, none, np.inf, float(fees.sum()))
        asks, room = model.limits.matrix[[limit]].toarray().ravel(), max(float(model.limits.most[limit]), 0.0)
        return cls(problem, problem.weights, degree, none, asks, room, 0.0)

    @cached_property
    def plain(self) -> NDArray[np.float64]:
        """What each column reaches, 1 where that is nothing, shape (columns,)."""
        reached = _gathered(*self.problem.by_column, self.weights)
        return np.where(reached > 0, reached, 1.0)

    def at(self, y: NDArray[np.float64], f: NDArray[np.float64]) -> _Side:
        return _Side(y, self.problem.shares(y), f, _gathered(*self.problem.by_column, self.weights * f))

    def told(self, side: _Side) -> tuple[float, float]:
        """Return the bound by f, and how far what y comes to is below it."""
        left, worth = float(self.weights @ (1 - side.f)), side.worth - self.costs
        bound = left + float(worth @ self.filled(worth)[0])
        return bound - self.paid, bound - float(self.weights @ np.minimum(side.reach, 1.0) - self.costs @ side.y)

    def filled(self, worth: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
        """Return the shares of greatest worth that fit, and the price at which they just do."""
        if self.room == np.inf:
            return (worth > 0).astype(float), 0.0
        order = np.argsort(-worth / self.asks, kind="stable")
        order = order[worth[order] > 0]
        before = np.cumsum(self.asks[order]) - self.asks[order]
        shares = np.zeros(len(worth))
        shares[order] = np.clip((self.room - before) / self.asks[order], 0.0, 1.0)
        over = order[before + self.asks[order] > self.room]
        return shares, float(worth[over[0]] / self.asks[over[0]]) if len(over) else 0.0

    def turned(
        self, now: _Side, total: tuple[NDArray[np.float64], NDArray[np.float64]], pull: float, gap: float
    ) -> _Side:
        """Return where :data:`LOOK` turns lead, and add the y and f of each to a total."""
        worth = now.worth - self.costs
        worth -= self.asks * self.filled(worth)[1]
        of = np.flatnonzero((now.y > 0) | (worth > -FOLLOWED * gap))
        settled = ((now.f <= 0) & (now.reach > 1 + PLAY)) | ((now.f >= 1) & (now.reach < 1 - PLAY))
        play = np.flatnonzero((self.weights > 0) & ~settled)
        place = np.full(len(settled), -1, np.int32)
        place[play] = np.arange(len(play))
        y, f, y_sum, f_sum = now.y.copy(), now.f.copy(), np.zeros(len(of)), np.zeros(len(play))
        y[of], f[play] = _turns(
            *_narrowed(*self.problem.by_column, of, place), self.weights[play], self.costs[of], self.asks[of],
            self.room, 1 / (pull * self.plain[of]), pull / self.degree[play],
            now.y[of], now.reach[play], now.f[play], now.worth[of], y_sum, f_sum,
        )  # fmt: skip
        total[0][of] += y_sum
        total[1][:] += LOOK * now.f
        total[1][play] += f_sum - LOOK * now.f[play]
        return self.at(y, f)


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
    limit: int | None,
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
        A greatest cover, or the least cost of all.
    limit
        The :func:`ruling` limit of the former, None of the latter.
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
    asked = _Question.of(model, limit)
    if f is None:
        f = np.clip(1.5 - model.problem.shares(start), 0.0, 1.0)
    now = home = asked.at(start.copy(), f)
    total, turns, pull = (np.zeros_like(now.y), np.zeros_like(f)), 0, 1.0
    best, kept, gap, opened, last = np.inf, now, np.inf, np.inf, np.inf
    began = base.clock()
    for look in range(1, MOST_LOOKS + 1):
        now = asked.turned(now, total, pull, gap)
        turns += LOOK
        gap, point = np.inf, now
        for one in (now, asked.at(total[0] / turns, total[1] / turns)):
            bound, open_ = asked.told(one)
            if bound < best:
                best, kept = bound, one
            if open_ < gap:
                gap, point = open_, one
        if gap <= max(close * (best - goal), near * abs(best)) or best < goal:
            break
        if base.clock() + (base.clock() - began) / look > deadline:  # no time for another look
            break
        if restarts(gap, opened, last, turns, look * LOOK):
            pull = _balanced(pull, point, home, asked.plain, asked.weights * asked.degree)
            now, home, turns, opened = point, point, 0, gap
            total[0][:], total[1][:] = 0.0, 0.0
        last = gap
    price = np.zeros(len(model.limits.most))
    if limit is not None:
        price[limit] = asked.filled(kept.worth)[1]
    row = asked.weights * kept.f
    return Prices(point.y, row, price, float((asked.weights - row).sum()) - asked.paid)


def _least(model: Model) -> NDArray[np.float64]:
    """Return the least cost of a column that reaches each row of weight, shape (rows,)."""
    least = np.where(model.problem.weights > 0, np.inf, 0.0)
    for column, cost in enumerate(model.costs):
        rows = model.problem.rows_of(column)
        least[rows] = np.minimum(least[rows], cost)
    return least


@njit(cache=True, nogil=True)
def restarts(gap: float, opened: float, last: float, turns: int, made: int) -> bool:
    """Tell whether to start anew: by the gap now, at the last start and look, and turns since the start and in all."""
    return gap <= FALLEN * opened or (last < gap <= STUCK * opened) or turns >= LONG * made


def _balanced(pull: float, at: _Side, home: _Side, plain: NDArray[np.float64], tied: NDArray[np.float64]) -> float:
    """Return the weight between the steps at which both sides would have gone as far."""
    by_y = float(np.sqrt(plain @ (at.y - home.y) ** 2))
    by_f = float(np.sqrt(tied @ (at.f - home.f) ** 2))
    return float(np.sqrt(pull * by_f / by_y)) if min(by_y, by_f) > 1e-12 else pull


@njit(cache=True, nogil=True)
def _nearest(
    at: NDArray[np.float64], step: NDArray[np.float64], asks: NDArray[np.float64], room: float
) -> NDArray[np.float64]:
    """Return the shares within the limit that are nearest, each column measured by its own step."""
    shares = np.clip(at, 0.0, 1.0)
    if (shares * asks).sum() <= room:
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


@njit(cache=True, nogil=True)
def _gathered(begin: NDArray[np.int64], rows: NDArray[np.int32], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum the values of the rows that each column reaches, shape (columns,)."""
    sums = np.empty(len(begin) - 1)
    for j in range(len(sums)):
        sums[j] = _gather(values, rows, begin[j], begin[j + 1])
    return sums


@njit(cache=True, nogil=True)
def _gather(values: NDArray[np.float64], rows: NDArray[np.int32], at: int, end: int) -> float:
    """Sum the values of some rows: four sums, of which none waits for another."""
    a = b = c = d = 0.0
    while at + 4 <= end:
        a += values[rows[at]]
        b += values[rows[at + 1]]
        c += values[rows[at + 2]]
        d += values[rows[at + 3]]
        at += 4
    while at < end:
        a += values[rows[at]]
        at += 1
    return (a + b) + (c + d)


@njit(cache=True, nogil=True)
def _narrowed(
    begin: NDArray[np.int64], rows: NDArray[np.int32], columns: NDArray[np.int64], place: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return the rows of some columns, renumbered by ``place`` (-1: left out)."""
    start = np.zeros(len(columns) + 1, np.int64)
    for k in range(len(columns)):
        count = 0
        for at in range(begin[columns[k]], begin[columns[k] + 1]):
            count += place[rows[at]] >= 0
        start[k + 1] = start[k] + count
    inside, to = np.empty(start[-1], np.int32), 0
    for j in columns:
        for at in range(begin[j], begin[j + 1]):
            if place[rows[at]] >= 0:
                inside[to] = place[rows[at]]
                to += 1
    return start, inside


@njit(cache=True, nogil=True)
def _turns(
    begin: NDArray[np.int64],
    rows: NDArray[np.int32],
    weights: NDArray[np.float64],
    costs: NDArray[np.float64],
    asks: NDArray[np.float64],
    room: float,
    across: NDArray[np.float64],
    along: NDArray[np.float64],
    y: NDArray[np.float64],
    reach: NDArray[np.float64],
    f: NDArray[np.float64],
    worth: NDArray[np.float64],
    y_sum: NDArray[np.float64],
    f_sum: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return y and f after some turns of these columns and rows, with steps ``across`` and ``along`` the rows."""
    u = weights * f
    settled, before = worth - _gathered(begin, rows, u), np.empty_like(reach)
    for _ in range(LOOK):
        new = _nearest(y + (worth - costs) * across, across, asks, room)
        before[:] = reach
        for j in range(len(y)):
            by = new[j] - y[j]
            if by != 0:
                for at in range(begin[j], begin[j + 1]):
                    reach[rows[at]] += by
            y_sum[j] += new[j]
        y = new
        for i in range(len(f)):
            f[i] = min(1.0, max(0.0, f[i] - along[i] * (2 * reach[i] - before[i] - 1)))
            u[i] = weights[i] * f[i]
            f_sum[i] += f[i]
        for j in range(len(y)):
            worth[j] = settled[j] + _gather(u, rows, begin[j], begin[j + 1])
    return y, f
