import itertools
import os
import signal
import threading
import time
from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from lomsong.siting import breed, engine, minimum_cost_cover, problem
from lomsong.siting.anneal import anneal
from lomsong.siting.breed import Breed
from lomsong.siting.cover import Task
from lomsong.siting.search import greedy, spared
from lomsong.siting.warm import compiled


def city(seed, demand=1_200, radius=0.05, p=20):
    rng = np.random.default_rng(seed)
    points = (rng.random((9, 2))[rng.integers(9, size=demand)] + rng.normal(0, 0.12, (demand, 2))) % 1
    masts = points[:400]
    reach = csr_matrix(np.hypot(*(points[:, None] - masts[None]).transpose(2, 0, 1)) < radius)
    task = Task.of(reach, rng.integers(1, 50, demand), None, None, (), (), None, (), (), p)
    return task.model(gain=1.0, p=p)


def crossing(part, plan, until):
    search = engine.Search(part, alone=False)
    search._keep(plan)
    search.run(until)
    return search.best, not search.open


@pytest.fixture
def brief(monkeypatch):
    compiled()
    monkeypatch.setattr(breed, "FIRST", (3, (1.0,), 1e6))
    monkeypatch.setattr(breed, "NEXT", (2, (0.4, 0.6), 1e6))


def columns(model, plan):
    return model.problem.columns[plan]


def test_a_crossing_is_the_best_plan_made_of_parts_of_all():
    model = city(1, demand=300, p=4)
    rng = np.random.default_rng(2)
    plans = [rng.permutation(len(model.costs))[:4] for _ in range(4)]
    stock = Breed(model, None, crossing, 0)
    found = stock._crossed(columns(model, plans[0]), [columns(model, plan) for plan in plans[1:]], np.inf)
    union = np.unique(np.concatenate(plans))
    best = max(model.worth(np.array(one)) for one in itertools.combinations(union, 4))
    assert model.worth(model.problem.places(found)) == best > max(model.worth(plan) for plan in plans)


def test_more_columns_are_crossed_where_that_is_quick_and_fewer_where_it_is_not():
    model = city(1)
    pool = [columns(model, greedy(model))]
    stock = Breed(model, None, lambda part, plan, until: (plan, True), 0)
    stock._crossed(pool[0], pool, np.inf)
    assert stock._width == breed.WIDTH * breed.WIDER
    stock.cross = lambda part, plan, until: (plan, False)
    for _ in range(2):
        stock._crossed(pool[0], pool, np.inf)
    assert stock._width == pytest.approx(breed.WIDTH / breed.WIDER)


def test_islands_begin_anew_and_are_crossed(brief, monkeypatch):
    model = city(3)
    start = columns(model, greedy(model))
    stock, kinds = Breed(model, None, crossing, 1), []
    plain = Breed._annealed
    monkeypatch.setattr(Breed, "_annealed", lambda self, plan, how, t: kinds.append(how) or plain(self, plan, how, t))
    best = 0.0
    for plan in stock.plans(start, problem.clock() + 60):
        best = max(best, model.worth(model.problem.places(plan)))
        if kinds.count(breed.FIRST) == 2 and kinds[-1] == breed.NEXT:
            break
    assert kinds[:2] == [breed.FIRST, breed.NEXT]
    assert kinds.count(breed.FIRST) == 2
    assert best >= 0.995 * engine_best(model) > model.worth(greedy(model))
    next(Breed(model, None, crossing, 1).plans(start, problem.clock() + 60, anew=False))
    assert kinds[-1] == breed.NEXT


def engine_best(model):
    search = engine.Search(model)
    search.run(problem.clock() + 5)
    return search.value


def test_same_seed_same_plans(brief, monkeypatch):
    model = city(4)
    start = columns(model, greedy(model))
    monkeypatch.setattr(breed, "MIXED", 60)  # soon proven, whatever else the machine does
    until = problem.clock() + 600
    runs = [
        [plan for _, plan in zip(range(3), Breed(model, None, crossing, 7).plans(start, until), strict=False)]
        for _ in range(2)
    ]
    for one, other in zip(*runs, strict=True):
        np.testing.assert_array_equal(one, other)


def test_an_interrupt_does_not_wait_for_plans_under_way(monkeypatch):
    model = city(5)
    monkeypatch.setattr(breed, "FIRST", (2, (1.0,), 1e13))
    stock = Breed(model, None, crossing, 1)
    threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        next(stock.plans(columns(model, greedy(model)), np.inf))
    assert time.monotonic() - began < 20


def test_annealing_ends_where_it_is_halted():
    model, halted = city(5), threading.Event()
    halted.set()
    start = greedy(model)
    best, last = anneal(model, start, readings=1e13, enough=np.inf, deadline=np.inf, seed=1, halted=halted)
    np.testing.assert_array_equal(best, np.sort(start))
    np.testing.assert_array_equal(last, np.sort(start))


@pytest.mark.parametrize("whole", [True, False])
def test_a_cover_is_pared_where_its_relaxation_is_far(brief, monkeypatch, whole):
    model = city(6, radius=0.07)
    problem_ = model.problem
    reach = csr_matrix(
        (np.ones(problem_.size), problem_.indices, problem_.indptr), shape=(len(problem_.weights), len(model.costs))
    )
    costs = np.ones(len(model.costs)) if whole else np.random.default_rng(6).uniform(1, 3, len(model.costs))
    monkeypatch.setattr(engine, "HOPELESS_COST", (0.0, 0))
    monkeypatch.setattr(engine, "HOPELESS", (0.0, 0))
    monkeypatch.setattr(engine.Search, "_improve", lambda *given: None)
    pared = []
    plain = engine.Search._pare

    def watched(self, *given):
        before = self.value
        plain(self, *given)
        pared.append((before, self.value))
        if self.value > pared[0][0]:
            self.enough = self.value  # seen to work: no more is needed

    monkeypatch.setattr(engine.Search, "_pare", watched)
    plan = minimum_cost_cover(reach, problem_.weights, costs, 0.8, time_limit_s=300)
    assert pared[-1][1] > pared[0][0]
    assert all(after >= before for before, after in pared)
    got = problem_.weights[np.asarray(reach[:, plan.selected].sum(axis=1)).ravel() > 0].sum()
    assert got >= 0.8 * problem_.weights.sum() * (1 - 1e-9)
    assert plan.objective == pytest.approx(costs[plan.selected].sum())
    assert plan.bound <= plan.objective


def test_of_columns_that_are_as_dear_the_one_that_loses_least_is_spared():
    model = replace(city(7, demand=300, p=8), gain=0.0)
    plan = greedy(replace(model, gain=1.0))
    losses = [model.problem.value(plan) - model.problem.value(np.delete(plan, k)) for k in range(len(plan))]
    model = replace(model, need=model.problem.value(plan) - max(losses))
    first = plan[int(np.argmin(losses))]
    assert first not in spared(model, plan)
