import numpy as np
from scipy.sparse import csr_matrix

from lomsong.siting.problem import Problem, step


def problem_of(dense, weights):
    matrix = csr_matrix(dense)
    return Problem(
        matrix.indptr.astype(np.int64),
        matrix.indices.astype(np.int32),
        np.asarray(weights, float),
        np.zeros(len(dense), np.int32),
        np.arange(dense.shape[1]),
    )


def test_merging_keeps_the_value_of_every_plan():
    rng = np.random.default_rng(0)
    dense = rng.random((300, 8)) < 0.2
    weights = rng.integers(0, 5, 300).astype(float)
    problem = problem_of(dense, weights).merged()
    patterns = {tuple(row) for row, weight in zip(dense, weights, strict=True) if weight and row.any()}
    assert len(problem.weights) == len(patterns)
    for chosen in ([0], [2, 3], [0, 1, 4, 6]):
        assert problem.value(np.array(chosen)) == weights[dense[:, chosen].any(axis=1)].sum()


def test_rows_of_two_groups_of_demand_are_not_merged():
    problem = Problem(np.array([0, 1, 2]), np.zeros(2, np.int32), np.ones(2), np.array([0, 1], np.int32), np.arange(1))
    assert problem.merged().weights.tolist() == [1, 1]


def test_a_part_keeps_what_its_columns_reach():
    rng = np.random.default_rng(1)
    dense = rng.random((200, 6)) < 0.3
    weights = rng.integers(1, 5, 200).astype(float)
    problem = problem_of(dense, weights)
    left = problem.only(~problem.covered(np.array([1])), np.array([True, False, True, True, False, True]))
    assert left.columns.tolist() == [0, 2, 3, 5]
    both = problem.value(np.array([1, 3]))
    assert both == problem.value(np.array([1])) + left.value(left.places(np.array([3])))


def test_dominated_columns_and_rows_by_hand():
    dense = np.array([[1, 1, 0, 1], [0, 1, 0, 1], [0, 0, 1, 0]])
    problem = problem_of(dense, np.ones(3))
    assert problem.idle(np.ones(4)).tolist() == [True, False, False, True]
    assert problem.idle(np.array([1, 2, 1, 1])).tolist() == [True, True, False, False]
    assert problem.implied().tolist() == [True, False, False]


def test_dominance_never_loses_the_best_cover():
    rng = np.random.default_rng(5)
    for _ in range(30):
        dense = rng.random((25, 8)) < 0.3
        problem = problem_of(dense, rng.integers(1, 9, 25)).merged()
        kept = np.flatnonzero(~problem.idle(np.zeros(8)))
        for k in range(8):
            inside = set(problem.rows_of(k).tolist())
            assert any(inside <= set(problem.rows_of(j).tolist()) for j in kept) or not inside


def test_step_of_whole_numbers():
    assert step(np.array([6.0, 9.0, 12.0])) == 3
    assert step(np.array([6.0, 9.5])) == 0
    assert step(np.zeros(0)) == 0
