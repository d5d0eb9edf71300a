import numpy as np
import pytest
from scipy.optimize import linprog, minimize

from lomsong.siting.bundle import Bundle, _weights, nearest


def test_a_split_is_the_nearest_that_sums_to_the_price():
    rng = np.random.default_rng(0)
    split, inside = rng.normal(size=(5, 40)), rng.random((5, 40)) < 0.6
    inside[0] = True
    charge = rng.random(40) * (rng.random(40) < 0.9)
    found = nearest(split, inside, charge)
    assert found.min() >= 0
    assert not found[~inside].any()
    assert found.sum(axis=0) == pytest.approx(charge)
    for j in range(0, 40, 8):
        at = np.flatnonzero(inside[:, j])
        sums = {"type": "eq", "fun": lambda x, j=j: x.sum() - charge[j]}
        start = np.full(len(at), charge[j] / len(at))
        near = minimize(lambda x, at=at, j=j: ((x - split[at, j]) ** 2).sum(), start, constraints=[sums],
                        bounds=[(0, None)] * len(at))  # fmt: skip
        assert found[at, j] == pytest.approx(near.x, abs=1e-3)


def test_weights_of_plans_are_those_of_least_cost():
    rng = np.random.default_rng(1)
    window, factor = np.repeat([0, 1, 2], [4, 1, 5]), rng.normal(size=(10, 6))
    cost, bends = rng.normal(size=10), factor @ factor.T
    start = np.zeros(10)
    start[[0, 4, 5]] = 1.0
    found = _weights(cost, bends, window, start)
    assert found.min() >= 0
    assert np.bincount(window, found) == pytest.approx(np.ones(3))
    sums = {"type": "eq", "fun": lambda x: np.bincount(window, x) - 1}
    best = minimize(lambda x: cost @ x + x @ bends @ x / 2, start, constraints=[sums], bounds=[(0, None)] * 10)
    assert cost @ found + found @ bends @ found / 2 == pytest.approx(best.fun, abs=1e-4)


def test_turns_come_to_the_split_that_proves_the_most():
    rng = np.random.default_rng(2)
    windows, columns, many = 3, 12, 60
    plans = [[(tuple(np.flatnonzero(rng.random(columns) < 0.25).tolist()), 4 * rng.random()) for _ in range(many)]
             for _ in range(windows)]  # fmt: skip
    charge, inside = rng.random(columns), np.ones((windows, columns), bool)

    # greatest Σ η_k, η_k ≤ f_p + Σ_{j in p} α_jk for all plans p of window k, Σ_k α_jk = charge_j
    rows, most = [], []
    for k, some in enumerate(plans):
        for plan, paid in some:
            row = np.zeros(windows + windows * columns)
            row[k] = 1.0
            row[windows + k * columns + np.array(plan, int)] = -1.0
            rows.append(row)
            most.append(paid)
    sums = np.hstack([np.zeros((columns, windows)), np.tile(np.eye(columns), windows)])
    bounds = [(None, None)] * windows + [(0, None)] * (windows * columns)
    aim = np.r_[-np.ones(windows), np.zeros(windows * columns)]
    best = -linprog(aim, A_ub=np.array(rows), b_ub=most, A_eq=sums, b_eq=charge, bounds=bounds).fun

    bundle, lows = Bundle(nearest(np.zeros((windows, columns)), inside, charge), inside, charge), []
    for _ in range(60):
        low = 0.0
        for k, some in enumerate(plans):
            costs = [paid + bundle.split[k, list(plan)].sum() for plan, paid in some]
            low += min(costs)
            bundle.plans[k].update([some[int(np.argmin(costs))]])
        lows.append(low)
        foreseen = bundle.move(low, best - low + 0.1)
        assert bundle.low == max(lows)
        assert bundle.split.min() >= 0
        assert bundle.split.sum(axis=0) == pytest.approx(charge)
    assert max(lows) <= best + 1e-9
    assert best - max(lows) < 0.02 * (best - lows[0])
    assert foreseen < 0.05 * (best - lows[0])


def test_few_plans_are_kept_the_cheapest(monkeypatch):
    monkeypatch.setattr("lomsong.siting.bundle.KEPT", 2)
    inside, charge = np.ones((2, 3), bool), np.ones(3)
    bundle = Bundle(np.full((2, 3), 0.5), inside, charge)
    bundle.plans = [{(0,): 0.3, (1,): 0.1, (0, 1): 0.0, (): 0.9}, {(2,): 0.0, (): 0.0}]
    bundle.move(0.0, 1.0)
    assert set(bundle.plans[0]) == {(1,), (0,)}
    assert set(bundle.plans[1]) == {(2,), ()}
    bundle.plans[0] = {(0,): 0.3, (1,): 0.1, (0, 1): 0.0, (): 0.9}
    bundle.split = np.ones((2, 3))
    bundle.move(-1.0, 1.0)
    assert set(bundle.plans[0]) == {(1,), (0,), ()}


def test_windows_that_prove_less_than_they_cost_come_to_an_end():
    inside, charge = np.ones((2, 3), bool), np.ones(3)
    bundle = Bundle(np.full((2, 3), 0.5), inside, charge)
    bundle.plans = [{(0,): 0.0, (1,): 0.1}, {(2,): 0.0, (1,): 0.2}]
    foreseen = [bundle.move(0.4 - 0.01 * turn, 5.0) for turn in range(20)]
    assert foreseen[0] > 0
    assert foreseen[-1] == 0
