"""What stands in the way of whole areas, by the learners whom it keeps without signal."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS

from lomsong import geo
from lomsong.gap.equity import grid_power_of
from lomsong.gap.obstacles import (
    GRID_POWER,
    OBSTACLES,
    Bounds,
    Surroundings,
    codes_of,
    describe,
    in_the_way,
    share_held,
)
from lomsong.gap.outline import centres, squares_at

SQUARE_M = 100.0
"""Homes are gathered in squares of this side."""

LEAST_SHARE = 0.25
"""An obstacle is named where it holds for at least this share of an area's unconnected learners."""

LEAST_GONE = 0.01
"""A home whose learners are less probably without signal tells nothing of what is in the way."""

LEAST_LOST = 0.5
"""Of an area with fewer unconnected learners nothing is said."""


def hindrances(
    households: gpd.GeoDataFrame,
    lost: NDArray[np.float64],
    area: NDArray[np.int64],
    count: int,
    around: Surroundings,
    crs: CRS,
    *,
    hamlets: gpd.GeoDataFrame | None = None,
    bounds: Bounds | None = None,
) -> pd.DataFrame:
    """Name the obstacles of each area, each with the share of its unconnected learners for whom it holds.

    Parameters
    ----------
    households
        Table ``households``.
    lost
        Expected unconnected learners of each household, shape (n,).
    area
        Area of each household from 0, -1 for none, shape (n,).
    count
        Number of areas.
    around, crs, bounds
        As for :func:`~lomsong.gap.obstacles.describe`.
    hamlets
        Their grid power; None: by the nearest power line.

    Returns
    -------
    Frame of ``count`` rows: ``in_the_way``, a tuple of :data:`~lomsong.gap.obstacles.OBSTACLES`, that of most learners
    first, and ``way_<code>``, the share of the unconnected learners, missing where no layer tells.
    """
    kept = (area >= 0) & (lost > LEAST_GONE * households["learners"].to_numpy(float))
    square = squares_at(geo.coordinates(households[kept], crs), SQUARE_M)
    power = grid_power_of(households[kept], hamlets).to_numpy()
    kind = np.array([GRID_POWER.index(value) if value in GRID_POWER else len(GRID_POWER) - 1 for value in power], int)
    keys = np.column_stack([square, area[kept], kind])
    cells, cell_of = np.unique(keys, axis=0, return_inverse=True)
    weight = np.bincount(cell_of.ravel(), lost[kept], len(cells)).astype(float)
    told = describe(
        centres(cells[:, 0], SQUARE_M), crs, around, grid_power=[GRID_POWER[row] for row in cells[:, 2]], bounds=bounds
    )
    held = in_the_way(told, bounds)
    share = pd.DataFrame({code: share_held(held[code].to_numpy(), weight, cells[:, 1], count) for code in OBSTACLES})
    enough = np.bincount(cells[:, 1], weight, count) >= LEAST_LOST
    named, _ = codes_of(share[enough].reindex(share.index), LEAST_SHARE)
    ordered = [tuple(sorted(codes, key=lambda code: -float(share[code].iloc[row]))) for row, codes in enumerate(named)]
    return share.add_prefix("way_").assign(in_the_way=pd.Series(ordered, dtype=object))
