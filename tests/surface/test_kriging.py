import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import norm
from sklearn.base import clone
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import check_estimator

from lomsong.errors import CrsError, DataError
from lomsong.surface import CoverageKriging
from lomsong.surface.kriging import FAINT, FAINTER_SHARE, HOME_SHARE
from lomsong.surface.vecchia import PRIOR, Covariance, predecessors

COVARIANCE = Covariance(sill_db2=60.0, range_m=800.0, micro_db2=6.0, sample_db2=0.0)
NOISY = Covariance(sill_db2=60.0, range_m=800.0, micro_db2=20.0, sample_db2=0.0)


@pytest.mark.filterwarnings("ignore")
def test_scikit_learn_contract():
    failed = {
        check["check_name"]: check["exception"]
        for check in check_estimator(CoverageKriging(), on_fail=None)
        if check["status"] == "failed"
    }
    assert failed == {}


def test_works_in_pipelines_and_searches():
    points, level = drive(120)
    piped = make_pipeline(FunctionTransformer(), CoverageKriging(seed=3))
    assert piped.fit(points, level).predict(points[:5]).tolist() == pytest.approx(
        CoverageKriging(seed=3).fit(points, level).predict(points[:5]).tolist()
    )
    block = np.floor(points[:, 0] / 800)
    search = GridSearchCV(CoverageKriging(), {"neighbours": [4, 20]}, cv=GroupKFold(2))
    assert search.fit(points, level, groups=block).best_params_["neighbours"] in (4, 20)


def test_points_are_taken_as_they_are_and_in_any_crs_once_fitted():
    points, level = drive(60)
    points = points + np.array([700_000.0, 1_230_000.0])
    frame = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*points.T), crs=3405)
    model = CoverageKriging().fit(frame, level)
    plain = CoverageKriging().fit(points, level)
    assert model.n_features_in_ == 2
    assert (model.predict(frame) == plain.predict(points)).all()
    assert model.predict(frame.to_crs(4326)) == pytest.approx(model.predict(frame), abs=1e-3)
    assert (model.predict(frame.geometry) == model.predict(frame)).all()
    with pytest.raises(CrsError, match="X: CRS WGS 84 is not in metres"):
        CoverageKriging().fit(frame.to_crs(4326), level)
    assert (plain.predict(frame) == plain.predict(points)).all()
    with pytest.raises(CrsError, match="X: CRS WGS 84 is not in metres"):
        plain.predict(frame.to_crs(4326))  # of which nothing would be known anywhere
    with pytest.raises(CrsError, match="X"):
        CoverageKriging().fit(frame.set_crs(None, allow_override=True), level)


@pytest.mark.parametrize("given", [[0] * 60, [False] * 60, pd.Series([False] * 60, dtype="boolean"), np.zeros((60, 1))])
def test_limits_are_told_by_any_yes_or_no(given):
    points, level = drive(60)
    plain = CoverageKriging().fit(points, level).predict(points)
    assert (CoverageKriging().fit(points, level, censored=given).predict(points) == plain).all()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["False"] * 60, "60 values are neither true nor false .first: row 0, 'False'"),
        ([0.0, np.nan, *[0.0] * 58], "1 values are neither true nor false .first: row 1, nan"),
        (pd.Series([None, *[False] * 59], dtype="boolean"), "1 values are neither true nor false"),
        ([False], "1 values for 60 points"),
    ],
)
def test_what_is_neither_yes_nor_no_is_no_limit(given, message):
    """Numpy takes the text "False" and a missing number for True: all levels would have been limits."""
    points, level = drive(60)
    with pytest.raises(DataError, match=f"censored: {message}"):
        CoverageKriging().fit(points, level, censored=given)


def drive(n=150, seed=0, extent=4000):
    """A field of known covariance at random places."""
    rng = np.random.default_rng(seed)
    points = rng.uniform(0, extent, (n, 2))
    cov = 60 * np.exp(-cdist(points, points) / 800)
    level = -95 + np.linalg.cholesky(cov + 1e-9 * np.eye(n)) @ rng.standard_normal(n) + rng.normal(0, np.sqrt(6), n)
    return points, level


