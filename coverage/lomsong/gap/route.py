"""Roads as a graph of short pieces, ways along them, and the order of a day's drive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import geopandas as gpd
import numpy as np
import shapely
from numba import njit
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import Delaunay, QhullError, cKDTree
from shapely.ops import substring

SNAP_M = 10.0
"""Ends of roads nearer than this to another road are joined to it: digitised by hand, they seldom meet exactly."""

SAVES_M = 1.0
"""An exchange in a tour that saves less is not made."""

Stop = tuple[int, int]
"""A piece to be driven, and from which of its ends: 0 as it lies, 1 from its other end."""


@dataclass(frozen=True)
class Ways:
    """Shortest ways from one node to all others.

    Attributes
    ----------
    length_m
        Of each way, shape (nodes,); infinite where none leads.
    before, by
        Node before each on its way and the piece between, shape (nodes,); -1 at the start and where none leads.
    order
        Nodes by ``length_m``.
    """

    length_m: NDArray[np.float64]
    before: NDArray[np.int64]
    by: NDArray[np.int64]
    order: NDArray[np.int64]

    def pieces(self, node: int) -> list[int]:
        """Return the pieces of the way to a node, in their order."""
        found = []
        while self.by[node] >= 0:
            found.append(int(self.by[node]))
            node = int(self.before[node])
        return found[::-1]

    def gathered(self, worth: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sum of the ``worth`` of the pieces on the way to each node, shape (nodes,)."""
        total = np.zeros(len(self.order))
        _gather(self.order, self.before, self.by, worth, total)
        return total


@njit(cache=True, nogil=True)
def _gather(
    order: NDArray[np.int64],
    before: NDArray[np.int64],
    by: NDArray[np.int64],
    worth: NDArray[np.float64],
    total: NDArray[np.float64],
) -> None:
    for node in order:
        if by[node] >= 0:
            total[node] = total[before[node]] + worth[by[node]]


@dataclass(frozen=True)
class RoadGraph:
    """Pieces of road between nodes, in a metric CRS.

    Attributes
    ----------
    nodes
        Easting and northing, shape (nodes, 2), m.
    ends
        First and last node of each piece, shape (pieces, 2).
    lines
        Course of each piece from its first node to its last, shape (pieces,), LineStrings.
    road
        Row of the road that each piece is of, shape (pieces,); -1: none, a straight line.
    """

    nodes: NDArray[np.float64]
    ends: NDArray[np.int64]
    lines: NDArray[np.object_]
    road: NDArray[np.int64]
    _known: dict[int, Ways] = field(default_factory=dict, repr=False, compare=False)
    _links: list[csr_matrix] = field(default_factory=list, repr=False, compare=False)

    @cached_property  # a plan asks for it at every stop that it tries
    def length_m(self) -> NDArray[np.float64]:
        """Length of each piece, shape (pieces,)."""
        return np.asarray(shapely.length(self.lines), float)

    def nearest(self, at: NDArray[np.float64]) -> int:
        """Return the node nearest to a place (easting, northing)."""
        return int(cKDTree(self.nodes).query(at)[1])

    def along(self, share: float) -> NDArray[np.float64]:
        """Return the place at a share of the length of each piece, shape (pieces, 2)."""
        return shapely.get_coordinates(shapely.line_interpolate_point(self.lines, share, normalized=True))

    def ways(self, node: int) -> Ways:
        """Return the shortest ways from a node (Dijkstra 1959); those asked for before are kept."""
        if node not in self._known:
            self._known[node] = self._ways(node)
        return self._known[node]

    def _ways(self, node: int) -> Ways:
        if not self._links:
            self._links.extend(self._matrices())
        length, piece = self._links
        away, before = dijkstra(length, directed=True, indices=node, return_predecessors=True)
        before = np.where(before < 0, -1, before).astype(np.int64)
        reached = np.flatnonzero(before >= 0)
        by = np.full(len(self.nodes), -1, dtype=np.int64)
        by[reached] = np.asarray(piece[before[reached], reached]).ravel().astype(np.int64) - 1
        return Ways(away, before, by, np.argsort(away, kind="stable"))

    def _matrices(self) -> tuple[csr_matrix, csr_matrix]:
        """Return length and number (from 1) of the shortest piece between each two neighbours, both ways."""
        size = (len(self.nodes), len(self.nodes))
        length, number = np.maximum(self.length_m, 1e-3), np.arange(1, len(self.ends) + 1)
        order = np.lexsort((number, length))
        pair = np.sort(self.ends, axis=1)[order]
        _, first = np.unique(pair, axis=0, return_index=True)
        kept = order[first]
        kept = kept[self.ends[kept, 0] != self.ends[kept, 1]]
        row, column = np.concatenate([self.ends[kept], self.ends[kept, ::-1]]).T
        by_length, by_number = (
            csr_matrix((np.tile(values[kept], 2), (row, column)), shape=size) for values in (length, number)
        )
        return by_length, by_number


