import itertools

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from lomsong.siting import bound, engine, maximum_coverage, sift
from lomsong.siting.cover import Task


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
        columns = rng.random(len(model.costs)) < 0.6
        part, label = sift.few(model, columns)
        f = rng.random(len(part.problem.weights))
        prices = sift.priced(part, f, np.zeros(int(columns.sum())))
        proven, worth, lifted = sift.sifted(model, part, label, columns, prices)
        assert proven >= best
        inside, _ = bound.lagrangian(part, prices)
        outside = np.maximum(worth[~columns], 0).sum()
        assert proven == pytest.approx(inside + outside, rel=1e-9)
        assert lifted.row.shape == model.problem.weights.shape


def test_large_problems_are_sifted_and_proven_all_the_same(monkeypatch):
    monkeypatch.setattr(engine, "SAMPLE", 120)
    monkeypatch.setattr(engine, "LARGE", 400)
    monkeypatch.setattr(sift, "FEWEST", 5)
    turns = []
    few = sift.few
    monkeypatch.setattr(engine, "few", lambda *args: turns.append(1) or few(*args))
    for seed in range(6):
        reach, weights = given(seed, 200)
        plan = maximum_coverage(reach, weights, 4)
        best = best_of(model_of(reach, weights))
        assert plan.bound == plan.objective == best
    assert len(turns) >= 12
