import tracemalloc

import geopandas as gpd
import numpy as np
import pytest
from pyproj import CRS
from rasterio.transform import from_origin
from scipy.sparse import csr_matrix

from lomsong.errors import DataError
from lomsong.radio import Terrain, level_matrix
from lomsong.settings import Siting
from lomsong.siting import reach, reach_matrix
from lomsong.surface import Tuning

UTM = CRS.from_epsg(3405)


def test_reaches_where_the_level_less_the_margin_is_usable():
    rng = np.random.default_rng(0)
    ground = rng.normal(100, 15, (80, 80))
    terrain = Terrain(ground, np.where(rng.random((80, 80)) < 0.2, 12.0, 0.0), from_origin(0, 8_000, 100, 100), UTM)
    at, points = rng.uniform(0, 8_000, (5, 2)), rng.uniform(0, 8_000, (200, 2))
    heights = np.array([20.0, 30, 42, 50, 60])
    candidates = gpd.GeoDataFrame({"height_m": heights}, geometry=gpd.points_from_xy(*at.T), crs=UTM)
    settings = Siting(radius_m=5_000.0, eirp_dbm=20.0, frequency_mhz=1800.0, fade_margin_db=7.0)
    reach = reach_matrix(terrain, candidates, points, settings, usable_dbm=-110.0)
    level = level_matrix(
        terrain, at, points, height_m=heights, eirp_dbm=20.0, frequency_mhz=1800.0, radius_m=5_000.0
    ).toarray()  # fmt: skip
    assert (reach.toarray() == ((level != 0) & (level - 7 >= -110))).all()
    assert 0 < reach.nnz < np.count_nonzero(level)
    wider = reach_matrix(terrain, candidates, points, settings, usable_dbm=-115.0)
    assert (wider - reach).min() == 0


def test_a_tuned_model_reaches_where_the_tuned_level_does():
    rng = np.random.default_rng(1)
    terrain = Terrain(rng.normal(100, 10, (80, 80)), np.zeros((80, 80)), from_origin(0, 8_000, 100, 100), UTM)
    at, points = rng.uniform(0, 8_000, (4, 2)), rng.uniform(0, 8_000, (300, 2))
    candidates = gpd.GeoDataFrame({"height_m": 42.0}, index=range(4), geometry=gpd.points_from_xy(*at.T), crs=UTM)
    settings = Siting(radius_m=9_000.0, eirp_dbm=30.0, frequency_mhz=900.0, fade_margin_db=6.0)
    tuning = Tuning(-26.0, 0.25, -16.0, 28.0)
    reach = reach_matrix(terrain, candidates, points, settings, usable_dbm=-105.0, tuning=tuning).toarray()
    level = level_matrix(
        terrain, at, points, height_m=42.0, eirp_dbm=30.0, frequency_mhz=900.0, radius_m=9_000.0
    ).toarray()  # fmt: skip
    distance = np.hypot(*(points[:, None] - at[None]).transpose(2, 0, 1))
    np.testing.assert_array_equal(reach, (level != 0) & (tuning.level_dbm(level, distance, 30.0) >= -99.0))
    assert 0 < reach.sum() < (level != 0).sum()


def test_tuning_averages_operators_and_counts_both_distances():
    tuning = Tuning.of([np.array([-20.0, 0.2, -5.0, -10.0]), np.array([-30.0, 0.4, -7.0, -12.0])], 28.0)
    assert (tuning.offset_dbm, tuning.slope, tuning.decade_db) == (-25.0, pytest.approx(0.3), -17.0)
    assert tuning.level_dbm(np.array([-90.0]), np.array([1000.0]), 28.0)[0] == pytest.approx(-25 - 27 - 51)
    assert tuning.level_dbm(np.array([-90.0]), np.array([0.0]), 28.0)[0] == tuning.level_dbm(-90.0, 50.0, 28.0)
    louder = tuning.level_dbm(np.array([-80.0]), np.array([1000.0]), 38.0)
    assert louder[0] == pytest.approx(-25 - 27 - 51 + 10), "10 dB more EIRP are 10 dB more level"


