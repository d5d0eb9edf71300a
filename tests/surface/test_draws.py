import numpy as np
import pytest

from lomsong.surface.draws import Shared, spectral_field, unseen_field, white_noise


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


def test_the_unseen_field_hangs_together_and_leaves_the_other_alone():
    places = np.array([[0.0, 0.0], [200.0, 0.0], [0.0, 1000.0], [4000.0, 0.0]]) + 500_000
    unseen = np.hstack([unseen_field(800.0, 500, seed)(places) for seed in range(20)])
    field = np.hstack([spectral_field([(1.0, 800.0)], 500, seed)(places) for seed in range(20)])
    distance = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
    np.testing.assert_allclose(unseen @ unseen.T / unseen.shape[1], np.exp(-distance / 800), atol=0.06)
    np.testing.assert_allclose(unseen @ field.T / unseen.shape[1], 0, atol=0.05)


def test_operators_share_the_unseen_field_as_they_share_the_other():
    places = np.random.default_rng(5).uniform(0, 50_000, (40, 2))
    shared = Shared(0.6, 900.0)
    one, other = (unseen_field(900.0, 2000, 3, stream, shared)(places) for stream in (0, 1))
    assert (one * other).mean() / np.sqrt((one**2).mean() * (other**2).mean()) == pytest.approx(0.6, abs=0.05)
    again = unseen_field(900.0, 2000, 3, 1, shared)(places[7:9])
    np.testing.assert_array_equal(again, other[7:9])
