import dataclasses
import math

import numpy as np
import pytest
import rasterio
from pyproj import CRS, Geod, Transformer
from rasterio.transform import from_origin
from scipy.ndimage import gaussian_filter
from shapely import Point

from lomsong.errors import DataError, UsageError
from lomsong.radio import Physics, Site, Terrain, path_profile, sweep, three_gpp
from lomsong.radio.p1812 import Loss
from lomsong.radio.profile import PathProfile
from lomsong.radio.vegetation import woodland_loss_db
from lomsong.texts import told


@pytest.fixture
def link():
    return PathProfile(
        np.array([0.0, 2.0, 5.0, 10.0]), np.array([100.0, 90.0, 100.0, 50.0]), np.array([9.0, 0.0, 5.0, 9.0]),
        np.array([0.0, 0.0, 20.0, 25.0]), np.array([9.0, 0.0, 20.0, 25.0]), np.array([4, 4, 4, 4]), (107.0, 11.3),
        (107.09, 11.3), 50.0, 10.0,
        299.792458, 8500.0, 90.0, np.nan, 0.0, 0.0, Loss(120.0, {}), np.nan,
    )  # fmt: skip


def test_a_link_by_hand(link):
    # A wavelength of 1 m: F1 = sqrt(d1 d2 / d) in metres.
    np.testing.assert_allclose(link.fresnel_radius_m, [0, np.sqrt(1600), 50, 0])
    np.testing.assert_allclose(link.ray_m, [150, 132, 105, 60])
    np.testing.assert_allclose(link.bulge_m, [0, 16e6 / 17e6, 25e6 / 17e6, 0])
    np.testing.assert_allclose(link.obstacle_m, [100, 90 + 16 / 17, 120 + 25 / 17, 50])
    assert link.worst == 2
    assert link.clearance == pytest.approx((105 - 120 - 25 / 17) / 50)
    assert link.length_km == 10


def test_what_stands_at_the_ends_is_no_obstacle_and_nothing_is_changed(link):
    before = link.standing_m.copy()
    bare = dataclasses.replace(link, standing_m=np.array([0.0, 0, 20, 0]))
    assert bare.clearance == link.clearance
    np.testing.assert_array_equal(link.standing_m, before)
    assert dataclasses.replace(link, standing_m=np.zeros(4)).clearance > link.clearance


def test_a_higher_antenna_never_lessens_the_clearance(link):
    clearances = [dataclasses.replace(link, tx_height_m=height).clearance for height in (10.0, 50.0, 90.0)]
    assert clearances == sorted(clearances)
    two = {
        name: getattr(link, name)[[0, -1]]
        for name in ("d_km", "ground_m", "clutter_m", "canopy_m", "standing_m", "zone")
    }
    assert dataclasses.replace(link, **two).clearance == np.inf


SITE = (107.2, 11.3)
UTM = CRS.from_epsg(32648)
GEOD = Geod(ellps="WGS84")


def country(ground, canopy=None, clutter=None, zone=None, step=50.0):
    """A grid whose middle is the site."""
    x, y = Transformer.from_crs(4326, UTM, always_xy=True).transform(*SITE)
    rows, columns = ground.shape
    transform = from_origin(x - columns * step / 2, y + rows * step / 2, step, step)
    canopy = np.zeros(ground.shape) if canopy is None else canopy
    return Terrain(ground, canopy, transform, UTM, clutter, zone)


def hilly(size=121):
    rng = np.random.default_rng(7)
    ground = 900 * gaussian_filter(rng.normal(size=(size, size)), 7) + 200
    wood = 14.0 * (gaussian_filter(rng.normal(size=ground.shape), 3) > 0.02)
    town = 9.0 * (gaussian_filter(rng.normal(size=ground.shape), 2) > 0.1)
    return country(ground, wood, town)


def place(azimuth, length_m):
    east, north, _ = GEOD.fwd(*SITE, azimuth, length_m)
    return east, north


