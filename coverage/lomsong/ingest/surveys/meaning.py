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
from lomsong.ingest.surveys.headings import LEVELS
from lomsong.ingest.surveys.rows import Rows, Words
from lomsong.texts import fault

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

GENERATIONS = ("", "2G", "3G", "4G", "5G")
"""What a row can be of; a word that is none of a technology stands behind them."""

LEVEL_OF = {"rxlev": "2G", "rscp": "3G", "ss_rsrp": "5G", "rsrp": "4G"}
"""Technology of a row of which only a column tells, the surest last."""


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
    speed_kmh
        Speeds are km/h.
    silent
        Tells rows without a network in the way of the format.
    """

    name: str
    technology: str
    placing: Placing
    operators: Operators
    heading: Callable[[str], str] = str
    speed_kmh: bool = False
    silent: Callable[[Rows], Mask] | None = None

    def __call__(self, rows: Rows) -> Meaning:
        """Return what ``rows`` mean."""
        longitude, latitude = self.placing.apply(self._axis(rows, "longitude"), self._axis(rows, "latitude"))
        silent = self._silent(rows)
        technology, technology_assumed = self._technologies(rows)
        level, level_field = self._levels(rows)
        operator, operator_assumed = self._owners(rows, silent)
        speed = rows.numbers.get("speed", np.full(len(rows), np.nan))
        return Meaning(
            longitude, latitude, silent, technology, technology_assumed & ~silent, level, level_field, operator,
            operator_assumed, speed / 3.6 if self.speed_kmh else speed,
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

    def _technologies(self, rows: Rows) -> tuple[Words, Mask]:
        """Return the generation of each row, where the file does not say that of the column which holds its level."""
        told = rows.words.get("technology")
        if told is None:
            codes, assumed = np.zeros(len(rows), dtype=np.int64), np.ones(len(rows), dtype=bool)
        else:
            names = [bands.technology_of(name) for name in told.names]
            if all(names):
                return Words(told.codes, names), np.zeros(len(rows), dtype=bool)
            codes = np.array([GENERATIONS.index(name) for name in names])[told.codes]
            assumed = told.masked(lambda word: word in ("", "-"))
            codes[~assumed & (codes == 0)] = len(GENERATIONS)
        for name, generation in LEVEL_OF.items():
            if name in rows.numbers:
                codes[assumed & ~np.isnan(rows.numbers[name])] = GENERATIONS.index(generation)
        if self.technology == "5G" and "ss_rsrp" in rows.numbers:
            codes[assumed & ~np.isnan(rows.numbers["ss_rsrp"])] = GENERATIONS.index("5G")
        codes[assumed & (codes == 0)] = GENERATIONS.index(self.technology)
        return Words(codes.astype(np.int32), [*GENERATIONS, "?"]), assumed & (told is not None)

    def _levels(self, rows: Rows) -> tuple[Floats, str]:
        """Return the level that is RSRP for the technology under study, and the name of its field.

        A column of RSCP or RxLev is never taken for it, nor SS-RSRP for the RSRP of LTE.
        """
        own = "ss_rsrp" if self.technology == "5G" else "rsrp"
        also = ("level", "rsrp") if own == "ss_rsrp" and "technology" in rows.words else ("level",)
        names = [name for name in (own, *also) if name in rows.numbers]
        if not names:
            found = ", ".join(self.heading(name) for name in LEVELS if name in rows.numbers)
            raise fault(ColumnError, "no_rsrp", file=self.name, technology=self.technology, found=found)
        level = rows.numbers[names[0]]
        for name in names[1:]:
            level = np.where(np.isnan(level), rows.numbers[name], level)
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
    if cell is None or node is None:
        return cell
    pairs, unique = pd.factorize(node.codes.astype(np.int64) * len(cell.names) + cell.codes)
    found = [(node.names[pair // len(cell.names)], cell.names[pair % len(cell.names)]) for pair in unique]
    return Words(pairs.astype(np.int32), [f"{one}-{two}" if two else "" for one, two in found])
