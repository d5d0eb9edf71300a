import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csc_matrix, csr_matrix
from scipy.spatial import cKDTree

from lomsong.siting import bound, breed, engine, maximum_coverage, problem, sift
from lomsong.siting.cover import Task
from lomsong.siting.sift import Focus


def given(seed, demand=90, candidates=12):
    rng = np.random.default_rng(seed)
    return csr_matrix(rng.random((demand, candidates)) < 0.15), rng.integers(1, 20, demand).astype(float)


def model_of(reach, weights, p=4):
    return Task.of(reach, weights, None, None, (), (), None, (), (), p).model(gain=1.0, p=p)


def best_of(model, p=4):
    every = itertools.combinations(range(len(model.costs)), p)
    return max(model.worth(np.array(one)) for one in every)


def test_a_plan_of_few_columns_is_worth_what_it_is_worth_in_all():
    model = model_of(*given(0))
    columns = np.arange(len(model.costs)) % 3 != 0
    part, label = sift.few(model, columns)
    assert len(part.problem.weights) < len(model.problem.weights)
    for chosen in itertools.combinations(range(int(columns.sum())), 3):
        whole = model.problem.places(part.problem.columns[list(chosen)])
        assert part.worth(np.array(chosen)) == model.worth(whole)
    rows = [set(model.problem.indices[a:b][columns[model.problem.indices[a:b]]])
            for a, b in itertools.pairwise(model.problem.indptr)]  # fmt: skip
    for one, other in itertools.combinations(range(len(rows)), 2):
        assert (label[one] == label[other]) == (rows[one] == rows[other])
    assert all((label[i] < 0) == (not rows[i]) for i in range(len(rows)))


def test_prices_of_few_columns_bound_all_plans():
    rng = np.random.default_rng(1)
    for seed in range(4):
        model = model_of(*given(seed))
        best = best_of(model)
        active = rng.random(len(model.costs)) < 0.6
        relaxed, focus = Focus.on(model, active, -np.inf, np.inf, np.zeros(len(active)))
        assert relaxed.bound >= best
        assert not relaxed.share[~active].any()
        # What the part proves of itself, and all that it lacks beside: nothing is counted twice, nothing left out.
        part, _ = bound.relax(focus.part, -np.inf, np.inf)
        missed = np.maximum(relaxed.worth[~active], 0).sum()
        assert relaxed.bound == pytest.approx(part.bound + missed, rel=1e-6)
        f = rng.random(len(focus.part.problem.weights))
        weights = focus.part.problem.weights
        some = bound.Prices(np.zeros(active.sum()), f * weights, np.array([7.0]), float(((1 - f) * weights).sum()))
        assert bound.lagrangian(model, focus.lifted(some))[0] >= best


def test_a_focus_stays_where_only_other_columns_leave():
    model = model_of(*given(2))
    active = np.arange(len(model.costs)) < 8
    _, focus = Focus.on(model, active, -np.inf, np.inf, np.zeros(len(active)))
    none = np.zeros(len(active), bool)
    left = model.without(none, ~active & (np.arange(len(active)) % 2 == 0))
    moved = focus.onto(left)
    assert moved is not None
    assert moved.master is focus.master
    lifted = moved.lifted(focus.master.solve(np.inf))
    assert lifted.row.shape == left.problem.weights.shape
    assert bound.lagrangian(left, lifted)[0] >= best_of(left)
    assert focus.onto(model.without(none, np.arange(len(active)) == 0)) is None


def test_columns_enter_by_their_worth(monkeypatch):
    monkeypatch.setattr(sift, "AT_ONCE", 1)
    active = np.array([True, False, False, False, False])
    worth = np.array([9.0, 3.0, -1.0, 5.0, -np.inf])
    assert sift.wider(active, worth, 2).tolist() == [True, True, False, True, False]
    assert sift.wider(active, worth, 1).tolist() == [True, False, False, True, False]
    # With none missed, some that soon may be; never what may not enter.
    assert sift.wider(active, np.minimum(worth, -2.0), 2).sum() == 2
    monkeypatch.setattr(sift, "AT_ONCE", 9)
    assert sift.wider(active, worth, 2).tolist() == [True, True, True, True, False]


