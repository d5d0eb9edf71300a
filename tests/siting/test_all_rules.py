"""All that can be asked of a plan, in any mixture, against trying all plans."""

import itertools

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from lomsong.errors import DataError, UsageError
from lomsong.siting import DemandQuota, SiteQuota, maximum_coverage, minimum_cost_cover

NEXT_TO_NOTHING = 1e-9


def asked(seed):
    rng = np.random.default_rng(seed)
    demand, candidates = int(rng.integers(1, 12)), int(rng.integers(1, 10))
    reach = rng.random((demand, candidates)) < rng.choice([0.1, 0.2, 0.35, 0.5, 0.8])
    kinds = rng.integers(0, 30, demand), rng.random(demand) * 10, 10.0 ** rng.uniform(-3, 4, demand), np.ones(demand)
    prices = rng.integers(0, 20, candidates), rng.random(candidates) * 5, rng.integers(1, 9, candidates) * 0.1
    costs = np.asarray(prices[rng.integers(len(prices))], float)
    order, many = rng.permutation(candidates), rng.integers(0, 3, 3) * (rng.random() < 0.6)
    existing, required, forbidden, _ = np.split(order, np.cumsum(many))
    conflicts = np.triu(rng.random((candidates, candidates)) < 0.2, 1) & (rng.random() < 0.4)
    sites = [
        SiteQuota(rng.random(candidates) < 0.5, int(rng.integers(0, 2)), None if rng.random() < 0.5 else 2)
        for _ in range(int(rng.integers(0, 3)) * (rng.random() < 0.5))
    ]
    group = rng.integers(0, 4, demand)
    groups = range(1, int(rng.integers(1, 4))) if rng.random() < 0.4 else ()
    shares = [DemandQuota(group == k, float(rng.choice([0, 0.3, 0.7, 1.0]))) for k in groups]
    options = {
        "existing": existing, "required": required, "forbidden": forbidden, "conflicts": csr_matrix(conflicts),
        "site_quotas": sites, "demand_quotas": shares,
    }  # fmt: skip
    return reach, np.asarray(kinds[rng.integers(len(kinds))], float), costs, options, rng


def reached(reach, weights, sites):
    return weights @ reach[:, list(sites)].any(axis=1)


def keeps(reach, weights, options, chosen, slack=NEXT_TO_NOTHING):
    """Tell whether sites keep all that was asked but size and target."""
    stand = [*chosen, *options["existing"]]
    inside = np.isin(np.arange(reach.shape[1]), chosen)
    return (
        not set(chosen) & {*options["existing"], *options["forbidden"]}
        and set(options["required"]) <= set(chosen)
        and not any(options["conflicts"][a, b] or options["conflicts"][b, a] for a in chosen for b in stand)
        and all(q.least <= inside[q.candidates].sum() <= (99 if q.most is None else q.most)
                for q in options["site_quotas"])
        and all(reached(reach[q.rows], weights[q.rows], stand) >= q.least_share * weights[q.rows].sum() * (1 - slack)
                for q in options["demand_quotas"])
    )  # fmt: skip


def plans(reach, weights, options):
    columns = range(reach.shape[1])
    every = itertools.chain.from_iterable(itertools.combinations(columns, size) for size in range(len(columns) + 1))
    return [one for one in every if keeps(reach, weights, options, one)]


@pytest.mark.parametrize("seed", range(250))
def test_the_greatest_cover(seed):
    reach, weights, costs, options, rng = asked(seed)
    p = int(rng.integers(0, reach.shape[1] + 2)) if rng.random() < 0.75 else None
    budget = costs.sum() * rng.choice([0.1, 0.3, 0.5, 0.8]) if p is None or rng.random() < 0.3 else None

    def affordable(chosen):
        return len(chosen) <= (99 if p is None else p) and (
            budget is None or costs[list(chosen)].sum() <= budget * (1 + NEXT_TO_NOTHING)
        )

    have = reached(reach, weights, options["existing"])
    values = [
        reached(reach, weights, [*one, *options["existing"]]) - have
        for one in plans(reach, weights, options)
        if affordable(one)
    ]
    if not values:
        with pytest.raises(UsageError):
            maximum_coverage(reach, weights, p, budget=budget, costs=costs, **options)
        return
    plan = maximum_coverage(reach, weights, p, budget=budget, costs=costs, **options)
    chosen = plan.selected.tolist()
    assert keeps(reach, weights, options, chosen)
    assert affordable(chosen)
    assert plan.objective == pytest.approx(
        reached(reach, weights, [*chosen, *options["existing"]]) - have, rel=1e-9, abs=1e-12
    )
    assert plan.objective == pytest.approx(max(values), rel=1e-9, abs=1e-12)
    assert max(values) * (1 - NEXT_TO_NOTHING) <= plan.bound <= max(values) * (1 + 2 * NEXT_TO_NOTHING)
    assert plan.status == "optimal"


