"""How a layer looks and what it is called, whatever program draws it: rules, symbols, headings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lomsong.publish.coverage.words import number

INK = "#22303a"
"""Outlines and labels."""

SHAPES = ("circle", "square", "triangle", "diamond", "pentagon", "star")
"""Shapes of points; operators are told apart by them besides their colours."""


@dataclass(frozen=True)
class Symbol:
    """What is drawn: of areas fill and outline, of points a shape.

    Attributes
    ----------
    colour
        Fill, ``#rrggbb``.
    shape
        Of points, one of :data:`SHAPES`.
    size_mm
        Of points.
    opacity
        Of the fill, 0 to 1.
    hatched
        The fill is drawn as lines, so that it is taken for no value.
    outline, outline_mm
        Colour and width.
    """

    colour: str
    shape: str = "circle"
    size_mm: float = 2.4
    opacity: float = 1.0
    hatched: bool = False
    outline: str = INK
    outline_mm: float = 0.2


@dataclass(frozen=True)
class Test:
    """One condition on a column: equal to a value, within half-open limits, or missing."""

    column: str
    equals: str | bool | None = None
    at_least: float | None = None
    under: float | None = None
    missing: bool = False

    __test__ = False  # no case of pytest

    def holds(self, frame: pd.DataFrame) -> NDArray[np.bool_]:
        """Return the rows in which it holds, shape (rows,)."""
        values = frame[self.column]
        if self.missing:
            return values.isna().to_numpy(dtype=bool)
        if self.equals is not None:
            return (values == self.equals).fillna(False).to_numpy(dtype=bool)
        numbers = values.to_numpy(dtype=float)
        low = -np.inf if self.at_least is None else self.at_least
        high = np.inf if self.under is None else self.under
        return (numbers >= low) & (numbers < high)

    @property
    def expression(self) -> str:
        """The same as QGIS and SQL write it."""
        name = '"' + self.column.replace('"', '""') + '"'
        if self.missing:
            return f"{name} IS NULL"
        if isinstance(self.equals, bool):
            return name if self.equals else f"NOT {name}"
        if self.equals is not None:
            return f"{name} = '" + self.equals.replace("'", "''") + "'"
        limits = [] if self.at_least is None else [f"{name} >= {self.at_least:g}"]
        return " AND ".join(limits + ([] if self.under is None else [f"{name} < {self.under:g}"]))


@dataclass(frozen=True)
class Rule:
    """What is drawn where all tests hold, and its words in the legend.

    Attributes
    ----------
    shown
        Drawn at first; otherwise until somebody ticks it.
    rules
        Further rules within this one, which then has no symbol of its own.
    """

    label: str
    symbol: Symbol | None = None
    tests: tuple[Test, ...] = ()
    shown: bool = True
    rules: tuple[Rule, ...] = ()

    def holds(self, frame: pd.DataFrame) -> NDArray[np.bool_]:
        """Return the rows to which it applies, shape (rows,)."""
        return np.logical_and.reduce([np.ones(len(frame), dtype=bool), *(test.holds(frame) for test in self.tests)])

    @property
    def expression(self) -> str:
        """The tests as QGIS writes them; empty where it always applies."""
        return " AND ".join(test.expression for test in self.tests)


@dataclass(frozen=True)
class Layer:
    """A frame with its name, headings and looks.

    Attributes
    ----------
    name
        As programs know it.
    title, about
        As people do; what the values are, of which kind and since which threshold.
    frame
        Features of one kind of geometry.
    rules
        Its looks; none: as the program likes.
    headings
        Column to the name under which it is shown.
    label
        Column written beside the features; empty: none.
    shown
        In a project or in Google Earth at first.
    values
        Column to the words for its codes; a value may be several codes with spaces between.
    naming
        Column that names a feature.
    card
        Columns that a card shows, in their order.
    counts
        Those of them that count people, shown as whole numbers.
    below
        Smallest count of people that is shown.
    language
        Of numbers.
    """

    name: str
    title: str
    frame: gpd.GeoDataFrame
    rules: tuple[Rule, ...] = ()
    headings: Mapping[str, str] = field(default_factory=dict)
    label: str = ""
    about: str = ""
    shown: bool = True
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    naming: str = "name"
    card: tuple[str, ...] = ()
    counts: tuple[str, ...] = ()
    below: int = 0
    language: str = "vi"

    def with_frame(self, frame: gpd.GeoDataFrame) -> Layer:
        """Return the same layer of other rows, or of the same in another CRS."""
        return replace(self, frame=frame)

    def facts(self, row: Mapping[str, Any]) -> dict[str, str]:
        """Return what a card says of a feature: headings and values in words; what it lacks is left out."""
        told = {}
        for column in self.card:
            value = row.get(column)
            if row.get(f"{column}_suppressed") in (True, np.True_):
                told[self.headings[column]] = f"<{self.below}"
            elif not pd.isna(value) and value != "":
                told[self.headings[column]] = self._words(column, value)
        return told

    def told(self, row: Mapping[str, Any]) -> str:
        """Return what a card says of a feature in one line."""
        return "; ".join(f"{heading}: {value}" for heading, value in self.facts(row).items())

    def _words(self, column: str, value: object) -> str:
        if isinstance(value, str):
            known = self.values.get(column, {})
            return ", ".join(known.get(code, code) for code in value.split()) if known else value
        if isinstance(value, bool | np.bool_ | int | np.integer):
            return str(value)
        amount = float(str(value))
        if column in self.counts or amount.is_integer():
            return number(amount, 0, self.language).replace("−", "-")
        return number(amount, 2 if abs(amount) < 1 else 1, self.language).replace("−", "-")

    @property
    def geometry(self) -> str:
        """``point``, ``line`` or ``polygon``."""
        kind = str(self.frame.geometry.geom_type.iloc[0]).lower() if len(self.frame) else "point"
        return next(one for one in ("point", "line", "polygon") if one in kind)

    def leaves(self) -> Iterator[tuple[tuple[Rule, ...], NDArray[np.bool_]]]:
        """Yield each rule with a symbol, those around it before it, and the rows to which it applies."""
        yield from _leaves(self.rules, (), np.ones(len(self.frame), dtype=bool), self.frame)


def _leaves(
    rules: tuple[Rule, ...], above: tuple[Rule, ...], rows: NDArray[np.bool_], frame: pd.DataFrame
) -> Iterator[tuple[tuple[Rule, ...], NDArray[np.bool_]]]:
    for rule in rules:
        own = rows & rule.holds(frame)
        if rule.symbol is not None:
            yield (*above, rule), own
        yield from _leaves(rule.rules, (*above, rule), own, frame)
