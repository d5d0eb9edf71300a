"""What the relaxation leaves open, closed by branch and cut: the cuts of one node hold in all."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import count

import numpy as np
from numpy.typing import NDArray

from lomsong.siting import problem as base
from lomsong.siting.bound import Ranges, lagrangian
from lomsong.siting.regions import Regions
from lomsong.siting.sift import Focus, wider

ROUNDS = 20
"""Most rounds of cuts in a node."""

WHOLE = 1e-6
"""Distance from a whole number at which a share, or the sum over a region, counts as whole."""

TORN = 0.25
"""Distance from a whole number at which a single site is worth the question; else the sites of a region are counted."""

MISSED = 0.25
"""Share of what was open at first by which columns that the master problem lacks may raise the bound of a node."""


@dataclass(order=True)
class _Node:
    """Ranges of the columns and regions and what no plan within them can exceed."""

    key: float
    order: int
    ranges: Ranges = field(compare=False)

    @property
    def bound(self) -> float:
        return -self.key


@dataclass
class _Tree:
    """What all nodes share."""

    focus: Focus
    regions: Regions
    offer: Callable[[NDArray[np.int64] | None], float]
    deadline: float
    open: float
    """Bound before any question."""

    @cached_property
    def size(self) -> NDArray[np.float64]:
        """Rows that each column reaches, as a share of the most that one does."""
        problem = self.focus.model.problem
        sizes = problem.sums((problem.weights > 0).astype(float))
        return np.asarray(sizes / max(float(sizes.max(initial=1)), 1.0))

    def allow(self, ranges: Ranges) -> bool:
        """Tell whether a plan within the ranges may exist; fix columns that are alike in all of them, in place."""
        possible = self._fits(ranges.low, ranges.high)
        return possible and self.regions.allow(ranges.low, ranges.high, ranges.least, ranges.most)

    def _fits(self, low: NDArray[np.float64], high: NDArray[np.float64]) -> bool:
        # The master problem cannot tell what breaks a limit by next to nothing.
        model = self.focus.model
        row, by, column = model.limits.row, model.limits.matrix.data, model.limits.matrix.indices
        fixes = True
        while fixes:  # what is fixed leaves less room
            least = np.bincount(row, np.where(by > 0, low[column], high[column]) * by, minlength=len(model.limits.most))
            room = model.limits.room - least
            if (room < 0).any() or (low > high).any():
                return False
            tight = (high[column] > low[column]) & (np.abs(by) > room[row])
            high[column[tight & (by > 0)]] = 0.0
            low[column[tight & (by < 0)]] = 1.0
            fixes = bool(tight.any())
        asked = model.need > 0 or (model.needs > 0).any()
        return not asked or model.met(model.problem.covered(np.flatnonzero(high > 0)))

    def widen(self, worth: NDArray[np.float64], ranges: Ranges, share: NDArray[np.float64]) -> None:
        """Take in the columns of greatest worth, those that are missed and some that soon may be."""
        active = wider(self.focus.active, np.where(ranges.high > 0, worth, -np.inf), len(worth))
        _, self.focus = Focus.on(self.focus.model, active, self.offer(None), self.deadline, share)
        self.focus.master.divide(self.regions.inside[:, active])


def branch(
    focus: Focus,
    bound: float,
    deadline: float,
    offer: Callable[[NDArray[np.int64] | None], float],
    tell: Callable[[float], None],
) -> None:
    """Search the plans of a model, the most promising part first, until none is better or ``deadline`` is past.

    Parameters
    ----------
    focus
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
    columns = len(focus.active)
    order = count()
    parts = Regions.of(focus.part.problem, *focus.master.grouping).among(focus.active)
    focus.master.divide(parts.inside[:, focus.active])
    tree = _Tree(focus, parts, offer, deadline, bound)
    most = np.asarray(parts.inside.sum(axis=1)).ravel()
    whole = Ranges(np.zeros(columns), np.ones(columns), parts.inside, np.zeros(len(most)), most)
    heap = [_Node(-bound, next(order), whole)]
    closed = -np.inf
    node: _Node | None = None
    while heap or node:
        if node is None:
            tell(max(heap[0].bound, closed))
            if heap[0].bound < offer(None) or base.clock() > deadline:
                break
            node = heapq.heappop(heap)
        solved = _solve(tree, node)
        if solved is None:
            heapq.heappush(heap, node)
            break
        node = None
        value, share, ranges = solved
        if value < offer(None):
            continue
        halves = _halves(tree, share, ranges)
        if not halves:
            plan = _whole(share, ranges)
            worth = tree.focus.model.worth(plan)
            if worth > -np.inf:
                offer(plan)
                # The only plan that is left is what it is. What else a bound exceeds is not looked for further.
                closed = max(closed, worth if (ranges.low == ranges.high).all() else value)
            continue
        # On to one half at once, from whose linear programme this one's is a few pivots away; the other waits.
        node, other = (_Node(-value, next(order), half) for half in halves)
        heapq.heappush(heap, other)
    tell(max(heap[0].bound if heap else -np.inf, closed))


