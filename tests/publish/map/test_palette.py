import itertools

import numpy as np
import pytest

from lomsong.errors import UsageError
from lomsong.publish.map import palette

# Machado, Oliveira & Fernandes (2009), deuteranopia at full severity, on linear RGB.
DEUTERANOPIA = np.array(
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
)
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
WHITE = TO_XYZ.sum(axis=1)


def lab_as_seen(colour):
    channels = np.array(palette.rgb(colour)) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    ratio = TO_XYZ @ np.clip(DEUTERANOPIA @ linear, 0, 1) / WHITE
    f = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


VNPT = palette.level_classes(-110, palette.VNPT_BREAKS_DBM)
OWN = palette.level_classes(-110, (-120.0, -110.0, -100.0, -90.0))


@pytest.mark.parametrize("colours", [palette.VIRIDIS, palette.YLORRD, VNPT.colours, OWN.colours])
def test_neighbouring_classes_differ_under_deuteranopia(colours):
    for one, other in itertools.pairwise(colours):
        assert np.linalg.norm(lab_as_seen(one) - lab_as_seen(other)) >= 15


def test_dots_differ_from_every_class_they_lie_on():
    for colour in palette.YLORRD:
        assert np.linalg.norm(lab_as_seen(palette.DOT_COLOUR) - lab_as_seen(colour)) >= 30


def apart(one, other):
    return np.linalg.norm(lab_as_seen(one) - lab_as_seen(other))


@pytest.mark.parametrize("colours", [palette.OKABE_ITO[:3], tuple(palette.CLAIM_COLOURS.values())])
def test_kinds_that_stand_side_by_side_differ_from_each_other(colours):
    assert min(apart(one, other) for one, other in itertools.combinations(colours, 2)) >= 15


def test_what_lies_below_the_threshold_is_no_step_of_the_ramp():
    assert min(apart(palette.UNUSABLE_COLOUR, colour) for colour in palette.VIRIDIS) >= 15


def test_reached_differs_from_unconnected():
    assert apart(palette.REACHED_COLOUR, palette.DOT_COLOUR) >= 30


def test_classes_of_vnpt_and_of_one_s_own():
    assert (VNPT.breaks, len(VNPT.colours), VNPT.colours) == (palette.VNPT_BREAKS_DBM, 6, palette.VIRIDIS)
    assert VNPT.index([-105.1, -105, -65]).tolist() == [0, 1, 5]
    assert palette.level_classes(-110, (-80.0, -100.0)).breaks == (-100.0, -80.0)
    with pytest.raises(UsageError, match="6 breaks; at most 5"):
        palette.level_classes(-110, tuple(range(-120, -114)))


def test_classes_are_half_open():
    classes = palette.level_classes(-110)
    assert classes.breaks == (-120, -110, -100, -90, -80)
    assert classes.index([-120.1, -120, -110.1, -110, -80]).tolist() == [0, 1, 1, 2, 5]


@pytest.mark.parametrize("counts", [[], [0, 3], [40], [10, 10, 10], np.geomspace(1, 1e5, 50), [np.nan, 700]])
def test_count_classes_are_round_and_rise(counts):
    classes = palette.count_classes(counts)
    assert list(classes.breaks) == sorted(set(classes.breaks))
    assert all(float(f"{limit:.0e}") == limit and limit >= 10 for limit in classes.breaks)
    assert len(classes.colours) == len(classes.breaks) + 1 == len(set(classes.colours))
