import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS
from rasterio.transform import from_origin

from lomsong.errors import UsageError
from lomsong.radio.landcover import (
    CLUTTER,
    WORLD_COVER,
    Clutter,
    canopy_heights,
    clutter_heights,
    clutter_of,
    water_of,
    zones,
)
from lomsong.texts import told

UTM = CRS.from_epsg(3405)
KM = from_origin(0, 0, 1000, 1000)


def test_heights_are_those_of_the_recommendation():
    """ITU-R P.1812, table 2."""
    assert {name: CLUTTER[name].height_m for name in ("sea", "open", "rural", "suburban", "urban", "forest")} == {
        "sea": 0, "open": 0, "rural": 0, "suburban": 10, "urban": 15, "forest": 15,
    }  # fmt: skip
    assert CLUTTER["dense_urban"].height_m == 20
    assert set(WORLD_COVER.values()) <= set(CLUTTER)
    assert {name for name in WORLD_COVER.values() if CLUTTER[name].is_forest} == {"tree_cover", "mangroves"}


def test_buildings_and_forest_are_kept_apart():
    codes = np.array([[10, 50, 40], [95, 80, 0]], "u1")
    assert clutter_heights(codes).tolist() == [[0, 10, 0], [0, 0, 0]]
    assert canopy_heights(codes).tolist() == [[15, 0, 0], [15, 0, 0]]
    assert clutter_heights(codes).dtype == canopy_heights(codes).dtype == np.float32


@pytest.mark.parametrize("kind", ["u1", "u2", "i2", "f4", "f8"])
def test_codes_of_any_type(kind):
    assert clutter_heights(np.array([50, 10, 7], kind)).tolist() == [10, 0, 0]


def test_codes_that_are_none_are_open_ground():
    codes = np.array([np.nan, -50, 50.5, 70_000, 65_586, 50], "f8")
    assert clutter_heights(codes).tolist() == [0, 0, 0, 0, 0, 10]


def test_a_measured_canopy_goes_before_the_class():
    codes = np.array([10, 10, 10, 50, 40], "u1")
    measured = np.array([22, 0, np.nan, 6, np.nan], "f4")
    assert canopy_heights(codes, canopy_m=measured).tolist() == [22, 0, 15, 6, 0]


def test_overrides_and_legends():
    codes = np.array([10, 50], "u1")
    assert clutter_heights(codes, overrides={"built_up": 20}).tolist() == [0, 20]
    assert canopy_heights(codes, overrides={"tree_cover": 25.5}).tolist() == [25.5, 0]
    assert clutter_heights(codes, overrides={"tree_cover": Clutter(8)}).tolist() == [8, 10]
    own = {10: "dense_urban", 50: "plantation"}
    assert canopy_heights(codes, own, {"plantation": Clutter(18, is_forest=True)}).tolist() == [0, 18]
    assert clutter_heights(codes, own, {"plantation": 3}).tolist() == [20, 3]


@pytest.mark.parametrize(
    ("legend", "overrides", "message"),
    [
        ({0: "water"}, None, "0"),
        ({True: "water"}, None, "True"),
        ({70_000: "water"}, None, "70000"),
        ({5: "swamp"}, None, r"'swamp' \(code 5\) has no representative height"),
        (None, {"swamp": 3}, "'swamp' is no class"),
        (None, {"built_up": -1}, "height -1.0 is not within 0…500.0 m"),
        (None, {"built_up": np.nan}, "height nan"),
        (None, {"built_up": "tall"}, "height 'tall'"),
        (None, {"built_up": Clutter(900)}, "height 900"),
    ],
)
def test_faults_are_named(legend, overrides, message):
    with pytest.raises(UsageError, match=message) as raised:
        clutter_of(legend, overrides)
    assert "lớp phủ" in told(raised.value, "vi")


def test_water_is_a_class_or_unknown_ground_of_no_height():
    codes = np.array([80, 80, 10, 0, 0, np.nan])
    ground = np.array([0, 300, 0, 0, 1, 0], "f4")
    assert water_of(codes, ground).tolist() == [True, True, False, True, False, True]


def coast(rows=40, columns=60, sea=20, height=50.0):
    ground = np.full((rows, columns), height, np.float32)
    ground[:, :sea] = 0
    return ground


