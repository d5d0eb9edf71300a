"""Regions of columns that reach much the same: what branching asks first is how many sites a region takes.

To close a single site proves little, since its neighbours reach almost as much. The sum over a region of neighbours is
a whole number too, and both answers to it move the bound.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from lomsong.siting.problem import Problem

MOST_REGIONS = 1_500
"""Regions beyond which no further ones are made."""

TURNS = 12
"""Turns of the power iteration for the direction in which a region is longest: any direction is a valid split."""


@dataclass(frozen=True)
class Regions:
    """Halves of halves of the columns.

    Parameters
    ----------
    inside
        Ones where a column belongs to a region, shape (regions, columns).
    parent, column_parent
        Smallest other region around each region, and around each column; -1: none. A region stands after its parent.
    width, column_width
        Spread of what each region, and each column, was split from, in units of weight.
    """

    inside: csr_matrix
    parent: NDArray[np.int64]
    column_parent: NDArray[np.int64]
    width: NDArray[np.float64]
    column_width: NDArray[np.float64]

    @classmethod
    def of(cls, problem: Problem, order: NDArray[np.int64], starts: NDArray[np.int64]) -> Regions:
        """Halve the columns of a problem; its rows come in groups ``order[starts[g] : starts[g + 1]]``."""
        columns = len(problem.columns)
        at = by_group(problem.indptr, problem.indices, problem.weights, order, starts, columns)
        column_parent, column_width = np.full(columns, -1), np.zeros(columns)
        members: list[NDArray[np.int64]] = []
        parent: list[int] = []
        widths: list[float] = []
        waiting = [(-1, np.arange(columns))] if columns > 1 else []
        for one, inside in waiting:  # grows
            spread = at[inside] - at[inside].mean(axis=0)
            width = float(np.sqrt((spread**2).sum(axis=1).mean()))
            by = inside[np.argsort(_longest(spread), kind="stable")]
            for half in (np.sort(by[: len(by) // 2]), np.sort(by[len(by) // 2 :])):
                if len(half) == 1 or len(members) == MOST_REGIONS:
                    column_parent[half], column_width[half] = one, width
                    continue
                waiting.append((len(members), half))
                members.append(half)
                parent.append(one)
                widths.append(width)
        ends = np.cumsum([0, *(len(one) for one in members)])
        index = np.concatenate([np.zeros(0, np.int64), *members])
        matrix = csr_matrix((np.ones(len(index)), index, ends), shape=(len(members), columns))
        return cls(matrix, np.array(parent, np.int64), column_parent, np.array(widths), column_width)

    def among(self, active: NDArray[np.bool_]) -> Regions:
        """Return the same regions where their columns are some of more, told by a mask of shape (more columns,)."""
        at = np.flatnonzero(active)
        inside = csr_matrix((self.inside.data, at[self.inside.indices], self.inside.indptr),
                            shape=(self.inside.shape[0], len(active)))  # fmt: skip
        parent, width = np.full(len(active), -1), np.zeros(len(active))
        parent[at], width[at] = self.column_parent, self.column_width
        return replace(self, inside=inside, column_parent=parent, column_width=width)

    def allow(
        self,
        low: NDArray[np.float64],
        high: NDArray[np.float64],
        least: NDArray[np.float64],
        most: NDArray[np.float64],
    ) -> bool:
        """Tell whether any shares keep the ranges of columns and regions: exact, since regions lie in one another."""
        inner = self.column_parent >= 0
        room = np.bincount(self.column_parent[inner], high[inner], len(most))
        taken = np.bincount(self.column_parent[inner], low[inner], len(least))
        for k in range(len(most) - 1, -1, -1):
            up, down = min(room[k], most[k]), max(taken[k], least[k])
            if down > up + 1e-9:
                return False
            if self.parent[k] >= 0:
                room[self.parent[k]] += up
                taken[self.parent[k]] += down
        return bool((low <= high).all())


def _longest(spread: NDArray[np.float64]) -> NDArray[np.float64]:
    """Place points along the direction in which they spread most."""
    direction = spread[np.argmax((spread**2).sum(axis=1))]
    for _ in range(TURNS):
        direction = spread.T @ (spread @ direction)
        direction = direction / max(float(np.sqrt(direction @ direction)), 1e-300)
    return np.asarray(spread @ direction)


@njit(cache=True)
def by_group(
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    weights: NDArray[np.float64],
    order: NDArray[np.int64],
    starts: NDArray[np.int64],
    columns: int,
) -> NDArray[np.float64]:
    """Weight of each group that each column reaches, shape (columns, groups)."""
    sums = np.zeros((columns, len(starts) - 1))
    for g in range(len(starts) - 1):
        for k in range(starts[g], starts[g + 1]):
            for at in range(indptr[order[k]], indptr[order[k] + 1]):
                sums[indices[at], g] += weights[order[k]]
    return sums
