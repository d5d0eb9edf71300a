import math

import pytest

from lomsong.publish.coverage.words import class_names, number
from lomsong.publish.map.palette import level_classes


@pytest.mark.parametrize(
    ("value", "digits", "vi", "en"),
    [
        (1234567.25, 1, "1.234.567,2", "1,234,567.2"),
        (1800, 0, "1800", "1800"),
        (-0.04, 1, "0,0", "0.0"),
        (-110, 0, "−110", "−110"),
        (math.nan, 2, "–", "–"),
        (math.inf, 0, "–", "–"),
    ],
)
def test_numbers_carry_the_marks_of_the_language(value, digits, vi, en):
    assert (number(value, digits, "vi"), number(value, digits, "en")) == (vi, en)


def test_classes_are_named_from_the_lowest_and_half_open():
    classes = level_classes(-110, (-100, -90))
    assert class_names(classes, "en") == ["under −100", "−100 to under −90", "−90 or more"]
    assert class_names(classes, "vi") == ["dưới −100", "−100 đến dưới −90", "từ −90"]
    assert classes.index([-100.01, -100, -90]).tolist() == [0, 1, 2]
