"""Gap and rank: who is without signal, and which commune comes first."""

from __future__ import annotations

from lomsong.gap.claims import challenge, check_claims
from lomsong.gap.learners import LearnerDraws, UnconnectedDraws, learner_draws
from lomsong.gap.lessons import lesson_levels
from lomsong.gap.obstacles import Surroundings
from lomsong.gap.progress import Progress, compare_rounds
from lomsong.gap.rank import by_commune, by_district, by_hamlet, rank_areas, rank_communes
from lomsong.gap.service import over_operators, service_of
from lomsong.gap.survey_plan import SurveyPlan, plan_survey
from lomsong.gap.unreached import reach_of_points, unreached_points
from lomsong.gap.zones import gap_zones

__all__ = [
    "LearnerDraws",
    "Progress",
    "Surroundings",
    "SurveyPlan",
    "UnconnectedDraws",
    "by_commune",
    "by_district",
    "by_hamlet",
    "challenge",
    "check_claims",
    "compare_rounds",
    "gap_zones",
    "learner_draws",
    "lesson_levels",
    "over_operators",
    "plan_survey",
    "rank_areas",
    "rank_communes",
    "reach_of_points",
    "service_of",
    "unreached_points",
]
