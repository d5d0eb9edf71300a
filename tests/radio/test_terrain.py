import numpy as np
import pytest
import rasterio.crs
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS, Geod
from rasterio.transform import from_origin

from lomsong.errors import CrsError, DataError
from lomsong.radio import Terrain
from lomsong.radio.terrain import cell_sides_m
from lomsong.texts import told

UTM = CRS.from_epsg(3405)
WGS84 = CRS.from_epsg(4326)


def plane(rows=6, columns=8, step=10.0):
    """Ground 2 e + 3 n metres, so that bilinear interpolation is exact between the outer centres."""
    east = (np.arange(columns) + 0.5) * step
    north = rows * step - (np.arange(rows) + 0.5) * step
    ground = 2 * east[None, :] + 3 * north[:, None]
    canopy = np.arange(rows * columns).reshape(rows, columns)
    return Terrain(ground, canopy, from_origin(0, rows * step, step, step), UTM)


def test_bilinear_is_exact_on_a_plane():
    at = np.random.default_rng(1).uniform([5, 5], [75, 55], (50, 2))
    assert plane().ground_at(at[:, 0], at[:, 1]) == pytest.approx(2 * at[:, 0] + 3 * at[:, 1], abs=1e-3)


def test_canopy_is_the_one_of_the_cell():
    terrain = plane()
    assert terrain.canopy_at([0.1, 9.9, 79.9], [59.9, 50.1, 0.1]).tolist() == [0, 0, 47]


def test_outside_is_nan_and_shape_is_kept():
    ground = plane().ground_at(np.array([[-1.0, 20.0]]), np.array([[20.0, 61.0]]))
    assert ground.shape == (1, 2)
    assert np.isnan(ground).all()
    assert np.isnan(plane().canopy_at(81.0, 5.0))
    assert plane().contains(np.array([[0.0, 0.0], [80.0, 60.0], [80.1, 1.0]])).tolist() == [True, True, False]


def test_slope_of_a_plane():
    assert plane().slope_deg(40.0, 30.0) == pytest.approx(np.degrees(np.arctan(np.hypot(2, 3))), abs=1e-3)


def test_beside_a_void_is_nan():
    ground = np.zeros((4, 4))
    ground[1, 1], ground[3, 0] = np.nan, np.inf
    terrain = Terrain(ground, np.full((4, 4), np.nan), from_origin(0, 40, 10, 10), UTM)
    assert np.isnan(terrain.ground_at([12.0, 5.0], [28.0, 5.0])).all()
    assert terrain.ground_at(38.0, 2.0) == 0
    assert terrain.canopy_at(12.0, 28.0) == 0


def test_arrays_are_of_one_kind_and_what_is_not_given_is_none():
    terrain = Terrain(np.ones((4, 6), "i2")[:, ::2], np.ones((3, 4)).T, from_origin(107, 11, 0.001, 0.001), WGS84)
    for name, kind in (("ground_m", "f4"), ("canopy_m", "f4"), ("clutter_m", "f4"), ("zone", "u1")):
        grid = getattr(terrain, name)
        assert (grid.dtype, grid.shape, grid.flags.c_contiguous) == (np.dtype(kind), (4, 3), True)
    assert (terrain.clutter_m == 0).all()
    assert (terrain.zone == 4).all()
    given_too = Terrain(
        np.zeros((1, 2)), np.zeros((1, 2)), from_origin(0, 1, 1, 1), rasterio.crs.CRS.from_epsg(4326),
        clutter_m=[[np.nan, 10]], zone=[[1, 3]],
    )  # fmt: skip
    assert given_too.clutter_m.tolist() == [[0, 10]]
    assert given_too.zone.tolist() == [[1, 3]]
    assert given_too.crs == WGS84


def test_in_degrees():
    """Three columns by two rows of a thousandth and half a thousandth of a degree."""
    ground = np.array([[0, 1, 2], [10, 11, 12]])
    terrain = Terrain(ground, ground * 2, Affine(0.001, 0, 107.0, 0, -0.0005, 11.0), WGS84)
    assert terrain.bounds == pytest.approx((107.0, 10.999, 107.003, 11.0))
    assert terrain.ground_at(107.001, 10.9995) == pytest.approx(5.5)
    assert terrain.canopy_at(107.0021, 10.99999) == 4
    assert terrain.contains(np.array([[107.0, 10.9989], [107.0, 10.9991]])).tolist() == [False, True]
    for name in ("west_m", "north_m", "step_m"):
        with pytest.raises(CrsError, match="not in metres"):
            getattr(terrain, name)


