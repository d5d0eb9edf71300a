"""The workbook that a department reviews and signs: numbers as numbers, in its own language."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import xlsxwriter

from lomsong.publish.atomic import replacing
from lomsong.publish.privacy import (
    published_hamlets,
    published_plan,
    published_ranking,
    published_towers,
    round_total,
    suppress,
)
from lomsong.settings import Settings, as_dict
from lomsong.tables import CANDIDATES, HAMLETS, OPERATORS, RANKING, SCHOOLS, TableSpec
from lomsong.texts import LANGUAGES, text

_CREATED = datetime(2021, 10, 1)
"""Written into every workbook: the same content gives the same bytes. When a run took place stands in its manifest."""
_WIDEST = 44
_ROW_HEIGHT = 14
_LETTERS = 1.15
"""Letters of running text to one unit of a column's width, the width of a digit."""
_HEAD_ROW = 4
_BAR_COLOUR = "#F8C09A"


@dataclass(frozen=True)
class WorkbookContent:
    """All that the workbook shows. A table that is None leaves its sheet out.

    Parameters
    ----------
    ranking, hamlets, schools, towers, plan, operators, data_note, suppress_below
        As in :class:`lomsong.publish.map.MapContent`.
    sources
        One row a file: source_file, rows_read, accepted, rejected.
    rejects, flags
        One row a check: check, count, remedy.
    settings
        Of the run; the sentences on the method take their figures from them.
    """

    title: str
    territory: str
    ranking: pd.DataFrame
    language: str = "vi"
    issuer: str = ""
    data_note: str = ""
    hamlets: gpd.GeoDataFrame | None = None
    schools: gpd.GeoDataFrame | None = None
    towers: gpd.GeoDataFrame | None = None
    plan: Mapping[str, Any] = field(default_factory=dict)
    sources: pd.DataFrame | None = None
    rejects: pd.DataFrame | None = None
    flags: pd.DataFrame | None = None
    settings: Settings = field(default_factory=Settings)
    operators: Mapping[str, str] = field(default_factory=lambda: dict(OPERATORS))
    suppress_below: int = 5


@dataclass(frozen=True)
class _Column:
    """A column of a sheet. ``kind`` names its format; a ``choice`` is written as the text ``prefix`` + value."""

    name: str
    heading: str
    kind: str = "text"
    prefix: str = ""


@dataclass(frozen=True)
class _Book:
    """The open workbook with what every sheet needs."""

    file: Any
    formats: dict[str, Any]
    content: WorkbookContent

    def say(self, key: str, **values: object) -> str:
        return text(key, self.content.language, **values)


def write_workbook(path: str | Path, content: WorkbookContent) -> None:
    """Write the workbook at ``path``, whole or not at all. The same content gives the same bytes.

    Texts are written as texts: a hamlet named ``=HYPERLINK(…)`` stays a name.

    Parameters
    ----------
    path
        An ``.xlsx`` file; what stands there is replaced.
    content
        What to show.
    """
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    with replacing(Path(path)) as draft, xlsxwriter.Workbook(str(draft), options) as file:
        file.set_properties({"title": content.title, "author": content.issuer, "created": _CREATED})
        _write_sheets(_Book(file, _formats(file), content))


def _formats(file: Any) -> dict[str, Any]:
    base = {"font_name": "Arial", "font_size": 10, "valign": "top"}
    left: dict[str, Any] = {"align": "left", "indent": 1}  # clear of the number in the column before
    right: dict[str, Any] = {"align": "right"}
    heading: dict[str, Any] = {"bold": True, "text_wrap": True, "valign": "vcenter", "bg_color": "#DDE8EE", "bottom": 1}
    looks: dict[str, dict[str, Any]] = {
        "title": {"bold": True, "font_size": 14, "valign": "vcenter"},
        "note": {"font_color": "#52646F", "italic": True},
        "data_note": {"bold": True, "font_color": "#6B4B00"},
        "section": {"bold": True, "font_size": 11},
        "heading": {**heading, **left},
        "number_heading": {**heading, **right},
        "text": {"text_wrap": True, **left},
        "answer": {"text_wrap": True, **right},
        "setting": {**left},
        "count": {"num_format": "#,##0", **right},
        "decimal": {"num_format": "#,##0.0", **right},
        "degrees": {"num_format": "0.00000", **right},
        "share": {"num_format": "0.0%", **right},
        "hidden": {"font_color": "#52646F", **right},
    }
    return {name: file.add_format({**base, **look}) for name, look in looks.items()}


