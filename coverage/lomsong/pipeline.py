"""The one place that knows the order of the stages: evidence, field, gap and rank, plan, publication."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr
from shapely import contains_xy, prepare

from lomsong.errors import LomsongError
from lomsong.gap import over_operators, rank_communes, service_of, unconnected_draws
from lomsong.geo import WGS84, Grid, coordinates
from lomsong.ingest import Evidence, input_files, read_evidence
from lomsong.ingest.files.opening import split_layer
from lomsong.publish.brief import write_brief
from lomsong.publish.edition import Edition, brief_of, write_edition
from lomsong.publish.manifest import sha256, write_manifest
from lomsong.publish.privacy import learner_cells
from lomsong.publish.validation import field_account, write_validations
from lomsong.settings import Inputs, Settings, as_dict, load
from lomsong.siting import maximum_coverage, propose, reach_matrix, tower_plan
from lomsong.stages import Report, Stages, quiet
from lomsong.surface import CoverageSurface, Tuning, shared_shadowing
from lomsong.surface.censoring import floors_of
from lomsong.surface.declared import Declaration
from lomsong.surface.fusion import Service, ServiceSurface
from lomsong.surface.validation import MAX_SCORED, Validation, validate
from lomsong.tables import OPERATORS
from lomsong.texts import Phrase, fault

DEMAND_CELL_M = 250.0
"""Households of one square of this side stand together where towers are planned."""

BRIEF_SCHEMES = ("blocks", "passes", "distances")
"""Ways in which a part of the survey is left out for the brief of each run."""

LEAST_DEMAND = 1e-3
"""Squares with fewer expected unconnected learners are left out of the plan."""


@dataclass(frozen=True)
class Fields:
    """The first two stages of a run: what was read, and the field of each operator."""

    settings: Settings
    evidence: Evidence
    surfaces: Mapping[str, CoverageSurface]
    inputs: Mapping[str, str]
    stages: Stages
    key: str
    """Of all that the fields depend on, for the stages that follow."""


@dataclass(frozen=True)
class Gaps:
    """State of every place, and the ranking."""

    service: pd.DataFrame
    at_home: pd.DataFrame
    """p_usable and state of any operator at each household."""
    ranking: pd.DataFrame
    shared: float
    """Correlation of the operators' levels at one place."""


@dataclass(frozen=True)
class SignalGrid:
    """Level and probability of each operator on a grid over the communes, shape ``grid.shape``."""

    grid: Grid
    level_dbm: Mapping[str, NDArray[np.float32]]
    p_usable: Mapping[str, NDArray[np.float32]]
    surveyed: Mapping[str, NDArray[np.bool_]]


@dataclass(frozen=True)
class Towers:
    """Proposed towers in their order, what was refused, and the proof of the plan."""

    towers: gpd.GeoDataFrame
    refused: gpd.GeoDataFrame
    objective: float
    bound: float
    gap: float
    status: str


@dataclass(frozen=True)
class Result:
    """All that a run found out."""

    settings: Settings
    evidence: Evidence
    surfaces: Mapping[str, CoverageSurface]
    gaps: Gaps
    signal: SignalGrid
    plan: Towers | None
    inputs: Mapping[str, str]
    timings_s: Mapping[str, float] = field(default_factory=dict)
    validations: Mapping[str, Validation] = field(default_factory=dict)


def hash_inputs(settings_file: Path, inputs: Inputs) -> dict[str, str]:
    """Return SHA-256 by path relative to the settings; of a glob or a folder, of each file that it names."""
    base = settings_file.resolve().parent
    files = (split_layer(value)[0] for values in input_files(settings_file, inputs).values() for value in values)
    named = {Path(name) for file in files for name in glob.glob(file, recursive=True)}
    found = {path for name in named for path in (name.rglob("*") if name.is_dir() else (name,)) if path.is_file()}
    return {_named(path, base): sha256(path) for path in sorted(found)}


def _named(path: Path, base: Path) -> str:
    try:
        return Path(os.path.relpath(path, base)).as_posix()
    except ValueError:  # on Windows nothing leads from one drive to another
        return path.as_posix()


