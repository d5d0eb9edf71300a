import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from pyproj import CRS
from rasterio.transform import from_origin

from lomsong.radio import Terrain
from lomsong.surface import CoverageSurface, validate
from lomsong.surface.offsets import Served, at_sectors, cells_of_sites, served_by
from lomsong.surface.pathloss import best_server

METRIC = CRS.from_epsg(3405)


def served(sector, block, band=(0, 0, 0), own=True):
    sector = np.asarray(sector)
    return Served(sector, np.full(len(sector), own), np.asarray(block), np.asarray(band))


def test_a_sector_heard_on_much_road_keeps_its_offset_and_one_heard_once_has_that_of_its_band():
    rng = np.random.default_rng(0)
    bands = np.repeat([0, 1], 20)
    true = np.where(bands == 0, 4.0, -4.0) + rng.normal(0, 3, 40)
    blocks = np.append(np.full(39, 30), 1)
    sector = np.repeat(np.arange(39), blocks[:39])
    sector, block = np.append(sector, 38), np.append(np.concatenate([np.arange(n) for n in blocks[:39]]), 99)
    residual = true[sector] + rng.normal(0, 2, len(sector))
    found = served(sector, block, bands).offsets(residual)
    assert np.abs(found[:39] - true[:39]).max() < 1.5
    nobody = found[39]
    assert abs(nobody - true[20:39].mean()) < 1.0, "of its band, not of the operator nor 0"
    once = served(np.append(sector, 39), np.append(block, 0), bands).offsets(np.append(residual, nobody + 10))
    assert nobody + 4 < once[39] < nobody + 9.5, "one stretch of road does not say it all"


def test_squares_of_one_block_are_one_test():
    rng = np.random.default_rng(1)
    sector, block = np.repeat(np.arange(3), 40), np.tile(np.repeat([0, 1], 20), 3)
    residual = rng.normal(0, 5, 6)[np.arange(120) // 20]
    many = served(sector, block).offsets(residual)
    few = served(sector[::20], block[::20]).offsets(residual[::20])
    assert many == pytest.approx(few)


def test_what_cannot_be_told_is_nothing():
    alone = served([0, 1, 2], [0, 1, 2])
    assert alone.offsets(np.array([5.0, -5.0, 1.0])).tolist() == [0, 0, 0]
    assert served([0, 1], [0, 1], own=False).offsets(np.array([5.0, 5.0])).tolist() == [0, 0, 0]
    assert not alone.enough
    assert at_sectors(np.array([3.0, 4.0]), np.array([1, -1])).tolist() == [[4.0], [0.0]]


def test_a_square_does_not_see_its_own_fold():
    rng = np.random.default_rng(2)
    sector, block = np.repeat([0, 1, 2], 20), np.tile(np.arange(20), 3)
    residual = rng.normal(0, 1, 60) + np.array([6.0, 0.0, -6.0])[sector]
    fold = block % 5
    column = served(sector, block).column(residual, fold)
    other = residual.copy()
    other[fold == 2] += 100
    assert served(sector, block).column(other, fold)[fold == 2] == pytest.approx(column[fold == 2])
    assert np.corrcoef(column[:, 0], residual)[0, 1] > 0.9


def masts(names, operator="viettel"):
    east, north = np.meshgrid(np.linspace(701_000, 715_000, 4), np.linspace(1_225_000, 1_235_000, 3))
    frame = pd.DataFrame({"site_id": names, "operator": operator, "band_mhz": 900.0, "height_m": 40.0})
    frame = frame.assign(eirp_dbm=30.0, azimuth_deg=np.nan, beamwidth_deg=np.nan)
    return gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(east.ravel(), north.ravel()), crs=METRIC)


@pytest.fixture(scope="module")
def country():
    """Flat land, twelve masts of which each is some dB off, and what a drive heard of them."""
    ground = np.zeros((160, 260), np.float32)
    terrain = Terrain(ground, np.zeros_like(ground), from_origin(696_000, 1_238_000, 100, 100), METRIC)
    rng = np.random.default_rng(3)
    sites = masts([f"S{number}" for number in range(12)])
    at = np.column_stack([rng.uniform(700_000, 716_000, 900), rng.uniform(1_224_000, 1_236_000, 900)])
    heard = best_server(at, sites, terrain, 1.5)
    off = rng.normal(0, 8, 12)
    level = heard.level_dbm + off[heard.site] + rng.normal(0, 3, 900)
    frame = pd.DataFrame({"operator": "viettel", "rsrp_dbm": level, "service": "level"})
    frame["cell_id"] = [f"s{row}" for row in heard.site]
    samples = gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(*at.T), crs=METRIC)
    return terrain, sites, samples, off


@pytest.fixture(scope="module")
def surface(country):
    terrain, sites, samples, _ = country
    return CoverageSurface(block_m=20).fit(samples, sites, terrain)


def test_offsets_are_kept_where_they_help(country, surface):
    _, _, samples, off = country
    assert surface.mean_.split("+")[-1] == "sectors"
    assert surface.scores_[surface.mean_].rmse_db < 0.9 * surface.scores_["sites"].rmse_db
    found = surface.sector_offsets_db_
    assert np.corrcoef(found, off)[0, 1] > 0.95
    assert len(surface.tuned_) == 4, "offsets of masts do not speak for a new tower"
    places = surface.locate(samples.iloc[:50])
    pd.testing.assert_frame_equal(surface.predict(places.part(slice(10, 20))), surface.predict(places).iloc[10:20])
    assert surface.draw(samples.iloc[:5], n=3).shape == (3, 5)


def test_offsets_are_estimated_anew_where_a_part_is_left_out(surface):
    one = int(np.bincount(surface.bins_["site"]).argmax())
    part = surface.without((surface.readings_["site"] != one).to_numpy())
    assert part.sector_offsets_db_[one] != surface.sector_offsets_db_[one]
    rest = np.delete(part.sector_offsets_db_, one)
    assert abs(part.sector_offsets_db_[one]) < np.abs(rest).max(), "of a sector nobody heard only its band is known"
    assert set(validate(surface, -100, schemes=("sites",)).scores["scheme"]) == {"sites"}


def test_without_a_cell_that_the_sites_know_there_is_no_such_layer(country):
    terrain, sites, samples, _ = country
    strange = samples.assign(cell_id="50154-3")
    surface = CoverageSurface(block_m=20).fit(strange, sites, terrain)
    assert not any("sectors" in name for name in surface.scores_)
    assert surface.sector_offsets_db_ is None


def test_cells_are_told_by_cell_else_by_site():
    sites = masts(["A", "A", *"BCDEFGHIJK"])
    assert cells_of_sites(sites)[:3].tolist() == [0, 0, 1]
    named = sites.assign(cell_id=["10-1", "10-2", *[None] * 10])
    assert cells_of_sites(named)[:3].tolist() == [0, 1, 2]
    samples = pd.DataFrame({"cell_id": [" 10-2", "10-2", "10-1", None, "77"]})
    code = pd.factorize(samples["cell_id"].astype(object), sort=True)[0]
    readings = pd.DataFrame({"square": [0, 0, 0, 1, 2], "cell_id": code, "samples": [1, 1, 1, 5, 5], "hidden": 0.0})
    assert served_by(samples, readings, pd.Series([0, 1, 2, 3]), named).tolist() == [1, -1, -1, -1]
