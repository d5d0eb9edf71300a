"""What a new project starts from: a commented lomsong.toml, input tables to fill in, a guide and the data dictionary.

All of it is made from :mod:`lomsong.settings` and :mod:`lomsong.tables`, so that it cannot say anything else.
"""

from __future__ import annotations

import dataclasses
import datetime
import io
import json
import typing
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Annotated, Any

import xlsxwriter

from lomsong.settings import Choices, Limits, Settings
from lomsong.tables import OPERATORS, TABLES, ColumnSpec, TableSpec, data_dictionary
from lomsong.texts import text

TABLE_NAMES = ("households", "learners", "schools", "hamlets", "sites", "declared", "handovers")
"""Tables that people fill in; those of them that :data:`lomsong.tables.TABLES` has get a workbook."""

PLACED = ("households",)
"""Tables whose rows need no position: where there is none they are placed by hamlet or commune."""

GUIDES = {"vi": "HUONG_DAN.txt", "en": "README.txt"}

LAST_ROW = 100_000
"""Last row that formats and lists of a template reach."""

_UNITS = MappingProxyType(
    {"dbm": "dBm", "db": "dB", "mhz": "MHz", "mps": "m/s", "deg": "°", "km": "km", "m": "m", "s": "s", "h": "h"}
)

_EXAMPLES = MappingProxyType(
    {
        "run.territory": "Đồng Nai",
        "run.metric_crs": "EPSG:5899",
        "inputs.surveys": ["surveys"],
        "inputs.communes": "communes.gpkg",
        "inputs.communes_before": "communes_before.csv",
        "inputs.crosswalk": "crosswalk.csv",
        "inputs.households": "households.xlsx",
        "inputs.learners": ["learners.xlsx"],
        "inputs.declared": "declared.xlsx",
        "inputs.schools": "schools.xlsx",
        "inputs.hamlets": "hamlets.xlsx",
        "inputs.sites": "sites.xlsx",
        "inputs.cells": "cells.csv",
        "inputs.dem": "public/dem/*.tif",
        "inputs.canopy": "canopy.tif",
        "inputs.land_cover": "public/landcover/*.tif",
        "inputs.population": "public/population/*.tif",
        "inputs.roads": "public/osm.gpkg#roads",
        "inputs.power_lines": "public/osm.gpkg#power_lines",
        "inputs.forest": "forest.gpkg",
        "inputs.water": "water.gpkg",
        "inputs.declared_coverage": "declared_coverage.gpkg",
        "survey.crs": "EPSG:5899",
        "survey.columns": {"rsrp_dbm": "Serving RSRP"},
        "survey.floors_dbm": {"5G": -120.0},
        "gap.thresholds_dbm": {"4G": -110.0, "5G": -108.0},
        "roster.crs": "EPSG:5899",
        "devices.handovers": "handovers.xlsx",
        "fetch.cache": "cache",
    }
)
"""Values shown, commented out, for keys whose default is empty."""

VIETNAM = MappingProxyType({"survey.utc_offset_h": 7.0})
"""Values in place of defaults that would be wrong in Viet Nam: phones there write local time."""


def templates(language: str) -> dict[str, bytes]:
    """Return what ``lomsong init`` writes: file name to content.

    Parameters
    ----------
    language
        ``vi`` or ``en``: headings, comments and guide.
    """
    names = [name for name in TABLE_NAMES if name in TABLES]
    files = {"lomsong.toml": settings_text(language).encode()}
    files |= {f"{name}.xlsx": workbook(TABLES[name], language) for name in names}
    listed = ", ".join(f"{name}.xlsx" for name in names)
    files[GUIDES[language]] = text("init.guide", language, tables=listed).encode()
    files["data_dictionary.md"] = data_dictionary().encode()
    return files


def settings_text(language: str) -> str:
    """Return a lomsong.toml of every section and key: its meaning, limits, unit and default.

    A key whose default is empty stands commented out, with an example; the others hold their default, or what holds in
    Viet Nam (:data:`VIETNAM`).
    """
    lines = [f"# {line}" for line in text("init.settings_head", language).splitlines()]
    for section in dataclasses.fields(Settings):
        lines += ["", f"# {text(f'setting.{section.name}', language)}", f"[{section.name}]"]
        kind = typing.get_type_hints(Settings)[section.name]
        hints = typing.get_type_hints(kind, include_extras=True)
        for key, default in vars(kind()).items():
            lines += _key_lines(f"{section.name}.{key}", hints[key], default, language)
    return "\n".join(lines) + "\n"


def _key_lines(name: str, hint: Any, default: Any, language: str) -> Iterator[str]:
    key = name.partition(".")[2]
    empty = default in ("", ()) or (isinstance(default, Mapping) and not default)
    meaning, unset = text(f"setting.{name}", language), text("init.unset", language)
    parts = [meaning, *_limits(key, hint, language)]
    parts += [unset] if empty and unset.split()[-1].rstrip(".") not in meaning else []
    yield f"# {' '.join(parts)}"
    yield f"# {key} = {toml(_EXAMPLES.get(name, default))}" if empty else f"{key} = {toml(VIETNAM.get(name, default))}"


def _limits(key: str, hint: Any, language: str) -> Iterator[str]:
    unit = _UNITS.get(key.rpartition("_")[2], "")
    for note in typing.get_args(hint)[1:] if typing.get_origin(hint) is Annotated else ():
        if isinstance(note, Limits):
            low, high = (_number(value, language) for value in (note.low, note.high))
            yield text("init.limits", language, low=low, high=high, unit=f" {unit}" if unit else "")
        if isinstance(note, Choices):
            yield text("init.choices", language, choices=", ".join(note.values))


