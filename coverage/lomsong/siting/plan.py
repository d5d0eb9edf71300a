"""The chosen towers as tables a person can read."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_matrix

from lomsong import geo
from lomsong.errors import UsageError
from lomsong.siting import rules
from lomsong.siting.backhaul import Backhaul
from lomsong.siting.cover import Chosen, Plan, numbers, pattern
from lomsong.texts import fault

WHY_UNREACHED = ("no_ground", "refused", "plan_too_small")
"""Why places remain unreached: no position reaches them; only refused ones do; a candidate does that is not chosen."""

MOST_NAMES = 8
"""Hamlets and schools named a site."""


def tower_plan(
    candidates: gpd.GeoDataFrame,
    plan: Plan,
    reach: csr_matrix,
    weights: ArrayLike,
    *,
    usable: NDArray[np.bool_] | None = None,
    conflicts: csr_matrix | None = None,
    existing: Chosen | None = None,
    costs: ArrayLike | None = None,
    budget: float | None = None,
) -> gpd.GeoDataFrame:
    """Return the selected candidates in order, with whom each reaches and who could stand in for it.

    Parameters
    ----------
    candidates
        Table ``candidates``, one row a column of ``reach``.
    plan
        What :func:`~lomsong.siting.cover.maximum_coverage` chose from ``reach`` and ``weights``.
    reach, weights
        As given there.
    usable
        Candidates that can stand in for others, shape (candidates,); None: all.
    conflicts
        Pairs of which only one may stand, shape (candidates, candidates); None: none.
    existing
        Candidates that stand already, as given there: whom they reach no site gains, and none stands in for a site.
    costs, budget
        Of each candidate, shape (candidates,), and the most that all sites may cost together: none stands in for a site
        that would take the plan beyond it; None: any.

    Raises
    ------
    DataError
        When shapes differ, or ``reach`` or ``weights`` hold what is not finite.

    Returns
    -------
    The candidates' columns with ``order`` (from 1), ``learners_gained`` (beyond the sites before), ``learners_reached``
    (by it alone or with others), ``only_it`` (whom no other site of the plan reaches), ``cumulative``, ``substitute``
    (the candidate that makes up best for it if it cannot be built) and ``substitute_loss`` (what the plan then loses).
    """
    indptr, indices, columns = pattern(reach)
    whole = csr_matrix((np.ones(len(indices)), indices, indptr), shape=(len(indptr) - 1, columns))
    served = whole[:, plan.selected] != 0
    learners = numbers(weights, "weights", len(indptr) - 1)
    if existing is not None:
        stand = rules.chosen(existing, columns, "existing")
        learners = np.where(np.asarray(whole[:, stand].sum(axis=1)).ravel() > 0, 0.0, learners)
        usable = np.ones(columns, bool) if usable is None else np.asarray(usable, bool).copy()
        usable[stand] = False
    times = np.asarray(served.sum(axis=1)).ravel()
    only_it = served.T @ (learners * (times == 1))
    names = candidates["candidate_id"].to_numpy(object)
    spare = _spare(names, plan.selected, usable, conflicts)
    if costs is not None and budget is not None:
        each = numbers(costs, "costs", columns)
        left = budget * (1 + 1e-9) - each[plan.selected].sum()
        spare &= each[None, :] <= (left + each[plan.selected])[:, None]
    other, loss = _substitutes(whole, plan.selected, served, times, learners, only_it, spare)
    return (
        candidates.iloc[plan.selected]
        .assign(
            order=np.arange(1, len(plan.selected) + 1),
            learners_gained=plan.gains,
            learners_reached=served.T @ learners,
            only_it=only_it,
            cumulative=np.cumsum(plan.gains),
            substitute=[names[column] if column >= 0 else "" for column in other],
            substitute_loss=loss,
        )
        .reset_index(drop=True)
    )


def _spare(
    names: NDArray[np.object_],
    selected: NDArray[np.int64],
    usable: NDArray[np.bool_] | None,
    conflicts: csr_matrix | None,
) -> NDArray[np.bool_]:
    """Tell which candidates could stand in for which selected site, shape (selected, candidates): none of its place."""
    spare = np.tile(np.ones(len(names), bool) if usable is None else usable, (len(selected), 1))
    spare[:, selected] = False
    spare &= names[None, :] != names[selected][:, None]
    if conflicts is not None and conflicts.nnz:
        against = csr_matrix(conflicts)[selected].toarray() != 0
        spare &= against.sum(axis=0) - against == 0
    return spare


def _substitutes(
    reach: csr_matrix,
    selected: NDArray[np.int64],
    served: csr_matrix,
    times: NDArray[np.int64],
    learners: NDArray[np.float64],
    only_it: NDArray[np.float64],
    spare: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return for each selected site the best other candidate (-1: none) and what the plan loses with it."""
    other, loss = np.full(len(selected), -1), np.asarray(only_it, float).copy()
    columns = csr_matrix(served).tocsc()
    for place in range(len(selected)):
        rows = columns.indices[columns.indptr[place] : columns.indptr[place + 1]]
        left = times == 0
        left[rows[times[rows] == 1]] = True
        gains = np.asarray(reach.T @ (learners * left))
        gains[~spare[place]] = -1.0
        best = int(gains.argmax()) if len(gains) else -1
        if best >= 0 and gains[best] > 0:
            other[place], loss[place] = best, max(only_it[place] - gains[best], 0.0)
    return other, loss


