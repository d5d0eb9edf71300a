import geopandas as gpd
import numpy as np

from lomsong.siting import maximum_coverage, tower_plan


def test_by_hand():
    reach = np.array([[1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]])
    learners = [10, 5, 8, 2, 99]
    candidates = gpd.GeoDataFrame({"candidate_id": ["a", "b", "c"]}, geometry=gpd.points_from_xy([0, 1, 2], [0, 0, 0]))
    plan = maximum_coverage(reach, learners, 2)
    table = tower_plan(candidates, plan, reach, learners)
    assert table["candidate_id"].tolist() == ["a", "b"]
    assert table["order"].tolist() == [1, 2]
    assert table["learners_gained"].tolist() == [15, 8]
    assert table["learners_reached"].tolist() == [15, 13]
    assert table["only_it"].tolist() == [10, 8]
    assert table["cumulative"].tolist() == [15, 23]


def test_nothing_chosen():
    candidates = gpd.GeoDataFrame({"candidate_id": ["a"]}, geometry=gpd.points_from_xy([0], [0]))
    plan = maximum_coverage(np.ones((2, 1)), [0, 0], 1)
    assert len(tower_plan(candidates, plan, np.ones((2, 1)), [0, 0])) == 0
