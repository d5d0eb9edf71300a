"""What each constraint on towers costs in learners."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lomsong.pipeline.towers.choice import as_many, choose
from lomsong.pipeline.towers.ground import Ground
from lomsong.settings import Settings
from lomsong.siting import Plan
from lomsong.siting.robustness import prices

GRID_KM = 0.5
"""A site has grid power where a line is no farther, when the price of asking for it is told."""

GROUPS = {
    "forest": {"forest"},
    "road": {"far_from_road"},
    "forest_and_road": {"forest", "far_from_road"},
    "grid_limit": {"far_from_grid"},
}
"""Constraint to the reasons that fall without it."""


def constraint_prices(ground: Ground, settings: Settings, plan: Plan) -> pd.DataFrame:
    """Return what each constraint costs, by planning again with all others: of a cover, as many sites as it has.

    Returns
    -------
    As :func:`~lomsong.siting.robustness.prices`, one row ``as_asked``, one a constraint that refuses somebody, the
    grid where it is not asked, and backhaul.
    """
    counted = as_many(settings, len(plan.selected))
    known = plan if counted is settings else choose(ground, counted).plan

    def solve(mask: NDArray[np.bool_]) -> Plan:
        return known if np.array_equal(mask, ground.allowed) else choose(ground, counted, allowed=mask).plan

    priced = prices(solve, ground.allowed, _lifted(ground, settings))
    if settings.siting.backhaul:
        free = choose(ground, replace(counted, siting=replace(counted.siting, backhaul=False))).plan
        gained = max(free.objective, known.objective)
        row = ("backhaul", int(ground.allowed.sum()), gained, free.bound, gained - known.objective,
               max(gained - known.bound, 0.0), max(free.bound - known.objective, 0.0))  # fmt: skip
        priced.loc[len(priced)] = list(row)
    return priced


def _lifted(ground: Ground, settings: Settings) -> dict[str, NDArray[np.bool_]]:
    """Return who may be used without each constraint; a constraint that refuses nobody is left out."""
    against = [set(reasons.split("+")) - {""} for reasons in ground.reasons]
    asked = {reason for one in against for reason in one}
    lifted = {
        name: np.array([one <= group for one in against], bool) for name, group in GROUPS.items() if group <= asked
    }
    if not settings.siting.max_grid_m and ground.candidates["grid_km"].notna().any():
        powered = (ground.candidates["grid_km"] <= GRID_KM) | ground.candidates["existing_structure"].notna()
        lifted["grid_required"] = ground.allowed & powered.to_numpy()
    return lifted
