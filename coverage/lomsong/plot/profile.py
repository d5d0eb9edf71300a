"""The plot of one link over its terrain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lomsong import shown
from lomsong.plot.canvas import axes_of
from lomsong.publish.coverage.profile_plot import draw_profile
from lomsong.radio.profile import PathProfile

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_profile(profile: PathProfile, *, ax: Axes | None = None, language: str | None = None) -> Axes:
    """Plot terrain on the effective Earth, antennas, ray, first Fresnel zone, and what cuts it.

    Parameters
    ----------
    profile
        What :func:`lomsong.radio.path_profile` returned.
    ax
        Axes to draw on; None: new ones.
    language
        vi or en; None: that of notebooks.

    Raises
    ------
    DataError
        When the profile has fewer than three points or no length.
    """
    ax = axes_of(ax, 11, 5)
    draw_profile(ax, profile, language or shown.language())
    return ax
