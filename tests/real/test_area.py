"""Areas around sites in the White Mountains and in Vanuatu, cell by cell against one path at a time."""

import math

import numpy as np
import pytest
from affine import Affine
from pyproj import CRS, Geod
from rasterio.warp import Resampling, reproject
from scipy.ndimage import gaussian_filter

from lomsong.radio import Physics, Site, Terrain, path_profile, sweep, terrain_around
from lomsong.radio.area import OUTSIDE
from lomsong.radio.p1812 import Profile, basic_loss
from lomsong.radio.sampling import traced
from lomsong.radio.vegetation import woodland_loss_db

pytestmark = pytest.mark.real

MOUNTAINS, ISLANDS = "N44W072", "S16E166"
GEOD = Geod(ellps="WGS84")
CELLS = 12_500
RADIUS_M = 12_000.0

RUNS = [
    (MOUNTAINS, Site(-71.30, 44.27, 42.0, 700.0), Physics(), False),
    (MOUNTAINS, Site(-71.55, 44.62, 20.0, 1800.0), Physics(polarization="horizontal"), True),
    (MOUNTAINS, Site(-71.12, 44.05, 60.0, 3500.0), Physics(p_percent=10.0, delta_n=60.0), True),
    (MOUNTAINS, Site(-71.80, 44.40, 30.0, 900.0), Physics(p_percent=10.0, sigma_l_db=5.5, pl_percent=90.0), False),
    (ISLANDS, Site(166.85, -15.60, 42.0, 900.0), Physics(), False),
    (ISLANDS, Site(167.00, -15.50, 30.0, 2600.0), Physics(rx_height_m=10.0), True),
    (ISLANDS, Site(166.90, -15.15, 30.0, 700.0), Physics(p_percent=10.0, polarization="horizontal"), True),
    (ISLANDS, Site(166.60, -15.05, 20.0, 3500.0), Physics(woodland=None, n0=350.0, delta_n=55.0), True),
]


def terrain_of(shared_data, tile, site, dressed, radius_m=RADIUS_M):
    path = f"/vsizip/{shared_data / 'dem' / tile}.hgt.zip/{tile}.hgt"
    terrain = terrain_around(path, site.longitude, site.latitude, radius_m)
    if not dressed:
        return terrain
    rng = np.random.default_rng(round(site.frequency_mhz))
    shape, land = terrain.ground_m.shape, terrain.zone != 1
    wood = (gaussian_filter(rng.normal(size=shape), 3) > 0.05) & land
    town = (gaussian_filter(rng.normal(size=shape), 2) > 0.25) & land
    canopy, clutter = np.where(wood, rng.uniform(1, 22, shape), 0), np.where(town, rng.uniform(4, 25, shape), 0)
    return Terrain(terrain.ground_m, canopy, terrain.transform, terrain.crs, clutter, terrain.zone)


def asked_of(site, physics):
    return {
        "f_ghz": site.frequency_mhz / 1000, "htg_m": site.height_m, "hrg_m": physics.rx_height_m,
        "polarization": physics.polarization, "p_percent": physics.p_percent, "pl_percent": physics.pl_percent,
        "sigma_l_db": physics.sigma_l_db, "delta_n": physics.delta_n, "n0": physics.n0,
    }  # fmt: skip


def nudged_db(profile, wanted_db, **asked):
    """Return what is nearest to a loss among those of paths with a nanometre more somewhere.

    A path that jumps by itself there, as between equal heights, is as right on either side.
    """
    found = []
    for point in range(1, len(profile.d_km) - 1):
        ground = profile.h_m + 1e-9 * (np.arange(len(profile.d_km)) == point)
        other = Profile(
            profile.d_km, ground, profile.clutter_m, profile.zone, profile.tx_lonlat, profile.rx_lonlat
        )  # fmt: skip
        found.append(basic_loss(other, **asked).lb_db)
    return min(found, key=lambda each: abs(each - wanted_db))


