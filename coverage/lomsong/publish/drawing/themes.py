"""The themes: learners without signal by commune, level and probability, gap zones and proposed towers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS
from shapely import get_coordinates

from lomsong.publish.drawing.legend import Entry, legend, of_classes, unsurveyed
from lomsong.publish.drawing.names import FAINT, INK, metres_a_point
from lomsong.publish.drawing.underlay import FOREST, ROAD, Base, clear, draw_base, hatch, spread
from lomsong.publish.map.palette import STATE_COLOURS, Classes, rgb
from lomsong.texts import text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

UNSURVEYED_SHARE = 0.5
"""A commune where more of the learners were not surveyed is hatched and has no colour."""

_ZONE, _TOWER, _SITE = STATE_COLOURS["none"], "#ffd400", "#5b6870"
_BADGE_M = 0.032
"""Room of a numbered mark, as a share of the map's width."""
_NUMBER_PT = (7, 3)
"""How far right of a tower and above it its number stands."""


def draw_gap(
    axes: Axes,
    base: Base,
    ranking: pd.DataFrame,
    column: str,
    classes: Classes,
    *,
    unit: str = "count",
    title: str = "",
    first: int = 10,
    language: str = "vi",
) -> None:
    """Colour communes by a column of the ranking and number the first of them.

    Parameters
    ----------
    ranking
        As it may be published: where ``<column>_suppressed`` is true the commune has the colour of the lowest class;
        where the number is missing, since it would give another back, it has none.
    column, classes, unit
        What is coloured and how; the unit is count or share.
    first
        So many communes bear their rank.
    """
    clear(axes, base)
    rows = ranking.set_index("commune_code").reindex(base.communes["commune_code"])
    shapes = base.communes.to_crs(base.crs)
    values = rows[column].to_numpy(float)
    flag = f"{column}_suppressed"
    if flag in rows:
        values = np.where(rows[flag].fillna(False).to_numpy(bool), 0.0, values)
    learners = rows["learners"].to_numpy(float)
    unknown = rows["unsurveyed"].to_numpy(float) > UNSURVEYED_SHARE * learners if "unsurveyed" in rows else False
    unknown = unknown | rows["rank"].isna().to_numpy()
    told = ~unknown & np.isfinite(values)
    colours = np.array(classes.colours, object)[classes.index(np.nan_to_num(values))]
    if told.any():  # of nothing to draw geopandas warns on the screen
        shapes[told].plot(ax=axes, color=list(colours[told]), linewidth=0, zorder=1)
    hatch(axes, shapes[unknown])
    top = rows["rank"].to_numpy(float) <= first
    west, east = axes.get_xlim()
    marks = spread(get_coordinates(shapes.geometry.representative_point())[top], _BADGE_M * (east - west))
    draw_base(axes, base, marks=marks)
    _badges(axes, marks, rows["rank"][top])
    entries = of_classes(classes, language, unit)
    if unknown.any():
        entries.append(unsurveyed(language))
    if not (told | unknown).all():
        entries.append(Entry(text("draw.untold", language), "white"))
    entries.append(Entry(text("draw.rank", language, count=int(top.sum())), "white", "marker"))
    legend(axes, title, entries)


def _badges(axes: Axes, marks: NDArray[np.float64], names: pd.Series) -> None:
    for (easting_m, northing_m), name in zip(marks, names, strict=True):
        axes.plot(
            easting_m, northing_m, "o", markersize=13, markerfacecolor="white", markeredgecolor=INK, zorder=8,
            markeredgewidth=1.0,
        )  # fmt: skip
        axes.text(
            easting_m, northing_m, f"{int(name)}", fontsize=7.5, weight="bold", ha="center", va="center_baseline",
            color=INK, zorder=9,
        )  # fmt: skip


