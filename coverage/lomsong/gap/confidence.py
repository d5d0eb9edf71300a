"""Which ranks the evidence allows: confidence sets from estimates and joint draws of them.

The rank of an area is one more than the number of areas that truly stand above it. Confidence sets follow Mogstad,
Romano, Shaikh and Wilhelm (2024): where the order of two areas is shown, by simultaneous tests of both directions of
all pairs that matter, it narrows the set of both; an area is ranked between one more than those shown above it and all
but those shown below. Two areas whose order is not shown are tied, and the sets of both hold both places.

These sets are wide on purpose. A set of posterior quantiles (:func:`posterior_rank_sets`) holds the truth exactly as
often as the draws are right; when draws are somewhat too narrow, as those of a field fitted to one survey are, it fails
at once, while tests that guard all pairs at a time have something to give. ``benchmarks/rank_sets.py`` prints both.

References
----------
Mogstad, Romano, Shaikh and Wilhelm (2024), Review of Economic Studies 91(1), 476-518; Romano and
Wolf (2005), Econometrica 73(4), 1237-1282, for the stepwise method; Romano, Shaikh and Wolf (2014), Econometrica 82(5),
1979-2002, for leaving out at the start what lies so far apart that it cannot matter.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lomsong.errors import DataError
from lomsong.texts import fault

COVERAGE = 0.9
"""Probability with which a set is to hold the truth."""

LEAST_DRAWS = 20
"""Fewer worlds than these tell nothing of a probability of 90 %."""

FARTHEST_SCALES = 3.0
"""No difference of two areas may, in any world, lie more than this many of its scales from its mean.

An area with a learner in one of 200 worlds has a standard deviation of 0.07 and lies 14 of those from its mean in that
world; a few dozen of such areas would set the critical value for all. Its scale is stretched instead."""

CERTAIN_SCALES = 6.0
"""Two areas at least this many scales apart are in order beyond doubt and use up none of the probability of error."""


ROUNDING = 1e-5
"""Two statistics closer than this share are equal."""


@dataclass(frozen=True)
class RankSets:
    """First and last rank that the evidence allows each area, each of shape (areas,); 1 is the greatest value."""

    low: NDArray[np.int64]
    high: NDArray[np.int64]

    @property
    def tied(self) -> NDArray[np.int64]:
        """Number of other areas that cannot be told from each one, shape (areas,)."""
        return self.high - self.low


def marginal_rank_sets(
    estimate: NDArray[np.float64], draws: NDArray[np.floating], coverage: float = COVERAGE
) -> RankSets:
    """Return for each area a set that holds its true rank with probability ``coverage``, taken by itself.

    Parameters
    ----------
    estimate
        Estimated value of each area, shape (areas,).
    draws
        Jointly drawn true values, shape (areas, n), at least :data:`LEAST_DRAWS` worlds. How they scatter about their
        mean is taken for how the truth scatters about ``estimate``.
    coverage
        Probability wanted, between 0 and 1.

    Raises
    ------
    DataError
        When shapes differ, a number is missing, or there are too few worlds.
    """
    values, error = _checked(estimate, draws, coverage)
    count = len(values)
    shown_above, shown_below = np.zeros((2, count), dtype=np.int64)
    _each_alone(values, error, _scales(error), _position(error.shape[1], coverage), shown_above, shown_below)
    return RankSets(1 + shown_above, count - shown_below)


def simultaneous_rank_sets(
    estimate: NDArray[np.float64], draws: NDArray[np.floating], coverage: float = COVERAGE
) -> RankSets:
    """Return sets that hold the true ranks of all areas at once with probability ``coverage``.

    Parameters and errors are those of :func:`marginal_rank_sets`. The areas whose set begins at or before k are a
    confidence set for the k greatest, see :func:`among_first`.
    """
    values, error = _checked(estimate, draws, coverage)
    count, n = error.shape
    scale, position = _scales(error), _position(n, coverage)
    shown = np.zeros((count, count), dtype=np.bool_)
    possible = np.zeros((count, count), dtype=np.bool_)
    _settle(values, scale, shown, possible)
    greatest = np.empty(n, dtype=np.float32)
    while True:
        greatest[:] = 0
        for area in range(count):
            _raise_greatest(error, scale[area], area, area + 1, possible[area], possible[:, area], greatest)
        critical = _critical(greatest, position)
        if not _show(values, scale, critical, shown, possible):
            return RankSets(1 + shown.sum(axis=0), count - shown.sum(axis=1))


def among_first(together: RankSets, first: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which areas may be, and which surely are, among the ``first`` greatest, each of shape (areas,).

    With the probability of the sets all of the ``first`` greatest are among those that may be, and none but they among
    those that surely are (Mogstad et al. 2024, the τ-best by projection of the simultaneous sets).

    Parameters
    ----------
    together
        As :func:`simultaneous_rank_sets` returns them.
    first
        How many come first.
    """
    return together.low <= first, together.high <= first


