"""Prints what planned towers truly bring: python benchmarks/plan_truth.py [provinces] [area_km2] [towers]

Fictive provinces of several seeds are surveyed, towers are planned from the survey alone and then built in the truth
that was kept aside: once by a named operator for those whom he does not reach, once by one of the operators for those
whom nobody reaches. A planner who knows the truth plans as well, from the same positions. Two rules are looked at:
the learners truly gained lie inside the interval of 90 %, and they are at least 95 % of what that planner gains.
"""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.spatial import cKDTree

from lomsong import pipeline
from lomsong.geo import coordinates
from lomsong.pipeline.towers import Ground, plan_towers, survey_ground
from lomsong.settings import Settings
from lomsong.simulate import Recipe, simulate
from lomsong.simulate.propagation import aerials, strongest
from lomsong.simulate.province import Province
from lomsong.siting import maximum_coverage
from lomsong.tables import OPERATORS

FARTHEST_M = 15_000.0
FIRST_SEED = 11


@dataclass(frozen=True)
class Outcome:
    """What a plan promised and what it brought."""

    seed: int
    builder: str
    sites: int
    promised: float
    low: float
    high: float
    gained: float
    known: float
    bound: float

    @property
    def inside(self) -> bool:
        """Whether the interval holds what was truly gained."""
        return self.low <= self.gained <= self.high

    @property
    def share(self) -> float:
        """Of what a planner who knew the truth would gain."""
        return self.gained / self.known if self.known else 1.0


def true_reach(
    province: Province, builder: str, ground: Ground, settings: Settings, points: NDArray[np.float64]
) -> csr_matrix:
    """Return whom each candidate would truly reach, built by an operator with the azimuths that the plan gives it."""
    shadow = province._shadowing[builder].at(points)
    siting, tree = settings.siting, cKDTree(points)
    candidates = ground.candidates
    rows, columns = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    spread = 360.0 / siting.sectors * np.arange(siting.sectors)
    for column, (place, height_m) in enumerate(zip(candidates.geometry, candidates["height_m"], strict=True)):
        near = np.array(tree.query_ball_point([place.x, place.y], FARTHEST_M), dtype=np.int64)
        if len(near):
            built = gpd.GeoDataFrame(
                {"band_mhz": siting.frequency_mhz, "height_m": height_m, "eirp_dbm": siting.eirp_dbm,
                 "azimuth_deg": (ground.azimuth_deg[column] + spread) % 360, "beamwidth_deg": siting.beamwidth_deg,
                 "downtilt_deg": 0.0},
                geometry=[place] * siting.sectors, crs=candidates.crs,
            )  # fmt: skip
            level, _ = strongest(points[near], aerials(built, province._ground), province._ground)
            served = near[level + shadow[near] >= settings.gap.usable_dbm]
            rows.append(served)
            columns.append(np.full(len(served), column))
    pairs = np.concatenate(rows), np.concatenate(columns)
    return csr_matrix((np.ones(len(pairs[0])), pairs), shape=(len(points), len(candidates)))


def outcome(province: Province, fields: pipeline.Fields, named: bool, builder: str, sites: int) -> Outcome:
    """Plan from the survey, build in the truth."""
    evidence, surfaces = fields.evidence, fields.surfaces
    siting = replace(fields.settings.siting, sites=sites, operator=builder if named else "")
    settings = replace(fields.settings, siting=siting)
    gaps = pipeline.find_gaps(evidence, surfaces, settings)
    ground = survey_ground(evidence, surfaces, gaps, settings)
    towers = plan_towers(evidence, surfaces, gaps, settings, None, ground)
    homes = coordinates(evidence.households, evidence.crs)
    lacking = [builder] if named else list(surfaces)
    level = np.max([province.level_dbm(name, homes) for name in lacking], axis=0)
    lost = level < settings.gap.usable_dbm
    learners = evidence.households["learners"].to_numpy(float)[lost]
    reach = true_reach(province, builder, ground, settings, homes[lost])
    gained = learners[np.asarray(reach[:, towers.rows].sum(axis=1)).ravel() > 0].sum()
    usable = ground.allowed & np.isfinite(ground.backhaul.only(ground.allowed).hops())
    known = maximum_coverage(reach, learners, p=len(towers.rows), forbidden=np.flatnonzero(~usable))
    return Outcome(
        province.recipe.seed, builder if named else f"({builder})", len(towers.rows), towers.gain, towers.gain_low,
        towers.gain_high, float(gained), known.objective, known.bound,
    )  # fmt: skip


def outcomes(seed: int, area_km2: float, sites: int) -> list[Outcome]:
    """Survey one province; plan and build in it for a named builder and for one who is not decided."""
    recipe = Recipe(area_km2=area_km2, communes=max(int(area_km2 / 35), 3), households=int(20 * area_km2), seed=seed)
    province = simulate(recipe)
    builder = list(OPERATORS)[seed % 3]
    with tempfile.TemporaryDirectory() as folder:
        province.write(folder)
        fields = pipeline.estimate(Path(folder) / "lomsong.toml")
    return [outcome(province, fields, named, builder, sites) for named in (True, False)]


def report(provinces: int, area_km2: float, sites: int) -> None:
    """Print a line a plan, and how often the two rules hold."""
    heads = f"{'promised (90 %)':>22} {'gained':>7} {'known':>7} {'share':>6} inside"
    print(f"{'seed':>5} {'builder':<13} {'towers':>6} {heads}")
    found: list[Outcome] = []
    for seed in range(FIRST_SEED, FIRST_SEED + provinces):
        started = time.process_time()
        for one in outcomes(seed, area_km2, sites):
            found.append(one)
            promised = f"{one.promised:.0f} ({one.low:.0f}-{one.high:.0f})"
            print(
                f"{one.seed:5d} {one.builder:<13} {one.sites:6d} {promised:>22} {one.gained:7.0f} {one.known:7.0f} "
                f"{one.share:6.3f} {'yes' if one.inside else 'no'}", flush=True,
            )  # fmt: skip
        print(f"{'':5} {time.process_time() - started:.0f} CPU-s", flush=True)
    inside, shares = sum(one.inside for one in found), np.array([one.share for one in found])
    total = sum(one.gained for one in found) / sum(one.known for one in found)
    print(
        f"inside the interval {inside} of {len(found)}; of what a planner who knew would gain {total:.3f} in all, "
        f"least {shares.min():.3f}, {int((shares >= 0.95).sum())} of {len(found)} at least 0.95"
    )


if __name__ == "__main__":
    asked = [float(one) for one in sys.argv[1:]] + [None] * 3
    report(int(asked[0] or 6), asked[1] or 1_200.0, int(asked[2] or 10))
