import itertools

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from lomsong.errors import DataError, UsageError
from lomsong.siting import DemandQuota, engine, minimum_cost_cover, problem, sharing


def discs(demand, candidates, radius, seed=0, whole=True):
    rng = np.random.default_rng(seed)
    points, masts = rng.random((demand, 2)), rng.random((candidates, 2))
    reach = np.hypot(*(points[:, None] - masts[None]).transpose(2, 0, 1)) < radius * rng.uniform(0.6, 1.4, candidates)
    weights = rng.integers(0, 20, demand).astype(float) if whole else rng.random(demand) * 7.3
    return csr_matrix(reach.astype(float)), weights


def value(reach, weights, selected):
    return weights[np.asarray(reach[:, list(selected)].sum(axis=1)).ravel() > 0].sum()


@pytest.mark.parametrize("simple", [engine.SIMPLE, 0])
@pytest.mark.parametrize("seed", range(60))
def test_least_cost_against_trying_all(seed, simple, monkeypatch):
    monkeypatch.setattr(engine, "SIMPLE", simple)  # 0: the relaxation without a simplex
    rng = np.random.default_rng(seed)
    reach, weights = discs(40, 9, 0.35, seed, whole=bool(seed % 2))
    costs = rng.integers(1, 9, 9).astype(float) if seed % 3 else rng.uniform(0.5, 3, 9)
    reachable = value(reach, weights, range(9)) / weights.sum()
    target = (1.0 if seed % 5 == 0 else rng.uniform(0.3, 1.0)) * reachable
    plan = minimum_cost_cover(reach, weights, costs, target)
    subsets = itertools.chain.from_iterable(itertools.combinations(range(9), size) for size in range(10))
    enough = target * weights.sum() * (1 - 1e-9)
    best = min(costs[list(c)].sum() for c in subsets if value(reach, weights, c) >= enough)
    assert value(reach, weights, plan.selected) >= enough
    assert plan.bound - 1e-9 <= best <= plan.objective + 1e-9
    assert plan.status == "optimal"


def test_least_cost_takes_the_cheaper_twin_and_free_sites():
    assert minimum_cost_cover(np.ones((3, 3)), np.ones(3), [5, 2, 9], 1.0).selected.tolist() == [1]
    plan = minimum_cost_cover(np.eye(3), np.ones(3), [0.0, 1.0, 5.0], 0.6)
    assert (sorted(plan.selected), plan.objective, plan.status) == ([0, 1], 1.0, "optimal")


def test_a_target_out_of_reach_says_what_can_be_reached():
    with pytest.raises(UsageError, match=r"0\.95 cannot be met.*reach 3 of 4 \(0\.7500\)"):
        minimum_cost_cover(np.eye(4)[:, :3], np.ones(4), np.ones(3), 0.95)
    with pytest.raises(UsageError, match="no share"):
        minimum_cost_cover(np.eye(4), np.ones(4), np.ones(4), 95)
    with pytest.raises(DataError, match="costs"):
        minimum_cost_cover(np.eye(4), np.ones(4), [-1, 1, 1, 1])


def test_covering_everything_drops_implied_rows_and_proves():
    rng = np.random.default_rng(3)
    reach = csr_matrix(rng.random((60, 12)) < 0.3)
    reach = reach[np.asarray(reach.sum(axis=1)).ravel() > 0]
    costs = rng.integers(1, 6, 12).astype(float)
    plan = minimum_cost_cover(reach, np.ones(reach.shape[0]), costs, 1.0)
    subsets = itertools.chain.from_iterable(itertools.combinations(range(12), size) for size in range(13))
    full = reach.shape[0]
    best = min(costs[list(c)].sum() for c in subsets if value(reach, np.ones(full), c) == full)
    assert plan.objective == plan.bound == best


