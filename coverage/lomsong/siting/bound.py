"""How good any plan can be: the linear relaxation by Benders cuts, and bounds that trust no solver.

The relaxation of maximum coverage is

    max Σ w_i min(1, Σ_{j reaches i} y_j)   over   0 ≤ y ≤ 1, Σ y ≤ p.

With the rows split into groups g, θ_g stands for a group's part. At any point y° each row of a group is full
(Σ y° ≥ 1) or open, and since min(1, s) is at most 1 and at most s, for every y

    θ_g ≤ Σ_{full} w_i + Σ_j y_j Σ_{open, reached by j} w_i

is a valid cut, tight at y°. HiGHS solves the master problem; its numbers are only ever used as advice.

The bound itself is Lagrangian. Let f_i in [0, 1] be any numbers, and 0 ≤ z_i ≤ min(1, Σ y). Then

    Σ w_i z_i = Σ w_i (1 - f_i) z_i + Σ w_i f_i z_i ≤ Σ w_i (1 - f_i) + Σ_j y_j C_j

with C_j = Σ_{i reached by j} w_i f_i, and the last sum is at most that of the p greatest C_j. It holds for every f, so
neither tolerances nor a failed solve can make it false; good duals only make it tight. f_i is the share of the dual
weight of the group's cuts in which row i was open.

For the least cost of covering T the same f and a price π ≥ 0 a unit of cover give, from Σ w z ≥ T,

    Σ c_j y_j ≥ Σ c_j y_j + π (T - Σ w_i z_i) ≥ π (T - Σ w_i (1 - f_i)) + Σ_j min(0, c_j - π C_j).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack

from lomsong.siting.problem import Problem
from lomsong.siting.search import greedy

GROUPS = 256
"""Groups of demand rows, each with its own cuts."""

PATIENCE = 8
"""Rounds without headway after which the relaxation is good enough."""

ROUNDING = 1e-11
"""Relative room for the rounding of sums in float64, added to every bound."""


@dataclass(frozen=True)
class Relaxation:
    """What the relaxation told: a proven bound, the columns' worth C_j behind it and the fractional plan y."""

    bound: float
    worth: NDArray[np.float64]
    share: NDArray[np.float64]


def coverage_bound(problem: Problem, count: int, better: float, deadline: float) -> Relaxation:
    """Bound the weight that ``count`` columns can reach from above.

    Stops when converged, when the bound shows that nothing reaches ``better``, or at ``deadline`` (perf_counter).
    """

    def lagrangian(f: NDArray[np.float64], _price: float) -> tuple[float, NDArray[np.float64]]:
        worth = problem.reach.T @ (problem.weights * f)
        greatest = np.sort(worth)[::-1][:count]
        value = float((problem.weights * (1 - f)).sum() + greatest.sum())
        return value * (1 + ROUNDING), worth

    master = _Master(problem, np.zeros(len(problem.columns)), budget=count)
    return _cutting_planes(master, lagrangian, better, deadline)


def cost_bound(problem: Problem, costs: NDArray[np.float64], need: float, deadline: float) -> Relaxation:
    """Bound the cost of reaching ``need`` from below; the bound is that of minus the cost, from above."""

    def lagrangian(f: NDArray[np.float64], price: float) -> tuple[float, NDArray[np.float64]]:
        worth = price * (problem.reach.T @ (problem.weights * f))
        value = price * (need - float((problem.weights * (1 - f)).sum())) + float(np.minimum(0, costs - worth).sum())
        room = ROUNDING * (price * problem.total + float(np.minimum(costs, worth).sum()))
        return min(room - value, 0.0), worth

    return _cutting_planes(_Master(problem, costs, need=need), lagrangian, -np.inf, deadline)


def _cutting_planes(
    master: _Master,
    lagrangian: Callable[[NDArray[np.float64], float], tuple[float, NDArray[np.float64]]],
    better: float,
    deadline: float,
) -> Relaxation:
    share = np.zeros(len(master.problem.columns))
    falling: list[float] = []
    # Every row open is the bound without any solver: nothing overlaps.
    bound, worth = lagrangian(np.ones(len(master.problem.weights)), 0.0)
    while bound >= better and time.perf_counter() < deadline:
        solved = master.solve(deadline)
        if solved is None:
            break
        share, f, price = solved
        value, columns = lagrangian(f, price)
        if value < bound:
            bound, worth = value, columns
        falling.append(bound)
        if not master.cut(share) or _stalls(falling, better):
            break
    return Relaxation(bound, worth, share)


def _stalls(falling: list[float], better: float) -> bool:
    """Tell whether the last rounds closed next to nothing of what is open: the tail of the rounds is long."""
    return len(falling) > PATIENCE and falling[-1 - PATIENCE] - falling[-1] < 0.01 * (falling[-1] - better)


def _neighbours(problem: Problem) -> NDArray[np.int64]:
    """Order the rows so that those near each other stand together: no coordinates are known, only who reaches whom.

    Rows that the same greedy site takes first lie in one footprint; among them, those in the same smallest footprint.
    """
    turn = greedy(problem, len(problem.columns))[1]
    size = np.diff(problem.by_column.indptr)
    rank = np.empty(len(size), np.int64)
    rank[np.argsort(size, kind="stable")] = np.arange(len(size))
    smallest = np.minimum.reduceat(rank[problem.reach.indices], problem.reach.indptr[:-1])
    return np.lexsort((smallest, turn))


