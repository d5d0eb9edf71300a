import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal
from sklearn.base import clone

from lomsong.errors import ColumnError, DataError, UsageError
from lomsong.settings import Gap
from lomsong.surface import CoverageSurface, Shared
from lomsong.surface.fusion import Layer, Service, ServiceSurface, _any_above, _greatest, layers_of
from lomsong.surface.kriging import HOME_SHARE
from lomsong.surface.shared import LARGEST

CRS = "EPSG:3405"
VIDEO = Service("video", {"4G": -110.0, "5G": -104.0}, -110.0)


def samples(points, level, technology="4G", band=1800.0, service="level"):
    n = len(points)
    columns = {
        "operator": "viettel",
        "technology": np.broadcast_to(np.asarray(technology, object), n),
        "band_mhz": np.broadcast_to(np.asarray(band, float), n),
        "rsrp_dbm": np.broadcast_to(np.asarray(level, float), n),
        "service": np.broadcast_to(np.asarray(service, object), n),
    }
    frame = pd.DataFrame({name: np.asarray(value) if name != "operator" else value for name, value in columns.items()})
    return gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(points[:, 0], points[:, 1]), crs=CRS)


def road(n, seed):
    rng = np.random.default_rng(seed)
    return np.column_stack([700_000 + 60.0 * np.arange(n), 1_250_000 + rng.uniform(0, 40, n)])


def drive(n=200, seed=0):
    """Two layers along one road, dimmed by the same hills."""
    rng = np.random.default_rng(seed)
    points = road(n, seed)
    hills = np.cumsum(rng.normal(0, 2.0, n))
    hills -= np.linspace(0, hills[-1], n)
    old = samples(points, -104 + hills + rng.normal(0, 2, n), "4G", 1800.0)
    new = samples(points + 3.0, -101 + hills + rng.normal(0, 3, n), "5G", 3500.0)
    return pd.concat([old, new], ignore_index=True)


def fit(part):
    return CoverageSurface(workers=1).fit(part)


@pytest.fixture(scope="module")
def video():
    return ServiceSurface.of(drive(), VIDEO, fit)


@pytest.fixture(scope="module")
def places():
    rng = np.random.default_rng(4)
    return np.column_stack([rng.uniform(700_000, 712_000, 60), rng.uniform(1_248_500, 1_251_500, 60)])


def test_two_equal_independent_layers_by_hand():
    """The greater of two independent normals of one mean and s has mean m + s/sqrt(pi), variance s²(1 - 1/pi)."""
    mean, std = _greatest(np.full((2, 1), -100.0), np.full((2, 1), 6.0), np.zeros((2, 1)))
    assert mean[0] == pytest.approx(-100 + 6 / np.sqrt(np.pi))
    assert std[0] == pytest.approx(6 * np.sqrt(1 - 1 / np.pi))


@settings(max_examples=25, deadline=None)
@given(st.floats(-15, 15), st.floats(1, 12), st.floats(1, 12), st.floats(0, 0.95), st.floats(-10, 10))
def test_probability_of_two_layers_is_that_of_the_bivariate_normal(apart, one, other, correlation, threshold):
    mean, std = np.array([[0.0], [apart]]), np.array([[one], [other]])
    field = 0.8 * std
    load = np.sqrt(correlation) * field
    covariance = np.diag(std[:, 0] ** 2)
    covariance[0, 1] = covariance[1, 0] = load[0, 0] * load[1, 0]
    none = multivariate_normal(mean[:, 0], covariance).cdf([threshold, threshold])
    assert _any_above(threshold, mean, std, load)[0] == pytest.approx(1 - none, abs=2e-4)


