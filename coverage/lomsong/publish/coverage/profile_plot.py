"""One link drawn over its terrain: what engineers look at first."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lomsong.errors import DataError
from lomsong.publish.coverage.sheet import FAINT, FRAME, INK, sheet
from lomsong.publish.coverage.words import number
from lomsong.radio.p1812.profile import SEA
from lomsong.radio.profile import PathProfile
from lomsong.texts import fault, text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MODEL = "ITU-R P.1812-8"

_SIZE = (1600, 800)
_GROUND, _GROUND_EDGE, _SEA, _SEA_EDGE = "#c9b79c", "#7a6448", "#9cc4dc", "#3f7fa6"
_CLUTTER, _CANOPY = "#8d8f98", "#5b9a5e"
_RAY, _ZONE, _BLOCKED, _HORIZON = "#0b5fa5", "#8fc1e8", "#c0392b", "#9a5b00"


def write_profile_plot(
    path: Path,
    profile: PathProfile,
    language: str = "vi",
    transmitter: str = "",
    receiver: str = "",
    subtitle: str = "",
) -> None:
    """Draw a link: terrain on the effective Earth, antennas, ray, first Fresnel zone, what cuts it, and the numbers.

    Parameters
    ----------
    path
        File to write, .png (1600 by 800 pixels) or .svg.
    profile
        The link.
    language
        vi or en.
    transmitter, receiver
        Names of the ends; the words themselves when not given.
    subtitle
        A line below the title; the places of the ends when not given.

    Raises
    ------
    DataError
        When the profile has fewer than three points or no length.
    FormatError
        When ``path`` ends neither in .png nor in .svg.
    """
    ends = _ends(profile, language, transmitter, receiver)
    with sheet(path, *_SIZE) as figure:
        figure.text(0.055, 0.955, text("profile.title", language, transmitter=ends[0], receiver=ends[1]),
                    fontsize=17, weight="bold", va="center")  # fmt: skip
        figure.text(0.055, 0.912, subtitle or _places(profile, language), fontsize=11, color=FAINT, va="center")
        axes = figure.add_axes((0.055, 0.165, 0.70, 0.715))
        draw_profile(axes, profile, language, transmitter, receiver)
        _box(figure, profile, language)


def draw_profile(
    axes: Axes, profile: PathProfile, language: str = "vi", transmitter: str = "", receiver: str = ""
) -> None:
    """Draw terrain, antennas, ray, first Fresnel zone and what cuts it; see :func:`write_profile_plot`."""
    ends = _ends(profile, language, transmitter, receiver)
    _frame(axes, profile, language)
    _terrain(axes, profile, language)
    _zone(axes, profile, language)
    _obstacle(axes, profile, language)
    _masts(axes, profile, ends, language)
    _legend(axes)


def _ends(profile: PathProfile, language: str, transmitter: str, receiver: str) -> tuple[str, str]:
    if len(profile.d_km) < 3 or not profile.length_km > 0:
        raise fault(DataError, "cover_profile", count=len(profile.d_km), length=f"{profile.length_km:g}")
    return transmitter or text("profile.transmitter", language), receiver or text("profile.receiver", language)


def _places(profile: PathProfile, language: str) -> str:
    return " → ".join(
        f"{number(latitude, 5, language)}°, {number(longitude, 5, language)}°"
        for longitude, latitude in (profile.tx_lonlat, profile.rx_lonlat)
    )


def _frame(axes: Axes, profile: PathProfile, language: str) -> None:
    """Set the axes so that antennas, zone and terrain fill the height, with room for labels above."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    standing = profile.ground_m + profile.bulge_m + profile.clutter_m + profile.canopy_m
    top = max(float((profile.ray_m + profile.fresnel_radius_m).max()), float(standing.max()))
    lowest = float(profile.ground_m.min())
    bottom = min(lowest, float((profile.ground_m + profile.bulge_m).min()))
    height = max(top - bottom, 20.0)
    length = profile.length_km
    axes.set_xlim(-0.035 * length, 1.035 * length)
    axes.set_ylim(bottom - 0.12 * height, top + 0.24 * height)
    axes.set_xlabel(text("profile.distance_axis", language), labelpad=6)
    axes.set_ylabel(text("profile.height_axis", language), labelpad=8)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=10, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=8, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _tick(value, language)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _tick(value, language)))
    axes.grid(color="#e4e8eb", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(length=0, pad=6)
    axes.spines[["top", "right"]].set_visible(False)


def _tick(value: float, language: str) -> str:
    digits = next((places for places in range(4) if abs(value - round(value, places)) < 1e-9), 3)
    return number(value, digits, language)


def _terrain(axes: Axes, profile: PathProfile, language: str) -> None:
    d, ground = profile.d_km, profile.ground_m + profile.bulge_m
    bottom = axes.get_ylim()[0]
    clutter = ground + profile.clutter_m
    sea = profile.zone == SEA
    axes.fill_between(d, bottom, ground, color=_GROUND, linewidth=0, label=text("profile.ground", language), zorder=2)
    if sea.any():
        axes.fill_between(
            d,
            bottom,
            ground,
            where=_joined(sea),
            color=_SEA,
            linewidth=0,
            label=text("profile.sea", language),
            zorder=2,
        )
    axes.plot(d, np.where(_joined(sea), np.nan, ground), color=_GROUND_EDGE, linewidth=1.1, zorder=3)
    axes.plot(d, np.where(sea, ground, np.nan), color=_SEA_EDGE, linewidth=1.1, zorder=3)
    for name, low, extra, colour in (
        ("clutter", ground, profile.clutter_m, _CLUTTER),
        ("canopy", clutter, profile.canopy_m, _CANOPY),
    ):
        if (extra > 0).any():
            axes.fill_between(
                d, low, low + extra, where=_joined(extra > 0), color=colour, linewidth=0, alpha=0.9,
                label=text(f"profile.{name}", language), zorder=2.5,
            )  # fmt: skip
    if not sea.any() and float(profile.bulge_m.max()) > bottom:
        axes.plot(d, profile.bulge_m, color="#ffffff", linewidth=1.2, linestyle=(0, (6, 4)), zorder=3)
        axes.plot([], [], color="#9aa3aa", linewidth=1.2, linestyle=(0, (6, 4)), label=text("profile.curve", language))


def _joined(member: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return members and their neighbours, so that a filled stretch reaches the next point."""
    wide = member.copy()
    wide[1:] |= member[:-1]
    wide[:-1] |= member[1:]
    return wide


def _zone(axes: Axes, profile: PathProfile, language: str) -> None:
    """Draw the ray and its zone on points of their own: the profile's may be too few for an ellipse."""
    d = profile.length_km * (1 - np.cos(np.linspace(0, math.pi, 201))) / 2
    ray = np.interp(d, profile.d_km, profile.ray_m)
    wavelength_m = 299.792458 / profile.frequency_mhz
    radius = np.sqrt(wavelength_m * 1000 * d * (profile.length_km - d) / profile.length_km)
    axes.fill_between(
        d, ray - radius, ray + radius, color=_ZONE, alpha=0.38, linewidth=0,
        label=text("profile.fresnel", language), zorder=4,
    )  # fmt: skip
    for sign in (-1, 1):
        axes.plot(d, ray + sign * radius, color=_RAY, linewidth=0.7, alpha=0.6, zorder=5)
        label = text("profile.fresnel_60", language) if sign < 0 else None
        axes.plot(d, ray + sign * 0.6 * radius, color=_RAY, linewidth=1, linestyle=(0, (4, 3)), zorder=5, label=label)
    axes.plot(d, ray, color=_RAY, linewidth=1.8, zorder=6, label=text("profile.ray", language))


def _obstacle(axes: Axes, profile: PathProfile, language: str) -> None:
    """Mark the point of least clearance; where it cuts the ray also the horizon rays and where they cross."""
    at = profile.worst
    where, ray, obstacle = profile.d_km[at], profile.ray_m[at], profile.obstacle_m[at]
    blocked = obstacle > ray
    colour = _BLOCKED if blocked else INK
    axes.plot([where, where], [ray, obstacle], color=colour, linewidth=1.6, zorder=7)
    axes.plot([where], [obstacle], marker="v" if not blocked else "^", color=colour, markersize=8, zorder=8,
              markeredgecolor="white")  # fmt: skip
    key = "profile.blocked" if blocked else "profile.least"
    label = text(
        key, language, room=number(abs(ray - obstacle), 1, language),
        share=number(100 * abs(profile.clearance), 0, language), at=number(float(where), 2, language),
    )  # fmt: skip
    if blocked:
        _horizons(axes, profile, language)
    low, high = axes.get_ylim()
    left, right = axes.get_xlim()
    # The names of the ends stand in the corners above: the label keeps out of them, and above the zone on its width.
    side = min(max(where, left + 0.32 * (right - left)), right - 0.32 * (right - left))
    near = abs(profile.d_km - side) <= 0.11 * (right - left)
    upper = np.maximum(profile.ray_m + profile.fresnel_radius_m, profile.obstacle_m)
    top = max(float(upper[near | (profile.d_km == where)].max()), low)
    above = min(top + 0.05 * (high - low), high - 0.12 * (high - low))
    axes.annotate(
        label, (where, obstacle if blocked else ray), (side, above),
        color=colour, ha="center", va="bottom", fontsize=10.5, linespacing=1.35, zorder=10,
        bbox={"boxstyle": "round,pad=0.35", "facecolor": "white", "edgecolor": FRAME, "alpha": 0.93},
        arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.9, "shrinkB": 6},
    )  # fmt: skip


def bullington_point(profile: PathProfile) -> tuple[float, float] | None:
    """Return distance in km and height in m where the rays to the two horizons cross; None in line of sight.

    References
    ----------
    Recommendation ITU-R P.1812-8, §4.3.1, equations (13), (17) and (18), on heights above the chord.
    """
    d, length = profile.d_km[1:-1], profile.length_km
    first, last = profile.ray_m[0], profile.ray_m[-1]
    above = profile.obstacle_m[1:-1]
    from_tx, from_rx = float(((above - first) / d).max()), float(((above - last) / (length - d)).max())
    if from_tx <= (last - first) / length or from_tx + from_rx <= 0:
        return None
    at = (last - first + from_rx * length) / (from_tx + from_rx)
    return float(at), float(first + from_tx * at)


def _horizons(axes: Axes, profile: PathProfile, language: str) -> None:
    point = bullington_point(profile)
    if point is None:
        return
    at, height = point
    ends = (0.0, at, profile.length_km), (profile.ray_m[0], height, profile.ray_m[-1])
    low, high = axes.get_ylim()
    if height > high - 0.2 * (high - low):
        axes.set_ylim(low, height + 0.25 * (height - low))
    axes.plot(*ends, color=_HORIZON, linewidth=1.2, linestyle=(0, (7, 3)), zorder=6,
              label=text("profile.horizon_rays", language))  # fmt: skip
    axes.plot([at], [height], marker="D", color=_HORIZON, markersize=7, markeredgecolor="white", zorder=9,
              linestyle="none", label=text("profile.bullington", language))  # fmt: skip


def _masts(axes: Axes, profile: PathProfile, ends: tuple[str, str], language: str) -> None:
    """Draw both antennas as masts; their names stand above everything that is drawn, tied to them by a thin line."""
    high = axes.get_ylim()[1]
    for place, height_m, side in ((0, profile.tx_height_m, "left"), (-1, profile.rx_height_m, "right")):
        at, foot, tip = profile.d_km[place], profile.ground_m[place], profile.ray_m[place]
        axes.plot([at, at], [tip, high], color=FAINT, linewidth=0.9, linestyle=(0, (1, 3)), zorder=4)
        axes.plot([at, at], [foot, tip], color=INK, linewidth=3, solid_capstyle="butt", zorder=9)
        axes.plot([at], [tip], marker="o", markersize=7, color=INK, markeredgecolor="white", zorder=10)
        shown = number(height_m, 0 if float(height_m).is_integer() else 1, language)
        axes.annotate(
            f"{_short(ends[place])}\n{text('profile.mast', language, height=shown)}", (at, high),
            (8 if place == 0 else -8, -2), textcoords="offset points", ha=side, va="top", multialignment=side,
            fontsize=10.5, linespacing=1.3, zorder=9,
            bbox={"boxstyle": "round,pad=0.2", "facecolor": "white", "edgecolor": "none", "alpha": 0.85},
        )  # fmt: skip


def _short(name: str) -> str:
    return name if len(name) <= 24 else f"{name[:23]}…"


def _legend(axes: Axes) -> None:
    axes.legend(
        loc="upper center", bbox_to_anchor=(0.5, -0.105), ncol=6, frameon=False, fontsize=10, handlelength=1.8,
        columnspacing=1.6,
    )  # fmt: skip


def _box(figure: Figure, profile: PathProfile, language: str) -> None:
    """Write the numbers at the right, in groups."""
    from matplotlib.patches import FancyBboxPatch

    axes = figure.add_axes((0.775, 0.035, 0.212, 0.93))
    axes.set(xlim=(0, 1), ylim=(0, 1))
    axes.axis("off")
    axes.add_patch(
        FancyBboxPatch((0.01, 0.005), 0.98, 0.99, boxstyle="round,pad=0,rounding_size=0.02", facecolor="#f5f7f8",
                       edgecolor=FRAME, mutation_aspect=0.45)
    )  # fmt: skip
    at = 0.955
    for heading, rows in _groups(profile, language):
        axes.text(0.07, at, heading, weight="bold", fontsize=11.5, va="center")
        axes.plot([0.07, 0.93], [at - 0.022] * 2, color=FRAME, linewidth=1)
        at -= 0.05
        for name, value, strong in rows:
            weight = "bold" if strong else "normal"
            axes.text(0.07, at, name, fontsize=10.5, va="center", color=INK if strong else FAINT, weight=weight)
            axes.text(0.93, at, value, fontsize=10.5, va="center", ha="right", weight=weight)
            at -= 0.041
        at -= 0.018
    axes.text(0.07, 0.03, text("profile.model", language, model=MODEL), fontsize=9.5, color=FAINT, va="center")


def _groups(profile: PathProfile, language: str) -> list[tuple[str, list[tuple[str, str, bool]]]]:
    """Return headings and rows (name, value, whether it is what counts) of the box."""

    def told(value: float, digits: int, unit: str = "") -> str:
        if not math.isfinite(value):
            return text("profile.unknown", language)
        return f"{number(value, digits, language)} {unit}".rstrip()

    def row(name: str, value: str, strong: bool = False) -> tuple[str, str, bool]:
        return text(f"profile.{name}", language), value, strong

    loss, terms = profile.loss, profile.loss.terms
    free, diffraction = terms["Lbfs"], terms["Ldp"]
    losses = [row("free_space", told(free, 1)), row("diffraction", told(diffraction, 1))]
    other = loss.lb_db - free - diffraction
    if abs(other) >= 0.05:
        losses.append(row("other", told(other, 1)))
    losses += [
        row("vegetation", told(profile.vegetation_db, 1)),
        row("total", told(loss.lb_db + profile.vegetation_db, 1), True),
    ]
    clearance = profile.clearance
    sight = "clear" if clearance >= 0.6 else "grazing" if clearance >= 0 else "none"
    path = [
        row("length", told(profile.length_km, 2, "km")),
        row("bearing", f"{number(profile.bearing_deg, 1, language)}°"),
        row("frequency", told(profile.frequency_mhz, 0 if profile.frequency_mhz >= 100 else 1, "MHz")),
        row("earth", told(profile.effective_earth_km, 0, "km")),
    ]
    budget = [
        row("eirp", told(profile.eirp_dbm, 1, "dBm")),
        row("antenna", told(-profile.antenna_db, 1, "dB")),
        row("receiving_end", told(-profile.receiver_db, 1, "dB")),
        row("level", told(profile.level_dbm, 1, "dBm"), True),
    ]
    line = [
        row("clearance", told(100 * clearance, 0, "%")),
        (text(f"profile.sight_{sight}", language), "", True),
    ]
    return [
        (text("profile.path", language), path),
        (text("profile.losses", language), losses),
        (text("profile.budget", language), budget),
        (text("profile.sight", language), line),
    ]
