"""Maximum coverage: lomsong against a plain compact model in HiGHS, in one run.

    python benchmarks/siting.py [DEMAND CANDIDATES SITES [HIGHS_LIMIT_S]]      default 10000 500 20 120

Demand and candidates lie at random in a square; a footprint has an irregular outline and 1 % of the area. Prints the
processor time of both, what they found, and the ratio. With a limit of 0 only lomsong runs.
"""

import sys
import time

import highspy
import numpy as np
from scipy.sparse import csr_matrix

from lomsong.siting import maximum_coverage


def footprints(demand, candidates, seed=1, share=0.01):
    """Reach of irregular footprints: a star whose radius wanders with the bearing."""
    rng = np.random.default_rng(seed)
    points, masts = rng.random((demand, 2)), rng.random((candidates, 2))
    waves = np.arange(1, 7)
    rows, columns = [], []
    for j, mast in enumerate(masts):
        east, north = (points - mast).T
        bearing = np.arctan2(east, north)
        outline = np.exp(
            (rng.normal(0, 0.35, 6) / waves**0.5) @ np.cos(np.outer(waves, bearing) + rng.random((6, 1)) * 7)
        )
        inside = np.flatnonzero(np.hypot(east, north) < np.sqrt(share / np.pi) * outline * rng.uniform(0.7, 1.2))
        rows.append(inside)
        columns.append(np.full(len(inside), j))
    rows, columns = np.concatenate(rows), np.concatenate(columns)
    reach = csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(demand, candidates))
    return reach, rng.integers(1, 30, demand).astype(float)


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


def main():
    demand, candidates, p, limit_s = (
        int(value) for value in (sys.argv[1:] + ["10000", "500", "20", "120"][len(sys.argv) - 1 :])
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


if __name__ == "__main__":
    main()
