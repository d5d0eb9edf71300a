"""Towers for those whom no operator reaches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.spatial import cKDTree

from lomsong.errors import LomsongError, UsageError
from lomsong.geo import coordinates
from lomsong.ingest import Evidence
from lomsong.pipeline.gaps import Gaps
from lomsong.settings import Settings, Siting
from lomsong.siting import Plan, maximum_coverage, minimum_cost_cover, propose, tower_plan
from lomsong.siting.backhaul import Backhaul, find_backhaul
from lomsong.siting.connection import connected_plan
from lomsong.siting.cost import CostSheet, read_sheet, site_costs
from lomsong.siting.plan import azimuths_of, gain_curve, named_places, phases, why_unreached, with_ways_out
from lomsong.siting.reach import farthest_m, median_levels, oriented, reach_in_strata
from lomsong.siting.worlds import Worlds, carried_over, draw_worlds, gains_in_worlds, interval_of, strata_of
from lomsong.surface import CoverageSurface, Tuning, shared_shadowing
from lomsong.texts import fault

DEMAND_CELL_M = 250.0
"""Households of one square of this side stand together where towers are planned."""

SPARSE_CELL_M = 1_000.0
"""Side of the squares of those that few unconnected learners share."""

FEW_LEARNERS = 0.5
"""Expected unconnected learners below which a square is gathered with its neighbours."""

LEAST_DEMAND = 0.02
"""Squares with fewer expected unconnected learners are left out of the plan."""

NEAR_M = 4_000.0
LEAST_NEAR = 30.0
"""Candidates with fewer unconnected learners within :data:`NEAR_M` are left out, where others have many more."""

EASY_SHARE = 0.2
"""Share of the learners who may be reached from farther than is looked: those who need the least level."""

FULL_CURVE = 20
"""Up to so many sites every number of them is planned for the gain curve."""


@dataclass(frozen=True)
class Wish:
    """What is asked of a plan beside ``[siting]``: to become settings of their own.

    Attributes
    ----------
    sites, budget, cover
        One of: most new sites; most capital, million VND; share of the reachable unconnected learners at least cost.
        All None: ``siting.sites``.
    operator
        Who builds; empty: not decided.
    operators
        How many share each mast.
    communes
        Codes of the communes whose learners count; empty: all.
    sectors, beamwidth_deg
        Of each mast; below 2 sectors: alike all around.
    max_grid_m
        Farthest from the grid.
    backhaul
        Whether every site must have a clear way out.
    max_hop_km, backhaul_ghz
        Of microwave hops.
    costs
        Path of a cost sheet; empty: the one that comes with lomsong.
    worlds, strata
        Worlds drawn, and levels to which those of a place are summed up.
    sites_a_year, budget_a_year, first_year
        Phasing; 0: all at once.
    """

    sites: int | None = None
    budget: float | None = None
    cover: float | None = None
    operator: str = ""
    operators: int = 1
    communes: tuple[str, ...] = ()
    sectors: int = 3
    beamwidth_deg: float = 65.0
    max_grid_m: float = np.inf
    backhaul: bool = True
    max_hop_km: float = 30.0
    backhaul_ghz: float = 7.5
    costs: str = ""
    worlds: int = 100
    strata: int = 4
    sites_a_year: int = 0
    budget_a_year: float = 0.0
    first_year: int = 1


@dataclass(frozen=True)
class Towers:
    """Proposed towers in their order, what was refused, and the proof of the plan.

    ``objective`` and ``bound`` are expected learners (for a cover: million VND); ``gain`` and its 90 % interval are the
    learners connected over the drawn worlds. ``repaired`` tells that the proof is weaker by what backhaul asks.
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
    unreached: pd.DataFrame = field(default_factory=pd.DataFrame)


@dataclass(frozen=True)
class Ground:
    """All that plans are made from: candidates, demand, worlds and who reaches whom."""

    candidates: gpd.GeoDataFrame
    refused: gpd.GeoDataFrame
    reasons: NDArray[np.object_]
    """Why a candidate is refused, empty where it is not: refused ones stand at the end where they were asked for."""
    demand: pd.DataFrame
    worlds: Worlds
    levels_dbm: csr_matrix
    reach: csr_matrix
    weights: NDArray[np.float64]
    azimuth_deg: NDArray[np.float64]
    backhaul: Backhaul
    costs: pd.DataFrame
    sheet: CostSheet
    tuning: Tuning | None
    usable_dbm: float

    @property
    def allowed(self) -> NDArray[np.bool_]:
        """Candidates against which nothing speaks."""
        return np.asarray(self.reasons == "")


