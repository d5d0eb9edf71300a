"""What a plan must lose where its sites overlap: a bound from windows, each of which is solved with whole sites.

The relaxation takes a row as reached by halves of two sites, which no cut over a few sites can tell. Here the rows are
split into windows k of neighbours, and the price λ_j of a column (its cost and what limits charge for it) among the
windows that it reaches into, Σ_k α_jk = λ_j. With v_i what a row is worth, for every plan

    a Σ w_i z_i - Σ c_j y_j ≤ Σ v_i - ν q + μ h - Σ_k min {Σ_j α_jk x_j + Σ_{i in k} v_i (1 - z_i) : x binary},

where the plan may take other sites in each window (Lagrangian decomposition: Guignard and Kim 1987, Math. Program. 39).
Each least is found by :func:`lomsong.siting.prizes.least`. Then α_jk rises where a window takes a column that others do
not, by subgradients (Held, Wolfe and Crowder 1974, Math. Program. 6), and all are solved anew. Where all rows must be
reached v has no end; a window looks at few of its rows then, and at more where its plan leaves some: fewer rows cost
no more, so that what they cost is a bound.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Event

import numpy as np
from numba import njit
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

from lomsong.chunks import over_threads
from lomsong.siting import problem as base
from lomsong.siting.bound import ROUNDING, Prices
from lomsong.siting.groups import groups, neighbours
from lomsong.siting.prizes import CLOSE, least
from lomsong.siting.problem import Model, Problem, any_of
from lomsong.siting.regions import by_group

SITES, LARGER = (4, 6), 1.5
"""Sites of a plan to a window at first, and where all rows must be reached; and times as many in the next ones."""

QUICK = 0.01
"""Share of the time left in which a first turn is so quick that larger windows prove more."""

DIRECTIONS = 24
"""Directions in which rows are placed."""

TOO_MUCH = 1.6
"""Share of all prices in a window, by its part of them, above which it is split again."""

NODES = (2_000, 1_000)
"""Nodes after which a window is left with what is proven, and where all rows must be reached after each look."""

TOWARDS, LESS = 0.5, 0.7
"""How far to the best plan the next bound is hoped for, as a share of what is open; less after a turn without gain."""

LEAST_HOPE = 0.1
"""Such a share at which no more turns are made."""

DEFLECTED = 0.6
"""Share of the last change of the split that goes into the next."""

FIRST, LOOKS, MORE = 0.5, (4, 2), 40
"""Rows to a column at which a window looks first if all must be reached, how often it looks at more of them, in the
first turn and in each other one, and at how many more each time."""


@dataclass
class _Window:
    """Rows that lie together, and the columns that reach into them.

    ``problem`` numbers the columns by their place in the model; ``u`` and ``plan`` are those of the last turn, ``rows``
    those that are looked at where all must be reached.
    """

    problem: Problem
    u: NDArray[np.float64]
    plan: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        self.rows = np.zeros(len(self.u), bool)
        self.rows[np.argsort(-self.u, kind="stable")[: int(FIRST * len(self.problem.columns)) + 1]] = True

    def solved(self, prices: NDArray[np.float64], seed: int, halted: Callable[[], bool]) -> float:
        """Return what a plan costs at least, with fees for rows that it leaves."""
        found = least(self.problem, prices, self.u, self.plan, nodes=NODES[0], seed=seed, halted=halted)
        self.u, self.plan = found.u, found.plan
        return found.low

    def covered(self, prices: NDArray[np.float64], looks: int, seed: int, halted: Callable[[], bool]) -> float:
        """Return what a plan that reaches all rows costs at least, by as many looks at more of them."""
        low, problem = 0.0, self.problem
        for _ in range(looks):
            asked = replace(problem, weights=np.where(self.rows, np.inf, 0.0))
            part, row = asked.narrowed(np.ones(len(prices), bool))
            found = least(part, prices, self.u[row >= 0], self.plan, nodes=NODES[1], seed=seed, halted=halted)
            low, self.plan = max(low, found.low), found.plan
            self.u = np.zeros(len(row))
            self.u[row >= 0] = found.u
            left = np.flatnonzero(~any_of(problem.indptr, problem.indices, np.isin(problem.columns, found.plan)))
            self.rows[left[np.argsort(np.diff(problem.indptr)[left], kind="stable")[:MORE]]] = True
            if not len(left) or found.low < (1 - 2 * CLOSE) * found.cost or halted():
                break
        return low


def windowed(
    model: Model,
    prices: Prices,
    goal: float,
    sites: int,
    deadline: float,
    seed: int,
    tell: Callable[[float], bool],
) -> None:
    """Bound the objective from above, ever nearer, until nothing is open, the deadline, or no turn gains.

    Parameters
    ----------
    model
        A greatest cover without needs, or the least cost of one need or of all.
    prices
        Of its relaxation.
    goal
        Objective of a plan that is known.
    sites
        Columns that plans take, more or less.
    deadline
        By :func:`lomsong.siting.problem.clock`.
    seed
        Of the windows and of the searches in them.
    tell
        Takes a bound; returns whether anything is open.
    """
    charge = (0.0 if model.gain else model.costs) + model.limits.matrix.T @ np.maximum(prices.limit, 0.0)
    fees, rest = _fees(model, prices)
    size, open_ = SITES[model.all_of_it], True
    if (charge < 0).any() or not len(fees) or sites < 2 * size:
        return
    places = _places(model)
    while open_ and base.clock() < deadline and sites >= 2 * size:
        windows = _split(model, fees, prices.row, places, round(sites / size), seed)
        open_ = _turns(windows, model.all_of_it, charge, rest, goal, deadline, seed, tell)
        size = round(size * LARGER)


def _turns(
    windows: list[_Window],
    all_of_it: bool,
    charge: NDArray[np.float64],
    rest: float,
    goal: float,
    deadline: float,
    seed: int,
    tell: Callable[[float], bool],
) -> bool:
    """Solve windows and share the prices of columns anew among them, in turns; tell whether anything is open.

    Ends too where no turn gains, and after a quick first one.
    """
    inside = np.zeros((len(windows), len(charge)), bool)
    for k, window in enumerate(windows):
        inside[k, window.problem.columns] = True
    split, way = _first(windows, charge), np.zeros(inside.shape)
    best, hope, looks, halted = np.inf, TOWARDS, LOOKS[0], Event()

    def stopped() -> bool:
        return halted.is_set() or base.clock() > deadline

    def one(k: int) -> float:
        window, prices = windows[k], split[k, windows[k].problem.columns]
        if all_of_it:
            return window.covered(prices, looks, seed + k, stopped)
        return window.solved(prices, seed + k, stopped)

    while base.clock() < deadline and hope > LEAST_HOPE:
        began = base.clock()
        low = sum(over_threads(one, range(len(windows)), halted=halted))
        bound = rest - low + ROUNDING * (abs(rest) + abs(low))
        if not tell(bound):
            return False
        if best == np.inf and base.clock() - began < QUICK * (deadline - began):
            break
        hope, best, looks = (hope if bound < best else hope * LESS), min(best, bound), LOOKS[1]
        taken = np.zeros(split.shape)
        for k, window in enumerate(windows):
            taken[k, list(window.plan)] = 1.0
        apart = np.where(inside, taken - taken.sum(axis=0) / np.maximum(inside.sum(axis=0), 1), 0.0)
        way = DEFLECTED * way + apart
        length = (bound - best + hope * (best - goal)) / max(float((way**2).sum()), 1.0)
        split = _nearest(split + length * way, inside, charge)
    return True


def _fees(model: Model, prices: Prices) -> tuple[NDArray[np.float64], float]:
    """Return what each row is worth, v, and what of the bound no window tells: Σ v - ν q + μ h.

    Where all rows must be reached only μ h is told so, and v are the weights.
    """
    weights = model.problem.weights
    charged = float(np.maximum(prices.limit, 0.0) @ model.limits.most)
    if model.all_of_it:
        return weights, charged
    if model.gain:
        return weights, float(weights.sum()) + charged
    worth = float((prices.row / np.where(weights > 0, weights, np.inf)).max(initial=0.0))
    return worth * weights, float(worth * (weights.sum() - model.need)) + charged


def _places(model: Model) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Place columns and rows by which rows columns share (Dhillon 2001, KDD), shapes (columns or rows, directions)."""
    problem = model.problem
    order = neighbours(model)
    starts = groups(order, problem.part, len(model.needs))[0]
    reach = by_group(problem.indptr, problem.indices, problem.weights, order, starts, len(problem.columns))
    of_column, of_group = np.maximum(reach.sum(axis=1), 1e-300), np.maximum(reach.sum(axis=0), 1e-300)
    scaled = reach / np.sqrt(of_column[:, None] * of_group)
    near = scaled @ np.linalg.eigh(scaled.T @ scaled)[1][:, -DIRECTIONS - 1 : -1] / np.sqrt(of_column)[:, None]
    return near, _means(problem.indptr, problem.indices, near)


