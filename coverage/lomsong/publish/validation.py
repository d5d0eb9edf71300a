"""What validation found, as people read it: a table, a CSV, a picture with the reliability diagram."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from lomsong.publish.coverage.sheet import FAINT, FRAME, INK, sheet
from lomsong.publish.coverage.words import number
from lomsong.publish.delimited import write_csv
from lomsong.shown import dbm
from lomsong.surface import CoverageSurface
from lomsong.surface.validation import Validation
from lomsong.texts import text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, HEIGHT, LINE = 1500, 910, 30
"""Width of the picture, its height without a line of the table, and the height of a line, in pixels."""

_MAIN, _OTHER = "#0b5c8a", "#9aa6ae"

_COLUMNS: Mapping[str, tuple[str, int | None]] = {
    "nearest": ("nearest_m", 0), "n": ("judged", 0), "rmse": ("rmse_db", 2), "mae": ("mae_db", 2),
    "crps": ("crps_db", 2), "inside90": ("inside90", None), "brier": ("brier", 3),
    "missed": ("uncovered_called_covered", None), "sure_share": ("sure_share", None),
    "sure_right": ("sure_right", None),
}  # fmt: skip
"""Key of the heading to column of the scores and its decimals; None: a share, shown in per cent."""


_TOLD = {
    "inside90": "inside90",
    "missed": "uncovered_called_covered",
    "sure_share": "sure_share",
    "sure_right": "sure_right",
}
"""Sentences beside the diagram, and the share that each tells."""


def write_validations(
    folder: Path, validations: Mapping[str, Validation], names: Mapping[str, str], language: str
) -> list[Path]:
    """Write ``validation.csv`` of all operators and ``reliability_<operator>.png`` of each that could be scored.

    Parameters
    ----------
    validations
        By identifier of the operator.
    names
        Identifier to name as it is shown.

    Returns
    -------
    The files written.
    """
    table = folder / "validation.csv"
    frames = [found.scores.assign(operator=operator) for operator, found in validations.items() if len(found.scores)]
    if frames:
        scores = pd.concat(frames, ignore_index=True)
    else:
        scores = next(iter(validations.values())).scores.assign(operator="")
    write_csv(table, scores[["operator", *(name for name in scores if name != "operator")]])
    files = [table]
    for operator, found in validations.items():
        path = folder / f"reliability_{operator}.png"
        if found.closest is None:
            path.unlink(missing_ok=True)  # one of an earlier survey is not of this one
        else:
            write_reliability(path, found, names.get(operator, operator), language)
            files.append(path)
    return files


def field_account(surface: CoverageSurface) -> dict[str, Any]:
    """Return the account of a fitted field: what it rests on, and the numbers that it was fitted with."""
    covariance, calibration = surface.kriging_.covariance_, surface.kriging_.calibration_
    return {
        "bins": len(surface.bins_),
        "censored_bins": int(surface.bins_["censored"].sum()),
        "mean": surface.mean_,
        "sill_db2": round(covariance.sill_db2, 3),
        "range_m": round(covariance.range_m, 1),
        "noise_db2": round(surface.kriging_.place_noise_db2_, 3),
        "calibration": {name: round(getattr(calibration, name), 3) for name in ("scale", "power", "local")},
        "blocked_rmse_db": {name: round(scores.rmse_db, 3) for name, scores in surface.scores_.items()},
        "blocked_inside90": {name: round(scores.inside90, 3) for name, scores in surface.scores_.items()},
    }


def scheme_name(scheme: str, block_m: float, language: str) -> str:
    """Return the words for what was left out."""
    return text(f"valid.{scheme}", language, side=number(block_m / 1000, 1, language))


def headings(language: str, columns: Sequence[str] = tuple(_COLUMNS)) -> list[str]:
    """Return the headings of the columns of :func:`score_rows`, some of two lines."""
    return [text("valid.scheme", language), *(text(f"valid.{key}", language) for key in columns)]


def score_rows(validation: Validation, language: str, columns: Sequence[str] = tuple(_COLUMNS)) -> list[list[str]]:
    """Return the scores as texts, a row a scheme: what was left out, then the columns of :func:`headings`."""
    rows = []
    for row in validation.scores.to_dict("records"):
        cells = [_cell(row[column], digits, language) for column, digits in map(_COLUMNS.__getitem__, columns)]
        rows.append([scheme_name(row["scheme"], row["block_m"], language), *cells])
    return rows


def _cell(value: float, digits: int | None, language: str) -> str:
    if digits is not None:
        return number(value, digits, language)
    if not np.isfinite(value):
        return "–"
    shown = min(value, 0.999) if value < 1 else value  # all but one of ten thousand is not all
    return f"{number(100 * shown, 1, language)} %"


def write_reliability(path: Path, validation: Validation, operator: str, language: str = "vi") -> None:
    """Draw the reliability diagram of one operator, its scores in words, and below them as a table.

    The scheme that comes closest to the places to be estimated is drawn with its Wilson bounds and counts, the others
    as thin lines.

    Parameters
    ----------
    path
        File to write, .png or .svg.
    validation
        One that could score something: its ``closest`` is not None.
    operator
        Name as it is shown.
    language
        vi or en.
    """
    with _page(path, validation, language, WIDTH, HEIGHT + LINE * len(validation.scores)) as page:
        level = dbm(validation.usable_dbm, language)
        page.write(40, 42, page.say("title", operator=operator), fontsize=19, weight="bold")
        page.write(40, 80, page.say("subtitle", level=level), fontsize=12, color=FAINT)
        _diagram(page, 110)
        _figures(page, 120)
        _table(page, 808)
        notes = [page.say("bars_note")]
        if np.isfinite(validation.places_nearest_m):
            notes.insert(0, page.say("of_places", metres=number(validation.places_nearest_m, 0, language)))
        page.write(40, page.height - 26, " ".join(notes), fontsize=10.5, color=FAINT)


def write_diagram(path: Path, validation: Validation, language: str = "vi") -> None:
    """Draw the reliability diagram alone, for a document that tells the rest; see :func:`write_reliability`."""
    with _page(path, validation, language, 800, 700) as page:
        _diagram(page, 15)


@dataclass(frozen=True)
class _Page:
    """What is drawn, and where: pixels count from the upper left corner."""

    figure: Figure
    validation: Validation
    row: int
    language: str
    width: int
    height: int

    def say(self, key: str, **values: object) -> str:
        return text(f"valid.{key}", self.language, **values)

    def name(self, row: int) -> str:
        scores = self.validation.scores.loc[row]
        return scheme_name(str(scores["scheme"]), float(scores["block_m"]), self.language)

    def write(self, left: float, top: float, said: str, **look: Any) -> None:
        self.figure.text(left / self.width, 1 - top / self.height, said, va="center", **look)

    def room(self, left: int, top: int, width: int, height: int) -> Axes:
        box = (left / self.width, 1 - (top + height) / self.height, width / self.width, height / self.height)
        axes = self.figure.add_axes(box)
        axes.set_xlim(-2, 102)
        axes.set_xticks(range(0, 101, 20))
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        return axes


@contextmanager
def _page(path: Path, validation: Validation, language: str, width: int, height: int) -> Iterator[_Page]:
    row = validation.closest
    if row is None:
        raise ValueError("nothing could be scored")
    with sheet(path, width, height) as figure:
        yield _Page(figure, validation, row, language, width, height)


def _diagram(page: _Page, top: int) -> None:
    """Draw what was predicted against what was read, and below how often."""
    axes = page.room(110, top, 640, 480)
    axes.set_ylim(-2, 102)
    axes.set_yticks(range(0, 101, 20))
    axes.set_ylabel(page.say("observed_axis"))
    axes.grid(color=FRAME, linewidth=0.6, alpha=0.6)
    axes.tick_params(labelbottom=False)
    dashes: Any = (0, (4, 3))
    axes.plot([0, 100], [0, 100], color=FAINT, linewidth=1.2, linestyle=dashes, label=page.say("diagonal"))
    scored = page.validation.scores.index[page.validation.scores["judged"] > 0]
    for at, other in enumerate(scored.drop(page.row)):
        label = page.say("others") if at == 0 else None
        line = _shares(page.validation, other)
        axes.plot(line["predicted"], line["observed"], color=_OTHER, linewidth=1, label=label)
    line = _shares(page.validation, page.row)
    bounds = [line["observed"] - line["observed_low"], line["observed_high"] - line["observed"]]
    axes.errorbar(
        line["predicted"], line["observed"], yerr=np.maximum(bounds, 0), color=_MAIN, linewidth=2, elinewidth=1.4,
        capsize=3.5, marker="o", markersize=6, label=page.name(page.row), zorder=5,
    )  # fmt: skip
    axes.legend(loc="upper left", frameon=False, fontsize=10.5)
    _counts(page, top + 500)


def _shares(validation: Validation, row: int) -> pd.DataFrame:
    """Return the classes of a scheme in which there are values, in per cent."""
    table = validation.reliability_of(row)
    return 100 * table.loc[table["n"] > 0, ["predicted", "observed", "observed_low", "observed_high"]]


def _counts(page: _Page, top: int) -> None:
    """Draw how many values fell into each class, with its number above the bar."""
    axes = page.room(110, top, 640, 110)
    table = page.validation.reliability_of(page.row)
    low, width, n = 100 * table["p_low"], 100 * (table["p_high"] - table["p_low"]), table["n"]
    axes.bar(low, n, width, align="edge", color=_MAIN, alpha=0.35, edgecolor="white", linewidth=1)
    for left, wide, count in zip(low, width, n, strict=True):
        axes.annotate(
            number(count, 0, page.language), (left + wide / 2, count), (0, 2), textcoords="offset points", ha="center",
            va="bottom", fontsize=7.5, color=INK,
        )  # fmt: skip
    axes.set_ylim(0, 1.25 * max(int(n.max()), 1))
    axes.set_yticks([])
    axes.set_xlabel(page.say("predicted_axis"))
    axes.set_ylabel(page.say("n"))
    axes.spines["left"].set_visible(False)


def _figures(page: _Page, top: int) -> None:
    """Tell the scores of the scheme that is drawn in words, each with its figure."""
    scores = page.validation.scores.loc[page.row]
    page.write(820, top, page.name(page.row), fontsize=14, weight="bold")
    told = [("rmse", page.say("decibel", value=number(scores["rmse_db"], 1, page.language)))]
    told += [(key, _cell(scores[column], None, page.language)) for key, column in _TOLD.items()]
    for at, (key, value) in enumerate(told):
        page.write(820, top + 70 + 105 * at, value, fontsize=22, weight="bold", color=_MAIN)
        page.write(1010, top + 70 + 105 * at, page.say(f"told_{key}"), fontsize=12, linespacing=1.4)


def _table(page: _Page, top: int) -> None:
    """Write the scores of all schemes, a line each; the one that is drawn in bold."""
    first, *others = headings(page.language)
    ends = 380 + 1080 * (np.arange(len(others)) + 1) / len(others)
    faint = {"fontsize": 10.5, "color": FAINT, "linespacing": 1.25}
    page.write(40, top, first, **faint)
    for end, heading in zip(ends, others, strict=True):
        page.write(end, top, heading, ha="right", multialignment="right", **faint)
    rows = zip(page.validation.scores.index, score_rows(page.validation, page.language), strict=True)
    for at, (index, (name, *cells)) in enumerate(rows):
        look = {"fontsize": 12, "weight": "bold" if index == page.row else "normal"}
        page.write(40, top + 38 + LINE * at, name, **look)
        for end, cell in zip(ends, cells, strict=True):
            page.write(end, top + 38 + LINE * at, cell, ha="right", **look)
