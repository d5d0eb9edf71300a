"""Which sites reach the most learners, or enough of them at least cost; and how good any plan could be.

Maximum coverage: merge equal rows and columns, greedy, swaps, then rounds of linear bound, rounding, fixing by reduced
cost and shaking, and at last a mixed-integer search over what is still open. Nothing is called optimal unless the bound
says so.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_matrix

from lomsong.errors import DataError, UsageError
from lomsong.siting.bound import Relaxation, cost_bound, coverage_bound
from lomsong.siting.branch import branch
from lomsong.siting.problem import Problem, merge, step
from lomsong.siting.search import greedy, greedy_by_cost, shake, swap

CLOSED = 1e-9
"""Relative gap at which a plan counts as proven."""

GUIDED = 0.9
"""Share of its cost that the second greedy run forgives a site that the relaxation takes whole."""


@dataclass(frozen=True)
class Plan:
    """A selection of sites with what it reaches and what no selection can exceed.

    Parameters
    ----------
    selected
        Indices of candidates, required ones first, then in order of gain: the first k are a sensible plan of k.
    objective
        Maximum coverage: weight that the sites reach beyond what exists. Least cost: their cost.
    bound
        No plan can have a greater weight, or a lower cost, than this.
    gains
        Weight that each site adds to those before it, shape of ``selected``.
    """

    selected: NDArray[np.int64]
    objective: float
    bound: float
    gains: NDArray[np.float64]

    @property
    def gap(self) -> float:
        """Distance of bound and objective relative to the objective; 0 when both are 0."""
        if self.bound == self.objective:
            return 0.0
        return abs(self.bound - self.objective) / abs(self.objective) if self.objective else float("inf")

    @property
    def status(self) -> str:
        """``optimal`` when the bound proves it, else ``feasible``."""
        return "optimal" if self.gap <= CLOSED else "feasible"


def maximum_coverage(
    reach: csr_matrix,
    weights: ArrayLike,
    p: int,
    *,
    existing: Sequence[int] | NDArray[np.int64] | None = None,
    required: Sequence[int] | NDArray[np.int64] = (),
    forbidden: Sequence[int] | NDArray[np.int64] = (),
    time_limit_s: float = 60.0,
    seed: int = 0,
) -> Plan:
    """Choose at most ``p`` sites that reach the greatest weight of demand.

    A site that would add nothing is not chosen, so that fewer than ``p`` may come back. An interrupt (Ctrl-C) ends the
    search and returns the best plan so far with its bound.

    Parameters
    ----------
    reach
        Sparse or dense, shape (demand, candidates); non-zero where a candidate reaches a demand row.
    weights
        Learners of each demand row, shape (demand,), none negative.
    p
        Number of new sites.
    existing
        Candidates that stand already: what they reach counts for nothing and they take none of the ``p``.
    required, forbidden
        Candidates that must, or must not, be among the ``p``.
    time_limit_s
        Wall time to aim at; one linear programme may run over it. Where it cuts the search short, a run may differ from
        the next.
    seed
        Of the random part of the search.

    Raises
    ------
    UsageError
        When ``p`` is negative, the limit is not positive, or the lists contradict each other or ``p``.
    DataError
        When shapes differ, a weight is negative or not finite, or an index is no candidate.

    References
    ----------
    Church and ReVelle (1974) for the problem; Cordeau, Furini and Ljubić (2019) for the cuts; the derivation of the
    bound stands in :mod:`lomsong.siting.bound`.

    Examples
    --------
    >>> import numpy as np
    >>> reach = np.array([[1, 0, 1], [1, 0, 0], [0, 1, 0], [0, 1, 1]])
    >>> plan = maximum_coverage(reach, [4, 3, 2, 2], p=2)
    >>> plan.selected.tolist(), plan.objective, plan.status
    ([0, 1], 11.0, 'optimal')
    """
    deadline = time.perf_counter() + _positive(time_limit_s)
    matrix, weight = _checked(reach, weights)
    stands, must, never = (
        _indices(matrix, chosen, name)
        for chosen, name in ((existing if existing is not None else (), "existing"), (required, "required"),
                             (forbidden, "forbidden"))
    )  # fmt: skip
    if p < 0 or len(must) > p:
        raise UsageError(f"p = {p!r} sites, {len(must)} of them required; p must be 0 or more and leave room for these")
    if np.intersect1d(must, np.union1d(stands, never)).size:
        raise UsageError("a candidate is both required and existing or forbidden; name it once")
    weight = np.where(_reached(matrix, stands), 0.0, weight)
    secured = _reached(matrix, must)
    free = np.setdiff1d(np.arange(matrix.shape[1]), np.concatenate([stands, must, never]))
    search = _Search(
        merge(matrix[:, free], np.where(secured, 0.0, weight), free), p - len(must), np.random.default_rng(seed)
    )
    # The search keeps its best plan and bound at every moment: an interrupt loses nothing.
    with contextlib.suppress(KeyboardInterrupt):
        search.run(deadline)
    selected, gains = _ordered(matrix, weight, must, search.best)
    objective = float(weight[_reached(matrix, selected)].sum())
    return Plan(selected, objective, max(float(weight[secured].sum()) + search.bound, objective), gains)


def minimum_cost_cover(
    reach: csr_matrix, weights: ArrayLike, costs: ArrayLike, target: float = 0.95, *, time_limit_s: float = 60.0
) -> Plan:
    """Choose sites that reach a share of all demand at a low cost, and bound the least cost from below.

    Greedy by gain per cost, with and without the relaxation's advice, redundant sites dropped, and the linear bound.
    The gap says how far from the least cost the plan may be: often 10 % near full cover.

    Parameters
    ----------
    reach, weights
        As in :func:`maximum_coverage`.
    costs
        Cost of each candidate in any one currency, shape (candidates,), none negative.
    target
        Share of all weight to reach, above 0 up to 1.
    time_limit_s
        Wall time to aim at.

    Raises
    ------
    UsageError
        When the target is not in (0, 1], or all candidates together do not reach it; the message says what they reach.
    DataError
        As in :func:`maximum_coverage`, also for costs.

    Examples
    --------
    >>> import numpy as np
    >>> plan = minimum_cost_cover(np.eye(3), [5, 3, 2], [1, 1, 9], target=0.8)
    >>> plan.selected.tolist(), plan.objective, plan.status
    ([0, 1], 2.0, 'optimal')
    """
    deadline = time.perf_counter() + _positive(time_limit_s)
    matrix, weight = _checked(reach, weights)
    cost = _numbers(costs, "costs", matrix.shape[1])
    if not 0 < target <= 1:
        raise UsageError(f"target = {target!r} is no share; give a number above 0 and up to 1")
    everyone = np.arange(matrix.shape[1])
    reached, need = float(weight[_reached(matrix, everyone)].sum()), target * float(weight.sum())
    if reached < need * (1 - CLOSED):
        raise UsageError(
            f"target = {target:g} cannot be met: all {len(everyone)} candidates together reach {reached:g} of "
            f"{weight.sum():g} ({reached / weight.sum():.4f}); lower the target or add candidates"
        )
    # Equal columns are merged to the first: let that be the cheapest.
    cheapest = np.argsort(cost, kind="stable")
    problem = merge(matrix[:, cheapest], weight, cheapest)
    own = cost[problem.columns]
    relaxed = cost_bound(problem, own, need, deadline)
    plans = [greedy_by_cost(problem, own, guide, need) for guide in (own, own * (1 - GUIDED * relaxed.share))]
    chosen = min(plans, key=lambda plan: float(own[plan].sum()))
    selected, gains = _ordered(matrix, weight, np.zeros(0, np.int64), problem.columns[chosen])
    objective, unit = float(cost[selected].sum()), step(cost)
    bound = np.ceil(-relaxed.bound / unit - CLOSED) * unit if unit else -relaxed.bound
    return Plan(selected, objective, min(float(bound), objective), gains)


@dataclass
class _Search:
    """The best plan and bound so far of one maximum-coverage problem, in the caller's candidates."""

    problem: Problem
    count: int
    rng: np.random.Generator
    best: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    value: float = 0.0
    bound: float = 0.0

    @property
    def better(self) -> float:
        """Least weight that counts as better than the best plan."""
        return self.value + self.problem.unit if self.problem.unit else self.value * (1 + CLOSED / 2)

    @property
    def open(self) -> bool:
        """Tell whether a better plan may exist."""
        return self.bound >= self.better if self.problem.unit else self.bound > self.better

    def run(self, deadline: float) -> None:
        """Search until proven or ``deadline`` (perf_counter)."""
        if self.count == 0 or len(self.problem.weights) == 0:
            return
        self.bound = self.problem.total
        self._try(self.problem, greedy(self.problem, self.count)[0], deadline)
        left, count, base = self.problem, self.count, 0.0
        taken = np.zeros(0, np.int64)
        while self.open:
            relaxed = coverage_bound(left, count, self.better - base, deadline)
            self._bound(base + relaxed.bound)
            rounded = np.argsort(-relaxed.share, kind="stable")[:count]
            self._try(left, rounded, deadline, taken)
            one, zero = _fixed(relaxed, count, self.better - base)
            if not (one | zero).any():
                self._shake(left, base, taken, count, deadline)
                one, zero = _fixed(relaxed, count, self.better - base)
            if not (one | zero).any() or time.perf_counter() > deadline:
                break
            base += left.value(np.flatnonzero(one))
            taken = np.concatenate([taken, left.columns[one]])
            left, count = left.without(one, zero), count - int(one.sum())
            if count == 0 or len(left.weights) == 0:
                # Nothing is left to decide: a better plan would have shown by now.
                self._try(left, np.zeros(0, np.int64), deadline, taken)
                self._bound(base)
                break
        if self.open:
            found, bound = branch(left, count, self._inside(left, count), deadline)
            self._bound(base + bound)
            self._try(left, found, deadline, taken)

    def _bound(self, bound: float) -> None:
        """Lower the bound. Columns are fixed so that only better plans stay: below these the best plan is the bound."""
        unit = self.problem.unit
        if unit:
            bound = np.floor(bound / unit + 1e-9) * unit
        least = self.value if unit else self.better
        self.bound = min(self.bound, max(float(bound), least))

    def _try(
        self, problem: Problem, start: NDArray[np.int64], deadline: float, taken: NDArray[np.int64] | None = None
    ) -> None:
        """Improve a plan by swaps inside ``problem`` and keep it, with the columns taken before, if it is better."""
        inside = problem.columns[swap(problem, start, deadline)]
        plan = inside if taken is None else np.concatenate([taken, inside])
        value = self.problem.value(self.problem.places(plan))
        if value > self.value or not len(self.best):
            self.best, self.value = plan, value

    def _inside(self, left: Problem, count: int) -> NDArray[np.int64]:
        """Return the part of the best plan that is still open; it may lack columns that every better plan takes."""
        return left.places(self.best)[:count]

    def _shake(self, left: Problem, base: float, taken: NDArray[np.int64], count: int, deadline: float) -> None:
        """Shake what is open of the best plan, within half of the time left: the rest is for the proof."""
        now = time.perf_counter()
        enough = self.bound - base - (self.problem.unit or self.bound * CLOSED) / 2
        half = now + (deadline - now) / 2
        plan = shake(left, self._inside(left, count), count, enough, rng=self.rng, deadline=half)
        self._try(left, plan, deadline, taken)