def _halves(tree: _Tree, share: NDArray[np.float64], ranges: Ranges) -> list[Ranges]:
    """Split ranges at a column that is torn between in and out, else at the region or column split widest.

    What is whole is split only where it is no plan, at any column that is not fixed.
    """
    sums = ranges.regions @ share
    apart = [np.minimum(one - np.floor(one), np.ceil(one) - one) for one in (sums, share)]
    apart = [np.where(one < WHOLE, 0.0, one) for one in apart]
    apart[1] = apart[1] * (ranges.high > ranges.low)
    if apart[1].max(initial=0.0) >= TORN:
        worth = [np.zeros(len(sums)), apart[1] * (1 + tree.size)]
    else:
        worth = [apart[0] * (1e-9 + tree.regions.width), apart[1] * (1e-9 + tree.regions.column_width)]
    best = [float(one.max(initial=0.0)) for one in worth]
    if max(best) == 0:
        whole, free = _whole(share, ranges), ranges.high > ranges.low
        if not free.any() or tree.focus.model.worth(whole) > -np.inf:
            return []
        # Too much was taken, or too little.
        worth[1] = free * (tree.size + ((share > 0.5) != tree.focus.model.limits.kept(whole)))
        best[1] = 1.0
    if best[0] >= best[1]:
        at = int(np.argmax(worth[0]))
        least, most = ranges.least.copy(), ranges.most.copy()
        least[at], most[at] = np.ceil(sums[at]), np.floor(sums[at])
        high = ranges.high.copy()
        if most[at] == 0:
            high[ranges.regions[[at]].indices] = 0.0
        return [replace(ranges, least=least), replace(ranges, most=most, high=high)]
    at = int(np.argmax(worth[1]))
    low, high = ranges.low.copy(), ranges.high.copy()
    low[at], high[at] = 1.0, 0.0
    return [replace(ranges, low=low), replace(ranges, high=high)]


def _whole(share: NDArray[np.float64], ranges: Ranges) -> NDArray[np.int64]:
    """Return the columns of whole shares, those that were fixed meanwhile as they were."""
    return np.flatnonzero(np.clip(share, ranges.low, ranges.high) > 0.5)


def _solve(tree: _Tree, node: _Node) -> tuple[float, NDArray[np.float64], Ranges] | None:
    """Return bound, shares and ranges of a node; None where time is up or the solver failed: then the node
    stays open.
    """
    ranges, value = node.ranges, node.bound
    ranges = replace(ranges, low=ranges.low.copy(), high=ranges.high.copy())
    low, high = ranges.low, ranges.high
    better = tree.offer(None)
    share = low
    turn = 0
    while turn < ROUNDS:
        if base.clock() > tree.deadline:
            return None
        if not tree.allow(ranges):
            return -np.inf, share, ranges
        tree.focus.within(ranges)
        solved = tree.focus.solve(tree.deadline)
        if solved is None:
            # Where the solver says that nothing fits, that is to be seen by questions, any of them.
            return (value, (low + high) / 2, ranges) if tree.focus.master.void else None
        before, share = value, solved.share
        proven, plain = lagrangian(tree.focus.model, solved, ranges)
        value = min(value, proven)
        if value < better:
            break
        free = high > low
        low[free & (plain > 0) & (proven - plain < better)] = 1.0
        high[free & (plain < 0) & (proven + plain < better)] = 0.0
        turn += 1
        if not tree.focus.cut(share) or (turn > 3 and before - value < 0.02 * (value - better)):
            missed = (np.maximum(plain, 0.0) * high)[~tree.focus.active].sum()
            torn = np.abs(share - np.round(share)).max() > WHOLE
            if not torn:  # nothing is left to ask: the plan counts, and only what is missed holds the bound above it
                better = tree.offer(_rounded(share))
            if value < better or missed <= (MISSED * (tree.open - better) if torn else 1e-9 * abs(value)):
                break
            tree.widen(plain, ranges, share)
            turn = 0
    if value >= better:
        tree.offer(_rounded(share))
    return value, share, ranges


def _rounded(share: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return columns by their share, more than fit; a whole plan as it is."""
    if np.abs(share - np.round(share)).max() <= WHOLE:
        return np.flatnonzero(share > 0.5)
    return np.argsort(-share, kind="stable")[: int(np.ceil(share.sum() + 1)) * 2]
