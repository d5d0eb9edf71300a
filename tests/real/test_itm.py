"""The Irregular Terrain Model against the test vectors that NTIA publishes with its own program.

The losses are printed to 0.01 dB (point to point) and 0.1 dB (area): a correct one lies within half the last digit.
"""

import csv

import numpy as np
import pytest

from lomsong.radio import itm

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