@given(st.floats(-80, 80), st.floats(0.0001, 0.01))
def test_sides_of_cells_are_those_of_the_geodesic(south, step):
    terrain = Terrain(np.zeros((3, 2)), np.zeros((3, 2)), from_origin(20, south + 3 * step, step, step), WGS84)
    width, height = cell_sides_m(terrain.transform, terrain.crs, 3)
    geod, middle = Geod(ellps="WGS84"), south + 1.5 * step
    assert width[1] == pytest.approx(geod.inv(20, middle, 20 + step, middle)[2], rel=1e-6)
    assert height[1] == pytest.approx(geod.inv(20, middle - step / 2, 20, middle + step / 2)[2], rel=1e-6)


def test_slope_in_degrees_is_that_of_the_ground():
    """A slope of 45° to the north, on rows of a thousandth of a degree at 60° N."""
    step = Geod(ellps="WGS84").inv(20, 60, 20, 60.001)[2]
    north = -np.arange(5)[:, None] * step * np.ones((5, 5))
    terrain = Terrain(north, north * 0, from_origin(20, 60.0025, 0.001, 0.001), WGS84)
    assert terrain.slope_deg(20.0025, 60.0) == pytest.approx(45, abs=1e-3)


def test_metres_are_asked_for():
    metric = plane()
    assert (metric.west_m, metric.north_m, metric.step_m) == (0, 60, 10)
    oblong = Terrain(np.zeros((2, 2)), np.zeros((2, 2)), Affine(30, 0, 0, 0, -20, 0), UTM)
    with pytest.raises(CrsError, match="30 m wide and 20 m high"):
        _ = oblong.step_m
    feet = Terrain(np.zeros((2, 2)), np.zeros((2, 2)), from_origin(0, 0, 30, 30), CRS.from_epsg(2263))
    assert cell_sides_m(feet.transform, feet.crs, 2)[0] == pytest.approx(30 * 1200 / 3937)
    with pytest.raises(CrsError, match="not in metres"):
        _ = feet.step_m


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"canopy_m": np.zeros((2, 2))}, DataError, "canopy_m has shape"),
        ({"clutter_m": np.zeros((2, 2))}, DataError, "clutter_m has shape"),
        ({"zone": np.ones((2, 3))}, DataError, "zone has shape"),
        ({"zone": np.full((3, 3), 257)}, DataError, "9 cells of unknown code.*257"),
        ({"ground_m": np.zeros(4)}, DataError, "ground_m has shape"),
        ({"ground_m": np.zeros((0, 4))}, DataError, "ground_m has shape"),
        ({"ground_m": 3.0}, DataError, "ground_m has shape"),
        ({"ground_m": [["a"]]}, DataError, "ground_m holds something that is no number"),
        ({"ground_m": [[1, 2], [3]]}, DataError, "ground_m holds something that is no number"),
        ({"transform": Affine(0, 0, 0, 0, -1, 0)}, DataError, "north on top"),
        ({"transform": Affine(1, 0, 0, 0, 1, 0)}, DataError, "north on top"),
        ({"transform": Affine(1, 0.1, 0, 0, -1, 0)}, DataError, "rotated"),
        ({"transform": Affine(np.nan, 0, 0, 0, -1, 0)}, DataError, "six finite numbers"),
        ({"transform": (1, 0, 0, 0, -1, 0)}, DataError, "six finite numbers"),
        ({"crs": CRS.from_epsg(4978)}, CrsError, "neither geographic nor projected"),
        ({"crs": None}, CrsError, "neither geographic nor projected"),
        ({"crs": "nowhere"}, CrsError, "neither geographic nor projected"),
    ],
)
def test_faults_are_named(change, error, message):
    right = {
        "ground_m": np.zeros((3, 3)), "canopy_m": np.zeros((3, 3)), "transform": from_origin(0, 0, 1, 1), "crs": UTM,
    }  # fmt: skip
    with pytest.raises(error, match=message) as raised:
        Terrain(**(right | change))
    assert told(raised.value, "vi").startswith("địa hình: ")
