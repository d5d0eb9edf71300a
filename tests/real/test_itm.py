"""The Irregular Terrain Model against the test vectors that NTIA publishes with its own program.

The losses are printed to 0.01 dB (point to point) and 0.1 dB (area): a correct one lies within half the last digit.
"""

import csv
import zipfile

import numpy as np
import pytest

from lomsong.radio import itm
from lomsong.radio.p1812 import Profile, basic_loss
from lomsong.surface.kriging import FAINTER_SHARE

pytestmark = pytest.mark.real

POLARIZATIONS = ("horizontal", "vertical")
SITINGS = ("random", "careful", "very_careful")


def vectors(folder, name):
    with (folder / "propagation" / "itm" / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def common(row):
    return {
        "climate": int(row["climate"]),
        "n0": float(row["N_0"]),
        "f_mhz": float(row["f__mhz"]),
        "polarization": POLARIZATIONS[int(row["pol"])],
        "epsilon": float(row["epsilon"]),
        "sigma": float(row["sigma"]),
        "mdvar": int(row["mdvar"]),
        "time_percent": float(row["time"]),
        "location_percent": float(row["location"]),
        "situation_percent": float(row["situation"]),
    }


def half_a_digit(text):
    return 0.5 * 10.0 ** -len(text.partition(".")[2]) + 1e-9


def test_point_to_point(shared_data):
    lines = (shared_data / "propagation" / "itm" / "pfls.csv").read_text(encoding="utf-8").splitlines()
    profiles = [np.array([float(cell) for cell in line.split(",") if cell.strip()]) for line in lines]
    rows = vectors(shared_data, "p2p")
    assert len(rows) == len(profiles) == 5
    modes = set()
    for row, (intervals, step_m, *profile) in zip(rows, profiles, strict=True):
        assert len(profile) == intervals + 1
        heights = float(row["h_tx__meter"]), float(row["h_rx__meter"])
        found = itm.point_to_point(*heights, profile, step_m, **common(row))
        assert found.loss_db == pytest.approx(float(row["A__db"]), abs=half_a_digit(row["A__db"]))
        modes.add(found.terms.mode)
    assert modes == set(itm.MODES)


def test_area(shared_data):
    rows = vectors(shared_data, "area")
    assert len(rows) == 5
    for row in rows:
        found = itm.area(
            float(row["h_tx__meter"]),
            float(row["h_rx__meter"]),
            float(row["d__km"]) * 1e3,
            float(row["delta_h__meter"]),
            siting_tx=SITINGS[int(row["tx_siting_criteria"])],
            siting_rx=SITINGS[int(row["rx_siting_criteria"])],
            **common(row),
        )
        assert found.loss_db == pytest.approx(float(row["A__db"]), abs=half_a_digit(row["A__db"]))


def test_two_models_of_hills_differ_by_the_share_that_a_faint_mean_is_less_sure_by(shared_data):
    """Losses 20 dB and more beyond free space, P.1812 beside ITM over real hills and over such 0.4 times as high."""
    with zipfile.ZipFile(shared_data / "dem" / "N44W072.hgt.zip") as packed:
        raw = packed.read(next(entry for entry in packed.namelist() if entry.endswith(".hgt")))
    height, rng, share = np.frombuffer(raw, ">i2").reshape(1201, 1201).astype(float), np.random.default_rng(0), []
    usual = {"climate": 5, "n0": 325, "f_mhz": 900, "polarization": "vertical", "epsilon": 15, "sigma": 0.005}
    median = {"mdvar": 12, "time_percent": 50, "location_percent": 50, "situation_percent": 50}
    for relief in np.tile([0.4, 1.0], 200):
        row, first, cells = *rng.integers(0, 1000, 2), int(np.exp(rng.uniform(np.log(15), np.log(200))))
        ground, km = relief * height[row, first : first + cells + 1], np.arange(cells + 1) * 0.0661
        profile = Profile(km, ground, 0 * km, np.full(cells + 1, 4), (-71.5, 44.5), (-71.5 + cells / 1200, 44.5))
        one = basic_loss(profile, f_ghz=0.9, htg_m=40, hrg_m=1.5, polarization="vertical")
        other = itm.point_to_point(40, 1.5, ground, 66.1, **usual, **median)
        beyond = np.array([one.lb_db, other.loss_db]) - one.terms["Lbfs"]
        if beyond.mean() >= 20:
            share.append(np.ptp(beyond) / beyond.mean())
    assert len(share) > 150
    assert np.sqrt(np.mean(np.square(share)) / 2) == pytest.approx(FAINTER_SHARE, abs=0.05)
