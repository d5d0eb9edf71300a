"""All that plans of towers are made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import product

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.spatial import cKDTree

from lomsong.errors import LomsongError
from lomsong.geo import coordinates
from lomsong.ingest import Evidence
from lomsong.pipeline.gaps import Gaps
from lomsong.pipeline.towers.demand import demand_cells
from lomsong.pipeline.towers.positions import Named, given_positions, named_rows
from lomsong.radio import Terrain
from lomsong.settings import Settings, Siting
from lomsong.siting import propose, too_close
from lomsong.siting.backhaul import Backhaul, find_backhaul
from lomsong.siting.cost import CostSheet, read_sheet, site_costs
from lomsong.siting.reach import Option, farthest_m, median_levels, oriented, reach_in_strata, spare_ways, with_options
from lomsong.siting.worlds import Worlds, carried_over, draw_worlds, of_the_mast_db, strata_of
from lomsong.surface import CoverageSurface, Tuning, shared_shadowing

NEAR_M = 4_000.0
LEAST_NEAR = 30.0
"""Candidates with fewer unconnected learners within :data:`NEAR_M` are left out, where others have many more."""

EASY_SHARE = 0.2
"""Share of the learners who may be reached from farther than is looked: those who need the least level."""

NEVER = ("outside_territory", "water", "steep")
"""What no decision lifts."""

SAME_PLACE_M = 1.0
"""Ways to equip one position stand nearer to each other than this."""


@dataclass(frozen=True)
class Ground:
    """All that plans are made from: candidates, demand, worlds and who reaches whom.

    Attributes
    ----------
    candidates
        Table ``candidates``, a row for each way to equip a position. Refused ones stand at the end.
    refused
        Positions against which a rule speaks, with the reasons.
    reasons
        Why each candidate is refused, empty where it is not, shape (candidates,).
    commune_code
        Of the commune in which each candidate stands, empty outside, shape (candidates,).
    demand
        As from :func:`~lomsong.pipeline.towers.demand.demand_cells`.
    worlds
        At the places of ``demand``.
    levels_dbm
        Median level of each candidate at each place.
    reach, weights
        Of the strata of each place, those of a place one after the other.
    strata
        How many a place has.
    azimuth_deg
        Of the first sector of each candidate.
    conflicts
        Pairs of candidates of which only one may stand.
    spare
        Ways to equip a position that another way there makes up for.
    mast_sd_db
        Standard deviation of the level of a whole mast.
    usable_dbm
        Level from which a place is usable.
    """

    candidates: gpd.GeoDataFrame
    refused: gpd.GeoDataFrame
    reasons: NDArray[np.object_]
    commune_code: NDArray[np.object_]
    demand: pd.DataFrame
    worlds: Worlds
    levels_dbm: csr_matrix
    reach: csr_matrix
    weights: NDArray[np.float64]
    strata: int
    azimuth_deg: NDArray[np.float64]
    backhaul: Backhaul
    costs: pd.DataFrame
    sheet: CostSheet
    tuning: Tuning | None
    named: Named
    conflicts: csr_matrix
    spare: NDArray[np.bool_]
    mast_sd_db: float
    usable_dbm: float

    @property
    def allowed(self) -> NDArray[np.bool_]:
        """Candidates against which nothing speaks."""
        return np.asarray(self.reasons == "")

    def reachable(self, usable: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Tell which rows of ``reach`` any of the usable candidates reaches."""
        return np.asarray(self.reach[:, np.flatnonzero(usable)].sum(axis=1)).ravel() > 0


