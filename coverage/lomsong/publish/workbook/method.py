"""How good the data are, and how the figures were made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from lomsong.publish.workbook.book import HEAD_ROW, WIDEST, Book, Column, height, open_sheet, write_pairs, write_table
from lomsong.settings import Settings, as_dict


def quality_sheet(book: Book) -> None:
    """Write what was read, what was rejected and what should be known of the rest."""
    sheet = open_sheet(book, "quality", book.say("book.quality_note"))
    row = HEAD_ROW
    if book.content.sources is not None:
        names = ("source_file", "rows_read", "accepted", "rejected")
        kinds = ("text", "count", "count", "count")
        columns = [Column(name, book.say(f"book.{name}"), kind) for name, kind in zip(names, kinds, strict=True)]
        row = write_table(book, sheet, row, book.content.sources, columns) + 2
    for key, checks in (("book.rejects", book.content.rejects), ("book.flags", book.content.flags)):
        if checks is not None and len(checks):
            sheet.write_string(row, 0, book.say(key), book.formats["section"])
            _write_checks(book, sheet, row + 1, checks)
            row += len(checks) + 4
    sheet.set_column(0, 0, 28)


def _write_checks(book: Book, sheet: Any, top: int, checks: pd.DataFrame) -> None:
    """Write checks with what to do about them, which runs on over the columns to the right."""
    columns = [Column("check", book.say("book.check")), Column("count", book.say("book.count"), "count")]
    write_table(book, sheet, top, checks, columns)
    sheet.merge_range(top, 2, top, 8, book.say("book.remedy"), book.formats["heading"])
    for row, remedy in enumerate(checks["remedy"], start=top + 1):
        sheet.write_string(row, 2, str(remedy), book.formats["setting"])
    sheet.set_column(1, 3, 13)


def method_sheet(book: Book) -> None:
    """Write how the figures came about and with which settings."""
    sheet = open_sheet(book, "method", book.say("book.notes"))
    row = HEAD_ROW
    for sentence in _method(book):
        sheet.merge_range(row, 0, row, 1, "", book.formats["text"])
        sheet.write_string(row, 0, sentence, book.formats["text"])
        sheet.set_row(row, height(len(sentence), 2 * WIDEST + 8) + 4)
        row += 1
    sheet.write_string(row + 1, 0, book.say("book.settings"), book.formats["section"])
    pairs = [(name, *_setting(value)) for name, value in _flat(_of_the_run(book.content.settings))]
    write_pairs(book, sheet, row + 2, "book.setting", pairs, "setting")
    sheet.set_column(0, 1, WIDEST + 4)


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
    figures = {name.replace(".", "_"): _figure(value) for name, value in _flat(as_dict(settings))}
    figures |= {
        "below": str(book.content.suppress_below),
        "towers": "" if towers is None else str(len(towers)),
        "forest": ", ".join(book.say(f"map.forest_{kind}") for kind in settings.siting.forbidden_forest) or "–",
        "surveyed": f"{settings.surface.surveyed_share:.0%}",
        "usable_from": f"{settings.gap.required_probability:.0%}",
        "none_from": f"{settings.gap.none_probability:.0%}",
    }
    return [book.say(f"book.method_{key}", **figures) for key in keys]


def _figure(value: Any) -> str:
    """Return a setting as a sentence shows it, with a minus as wide as a digit."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return f"{value:.10g}".replace("-", "\u2212") if number else str(value)


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
