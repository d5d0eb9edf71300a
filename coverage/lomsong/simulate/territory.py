"""Outline, districts and communes of a fictive province: borders that look grown, drawn from no map."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numba import njit
from numpy.typing import NDArray
from rasterio.features import rasterize, shapes
from rasterio.transform import Affine, from_origin
from scipy.interpolate import splev, splprep
from scipy.ndimage import distance_transform_edt, find_objects, label
from shapely import MultiPolygon, Polygon

from lomsong.errors import UsageError
from lomsong.geo import Grid
from lomsong.simulate.communes import commune_list
from lomsong.simulate.noise import Floats, displaced
from lomsong.simulate.recipe import METRIC, Recipe

_OUTLINE_KM = (
    (3, 14), (8, 5), (18, 3), (27, 7), (33, 9), (41, 11), (50, 12), (58, 13), (66, 17), (75, 22), (84, 26), (92, 32),
    (95, 41), (92, 51), (85, 57), (81, 65), (83, 74), (86, 84), (88, 95), (82, 105), (73, 110), (63, 112), (54, 107),
    (46, 103), (37, 105), (28, 102), (20, 97), (16, 88), (15, 78), (11, 69), (10, 59), (5, 51), (3, 42), (6, 32),
    (8, 23),
)  # fmt: skip
"""Hand-drawn, counter-clockwise from the south-west; a likeness, not the border."""

_DISTRICTS_KM = {
    "731": (11, 44), "732": (52, 42), "734": (68, 93), "735": (27, 74), "736": (58, 70), "737": (29, 45),
    "738": (43, 48), "739": (54, 27), "740": (29, 23), "741": (73, 40), "742": (14, 14),
}  # fmt: skip
"""Rough middle of the districts, so that neighbours are neighbours."""

_MARGIN_M = 3_000.0


@dataclass(frozen=True)
class Drawing:
    """Where the hand-drawn plan comes to lie: its south-west corner and its stretch."""

    stretch: float
    west_m: float
    south_m: float
    easting_m: float
    northing_m: float

    def place(self, drawn_m: Floats) -> Floats:
        """Return easting and northing of drawn places, shape (n, 2), metres."""
        corner = np.array([self.west_m, self.south_m])
        return np.array([self.easting_m, self.northing_m]) + self.stretch * (drawn_m - corner)


@dataclass(frozen=True)
class Territory:
    """Communes of a province and the grid over it.

    ``communes`` is in :data:`METRIC` with the columns of :func:`commune_list`; ``commune_at`` holds the row of the
    commune of each cell, -1 outside.
    """

    outline: Polygon
    communes: gpd.GeoDataFrame
    grid: Grid
    commune_at: NDArray[np.int16]

    def cells(self, mask: NDArray[np.bool_]) -> Floats:
        """Return easting and northing of the centres of the cells of ``mask``, shape (n, 2), metres."""
        return self.grid.centres()[mask.ravel()]


def cells_at(grid: Grid, at: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return row and column of the cells that hold places, shape (n, 2), metres; the nearest ones for those outside."""
    rows = np.floor((grid.north_m - at[:, 1]) / grid.step_m).astype(np.int64)
    columns = np.floor((at[:, 0] - grid.west_m) / grid.step_m).astype(np.int64)
    return np.clip(rows, 0, grid.shape[0] - 1), np.clip(columns, 0, grid.shape[1] - 1)


def transform(grid: Grid) -> Affine:
    """Return the affine transform of a grid."""
    return from_origin(grid.west_m, grid.north_m, grid.step_m, grid.step_m)


def rasterized(geometries: list[shapely.Geometry], grid: Grid) -> NDArray[np.int16]:
    """Return the row of the geometry that holds each cell centre, -1 where none does."""
    pairs = [(geometry, row) for row, geometry in enumerate(geometries) if not geometry.is_empty]
    if not pairs:
        return np.full(grid.shape, -1, dtype=np.int16)
    return np.asarray(rasterize(pairs, out_shape=grid.shape, transform=transform(grid), fill=-1, dtype="int16"))


def polygons(labels: NDArray[np.int16], grid: Grid) -> dict[int, shapely.Geometry]:
    """Return the area of each label from 0 up as (multi)polygons along cell edges."""
    parts: dict[int, list[Polygon]] = {}
    for outline, value in shapes(labels, mask=labels >= 0, transform=transform(grid)):
        parts.setdefault(int(value), []).append(Polygon(outline["coordinates"][0], outline["coordinates"][1:]))
    return {value: shapely.union_all(parts[value]) for value in sorted(parts)}


