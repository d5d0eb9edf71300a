"""Roads that grow over the ground from place to place, and the power lines beside them."""

from __future__ import annotations

import heapq
from collections import defaultdict
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numba import njit
from numpy.typing import NDArray
from shapely import LineString

from lomsong.simulate.noise import Floats, displaced, fractal
from lomsong.simulate.recipe import METRIC, Recipe
from lomsong.simulate.relief import Relief
from lomsong.simulate.territory import Territory

CLASSES = ("national", "provincial", "district", "forest_track")
_NAMES = ("Quốc lộ", "Đường tỉnh", "Đường huyện", "Đường rừng")
_CELL_M = 250.0
_ROAD_DISCOUNT = 0.3

Step = tuple[int, int]


@dataclass
class _Network:
    """Roads on a coarse grid: the class of each step between neighbouring cells."""

    columns: int
    west_m: float
    north_m: float
    cost: Floats
    reserve: NDArray[np.bool_]
    on_road: NDArray[np.bool_]
    steps: dict[Step, int]

    def cell(self, at: Floats) -> int:
        """Return the cell of a place."""
        return int((self.north_m - at[1]) // _CELL_M) * self.columns + int((at[0] - self.west_m) // _CELL_M)

    def add(self, start: int, goal: NDArray[np.bool_], rank: int) -> None:
        """Build the cheapest road from a cell to any cell of ``goal``."""
        way = _cheapest_way(np.where(self.on_road, _ROAD_DISCOUNT * self.cost, self.cost), self.columns, start, goal)
        for one, other in zip(way[:-1].tolist(), way[1:].tolist(), strict=True):
            step = (min(one, other), max(one, other))
            kind = 3 if rank > 0 and self.reserve[one] and self.reserve[other] else rank
            self.steps[step] = min(self.steps.get(step, kind), kind)
        self.on_road[way] = True


def build_roads(territory: Territory, relief: Relief, hamlets: gpd.GeoDataFrame, recipe: Recipe) -> gpd.GeoDataFrame:
    """Connect district towns, then communes, then hamlets, each by the cheapest way to what is there already.

    Returns
    -------
    GeoDataFrame in :data:`METRIC` with class (one of :data:`CLASSES`), name and LineStrings from junction to junction.
    """
    network = _empty_network(territory, relief, recipe)
    rng = recipe.rng("roads")
    at = np.column_stack([hamlets.geometry.x, hamlets.geometry.y])
    centres = hamlets["commune_row"].drop_duplicates().index.to_numpy()
    towns = _towns(territory, at, centres)
    network.on_road[network.cell(at[towns[0]])] = True
    for place in _by_distance(at[towns]):
        network.add(network.cell(at[towns][place]), network.on_road.copy(), 0)
    for exit_ in _exits(territory):
        network.add(network.cell(exit_), network.on_road.copy(), 0)
    for place in _by_distance(at[centres]):
        network.add(network.cell(at[centres][place]), network.on_road.copy(), 1)
    _shortcuts(network, at[centres], 0.30, 1, rng)
    for place in _by_distance(at):
        network.add(network.cell(at[place]), network.on_road.copy(), 2)
    _shortcuts(network, at[~hamlets["reserve"].to_numpy()], 0.10, 2, rng)
    return _lines(network, recipe)


def _empty_network(territory: Territory, relief: Relief, recipe: Recipe) -> _Network:
    """Price each coarse cell: water and land outside are dear, slopes and some ground dearer than other ground."""
    grid = territory.grid
    rows, columns = (int(size * grid.step_m // _CELL_M) for size in grid.shape)
    easting = grid.west_m + (np.arange(columns) + 0.5) * _CELL_M
    northing = grid.north_m - (np.arange(rows) + 0.5) * _CELL_M
    row = np.minimum(((np.arange(rows) + 0.5) * _CELL_M / grid.step_m).astype(int), grid.shape[0] - 1)
    column = np.minimum(((np.arange(columns) + 0.5) * _CELL_M / grid.step_m).astype(int), grid.shape[1] - 1)
    pick = np.ix_(row, column)
    owner, ground = territory.commune_at[pick], relief.ground_m[pick].astype(float)
    slope = np.hypot(*np.gradient(ground, _CELL_M))
    across, along = np.meshgrid(easting, northing)
    noise = fractal(across, along, 2_500.0, 3, recipe.number("roads"))
    cost = (1.0 + 25.0 * slope + 1.6 * np.abs(noise)) * np.where(relief.water[pick], 60.0, 1.0)
    cost = np.where(owner < 0, 200.0, cost)
    reserve = (owner >= 0) & territory.communes["reserve"].to_numpy()[owner]
    on_road = np.zeros(rows * columns, dtype=bool)
    return _Network(columns, grid.west_m, grid.north_m, cost.ravel(), reserve.ravel(), on_road, {})


def _towns(territory: Territory, at: Floats, centres: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the hamlet row of the densest commune of each district, the most populous district first."""
    communes = territory.communes.reset_index(drop=True)
    density = communes["population"] / communes["area_km2"]
    densest = density.groupby(communes["parent_code"]).idxmax()
    people = communes.groupby("parent_code")["population"].sum()
    order = people.sort_values(ascending=False, kind="stable").index
    return np.asarray(centres[densest[order].to_numpy()])


def _by_distance(at: Floats) -> NDArray[np.int64]:
    """Order places from the first one outwards, so that roads grow from the built-up side."""
    return np.argsort(np.hypot(*(at - at[0]).T), kind="stable")


def _exits(territory: Territory) -> Floats:
    """Return four places on the border where national roads leave the province."""
    border = shapely.get_coordinates(territory.outline.buffer(-2.0 * _CELL_M).simplify(_CELL_M))
    west, south, east, north = territory.outline.bounds
    corners = np.array([[west, south], [east, south + 0.35 * (north - south)], [west, 0.5 * (north + south)],
                        [0.8 * east + 0.2 * west, north]])  # fmt: skip
    return border[[int(np.argmin(np.hypot(*(border - corner).T))) for corner in corners]]


def _shortcuts(network: _Network, at: Floats, share: float, rank: int, rng: np.random.Generator) -> None:
    """Join some neighbouring places directly, so that the network is not a mere tree."""
    if len(at) < 4:
        return
    edges = shapely.delaunay_triangles(shapely.multipoints(at), only_edges=True)
    for edge in sorted(shapely.get_parts(edges), key=lambda line: (line.length, line.wkb)):
        if rng.random() < share and edge.length < 9_000.0:
            start, end = shapely.get_coordinates(edge)
            goal = np.zeros(len(network.cost), dtype=bool)
            goal[network.cell(end)] = True
            network.add(network.cell(start), goal, rank)


@njit(cache=True)
def _cheapest_way(cost: Floats, columns: int, start: int, goal: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Dijkstra's way from ``start`` to the cheapest cell of ``goal`` over eight neighbours."""
    rows = len(cost) // columns
    spent = np.full(len(cost), np.inf)
    before = np.full(len(cost), -1)
    spent[start] = 0.0
    heap = [(0.0, start)]
    end = start
    while len(heap) > 0:
        so_far, here = heapq.heappop(heap)
        if goal[here]:
            end = here
            break
        if so_far > spent[here]:
            continue
        row, column = here // columns, here % columns
        for down in range(-1, 2):
            for right in range(-1, 2):
                to_row, to_column = row + down, column + right
                if not (0 <= to_row < rows and 0 <= to_column < columns) or (down == 0 and right == 0):
                    continue
                there = to_row * columns + to_column
                length = 1.0 if down == 0 or right == 0 else 1.41421356
                total = so_far + 0.5 * length * (cost[here] + cost[there])
                if total < spent[there]:
                    spent[there] = total
                    before[there] = here
                    heapq.heappush(heap, (total, there))
    way = [end]
    while before[way[-1]] >= 0:
        way.append(before[way[-1]])
    return np.array(way[::-1])


def _lines(network: _Network, recipe: Recipe) -> gpd.GeoDataFrame:
    """Turn steps into smooth lines from junction to junction."""
    neighbours: dict[int, list[int]] = defaultdict(list)
    for one, other in sorted(network.steps):
        neighbours[one].append(other)
        neighbours[other].append(one)

    def rank(one: int, other: int) -> int:
        return network.steps[min(one, other), max(one, other)]

    def ends(cell: int) -> bool:
        near = neighbours[cell]
        return len(near) != 2 or rank(cell, near[0]) != rank(cell, near[1])

    seen: set[Step] = set()
    chains: list[list[int]] = []
    for start in sorted(neighbours, key=lambda cell: (not ends(cell), cell)):
        for first in neighbours[start]:
            if (min(start, first), max(start, first)) in seen:
                continue
            chain = [start, first]
            seen.add((min(start, first), max(start, first)))
            while not ends(chain[-1]) and chain[-1] != start:
                following = next(cell for cell in neighbours[chain[-1]] if cell != chain[-2])
                seen.add((min(chain[-1], following), max(chain[-1], following)))
                chain.append(following)
            chains.append(chain)
    ranks = [rank(chain[0], chain[1]) for chain in chains]
    numbers = np.cumsum(np.eye(len(CLASSES), dtype=int)[ranks], axis=0)[np.arange(len(ranks)), ranks]
    return gpd.GeoDataFrame(
        {
            "class": [CLASSES[kind] for kind in ranks],
            "name": [f"{_NAMES[kind]} M{number}" for kind, number in zip(ranks, numbers, strict=True)],
        },
        geometry=[_smooth(chain, network, recipe) for chain in chains],
        crs=METRIC,
    )


def _smooth(chain: list[int], network: _Network, recipe: Recipe) -> LineString:
    cells = np.array(chain)
    at = np.column_stack(
        [
            network.west_m + (cells % network.columns + 0.5) * _CELL_M,
            network.north_m - (cells // network.columns + 0.5) * _CELL_M,
        ]
    )
    for _ in range(3):
        cut = np.stack([0.75 * at[:-1] + 0.25 * at[1:], 0.25 * at[:-1] + 0.75 * at[1:]], axis=1).reshape(-1, 2)
        at = np.vstack([at[:1], cut[1:-1], at[-1:]]) if len(at) > 2 else at
    bent = displaced(at, 90.0, 1_100.0, recipe.number("bends"))
    return shapely.simplify(LineString(bent), 6.0)


def string_power_lines(roads: gpd.GeoDataFrame, forest: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Run power lines along the roads that carry them, stopping short of the special-use forest."""
    carried = roads[roads["class"] != "forest_track"].geometry.union_all()
    reserve = forest.geometry[forest["forest_class"] == "special_use"].union_all()
    outside = shapely.line_merge(carried.difference(reserve.buffer(600.0)))
    return gpd.GeoDataFrame(geometry=list(shapely.get_parts(outside)), crs=METRIC)
