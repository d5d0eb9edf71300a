"""Logs of several technologies in one run: each is read for each technology, and a row may tell of two.

A reader of logs knows one technology under study, whose level it takes and whose rows it keeps. Here the logs are read
once for each of ``survey.technologies``. A row stands rejected only where no technology can use it; a phone on LTE and
NR at once gives a sample of each.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lomsong.errors import ColumnError, SettingsError
from lomsong.ingest import Account, Evidence, SurveyLimits, input_files, read_evidence, read_surveys
from lomsong.ingest.evidence import territory_bounds
from lomsong.ingest.files.sources import Source
from lomsong.ingest.reading import Survey
from lomsong.ingest.surveys.reader import open_survey, survey_files
from lomsong.settings import Settings
from lomsong.tables import FLAGS
from lomsong.texts import fault

KNOWN = ("4G", "5G")
"""Technologies with an RSRP; RxLev of 2G and RSCP of 3G are other quantities, and neither carries a lesson."""

ROW = ["source_file", "source_row"]


def studied(settings: Settings) -> tuple[str, ...]:
    """Return the technologies under study, each once: ``survey.technologies``, or else ``survey.technology``.

    Raises
    ------
    SettingsError
        When one of them is not known.
    """
    found = tuple(dict.fromkeys(settings.survey.technologies or (settings.survey.technology,)))
    unknown = [one for one in found if one not in KNOWN]
    if unknown:
        raise fault(SettingsError, "survey_technologies", value=repr(unknown[0]), known=", ".join(KNOWN))
    return found


def read_all(settings_file: Path, settings: Settings, language: str | None = None) -> tuple[Evidence | None, Account]:
    """Read every input as :func:`~lomsong.ingest.read_evidence` does, the logs for each technology under study.

    Parameters and what is returned are those of :func:`~lomsong.ingest.read_evidence`. A log without a level of one
    technology is passed over for that one; one without any is a fault.
    """
    first, *others = studied(settings)
    if not others:
        return read_evidence(settings_file, _of(settings, first), language)
    files = input_files(settings_file, settings.inputs).get("surveys", [])
    logs = {one: _logs_of(files, one, settings) for one in (first, *others)} if files else {}
    first = next((one for one, found in logs.items() if found), first)
    useless = [name for name in _named(files) if not any(name in found for found in logs.values())]
    evidence, account = read_evidence(settings_file, _of(settings, first, (*logs.get(first, ()), *useless)), language)
    main = account.readings.get("surveys")
    if evidence is None or not isinstance(main, Survey):
        return evidence, account
    readings = {first: main}
    for one in others:
        if one != first and logs[one]:
            limits = SurveyLimits.of(_of(settings, one).survey, territory_bounds(evidence.communes))
            read = partial(read_surveys, list(logs[one]), limits, language or settings.publish.language)
            more = account.attempt(read)
            if more is None:
                return None, account
            readings[one] = more
    merged = merge(readings)
    account.readings["surveys"] = merged
    evidence = replace(
        evidence, samples=merged.samples, rejects=account.rejects, sources=account.sources, flags=account.flags
    )
    return evidence, account


def merge(readings: dict[str, Survey]) -> Survey:
    """Bring readings of the same logs for several technologies together, the first one leading.

    Of a further technology only samples with a level enter: a row without service is the same row in each reading and
    stays once. Where a log tells of no technology each reading would take its level for its own; the first one does,
    and rows of a log whose levels are all those of the first reading again are left out. The account counts rows: one
    that gave two samples was accepted once.

    Parameters
    ----------
    readings
        Technology to what was read for it.
    """
    (_, whole), *others = readings.items()
    for technology, other in others:
        whole = _joined(whole, other, technology)
    known = set(readings)
    mixed = (whole.flags["check"] == "technology_mix") & whole.flags["value"].map(
        lambda value: set(str(value).split(", ")) <= known
    )
    return replace(whole, flags=whole.flags[~mixed.astype(bool)].reset_index(drop=True))


def _joined(whole: Survey, other: Survey, technology: str) -> Survey:
    new_files = ~other.sources["source_file"].isin(whole.sources["source_file"])
    names = set(other.sources["source_file"][new_files])
    samples = other.samples
    own = samples["source_file"].isin(names)
    further = ~own & (samples["service"] == "level") & (samples["technology"] == technology)
    index = pd.MultiIndex.from_frame(whole.samples[ROW])
    row = _first(index, samples)
    known = np.append(whole.samples["rsrp_dbm"].to_numpy(float), np.nan)
    differs = (row < 0) | (known[row] != samples["rsrp_dbm"].to_numpy(float))
    tells = (further & differs).groupby(samples["source_file"]).transform("any")
    kept = own | (further & tells)
    renamed = samples["sample_id"].where((row < 0) | own, samples["sample_id"] + f":{technology}")
    added = samples.assign(sample_id=renamed)[kept]
    gained = pd.MultiIndex.from_frame(whole.rejects[ROW]).isin(pd.MultiIndex.from_frame(added[ROW]))
    moved = whole.sources["source_file"].map(whole.rejects["source_file"][gained].value_counts()).fillna(0)
    sources = whole.sources.assign(
        accepted=whole.sources["accepted"] + moved.astype(int), rejected=whole.sources["rejected"] - moved.astype(int)
    )
    flags = other.flags[other.flags["source_file"].isin(names)] if len(other.flags) else other.flags
    return Survey(
        pd.concat([whole.samples, added], ignore_index=True),
        pd.concat([whole.rejects[~gained], other.rejects[other.rejects["source_file"].isin(names)]], ignore_index=True),
        pd.concat([sources, other.sources[new_files]], ignore_index=True),
        pd.concat([whole.flags, flags], ignore_index=True)[FLAGS.names],
        pd.concat([whole.neighbours, other.neighbours[other.neighbours["sample_id"].isin(added["sample_id"])]],
                  ignore_index=True),
    )  # fmt: skip


def _first(index: pd.MultiIndex, samples: pd.DataFrame) -> NDArray[np.int64]:
    """Return the first row of ``index`` that is each sample's, -1 where there is none: a row may give two samples."""
    place = pd.Series(np.arange(len(index)), index).groupby(level=[0, 1]).first()
    return np.asarray(place.reindex(pd.MultiIndex.from_frame(samples[ROW])).fillna(-1).astype(np.int64))


def _of(settings: Settings, technology: str, surveys: tuple[str, ...] | None = None) -> Settings:
    """Return the settings of a run that studies one technology."""
    inputs = settings.inputs if surveys is None else replace(settings.inputs, surveys=surveys)
    return replace(settings, survey=replace(settings.survey, technology=technology), inputs=inputs)


def _named(patterns: list[str]) -> list[str]:
    return list(dict.fromkeys(str(found.path) for found in survey_files(patterns, "inputs.surveys")[0]))


def _logs_of(patterns: list[str], technology: str, settings: Settings) -> tuple[str, ...]:
    """Return the files in which there is a column for the level of a technology."""
    limits = SurveyLimits.of(_of(settings, technology).survey)
    found = survey_files(patterns, "inputs.surveys")[0]
    without = {str(log.path) for log in found if not _has_level(log, limits)}
    return tuple(name for name in _named(patterns) if name not in without)


def _has_level(log: Source, limits: SurveyLimits) -> bool:
    """Tell whether the beginning of a log can be read for a technology; other faults are left to those who read it."""
    try:
        with open_survey(log, limits=limits) as stream:
            next(iter(stream), None)
    except ColumnError:
        return False
    except Exception:
        return True
    return True