def road_graph(roads: gpd.GeoSeries, piece_m: float, snap_m: float = SNAP_M) -> RoadGraph:
    """Cut roads where they meet, and between into pieces of equal length.

    Roads meet where they share a vertex and where one ends within ``snap_m`` of another; roads that merely cross do
    not: one may be a bridge.

    Parameters
    ----------
    roads
        LineStrings or MultiLineStrings in a metric CRS; what is missing, empty or no line is left out.
    piece_m
        Greatest length of a piece.
    snap_m
        See above.
    """
    shapes = roads.to_numpy()
    usable = np.flatnonzero(np.isin(shapely.get_type_id(shapes), (1, 5)) & ~shapely.is_empty(shapes))
    parts, of = shapely.get_parts(shapely.force_2d(shapes[usable]), return_index=True)
    lines = [(line, int(usable[row])) for line, row in zip(parts, of, strict=True) if line.length > 0]
    pieces, road = [], []
    for (line, row), cuts in zip(lines, _cuts([line for line, _ in lines], snap_m), strict=True):
        for begin, end in pairwise(cuts):
            steps = np.linspace(begin, end, max(int(np.ceil((end - begin) / piece_m)), 1) + 1)
            pieces += [substring(line, one, other) for one, other in pairwise(steps)]
            road += [row] * (len(steps) - 1)
    return _joined(pieces, np.array(road, dtype=np.int64), snap_m)


def straight_graph(places: NDArray[np.float64], piece_m: float) -> RoadGraph:
    """Join places by straight lines to their neighbours (Delaunay 1934), where no road is known.

    Parameters
    ----------
    places
        Easting and northing, shape (n, 2), m.
    piece_m
        Greatest length of a piece.
    """
    places = np.unique(np.round(places, 1), axis=0)
    try:
        corners = Delaunay(places).simplices
        pairs = np.vstack([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]])
    except (QhullError, ValueError):  # fewer than three, or all in one line: in the order in which they lie
        pairs = np.column_stack([np.arange(len(places) - 1), np.arange(1, len(places))])
    pairs = np.unique(np.sort(pairs, axis=1), axis=0)
    lines = shapely.linestrings(places[pairs]) if len(pairs) else np.empty(0, dtype=object)
    graph = road_graph(gpd.GeoSeries(lines), piece_m, 0.5)
    return RoadGraph(graph.nodes, graph.ends, graph.lines, np.full(len(graph.road), -1))


def _cuts(lines: list[shapely.LineString], snap_m: float) -> list[NDArray[np.float64]]:
    """Return where each line is cut, as distances along it, its ends included."""
    found: list[list[float]] = [[0.0, line.length] for line in lines]
    if not lines:
        return []
    array = np.array(lines, dtype=object)
    tree = shapely.STRtree(array)
    ends = np.concatenate([shapely.get_point(array, 0), shapely.get_point(array, -1)])
    points, of = shapely.get_coordinates(array, return_index=True)
    _, vertex, count = np.unique(np.round(points, 1), axis=0, return_inverse=True, return_counts=True)
    shared = np.flatnonzero(count[np.asarray(vertex).ravel()] > 1)
    touched, line = tree.query(ends, predicate="dwithin", distance=snap_m)
    point = np.concatenate([ends[touched], shapely.points(points[shared])])
    line = np.concatenate([line, of[shared]])
    along = shapely.line_locate_point(array[line], point)
    for row, distance in zip(line.tolist(), along.tolist(), strict=True):
        found[row].append(distance)
    return [_apart(np.sort(cuts), snap_m) for cuts in found]


