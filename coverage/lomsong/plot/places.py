"""Plots of communes: the ranking with its intervals and ties, the gap on the map, a plan of towers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from lomsong import shown
from lomsong.geo import require_crs
from lomsong.plot.canvas import MAIN, axes_of, plain
from lomsong.publish.drawing import Base, draw_gap, draw_plan, north_and_scale
from lomsong.publish.map import palette
from lomsong.tables import require_columns
from lomsong.texts import text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COUNT = ("unconnected", "unconnected_low", "unconnected_high")


def plot_ranking(
    ranking: pd.DataFrame, first: int = 15, *, truth: pd.Series | None = None, ax: Axes | None = None,
    language: str | None = None,
) -> Axes:  # fmt: skip
    """Plot the first areas of a ranking with their intervals; areas that cannot be told apart share a band.

    Parameters
    ----------
    ranking
        Table ``ranking``, with ``unconnected`` and its interval, ``rank_low`` and ``rank_high``.
    first
        How many areas.
    truth
        True counts on the index of ``ranking``, where they are known.
    ax
        Axes to draw on; None: new ones.
    language
        vi or en; None: that of notebooks, :func:`lomsong.shown.language`.

    Returns
    -------
    The axes, an area a row, the first on top; beside each name the ranks that are possible.
    """
    language = language or shown.language()
    require_columns(ranking, "ranking", ("rank", "rank_low", "rank_high", "name", *_COUNT))
    top = ranking.sort_values("rank").head(first)
    ax = axes_of(ax, 7.5, 0.8 + 0.32 * len(top))
    rows = np.arange(len(top))
    for number, (low, high) in enumerate(_ties(top)):
        ax.axhspan(low - 0.5, high + 0.5, color="#eef2f5" if number % 2 == 0 else "white", zorder=0)
    counts = top["unconnected"].to_numpy(float)
    ends = [counts - top["unconnected_low"].to_numpy(float), top["unconnected_high"].to_numpy(float) - counts]
    ax.errorbar(counts, rows, xerr=np.maximum(ends, 0), fmt="o", color=MAIN, capsize=3, markersize=6, zorder=3)
    if truth is not None:
        said = text("plot.truth", language)
        ax.plot(
            truth.reindex(top.index), rows, "D", color="#d55e00", markersize=5, label=said, linestyle="none", zorder=4
        )
        ax.legend(frameon=False, loc="lower right")
    ranks = [
        f"{low}" if low == high else f"{low}–{high}"
        for low, high in zip(top["rank_low"], top["rank_high"], strict=True)
    ]
    ax.set_yticks(rows, [f"{name}  ({rank})" for name, rank in zip(top["name"], ranks, strict=True)])
    ax.invert_yaxis()
    ax.set_xlim(left=0)
    ax.set_xlabel(text("plot.unconnected_axis", language))
    plain(ax, language, down=False)
    ax.grid(visible=False, axis="y")
    return ax


def _ties(top: pd.DataFrame) -> list[tuple[int, int]]:
    """Return first and last row of runs of areas of which each can have the rank of its neighbour."""
    groups: list[list[int]] = []
    highest = -1.0
    for row, (rank, high) in enumerate(zip(top["rank"], top["rank_high"], strict=True)):
        if groups and rank <= highest:
            groups[-1].append(row)
        else:
            groups.append([row])
        highest = max(highest, float(high))
    return [(group[0], group[-1]) for group in groups]


def plot_gap(
    communes: gpd.GeoDataFrame, ranking: pd.DataFrame, column: str = "unconnected", *, first: int = 10,
    water: gpd.GeoDataFrame | None = None, ax: Axes | None = None, language: str | None = None,
) -> Axes:  # fmt: skip
    """Plot learners without signal, or their share, by commune, in the colours of the interactive map.

    Parameters
    ----------
    communes
        Table ``communes``; with ``parent_name`` districts are outlined.
    ranking
        Table ``ranking`` of the same communes.
    column
        ``share``, or a count such as ``unconnected`` or ``unconnected_viettel``.
    first
        So many communes bear their rank.
    water
        Lakes and rivers.
    ax, language
        As in :func:`plot_ranking`.
    """
    language = language or shown.language()
    require_columns(ranking, "ranking", ("commune_code", "rank", column))
    share = column == "share"
    classes = palette.share_classes() if share else palette.count_classes(ranking[column])
    ax = axes_of(ax, 8, 6)
    base = Base(communes, water)
    title = text("draw.share_title" if share else "draw.count_title", language)
    draw_gap(ax, base, ranking, column, classes, unit="share" if share else "count", title=title, first=first,
             language=language)  # fmt: skip
    north_and_scale(ax, base, language)
    return ax


def plot_plan(
    communes: gpd.GeoDataFrame, towers: gpd.GeoDataFrame, zones: gpd.GeoDataFrame | None = None, *,
    sites: gpd.GeoDataFrame | None = None, water: gpd.GeoDataFrame | None = None, ax: Axes | None = None,
    language: str | None = None,
) -> Axes:  # fmt: skip
    """Plot proposed towers under their numbers, over the gap zones that they are for.

    Parameters
    ----------
    communes
        Table ``communes``.
    towers
        Points with ``order``.
    zones
        Polygons or points with ``unconnected``.
    sites, water
        Existing sites; lakes and rivers.
    ax, language
        As in :func:`plot_ranking`.
    """
    language = language or shown.language()
    require_columns(towers, "towers", ("order",))
    for layer, name in ((towers, "towers"), (zones, "zones"), (sites, "sites")):
        if layer is not None:
            require_crs(layer, name)
    ax = axes_of(ax, 8, 6)
    base = Base(communes, water)
    draw_plan(ax, base, zones, towers, sites, title=text("draw.plan_title", language), language=language)
    north_and_scale(ax, base, language)
    return ax


def show_ranking(ranking: pd.DataFrame, first: int = 10) -> shown.Card:
    """Return the first areas of a ranking as a table for reading: rank with the ranks possible, count, interval, share.

    Parameters
    ----------
    ranking
        Table ``ranking``.
    first
        How many areas.
    """
    heads, rows = shown.ranking_rows(ranking, first)
    return shown.Card(shown.say("ranking", count=len(rows)), (), heads, rows)
