import numpy as np
import pytest

from lomsong.surface.calibration import LEAST, Z90, Calibration, Held, calibrate

POINTS = np.random.default_rng(0).uniform(0, 20_000, (1500, 2))
RNG = np.random.default_rng(1)
VARIANCE = RNG.uniform(20, 120, len(POINTS))
SPREAD = RNG.uniform(1, 9, len(POINTS))


def errors(variance_db2, seed=2):
    return np.random.default_rng(seed).normal(0, np.sqrt(variance_db2))


def learnt(error, variance=VARIANCE, spread=SPREAD, points=POINTS):
    return calibrate(points, 800.0, lambda fold: Held(error[fold], variance[fold], spread[fold]), seed=3)


def inside(calibration, error, variance=VARIANCE, spread=SPREAD):
    return np.mean(np.abs(error) <= Z90 * np.sqrt(calibration.factor(variance, spread) * variance))


def test_without_numbers_nothing_is_changed():
    assert Calibration().factor(VARIANCE, SPREAD).tolist() == [1.0] * len(VARIANCE)


def test_factor_by_hand():
    one = Calibration(scale=2, power=0.5, local=1, variance_db2=25, spread_db=3, low_db=1, high_db=7)
    # 2 · (100/25)^0.5 · (1+5)/(1+3) = 6; a spread of 0 counts as 1, of 50 as 7.
    found = one.factor(np.array([100.0, 25, 25]), np.array([5.0, 0, 50]))
    assert found.tolist() == pytest.approx([6, 1, 4])


def test_errors_as_predicted_stay_as_they_are():
    found = learnt(errors(VARIANCE))
    assert found.factor(VARIANCE, SPREAD) == pytest.approx(1, abs=0.25)
    assert np.median(found.factor(VARIANCE, SPREAD)) == pytest.approx(1, abs=0.1)
    assert (found.variance_db2, found.spread_db) == pytest.approx((np.median(VARIANCE), np.median(SPREAD)), rel=0.05)


@pytest.mark.parametrize("scale", [0.5, 3.0])
def test_the_scale_of_the_errors_is_found(scale):
    found = learnt(errors(scale * VARIANCE))
    assert found.scale == pytest.approx(scale, rel=0.15)
    assert (found.power, found.local) == pytest.approx((0, 0), abs=0.25)


def test_exponents_are_found():
    usual = np.median(VARIANCE), np.median(SPREAD)
    true = Calibration(1.5, 0.6, 0.8, *usual, 1.0, 9.0)
    found = learnt(errors(true.factor(VARIANCE, SPREAD) * VARIANCE))
    assert (found.scale, found.power, found.local) == pytest.approx((1.5, 0.6, 0.8), abs=0.2)


def test_no_interval_is_narrower_than_a_reading_is_told():
    assert learnt(errors(1e-20 * VARIANCE)) == Calibration()
    mostly_stuck = np.where(np.arange(len(POINTS)) % 20, 1e-9, 12.0)
    found = learnt(mostly_stuck)
    assert Z90 * np.median(np.sqrt(found.factor(VARIANCE, SPREAD) * VARIANCE)) == pytest.approx(1, rel=0.01)


@pytest.mark.parametrize("scale", [0.3, 1.0, 6.0])
def test_intervals_hold_nine_tenths(scale):
    error = errors(scale * VARIANCE * ((1 + SPREAD) / 6) ** 1.2)
    found = learnt(error)
    # Every place is left out equally often, so that the share is exact but for the quantile's interpolation.
    assert inside(found, error) == pytest.approx(0.9, abs=0.002)
    new = errors(scale * VARIANCE * ((1 + SPREAD) / 6) ** 1.2, seed=9)
    assert inside(found, new) == pytest.approx(0.9, abs=0.03)
    for part in (SPREAD < 3, SPREAD > 7):
        assert inside(found, new[part], VARIANCE[part], SPREAD[part]) == pytest.approx(0.9, abs=0.05)


def test_heavy_tails_are_held_by_nine_tenths_too():
    error = np.sqrt(VARIANCE / 2) * np.random.default_rng(5).standard_t(4, len(VARIANCE))
    assert inside(learnt(error), error) == pytest.approx(0.9, abs=0.002)


def test_too_few_errors_or_none_change_nothing():
    never = np.zeros(len(POINTS))
    few = slice(0, LEAST // 20)
    assert learnt(errors(VARIANCE)[few], VARIANCE[few], SPREAD[few], POINTS[few]) == Calibration()
    assert learnt(never) == Calibration()
    same = np.zeros_like(POINTS)
    assert learnt(errors(VARIANCE), points=same) == Calibration()
    assert calibrate(np.empty((0, 2)), 800.0, lambda fold: Held(never, never, never), 0) == Calibration()


def test_every_place_is_left_out_once_a_size_and_never_all_at_once():
    folds = []

    def hold_out(fold):
        folds.append(fold)
        return Held(errors(VARIANCE)[fold], VARIANCE[fold], SPREAD[fold])

    calibrate(POINTS, 800.0, hold_out, seed=0)
    assert len(folds) == 20
    assert (np.sum(folds, axis=0) == 4).all()
    assert max(fold.mean() for fold in folds) < 0.5
