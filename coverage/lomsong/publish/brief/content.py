"""What a brief says, and how numbers stand in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from lomsong.publish.coverage.words import number
from lomsong.surface.validation import Validation
from lomsong.tables import OPERATORS
from lomsong.texts import text


@dataclass(frozen=True)
class BriefContent:
    """All that the brief says.

    Attributes
    ----------
    ranking, operators, data_note, suppress_below
        As in :class:`lomsong.publish.map.MapContent`.
    usable_dbm
        Level from which a place is usable.
    period
        First and last day of the survey, or None.
    zones, points
        Gap zones, and the points not reached or to be measured, as :mod:`lomsong.publish.privacy` lets them out.
    bodies
        What each body answers for, see :func:`lomsong.gap.unreached.by_body`.
    validations
        By identifier of the operator; empty: nothing is said of how sure the figures are.
    """

    title: str
    territory: str
    ranking: pd.DataFrame
    language: str = "vi"
    issuer: str = ""
    data_note: str = ""
    usable_dbm: float = -110.0
    period: tuple[date, date] | None = None
    operators: Mapping[str, str] = field(default_factory=lambda: dict(OPERATORS))
    validations: Mapping[str, Validation] = field(default_factory=dict)
    zones: gpd.GeoDataFrame | None = None
    points: gpd.GeoDataFrame | None = None
    bodies: pd.DataFrame | None = None
    suppress_below: int = 5

    def say(self, key: str, **values: object) -> str:
        """Return a text of the brief."""
        return together(text(f"brief.{key}", self.language, **values))

    def count(self, value: float) -> str:
        """Return a count as it is shown; a hidden one is told apart by the caller."""
        return number(value, 0, self.language)

    def hidden_or(self, row: Mapping[str, Any], name: str) -> str:
        """Return the count ``name`` of a row as it is shown: too small a one as "<5", a missing one as a dash."""
        if row.get(f"{name}_suppressed"):
            return f"<{self.suppress_below}"
        return "–" if pd.isna(row[name]) else self.count(row[name])

    def way(self, codes: Any) -> str:
        """Return what stands in the way, in words; nothing for no codes."""
        known = codes if isinstance(codes, tuple | list) else ()
        return ", ".join(text(f"map.way_{code}", self.language) for code in known)

    def per_cent(self, share: float) -> str:
        """Return a share in per cent."""
        return f"{number(100 * share, 1, self.language)} %" if np.isfinite(share) else "–"


def together(said: str) -> str:
    """Return a text whose units stay on the line of their number."""
    for unit in ("%", "dB", "km"):
        said = said.replace(f" {unit}", f"\u00a0{unit}")
    return said
