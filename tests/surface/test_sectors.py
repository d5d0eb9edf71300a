import numpy as np
import pandas as pd
import pytest
from affine import Affine
from sklearn.base import clone

from lomsong.errors import ColumnError, DataError, LomsongError
from lomsong.surface import sectors as module
from lomsong.surface.features import HEIGHTS, NEEDED, Mosaic, sector_features
from lomsong.surface.learned import LearnedCorrection
from lomsong.surface.sectors import SectorCovariance, SectorSurface, site_groups

COLUMNS = [*NEEDED, *HEIGHTS, "building_height_m"]
SMALL = LearnedCorrection(seeds=1, trees=40, leaf_samples=40)
TRUE = SectorCovariance(place_db=4, site_db=2, offset_db=4, near_db=3, far_db=4, antenna_db=2, indoor_db=2, noise_db=2)


def world(seed=0, sites=40, per_sector=30):
    """Three sectors a site, bins along a road through each, and levels: a slope and an error of known covariance."""
    rng = np.random.default_rng(seed)
    bins = pd.DataFrame(0.0, index=range(sites * 3 * per_sector), columns=COLUMNS)
    site = np.repeat(np.arange(sites), 3 * per_sector)
    sector = np.repeat(np.arange(3 * sites), per_sector)
    mast = rng.uniform(0, 6000, (sites, 2))[site]
    azimuth = (sector % 3) * 120.0
    heading = np.radians(azimuth + rng.uniform(-40, 40, 3 * sites)[sector])
    along = np.tile(np.linspace(80, 80 + 15 * per_sector, per_sector), 3 * sites)
    bins = bins.assign(
        sector_id=[f"S{number}" for number in sector], site_easting_m=mast[:, 0], site_northing_m=mast[:, 1],
        easting_m=mast[:, 0] + along * np.sin(heading), northing_m=mast[:, 1] + along * np.cos(heading),
        azimuth_deg=azimuth, antenna_height_m=25.0, frequency_mhz=2600.0, reference_signal_power_dbm=12.0,
        building_height_m=10.0 * rng.integers(0, 2, len(bins)),
    )  # fmt: skip
    points = module._points(bins, sector_features(bins))
    among = module._kernel(TRUE, module._Pairs.of(points, points))
    root = np.linalg.cholesky(among + TRUE.noise_db**2 * np.eye(len(bins)))
    level = -40 - 25 * np.log10(along) + root @ rng.standard_normal(len(bins))
    return bins, level, site


@pytest.fixture(autouse=True)
def _rough_covariance(monkeypatch):
    """A likelihood of few bins: most tests ask for the covariance only that there is one."""
    monkeypatch.setattr(module, "BLOCKS", 6)
    monkeypatch.setattr(module, "BLOCK", 40)
    monkeypatch.setattr(module, "ITERATIONS", 3)


@pytest.fixture(scope="module")
def fitted():
    """A world, the rows of sites that were learned from and of the others, and the surface of the former."""
    bins, level, site = world()
    learn, rest = np.flatnonzero(site < 28), np.flatnonzero(site >= 28)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCKS", 20)
        patch.setattr(module, "BLOCK", 60)
        patch.setattr(module, "ITERATIONS", 20)
        surface = SectorSurface(correction=SMALL).fit(bins.iloc[learn], level[learn], site[learn])
    return bins, level, learn, rest, surface


def test_one_known_bin_by_hand():
    bins = world(sites=2, per_sector=3)[0]
    points = module._points(bins, sector_features(bins))
    known = module._Known(points.take(slice(0, 1)), np.array([6.0]), np.array([2.0]))
    of = TRUE
    all_of_it = sum(value**2 for value in (of.place_db, of.site_db, of.offset_db, of.near_db, of.far_db, of.antenna_db))
    all_of_it += of.indoor_db**2 * points.indoor[0]
    shift, less = module._conditioned(of, points.take(slice(0, 1)), known)
    assert shift == pytest.approx(6 * all_of_it / (all_of_it + of.noise_db**2 / 2))
    assert less == pytest.approx(all_of_it**2 / (all_of_it + of.noise_db**2 / 2))
    apart = 7.0
    other = points.take(slice(0, 1))._replace(
        place=points.place[:1] + np.array([apart, 0.0]), sector=points.sector[-1:]
    )
    shared = of.place_db**2 * np.exp(-apart / of.place_m) + of.site_db**2 * np.exp(-apart / of.site_m)
    shift, _ = module._conditioned(of, other, known)
    assert shift == pytest.approx(6 * shared / (all_of_it + of.noise_db**2 / 2)), "one mast, another sector"
    far = other._replace(mast=other.mast + 1e5)
    shift, _ = module._conditioned(of, far, known)
    shared = of.place_db**2 * np.exp(-apart / of.place_m)
    assert shift == pytest.approx(6 * shared / (all_of_it + of.noise_db**2 / 2)), "another mast"


