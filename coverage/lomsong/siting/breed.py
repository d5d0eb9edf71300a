"""Better plans where branching closes next to nothing: annealed side by side, then crossed exactly, on islands.

A turn anneals plans apart from the best one of an island, from several temperatures, and searches by branch and cut
among the columns of these and of the best: so comes the best plan that is made of parts of all (tour merging, Cook and
Seymour 2003, INFORMS J. Comput. 15). An island that gains no more gives its best plan to be crossed with those of the
islands before; unless that makes a better one, another island begins from full heat.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Event

import numpy as np
from numpy.typing import NDArray

from lomsong.chunks import in_chunks
from lomsong.siting import problem as base
from lomsong.siting.anneal import HOT, anneal
from lomsong.siting.problem import Model
from lomsong.siting.sift import few, many, sampled

Plan = NDArray[np.int64]
Cross = Callable[[Model, Plan, float], tuple[Plan, bool]]
"""From a model of few columns, a plan and a deadline: the best plan, and whether it is proven."""

FIRST, NEXT = (8, (1.0,), 2e8), (4, (0.3, 0.4, 0.5, 0.6), 4e8)
"""Plans annealed on a new island, and later: how many, from which shares of :data:`HOT`, and readings of rows each."""

WARM = 0.015
"""Temperature from which what was annealed by a sample of rows is annealed by all."""

TRIED = 2
"""Turns without gain after which an island is left."""

MIXED, WIDTH, WIDER = 200, 2.5, 1.25
"""Columns that are crossed, at least; by those of a plan, at first; times as many after a crossing that was quick."""

CROSSING = (0.125, 2.0)
"""Time of a crossing: share of what is left, and seconds at least."""


@dataclass
class Breed:
    """Plans of a model, in the caller's candidates.

    Parameters
    ----------
    model
        A greatest cover.
    active
        Columns of it that are worth having, shape (columns,); None: not known.
    cross
        Finds the best plan among few columns.
    seed
        Of the annealing.
    """

    model: Model
    active: NDArray[np.bool_] | None
    cross: Cross
    seed: int
    _width: float = WIDTH
    _turns: int = 0

    def plans(self, start: Plan, until: float, anew: bool = True) -> Iterator[Plan]:
        """Yield plans from one that is known, until a time of the search's clock: annealed, and then crossed.

        ``anew`` tells whether the first island begins from full heat.
        """
        champions: list[Plan] = []
        plan = start
        while base.clock() < until:
            for one in self._island(plan, anew, until):
                plan = one
                yield plan
            champions.append(plan)
            best = max(champions, key=self._worth)
            plan = self._crossed(best, champions, until)
            anew = self._worth(plan) <= self._worth(best)
            yield plan

    def _worth(self, plan: Plan) -> float:
        return self.model.worth(self.model.problem.places(plan))

    def _island(self, plan: Plan, anew: bool, until: float) -> Iterator[Plan]:
        pool: list[Plan] = []
        failed = 0
        while failed < TRIED and base.clock() < until:
            before = -np.inf if anew else self._worth(plan)
            found = self._annealed(plan, FIRST if anew else NEXT, until)
            lasts = [last for _, last in found]
            pool += lasts
            best = max(lasts if anew else [plan, *(met for met, _ in found)], key=self._worth)
            yield best
            plan = self._crossed(best, pool, until)
            yield plan
            failed, anew = failed + 1 if self._worth(plan) <= before else 0, False

    def _crossed(self, plan: Plan, pool: list[Plan], until: float) -> Plan:
        """Return the best plan among the columns of a plan and of the last ones of a pool."""
        mixed = np.isin(self.model.problem.columns, plan)
        for other in reversed(pool):
            if mixed.sum() < max(MIXED, self._width * len(plan)):
                mixed[self.model.problem.places(other)] = True
        start = base.clock()
        end = min(start + max((until - start) * CROSSING[0], CROSSING[1]), until)
        best, proven = self.cross(few(self.model, mixed)[0], plan, end)
        if not proven:
            self._width /= WIDER
        elif base.clock() < (start + end) / 2:
            self._width *= WIDER
        return best

    def _terraces(self, plan: Plan) -> list[Model]:
        """Return the problems to anneal, a large one first by a sample of its rows, then as it is."""
        # Annealing goes farther among few columns, but the best plan may hold others: by turns.
        inside = self.model
        if self.active is not None and (many(inside) or self._turns % 2):
            inside = few(inside, self.active | np.isin(inside.problem.columns, plan))[0]
        return [sampled(inside, self.seed), inside] if many(inside) else [inside]

    def _annealed(
        self, start: Plan, how: tuple[int, tuple[float, ...], float], until: float
    ) -> list[tuple[Plan, Plan]]:
        """Anneal apart from a plan, on all processors; return the best met and the last of each."""
        count, shares, readings = how
        self._turns += 1
        terraces, first, halted = self._terraces(start), self.seed + 1, Event()
        self.seed += count
        for model in terraces:
            _ = model.problem.by_column  # made once for all

        def one(turn: slice) -> tuple[Plan, Plan]:
            plan, heat, seed = start, HOT * shares[turn.start % len(shares)], first + turn.start
            for model in terraces:
                columns, at = model.problem.columns, model.problem.places(plan)
                found = anneal(
                    model, at, hot=heat, readings=readings, enough=np.inf, deadline=until, seed=seed, halted=halted
                )
                met, plan = (columns[each] for each in found)
                heat = min(heat, WARM)
            return met, plan

        return in_chunks(count, one, chunk=1, halted=halted)
