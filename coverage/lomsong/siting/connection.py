"""Plans whose every site can get its traffic out, if need be through another site of the plan.

A plan is first made of all candidates that have a way out, through whomever. Its bound holds for connected plans as
well, since these are some of all such plans. Where it comes out connected the proof is whole. Where it does not it is
repaired, and what the repair costs shows as a gap to that bound.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_matrix

from lomsong.errors import UsageError
from lomsong.siting.backhaul import Backhaul
from lomsong.siting.cover import Plan
from lomsong.texts import fault

Solve = Callable[[NDArray[np.int64], NDArray[np.int64]], Plan]
"""From required and forbidden candidates to a plan."""

Fits = Callable[[NDArray[np.int64]], bool]
"""Whether sites keep all else that is asked."""

NONE = np.zeros(0, np.int64)


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


def connected_plan(
    solve: Solve, backhaul: Backhaul, reach: csr_matrix, weights: ArrayLike, fits: Fits | None = None
) -> Connected:
    """Make a plan that reaches the most, and see to it that every site has backhaul.

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
    fits
        Asked of each repair; None: relays may be any candidates.

    Raises
    ------
    UsageError
        As ``solve`` does, when not even candidates that have a way out allow a plan; when no repair fits.
    """
    free, hops, lonely = _first(solve, backhaul)
    if np.isfinite(hops).all():
        return Connected(free, hops, False, 0.0)
    worth = np.asarray(weights, float)
    kept = free.selected[np.isfinite(hops)]
    offers = [_relayed(free.selected, backhaul, csr_matrix(reach), worth)]
    offers += _solved(solve, [(NONE, lonely), (kept, np.setdiff1d(lonely, kept))])
    best = max(
        _fitting(offers, backhaul, fits), key=lambda one: _reached(reach, worth, one), default=None
    )  # fmt: skip
    if best is None:
        raise fault(UsageError, "backhaul_none_fits")
    plan = _ordered(best, csr_matrix(reach), worth, free.bound)
    return Connected(plan, backhaul.hops(plan.selected)[plan.selected], True, free.objective - plan.objective)


def connected_cover(
    solve: Solve,
    backhaul: Backhaul,
    reach: csr_matrix,
    weights: ArrayLike,
    costs: ArrayLike,
    fits: Fits | None = None,
) -> Connected:
    """Make a plan of least cost, and see to it that every site has backhaul.

    Two repairs are tried and the cheaper kept: the relays that are lacking are built as well; only candidates with an
    end in sight. ``price`` is then in money.

    Parameters
    ----------
    solve, backhaul, reach, weights, fits
        As in :func:`connected_plan`, for :func:`~lomsong.siting.mincost.minimum_cost_cover`.
    costs
        Of each candidate, shape (candidates,).

    Raises
    ------
    UsageError
        As in :func:`connected_plan`.
    """
    free, hops, lonely = _first(solve, backhaul)
    if np.isfinite(hops).all():
        return Connected(free, hops, False, 0.0)
    cost = np.asarray(costs, float)
    offers = [_with_relays(free.selected, backhaul), *_solved(solve, [(NONE, lonely)])]
    best = min(_fitting(offers, backhaul, fits), key=lambda one: float(cost[one].sum()), default=None)
    if best is None:
        raise fault(UsageError, "backhaul_none_fits")
    plan = _ordered(best, csr_matrix(reach), np.asarray(weights, float), 0.0)
    spent = float(cost[best].sum())
    plan = Plan(plan.selected, spent, min(free.bound, spent), plan.gains)
    return Connected(plan, backhaul.hops(plan.selected)[plan.selected], True, spent - free.objective)


def _first(solve: Solve, backhaul: Backhaul) -> tuple[Plan, NDArray[np.float64], NDArray[np.int64]]:
    """Return the plan of all who have any way out, the hops of its sites, and who has no end in sight."""
    nowhere = np.flatnonzero(~np.isfinite(backhaul.hops()))
    free = solve(NONE, nowhere)
    return free, backhaul.hops(free.selected)[free.selected], np.flatnonzero(~backhaul.direct)


def _solved(solve: Solve, asked: Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]]) -> list[NDArray[np.int64]]:
    """Return the sites of each plan that can be made."""
    found = []
    for required, forbidden in asked:
        try:
            found.append(solve(required, forbidden).selected)
        except UsageError:
            continue
    return found


def _fitting(offers: Sequence[NDArray[np.int64]], backhaul: Backhaul, fits: Fits | None) -> list[NDArray[np.int64]]:
    """Return the offers that are connected and keep all else."""
    connected = [one for one in offers if np.isfinite(backhaul.hops(one)[one]).all()]
    return [one for one in connected if fits is None or fits(one)]


def _with_relays(selected: NDArray[np.int64], backhaul: Backhaul) -> NDArray[np.int64]:
    """Return the sites that have a way out over any candidates, and the relays that they lack."""
    everyone = np.arange(len(backhaul.direct))
    overall = backhaul.hops()
    plan = [int(site) for site in selected if np.isfinite(overall[site])]
    for site in list(plan):
        if not np.isfinite(backhaul.hops(np.array(plan))[site]):
            plan += [relay for relay in backhaul.way(site, everyone) if relay not in plan]
    return np.array(plan, np.int64)


def _relayed(
    selected: NDArray[np.int64], backhaul: Backhaul, reach: csr_matrix, weights: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return as many sites as selected, with relays for the lonely ones in place of those that add least."""
    plan = _with_relays(selected, backhaul).tolist()
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
