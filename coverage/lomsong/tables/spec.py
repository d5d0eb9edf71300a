"""What a table and a column are: their kind, limits, names in both languages, and how a frame is checked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from lomsong.errors import ColumnError


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
            raise ColumnError(f"{where}: " + "; ".join(faults))

    def _faults(self, frame: pd.DataFrame) -> Iterable[str]:
        missing = [name for name in self.required if name not in frame]
        if missing:
            yield f"column {', '.join(missing)} missing (found: {', '.join(map(str, frame.columns))})"
        if self.geometry and "geometry" not in frame:
            yield f"no geometry; give a GeoDataFrame of {self.geometry}"
        for column in self.columns:
            if column.name in frame:
                yield from _column_faults(column, frame[column.name])


def _column_faults(column: ColumnSpec, values: pd.Series) -> Iterable[str]:
    if not column.nullable and values.isna().any():
        yield f"{int(values.isna().sum())} rows have no {column.name} (first: row {_first(values.isna())})"
    if column.kind in ("number", "integer"):
        if not pd.api.types.is_numeric_dtype(values):
            yield f"{column.name} must be numbers, not {values.dtype}"
            return
        low = -np.inf if column.low is None else column.low
        high = np.inf if column.high is None else column.high
        outside = (values < low) | (values > high)
        if outside.any():
            yield (
                f"{int(outside.sum())} rows have {column.name} outside {low:g}…{high:g} "
                f"(first: row {_first(outside)}, {values[outside].iloc[0]:g})"
            )
    if column.choices:
        strange = ~(values.isin(column.choices) | values.isna())
        if strange.any():
            yield (
                f"{int(strange.sum())} rows have an unknown {column.name} (first: row {_first(strange)}, "
                f"{values[strange].iloc[0]!r}); known: {', '.join(column.choices)}"
            )


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
