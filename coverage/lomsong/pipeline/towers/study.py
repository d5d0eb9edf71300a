"""A plan of towers looked at from all sides: what its constraints cost, what other worlds and thresholds make of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.special import ndtr

from lomsong.gap import over_operators
from lomsong.ingest import Evidence
from lomsong.pipeline.gaps import Gaps
from lomsong.pipeline.towers.choice import as_many, barred, choose, finished
from lomsong.pipeline.towers.ground import Ground, survey_ground
from lomsong.pipeline.towers.result import Towers, plan_towers
from lomsong.pipeline.towers.shared import Saving, saving_of_sharing
from lomsong.publish.atomic import replacing
from lomsong.settings import Settings
from lomsong.siting import Plan, maximum_coverage
from lomsong.siting.cost import CostSheet
from lomsong.siting.plan import cost_curve
from lomsong.siting.robustness import regret
from lomsong.siting.worlds import gains_in_worlds
from lomsong.surface import CoverageSurface

SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
"""Of the reachable unconnected learners, for the curve of cost."""

THRESHOLDS_DB = (5.0, -5.0)
"""Above and below the usable level, for what other thresholds make of the plan."""

CURVE_LIMIT_S = 5.0
"""Longest search for one point of the curve of cost."""


@dataclass(frozen=True)
class Study:
    """A plan and what it rests on.

    Attributes
    ----------
    towers
        The plan, with the price of each constraint.
    regret
        Of :func:`~lomsong.siting.robustness.regret`.
    thresholds
        Columns usable_dbm, unconnected, learners (that the plan connects), best (that the best plan there would).
    costs
        Of :func:`~lomsong.siting.plan.cost_curve`.
    saving
        Of shared masts; None where it was not looked at.
    """

    towers: Towers
    regret: pd.DataFrame
    thresholds: pd.DataFrame
    costs: pd.DataFrame = field(default_factory=pd.DataFrame)
    saving: Saving | None = None


def study_towers(
    evidence: Evidence,
    surfaces: Mapping[str, CoverageSurface],
    gaps: Gaps,
    settings: Settings,
    sheet: CostSheet | None = None,
    *,
    deep: bool = True,
) -> Study:
    """Plan towers and tell how robust the plan is.

    Parameters
    ----------
    evidence, surfaces, gaps, settings, sheet
        As :func:`~lomsong.pipeline.towers.result.plan_towers` takes them.
    deep
        Whether thresholds, the curve of cost and the saving of sharing are computed as well.
    """
    ground = survey_ground(evidence, surfaces, gaps, settings, sheet)
    towers = plan_towers(evidence, surfaces, gaps, settings, sheet, ground)
    looked = _regret(ground, settings, towers)
    if not deep or not len(towers.rows):
        return Study(towers, looked, pd.DataFrame())
    return Study(
        towers, looked, _thresholds(evidence, surfaces, gaps, settings, towers, ground), _costs(ground, settings),
        None if settings.siting.operator else saving_of_sharing(evidence, surfaces, gaps, settings, sheet),
    )  # fmt: skip


def _regret(ground: Ground, settings: Settings, towers: Towers) -> pd.DataFrame:
    """Compare the plan with the best of as many sites, or of the same budget, in single worlds, backhaul left out."""
    siting, selected = settings.siting, towers.rows
    usable = np.union1d(np.setdiff1d(np.arange(len(ground.candidates)), barred(ground)), selected)
    conflicts = ground.conflicts[usable][:, usable]

    def best(reach: csr_matrix, weights: NDArray[np.float64]) -> Plan:
        return finished(maximum_coverage(
            reach, weights, p=None if siting.budget else len(selected), budget=siting.budget or None,
            costs=ground.costs["capital"].to_numpy()[usable], conflicts=conflicts if conflicts.nnz else None,
            time_limit_s=siting.time_limit_s, seed=settings.run.seed,
        ))  # fmt: skip

    return regret(
        ground.worlds, ground.levels_dbm[:, usable], ground.usable_dbm, np.searchsorted(usable, selected), best
    )


def _thresholds(
    evidence: Evidence,
    surfaces: Mapping[str, CoverageSurface],
    gaps: Gaps,
    settings: Settings,
    towers: Towers,
    ground: Ground,
) -> pd.DataFrame:
    """Return what the plan connects at other usable levels, beside the best plan there."""
    rows = [(settings.gap.usable_dbm, towers.unconnected, towers.gain, towers.gain)]
    mine = {_key(row) for row in ground.candidates.iloc[towers.rows].to_dict("records")}
    counted = as_many(settings, len(towers.rows))
    for shift_db in THRESHOLDS_DB:
        usable_dbm = settings.gap.usable_dbm + shift_db
        moved = replace(counted, gap=replace(settings.gap, usable_dbm=usable_dbm))
        other = survey_ground(evidence, surfaces, _gaps_at(evidence, gaps, usable_dbm), moved, ground.sheet)
        same = np.flatnonzero([_key(row) in mine for row in other.candidates.to_dict("records")])
        gained = [
            float(gains_in_worlds(other.worlds, other.levels_dbm[:, chosen], usable_dbm)[-1].mean())
            if len(chosen) else 0.0
            for chosen in (same, choose(other, moved).plan.selected)
        ]  # fmt: skip
        rows.append((usable_dbm, float(other.weights.sum()), gained[0], max(gained)))
    return pd.DataFrame(rows, columns=["usable_dbm", "unconnected", "learners", "best"])


def _key(candidate: Mapping[str, object]) -> tuple[object, object]:
    return candidate["candidate_id"], candidate.get("option", 0)


def _gaps_at(evidence: Evidence, gaps: Gaps, usable_dbm: float) -> Gaps:
    """Return the gaps with the probabilities of another usable level; the ranking stays as it was."""
    z = (gaps.service["level_dbm"] - usable_dbm) / gaps.service["level_sd_db"]
    service = gaps.service.assign(p_usable=ndtr(z.to_numpy(float)))
    at_home = over_operators(service, evidence.households["household_id"], "any", gaps.shared)
    return replace(gaps, service=service, at_home=at_home)


def _costs(ground: Ground, settings: Settings) -> pd.DataFrame:
    """Return the least cost of rising shares of all whom any candidate reaches."""
    limit_s = min(settings.siting.time_limit_s, CURVE_LIMIT_S)
    quick = replace(settings.siting, time_limit_s=limit_s, budget=0.0)

    def cheapest(share: float) -> Plan:
        return choose(ground, replace(settings, siting=replace(quick, cover=share))).plan

    return cost_curve(cheapest, SHARES, float(ground.weights[ground.reachable(ground.allowed)].sum()))


def write_study(study: Study, folder: Path, towers: pd.DataFrame) -> list[Path]:
    """Write the tables of a study as CSV, the towers as they may be published.

    Parameters
    ----------
    folder
        Made where it is missing.
    towers
        The towers without small counts and geometry. Where counts of some are hidden, learners of plans are told in
        tens, from which they cannot be had back.

    Returns
    -------
    The files written; a table that this study has not is not left there from another one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    hides = bool(towers.filter(like="_suppressed").to_numpy().any())
    told = {
        "curve.csv": study.towers.curve, "prices.csv": study.towers.prices, "worlds.csv": study.regret,
        "thresholds.csv": study.thresholds,
    }  # fmt: skip
    costs = study.costs
    if hides:
        told = {name: _in_tens(table) for name, table in told.items()}
        costs = costs.assign(learners=costs["learners"].round(-1)) if len(costs) else costs
    sharing = pd.DataFrame() if study.saving is None else study.saving.table
    tables = {"towers.csv": towers, **told, "costs.csv": costs, "sharing.csv": sharing}
    paths = []
    for name, table in tables.items():
        with replacing(folder / name, optional=True) as draft:
            if len(table):
                table.round(3).to_csv(draft, index=False, lineterminator="\n", encoding="utf-8-sig")
                paths.append(folder / name)
    return paths


def _in_tens(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose learners are told in tens, without what is finer."""
    names = [name for name in ("unconnected", "learners", "best", "bound", "price") if name in table]
    rounded = table.assign(**{name: table[name].round(-1) for name in names})
    if "bound" in table:
        rounded["bound"] = 10 * np.ceil(table["bound"] / 10)  # a bound stays one
    return rounded.drop(columns=["gap", "price_low", "price_high", "regret"], errors="ignore")
