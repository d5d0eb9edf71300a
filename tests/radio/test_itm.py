import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lomsong.errors import DataError, UsageError
from lomsong.radio import itm
from lomsong.radio.itm.path import _horizons, _irregularity_m, mean_elevation_m
from lomsong.radio.itm.variability import deviate
from lomsong.texts import TEXTS, told

LINK = {"climate": 1, "n0": 360, "f_mhz": 800, "polarization": "vertical", "epsilon": 15, "sigma": 0.005, "mdvar": 12}
MEDIAN = {"time_percent": 50, "location_percent": 50, "situation_percent": 50}
PLACES = {"siting_tx": "random", "siting_rx": "random"}


def over(profile, step=100, h_tx=30, h_rx=1.5, **changed):
    return itm.point_to_point(h_tx, h_rx, profile, step, **(LINK | MEDIAN | changed))


def at(distance, delta_h=30, h_tx=30, h_rx=1.5, **changed):
    return itm.area(h_tx, h_rx, distance, delta_h, **(LINK | PLACES | MEDIAN | changed))


def hills(seed, points=200, steep=8):
    profile = np.cumsum(np.random.default_rng(seed).normal(0, steep, points))
    return profile - profile.min()


def test_a_short_flat_path_between_tall_masts_is_free_space():
    found = over(np.zeros(21), 100, 60, 60, climate=5)
    assert found.terms.free_space_db == pytest.approx(32.45 + 20 * math.log10(800) + 20 * math.log10(2), abs=1e-12)
    assert found.terms.mode == "line_of_sight"
    assert found.terms.in_sight
    assert found.terms.delta_h_m == 0
    # Two rays may add or take a few dB, nothing more.
    assert abs(found.loss_db - found.terms.free_space_db) < 6
    assert found.loss_db == found.terms.free_space_db + found.terms.attenuation_db


def test_loss_grows_with_distance_through_all_three_ranges():
    for delta_h in (0, 30, 90, 300):
        losses = [at(distance, delta_h) for distance in np.geomspace(2e3, 8e5, 60)]
        assert (np.diff([found.loss_db for found in losses]) > 0).all()
        assert list(dict.fromkeys(found.terms.mode for found in losses)) == list(itm.MODES)
    flat = [over(np.zeros(points)).loss_db for points in range(30, 900, 40)]
    assert (np.diff(flat) > 0).all()


def test_ranges_meet_without_a_jump():
    losses = np.array([at(distance, 60).loss_db for distance in np.arange(20e3, 400e3, 20.0)])
    assert np.abs(np.diff(losses)).max() < 0.03  # the steepest stretch loses 1.1 dB/km


@pytest.mark.parametrize("mdvar", [0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23, 30, 31, 32, 33])
@pytest.mark.parametrize("climate", itm.CLIMATES)
def test_quantiles_are_ordered(mdvar, climate):
    read = {0: ["situation"], 1: ["time", "situation"], 2: ["time", "situation"], 3: ["time", "location", "situation"]}
    for name in read[mdvar % 10]:
        given_up = name == "location" and mdvar // 10 in (1, 3)
        losses = [
            at(40e3, 90, mdvar=mdvar, climate=climate, **{f"{name}_percent": p}).loss_db for p in (5, 30, 50, 70, 90)
        ]
        assert np.ptp(losses) == 0 if given_up else (np.diff(losses) > 0).all()


