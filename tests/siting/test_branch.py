import itertools

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from lomsong.siting import bound, branch
from lomsong.siting.cover import Task
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
    assert branch._halves(tree, np.round(share), whole) == []
