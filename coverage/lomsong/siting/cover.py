"""Which sites reach the most learners, and how good any plan could be.

Merge equal rows, drop dominated columns, greedy and moves of one site, then rounds of linear bound, rounding, fixing by
reduced worth and shrinking, and at last branch and cut over what is still open. Nothing is called optimal unless the
bound says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numba import njit
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_matrix, issparse

from lomsong.errors import DataError, UsageError
from lomsong.shown import Card, count, say, share
from lomsong.siting import problem as base
from lomsong.siting import rules
from lomsong.siting.engine import CLOSED, Search
from lomsong.siting.problem import VIEW_ABOVE, Model, Problem, any_of, lessened
from lomsong.siting.rules import DemandQuota, SiteQuota
from lomsong.siting.warm import compiled
from lomsong.texts import fault

Chosen = Sequence[int] | NDArray[np.int64] | NDArray[np.bool_]

SHOWN = 5
"""Witnesses told in an error."""


@dataclass(frozen=True, eq=False)
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
    interrupted
        Whether an interrupt ended the search: it might have found better.
    """

    selected: NDArray[np.int64]
    objective: float
    bound: float
    gains: NDArray[np.float64]
    interrupted: bool = False

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

    def _repr_html_(self) -> str:
        facts = [(say(name), count(value, 1)) for name, value in (("objective", self.objective), ("bound", self.bound))]
        facts += [(say("gap"), share(self.gap)), (say("status"), say(f"status_{self.status}"))]
        chosen = zip(self.selected, self.gains, self.gains.cumsum(), strict=True)
        rows = [[str(order), str(site), count(gain, 1), count(total, 1)]
                for order, (site, gain, total) in enumerate(chosen, start=1)]  # fmt: skip
        heads = [say(name) for name in ("order", "candidate", "gain", "cumulative")]
        return Card(say("plan", count=len(rows)), facts, heads, rows)._repr_html_()


