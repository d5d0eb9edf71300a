import numpy as np
import pytest
from scipy.stats import norm, rankdata

from lomsong.gap import information
from lomsong.gap.information import Outlook, faded, rank_gradient, ranks_of


class Level:
    """Fields reduced to where their covariances end."""

    n = 300

    def support_m(self):
        return 3_000.0


def outlook(seed=0, pieces=12, k=2, communes=3):
    rng = np.random.default_rng(seed)
    at = rng.uniform(0, 4_000, (pieces * k, 2))
    apart = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))
    level = np.linalg.cholesky(40 * np.exp(-apart / 800)) @ rng.standard_normal((pieces * k, Level.n))
    level = (level - level.mean(axis=1, keepdims=True)).astype(np.float32)
    covariance = level.astype(float) @ level.T.astype(float) / (Level.n - 1) * faded(apart, 3_000.0)
    mix = rng.uniform(0, 5, (communes, pieces * k))
    blocks = np.array([covariance[p * k : p * k + k, p * k : p * k + k] for p in range(pieces)])
    weight = rank_gradient(np.array([[30.0], [32.0], [50.0]]) + 3 * rng.standard_normal((communes, Level.n)))
    noise = rng.uniform(0.5, 3, pieces * k)
    made = Outlook(
        Level(), np.arange(pieces), at, level, mix @ covariance, covariance.diagonal().copy(), noise, blocks, weight
    )
    return made, covariance, mix, noise


def test_the_taper_by_hand():
    assert faded(np.array([0.0, 500, 1_000, 2_000]), 1_000.0) == pytest.approx([1, 5 / 24, 0, 0])
    falling = faded(np.linspace(0, 1_000, 50), 1_000.0)
    assert (np.diff(falling) <= 0).all()


def test_ranks_with_ties():
    totals = np.array([[5.0, 0], [7, 0], [5, 9]])
    expected = np.column_stack([rankdata(-column, method="average") for column in totals.T])
    assert ranks_of(totals).tolist() == expected.tolist() == [[2.5, 2.5], [1, 2.5], [2.5, 1]]


def test_the_gradient_of_the_ranks_is_the_density_of_the_difference_at_0():
    rng = np.random.default_rng(1)
    totals = np.array([[50.0], [56.0], [300.0], [0.0], [0.0]]) + np.array([[6.0], [8], [5], [0], [0]]) * (
        rng.standard_normal((5, 40_000))
    )
    slope = rank_gradient(totals)
    assert slope[0, 1] == pytest.approx(norm.pdf(0, 6, 10), rel=0.03)
    assert slope[2].tolist() == [0] * 5, "who is settled does not move"
    assert slope[3, 4] == 0, "two with nothing in every world are no open question"
    assert slope.sum(axis=1) == pytest.approx(np.zeros(5))


def test_measuring_one_after_another_is_conditioning_on_all():
    made, covariance, mix, noise = outlook()
    before = mix @ covariance @ mix.T
    worth = made.worth()
    first = [4, 5]
    alone = (mix @ covariance)[:, [8, 9]]
    inner = covariance[np.ix_([8, 9], [8, 9])] + np.diag(noise[[8, 9]])
    explained = made.weight @ alone @ np.linalg.inv(inner) @ alone.T @ made.weight.T
    assert worth[4] == pytest.approx(np.trace(explained))
    lowered = made.measure(first)
    points = [8, 9, 10, 11]
    gain = covariance[:, points] @ np.linalg.inv(covariance[np.ix_(points, points)] + np.diag(noise[points]))
    after = covariance - gain @ covariance[points]
    assert lowered == pytest.approx(np.diag(before - mix @ after @ mix.T), rel=1e-4)
    assert made.total_covariance == pytest.approx(mix @ after, abs=1e-3)
    assert made.variance_db2 == pytest.approx(after.diagonal(), abs=1e-3)
    assert made.within[1] == pytest.approx(after[2:4, 2:4], abs=1e-3)


def test_a_measurement_never_adds_uncertainty_and_tells_less_the_second_time():
    made, *_ = outlook(seed=2)
    variance, worth = made.level_variance(), made.worth()
    made.measure([3])
    assert (made.level_variance() <= variance + 1e-4).all()
    assert made.worth()[3] < 0.5 * worth[3]


def test_a_part_of_the_outlook_is_worth_what_it_was():
    made, *_ = outlook(seed=4)
    rows = np.array([2, 7, 9])
    assert made.kept(rows).worth() == pytest.approx(made.worth()[rows])


def test_lean_covaries_with_a_level_as_the_total_does():
    rng = np.random.default_rng(6)
    base = rng.standard_normal(20_000)
    level = np.stack([[-110 + 6 * (0.8 * base + 0.6 * rng.standard_normal(20_000))] for _ in range(2)])
    lost = 7.0 * (level < -110).all(axis=0)
    lean = information._lean(level.astype(np.float32), lost)
    other = base + rng.standard_normal(20_000)
    assert np.cov(lean[0], other)[0, 1] == pytest.approx(np.cov(lost[0], other)[0, 1], rel=0.05)
