"""A day's drive that grows stretch by stretch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lomsong.gap.information import Outlook
from lomsong.gap.route import RoadGraph, Stop, Ways, exits, shortened, tour_m

LEAST_KM = 0.001
"""What lies on the way lengthens it by nothing; it is taken first."""

WEIGHED = 32
"""Options whose pieces are valued together, before the best of them is chosen."""

RUINS = 12
"""Times that a part of a day's drive is given up and grown anew."""

LEAST_BETTER = 1e-6
"""A drive that brings more by less than this share is no better."""

RUINED = (0.2, 0.6)
"""Least and greatest share of the stops that is given up."""


class Option(NamedTuple):
    """A stop that may be put into a link of the way: what a kilometre more of it promises, and how many those are."""

    promised: float
    more_km: float
    gap: int
    stop: Stop


@dataclass
class Drive:
    """The days' drives as they grow by cheapest insertion (Rosenkrantz, Stearns and Lewis 1977).

    Attributes
    ----------
    graph
        The roads.
    start
        Node from which each day starts.
    returns
        Whether it ends there.
    """

    graph: RoadGraph
    start: int
    returns: bool
    stops: list[Stop] = field(default_factory=list)

    def km(self) -> float:
        """Return the length of the way as it is."""
        return tour_m(self.graph, self.stops, self.start, self.start if self.returns else None) / 1000

    def options(self, worth: NDArray[np.float64], left_km: float) -> list[Option]:
        """Return for each piece of worth the best place in the way, those first that promise most a kilometre more.

        What is promised is the sum over the piece and those on the way to it and back, which are measured in passing:
        never less than they bring together.

        Parameters
        ----------
        worth
            Of each piece; 0 where nothing is to be learnt, or it is in the way already.
        left_km
            Greatest lengthening.
        """
        graph, length_m, rated = self.graph, self.graph.length_m, np.flatnonzero(worth > 0)
        promised = np.full(len(rated), -np.inf)
        where, more_km = np.zeros((2, len(rated)), dtype=np.int64), np.zeros(len(rated))
        for gap, (begin, end) in enumerate(self._gaps()):
            there, gain_there = graph.ways(begin), graph.ways(begin).gathered(worth)
            for way in (0, 1):
                entry, left = graph.ends[rated, way], graph.ends[rated, 1 - way]
                more_m, gain = there.length_m[entry] + length_m[rated], gain_there[entry] + worth[rated]
                if end is not None:
                    back = graph.ways(end)
                    more_m = more_m + back.length_m[left] - there.length_m[end]
                    gain = gain + back.gathered(worth)[left]
                score = np.where(more_m <= 1000 * left_km, gain / np.maximum(more_m / 1000, LEAST_KM), -np.inf)
                better = score > promised
                promised[better], more_km[better] = score[better], np.maximum(more_m[better] / 1000, LEAST_KM)
                where[:, better] = np.array([[gap], [way]])
        order = [row for row in np.argsort(-promised, kind="stable") if np.isfinite(promised[row])]
        return [
            Option(float(promised[row]), float(more_km[row]), int(where[0, row]), (int(rated[row]), int(where[1, row])))
            for row in order
        ]

    def added(self, option: Option, worth: NDArray[np.float64]) -> list[Stop]:
        """Return the stop of an option with the pieces of worth on the way to it and back."""
        return self._added(*self._gaps()[option.gap], option.stop, worth)

    def _gaps(self) -> list[tuple[int, int | None]]:
        """Return from where to where each link between stops leads, the open end last."""
        begin, gaps = self.start, []
        for stop in self.stops:
            entry, left = exits(self.graph, stop)
            gaps.append((begin, entry))
            begin = left
        return [*gaps, (begin, self.start if self.returns else None)]

    def _added(self, begin: int, end: int | None, stop: Stop, worth: NDArray[np.float64]) -> list[Stop]:
        """Return the stop with the pieces of worth on the way to it and back."""
        entry, left = exits(self.graph, stop)
        added = self._towards(self.graph.ways(begin), begin, entry)
        added.append(stop)
        if end is not None:
            # Ways lead from ``end``: driven backwards they lead to it.
            home = self._towards(self.graph.ways(end), end, left)
            added += [(piece, 1 - way) for piece, way in home[::-1]]
        seen: set[int] = {stop[0]}
        kept = []
        for piece, way in added:
            if (piece, way) == stop or (worth[piece] > 0 and piece not in seen):
                seen.add(piece)
                kept.append((piece, way))
        return kept

    def _towards(self, ways: Ways, begin: int, node: int) -> list[Stop]:
        found, here = [], begin
        for piece in ways.pieces(node):
            way = 0 if self.graph.ends[piece, 0] == here else 1
            found.append((piece, way))
            here = exits(self.graph, (piece, way))[1]
        return found

    def insert(self, gap: int, added: list[Stop]) -> None:
        """Put stops into a link of the way."""
        self.stops[gap:gap] = added

    def shorten(self) -> None:
        """Bring the stops into a better order."""
        self.stops = shortened(self.graph, self.stops, self.start, self.start if self.returns else None)

    def walked(self) -> list[tuple[int, int, bool]]:
        """Return every piece of the way in its order: piece, from which end, whether it is a stop."""
        found, here = [], self.start
        for stop in self.stops:
            entry, left = exits(self.graph, stop)
            found += [(*step, False) for step in self._towards(self.graph.ways(here), here, entry)]
            found.append((*stop, True))
            here = left
        if self.returns and self.stops:
            found += [(*step, False) for step in self._towards(self.graph.ways(here), here, self.start)]
        return found


