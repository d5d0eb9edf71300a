"""Ground, vegetation, buildings and radio-climatic zone on one north-up grid in any reference system."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from affine import Affine
from numba import njit
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS
from pyproj.exceptions import CRSError

from lomsong.errors import CrsError, DataError
from lomsong.texts import fault

SEA, COASTAL, INLAND = 1, 3, 4
"""Radio-climatic zones as ITU-R P.1812 numbers them in profiles."""

SQUARE = 1e-6
"""Sides that differ by less than this share are those of a square cell."""


@dataclass(frozen=True, init=False, eq=False)
class Terrain:
    """Ground height, what stands on it and the radio-climatic zone, cell by cell.

    A void is NaN in ``ground_m``; nothing is computed across one. Coordinates are those of the CRS: easting and
    northing, or longitude and latitude in degrees.

    Parameters
    ----------
    ground_m
        Height above sea level, shape (rows, columns), row 0 northernmost; NaN where it is not known.
    canopy_m
        Height of vegetation above the ground, of the same shape; NaN counts as none.
    transform
        From column and row to coordinates, (0, 0) being the outer corner of the north-west cell.
    crs
        A geographic or projected CRS, of pyproj or anything that makes one.
    clutter_m
        Representative height of buildings and the like above the ground; NaN counts as none, None as none anywhere.
    zone
        1 sea, 3 coastal land, 4 inland (ITU-R P.1812, §3.3); None: inland everywhere.

    Raises
    ------
    DataError
        When shapes differ, the grid is empty, rotated or south up, or a zone is unknown.
    CrsError
        When there is no CRS, or one that is neither geographic nor projected.
    """

    ground_m: NDArray[np.float32]
    canopy_m: NDArray[np.float32]
    transform: Affine
    crs: CRS
    clutter_m: NDArray[np.float32]
    zone: NDArray[np.uint8]

    def __init__(
        self,
        ground_m: ArrayLike,
        canopy_m: ArrayLike,
        transform: Affine,
        crs: CRS,
        clutter_m: ArrayLike | None = None,
        zone: ArrayLike | None = None,
    ) -> None:
        ground = _numbers(ground_m, "ground_m")
        if ground.ndim != 2 or ground.size == 0:
            raise fault(DataError, "terrain_empty", shape=ground.shape)
        if np.isinf(ground).any():
            ground = np.where(np.isinf(ground), np.float32(np.nan), ground)
        _require_upright(transform)
        fields = {
            "ground_m": ground,
            "canopy_m": _heights(canopy_m, "canopy_m", ground.shape),
            "transform": transform,
            "crs": _crs(crs),
            "clutter_m": _heights(clutter_m, "clutter_m", ground.shape),
            "zone": _zones(zone, ground.shape),
        }
        # The compiled loops are typed for these; a frozen dataclass is still ours to normalise while it is made.
        for name, value in fields.items():
            object.__setattr__(self, name, value)

    @property
    def west_m(self) -> float:
        """Western outer edge, metres; :class:`CrsError` unless cells are squares in a projected CRS in metres."""
        return self._metric.c

    @property
    def north_m(self) -> float:
        """Northern outer edge, metres; :class:`CrsError` as for ``west_m``."""
        return self._metric.f

    @property
    def step_m(self) -> float:
        """Side of a cell, metres; :class:`CrsError` as for ``west_m``."""
        return self._metric.a

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north of the outer edges, in the CRS."""
        rows, columns = self.ground_m.shape
        cells = self.transform
        return cells.c, cells.f + rows * cells.e, cells.c + columns * cells.a, cells.f

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
        """Return the height of the vegetation in metres in the cell that holds each point; NaN outside the grid."""
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
    def _metric(self) -> Affine:
        if not self.crs.is_projected or _to_si(self.crs) != 1.0:
            raise fault(CrsError, "terrain_metric", crs=self.crs.name)
        width, height = self.transform.a, -self.transform.e
        if abs(width / height - 1) > SQUARE:
            raise fault(CrsError, "terrain_square", width=f"{width:.6g}", height=f"{height:.6g}")
        return self.transform

    @cached_property
    def _slope_grid_deg(self) -> NDArray[np.float32]:
        if min(self.ground_m.shape) < 2:
            return np.zeros_like(self.ground_m)
        width, height = cell_sides_m(self.transform, self.crs, len(self.ground_m))
        south, east = np.gradient(self.ground_m.astype(np.float64))
        return np.degrees(np.arctan(np.hypot(south / height[:, None], east / width[:, None]))).astype(np.float32)

    def _fraction(
        self, easting: NDArray[np.float64], northing: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Row and column in units of cells, 0 at the first centre."""
        cells = self.transform
        return (northing - cells.f) / cells.e - 0.5, (easting - cells.c) / cells.a - 0.5

    def _at(self, grid: NDArray[np.float32], easting: ArrayLike, northing: ArrayLike) -> NDArray[np.float64]:
        east, north = np.broadcast_arrays(np.asarray(easting, float), np.asarray(northing, float))
        inside = self.contains(np.column_stack([east.ravel(), north.ravel()]))
        row, column = self._fraction(east.ravel(), north.ravel())
        found = _sample(grid, np.where(inside, row, 0.0), np.where(inside, column, 0.0))
        return np.asarray(np.where(inside, found, np.nan).reshape(east.shape))


def cell_sides_m(transform: Affine, crs: CRS, rows: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return width and height of the cells of a north-up grid in metres, shape (rows,) each.

    In a geographic CRS they are arcs on its ellipsoid in the middle of each row; in a projected one the scale of the
    projection is left out.
    """
    across, down, to_si = transform.a, -transform.e, _to_si(crs)
    if not crs.is_geographic:
        return np.full(rows, across * to_si), np.full(rows, down * to_si)
    ellipsoid = crs.ellipsoid
    if ellipsoid is None:
        raise fault(CrsError, "terrain_crs", crs=crs.name)
    major = ellipsoid.semi_major_metre
    squared = 1 - (ellipsoid.semi_minor_metre / major) ** 2
    latitude = (transform.f + (np.arange(rows) + 0.5) * transform.e) * to_si
    flat = np.sqrt(1 - squared * np.sin(latitude) ** 2)
    width = across * to_si * major * np.maximum(np.cos(latitude), 0.0) / flat
    return width, down * to_si * major * (1 - squared) / flat**3


def _numbers(values: ArrayLike, name: str) -> NDArray[np.float32]:
    try:
        return np.asarray(values, dtype=np.float32, order="C")
    except (TypeError, ValueError, OverflowError):
        raise fault(DataError, "terrain_numbers", name=name) from None


def _heights(values: ArrayLike | None, name: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return heights above the ground as the compiled loops take them, 0 where there is none."""
    if values is None:
        return np.zeros(shape, np.float32)
    heights = _numbers(values, name)
    if heights.shape != shape:
        raise fault(DataError, "terrain_shape", name=name, shape=heights.shape, wanted=shape)
    if not np.isfinite(heights).all():
        heights = np.where(np.isfinite(heights), heights, np.float32(0))
    return heights


def _zones(values: ArrayLike | None, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    if values is None:
        return np.full(shape, INLAND, np.uint8)
    # Another type of number is checked before it is cut to a byte, which would make 257 a sea.
    codes = np.asarray(values)
    if codes.shape != shape:
        raise fault(DataError, "terrain_shape", name="zone", shape=codes.shape, wanted=shape)
    strange = (codes != SEA) & (codes != COASTAL) & (codes != INLAND)
    if strange.any():
        raise fault(DataError, "terrain_zone", count=int(strange.sum()), value=str(codes[strange][0]))
    return np.ascontiguousarray(codes, dtype=np.uint8)


def _require_upright(transform: Affine) -> None:
    if not (isinstance(transform, Affine) and np.isfinite(tuple(transform)[:6]).all()):
        raise fault(DataError, "terrain_transform", transform=repr(transform))
    if not (transform.b == 0 == transform.d and transform.a > 0 > transform.e):
        raise fault(
            DataError, "terrain_upright", column_step=f"{transform.a:.6g}", row_step=f"{transform.e:.6g}",
            turn=f"{transform.b:.6g}, {transform.d:.6g}",
        )  # fmt: skip


def _crs(crs: CRS) -> CRS:
    try:
        found = CRS.from_user_input(crs)
    except (CRSError, TypeError):
        raise fault(CrsError, "terrain_crs", crs=repr(crs)) from None
    if not (found.is_geographic or found.is_projected):
        raise fault(CrsError, "terrain_crs", crs=found.name)
    return found


def _to_si(crs: CRS) -> float:
    """Return what turns the unit of the axes into metres or radians."""
    return float(crs.axis_info[0].unit_conversion_factor) if crs.axis_info else 1.0


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
