import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lomsong.errors import DataError
from lomsong.radio.diffraction import EARTH_RADIUS_M, bullington_loss_db, knife_edge_loss_db

P1812 = Path(__file__).resolve().parents[3] / "shared" / "data" / "propagation" / "p1812"


def by_the_text(distance_m, height_m, tx_m, rx_m, frequency_mhz):
    """P.526 §4.5.1 step by step as printed, in km and metres, sharing nothing with the kernel."""
    d, h = np.asarray(distance_m)[1:-1] / 1e3, np.asarray(height_m)[1:-1]
    total, wavelength = distance_m[-1] / 1e3, 299.792458 / frequency_mhz
    curvature = 1 / (4 / 3 * EARTH_RADIUS_M / 1e3)
    bulge = 500 * curvature * d * (total - d)
    slope_tx = np.max((h + bulge - tx_m) / d)
    slope = (rx_m - tx_m) / total
    if slope_tx < slope:
        line = (tx_m * (total - d) + rx_m * d) / total
        nu = np.max((h + bulge - line) * np.sqrt(0.002 * total / (wavelength * d * (total - d))))
    else:
        slope_rx = np.max((h + bulge - rx_m) / (total - d))
        point = (rx_m - tx_m + slope_rx * total) / (slope_tx + slope_rx)
        line = (tx_m * (total - point) + rx_m * point) / total
        nu = (tx_m + slope_tx * point - line) * np.sqrt(0.002 * total / (wavelength * point * (total - point)))
    edge = 6.9 + 20 * np.log10(np.sqrt((nu - 0.1) ** 2 + 1) + nu - 0.1) if nu > -0.78 else 0.0
    return edge + (1 - np.exp(-edge / 6)) * (10 + 0.02 * total)


def profiles(count, seed=0):
    rng = np.random.default_rng(seed)
    for _ in range(count):
        size = int(rng.integers(3, 200))
        distance = np.concatenate([[0.0], np.cumsum(rng.uniform(20, 300, size - 1))])
        height = rng.uniform(0, 1) * np.cumsum(rng.normal(0, 8, size))
        ends = height[0] + rng.uniform(5, 80), height[-1] + rng.uniform(1, 30)
        yield distance, height, *ends, float(rng.choice([150.0, 800.0, 1800.0, 3500.0]))


def test_knife_edge_at_published_values():
    # P.526 figure 9 and its formula: 0 below -0.78, 6 dB at grazing, about 13.9 at 1 and 20.1 + at 2.4
    assert knife_edge_loss_db([-2.0, -0.78, 0.0, 1.0]) == pytest.approx([0, 0, 6.03, 13.93], abs=0.02)
    # Far behind the edge the formula tends to 13 + 20 log nu.
    assert knife_edge_loss_db(100.0) == pytest.approx(13 + 40, abs=0.1)


def test_equals_the_text_on_random_profiles():
    for profile in profiles(300):
        assert bullington_loss_db(*profile) == pytest.approx(by_the_text(*profile), abs=1e-9)


def test_one_edge_by_hand():
    # A ridge 20 m above the line in the middle of 10 km at 300 MHz, flat Earth: nu = 20 sqrt(2 * 10000 / (1 * 5000**2))
    nu = 20 * np.sqrt(2 * 10_000 / (299.792458 / 300 * 5000.0**2))
    single = float(knife_edge_loss_db(nu))
    expected = single + (1 - np.exp(-single / 6)) * (10 + 0.2)
    loss = bullington_loss_db(np.array([0, 5e3, 1e4]), np.array([0, 70.0, 0]), 50.0, 50.0, 300.0, k=1e9)
    assert loss == pytest.approx(expected, abs=1e-6)


def test_in_sight_over_flat_ground_is_nothing():
    distance = np.linspace(0, 5_000, 101)
    assert bullington_loss_db(distance, np.zeros(101), 100.0, 100.0, 1800.0) == 0


def test_reciprocal():
    for distance, height, tx, rx, frequency in profiles(100, seed=1):
        back = bullington_loss_db(distance[-1] - distance[::-1], height[::-1], rx, tx, frequency)
        assert back == pytest.approx(bullington_loss_db(distance, height, tx, rx, frequency), abs=1e-9)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10_000), st.floats(0, 50), st.floats(0, 1))
def test_a_higher_obstacle_never_lowers_the_loss(seed, raised, where):
    distance, height, tx, rx, frequency = next(profiles(1, seed))
    higher = height.copy()
    higher[1 + int(where * (len(height) - 3))] += raised
    before = bullington_loss_db(distance, height, tx, rx, frequency)
    assert bullington_loss_db(distance, higher, tx, rx, frequency) >= before - 1e-9


def test_void_and_no_intermediate_point():
    assert np.isnan(bullington_loss_db(np.array([0.0, 1, 2]), np.array([0, np.nan, 0]), 10.0, 10.0, 800.0))
    assert bullington_loss_db(np.array([0.0, 90.0]), np.zeros(2), 1.0, 1.0, 800.0) == 0


@pytest.mark.parametrize("distance", [[0.0, 2, 1], [0.0], [0.0, 1, 2, 3]])
def test_faults_are_named(distance):
    with pytest.raises(DataError, match="distance_m"):
        bullington_loss_db(np.array(distance), np.zeros(3 if len(distance) > 1 else 1), 1.0, 1.0, 800.0)


def reference_profile(path):
    rows = list(csv.reader(path.read_text(encoding="latin-1").splitlines()))
    start = next(i for i, row in enumerate(rows) if row and row[0].startswith("Number of Points"))
    table = np.array([[float(cell) for cell in row[:4]] for row in rows[start + 1 : start + 1 + int(rows[start][1])]])
    return table[:, 0] * 1e3, table[:, 1] + table[:, 3]


@pytest.mark.real
@pytest.mark.skipif(not P1812.exists(), reason=f"{P1812} is not there")
@pytest.mark.parametrize("log", sorted(P1812.glob("results/*_log.csv")), ids=lambda path: path.stem)
def test_equals_the_reference_implementation_of_p1812(log):
    values = {}
    for row in csv.reader(log.read_text(encoding="latin-1").splitlines()):
        if len(row) > 3 and row[0] and row[3] and not row[0].startswith("#"):
            values.setdefault(row[0].strip(), float(row[3]))
    distance, obstacle = reference_profile(P1812 / "profiles" / (log.stem.removesuffix("_log")[:-2] + ".csv"))
    loss = bullington_loss_db(
        distance, obstacle, values["hts (m)"], values["hrs (m)"], values["f (GHz)"] * 1e3,
        k=3,
    )  # fmt: skip
    # The log keeps the terms of the last of the two passes, the one at k = 3 (P.1812 eq. 7b); the reference also rounds
    # the speed of light.
    assert loss == pytest.approx(values["Lbulla (dB)"], abs=1e-3)
