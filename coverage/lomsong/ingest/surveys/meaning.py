"""What the rows of one survey file mean: where, whose, of which technology, at which level, or without service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lomsong.errors import ColumnError, DataError
from lomsong.ingest import bands
from lomsong.ingest.operators import Operators
from lomsong.ingest.positions import Placing
from lomsong.ingest.surveys.headings import DBM, LEVELS, plain
from lomsong.ingest.surveys.rows import Rows, Words
from lomsong.tables import LEVEL_LIMITS_DBM
from lomsong.texts import fault

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

GENERATIONS = ("", "2G", "3G", "4G", "5G")
"""What a row can be of; a word that is none of a technology stands behind them."""

LEVEL_OF = {"rxlev": "2G", "rscp": "3G", "ss_rsrp": "5G", "rsrp": "4G"}
"""Technology of a row of which only a column tells, the surest last."""


def heard(level: Floats) -> Mask:
    """Tell which levels a phone can have heard, shape (n,)."""
    low, high = LEVEL_LIMITS_DBM
    return np.asarray((level >= low) & (level <= high))


@dataclass(frozen=True)
class Meaning:
    """What rows mean, each array of shape (n,).

    Attributes
    ----------
    longitude, latitude
        Degrees WGS84, NaN where there is no position.
    silent
        The phone found no network.
    technology
        One of :data:`GENERATIONS`, or ``?``.
    technology_assumed, operator_assumed
        The row does not say it.
    level_dbm
        RSRP of the technology under study.
    level_field
        The field that it was taken from.
    operator
        Identifier, empty where unknown.
    speed_mps
        NaN where the row does not say it.
    """

    longitude: Floats
    latitude: Floats
    silent: Mask
    technology: Words
    technology_assumed: Mask
    level_dbm: Floats
    level_field: str
    operator: Words
    operator_assumed: Mask
    speed_mps: Floats


@dataclass(frozen=True)
class Interpreter:
    """Knows how one file is to be understood.

    Parameters
    ----------
    name
        File, for errors.
    technology
        The technology under study, 4G or 5G.
    placing
        How its coordinates are to be understood.
    operators
        Who a row belongs to.
    heading
        Returns the heading of a field.
    speed_unit_mps
        The unit of speeds in m/s; None: not stated, taken for m/s.
    silent
        Tells rows without a network in the way of the format.
    speed_recognised
        The file does not state the unit of speed; the track does.
    """

    name: str
    technology: str
    placing: Placing
    operators: Operators
    heading: Callable[[str], str] = str
    speed_unit_mps: float | None = None
    silent: Callable[[Rows], Mask] | None = None
    speed_recognised: bool = False

    def __call__(self, rows: Rows) -> Meaning:
        """Return what ``rows`` mean."""
        longitude, latitude = self.placing.apply(self._axis(rows, "longitude"), self._axis(rows, "latitude"))
        silent = self._silent(rows)
        technology, technology_assumed = self._technologies(rows)
        level, level_field = self._levels(rows, technology)
        silent |= self._said_in(rows, level, level_field, technology)
        operator, operator_assumed = self._owners(rows, silent)
        speed = rows.numbers.get("speed", np.full(len(rows), np.nan))
        return Meaning(
            longitude, latitude, silent, technology, technology_assumed & ~silent, level, level_field, operator,
            operator_assumed, np.where(speed < 0, np.nan, speed * (self.speed_unit_mps or 1.0)),
        )  # fmt: skip

    def _axis(self, rows: Rows, name: str) -> Any:
        if self.placing.as_text:
            return np.array(rows.show(name, np.arange(len(rows))), dtype=object)
        return rows.first if name == "longitude" else rows.second

    def _silent(self, rows: Rows) -> Mask:
        silent = np.zeros(len(rows), dtype=bool) if self.silent is None else self.silent(rows)
        for name in ("service", "operator", "technology"):
            if name in rows.words:
                silent |= rows.words[name].masked(bands.is_silent)
        return silent & rows.complete

    def _said_in(self, rows: Rows, level: Floats, field_: str, technology: Words) -> Mask:
        """Tell the rows that say in the place of their level that there is no service."""
        silent = np.zeros(len(rows), dtype=bool)
        at = np.flatnonzero(
            np.isnan(level) & rows.complete & technology.masked(("", "?", self.technology).__contains__)
        )
        if len(at):
            words = Words.of(rows.show(field_, at))
            silent[at] = words.masked(bands.is_silent)
        return silent

    def _technologies(self, rows: Rows) -> tuple[Words, Mask]:
        """Return the generation of each row, where the file does not say that of the column which holds its level."""
        told = rows.words.get("technology")
        if told is None:
            codes, open_ = np.zeros(len(rows), dtype=np.int64), np.ones(len(rows), dtype=bool)
            bare = "level" in rows.numbers and not self._has_own(rows)
            return self._by_columns(rows, codes, open_, open_), np.full(len(rows), bare)
        names = [bands.technology_of(name) for name in told.names]
        dual = {"rsrp", "ss_rsrp"} <= rows.numbers.keys() and any(map(bands.is_dual, told.names))
        if all(names) and not dual:
            return Words(told.codes, names), np.zeros(len(rows), dtype=bool)
        codes = np.array([GENERATIONS.index(name) for name in names])[told.codes]
        assumed = told.masked(lambda word: word in ("", "-"))
        unstated = told.masked(bands.is_unstated)
        codes[~assumed & ~unstated & (codes == 0)] = len(GENERATIONS)
        if dual:  # a phone on both has the level of each in a column of its own
            own = "ss_rsrp" if self.technology == "5G" else "rsrp"
            both = told.masked(bands.is_dual) & heard(rows.numbers[own])
            codes[both] = GENERATIONS.index(self.technology)
        return self._by_columns(rows, codes, assumed | unstated, assumed), assumed

    def _by_columns(self, rows: Rows, codes: NDArray[np.int64], open_: Mask, assumed: Mask) -> Words:
        """Fill in the generation of the rows ``open_`` by the column of their level, of ``assumed`` by the study."""
        for name, generation in LEVEL_OF.items():
            if name in rows.numbers:
                codes[open_ & heard(rows.numbers[name])] = GENERATIONS.index(generation)
        if self.technology == "5G" and "ss_rsrp" in rows.numbers:
            codes[open_ & heard(rows.numbers["ss_rsrp"])] = GENERATIONS.index("5G")
        codes[assumed & (codes == 0)] = GENERATIONS.index(self.technology)
        codes[open_ & (codes == 0)] = len(GENERATIONS)
        return Words(codes.astype(np.int32), [*GENERATIONS, "?"])

    def _has_own(self, rows: Rows) -> bool:
        return ("ss_rsrp" if self.technology == "5G" else "rsrp") in rows.numbers

    def _levels(self, rows: Rows, technology: Words) -> tuple[Floats, str]:
        """Return the level that is RSRP for the technology under study, and the name of its field.

        A column of RSCP or RxLev is never taken for it, nor SS-RSRP for the RSRP of LTE. Beside a column of its own,
        only what Android calls dBm stands in, and only where the row states the technology.
        """
        own = "ss_rsrp" if self.technology == "5G" else "rsrp"
        also = ("level", "rsrp") if own == "ss_rsrp" and "technology" in rows.words else ("level",)
        names = [name for name in (own, *also) if name in rows.numbers]
        if not names:
            found = ", ".join(self.heading(name) for name in LEVELS if name in rows.numbers)
            raise fault(ColumnError, "no_rsrp", file=self.name, technology=self.technology, found=found)
        level = rows.numbers[names[0]]
        if names[0] != own:
            for name in names[1:]:
                level = np.where(np.isnan(level), rows.numbers[name], level)
        elif "level" in names and "technology" in rows.words and plain(self.heading("level")) in DBM:
            missing = ~heard(level) & technology.masked(self.technology.__eq__) & heard(rows.numbers["level"])
            level = np.where(missing, rows.numbers["level"], level)
        return level, names[0]

    def _owners(self, rows: Rows, silent: Mask) -> tuple[Words, Mask]:
        found = self.operators.of_rows(rows)
        unnamed = found.masked(lambda slug: slug == "") & silent
        if not unnamed.any():
            return found, unnamed
        if not self.operators.most:
            raise fault(DataError, "operator_unnamed", file=self.name)
        codes = np.where(unnamed, len(found.names), found.codes).astype(np.int32)
        return Words(codes, [*found.names, self.operators.most]), unnamed


def bands_mhz(rows: Rows, technology: str) -> Floats:
    """Return the usual name in MHz of each row's band, by its word or its channel number; NaN where unknown."""
    band = np.full(len(rows), np.nan)
    if "band" in rows.words:
        band = rows.words["band"].map(lambda word: bands.band_mhz(word, technology), float).astype(float)
    if "arfcn" in rows.numbers and np.isnan(band).any():
        codes, unique = pd.factorize(rows.numbers["arfcn"])
        found = np.array([bands.name_of_arfcn(value, technology) for value in unique] or [np.nan])
        band = np.where(np.isnan(band), np.where(codes >= 0, found[codes], np.nan), band)
    return band


def cells(rows: Rows) -> Words | None:
    """Return the cell of each row, with its node where the file tells both apart; None without such a column."""
    cell, node = rows.words.get("cell"), rows.words.get("node")
    if cell is None:
        return None
    names = [cell_name(name) for name in cell.names]
    if node is None:
        return Words(cell.codes, names)
    nodes = [cell_name(name) for name in node.names]
    pairs, unique = pd.factorize(node.codes.astype(np.int64) * len(cell.names) + cell.codes)
    found = [(nodes[pair // len(names)], names[pair % len(names)]) for pair in unique]
    return Words(pairs.astype(np.int32), [f"{one}-{two}" if two else "" for one, two in found])


NO_CELL = frozenset({"-", "--", "-1", "n/a", "na", "nan", "null", "none", "unknown", "unavailable", "268435455",
                     "2147483647", "68719476735", "9223372036854775807"})  # fmt: skip
"""What programs write where they know no cell: words, and the greatest numbers of 28, 31, 36 and 63 bits."""


def cell_name(text: str) -> str:
    """Return a cell as a text, empty where it is none; 11379203.0 is a number that went through a table."""
    bare = text.removesuffix(".0")
    return "" if bare.lower() in NO_CELL else bare
