"""Towers: where they can stand, whom they would reach, and which few reach the most."""

from lomsong.siting.candidates import propose
from lomsong.siting.cover import Plan, maximum_coverage, minimum_cost_cover
from lomsong.siting.plan import tower_plan
from lomsong.siting.reach import reach_matrix

__all__ = ["Plan", "maximum_coverage", "minimum_cost_cover", "propose", "reach_matrix", "tower_plan"]
