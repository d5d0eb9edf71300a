import numpy as np
import pytest

from lomsong.radio.baselines import free_space_loss_db


def test_by_hand():
    # P.525-4 (4): 32.4 + 20 log 900 + 20 log 10 = 32.4 + 59.085 + 20
    assert free_space_loss_db(10.0, 900.0) == pytest.approx(111.485, abs=0.06)


def test_doubling_the_distance_costs_six_decibels():
    near, far = free_space_loss_db([1.0, 2.0], 1800.0)
    assert far - near == pytest.approx(20 * np.log10(2))


def test_no_distance():
    assert free_space_loss_db(0.0, 800.0) == -np.inf
