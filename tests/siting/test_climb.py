import numpy as np
import pytest
from scipy.optimize import linprog

from lomsong.siting.climb import add_reach, climb
from lomsong.siting.node import Node, turned


def instance(seed, rows=200, columns=40):
    """A node in which columns reach rows whole or in part, and what its relaxation comes to."""
    rng = np.random.default_rng(seed)
    shares = np.where(rng.random((rows, columns)) < 0.1, np.minimum(1, rng.uniform(0.2, 2, (rows, columns))), 0.0)
    fees, prices = rng.random(rows), 6 * rng.random(columns)
    part, everyone = [np.flatnonzero(row) for row in shares], np.arange(columns)
    node = Node(
        np.cumsum([0, *map(len, part)]), np.concatenate(part).astype(np.int32), shares[shares > 0], fees,
        fees * rng.random(rows), everyone, prices, np.zeros(columns), 1.0, 0.0, everyone[:0],
    )  # fmt: skip
    aim, limits = np.r_[prices, fees], -np.hstack([shares, np.eye(rows)])
    least = linprog(aim, A_ub=limits, b_ub=-np.ones(rows), bounds=[(0, 1)] * columns + [(0, None)] * rows).fun
    return node, shares, least


@pytest.mark.parametrize("steps", [0, 15, 90, 3_000])
@pytest.mark.parametrize("seed", range(6))
def test_a_climb_proves_what_it_tells_and_no_more_than_the_relaxation(seed, steps):
    node, shares, least = instance(seed)
    low, u, worth, x, _ = climb(node, turned(node), 2 * least, steps)
    assert ((u >= 0) & (u <= node.fees)).all()
    assert ((x >= 0) & (x <= 1)).all()
    assert worth == pytest.approx(shares.T @ u - node.prices)
    assert low == pytest.approx(u.sum() - np.maximum(worth, 0).sum())
    paid = node.prices @ x + node.fees @ np.maximum(1 - shares @ x, 0)
    assert low <= least + 1e-9
    assert paid >= least - 1e-9


@pytest.mark.parametrize("seed", range(6))
def test_a_long_climb_comes_to_the_relaxation(seed):
    node, _, least = instance(seed)
    assert climb(node, turned(node), (1 + 1e-4) * least, 20_000)[0] >= (1 - 1e-3) * least


def test_a_climb_ends_at_its_goal_and_goes_on_from_where_another_ended():
    node, _, least = instance(3)
    by_column = turned(node)
    first = climb(node, by_column, 0.9 * least, 3_000)
    assert first[0] >= 0.9 * least
    short = climb(node, by_column, 1.001 * least, 60)
    again = climb(node._replace(u=short[1], x=short[3], pull=short[4]), by_column, 1.001 * least, 60)
    assert again[0] > short[0]


def test_a_node_of_no_rows_or_columns_is_bounded():
    node, _, _ = instance(0)
    none = np.zeros(0)
    empty = node._replace(indptr=np.zeros(1, np.int64), indices=node.indices[:0], shares=none, fees=none, u=none)
    assert climb(empty, turned(empty), 1.0, 30)[0] == 0.0
    alone = Node(
        np.zeros(4, np.int64), node.indices[:0], none, np.ones(3), np.ones(3) / 2, node.columns[:0], none, none, 1.0,
        0.0, node.columns[:0],
    )  # fmt: skip
    assert climb(alone, turned(alone), 4.0, 300)[0] == pytest.approx(3.0)


def test_part_of_a_column_is_added_to_what_is_reached():
    node, shares, _ = instance(1)
    reached = np.zeros(len(node.fees))
    add_reach(turned(node), reached, 4, 0.5)
    add_reach(turned(node), reached, 7, 1.0)
    assert reached == pytest.approx(0.5 * shares[:, 4] + shares[:, 7])
