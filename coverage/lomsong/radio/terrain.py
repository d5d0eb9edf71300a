"""Ground and canopy on one north-up grid of square metric cells."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS

from lomsong.errors import CrsError, DataError


@dataclass(frozen=True)
class Terrain:
    """Ground height and canopy height, cell by cell.

    A void is NaN in ``ground_m``; nothing is computed across one. ``canopy_m`` is the effective height of vegetation
    and buildings above the ground, 0 where there is none.

    Parameters
    ----------
    ground_m
        Height above sea level, shape (rows, columns), float32, row 0 northernmost.
    canopy_m
        Height above ground of the same shape; NaN counts as none.
    west_m, north_m
        Outer corner of the north-west cell.
    step_m
        Side of a cell.
    crs
        A projected CRS in metres.

    Raises
    ------
    DataError
        When the shapes differ, the grid is empty, or the step is not a positive number.
    CrsError
        When the CRS is not projected.
    """

    ground_m: NDArray[np.float32]
    canopy_m: NDArray[np.float32]
    west_m: float
    north_m: float
    step_m: float
    crs: CRS

    def __post_init__(self) -> None:
        if self.ground_m.ndim != 2 or self.ground_m.size == 0:
            raise DataError(f"terrain: ground_m has shape {self.ground_m.shape}; give (rows, columns)")
        if self.canopy_m.shape != self.ground_m.shape:
            raise DataError(f"terrain: canopy_m has shape {self.canopy_m.shape}, ground_m {self.ground_m.shape}")
        if not (np.isfinite(self.step_m) and self.step_m > 0):
            raise DataError(f"terrain: step_m = {self.step_m!r}; give the side of a cell in metres")
        if not self.crs.is_projected:
            raise CrsError(f"terrain: {self.crs.name} is not in metres; warp the DEM to a projected CRS")
        # The compiled loops are typed for these; a frozen dataclass is still ours to normalise while it is made.
        canopy = np.nan_to_num(np.ascontiguousarray(self.canopy_m, dtype=np.float32), nan=0.0)
        object.__setattr__(self, "ground_m", np.ascontiguousarray(self.ground_m, dtype=np.float32))
        object.__setattr__(self, "canopy_m", canopy)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north of the outer edges, metres."""
        rows, columns = self.ground_m.shape
        return (
            self.west_m,
            self.north_m - rows * self.step_m,
            self.west_m + columns * self.step_m,
            self.north_m,
        )

    def contains(self, points: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Tell which points, easting and northing of shape (n, 2), lie on the grid; the outer edge counts."""
        west, south, east, north = self.bounds
        easting, northing = points[:, 0], points[:, 1]
        return np.asarray((easting >= west) & (easting <= east) & (northing >= south) & (northing <= north))

    def ground_at(self, easting: ArrayLike, northing: ArrayLike) -> NDArray[np.float64]:
        """Return the ground height in metres, bilinear between cell centres; NaN outside the grid and beside a void.

        The outer half cell takes the value of the outermost centres.
        """
        return self._at(self.ground_m, easting, northing)

    def canopy_at(self, easting: ArrayLike, northing: ArrayLike) -> NDArray[np.float64]:
        """Return the canopy height in metres of the cell that holds each point; NaN outside the grid."""
        east, north = np.broadcast_arrays(np.asarray(easting, float), np.asarray(northing, float))
        found = np.full(east.shape, np.nan)
        inside = self.contains(np.column_stack([east.ravel(), north.ravel()])).reshape(east.shape)
        row, column = self._fraction(east[inside], north[inside])
        rows, columns = self.ground_m.shape
        nearest = (
            np.clip(np.rint(row), 0, rows - 1).astype(np.intp),
            np.clip(np.rint(column), 0, columns - 1).astype(np.intp),
        )
        found[inside] = self.canopy_m[nearest]
        return found

    def slope_deg(self, easting: ArrayLike, northing: ArrayLike) -> NDArray[np.float64]:
        """Return the steepest slope of the ground in degrees, by central differences of the cells, bilinear between."""
        return self._at(self._slope_grid_deg, easting, northing)

    @cached_property
    def _slope_grid_deg(self) -> NDArray[np.float32]:
        if min(self.ground_m.shape) < 2:
            return np.zeros_like(self.ground_m)
        south, east = np.gradient(self.ground_m.astype(np.float64), self.step_m)
        return np.degrees(np.arctan(np.hypot(south, east))).astype(np.float32)

    def _fraction(
        self, easting: NDArray[np.float64], northing: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Row and column in units of cells, 0 at the first centre."""
        return (self.north_m - northing) / self.step_m - 0.5, (easting - self.west_m) / self.step_m - 0.5

    def _at(self, grid: NDArray[np.float32], easting: ArrayLike, northing: ArrayLike) -> NDArray[np.float64]:
        east, north = np.broadcast_arrays(np.asarray(easting, float), np.asarray(northing, float))
        inside = self.contains(np.column_stack([east.ravel(), north.ravel()]))
        row, column = self._fraction(east.ravel(), north.ravel())
        found = _sample(grid, np.where(inside, row, 0.0), np.where(inside, column, 0.0))
        return np.asarray(np.where(inside, found, np.nan).reshape(east.shape))


@njit(cache=True, nogil=True, inline="always")
def bilinear(grid: NDArray[np.float32], row: float, column: float) -> float:
    """Interpolate between the four cell centres around a fractional row and column, clamped to the grid."""
    rows, columns = grid.shape
    row = min(max(row, 0.0), rows - 1.0)
    column = min(max(column, 0.0), columns - 1.0)
    top, left = int(row), int(column)
    bottom, right = min(top + 1, rows - 1), min(left + 1, columns - 1)
    down, across = row - top, column - left
    upper = grid[top, left] + across * (grid[top, right] - grid[top, left])
    lower = grid[bottom, left] + across * (grid[bottom, right] - grid[bottom, left])
    return upper + down * (lower - upper)


@njit(cache=True, nogil=True)
def _sample(grid: NDArray[np.float32], row: NDArray[np.float64], column: NDArray[np.float64]) -> NDArray[np.float64]:
    found = np.empty(row.size)
    for i in range(row.size):
        found[i] = bilinear(grid, row[i], column[i])
    return found
