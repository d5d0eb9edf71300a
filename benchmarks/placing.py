"""Households without a position: what the ranking loses, beside positions that are known and the point of the hamlet.

    python benchmarks/placing.py [SEED...]        default: the sample province, then provinces of seeds 1 to 4

Every position is taken away, and a population grid of 100 m is made of the true homes, blurred by 150 m, each cell
wrong by a factor exp(N(0, 0.5)), and 2 % of the people spread over all cells. Prints learners without signal in all,
the mean absolute error of a commune's number, and how many intervals hold the truth, in all communes and in those of 20
or more.
"""

import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.ndimage import gaussian_filter

from lomsong.geo import WGS84, Grid, coordinates
from lomsong.ingest.evidence import read_evidence
from lomsong.ingest.maps.rasters import RasterReading
from lomsong.ingest.rosters.settlements import Settlements
from lomsong.pipeline.fields import fit_surfaces
from lomsong.pipeline.gaps import find_gaps
from lomsong.settings import load
from lomsong.simulate import Recipe, simulate

SAMPLE = Path(__file__).resolve().parent.parent / "data" / "lomsong.toml"
STEP_M, BLUR_M, WRONG, EVERYWHERE = 100.0, 150.0, 0.5, 0.02
POINT_M = 1.0
"""A reach at which all homes stand at the point of their hamlet."""


def people_of(at, bounds, crs):
    """A population grid as one would be had: of the true homes, blurred and wrong."""
    grid = Grid.over(bounds, STEP_M, crs)
    rows, columns = grid.shape
    east = [grid.west_m, grid.west_m + columns * STEP_M]
    north = [grid.north_m - rows * STEP_M, grid.north_m]
    count = np.histogram2d(at[:, 1], at[:, 0], bins=grid.shape, range=[north, east])[0][::-1]
    people = gaussian_filter(count, BLUR_M / STEP_M) * np.random.default_rng(3).lognormal(0, WRONG, grid.shape)
    people += people.sum() * EVERYWHERE / people.size
    return RasterReading(people.astype(np.float32), grid)


def variants(evidence, people):
    """The households as known, and as they would be placed."""
    homes = evidence.households
    hamlet = Settlements(evidence.communes, evidence.crs, evidence.hamlets)
    yield "positions known", homes
    without = pd.DataFrame(homes.drop(columns="geometry"))
    for name, settlements, rows in (
        ("hamlet, population", replace(hamlet, population=people), without),
        ("hamlet alone", hamlet, without),
        ("hamlet's point", replace(hamlet, reach_m=POINT_M), without),
        ("commune, population", replace(hamlet, population=people), without.drop(columns="hamlet_id")),
        ("commune, hamlets", hamlet, without.drop(columns="hamlet_id")),
    ):
        placed = settlements.place(rows, np.full((len(rows), 2), np.nan))
        points = gpd.points_from_xy(*placed.degrees.T)
        yield name, gpd.GeoDataFrame(rows.assign(placed_by=placed.by), geometry=points, crs=WGS84)


def province(settings_file, level_dbm=None):
    settings = load(settings_file)
    evidence, account = read_evidence(settings_file, settings)
    assert evidence is not None, account.faults
    surfaces = fit_surfaces(evidence, settings)
    at = coordinates(evidence.households, evidence.crs)
    if level_dbm is None:
        truth = pd.read_parquet(settings_file.parent / "truth" / "households.parquet").set_index("household_id")
        loudest = truth.loc[evidence.households["household_id"]].max(axis=1).to_numpy()
    else:
        loudest = np.max([level_dbm(name, at) for name in surfaces], axis=0)
    people = people_of(at, evidence.communes.to_crs(evidence.crs).total_bounds, evidence.crs)
    gone = (loudest < settings.gap.usable_dbm) * evidence.households["learners"].to_numpy()
    true = pd.Series(gone).groupby(evidence.households["commune_code"].to_numpy()).sum()
    for name, homes in variants(evidence, people):
        ranking = find_gaps(replace(evidence, households=homes), surfaces, settings).ranking.set_index("commune_code")
        known = true.reindex(ranking.index).fillna(0)
        inside = (known >= ranking["unconnected_low"]) & (known <= ranking["unconnected_high"])
        yield name, pd.DataFrame(
            {"told": ranking["unconnected"], "true": known, "inside": inside,
             "width": ranking["unconnected_high"] - ranking["unconnected_low"]}
        )  # fmt: skip


def told(name, table):
    error, many = (table["told"] - table["true"]).abs(), table["told"] >= 20
    print(
        f"{name:20s} {table['told'].sum():8.0f} of {table['true'].sum():6.0f}   error {error.mean():6.1f}   width "
        f"{table['width'].mean():6.1f}   inside {table['inside'].mean():.3f}   20 or more "
        f"{table['inside'][many].mean():.3f} ({many.sum()})",
        flush=True,
    )


def main():
    seeds = [int(value) for value in sys.argv[1:]]
    if not seeds:
        print("sample province")
        for name, table in province(SAMPLE):
            told(name, table)
    pooled = {}
    for seed in seeds or range(1, 5):
        made = simulate(Recipe(area_km2=600, communes=24, households=12_000, seed=seed))
        with tempfile.TemporaryDirectory() as folder:
            made.write(Path(folder))
            for name, table in province(Path(folder) / "lomsong.toml", made.level_dbm):
                pooled.setdefault(name, []).append(table)
    print(f"{len(seeds) or 4} provinces of 600 km² and 24 communes")
    for name, tables in pooled.items():
        told(name, pd.concat(tables))


if __name__ == "__main__":
    main()
