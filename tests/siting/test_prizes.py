import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from lomsong.siting import prizes
from lomsong.siting.problem import Problem


def instance(seed, rows=40, columns=9):
    """Rows with fees and columns with prices, some of them nothing."""
    rng = np.random.default_rng(seed)
    reach = rng.random((rows, columns)) < 0.3
    fees = rng.random(rows) * (rng.random(rows) < 0.9)
    costs = 3 * rng.random(columns) * (rng.random(columns) < 0.9)
    pattern = csr_matrix(reach)
    problem = Problem(
        pattern.indptr.astype(np.int64), pattern.indices.astype(np.int32), fees, np.zeros(rows, np.int32),
        np.arange(columns) + 100,
    )  # fmt: skip
    return reach, problem, costs


def cost(reach, problem, prices, chosen):
    reached = reach[:, list(chosen)].any(axis=1)
    return prices[list(chosen)].sum() + problem.weights[~reached].sum()


def cheapest(reach, problem, prices):
    subsets = itertools.chain.from_iterable(itertools.combinations(range(len(prices)), n) for n in range(10))
    return min(cost(reach, problem, prices, one) for one in subsets)


def solve(problem, prices, nodes=10_000, halted=lambda: False, seed=0):
    u = problem.weights * np.random.default_rng(seed).random(len(problem.weights))
    return prizes.least(problem, prices, u, (), nodes=nodes, seed=seed, halted=halted)


@pytest.mark.parametrize("seed", range(40))
def test_the_least_is_that_of_all_plans(seed):
    reach, problem, prices = instance(seed)
    found, least = solve(problem, prices), cheapest(reach, problem, prices)
    assert found.cost == pytest.approx(least, rel=2 * prizes.CLOSE)
    assert (1 - 2 * prizes.CLOSE) * least <= found.low <= least + 1e-9
    added = np.where(reach, prices, np.inf).min(axis=1)
    fees = replace(problem, weights=np.minimum(problem.weights, added))
    assert cost(reach, fees, prices, set(np.array(found.plan, int) - 100)) == pytest.approx(found.cost)


def test_a_plan_that_is_cheaper_by_next_to_nothing_is_not_denied(monkeypatch):
    monkeypatch.setattr(prizes, "MOVES", 0)
    for seed in range(200):
        reach, problem, prices = instance(seed)
        rng = np.random.default_rng(seed)
        problem = replace(problem, weights=rng.integers(0, 3, len(problem.weights)).astype(float))
        prices = rng.integers(1, 12, len(prices)) + 5e-4 * rng.random(len(prices))
        found = solve(problem, prices)
        assert found.low <= cheapest(reach, problem, prices) + 1e-9


@pytest.mark.parametrize("nodes", [0, 1, 3])
def test_what_is_left_after_some_nodes_is_no_false_proof(monkeypatch, nodes):
    monkeypatch.setattr(prizes, "MOVES", 0)
    monkeypatch.setattr(prizes, "CLIMBS", (2, 2))
    for seed in range(30):
        reach, problem, prices = instance(seed)
        found = solve(problem, prices, nodes)
        assert found.low <= cheapest(reach, problem, prices) + 1e-9 <= found.cost + 2e-9


def test_a_search_that_is_halted_at_once_tells_what_the_climb_proved():
    reach, problem, prices = instance(3)
    found = solve(problem, prices, halted=lambda: True)
    assert 0 < found.low <= cheapest(reach, problem, prices)


def test_rows_that_must_be_reached_are_those_of_an_endless_fee():
    for seed in range(20):
        reach, problem, prices = instance(seed)
        problem = replace(problem, weights=np.where(reach.any(axis=1), np.inf, 0.0))
        asked = reach[problem.weights > 0]
        found = solve(problem, prices)
        enough = [
            one
            for n in range(len(prices) + 1)
            for one in itertools.combinations(range(len(prices)), n)
            if asked[:, list(one)].any(axis=1).all()
        ]
        least = min(prices[list(one)].sum() for one in enough)
        assert (1 - 2 * prizes.CLOSE) * least <= found.low <= least + 1e-9
        plan = np.array(found.plan, int) - 100
        assert asked[:, plan].any(axis=1).all()
        assert prices[plan].sum() == pytest.approx(found.cost, rel=2 * prizes.CLOSE)


def test_a_node_keeps_account_of_what_is_paid():
    reach, problem, prices = instance(5)
    rng, columns = np.random.default_rng(1), np.arange(len(prices))
    keys = rng.integers(1, 2**63, (2, len(prices)), dtype=np.int64)
    root = prizes.Node(
        problem.indptr, problem.indices, problem.weights, problem.weights / 2, columns, prices, 0.0, columns[:0]
    )
    for _ in range(50):
        kind = rng.integers(0, 3, len(prices))
        node = prizes.left(root, kind == 1, kind == 2, keys)
        free = [j for j in range(len(prices)) if kind[j] == 0]
        subsets = itertools.chain.from_iterable(itertools.combinations(free, n) for n in range(len(free) + 1))
        taken = tuple(np.flatnonzero(kind == 1))
        least = min(cost(reach, problem, prices, (*taken, *one)) for one in subsets)
        assert node.taken.tolist() == list(taken)
        assert node.columns.tolist() == free
        assert (node.u <= node.fees).all()
        pattern = csr_matrix(
            (np.ones(len(node.indices), bool), node.indices, node.indptr), shape=(len(node.fees), len(free))
        ).toarray()
        assert len(np.unique(pattern, axis=0)) == len(pattern)
        inner = cheapest(pattern, replace(problem, weights=node.fees), node.prices)
        assert node.paid + inner == pytest.approx(least)
