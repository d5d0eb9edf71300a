import numpy as np
import shapely

from lomsong.simulate.roads import CLASSES, _cheapest_way


def test_the_way_goes_around_the_dear_cell():
    cost = np.ones(25)
    cost[[6, 7, 8, 11, 12, 13]] = 50.0
    goal = np.zeros(25, dtype=bool)
    goal[22] = True
    way = _cheapest_way(cost, 5, 2, goal)
    assert way[0] == 2 and way[-1] == 22
    assert cost[way].max() == 1.0


def test_one_network_reaches_every_hamlet(province):
    roads, hamlets = province.roads.to_crs(3405), province.hamlets.to_crs(3405)
    assert set(roads["class"]) <= set(CLASSES) and {"national", "district"} <= set(roads["class"])
    assert hamlets.distance(roads.union_all()).max() < 600
    touching = shapely.union_all(roads.buffer(40.0).to_numpy())
    assert touching.geom_type == "Polygon"


def test_power_lines_stop_short_of_the_reserve(province):
    lines = province.power_lines.to_crs(3405).union_all()
    reserve = province.forest.to_crs(3405).set_index("forest_class").geometry["special_use"]
    assert lines.distance(reserve) > 500
    assert lines.length > 0
