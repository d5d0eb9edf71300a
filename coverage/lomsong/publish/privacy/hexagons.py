"""Which hexagons do not tell their learners: those that would give back the few beside the squares in them."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from lomsong import geo

_WHOLE = 0.99
"""Share of a square that lies in a hexagon from which on a reader takes its learners to live there."""


def withheld_hexagons(hexagons: gpd.GeoDataFrame, cells: gpd.GeoDataFrame, below: int = 5) -> NDArray[np.bool_]:
    """Return which hexagons keep their learners back, shape (n,).

    A hexagon of 6 learners, in which there lies a square of 5, tells that one learner lives in the rest of it. Where
    the squares in a hexagon hold all of its learners, or it has none, those of a square that reaches into it live
    outside.

    Parameters
    ----------
    hexagons
        With ``hexagon`` and its ``learners``, the same in each of its rows.
    cells
        Squares that are published, as :func:`~lomsong.publish.privacy.learner_cells` returns them.
    below
        Smallest count that is shown; 0 withholds nothing.
    """
    if cells.empty:
        return np.zeros(len(hexagons), dtype=bool)
    crs = geo.metric_crs(cells)
    at, half = geo.coordinates(cells, crs), cells["cell_m"].to_numpy(float) / 2
    squares = shapely.box(at[:, 0] - half, at[:, 1] - half, at[:, 0] + half, at[:, 1] + half)
    places = hexagons.drop_duplicates("hexagon").to_crs(crs)
    shapes, learners = places.geometry.to_numpy(), places["learners"].to_numpy(float)
    square, place = shapely.STRtree(shapes).query(squares, predicate="intersects")
    share = shapely.area(shapely.intersection(squares[square], shapes[place])) / shapely.area(squares)[square]
    told = cells["learners"].to_numpy(float)[square]
    clear = np.zeros(len(places), dtype=bool)
    while True:
        nowhere = np.bincount(square, share * clear[place], len(squares))
        inside = ~clear[place] & (share + nowhere[square] > _WHOLE)
        rest = np.where(clear, 0.0, learners - np.bincount(place, told * inside, len(places)))
        if not ((rest == 0) & ~clear).any():
            break
        clear = rest == 0
    return hexagons["hexagon"].isin(places["hexagon"][(rest > 0) & (rest < below)]).to_numpy()