def run(settings_file: Path, report: Report = quiet) -> Result:
    """Run all stages up to the plan; :func:`publish` writes what they found.

    Parameters
    ----------
    settings_file
        lomsong.toml; its paths are relative to its folder. Stages are kept in ``.lomsong`` beside it.
    report
        Called with the name of each stage as it starts.

    Raises
    ------
    LomsongError
        One line that says what is wrong and what to do.
    """
    fields = estimate(settings_file, report)
    s, evidence, surfaces, stages = fields.settings, fields.evidence, fields.surfaces, fields.stages
    gaps, gaps_key = _gaps_of(fields)
    drawn_with = (fields.key, s.gap.usable_dbm, s.publish.raster_m)
    signal, _ = stages.run("signal", drawn_with, lambda: map_signal(evidence, surfaces, s))
    plan = None
    if s.siting.sites and evidence.terrain is not None:
        plan, _ = stages.run("plan", (gaps_key, s.siting), lambda: plan_towers(evidence, surfaces, gaps, s))
    validations = validate_fields(fields, "validation", schemes=BRIEF_SCHEMES, block_ranges=(2.0,), most=MAX_SCORED)
    return Result(s, evidence, surfaces, gaps, signal, plan, fields.inputs, stages.timings_s, validations)


def estimate(settings_file: Path, report: Report = quiet) -> Fields:
    """Run the stages up to the field of each operator; what :func:`run` has kept of them is not computed again.

    Parameters
    ----------
    settings_file, report
        As in :func:`run`.

    Raises
    ------
    LomsongError
        One line that says what is wrong and what to do.
    """
    s = load(settings_file)
    report("inputs")
    hashes = hash_inputs(settings_file, s.inputs)
    stages = Stages(settings_file.parent / ".lomsong" / settings_file.stem, report)
    read_with = (hashes, s.inputs, s.run.metric_crs, s.survey, s.roster, s.publish.language)
    evidence, key = stages.run("evidence", read_with, lambda: _read(settings_file, s))
    service = (s.gap.usable_dbm, sorted(s.gap.thresholds_dbm.items())) if s.gap.thresholds_dbm else ()
    surfaces, key = stages.run("field", (key, s.surface, s.run.seed, *service), lambda: fit_surfaces(evidence, s))
    return Fields(s, evidence, surfaces, hashes, stages, key)


def _gaps_of(fields: Fields) -> tuple[Gaps, str]:
    s = fields.settings
    return fields.stages.run("gaps", (fields.key, s.gap), lambda: find_gaps(fields.evidence, fields.surfaces, s))


def validate_fields(fields: Fields, stage: str = "validation_all", **chosen: Any) -> dict[str, Validation]:
    """Validate the field of each operator against the places of the households, as a stage that is kept.

    Parameters
    ----------
    stage
        Name under which it is kept.
    chosen
        As :func:`~lomsong.surface.validation.validate` takes them.
    """
    settings, homes = fields.settings, fields.evidence.households
    usable_dbm = settings.gap.usable_dbm

    def validate_one(surface: CoverageSurface) -> Validation:
        if isinstance(surface, ServiceSurface):  # what was read was read of a layer: of the one most measured
            return validate(surface.main_.surface, surface.main_.usable_dbm, homes, **chosen)
        return validate(surface, usable_dbm, homes, **chosen)

    def validate_all() -> dict[str, Validation]:
        with ThreadPoolExecutor(settings.run.workers or None) as pool:
            return dict(zip(fields.surfaces, pool.map(validate_one, fields.surfaces.values()), strict=True))

    key = (fields.key, settings.gap, list(fields.surfaces), sorted(chosen.items()))
    return fields.stages.run(stage, key, validate_all)[0]


def _read(settings_file: Path, settings: Settings) -> Evidence:
    evidence, account = read_evidence(settings_file, settings)
    if evidence is None:
        first, more = account.faults[0], len(account.faults) - 1
        if more:
            shown = Phrase(first.key, first.values) if first.key else str(first)
            raise fault(type(first), "and_more", first=shown, more=more, settings=settings_file)
        raise first
    return evidence


