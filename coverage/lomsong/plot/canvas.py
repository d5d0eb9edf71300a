"""Axes to draw on, and numbers beside them in the reader's form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lomsong import shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAIN, FAINT, GRID = "#0b5c8a", "#9aa6ae", "#e4e8eb"
"""Colours of what is told, of what it is held against, and of the lines behind."""


def axes_of(ax: Axes | None, width_in: float, height_in: float) -> Axes:
    """Return ``ax``, or new axes of a size in inches."""
    if ax is not None:
        return ax
    from matplotlib import pyplot

    return pyplot.subplots(figsize=(width_in, height_in), layout="constrained")[1]


def plain(ax: Axes, language: str, *, across: bool = True, down: bool = True) -> None:
    """Take away frame and ticks, and number the axes as the language does."""
    from matplotlib.ticker import FuncFormatter

    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(color=GRID, linewidth=0.8)
    ax.set_axisbelow(True)
    ax.tick_params(length=0)
    form = FuncFormatter(lambda value, _: _tick(value, language))
    if across:
        ax.xaxis.set_major_formatter(form)
    if down:
        ax.yaxis.set_major_formatter(form)


def _tick(value: float, language: str) -> str:
    digits = next((places for places in range(4) if abs(value - round(value, places)) < 1e-9), 3)
    return shown.number(value, digits, language)
