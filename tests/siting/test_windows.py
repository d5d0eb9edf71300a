import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from lomsong.siting import bound, engine, windows
from lomsong.siting.anneal import anneal, cheaper
from lomsong.siting.cover import Task, maximum_coverage
from lomsong.siting.mincost import _essential
from lomsong.siting.search import greedy
from lomsong.siting.thrift import cheapest


def discs(seed, points=150, masts=14, radius=0.22):
    rng = np.random.default_rng(seed)
    at, mast = rng.random((points, 2)), rng.random((masts, 2))
    reach = csr_matrix(np.hypot(*(at[:, None] - mast).transpose(2, 0, 1)) < radius)
    weights = rng.integers(1, 9, points).astype(float)
    weights[np.diff(reach.indptr) == 0] = 0
    return reach, weights, rng.integers(1, 6, masts).astype(float)


def plans(masts):
    return itertools.chain.from_iterable(itertools.combinations(range(masts), n) for n in range(masts + 1))


def value(reach, weights, chosen):
    return weights[np.asarray(reach[:, list(chosen)].sum(axis=1)).ravel() > 0].sum()


def told(model, prices, goal, sites, monkeypatch, turns=3):
    monkeypatch.setattr(windows, "SITES", (1, 1, 2))
    bounds = []

    def tell(one):
        bounds.append(one)
        return len(bounds) < turns

    windows.windowed(model, prices, goal, sites, np.inf, 0, tell)
    return bounds


@pytest.mark.parametrize("seed", range(8))
def test_no_bound_of_a_budget_is_below_the_best_plan_whatever_the_prices(seed, monkeypatch):
    reach, weights, costs = discs(seed)
    asked = Task.of(reach, weights, costs, None, (), (), None, (), (), None)
    model = asked.model(gain=1.0, budget=14.0)
    allowed = [one for one in plans(14) if costs[list(one)].sum() <= 14]
    best, plan = max((value(reach, weights, one), one) for one in allowed)
    rng = np.random.default_rng(seed)
    rows = len(model.problem.weights)
    for _ in range(5):
        u = model.problem.weights * rng.random(rows) ** rng.uniform(0, 4)
        prices = bound.Prices(np.zeros(len(model.costs)), u, rng.random(len(model.limits.most)) * 40, 0.0)
        bounds = told(model, prices, best, len(plan), monkeypatch)
        assert bounds
        assert min(bounds) >= best


@pytest.mark.parametrize("seed", range(8))
def test_no_bound_of_a_cost_is_above_the_cheapest_plan_whatever_the_prices(seed, monkeypatch):
    reach, weights, costs = discs(seed)
    asked = Task.of(reach, weights, costs, None, (), (), None, (), (), None)
    need = 0.8 * weights.sum()
    if value(reach, weights, range(14)) < need:
        pytest.skip("not enough is reached")
    model = asked.model(gain=0.0, need=need)
    enough = [one for one in plans(14) if value(reach, weights, one) >= need]
    best, plan = min((costs[list(one)].sum(), one) for one in enough)
    rng = np.random.default_rng(seed)
    for _ in range(5):
        u = model.problem.weights * rng.random() * 0.1 * rng.random(len(model.problem.weights))
        bounds = told(
            model, bound.Prices(np.zeros(len(model.costs)), u, np.zeros(0), 0.0), -best, len(plan), monkeypatch
        )
        assert bounds
        assert -min(bounds) <= best


def test_a_greatest_cover_is_bounded_nearer_than_by_the_relaxation():
    reach, weights, _ = discs(1, points=4_000, masts=300, radius=0.09)
    model = Task.of(reach, weights, None, None, (), (), None, (), (), 35).model(gain=1.0, p=35)
    plan = anneal(model, greedy(model), readings=2e7, enough=np.inf, deadline=np.inf, seed=0)[0]
    relaxed, bounds, goal = bound.relax(model, -np.inf, np.inf)[0], [], model.worth(plan)
    windows.windowed(model, relaxed.prices, goal, 35, np.inf, 0, lambda one: bounds.append(one) or len(bounds) < 3)
    assert goal <= min(bounds) < relaxed.bound - 0.1 * (relaxed.bound - goal)


