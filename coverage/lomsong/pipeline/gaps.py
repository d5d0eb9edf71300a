"""The state of every place, the ranking of communes, the gap zones, and what stands in the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lomsong.gap import over_operators, rank_communes, service_of
from lomsong.gap.demand import Areas, Demand, demand_of, squares_of
from lomsong.gap.hindrances import hindrances
from lomsong.gap.learners import LearnerDraws, SchoolsNear, learner_draws, schools_near
from lomsong.gap.obstacles import Bounds, Surroundings, served_km
from lomsong.gap.priority import sum_over
from lomsong.gap.rank import by_commune, by_district, by_hamlet, rank_areas
from lomsong.gap.sensitivity import THRESHOLDS_DBM, Sensitivity, compared
from lomsong.gap.service import Reception, entry_losses, side_by_side, signal_at
from lomsong.gap.unreached import reach_of_points, unreached_points
from lomsong.gap.zones import Clustering, gap_zones, homes_in_zones, zone_ids, zone_of_households
from lomsong.geo import coordinates
from lomsong.ingest import Evidence
from lomsong.settings import Settings
from lomsong.surface import CoverageSurface, Places, shared_shadowing
from lomsong.surface.declared import Declaration

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Gaps:
    """State of every place, the ranking, and what is in the way.

    Attributes
    ----------
    at_home
        p_usable, state and best server of any operator at each household.
    ranking
        Table ``ranking`` with ``in_the_way``, see :func:`~lomsong.gap.hindrances.hindrances`.
    shared
        Correlation of the operators' levels at one place.
    draws
        Learners by commune, district, hamlet and zone, in all measures.
    zones
        Gap zones; None while they are not yet looked for, as for the next two.
    points, listed
        Every hamlet and school; and those not reached or to be measured, with zones that no hamlet stands for.
    """

    service: pd.DataFrame
    at_home: pd.DataFrame
    ranking: pd.DataFrame
    shared: float
    draws: LearnerDraws
    sensitivity: Sensitivity
    districts: pd.DataFrame | None = None
    """Ranking of the districts, as that of the communes; None where communes name none."""
    zones: gpd.GeoDataFrame | None = None
    points: gpd.GeoDataFrame | None = None
    listed: gpd.GeoDataFrame | None = None


@dataclass(frozen=True)
class _Seen:
    """Places as the field of each operator located and sees them."""

    places: Mapping[str, Places]
    found: Mapping[str, pd.DataFrame]


def find_gaps(evidence: Evidence, surfaces: Mapping[str, CoverageSurface], settings: Settings) -> Gaps:
    """Give every household, school and hamlet its state, rank the communes, and tell what is in the way."""
    households, gap = evidence.households, settings.gap
    shared = shared_shadowing(surfaces)
    loss_db = _losses(households, settings)
    areas = _areas(evidence)
    squares = squares_of(coordinates(households, evidence.crs), households["learners"].to_numpy(np.int64))
    homes = _seen(squares.points, surfaces, evidence, settings)
    schools = _seen_at(evidence.schools, surfaces, evidence, settings)
    hamlets = _seen_at(evidence.hamlets, surfaces, evidence, settings)
    share = settings.surface.surveyed_share
    parts = []
    for operator, surface in surfaces.items():
        told = {"found": homes.found[operator], "rows": squares.place_of, "loss_db": loss_db}
        identifiers = households["household_id"]
        parts.append(service_of(surface, homes.places[operator], identifiers, gap, share, **told))
        for seen, frame, key in ((schools, evidence.schools, "school_id"), (hamlets, evidence.hamlets, "hamlet_id")):
            if seen is not None and frame is not None:
                told = {"found": seen.found[operator], "loss_db": _losses(frame, settings)}
                parts.append(service_of(surface, seen.places[operator], frame[key], gap, share, **told))
    service = pd.concat(parts, ignore_index=True)
    at_home = over_operators(service, households["household_id"], "any", shared.correlation)
    clustering = Clustering(gap.zone_link_m, gap.zone_least_learners, gap_share=gap.zone_gap_share)
    members = zone_of_households(households, at_home, evidence.crs, clustering)
    areas["zone"] = Areas(zone_ids(int(members.max()) + 1 if len(members) else 0), members.to_numpy(np.int64))
    demand = demand_of(households, evidence.crs, areas, list(surfaces), loss_db, squares=squares)
    draws = learner_draws(
        surfaces, homes.places, Reception.of(homes.found), demand, usable_dbm=gap.usable_dbm,
        thresholds_dbm=THRESHOLDS_DBM, n=gap.draws, seed=settings.run.seed, shared=shared,
        schools=_schools_near(evidence, schools, demand, settings),
    )  # fmt: skip
    moved = _sensitivity(evidence, settings, service, draws)
    districts = _districts(evidence, settings, service, draws, at_home)
    ranking = _ranking(evidence, settings, service, draws, at_home)
    found = Gaps(service, at_home, ranking, shared.correlation, draws, moved, districts)
    return _with_hindrances(found, evidence, settings, demand, members, clustering)


def _areas(evidence: Evidence) -> dict[str, Areas]:
    """Return the groupings that learners are counted over; zones come when they are known."""
    households, communes = evidence.households, evidence.communes
    found = {"commune": by_commune(households, communes)}
    if "parent_code" in communes and communes["parent_code"].notna().any():
        found["district"] = by_district(households, communes)
    if evidence.hamlets is not None and "hamlet_id" in households:
        found["hamlet"] = by_hamlet(households, evidence.hamlets)
    return {name: Areas(partition.codes, partition.row) for name, partition in found.items()}


def unknown_buildings(evidence: Evidence, settings: Settings) -> int:
    """Count households of a kind of building that has no loss, which stand as ``gap.usual_building``."""
    if "building" not in evidence.households:
        return 0
    kind = evidence.households["building"].dropna()
    return int((~kind.isin(list(settings.radio.building_loss_db))).sum())


def _losses(frame: gpd.GeoDataFrame, settings: Settings) -> Floats:
    return entry_losses(frame.get("building"), len(frame), settings.radio.building_loss_db, settings.gap.usual_building)


def _seen_at(
    frame: gpd.GeoDataFrame | None, surfaces: Mapping[str, CoverageSurface], evidence: Evidence, settings: Settings
) -> _Seen | None:
    if frame is None or frame.empty:
        return None
    return _seen(coordinates(frame, evidence.crs), surfaces, evidence, settings)


def _seen(at: Floats, surfaces: Mapping[str, CoverageSurface], evidence: Evidence, settings: Settings) -> _Seen:
    areas = evidence.declared_coverage
    declared = None if areas is None else Declaration(areas).carrying((settings.survey.technology,))
    places = {operator: surface.locate(at) for operator, surface in surfaces.items()}
    share = settings.surface.surveyed_share
    found = {
        operator: signal_at(surface, places[operator], settings.gap, share, declared)
        for operator, surface in surfaces.items()
    }
    return _Seen(places, found)


def _schools_near(evidence: Evidence, seen: _Seen | None, demand: Demand, settings: Settings) -> SchoolsNear | None:
    if seen is None or evidence.schools is None:
        return None
    near = schools_near(demand.points, coordinates(evidence.schools, evidence.crs), settings.gap.walk_m)
    return SchoolsNear(near, seen.places, Reception.of(seen.found), _losses(evidence.schools, settings))


def _ranking(
    evidence: Evidence, settings: Settings, service: pd.DataFrame, draws: LearnerDraws, at_home: pd.DataFrame
) -> pd.DataFrame:
    expected = draws.expected["commune"]
    return rank_communes(
        service,
        evidence.households,
        evidence.communes,
        draws=draws.unconnected("commune"),
        expected=expected[draws.measure("any")],
        each={of: expected[draws.measure(of)] for of in (*draws.operators, "all")},
        at_home=at_home,
        schools=evidence.schools,
        hamlets=evidence.hamlets,
        by=settings.gap.rank_by,
        weights=settings.gap.priority or None,
        first=settings.gap.first,
    )


def _districts(
    evidence: Evidence, settings: Settings, service: pd.DataFrame, draws: LearnerDraws, at_home: pd.DataFrame
) -> pd.DataFrame | None:
    if "district" not in draws.codes:
        return None
    measure = draws.measure("any")
    return rank_areas(
        service,
        evidence.households,
        by_district(evidence.households, evidence.communes),
        draws=draws.counts["district"][measure],
        expected=draws.expected["district"][measure],
        at_home=at_home,
        first=settings.gap.first,
    )


def _sensitivity(evidence: Evidence, settings: Settings, service: pd.DataFrame, draws: LearnerDraws) -> Sensitivity:
    """Compare the order with those of other thresholds, indoors, and where the mean level alone decides."""
    expected, households = draws.expected["commune"], evidence.households
    counts = {"base": expected[draws.measure("any")]}
    for threshold in draws.thresholds_dbm:
        if threshold != draws.usable_dbm:
            counts[f"threshold:{threshold:g}"] = expected[draws.measure("any", threshold)]
    counts["loss:indoor"] = expected[draws.measure("any", indoor=True)]
    # The median of a normal level is its mean: usable rather than not is the mean level above the threshold.
    _, p_each, _ = side_by_side(service, households["household_id"])
    gone = ~(p_each >= 0.5).any(axis=1) * households["learners"].to_numpy(float)
    partition = by_commune(households, evidence.communes)
    counts["way:mean_level"] = sum_over(gone, partition.row, len(partition.codes))
    return compared(counts, partition, first=settings.gap.first)


def _with_hindrances(
    gaps: Gaps,
    evidence: Evidence,
    settings: Settings,
    demand: Demand,
    members: pd.Series,
    clustering: Clustering,
) -> Gaps:
    """Add the zones, the points that are not reached, and what is in the way of communes."""
    households, communes, crs = evidence.households, evidence.communes, evidence.crs
    hamlets, schools = evidence.hamlets, evidence.schools
    roads, power_lines, forest = (evidence.lines.get(name) for name in ("roads", "power_lines", "forest"))
    around = Surroundings(roads, power_lines, forest, evidence.sites, evidence.terrain)
    connected = households["learners"].to_numpy(float) * (gaps.at_home["state"] == "usable").to_numpy()
    at_points = np.bincount(demand.place_of, connected, len(demand.points)).astype(float)
    reach_km = settings.gap.site_reach_km or served_km(demand.points, crs, at_points, evidence.sites)
    bounds = Bounds(settings.gap.far_line_km, settings.gap.far_road_km, reach_km or Bounds.site_km)
    zones = gap_zones(
        households, gaps.at_home, gaps.service, communes, around, crs, hamlets=hamlets, schools=schools,
        clustering=clustering, bounds=bounds, members=members, draws=gaps.draws.unconnected("zone"),
    )  # fmt: skip
    points = reach_of_points(
        hamlets, schools, gaps.service, communes, around, crs, households=households, at_home=gaps.at_home,
        shared=gaps.shared, bounds=bounds,
    )  # fmt: skip
    listed = unreached_points(points, zones, homes_in_zones(households, gaps.at_home, members))
    lost = households["learners"].to_numpy(float) * (1 - gaps.at_home["p_usable"].fillna(0).to_numpy())
    partition = by_commune(households, communes)
    way = hindrances(
        households, lost, partition.row, len(partition.codes), around, crs, hamlets=hamlets, bounds=bounds
    )  # fmt: skip
    way = way.set_axis(pd.Index(partition.codes)).reindex(gaps.ranking["commune_code"])
    ranking = gaps.ranking.assign(in_the_way=way["in_the_way"].to_numpy())
    return replace(gaps, ranking=ranking, zones=zones, points=points, listed=listed)
