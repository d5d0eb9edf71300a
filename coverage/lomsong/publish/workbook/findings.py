"""Sheets of what was found besides the ranking: zones, points not reached, learners, sensitivity, claims."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from lomsong.publish.findings import DEVICES, WALK, reach_told
from lomsong.publish.privacy import round_total
from lomsong.publish.workbook.book import (
    HEAD_ROW,
    NARROW,
    WIDEST,
    Book,
    Column,
    note_withheld,
    open_sheet,
    spec_columns,
    table_sheet,
    write_table,
)
from lomsong.tables import RANKING
from lomsong.texts import TEXTS

_SHORT = 18
"""Widest that a kind or a state is, in letters."""


def finding_sheets(book: Book) -> None:
    """Write a sheet for each finding that there is."""
    found = book.content.findings
    if found.zones is not None:
        table_sheet(book, "zones", found.zones, _zone_columns(book), frozen=2)
    if found.points is not None:
        points = found.points.assign(reach=reach_told(found.points))
        table_sheet(book, "points", points, _point_columns(book), frozen=1)
    if found.tallies is not None:
        table_sheet(book, "tallies", _named(book, found.tallies), _tally_columns(book), frozen=2)
    if found.moved is not None and found.variants is not None:
        table_sheet(book, "sensitivity", _moved(book), _variant_columns(book), frozen=1)
    if found.districts is not None:
        table_sheet(book, "districts", found.districts, _district_columns(book), frozen=4)
    if found.classes is not None and found.indices is not None:
        _fairness_sheet(book, found.indices, found.classes)
    if found.claims is not None:
        names = book.content.operators
        shown = [names.get(one, one.replace("_", " ").title()) for one in found.claims["operator"]]  # not surveyed
        claims = found.claims.assign(operator_name=shown)
        table_sheet(book, "claims", claims, _claim_columns(book), frozen=1)


def _told(book: Book, names: Sequence[str], kind: str) -> list[Column]:
    return [Column(name, book.say(f"book.{name}"), kind) for name in names]


def _zone_columns(book: Book) -> list[Column]:
    operators = book.content.operators
    return [
        Column("zone_id", book.say("zones.zone_id")),
        Column("name", book.say("zones.name")),
        Column("commune", book.say("zones.commune")),
        Column("learners", book.say("zones.learners"), "count"),
        Column("unconnected", book.say("zones.unconnected"), "count"),
        *_told(book, ("unconnected_low", "unconnected_high"), "count"),
        Column("obstacles", book.say("zones.obstacles"), "codes", "map.way_", NARROW),
        Column("grid_power", book.say("zones.grid_power"), "choice", "map.grid_"),
        *(Column(name, book.say(f"zones.{name}"), "decimal") for name in ("grid_km", "road_km")),
        Column("forest_class", book.say("zones.forest_class"), "choice", "map.forest_"),
        *(Column(name, book.say(f"zones.{name}"), "count") for name in ("schools", "schools_without_signal")),
        *(
            Column(f"unconnected_{operator}", book.say("book.unconnected_one", operator=name), "count")
            for operator, name in operators.items()
        ),
        *(
            Column(f"site_km_{operator}", book.say("zones.site_km", operator=name), "decimal")
            for operator, name in operators.items()
        ),
        Column("unsurveyed", book.say("zones.unsurveyed"), "count"),
    ]


def _point_columns(book: Book) -> list[Column]:
    states = (
        Column(f"state_{operator}", book.say("book.state_one", operator=name), "choice", "map.")
        for operator, name in book.content.operators.items()
    )
    return [
        Column("name", book.say("brief.point"), widest=NARROW),
        Column("kind", book.say("book.kind_of_point"), "choice", "point.", _SHORT),
        Column("commune", book.say("book.commune")),
        Column("reach", book.say("book.state"), "choice", "reach.", _SHORT),
        Column("learners", book.say("map.fact_learners"), "count"),
        Column("unconnected", book.say("book.unconnected"), "count"),
        Column("obstacles", book.say("zones.obstacles"), "codes", "map.way_", NARROW),
        Column("bodies", book.say("zones.bodies"), "codes", "body.", NARROW),
        *states,
        Column("grid_power", book.say("zones.grid_power"), "choice", "map.grid_"),
        *(Column(name, book.say(f"zones.{name}"), "decimal") for name in ("grid_km", "road_km")),
        Column("forest_class", book.say("zones.forest_class"), "choice", "map.forest_"),
        Column("point_id", book.say("book.point_id")),
    ]


def _tally_columns(book: Book) -> list[Column]:
    connected, unconnected = DEVICES[::2], DEVICES[1::2]  # who lacks signal first: not all has room on paper
    names = (
        "unconnected_any", "unconnected_indoor", "unconnected_own", "roaming", *WALK, *unconnected, *connected,
        "own_unknown",
    )  # fmt: skip
    return [
        Column("area_code", book.say("book.area_code")),
        Column("area", book.say("book.commune")),
        Column("learners", book.say("map.fact_learners"), "count"),
        *_told(book, names, "count"),
    ]


def _named(book: Book, tallies: pd.DataFrame) -> pd.DataFrame:
    """Name the rows and round the totals, which would give a hidden count back; an empty row outside is left out."""
    names = dict(zip(book.content.ranking["commune_code"], book.content.ranking["name"], strict=True))
    words = {row: book.say(f"book.row_{row}") for row in ("outside", "total")}
    area = tallies["area_code"].map(names).where(tallies["row"] == "area", tallies["row"].map(words))
    shown = tallies.assign(area=area)[(tallies["row"] != "outside") | (tallies["learners"] > 0)].copy()
    total = (shown["row"] == "total").to_numpy()
    for name in shown.select_dtypes("number"):
        shown.loc[total, name] = [round_total(value) for value in shown.loc[total, name].fillna(0)]
    return shown


def _moved(book: Book) -> pd.DataFrame:
    """Return the ranks of the first communes under each variant, and below how many learners each counts."""
    found = book.content.findings
    assert found.moved is not None
    assert found.variants is not None
    counts = found.variants.set_index("variant")
    totals = {name: float(round_total(value)) for name, value in counts["unconnected"].items()}
    kept = {name: float(value) for name, value in counts["kept"].items()}
    rows = [{"name": book.say("book.variant_total"), **totals}, {"name": book.say("book.variant_kept"), **kept}]
    return pd.concat([found.moved, pd.DataFrame(rows)], ignore_index=True)


def _variant_columns(book: Book) -> list[Column]:
    found = book.content.findings
    names = [] if found.variants is None else list(found.variants["variant"])
    return [Column("name", book.say("book.commune")), *(Column(name, _variant(book, name), "count") for name in names)]


def _variant(book: Book, name: str) -> str:
    """Return the heading of a variant such as ``threshold:-105``."""
    kind, _, value = name.partition(":")
    known = {"indoor": "book.indoor", "mean_level": "sensitivity.mean_level", "probability": "sensitivity.probability"}
    shown = book.say(known[value]) if value in known else value.replace("-", "\u2212")
    return book.say(f"sensitivity.{kind}", value=shown)


def _district_columns(book: Book) -> list[Column]:
    kinds = {
        "rank": "count", "rank_low": "count", "rank_high": "count", "name": "text", "learners": "count",
        "unconnected": "count", "unconnected_low": "count", "unconnected_high": "count", "share": "share",
        "unsurveyed": "count",
    }  # fmt: skip
    columns = spec_columns(book, RANKING, kinds)
    return [Column("name", book.say("book.district")) if column.name == "name" else column for column in columns]


def _fairness_sheet(book: Book, indices: pd.DataFrame, classes: pd.DataFrame) -> None:
    """Write the indices of inequality, and below the gap of classes."""
    sheet = open_sheet(book, "fairness", book.say("book.fairness_note"))
    named = indices.assign(name=[book.say(f"book.index_{measure}") for measure in indices["measure"]])
    columns = [Column("name", book.say("book.index")), *_told(book, ("value", "low", "high", "erreygers"), "index")]
    row = write_table(book, sheet, HEAD_ROW, named, columns)
    words = [
        book.say(f"book.class_{group}_{name}") if f"book.class_{group}_{name}" in TEXTS else str(name)
        for group, name in zip(classes["group"], classes["class"], strict=True)
    ]
    shown = classes.assign(word=words, group_word=[book.say(f"equity.{group}") for group in classes["group"]])
    columns = [
        Column("group_word", book.say("book.group")),
        Column("word", book.say("book.class")),
        Column("learners", book.say("map.fact_learners"), "count"),
        Column("unconnected", book.say("book.unconnected"), "count"),
        Column("share", book.say("book.share_unconnected"), "share"),
        Column("rate_ratio", book.say("equity.rate_ratio"), "decimal"),
    ]
    last = write_table(book, sheet, row + 3, shown, columns)
    note_withheld(book, sheet, shown, columns)
    sheet.set_column(0, 0, WIDEST)
    sheet.print_area(0, 0, last, len(columns) + 1)


def _claim_columns(book: Book) -> list[Column]:
    return [
        Column("operator_name", book.say("map.operator")),
        *_told(book, ("technology",), "text"),
        Column("verdict", book.say("book.verdict"), "choice", "book.verdict_"),
        *_told(book, ("claimed_km2",), "decimal"),
        *_told(book, ("samples", "tests", "failures", "effective"), "count"),
        Column("share", book.say("book.claims_share"), "share"),
        *_told(book, ("exact_low", "exact_high", "wilson_low", "wilson_high"), "share"),
        *_told(book, ("zones_met", "zones_not_met", "zones_undecided", "zones_untested", "more_tests"), "count"),
    ]