def test_a_least_cost_is_bounded_nearer_than_by_the_relaxation():
    reach, weights, _ = discs(1, points=4_000, masts=200, radius=0.1)
    need = 0.95 * weights.sum()
    model = Task.of(reach, weights, np.ones(200), None, (), (), None, (), (), None).model(gain=0.0, need=need)
    plan = cheaper(model, greedy(model), readings=1e6, enough=np.inf, deadline=np.inf, seed=0)
    prices, bounds = cheapest(model, plan, np.inf, 0), []
    relaxed = -bound.lagrangian(model, prices)[0]
    count = len(plan)
    windows.windowed(model, prices, -float(count), count, np.inf, 0, lambda one: bounds.append(one) or len(bounds) < 3)
    assert len(plan) >= -min(bounds) > relaxed + 0.1 * (len(plan) - relaxed)


def test_where_sites_are_split_among_many_the_search_asks_windows(monkeypatch):
    reach, weights, _ = discs(1, points=4_000, masts=900, radius=0.09)
    asked = []

    def proof(model, prices, goal, sites, deadline, seed, tell):
        assert len(prices.row) == len(model.problem.weights)
        asked.append(sites)
        tell(goal)

    monkeypatch.setattr(engine, "windowed", proof)
    monkeypatch.setattr(engine, "BRED_COVER", (0.05, 0.05))
    plan = maximum_coverage(reach, weights, 35, time_limit_s=40)
    assert asked
    assert plan.status == "optimal"


@pytest.mark.parametrize("seed", range(8))
def test_no_bound_of_all_is_above_the_cheapest_plan_whatever_the_prices(seed, monkeypatch):
    reach, weights, costs = discs(seed)
    asked = Task.of(reach, weights, costs, None, (), (), None, (), (), None)
    model = _essential(asked.model(gain=0.0, need=weights.sum()))
    enough = [one for one in plans(14) if value(reach, weights, one) == weights.sum()]
    best, plan = min((costs[list(one)].sum(), one) for one in enough)
    monkeypatch.setattr(windows, "MORE", 2)
    rng = np.random.default_rng(seed)
    for _ in range(5):
        u = rng.random(len(model.problem.weights)) ** 3
        prices = bound.Prices(np.zeros(len(model.costs)), u, np.zeros(0), -float(u.sum()))
        bounds = told(model, prices, -best, len(plan), monkeypatch)
        assert bounds
        assert -min(bounds) <= best + 1e-9


def test_windows_without_rows_of_worth_are_left_out(monkeypatch):
    reach, weights, _ = discs(1, points=400, masts=60, radius=0.15)
    model = Task.of(reach, weights, None, None, (), (), None, (), (), 8).model(gain=1.0, p=8)
    prices, plan = bound.relax(model, -np.inf, np.inf)[0].prices, greedy(model)
    laid_out = windows._laid_out
    monkeypatch.setattr(windows, "_laid_out", lambda *given: 3 * np.minimum(laid_out(*given), 1))
    assert min(told(model, prices, model.worth(plan), 8, monkeypatch)) >= model.worth(plan)


def test_a_window_looks_at_more_rows_until_its_plan_reaches_all(monkeypatch):
    reach, weights, _ = discs(2, points=400, masts=60, radius=0.15)
    asked = Task.of(reach, weights, np.ones(60), None, (), (), None, (), (), None)
    model = _essential(asked.model(gain=0.0, need=weights.sum()))
    alone = bound.relax(model, -np.inf, np.inf)[0]
    window = windows._Window(model.problem, np.ones(model.problem.size), alone.prices.row)
    monkeypatch.setattr(windows, "MORE", 3)
    lows = [window.covered(np.ones(len(model.costs)), 1, 0, lambda: False) for _ in range(60)]
    assert window.problem.covered(window.problem.places(np.array(window.plan))).all()
    assert window.rows.sum() < len(window.rows)
    assert lows[0] >= -alone.bound * (1 - 1e-3)
    assert lows[-1] == pytest.approx(len(window.plan), rel=1e-3)


