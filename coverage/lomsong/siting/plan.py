"""The chosen towers as a table a person can read."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_matrix

from lomsong.siting.cover import Plan


def tower_plan(candidates: gpd.GeoDataFrame, plan: Plan, reach: csr_matrix, weights: ArrayLike) -> gpd.GeoDataFrame:
    """Return the selected candidates in order, with whom each reaches.

    Parameters
    ----------
    candidates
        Table ``candidates``, one row a column of ``reach``.
    plan
        What :func:`~lomsong.siting.cover.maximum_coverage` chose from ``reach`` and ``weights``.
    reach, weights
        As given there.

    Returns
    -------
    The candidates' columns with ``order`` (from 1), ``learners_gained`` (beyond the sites before), ``learners_reached``
    (by it alone or with others), ``only_it`` (whom no other site of the plan reaches) and ``cumulative``.
    """
    served = csr_matrix(reach)[:, plan.selected] != 0
    learners = np.asarray(weights, float)
    lonely = learners * (np.asarray(served.sum(axis=1)).ravel() == 1)
    return (
        candidates.iloc[plan.selected]
        .assign(
            order=np.arange(1, len(plan.selected) + 1),
            learners_gained=plan.gains,
            learners_reached=served.T @ learners,
            only_it=served.T @ lonely,
            cumulative=np.cumsum(plan.gains),
        )
        .reset_index(drop=True)
    )
