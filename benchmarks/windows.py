"""Windows of a bound: lomsong's branch and bound against HiGHS on the same windows, in one run.

    python benchmarks/windows.py [DEMAND CANDIDATES WINDOWS SOLVED [HIGHS_LIMIT_S]]      default 100000 2000 10 3 120

95 % of the demand of `benchmarks/siting.py` (footprints of 0.4 to 3 % of a square, at random) is relaxed, its rows are
split into windows and there taken together in pools, and the first of these are solved: few sites, each for a price,
against a fee for what none reaches. Then the same for all of the demand, where no row may be left. Prints the processor
time of each, what it proved and found, and the ratio. With a limit of 0 only lomsong runs.
"""

import sys
import time

import highspy
import numpy as np
from scipy.sparse import csr_matrix, hstack, identity

from lomsong.siting import windows
from lomsong.siting.bound import relax
from lomsong.siting.cover import Task
from lomsong.siting.mincost import _essential
from lomsong.siting.prizes import least
from lomsong.siting.search import greedy
from lomsong.siting.thrift import cheapest
from lomsong.siting.warm import compiled
from siting import footprints

TARGET, ALL = 0.95, 2
"""Share of the demand, and how many times as many windows where all must be reached."""


NODES = 100_000
"""Nodes and looks that none of the windows needs."""


def highs(problem, shares, prices, limit_s, left):
    """The compact model: a binary variable a column, one between 0 and 1 a pool of what is ``left``, if any may be."""
    rows, columns = len(problem.weights), len(prices)
    reach = csr_matrix((shares, problem.indices, problem.indptr), shape=(rows, columns))
    matrix = csr_matrix(hstack([reach, identity(rows)]))
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = columns + rows, rows
    model.col_cost_ = np.concatenate([prices, problem.weights])
    model.col_lower_, model.col_upper_ = np.zeros(columns + rows), np.append(np.ones(columns), np.full(rows, left))
    model.row_lower_, model.row_upper_ = np.ones(rows), np.full(rows, highspy.kHighsInf)
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_, model.a_matrix_.index_, model.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
    model.integrality_ = [highspy.HighsVarType.kInteger] * columns + [highspy.HighsVarType.kContinuous] * rows
    solver = highspy.Highs()
    for option, value in (("output_flag", False), ("time_limit", float(limit_s)), ("threads", 1)):
        solver.setOptionValue(option, value)
    solver.passModel(model)
    cpu = time.process_time()
    solver.run()
    info = solver.getInfo()
    return time.process_time() - cpu, info.mip_dual_bound, info.objective_function_value


def compare(model, prices, count, solved, limit_s):
    """Solve the first windows of a model by both; all must be reached, or a fee be paid for what is not."""
    whole = model.all_of_it
    fees, places = windows._fees(model, prices)[0], windows._places(model, 0)
    parts, split = windows._split(model, fees, prices, places, 4 * count, 4, model.costs, 0)
    for k, window in enumerate(parts[:solved]):
        problem, price = window.problem, split[k, window.problem.columns]
        cpu = time.process_time()
        if whole:
            low = window.covered(price, NODES, 0, lambda: False)
            cost = price[np.isin(problem.columns, window.plan)].sum()
        else:
            found = least(
                problem, window.shares, price, window.u, (), window.told, nodes=NODES, seed=0, halted=lambda: False
            )
            low, cost = found.low, found.cost
        ours = time.process_time() - cpu
        print(f"{len(problem.weights)} pools of rows, {len(price)} columns, {problem.size} non-zeros")
        print(f"lomsong      {ours:8.2f} CPU-s   {low:.4f} to {cost:.4f}", flush=True)
        if limit_s:
            theirs, low, cost = highs(problem, window.shares, price, limit_s, not whole)
            print(f"HiGHS        {theirs:8.2f} CPU-s   {low:.4f} to {cost:.4f}\nratio {theirs / ours:.1f}", flush=True)


def main():
    given = [int(value) for value in sys.argv[1:]]
    demand, candidates, count, solved, limit_s = given + [100_000, 2_000, 10, 3, 120][len(given) :]
    compiled()
    windows.NODES = NODES
    reach, weights = footprints(demand, candidates)
    weights[np.diff(reach.indptr) == 0] = 0
    task = Task.of(reach, weights, np.ones(candidates), None, (), (), None, (), (), None)
    print(f"{TARGET:.0%} of the demand")
    model = task.model(gain=0.0, need=TARGET * weights.sum())
    compare(model, cheapest(model, greedy(model), np.inf, 0), count, solved, limit_s)
    print("all of it")
    model = _essential(task.model(gain=0.0, need=weights.sum()))
    compare(model, relax(model, -np.inf, np.inf)[0].prices, ALL * count, solved, limit_s)


if __name__ == "__main__":
    main()
