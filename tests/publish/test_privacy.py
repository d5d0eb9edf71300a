import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lomsong.publish.privacy import (
    learner_cells,
    published_hamlets,
    published_plan,
    published_rejects,
    published_towers,
    round_total,
    suppress,
)


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


def hamlets(learners, codes):
    frame = pd.DataFrame({"commune_code": codes, "learners": learners, "unconnected": 0.0})
    return gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy([107] * len(frame), [11] * len(frame)), crs=4326)


def test_one_hidden_hamlet_takes_the_next_smallest_along():
    published = published_hamlets(hamlets([3, 40, 9, 0], ["1"] * 4))
    assert published["learners"].fillna(-1).tolist() == [-1, 40, -1, 0]
    assert published["learners_suppressed"].tolist() == [True, False, False, False]


def test_two_hidden_hamlets_hide_each_other_and_other_communes_are_left_alone():
    published = published_hamlets(hamlets([3, 2, 9, 7, 8, 9], ["1", "1", "1", "2", "2", "2"]))
    assert published["learners"].fillna(-1).tolist() == [-1, -1, 9, 7, 8, 9]


def test_only_one_of_two_equal_hamlets_is_left_out_and_a_lone_hamlet_has_no_partner():
    published = published_hamlets(hamlets([3, 9, 9, 4], ["1", "1", "1", "2"]))
    assert published["learners"].fillna(-1).tolist() == [-1, -1, 9, -1]


def test_totals_that_would_give_back_a_hidden_gain_go_with_it():
    towers = gpd.GeoDataFrame(
        {"learners_gained": [1200.0, 3.0], "only_it": [4.0, 3.0], "cumulative": [1200.0, 1203.0]},
        geometry=gpd.points_from_xy([107, 107], [11, 11]),
        crs=4326,
    )
    published = published_towers(towers)
    assert published["cumulative"].fillna(-1).tolist() == [1200, -1]
    assert published["only_it"].isna().all()
    plan = {"objective": 1203.0, "bound": 1204.0, "gap": 0.001}
    assert published_plan(plan, towers) == {"objective": 1200.0, "bound": 1200.0, "gap": 0.001}
    assert published_plan(plan, towers.iloc[:1].assign(only_it=900.0)) == plan
    assert published_plan({}, None) == {}


def test_rejects_of_households_lose_the_value_only():
    rejects = pd.DataFrame({"source_file": ["h.csv", "d.txt"], "source_row": [1, 2], "value": ["HO-1", "85.0"]})
    published = published_rejects(rejects, ["h.csv"])
    assert published["value"].tolist() == ["", "85.0"]
    assert published["source_row"].tolist() == [1, 2]
    assert rejects["value"].tolist() == ["HO-1", "85.0"]
