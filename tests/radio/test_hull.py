import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lomsong.radio.p1812.hull import NEAR, extend, farthest_above, steepest

KINDS = ["hills", "noise", "flat", "slope", "dome", "bowl", "steps", "integers"]


def profile(kind, size, rng):
    """Return heights of so many points; point 0 is the transmitter and never an obstacle."""
    k = np.arange(size, dtype=float)
    return {
        "hills": lambda: np.cumsum(rng.normal(0, 20, size)),
        "noise": lambda: rng.normal(0, 100, size),
        "flat": lambda: np.full(size, 7.0),
        "slope": lambda: 3.0 * k,
        "dome": lambda: -0.05 * (k - size / 3) ** 2,
        "bowl": lambda: 0.05 * (k - size / 3) ** 2,
        "steps": lambda: np.floor(k / 5) * 4,
        "integers": lambda: rng.integers(0, 4, size).astype(float),
    }[kind]()


class Hull:
    """The hulls of all beginnings of a profile."""

    def __init__(self, y):
        self.y, self.edge, self.links = y, np.full(len(y), np.nan), np.zeros((3, len(y)), np.int32)
        self.edge[0] = np.inf
        for last in range(1, len(y)):
            extend(y, self.edge, self.links, last)

    def corners(self, last):
        """Return the points of the hull of 1…last from the end to the beginning."""
        chain = [last]
        while self.links[0, chain[-1]] > 0:
            chain.append(int(self.links[0, chain[-1]]))
        return chain

    def steepest(self, last, at, height):
        return steepest(self.y, self.edge, self.links, last, at, height)

    def farthest_above(self, last, slope):
        return farthest_above(self.edge, self.links, last, slope)


def seen_slopes(y, last, at, height):
    k = np.arange(1, last + 1)
    return (y[1 : last + 1] - height) / (at - k)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(KINDS), st.integers(2, 120), st.integers(0, 10_000))
def test_what_is_seen_highest_is_that_of_a_count_over_all_points(kind, size, seed):
    rng = np.random.default_rng(seed)
    y = profile(kind, size, rng)
    hull = Hull(y)
    for last in range(1, size):
        at = last + int(rng.choice([1, 1, 2, 30]))
        for height in (y[min(at, size - 1)] + 1.5, rng.normal(0, 300), y[: last + 1].max() + 1e5, y.min() - 1e5):
            slopes = seen_slopes(y, last, at, height)
            found = hull.steepest(last, at, height)
            assert 1 <= found <= last
            assert slopes[found - 1] == pytest.approx(slopes.max(), rel=1e-12, abs=1e-9)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(KINDS), st.integers(2, 120), st.integers(0, 10_000))
def test_what_lies_highest_above_a_line_is_that_of_a_count_over_all_points(kind, size, seed):
    rng = np.random.default_rng(seed)
    y = profile(kind, size, rng)
    hull = Hull(y)
    for last in range(1, size):
        for slope in (0.0, rng.normal(0, 5), rng.normal(0, 300), -1e6, 1e6):
            above = y[1 : last + 1] - slope * np.arange(1, last + 1)
            found = hull.farthest_above(last, slope)
            assert 1 <= found <= last
            assert above[found - 1] == pytest.approx(above.max(), rel=1e-12, abs=1e-9)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.integers(-3, 3), min_size=2, max_size=60), st.integers(0, 10_000))
def test_of_points_in_one_line_the_farthest(heights, seed):
    # A slope that is no whole number is rounded; what is promised then is the value alone.
    y = np.array(heights, float)
    hull, rng = Hull(y), np.random.default_rng(seed)
    for last in range(1, len(y)):
        slope = int(rng.integers(-3, 4))
        above = [heights[k] - slope * k for k in range(1, last + 1)]
        assert hull.farthest_above(last, slope) == 1 + above.index(max(above))
        eye = heights[last] + int(rng.integers(-1, 4))
        found = hull.steepest(last, last + 1, eye)
        # Exactly: (y - eye) / (at - k) of two points compared without dividing.
        best = 1
        for k in range(2, last + 1):
            if (heights[k] - eye) * (last + 1 - best) > (heights[best] - eye) * (last + 1 - k):
                best = k
        same = (heights[found] - eye) * (last + 1 - best) == (heights[best] - eye) * (last + 1 - found)
        assert same, "as high as the highest, to the last digit"
        if all(float(hull.edge[k]).is_integer() for k in hull.corners(last) if k > 1):
            assert found == best, "and the farthest of those, where no slope had to be rounded"