def with_ways_out(towers: gpd.GeoDataFrame, selected: NDArray[np.int64], backhaul: Backhaul) -> gpd.GeoDataFrame:
    """Return the towers with ``backhaul_target``, ``backhaul_via`` (relays of the plan), hop length and hops.

    A fibre goes to the nearest end, in sight or not, and by way of none; its straight length stands for the hop.

    Parameters
    ----------
    towers
        As from :func:`tower_plan`, the candidates ``selected`` in their order, with ``backhaul`` where it is known.
    selected
        Their rows in what ``backhaul`` was found for.
    """
    hops = backhaul.hops(selected)[selected]
    names = dict(zip(selected.tolist(), towers["candidate_id"], strict=True))
    target, via = [], []
    for site, count in zip(selected.tolist(), hops, strict=True):
        relays = backhaul.way(site, selected) if np.isfinite(count) else []
        last = relays[-1] if relays else site
        target.append(str(backhaul.target[last]) if np.isfinite(count) else "")
        via.append(", ".join(names[relay] for relay in relays))
    length_km = np.where(hops == 1, backhaul.length_km[selected], np.nan)
    relayed = np.flatnonzero(np.isfinite(hops) & (hops > 1))
    for place in relayed:
        site = int(selected[place])
        length_km[place] = backhaul.links[site, backhaul.way(site, selected)[0]]
    laid = towers["backhaul"].to_numpy() == "fibre" if "backhaul" in towers else np.zeros(len(towers), bool)
    return towers.assign(
        backhaul_target=np.where(laid, backhaul.nearest[selected], np.array(target, object)),
        backhaul_via=np.where(laid, "", np.array(via, object)),
        backhaul_hop_km=np.where(laid, backhaul.nearest_km[selected], length_km),
        backhaul_hops=np.where(laid, 1.0, hops),
    )


def azimuths_of(first_deg: ArrayLike, sectors: int) -> list[str]:
    """Return the azimuths of evenly spread sectors as texts such as ``20/140/260``; empty without sectors."""
    return [
        "" if np.isnan(first) else "/".join(f"{(first + 360 * k / sectors) % 360:.0f}" for k in range(sectors))
        for first in np.asarray(first_deg, float)
    ]


