"""Prints how fast and how truly reach, worlds and plans of towers are: python benchmarks/reach.py [rows]

The first part streams the reach of 500 candidates over many places and tells memory; the second plans ten towers on the
sample province, builds them in the truth that was kept aside, and has a planner who knows that truth plan as well.
"""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
from pyproj import CRS
from rasterio.transform import from_origin
from scipy.ndimage import gaussian_filter
from scipy.sparse import csr_matrix
from scipy.spatial import cKDTree

from lomsong import pipeline
from lomsong.geo import coordinates
from lomsong.pipeline.towers import Ground, Wish, plan_towers, survey_ground
from lomsong.radio import Terrain
from lomsong.settings import Siting
from lomsong.simulate import simulate
from lomsong.simulate.propagation import aerials, strongest
from lomsong.simulate.province import Province
from lomsong.siting import maximum_coverage, reach_matrix
from lomsong.surface import Tuning

SAMPLE = Path(__file__).resolve().parent.parent / "data" / "lomsong.toml"
BUILDER = "viettel"
FARTHEST_M = 15_000.0


def streamed(rows: int) -> None:
    """Print time, size and memory of reach over so many places."""
    rng = np.random.default_rng(0)
    ground = 400 * gaussian_filter(rng.normal(size=(1_000, 1_000)), 15) * 15
    crs = CRS.from_epsg(3405)
    terrain = Terrain(ground, np.zeros_like(ground), from_origin(0, 100_000, 100, 100), crs)
    at = rng.uniform(0, 100_000, (500, 2))
    candidates = gpd.GeoDataFrame({"height_m": np.full(500, 42.0)}, geometry=gpd.points_from_xy(*at.T), crs=crs)
    points, settings, tuning = rng.uniform(0, 100_000, (rows, 2)), Siting(), Tuning(9.0, 1.04, -9.1, 28.2)
    reach_matrix(terrain, candidates, points[:1_000], settings, usable_dbm=-110.0, tuning=tuning)
    started = time.process_time()
    found = reach_matrix(terrain, candidates, points, settings, usable_dbm=-110.0, tuning=tuning)
    spent = time.process_time() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"reach of {rows} x 500: {found.nnz} non-zeros, {spent:.1f} CPU-s, peak memory {memory:.0f} MB")


def true_reach(province: Province, ground: Ground, points: np.ndarray, usable_dbm: float) -> csr_matrix:
    """Return whom each candidate would truly reach, with the azimuths that the plan gives it."""
    shadow = province._shadowing[BUILDER].at(points)
    candidates, tree = ground.candidates, cKDTree(points)
    rows, columns = [], []
    for column, (place, height_m) in enumerate(zip(candidates.geometry, candidates["height_m"], strict=True)):
        near = np.array(tree.query_ball_point([place.x, place.y], FARTHEST_M), dtype=int)
        if len(near):
            azimuth = (ground.azimuth_deg[column] + np.array([0.0, 120.0, 240.0])) % 360
            built = gpd.GeoDataFrame(
                {"band_mhz": 800.0, "height_m": height_m, "eirp_dbm": 32.0, "azimuth_deg": azimuth,
                 "beamwidth_deg": 65.0, "downtilt_deg": 0.0},
                geometry=[place] * 3, crs=candidates.crs,
            )  # fmt: skip
            level, _ = strongest(points[near], aerials(built, province._ground), province._ground)
            served = near[level + shadow[near] >= usable_dbm]
            rows.append(served)
            columns.append(np.full(len(served), column))
    pairs = np.concatenate(rows), np.concatenate(columns)
    return csr_matrix((np.ones(len(pairs[0])), pairs), shape=(len(points), len(candidates)))


def built() -> None:
    """Print what ten towers are predicted to gain, what they do, and what a planner who knew the truth would."""
    result = pipeline.run(SAMPLE)
    evidence, settings, wish = result.evidence, result.settings, Wish(operator=BUILDER)
    plan_towers(evidence, result.surfaces, result.gaps, settings)  # compiled code is ready then
    started = time.process_time()
    plan_towers(evidence, result.surfaces, result.gaps, settings)
    print(f"plan of the sample: {time.process_time() - started:.1f} CPU-s")
    ground = survey_ground(evidence, result.surfaces, result.gaps, settings, wish)
    towers = plan_towers(evidence, result.surfaces, result.gaps, settings, wish, ground)
    province, homes = simulate(), coordinates(evidence.households, evidence.crs)
    lost = province.level_dbm(BUILDER, homes) < settings.gap.usable_dbm
    learners = evidence.households["learners"].to_numpy(float)[lost]
    reach = true_reach(province, ground, homes[lost], settings.gap.usable_dbm)
    names = ground.candidates["candidate_id"].to_numpy(object)
    selected = np.flatnonzero(np.isin(names, towers.towers["candidate_id"]))
    gained = float(learners[np.asarray(reach[:, selected].sum(axis=1)).ravel() > 0].sum())
    known = maximum_coverage(reach, learners, p=len(selected))
    print(
        f"predicted {towers.gain:.0f} ({towers.gain_low:.0f}-{towers.gain_high:.0f}), truly gained {gained:.0f}; "
        f"a planner who knew the truth {known.objective:.0f} (bound {known.bound:.0f}): {gained / known.objective:.3f}"
    )


if __name__ == "__main__":
    streamed(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
    built()
