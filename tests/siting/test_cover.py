import itertools
import subprocess
import sys

import highspy
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_matrix, csr_matrix

from lomsong.errors import DataError, UsageError
from lomsong.siting import DemandQuota, SiteQuota, engine, maximum_coverage, minimum_cost_cover, too_close


def discs(demand, candidates, radius, seed=0, whole=True):
    """Discs around random masts in a square, whose sites come in clumps: overlaps make greedy fail."""
    rng = np.random.default_rng(seed)
    points, masts = rng.random((demand, 2)), rng.random((candidates, 2))
    reach = np.hypot(*(points[:, None] - masts[None]).transpose(2, 0, 1)) < radius * rng.uniform(0.6, 1.4, candidates)
    weights = rng.integers(0, 20, demand).astype(float) if whole else rng.random(demand) * 7.3
    return csr_matrix(reach.astype(float)), weights


def value(reach, weights, selected):
    return weights[np.asarray(reach[:, list(selected)].sum(axis=1)).ravel() > 0].sum()


def best_by_trying_all(reach, weights, p):
    p = min(p, reach.shape[1])
    return max(value(reach, weights, chosen) for chosen in itertools.combinations(range(reach.shape[1]), p))


def plain_highs(reach, weights, p):
    demand, candidates = reach.shape
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("mip_rel_gap", 0.0)
    sites = [solver.addBinary() for _ in range(candidates)]
    covered = [solver.addBinary() for _ in range(demand)]
    solver.addConstr(sum(sites) <= p)
    for i in range(demand):
        near = reach.indices[reach.indptr[i] : reach.indptr[i + 1]]
        solver.addConstr(covered[i] <= sum(sites[j] for j in near) if len(near) else covered[i] <= 0)
    solver.maximize(sum(float(weight) * one for weight, one in zip(weights, covered, strict=True)))
    assert solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return solver.getObjectiveValue()


@pytest.mark.parametrize("seed", range(500))
def test_equals_trying_all_on_small_instances(seed):
    rng = np.random.default_rng(seed)
    reach, weights = discs(int(rng.integers(1, 40)), int(rng.integers(1, 12)), 0.3, seed, whole=bool(seed % 2))
    p = int(rng.integers(0, 5))
    plan = maximum_coverage(reach, weights, p)
    best = best_by_trying_all(reach, weights, p)
    assert plan.objective == pytest.approx(value(reach, weights, plan.selected))
    assert plan.bound >= best - 1e-9
    assert plan.status == "optimal"
    assert plan.objective == pytest.approx(best, rel=1e-8)
    assert len(set(plan.selected)) == len(plan.selected) <= p
    assert plan.gains.sum() == pytest.approx(plan.objective)


@pytest.mark.parametrize(
    ("demand", "candidates", "p", "radius"), [(150, 40, 5, 0.18), (220, 60, 9, 0.12), (120, 60, 6, 0.25)]
)
def test_agrees_with_a_plain_model(demand, candidates, p, radius):
    for whole in (True, False):
        reach, weights = discs(demand, candidates, radius, seed=11, whole=whole)
        plan = maximum_coverage(reach, weights, p)
        assert plan.status == "optimal"
        assert plan.objective == pytest.approx(plain_highs(reach, weights, p), rel=1e-6)


def test_the_bound_holds_at_every_moment_of_the_search(monkeypatch):
    reach, weights = discs(150, 40, 0.18, seed=5)
    best = maximum_coverage(reach, weights, 5).objective
    seen = []
    note = engine.Search._tell

    def noted(self, bound):
        note(self, bound)
        seen.append((self.bound, self.value))

    monkeypatch.setattr(engine.Search, "_tell", noted)
    for order in range(5):
        columns = np.random.default_rng(order).permutation(40)
        maximum_coverage(reach[:, columns], weights, 5)
    assert seen
    assert all(value - 1e-9 <= best <= bound + 1e-9 for bound, value in seen)