def demand_cells(evidence: Evidence, gaps: Gaps, wish: Wish | None = None) -> pd.DataFrame:
    """Gather learners in squares: of :data:`DEMAND_CELL_M`, and of :data:`SPARSE_CELL_M` where few are unconnected.

    Returns
    -------
    Columns easting_m, northing_m (mean of the households), learners, unconnected (expected) and commune_code; squares
    are cut at the borders of communes. Households that are connected beyond doubt are left out.
    """
    wish = wish or Wish()
    households = evidence.households
    frame = pd.DataFrame(coordinates(households, evidence.crs), columns=["easting_m", "northing_m"])
    frame["learners"] = households["learners"].to_numpy(float)
    frame["unconnected"] = frame["learners"] * (1 - _p_usable(evidence, gaps, wish.operator))
    frame["commune_code"] = households["commune_code"].fillna("").to_numpy()
    if wish.communes:
        unknown = sorted(set(wish.communes) - set(evidence.communes["commune_code"]))
        if unknown:
            raise fault(UsageError, "towers_communes", codes=", ".join(unknown))
        frame = frame[frame["commune_code"].isin(wish.communes)]
    frame = frame[frame["unconnected"] > 0]
    few = frame.groupby(_squares(frame, DEMAND_CELL_M))["unconnected"].transform("sum") < FEW_LEARNERS
    cells = pd.concat([_gathered(frame[~few], DEMAND_CELL_M), _gathered(frame[few], SPARSE_CELL_M)], ignore_index=True)
    return cells[cells["unconnected"] >= LEAST_DEMAND].reset_index(drop=True)


def _p_usable(evidence: Evidence, gaps: Gaps, operator: str) -> NDArray[np.float64]:
    """Return the probability that any operator is usable at each household, or the one who builds, if he is named."""
    if not operator:
        return gaps.at_home["p_usable"].to_numpy(float)
    own = gaps.service[gaps.service["operator"] == operator]
    p_usable = own.drop_duplicates("demand_id").set_index("demand_id")["p_usable"]
    return p_usable.reindex(evidence.households["household_id"]).fillna(1.0).to_numpy(float)


def _squares(frame: pd.DataFrame, side_m: float) -> list[pd.Series]:
    return [np.floor(frame[name] / side_m).astype(np.int64).rename(name[0]) for name in ("easting_m", "northing_m")] + [
        frame["commune_code"].rename("c")
    ]


def _gathered(frame: pd.DataFrame, side_m: float) -> pd.DataFrame:
    return frame.groupby(_squares(frame, side_m)).agg(
        easting_m=("easting_m", "mean"),
        northing_m=("northing_m", "mean"),
        learners=("learners", "sum"),
        unconnected=("unconnected", "sum"),
        commune_code=("commune_code", "first"),
    )


def survey_ground(
    evidence: Evidence,
    surfaces: Mapping[str, CoverageSurface],
    gaps: Gaps,
    settings: Settings,
    wish: Wish | None = None,
    *,
    with_refused: bool = False,
) -> Ground:
    """Look for candidates and find out whom each would reach, in how many of the worlds that the survey allows."""
    wish = wish or Wish()
    if evidence.terrain is None:
        raise LomsongError("plan: towers need terrain; give inputs.dem")
    siting, usable_dbm = settings.siting, settings.gap.usable_dbm
    lines = {name: layer for name, layer in evidence.lines.items() if name != "fibre"}
    candidates, refused = propose(
        evidence.terrain, siting, sites=evidence.sites, territory=evidence.communes, hamlets=evidence.hamlets,
        fibre=evidence.lines.get("fibre"), max_grid_m=wish.max_grid_m, **lines,
    )  # fmt: skip
    demand = demand_cells(evidence, gaps, wish)
    points, expected = demand[["easting_m", "northing_m"]].to_numpy(), demand["unconnected"].to_numpy()
    if with_refused:
        never = refused["reasons"].str.contains("outside_territory|water|steep")
        candidates = gpd.GeoDataFrame(pd.concat([candidates, refused[~never]], ignore_index=True), crs=candidates.crs)
    candidates = candidates[_has_learners(candidates, points, expected, siting.sites)].reset_index(drop=True)
    counted = {wish.operator: surfaces[wish.operator]} if wish.operator else surfaces
    worlds = draw_worlds(
        counted, points, demand["learners"].to_numpy(), expected / demand["learners"].to_numpy(),
        builder=wish.operator, carried=carried_over(counted, settings.run.seed), count=wish.worlds,
        seed=settings.run.seed, shared=shared_shadowing(counted),
    )  # fmt: skip
    needed, weights = strata_of(worlds, usable_dbm, wish.strata)
    tuning = _tuning(counted, evidence.sites)
    levels = median_levels(
        evidence.terrain, candidates, points, _within_sight(settings, needed, weights, tuning),
        least_dbm=float(needed.min(initial=np.inf)), rx_height_m=settings.surface.rx_height_m, tuning=tuning,
    )  # fmt: skip
    at = coordinates(candidates, evidence.terrain.crs)
    levels, azimuth = oriented(
        levels, at, points, needed, weights, sectors=wish.sectors, beamwidth_deg=wish.beamwidth_deg
    )
    backhaul = find_backhaul(
        evidence.terrain, candidates, evidence.sites, fibre=evidence.lines.get("fibre"), max_hop_km=wish.max_hop_km,
        frequency_ghz=wish.backhaul_ghz,
    )  # fmt: skip
    sheet = read_sheet(wish.costs or None)
    hops = backhaul.hops()
    costs = site_costs(
        candidates, sheet, sectors=max(wish.sectors, 1), operators=wish.operators,
        hops=np.where(np.isfinite(hops), hops, np.nan), fibre_km=backhaul.nearest_km,
        grid_required=np.isfinite(wish.max_grid_m),
    )  # fmt: skip
    reasons = candidates["reasons"].fillna("") if "reasons" in candidates else pd.Series("", index=candidates.index)
    return Ground(
        candidates.drop(columns=["reason", "reasons"], errors="ignore"), refused, reasons.to_numpy(object), demand,
        worlds, levels, reach_in_strata(levels, needed), weights.ravel(), azimuth, backhaul, costs, sheet, tuning,
        usable_dbm,
    )  # fmt: skip


