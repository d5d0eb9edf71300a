import math

import numpy as np
import pytest
from pyproj import CRS
from rasterio.transform import from_origin
from scipy.ndimage import gaussian_filter

from lomsong import geo
from lomsong.chunks import in_chunks
from lomsong.radio import Physics, Terrain, sites_of
from lomsong.radio import paths as radio_paths
from lomsong.radio.p1812.radial import radial_losses, room_for
from lomsong.radio.sampling import grids_of, is_bare, sample_radial
from lomsong.simulate import Recipe, simulate
from lomsong.simulate.recipe import METRIC
from lomsong.surface.pathloss import REACH_M, UNHEARD_DBM, Tuning, bare, best_server, canopy_loss, site_trend


@pytest.fixture(scope="module")
def province():
    return simulate(Recipe(area_km2=150, communes=8, households=600, seed=5))


@pytest.fixture(scope="module")
def terrain(province):
    grid = province.grid
    return Terrain(
        province.ground_m, province.canopy_m, from_origin(grid.west_m, grid.north_m, grid.step_m, grid.step_m), METRIC
    )


def own(province, operator="viettel"):
    return province.sites[province.sites["operator"] == operator].to_crs(METRIC)


def places(terrain, count=400, seed=1):
    west, south, east, north = terrain.bounds
    return np.random.default_rng(seed).uniform([west, south], [east, north], (count, 2))


def radial_level_dbm(terrain, tx, point, site, latitude):
    """One sector at one place as the end of a radial, as all paths were once computed."""
    east, north = point - tx
    length_m, cell = math.hypot(east, north), terrain.step_m
    steps = max(math.ceil(length_m / cell), 1)
    run = Physics(rx_height_m=1.5).run(site.height_m, site.frequency_mhz, length_m / steps, bare=is_bare(terrain))
    along = np.array(
        [
            [(terrain.north_m - tx[1]) / cell - 0.5, -north / cell],
            [(tx[0] - terrain.west_m) / cell - 0.5, east / cell],
        ]
    )
    room, zone, loss = room_for(steps + 1), np.empty(steps + 1, np.uint8), np.full(steps + 1, np.nan)
    nothing = np.empty(0)
    assert sample_radial(run, room.rows, grids_of(terrain), along, length_m, zone, nothing, nothing) == steps + 1
    wanted = np.arange(steps + 1) == steps
    radial_losses(run, room, zone, wanted, steps + 1, latitude, math.atan2(east, north), loss)
    fall = terrain.ground_at(*tx) + site.height_m - terrain.ground_at(*point) - 1.5
    down, weaker = math.degrees(math.atan2(fall, length_m)), 0.0
    if site.pattern is not None:
        bearing = math.degrees(math.atan2(east, north))
        weaker = float(site.pattern.attenuation_db(bearing, down, site.azimuth_deg, site.tilt_deg))
    return site.eirp_dbm - weaker - loss[-1]


def by_radials(terrain, sites, at):
    """Level of every sector at every place, shape (places, sectors); minus infinity out of reach."""
    west, south, east, north = terrain.bounds
    _, latitude = geo.to_wgs84(np.array([(west + east) / 2]), np.array([(south + north) / 2]), terrain.crs)
    masts, antennas = np.column_stack([sites.geometry.x, sites.geometry.y]), sites_of(sites)
    level_dbm = np.full((len(at), len(sites)), -np.inf)
    for i, j in zip(*np.nonzero(np.hypot(*(at[:, None] - masts[None]).transpose(2, 0, 1)) <= REACH_M), strict=True):
        level_dbm[i, j] = radial_level_dbm(terrain, masts[j], at[i], antennas[j], math.radians(latitude[0]))
    return level_dbm


def assert_as_by_radials(terrain, sites, at):
    heard = best_server(at, sites, terrain, 1.5)
    each, over_bare = by_radials(terrain, sites, at), by_radials(bare(terrain), sites, at)
    np.testing.assert_allclose(heard.level_dbm, np.maximum(each.max(axis=1), UNHEARD_DBM), atol=1e-6, rtol=0)
    np.testing.assert_allclose(heard.bare_dbm, np.maximum(over_bare.max(axis=1), UNHEARD_DBM), atol=1e-6, rtol=0)
    served = np.isfinite(each).any(axis=1)
    np.testing.assert_array_equal(heard.site, np.where(served, each.argmax(axis=1), -1))
    return heard


