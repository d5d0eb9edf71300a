"""The weighted priority that a department sets: indicators of each area, their points, and the score they add up to."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lomsong.errors import ColumnError, SettingsError
from lomsong.geo import fold_text
from lomsong.texts import fault

INDICATORS = ("unconnected", "share", "poor", "without_device", "no_grid", "unsurveyed")
"""What may be weighed. Of each area: learners without usable signal; their share of all learners; those of them in poor
and near-poor households; those of them without a device; those of them in hamlets without grid power; learners at
places where nobody measured."""

POOR = frozenset({"poor", "near poor", "ngheo", "can ngheo", "ho ngheo", "ho can ngheo"})
"""Categories of poor and near-poor households, in lower case without diacritics."""

FULL_POINTS = 100.0
"""Score of an area that has the most of everything."""


def checked_weights(weights: Mapping[str, float]) -> dict[str, float]:
    """Return the weights above 0 in the order of :data:`INDICATORS`, adding up to 1.

    Raises
    ------
    SettingsError
        When a key is unknown, a weight is negative or no number, or all are 0.
    """
    for key, value in weights.items():
        if key not in INDICATORS or not np.isfinite(value) or value < 0:
            raise fault(SettingsError, "rank_weights", key=key, value=repr(value), known=", ".join(INDICATORS))
    total = sum(weights.values())
    if not total:
        raise fault(SettingsError, "rank_weights", key="Σ", value=total, known=", ".join(INDICATORS))
    return {key: weights[key] / total for key in INDICATORS if weights.get(key)}


def indicators_of(
    wanted: Mapping[str, float],
    households: gpd.GeoDataFrame,
    p_unconnected: NDArray[np.float64],
    unsurveyed: NDArray[np.bool_],
    row: NDArray[np.int64],
    areas: int,
    hamlets: gpd.GeoDataFrame | None = None,
) -> pd.DataFrame:
    """Return the indicators of each area, one column a key of ``wanted``.

    Parameters
    ----------
    wanted
        Keys of :data:`INDICATORS`.
    households
        Table of that name; ``category``, ``learners_without_device`` and ``hamlet_id`` where they are wanted. A missing
        category is none, missing counts are 0.
    p_unconnected, unsurveyed
        Probability that each household has no usable signal, and whether nobody measured there, shape (households,).
    row
        Row of each household's area, -1 outside all, shape (households,).
    areas
        How many areas there are.
    hamlets
        Table of that name, for their grid power; a hamlet where it is unknown does not count as without.

    Raises
    ------
    ColumnError
        When a table has not what is wanted.
    """
    learners = households["learners"].to_numpy(float)
    gone = p_unconnected * learners
    unconnected = sum_over(gone, row, areas)
    found = {}
    for key in wanted:
        if key == "unconnected":
            found[key] = unconnected
        elif key == "share":
            found[key] = share_of(unconnected, sum_over(learners, row, areas))
        elif key == "unsurveyed":
            found[key] = sum_over(learners * unsurveyed, row, areas)
        elif key == "without_device":
            lacking = _column(households, "learners_without_device", key).fillna(0).to_numpy(float)
            found[key] = sum_over(p_unconnected * np.minimum(lacking, learners), row, areas)
        elif key == "poor":
            category = _column(households, "category", key)
            names = {name: fold_text(name) in POOR for name in category.dropna().unique()}
            found[key] = sum_over(gone * category.map(names).eq(True).to_numpy(), row, areas)
        elif key == "no_grid":
            found[key] = sum_over(gone * _without_grid(households, hamlets), row, areas)
    return pd.DataFrame(found)


def points_of(indicators: pd.DataFrame, weights: Mapping[str, float]) -> pd.DataFrame:
    """Return the points that each indicator gives each area, columns ``points_<key>``; they add up to the score.

    The area with the most of an indicator gets its weight in hundredths, one with none gets 0, all others in
    proportion: points = 100 · weight · value / greatest value. So the score lies between 0 and 100, never falls when
    an area has more of anything that is weighed, and whoever has the values can work it out.

    Parameters
    ----------
    indicators
        As :func:`indicators_of` returns them.
    weights
        As :func:`checked_weights` returns them.
    """
    return pd.DataFrame({f"points_{key}": values * _worth(values, weights[key]) for key, values in indicators.items()})


def scores_in_worlds(
    indicators: pd.DataFrame,
    weights: Mapping[str, float],
    draws: NDArray[np.floating],
    unconnected: NDArray[np.float64],
    learners: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the score of each area in each drawn world, shape (areas, n).

    A point is worth the same in every world as in the estimate. The unconnected learners who are poor, have no device
    or no grid are taken in proportion to all of the unconnected, whose number was drawn; what is unsurveyed is known.

    Parameters
    ----------
    indicators, weights
        As for :func:`points_of`.
    draws
        Unconnected learners in each world, shape (areas, n).
    unconnected, learners
        Expected unconnected and all learners, shape (areas,).
    """
    relative = np.divide(draws, unconnected[:, None], out=np.zeros(draws.shape), where=unconnected[:, None] > 0)
    score = np.zeros(draws.shape)
    for key, column in indicators.items():
        values, worth = column.to_numpy(float), _worth(column, weights[str(key)])
        if key == "unconnected":
            score += worth * draws
        elif key == "share":
            score += worth * share_of(draws, learners[:, None])
        elif key == "unsurveyed":
            score += worth * values[:, None]
        else:
            score += worth * values[:, None] * relative
    return score


def sum_over(values: NDArray[np.float64], row: NDArray[np.int64], areas: int) -> NDArray[np.float64]:
    """Return the sum of ``values`` over each area; those with row -1 belong to none."""
    inside = row >= 0
    return np.asarray(np.bincount(row[inside], weights=values[inside], minlength=areas), float)


def share_of(part: NDArray[np.floating], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ``part`` over ``whole``, 0 where there is nothing to share."""
    part, whole = np.broadcast_arrays(part, whole)
    return np.divide(part, whole, out=np.zeros(part.shape), where=whole > 0)


def _worth(values: pd.Series, weight: float) -> float:
    """Return the points that one unit of an indicator is worth."""
    most = float(values.max()) if len(values) else 0.0
    return FULL_POINTS * weight / most if most > 0 else 0.0


def _column(households: gpd.GeoDataFrame, column: str, purpose: str) -> pd.Series:
    if column not in households:
        raise fault(ColumnError, "rank_column", table="households", column=column, purpose=purpose)
    return households[column]


def _without_grid(households: gpd.GeoDataFrame, hamlets: gpd.GeoDataFrame | None) -> NDArray[np.bool_]:
    if hamlets is None or "grid_power" not in hamlets:
        raise fault(ColumnError, "rank_column", table="hamlets", column="grid_power", purpose="no_grid")
    dark = set(hamlets.loc[hamlets["grid_power"] == "no", "hamlet_id"])
    return _column(households, "hamlet_id", "no_grid").isin(dark).to_numpy()
