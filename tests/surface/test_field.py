import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from pyproj import CRS
from rasterio.transform import from_origin

from lomsong.errors import ColumnError, CrsError, DataError, UsageError
from lomsong.radio import Terrain
from lomsong.surface import CoverageKriging, CoverageSurface
from lomsong.surface.blocks import bins_of, decimate
from lomsong.surface.fusion import Layer, Service, ServiceSurface
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
    frame = samples([10, 20, 60, 70, 80, 120], [5, 5, 5, 5, 5, 5], [-90, -100, np.nan, np.nan, -120, -130])
    frame["service"] = ["level", "level", "no_service", "no_service", "level", "level"]
    bins = decimate(frame, METRIC, 50, -125)
    assert bins["level_dbm"].tolist() == [-95, -125, -125]
    assert bins["samples"].tolist() == [2, 3, 1]
    assert bins["censored"].tolist() == [False, True, True]
    assert bins["easting_m"].tolist() == [15, 70, 120]
    some = samples([10, 20, 30], [5, 5, 5], [-115, -120, np.nan])
    some["service"] = ["level", "level", "no_service"]
    assert decimate(some, METRIC, 50, -125)["level_dbm"].tolist() == [pytest.approx(-120)]


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


def test_samples_whose_geometry_and_index_are_named_otherwise():
    frame = line(60).assign(device="a", source_file="b")
    plain = quick().fit(frame).predict(line(60))
    for other in (frame.rename_geometry("geom"), frame.set_index(["source_file", "device"], drop=False)):
        pd.testing.assert_frame_equal(quick().fit(other).predict(line(60)), plain)
    with pytest.raises(ColumnError, match="geometry"):
        quick().fit(gpd.GeoDataFrame(pd.DataFrame(frame.drop(columns="geometry"))))


def test_samples_on_a_web_map_are_measured_in_metres_on_the_ground():
    """Web Mercator stretches by 1.7 at 54 degrees north: squares and distances would be of other metres."""
    at = gpd.GeoSeries.from_xy(10 + np.arange(60) * 1e-3, np.full(60, 54.0), crs=4326)
    frame = gpd.GeoDataFrame(geometry=at).assign(operator="o2", rsrp_dbm=-95.0, service="level")
    away = gpd.GeoSeries.from_xy([10.0], [54.01], crs=4326)
    assert quick().fit(frame.to_crs(3857)).crs_.to_epsg() == 32632
    found = quick().fit(frame.to_crs(3857)).predict(away.to_crs(3857))
    assert found["nearest_sample_m"].iloc[0] == pytest.approx(1_113, abs=3), "0.01 degrees of latitude"
    pd.testing.assert_frame_equal(found, quick().fit(frame).predict(away), atol=1e-3)


def test_arguments_are_never_changed():
    frame = road()
    before = frame.copy()
    CoverageSurface().fit(frame).predict(frame)
    pd.testing.assert_frame_equal(pd.DataFrame(frame), pd.DataFrame(before))


def test_two_operators_are_refused():
    both = pd.concat([road(), road().assign(operator="mobifone")])
    with pytest.raises(DataError, match=r"one operator at a time, not 2 \(viettel, mobifone\)"):
        CoverageSurface().fit(both)
    mixed = pd.concat([road().assign(technology="4G"), road().assign(technology="5G")])
    with pytest.raises(DataError, match=r"2 technologies \(4G, 5G\).*ServiceSurface"):
        CoverageSurface().fit(mixed)
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
    assert surface.predict(road().iloc[:0]).shape == (0, 5)


def flat_terrain():
    ground = np.zeros((160, 260), np.float32)
    return Terrain(ground, np.zeros_like(ground), from_origin(696_000, 1_238_000, 100, 100), METRIC)


def towers():
    frame = pd.DataFrame({"site_id": ["S1", "S2"], "operator": ["viettel", "mobifone"]})
    frame = frame.assign(band_mhz=900.0, height_m=40.0, eirp_dbm=30.0, azimuth_deg=np.nan, beamwidth_deg=np.nan)
    return gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy([704_000, 712_000], [1_230_000, 1_230_000]), crs=METRIC)


