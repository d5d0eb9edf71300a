"""Progress between two rounds as it leaves the house: CSV, GeoPackage and a workbook, small counts hidden."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from lomsong.gap.progress import ANY, CLASSES, Progress
from lomsong.geo import WGS84
from lomsong.publish.delimited import write_csv
from lomsong.publish.layers import write_geopackage
from lomsong.publish.privacy import round_total, suppress
from lomsong.publish.spreadsheet import new_workbook
from lomsong.shown import dbm, number
from lomsong.texts import Phrase, text

_PARTS = ("compared", "newly_measured", "no_longer_measured", "unmeasured")
"""What the learners of a commune are made up of."""

_COUNTS = ("learners", *_PARTS, "unconnected_before", "unconnected_after", "gained", "lost", "closed", "closed_shown",
           "new", "new_shown", "persisting")  # fmt: skip

_COLUMNS = ("learners", *_PARTS, "unconnected_before", "unconnected_before_low", "unconnected_before_high",
            "unconnected_after", "unconnected_after_low", "unconnected_after_high", "net", "net_low", "net_high",
            "noise", "gained", "lost", "closed", "closed_shown", "new", "new_shown", "persisting", "p_value",
            "verdict")  # fmt: skip

_HEAD_ROW, _WIDEST = 4, 60

_FIGURES = 8.5
"""Width of a column of numbers: with more, the letters of a printed page would be 4 points high."""


@dataclass(frozen=True)
class ProgressContent:
    """All that is told of two rounds.

    Attributes
    ----------
    progress
        What they tell.
    cells
        Cells of learners with ``change_<operator>`` and ``shown_<operator>``, "any" among them,
        ``change_db_<operator>``, ``unconnected_before`` and ``unconnected_after``.
    communes
        commune_code, name and polygons.
    operators
        Identifier to name.
    learners
        All of the later round, those in no cell included.
    usable_dbm
        Threshold for both rounds.
    notes
        What a reader has to know first.
    """

    progress: Progress
    cells: gpd.GeoDataFrame
    communes: gpd.GeoDataFrame
    operators: Mapping[str, str]
    learners: int
    usable_dbm: float
    notes: tuple[Phrase, ...] = ()
    language: str = "vi"
    title: str = ""
    territory: str = ""
    issuer: str = ""
    data_note: str = ""
    suppress_below: int = 5


def published_progress(table: pd.DataFrame, below: int = 5) -> pd.DataFrame:
    """Return ``communes`` of a comparison with small counts hidden, and with them what would give them back.

    The parts of a commune's learners make up the whole, gained less lost is net, and before less after is net: where
    one of such a set is hidden alone, another is left out with it. What is left out is NaN; what is hidden is told
    apart by ``<column>_suppressed``.
    """
    published = suppress(table, list(_COUNTS), below)
    parts = published[list(_PARTS)]
    hidden = published[[f"{name}_suppressed" for name in _PARTS]].to_numpy()
    alone = hidden.sum(axis=1) == 1
    partner = parts.where(parts > 0).fillna(np.inf).to_numpy().argmin(axis=1)
    for column, name in enumerate(_PARTS):
        published[name] = published[name].mask(alone & (partner == column))
    pair = published["gained_suppressed"] | published["lost_suppressed"]
    published[["gained", "lost"]] = published[["gained", "lost"]].mask(pair, axis=0)
    sides = published["unconnected_before_suppressed"] | published["unconnected_after_suppressed"]
    derived = [f"{name}{end}" for name in ("unconnected_before", "unconnected_after") for end in ("_low", "_high")]
    published[derived] = published[derived].mask(sides)
    one = published["unconnected_before_suppressed"] ^ published["unconnected_after_suppressed"]
    published["net"] = published["net"].mask(one)
    return published


def progress_totals(content: ProgressContent) -> pd.DataFrame:
    """Return the totals of each operator, counts rounded: their parts do not give back a hidden one."""
    totals = content.progress.totals.copy()
    names = [name for name in _COLUMNS if name not in ("p_value", "verdict")]
    totals[names] = totals[names].map(lambda value: np.sign(value) * round_total(abs(value)))
    return totals


def write_progress(content: ProgressContent, folder: Path) -> list[Path]:
    """Write ``progress.csv``, ``progress.gpkg`` and ``progress.xlsx``, each whole or not at all; return their paths.

    The CSV has one row a commune and operator, ``any`` among them; the layers are ``communes`` (any operator, net of
    each) and ``places``, the cells of learners.
    """
    paths = [folder / f"progress.{kind}" for kind in ("csv", "gpkg", "xlsx")]
    table = published_progress(content.progress.communes, content.suppress_below)
    write_csv(paths[0], table[["commune_code", "name", "operator", *_COLUMNS]])
    write_geopackage(paths[1], _layers(content, table))
    _write_book(paths[2], content, table)
    return paths


def _layers(content: ProgressContent, table: pd.DataFrame) -> dict[str, gpd.GeoDataFrame]:
    every = table[table["operator"] == ANY].drop(columns=["operator", "name"])
    every = every[["commune_code", *_COLUMNS]]
    for name in content.operators:
        own = table[table["operator"] == name].set_index("commune_code")
        every[f"net_{name}"] = every["commune_code"].map(own["net"])
        every[f"verdict_{name}"] = every["commune_code"].map(own["verdict"])
    communes = content.communes[["commune_code", "name", "geometry"]].merge(every, on="commune_code", how="left")
    sides = ["unconnected_before", "unconnected_after"]
    cells = suppress(content.cells, ["learners", *sides], content.suppress_below)
    return {"communes": communes.to_crs(WGS84), "places": cells.to_crs(WGS84)}


def account(content: ProgressContent) -> list[tuple[str, int]]:
    """Return the learners of the later round by what could be said of them, any operator, as texts and counts.

    compared + not compared = all, before the counts are rounded.
    """
    row = content.progress.totals.set_index("operator").loc[ANY]
    rows = [(f"progress.{name}", float(row[name])) for name in _PARTS]
    rows.append(("progress.hidden", max(content.learners - float(row["learners"]), 0.0)))
    rows.append(("progress.all_learners", float(content.learners)))
    return [(text(key, content.language), round_total(count)) for key, count in rows]


def notes_of(content: ProgressContent) -> list[str]:
    """Return the notes as sentences."""
    method = Phrase("progress.method", {"usable": float(content.usable_dbm)})
    hidden = Phrase("book.method_suppressed", {"below": content.suppress_below})
    notes = [*content.notes, method, *([hidden] if content.suppress_below else [])]
    return [text(note.key, content.language, **_numbers(note.values, content.language)) for note in notes]


def _numbers(values: Mapping[str, object], language: str) -> dict[str, object]:
    """Return values with numbers as the language writes them: a shift with its sign and its error, else levels."""
    told = dict(values)
    for name, value in values.items():
        if isinstance(value, float):
            sign = "+" if name == "shift" and value > 0 else ""
            told[name] = sign + number(value, 1, language) if name in ("shift", "se") else dbm(value, language)
    return told


def _write_book(path: Path, content: ProgressContent, table: pd.DataFrame) -> None:
    with new_workbook(path, content.title, content.issuer) as file:
        formats = _formats(file)
        _summary_sheet(file, formats, content)
        for key, rows in (
            ("progress.communes", table[table["operator"] == ANY]),
            ("progress.operators", table[table["operator"] != ANY]),
        ):
            sheet = _open_sheet(file, formats, content, key, text("progress.table_note", content.language))
            names = ["name", "commune_code", *([] if key == "progress.communes" else ["operator"]), *_COLUMNS]
            _write_table(sheet, formats, content, _HEAD_ROW, rows, names)
            sheet.freeze_panes(_HEAD_ROW + 1, 1)
            sheet.repeat_rows(_HEAD_ROW)
            sheet.autofilter(_HEAD_ROW, 0, _HEAD_ROW + len(rows), len(names) - 1)


def _formats(file: Any) -> dict[str, Any]:
    base = {"font_name": "Arial", "font_size": 10, "valign": "top"}
    heading = {"bold": True, "text_wrap": True, "valign": "vcenter", "bg_color": "#DDE8EE", "bottom": 1}
    looks: dict[str, dict[str, Any]] = {
        "title": {"bold": True, "font_size": 14},
        "note": {"font_color": "#52646F", "italic": True},
        "data_note": {"bold": True, "font_color": "#6B4B00"},
        "section": {"bold": True, "font_size": 11},
        "heading": {**heading, "align": "left", "indent": 1},
        "number_heading": {**heading, "align": "right"},
        "text": {"text_wrap": True, "align": "left", "indent": 1},
        "count": {"num_format": "#,##0", "align": "right"},
        "p_value": {"num_format": "0.000", "align": "right"},
        "hidden": {"font_color": "#52646F", "align": "right"},
    }
    return {name: file.add_format({**base, **look}) for name, look in looks.items()}


def _open_sheet(file: Any, formats: Mapping[str, Any], content: ProgressContent, key: str, note: str) -> Any:
    sheet = file.add_worksheet(text(key, content.language))
    sheet.hide_gridlines(2)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.set_margins(left=0.4, right=0.4)
    sheet.fit_to_pages(1, 0)
    heading = " – ".join(filter(None, [text(key, content.language), content.territory]))
    sheet.write_string(0, 0, heading, formats["title"])
    sheet.write_string(1, 0, note, formats["note"])
    sheet.write_string(2, 0, content.data_note, formats["data_note"])
    return sheet


def _summary_sheet(file: Any, formats: Mapping[str, Any], content: ProgressContent) -> None:
    language = content.language
    sheet = _open_sheet(file, formats, content, "progress.summary", text("progress.title", language))
    names = ["operator", "compared", "unconnected_before", "unconnected_after", "net", "net_low", "net_high", "noise",
             "verdict"]  # fmt: skip
    totals = progress_totals(content)
    row = _write_table(sheet, formats, content, _HEAD_ROW, totals, names) + 2
    for title, lines in (("progress.account", account(content)), ("progress.notes", notes_of(content))):
        sheet.write_string(row, 0, text(title, language), formats["section"])
        for line in lines:
            row += 1
            if isinstance(line, str):
                sheet.merge_range(row, 0, row, len(names) - 1, line, formats["text"])
                sheet.set_row(row, 14 * (1 + len(line) // 105))
            else:
                sheet.write_string(row, 0, line[0], formats["text"])
                sheet.write_number(row, 1, line[1], formats["count"])
        row += 2
    sheet.set_column(0, 0, 44)


def _write_table(
    sheet: Any,
    formats: Mapping[str, Any],
    content: ProgressContent,
    top: int,
    table: pd.DataFrame,
    names: Sequence[str],
) -> int:
    """Write headings at row ``top`` and the rows below; return the last row written."""
    worded = ("name", "commune_code", "operator", "verdict")
    sheet.set_row(top, 60)
    for column, name in enumerate(names):
        heading = text(f"progress.{name}", content.language)
        sheet.write_string(top, column, heading, formats["heading" if name in worded else "number_heading"])
        flag = f"{name}_suppressed"
        hidden = table[flag] if flag in table else [False] * len(table)
        for row, (value, small) in enumerate(zip(table[name], hidden, strict=True), start=top + 1):
            if small:
                sheet.write_string(row, column, f"<{content.suppress_below}", formats["hidden"])
            elif name in worded:
                sheet.write_string(row, column, worded_value(name, value, content), formats["text"])
            elif pd.notna(value):
                sheet.write_number(row, column, float(value), formats["p_value" if name == "p_value" else "count"])
        longest = max((len(worded_value(name, value, content)) for value in table[name]), default=0)
        sheet.set_column(column, column, min(longest + 4, _WIDEST) if name in worded else _FIGURES)
    return top + len(table)


def worded_value(name: str, value: object, content: ProgressContent) -> str:
    """Return a verdict, an operator, a class or a name as people read it."""
    if name == "verdict":
        return text(f"progress.verdict_{value}", content.language)
    if name == "operator":
        known = content.operators.get(str(value))
        return known if known is not None else text("progress.any", content.language)
    return text(f"progress.{value}", content.language) if value in CLASSES and name == "change" else str(value)
