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
        read_handovers,
        read_households,
        read_land_cover,
        read_learners,
        read_population,
        read_schools,
        read_sites,
        read_survey,
        read_terrain,
    )
    from lomsong.plot import (
        plot_gain_curve,
        plot_gap,
        plot_level,
        plot_modelled,
        plot_plan,
        plot_probability,
        plot_profile,
        plot_ranking,
        plot_reliability,
        plot_survey,
        show_ranking,
    )
    from lomsong.siting import maximum_coverage, minimum_cost_cover
    from lomsong.surface import CoverageKriging, CoverageSurface

_HOMES = {
    "CoverageKriging": "surface",
    "CoverageSurface": "surface",
    "maximum_coverage": "siting",
    "minimum_cost_cover": "siting",
    "plot_gain_curve": "plot",
    "plot_gap": "plot",
    "plot_level": "plot",
    "plot_modelled": "plot",
    "plot_plan": "plot",
    "plot_probability": "plot",
    "plot_profile": "plot",
    "plot_ranking": "plot",
    "plot_reliability": "plot",
    "plot_survey": "plot",
    "rank_communes": "gap",
    "read_cells": "ingest",
    "read_communes": "ingest",
    "read_crosswalk": "ingest",
    "read_hamlets": "ingest",
    "read_handovers": "ingest",
    "read_households": "ingest",
    "read_land_cover": "ingest",
    "read_learners": "ingest",
    "read_population": "ingest",
    "read_schools": "ingest",
    "read_sites": "ingest",
    "read_survey": "ingest",
    "read_terrain": "ingest",
    "show_ranking": "plot",
}
_ROOMS = (
    "devices",
    "gap",
    "geo",
    "ingest",
    "pipeline",
    "plot",
    "publish",
    "radio",
    "settings",
    "simulate",
    "siting",
    "surface",
    "tables",
)

__all__ = [
    "CoverageKriging",
    "CoverageSurface",
    "maximum_coverage",
    "minimum_cost_cover",
    "plot_gain_curve",
    "plot_gap",
    "plot_level",
    "plot_modelled",
    "plot_plan",
    "plot_probability",
    "plot_profile",
    "plot_ranking",
    "plot_reliability",
    "plot_survey",
    "rank_communes",
    "read_cells",
    "read_communes",
    "read_crosswalk",
    "read_hamlets",
    "read_handovers",
    "read_households",
    "read_land_cover",
    "read_learners",
    "read_population",
    "read_schools",
    "read_sites",
    "read_survey",
    "read_terrain",
    "show_ranking",
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
