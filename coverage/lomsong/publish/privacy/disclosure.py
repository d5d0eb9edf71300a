"""Which further counts a table must withhold so that its totals do not give the small ones back.

A small count is left out of what is published (primary suppression), but whoever knows that parts add up to a total
works it out from the others. So further counts are withheld (secondary, complementary suppression) until a reader who
knows every sum, that counts are not negative, and which ones are marked as small, can tell no more of a small count
than the mark already says. Tables of any shape are one thing here: counts, and sums between them.

References
----------
Kelly, J. P., Golden, B. L., Assad, A. A. (1992): Cell suppression: disclosure protection for sensitive tabular data.
Networks 22, 397-417: a linear program for each small count, whose moved cells are withheld.
Fischetti, M., Salazar, J. J. (2001): Solving the cell suppression problem on tabular data with linear constraints.
Management Science 47, 1008-1027: protection levels and the reader's linear program.
Hundepool, A. et al. (2012): Statistical Disclosure Control. Wiley, chapter 4.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import highspy
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array, csc_array, csr_array, hstack
from scipy.sparse.csgraph import connected_components

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_NOTHING = 1e-7
"""A count that moves by less does not move."""
_TIDIED = 400
"""Most pairs of withheld and small counts of one table for which it is tried whether fewer would do."""


@dataclass
class Counts:
    """Counts that are published together, and the sums between them.

    Parameters
    ----------
    below
        Counts above zero and below this are small: each is marked as such and left out. Of counts that are added
        together and are all whole a reader knows that a small one is at least 1 and at most the whole number before
        ``below``: four of 1 with a total of 4 are no secret.

    Examples
    --------
    Of 3 + 20 + 40 = 63 the first is small; the next smallest goes with it, since 63 - 20 - 40 = 3.

    >>> counts = Counts(below=5)
    >>> parts = counts.add([3, 20, 40])
    >>> counts.sum(parts, counts.add([63], fixed=True)[0])
    >>> counts.withheld().tolist()
    [False, True, False, False]
    """

    below: float
    _values: list[float] = field(default_factory=list)
    _low: list[float] = field(default_factory=list)
    _high: list[float] = field(default_factory=list)
    _free: list[bool] = field(default_factory=list)
    _cost: list[float] = field(default_factory=list)
    _small: list[bool] = field(default_factory=list)
    _whole: list[bool] = field(default_factory=list)
    _sums: list[dict[int, float]] = field(default_factory=list)

    def add(
        self, values: ArrayLike, *, fixed: ArrayLike = False, known: tuple[ArrayLike, ArrayLike] | None = None,
        harmless: ArrayLike = False, cost: float = 1.0,
    ) -> NDArray[np.intp]:  # fmt: skip
        """Add counts and return their numbers.

        Parameters
        ----------
        values
            True counts, not negative, shape (k,).
        fixed
            They are told elsewhere too, so withholding them here is of no use; shape (k,) or one for all.
        known
            Lowest and highest value that a reader takes a count for that is not exactly told, such as a rounded
            total; such counts are fixed. Not given: the value itself.
        harmless
            Told even where small, shape (k,) or one for all.
        cost
            What it costs to withhold one, beside its size.
        """
        told = np.asarray(values, dtype=float).ravel()
        low, high = (told, told) if known is None else (np.broadcast_to(np.asarray(end), told.shape) for end in known)
        numbers = np.arange(len(self._values), len(self._values) + len(told))
        free = ~np.asarray(fixed, dtype=bool) & (known is None) & (told >= self.below)
        self._values += told.tolist()
        self._low += np.asarray(low, float).tolist()
        self._high += np.asarray(high, float).tolist()
        self._free += np.broadcast_to(free, told.shape).tolist()
        self._cost += (cost * np.log1p(told)).tolist()
        self._small += ((told > 0) & (told < self.below) & ~np.asarray(harmless, dtype=bool)).tolist()
        self._whole += [bool((told % 1 == 0).all())] * len(told)
        return numbers

    def sum(self, parts: Iterable[int], total: int) -> None:
        """State that ``parts`` make up ``total``."""
        self.relate({**dict.fromkeys(map(int, parts), 1.0), int(total): -1.0})

    def relate(self, factors: Mapping[int, float]) -> None:
        """State that counts times their factors add up to zero, which every reader knows."""
        self._sums.append(dict(factors))

    @property
    def small(self) -> Bools:
        """Which counts are small, shape (n,)."""
        return np.asarray(self._small, dtype=bool)

    def withheld(self) -> Bools:
        """Return which further counts are to be withheld, shape (n,).

        Where the counts do not suffice to protect a small one fully (a total of 8 that is told elsewhere, in two parts
        of 3 and 5), all that can is withheld.
        """
        found = np.zeros(len(self._values), dtype=bool)
        for table in self._tables():
            found[table.cells] = table.protect()
        return found

    def reader(self, withheld: Bools) -> tuple[Floats, Floats]:
        """Return the lowest and highest value of each small count that agrees with all that is told.

        Parameters
        ----------
        withheld
            Counts withheld besides the small ones, shape (n,).

        Returns
        -------
        Two arrays of shape (n,), NaN where a count is not small.
        """
        small, (least, most) = self.small, self._marked()
        low = np.where(small, least, np.nan)
        high = np.where(small, most, np.nan)
        for table in self._tables():
            hidden = withheld[table.cells]
            for place in np.flatnonzero(table.small).tolist():
                cell = table.cells[place]
                low[cell] = table.values[place] - table.reach(place, -1.0, hidden)
                high[cell] = table.values[place] + table.reach(place, 1.0, hidden)
        return low, high

    def _marked(self) -> tuple[Floats, Floats]:
        """Return the least and the greatest that each count can be where it is marked as small."""
        whole = np.asarray(self._whole, dtype=bool)
        return np.where(whole, 1.0, 0.0), np.where(whole, np.ceil(self.below) - 1, self.below)

    def _tables(self) -> list[_Table]:
        """Return the parts that no sum connects and in which there is something small."""
        count = len(self._values)
        rows = [row for row, factors in enumerate(self._sums) for _ in factors]
        columns = [cell for factors in self._sums for cell in factors]
        matrix = csr_array(
            coo_array(
                ([factor for factors in self._sums for factor in factors.values()], (rows, columns)),
                shape=(len(self._sums), count),
            )
        )
        first = [next(iter(factors)) for factors in self._sums for _ in factors]
        links = coo_array((np.ones(len(first)), (first, columns)), shape=(count, count))
        _, group = connected_components(links, directed=False)
        of_sum = np.array([group[next(iter(factors))] for factors in self._sums], dtype=int)
        values, low, high = (np.asarray(part) for part in (self._values, self._low, self._high))
        free, cost, small = np.asarray(self._free, dtype=bool), np.asarray(self._cost), self.small
        low, high = (np.where(small, marked, told) for marked, told in zip(self._marked(), (low, high), strict=True))
        tables = []
        for one in np.unique(group[small]):
            cells, sums = np.flatnonzero(group == one), np.flatnonzero(of_sum == one)
            if len(sums):
                part = matrix[sums][:, cells].toarray()
                own = (values[cells], low[cells], high[cells], free[cells], cost[cells], small[cells])
                tables.append(_Table(cells, *own, part, self.below))
        return tables


@dataclass(frozen=True)
class _Table:
    """Counts connected by sums: ``factors @ values`` is zero, shape (sums, cells)."""

    cells: NDArray[np.intp]
    values: Floats
    low: Floats
    high: Floats
    free: Bools
    cost: Floats
    small: Bools
    factors: Floats
    below: float

    @cached_property
    def _moves(self) -> _Moves:
        return _Moves(self.factors)

    def protect(self) -> Bools:
        """Return the counts to withhold so that each small one may be anything from 1 to the last small number."""
        hidden = np.zeros(len(self.values), dtype=bool)
        moves: list[tuple[int, float, float]] = []
        small = np.flatnonzero(self.small)
        for place in small[np.argsort(-self.values[small], kind="stable")]:
            value = self.values[place]
            for way, wanted in ((-1.0, value - min(value, 1.0)), (1.0, max(value, self.below - 1.0) - value)):
                moved, need = self._move(place, way * wanted, hidden), wanted
                if moved is None:
                    need = self.reach(place, way, hidden | self.free, most=wanted) * (1 - 1e-9)
                    moved = self._move(place, way * need, hidden)
                if moved is not None and need > _NOTHING:
                    hidden |= moved
                    moves.append((int(place), way, need))
        return self._tidied(hidden, moves)

    def _tidied(self, hidden: Bools, moves: list[tuple[int, float, float]]) -> Bools:
        """Tell again what need not be withheld after all, the costliest first."""
        withheld = np.flatnonzero(hidden)
        if len(withheld) * len(moves) > _TIDIED:
            return hidden
        for place in withheld[np.argsort(-self.cost[withheld], kind="stable")]:
            fewer = hidden.copy()
            fewer[place] = False
            if all(self.reach(small, way, fewer, most=need) >= need * (1 - 1e-6) for small, way, need in moves):
                hidden = fewer
        return hidden

    def _bounds(self, hidden: Bools) -> tuple[Floats, Floats]:
        """Return how far down and up a reader can think each count to lie from its true value, shape (cells,)."""
        low = np.where(hidden & ~self.small, self.below, self.low)
        high = np.where(hidden & ~self.small, np.inf, self.high)
        return np.minimum(low - self.values, 0.0), np.maximum(high - self.values, 0.0)

    def reach(self, place: int, way: float, hidden: Bools, most: float = np.inf) -> float:
        """Return how far a reader can think a small count to lie from its true value, ``way`` up (1) or down (-1)."""
        down, up = self._bounds(hidden)
        if self._plain:
            own = min(up[place] if way > 0 else -down[place], most)
            return float(max(min(own, self._room(place, way, down, up).sum()), 0.0))
        if way > 0:
            up[place] = min(up[place], most)
        else:
            down[place] = max(down[place], -most)
        cost = np.zeros(len(self.values))
        cost[place] = -way
        moved = self._moves.cheapest(cost, -cost, (np.zeros(len(cost)), up), (np.zeros(len(cost)), -down))
        return 0.0 if moved is None else max(float((moved[0] - moved[1])[place] * way), 0.0)

    @property
    def _plain(self) -> bool:
        """Whether there is but one sum of factors 1 and -1: then no linear program is needed."""
        return len(self.factors) == 1 and bool((np.abs(self.factors) == 1).all())

    def _room(self, place: int, way: float, down: Floats, up: Floats) -> Floats:
        """Return how far each other count can make up for a move of one, shape (cells,)."""
        against = -self.factors[0, place] * self.factors[0] * way
        room = np.where(against > 0, up, -down)
        room[place] = 0.0
        return room

    def _cheapest(self, by: float, offered: Bools, known: Floats, to_all: Floats) -> Bools | None:
        """Return the cheapest counts to withhold where there is one sum: as many as make up for what is lacking."""
        found = np.zeros(len(offered), dtype=bool)
        lacking = abs(by) - known.sum()
        for other in np.flatnonzero(offered)[np.argsort(self.cost[offered], kind="stable")]:
            if lacking <= _NOTHING:
                break
            if to_all[other] > _NOTHING:
                found[other] = True
                lacking -= to_all[other]
        return found if lacking <= _NOTHING else None

    def _move(self, place: int, by: float, hidden: Bools) -> Bools | None:
        """Return the cheapest counts that must not be told for a small count to be off by ``by``; None if none do."""
        down, up = self._bounds(hidden)
        down[place] = up[place] = by
        offered = self.free & ~hidden
        fall, rise = self._bounds(hidden | self.free)
        if self._plain:
            known, to_all = (self._room(place, by, *bounds) for bounds in ((down, up), (fall, rise)))
            return self._cheapest(by, offered, known, to_all)
        cost = np.where(offered, self.cost, 0.0)
        # What is offered moves by a rise and a fall, each at its cost.
        rises = np.where(offered, 0.0, down), np.where(offered, rise, up)
        falls = np.zeros(len(cost)), np.where(offered, -fall, 0.0)
        moved = self._moves.cheapest(cost, cost, rises, falls)
        return None if moved is None else offered & (np.maximum(*moved) > _NOTHING)


class _Moves:
    """Moves of counts, up and down, that leave all sums as they are: one linear program, asked again and again."""

    def __init__(self, factors: Floats) -> None:
        matrix = csc_array(hstack([csc_array(factors), -csc_array(factors)]))
        rows, columns = matrix.shape
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = columns, rows
        lp.col_cost_, lp.col_lower_, lp.col_upper_ = (np.zeros(columns) for _ in range(3))
        lp.row_lower_, lp.row_upper_ = np.zeros(rows), np.zeros(rows)
        lp.a_matrix_.start_, lp.a_matrix_.index_ = matrix.indptr.astype(np.int32), matrix.indices.astype(np.int32)
        lp.a_matrix_.value_ = matrix.data
        self._solver = highspy.Highs()
        self._solver.setOptionValue("output_flag", False)
        self._solver.passModel(lp)
        self._columns = np.arange(columns, dtype=np.int32)

    def cheapest(
        self, cost_up: Floats, cost_down: Floats, up: tuple[Floats, Floats], down: tuple[Floats, Floats]
    ) -> tuple[Floats, Floats] | None:
        """Return the rises and the falls of least cost between their bounds, each of shape (cells,); None: none."""
        low, high = (np.concatenate(pair) for pair in zip(up, down, strict=True))
        count = len(self._columns)
        self._solver.changeColsCost(count, self._columns, np.concatenate([cost_up, cost_down]))
        self._solver.changeColsBounds(count, self._columns, low, high)
        status = self._solver.run()
        if status == highspy.HighsStatus.kError or self._solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        rises, falls = np.split(np.array(self._solver.getSolution().col_value), 2)
        return rises, falls
