import numpy as np
import pytest
from scipy.sparse import csr_matrix

from lomsong.siting.pools import grown, pooled, taken_of
from lomsong.siting.problem import Problem


def instance(seed, points=3_000, masts=200, radius=0.15):
    rng = np.random.default_rng(seed)
    at, mast = rng.random((points, 2)), rng.random((masts, 2))
    reach = csr_matrix(np.hypot(*(at[:, None] - mast).transpose(2, 0, 1)) < radius)
    fees = rng.integers(1, 9, points).astype(float)
    x = np.where(rng.random(masts) < 0.1, rng.random(masts), 0.0)
    no = np.zeros(points, np.int32)
    return Problem(reach.indptr.astype(np.int64), reach.indices, fees, no, np.arange(masts)), reach, x


def taken(problem, x):
    return taken_of(problem.indptr, problem.indices, x)


def test_of_the_columns_of_a_row_those_are_left_of_which_something_is_taken():
    problem, reach, x = instance(0)
    some = taken(problem, x)
    got = csr_matrix((np.ones(len(some[1])), some[1], some[0]), shape=reach.shape)
    assert (got != reach.multiply(x > 0)).nnz == 0
    assert got.nnz


@pytest.mark.parametrize("seed", range(4))
def test_every_row_lies_in_one_pool_and_nothing_of_it_is_lost(seed):
    problem, reach, x = instance(seed)
    rows = np.flatnonzero(np.random.default_rng(seed).random(len(problem.weights)) < 0.7)
    u = problem.weights / 3
    for many in (1, 30, 480):
        order, starts = grown((problem.indptr, problem.indices), taken(problem, x), x, rows, many, problem.weights)
        assert 1 <= len(starts) - 1 <= many
        assert (np.diff(starts) > 0).all()
        assert np.sort(order).tolist() == rows.tolist()
        pools, shares, dues = pooled(problem, order, starts, problem.weights, u)
        assert pools.weights.sum() == pytest.approx(problem.weights[rows].sum())
        assert dues.sum() == pytest.approx(u[rows].sum())
        reached = np.bincount(
            pools.columns[pools.indices], shares * np.repeat(pools.weights, np.diff(pools.indptr)), 200
        )
        assert reached == pytest.approx(reach[rows].T @ problem.weights[rows])


def test_what_a_plan_reaches_of_pools_is_no_less_than_of_their_rows_and_soon_the_same():
    problem, _, x = instance(3)
    rows, support, lost = np.arange(len(problem.weights)), np.flatnonzero(x), []
    rng = np.random.default_rng(0)
    likely, others = ([rng.choice(some, 6, replace=False) for _ in range(20)] for some in (support, 200))
    for many in (1, 12, 1_000, 10_000):
        order, starts = grown((problem.indptr, problem.indices), taken(problem, x), x, rows, many, problem.weights)
        pools, shares, _ = pooled(problem, order, starts, problem.weights, problem.weights)
        sums = csr_matrix((shares, pools.indices, pools.indptr), shape=(len(pools.weights), len(pools.columns)))
        more = []
        for plan in (*likely, *others):
            reached = np.asarray(sums[:, np.isin(pools.columns, plan)].sum(axis=1)).ravel()
            more.append(pools.weights @ np.minimum(reached, 1) / problem.value(plan) - 1)
        assert min(more) >= -1e-12
        lost.append((np.mean(more[:20]), np.mean(more[20:])))
    assert lost[1][0] < lost[0][0] / 2
    assert lost[1][1] < lost[0][1]
    assert lost[2][0] < 1e-12 < lost[2][1] < lost[1][1] / 4
    assert lost[3][1] < 1e-12


def test_pools_that_taken_columns_reach_whole_or_not_are_split_by_all_columns_alike():
    problem, reach, x = instance(1)
    rows, everything = np.arange(len(problem.weights)), (problem.indptr, problem.indices)
    patterns = {tuple(row) for row in np.asarray(reach[:, x > 0].todense())}
    order, starts = grown(everything, taken(problem, x), x, rows, len(patterns), problem.weights)
    assert len(starts) == len(patterns) + 1
    pools, shares, _ = pooled(problem, order, starts, problem.weights, problem.weights)
    assert (shares[np.isin(pools.columns[pools.indices], np.flatnonzero(x))] == 1).all()
    assert (shares < 1).any()
    every = {tuple(row) for row in np.asarray(reach.todense())}
    order, starts = grown(everything, taken(problem, np.zeros(200)), np.zeros(200), rows, 10_000, problem.weights)
    assert len(starts) == len(every) + 1
    assert (pooled(problem, order, starts, problem.weights, problem.weights)[1] == 1).all()