def world_ranks(draws: NDArray[np.floating]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the first and the last rank of each area in each world, both (areas, n); they differ where areas tie."""
    count, n = draws.shape
    best, worst = np.empty((2, count, n), dtype=np.int32)
    for world in range(n):
        values = draws[:, world]
        ordered = np.sort(values)
        best[:, world] = 1 + count - np.searchsorted(ordered, values, side="right")
        worst[:, world] = count - np.searchsorted(ordered, values, side="left")
    return best, worst


def posterior_rank_sets(draws: NDArray[np.floating], coverage: float = COVERAGE) -> RankSets:
    """Return the central quantiles of each area's rank over the worlds; a tie counts with its first and last rank.

    Parameters
    ----------
    draws
        Jointly drawn true values, shape (areas, n).
    coverage
        Share of the worlds inside.
    """
    best, worst = world_ranks(draws)
    tail = (1 - coverage) / 2
    low = np.quantile(best, tail, axis=1, method="lower")
    return RankSets(low.astype(np.int64), np.quantile(worst, 1 - tail, axis=1, method="higher").astype(np.int64))


def p_among_first(draws: NDArray[np.floating], first: int) -> NDArray[np.float64]:
    """Return the probability that each area is among the ``first`` greatest, shape (areas,).

    Areas that tie across the border share the places that are left, so that the probabilities add up to ``first``, or
    to the number of areas where that is less.

    Parameters
    ----------
    draws
        Jointly drawn true values, shape (areas, n).
    first
        How many come first.
    """
    best, worst = world_ranks(draws)
    places = (first + 1 - best) / (worst - best + 1)
    return np.asarray(np.clip(places, 0, 1).mean(axis=1))


def competition_rank(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return 1 plus the number of greater values, shape (areas,): equals share the best of their ranks."""
    return 1 + len(values) - np.searchsorted(np.sort(values), values, side="right")


def _checked(
    estimate: NDArray[np.float64], draws: NDArray[np.floating], coverage: float
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Return the estimates and how the draws scatter about their mean, shape (areas, n)."""
    values = np.asarray(estimate, float)
    if draws.ndim != 2 or values.shape != draws.shape[:1]:
        raise fault(DataError, "rank_shapes", estimates=str(values.shape), draws=str(draws.shape))
    if draws.shape[1] < LEAST_DRAWS:
        raise fault(DataError, "rank_few_draws", given=draws.shape[1], least=LEAST_DRAWS)
    if not 0 < coverage < 1:
        raise fault(DataError, "rank_coverage", given=f"{coverage:g}")
    missing = ~(np.isfinite(values) & np.isfinite(draws).all(axis=1))
    if missing.any():
        raise fault(DataError, "rank_missing", count=int(missing.sum()), row=int(missing.argmax()))
    # An area that is the same in all worlds must have no scatter at all, not that of a rounded mean.
    steady = draws.min(axis=1) == draws.max(axis=1) if len(draws) else np.zeros(0, bool)
    error = np.where(steady[:, None], 0.0, draws - draws.mean(axis=1, dtype=float, keepdims=True))
    return values, np.ascontiguousarray(error, dtype=np.float32)


def _position(n: int, coverage: float) -> int:
    """Return which of ``n`` sorted statistics is not exceeded by a further one with probability ``coverage``."""
    return math.ceil(coverage * (n + 1) - 1e-9) - 1


@njit(cache=True, nogil=True)
def _critical(greatest: NDArray[np.float32], position: int) -> float:
    # Counts tie in many worlds, whose statistic then equals that of the estimates: rounding must not break the tie.
    return np.sort(greatest)[position] * (1 + ROUNDING) if position < len(greatest) else np.inf


@njit(cache=True, nogil=True, fastmath={"contract", "nsz", "nnan"})
def _scales(error: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the scale of the difference of each two areas, shape (areas, areas); 0 where it is without doubt."""
    count, n = error.shape
    scale = np.zeros((count, count), dtype=np.float32)
    for j in range(count):
        for k in range(j):
            squares, farthest = np.float32(0), np.float32(0)
            for world in range(n):
                apart = error[j, world] - error[k, world]
                squares += apart * apart
                farthest = max(farthest, abs(apart))
            scale[j, k] = scale[k, j] = max(np.sqrt(squares / (n - 1)), farthest / FARTHEST_SCALES)
    return scale


@njit(cache=True, nogil=True)
def _settle_one(
    values: NDArray[np.float64],
    scale: NDArray[np.float32],
    area: int,
    above: NDArray[np.bool_],
    below: NDArray[np.bool_],
    open_: NDArray[np.bool_],
) -> None:
    """Say which areas lie beyond doubt above and below one, and which are open."""
    for k in range(len(values)):
        apart = values[k] - values[area]
        certain = abs(apart) >= CERTAIN_SCALES * scale[k]
        above[k] = certain and apart > 0
        below[k] = certain and apart < 0
        open_[k] = not certain and k != area


@njit(cache=True, nogil=True)
def _settle(
    values: NDArray[np.float64],
    scale: NDArray[np.float32],
    shown: NDArray[np.bool_],
    possible: NDArray[np.bool_],
) -> None:
    """Write which areas (rows) lie beyond doubt above which (columns), and of which pairs that is still to be seen."""
    scratch = np.empty(len(values), dtype=np.bool_)
    for area in range(len(values)):
        _settle_one(values, scale[area], area, scratch, shown[area], possible[area])


@njit(cache=True, nogil=True, fastmath={"contract", "nsz", "nnan"})
def _raise_greatest(
    error: NDArray[np.float32],
    scale: NDArray[np.float32],
    area: int,
    start: int,
    below: NDArray[np.bool_],
    above: NDArray[np.bool_],
    greatest: NDArray[np.float32],
) -> None:
    """Raise the greatest statistic of each world by the pairs of one area with those from ``start`` on.

    The truth is the estimate plus the error, so that "area lies above k" is shown wrongly where the error of k is the
    greater by as much as the estimates differ: its statistic is error[k] - error[area], and the opposite one of
    "k lies above area". ``below`` and ``above`` say which of the two are open for each k.
    """
    for k in range(start, error.shape[0]):
        if not (below[k] or above[k]):
            continue
        inverse = np.float32(1) / scale[k]
        if below[k] and above[k]:
            for world in range(error.shape[1]):
                greatest[world] = max(greatest[world], abs(error[k, world] - error[area, world]) * inverse)
        else:
            if above[k]:
                inverse = -inverse
            for world in range(error.shape[1]):
                greatest[world] = max(greatest[world], (error[k, world] - error[area, world]) * inverse)


@njit(cache=True, nogil=True)
def _show(
    values: NDArray[np.float64],
    scale: NDArray[np.float32],
    critical: float,
    shown: NDArray[np.bool_],
    possible: NDArray[np.bool_],
) -> bool:
    """Mark the pairs whose difference exceeds the critical value; say whether there were any more."""
    more = False
    for j in range(len(values)):
        for k in range(len(values)):
            if possible[j, k] and values[j] - values[k] > critical * scale[j, k]:
                shown[j, k], possible[j, k], more = True, False, True
    return more


@njit(cache=True, nogil=True)
def _each_alone(
    values: NDArray[np.float64],
    error: NDArray[np.float32],
    scale: NDArray[np.float32],
    position: int,
    shown_above: NDArray[np.int64],
    shown_below: NDArray[np.int64],
) -> None:
    """Write how many areas are shown to lie above and below each one, by tests of its own pairs only."""
    count, n = error.shape
    above, below, may_above = np.empty((3, count), dtype=np.bool_)
    greatest = np.empty(n, dtype=np.float32)
    for area in range(count):
        _settle_one(values, scale[area], area, above, below, may_above)
        may_below = may_above.copy()
        more = True
        while more:
            greatest[:] = 0
            _raise_greatest(error, scale[area], area, 0, may_below, may_above, greatest)
            critical = _critical(greatest, position)
            more = False
            for k in range(count):
                apart, least = values[k] - values[area], critical * scale[area, k]
                if may_above[k] and apart > least:
                    above[k], may_above[k], more = True, False, True
                elif may_below[k] and -apart > least:
                    below[k], may_below[k], more = True, False, True
        shown_above[area], shown_below[area] = above.sum(), below.sum()
