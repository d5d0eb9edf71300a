"""A covering problem in its smallest equal form: rows of demand, columns that reach them, and limits on the columns."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_matrix

clock: Callable[[], float] = time.perf_counter
"""What every deadline of a search is read from, in seconds; a benchmark on a busy machine puts processor time here."""

VIEW_ABOVE = 20_000_000
"""Non-zeros above which equal rows are left in place without weight: a copy would double the memory."""

DOMINANCE_WORK = 300_000_000
"""Most steps spent on the search for dominated rows or columns."""


@dataclass(frozen=True)
class Problem:
    """Demand rows with a weight each and the columns that reach them.

    No two rows of weight are twins. A row without weight counts for nothing.

    Parameters
    ----------
    indptr, indices
        Columns that reach each row, as in a CSR matrix without data, shapes (rows + 1,) and (non-zeros,).
    weights
        None negative, shape (rows,).
    part
        Group of demand of each row, from 0, shape (rows,).
    columns
        Index of each column among the caller's candidates, shape (columns,).
    """

    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    weights: NDArray[np.float64]
    part: NDArray[np.int32]
    columns: NDArray[np.int64]

    @cached_property
    def by_column(self) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """The rows of weight that each column reaches, as in a CSC matrix without data."""
        return _transposed(self.indptr, self.indices, self.weights, len(self.columns))

    @cached_property
    def total(self) -> float:
        """Weight of all rows."""
        return float(self.weights.sum())

    @cached_property
    def unit(self) -> float:
        """Step of the covered weight."""
        return step(self.weights)

    @property
    def size(self) -> int:
        """Non-zeros."""
        return len(self.indices)

    def places(self, columns: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where the caller's candidates stand among the columns; those that are none are left out."""
        return np.flatnonzero(np.isin(self.columns, columns))

    def rows_of(self, column: int) -> NDArray[np.int32]:
        """Rows that a column reaches."""
        start, rows = self.by_column
        return rows[start[column] : start[column + 1]]

    def sums(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum the values of the rows that each column reaches, shape (columns,)."""
        return _column_sums(self.indptr, self.indices, values, len(self.columns))

    def shares(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum the values of the columns that reach each row of weight, shape (rows,)."""
        return _row_sums(*self.by_column, values, len(self.weights))

    def covered(self, selected: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell which rows of weight the selected columns reach, shape (rows,)."""
        if self.size > VIEW_ABOVE:
            chosen = np.zeros(len(self.columns), bool)
            chosen[selected] = True
            return any_of(self.indptr, self.indices, chosen) & (self.weights > 0)
        mask = np.zeros(len(self.weights), bool)
        for column in selected:
            mask[self.rows_of(column)] = True
        return mask

    def value(self, selected: NDArray[np.int64]) -> float:
        """Weight that the selected columns reach together."""
        return float(self.weights[self.covered(selected)].sum())

    def only(self, rows: NDArray[np.bool_], columns: NDArray[np.bool_]) -> Problem:
        """Return the part that masks of rows and columns keep, its equal rows merged."""
        return replace(self, weights=np.where(rows, self.weights, 0.0)).narrowed(columns)[0]

    def merged(self) -> Problem:
        """Return the problem with equal rows of a group as one that weighs what they weighed.

        Equality is that of two 64-bit hashes (of a million rows, two different ones collide with a probability of
        1e-27). Empty rows and those without weight go.
        """
        first, label = _twins(self, np.ones(len(self.columns), bool))
        summed = _summed(self.weights, label, len(first))
        left = int(np.diff(self.indptr)[first].sum())
        if self.size > VIEW_ABOVE and left > self.size // 2:
            weights = np.zeros(len(self.weights))
            weights[first] = summed
            return replace(self, weights=weights)
        return self._representatives(first, summed, np.ones(len(self.columns), bool))

    def narrowed(self, columns: NDArray[np.bool_]) -> tuple[Problem, NDArray[np.int64]]:
        """Return the part that a mask of columns keeps, equal rows merged, and the row of it that each row became.

        Rows that none of the kept columns reaches, and those without weight, became none: -1. Rows are never copied
        before they are merged.
        """
        first, label = _twins(self, columns)
        part = self._representatives(first, _summed(self.weights, label, len(first)), columns)
        rank = np.empty(len(first) + 1, np.int64)
        rank[np.argsort(first)] = np.arange(len(first))
        rank[-1] = -1
        return part, rank[label]

    def _representatives(
        self, first: NDArray[np.int64], summed: NDArray[np.float64], columns: NDArray[np.bool_]
    ) -> Problem:
        rows = np.zeros(len(self.weights), bool)
        rows[first] = True
        place = np.full(len(self.columns), -1, np.int32)
        place[columns] = np.arange(columns.sum())
        indptr, indices = _kept(self.indptr, self.indices, rows, place)
        return Problem(indptr, indices, summed[np.argsort(first)], self.part[rows], self.columns[columns])

    def idle(self, costs: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Tell which columns another makes needless: one that reaches the same rows and more and costs no more.

        Of equal columns the first of the cheapest stays.
        """
        lengths = np.diff(self.indptr).astype(np.float64)
        if float((lengths**2)[self.weights > 0].sum()) > DOMINANCE_WORK:
            return self._doubles(costs)
        return _dominated_columns(self.indptr, self.indices, *self.by_column, costs)

    def _doubles(self, costs: NDArray[np.float64]) -> NDArray[np.bool_]:
        keys = np.random.default_rng(1).integers(0, 2**63, (2, len(self.weights)), dtype=np.int64)
        start, rows = self.by_column
        high, low = (_hashes(start, rows, key) for key in keys)
        order = np.lexsort((np.arange(len(costs)), costs, low, high))
        twin = (np.diff(high[order]) == 0) & (np.diff(low[order]) == 0)
        spare = np.diff(start) == 0
        spare[order[1:][twin]] = True
        return spare

    def implied(self) -> NDArray[np.bool_]:
        """Tell which rows of weight are reached wherever some other row is: to cover all, they can be left out."""
        return _dominated_rows(self.indptr, self.indices, *self.by_column, self.weights, DOMINANCE_WORK)


@dataclass(frozen=True)
class Limits:
    """Linear limits Σ_j a_kj y_j ≤ b_k on the columns; a is of shape (limits, columns)."""

    matrix: csr_matrix
    most: NDArray[np.float64]

    def only(self, columns: NDArray[np.bool_], taken: NDArray[np.bool_]) -> Limits:
        """Return what is left of the limits for some columns once others are taken."""
        used = np.asarray(self.matrix[:, taken].sum(axis=1)).ravel()
        return Limits(csr_matrix(self.matrix[:, columns]), self.most - used)

    def load(self, selected: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return Σ a of the selected columns, shape (limits,)."""
        return np.asarray(self.matrix[:, selected].sum(axis=1)).ravel()

    @property
    def room(self) -> NDArray[np.float64]:
        """Most of each limit with room for the rounding of sums, shape (limits,)."""
        return self.most + 1e-9 * np.maximum(1, np.abs(self.most))

    def kept(self, selected: NDArray[np.int64]) -> bool:
        """Tell whether the selected columns keep all limits."""
        return bool((self.load(selected) <= self.room).all())

    @cached_property
    def row(self) -> NDArray[np.int64]:
        """Limit of each non-zero."""
        return np.repeat(np.arange(len(self.most)), np.diff(self.matrix.indptr))

    def fitting(self) -> NDArray[np.bool_]:
        """Tell which columns some plan may hold: alone they break no limit that none of the others loosens."""
        by, fits = self.matrix.data, np.ones(self.matrix.shape[1], bool)
        loosened = np.zeros(len(self.most), bool)
        loosened[self.row[by < 0]] = True
        fits[self.matrix.indices[(by > self.room[self.row]) & ~loosened[self.row]]] = False
        return fits


@dataclass(frozen=True)
class Model:
    """What is sought, under limits on the columns and a least covered weight of groups of demand.

    ``gain`` is 1 for the greatest cover and 0 for the least cost (the objective is then minus the cost); of the
    greatest cover the ``costs`` are only a guide. ``needs`` holds the least weight of each group of demand, ``need``
    that of all together.
    """

    problem: Problem
    limits: Limits
    gain: float
    costs: NDArray[np.float64]
    needs: NDArray[np.float64]
    need: float = 0.0
    plain: bool = True
    """No limit tells columns apart but by their cost: dominated ones may be dropped."""

    @cached_property
    def unit(self) -> float:
        """Step of the objective; 0 where it has none."""
        return self.problem.unit if self.gain else step(self.costs)

    @property
    def all_of_it(self) -> bool:
        """Tell whether every row must be covered."""
        return not self.gain and self.need >= self.problem.total * (1 - 1e-12)

    def worth(self, selected: NDArray[np.int64]) -> float:
        """Objective of the selected columns; minus infinity where they break a limit or leave a need."""
        covered = self.problem.covered(selected)
        if not self.met(covered) or not self.limits.kept(selected):
            return -np.inf
        return float(self.problem.weights[covered].sum()) if self.gain else -float(self.costs[selected].sum())

    def met(self, covered: NDArray[np.bool_]) -> bool:
        """Tell whether rows that are reached (a mask of shape (rows,)) meet all needs."""
        weight = self.problem.weights * covered
        parts = np.bincount(self.problem.part, weights=weight, minlength=len(self.needs))
        room = 1e-9 * max(self.problem.total, 1e-300)
        return bool((parts >= self.needs - room).all() and weight.sum() >= self.need - room)

    def without(self, taken: NDArray[np.bool_], dropped: NDArray[np.bool_]) -> Model:
        """Return what is left to decide once some columns are taken and others dropped (masks of shape (columns,))."""
        covered = self.problem.covered(np.flatnonzero(taken))
        got = np.where(covered, self.problem.weights, 0.0)
        parts = np.bincount(self.problem.part, weights=got, minlength=len(self.needs))
        kept = ~(taken | dropped)
        model = replace(
            self,
            problem=self.problem.only(~covered & (self.problem.weights > 0), kept),
            limits=self.limits.only(kept, taken),
            costs=self.costs[kept],
            needs=lessened(self.needs, parts),
            need=float(lessened(self.need, got.sum())),
        )
        if not self.plain or not len(model.costs):
            return model
        spare = model.problem.idle(model.costs)
        return model.without(np.zeros(len(spare), bool), spare) if spare.any() else model


def lessened(needs: ArrayLike, met: ArrayLike) -> NDArray[np.float64]:
    """Return what is left of needs once a part is met: nothing where only the rounding of sums is."""
    left = np.asarray(needs) - np.asarray(met)
    return np.where(left > 1e-9 * np.abs(needs), left, np.minimum(left, 0.0))


def step(values: NDArray[np.float64]) -> float:
    """Return the greatest common divisor of whole values, else 0: sums of some of them are its multiples."""
    whole = np.rint(values)
    if whole.size == 0 or whole.sum() > 2**53 or not np.array_equal(whole, values):
        return 0.0
    return float(np.gcd.reduce(whole.astype(np.int64)))


def _twins(problem: Problem, columns: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first row of each class of rows that some columns do not tell apart, and the class of each row.

    Rows without weight, and those that none of the columns reaches, are of class -1.
    """
    keys = np.random.default_rng(0).integers(1, 2**63, (2, len(columns)), dtype=np.int64)
    keys[:, ~columns] = 0
    high, low = (_hashes(problem.indptr, problem.indices, key) for key in keys)
    rows = np.flatnonzero((problem.weights > 0) & ((high != 0) | (low != 0)))
    part = problem.part[rows]
    high, low = high[rows] + part * keys[0].max(initial=1), low[rows]
    order = np.argsort(high, kind="stable")  # within a class the first row leads
    new = np.ones(len(order), bool)
    if len(order):
        new[1:] = np.logical_or.reduce([np.diff(value[order]) != 0 for value in (high, low, part)])
    label = np.full(len(problem.weights), -1, np.int64)
    label[rows[order]] = np.cumsum(new) - 1
    return rows[order[new]], label


def _summed(weights: NDArray[np.float64], label: NDArray[np.int64], classes: int) -> NDArray[np.float64]:
    inside = label >= 0
    return np.bincount(label[inside], weights=weights[inside], minlength=classes).astype(np.float64)


@njit(cache=True)
def _hashes(indptr: NDArray[np.int64], indices: NDArray[np.int32], key: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sum the keys of the columns of each row, shape (rows,): equal for equal rows."""
    sums = np.zeros(len(indptr) - 1, np.int64)
    for i in range(len(sums)):
        for at in range(indptr[i], indptr[i + 1]):
            sums[i] += key[indices[at]]
    return sums


@njit(cache=True)
def _column_sums(
    indptr: NDArray[np.int64], indices: NDArray[np.int32], values: NDArray[np.float64], columns: int
) -> NDArray[np.float64]:
    """Sum the values of the rows that each column reaches, shape (columns,)."""
    sums = np.zeros(columns)
    for i in range(len(values)):
        if values[i] != 0:
            for at in range(indptr[i], indptr[i + 1]):
                sums[indices[at]] += values[i]
    return sums


@njit(cache=True)
def _row_sums(
    start: NDArray[np.int64], rows: NDArray[np.int32], values: NDArray[np.float64], count: int
) -> NDArray[np.float64]:
    """Sum the values of the columns that reach each row, shape (rows,)."""
    sums = np.zeros(count)
    for j in range(len(values)):
        if values[j] != 0:
            for at in range(start[j], start[j + 1]):
                sums[rows[at]] += values[j]
    return sums


@njit(cache=True)
def any_of(indptr: NDArray[np.int64], indices: NDArray[np.int32], mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell which rows hold a column of a mask, shape (rows,)."""
    found = np.zeros(len(indptr) - 1, np.bool_)
    if not mask.any():
        return found
    for i in range(len(found)):
        for at in range(indptr[i], indptr[i + 1]):
            if mask[indices[at]]:
                found[i] = True
                break
    return found


@njit(cache=True)
def _transposed(
    indptr: NDArray[np.int64], indices: NDArray[np.int32], weights: NDArray[np.float64], columns: int
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return the rows of weight that each column reaches, as in a CSC matrix without data."""
    start = np.zeros(columns + 1, np.int64)
    for i in range(len(weights)):
        if weights[i] > 0:
            for at in range(indptr[i], indptr[i + 1]):
                start[indices[at] + 1] += 1
    start = np.cumsum(start)
    fill = start[:-1].copy()
    rows = np.empty(start[-1], np.int32)
    for i in range(len(weights)):
        if weights[i] > 0:
            for at in range(indptr[i], indptr[i + 1]):
                rows[fill[indices[at]]] = i
                fill[indices[at]] += 1
    return start, rows


@njit(cache=True)
def _kept(
    indptr: NDArray[np.int64], indices: NDArray[np.int32], rows: NDArray[np.bool_], place: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return the kept rows of a pattern, its columns renumbered by ``place`` (-1: left out)."""
    start = np.zeros(rows.sum() + 1, np.int64)
    row = 0
    for i in range(len(rows)):
        if rows[i]:
            count = 0
            for at in range(indptr[i], indptr[i + 1]):
                count += place[indices[at]] >= 0
            start[row + 1] = start[row] + count
            row += 1
    left = np.empty(start[-1], np.int32)
    to = 0
    for i in range(len(rows)):
        if rows[i]:
            for at in range(indptr[i], indptr[i + 1]):
                if place[indices[at]] >= 0:
                    left[to] = place[indices[at]]
                    to += 1
    return start, left


@njit(cache=True)
def _dominated_columns(
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    start: NDArray[np.int64],
    rows: NDArray[np.int32],
    costs: NDArray[np.float64],
) -> NDArray[np.bool_]:
    columns = len(costs)
    spare = np.zeros(columns, np.bool_)
    shared = np.zeros(columns, np.int64)
    for j in range(columns):
        size = start[j + 1] - start[j]
        if size == 0:
            spare[j] = True
            continue
        shared[:] = 0
        for at in range(start[j], start[j + 1]):
            for k in range(indptr[rows[at]], indptr[rows[at] + 1]):
                shared[indices[k]] += 1
        for k in range(columns):
            if k != j and shared[k] == size and not spare[k] and costs[k] <= costs[j]:
                other = start[k + 1] - start[k]
                if other > size or costs[k] < costs[j] or k < j:
                    spare[j] = True
                    break
    return spare


@njit(cache=True)
def _dominated_rows(
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    start: NDArray[np.int64],
    rows: NDArray[np.int32],
    weights: NDArray[np.float64],
    work: int,
) -> NDArray[np.bool_]:
    """Tell which rows contain the columns of another; rows must be sorted and no two equal."""
    implied = np.zeros(len(weights), np.bool_)
    lengths = indptr[1:] - indptr[:-1]
    for i in np.argsort(lengths, kind="mergesort"):
        if implied[i] or weights[i] <= 0 or lengths[i] == 0:
            continue
        rare = indices[indptr[i]]
        for at in range(indptr[i], indptr[i + 1]):
            k = indices[at]
            if start[k + 1] - start[k] < start[rare + 1] - start[rare]:
                rare = k
        work -= start[rare + 1] - start[rare]
        if work < 0:
            break
        for at in range(start[rare], start[rare + 1]):
            r = rows[at]
            if implied[r] or lengths[r] <= lengths[i]:
                continue
            a, b = indptr[i], indptr[r]
            while a < indptr[i + 1] and b < indptr[r + 1]:
                if indices[a] == indices[b]:
                    a += 1
                elif indices[a] < indices[b]:
                    break
                b += 1
            implied[r] = a == indptr[i + 1]
    return implied
