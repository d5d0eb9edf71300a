"""What a brief says, and how numbers stand in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS
from rasterio.transform import from_origin

from lomsong import shown
from lomsong.gap.service import joint_probability
from lomsong.geo import Grid
from lomsong.publish.drawing import Base
from lomsong.publish.findings import Findings
from lomsong.settings import Publish, Settings
from lomsong.surface.validation import Validation
from lomsong.tables import OPERATORS
from lomsong.texts import text

_BEFORE_UNIT = re.compile(r"(?<=\d) (?=%|(?:dBm|dB|km|m)\b)")


@dataclass(frozen=True)
class Signal:
    """Where signal is usable, on a raster.

    Attributes
    ----------
    p_usable
        Probability that any operator is usable, shape (rows, columns); NaN outside the territory.
    surveyed
        By operator where there is evidence, same shape.
    transform, crs
        Pixel (column, row) to coordinates.
    """

    p_usable: NDArray[np.float32]
    surveyed: Mapping[str, NDArray[np.bool_]]
    transform: Affine
    crs: CRS | str

    @classmethod
    def of(
        cls,
        grid: Grid,
        p_usable: Mapping[str, NDArray[np.float32]],
        surveyed: Mapping[str, NDArray[np.bool_]],
        shared: float,
    ) -> Signal | None:
        """Return the signal of any of the operators, whose levels at one place are correlated by ``shared``."""
        if not p_usable:
            return None
        each = np.stack([usable.ravel() for usable in p_usable.values()], axis=1).astype(float)
        lacking = joint_probability(1 - each, shared).reshape(grid.shape)
        transform = from_origin(grid.west_m, grid.north_m, grid.step_m, grid.step_m)
        return cls((1 - lacking).astype(np.float32), surveyed, transform, grid.crs)


@dataclass(frozen=True)
class BriefContent:
    """All that the brief says. What is None or empty is left out, its section with it.

    Attributes
    ----------
    settings
        Of the run; ``publish`` has the head and the foot of the paper.
    ranking, operators
        As in :class:`lomsong.publish.map.MapContent`.
    period
        First and last day of the survey.
    validations
        By identifier of the operator.
    findings
        What was found besides the ranking, as it may be published.
    sources, rejects
        Account of the rows read and the rows not accepted.
    schools, hamlets
        Frames with ``state``; hamlets also with ``grid_power``.
    base, signal
        Ground of the pictures, and the probability of signal; without ``base`` there are no pictures.
    towers, plan
        Proposed towers, and objective, bound and gap of their plan.
    sites
        Existing sites, for the pictures.
    """

    settings: Settings
    ranking: pd.DataFrame
    operators: Mapping[str, str] = field(default_factory=lambda: dict(OPERATORS))
    period: tuple[date, date] | None = None
    validations: Mapping[str, Validation] = field(default_factory=dict)
    findings: Findings = field(default_factory=Findings)
    sources: pd.DataFrame | None = None
    rejects: pd.DataFrame | None = None
    schools: gpd.GeoDataFrame | None = None
    hamlets: gpd.GeoDataFrame | None = None
    base: Base | None = None
    signal: Signal | None = None
    towers: gpd.GeoDataFrame | None = None
    plan: Mapping[str, Any] = field(default_factory=dict)
    sites: gpd.GeoDataFrame | None = None

    @property
    def publish(self) -> Publish:
        """Head and foot of the paper."""
        return self.settings.publish

    @property
    def language(self) -> str:
        """Language of the brief."""
        return self.publish.language

    @property
    def below(self) -> int:
        """Smallest count of people that is shown."""
        return self.publish.suppress_below

    @property
    def communes(self) -> dict[str, str]:
        """Names of communes by their code."""
        return dict(zip(self.ranking["commune_code"], self.ranking["name"], strict=True))

    @property
    def first(self) -> pd.DataFrame:
        """Communes to put first, by rank: those with so many learners without signal that their number is shown."""
        return self.ranking[self.ranking["unconnected"] >= max(self.below, 1)].sort_values("rank")

    def say(self, key: str, **values: object) -> str:
        """Return a text of the brief."""
        return together(text(f"brief.{key}", self.language, **values))

    def count(self, value: float, digits: int = 0) -> str:
        """Return a number as it is shown; a hidden one is told apart by the caller."""
        return shown.number(value, digits, self.language)

    def per_cent(self, share: float, digits: int = 1) -> str:
        """Return a share in per cent."""
        return shown.per_cent(share, self.language, digits)

    def hidden_or(self, row: Mapping[str, Any], name: str) -> str:
        """Return the count ``name`` of a row as it is shown: too small a one as "<5", a missing one as a dash."""
        if row.get(f"{name}_suppressed"):
            return f"<{self.below}"
        return "–" if pd.isna(row[name]) else self.count(row[name])

    def between(self, low: float, high: float) -> str:
        """Return an interval of counts; a dash where an end is missing."""
        return f"{self.count(low)}–{self.count(high)}" if np.isfinite([low, high]).all() else "–"

    def way(self, codes: Any) -> str:
        """Return what stands in the way, in words; nothing for no codes."""
        known = codes if isinstance(codes, tuple | list) else ()
        return ", ".join(text(f"map.way_{code}", self.language) for code in known)

    def listed(self, words: list[str]) -> str:
        """Return words as a list within a sentence."""
        return shown.listed(words, self.language)


def together(said: str) -> str:
    """Return a text whose units stay on the line of their number."""
    return _BEFORE_UNIT.sub("\u00a0", said)
