import math

import numpy as np
import pytest
from affine import Affine
from pyproj import CRS, Geod, Transformer
from pyproj.transformer import TransformerGroup

from lomsong.errors import DataError
from lomsong.radio.frame import frame_around
from lomsong.texts import told

GEOD = Geod(ellps="WGS84")
DEGREES = CRS.from_epsg(4326)
PLACES = [
    (4326, 107.2, 11.3, 1 / 3600),
    (4326, 18.9, 69.6, 1 / 3600),
    (4326, -68.0, -54.0, 1 / 1200),
    (32648, 107.2, 11.3, 30.0),
    (5899, 107.75, 16.0, 30.0),
    (3405, 105.8, 21.0, 10.0),
    (3857, 107.2, 11.3, 30.0),
    (3413, -45.0, 80.0, 100.0),
]


def grid(crs, longitude, latitude, cell, away=500.25):
    """A grid whose north-west corner lies so many cells from the site."""
    x, y = Transformer.from_crs(DEGREES, crs, always_xy=True).transform(longitude, latitude)
    return Affine(cell, 0, x - away * cell, 0, -cell, y + 2 * away * cell)


def places(frame, transform, to_crs, longitude, latitude, radius_m, count=400, seed=1):
    """Random places around a site: bearing in radians, distance, row and column."""
    rng = np.random.default_rng(seed)
    bearing, away_m = rng.uniform(0, 360, count), radius_m * np.sqrt(rng.uniform(0, 1, count))
    east, north, _ = GEOD.fwd(np.full(count, longitude), np.full(count, latitude), bearing, away_m)
    x, y = to_crs.transform(east, north)
    row, column = (y - transform.f) / transform.e - 0.5, (x - transform.c) / transform.a - 0.5
    return np.radians(bearing), away_m, row, column


def along(frame, bearing, away_m):
    """Row and column by the frame's radials, shape (2, n)."""
    coefficients = frame.radials(bearing)
    powers = (away_m / frame.radius_m)[:, None] ** np.arange(coefficients.shape[2])
    return np.einsum("nkp,np->kn", coefficients, powers)


def metres(frame, row, column):
    """Metres east and north by the frame, shape (2, n)."""
    u, v = (row - frame.site[0]) / frame.span[0], (column - frame.site[1]) / frame.span[1]
    degree = frame.metres.shape[1]
    basis = np.array([[u**i * v**j for j in range(degree)] for i in range(degree)])
    return frame.radius_m * np.einsum("kij,ijn->kn", frame.metres, basis)


@pytest.mark.parametrize("radius_m", [100.0, 10_000.0, 100_000.0])
@pytest.mark.parametrize(("epsg", "longitude", "latitude", "cell"), PLACES)
def test_positions_are_those_of_pyproj(epsg, longitude, latitude, cell, radius_m):
    crs = CRS.from_epsg(epsg)
    transform = grid(crs, longitude, latitude, cell)
    frame = frame_around(longitude, latitude, radius_m, transform, crs)
    to_crs = TransformerGroup(DEGREES, crs, always_xy=True).transformers[0]
    bearing, away_m, row, column = places(frame, transform, to_crs, longitude, latitude, radius_m)
    np.testing.assert_allclose(along(frame, bearing, away_m), [row, column], atol=0.01)
    cell_m = radius_m / frame.span.max()
    expected = away_m * np.sin(bearing), away_m * np.cos(bearing)
    np.testing.assert_allclose(metres(frame, row, column), expected, atol=0.01 * cell_m)
    np.testing.assert_allclose(frame.site, [1000.0, 499.75], atol=1e-5)


def test_one_operation_where_pyproj_would_pass_from_one_to_another():
    """For VN-2000 there are two, 0.8 m apart, and the edge between them runs through Dong Nai."""
    crs, site = CRS.from_epsg(5899), (107.1, 10.95)
    transform = grid(crs, *site, 30.0)
    frame = frame_around(*site, 20_000.0, transform, crs)
    off = []
    for to_crs in TransformerGroup(DEGREES, crs, always_xy=True).transformers:
        bearing, away_m, row, column = places(frame, transform, to_crs, *site, 20_000.0)
        off.append(np.abs(along(frame, bearing, away_m) - [row, column]).max())
    assert min(off) < 1e-6
    assert max(off) == pytest.approx(0.8 / 30, abs=0.01)


@pytest.mark.parametrize(
    ("west", "longitude"), [(252.9, -107.05), (-107.1, 252.95), (179.95, -179.99), (179.95, 180.01), (-180.05, 179.99)]
)
def test_degrees_of_another_turn(west, longitude):
    """A DEM may count from 0 to 360, and a circle may cross the date line."""
    transform = Affine(0.001, 0, west, 0, -0.001, 11.1)
    frame = frame_around(longitude, 11.05, 3_000.0, transform, DEGREES)
    assert frame.site == pytest.approx([49.5, ((longitude - west) % 360) * 1000 - 0.5])
    east = along(frame, np.array([math.pi / 2]), np.array([2_000.0]))[1, 0] - frame.site[1]
    assert east == pytest.approx(2_000 / (111_319.49 * math.cos(math.radians(11.05)) / 1000), rel=2e-3)


def test_a_grid_that_begins_at_the_site():
    frame = frame_around(107.0, 11.0, 1_000.0, Affine(0.001, 0, 107.0, 0, -0.001, 11.0), DEGREES)
    np.testing.assert_allclose(frame.site, [-0.5, -0.5], atol=1e-6)


def test_a_wider_system_needs_no_more_than_it_says():
    """Far outside of the circle no cell is mistaken for one within."""
    frame = frame_around(18.9, 69.6, 2_000.0, Affine(1 / 3600, 0, 18.0, 0, -1 / 3600, 70.0), DEGREES)
    row, column = (each.ravel() for each in np.meshgrid(np.arange(0.0, 3000, 37), np.arange(0.0, 6000, 37)))
    east, north = 18.0 + (column + 0.5) / 3600, 70.0 - (row + 0.5) / 3600
    away_m = GEOD.inv(np.full(len(east), 18.9), np.full(len(east), 69.6), east, north)[2]
    found = np.hypot(*metres(frame, row, column))
    np.testing.assert_array_equal(found <= 2_000, away_m <= 2_000)
    assert (away_m <= 2_000).sum() > 5


@pytest.mark.parametrize(
    ("epsg", "longitude", "latitude", "radius_m"), [(4326, 20.0, 89.99, 5_000.0), (4326, 20.0, 90.0, 100.0)]
)
def test_around_a_pole_degrees_do_not_do(epsg, longitude, latitude, radius_m):
    with pytest.raises(DataError, match="cannot describe") as error:
        frame_around(longitude, latitude, radius_m, Affine(0.001, 0, 0, 0, -0.001, 90), CRS.from_epsg(epsg))
    assert "không mô tả được" in told(error.value, "vi")


def test_a_place_that_a_projection_does_not_reach():
    with pytest.raises(DataError, match="cannot describe"):
        frame_around(107.0, -90.0, 1_000.0, Affine(30, 0, 0, 0, -30, 0), CRS.from_epsg(3857))
