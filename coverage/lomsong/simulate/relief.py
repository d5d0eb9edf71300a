"""Ground, reservoir, forest and canopy of a fictive province."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, gaussian_filter, label

from lomsong.simulate.noise import Floats, fractal
from lomsong.simulate.recipe import METRIC, Recipe
from lomsong.simulate.territory import Territory, cells_at, polygons

Mask = NDArray[np.bool_]

FOREST_CLASSES = ("special_use", "protection", "production")
_FOREST_NAMES = ("Rừng đặc dụng (mô phỏng)", "Rừng phòng hộ (mô phỏng)", "Rừng sản xuất (mô phỏng)")
_RESERVOIR_SHARE = 0.054
_PROTECTION_SHARE = 0.07
_PRODUCTION_SHARE = 0.09


@dataclass(frozen=True)
class Relief:
    """Ground height in whole metres above the sea and the cells under water, on the grid of a territory."""

    ground_m: NDArray[np.int16]
    water: Mask


@dataclass(frozen=True)
class Cover:
    """Canopy height in whole metres, and the forest areas in :data:`METRIC`."""

    canopy_m: NDArray[np.uint8]
    forest: gpd.GeoDataFrame


def raise_relief(territory: Territory, recipe: Recipe) -> Relief:
    """Raise the ground: a delta in the south-west, rolling country, northern hills, one peak and a reservoir."""
    shape = territory.grid.shape
    at = territory.grid.centres()
    easting, northing = at[:, 0].reshape(shape), at[:, 1].reshape(shape)
    west, south, east, north = territory.outline.bounds
    u, v = (easting - west) / (east - west), (northing - south) / (north - south)
    seed = recipe.number("relief")
    upland = _smooth_step((u + v + 0.4 * fractal(easting, northing, 14_000.0, 3, seed) - 0.34) / 0.42)
    rolling = 95.0 + 150.0 * fractal(easting, northing, 13_000.0, 5, seed + 1)
    ground = 5.0 + 4.0 * fractal(easting, northing, 3_000.0, 3, seed + 2) + upland * np.maximum(rolling, 15.0)
    ground += 38.0 * upland * fractal(easting, northing, 2_400.0, 4, seed + 3)
    ridges = 1.0 - 2.2 * np.abs(fractal(easting, northing, 9_000.0, 6, seed + 4))
    ground += _smooth_step((v - 0.62) / 0.22) * np.maximum(ridges, 0.0) * 150.0
    peak = np.hypot(u - 0.80, (v - 0.36) * (north - south) / (east - west)) * (east - west)
    wobble = 1.0 + 0.5 * fractal(easting, northing, 2_500.0, 5, seed + 5)
    slope = peak / (2_100.0 * min(1.0, 2.0 * recipe.scale) * wobble)
    ground += 690.0 * min(1.0, 2.0 * recipe.scale) * np.exp(-(slope**1.6))
    water = _reservoir(territory, recipe, easting, northing)
    return Relief(np.round(_around_water(ground, water, recipe.step_m)).astype(np.int16), water)


def _smooth_step(value: Floats) -> Floats:
    clipped = np.clip(value, 0.0, 1.0)
    return np.asarray(clipped * clipped * (3.0 - 2.0 * clipped))


def _reservoir(territory: Territory, recipe: Recipe, easting: Floats, northing: Floats) -> Mask:
    """Flood the middle-north: an ellipse torn into bays and islands by noise, of a fixed share of the area."""
    west, south, east, north = territory.outline.bounds
    along = (easting - west - 0.53 * (east - west)) / (17_000.0 * recipe.scale)
    across = (northing - south - 0.60 * (north - south)) / (9_500.0 * recipe.scale)
    wavelength_m = 9_000.0 * recipe.scale
    torn = np.hypot(along + 0.5 * across, across - 0.3 * along)
    torn = torn + 1.5 * fractal(easting, northing, wavelength_m, 5, recipe.number("reservoir"))
    inside = territory.commune_at >= 0
    count = int(_RESERVOIR_SHARE * inside.sum())
    level = np.partition(torn[inside], count)[count]
    pieces, _ = label((torn < level) & inside)
    return np.asarray(pieces == 1 + int(np.argmax(np.bincount(pieces.ravel())[1:])))


def _around_water(ground: Floats, water: Mask, step_m: float) -> Floats:
    """Level the reservoir and let the shore rise from it."""
    level = float(np.quantile(ground[water], 0.2))
    away = _smooth_step(distance_transform_edt(~water) * step_m / 2_500.0)
    shore = level + 1.0 + away * np.maximum(ground - level, 0.0)
    near = np.where(away < 1.0, shore, ground)
    return np.where(water, level, np.maximum(near, 0.0))


def water_layer(territory: Territory, relief: Relief) -> gpd.GeoDataFrame:
    """Return the reservoir as one polygon with its name, in :data:`METRIC`."""
    drawn = polygons(np.where(relief.water, 0, -1).astype(np.int16), territory.grid)
    shape = _softened(drawn[0], territory.grid.step_m)
    return gpd.GeoDataFrame({"name": ["Hồ chứa (mô phỏng)"]}, geometry=[shape], crs=METRIC)


def grow_cover(territory: Territory, relief: Relief, settled: Floats, recipe: Recipe) -> Cover:
    """Grow forest and plantations, and clear them around hamlets.

    Parameters
    ----------
    territory, relief
        Where it grows.
    settled
        Easting and northing of the hamlets, shape (n, 2), metres.
    recipe
        Seeds.
    """
    shape = territory.grid.shape
    at = territory.grid.centres()
    easting, northing = at[:, 0].reshape(shape), at[:, 1].reshape(shape)
    seed = recipe.number("cover")
    homes_m = _distance_m(territory, settled)
    classes = _forest_classes(territory, relief, homes_m, (easting, northing), seed)
    texture = fractal(easting, northing, 1_500.0, 3, seed + 2)
    rubber = fractal(easting, northing, 4_000.0, 3, seed + 3) > 0.06
    crowns = np.select(
        [classes == 0, classes == 1, classes == 2, rubber], [21.5, 16.0, 11.5, 9.5], default=2.0
    ) + np.where((classes >= 0) | rubber, 5.0 * texture, 2.0 * texture)
    clearing_m = np.where(classes >= 0, 260.0, 420.0) * (1.0 + 0.6 * texture)
    bare = (homes_m < clearing_m) | relief.water | _towns(territory)
    canopy = np.where(bare, 0.0, np.clip(crowns, 0.0, 25.0))
    forest = _forest_layer(territory, classes)
    return Cover(np.round(canopy).astype(np.uint8), forest)


def _distance_m(territory: Territory, points: Floats) -> Floats:
    away = np.ones(territory.grid.shape, dtype=bool)
    away[cells_at(territory.grid, points)] = False
    return np.asarray(distance_transform_edt(away) * territory.grid.step_m)


def _towns(territory: Territory) -> Mask:
    town = territory.communes["town"].to_numpy()
    return np.asarray((territory.commune_at >= 0) & town[territory.commune_at])


def _forest_classes(
    territory: Territory, relief: Relief, homes_m: Floats, place: tuple[Floats, Floats], seed: int
) -> NDArray[np.int16]:
    """Class of each cell as an index into :data:`FOREST_CLASSES`, -1 for none."""
    inside = (territory.commune_at >= 0) & ~relief.water
    reserve = inside & territory.communes["reserve"].to_numpy()[territory.commune_at]
    edge_m = distance_transform_edt(reserve) * territory.grid.step_m
    classes = np.where(edge_m > 350.0, 0, -1).astype(np.int16)
    rough = gaussian_filter(np.abs(relief.ground_m - gaussian_filter(relief.ground_m.astype(float), 8)), 8)
    free = inside & (homes_m > 900.0) & ~reserve & ~_towns(territory)
    remote = np.minimum(homes_m, 4_000.0) / 4_000.0
    wanted = remote + 0.04 * rough + 0.8 * fractal(*place, 9_000.0, 4, seed)
    for number, share in ((1, _PROTECTION_SHARE), (2, _PRODUCTION_SHARE)):
        open_cells = free & (classes < 0)
        count = min(int(share * inside.sum()), int(open_cells.sum()) - 1)
        if count > 0:
            limit = -np.partition(-wanted[open_cells], count)[count]
            classes[open_cells & (wanted > limit)] = number
    return classes


def _forest_layer(territory: Territory, classes: NDArray[np.int16]) -> gpd.GeoDataFrame:
    drawn = polygons(classes, territory.grid)
    shapes = [_softened(shape, territory.grid.step_m) for shape in drawn.values()]
    rows = {"forest_class": [FOREST_CLASSES[key] for key in drawn], "name": [_FOREST_NAMES[key] for key in drawn]}
    return gpd.GeoDataFrame(rows, geometry=shapes, crs=METRIC)


def _softened(shape: shapely.Geometry, step_m: float) -> shapely.Geometry:
    """Round the steps of a raster outline and drop specks."""
    opened = shape
    for reach in (-0.8, 1.6, -0.8):
        opened = opened.buffer(reach * step_m, quad_segs=2)
    parts = [part for part in shapely.get_parts(opened) if part.area > 25 * step_m**2]
    whole = shapely.multipolygons(parts) if parts else opened
    return shapely.make_valid(whole.simplify(0.5 * step_m))