def _has_learners(
    candidates: gpd.GeoDataFrame, points: NDArray[np.float64], expected: NDArray[np.float64], sites: int
) -> NDArray[np.bool_]:
    """Tell which candidates have enough unconnected learners near to be worth a look."""
    if not len(points) or not len(candidates):
        return np.zeros(len(candidates), bool)
    at = np.column_stack([candidates.geometry.x, candidates.geometry.y])
    near = cKDTree(points).query_ball_point(at, NEAR_M)
    around = np.array([expected[rows].sum() for rows in near])
    best = np.sort(around)[::-1][: max(sites, 1)]
    return np.asarray(around >= min(LEAST_NEAR, 0.1 * float(np.median(best))))


def _tuning(surfaces: Mapping[str, CoverageSurface], sites: gpd.GeoDataFrame | None) -> Tuning | None:
    tuned = [surface.tuned_ for surface in surfaces.values() if surface.tuned_ is not None]
    return Tuning.of(tuned, float(sites["eirp_dbm"].mean())) if tuned and sites is not None else None


def _within_sight(
    settings: Settings, needed: NDArray[np.float32], weights: NDArray[np.float64], tuning: Tuning | None
) -> Siting:
    """Return ``[siting]`` with the radius beyond which only the easiest are reached even on a free path."""
    siting = settings.siting
    known = np.isfinite(needed) & (weights > 0)
    if not known.any():
        return siting
    order = np.argsort(needed[known])
    passed = np.cumsum(weights[known][order])
    easy_dbm = float(needed[known][order][np.searchsorted(passed, EASY_SHARE * passed[-1])])
    return replace(siting, radius_m=farthest_m(siting, tuning, easy_dbm, siting.eirp_dbm, siting.frequency_mhz))


def solve_plan(
    ground: Ground,
    settings: Settings,
    wish: Wish,
    *,
    sites: int | None = None,
    required: Sequence[int] | NDArray[np.int64] = (),
    forbidden: Sequence[int] | NDArray[np.int64] = (),
    allowed: NDArray[np.bool_] | None = None,
) -> Plan:
    """Choose from the ground as the wish asks, by number, budget or cover."""
    usable = ground.allowed if allowed is None else allowed
    barred = np.union1d(np.flatnonzero(~usable), np.asarray(forbidden, np.int64))
    limit_s, seed = settings.siting.time_limit_s, settings.run.seed
    costs = ground.costs["capital"].to_numpy()
    if wish.cover is not None:
        some = np.asarray(ground.reach[:, np.flatnonzero(usable)].sum(axis=1)).ravel() > 0
        return minimum_cost_cover(
            ground.reach[some], ground.weights[some], costs, wish.cover, required=required, forbidden=barred,
            time_limit_s=limit_s, seed=seed,
        )  # fmt: skip
    if wish.budget is not None:
        return maximum_coverage(
            ground.reach, ground.weights, budget=wish.budget, costs=costs, required=required, forbidden=barred,
            time_limit_s=limit_s, seed=seed,
        )  # fmt: skip
    most = sites if sites is not None else settings.siting.sites if wish.sites is None else wish.sites
    return maximum_coverage(
        ground.reach, ground.weights, p=most, required=required, forbidden=barred, time_limit_s=limit_s, seed=seed
    )