@pytest.mark.parametrize("physics", [Physics(), Physics(p_percent=10, delta_n=60, sigma_l_db=5, pl_percent=80)])
def test_a_link_along_a_radial_is_that_of_the_area(physics):
    """To the very points of radials, where area and link are one path."""
    terrain, site = hilly(), Site(*SITE, 30.0, 1800.0, 40.0, 75.0, 3.0, three_gpp(downtilt_deg=2))
    swept = sweep(terrain, site, 2_800.0, physics=physics)
    radials, points = swept.loss.shape
    compared, wooded = 0, 0
    for radial, end in np.random.default_rng(3).integers([0, 2], [radials, points - 1], (150, 2)):
        if np.isnan(swept.loss[radial, end]):
            continue
        bearing = 360 * radial / radials
        # Nearer by a hair, so that there are as many steps.
        link = path_profile(terrain, site, place(bearing, end * swept.step_m - 1e-6), physics=physics)
        assert len(link.d_km) == end + 1
        loss_db = link.loss.lb_db + link.vegetation_db
        assert loss_db == pytest.approx(float(swept.loss[radial, end]), abs=2e-3)
        weaker = float(site.pattern.attenuation_db(bearing, float(swept.down[radial, end]), 75.0, 3.0))
        assert link.antenna_db == pytest.approx(weaker, abs=1e-3)
        assert link.level_dbm == pytest.approx(40 - link.antenna_db - loss_db)
        assert (link.bearing_deg - bearing + 180) % 360 - 180 == pytest.approx(0, abs=1e-6)
        compared, wooded = compared + 1, wooded + (link.vegetation_db > 0)
    assert compared > 60
    assert wooded > 10


def test_the_profile_is_that_along_the_geodesic():
    terrain, site, rx = hilly(), Site(*SITE, 30.0, 900.0, 30.0), place(200.0, 2_345.0)
    link = path_profile(terrain, site, rx)
    assert link.length_km == pytest.approx(2.345)
    np.testing.assert_allclose(np.diff(link.d_km), 2.345 / 47, rtol=1e-9)
    n = len(link.d_km)
    east, north, _ = GEOD.fwd(np.full(n, SITE[0]), np.full(n, SITE[1]), np.full(n, 200.0), 1000 * link.d_km)
    x, y = Transformer.from_crs(4326, UTM, always_xy=True).transform(east, north)
    np.testing.assert_allclose(link.ground_m, terrain.ground_at(x, y), atol=1e-3)
    np.testing.assert_allclose(link.canopy_m, terrain.canopy_at(x, y), atol=1e-6)
    cells = terrain.transform
    row, column = np.floor((y - cells.f) / cells.e).astype(int), np.floor((x - cells.c) / cells.a).astype(int)
    np.testing.assert_allclose(link.clutter_m, terrain.clutter_m[row, column])
    assert (link.tx_lonlat, link.rx_lonlat) == (SITE, rx)
    assert (link.tx_height_m, link.rx_height_m, link.frequency_mhz, link.eirp_dbm) == (30.0, 1.5, 900.0, 30.0)
    assert link.effective_earth_km == pytest.approx(6371 * 157 / 112)
    fine = path_profile(terrain, site, rx, step_m=10.0)
    assert len(fine.d_km) == 236
    assert fine.loss.lb_db + fine.vegetation_db == pytest.approx(link.loss.lb_db + link.vegetation_db, abs=6)


def test_a_receiver_as_numbers_of_numpy_is_two_numbers():
    terrain, site, rx = country(np.full((121, 121), 100.0)), Site(*SITE, 30.0, 900.0), place(90.0, 2_000.0)
    assert path_profile(terrain, site, np.array(rx)).rx_lonlat == rx


