"""Classes and colours: the one truth from which both the legend and what it explains are drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lomsong.errors import UsageError
from lomsong.texts import fault

VIRIDIS = ("#440154", "#414487", "#2a788e", "#22a884", "#7ad151", "#fde725")
YLORRD = ("#ffffcc", "#ffe691", "#feaa48", "#eb2b21", "#b70026", "#800026")
"""Steps of the ramp that lie equally far apart for a deuteranope (22; the usual six steps come down to 7)."""
OKABE_ITO = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")

STATE_COLOURS = {"usable": "#1f7a8c", "weak": "#f2a900", "none": "#b2182b", "unsurveyed": "#ffffff"}
CLAIM_COLOURS = {"overturned": "#d55e00", "open": "#c3ccd2", "upheld": "#0072b2"}
"""What field tests say of a declaration."""
REACHED_COLOUR = "#e69f00"
"""Learners whom a proposed tower reaches, beside those without signal."""
UNUSABLE_COLOUR = "#5c5c62"
"""Below the threshold, where classes of level stay where they are: a grey that is no step of viridis."""
NO_SERVICE_COLOUR = "#d55e00"
"""A phone that found no network: measured, yet without a level, so outside the ramp of levels."""
DOT_COLOUR = "#0b4f9e"
"""Learners without signal: blue keeps its distance from every step of YlOrRd, which orange does not."""

DOT_BREAKS = (5.0, 20.0, 50.0)
"""Expected unconnected learners from which a cell is drawn small, medium and large."""
SHARE_BREAKS = (0.05, 0.10, 0.20, 0.40, 0.60)
PROBABILITY_BREAKS = (0.10, 0.30, 0.50, 0.70, 0.90)

VNPT_BREAKS_DBM = (-105.0, -95.0, -85.0, -75.0, -65.0)
"""Breaks of the six half-open classes in which VNPT draws its 2G and 3G."""

LEVEL_LEGENDS: dict[str, tuple[float, ...]] = {"usable": (), "vnpt": VNPT_BREAKS_DBM}
"""Name of a legend of level to its breaks; none: in steps about the usable level."""

MOST_LEVEL_BREAKS = 5
"""With more, neighbouring colours come nearer than 15 for a deuteranope."""

LEVEL_STEPS_DB = (-10.0, 0.0, 10.0, 20.0, 30.0)
_COUNT_QUANTILES = (0.25, 0.50, 0.70, 0.85, 0.95)
_SMALLEST_BREAK = 10.0


@dataclass(frozen=True)
class Classes:
    """Half-open classes: ``colours[i]`` holds ``breaks[i - 1] <= value < breaks[i]``, the ends being open."""

    breaks: tuple[float, ...]
    colours: tuple[str, ...]

    def index(self, values: ArrayLike) -> NDArray[np.intp]:
        """Return the class of each value; that of NaN means nothing."""
        return np.digitize(np.asarray(values, dtype=float), self.breaks)

    def as_json(self) -> dict[str, list[float] | list[str]]:
        """Return the classes as the page reads them."""
        return {"breaks": list(self.breaks), "colours": list(self.colours)}


def level_classes(usable_dbm: float, breaks_dbm: tuple[float, ...] = ()) -> Classes:
    """Return classes of level that break where told, or else in steps of 10 dB with one at the usable level."""
    if not breaks_dbm:
        return Classes(tuple(usable_dbm + step for step in LEVEL_STEPS_DB), VIRIDIS)
    if len(breaks_dbm) > MOST_LEVEL_BREAKS:
        raise fault(UsageError, "map_breaks", count=len(breaks_dbm), most=MOST_LEVEL_BREAKS)
    at = np.linspace(0, len(VIRIDIS) - 1, len(breaks_dbm) + 1)
    channels = zip(*map(rgb, VIRIDIS), strict=True)
    mixed = np.column_stack([np.interp(at, range(len(VIRIDIS)), channel) for channel in channels])
    colours = tuple("#{:02x}{:02x}{:02x}".format(*colour) for colour in mixed.round().astype(int))
    return Classes(tuple(sorted(breaks_dbm)), colours)


def probability_classes() -> Classes:
    """Return classes of the probability that signal is usable."""
    return Classes(PROBABILITY_BREAKS, VIRIDIS)


def share_classes() -> Classes:
    """Return classes of the share of learners without usable signal."""
    return Classes(SHARE_BREAKS, YLORRD)


def count_classes(counts: ArrayLike) -> Classes:
    """Return classes of a count of learners, at round numbers near its quantiles.

    Give the counts of all operators together, so that one colour means one number when the operator is switched.
    """
    values = np.asarray(counts, dtype=float)
    values = values[values >= _SMALLEST_BREAK]
    quantiles = np.quantile(values, _COUNT_QUANTILES) if values.size else np.array([_SMALLEST_BREAK])
    breaks = tuple(sorted({_round_number(float(quantile)) for quantile in quantiles}))
    steps = np.linspace(0, len(YLORRD) - 1, len(breaks) + 1).astype(int)
    return Classes(breaks, tuple(YLORRD[step] for step in steps))


def _round_number(value: float) -> float:
    """Return the nearest of 1, 2, 5 times a power of ten, not under the smallest break."""
    power = 10.0 ** np.floor(np.log10(value))
    nearest = min((1, 2, 5, 10), key=lambda factor: abs(float(np.log(value / (factor * power)))))
    return max(float(nearest * power), _SMALLEST_BREAK)


def rgb(colour: str) -> tuple[int, int, int]:
    """Return red, green and blue of ``#rrggbb``."""
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue
