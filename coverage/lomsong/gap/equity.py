"""How evenly the gap is shared: Lorenz and Gini, concentration by rank, rates by class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lomsong.errors import DataError
from lomsong.tables import HAMLETS, POVERTY
from lomsong.texts import fault

GRID_POWER = HAMLETS["grid_power"].choices

INTERVAL = (0.05, 0.95)
"""Quantiles of the worlds that intervals are told by."""

_NORMAL_95 = 1.6448536269514722
"""The 95 % quantile of the standard normal distribution: 90 % lie within so many standard errors."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Inequality:
    """An index of inequality, how sure it is and the curve behind it.

    Attributes
    ----------
    index
        Gini coefficient 0…1, or concentration index -1…1; NaN when nobody is unconnected.
    standard_error
        From sampling learners one by one; NaN for a Gini coefficient, which has none here.
    low, high
        5 % and 95 % quantiles of the index in the drawn worlds; without draws ``index`` ∓ 1.645 standard errors.
    erreygers
        The index corrected for an outcome that lies between 0 and 1, 4 μ times the index.
    erreygers_low, erreygers_high
        As ``low`` and ``high``.
    curve
        Frame ``people_share``, ``unconnected_share`` of the Lorenz or concentration curve, from (0, 0) to (1, 1).
    """

    index: float
    standard_error: float
    low: float
    high: float
    erreygers: float
    erreygers_low: float
    erreygers_high: float
    curve: pd.DataFrame


def lorenz(unconnected: Floats, learners: Floats) -> pd.DataFrame:
    """Return the Lorenz curve of unconnected learners over groups of learners, least to most affected.

    Parameters
    ----------
    unconnected, learners
        Of each group, such as a commune, shape (n,).

    Returns
    -------
    Frame ``people_share`` and ``unconnected_share``, from (0, 0) to (1, 1), groups of one rate as one step. Without
    anybody unconnected the shares are missing but for the first.

    Raises
    ------
    DataError
        When shapes differ, or a number is negative, not finite or unconnected exceeds learners.

    References
    ----------
    Lorenz, M. O. (1905), Methods of measuring the concentration of wealth, Publications of the American Statistical
    Association 9, 209-219.
    """
    unconnected, learners = _checked(unconnected, learners)
    people, lost = _steps(unconnected[:, None], learners, _rates(unconnected, learners))
    return _curve(people, lost[:, 0])


def gini(unconnected: Floats, learners: Floats, draws: Floats | None = None) -> Inequality:
    """Return the Gini coefficient of unconnected learners over groups.

    It is twice the area between the Lorenz curve and the diagonal: 0 when every group has the same share of its
    learners unconnected, near 1 when all of them live in one small group. Each learner counts as much as any other, so
    that groups split into equal parts change nothing.

    Parameters
    ----------
    unconnected, learners
        Of each group, shape (n,).
    draws
        Unconnected learners of each group in m drawn worlds, shape (n, m). The coefficient of a world is greater on
        average than that of the expected numbers, chance being unequal too; the interval need not hold ``index``.

    Raises
    ------
    DataError
        As for :func:`lorenz`.

    References
    ----------
    Gini, C. (1912), Variabilità e mutabilità, Bologna; of grouped data by the trapezoids of Lorenz's curve.
    """
    unconnected, learners = _checked(unconnected, learners)
    index = _gini(unconnected, learners)
    curve, scale = lorenz(unconnected, learners), 4 * float(_mean(unconnected, learners))
    if draws is None:
        return Inequality(index, np.nan, np.nan, np.nan, scale * index, np.nan, np.nan, curve)
    worlds, _ = _checked(draws, learners)
    found = np.array([_gini(world, learners) for world in worlds.T])
    return _with_worlds(index, np.nan, found, scale * index, 4 * _mean(worlds, learners) * found, curve)


def concentration(
    unconnected: Floats, learners: Floats, order: Floats, draws: Floats | None = None, within: Floats | None = None
) -> Inequality:
    """Return how unconnected learners concentrate along an order of groups, such as poverty or remoteness.

    C = 2 cov(h, R) / μ with R the share of learners that stand lower, and half of those that stand equal: below 0 the
    gap falls on the first in the order, above 0 on the last. Ties share one rank, so the order of rows does not matter.
    The outcome of a learner lies between 0 and 1, whence C depends on how common the gap is; the index of Erreygers,
    E = 4 μ C, does not, and E of being connected is -E.

    Parameters
    ----------
    unconnected, learners
        Of each group or household, shape (n,): expected unconnected learners, and learners.
    order
        What they are ranked by, shape (n,): lowest first.
    draws
        Unconnected learners in m drawn worlds, shape (n, m). Errors of the field are common to whole neighbourhoods:
        with draws the interval shows them, the standard error never does.
    within
        Variance of the outcome inside each group, shape (n,); None: that of outcomes of 0 and 1, p (1 - p).

    Raises
    ------
    DataError
        As for :func:`lorenz`, and when ``order`` is missing somewhere.

    References
    ----------
    Kakwani, N., Wagstaff, A., van Doorslaer, E. (1997), Socioeconomic inequalities in health: measurement, computation
    and statistical inference, Journal of Econometrics 77, 87-103: index and variance of grouped data.
    Erreygers, G. (2009), Correcting the concentration index, Journal of Health Economics 28, 504-515.
    """
    unconnected, learners = _checked(unconnected, learners)
    order = np.asarray(order, float)
    if order.shape != learners.shape:
        raise fault(DataError, "equity_shape", given=len(order), wanted=len(learners))
    if not np.isfinite(order[learners > 0]).all():
        raise fault(DataError, "equity_range", name="order", value="NaN")
    people, lost = _steps(unconnected[:, None], learners, order)
    index = float(_concentration(people, lost)[0])
    rate = _rates(unconnected, learners)
    spread = rate * (1 - rate) if within is None else np.asarray(within, float)
    error = _standard_error(unconnected, learners, order, spread, index)
    curve, scale = _curve(people, lost[:, 0]), 4 * float(_mean(unconnected, learners))
    if draws is None:
        low, high = index - _NORMAL_95 * error, index + _NORMAL_95 * error
        return Inequality(index, error, low, high, scale * index, scale * low, scale * high, curve)
    worlds, _ = _checked(draws, learners)
    found = _concentration(*_steps(worlds, learners, order))
    return _with_worlds(index, error, found, scale * index, 4 * _mean(worlds, learners) * found, curve)


def by_class(
    unconnected: Floats,
    learners: Floats,
    classes: Sequence[str],
    *,
    order: Sequence[str] | None = None,
    reference: str | None = None,
    draws: Floats | None = None,
) -> pd.DataFrame:
    """Compare the gap of classes, such as hamlets with and without grid power.

    Parameters
    ----------
    unconnected, learners
        Of each household or group, shape (n,).
    classes
        Its class, shape (n,); a missing one counts as ``unknown``.
    order
        Classes in the order of the rows, all of which are told; None: those that occur, sorted.
    reference
        Class that the others are compared to; None: the last of ``order``.
    draws
        Unconnected learners in m drawn worlds, shape (n, m): adds intervals.

    Returns
    -------
    Frame ``class``, ``learners``, ``unconnected``, ``share`` (missing without learners), ``share_of_gap`` and
    ``rate_ratio`` (share over that of the reference; missing when that is 0), and with draws ``unconnected_low``,
    ``_high``, ``rate_ratio_low``, ``_high`` (quantiles over the worlds in which the ratio exists).

    Raises
    ------
    DataError
        As for :func:`lorenz`, and when a class or the reference is not in ``order``.
    """
    unconnected, learners = _checked(unconnected, learners)
    label = pd.Series(list(classes), dtype=object).fillna("unknown").astype(str)
    if len(label) != len(learners):
        raise fault(DataError, "equity_shape", given=len(label), wanted=len(learners))
    names = sorted(set(label)) if order is None else list(order)
    base = names[-1] if reference is None and names else reference
    strange = [name for name in [*sorted(set(label)), base] if name not in names]
    if strange:
        raise fault(DataError, "equity_class", value=str(strange[0]), known=", ".join(names))
    place = label.map({name: row for row, name in enumerate(names)}).to_numpy(np.int64)
    people, lost = (np.bincount(place, values, len(names)).astype(float) for values in (learners, unconnected))
    share = _rates(lost, people, np.nan)
    table = pd.DataFrame({"class": names, "learners": people, "unconnected": lost, "share": share})
    table["share_of_gap"] = lost / lost.sum() if lost.sum() > 0 else np.nan
    row = names.index(str(base)) if names else 0
    table["rate_ratio"] = _ratio(share[:, None], row)[:, 0] if names else np.nan
    if draws is None or not names:
        return table
    worlds, _ = _checked(draws, learners)
    summed = np.stack([worlds[place == number].sum(axis=0) for number in range(len(names))])
    ratio = _ratio(summed / np.where(people > 0, people, np.nan)[:, None], row)
    table["unconnected_low"], table["unconnected_high"] = np.quantile(summed, INTERVAL, axis=1)
    table["rate_ratio_low"], table["rate_ratio_high"] = zip(*(_quantiles(of_class) for of_class in ratio), strict=True)
    return table


def gap_by_grid_power(
    households: pd.DataFrame, gone: Floats, hamlets: pd.DataFrame | None, draws: Floats | None = None
) -> pd.DataFrame:
    """Return :func:`by_class` for learners in hamlets with grid power (the reference), without and unknown.

    Parameters
    ----------
    households
        Table ``households``; a home without a known hamlet counts as unknown.
    gone
        Probability of being without signal at each home, shape (n,).
    hamlets
        Table ``hamlets``; None: unknown everywhere.
    draws
        As for :func:`by_class`.
    """
    learners = households["learners"].to_numpy(float)
    power = grid_power_of(households, hamlets)
    return by_class(gone * learners, learners, list(power), order=GRID_POWER, reference="yes", draws=draws)


def grid_power_of(households: pd.DataFrame, hamlets: pd.DataFrame | None) -> pd.Series:
    """Return the grid power of each household's hamlet, ``unknown`` without one; on the index of ``households``."""
    if hamlets is None or "hamlet_id" not in households:
        return pd.Series("unknown", index=households.index, dtype=object)
    known = hamlets.drop_duplicates("hamlet_id").set_index("hamlet_id")["grid_power"]
    return households["hamlet_id"].map(known).astype(object).fillna("unknown")


def poverty_order(category: pd.Series) -> NDArray[np.int64]:
    """Return the place of each household's category in ``POVERTY``, 0 the poorest; a missing one is the last."""
    return category.map({name: row for row, name in enumerate(POVERTY)}).fillna(len(POVERTY) - 1).to_numpy(np.int64)


def remoteness_classes(distance_km: Floats, learners: Floats, classes: int = 10) -> NDArray[np.int64]:
    """Cut households into classes of about equally many learners, from the nearest to the most remote.

    Parameters
    ----------
    distance_km
        To the nearest road, school or commune centre, shape (n,); homes at one distance fall into one class.
    learners
        Shape (n,).
    classes
        How many.

    Returns
    -------
    Class of each household, 0 the nearest; empty classes are possible.
    """
    distance = np.asarray(distance_km, float)
    rank = _fractional_rank(np.asarray(learners, float), distance)
    return np.minimum((rank * classes).astype(np.int64), classes - 1)


def _checked(unconnected: Floats, learners: Floats) -> tuple[Floats, Floats]:
    lost, people = np.asarray(unconnected, float), np.asarray(learners, float)
    if people.ndim != 1 or len(lost) != len(people):
        raise fault(DataError, "equity_shape", given=len(lost), wanted=len(people))
    most = people if lost.ndim == 1 else people[:, None]
    # Sums of millions of probabilities may lie a rounding above their whole number.
    for name, values, bad in (
        ("learners", people, ~(np.isfinite(people) & (people >= 0))),
        ("unconnected", lost, ~((lost >= 0) & (lost <= most * (1 + 1e-6) + 1e-9))),
    ):
        if bad.any():
            raise fault(DataError, "equity_range", name=name, value=f"{values[bad][0]:g}")
    return lost, people


def _rates(lost: Floats, people: Floats, empty: float = 0.0) -> Floats:
    return np.divide(lost, people, out=np.full(len(lost), empty), where=people > 0)


def _mean(lost: Floats, people: Floats) -> Floats:
    """Return the share of learners that is unconnected, of each world."""
    return np.asarray(lost.sum(axis=0) / people.sum()) if people.sum() > 0 else np.full(lost.shape[1:], np.nan)


