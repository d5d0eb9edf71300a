"""Evidence: files of any known kind into the tables of the data model, with an account of every row."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lomsong.ingest.account import Account
    from lomsong.ingest.cells import read_cells
    from lomsong.ingest.communes.boundaries import read_communes
    from lomsong.ingest.communes.matching import match_communes
    from lomsong.ingest.communes.vintage import read_crosswalk
    from lomsong.ingest.evidence import Evidence, input_files, read_evidence
    from lomsong.ingest.files.opening import read_layer
    from lomsong.ingest.kinds import read, read_files, tell
    from lomsong.ingest.maps.layers import read_features
    from lomsong.ingest.maps.rasters import read_dem, read_land_cover, read_population, read_terrain
    from lomsong.ingest.quality import CHECKS, SurveyLimits
    from lomsong.ingest.reading import Reading, Survey
    from lomsong.ingest.rosters.declared import read_declared, reconcile, verdict
    from lomsong.ingest.rosters.handovers import read_handovers
    from lomsong.ingest.rosters.homes import count_learners
    from lomsong.ingest.rosters.learners import read_learners
    from lomsong.ingest.rosters.roster import RosterLimits, read_hamlets, read_households, read_schools, read_sites
    from lomsong.ingest.rosters.settlements import Settlements
    from lomsong.ingest.surveys.companions import read_companion
    from lomsong.ingest.surveys.reader import read_survey, read_surveys

_HOMES = {
    "account": ("Account",),
    "communes.boundaries": ("read_communes",),
    "cells": ("read_cells",),
    "rosters.settlements": ("Settlements",),
    "surveys.companions": ("read_companion",),
    "rosters.declared": ("read_declared", "reconcile", "verdict"),
    "rosters.handovers": ("read_handovers",),
    "evidence": ("Evidence", "input_files", "read_evidence"),
    "files.opening": ("read_layer",),
    "rosters.homes": ("count_learners",),
    "kinds": ("read", "read_files", "tell"),
    "maps.layers": ("read_features",),
    "rosters.learners": ("read_learners",),
    "communes.matching": ("match_communes",),
    "quality": ("CHECKS", "SurveyLimits"),
    "maps.rasters": ("read_dem", "read_land_cover", "read_population", "read_terrain"),
    "reading": ("Reading", "Survey"),
    "rosters.roster": ("RosterLimits", "read_hamlets", "read_households", "read_schools", "read_sites"),
    "surveys.reader": ("read_survey", "read_surveys"),
    "communes.vintage": ("read_crosswalk",),
}

__all__ = [
    "CHECKS",
    "Account",
    "Evidence",
    "Reading",
    "RosterLimits",
    "Settlements",
    "Survey",
    "SurveyLimits",
    "count_learners",
    "input_files",
    "match_communes",
    "read",
    "read_cells",
    "read_communes",
    "read_companion",
    "read_crosswalk",
    "read_declared",
    "read_dem",
    "read_evidence",
    "read_features",
    "read_files",
    "read_hamlets",
    "read_handovers",
    "read_households",
    "read_land_cover",
    "read_layer",
    "read_learners",
    "read_population",
    "read_schools",
    "read_sites",
    "read_survey",
    "read_surveys",
    "read_terrain",
    "reconcile",
    "tell",
    "verdict",
]


def __getattr__(name: str) -> Any:
    """Load a module when one of its names is first asked for: converting a log needs neither rasters nor physics."""
    for module, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(f"lomsong.ingest.{module}"), name)
    raise AttributeError(f"module 'lomsong.ingest' has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__all__)
