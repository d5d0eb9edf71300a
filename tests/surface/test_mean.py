import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from pyproj import CRS
from rasterio.transform import from_origin

from lomsong.radio import Terrain
from lomsong.surface.mean import CONSTANT, Mean

METRIC = CRS.from_epsg(3405)
CELL_M, SIDE = 100.0, 60


def land(ground=None, canopy=None):
    """A square of 6 km, its north-west corner at (0, 6000)."""
    flat = np.zeros((SIDE, SIDE), np.float32)
    grids = [flat if grid is None else np.asarray(grid, np.float32) for grid in (ground, canopy)]
    return Terrain(*grids, from_origin(0, SIDE * CELL_M, CELL_M, CELL_M), METRIC)


def masts(*easting):
    frame = pd.DataFrame({"site_id": [f"S{one}" for one in easting], "operator": "viettel"})
    frame = frame.assign(band_mhz=900.0, height_m=40.0, eirp_dbm=30.0, azimuth_deg=np.nan, beamwidth_deg=np.nan)
    return gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(easting, [3050.0] * len(easting)), crs=METRIC)


PLACES = np.array([[1550.0, 3050.0], [3050.0, 3050.0], [4550.0, 3050.0]])


def test_names():
    assert Mean().name == CONSTANT == "constant"
    assert Mean(("sites",)).name == "sites"
    assert Mean(("sites", "canopy", "land")).name == "sites+canopy+land"


def test_without_layers_or_sites_there_is_nothing():
    assert Mean().columns(PLACES) is None
    assert Mean((), masts(550), land()).columns(PLACES) is None
    assert Mean((), None, land()).heard(PLACES) is None
    assert Mean((), masts(550), None).heard(PLACES) is None


@pytest.mark.parametrize(
    ("layers", "width"),
    [(("sites",), 3), (("canopy",), 1), (("land",), 5), (("sites", "canopy"), 4), (("sites", "canopy", "land"), 9)],
)
def test_each_layer_has_its_columns_in_their_order(layers, width):
    mean = Mean(layers, masts(550, 5550), land())
    columns = mean.columns(PLACES)
    assert columns.shape == (3, width)
    assert np.isfinite(columns).all()
    heard = mean.heard(PLACES)
    np.testing.assert_array_equal(columns, np.hstack([mean.layer(name, PLACES, heard) for name in layers]))
    assert mean.columns(PLACES[:0]).shape == (0, width)


def test_sites_give_level_and_distances_by_hand():
    level, server, nearest = Mean(("sites",), masts(550), land()).columns(PLACES).T
    assert server == pytest.approx(np.log10([1000, 2500, 4000]))
    assert nearest == pytest.approx(server)
    assert (np.diff(level) < -3).all()


def test_land_by_hand_on_a_step():
    """West of 3 km the ground lies at 0, east of it at 200 m under a wood of 10 m."""
    step = np.repeat(np.arange(SIDE) >= SIDE // 2, SIDE).reshape(SIDE, SIDE).T
    mean = Mean(("land",), None, land(200.0 * step, 10.0 * step))
    inner = mean.columns(np.array([[3450.0, 3050.0], [2550.0, 3050.0]]))
    # Squares of 3, 11 and 41 cells around column 34: all 3, 34+5-30+1 = 10 of 11, 25 of 41 lie in the east.
    east = np.array([1.0, 10 / 11, 25 / 41])
    assert inner[0] == pytest.approx([*(east[0] - east[1:]) * 2, *east], abs=1e-5)
    # Around column 25: none of 3, 1 of 11, 16 of 41.
    west = np.array([0.0, 1 / 11, 16 / 41])
    assert inner[1] == pytest.approx([*(west[0] - west[1:]) * 2, *west], abs=1e-5)


def test_land_is_defined_across_voids_and_beyond_the_edge():
    ground = np.full((SIDE, SIDE), 30.0)
    ground[20:25, 20:25] = np.nan
    mean = Mean(("land",), None, land(ground, np.where(np.isnan(ground), np.nan, 0)))
    assert mean.columns(np.array([[2250.0, 3750.0], [-9e5, 9e5], [1e7, -1e7]])) == pytest.approx(0, abs=1e-5)
    nowhere = Mean(("land",), None, land(np.full((SIDE, SIDE), np.nan)))
    assert nowhere.columns(PLACES).tolist() == np.zeros((3, 5)).tolist()


def test_a_wood_costs_only_what_lies_behind_it():
    assert Mean(("canopy",), masts(550), land()).columns(PLACES).tolist() == [[0], [0], [0]]
    wood = np.zeros((SIDE, SIDE))
    wood[:, 20:25] = 25.0
    before, _, behind = Mean(("canopy",), masts(550), land(canopy=wood)).columns(PLACES)[:, 0]
    assert before == pytest.approx(0, abs=1e-6)
    assert behind > 1


def test_trees_learn_from_the_columns_of_all_other_layers():
    bare = Mean((), None, land())
    assert bare.features(PLACES, None).shape == (3, 5)
    known = Mean(("learned",), masts(550), land())
    features = known.features(PLACES, known.heard(PLACES))
    assert list(features) == [f"column_{number}" for number in range(9)]
    np.testing.assert_array_equal(
        features.to_numpy(), Mean(("sites", "canopy", "land"), masts(550), land()).columns(PLACES)
    )
