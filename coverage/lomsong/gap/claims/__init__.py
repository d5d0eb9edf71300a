"""What operators declare of their coverage, held against field tests."""

from lomsong.gap.claims.areas import claim_areas
from lomsong.gap.claims.check import ClaimCheck, Standard, check_claims
from lomsong.gap.claims.field_tests import field_tests
from lomsong.gap.claims.hexagons import ChallengeRules, challenge
from lomsong.gap.claims.shares import needed_without_failure, wilson_bounds
from lomsong.gap.claims.zones import commune_zones

__all__ = [
    "ChallengeRules",
    "ClaimCheck",
    "Standard",
    "challenge",
    "check_claims",
    "claim_areas",
    "commune_zones",
    "field_tests",
    "needed_without_failure",
    "wilson_bounds",
]
