"""The legend beside a map: always of the theme that is shown."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lomsong.publish.drawing.names import FAINT, INK
from lomsong.publish.map.palette import Classes
from lomsong.shown import number, per_cent
from lomsong.texts import text

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class Entry:
    """One line: its words, and a patch of ``colour``, or a ``marker``, or a ``line``."""

    words: str
    colour: str
    kind: str = "patch"
    marker: str = "o"
    hatch: str = ""


def of_classes(classes: Classes, language: str, unit: str) -> list[Entry]:
    """Return a line a class, the highest first; ``unit`` is dbm, share or count."""
    names = [_limit(limit, unit, language) for limit in classes.breaks]
    words = [text("draw.under", language, value=names[0])]
    words += [text("draw.between", language, low=low, high=high) for low, high in itertools.pairwise(names)]
    words.append(text("draw.from", language, value=names[-1]))
    return [Entry(said, colour) for said, colour in zip(words, classes.colours, strict=True)][::-1]


def _limit(value: float, unit: str, language: str) -> str:
    if unit == "share":
        return per_cent(value, language, 0)
    return number(value, 0 if float(value).is_integer() else 1, language)


def unsurveyed(language: str) -> Entry:
    """Return the line of what nobody measured."""
    return Entry(text("draw.unsurveyed", language), "white", hatch="////")


def legend(axes: Axes, title: str, entries: Sequence[Entry], **place: Any) -> None:
    """Draw the legend to the right of the axes, or where ``place`` says in the words of matplotlib."""
    where: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (1.01, 0.99), "borderaxespad": 0.0} | place
    made = axes.legend(
        [_handle(entry) for entry in entries], [entry.words for entry in entries], title=title, frameon=False,
        fontsize=8.5, title_fontsize=9, alignment="left", handlelength=1.6, handleheight=1.2, labelspacing=0.45,
        labelcolor=INK, **where,
    )  # fmt: skip
    made.get_title().set_color(INK)
    axes.add_artist(made)
    made.set_clip_on(False)  # add_artist clips it to the axes, and a picture trimmed to its contents would cut it off


def _handle(entry: Entry) -> Any:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    if entry.kind == "patch":
        edge = FAINT if entry.hatch else "#9aa6ae"
        return Patch(facecolor=entry.colour, edgecolor=edge, linewidth=0.5, hatch=entry.hatch)
    if entry.kind == "line":
        return Line2D([], [], color=entry.colour, linewidth=1.6)
    return Line2D(
        [], [], linestyle="none", marker=entry.marker, markersize=8, markerfacecolor=entry.colour,
        markeredgecolor=INK, markeredgewidth=0.7,
    )  # fmt: skip
