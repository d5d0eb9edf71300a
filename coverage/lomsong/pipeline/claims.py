"""What operators declare, held against the survey."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from lomsong.gap.claims.check import ClaimCheck, Standard, check_claims
from lomsong.gap.claims.hexagons import ChallengeRules, challenge
from lomsong.gap.service import side_by_side
from lomsong.ingest import Evidence
from lomsong.pipeline.gaps import Gaps
from lomsong.settings import Settings
from lomsong.surface import CoverageSurface
from lomsong.surface.declared import Declaration
from lomsong.surface.field import BLOCK_RANGES


@dataclass(frozen=True)
class Claimed:
    """Verdicts on what is declared, and the hexagons in which it was tested."""

    check: ClaimCheck
    hexagons: gpd.GeoDataFrame


def judge_claims(
    evidence: Evidence, surfaces: Mapping[str, CoverageSurface], gaps: Gaps, settings: Settings
) -> Claimed | None:
    """Hold what operators declare against the samples; None where nothing is declared."""
    if evidence.declared_coverage is None:
        return None
    claims, households = settings.claims, evidence.households
    check = check_claims(
        evidence.samples,
        Declaration(evidence.declared_coverage),
        evidence.communes,
        usable_dbm=dict(settings.gap.thresholds_dbm) or settings.gap.usable_dbm,
        crs=evidence.crs,
        standard=Standard(claims.average_share, claims.zone_share, claims.zone_km2),
        block_m={name: BLOCK_RANGES * surface.kriging_.covariance_.scale_m for name, surface in surfaces.items()},
        square_m=settings.survey.block_m,
    )
    operators, p_each, _ = side_by_side(gaps.service, households["household_id"])
    p_usable = pd.DataFrame(p_each, index=households.index, columns=operators)
    hexagons = challenge(check, ChallengeRules.of(claims), households, p_usable, settings.survey.utc_offset_h)
    return Claimed(check, hexagons)