def draw_signal(
    axes: Axes,
    base: Base,
    values: NDArray[np.float32],
    surveyed: NDArray[np.bool_],
    transform: Affine,
    crs: CRS | str,
    classes: Classes,
    *,
    unit: str,
    title: str = "",
    language: str = "vi",
) -> None:
    """Colour a raster by its classes; where nobody measured it is hatched and has no colour.

    Parameters
    ----------
    values, surveyed
        Shape (rows, columns); NaN outside the territory.
    transform, crs
        Pixel (column, row) to coordinates, north up; the map is drawn in that CRS.
    """
    communes = base.communes.to_crs(crs)
    at_home = Base(communes, base.water, base.roads, base.forest)
    clear(axes, at_home)
    rows, columns = values.shape
    west, north = transform.c, transform.f
    extent = (west, west + columns * transform.a, north + rows * transform.e, north)
    known = np.isfinite(values)
    pixels = np.zeros((rows, columns, 4), np.uint8)
    colours = np.array([(*rgb(colour), 255) for colour in classes.colours], np.uint8)
    pixels[known & surveyed] = colours[classes.index(values[known & surveyed])]
    axes.imshow(pixels, extent=extent, interpolation="nearest", zorder=1, aspect="equal")
    bare = known & ~surveyed
    if bare.any():
        at = np.arange(columns) * transform.a + west + transform.a / 2, np.arange(rows) * transform.e + north
        shown = axes.contourf(*at, bare.astype(float), levels=[0.5, 1.5], colors="none", hatches=["////"], zorder=2)
        shown.set_edgecolor(FAINT)
    draw_base(axes, at_home)
    entries = of_classes(classes, language, unit)
    legend(axes, title, [*entries, unsurveyed(language)] if bare.any() else entries)


def draw_plan(
    axes: Axes,
    base: Base,
    zones: gpd.GeoDataFrame | None,
    towers: gpd.GeoDataFrame | None,
    sites: gpd.GeoDataFrame | None = None,
    *,
    title: str = "",
    language: str = "vi",
) -> None:
    """Draw gap zones as discs of the learners without signal in them, and towers under their numbers."""
    from matplotlib.patheffects import withStroke

    clear(axes, base)
    crs = base.crs
    shapes = base.communes.to_crs(crs)
    shapes.plot(ax=axes, color="#f7f8f8", linewidth=0, zorder=0)
    entries = []
    if base.forest is not None and "forest_class" in base.forest:
        reserve = base.forest[base.forest["forest_class"] == "special_use"].to_crs(crs)
        if len(reserve):
            reserve.plot(ax=axes, color=FOREST, linewidth=0, zorder=1)
            entries.append(Entry(text("draw.reserve", language), FOREST))
    if base.roads is not None and len(base.roads):
        base.roads.to_crs(crs).clip(shapes.union_all()).plot(ax=axes, color=ROAD, linewidth=0.45, zorder=2)
        entries.append(Entry(text("draw.road", language), ROAD, "line"))
    stand = get_coordinates(towers.to_crs(crs).geometry) if towers is not None else np.empty((0, 2))
    draw_base(axes, base, marks=np.vstack([stand, stand + metres_a_point(axes) * np.array(_NUMBER_PT)]))
    if sites is not None and len(sites):
        at = get_coordinates(sites.to_crs(crs).geometry)
        axes.plot(*at.T, ".", markersize=1.6, color=_SITE, zorder=6)
        entries.append(Entry(text("draw.site", language), _SITE, "marker", "."))
    if zones is not None and len(zones):
        at = get_coordinates(zones.to_crs(crs).geometry.representative_point())
        sizes = 1.1 * zones["unconnected"].fillna(1.0).to_numpy(float) + 6
        axes.scatter(at[:, 0], at[:, 1], s=sizes, color=_ZONE, alpha=0.75, linewidth=0.5, edgecolor="white", zorder=7)
        entries.insert(0, Entry(text("draw.zone", language), _ZONE, "marker"))
    if towers is not None and len(towers):
        axes.plot(*stand.T, "^", markersize=9, markerfacecolor=_TOWER, markeredgecolor=INK, zorder=8, linestyle="none")
        for place, order in zip(stand, towers["order"], strict=True):
            axes.annotate(
                str(order), place, _NUMBER_PT, textcoords="offset points", fontsize=8.5, weight="bold", color=INK,
                zorder=9, path_effects=[withStroke(linewidth=2.2, foreground="white", alpha=0.9)],
            )  # fmt: skip
        entries.insert(0, Entry(text("draw.tower", language), _TOWER, "marker", "^"))
    legend(axes, title, entries)
