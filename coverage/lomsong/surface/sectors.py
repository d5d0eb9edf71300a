"""Level of bins of sectors nobody measured, from sectors of known antennas, and its repair where a part is measured."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import NamedTuple, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import cho_factor, cho_solve, solve_triangular
from scipy.optimize import minimize
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.utils.validation import check_is_fitted

from lomsong.errors import DataError
from lomsong.surface.features import Mosaic, finite, require_columns, sector_features
from lomsong.surface.learned import LearnedCorrection, labels, vector
from lomsong.texts import fault

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]

SITE_M = 60.0
"""Masts nearer than this are one site."""

SQUARE_M = 20.0
"""Side of the squares in which the residuals of a fitted sector are merged."""
TILE_M, REACH_M = 100.0, 60.0
"""Bins of a sector are estimated a tile at a time, with all that is known of other sectors this near to it."""
MOST = 300
"""Most values of the sector itself, and as many of others, that a tile is estimated from: the nearest."""

SAME_MAST_M = 20.0
ASPECT_DECADES, ASPECT_RADIANS = 0.3, 0.857
"""Over these steps of distance and angle from the antenna its error is still much the same."""

BLOCKS, BLOCK = 60, 120
"""Sets of bins whose likelihood is maximised, and bins in each."""
BLOCK_M = 250.0
ITERATIONS = 25
PRIOR = 1.0
"""Weight of the start of the covariance's logarithms, as observations of standard deviation one."""


class SectorCovariance(NamedTuple):
    """How the errors of the learned level at two bins vary together: standard deviations in dB, ranges in m.

    The variance is a sum: ``place`` is shared by all sectors heard at a place, ``site`` by those of one mast; of one
    sector alone are ``offset``, two fields ``near`` and ``far``, ``antenna`` (a field over the logarithm of distance
    and the angle off the azimuth) and ``indoor`` (bins in buildings). ``noise`` is each bin's own.
    """

    place_db: float = 4.0
    place_m: float = 60.0
    site_db: float = 2.0
    site_m: float = 60.0
    offset_db: float = 2.5
    near_db: float = 4.0
    near_m: float = 60.0
    far_db: float = 4.0
    far_m: float = 250.0
    antenna_db: float = 3.0
    indoor_db: float = 2.0
    noise_db: float = 3.0


class _Points(NamedTuple):
    """Bins as the covariance sees them, n rows each."""

    place: Floats
    aspect: Floats
    indoor: Floats
    mast: Floats
    sector: NDArray[np.uint64]

    def take(self, rows: Rows | NDArray[np.bool_] | slice) -> _Points:
        place, aspect, indoor, mast = (column[rows] for column in self[:4])
        return _Points(place, aspect, indoor, mast, self.sector[rows])


class _Known(NamedTuple):
    """Residuals in dB at points, each the mean of ``bins`` bins."""

    points: _Points
    residual_db: Floats
    bins: Floats

    def take(self, rows: Rows) -> _Known:
        return _Known(self.points.take(rows), self.residual_db[rows], self.bins[rows])