def _write_sheets(book: _Book) -> None:
    content = book.content
    ranking = published_ranking(content.ranking, content.suppress_below)
    _summary_sheet(book, ranking)
    _table_sheet(book, "ranking", ranking, _ranking_columns(book), frozen=5)
    names = dict(zip(content.ranking["commune_code"], content.ranking["name"], strict=True))
    if content.hamlets is not None:
        hamlets = published_hamlets(content.hamlets, content.suppress_below)
        _table_sheet(book, "hamlets", _with_commune(hamlets, names), _hamlet_columns(book), frozen=3)
    if content.schools is not None:
        schools = suppress(content.schools, ["pupils"], content.suppress_below)
        _table_sheet(book, "schools", _with_commune(schools, names), _school_columns(book), frozen=3)
    if content.towers is not None:
        towers = published_towers(content.towers, content.suppress_below)
        _table_sheet(book, "towers", _with_position(towers), _tower_columns(book), frozen=1)
    _quality_sheet(book)
    _method_sheet(book)


def _with_commune(places: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    return places.assign(commune=places["commune_code"].map(names))


def _with_position(towers: gpd.GeoDataFrame) -> pd.DataFrame:
    at = towers.geometry.to_crs(4326)
    return pd.DataFrame(towers.drop(columns="geometry")).assign(longitude=at.x, latitude=at.y).sort_values("order")


def _spec_columns(book: _Book, spec: TableSpec, kinds: Mapping[str, str]) -> list[_Column]:
    """Take headings from the data model, for the columns named in ``kinds`` and in their order."""
    vietnamese = book.content.language == LANGUAGES[0]
    return [_Column(name, spec[name].vi if vietnamese else spec[name].en, kind) for name, kind in kinds.items()]


def _ranking_columns(book: _Book) -> list[_Column]:
    kinds = {
        "rank": "count", "rank_low": "count", "rank_high": "count", "commune_code": "text", "name": "text",
        "learners": "count", "unconnected": "count", "unconnected_low": "count", "unconnected_high": "count",
        "share": "share", "unsurveyed": "count", "schools_without_signal": "count", "hamlets": "count",
    }  # fmt: skip
    each = [
        _Column(f"unconnected_{operator}", book.say("book.unconnected_one", operator=name), "count")
        for operator, name in book.content.operators.items()
    ]
    every = _Column("unconnected_all", book.say("book.unconnected_all"), "count")
    return [*_spec_columns(book, RANKING, kinds), *each, every]


def _hamlet_columns(book: _Book) -> list[_Column]:
    return [
        *_spec_columns(book, HAMLETS, {"hamlet_id": "text", "name": "text"}),
        _Column("commune", book.say("book.commune")),
        *_spec_columns(book, HAMLETS, {"commune_code": "text"}),
        _Column("grid_power", book.say("map.fact_grid"), "choice", "map.grid_"),
        _Column("learners", book.say("map.fact_learners"), "count"),
        _Column("unconnected", book.say("book.unconnected"), "count"),
        _Column("state", book.say("book.state"), "choice", "map."),
    ]


def _school_columns(book: _Book) -> list[_Column]:
    each = [
        _Column(f"state_{operator}", book.say("book.state_one", operator=name), "choice", "map.")
        for operator, name in book.content.operators.items()
    ]
    return [
        *_spec_columns(book, SCHOOLS, {"school_id": "text", "name": "text"}),
        _Column("commune", book.say("book.commune")),
        *_spec_columns(book, SCHOOLS, {"commune_code": "text", "pupils": "count"}),
        _Column("p_usable", book.say("book.p_usable"), "share"),
        _Column("state", book.say("book.state"), "choice", "map."),
        *each,
    ]


def _tower_columns(book: _Book) -> list[_Column]:
    return [
        _Column("order", book.say("book.order"), "count"),
        *_spec_columns(book, CANDIDATES, {"candidate_id": "text"}),
        _Column("learners_gained", book.say("book.learners_gained"), "count"),
        _Column("cumulative", book.say("book.cumulative"), "count"),
        *_spec_columns(book, CANDIDATES, {"height_m": "decimal", "ground_m": "decimal"}),
        _Column("forest_class", book.say("map.fact_forest"), "choice", "map.forest_"),
        *_spec_columns(book, CANDIDATES, {"road_km": "decimal", "grid_km": "decimal"}),
        _Column("longitude", book.say("book.longitude"), "degrees"),
        _Column("latitude", book.say("book.latitude"), "degrees"),
    ]


def _open_sheet(book: _Book, key: str, note: str) -> Any:
    sheet = book.file.add_worksheet(book.say(f"book.{key}"))
    sheet.hide_gridlines(2)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer(f"&L{book.content.title.replace('&', '&&')}&R{book.say('book.page')} &P / &N")
    sheet.set_row(0, 22)
    sheet.write_string(0, 0, f"{book.say(f'book.{key}')} – {book.content.territory}", book.formats["title"])
    sheet.write_string(1, 0, note, book.formats["note"])
    sheet.write_string(2, 0, book.content.data_note, book.formats["data_note"])
    return sheet


def _table_sheet(book: _Book, key: str, frame: pd.DataFrame, columns: Iterable[_Column], frozen: int) -> None:
    """Write one sheet of one table, with frozen headings, filters and bars where somebody is unconnected."""
    sheet = _open_sheet(book, key, book.say(f"book.{key}_note"))
    shown = [column for column in columns if column.name in frame]
    last = _write_table(book, sheet, _HEAD_ROW, frame, shown)
    sheet.freeze_panes(_HEAD_ROW + 1, frozen)
    sheet.repeat_rows(_HEAD_ROW)
    sheet.autofilter(_HEAD_ROW, 0, last, len(shown) - 1)
    for index, column in enumerate(shown):
        if column.name in ("unconnected", "learners_gained") and last > _HEAD_ROW:
            bar = {"type": "data_bar", "bar_solid": True, "bar_color": _BAR_COLOUR, "min_type": "num", "min_value": 0}
            sheet.conditional_format(_HEAD_ROW + 1, index, last, index, bar)


def _write_table(book: _Book, sheet: Any, top: int, frame: pd.DataFrame, columns: list[_Column]) -> int:
    """Write headings at row ``top`` and the rows below; return the last row written."""
    sheet.set_row(top, 32)
    for index, column in enumerate(columns):
        look = "heading" if column.kind in ("text", "choice") else "number_heading"
        sheet.write_string(top, index, column.heading, book.formats[look])
        cells = [_cell(book, column, value, hidden) for value, hidden in _values(frame, column.name)]
        for row, (value, look) in enumerate(cells, start=top + 1):
            _write(sheet, row, index, value, book.formats[look])
        longest = max((len(str(value)) for value, look in cells if look in ("text", "hidden")), default=0)
        longest_word = max(map(len, column.heading.split()))
        two_lines = -(-len(column.heading) // 2)
        width = min(max(longest, longest_word + 3, two_lines + 3, 9), _WIDEST) + 2
        if abs(width - len(column.heading)) < 4:  # on one line, then, and clear of the heading beside it
            width = len(column.heading) + 4
        sheet.set_column(index, index, width)
    return top + len(frame)


def _values(frame: pd.DataFrame, name: str) -> Iterable[tuple[Any, bool]]:
    flag = f"{name}_suppressed"
    hidden = frame[flag] if flag in frame else [False] * len(frame)
    return zip(frame[name], hidden, strict=True)


def _cell(book: _Book, column: _Column, value: Any, hidden: bool) -> tuple[Any, str]:
    """Return what to write and the format to write it in."""
    if hidden:
        return f"<{book.content.suppress_below}", "hidden"
    if pd.isna(value):
        return None, "text"
    if column.kind == "choice":
        return book.say(f"{column.prefix}{value}"), "text"
    return (str(value), "text") if column.kind == "text" else (float(value), column.kind)


def _write(sheet: Any, row: int, column: int, value: Any, look: Any) -> None:
    if value is None:
        sheet.write_blank(row, column, None, look)
    elif isinstance(value, str):
        sheet.write_string(row, column, value, look)
    else:
        sheet.write_number(row, column, value, look)


def _summary_sheet(book: _Book, ranking: pd.DataFrame) -> None:
    content = book.content
    sheet = _open_sheet(book, "summary", content.title)
    row = _write_pairs(book, sheet, _HEAD_ROW, "book.figure", _key_figures(book), "answer")
    sheet.write_string(row + 2, 0, book.say("book.top"), book.formats["section"])
    wanted = ("name", "unconnected", "unconnected_low", "unconnected_high", "share")
    columns = [column for name in wanted for column in _ranking_columns(book) if column.name == name]
    row = _write_table(book, sheet, row + 3, ranking.sort_values("rank").head(10), columns)
    sheet.set_column(0, 0, _WIDEST)
    sheet.set_column(1, 1, 26)
    sheet.set_column(2, len(columns) - 1, 18)
    if content.suppress_below:
        note = book.say("book.suppressed", below=content.suppress_below)
        sheet.write_string(row + 2, 0, note, book.formats["note"])


def _key_figures(book: _Book) -> list[tuple[str, Any, str]]:
    content = book.content
    learners, unconnected = content.ranking["learners"].sum(), content.ranking["unconnected"].sum()
    texts = {"territory": content.territory, "issuer": content.issuer}
    figures: list[tuple[str, Any, str]] = [
        *((book.say(f"book.{key}"), value, "answer") for key, value in texts.items() if value),
        (book.say("book.usable_dbm"), content.settings.gap.usable_dbm, "count"),
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
    if content.towers is not None:
        figures.append((book.say("book.towers_count"), float(len(content.towers)), "count"))
    plan = published_plan(content.plan, content.towers, content.suppress_below)
    for key, kind in {"objective": "count", "bound": "count", "gap": "share"}.items():
        if plan.get(key) is not None:
            figures.append((book.say(f"book.{key}"), float(plan[key]), kind))
    return figures


def _write_pairs(book: _Book, sheet: Any, top: int, first: str, pairs: list[tuple[str, Any, str]], side: str) -> int:
    """Write names and values in two columns under headings; return the last row written.

    ``side`` is the format whose side the heading of the values takes.
    """
    sheet.write_string(top, 0, book.say(first), book.formats["heading"])
    sheet.write_string(
        top, 1, book.say("book.value"), book.formats["number_heading" if side == "answer" else "heading"]
    )
    for row, (name, value, look) in enumerate(pairs, start=top + 1):
        sheet.write_string(row, 0, name, book.formats["text"])
        _write(sheet, row, 1, value, book.formats[look])
        sheet.set_row(row, _height(max(len(name), len(str(value))), _WIDEST))
    return top + len(pairs)


def _height(letters: int, width: int) -> int:
    """Return the height of a row whose text wraps in columns so wide: not every program finds it by itself."""
    return _ROW_HEIGHT * math.ceil(max(letters, 1) / (_LETTERS * width))


def _quality_sheet(book: _Book) -> None:
    sheet = _open_sheet(book, "quality", book.say("book.quality_note"))
    row = _HEAD_ROW
    if book.content.sources is not None:
        names = ("source_file", "rows_read", "accepted", "rejected")
        kinds = ("text", "count", "count", "count")
        columns = [_Column(name, book.say(f"book.{name}"), kind) for name, kind in zip(names, kinds, strict=True)]
        row = _write_table(book, sheet, row, book.content.sources, columns) + 2
    for key, checks in (("book.rejects", book.content.rejects), ("book.flags", book.content.flags)):
        if checks is not None and len(checks):
            sheet.write_string(row, 0, book.say(key), book.formats["section"])
            _write_checks(book, sheet, row + 1, checks)
            row += len(checks) + 4
    sheet.set_column(0, 0, 28)


def _write_checks(book: _Book, sheet: Any, top: int, checks: pd.DataFrame) -> None:
    """Write checks with what to do about them, which runs on over the columns to the right."""
    columns = [_Column("check", book.say("book.check")), _Column("count", book.say("book.count"), "count")]
    _write_table(book, sheet, top, checks, columns)
    sheet.merge_range(top, 2, top, 8, book.say("book.remedy"), book.formats["heading"])
    for row, remedy in enumerate(checks["remedy"], start=top + 1):
        sheet.write_string(row, 2, str(remedy), book.formats["setting"])
    sheet.set_column(1, 3, 13)


def _method_sheet(book: _Book) -> None:
    sheet = _open_sheet(book, "method", book.say("book.notes"))
    row = _HEAD_ROW
    for sentence in _method(book):
        sheet.merge_range(row, 0, row, 1, "", book.formats["text"])
        sheet.write_string(row, 0, sentence, book.formats["text"])
        sheet.set_row(row, _height(len(sentence), 2 * _WIDEST + 8) + 4)
        row += 1
    sheet.write_string(row + 1, 0, book.say("book.settings"), book.formats["section"])
    pairs = [(name, *_setting(value)) for name, value in _flat(_of_the_run(book.content.settings))]
    _write_pairs(book, sheet, row + 2, "book.setting", pairs, "setting")
    sheet.set_column(0, 1, _WIDEST + 4)


def _of_the_run(settings: Settings) -> dict[str, Any]:
    """Return the settings that a run depends on: not where public layers are fetched from."""
    return {section: keys for section, keys in as_dict(settings).items() if section != "fetch"}


def _method(book: _Book) -> list[str]:
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