def named_places(
    towers: gpd.GeoDataFrame,
    places: gpd.GeoDataFrame | None,
    level_dbm: csr_matrix,
    needed_dbm: float,
    p_usable: ArrayLike,
    most: int = MOST_NAMES,
) -> list[str]:
    """Return for each tower the names of the places that it newly serves, those nearest to it first.

    Many communes have an "Ấp 5": a place of another commune than the tower's stands with its commune, "Ấp 5 (Phú Lý)".

    Parameters
    ----------
    towers
        Points, with ``commune_code`` where it is known.
    places
        Points with ``name``, and with ``commune_code`` and ``commune`` where they are known; None: no names.
    level_dbm
        Median level of each tower at each place, shape (places, towers); no entry: none.
    needed_dbm
        Level from which a place counts as served.
    p_usable
        Probability that a place is served already, shape (places,); those with half or more are not named.
    most
        Names a tower; beyond, their number is added.
    """
    if places is None or not len(places):
        return [""] * len(towers)
    served = csr_matrix(level_dbm).tocsc()
    new = np.asarray(p_usable, float) < 0.5
    at = geo.coordinates(places, towers.crs)
    named = []
    own = towers.get("commune_code", pd.Series("", index=towers.index)).to_numpy(object)
    for tower, point in enumerate(np.column_stack([towers.geometry.x, towers.geometry.y])):
        span = slice(served.indptr[tower], served.indptr[tower + 1])
        rows = served.indices[span][(served.data[span] >= needed_dbm)]
        rows = rows[new[rows]]
        rows = rows[np.argsort(np.hypot(*(at[rows] - point).T), kind="stable")]
        names = _told_from(places.iloc[rows[:most]], own[tower])
        named.append(", ".join(names) + (f" (+{len(rows) - most})" if len(rows) > most else ""))
    return named


def _told_from(places: gpd.GeoDataFrame, own_code: str) -> list[str]:
    """Return the names of places, with the commune of those outside the commune ``own_code``."""
    names = places["name"].astype(str)
    if "commune" not in places:
        return names.tolist()
    away = places["commune"].notna() & (places["commune_code"] != own_code)
    return names.where(~away, names + " (" + places["commune"].astype(str) + ")").tolist()


def gain_curve(solve: Callable[[int], Plan], sites: Sequence[int]) -> pd.DataFrame:
    """Return what 1, 2, … sites reach at best, and what no so many sites could exceed.

    Parameters
    ----------
    solve
        Makes the plan of so many sites.
    sites
        Numbers of sites, rising.

    Returns
    -------
    Columns sites, learners, bound, gap, status. Learners never fall from one row to the next, since a plan of fewer
    sites is one of more; neither do bounds.
    """
    rows = []
    learners = bound = 0.0
    for count in sites:
        plan = solve(count)
        learners, bound = max(learners, plan.objective), max(bound, plan.bound)
        rows.append((count, learners, max(bound, learners)))
    curve = pd.DataFrame(rows, columns=["sites", "learners", "bound"])
    gap = (curve["bound"] - curve["learners"]) / curve["learners"].where(curve["learners"] > 0)
    status = np.where(gap.fillna(0.0) <= 1e-9, "optimal", "feasible")
    return curve.assign(gap=gap.fillna(0.0), status=status)


def cost_curve(solve: Callable[[float], Plan], shares: Sequence[float], reachable: float) -> pd.DataFrame:
    """Return the least cost of reaching shares of all whom any candidates reach, with a bound on it.

    Parameters
    ----------
    solve
        Makes the cheapest plan that reaches a share of all whom any candidate reaches.
    shares
        Of these, rising.
    reachable
        Weight that all candidates reach together.

    Returns
    -------
    Columns share, learners, sites, cost, bound (none can cost less). A plan for a greater share stands for a smaller
    one where it costs less.
    """
    plans = [solve(share) for share in shares]
    bounds: NDArray[np.float64] = np.maximum.accumulate(np.array([plan.bound for plan in plans], np.float64))
    for row in range(len(plans) - 2, -1, -1):
        if plans[row + 1].objective < plans[row].objective:
            plans[row] = plans[row + 1]
    rows = [
        (share, float(plan.gains.sum()), len(plan.selected), plan.objective, min(float(bound), plan.objective))
        for share, plan, bound in zip(shares, plans, bounds, strict=True)
    ]
    curve = pd.DataFrame(rows, columns=["share", "learners", "sites", "cost", "bound"])
    curve.attrs["reachable"] = reachable
    return curve


