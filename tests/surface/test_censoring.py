import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lomsong.errors import SettingsError
from lomsong.settings import Survey, parse
from lomsong.surface.censoring import floors_of

SAMPLES = pd.DataFrame(
    {
        "device": ["Redmi", "Redmi", "scanner", None, "REDMI "],
        "technology": ["4G", "5G", "4G", "5G", None],
    },
    index=[3, 1, 4, 9, 7],
)


def test_one_floor_for_all_stays_one_number():
    assert floors_of(SAMPLES, Survey(floor_dbm=-123.0)) == -123.0


def test_the_most_particular_floor_counts():
    survey = Survey(floor_dbm=-125.0, floors_dbm={"redmi": -118.0, "5G": -121.0, "Redmi 5G": -116.0})
    assert floors_of(SAMPLES, survey).tolist() == [-118.0, -116.0, -125.0, -121.0, -118.0]


def test_no_service_was_looked_for_in_the_technology_under_study():
    survey = Survey(technology="5G", floor_dbm=-125.0, floors_dbm={"5g": -120.0})
    assert floors_of(SAMPLES, survey).tolist() == [-125.0, -120.0, -125.0, -120.0, -120.0]


def test_samples_without_devices_or_technologies():
    bare = pd.DataFrame(index=range(3))
    assert floors_of(bare, Survey(floors_dbm={"4G": -119.0})).tolist() == [-119.0] * 3
    assert floors_of(bare, Survey(floors_dbm={"scanner": -130.0})).tolist() == [-125.0] * 3
    assert floors_of(SAMPLES.iloc[:0], Survey(floors_dbm={"4G": -119.0})).shape == (0,)


@settings(deadline=None)
@given(st.permutations(range(5)))
def test_a_floor_belongs_to_the_sample_not_to_its_row(order):
    survey = Survey(floors_dbm={"redmi": -118.0, "5G": -121.0})
    np.testing.assert_array_equal(floors_of(SAMPLES.iloc[order], survey), floors_of(SAMPLES, survey)[list(order)])


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"5G": "low"}, ["survey.floors_dbm", "low"]),
        ({"5G": -20}, ["survey.floors_dbm.5G", "-20", "-156", "-60"]),
        ({"5G": True}, ["survey.floors_dbm", "True"]),
        (-120, ["survey.floors_dbm", "-120"]),
    ],
)
def test_floors_out_of_their_limits_are_said(value, words):
    with pytest.raises(SettingsError) as error:
        parse({"survey": {"floors_dbm": value}})
    assert all(word in str(error.value) for word in words)


def test_floors_are_read_as_numbers():
    assert parse({"survey": {"floors_dbm": {"5G": -120}}}).survey.floors_dbm == {"5G": -120.0}
