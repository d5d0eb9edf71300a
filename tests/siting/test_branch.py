import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from lomsong.siting import bound, branch, maximum_coverage, minimum_cost_cover
from lomsong.siting.cover import Task
from lomsong.siting.problem import Limits
from lomsong.siting.sift import Focus


def model_of(seed, p=4, least_cost=False):
    rng = np.random.default_rng(seed)
    reach = csr_matrix(rng.random((50, 10)) < 0.25)
    task = Task.of(reach, rng.integers(1, 20, 50), rng.integers(2, 6, 10), None, (), (), None, (), (), p)
    total = task.model(gain=1.0, p=10).problem.total
    return task.model(gain=0.0, need=0.85 * total) if least_cost else task.model(gain=1.0, p=p)


def closed(model, focus=None, deadline=np.inf):
    """Branch without a plan; return the best worth offered and all bounds told."""
    best, bounds = [-np.inf], []

    def offer(columns):
        if columns is not None:
            for size in range(len(columns) + 1):
                best[0] = max(best[0], model.worth(np.asarray(columns[:size], int)))
        return best[0] + 1e-6

    focus = focus or Focus.whole(model, bound.relax(model, -np.inf, np.inf)[1])
    branch.branch(focus, np.inf, deadline, offer, bounds.append)
    return best[0], bounds


def best_of(model):
    sizes = range(len(model.costs) + 1)
    every = itertools.chain.from_iterable(itertools.combinations(range(len(model.costs)), k) for k in sizes)
    return max(model.worth(np.array(one, int)) for one in every)


@pytest.mark.parametrize("least_cost", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_bounds_fall_to_the_best_plan_and_never_below(seed, least_cost):
    model = model_of(seed, least_cost=least_cost)
    best = best_of(model)
    found, bounds = closed(model)
    assert found == pytest.approx(best)
    assert min(max(one, found) for one in bounds) == pytest.approx(best, abs=1e-5)
    # What is told bounds the plans that are still open: with the best plan in hand nothing told lies below it.
    assert all(max(one, found) >= best - 1e-9 for one in bounds)


@pytest.mark.parametrize("seed", range(6))
def test_few_columns_find_and_prove_the_best_plan_of_all(seed):
    model = model_of(seed)
    best = best_of(model)
    active = np.arange(len(model.costs)) < 4
    assert model.worth(np.flatnonzero(active)) < best, "columns that are left out at first are needed"
    found, bounds = closed(model, Focus.on(model, active, -np.inf, np.inf, np.zeros(len(active)))[1])
    assert found == pytest.approx(best)
    assert min(max(one, found) for one in bounds) == pytest.approx(best, abs=1e-5)
    assert all(max(one, found) >= best - 1e-9 for one in bounds)


def test_a_deadline_leaves_the_bound_of_what_is_open():
    model = model_of(0)
    found, bounds = closed(model, deadline=-np.inf)
    assert found == -np.inf
    assert bounds == [np.inf, np.inf]


def test_halves_part_all_plans_between_them():
    model = model_of(1)
    _, master = bound.relax(model, -np.inf, np.inf)
    parts = branch.Regions.of(model.problem, *master.grouping)
    most = np.asarray(parts.inside.sum(axis=1)).ravel()
    columns = len(model.costs)
    whole = bound.Ranges(np.zeros(columns), np.ones(columns), parts.inside, np.zeros(len(most)), most)
    tree = branch._Tree(Focus.whole(model, master), parts, lambda columns: -np.inf, np.inf, np.inf)
    share = np.random.default_rng(0).random(columns)
    halves = branch._halves(tree, share, whole)
    assert len(halves) == 2

    def holds(ranges, plan):
        sums = ranges.regions @ plan
        inside = (ranges.low <= plan).all() and (plan <= ranges.high).all()
        return inside and (ranges.least <= sums).all() and (sums <= ranges.most).all()

    assert not any(holds(one, share) for one in halves)
    for chosen in itertools.combinations(range(columns), 3):
        plan = np.isin(np.arange(columns), chosen).astype(float)
        assert sum(holds(one, plan) for one in halves) == 1
    assert branch._halves(tree, (np.arange(columns) < 4).astype(float), whole) == []
    one, other = branch._halves(tree, (np.arange(columns) < 5).astype(float), whole)  # too many for a plan
    assert (one.low[:5].sum(), other.high[:5].sum()) == (1, 4)


def test_ranges_within_which_nothing_keeps_a_limit_or_meets_a_need_are_left():
    model = model_of(1)
    columns = len(model.costs)
    focus = Focus.whole(model, bound.relax(model, -np.inf, np.inf)[1])
    parts = branch.Regions.of(model.problem, *focus.master.grouping)
    most = np.asarray(parts.inside.sum(axis=1)).ravel()

    def ranges(low, high):
        both = (np.isin(np.arange(columns), chosen).astype(float) for chosen in (low, high))
        return bound.Ranges(*both, parts.inside, np.zeros(len(most)), most)

    def tree(model):
        return branch._Tree(Focus.whole(model, focus.master), parts, lambda given: -np.inf, np.inf, np.inf)

    four = ranges(range(4), range(columns))
    assert tree(model).allow(four)
    assert not four.high[4:].any(), "no room for a fifth"
    assert not tree(model).allow(ranges(range(5), range(columns)))
    need = model.problem.value(np.arange(4)) + 1
    asked = replace(model, need=need)
    assert not tree(asked).allow(ranges((), range(4)))
    assert tree(asked).allow(ranges((), range(columns)))
    least = replace(model, limits=Limits(csr_matrix(-np.ones((1, columns))), np.array([-3.0])))
    exactly = ranges((), range(3))
    assert tree(least).allow(exactly)
    assert exactly.low[:3].all(), "all three are needed"


@pytest.mark.parametrize("seed", range(3))
def test_a_limit_that_a_plan_breaks_by_next_to_nothing_is_proven_all_the_same(seed):
    rng = np.random.default_rng(seed)
    reach, costs = csr_matrix(rng.random((120, 20)) < 0.15), rng.random(20) * 10 + 1
    weights = rng.integers(1, 50, 120).astype(float)
    dear = maximum_coverage(reach, weights, 6, budget=35, costs=costs)
    plan = maximum_coverage(reach, weights, 6, budget=costs[dear.selected].sum() - 0.02, costs=costs)
    assert plan.bound == plan.objective <= dear.objective
    share = (dear.objective + 1e-6) / weights.sum()
    cover = minimum_cost_cover(reach, weights, costs, share)
    assert cover.bound == pytest.approx(cover.objective)
    assert weights[np.asarray(reach[:, cover.selected].sum(axis=1)).ravel() > 0].sum() > dear.objective
