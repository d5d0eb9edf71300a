"""What the relaxation leaves open, handed to HiGHS as a small mixed-integer model."""

from __future__ import annotations

import time

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import diags, hstack

from lomsong.siting.problem import Problem

LARGEST = 100_000
"""Non-zeros above which HiGHS is not asked: in a minute it improves nothing, and its root keeps no time limit."""

TOLERANCE = 1e-6
"""Relative room left to HiGHS's own tolerances where whole weights make up for it."""


def branch(problem: Problem, count: int, start: NDArray[np.int64], deadline: float) -> tuple[NDArray[np.int64], float]:
    """Return the best ``count`` columns found and an upper bound on their weight.

    ``start`` and infinity where HiGHS was not asked, failed or found nothing; its claims are taken only together with a
    status that carries them.
    """
    left_s = deadline - time.perf_counter()
    rows, columns = problem.reach.shape
    if problem.reach.nnz > LARGEST or left_s <= 0 or rows == 0:
        return start, np.inf
    scale = problem.total / rows
    solver = highspy.Highs()
    for option, value in (
        ("output_flag", False),
        ("time_limit", left_s),
        ("mip_rel_gap", 0.0),
        ("mip_abs_gap", 1e-9),
        # Fractional weights have no step to round to: there the proof is as good as these.
        ("primal_feasibility_tolerance", 1e-9),
        ("dual_feasibility_tolerance", 1e-9),
    ):
        solver.setOptionValue(option, value)
    solver.passModel(_model(problem, count, scale))
    solution = highspy.HighsSolution()
    chosen = np.isin(np.arange(columns), start)
    solution.col_value = np.concatenate([chosen, problem.covered(start)]).astype(float)
    solver.setSolution(solution)
    if solver.run() == highspy.HighsStatus.kError:
        return start, np.inf
    if solver.getModelStatus() not in (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kTimeLimit):
        return start, np.inf
    bound = solver.getInfo().mip_dual_bound * scale
    bound = bound * (1 + TOLERANCE * bool(problem.unit)) if np.isfinite(bound) else np.inf
    values = np.array(solver.getSolution().col_value)
    if len(values) != rows + columns:
        return start, bound
    return np.flatnonzero(values[:columns] > 0.5), bound


def _model(problem: Problem, count: int, scale: float) -> highspy.HighsLp:
    """Maximise Σ w z under z_i ≤ Σ y_j and Σ y ≤ count; y binary, z follows."""
    rows, columns = problem.reach.shape
    matrix = hstack([-problem.reach, diags(np.ones(rows))], format="csr")
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = columns + rows, rows + 1
    model.sense_ = highspy.ObjSense.kMaximize
    model.col_cost_ = np.concatenate([np.zeros(columns), problem.weights / scale])
    model.col_lower_ = np.zeros(columns + rows)
    model.col_upper_ = np.ones(columns + rows)
    model.row_lower_ = np.full(rows + 1, -highspy.kHighsInf)
    model.row_upper_ = np.append(np.zeros(rows), float(count))
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = np.append(matrix.indptr, matrix.nnz + columns)
    model.a_matrix_.index_ = np.concatenate([matrix.indices, np.arange(columns)])
    model.a_matrix_.value_ = np.concatenate([matrix.data, np.ones(columns)])
    model.integrality_ = [highspy.HighsVarType.kInteger] * columns + [highspy.HighsVarType.kContinuous] * rows
    return model
