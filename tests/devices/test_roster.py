import geopandas as gpd
import pandas as pd
import pytest
import shapely

from lomsong.devices import device_needs
from lomsong.errors import ColumnError, DataError, UsageError
from lomsong.tables import DEVICES


@pytest.fixture
def households():
    return gpd.GeoDataFrame(
        {
            "household_id": ["H1", "H2", "H3", "H4", "H5", "H6", "H7", "hamlet:A"],
            "learners": [2, 1, 1, 3, 1, 1, 1, 4],
            "learners_without_device": pd.array([1, 1, 1, 2, 1, 0, 0, 4], dtype="Int64"),
            "category": ["poor", "poor", "near-poor", "other", "poor", "poor", "poor", None],
            "commune_code": ["1", "1", "2", "2", "2", "2", "2", "2"],
            "learners_source": [*["claimed"] * 7, "hamlet"],
        },
        geometry=[shapely.Point(107, 11)] * 8, crs=4326, index=range(10, 18),
    )  # fmt: skip


@pytest.fixture
def at_home(households):
    return pd.DataFrame(
        {
            "p_usable": [0.9, 0.2, 0.6, 0.9, 0.7, 0.9, 0.9, 0.9],
            "state": ["usable", "none", "unsurveyed", "usable", "usable", "usable", "usable", "usable"],
            "best_operator": ["viettel", None, "mobifone", *["viettel"] * 5],
        },
        index=households.index,
    )


@pytest.fixture
def ledger():
    return pd.DataFrame({"device_id": ["T1", "T2"], "household_id": ["H5", "H6"], "date": ["2021-09-06"] * 2})


def test_each_household_stands_where_it_belongs(households, at_home, ledger):
    before = households.copy()
    found = device_needs(households, at_home, ledger)
    DEVICES.check(found, "devices")
    assert dict(zip(found["household_id"], found["status"], strict=True)) == {
        "H1": "waiting", "H2": "no_signal", "H3": "unmeasured", "H4": "no_tier", "H5": "served", "H6": "served",
        "hamlet:A": "unnamed",
    }  # fmt: skip
    assert found["lacking"].tolist() == [1, 1, 1, 2, 1, 0, 4]
    assert found["turn"].isna().all()
    pd.testing.assert_frame_equal(households, before)


def test_a_code_in_the_ledger_with_spaces_or_small_letters_serves_its_household(households, at_home, ledger):
    found = device_needs(households, at_home, ledger.assign(household_id=["h 5", " H6 "])).set_index("household_id")
    assert found["status"].loc[["H5", "H6"]].tolist() == ["served", "served"]


def test_signal_in_another_order_goes_to_its_household_and_of_other_rows_is_refused(households, at_home):
    expected = device_needs(households, at_home)
    pd.testing.assert_frame_equal(device_needs(households, at_home.iloc[::-1]), expected)
    with pytest.raises(DataError, match="another index"):
        device_needs(households, at_home.reset_index(drop=True))


def test_what_is_missing_or_cannot_be_meant_is_said(households, at_home, ledger):
    with pytest.raises(ColumnError, match="household_id"):
        device_needs(households.drop(columns="household_id"), at_home)
    with pytest.raises(ColumnError, match="p_usable"):
        device_needs(households, at_home.drop(columns="p_usable"))
    with pytest.raises(UsageError, match="from 0 to 1"):
        device_needs(households, at_home, required_probability=60)
    with pytest.raises(DataError, match="20/09/2021"):
        device_needs(households, at_home, ledger.assign(date="20/09/2021"))


def test_nothing_without_a_ledger_was_given(households, at_home):
    found = device_needs(households, at_home).set_index("household_id")["status"]
    assert found["H5"] == "waiting"
    assert "H6" not in found


def test_a_higher_probability_leaves_more_to_wait(households, at_home):
    found = device_needs(households, at_home, required_probability=0.8).set_index("household_id")["status"]
    assert found["H5"] == "no_signal"
    assert found["H1"] == "waiting"


def test_what_cannot_be_used_is_named(households, at_home):
    with pytest.raises(ColumnError, match="learners_without_device"):
        device_needs(households.drop(columns="learners_without_device"), at_home)
    with pytest.raises(DataError, match="8 households but 3 rows"):
        device_needs(households, at_home.iloc[:3])
