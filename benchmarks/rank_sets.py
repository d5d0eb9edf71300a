"""How often sets of ranks hold the truth, and how wide they are beside those of an oracle that knows the covariance.

    python benchmarks/rank_sets.py [PROVINCES] [SIMULATED]      default: 200 light provinces and 20 simulated ones

A light province is 12 communes of 12 km², a Gaussian field of shadowing of known covariance over them, a survey along a
few roads, and households in hamlets of communes small and large; field, roads, hamlets and mean differ from one to the
next. The estimate is CoverageKriging fitted to the survey and its joint draws; the oracle has the true mean and
covariance and draws the households given the survey exactly, by a dense Cholesky factor. Both are then put through the
same sets.

A simulated province is one of lomsong.simulate (150 km², 8 communes, 2,000 households, three operators), with the whole
chain: logs read, fields fitted with sites and terrain, draws. Nothing there is Gaussian, so that what the model gets
wrong counts too.

Prints for the sets after Mogstad et al. and for posterior quantiles, all of 90 %: the share of communes whose true rank
lies in the marginal set, of provinces whose true ranks all lie in the simultaneous sets, and the mean width.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.spatial.distance import cdist

from lomsong.gap.confidence import (
    competition_rank,
    marginal_rank_sets,
    posterior_rank_sets,
    simultaneous_rank_sets,
)
from lomsong.gap.service import joint_probability
from lomsong.ingest import read_evidence
from lomsong.settings import load
from lomsong.simulate import Recipe, simulate
from lomsong.surface import CoverageKriging, CoverageSurface, shared_shadowing
from lomsong.surface.censoring import floors_of

COMMUNES = (4, 3)
SIDE_M = 3_464.0
MIDDLE_HOUSEHOLDS, ROADS = 40, 8
USABLE_DBM = -110.0
LONG_DB2, LONG_M, SHORT_DB2, SHORT_M, PASS_DB2 = 40.0, 8_000.0, 20.0, 1_000.0, 5.0
WORLDS = 200


@dataclass(frozen=True)
class Light:
    """A light province: households (m, 2) in communes (m,), their true level, and what was measured on roads."""

    homes: np.ndarray
    commune: np.ndarray
    learners: np.ndarray
    level_dbm: np.ndarray
    roads: np.ndarray
    measured_dbm: np.ndarray
    mean_dbm: float

    def counts(self, level_dbm):
        """Unconnected learners of each commune, shape (communes,) or (communes, n)."""
        gone = (level_dbm < USABLE_DBM) * self.learners.reshape(-1, *[1] * (level_dbm.ndim - 1))
        return np.array([gone[self.commune == code].sum(axis=0) for code in range(COMMUNES[0] * COMMUNES[1])], float)


def light_province(seed):
    """Make one light province."""
    rng = np.random.default_rng([seed, 77])
    width, height = COMMUNES[0] * SIDE_M, COMMUNES[1] * SIDE_M
    homes, commune = [], []
    for code in range(COMMUNES[0] * COMMUNES[1]):
        corner = SIDE_M * np.array([code % COMMUNES[0], code // COMMUNES[0]])
        hamlets = corner + rng.uniform(0, SIDE_M, (4, 2))
        count = int(np.clip(MIDDLE_HOUSEHOLDS * np.exp(rng.normal(0, 1.0)), 5, 200))
        around = hamlets[rng.integers(4, size=count)] + rng.normal(0, 250, (count, 2))
        homes.append(np.clip(around, corner, corner + SIDE_M - 1))
        commune.append(np.full(count, code))
    homes, commune = np.vstack(homes), np.concatenate(commune)
    along = np.arange(0, max(width, height), 150.0)
    lines = []
    for _ in range(ROADS):
        start, heading = rng.uniform((0, 0), (width, height)), rng.uniform(0, np.pi)
        steps = np.concatenate([-along[::-1], along[1:]])[:, None] * [np.cos(heading), np.sin(heading)]
        lines.append(start + steps + rng.normal(0, 10, steps.shape))
    roads = np.vstack(lines)
    roads = roads[((roads >= 0) & (roads < (width, height))).all(axis=1)]
    mean_dbm = rng.uniform(-113, -105)
    both = np.vstack([roads, homes])
    factor = np.linalg.cholesky(covariance(both, both) + 1e-6 * np.eye(len(both)))
    level = mean_dbm + factor @ rng.standard_normal(len(both))
    measured = level[: len(roads)] + rng.normal(0, np.sqrt(PASS_DB2), len(roads))
    return Light(homes, commune, rng.integers(1, 4, len(homes)), level[len(roads) :], roads, measured, mean_dbm)


def covariance(one, other):
    """Covariance of the field, two nested exponentials, dB²."""
    apart_m = cdist(one, other)
    return LONG_DB2 * np.exp(-apart_m / LONG_M) + SHORT_DB2 * np.exp(-apart_m / SHORT_M)


def estimated(province, worlds=WORLDS, seed=1):
    """Return expected counts and joint draws of them by the house's kriging, which knows only the survey."""
    kriging = CoverageKriging(workers=1).fit(province.roads, province.measured_dbm)
    gone = 1 - kriging.probability_above(province.homes, USABLE_DBM)
    expected = np.bincount(province.commune, weights=gone * province.learners)
    levels = kriging.sampler(worlds, seed, noise_apart=False)(province.homes)
    return expected, province.counts(levels)


