import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta, binom, binomtest

from lomsong.errors import UsageError
from lomsong.gap.claims.shares import (
    effective_tests,
    exact_bounds,
    likeness,
    more_tests,
    needed_without_failure,
    verdict_of,
    wilson_bounds,
)


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.975])
@pytest.mark.parametrize(("passed", "tests"), [(0, 5), (5, 5), (17, 20), (95, 100), (980, 1_000)])
def test_bounds_are_those_of_scipy(passed, tests, confidence):
    """SciPy's intervals are two-sided: of twice the risk."""
    both = binomtest(passed, tests)
    for bounds, method in ((wilson_bounds, "wilson"), (exact_bounds, "exact")):
        theirs = both.proportion_ci(2 * confidence - 1, method=method)
        np.testing.assert_allclose(bounds(passed, tests, confidence), [theirs.low, theirs.high], atol=1e-9)


def test_wilson_by_hand():
    """81 of 263 with z = 1.96: 0.2553…0.3662 (Newcombe 1998, Statistics in Medicine 17, table I)."""
    low, high = wilson_bounds(81, 263, 0.975)
    assert (round(float(low), 4), round(float(high), 4)) == (0.2553, 0.3662)


def test_59_and_149_tests_without_a_failure():
    assert (needed_without_failure(0.95), needed_without_failure(0.98)) == (59, 149)
    for share, tests in ((0.95, 59), (0.98, 149)):
        low, _ = exact_bounds([tests, tests - 1], [tests, tests - 1])
        assert low[0] >= share > low[1]
        assert verdict_of([tests, tests - 1], [tests, tests - 1], share).tolist() == ["met", "undecided"]
        assert more_tests(0, 0, share)[0] == tests
    # The score test is content with fewer, which is why verdicts do not go by it.
    assert wilson_bounds(52, 52)[0] >= 0.95
    assert exact_bounds(52, 52)[0] < 0.95


def test_nothing_tested_says_nothing():
    for bounds in (wilson_bounds, exact_bounds):
        assert [float(bound) for bound in bounds(0, 0)] == [0.0, 1.0]
    assert verdict_of(0, 0, 0.95) == "undecided"


def test_a_verdict_errs_no_more_often_than_it_says():
    """Over all outcomes of 150 tests, whatever the true share."""
    outcomes = np.arange(151)
    verdicts = verdict_of(outcomes, 150, 0.95)
    for share in (0.80, 0.90, 0.9499, 0.95, 0.97, 0.99):
        chance = binom.pmf(outcomes, 150, share)
        wrong = verdicts == ("not_met" if share >= 0.95 else "met")
        assert chance[wrong].sum() <= 0.05 + 1e-9


@settings(max_examples=60)
@given(st.integers(0, 300), st.integers(0, 60), st.sampled_from([0.9, 0.95, 0.98]))
def test_so_many_more_tests_decide_and_one_fewer_does_not(passed, failed, standard):
    tests = passed + failed
    more = more_tests(passed, tests, standard)[0]
    if np.isnan(more):
        assert abs(passed / tests - standard) < 0.005
        return
    share = passed / tests if tests else 1.0

    def verdict(further):
        return verdict_of(passed if not further and tests else share * (tests + further), tests + further, standard)

    assert verdict(more) == ("met" if share > standard else "not_met")
    assert more == 0 or verdict(more - 1) == "undecided"


def test_bounds_of_effective_counts_go_between_those_of_whole_ones():
    low, high = exact_bounds([9.0, 9.5, 10.0], [10.0, 10.55, 11.1])
    assert low[0] < low[1] < low[2]
    assert high[0] > high[1] > high[2]
    assert low[0] == pytest.approx(beta.ppf(0.05, 9, 2))


def test_tests_in_blocks_by_hand():
    assert effective_tests([10, 10, 10], 0.0) == 30
    assert effective_tests([10, 10, 10], 1.0) == 3
    assert effective_tests([8, 2], 1.0) == pytest.approx(100 / 68)
    assert effective_tests([4, 4], 0.5) == pytest.approx(64 / 20)
    assert effective_tests([], 1.0) == 0


def test_likeness_is_found_again():
    """Blocks whose share is beta-distributed have the intraclass correlation 1 / (a + b + 1)."""
    rng = np.random.default_rng(4)
    for a, b in ((8.0, 2.0), (0.8, 0.2), (80.0, 20.0)):
        size = rng.integers(2, 30, 4_000)
        passed = rng.binomial(size, rng.beta(a, b, 4_000))
        assert likeness(passed, size) == pytest.approx(1 / (a + b + 1), abs=0.02)


def test_likeness_that_nobody_can_tell_is_the_prudent_one():
    assert likeness([5] * 20, [5] * 20) == 1.0
    assert likeness([0] * 20, [5] * 20) == 1.0
    assert likeness([2, 3, 1], [5, 5, 5]) == 1.0
    assert likeness([1, 0] * 20, [1] * 40) == 1.0


@pytest.mark.parametrize("call", [lambda: wilson_bounds(1, 2, 95), lambda: needed_without_failure(1.0),
                                  lambda: more_tests(1, 2, 98)])  # fmt: skip
def test_percent_are_no_shares(call):
    with pytest.raises(UsageError, match="must lie between"):
        call()