def test_sea_coast_and_inland_by_hand():
    """A coast north to south in a window of 40 x 120 km: sea 20 km, land 50 m high, a hill of 100 m."""
    ground = coast(columns=120)
    ground[10, 30] = 100
    ground[11, 31] = np.nan
    found = zones(ground, None, KM, UTM)
    assert (found[:, :20] == 1).all()
    assert found[10, 30] == found[11, 31] == 4
    assert (np.delete(found, (10, 11), axis=0)[:, 20:70] == 3).all()
    assert (found[:, 70:] == 4).all()


def test_in_a_small_window_all_low_land_is_coast():
    found = zones(coast(30, 30, 5), None, KM, UTM)
    assert np.unique(found, return_counts=True)[1].tolist() == [150, 750]


def test_ponds_and_lakes_are_no_sea():
    pond = coast(sea=0)
    pond[10:14, 10:16] = 0  # 24 km2, on all sides land
    assert zones(pond, None, KM, UTM) is None
    pond[14, 10] = 0
    assert (zones(pond, None, KM, UTM) == 1).sum() == 25
    edge = coast(sea=0)
    edge[0, 7] = 0  # 1 km2 that goes on beyond
    assert (zones(edge, None, KM, UTM) == 1).sum() == 1
    high = coast(sea=0, height=300)
    water = np.zeros(high.shape, bool)
    water[:, :20] = True
    assert zones(high, water, KM, UTM) is None


def test_with_classes_the_sea_is_where_they_say():
    ground = coast(height=0.0, sea=0)  # low rice land, 0 m throughout
    water = np.zeros(ground.shape, bool)
    water[:, :20] = True
    ground[:5, :20] = np.nan
    ground[5:9, :20] = -0.8
    found = zones(ground, water, KM, UTM)
    assert (found[:, :20] == 1).all()
    assert (found[:, 20:] == 3).all()
    assert zones(ground, ~np.ones(ground.shape, bool), KM, UTM) is None


@given(st.integers(0, 29), st.integers(0, 29), st.sampled_from([3_000.0, 4_000.0, 6_000.0]))
def test_the_distance_from_the_sea_is_that_of_every_pair(row, column, step):
    """A sea of 4 to 9 cells anywhere in a window wider than 50 km, against the distances of all pairs."""
    ground = np.full((30, 30), 20.0, np.float32)
    ground[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2] = 0
    found = zones(ground, None, from_origin(0, 0, step, step), UTM)
    sea, land = np.argwhere(ground == 0), np.argwhere(ground != 0)
    away = step * np.sqrt(((land[:, None] - sea[None]) ** 2).sum(2).min(1))
    assert (found[tuple(sea.T)] == 1).all()
    assert np.array_equal(found[tuple(land.T)], np.where(away <= 50_000, 3, 4))


def test_coarse_cells_move_the_coast_by_no_more_than_two_of_them():
    ground = coast(100, 1500, 300, 10.0)  # 60 m cells, 90 km across
    found = zones(ground, None, from_origin(0, 0, 60, 60), UTM)
    last = 60 * ((found == 3).nonzero()[1].max() + 1 - 300)
    assert 49_000 <= last <= 51_000


def test_in_degrees_a_cell_is_as_wide_as_its_latitude_makes_it():
    """At 60° N a degree of longitude is half as wide: 24 cells of 0.01° cover 15 km², at the equator 29."""
    for north, is_sea in ((60.0, False), (0.0, True)):
        ground = np.full((40, 40), 30.0, np.float32)
        ground[10:14, 10:16] = 0
        found = zones(ground, None, from_origin(107, north, 0.01, 0.01), CRS.from_epsg(4326))
        assert (found is not None) == is_sea


def test_it_is_quick():
    ground = np.random.default_rng(0).normal(300, 50, (700, 700)).astype(np.float32)
    place, crs = from_origin(107, 11, 1 / 3600, 1 / 3600), CRS.from_epsg(4326)
    start = time.process_time()
    assert zones(ground, None, place, crs) is None
    assert time.process_time() - start < 0.02
    ground[:, :200] = 0
    start = time.process_time()
    assert zones(ground, None, place, crs) is not None
    assert time.process_time() - start < 0.3
