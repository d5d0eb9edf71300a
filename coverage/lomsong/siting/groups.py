"""Groups of demand rows that lie near each other, each with its own cuts."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from lomsong.siting.problem import Limits, Model
from lomsong.siting.search import greedy

GROUPS = 256
"""Groups of demand rows, each with its own cuts."""


def neighbours(model: Model) -> NDArray[np.int64]:
    """Order the rows of weight so that those near each other stand together, each part of demand by itself.

    No coordinates are known, only who reaches whom. Rows that the same site of a greedy cover reaches first lie in one
    footprint; among them, those in the same smallest footprint.
    """
    problem = model.problem
    used = np.flatnonzero(problem.weights > 0)
    free = Model(
        problem,
        Limits(csr_matrix((0, len(model.costs))), np.zeros(0)),
        1.0,
        np.zeros(len(model.costs)),
        np.zeros(len(model.needs)),
    )
    turn = np.full(len(problem.weights), len(model.costs), np.int64)
    for at, column in enumerate(greedy(free)):
        rows = problem.rows_of(column)
        turn[rows] = np.minimum(turn[rows], at)
    size = np.diff(problem.by_column[0])
    rank = np.empty(len(size), np.int64)
    rank[np.argsort(size, kind="stable")] = np.arange(len(size))
    smallest = _least(problem.indptr, problem.indices, rank)
    return used[np.lexsort((smallest[used], turn[used], problem.part[used]))]


def groups(
    order: NDArray[np.int64], part: NDArray[np.int32], parts: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Split ordered rows into about :data:`GROUPS` spans, none across two parts of demand; return starts and parts."""
    starts, owner = [0], []
    of = part[order]
    for k in range(parts):
        first, last = np.searchsorted(of, [k, k + 1])
        count = min(int(last - first), max(1, round(GROUPS * (last - first) / max(len(order), 1))))
        if count:
            starts += np.linspace(first, last, count + 1).astype(int)[1:].tolist()
            owner += [k] * count
    return np.array(starts, np.int64), np.array(owner, np.int64)


@njit(cache=True)
def _least(indptr: NDArray[np.int64], indices: NDArray[np.int32], rank: NDArray[np.int64]) -> NDArray[np.int64]:
    least = np.full(len(indptr) - 1, len(rank))
    for i in range(len(least)):
        for at in range(indptr[i], indptr[i + 1]):
            least[i] = min(least[i], rank[indices[at]])
    return least


@njit(cache=True)
def slope_of(
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    rows: NDArray[np.int64],
    weights: NDArray[np.float64],
    columns: int,
) -> NDArray[np.float64]:
    """Sum the weights of some rows that each column reaches, shape (columns,)."""
    slope = np.zeros(columns)
    for k in range(len(rows)):
        for at in range(indptr[rows[k]], indptr[rows[k] + 1]):
            slope[indices[at]] += weights[k]
    return slope


@njit(cache=True)
def apart(
    indptr: NDArray[np.int64], indices: NDArray[np.int32], order: NDArray[np.int64], columns: int
) -> NDArray[np.int64]:
    """Return rows no two of which share a column, shortest first."""
    used = np.zeros(columns, np.bool_)
    kept = np.empty(len(order), np.int64)
    count = 0
    for i in order:
        free = indptr[i + 1] > indptr[i]
        for at in range(indptr[i], indptr[i + 1]):
            if used[indices[at]]:
                free = False
                break
        if free:
            for at in range(indptr[i], indptr[i + 1]):
                used[indices[at]] = True
            kept[count] = i
            count += 1
    return kept[:count]