def test_moments_of_three_layers_against_draws():
    rng = np.random.default_rng(0)
    mean, std, load = np.array([[0.0], [2.0], [-3.0]]), np.array([[6.0], [4.0], [8.0]]), np.array([[4.0], [3.0], [5.0]])
    factor = rng.standard_normal(400_000)
    drawn = mean + load * factor + np.sqrt(std**2 - load**2) * rng.standard_normal((3, 400_000))
    greatest = drawn.max(axis=0)
    level, deviation = _greatest(mean, std, load)
    assert level[0] == pytest.approx(greatest.mean(), abs=0.05)
    assert deviation[0] == pytest.approx(greatest.std(), abs=0.1)


def test_samples_that_cannot_be_parted_are_told(places, video):
    for frame, error, message in (
        (drive().drop(columns="technology"), ColumnError, "column technology missing"),
        (pd.DataFrame(drive()), DataError, "no CRS in metres"),
        (drive().set_geometry(drive().buffer(5)), DataError, "no points"),
    ):
        with pytest.raises(error, match=message):
            layers_of(frame)
    placeless = drive().set_geometry([None, *drive().geometry[1:]], crs=CRS)
    assert list(layers_of(placeless)) == ["4G all", "5G all"]
    assert video.draw(places[:0], n=4).shape == (4, 0)


def test_a_single_layer_is_that_surface_itself(places):
    only = samples(road(100, 2), -100 + np.random.default_rng(2).normal(0, 6, 100))
    surface = fit(only)
    service = ServiceSurface(Service("audio", {"4G": -110.0}, -110.0), (Layer("4G 1800", surface, -110.0),))
    shared = Shared(0.4, 900.0)
    pd.testing.assert_frame_equal(service.predict(places), surface.predict(places))
    pd.testing.assert_series_equal(service.probability(places, -110.0), surface.probability(places, -110.0))
    mine, plain = service.drawer(20, 1, 2, shared), surface.drawer(20, 1, 2, shared)
    np.testing.assert_array_equal(mine(service.locate(places)), plain(surface.locate(places)))
    assert service.floor_dbm == surface.floor_dbm


def test_a_layer_with_a_stricter_threshold_is_told_by_its_margin(places):
    surface = fit(samples(road(100, 2), -100 + np.random.default_rng(2).normal(0, 6, 100)))
    strict = ServiceSurface(Service("video", {"4G": -104.0}, -110.0), (Layer("4G 1800", surface, -104.0),))
    level = surface.predict(places)["level_dbm"]
    np.testing.assert_allclose(strict.predict(places)["level_dbm"], level - 6)
    np.testing.assert_allclose(strict.probability(places, -110.0), surface.probability(places, -104.0))
    assert strict.floor_dbm == surface.floor_dbm - 6


def test_a_service_passes_for_the_surface_of_its_largest_layer(video):
    main = max((layer.surface for layer in video.layers), key=lambda surface: len(surface.bins_))
    assert video.main_.surface is main
    assert (video.operator_, video.crs_, video.mean_) == (main.operator_, main.crs_, main.mean_)
    assert video.bins_ is main.bins_
    assert video.kriging_ is main.kriging_
    assert video.floor_dbm == -131.0, "5G must lie below -125 dBm, 21 dB under its threshold of -104"
    assert clone(video).floor_dbm == video.floor_dbm


def test_the_service_of_the_settings():
    plain = Service.of(Gap(usable_dbm=-112.0), ("4G", "5G"))
    assert plain.thresholds_dbm == {"4G": -112.0, "5G": -112.0}, "without thresholds of their own the best level counts"
    service = Service.of(Gap(usable_dbm=-112.0, thresholds_dbm={"4G": -112.0, "5G": -108.0}), ("4G", "5G"))
    assert service.reference_dbm == -112.0
    assert (service.carried_by("5G"), service.carried_by("3G")) == (True, False)


def test_layers_that_share_hills_are_found_correlated(video):
    assert [layer.name for layer in video.layers] == ["4G all", "5G all"]
    assert 0.5 < video.shared_.correlation <= LARGEST


