import itertools

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from lomsong.siting import bound
from lomsong.siting.cover import Task


def task(seed, demand=60, candidates=10):
    rng = np.random.default_rng(seed)
    reach = csr_matrix(rng.random((demand, candidates)) < 0.25)
    weights = rng.random(demand) * 7
    return reach, weights, Task.of(reach, weights, rng.random(candidates) + 0.5, None, (), (), None, (), (), None)


def value(reach, weights, chosen):
    return weights[np.asarray(reach[:, list(chosen)].sum(axis=1)).ravel() > 0].sum()


def test_any_prices_give_a_valid_bound_of_the_cover():
    reach, weights, asked = task(2)
    model = asked.model(gain=1.0, p=3)
    best = max(value(reach, weights, c) for c in itertools.combinations(range(10), 3))
    rng = np.random.default_rng(0)
    for _ in range(50):
        u = model.problem.weights * rng.random(len(model.problem.weights)) ** rng.uniform(0, 8)
        prices = bound.Prices(np.zeros(0), u, rng.random(1) * 30, float((model.problem.weights - u).sum()))
        assert bound.lagrangian(model, prices)[0] >= best


def test_any_prices_give_a_valid_bound_of_the_cost():
    reach, weights, asked = task(3)
    need = 0.7 * weights.sum()
    model = asked.model(gain=0.0, need=need)
    subsets = itertools.chain.from_iterable(itertools.combinations(range(10), n) for n in range(11))
    best = min(asked.costs[list(c)].sum() for c in subsets if value(reach, weights, c) >= need)
    rng = np.random.default_rng(0)
    for _ in range(50):
        price = rng.random() * 0.05
        v = model.problem.weights * price
        u = v * rng.random(len(v)) ** rng.uniform(0, 4)
        prices = bound.Prices(np.zeros(0), u, np.zeros(0), float((v - u).sum()) - price * need)
        assert -bound.lagrangian(model, prices)[0] <= best


@pytest.mark.parametrize("seed", range(10))
def test_the_relaxation_is_that_of_the_compact_model(seed):
    from scipy.optimize import linprog

    _, _, asked = task(seed)
    model = asked.model(gain=1.0, p=3)
    rows, columns = len(model.problem.weights), len(model.costs)
    pattern = csr_matrix((np.ones(model.problem.size), model.problem.indices, model.problem.indptr), (rows, columns))
    matrix = np.block([[-pattern.toarray(), np.eye(rows)], [np.ones((1, columns)), np.zeros((1, rows))]])
    right = np.append(np.zeros(rows), 3)
    found = linprog(np.append(np.zeros(columns), -model.problem.weights), A_ub=matrix, b_ub=right, bounds=(0, 1))
    relaxed, _ = bound.relax(model, -np.inf, np.inf)
    assert relaxed.bound == pytest.approx(-found.fun, rel=1e-6)
    assert relaxed.bound >= -found.fun * (1 - 1e-9)


def test_a_solver_that_ends_unsure_is_asked_once_more_from_nothing(monkeypatch):
    for failing, solved in ((1, True), (2, False)):
        master = bound.Master(task(0)[2].model(gain=1.0, p=3))
        left, optimal = iter([False] * failing), bound.Master._optimal

        def unsure(self, deadline, left=left, optimal=optimal):
            return optimal(self, deadline) and next(left, True)

        with monkeypatch.context() as patch:
            patch.setattr(bound.Master, "_optimal", unsure)
            assert (master.solve(np.inf) is not None) == solved


def test_columns_are_fixed_only_where_every_better_plan_agrees():
    for seed in range(20):
        reach, weights, asked = task(seed)
        model = asked.model(gain=1.0, p=3)
        plans = {c: value(reach, weights, c) for c in itertools.combinations(range(10), 3)}
        goal = sorted(plans.values())[-2] * (1 - 1e-9)
        relaxed, _ = bound.relax(model, goal, np.inf)
        one, zero = bound.fixed(relaxed, goal)
        for chosen, reached in plans.items():
            if reached >= goal:
                inside = np.isin(model.problem.columns, chosen)
                assert not (zero & inside).any()
                assert not (one & ~inside & np.isin(model.problem.columns, range(10))).any()