def maximum_coverage(
    reach: csr_matrix,
    weights: ArrayLike,
    p: int | None = None,
    *,
    budget: float | None = None,
    costs: ArrayLike | None = None,
    existing: Chosen | None = None,
    required: Chosen = (),
    forbidden: Chosen = (),
    conflicts: csr_matrix | None = None,
    site_quotas: Sequence[SiteQuota] = (),
    demand_quotas: Sequence[DemandQuota] = (),
    time_limit_s: float = 60.0,
    seed: int = 0,
) -> Plan:
    """Choose at most ``p`` sites, or sites within a budget, that reach the greatest weight of demand.

    A site that would add nothing is not chosen unless a quota asks for it, so that fewer than ``p`` may come back. An
    interrupt (Ctrl-C) ends the search and returns the best plan so far with its bound.

    Parameters
    ----------
    reach
        Sparse or dense, shape (demand, candidates); non-zero where a candidate reaches a demand row. A CSR matrix with
        32-bit indices is read in place.
    weights
        Learners of each demand row, shape (demand,), none negative.
    p
        Number of new sites; None: as many as the budget allows.
    budget, costs
        Most that the new sites may cost together, and the cost of each candidate in the same currency, shape
        (candidates,), none negative. At least one of ``p`` and ``budget`` is given.
    existing
        Candidates that stand already: what they reach counts for nothing and they take none of ``p`` or the budget.
    required, forbidden
        Candidates that must, or must not, be among the new ones. These and ``existing`` are indices, or masks of shape
        (candidates,).
    conflicts
        Pairs of candidates of which only one may stand, shape (candidates, candidates), as from
        :func:`~lomsong.siting.rules.too_close`; existing and required ones count too.
    site_quotas
        Least and most new sites of groups of candidates.
    demand_quotas
        Least share to reach of groups of demand.
    time_limit_s
        Wall time to aim at; one linear programme may run over it. Where it cuts the search short, a run may differ from
        the next.
    seed
        Of the random part of the search.

    Raises
    ------
    UsageError
        When ``p`` is negative, the limit is not positive, the lists contradict each other or ``p``, or nothing can keep
        all quotas: the message names one that cannot be kept where one alone is at fault. When no plan that keeps all
        was found in the time.
    DataError
        When shapes differ, a weight or cost is negative or not finite, or an index is no candidate.

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
    limit_s = positive(time_limit_s)
    compiled()
    deadline = base.clock() + limit_s
    task = Task.of(reach, weights, costs, existing, required, forbidden, conflicts, site_quotas, demand_quotas, p)
    must = len(task.must)
    if p is None and budget is None:
        raise fault(UsageError, "siting_no_size")
    if p is not None and not (must <= p < np.inf and p == np.rint(p)):
        raise fault(UsageError, "siting_p", p=p, required=must)
    if budget is not None and (costs is None or not budget >= 0):
        raise fault(UsageError, "siting_budget", value=budget)
    if budget is not None and task.spent > budget:
        raise fault(UsageError, "siting_budget_required", budget=f"{budget:g}", cost=f"{task.spent:g}")
    search, interrupted = Search(task.model(gain=1.0, p=p, budget=budget), seed), False
    # The search keeps its best plan and bound at every moment: an interrupt loses nothing.
    try:
        search.run(deadline)
    except KeyboardInterrupt:
        interrupted = True
    if search.value == -np.inf:
        raise fault(UsageError, "siting_infeasible" if search.infeasible else "siting_none_found", seconds=time_limit_s)
    selected, gains = task.ordered(search.best)
    objective = float(task.weights[reached(task, selected)].sum())
    secured = float(task.weights[reached(task, task.must)].sum())
    return Plan(selected, objective, max(secured + search.bound, objective), gains, interrupted)


@dataclass(frozen=True)
class Task:
    """What was asked, checked: the pattern of reach and who stands, must, may and must not."""

    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    weights: NDArray[np.float64]
    """0 where an existing site reaches."""
    costs: NDArray[np.float64]
    must: NDArray[np.int64]
    free: NDArray[np.int64]
    conflicts: csr_matrix
    site_quotas: Sequence[SiteQuota]
    part: NDArray[np.int32]
    needs: NDArray[np.float64]
    """Least weight of each group of demand beyond what exists."""

    @classmethod
    def of(
        cls,
        reach: csr_matrix,
        weights: ArrayLike,
        costs: ArrayLike | None,
        existing: Chosen | None,
        required: Chosen,
        forbidden: Chosen,
        conflicts: csr_matrix | None,
        site_quotas: Sequence[SiteQuota],
        demand_quotas: Sequence[DemandQuota],
        p: int | None,
    ) -> Task:
        """Check everything that was asked; see :func:`maximum_coverage`."""
        indptr, indices, candidates = pattern(reach)
        weight = numbers(weights, "weights", len(indptr) - 1)
        cost = np.ones(candidates) if costs is None else numbers(costs, "costs", candidates)
        stands, must, never = (
            rules.chosen(given, candidates, name)
            for given, name in ((existing if existing is not None else (), "existing"), (required, "required"),
                                 (forbidden, "forbidden"))
        )  # fmt: skip
        both = np.intersect1d(must, np.union1d(stands, never))
        if both.size:
            raise fault(UsageError, "siting_contradiction", index=int(both[0]))
        against = rules.conflicting(conflicts, candidates)
        fixed = np.union1d(stands, must)
        pairs = against[must][:, fixed].tocoo()
        if pairs.nnz:
            raise fault(UsageError, "siting_conflict", one=int(must[pairs.row[0]]), other=int(fixed[pairs.col[0]]))
        near = np.flatnonzero(np.asarray(against[fixed].sum(axis=0)).ravel() > 0) if fixed.size else fixed
        free = np.setdiff1d(np.arange(candidates), np.concatenate([stands, must, never, near]))
        part, needs = rules.parts(demand_quotas, weight)
        site_quotas = rules.checked(
            site_quotas, np.isin(np.arange(candidates), free), np.isin(np.arange(candidates), must), p
        )
        task = cls(indptr, indices, weight, cost, must, free, against, site_quotas, part, needs)
        have = reached(task, stands)
        needs = lessened(needs, np.bincount(part, weights=weight * have, minlength=len(needs)))
        left = np.where(have, 0.0, weight)
        task = cls(indptr, indices, left, cost, must, free, against, site_quotas, part, needs)
        task._reachable(demand_quotas)
        return task

    def _reachable(self, demand_quotas: Sequence[DemandQuota]) -> None:
        everyone = reached(self, np.concatenate([self.must, self.free]))
        most = np.bincount(self.part, weights=self.weights * everyone, minlength=len(self.needs))
        for k, quota in enumerate(demand_quotas, start=1):
            if most[k] < self.needs[k] - 1e-9 * max(1.0, self.needs[k]):
                raise fault(
                    UsageError, "siting_quota_reach", name=quota.name or str(k - 1), most=f"{most[k]:g}",
                    need=f"{self.needs[k]:g}", rows=witnesses(self.weights, ~everyone & (self.part == k)),
                )  # fmt: skip

    @property
    def spent(self) -> float:
        """Cost of the required candidates."""
        return float(self.costs[self.must].sum())

    def model(self, *, gain: float, p: int | None = None, budget: float | None = None, need: float = 0.0) -> Model:
        """Return what is left to decide once the required candidates stand."""
        candidates = len(self.costs)
        everything = rules.limits(
            candidates, most_sites=p, budget=budget, costs=self.costs, conflicts=self.conflicts,
            quotas=self.site_quotas,
        )  # fmt: skip
        taken, free = np.zeros(candidates, bool), np.zeros(candidates, bool)
        taken[self.must], free[self.free] = True, True
        free[free] = everything.only(free, taken).fitting()
        secured = reached(self, self.must)
        got = np.bincount(self.part, weights=self.weights * secured, minlength=len(self.needs))
        whole = Problem(
            self.indptr, self.indices, np.where(secured, 0.0, self.weights), self.part, np.arange(candidates)
        )
        problem = whole.merged() if free.all() else whole.only(whole.weights > 0, free)
        plain = not self.site_quotas and self.conflicts.nnz == 0
        guide = self.costs[free] if not gain or budget is not None else np.zeros(int(free.sum()))
        left = float(lessened(need, self.weights[secured].sum()))
        model = Model(problem, everything.only(free, taken), gain, guide, lessened(self.needs, got), left, plain)
        if not plain or problem.size > VIEW_ABOVE:
            return model
        return model.without(np.zeros(len(guide), bool), problem.idle(guide))

    def ordered(self, rest: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Order the required candidates, then those of the rest that add something or that a quota asks for, by what
        each adds; return also what each adds.
        """
        chosen = np.concatenate([self.must, rest]).astype(np.int64)
        place = np.full(len(self.costs), -1, np.int32)
        place[chosen] = np.arange(len(chosen))
        start, rows = _by_chosen(self.indptr, self.indices, place, len(chosen))
        open_weight = self.weights.copy()
        order: list[int] = []
        gains: list[float] = []
        for waiting in (list(range(len(self.must))), list(range(len(self.must), len(chosen)))):
            while waiting:
                each = [float(open_weight[rows[start[k] : start[k + 1]]].sum()) for k in waiting]
                best = int(np.argmax(each))
                gains.append(each[best])
                order.append(waiting.pop(best))
                open_weight[rows[start[order[-1]] : start[order[-1] + 1]]] = 0.0
        chosen, added = chosen[order], np.asarray(gains, np.float64)
        for site in chosen[len(self.must) :][added[len(self.must) :] <= 0]:
            left = chosen[chosen != site]
            if all(np.isin(left, quota.candidates).sum() >= quota.least for quota in self.site_quotas):
                chosen, added = left, added[chosen != site]
        return chosen, added


