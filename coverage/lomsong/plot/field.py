"""Plots of signal: where it was measured, what level is estimated, and with what probability it is usable."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
from rasterio.transform import from_origin
from shapely import contains_xy
from sklearn.utils.validation import check_is_fitted

from lomsong import shown
from lomsong.geo import Grid, coordinates, require_crs
from lomsong.plot.canvas import axes_of
from lomsong.publish.drawing import Base, Entry, clear, draw_base, draw_signal, legend, north_and_scale, of_classes
from lomsong.publish.map import palette
from lomsong.surface import CoverageSurface
from lomsong.texts import text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SURVEYED_SHARE = 0.1
"""Where measurements take away less of the prior variance, a place is drawn as unsurveyed."""


def plot_survey(
    samples: gpd.GeoDataFrame, communes: gpd.GeoDataFrame, *, usable_dbm: float = -110.0, most: int = 20_000,
    ax: Axes | None = None, language: str | None = None,
) -> Axes:  # fmt: skip
    """Plot measured levels in their classes; where a phone found no service is a colour of its own.

    Parameters
    ----------
    samples
        Table ``samples``: rsrp_dbm and service.
    communes
        Table ``communes``.
    usable_dbm
        Level at which classes break.
    most
        Of more samples every so many is drawn.
    ax
        Axes to draw on; None: new ones.
    language
        vi or en; None: that of notebooks.
    """
    language = language or shown.language()
    require_crs(samples, "samples")
    ax, base = axes_of(ax, 8, 6), Base(communes)
    clear(ax, base)
    drawn = samples.iloc[:: -(-len(samples) // most)] if len(samples) else samples
    at = coordinates(drawn, base.crs)
    silent = (drawn["service"] == "no_service").to_numpy()
    classes = palette.level_classes(usable_dbm)
    level = drawn["rsrp_dbm"].to_numpy(float)
    known = ~silent & np.isfinite(level)
    colours = np.array(classes.colours, object)[classes.index(level[known])]
    ax.scatter(at[known, 0], at[known, 1], s=3, c=list(colours), linewidth=0, zorder=7)
    ax.scatter(at[silent, 0], at[silent, 1], s=5, c=palette.NO_SERVICE_COLOUR, marker="x", linewidth=0.7, zorder=8)
    draw_base(ax, base)
    silent_words = text("plot.no_service", language)
    entries = [*of_classes(classes, language, "dbm"), Entry(silent_words, palette.NO_SERVICE_COLOUR, "marker", "X")]
    legend(ax, text("draw.level_title", language), entries)
    north_and_scale(ax, base, language)
    return ax


def plot_level(
    surface: CoverageSurface, communes: gpd.GeoDataFrame, *, usable_dbm: float = -110.0, step_m: float = 1_000.0,
    surveyed_share: float = SURVEYED_SHARE, water: gpd.GeoDataFrame | None = None, ax: Axes | None = None,
    language: str | None = None,
) -> Axes:  # fmt: skip
    """Plot the estimated level on a grid over the communes; where nobody measured it is hatched.

    Parameters
    ----------
    surface
        Fitted.
    communes
        Table ``communes``.
    usable_dbm
        Level at which classes break.
    step_m
        Side of the cells.
    surveyed_share
        Least share of the prior variance that measurements take away where a place counts as surveyed.
    water
        Lakes and rivers.
    ax, language
        As in :func:`plot_survey`.
    """
    return _plot(
        surface, communes, usable_dbm, step_m, surveyed_share, water, ax, language, probability=False
    )  # fmt: skip


def plot_probability(
    surface: CoverageSurface, communes: gpd.GeoDataFrame, *, usable_dbm: float = -110.0, step_m: float = 1_000.0,
    surveyed_share: float = SURVEYED_SHARE, water: gpd.GeoDataFrame | None = None, ax: Axes | None = None,
    language: str | None = None,
) -> Axes:  # fmt: skip
    """Plot the probability that the level is usable; parameters as in :func:`plot_level`."""
    return _plot(
        surface, communes, usable_dbm, step_m, surveyed_share, water, ax, language, probability=True
    )  # fmt: skip


def _plot(
    surface: CoverageSurface, communes: gpd.GeoDataFrame, usable_dbm: float, step_m: float, surveyed_share: float,
    water: gpd.GeoDataFrame | None, ax: Axes | None, language: str | None, *, probability: bool,
) -> Axes:  # fmt: skip
    language = language or shown.language()
    check_is_fitted(surface, "crs_")
    require_crs(communes, "communes")
    ax = axes_of(ax, 8, 6)
    land = communes.to_crs(surface.crs_)
    grid = Grid.over(tuple(land.total_bounds), step_m, surface.crs_)
    centres = grid.centres()
    inside = contains_xy(land.union_all(), *centres.T)
    places = surface.locate(centres[inside])
    found = surface.predict(places)
    told = surface.probability(places, usable_dbm) if probability else found["level_dbm"]
    values, surveyed = np.full(len(centres), np.nan, np.float32), np.zeros(len(centres), bool)
    values[inside], surveyed[inside] = told, found["information"] >= surveyed_share
    classes = palette.probability_classes() if probability else palette.level_classes(usable_dbm)
    title = text("draw.probability_title" if probability else "draw.level_title", language)
    base = Base(land, water)
    draw_signal(
        ax, base, values.reshape(grid.shape), surveyed.reshape(grid.shape),
        from_origin(grid.west_m, grid.north_m, step_m, step_m), surface.crs_, classes,
        unit="share" if probability else "dbm", title=title, language=language,
    )  # fmt: skip
    north_and_scale(ax, base, language)
    return ax
