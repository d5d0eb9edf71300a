"""What is told of proposed towers: each site's card, the plan in sentences, and the price of each constraint."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import geopandas as gpd
import pandas as pd

from lomsong.geo import WGS84
from lomsong.publish.privacy import published_plan, published_towers, round_total
from lomsong.shown import number, surveyed
from lomsong.texts import text


@dataclass(frozen=True)
class CardContent:
    """All that cards and the account of a plan show.

    Attributes
    ----------
    title, territory, language, issuer, data_note, suppress_below
        As on the other publications.
    period
        First and last day of the survey.
    towers
        The plan in metres, in its order.
    plan
        objective and bound or, of a plan of the share ``cover``, cost and least_cost; gap, gain_low, gain_high,
        unconnected, repaired, backhaul_price; grid_km, from which a site counts as one with grid power; prices,
        usual_prices and forest_unknown, as :func:`cautions` takes them.
    prices
        As from :func:`~lomsong.siting.robustness.prices`.
    operators, communes
        Names by identifier and by code.
    """

    title: str
    territory: str
    towers: gpd.GeoDataFrame
    plan: Mapping[str, Any]
    prices: pd.DataFrame = field(default_factory=pd.DataFrame)
    operators: Mapping[str, str] = field(default_factory=dict)
    communes: Mapping[str, str] = field(default_factory=dict)
    language: str = "vi"
    issuer: str = ""
    data_note: str = ""
    period: tuple[date, date] | None = None
    suppress_below: int = 5

    def say(self, key: str, **values: object) -> str:
        """Return a text in the language of the cards."""
        return text(key, self.language, **values)

    @property
    def surveyed(self) -> str:
        """Whose signal was measured and when, in a sentence."""
        return surveyed(self.period, self.operators.values(), self.language)

    @property
    def about(self) -> str:
        """What is to be known of the data and of the costs."""
        return cautioned(self.data_note, self.plan, self.language)

    @property
    def hides(self) -> bool:
        """Whether the gain of a tower is hidden, which exact totals would give back."""
        published = published_towers(self.towers, self.suppress_below)
        return bool(published.filter(like="_suppressed").to_numpy().any())


@dataclass(frozen=True)
class Line:
    """A line of a card: a number with so many decimals, or words; ``hidden``: a count too small to be told."""

    heading: str
    value: str | float
    digits: int = 0
    hidden: bool = False

    @property
    def is_number(self) -> bool:
        """Whether it stands where numbers do."""
        return self.hidden or not isinstance(self.value, str)

    def told(self, language: str) -> str:
        """Return the value as a person reads it."""
        return self.value if isinstance(self.value, str) else _number(self.value, self.digits, language)


@dataclass(frozen=True)
class Card:
    """A site's card: its title, position in degrees, and its lines under their headings."""

    order: int
    candidate_id: str
    title: str
    longitude: float
    latitude: float
    parts: Mapping[str, tuple[Line, ...]]


UNGROUPED = -1
"""In the place of decimals: a year or a band, which 1.800 would make another of."""

NUMBERS: Mapping[str, int] = {
    "ground_m": 0, "slope_deg": 1, "road_km": 2, "grid_km": 2, "height_m": 0, "frequency_mhz": UNGROUPED, "eirp_dbm": 1,
    "operators": 0, "learners_gained": 0, "learners_reached": 0, "only_it": 0, "substitute_loss": 0, "line_km": 2,
    "backhaul_hop_km": 2, "tower_cost": 0, "radio_cost": 0, "power_cost": 0, "road_cost": 0, "backhaul_cost": 0,
    "capital": 0, "running": 0, "present_value": 0, "year": UNGROUPED,
}  # fmt: skip
"""Columns that are numbers, with their decimals."""

WORDS: Mapping[str, str] = {
    "kind": "card.kind", "land_class": "card.land", "power": "towers.power", "backhaul": "card.backhaul",
}  # fmt: skip
"""Columns of words of the catalogue, with the beginning of their keys."""

PARTS: Mapping[str, tuple[str, ...]] = {
    "place": ("commune", "latitude", "longitude", "easting", "northing", "kind", "existing_structure", "ground_m",
              "slope_deg", "land_class", "forest_class", "road_km", "grid_km"),
    "equipment": ("operator", "operators", "height_m", "frequency_mhz", "azimuths", "eirp_dbm"),
    "learners": ("learners_gained", "learners_reached", "only_it", "hamlets", "schools", "substitute",
                 "substitute_loss"),
    "supply": ("power", "line_km", "backhaul", "backhaul_target", "backhaul_via", "backhaul_hop_km"),
    "costs": ("tower_cost", "radio_cost", "power_cost", "road_cost", "backhaul_cost", "capital", "running",
              "present_value", "year"),
}  # fmt: skip
"""Lines of each part of a card, in their order."""


