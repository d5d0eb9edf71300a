"""Good plans, without a claim how good: greedy, swaps, shaking and the removal of what is redundant."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from lomsong.siting.problem import Problem

TINY = 1e-12
"""Gains below this share of all weight are rounding, not gain."""


SHAKES = 200
"""Rounds of :func:`shake`: a number, not a time, so that the same seed gives the same plan."""


def greedy(problem: Problem, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Take the column of greatest gain, ``count`` times or until none gains.

    The gains are kept up to date by subtracting each row once, when it is first covered: the whole run reads the matrix
    once.

    Returns
    -------
    The columns in the order taken, and for each row the turn that covered it (-1: none), shape (rows,).
    """
    gains = problem.reach.T @ problem.weights
    turn = np.full(len(problem.weights), -1, np.int64)
    order: list[int] = []
    while len(order) < min(count, len(gains)):
        best = int(np.argmax(gains))
        if gains[best] <= TINY * problem.total:
            break
        rows = problem.rows_of(best)
        _cover(problem, rows[turn[rows] < 0], gains)
        turn[rows[turn[rows] < 0]] = len(order)
        gains[best] = -np.inf
        order.append(best)
    return np.asarray(order, np.int64), turn


def _cover(problem: Problem, rows: NDArray[np.int32], gains: NDArray[np.float64]) -> None:
    """Take rows that are now covered out of the gains of all columns, in place."""
    part = problem.reach[rows]
    gains -= np.bincount(
        part.indices, weights=np.repeat(problem.weights[rows], np.diff(part.indptr)), minlength=len(gains)
    )


def swap(problem: Problem, selected: NDArray[np.int64], deadline: float) -> NDArray[np.int64]:
    """Exchange one column for another, the best exchange first, until none gains or ``deadline`` is past.

    An exchange of j for k gains what k adds to the plan and what k saves of the rows that j alone reaches, less these.
    The deadline is one of :func:`time.perf_counter`.
    """
    plan = selected.copy()
    columns = len(problem.columns)
    while len(plan) and time.perf_counter() < deadline:
        times = np.zeros(len(problem.weights), np.int64)
        owner = np.zeros(len(problem.weights), np.int64)
        for place, column in enumerate(plan):
            times[problem.rows_of(column)] += 1
            owner[problem.rows_of(column)] = place
        alone = np.flatnonzero(times == 1)
        gains = problem.reach.T @ np.where(times == 0, problem.weights, 0.0)
        losses = np.bincount(owner[alone], weights=problem.weights[alone], minlength=len(plan))
        part = problem.reach[alone]
        each = np.diff(part.indptr)
        saved = np.bincount(
            np.repeat(owner[alone] * columns, each) + part.indices,
            weights=np.repeat(problem.weights[alone], each),
            minlength=len(plan) * columns,
        ).reshape(len(plan), columns)
        change = gains[None, :] + saved - losses[:, None]
        change[:, plan] = -np.inf
        out, into = np.unravel_index(int(np.argmax(change)), change.shape)
        if change[out, into] <= TINY * problem.total:
            break
        plan[out] = into
    return plan


def shake(
    problem: Problem,
    selected: NDArray[np.int64],
    count: int,
    enough: float,
    *,
    rng: np.random.Generator,
    deadline: float,
) -> NDArray[np.int64]:
    """Put an eighth of a plan elsewhere at random, repair it by swaps, keep what is no worse; :data:`SHAKES` times.

    A plan of fewer than ``count`` columns is filled at random. Ends sooner at ``deadline`` or with a plan that reaches
    ``enough``.
    """
    others = np.setdiff1d(np.arange(len(problem.columns)), selected)
    filling = rng.choice(others, min(max(count - len(selected), 0), len(others)), replace=False)
    best = np.concatenate([selected, filling])
    value = problem.value(best)
    for _ in range(SHAKES):
        others = np.setdiff1d(np.arange(len(problem.columns)), best)
        moved = min(max(2, len(best) // 8), len(best), len(others))
        if moved == 0 or value >= enough or time.perf_counter() > deadline:
            break
        plan = best.copy()
        plan[rng.choice(len(plan), moved, replace=False)] = rng.choice(others, moved, replace=False)
        plan = swap(problem, plan, deadline)
        if problem.value(plan) >= value:
            best, value = plan, problem.value(plan)
    return best


def greedy_by_cost(
    problem: Problem, costs: NDArray[np.float64], guide: NDArray[np.float64], need: float
) -> NDArray[np.int64]:
    """Take the column of most gain per ``guide`` until ``need`` is reached, then drop what is redundant, dearest first.

    Gain beyond the need counts for nothing. A column whose guide is 0 comes before all others.
    """
    gains = problem.reach.T @ problem.weights
    covered = np.zeros(len(problem.weights), bool)
    chosen: list[int] = []
    missing = need
    while missing > TINY * problem.total:
        with np.errstate(divide="ignore", invalid="ignore"):
            worth = np.where(gains > TINY * problem.total, np.minimum(gains, missing) / guide, -np.inf)
        best = int(np.argmax(worth))
        if worth[best] == -np.inf:
            break
        rows = problem.rows_of(best)
        new = rows[~covered[rows]]
        missing -= float(problem.weights[new].sum())
        _cover(problem, new, gains)
        covered[new] = True
        gains[best] = 0.0
        chosen.append(best)
    times = np.zeros(len(problem.weights), np.int64)
    for column in chosen:
        times[problem.rows_of(column)] += 1
    spare = -missing
    for column in sorted(chosen, key=lambda one: -costs[one]):
        rows = problem.rows_of(column)
        lost = float(problem.weights[rows[times[rows] == 1]].sum())
        if lost <= spare + TINY * problem.total:
            spare -= lost
            times[rows] -= 1
            chosen.remove(column)
    return np.asarray(chosen, np.int64)
