"""Which samples a place is estimated from: the nearest ones, and others around them that reach farther.

Samples lie like beads on roads: the nearest ones of a place beside a road are all of one stretch of it and say much
the same. Half of a neighbourhood are therefore the nearest samples, the other half the nearest of a thinned survey
that keeps one sample, the best founded, of each square a quarter of the range wide.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.spatial import cKDTree

THIN_RANGES = 0.25
"""Side of the squares of the thinned survey, in ranges of the covariance."""


@dataclass(frozen=True)
class Neighbourhood:
    """Finds the samples around places.

    Attributes
    ----------
    points
        Samples, shape (n, 2), m.
    count
        Samples wanted for a place.
    thinned
        Rows of ``points`` that stand for their surroundings; empty where ``count`` samples are all there are.
    """

    points: NDArray[np.float64]
    count: int
    thinned: NDArray[np.int64]
    tree: cKDTree
    thin_tree: cKDTree | None

    @classmethod
    def of(
        cls, points: NDArray[np.float64], count: int, range_m: float, noise_db2: NDArray[np.float64]
    ) -> Neighbourhood:
        """Thin the survey; of each square the sample with the least noise stays, the first one among equals."""
        if count < 2 or len(points) <= count:
            return cls(points, count, np.empty(0, np.int64), cKDTree(points), None)
        square = np.floor(points / (THIN_RANGES * range_m)).astype(np.int64)
        order = np.lexsort((np.arange(len(points)), noise_db2, square[:, 1], square[:, 0]))
        first = np.ones(len(points), bool)
        first[1:] = (np.diff(square[order], axis=0) != 0).any(axis=1)
        thinned = np.sort(order[first])
        return cls(points, count, thinned, cKDTree(points), cKDTree(points[thinned]))

    @property
    def wanted(self) -> int:
        """Samples around a place."""
        return min(self.count, len(self.points))

    def around(self, places: NDArray[np.float64], exclude: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
        """Return rows of the samples around each place, the nearest first, shape (m, count), padded with -1.

        Parameters
        ----------
        places
            Easting and northing, shape (m, 2), m.
        exclude
            A sample of each place, shape (m,), that is not to be among them.
        """
        spare = int(exclude is not None)
        far = 0 if self.thin_tree is None else self.count // 2
        near = _nearest(self.tree, places, min(self.count - far + spare, len(self.points)))
        reach = np.empty((len(places), 0), np.int64)
        if self.thin_tree is not None:
            reach = self.thinned[_nearest(self.thin_tree, places, min(far + spare, len(self.thinned)))]
        out = np.full((len(places), self.wanted), -1, np.int64)
        _merge(near, reach, np.full(len(places), -1) if exclude is None else exclude, out)
        return out


def _nearest(tree: cKDTree, places: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    return np.asarray(tree.query(places, k=count)[1], np.int64).reshape(len(places), count)


@njit(cache=True, nogil=True)
def _merge(
    near: NDArray[np.int64], reach: NDArray[np.int64], exclude: NDArray[np.int64], out: NDArray[np.int64]
) -> None:
    for i in range(near.shape[0]):
        used = 0
        for one in near[i]:
            if one != exclude[i] and used < out.shape[1]:
                out[i, used] = one
                used += 1
        first = used
        for one in reach[i]:
            known = one == exclude[i] or used == out.shape[1]
            for a in range(first):
                known = known or out[i, a] == one
            if not known:
                out[i, used] = one
                used += 1
