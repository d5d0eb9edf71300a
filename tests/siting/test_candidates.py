from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
from pyproj import CRS
from rasterio.transform import from_origin
from scipy.ndimage import gaussian_filter
from shapely.geometry import LineString, Point, box

from lomsong.errors import ColumnError, CrsError
from lomsong.radio import Terrain
from lomsong.settings import Siting
from lomsong.siting import propose
from lomsong.siting.candidates import REASONS
from lomsong.tables import CANDIDATES

UTM = CRS.from_epsg(3405)
SETTINGS = Siting(spacing_m=1_000.0, max_road_m=800.0)


@pytest.fixture(scope="module")
def terrain():
    ground = 4000 * gaussian_filter(np.random.default_rng(0).normal(size=(60, 80)), 6)
    return Terrain(ground, np.zeros_like(ground), from_origin(0, 6_000, 100, 100), UTM)


def layer(*shapes, **columns):
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=UTM)


def test_terrain_alone_gives_the_highest_cell_of_each_square(terrain):
    found, refused = propose(terrain, SETTINGS)
    CANDIDATES.check(found, "candidates")
    tops = terrain.ground_m.reshape(6, 10, 8, 10).max(axis=(1, 3)).ravel()
    both = np.concatenate([found["ground_m"], refused["ground_m"]])
    assert np.abs(tops[:, None] - both[None, :]).min(axis=1).max() < 1e-3
    assert set(refused["reason"]) <= {"steep"}
    assert found["road_km"].isna().all()
    assert (found["height_m"] == SETTINGS.height_m).all()
    assert found["candidate_id"].is_unique
    assert found["forest_class"].isna().all(), "no layer of forest says that a position lies outside"


def test_each_rule_refuses_and_says_why(terrain):
    layers = {
        "roads": layer(LineString([(0, 3_000), (8_000, 3_000)])),
        "power_lines": layer(LineString([(0, 0), (8_000, 0)])),
        "forest": layer(
            box(0, 0, 3_000, 6_000), box(2_000, 0, 5_000, 6_000), forest_class=["production", "special_use"]
        ),
        "water": layer(box(5_000, 2_000, 6_000, 4_000)),
        "territory": layer(box(0, 0, 7_000, 6_000)),
    }
    found, refused = propose(terrain, SETTINGS, **layers)
    assert set(refused["reason"]) <= set(REASONS)
    assert {"forest", "far_from_road"} <= set(refused["reason"])
    east, north = found.geometry.x, found.geometry.y
    assert ((east <= 2_000) | (east >= 5_000)).all()
    assert (east <= 7_000).all()
    assert not ((east > 5_000) & (east < 6_000) & (north > 2_000) & (north < 4_000)).any()
    assert (found["slope_deg"] <= 20).all()
    assert found["road_km"].to_numpy() == pytest.approx(np.abs(north - 3_000) / 1e3)
    assert (found["road_km"] <= 0.8).all()
    assert found["grid_km"].to_numpy() == pytest.approx(north / 1e3)
    assert set(found.loc[east < 2_000, "forest_class"]) == {"production"}
    assert set(refused.loc[refused["reason"] == "forest", "forest_class"]) == {"special_use"}


def test_a_square_with_usable_ground_keeps_a_candidate(terrain):
    road = LineString([(0, 3_000), (8_000, 3_000)])
    found, _ = propose(terrain, SETTINGS, roads=layer(road))
    flat = gpd.GeoSeries(found.geometry)
    for west in range(0, 8_000, 1_000):
        for south in (2_000, 3_000):
            cells = np.add.outer(np.arange(50, 1_000, 100) + south, np.zeros(10))
            across = np.add.outer(np.zeros(10), np.arange(50, 1_000, 100) + west)
            usable = (terrain.slope_deg(across, cells) <= 20) & (np.abs(cells - 3_000) <= 600)
            if usable.any():
                assert flat.within(box(west, south, west + 1_000, south + 1_000)).any()


def test_existing_sites_are_shared_whatever_the_rules(terrain):
    sites = gpd.GeoDataFrame(
        {"site_id": ["A", "A", "B", "Z"], "height_m": [30.0, 45.0, 20.0, 50.0]},
        geometry=gpd.points_from_xy([1_000, 1_000, 4_000, 90_000], [1_000, 1_000, 5_500, 0]), crs=UTM,
    )  # fmt: skip
    forest = layer(box(0, 0, 8_000, 6_000), forest_class=["special_use"])
    found, refused = propose(terrain, SETTINGS, sites=sites.to_crs(4326), forest=forest)
    assert found["existing_structure"].tolist() == ["A", "B"]
    assert found["height_m"].tolist() == [45.0, 20.0]
    assert set(refused["reason"]) == {"forest"}
    _, outside = propose(terrain, SETTINGS, sites=sites, territory=layer(box(0, 0, 8_000, 3_000)))
    assert outside.loc[outside["reason"] == "outside_territory", "existing_structure"].tolist() == ["B"]


