"""Unconnected learners of each commune in jointly drawn worlds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from lomsong.surface import CoverageSurface, Places, Shared

CHUNK = 20_000
"""Places drawn at a time, so that memory stays flat."""

NO_DOUBT = 1e-6
"""A place that some operator fails with less than this probability counts as connected in every world, undrawn."""


@dataclass(frozen=True)
class UnconnectedDraws:
    """Learners without usable signal of any operator, by area, in each drawn world.

    Attributes
    ----------
    codes
        Areas, in the order of the rows.
    any
        Learners, shape (areas, n).
    """

    codes: tuple[str, ...]
    any: NDArray[np.float32]


def unconnected_draws(
    surfaces: Mapping[str, CoverageSurface],
    places: Mapping[str, Places],
    p_usable: Mapping[str, NDArray[np.float64]],
    learners: NDArray[np.float64],
    area: NDArray[np.int64],
    codes: tuple[str, ...],
    usable_dbm: float,
    n: int,
    seed: int,
    shared: Shared | None = None,
) -> UnconnectedDraws:
    """Draw the level of every operator at all places jointly and count learners below the threshold.

    Errors are correlated in space, so that a commune whose road was read 5 dB too high is too high as a whole, and
    between operators, so that where one is dimmed the others tend to be; sums of independent errors would be far too
    narrow.

    Parameters
    ----------
    surfaces, places
        Fitted field and located places of each operator, the same m places in the same order.
    p_usable
        Probability that each operator is usable at each place, shape (m,): where one is beyond doubt nothing is drawn.
    learners
        Learners at each place, shape (m,).
    area
        Row in ``codes`` of each place, -1 for none, shape (m,).
    codes
        Areas to count over.
    usable_dbm
        Threshold of the service.
    n, seed
        Number of worlds and their seed.
    shared
        What the operators' fields have in common; None: nothing.
    """
    names = list(surfaces)
    drawers = {name: surfaces[name].drawer(n, seed, stream, shared) for stream, name in enumerate(names)}
    in_doubt = (area >= 0) & (learners > 0)
    for name in names:
        in_doubt &= p_usable[name] < 1 - NO_DOUBT
    doubtful = np.flatnonzero(in_doubt)
    total = np.zeros((len(codes), n), dtype=np.float32)
    for start in range(0, len(doubtful), CHUNK):
        rows = doubtful[start : start + CHUNK]
        unusable = np.ones((len(rows), n), dtype=bool)
        for name in names:
            unusable &= drawers[name](places[name].part(rows)) < usable_dbm
        count = csr_matrix(
            (learners[rows].astype(np.float32), (area[rows], np.arange(len(rows)))), shape=(len(codes), len(rows))
        )
        total += count @ unusable.astype(np.float32)
    return UnconnectedDraws(codes, total)
