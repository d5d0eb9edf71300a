"""Plots of results for notebooks: each draws on axes, its own or those given, and returns them."""

from lomsong.plot.field import plot_level, plot_probability, plot_survey
from lomsong.plot.places import plot_gap, plot_plan, plot_ranking, show_ranking
from lomsong.plot.profile import plot_profile
from lomsong.plot.siting import plot_gain_curve
from lomsong.plot.validation import plot_modelled, plot_reliability

__all__ = [
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
    "show_ranking",
]
