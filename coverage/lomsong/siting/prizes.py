"""Few sites, each for a price, against a fee for every row that none of them reaches: solved by branch and bound.

With α_j the price of a column and v_i the fee of a row,

    min Σ α_j x_j + Σ v_i (1 - z_i),   z_i ≤ Σ_{j reaches i} x_j,   x binary, z ≤ 1.

For any 0 ≤ u ≤ v the least is at least Σ u_i - Σ_j max(0, r_j), r_j = Σ_{i reached by j} u_i - α_j: computed in
float64, with no solver in between. A node climbs from the u of its parent by subgradients towards the best plan known
(Polyak 1969, USSR Comput. Math. Math. Phys. 9; deflected as by Camerini, Fratta and Maffioli 1975, Math. Program. Study
3), takes and drops columns by r_j, and merges the rows that the others no longer tell apart: problems shrink fast on
the way down.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lomsong.siting.problem import Problem
from lomsong.siting.search import drawn

CLIMBS = (400, 40)
"""Most steps of the climb in the first node, and in each other one."""

CLOSE = 1e-4
"""Relative distance to the best plan at which a node is closed: what is left open is told."""

FIXED = 0.15
"""Share of the columns whose fixing is worth another climb in the same node."""

ROUNDING = 1e-11
"""Relative room for the rounding of sums."""

EVEN = 1e-6
"""Added to the distance of a share from whole, so that columns of whole shares are asked for by their worth."""

DEFLECTED = 0.6
"""Share of the last step that goes into the next."""

STAYED, GAINED, SHORTER, SHORTEST = 8, 0.01, 0.6, 0.02
"""Steps without gain after which they get shorter, what share of the way to the goal is one, by how much shorter, and
how short before a climb ends."""

RECENT = 0.1
"""Weight of a step in the share of steps in which a column was worth having."""

LEAVING, GIVING_WAY = 0.3, 0.7
"""Moves in a search by which a chosen column goes, and share of these in which another takes its place."""

FACES, SPREAD = 1 << 30, 0x9E3779B97F4A7C15
"""Of the dice by which a chance is drawn, and what makes many bits of a small seed."""

TRIED = 40
"""Columns of greatest share of which a node makes a plan."""

MOVES, HEAT = 50_000, (0.05, 0.001)
"""Moves of a search for a plan, and its temperatures as a share of the dearest column."""


@dataclass(frozen=True)
class Fees:
    """What is left to decide.

    Parameters
    ----------
    problem
        Rows of which ``weights`` are the fees, and the columns still open.
    prices
        Of each column, none negative, shape (columns,).
    u
        Of each row, from 0 to its fee, shape (rows,).
    paid
        What is spent already: for columns taken, and for rows that no open column reaches.
    taken
        Columns taken, in the caller's numbers.
    """

    problem: Problem
    prices: NDArray[np.float64]
    u: NDArray[np.float64]
    paid: float = 0.0
    taken: tuple[int, ...] = ()

    def without(self, one: NDArray[np.bool_], zero: NDArray[np.bool_]) -> Fees:
        """Take some columns and drop others; a row need cost no more than the cheapest column that reaches it."""
        problem, left = self.problem, ~(one | zero)
        open_ = ~problem.covered(np.flatnonzero(one))
        part, label = replace(problem, weights=np.where(open_, problem.weights, 0.0)).narrowed(left)
        inside, prices = label >= 0, self.prices[left]
        fees = np.minimum(part.weights, _cheapest(part.indptr, part.indices, prices))
        u = np.minimum(np.bincount(label[inside], self.u[inside], len(fees)), fees)
        paid = self.paid + float(self.prices[one].sum()) + float(problem.weights[open_ & ~inside].sum())
        taken = (*self.taken, *problem.columns[one].tolist())
        return Fees(replace(part, weights=fees), prices, u, paid, taken)

    def plan(self, share: NDArray[np.float64]) -> tuple[float, tuple[int, ...]]:
        """Return the cost and the columns of a plan of those of greatest share, each where it saves more than it costs.

        Without any columns it is what must be paid.
        """
        problem = self.problem
        open_, cost, picked = problem.weights.copy(), self.paid, []
        for j in np.argsort(-share, kind="stable")[:TRIED]:
            rows = problem.rows_of(int(j))
            if open_[rows].sum() > self.prices[j]:
                open_[rows] = 0.0
                cost += float(self.prices[j])
                picked.append(int(problem.columns[j]))
        return cost + float(open_.sum()), (*self.taken, *picked)


@dataclass(frozen=True)
class Least:
    """What no plan costs less than, the best plan met (the caller's columns) and u of the first node by row.

    A row that the plan leaves counts no more than the cheapest column that reaches it, which might be added.
    """

    low: float
    cost: float
    plan: tuple[int, ...]
    u: NDArray[np.float64]


def least(
    problem: Problem,
    prices: NDArray[np.float64],
    u: NDArray[np.float64],
    plan: tuple[int, ...],
    *,
    nodes: int,
    seed: int,
    halted: Callable[[], bool],
) -> Least:
    """Return the least cost and a plan of it, or, after some nodes or when halted, the best of both known.

    Parameters
    ----------
    problem
        Rows of which ``weights`` are the fees; columns by the caller's numbers.
    prices
        Of each column, none negative, shape (columns,).
    u
        A guess, shape (rows,).
    plan
        Columns of a plan to start from, in the caller's numbers.
    nodes
        Most nodes.
    seed
        Of the search for a first plan.
    halted
        Tells whether to stop.
    """
    no = np.zeros(len(prices), bool)
    fees = np.minimum(problem.weights, _cheapest(problem.indptr, problem.indices, prices))
    root = Fees(replace(problem, weights=fees), prices, np.minimum(u, fees))
    cost, best = _searched(root, plan, seed)
    start, rows = root.problem.by_column
    bound, climbed, _, _ = _climb(start, rows, fees, prices, root.u, cost, CLIMBS[0])
    order, made, closed = count(), 0, np.inf
    heap = [(bound, next(order), replace(root, u=climbed).without(no, no))]
    while heap and heap[0][0] < (1 - CLOSE) * cost and made < nodes and not halted():
        bound, _, node = heapq.heappop(heap)
        made += 1
        bound, node, share, met = _bounded(node, bound, cost)
        if met[0] < cost:
            cost, best = met
        if bound >= (1 - CLOSE) * cost:
            closed = min(closed, bound)
            continue
        torn = (share * (1 - share) + EVEN) * node.problem.sums(node.u) * node.prices
        asked = np.arange(len(share)) == np.argmax(torn)
        for child in (node.without(asked, ~asked & False), node.without(~asked & False, asked)):
            heapq.heappush(heap, (bound, next(order), child))
    low = min(heap[0][0] if heap else np.inf, closed, cost)
    return Least(low - ROUNDING * float(fees.sum() + prices.sum()), cost, best, climbed)


def _bounded(
    node: Fees, bound: float, cost: float
) -> tuple[float, Fees, NDArray[np.float64], tuple[float, tuple[int, ...]]]:
    """Bound a node from below and shrink it by what that tells; return also shares of its columns and a plan."""
    best = node.plan(np.zeros(0))
    share = np.zeros(len(node.prices))
    while len(node.prices):
        start, rows = node.problem.by_column
        low, u, worth, share = _climb(
            start, rows, node.problem.weights, node.prices, node.u, cost - node.paid, CLIMBS[1]
        )
        bound, node = max(bound, low + node.paid), replace(node, u=u)
        best = min(best, node.plan(share))
        gap = (1 - CLOSE) * min(cost, best[0]) - bound
        one, zero = (worth > 0) & (worth >= gap), (worth < 0) & (-worth >= gap)
        if gap <= 0 or not (one | zero).any():
            return bound, node, share, best
        node, share = node.without(one, zero), share[~(one | zero)]
        best = min(best, node.plan(share))
        if (one | zero).mean() < FIXED:
            break
    return (bound if len(node.prices) else max(bound, best[0])), node, share, best


def _searched(root: Fees, plan: tuple[int, ...], seed: int) -> tuple[float, tuple[int, ...]]:
    """Return the best plan of two searches: from a plan that is known, and from none."""
    problem, dearest, found = root.problem, float(root.prices.max(initial=1e-300)), []
    for chosen in (np.isin(problem.columns, plan), np.zeros(len(problem.columns), bool)):
        met = _anneal(
            problem.indptr, problem.indices, *problem.by_column, problem.weights, root.prices, chosen, MOVES,
            HEAT[0] * dearest, HEAT[1] * dearest, np.array([(2 * seed + 1) * SPREAD % 2**64], np.uint64),
        )  # fmt: skip
        found.append((_cost(root, met), tuple(problem.columns[met].tolist())))
    return min(found)


def _cost(root: Fees, chosen: NDArray[np.bool_]) -> float:
    open_ = ~root.problem.covered(np.flatnonzero(chosen))
    return float(root.prices[chosen].sum() + root.problem.weights[open_].sum())


@njit(cache=True)
def _cheapest(
    indptr: NDArray[np.int64], indices: NDArray[np.int32], prices: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Price of the cheapest column that reaches each row."""
    least = np.full(len(indptr) - 1, np.inf)
    for i in range(len(least)):
        for at in range(indptr[i], indptr[i + 1]):
            least[i] = min(least[i], prices[indices[at]])
    return least


@njit(cache=True, nogil=True)
def _climb(
    start: NDArray[np.int64],
    rows: NDArray[np.int32],
    fees: NDArray[np.float64],
    prices: NDArray[np.float64],
    u: NDArray[np.float64],
    goal: float,
    steps: int,
) -> tuple[float, NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Raise the bound by steps in u, each row's in proportion to its fee; end at the goal or where it stays.

    Return the bound, its u, the reduced worth of each column, and in what share of the last steps it was worth having.
    """
    u = u.copy()
    best, at_best, worth = -np.inf, u.copy(), np.zeros(len(prices))
    way, gradient, share, r = np.zeros(len(u)), np.zeros(len(u)), np.zeros(len(prices)), np.zeros(len(prices))
    stride, stayed = 1.0, 0
    for step in range(steps):
        bound = u.sum()
        gradient[:] = 1.0
        for j in range(len(prices)):
            r[j] = -prices[j]
            for at in range(start[j], start[j + 1]):
                r[j] += u[rows[at]]
            if r[j] > 0:
                bound -= r[j]
                for at in range(start[j], start[j + 1]):
                    gradient[rows[at]] -= 1.0
            share[j] += ((1.0 if r[j] > 0 else 0.0) - share[j]) * (1.0 if step == 0 else RECENT)
        if bound > best:
            if bound > best + GAINED * (goal - best):
                stayed = 0
            best = bound
            at_best[:] = u
            worth[:] = r
            if best >= goal:
                break
        else:
            stayed += 1
        if stayed >= STAYED:
            stayed, stride = 0, stride * SHORTER
            u[:] = at_best
            way[:] = 0.0
            if stride < SHORTEST:
                break
            continue
        norm = 0.0
        for i in range(len(u)):
            g = gradient[i]
            if (g < 0 and u[i] <= 0) or (g > 0 and u[i] >= fees[i]):
                g = 0.0
            way[i] = DEFLECTED * way[i] + g
            norm += fees[i] * way[i] * way[i]
        if norm <= 0:
            break
        length = stride * (goal - bound) / norm
        for i in range(len(u)):
            u[i] = min(fees[i], max(0.0, u[i] + length * fees[i] * way[i]))
    return best, at_best, worth, share


@njit(cache=True, nogil=True)
def _anneal(
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    start: NDArray[np.int64],
    rows: NDArray[np.int32],
    fees: NDArray[np.float64],
    prices: NDArray[np.float64],
    chosen: NDArray[np.bool_],
    moves: int,
    hot: float,
    cold: float,
    dice: NDArray[np.uint64],
) -> NDArray[np.bool_]:
    """Return the best plan met by columns that enter, leave or give way to one that shares a row with them."""
    inside, here, count = chosen.copy(), np.empty(len(prices), np.int64), 0
    reached = np.zeros(len(fees), np.int64)
    for j in np.flatnonzero(inside):
        here[count] = j
        count += 1
        _set(start, rows, reached, j, 1)
    saved = most = 0.0
    best = inside.copy()
    for move in range(moves):
        heat = hot * (cold / hot) ** (move / moves)
        out, new, gain = -1, -1, 0.0
        if count and drawn(dice, FACES) < LEAVING * FACES:
            at = drawn(dice, count)
            out = here[at]
            if start[out] == start[out + 1]:
                continue
            if drawn(dice, FACES) < GIVING_WAY * FACES:
                i = rows[start[out] + drawn(dice, start[out + 1] - start[out])]
                new = indices[indptr[i] + drawn(dice, indptr[i + 1] - indptr[i])]
                if inside[new]:
                    continue
            gain = prices[out] - _alone(start, rows, fees, reached, out, 1)
            _set(start, rows, reached, out, -1)
        else:
            i = drawn(dice, len(fees))
            if reached[i] or fees[i] == 0 or indptr[i] == indptr[i + 1]:  # without a fee nobody counts who reaches it
                continue
            new = indices[indptr[i] + drawn(dice, indptr[i + 1] - indptr[i])]
        if new >= 0:
            gain += _alone(start, rows, fees, reached, new, 0) - prices[new]
        if gain < 0 and drawn(dice, FACES) >= FACES * np.exp(gain / heat):
            if out >= 0:
                _set(start, rows, reached, out, 1)
            continue
        if out >= 0:
            inside[out] = False
            count -= 1
            here[at] = here[count]
        if new >= 0:
            inside[new] = True
            here[count] = new
            count += 1
            _set(start, rows, reached, new, 1)
        saved += gain
        if saved > most + 1e-12:
            most = saved
            best[:] = inside
    return best


@njit(cache=True, nogil=True)
def _set(start: NDArray[np.int64], rows: NDArray[np.int32], reached: NDArray[np.int64], j: int, by: int) -> None:
    for at in range(start[j], start[j + 1]):
        reached[rows[at]] += by


@njit(cache=True, nogil=True)
def _alone(
    start: NDArray[np.int64],
    rows: NDArray[np.int32],
    fees: NDArray[np.float64],
    reached: NDArray[np.int64],
    j: int,
    by: int,
) -> float:
    """Sum the fees of the rows of a column that so many chosen ones reach."""
    total = 0.0
    for at in range(start[j], start[j + 1]):
        if reached[rows[at]] == by:
            total += fees[rows[at]]
    return total
