"""Plots of plans: what each further site adds, and how good any plan could be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from lomsong import shown
from lomsong.plot.canvas import FAINT, MAIN, axes_of, plain
from lomsong.siting import Plan
from lomsong.tables import require_columns
from lomsong.texts import text

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_gain_curve(
    curve: pd.DataFrame | Plan, *, total: float | None = None, ax: Axes | None = None, language: str | None = None
) -> Axes:
    """Plot the learners reached by so many sites, below the bound that no plan of as many can pass.

    Parameters
    ----------
    curve
        Columns sites, learners and bound, a plan of each number, as :func:`~lomsong.siting.plan.gain_curve` returns
        it; or one plan, whose sites are then added in their order and whose bound is that of them all. A plan of least
        cost has none of learners.
    total
        Learners who have no signal, for a second axis in shares; None: none.
    ax
        Axes to draw on; None: new ones.
    language
        vi or en; None: that of notebooks.
    """
    language = language or shown.language()
    if not isinstance(curve, Plan):
        require_columns(curve, "curve", ("sites", "learners", "bound"))
    ax = axes_of(ax, 6.5, 4)
    if isinstance(curve, Plan):
        learners = np.r_[0.0, np.cumsum(curve.gains)]
        if np.isclose(curve.objective, learners[-1]):  # else it is a plan of least cost, and its bound one of cost
            ax.axhline(curve.bound, color=FAINT, linestyle=(0, (4, 3)), label=text("plot.bound", language))
        sites = np.arange(len(learners))
    else:
        sites, learners = curve["sites"].to_numpy(), curve["learners"].to_numpy(float)
        ax.plot(sites, curve["bound"], color=FAINT, linestyle=(0, (4, 3)), label=text("plot.bound", language))
    ax.plot(sites, learners, color=MAIN, marker="o", label=text("plot.reached", language))
    ax.set(xlim=(0, None), ylim=(0, None))
    ax.set_xlabel(text("plot.sites_axis", language))
    ax.set_ylabel(text("plot.learners_axis", language))
    ax.legend(frameon=False, loc="lower right")
    plain(ax, language)
    if total:
        functions: Any = (lambda value: value / total, lambda share: share * total)
        right = ax.secondary_yaxis("right", functions=functions)
        right.yaxis.set_major_formatter(lambda share, _: shown.per_cent(share, language, 0))
        right.tick_params(length=0)
    return ax
