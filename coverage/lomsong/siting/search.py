"""Good plans, without a claim how good: greedy, then moves of one site at a time with a memory of the last ones.

The state of a plan is kept up to date row by row: how often each row is reached, what each column would gain and what
each chosen one would lose (Resende and Werneck 2004 keep the same numbers for the p-median). A move therefore costs
what it changes, not the size of the problem. Where every row must be reached, rows that stay unreached grow in weight
(Gao, Weise and Li 2015, row weighting local search for the set covering problem); else columns rest for some moves
after they came or went (tabu search, Glover 1989).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lomsong.siting import problem as base
from lomsong.siting.problem import Model

TINY = 1e-9
"""Gains below this share of all weight are rounding, not gain."""

SLICE = 40_000_000
"""Row updates between two looks at the clock."""


class Ground(NamedTuple):
    """What a search moves on: the problem in both orders, the limits column by column, costs and needs."""

    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    start: NDArray[np.int64]
    rows: NDArray[np.int32]
    weights: NDArray[np.float64]
    part: NDArray[np.int32]
    costs: NDArray[np.float64]
    limit_start: NDArray[np.int64]
    limit_of: NDArray[np.int32]
    limit_by: NDArray[np.float64]
    most: NDArray[np.float64]
    needs: NDArray[np.float64]
    need: float
    gain: float
    tiny: float


class State(NamedTuple):
    """A plan: what it reaches, by whom alone, and what each column would gain or lose."""

    times: NDArray[np.int32]
    owners: NDArray[np.int64]
    """Sum of the chosen columns that reach a row: where it is one, that one."""
    price: NDArray[np.float64]
    """What the search takes a row to weigh."""
    gains: NDArray[np.float64]
    losses: NDArray[np.float64]
    chosen: NDArray[np.bool_]
    load: NDArray[np.float64]
    got: NDArray[np.float64]
    moved: NDArray[np.int64]
    left: NDArray[np.int64]
    """Rows of weight that no chosen column reaches, the first ``counts[0]`` of them."""
    at: NDArray[np.int64]
    """Where a row stands in ``left``."""
    counts: NDArray[np.int64]
    totals: NDArray[np.float64]
    """Weight covered, cost, and updates of rows so far."""
    dice: NDArray[np.uint64]


def ground(model: Model) -> Ground:
    """Return what searches of a model move on."""
    problem = model.problem
    limits = model.limits.matrix.tocsc()
    return Ground(
        problem.indptr, problem.indices, *problem.by_column, problem.weights, problem.part, model.costs,
        limits.indptr.astype(np.int64), limits.indices.astype(np.int32), limits.data.astype(np.float64),
        model.limits.most, model.needs, model.need, model.gain, TINY * max(problem.total, 1e-300),
    )  # fmt: skip


def state(model: Model, field: Ground, selected: NDArray[np.int64], seed: int) -> State:
    """Return the state of a plan."""
    rows, columns = len(field.weights), len(field.costs)
    left, at = np.zeros(rows, np.int64), np.zeros(rows, np.int64)
    used = np.flatnonzero(field.weights > 0)
    left[: len(used)], at[used] = used, np.arange(len(used))
    new = State(
        np.zeros(rows, np.int32), np.zeros(rows, np.int64), field.weights.copy(), model.problem.sums(field.weights),
        np.zeros(columns), np.zeros(columns, bool), np.zeros(len(field.most)), np.zeros(len(field.needs)),
        np.full(columns, -(10**9), np.int64), left, at, np.array([len(used)]), np.zeros(3),
        np.array([seed * 2 + 1], np.uint64),
    )  # fmt: skip
    for column in selected:
        _add(field, new, column)
    return new


def greedy(model: Model, seed: int = 0, advice: NDArray[np.float64] | None = None) -> NDArray[np.int64]:
    """Take the column of greatest gain, by cost where costs count, until none fits or all needs are met.

    ``advice`` of shape (columns,) from 0 to 1 lowers the cost at which a column is taken by as much as nine tenths.
    """
    field = ground(model)
    new = state(model, field, np.zeros(0, np.int64), seed)
    forgiven = np.zeros(len(field.costs)) if advice is None else advice
    return _greedy(field, new, forgiven)


def filled(model: Model, selected: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the columns with those that greedily fill what the limits leave."""
    field = ground(model)
    new = state(model, field, selected, 0)
    _greedy(field, new, np.zeros(len(field.costs)))
    return np.flatnonzero(new.chosen)


