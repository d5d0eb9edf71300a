"""Every profile and parameter set of the validation data: the loss, and each intermediate quantity of the logs."""

import csv

import numpy as np
import pytest

from lomsong.radio.p1812 import TERMS, Profile, basic_loss

pytestmark = pytest.mark.real

NAMES = {"htc Table 5": "hts", "hrc Table 5": "hrs", "htc Eq (37a)": "htesph", "hrc Eq (37b)": "hresph",
         "hst Eq (90a)": "hst_lim", "hsr Eq (90b)": "hsr_lim"}  # fmt: skip
"""Quantities that the logs call otherwise than we do."""

NOT_OURS = {"Ep", "Ep w.r.t. Ptx", "Lbd"}
"""Field strength: power and gains are the link's. Lbd stands under a test of its own."""


def read_profile(path):
    rows = [[cell.strip() for cell in row] for row in csv.reader(path.read_text(encoding="latin-1").splitlines())]
    head = {row[0]: row[1] for row in rows if len(row) > 1}
    start = next(at for at, row in enumerate(rows) if row and row[0].startswith("Number of Points"))
    count = int(rows[start][1])
    table = np.array([[float(cell) for cell in row[:5]] for row in rows[start + 1 : start + 1 + count]])
    tx = float(head["Tx LON:"]), float(head["Tx LAT:"])
    rx = float(head["Rx LON:"]), float(head["Rx LAT:"])
    return Profile(table[:, 0], table[:, 1], table[:, 3], table[:, 4], tx, rx)


def read_log(path):
    """Return the inputs and the intermediate quantities of a log, the latter under our names."""
    inputs, outputs = {}, {}
    for row in csv.reader(path.read_text(encoding="latin-1").splitlines()):
        if len(row) < 4 or not row[3].strip() or row[0].startswith("#"):
            continue
        label, reference, value = row[0].split("(")[0].strip(), row[1].strip(), float(row[3])
        if reference or label in ("hts", "hrs", "d"):
            outputs[NAMES.get(f"{label} {reference}", label)] = value
        else:
            inputs[label] = value
    return inputs, outputs


def computed(folder, log, inputs):
    profile = read_profile(folder / "profiles" / f"{log.stem.removesuffix('_log').rpartition('_')[0]}.csv")
    return basic_loss(
        profile, f_ghz=inputs["f"], htg_m=inputs["htg"], hrg_m=inputs["hrg"],
        polarization={1: "horizontal", 2: "vertical"}[inputs["pol"]],
        p_percent=inputs["p"], pl_percent=inputs["pL"], sigma_l_db=inputs["sigmaL"],
        delta_n=inputs["DN"], n0=inputs["N0"], dct_km=inputs["dct"], dcr_km=inputs["dcr"],
    )  # fmt: skip


def test_loss_and_every_intermediate_quantity_of_the_logs(shared_data):
    folder = shared_data / "propagation" / "p1812"
    logs = sorted(folder.glob("results/*_log.csv"))
    assert len(logs) >= 48
    worst = {}
    for log in logs:
        inputs, outputs = read_log(log)
        loss = computed(folder, log, inputs)
        assert loss.lb_db == pytest.approx(outputs["Lb"], abs=1e-6), log.stem
        for name in outputs.keys() - NOT_OURS:
            worst[name] = max(worst.get(name, 0.0), abs(loss.terms[name] - outputs[name]))
    assert {name: off for name, off in worst.items() if off > 1e-3} == {}
    not_logged = {"Lbd", "tau", "ab", "Esp", "Esb", "Lbulla50", "Lbulls50", "Ldsph50", "Lloc"}
    assert worst.keys() == TERMS.keys() - not_logged


def test_diffraction_loss_of_the_logs_is_that_of_equation_43_or_what_ducting_made_of_it(shared_data):
    # Where ducting is stronger (Lminbap <= Lbd) the reference logs Lbda of equation (61) under the name Lbd, against
    # its own Lb0p + Ldp; everywhere else what it logs is equation (43).
    folder, overwritten = shared_data / "propagation" / "p1812", 0
    for log in sorted(folder.glob("results/*_log.csv")):
        inputs, outputs = read_log(log)
        terms = computed(folder, log, inputs).terms
        assert terms["Lbd"] == pytest.approx(outputs["Lb0p"] + outputs["Ldp"], abs=1e-3), log.stem
        ducted = outputs["Lminbap"] <= terms["Lbd"]
        assert terms["Lbda" if ducted else "Lbd"] == pytest.approx(outputs["Lbd"], abs=1e-3), log.stem
        overwritten += ducted
    assert overwritten == 4
