import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lomsong.publish.privacy import learner_cells, round_total, suppress


def test_small_counts_are_hidden_and_zero_is_not():
    frame = pd.DataFrame({"learners": [0, 0.4, 4, 5, 120], "name": list("abcde")})
    published = suppress(frame, ["learners", "absent"])
    assert published["learners"].isna().tolist() == [False, True, True, False, False]
    assert published["learners_suppressed"].tolist() == [False, True, True, False, False]
    assert frame.columns.tolist() == ["learners", "name"]


def test_a_missing_count_is_not_called_suppressed():
    published = suppress(pd.DataFrame({"unconnected": [np.nan, 3]}), ["unconnected"])
    assert published["unconnected_suppressed"].tolist() == [False, True]


def test_nothing_is_hidden_in_the_internal_edition():
    assert suppress(pd.DataFrame({"learners": [1, 2]}), ["learners"], below=0)["learners"].tolist() == [1, 2]


@given(st.floats(10, 1e7))
def test_a_rounded_total_stays_within_half_a_percent_or_five(count):
    assert abs(round_total(count) - count) <= max(0.005 * count, 5) * 1.0001


def households(easting, northing, learners, p_usable):
    points = gpd.points_from_xy(easting, northing, crs=3405)
    return gpd.GeoDataFrame(
        {"household_id": [f"H{n}" for n in range(len(learners))], "learners": learners, "p_usable": p_usable},
        geometry=points,
    ).to_crs(4326)


def test_cells_by_hand():
    # four homes in one 250 m cell; one home alone 100 km away, never published
    homes = households(
        [700_010, 700_020, 700_030, 700_040, 800_000], [1_200_010] * 5, [2, 2, 1, 1, 4], [0, 0.5, 1, np.nan, 0]
    )
    cells = learner_cells(homes)
    assert cells[["learners", "unconnected", "cell_m"]].to_numpy().tolist() == [[6, 3, 250]]
    centre = cells.to_crs(3405).geometry.iloc[0]
    assert (centre.x, centre.y) == pytest.approx((700_125, 1_200_125), abs=0.01)


def test_small_neighbours_are_pooled_into_a_wider_cell():
    homes = households([700_010, 700_260], [1_200_010, 1_200_010], [3, 3], [0.0, 0.0])
    cells = learner_cells(homes)
    assert cells[["learners", "cell_m"]].to_numpy().tolist() == [[6, 500]]


def test_no_cell_is_small_no_learner_counts_twice_and_no_identifier_leaves():
    rng = np.random.default_rng(3)
    homes = households(
        *rng.uniform([690_000, 1_200_000], [710_000, 1_220_000], (3000, 2)).T,
        rng.integers(1, 4, 3000),
        rng.random(3000),
    )
    cells = learner_cells(homes)
    assert cells["learners"].min() >= 5
    assert cells["learners"].sum() <= homes["learners"].sum()
    assert (cells["unconnected"] <= cells["learners"]).all()
    assert cells.columns.tolist() == ["learners", "unconnected", "cell_m", "geometry"]
    assert not set(cells.to_crs(3405).geometry.to_wkb()) & set(homes.to_crs(3405).geometry.to_wkb())


def test_no_homes_make_no_cells():
    cells = learner_cells(households([700_000.0], [1_200_000.0], [1], [0.5]))
    assert cells.empty
    assert cells.crs == 4326
