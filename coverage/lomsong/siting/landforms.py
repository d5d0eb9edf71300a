"""Ground for masts: the best cell of each square, what stands out of its surroundings, and what is worse in nothing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter
from scipy.spatial import cKDTree

from lomsong.geo import Grid


def best_of_squares(merit: NDArray[np.floating], allowed: NDArray[np.bool_], side: int) -> NDArray[np.int64]:
    """Return the flat index of the best allowed cell of each square of ``side`` cells that has one.

    Parameters
    ----------
    merit
        Of each cell, the greater the better, shape (rows, columns); NaN: never.
    allowed
        Same shape.
    side
        Of the squares, which start in the north-west, in cells.
    """
    rows, columns = allowed.shape
    value = np.where(allowed & ~np.isnan(merit), merit, -np.inf)
    value = np.pad(value, ((0, -rows % side), (0, -columns % side)), constant_values=-np.inf)
    down, across = value.shape[0] // side, value.shape[1] // side
    squares = value.reshape(down, side, across, side).transpose(0, 2, 1, 3).reshape(-1, side * side)
    best = squares.argmax(axis=1)
    square = np.flatnonzero(squares[np.arange(len(squares)), best] > -np.inf)
    row = square // across * side + best[square] // side
    return np.asarray(row * columns + square % across * side + best[square] % side)


def prominence_m(ground_m: NDArray[np.floating], side: int) -> NDArray[np.float64]:
    """Return how far each cell stands above the mean of the square of about ``side`` cells around it, m.

    A shoulder of a slope stands above its surroundings though it is no summit. NaN beside a void; the outer cells are
    compared with their own mirror image (topographic position index, Weiss 2001).
    """
    ground = np.asarray(ground_m, float)
    return np.asarray(ground - uniform_filter(ground, size=max(side // 2 * 2 + 1, 3), mode="reflect"))


def best_at(
    ground_m: NDArray[np.floating], allowed: NDArray[np.bool_], grid: Grid, at: NDArray[np.float64], within_m: float
) -> NDArray[np.int64]:
    """Return the flat index of the highest allowed cell within a distance of each place that has one, each once.

    Parameters
    ----------
    ground_m, allowed
        Cells of ``grid``, shape (rows, columns).
    at
        Easting and northing, shape (n, 2).
    within_m
        Farthest centre of a cell.
    """
    reach = int(within_m // grid.step_m)
    down, across = (step.ravel() for step in np.mgrid[-reach : reach + 1, -reach : reach + 1])
    row = np.floor((grid.north_m - at[:, 1]) / grid.step_m).astype(np.int64)[:, None] + down
    column = np.floor((at[:, 0] - grid.west_m) / grid.step_m).astype(np.int64)[:, None] + across
    rows, columns = grid.shape
    known = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
    row, column = np.where(known, row, 0), np.where(known, column, 0)
    east = grid.west_m + (column + 0.5) * grid.step_m - at[:, :1]
    north = grid.north_m - (row + 0.5) * grid.step_m - at[:, 1:]
    height = np.asarray(ground_m, float)[row, column]
    known &= allowed[row, column] & (np.hypot(east, north) <= within_m) & ~np.isnan(height)
    best = np.where(known, height, -np.inf).argmax(axis=1) if len(at) else np.zeros(0, np.int64)
    place = np.arange(len(at))
    cell = row[place, best] * columns + column[place, best]
    return np.unique(cell[known[place, best]])


def dominated(
    at: NDArray[np.float64], merits: NDArray[np.floating], kept: NDArray[np.bool_], near_m: float
) -> NDArray[np.bool_]:
    """Tell which positions have another close by that is as good in everything and better in something.

    Parameters
    ----------
    at
        Easting and northing, shape (n, 2).
    merits
        The greater the better, shape (n, merits).
    kept
        Positions that stay in any case, shape (n,).
    near_m
        How close is close by.
    """
    spare = np.zeros(len(at), bool)
    if len(at) < 2:
        return spare
    pairs = cKDTree(at).query_pairs(near_m, output_type="ndarray")
    for one, other in (pairs.T, pairs[:, ::-1].T):
        as_good = (merits[other] >= merits[one]).all(axis=1)
        better = (merits[other] > merits[one]).any(axis=1) | (other < one)
        spare[one[as_good & better]] = True
    return spare & ~kept
