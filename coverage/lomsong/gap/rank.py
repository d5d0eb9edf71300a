"""Communes by unconnected learners, and how sure that order is."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lomsong.errors import DataError
from lomsong.gap.learners import UnconnectedDraws
from lomsong.gap.service import joint_probability, over_operators, side_by_side
from lomsong.geo import join_communes
from lomsong.tables import COMMUNES, HOUSEHOLDS, RANKING, SERVICE

INTERVAL = (0.05, 0.95)
"""Quantiles of the published interval and rank set."""


def rank_communes(
    service: pd.DataFrame,
    households: gpd.GeoDataFrame,
    communes: gpd.GeoDataFrame,
    *,
    draws: UnconnectedDraws | None = None,
    schools: gpd.GeoDataFrame | None = None,
    hamlets: gpd.GeoDataFrame | None = None,
    shared: float = 0.0,
) -> pd.DataFrame:
    """Rank communes by the expected number of learners without usable signal of any operator at home.

    Parameters
    ----------
    service
        Table ``service``; its ``demand_id`` are household and school identifiers.
    households, communes
        The tables of those names. A household without a known commune code is placed by its position.
    draws
        Jointly drawn counts over the same communes: interval and rank set are their 5 % and 95 % quantiles. Without
        them the error is taken as common to a whole commune, the widest interval that the probabilities allow.
    schools, hamlets
        Adds ``schools_without_signal`` and ``hamlets``.
    shared
        Correlation of the operators' levels at one place, the same that ``draws`` were made with.

    Returns
    -------
    Table ``ranking`` with ``unconnected_<operator>`` and ``unconnected_all`` besides, most unconnected first; every
    commune is there, also one without learners. Learners whose commune is unknown are summed in
    ``attrs["unmatched_learners"]``: they and the column ``learners`` make up all learners.

    Raises
    ------
    ColumnError
        When a table is not what it should be.
    DataError
        When ``draws`` were made over other communes.
    """
    SERVICE.check(service, "service")
    HOUSEHOLDS.check(households, "households")
    COMMUNES.check(communes, "communes")
    codes = communes["commune_code"].to_numpy()
    area = _area(households, communes)
    learners = households["learners"].to_numpy(float)
    state = over_operators(service, households["household_id"], "any", shared)
    gone = 1 - state["p_usable"].fillna(0).to_numpy()
    if draws is None:
        low, high = _common_error(gone, learners, area, len(codes))
        ranks = None
    else:
        if tuple(codes) != draws.codes:
            raise DataError("draws: made over other communes than those given; draw again")
        low, high = np.quantile(draws.any, INTERVAL, axis=1)
        ranks = _ranks(draws.any)
    expected = _sum(gone * learners, area, len(codes))
    table = pd.DataFrame(
        {
            "commune_code": codes,
            "name": communes["name"].to_numpy(),
            "learners": _sum(learners, area, len(codes)).astype(np.int64),
            "unconnected": expected,
            "unconnected_low": np.minimum(low, expected),
            "unconnected_high": np.maximum(high, expected),
            "unsurveyed": _sum(learners * (state["state"] == "unsurveyed").to_numpy(), area, len(codes)).astype(
                np.int64
            ),
        }
    )
    table["share"] = table["unconnected"] / table["learners"].where(table["learners"] > 0)
    _add_operators(table, service, households, learners, area, shared)
    if schools is not None:
        table["schools_without_signal"] = _schools_without(service, schools, communes)
    if hamlets is not None:
        counted = hamlets["commune_code"].value_counts()
        table["hamlets"] = table["commune_code"].map(counted).fillna(0).astype(np.int64)
    return _ordered(table, ranks, float(learners[area < 0].sum()))


def _area(frame: gpd.GeoDataFrame, communes: gpd.GeoDataFrame) -> NDArray[np.int64]:
    position = pd.Series(np.arange(len(communes)), index=communes["commune_code"])
    return join_communes(frame, communes).map(position).fillna(-1).to_numpy(dtype=np.int64)


def _sum(values: NDArray[np.float64], area: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    inside = area >= 0
    return np.asarray(np.bincount(area[inside], weights=values[inside], minlength=count), float)


def _common_error(
    gone: NDArray[np.float64], learners: NDArray[np.float64], area: NDArray[np.int64], count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    low, high = (_sum(learners * (gone > 1 - quantile), area, count) for quantile in INTERVAL)
    return low, high


def _ranks(counts: NDArray[np.float32]) -> NDArray[np.float64]:
    """Rank of each area in each world, 1 the most unconnected; ties share the mean rank. Shape (areas, n)."""
    return np.asarray(pd.DataFrame(-counts).rank(axis=0, method="average").to_numpy())


def _add_operators(
    table: pd.DataFrame,
    service: pd.DataFrame,
    households: gpd.GeoDataFrame,
    learners: NDArray[np.float64],
    area: NDArray[np.int64],
    shared: float,
) -> None:
    operators, p_each, _ = side_by_side(service, households["household_id"])
    for operator, p in zip(operators, p_each.T, strict=True):
        table[f"unconnected_{operator}"] = _sum(learners * (1 - np.nan_to_num(p)), area, len(table))
    everywhere = joint_probability(p_each, shared)
    table["unconnected_all"] = _sum(learners * (1 - np.nan_to_num(everywhere)), area, len(table))


def _schools_without(service: pd.DataFrame, schools: gpd.GeoDataFrame, communes: gpd.GeoDataFrame) -> NDArray[np.int64]:
    state = over_operators(service, schools["school_id"])["state"]
    lacking = state.isin(["weak", "none"]).to_numpy(float)
    return _sum(lacking, _area(schools, communes), len(communes)).astype(np.int64)


def _ordered(table: pd.DataFrame, ranks: NDArray[np.float64] | None, unmatched: float) -> pd.DataFrame:
    order = np.lexsort([table["commune_code"], -table["learners"], -table["unconnected"]])
    if ranks is None:
        # A commune can stand before every other whose interval does not lie wholly above its own, and after likewise.
        low, high = table["unconnected_low"].to_numpy(), table["unconnected_high"].to_numpy()
        best = 1 + (low[None, :] > high[:, None]).sum(axis=1)
        worst = (high[None, :] >= low[:, None]).sum(axis=1)
    else:
        best, worst = np.quantile(ranks, INTERVAL, axis=1)
    table = table.assign(rank_low=np.floor(best).astype(np.int64), rank_high=np.ceil(worst).astype(np.int64))
    table = table.iloc[order].reset_index(drop=True)
    table["rank"] = np.arange(1, len(table) + 1)
    table["rank_low"] = np.minimum(table["rank_low"], table["rank"])
    table["rank_high"] = np.maximum(table["rank_high"], table["rank"])
    named = [name for name in RANKING.names if name in table]
    table = table[[*named, *[name for name in table if name not in named]]]
    table.attrs["unmatched_learners"] = unmatched
    return table