def survey_ground(
    evidence: Evidence,
    surfaces: Mapping[str, CoverageSurface],
    gaps: Gaps,
    settings: Settings,
    sheet: CostSheet | None = None,
) -> Ground:
    """Look for candidates and find out whom each would reach, in how many of the worlds that the survey allows."""
    if evidence.terrain is None:
        raise LomsongError("plan: towers need terrain; give inputs.dem")
    siting, usable_dbm, sheet = settings.siting, settings.gap.usable_dbm, sheet or read_sheet()
    demand = demand_cells(evidence, gaps, siting)
    candidates, refused = _candidates(evidence, evidence.terrain, demand, siting)
    counted = {siting.operator: surfaces[siting.operator]} if siting.operator in surfaces else surfaces
    worlds = _worlds(counted, demand, settings)
    needed, weights = _needed(worlds, usable_dbm, siting)
    tuning = _tuning(counted, evidence.sites)
    points = demand[["easting_m", "northing_m"]].to_numpy()
    levels = median_levels(
        evidence.terrain, candidates, points, _within_sight(settings, needed, weights, tuning),
        least_dbm=float(needed.min(initial=np.inf)), rx_height_m=settings.surface.rx_height_m, tuning=tuning,
    )  # fmt: skip
    at = coordinates(candidates, evidence.terrain.crs)
    levels, azimuth = oriented(
        levels, at, points, needed, weights, sectors=siting.sectors, beamwidth_deg=siting.beamwidth_deg
    )
    named = named_rows(siting, candidates, refused)
    backhaul = _backhaul(evidence, evidence.terrain, candidates, named, siting)
    reach = reach_in_strata(levels, needed)
    worlds, open_weights = beyond_decided(worlds, levels, reach, weights, named.decided, usable_dbm)
    reasons = candidates["reasons"].fillna("").to_numpy(object)
    candidates = candidates.drop(columns=["reason", "reasons"])
    costs = _costs(candidates, backhaul, sheet, siting)
    money = bool(siting.budget or siting.cover or siting.given_up)
    spare = spare_ways(candidates, reach, costs["capital"].to_numpy() if money else None)
    return Ground(
        candidates, refused, reasons, _communes(candidates, evidence.communes), demand, worlds, levels,
        reach, open_weights, weights.shape[1], azimuth, backhaul,
        costs, sheet, tuning, named, _conflicts(at, siting), spare,
        of_the_mast_db(counted, settings.run.seed), usable_dbm,
    )  # fmt: skip