class SectorSurface(RegressorMixin, BaseEstimator):
    """Level of bins of sectors with known antennas: physics, a learned correction and what is measured near.

    Boosted trees learn the level from the features of other sites' bins (:class:`LearnedCorrection`). What they leave
    over, on sites left out, is a Gaussian process whose covariance (:class:`SectorCovariance`) is fitted by maximum
    likelihood: it carries what other sectors' levels say about a place to sectors nobody measured, corrects a sector
    of which a part is measured (:meth:`adapt`), and yields the standard deviation. Bins are frames with the columns
    :data:`~lomsong.surface.features.NEEDED` and ``sector_id``. Coordinates are in m, of one projected CRS.

    A sector of the fit is estimated as any other: give what was measured there to :meth:`adapt` too.

    Parameters
    ----------
    land
        Ground and what stands on it; it should cover the bins to be estimated and the way to their masts. None: only
        antenna and bin are looked at.
    correction
        An unfitted :class:`LearnedCorrection`; None: one with default settings.
    seed
        Of the bins in the likelihood.

    Attributes
    ----------
    correction_ : LearnedCorrection
    covariance_ : SectorCovariance

    References
    ----------
    Rasmussen and Williams (2006), Gaussian Processes for Machine Learning, §2.2 and §5.4.1.
    """

    def __init__(self, land: Mosaic | None = None, correction: LearnedCorrection | None = None, seed: int = 0) -> None:
        self.land = land
        self.correction = correction
        self.seed = seed

    def fit(self, bins: pd.DataFrame, y: ArrayLike, groups: ArrayLike | None = None) -> Self:
        """Learn from measured sectors.

        Parameters
        ----------
        bins
            Shape (n, columns).
        y
            Level in dBm, shape (n,).
        groups
            Site of each bin, shape (n,); None: :func:`site_groups`.

        Raises
        ------
        ColumnError
            Where a column is missing.
        DataError
            Where a value is not finite, lengths differ or there are fewer than two sites.
        """
        features, points = self._seen(bins)
        level = vector(y, len(bins), "y")
        sites = site_groups(bins) if groups is None else labels(groups, len(bins), "groups")
        count = len(np.unique(sites))
        if count < 2:
            raise fault(DataError, "learned_sites", sites=count)
        correction = LearnedCorrection() if self.correction is None else clone(self.correction)
        self.correction_: LearnedCorrection = correction.fit(features, level, sites)
        residual = level - self.correction_.left_out_dbm_
        self.covariance_ = _fitted(points, residual, np.random.default_rng(self.seed))
        self.known_ = _merged(points, residual)
        self.measured_ = _Known(points.take(slice(0, 0)), residual[:0], residual[:0])
        return self

    def adapt(self, bins: pd.DataFrame, y: ArrayLike) -> Self:
        """Return a surface that also knows levels measured since, of any sectors; the fit itself stays.

        Parameters
        ----------
        bins
            Measured bins, shape (n, columns).
        y
            Level in dBm, shape (n,).

        Raises
        ------
        ColumnError
            Where a column is missing.
        DataError
            Where a value is not finite or lengths differ.
        """
        check_is_fitted(self)
        features, points = self._seen(bins)
        residual = vector(y, len(bins), "y") - self.correction_.predict(features)
        adapted = copy.copy(self)
        adapted.measured_ = _both(self.measured_, _Known(points, residual, np.ones(len(bins))))
        return adapted

    def estimate(self, bins: pd.DataFrame) -> pd.DataFrame:
        """Return ``level_dbm`` and ``level_sd_db`` of bins, with their index.

        The standard deviation is that of a new bin's level. A bin's estimate does not depend on which other bins are
        asked for.

        Raises
        ------
        ColumnError
            Where a column is missing.
        DataError
            Where a value is not finite.
        """
        check_is_fitted(self)
        features, points = self._seen(bins)
        mean = self.correction_.predict(features)
        variance = _prior(self.covariance_, points)
        for rows, known in self._tiles(points):
            shift, less = _conditioned(self.covariance_, points.take(rows), known)
            mean[rows] += shift
            variance[rows] -= less
        return pd.DataFrame({"level_dbm": mean, "level_sd_db": np.sqrt(variance)}, index=bins.index)

    def predict(self, bins: pd.DataFrame, return_std: bool = False) -> Floats | tuple[Floats, Floats]:
        """Return the level of bins, shape (n,), dBm; with ``return_std`` also its standard deviation, dB."""
        found = self.estimate(bins)
        level = found["level_dbm"].to_numpy()
        return (level, found["level_sd_db"].to_numpy()) if return_std else level

    def features(self, bins: pd.DataFrame) -> pd.DataFrame:
        """Return what the trees look at (:func:`~lomsong.surface.features.sector_features`), with the bins' index."""
        return sector_features(bins, self.land)

    def _seen(self, bins: pd.DataFrame) -> tuple[pd.DataFrame, _Points]:
        require_columns(bins, ("sector_id",), "bins")
        features = self.features(bins)
        return features, _points(bins, features)

    def _tiles(self, points: _Points) -> Iterator[tuple[Rows, _Known]]:
        """Yield rows of one sector in one tile and what is known that bears upon them."""
        tile = np.floor(points.place / TILE_M)
        keys = pd.DataFrame({"sector": points.sector, "east": tile[:, 0], "north": tile[:, 1]})
        pools = [(known, cKDTree(known.points.place)) for known in (self.known_, self.measured_) if len(known.bins)]
        own = dict(_by_sector(self.measured_.points.sector))
        for (sector, east, north), rows in keys.groupby(["sector", "east", "north"], sort=False).indices.items():
            centre = (np.array([east, north]) + 0.5) * TILE_M
            found = [self.measured_.take(_nearest(self.measured_, own.get(sector, np.empty(0, np.int64)), centre))]
            others = [known.take(_around(known, tree, centre, sector)) for known, tree in pools]
            if others:
                near = _both(*others) if len(others) > 1 else others[0]
                found.append(near.take(_nearest(near, np.arange(len(near.bins)), centre)))
            known = _both(*found) if len(found) > 1 else found[0]
            if len(known.bins):
                yield np.asarray(rows), known


