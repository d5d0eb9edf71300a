"""The state of every place, the ranking of communes, the gap zones, and what stands in the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lomsong.gap import rank_communes, service_of
from lomsong.gap.demand import Areas, Demand, demand_of, squares_of
from lomsong.gap.hindrances import hindrances
from lomsong.gap.learners import LearnerDraws, SchoolsNear, learner_draws, schools_near
from lomsong.gap.obstacles import Bounds, Surroundings, served_km
from lomsong.gap.placing import PLACED, PLACED_ZONE, in_zones, placing_areas, with_placing
from lomsong.gap.priority import sum_over
from lomsong.gap.rank import Partition, by_commune, by_district, by_hamlet, rank_areas
from lomsong.gap.sensitivity import THRESHOLDS_DBM, Sensitivity, compared
from lomsong.gap.service import Reception, any_operator, entry_losses, signal_at
from lomsong.gap.unreached import reach_of_points, unreached_points
from lomsong.gap.zones import Clustering, gap_zones, homes_in_zones, zone_ids, zone_of_households
from lomsong.geo import coordinates
from lomsong.ingest import Evidence
from lomsong.ingest.technologies import studied
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
    hamlets: pd.DataFrame | None = None
    """Ranking of the hamlets, each among those of its commune; None where no household names its hamlet."""
    zones: gpd.GeoDataFrame | None = None
    points: gpd.GeoDataFrame | None = None
    listed: gpd.GeoDataFrame | None = None
    zone_of: pd.Series | None = None
    """Row of each household's zone, -1 outside all."""


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
    partitions = _partitions(evidence)
    squares = squares_of(coordinates(households, evidence.crs), households["learners"].to_numpy(np.int64))
    beside = {"school_id": evidence.schools, "hamlet_id": evidence.hamlets}
    known = {key: frame for key, frame in beside.items() if frame is not None and not frame.empty}
    at = [squares.points, *(coordinates(frame, evidence.crs) for frame in known.values())]
    homes, *others = _seen(at, surfaces, evidence, settings, squares.drawn_at)
    seen = dict(zip(known, others, strict=True))
    share = settings.surface.surveyed_share
    parts = []
    for operator, surface in surfaces.items():
        told = {"found": homes.found[operator], "rows": squares.place_of, "loss_db": loss_db}
        identifiers = households["household_id"]
        parts.append(service_of(surface, homes.places[operator], identifiers, gap, share, **told))
        for key, frame in known.items():
            told = {"found": seen[key].found[operator], "loss_db": _losses(frame, settings)}
            parts.append(service_of(surface, seen[key].places[operator], frame[key], gap, share, **told))
    service = pd.concat(parts, ignore_index=True)
    at_places = any_operator(homes.found, shared.correlation)
    at_home = at_places.take(squares.place_of).set_axis(households.index)
    clustering = Clustering(gap.zone_link_m, gap.zone_least_learners, gap_share=gap.zone_gap_share)
    members = zone_of_households(households, at_home, evidence.crs, clustering)
    areas = {name: Areas(partition.codes, partition.row) for name, partition in partitions.items()}
    areas["zone"] = Areas(zone_ids(int(members.max()) + 1 if len(members) else 0), members.to_numpy(np.int64))
    placed = placing_areas(households, partitions["commune"])
    if placed is not None:
        areas[PLACED], areas[PLACED_ZONE] = placed, in_zones(placed, areas["zone"])
    demand = demand_of(households, evidence.crs, areas, list(surfaces), loss_db, squares=squares)
    draws = learner_draws(
        surfaces, homes.places, Reception.of(homes.found), demand, usable_dbm=gap.usable_dbm,
        thresholds_dbm=THRESHOLDS_DBM, n=gap.draws, seed=settings.run.seed, shared=shared,
        schools=_schools_near(evidence, seen.get("school_id"), demand, settings),
    )  # fmt: skip
    if placed is not None:
        draws = with_placing(draws, households["learners"].to_numpy(float), placed, partitions, settings.run.seed)
    by_mean = _none_by_mean(homes.found)[squares.place_of] * households["learners"].to_numpy(float)
    moved = _sensitivity(partitions["commune"], settings, draws, by_mean)
    known_of = (evidence, settings, service, draws, at_home, partitions)
    districts, ranked_hamlets = (_ranked(grouping, *known_of) for grouping in ("district", "hamlet"))
    ranking = _ranking(evidence, settings, service, draws, at_home)
    found = Gaps(service, at_home, ranking, shared.correlation, draws, moved, districts, ranked_hamlets)
    return _with_hindrances(found, evidence, settings, demand, members, clustering, partitions["commune"])