def test_a_receiver_in_a_wood_by_hand():
    """On a plain with trees of 20 m from 1000 m on: the stand is no obstacle, but as deep as it is costs."""
    size = 121
    _, column = np.mgrid[:size, :size]
    wood = np.where(column >= 60 + 20, 20.0, 0.0)
    terrain, site = country(np.full((size, size), 100.0), wood), Site(*SITE, 21.5 + 20, 900.0, 30.0)
    link = path_profile(terrain, site, place(90.0, 2_000.0))
    bare = path_profile(country(np.full((size, size), 100.0)), site, place(90.0, 2_000.0))
    # The ray falls from 41.5 m to 1.5 m over 2000 m and comes below the tops 925 m before the receiver.
    start = round(np.flatnonzero(link.standing_m)[-1])
    ray = link.ray_m - 100 - link.bulge_m
    assert ray[start] > 20 >= ray[start + 1]
    assert (link.standing_m[: start + 1] == link.canopy_m[: start + 1]).all()
    depth_m = 50 * (40 - start - 0.5)
    assert link.vegetation_db == pytest.approx(float(woodland_loss_db(depth_m, 900)), abs=1e-6)
    assert depth_m == pytest.approx(925, abs=60)
    assert bare.vegetation_db == 0
    assert link.level_dbm == pytest.approx(30 - link.loss.lb_db - link.vegetation_db)
    # Without the term of its own the wood is an obstacle right up to the receiver.
    blocked = path_profile(terrain, site, place(90.0, 2_000.0), physics=Physics(woodland=None))
    assert blocked.vegetation_db == 0
    assert blocked.loss.lb_db > link.loss.lb_db + 5
    above = path_profile(terrain, site, place(90.0, 2_000.0), physics=Physics(rx_height_m=25.0))
    assert above.vegetation_db == 0


def test_along_the_sea():
    size = 121
    _, column = np.mgrid[:size, :size]
    zone = np.where(column >= 80, 1, np.where(column >= 70, 3, 4))
    ground = np.where(zone == 1, 0.0, 20.0)
    terrain, site = country(ground, zone=zone), Site(*SITE, 30.0, 900.0)
    link = path_profile(terrain, site, place(90.0, 2_500.0), physics=Physics(sigma_l_db=8, pl_percent=90))
    assert link.zone[[0, 12, -1]].tolist() == [4, 3, 1]
    assert link.loss.terms["Lloc"] == 0
    # 2500 m of which the sea begins 975 m from the middle of the cell of the site.
    assert link.loss.terms["w"] == pytest.approx((2500 - 975) / 2500, abs=0.02)
    inland = path_profile(terrain, site, place(270.0, 2_500.0), physics=Physics(sigma_l_db=8, pl_percent=90))
    assert inland.loss.terms["Lloc"] == pytest.approx(8 * 1.2816, abs=3e-3)
    assert inland.loss.terms["w"] == 0


def test_a_wall_cuts_the_ray():
    size = 121
    _, column = np.mgrid[:size, :size]
    ground = np.where(np.abs(column - 80) <= 1, 160.0, 100.0)
    link = path_profile(country(ground), Site(*SITE, 30.0, 900.0), place(90.0, 2_000.0))
    assert link.d_km[link.worst] == pytest.approx(1.0, abs=0.1)
    assert link.clearance < -1
    over = path_profile(country(ground), Site(*SITE, 300.0, 900.0), place(90.0, 2_000.0))
    assert over.clearance > 1
    assert over.loss.lb_db < link.loss.lb_db - 10
    np.testing.assert_allclose(link.obstacle_m, link.ground_m + link.bulge_m)


@pytest.mark.parametrize("length_m", [0.5, 40.0, 120.0])
def test_short_links_have_free_space_and_a_point_between(length_m):
    link = path_profile(country(np.full((9, 9), 50.0)), Site(*SITE, 1.5, 1000.0, 20.0), place(45.0, length_m))
    assert len(link.d_km) == 2 + max(math.ceil(length_m / 50) - 1, 1)
    free_db = 92.4 + 20 * math.log10(length_m / 1000)
    assert link.loss.terms["Lbfs"] == pytest.approx(free_db, abs=1e-6)
    assert link.loss.lb_db >= free_db - 1e-6
    assert link.level_dbm == pytest.approx(20 - link.loss.lb_db)


