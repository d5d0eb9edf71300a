import itertools
import os
import signal

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from lomsong.siting import breed, engine, maximum_coverage, minimum_cost_cover, sift
from lomsong.siting.cover import Task
from lomsong.siting.engine import Search
from lomsong.siting.warm import compiled


def given(seed, demand=90, candidates=12, density=0.15):
    rng = np.random.default_rng(seed)
    return csr_matrix(rng.random((demand, candidates)) < density), rng.integers(1, 20, demand).astype(float)


def model_of(seed, p=4, **sizes):
    reach, weights = given(seed, **sizes)
    return Task.of(reach, weights, None, None, (), (), None, (), (), p).model(gain=1.0, p=p)


def best_of(model, p=4):
    return max(model.worth(np.array(one)) for one in itertools.combinations(range(len(model.costs)), p))


@pytest.mark.parametrize("seed", range(6))
def test_plan_and_bound_meet(seed):
    model = model_of(seed)
    search = Search(model)
    assert search.open
    search.run(np.inf)
    assert not search.open
    assert search.value == search.bound == best_of(model) == model.worth(model.problem.places(search.best))


@pytest.mark.parametrize("rule", [{"p": 4}, {"budget": 9.0}, {"p": 4, "conflicts": True}])
def test_a_wide_problem_seen_through_few_columns_is_proven_all_the_same(monkeypatch, rule):
    for seed in range(4):
        reach, weights = given(seed, 400, 60, 0.05)
        more = {"costs": np.random.default_rng(seed).integers(1, 5, 60)} if "budget" in rule else {}
        if "conflicts" in rule:
            apart = np.random.default_rng(seed).random((60, 60)) < 0.2
            more["conflicts"] = csr_matrix(np.triu(apart, 1) | np.triu(apart, 1).T)
        plain = maximum_coverage(reach, weights, **rule | more)
        with monkeypatch.context() as patch:
            patch.setattr(engine, "WIDE", 20)
            patch.setattr(sift, "FEWEST", 12)
            patch.setattr(sift, "FEWEST_BY_SITE", 1)
            wide = maximum_coverage(reach, weights, **rule | more)
        assert wide.status == plain.status == "optimal"
        assert wide.objective == plain.objective


def test_where_branching_is_hopeless_plans_are_bred(monkeypatch):
    compiled()
    reach, weights = given(1, 1_500, 300, 0.02)
    monkeypatch.setattr(engine, "HOPELESS", (0.0, 0))
    monkeypatch.setattr(breed, "FIRST", (3, (1.0,), 1e5))
    monkeypatch.setattr(breed, "NEXT", (2, (0.5, 0.6), 1e5))
    bred = []
    plain = Search._breed

    def watched(self, *given, **named):
        before = self.value
        plain(self, *given, **named)
        bred.append((before, self.value))

    monkeypatch.setattr(Search, "_breed", watched)
    monkeypatch.setattr(Search, "_moved", lambda self, model, start, *rest: start)
    plan = maximum_coverage(reach, weights, 25, time_limit_s=4)
    assert bred and all(after >= before for before, after in bred)
    assert bred[0][1] > bred[0][0]
    reached = np.asarray(reach[:, plan.selected].sum(axis=1)).ravel() > 0
    assert plan.objective == weights[reached].sum() <= plan.bound
    assert len(set(plan.selected)) == 25


def test_a_deadline_in_the_past_still_gives_a_plan_and_a_bound():
    model = model_of(0)
    search = Search(model)
    search.run(-np.inf)
    assert 0 < search.value <= best_of(model) <= search.bound


@pytest.mark.parametrize("where", ["explore", "relax", "branch", "fixed"])
@pytest.mark.parametrize("nth", [1, 2, 3])
def test_an_interrupt_anywhere_loses_neither_plan_nor_bound(monkeypatch, where, nth):
    calls = itertools.count(1)
    plain = getattr(engine, where)

    def interrupted(*args, **options):
        if next(calls) == nth:
            raise KeyboardInterrupt
        return plain(*args, **options)

    monkeypatch.setattr(engine, where, interrupted)
    for seed in range(3):
        reach, weights = given(seed)
        best = best_of(model_of(seed))
        plan = maximum_coverage(reach, weights, 4)
        assert 0 < plan.objective <= best <= plan.bound
        calls = itertools.count(1)
        cheap = minimum_cost_cover(reach, weights, np.ones(12), 0.7)
        covered = weights[np.asarray(reach[:, cheap.selected].sum(axis=1)).ravel() > 0].sum()
        assert covered >= 0.7 * weights.sum()
        assert 0 <= cheap.bound <= cheap.objective


def test_ctrl_c_ends_a_long_search_with_what_it_has(monkeypatch):
    rng = np.random.default_rng(0)
    points, masts = rng.random((3000, 2)), rng.random((400, 2))
    reach = csr_matrix(np.hypot(*(points[:, None] - masts[None]).transpose(2, 0, 1)) < 0.09)
    relax = engine.relax

    def started(*args, **options):
        os.kill(os.getpid(), signal.SIGINT)
        return relax(*args, **options)

    monkeypatch.setattr(engine, "relax", started)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background is started deaf to it
    try:
        plan = minimum_cost_cover(reach, np.ones(3000), np.ones(400), 0.9, time_limit_s=300)
    finally:
        signal.signal(signal.SIGINT, before)
    assert 0 <= plan.bound < plan.objective < 400
    assert plan.status == "feasible"


def test_what_is_taken_counts_and_what_is_left_adds_to_it():
    model = model_of(3)
    left = engine._Left(model, [])
    one, zero = np.zeros(len(model.costs), bool), np.zeros(len(model.costs), bool)
    one[2], zero[[4, 5]] = True, True
    none = np.zeros(len(model.costs))
    shrunk = left.shrunk(one, zero, engine.Relaxation(np.inf, none, none))
    for chosen in itertools.combinations(range(len(shrunk.model.costs)), 2):
        plan = np.array(chosen)
        assert shrunk.offset + shrunk.model.worth(plan) == model.worth(model.problem.places(shrunk.whole(plan)))
    assert len(shrunk.starts[0]) == len(shrunk.model.costs)


def test_a_bound_never_rises_and_falls_to_whole_steps():
    model = model_of(1)
    search = Search(model)
    search.best, search.value, search.bound = np.zeros(0, np.int64), 10.0, 100.0
    unit = model.unit
    assert unit > 0
    search._tell(55.5 * unit)
    assert search.bound == 55 * unit
    search._tell(70 * unit)
    assert search.bound == 55 * unit
    search._tell(-np.inf)
    assert search.bound == search.value
