"""The layers of a run with their titles, headings and looks: classes and colours are those of the map."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from lomsong.publish.coverage.words import class_names, number
from lomsong.publish.layers.look import SHAPES, Layer, Rule, Symbol, Test
from lomsong.publish.map.palette import (
    CLAIM_COLOURS,
    DOT_BREAKS,
    DOT_COLOUR,
    NO_SERVICE_COLOUR,
    OKABE_ITO,
    STATE_COLOURS,
    Classes,
    count_classes,
)
from lomsong.shown import dbm
from lomsong.tables import CANDIDATES, COMMUNES, HAMLETS, HOUSEHOLDS, RANKING, SCHOOLS, SITES
from lomsong.texts import TEXTS, catalogue, text

TOWER = Symbol("#111d24", "triangle", 4.0, outline="#ffffff")
"""A proposed tower."""
ZONE = Symbol("#7a3b8f", opacity=0.22, outline="#5d2a70", outline_mm=0.5)
"""A gap zone, as on the map."""

CARDS: dict[str, tuple[str, ...]] = {
    "communes": (
        "rank", "rank_low", "rank_high", "parent_name", "learners", "unconnected", "unconnected_low",
        "unconnected_high", "unconnected_*", "unsurveyed", "schools_without_signal", "in_the_way",
    ),
    "zones": (
        "commune", "learners", "unconnected", "unconnected_low", "unconnected_high", "obstacles", "grid_power",
        "grid_km", "road_km", "forest_class", "site_km_*",
    ),
    "claims": (
        "operator", "technology", "name", "tests", "failures", "share_failed", "median_dbm", "claimed_dbm", "cause",
        "learners",
    ),
    "learners": ("learners", "unconnected", "cell_m"),
    "hamlets": ("commune", "state", "grid_power", "learners", "unconnected"),
    "schools": ("commune", "level", "pupils", "state", "state_*", "p_usable"),
    "points": ("commune", "kind", "reach", "learners", "unconnected", "obstacles", "bodies", "grid_power"),
    "sites": ("operator", "technology", "band_mhz", "height_m", "azimuth_deg"),
    "towers": (
        "commune", "learners_gained", "cumulative", "height_m", "ground_m", "forest_class", "road_km", "grid_km",
    ),
}  # fmt: skip
"""What a card shows of a feature of each layer; a star stands for each operator."""
NAMES = {"towers": "order", "sites": "site_id", "claims": "hexagon", "learners": "", "survey": "", "homes": ""}
"""Column that names a feature, where that is not ``name``."""

_COUNTS = ("learners", "unconnected", "unsurveyed", "pupils", "cumulative")
"""How the names of counts of people begin."""
_CODES = {
    "state": "map.", "state_": "map.", "claims.state": "layers.claims_", "grid_power": "map.grid_",
    "forest_class": "map.forest_", "obstacles": "map.way_", "in_the_way": "map.way_", "bodies": "body.",
    "reach": "reach.", "points.kind": "point.", "cause": "challenge.cause_", "service": "layers.service_",
}  # fmt: skip
"""Column to where the words for its codes stand."""
_MOSTLY = 0.5
"""A commune of whose learners more than this share is unsurveyed is hatched, not coloured, as on the map."""
_SPECS = {
    "communes": (RANKING, COMMUNES), "hamlets": (HAMLETS, RANKING), "schools": (SCHOOLS,), "towers": (CANDIDATES,),
    "sites": (SITES,), "homes": (HOUSEHOLDS,),
}  # fmt: skip
_ROOMS = ("layers.column_{}", "zones.{}", "book.{}", "challenge.{}", "map.fact_{}")
"""Where the words for a column stand, tried in turn."""


@dataclass(frozen=True)
class Words:
    """What layers of a run are called and classed by.

    Attributes
    ----------
    language
        vi or en.
    operators
        Identifier to name, in the order of the map.
    usable_dbm
        Level from which signal counts as usable.
    level
        Classes of level.
    below
        Smallest count of people that is shown.
    block_m
        Side of the squares of the survey.
    note
        A sentence that every layer carries.
    """

    language: str
    operators: Mapping[str, str]
    usable_dbm: float
    level: Classes
    below: int = 5
    block_m: float = 50.0
    note: str = ""

    def say(self, key: str, **values: object) -> str:
        """Return a text in the language."""
        return text(key, self.language, **values)


def layer_of(name: str, frame: gpd.GeoDataFrame, words: Words) -> Layer:
    """Return a layer of a run, as :data:`LOOKS` has it.

    Parameters
    ----------
    name
        One of :data:`LOOKS`.
    frame
        As it is published; not changed.
    words
        Of the run.
    """
    rules, label, shown = LOOKS[name]
    level, block = dbm(words.usable_dbm, words.language), number(words.block_m, 0, words.language)
    about = words.say(f"layers.{name}_about", level=level, block=block, below=words.below)
    about = f"{about} {words.note}".strip()
    told = _with_states(frame) if name == "communes" else frame
    card = CARDS.get(name, ())
    card = tuple(column for one in card for column in _each(one, words) if column in told)
    return Layer(
        name=name,
        title=words.say(f"layers.{name}"),
        frame=told,
        rules=rules(told, words),
        headings={str(column): heading(str(column), name, words) for column in told if column != told.geometry.name},
        label=label if label in told else "",
        about=about,
        shown=shown,
        values=_codes(told, name, words),
        naming=NAMES.get(name, "name"),
        card=card,
        counts=tuple(one for one in card if one.startswith(_COUNTS)),
        below=words.below,
        language=words.language,
    )


def _each(column: str, words: Words) -> tuple[str, ...]:
    """Return a column, or where it ends in a star that of each operator."""
    if not column.endswith("*"):
        return (column,)
    return tuple(f"{column[:-1]}{operator}" for operator in words.operators)


def _codes(frame: pd.DataFrame, layer: str, words: Words) -> dict[str, dict[str, str]]:
    """Return the words for the codes of each column that has some."""
    found = {}
    for column in map(str, frame):
        start = "state_" if column.startswith("state_") else column
        room = _CODES.get(f"{layer}.{start}", _CODES.get(start))
        if room is not None:
            known = catalogue(room, words.language)
            met = {code for value in frame[column].dropna().unique() for code in str(value).split()}
            found[column] = {code: known[code] for code in sorted(met) if code in known}
    return found


def heading(column: str, layer: str, words: Words) -> str:
    """Return the name of a column for people; one that nobody has named stays as it is."""
    if column.endswith("_suppressed"):
        hidden = heading(column.removesuffix("_suppressed"), layer, words)
        return words.say("layers.suppressed", name=hidden)
    for operator, name in words.operators.items():
        patterns = {
            "unconnected_": "book.unconnected_one", "state_": "layers.state_of", "site_km_": "zones.site_km",
            "site_": "zones.site",
        }  # fmt: skip
        for start, key in patterns.items():
            if column == f"{start}{operator}":
                return words.say(key, operator=name)
    for spec in _SPECS.get(layer, ()):
        if column in spec.names:
            return str(getattr(spec[column], words.language))
    known = (room.format(column) for room in _ROOMS if "{" not in TEXTS.get(room.format(column), ("{",))[0])
    told = next(known, None)
    return column if told is None else words.say(told)


def _with_states(communes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return communes with a column that says whether most of their learners are unsurveyed."""
    if not {"unsurveyed", "learners"} <= set(communes):
        return communes
    mostly = communes["unsurveyed"].astype(float) > _MOSTLY * communes["learners"].astype(float)
    return communes.assign(mostly_unsurveyed=mostly)


