import itertools

import numpy as np
from scipy.sparse import csr_matrix

from lomsong.siting import groups
from lomsong.siting.cover import Task
from lomsong.siting.rules import DemandQuota


def scattered(demand=600, candidates=40, quotas=()):
    rng = np.random.default_rng(1)
    points, masts = rng.random((demand, 2)), rng.random((candidates, 2))
    reach = np.hypot(*(points[:, None] - masts[None]).transpose(2, 0, 1)) < 0.15
    task = Task.of(csr_matrix(reach), np.ones(demand), None, None, (), (), None, (), quotas, 5)
    return points, reach, task.model(gain=1.0, p=5)


def test_every_row_of_weight_stands_once_and_each_part_by_itself():
    _, _, model = scattered(quotas=[DemandQuota(np.arange(200), 0.1), DemandQuota(np.arange(200, 300), 0.1)])
    order = groups.neighbours(model)
    assert sorted(order) == np.flatnonzero(model.problem.weights > 0).tolist()
    assert (np.diff(model.problem.part[order]) >= 0).all()
    starts, owner = groups.groups(order, model.problem.part, 3)
    assert (starts[0], starts[-1]) == (0, len(order))
    assert (np.diff(starts) > 0).all()
    for start, end, k in zip(starts[:-1], starts[1:], owner, strict=True):
        assert (model.problem.part[order[start:end]] == k).all()


def test_a_group_is_near_itself(monkeypatch):
    monkeypatch.setattr(groups, "GROUPS", 16)
    _, _, model = scattered()
    order = groups.neighbours(model)
    starts, _ = groups.groups(order, model.problem.part, 1)
    assert len(starts) == 17

    def columns_of(rows):
        return len(np.unique(np.concatenate([model.problem.indices[slice(*model.problem.indptr[i : i + 2])]
                                             for i in rows])))  # fmt: skip

    shuffled = np.random.default_rng(0).permutation(order)
    near = np.mean([columns_of(order[a:b]) for a, b in itertools.pairwise(starts)])
    mixed = np.mean([columns_of(shuffled[a:b]) for a, b in itertools.pairwise(starts)])
    assert near < 0.6 * mixed


def test_fewer_rows_than_groups_are_a_group_each():
    starts, owner = groups.groups(np.arange(5), np.zeros(5, np.int32), 1)
    assert starts.tolist() == [0, 1, 2, 3, 4, 5]
    assert owner.tolist() == [0] * 5
    assert groups.groups(np.zeros(0, np.int64), np.zeros(0, np.int32), 1)[0].tolist() == [0]
