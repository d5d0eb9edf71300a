"""Evidence: files of any known kind into the tables of the data model, with an account of every row."""

from __future__ import annotations

from lomsong.ingest.boundaries import read_communes
from lomsong.ingest.evidence import Account, Evidence, input_files, read_evidence
from lomsong.ingest.files import read_layer
from lomsong.ingest.quality import CHECKS, SurveyLimits
from lomsong.ingest.rasters import read_terrain
from lomsong.ingest.reading import Reading, Survey
from lomsong.ingest.rosters import read_hamlets, read_households, read_schools, read_sites
from lomsong.ingest.surveys import read_survey, read_surveys

__all__ = [
    "CHECKS",
    "Account",
    "Evidence",
    "Reading",
    "Survey",
    "SurveyLimits",
    "input_files",
    "read_communes",
    "read_evidence",
    "read_hamlets",
    "read_households",
    "read_layer",
    "read_schools",
    "read_sites",
    "read_survey",
    "read_surveys",
    "read_terrain",
]
