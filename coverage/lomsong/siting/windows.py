"""What a plan must lose where its sites overlap: a bound from windows, each of which is solved with whole sites.

The relaxation takes a row as reached by halves of two sites, which no cut over a few sites can tell. Here the rows are
split into windows k of neighbours, and the price λ_j of a column (its cost and what limits charge for it) among the
windows that it reaches into, Σ_k α_jk = λ_j. With v_i what a row is worth, for every plan

    a Σ w_i z_i - Σ c_j y_j ≤ Σ v_i - ν q + μ h - Σ_k min {Σ_j α_jk x_j + Σ_{i in k} v_i (1 - z_i) : x binary},

where the plan may take other sites in each window (Lagrangian decomposition: Guignard and Kim 1987, Math. Program. 39).
Each least is found by :func:`lomsong.siting.prizes.least`. Then α_jk rises where a window takes a column that others do
not (:mod:`lomsong.siting.bundle`), and all are solved anew. Where all rows must be reached v has no end; a window looks
at few of its rows then, and at more where its plan leaves some: fewer rows cost no more, so that what they cost is a
bound.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Event

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

from lomsong.chunks import over_threads
from lomsong.siting import problem as base
from lomsong.siting.bound import ROUNDING, Prices, lagrangian
from lomsong.siting.bundle import Bundle, nearest
from lomsong.siting.groups import groups, neighbours
from lomsong.siting.pools import grown, pooled, taken_of
from lomsong.siting.prizes import CLOSE, least
from lomsong.siting.problem import Model, Problem, any_of
from lomsong.siting.regions import by_group
from lomsong.siting.sift import sampled

SITES, LARGER = (4, 5, 6), 1.5
"""Sites of a plan to a window at first, of a greatest cover, of a least cost of part and of all of the demand; and
times as many in the next ones."""

QUICK = 0.01
"""Share of the time left in which a first turn is so quick that larger windows prove more."""

DIRECTIONS = 12
"""Directions in which rows are placed."""

EVEN, ROUNDS, RECENTRED = 1.15, 60, 3
"""Times its part of all prices that a window may hold, turns to get there, and after how many a centre moves."""

HARDER = 0.65
"""Power of the number of columns of a row with which it counts when windows are laid out: hard ones are smaller."""

SLOWLY = 0.3
"""How far the reach of a window changes in a turn, as a share of what its rows lie apart."""

SEEN = 50_000
"""Rows by which windows are laid out."""

POOLS = 240
"""Pools into which the rows of a window are taken together, for each site, unless all must be reached."""

NODES = 300
"""Nodes after which a window, or where all rows must be reached a look at some, is left with what is proven: prices
shared anew prove more than further ones."""

LEAST_HOPE = 0.01
"""Gain foreseen at which no more turns are made, as a share of what is open."""

FIRST, LOOKS, MORE = 0.5, (4, 2), 40
"""Rows to a column at which a window looks first if all must be reached, how often it looks at more of them, in the
first turn and in each other one, and at how many more each time."""


@dataclass
class _Window:
    """Pools of rows that lie together, or these rows where all must be reached, and the columns that reach into them.

    ``problem`` numbers the columns by their place in the model, each reaches the ``shares`` of its rows; ``u``,
    ``plan`` and the plans ``met`` are those of the last turn, ``told`` is what asking for columns told in all, ``rows``
    are those looked at where all must be reached.
    """

    problem: Problem
    shares: NDArray[np.float64]
    u: NDArray[np.float64]
    plan: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        shape = (len(self.u), len(self.problem.columns))
        self.reach = csr_matrix((self.shares, self.problem.indices, self.problem.indptr), shape)
        self.met: set[tuple[int, ...]] = set()
        self.told = np.zeros((2, 2, len(self.problem.columns)))
        self.rows = np.zeros(len(self.u), bool)
        self.rows[np.argsort(-self.u, kind="stable")[: int(FIRST * len(self.problem.columns)) + 1]] = True

    def solved(self, prices: NDArray[np.float64], seed: int, halted: Callable[[], bool]) -> float:
        """Return what a plan costs at least, with fees for rows that it leaves."""
        found = least(
            self.problem, self.shares, prices, self.u, self.plan, self.told, nodes=NODES, seed=seed, halted=halted
        )
        self.u, self.plan, self.met = found.u, found.plan, {found.plan, *found.met}
        return found.low

    def learn(self, plans: dict[tuple[int, ...], float], all_of_it: bool) -> None:
        """Add plans of the last turn and the fees of what they leave; drop those that leave rows now looked at."""
        for plan in list(plans) if all_of_it else sorted(self.met - plans.keys()):
            left = np.maximum(1 - self.reach @ np.isin(self.problem.columns, plan).astype(float), 0.0)
            if not all_of_it:
                plans[plan] = float(self.problem.weights @ left)
            elif (left[self.rows] > 0).any():
                del plans[plan]
        plans.setdefault(self.plan, 0.0)

    def covered(self, prices: NDArray[np.float64], looks: int, seed: int, halted: Callable[[], bool]) -> float:
        """Return what a plan that reaches all rows costs at least, by as many looks at more of them."""
        low, problem = 0.0, self.problem
        for _ in range(looks):
            asked = replace(problem, weights=np.where(self.rows, np.inf, 0.0))
            part, row = asked.narrowed(np.ones(len(prices), bool))
            shares, u = np.ones(part.size), self.u[row >= 0]
            found = least(part, shares, prices, u, self.plan, self.told, nodes=NODES, seed=seed, halted=halted)
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
    size, open_ = SITES[0 if model.gain else 1 + model.all_of_it], True
    if (charge < 0).any() or not len(fees) or sites < 2 * size:
        return
    places, known = _places(model, seed), lagrangian(model, prices)[0]
    while open_ and base.clock() < deadline and sites >= 2 * size:
        windows, split = _split(model, fees, prices, places, sites, size, charge, seed)
        open_ = _turns(windows, split, model.all_of_it, charge, rest, known, goal, deadline, seed, tell)
        size = round(size * LARGER)


def _turns(
    windows: list[_Window],
    split: NDArray[np.float64],
    all_of_it: bool,
    charge: NDArray[np.float64],
    rest: float,
    known: float,
    goal: float,
    deadline: float,
    seed: int,
    tell: Callable[[float], bool],
) -> bool:
    """Solve windows and share the prices of columns anew among them, in turns; tell whether larger ones may prove more.

    Ends too where no turn gains, after a quick first one, and after one that proves less than is known.
    """
    inside = np.zeros((len(windows), len(charge)), bool)
    for k, window in enumerate(windows):
        inside[k, window.problem.columns] = True
    bundle, looks, halted = Bundle(split, inside, charge), LOOKS[0], Event()

    def stopped() -> bool:
        return halted.is_set() or base.clock() > deadline

    def one(k: int) -> float:
        window, prices = windows[k], bundle.split[k, windows[k].problem.columns]
        if all_of_it:
            return window.covered(prices, looks, seed + k, stopped)
        return window.solved(prices, seed + k, stopped)

    while base.clock() < deadline:
        began, first = base.clock(), bundle.low == -np.inf
        low = sum(over_threads(one, range(len(windows)), halted=halted))
        bound = rest - low + ROUNDING * (abs(rest) + abs(low))
        if not tell(bound) or (first and bound > known):
            return False
        if first and base.clock() - began < QUICK * (deadline - began):
            break
        looks = LOOKS[1]
        for window, plans in zip(windows, bundle.plans, strict=True):
            window.learn(plans, all_of_it)
        foreseen = bundle.move(low, rest - low - goal)
        if foreseen < LEAST_HOPE * (rest - bundle.low - goal):
            break
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


def _places(model: Model, seed: int) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Place columns and rows by which rows columns share (Dhillon 2001, KDD), shapes (columns or rows, directions).

    Of a large problem columns are placed by a sample of the rows.
    """
    problem, part = model.problem, sampled(model, seed)
    order, some = neighbours(part), part.problem
    starts = groups(order, some.part, len(model.needs))[0]
    reach = by_group(some.indptr, some.indices, some.weights, order, starts, len(some.columns))
    of_column, of_group = np.maximum(reach.sum(axis=1), 1e-300), np.maximum(reach.sum(axis=0), 1e-300)
    scaled = reach / np.sqrt(of_column[:, None] * of_group)
    near = scaled @ np.linalg.eigh(scaled.T @ scaled)[1][:, -DIRECTIONS - 1 : -1] / np.sqrt(of_column)[:, None]
    return near, _means(problem.indptr, problem.indices, near.astype(np.float32))


