"""Outlines that hold their homes and show no single one."""

import numpy as np
import shapely

from lomsong.gap.outline import FACTORS, LEAST_SHOWN, centres, outlines, squares_at

SIDE = 100.0


def outlined(at, learners, link_m=500.0):
    cells, home = np.unique(squares_at(np.asarray(at, float), SIDE), return_inverse=True)
    return outlines(np.zeros(len(cells), int), cells, np.bincount(home, learners), SIDE, link_m)[0]


def test_squares_are_numbered_from_the_south_west_also_below_zero():
    at = np.array([[-50.0, -150.0], [250.0, -150.0], [-50.0, 50.0]])
    cells = squares_at(at, SIDE)
    assert (np.diff(cells) > 0).all()
    np.testing.assert_array_equal(centres(cells, SIDE), [[-50, -150], [250, -150], [-50, 50]])


def test_a_crowded_square_by_hand():
    assert outlined([[110, 120], [130, 160]], [3, 3]).equals(shapely.box(0, 0, 200, 200))
    assert outlined([[110, 120], [330, 160]], [2, 3]).equals(shapely.box(0, 0, 400, 400))


def test_a_lone_home_is_shown_only_together_with_its_neighbours():
    """Wherever it stands in a square of 400 m, the outline is the same."""
    first, second = (outlined([[50, 50], [home, 50]], [9, 1]) for home in (850.0, 1_150.0))
    assert first.equals(second)
    assert first.covers(shapely.box(0, 0, 1_200, 200))


def test_outlines_hold_every_home_and_their_pieces_enough_learners():
    rng = np.random.default_rng(3)
    for _ in range(30):
        at = np.cumsum(rng.normal(0, 200, (25, 2)), axis=0)
        learners = rng.integers(1, 4, 25)
        shape = outlined(at, learners)
        assert shape.is_valid
        assert shapely.covers(shape, shapely.points(at)).all()
        for part in shapely.get_parts(shape):
            assert learners[shapely.covers(part, shapely.points(at))].sum() >= LEAST_SHOWN
        corner = shapely.get_coordinates(shape) / (FACTORS[0] * SIDE)
        on_grid = np.isclose(corner, np.round(corner)).mean()
        assert on_grid > 0.9  # but for corners made where gaps are closed


def test_gaps_between_homes_of_a_zone_are_closed_and_small_holes_filled():
    ring = [[x, y] for x in range(50, 850, 200) for y in range(50, 850, 200) if not (x == 250 and y == 250)]
    shape = outlined(ring, [5] * len(ring), link_m=500)
    assert len(shape.interiors) == 0
    assert outlined([[50, 50], [450, 50]], [5, 5]).geom_type == "Polygon"
