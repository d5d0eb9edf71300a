import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from lomsong.siting import node as nodes_
from lomsong.siting import prizes
from lomsong.siting.problem import Problem


def instance(seed, rows=40, columns=9, parted=False):
    """Shares of rows that columns reach, whole rows or ``parted`` ones, with fees and prices, some of them nothing."""
    rng = np.random.default_rng(seed)
    reach = (rng.random((rows, columns)) < 0.3).astype(float)
    fees = rng.random(rows) * (rng.random(rows) < 0.9)
    costs = 3 * rng.random(columns) * (rng.random(columns) < 0.9)
    if parted:
        reach *= np.where(rng.random(reach.shape) < 0.5, 1.0, rng.random(reach.shape).round(1))
    pattern = csr_matrix(reach)
    problem = Problem(
        pattern.indptr.astype(np.int64), pattern.indices.astype(np.int32), fees, np.zeros(rows, np.int32),
        np.arange(columns) + 100,
    )  # fmt: skip
    return reach, problem, costs


def cost(reach, problem, prices, chosen):
    open_ = np.maximum(1 - reach[:, list(chosen)].sum(axis=1), 0)
    return prices[list(chosen)].sum() + problem.weights @ open_


def cheapest(reach, problem, prices):
    subsets = itertools.chain.from_iterable(itertools.combinations(range(len(prices)), n) for n in range(10))
    return min(cost(reach, problem, prices, one) for one in subsets)


def solve(reach, problem, prices, nodes=10_000, halted=lambda: False, seed=0):
    u = problem.weights * np.random.default_rng(seed).random(len(problem.weights))
    told = np.zeros((2, 2, len(prices)))
    return prizes.least(problem, csr_matrix(reach).data, prices, u, (), told, nodes=nodes, seed=seed, halted=halted)


@pytest.mark.parametrize("parted", [False, True])
@pytest.mark.parametrize("seed", range(40))
def test_the_least_is_that_of_all_plans(seed, parted):
    reach, problem, prices = instance(seed, parted=parted)
    found, least = solve(reach, problem, prices), cheapest(reach, problem, prices)
    assert found.cost == pytest.approx(least, rel=2 * prizes.CLOSE)
    assert (1 - 2 * prizes.CLOSE) * least <= found.low <= least + 1e-9
    for plan in found.met:
        assert cost(reach, problem, prices, set(np.array(plan, int) - 100)) >= least - 1e-9
    assert cost(reach, problem, prices, set(np.array(found.plan, int) - 100)) == pytest.approx(found.cost)


def test_a_plan_that_is_cheaper_by_next_to_nothing_is_not_denied(monkeypatch):
    monkeypatch.setattr(prizes, "MOVES", 0)
    for seed in range(200):
        reach, problem, prices = instance(seed)
        rng = np.random.default_rng(seed)
        problem = replace(problem, weights=rng.integers(0, 3, len(problem.weights)).astype(float))
        prices = rng.integers(1, 12, len(prices)) + 5e-4 * rng.random(len(prices))
        found = solve(reach, problem, prices)
        assert found.low <= cheapest(reach, problem, prices) + 1e-9


@pytest.mark.parametrize("nodes", [0, 1, 3])
def test_what_is_left_after_some_nodes_is_no_false_proof(monkeypatch, nodes):
    monkeypatch.setattr(prizes, "MOVES", 0)
    monkeypatch.setattr(prizes, "CLIMBS", (0, 0))
    for seed in range(60):
        reach, problem, prices = instance(seed, parted=seed % 2 == 1)
        found = solve(reach, problem, prices, nodes)
        assert found.low <= cheapest(reach, problem, prices) + 1e-9 <= found.cost + 2e-9


def test_a_search_that_is_halted_at_once_tells_what_the_climb_proved():
    reach, problem, prices = instance(3)
    found = solve(reach, problem, prices, halted=lambda: True)
    assert 0 < found.low <= cheapest(reach, problem, prices)


def test_rows_that_must_be_reached_are_those_of_an_endless_fee():
    for seed in range(20):
        reach, problem, prices = instance(seed)
        problem = replace(problem, weights=np.where(reach.any(axis=1), np.inf, 0.0))
        asked = reach[problem.weights > 0]
        found = solve(reach, problem, prices)
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


@pytest.mark.parametrize("parted", [False, True])
def test_a_node_keeps_account_of_what_is_paid(parted):
    reach, problem, prices = instance(5, parted=parted)
    rng, columns = np.random.default_rng(1), np.arange(len(prices))
    keys = rng.integers(1, 2**63, (2, len(prices)), dtype=np.int64)
    root = nodes_.Node(
        problem.indptr, problem.indices, csr_matrix(reach).data, problem.weights, problem.weights / 2, columns, prices,
        rng.random(len(prices)), 1.0, 0.0, columns[:0],
    )  # fmt: skip
    for _ in range(50):
        kind = rng.integers(0, 3, len(prices))
        node = nodes_.left(root, kind == 1, kind == 2, keys)
        free = [j for j in range(len(prices)) if kind[j] == 0]
        subsets = itertools.chain.from_iterable(itertools.combinations(free, n) for n in range(len(free) + 1))
        taken = tuple(np.flatnonzero(kind == 1))
        least = min(cost(reach, problem, prices, (*taken, *one)) for one in subsets)
        assert node.taken.tolist() == list(taken)
        assert node.columns.tolist() == free
        assert (node.u <= node.fees).all()
        shares = csr_matrix((node.shares, node.indices, node.indptr), shape=(len(node.fees), len(free))).toarray()
        assert len(np.unique(shares, axis=0)) == len(shares)
        inner = cheapest(shares, replace(problem, weights=node.fees), node.prices)
        assert node.paid + inner == pytest.approx(least)


def test_many_open_nodes_end_a_search_without_a_false_proof(monkeypatch):
    monkeypatch.setattr(prizes, "MOVES", 0)
    monkeypatch.setattr(prizes, "CLIMBS", (0, 0))
    reach, problem, prices = instance(1)
    whole = solve(reach, problem, prices)
    monkeypatch.setattr(prizes, "HELD", problem.size)
    short = solve(reach, problem, prices)
    assert 0 < short.low < whole.low <= cheapest(reach, problem, prices) + 1e-9


def test_what_asking_told_is_kept_and_spares_nodes_the_next_time():
    rng = np.random.default_rng(1)
    at, mast = rng.random((900, 2)), rng.random((200, 2))
    reach = csr_matrix(np.hypot(*(at[:, None] - mast).transpose(2, 0, 1)) < 0.22)
    fees, prices = rng.random(900), 24 + 3 * rng.random(200)
    problem = Problem(
        reach.indptr.astype(np.int64), reach.indices, fees, np.zeros(900, np.int32), np.arange(200),
    )  # fmt: skip
    told, asked, found = np.zeros((2, 2, 200)), [], []
    for _ in range(4):
        before = told[:, 1].sum()
        one = prizes.least(
            problem, np.ones(problem.size), prices, fees / 2, (), told, nodes=100_000, seed=0, halted=lambda: False
        )
        asked.append(told[:, 1].sum() - before)
        found.append(one)
    assert [one.cost for one in found] == pytest.approx([found[0].cost] * 4)
    assert (told >= 0).all()
    assert asked[0] > 20
    assert min(asked[1:]) < asked[0]