def _split(
    model: Model,
    fees: NDArray[np.float64],
    prices: Prices,
    places: tuple[NDArray[np.float64], NDArray[np.float32]],
    sites: int,
    size: int,
    charge: NDArray[np.float64],
    seed: int,
) -> tuple[list[_Window], NDArray[np.float64]]:
    """Split the rows into windows, the largest first, and the price of each column among these.

    Prices are split as the relaxation does, and what it leaves over by the worth of the rows.
    """
    problem, rows, many, u, x = model.problem, np.flatnonzero(fees > 0), len(model.costs), prices.row, prices.share
    window = _laid_out(places, rows, u * np.diff(problem.indptr) ** HARDER, round(sites / size), seed)
    taken, made = taken_of(problem.indptr, problem.indices, x), []
    for part in (rows[window == k] for k in np.unique(window)):
        pools = part, np.arange(len(part) + 1)
        if not model.all_of_it:
            pools = grown((problem.indptr, problem.indices), taken, x, part, POOLS * size, fees)
        made.append((_Window(*pooled(problem, *pools, fees, u)), part))
    made.sort(key=lambda one: -one[0].problem.size)
    order, starts = np.concatenate([part for _, part in made]), np.cumsum([0, *(len(part) for _, part in made)])
    split, weight = (by_group(problem.indptr, problem.indices, of, order, starts, many).T for of in (u, fees))
    over = charge - split.sum(axis=0)
    split = nearest(split + over * weight / np.maximum(weight.sum(axis=0), 1e-300), weight > 0, charge)
    return [one for one, _ in made], split