def test_plans_that_leave_rows_now_looked_at_are_forgotten_where_all_must_be_reached():
    reach, weights, _ = discs(2, points=400, masts=60, radius=0.15)
    model = Task.of(reach, weights, None, None, (), (), None, (), (), 8).model(gain=1.0, p=8)
    window = windows._Window(model.problem, np.ones(model.problem.size), model.problem.weights)
    full = tuple(model.problem.columns.tolist())
    short = full[:2]
    most, some = (model.problem.covered(model.problem.places(np.array(plan))) for plan in (full, short))
    window.plan, window.met, plans = full, {full, short}, {}
    window.learn(plans, all_of_it=False)
    assert plans == {
        plan: pytest.approx(model.problem.weights[~met].sum()) for plan, met in ((full, most), (short, some))
    }
    assert plans[short] > plans[full]
    plans = {short: 0.0}
    window.rows = some
    window.learn(plans, all_of_it=True)
    assert plans == {full: 0.0, short: 0.0}
    window.rows = most
    window.learn(plans, all_of_it=True)
    assert plans == {full: 0.0}


@pytest.mark.parametrize("seed", range(8))
def test_rows_taken_together_bound_the_best_plan_too(seed, monkeypatch):
    reach, weights, _ = discs(seed)
    model = Task.of(reach, weights, None, None, (), (), None, (), (), 4).model(gain=1.0, p=4)
    best = max(value(reach, weights, one) for one in itertools.combinations(range(14), 4))
    prices = bound.relax(model, -np.inf, np.inf)[0].prices
    exact = min(told(model, prices, best, 4, monkeypatch))
    for many in (1, 2, 4):
        monkeypatch.setattr(windows, "POOLS", many)
        assert best <= min(told(model, prices, best, 4, monkeypatch))
        prices_of_none = replace(prices, share=np.zeros_like(prices.share))
        assert best <= min(told(model, prices_of_none, best, 4, monkeypatch))
    assert best <= exact


def test_few_pools_prove_as_much_as_all_rows(monkeypatch):
    reach, weights, _ = discs(2, points=12_000, masts=300, radius=0.1)
    model = Task.of(reach, weights, None, None, (), (), None, (), (), 24).model(gain=1.0, p=24)
    plan = anneal(model, greedy(model), readings=2e7, enough=np.inf, deadline=np.inf, seed=0)[0]
    prices, goal = bound.relax(model, -np.inf, np.inf)[0].prices, model.worth(plan)
    proven = {}
    for many in (10**5, 60, 6):
        monkeypatch.setattr(windows, "POOLS", many)
        bounds = []
        windows.windowed(model, prices, goal, 24, np.inf, 0, bounds.append)
        proven[many] = bounds[0] - goal
    assert proven[10**5] <= proven[60] < 1.1 * proven[10**5] < proven[6]


def test_windows_hold_about_the_same_prices():
    reach, weights, _ = discs(1, points=4_000, masts=300, radius=0.09)
    model = Task.of(reach, weights, None, None, (), (), None, (), (), 35).model(gain=1.0, p=35)
    u = bound.relax(model, -np.inf, np.inf)[0].prices.row
    rows = np.flatnonzero(model.problem.weights)
    held = np.bincount(windows._laid_out(windows._places(model, 0), rows, u, 7, 0), u[rows], 7)
    assert held.max() < 1.5 * held.mean()
    assert held.min() > 0.5 * held.mean()