def test_voids_carry_no_tower():
    ground = np.full((20, 20), np.nan)
    terrain = Terrain(ground, np.zeros_like(ground), from_origin(0, 2_000, 100, 100), UTM)
    found, refused = propose(terrain, SETTINGS)
    assert len(found) == len(refused) == 0


def test_faulty_layers(terrain):
    with pytest.raises(ColumnError, match="forest_class missing"):
        propose(terrain, SETTINGS, forest=layer(box(0, 0, 1, 1)))
    with pytest.raises(ColumnError, match="jungle"):
        propose(terrain, SETTINGS, forest=layer(box(0, 0, 1, 1), forest_class=["jungle"]))
    with pytest.raises(CrsError, match="roads"):
        propose(terrain, SETTINGS, roads=gpd.GeoDataFrame(geometry=[LineString([(0, 0), (1, 1)])]))


def test_hamlets_roads_and_shoulders_add_positions_that_nothing_near_beats(terrain):
    roads, hamlets = layer(LineString([(0, 3_050), (8_000, 3_050)])), layer(Point(4_000, 2_700), name=["Ấp 1"])
    found, _ = propose(terrain, SETTINGS, roads=roads, hamlets=hamlets)
    CANDIDATES.check(found, "candidates")
    assert {"summit", "roadside", "shoulder"} <= set(found["kind"]) <= {"summit", "roadside", "shoulder", "hamlet"}
    beside = found[found["kind"] == "roadside"]
    assert (beside["road_km"] <= 0.2).all()
    east, north = found.geometry.x.to_numpy(), found.geometry.y.to_numpy()
    ground, road = found["ground_m"].to_numpy(), found["road_km"].to_numpy()
    near = np.hypot(east[:, None] - east, north[:, None] - north) <= SETTINGS.spacing_m / 2
    # A cell apart: merits are those of cells, the table's those of the point itself.
    beaten = near & (ground[:, None] > ground + 1) & (road[:, None] < road - 0.15)
    assert not beaten[:, (found["kind"] != "summit").to_numpy()].any()


def test_every_reason_is_told_and_the_grid_can_be_asked_for(terrain):
    layers = {
        "roads": layer(LineString([(0, 3_000), (8_000, 3_000)])),
        "power_lines": layer(LineString([(0, 3_000), (4_000, 3_000)])),
        "forest": layer(box(0, 0, 3_000, 6_000), forest_class=["special_use"]),
    }
    found, refused = propose(terrain, replace(SETTINGS, max_grid_m=700.0), **layers)
    assert (found["grid_km"] <= 0.7).all()
    assert (refused["reason"] == refused["reasons"].str.split("+").str[0]).all()
    told = refused["reasons"].str.contains
    assert (told("far_from_grid") == (refused["grid_km"] > 0.7)).all()
    assert (told("forest") == (refused["forest_class"] == "special_use")).all()
    assert (told("far_from_road") == (refused["road_km"] > 0.8)).all()
    assert told(r"\+", regex=True).any()


def test_land_and_the_way_to_a_backhaul_are_told():
    shape = (40, 40)
    ground = np.random.default_rng(1).uniform(0, 5, shape)
    canopy, clutter = np.zeros(shape), np.zeros(shape)
    canopy[:, :20], clutter[:20, 20:] = 15.0, 8.0
    land = Terrain(ground, canopy, from_origin(0, 4_000, 100, 100), UTM, clutter)
    sites = gpd.GeoDataFrame({"site_id": ["A"], "height_m": [40.0]}, geometry=[Point(50, 50)], crs=UTM)
    fibre = layer(LineString([(4_000, 0), (4_000, 4_000)]))
    found, _ = propose(land, Siting(spacing_m=500.0), sites=sites, fibre=fibre)
    new = found[found["kind"] == "summit"]
    east, north = new.geometry.x, new.geometry.y
    expected = np.where(east < 2_000, "trees", np.where(north > 2_000, "built", "open"))
    assert new["land_class"].tolist() == expected.tolist()
    away = np.minimum(np.hypot(east - 50, north - 50), 4_000 - east) / 1e3
    assert new["backhaul_km"].to_numpy() == pytest.approx(away.to_numpy())
    assert found.loc[found["kind"] == "existing", "backhaul_km"].tolist() == [0.0]
