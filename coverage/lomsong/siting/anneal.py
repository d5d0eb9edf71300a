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

ROUNDING = 1e-9
"""Relative room beyond a limit that counts as rounding."""

FEWEST = 2_000
"""Least number of moves."""


class _Heat(NamedTuple):
    """A plan, what it reaches, and the best plan met."""

    plan: NDArray[np.int64]
    """The chosen columns, the first ``counts[1]`` of them."""
    chosen: NDArray[np.bool_]
    times: NDArray[np.int32]
    left: NDArray[np.int64]
    """Rows that nobody reaches, the first ``counts[0]`` of them."""
    at: NDArray[np.int64]
    """Where a row stands in ``left``."""
    counts: NDArray[np.int64]
    mark: NDArray[np.int64]
    """Last move that looked at what a site leaves of a row."""
    room: NDArray[np.float64]
    """What is left of each limit."""
    best: NDArray[np.bool_]
    value: NDArray[np.float64]
    """Weight reached now, and by the best plan."""
    dice: NDArray[np.uint64]


def known(model: Model) -> bool:
    """Tell whether annealing knows the problem: a greatest cover whose limits only say how much may be taken."""
    return bool(model.gain and not (model.needs > 0).any() and (model.limits.matrix.data > 0).all())


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
        Of a kind that is :func:`known`.
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
    return np.flatnonzero(heat.best), np.flatnonzero(heat.chosen)


def _heat(field: Ground, selected: NDArray[np.int64], seed: int) -> _Heat:
    rows, columns = len(field.weights), len(field.costs)
    used = np.flatnonzero(field.weights > 0)
    left, at = np.zeros(rows, np.int64), np.zeros(rows, np.int64)
    left[: len(used)], at[used] = used, np.arange(len(used))
    heat = _Heat(
        np.zeros(columns, np.int64), np.zeros(columns, bool), np.zeros(rows, np.int32), left, at,
        np.array([len(used), 0]), np.full(rows, -1), field.most + ROUNDING * np.maximum(1, np.abs(field.most)),
        np.zeros(columns, bool), np.zeros(2), np.array([seed * 2 + 1], np.uint64),
    )  # fmt: skip
    for column in selected:
        _put(field, heat, column)
    for _ in range(8):  # a small seed has few bits
        drawn(heat.dice, 2)
    heat.best[:], heat.value[1] = heat.chosen, heat.value[0]
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
    h.plan[h.counts[1]] = j
    h.counts[1] += 1
    for k in range(f.limit_start[j], f.limit_start[j + 1]):
        h.room[f.limit_of[k]] -= f.limit_by[k]


@njit(cache=True)
def _take(f: Ground, h: _Heat, place: int) -> None:
    j = h.plan[place]
    for k in range(f.start[j], f.start[j + 1]):
        i = f.rows[k]
        h.times[i] -= 1
        if h.times[i] == 0:
            h.value[0] -= f.weights[i]
            h.left[h.counts[0]], h.at[i] = i, h.counts[0]
            h.counts[0] += 1
    h.chosen[j] = False
    h.counts[1] -= 1
    h.plan[place] = h.plan[h.counts[1]]
    for k in range(f.limit_start[j], f.limit_start[j + 1]):
        h.room[f.limit_of[k]] += f.limit_by[k]


@njit(cache=True)
def _fits(f: Ground, h: _Heat, j: int) -> bool:
    fits = True
    for k in range(f.limit_start[j], f.limit_start[j + 1]):
        fits = fits and f.limit_by[k] <= h.room[f.limit_of[k]]
    return fits


@njit(cache=True)
def _fits_instead(f: Ground, h: _Heat, out: int, into: int) -> bool:
    """Tell whether one column fits once another has gone."""
    for k in range(f.limit_start[out], f.limit_start[out + 1]):
        h.room[f.limit_of[k]] += f.limit_by[k]
    fits = _fits(f, h, into)
    for k in range(f.limit_start[out], f.limit_start[out + 1]):
        h.room[f.limit_of[k]] -= f.limit_by[k]
    return fits


@njit(cache=True)
def _loss(f: Ground, h: _Heat, out: int, stamp: int) -> float:
    """Return what the cover loses without a column, and mark its rows."""
    loss = 0.0
    for k in range(f.start[out], f.start[out + 1]):
        i = f.rows[k]
        h.mark[i] = stamp
        if h.times[i] == 1:
            loss += f.weights[i]
    return loss


@njit(cache=True)
def _gain(f: Ground, h: _Heat, into: int, stamp: int) -> float:
    """Return what the cover gains by a column once that whose rows are marked has gone."""
    gain = 0.0
    for k in range(f.start[into], f.start[into + 1]):
        i = f.rows[k]
        if h.times[i] == 0 or (h.times[i] == 1 and h.mark[i] == stamp):
            gain += f.weights[i]
    return gain


@njit(cache=True)
def _cool(f: Ground, h: _Heat, done: int, turns: int, hot: float, cool: float, enough: float) -> None:
    """Draw moves while the temperature falls; keep the best plan.

    What fits beside the others is put in. What does not fit even in the place of another may drive that one out alone.
    """
    for turn in range(turns):
        hot *= cool
        place = drawn(h.dice, h.counts[1])
        out = h.plan[place]
        if h.counts[0] > 0 and drawn(h.dice, 1_000) < 1_000 * FAR:
            row = h.left[drawn(h.dice, h.counts[0])]
        elif f.start[out] < f.start[out + 1]:
            row = f.rows[f.start[out] + drawn(h.dice, f.start[out + 1] - f.start[out])]
        else:
            continue
        into = f.indices[f.indptr[row] + drawn(h.dice, f.indptr[row + 1] - f.indptr[row])]
        fall = -hot * np.log((drawn(h.dice, 1 << 40) + 1) / (1 << 40))
        if h.chosen[into]:
            continue
        if _fits(f, h, into):
            _put(f, h, into)
        elif _fits_instead(f, h, out, into):
            loss = _loss(f, h, out, done + turn)
            if loss - _gain(f, h, into, done + turn) > fall:
                continue
            _take(f, h, place)
            _put(f, h, into)
        elif h.counts[1] > 1 and _loss(f, h, out, done + turn) <= fall:
            _take(f, h, place)
        if h.value[0] > h.value[1] + f.tiny:
            h.value[1] = h.value[0]
            h.best[:] = h.chosen
            if h.value[1] >= enough:
                return
