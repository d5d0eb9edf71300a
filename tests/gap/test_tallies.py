"""Tables of learners: what adds up to all learners, by hand and in the total."""

import numpy as np
import pandas as pd
import pytest

from lomsong.errors import UsageError
from lomsong.gap.learners import LearnerDraws, Measure
from lomsong.gap.tallies import device_table, roaming_table, unconnected_table, walk_table

USABLE_DBM, OPERATORS, CODES = -110.0, ("viettel", "vinaphone"), ("26200", "26203")
EXPECTED = {"any": (4.0, 1.0, 0.5), "all": (8.0, 6.0, 1.0), "own": (5.0, 2.0, 1.0), "roaming": (2.0, 1.0, 0.5)}
EXPECTED |= {"nowhere": (3.0, 1.0, 0.5), "viettel": (5.0, 3.0, 1.0), "vinaphone": (7.0, 4.0, 0.5)}


@pytest.fixture
def draws():
    """Ten learners in one commune, six in another, two outside; every second world one more, every other one less."""
    expected, counts = {}, {}
    for indoor in (False, True):
        for of, values in EXPECTED.items():
            measure = Measure(of, USABLE_DBM, indoor)
            expected[measure] = np.array(values) + (0.25 if indoor else 0.0)
            counts[measure] = (expected[measure][:, None] + np.tile([1.0, -1.0], 50) * [[1], [1], [0]]).astype(
                np.float32
            )
    people = pd.DataFrame(
        {
            "learners": [10, 6, 2],
            "own_known": [9, 6, 1],
            "without_device": [3, 2, 0],
            "device_unknown": [1, 0, 2],
            "without_device_unconnected": [1.5, 0.5, 0.0],
            "device_unknown_unconnected": [0.5, 0.0, 0.5],
            "without_device_unconnected_indoor": [1.6, 0.6, 0.0],
            "device_unknown_unconnected_indoor": [0.6, 0.0, 0.75],
        },
        index=[*CODES, None],
    )
    return LearnerDraws(
        100,
        USABLE_DBM,
        (USABLE_DBM,),
        OPERATORS,
        {"commune": CODES},
        {"commune": {one: worlds[:-1] for one, worlds in counts.items()}},
        {"commune": {one: values[:-1] for one, values in expected.items()}},
        {"commune": {one: worlds[-1] for one, worlds in counts.items()}},
        {"commune": {one: float(values[-1]) for one, values in expected.items()}},
        {"commune": people},
    )


def test_unconnected_by_hand(draws):
    table = unconnected_table(draws, "commune")
    assert table["row"].tolist() == ["area", "area", "outside", "total"]
    assert table["area_code"].tolist() == [*CODES, None, None]
    assert table["learners"].tolist() == [10, 6, 2, 18]
    assert table["own_unknown"].tolist() == [1, 0, 1, 2]
    assert table["unconnected_any"].tolist() == [4.0, 1.0, 0.5, 5.5]
    assert table["unconnected_any_low"].tolist() == [3.0, 0.0, 0.5, 3.5]
    assert table["unconnected_any_high"].tolist() == [5.0, 2.0, 0.5, 7.5]
    assert table["unconnected_vinaphone"].tolist() == [7.0, 4.0, 0.5, 11.5]
    assert unconnected_table(draws, "commune", indoor=True)["unconnected_own"].tolist() == [5.25, 2.25, 1.25, 8.75]


def test_what_sharing_is_worth(draws):
    table = roaming_table(draws, "commune")
    assert table["roaming"].tolist() == [2.0, 1.0, 0.5, 3.5]
    assert table["unconnected_own"].tolist() == [5.0, 2.0, 1.0, 8.0]
    assert table[["roaming_low", "roaming_high"]].iloc[-1].tolist() == [1.5, 5.5]


@pytest.mark.parametrize("indoor", [False, True])
def test_home_school_and_nowhere_make_up_all_learners(draws, indoor):
    table = walk_table(draws, "commune", indoor)
    np.testing.assert_allclose(table[["home", "school", "nowhere"]].sum(axis=1), table["learners"])
    assert table["nowhere"].iloc[0] == 3.0 + 0.25 * indoor
    assert table["school"].tolist() == [1.0, 0.0, 0.0, 1.0]


@pytest.mark.parametrize("indoor", [False, True])
def test_device_and_signal_make_up_all_learners(draws, indoor):
    table = device_table(draws, "commune", indoor)
    classes = table.drop(columns=["row", "area_code", "learners"])
    assert classes.shape[1] == 6
    np.testing.assert_allclose(classes.sum(axis=1), table["learners"])
    np.testing.assert_allclose(classes.iloc[:3].sum(), classes.iloc[3])
    if not indoor:
        assert classes.iloc[0].tolist() == [4.0, 2.0, 1.5, 1.5, 0.5, 0.5]
    else:
        np.testing.assert_allclose(classes.iloc[0], [3.95, 2.05, 1.4, 1.6, 0.4, 0.6])


def test_a_threshold_that_was_not_counted_is_refused(draws):
    with pytest.raises(UsageError, match=r"threshold -100 dBm is not among those counted: -110; add it"):
        unconnected_table(draws, "commune", -100.0)