@pytest.mark.parametrize(("tile", "site", "physics", "dressed"), RUNS)
def test_random_cells_equal_one_path_at_a_time(shared_data, tile, site, physics, dressed):
    terrain = terrain_of(shared_data, tile, site, dressed)
    swept = sweep(terrain, site, RADIUS_M, physics=physics)
    known = np.argwhere((swept.lookup != OUTSIDE) & np.isfinite(swept.loss_db))
    rng, points = np.random.default_rng(11), swept.loss.shape[1]
    asked, off, zones, wooded = asked_of(site, physics), [], set(), 0
    for row, column in rng.choice(known, CELLS, replace=len(known) < CELLS):
        index = int(swept.lookup[row, column])
        found = swept.path(row, column)
        if found is None:
            assert index % points < 2
            continue
        profile, coast = found
        trees_db = 0.0
        if dressed and physics.woodland is not None:
            bearing = math.tau * (index // points) / len(swept.loss)
            trees_db = traced(terrain, swept.frame, bearing, site, physics, swept.step_m, index % points).trees_db
            wooded += trees_db > 0
        expected = basic_loss(profile, **asked, **coast).lb_db + trees_db
        loss_db = float(swept.loss.flat[index])
        if abs(loss_db - expected) > 1e-3:
            expected = nudged_db(profile, loss_db - trees_db, **asked, **coast) + trees_db
        off.append(abs(loss_db - expected))
        zones.add(int(profile.zone[-1]))
    assert len(off) > 0.99 * CELLS
    assert max(off) <= 1e-3, f"{np.sum(np.array(off) > 1e-3)} of {len(off)}, worst {max(off):.4f} dB"
    assert zones == ({4} if tile == MOUNTAINS else {1, 3, 4})
    assert wooded > 1_000 or not dressed or physics.woodland is None


def heights(terrain, longitude, latitude):
    """Ground, highest thing, wood and zone at places in degrees, by numpy alone."""
    cells = terrain.transform
    row, column = (latitude - cells.f) / cells.e - 0.5, (longitude - cells.c) / cells.a - 0.5
    # The outer half cell is as high as the outermost centres.
    ground = np.pad(terrain.ground_m.astype(float), 1, mode="edge")
    top, left = np.floor(row).astype(int) + 1, np.floor(column).astype(int) + 1
    down, across = row + 1 - top, column + 1 - left
    mean = (ground[top, left] * (1 - across) + ground[top, left + 1] * across) * (1 - down)
    mean += (ground[top + 1, left] * (1 - across) + ground[top + 1, left + 1] * across) * down
    at = np.rint(row).astype(int), np.rint(column).astype(int)
    return mean, np.maximum(terrain.canopy_m[at], terrain.clutter_m[at]), terrain.canopy_m[at], terrain.zone[at]


@pytest.mark.parametrize(("tile", "site", "physics", "dressed"), RUNS)
def test_profiles_are_those_of_geodesics_to_the_cells(shared_data, tile, site, physics, dressed):
    terrain = terrain_of(shared_data, tile, site, dressed)
    swept = sweep(terrain, site, RADIUS_M, physics=physics)
    known = np.argwhere(np.isfinite(swept.loss_db) & (swept.lookup != OUTSIDE))
    cells, compared = terrain.transform, 0
    for row, column in np.random.default_rng(5).choice(known, 250):
        found = swept.path(row, column)
        if found is None:
            continue
        profile, index = found[0], int(swept.lookup[row, column])
        centre = cells.c + (column + 0.5) * cells.a, cells.f + (row + 0.5) * cells.e
        azimuth, _, away_m = GEOD.inv(site.longitude, site.latitude, *centre)
        *_, missed_m = GEOD.inv(*profile.rx_lonlat, *centre)
        assert missed_m <= 0.7072 * swept.step_m
        assert abs(1000 * profile.length_km - away_m) <= 0.5 * swept.step_m + 1e-3
        bearing = 360 * (index // swept.loss.shape[1]) / len(swept.loss)
        assert abs((bearing - azimuth + 180) % 360 - 180) <= 180 / len(swept.loss) + 1e-6
        n = len(profile.d_km)
        east, north, _ = GEOD.fwd(
            np.full(n, site.longitude), np.full(n, site.latitude), np.full(n, bearing), 1000 * profile.d_km
        )
        ground, standing, wood, zone = heights(terrain, east, north)
        np.testing.assert_allclose(profile.h_m, ground, atol=2e-3)
        # The stand of trees around the receiver, from its top at the ray or its edge on.
        start, curve = n - 2, ground - 500 / (157 / (157 - physics.delta_n) * 6371) * profile.d_km**2
        depth_m, hrg = 0.0, physics.rx_height_m
        if physics.woodland is not None and wood[-1] > hrg:
            ray = np.linspace(curve[0] + site.height_m, curve[-1] + hrg, n)
            while start > 0 and wood[start] > 0 and curve[start] + wood[start] > ray[start]:
                start -= 1
            depth_m = swept.step_m * max(n - 1 - start - 0.5, 0.5)
        standing[start + 1 :] = 0
        # A point within a nanometre of a cell's edge may be taken from either.
        assert (np.abs(profile.clutter_m - standing) > 1e-4).sum() <= 1
        assert (profile.zone != zone).sum() <= 1
        loss = basic_loss(profile, **asked_of(site, physics), **found[1]).lb_db
        loss += 0.0 if depth_m == 0 else float(woodland_loss_db(depth_m, site.frequency_mhz, physics.woodland))
        if (np.abs(profile.clutter_m - standing) <= 1e-4).all():
            assert float(swept.loss.flat[index]) == pytest.approx(loss, abs=1e-3)
            compared += 1
    assert compared > 230


def test_a_dem_brought_to_utm_gives_nearly_the_same_area(shared_data):
    site, radius_m = Site(-71.30, 44.27, 30.0, 1800.0), 8_000.0
    degrees = terrain_of(shared_data, MOUNTAINS, site, False, radius_m + 1_000)
    utm = CRS.from_epsg(32619)
    cells = Affine(75.0, 0, 305_000.0, 0, -75.0, 4_915_000.0)
    ground = np.full((320, 300), np.nan, np.float32)
    reproject(
        degrees.ground_m, ground, src_transform=degrees.transform, src_crs=degrees.crs.to_wkt(), dst_transform=cells,
        dst_crs=utm.to_wkt(), src_nodata=np.nan, dst_nodata=np.nan, resampling=Resampling.bilinear,
    )  # fmt: skip
    metric = Terrain(ground, np.zeros_like(ground), cells, utm)
    first, second = sweep(degrees, site, radius_m), sweep(metric, site, radius_m)
    warped = np.full(degrees.ground_m.shape, np.nan, np.float32)
    reproject(
        second.loss_db, warped, src_transform=cells, src_crs=utm.to_wkt(), dst_transform=degrees.transform,
        dst_crs=degrees.crs.to_wkt(), src_nodata=np.nan, dst_nodata=np.nan, resampling=Resampling.bilinear,
    )  # fmt: skip
    off = (first.loss_db - warped)[np.isfinite(first.loss_db) & np.isfinite(warped)]
    assert len(off) > 0.97 * np.isfinite(first.loss_db).sum()
    assert abs(off.mean()) < 0.5
    assert np.median(np.abs(off)) < 1.0
    assert np.quantile(np.abs(off), 0.95) < 8.0


def test_links_to_cells_have_nearly_their_loss(shared_data):
    tile, site, physics, _ = RUNS[0]
    terrain = terrain_of(shared_data, tile, site, True)
    swept = sweep(terrain, site, RADIUS_M, physics=physics)
    known, cells, off = np.argwhere(np.isfinite(swept.loss_db)), terrain.transform, []
    for row, column in np.random.default_rng(6).choice(known, 60):
        centre = cells.c + (column + 0.5) * cells.a, cells.f + (row + 0.5) * cells.e
        link = path_profile(terrain, site, centre, physics=physics)
        off.append(float(swept.loss_db[row, column]) - link.loss.lb_db - link.vegetation_db)
    assert np.median(np.abs(off)) < 1.5
    assert abs(np.mean(off)) < 1.5


@pytest.mark.parametrize("run", [RUNS[0], RUNS[3], RUNS[5]])
def test_no_rings_and_no_spokes(shared_data, run):
    """No radial and no distance stands out from its neighbours more than terrain makes it."""
    tile, site, physics, _ = run
    loss = sweep(terrain_of(shared_data, tile, site, False), site, RADIUS_M, physics=physics).loss[:, 60:].astype(float)
    across, along = np.diff(loss, axis=0), np.diff(loss, axis=1)
    to_next = np.array([np.nanmedian(each) for each in across if np.isfinite(each).sum() >= 20])
    outwards = np.array([np.nanmedian(each) for each in along.T if np.isfinite(each).sum() >= 100])
    assert len(to_next) > 300
    assert len(outwards) > 60
    assert abs(to_next.mean()) < 0.06
    assert np.quantile(np.abs(to_next), 0.95) < 1.5
    # A spoke is a step up and a step down at once.
    assert np.corrcoef(to_next[1:], to_next[:-1])[0, 1] > -0.25
    assert (np.abs(np.diff(outwards)) < 0.4).all()
    # Radials and distances of even and odd number are no different.
    assert abs(np.nanmedian(across[::2]) - np.nanmedian(across[1::2])) < 0.1
    assert abs(np.nanmedian(along[:, ::2]) - np.nanmedian(along[:, 1::2])) < 0.1
