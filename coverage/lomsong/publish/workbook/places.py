"""Sheets of a row a place: communes, hamlets, schools, towers."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import pandas as pd

from lomsong.publish.cards import cautioned
from lomsong.publish.privacy import published_hamlets, published_towers, suppress
from lomsong.publish.workbook.book import NARROW, WIDEST, Book, Column, spec_columns, table_sheet
from lomsong.tables import CANDIDATES, HAMLETS, RANKING, SCHOOLS


def place_sheets(book: Book, ranking: pd.DataFrame) -> None:
    """Write the sheets of communes, given as they are published, and of all finer places that are known."""
    content = book.content
    table_sheet(book, "ranking", ranking, ranking_columns(book), frozen=5)
    names = dict(zip(content.ranking["commune_code"], content.ranking["name"], strict=True))
    if content.hamlets is not None:
        hamlets = published_hamlets(content.hamlets, content.suppress_below)
        table_sheet(book, "hamlets", _with_commune(hamlets, names), _hamlet_columns(book), frozen=3)
    if content.schools is not None:
        schools = suppress(content.schools, ["pupils"], content.suppress_below)
        table_sheet(book, "schools", _with_commune(schools, names), _school_columns(book), frozen=3)
    if content.towers is not None:
        towers = published_towers(content.towers, content.suppress_below)
        if "commune_code" in towers:
            towers = _with_commune(towers, names)
        more = cautioned("", content.plan, content.language, costs="capital" in towers)
        table_sheet(book, "towers", _with_position(towers), _tower_columns(book), frozen=2, more=more)


def ranking_columns(book: Book) -> list[Column]:
    """Return the columns of communes."""
    kinds = {
        "rank": "count", "rank_low": "count", "rank_high": "count", "commune_code": "text", "name": "text",
        "learners": "count", "unconnected": "count", "unconnected_low": "count", "unconnected_high": "count",
        "share": "share", "unsurveyed": "count",
    }  # fmt: skip
    further = {
        "schools_without_signal": "count", "hamlets": "count", "rank_low_all": "count", "rank_high_all": "count",
        "p_first_ten": "share", "tied": "count", "score": "decimal", "score_low": "decimal", "score_high": "decimal",
        **{column.name: "decimal" for column in RANKING.columns if column.name.startswith("points_")},
    }  # fmt: skip
    each = [
        Column(f"unconnected_{operator}", book.say("book.unconnected_one", operator=name), "count")
        for operator, name in book.content.operators.items()
    ]
    every = Column("unconnected_all", book.say("book.unconnected_all"), "count")
    way = Column("in_the_way", book.say("map.fact_way"), "codes", "map.way_", NARROW)
    return [*spec_columns(book, RANKING, kinds), way, *each, every, *spec_columns(book, RANKING, further)]


def _hamlet_columns(book: Book) -> list[Column]:
    return [
        *spec_columns(book, HAMLETS, {"hamlet_id": "text", "name": "text"}),
        Column("commune", book.say("book.commune")),
        *spec_columns(book, HAMLETS, {"commune_code": "text"}),
        Column("grid_power", book.say("map.fact_grid"), "choice", "map.grid_"),
        Column("learners", book.say("map.fact_learners"), "count"),
        Column("unconnected", book.say("book.unconnected"), "count"),
        Column("rank", book.say("book.rank_in_commune"), "count"),
        *spec_columns(book, RANKING, {"rank_low": "count", "rank_high": "count"}),
        Column("state", book.say("book.state"), "choice", "map."),
    ]


def _school_columns(book: Book) -> list[Column]:
    each = [
        Column(f"state_{operator}", book.say("book.state_one", operator=name), "choice", "map.")
        for operator, name in book.content.operators.items()
    ]
    return [
        *spec_columns(book, SCHOOLS, {"school_id": "text", "name": "text"}),
        Column("commune", book.say("book.commune")),
        *spec_columns(book, SCHOOLS, {"commune_code": "text", "pupils": "count"}),
        Column("p_usable", book.say("book.p_usable"), "share"),
        Column("state", book.say("book.state"), "choice", "map."),
        *each,
    ]


def _tower_columns(book: Book) -> list[Column]:
    def told(name: str, kind: str = "text", prefix: str = "", widest: int = WIDEST) -> Column:
        return Column(name, book.say(f"book.tower_{name}"), kind, prefix, widest)

    return [
        Column("order", book.say("book.order"), "count"),
        *spec_columns(book, CANDIDATES, {"candidate_id": "text"}),
        Column("commune", book.say("book.commune")),
        Column("longitude", book.say("book.longitude"), "degrees"),
        Column("latitude", book.say("book.latitude"), "degrees"),
        Column("learners_gained", book.say("book.learners_gained"), "count"),
        Column("cumulative", book.say("book.cumulative"), "count"),
        Column("forest_class", book.say("map.fact_forest"), "choice", "map.forest_"),
        told("power", "choice", "towers.power."),
        told("capital", "count"),
        told("hamlets", widest=NARROW),
        told("schools", widest=NARROW),
        *spec_columns(book, CANDIDATES, dict.fromkeys(("height_m", "ground_m", "road_km", "grid_km"), "decimal")),
        told("running", "count"),
        told("azimuths_deg"),
        told("backhaul_target"),
        told("backhaul_hop_km", "decimal"),
        told("substitute"),
        told("substitute_loss", "count"),
        told("year", "count"),
    ]


def _with_commune(places: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    return places.assign(commune=places["commune_code"].map(names))


def _with_position(towers: gpd.GeoDataFrame) -> pd.DataFrame:
    at = towers.geometry.to_crs(4326)
    return pd.DataFrame(towers.drop(columns="geometry")).assign(longitude=at.x, latitude=at.y).sort_values("order")
