"""Towers for those whom no operator reaches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lomsong.errors import LomsongError
from lomsong.geo import coordinates
from lomsong.ingest import Evidence
from lomsong.pipeline.gaps import Gaps
from lomsong.settings import Settings
from lomsong.siting import maximum_coverage, propose, reach_matrix, tower_plan
from lomsong.surface import CoverageSurface, Tuning

DEMAND_CELL_M = 250.0
"""Households of one square of this side stand together where towers are planned."""

LEAST_DEMAND = 1e-3
"""Squares with fewer expected unconnected learners are left out of the plan."""


@dataclass(frozen=True)
class Towers:
    """Proposed towers in their order, what was refused, and the proof of the plan."""

    towers: gpd.GeoDataFrame
    refused: gpd.GeoDataFrame
    objective: float
    bound: float
    gap: float
    status: str


def demand_cells(evidence: Evidence, gaps: Gaps) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Gather expected unconnected learners in squares of :data:`DEMAND_CELL_M`.

    Returns
    -------
    points
        Mean position of the households in each square, shape (n, 2), m.
    unconnected
        Expected unconnected learners there, shape (n,).
    """
    households = evidence.households
    frame = pd.DataFrame(coordinates(households, evidence.crs), columns=["easting_m", "northing_m"])
    frame["unconnected"] = households["learners"].to_numpy() * (1 - gaps.at_home["p_usable"].to_numpy())
    column, row = (np.floor(frame[name] / DEMAND_CELL_M).astype(np.int64) for name in ("easting_m", "northing_m"))
    cells = frame.groupby([column.rename("column"), row.rename("row")]).agg(
        easting_m=("easting_m", "mean"), northing_m=("northing_m", "mean"), unconnected=("unconnected", "sum")
    )
    cells = cells[cells["unconnected"] >= LEAST_DEMAND]
    return cells[["easting_m", "northing_m"]].to_numpy(), cells["unconnected"].to_numpy()


def plan_towers(evidence: Evidence, surfaces: Mapping[str, CoverageSurface], gaps: Gaps, settings: Settings) -> Towers:
    """Propose towers for the expected unconnected learners, with the path loss as the survey tuned it."""
    tuned = [surface.tuned_ for surface in surfaces.values() if surface.tuned_ is not None]
    tuning = None
    if tuned and evidence.sites is not None:
        tuning = Tuning.of(tuned, float(evidence.sites["eirp_dbm"].mean()))
    if evidence.terrain is None:
        raise LomsongError("plan: towers need terrain; give inputs.dem")
    candidates, refused = propose(
        evidence.terrain, settings.siting, sites=evidence.sites, territory=evidence.communes, **evidence.lines
    )
    points, unconnected = demand_cells(evidence, gaps)
    reach = reach_matrix(
        evidence.terrain,
        candidates,
        points,
        settings.siting,
        usable_dbm=settings.gap.usable_dbm,
        rx_height_m=settings.surface.rx_height_m,
        tuning=tuning,
    )
    plan = maximum_coverage(
        reach, unconnected, p=settings.siting.sites, time_limit_s=settings.siting.time_limit_s, seed=settings.run.seed
    )
    towers = tower_plan(candidates, plan, reach, unconnected)
    return Towers(towers, refused, plan.objective, plan.bound, plan.gap, plan.status)
