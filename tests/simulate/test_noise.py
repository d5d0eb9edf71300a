import numpy as np

from lomsong.simulate import Recipe
from lomsong.simulate.noise import Shadowing, displaced, fractal


def test_noise_depends_on_place_alone():
    east, north = np.random.default_rng(1).uniform(0, 5e4, (2, 500))
    whole = fractal(east, north, 3_000.0, 4, 7)
    assert (fractal(east[::-1], north[::-1], 3_000.0, 4, 7)[::-1] == whole).all()
    assert abs(whole.mean()) < 0.05 and 0.15 < whole.std() < 0.4
    assert (fractal(east, north, 3_000.0, 4, 8) != whole).mean() > 0.99


def test_noise_is_continuous_and_zero_on_its_lattice():
    east = np.arange(0.0, 9_000.0, 10.0)
    values = fractal(east, np.zeros_like(east), 3_000.0, 1, 3)
    assert np.abs(np.diff(values)).max() < 0.02
    assert np.abs(values[::300]).max() < 1e-12


def test_displacement_stays_near_its_reach():
    at = np.random.default_rng(2).uniform(0, 5e4, (800, 2))
    moved = np.hypot(*(displaced(at, 100.0, 2_000.0, 5) - at).T)
    assert 30 < moved.mean() < 200 and moved.max() < 600


def test_shadowing_has_the_stated_spread_and_range():
    rng = np.random.default_rng(3)
    at = rng.uniform(0, 4e5, (6_000, 2))
    away = at + 1_300.0 * np.column_stack([np.cos(angle := rng.uniform(0, 6.28, 6_000)), np.sin(angle)])
    near = at + 10.0
    shadow = Shadowing(Recipe(), "viettel")
    here = shadow.at(at)
    assert abs(here.std() - np.sqrt(2 * 4.5**2 + 2.0**2)) < 0.5
    expected = 2 * 4.5**2 * np.exp(-1) / here.var()
    assert abs(np.corrcoef(here, shadow.at(away))[0, 1] - expected) < 0.12
    assert np.corrcoef(here, shadow.at(near))[0, 1] > 0.9


def test_operators_share_half_of_the_slow_shadowing():
    at = np.random.default_rng(4).uniform(0, 4e5, (6_000, 2))
    one, other = (Shadowing(Recipe(), name).at(at) for name in ("viettel", "mobifone"))
    assert 0.35 < np.corrcoef(one, other)[0, 1] < 0.6
