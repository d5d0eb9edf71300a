"""The one place that knows the order of the stages: evidence, field, gap and rank, plan, publication."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from lomsong.devices import tiers
from lomsong.errors import LomsongError
from lomsong.gap.priority import checked_weights
from lomsong.gap.service import entry_losses
from lomsong.ingest import Account, Evidence
from lomsong.pipeline.claims import judge_claims
from lomsong.pipeline.devices import ledger_of, put_in_turn
from lomsong.pipeline.fairness import fairness_of
from lomsong.pipeline.fields import Fields, fit_surfaces, hash_inputs, read, validate_fields
from lomsong.pipeline.gaps import Gaps, find_gaps, unknown_buildings
from lomsong.pipeline.outcome import Result, edition_of, findings_of, hamlets_of, names_of, period_of
from lomsong.pipeline.signal import map_signal
from lomsong.pipeline.towers import plan_towers
from lomsong.pipeline.towers.study import Study, study_towers
from lomsong.publish.atomic import clear_drafts
from lomsong.publish.brief import write_brief
from lomsong.publish.devices import DevicesContent
from lomsong.publish.edition import brief_of, write_edition
from lomsong.publish.internal import FOLDER
from lomsong.publish.layers import require_known
from lomsong.publish.manifest import remove_stale, sha256, write_manifest
from lomsong.publish.map.page import picture_host
from lomsong.publish.map.palette import level_classes
from lomsong.publish.privacy import published_plan, round_total
from lomsong.publish.validation import field_account, write_validations
from lomsong.settings import Settings, as_dict, load, overridden
from lomsong.siting.cost import CostSheet, read_sheet
from lomsong.stages import Report, Stages, quiet
from lomsong.surface.validation import MAX_SCORED, Validation

__all__ = [
    "Fields",
    "Gaps",
    "Planned",
    "Result",
    "edition_of",
    "estimate",
    "find_gaps",
    "hand_out",
    "publish",
    "publish_validation",
    "run",
    "study",
    "unusable",
    "validate_fields",
]

BRIEF_SCHEMES = ("blocks", "passes", "distances")
"""Ways in which a part of the survey is left out for the brief of each run."""


class Planned(NamedTuple):
    """A study of towers, with the settings it was asked under and what it was made from."""

    settings: Settings
    evidence: Evidence
    study: Study


def run(settings_file: str | Path, report: Report = quiet, language: str = "") -> Result:
    """Run all stages up to the plan; :func:`publish` writes what they found.

    Parameters
    ----------
    settings_file
        lomsong.toml; its paths are relative to its folder. Stages are kept in ``.lomsong`` beside it.
    report
        Called with the name of each stage as it starts.
    language
        Of what is published, ``vi`` or ``en``; empty: as the settings say.

    Raises
    ------
    LomsongError
        One line that says what is wrong and what to do.
    """
    settings_file = Path(settings_file)
    fields = estimate(settings_file, report, language)
    s, evidence, surfaces, stages = fields.settings, fields.evidence, fields.surfaces, fields.stages
    gaps, gaps_key = _gaps_of(fields)
    claims, _ = stages.run("claims", (gaps_key, s.claims), lambda: judge_claims(evidence, surfaces, gaps, s))
    fairness, _ = stages.run("fairness", gaps_key, lambda: fairness_of(evidence, gaps))
    drawn_with = (fields.key, s.gap.usable_dbm, s.publish.raster_m)
    signal, _ = stages.run("signal", drawn_with, lambda: map_signal(evidence, surfaces, s))
    plan, inputs = None, dict(fields.inputs)
    if (s.siting.sites or s.siting.budget or s.siting.cover) and evidence.terrain is not None:
        sheet, hashed = _costs_of(settings_file, s)
        inputs |= hashed
        planned_with = (gaps_key, s.siting, sheet)
        plan, _ = stages.run("plan", planned_with, lambda: plan_towers(evidence, surfaces, gaps, s, sheet))
    validations = validate_fields(fields, "validation", schemes=BRIEF_SCHEMES, block_ranges=(2.0,), most=MAX_SCORED)
    found = (gaps, signal, plan, claims, fairness)
    return Result(s, evidence, surfaces, *found, inputs, stages.timings_s, validations)


def study(
    settings_file: str | Path, asked: Mapping[str, Any] | None = None, report: Report = quiet, *, deep: bool = True
) -> Planned:
    """Plan towers and look at the plan from all sides; stages that :func:`run` has kept are not computed again.

    Parameters
    ----------
    settings_file, report
        As in :func:`run`.
    asked
        Keys of ``[siting]`` in place of those of the file.
    deep
        Whether other thresholds, the curve of cost and the saving of sharing are computed as well.

    Raises
    ------
    LomsongError
        As :func:`run`; when a value that was asked is none.
    """
    settings_file = Path(settings_file)
    s = overridden(load(settings_file), "siting", asked or {}, str(settings_file))
    sheet, _ = _costs_of(settings_file, s)
    fields = estimate(settings_file, report)
    gaps, _ = _gaps_of(fields)
    report("plan")
    return Planned(s, fields.evidence, study_towers(fields.evidence, fields.surfaces, gaps, s, sheet, deep=deep))


def hand_out(
    settings_file: str | Path, asked: Mapping[str, Any] | None = None, report: Report = quiet, language: str = ""
) -> DevicesContent:
    """Tell who still needs a device and who gets the next ones; stages that :func:`run` has kept are not run again.

    Parameters
    ----------
    settings_file, report, language
        As in :func:`run`.
    asked
        Keys of ``[devices]`` in place of those of the file.

    Raises
    ------
    LomsongError
        As :func:`run`; when the ledger cannot be read, or nothing says who lacks a device.
    """
    settings_file = Path(settings_file)
    s = _in_language(overridden(load(settings_file), "devices", asked or {}, str(settings_file)), language)
    ledger = ledger_of(settings_file, s)
    fields = estimate(settings_file, report)
    gaps, _ = _gaps_of(fields)
    report("devices")
    return put_in_turn(fields.evidence, gaps, s, ledger)


def _costs_of(settings_file: Path, settings: Settings) -> tuple[CostSheet, dict[str, str]]:
    """Return the cost sheet, and its SHA-256 by the path that the settings give it."""
    costs = settings.siting.costs
    if not costs:
        return read_sheet(), {}
    path = settings_file.parent / costs
    return read_sheet(path), {costs: sha256(path)}


def estimate(settings_file: str | Path, report: Report = quiet, language: str = "") -> Fields:
    """Run the stages up to the field of each operator; what :func:`run` has kept of them is not computed again.

    Parameters
    ----------
    settings_file, report, language
        As in :func:`run`.

    Raises
    ------
    LomsongError
        One line that says what is wrong and what to do.
    """
    settings_file = Path(settings_file)
    s = _in_language(load(settings_file), language)
    for refused in unusable(s):
        raise refused
    report("inputs")
    hashes = hash_inputs(settings_file, s.inputs)
    stages = Stages(settings_file.parent / ".lomsong" / settings_file.stem, report)
    read_with = (hashes, s.inputs, s.run.metric_crs, s.survey, s.roster, sorted(s.radio.clutter_m.items()))
    # Only the account of what was read is told in words; all later stages are the same in every language.
    told_with = (read_with, s.run.seed, s.publish.language)
    evidence, _ = stages.run("evidence", told_with, lambda: read(settings_file, s))
    service = (s.gap.usable_dbm, sorted(s.gap.thresholds_dbm.items())) if s.gap.thresholds_dbm else ()
    surfaces, key = stages.run("field", (read_with, s.surface, s.run.seed, *service), lambda: fit_surfaces(evidence, s))
    return Fields(s, evidence, surfaces, hashes, stages, key)


def _in_language(settings: Settings, language: str) -> Settings:
    """Return settings that publish in a language; empty: in that which they say."""
    return replace(settings, publish=replace(settings.publish, language=language or settings.publish.language))


def unusable(settings: Settings) -> list[LomsongError]:
    """Return the faults of settings with which no run could be ranked or written, before anything is computed."""
    publish, gap = settings.publish, settings.gap
    account = Account()
    account.attempt(lambda: require_known(publish.crs))
    account.attempt(lambda: picture_host(publish.base_map))
    account.attempt(lambda: level_classes(gap.usable_dbm, publish.level_breaks_dbm))
    account.attempt(lambda: tiers(settings.devices.order))
    account.attempt(lambda: entry_losses(None, 0, settings.radio.building_loss_db, gap.usual_building))
    if gap.rank_by == "priority":
        account.attempt(lambda: checked_weights(gap.priority))
    return account.faults


def _gaps_of(fields: Fields) -> tuple[Gaps, str]:
    s = fields.settings
    depends_on = (fields.key, s.gap, s.radio.building_loss_db)
    return fields.stages.run("gaps", depends_on, lambda: find_gaps(fields.evidence, fields.surfaces, s))


def publish(result: Result, folder: str | Path, report: Report = quiet, edition: str = "") -> list[Path]:
    """Write the editions of a result and return the paths, the manifest of each after its files.

    Parameters
    ----------
    result
        Of :func:`run`.
    folder
        Gets the published edition; the internal one lies in its folder ``internal``.
    report
        Called with the name of each file as it is begun.
    edition
        ``published``, ``internal`` or ``both``; empty: as the settings say.
    """
    folder = Path(folder)
    wanted = edition or result.settings.publish.edition
    paths = [] if wanted == "internal" else _publish(result, folder, report)
    if wanted != "published":
        paths += _publish(result, folder / FOLDER, report, internal=True)
    return paths


def _publish(result: Result, folder: Path, report: Report, internal: bool = False) -> list[Path]:
    begun_s = time.time()
    edition = edition_of(result, internal)
    paths = write_edition(edition, folder, report)
    clear_drafts((path.parent for path in paths), begun_s)
    remove_stale(folder, paths)
    evidence = result.evidence
    counts = {
        "rows": evidence.sources.to_dict("records"),
        "rejects": evidence.rejects["check"].value_counts().sort_index().to_dict(),
        "flags": {check: int(rows) for check, rows in evidence.flags.groupby("check")["rows"].sum().items()},
        "learners": round_total(evidence.households["learners"].sum()),
        "buildings_without_loss": unknown_buildings(evidence, result.settings),
        "unmatched_learners": round_total(result.gaps.ranking.attrs["unmatched_learners"]),
        "shared_shadowing": round(result.gaps.shared, 3),
        "surfaces": {name: field_account(surface) for name, surface in result.surfaces.items()},
        "plan": published_plan(edition.plan, edition.towers, edition.settings.publish.suppress_below),
    }
    manifest = write_manifest(
        folder,
        inputs=result.inputs,
        settings=as_dict(edition.settings),
        counts=counts,
        timings_s=result.timings_s,
        outputs=paths,
    )
    return [*paths, manifest]


def publish_validation(
    fields: Fields, validations: Mapping[str, Validation], folder: Path, language: str
) -> list[Path]:
    """Write the scores, a picture of each operator's reliability, and, where no operator is missing, the brief.

    Returns
    -------
    The files written.
    """
    evidence, settings = fields.evidence, _in_language(fields.settings, language)
    names = names_of(evidence.operators)
    paths = write_validations(folder, validations, names, language)
    if validations.keys() == set(evidence.operators):
        gaps, _ = _gaps_of(fields)
        findings = findings_of(evidence, gaps, settings, hamlets_of(evidence, gaps))
        brief = brief_of(settings, gaps.ranking, names, period_of(evidence, settings), validations, findings)
        write_brief(folder / "brief.docx", brief)
        paths.append(folder / "brief.docx")
    return paths
