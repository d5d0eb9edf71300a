import numpy as np
import pytest

from lomsong.radio.vegetation import Woodland, woodland_loss_db

# Measured near St Petersburg, as listed in ITU-R P.833 §2.1: MHz, dB/m, dB.
PUBLISHED = np.array(
    [[105.9, 0.04, 9.4], [466.475, 0.12, 18.0], [949.0, 0.17, 26.5], [1852.2, 0.30, 29.0], [2117.5, 0.34, 34.1]]
)


def test_defaults_follow_the_published_measurements():
    frequency, specific, largest = PUBLISHED.T
    assert Woodland().specific_db_per_m(frequency) == pytest.approx(specific, abs=0.021)
    assert Woodland().largest_db(frequency) == pytest.approx(largest, abs=3.5)


def test_starts_with_the_specific_attenuation_and_saturates():
    wood = Woodland()
    assert woodland_loss_db(0.0, 800.0) == 0
    assert woodland_loss_db(1e-3, 800.0) / 1e-3 == pytest.approx(wood.specific_db_per_m(800.0), rel=1e-4)
    assert woodland_loss_db(1e5, 800.0) == pytest.approx(wood.largest_db(800.0))


def test_never_falls_with_depth():
    assert (np.diff(woodland_loss_db(np.linspace(0, 2000, 200), 1800.0)) > 0).all()
