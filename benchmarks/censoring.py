"""Holes in real drive tests, hidden on purpose: what a phone without service is worth, in one run.

    python benchmarks/censoring.py [SET ...] [--deals N]      default: all sets, one deal of blocks to folds

Of each set the weakest 10, 20 and 30 % of the bins are hidden: only that they lie below the floor is told. Blocks of
space are left out as ../shared/protocol/score_surface.py deals them, and every bin there, hidden or not, is predicted
from the others: with the hidden ones dropped, put at the floor, censored, or known after all (what no method can
know). A bin is usable at or above a threshold: the floor itself, 5 dB above it, and that of the set where it is higher.

Printed are the share of truly uncovered bins called covered (probability of being usable at least one half) and of
covered ones called uncovered, Brier score, RMSE and CRPS in dB, the share inside the 90 % interval, and the mean error.
"""

import argparse
import importlib.util
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import norm

from lomsong.ingest import read_survey
from lomsong.surface import CoverageKriging

SHARED = Path(__file__).resolve().parents[2] / "shared"
FLOORS = (0.1, 0.2, 0.3)
MARGIN_DB = 5.0
WAYS = ("dropped", "at the floor", "censored", "known")
DAKAR = {"dakar_orange": "Orange", "dakar_yas": "Yas", "dakar_expresso": "expresso"}


def protocol():
    spec = importlib.util.spec_from_file_location("score_surface", SHARED / "protocol" / "score_surface.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass(frozen=True)
class Bins:
    at: np.ndarray
    level_dbm: np.ndarray
    samples: np.ndarray
    block_m: float
    usable_dbm: float


def bins_of(name, rules):
    if name in DAKAR:
        path = SHARED / "data" / "drive_test" / "dakar_gnettrack" / f"{DAKAR[name]}_log.txt"
        samples = read_survey(path).samples
        samples = samples[samples["service"] == "level"]
        lon, lat = samples.geometry.x, samples.geometry.y
        # Walked with three phones in parallel: the bins, blocks and threshold of the other walked set.
        level, size_m, block_m, usable_dbm = samples["rsrp_dbm"], 10, 150, -95
    else:
        lon, lat, level, size_m, block_m, usable_dbm = getattr(rules, name)()
    points = rules.metric(np.asarray(lon), np.asarray(lat))
    return Bins(*rules.to_bins(points, np.asarray(level, float), size_m), block_m, usable_dbm)


def told(bins, floor_dbm, way):
    """What the estimator is given: which bins, their levels, and which of those are limits."""
    hidden = bins.level_dbm < floor_dbm
    level = bins.level_dbm if way == "known" else np.where(hidden, floor_dbm, bins.level_dbm)
    given = ~hidden if way == "dropped" else np.ones(len(hidden), bool)
    return given, level, hidden if way == "censored" else np.zeros(len(hidden), bool)


def predict(bins, floor_dbm, way, fold):
    given, level, censored = told(bins, floor_dbm, way)
    mean, std = np.full(len(level), np.nan), np.full(len(level), np.nan)
    for out in (fold == one for one in np.unique(fold) if one >= 0):
        known = ~out & given
        limits = {"censored": censored[known]} if censored.any() else {}
        model = CoverageKriging().fit(bins.at[known], level[known], weights=bins.samples[known], **limits)
        mean[out], std[out] = model.predict(bins.at[out], return_std=True)
    return mean, std


def score(bins, mean, std, usable_dbm, rules):
    """Scores over the bins that were predicted."""
    asked = np.isfinite(mean)
    truth, mean, std = bins.level_dbm[asked], mean[asked], std[asked]
    p, covered = norm.sf((usable_dbm - mean) / std), truth >= usable_dbm
    return {
        "false_covered": float(np.mean(p[~covered] >= 0.5)),
        "missed": float(np.mean(p[covered] < 0.5)),
        "brier": float(np.mean((p - covered) ** 2)),
        "rmse": float(np.sqrt(np.mean((mean - truth) ** 2))),
        "crps": float(np.mean(rules.crps(truth, mean, std))),
        "inside90": float(np.mean(np.abs(mean - truth) < 1.6448536 * std)),
        "bias": float(np.mean(mean - truth)),
    }


def compare(name, rules, deals):
    bins = bins_of(name, rules)
    print(f"{name}: {len(bins.level_dbm):,} bins, blocks of {bins.block_m} m, usable at {bins.usable_dbm} dBm")
    folds = [rules.deal(bins.at, bins.block_m, seed) for seed in range(11, 11 + deals)]
    for share in FLOORS:
        floor_dbm = float(np.quantile(bins.level_dbm, share))
        thresholds = sorted({floor_dbm, floor_dbm + MARGIN_DB} | {max(float(bins.usable_dbm), floor_dbm)})
        before = {}
        for way in WAYS:
            began = time.process_time()
            predicted = [predict(bins, floor_dbm, way, fold) for fold in folds]
            cpu_s = time.process_time() - began
            for usable_dbm in thresholds:
                each = [score(bins, *one, usable_dbm, rules) for one in predicted]
                row = {key: float(np.mean([scores[key] for scores in each])) for key in each[0]}
                fewer = 1 - row["false_covered"] / before.setdefault(usable_dbm, row["false_covered"])
                shown = "  ".join(f"{key} {value:.3f}" for key, value in row.items())
                print(
                    f"  floor {floor_dbm:6.1f} ({share:.0%})  usable {usable_dbm:6.1f}  {way:12s}  {shown}  "
                    f"fewer {fewer:4.0%}  {cpu_s:.1f} CPU-s"
                )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", default=["hamburg", "ambato", *DAKAR])
    parser.add_argument("--deals", type=int, default=1)
    chosen = parser.parse_args()
    if not SHARED.is_dir():
        print("../shared is not here: real data are not part of the repository")
        return
    rules = protocol()
    for name in chosen.sets:
        compare(name, rules, chosen.deals)


if __name__ == "__main__":
    main()