@pytest.mark.parametrize("seed", range(250))
def test_the_least_cost(seed):
    reach, weights, costs, options, rng = asked(1_000 + seed)
    target = float(rng.choice([0.1, 0.3, 0.5, 0.8, 0.95, 1.0]))
    need = target * weights.sum() * (1 - NEXT_TO_NOTHING)
    prices = [
        costs[list(one)].sum()
        for one in plans(reach, weights, options)
        if reached(reach, weights, [*one, *options["existing"]]) >= need
    ]
    if not prices:
        with pytest.raises(UsageError):
            minimum_cost_cover(reach, weights, costs, target, **options)
        return
    plan = minimum_cost_cover(reach, weights, costs, target, **options)
    chosen = plan.selected.tolist()
    assert keeps(reach, weights, options, chosen)
    assert reached(reach, weights, [*chosen, *options["existing"]]) >= need
    assert plan.objective == pytest.approx(costs[chosen].sum())
    assert plan.objective == pytest.approx(min(prices), rel=1e-9, abs=1e-12)
    assert min(prices) * (1 - 2 * NEXT_TO_NOTHING) <= plan.bound <= min(prices) * (1 + NEXT_TO_NOTHING)


def test_columns_that_are_left_out_do_not_shift_the_others():
    reach, weights = np.array([[0, 0, 1, 1], [1, 0, 0, 0], [1, 0, 0, 1], [0, 0, 1, 0]]), [9, 5, 33, 18]
    plan = maximum_coverage(reach, weights, 3, forbidden=[1])
    assert (set(plan.selected), plan.objective) == ({0, 2, 3}, 65.0)
    plan = maximum_coverage([[1, 1, 0], [1, 1, 1]], [1, 1], budget=26, costs=[0.4, 85, 0.001], forbidden=[1])
    assert plan.selected.tolist() == [0]


def test_a_quota_from_below_is_open_where_nothing_is_left_to_reach():
    among = [SiteQuota([1, 2, 3], 1)]
    plan = minimum_cost_cover([[1, 0, 0, 0]], [1], [1, 9, 4, 9], 1.0, required=[0], site_quotas=among)
    assert (plan.selected.tolist(), plan.objective, plan.bound) == ([0, 2], 5.0, 5.0)
    plan = minimum_cost_cover([[1, 0]], [1], [1, 1], 1.0, required=[0], site_quotas=[SiteQuota([1], 1)])
    assert plan.selected.tolist() == [0, 1]


def test_the_rounding_of_sums_leaves_no_need():
    quota = [DemandQuota([0, 1], 1.0)]
    plan = maximum_coverage(np.eye(2), [0.1, 0.2], 1, existing=[0], required=[1], demand_quotas=quota)
    assert (plan.selected.tolist(), plan.status) == ([1], "optimal")


def test_masks_are_masks():
    reach, weights = np.array([[1, 0, 1], [1, 0, 0], [0, 1, 0], [0, 1, 1]]), [4, 3, 2, 2]
    never = np.array([False, False, True])
    for name in ("forbidden", "existing", "required"):
        by_mask = maximum_coverage(reach, weights, 2, **{name: never})
        by_index = maximum_coverage(reach, weights, 2, **{name: [2]})
        assert by_mask.selected.tolist() == by_index.selected.tolist()
    rows = np.array([False, False, True, True])
    one = maximum_coverage(reach, weights, 1, demand_quotas=[DemandQuota(rows, 1.0)])
    assert one.selected.tolist() == [1]
    assert maximum_coverage(reach, weights, 1, site_quotas=[SiteQuota(never, 1)]).selected.tolist() == [2]
    for wrong in ([True, False], [1.9], ["a"], [[0, 1]], [np.nan]):
        with pytest.raises(DataError, match="forbidden"):
            maximum_coverage(reach, weights, 2, forbidden=wrong)
        with pytest.raises(DataError, match="site_quotas"):
            maximum_coverage(reach, weights, 2, site_quotas=[SiteQuota(wrong)])
        with pytest.raises(DataError, match="demand_quotas"):
            maximum_coverage(reach, weights, 2, demand_quotas=[DemandQuota(wrong, 0.5)])
    assert maximum_coverage(reach, weights, 2, forbidden=[2.0]).selected.tolist() == [0, 1]