def oracle(province, worlds=WORLDS, seed=1):
    """Return counts by exact conditional draws with the true mean and covariance."""
    rng = np.random.default_rng([seed, 78])
    seen = covariance(province.roads, province.roads) + PASS_DB2 * np.eye(len(province.roads))
    across = covariance(province.homes, province.roads)
    weights = np.linalg.solve(seen, across.T).T
    level = province.mean_dbm + weights @ (province.measured_dbm - province.mean_dbm)
    left = covariance(province.homes, province.homes) - weights @ across.T
    factor = np.linalg.cholesky(left + 1e-6 * np.eye(len(left)))
    counts = province.counts(level[:, None] + factor @ rng.standard_normal((len(level), worlds)))
    return counts.mean(axis=1), counts


def simulated_province(seed):
    """Return expected counts, joint draws of them and true counts of one simulated province, by the whole chain."""
    province = simulate(Recipe(area_km2=150, communes=8, households=2_000, seed=seed))
    with tempfile.TemporaryDirectory() as folder:
        province.write(folder)
        path = Path(folder) / "lomsong.toml"
        settings = load(path)
        evidence = read_evidence(path, settings)[0]
        surfaces = {name: fitted(evidence, settings, name) for name in evidence.operators}
    homes, usable_dbm = evidence.households, settings.gap.usable_dbm
    learners = homes["learners"].to_numpy(float)
    codes = evidence.communes["commune_code"]
    row = homes["commune_code"].map(dict(zip(codes, range(len(codes)), strict=True))).to_numpy(int)
    shared = shared_shadowing(surfaces)
    p_gone, gone = [], np.ones((len(homes), WORLDS), bool)
    for stream, surface in enumerate(surfaces.values()):
        places = surface.locate(homes)
        p_gone.append(1 - surface.probability(places, usable_dbm).to_numpy())
        gone &= surface.drawer(WORLDS, 1, stream, shared)(places) < usable_dbm
    nowhere = joint_probability(np.column_stack(p_gone), shared.correlation) * learners
    levels = province.truth.set_index("household_id").loc[homes["household_id"]]
    truth = (levels.max(axis=1) < usable_dbm).to_numpy() * learners
    expected, true = (np.bincount(row, weights=values, minlength=len(codes)) for values in (nowhere, truth))
    counts = [np.bincount(row, weights=world * learners, minlength=len(codes)) for world in gone.T]
    return expected, np.array(counts).T, true


def fitted(evidence, settings, operator):
    """Fit the field of one operator as a run does."""
    survey, chosen = settings.survey, settings.surface
    samples = evidence.samples[evidence.samples["operator"] == operator].to_crs(evidence.crs)
    surface = CoverageSurface(
        chosen.neighbours, survey.block_m, survey.floor_dbm, chosen.rx_height_m, 1, settings.run.seed, chosen.learned
    )
    return surface.fit(samples, evidence.sites, evidence.terrain, floors_of(samples, survey))


def judged(expected, draws, truth, quantiles=False):
    """Return which communes' ranks the marginal sets hold, whether the simultaneous hold all, and both mean widths."""
    steady = draws.min(axis=1) == draws.max(axis=1)
    values = np.where(steady, draws[:, 0], expected)
    if quantiles:
        alone = together = posterior_rank_sets(draws)
    else:
        alone, together = marginal_rank_sets(values, draws), simultaneous_rank_sets(values, draws)
    rank = competition_rank(truth)
    inside = (alone.low <= rank) & (rank <= alone.high)
    return inside, ((together.low <= rank) & (rank <= together.high)).all(), alone.tied.mean(), together.tied.mean()


def told(name, found):
    """Print the figures of one kind of sets."""
    inside, together, width, width_all = zip(*found, strict=True)
    print(
        f"{name:34} marginal sets hold {np.concatenate(inside).mean():6.1%}   simultaneous hold all in "
        f"{np.mean(together):6.1%}   width {1 + np.mean(width):5.2f}, {1 + np.mean(width_all):5.2f}"
    )
    return 1 + np.mean(width), 1 + np.mean(width_all)


def light(provinces):
    """Return what each kind of sets did in so many light provinces."""
    rows = {name: [] for name in ("estimated", "oracle", "estimated, quantiles", "oracle, quantiles")}
    for seed in range(provinces):
        province = light_province(seed)
        truth = province.counts(province.level_dbm)
        for name, (expected, draws) in (("estimated", estimated(province)), ("oracle", oracle(province))):
            rows[name].append(judged(expected, draws, truth))
            rows[f"{name}, quantiles"].append(judged(expected, draws, truth, quantiles=True))
    return rows


def main(provinces=200, simulated=20):
    """Print the figures of both kinds of provinces."""
    start = time.process_time()
    rows = light(provinces)
    print(f"{provinces} light provinces of 12 communes, {time.process_time() - start:.0f} CPU-s")
    widths = {name: told(name, found) for name, found in rows.items()}
    alone, together = (a / b for a, b in zip(widths["estimated"], widths["oracle"], strict=True))
    print(f"width beside that of the oracle: marginal {alone:.2f}, simultaneous {together:.2f}")
    if not simulated:
        return
    start = time.process_time()
    rows = {"estimated": [], "estimated, quantiles": []}
    for seed in range(simulated):
        expected, draws, truth = simulated_province(seed)
        rows["estimated"].append(judged(expected, draws, truth))
        rows["estimated, quantiles"].append(judged(expected, draws, truth, quantiles=True))
    print(f"{simulated} simulated provinces of 8 communes, {time.process_time() - start:.0f} CPU-s")
    for name, found in rows.items():
        told(name, found)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