def test_an_eye_on_the_line_through_two_corners_sees_the_farther():
    # Rises of whole metres, every point a corner: no rounding, however deep in the hull.
    y = -(np.arange(60.0) ** 2)
    hull = Hull(y)
    for last in (3, 10, 59):
        for corner in range(2, last + 1):
            rise = y[corner] - y[corner - 1]
            assert hull.farthest_above(last, rise) == corner - 1
            for at in (last + 1, last + 9):
                assert hull.steepest(last, at, y[corner] + rise * (at - corner)) == corner - 1


@pytest.mark.parametrize("kind", KINDS)
def test_corners_are_a_concave_chain_above_all_points(kind):
    size = 200
    y = profile(kind, size, np.random.default_rng(2))
    hull = Hull(y)
    for last in (1, 2, 3, 50, 120, size - 1):
        chain = np.array(hull.corners(last)[::-1])
        assert chain[0] == 1
        assert chain[-1] == last
        k = np.arange(1, last + 1)
        assert (np.interp(k, chain, y[chain]) >= y[1 : last + 1] - 1e-9).all()
        rises = np.diff(y[chain]) / np.diff(chain)
        assert (np.diff(rises) < 0).all(), "strictly: a point on a chord is no corner"
        assert hull.edge[chain[1:]] == pytest.approx(rises)
        assert hull.links[2, chain].tolist() == list(range(1, len(chain) + 1)), "depth counts the corners"


def test_hulls_of_beginnings_stay_as_they_were_when_points_are_added():
    y = profile("hills", 300, np.random.default_rng(8))
    whole = Hull(y)
    for last in range(1, 300, 7):
        assert whole.corners(last) == Hull(y[: last + 1]).corners(last)


def test_one_point_is_its_own_hull():
    hull = Hull(np.array([50.0, 3.0]))
    assert hull.steepest(1, 2, -1e9) == hull.steepest(1, 2, 1e9) == hull.farthest_above(1, 0.0) == 1
    assert hull.edge[1] == np.inf


class Counted:
    """Links that count how often one is followed."""

    def __init__(self, links):
        self.links, self.steps = links, 0

    def __getitem__(self, index):
        self.steps += 1
        return self.links[index]


@pytest.mark.parametrize("size", [400, 4000, 40_000])
def test_searches_take_logarithmic_time_where_every_point_is_a_corner(size):
    k = np.arange(size)
    y = -0.001 * (k - size / 3.0) ** 2
    hull = Hull(y)
    assert hull.links[2, size - 1] == size - 1, "every point is a corner"
    rng, links = np.random.default_rng(4), Counted(hull.links)
    worst, found = 0, []
    for last in (size - 1, size // 2, size - 2, *rng.integers(1, size, 200)):
        for wanted in rng.integers(1, last + 1, 3):  # each corner is the tangent of some eye
            slope = 0.5 * (y[wanted] - y[wanted - 1] + y[min(wanted + 1, size - 1)] - y[wanted])
            links.steps = 0
            found.append(farthest_above.py_func(hull.edge, links, last, slope))
            assert found[-1] == hull.farthest_above(last, slope)
            assert abs(found[-1] - wanted) <= 1
            worst = max(worst, links.steps)
            height = y[wanted] + slope * (last + 1 - wanted)
            links.steps = 0
            seen = steepest.py_func(y, hull.edge, links, last, last + 1, height)
            assert seen == hull.steepest(last, last + 1, height)
            assert abs(seen - wanted) <= 1
            worst = max(worst, links.steps)
    # Myers: at most 3 log2 n points are tried; each costs one link or two.
    assert NEAR < worst <= NEAR + 2 * 3 * math.log2(size)
    assert max(found) - min(found) > 0.9 * size