def fit_surfaces(evidence: Evidence, settings: Settings) -> dict[str, CoverageSurface]:
    """Fit the field of each operator."""
    surface, survey, run = settings.surface, settings.survey, settings.run
    sites = evidence.sites if surface.use_sites and evidence.terrain is not None else None

    def fit(samples: gpd.GeoDataFrame) -> CoverageSurface:
        model = CoverageSurface(
            surface.neighbours, survey.block_m, survey.floor_dbm, surface.rx_height_m, run.workers, run.seed,
            surface.learned,
        )  # fmt: skip
        return model.fit(samples, sites, evidence.terrain, floors_of(samples, survey))

    def fit_one(operator: str) -> CoverageSurface:
        samples = evidence.samples[evidence.samples["operator"] == operator].to_crs(evidence.crs)
        if settings.gap.thresholds_dbm:
            return ServiceSurface.of(samples, Service.of(settings.gap), fit, survey.block_m)
        return fit(samples)

    with ThreadPoolExecutor(run.workers or None) as pool:
        return dict(zip(evidence.operators, pool.map(fit_one, evidence.operators), strict=True))


def find_gaps(evidence: Evidence, surfaces: Mapping[str, CoverageSurface], settings: Settings) -> Gaps:
    """Give every household, school and hamlet its state and rank the communes."""
    demand = {"household_id": evidence.households, "school_id": evidence.schools, "hamlet_id": evidence.hamlets}
    areas = evidence.declared_coverage
    declared = None if areas is None else Declaration(areas).carrying((settings.survey.technology,))
    services, homes, p_usable = [], {}, {}
    for operator, surface in surfaces.items():
        for key, frame in demand.items():
            if frame is not None and len(frame):
                places = surface.locate(frame)
                share = settings.surface.surveyed_share
                services.append(service_of(surface, places, frame[key], settings.gap, share, declared))
                if key == "household_id":
                    homes[operator], p_usable[operator] = places, services[-1]["p_usable"].to_numpy()
    service = pd.concat(services, ignore_index=True)
    shared = shared_shadowing(surfaces)
    codes = tuple(evidence.communes["commune_code"])
    area = evidence.households["commune_code"].map({code: row for row, code in enumerate(codes)})
    draws = unconnected_draws(
        surfaces,
        homes,
        p_usable,
        evidence.households["learners"].to_numpy(float),
        area.fillna(-1).to_numpy(dtype=np.int64),
        codes,
        settings.gap.usable_dbm,
        settings.gap.draws,
        settings.run.seed,
        shared,
    )
    ranking = rank_communes(
        service,
        evidence.households,
        evidence.communes,
        draws=draws,
        schools=evidence.schools,
        hamlets=evidence.hamlets,
        shared=shared.correlation,
    )
    at_home = over_operators(service, evidence.households["household_id"], "any", shared.correlation)
    return Gaps(service, at_home, ranking, shared.correlation)


def map_signal(evidence: Evidence, surfaces: Mapping[str, CoverageSurface], settings: Settings) -> SignalGrid:
    """Estimate level and probability of each operator on a grid inside the communes."""
    territory = evidence.communes.to_crs(evidence.crs).union_all()
    grid = Grid.over(territory.bounds, settings.publish.raster_m, evidence.crs)
    centres = grid.centres()
    prepare(territory)
    inside = contains_xy(territory, centres[:, 0], centres[:, 1])
    usable_dbm = settings.gap.usable_dbm
    level, p_usable, surveyed = {}, {}, {}
    for operator, surface in surfaces.items():
        places = surface.locate(centres[inside])
        estimate = surface.predict(places)
        empty = np.full(len(centres), np.nan, dtype=np.float32)
        level[operator], p_usable[operator] = empty.copy(), empty.copy()
        surveyed[operator] = np.zeros(len(centres), dtype=bool)
        level[operator][inside] = estimate["level_dbm"]
        if isinstance(surface, ServiceSurface):
            p_usable[operator][inside] = surface.probability(places, usable_dbm)
        else:
            p_usable[operator][inside] = ndtr((estimate["level_dbm"] - usable_dbm) / estimate["level_sd_db"])
        surveyed[operator][inside] = estimate["information"] >= settings.surface.surveyed_share
    return SignalGrid(
        grid,
        {name: values.reshape(grid.shape) for name, values in level.items()},
        {name: values.reshape(grid.shape) for name, values in p_usable.items()},
        {name: values.reshape(grid.shape) for name, values in surveyed.items()},
    )


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


