"""One search for both questions: the best plan and the bound, each kept at every moment."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from lomsong.siting import problem as base
from lomsong.siting.bound import Master, Relaxation, fixed, relax
from lomsong.siting.branch import branch
from lomsong.siting.problem import Model
from lomsong.siting.search import explore, greedy

CLOSED = 1e-9
"""Relative gap at which a plan counts as proven."""

LARGE = 2_000_000
"""Non-zeros above which the relaxation pauses to shrink the problem as soon as it can."""

SHRINK = 0.25
"""Share of the columns of a large problem whose closing is worth a smaller copy."""

FIRST_MOVES = 160
"""Moves of the first search: it only sets the mark for the fixing of columns."""

SAMPLE = 2_500_000
"""Non-zeros of the sample of rows on which the first plan of a large problem is looked for."""

MOVES = 30_000
"""Moves of a search in what is left: a number, not a time, so that the same seed gives the same plan."""


@dataclass
class Search:
    """The best plan and bound so far of one model, in the caller's candidates; the objective is maximised."""

    model: Model
    seed: int = 0
    best: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    value: float = -np.inf
    bound: float = np.inf
    infeasible: bool = False
    _calls: int = 0

    @property
    def better(self) -> float:
        """Least objective that counts as better than the best plan."""
        if self.value == -np.inf:
            return -np.inf
        return self.value + (self.model.unit or abs(self.value) * CLOSED / 2)

    @property
    def open(self) -> bool:
        """Tell whether a better plan may exist."""
        return (
            self.bound >= self.better - (self.model.unit or 0.0) * 1e-6 if self.model.unit else self.bound > self.better
        )

    def run(self, deadline: float) -> None:
        """Search until proven or ``deadline`` (:func:`lomsong.siting.problem.clock`)."""
        model = self.model
        self.bound = model.problem.total if model.gain else 0.0
        self._keep(np.zeros(0, np.int64))
        self._keep(greedy(model))
        if self.value > -np.inf and not len(_fitting(model, np.arange(len(model.costs)))):
            self.bound = self.value  # no column fits: the empty plan is the only one
            return
        large = model.problem.size > LARGE
        half = base.clock() + (deadline - base.clock()) / 2
        self._on_sample(half)
        self._explore(model, self._whole(), FIRST_MOVES if large else 10 * FIRST_MOVES, half)
        left, offset = model, 0.0
        taken = np.zeros(0, np.int64)
        starts = [np.isin(model.problem.columns, self.best).astype(float)] if model.gain else []
        master = relaxed = None
        while self.open and base.clock() < deadline:
            large = left.problem.size > LARGE
            goal = self.better - offset
            relaxed, master = relax(left, goal, deadline, starts, shrink=SHRINK if large else 1.0)
            self.infeasible = relaxed.infeasible and left is model
            self._tell(offset + relaxed.bound)
            one, zero = fixed(relaxed, self.better - offset)
            if not large or (one | zero).mean() < SHRINK:
                self._improve(left, relaxed, taken, offset, deadline)
            one, zero = fixed(relaxed, self.better - offset)
            if not self.open or (one | zero).sum() < max(1, 0.02 * len(one)):
                break
            offset += left.problem.value(np.flatnonzero(one)) if model.gain else -float(left.costs[one].sum())
            taken = np.concatenate([taken, left.problem.columns[one]])
            kept = ~(one | zero)
            columns = left.problem.columns
            left = left.without(one, zero)
            self._keep(taken)
            if self._settled(left):
                self._tell(-np.inf)
                return
            still = kept & np.isin(columns, left.problem.columns)
            starts = [relaxed.share[still]]
            master = None
        if self.open and base.clock() < deadline:
            if master is None or relaxed is None:
                relaxed, master = relax(left, self.better - offset, deadline, starts)
                self._tell(offset + relaxed.bound)
            if self.open and master is not None:
                self._branch(left, master, relaxed, taken, offset, deadline)

    def _settled(self, left: Model) -> bool:
        """Tell whether nothing is left to decide: a better plan would have shown by now."""
        short = left.need > left.problem.total + 1e-9 * max(self.model.problem.total, 1e-300)
        return short or not len(left.costs) or not len(left.problem.weights)

    def _branch(
        self, left: Model, master: Master, relaxed: Relaxation, taken: NDArray[np.int64], offset: float, deadline: float
    ) -> None:
        def offer(columns: NDArray[np.int64] | None) -> float:
            if columns is not None:
                self._calls += 1
                plan = _fitting(left, columns)
                if self._calls % 8 == 1:
                    self._explore(left, plan, 500, deadline, taken, offset)
                else:
                    self._keep(np.concatenate([taken, left.problem.columns[plan]]))
            return self.better - offset

        branch(left, master, relaxed.bound, deadline, offer, lambda bound: self._tell(offset + bound))

    def _tell(self, bound: float) -> None:
        """Lower the bound. Columns are fixed so that only better plans stay: below these the best plan is the bound."""
        unit = self.model.unit
        if unit:
            bound = np.floor(bound / unit + 1e-9) * unit if np.isfinite(bound) else bound
        self.bound = min(self.bound, max(float(bound), self.value if unit else self.better))

    def _keep(self, plan: NDArray[np.int64]) -> None:
        """Keep a plan of the caller's candidates if it is better."""
        worth = self.model.worth(self.model.problem.places(plan))
        if worth > self.value:
            self.best, self.value = plan, worth

    def _whole(self) -> NDArray[np.int64]:
        return self.model.problem.places(self.best)

    def _explore(
        self,
        left: Model,
        start: NDArray[np.int64],
        moves: int,
        deadline: float,
        taken: NDArray[np.int64] | None = None,
        offset: float = 0.0,
    ) -> None:
        self.seed += 1
        enough = self.bound - (self.model.unit or abs(self.bound) * CLOSED) / 2 - offset
        known = -np.inf if left.gain else self.value - offset
        plan = explore(left, start, moves=moves, enough=enough, deadline=deadline, seed=self.seed, known=known)
        inside = left.problem.columns[plan]
        self._keep(inside if taken is None else np.concatenate([taken, inside]))

    def _on_sample(self, deadline: float) -> None:
        """Of the greatest cover of a large demand: look for a plan on a sample of its rows, where moves are cheap."""
        model = self.model
        share = SAMPLE / max(model.problem.size, 1)
        if share > 0.5 or not model.gain or (model.needs > 0).any():
            return
        rng = np.random.default_rng(self.seed)
        rows = (rng.random(len(model.problem.weights)) < share) & (model.problem.weights > 0)
        part = replace(model, problem=model.problem.only(rows, np.ones(len(model.costs), bool)))
        plan = explore(part, self._whole(), moves=MOVES // 4, enough=np.inf, deadline=deadline, seed=self.seed)
        self._keep(model.problem.columns[plan])

    def _improve(
        self, left: Model, relaxed: Relaxation, taken: NDArray[np.int64], offset: float, deadline: float
    ) -> None:
        """Look for plans near the fractional one and near the best, within half of the time left."""
        if not self.open:
            return
        now = base.clock()
        moves = FIRST_MOVES if left.problem.size > LARGE or not relaxed.converged else MOVES
        half = now + (deadline - now) / 4
        order = np.argsort(-relaxed.share, kind="stable")
        self._explore(left, _fitting(left, order[relaxed.share[order] > 0]), moves // 2, half, taken, offset)
        if self.open:
            inside = left.problem.places(self.best)
            self._explore(left, _fitting(left, inside), moves, half + (half - now), taken, offset)


def _fitting(left: Model, columns: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the columns, in their order, that fit one after the other."""
    matrix = left.limits.matrix.tocsc()
    load = np.zeros(len(left.limits.most))
    room = left.limits.most + 1e-9 * np.maximum(1, np.abs(left.limits.most))
    chosen = []
    for column in columns:
        span = slice(matrix.indptr[column], matrix.indptr[column + 1])
        at, by = matrix.indices[span], matrix.data[span]
        if (load[at] + by <= room[at])[by > 0].all():
            load[at] += by
            chosen.append(int(column))
    return np.asarray(chosen, np.int64)
