"""Towers: where they can stand, whom they would reach, and which few reach the most."""

from lomsong.siting.candidates import propose
from lomsong.siting.cover import Plan, maximum_coverage
from lomsong.siting.mincost import Sharing, minimum_cost_cover, sharing
from lomsong.siting.plan import tower_plan
from lomsong.siting.reach import reach_matrix
from lomsong.siting.rules import DemandQuota, SiteQuota, too_close

__all__ = [
    "DemandQuota",
    "Plan",
    "Sharing",
    "SiteQuota",
    "maximum_coverage",
    "minimum_cost_cover",
    "propose",
    "reach_matrix",
    "sharing",
    "too_close",
    "tower_plan",
]
