"""How the order of the areas changes with what had to be chosen: threshold, indoor loss, estimator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri
from scipy.stats import kendalltau

from lomsong.errors import UsageError
from lomsong.gap.confidence import competition_rank
from lomsong.gap.priority import sum_over
from lomsong.gap.rank import FIRST, Partition
from lomsong.gap.service import joint_probability, side_by_side
from lomsong.tables import HOUSEHOLDS, SERVICE
from lomsong.texts import fault

THRESHOLDS_DBM = (-105.0, -110.0, -115.0)

WAYS = ("probability", "mean_level")
"""How unconnected learners are counted: each by the probability of it, or whole where the mean level is too low."""

PERSISTENCE = 0.9
"""Share of readers of a ranking who go on from one row to the next: the first ten rows then carry 86 % of the weight of
rank-biased overlap (Webber, Moffat and Zobel 2010, equation 21)."""


@dataclass(frozen=True)
class Choice:
    """One way to count.

    Attributes
    ----------
    usable_dbm
        Threshold.
    loss_db
        Loss on the way in, dB: a number, or one a household, shape (households,).
    estimator
        Key of the ``service`` tables.
    way
        One of :data:`WAYS`.
    """

    usable_dbm: float
    loss_db: float | NDArray[np.float64] = 0.0
    estimator: str = "base"
    way: str = "probability"


@dataclass(frozen=True)
class Sensitivity:
    """How much an order hangs on what was chosen.

    Attributes
    ----------
    ranks
        One row a variant and area: variant, its code under the name of the partition, name, unconnected, rank, first
        (whether it is among the first).
    variants
        One row a variant: variant, unconnected (all areas), kept (how many of the base's first are among its own),
        kendall_tau (tau-b; missing where one order has no order), overlap (rank-biased, 0…1).
    base
        Name of the variant that the others are compared with.
    """

    ranks: pd.DataFrame
    variants: pd.DataFrame
    base: str
    outside: Mapping[str, float] = field(default_factory=dict)
    """Expected unconnected learners in no area, by variant."""


def one_at_a_time(
    base: Choice,
    thresholds_dbm: tuple[float, ...] = THRESHOLDS_DBM,
    losses_db: Mapping[str, float | NDArray[np.float64]] | None = None,
    estimators: tuple[str, ...] = (),
) -> dict[str, Choice]:
    """Return the base and the choices that differ from it in one thing, under names that tell which.

    A name is ``base``, or ``kind:value``; the catalogue has a text ``sensitivity.<kind>`` for each kind, which takes
    the value.

    Parameters
    ----------
    base
        What the ranking was made with; its name is ``base``.
    thresholds_dbm
        Further thresholds.
    losses_db
        Further indoor losses by name, such as ``indoors``.
    estimators
        Further estimators, such as ``constant``.
    """
    found = {"base": base}
    for threshold in thresholds_dbm:
        if threshold != base.usable_dbm:
            found[f"threshold:{threshold:g}"] = Choice(threshold, base.loss_db, base.estimator, base.way)
    for name, loss in (losses_db or {}).items():
        found[f"loss:{name}"] = Choice(base.usable_dbm, loss, base.estimator, base.way)
    for estimator in estimators:
        if estimator != base.estimator:
            found[f"estimator:{estimator}"] = Choice(base.usable_dbm, base.loss_db, estimator, base.way)
    for way in WAYS:
        if way != base.way:
            found[f"way:{way}"] = Choice(base.usable_dbm, base.loss_db, base.estimator, way)
    return found


def sensitivity(
    services: Mapping[str, pd.DataFrame],
    service_dbm: float,
    households: gpd.GeoDataFrame,
    partition: Partition,
    choices: Mapping[str, Choice],
    *,
    base: str = "base",
    shared: float = 0.0,
    first: int = FIRST,
) -> Sensitivity:
    """Rank the areas under each choice by learners without usable signal of any operator, and compare the orders.

    Parameters
    ----------
    services
        Table ``service`` by estimator: what was fitted with the physics, with a constant mean, ….
    service_dbm
        Threshold that their ``p_usable`` was made for.
    households, partition
        As for :func:`~lomsong.gap.rank.rank_areas`.
    choices
        Variants by name, such as :func:`one_at_a_time` returns them.
    base
        Name of the one that all are compared with.
    shared
        Correlation of the operators' levels at one place.
    first
        How many areas count as the first; areas that tie for the last of these places all count.

    Raises
    ------
    ColumnError, UsageError
        When a table is not what it should be, or a choice names no estimator or way that there is.
    """
    HOUSEHOLDS.check(households, "households")
    for name, service in services.items():
        SERVICE.check(service, f"service ({name})")
    if base not in choices:
        raise fault(UsageError, "rank_base", given=repr(base), known=", ".join(choices))
    learners = households["learners"].to_numpy(float)
    counts, outside = {}, {}
    for name, choice in choices.items():
        gone = _unconnected(choice, services, service_dbm, households, shared) * learners
        counts[name] = sum_over(gone, partition.row, len(partition.codes))
        outside[name] = float(gone[partition.row < 0].sum())
    return compared(counts, partition, base=base, first=first, outside=outside)


def compared(
    counts: Mapping[str, NDArray[np.float64]],
    partition: Partition,
    *,
    base: str = "base",
    first: int = FIRST,
    outside: Mapping[str, float] | None = None,
) -> Sensitivity:
    """Compare the orders that counts made in several ways give.

    Parameters
    ----------
    counts
        Unconnected learners of each area by variant, shape (areas,), the ``base`` among them.
    partition, base, first
        As for :func:`sensitivity`.
    outside
        Those in no area, by variant.
    """
    ranks = pd.concat([_ranked(name, values, partition, first) for name, values in counts.items()], ignore_index=True)
    variants = pd.DataFrame([_compared(name, counts[name], counts[base], first) for name in counts])
    return Sensitivity(ranks, variants, base, dict(outside or {}))


def rank_biased_overlap(
    values: NDArray[np.float64], others: NDArray[np.float64], persistence: float = PERSISTENCE
) -> float:
    """Return how much two orders of the same areas overlap, 0…1, their beginnings weighing most.

    The mean over all depths d of the share of areas that both orders have among their first d, weighted by
    persistence^(d-1) (1 - persistence); what the weights leave beyond the last area overlaps wholly. Tied areas enter
    together, in proportion: at depth d each of t areas that share c free places counts c/t, and what is in common is
    taken over the geometric mean of what each order has in common with itself, so that equal orders overlap wholly.

    Parameters
    ----------
    values, others
        What each order goes by, the greatest first, shape (areas,).
    persistence
        Between 0 and 1.

    References
    ----------
    Webber, Moffat and Zobel (2010), A similarity measure for indefinite rankings, ACM TOIS 28(4), equations 4 and 7;
    Corsi and Urbano (2024), The treatment of ties in rank-biased overlap, SIGIR, for ties without a reference.
    """
    overlap, weight = 0.0, 1 - persistence
    for depth in range(1, len(values) + 1):
        one, other = _places(values, depth), _places(others, depth)
        overlap += weight * float((one * other).sum()) / np.sqrt(float((one**2).sum()) * float((other**2).sum()))
        weight *= persistence
    return overlap + persistence ** len(values)


def _places(values: NDArray[np.float64], depth: int) -> NDArray[np.float64]:
    """Return how much of each area is among the first ``depth``."""
    best = competition_rank(values)
    tied = len(values) + 1 - competition_rank(-values) - best + 1
    return np.clip((depth + 1 - best) / tied, 0, 1)


def _unconnected(
    choice: Choice, services: Mapping[str, pd.DataFrame], service_dbm: float, households: gpd.GeoDataFrame,
    shared: float,
) -> NDArray[np.float64]:  # fmt: skip
    """Return the probability, or whether, no operator is usable at each household, shape (households,)."""
    if choice.estimator not in services:
        raise fault(UsageError, "rank_by", given=repr(choice.estimator), known=", ".join(services))
    if choice.way not in WAYS:
        raise fault(UsageError, "rank_by", given=repr(choice.way), known=", ".join(WAYS))
    service = services[choice.estimator]
    demand = households["household_id"]
    _, p, _ = side_by_side(service, demand)
    needed_dbm = choice.usable_dbm + np.broadcast_to(np.asarray(choice.loss_db, float), len(households))
    p = _moved(p, *_levels(service, demand), needed_dbm[:, None], service_dbm)
    if choice.way == "mean_level":
        # The median of a normal level is its mean: usable rather than not is the mean level above the threshold.
        return np.asarray(~(p >= 0.5).any(axis=1), float)
    nowhere = joint_probability(1 - p, shared)
    return np.where(np.isnan(nowhere), 1.0, nowhere)


def _levels(service: pd.DataFrame, demand: pd.Series) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return level (dBm) and its standard deviation (dB) of each place and operator, both (places, operators)."""
    wide = service.pivot(index="demand_id", columns="operator", values=["level_dbm", "level_sd_db"])
    wide = wide.reindex(demand.to_numpy())
    return wide["level_dbm"].sort_index(axis=1).to_numpy(float), wide["level_sd_db"].sort_index(axis=1).to_numpy(float)


def _moved(
    p: NDArray[np.float64],
    level_dbm: NDArray[np.float64],
    sd_db: NDArray[np.float64],
    needed_dbm: NDArray[np.float64],
    service_dbm: float,
) -> NDArray[np.float64]:
    """Return the probability of reaching another level than the one that ``p`` was made for.

    Normal scores are moved by as many standard deviations as the threshold: for a normal level that is exact, and for
    the best of several layers it keeps what was found at the threshold itself. Where no level is known, but only
    declared, the probability stays.
    """
    same = needed_dbm == service_dbm
    with np.errstate(invalid="ignore", divide="ignore"):
        direct = (level_dbm - needed_dbm) / sd_db
        moved = ndtri(p) + (service_dbm - needed_dbm) / sd_db
    # A probability that was rounded to 0 or 1 has no score left to move.
    score = np.where(np.isfinite(moved), moved, direct)
    return np.where(same | ~np.isfinite(score), p, ndtr(score))


def _ranked(name: str, values: NDArray[np.float64], partition: Partition, first: int) -> pd.DataFrame:
    rank = competition_rank(values)
    table = pd.DataFrame(
        {
            "variant": name,
            partition.key: pd.Series(partition.codes, dtype=object),
            "name": pd.Series(partition.names, dtype=object),
            "unconnected": values,
            "rank": rank,
            "first": rank <= first,
        }
    )
    return table.sort_values(["rank", partition.key], ignore_index=True)


def _compared(name: str, values: NDArray[np.float64], base: NDArray[np.float64], first: int) -> dict[str, object]:
    kept = int(((competition_rank(values) <= first) & (competition_rank(base) <= first)).sum())
    tau = float(kendalltau(values, base).statistic) if len(values) > 1 else np.nan
    return {
        "variant": name,
        "unconnected": float(values.sum()),
        "kept": kept,
        "kendall_tau": tau,
        "overlap": rank_biased_overlap(values, base),
    }
