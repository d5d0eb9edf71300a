"""Simulated annealing of a cover: one site moves to another place at a time (Kirkpatrick, Gelatt and Vecchi 1983).

A move is drawn through the rows: a chosen site, a row that it reaches or (now and then) one that nobody reaches, and a
column that reaches this row. Near places are thus tried most, by how much they have in common, with no table of
distances. What a move gains is read from how often each row is reached, so it costs the rows of two columns; most moves
are refused, and nothing else is kept up to date.

No limit is ever broken. What is short of a need counts against the plan. Of the least cost, plans that cost less than
the best are looked for, until one meets all needs.
"""

from __future__ import annotations

from dataclasses import replace
from threading import Event
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, vstack

from lomsong.siting import problem as base
from lomsong.siting.problem import Limits, Model
from lomsong.siting.search import Ground, drawn, filled, ground, spared

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

DEAR = 10.0
"""What a unit short of a need weighs beside one that is gained."""

CHEAPER = 0.01
"""Share of the cost by which the next plan is at first to be cheaper, where costs have no step."""


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
    owners: NDArray[np.int64]
    """Sum of the chosen columns that reach a row: where it is one, that one."""
    sole: NDArray[np.int32]
    """The only chosen column that reaches a row; -1: nobody does, -2: several do."""
    loss: NDArray[np.float64]
    """Weight that a chosen column alone reaches."""
    room: NDArray[np.float64]
    """What is left of each limit."""
    best: NDArray[np.bool_]
    got: NDArray[np.float64]
    """Weight reached of each group of demand."""
    change: NDArray[np.float64]
    """What a move changes of these, between two moves 0; of no length where no group has a need."""
    touched: NDArray[np.int64]
    value: NDArray[np.float64]
    """Weight reached and what is short of the needs: now, then by the best plan."""
    dice: NDArray[np.uint64]


