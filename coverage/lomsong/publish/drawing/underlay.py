"""What lies under every theme: borders, water, names of districts, scale and north."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from pyproj import CRS

from lomsong.geo import metric_crs
from lomsong.publish.drawing.names import DISTRICT, FAINT, INK, write_districts
from lomsong.shown import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.patches import Patch

WATER, ROAD, FOREST = "#c3dcea", "#b9aa96", "#cfe3c5"
_BORDER = "#8b979f"
_STEPS_KM = (1, 2, 5, 10, 20, 50, 100, 200)


@dataclass(frozen=True)
class Base:
    """The ground of a map.

    Attributes
    ----------
    communes
        Polygons in any CRS; with ``parent_name`` districts are outlined and named.
    water, roads, forest
        Layers in any CRS; None: not drawn.
    """

    communes: gpd.GeoDataFrame
    water: gpd.GeoDataFrame | None = None
    roads: gpd.GeoDataFrame | None = None
    forest: gpd.GeoDataFrame | None = None

    @property
    def crs(self) -> CRS:
        """Metric CRS that the map is drawn in."""
        return metric_crs(self.communes)


def clear(axes: Axes, base: Base) -> None:
    """Set the axes to the territory, a metre as long one way as the other, without frame."""
    west, south, east, north = base.communes.to_crs(base.crs).total_bounds
    room = 0.03 * max(east - west, north - south)
    axes.set_xlim(west - room, east + room)
    axes.set_ylim(south - room, north + room)
    axes.set_aspect("equal", anchor="W")
    axes.set_axis_off()


def draw_base(axes: Axes, base: Base, *, names: bool = True, marks: NDArray[np.float64] | None = None) -> None:
    """Draw water, borders of communes and districts, and the names of districts over what is drawn already.

    The names keep clear of ``marks``, shape (n, 2), metres.
    """
    crs = base.crs
    communes = base.communes.to_crs(crs)
    if base.water is not None and len(base.water):
        base.water.to_crs(crs).plot(ax=axes, color=WATER, linewidth=0, zorder=3)
    communes.boundary.plot(ax=axes, color=_BORDER, linewidth=0.35, zorder=4)
    if "parent_name" not in communes:
        return
    districts = communes[["parent_name", communes.geometry.name]].dissolve("parent_name")
    districts.boundary.plot(ax=axes, color=DISTRICT, linewidth=1.0, zorder=5)
    clear(axes, base)
    if names and len(districts) > 1:
        write_districts(axes, districts.geometry, np.empty((0, 2)) if marks is None else marks)


def north_and_scale(axes: Axes, base: Base, language: str = "vi") -> None:
    """Draw a bar of a round number of kilometres and an arrow to the north, right of the map below its legend."""
    west, east = axes.get_xlim()
    south, north = axes.get_ylim()
    wanted_km = 0.18 * (east - west) / 1000
    long_km = max([step for step in _STEPS_KM if step <= wanted_km], default=_STEPS_KM[0])
    left, low, thick = east + 0.02 * (east - west), south + 0.03 * (north - south), 0.007 * (north - south)
    for at, colour in enumerate(("black", "white")):
        axes.add_patch(_bar(left + at * 500 * long_km, low, 500 * long_km, thick, colour))
    look: dict[str, Any] = {"fontsize": 8.5, "color": INK, "va": "bottom", "clip_on": False}
    said = f"{number(long_km, 0, language)}\u00a0km"
    axes.text(left + 500 * long_km, low + 1.6 * thick, said, ha="center", **look)
    middle, foot = left + 500 * long_km, low + 8 * thick
    arrow = {"arrowstyle": "-|>", "color": INK, "linewidth": 1.2, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", (middle, foot + 10 * thick), (middle, foot), arrowprops=arrow, annotation_clip=False)
    axes.text(middle, foot + 10.5 * thick, {"vi": "B", "en": "N"}[language], ha="center", **look)


def _bar(left: float, low: float, wide: float, thick: float, colour: str) -> Patch:
    from matplotlib.patches import Rectangle

    return Rectangle((left, low), wide, thick, facecolor=colour, edgecolor=INK, linewidth=0.7, clip_on=False)


def hatch(axes: Axes, shapes: gpd.GeoDataFrame) -> None:
    """Mark polygons as unsurveyed: hatched, and never in the colour of a value."""
    if len(shapes):
        shapes.plot(ax=axes, facecolor="white", edgecolor=FAINT, hatch="////", linewidth=0, zorder=2)


def spread(points: np.ndarray, least_m: float) -> np.ndarray:
    """Push points apart that lie nearer than ``least_m``, a little at a time, so that their marks can be told."""
    moved = points.astype(float).copy()
    for _ in range(30):
        apart = moved[:, None] - moved[None]
        away = np.hypot(apart[..., 0], apart[..., 1])
        np.fill_diagonal(away, np.inf)
        near = away < least_m
        if not near.any():
            break
        push = np.where(near, (least_m - away) / 2, 0.0)[..., None] * apart / np.maximum(away, 1.0)[..., None]
        moved += 0.6 * push.sum(axis=1)
    return moved