def test_what_a_mode_does_not_read_changes_nothing():
    assert at(3e4, mdvar=0, time_percent=1).loss_db == at(3e4, mdvar=0, time_percent=99).loss_db
    assert at(3e4, mdvar=1, location_percent=1).loss_db == at(3e4, mdvar=1, location_percent=99).loss_db
    assert at(3e4, mdvar=2, location_percent=1).loss_db == at(3e4, mdvar=2, location_percent=99).loss_db
    # Without the variability of situations, confidence costs less.
    high = {"situation_percent": 95}
    assert at(3e4, mdvar=2, **high).loss_db > at(3e4, mdvar=22, **high).loss_db


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10_000), st.integers(3, 300), st.sampled_from([0, 1, 8, 30]), st.floats(30, 3000))
def test_the_way_back_loses_the_same(seed, points, steep, frequency):
    profile = hills(seed, points, steep)
    there = over(profile, h_tx=42, h_rx=3, f_mhz=frequency)
    back = over(profile[::-1], h_tx=3, h_rx=42, f_mhz=frequency)
    assert back.loss_db == pytest.approx(there.loss_db, abs=1e-6)
    assert back.terms.mode == there.terms.mode


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(4, 120))
def test_horizons_are_the_steepest_points_over_the_bent_earth(seed, points):
    profile, step, bend = hills(seed, points), 90.0, 1.2e-7
    tx, rx, length = profile[0] + 20, profile[-1] + 2, step * (points - 1)
    distance, angle = _horizons(profile, step, (tx, rx), bend)
    along = step * np.arange(points)
    ahead = (np.append(profile[1:-1], rx) - tx) / along[1:] - bend / 2 * along[1:]
    back = (np.append(profile[-2:0:-1], tx) - rx) / along[1:] - bend / 2 * along[1:]
    assert angle == pytest.approx((ahead.max(), back.max()), abs=1e-12)
    assert distance == pytest.approx((along[1:][ahead.argmax()], along[1:][back.argmax()]), abs=1e-6)
    assert (distance[0] == length) == (distance[1] == length)


def test_irregularity_by_hand():
    assert _irregularity_m(np.linspace(0, 700, 400), 100.0, 500.0, 39_000.0) == pytest.approx(0, abs=1e-9)
    # Many whole waves of height a: their deciles are at ±a sin(0.4 π).
    wave = 50 * np.sin(np.arange(4001) * 2 * np.pi / 67)
    expected = 2 * 50 * math.sin(0.4 * math.pi) / (1 - 0.8 * math.exp(-400e3 / 50e3))
    assert _irregularity_m(wave, 100.0, 0.0, 400e3) == pytest.approx(expected, rel=0.02)
    assert mean_elevation_m(np.array([900.0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 900])) == 1


def test_deviate_is_that_of_the_normal_distribution():
    for share in (1e-4, 0.01, 0.1, 0.3, 0.5, 0.7, 0.95, 0.999):
        assert deviate(share) == pytest.approx(-NormalDist().inv_cdf(share), abs=5e-4)


def test_a_hill_in_between_costs_and_hides():
    clear = over(np.zeros(201))
    ridge = np.zeros(201)
    ridge[100] = 150
    behind = over(ridge)
    assert behind.loss_db > clear.loss_db + 10
    assert not behind.terms.in_sight
    assert (behind.terms.horizon_tx_m, behind.terms.horizon_rx_m) == pytest.approx((10_000, 10_000))
    assert behind.terms.angle_rx_rad == pytest.approx(148.5 / 1e4 - 1e4 / (2 * behind.terms.effective_earth_m))


def test_refractivity_falls_with_the_elevation_of_the_path():
    low, high = over(np.zeros(51)).terms, over(np.full(51, 946.0)).terms
    assert low.surface_refractivity == 360
    assert high.surface_refractivity == pytest.approx(360 * math.exp(-0.1))
    assert low.effective_earth_m > high.effective_earth_m


def test_a_careful_site_is_better():
    losses = [at(30e3, 90, h_rx=3, siting_rx=siting).loss_db for siting in ("random", "careful", "very_careful")]
    assert losses == sorted(losses, reverse=True)
    assert losses[0] > losses[2] + 1