@pytest.fixture(scope="module")
def land():
    rng = np.random.default_rng(3)
    terrain = Terrain(
        rng.normal(100, 10, (90, 90)),
        np.where(rng.random((90, 90)) < 0.2, 8.0, 0.0),
        from_origin(0, 9_000, 100, 100),
        UTM,
    )
    at, points = rng.uniform(0, 9_000, (6, 2)), rng.uniform(0, 9_000, (150, 2))
    frame = gpd.GeoDataFrame(
        {"candidate_id": list("abcdef"), "height_m": 40.0, "existing_structure": [None] * 5 + ["S"]},
        geometry=gpd.points_from_xy(*at.T), crs=UTM,
    )  # fmt: skip
    return terrain, frame, at, points


def test_tiles_hold_every_point_once_and_change_no_level(land, monkeypatch):
    terrain, frame, _, points = land
    parts = list(reach.tiles(points, 2_000.0, most=7))
    assert sorted(np.concatenate(parts)) == list(range(len(points)))
    assert max(map(len, parts)) <= 7
    assert all((np.floor(points[rows] / 2_000) == np.floor(points[rows[0]] / 2_000)).all() for rows in parts)
    settings, tuning = Siting(radius_m=5_000.0), Tuning(-20.0, 0.6, -8.0, 30.0, 0.4)
    whole = reach.median_levels(terrain, frame, points, settings, least_dbm=-130.0, tuning=tuning)
    monkeypatch.setattr(reach, "TILE_M", 1_500.0)
    monkeypatch.setattr(reach.tiles, "__defaults__", (1_500.0, 7))
    pieces = reach.median_levels(terrain, frame, points, settings, least_dbm=-130.0, tuning=tuning)
    assert whole.nnz > 100
    np.testing.assert_array_equal(whole.toarray(), pieces.toarray())


def test_levels_are_tuned_with_what_stands_on_the_way(land):
    terrain, frame, at, points = land
    settings, tuning = Siting(radius_m=6_000.0, eirp_dbm=30.0), Tuning(-20.0, 0.6, -8.0, 30.0, 0.4)
    found = reach.median_levels(terrain, frame, points, settings, least_dbm=-140.0, tuning=tuning).toarray()
    bare = Terrain(terrain.ground_m, np.zeros((90, 90)), terrain.transform, UTM)
    both = [
        level_matrix(each, at, points, height_m=40.0, eirp_dbm=30.0, frequency_mhz=800.0, radius_m=6_000.0).toarray()
        for each in (terrain, bare)
    ]
    distance = np.hypot(*(points[:, None] - at[None]).transpose(2, 0, 1))
    tuned = tuning.level_dbm(both[0], distance, 30.0, both[1] - both[0])
    expected = np.where((both[0] != 0) & (tuned >= -140.0), tuned, 0.0)
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_strata_by_hand():
    level = csr_matrix(np.array([[-90.0, -100.0, 0.0], [0.0, -95.0, -105.0]]))
    needed = np.array([[-101.0, -95.0], [-110.0, np.inf]])
    found = reach.reach_in_strata(level, needed).toarray()
    assert found.tolist() == [[1, 1, 0], [1, 0, 0], [0, 1, 1], [0, 0, 0]]
    with pytest.raises(DataError, match="3"):
        reach.reach_in_strata(level, np.zeros((3, 2)))


def test_options_repeat_candidates_and_respect_what_stands(land):
    _, frame, _, _ = land
    options = (reach.Option(), reach.Option(height_m=60.0), reach.Option(height_m=30.0, frequency_mhz=1_800.0))
    found = reach.with_options(frame, options, Siting())
    assert found["candidate_id"].tolist() == [*"aaabbbcccdddeee", "f", "f"]
    assert found.loc[found["candidate_id"] == "f", "height_m"].tolist() == [40.0, 30.0], "not above the structure"
    assert found["height_m"][:3].tolist() == [40.0, 60.0, 30.0]
    assert found["frequency_mhz"][:3].tolist() == [800.0, 800.0, 1_800.0]


