"""How good the data are, how the figures were made, and with which settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from lomsong.publish.privacy import round_total
from lomsong.publish.workbook.book import (
    HEAD_ROW,
    WIDEST,
    Book,
    Column,
    height,
    open_sheet,
    write,
    write_pairs,
    write_table,
)
from lomsong.settings import Settings, as_dict
from lomsong.texts import LANGUAGES, catalogue


def quality_sheet(book: Book) -> None:
    """Write what is known and what is not, what was read, what was rejected and what should be known of the rest."""
    sheet = open_sheet(book, "quality", book.say("book.quality_note"))
    row = write_pairs(book, sheet, HEAD_ROW, "book.figure", _known(book), "answer") + 2
    operators = _operators(book)
    if len(operators):
        sheet.write_string(row, 0, book.say("book.by_operator"), book.formats["section"])
        row = write_table(book, sheet, row + 1, operators, _operator_columns(book)) + 2
    if book.content.sources is not None:
        sheet.write_string(row, 0, book.say("book.files"), book.formats["section"])
        sources = _with_contents(book, book.content.sources)
        kinds = dict.fromkeys(("rows_read", "accepted", "rejected"), "count") | {"contents": "text"}
        columns = [
            Column(name, book.say(f"book.{name}"), kind)
            for name, kind in ({"source_file": "text"} | kinds).items()
            if name in sources
        ]
        row = write_table(book, sheet, row + 1, sources, columns) + 2
    breaks: list[int] = []
    for key, checks in (("book.rejects", book.content.rejects), ("book.flags", book.content.flags)):
        if checks is not None and len(checks):
            breaks += [row] if not breaks or len(checks) > _A_PAGE else []
            sheet.write_string(row, 0, book.say(key), book.formats["section"])
            row = write_table(book, sheet, row + 1, checks, _check_columns(book)) + 2
    sheet.set_h_pagebreaks(breaks)
    sheet.set_column(0, 0, WIDEST)
    sheet.set_column(1, 4, 22)
    sheet.print_area(0, 0, max(row - 2, HEAD_ROW), 5)


_A_PAGE = 12
"""Checks beyond which a list of them begins on a page of its own, so that no heading stands alone at a foot."""


def _with_contents(book: Book, sources: pd.DataFrame) -> pd.DataFrame:
    """Return the files with what was read from each, in words: one file may hold many layers."""
    if "table" not in sources:
        return sources
    words = catalogue("source.", book.content.language)
    return sources.assign(contents=[words.get(str(name), str(name)) for name in sources["table"]])


def _known(book: Book) -> list[tuple[str, Any, str]]:
    """Return how many learners live where the evidence suffices, and how many where nobody measured."""
    ranking, points = book.content.ranking, book.content.findings.points
    learners = float(ranking["learners"].sum())
    figures: list[tuple[str, Any, str]] = [(book.say("book.learners"), float(round_total(learners)), "count")]
    if learners and "unsurveyed" in ranking:
        unknown = float(ranking["unsurveyed"].sum())
        figures += [
            (book.say("book.known_share"), round(1 - unknown / learners, 3), "share"),
            (book.say("book.unknown_share"), round(unknown / learners, 3), "share"),
            (book.say("book.unknown_learners"), float(round_total(unknown)), "count"),
        ]
    figures += [
        (book.say(f"book.placed_{way}"), float(placed), "count") for way, placed in book.content.findings.placed.items()
    ]
    if points is not None:
        figures.append((book.say("book.points_unknown"), float((points["reach"] == "unknown").sum()), "count"))
    return figures


def _operators(book: Book) -> pd.DataFrame:
    """Return a row an operator: share of the territory with evidence, and the scores of its validation."""
    rows = []
    for operator, name in book.content.operators.items():
        found = book.content.validations.get(operator)
        area = book.content.surveyed_share.get(operator)
        if found is None and area is None:
            continue
        row = {"operator": name, "area": np.nan if area is None else area}
        if found is not None and found.closest is not None:
            row |= {column: float(found.scores.loc[found.closest, column]) for column in _SCORES}
        rows.append(row)
    return pd.DataFrame(rows).reindex(columns=["operator", "area", *_SCORES])


_SCORES: Mapping[str, tuple[str, str]] = {
    "rmse_db": ("brief.error", "decimal"),
    "inside90": ("brief.inside90", "share"),
    "uncovered_called_covered": ("brief.missed", "share"),
    "sure_right": ("brief.sure_right", "share"),
}
"""Column of the scores to its heading and kind."""


def _operator_columns(book: Book) -> list[Column]:
    told = [Column(name, book.say(key), kind) for name, (key, kind) in _SCORES.items()]
    return [
        Column("operator", book.say("brief.operator")),
        Column("area", book.say("brief.area_known"), "share"),
        *told,
    ]


def _check_columns(book: Book) -> list[Column]:
    """Return what a check means before its code, by which a program finds its rows."""
    return [
        Column("remedy", book.say("book.remedy")),
        Column("count", book.say("book.count"), "count"),
        Column("check", book.say("book.check")),
    ]


def method_sheet(book: Book) -> None:
    """Write how the figures came about, a sentence each."""
    sheet = open_sheet(book, "method", book.say("book.notes"))
    row = HEAD_ROW
    for sentence in _method(book):
        sheet.merge_range(row, 0, row, 1, "", book.formats["text"])
        sheet.write_string(row, 0, sentence, book.formats["text"])
        sheet.set_row(row, height(len(sentence), 2 * WIDEST + 8) + 4)
        row += 1
    sheet.set_column(0, 1, WIDEST + 4)
    sheet.print_area(0, 0, row - 1, 1)


def settings_sheet(book: Book) -> None:
    """Write every setting of the run with what it means, a line each, under its section."""
    meanings, rows = catalogue("setting.", book.content.language), []
    for section, keys in _of_the_run(book.content.settings).items():
        for name, value in _flat(keys):
            meaning = meanings.get(f"{section}.{name.split('.')[0]}", "")
            shown, look = _setting(value)
            rows.append((f"{section}.{name}", shown, look, meaning))
    sheet = open_sheet(book, "settings", book.say("book.settings_note"))
    for column, heading in enumerate(("setting", "value", "meaning")):
        sheet.write_string(HEAD_ROW, column, book.say(f"book.{heading}"), book.formats["heading"])
    for row, (name, value, look, meaning) in enumerate(rows, start=HEAD_ROW + 1):
        sheet.write_string(row, 0, name, book.formats["text"])
        write(sheet, row, 1, value, book.formats[look])
        sheet.write_string(row, 2, meaning, book.formats["text"])
        sheet.set_row(row, max(height(len(str(value)), WIDEST), height(len(meaning), _MEANING)))
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, WIDEST)
    sheet.set_column(2, 2, _MEANING)
    last = HEAD_ROW + len(rows)
    sheet.freeze_panes(HEAD_ROW + 1, 1)
    sheet.repeat_rows(HEAD_ROW)
    sheet.autofilter(HEAD_ROW, 0, last, 2)
    sheet.print_area(0, 0, last, 2)


_MEANING = 74
"""Width of the column that tells what a setting means."""


def _of_the_run(settings: Settings) -> dict[str, Any]:
    """Return the settings that a run depends on: not where public layers are fetched from."""
    return {section: keys for section, keys in as_dict(settings).items() if section != "fetch"}


def _method(book: Book) -> list[str]:
    """Return how the figures came about, a sentence each, with the figures of this run's settings."""
    settings, towers = book.content.settings, book.content.towers
    keys = ["samples", "censored", "kriging", "mean_sites" if settings.surface.use_sites else "mean_constant", "states",
            "unsurveyed", "connected", "expected", "intervals", "ranking"]  # fmt: skip
    if towers is not None:
        keys += ["candidates", "reach", "bound"]
    keys += ["homes", "suppressed"] if book.content.suppress_below else ["homes"]
    figures = {
        name.replace(".", "_"): _figure(value, book.content.language) for name, value in _flat(as_dict(settings))
    }
    figures |= {
        "below": str(book.content.suppress_below),
        "towers": "" if towers is None else str(len(towers)),
        "forest": ", ".join(book.say(f"map.forest_{kind}") for kind in settings.siting.forbidden_forest) or "–",
        "surveyed": f"{settings.surface.surveyed_share:.0%}",
        "usable_from": f"{settings.gap.required_probability:.0%}",
        "none_from": f"{settings.gap.none_probability:.0%}",
    }
    return [book.say(f"book.method_{key}", **figures) for key in keys]


def _figure(value: Any, language: str) -> str:
    """Return a setting as a sentence shows it, with a minus as wide as a digit."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    shown = f"{value:.10g}".replace("-", "\u2212")
    return shown.replace(".", ",") if language == LANGUAGES[0] else shown


def _flat(settings: Mapping[str, Any], above: str = "") -> Iterable[tuple[str, Any]]:
    for key, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def _setting(value: Any) -> tuple[Any, str]:
    """Return a setting and its format: numbers as they were written, lists joined."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value), "setting"
    return (", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)), "text"