def test_equals_dense_simple_kriging():
    points, level = drive(120)
    places = np.random.default_rng(1).uniform(0, 4000, (40, 2))
    model = CoverageKriging(neighbours=120).fit(points, level, covariance=COVARIANCE)
    mean, std = model.predict(places, return_std=True)
    k = 60 * np.exp(-cdist(points, points) / 800) + 6 * np.eye(120)
    cross = 60 * np.exp(-cdist(places, points) / 800)
    beta = model.coefficients_[0]
    np.testing.assert_allclose(mean, beta + cross @ np.linalg.solve(k, level - beta), atol=1e-8)
    left = 1 - cross @ np.linalg.solve(k, np.ones(120))
    variance = (
        60 + 6 - np.einsum("ij,ji->i", cross, np.linalg.solve(k, cross.T)) + left**2 * model.coefficients_cov_[0, 0]
    )
    np.testing.assert_allclose(std, np.sqrt(variance), atol=1e-8)


def test_agrees_with_scikit_learn_at_small_n():
    points, level = drive(100, seed=3)
    kernel = ConstantKernel(60.0, "fixed") * Matern(800.0, "fixed", nu=0.5) + WhiteKernel(6.0, "fixed")
    model = CoverageKriging(neighbours=100).fit(points, level, covariance=COVARIANCE)
    oracle = GaussianProcessRegressor(kernel).fit(points, level - model.coefficients_[0])
    places = points[:20] + 37.0
    np.testing.assert_allclose(model.predict(places), oracle.predict(places) + model.coefficients_[0], atol=1e-6)


def test_recovers_the_covariance_it_was_drawn_from():
    found = [CoverageKriging().fit(*drive(1500, seed, extent=12_000)).covariance_ for seed in range(3)]
    assert 35 < np.mean([c.sill_db2 for c in found]) < 95
    for distance in (300, 800, 1500):
        at = np.mean([sum(sill * np.exp(-distance / range_m) for sill, range_m in c.parts) for c in found])
        assert at == pytest.approx(60 * np.exp(-distance / 800), abs=15), distance
    assert 3.5 < np.mean([c.noise_db2(np.ones(1))[0] for c in found]) < 9