def _split(
    model: Model,
    fees: NDArray[np.float64],
    u: NDArray[np.float64],
    places: tuple[NDArray[np.float64], NDArray[np.float64]],
    count: int,
    seed: int,
) -> list[_Window]:
    """Split the rows into windows, clusters by :func:`_places`."""
    problem, (near, at) = model.problem, places
    window = _evened(at, _clusters(near, count, seed).predict(at).astype(np.int64), u, count, seed)
    whole, made = replace(problem, columns=np.arange(len(problem.columns))), []
    for k in np.unique(window[fees > 0]):
        mine = replace(whole, weights=np.where(window == k, fees, 0.0))
        part, row = mine.narrowed(mine.sums(mine.weights) > 0)
        made.append(_Window(part, np.bincount(row[row >= 0], u[row >= 0], len(part.weights)).astype(float)))
    return sorted(made, key=lambda one: -one.problem.size)


def _evened(
    at: NDArray[np.float64], part: NDArray[np.int64], u: NDArray[np.float64], count: int, seed: int
) -> NDArray[np.int64]:
    """Cluster again what holds more than its part of all prices, if its places differ; return the clusters."""
    whole: list[int] = []
    while True:
        dear = np.bincount(part, u)
        dear[whole] = 0.0
        if dear.max() <= TOO_MUCH * u.sum() / count:
            return part
        rows = np.flatnonzero(part == np.argmax(dear))
        inside = _clusters(at[rows], max(round(dear.max() / u.sum() * count), 2), seed).labels_
        if not inside.any():
            whole.append(int(np.argmax(dear)))
        part[rows] = np.where(inside, part.max() + inside, part[rows])


