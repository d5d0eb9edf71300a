"""A large problem seen through few of its columns: equal rows merge, and the bound still holds for all columns.

Prices found on some columns are prices of the whole problem: a row has the f of the merged row that it became, and 1
where none of the columns reaches it. One reading of all rows then proves a bound for all columns and tells which of the
others would be worth having. The linear programmes, the cuts and the branching know only the few.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from lomsong.siting.bound import Master, Prices, Ranges, Relaxation, lagrangian, plain_prices, relax
from lomsong.siting.problem import Limits, Model
from lomsong.siting.saddle import CLOSE, saddle

TURNS = 3
"""Most times that columns are taken in."""

FEWEST = 400
"""Columns to start with, at least, and most that are taken in at once."""

FEWEST_BY_SITE = 12
"""The same by sites of the plan."""

AT_ONCE = 60
"""Least number of columns taken in."""

BY_SHARE = 2.0
"""The same by columns of which the fractional plan takes more than :data:`SOME`."""

SOME = 1e-3
"""Share of a column."""

SAMPLE = 2_500_000
"""Non-zeros of a sample of rows: less than half of what is :func:`many`."""

STRATA = 256
"""Columns, drawn at random, whose outlines cut the rows into strata of a sample."""


def few(model: Model, columns: NDArray[np.bool_]) -> tuple[Model, NDArray[np.int64]]:
    """Return a model of some of the columns, and the row of it that each row became (-1: none)."""
    problem, label = model.problem.narrowed(columns)
    limits = Limits(csr_matrix(model.limits.matrix[:, columns]), model.limits.most)
    return replace(model, problem=problem, limits=limits, costs=model.costs[columns]), label


def many(model: Model) -> bool:
    """Tell whether a model has so many non-zeros that a sample of its rows is looked at first."""
    return model.problem.size > 2 * SAMPLE


def sampled(model: Model, seed: int) -> Model:
    """Return the model of a sample of its rows, of the same weight in all; where there are not :func:`many`, of all.

    Rows are drawn by their weight at even steps (systematic sampling, Madow 1949) through strata of rows that some
    columns do not tell apart: rows near each other. What a column reaches of them then hardly depends on the draw.
    """
    problem, rng = model.problem, np.random.default_rng(seed)
    if not many(model):
        return model
    some = np.zeros(len(model.costs), bool)
    some[rng.permutation(len(some))[:STRATA]] = True
    stratum = problem.narrowed(some)[1]
    rows = np.flatnonzero(problem.weights > 0)
    rows = rows[np.argsort(stratum[rows], kind="stable")]
    upto = np.cumsum(problem.weights[rows])
    count = max(int(SAMPLE / problem.size * len(rows)), 1)
    step = upto[-1] / count
    drawn = rows[np.searchsorted(upto, (np.arange(count) + rng.random()) * step).clip(max=len(rows) - 1)]
    weights = step * np.bincount(drawn, minlength=len(problem.weights))
    every = np.ones(len(model.costs), bool)
    return replace(model, problem=replace(problem, weights=weights).narrowed(every)[0])


def promising(
    model: Model, limit: int, plan: NDArray[np.int64], deadline: float, near: float
) -> tuple[NDArray[np.bool_], Relaxation]:
    """Return the columns that the relaxation finds worth having with those of a plan, and what it proves.

    The relaxation is that under one limit, see :func:`~lomsong.siting.saddle.saddle`.
    """
    start = np.zeros(len(model.costs))
    start[plan] = 1.0
    prices = saddle(model, limit, max(model.worth(plan), 0.0), deadline, start, near)
    bound, worth = lagrangian(model, prices)
    count = max(at_once(plan), int(BY_SHARE * (prices.share > SOME).sum()))
    active = prices.share > SOME
    active[np.argsort(-worth, kind="stable")[:count]] = True
    active[plan] = True
    return active, Relaxation(bound, worth, prices.share, True, prices=prices)


def overseen(
    model: Model,
    limit: int,
    active: NDArray[np.bool_],
    goal: float,
    deadline: float,
    near: float,
    start: Prices,
    close: float = CLOSE,
) -> Relaxation:
    """Return what the relaxation over some columns proves of all of them, found as :func:`promising` does.

    Starts from the fractional plan of ``start``, and from its rows where they are those of the model. ``goal`` is the
    objective of a plan that is known.
    """
    part, label = few(model, active)
    f = None
    if len(start.row) == len(label):
        f = np.zeros(len(part.problem.weights))
        f[label[label >= 0]] = (start.row / np.maximum(model.problem.weights, 1e-300))[label >= 0]
    found = saddle(part, limit, goal, deadline, start.share[active], near, f, close)
    prices = _lifted(model, active, part, label, found)
    bound, worth = lagrangian(model, prices)
    return Relaxation(bound, worth, prices.share, True, prices=prices)


def at_once(plan: NDArray[np.int64]) -> int:
    """Return how many columns are taken in at once for plans of a size."""
    return max(FEWEST, FEWEST_BY_SITE * len(plan))


@dataclass
class Focus:
    """A model, some of its columns, and the master problem over these: what it advises bounds plans of all columns.

    Parameters
    ----------
    model
        What is sought.
    active
        The columns in the master problem, shape (columns,).
    master
        The master problem of ``part``.
    part
        The model of the active columns, equal rows merged.
    label
        Row of ``part`` that each row became, -1: none; None where all columns are active and ``part`` is the model.
    """

    model: Model
    active: NDArray[np.bool_]
    master: Master
    part: Model
    label: NDArray[np.int64] | None = None

    @classmethod
    def whole(cls, model: Model, master: Master) -> Focus:
        """Return the focus on all columns."""
        return cls(model, np.ones(len(model.costs), bool), master, model)

    @classmethod
    def on(
        cls, model: Model, active: NDArray[np.bool_], better: float, deadline: float, start: NDArray[np.float64]
    ) -> tuple[Relaxation, Focus]:
        """Relax a greatest cover without needs over some columns, from a fractional plan; return what that proves."""
        part, label = few(model, active)
        found, master = relax(part, better, deadline, [start[active]], shut=False)
        focus = cls(model, active, master, part, label)
        prices = focus.lifted(found.prices or plain_prices(part))
        bound, worth = lagrangian(model, prices)
        return Relaxation(bound, worth, prices.share, found.converged, prices=prices), focus

    def onto(self, model: Model) -> Focus | None:
        """Return the focus on a model that only columns outside of it have left; None where its rows are not the same.

        They are where no row has lost its weight: the master problem then still holds.
        """
        active = np.isin(model.problem.columns, self.part.problem.columns)
        part, label = few(model, active)
        old, new = self.part.problem, part.problem
        same = all(np.array_equal(getattr(old, of), getattr(new, of)) for of in ("columns", "indptr", "indices"))
        if not same or not np.allclose(old.weights, new.weights, rtol=1e-9):
            return None
        return Focus(model, active, self.master, self.part, label)

    def lifted(self, found: Prices) -> Prices:
        """Return prices of the part as prices of all rows and columns."""
        return found if self.label is None else _lifted(self.model, self.active, self.part, self.label, found)

    def solve(self, deadline: float) -> Prices | None:
        """Return the advice of the master problem for all columns; None unless it was solved to optimality."""
        found = self.master.solve(deadline)
        return None if found is None else self.lifted(found)

    def cut(self, share: NDArray[np.float64]) -> bool:
        """Add the cuts that a fractional plan violates; tell whether there were any."""
        return self.master.cut(share[self.active])

    def within(self, ranges: Ranges) -> None:
        """Hold the active columns, and the sums over regions of them, within ranges."""
        self.master.within(replace(ranges, low=ranges.low[self.active], high=ranges.high[self.active]))


def _lifted(model: Model, active: NDArray[np.bool_], part: Model, label: NDArray[np.int64], found: Prices) -> Prices:
    weights = model.problem.weights
    f = np.append(found.row / np.maximum(part.problem.weights, 1e-300), 1.0)[label]
    np.clip(f, 0.0, 1.0, out=f)
    share = np.zeros(len(active))
    share[active] = found.share
    return replace(found, share=share, row=f * weights, rest=float((weights * (1 - f)).sum()))


def wider(active: NDArray[np.bool_], worth: NDArray[np.float64], most: int) -> NDArray[np.bool_]:
    """Return the active columns with ``most`` of those that are missed most, or with some that soon may be.

    ``worth`` is the reduced worth of each column, minus infinity where it may not enter.
    """
    outside = np.where(active, -np.inf, worth)
    count = max(AT_ONCE, min(most, int((outside > 0).sum())))
    new = np.argsort(-outside, kind="stable")[:count]
    wide = active.copy()
    wide[new[np.isfinite(outside[new])]] = True
    return wide
