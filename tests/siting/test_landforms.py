import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS

from lomsong.geo import Grid
from lomsong.siting.landforms import best_at, best_of_squares, dominated, prominence_m

UTM = CRS.from_epsg(3405)


def test_best_of_squares_by_hand():
    merit = np.array([[1, 5, 2], [3, 4, 9], [7, 0, np.nan]])
    allowed = np.array([[1, 0, 1], [1, 1, 1], [1, 1, 1]], bool)
    assert best_of_squares(merit, allowed, 2).tolist() == [4, 5, 6]
    assert best_of_squares(merit, np.zeros((3, 3), bool), 2).tolist() == []


def test_a_shoulder_stands_above_the_mean_of_what_is_around_it():
    ground = np.tile(np.where(np.arange(40) < 20, 100.0 * np.arange(40), 2_000.0 - 20 * np.arange(40)), (40, 1))
    above = prominence_m(ground, 8)
    assert np.abs(above[:, 8:12]).max() < 1e-6, "an even slope has none"
    assert above[20].argmax() in (18, 19, 20)


def test_best_at_looks_only_so_far():
    ground = np.arange(100.0).reshape(10, 10)
    grid = Grid(0.0, 1_000.0, 100.0, (10, 10), UTM)
    at = np.array([[450.0, 550.0], [5_000.0, 0.0]])
    # The cell below the middle is highest within one step; the place outside the grid has none.
    assert best_at(ground, np.ones((10, 10), bool), grid, at, 100.0).tolist() == [54]
    assert best_at(ground, np.zeros((10, 10), bool), grid, at, 100.0).tolist() == []
    assert best_at(ground, np.ones((10, 10), bool), grid, np.empty((0, 2)), 100.0).tolist() == []


@given(st.integers(0, 10_000))
def test_of_what_is_dominated_something_better_stays_in_reach_of_a_chain(seed):
    rng = np.random.default_rng(seed)
    at, merits = rng.uniform(0, 10, (25, 2)), rng.integers(0, 4, (25, 2)).astype(float)
    kept = rng.random(25) < 0.1
    spare = dominated(at, merits, kept, 3.0)
    near = np.hypot(*(at[:, None] - at).transpose(2, 0, 1)) <= 3.0
    as_good = (merits[:, None] >= merits).all(axis=2)
    better = as_good & ((merits[:, None] > merits).any(axis=2) | (np.arange(25)[:, None] < np.arange(25)))
    expected = (near & better & ~np.eye(25, dtype=bool)).any(axis=0) & ~kept
    assert (spare == expected).all()