def test_without_eirp_there_is_no_level():
    link = path_profile(hilly(), Site(*SITE, 30.0, 900.0), place(10.0, 2_000.0))
    assert math.isnan(link.level_dbm)
    assert math.isfinite(link.loss.lb_db)


def test_a_dem_in_degrees_from_a_file(tmp_path):
    ground = hilly().ground_m
    cells = from_origin(SITE[0] - 0.03, SITE[1] + 0.03, 0.0005, 0.0005)
    with rasterio.open(
        tmp_path / "dem.tif", "w", driver="GTiff", width=121, height=121, count=1, dtype="float32", crs="EPSG:4326",
        transform=cells,
    ) as target:  # fmt: skip
        target.write(ground, 1)
    terrain = Terrain(ground, np.zeros_like(ground), cells, CRS.from_epsg(4326))
    site, rx = Site(*SITE, 30.0, 900.0), place(77.0, 2_500.0)
    assert path_profile(tmp_path / "dem.tif", site, rx).loss.lb_db == path_profile(terrain, site, rx).loss.lb_db


def voided():
    ground = np.full((121, 121), 100.0)
    ground[:, 90] = np.nan
    return country(ground)


@pytest.mark.parametrize(
    ("site", "rx", "more", "kind", "english", "vietnamese"),
    [
        (Site(*SITE, 30.0, 900.0, name="T7"), SITE, {}, DataError, "T7: the receiver is where the site is", "trạm T7"),
        (Site(*SITE, 30.0, 900.0), place(90, 2000), {}, DataError, "after 1.4", "sau 1.4"),
        (Site(*SITE, 30.0, 900.0), place(270, 5000), {}, DataError, "after 3.0", "sau 3.0"),
        (Site(107.3, 11.3, 30.0, 900.0), SITE, {}, DataError, "outside the DEM", "nằm ngoài DEM"),
        (Site(*SITE, 30.0, 900.0), (math.nan, 11.3), {}, UsageError, "nowhere on Earth", "không có trên Trái Đất"),
        (Site(*SITE, 30.0, 900.0), (11.3, 107.2), {}, UsageError, "longitude first", "kinh độ trước"),
        (Site(*SITE, 30.0, 900.0), Point(107.2, 11.3), {}, UsageError, "give two numbers", "cần hai số"),
        (Site(*SITE, 30.0, 900.0), (107.2,), {}, UsageError, "give two numbers", "cần hai số"),
        (Site(math.nan, 11.3, 30.0, 900.0), SITE, {}, UsageError, "nowhere on Earth", "không có trên Trái Đất"),
        (Site(*SITE, 0.5, 900.0), place(270, 2000), {}, UsageError, "htg_m = 0.5", "htg_m = 0.5"),
        (Site(*SITE, 30.0, 9.0), place(270, 2000), {}, UsageError, "f_ghz = 0.009", "f_ghz = 0.009"),
        (Site(*SITE, 30.0, 900.0), place(270, 2000), {"step_m": 0}, UsageError, "step_m = 0", "step_m = 0"),
        (Site(*SITE, 30.0, 900.0), place(270, 2000), {"step_m": -5}, UsageError, "step_m = -5", "step_m = -5"),
        (Site(*SITE, 30.0, 900.0), place(270, 2000), {"step_m": 1e-9}, UsageError, "at least 0.002", "không dưới"),
        (Site(*SITE, 30.0, 900.0), place(270, 2000), {"physics": Physics(n0=0)}, UsageError, "n0 = 0", "n0 = 0"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told_in_both_languages(site, rx, more, kind, english, vietnamese):
    with pytest.raises(kind) as error:
        path_profile(voided(), site, rx, **more)
    assert english in told(error.value, "en")
    assert vietnamese in told(error.value, "vi")
    assert "\n" not in str(error.value)
