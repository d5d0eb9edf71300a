import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from pyproj import CRS
from rasterio.transform import from_origin

from lomsong.errors import ColumnError, CrsError, DataError
from lomsong.radio import Terrain
from lomsong.surface import CoverageSurface
from lomsong.surface.blocks import decimate
from lomsong.surface.validation import block_folds

METRIC = CRS.from_epsg(3405)


def samples(easting, northing, level, service="level", operator="viettel"):
    frame = pd.DataFrame({"operator": operator, "rsrp_dbm": level, "service": service})
    return gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(easting, northing), crs=METRIC)


def road(n=400, seed=0):
    rng = np.random.default_rng(seed)
    easting = 700_000 + np.arange(n) * 40.0
    level = -95 + 8 * np.sin(easting / 900) + rng.normal(0, 2, n)
    return samples(easting, 1_230_000 + 300 * np.sin(easting / 2000), level)


def test_decimation_by_hand():
    frame = samples([10, 20, 60, 70, 80, 120], [5, 5, 5, 5, 5, 5], [-90, -100, np.nan, np.nan, -110, -130])
    frame["service"] = ["level", "level", "no_service", "no_service", "level", "level"]
    bins = decimate(frame, METRIC, 50, -125)
    assert bins["level_dbm"].tolist() == [-95, -125, -125]
    assert bins["samples"].tolist() == [2, 3, 1]
    assert bins["censored"].tolist() == [False, True, True]
    assert bins["easting_m"].tolist() == [15, 70, 120]
    some = samples([10, 20, 30], [5, 5, 5], [-90, -100, np.nan])
    some["service"] = ["level", "level", "no_service"]
    assert decimate(some, METRIC, 50, -125)["level_dbm"].tolist() == [pytest.approx(-105)]


def test_points_in_any_crs_and_with_any_index():
    surface = CoverageSurface().fit(road().to_crs(4326))
    points = road().iloc[[5, 50, 7]].set_index(pd.Index(["a", "b", "c"]))
    predicted = surface.predict(points)
    assert predicted.index.tolist() == ["a", "b", "c"]
    pd.testing.assert_frame_equal(predicted, surface.predict(points.to_crs(4326)), atol=1e-4)
    assert predicted["level_dbm"].to_numpy() == pytest.approx(points["rsrp_dbm"].to_numpy(), abs=7)
    p = surface.probability(points, -200.0)
    assert p.index.tolist() == ["a", "b", "c"]
    assert (p > 0.999).all()
    assert surface.draw(points, n=7, seed=1).shape == (7, 3)


def test_arguments_are_never_changed():
    frame = road()
    before = frame.copy()
    CoverageSurface().fit(frame).predict(frame)
    pd.testing.assert_frame_equal(pd.DataFrame(frame), pd.DataFrame(before))


def test_two_operators_are_refused():
    both = pd.concat([road(), road().assign(operator="mobifone")])
    with pytest.raises(DataError, match=r"one operator at a time, not 2 \(viettel, mobifone\)"):
        CoverageSurface().fit(both)
    with pytest.raises(ColumnError, match="rsrp_dbm"):
        CoverageSurface().fit(road().drop(columns="rsrp_dbm"))


def test_what_cannot_be_meant_is_said_plainly():
    surface = CoverageSurface().fit(road())
    with pytest.raises(CrsError, match="look like degrees"):
        surface.predict(np.array([[107.0, 11.2]]))
    with pytest.raises(DataError, match="representative_point"):
        surface.predict(gpd.GeoDataFrame(geometry=road().buffer(5)))
    with pytest.raises(DataError, match="needs terrain too"):
        CoverageSurface().fit(road(), towers())
    with pytest.raises(ColumnError, match=r"\.samples"):
        CoverageSurface().fit([1, 2])
    assert surface.predict(road().iloc[:0]).shape == (0, 4)


def flat_terrain():
    ground = np.zeros((160, 260), np.float32)
    return Terrain(ground, np.zeros_like(ground), from_origin(696_000, 1_238_000, 100, 100), METRIC)


def towers():
    frame = pd.DataFrame({"site_id": ["S1", "S2"], "operator": ["viettel", "mobifone"]})
    frame = frame.assign(band_mhz=900.0, height_m=40.0, eirp_dbm=30.0, azimuth_deg=np.nan, beamwidth_deg=np.nan)
    return gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy([704_000, 712_000], [1_230_000, 1_230_000]), crs=METRIC)


def test_physics_is_kept_where_it_helps_and_left_where_it_does_not():
    rng = np.random.default_rng(1)
    easting = rng.uniform(700_000, 716_000, 900)
    northing = rng.uniform(1_224_000, 1_236_000, 900)
    distance = np.hypot(easting - 704_000, northing - 1_230_000)
    by_distance = samples(easting, northing, -60 - 25 * np.log10(distance / 100) + rng.normal(0, 3, 900))
    kept = CoverageSurface(block_m=20).fit(by_distance, towers(), flat_terrain())
    assert kept.mean_ == "sites"
    assert kept.scores_["sites"].rmse_db < kept.scores_["constant"].rmse_db
    assert kept.sites_["site_id"].tolist() == ["S1"]
    elsewhere = samples(easting, northing, -95 + rng.normal(0, 3, 900))
    left = CoverageSurface(block_m=20, seed=3).fit(elsewhere, towers().iloc[:0], flat_terrain())
    assert left.mean_ == "constant"


def test_block_folds_keep_blocks_whole_and_share_out_everything():
    points = np.random.default_rng(0).uniform(0, 10_000, (2000, 2))
    folds = list(block_folds(points, 1000, 5, seed=1))
    assert len(folds) == 5
    assert (np.sum(folds, axis=0) == 1).all()
    near = points + 1e-3
    for fold, again in zip(folds, block_folds(near, 1000, 5, seed=1), strict=True):
        assert (fold == again).mean() > 0.99
    held = points[folds[0]]
    apart = np.abs(held[:, None] - points[~folds[0]][None]).max(axis=2).min(axis=1)
    assert np.median(apart) > 100, "a held-out point has no kept neighbour beside it, as a random split would give"