@pytest.mark.parametrize("operator", ["viettel", "mobifone"])
def test_one_pass_gives_what_every_sector_by_radials_gives_with_and_without_obstacles(province, terrain, operator):
    heard = assert_as_by_radials(terrain, own(province, operator), places(terrain, 60))
    assert (heard.bare_dbm - heard.level_dbm > 3).mean() > 0.1


def test_vegetation_never_helps_and_costs_nothing_where_nothing_stands(province, terrain):
    sites, at = own(province), places(terrain)
    assert (canopy_loss(best_server(at, sites, terrain, 1.5)) >= 0).all()
    nothing = canopy_loss(best_server(at, sites, bare(terrain), 1.5))
    assert nothing.shape == (len(at), 1)
    np.testing.assert_allclose(nothing, 0, atol=1e-9)


def test_places_do_not_depend_on_their_order_company_or_the_workers(province, terrain, monkeypatch):
    sites, at = own(province), places(terrain, 1500)
    together = best_server(at, sites, terrain, 1.5)
    shuffled = np.random.default_rng(2).permutation(len(at))
    apart = best_server(at[shuffled], sites, terrain, 1.5)
    for one, other in zip(together, apart, strict=True):
        np.testing.assert_array_equal(one[shuffled], other)
    few = best_server(at[:7], sites, terrain, 1.5)
    for one, other in zip(together, few, strict=True):
        np.testing.assert_array_equal(one[:7], other)

    def alone(n, function, *, chunk):
        return in_chunks(n, function, chunk=chunk, workers=1)

    monkeypatch.setattr(radio_paths, "in_chunks", alone)
    for one, other in zip(together, best_server(at, sites, terrain, 1.5), strict=True):
        np.testing.assert_array_equal(one, other)


def test_nobody_is_heard_out_of_reach_and_the_trend_says_how_far(province, terrain):
    sites = own(province)
    far = np.array([[0.0, 0.0]])
    heard = best_server(far, sites, terrain, 1.5)
    assert heard.level_dbm.tolist() == heard.bare_dbm.tolist() == [UNHEARD_DBM]
    assert heard.site.tolist() == [-1]
    level, server, nearest = site_trend(far, sites, terrain, heard)[0]
    at = np.column_stack([sites.geometry.x, sites.geometry.y])
    assert level == UNHEARD_DBM
    assert server == nearest == pytest.approx(np.log10(np.hypot(*at.T).min()))


def test_over_the_sea_it_is_what_radials_say():
    rng = np.random.default_rng(3)
    ground = 300 * gaussian_filter(rng.normal(size=(90, 120)), 5) + 60
    zone = np.full(ground.shape, 4)
    zone[:, 30:60], ground[:, 30:60] = 1, 0.0
    wood = np.where(gaussian_filter(rng.normal(size=ground.shape), 3) > 0.02, 12.0, 0.0) * (zone != 1)
    utm = CRS.from_epsg(3405)
    coast = Terrain(ground, wood, from_origin(0, 9000, 100, 100), utm, None, zone)
    sites = own(simulate(Recipe(area_km2=60, communes=3, households=300, seed=2))).iloc[:3]
    sites = sites.set_geometry(sites.geometry.translate(1500 - sites.geometry.x.mean(), 0), crs=utm)
    sites = sites.set_geometry(sites.geometry.translate(0, 4500 - sites.geometry.y.mean()), crs=utm)
    at = places(coast, 80)
    assert_as_by_radials(coast, sites, at)


def test_tuning_by_hand():
    tuning = Tuning.of([np.array([2.0, 0.9, -3.0, -1.0, 0.5]), np.array([4.0, 1.1, -5.0, -3.0])], 30.0)
    assert (tuning.offset_dbm, tuning.slope, tuning.decade_db, tuning.canopy) == pytest.approx((3.0, 1.0, -6.0, 0.25))
    level = tuning.level_dbm(np.array([-80.0, -400.0]), np.array([1000.0, 1.0]), 33.0, 4.0)
    assert level == pytest.approx([3 - 80 - 18 + 1, 3 + UNHEARD_DBM - 6 * np.log10(50) + 1])