def test_the_covariance_is_one():
    bins = world(sites=6, per_sector=20)[0]
    points = module._points(bins, sector_features(bins))
    among = module._kernel(TRUE, module._Pairs.of(points, points))
    np.testing.assert_allclose(among, among.T)
    assert np.linalg.eigvalsh(among).min() > -1e-8
    np.testing.assert_allclose(module._prior(TRUE, points), np.diag(among) + TRUE.noise_db**2)


def test_merged_means_by_hand():
    bins = (
        world(sites=1, per_sector=4)[0]
        .iloc[:4]
        .assign(easting_m=[1.0, 3.0, 5.0, 21.0], northing_m=2.0, building_height_m=[0.0, 0.0, 9.0, 0.0])
    )
    points = module._points(bins, sector_features(bins))
    known = module._merged(points, np.array([1.0, 3.0, 10.0, -4.0]))
    assert known.residual_db.tolist() == [2, 10, -4]
    assert known.bins.tolist() == [2, 1, 1]
    assert known.points.place.tolist() == [[2, 2], [5, 2], [21, 2]]
    assert known.points.indoor.tolist() == [0, 1, 0]


def tenth(bins, rows):
    """The nearest bins of every sector are measured: the first tenth of its road."""
    number = bins.iloc[rows].groupby("sector_id").cumcount().to_numpy()
    return rows[number < 3], rows[number >= 3]


def test_intervals_hold_at_sites_left_out_and_measuring_a_tenth_helps(fitted):
    bins, level, _, rest, surface = fitted
    measured, others = tenth(bins, rest)
    before = surface.estimate(bins.iloc[others])
    after = surface.adapt(bins.iloc[measured], level[measured]).estimate(bins.iloc[others])
    errors = [level[others] - found.level_dbm for found in (before, after)]
    assert np.sqrt(np.mean(errors[1] ** 2)) < 0.97 * np.sqrt(np.mean(errors[0] ** 2))
    assert (after.level_sd_db <= before.level_sd_db + 1e-9).all()
    for error, found in zip(errors, (before, after), strict=True):
        assert 0.84 < np.mean(np.abs(error) < 1.645 * found.level_sd_db) < 0.95
        assert np.std(error / found.level_sd_db) == pytest.approx(1, abs=0.15)


def test_other_sectors_levels_help_where_they_were_heard():
    """Each street of the second half is that of a sector of the first, heard from a mast elsewhere."""
    bins, _, site = world(sites=20)
    half = len(bins) // 2
    bins.loc[half:, ["easting_m", "northing_m"]] = bins.loc[: half - 1, ["easting_m", "northing_m"]].to_numpy()
    points = module._points(bins, sector_features(bins))
    among = module._kernel(TRUE, module._Pairs.of(points, points))
    root = np.linalg.cholesky(among + TRUE.noise_db**2 * np.eye(len(bins)))
    level = -90 + root @ np.random.default_rng(1).standard_normal(len(bins))
    learn = np.arange(half)
    surface = SectorSurface(correction=SMALL).fit(bins.iloc[learn], level[learn], site[learn])
    surface.covariance_ = TRUE
    guess, sd = surface.predict(bins.iloc[half:], return_std=True)
    trees = surface.correction_.predict(surface.features(bins.iloc[half:]))
    assert np.mean((level[half:] - guess) ** 2) < 0.95 * np.mean((level[half:] - trees) ** 2)
    assert (sd < np.sqrt(module._prior(TRUE, points.take(slice(half, None))))).all()


def test_measuring_one_sector_leaves_sectors_far_away_and_the_first_surface_as_they_were(fitted):
    bins, level, _, rest, surface = fitted
    before = surface.estimate(bins.iloc[rest])
    own = rest[bins.iloc[rest].sector_id == bins.sector_id.iloc[rest[0]]]
    adapted = surface.adapt(bins.iloc[own[:10]], level[own[:10]] + 25)
    after = adapted.estimate(bins.iloc[rest])
    assert (after.level_dbm - before.level_dbm)[own[10:]].mean() > 4
    apart = np.hypot(bins.easting_m - bins.easting_m[own[0]], bins.northing_m - bins.northing_m[own[0]])
    far = rest[apart[rest] > 1000]
    assert len(far) > 100
    pd.testing.assert_frame_equal(after.loc[far], before.loc[far])
    pd.testing.assert_frame_equal(surface.estimate(bins.iloc[rest]), before)


