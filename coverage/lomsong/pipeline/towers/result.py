"""The plan of towers with its proof, its price and all that a person asks of a site."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lomsong.geo import coordinates, join_communes
from lomsong.ingest import Evidence
from lomsong.pipeline.gaps import Gaps
from lomsong.pipeline.towers.builders import given_builders
from lomsong.pipeline.towers.choice import barred, check_wish, choose
from lomsong.pipeline.towers.constraints import constraint_prices
from lomsong.pipeline.towers.ground import Ground, survey_ground
from lomsong.settings import Settings
from lomsong.siting import Plan, tower_plan
from lomsong.siting.cost import CostSheet
from lomsong.siting.plan import azimuths_of, gain_curve, named_places, phases, why_unreached, with_ways_out
from lomsong.siting.reach import median_levels, patterned
from lomsong.siting.served import served_by
from lomsong.siting.worlds import gains_in_worlds, interval_of, mast_offsets
from lomsong.surface import CoverageSurface

FULL_CURVE = 20
"""Up to so many sites every number of them is planned for the gain curve."""


@dataclass(frozen=True)
class Towers:
    """Proposed towers in their order, what was refused, and the proof of the plan.

    Attributes
    ----------
    towers
        As from :func:`~lomsong.siting.plan.tower_plan`, with height, azimuths, band, power, costs, backhaul, the names
        of hamlets and schools, and the year.
    refused
        Positions against which a rule speaks.
    objective, bound, gap, status
        Expected learners (for a cover: million VND), what no plan can exceed (undercut), and whether that proves it.
    gain, gain_low, gain_high
        Learners connected over the drawn worlds, and the interval of 90 % of them.
    unconnected, reachable
        Expected learners without signal, and those whom any candidate reaches.
    repaired, backhaul_price
        Whether sites were exchanged so that all have backhaul, which weakens the proof, and by how much.
    curve
        As from :func:`~lomsong.siting.plan.gain_curve`; empty for a budget or a cover.
    prices
        As from :func:`~lomsong.siting.robustness.prices`: what each constraint costs in learners.
    unreached
        Columns commune_code, why, learners.
    rows
        Of the towers in the ground that they were chosen from.
    served
        As from :func:`~lomsong.siting.served.served_by`: whom each choice of the towers connects.
    sheet
        What the costs were made from.
    """

    towers: gpd.GeoDataFrame
    refused: gpd.GeoDataFrame
    objective: float
    bound: float
    gap: float
    status: str
    gain: float = 0.0
    gain_low: float = 0.0
    gain_high: float = 0.0
    unconnected: float = 0.0
    reachable: float = 0.0
    repaired: bool = False
    backhaul_price: float = 0.0
    curve: pd.DataFrame = field(default_factory=pd.DataFrame)
    prices: pd.DataFrame = field(default_factory=pd.DataFrame)
    unreached: pd.DataFrame = field(default_factory=pd.DataFrame)
    rows: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    served: gpd.GeoDataFrame | None = None
    sheet: CostSheet | None = None


def plan_towers(
    evidence: Evidence,
    surfaces: Mapping[str, CoverageSurface],
    gaps: Gaps,
    settings: Settings,
    sheet: CostSheet | None = None,
    ground: Ground | None = None,
) -> Towers:
    """Propose towers for the expected unconnected learners, as ``[siting]`` asks for them.

    Parameters
    ----------
    evidence, surfaces, gaps, settings
        Of a run.
    sheet
        Costs; None: the sheet that comes with lomsong.
    ground
        As from :func:`~lomsong.pipeline.towers.ground.survey_ground`; None: it is surveyed here.

    Raises
    ------
    UsageError
        When what is asked contradicts itself, or nothing can keep it.
    """
    check_wish(settings.siting, list(surfaces))
    ground = ground or survey_ground(evidence, surfaces, gaps, settings, sheet)
    found = choose(ground, settings)
    plan = found.plan
    offsets = mast_offsets(ground.mast_sd_db, len(plan.selected), ground.worlds.count, settings.run.seed)
    gains = gains_in_worlds(ground.worlds, ground.levels_dbm[:, plan.selected], ground.usable_dbm, offsets)
    last = gains[-1] if len(gains) else np.zeros(ground.worlds.count)
    low, high = interval_of(last)
    reachable = float(ground.weights[ground.reachable(ground.allowed)].sum())
    return Towers(
        _told(ground, plan, evidence, gaps, settings), ground.refused, plan.objective, plan.bound, plan.gap,
        plan.status, float(last.mean()), low, high, float(ground.weights.sum()), reachable, found.repaired,
        found.price, _curve(ground, settings, plan), constraint_prices(ground, settings, plan),
        _unreached(ground, plan), plan.selected, _served(ground, plan, evidence), ground.sheet,
    )  # fmt: skip


def _served(ground: Ground, plan: Plan, evidence: Evidence) -> gpd.GeoDataFrame:
    points = ground.demand[["easting_m", "northing_m"]].to_numpy()
    return served_by(ground.reach, ground.weights, plan.selected, points, evidence.crs)


def _curve(ground: Ground, settings: Settings, plan: Plan) -> pd.DataFrame:
    """Return the plans of fewer sites; none has fewer than are required."""
    count, least = len(plan.selected), max(len(ground.named.required), 1)
    if settings.siting.cover or settings.siting.budget or count < least:
        return pd.DataFrame()
    full = count - least < FULL_CURVE
    steps = range(least, count + 1) if full else np.unique(np.linspace(least, count, FULL_CURVE).astype(int))
    return gain_curve(
        lambda sites: plan if sites == count else choose(ground, settings, sites=sites).plan,
        [int(step) for step in steps],
    )


def _unreached(ground: Ground, plan: Plan) -> pd.DataFrame:
    commune, codes = pd.factorize(np.repeat(ground.demand["commune_code"].to_numpy(), ground.strata))
    usable = np.union1d(np.flatnonzero(ground.allowed), plan.selected)
    refused = np.flatnonzero(~ground.allowed)
    found = why_unreached(
        ground.weights, commune, ground.reach[:, usable], np.searchsorted(usable, plan.selected),
        ground.reach[:, refused] if len(refused) else None,
    )  # fmt: skip
    return found.assign(commune_code=np.asarray(codes)[found["place"]]).drop(columns="place")


def _told(ground: Ground, plan: Plan, evidence: Evidence, gaps: Gaps, settings: Settings) -> gpd.GeoDataFrame:
    """Return the towers with all that a person asks of a site."""
    siting, selected = settings.siting, plan.selected
    usable = ~np.isin(np.arange(len(ground.candidates)), barred(ground))
    if siting.backhaul:
        usable &= np.isfinite(ground.backhaul.only(usable).hops())
    towers = tower_plan(
        ground.candidates, plan, ground.reach, ground.weights, usable=usable, conflicts=ground.conflicts,
        costs=ground.costs["capital"], budget=siting.budget or None,
    )  # fmt: skip
    costs = ground.costs.iloc[selected].reset_index(drop=True)
    towers = with_ways_out(towers.assign(**{name: costs[name] for name in costs}), selected, ground.backhaul)
    for name in ("frequency_mhz", "eirp_dbm"):
        if name not in towers:
            towers[name] = getattr(siting, name)
    towers = towers.assign(
        operator=given_builders(ground, selected, evidence, siting),
        operators=siting.operators,
        commune_code=ground.commune_code[selected],
        azimuths_deg=azimuths_of(ground.azimuth_deg[selected], siting.sectors),
        year=phases(
            towers, sites_a_year=siting.sites_a_year, budget_a_year=siting.budget_a_year, first_year=siting.first_year
        ),
    )
    first_deg = ground.azimuth_deg[selected]
    for name, layer, key in (("hamlets", evidence.hamlets, "hamlet_id"), ("schools", evidence.schools, "school_id")):
        towers[name] = _names(ground, towers, first_deg, evidence, gaps, settings, layer, key)
    return towers


def _names(
    ground: Ground,
    towers: gpd.GeoDataFrame,
    azimuth_deg: NDArray[np.float64],
    evidence: Evidence,
    gaps: Gaps,
    settings: Settings,
    layer: gpd.GeoDataFrame | None,
    key: str,
) -> list[str]:
    """Return the names of the places of a layer that each tower newly serves at the median level."""
    if layer is None or not len(layer) or not len(towers) or evidence.terrain is None:
        return [""] * len(towers)
    layer = _with_commune(layer, evidence.communes)
    needed, siting = ground.usable_dbm, settings.siting
    points = coordinates(layer, evidence.terrain.crs)
    levels = median_levels(
        evidence.terrain, towers, points, siting, least_dbm=needed, rx_height_m=settings.surface.rx_height_m,
        tuning=ground.tuning,
    )  # fmt: skip
    at = coordinates(towers, evidence.terrain.crs)
    levels = patterned(levels, at, points, azimuth_deg, sectors=siting.sectors, beamwidth_deg=siting.beamwidth_deg)
    counted = gaps.service[gaps.service["operator"] == siting.operator] if siting.operator else gaps.service
    p_usable = counted.groupby("demand_id")["p_usable"].max().reindex(layer[key]).fillna(0.0)
    return named_places(towers, layer, levels, needed, p_usable.to_numpy())


def _with_commune(layer: gpd.GeoDataFrame, communes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    code = join_communes(layer, communes)
    name_of = communes.drop_duplicates("commune_code").set_index("commune_code")["name"]
    return layer.assign(commune_code=code, commune=code.map(name_of))
