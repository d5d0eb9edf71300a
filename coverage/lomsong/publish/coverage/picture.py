"""A map of computed coverage as one picture: relief, levels, sites, legend, scale."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS
from rasterio.transform import array_bounds

from lomsong.geo import coordinates, require_crs
from lomsong.publish.coverage.levels import onto, reduced
from lomsong.publish.coverage.sheet import FAINT, FRAME, INK, sheet
from lomsong.publish.coverage.words import class_names, number
from lomsong.publish.map.palette import Classes, rgb
from lomsong.radio.antenna import BEAMWIDTH_DEG
from lomsong.shown import dbm
from lomsong.texts import text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, HEIGHT = 1600, 1200
"""Size of the picture in pixels."""

_LONGEST = 1200
"""Cells a side that are read: no more can be seen."""
_ALPHA = 0.62
_METRES_A_DEGREE = 111_320.0
_SECTOR = "#1b2733"
_BENEATH = "#d4d4d4"
"""Relief of even ground, on which the legend lays its colours too."""
_HATCH: dict[str, Any] = {"facecolor": "#e3e6e8", "edgecolor": "#8a949b", "hatch": "////", "linewidth": 0.0}
_MAP = (30, 70, 1190, 1010)
"""Room of the map: left, bottom, width, height in pixels."""


@dataclass(frozen=True)
class _Field:
    """What is drawn, on one grid: levels, ground (NaN in voids; None when not given), and where it lies."""

    level: NDArray[np.float32]
    ground: NDArray[np.float32] | None
    transform: Affine
    crs: Any

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in units of the CRS."""
        west, south, east, north = array_bounds(*self.level.shape, self.transform)
        return west, south, east, north

    @property
    def metres(self) -> tuple[float, float]:
        """Metres of one unit eastward and northward, in the middle of the map."""
        if not self.crs.is_geographic:
            metre = float(self.crs.linear_units_factor[1])
            return metre, metre
        _, south, _, north = self.bounds
        return _METRES_A_DEGREE * math.cos(math.radians((south + north) / 2)), _METRES_A_DEGREE


def write_picture(
    path: Path,
    level: Path,
    classes: Classes,
    title: str,
    subtitle: str = "",
    *,
    ground: Path | NDArray[np.float32] | None = None,
    sites: gpd.GeoDataFrame | None = None,
    usable_dbm: float | None = None,
    note: str = "",
    credit: str = "",
    language: str = "vi",
) -> None:
    """Draw a raster of levels over the relief, with sites, legend, scale bar and north arrow.

    The raster is read at the size at which it is drawn, so memory does not grow with it. North is that of its CRS.

    Parameters
    ----------
    path
        File to write, .png or .svg, 1600 by 1200 pixels.
    level
        Raster of levels in dBm, in any CRS.
    classes
        Half-open classes and their colours.
    title, subtitle
        Two lines above the map.
    ground
        Ground in m: a raster in any CRS, or an array of the shape of ``level``; where it is NaN the map says that
        there is no terrain. Without it there is no relief, and whatever has no level is hatched.
    sites
        Table ``sites``, one row a sector, in any CRS; sites outside the map are left out.
    usable_dbm
        Marked in the legend.
    note
        Place, date and model, below the map.
    credit
        Last line; names lomsong when not given.
    language
        vi or en.

    Raises
    ------
    MissingFileError, FormatError, CrsError
        When a raster is not there, is not one, or does not say where it lies.
    """
    values, transform, crs = reduced(level, _LONGEST)
    field = _Field(values, _ground_on(ground, values, transform, crs), transform, crs)
    with sheet(path, WIDTH, HEIGHT) as figure:
        figure.text(30 / WIDTH, 1 - 42 / HEIGHT, title, fontsize=19, weight="bold", va="center")
        figure.text(30 / WIDTH, 1 - 82 / HEIGHT, subtitle, fontsize=12.5, color=FAINT, va="center")
        axes = _map_axes(figure, field)
        _relief(axes, field, classes)
        if sites is not None and len(sites):
            _sites(axes, field, sites)
        _scale_bar(axes, field, language)
        _north(axes, language)
        shown = sites is not None and len(sites) > 0
        _legend(figure, axes, field, classes, usable_dbm, shown, language)
        figure.text(30 / WIDTH, 44 / HEIGHT, note, fontsize=10.5, va="center")
        figure.text(30 / WIDTH, 20 / HEIGHT, credit or text("cover.credit", language), fontsize=9.5, color=FAINT,
                    va="center")  # fmt: skip