def test_each_option_is_heard_on_its_own_band(land):
    terrain, frame, at, points = land
    found = reach.with_options(
        frame[:2], (reach.Option(), reach.Option(frequency_mhz=1_800.0, eirp_dbm=25.0)), Siting()
    )
    level = reach.median_levels(terrain, found, points, Siting(radius_m=5_000.0), least_dbm=-140.0).toarray()
    for column, (eirp, band) in enumerate(((32.0, 800.0), (25.0, 1_800.0))):
        one = level_matrix(
            terrain,
            at[:1],
            points,
            height_m=40.0,
            eirp_dbm=eirp,
            frequency_mhz=band,
            radius_m=5_000.0,
            floor_dbm=-140.0,
        )
        np.testing.assert_allclose(level[:, column], one.toarray()[:, 0], atol=1e-4)


def test_sectors_turn_to_where_the_learners_are():
    at = np.array([[0.0, 0.0]])
    bearing = np.array([20.0, 140.0, 260.0, 80.0])
    points = 1_000 * np.column_stack([np.sin(np.radians(bearing)), np.cos(np.radians(bearing))])
    level = csr_matrix(np.full((4, 1), -95.0, np.float32))
    found, turn = reach.oriented(level, at, points, np.full((4, 1), -95.1), np.ones((4, 1)))
    assert turn.tolist() == [20.0]
    assert found.toarray()[:3, 0] == pytest.approx(-95.0)
    # Half way between two sectors of 65°: 12 (60/65)² dB down, 3GPP TR 36.814 table A.2.1.1-2.
    assert found.toarray()[3, 0] == pytest.approx(-95.0 - 12 * (60 / 65) ** 2, abs=0.05)
    same, none = reach.oriented(level, at, points, np.full((4, 1), -95.5), np.ones((4, 1)), sectors=1)
    assert same is level
    assert np.isnan(none).all()


def turned_by_hand(strata, places, monkeypatch, pairs):
    """Peak of memory of one mast over ``places``, after its azimuth was compared with trying each turn by itself."""
    monkeypatch.setattr(reach, "PAIRS", pairs)
    rng = np.random.default_rng(3)
    points, needed = rng.normal(0, 5_000, (places, 2)), rng.normal(-100, 6, (places, strata))
    weights, level = rng.uniform(0, 3, (places, strata)), csr_matrix(rng.normal(-98, 5, (places, 1)).astype(np.float32))
    tracemalloc.start()
    try:
        found, turn = reach.oriented(level, np.zeros((1, 2)), points, needed, weights)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    reached = []
    for azimuth in range(0, 120, 10):
        one = reach.patterned(level, np.zeros((1, 2)), points, np.array([azimuth]))
        reached.append(weights[one.toarray() >= needed].sum())
        if azimuth == turn:
            np.testing.assert_array_equal(found.toarray(), one.toarray())
    assert turn == [10 * np.argmax(reached)]
    return peak


def test_turning_masts_takes_memory_that_does_not_grow_with_the_strata(monkeypatch):
    one, many = (turned_by_hand(strata, 50_000, monkeypatch, 500) for strata in (1, 32))
    assert many - one < 50_000 * 8


def test_ways_to_equip_a_position_that_another_makes_up_for_are_spare():
    candidates = gpd.GeoDataFrame(
        {"candidate_id": list("aaabbb"), "option": [0, 1, 2] * 2, "height_m": [30.0, 42.0, 42.0] * 2},
        geometry=gpd.points_from_xy([0] * 6, [0] * 6), crs=3405,
    )  # fmt: skip
    served = csr_matrix([[1, 1, 1, 1, 0, 1], [0, 1, 1, 0, 1, 1], [0, 0, 0, 1, 0, 0]])
    assert reach.spare_ways(candidates, served).tolist() == [True, False, True, False, True, False]
    costs = np.array([10.0, 20.0, 15.0, 10.0, 20.0, 20.0])
    assert reach.spare_ways(candidates, served, costs).tolist() == [False, True, False, False, True, False]
    assert not reach.spare_ways(candidates.drop(columns="option"), served).any()
