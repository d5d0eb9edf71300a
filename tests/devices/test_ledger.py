import numpy as np
import pandas as pd
import pytest

from lomsong.devices import balance, irregularities
from lomsong.devices.ledger import of_roster
from lomsong.errors import ColumnError

HOUSEHOLDS = pd.DataFrame({"household_id": [f"H{number}" for number in range(1, 10)]})


def ledger(*events):
    return pd.DataFrame(events, columns=["device_id", "household_id", "date", "event"])


def told(handovers):
    return irregularities(handovers, HOUSEHOLDS).set_index("irregularity")["count"].to_dict()


def test_a_device_goes_on_after_its_return_and_what_broke_was_given_all_the_same():
    book = ledger(
        ("T1", "H1", "2021-09-06", "given"), ("T1", "H1", "2021-09-20", "returned"),
        ("T1", "H2", "2021-09-21", "given"), ("T2", "H3", "2021-09-06", "given"),
        ("T2", "H3", "2021-09-30", "broken"), ("T3", "H4", "2021-09-06", None),
    )  # fmt: skip
    held = balance(book)
    assert held["given"].to_dict() == {"H2": 1, "H3": 1, "H4": 1}
    assert held["out_of_use"].to_dict() == {"H2": 0, "H3": 1, "H4": 0}
    assert told(book) == {}


def test_a_broken_device_that_comes_back_is_returned():
    book = ledger(
        ("T1", "H1", "2021-09-06", "given"), ("T1", "H1", "2021-09-20", "broken"),
        ("T1", "H1", "2021-09-21", "returned"), ("T1", "H2", "2021-10-01", "given"),
    )  # fmt: skip
    assert balance(book)["given"].to_dict() == {"H2": 1}
    assert told(book) == {}


@pytest.mark.parametrize("fate", ["broken", "lost"])
def test_what_broke_or_was_lost_and_goes_on_without_a_return_is_told(fate):
    book = ledger(
        ("T1", "H1", "2021-09-06", "given"), ("T1", "H1", "2021-09-20", fate), ("T1", "H2", "2021-10-01", "given"),
    )  # fmt: skip
    assert told(book) == {"device_twice": 1}
    assert balance(book)["given"].to_dict() == {"H1": 1, "H2": 1}
    assert balance(book)["out_of_use"].to_dict() == {"H1": 1, "H2": 0}


@pytest.mark.parametrize("fate", ["broken", "lost"])
def test_a_ledger_that_tells_how_each_device_is_now_says_with_it_that_it_was_given(fate):
    book = ledger(("T1", "H1", "2021-09-06", "given"), ("T2", "H2", "2021-09-06", fate))
    assert balance(book).loc["H2"].to_dict() == {"given": 1, "out_of_use": 1}
    assert told(book) == {}
    back = ledger(
        ("T1", "H1", "2021-09-06", "given"), ("T1", "H1", "2021-09-07", "returned"), ("T1", "H1", "2021-09-08", fate)
    )
    assert balance(back).empty, "it broke where it came back to"
    assert told(back) == {"not_held": 1}


def test_what_cannot_be_so_is_told_with_its_first_row():
    book = ledger(
        ("T1", "H1", "2021-09-06", "given"),
        ("T1", "H2", "2021-09-07", "given"),  # never returned by H1
        ("T2", "H2", "2021-09-08", "given"),  # H2 has T1
        ("T3", "H99", "2021-09-08", "given"),  # nobody knows H99
        ("T4", "H5", "2021-09-08", "returned"),  # never given
        ("T2", "H3", "2021-09-09", "lost"),  # H2 has it, not H3
    )
    found = irregularities(book, HOUSEHOLDS).set_index("irregularity")
    assert found["count"].to_dict() == {
        "household_unknown": 1, "device_twice": 1, "household_two": 1, "not_held": 2,
    }  # fmt: skip
    assert found["row"].to_dict() == {"household_unknown": 3, "device_twice": 1, "household_two": 2, "not_held": 4}


def test_codes_with_spaces_or_small_letters_are_the_same_household_and_device():
    book = ledger(("T1", "h 1", "2021-09-06", "given"), ("t 1", "H1", "2021-09-07", "returned"))
    assert told(book) == {}
    assert balance(of_roster(book, HOUSEHOLDS)).empty
    both = pd.DataFrame({"household_id": ["H1", "h1"]})
    assert of_roster(book, both)["household_id"].tolist() == ["h 1", "H1"]  # it may be either


def test_a_household_code_that_lost_its_zeros_is_the_same_household():
    book = ledger(("T1", "12", "2021-09-06", "given"), ("T2", "0013", "2021-09-07", "given"))
    roster = pd.DataFrame({"household_id": ["0012", "13"]})
    assert of_roster(book, roster)["household_id"].tolist() == ["0012", "13"]
    both = pd.DataFrame({"household_id": ["0012", "012"]})
    assert of_roster(book, both)["household_id"].tolist() == ["12", "0013"]  # it may be either


def test_a_hand_over_written_down_twice_is_one():
    book = ledger(("T1", "H1", "2021-09-06", "given"), ("T1", "H1", "2021-09-07", "given"))
    assert balance(book)["given"].to_dict() == {"H1": 1}


def test_property_no_order_of_rows_and_no_label_changes_the_balance_and_every_device_is_somewhere():
    rng = np.random.default_rng(3)
    for _ in range(60):
        count = int(rng.integers(1, 30))
        days = pd.date_range("2021-09-01", periods=count).strftime("%Y-%m-%d")  # no two of one day
        book = ledger(*zip(
            [f"T{n}" for n in rng.integers(1, 5, count)], [f"H{n}" for n in rng.integers(1, 6, count)], days,
            rng.choice(["given", "given", "returned", "broken", "lost"], count), strict=True,
        ))  # fmt: skip
        held = balance(book)
        moved = book.sample(frac=1, random_state=int(rng.integers(99))).set_axis(rng.permutation(count), axis=0)
        pd.testing.assert_frame_equal(balance(moved), held)
        assert told(moved) == told(book)
        latest = book[book["event"] == "given"].groupby("device_id").last()
        ended = book[book["event"] == "returned"].groupby("device_id")["date"].last().reindex(latest.index)
        out = latest[(ended < latest["date"]) | ended.isna()]
        assert set(out["household_id"]) <= set(held.index)


def test_nothing_is_a_ledger_too_and_a_missing_column_is_named():
    assert balance(ledger()).empty
    assert irregularities(ledger(), HOUSEHOLDS).empty
    with pytest.raises(ColumnError, match="date"):
        balance(ledger().drop(columns="date"))