def publish(result: Result, folder: Path, report: Report = quiet) -> list[Path]:
    """Write the published edition of a result into ``folder`` and return the paths, the manifest last."""
    edition = edition_of(result)
    paths = write_edition(edition, folder, report)
    evidence = result.evidence
    counts = {
        "rows": evidence.sources.to_dict("records"),
        "rejects": evidence.rejects["check"].value_counts().sort_index().to_dict(),
        "flags": {check: int(rows) for check, rows in evidence.flags.groupby("check")["rows"].sum().items()},
        "learners": int(evidence.households["learners"].sum()),
        "unmatched_learners": int(result.gaps.ranking.attrs["unmatched_learners"]),
        "shared_shadowing": round(result.gaps.shared, 3),
        "surfaces": {name: field_account(surface) for name, surface in result.surfaces.items()},
        "plan": dict(edition.plan),
    }
    manifest = write_manifest(
        folder,
        inputs=result.inputs,
        settings=as_dict(result.settings),
        counts=counts,
        timings_s=result.timings_s,
        outputs=paths,
    )
    return [*paths, manifest]


def publish_validation(
    fields: Fields, validations: Mapping[str, Validation], folder: Path, language: str
) -> list[Path]:
    """Write the scores, a picture of each operator's reliability, and, where no operator is missing, the brief.

    The pictures are in ``language``, the brief in that of the settings.

    Returns
    -------
    The files written.
    """
    evidence, settings = fields.evidence, fields.settings
    names = _names(evidence.operators)
    paths = write_validations(folder, validations, names, language)
    if validations.keys() == set(evidence.operators):
        gaps, _ = _gaps_of(fields)
        brief = brief_of(settings, gaps.ranking, names, _period(evidence), validations)
        write_brief(folder / "brief.docx", brief)
        paths.append(folder / "brief.docx")
    return paths


def _names(operators: Iterable[str]) -> dict[str, str]:
    return {name: OPERATORS.get(name, name.replace("_", " ").title()) for name in operators}


def edition_of(result: Result) -> Edition:
    """Bring a result to the grain in which it may be published."""
    evidence, service = result.evidence, result.gaps.service
    settings = result.settings
    households = evidence.households
    homes = households[["learners", "geometry"]].assign(p_usable=result.gaps.at_home["p_usable"])
    plan = result.plan
    return Edition(
        settings=settings,
        operators=_names(evidence.operators),
        communes=evidence.communes,
        ranking=result.gaps.ranking,
        grid=result.signal.grid,
        level_dbm=result.signal.level_dbm,
        p_usable=result.signal.p_usable,
        surveyed=result.signal.surveyed,
        sources=evidence.sources,
        rejects=evidence.rejects,
        flags=evidence.flags,
        survey=_measured(result.surfaces),
        cells=learner_cells(homes, minimum=max(settings.publish.suppress_below, 1)),
        hamlets=_hamlets(evidence, service, result.gaps.at_home["p_usable"]),
        schools=_schools(evidence, service, result.gaps.shared),
        shared=result.gaps.shared,
        period=_period(evidence),
        validations=result.validations,
        towers=None if plan is None else plan.towers,
        plan={}
        if plan is None
        else {"objective": plan.objective, "bound": plan.bound, "gap": plan.gap, "status": plan.status},
        sites=evidence.sites,
        lines=evidence.lines,
    )


def _period(evidence: Evidence) -> tuple[date, date] | None:
    """Return the first and the last day on which was measured; None where no log tells."""
    times = evidence.samples["time"].dropna()
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


def _hamlets(evidence: Evidence, service: pd.DataFrame, p_usable: pd.Series) -> gpd.GeoDataFrame | None:
    hamlets = evidence.hamlets
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
