import numpy as np
from scipy.sparse import csr_matrix

from lomsong.siting.problem import merge, step


def test_merging_keeps_the_value_of_every_plan():
    rng = np.random.default_rng(0)
    dense = rng.random((300, 8)) < 0.2
    dense[:, 5] = dense[:, 2]
    dense[:, 7] = False
    weights = rng.integers(0, 5, 300).astype(float)
    problem = merge(csr_matrix(dense.astype(float)), weights, np.arange(8))
    assert problem.columns.tolist() == [0, 1, 2, 3, 4, 6]
    patterns = {tuple(row) for row, weight in zip(dense, weights, strict=True) if weight and row.any()}
    assert len(problem.weights) == len(patterns)
    for chosen in ([0], [2, 3], [0, 1, 4, 6]):
        places = problem.places(np.array(chosen))
        assert problem.value(places) == weights[dense[:, chosen].any(axis=1)].sum()


def test_without_leaves_what_is_still_to_decide():
    rng = np.random.default_rng(1)
    dense = rng.random((200, 6)) < 0.3
    weights = rng.integers(1, 5, 200).astype(float)
    problem = merge(csr_matrix(dense.astype(float)), weights, np.arange(6))
    taken, dropped = np.arange(6) == 1, np.arange(6) == 4
    left = problem.without(taken, dropped)
    assert left.columns.tolist() == [0, 2, 3, 5]
    both = problem.value(np.array([1, 3]))
    assert both == problem.value(np.array([1])) + left.value(left.places(np.array([3])))


def test_step_of_whole_numbers():
    assert step(np.array([6.0, 9.0, 12.0])) == 3
    assert step(np.array([6.0, 9.5])) == 0
    assert step(np.zeros(0)) == 0
