"""What stands in the way of whole areas."""

import geopandas as gpd
import numpy as np
import pytest
from pyproj import CRS
from shapely import LineString, box

from lomsong.gap.hindrances import hindrances
from lomsong.gap.obstacles import Bounds, Surroundings

METRIC = CRS.from_epsg(3405)
WEST, SOUTH = 700_000.0, 1_200_000.0


def homes(at, learners=1, hamlet_id=None):
    east, north = np.add(at, (WEST, SOUTH)).T
    frame = {"household_id": [f"H{row}" for row in range(len(at))], "learners": learners}
    frame |= {} if hamlet_id is None else {"hamlet_id": hamlet_id}
    return gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(east, north), crs=METRIC)


def around():
    """A road and a power line along the south; special-use forest north of 5 km."""
    line = gpd.GeoDataFrame(geometry=[LineString([(WEST, SOUTH), (WEST + 10_000, SOUTH)])], crs=METRIC)
    forest = gpd.GeoDataFrame(
        {"forest_class": ["special_use"]}, geometry=[box(WEST, SOUTH + 5_000, WEST + 9_000, SOUTH + 9_000)], crs=METRIC
    )
    return Surroundings(roads=line, power_lines=line, forest=forest)


def test_obstacles_are_named_by_the_learners_whom_they_keep_without_signal():
    """Area 0: 3 of 4 in the reserve, far from road and line. Area 1: all by the road. Area 2: nobody is unconnected."""
    households = homes([(1_050, 6_050), (1_050, 50), (5_050, 50), (8_050, 6_050)])
    lost = np.array([3.0, 1.0, 2.0, 0.1])
    found = hindrances(households, lost, np.array([0, 0, 1, 2]), 4, around(), METRIC, bounds=Bounds(road_km=1.0))
    assert found["way_reserve"].iloc[:3].tolist() == [0.75, 0.0, 1.0]
    assert found["way_no_road"].iloc[0] == pytest.approx(0.75)
    assert found["in_the_way"].tolist() == [("no_grid", "reserve", "no_road"), (), (), ()]
    assert found["way_terrain"].isna().all(), "no layer tells"
    assert np.isnan(found["way_reserve"].iloc[3]), "an area without anybody"


def test_the_obstacle_of_most_learners_comes_first():
    households = homes([(1_050, 6_050), (1_050, 4_050)])
    found = hindrances(households, np.array([3.0, 7.0]), np.array([0, 0]), 1, around(), METRIC)
    assert found["in_the_way"][0] == ("no_grid", "no_road", "reserve")
    assert found.loc[0, ["way_no_grid", "way_no_road", "way_reserve"]].tolist() == pytest.approx([1, 1, 0.3])


def test_grid_power_of_the_hamlet_is_asked_before_the_line():
    households = homes([(1_050, 50)], hamlet_id="A")
    hamlets = gpd.GeoDataFrame(
        {"hamlet_id": ["A"], "name": ["Ấp 1"], "commune_code": ["26200"], "grid_power": ["no"]},
        geometry=households.geometry.to_numpy(), crs=METRIC,
    )  # fmt: skip
    area, lost = np.array([0]), np.array([2.0])
    assert hindrances(households, lost, area, 1, around(), METRIC)["in_the_way"][0] == ()
    assert hindrances(households, lost, area, 1, around(), METRIC, hamlets=hamlets)["in_the_way"][0] == ("no_grid",)


def test_the_order_of_households_does_not_matter():
    rng = np.random.default_rng(4)
    households = homes(rng.uniform(0, 9_000, (60, 2)), rng.integers(1, 4, 60))
    lost, area = rng.uniform(0, 2, 60), rng.integers(-1, 3, 60)
    order = rng.permutation(60)
    one = hindrances(households, lost, area, 3, around(), METRIC)
    other = hindrances(households.iloc[order], lost[order], area[order], 3, around(), METRIC)
    assert one["in_the_way"].tolist() == other["in_the_way"].tolist()
    np.testing.assert_allclose(one["way_reserve"], other["way_reserve"])
