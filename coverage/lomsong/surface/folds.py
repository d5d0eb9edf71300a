"""Ways to leave a part of a survey out, each an answer to another question.

Blocks of space: how well are places at such a distance from any road estimated? Passes: how well is the next drive
foreseen? Sites: how well is land around a mast estimated that nobody measured? Distances: how well are *these* places
estimated, which lie as far from the survey as they do?
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.cluster.hierarchy import cut_tree, ward
from scipy.spatial import cKDTree
from scipy.stats import wasserstein_distance

from lomsong.surface.blocks import block_folds, by_pass, deal

FOLDS = 5

NODES = 3_000
"""Bins are gathered in squares until there are no more than this, before they are clustered."""

CUTS = 24
"""Numbers of clusters that are tried."""

LARGEST_FOLD = 0.5
"""No fold holds more of the bins (the limit that Linnenbrink et al. 2024 set too)."""


@dataclass(frozen=True)
class Fold:
    """A part of the survey to estimate from, and the values to estimate.

    Attributes
    ----------
    kept
        Readings to estimate from, shape (readings,).
    held
        One row a value: bin (its row in ``bins_``), level_dbm, censored.
    """

    kept: NDArray[np.bool_]
    held: pd.DataFrame


@dataclass(frozen=True)
class Survey:
    """What is dealt to folds.

    Attributes
    ----------
    readings, bins
        Frames ``readings_`` and ``bins_`` of a :class:`~lomsong.surface.CoverageSurface`.
    row
        Row in ``bins`` of each reading, shape (readings,).
    used
        Bins that take part, shape (bins,); the others are neither kept nor held.
    """

    readings: pd.DataFrame
    bins: pd.DataFrame
    row: NDArray[np.int64]
    used: NDArray[np.bool_]

    @classmethod
    def of(cls, readings: pd.DataFrame, bins: pd.DataFrame, most: int | None = None, seed: int = 0) -> Survey:
        """Join readings to bins, which stand in the order of their squares; of more than ``most`` take some."""
        squares, row = np.unique(readings["square"].to_numpy(), return_inverse=True)
        if len(squares) != len(bins):
            raise ValueError(f"{len(squares)} squares in the readings, {len(bins)} bins")
        used = np.ones(len(bins), dtype=bool)
        if most is not None and len(bins) > most:
            used[np.random.default_rng(seed).permutation(len(bins))[most:]] = False
        return cls(readings, bins, row.ravel().astype(np.int64), used)

    @property
    def points(self) -> NDArray[np.float64]:
        """Easting and northing of the bins, shape (bins, 2), m."""
        return self.bins[["easting_m", "northing_m"]].to_numpy(float)

    def without(self, held: NDArray[np.bool_]) -> Fold:
        """Return the fold that holds whole bins out, given as a mask over the bins."""
        rows = np.flatnonzero(held & self.used)
        values = {name: self.bins[name].to_numpy()[rows] for name in ("level_dbm", "censored")}
        return Fold((self.used & ~held)[self.row], pd.DataFrame({"bin": rows, **values}))


def by_blocks(survey: Survey, block_m: float, seed: int = 0) -> Iterator[Fold]:
    """Leave out square blocks of space."""
    for held in block_folds(survey.points, block_m, FOLDS, seed):
        if (held & survey.used).any() and (~held & survey.used).any():
            yield survey.without(held)


def by_bins(survey: Survey, fold: NDArray[np.int64]) -> Iterator[Fold]:
    """Leave out the bins of each fold in turn; those of fold -1 are always kept."""
    for one in range(fold.max(initial=-1) + 1):
        held = fold == one
        if (held & survey.used).any() and (~held & survey.used).any():
            yield survey.without(held)


def by_passes(survey: Survey, seed: int = 0) -> Iterator[Fold]:
    """Leave out whole passes; each square of a held pass is scored against what that pass itself read there."""
    used = survey.used[survey.row]
    fold = deal(pd.factorize(survey.readings["pass_id"])[0].astype(np.int64), FOLDS, seed)
    for one in range(FOLDS):
        held = used & (fold == one)
        kept = used & (fold != one)
        if held.any() and kept.any():
            yield Fold(kept, _of_passes(survey.readings[held], survey.row[held]))


def _of_passes(readings: pd.DataFrame, row: NDArray[np.int64]) -> pd.DataFrame:
    """Put the cells that one pass heard in one square together: one value a pass and square."""
    passes = by_pass(readings.assign(square=row))
    censored = passes["hidden"] >= 0.5
    level = passes["level_dbm"].where(~censored, passes["floor_dbm"])
    return pd.DataFrame({"bin": passes["square"], "level_dbm": level, "censored": censored})


def by_sites(survey: Survey, seed: int = 0) -> Iterator[Fold]:
    """Leave out all bins whose best server is of a held site; bins that no site serves are always kept."""
    sites = pd.DataFrame({"row": survey.row, "site": survey.readings["site"], "samples": survey.readings["samples"]})
    served = sites.groupby(["row", "site"], sort=True)["samples"].sum().reset_index()
    most = served.sort_values(["row", "samples"], kind="stable").groupby("row")["site"].last()
    yield from by_bins(survey, deal(most.to_numpy(np.int64), FOLDS, seed))


def by_distances(survey: Survey, places: NDArray[np.float64], seed: int = 0) -> Iterator[Fold]:
    """Leave out clusters of bins so that they lie as far from what is kept as ``places`` lie from the survey.

    The k-fold form (Linnenbrink, Milà, Ludwig and Meyer 2024, GMD 17) of nearest-neighbour-distance matching (Milà,
    Mateu, Pebesma and Meyer 2022, MEE 13): from few large clusters to single bins, the clustering is taken whose
    distances from held to kept bins have the least Wasserstein distance to those from places to bins.

    Parameters
    ----------
    places
        Easting and northing of the places to be estimated, shape (m, 2), m.
    """
    rows = np.flatnonzero(survey.used)
    at = survey.points[rows]
    wanted = cKDTree(at).query(places)[0]
    best, least = None, np.inf
    for clusters in _clusterings(at):
        fold = deal(clusters, FOLDS, seed)
        if np.bincount(fold).max() > LARGEST_FOLD * len(rows):
            continue
        distance = wasserstein_distance(_apart(at, fold), wanted)
        if distance < least:
            best, least = fold, distance
    if best is not None:
        fold = np.full(len(survey.bins), -1, dtype=np.int64)
        fold[rows] = best
        yield from by_bins(survey, fold)


def _apart(at: NDArray[np.float64], fold: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the distance from each bin to the nearest one of another fold, shape (n,)."""
    distance = np.empty(len(at))
    for one in range(fold.max() + 1):
        held = fold == one
        distance[held] = cKDTree(at[~held]).query(at[held])[0]
    return distance


def _clusterings(at: NDArray[np.float64]) -> Iterator[NDArray[np.int64]]:
    """Yield clusters of bins, each shape (n,), from :data:`FOLDS` of them to each bin by itself."""
    node = _nodes(at)
    count = int(node.max()) + 1
    size = np.bincount(node)
    if count > FOLDS:
        centre = np.column_stack([np.bincount(node, axis) / size for axis in at.T])
        numbers = np.unique(np.geomspace(FOLDS, count - 1, CUTS).round().astype(np.int64))
        for clusters in cut_tree(ward(centre), numbers).T:
            yield clusters[node]
    if len(at) >= 2:
        yield np.arange(len(at))


def _nodes(at: NDArray[np.float64]) -> NDArray[np.int64]:
    """Gather bins in squares, each time twice as wide, until there are no more than :data:`NODES`; return theirs."""
    side_m, node = 1.0, np.arange(len(at))
    while len(node) and node.max() >= NODES:
        side_m *= 2
        node = np.unique(np.floor(at / side_m), axis=0, return_inverse=True)[1].ravel()
    return node.astype(np.int64)
