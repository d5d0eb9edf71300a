"""Plans whose every site can get its traffic out, if need be through another site of the plan.

A plan is first made without asking for backhaul: its bound holds for connected plans as well, since these are some of
all plans. Where it comes out connected the proof is whole. Where it does not it is repaired, and what the repair costs
shows as a gap to that bound.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_matrix

from lomsong.errors import UsageError
from lomsong.siting.backhaul import Backhaul
from lomsong.siting.cover import Plan

Solve = Callable[[NDArray[np.int64], NDArray[np.int64]], Plan]
"""From required and forbidden candidates to a plan."""

HELD = 1e-9


@dataclass(frozen=True)
class Connected:
    """A plan with backhaul.

    Attributes
    ----------
    plan
        Its bound is that of plans without backhaul.
    hops
        From each selected site to an end, shape of ``plan.selected``.
    repaired
        Whether the best plan found without asking for backhaul was not connected: the proof is then weaker by what the
        repair cost.
    price
        Weight that the repair cost against that plan.
    """

    plan: Plan
    hops: NDArray[np.float64]
    repaired: bool
    price: float


def connected_plan(solve: Solve, backhaul: Backhaul, reach: csr_matrix, weights: ArrayLike) -> Connected:
    """Make a plan and see to it that every site has backhaul.

    Three repairs are tried and the best kept: only candidates with an end in sight; relays from among the candidates in
    place of the sites that add least; and the sites of the first plan that are connected kept, all others with an end
    in sight.

    Parameters
    ----------
    solve
        Makes a plan from required and forbidden candidates, such as :func:`~lomsong.siting.cover.maximum_coverage` with
        everything else given.
    backhaul
        As from :func:`~lomsong.siting.backhaul.find_backhaul`.
    reach, weights
        As given to the plan.

    Raises
    ------
    UsageError
        As ``solve`` does, when not even candidates that have a way out allow a plan.
    """
    none = np.zeros(0, np.int64)
    nowhere = np.flatnonzero(~np.isfinite(backhaul.hops()))
    free = solve(none, none)
    hops = backhaul.hops(free.selected)[free.selected]
    if np.isfinite(hops).all():
        return Connected(free, hops, False, 0.0)
    lonely = np.flatnonzero(~backhaul.direct)
    worth = np.asarray(weights, float)
    offers = [_relayed(free.selected, backhaul, csr_matrix(reach), worth)]
    kept = free.selected[np.isfinite(hops)]
    for required, forbidden in ((none, lonely), (kept, np.setdiff1d(np.union1d(lonely, nowhere), kept))):
        try:
            offers.append(solve(required, forbidden).selected)
        except UsageError:
            continue
    best = max((offer for offer in offers if len(offer)), key=lambda one: _reached(reach, worth, one), default=none)
    plan = _ordered(best, csr_matrix(reach), worth, free.bound)
    return Connected(plan, backhaul.hops(plan.selected)[plan.selected], True, free.objective - plan.objective)


def _relayed(
    selected: NDArray[np.int64], backhaul: Backhaul, reach: csr_matrix, weights: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return as many sites as selected, with relays for the lonely ones in place of those that add least."""
    everyone = np.arange(len(backhaul.direct))
    overall = backhaul.hops()
    plan = [int(site) for site in selected if np.isfinite(overall[site])]
    for site in list(plan):
        if not np.isfinite(backhaul.hops(np.array(plan))[site]):
            plan += [relay for relay in backhaul.way(site, everyone) if relay not in plan]
    while len(plan) > len(selected):
        losses = []
        for site in plan:
            rest = np.array([other for other in plan if other != site], np.int64)
            held = np.isfinite(backhaul.hops(rest)[rest]).all()
            losses.append(-_reached(reach, weights, rest) if held else np.inf)
        plan.pop(int(np.argmin(losses)))
    return np.array(plan, np.int64)


def _reached(reach: csr_matrix, weights: NDArray[np.float64], selected: NDArray[np.int64]) -> float:
    served = np.asarray(csr_matrix(reach)[:, selected].sum(axis=1)).ravel() > 0
    return float(weights[served].sum())


def _ordered(selected: NDArray[np.int64], reach: csr_matrix, weights: NDArray[np.float64], bound: float) -> Plan:
    """Return a plan with its sites in the order of what each adds."""
    columns = csr_matrix(reach).tocsc()
    left = weights.copy()
    waiting, order, gains = list(selected), [], []
    while waiting:
        each = [left[columns.indices[columns.indptr[j] : columns.indptr[j + 1]]].sum() for j in waiting]
        best = int(np.argmax(each))
        gains.append(float(each[best]))
        order.append(waiting.pop(best))
        left[columns.indices[columns.indptr[order[-1]] : columns.indptr[order[-1] + 1]]] = 0.0
    objective = float(sum(gains))
    return Plan(np.array(order, np.int64), objective, max(bound, objective), np.array(gains))
