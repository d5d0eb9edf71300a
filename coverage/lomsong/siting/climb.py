"""The relaxation of a node of :mod:`lomsong.siting.prizes`, both sides of its saddle point at once.

    max over 0 ≤ u ≤ v, min over 0 ≤ x ≤ 1 of  Σ α_j x_j + Σ u_i (1 - Σ_j a_ij x_j)

by the primal-dual hybrid gradient with diagonal steps and restarts, as in :mod:`lomsong.siting.saddle`. Any u proves a
bound, Σ u_i - Σ_j max(0, r_j) with r_j = Σ_i a_ij u_i - α_j, and any x tells what no u can prove more than: a climb
ends where its goal is reached, or where little is left between both. Subgradients of u alone (Polyak 1969) stay far
below: on nodes of a million places they closed a quarter of what was open, where the relaxation closes two thirds.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lomsong.siting.node import ByColumn, Node
from lomsong.siting.saddle import restarts

LOOK, STEP = 15, 1.2
"""Steps between two looks at the bound, and how many times as long they are as converges whatever the rows (Pock and
Chambolle 2011): at 1.5 those go astray where hundreds of columns overlap."""

FOLLOWED = 0.1
"""Columns are followed between two looks whose reduced worth is no farther below nothing, as a share of the open."""

ENOUGH = 0.5
"""What x may cost more than the bound, as a share of the open, where more steps would tell too little."""

TINY = 1e-12
"""Counts as nothing."""


class _Side(NamedTuple):
    """Where the steps stand, or their mean: u, x, what x reaches of each row, and r of each column."""

    u: NDArray[np.float64]
    x: NDArray[np.float64]
    reached: NDArray[np.float64]
    worth: NDArray[np.float64]


@njit(cache=True, nogil=True)
def climb(
    node: Node, by_column: ByColumn, goal: float, steps: int
) -> tuple[float, NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], float]:
    """Climb from u and x of a node, of what is left to pay.

    Parameters
    ----------
    node
        Its ``paid`` is left aside.
    by_column
        Of the node, by :func:`lomsong.siting.node.turned`.
    goal
        Bound at which it ends.
    steps
        At least so many unless it ends before, a whole number of looks.

    Returns
    -------
    tuple
        The bound; its u, shape (rows,); the reduced worth of each column by it, shape (columns,); a fractional plan,
        same shape; and the weight between steps to go on with.
    """
    pull, rows, columns = node.pull, len(node.fees), len(node.prices)
    now = _Side(node.u.copy(), node.x.copy(), np.zeros(rows), np.zeros(columns))
    for j in np.flatnonzero(now.x):
        add_reach(by_column, now.reached, j, now.x[j])
    total, mean, home = _like(now), _like(now), _like(now)
    _put(now, home)
    along, across = np.zeros(rows), np.ones(columns)
    best, at_best, worth, cost, plan = -np.inf, now.u, now.worth, np.inf, now.x
    opened, last, count, done = np.inf, np.inf, 0, 0
    while True:
        gap, near = np.inf, now
        for turn in range(1 + (count > 0)):
            side = mean if turn else now
            bound, paid = _told(node, by_column, side)
            if bound > best:
                best, at_best, worth = bound, side.u.copy(), side.worth.copy()
            if paid < cost:
                cost, plan = paid, side.x.copy()
            if paid - bound < gap:
                gap, near = paid - bound, side
        if best >= goal or done >= steps or cost - best <= ENOUGH * (goal - best):
            return best, at_best, worth, plan, pull
        if done and restarts(gap, opened, last, count, done):
            _put(near, now)
            far_u = ((now.u - home.u) ** 2 / np.maximum(along, TINY)).sum()
            far_x = ((now.x - home.x) ** 2 / across).sum()
            if min(far_u, far_x) > TINY:
                pull *= (far_u / far_x) ** 0.25
            _put(now, home)
            total, count, opened = _like(now), 0, gap
        last = gap
        active = np.flatnonzero((now.worth > -FOLLOWED * (goal - best)) | (now.x > 0))
        _lengths(node, by_column, active, pull, along, across)
        for _ in range(LOOK):
            _step(node, by_column, active, along, across, now, total)
        count, done = count + LOOK, done + LOOK
        mean.u[:], mean.x[:], mean.reached[:] = total.u / count, total.x / count, total.reached / count


@njit(cache=True, nogil=True)
def _like(side: _Side) -> _Side:
    return _Side(np.zeros_like(side.u), np.zeros_like(side.x), np.zeros_like(side.u), np.zeros_like(side.x))


@njit(cache=True, nogil=True)
def _put(side: _Side, into: _Side) -> None:
    into.u[:], into.x[:], into.reached[:], into.worth[:] = side.u, side.x, side.reached, side.worth


@njit(cache=True, nogil=True)
def _told(node: Node, by_column: ByColumn, side: _Side) -> tuple[float, float]:
    """Return the bound by u and what x costs, and put down the reduced worth of all columns."""
    bound = side.u.sum()
    for j in range(len(node.prices)):
        side.worth[j] = _pays(by_column, side.u, j) - node.prices[j]
        bound -= max(side.worth[j], 0.0)
    return bound, (node.prices * side.x).sum() + (node.fees * np.maximum(1 - side.reached, 0.0)).sum()


@njit(cache=True, nogil=True)
def _lengths(
    node: Node,
    by_column: ByColumn,
    active: NDArray[np.int64],
    pull: float,
    along: NDArray[np.float64],
    across: NDArray[np.float64],
) -> None:
    """Put down how long the steps of u, ``along`` the rows, and of x, ``across`` them, are."""
    start, rows, shares = by_column
    along[:] = 0.0
    for j in active:
        across[j] = 0.0
        for at in range(start[j], start[j + 1]):
            across[j] += shares[at] * node.fees[rows[at]]
            along[rows[at]] += shares[at]
        across[j] = STEP / (pull * max(across[j], TINY))
    for i in range(len(along)):
        along[i] = STEP * pull * node.fees[i] / max(along[i], 1.0)


@njit(cache=True, nogil=True)
def _step(
    node: Node,
    by_column: ByColumn,
    active: NDArray[np.int64],
    along: NDArray[np.float64],
    across: NDArray[np.float64],
    now: _Side,
    total: _Side,
) -> None:
    """Move x, then u by what x reaches and would reach one step on, and add both to their totals."""
    before = now.reached.copy()
    for j in active:
        x = min(1.0, max(0.0, now.x[j] + across[j] * now.worth[j]))
        if x != now.x[j]:
            add_reach(by_column, now.reached, j, x - now.x[j])
            now.x[j] = x
        total.x[j] += x
    for i in range(len(along)):
        now.u[i] = min(node.fees[i], max(0.0, now.u[i] + along[i] * (1 - 2 * now.reached[i] + before[i])))
        total.u[i] += now.u[i]
        total.reached[i] += now.reached[i]
    for j in active:
        now.worth[j] = _pays(by_column, now.u, j) - node.prices[j]


@njit(cache=True, nogil=True)
def _pays(by_column: ByColumn, u: NDArray[np.float64], j: int) -> float:
    """Return what the rows pay for a column."""
    start, rows, shares = by_column
    paid = 0.0
    for at in range(start[j], start[j + 1]):
        paid += shares[at] * u[rows[at]]
    return paid


@njit(cache=True, nogil=True)
def add_reach(by_column: ByColumn, reached: NDArray[np.float64], j: int, by: float) -> None:
    """Add so much of a column to what is reached of each row."""
    start, rows, shares = by_column
    for at in range(start[j], start[j + 1]):
        reached[rows[at]] += by * shares[at]
