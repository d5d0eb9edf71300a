import itertools
from dataclasses import replace

import numpy as np
import pytest
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
    quotas = [SiteQuota(np.flatnonzero(points[:, 0] < 0.5), 0, rules["west"])] if "west" in rules else []
    if "least" in rules:
        quotas.append(SiteQuota(np.flatnonzero(points[:, 1] < 0.3), rules["least"], demand))
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
    anneal._cool(field, heat, 4_000, 3 * float(heat.value[0]) / len(heat.plan), 1.0, np.inf)
    plan = np.flatnonzero(heat.chosen)
    np.testing.assert_array_equal(plan, np.sort(heat.plan[: heat.counts[1]]))
    times = np.zeros(len(field.weights), int)
    for column in plan:
        times[model.problem.rows_of(column)] += 1
    np.testing.assert_array_equal(heat.times, times)
    owners = [set(np.flatnonzero(heat.sole == column)) for column in plan]
    alone = [{i for i in model.problem.rows_of(column) if times[i] == 1} for column in plan]
    assert owners == alone
    np.testing.assert_array_equal(heat.sole == -1, times == 0)
    np.testing.assert_allclose(heat.loss[plan], [field.weights[list(one)].sum() for one in alone])
    assert set(heat.left[: heat.counts[0]]) == set(np.flatnonzero((times == 0) & (field.weights > 0)))
    assert heat.value[0] == model.worth(plan)
    np.testing.assert_allclose(heat.room, model.limits.most - model.limits.load(plan), atol=1e-7)
    assert heat.value[2] == model.worth(np.flatnonzero(heat.best)) >= heat.value[0]
    assert heat.got.sum() == heat.value[0]


def test_the_gain_of_a_move_is_the_difference_it_makes():
    model = city(4, demand=60, radius=0.2, p=4)
    field = ground(model)
    plan = greedy(model)
    heat = anneal._heat(field, plan, 1)
    others = np.setdiff1d(np.arange(len(model.costs)), plan)
    for place, into in itertools.product(range(len(plan)), others):
        moved = plan.copy()
        moved[place] = into
        gain = anneal._gain(field, heat, plan[place], into)
        assert gain == model.worth(moved) - model.worth(plan)
        alone = anneal._gain(field, heat, plan[place], -1)
        assert alone == model.worth(np.delete(plan, place)) - model.worth(plan)


def test_never_breaks_a_limit():
    for seed in range(3):
        model = city(seed, apart=0.1, west=3)
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


def test_a_quota_of_sites_from_below_stays_kept():
    for seed in range(3):
        model = city(seed, least=7)
        start = greedy(model)
        assert model.limits.kept(start)
        assert len(start) < 60
        for plan in run(model, start, seed):
            assert model.worth(plan) >= model.worth(start)


def with_needs(seed, share, p=12, demand=900):
    model = city(seed, demand=demand, p=p)
    part = np.random.default_rng(seed).integers(0, 3, len(model.problem.weights)).astype(np.int32)
    needs = share * np.bincount(part, weights=model.problem.weights)
    return replace(model, problem=replace(model.problem, part=part), needs=needs * np.array([0.0, 1.0, 1.0]))


def test_what_is_short_of_a_need_counts_in_a_move():
    model = with_needs(4, 0.6, p=4, demand=60)
    field = ground(model)
    plan = greedy(replace(model, needs=np.zeros(3)))
    heat = anneal._heat(field, plan, 1)

    def worth(columns):
        got = np.bincount(model.problem.part, model.problem.weights * model.problem.covered(columns), 3)
        return got.sum() - anneal.DEAR * np.maximum(0.0, model.needs - got).sum()

    others = np.setdiff1d(np.arange(len(model.costs)), plan)
    for place, into in itertools.product(range(len(plan)), others):
        moved = plan.copy()
        moved[place] = into
        assert anneal._gain(field, heat, plan[place], into) == pytest.approx(worth(moved) - worth(plan))
        assert not heat.change.any()


def test_needs_are_met_where_the_greatest_cover_leaves_them():
    for seed in range(4):
        free = with_needs(seed, 0.0)
        best = run(free, greedy(free), seed)[0]
        got = np.bincount(free.problem.part, free.problem.weights * free.problem.covered(best), 3)
        needs = got + np.array([-np.inf, 0.02, -np.inf]) * free.problem.total  # more of one part than that plan reaches
        model = replace(free, needs=needs)
        assert model.worth(best) == -np.inf
        plan = run(model, best, seed, readings=1e7)[0]
        assert -np.inf < model.worth(plan) <= free.worth(best) * 1.02


def test_one_site_less_than_exchanges_of_the_best_column_need():
    for seed in range(3):
        model = thrifty_city(seed, 3_000, radius=0.035)
        model = replace(model, costs=np.ones(len(model.costs)))
        start = greedy(model)
        plan = anneal.cheaper(model, start, readings=3e7, enough=np.inf, deadline=np.inf, seed=seed)
        other = explore(model, start, moves=8_000, enough=np.inf, deadline=np.inf, seed=seed)
        assert model.worth(plan) > model.worth(other) >= model.worth(start)


def thrifty_city(seed, demand=900, target=0.9, steps=1.0, **rules):
    model = city(seed, demand=demand, p=demand, **rules)
    costs = np.random.default_rng(seed).integers(1, 6, len(model.costs)) * steps
    none = Limits(csr_matrix((0, len(costs))), np.zeros(0))
    return replace(model, gain=0.0, costs=costs, limits=none, need=target * model.problem.total)


def test_plans_of_less_cost_meet_the_need():
    for steps in (1.0, 0.999):
        for seed in range(3):
            model = thrifty_city(seed, 2_000, steps=steps)
            start = greedy(model)
            plan = anneal.cheaper(model, start, readings=3e7, enough=np.inf, deadline=np.inf, seed=seed)
            assert model.worth(plan) > 0.95 * model.worth(start)
            known = anneal.cheaper(
                model, start, readings=2e5, enough=np.inf, deadline=np.inf, seed=seed, known=model.worth(plan) + 9
            )
            assert model.worth(known) > model.worth(plan) + 9 or len(known) == len(start)


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
