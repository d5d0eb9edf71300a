import numpy as np
import pytest

from lomsong.radio.antenna import sector_pattern_db


def test_half_power_at_half_the_beamwidth_and_floor_behind():
    assert sector_pattern_db([0, 32.5, -32.5, 180], 0.0) == pytest.approx([0, -3, -3, -25])


def test_turning_mast_and_point_together_changes_nothing():
    bearing = np.linspace(-180, 180, 37)
    assert sector_pattern_db(bearing + 77, 77.0) == pytest.approx(sector_pattern_db(bearing, 0.0))


def test_no_azimuth_is_no_pattern():
    assert sector_pattern_db([0, 90, 180], np.nan).tolist() == [0, 0, 0]
