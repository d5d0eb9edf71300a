"""How much of a plan would stand in other worlds than the expected one, and what its constraints cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from lomsong.errors import UsageError
from lomsong.siting.cover import Plan
from lomsong.siting.worlds import Worlds, gains_in_worlds
from lomsong.texts import fault

Choose = Callable[[csr_matrix, NDArray[np.float64]], Plan]
"""From reach and weights to the best plan under the same rules."""


def regret(
    worlds: Worlds,
    levels_dbm: csr_matrix,
    usable_dbm: float,
    selected: NDArray[np.int64],
    choose: Choose,
    *,
    looked_at: int = 20,
) -> pd.DataFrame:
    """Compare a plan with the one that would have been made had the world been known.

    Parameters
    ----------
    worlds
        At the n places.
    levels_dbm
        Median level of each candidate, shape (n, candidates).
    usable_dbm
        Level from which a place is usable.
    selected
        Candidates of the plan.
    choose
        Makes the best plan for one world.
    looked_at
        Number of worlds.

    Returns
    -------
    Columns world, learners (that the plan connects there), best (that the best plan would), bound (that no plan
    exceeds) and regret (share of the best that the plan misses; 0 where there is nothing to gain).
    """
    each = np.unique(np.linspace(0, worlds.count - 1, min(looked_at, worlds.count)).astype(np.int64))
    gained = gains_in_worlds(worlds, csr_matrix(levels_dbm)[:, selected], usable_dbm)
    row = np.repeat(np.arange(levels_dbm.shape[0]), np.diff(levels_dbm.indptr))
    found = []
    for world in each:
        served = levels_dbm.data + worlds.shadow_db[row, world] >= usable_dbm
        reach = csr_matrix(
            (np.ones(int(served.sum())), (row[served], levels_dbm.indices[served])), shape=levels_dbm.shape
        )
        plan = choose(reach, worlds.unconnected[:, world].astype(np.float64))
        mine = float(gained[-1, world]) if len(gained) else 0.0
        best = max(plan.objective, mine)
        found.append((int(world), mine, best, max(plan.bound, best), 1 - mine / best if best > 0 else 0.0))
    return pd.DataFrame(found, columns=["world", "learners", "best", "bound", "regret"])


def prices(
    solve: Callable[[NDArray[np.bool_]], Plan],
    allowed: NDArray[np.bool_],
    lifted: Mapping[str, NDArray[np.bool_]],
) -> pd.DataFrame:
    """Return what each constraint costs in learners, by solving again without it, or with it.

    Parameters
    ----------
    solve
        Makes the plan of the candidates that may be used, a mask of shape (candidates,).
    allowed
        Those that may be used under all constraints.
    lifted
        Name of a constraint to the candidates that may be used without it; with fewer than ``allowed`` it is one that
        is not asked yet.

    Returns
    -------
    Columns constraint, candidates, learners, bound, price (learners without it less those with it; negative for a
    constraint that is not asked yet), price_low and price_high (what the bounds allow it to be). The first row,
    ``as_asked``, is the plan with all constraints.
    """
    if any(mask.shape != allowed.shape for mask in lifted.values()):
        raise fault(UsageError, "prices_shape", candidates=len(allowed))
    plan = solve(allowed)
    rows = [("as_asked", int(allowed.sum()), plan.objective, plan.bound, 0.0, 0.0, 0.0)]
    for name, mask in lifted.items():
        other = plan if np.array_equal(mask, allowed) else solve(mask)
        price = other.objective - plan.objective
        low, high = other.objective - plan.bound, other.bound - plan.objective
        # More candidates never reach fewer, however good the plan that was found.
        if not (allowed & ~mask).any():
            price, low, high = max(price, 0.0), max(low, 0.0), max(high, 0.0)
        rows.append((name, int(mask.sum()), other.objective, other.bound, price, low, high))
    return pd.DataFrame(
        rows, columns=["constraint", "candidates", "learners", "bound", "price", "price_low", "price_high"]
    )
