"""A plan of towers looked at from all sides: what its constraints cost, what other worlds and thresholds make of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr

from lomsong.gap import over_operators
from lomsong.ingest import Evidence
from lomsong.pipeline.fields import Fields
from lomsong.pipeline.gaps import Gaps, find_gaps
from lomsong.pipeline.towers import Ground, Towers, Wish, plan_towers, solve_plan, survey_ground
from lomsong.settings import Settings
from lomsong.siting import Plan, maximum_coverage
from lomsong.siting.connection import connected_plan
from lomsong.siting.plan import cost_curve
from lomsong.siting.robustness import prices, regret
from lomsong.siting.worlds import gains_in_worlds
from lomsong.surface import CoverageSurface

SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
"""Of the reachable unconnected learners, for the curve of cost."""

THRESHOLDS_DB = (5.0, -5.0)
"""Above and below the usable level, for what other thresholds make of the plan."""

GRID_KM = 0.5
"""A site has grid power where a line is no farther, when the price of asking for it is told."""


@dataclass(frozen=True)
class Study:
    """A plan and what it rests on.

    Attributes
    ----------
    towers
        The plan.
    prices
        Of :func:`~lomsong.siting.robustness.prices`.
    regret
        Of :func:`~lomsong.siting.robustness.regret`.
    thresholds
        Columns usable_dbm, unconnected, learners (that the plan connects), best (that the best plan there would).
    costs
        Of :func:`~lomsong.siting.plan.cost_curve`.
    """

    towers: Towers
    prices: pd.DataFrame
    regret: pd.DataFrame
    thresholds: pd.DataFrame
    costs: pd.DataFrame = field(default_factory=pd.DataFrame)


def study_fields(fields: Fields, wish: Wish, *, deep: bool = True) -> Study:
    """Plan towers from the fields of a run, and look at the plan from all sides; see :func:`study_towers`."""
    s = fields.settings
    gaps, _ = fields.stages.run("gaps", (fields.key, s.gap), lambda: find_gaps(fields.evidence, fields.surfaces, s))
    return study_towers(fields.evidence, fields.surfaces, gaps, s, wish, deep=deep)


def study_towers(
    evidence: Evidence,
    surfaces: Mapping[str, CoverageSurface],
    gaps: Gaps,
    settings: Settings,
    wish: Wish | None = None,
    *,
    deep: bool = True,
) -> Study:
    """Plan towers and tell the price of each constraint and how robust the plan is.

    Parameters
    ----------
    evidence, surfaces, gaps, settings
        Of a run.
    wish
        What is asked.
    deep
        Whether thresholds and the curve of cost are computed as well.
    """
    wish = wish or Wish()
    ground = survey_ground(evidence, surfaces, gaps, settings, wish, with_refused=True)
    towers = plan_towers(evidence, surfaces, gaps, settings, wish, ground)
    places = ground.candidates["candidate_id"].to_numpy(object)
    selected = np.array([int(np.flatnonzero(places == name)[0]) for name in towers.towers["candidate_id"]], np.int64)
    # The price of a constraint is told in learners: of a cover it is that of as many sites.
    as_many = replace(wish, sites=len(selected), cover=None) if wish.budget is None else wish
    known = None if wish.cover is not None else towers
    priced = prices(
        lambda mask: _connected(ground, settings, as_many, mask, known, selected), ground.allowed, _lifted(ground, wish)
    )
    if wish.backhaul:
        free = solve_plan(ground, settings, as_many)
        price = free.objective - priced.loc[0, "learners"]
        row = ("backhaul", int(ground.allowed.sum()), free.objective, free.bound, price,
               free.objective - priced.loc[0, "bound"], free.bound - priced.loc[0, "learners"])  # fmt: skip
        priced.loc[len(priced)] = list(row)
    usable = np.flatnonzero(ground.allowed)
    looked = regret(
        ground.worlds, ground.levels_dbm[:, usable], ground.usable_dbm, np.searchsorted(usable, selected),
        lambda reach, weights: maximum_coverage(
            reach, weights, p=len(selected) if wish.budget is None else None, budget=wish.budget,
            costs=ground.costs["capital"].to_numpy()[usable], time_limit_s=settings.siting.time_limit_s,
            seed=settings.run.seed,
        ),
    )  # fmt: skip
    thresholds = costs = pd.DataFrame()
    if deep:
        thresholds = _thresholds(evidence, surfaces, gaps, settings, as_many, towers)
        costs = _costs(ground, settings, wish)
    return Study(towers, priced, looked, thresholds, costs)


def _connected(
    ground: Ground,
    settings: Settings,
    wish: Wish,
    allowed: NDArray[np.bool_],
    known: Towers | None = None,
    selected: NDArray[np.int64] | None = None,
) -> Plan:
    """Return the plan of some candidates; that of all who are allowed need not be made again where it is known."""
    if known is not None and selected is not None and np.array_equal(allowed, ground.allowed):
        return Plan(selected, known.objective, known.bound, known.towers["learners_gained"].to_numpy(float))

    def solve(required: NDArray[np.int64], forbidden: NDArray[np.int64]) -> Plan:
        return solve_plan(ground, settings, wish, required=required, forbidden=forbidden, allowed=allowed)

    if not wish.backhaul:
        return solve(np.zeros(0, np.int64), np.zeros(0, np.int64))
    return connected_plan(solve, ground.backhaul, ground.reach, ground.weights).plan


def _lifted(ground: Ground, wish: Wish) -> dict[str, NDArray[np.bool_]]:
    """Return who may be used without each constraint; a constraint that refuses nobody is left out."""
    groups = {
        "forest": {"forest"},
        "road": {"far_from_road"},
        "forest_and_road": {"forest", "far_from_road"},
        "grid_limit": {"far_from_grid"},
    }
    against = [set(reasons.split("+")) - {""} for reasons in ground.reasons]
    lifted = {name: np.array([one <= group for one in against], bool) for name, group in groups.items()}
    asked = {reason for one in against for reason in one}
    lifted = {name: mask for name, mask in lifted.items() if groups[name] <= asked}
    if not np.isfinite(wish.max_grid_m) and ground.candidates["grid_km"].notna().any():
        powered = (ground.candidates["grid_km"] <= GRID_KM) | ground.candidates["existing_structure"].notna()
        lifted["grid_required"] = ground.allowed & powered.to_numpy()
    return lifted


def _thresholds(
    evidence: Evidence,
    surfaces: Mapping[str, CoverageSurface],
    gaps: Gaps,
    settings: Settings,
    wish: Wish,
    towers: Towers,
) -> pd.DataFrame:
    """Return what the plan connects at other usable levels, beside the best plan there."""
    rows = [(settings.gap.usable_dbm, towers.unconnected, towers.gain, towers.gain)]
    for shift_db in THRESHOLDS_DB:
        usable_dbm = settings.gap.usable_dbm + shift_db
        moved = replace(settings, gap=replace(settings.gap, usable_dbm=usable_dbm))
        ground = survey_ground(evidence, surfaces, _gaps_at(evidence, gaps, usable_dbm), moved, wish)
        names = ground.candidates["candidate_id"].to_numpy(object)
        mine = np.flatnonzero(np.isin(names, towers.towers["candidate_id"]))
        best = _connected(ground, moved, wish, ground.allowed)
        gained = [
            float(gains_in_worlds(ground.worlds, ground.levels_dbm[:, chosen], usable_dbm)[-1].mean())
            if len(chosen) else 0.0
            for chosen in (mine, best.selected)
        ]  # fmt: skip
        rows.append((usable_dbm, float(ground.weights.sum()), gained[0], max(gained)))
    return pd.DataFrame(rows, columns=["usable_dbm", "unconnected", "learners", "best"])


def _gaps_at(evidence: Evidence, gaps: Gaps, usable_dbm: float) -> Gaps:
    """Return the gaps with the probabilities of another usable level; the ranking stays as it was."""
    z = (gaps.service["level_dbm"] - usable_dbm) / gaps.service["level_sd_db"]
    service = gaps.service.assign(p_usable=ndtr(z.to_numpy(float)))
    at_home = over_operators(service, evidence.households["household_id"], "any", gaps.shared)
    return replace(gaps, service=service, at_home=at_home)


def _costs(ground: Ground, settings: Settings, wish: Wish) -> pd.DataFrame:
    some = np.asarray(ground.reach[:, np.flatnonzero(ground.allowed)].sum(axis=1)).ravel() > 0
    lonely = np.flatnonzero(~ground.backhaul.direct) if wish.backhaul else np.zeros(0, np.int64)
    quick = replace(settings, siting=replace(settings.siting, time_limit_s=min(settings.siting.time_limit_s, 5.0)))
    return cost_curve(
        lambda share: solve_plan(
            ground, quick, replace(wish, cover=share, sites=None, budget=None), forbidden=lonely
        ),
        SHARES, float(ground.weights[some].sum()),
    )  # fmt: skip


def write_study(study: Study, folder: Path, towers: pd.DataFrame) -> list[Path]:
    """Write the tables of a study as CSV, the towers as they may be published.

    Parameters
    ----------
    folder
        Made where it is missing.
    towers
        The towers without small counts and geometry. Where counts of some are hidden, the curve is told in tens, from
        which they cannot be had back.

    Returns
    -------
    The files written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    curve = study.towers.curve
    if len(curve) and towers.filter(like="_suppressed").to_numpy().any():
        curve = curve.assign(**{name: curve[name].round(-1) for name in ("learners", "bound")}).drop(
            columns="gap", errors="ignore"
        )
    tables = {
        "towers.csv": towers, "curve.csv": curve, "prices.csv": study.prices, "worlds.csv": study.regret,
        "thresholds.csv": study.thresholds, "costs.csv": study.costs,
    }  # fmt: skip
    paths = []
    for name, table in tables.items():
        if len(table):
            table.round(3).to_csv(folder / name, index=False, lineterminator="\n", encoding="utf-8-sig")
            paths.append(folder / name)
    return paths