def cards(content: CardContent) -> list[Card]:
    """Return the card of each site, in the order of the plan; what is not known is left out."""
    towers = published_towers(content.towers, content.suppress_below).sort_values("order")
    degrees = towers.geometry.to_crs(WGS84)
    found = []
    for at, row in enumerate(towers.to_dict("records")):
        point, metres = degrees.iloc[at], towers.geometry.iloc[at]
        places = {"latitude": point.y, "longitude": point.x, "easting": metres.x, "northing": metres.y}
        lines = {
            part: tuple(line for name in names if (line := _line(content, name, row, places)) is not None)
            for part, names in PARTS.items()
        }
        title = content.say("card.title", order=row["order"], position=row["candidate_id"])
        found.append(Card(int(row["order"]), str(row["candidate_id"]), title, point.x, point.y, lines))
    return found


def _line(content: CardContent, name: str, row: Mapping[str, Any], places: Mapping[str, float]) -> Line | None:
    if name in places:
        crs = content.towers.crs
        heading = content.say(f"card.{name}", crs=crs.to_string() if crs.to_epsg() else crs.name)
        return Line(heading, places[name], 6 if name in ("latitude", "longitude") else 0)
    laid = name == "backhaul_hop_km" and row.get("backhaul") == "fibre"
    heading = content.say("card.fibre_km" if laid else f"card.{name}")
    if row.get(f"{name}_suppressed"):
        return Line(heading, f"<{content.suppress_below}", hidden=True)
    if name in NUMBERS:
        # Of a track whose length is not known no cost was counted, which is not a cost of 0.
        unknown = name == "road_cost" and pd.isna(row.get("road_km"))
        value = None if unknown else row.get(name)
        return None if value is None or pd.isna(value) else Line(heading, float(value), NUMBERS[name])
    told = _words(content, name, row)
    return Line(heading, told) if told else None


def _words(content: CardContent, name: str, row: Mapping[str, Any]) -> str:
    if name == "commune":
        code = str(row.get("commune_code") or "")
        return " ".join(filter(None, [content.communes.get(code, ""), f"({code})" if code else ""]))
    if name == "operator":
        operator = str(row.get("operator") or "")
        return content.operators.get(operator, operator) or content.say("card.operator_open")
    if name == "azimuths":
        return str(row.get("azimuths_deg") or "") or content.say("card.azimuths_none")
    if name == "forest_class":
        return content.say(f"map.forest_{row[name]}") if pd.notna(row.get(name)) else ""
    value = row.get(name)
    told = "" if value is None or (isinstance(value, float) and pd.isna(value)) else str(value)
    return content.say(f"{WORDS[name]}.{told}") if told and name in WORDS else told


def summary(content: CardContent) -> list[str]:
    """Return in sentences what the plan brings, how good any plan could be, and what to know of it."""
    plan, towers, language = content.plan, content.towers, content.language
    if towers.empty:
        return [content.say("towers.none")]
    account = published_plan(plan, towers, content.suppress_below)
    account |= {name: round_total(float(plan[name])) for name in ("gain_low", "gain_high", "unconnected")}

    def told(name: str) -> str:
        return number(float(account[name]), 0, language)

    gap = number(100 * float(plan["gap"]), 2, language)
    if plan.get("cover"):
        said = [content.say(
            "towers.summary_cover", sites=len(towers), cost=number(plan["cost"], 0, language), gap=gap,
            share=number(100 * plan["cover"], 0, language), bound=number(plan["least_cost"], 0, language),
        )]  # fmt: skip
    else:
        said = [content.say(
            "towers.summary", sites=len(towers), gain=told("objective"), low=told("gain_low"), high=told("gain_high"),
            unconnected=told("unconnected"), bound=told("bound"), gap=gap,
        )]  # fmt: skip
    if plan.get("repaired"):
        price = number(_told_total(content, float(plan["backhaul_price"])), 0, language)
        said.append(content.say("towers.repaired_cost" if plan.get("cover") else "towers.repaired", price=price))
    return [*said, *cautions(plan, language)]


def cautions(plan: Mapping[str, Any], language: str, costs: bool = True) -> list[str]:
    """Return in sentences without their stop what is to be known of a plan.

    Of its ``costs``, how many of the ``prices`` are ``usual_prices``, which nobody verified; and whether a rule on
    forest could not be kept, for want of its layer (``forest_unknown``).
    """
    every = plan.get("prices", 1)
    usual = plan.get("usual_prices", every)
    part = "_part" if usual < every else ""
    said = [text(f"towers.unverified{part}", language, usual=usual, every=every)] if costs and usual else []
    return [*said, text("towers.forest_unknown", language)] if plan.get("forest_unknown") else said