def test_a_bin_does_not_depend_on_which_others_are_asked_for_nor_on_their_order(fitted):
    bins, level, _, rest, surface = fitted
    measured, others = tenth(bins, rest)
    adapted = surface.adapt(bins.iloc[measured], level[measured])
    whole = adapted.estimate(bins.iloc[others])
    some = np.random.default_rng(0).permutation(others)[:100]
    found = adapted.estimate(bins.iloc[some])
    assert found.index.tolist() == some.tolist()
    pd.testing.assert_frame_equal(found, whole.loc[some])


def test_adapting_in_two_steps_is_adapting_once(fitted):
    bins, level, _, rest, surface = fitted
    measured, others = tenth(bins, rest)
    once = surface.adapt(bins.iloc[measured], level[measured]).estimate(bins.iloc[others])
    first, second = measured[:50], measured[50:]
    twice = surface.adapt(bins.iloc[first], level[first]).adapt(bins.iloc[second], level[second])
    pd.testing.assert_frame_equal(twice.estimate(bins.iloc[others]), once)


def test_more_than_a_tile_takes_and_one_bin_many_times(fitted, monkeypatch):
    bins, level, _, rest, surface = fitted
    monkeypatch.setattr(module, "MOST", 5)
    measured, others = tenth(bins, rest)
    thinned = surface.adapt(bins.iloc[others], level[others]).estimate(bins.iloc[measured])
    assert (thinned.level_sd_db < surface.estimate(bins.iloc[measured]).level_sd_db).all()
    same = np.repeat(rest[:1], 400)
    found = surface.adapt(bins.iloc[same], np.full(400, level[rest[0]] + 10)).estimate(bins.iloc[rest[:1]])
    assert np.isfinite(found).all(axis=None)
    assert found.level_dbm.iloc[0] > surface.estimate(bins.iloc[rest[:1]]).level_dbm.iloc[0]


def test_countryside_with_a_raster_of_the_ground_and_sites_found_by_position():
    bins, level, _ = world(sites=6)
    bins = bins.drop(columns=[*HEIGHTS, "building_height_m"])
    ground = np.random.default_rng(0).uniform(100, 140, (80, 80))
    surface = SectorSurface(Mosaic.of_rasters(ground, Affine(100, 0, -1000, 0, -100, 7000)), SMALL)
    found = clone(surface).fit(bins, level).estimate(bins)
    assert found.index.equals(bins.index)
    assert np.isfinite(found).all(axis=None)
    assert np.sqrt(np.mean((level - found.level_dbm) ** 2)) < np.std(level)


def test_site_groups_by_hand():
    bins = pd.DataFrame({"site_easting_m": [0, 300, 50, 100, 0], "site_northing_m": [0.0, 0, 0, 0, 0]})
    groups = site_groups(bins)
    assert groups[0] == groups[2] == groups[3] == groups[4] != groups[1]
    assert len(set(site_groups(bins, within_m=10).tolist())) == 4
    with pytest.raises(ColumnError, match="site_northing_m"):
        site_groups(bins[["site_easting_m"]])
    with pytest.raises(DataError, match="row 1"):
        site_groups(bins.assign(site_northing_m=[0, "?", 0, 0, 0]))


def test_what_cannot_be_used_is_told(fitted):
    bins, level, learn, rest, surface = fitted
    with pytest.raises(DataError, match="of 1 site only"):
        SectorSurface(correction=SMALL).fit(bins.iloc[:90], level[:90])
    with pytest.raises(ColumnError, match="sector_id"):
        surface.estimate(bins.iloc[rest].drop(columns="sector_id"))
    with pytest.raises(DataError, match="2 values for 3"):
        surface.adapt(bins.iloc[rest[:3]], level[:2])
    with pytest.raises(DataError, match="row 1, column y"):
        surface.adapt(bins.iloc[rest[:3]], [-90, np.inf, -80])
    with pytest.raises(DataError, match="no row"):
        surface.estimate(bins.iloc[:0])
    with pytest.raises(LomsongError):
        SectorSurface(correction=SMALL).fit(bins.iloc[learn], level[learn], groups=[1, 2])


def test_constant_level_and_a_sector_of_one_bin():
    bins, _, site = world(sites=4, per_sector=10)
    surface = SectorSurface(correction=SMALL).fit(bins.iloc[:91], np.full(91, -90.0), site[:91])
    found = surface.estimate(bins)
    np.testing.assert_allclose(found.level_dbm, -90, atol=1e-6)
    assert (found.level_sd_db > 0).all()
