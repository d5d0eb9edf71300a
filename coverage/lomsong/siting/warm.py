"""What the search is made of, compiled before the clock of the first one is taken."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix

_ROWS, _COLUMNS, _SITES, _PLAN = 80, 24, 4, 8

_done = False


def compiled() -> None:
    """Compile once a process, by solving a small problem of each kind: a time limit is for the search alone."""
    global _done  # noqa: PLW0603  (set first: the small problems ask for it again)
    if _done:
        return
    _done = True
    from lomsong.siting.cover import Task, maximum_coverage
    from lomsong.siting.mincost import minimum_cost_cover
    from lomsong.siting.saddle import saddle
    from lomsong.siting.windows import windowed

    rng = np.random.default_rng(5)
    reach = csr_matrix(rng.random((_ROWS, _COLUMNS)) < 0.12)
    weights = rng.integers(1, 40, _ROWS)
    maximum_coverage(reach, weights, _SITES, time_limit_s=600)
    minimum_cost_cover(reach, weights, rng.integers(5, 9, _COLUMNS), 0.8, time_limit_s=600)
    model = Task.of(reach, weights, None, None, (), (), None, (), (), _SITES).model(gain=1.0, p=_SITES)
    prices = saddle(model, 0, 0.0, np.inf, np.zeros(_COLUMNS))
    windowed(model, prices, 0.0, _PLAN, np.inf, 0, lambda bound: False)