def test_physics_is_kept_where_it_helps_and_left_where_it_does_not():
    rng = np.random.default_rng(1)
    easting = rng.uniform(700_000, 716_000, 600)
    northing = rng.uniform(1_224_000, 1_236_000, 600)
    distance = np.hypot(easting - 704_000, northing - 1_230_000)
    by_distance = samples(easting, northing, -60 - 25 * np.log10(distance / 100) + rng.normal(0, 3, 600))
    kept = CoverageSurface(block_m=20).fit(by_distance, towers(), flat_terrain())
    assert kept.mean_ == "sites"
    assert kept.scores_["sites"].rmse_db < kept.scores_["constant"].rmse_db
    assert kept.sites_["site_id"].tolist() == ["S1"]
    assert kept.tuned_.tolist() == kept.kriging_.coefficients_.tolist()
    with_trees = CoverageSurface(block_m=20, learned=True).fit(by_distance, towers(), flat_terrain())
    assert with_trees.tuned_.tolist() == kept.tuned_.tolist(), "trees do not speak for a new tower"
    elsewhere = samples(easting, northing, -95 + rng.normal(0, 3, 600))
    left = CoverageSurface(block_m=20, seed=3).fit(elsewhere, towers().iloc[:0], flat_terrain())
    assert left.mean_ == "constant"
    assert left.tuned_ is None


def test_a_few_samples_tell_no_physics():
    """Two or three values choose among means by chance: coefficients nobody can tell made far places usable."""
    frame = samples(702_000 + np.array([0.0, 20, 60]), np.full(3, 1_230_020.0), [-85.0, -87, -91])
    surface = quick(block_m=10).fit(frame, towers(), flat_terrain())
    assert surface.mean_ == "constant"
    assert not surface.physics_
    far = surface.predict(np.array([[714_000.0, 1_225_000.0]])).iloc[0]
    assert far["information"] < 0.01
    assert 14 < far["home_sd_db"] < 20, "the whole prior, and of the mean as much as one sample leaves open"


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


def quick(**changes):
    return CoverageSurface(workers=1, **changes)


def line(n=60, level=None):
    return samples(
        700_000 + 60.0 * np.arange(n), np.full(n, 1_230_000.0), np.broadcast_to(-95.0 if level is None else level, n)
    )


def test_without_some_readings_equals_a_field_of_the_others():
    frame = road(160)
    frame["source_file"] = np.where(np.arange(160) % 3, "a", "b")
    surface = quick().fit(frame)
    kept = (surface.readings_["pass_id"] == 0).to_numpy()
    part = surface.without(kept)
    pd.testing.assert_frame_equal(part.readings_, surface.readings_[kept].reset_index(drop=True))
    own = bins_of(surface.readings_[kept], surface.repeat_)
    assert part.bins_["level_dbm"].tolist() == own["level_dbm"].tolist()
    assert part.bins_["effective"].tolist() == own["effective"].tolist()
    full = surface.bins_.set_index("square").loc[own["square"]]
    for name in ("easting_m", "northing_m", "site"):
        assert part.bins_[name].tolist() == full[name].tolist()
    alone = CoverageKriging(workers=1).fit(
        full[["easting_m", "northing_m"]].to_numpy(), own["level_dbm"], own["effective"], own["censored"], None,
        surface.kriging_.covariance_, surface.kriging_.calibration_,
    )  # fmt: skip
    places = surface.bins_[["easting_m", "northing_m"]].to_numpy()
    level, deviation = alone.predict(places, return_std=True)
    np.testing.assert_allclose(part.predict(places)["level_dbm"], level)
    np.testing.assert_allclose(part.predict(places)["level_sd_db"], deviation)
    assert len(surface.readings_) == len(kept), "the whole field stays as it was"
    everything = surface.without(np.ones(len(kept), bool)).predict(places)
    pd.testing.assert_frame_equal(everything, surface.predict(places))
    with pytest.raises(DataError, match="keep at least one"):
        surface.without(np.zeros(len(kept), bool))