def _apart(cuts: NDArray[np.float64], snap_m: float) -> NDArray[np.float64]:
    """Return cuts without those nearer than ``snap_m`` to the one before or to the last, ends kept."""
    kept = [cuts[0]]
    for cut in cuts[1:-1]:
        if cut - kept[-1] > snap_m and cuts[-1] - cut > snap_m:
            kept.append(cut)
    return np.array([*kept, cuts[-1]])


def _joined(pieces: list[shapely.LineString], road: NDArray[np.int64], snap_m: float) -> RoadGraph:
    lines = np.array(pieces, dtype=object)
    if not pieces:
        return RoadGraph(np.empty((0, 2)), np.empty((0, 2), dtype=np.int64), lines, road)
    first, last = (shapely.get_coordinates(shapely.get_point(lines, end)) for end in (0, -1))
    points = np.vstack([first, last])
    near = cKDTree(points).query_pairs(1.5 * snap_m, output_type="ndarray")
    size = (len(points), len(points))
    _, node = connected_components(csr_matrix((np.ones(len(near)), (near[:, 0], near[:, 1])), shape=size), False)
    count = np.bincount(node)
    nodes = np.column_stack([np.bincount(node, points[:, axis]) / count for axis in (0, 1)])
    return RoadGraph(nodes, node.reshape(2, -1).T.astype(np.int64), lines, road)


def exits(graph: RoadGraph, stop: Stop) -> tuple[int, int]:
    """Return the node at which a stop is entered and the one at which it is left."""
    first, last = graph.ends[stop[0]].tolist()
    return (first, last) if stop[1] == 0 else (last, first)


def tour_m(graph: RoadGraph, stops: Sequence[Stop], start: int, end: int | None) -> float:
    """Return the length of the way from ``start`` through all stops to ``end``; None: it ends with the last stop."""
    length, here = 0.0, start
    for stop in stops:
        entry, left = exits(graph, stop)
        length += float(graph.ways(here).length_m[entry] + graph.length_m[stop[0]])
        here = left
    return length if end is None or not stops else length + float(graph.ways(here).length_m[end])


def shortened(graph: RoadGraph, stops: Sequence[Stop], start: int, end: int | None) -> list[Stop]:
    """Return the stops in an order of a shorter way, by exchanges of two links (Croes 1958, 2-opt).

    Between two links all stops are driven in reverse, each from its other end; the best exchange is made until none
    saves :data:`SAVES_M`.
    """
    order = list(stops)
    while len(order) > 1:
        entry, left = np.array([exits(graph, stop) for stop in order]).T
        before = np.concatenate([[start], left[:-1]])
        after = np.concatenate([entry[1:], [-1 if end is None else end]])
        rows = {node: graph.ways(int(node)).length_m for node in np.unique(np.concatenate([before, entry]))}
        old_first = np.array([rows[one][other] for one, other in zip(before, entry, strict=True)])
        reach = np.vstack([rows[node] for node in before])
        onward = np.vstack([rows[node] for node in entry])
        open_end = after < 0
        new_last = np.where(open_end[None, :], 0.0, onward[:, np.maximum(after, 0)])
        old_last = np.append(old_first[1:], 0.0 if end is None else graph.ways(int(left[-1])).length_m[end])
        change = reach[:, left] + new_last - old_first[:, None] - old_last[None, :]
        change[np.tril_indices(len(order), -1)] = 0.0
        first, last = np.unravel_index(int(np.argmin(change)), change.shape)
        if change[first, last] > -SAVES_M:
            break
        turned = [(piece, 1 - way) for piece, way in order[first : last + 1][::-1]]
        order[first : last + 1] = turned
    return order