def anneal(
    model: Model,
    selected: NDArray[np.int64],
    *,
    readings: float,
    enough: float,
    deadline: float,
    seed: int,
    hot: float = HOT,
    halted: Event | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Cool down from a plan; return the best plan met (or that one), and the plan at the end.

    Of the least cost it ends with the first plan that meets all needs, whatever that costs within the limits.

    Parameters
    ----------
    model
        What is sought.
    selected
        Columns to start from, within the limits; filled up where these leave room.
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
    halted
        Ends soon after it is set.
    """
    full = filled(model, selected)
    if not 0 < len(full) < len(model.costs) or not len(model.problem.weights) or not model.limits.kept(full):
        return full, full
    field = ground(model)
    heat = _heat(field, full, seed)
    each = model.problem.size / len(field.costs) + 20
    moves = max(int(readings / each), FEWEST)
    cool = (COLD / hot) ** (1 / moves)
    hot *= float(heat.value[0]) / len(full)
    done, turns = 0, max(int(SLICE / each), FEWEST)
    while done < moves and not _enough(field, heat, enough) and base.clock() < deadline:
        if halted is not None and halted.is_set():
            break
        _cool(field, heat, min(turns, moves - done), hot * cool**done, cool, enough)
        done += turns
    return np.flatnonzero(heat.best), np.flatnonzero(heat.chosen)


def cheaper(
    model: Model,
    selected: NDArray[np.int64],
    *,
    readings: float,
    enough: float,
    deadline: float,
    seed: int,
    known: float = -np.inf,
) -> NDArray[np.int64]:
    """Return a plan of less cost than one that greedily adds to the columns until all needs are met, or that one.

    Parameters are as of :func:`anneal`; the readings are those of one search for a cheaper plan, of which each that
    succeeds is followed by another. Only plans of more worth than ``known`` are looked for.
    """
    plan, cut = filled(model, selected), CHEAPER
    cost = min(float(model.costs[plan].sum()), -known)
    while -cost < enough and cost > 0 and base.clock() < deadline:
        step = model.unit or cut * cost
        left, start = budgeted(model, plan, cost - step)
        seed += 1
        found = anneal(left, start, readings=readings, enough=0.0, deadline=deadline, seed=seed)[0]
        if model.worth(found) > -cost:
            plan = spared(model, found)
            cost = float(model.costs[plan].sum())
        elif model.unit or cut < CHEAPER / 10:
            break
        else:
            cut /= 2
    return plan


def budgeted(model: Model, plan: NDArray[np.int64], budget: float) -> tuple[Model, NDArray[np.int64]]:
    """Return a model with a budget too, and a plan without the columns that this does not pay.

    Those that reach least for their cost go first.
    """
    matrix = csr_matrix(vstack([model.limits.matrix, csr_matrix(model.costs[None])]))
    left = replace(model, limits=Limits(matrix, np.append(model.limits.most, budget)))
    worth = model.problem.sums(model.problem.weights)[plan] / np.maximum(model.costs[plan], 1e-300)
    for column in plan[np.argsort(worth, kind="stable")]:
        if left.limits.kept(plan):
            break
        rest = plan[plan != column]
        if (left.limits.load(rest)[:-1] <= np.maximum(left.limits.most, left.limits.load(plan))[:-1]).all():
            plan = rest
    return left, plan


def _heat(field: Ground, selected: NDArray[np.int64], seed: int) -> _Heat:
    rows, columns, groups = len(field.weights), len(field.costs), len(field.needs)
    left, at = np.zeros(rows, np.int64), np.zeros(rows, np.int64)
    used = np.flatnonzero(field.weights > 0)
    left[: len(used)], at[used] = used, np.arange(len(used))
    heat = _Heat(
        np.zeros(columns, np.int64), np.zeros(columns, bool), np.zeros(rows, np.int32), left, at,
        np.array([len(used), 0]), np.zeros(rows, np.int64), np.full(rows, -1, np.int32), np.zeros(columns),
        field.most + ROUNDING * np.maximum(1, np.abs(field.most)),
        np.zeros(columns, bool), np.zeros(groups), np.zeros(groups if (field.needs > 0).any() else 0),
        np.zeros(groups, np.int64), np.zeros(4), np.array([seed * 2 + 1], np.uint64),
    )  # fmt: skip
    for column in selected:
        _put(field, heat, column)
    for _ in range(8):  # a small seed has few bits
        drawn(heat.dice, 2)
    heat.value[1] = _short(field, heat)
    heat.best[:], heat.value[2:] = heat.chosen, heat.value[:2]
    return heat


@njit(cache=True)
def _short(f: Ground, h: _Heat) -> float:
    """Return what is short of all needs together."""
    short = max(0.0, f.need - h.value[0])
    for g in range(len(h.change)):
        short += max(0.0, f.needs[g] - h.got[g])
    return short


@njit(cache=True)
def _enough(f: Ground, h: _Heat, enough: float) -> bool:
    return h.value[3] <= f.tiny and f.gain * h.value[2] >= enough


@njit(cache=True)
def _better(f: Ground, h: _Heat) -> bool:
    """Tell whether the plan is better than the best: less short, or of more worth where neither is short."""
    if h.value[3] > f.tiny:
        return h.value[1] < h.value[3] - f.tiny
    return h.value[1] <= f.tiny and f.gain * h.value[0] > f.gain * h.value[2] + f.tiny


@njit(cache=True)
def _put(f: Ground, h: _Heat, j: int) -> None:
    for k in range(f.start[j], f.start[j + 1]):
        i = f.rows[k]
        weight = f.weights[i]
        if h.times[i] == 0:
            h.value[0] += weight
            h.got[f.part[i]] += weight
            h.loss[j] += weight
            h.sole[i] = j
            h.counts[0] -= 1
            last = h.left[h.counts[0]]
            h.left[h.at[i]], h.at[last] = last, h.at[i]
        elif h.times[i] == 1:
            h.loss[h.sole[i]] -= weight
            h.sole[i] = -2
        h.times[i] += 1
        h.owners[i] += j
    h.chosen[j] = True
    h.plan[h.counts[1]] = j
    h.counts[1] += 1
    _charge(f, h, j, 1.0)


@njit(cache=True)
def _take(f: Ground, h: _Heat, place: int) -> None:
    j = h.plan[place]
    for k in range(f.start[j], f.start[j + 1]):
        i = f.rows[k]
        weight = f.weights[i]
        h.times[i] -= 1
        h.owners[i] -= j
        if h.times[i] == 0:
            h.value[0] -= weight
            h.got[f.part[i]] -= weight
            h.sole[i] = -1
            h.left[h.counts[0]], h.at[i] = i, h.counts[0]
            h.counts[0] += 1
        elif h.times[i] == 1:
            h.sole[i] = h.owners[i]
            h.loss[h.sole[i]] += weight
    h.loss[j] = 0.0
    h.chosen[j] = False
    h.counts[1] -= 1
    h.plan[place] = h.plan[h.counts[1]]
    _charge(f, h, j, -1.0)


@njit(cache=True)
def _may_go(f: Ground, h: _Heat, out: int) -> bool:
    """Tell whether all limits are kept once a column has gone: one from below may miss it."""
    for k in range(f.limit_start[out], f.limit_start[out + 1]):
        if f.limit_by[k] < 0 and h.room[f.limit_of[k]] + f.limit_by[k] < 0:
            return False
    return True


@njit(cache=True, inline="always")
def _fits(f: Ground, h: _Heat, into: int) -> bool:
    """Tell whether all limits are kept once a column has come."""
    fits, k = True, f.limit_start[into]
    while fits and k < f.limit_start[into + 1]:
        fits = f.limit_by[k] <= h.room[f.limit_of[k]]
        k += 1
    return fits


@njit(cache=True)
def _fits_instead(f: Ground, h: _Heat, out: int, into: int) -> bool:
    """Tell whether all limits are kept once one column has gone and another has come."""
    missed = False
    for k in range(f.limit_start[out], f.limit_start[out + 1]):
        h.room[f.limit_of[k]] += f.limit_by[k]
        missed = missed or f.limit_by[k] < 0
    fits = _fits(f, h, into)
    if fits and missed:  # a limit from below may miss what has gone
        _charge(f, h, into, 1.0)
        for k in range(f.limit_start[out], f.limit_start[out + 1]):
            fits = fits and h.room[f.limit_of[k]] >= 0
        _charge(f, h, into, -1.0)
    for k in range(f.limit_start[out], f.limit_start[out + 1]):
        h.room[f.limit_of[k]] -= f.limit_by[k]
    return fits


@njit(cache=True)
def _charge(f: Ground, h: _Heat, j: int, times: float) -> None:
    for k in range(f.limit_start[j], f.limit_start[j + 1]):
        h.room[f.limit_of[k]] -= times * f.limit_by[k]


@njit(cache=True, inline="always")  # a call would hand over all arrays
def _gain(f: Ground, h: _Heat, out: int, into: int) -> float:
    """Return what a plan gains once one column has gone and another (-1: none) has come, needs and all."""
    gain = -h.loss[out]
    if into >= 0:
        for k in range(f.start[into], f.start[into + 1]):  # without a branch, which no processor could foresee
            i = f.rows[k]
            gain += f.weights[i] * ((h.sole[i] == -1) | (h.sole[i] == out))
    relief = max(0.0, f.need - h.value[0]) - max(0.0, f.need - h.value[0] - gain)
    if len(h.change):
        relief += _relief(f, h, out, into)
    return f.gain * gain + (DEAR if f.gain > 0 else 1.0) * relief


@njit(cache=True)
def _relief(f: Ground, h: _Heat, out: int, into: int) -> float:
    """Return by how much less is short of the needs of groups once one column has gone and another has come."""
    relief, count = 0.0, 0
    for k in range(f.start[out], f.start[out + 1]):
        i = f.rows[k]
        if h.sole[i] == out:
            count = _touch(f, h, i, -f.weights[i], count)
    if into >= 0:
        for k in range(f.start[into], f.start[into + 1]):
            i = f.rows[k]
            if h.sole[i] == -1 or h.sole[i] == out:
                count = _touch(f, h, i, f.weights[i], count)
    for at in range(count):
        g = h.touched[at]
        relief += max(0.0, f.needs[g] - h.got[g]) - max(0.0, f.needs[g] - h.got[g] - h.change[g])
        h.change[g] = 0.0
    return relief


@njit(cache=True)
def _touch(f: Ground, h: _Heat, i: int, by: float, count: int) -> int:
    """Note what a move changes of the group of a row; return how many groups it changes so far."""
    g = f.part[i]
    seen = False
    for at in range(count):
        seen = seen or h.touched[at] == g
    if not seen:
        h.touched[count] = g
        count += 1
    h.change[g] += by
    return count


@njit(cache=True, nogil=True)
def _cool(f: Ground, h: _Heat, turns: int, hot: float, cool: float, enough: float) -> None:
    """Draw moves while the temperature falls; keep the best plan.

    What fits beside the others is put in. What does not fit even in the place of another may drive that one out alone.
    """
    for _ in range(turns):
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
        elif _gain(f, h, out, into) < -fall:
            continue
        elif _fits_instead(f, h, out, into):
            _take(f, h, place)
            _put(f, h, into)
        elif h.counts[1] > 1 and _may_go(f, h, out) and _gain(f, h, out, -1) >= -fall:
            _take(f, h, place)
        else:
            continue
        h.value[1] = _short(f, h)
        if _better(f, h):
            h.value[2:] = h.value[:2]
            h.best[:] = h.chosen
            if _enough(f, h, enough):
                return
