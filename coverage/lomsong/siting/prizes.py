"""Few sites, each for a price, against a fee for every row that none of them reaches: solved by branch and bound.

With α_j the price of a column, a_ij how much of a row it reaches and v_i the fee of the row,

    min Σ α_j x_j + Σ v_i (1 - z_i),   z_i ≤ Σ_j a_ij x_j,   x binary, z ≤ 1.

For any 0 ≤ u ≤ v the least is at least Σ u_i - Σ_j max(0, r_j), r_j = Σ_i a_ij u_i - α_j: computed in float64, with
no solver in between. A node climbs from the u of its parent towards the best plan known (:mod:`lomsong.siting.climb`),
takes and drops columns by r_j, and merges the rows that the others no longer tell apart: problems shrink fast on the
way down. Which column to ask for next is learnt from what asking told before (Bénichou et al. 1971, Math. Program. 1),
here and in the turns before, in which prices were nearly the same. A fee without end is that of a row which must be
reached, whole; it need cost no more than the cheapest column that reaches it.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lomsong.siting.bound import ROUNDING
from lomsong.siting.climb import add_reach, climb
from lomsong.siting.node import WHOLE, ByColumn, Node, cheapest_of, left, turned
from lomsong.siting.problem import Problem
from lomsong.siting.search import drawn

CLIMBS = (400, 120)
"""Most steps of the climb in the first node, and in each other one."""

HELD = 15_000_000
"""Non-zeros of open nodes at which a window is left so too, for the sake of memory."""

CLOSE = 1e-4
"""Relative distance to the best plan at which a node is closed: what is left open is told."""

FIXED = 0.4
"""Share of the columns whose fixing is worth another climb in the same node."""

EVEN = 1e-6
"""Added to the distance of a share from whole, so that columns of whole shares are asked for by their worth."""

BELIEVED, LEAST_PART, LEAST_RATE = 3.0, 0.1, 1e-3
"""Times that a column is taken to have told what its size lets hope, least part by which a gain is divided, and least
gain to hope for, in sizes."""

LEAVING, GIVING_WAY = 0.3, 0.7
"""Moves in a search by which a chosen column goes, and share of these in which another takes its place."""

FACES, SPREAD = 1 << 30, 0x9E3779B97F4A7C15
"""Of the dice by which a chance is drawn, and what makes many bits of a small seed."""

TRIED = 40
"""Columns of greatest share of which a node makes a plan."""

MOVES, HEAT = 6_000, (0.15, 0.002)
"""Moves of a search for a plan, and its temperatures as a share of the dearest column."""

SEARCHES, NEAR = 4, 0.2
"""Searches once the first node has climbed, among columns that cost no more than such a share of what is open."""


@dataclass(frozen=True)
class Least:
    """What no plan costs less than, the best plan met (the caller's columns), others, and u of the first node by row.

    A row need cost no more than the cheapest column that reaches it: the best plan holds this column then.
    """

    low: float
    cost: float
    plan: tuple[int, ...]
    met: tuple[tuple[int, ...], ...]
    u: NDArray[np.float64]


def least(
    problem: Problem,
    shares: NDArray[np.float64],
    prices: NDArray[np.float64],
    u: NDArray[np.float64],
    plan: tuple[int, ...],
    told: NDArray[np.float64],
    *,
    nodes: int,
    seed: int,
    halted: Callable[[], bool],
) -> Least:
    """Return the least cost and a plan of it, or, after some nodes or when halted, the best of both known.

    Parameters
    ----------
    problem
        Rows of which ``weights`` are the fees (infinite: the row must be reached); columns by the caller's numbers.
    shares
        How much of its row each column reaches, above 0 and at most 1, shape (non-zeros,).
    prices
        Of each column, none negative, shape (columns,).
    u
        A guess, shape (rows,).
    plan
        Columns of a plan to start from, in the caller's numbers.
    told
        What asking for each column told so far, added to: by how much a bound rose for all of it dropped or taken, in
        sum, and how often, shape (dropped or taken, gain or times, columns).
    nodes
        Most nodes.
    seed
        Of the search for a first plan.
    halted
        Tells whether to stop.
    """
    no, everyone = np.zeros(len(prices), bool), np.arange(len(prices))
    keys = np.random.default_rng(0).integers(1, 2**63, (2, len(prices)), dtype=np.int64)
    fees = np.minimum(problem.weights, cheapest_of(problem.indptr, problem.indices, shares, prices))
    root = Node(
        problem.indptr, problem.indices, shares, fees, np.minimum(u, fees), everyone, prices, np.zeros(len(prices)),
        1.0, 0.0, everyone[:0],
    )  # fmt: skip
    by_column = turned(root)
    cost, best = _searched(root, by_column, np.isin(problem.columns, plan), seed)
    plans = [best]
    bound, climbed, worth, x, pull = climb(root, by_column, cost, CLIMBS[0])
    root = root._replace(u=climbed, x=x, pull=pull)
    near = left(root, no, worth < -NEAR * (cost - bound), keys)
    by_column = turned(near)
    for turn in range(SEARCHES):
        met, found = _searched(near, by_column, np.isin(near.columns, best), seed + turn)
        plans.append(found)
        if met < cost:
            cost, best = met, found
    order, made, held, closed = count(), 0, problem.size, np.inf
    heap = [(bound, next(order), left(root, no, no, keys), (-1, 0, 1.0))]
    while heap and heap[0][0] < (1 - CLOSE) * cost and made < nodes and held < HELD and not halted():
        before, _, node, (column, way, part) = heapq.heappop(heap)
        made, held = made + 1, held - len(node.indices)
        bound, node, asked, met, found = _bounded(node, before, cost, CLIMBS[1], keys, told)
        if met < cost:
            cost, best = met, found
        if column >= 0:
            told[way, :, column] += ((bound if asked >= 0 else cost) - before) / part, 1
        if asked < 0:
            closed = min(closed, bound)
            continue
        one, x = np.arange(len(node.prices)) == asked, float(node.x[asked])
        for way, (taken, dropped, part) in enumerate(((~one & one, one, x), (one, ~one & one, 1 - x))):
            half = left(node, taken, dropped, keys)
            heapq.heappush(heap, (bound, next(order), half, (int(node.columns[asked]), way, max(part, LEAST_PART))))
            held += len(half.indices)
    low = min(heap[0][0] if heap else np.inf, closed, cost)
    whole = problem.columns[_bought(problem, shares, prices, fees, np.isin(everyone, best))]
    others = tuple(tuple(np.sort(problem.columns[one]).tolist()) for one in plans)
    return Least(low - ROUNDING * float(fees.sum() + prices.sum()), cost, tuple(whole.tolist()), others, climbed)


def _searched(node: Node, by_column: ByColumn, plan: NDArray[np.bool_], seed: int) -> tuple[float, NDArray[np.int64]]:
    """Return the cost and the columns of the best plan that a search meets from another, a mask."""
    dearest, moves = float(node.prices.max(initial=1e-300)), MOVES if len(node.fees) else 0
    dice = np.array([(2 * seed + 1) * SPREAD % 2**64], np.uint64)
    heats = (HEAT[0] * dearest, HEAT[1] * dearest)
    met = _anneal(node.indptr, node.indices, by_column, node.fees, node.prices, plan, moves, *heats, dice)
    reached = np.zeros(len(node.fees))
    for j in np.flatnonzero(met):
        add_reach(by_column, reached, j, 1.0)
    cost = node.paid + float(node.prices[met].sum() + node.fees @ np.maximum(1 - reached, 0.0))
    return cost, np.concatenate([node.taken, node.columns[met]])


@njit(cache=True, nogil=True)
def _bounded(
    node: Node, bound: float, cost: float, steps: int, keys: NDArray[np.int64], told: NDArray[np.float64]
) -> tuple[float, Node, int, float, NDArray[np.int64]]:
    """Bound a node from below and shrink it by what that tells.

    Return the bound, the node, the column to ask for next (-1: none, the node is closed), and the best cost met with
    its plan (that given with no plan, if none is better).
    """
    plan = node.taken[:0]
    while True:
        if not len(node.fees):
            if node.paid < cost:
                cost, plan = node.paid, node.taken
            return max(bound, node.paid), node, -1, cost, plan
        by_column = turned(node)
        low, u, worth, x, pull = climb(node, by_column, cost - node.paid, steps)
        low += node.paid
        bound = max(bound, low)
        found, chosen = _plan(node, by_column, x)
        if found < cost:
            cost, plan = found, np.concatenate((node.taken, node.columns[chosen]))
        one, zero = (worth > 0) & (worth >= cost - low), (worth < 0) & (-worth >= cost - low)
        fixed = one | zero
        node = Node(
            node.indptr, node.indices, node.shares, node.fees, u, node.columns, node.prices, x, pull, node.paid,
            node.taken,
        )  # fmt: skip
        if bound >= (1 - CLOSE) * cost:
            return bound, node, -1, cost, plan
        if fixed.any():
            node = left(node, one, zero, keys)
        if fixed.mean() < FIXED and len(node.fees):
            break
    return bound, node, _asked(node, told), cost, plan


@njit(cache=True, nogil=True)
def _asked(node: Node, told: NDArray[np.float64]) -> int:
    """Return the column that promises most by what the bound gains where it is dropped times where it is taken."""
    paying = np.zeros(len(node.x))
    for i in range(len(node.u)):
        for at in range(node.indptr[i], node.indptr[i + 1]):
            paying[node.indices[at]] += node.u[i] * node.shares[at]
    size, promise = np.sqrt(node.prices * paying), node.x * (1 - node.x) + EVEN
    for way in range(2):
        gain, times = told[way, 0][node.columns], told[way, 1][node.columns]
        rate = 1.0
        if times.any():
            rate = max((gain / np.maximum(times, 1)).sum() / max(size[times > 0].sum(), 1e-300), LEAST_RATE)
        promise *= (gain + BELIEVED * rate * size) / (times + BELIEVED)
    return int(np.argmax(promise))


@njit(cache=True, nogil=True)
def _plan(node: Node, by_column: ByColumn, x: NDArray[np.float64]) -> tuple[float, NDArray[np.bool_]]:
    """Return the cost and the columns of a plan of those of greatest x, each where it saves more than it costs."""
    start, rows, shares = by_column
    open_, chosen, cost = np.ones(len(node.fees)), np.zeros(len(x), np.bool_), node.paid
    for j in np.argsort(-x)[:TRIED]:
        saved = 0.0
        for at in range(start[j], start[j + 1]):
            saved += node.fees[rows[at]] * min(open_[rows[at]], shares[at])
        if saved > node.prices[j]:
            for at in range(start[j], start[j + 1]):
                open_[rows[at]] = max(open_[rows[at]] - shares[at], 0.0)
            cost += node.prices[j]
            chosen[j] = True
    return cost + (open_ * node.fees).sum(), chosen


def _bought(
    problem: Problem,
    shares: NDArray[np.float64],
    prices: NDArray[np.float64],
    fees: NDArray[np.float64],
    chosen: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Add columns, the most worth first, that cost no more than the fees of what they reach of rows that are left.

    A node leaves a row for the price of the cheapest column that reaches it, instead of for a higher fee.
    """
    row, chosen = np.repeat(np.arange(len(problem.weights)), np.diff(problem.indptr)), chosen.copy()
    fees = np.where(problem.weights > 0, np.maximum(fees, 1e-300), 0.0)
    while True:
        left = np.maximum(1 - np.bincount(row, shares * chosen[problem.indices], len(fees)), 0.0)
        saved = np.bincount(problem.indices, np.minimum(shares, left[row]) * fees[row], len(prices))
        worth = np.where((saved > 0) & (saved >= (1 - WHOLE) * prices) & ~chosen, saved - prices, -np.inf)
        if not len(worth) or worth.max() == -np.inf:
            return chosen
        chosen[np.argmax(worth)] = True


@njit(cache=True, nogil=True)
def _anneal(
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    by_column: ByColumn,
    fees: NDArray[np.float64],
    prices: NDArray[np.float64],
    chosen: NDArray[np.bool_],
    moves: int,
    hot: float,
    cold: float,
    dice: NDArray[np.uint64],
) -> NDArray[np.bool_]:
    """Return the best plan met by columns that enter, leave or give way to one that shares a row with them."""
    start, rows, _ = by_column
    inside, here, count = chosen.copy(), np.empty(len(prices), np.int64), 0
    reached = np.zeros(len(fees))
    for j in np.flatnonzero(inside):
        here[count] = j
        count += 1
        add_reach(by_column, reached, j, 1.0)
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
            add_reach(by_column, reached, out, -1.0)
            gain = prices[out] - _gained(by_column, fees, reached, out)
        else:
            i = drawn(dice, len(fees))
            if reached[i] >= 1 or fees[i] == 0 or indptr[i] == indptr[i + 1]:
                continue
            new = indices[indptr[i] + drawn(dice, indptr[i + 1] - indptr[i])]
            if inside[new]:
                continue
        if new >= 0:
            gain += _gained(by_column, fees, reached, new) - prices[new]
        if gain < 0 and drawn(dice, FACES) >= FACES * np.exp(gain / heat):
            if out >= 0:
                add_reach(by_column, reached, out, 1.0)
            continue
        if out >= 0:
            inside[out] = False
            count -= 1
            here[at] = here[count]
        if new >= 0:
            inside[new] = True
            here[count] = new
            count += 1
            add_reach(by_column, reached, new, 1.0)
        saved += gain
        if saved > most + 1e-12:
            most = saved
            best[:] = inside
    return best


@njit(cache=True, nogil=True)
def _gained(by_column: ByColumn, fees: NDArray[np.float64], reached: NDArray[np.float64], j: int) -> float:
    """Sum the fees of what a column reaches that is not reached yet."""
    start, rows, shares = by_column
    total = 0.0
    for at in range(start[j], start[j + 1]):
        total += fees[rows[at]] * max(0.0, min(shares[at], 1 - reached[rows[at]]))
    return total
