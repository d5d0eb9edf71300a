"""Maximum coverage: lomsong against a plain compact model in HiGHS and against spopt, in one run.

    python benchmarks/siting.py [DEMAND CANDIDATES SITES [HIGHS_LIMIT_S [SPOPT_PYTHON]]]      default 10000 500 20 120
    python benchmarks/siting.py cover [DEMAND CANDIDATES]                                     default 100000 2000
    python benchmarks/siting.py city [POINTS RADIUS_M SITES]...                               default 2700 800 40 ...
    python benchmarks/siting.py large [SITES...]                                              default 20 50

A footprint has an irregular outline and about 1 % of the area, from 0.4 to 3 %; for `cover` and `large` also 1 % each.
Demand and candidates lie at random in a square or, for these two also, in towns: there a footprint reaches more. Prints
the processor time of each, what it found, and the ratio; `city`, where every point of a city is a candidate, also what
greedy and the plain model come to in the same time; `cover` the least cost of 95 % and of all; `large` the time, gap
and peak memory at 1,000,000 x 5,000 (47 to 98 million non-zeros, a minute each to make). With a limit of 0 only
lomsong runs.
SPOPT_PYTHON is an interpreter that has spopt, pulp and highspy. The limits of lomsong count processor time here, for
machines that do other work too; compiled code is loaded before the clock starts.
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import highspy
import numpy as np
from scipy.sparse import csc_matrix, csr_matrix, save_npz
from scipy.spatial import cKDTree

from lomsong.siting import maximum_coverage, minimum_cost_cover, problem
from lomsong.siting.cover import Task
from lomsong.siting.search import greedy
from lomsong.siting.warm import compiled

LARGE = (1_000_000, 5_000)
"""Demand and candidates of `large`."""

CITIES = ("2700", "800", "40", "5000", "600", "70", "7700", "800", "60", "7700", "600", "80", "7700", "500", "140")
"""Points, radius in metres and sites of `city`."""

PLAIN = 3_000
"""Points beyond which HiGHS keeps no time limit in the plain model."""

BLOCK_M = 60.0
"""Width of a block of houses."""

TOWNS, SPREAD, OUTSIDE = 400, 0.05, 0.18
"""Towns, their spread in sides of the square, and the share of demand that lies outside of them."""

KINDS = {
    "at random": (False, False),
    "in towns": (True, False),
    "at random, 1 %": (False, True),
    "in towns, 1 %": (True, True),
}
"""Whether demand lies in towns, and whether all footprints are of one area."""

BEARINGS = np.linspace(-np.pi, np.pi, 4_097)


def settled(demand, candidates, rng, towns):
    """Points of demand and masts: at random, or in towns of very different sizes with the masts among them."""
    if not towns:
        return rng.random((demand, 2)), rng.random((candidates, 2))
    size = rng.pareto(1.5, TOWNS) + 0.3
    town = rng.choice(TOWNS, demand, p=size / size.sum())
    spread = SPREAD * rng.uniform(0.5, 1.5, (TOWNS, 1))[town]
    points = rng.random((TOWNS, 2))[town] + rng.normal(0, spread, (demand, 2))
    outside = rng.random(demand) < OUTSIDE
    points[outside] = rng.random((outside.sum(), 2))
    points %= 1
    return points, points[rng.integers(demand, size=candidates)] + rng.normal(0, 0.01, (candidates, 2))


def footprints(demand, candidates, towns=False, even=False, seed=1, share=0.01):
    """Reach of irregular footprints: a star whose radius wanders with the bearing; ``even``: each of the same area."""
    rng = np.random.default_rng(seed)
    points, masts = settled(demand, candidates, rng, towns)
    waves = np.arange(1, 7)
    eastward = np.argsort(points[:, 0])
    easting = points[eastward, 0]
    rows = []
    for mast in masts:
        swing, phase = rng.normal(0, 0.35, 6) / waves**0.5, rng.random((6, 1)) * 7
        radius = np.sqrt(share / np.pi) * rng.uniform(0.7, 1.2)
        outline = radius * np.exp(swing @ np.cos(np.outer(waves, BEARINGS) + phase))
        if even:
            outline *= np.sqrt(share / np.pi / np.mean(outline[:-1] ** 2))
        far = outline.max()
        near = eastward[slice(*np.searchsorted(easting, [mast[0] - far, mast[0] + far]))]
        near = near[np.abs(points[near, 1] - mast[1]) < far]
        east, north = (points[near] - mast).T
        bearing = ((np.arctan2(east, north) + np.pi) * ((len(BEARINGS) - 1) / (2 * np.pi))).astype(int)
        rows.append(np.sort(near[east**2 + north**2 < outline[bearing] ** 2]).astype(np.int32))
    ends = np.cumsum([0, *(len(one) for one in rows)])
    index = np.concatenate(rows)
    by_column = csc_matrix((np.ones(len(index), np.int8), index, ends), shape=(demand, candidates))
    return by_column.tocsr(), rng.integers(1, 30, demand).astype(float)


def plain_highs(reach, weights, p, limit_s):
    """The compact model as a textbook writes it: a binary variable a site, a covered one a demand row."""
    demand, candidates = reach.shape
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("time_limit", float(limit_s))
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = candidates + demand, demand + 1
    model.sense_ = highspy.ObjSense.kMaximize
    model.col_cost_ = np.concatenate([np.zeros(candidates), weights])
    model.col_lower_, model.col_upper_ = np.zeros(candidates + demand), np.ones(candidates + demand)
    model.row_lower_ = np.append(np.full(demand, -highspy.kHighsInf), 0.0)
    model.row_upper_ = np.append(np.zeros(demand), float(p))
    starts, index, value = [0], [], []
    for i in range(demand):
        near = reach.indices[reach.indptr[i] : reach.indptr[i + 1]]
        index += [*near, candidates + i]
        value += [-1.0] * len(near) + [1.0]
        starts.append(len(index))
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = np.array([*starts, len(index) + candidates])
    model.a_matrix_.index_ = np.array([*index, *range(candidates)])
    model.a_matrix_.value_ = np.array([*value, *[1.0] * candidates])
    model.integrality_ = [highspy.HighsVarType.kInteger] * (candidates + demand)
    solver.passModel(model)
    solver.run()
    info = solver.getInfo()
    return info.objective_function_value, info.mip_dual_bound, solver.modelStatusToString(solver.getModelStatus())


SPOPT = """
import sys, time
import numpy as np, pulp
from scipy.sparse import load_npz
from spopt.locate import MCLP
folder, p = sys.argv[1], int(sys.argv[2])
reach, weights = load_npz(folder + "/reach.npz").toarray(), np.load(folder + "/weights.npy")
cpu = time.process_time()
model = MCLP.from_cost_matrix(1.0 - reach, weights, 0.5, p)
model = model.solve(pulp.HiGHS(msg=False, threads=1))
print(time.process_time() - cpu, pulp.value(model.problem.objective))
"""


def spopt(reach, weights, p, python):
    """Processor seconds and value of spopt with HiGHS, its model built from a matrix."""
    with tempfile.TemporaryDirectory() as folder:
        save_npz(Path(folder) / "reach.npz", reach)
        np.save(Path(folder) / "weights.npy", weights)
        done = subprocess.run([python, "-c", SPOPT, folder, str(p)], capture_output=True, text=True, check=True)
    return tuple(float(value) for value in done.stdout.split()[-2:])


def streets(points, radius_m, seed):
    """Reach and demand of a made-up city: blocks denser towards six centres, each point a place for a mast."""
    rng = np.random.default_rng(seed)
    centres, kept = rng.random((6, 2)) * 10_000, []
    while len(kept) < points:
        at = rng.random(2) * 12_000 - 1_000
        if rng.random() < np.exp(-np.hypot(*(centres - at).T).min() / 2_500):
            kept.append(np.round(at / BLOCK_M) * BLOCK_M + rng.normal(0, 8, 2))
    near = cKDTree(kept).query_ball_point(kept, radius_m)
    index = np.concatenate([np.sort(one) for one in near])
    ends = np.cumsum([0, *(len(one) for one in near)])
    reach = csr_matrix((np.ones(len(index), np.int8), index, ends), shape=(points, points))
    return reach, np.ceil(rng.lognormal(3, 1, points))


def city(points, radius_m, p, limit_s=60.0):
    reach, weights = streets(points, radius_m, points + p)
    cpu = time.process_time()
    plan = maximum_coverage(reach, weights, p, time_limit_s=limit_s)
    ours = time.process_time() - cpu
    print(f"{points} points, {radius_m} m, {p} sites, {reach.nnz} non-zeros")
    told = f"{plan.objective:.0f}, bound {plan.bound:.0f}, gap {plan.gap:.3%}, {plan.status}"
    print(f"lomsong      {ours:8.2f} CPU-s   {told}")
    model = Task.of(reach, weights, None, None, (), (), None, (), (), p).model(gain=1.0, p=p)
    print(f"greedy                         {model.worth(greedy(model)):.0f}")
    if points > PLAIN:
        return
    cpu = time.process_time()
    value, bound, status = plain_highs(reach, weights, p, limit_s)
    print(f"plain HiGHS  {time.process_time() - cpu:8.2f} CPU-s   {value:.0f}, bound {bound:.0f}, {status}", flush=True)


def cover(demand, candidates):
    for kind, (towns, even) in KINDS.items():
        reach, weights = footprints(demand, candidates, towns, even)
        weights[np.diff(reach.indptr) == 0] = 0  # what no candidate reaches asks for nothing
        for target in (0.95, 1.0):
            cpu = time.process_time()
            plan = minimum_cost_cover(reach, weights, np.ones(candidates), target)
            took = time.process_time() - cpu
            told = f"{plan.objective:.0f} sites, bound {plan.bound:.0f}, gap {plan.gap:.2%}, {plan.status}"
            print(f"{target:.0%} of {demand} x {candidates} {kind}  {took:8.2f} CPU-s   {told}", flush=True)


def large(sites):
    """Make each instance in another process, so that the peak of memory is that of the search and its input."""
    for kind in KINDS:
        subprocess.run([sys.executable, __file__, "one", kind, *map(str, sites)], check=True)


def one(kind, sites):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, __file__, "make", folder, kind], check=True)
        arrays = (np.load(Path(folder) / f"{name}.npy") for name in ("data", "indices", "indptr"))
        reach = csr_matrix(tuple(arrays), shape=LARGE)
        weights = np.load(Path(folder) / "weights.npy")
    print(f"{LARGE[0]} x {LARGE[1]} {kind}, {reach.nnz} non-zeros", flush=True)
    for p in sites:
        start, cpu = time.perf_counter(), time.process_time()
        plan = maximum_coverage(reach, weights, p)
        print(
            f"p = {p:<4d} {time.process_time() - cpu:8.2f} CPU-s {time.perf_counter() - start:8.2f} s   "
            f"{plan.objective:.0f}, bound {plan.bound:.0f}, gap {plan.gap:.3%}, {plan.status}, peak "
            f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB",
            flush=True,
        )


def make(folder, kind):
    reach, weights = footprints(*LARGE, *KINDS[kind])
    for name, values in (("data", reach.data), ("indices", reach.indices), ("indptr", reach.indptr)):
        np.save(Path(folder) / f"{name}.npy", values)
    np.save(Path(folder) / "weights.npy", weights)


def main():
    if sys.argv[1:2] == ["make"]:
        make(*sys.argv[2:])
        return
    problem.clock = time.process_time
    compiled()
    if sys.argv[1:2] == ["cover"]:
        cover(*(int(value) for value in sys.argv[2:] or ["100000", "2000"]))
        return
    if sys.argv[1:2] == ["city"]:
        given = [int(value) for value in sys.argv[2:] or CITIES]
        for at in range(0, len(given), 3):
            city(*given[at : at + 3])
        return
    if sys.argv[1:2] == ["one"]:
        one(sys.argv[2], [int(value) for value in sys.argv[3:]])
        return
    if sys.argv[1:2] == ["large"]:
        large([int(value) for value in sys.argv[2:] or ["20", "50"]])
        return
    demand, candidates, p, limit_s = (
        int(value) for value in (sys.argv[1:5] + ["10000", "500", "20", "120"][len(sys.argv) - 1 :])
    )
    reach, weights = footprints(demand, candidates)
    print(f"{demand} x {candidates}, {reach.nnz} non-zeros, p = {p}")
    start, cpu = time.perf_counter(), time.process_time()
    plan = maximum_coverage(reach, weights, p)
    ours = time.process_time() - cpu
    print(
        f"lomsong      {ours:8.2f} CPU-s {time.perf_counter() - start:8.2f} s   {plan.objective:.0f}, bound "
        f"{plan.bound:.0f}, gap {plan.gap:.3%}, {plan.status}"
    )
    if limit_s:
        start, cpu = time.perf_counter(), time.process_time()
        value, bound, status = plain_highs(reach, weights, p, limit_s)
        theirs = time.process_time() - cpu
        print(
            f"plain HiGHS  {theirs:8.2f} CPU-s {time.perf_counter() - start:8.2f} s   {value:.0f}, "
            f"bound {bound:.0f}, {status}"
        )
        print(f"ratio {theirs / ours:.1f}")
    if len(sys.argv) > 5:
        theirs, value = spopt(reach, weights, p, sys.argv[5])
        print(f"spopt        {theirs:8.2f} CPU-s              {value:.0f}")
        print(f"ratio {theirs / ours:.1f}")


if __name__ == "__main__":
    main()
