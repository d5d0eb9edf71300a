"""Towers for those whom no operator reaches: ground, choice, what constraints and sharing are worth, and the study."""

from lomsong.pipeline.towers.constraints import GRID_KM
from lomsong.pipeline.towers.ground import Ground, survey_ground
from lomsong.pipeline.towers.result import Towers, plan_towers

__all__ = ["GRID_KM", "Ground", "Towers", "plan_towers", "survey_ground"]
