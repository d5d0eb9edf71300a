import numpy as np
from scipy.sparse import random as random_sparse

from lomsong.siting import maximum_coverage
from lomsong.siting.served import served_by


def test_every_choice_of_towers_counts_each_learner_once():
    rng = np.random.default_rng(5)
    reach = random_sparse(60, 9, density=0.3, random_state=5, data_rvs=np.ones).tocsr()
    weights = rng.uniform(0, 4, 60)
    plan = maximum_coverage(reach, weights, p=4)
    points = rng.uniform(0, 9_000, (15, 2))
    found = served_by(reach, weights, plan.selected, points, "EPSG:3405")
    assert np.isclose(found["learners"].sum(), plan.objective)
    for standing in ({1}, {2, 4}, {1, 2, 3}):
        columns = plan.selected[[order - 1 for order in standing]]
        direct = weights[np.asarray(reach[:, columns].sum(axis=1)).ravel() > 0].sum()
        assert np.isclose(found["learners"][[bool(standing & set(row)) for row in found["towers"]]].sum(), direct)
    assert set(zip(found.geometry.x, found.geometry.y, strict=True)) <= set(map(tuple, points))


def test_no_tower_serves_nobody():
    assert served_by(np.eye(3), np.ones(3), [], np.zeros((3, 2)), "EPSG:3405").empty
