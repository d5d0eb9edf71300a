import numpy as np
import pytest
from pyproj import CRS

from lomsong.errors import CrsError, DataError
from lomsong.radio import Terrain

UTM = CRS.from_epsg(3405)


def plane(rows=6, columns=8, step=10.0):
    """Ground 2 e + 3 n metres, so that bilinear interpolation is exact between the outer centres."""
    east = (np.arange(columns) + 0.5) * step
    north = rows * step - (np.arange(rows) + 0.5) * step
    ground = 2 * east[None, :] + 3 * north[:, None]
    return Terrain(ground, np.arange(rows * columns).reshape(rows, columns), 0.0, rows * step, step, UTM)


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
    ground[1, 1] = np.nan
    terrain = Terrain(ground, np.full((4, 4), np.nan), 0.0, 40.0, 10.0, UTM)
    assert np.isnan(terrain.ground_at(12.0, 28.0))
    assert terrain.ground_at(38.0, 2.0) == 0
    assert terrain.canopy_at(12.0, 28.0) == 0


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"canopy_m": np.zeros((2, 2))}, DataError, "canopy_m has shape"),
        ({"ground_m": np.zeros(4)}, DataError, "ground_m has shape"),
        ({"step_m": 0.0}, DataError, "step_m"),
        ({"crs": CRS.from_epsg(4326)}, CrsError, "not in metres"),
    ],
)
def test_faults_are_named(change, error, message):
    right = {
        "ground_m": np.zeros((3, 3)), "canopy_m": np.zeros((3, 3)), "west_m": 0.0, "north_m": 0.0, "step_m": 1.0,
        "crs": UTM,
    }  # fmt: skip
    with pytest.raises(error, match=message):
        Terrain(**(right | change))