def _steps(lost: Floats, people: Floats, order: Floats) -> tuple[Floats, Floats]:
    """Sum learners, shape (k,), and unconnected, shape (k, m), of equal ranks, lowest first; empty ones left out."""
    counted = people > 0
    _, rank = np.unique(order[counted], return_inverse=True)
    steps = int(rank.max(initial=-1)) + 1
    summed = np.zeros((steps, lost.shape[1]))
    np.add.at(summed, rank, lost[counted])
    return np.bincount(rank, people[counted], steps).astype(float), summed


def _curve(people: Floats, lost: Floats) -> pd.DataFrame:
    total = lost.sum()
    share = np.cumsum(lost) / total if total > 0 else np.full(len(lost), np.nan)
    return pd.DataFrame(
        {
            "people_share": np.r_[0.0, np.cumsum(people) / max(people.sum(), 1e-300)],
            "unconnected_share": np.r_[0.0, share],
        }
    )


def _concentration(people: Floats, lost: Floats) -> Floats:
    """Return 2 cov(h, R) / μ of groups of equal rank, for each world: (2 / L) Σ l R - 1 with l lost of L in all."""
    total = lost.sum(axis=0)
    rank = (np.cumsum(people) - people / 2) / max(people.sum(), 1e-300)
    # Not by a matrix product: its sums run in another order with each number of threads.
    raw = 2 * np.einsum("i,ij->j", rank, lost)
    return np.divide(raw, total, out=np.full(len(total), np.nan), where=total > 0) - 1


def _gini(unconnected: Floats, learners: Floats) -> float:
    people, lost = _steps(unconnected[:, None], learners, _rates(unconnected, learners))
    return float(_concentration(people, lost)[0])


def _fractional_rank(learners: Floats, order: Floats) -> Floats:
    """Return the share of learners that stand lower, and half of those that stand equal."""
    _, place = np.unique(order, return_inverse=True)
    people = np.bincount(place, learners)
    return np.asarray(((np.cumsum(people) - people / 2) / max(people.sum(), 1e-300))[place])


def _standard_error(unconnected: Floats, learners: Floats, order: Floats, within: Floats, index: float) -> float:
    """Return the standard error of the index from groups of equal rank.

    Var C = (Σ f a² - (1 + C)²) / n + Σ f σ² (2 R - 1 - C)² / (n μ²), with f the share of a group in n learners, μ its
    mean outcome over that of all, σ² the variance inside, q the ordinates of the curve and
    a = (μ_t / μ) (2 R - 1 - C) + 2 - q_(t-1) - q_t (Kakwani, Wagstaff, van Doorslaer 1997).
    """
    people, lost = _steps(np.column_stack([unconnected, learners * within]), learners, order)
    n, total = people.sum(), lost[:, 0].sum()
    if not (n > 0 and total > 0):
        return np.nan
    counted = learners > 0
    between = np.divide(unconnected**2, learners, out=np.zeros(len(learners)), where=counted)
    squares = _steps(between[:, None], learners, order)[1][:, 0]
    mean, overall = lost[:, 0] / people, total / n
    # Variance inside a rank: that inside its households, and that between them.
    variance = lost[:, 1] / people + np.maximum(squares / people - mean**2, 0.0)
    share, rank = people / n, (np.cumsum(people) - people / 2) / n
    ordinate = np.r_[0.0, np.cumsum(lost[:, 0]) / total]
    lever = 2 * rank - 1 - index
    a = mean / overall * lever + 2 - ordinate[:-1] - ordinate[1:]
    first = ((share * a**2).sum() - (1 + index) ** 2) / n
    second = (share * variance * lever**2).sum() / (n * overall**2)
    return float(np.sqrt(max(first + second, 0.0)))


def _ratio(share: Floats, row: int) -> Floats:
    base = share[row]
    return np.divide(share, base, out=np.full(share.shape, np.nan), where=np.nan_to_num(base) > 0)


def _quantiles(values: Floats) -> tuple[float, float]:
    known = values[np.isfinite(values)]
    if not known.size:
        return np.nan, np.nan
    low, high = np.quantile(known, INTERVAL)
    return float(low), float(high)


def _with_worlds(
    index: float, error: float, found: Floats, corrected: float, corrected_found: Floats, curve: pd.DataFrame
) -> Inequality:
    return Inequality(index, error, *_quantiles(found), float(corrected), *_quantiles(corrected_found), curve)
