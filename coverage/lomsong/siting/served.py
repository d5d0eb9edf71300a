"""Whom each choice of a plan's towers would connect, so that towers can be switched on and off where they are shown."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from pyproj import CRS
from scipy.sparse import csr_matrix


def served_by(
    reach: csr_matrix, weights: ArrayLike, selected: Sequence[int] | ArrayLike, points: ArrayLike, crs: CRS | str
) -> gpd.GeoDataFrame:
    """Return the learners of each place by the towers that reach them.

    The sum over the rows that hold a tower of a choice is what that choice connects: nobody is counted twice.

    Parameters
    ----------
    reach, weights
        As :func:`~lomsong.siting.cover.maximum_coverage` takes them, shape (n * strata, candidates) and (n * strata,).
    selected
        Candidates of the plan in their order, which is counted from 1.
    points
        Easting and northing of the places, shape (n, 2), m.
    crs
        Of ``points``.

    Returns
    -------
    Points with ``learners`` and ``towers``, a tuple of orders; a row for each place and set of towers that serve it.

    Examples
    --------
    >>> served_by(csr_matrix([[1, 1], [0, 1]]), [3.0, 4.0], [1, 0], [[0, 0]], "EPSG:3405")[["learners", "towers"]]
       learners  towers
    0       4.0    (1,)
    1       3.0  (1, 2)
    """
    at = np.asarray(points, float).reshape(-1, 2)
    chosen = csr_matrix(csr_matrix(reach)[:, np.asarray(selected, np.int64)])
    chosen.eliminate_zeros()
    chosen.sort_indices()
    orders = np.split(chosen.indices + 1, chosen.indptr[1:-1])
    strata = max(chosen.shape[0] // max(len(at), 1), 1)
    frame = pd.DataFrame(
        {
            "place": np.arange(chosen.shape[0]) // strata,
            "towers": [tuple(int(order) for order in row) for row in orders],
            "learners": np.asarray(weights, float),
        }
    )
    frame = frame[(frame["towers"].map(len) > 0) & (frame["learners"] > 0)]
    summed = frame.groupby(["place", "towers"], as_index=False, sort=True)["learners"].sum()
    easting, northing = at[summed["place"]].T
    return gpd.GeoDataFrame(summed[["learners", "towers"]], geometry=gpd.points_from_xy(easting, northing), crs=crs)