def plan_towers(
    evidence: Evidence,
    surfaces: Mapping[str, CoverageSurface],
    gaps: Gaps,
    settings: Settings,
    wish: Wish | None = None,
    ground: Ground | None = None,
) -> Towers:
    """Propose towers for the expected unconnected learners, with the path loss as the survey tuned it."""
    wish = wish or Wish()
    ground = ground or survey_ground(evidence, surfaces, gaps, settings, wish)
    if wish.backhaul and wish.cover is None:
        connected = connected_plan(
            lambda required, forbidden: solve_plan(ground, settings, wish, required=required, forbidden=forbidden),
            ground.backhaul, ground.reach, ground.weights,
        )  # fmt: skip
        plan, repaired, price = connected.plan, connected.repaired, connected.price
    else:
        lonely = np.flatnonzero(~ground.backhaul.direct) if wish.backhaul else np.zeros(0, np.int64)
        plan, repaired, price = solve_plan(ground, settings, wish, forbidden=lonely), False, 0.0
    gains = gains_in_worlds(ground.worlds, ground.levels_dbm[:, plan.selected], ground.usable_dbm)
    last = gains[-1] if len(gains) else np.zeros(ground.worlds.count)
    low, high = interval_of(last)
    some = np.asarray(ground.reach[:, np.flatnonzero(ground.allowed)].sum(axis=1)).ravel() > 0
    curve = pd.DataFrame()
    if wish.cover is None and wish.budget is None:
        count = len(plan.selected)
        steps = range(1, count + 1) if count <= FULL_CURVE else np.unique(np.linspace(1, count, FULL_CURVE).astype(int))
        curve = gain_curve(
            lambda sites: plan if sites == count else solve_plan(ground, settings, wish, sites=sites),
            [int(step) for step in steps],
        )
    return Towers(
        _told(ground, plan, evidence, gaps, settings, wish), ground.refused, plan.objective, plan.bound, plan.gap,
        plan.status, float(last.mean()), low, high, float(ground.weights.sum()), float(ground.weights[some].sum()),
        repaired, price, curve, _unreached(ground, plan, wish.strata),
    )  # fmt: skip


def _unreached(ground: Ground, plan: Plan, strata: int) -> pd.DataFrame:
    commune, codes = pd.factorize(np.repeat(ground.demand["commune_code"].to_numpy(), strata))
    barred = np.flatnonzero(~ground.allowed)
    refused = ground.reach[:, barred] if len(barred) else None
    found = why_unreached(
        ground.weights, commune, ground.reach[:, np.flatnonzero(ground.allowed)],
        np.searchsorted(np.flatnonzero(ground.allowed), plan.selected), refused,
    )  # fmt: skip
    return found.assign(commune_code=np.asarray(codes)[found["place"]]).drop(columns="place")


def _told(
    ground: Ground, plan: Plan, evidence: Evidence, gaps: Gaps, settings: Settings, wish: Wish
) -> gpd.GeoDataFrame:
    """Return the towers with all that a person asks of a site."""
    towers = tower_plan(ground.candidates, plan, ground.reach, ground.weights)
    costs = ground.costs.iloc[plan.selected].reset_index(drop=True)
    towers = with_ways_out(towers.assign(**{name: costs[name] for name in costs}), plan.selected, ground.backhaul)
    towers = towers.assign(
        operator=wish.operator,
        frequency_mhz=settings.siting.frequency_mhz,
        eirp_dbm=settings.siting.eirp_dbm,
        azimuths_deg=azimuths_of(ground.azimuth_deg[plan.selected], wish.sectors),
        year=phases(
            towers, sites_a_year=wish.sites_a_year, budget_a_year=wish.budget_a_year, first_year=wish.first_year
        ),
    )
    for name, layer, key in (("hamlets", evidence.hamlets, "hamlet_id"), ("schools", evidence.schools, "school_id")):
        towers[name] = _names(ground, towers, evidence, gaps, settings, layer, key)
    return towers


def _names(
    ground: Ground,
    towers: gpd.GeoDataFrame,
    evidence: Evidence,
    gaps: Gaps,
    settings: Settings,
    layer: gpd.GeoDataFrame | None,
    key: str,
) -> list[str]:
    if layer is None or not len(layer) or not len(towers) or evidence.terrain is None:
        return [""] * len(towers)
    needed = ground.usable_dbm
    levels = median_levels(
        evidence.terrain, towers, coordinates(layer, evidence.terrain.crs), settings.siting, least_dbm=needed,
        rx_height_m=settings.surface.rx_height_m, tuning=ground.tuning,
    )  # fmt: skip
    missed = 1 - gaps.service.groupby("demand_id")["p_usable"].max().reindex(layer[key]).fillna(0.0).to_numpy()
    return named_places(towers, layer, levels, needed, 1 - missed)
