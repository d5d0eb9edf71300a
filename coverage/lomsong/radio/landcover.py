"""What classes of land cover mean to radio waves: how high they stand, where there is forest, where there is sea."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from affine import Affine
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS

from lomsong.errors import UsageError
from lomsong.radio.terrain import COASTAL, INLAND, SEA, cell_sides_m
from lomsong.texts import fault

UNKNOWN = 0
"""Code of land cover that is not known."""

WORLD_COVER: dict[int, str] = {
    10: "tree_cover",
    20: "shrubland",
    30: "grassland",
    40: "cropland",
    50: "built_up",
    60: "bare",
    70: "snow_ice",
    80: "water",
    90: "wetland",
    95: "mangroves",
    100: "moss_lichen",
}
"""Classes of ESA WorldCover 10 m (v100 of 2020, v200 of 2021), after its product user manual, table of classes.

Their names in both languages stand in the catalogue under ``land_cover.<class>``.
"""

TALLEST_M = 500.0
"""Most that a class may be said to stand above the ground."""


@dataclass(frozen=True)
class Clutter:
    """What one class of land cover is to radio waves.

    Attributes
    ----------
    height_m
        Representative height above the ground.
    is_forest
        Whether that height is vegetation, which lets waves through, and not buildings.
    is_water
        Whether it may be sea.
    """

    height_m: float
    is_forest: bool = False
    is_water: bool = False


CLUTTER: Mapping[str, Clutter] = MappingProxyType(
    {
        # Categories of the Recommendation, for legends of one's own.
        "sea": Clutter(0.0, is_water=True),
        "water": Clutter(0.0, is_water=True),
        "open": Clutter(0.0),
        "rural": Clutter(0.0),
        "suburban": Clutter(10.0),
        "urban": Clutter(15.0),
        "dense_urban": Clutter(20.0),
        "forest": Clutter(15.0, is_forest=True),
        # ESA WorldCover.
        "tree_cover": Clutter(15.0, is_forest=True),
        "mangroves": Clutter(15.0, is_forest=True),
        "built_up": Clutter(10.0),
        "shrubland": Clutter(0.0),
        "grassland": Clutter(0.0),
        "cropland": Clutter(0.0),
        "bare": Clutter(0.0),
        "snow_ice": Clutter(0.0),
        "wetland": Clutter(0.0),
        "moss_lichen": Clutter(0.0),
    }
)
"""Representative heights by class: the defaults of Recommendation ITU-R P.1812, table 2, for want of local ones.

