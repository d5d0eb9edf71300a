"""A covering problem in its smallest equal form."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix, csr_matrix


@dataclass(frozen=True)
class Problem:
    """Demand rows with a weight each and the columns that reach them.

    No row is empty, weightless or the twin of another; no column is empty or the twin of another.

    Parameters
    ----------
    reach
        Ones where a column reaches a row, shape (rows, columns).
    weights
        Positive, shape (rows,).
    columns
        Index of each column among the caller's candidates, shape (columns,).
    """

    reach: csr_matrix
    weights: NDArray[np.float64]
    columns: NDArray[np.int64]

    @cached_property
    def by_column(self) -> csc_matrix:
        """The same matrix, column by column."""
        return self.reach.tocsc()

    @cached_property
    def total(self) -> float:
        """Weight of all rows."""
        return float(self.weights.sum())

    @cached_property
    def unit(self) -> float:
        """Step of the objective."""
        return step(self.weights)

    def places(self, columns: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where the caller's candidates stand among the columns; those that are none are left out."""
        return np.flatnonzero(np.isin(self.columns, columns))

    def rows_of(self, column: int) -> NDArray[np.int32]:
        """Rows that a column reaches."""
        return self.by_column.indices[self.by_column.indptr[column] : self.by_column.indptr[column + 1]]

    def covered(self, selected: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell which rows the selected columns reach, shape (rows,)."""
        mask = np.zeros(len(self.weights), bool)
        for column in selected:
            mask[self.rows_of(column)] = True
        return mask

    def value(self, selected: NDArray[np.int64]) -> float:
        """Weight that the selected columns reach together."""
        return float(self.weights[self.covered(selected)].sum())

    def without(self, taken: NDArray[np.bool_], dropped: NDArray[np.bool_]) -> Problem:
        """Return what is left to decide once some columns are taken and others dropped (masks of shape (columns,))."""
        left = ~self.covered(np.flatnonzero(taken))
        kept = ~(taken | dropped)
        return merge(self.reach[left][:, kept], self.weights[left], self.columns[kept])


def step(values: NDArray[np.float64]) -> float:
    """Return the greatest common divisor of whole values, else 0: sums of some of them are its multiples."""
    whole = np.rint(values)
    if whole.size == 0 or whole.sum() > 2**53 or not np.array_equal(whole, values):
        return 0.0
    return float(np.gcd.reduce(whole.astype(np.int64)))


def merge(reach: csr_matrix, weights: NDArray[np.float64], columns: NDArray[np.int64]) -> Problem:
    """Merge rows reached by the same columns and columns that reach the same rows; drop what is empty.

    A merged row weighs what its rows weighed; of equal columns the first is kept. Equality is that of two 64-bit hashes
    (of a million rows, two different ones collide with a probability of 1e-27).
    """
    used = (np.diff(reach.indptr) > 0) & (weights > 0)
    rows = csr_matrix(reach[used])
    first, label = _twins(rows)
    summed = np.bincount(label, weights=weights[used], minlength=len(first)).astype(np.float64)
    by_column = rows[first].T.tocsr()
    filled = np.flatnonzero(np.diff(by_column.indptr) > 0)
    kept = filled[_twins(by_column[filled])[0]]
    kept.sort()
    small = by_column[kept].T.tocsr()
    small.sort_indices()
    small.data = np.ones(small.nnz)
    return Problem(small, summed, columns[kept])


def _twins(rows: csr_matrix) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first row of each class of equal rows, and the class of each row. No row may be empty."""
    if rows.shape[0] == 0:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    keys = np.random.default_rng(0).integers(0, 2**64, (2, rows.shape[1]), dtype=np.uint64)
    high, low = (np.add.reduceat(key[rows.indices], rows.indptr[:-1]) for key in keys)
    order = np.lexsort((low, high))  # stable: within a class the first row leads
    new = np.concatenate([[True], (np.diff(high[order]) != 0) | (np.diff(low[order]) != 0)])
    label = np.empty(len(order), np.int64)
    label[order] = np.cumsum(new) - 1
    return order[new], label