def test_intervals_hold_where_nobody_measured():
    inside = []
    for seed in range(4):
        points, level = drive(1200, seed, extent=10_000)
        held = (points // 1000).sum(axis=1) % 3 == 0
        mean, std = CoverageKriging().fit(points[~held], level[~held]).predict(points[held], return_std=True)
        inside.append(np.mean(np.abs(level[held] - mean) < 1.6449 * std))
    assert 0.86 < np.mean(inside) < 0.94


def test_order_of_samples_and_a_shift_of_the_origin_do_not_matter():
    points, level = drive(200)
    places = points[:30] + 55.0
    base = CoverageKriging().fit(points, level, covariance=COVARIANCE).predict(places)
    order = np.random.default_rng(0).permutation(200)
    shuffled = CoverageKriging().fit(points[order], level[order], covariance=COVARIANCE).predict(places)
    # The order enters only the mean, through the random order of Vecchia's factors.
    np.testing.assert_allclose(shuffled, base, atol=0.1)
    moved = CoverageKriging().fit(points + 600_000, level, covariance=COVARIANCE).predict(places + 600_000)
    np.testing.assert_allclose(moved, base, atol=1e-6)
    raised = CoverageKriging().fit(points, level + 10, covariance=COVARIANCE).predict(places)
    np.testing.assert_allclose(raised, base + 10, atol=1e-8)


def test_far_away_the_mean_comes_back_and_nothing_is_known():
    points, level = drive(200)
    model = CoverageKriging().fit(points, level, covariance=COVARIANCE)
    far = model.estimate([[1e6, 1e6]])
    assert far.level_dbm[0] == pytest.approx(model.coefficients_[0])
    assert far.information[0] == pytest.approx(0, abs=1e-9)
    near = model.estimate(points)
    assert near.information.min() > 0.5
    assert near.nearest_m.max() == 0


def test_draws_have_the_mean_and_the_joint_covariance_of_the_estimate():
    points, level = drive(300)
    places = np.vstack([points[:3] + 20.0, [[9000, 9000], [9100, 9000], [9000, 12_000]]])
    model = CoverageKriging().fit(points, level, covariance=COVARIANCE)
    mean, std = model.predict(places, return_std=True)
    draws = model.sample(places, n=4000, seed=5)
    np.testing.assert_allclose(draws.mean(axis=0), mean, atol=5 * std.max() / np.sqrt(4000))
    np.testing.assert_allclose(draws.std(axis=0), std, rtol=0.08)
    together = np.corrcoef(draws[:, 3:].T)
    common = model.coefficients_cov_[0, 0]
    assert together[0, 1] == pytest.approx((60 * np.exp(-100 / 800) + common) / (66 + common), abs=0.06)
    assert together[0, 2] == pytest.approx((60 * np.exp(-3000 / 800) + common) / (66 + common), abs=0.06)


def test_a_mean_fainter_than_what_was_heard_is_less_sure():
    """By hand: the variance grows by the square of a share of how much fainter, as far as no sample tells."""
    points, level = drive(300)
    physics = np.linspace(-120, -70, 300)
    silent = physics < -110
    model = CoverageKriging(300).fit(points, level + physics + 95, None, silent, physics, COVARIANCE)
    heard = model.sample_basis_[~silent] @ model.coefficients_
    places = np.vstack([np.tile([9e6, 9e6], (3, 1)), points[:1] + 300.0])
    told = np.array([-150.0, -110.0, -70.0, -150.0])
    basis = np.column_stack([np.ones(4), told])
    found = model.estimate(places, told)
    fainter = FAINTER_SHARE * np.maximum(np.quantile(heard, FAINT) - basis @ model.coefficients_, 0)
    assert fainter[0] > 8 and fainter[1] > 0 == fainter[2]
    left = basis.copy()
    cross = 60 * np.exp(-cdist(places, points) / 800)
    k = 60 * np.exp(-cdist(points, points) / 800) + np.diag(model.noise_)
    weights = np.linalg.solve(k, cross.T).T
    left -= weights @ model.sample_basis_
    field = 60 - np.einsum("ij,ij->i", cross, weights)
    usual = field + 6 + np.einsum("ij,jk,ik->i", left, model.coefficients_cov_, left)
    np.testing.assert_allclose(found.level_sd_db**2, usual + fainter**2 * field / 60, rtol=1e-6)
    assert found.information[3] > 0.1
    draws = model.sample(places, 4000, 5, told)
    np.testing.assert_allclose(draws.std(axis=0), found.level_sd_db, rtol=0.08)


def test_draws_of_homes_have_half_the_noise_and_it_hangs_together():
    """By hand: at places h apart errors covary by the kriging's own part and half the noise times exp(-h / range)."""
    points, level = drive(300)
    places = np.array([points[0] + 20.0, points[0] + [20.0, 320.0], [9000.0, 9000.0], [9300.0, 9000.0]])
    model = CoverageKriging().fit(points, level, covariance=NOISY)
    found = model.estimate(places)
    np.testing.assert_allclose(found.level_sd_db**2 - found.home_sd_db**2, HOME_SHARE * 20.0)
    homes, bins = (np.cov(model.sampler(6000, 3, noise_apart=apart)(places)) for apart in (False, True))
    np.testing.assert_allclose(np.sqrt(np.diag(homes)), found.home_sd_db, rtol=0.05)
    np.testing.assert_allclose(np.sqrt(np.diag(bins)), found.level_sd_db, rtol=0.05)
    more_db2 = HOME_SHARE * 20.0 * np.exp(-300 / 800)
    assert homes[0, 1] - bins[0, 1] == pytest.approx(more_db2, abs=2)
    assert homes[2, 3] - bins[2, 3] == pytest.approx(more_db2, abs=4)


def test_draws_do_not_depend_on_the_company_or_the_workers():
    points, level = drive(200)
    places = np.random.default_rng(4).uniform(0, 4000, (60, 2))
    model = CoverageKriging().fit(points, level)
    all_at_once = model.sample(places, n=20, seed=9)
    np.testing.assert_allclose(model.sample(places[40:], n=20, seed=9), all_at_once[:, 40:], atol=1e-3)
    one_worker = clone(model).set_params(workers=1).fit(points, level)
    np.testing.assert_array_equal(one_worker.sample(places, n=20, seed=9), all_at_once)
    np.testing.assert_array_equal(one_worker.predict(places), model.predict(places))
    assert not np.allclose(model.sample(places, n=20, seed=10), all_at_once)
    homes = model.sampler(20, 9, noise_apart=False)(places, None)
    np.testing.assert_allclose(model.sampler(20, 9, noise_apart=False)(places[40:], None), homes[40:], atol=1e-3)


def test_one_censored_value_equals_the_truncated_normal():
    """With one sample and a given covariance the posterior at its place is known in closed form."""
    model = CoverageKriging().fit(
        [[0.0, 0.0], [5e6, 0.0]], [-125.0, -100.0], censored=[True, False], covariance=COVARIANCE
    )
    beta = model.coefficients_[0]
    z = (-125 - beta) / np.sqrt(66)
    ratio = norm.pdf(z) / norm.cdf(z)
    assert model.estimate([[0.0, 0.0]]).level_dbm[0] == pytest.approx(beta - 60 * ratio / np.sqrt(66), abs=0.1)


def test_censored_samples_tell_more_than_dropped_ones():
    errors = {"censored": [], "dropped": []}
    for seed in range(2):
        points, level = drive(800, seed, extent=6000)
        level = level - 20
        hidden = level < -118
        places, truth = points[hidden], level[hidden]
        shown = np.where(hidden, -118.0, level)
        with_them = CoverageKriging().fit(points, shown, censored=hidden)
        without = CoverageKriging().fit(points[~hidden], level[~hidden])
        for name, model in (("censored", with_them), ("dropped", without)):
            errors[name].append(np.sqrt(np.mean((model.predict(places) - truth) ** 2)))
    assert np.mean(errors["censored"]) < 0.8 * np.mean(errors["dropped"])


@pytest.mark.parametrize("n", [1, 2, 7])
def test_few_samples_take_the_documented_prior(n):
    points, level = drive(n)
    model = CoverageKriging().fit(points, level)
    assert model.covariance_ == PRIOR
    assert np.isfinite(model.predict([[0.0, 0.0]], return_std=True)).all()


def test_samples_side_by_side_tell_the_mean_like_one():
    together, apart = (CoverageKriging().fit(np.c_[side * np.arange(3), np.zeros(3)], [-90.0] * 3) for side in (5, 9e4))
    assert together.coefficients_cov_[0, 0] > 0.95 * PRIOR.sill_db2
    assert apart.coefficients_cov_[0, 0] == pytest.approx((PRIOR.sill_db2 + PRIOR.micro_db2) / 3, rel=0.01)


def test_silence_is_evidence_even_where_nothing_was_heard():
    """Of a field told by floors alone nothing would be left to know: each silent place would pass for unsurveyed."""
    points, level = drive(300)
    for heard in (0, 5):
        hidden = np.arange(300) >= heard
        model = CoverageKriging().fit(points, np.where(hidden, -125.0, level), censored=hidden)
        assert model.estimate(points[hidden]).information.min() > 0.3


def test_few_levels_heard_do_not_make_the_others_sure():
    """One bin in ten is heard: taken for levels, the floors of the others would be 10 dB too high, within 2 dB."""
    points, level = drive(600, 3, extent=6000)
    hidden = level < np.quantile(level, 0.9)
    shown = np.where(hidden, np.quantile(level, 0.9), level)
    model = CoverageKriging().fit(points[:400], shown[:400], censored=hidden[:400])
    estimate, std = model.predict(points[400:], return_std=True)
    assert (np.abs(level[400:] - estimate) < 1.645 * std).mean() > 0.7
    assert abs((estimate - level[400:]).mean()) < 6


@pytest.mark.parametrize("moved", [0, 0.1])
def test_a_phone_that_stuck_is_not_sure(moved):
    """Levels all equal were foreseen to 4e-11 dB, and those of 600 bins ended in a division by zero."""
    points, _ = drive(600)
    level = -90.0 - (np.random.default_rng(0).uniform(size=600) < moved)
    model = CoverageKriging().fit(points, level)
    assert model.covariance_ == PRIOR
    assert model.predict(points + 10, return_std=True)[1].min() > 3
    assert 0.8 < model.probability_above([[90_000.0, 0.0]], -110.0)[0] < 0.99


def test_degenerate_samples():
    same_place = CoverageKriging().fit(np.zeros((20, 2)), np.linspace(-100, -90, 20))
    assert same_place.predict([[0.0, 0.0]])[0] == pytest.approx(-95, abs=1)
    same_level = CoverageKriging().fit(drive(50)[0], np.full(50, -90.0))
    assert same_level.predict([[0.0, 0.0]])[0] == pytest.approx(-90)
    all_hidden = CoverageKriging().fit(drive(50)[0], np.full(50, -125.0), censored=np.ones(50, bool))
    assert all_hidden.predict([[2000.0, 2000.0]])[0] < -125


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"y": [np.nan] * 30}, "not finite"),
        ({"y": [-90.0] * 29}, "29 values for 30 points"),
        ({"weights": [0.0] * 30}, "not positive"),
        ({"trend": [[np.inf]] * 30}, "not finite"),
    ],
)
def test_bad_input_is_said_plainly(change, words):
    points, level = drive(30)
    with pytest.raises(DataError, match=words):
        CoverageKriging().fit(**({"X": points, "y": level} | change))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_refused(bad):
    points, level = drive(30)
    spoilt, value = points.copy(), level.copy()
    spoilt[4, 1] = value[4] = bad
    with pytest.raises(ValueError, match=r"NaN|infinity"):
        CoverageKriging().fit(spoilt, level)
    with pytest.raises(DataError, match=r"y: 1 values are not finite \(first: row 4\)"):
        CoverageKriging().fit(points, value)
    with pytest.raises(DataError, match=r"weights: 1 values are not finite"):
        CoverageKriging().fit(points, level, weights=np.where(np.arange(30) == 4, bad, 1.0))
    model = CoverageKriging().fit(points, level, covariance=COVARIANCE)
    with pytest.raises(ValueError, match=r"NaN|infinity"):
        model.predict(spoilt)


def test_a_place_needs_the_trend_that_was_fitted():
    points, level = drive(30)
    model = CoverageKriging().fit(points, level, trend=points[:, :1])
    with pytest.raises(DataError, match="0 columns given, 1 fitted"):
        model.predict(points)


def test_predecessors_are_the_nearest_earlier_ones():
    points = np.random.default_rng(0).uniform(0, 1, (300, 2))
    near = predecessors(points, 5)
    for row in (0, 3, 100, 299):
        distance = np.hypot(*(points[:row] - points[row]).T)
        assert sorted(near[row][near[row] >= 0]) == sorted(np.argsort(distance)[:5])


def test_the_variance_of_a_sample_is_taken_as_told():
    points, level = drive(600, seed=2, extent=8_000)
    weights = np.random.default_rng(5).integers(1, 4, 600)
    found = CoverageKriging().fit(points, level, weights, sample_db2=6.0).covariance_
    assert found.sample_db2 == 6.0
    assert found.noise_db2(np.array([2.0]))[0] == pytest.approx(3.0 + found.micro_db2)