def _candidates(
    evidence: Evidence, terrain: Terrain, demand: pd.DataFrame, siting: Siting
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the candidates worth a look in each way to equip them, those refused by a decision at the end."""
    lines = {name: layer for name, layer in evidence.lines.items() if name != "fibre"}
    candidates, refused = propose(
        terrain, siting, sites=evidence.sites, territory=evidence.communes, hamlets=evidence.hamlets,
        fibre=evidence.lines.get("fibre"), given=given_positions(siting, terrain), **lines,
    )  # fmt: skip
    never = refused["reasons"].str.contains("|".join(NEVER)).to_numpy(bool)
    candidates = candidates.assign(reason="", reasons="")
    every = gpd.GeoDataFrame(pd.concat([candidates, refused[~never]], ignore_index=True), crs=candidates.crs)
    every = every.set_geometry("geometry")
    named = {*siting.decided, *siting.required}
    kept = _has_learners(every, demand, siting.sites)
    kept |= every["candidate_id"].isin(named).to_numpy() | (every["kind"] == "given").to_numpy()
    every = every[kept].reset_index(drop=True)
    ways = [
        Option(height_m, frequency_mhz)
        for height_m, frequency_mhz in product(siting.heights_m or (np.nan,), siting.bands_mhz or (np.nan,))
    ]
    return (with_options(every, ways, siting) if siting.heights_m or siting.bands_mhz else every), refused


def _has_learners(candidates: gpd.GeoDataFrame, demand: pd.DataFrame, sites: int) -> NDArray[np.bool_]:
    """Tell which candidates have enough unconnected learners near to be worth a look."""
    if not len(demand) or not len(candidates):
        return np.zeros(len(candidates), bool)
    at = np.column_stack([candidates.geometry.x, candidates.geometry.y])
    near = cKDTree(demand[["easting_m", "northing_m"]].to_numpy()).query_ball_point(at, NEAR_M)
    expected = demand["unconnected"].to_numpy()
    around = np.array([expected[rows].sum() for rows in near])
    best = np.sort(around)[::-1][: max(sites, 1)]
    return np.asarray(around >= min(LEAST_NEAR, 0.1 * float(np.median(best))))


def _worlds(counted: Mapping[str, CoverageSurface], demand: pd.DataFrame, settings: Settings) -> Worlds:
    siting, seed = settings.siting, settings.run.seed
    learners = demand["learners"].to_numpy()
    return draw_worlds(
        counted, demand[["easting_m", "northing_m"]].to_numpy(), learners, demand["unconnected"].to_numpy() / learners,
        builder=siting.operator, carried=carried_over(counted, seed), count=siting.worlds, seed=seed,
        shared=shared_shadowing(counted),
    )  # fmt: skip


def _needed(worlds: Worlds, usable_dbm: float, siting: Siting) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Return the median level needed in each stratum of a place and its weight, each shape (n, strata)."""
    if siting.reached == "worlds":
        return strata_of(worlds, usable_dbm, siting.strata)
    weights = worlds.weights[:, None]
    return np.full(weights.shape, usable_dbm + siting.fade_margin_db, np.float32), weights


def beyond_decided(
    worlds: Worlds,
    levels_dbm: csr_matrix,
    reach: csr_matrix,
    weights: NDArray[np.float64],
    decided: NDArray[np.int64],
    usable_dbm: float,
) -> tuple[Worlds, NDArray[np.float64]]:
    """Take out those whom the decided towers connect: return the worlds, and the weight of each row of ``reach``.

    Parameters
    ----------
    worlds, levels_dbm, usable_dbm
        As :func:`~lomsong.siting.worlds.gains_in_worlds` takes them, of all candidates.
    reach, weights
        Of the strata of each place, shapes (n * strata, candidates) and (n, strata).
    decided
        Candidates.
    """
    if not len(decided):
        return worlds, weights.ravel()
    unconnected = worlds.unconnected.copy()
    columns = csr_matrix(levels_dbm[:, decided]).tocsc()
    for site in range(len(decided)):
        span = slice(columns.indptr[site], columns.indptr[site + 1])
        rows = columns.indices[span]
        served = columns.data[span, None] + worlds.shadow_db[rows] >= usable_dbm
        unconnected[rows] = np.where(served, 0, unconnected[rows])
    served_rows = np.asarray(reach[:, decided].sum(axis=1)).ravel() > 0
    return replace(worlds, unconnected=unconnected), np.where(served_rows, 0.0, weights.ravel())


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
    bands = siting.bands_mhz or (siting.frequency_mhz,)
    radius_m = max(farthest_m(siting, tuning, easy_dbm, siting.eirp_dbm, band) for band in bands)
    return replace(siting, radius_m=radius_m)


def _backhaul(
    evidence: Evidence, terrain: Terrain, candidates: gpd.GeoDataFrame, named: Named, siting: Siting
) -> Backhaul:
    """Return the ways out of all candidates; what is decided is an end as what stands is."""
    sites = evidence.sites
    if len(named.decided):
        built = candidates.iloc[named.decided]
        ends = built[["height_m", "geometry"]].assign(site_id=built["candidate_id"])
        stand = None if sites is None else sites[["site_id", "height_m", "geometry"]].to_crs(candidates.crs)
        sites = ends if stand is None else gpd.GeoDataFrame(pd.concat([stand, ends], ignore_index=True))
    return find_backhaul(
        terrain, candidates, sites, fibre=evidence.lines.get("fibre"), max_hop_km=siting.max_hop_km,
        frequency_ghz=siting.backhaul_ghz,
    )  # fmt: skip


def _costs(candidates: gpd.GeoDataFrame, backhaul: Backhaul, sheet: CostSheet, siting: Siting) -> pd.DataFrame:
    """Return what each candidate costs; whom a relay serves pays the hop to the relay, which pays its own."""
    hops = np.where(np.isfinite(backhaul.hops()), 1.0, np.nan)
    return site_costs(
        candidates, sheet, sectors=siting.sectors, operators=siting.operators, hops=hops, fibre_km=backhaul.nearest_km,
        grid_required=siting.max_grid_m > 0,
    )  # fmt: skip


def _conflicts(at: NDArray[np.float64], siting: Siting) -> csr_matrix:
    """Return which pairs cannot both be built: ways to equip one position, and positions too near each other."""
    several = len(siting.heights_m) > 1 or len(siting.bands_mhz) > 1
    nearest_m = max(siting.min_separation_m, SAME_PLACE_M if several else 0.0)
    if not nearest_m or len(at) < 2:
        return csr_matrix((len(at), len(at)), dtype=bool)
    return too_close(at, nearest_m)


def _communes(candidates: gpd.GeoDataFrame, communes: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Return the code of the commune of each candidate, empty outside."""
    code = np.full(len(candidates), "", object)
    areas = communes.to_crs(candidates.crs)
    point, area = areas.sindex.query(candidates.geometry, predicate="intersects")
    code[point[::-1]] = communes["commune_code"].to_numpy(object)[area[::-1]]
    return code
