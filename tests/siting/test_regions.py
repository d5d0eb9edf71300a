import itertools

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_matrix

from lomsong.siting import groups
from lomsong.siting.cover import Task
from lomsong.siting.regions import Regions


def parts_of(candidates=24, seed=0):
    rng = np.random.default_rng(seed)
    points, masts = rng.random((500, 2)), rng.random((candidates, 2))
    reach = np.hypot(*(points[:, None] - masts[None]).transpose(2, 0, 1)) < 0.15
    model = Task.of(csr_matrix(reach), np.ones(500), None, None, (), (), None, (), (), 5).model(gain=1.0, p=5)
    order = groups.neighbours(model)
    starts, _ = groups.groups(order, model.problem.part, 1)
    return masts[model.problem.columns], Regions.of(model.problem, order, starts)


def test_regions_lie_in_one_another():
    _, parts = parts_of()
    inside = [set(parts.inside[[k]].indices.tolist()) for k in range(parts.inside.shape[0])]
    for one, other in itertools.combinations(inside, 2):
        assert one <= other or other <= one or not one & other
    for k, above in enumerate(parts.parent):
        assert above < k
        assert above < 0 or inside[k] < inside[above]
    for column, above in enumerate(parts.column_parent):
        holding = [k for k, one in enumerate(inside) if column in one]
        assert above == (min(holding, key=lambda k: len(inside[k])) if holding else -1)


def test_the_first_halves_are_neighbours():
    masts, parts = parts_of(40)
    first = parts.inside[[0]].indices
    other = np.setdiff1d(np.arange(len(masts)), first)
    within = np.mean([masts[one].std(axis=0).sum() for one in (first, other)])
    assert within < 0.9 * masts.std(axis=0).sum()
    assert (parts.width > 0).all()
    assert (parts.column_width > 0).all()


def test_allow_agrees_with_a_linear_programme():
    _, parts = parts_of(10)
    count, columns = parts.inside.shape
    rng = np.random.default_rng(2)
    answers = []
    for _ in range(150):
        size = np.asarray(parts.inside.sum(axis=1)).ravel()
        least = np.where(rng.random(count) < 0.3, rng.integers(0, 3, count), 0).astype(float)
        most = np.where(rng.random(count) < 0.3, rng.integers(0, 3, count), size).astype(float)
        high = (rng.random(columns) < 0.7).astype(float)
        low = np.where(rng.random(columns) < 0.2, high, 0.0)
        rows = np.vstack([parts.inside.toarray(), -parts.inside.toarray()])
        found = linprog(np.zeros(columns), A_ub=rows, b_ub=np.concatenate([most, -least]), bounds=list(zip(low, high)))  # noqa: B905
        answers.append(parts.allow(low, high, least, most))
        assert answers[-1] == (found.status == 0)
    assert 10 < sum(answers) < 140


def test_one_column_has_no_regions():
    _, parts = parts_of(1)
    assert parts.inside.shape[0] == 0
    assert parts.allow(np.zeros(1), np.ones(1), np.zeros(0), np.zeros(0))
