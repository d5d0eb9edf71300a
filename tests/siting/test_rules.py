import itertools

import numpy as np
import pytest

from lomsong.errors import DataError, UsageError
from lomsong.siting import rules
from lomsong.siting.rules import DemandQuota, SiteQuota


def test_too_close_is_open_at_the_separation_itself():
    near = rules.too_close([[0, 0], [500, 0], [0, 499.9]], 500)
    assert near.toarray().astype(int).tolist() == [[0, 0, 1], [0, 0, 0], [1, 0, 0]]
    with pytest.raises(DataError, match="positions"):
        rules.too_close([[0, 0, 0]], 500)
    with pytest.raises(UsageError, match="min_separation_m"):
        rules.too_close([[0, 0]], 0)


def test_conflicts_are_made_symmetric_and_no_one_is_its_own():
    given = np.array([[1, 1, 0], [0, 0, 0], [0, 0, 1]])
    assert rules.conflicting(given, 3).toarray().astype(int).tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 0]]
    assert rules.conflicting(None, 2).nnz == 0
    with pytest.raises(DataError, match="conflicts has shape"):
        rules.conflicting(given, 4)


def test_cliques_say_just_what_the_pairs_say():
    rng = np.random.default_rng(0)
    for _ in range(8):
        pairs = rules.conflicting(rng.random((7, 7)) < 0.25, 7)
        limits = rules.limits(7, most_sites=None, budget=None, costs=np.ones(7), conflicts=pairs, quotas=())
        for size in range(5):
            for chosen in itertools.combinations(range(7), size):
                apart = pairs[list(chosen)][:, list(chosen)].nnz == 0
                assert limits.kept(np.array(chosen, int)) == apart


def test_limits_by_hand():
    quotas = [SiteQuota([0, 1], least=1), SiteQuota([1, 2], most=1)]
    limits = rules.limits(
        3, most_sites=2, budget=5.0, costs=np.array([1.0, 2, 4]), conflicts=rules.conflicting(None, 3), quotas=quotas
    )
    assert limits.matrix.toarray().tolist() == [[1, 1, 1], [1, 2, 4], [-1, -1, 0], [0, 1, 1]]
    assert limits.most.tolist() == [2, 5, -1, 1]
    kept = [c for k in range(4) for c in itertools.combinations(range(3), k) if limits.kept(np.array(c, int))]
    assert kept == [(0,), (1,), (0, 1), (0, 2)]


def test_parts_of_demand():
    part, needs = rules.parts([DemandQuota([1, 2], 0.5), DemandQuota([0], 1.0)], np.array([3.0, 4, 6, 9]))
    assert part.tolist() == [2, 1, 1, 0]
    assert needs.tolist() == [0, 5, 3]
    for quotas, error, message in (
        ([DemandQuota([7], 0.5, "north")], DataError, r"demand_quotas\[north\] names row 7 of 4"),
        ([DemandQuota([0], 1.5)], UsageError, "least_share = 1.5"),
        ([DemandQuota([0, 1], 0.5), DemandQuota([1], 0.5)], UsageError, "row 1 stands in another quota"),
    ):
        with pytest.raises(error, match=message):
            rules.parts(quotas, np.ones(4))


def test_quotas_of_sites_that_cannot_be_kept():
    free, must = np.array([True, True, False]), np.array([False, False, True])
    rules.checked([SiteQuota([0, 1, 2], least=3, most=3)], free, must, 3)
    for quota, p, error, message in (
        (SiteQuota([5]), 3, DataError, "names candidate 5 of 3"),
        (SiteQuota([0], least=2), 3, UsageError, "asks for 2 sites, but only 1"),
        (SiteQuota([2], most=0), 3, UsageError, "allows 0 sites, but 1 must stand"),
        (SiteQuota([0, 1], least=2), 1, UsageError, "asks for 2 sites, but p = 1"),
    ):
        with pytest.raises(error, match=message):
            rules.checked([quota], free, must, p)
