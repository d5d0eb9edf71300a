"""Simulated annealing of a greatest cover: one site moves to another place at a time (Kirkpatrick et al. 1983).

A move is drawn through the rows: a chosen site, a row that it reaches or (now and then) one that nobody reaches, and a
column that reaches this row. Near places are thus tried most, by how much they have in common, with no table of
distances. What a move gains is read from how often each row is reached, so it costs the rows of two columns; most moves
are refused, and nothing else is kept up to date.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lomsong.siting import problem as base
from lomsong.siting.problem import Model
from lomsong.siting.search import Ground, drawn, filled, ground

HOT, COLD = 0.05, 0.004
"""Temperature at the start and at the end, in what a site of the plan reaches on the mean."""

FAR = 0.2
"""Share of the moves towards a row that nobody reaches."""

SLICE = 40_000_000
"""Readings of rows between two looks at the clock."""

FEWEST = 2_000
"""Least number of moves."""


class _Heat(NamedTuple):
    """A plan, what it reaches, and the best plan met."""

    plan: NDArray[np.int64]
    chosen: NDArray[np.bool_]
    times: NDArray[np.int32]
    left: NDArray[np.int64]
    """Rows that nobody reaches, the first ``counts[0]`` of them."""
    at: NDArray[np.int64]
    """Where a row stands in ``left``."""
    counts: NDArray[np.int64]
    mark: NDArray[np.int64]
    """Last move that took a site away from a row, or from a limit."""
    limit_mark: NDArray[np.int64]
    load: NDArray[np.float64]
    best: NDArray[np.int64]
    value: NDArray[np.float64]
    """Weight reached now, and by the best plan."""
    dice: NDArray[np.uint64]


def counted(model: Model) -> bool:
    """Tell whether annealing knows the problem: a greatest cover whose limits only count columns."""
    return bool(model.gain and not (model.needs > 0).any() and (model.limits.matrix.data == 1).all())


def anneal(
    model: Model,
    selected: NDArray[np.int64],
    *,
    readings: float,
    enough: float,
    deadline: float,
    seed: int,
    hot: float = HOT,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Cool down from a plan; return the best plan met (or that one), and the plan at the end.

    Parameters
    ----------
    model
        Of a kind that is :func:`counted`.
    selected
        Columns to start from; filled up where the limits leave room.
    readings
        Work to spend, in readings of rows: some 200 million a second.
    enough
        Worth at which to end.
    deadline
        By :func:`lomsong.siting.problem.clock`.
    seed
        Of the moves.
    hot
        Temperature at the start, in what a site of the plan reaches on the mean.
    """
    full = filled(model, selected)
    if not 0 < len(full) < len(model.costs) or not len(model.problem.weights):
        return full, full
    field = ground(model)
    heat = _heat(field, full, seed)
    each = 2 * model.problem.size / len(field.costs) + 20
    moves = max(int(readings / each), FEWEST)
    cool = (COLD / hot) ** (1 / moves)
    hot *= float(heat.value[0]) / len(full)
    done, turns = 0, max(int(SLICE / each), FEWEST)
    while done < moves and heat.value[1] < enough and base.clock() < deadline:
        _cool(field, heat, done, min(turns, moves - done), hot * cool**done, cool, enough)
        done += turns
    return np.sort(heat.best), np.sort(heat.plan)


def _heat(field: Ground, selected: NDArray[np.int64], seed: int) -> _Heat:
    rows, columns, limits = len(field.weights), len(field.costs), len(field.most)
    used = np.flatnonzero(field.weights > 0)
    left, at = np.zeros(rows, np.int64), np.zeros(rows, np.int64)
    left[: len(used)], at[used] = used, np.arange(len(used))
    heat = _Heat(
        selected.copy(), np.zeros(columns, bool), np.zeros(rows, np.int32), left, at, np.array([len(used)]),
        np.full(rows, -1), np.full(limits, -1), np.zeros(limits), selected.copy(), np.zeros(2),
        np.array([seed * 2 + 1], np.uint64),
    )  # fmt: skip
    for column in selected:
        _put(field, heat, column)
    for _ in range(8):  # a small seed has few bits
        drawn(heat.dice, 2)
    heat.value[1] = heat.value[0]
    return heat


