import numpy as np
import pytest
from pyproj import CRS
from rasterio.transform import from_origin
from scipy.linalg import cho_factor, cho_solve
from scipy.spatial.distance import cdist

from lomsong.radio import Terrain
from lomsong.surface import CoverageKriging
from lomsong.surface.calibration import Calibration
from lomsong.surface.draws import spectral_field
from lomsong.surface.regimes import Regimes, Regions, Woods, drawn_field
from lomsong.surface.vecchia import Covariance

COVARIANCE = Covariance(sill_db2=50.0, range_m=2_400.0, micro_db2=6.0, sample_db2=0.0, short=0.3)


def halves(at):
    east = 1 / (1 + np.exp(-(at[:, 0] - 10_000) / 400))
    return np.column_stack([1 - east, east])


REGIMES = Regimes(halves, np.log([0.7, 1.4]), np.array([0.05, 0.9]))


def dense(a, b):
    one, other = REGIMES.amplitude(a, COVARIANCE.sill_db2), REGIMES.amplitude(b, COVARIANCE.sill_db2)
    apart = cdist(a, b)
    parts = [np.outer(one[:, part], other[:, part]) for part in (0, 1)]
    return parts[0] * np.exp(-apart / COVARIANCE.range_m) + parts[1] * np.exp(-8 * apart / COVARIANCE.range_m)


def test_kriging_with_regimes_is_dense_kriging_at_few_samples():
    rng = np.random.default_rng(0)
    points, at = rng.uniform(8_000, 12_000, (30, 2)), rng.uniform(8_000, 12_000, (20, 2))
    level = -95 + rng.normal(0, 8, 30)
    model = CoverageKriging().fit(points, level, covariance=COVARIANCE, regimes=REGIMES)
    noise = COVARIANCE.micro_db2 * REGIMES.scale(points) ** 2
    factor = cho_factor(dense(points, points) + np.diag(noise))
    ones = np.ones(30)
    spread = 1 / (ones @ cho_solve(factor, ones))
    mean = spread * (ones @ cho_solve(factor, level))
    weights = cho_solve(factor, dense(points, at))
    left = 1 - weights.sum(axis=0)
    variance = (
        REGIMES.scale(at) ** 2 * (COVARIANCE.sill_db2 + COVARIANCE.micro_db2)
        - np.sum(weights * dense(points, at), axis=0)
        + left**2 * spread
    )
    assert model.coefficients_[0] == pytest.approx(mean)
    found, sd = model.predict(at, return_std=True)
    assert found == pytest.approx(mean + weights.T @ (level - mean))
    assert sd == pytest.approx(np.sqrt(variance))


def test_draws_agree_with_predictions():
    rng = np.random.default_rng(1)
    points, at = rng.uniform(7_000, 13_000, (60, 2)), rng.uniform(7_000, 13_000, (80, 2))
    model = CoverageKriging().fit(points, -95 + rng.normal(0, 8, 60), covariance=COVARIANCE, regimes=REGIMES)
    mean, sd = model.predict(at, return_std=True)
    draws = model.sample(at, n=2_000, seed=2)
    assert draws.mean(axis=0) == pytest.approx(mean, abs=1.0)
    assert draws.std(axis=0) / sd == pytest.approx(np.ones(80), abs=0.15)
    home = model.estimate(at).home_sd_db
    assert model.sampler(2_000, 2, noise_apart=False)(at, None).std(axis=1) / home == pytest.approx(
        np.ones(80), abs=0.15
    )


def test_the_drawn_field_has_the_covariance():
    at = np.column_stack([np.linspace(8_500, 11_500, 9), np.zeros(9)])
    # Waves are common to all draws of a seed: only over several seeds do they have the covariance itself.
    draws = np.hstack([drawn_field(REGIMES, COVARIANCE, 500, seed, 0, None)(at) for seed in range(8)])
    assert np.abs(np.cov(draws) - dense(at, at)).max() < 0.12 * dense(at, at).max()