def test_probability_is_that_of_the_draws(video, places):
    drawn = video.draw(places, n=8_000, seed=3)
    for usable_dbm in (-115.0, -110.0, -104.0):
        expected = (drawn >= usable_dbm).mean(axis=0)
        np.testing.assert_allclose(video.probability(places, usable_dbm), expected, atol=0.06)
        error = video.probability(places, usable_dbm) - expected
        assert abs(error.mean()) < 0.005
        assert error.abs().mean() < 0.006
    level = video.predict(places)
    np.testing.assert_allclose(level["level_dbm"], drawn.mean(axis=0), atol=0.6)
    np.testing.assert_allclose(level["home_sd_db"], drawn.std(axis=0), rtol=0.08)


def test_a_second_layer_never_takes_service_away(video, places):
    alone = max(
        (layer.surface.probability(places, layer.usable_dbm) for layer in video.layers), key=lambda p: float(p.mean())
    )
    assert (video.probability(places, -110.0) >= alone - 1e-9).all()
    sure = 1 - (1 - video.layers[0].surface.probability(places, -110.0)) * (
        1 - video.layers[1].surface.probability(places, -104.0)
    )
    assert (video.probability(places, -110.0) <= sure + 1e-9).all()


def test_draws_of_operators_are_correlated_as_asked_and_layers_as_found(video):
    """Far from all samples the draws are the prior fields, whose correlations are known."""
    far = np.array([[900_000.0, 1_400_000.0]])
    third = drive(seed=3)  # whose field hangs together over the same range: waves of one length are what is shared
    other = fit(third[third["technology"] == "4G"])
    shared = Shared(0.4, 900.0)
    n = 6_000
    places = video.locate(far).layers
    mine = [video._layer_drawer(number, n, 5, 0, shared, False)(places[number])[0] for number in range(2)]
    theirs = other.drawer(n, 5, 1, shared)(other.locate(far))[0]
    surfaces = [layer.surface.kriging_ for layer in video.layers]

    def expected(correlation, one, two):
        # The field and what no sample tells of are shared; the coefficients of the mean are not.
        fields = [m.covariance_.sill_db2 + HOME_SHARE * m.place_noise_db2_ for m in (one, two)]
        full = [field + m.coefficients_cov_[0, 0] for field, m in zip(fields, (one, two), strict=True)]
        return correlation * np.sqrt(np.prod(fields) / np.prod(full))

    within = np.corrcoef(*mine)[0, 1]
    assert within == pytest.approx(expected(video.shared_.correlation, *surfaces), abs=0.05)
    for one, model in zip(mine, surfaces, strict=True):
        assert np.corrcoef(one, theirs)[0, 1] == pytest.approx(expected(0.4, model, other.kriging_), abs=0.05)
    alone = video.drawer(n, 5, 0)(video.locate(far))[0]
    elsewhere = video.drawer(n, 5, 1)(video.locate(far))[0]
    assert abs(np.corrcoef(alone, elsewhere)[0, 1]) < 0.05


def test_draws_do_not_depend_on_what_else_is_asked_for(video, places):
    drawer = video.drawer(10, 1, 0, Shared(0.3, 800.0))
    located = video.locate(places)
    whole = drawer(located)
    np.testing.assert_allclose(drawer(located.part(slice(10, 25))), whole[10:25], atol=1e-3)
    assert len(located.part(np.array([3, 1]))) == 2


def test_layers_nobody_measured_side_by_side_fade_together():
    apart = samples(road(60, 1), -100.0 + np.random.default_rng(1).normal(0, 5, 60))
    moved = samples(road(60, 2) + 50_000, -100.0 + np.random.default_rng(2).normal(0, 5, 60), "5G", 3500.0)
    service = ServiceSurface.of(pd.concat([apart, moved], ignore_index=True), VIDEO, fit)
    assert service.shared_.correlation == LARGEST


