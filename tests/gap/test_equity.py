"""Inequality indices by hand, by brute force over single learners, and what must leave them alone."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import rankdata
from threadpoolctl import threadpool_limits

from lomsong.errors import DataError
from lomsong.gap.equity import (
    by_class,
    concentration,
    gap_by_grid_power,
    gini,
    lorenz,
    poverty_order,
    remoteness_classes,
)

LEARNERS = np.array([10.0, 30.0, 0.0, 60.0])
LOST = np.array([8.0, 6.0, 0.0, 3.0])


def learner_by_learner(unconnected, learners, order):
    """Return rate and rank variable of every single learner."""
    times = learners.astype(int)
    rate = np.divide(unconnected, learners, out=np.zeros(len(learners)), where=learners > 0)
    return np.repeat(rate, times), np.repeat(order, times)


def brute_gini(rate):
    return np.abs(rate[:, None] - rate[None, :]).sum() / (2 * len(rate) ** 2 * rate.mean())


def brute_concentration(rate, order):
    rank = (rankdata(order) - 0.5) / len(order)
    return 2 * np.cov(rate, rank, ddof=0)[0, 1] / rate.mean()


def groups(seed, n=40):
    rng = np.random.default_rng(seed)
    learners = rng.integers(0, 12, n).astype(float)
    return learners * rng.uniform(0, 1, n).round(2), learners, rng.integers(0, 8, n).astype(float)


def test_lorenz_by_hand():
    curve = lorenz(LOST, LEARNERS)
    np.testing.assert_allclose(curve["people_share"], [0, 0.6, 0.9, 1])
    np.testing.assert_allclose(curve["unconnected_share"], [0, 3 / 17, 9 / 17, 1])
    area = np.trapezoid(curve["unconnected_share"], curve["people_share"])
    assert gini(LOST, LEARNERS).index == pytest.approx(1 - 2 * area)


def test_two_communes_of_which_one_has_all():
    assert gini(np.array([0.0, 5.0]), np.array([10.0, 10.0])).index == pytest.approx(0.5)
    assert gini(np.array([2.0, 4.0]), np.array([10.0, 20.0])).index == pytest.approx(0)


@pytest.mark.parametrize("seed", range(5))
def test_against_brute_force_over_single_learners(seed):
    unconnected, learners, order = groups(seed)
    rate, rank_by = learner_by_learner(unconnected, learners, order)
    assert gini(unconnected, learners).index == pytest.approx(brute_gini(rate))
    found = concentration(unconnected, learners, order)
    assert found.index == pytest.approx(brute_concentration(rate, rank_by))
    assert found.erreygers == pytest.approx(4 * rate.mean() * found.index)


def test_invariances():
    unconnected, learners, order = groups(9)
    base, by_rank = gini(unconnected, learners).index, concentration(unconnected, learners, order)
    assert gini(unconnected / 3, learners).index == pytest.approx(base)
    assert gini(np.tile(unconnected, 3), np.tile(learners, 3)).index == pytest.approx(base)
    halves = (np.repeat(unconnected / 2, 2), np.repeat(learners / 2, 2))
    assert gini(*halves).index == pytest.approx(base)
    assert concentration(unconnected / 3, learners, order).index == pytest.approx(by_rank.index)
    tiled = concentration(np.tile(unconnected, 4), np.tile(learners, 4), np.tile(order, 4))
    assert tiled.index == pytest.approx(by_rank.index)
    assert tiled.standard_error == pytest.approx(by_rank.standard_error / 2)
    assert concentration(unconnected, learners, np.exp(order)).index == pytest.approx(by_rank.index)
    turn = np.random.default_rng(0).permutation(len(order))
    turned = concentration(unconnected[turn], learners[turn], order[turn])
    assert turned.index == pytest.approx(by_rank.index)
    assert turned.standard_error == pytest.approx(by_rank.standard_error)


def test_order_turned_turns_the_sign_and_being_connected_mirrors_erreygers():
    unconnected, learners, order = groups(4)
    found = concentration(unconnected, learners, order)
    assert concentration(unconnected, learners, -order).index == pytest.approx(-found.index)
    mirrored = concentration(learners - unconnected, learners, order)
    assert mirrored.erreygers == pytest.approx(-found.erreygers)
    assert mirrored.index != pytest.approx(-found.index)


def test_ranked_by_its_own_rate_it_is_the_gini_coefficient():
    unconnected, learners, _ = groups(6)
    rate = np.divide(unconnected, learners, out=np.zeros(len(learners)), where=learners > 0)
    assert concentration(unconnected, learners, rate).index == pytest.approx(gini(unconnected, learners).index)


def test_poor_learners_without_signal_make_it_negative():
    order = poverty_order(pd.Series(["poor", "near-poor", "other", None, "merit"]))
    assert order.tolist() == [0, 1, 2, 2, 2]
    found = concentration(np.array([1.0, 0, 0, 0, 0]), np.ones(5), order)
    assert found.index == pytest.approx(-0.8)
    np.testing.assert_allclose(found.curve["unconnected_share"], [0, 1, 1, 1])


@pytest.mark.parametrize("classes", [3, 1_000_000])
def test_standard_error_against_sampling_learners(classes):
    """The spread of the index over samples is what the formula says from one of them: of few classes and of many."""
    rng = np.random.default_rng(2)
    n, found, told = 300, [], []
    for _ in range(500):
        place = rng.uniform(0, 1, n)
        lost = (rng.random(n) < 0.1 + 0.5 * place).astype(float)
        result = concentration(lost, np.ones(n), np.floor(place * classes))
        found.append(result.index)
        told.append(result.standard_error)
    assert np.mean(told) == pytest.approx(np.std(found), rel=0.1)


def test_households_grouped_by_class_or_one_by_one_are_equally_sure():
    rng = np.random.default_rng(5)
    order, lost = rng.integers(0, 3, 400).astype(float), (rng.random(400) < 0.3).astype(float)
    alone = concentration(lost, np.ones(400), order)
    people, gone = np.bincount(order.astype(int)), np.bincount(order.astype(int), lost)
    together = concentration(gone, people.astype(float), np.arange(3.0))
    assert together.index == pytest.approx(alone.index)
    assert together.standard_error == pytest.approx(alone.standard_error)


def test_intervals_of_drawn_worlds():
    learners, order = np.array([10.0, 10.0]), np.array([0.0, 1.0])
    worlds = np.array([[0.0, 5.0], [5.0, 5.0]])
    found = concentration(np.array([2.5, 5.0]), learners, order, draws=worlds)
    np.testing.assert_allclose([found.low, found.high], np.quantile([0.5, 0.0], [0.05, 0.95]))
    np.testing.assert_allclose([found.erreygers_low, found.erreygers_high], np.quantile([0.5, 0.0], [0.05, 0.95]))
    spread = gini(np.array([2.5, 5.0]), learners, draws=worlds)
    np.testing.assert_allclose([spread.low, spread.high], np.quantile([0.5, 0.0], [0.05, 0.95]))


def test_rates_by_class_by_hand():
    table = by_class(LOST, LEARNERS, ["no", "yes", "unknown", "yes"], order=("yes", "no", "unknown"), reference="yes")
    assert table["class"].tolist() == ["yes", "no", "unknown"]
    assert table["learners"].tolist() == [90, 10, 0]
    np.testing.assert_allclose(table["share"], [0.1, 0.8, np.nan])
    np.testing.assert_allclose(table["rate_ratio"], [1, 8, np.nan])
    np.testing.assert_allclose(table["share_of_gap"], [9 / 17, 8 / 17, 0])
    drawn = by_class(
        LOST, LEARNERS, ["no", "yes", "unknown", "yes"], reference="yes", draws=np.column_stack([LOST, LOST / 2])
    ).set_index("class")
    np.testing.assert_allclose(drawn.loc["no", ["unconnected_low", "unconnected_high"]].astype(float), [4.2, 7.8])
    np.testing.assert_allclose(drawn.loc["no", ["rate_ratio_low", "rate_ratio_high"]].astype(float), [8, 8])


def test_gap_by_grid_power_takes_the_hamlets_word():
    homes = pd.DataFrame({"learners": [2, 2, 4, 1], "hamlet_id": ["a", "b", "z", None]})
    hamlets = pd.DataFrame({"hamlet_id": ["a", "b"], "grid_power": ["yes", "no"]})
    table = gap_by_grid_power(homes, np.array([0.25, 1.0, 0.5, 0.0]), hamlets).set_index("class")
    assert table["learners"].to_dict() == {"yes": 2, "no": 2, "unknown": 5}
    assert table["unconnected"].to_dict() == {"yes": 0.5, "no": 2, "unknown": 2}
    assert table.loc["no", "rate_ratio"] == pytest.approx(4)
    assert gap_by_grid_power(homes, np.zeros(4), None)["learners"].sum() == 9


def test_remoteness_classes_hold_equally_many_learners():
    rng = np.random.default_rng(0)
    away, learners = rng.uniform(0, 20, 5_000), rng.integers(0, 4, 5_000).astype(float)
    place = remoteness_classes(away, learners, 5)
    held = np.bincount(place, learners)
    assert len(held) == 5
    assert np.ptp(held) <= 3
    assert (np.diff([away[place == number].max() for number in range(5)]) > 0).all()
    assert len(set(remoteness_classes(np.ones(9), np.ones(9)))) == 1


def test_nobody_unconnected_or_nobody_at_all():
    nobody = gini(np.zeros(3), np.ones(3))
    assert np.isnan(nobody.index)
    assert np.isnan(concentration(np.zeros(3), np.ones(3), np.arange(3.0)).standard_error)
    assert np.isnan(gini(np.zeros(0), np.zeros(0)).index)
    assert by_class(np.zeros(0), np.zeros(0), [], order=("a",))["learners"].tolist() == [0]


def test_what_cannot_be_is_refused():
    with pytest.raises(DataError, match="unconnected holds 3"):
        gini(np.array([3.0]), np.array([2.0]))
    with pytest.raises(DataError, match="learners holds -1"):
        gini(np.array([0.0]), np.array([-1.0]))
    with pytest.raises(DataError, match="2 values for 1 groups"):
        gini(np.array([0.0, 1.0]), np.array([1.0]))
    with pytest.raises(DataError, match="order holds NaN"):
        concentration(np.zeros(1), np.ones(1), np.array([np.nan]))
    with pytest.raises(DataError, match="class c"):
        by_class(np.zeros(1), np.ones(1), ["c"], order=("a", "b"))


def test_the_index_is_the_same_to_the_last_bit_whatever_the_threads():
    rng = np.random.default_rng(0)
    learners = rng.integers(1, 5, 150_001).astype(float)
    unconnected, order = learners * rng.random(len(learners)), rng.permutation(len(learners))
    found = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            index = concentration(unconnected, learners, order)
            found.append((index.index, index.standard_error, index.low))
    assert found[0] == found[1]
