"""Learners in squares: nobody lost, one place a square, areas and faults."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from lomsong.errors import DataError, UsageError
from lomsong.gap.demand import Areas, demand_of

METRIC = CRS.from_epsg(3405)
EAST, NORTH = 700_000.0, 1_230_000.0


def homes(easting, northing, learners, **columns):
    at = gpd.points_from_xy(EAST + np.asarray(easting, float), NORTH + np.asarray(northing, float))
    return gpd.GeoDataFrame({"learners": learners, **columns}, geometry=at, crs=METRIC)


def five():
    """Two households of one square, one beside it in the same square of 100 m, one far off, one without learners."""
    return homes(
        [10, 30, 60, 990, 1010],
        [10, 10, 10, 10, 10],
        [1, 3, 2, 4, 0],
        own_operator=["a", "b", None, "c", "a"],
        learners_without_device=pd.array([1, 0, None, 4, 0], dtype="Int64"),
    )


def gathered(frame, loss=5.0, **sides):
    areas = {"commune": Areas.of(pd.Series(["x", "x", "y", None, "y"]), ["x", "y", "z"])}
    return demand_of(frame, METRIC, areas, ("a", "b"), np.full(len(frame), loss), **sides)


def test_households_of_a_square_share_a_place_and_keep_their_groups():
    demand = gathered(five())
    assert len(demand.points) == 4
    np.testing.assert_allclose(demand.points[demand.place_of[0]], [EAST + (10 + 3 * 30) / 4, NORTH + 10])
    assert demand.place_of[0] == demand.place_of[1] != demand.place_of[2]
    assert demand.block[demand.place_of[0]] == demand.block[demand.place_of[2]]
    assert demand.drawn_at[demand.block[demand.place_of[2]]] == demand.place_of[0], "drawn where most learn"
    groups = pd.DataFrame({"own": demand.own, "learners": demand.learners, "lacking": demand.without_device})
    assert sorted(groups.to_numpy().tolist()) == [[-1, 2, 0], [-1, 4, 4], [0, 0, 0], [0, 1, 1], [1, 3, 0]]
    assert demand.device_unknown.sum() == 2
    assert demand.codes["commune"] == ("x", "y", "z")
    area = demand.unit_area["commune"][demand.unit]
    assert [int(demand.learners[area == row].sum()) for row in range(4)] == [4, 2, 0, 4]


def test_a_place_alone_in_its_square_is_where_the_household_is():
    demand = gathered(five())
    np.testing.assert_allclose(
        demand.points[demand.place_of[3:]], [[EAST + 990, NORTH + 10], [EAST + 1010, NORTH + 10]]
    )


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(1, 80), st.sampled_from([(50.0, 50.0), (50.0, 100.0), (40.0, 120.0)]))
def test_nobody_is_lost_and_places_lie_in_their_squares(seed, n, sides):
    rng = np.random.default_rng(seed)
    frame = homes(rng.uniform(-600, 600, n), rng.uniform(-600, 600, n), rng.integers(0, 5, n))
    frame["own_operator"] = rng.choice(["a", "b", "q"], n)
    hamlet = Areas(tuple("pqr"), rng.integers(-1, 3, n))
    commune = Areas(tuple("xy"), rng.integers(-1, 2, n))
    demand = demand_of(
        frame, METRIC, {"commune": commune, "hamlet": hamlet}, ("a", "b"), rng.choice([5.0, 14.0], n), *sides
    )
    assert demand.learners.sum() == frame["learners"].sum()
    for name, areas in (("commune", commune), ("hamlet", hamlet)):
        area = demand.unit_area[name][demand.unit]
        found = np.bincount(area, weights=demand.learners, minlength=len(areas.codes) + 1)
        row = np.where(areas.row < 0, len(areas.codes), areas.row)
        np.testing.assert_array_equal(found, np.bincount(row, weights=frame["learners"], minlength=len(found)))
    at = np.column_stack([frame.geometry.x, frame.geometry.y])
    np.testing.assert_array_equal(np.floor(at / sides[0]), np.floor(demand.points / sides[0] + 1e-9)[demand.place_of])
    assert (np.diff(demand.block) >= 0).all()
    wide = np.floor(demand.points / sides[1] + 1e-9)
    assert len(np.unique(wide, axis=0)) == len(demand.drawn_at) == demand.block.max() + 1
    np.testing.assert_array_equal(wide[demand.drawn_at][demand.block], wide)


def test_the_order_of_households_does_not_matter():
    frame = five()
    turned = gathered(frame)
    areas = {"commune": Areas.of(pd.Series(["x", "x", "y", None, "y"])[::-1], ["x", "y", "z"])}
    other = demand_of(frame.iloc[::-1], METRIC, areas, ("a", "b"), np.full(5, 5.0))
    np.testing.assert_allclose(other.points, turned.points, rtol=1e-14)
    np.testing.assert_array_equal(other.learners, turned.learners)
    np.testing.assert_array_equal(other.place_of[::-1], turned.place_of)


def test_households_that_tell_nothing_are_counted_as_unknown():
    bare = gathered(five().drop(columns=["own_operator", "learners_without_device"]))
    assert (bare.own == -1).all()
    assert bare.device_unknown.sum() == bare.learners.sum() == 10


def test_no_household_at_all():
    areas = {"commune": Areas((), np.empty(0, np.int64))}
    demand = demand_of(five().iloc[:0], METRIC, areas, ("a",), np.empty(0))
    assert len(demand.points) == len(demand.learners) == len(demand.drawn_at) == 0


def test_what_does_not_fit_is_refused():
    with pytest.raises(UsageError, match="draw_m = 70 is no whole multiple of block_m = 50"):
        gathered(five(), draw_m=70.0)
    with pytest.raises(DataError, match="areas commune: 5 rows for 4 households"):
        gathered(five().iloc[:4])
    with pytest.raises(DataError, match=r"1 have more learners without a device .* row 1, 9 > 3"):
        gathered(five().assign(learners_without_device=[0, 9, 0, 0, 0]))
    with pytest.raises(DataError, match="numbered 0 to 7 among 2 areas"):
        demand_of(five(), METRIC, {"commune": Areas(("x", "y"), np.array([0, 1, 7, 0, 0]))}, ("a",), np.zeros(5))
