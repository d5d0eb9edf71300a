import dataclasses

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import csr_matrix, hstack, identity

from lomsong.siting import ascent, bound
from lomsong.siting.cover import Task


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


@pytest.mark.parametrize("given", [{"p": 5}, {"budget": 14.0}])
def test_comes_near_the_relaxation_and_never_below(given):
    for seed in range(4):
        model = model_of(seed, **given)
        truth = relaxed(model)
        f, share = ascent.ascent(model, 0.97 * truth, np.inf, model.problem.sums(model.problem.weights))
        weights = model.problem.weights
        asks, room = model.limits.matrix.toarray().ravel(), model.limits.most[0]
        ratio = model.problem.sums(weights * f) / asks
        price = min(max(ratio[k], 0.0) for k in np.argsort(-ratio) if asks[ratio >= ratio[k]].sum() <= room)
        prices = bound.Prices(share, weights * f, np.array([price]), float((weights * (1 - f)).sum()))
        proven, worth = bound.lagrangian(model, prices)
        assert truth * (1 - 1e-9) <= proven < truth * 1.03
        assert worth.shape == share.shape
        assert model.limits.matrix @ share <= model.limits.most * (1 + 1e-9)


def test_ends_where_nothing_better_is_left():
    model = model_of(1)
    steps = []
    sums = type(model.problem).sums

    class Counting:
        def __getattr__(self, name):
            return getattr(model.problem, name)

        def sums(self, values):
            steps.append(1)
            return sums(model.problem, values)

    model_ = dataclasses.replace(model, problem=Counting())
    start = model.problem.sums(model.problem.weights)
    ascent.ascent(model_, 10 * model.problem.total, np.inf, start)
    assert len(steps) == 1


def test_is_not_for_models_of_several_limits():
    model = model_of(0, p=4, budget=14.0)
    assert ascent.ascent(model, 0.0, np.inf, np.ones(len(model.costs))) is None
