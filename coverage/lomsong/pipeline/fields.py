"""The first two stages: what was read, and the field of each operator."""

from __future__ import annotations

import glob
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd

from lomsong.chunks import over_threads
from lomsong.ingest import Evidence, input_files
from lomsong.ingest.files.opening import split_layer
from lomsong.ingest.files.sources import pattern_of
from lomsong.ingest.technologies import read_all, studied
from lomsong.publish.manifest import sha256
from lomsong.settings import Inputs, Settings
from lomsong.stages import Stages
from lomsong.surface import CoverageSurface
from lomsong.surface.censoring import floors_of
from lomsong.surface.fusion import Service, ServiceSurface
from lomsong.surface.validation import Validation, validate
from lomsong.texts import Phrase, fault


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


def hash_inputs(settings_file: Path, inputs: Inputs) -> dict[str, str]:
    """Return SHA-256 by path relative to the settings; of a glob or a folder, of each file that it names."""
    base = settings_file.resolve().parent
    files = (split_layer(value)[0] for values in input_files(settings_file, inputs).values() for value in values)
    named = {name for file in files for name in _named_by(Path(file))}
    found = {path for name in named for path in (name.rglob("*") if name.is_dir() else (name,)) if path.is_file()}
    return {_named(path, base): sha256(path) for path in sorted(found)}


def _named_by(file: Path) -> list[Path]:
    """Return a file or folder that is there, else those that it names as a pattern."""
    if file.exists():
        return [file]
    folder, pattern = pattern_of(file)
    return [folder / name for name in glob.glob(pattern, root_dir=folder, recursive=True)]


def _named(path: Path, base: Path) -> str:
    try:
        return Path(os.path.relpath(path, base)).as_posix()
    except ValueError:  # on Windows nothing leads from one drive to another
        return path.as_posix()


def read(settings_file: Path, settings: Settings) -> Evidence:
    """Read the inputs, or raise the first of their faults and say how many there are."""
    evidence, account = read_all(settings_file, settings)
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
    together = studied(settings)

    def fit(samples: gpd.GeoDataFrame) -> CoverageSurface:
        model = CoverageSurface(
            surface.neighbours, survey.block_m, survey.floor_dbm, surface.rx_height_m, run.workers, run.seed,
            surface.learned,
        )  # fmt: skip
        return model.fit(samples, _sites_of(samples, sites), evidence.terrain, floors_of(samples, survey))

    def fit_one(operator: str) -> CoverageSurface:
        samples = evidence.samples[evidence.samples["operator"] == operator].to_crs(evidence.crs)
        if settings.gap.thresholds_dbm or len(together) > 1:
            return ServiceSurface.of(samples, Service.of(settings.gap, together), fit, survey.block_m)
        return fit(samples)

    return dict(zip(evidence.operators, over_threads(fit_one, evidence.operators, run.workers), strict=True))


def _sites_of(samples: gpd.GeoDataFrame, sites: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame | None:
    """Return the sites of the technologies of the samples, and those of which none is told."""
    if sites is None or "technology" not in sites:
        return sites
    told = set(samples["technology"].dropna())
    return sites[sites["technology"].isna() | sites["technology"].isin(told)] if told else sites


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
        scored = over_threads(validate_one, fields.surfaces.values(), settings.run.workers)
        return dict(zip(fields.surfaces, scored, strict=True))

    key = (fields.key, settings.gap, list(fields.surfaces), sorted(chosen.items()))
    return fields.stages.run(stage, key, validate_all)[0]
