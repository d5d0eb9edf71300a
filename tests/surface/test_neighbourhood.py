import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lomsong.surface.neighbourhood import THIN_RANGES, Neighbourhood

RANGE_M = 800.0


def beads(n=600, seed=0):
    """Samples on two roads, far denser along them than apart."""
    rng = np.random.default_rng(seed)
    along = rng.uniform(0, 12_000, n)
    across = np.where(rng.random(n) < 0.5, 0.0, 6_000.0) + rng.normal(0, 5, n)
    return np.column_stack([along, across]), rng.uniform(1, 9, n)


def somewhere(m=40, seed=1):
    return np.random.default_rng(seed).uniform([0, -1_000], [12_000, 7_000], (m, 2))


def thinned_by_hand(points, noise):
    best = {}
    for row, square in enumerate(map(tuple, np.floor(points / (THIN_RANGES * RANGE_M)))):
        if square not in best or noise[row] < noise[best[square]]:
            best[square] = row
    return sorted(best.values())


def by_distance(points, place, rows):
    return sorted(rows, key=lambda row: np.hypot(*(points[row] - place)))


def around_by_hand(points, noise, place, count, exclude=-1):
    """Half of the rows the nearest of all, then the nearest of the thinned that are not yet among them."""
    far = count // 2
    spare = int(exclude >= 0)
    nearest = by_distance(points, place, range(len(points)))[: count - far + spare]
    reach = by_distance(points, place, thinned_by_hand(points, noise))[: far + spare]
    first = [row for row in nearest if row != exclude]
    return [*first, *(row for row in reach if row != exclude and row not in first)][:count]


@pytest.mark.parametrize("count", [2, 3, 8, 41])
def test_equals_a_search_through_all(count):
    points, noise = beads()
    found = Neighbourhood.of(points, count, RANGE_M, noise)
    assert found.thinned.tolist() == thinned_by_hand(points, noise)
    for place, rows in zip(somewhere(), found.around(somewhere()), strict=True):
        assert rows[rows >= 0].tolist() == around_by_hand(points, noise, place, count)


def test_equals_a_search_through_all_others_where_one_is_left_out():
    points, noise = beads()
    some = np.arange(0, 600, 13)
    near = Neighbourhood.of(points, 8, RANGE_M, noise).around(points[some], exclude=some)
    for own, rows in zip(some, near, strict=True):
        assert rows[rows >= 0].tolist() == around_by_hand(points, noise, points[own], 8, own)


@pytest.mark.parametrize("n", [1, 2, 7, 8])
def test_few_samples_are_all_taken_the_nearest_first(n):
    points, noise = beads(n)
    near = Neighbourhood.of(points, 8, RANGE_M, noise).around(somewhere())
    assert near.shape == (40, n)
    for place, rows in zip(somewhere(), near, strict=True):
        assert rows.tolist() == by_distance(points, place, range(n))


def test_of_equals_in_a_square_the_first_stays():
    points = np.array([[10.0, 10], [20, 10], [30, 10], [400, 10], [410, 10]])
    assert Neighbourhood.of(points, 2, RANGE_M, np.ones(5)).thinned.tolist() == [0, 3]
    assert Neighbourhood.of(points, 2, RANGE_M, np.array([2.0, 1, 1, 3, 2])).thinned.tolist() == [1, 4]


def test_half_of_the_rows_reach_farther_than_the_nearest_would():
    points, noise = beads()
    found, near = Neighbourhood.of(points, 20, RANGE_M, noise), somewhere()
    rows = found.around(near)
    distance = np.where(rows < 0, np.nan, np.hypot(*(points[rows] - near[:, None]).transpose(2, 0, 1)))
    plain = np.array(
        [[np.hypot(*(points[row] - at)) for row in by_distance(points, at, range(600))[:20]] for at in near]
    )
    np.testing.assert_allclose(distance[:, :10], plain[:, :10])
    # Not everywhere: far from a road the nearest of the thinned survey are among the nearest already.
    assert (np.nanmax(distance, axis=1) >= plain.max(axis=1)).mean() > 0.9
    points, noise = beads(3_000)
    found = Neighbourhood.of(points, 20, RANGE_M, noise)
    beside = points[:40] + np.array([0.0, 60.0])
    rows = found.around(beside)
    reach = np.where(rows < 0, 0, np.hypot(*(points[rows] - beside[:, None]).transpose(2, 0, 1))).max(axis=1)
    plain = np.sort(np.hypot(*(points - beside[:, None]).transpose(2, 0, 1)), axis=1)[:, 19]
    assert (reach > 2 * plain).all()


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 60), st.integers(1, 45), st.sampled_from([1.0, 50.0, 5_000.0]), st.integers(0, 99), st.booleans())
def test_no_row_twice_none_excluded_and_gaps_only_at_the_end(n, count, step_m, seed, same):
    rng = np.random.default_rng(seed)
    points = np.floor(rng.uniform(0, 10, (n, 2))) * step_m * (not same)
    own = np.arange(n)
    found = Neighbourhood.of(points, count, RANGE_M, rng.uniform(1, 9, n))
    for exclude in (None, own):
        near = found.around(points, exclude=exclude)
        assert near.shape == (n, min(count, n))
        used = near >= 0
        assert (np.diff(used.astype(int), axis=1) <= 0).all()
        for row, (rows, full) in enumerate(zip(near, used, strict=True)):
            assert len(set(rows[full])) == full.sum()
            assert exclude is None or row not in rows
        at_least = np.full(n, min(count - count // 2, n)) if exclude is None else min(count - count // 2, n - 1)
        assert (used.sum(axis=1) >= at_least).all()


def test_of_no_places_there_are_no_rows():
    points, noise = beads()
    assert Neighbourhood.of(points, 8, RANGE_M, noise).around(np.empty((0, 2))).shape == (0, 8)