def _laid_out(
    places: tuple[NDArray[np.float64], NDArray[np.float32]],
    rows: NDArray[np.int64],
    u: NDArray[np.float64],
    count: int,
    seed: int,
) -> NDArray[np.int64]:
    """Return the window of each row, clusters that hold about the same prices.

    A row belongs to the centre of least squared distance less an offset (a power diagram: Aurenhammer, Hoffmann and
    Aronov 1998, Algorithmica 20); the offsets of clusters that hold too much fall.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # some places may be the same
        centres = KMeans(min(count, len(places[0])), n_init=2, random_state=seed).fit(places[0]).cluster_centers_
    seen = np.random.default_rng(seed).permutation(rows)[:SEEN]
    at, dues = places[1][seen], u[seen] + 1e-9 * u[seen].mean() + 1e-300
    part = dues.sum() / len(centres)
    offset, most, best = np.zeros(len(centres)), np.inf, (centres, np.zeros(len(centres)))
    for turn in range(ROUNDS):
        far = cdist(at, centres, "sqeuclidean")
        window = np.argmin(far - offset, axis=1)
        held = np.bincount(window, dues, len(centres)) / part
        if held.max() < most:
            most, best = held.max(), (centres.copy(), offset.copy())
        if most < EVEN:
            break
        offset += SLOWLY * np.median(far[np.arange(len(at)), window]) * np.clip(1 - held, -1, 1)
        if turn % RECENTRED == 0:
            sums = np.array([np.bincount(window, dues * along, len(centres)) for along in at.T]).T
            owned = held > 0
            centres[owned] += (sums[owned] / (held[owned, None] * part) - centres[owned]) / 2
    return np.concatenate([np.argmin(cdist(some, best[0], "sqeuclidean") - best[1], axis=1)
                           for some in np.array_split(places[1][rows], len(rows) // SEEN + 1)])  # fmt: skip


@njit(cache=True)
def _means(indptr: NDArray[np.int64], indices: NDArray[np.int32], at: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean place of the columns that reach each row, shape (rows, directions)."""
    means = np.zeros((len(indptr) - 1, at.shape[1]), np.float32)
    for i in range(len(means)):
        for j in indices[indptr[i] : indptr[i + 1]]:
            for d in range(at.shape[1]):
                means[i, d] += at[j, d]
        means[i] /= max(indptr[i + 1] - indptr[i], 1)
    return means