def _clusters(at: NDArray[np.float64], count: int, seed: int) -> KMeans:
    """Cluster places, of which some may be the same."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return KMeans(min(count, len(at)), n_init=2, random_state=seed).fit(at)


def _first(windows: list[_Window], charge: NDArray[np.float64]) -> NDArray[np.float64]:
    """Split the price of each column as the relaxation does, and what it leaves over by the worth of the rows."""
    split, weight = np.zeros((2, len(windows), len(charge)))
    for k, window in enumerate(windows):
        at = window.problem.columns
        split[k, at], weight[k, at] = window.problem.sums(window.u), window.problem.sums(window.problem.weights)
    over = charge - split.sum(axis=0)
    return _nearest(split + over * weight / np.maximum(weight.sum(axis=0), 1e-300), weight > 0, charge)


def _nearest(split: NDArray[np.float64], inside: NDArray[np.bool_], charge: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the nearest split of which none is negative and that sums to the price of each column."""
    falling = -np.sort(-np.where(inside, split, -np.inf), axis=0)
    finite = np.isfinite(falling)
    over = np.cumsum(np.where(finite, falling, 0.0), axis=0) - charge
    many = np.arange(1, len(split) + 1)[:, None]
    count = np.maximum((finite & (falling * many > over)).sum(axis=0), 1)
    off = over[count - 1, np.arange(len(charge))] / count
    return np.where(inside, np.maximum(split - off, 0.0), 0.0)


@njit(cache=True)
def _means(indptr: NDArray[np.int64], indices: NDArray[np.int32], at: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean place of the columns that reach each row, shape (rows, directions)."""
    means = np.zeros((len(indptr) - 1, at.shape[1]))
    for i in range(len(means)):
        for k in range(indptr[i], indptr[i + 1]):
            means[i] += at[indices[k]] / (indptr[i + 1] - indptr[i])
    return means
