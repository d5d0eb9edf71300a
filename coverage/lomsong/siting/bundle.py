"""The price of each column shared among windows so that these together prove the most: a proximal bundle.

What a window k costs at least is a concave function of its prices α_jk: the least of f_p + Σ_{j in p} α_jk over its
plans p, where f_p is what p pays for rows that it leaves. The plans met so far are a model of it from above. The next
split is where the models of all windows together are greatest, less the squared distance to the best split so far over
2t (Kiwiel 1990, Math. Program. 46; one model to each window). Its dual asks for weights of plans, of which those of a
window sum to one:

    min Σ_p θ_p (f_p + Σ_{j in p} α_jk) + t/2 Σ_jk (y_jk - mean_k y_jk)²,   y_jk = Σ_{p of k} θ_p [j in p],

a few hundred weights, found by accelerated gradients (Beck and Teboulle 2009, SIAM J. Imaging Sci. 2), and moves the
split by t (y - mean y): prices rise where the windows' plans, mixed so that they agree best, still take more than
others do. A step along the plans of the last turn alone (a subgradient) forgets what all turns before told.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

TOWARDS = 0.5
"""How far to the best plan the first step would come if all went as hoped, as a share of what is open."""

GOOD, BAD, LONGER, SHORTER = 0.5, 0.1, 1.5, 0.6
"""Shares of the gain foreseen above and below which the next step is so many times as long."""

SHORTEST = 0.01
"""Step, as a share of the first, at which nothing more is foreseen: what windows prove may be less than they cost."""

KEPT, ITERATIONS = 40, 300
"""Plans of a window that are kept, and iterations for their weights."""


class Bundle:
    """Plans met in windows, and the split of prices that is to be tried next.

    Parameters
    ----------
    split
        Price of each column in each window, none negative, shape (windows, columns).
    inside
        Whether the window has the column, same shape.
    charge
        What the prices of a column sum to, shape (columns,).
    """

    def __init__(self, split: NDArray[np.float64], inside: NDArray[np.bool_], charge: NDArray[np.float64]) -> None:
        self.split, self.inside, self.charge = split, inside, charge
        self.plans: list[dict[tuple[int, ...], float]] = [{} for _ in split]
        self.best, self.low, self.first, self.step, self.foreseen = split, -np.inf, 0.0, 0.0, 0.0

    def move(self, low: float, open_: float) -> float:
        """Set the next split by what the last one proves and leaves open; return the gain that the models foresee."""
        if self.low > -np.inf:
            gained = (low - self.low) / max(self.foreseen, 1e-300)
            self.step *= LONGER if gained > GOOD else SHORTER if gained < BAD else 1.0
        if low > self.low:
            self.low, self.best = low, self.split
        self.plans = [_cheapest(plans, self.best[k], self.split[k]) for k, plans in enumerate(self.plans)]
        sizes, some = [len(plans) for plans in self.plans], [plan for plans in self.plans for plan in plans]
        window, starts = np.repeat(np.arange(len(sizes)), sizes), np.cumsum([0, *sizes[:-1]])
        entries = np.cumsum([0, *map(len, some)])
        columns = np.concatenate([np.array(plan, int) for plan in some])
        held = csr_matrix((np.ones(len(columns)), columns, entries), (len(some), len(self.charge)))
        cost, many = self._costs(self.best), np.maximum(self.inside.sum(axis=0), 1)
        apart = (held @ held.T).toarray() * (window[:, None] == window) - (held.multiply(1 / many) @ held.T).toarray()
        alone = np.zeros(len(some))
        alone[np.lexsort((cost, window))[starts]] = 1.0
        if self.step == 0:
            self.first = self.step = TOWARDS * open_ / max(float(alone @ apart @ alone), 1.0)
        weights = _weights(cost, self.step * apart, window, alone)
        taken = (csr_matrix((weights, (window, np.arange(len(some))))) @ held).toarray()
        way = np.where(self.inside, taken - taken.sum(axis=0) / many, 0.0)
        self.split = nearest(self.best + self.step * way, self.inside, self.charge)
        self.foreseen = float(np.minimum.reduceat(self._costs(self.split), starts).sum()) - self.low
        return self.foreseen if self.step > SHORTEST * self.first else 0.0

    def _costs(self, split: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what each plan costs by a split, window by window."""
        every = enumerate(self.plans)
        return np.array([_cost(plan, paid, split[k]) for k, plans in every for plan, paid in plans.items()])


def _cost(plan: tuple[int, ...], paid: float, prices: NDArray[np.float64]) -> float:
    return paid + float(prices[list(plan)].sum())


def _cheapest(
    plans: dict[tuple[int, ...], float], prices: NDArray[np.float64], tried: NDArray[np.float64]
) -> dict[tuple[int, ...], float]:
    """Return the plans of a window that cost least by its prices, and the one that does by those tried last."""
    order = sorted(plans, key=lambda plan: _cost(plan, plans[plan], prices))
    last = min(plans, key=lambda plan: _cost(plan, plans[plan], tried))
    return {plan: plans[plan] for plan in (*order[:KEPT], last)}


def _weights(
    cost: NDArray[np.float64], bends: NDArray[np.float64], window: NDArray[np.int64], start: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the weights θ of least cost · θ + θ · bends θ / 2, plans by window, of which those of one sum to one."""
    place = np.arange(len(window)) - np.searchsorted(window, window)
    inside = np.zeros((place.max() + 1, window.max() + 1), bool)
    inside[place, window] = True
    to, one = np.zeros(inside.shape), np.ones(inside.shape[1])
    length = 1 / max(float(np.linalg.eigvalsh(bends)[-1]), 1e-300)
    now, ahead, pace = start, start, 1.0
    for _ in range(ITERATIONS):
        to[place, window] = ahead - length * (cost + bends @ ahead)
        new = nearest(to, inside, one)[place, window]
        faster = (1 + np.sqrt(1 + 4 * pace**2)) / 2
        now, ahead, pace = new, new + (pace - 1) / faster * (new - now), faster
    return now


def nearest(split: NDArray[np.float64], inside: NDArray[np.bool_], charge: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the nearest split of which none is negative and that sums to the price of each column."""
    falling = -np.sort(-np.where(inside, split, -np.inf), axis=0)
    finite = np.isfinite(falling)
    over = np.cumsum(np.where(finite, falling, 0.0), axis=0) - charge
    many = np.arange(1, len(split) + 1)[:, None]
    count = np.maximum((finite & (falling * many > over)).sum(axis=0), 1)
    off = over[count - 1, np.arange(len(charge))] / count
    return np.where(inside, np.maximum(split - off, 0.0), 0.0)
