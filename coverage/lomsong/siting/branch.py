"""What the relaxation leaves open, closed by branch and cut: the cuts of one node hold in all."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

import numpy as np
from numpy.typing import NDArray

from lomsong.siting import problem as base
from lomsong.siting.bound import Master, lagrangian
from lomsong.siting.problem import Model

ROUNDS = 20
"""Most rounds of cuts in a node."""

WHOLE = 1e-6
"""Distance from 0 or 1 at which a share counts as whole."""


@dataclass(order=True)
class _Node:
    """Ranges of the columns and what no plan within them can exceed."""

    key: float
    order: int
    low: NDArray[np.float64] = field(compare=False)
    high: NDArray[np.float64] = field(compare=False)

    @property
    def bound(self) -> float:
        return -self.key


def branch(
    model: Model,
    master: Master,
    bound: float,
    deadline: float,
    offer: Callable[[NDArray[np.int64] | None], float],
    tell: Callable[[float], None],
) -> None:
    """Search the plans of a model, the most promising part first, until none is better or ``deadline`` is past.

    Parameters
    ----------
    model, master
        What is sought, and its master problem with the cuts found so far.
    bound
        Bound on the objective of the model.
    deadline
        By :func:`lomsong.siting.problem.clock`.
    offer
        Called with columns of a plan that may be better; returns the objective from which a plan counts (None: asks).
    tell
        Called with every new bound on what plans not yet looked at can reach.
    """
    columns = len(model.costs)
    order = count()
    heap = [_Node(-bound, next(order), np.zeros(columns), np.ones(columns))]
    closed = -np.inf
    while heap:
        tell(max(heap[0].bound, closed))
        node = heap[0]
        if node.bound < offer(None) or base.clock() > deadline:
            break
        solved = _solve(model, master, node, deadline, offer)
        if solved is None:
            break
        heapq.heappop(heap)
        value, share, low, high = solved
        if value < offer(None):
            continue
        mixed = np.minimum(share, 1 - share) * (high > low)
        if mixed.max(initial=0.0) < WHOLE:
            # Whole: its plan was offered. What the bound exceeds it by is not looked for further.
            closed = max(closed, value)
            continue
        at = int(np.argmax(mixed * (1 + _size(model))))
        for one in (1.0, 0.0):
            child_low, child_high = low.copy(), high.copy()
            child_low[at] = child_high[at] = one
            heapq.heappush(heap, _Node(-value, next(order), child_low, child_high))
    tell(max(heap[0].bound if heap else -np.inf, closed))


def _size(model: Model) -> NDArray[np.float64]:
    sizes = np.diff(model.problem.by_column[0])
    return sizes / max(float(sizes.max(initial=1)), 1.0)


def _solve(
    model: Model, master: Master, node: _Node, deadline: float, offer: Callable[[NDArray[np.int64] | None], float]
) -> tuple[float, NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]] | None:
    """Return bound, shares and ranges of a node; None where the solver failed: then the node stays open."""
    everything = np.arange(len(node.low))
    low, high, value = node.low.copy(), node.high.copy(), node.bound
    master.between(everything, low, high)
    better = offer(None)
    share = low
    for turn in range(ROUNDS):
        if base.clock() > deadline:
            return None
        solved = master.solve(deadline)
        if solved is None:
            return None
        before, share = value, solved.share
        proven, plain = lagrangian(model, solved, low, high)
        value = min(value, proven)
        if value < better:
            break
        free = high > low
        low[free & (plain > 0) & (proven - plain < better)] = 1.0
        high[free & (plain < 0) & (proven + plain < better)] = 0.0
        more = master.cut(share)
        if not more or (turn > 2 and before - value < 0.02 * (value - better)):
            break
        changed = np.flatnonzero(free & (low == high))
        master.between(changed, low[changed], high[changed])
    if value >= better:
        offer(np.argsort(-share, kind="stable")[: int(np.ceil(share.sum() + 1)) * 2])
    return value, share, low, high
