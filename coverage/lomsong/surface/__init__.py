"""Statistics: samples in, level with an uncertainty out."""

from __future__ import annotations

from lomsong.surface.blocks import block_folds
from lomsong.surface.declared import Declaration
from lomsong.surface.draws import Shared
from lomsong.surface.features import Mosaic, sector_features
from lomsong.surface.field import CoverageSurface, Places
from lomsong.surface.fusion import Service, ServiceSurface
from lomsong.surface.kriging import CoverageKriging
from lomsong.surface.learned import LearnedCorrection
from lomsong.surface.pathloss import Tuning
from lomsong.surface.scores import Scores
from lomsong.surface.sectors import SectorCovariance, SectorSurface, site_groups
from lomsong.surface.shared import shared_shadowing
from lomsong.surface.validation import Validation, cross_validate, validate

__all__ = [
    "CoverageKriging",
    "CoverageSurface",
    "Declaration",
    "LearnedCorrection",
    "Mosaic",
    "Places",
    "Scores",
    "SectorCovariance",
    "SectorSurface",
    "Service",
    "ServiceSurface",
    "Shared",
    "Tuning",
    "Validation",
    "block_folds",
    "cross_validate",
    "sector_features",
    "shared_shadowing",
    "site_groups",
    "validate",
]
