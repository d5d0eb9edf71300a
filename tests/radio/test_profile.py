import dataclasses

import numpy as np
import pytest

from lomsong.radio.p1812 import Loss
from lomsong.radio.profile import PathProfile


@pytest.fixture
def link():
    return PathProfile(
        np.array([0.0, 2.0, 5.0, 10.0]), np.array([100.0, 90.0, 100.0, 50.0]), np.array([9.0, 0.0, 5.0, 9.0]),
        np.array([0.0, 0.0, 15.0, 20.0]), np.array([4, 4, 4, 4]), (107.0, 11.3), (107.09, 11.3), 50.0, 10.0,
        299.792458, 8500.0, 90.0, np.nan, 0.0, 0.0, Loss(120.0, {}), np.nan,
    )  # fmt: skip


def test_a_link_by_hand(link):
    # A wavelength of 1 m: F1 = sqrt(d1 d2 / d) in metres.
    np.testing.assert_allclose(link.fresnel_radius_m, [0, np.sqrt(1600), 50, 0])
    np.testing.assert_allclose(link.ray_m, [150, 132, 105, 60])
    np.testing.assert_allclose(link.bulge_m, [0, 16e6 / 17e6, 25e6 / 17e6, 0])
    np.testing.assert_allclose(link.obstacle_m, [100, 90 + 16 / 17, 120 + 25 / 17, 50])
    assert link.worst == 2
    assert link.clearance == pytest.approx((105 - 120 - 25 / 17) / 50)
    assert link.length_km == 10


def test_what_stands_at_the_ends_is_no_obstacle_and_nothing_is_changed(link):
    before = link.clutter_m.copy()
    bare = dataclasses.replace(link, clutter_m=np.array([0.0, 0, 5, 0]), canopy_m=np.array([0.0, 0, 15, 0]))
    assert bare.clearance == link.clearance
    np.testing.assert_array_equal(link.clutter_m, before)


def test_a_higher_antenna_never_lessens_the_clearance(link):
    clearances = [dataclasses.replace(link, tx_height_m=height).clearance for height in (10.0, 50.0, 90.0)]
    assert clearances == sorted(clearances)
    two = {name: getattr(link, name)[[0, -1]] for name in ("d_km", "ground_m", "clutter_m", "canopy_m", "zone")}
    assert dataclasses.replace(link, **two).clearance == np.inf
