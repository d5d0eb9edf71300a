"""Compiled loops against the plain ways of doing the same."""

import math
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lomsong.ingest.surveys.moments import order_of, times_of_texts
from lomsong.ingest.surveys.scanning import NO_TIME, Seen, hash_lines, locate, numbers, words


def packed(texts):
    """Return bytes, and first byte and end of each text."""
    raw = [text.encode() for text in texts]
    ends = np.cumsum([len(word) for word in raw]).astype(np.int64)
    starts = np.r_[0, ends[:-1]].astype(np.int64)
    return np.frombuffer(b"".join(raw) or b" ", dtype=np.uint8), starts, ends


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False, width=32).map(repr), min_size=1, max_size=20))
@example(["-87", "+5.25", "0.000001", "107.123456", "1e5", ".5", "5."])
def test_numbers_are_those_of_python(texts):
    values, rest = numbers(*packed(texts), False)
    for text, value, left in zip(texts, values, rest, strict=True):
        assert left or value == float(text), text
        assert not left or "e" in text or sum(letter.isdigit() for letter in text.lstrip("-+0.")) > 15


def test_what_is_no_number_is_missing_and_a_comma_only_where_it_is_meant():
    texts = ["", "-", "--", "x", "12a", "1,5", "1.2.3", "NaN"]
    values, rest = numbers(*packed(texts), False)
    assert np.isnan(values).all()
    assert rest.tolist() == [False, False, False, False, True, True, True, False]
    assert numbers(*packed(["1,5", "-0,25"]), True)[0].tolist() == [1.5, -0.25]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2021.10.01_08.00.05", datetime(2021, 10, 1, 8, 0, 5)),
        ("2021-10-01T08:00:05.250Z", datetime(2021, 10, 1, 8, 0, 5, 250_000)),
        ("2021-10-01 08:00:05+07:00", datetime(2021, 10, 1, 1, 0, 5)),
        ("2021-10-01 08:00:05 -0330", datetime(2021, 10, 1, 11, 30, 5)),
        ("01/10/2021 8:00:05", datetime(2021, 10, 1, 8, 0, 5)),
        ("13/10/2021 08:00", datetime(2021, 10, 13, 8, 0)),
        ("10/13/2021 08:00:05 PM", datetime(2021, 10, 13, 20, 0, 5)),
        ("10/13/2021 12:30:00 AM", datetime(2021, 10, 13, 0, 30)),
        ("13/10/2021 08:00:05 CH", datetime(2021, 10, 13, 20, 0, 5)),
        ("2024-02-29", datetime(2024, 2, 29)),
        ("1633075205", datetime(2021, 10, 1, 8, 0, 5)),
        ("1633075205250.0", datetime(2021, 10, 1, 8, 0, 5, 250_000)),
    ],
)
def test_times_as_programs_write_them(text, moment):
    wanted = round(moment.replace(tzinfo=UTC).timestamp() * 1_000_000)
    assert times_of_texts([text]).tolist() == [wanted]


@pytest.mark.parametrize(
    "text",
    ["", "-", "2021.13.45_99.99.99", "2021-02-29", "2021.10.04_??.??.??", "hôm qua", "24:61", "2021-10-01 25:00:00"],
)
def test_no_time(text):
    assert times_of_texts([text, "2021-10-01 08:00:00"])[0] == NO_TIME


@settings(max_examples=200, deadline=None)
@given(st.datetimes(datetime(1971, 1, 1), datetime(2199, 12, 31)), st.integers(-11 * 60, 13 * 60))
def test_any_moment_survives_being_written(moment, minutes):
    moment = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    wanted = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    assert times_of_texts([moment.isoformat(sep=" ", timespec="microseconds")]).tolist() == [wanted]


def test_day_before_month_unless_a_month_above_twelve_proves_the_reverse():
    assert order_of(["01/02/2021 00:00"]) == order_of(["25/12/2021 00:00"])
    assert order_of(["12/25/2021 00:00", "01/02/2021 00:00"]) != order_of(["01/02/2021 00:00"])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(max_size=4), min_size=1, max_size=400))
def test_words_are_numbered_as_pandas_does(texts):
    codes, where = words(*packed(texts))
    wanted, unique = pd.factorize(pd.Series(texts, dtype=object))
    assert codes.tolist() == wanted.tolist()
    assert [texts[row] for row in where] == list(unique)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(st.text(alphabet="ab \u0103", max_size=3), min_size=1, max_size=6), min_size=1, max_size=8))
def test_fields_are_those_of_a_split(lines):
    text, starts, ends = packed([";".join(fields) for fields in lines])
    first, last, counts = locate(text, starts, ends, ord(";"), np.array([0, 2, 3]))
    assert counts.tolist() == [len(fields) for fields in lines]
    for row, fields in enumerate(lines):
        for at, number in enumerate((0, 2, 3)):
            wanted = fields[number].strip(" ") if number < len(fields) else ""
            assert text[first[at, row] : last[at, row]].tobytes().decode() == wanted


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.integers(1, 30), max_size=40), max_size=6))
def test_seen_is_a_set(blocks):
    seen, known = Seen(), set()
    for block in blocks:
        wanted = []
        for value in block:
            wanted.append(value in known)
            known.add(value)
        assert seen(np.array(block, dtype=np.uint64)).tolist() == wanted


def test_seen_forgets_what_lies_two_generations_back_and_nothing_nearer():
    seen = Seen(generation=1000)
    values = np.arange(1, 5001, dtype=np.uint64)
    for begin in range(0, 5000, 100):
        assert not seen(values[begin : begin + 100]).any()
    assert seen(values[4100:5000]).all()
    assert not seen(values[:100]).any()
    assert seen._new.nbytes + seen._old.nbytes <= 4 * 8 * 2048


def test_hashes_tell_lines_apart_and_know_equal_ones():
    rng = np.random.default_rng(0)
    lines = [f"2021.10.01\t{rng.random():.9f}\t{rng.integers(0, 99)}" for _ in range(20_000)]
    hashes = hash_lines(*packed(lines))
    assert len(np.unique(hashes)) == len(set(lines))
    assert (hash_lines(*packed(lines[::-1])) == hashes[::-1]).all()
    assert math.isclose((hashes >> np.uint64(63)).mean(), 0.5, abs_tol=0.02)


def test_a_stand_in_among_epochs_is_no_time():
    assert times_of_texts(["1633075205000", "-1", "0", "1633075206000"]).tolist() == [
        1633075205_000_000, NO_TIME, NO_TIME, 1633075206_000_000,
    ]  # fmt: skip


def test_a_torn_line_does_not_turn_the_others():
    assert order_of(["25/10/2021 08:00", "26/10/2021 08:00", "01/99/2021 0"]) == order_of(["25/10/2021 08:00"])
    assert order_of(["2021-10-01 08:00", "2021-10-01 08:01", "1/2"]) == order_of(["2021-10-01 08:00"])
