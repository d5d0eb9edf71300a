import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import csr_matrix, hstack, identity, vstack

from lomsong.siting import bound, saddle, sift, thrift
from lomsong.siting.cover import Task
from lomsong.siting.problem import Limits
from lomsong.siting.search import greedy


def model_of(seed, demand=150, candidates=30, **given):
    rng = np.random.default_rng(seed)
    points, masts = rng.random((demand, 2)), rng.random((candidates, 2))
    reach = np.hypot(*(points[:, None] - masts[None]).transpose(2, 0, 1)) < 0.2
    costs = rng.integers(2, 6, candidates).astype(float)
    task = Task.of(csr_matrix(reach), rng.integers(1, 20, demand), costs, None, (), (), None, (), (), None)
    return task.model(gain=1.0, **(given or {"p": 5}))


def relaxed(model):
    problem, columns = model.problem, len(model.costs)
    rows = len(problem.weights)
    reach = csr_matrix((np.ones(problem.size), problem.indices, problem.indptr), shape=(rows, columns))
    cover = hstack([-reach, identity(rows)])
    most = hstack([model.limits.matrix, csr_matrix((model.limits.matrix.shape[0], rows))])
    found = linprog(
        np.append(np.zeros(columns), -problem.weights), A_ub=csr_matrix(np.vstack([cover.toarray(), most.toarray()])),
        b_ub=np.append(np.zeros(rows), model.limits.most), bounds=(0, 1),
    )  # fmt: skip
    return -found.fun


@pytest.mark.parametrize("given", [{"p": 5}, {"p": 1}, {"budget": 14.0}])
def test_comes_near_the_relaxation_and_never_below(given):
    for seed in range(4):
        model = model_of(seed, **given)
        truth = relaxed(model)
        prices = saddle.saddle(model, 0, 0.97 * truth, np.inf, np.zeros(len(model.costs)))
        proven, worth = bound.lagrangian(model, prices)
        assert truth * (1 - 1e-9) <= proven < truth * 1.001
        assert worth.shape == prices.share.shape
        assert (model.limits.matrix @ prices.share <= model.limits.most * (1 + 1e-9)).all()
        assert ((prices.share >= 0) & (prices.share <= 1)).all()
        # Both sides meet: what the fractional plan reaches is near what the prices prove.
        problem = model.problem
        reached = np.minimum(1, problem.shares(prices.share))
        assert problem.weights @ reached > truth * 0.999


def test_rows_without_weight_count_for_nothing():
    model = model_of(2)
    weights = model.problem.weights.copy()
    weights[::3] = 0
    model = replace(model, problem=replace(model.problem, weights=weights))
    prices = saddle.saddle(model, 0, 0.0, np.inf, np.zeros(len(model.costs)))
    assert not prices.row[::3].any()


def test_ends_where_nothing_better_is_left(monkeypatch):
    model = model_of(1)
    turns = []
    turn = saddle._turns
    monkeypatch.setattr(saddle, "_turns", lambda *given: (turns.append(1), turn(*given))[1])
    saddle.saddle(model, 0, 10 * model.problem.total, np.inf, np.zeros(len(model.costs)))
    assert len(turns) == 1


def test_keeps_the_clock(monkeypatch):
    model = model_of(1)
    monkeypatch.setattr(saddle, "CLOSE", 0.0)
    turns = []
    turn = saddle._turns
    monkeypatch.setattr(saddle, "_turns", lambda *given: (turns.append(1), turn(*given))[1])
    assert saddle.saddle(model, 0, 0.0, -np.inf, np.zeros(len(model.costs))) is not None
    assert len(turns) == 1


def all_of(seed):
    model = thrifty_of(seed)
    return replace(model, need=model.problem.total)


def test_the_least_cost_of_all_comes_near_its_relaxation_and_never_above():
    for seed in range(4):
        model = all_of(seed)
        assert model.all_of_it
        problem, columns = model.problem, len(model.costs)
        reach = csr_matrix((np.ones(problem.size), problem.indices, problem.indptr), (len(problem.weights), columns))
        truth = linprog(model.costs, A_ub=-reach, b_ub=-np.ones(reach.shape[0]), bounds=(0, 1)).fun
        prices = saddle.saddle(model, None, -model.costs.sum(), np.inf, np.zeros(columns), near=1e-3, close=0.0)
        proven = -bound.lagrangian(model, prices)[0]
        assert 0.998 * truth < proven <= truth * (1 + 1e-9)
        # A row may be left for the least cost of a column that reaches it.
        least = np.where(reach.toarray() > 0, model.costs, np.inf).min(axis=1)
        paid = model.costs @ prices.share + least @ np.maximum(1 - reach @ prices.share, 0.0)
        assert proven * (1 - 1e-9) <= paid < 1.01 * truth