def day_drive(
    graph: RoadGraph, start: int, returns: bool, km: float, outlook: Outlook, least: float, seed: int
) -> Drive:
    """Return a drive of so many kilometres whose measurements lower the uncertainty of the aims as far as it can.

    It grows by what brings most for each kilometre more; then parts of it are given up and grown anew, and what is
    better is kept (Schrimpf, Schneider, Stamm-Wilbrandt and Dueck 2000).

    Parameters
    ----------
    outlook
        What the pieces would tell now; not changed.
    least
        A piece worth no more than this is not driven for.
    seed
        Of the parts given up.
    """
    best, gain = _grown(Drive(graph, start, returns), km, outlook, least)
    rng = np.random.default_rng(seed)
    for _ in range(RUINS if len(best.stops) > 1 else 0):
        count = len(best.stops)
        width = max(round(count * rng.uniform(*RUINED)), 1)
        first = int(rng.integers(count - width + 1))
        kept = Drive(graph, start, returns, best.stops[:first] + best.stops[first + width :])
        other, found = _grown(kept, km, outlook, least)
        if found > gain * (1 + LEAST_BETTER):
            best, gain = other, found
    return best


def _grown(drive: Drive, km: float, outlook: Outlook, least: float) -> tuple[Drive, float]:
    """Let a drive grow until its kilometres are spent or nothing is left to learn; return what it brings as well."""
    known = outlook.again()
    row_of = np.full(len(drive.graph.ends), -1)
    row_of[known.piece] = np.arange(len(known.piece))
    done = row_of[[piece for piece, _ in drive.stops]]
    gain = known.joint_worth(done) if len(done) else 0.0
    known.measure(done)
    drive.shorten()
    shortened_at = len(drive.stops)
    while True:
        worth, told = np.zeros(len(row_of)), known.worth()
        told[done] = 0.0
        worth[known.piece] = np.where(told > least, told, 0.0)
        best = _best(drive, worth, km - drive.km(), known, row_of)
        if best is None:
            if shortened_at == len(drive.stops):
                return drive, gain
            drive.shorten()
            shortened_at = len(drive.stops)
            continue
        gap, added, more = best
        drive.insert(gap, added)
        rows = row_of[[piece for piece, _ in added]]
        known.measure(rows)
        done, gain = np.concatenate([done, rows]), gain + more


def _best(
    drive: Drive, worth: NDArray[np.float64], left_km: float, known: Outlook, row_of: NDArray[np.int64]
) -> tuple[int, list[Stop], float] | None:
    """Return where in the way which stops bring most for each kilometre more, and how much they bring together."""
    best, score = None, 0.0
    for option in drive.options(worth, left_km)[:WEIGHED]:
        if option.promised <= score:
            break
        added = drive.added(option, worth)
        gain = known.joint_worth(row_of[[piece for piece, _ in added]])
        if gain / option.more_km > score:
            best, score = (option.gap, added, gain), gain / option.more_km
    return best
