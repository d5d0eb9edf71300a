import itertools

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from lomsong.siting import search, too_close
from lomsong.siting.cover import Task


def asked(seed, demand=60, candidates=9, density=0.25, **given):
    rng = np.random.default_rng(seed)
    reach = csr_matrix(rng.random((demand, candidates)) < density)
    weights = rng.integers(1, 20, demand).astype(float)
    costs = given.pop("costs", None)
    return Task.of(reach, weights, costs, None, (), (), given.pop("conflicts", None), (), (), given.pop("p", None))


def test_the_state_of_a_plan_is_what_counting_anew_gives():
    model = asked(0).model(gain=1.0, p=9)
    field = search.ground(model)
    now = search.state(model, field, np.array([0, 3]), 1)
    rng = np.random.default_rng(3)
    for _ in range(200):
        column = int(rng.integers(len(model.costs)))
        (search._drop if now.chosen[column] else search._add)(field, now, column)
    fresh = search.state(model, field, np.flatnonzero(now.chosen), 1)
    for kept, again in zip(now[:8], fresh[:8], strict=True):
        np.testing.assert_allclose(kept, again, atol=1e-9)
    open_rows = np.flatnonzero(~model.problem.covered(np.flatnonzero(now.chosen)))
    assert sorted(now.left[: now.counts[0]]) == open_rows.tolist()
    assert now.totals[0] == model.problem.value(np.flatnonzero(now.chosen))
    for column in range(len(model.costs)):
        if not now.chosen[column]:
            more = model.problem.value(np.append(np.flatnonzero(now.chosen), column))
            assert now.gains[column] == pytest.approx(more - now.totals[0])


def test_greedy_takes_the_greatest_gain_each_time():
    model = asked(1).model(gain=1.0, p=4)
    plan = search.greedy(model)
    taken = []
    for column in plan:
        gains = [model.problem.value(np.array([*taken, j])) for j in range(len(model.costs))]
        assert model.problem.value(np.array([*taken, column])) == max(gains)
        taken.append(int(column))
    assert len(plan) == 4


def test_moves_mend_what_greedy_missed():
    # Greedy takes the middle column of weight 6 first; the two outer ones reach all.
    reach = csr_matrix(np.array([[1, 1, 0], [1, 0, 0], [0, 1, 0], [0, 1, 1], [0, 0, 1]][:5]))
    task = Task.of(reach, [3.0, 2.5, 0.5, 3.0, 2.5], None, None, (), (), None, (), (), 2)
    model = task.model(gain=1.0, p=2)
    start = search.greedy(model)
    better = search.explore(model, start, moves=100, enough=np.inf, deadline=np.inf, seed=1)
    assert model.worth(start) == 9.0
    assert model.worth(better) == 11.0
    assert sorted(model.problem.columns[better]) == [0, 2]


@pytest.mark.parametrize("gain", [1.0, 0.0])
@pytest.mark.parametrize("target", [0.8, 1.0])
def test_small_problems_are_solved_by_moves_alone(gain, target):
    missed = 0
    for seed in range(5):
        task = asked(seed, costs=np.random.default_rng(seed).integers(1, 6, 9).astype(float))
        everything = task.model(gain=1.0, p=9).problem.total
        model = task.model(gain=gain, p=4 if gain else None, need=0.0 if gain else target * everything)
        plan = search.explore(
            model, search.greedy(model), moves=2000, enough=np.inf, deadline=np.inf, seed=1, known=-np.inf
        )
        sizes = [4] if gain else range(len(model.costs) + 1)
        every = itertools.chain.from_iterable(itertools.combinations(range(len(model.costs)), k) for k in sizes)
        best = max(model.worth(np.array(one, int)) for one in every)
        assert model.worth(plan) <= best
        missed += model.worth(plan) < best - 1e-9
    assert missed <= 1


def test_moves_never_break_a_limit():
    rng = np.random.default_rng(4)
    task = asked(4, conflicts=too_close(rng.random((9, 2)) * 1000, 350))
    model = task.model(gain=1.0, p=5)
    plan = search.explore(model, search.greedy(model), moves=500, enough=np.inf, deadline=np.inf, seed=2)
    assert model.limits.kept(plan)
    assert model.worth(plan) >= model.worth(search.greedy(model)) > 0


def test_the_same_seed_gives_the_same_plan_and_the_clock_is_kept():
    model = asked(5, 200, 40, 0.1).model(gain=1.0, p=8)
    start = search.greedy(model)
    options = {"moves": 300, "enough": np.inf, "seed": 3}
    one, two = (search.explore(model, start, deadline=np.inf, **options) for _ in range(2))
    assert one.tolist() == two.tolist()
    assert search.explore(model, start, deadline=-np.inf, **options).tolist() == start.tolist()