@pytest.mark.parametrize("least", [True, False])
def test_turns_follow_few_columns_and_rows_and_come_as_near(monkeypatch, least):
    model = all_of(3) if least else model_of(3, 2_000, 300, p=12)
    goal, start, narrowed = -model.costs.sum(), np.zeros(len(model.costs)), saddle._narrowed

    def looked():
        sizes = []
        with monkeypatch.context() as patch:
            patch.setattr(saddle, "_narrowed", lambda *given: (part := narrowed(*given), sizes.append(len(part[1])))[0])
            prices = saddle.saddle(model, None if least else 0, goal, np.inf, start, near=1e-4, close=0.0)
        return bound.lagrangian(model, prices)[0], sizes

    proven, few = looked()
    monkeypatch.setattr(saddle, "FOLLOWED", np.inf)
    monkeypatch.setattr(saddle, "PLAY", np.inf)
    whole, everything = looked()
    assert proven == pytest.approx(whole, rel=2e-4)
    assert set(everything) == {model.problem.size}
    assert few[-1] < 0.5 * model.problem.size
    assert len(few) < 2 * len(everything)


def test_under_several_limits_that_of_all_columns_rules_and_the_bound_holds():
    for seed in range(4):
        model = model_of(seed, p=4, budget=11.0)
        some = csr_matrix(np.arange(len(model.costs))[None] % 3 == 0, dtype=float)
        limits = Limits(csr_matrix(vstack([some, model.limits.matrix])), np.append(1.0, model.limits.most))
        several = replace(model, limits=limits)
        assert saddle.ruling(several) == 1
        prices = saddle.saddle(several, 1, 0.0, np.inf, np.zeros(len(model.costs)))
        alone = replace(model, limits=Limits(limits.matrix[[1]], limits.most[[1]]))
        truth = relaxed(alone)
        assert truth * (1 - 1e-9) <= bound.lagrangian(several, prices)[0] < truth * 1.001
        assert bound.lagrangian(several, prices)[0] >= relaxed(several)


def test_no_limit_rules_where_none_counts_all_columns_or_there_are_needs():
    model = model_of(0)
    assert saddle.ruling(model) == 0
    some = csr_matrix(np.arange(len(model.costs))[None] > 0, dtype=float)
    assert saddle.ruling(replace(model, limits=Limits(some, np.ones(1)))) is None
    assert saddle.ruling(replace(model, needs=np.ones(len(model.needs)))) is None
    assert saddle.ruling(replace(model, gain=0.0)) is None


def thrifty_of(seed):
    model = model_of(seed)
    costs = np.random.default_rng(seed).integers(1, 6, len(model.costs)).astype(float)
    return replace(model, gain=0.0, costs=costs, limits=Limits(csr_matrix((0, len(costs))), np.zeros(0)))


@pytest.mark.parametrize("whole", [True, False])
def test_the_least_cost_comes_near_its_relaxation_and_never_above(monkeypatch, whole):
    for seed in range(4):
        for target in (0.3, 0.8):
            model = thrifty_of(seed)
            model = model if whole else replace(model, costs=np.sqrt(model.costs + 1))
            assert bool(model.unit) is whole
            model = replace(
                model, need=target * model.problem.covered(np.arange(len(model.costs))) @ model.problem.weights
            )
            assert thrift.thrifty(model)
            plans = greedy(model), greedy(replace(model, need=0.9 * model.problem.total))
            low, high = 0.0, float(model.costs.sum())
            while high - low > 1e-6:  # the budget of which the relaxation just meets the need
                budget = (low + high) / 2
                limits = Limits(csr_matrix(model.costs[None]), np.array([budget]))
                enough = relaxed(replace(model, gain=1.0, limits=limits)) >= model.need
                low, high = (low, budget) if enough else (budget, high)
            # Seen whole, and through few columns; from a plan that is near, and from one that is far.
            for sample, plan in itertools.product((np.inf, model.problem.size / 3), plans):
                monkeypatch.setattr(sift, "SAMPLE", sample)
                prices = thrift.cheapest(model, plan, np.inf, seed)
                proven = -bound.lagrangian(model, prices)[0]
                assert 0.99 * low < (np.ceil(proven) if whole else proven)
                assert proven <= high * (1 + 1e-9)


def test_the_least_cost_is_bounded_where_one_need_asks_for_a_part_and_all_costs():
    model = replace(thrifty_of(0), need=20.0)
    assert thrift.thrifty(model)
    free = np.where(np.arange(len(model.costs)) == 3, 0.0, model.costs)
    assert not thrift.thrifty(replace(model, costs=free))
    assert not thrift.thrifty(replace(model, need=model.problem.total))
    assert not thrift.thrifty(replace(model, needs=np.array([3.0])))
    assert not thrift.thrifty(replace(model, gain=1.0))
