"""What a run found out, and the grain in which it may be published."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from lomsong.gap import over_operators
from lomsong.gap.learners import LearnerDraws
from lomsong.gap.tallies import unconnected_table
from lomsong.geo import WGS84, join_communes
from lomsong.ingest import Evidence
from lomsong.pipeline.claims import Claimed
from lomsong.pipeline.fairness import Fairness
from lomsong.pipeline.gaps import Gaps
from lomsong.pipeline.signal import SignalGrid
from lomsong.pipeline.towers import GRID_KM, Towers
from lomsong.publish.cards import CardContent
from lomsong.publish.edition import Edition
from lomsong.publish.findings import Findings, published_findings
from lomsong.publish.internal import internal_settings
from lomsong.publish.privacy import displaced_homes, learner_cells, published_ranking, round_total
from lomsong.settings import Settings
from lomsong.shown import Card, count, ranking_rows, say
from lomsong.surface import CoverageSurface
from lomsong.surface.fusion import ServiceSurface
from lomsong.surface.validation import Validation
from lomsong.tables import OPERATORS

HOME_COLUMNS = (
    "learners", "learners_without_device", "category", "own_operator", "building", "commune_code", "placed_by"
)  # fmt: skip
"""What the internal edition tells of a displaced home."""


@dataclass(frozen=True)
class Result:
    """All that a run found out."""

    settings: Settings
    evidence: Evidence
    surfaces: Mapping[str, CoverageSurface]
    gaps: Gaps
    signal: SignalGrid
    plan: Towers | None
    claims: Claimed | None
    fairness: Fairness
    inputs: Mapping[str, str]
    timings_s: Mapping[str, float] = field(default_factory=dict)
    validations: Mapping[str, Validation] = field(default_factory=dict)

    def _repr_html_(self) -> str:
        run, ranking = self.settings.run, published_ranking(self.gaps.ranking, self.settings.publish.suppress_below)
        facts = [(say(name), count(round_total(float(ranking[name].sum())))) for name in ("learners", "unconnected")]
        if self.plan is not None:
            facts.append((say("towers"), count(len(self.plan.towers))))
        title = " – ".join(filter(None, (run.title, run.territory)))
        return Card(title, facts, *ranking_rows(ranking, 5))._repr_html_()


def names_of(operators: Iterable[str]) -> dict[str, str]:
    """Return the names of operators as they are shown."""
    return {name: OPERATORS.get(name, name.replace("_", " ").title()) for name in operators}


def edition_of(result: Result, internal: bool = False) -> Edition:
    """Bring a result to the grain in which it may be published, or to that of the ``internal`` edition."""
    evidence, service = result.evidence, result.gaps.service
    settings = internal_settings(result.settings) if internal else result.settings
    households = evidence.households
    homes = households[["learners", "geometry"]].assign(p_usable=result.gaps.at_home["p_usable"])
    plan = result.plan
    hamlets = hamlets_of(evidence, result.gaps)
    cells = learner_cells(homes, minimum=max(settings.publish.suppress_below, 1))
    return Edition(
        settings=settings,
        operators=names_of(evidence.operators),
        communes=evidence.communes,
        ranking=result.gaps.ranking,
        grid=result.signal.grid,
        level_dbm=result.signal.level_dbm,
        level_sd_db=result.signal.level_sd_db,
        p_usable=result.signal.p_usable,
        surveyed=result.signal.surveyed,
        sources=evidence.sources,
        rejects=evidence.rejects,
        flags=evidence.flags,
        survey=_measured(result.surfaces),
        cells=cells,
        hamlets=hamlets,
        schools=_schools(evidence, service, result.gaps.shared),
        shared=result.gaps.shared,
        period=period_of(evidence, settings),
        validations=result.validations,
        towers=None if plan is None else plan.towers,
        served=None if plan is None else plan.served,
        cards=None if plan is None else card_content(settings, plan, evidence),
        indoor=indoors_of(result.gaps.draws),
        plan={} if plan is None else _account(plan, settings, evidence),
        sites=evidence.sites,
        lines=evidence.lines,
        findings=findings_of(evidence, result.gaps, settings, hamlets, result.fairness, result.claims, cells),
        internal=internal,
        hidden_below=result.settings.publish.suppress_below,
        homes=_displaced(result) if internal else None,
    )


def _displaced(result: Result) -> gpd.GeoDataFrame:
    """Return homes with what a planner needs, without what names one, at displaced positions."""
    households = result.evidence.households
    told = [name for name in HOME_COLUMNS if name in households]
    homes = households[[*told, "geometry"]].assign(p_usable=result.gaps.at_home["p_usable"].round(3))
    return displaced_homes(homes, result.settings.run.seed)


def indoors_of(draws: LearnerDraws) -> pd.DataFrame:
    """Return the learners without usable signal inside their homes, a row a commune."""
    table = unconnected_table(draws, "commune", indoor=True)
    return table[table["row"] == "area"].rename(columns={"area_code": "commune_code"}).reset_index(drop=True)


def account_of(plan: Towers, cover: float = 0.0) -> dict[str, Any]:
    """Return what is told of a plan: ``objective`` and ``bound`` in learners, ``gap``, ``status`` and the interval.

    Also how many ``prices`` the cost sheet holds, and ``usual_prices``, those that came with lomsong.

    Of a plan that reaches the share ``cover`` at the least cost the bound is of the cost: ``cost`` and ``least_cost``,
    million VND, stand in its place.
    """
    told = {name: getattr(plan, name) for name in ("gap", "status", "gain_low", "gain_high")} | {"cover": cover}
    if plan.sheet is not None:
        told |= {"prices": len(plan.sheet.values), "usual_prices": len(plan.sheet.usual)}
    if not cover:
        return told | {"objective": plan.objective, "bound": plan.bound}
    learners = float(plan.towers["learners_gained"].sum()) if len(plan.towers) else 0.0
    return told | {"objective": learners, "cost": plan.objective, "least_cost": plan.bound}


def _account(plan: Towers, settings: Settings, evidence: Evidence) -> dict[str, Any]:
    """Return what is told of a plan, and ``forest_unknown`` where a rule on forest could not be kept."""
    told = account_of(plan, settings.siting.cover)
    unknown = settings.siting.forbidden_forest and "forest" not in evidence.lines
    return told | {"forest_unknown": True} if unknown else told


def card_content(settings: Settings, plan: Towers, evidence: Evidence, language: str | None = None) -> CardContent:
    """Return what cards tell of a plan, in a language or in that of the settings."""
    run, publish = settings.run, settings.publish
    told = ("unconnected", "repaired", "backhaul_price")
    return CardContent(
        title=run.title,
        territory=run.territory,
        towers=plan.towers,
        plan=_account(plan, settings, evidence) | {name: getattr(plan, name) for name in told} | {"grid_km": GRID_KM},
        prices=plan.prices,
        operators=names_of(evidence.operators),
        communes=dict(zip(evidence.communes["commune_code"], evidence.communes["name"], strict=True)),
        language=language or publish.language,
        issuer=publish.issuer,
        data_note=run.note,
        period=period_of(evidence, settings),
        suppress_below=publish.suppress_below,
    )


def findings_of(
    evidence: Evidence,
    gaps: Gaps,
    settings: Settings,
    hamlets: gpd.GeoDataFrame | None,
    fairness: Fairness | None = None,
    claims: Claimed | None = None,
    cells: gpd.GeoDataFrame | None = None,
) -> Findings:
    """Return what was found besides the ranking, as it may be published; ``hamlets`` with their learners."""
    return published_findings(
        zones=gaps.zones,
        points=gaps.points,
        listed=gaps.listed,
        draws=gaps.draws,
        sensitivity=gaps.sensitivity,
        indices=None if fairness is None else fairness.indices,
        classes=None if fairness is None else fairness.classes,
        districts=_named_districts(gaps, evidence),
        ranking=gaps.ranking,
        parents=_parents(evidence),
        claims=None if claims is None else claims.check,
        hexagons=None if claims is None else claims.hexagons,
        hamlets=hamlets,
        homes=_homes_of(evidence, gaps),
        placed=_placed(evidence.households),
        cells=cells,
        first=settings.gap.first,
        below=settings.publish.suppress_below,
    )


def _homes_of(evidence: Evidence, gaps: Gaps) -> pd.DataFrame | None:
    """Return learners, zone, hamlet and commune of each home; None while zones are not looked for."""
    if gaps.zone_of is None:
        return None
    homes = evidence.households.reindex(columns=["learners", "hamlet_id"])
    return homes.assign(zone=gaps.zone_of, commune_code=join_communes(evidence.households, evidence.communes))


def _placed(households: pd.DataFrame) -> dict[str, float]:
    """Return the learners whose home has no position, by what told where they live."""
    if "placed_by" not in households:
        return {}
    learners = households["learners"].groupby(households["placed_by"]).sum()
    return {way: float(learners[way]) for way in ("hamlet", "commune") if learners.get(way, 0)}


def _parents(evidence: Evidence) -> dict[str, str]:
    """Return the district of each commune; empty where they name none."""
    communes = evidence.communes
    if "parent_code" not in communes:
        return {}
    return dict(zip(communes["commune_code"], communes["parent_code"], strict=True))


def _named_districts(gaps: Gaps, evidence: Evidence) -> pd.DataFrame | None:
    """Return the ranking of districts under the names that communes give them; None where there is at most one."""
    if gaps.districts is None or len(gaps.districts) < 2:
        return None
    communes = evidence.communes
    if "parent_name" not in communes:
        return gaps.districts
    names = communes.drop_duplicates("parent_code").set_index("parent_code")["parent_name"]
    code = gaps.districts.columns[gaps.districts.columns.str.endswith("_code")][0]
    return gaps.districts.assign(name=gaps.districts[code].map(names).fillna(gaps.districts["name"]))


def period_of(evidence: Evidence, settings: Settings) -> tuple[date, date] | None:
    """Return the first and the last day on which was measured, by the clocks of the logs; None where no log tells."""
    times = evidence.samples["time"].dropna() + timedelta(hours=settings.survey.utc_offset_h)
    return (times.min().date(), times.max().date()) if len(times) else None


def _layers(surface: CoverageSurface) -> list[CoverageSurface]:
    return [layer.surface for layer in surface.layers] if isinstance(surface, ServiceSurface) else [surface]


def _measured(surfaces: Mapping[str, CoverageSurface]) -> gpd.GeoDataFrame:
    parts = []
    for operator, surface in ((name, layer) for name, whole in surfaces.items() for layer in _layers(whole)):
        bins = surface.bins_
        points = gpd.points_from_xy(bins["easting_m"], bins["northing_m"], crs=surface.crs_)
        level = bins["level_dbm"].where(~bins["censored"])
        service = np.where(bins["censored"], "no_service", "level")
        columns = {"operator": operator, "level_dbm": level, "service": service, "samples": bins["samples"]}
        parts.append(gpd.GeoDataFrame(columns, geometry=points).to_crs(WGS84))
    return pd.concat(parts, ignore_index=True)


def hamlets_of(evidence: Evidence, gaps: Gaps) -> gpd.GeoDataFrame | None:
    """Return the hamlets with their state, learners, expected unconnected learners and rank in their commune."""
    hamlets, service, p_usable = evidence.hamlets, gaps.service, gaps.at_home["p_usable"]
    if hamlets is None:
        return None
    households = evidence.households
    state = over_operators(service, hamlets["hamlet_id"])["state"]
    counted = hamlets.assign(learners=0, unconnected=0.0, state=state)
    if "hamlet_id" in households:
        learners = households["learners"]
        sums = pd.DataFrame({"learners": learners, "unconnected": learners * (1 - p_usable)})
        sums = sums.groupby(households["hamlet_id"]).sum().reindex(hamlets["hamlet_id"]).fillna(0)
        counted["learners"] = sums["learners"].to_numpy().astype(np.int64)
        counted["unconnected"] = sums["unconnected"].to_numpy()
    if gaps.hamlets is not None:
        ranked = gaps.hamlets.set_index("hamlet_id")[["rank", "rank_low", "rank_high"]].reindex(hamlets["hamlet_id"])
        counted[list(ranked)] = ranked.to_numpy()
    return counted


def _schools(evidence: Evidence, service: pd.DataFrame, shared: float) -> gpd.GeoDataFrame | None:
    schools = evidence.schools
    if schools is None:
        return None
    state = over_operators(service, schools["school_id"], "any", shared)
    found = schools.assign(p_usable=state["p_usable"], state=state["state"])
    for operator, rows in service.groupby("operator", sort=True):
        states = rows.set_index("demand_id")["state"].reindex(schools["school_id"])
        found[f"state_{operator}"] = states.fillna("unsurveyed").to_numpy()
    return found
