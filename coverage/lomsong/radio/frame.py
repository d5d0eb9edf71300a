"""Distance and true bearing from a site, on the cells of a grid in any reference system.

Positions on the ellipsoid are exact at some hundred places around the site; polynomials through them give all others,
to a small part of a cell, in a few multiplications.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS, Geod, Transformer
from pyproj.exceptions import ProjError

from lomsong.errors import DataError
from lomsong.geo import WGS84
from lomsong.texts import fault

Floats = NDArray[np.float64]

DEGREES = (4, 6, 8, 10)
"""Degrees of the polynomials tried, until one is exact enough."""

TOLERANCE_CELLS = 0.01
"""Greatest error of a position, in cells."""

RINGS, SPOKES = 9, 32
"""Places around the site at which positions are computed exactly."""

EARTH = Geod(ellps="WGS84")


@dataclass(frozen=True)
class Frame:
    """The neighbourhood of a site.

    Attributes
    ----------
    radius_m
        How far it reaches.
    cells
        Coefficients a[k, i, j] of row (k = 0) and column (k = 1) as the sum of a x^i y^j, x and y being metres east and
        north of the site over ``radius_m``; 0 is the centre of the first cell.
    metres
        Coefficients of x and y as the sum of b u^i v^j, u and v being rows and columns from the site's over ``span``.
    site, span
        Row and column of the site, and rows and columns to the farthest places; shape (2,) each.
    """

    radius_m: float
    cells: Floats
    metres: Floats
    site: Floats
    span: Floats

    def radials(self, bearings: Floats) -> Floats:
        """Return the coefficients of row and column along radials, shape (radials, 2, degree + 1).

        Row and column are the sum of c[k] t^k, t being the distance over ``radius_m``; bearings in radians.
        """
        degree = self.cells.shape[1]
        east, north = np.sin(bearings), np.cos(bearings)
        along = np.zeros((len(bearings), 2, degree))
        for i in range(degree):
            for j in range(degree - i):
                along[:, :, i + j] += (east**i * north**j)[:, None] * self.cells[None, :, i, j]
        return along


def frame_around(longitude: float, latitude: float, radius_m: float, transform: Affine, crs: CRS) -> Frame:
    """Return the frame of a site on the cells of a grid.

    Parameters
    ----------
    longitude, latitude
        Site, degrees of WGS84.
    radius_m
        How far from it positions are wanted, metres along geodesics.
    transform, crs
        The grid, north up.

    Raises
    ------
    DataError
        When no polynomial describes the grid's reference system that far.
    """
    ring = radius_m * (0.5 - 0.5 * np.cos(np.pi * np.arange(1, RINGS + 1) / RINGS))
    bearing = np.linspace(0, 360, SPOKES, endpoint=False)
    distance, azimuth = (grid.ravel() for grid in np.meshgrid(np.append(ring, 0.0), bearing))
    start = np.full(len(distance), float(longitude)), np.full(len(distance), float(latitude))
    placed = EARTH.fwd(*start, azimuth, distance)
    x, y = (np.asarray(each) for each in _from_wgs84_at(longitude, latitude, crs).transform(placed[0], placed[1]))
    if crs.is_geographic:
        x = _unrolled(x, float(x[distance == 0][0]), transform.c, crs)
    at = np.stack([(y - transform.f) / transform.e - 0.5, (x - transform.c) / transform.a - 0.5])
    east, north = (turn(np.radians(azimuth)) * distance / radius_m for turn in (np.sin, np.cos))
    site = at[:, distance == 0][:, 0]
    span = np.abs(at - site[:, None]).max(axis=1)
    if np.isfinite(at).all() and (span > 0).all():
        offset = (at - site[:, None]) / span[:, None]
        for degree in DEGREES:
            cells, error = _fitted(east, north, at, degree)
            metres, inverse = _fitted(offset[0], offset[1], np.stack([east, north]), degree)
            if max(error.max(), (inverse * span.max()).max()) <= TOLERANCE_CELLS:
                return Frame(radius_m, cells, metres, site, span)
    raise fault(
        DataError, "frame_reach", crs=crs.name, radius=f"{radius_m:g}", place=f"{latitude:.5f}, {longitude:.5f}"
    )


def _unrolled(longitudes: Floats, site: float, west: float, crs: CRS) -> Floats:
    """Return longitudes in one piece east of the grid's edge: a DEM may count to 360, or cross the date line."""
    turn = math.tau / float(crs.axis_info[0].unit_conversion_factor)
    edge = west - 1e-9 * turn  # a site on the very edge is not a turn away
    site = edge + (site - edge) % turn
    return np.asarray(site + (longitudes - site + turn / 2) % turn - turn / 2)


def _from_wgs84_at(longitude: float, latitude: float, crs: CRS) -> Transformer:
    """Return the one operation that PROJ takes at the site.

    Left to choose point by point it may pass from one to another, a step of 0.8 m through Dong Nai for VN-2000.
    """
    any_of_them = _from_wgs84(crs)
    try:
        any_of_them.transform(longitude, latitude)
        return any_of_them.get_last_used_operation()
    except ProjError:  # nowhere in that system
        return any_of_them


@lru_cache(maxsize=64)
def _from_wgs84(crs: CRS) -> Transformer:
    return Transformer.from_crs(WGS84, crs, always_xy=True)


def _fitted(x: Floats, y: Floats, values: Floats, degree: int) -> tuple[Floats, Floats]:
    """Return coefficients of both rows of ``values``, and the greatest error of each."""
    powers = [(i, j) for i in range(degree + 1) for j in range(degree + 1 - i)]
    basis = np.stack([x**i * y**j for i, j in powers], axis=1)
    found, *_ = np.linalg.lstsq(basis, values.T, rcond=None)
    coefficients = np.zeros((2, degree + 1, degree + 1))
    for (i, j), pair in zip(powers, found, strict=True):
        coefficients[:, i, j] = pair
    return coefficients, np.abs(basis @ found - values.T).max(axis=0)