def _ground_on(
    ground: Path | NDArray[np.float32] | None, level: NDArray[np.float32], transform: Affine, crs: Any
) -> NDArray[np.float32] | None:
    """Return the ground on the grid that is drawn; of an array the nearest cells."""
    if ground is None:
        return None
    if isinstance(ground, Path):
        return onto(ground, (level.shape[0], level.shape[1]), transform, crs)
    rows, columns = (
        np.minimum(((np.arange(n) + 0.5) * full / n).astype(int), full - 1)
        for n, full in zip(level.shape, ground.shape, strict=True)
    )
    return np.asarray(ground, dtype=np.float32)[np.ix_(rows, columns)]


def _map_axes(figure: Figure, field: _Field) -> Axes:
    """Return axes in map units that fill the room as far as the shape of the map allows, from the top left."""
    west, south, east, north = field.bounds
    per_east, per_north = field.metres
    left, bottom, width, height = _MAP
    shape = (east - west) * per_east / ((north - south) * per_north)
    fit_width, fit_height = (width, width / shape) if shape > width / height else (height * shape, height)
    axes = figure.add_axes(
        (left / WIDTH, (bottom + height - fit_height) / HEIGHT, fit_width / WIDTH, fit_height / HEIGHT)
    )
    axes.set(xlim=(west, east), ylim=(south, north), xticks=[], yticks=[], facecolor=_BENEATH)
    return axes


def _relief(axes: Axes, field: _Field, classes: Classes) -> None:
    """Draw shaded ground, the classes over it, and hatching where there is no ground."""
    west, south, east, north = field.bounds
    extent = (west, east, south, north)
    known = np.isfinite(field.level)
    if field.ground is not None:
        shade = _shade(field.ground, field)
        axes.imshow(shade, extent=extent, cmap="gray", vmin=0, vmax=1, aspect="auto", interpolation="bilinear")
    colours = np.array([(*rgb(colour), round(255 * _ALPHA)) for colour in classes.colours], dtype=np.uint8)
    picture = np.zeros((*known.shape, 4), dtype=np.uint8)
    picture[known] = colours[classes.index(field.level[known])]
    axes.imshow(picture, extent=extent, aspect="auto", interpolation="nearest")
    void = _void(field)
    if void.any():
        hatched = axes.contourf(
            *_centres(field), void.astype(float), levels=[0.5, 1.5], colors=[_HATCH["facecolor"]], hatches=["////"],
            zorder=3,
        )  # fmt: skip
        hatched.set(edgecolor=_HATCH["edgecolor"], linewidth=0)
    axes.set(xlim=(west, east), ylim=(south, north))


def _void(field: _Field) -> NDArray[np.bool_]:
    return np.isnan(field.level if field.ground is None else field.ground)