def test_readings_and_bins_belong_together():
    frame = line().assign(source_file=["a", "b"] * 30, device=["x", "y"] * 30)
    surface = quick().fit(frame)
    assert {"square", "pass_id", "cell_id", "device", "level_dbm", "hidden", "site"} <= set(surface.readings_)
    assert {"square", "level_dbm", "samples", "passes", "effective", "censored", "site"} <= set(surface.bins_)
    assert surface.readings_["samples"].sum() == surface.bins_["samples"].sum() == 60
    assert (surface.readings_["site"] == -1).all(), "without sites nobody serves"
    assert surface.readings_.groupby("square").size().tolist() == surface.bins_["passes"].tolist()
    assert surface.scores_ == {}
    assert surface.mean_ == "constant"
    assert not surface.physics_


def test_silence_counts_at_the_floor_of_its_device():
    frame = line(60, np.where(np.arange(60) < 30, -100.0, np.nan))
    frame["service"] = np.where(np.arange(60) < 30, "level", "no_service")
    surface = quick().fit(frame, floors_dbm=np.where(np.arange(60) < 45, -130.0, -115.0))
    hidden = surface.bins_[surface.bins_["censored"]]
    assert len(hidden) == 30
    assert hidden["level_dbm"].tolist() == [-130] * 15 + [-115] * 15
    with pytest.raises(DataError, match=r"shape \(59,\) for 60 samples"):
        quick().fit(frame, floors_dbm=np.full(59, -125.0))


@pytest.mark.parametrize(
    "wrong", [{"block_m": 0}, {"block_m": -50.0}, {"block_m": np.nan}, {"floor_dbm": np.nan}, {"neighbours": 0}]
)
def test_a_parameter_that_cannot_be_is_told(wrong):
    """Squares of 0 m made one bin of the whole survey, and a floor that is missing lost all that was silent."""
    with pytest.raises(UsageError, match=next(iter(wrong))):
        CoverageSurface(**wrong).fit(line(20))


@pytest.mark.parametrize("n", [1, 2])
def test_one_or_two_samples_say_little_and_only_nearby(n):
    surface = quick().fit(road(n))
    found = surface.predict(np.array([[700_000.0, 1_230_000], [900_000, 1_230_000]]))
    assert found["level_dbm"].to_numpy() == pytest.approx(road(n)["rsrp_dbm"].mean(), abs=3)
    assert found["information"].iloc[0] > 0.4
    assert found["information"].iloc[1] == pytest.approx(0, abs=1e-9)
    assert found["level_sd_db"].iloc[1] > 8
    assert np.isfinite(surface.draw(road(2), n=5)).all()


def test_all_at_one_point_or_of_one_level_or_silent():
    point = quick().fit(samples([700_000.0] * 20, [1_230_000.0] * 20, np.linspace(-100, -90, 20)))
    assert len(point.bins_) == 1
    assert point.predict(line(1))["level_dbm"].tolist() == [pytest.approx(-95)]
    constant = quick().fit(line()).predict(line(5))
    assert constant["level_dbm"].to_numpy() == pytest.approx(-95)
    assert (constant["level_sd_db"] > 0).all()
    silent = quick().fit(line(level=np.nan).assign(service="no_service"))
    assert silent.bins_["censored"].all()
    assert (silent.predict(line(5))["level_dbm"] < -125).all()
    assert (silent.probability(line(5), -110) < 0.05).all()


def test_two_operators_with_a_sample_each_are_fitted_apart():
    both = pd.concat([line(1), line(1, -110.0).assign(operator="mobifone")])
    found = {name: quick().fit(own) for name, own in both.groupby("operator")}
    assert {name: surface.operator_ for name, surface in found.items()} == {n: n for n in ("mobifone", "viettel")}
    levels = {name: surface.predict(line(1))["level_dbm"].iloc[0] for name, surface in found.items()}
    assert levels == {"viettel": pytest.approx(-95), "mobifone": pytest.approx(-110)}


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_level_that_is_no_number_is_left_out(bad):
    frame = line(60, np.where(np.arange(60) == 7, bad, -90 - np.arange(60) / 10))
    without = quick().fit(frame.drop(index=7)).predict(line(60))
    pd.testing.assert_frame_equal(quick().fit(frame).predict(line(60)), without)
    with pytest.raises(DataError, match="of 3 none has a place and a finite level"):
        quick().fit(line(3, bad))


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("rsrp_dbm", 95.0, "1 rows have rsrp_dbm outside -156…-31"),
        ("rsrp_dbm", "-95,0", "rsrp_dbm must be numbers"),
        ("service", "NO_SERVICE", "unknown service .*NO_SERVICE.*known: level, no_service"),
        ("service", False, "unknown service"),
        ("service", pd.NA, "have no service"),
        ("operator", None, "have no operator"),
    ],
)
def test_a_level_or_word_that_cannot_be_is_refused_and_not_taken_for_one(column, value, told):
    """A lost sign would be loud signal; a word for no service that is not known would be no evidence at all."""
    frame = line(60)
    frame[column] = frame[column].astype(object)
    frame.loc[7, column] = value
    with pytest.raises(ColumnError, match=f"{told}.*"):
        quick().fit(frame)


