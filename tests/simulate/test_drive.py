import numpy as np
import pytest

from lomsong.simulate.drive import drive


@pytest.fixture(scope="module")
def tracks(province):
    return drive(province.roads.to_crs(3405), province.hamlets.to_crs(3405), province.recipe, 3)


def test_nothing_moves_faster_than_a_car(tracks):
    for track in tracks:
        seconds = np.diff(track.second)
        assert (seconds >= 1).all()
        assert (np.hypot(*np.diff(track.points, axis=0).T) / seconds).max() < 20


def test_rows_lie_some_fifty_metres_apart(tracks):
    for track in tracks:
        same = np.diff(track.leg) == 0
        step = np.hypot(*np.diff(track.points, axis=0).T)[same]
        assert 40 < np.median(step) < 60 and (step < 80).all()


def test_phones_write_at_seconds_of_their_own(tracks):
    assert tracks[0].second[0] < tracks[1].second[0] < tracks[2].second[0]
    both = np.intersect1d(tracks[0].second, tracks[1].second)
    assert len(both) < 0.6 * len(tracks[0].second)