def test_bands_that_a_phone_chose_between_are_not_played_off_against_each_other():
    """Each band is seen only where it serves: the greatest of the two lies above what both together say."""
    rng = np.random.default_rng(8)
    n = 1_200
    at = road(n, 8)
    hills = [np.convolve(rng.normal(0, 4.0, n + 4), np.ones(5), "valid")[:n] for _ in range(2)]
    each = np.array([-95 + dim + rng.normal(0, 2, n) for dim in hills])
    serving = each.argmax(axis=0)
    logged = samples(at, each.max(axis=0), band=np.where(serving == 0, 900.0, 1800.0))
    held = np.arange(n) // 20 % 4 == 1
    service = Service("video", {"4G": -110.0}, -110.0)
    bias = {}
    for apart in (False, True):
        surface = ServiceSurface.of(logged[~held], service, fit, least_bins=30, bands_apart=apart)
        level = surface.predict(logged[held])["level_dbm"]
        bias[apart] = float((level - logged["rsrp_dbm"][held]).mean())
    assert abs(bias[False]) < 1.5
    assert bias[True] > bias[False] + 0.7


def test_bands_too_small_stand_together():
    at = road(100, 0)
    parts = [
        samples(at[:60], -95.0, band=1800.0),
        samples(at[60:70], -90.0, band=900.0),
        samples(at[70:100], -92.0, band=np.nan),
        samples(at[:4], np.nan, technology=None, band=np.nan, service="no_service"),
        samples(at[:5], -85.0, technology="5G", band=3500.0),
    ]
    every = pd.concat(parts, ignore_index=True)
    found = layers_of(every, 50.0, 30, bands_apart=True)
    assert {name: len(part) for name, part in found.items()} == {"4G 1800": 64, "4G all": 44, "5G all": 9}
    joined = layers_of(every.iloc[:70], 50.0, 30, bands_apart=True)
    assert {name: len(part) for name, part in joined.items()} == {"4G all": 70}
    assert {name: len(part) for name, part in layers_of(every).items()} == {"4G all": 104, "5G all": 9}


@given(st.lists(st.sampled_from([800.0, 1800.0, 2600.0, np.nan]), min_size=1, max_size=60), st.integers(1, 40))
def test_every_level_enters_exactly_one_layer(bands, least):
    every = samples(road(len(bands), 0), -95.0, band=np.array(bands))
    found = layers_of(every, 50.0, least, bands_apart=True)
    assert sorted(np.concatenate([part.index for part in found.values()])) == list(every.index)
    small = [name for name, part in found.items() if len(part) < least]
    assert len(small) <= (len(found) == 1)


def test_nothing_heard_has_no_layer():
    silent = samples(road(5, 0), np.nan, technology=None, band=np.nan, service="no_service")
    assert layers_of(silent) == {}
    with pytest.raises(DataError, match=r"video.*4G, 5G"):
        ServiceSurface.of(silent, VIDEO, fit)


def test_bad_input_is_said_plainly(video, places):
    with pytest.raises(UsageError, match="no technology has a threshold"):
        Service("video", {}, -110.0)
    with pytest.raises(DataError, match="CRS in metres"):
        layers_of(drive().to_crs(4326))
    other = drive().assign(operator="mobifone")
    with pytest.raises(DataError, match="mobifone, viettel"):
        ServiceSurface(VIDEO, (video.layers[0], Layer("4G", fit(other[other["technology"] == "4G"]), -110.0)))
    with pytest.raises(UsageError, match="made of fitted layers"):
        video.fit(drive())
    with pytest.raises(UsageError, match="another surface"):
        video.predict(video.layers[0].surface.locate(places))


def test_information_is_that_of_the_layer_service_would_come_from(video, places):
    frames = [layer.surface.predict(places) for layer in video.layers]
    margin = np.array(
        [frame["level_dbm"] - layer.usable_dbm for frame, layer in zip(frames, video.layers, strict=True)]
    )
    best = margin.argmax(axis=0)
    told = video.predict(places)
    expected = [frames[one]["information"].iloc[row] for row, one in enumerate(best)]
    np.testing.assert_array_equal(told["information"], expected)
    assert len(video.predict(places[:0])) == 0
