import itertools
from dataclasses import replace

import numpy as np
from scipy.sparse import csr_matrix
from scipy.spatial import cKDTree

from lomsong.siting import anneal
from lomsong.siting.cover import Task
from lomsong.siting.problem import Limits
from lomsong.siting.rules import SiteQuota, too_close
from lomsong.siting.search import explore, greedy, ground


def city(seed, demand=900, radius=0.06, p=12, **rules):
    rng = np.random.default_rng(seed)
    towns = rng.random((9, 2))
    points = (towns[rng.integers(9, size=demand)] + rng.normal(0, 0.12, (demand, 2))) % 1
    near = cKDTree(points).query_ball_point(points, radius)
    index = np.concatenate([np.sort(one) for one in near])
    ends = np.cumsum([0, *(len(one) for one in near)])
    reach = csr_matrix((np.ones(len(index), bool), index, ends), shape=(demand, demand))
    conflicts = too_close(points, rules["apart"]) if "apart" in rules else None
    quotas = [SiteQuota(np.flatnonzero(points[:, 0] < 0.5), 0, rules["west"])] if "west" in rules else ()
    task = Task.of(reach, rng.integers(1, 50, demand), None, None, (), (), conflicts, quotas, (), p)
    return task.model(gain=1.0, p=p)


def with_budget(seed, budget=80.0):
    model = city(seed)
    costs = np.round(np.random.default_rng(seed).uniform(1, 9, len(model.costs)), 1)
    limits = Limits(csr_matrix(costs[None]), np.array([budget]))
    return replace(model, limits=limits, costs=costs, plain=False)


def run(model, start, seed=1, readings=2e6, **given):
    given = {"enough": np.inf, "deadline": np.inf, **given}
    return anneal.anneal(model, start, readings=readings, seed=seed, **given)


def test_finds_what_exchanges_of_the_best_column_do_not():
    for seed in range(6):
        model = city(seed, demand=1_500, radius=0.04, p=30)
        start = greedy(model)
        best, _ = run(model, start, seed, readings=1e7)
        other = explore(model, start, moves=2_000, enough=np.inf, deadline=np.inf, seed=seed)
        assert model.worth(best) > model.worth(other) > model.worth(start)


def test_the_state_is_what_counting_anew_gives():
    model = city(3)
    field = ground(model)
    heat = anneal._heat(field, greedy(model), 5)
    anneal._cool(field, heat, 0, 4_000, 3 * float(heat.value[0]) / len(heat.plan), 1.0, np.inf)
    plan = np.flatnonzero(heat.chosen)
    np.testing.assert_array_equal(plan, np.sort(heat.plan[: heat.counts[1]]))
    times = np.zeros(len(field.weights), int)
    for column in plan:
        times[model.problem.rows_of(column)] += 1
    np.testing.assert_array_equal(heat.times, times)
    assert set(heat.left[: heat.counts[0]]) == set(np.flatnonzero((times == 0) & (field.weights > 0)))
    assert heat.value[0] == model.worth(plan)
    np.testing.assert_allclose(heat.room, model.limits.most - model.limits.load(plan), atol=1e-7)
    assert heat.value[1] == model.worth(np.flatnonzero(heat.best)) >= heat.value[0]


def test_the_gain_of_a_move_is_the_difference_it_makes():
    model = city(4, demand=60, radius=0.2, p=4)
    field = ground(model)
    plan = greedy(model)
    heat = anneal._heat(field, plan, 1)
    others = np.setdiff1d(np.arange(len(model.costs)), plan)
    for stamp, (place, into) in enumerate(itertools.product(range(len(plan)), others)):
        moved = plan.copy()
        moved[place] = into
        loss = anneal._loss(field, heat, plan[place], stamp)
        gain = anneal._gain(field, heat, into, stamp)
        assert gain - loss == model.worth(moved) - model.worth(plan)


def test_never_breaks_a_limit():
    for seed in range(3):
        model = city(seed, apart=0.1, west=3)
        assert anneal.known(model)
        for plan in run(model, greedy(model), seed):
            assert model.worth(plan) > -np.inf
            assert (model.limits.load(plan) <= model.limits.most).all()


def test_a_budget_buys_more_than_exchanges_of_the_best_column_find():
    for seed in range(4):
        model = with_budget(seed)
        start = greedy(model)
        plans = [run(model, start, turn, readings=1e7)[0] for turn in range(3)]
        others = [explore(model, start, moves=500, enough=np.inf, deadline=np.inf, seed=turn) for turn in range(3)]
        assert max(model.worth(plan) for plan in plans) > max(model.worth(plan) for plan in others)
        assert all(model.limits.load(plan)[0] <= 80 + 1e-6 for plan in plans)


def test_fills_up_what_the_limits_leave():
    model = city(0, demand=80, p=6)
    for plan in run(model, np.zeros(0, np.int64)):
        assert len(plan) == 6


def test_is_only_for_covers_whose_limits_say_how_much():
    assert anneal.known(city(0, demand=80))
    costs = np.full(80, 3.0)
    task = Task.of(csr_matrix(np.eye(80)), np.ones(80), costs, None, (), (), None, (), (), None)
    assert anneal.known(task.model(gain=1.0, budget=20.0))
    assert not anneal.known(task.model(gain=0.0, need=40.0))


def test_the_same_seed_gives_the_same_plan_and_the_clock_is_kept():
    model = city(1)
    start = greedy(model)
    one, other = run(model, start, 3), run(model, start, 3)
    np.testing.assert_array_equal(one, other)
    late = run(model, start, 3, readings=1e12, deadline=-np.inf)
    np.testing.assert_array_equal(late[0], np.sort(start))


def test_ends_with_what_is_enough():
    model = city(1)
    start = greedy(model)
    enough = model.worth(start) + 1
    best, last = run(model, start, readings=1e9, enough=enough)
    assert model.worth(best) >= enough
    np.testing.assert_array_equal(best, last)