class _Master:
    """The master problem in HiGHS: columns y_j, then θ_g; row 0 holds the budget or the need."""

    def __init__(
        self, problem: Problem, costs: NDArray[np.float64], *, budget: int | None = None, need: float = 0.0
    ) -> None:
        self.problem = problem
        self.covering = budget is None
        self.scale = problem.total / max(len(problem.weights), 1)
        self._order = _neighbours(problem)
        self.groups = min(GROUPS, len(self._order))
        self._starts = np.linspace(0, len(self._order), self.groups + 1).astype(np.int64)
        self.group = np.empty(len(self._order), np.int64)
        self.group[self._order] = np.repeat(np.arange(self.groups), np.diff(self._starts))
        self._open: list[NDArray[np.bool_]] = []
        self._cuts: list[tuple[int, int]] = []  # of each row of the master after row 0: group, round
        self._theta = np.zeros(self.groups)
        self._build(costs, budget, need)
        self.cut(np.zeros(len(problem.columns)))

    def _build(self, costs: NDArray[np.float64], budget: int | None, need: float) -> None:
        columns, groups = len(self.problem.columns), self.groups
        weight = np.bincount(self.group, weights=self.problem.weights, minlength=groups) / self.scale
        cost_scale = max(float(costs.max(initial=0.0)), 1e-300)
        self._cost_scale = cost_scale
        solver = highspy.Highs()
        solver.setOptionValue("output_flag", False)
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = columns + groups, 1
        model.sense_ = highspy.ObjSense.kMinimize if self.covering else highspy.ObjSense.kMaximize
        model.col_cost_ = np.concatenate([costs / cost_scale, np.full(groups, 0.0 if self.covering else 1.0)])
        model.col_lower_ = np.concatenate([np.zeros(columns), np.full(groups, -highspy.kHighsInf)])
        model.col_upper_ = np.concatenate([np.ones(columns), weight])
        model.row_lower_ = np.array([need / self.scale if self.covering else -highspy.kHighsInf])
        model.row_upper_ = np.array([highspy.kHighsInf if budget is None else float(budget)])
        inside = np.arange(columns, columns + groups) if self.covering else np.arange(columns)
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_ = np.array([0, len(inside)])
        model.a_matrix_.index_ = inside
        model.a_matrix_.value_ = np.ones(len(inside))
        solver.passModel(model)
        self._solver = solver

    def solve(self, deadline: float) -> tuple[NDArray[np.float64], NDArray[np.float64], float] | None:
        """Return y, the open share f of each row and the price of cover; None unless solved to optimality."""
        solver = self._solver
        solver.setOptionValue("time_limit", solver.getRunTime() + max(deadline - time.perf_counter(), 0.0))
        status = solver.run()
        if status == highspy.HighsStatus.kError or solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        # Taken before the model changes: duals read after rows were added are stale.
        solution = solver.getSolution()
        values, duals = np.array(solution.col_value), np.abs(solution.row_dual)
        columns = len(self.problem.columns)
        self._theta = values[columns:]
        price = duals[0] if self.covering else 1.0
        f = np.zeros(len(self.problem.weights))
        if price > 0:
            per_round = np.zeros((len(self._open), self.groups))
            groups, rounds = np.array(self._cuts).T
            per_round[rounds, groups] = duals[1:] / price
            for used in np.flatnonzero(per_round.any(axis=1)):
                f += per_round[used, self.group] * self._open[used]
        return np.clip(values[:columns], 0, 1), np.clip(f, 0, 1), price * self._cost_scale / self.scale

    def cut(self, share: NDArray[np.float64]) -> bool:
        """Add the cuts that ``share`` violates; tell whether there were any."""
        open_rows = self.problem.reach @ share < 1 - 1e-9
        order, weights = self._order, self.problem.weights / self.scale
        parts = csr_matrix(((weights * open_rows)[order], order, self._starts), shape=(self.groups, len(weights)))
        slope = (parts @ self.problem.reach).tocsr()
        full = np.bincount(self.group, weights=weights * ~open_rows, minlength=self.groups)
        if self._cuts:
            violated = np.flatnonzero(self._theta > full + slope @ share + 1e-7 * np.maximum(1, self._theta))
        else:
            violated = np.arange(self.groups)
        if len(violated) == 0:
            return False
        theta = csr_matrix((np.ones(len(violated)), (np.arange(len(violated)), violated)), (len(violated), self.groups))
        rows = hstack([-slope[violated], theta], format="csr")
        self._solver.addRows(
            len(violated), np.full(len(violated), -highspy.kHighsInf), full[violated], rows.nnz,
            rows.indptr[:-1].astype(np.int32), rows.indices.astype(np.int32), rows.data,
        )  # fmt: skip
        self._cuts += [(int(group), len(self._open)) for group in violated]
        self._open.append(open_rows)
        return True
