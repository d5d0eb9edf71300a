"""Statistics: samples in, level with an uncertainty out."""

from __future__ import annotations

from lomsong.surface.draws import Shared
from lomsong.surface.field import CoverageSurface, Places
from lomsong.surface.kriging import CoverageKriging
from lomsong.surface.pathloss import Tuning
from lomsong.surface.shared import shared_shadowing
from lomsong.surface.validation import Scores, block_folds, cross_validate

__all__ = [
    "CoverageKriging",
    "CoverageSurface",
    "Places",
    "Scores",
    "Shared",
    "Tuning",
    "block_folds",
    "cross_validate",
    "shared_shadowing",
]
