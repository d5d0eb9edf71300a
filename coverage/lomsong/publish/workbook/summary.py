"""The first sheet: the key figures and the communes to put first."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pandas as pd

from lomsong.publish.privacy import published_plan, round_total
from lomsong.publish.workbook.book import HEAD_ROW, WIDEST, Book, open_sheet, write_pairs, write_table
from lomsong.publish.workbook.places import ranking_columns
from lomsong.shown import listed, period


def summary_sheet(book: Book, ranking: pd.DataFrame) -> None:
    """Write the key figures and the first communes."""
    content = book.content
    sheet = open_sheet(book, "summary", content.title)
    row = write_pairs(book, sheet, HEAD_ROW, "book.figure", _key_figures(book), "answer")
    first = ranking[ranking["unconnected"] != 0].sort_values("rank").head(10)  # what is hidden is missing
    sheet.write_string(row + 2, 0, book.say("book.top"), book.formats["section"])
    each = [f"unconnected_{operator}" for operator in content.operators]
    wanted = ("name", "unconnected", "unconnected_low", "unconnected_high", "share", *each, "in_the_way")
    known = {column.name: replace(column, widest=WIDEST) for column in ranking_columns(book) if column.name in ranking}
    columns = [known[name] for name in wanted if name in known]
    row = write_table(book, sheet, row + 3, first, columns)
    sheet.set_column(0, 0, WIDEST)
    sheet.set_column(1, 1, 26)
    sheet.set_column(2, len(columns) - 1, 12)
    if "in_the_way" in ranking:
        sheet.set_column(len(columns) - 1, len(columns) - 1, WIDEST)
    sheet.print_area(0, 0, row + 2, len(columns) - 1)
    if content.suppress_below:
        note = book.say("book.suppressed", below=content.suppress_below)
        sheet.write_string(row + 2, 0, note, book.formats["note"])


def _key_figures(book: Book) -> list[tuple[str, Any, str]]:
    content = book.content
    learners, unconnected = content.ranking["learners"].sum(), content.ranking["unconnected"].sum()
    texts = {
        "territory": content.territory, "issuer": content.issuer, "surveyed": period(content.period, content.language),
        "surveyed_of": listed(list(content.operators.values()), content.language) if content.period else "",
    }  # fmt: skip
    figures: list[tuple[str, Any, str]] = [
        *((book.say(f"book.{key}"), value, "answer") for key, value in texts.items() if value),
        (book.say("book.usable_dbm"), content.settings.gap.usable_dbm, "level"),
        (book.say("book.communes"), float(len(content.ranking)), "count"),
        (book.say("book.learners"), float(round_total(learners)), "count"),
        (book.say("book.unconnected_total"), float(round_total(unconnected)), "count"),
    ]
    if learners:
        figures.append(
            (book.say("book.share_total"), round(round_total(unconnected) / max(round_total(learners), 1), 3), "share")
        )
    if content.schools is not None:
        silent = content.schools["state"].isin(["weak", "none"]).sum()
        figures.append((book.say("book.silent_schools"), float(silent), "count"))
    if content.hamlets is not None:
        figures.append((book.say("book.dark_hamlets"), float((content.hamlets["grid_power"] == "no").sum()), "count"))
    found = content.findings
    if found.points is not None:
        for reach in ("unreached", "unknown"):
            count = float((found.points["reach"] == reach).sum())
            figures.append((book.say(f"book.points_{reach}"), count, "count"))
    if found.zones is not None:
        figures.append((book.say("book.zones_count"), float(len(found.zones)), "count"))
    if content.towers is not None:
        figures.append((book.say("book.towers_count"), float(len(content.towers)), "count"))
    plan = published_plan(content.plan, content.towers, content.suppress_below)
    for key, kind in {"objective": "count", "bound": "count", "gap": "share"}.items():
        if plan.get(key) is not None and math.isfinite(plan[key]):
            figures.append((book.say(f"book.{key}"), float(plan[key]), kind))
    return figures