def site_groups(bins: pd.DataFrame, within_m: float = SITE_M) -> Rows:
    """Return the site of each bin as a number from 0, shape (n,): masts nearer than ``within_m`` are one site.

    Raises
    ------
    ColumnError
        Where ``site_easting_m`` or ``site_northing_m`` is missing.
    DataError
        Where there is no row or a value is not finite.

    Examples
    --------
    >>> bins = pd.DataFrame({"site_easting_m": [0.0, 900.0, 40.0], "site_northing_m": 0.0})
    >>> site_groups(bins).tolist()
    [0, 1, 0]
    """
    names = ("site_easting_m", "site_northing_m")
    require_columns(bins, names, "bins")
    at = finite(bins[list(names)].apply(pd.to_numeric, errors="coerce"), "bins", list(names))
    masts, of = np.unique(at, axis=0, return_inverse=True)
    pairs = cKDTree(masts).query_pairs(within_m, output_type="ndarray")
    joined = coo_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(masts), len(masts)))
    return np.asarray(connected_components(joined, directed=False)[1][of.ravel()], np.int64)


def _points(bins: pd.DataFrame, features: pd.DataFrame) -> _Points:
    off = np.radians(features["side_deg"].to_numpy())
    turn = np.column_stack([np.cos(off), np.sin(off)]) / ASPECT_RADIANS
    return _Points(
        place=bins[["easting_m", "northing_m"]].to_numpy(float),
        aspect=np.column_stack([features["log_distance"] / ASPECT_DECADES, turn]),
        indoor=(features["building_m"].to_numpy() > 0).astype(float),
        mast=bins[["site_easting_m", "site_northing_m"]].to_numpy(float),
        sector=pd.util.hash_array(bins["sector_id"].astype(str).to_numpy(object)),
    )


class _Pairs(NamedTuple):
    """What the covariance of two sets of points rests on whatever its parameters; all of shape (a, b).

    ``apart`` is in m, ``masts`` how alike the masts are. Of ``own`` (None where no two are of one sector) the first
    says which pairs are of one sector, the second how alike its antenna sees them, the third which are indoors.
    """

    apart: Floats
    masts: Floats
    own: tuple[NDArray[np.bool_], Floats, Floats] | None

    @classmethod
    def of(cls, a: _Points, b: _Points) -> _Pairs:
        """Return the pairs of two sets."""
        same = a.sector[:, None] == b.sector
        own = (same, np.exp(-cdist(a.aspect, b.aspect)), np.outer(a.indoor, b.indoor)) if same.any() else None
        return cls(cdist(a.place, b.place), np.exp(-cdist(a.mast, b.mast) / SAME_MAST_M), own)


def _kernel(of: SectorCovariance, pairs: _Pairs) -> Floats:
    """Return the covariance of the errors at two sets of points without the noise, shape (a, b), dB²."""
    apart, masts, own = pairs
    total = of.place_db**2 * np.exp(-apart / of.place_m) + of.site_db**2 * masts * np.exp(-apart / of.site_m)
    if own is not None:
        same, aspects, indoor = own
        alike = of.offset_db**2 + of.near_db**2 * np.exp(-apart / of.near_m) + of.far_db**2 * np.exp(-apart / of.far_m)
        alike += of.antenna_db**2 * aspects
        total += same * (alike + of.indoor_db**2 * indoor)
    return np.asarray(total)


def _prior(of: SectorCovariance, points: _Points) -> Floats:
    """Return the variance of a bin's error where nothing is known, shape (n,), dB²."""
    levels = of.place_db, of.site_db, of.offset_db, of.near_db, of.far_db, of.antenna_db, of.noise_db
    return np.asarray(np.sum(np.square(levels)) + of.indoor_db**2 * points.indoor)