def test_warnings_are_words_with_a_text():
    assert at(30e3).terms.warnings == ()
    odd = over(np.zeros(5), 100, 2000, 0.5, f_mhz=15_000, time_percent=99.99).terms.warnings
    assert {"frequency", "height_tx", "height_rx", "path_short", "path_steep", "quantile"} <= set(odd)
    assert at(2e6).terms.warnings == ("path_long",)
    assert set(odd) <= set(itm.WARNINGS)
    assert {f"itm.warning.{word}" for word in itm.WARNINGS} == {key for key in TEXTS if key.startswith("itm.warning.")}


@pytest.mark.parametrize(
    ("changed", "limit"),
    [
        ({"f_mhz": 19.9}, "20…20000 MHz"),
        ({"f_mhz": 20_001}, "20…20000 MHz"),
        ({"f_mhz": math.nan}, "20…20000 MHz"),
        ({"h_tx": 0.4}, "0.5…3000 m"),
        ({"h_rx": 3001}, "0.5…3000 m"),
        ({"n0": 249}, "250…400"),
        ({"n0": None}, "250…400"),
        ({"climate": 0}, "1, 2, 3, 4, 5, 6, 7"),
        ({"climate": 8}, "1, 2, 3, 4, 5, 6, 7"),
        ({"polarization": "slant"}, "horizontal, vertical"),
        ({"epsilon": 1}, "> 1"),
        ({"sigma": 0}, "> 0 S/m"),
        ({"sigma": math.inf}, "> 0 S/m"),
        ({"mdvar": 4}, "0, 1, 2, 3, 10"),
        ({"mdvar": 40}, "30, 31, 32, 33"),
        ({"time_percent": 0}, "0 < x < 100"),
        ({"location_percent": 100}, "0 < x < 100"),
        ({"situation_percent": -1}, "0 < x < 100"),
    ],
)
def test_limits_are_told_in_both_languages(changed, limit):
    name, value = next(iter(changed.items()))
    for call in (lambda: over(np.zeros(9), **changed), lambda: at(1e4, **changed)):
        with pytest.raises(UsageError) as caught:
            call()
        for language in ("vi", "en"):
            sentence = told(caught.value, language)
            assert sentence.startswith(name)
            assert f" = {value}" in sentence
            assert limit in sentence
            assert "\n" not in sentence
        assert told(caught.value, "vi") != told(caught.value, "en") == str(caught.value)


def test_limits_of_one_mode():
    for step in (0, -30, math.nan):
        with pytest.raises(UsageError, match=r"step_m = .* > 0 m.*give the distance between two points"):
            over(np.zeros(9), step)
    with pytest.raises(UsageError, match=r"distance_m = 0 "):
        at(0)
    with pytest.raises(UsageError, match=r"delta_h_m = -1 "):
        at(1e4, -1)
    with pytest.raises(UsageError, match=r"siting_rx = lucky.*random, careful, very_careful"):
        at(1e4, siting_rx="lucky")


@pytest.mark.parametrize(
    ("profile", "english", "vietnamese"),
    [
        ([1.0, 2.0], r"shape \(2,\).*at least 3 points", "ít nhất 3 điểm"),
        (np.zeros((3, 3)), r"shape \(3, 3\)", "ít nhất 3 điểm"),
        ([1.0, math.nan, 2.0, math.nan], r"2 of 4 heights are void \(first: number 1\)", "2 trong 4 độ cao bị trống"),
        ([1.0, -9999.0, 2.0], r"height -9999 is outside -500…9000 m", "độ cao -9999 ngoài giới hạn"),
    ],
)
def test_faults_of_a_profile_are_told_in_both_languages(profile, english, vietnamese):
    with pytest.raises(DataError, match=english) as caught:
        over(profile)
    assert vietnamese in told(caught.value, "vi")


def test_three_points_and_arguments_that_stay_as_they_are():
    profile = np.array([3.0, 9.0, 4.0])
    assert math.isfinite(over(profile, 1000).loss_db)
    assert over([3, 9, 4], 1000) == over(profile, 1000)
    assert profile.tolist() == [3, 9, 4]
