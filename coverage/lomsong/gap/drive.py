"""A day's drive that grows stretch by stretch."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lomsong.gap.route import RoadGraph, Stop, Ways, exits, shortened, tour_m


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

    def best(
        self, worth: NDArray[np.float64], left_km: float, by_km: bool = True
    ) -> tuple[int, list[Stop], float] | None:
        """Return where in the way which stops bring most for each kilometre more, and how many that is.

        A piece counts with the pieces of worth on the way to it and back from it, which are measured in passing.

        Parameters
        ----------
        worth
            Of each piece; 0 where nothing is to be learnt, or it is in the way already.
        left_km
            Greatest lengthening.
        by_km
            False: the piece of greatest worth that can be reached, however far.
        """
        graph, length_m = self.graph, self.graph.length_m
        rated = worth > 0
        best: tuple[float, int, int, int] | None = None
        gaps = self._gaps()
        for gap, (begin, end) in enumerate(gaps):
            there, gain_there = graph.ways(begin), graph.ways(begin).gathered(worth)
            back = None if end is None else graph.ways(end)
            gain_back = None if back is None else back.gathered(worth)
            for way in (0, 1):
                entry, left = graph.ends[:, way], graph.ends[:, 1 - way]
                more_m, gain = there.length_m[entry] + length_m, gain_there[entry] + worth
                if back is not None and gain_back is not None and end is not None:
                    more_m = more_m + back.length_m[left] - there.length_m[end]
                    gain = gain + gain_back[left]
                fits = rated & (more_m <= 1000 * left_km)
                if not fits.any():
                    continue
                score = gain / np.maximum(more_m, 1.0) if by_km else worth - 1e-12 * more_m
                piece = int(np.argmax(np.where(fits, score, -np.inf)))
                if best is None or score[piece] > best[0]:
                    best = float(score[piece]), gap, piece, way
        if best is None:
            return None
        _, gap, piece, way = best
        added = self._added(*gaps[gap], (piece, way), worth)
        return gap, added, best[0]

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