@pytest.mark.parametrize("kind", ["float32", "Float64", "double[pyarrow]", object, "category", str])
def test_levels_of_any_kind_of_number(kind):
    frame = line(60, np.where(np.arange(60) < 30, -90.5, np.nan))
    frame["service"] = np.where(np.arange(60) < 30, "level", "no_service")
    plain = quick().fit(frame).predict(line(60))
    other = frame.assign(rsrp_dbm=frame["rsrp_dbm"].astype(kind))
    pd.testing.assert_frame_equal(quick().fit(other).predict(line(60)), plain)


def test_what_a_phone_without_service_wrote_as_its_level_counts_for_nothing():
    frame = line(60).assign(service=np.where(np.arange(60) < 30, "level", "no_service"))
    plain = quick().fit(frame.assign(rsrp_dbm=np.where(np.arange(60) < 30, -95, np.nan))).predict(line(60))
    other = quick().fit(frame.assign(rsrp_dbm=np.where(np.arange(60) < 30, -95, -999.0))).predict(line(60))
    pd.testing.assert_frame_equal(other, plain)


@pytest.mark.parametrize(
    "points",
    [
        [[700_000.0]], [700_000.0, 1_230_000.0], np.empty(0), [["a", "b"]], [[1.0, 2.0, 3.0]], None,
        pd.DataFrame({"easting_m": [700_000.0], "northing_m": [1_230_000.0]}), line(3).geometry.array,
    ],
)  # fmt: skip
def test_places_that_are_none_are_refused_in_our_words(points):
    with pytest.raises(DataError, match="points: give a GeoDataFrame of points, or easting and northing"):
        quick().fit(line()).predict(points)


def test_places_as_lists_series_and_arrays_of_any_kind():
    surface = quick().fit(line())
    at = np.array([[700_000, 1_230_000], [700_600, 1_230_000]])
    plain = surface.predict(at)
    for other in (at.tolist(), np.asfortranarray(at), at.astype(np.float32), np.repeat(at, 2, axis=0)[::2]):
        pd.testing.assert_frame_equal(surface.predict(other), plain)
    points = gpd.GeoSeries.from_xy(*at.T, index=["a", "b"], crs=METRIC)
    pd.testing.assert_frame_equal(surface.predict(points), plain.set_axis(["a", "b"]))
    assert surface.draw(points.iloc[:0], n=5).shape == (5, 0)


def test_samples_and_places_that_are_no_points_are_refused():
    areas = line(3).set_geometry(line(3).buffer(10))
    for do in (quick().fit, quick().fit(line()).predict):
        with pytest.raises(DataError, match=r"no points; take \.centroid"):
            do(areas)
    nothing = line(3).set_geometry([None, *line(3).geometry[1:]], crs=METRIC)
    with pytest.raises(DataError, match=r"1 have no finite coordinates \(first: row 0\)"):
        quick().fit(line()).predict(nothing)


@pytest.mark.parametrize("usable", [110.0, np.nan, None, "much"])
def test_a_threshold_that_is_no_level_is_refused(usable):
    surface = quick().fit(line())
    service = ServiceSurface(Service("video", {"4G": -110.0}, -110.0), (Layer("4G", surface, -110.0),))
    for one in (surface, service):
        with pytest.raises(UsageError, match="usable_dbm"):
            one.probability(line(3), usable)


def test_a_place_needs_finite_coordinates():
    surface = quick().fit(line())
    for bad in (np.nan, np.inf):
        with pytest.raises(DataError, match=r"1 have no finite coordinates \(first: row 1\)"):
            surface.predict(np.array([[700_000, 1_230_000], [bad, 1_230_000]]))
