"""A large problem seen through few of its columns: equal rows merge, and the bound still holds for all columns.

Prices found on some columns are prices of the whole problem: a row has the f of the merged row that it became, and 1
where none of the columns reaches it. One reading of all rows then proves a bound for all columns and tells which of the
others would be worth having.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from lomsong.siting.ascent import ascent
from lomsong.siting.bound import Prices, lagrangian
from lomsong.siting.problem import Limits, Model

TURNS = 3
"""Most times that columns are taken in."""

FEWEST = 400
"""Columns to start with, at least, and most that are taken in at once."""

FEWEST_BY_SITE = 12
"""The same by sites of the plan."""

SHORT = 0.25
"""Share of the price of a site by which a column may fall short of it on the sample and still be taken in."""


def few(model: Model, columns: NDArray[np.bool_]) -> tuple[Model, NDArray[np.int64]]:
    """Return a model of some of the columns, and the row of it that each row became (-1: none)."""
    problem, label = model.problem.narrowed(columns)
    limits = Limits(csr_matrix(model.limits.matrix[:, columns]), model.limits.most)
    return replace(model, problem=problem, limits=limits, costs=model.costs[columns]), label


def promising(sample: Model, plan: NDArray[np.int64], deadline: float) -> NDArray[np.bool_] | None:
    """Return the columns that a sample of the rows finds worth having, and those of a plan; None: it cannot tell."""
    worth = sample.problem.sums(sample.problem.weights)
    found = ascent(sample, sample.worth(plan), deadline, worth)
    if found is None:
        return None
    worth = sample.problem.sums(sample.problem.weights * found[0])
    price = _price(sample, worth)
    asks = np.asarray(sample.limits.matrix.toarray()).ravel()
    short = 1 - worth / np.maximum(price * asks, 1e-300)
    count = min(at_once(plan), len(short))
    active = short <= max(SHORT, float(np.sort(short)[count - 1]))
    active[plan] = True
    return active


def at_once(plan: NDArray[np.int64]) -> int:
    """Return how many columns are taken in at once for plans of a size."""
    return max(FEWEST, FEWEST_BY_SITE * len(plan))


def sifted(
    model: Model, part: Model, label: NDArray[np.int64], columns: NDArray[np.bool_], found: Prices
) -> tuple[float, NDArray[np.float64], Prices]:
    """Lift prices of a part to all rows and columns; return the bound they prove, the reduced worths and the prices."""
    weights = model.problem.weights
    f = np.append(found.row / np.maximum(part.problem.weights, 1e-300), 1.0)[label]
    np.clip(f, 0.0, 1.0, out=f)
    share = np.zeros(len(columns))
    share[columns] = found.share
    prices = Prices(share, f * weights, found.limit, float((weights * (1 - f)).sum()))
    bound, worth = lagrangian(model, prices)
    return bound, worth, prices


def priced(part: Model, f: NDArray[np.float64], share: NDArray[np.float64]) -> Prices:
    """Return f of each row as prices, with the price of the one limit that suits them."""
    weights = part.problem.weights
    price = _price(part, part.problem.sums(weights * f))
    return Prices(share, weights * f, np.array([price]), float((weights * (1 - f)).sum()))


def _price(model: Model, worth: NDArray[np.float64]) -> float:
    """Price of the one limit at which what is worth its price just fits."""
    asks = np.asarray(model.limits.matrix.toarray()).ravel()
    ratio = worth / asks
    order = np.argsort(-ratio, kind="stable")
    over = np.flatnonzero(np.cumsum(asks[order]) > float(model.limits.most[0]))
    return max(float(ratio[order[over[0]]]), 0.0) if len(over) else 0.0