def _communes(frame: pd.DataFrame, words: Words) -> tuple[Rule, ...]:
    gaps = [name for name in ("unconnected", "unconnected_all") if name in frame]
    gaps += [f"unconnected_{operator}" for operator in words.operators if f"unconnected_{operator}" in frame]
    classes = count_classes(frame[gaps].to_numpy(dtype=float).ravel())
    known = (Test("mostly_unsurveyed", equals=False),) if "mostly_unsurveyed" in frame else ()
    rules = [
        Rule(label, Symbol(colour, opacity=0.85), (*known, test))
        for label, colour, test in _classed("unconnected", classes, words)
    ]
    if known:
        label = words.say("map.mostly_unsurveyed")
        hatch = Symbol("#6b7780", hatched=True)
        rules.append(Rule(label, hatch, (Test("mostly_unsurveyed", equals=True),)))
    if "unconnected_suppressed" in frame:
        label = words.say("layers.hidden", below=words.below)
        few = Symbol(classes.colours[0], opacity=0.4)
        rules.append(Rule(label, few, (*known, Test("unconnected_suppressed", equals=True))))
        untold = (*known, Test("unconnected_suppressed", equals=False), Test("unconnected", missing=True))
        if Rule("", tests=untold).holds(frame).any():
            rules.append(Rule(words.say("draw.untold"), Symbol("#ffffff", opacity=0.4), untold))
    return tuple(rules)


def _classed(column: str, classes: Classes, words: Words) -> list[tuple[str, str, Test]]:
    """Return the words, the colour and the test of each class."""
    limits = [None, *classes.breaks, None]
    return [
        (label, colour, Test(column, at_least=low, under=high))
        for label, colour, low, high in zip(
            class_names(classes, words.language), classes.colours, limits[:-1], limits[1:], strict=True
        )
    ]