def why_unreached(
    weights: ArrayLike,
    place: NDArray[np.int64],
    reach: csr_matrix,
    selected: NDArray[np.int64],
    refused_reach: csr_matrix | None = None,
) -> pd.DataFrame:
    """Return how many learners of each place the plan leaves without signal, and why.

    Parameters
    ----------
    weights
        Learners of each row of ``reach``.
    place
        Number of the place of each row, such as of its commune.
    reach, selected
        All candidates' reach and those chosen.
    refused_reach
        Reach of refused positions; None: they are not looked at and count as no ground.

    Returns
    -------
    Columns place, why (one of :data:`WHY_UNREACHED`) and learners, the most first.
    """
    whole = csr_matrix(reach)
    done = np.asarray(whole[:, selected].sum(axis=1)).ravel() > 0
    some = np.asarray(whole.sum(axis=1)).ravel() > 0
    barred = np.zeros(len(some), bool)
    if refused_reach is not None:
        barred = np.asarray(csr_matrix(refused_reach).sum(axis=1)).ravel() > 0
    reason = np.select([some, barred], [2, 1], default=0)
    frame = pd.DataFrame({"place": place, "why": reason, "learners": np.asarray(weights, float)})[~done]
    summed = frame.groupby(["place", "why"], as_index=False)["learners"].sum()
    summed = summed[summed["learners"] > 0]
    summed["why"] = [WHY_UNREACHED[number] for number in summed["why"]]
    return summed.sort_values(["learners", "place", "why"], ascending=[False, True, True]).reset_index(drop=True)


def phases(
    towers: gpd.GeoDataFrame,
    *,
    sites_a_year: int = 0,
    budget_a_year: float = 0.0,
    first_year: int = 1,
) -> pd.Series:
    """Return the year in which each tower is built: in the order of the plan, a relay before whom it serves.

    Money that is not spent in a year is kept for the next, so that a tower dearer than a year's budget waits.

    Parameters
    ----------
    towers
        As from :func:`tower_plan` in their order, with ``backhaul_via`` where they have relays and ``capital`` where a
        budget is given.
    sites_a_year, budget_a_year
        Most towers, and most money, a year; 0: any.
    first_year
        Number of the first year.

    Raises
    ------
    UsageError
        When a number is negative.
    """
    if sites_a_year < 0 or budget_a_year < 0:
        raise fault(UsageError, "phases", sites=sites_a_year, budget=budget_a_year)
    order = _relays_first(towers)
    cost = towers["capital"].to_numpy(float) if budget_a_year else np.zeros(len(towers))
    year, built, money = first_year, 0, budget_a_year
    years = np.zeros(len(towers), np.int64)
    for row in order:
        while (sites_a_year and built >= sites_a_year) or (budget_a_year and money < cost[row] - 1e-9):
            year, built, money = year + 1, 0, money + budget_a_year
        years[row] = year
        built += 1
        money -= cost[row]
    return pd.Series(years, index=towers.index, name="year")


def _relays_first(towers: gpd.GeoDataFrame) -> list[int]:
    row_of = {name: row for row, name in enumerate(towers["candidate_id"])}
    via = towers["backhaul_via"] if "backhaul_via" in towers else pd.Series("", index=towers.index)
    done: dict[int, None] = {}
    for row, relays in enumerate(via):
        for relay in reversed(relays.split(", ")) if relays else ():
            done.setdefault(row_of[relay])
        done.setdefault(row)
    return list(done)