def _conditioned(of: SectorCovariance, points: _Points, known: _Known) -> tuple[Floats, Floats]:
    """Return what the known residuals add to the mean, dB, and take off the variance, dB²."""
    among = _kernel(of, _Pairs.of(known.points, known.points))
    among[np.diag_indices_from(among)] += of.noise_db**2 / known.bins
    factor = cho_factor(among, lower=True)
    across = _kernel(of, _Pairs.of(points, known.points))
    half = solve_triangular(factor[0], across.T, lower=True)
    return across @ cho_solve(factor, known.residual_db), np.square(half).sum(axis=0)


def _fitted(points: _Points, residual_db: Floats, rng: np.random.Generator) -> SectorCovariance:
    """Return the covariance of greatest likelihood on sets of bins, each taken as independent of the others."""
    start = np.log(SectorCovariance())
    # Hundreds of covariances are tried on the same pairs.
    taken = [(points.take(rows), residual_db[rows]) for rows in _sets(points, rng)]
    sets = [(_Pairs.of(at, at), residual) for at, residual in taken]

    def misfit(logs: Floats) -> float:
        of = SectorCovariance(*np.exp(logs))
        total = 0.5 * PRIOR * float(np.sum((logs - start) ** 2))
        for pairs, residual in sets:
            among = _kernel(of, pairs)
            among[np.diag_indices_from(among)] += of.noise_db**2
            root = np.linalg.cholesky(among)
            z = solve_triangular(root, residual, lower=True)
            total += 0.5 * float(z @ z) + float(np.log(np.diag(root)).sum())
        return total / (BLOCKS * BLOCK)

    bounds = [(at - 3, at + 3) for at in start]
    best = minimize(misfit, start, method="L-BFGS-B", bounds=bounds, options={"maxiter": ITERATIONS})
    return SectorCovariance(*map(float, np.exp(best.x)))


def _sets(points: _Points, rng: np.random.Generator) -> Iterator[Rows]:
    """Yield rows by turns of one sector, close around a bin, and somewhat farther around one."""
    tree = cKDTree(points.place)
    close = min(3 * BLOCK, len(points.place))
    for number in range(BLOCKS):
        centre = rng.integers(len(points.place))
        if number % 3 == 0:
            rows = np.flatnonzero(points.sector == points.sector[centre])
        elif number % 3 == 1:
            rows = np.atleast_1d(tree.query(points.place[centre], k=close)[1])
        else:
            rows = np.asarray(tree.query_ball_point(points.place[centre], BLOCK_M))
        yield rng.choice(rows, min(BLOCK, len(rows)), replace=False)


def _merged(points: _Points, residual_db: Floats) -> _Known:
    """Return the means over a sector's bins in one square, indoors and outdoors apart."""
    square = np.floor(points.place / SQUARE_M)
    keys = [points.sector, square[:, 0], square[:, 1], points.indoor]
    code = pd.DataFrame(dict(enumerate(keys))).groupby(list(range(4)), sort=False).ngroup().to_numpy()
    count = np.bincount(code).astype(float)
    first = np.unique(code, return_index=True)[1]

    def mean(values: Floats) -> Floats:
        return np.asarray(np.bincount(code, values) / count)

    place, aspect = (np.column_stack([mean(column) for column in table.T]) for table in (points.place, points.aspect))
    return _Known(points.take(first)._replace(place=place, aspect=aspect), mean(residual_db), count)


def _both(*parts: _Known) -> _Known:
    place, aspect, indoor, mast = (np.concatenate([part.points[i] for part in parts]) for i in range(4))
    sector = np.concatenate([part.points.sector for part in parts])
    residual, bins = np.concatenate([part.residual_db for part in parts]), np.concatenate([part.bins for part in parts])
    return _Known(_Points(place, aspect, indoor, mast, sector), residual, bins)


def _by_sector(sector: NDArray[np.uint64]) -> Iterator[tuple[int, Rows]]:
    for name, rows in pd.Series(sector).groupby(sector).indices.items():
        yield name, np.asarray(rows)


def _around(known: _Known, tree: cKDTree, centre: Floats, sector: int) -> Rows:
    """Return rows of other sectors within reach of the tile."""
    rows = np.asarray(tree.query_ball_point(centre, TILE_M / np.sqrt(2) + REACH_M, return_sorted=True), np.int64)
    return rows[known.points.sector[rows] != sector]


def _nearest(known: _Known, rows: Rows, centre: Floats) -> Rows:
    """Return the :data:`MOST` rows that are nearest to the tile."""
    if len(rows) <= MOST:
        return rows
    apart = np.hypot(*(known.points.place[rows] - centre).T)
    return rows[np.argsort(apart, kind="stable")[:MOST]]
