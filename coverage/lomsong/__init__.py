"""lomsong (lõm sóng, "signal hollow"): signal surveys, learners and communes into coverage gaps, a map and a plan."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from lomsong.gap import rank_communes
    from lomsong.ingest import (
        read_cells,
        read_communes,
        read_crosswalk,
        read_hamlets,
        read_households,
        read_land_cover,
        read_learners,
        read_population,
        read_schools,
        read_sites,
        read_survey,
        read_terrain,
    )
    from lomsong.siting import maximum_coverage, minimum_cost_cover
    from lomsong.surface import CoverageKriging, CoverageSurface

_HOMES = {
    "CoverageKriging": "surface",
    "CoverageSurface": "surface",
    "maximum_coverage": "siting",
    "minimum_cost_cover": "siting",
    "rank_communes": "gap",
    "read_cells": "ingest",
    "read_communes": "ingest",
    "read_crosswalk": "ingest",
    "read_hamlets": "ingest",
    "read_households": "ingest",
    "read_land_cover": "ingest",
    "read_learners": "ingest",
    "read_population": "ingest",
    "read_schools": "ingest",
    "read_sites": "ingest",
    "read_survey": "ingest",
    "read_terrain": "ingest",
}
_ROOMS = ("gap", "geo", "ingest", "pipeline", "publish", "radio", "settings", "simulate", "siting", "surface", "tables")

__all__ = [
    "CoverageKriging",
    "CoverageSurface",
    "maximum_coverage",
    "minimum_cost_cover",
    "rank_communes",
    "read_cells",
    "read_communes",
    "read_crosswalk",
    "read_hamlets",
    "read_households",
    "read_land_cover",
    "read_learners",
    "read_population",
    "read_schools",
    "read_sites",
    "read_survey",
    "read_terrain",
]


def __getattr__(name: str) -> Any:
    """Load a room when it is first asked for, so that ``lomsong --help`` does not wait for all of them."""
    if name in _HOMES:
        return getattr(importlib.import_module(f"lomsong.{_HOMES[name]}"), name)
    if name in _ROOMS:
        return importlib.import_module(f"lomsong.{name}")
    raise AttributeError(f"module 'lomsong' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, *_ROOMS, "__version__"])
