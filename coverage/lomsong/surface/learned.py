"""A correction of the physics learned from other sites: boosted trees whose number is chosen on sites left out."""

from __future__ import annotations

from itertools import islice
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.utils.validation import check_is_fitted

from lomsong.errors import DataError
from lomsong.surface.features import finite, require_columns
from lomsong.texts import fault

Floats = NDArray[np.float64]

FALLING = "log_distance"
"""The level never rises with this column where it is given."""

FOLDS = 4
"""Parts of the sites that are left out in turn."""


class LearnedCorrection(RegressorMixin, BaseEstimator):
    """Level from features by gradient boosting, several seeds averaged, stopped by sites left out.

    Parameters
    ----------
    seeds
        Models averaged.
    trees
        Most trees a model.
    learning_rate, leaves, leaf_samples, l2
        As ``HistGradientBoostingRegressor`` names them (``max_leaf_nodes``, ``min_samples_leaf``).
    rows
        Most rows a model learns from, drawn by seed: neighbours on a road say much the same.

    Attributes
    ----------
    trees_
        Number of trees kept.
    left_out_dbm_
        Level of each row by one model that never saw its site, shape (n,); NaN where there is one site only.
    """

    def __init__(
        self, seeds: int = 3, trees: int = 300, learning_rate: float = 0.06, leaves: int = 12,
        leaf_samples: int = 300, l2: float = 10.0, rows: int = 100_000,
    ) -> None:  # fmt: skip
        self.seeds = seeds
        self.trees = trees
        self.learning_rate = learning_rate
        self.leaves = leaves
        self.leaf_samples = leaf_samples
        self.l2 = l2
        self.rows = rows

    def fit(self, features: pd.DataFrame, y: ArrayLike, groups: ArrayLike | None = None) -> Self:
        """Learn the level.

        Parameters
        ----------
        features
            Shape (n, columns), finite.
        y
            Level in dBm, shape (n,).
        groups
            Site of each row, shape (n,); without it, or with one site, all ``trees`` are kept.

        Raises
        ------
        DataError
            Where a value is not finite, there is no row or lengths differ.
        """
        names = [str(name) for name in features.columns]
        table = finite(features, "features", names)
        level = vector(y, len(table), "y")
        sites = np.zeros(len(table), np.int64) if groups is None else labels(groups, len(table), "groups")
        self.feature_names_in_ = np.asarray(names, object)
        self.n_features_in_ = len(names)
        self.trees_, self.left_out_dbm_ = self._left_out(table, level, sites)
        self.models_ = [self._model(table, level, seed, self.trees_) for seed in range(self.seeds)]
        return self

    def predict(self, features: pd.DataFrame) -> Floats:
        """Return the level in dBm, shape (n,).

        Raises
        ------
        ColumnError
            Where a column learned from is missing.
        DataError
            Where a value is not finite or there is no row.
        """
        table = self._table(features)
        return np.asarray(np.mean([model.predict(table) for model in self.models_], axis=0))

    def _table(self, features: pd.DataFrame) -> Floats:
        check_is_fitted(self)
        names = list(self.feature_names_in_)
        require_columns(features, tuple(names), "features")
        return finite(features[names], "features", names)

    def _model(self, table: Floats, level: Floats, seed: int, trees: int) -> HistGradientBoostingRegressor:
        rows = np.random.default_rng(seed).choice(len(table), min(self.rows, len(table)), replace=False)
        model = HistGradientBoostingRegressor(
            max_iter=trees, learning_rate=self.learning_rate, max_leaf_nodes=self.leaves,
            min_samples_leaf=self.leaf_samples, l2_regularization=self.l2, max_features=0.3, max_bins=128,
            monotonic_cst=[-int(name == FALLING) for name in self.feature_names_in_],
            early_stopping=False, random_state=seed,
        )  # fmt: skip
        return model.fit(table[rows], level[rows])

    def _left_out(self, table: Floats, level: Floats, sites: NDArray[np.int64]) -> tuple[int, Floats]:
        """Return the number of trees that is best on sites left out in turn, and the levels there."""
        names = np.unique(sites)
        if len(names) < 2:
            return self.trees, np.full(len(level), np.nan)
        of_site = np.random.default_rng(0).permutation(np.arange(len(names)) % min(FOLDS, len(names)))
        folds = of_site[np.searchsorted(names, sites)]
        rows = [np.flatnonzero(folds == fold) for fold in range(of_site.max() + 1)]
        models = [self._model(np.delete(table, held, 0), np.delete(level, held), 0, self.trees) for held in rows]
        errors = np.zeros(self.trees)
        for model, held in zip(models, rows, strict=True):
            errors += [np.square(level[held] - guess).sum() for guess in model.staged_predict(table[held])]
        trees = int(np.argmin(errors)) + 1
        guesses = np.empty(len(level))
        for model, held in zip(models, rows, strict=True):
            guesses[held] = next(islice(model.staged_predict(table[held]), trees - 1, None))
        return trees, guesses


def vector(values: ArrayLike, rows: int, name: str) -> Floats:
    """Return finite numbers, shape (rows,).

    Raises
    ------
    DataError
        Where there are more or fewer, or one is not finite.
    """
    column = finite(np.reshape(np.asarray(values), (-1, 1)), name, [name])[:, 0]
    if len(column) != rows:
        raise fault(DataError, "learned_length", name=name, given=len(column), rows=rows)
    return column


def labels(values: ArrayLike, rows: int, name: str) -> NDArray[np.int64]:
    """Return names as numbers from 0, shape (rows,); a missing name counts as one of its own.

    Raises
    ------
    DataError
        Where there are more or fewer.
    """
    codes = pd.factorize(np.asarray(values).ravel(), use_na_sentinel=False)[0]
    if len(codes) != rows:
        raise fault(DataError, "learned_length", name=name, given=len(codes), rows=rows)
    return np.asarray(codes, np.int64)
