"""Tables of every shape against a reader who tries all that is possible."""

import itertools

import numpy as np
import pytest

from lomsong.publish.privacy import Counts

BELOW = 5


def table(inner):
    """Return a table with its totals, and the sums between its cells."""
    inner = np.asarray(inner, dtype=float)
    rows, columns = inner.shape
    full = np.zeros((rows + 1, columns + 1))
    full[:rows, :columns] = inner
    full[rows] = full[:rows].sum(axis=0)
    full[:, columns] = full[:, :columns].sum(axis=1)
    counts = Counts(BELOW)
    cells = counts.add(full).reshape(full.shape)
    for row in range(rows + 1):
        counts.sum(cells[row, :columns], cells[row, columns])
    for column in range(columns + 1):
        counts.sum(cells[:rows, column], cells[rows, column])
    return counts, full


def possible(full, hidden, small):
    """Return all tables of whole numbers that agree with what is told, by trying every one: an independent reader."""
    rows, columns = full.shape[0] - 1, full.shape[1] - 1
    unknown = [(row, column) for row in range(rows) for column in range(columns) if (hidden | small)[row, column]]
    ranges = [range(1, BELOW) if small[at] else range(BELOW, int(full[at]) + 5) for at in unknown]
    found = []
    for values in itertools.product(*ranges):
        guess = full[:rows, :columns].copy()
        for at, value in zip(unknown, values, strict=True):
            guess[at] = value
        whole = np.zeros_like(full)
        whole[:rows, :columns] = guess
        whole[rows] = whole[:rows].sum(axis=0)
        whole[:, columns] = whole[:, :columns].sum(axis=1)
        told = ~(hidden | small)
        fits = np.array_equal(whole[told], full[told])
        fits &= ((whole[small] > 0) & (whole[small] < BELOW)).all() and (whole[hidden] >= BELOW).all()
        if fits:
            found.append(whole)
    return np.array(found)


@pytest.mark.parametrize(
    "inner",
    [
        [[3, 12], [11, 10]],
        [[3, 9], [8, 7]],
        [[1, 9, 12], [9, 8, 7]],
        [[2, 0, 9], [8, 7, 6]],
    ],
    ids=["2x2", "2x2 small", "operator x state", "with a zero"],
)
def test_a_reader_who_tries_everything_learns_nothing_of_a_small_count(inner):
    counts, full = table(inner)
    hidden = counts.withheld().reshape(full.shape)
    small = counts.small.reshape(full.shape)
    assert hidden.any(), "else the sums would give it back"
    readings = possible(full, hidden, small)
    for at in zip(*np.nonzero(small[:-1, :-1]), strict=True):
        assert set(readings[:, *at]) == {1, 2, 3, 4}


def test_without_secondary_suppression_the_sums_give_it_back():
    counts, full = table([[3, 40], [50, 60]])
    low, high = counts.reader(np.zeros(full.size, dtype=bool))
    assert (low[0], high[0]) == pytest.approx((3, 3))
    low, high = counts.reader(counts.withheld())
    assert low[0] <= 1
    assert high[0] >= 4


def test_tables_of_chance_are_protected_and_little_is_withheld():
    rng = np.random.default_rng(1)
    withheld = small = 0
    for _ in range(10):
        shape = rng.integers(2, 8), rng.integers(2, 6)
        counts, full = table(rng.poisson(rng.choice([0.5, 3, 20, 100], shape)))
        hidden = counts.withheld()
        low, high = counts.reader(hidden)
        few, value = counts.small, full.ravel()
        assert (low[few] <= np.minimum(value[few], 1) + 1e-6).all()
        assert (high[few] >= np.maximum(value[few], 4) - 1e-6).all()
        assert not (hidden & (few | (value == 0))).any()
        withheld, small = withheld + hidden.sum(), small + few.sum()
    assert withheld < small


def test_a_total_goes_before_its_parts_where_that_costs_less():
    counts = Counts(BELOW)
    communes = counts.add([3, 400, 80, 90, 60])
    districts = counts.add([403, 230], cost=0.1)
    counts.sum(communes[:2], districts[0])
    counts.sum(communes[2:], districts[1])
    withheld = counts.withheld()
    assert withheld[districts].tolist() == [True, False], "cheaper than a commune"
    assert not withheld[communes].any()


def test_counts_told_elsewhere_stay_and_what_can_go_goes():
    counts = Counts(BELOW)
    parts = counts.add([3, 5])
    counts.sum(parts, counts.add([8], fixed=True)[0])
    assert counts.withheld().tolist() == [False, True, False]
    low, high = counts.reader(counts.withheld())
    assert (low[0], high[0]) == pytest.approx((1, 3)), "not fully: there is nothing else to withhold"


def test_zero_below_protects_nothing_and_an_empty_table_is_none():
    counts = Counts(0)
    parts = counts.add([1, 2])
    counts.sum(parts, counts.add([3], fixed=True)[0])
    assert not counts.withheld().any()
    assert Counts(BELOW).withheld().tolist() == []


def test_small_whole_counts_are_known_to_be_one_at_least():
    counts = Counts(BELOW)
    parts = counts.add([1, 1, 1, 1, 24])
    counts.sum(parts, counts.add([28], fixed=True)[0])
    withheld = counts.withheld()
    assert withheld.tolist() == [False] * 4 + [True, False], "four marks that make 4 are 1 each"
    low, high = counts.reader(withheld)
    assert (low[:4] == 1).all()
    assert (high[:4] == 4).all()
    expected = Counts(BELOW)
    parts = expected.add([0.4, 0.4, 1.2, 2.0, 24.0])
    expected.sum(parts, expected.add([28], fixed=True)[0])
    assert not expected.withheld().any(), "expected counts can be anything above none"