def cautioned(said: str, plan: Mapping[str, Any], language: str, costs: bool = True) -> str:
    """Return a text with the :func:`cautions` of a plan behind it."""
    return " ".join(filter(None, [said, *(f"{caution}." for caution in cautions(plan, language, costs))]))


Cell = str | float

SITE_COLUMNS: Mapping[str, int | None] = {
    "order": 0, "candidate_id": None, "commune": None, "gained": 0, "only_it": 0, "azimuths": None, "power": None,
    "capital": 0, "substitute": None, "year": UNGROUPED,
}  # fmt: skip
"""Columns of the list of sites; decimals of those that are numbers, None for words."""
PRICE_COLUMNS: Mapping[str, int | None] = {"price_of": None, "price_learners": 0, "price_change": 0}
"""Columns of the prices of constraints, likewise."""


def _number(value: float, digits: int, language: str) -> str:
    return f"{value:.0f}" if digits == UNGROUPED else number(value, digits, language)


def _told_total(content: CardContent, learners: float) -> float:
    """Return a total, or a difference of totals, as :func:`published_plan` tells that of the plan."""
    return math.copysign(round_total(abs(learners)), learners) + 0.0 if content.hides else float(round(learners))


def price_cells(content: CardContent) -> tuple[list[str], list[list[Cell]]]:
    """Return headings and rows of what each constraint costs in learners; rounded where exact totals tell too much."""
    heads = [content.say(f"towers.{name}") for name in PRICE_COLUMNS]
    km = number(float(content.plan.get("grid_km", 0.0)), 1, content.language)
    rows: list[list[Cell]] = [
        [content.say(f"towers.constraint.{row['constraint']}", km=km),
         *(_told_total(content, float(row[name])) for name in ("learners", "price"))]
        for row in content.prices.to_dict("records")
    ]  # fmt: skip
    return heads, rows


def price_table(content: CardContent) -> tuple[list[str], list[list[str]]]:
    """Return the same as a person reads it."""
    heads, rows = price_cells(content)
    return heads, _told(content, rows, PRICE_COLUMNS)


def site_cells(content: CardContent) -> tuple[list[str], list[list[Cell]]]:
    """Return headings and rows of the sites, what is asked first of each."""
    heads = [content.say(f"towers.{name}") for name in SITE_COLUMNS]
    published = published_towers(content.towers, content.suppress_below).sort_values("order")
    rows: list[list[Cell]] = [
        [float(row["order"]), str(row["candidate_id"]), content.communes.get(str(row.get("commune_code")), ""),
         _count(content, row, "learners_gained"), _count(content, row, "only_it"), str(row["azimuths_deg"]),
         content.say(f"towers.power.{row['power']}"), round(float(row["capital"])), str(row["substitute"]),
         float(row["year"])]
        for row in published.to_dict("records")
    ]  # fmt: skip
    return heads, rows


def site_table(content: CardContent) -> tuple[list[str], list[list[str]]]:
    """Return the same as a person reads it."""
    heads, rows = site_cells(content)
    return heads, _told(content, rows, SITE_COLUMNS)


def _told(content: CardContent, rows: list[list[Cell]], columns: Mapping[str, int | None]) -> list[list[str]]:
    return [
        [
            cell if isinstance(cell, str) else _number(cell, digits or 0, content.language)
            for cell, digits in zip(row, columns.values(), strict=True)
        ]
        for row in rows
    ]


def _count(content: CardContent, row: Mapping[str, Any], name: str) -> Cell:
    hidden = row.get(f"{name}_suppressed") or pd.isna(row[name])
    return f"<{content.suppress_below}" if hidden else round(float(row[name]))


def placemarks(content: CardContent) -> tuple[gpd.GeoDataFrame, str, dict[str, str]]:
    """Return the cards as points for Google Earth: frame in degrees, the column that names a point, and headings.

    A line of the card is a column; what a site lacks is missing there.
    """
    found = cards(content)
    rows = [
        {line.heading: line.told(content.language) for lines in card.parts.values() for line in lines} for card in found
    ]
    headings = [
        heading
        for part in PARTS
        for heading in dict.fromkeys(line.heading for card in found for line in card.parts[part])
    ]
    points = gpd.points_from_xy([card.longitude for card in found], [card.latitude for card in found], crs=WGS84)
    frame = gpd.GeoDataFrame(pd.DataFrame(rows, columns=headings), geometry=points)
    return frame.assign(label=[card.title for card in found]), "label", {name: name for name in headings}