def _partitions(evidence: Evidence) -> dict[str, Partition]:
    """Return the groupings that learners are counted over; zones come when they are known."""
    households, communes = evidence.households, evidence.communes
    found = {"commune": by_commune(households, communes)}
    if "parent_code" in communes and communes["parent_code"].notna().any():
        found["district"] = by_district(households, communes)
    if evidence.hamlets is not None and "hamlet_id" in households:
        found["hamlet"] = by_hamlet(households, evidence.hamlets)
    return found


def unknown_buildings(evidence: Evidence, settings: Settings) -> int:
    """Count households of a kind of building that has no loss, which stand as ``gap.usual_building``."""
    if "building" not in evidence.households:
        return 0
    kind = evidence.households["building"].dropna()
    return int((~kind.isin(list(settings.radio.building_loss_db))).sum())


def _losses(frame: gpd.GeoDataFrame, settings: Settings) -> Floats:
    return entry_losses(frame.get("building"), len(frame), settings.radio.building_loss_db, settings.gap.usual_building)


def _seen(
    at: Sequence[Floats],
    surfaces: Mapping[str, CoverageSurface],
    evidence: Evidence,
    settings: Settings,
    drawn: NDArray[np.int64],
) -> list[_Seen]:
    """Return what is seen of several sets of places, asked for together: sites are prepared once.

    ``drawn`` are the rows at which worlds will be drawn.
    """
    areas = evidence.declared_coverage
    declared = None if areas is None else Declaration(areas).carrying(studied(settings))
    places = {operator: surface.locate(np.vstack(at)).keeping(drawn) for operator, surface in surfaces.items()}
    share = settings.surface.surveyed_share
    found = {
        operator: signal_at(surface, places[operator], settings.gap, share, declared)
        for operator, surface in surfaces.items()
    }
    ends = np.cumsum([len(part) for part in at])
    parts = [slice(end - len(part), end) for part, end in zip(at, ends.tolist(), strict=True)]
    return [
        _Seen(
            {operator: places[operator].part(part) for operator in surfaces},
            {operator: found[operator].iloc[part].reset_index(drop=True) for operator in surfaces},
        )
        for part in parts
    ]


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


def _ranked(
    grouping: str,
    evidence: Evidence,
    settings: Settings,
    service: pd.DataFrame,
    draws: LearnerDraws,
    at_home: pd.DataFrame,
    partitions: Mapping[str, Partition],
) -> pd.DataFrame | None:
    """Return the ranking of the areas of a grouping; None where there is no such grouping."""
    if grouping not in partitions:
        return None
    measure = draws.measure("any")
    return rank_areas(
        service,
        evidence.households,
        partitions[grouping],
        draws=draws.counts[grouping][measure],
        expected=draws.expected[grouping][measure],
        at_home=at_home,
        first=settings.gap.first,
    )


def _none_by_mean(found: Mapping[str, pd.DataFrame]) -> NDArray[np.bool_]:
    """Tell at which places the mean level of no operator is usable: the median of a normal level is its mean."""
    p_each = np.column_stack([frame["p_usable"] for frame in found.values()])
    return np.asarray(~(p_each >= 0.5).any(axis=1))


def _sensitivity(partition: Partition, settings: Settings, draws: LearnerDraws, by_mean: Floats) -> Sensitivity:
    """Compare the order with those of other thresholds, indoors, and where the mean level alone decides."""
    expected = draws.expected["commune"]
    counts = {"base": expected[draws.measure("any")]}
    for threshold in draws.thresholds_dbm:
        if threshold != draws.usable_dbm:
            counts[f"threshold:{threshold:g}"] = expected[draws.measure("any", threshold)]
    counts["loss:indoor"] = expected[draws.measure("any", indoor=True)]
    counts["way:mean_level"] = sum_over(by_mean, partition.row, len(partition.codes))
    return compared(counts, partition, first=settings.gap.first)


def _with_hindrances(
    gaps: Gaps,
    evidence: Evidence,
    settings: Settings,
    demand: Demand,
    members: pd.Series,
    clustering: Clustering,
    partition: Partition,
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
    way = hindrances(
        households, lost, partition.row, len(partition.codes), around, crs, hamlets=hamlets, bounds=bounds
    )  # fmt: skip
    way = way.set_axis(pd.Index(partition.codes)).reindex(gaps.ranking["commune_code"])
    ranking = gaps.ranking.assign(in_the_way=way["in_the_way"].to_numpy())
    return replace(gaps, ranking=ranking, zones=zones, points=points, listed=listed, zone_of=members)