def draw_territory(recipe: Recipe) -> Territory:
    """Lay out the province of a recipe.

    Raises
    ------
    UsageError
        When its communes are too small for its cells.
    """
    outline, drawing = _outline(recipe)
    west, south, east, north = outline.buffer(_MARGIN_M).bounds
    grid = Grid.over((west, south, east, north), recipe.step_m, METRIC)
    table = commune_list(recipe)
    inside = rasterized([outline], grid) >= 0
    at = grid.centres()[inside.ravel()]
    reach_m = 550.0 * min(1.0, 2.0 * recipe.scale)
    warped = displaced(at, reach_m, 6_000.0, recipe.number("borders"))
    labels = np.full(grid.shape, -1, dtype=np.int16)
    labels[inside] = _labels(warped, table, recipe, drawing)
    drawn = np.array(list(polygons(_without_fragments(labels), grid).values()))
    # a vertex at every cell corner: neighbours then meet in the same vertices, as a coverage must
    smooth = shapely.coverage_simplify(shapely.segmentize(drawn, recipe.step_m), 2.2 * recipe.step_m)
    shapes = [MultiPolygon(shapely.get_parts(shape).tolist()) for shape in smooth]
    commune_at = rasterized(shapes, grid)
    if not set(range(len(table))) <= set(np.unique(commune_at).tolist()):
        raise UsageError(
            f"recipe: {len(table)} communes on {recipe.area_km2:g} km² in cells of {recipe.step_m:g} m leave the "
            "smallest without a cell; raise area_km2, or lower communes or step_m"
        )
    communes = gpd.GeoDataFrame(table, geometry=shapes, crs=METRIC)
    return Territory(shapely.coverage_union_all(smooth), communes, grid, commune_at)


def _outline(recipe: Recipe) -> tuple[Polygon, Drawing]:
    if recipe.communes is None:
        ring = np.array(_OUTLINE_KM, dtype=float) * 1_000.0
    else:
        rng = recipe.rng("outline")
        angle = np.linspace(0.0, 2.0 * np.pi, 36, endpoint=False)
        radius = 1.0 + sum(
            rng.normal(0.0, 0.16 / turns) * np.cos(turns * angle + rng.uniform(0.0, 6.28)) for turns in range(2, 7)
        )
        ring = 45_000.0 * np.column_stack([np.cos(angle), 1.2 * np.sin(angle)]) * np.asarray(radius)[:, None]
        ring -= ring.min(axis=0)
    spline, _ = splprep([*np.vstack([ring, ring[:1]]).T], per=True, s=0)
    smooth = np.column_stack(splev(np.linspace(0.0, 1.0, 1_500, endpoint=False), spline))
    shape = Polygon(displaced(smooth, 900.0, 12_000.0, recipe.number("outline"))).buffer(0)
    drawing = Drawing(
        float(np.sqrt(recipe.area_km2 * 1e6 / shape.area)), shape.bounds[0], shape.bounds[1], *recipe.origin
    )
    return shapely.transform(shape, drawing.place), drawing


def _labels(at: Floats, table: pd.DataFrame, recipe: Recipe, drawing: Drawing) -> NDArray[np.int16]:
    """Divide cells among districts, then each district among its communes; row of ``table`` of each cell."""
    codes = sorted(table["parent_code"].unique())
    area = table.groupby("parent_code")["area_km2"].sum()[codes].to_numpy()
    if recipe.communes is None:
        centres = drawing.place(1_000.0 * np.array([_DISTRICTS_KM[code] for code in codes], dtype=float))
    else:
        centres = recipe.rng("districts").permutation(at)[: len(codes)]
        centres[0] = at[at[:, 1] >= np.quantile(at[:, 1], 0.9)].mean(axis=0)
    district = partition(at, centres, area, moves=0 if recipe.communes is None else 60)
    out = np.empty(len(at), dtype=np.int16)
    for number, code in enumerate(codes):
        rows = np.flatnonzero((table["parent_code"] == code).to_numpy())
        cells = np.flatnonzero(district == number)
        members = table.iloc[rows]
        start = _spiral(at[cells].mean(axis=0), members)
        hints = drawing.place(1_000.0 * members[["hint_east_km", "hint_north_km"]].to_numpy())
        start = np.where(np.isnan(hints), start, hints)
        out[cells] = rows[partition(at[cells], start, members["area_km2"].to_numpy(), moves=20)]
    return out


