"""The choice of towers from a ground, as ``[siting]`` asks for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from lomsong.errors import UsageError
from lomsong.pipeline.towers.ground import Ground
from lomsong.pipeline.towers.positions import told_position
from lomsong.settings import Settings, Siting
from lomsong.siting import DemandQuota, Plan, SiteQuota, maximum_coverage, minimum_cost_cover
from lomsong.siting.backhaul import Backhaul
from lomsong.siting.connection import Connected, connected_cover, connected_plan
from lomsong.texts import fault

NONE = np.zeros(0, np.int64)


def check_wish(siting: Siting, operators: Sequence[str]) -> None:
    """Refuse what contradicts itself, and operators that are not known.

    Raises
    ------
    UsageError
        When both a budget and a cover are asked, or both one builder and shares of several.
    """
    if siting.budget and siting.cover:
        raise fault(UsageError, "towers_wish")
    if siting.operator and siting.operator_sites:
        raise fault(UsageError, "towers_builders", operator=siting.operator)
    asked = [siting.operator] if siting.operator else list(siting.operator_sites)
    unknown = [name for name in asked if name not in operators]
    if unknown:
        raise fault(UsageError, "worlds_builder", builder=", ".join(unknown), known=", ".join(operators))


def solve_plan(
    ground: Ground,
    settings: Settings,
    *,
    sites: int | None = None,
    required: NDArray[np.int64] = NONE,
    forbidden: NDArray[np.int64] = NONE,
    allowed: NDArray[np.bool_] | None = None,
) -> Plan:
    """Choose from the ground as ``[siting]`` asks, by number, budget or cover, whether or not the sites are connected.

    First the most learners, then, where ``siting.given_up`` allows, the least capital for nearly as many.

    Parameters
    ----------
    ground, settings
        Of a run.
    sites
        Most sites, in place of what ``[siting]`` says.
    required, forbidden
        Candidates, beside those of ``[siting]``.
    allowed
        Candidates that may be used, shape (candidates,); None: those against which nothing speaks.
    """
    siting = settings.siting
    never = barred(ground, allowed)
    some = ground.reachable(~np.isin(np.arange(len(ground.candidates)), never))
    must, site_quotas = _required(ground, siting, required)
    rules = {
        "existing": ground.named.decided,
        "required": must,
        "forbidden": np.setdiff1d(np.union1d(never, forbidden), must),
        "conflicts": _conflicts(ground, never),
        "site_quotas": site_quotas,
        "demand_quotas": _demand_quotas(ground, siting, some),
        "time_limit_s": siting.time_limit_s,
        "seed": settings.run.seed,
    }
    reach, weights, costs = ground.reach[some], ground.weights[some], ground.costs["capital"].to_numpy()
    if siting.cover:
        return finished(minimum_cost_cover(reach, weights, costs, siting.cover, **rules))  # type: ignore[arg-type]
    most = None if siting.budget and sites is None else siting.sites if sites is None else sites
    budget = siting.budget if most is None else None
    best = finished(
        maximum_coverage(reach, weights, p=most, budget=budget, costs=costs, **rules)  # type: ignore[arg-type]
    )
    if not siting.given_up or not best.objective:
        return best
    if most is not None:
        rules["site_quotas"] = (*site_quotas, SiteQuota(np.arange(len(costs)), most=most))
    beside = float(weights[_served(reach, ground.named.decided)].sum())
    target = (beside + (1 - siting.given_up) * best.objective) / float(weights.sum())
    thrifty = finished(minimum_cost_cover(reach, weights, costs, target, **rules))  # type: ignore[arg-type]
    if thrifty.objective >= costs[best.selected].sum():
        return best
    return Plan(thrifty.selected, float(thrifty.gains.sum()), best.bound, thrifty.gains)


def finished(plan: Plan) -> Plan:
    """Return a plan whose search nobody interrupted.

    Raises
    ------
    KeyboardInterrupt
        When somebody did: what rests on half a search is neither kept for later runs nor told as an answer.
    """
    if plan.interrupted:
        raise KeyboardInterrupt
    return plan


def _conflicts(ground: Ground, never: NDArray[np.int64]) -> csr_matrix | None:
    """Return the conflicts among those that may be used, None where there are none."""
    pairs = ground.conflicts.tocoo()
    kept = ~np.isin(pairs.row, never) & ~np.isin(pairs.col, never)
    left = csr_matrix((pairs.data[kept], (pairs.row[kept], pairs.col[kept])), shape=pairs.shape)
    return left if left.nnz else None


def _served(reach: csr_matrix, selected: NDArray[np.int64]) -> NDArray[np.bool_]:
    return np.asarray(reach[:, selected].sum(axis=1)).ravel() > 0


def choose(
    ground: Ground, settings: Settings, *, sites: int | None = None, allowed: NDArray[np.bool_] | None = None
) -> Connected:
    """Choose as :func:`solve_plan` does and, where ``[siting]`` asks for backhaul, see to it that every site has it."""

    def solve(required: NDArray[np.int64], forbidden: NDArray[np.int64]) -> Plan:
        return solve_plan(ground, settings, sites=sites, required=required, forbidden=forbidden, allowed=allowed)

    if not settings.siting.backhaul:
        plan = solve(NONE, NONE)
        return Connected(plan, ground.backhaul.hops(plan.selected)[plan.selected], False, 0.0)
    usable = ~np.isin(np.arange(len(ground.candidates)), barred(ground, allowed))
    backhaul, costs = ground.backhaul.only(usable), ground.costs["capital"].to_numpy()
    _require_ways_out(ground, backhaul)

    def fits(selected: NDArray[np.int64]) -> bool:
        return _keeps(ground, settings.siting, selected, usable)

    if settings.siting.cover:
        return connected_cover(solve, backhaul, ground.reach, ground.weights, costs, fits)
    return connected_plan(solve, backhaul, ground.reach, ground.weights, fits)


def _require_ways_out(ground: Ground, backhaul: Backhaul) -> None:
    """Refuse a required position from which no usable candidates lead to an end, naming it."""
    hops = backhaul.hops()
    lonely = [rows for rows in ground.named.required if not np.isfinite(hops[rows]).any()]
    if lonely:
        names = "; ".join(told_position(ground.candidates, int(rows[0])) for rows in lonely)
        raise fault(UsageError, "towers_required_lonely", position=names)


def barred(ground: Ground, allowed: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
    """Return the candidates that are not used: refused, forbidden or spare ones, but for those that are asked for."""
    usable = (ground.allowed if allowed is None else allowed) & ~ground.spare
    asked = np.concatenate([ground.named.decided, *ground.named.required, NONE])
    return np.setdiff1d(np.union1d(np.flatnonzero(~usable), ground.named.forbidden), asked).astype(np.int64)


def _keeps(ground: Ground, siting: Siting, selected: NDArray[np.int64], usable: NDArray[np.bool_]) -> bool:
    """Tell whether sites keep what ``[siting]`` asks beside their number and backhaul."""
    must, quotas = _required(ground, siting, NONE)
    standing = np.union1d(selected, ground.named.decided)
    if not np.isin(must, selected).all() or np.isin(ground.named.decided, selected).any():
        return False
    if ground.conflicts[standing][:, standing].nnz:
        return False
    for quota in quotas:
        count = int(np.isin(selected, quota.candidates).sum())
        if count < quota.least or (quota.most is not None and count > quota.most):
            return False
    if siting.budget and ground.costs["capital"].to_numpy()[selected].sum() > siting.budget * (1 + 1e-9):
        return False
    some = ground.reachable(usable)
    weights = ground.weights[some]
    served = _served(ground.reach[some], standing)
    shares = _demand_quotas(ground, siting, some)
    if siting.cover:
        shares = (*shares, DemandQuota(np.arange(len(weights)), siting.cover))
    each = [(np.asarray(quota.rows, np.int64), quota.least_share) for quota in shares]
    return all(weights[rows][served[rows]].sum() >= share * weights[rows].sum() - 1e-9 for rows, share in each)


def _required(
    ground: Ground, siting: Siting, more: NDArray[np.int64]
) -> tuple[NDArray[np.int64], tuple[SiteQuota, ...]]:
    """Return the candidates that a plan must have, and all quotas of sites: one way of each required position."""
    single = [rows for rows in ground.named.required if len(rows) == 1]
    must = np.unique(np.concatenate([more, *single, NONE])).astype(np.int64)
    quotas = [
        SiteQuota(rows, least=1, name=str(ground.candidates["candidate_id"].iloc[rows[0]]))
        for rows in ground.named.required
        if len(rows) > 1
    ]
    if siting.most_in_commune:
        quotas += [
            SiteQuota(np.flatnonzero(ground.commune_code == code), most=siting.most_in_commune, name=str(code))
            for code in np.unique(ground.commune_code)
            if code
        ]
    if siting.operator_sites:
        quotas.append(SiteQuota(np.arange(len(ground.candidates)), most=sum(siting.operator_sites.values())))
    return must, tuple(quotas)


def _demand_quotas(ground: Ground, siting: Siting, some: NDArray[np.bool_]) -> tuple[DemandQuota, ...]:
    """Return the least shares of communes, of what any candidate reaches there; rows are numbered as ``some`` keeps."""
    commune = np.repeat(ground.demand["commune_code"].to_numpy(object), ground.strata)[some]
    return tuple(
        DemandQuota(np.flatnonzero(commune == code), share, code) for code, share in siting.least_share.items()
    )


def as_many(settings: Settings, count: int) -> Settings:
    """Return settings that ask for so many sites where they ask for a cover: what is told in learners."""
    siting = settings.siting
    return replace(settings, siting=replace(siting, sites=count, cover=0.0)) if siting.cover else settings
