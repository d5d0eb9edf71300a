"""Level at sites left out, and with a contiguous tenth of each unseen sector measured, beside simpler methods.

    python benchmarks/sectors.py BINS.parquet [FOLDS]      default: all five folds, e.g. 01 for the first two

BINS.parquet holds measured bins of sectors with known antennas: the columns of lomsong.surface.features.NEEDED,
heights, building heights, clutter classes, sector_id and rsrp_dbm. Masts within 60 m of each other are one site; the
sites are dealt into five folds. In each unseen sector the tenth of the bins nearest to a random one of its bins is
measured, in two deals; what is scored are the others. Prints RMSE in dB, the share of 90 % intervals that hold, and
processor seconds.

"own land unknown" leaves the bins of a site out of the land that its own bins are looked at through, both where it
learns and where it is scored: what the method reaches where nothing but other sites' bins tells about the ground and
the buildings. Levels of left-out sites are never read before they are measured.
"""

import sys
import time
import warnings

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Matern, WhiteKernel
from sklearn.model_selection import GroupKFold

from lomsong.surface.features import Mosaic, sector_features
from lomsong.surface.sectors import SectorSurface, site_groups

FOLDS, DEALS = 5, 2
MARGIN_M = 600
PLAIN = ("log_distance", "off_deg", "below_deg", "tilt_deg", "antenna_height_m", "power_dbm", "altitude_m",
         "site_altitude_m", "building_m", "clutter")  # fmt: skip


class OwnLandUnknown(SectorSurface):
    """Features are looked up by the index of the bins: each site's were computed through its own land."""

    def __init__(self, table=None, land=None, correction=None, seed=0):
        super().__init__(land, correction, seed)
        self.table = table

    def features(self, bins):
        return self.table.loc[bins.index]


def through_others(bins, site):
    """Return the features of each site's bins with land made of the bins of other sites."""
    at = bins[["easting_m", "northing_m"]].to_numpy(float)
    found = []
    for rows in pd.Series(site).groupby(site).indices.values():
        mast = bins[["site_easting_m", "site_northing_m"]].to_numpy(float)[rows]
        box = np.concatenate([at[rows], mast])
        near = ((at >= box.min(axis=0) - MARGIN_M) & (at <= box.max(axis=0) + MARGIN_M)).all(axis=1)
        near[rows] = False
        found.append(sector_features(bins.iloc[rows], Mosaic.of_bins(bins[near])))
    return pd.concat(found).sort_index()


def tenths(bins, rows, deal):
    """Return measured and other rows: of each sector the tenth around one of its bins, and the rest."""
    at, measured, others = bins[["easting_m", "northing_m"]].to_numpy(float), [], []
    for sector, within in bins.iloc[rows].groupby("sector_id").indices.items():
        of = rows[within]
        centre = at[np.random.default_rng([deal, sector]).choice(of)]
        order = of[np.argsort(np.hypot(*(at[of] - centre).T), kind="stable")]
        count = max(len(of) // 10, 1)
        measured.append(order[:count])
        others.append(order[count:])
    return np.concatenate(measured), np.concatenate(others)


class Board:
    def __init__(self):
        self.kept = {}

    def add(self, name, error, sd=None, began=None):
        held = np.full(len(error), np.nan) if sd is None else np.abs(error / sd) < 1.6449
        self.kept.setdefault(name, []).append((error, held, time.process_time() - began))

    def show(self, title):
        print(f"\n{title}\n{'':44s} RMSE dB  inside90   CPU-s")
        for name, parts in self.kept.items():
            error, held = (np.concatenate([part[i] for part in parts]) for i in (0, 1))
            inside = "     -" if np.isnan(held).all() else f"{held.mean():6.3f}"
            cpu = sum(part[2] for part in parts)
            print(f"{name:44s} {np.sqrt(np.mean(error**2)):7.3f}    {inside} {cpu:7.0f}", flush=True)


def plain(features, level, site, learn, rows, board):
    """Log-distance and boosting on the columns; returns the latter's errors, on learned sites each left out in turn."""
    began = time.process_time()
    line = np.column_stack([np.ones(len(level)), features["log_distance"]])
    slope = np.linalg.lstsq(line[learn], level[learn], rcond=None)[0]
    board.add("log-distance", level[rows] - line[rows] @ slope, began=began)
    began = time.process_time()
    table = features[list(PLAIN)].to_numpy()

    def guess(known, asked):
        some = np.random.default_rng(0).choice(known, min(100_000, len(known)), replace=False)
        return HistGradientBoostingRegressor(random_state=0).fit(table[some], level[some]).predict(table[asked])

    residual = level.copy()
    residual[rows] -= guess(learn, rows)
    board.add("boosting on the columns", residual[rows], began=began)
    for known, asked in GroupKFold(3).split(learn, groups=site[learn]):
        residual[learn[asked]] -= guess(learn[known], learn[asked])
    return residual


def shrinkage(bins, residual, learn):
    """Share of a measured tenth's mean error that is best added to the rest of the sector."""
    sector = bins.sector_id.to_numpy()
    means = [pd.Series(residual[part]).groupby(sector[part]).mean() for part in tenths(bins, learn, 0)]
    of_tenth, of_rest = pd.concat(means, axis=1).dropna().to_numpy().T
    return float(of_tenth @ of_rest / (of_tenth @ of_tenth))


def ordinary_kernel(at, sector, residual, rows):
    """An offset, a field and noise, fitted to 25 bins of each of 15 sectors set far apart of each other."""
    rng = np.random.default_rng(0)
    pick = rng.choice(np.unique(sector[rows]), 15, replace=False)
    some = [rng.choice(rows[sector[rows] == name], 25) for name in pick]
    places = np.concatenate([at[part] - at[part].mean(axis=0) + 1e6 * i for i, part in enumerate(some)])
    values = np.concatenate([residual[part] for part in some])
    offset = ConstantKernel(10.0) * RBF(1e5, "fixed")
    kernel = offset + ConstantKernel(60.0) * Matern(100.0, (5, 2_000), nu=0.5) + WhiteKernel(10.0, (1, 100))
    with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):  # a parameter at its bound
        return GaussianProcessRegressor(kernel).fit(places, values).kernel_