@pytest.fixture(scope="module")
def two_countries():
    """A calm half whose field has a long range and a wild one where it is eight times shorter."""
    rng = np.random.default_rng(3)
    start, turn = rng.uniform(0, 20_000, (100, 2)), rng.uniform(0, 2 * np.pi, 100)
    along = np.linspace(0, 1_500, 60)[:, None]
    road = [begin + along * [np.cos(angle), np.sin(angle)] for begin, angle in zip(start, turn, strict=True)]
    points = np.concatenate(road)
    east = halves(points)[:, 1]
    long, short = spectral_field([(1.0, 3_000.0)], 1, 1), spectral_field([(1.0, 375.0)], 1, 2)
    level = -95 + 7 * (1 - east) * long(points)[:, 0] + 9 * east * short(points)[:, 0]
    return points, level + rng.normal(0, 2.5 + 1.5 * east)


def test_regimes_are_found_where_there_are_some_and_help(two_countries):
    points, level = two_countries
    held = (np.floor(points / 1_000).sum(axis=1) % 5) == 0
    kept = CoverageKriging().fit(points[~held], level[~held])
    plain = CoverageKriging().fit(points[~held], level[~held], covariance=kept.covariance_)
    assert kept.regimes_ is not None
    short = kept.regimes_.blend(np.array([[3_000.0, 10_000.0], [17_000.0, 10_000.0]])) @ kept.regimes_.short
    assert short[1] > short[0] + 0.3
    error = [np.sqrt(np.mean((one.predict(points[held]) - level[held]) ** 2)) for one in (kept, plain)]
    assert error[0] < 0.99 * error[1]


def test_a_field_of_one_kind_is_left_as_it_was():
    rng = np.random.default_rng(4)
    points = rng.uniform(0, 20_000, (1_500, 2))
    level = -95 + 7 * spectral_field([(1.0, 1_500.0)], 1, 1)(points)[:, 0] + rng.normal(0, 3, 1_500)
    model = CoverageKriging().fit(points, level)
    assert model.regimes_ is None
    same = CoverageKriging().fit(
        points, level, covariance=model.covariance_, calibration=model.calibration_, regimes=None
    )
    assert (same.predict(points[:50]) == model.predict(points[:50])).all()


def test_shares_sum_to_one_and_woods_follow_the_canopy():
    rng = np.random.default_rng(5)
    regions = Regions.of(rng.uniform(0, 10_000, (900, 2)))
    at = rng.uniform(-50_000, 60_000, (40, 2))
    assert regions(at).sum(axis=1) == pytest.approx(np.ones(40))
    assert Regions.of(at) is None, "too few to part"
    canopy = np.zeros((100, 100), np.float32)
    canopy[:, 50:] = 20
    terrain = Terrain(np.zeros_like(canopy), canopy, from_origin(0, 10_000, 100, 100), CRS.from_epsg(3405))
    shares = Woods(terrain)(np.array([[1_000.0, 5_000.0], [9_000.0, 5_000.0], [-5_000.0, 5_000.0]]))
    assert shares.tolist() == [[1, 0], [0, 1], [1, 0]]


def test_censored_values_and_regimes_go_together():
    rng = np.random.default_rng(6)
    points = rng.uniform(7_000, 13_000, (300, 2))
    level = -100 + 8 * spectral_field([(1.0, 1_500.0)], 1, 1)(points)[:, 0] + rng.normal(0, 2, 300)
    hidden = level < -106
    model = CoverageKriging().fit(
        points, np.maximum(level, -106), censored=hidden, covariance=COVARIANCE, calibration=Calibration(),
        regimes=REGIMES,
    )  # fmt: skip
    pseudo = model.residual_ + model.coefficients_[0]
    assert pseudo[hidden].mean() < -106
    assert np.isfinite(model.predict(points)).all()
