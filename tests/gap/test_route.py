import itertools

import geopandas as gpd
import numpy as np
import pytest
from scipy.sparse.csgraph import floyd_warshall
from shapely import LineString, MultiLineString

from lomsong.gap.route import exits, road_graph, shortened, straight_graph, tour_m


def grid_roads(size=4, step_m=1_000.0):
    """Roads of a town on a grid, each from side to side: they meet in the middle of each other."""
    far = (size - 1) * step_m
    across = [LineString([(i * step_m, row * step_m) for i in range(size)]) for row in range(size)]
    along = [LineString([(column * step_m, 0), (column * step_m, far)]) for column in range(size)]
    return gpd.GeoSeries(across + along)


def test_roads_by_hand():
    main, side = LineString([(0, 0), (1_000, 0)]), LineString([(400, 6), (400, 300)])
    bridge = LineString([(550, -200), (550, 200)])
    graph = road_graph(gpd.GeoSeries([main, side, None, bridge]), 350.0)
    assert graph.road.tolist() == [0, 0, 0, 0, 1, 3, 3]
    assert sorted(np.round(graph.length_m[:4])) == [200, 200, 300, 300]
    node = [graph.nearest(np.array(at)) for at in ((0, 0), (400, 300), (550, 200))]
    ways = graph.ways(node[0])
    assert ways.length_m[node[1]] == pytest.approx(694)
    assert np.isinf(ways.length_m[node[2]]), "what merely crosses may be a bridge"
    assert graph.road[ways.pieces(node[1])].tolist() == [0, 0, 1]
    worth = np.array([1.0, 10, 0, 0, 100, 0, 0])
    assert ways.gathered(worth)[node[1]] == pytest.approx(111)


def test_ways_equal_all_pairs_by_another_algorithm():
    graph = road_graph(grid_roads(), 400.0)
    size = len(graph.nodes)
    dense = np.full((size, size), np.inf)
    for (one, other), length in zip(graph.ends, graph.length_m, strict=True):
        dense[one, other] = dense[other, one] = min(dense[one, other], length)
    expected = floyd_warshall(np.where(np.isinf(dense), 0, dense), directed=False)
    found = np.array([graph.ways(node).length_m for node in range(size)])
    assert found == pytest.approx(expected)
    length = graph.length_m
    for node in (0, 7, 20):
        sums = [length[graph.ways(node).pieces(other)].sum() for other in range(size)]
        assert sums == pytest.approx(found[node])


def test_nothing_to_drive_on():
    assert not len(road_graph(gpd.GeoSeries([], dtype=object), 500.0).ends)
    assert not len(straight_graph(np.array([[0.0, 0.0]]), 500.0).ends)
    in_line = straight_graph(np.array([[0.0, 0.0], [2_000.0, 0.0], [900.0, 0.0]]), 500.0)
    assert in_line.length_m.sum() == pytest.approx(2_000)
    assert set(in_line.road) == {-1}
    corners = straight_graph(np.array([[0.0, 0], [1_000, 0], [0, 1_000], [1_000, 1_000]]), 2_000.0)
    assert len(corners.ends) == 5
    parts = road_graph(gpd.GeoSeries([MultiLineString([[(0, 0), (1, 0)], [(50, 0), (90, 0)]])]), 500.0, 0.1)
    assert parts.road.tolist() == [0, 0]


@pytest.mark.parametrize("end", [None, 0])
def test_a_shortened_tour_is_close_to_the_best_of_all_orders(end):
    graph = road_graph(grid_roads(), 500.0)
    rng = np.random.default_rng(3)
    for _ in range(4):
        stops = [(int(piece), 0) for piece in rng.choice(len(graph.ends), 5, replace=False)]
        given = list(stops)
        found = shortened(graph, stops, 0, end)
        assert stops == given
        assert sorted(piece for piece, _ in found) == sorted(piece for piece, _ in stops)
        best = min(
            tour_m(graph, list(zip(order, ways, strict=True)), 0, end)
            for order in itertools.permutations([piece for piece, _ in stops])
            for ways in itertools.product((0, 1), repeat=len(stops))
        )
        assert best - 1e-6 <= tour_m(graph, found, 0, end) <= 1.25 * best
        assert tour_m(graph, found, 0, end) <= tour_m(graph, stops, 0, end) + 1e-6


def test_a_stop_is_entered_from_the_end_it_names():
    graph = road_graph(gpd.GeoSeries([LineString([(0, 0), (100, 0)])]), 500.0)
    assert exits(graph, (0, 0)) == exits(graph, (0, 1))[::-1]
    assert tour_m(graph, [(0, 0)], exits(graph, (0, 0))[0], None) == pytest.approx(100)
    assert tour_m(graph, [(0, 1)], exits(graph, (0, 0))[0], None) == pytest.approx(200)