def reached(task: Task, candidates: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which demand rows some of the candidates reach, shape (demand,)."""
    mask = np.zeros(len(task.costs), bool)
    mask[candidates] = True
    return any_of(task.indptr, task.indices, mask)


def witnesses(weights: NDArray[np.float64], rows: NDArray[np.bool_]) -> str:
    """Return the heaviest of some demand rows as text, with how many there are."""
    at = np.flatnonzero(rows & (weights > 0))
    heaviest = at[np.argsort(-weights[at], kind="stable")[:SHOWN]]
    return f"{', '.join(str(i) for i in heaviest)}{', …' if len(at) > SHOWN else ''} ({len(at)})"


def pattern(reach: csr_matrix) -> tuple[NDArray[np.int64], NDArray[np.int32], int]:
    """Return row starts and column indices of a matrix's non-zeros, and its number of columns; in place where it can.

    Raises
    ------
    DataError
        When it is no matrix of numbers, or holds values that are not finite.
    """
    if issparse(reach) and reach.format == "coo":  # entries of one place count each, they do not cancel
        reach = csr_matrix((np.abs(reach.data), reach.coords), shape=reach.shape)
    try:
        if not issparse(reach):  # columns of pandas in which numbers can be missing are objects
            dense = np.asarray(reach)
            reach = dense if dense.dtype.kind in "biuf" else dense.astype(float)
        matrix = reach if issparse(reach) and reach.format == "csr" else csr_matrix(reach)
    except (TypeError, ValueError):
        raise fault(DataError, "siting_reach_kind", shape=str(np.shape(reach))) from None
    zeros = False
    for at in range(0, matrix.nnz, VIEW_ABOVE):
        data = matrix.data[at : at + VIEW_ABOVE]
        if not np.isfinite(data).all():
            raise fault(DataError, "siting_reach_finite")
        zeros = zeros or not data.all()
    if zeros or not matrix.has_canonical_format:
        matrix = csr_matrix((matrix.data != 0, matrix.indices.copy(), matrix.indptr.copy()), shape=matrix.shape)
        matrix.sum_duplicates()
        matrix.eliminate_zeros()
    return matrix.indptr.astype(np.int64), np.asarray(matrix.indices, np.int32), int(matrix.shape[1])


def numbers(values: ArrayLike, name: str, size: int) -> NDArray[np.float64]:
    """Return values of a shape, none negative.

    Raises
    ------
    DataError
        Otherwise.
    """
    raw = np.asarray(values)
    given = raw.astype(np.float64) if raw.dtype.kind in "biuf" else _read(raw)
    if given.shape != (size,):
        raise fault(DataError, "siting_shape", name=name, given=str(given.shape), size=size)
    wrong = np.flatnonzero(~(np.isfinite(given) & (given >= 0)))
    if wrong.size:
        first = int(wrong[0])
        raise fault(DataError, "siting_negative", name=name, count=wrong.size, first=first, value=raw[first])
    return given


def _read(values: NDArray[np.object_]) -> NDArray[np.float64]:
    """Return the numbers among values, NaN where there is none."""
    read = pd.to_numeric(pd.Series(values.ravel()), errors="coerce").to_numpy(np.float64, na_value=np.nan)
    return read.reshape(values.shape)


def positive(time_limit_s: float) -> float:
    """Return a time limit.

    Raises
    ------
    UsageError
        When it is not above 0.
    """
    if not time_limit_s > 0:
        raise fault(UsageError, "siting_time", value=time_limit_s)
    return time_limit_s


@njit(cache=True)
def _by_chosen(
    indptr: NDArray[np.int64], indices: NDArray[np.int32], place: NDArray[np.int32], count: int
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    start = np.zeros(count + 1, np.int64)
    for at in range(len(indices)):
        if place[indices[at]] >= 0:
            start[place[indices[at]] + 1] += 1
    start = np.cumsum(start)
    fill = start[:-1].copy()
    rows = np.empty(start[-1], np.int32)
    for i in range(len(indptr) - 1):
        for at in range(indptr[i], indptr[i + 1]):
            k = place[indices[at]]
            if k >= 0:
                rows[fill[k]] = i
                fill[k] += 1
    return start, rows