def _states(column: str, shape: str, size_mm: float) -> Callable[[pd.DataFrame, Words], tuple[Rule, ...]]:
    def rules(_: pd.DataFrame, words: Words) -> tuple[Rule, ...]:
        return tuple(
            Rule(words.say(f"map.{state}"), Symbol(colour, shape, size_mm), (Test(column, equals=state),))
            for state, colour in STATE_COLOURS.items()
        )

    return rules


def _points(_: pd.DataFrame, words: Words) -> tuple[Rule, ...]:
    colours = {"unreached": STATE_COLOURS["none"], "unknown": STATE_COLOURS["unsurveyed"]}
    return tuple(
        Rule(words.say(f"reach.{reach}"), Symbol(colour, "diamond", 3.2), (Test("reach", equals=reach),))
        for reach, colour in colours.items()
    )


def _learners(_: pd.DataFrame, words: Words) -> tuple[Rule, ...]:
    limits = [*DOT_BREAKS, None]
    return tuple(
        Rule(
            words.say("map.dot", count=number(low, 0, words.language)),
            Symbol(DOT_COLOUR, "circle", 1.2 + 0.9 * place, outline="#ffffff", outline_mm=0.1),
            (Test("unconnected", at_least=low, under=high),),
        )
        for place, (low, high) in enumerate(zip(DOT_BREAKS, limits[1:], strict=True))
    )


def _homes(_: pd.DataFrame, words: Words) -> tuple[Rule, ...]:
    return (Rule(words.say("layers.homes"), Symbol(DOT_COLOUR, "circle", 1.0, outline="#ffffff", outline_mm=0.1)),)


def _zones(_: pd.DataFrame, words: Words) -> tuple[Rule, ...]:
    return (Rule(words.say("map.zone_key"), ZONE),)


def _claims(frame: pd.DataFrame, words: Words) -> tuple[Rule, ...]:
    inner = tuple(
        Rule(words.say(f"layers.claims_{state}"), Symbol(colour, opacity=0.6), (Test("state", equals=state),))
        for state, colour in CLAIM_COLOURS.items()
    )
    return _each_operator(frame, words, lambda _: inner)


def _survey(frame: pd.DataFrame, words: Words) -> tuple[Rule, ...]:
    silent = Rule(
        words.say("map.no_service"),
        Symbol(NO_SERVICE_COLOUR, "diamond", 1.8, outline="#ffffff", outline_mm=0.1),
        (Test("service", equals="no_service"),),
    )
    inner = tuple(
        Rule(label, Symbol(colour, "circle", 1.4, outline="#ffffff", outline_mm=0.05), (test,))
        for label, colour, test in _classed("level_dbm", words.level, words)
    )
    return _each_operator(frame, words, lambda _: (silent, *inner))


def _sites(frame: pd.DataFrame, words: Words) -> tuple[Rule, ...]:
    operators = list(words.operators)
    return tuple(
        Rule(
            words.operators[operator],
            Symbol(OKABE_ITO[place % len(OKABE_ITO)], SHAPES[place % len(SHAPES)], 2.6),
            (Test("operator", equals=operator),),
        )
        for place, operator in enumerate(operators)
        if (frame["operator"] == operator).any()
    )


def _towers(_: pd.DataFrame, words: Words) -> tuple[Rule, ...]:
    return (Rule(words.say("map.tower_key"), TOWER),)


def _each_operator(frame: pd.DataFrame, words: Words, rules: Callable[[str], Sequence[Rule]]) -> tuple[Rule, ...]:
    """Return the same rules for each operator apart, the first one's drawn at first."""
    met = [operator for operator in words.operators if (frame["operator"] == operator).any()]
    return tuple(
        Rule(words.operators[operator], None, (Test("operator", equals=operator),), place == 0, tuple(rules(operator)))
        for place, operator in enumerate(met)
    )


LOOKS: dict[str, tuple[Callable[[pd.DataFrame, Words], tuple[Rule, ...]], str, bool]] = {
    "communes": (_communes, "name", True),
    "zones": (_zones, "", True),
    "claims": (_claims, "", False),
    "learners": (_learners, "", True),
    "homes": (_homes, "", False),
    "survey": (_survey, "", False),
    "hamlets": (_states("state", "circle", 2.2), "", False),
    "schools": (_states("state", "square", 2.6), "", True),
    "points": (_points, "name", False),
    "sites": (_sites, "", False),
    "towers": (_towers, "order", True),
}
"""Layer to its rules, the column of its labels, and whether it is drawn at first; from the lowest to the topmost."""
