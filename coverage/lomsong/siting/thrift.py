"""A bound on the least cost of a part of all demand, from what budgets can reach."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from lomsong.siting import problem as base
from lomsong.siting.bound import Prices, lagrangian
from lomsong.siting.problem import Limits, Model
from lomsong.siting.saddle import saddle
from lomsong.siting.sift import at_once, many, overseen, promising, sampled, wider

THRIFT, NEAR = 0.9, (5e-3, 2e-3, 1e-3, 5e-4, 5e-4)
"""First budget as a share of what a plan costs, and relative gaps up to which it and the next are looked at."""


def thrifty(model: Model) -> bool:
    """Tell whether :func:`cheapest` knows the problem: the least cost of one need, less than all, where all costs."""
    a_part = not model.gain and model.need > 0 and not model.all_of_it
    return a_part and not (model.needs > 0).any() and bool((model.costs > 0).all())


def cheapest(model: Model, plan: NDArray[np.int64], deadline: float, seed: int) -> Prices:
    """Return prices of the relaxation of the least cost that meets a need, whatever the limits.

    What a budget can reach is concave in it: where the prices λ of the greatest cover for a budget say it reaches the
    need is a bound on the cost, and the next budget (Newton's method; as Dinkelbach 1967, Manag. Sci. 13).

    Parameters
    ----------
    model
        Of a kind that is :func:`thrifty`.
    plan
        Columns that meet the need.
    deadline
        By :func:`lomsong.siting.problem.clock`.
    seed
        Of the sample of rows by which columns worth having are found, through which a large problem is seen.
    """
    costs, weights = csr_matrix(model.costs[None]), model.problem.weights
    budget = float(model.costs[plan].sum()) * THRIFT
    shares, active = np.zeros(len(model.costs)), None
    shares[plan] = THRIFT
    best, kept = np.inf, Prices(shares, np.zeros(len(weights)), np.zeros(len(model.limits.most)), 0.0)
    found = replace(kept, row=np.zeros(0))
    for near in NEAR:
        cover = replace(model, gain=1.0, limits=Limits(costs, np.array([budget])), need=0.0)
        if active is None and many(cover):
            active = promising(sampled(cover, seed), 0, plan, deadline, near)[0]
        if active is None:
            f = found.row / np.maximum(weights, 1e-300) if len(found.row) else None
            found = saddle(cover, 0, 0.0, deadline, found.share, near=near, f=f, close=0.0)
        else:
            seen = overseen(cover, 0, active, 0.0, deadline, near, found, close=0.0)
            active, found = wider(active, seen.worth, at_once(plan)), seen.prices or found
        if not len(found.limit) or found.limit[0] <= 0 or base.clock() > deadline:
            break
        nu = 1 / float(found.limit[0])
        prices = Prices(found.share, nu * found.row, kept.limit, nu * (found.rest - model.need))
        bound = lagrangian(model, prices)[0]
        open_ = nu * near * float(weights.sum()) + abs(budget + bound)  # the next step of the method is a shorter one
        budget = -bound
        if bound < best:
            best, kept = bound, prices
        if model.unit and np.ceil(-best / model.unit) == np.ceil((open_ - best) / model.unit):
            break  # the least cost is a multiple of the unit: a nearer look would hardly say more
    return kept
