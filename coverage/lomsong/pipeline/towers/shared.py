"""What operators save who share masts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from lomsong.errors import UsageError
from lomsong.ingest import Evidence
from lomsong.pipeline.gaps import Gaps
from lomsong.pipeline.towers.choice import finished
from lomsong.pipeline.towers.ground import Ground, survey_ground
from lomsong.settings import Settings
from lomsong.siting import sharing
from lomsong.siting.cost import CostSheet, site_costs
from lomsong.surface import CoverageSurface

SHARE = 0.5
"""Share of its reachable unconnected learners that each operator is to connect, where no cover is asked."""


@dataclass(frozen=True)
class Saving:
    """Cost of the same cover by each operator alone and with shared masts.

    Attributes
    ----------
    share
        Of the learners whom it does not reach, and some candidate would, that each operator connects.
    table
        Columns operator (empty: all together), sites, shared (masts for all), capital (million VND), bound (none costs
        less).
    saving, low, high
        Capital of the separate plans less that of the joint one, and what the bounds allow it to be.
    """

    share: float
    table: pd.DataFrame
    saving: float
    low: float
    high: float


def saving_of_sharing(
    evidence: Evidence,
    surfaces: Mapping[str, CoverageSurface],
    gaps: Gaps,
    settings: Settings,
    sheet: CostSheet | None = None,
) -> Saving | None:
    """Plan the same cover for each operator alone and for all with shared masts; None where it cannot be planned.

    Each operator's learners are those whom *it* does not reach. In all plans every site has an end of backhaul in
    sight, so that no relay is needed; what else ``[siting]`` asks of single sites holds, quotas do not.
    """
    siting = settings.siting
    share = siting.cover or SHARE
    names = list(surfaces)
    if len(names) < 2:
        return None
    grounds = [
        survey_ground(evidence, surfaces, gaps, replace(settings, siting=replace(siting, operator=name)), sheet)
        for name in names
    ]
    places, widths = _places(grounds)
    reach, weights = [], []
    for ground, columns in zip(grounds, widths, strict=True):
        usable = _usable(ground, settings)
        own = ground.reach[:, np.flatnonzero(usable)].tocoo()
        whole = csr_matrix((own.data, (own.row, columns[usable][own.col])), shape=(own.shape[0], len(places)))
        some = np.asarray(whole.sum(axis=1)).ravel() > 0
        reach.append(whole[some])
        weights.append(ground.weights[some])
    alone, together = (_capital(grounds, widths, len(places), settings, count) for count in (1, len(names)))
    try:
        found = sharing(
            reach, weights, [alone] * len(names), together, share, time_limit_s=(len(names) + 1) * siting.time_limit_s,
            seed=settings.run.seed,
        )  # fmt: skip
    except UsageError:
        return None
    for plan in (*found.separate, found.joint):
        finished(plan)
    rows = [
        (name, len(plan.selected), 0, plan.objective, plan.bound)
        for name, plan in zip(names, found.separate, strict=True)
    ]
    shared = int((found.joint.selected < len(places)).sum())
    rows.append(("", len(found.joint.selected), shared, found.joint.objective, found.joint.bound))
    table = pd.DataFrame(rows, columns=["operator", "sites", "shared", "capital", "bound"])
    return Saving(share, table, found.saving, found.low, found.high)


def _usable(ground: Ground, settings: Settings) -> NDArray[np.bool_]:
    forbidden = np.isin(np.arange(len(ground.candidates)), ground.named.forbidden)
    usable = ground.allowed & ~forbidden
    return usable & ground.backhaul.direct if settings.siting.backhaul else usable


def _places(grounds: list[Ground]) -> tuple[dict[tuple[str, int], int], list[NDArray[np.int64]]]:
    """Number the candidates of all grounds, the same ones once; return also the number of each ground's."""
    places: dict[tuple[str, int], int] = {}
    widths = []
    for ground in grounds:
        option = ground.candidates.get("option", 0)
        keys = ground.candidates.assign(option=option)[["candidate_id", "option"]].itertuples(index=False, name=None)
        widths.append(np.array([places.setdefault(key, len(places)) for key in keys], np.int64))
    return places, widths


def _capital(
    grounds: list[Ground], widths: list[NDArray[np.int64]], count: int, settings: Settings, operators: int
) -> NDArray[np.float64]:
    """Return the capital of each candidate as a mast of so many operators."""
    capital = np.zeros(count)
    for ground, columns in zip(grounds, widths, strict=True):
        hops = np.where(np.isfinite(ground.backhaul.hops()), 1.0, np.nan)
        costs = site_costs(
            ground.candidates, ground.sheet, sectors=settings.siting.sectors, operators=operators, hops=hops,
            fibre_km=ground.backhaul.nearest_km, grid_required=settings.siting.max_grid_m > 0,
        )  # fmt: skip
        capital[columns] = costs["capital"].to_numpy()
    return capital