def _number(value: float, language: str) -> str:
    shown = f"{value:.0f}" if float(value).is_integer() else f"{value:g}"
    return shown.replace(".", ",") if language == "vi" else shown


def toml(value: Any) -> str:
    """Return a value of settings as TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)  # a JSON string is a basic string of TOML
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {toml(item)}" for key, item in value.items()) + " }" if value else "{}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(toml(item) for item in value) + "]"
    return repr(value)


def workbook(spec: TableSpec, language: str) -> bytes:
    """Return an .xlsx to fill in: headings of ``spec``, and a second sheet that explains each column.

    Codes and other texts are formatted as text, so that leading zeros stay; columns of choices offer a list.
    """
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        book.set_properties({"title": getattr(spec, language), "created": datetime.datetime(2021, 9, 5)})
        _data_sheet(book, spec, language)
        _explanation(book, spec, language)
    return content.getvalue()


def _headings(spec: TableSpec, language: str) -> list[str]:
    headings = [getattr(column, language) for column in spec.columns]
    places = [text("init.longitude", language), text("init.latitude", language)] if spec.geometry == "Point" else []
    return headings + [place for place in places if place not in headings]


def _data_sheet(book: xlsxwriter.Workbook, spec: TableSpec, language: str) -> None:
    sheet = book.add_worksheet(_sheet_name(getattr(spec, language)))
    style = {"bold": True, "text_wrap": True, "valign": "top", "border": 1, "font_name": "Arial", "font_size": 11}
    needed = book.add_format({**style, "bg_color": "#1F4E79", "font_color": "#FFFFFF"})
    optional = book.add_format({**style, "bg_color": "#D9E2EC"})
    as_text = book.add_format({"num_format": "@", "font_name": "Arial", "font_size": 11})
    plain = book.add_format({"font_name": "Arial", "font_size": 11})
    sheet.set_row(0, 33)
    for at, heading in enumerate(_headings(spec, language)):
        column = spec.columns[at] if at < len(spec.columns) else None
        required = spec.name not in PLACED if column is None else column.required and not column.nullable
        textual = column is not None and column.kind in ("text", "choice")
        sheet.set_column(at, at, _width(heading, column), as_text if textual else plain)
        sheet.write_string(0, at, heading, needed if required else optional)
        rule = _rule(column, language) if column is not None else None
        if rule is not None:
            sheet.data_validation(1, at, LAST_ROW, at, rule)
    sheet.freeze_panes(1, 0)


def _width(heading: str, column: ColumnSpec | None) -> float:
    usual = 24 if column is not None and column.name == "name" else 13
    return float(max(usual, min(len(heading) + 3, 28)))


def _sheet_name(name: str) -> str:
    return "".join(letter for letter in name if letter not in "[]:*?/\\")[:31]


def _rule(column: ColumnSpec, language: str) -> dict[str, Any] | None:
    """Return what Excel is to accept in a column, or None for anything."""
    told = {"error_title": text("init.strange_title", language), "error_message": text("init.strange", language)}
    if column.choices:
        return {"validate": "list", "source": column.answers(language), **told}
    if column.name in ("operator", "own_operator"):
        return {"validate": "list", "source": list(OPERATORS.values()), "error_type": "information", **told}
    if column.kind in ("integer", "number") and column.low is not None:
        kind = "integer" if column.kind == "integer" else "decimal"
        if column.high is None:
            return {"validate": kind, "criteria": ">=", "value": column.low, **told}
        return {"validate": kind, "criteria": "between", "minimum": column.low, "maximum": column.high, **told}
    return None


def _explanation(book: xlsxwriter.Workbook, spec: TableSpec, language: str) -> None:
    sheet = book.add_worksheet(text("init.columns_sheet", language))
    bold = book.add_format({"bold": True, "bottom": 1, "font_name": "Arial", "font_size": 11})
    plain = book.add_format({"text_wrap": True, "valign": "top", "font_name": "Arial", "font_size": 11})
    names = ("heading", "name", "kind", "needed", "limits_heading", "also")
    for at, (name, width) in enumerate(zip(names, (30, 26, 22, 24, 44, 44), strict=True)):
        sheet.set_column(at, at, width)
        sheet.write_string(0, at, text(f"init.{name}", language), bold)
    for row, cells in enumerate(_explained(spec, language), start=1):
        for at, cell in enumerate(cells):
            sheet.write_string(row, at, cell, plain)
    sheet.freeze_panes(1, 0)


def _explained(spec: TableSpec, language: str) -> Iterator[tuple[str, ...]]:
    for column in spec.columns:
        limits = ", ".join(column.answers(language))
        if column.low is not None or column.high is not None:
            bounds = ("" if bound is None else _number(bound, language) for bound in (column.low, column.high))
            limits = "…".join(bounds)
        needed = text(
            "init.no" if not column.required else "init.empty_allowed" if column.nullable else "init.yes", language
        )
        kind = text(f"init.kind.{column.kind}", language)
        yield getattr(column, language), column.name, kind, needed, limits, ", ".join(column.aliases)
    for place in ("longitude", "latitude") if spec.geometry == "Point" else ():
        limits = text(f"init.{place}_limits", language)
        number, needed = (
            text("init.kind.number", language),
            text("init.no" if spec.name in PLACED else "init.yes", language),
        )
        yield text(f"init.{place}", language), place, number, needed, limits, ""
