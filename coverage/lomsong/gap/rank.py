"""Areas by unconnected learners, and how sure that order is: communes, districts, hamlets, of either vintage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lomsong.errors import ColumnError, DataError, UsageError
from lomsong.gap.confidence import (
    COVERAGE,
    competition_rank,
    marginal_rank_sets,
    p_among_first,
    simultaneous_rank_sets,
)
from lomsong.gap.learners import UnconnectedDraws
from lomsong.gap.priority import checked_weights, indicators_of, points_of, scores_in_worlds, share_of, sum_over
from lomsong.gap.service import joint_probability, over_operators, require_each_once, require_once, side_by_side
from lomsong.geo import join_communes
from lomsong.tables import COMMUNES, HOUSEHOLDS, RANKING, SERVICE, STATES
from lomsong.texts import fault

INTERVAL = (0.05, 0.95)
"""Quantiles of the published interval."""

FIRST = 10
"""How many areas a department looks at first."""

ORDERS = ("unconnected", "share", "priority")
"""What areas can be ranked by."""


@dataclass(frozen=True)
class Partition:
    """Areas, and in which of them each household lies.

    Attributes
    ----------
    codes, names
        Of each area; codes do not repeat, names may.
    row
        Area of each household, -1 for none, shape (households,).
    within
        Code of the larger area inside which each area is ranked; None: all of them in one ranking.
    key
        Name of the column of codes.
    """

    codes: tuple[str, ...]
    names: tuple[str, ...]
    row: NDArray[np.int64]
    within: tuple[str, ...] | None = None
    key: str = "commune_code"


def by_commune(households: gpd.GeoDataFrame, communes: gpd.GeoDataFrame, *, by_place: bool = False) -> Partition:
    """Return the communes with their households.

    Parameters
    ----------
    households, communes
        The tables of those names. A household is placed by its commune code where that is known, else by position.
    by_place
        By position alone: for communes of another vintage than the households' codes, where the same code can stand
        for another area (26170 was Vĩnh An and is Trị An).

    Raises
    ------
    DataError
        When codes repeat.
    """
    placed = households.drop(columns="commune_code", errors="ignore") if by_place else households
    return _partition(join_communes(placed, communes), communes["commune_code"], communes["name"], "commune_code")


def by_district(households: gpd.GeoDataFrame, communes: gpd.GeoDataFrame, *, by_place: bool = False) -> Partition:
    """Return the districts, the parents of the communes, with their households; communes without one are in none.

    Parameters and errors are those of :func:`by_commune`; the communes must have ``parent_code``.
    """
    if "parent_code" not in communes:
        raise fault(ColumnError, "rank_column", table="communes", column="parent_code", purpose="district")
    placed = households.drop(columns="commune_code", errors="ignore") if by_place else households
    parent = communes.dropna(subset="parent_code").set_index("commune_code")["parent_code"]
    names = communes["parent_name"] if "parent_name" in communes else communes["parent_code"]
    named = names.fillna(communes["parent_code"]).groupby(communes["parent_code"]).first()
    return _partition(join_communes(placed, communes).map(parent), named.index.to_series(), named, "parent_code")


def by_hamlet(households: gpd.GeoDataFrame, hamlets: gpd.GeoDataFrame) -> Partition:
    """Return the hamlets with their households, ranked inside each commune; a household of no known hamlet is in none.

    Parameters
    ----------
    households, hamlets
        The tables of those names; the hamlets' ``commune_code`` says inside which commune each is ranked.
    """
    if "hamlet_id" not in households:
        raise fault(ColumnError, "rank_column", table="households", column="hamlet_id", purpose="hamlet")
    within = None
    if "commune_code" in hamlets:
        within = tuple(hamlets["commune_code"].fillna("").astype(str))
    return _partition(households["hamlet_id"], hamlets["hamlet_id"], hamlets["name"], "hamlet_id", within)


def rank_communes(
    service: pd.DataFrame,
    households: gpd.GeoDataFrame,
    communes: gpd.GeoDataFrame,
    *,
    draws: UnconnectedDraws | None = None,
    expected: NDArray[np.float64] | None = None,
    each: Mapping[str, NDArray[np.float64]] | None = None,
    at_home: pd.DataFrame | None = None,
    schools: gpd.GeoDataFrame | None = None,
    hamlets: gpd.GeoDataFrame | None = None,
    shared: float = 0.0,
    by: str = "unconnected",
    weights: Mapping[str, float] | None = None,
    first: int = FIRST,
    coverage: float = COVERAGE,
) -> pd.DataFrame:
    """Rank communes by the expected number of learners without usable signal of any operator at home.

    Parameters
    ----------
    service
        Table ``service``; its ``demand_id`` are household and school identifiers.
    households, communes
        The tables of those names. A household without a known commune code is placed by its position.
    draws
        Jointly drawn counts over the same communes. Without them the error is taken as common to a whole commune, the
        widest interval that the probabilities allow; learners of whom ``service`` tells nothing count as unconnected,
        but not at the low end.
    expected, at_home
        As for :func:`rank_areas`.
    each
        Expected counts by operator and for ``all``, shape (communes,) each; None: from ``service``.
    schools, hamlets
        Adds ``schools_without_signal`` and ``hamlets``.
    shared
        Correlation of the operators' levels at one place, the same that ``draws`` were made with.
    by, weights, first, coverage
        As for :func:`rank_areas`.

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
        When ``draws`` were made over other communes, or codes or identifiers of households repeat.
    """
    COMMUNES.check(communes, "communes")
    HOUSEHOLDS.check(households, "households")
    partition = by_commune(households, communes)
    if draws is not None and draws.codes != partition.codes:
        raise fault(DataError, "rank_other_areas")
    table = rank_areas(
        service, households, partition, draws=None if draws is None else draws.any, expected=expected,
        at_home=at_home, by=by, weights=weights, hamlets=hamlets, shared=shared, first=first, coverage=coverage,
    )  # fmt: skip
    position = pd.Index(partition.codes).get_indexer(pd.Index(table["commune_code"]))
    for name, values in (each or _every_operator(service, households, partition, shared)).items():
        table[f"unconnected_{name}"] = values[position]
    if schools is not None:
        table["schools_without_signal"] = _schools_without(service, schools, communes)[position]
    if hamlets is not None:
        counted = hamlets["commune_code"].value_counts()
        table["hamlets"] = table["commune_code"].map(counted).fillna(0).astype(np.int64)
    return _in_order_of_the_table(table)


def rank_areas(
    service: pd.DataFrame,
    households: gpd.GeoDataFrame,
    partition: Partition,
    *,
    draws: NDArray[np.floating] | None = None,
    expected: NDArray[np.float64] | None = None,
    at_home: pd.DataFrame | None = None,
    operators: str = "any",
    by: str = "unconnected",
    weights: Mapping[str, float] | None = None,
    hamlets: gpd.GeoDataFrame | None = None,
    shared: float = 0.0,
    first: int = FIRST,
    coverage: float = COVERAGE,
) -> pd.DataFrame:
    """Rank any areas by their learners without usable signal, with the ranks that the evidence allows.

    ``rank_low`` and ``rank_high`` hold the true rank of each area by itself with probability ``coverage``,
    ``rank_low_all`` and ``rank_high_all`` those of all at once (:mod:`lomsong.gap.confidence`). Both are sets of
    Mogstad et al. (2024) and not quantiles of the drawn ranks, because these fail as soon as draws are too narrow; the
    figures are printed by ``benchmarks/rank_sets.py``. Equal areas share the best of their ranks, such as all those
    without a single unconnected learner in any world; ``tied`` counts the others that an area cannot be told from.

    Parameters
    ----------
    service, households
        The tables of those names.
    partition
        Areas and in which of them each household lies, as :func:`by_commune`, :func:`by_district` or :func:`by_hamlet`
        return it.
    draws
        Jointly drawn counts of the same learners, shape (areas, n). None: the error is taken as common to an area.
    expected
        Expected counts of the same learners, shape (areas,), where they were not counted from ``service``, such as
        indoors; what is known of the households is scaled to them.
    at_home
        What :func:`~lomsong.gap.service.over_operators` returned for the households and ``operators``, so that it is
        not worked out again.
    operators
        Whose signal: ``any``, a learner is unconnected when none is usable; ``all``, when one is not; or the name of an
        operator.
    by
        ``unconnected``, the number; ``share`` of all learners, 0 where there are none; ``priority``.
    weights
        Weight of each indicator of :data:`~lomsong.gap.priority.INDICATORS`, for ``priority``.
    hamlets
        Table of that name, for the indicator ``no_grid``.
    shared
        Correlation of the operators' levels at one place.
    first
        How many areas count as the first.
    coverage
        Probability of the rank sets.

    Returns
    -------
    Frame, one row an area, the first first, inside each larger area where the partition has them: rank, rank_low,
    rank_high; with draws also rank_low_all, rank_high_all, p_first_ten (the probability of being among the ``first``)
    and tied; code and name; learners, unconnected with _low and _high, share, unsurveyed; by share share_low and
    share_high; by priority score with _low and _high and the ``points_<indicator>`` that it is the sum of.
    ``attrs``: unmatched_learners and unmatched_households, those outside every area; first; weights.

    Raises
    ------
    ColumnError, DataError, SettingsError, UsageError
        When a table, the draws, the weights or a choice is not what it should be.
    """
    SERVICE.check(service, "service")
    HOUSEHOLDS.check(households, "households")
    if by not in ORDERS:
        raise fault(UsageError, "rank_by", given=repr(by), known=", ".join(ORDERS))
    for given in (draws, expected):
        if given is not None and len(given) != len(partition.codes):
            raise fault(DataError, "rank_other_areas")
    require_once(households["household_id"], "rank_households")
    if at_home is None:  # else whoever worked it out has seen to it
        require_each_once(service, "service")
        _require_one_known(service["demand_id"], households["household_id"])
    gone, unsurveyed, unknown = _without(service, households["household_id"], operators, shared, at_home)
    learners = households["learners"].to_numpy(float)
    if expected is not None:
        gone = _scaled(gone, learners, expected, partition.row)
    worlds = _common_error(gone, unknown, learners, partition) if draws is None else draws
    table = _counts(partition, gone, learners, unsurveyed, worlds, draws is not None)
    weighed = checked_weights(weights or {}) if by == "priority" else {}
    indicators = indicators_of(weighed, households, gone, unsurveyed, partition.row, len(table), hamlets)
    table, values, ranked = _ranked_by(by, table, indicators, weighed, worlds, draws is not None)
    table = _ordered(table, values, ranked, partition, first, coverage, draws is not None)
    outside = partition.row < 0
    table.attrs["unmatched_learners"] = float(learners[outside].sum())
    table.attrs["unmatched_households"] = int(outside.sum())
    table.attrs["first"] = first
    if weighed:
        table.attrs["weights"] = weighed
    return table


def _partition(
    code: pd.Series, codes: pd.Series, names: pd.Series, key: str, within: tuple[str, ...] | None = None
) -> Partition:
    repeated = codes.duplicated().to_numpy()
    if repeated.any():
        raise fault(DataError, "rank_codes", count=int(repeated.sum()), code=str(codes.to_numpy()[repeated.argmax()]))
    position = pd.Series(np.arange(len(codes)), index=codes.to_numpy())
    row = code.map(position).fillna(-1).to_numpy(dtype=np.int64)
    return Partition(tuple(codes), tuple(names), row, within, key)


def _without(
    service: pd.DataFrame, demand: pd.Series, operators: str, shared: float, at_home: pd.DataFrame | None
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the probability of no usable signal, 1 where not known; whether nobody measured; and where not known.

    Each of shape (households,).
    """
    if operators in ("any", "all"):
        state = over_operators(service, demand, operators, shared) if at_home is None else at_home
        p = state["p_usable"].to_numpy(float)
        return 1 - np.nan_to_num(p), (state["state"] == "unsurveyed").to_numpy(), np.isnan(p)
    names, p_each, state_each = side_by_side(service, demand)
    if operators not in names:
        raise fault(UsageError, "rank_operators", given=repr(operators), known=", ".join(("any", "all", *names)))
    column = names.index(operators)
    p = p_each[:, column]
    return 1 - np.nan_to_num(p), state_each[:, column] == STATES.index("unsurveyed"), np.isnan(p)