def test_a_failed_solver_is_no_proof(monkeypatch):
    reach, weights = discs(150, 40, 0.18, seed=5)
    best = maximum_coverage(reach, weights, 5).objective
    monkeypatch.setattr(highspy.Highs, "run", lambda self: highspy.HighsStatus.kOk)  # model status stays kNotset
    plan = maximum_coverage(reach, weights, 5, time_limit_s=2)
    assert plan.bound >= best
    assert plan.status == "feasible"
    assert minimum_cost_cover(reach, weights, np.ones(40), 0.7).bound == 0
    for seed in range(1000, 1040):
        reach, weights = discs(60, 12, 0.3, seed)
        plan = maximum_coverage(reach, weights, 3)
        assert len(plan.selected) <= 3
        assert (
            plan.bound
            >= best_by_trying_all(reach, weights, 3)
            >= plan.objective
            == value(reach, weights, plan.selected)
        )


def test_a_solver_of_other_threads_in_the_same_process_does_no_harm():
    script = """
import highspy, numpy as np
from lomsong.siting import maximum_coverage
other = highspy.Highs()
other.setOptionValue("output_flag", False)
other.setOptionValue("threads", 2)
one = other.addBinary()
other.maximize(one)
rng = np.random.default_rng(0)
print(maximum_coverage(rng.random((60, 15)) < 0.15, np.ones(60), 4).status)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "optimal"


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 4))
def test_order_of_rows_and_columns_does_not_matter(seed, p):
    reach, weights = discs(60, 14, 0.25, seed)
    rng = np.random.default_rng(seed)
    rows, columns = rng.permutation(60), rng.permutation(14)
    plain, mixed = maximum_coverage(reach, weights, p), maximum_coverage(reach[rows][:, columns], weights[rows], p)
    assert mixed.objective == plain.objective
    assert mixed.bound == plain.bound


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 4))
def test_a_candidate_or_a_site_more_never_reaches_fewer(seed, p):
    reach, weights = discs(60, 14, 0.25, seed)
    base = maximum_coverage(reach[:, :13], weights, p)
    assert maximum_coverage(reach, weights, p).bound >= base.bound
    assert maximum_coverage(reach[:, :13], weights, p + 1).objective >= base.objective


def test_duplicates_change_nothing_and_are_not_bought_twice():
    reach, weights = discs(80, 12, 0.25, seed=3)
    doubled = csr_matrix(np.hstack([reach.toarray(), reach.toarray()]))
    one, two = maximum_coverage(reach, weights, 4), maximum_coverage(doubled, weights, 4)
    assert two.objective == one.objective
    assert len(set(two.selected % 12)) == len(two.selected)
    split = maximum_coverage(csr_matrix(np.vstack([reach.toarray()] * 2)), np.concatenate([weights, weights]) / 2, 4)
    assert split.objective == pytest.approx(one.objective)


def test_order_is_by_gain_and_each_prefix_is_what_it_says():
    reach, weights = discs(150, 40, 0.18, seed=1)
    plan = maximum_coverage(reach, weights, 6)
    assert (np.diff(plan.gains) <= 1e-9).all()
    for k in range(1, 7):
        assert value(reach, weights, plan.selected[:k]) == pytest.approx(plan.gains[:k].sum())


def test_existing_required_and_forbidden():
    reach, weights = discs(100, 20, 0.2, seed=4)
    free = maximum_coverage(reach, weights, 3)
    more = maximum_coverage(reach, weights, 2, existing=free.selected[:1])
    assert free.selected[0] not in more.selected
    assert more.objective + value(reach, weights, free.selected[:1]) <= maximum_coverage(reach, weights, 3).bound
    barred = maximum_coverage(reach, weights, 3, forbidden=free.selected)
    assert not set(barred.selected) & set(free.selected)
    worst = int(np.argmin(reach.T @ weights))
    forced = maximum_coverage(reach, weights, 3, required=[worst])
    assert forced.selected[0] == worst
    others = [c for c in itertools.combinations(range(20), 3) if worst in c]
    assert forced.objective == max(value(reach, weights, c) for c in others)
    assert forced.status == "optimal"


@pytest.mark.parametrize(
    ("reach", "weights", "p"),
    [(np.zeros((0, 4)), [], 2), (np.zeros((5, 0)), np.ones(5), 2), (np.ones((5, 4)), np.zeros(5), 2),
     (np.zeros((5, 4)), np.ones(5), 2), (np.ones((5, 4)), np.ones(5), 0)],
)  # fmt: skip
def test_nothing_to_gain_is_an_empty_proven_plan(reach, weights, p):
    plan = maximum_coverage(reach, weights, p)
    assert (len(plan.selected), plan.objective, plan.bound, plan.status) == (0, 0.0, 0.0, "optimal")


def test_more_sites_than_candidates():
    plan = maximum_coverage(np.eye(3), [1.0, 2.0, 3.0], 10)
    assert plan.selected.tolist() == [2, 1, 0]
    assert plan.status == "optimal"


@pytest.mark.parametrize(
    ("error", "message", "change"),
    [
        (DataError, "negative, not finite or no numbers .first: row 1, from 0, -1", {"weights": [1, -1, 2]}),
        (DataError, "first: row 1, from 0, nan", {"weights": [1, np.nan, 2]}),
        (DataError, "1 values .* row 2, from 0, a hundred", {"weights": [1, "2", "a hundred"]}),
        (DataError, "weights has shape", {"weights": [1, 2]}),
        (DataError, "not finite", {"reach": np.full((3, 3), np.nan)}),
        (DataError, "a matrix of numbers", {"reach": np.ones((1, 3, 3))}),
        (DataError, "a matrix of numbers", {"reach": [["yes", "no", "no"]] * 3}),
        (DataError, "a matrix of numbers", {"reach": pd.DataFrame(np.eye(3)).astype("Int64").replace(0, pd.NA)}),
        (DataError, "names candidate 7", {"required": [7]}),
        (DataError, "nan sites", {"site_quotas": [SiteQuota([0], 0, float("nan"))]}),
        (UsageError, "p = -1 sites", {"p": -1}),
        (UsageError, "p = 1.5 sites", {"p": 1.5}),
        (UsageError, "p = inf sites", {"p": float("inf")}),
        (UsageError, "2 of them required", {"p": 1, "required": [0, 1]}),
        (UsageError, "both required", {"required": [0], "forbidden": [0]}),
        (UsageError, "time_limit_s", {"time_limit_s": 0}),
    ],
)
def test_faults_are_named(error, message, change):
    with pytest.raises(error, match=message):
        maximum_coverage(**({"reach": np.eye(3), "weights": [1, 2, 3], "p": 2} | change))


@pytest.mark.parametrize("kind", ["Int64", "boolean", "bool[pyarrow]", object])
def test_a_table_of_pandas_whose_columns_can_miss_values(kind):
    reach, weights = discs(40, 8, 0.3, seed=3)
    table = pd.DataFrame(reach.toarray()).astype(bool).astype(kind)
    assert maximum_coverage(table, weights, 3).objective == maximum_coverage(reach, weights, 3).objective


def test_entries_of_one_place_do_not_cancel():
    doubled = coo_matrix(([1, -1, 1], ([0, 0, 1], [0, 0, 1])), shape=(2, 2))
    assert maximum_coverage(doubled, [5, 1], 1).objective == 5


def test_an_exhausted_search_says_that_there_is_no_plan():
    ring = csr_matrix(np.eye(5, k=1) + np.eye(5, k=-4))
    with pytest.raises(UsageError, match="which is proven"):
        maximum_coverage(np.eye(5), np.ones(5), 5, conflicts=ring, demand_quotas=[DemandQuota(range(5), 0.5)])


def test_arguments_are_not_changed():
    reach, weights = discs(50, 10, 0.3)
    before = reach.copy()
    maximum_coverage(reach * 2, weights, 3)
    maximum_coverage(reach, weights, 3)
    assert (reach != before).nnz == 0


def test_an_interrupt_returns_the_plan_so_far(monkeypatch):
    reach, weights = discs(150, 40, 0.18, seed=5)
    whole = maximum_coverage(reach, weights, 5)
    best = whole.objective

    def interrupted(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(engine, "relax", interrupted)
    plan = maximum_coverage(reach, weights, 5)
    assert 0 < plan.objective <= best <= plan.bound
    assert (plan.interrupted, whole.interrupted) == (True, False)


def keeps(chosen, costs, budget, close, quotas):
    inside = np.zeros(close.shape[0], bool)
    inside[list(chosen)] = True
    if costs[inside].sum() > budget + 1e-9 or close[inside][:, inside].nnz:
        return False
    return all(q.least <= inside[q.candidates].sum() <= (99 if q.most is None else q.most) for q in quotas)


@pytest.mark.parametrize("seed", range(40))
def test_budget_separation_and_quotas_against_trying_all(seed):
    rng = np.random.default_rng(seed)
    reach, weights = discs(40, 9, 0.3, seed)
    costs = rng.integers(1, 9, 9).astype(float)
    budget = float(rng.integers(6, 25))
    close = too_close(rng.random((9, 2)) * 1000, 250)
    quotas = [SiteQuota([0, 1, 2], least=int(seed % 2)), SiteQuota([3, 4, 5, 6], most=1)]
    demand = [DemandQuota(np.arange(10), 0.2)]
    need = 0.2 * weights[:10].sum()
    subsets = itertools.chain.from_iterable(itertools.combinations(range(9), size) for size in range(10))
    values = [
        value(reach, weights, c)
        for c in subsets
        if keeps(c, costs, budget, close, quotas) and value(reach[:10], weights[:10], c) >= need - 1e-9
    ]
    options = {"conflicts": close, "site_quotas": quotas, "demand_quotas": demand}
    if not values:
        with pytest.raises(UsageError):
            maximum_coverage(reach, weights, budget=budget, costs=costs, time_limit_s=5, **options)
        return
    plan = maximum_coverage(reach, weights, budget=budget, costs=costs, **options)
    assert keeps(plan.selected, costs, budget, close, quotas)
    assert value(reach[:10], weights[:10], plan.selected) >= need - 1e-9
    assert plan.objective == value(reach, weights, plan.selected) == max(values)
    assert plan.bound == plan.objective


def test_quotas_that_cannot_be_kept_name_their_witness():
    reach = np.eye(4)[:, :3]
    with pytest.raises(UsageError, match=r"demand_quotas\[north\].*rows that none reaches: 3 \(1\)"):
        maximum_coverage(reach, np.ones(4), 3, demand_quotas=[DemandQuota([2, 3], 1.0, "north")])
    with pytest.raises(UsageError, match=r"site_quotas\[viettel\] asks for 2 sites, but only 1"):
        maximum_coverage(reach, np.ones(4), 3, site_quotas=[SiteQuota([0, 1], 2, name="viettel")], forbidden=[0])
    with pytest.raises(UsageError, match="in conflict with 1"):
        maximum_coverage(reach, np.ones(4), 3, conflicts=too_close([[0, 0], [1, 0], [9, 9]], 5), required=[0, 1])
    with pytest.raises(UsageError, match="neither p nor budget"):
        maximum_coverage(reach, np.ones(4))
    with pytest.raises(UsageError, match="which cost 3"):
        maximum_coverage(reach, np.ones(4), budget=2, costs=[1, 2, 3], required=[2])


def test_a_large_matrix_is_read_in_place():
    reach, weights = discs(200, 30, 0.2)
    plain = csr_matrix((np.ones(reach.nnz, np.int8), reach.indices, reach.indptr), shape=reach.shape)
    assert maximum_coverage(plain, weights, 4).objective == maximum_coverage(reach, weights, 4).objective
    from lomsong.siting.cover import pattern

    assert np.shares_memory(pattern(plain)[1], plain.indices)
