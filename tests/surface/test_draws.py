import numpy as np
import pytest

from lomsong.surface.draws import spectral_field, white_noise


def test_field_has_the_covariance_it_names():
    places = np.array([[0.0, 0.0], [200.0, 0.0], [0.0, 1000.0], [3000.0, 0.0]]) + 500_000
    draws = np.hstack([spectral_field([(50.0, 1000.0)], 500, seed)(places) for seed in range(20)])
    found = draws @ draws.T / draws.shape[1]
    distance = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
    np.testing.assert_allclose(found, 50 * np.exp(-distance / 1000), atol=2.5)


def test_noise_is_standard_normal_and_a_function_of_place():
    places = np.random.default_rng(0).uniform(0, 1e6, (5000, 2))
    noise = white_noise(places, 41, 3)
    assert noise.mean() == pytest.approx(0, abs=0.01)
    assert noise.std() == pytest.approx(1, abs=0.01)
    assert abs(np.corrcoef(noise[:, 0], noise[:, 1])[0, 1]) < 0.05
    assert abs(np.corrcoef(noise[:-1, 0], noise[1:, 0])[0, 1]) < 0.05
    np.testing.assert_array_equal(white_noise(places[7:9], 41, 3), noise[7:9])
    assert (white_noise(places, 41, 4) != noise).any()


def test_a_field_is_the_same_to_the_bit_whatever_else_is_asked_for():
    places = np.random.default_rng(3).uniform(0, 5_000, (3000, 2))
    field = spectral_field([(40.0, 900.0), (8.0, 112.5)], 30, 7)
    whole = field(places)
    for count in (1, 2, 50, 1500):
        np.testing.assert_array_equal(field(places[:count]), whole[:count])