def _require_one_known(demand: pd.Series, household: pd.Series) -> None:
    """Raise where the two tables share no identifier: all learners would count as those of whom nothing is known."""
    if len(demand) and len(household) and not household.isin(demand).any():
        told, asked = (repr(codes.iloc[:1].tolist()[0]) for codes in (demand, household))
        raise fault(DataError, "rank_strangers", demand=told, household=asked)


def _scaled(
    gone: NDArray[np.float64], learners: NDArray[np.float64], expected: NDArray[np.float64], row: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return ``gone`` scaled in each area so that its learners add up to ``expected``."""
    found = sum_over(gone * learners, row, len(expected))
    factor = np.divide(expected, found, out=np.zeros(len(expected)), where=found > 0)
    return np.where(row >= 0, gone * factor[row], gone)


def _common_error(
    gone: NDArray[np.float64], unknown: NDArray[np.bool_], learners: NDArray[np.float64], partition: Partition
) -> NDArray[np.float64]:
    """Return the counts of each area where all of its levels err alike, at the ends of the interval, (areas, 2).

    Homes of which nothing is known may all have signal, or none of them.
    """
    least = np.where(unknown, 0.0, gone)
    lacking = (least > 1 - INTERVAL[0], gone > 1 - INTERVAL[1])
    ends = [sum_over(learners * there, partition.row, len(partition.codes)) for there in lacking]
    return np.column_stack(ends)


def _counts(
    partition: Partition,
    gone: NDArray[np.float64],
    learners: NDArray[np.float64],
    unsurveyed: NDArray[np.bool_],
    worlds: NDArray[np.floating],
    drawn: bool,
) -> pd.DataFrame:
    """Return the learners of each area with the interval of those unconnected, in the order of the partition."""
    count, row = len(partition.codes), partition.row
    total, expected = sum_over(learners, row, count), sum_over(gone * learners, row, count)
    table = pd.DataFrame(
        {
            partition.key: pd.Series(partition.codes, dtype=object),
            "name": pd.Series(partition.names, dtype=object),
            "learners": total.astype(np.int64),
            "unconnected": expected,
        }
    )
    table = _with_interval(table, "unconnected", worlds, drawn)
    table["share"] = table["unconnected"] / table["learners"].where(table["learners"] > 0)
    return table.assign(unsurveyed=sum_over(learners * unsurveyed, row, count).astype(np.int64))


def _with_interval(table: pd.DataFrame, name: str, worlds: NDArray[np.floating], drawn: bool) -> pd.DataFrame:
    """Return the table with ``<name>_low`` and ``_high``, which never leave the estimate out."""
    low, high = np.quantile(worlds, INTERVAL if drawn else (0, 1), axis=1)
    return table.assign(
        **{f"{name}_low": np.fmin(low, table[name]), f"{name}_high": np.fmax(high, table[name])}
    )  # fmt: skip


def _ranked_by(
    by: str,
    table: pd.DataFrame,
    indicators: pd.DataFrame,
    weights: Mapping[str, float],
    worlds: NDArray[np.floating],
    drawn: bool,
) -> tuple[pd.DataFrame, NDArray[np.float64], NDArray[np.floating]]:
    """Return the table with what it is ranked by, its estimate, and its value in each world, shape (areas, n)."""
    expected, learners = table["unconnected"].to_numpy(), table["learners"].to_numpy(float)
    if by == "unconnected":
        return table, expected, worlds
    if by == "share":
        ranked = share_of(worlds, learners[:, None])
        return _with_interval(table, "share", ranked, drawn), share_of(expected, learners), ranked
    points = points_of(indicators, weights)
    score = points.sum(axis=1)
    ranked = scores_in_worlds(indicators, weights, worlds, expected, learners)
    table = _with_interval(table.assign(score=score), "score", ranked, drawn)
    return pd.concat([table, points], axis=1), score.to_numpy(), ranked


def _ordered(
    table: pd.DataFrame,
    values: NDArray[np.float64],
    worlds: NDArray[np.floating],
    partition: Partition,
    first: int,
    coverage: float,
    drawn: bool,
) -> pd.DataFrame:
    """Return the table with ranks, in their order, inside each larger area where there are any."""
    if drawn:
        # What no world changes is known, and equal to what is equal to it: expectations of 0.001 learners are no order.
        values = np.where(worlds.min(axis=1) == worlds.max(axis=1), worlds[:, 0], values)
    within = np.asarray(partition.within if partition.within is not None else [""] * len(table), dtype=object)
    ranks = pd.DataFrame(index=table.index)
    for rows in ranks.groupby(within).groups.values():
        part = rows.to_numpy()
        for name, column in _ranks(values[part], worlds[part], first, coverage, drawn).items():
            ranks.loc[part, name] = column
    whole = {name: np.int64 for name in ranks if name != "p_first_ten"}
    table = pd.concat([ranks.astype(whole), table], axis=1)
    order = np.lexsort([table[partition.key], -table["learners"], -table["unconnected"], -values, within])
    return table.iloc[order].reset_index(drop=True)


def _ranks(
    values: NDArray[np.float64], worlds: NDArray[np.floating], first: int, coverage: float, drawn: bool
) -> dict[str, NDArray[np.generic]]:
    """Return the columns of ranks of areas in one ranking."""
    rank = competition_rank(values)
    if not drawn:
        # An area can stand before every other whose interval does not lie wholly above its own, and after likewise.
        low, high = np.fmin(worlds[:, 0], values), np.fmax(worlds[:, 1], values)
        best = 1 + (low[None, :] > high[:, None]).sum(axis=1)
        return {"rank": rank, "rank_low": best, "rank_high": (high[None, :] >= low[:, None]).sum(axis=1)}
    alone = marginal_rank_sets(values, worlds, coverage)
    together = simultaneous_rank_sets(values, worlds, coverage)
    return {
        "rank": rank,
        "rank_low": alone.low,
        "rank_high": alone.high,
        # Steps can show a pair among all of them and not among an area's own; all at once is never told more narrowly.
        "rank_low_all": np.minimum(together.low, alone.low),
        "rank_high_all": np.maximum(together.high, alone.high),
        "p_first_ten": p_among_first(worlds, first),
        "tied": alone.tied,
    }


def _every_operator(
    service: pd.DataFrame, households: gpd.GeoDataFrame, partition: Partition, shared: float
) -> dict[str, NDArray[np.float64]]:
    """Return the learners unconnected under each operator, and those for whom not every one is usable."""
    learners = households["learners"].to_numpy(float)
    operators, p_each, _ = side_by_side(service, households["household_id"])
    usable: dict[str, NDArray[np.float64]] = dict(zip(operators, p_each.T, strict=True))
    usable["all"] = joint_probability(p_each, shared)
    return {
        name: sum_over(learners * (1 - np.nan_to_num(p)), partition.row, len(partition.codes))
        for name, p in usable.items()
    }


def _schools_without(service: pd.DataFrame, schools: gpd.GeoDataFrame, communes: gpd.GeoDataFrame) -> NDArray[np.int64]:
    state = over_operators(service, schools["school_id"])["state"]
    lacking = state.isin(["weak", "none"]).to_numpy(float)
    return sum_over(lacking, by_commune(schools, communes).row, len(communes)).astype(np.int64)


def _in_order_of_the_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return the columns in the order of the data model, those that it does not know last."""
    named = [name for name in RANKING.names if name in table]
    return table[[*named, *[name for name in table if name not in named]]]
