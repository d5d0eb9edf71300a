"""What a table and a column are: their kind, limits, names in both languages, and how a frame is checked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from lomsong.errors import ColumnError
from lomsong.texts import TEXTS, Phrase, fault, text


@dataclass(frozen=True)
class ColumnSpec:
    """One column: what it means, of which kind it is and between which limits it lies.

    ``kind`` is one of ``text``, ``integer``, ``number``, ``time``, ``choice``. A column that is not ``required`` may be
    absent; one that is ``nullable`` may hold missing values.
    """

    name: str
    kind: str
    vi: str
    en: str
    required: bool = True
    nullable: bool = False
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()

    def answers(self, language: str) -> list[str]:
        """Return its choices in words of ``language`` where readers know them."""
        known = (f"init.answer.{choice}" for choice in self.choices)
        return [text(key, language) if key in TEXTS else key.rpartition(".")[2] for key in known]


@dataclass(frozen=True)
class TableSpec:
    """One table of the data model."""

    name: str
    vi: str
    en: str
    columns: tuple[ColumnSpec, ...]
    geometry: str | None = None

    @property
    def names(self) -> list[str]:
        """Column names in their order, without the geometry."""
        return [column.name for column in self.columns]

    @property
    def required(self) -> list[str]:
        """Names of the columns that must be there."""
        return [column.name for column in self.columns if column.required]

    def __getitem__(self, name: str) -> ColumnSpec:
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    def check(self, frame: pd.DataFrame, where: str) -> None:
        """Raise :class:`ColumnError` naming every fault of ``frame`` at once.

        Parameters
        ----------
        frame
            The table to look at; it is not changed.
        where
            File or argument to name in the message.
        """
        faults = list(self._faults(frame))
        if faults:
            raise fault(ColumnError, "frame", where=where, faults=tuple(faults))

    def _faults(self, frame: pd.DataFrame) -> Iterable[Phrase]:
        missing = [name for name in self.required if name not in frame]
        if missing:
            yield _phrase("missing", columns=", ".join(missing), found=", ".join(map(str, frame.columns)))
        if self.geometry and getattr(frame, "active_geometry_name", None) is None and "geometry" not in frame:
            yield _phrase("no_geometry", geometry=self.geometry)
        for column in self.columns:
            if column.name in frame:
                yield from _column_faults(column, frame[column.name])


def require_columns(frame: pd.DataFrame, name: str, columns: Iterable[str]) -> None:
    """Raise :class:`ColumnError` with the columns that a table called ``name`` lacks, and those that it has."""
    missing = [column for column in columns if column not in frame]
    if missing:
        found = ", ".join(map(str, frame.columns))
        raise fault(ColumnError, "roster_column", table=name, columns=", ".join(missing), found=found)


def _column_faults(column: ColumnSpec, values: pd.Series) -> Iterable[Phrase]:
    if not column.nullable and values.isna().any():
        yield _phrase("empty", count=int(values.isna().sum()), column=column.name, row=_first(values.isna()))
    if column.kind in ("number", "integer"):
        if not pd.api.types.is_numeric_dtype(values):
            yield _phrase("kind", column=column.name, kind=values.dtype)
            return
        low = -np.inf if column.low is None else column.low
        high = np.inf if column.high is None else column.high
        outside = ((values < low) | (values > high)).fillna(False).astype(bool)  # of nullable columns some are neither
        if outside.any():
            yield _phrase(
                "outside", column=column.name, low=f"{low:g}", high=f"{high:g}", count=int(outside.sum()),
                row=_first(outside), value=f"{values[outside].iloc[0]:g}",
            )  # fmt: skip
        if column.kind == "integer" and not pd.api.types.is_integer_dtype(values):
            broken = (values.mod(1) != 0).fillna(False).astype(bool) & values.notna()  # no rest is left of infinity
            if broken.any():
                yield _phrase(
                    "whole", column=column.name, count=int(broken.sum()), row=_first(broken),
                    value=f"{values[broken].iloc[0]:g}",
                )  # fmt: skip
    if column.choices:
        strange = ~(values.isin(column.choices) | values.isna())
        if strange.any():
            yield _phrase(
                "choice", column=column.name, known=", ".join(column.choices), count=int(strange.sum()),
                row=_first(strange), value=repr(values[strange].iloc[0]),
            )  # fmt: skip


def _phrase(name: str, **values: object) -> Phrase:
    return Phrase(f"frame.{name}", values)


def _first(mask: pd.Series) -> object:
    return mask.index[int(np.argmax(mask.to_numpy()))]


def text_column(name: str, vi: str, en: str, **more: Any) -> ColumnSpec:
    """Return a column of texts."""
    return ColumnSpec(name, "text", vi, en, **more)


def number_column(
    name: str, vi: str, en: str, low: float | None = None, high: float | None = None, **more: Any
) -> ColumnSpec:
    """Return a column of numbers, between limits where these are given."""
    return ColumnSpec(name, "number", vi, en, low=low, high=high, **more)


def count_column(name: str, vi: str, en: str, **more: Any) -> ColumnSpec:
    """Return a column of whole numbers, not negative."""
    return ColumnSpec(name, "integer", vi, en, low=0, **more)


OPTIONAL: dict[str, Any] = {"required": False, "nullable": True}
"""Of a column that may be absent, and may hold missing values."""
