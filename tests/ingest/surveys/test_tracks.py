"""Jumps of the GPS: by hand, and the same whether a track comes whole or in pieces."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lomsong.ingest.surveys.tracks import STATIONARY_ROWS, Track, gps_jumps


def jumps(*rows):
    """Fixes given as (second, metres east); return the numbers of those that are jumps."""
    time = np.array([second for second, _ in rows], dtype=np.int64) * 1_000_000
    longitude = 107 + np.array([metres for _, metres in rows]) / 109_000
    return np.flatnonzero(gps_jumps(time, longitude, np.full(len(rows), 11.2), 70)).tolist()


def test_jumps_by_hand():
    drive = [(second, 15 * second) for second in range(0, 60, 5)]
    assert jumps(*drive) == []
    assert jumps(*drive[:4], (18, 9000), *drive[4:]) == [4]
    assert jumps(*drive[:4], (18, 9000), (19, 9010), *drive[4:]) == [4, 5]
    assert jumps((0, 9000), *[(second + 1, metres) for second, metres in drive]) == [0]
    ferry = [*drive, *[(second + 100, 50_000 + metres) for second, metres in drive]]
    assert jumps(*ferry) == [], "a journey that goes on elsewhere is no jump"
    assert jumps() == []
    assert jumps((0, 0)) == []


def test_a_log_out_of_order_is_judged_in_the_order_of_time():
    drive = [(second, 15 * second) for second in range(0, 60, 5)]
    mixed = [*drive[6:], *drive[:6], (18, 9000)]
    assert jumps(*mixed) == [len(drive)]


def in_pieces(time, longitude, latitude, cuts):
    """Give a track piece by piece, with what stays undecided given again, as a reader does."""
    track, out, begin = Track(70.0), [], 0
    for end in [*cuts, len(time)]:
        final = end == len(time)
        if end <= begin:
            continue
        part = slice(begin, end)
        gone, again = track.jumps(time[part], longitude[part], latitude[part], final)
        assert not final or again == 0
        out.append(gone[: len(gone) - again])
        begin = end - again
    return np.concatenate(out)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(1, 399), max_size=6))
def test_a_track_in_pieces_is_judged_as_a_whole(seed, cuts):
    rng = np.random.default_rng(seed)
    time = np.cumsum(rng.integers(0, 4, 400)).astype(np.int64) * 1_000_000
    longitude = 107 + np.cumsum(rng.normal(0, 5e-5, 400))
    latitude = 11 + np.cumsum(rng.normal(0, 5e-5, 400))
    away = rng.random(400) < 0.03
    longitude[away] += rng.choice([-0.2, 0.2], away.sum())
    whole = gps_jumps(time, longitude, latitude, 70.0)
    assert (in_pieces(time, longitude, latitude, sorted(set(cuts))) == whole).all()
    assert whole.sum() <= away.sum() + 5


def test_a_phone_that_stands_still_is_a_clump_from_its_second_minute():
    track, still = Track(70.0), np.full(200, 107.0)
    assert track.standing(still, np.full(200, 11.0)).sum() == 200 - STATIONARY_ROWS
    assert track.standing(still, np.full(200, 11.0)).all(), "the clump goes on in the next piece"
    assert not track.standing(107.1 + np.arange(200) * 1e-3, np.full(200, 11.0)).any()


def test_rows_older_than_one_before_them():
    track = Track(70.0)
    assert track.backwards(np.array([1, 3, 2, 3, 4])).tolist() == [False, False, True, False, False]
    assert track.backwards(np.array([3, 5])).tolist() == [True, False]