def _spiral(middle: Floats, members: pd.DataFrame) -> Floats:
    """Start the densest communes in the middle and the others around them."""
    order = np.argsort(-(members["population"] / members["area_km2"]).to_numpy(), kind="stable")
    area_m2 = members["area_km2"].to_numpy()[order] * 1e6
    radius = np.sqrt((np.cumsum(area_m2) - area_m2 / 2.0) / np.pi)
    angle = 2.399963 * np.arange(len(order))
    out = np.empty((len(order), 2))
    out[order] = middle + radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    return out


def partition(at: Floats, centres: Floats, area: Floats, rounds: int = 120, moves: int = 60) -> NDArray[np.int64]:
    """Divide places among centres so that each gets its share of the area.

    A power diagram whose weights are raised where a part is too small; in the first ``moves`` rounds
    the centres also move to the middle of their parts, which makes the parts compact.

    Parameters
    ----------
    at
        Places of equal area, shape (n, 2), metres.
    centres
        Where the parts start, shape (k, 2), metres.
    area
        Wanted area of the parts in any unit, shape (k,).

    Returns
    -------
    Part of each place, 0 to k - 1.

    References
    ----------
    Aurenhammer, Hoffmann and Aronov (1998), Minkowski-type theorems and least-squares clustering.
    """
    sample = at[:: max(1, len(at) // 12_000)]
    cell_m2 = np.ptp(at, axis=0).prod() / len(sample)
    wanted = area / area.sum() * len(sample)
    weight, centres = np.zeros(len(area)), centres.copy()
    best = (np.inf, centres, weight)
    for turn in range(rounds):
        part = _nearest(sample, centres, weight)
        count = np.bincount(part, minlength=len(area))
        error = float(np.abs(count / wanted - 1.0).max())
        if error < best[0]:
            best = (error, centres.copy(), weight.copy())
        weight += (0.05 + 0.45 * (1.0 - turn / rounds)) * (wanted - count) * cell_m2
        if turn < moves:
            sums = np.column_stack([np.bincount(part, sample[:, axis], len(area)) for axis in (0, 1)])
            filled = count > 0
            centres[filled] = sums[filled] / count[filled, None]
    return _none_empty(np.asarray(_nearest(at, best[1], best[2])), at, best[1], area)


def _none_empty(part: NDArray[np.int64], at: Floats, centres: Floats, area: Floats) -> NDArray[np.int64]:
    """Let each part that the division left without a place take its share of those nearest to its centre.

    Only from parts larger than their own share, so that no part is emptied in turn.
    """
    part = part.copy()
    wanted = np.maximum(1, (area / area.sum() * len(at)).astype(np.int64))
    count = np.bincount(part, minlength=len(area))
    for empty in np.flatnonzero(count == 0):
        rich = np.flatnonzero((count > wanted)[part])
        away = np.hypot(*(at[rich] - centres[empty]).T)
        taken = rich[np.argsort(away, kind="stable")[: wanted[empty]]]
        part[taken] = empty
        count = np.bincount(part, minlength=len(area))
    return part


@njit(cache=True)
def _nearest(at: Floats, centres: Floats, weight: Floats) -> NDArray[np.int64]:
    out = np.empty(len(at), dtype=np.int64)
    for row in range(len(at)):
        best = np.inf
        for part in range(len(centres)):
            east, north = at[row, 0] - centres[part, 0], at[row, 1] - centres[part, 1]
            power = east * east + north * north - weight[part]
            if power < best:
                best, out[row] = power, part
    return out


def _without_fragments(labels: NDArray[np.int16]) -> NDArray[np.int16]:
    """Give every piece cut off from its commune to the commune around it."""
    loose = np.zeros(labels.shape, dtype=bool)
    for row, window in enumerate(find_objects(labels + 1)):
        pieces, count = label(labels[window] == row)
        if count > 1:
            largest = 1 + int(np.argmax(np.bincount(pieces.ravel())[1:]))
            loose[window] |= (pieces > 0) & (pieces != largest)
    nearest = distance_transform_edt(loose | (labels < 0), return_distances=False, return_indices=True)
    return np.where(loose, labels[tuple(nearest)], labels)