Water and open or rural ground 0 m, suburban 10 m, urban and trees or forest 15 m, dense urban 20 m. WorldCover has one
class of buildings, most of which in a rural province are villages: it is taken as suburban. In a city, say so with
``{"built_up": 15}``. Shrubs have no category there and count as open ground.
"""

Heights = Mapping[str, Clutter | float]
"""Class to its clutter, or to its height alone."""

LEAST_SEA_KM2 = 25.0
"""Water of less area than this inside a window is a pond or a lake."""

LEAST_BEYOND_KM2 = 1.0
"""Water of at least this area that goes on beyond the edge of a window may be the shore of a sea."""

SEA_LEVEL_M = 1.0
"""Water within this of height 0 may be sea."""

COAST_HEIGHT_M = 100.0
COAST_KM = 50.0
"""Coastal land is lower than the one, and no farther from the sea than the other (P.1812, table 3)."""

COARSE_M = 500.0
"""Side of the cells on which the distance to the sea is measured."""


def legend_of(legend: Mapping[int, str] | None) -> dict[int, str]:
    """Return a legend, code to class; that of ESA WorldCover for None.

    Raises
    ------
    UsageError
        When a code is no whole number within 1…65535.
    """
    found = dict(WORLD_COVER if legend is None else legend)
    for code in found:
        if isinstance(code, bool) or not isinstance(code, int | np.integer) or not 1 <= code <= 65_535:
            raise fault(UsageError, "raster_legend", code=repr(code))
    return found


def clutter_of(legend: Mapping[int, str] | None = None, overrides: Heights | None = None) -> dict[int, Clutter]:
    """Return what each code of a legend is to radio waves.

    Parameters
    ----------
    legend
        Code to class; None: ESA WorldCover.
    overrides
        Class to what replaces :data:`CLUTTER` for it: a height in metres, which leaves forest forest, or all of it.

    Raises
    ------
    UsageError
        When a code is none, a class is neither in :data:`CLUTTER` nor among the overrides, an override names a class
        that is in neither, or a height is not within 0…500 m.
    """
    named, known = legend_of(legend), dict(CLUTTER)
    classes = {*known, *named.values()}
    for name, given in (overrides or {}).items():
        if name not in classes:
            raise fault(UsageError, "landcover_class", name=repr(name), known=", ".join(sorted(classes)))
        known[name] = _clutter(name, given, known.get(name, Clutter(0.0)))
    for code, name in named.items():
        if name not in known:
            raise fault(UsageError, "landcover_heightless", name=repr(name), code=code)
    return {int(code): known[name] for code, name in named.items()}


def _clutter(name: str, given: Clutter | float, usual: Clutter) -> Clutter:
    try:
        found = given if isinstance(given, Clutter) else replace(usual, height_m=float(given))
    except (TypeError, ValueError):
        raise fault(UsageError, "landcover_height", name=repr(name), value=repr(given), limit=TALLEST_M) from None
    if not 0 <= found.height_m <= TALLEST_M:
        raise fault(UsageError, "landcover_height", name=repr(name), value=found.height_m, limit=TALLEST_M)
    return found


def clutter_heights(
    codes: ArrayLike, legend: Mapping[int, str] | None = None, overrides: Heights | None = None
) -> NDArray[np.float32]:
    """Return the representative height above the ground of buildings and the like, metres; 0 in forest.

    A code that is not in the legend, and NaN, count as open ground.

    Parameters
    ----------
    codes
        Codes of land cover, any shape.
    legend, overrides
        As in :func:`clutter_of`.

    Returns
    -------
    Heights of that shape, float32.

    Raises
    ------
    UsageError
        As :func:`clutter_of`.
    """
    clutter = clutter_of(legend, overrides)
    return _looked_up(codes, {code: 0.0 if each.is_forest else each.height_m for code, each in clutter.items()})


def canopy_heights(
    codes: ArrayLike,
    legend: Mapping[int, str] | None = None,
    overrides: Heights | None = None,
    canopy_m: NDArray[np.float32] | None = None,
) -> NDArray[np.float32]:
    """Return the height of the vegetation above the ground, metres.

    It is the measured canopy where there is one, 0 included; elsewhere the representative height of the class where
    that is forest, and 0 where it is not.

    Parameters
    ----------
    codes, legend, overrides
        As in :func:`clutter_heights`.
    canopy_m
        Measured heights of the same shape, NaN where there are none.

    Returns
    -------
    Heights of that shape, float32.
    """
    clutter = clutter_of(legend, overrides)
    usual = _looked_up(codes, {code: each.height_m if each.is_forest else 0.0 for code, each in clutter.items()})
    return usual if canopy_m is None else np.where(np.isnan(canopy_m), usual, canopy_m).astype(np.float32)


def water_of(
    codes: ArrayLike,
    ground_m: NDArray[np.float32],
    legend: Mapping[int, str] | None = None,
    overrides: Heights | None = None,
) -> NDArray[np.bool_]:
    """Tell where there is water: by class, and by a ground of exactly 0 m where the class is not known.

    Maps of land cover end a little off the coast; elevation is 0 beyond.
    """
    clutter = clutter_of(legend, overrides)
    kind = _looked_up(codes, {code: 1.0 if each.is_water else 2.0 for code, each in clutter.items()})
    return np.asarray((kind == 1) | ((kind == 0) & (ground_m == 0)))


def _looked_up(codes: ArrayLike, values: Mapping[int, float]) -> NDArray[np.float32]:
    table = np.zeros(65_536, np.float32)
    for code, value in values.items():
        table[code] = value
    found = np.asarray(codes)
    if found.dtype not in (np.uint8, np.uint16):
        with np.errstate(invalid="ignore"):
            known = (found > 0) & (found <= 65_535) & (found == np.floor(found))
        found = np.where(known, found, UNKNOWN).astype(np.uint16)
    return np.asarray(table[found])


def zones(
    ground_m: NDArray[np.float32], water: NDArray[np.bool_] | None, transform: Affine, crs: CRS
) -> NDArray[np.uint8] | None:
    """Return the radio-climatic zone of each cell of a window; None where all is inland.

    Sea is connected water at height 0 (by class, within 1 m or where the height is void; without classes, ground of
    exactly 0 m) that covers :data:`LEAST_SEA_KM2`, or that goes on beyond the window and covers
    :data:`LEAST_BEYOND_KM2` within. Coastal land lies below 100 m and within 50 km of that sea. All else is inland.

    The Recommendation means seas and lakes that could hold a circle 100 km across, of which a window shows a part at
    best: so an estuary or a lake at sea level may pass for sea, sea beyond the window is not seen, and the makers of
    elevation leave rice land of exactly 0 m. Where that matters, pass zones of your own.

    Parameters
    ----------
    ground_m
        Height above sea level, shape (rows, columns), NaN where it is not known.
    water
        Where there is water, the same shape; None: not known.
    transform, crs
        Where the cells lie, see :class:`~lomsong.radio.terrain.Terrain`.

    Returns
    -------
    1 sea, 3 coastal land, 4 inland, uint8; or None.

    References
    ----------
    Recommendation ITU-R P.1812-8, §3.3 and table 3.
    """
    level = ground_m == 0 if water is None else water & ~(np.abs(ground_m) > SEA_LEVEL_M)
    cells = int(np.count_nonzero(level))
    if not cells:
        return None
    width, height = (float(side.mean()) for side in cell_sides_m(transform, crs, len(ground_m)))
    sea = _sea(level, width * height * 1e-6) if cells * width * height * 1e-6 >= LEAST_BEYOND_KM2 else None
    if sea is None:
        return None
    coastal = ~sea & (ground_m < COAST_HEIGHT_M)
    rows, columns = sea.shape
    # In a small window everything is near the sea that is in it.
    if np.hypot(rows * height, columns * width) > COAST_KM * 1000:
        coastal &= _near(sea, width, height)
    found = np.full(sea.shape, INLAND, np.uint8)
    found[coastal], found[sea] = COASTAL, SEA
    return found


def _sea(level: NDArray[np.bool_], cell_km2: float) -> NDArray[np.bool_] | None:
    """Return what of the water at height 0 is sea; None where nothing is."""
    from scipy import ndimage  # here: most windows have no sea, and it loads slowly

    number, count = ndimage.label(level)
    area_km2 = np.bincount(number.ravel(), minlength=count + 1) * cell_km2
    beyond = np.zeros(count + 1, bool)
    for edge in (number[0], number[-1], number[:, 0], number[:, -1]):
        beyond[edge] = True
    is_sea = (area_km2 >= LEAST_SEA_KM2) | (beyond & (area_km2 >= LEAST_BEYOND_KM2))
    is_sea[0] = False
    return is_sea[number] if is_sea.any() else None


def _near(sea: NDArray[np.bool_], width: float, height: float) -> NDArray[np.bool_]:
    """Tell which cells lie within 50 km of the sea, to about :data:`COARSE_M`."""
    rows, columns = sea.shape
    down, across = max(int(COARSE_M / height), 1), max(int(COARSE_M / width), 1)
    wide = np.logical_or.reduceat(sea, np.arange(0, columns, across), axis=1)
    coarse = np.logical_or.reduceat(wide, np.arange(0, rows, down), axis=0)
    from scipy import ndimage

    away_m = ndimage.distance_transform_edt(~coarse, sampling=(down * height, across * width))
    near = away_m <= COAST_KM * 1000
    return np.asarray(near.repeat(down, axis=0)[:rows].repeat(across, axis=1)[:, :columns])
