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


@dataclass(frozen=True)
class UnconnectedDraws:
    """Unconnected learners by area in each drawn world.

    Attributes
    ----------
    codes
        Areas, in the order of the rows.
    any, all
        Learners without any usable operator, and learners for whom not every one is usable; shape (areas, n).
    by_operator
        Learners without usable signal of each operator, shape (areas, n).
    """

    codes: tuple[str, ...]
    any: NDArray[np.float32]
    all: NDArray[np.float32]
    by_operator: Mapping[str, NDArray[np.float32]]


def unconnected_draws(
    surfaces: Mapping[str, CoverageSurface],
    places: Mapping[str, Places],
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
        Fitted field and located places of each operator, the same places in the same order.
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
    totals = {name: np.zeros((len(codes), n), dtype=np.float32) for name in (*names, "any", "all")}
    for start in range(0, len(learners), CHUNK):
        part = slice(start, min(start + CHUNK, len(learners)))
        inside = np.flatnonzero(area[part] >= 0)
        count = csr_matrix(
            (learners[part][inside].astype(np.float32), (area[part][inside], inside)),
            shape=(len(codes), part.stop - part.start),
        )
        some = np.zeros((part.stop - part.start, n), dtype=bool)
        every = np.ones_like(some)
        for name in names:
            usable = drawers[name](places[name].part(part)) >= usable_dbm
            totals[name] += count @ (~usable).astype(np.float32)
            some |= usable
            every &= usable
        totals["any"] += count @ (~some).astype(np.float32)
        totals["all"] += count @ (~every).astype(np.float32)
    return UnconnectedDraws(codes, totals.pop("any"), totals.pop("all"), totals)