@njit(cache=True)
def _put(f: Ground, h: _Heat, j: int) -> None:
    for k in range(f.start[j], f.start[j + 1]):
        i = f.rows[k]
        if h.times[i] == 0:
            h.value[0] += f.weights[i]
            h.counts[0] -= 1
            last = h.left[h.counts[0]]
            h.left[h.at[i]], h.at[last] = last, h.at[i]
        h.times[i] += 1
    h.chosen[j] = True
    for k in range(f.limit_start[j], f.limit_start[j + 1]):
        h.load[f.limit_of[k]] += f.limit_by[k]


@njit(cache=True)
def _take(f: Ground, h: _Heat, j: int) -> None:
    for k in range(f.start[j], f.start[j + 1]):
        i = f.rows[k]
        h.times[i] -= 1
        if h.times[i] == 0:
            h.value[0] -= f.weights[i]
            h.left[h.counts[0]], h.at[i] = i, h.counts[0]
            h.counts[0] += 1
    h.chosen[j] = False
    for k in range(f.limit_start[j], f.limit_start[j + 1]):
        h.load[f.limit_of[k]] -= f.limit_by[k]


@njit(cache=True)
def _fits(f: Ground, h: _Heat, out: int, into: int, stamp: int) -> bool:
    """Tell whether one column can take the place of another within all limits."""
    for k in range(f.limit_start[out], f.limit_start[out + 1]):
        h.limit_mark[f.limit_of[k]] = stamp
    for k in range(f.limit_start[into], f.limit_start[into + 1]):
        limit = f.limit_of[k]
        if h.load[limit] + (h.limit_mark[limit] != stamp) > f.most[limit] + 1e-9:
            return False
    return True


@njit(cache=True)
def _gain(f: Ground, h: _Heat, out: int, into: int, stamp: int) -> float:
    """Return what the cover gains where one column takes the place of another."""
    gain = 0.0
    for k in range(f.start[out], f.start[out + 1]):
        i = f.rows[k]
        h.mark[i] = stamp
        if h.times[i] == 1:
            gain -= f.weights[i]
    for k in range(f.start[into], f.start[into + 1]):
        i = f.rows[k]
        if h.times[i] == 0 or (h.times[i] == 1 and h.mark[i] == stamp):
            gain += f.weights[i]
    return gain


@njit(cache=True)
def _cool(f: Ground, h: _Heat, done: int, turns: int, hot: float, cool: float, enough: float) -> None:
    """Draw moves while the temperature falls; keep the best plan."""
    for turn in range(turns):
        hot *= cool
        place = drawn(h.dice, len(h.plan))
        out = h.plan[place]
        if h.counts[0] > 0 and drawn(h.dice, 1_000) < 1_000 * FAR:
            row = h.left[drawn(h.dice, h.counts[0])]
        elif f.start[out] < f.start[out + 1]:
            row = f.rows[f.start[out] + drawn(h.dice, f.start[out + 1] - f.start[out])]
        else:
            continue
        into = f.indices[f.indptr[row] + drawn(h.dice, f.indptr[row + 1] - f.indptr[row])]
        luck = np.log((drawn(h.dice, 1 << 40) + 1) / (1 << 40))
        if h.chosen[into] or not _fits(f, h, out, into, done + turn):
            continue
        if _gain(f, h, out, into, done + turn) >= hot * luck:
            _put(f, h, into)
            _take(f, h, out)
            h.plan[place] = into
            if h.value[0] > h.value[1] + f.tiny:
                h.value[1] = h.value[0]
                h.best[:] = h.plan
                if h.value[1] >= enough:
                    return
