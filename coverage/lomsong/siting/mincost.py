"""Enough learners at the least cost: for one coverage, and for operators who share masts or do not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_matrix, hstack, vstack

from lomsong.errors import DataError, UsageError
from lomsong.siting import problem as base
from lomsong.siting.cover import Chosen, Plan, Task, positive, reached, witnesses
from lomsong.siting.engine import CLOSED, Search
from lomsong.siting.problem import Model
from lomsong.siting.rules import DemandQuota, SiteQuota
from lomsong.siting.warm import compiled
from lomsong.texts import fault

INTERRUPTED_S = 1.0
"""Seconds that each plan of several gets after an interrupt."""


def minimum_cost_cover(
    reach: csr_matrix,
    weights: ArrayLike,
    costs: ArrayLike,
    target: float = 0.95,
    *,
    existing: Chosen | None = None,
    required: Chosen = (),
    forbidden: Chosen = (),
    conflicts: csr_matrix | None = None,
    site_quotas: Sequence[SiteQuota] = (),
    demand_quotas: Sequence[DemandQuota] = (),
    time_limit_s: float = 60.0,
    seed: int = 0,
) -> Plan:
    """Choose sites that reach a share of all demand at the least cost, and bound that cost from below.

    The share is of the weight: give the learners as weights for a share of the learners, ones for a share of the
    points. An interrupt (Ctrl-C) returns the best plan so far with its bound.

    Parameters
    ----------
    reach, weights
        As in :func:`~lomsong.siting.cover.maximum_coverage`.
    costs
        Cost of each candidate in any one currency, shape (candidates,), none negative.
    target
        Share of all weight to reach, above 0 up to 1; what existing sites reach counts.
    existing, required, forbidden, conflicts, site_quotas, demand_quotas
        As in :func:`~lomsong.siting.cover.maximum_coverage`; existing sites cost nothing.
    time_limit_s
        Wall time to aim at.
    seed
        Of the random part of the search.

    Raises
    ------
    UsageError
        When the target is not in (0, 1], or all candidates together do not reach it: the message says what they reach
        and which rows none reaches. When no plan keeps all limits and quotas, or none was found in the time.
    DataError
        As in :func:`~lomsong.siting.cover.maximum_coverage`.

    References
    ----------
    Caprara, Toth and Fischetti (2000) survey set covering; Gao, Weise and Li (2015) for the local search.

    Examples
    --------
    >>> import numpy as np
    >>> plan = minimum_cost_cover(np.eye(3), [5, 3, 2], [1, 1, 9], target=0.8)
    >>> plan.selected.tolist(), plan.objective, plan.status
    ([0, 1], 2.0, 'optimal')
    """
    task = Task.of(reach, weights, costs, existing, required, forbidden, conflicts, site_quotas, demand_quotas, None)
    return _least(task, weights, target, time_limit_s, seed)


def _least(task: Task, weights: ArrayLike, target: float, time_limit_s: float, seed: int) -> Plan:
    """Return the cover of least cost."""
    limit_s = positive(time_limit_s)
    compiled()
    deadline = base.clock() + limit_s
    if not 0 < target <= 1:
        raise fault(UsageError, "siting_target", value=target)
    total = float(np.asarray(weights, np.float64).sum())
    need = target * total - (total - float(task.weights.sum()))
    everyone = reached(task, np.concatenate([task.must, task.free]))
    most = float(task.weights[everyone].sum())
    if most < need - CLOSED * max(total, 1e-300):
        have = most + total - float(task.weights.sum())
        raise fault(
            UsageError, "siting_target_reach", target=f"{target:g}", candidates=len(task.must) + len(task.free),
            reached=f"{have:g}", total=f"{total:g}", share=f"{have / total:.4f}",
            rows=witnesses(task.weights, ~everyone),
        )  # fmt: skip
    model = task.model(gain=0.0, need=min(need, most))
    search, interrupted = Search(_essential(model), seed), False
    try:
        search.run(deadline)
    except KeyboardInterrupt:
        interrupted = True
    if search.value == -np.inf:
        raise fault(UsageError, "siting_infeasible" if search.infeasible else "siting_none_found", seconds=time_limit_s)
    selected, gains = task.ordered(search.best)
    objective = float(task.costs[selected].sum())
    return Plan(selected, objective, min(task.spent - search.bound, objective), gains, interrupted)


def _essential(model: Model) -> Model:
    """Where all must be reached: keep the rows that no other row implies, all of the same weight."""
    if not model.all_of_it or not len(model.problem.weights):
        return model
    kept = (model.problem.weights > 0) & ~model.problem.implied()
    part = np.zeros(len(kept), np.int32)
    rows = replace(model.problem, weights=kept.astype(float), part=part).only(kept, np.ones(len(model.costs), bool))
    count = float(len(rows.weights))
    return replace(model, problem=replace(rows, weights=np.ones(len(rows.weights))), needs=np.zeros(1), need=count)


@dataclass(frozen=True)
class Sharing:
    """What operators save who share masts.

    Parameters
    ----------
    separate
        Each operator's own plan.
    joint
        One plan for all; an index below the number of candidates is a shared mast, else candidate
        ``index % candidates`` of operator ``index // candidates - 1`` alone.
    saving
        Cost of the separate plans less that of the joint one.
    low, high
        What the true least costs can differ by, by the bounds of all plans.
    """

    separate: tuple[Plan, ...]
    joint: Plan
    saving: float
    low: float
    high: float


def sharing(
    reach: Sequence[csr_matrix],
    weights: Sequence[ArrayLike],
    own_costs: Sequence[ArrayLike],
    shared_costs: ArrayLike,
    target: float = 0.95,
    *,
    time_limit_s: float = 60.0,
    seed: int = 0,
) -> Sharing:
    """Return the least cost at which every operator reaches a share of its demand, alone and with shared masts.

    A shared mast costs once and reaches what each operator would reach from there. An interrupt (Ctrl-C) leaves a
    second to each plan that is not yet made.

    Parameters
    ----------
    reach, weights
        Of each operator, as in :func:`~lomsong.siting.cover.maximum_coverage`, on the same candidates.
    own_costs
        Cost of each candidate for each operator alone, shapes (candidates,).
    shared_costs
        Cost of each candidate as a mast for all, shape (candidates,).
    target
        Share of each operator's weight to reach.
    time_limit_s
        For all plans together.
    seed
        Of the random part of the search.

    Raises
    ------
    DataError
        When the lists are of different lengths or the matrices of different widths.
    UsageError
        As in :func:`minimum_cost_cover`.

    Examples
    --------
    >>> import numpy as np
    >>> found = sharing([np.eye(2), np.eye(2)], [[1, 1], [1, 1]], [[10, 10], [10, 10]], [12, 12], 1.0)
    >>> found.saving, found.low, found.high
    (16.0, 16.0, 16.0)
    """
    operators = len(reach)
    if not operators or len(weights) != operators or len(own_costs) != operators:
        raise fault(DataError, "siting_operators", reach=operators, weights=len(weights), costs=len(own_costs))
    patterns = [csr_matrix(one) for one in reach]
    candidates = patterns[0].shape[1]
    for k, one in enumerate(patterns):
        if one.shape[1] != candidates:
            raise fault(DataError, "siting_operator_width", operator=k, given=one.shape[1], needed=candidates)
    limit_s = time_limit_s / (operators + 1)
    made = []
    for one, weight, cost in zip(patterns, weights, own_costs, strict=True):
        task = Task.of(one, weight, cost, None, (), (), None, (), (), None)
        plan = _least(task, weight, target, limit_s, seed)
        limit_s = min(limit_s, INTERRUPTED_S) if plan.interrupted else limit_s
        made.append(plan)
    separate = tuple(made)
    alone = [
        hstack([one if k == mine else csr_matrix((one.shape[0], candidates)) for k in range(operators)])
        for mine, one in enumerate(patterns)
    ]
    stacked = csr_matrix(vstack([hstack([one, own]) for one, own in zip(patterns, alone, strict=True)]))
    demand = [np.asarray(weight, np.float64) for weight in weights]
    ends = np.cumsum([0, *(len(weight) for weight in demand)])
    quotas = [DemandQuota(np.arange(a, b), target, str(k)) for k, (a, b) in enumerate(pairwise(ends))]
    costs = np.concatenate([np.asarray(cost, np.float64) for cost in (shared_costs, *own_costs)])
    everyone = np.concatenate(demand)
    task = Task.of(stacked, everyone, costs, None, (), (), None, (), quotas, None)
    joint = _least(task, everyone, target, limit_s, seed)
    cost = sum(plan.objective for plan in separate)
    if joint.objective > cost:  # the separate plans together are a joint one
        chosen = np.concatenate([plan.selected + (k + 1) * candidates for k, plan in enumerate(separate)])
        gains: NDArray[np.float64] = np.concatenate([plan.gains for plan in separate])
        joint = Plan(chosen.astype(np.int64), cost, min(joint.bound, cost), gains, joint.interrupted)
    low = max(sum(plan.bound for plan in separate) - joint.objective, 0.0)
    return Sharing(separate, joint, cost - joint.objective, low, cost - joint.bound)