def test_large_problems_are_sifted_and_proven_all_the_same(monkeypatch):
    monkeypatch.setattr(sift, "SAMPLE", 120)
    monkeypatch.setattr(engine, "LARGE", 200)
    monkeypatch.setattr(sift, "FEWEST", 5)
    monkeypatch.setattr(problem, "VIEW_ABOVE", 300)
    turns = []
    on = Focus.on
    monkeypatch.setattr(Focus, "on", lambda *args: turns.append(1) or on(*args))
    for seed in range(6):
        reach, weights = given(seed, 200)
        plan = maximum_coverage(reach, weights, 4)
        best = best_of(model_of(reach, weights))
        assert plan.bound == plan.objective == best
    assert len(turns) >= 6


def spread_out(demand=40_000, candidates=400, seed=5):
    rng = np.random.default_rng(seed)
    points, masts = rng.random((demand, 2)), rng.random((candidates, 2))
    near = cKDTree(points).query_ball_point(masts, 0.1)
    index = np.concatenate([np.sort(one) for one in near])
    ends = np.cumsum([0, *(len(one) for one in near)])
    reach = csc_matrix((np.ones(len(index), bool), index, ends), shape=(demand, candidates)).tocsr()
    return model_of(reach, rng.integers(1, 20, demand).astype(float), 20)


def test_a_sample_tells_what_each_column_reaches(monkeypatch):
    model = spread_out()
    assert sift.sampled(model, 3) is model
    monkeypatch.setattr(sift, "SAMPLE", 0.05 * model.problem.size)
    true = model.problem.sums(model.problem.weights)
    part = sift.sampled(model, 3)
    rows = len(model.problem.weights)
    assert 0.04 * rows < len(part.problem.weights) <= 0.05 * rows
    assert part.problem.total == pytest.approx(model.problem.total)
    np.testing.assert_array_equal(part.problem.columns, model.problem.columns)
    by_chance = np.where(np.random.default_rng(0).random(rows) < 0.05, model.problem.weights, 0.0)
    plain = model.problem.sums(by_chance) / true * (model.problem.total / by_chance.sum())
    assert np.std(part.problem.sums(part.problem.weights) / true) < 0.6 * np.std(plain)
    again = sift.sampled(model, 3)
    np.testing.assert_array_equal(again.problem.weights, part.problem.weights)
    assert not np.array_equal(sift.sampled(model, 4).problem.indices[:500], part.problem.indices[:500])


def test_the_relaxation_over_some_columns_bounds_all_plans_and_can_be_carried_on():
    model = spread_out(2_000, 90)
    limit, rng = 0, np.random.default_rng(3)
    whole = bound.relax(model, -np.inf, np.inf)[0].bound
    active = rng.random(len(model.costs)) < 0.5
    before = bound.Prices(np.zeros(len(active)), np.zeros(0), np.zeros(1), 0.0)
    first = sift.overseen(model, limit, active, 0.0, np.inf, 0.1, before)
    assert first.bound >= whole * (1 - 1e-9)
    assert not first.share[~active].any()
    every = np.ones(len(active), bool)
    near = sift.overseen(model, limit, every, 0.0, np.inf, 1e-3, first.prices)
    assert whole * (1 - 1e-9) <= near.bound <= whole * 1.002
    carried = sift.overseen(model, limit, every, 0.0, -np.inf, 0.0, near.prices)
    anew = sift.overseen(model, limit, every, 0.0, -np.inf, 0.0, replace(near.prices, row=np.zeros(0)))
    assert carried.bound < anew.bound
    assert carried.bound <= near.bound * 1.005


def test_a_large_problem_with_a_spread_plan_is_bounded_and_bred(monkeypatch):
    model = spread_out(9_000, 300)
    monkeypatch.setattr(sift, "SAMPLE", 8_000)
    monkeypatch.setattr(engine, "LARGE", 20_000)
    monkeypatch.setattr(engine, "HOPELESS", (0.002, 1))
    monkeypatch.setattr(breed, "FIRST", (2, (1.0,), 1e6))
    monkeypatch.setattr(breed, "NEXT", (2, (0.5, 0.6), 1e6))
    search = engine.Search(model, 1)
    seen, bred = [], []
    overseen, plain = engine.overseen, engine.Search._breed
    monkeypatch.setattr(engine, "overseen", lambda *given: seen.append(given) or overseen(*given))
    monkeypatch.setattr(engine.Search, "_breed", lambda *given, **more: bred.append(given) or plain(*given, **more))
    search.run(problem.clock() + 4)
    assert seen
    assert bred
    exact = engine.Search(model, 1)
    monkeypatch.undo()
    exact.run(problem.clock() + 20)
    assert model.worth(model.problem.places(search.best)) == search.value
    assert search.value >= 0.99 * exact.value
    assert exact.value <= search.bound
