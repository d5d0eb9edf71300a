"""Prints how fast reach and plans of towers are: python benchmarks/reach.py [rows]

The first part streams the reach of 500 candidates over many places and tells memory; the second plans ten towers on the
sample province. What towers truly bring, plan_truth.py tells.
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

from lomsong import pipeline
from lomsong.pipeline.towers import plan_towers, survey_ground
from lomsong.radio import Terrain
from lomsong.settings import Siting
from lomsong.siting import reach_matrix
from lomsong.surface import Tuning

SAMPLE = Path(__file__).resolve().parent.parent / "data" / "lomsong.toml"


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


def planned() -> None:
    """Print how long the plan of the sample province takes."""
    result = pipeline.run(SAMPLE)
    evidence, settings = result.evidence, result.settings
    plan_towers(evidence, result.surfaces, result.gaps, settings)  # compiled code is ready then
    started = time.process_time()
    ground = survey_ground(evidence, result.surfaces, result.gaps, settings)
    surveyed = time.process_time()
    plan_towers(evidence, result.surfaces, result.gaps, settings, None, ground)
    spent = (surveyed - started, time.process_time() - surveyed)
    print(f"plan of the sample: {spent[0]:.1f} CPU-s who reaches whom, {spent[1]:.1f} CPU-s the choice and its prices")


if __name__ == "__main__":
    streamed(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
    planned()
