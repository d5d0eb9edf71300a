"""The one place that knows the order of the stages: evidence, field, gap and rank, plan, publication."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from lomsong.pipeline.claims import judge_claims
from lomsong.pipeline.fairness import fairness_of
from lomsong.pipeline.fields import Fields, fit_surfaces, hash_inputs, read, validate_fields
from lomsong.pipeline.gaps import Gaps, find_gaps, unknown_buildings
from lomsong.pipeline.outcome import Result, edition_of, findings_of, hamlets_of, names_of, period_of
from lomsong.pipeline.signal import map_signal
from lomsong.pipeline.towers import plan_towers
from lomsong.publish.brief import write_brief
from lomsong.publish.edition import brief_of, write_edition
from lomsong.publish.manifest import write_manifest
from lomsong.publish.validation import field_account, write_validations
from lomsong.settings import as_dict, load
from lomsong.stages import Report, Stages, quiet
from lomsong.surface.validation import MAX_SCORED, Validation

__all__ = [
    "Fields",
    "Gaps",
    "Result",
    "edition_of",
    "estimate",
    "find_gaps",
    "publish",
    "publish_validation",
    "run",
    "validate_fields",
]

BRIEF_SCHEMES = ("blocks", "passes", "distances")
"""Ways in which a part of the survey is left out for the brief of each run."""


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
    claims, _ = stages.run("claims", (gaps_key, s.claims), lambda: judge_claims(evidence, surfaces, gaps, s))
    fairness, _ = stages.run("fairness", gaps_key, lambda: fairness_of(evidence, gaps))
    drawn_with = (fields.key, s.gap.usable_dbm, s.publish.raster_m)
    signal, _ = stages.run("signal", drawn_with, lambda: map_signal(evidence, surfaces, s))
    plan = None
    if s.siting.sites and evidence.terrain is not None:
        plan, _ = stages.run("plan", (gaps_key, s.siting), lambda: plan_towers(evidence, surfaces, gaps, s))
    validations = validate_fields(fields, "validation", schemes=BRIEF_SCHEMES, block_ranges=(2.0,), most=MAX_SCORED)
    found = (gaps, signal, plan, claims, fairness)
    return Result(s, evidence, surfaces, *found, fields.inputs, stages.timings_s, validations)


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
    evidence, key = stages.run("evidence", read_with, lambda: read(settings_file, s))
    service = (s.gap.usable_dbm, sorted(s.gap.thresholds_dbm.items())) if s.gap.thresholds_dbm else ()
    surfaces, key = stages.run("field", (key, s.surface, s.run.seed, *service), lambda: fit_surfaces(evidence, s))
    return Fields(s, evidence, surfaces, hashes, stages, key)


def _gaps_of(fields: Fields) -> tuple[Gaps, str]:
    s = fields.settings
    depends_on = (fields.key, s.gap, s.radio.building_loss_db)
    return fields.stages.run("gaps", depends_on, lambda: find_gaps(fields.evidence, fields.surfaces, s))


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
        "buildings_without_loss": unknown_buildings(evidence, result.settings),
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
    names = names_of(evidence.operators)
    paths = write_validations(folder, validations, names, language)
    if validations.keys() == set(evidence.operators):
        gaps, _ = _gaps_of(fields)
        findings = findings_of(evidence, gaps, settings, hamlets_of(evidence, gaps))
        brief = brief_of(settings, gaps.ranking, names, period_of(evidence), validations, findings)
        write_brief(folder / "brief.docx", brief)
        paths.append(folder / "brief.docx")
    return paths