def test_a_group_of_demand_must_be_reached_too():
    reach, weights = np.eye(4), np.array([10.0, 10, 10, 1])
    assert 3 not in minimum_cost_cover(reach, weights, np.ones(4), 0.9).selected
    plan = minimum_cost_cover(reach, weights, np.ones(4), 0.5, demand_quotas=[DemandQuota([3], 1.0)])
    assert 3 in plan.selected
    assert plan.objective == plan.bound == 3


def test_existing_sites_count_and_cost_nothing():
    plan = minimum_cost_cover(np.eye(4), np.ones(4), np.ones(4), 0.75, existing=[0, 1])
    assert plan.objective == plan.bound == 1
    assert plan.selected[0] in (2, 3)
    assert minimum_cost_cover(np.eye(4), np.ones(4), np.ones(4), 0.5, existing=[0, 1]).objective == 0


def test_an_interrupt_leaves_a_second_to_each_plan_of_several(monkeypatch):
    rng = np.random.default_rng(3)
    reach = [csr_matrix(rng.random((30, 8)) < 0.4) for _ in range(3)]
    limits = []
    plain = engine.Search.run

    def run(self, deadline):
        limits.append(deadline - problem.clock())
        plain(self, deadline)
        if len(limits) == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(engine.Search, "run", run)
    costs = rng.uniform(1, 2, (4, 8))
    found = sharing(reach, [np.ones(30)] * 3, costs[:3], costs[3], 0.6, time_limit_s=400)
    assert limits[0] > 90
    assert len(limits) == 4
    assert max(limits[1:]) <= 1
    assert [plan.interrupted for plan in found.separate] == [True, False, False]


def test_sharing_saves_what_brute_force_says():
    rng = np.random.default_rng(0)
    reach = [csr_matrix(rng.random((12, 3)) < 0.6) for _ in range(2)]
    for one in reach:
        one[np.asarray(one.sum(axis=1)).ravel() == 0, 0] = True
    weights, own, shared = [np.ones(12)] * 2, [np.array([5.0, 6, 7])] * 2, np.array([7.0, 8, 9])
    found = sharing(reach, weights, own, shared, 0.9)

    def least(options, cost):
        return min(
            cost[list(c)].sum()
            for k in range(len(cost) + 1)
            for c in itertools.combinations(range(len(cost)), k)
            if all(
                (one[:, [j % 3 for j in c if j < 3 or j // 3 - 1 == who]].sum(axis=1) > 0).sum() >= 10.8
                for who, one in options
            )
        )

    alone = sum(
        min(own[k][list(c)].sum() for n in range(4) for c in itertools.combinations(range(3), n)
            if (reach[k][:, list(c)].sum(axis=1) > 0).sum() >= 10.8)
        for k in range(2)
    )  # fmt: skip
    together = least(list(enumerate(reach)), np.concatenate([shared, *own]))
    assert found.saving == alone - together
    assert found.low == found.high == found.saving


@pytest.mark.parametrize("reach", [np.zeros((0, 4)), np.zeros((0, 0))])
def test_no_demand_asks_for_nothing(reach):
    plan = minimum_cost_cover(reach, [], np.ones(reach.shape[1]), 1.0)
    assert (len(plan.selected), plan.objective, plan.bound, plan.status) == (0, 0.0, 0.0, "optimal")


def test_no_candidate_leaves_every_row_as_a_witness():
    with pytest.raises(UsageError, match=r"all 0 candidates together reach 0 of 6.*reaches: 2, 1, 0 \(3\)"):
        minimum_cost_cover(np.zeros((3, 0)), [1, 2, 3], [], 0.5)


def test_twins_are_bought_once():
    rng = np.random.default_rng(0)
    reach = rng.random((60, 8)) < 0.3
    one = minimum_cost_cover(reach, np.ones(60), np.ones(8), 0.8)
    two = minimum_cost_cover(np.hstack([reach, reach]), np.ones(60), np.ones(16), 0.8)
    assert two.objective == one.objective
    assert len(set(two.selected % 8)) == len(two.selected)