def _centres(field: _Field) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the centres of columns and rows; the outermost are put on the edge, which hatching then reaches."""
    west, south, east, north = field.bounds
    rows, columns = field.level.shape
    across = west + (np.arange(columns) + 0.5) * (east - west) / columns
    down = north - (np.arange(rows) + 0.5) * (north - south) / rows
    across[[0, -1]], down[[0, -1]] = (west, east), (north, south)
    return across, down


def _shade(ground: NDArray[np.float32], field: _Field) -> NDArray[np.float64]:
    """Return the brightness of the relief lit from the north-west, 45° up, heights drawn steeper where it is flat."""
    if min(ground.shape) < 2:
        return np.full(ground.shape, 0.9)
    per_east, per_north = field.metres
    filled = np.where(np.isfinite(ground), ground, np.nanmean(ground) if np.isfinite(ground).any() else 0.0)
    south, east = np.gradient(filled.astype(float), abs(field.transform.e) * per_north, field.transform.a * per_east)
    typical = float(np.percentile(np.hypot(south, east), 90))
    steep = min(max(0.35 / typical, 1.0), 8.0) if typical > 0 else 1.0
    south, east = south * steep, east * steep
    # Light from the north-west: a slope that falls northward or westward is bright.
    light = (1 + (south + east) * 0.7071) / np.sqrt(2) / np.sqrt(1 + south**2 + east**2)
    return np.asarray(0.30 + 0.70 * np.clip(light, 0, 1) ** 0.8)


def _sites(axes: Axes, field: _Field, sites: gpd.GeoDataFrame) -> None:
    """Draw a dot a site and a wedge a sector, in pixels, so that they are as large on any map."""
    from matplotlib.patches import Circle

    require_crs(sites, "sites")
    kept = sites[~(sites.geometry.isna() | sites.geometry.is_empty)]
    at = coordinates(kept, CRS.from_wkt(field.crs.to_wkt()))
    west, south, east, north = field.bounds
    inside = (at[:, 0] >= west) & (at[:, 0] <= east) & (at[:, 1] >= south) & (at[:, 1] <= north)
    kept, pixels = kept[inside], axes.transData.transform(at[inside])
    radius = float(np.clip(22 - len(set(map(tuple, at[inside]))) / 12, 9, 22))
    azimuths = (
        kept["azimuth_deg"].to_numpy(float, na_value=np.nan) if "azimuth_deg" in kept else np.full(len(kept), np.nan)
    )
    widths = kept["beamwidth_deg"].to_numpy(float, na_value=np.nan) if "beamwidth_deg" in kept else azimuths * np.nan
    for centre, azimuth, width in zip(pixels, azimuths, widths, strict=True):
        if np.isfinite(azimuth):
            _wedge(axes, (centre[0], centre[1]), radius, azimuth, width if np.isfinite(width) else BEAMWIDTH_DEG)
    for centre in np.unique(pixels, axis=0):
        axes.add_patch(
            Circle(centre, radius / 3.6, transform=None, facecolor="white", edgecolor=INK, linewidth=1.6, zorder=8)
        )


def _wedge(axes: Axes, centre: tuple[float, float], radius: float, azimuth: float, width: float) -> None:
    from matplotlib.patches import Wedge

    middle = 90 - azimuth
    axes.add_patch(
        Wedge(centre, radius, middle - width / 2, middle + width / 2, transform=None, facecolor=_SECTOR,
              edgecolor="white", linewidth=0.9, alpha=0.95, zorder=7)
    )  # fmt: skip


def _round_length(longest_m: float) -> float:
    """Return the longest of 1, 2, 5 times a power of ten that is not above ``longest_m``."""
    power = 10.0 ** math.floor(math.log10(longest_m))
    return max(factor * power for factor in (1, 2, 5) if factor * power <= longest_m)


def _scale_bar(axes: Axes, field: _Field, language: str) -> None:
    from matplotlib.patches import FancyBboxPatch, Rectangle

    west, _, east, _ = field.bounds
    box = axes.get_window_extent()
    per_pixel = (east - west) * field.metres[0] / box.width
    length = _round_length(per_pixel * min(260.0, 0.4 * box.width))
    pixels, left, bottom = length / per_pixel, box.x0 + 22, box.y0 + 20
    axes.add_patch(
        FancyBboxPatch((left - 8, bottom - 6), pixels + 46, 44, boxstyle="round,pad=0,rounding_size=5", transform=None,
                       facecolor="white", edgecolor="none", alpha=0.85, zorder=9)
    )  # fmt: skip
    for part in range(4):
        axes.add_patch(
            Rectangle((left + 8 + part * pixels / 4, bottom + 2), pixels / 4, 8, transform=None, linewidth=0.9,
                      facecolor=INK if part % 2 == 0 else "white", edgecolor=INK, zorder=10)
        )  # fmt: skip
    unit, per = ("km", 1000.0) if length >= 1000 else ("m", 1.0)
    for part in (0, 2, 4):
        value = length * part / 4 / per
        digits = 0 if float(value).is_integer() else 1
        label = number(value, digits, language) + (f" {unit}" if part == 4 else "")
        axes.text(left + 8 + part * pixels / 4, bottom + 23, label, transform=None, ha="center", va="center",
                  fontsize=9.5, zorder=10)  # fmt: skip


def _north(axes: Axes, language: str) -> None:
    from matplotlib.patches import Circle, Polygon

    box = axes.get_window_extent()
    middle, top = box.x1 - 40, box.y1 - 18
    axes.add_patch(
        Circle((middle, top - 26), 29, transform=None, facecolor="white", edgecolor="none", alpha=0.85, zorder=9)
    )
    for side, colour in ((-1, INK), (1, "white")):
        corners = [(middle, top - 18), (middle + side * 9, top - 48), (middle, top - 41)]
        axes.add_patch(Polygon(corners, transform=None, facecolor=colour, edgecolor=INK, linewidth=1, zorder=10))
    axes.text(middle, top - 9, text("cover.north", language), transform=None, ha="center", va="center", fontsize=10.5,
              weight="bold", zorder=10)  # fmt: skip


def _legend(
    figure: Figure, axes: Axes, field: _Field, classes: Classes, usable_dbm: float | None, sites: bool, language: str
) -> None:
    """Draw the legend beside the map: classes from the strongest, then what else is on the map."""
    from matplotlib.patches import Rectangle

    beside = axes.get_window_extent().x1 + 30
    side = figure.add_axes((beside / WIDTH, 0, 1 - beside / WIDTH, 1))
    side.set(xlim=(0, WIDTH - beside), ylim=(0, HEIGHT))
    side.axis("off")
    at = axes.get_window_extent().y1 - 12
    side.text(0, at, text("map.legend_level", language), weight="bold", fontsize=12, va="center")
    at -= 40
    for place, name in reversed(list(enumerate(class_names(classes, language)))):
        side.add_patch(Rectangle((0, at - 14), 46, 28, facecolor=_BENEATH, edgecolor="none"))
        side.add_patch(
            Rectangle((0, at - 14), 46, 28, facecolor=classes.colours[place], alpha=_ALPHA, edgecolor="none")
        )
        side.add_patch(Rectangle((0, at - 14), 46, 28, fill=False, edgecolor=FRAME))
        side.text(62, at, name, va="center", fontsize=11.5)
        lower = classes.breaks[place - 1] if place else None
        if usable_dbm is not None and lower == usable_dbm:
            side.plot([0, 300], [at - 21, at - 21], color=INK, linewidth=1.3)
            label = text("cover.usable_line", language, level=dbm(usable_dbm, language))
            side.text(0, at - 37, label, va="center", fontsize=10, color=INK)
            at -= 34
        at -= 42
    _symbols(side, at - 8, field, sites, language)


def _symbols(side: Axes, at: float, field: _Field, sites: bool, language: str) -> None:
    from matplotlib.patches import Circle, Rectangle, Wedge

    void = _void(field)
    if void.any():
        name = "cover.void" if field.ground is not None else "cover.blank"
        side.add_patch(Rectangle((0, at - 14), 46, 28, **_HATCH))
        side.text(62, at, text(name, language), va="center", fontsize=11.5)
        at -= 44
    if (np.isnan(field.level) & ~void).any():
        side.add_patch(Rectangle((0, at - 14), 46, 28, facecolor=_BENEATH, edgecolor=FRAME))
        side.text(62, at, text("cover.outside", language), va="center", fontsize=11.5, linespacing=1.3)
        at -= 54
    if sites:
        for azimuth in (0, 120, 240):
            side.add_patch(
                Wedge((23, at), 18, 90 - azimuth - 32.5, 90 - azimuth + 32.5, facecolor=_SECTOR, edgecolor="white")
            )
        side.add_patch(Circle((23, at), 5, facecolor="white", edgecolor=INK, linewidth=1.6))
        side.text(62, at, text("cover.site", language), va="center", fontsize=11.5)
