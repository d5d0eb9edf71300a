"""Sectors of known antennas in a city: sites left out, and a contiguous tenth of each unseen sector measured."""

import numpy as np
import pandas as pd
import pytest

from lomsong.surface.features import Mosaic
from lomsong.surface.learned import LearnedCorrection
from lomsong.surface.sectors import SectorSurface, site_groups

SITES, FOLDS = 60, 2

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def city(shared_data):
    """Bins of the sites nearest to the middle of the survey, their levels and sites."""
    path = shared_data / "drive_test" / "chengdu" / "sectors_west.parquet"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    bins = pd.read_parquet(path)
    mast = bins[["site_easting_m", "site_northing_m"]]
    site = site_groups(bins)
    apart = pd.Series(np.hypot(*(mast - mast.median()).to_numpy().T)).groupby(site).min()
    bins = bins[np.isin(site, apart.nsmallest(SITES).index)].reset_index(drop=True)
    return bins.drop(columns="rsrp_dbm"), bins.rsrp_dbm.to_numpy(float), site_groups(bins)


def tenths(bins, rows):
    at, measured = bins[["easting_m", "northing_m"]].to_numpy(float), []
    for within in bins.iloc[rows].groupby("sector_id").indices.values():
        of = rows[within]
        centre = at[np.random.default_rng(len(of)).choice(of)]
        measured.append(of[np.argsort(np.hypot(*(at[of] - centre).T), kind="stable")[: max(len(of) // 10, 1)]])
    measured = np.concatenate(measured)
    return measured, np.setdiff1d(rows, measured)


def test_beats_the_distance_law_where_sites_are_left_out_and_a_tenth_measured_helps(city):
    bins, level, site = city
    land = Mosaic.of_bins(bins)
    fold = np.random.default_rng(0).permutation(np.arange(site.max() + 1) % FOLDS)[site]
    law = np.column_stack([np.ones(len(bins)), np.log10(np.maximum(np.hypot(
        bins.easting_m - bins.site_easting_m, bins.northing_m - bins.site_northing_m), 5))])  # fmt: skip
    errors, held = {"law": [], "left out": [], "tenth": []}, {"left out": [], "tenth": []}
    for number in range(FOLDS):
        learn, rest = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        measured, others = tenths(bins, rest)
        surface = SectorSurface(land, LearnedCorrection(seeds=1, trees=200, rows=30_000))
        surface.fit(bins.iloc[learn], level[learn], site[learn])
        errors["law"].append(level[others] - law[others] @ np.linalg.lstsq(law[learn], level[learn], rcond=None)[0])
        adapted = surface.adapt(bins.iloc[measured], level[measured])
        for name, asked in (("left out", surface), ("tenth", adapted)):
            guess, sd = asked.predict(bins.iloc[others], return_std=True)
            errors[name].append(level[others] - guess)
            held[name].append(np.abs(level[others] - guess) < 1.6449 * sd)
    rmse = {name: np.sqrt(np.mean(np.concatenate(parts) ** 2)) for name, parts in errors.items()}
    inside = {name: np.concatenate(parts).mean() for name, parts in held.items()}
    assert rmse["left out"] < rmse["law"] - 0.5
    assert rmse["tenth"] < rmse["left out"] - 0.3
    assert all(0.86 < share < 0.94 for share in inside.values()), inside
