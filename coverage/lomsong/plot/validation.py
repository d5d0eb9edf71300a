"""Plots of how far estimates can be trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from lomsong import shown
from lomsong.errors import DataError
from lomsong.plot.canvas import FAINT, MAIN, axes_of, plain
from lomsong.surface.validation import Validation
from lomsong.texts import fault, text

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_reliability(
    validation: Validation, row: int | None = None, *, ax: Axes | None = None, language: str | None = None
) -> Axes:
    """Plot the share found usable against the predicted probability, with 90 % Wilson bounds; honest is the diagonal.

    Parameters
    ----------
    validation
        Scored.
    row
        Of ``validation.scores``; None: the scheme that comes closest to the places to be estimated.
    ax
        Axes to draw on; None: new ones.
    language
        vi or en; None: that of notebooks.

    Raises
    ------
    DataError
        When nothing could be scored.
    """
    language = language or shown.language()
    row = validation.closest if row is None else row
    if row is None:
        raise fault(DataError, "plot_nothing_scored")
    table = validation.reliability_of(row)
    table = table[table["n"] > 0]
    ax = axes_of(ax, 5, 5)
    ax.plot([0, 1], [0, 1], color=FAINT, linestyle=(0, (4, 3)), label=text("plot.honest", language))
    columns = ["predicted", "observed", "observed_low", "observed_high"]
    predicted, observed, low, high = table[columns].to_numpy(float).T
    ax.errorbar(
        predicted, observed, yerr=np.maximum([observed - low, high - observed], 0), color=MAIN, marker="o", capsize=3,
        label=shown.say(str(validation.scores.loc[row, "scheme"])),
    )  # fmt: skip
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
    ax.set_xlabel(text("plot.predicted_axis", language))
    ax.set_ylabel(text("plot.observed_axis", language))
    ax.legend(frameon=False, loc="upper left")
    plain(ax, language)
    return ax


def plot_modelled(
    measured_dbm: ArrayLike, modelled_dbm: ArrayLike, *, ax: Axes | None = None, language: str | None = None
) -> Axes:
    """Plot modelled against measured levels with bias and RMSE: a model held against a drive test.

    Parameters
    ----------
    measured_dbm, modelled_dbm
        Levels at the same places, shape (n,), dBm; pairs with a missing one are left out.
    ax, language
        As in :func:`plot_reliability`.

    Raises
    ------
    DataError
        When the two have other lengths, or no pair is complete.
    """
    language = language or shown.language()
    measured, modelled = np.asarray(measured_dbm, float), np.asarray(modelled_dbm, float)
    if measured.shape != modelled.shape or not (known := np.isfinite(measured) & np.isfinite(modelled)).any():
        raise fault(DataError, "plot_pairs", measured=str(measured.shape), modelled=str(modelled.shape))
    measured, modelled = measured[known], modelled[known]
    ax = axes_of(ax, 5, 5)
    low, high = float(min(measured.min(), modelled.min())) - 2, float(max(measured.max(), modelled.max())) + 2
    ax.hexbin(measured, modelled, gridsize=45, cmap="Blues", mincnt=1, bins="log", extent=(low, high, low, high))
    ax.plot([low, high], [low, high], color=FAINT, linestyle=(0, (4, 3)))
    error = modelled - measured
    rmse, bias = (
        shown.number(value, 1, language) for value in (float(np.sqrt((error**2).mean())), float(error.mean()))
    )
    said = text("plot.errors", language, rmse=rmse, bias=bias, count=shown.number(len(error), 0, language))
    ax.text(0.03, 0.97, said, transform=ax.transAxes, va="top")
    ax.set(xlim=(low, high), ylim=(low, high), aspect="equal")
    ax.set_xlabel(text("plot.measured_axis", language))
    ax.set_ylabel(text("plot.modelled_axis", language))
    plain(ax, language)
    return ax