def _fixed(relaxed: Relaxation, count: int, better: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which columns every better plan takes and which none does, by reduced cost.

    The bound is a constant plus the ``count`` greatest worths. A plan forced to take column j swaps the least of these
    for j's worth; one forbidden to take j swaps j's for the next one's.
    """
    worth = relaxed.worth
    order = np.argsort(-worth, kind="stable")
    top = np.zeros(len(worth), bool)
    top[order[:count]] = True
    if len(worth) <= count:
        return np.zeros(len(worth), bool), np.zeros(len(worth), bool)
    least, following = worth[order[count - 1]], worth[order[count]]
    return top & (relaxed.bound - worth + following < better), ~top & (relaxed.bound - least + worth < better)


def _ordered(
    matrix: csr_matrix, weight: NDArray[np.float64], first: NDArray[np.int64], rest: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Order candidates by what each adds, those of ``first`` before the rest; return also what each adds."""
    chosen = np.concatenate([first, rest])
    columns = matrix[:, chosen].tocsc()
    open_weight = weight.copy()
    order: list[int] = []
    gains: list[float] = []
    for places in (range(len(first)), range(len(first), len(chosen))):
        waiting = list(places)
        while waiting:
            each = columns[:, waiting].T @ open_weight
            best = int(np.argmax(each))
            gains.append(float(each[best]))
            order.append(waiting.pop(best))
            open_weight[columns.indices[columns.indptr[order[-1]] : columns.indptr[order[-1] + 1]]] = 0.0
    return chosen[order].astype(np.int64), np.asarray(gains)


def _reached(matrix: csr_matrix, candidates: NDArray[np.int64]) -> NDArray[np.bool_]:
    mask = np.zeros(matrix.shape[1])
    mask[candidates] = 1.0
    return np.asarray(matrix @ mask > 0)


def _checked(reach: csr_matrix, weights: ArrayLike) -> tuple[csr_matrix, NDArray[np.float64]]:
    matrix = csr_matrix(reach, dtype=np.float64, copy=True)
    if not np.isfinite(matrix.data).all():
        raise DataError("reach holds values that are not finite; give non-zero where a candidate reaches a row")
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    matrix.data[:] = 1.0
    return matrix, _numbers(weights, "weights", matrix.shape[0])


def _numbers(values: ArrayLike, name: str, size: int) -> NDArray[np.float64]:
    numbers = np.asarray(values, np.float64)
    if numbers.shape != (size,):
        raise DataError(f"{name} has shape {numbers.shape}, reach asks for ({size},)")
    wrong = np.flatnonzero(~(np.isfinite(numbers) & (numbers >= 0)))
    if wrong.size:
        first = int(wrong[0])
        raise DataError(f"{name}: {wrong.size} values are negative or not finite (first: {first}, {numbers[first]:g})")
    return numbers


def _indices(matrix: csr_matrix, chosen: ArrayLike, name: str) -> NDArray[np.int64]:
    indices = np.unique(np.asarray(chosen, np.int64))
    if indices.size and (indices[0] < 0 or indices[-1] >= matrix.shape[1]):
        raise DataError(f"{name} names candidate {indices[0] if indices[0] < 0 else indices[-1]} of {matrix.shape[1]}")
    return indices


def _positive(time_limit_s: float) -> float:
    if not time_limit_s > 0:
        raise UsageError(f"time_limit_s = {time_limit_s!r}; give seconds above 0")
    return time_limit_s
