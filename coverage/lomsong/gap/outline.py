"""Squares in which homes are gathered, and outlines of areas that show no single home."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray

LEAST_SHOWN = 5
"""Fewest learners in every piece of which an outline is made."""

FACTORS = (2, 4)
"""Sides of these pieces, in sides of the squares that homes are gathered in."""

_ACROSS = 1 << 31


def squares_at(at: NDArray[np.float64], side_m: float) -> NDArray[np.int64]:
    """Return one number for the square that holds each point, ordered from the south-west row by row."""
    column, row = np.floor(at / side_m).astype(np.int64).T
    return np.asarray(row * _ACROSS + column + _ACROSS // 2)


def _column_row(cells: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.column_stack([cells % _ACROSS - _ACROSS // 2, cells // _ACROSS])


def centres(cells: NDArray[np.int64], side_m: float) -> NDArray[np.float64]:
    """Return easting and northing of the middles of squares of :func:`squares_at`, shape (n, 2), m."""
    return np.asarray((_column_row(cells) + 0.5) * side_m)


def outlines(
    zone: NDArray[np.int64], cells: NDArray[np.int64], learners: NDArray[np.float64], side_m: float, link_m: float
) -> NDArray[np.object_]:
    """Return one outline a zone: the union of squares that each hold enough learners to be shown.

    Each home is shown by the smallest of the squares of :data:`FACTORS` around it in which at least
    :data:`LEAST_SHOWN` learners of its zone live; their edges lie on one grid, wherever the homes are. One that has no
    such square lies in a rectangle, of the widest squares, with the nearest that has. Gaps that homes of one zone may
    have between them are closed.

    Parameters
    ----------
    zone, cells, learners
        Zone from 0, in ascending order, number by :func:`squares_at` and learners of n squares, shape (n,).
    side_m
        Side of the squares.
    link_m
        Gaps up to this width are closed.

    Returns
    -------
    Valid polygons or multipolygons in the CRS of the squares, one for each zone.
    """
    count = int(zone.max(initial=-1)) + 1
    box = np.full((len(cells), 4), np.nan)
    at = _column_row(cells)
    for factor in FACTORS:
        corner = at // factor * factor
        _, piece = np.unique(np.column_stack([zone, corner]), axis=0, return_inverse=True)
        enough = np.bincount(piece.ravel(), learners)[piece.ravel()] >= LEAST_SHOWN
        enough &= np.isnan(box[:, 0])
        box[enough] = np.column_stack([corner, corner + factor])[enough] * side_m
    shapes, centre = np.empty(count, dtype=object), centres(cells, side_m)
    reach_m = link_m / 2
    starts = np.searchsorted(zone, np.arange(count + 1))
    for number, (begin, end) in enumerate(pairwise(starts)):
        boxes = _with_rest(box[begin:end], centre[begin:end], FACTORS[-1] * side_m)
        shape = shapely.union_all(shapely.box(*np.unique(boxes, axis=0).T))
        closed = shape.buffer(reach_m, join_style="mitre").buffer(-reach_m, join_style="mitre")
        shapes[number] = _without_holes(shapely.union(shape, closed), link_m**2)
    return shapes


def _with_rest(box: NDArray[np.float64], centre: NDArray[np.float64], side_m: float) -> NDArray[np.float64]:
    """Give every square a box: those without one share a rectangle, of squares of a side, with the nearest, or all."""
    rest = np.isnan(box[:, 0])
    if not rest.any():
        return box
    corner = np.floor(centre / side_m)
    own = np.column_stack([corner, corner + 1]) * side_m
    if rest.all():
        return np.r_[own[:, :2].min(axis=0), own[:, 2:].max(axis=0)][None, :]
    found = box.copy()
    away = np.hypot(*(centre[rest][:, None, :] - centre[~rest][None, :, :]).transpose(2, 0, 1))
    partner = box[~rest][away.argmin(axis=1)]
    found[rest] = np.column_stack(
        [np.minimum(own[rest][:, :2], partner[:, :2]), np.maximum(own[rest][:, 2:], partner[:, 2:])]
    )
    return found


def _without_holes(shape: shapely.Geometry, least_m2: float) -> shapely.Geometry:
    """Fill the holes of a polygon that are smaller than so much."""
    parts = []
    for part in shapely.get_parts(shape):
        holes = [ring for ring in part.interiors if shapely.area(shapely.Polygon(ring)) >= least_m2]
        parts.append(shapely.Polygon(part.exterior, holes))
    return shapely.normalize(shapely.union_all(parts))