def peers(bins, residual, learn, measured, others, board):
    at, sector = bins[["easting_m", "northing_m"]].to_numpy(float), bins.sector_id.to_numpy()
    began = time.process_time()
    share = shrinkage(bins, residual, learn)
    means = pd.Series(residual[measured]).groupby(sector[measured]).mean()
    left = residual[others] - share * means.reindex(sector[others]).to_numpy()
    board.add("boosting on the columns, sector offset", left, began=began)
    began = time.process_time()
    kernel = ordinary_kernel(at, sector, residual, learn)
    errors, deviations = [], []
    for name in np.unique(sector[others]):
        known, asked = measured[sector[measured] == name], others[sector[others] == name]
        process = GaussianProcessRegressor(kernel, optimizer=None).fit(at[known], residual[known])
        more, sd = process.predict(at[asked], return_std=True)
        errors.append(residual[asked] - more)
        deviations.append(sd)
    board.add("  and Gaussian process on the residual", *map(np.concatenate, (errors, deviations)), began=began)


def ours(name, surface, bins, level, site, learn, rows, deals, boards):
    began = time.process_time()
    surface.fit(bins.iloc[learn], level[learn], site[learn])
    trees = surface.correction_.predict(surface.features(bins.iloc[rows]))
    boards[0].add(f"{name}, trees alone", level[rows] - trees, began=began)
    guess, sd = surface.predict(bins.iloc[rows], return_std=True)
    boards[0].add(name, level[rows] - guess, sd, began)
    for measured, others in deals:
        began = time.process_time()
        adapted = surface.adapt(bins.iloc[measured], level[measured])
        guess, sd = adapted.predict(bins.iloc[others], return_std=True)
        boards[1].add(name, level[others] - guess, sd, began)


def main():
    bins = pd.read_parquet(sys.argv[1]).reset_index(drop=True)
    level = bins.pop("rsrp_dbm").to_numpy(float)
    chosen = [int(fold) for fold in sys.argv[2]] if len(sys.argv) > 2 else range(FOLDS)
    site = site_groups(bins)
    fold = np.random.default_rng(5).permutation(np.arange(site.max() + 1) % FOLDS)[site]
    began = time.process_time()
    land = Mosaic.of_bins(bins)
    features = sector_features(bins)
    print(f"{len(bins):,} bins, {bins.sector_id.nunique()} sectors, {site.max() + 1} sites")
    print(f"land of all bins: {time.process_time() - began:.0f} CPU-s")
    table = through_others(bins, site)
    boards = Board(), Board()
    for number in chosen:
        learn, rows = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        deals = [tenths(bins, rows, 100 + deal) for deal in range(DEALS)]
        residual = plain(features, level, site, learn, rows, boards[0])
        for measured, others in deals:
            peers(bins, residual, learn, measured, others, boards[1])
        for name, surface in {
            "lomsong without land": SectorSurface(),
            "lomsong, own land unknown": OwnLandUnknown(table),
            "lomsong": SectorSurface(land),
        }.items():
            ours(name, surface, bins, level, site, learn, rows, deals, boards)
        boards[0].show(f"sites left out, folds to {number}")
        boards[1].show("a contiguous tenth of each unseen sector measured")


if __name__ == "__main__":
    main()
