"""Totals of groups told beside their parts: exactly, or rounded down as far as protects the small ones."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lomsong.publish.privacy.counts import rounded_interval

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_NOTHING = 1e-9


@dataclass(frozen=True)
class GroupTotals:
    """Parts in groups whose totals are told too, and the total of all, which is told rounded.

    What a reader can tell of a part is exact here: the sums are a tree, so that no linear program is needed.

    Attributes
    ----------
    parts
        True counts, shape (n,); those above zero and under ``below`` are marked as such and left out.
    left_out
        Parts that are left out besides, shape (n,).
    totals
        True totals, shape (k,); small ones are marked and left out too.
    members
        Numbers of the parts of each group, k arrays; where they do not make up the total, nothing can be told from it.
    below
        Smallest count that is shown.
    """

    parts: Floats
    left_out: Bools
    totals: Floats
    members: Sequence[NDArray[np.intp]]
    below: float

    def told(self) -> tuple[Floats, Bools]:
        """Return each total as it may be told and which are rounded down, shape (k,); NaN where no rounding protects.

        A reader then knows no more of any small count than without the totals. How far a total is rounded hangs on
        what is told alone, never on the count that it hides.
        """
        small, some = self._is_small(self.totals), self.totals >= max(self.below, 1)
        hidden = np.column_stack([self.totals, self.totals])
        hidden[small], hidden[some] = [0.0, self.below], [self.below, np.inf]
        ways = [_roundings(total) if told else iter(()) for total, told in zip(self.totals, some, strict=True)]
        known = np.array([next(way, end) for way, end in zip(ways, hidden, strict=True)]).reshape(-1, 2)
        for group, way in enumerate(ways):
            alone = self._of_members(group, hidden[group])
            while not _as_wide(self._of_members(group, known[group]), alone):
                known[group] = next(way, hidden[group])
        widest = self._reader(hidden)
        while not all(itertools.starmap(_as_wide, zip(self._reader(known), widest, strict=True))):
            open_ = np.flatnonzero((known != hidden).any(axis=1))
            widths = (known[open_, 1] - known[open_, 0]) / self.totals[open_]
            least = open_[np.argmin(widths)]
            known[least] = next(ways[least], hidden[least])
        shown = np.isfinite(known[:, 1]) & ~small
        return np.where(shown, known[:, 0], np.nan), shown & (known[:, 1] > known[:, 0])

    def _is_small(self, counts: Floats) -> Bools:
        return (counts > 0) & (counts < self.below)

    def _ends(self, group: int) -> Floats:
        """Return what a reader takes each part of a group for by itself, shape (parts, 2)."""
        members = self.members[group]
        ends = np.column_stack([self.parts[members]] * 2)
        ends[self.left_out[members]] = [self.below, np.inf]
        ends[self._is_small(self.parts[members])] = [0.0, self.below]
        return ends

    def _adds_up(self, group: int) -> bool:
        return bool(np.isclose(self.parts[self.members[group]].sum(), self.totals[group]))

    def _of_members(self, group: int, total: Floats) -> Floats:
        """Return what a reader knows of the small parts of a group whose total lies within ``total``, shape (s, 2)."""
        ends, small = self._ends(group), self._is_small(self.parts[self.members[group]])
        if not self._adds_up(group):
            return ends[small]
        return np.array([_rest(ends, part, total) for part in np.flatnonzero(small).tolist()]).reshape(-1, 2)

    def _reader(self, known: Floats) -> list[Floats]:
        """Return what a reader knows of all that is small: the parts, group by group, and the totals."""
        groups = range(len(self.totals))
        if not np.isclose(self.totals.sum(), self.parts.sum()) or not all(map(self._adds_up, groups)):
            return [self._of_members(group, known[group]) for group in groups]
        within = np.array([_both(known[group], self._ends(group).sum(axis=0)) for group in groups]).reshape(-1, 2)
        whole = np.array(rounded_interval(float(self.totals.sum())))
        totals = np.array([_both(known[group], _rest(within, group, whole)) for group in groups]).reshape(-1, 2)
        return [*(self._of_members(group, totals[group]) for group in groups), totals[self._is_small(self.totals)]]


def _roundings(total: float) -> Iterator[Floats]:
    """Yield ever wider intervals that a total can be told as, none that begins at zero."""
    yield np.array([total, total])
    for power in itertools.count(1):
        for step in (10.0**power, 2 * 10.0**power, 3 * 10.0**power, 5 * 10.0**power):
            if step > total:
                return
            low = np.floor(total / step) * step
            yield np.array([low, low + step])


def _rest(ends: Floats, one: int, total: Floats) -> Floats:
    """Return what is left for ``one`` of the counts within ``ends`` of a total, within its own ends."""
    others = np.delete(ends, one, axis=0).sum(axis=0)
    return _both(ends[one], np.array([total[0] - others[1], total[1] - others[0]]))


def _both(one: Floats, other: Floats) -> Floats:
    return np.array([max(one[0], other[0]), min(one[1], other[1])])


def _as_wide(found: Floats, wanted: Floats) -> bool:
    return bool((found[:, 0] <= wanted[:, 0] + _NOTHING).all() and (found[:, 1] >= wanted[:, 1] - _NOTHING).all())
