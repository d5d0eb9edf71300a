"""What stands in the way, on ground and layers made by hand."""

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from affine import Affine
from pyproj import CRS
from shapely import LineString, box

from lomsong.errors import ColumnError, CrsError
from lomsong.gap.obstacles import (
    OBSTACLES,
    Bounds,
    Surroundings,
    bodies_of,
    codes_of,
    describe,
    forest_class_of,
    forest_shares,
    in_the_way,
    knife_edge_db,
    served_km,
)
from lomsong.radio import Terrain
from lomsong.texts import TEXTS

METRIC = CRS.from_epsg(3405)
EAST, NORTH = 700_000.0, 1_230_000.0


def at(*points):
    return np.asarray(points, float) + np.array([EAST, NORTH])


def line(*points):
    return gpd.GeoDataFrame(geometry=[LineString(at(*points))], crs=METRIC)


def sites(*rows):
    frame = pd.DataFrame(rows, columns=["site_id", "operator", "height_m", "band_mhz", "east", "north"])
    return gpd.GeoDataFrame(
        frame[["site_id", "operator", "height_m", "band_mhz"]],
        geometry=gpd.points_from_xy(frame["east"] + EAST, frame["north"] + NORTH),
        crs=METRIC,
    )


def terrain(ridge_m=0.0, ridge_at=2_000.0):
    """Flat ground at 100 m, 20 km wide, with a ridge from north to south."""
    ground = np.full((200, 200), 100.0, np.float32)
    ground[:, int((ridge_at + 10_000) // 100)] += ridge_m
    return Terrain(ground, np.zeros_like(ground), Affine(100, 0, EAST - 10_000, 0, -100, NORTH + 10_000), METRIC)


MAST = sites(("A1", "viettel", 40.0, 800.0, 4_000, 0), ("A1", "viettel", 30.0, 1800.0, 4_000, 0))


def test_distances_and_forest_by_hand():
    forest = gpd.GeoDataFrame(
        {"forest_class": ["production", "special_use"]},
        geometry=[box(EAST - 100, NORTH - 100, EAST + 100, NORTH + 100)] * 2,
        crs=METRIC,
    )
    around = Surroundings(line((-500, 300), (500, 300)), line((0, 2_000), (10, 2_000)), forest, MAST)
    told = describe(at((0, 0), (1_000, 300)), METRIC, around, grid_power=["no", None])
    np.testing.assert_allclose(told["road_km"], [0.3, 0.5])
    np.testing.assert_allclose(told["grid_km"], [2.0, math.hypot(0.99, 1.7)])
    np.testing.assert_allclose(told["site_km_viettel"], [4.0, math.hypot(3, 0.3)])
    assert told["forest_class"].tolist() == ["special_use", "none"]
    assert told["grid_power"].tolist() == ["no", "unknown"]
    assert told["site_id_viettel"].tolist() == ["A1", "A1"]


def test_a_ridge_hides_a_site_by_the_single_edge():
    """ν = h √(2 / λ (1 / d1 + 1 / d2)), equation (26) of P.526-15, h from heights and the bulge of the Earth."""
    height_m, lowest_mhz = 60.0, 800.0
    mast = sites(("A1", "viettel", 40.0, lowest_mhz, 4_050, 50), ("A1", "viettel", 30.0, 1800.0, 4_050, 50))
    told = describe(at((50, 50)), METRIC, Surroundings(sites=mast, terrain=terrain(height_m)))
    d1 = d2 = 2_000.0
    line_m = 100 + (40 + 1.5) / 2
    wavelength = 299.792458 / lowest_mhz
    edge = (100 + height_m + d1 * d2 / 17e6 - line_m) * math.sqrt(2 / wavelength * (1 / d1 + 1 / d2))
    loss = 6.9 + 20 * math.log10(math.sqrt((edge - 0.1) ** 2 + 1) + edge - 0.1)
    assert told["hidden_db_viettel"].iloc[0] == pytest.approx(loss, abs=1e-3)
    assert loss > 15
    open_ground = describe(at((50, 50)), METRIC, Surroundings(sites=MAST, terrain=terrain()))
    assert open_ground["hidden_db_viettel"].iloc[0] < 6


def test_knife_edge_against_the_figures_of_the_recommendation():
    np.testing.assert_allclose(knife_edge_db(np.array([0.0, 1.0, 2.4, -0.78])), [6.03, 13.93, 20.5, 0.0], atol=0.06)
    assert knife_edge_db(np.array([-np.inf, -1.0])).tolist() == [0.0, 0.0]
    assert np.isnan(knife_edge_db(np.array([np.nan]))).all()


def test_a_second_site_in_sight_takes_the_terrain_out_of_the_way():
    """A tower more never adds an obstacle of terrain or distance."""
    hidden = describe(at((50, 50)), METRIC, Surroundings(sites=MAST, terrain=terrain(80)))
    assert codes_of(in_the_way(hidden))[0].iloc[0] == ("terrain",)
    two = pd.concat([MAST, sites(("B1", "mobifone", 40.0, 900.0, -3_000, 0))])
    both = describe(at((50, 50)), METRIC, Surroundings(sites=two, terrain=terrain(80)))
    assert codes_of(in_the_way(both))[0].iloc[0] == ()


def test_sites_beyond_reach_are_far_and_ask_no_question_of_terrain():
    told = describe(at((-5_000, 0)), METRIC, Surroundings(sites=MAST, terrain=terrain(80)))
    assert codes_of(in_the_way(told))[0].iloc[0] == ("far_from_site",)
    assert codes_of(in_the_way(told, Bounds(site_km=10)))[0].iloc[0] == ("terrain",)


def test_grid_power_and_line():
    lines = line((0, 5_000), (10, 5_000))
    told = describe(at(*[(0, 0)] * 3), METRIC, Surroundings(power_lines=lines), grid_power=["yes", "no", "unknown"])
    assert in_the_way(told)["no_grid"].tolist() == [0, 1, 1]
    assert in_the_way(told, Bounds(line_km=6))["no_grid"].tolist() == [0, 1, 0]
    unknown = describe(at((0, 0)), METRIC, Surroundings())
    obstacles, not_checked = codes_of(in_the_way(unknown))
    assert obstacles.iloc[0] == ()
    assert not_checked.iloc[0] == OBSTACLES


def test_terrain_that_ends_on_the_way_is_not_guessed():
    told = describe(at((-10_500, 0)), METRIC, Surroundings(sites=MAST, terrain=terrain()))
    assert np.isnan(told["hidden_db_viettel"]).all()
    held = in_the_way(told, Bounds(site_km=20))
    assert np.isnan(held["terrain"].iloc[0])


def test_every_obstacle_has_a_body_and_every_code_both_texts():
    bodies = bodies_of(pd.Series([("no_grid", "reserve", "terrain", "far_from_site"), ()]))
    assert bodies.tolist() == [("power_company", "forest_protection", "operators"), ("operators",)]
    everybody = bodies_of(pd.Series([OBSTACLES])).iloc[0]
    keys = [f"obstacle.{code}" for code in OBSTACLES] + [f"body.{body}" for body in everybody]
    assert all(all(TEXTS[key]) for key in keys)


def test_reach_of_sites_as_the_connected_tell_it():
    places = at(*[(100.0 * i, 0) for i in range(1, 101)])
    mast = sites(("A", "viettel", 40.0, 800.0, 0, 0))
    assert served_km(places, METRIC, np.ones(100), mast) == pytest.approx(9.9)
    assert served_km(places, METRIC, np.r_[np.ones(50), np.zeros(50)], mast) == pytest.approx(5.0)
    assert served_km(places, METRIC, np.zeros(100), mast) is None
    assert served_km(places, METRIC, np.ones(100), None) is None


def test_forest_shares_of_overlapping_classes():
    square = np.array([box(0, 0, 100, 100), box(1_000, 0, 1_100, 100)], dtype=object)
    forest = gpd.GeoDataFrame(
        {"forest_class": ["production", "special_use", "production"]},
        geometry=[box(0, 0, 60, 100), box(0, 0, 30, 100), box(40, 0, 60, 100)],
        crs=METRIC,
    )
    shares = forest_shares(square, forest, METRIC)
    np.testing.assert_allclose(shares.loc[0], [0.3, 0.0, 0.3])
    np.testing.assert_allclose(shares.loc[1], 0)
    assert forest_class_of(shares).tolist() == ["special_use", "none"]
    assert forest_class_of(forest_shares(square, None, METRIC)).tolist() == [None, None]


def test_wrong_layers_are_refused():
    bare = gpd.GeoDataFrame({"forest_class": ["jungle"]}, geometry=[box(0, 0, 1, 1)], crs=METRIC)
    with pytest.raises(ColumnError, match="jungle"):
        describe(at((0, 0)), METRIC, Surroundings(forest=bare))
    with pytest.raises(ColumnError, match="forest_class"):
        describe(at((0, 0)), METRIC, Surroundings(forest=bare[["geometry"]]))
    with pytest.raises(CrsError, match="roads"):
        describe(at((0, 0)), METRIC, Surroundings(roads=gpd.GeoDataFrame(geometry=[LineString([(0, 0), (1, 1)])])))