def spared(model: Model, selected: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the columns without those, the dearest first, that no need asks for."""
    field = ground(model)
    now = state(model, field, selected, 0)
    while (spare := _dearest_spare(field, now)) >= 0:
        _drop(field, now, spare)
    return np.flatnonzero(now.chosen)


def explore(
    model: Model,
    selected: NDArray[np.int64],
    *,
    moves: int,
    enough: float,
    deadline: float,
    seed: int,
    known: float = -np.inf,
) -> NDArray[np.int64]:
    """Return the best plan met in a number of moves from a plan, or that plan.

    Ends sooner with a plan of worth ``enough`` or at ``deadline`` (:func:`~lomsong.siting.problem.clock`). Of the least
    cost only plans of more worth than ``known`` are looked for.
    """
    if not len(model.costs):
        return selected
    field = ground(model)
    now = state(model, field, selected, seed)
    best, worth = selected, max(model.worth(selected), known)
    done, at = 0, 0
    while done < moves and worth < enough and base.clock() < deadline:
        found = now.chosen.copy()
        step = _walk_all if model.all_of_it else _walk
        did, value = step(field, now, found, worth, enough, min(moves - done, 20_000), at, SLICE)
        done, at = done + max(did, 1), at + max(did, 1)
        plan = np.flatnonzero(found)
        if value > worth and model.worth(plan) > worth:
            best, worth = plan, model.worth(plan)
        elif len(field.needs) and (now.got < field.needs - field.tiny).any():
            _raise_price(field, now)
    return best


def _raise_price(field: Ground, now: State) -> None:
    """Let the rows of groups whose need is not met weigh more, so that the search turns to them."""
    short = now.got < field.needs - field.tiny
    now.price[:] = np.where(short[field.part], now.price * 1.5, now.price)
    _recount(field, now)


@njit(cache=True)
def _recount(f: Ground, s: State) -> None:
    s.gains[:] = 0
    s.losses[:] = 0
    for i in range(len(s.times)):
        if s.times[i] == 0 and f.weights[i] > 0:
            for at in range(f.indptr[i], f.indptr[i + 1]):
                s.gains[f.indices[at]] += s.price[i]
        elif s.times[i] == 1:
            s.losses[s.owners[i]] += s.price[i]


@njit(cache=True)
def _add(f: Ground, s: State, j: int) -> None:
    for at in range(f.start[j], f.start[j + 1]):
        i = f.rows[at]
        if s.times[i] == 0:
            price = s.price[i]
            s.losses[j] += price
            s.counts[0] -= 1
            last = s.left[s.counts[0]]
            s.left[s.at[i]], s.at[last] = last, s.at[i]
            s.totals[0] += f.weights[i]
            s.got[f.part[i]] += f.weights[i]
            for k in range(f.indptr[i], f.indptr[i + 1]):
                s.gains[f.indices[k]] -= price
            s.totals[2] += f.indptr[i + 1] - f.indptr[i]
        elif s.times[i] == 1:
            s.losses[s.owners[i]] -= s.price[i]
        s.times[i] += 1
        s.owners[i] += j
    s.chosen[j] = True
    s.totals[1] += f.costs[j]
    s.totals[2] += f.start[j + 1] - f.start[j]
    for at in range(f.limit_start[j], f.limit_start[j + 1]):
        s.load[f.limit_of[at]] += f.limit_by[at]


@njit(cache=True)
def _drop(f: Ground, s: State, j: int) -> None:
    for at in range(f.start[j], f.start[j + 1]):
        i = f.rows[at]
        s.times[i] -= 1
        s.owners[i] -= j
        if s.times[i] == 0:
            price = s.price[i]
            s.losses[j] -= price
            s.left[s.counts[0]], s.at[i] = i, s.counts[0]
            s.counts[0] += 1
            s.totals[0] -= f.weights[i]
            s.got[f.part[i]] -= f.weights[i]
            for k in range(f.indptr[i], f.indptr[i + 1]):
                s.gains[f.indices[k]] += price
            s.totals[2] += f.indptr[i + 1] - f.indptr[i]
        elif s.times[i] == 1:
            s.losses[s.owners[i]] += s.price[i]
    s.chosen[j] = False
    s.totals[1] -= f.costs[j]
    s.totals[2] += f.start[j + 1] - f.start[j]
    for at in range(f.limit_start[j], f.limit_start[j + 1]):
        s.load[f.limit_of[at]] -= f.limit_by[at]


@njit(cache=True)
def drawn(dice: NDArray[np.uint64], below: int) -> int:
    """Return a random whole number from 0, below a number."""
    word = dice[0]  # xorshift64 (Marsaglia 2003)
    word ^= word << np.uint64(13)
    word ^= word >> np.uint64(7)
    word ^= word << np.uint64(17)
    dice[0] = word
    return int((word >> np.uint64(11)) % np.uint64(below))


@njit(cache=True)
def _fits(f: Ground, s: State, j: int) -> bool:
    """Tell whether column j breaks no limit that is not broken already, and mends those that are broken."""
    for at in range(f.limit_start[j], f.limit_start[j + 1]):
        k = f.limit_of[at]
        after = s.load[k] + f.limit_by[at]
        if f.limit_by[at] > 0 and after > f.most[k] + 1e-9 * max(1.0, abs(f.most[k])):
            return False
    return True


@njit(cache=True)
def _mends(f: Ground, s: State, j: int) -> bool:
    """Tell whether a limit is broken, as one of at least so many, that column j comes nearer to."""
    for at in range(f.limit_start[j], f.limit_start[j + 1]):
        k = f.limit_of[at]
        if f.limit_by[at] < 0 and s.load[k] > f.most[k] + 1e-9:
            return True
    return False


@njit(cache=True)
def _broken(f: Ground, s: State) -> bool:
    broken = False
    for k in range(len(f.most)):
        broken = broken or s.load[k] > f.most[k] + 1e-9 * max(1.0, abs(f.most[k]))
    return broken


@njit(cache=True)
def _met(f: Ground, s: State) -> bool:
    for k in range(len(f.needs)):
        if s.got[k] < f.needs[k] - f.tiny:
            return False
    return s.totals[0] >= f.need - f.tiny and not _broken(f, s)


@njit(cache=True)
def _best_in(f: Ground, s: State, forgiven: NDArray[np.float64], now: int, tenure: int, purse: float) -> int:
    """Return the column of most worth that fits, leaves the cost below the purse and rests no more; -1: none."""
    best, top, oldest = -1, 0.0, 0
    mending = _broken(f, s)
    for j in range(len(f.costs)):
        if s.chosen[j] or now - s.moved[j] < tenure or s.totals[1] + f.costs[j] >= purse:
            continue
        gain = s.gains[j]
        if mending:
            if not _mends(f, s, j):
                continue
            gain += f.tiny * 2
        if gain <= f.tiny:
            continue
        if f.costs[j] > 0:
            gain /= f.costs[j] * (1 - 0.9 * forgiven[j])
        elif f.gain == 0:
            gain *= 1e12
        if (gain > top or (gain == top and s.moved[j] < oldest)) and _fits(f, s, j):
            best, top, oldest = j, gain, s.moved[j]
    return best


@njit(cache=True)
def _greedy(f: Ground, s: State, forgiven: NDArray[np.float64]) -> NDArray[np.int64]:
    order = np.empty(len(f.costs), np.int64)
    count = 0
    while f.gain > 0 or not _met(f, s):
        j = _best_in(f, s, forgiven, 0, 0, np.inf)
        if j < 0:
            break
        _add(f, s, j)
        order[count] = j
        count += 1
    if f.gain == 0:
        for _ in range(count):
            j = _dearest_spare(f, s)
            if j < 0:
                break
            _drop(f, s, j)
    return np.array([j for j in order[:count] if s.chosen[j]], dtype=np.int64)


@njit(cache=True)
def _dearest_spare(f: Ground, s: State) -> int:
    """Return the dearest chosen column without which all needs are still met, of these that of least loss, else -1."""
    best, loss = -1, 0.0
    slack = s.totals[0] - f.need
    for j in range(len(f.costs)):
        if not s.chosen[j] or s.losses[j] > slack + f.tiny:
            continue
        if best >= 0 and (f.costs[j], -s.losses[j]) <= (f.costs[best], -loss):
            continue
        _drop(f, s, j)
        met = _met(f, s)
        _add(f, s, j)
        if met:
            best, loss = j, s.losses[j]
    return best


@njit(cache=True)
def _worst(f: Ground, s: State, now: int, tenure: int) -> int:
    """Return the chosen column that loses least by its cost and rests no more; -1 where all rest."""
    worst, least = -1, np.inf
    for j in range(len(f.costs)):
        if s.chosen[j] and now - s.moved[j] >= tenure:
            loss = s.losses[j] / f.costs[j] if f.costs[j] > 0 else s.losses[j]
            if loss < least or (loss == least and s.moved[j] < s.moved[worst]):
                worst, least = j, loss
    return worst


@njit(cache=True)
def _any_chosen(s: State) -> int:
    count = s.chosen.sum()
    if count == 0:
        return -1
    nth = drawn(s.dice, count)
    for j in range(len(s.chosen)):
        if s.chosen[j]:
            if nth == 0:
                return j
            nth -= 1
    return -1


@njit(cache=True)
def _go_back(f: Ground, s: State, found: NDArray[np.bool_]) -> None:
    for j in range(len(found)):
        if s.chosen[j] and not found[j]:
            _drop(f, s, j)
    for j in range(len(found)):
        if found[j] and not s.chosen[j]:
            _add(f, s, j)


@njit(cache=True)
def _save_cheaper(f: Ground, s: State, found: NDArray[np.bool_], worth: float) -> float:
    """While all needs are met: keep the plan if it is cheaper, and take one column out."""
    while _met(f, s):
        if worth == -np.inf or -s.totals[1] > worth + 1e-12 * abs(worth):
            worth = -s.totals[1]
            found[:] = s.chosen
        out = _worst(f, s, 0, -(10**10))
        if out < 0:
            break
        _drop(f, s, out)
    return worth


@njit(cache=True)
def _walk(
    f: Ground, s: State, found: NDArray[np.bool_], worth: float, enough: float, moves: int, now: int, work: float
) -> tuple[int, float]:
    """Exchange one column at a time while that gains cover; then a kick, from there or from the best plan.

    Of the least cost, what is put in must leave the cost below the best, and a plan that meets all needs is kept.
    """
    none = np.zeros(len(f.costs))
    size = max(int(found.sum()), 1)
    stale, kicks, reached, until = 0, 0, s.totals[0], s.totals[2] + work
    home = s.chosen.copy()
    for turn in range(moves):
        at = now + turn
        if f.gain == 0 and _met(f, s):
            worth = _save_cheaper(f, s, found, worth)
            home[:] = s.chosen
            reached, stale = s.totals[0], 0
        purse = np.inf if f.gain > 0 else -worth * (1 - 1e-12)
        out = _any_chosen(s) if kicks or drawn(s.dice, 3) else _worst(f, s, at, 1 + drawn(s.dice, 1 + size // 2))
        before = s.totals[0]
        if out >= 0:
            _drop(f, s, out)
            s.moved[out] = at
        into = _best_in(f, s, none, at, 1 + drawn(s.dice, 3) if kicks else 0, purse)
        while into >= 0:
            _add(f, s, into)
            s.moved[into] = at
            into = _best_in(f, s, none, at, 1, purse)
        kicks = max(kicks - 1, 0)
        stale = 0 if kicks or s.totals[0] > before + f.tiny else stale + 1
        if f.gain > 0 and s.totals[0] > worth + f.tiny and _met(f, s):
            worth = s.totals[0]
            found[:] = s.chosen
        if worth >= enough or s.totals[2] > until:
            return turn + 1, worth
        if stale > 2 * size:
            if s.totals[0] >= reached - f.tiny or drawn(s.dice, 50) == 0:
                home[:] = s.chosen
                reached = s.totals[0]
            else:
                if f.gain > 0 and drawn(s.dice, 20) == 0:
                    home[:] = found
                _go_back(f, s, home)
                reached = s.totals[0]
            stale, kicks = 0, 1 + drawn(s.dice, 2 + size // 10)
    return moves, worth


@njit(cache=True)
def _walk_all(
    f: Ground, s: State, found: NDArray[np.bool_], worth: float, enough: float, moves: int, now: int, work: float
) -> tuple[int, float]:
    """Least cost of every row: put in what reaches a random row left out, while rows left out grow in weight."""
    until = s.totals[2] + work
    for turn in range(moves):
        at = now + turn
        worth = _save_cheaper(f, s, found, worth)
        if worth >= enough or s.totals[2] > until:
            return turn + 1, worth
        out = _worst(f, s, at, 2)
        if out >= 0:
            _drop(f, s, out)
            s.moved[out] = at
        while s.counts[0] > 0:
            row = s.left[drawn(s.dice, s.counts[0])]
            into, top = -1, -1.0
            for k in range(f.indptr[row], f.indptr[row + 1]):
                j = f.indices[k]
                if at - s.moved[j] < 1 or not _fits(f, s, j):
                    continue
                gain = s.gains[j] / f.costs[j] if f.costs[j] > 0 else np.inf
                if gain > top or (gain == top and s.moved[j] < s.moved[into]):
                    into, top = j, gain
            if into < 0 or s.totals[1] + f.costs[into] >= -worth * (1 - 1e-12):
                break
            _add(f, s, into)
            s.moved[into] = at
        for k in range(s.counts[0]):
            row = s.left[k]
            s.price[row] += 1
            for q in range(f.indptr[row], f.indptr[row + 1]):
                s.gains[f.indices[q]] += 1
    return moves, worth
