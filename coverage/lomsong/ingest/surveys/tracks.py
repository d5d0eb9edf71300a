"""Tracks: fixes of one phone in the order of time, where the GPS jumped and where the phone stood still."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lomsong.ingest.surveys.scanning import NO_TIME, Index

Floats = NDArray[np.float64]

BREAK_ROWS = 5
"""An impossible step between two fixes counts as much as this many fixes lost; see :func:`gps_jumps`."""

LOOK_BACK = 8
"""Pieces of a broken track that may lie between two that belong together."""

ANCHOR_ROWS = 2 * BREAK_ROWS + 1
"""A piece of so many fixes is worth more than the two impossible steps that it may cost, so it always stays."""

MOST_UNDECIDED = 100_000
"""Fixes that may wait for the next anchor; beyond, they are judged without it."""

MOST_JUMPS = 0.2
"""Where more than this share of the fixes would be jumps, they do not form one journey."""

STATIONARY_M = 15.0
"""A phone that stays within this distance of where it stopped stands still."""

STATIONARY_ROWS = 120
"""Fixes in one place from which on it is a clump: two minutes at one a second."""

UNIT_STEPS, UNIT_MOST_S, UNIT_LEAST_MPS = 30, 10.0, 2.0
"""The unit of speed is looked for in at least so many steps, of at most so many seconds, at no less than this speed."""

KMH_RATIO = 3.0, 4.3
"""What speeds are to metres along the track in a second where they are km/h: 3.6, and how far fixes may blur it."""

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius of the Earth (IUGG)."""


@njit(cache=True, nogil=True)
def _distance_m(lon: float, lat: float, lon2: float, lat2: float) -> float:  # pragma: no cover - compiled
    """Great-circle distance by the haversine formula; arguments in radians."""
    half = np.sin((lat2 - lat) / 2) ** 2 + np.cos(lat) * np.cos(lat2) * np.sin((lon2 - lon) / 2) ** 2
    return 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(min(half, 1.0)))


def is_kmh(time: Index, longitude: Floats, latitude: Floats, speed: Floats) -> bool:
    """Tell whether speeds of one phone, shape (n,) as the others, are km/h by the track that it went.

    Parameters
    ----------
    time
        Microseconds, :data:`~lomsong.ingest.surveys.scanning.NO_TIME` where unknown.
    longitude, latitude
        Degrees.
    speed
        In m/s or in km/h.
    """
    at = np.flatnonzero((time != NO_TIME) & ~np.isnan(longitude + latitude + speed))
    moved = np.diff(longitude[at], prepend=np.nan) + np.diff(latitude[at], prepend=np.nan) != 0
    at = at[moved]  # a phone that logs faster than its GPS repeats the fix
    if len(at) <= UNIT_STEPS:
        return False
    lon, lat = np.radians(longitude[at]), np.radians(latitude[at])
    seconds = np.diff(time[at]) * 1e-6
    metres = EARTH_RADIUS_M * np.hypot(np.diff(lon) * np.cos(lat[1:]), np.diff(lat))
    with np.errstate(divide="ignore", invalid="ignore"):
        along_mps = metres / seconds
    told = speed[at][1:]
    fit = (seconds > 0) & (seconds <= UNIT_MOST_S) & (along_mps >= UNIT_LEAST_MPS) & (told >= UNIT_LEAST_MPS)
    if fit.sum() < UNIT_STEPS:
        return False
    low, high = KMH_RATIO
    return bool(low <= np.median(told[fit] / along_mps[fit]) <= high)


@njit(cache=True, nogil=True)
def _feasible(
    time: Index, lon: Floats, lat: Floats, one: int, other: int, max_speed_mps: float
) -> bool:  # pragma: no cover - compiled
    # The clock counts whole seconds, so two fixes may lie almost one second farther apart than they say.
    reach_m = ((time[other] - time[one]) * 1e-6 + 1.0) * max_speed_mps
    # One degree of latitude is 111 km: most pairs are near enough to need no trigonometry.
    if (abs(lat[other] - lat[one]) + abs(lon[other] - lon[one])) * EARTH_RADIUS_M <= reach_m:
        return True
    return _distance_m(lon[one], lat[one], lon[other], lat[other]) <= reach_m


@njit(cache=True, nogil=True)
def _pieces(time: Index, lon: Floats, lat: Floats, max_speed_mps: float) -> Index:  # pragma: no cover - compiled
    """Return the first row of each piece, and the number of rows at the end."""
    starts = np.empty(len(time) + 1, dtype=np.int64)
    count = 1
    starts[0] = 0
    for row in range(1, len(time)):
        if not _feasible(time, lon, lat, row - 1, row, max_speed_mps):
            starts[count] = row
            count += 1
    starts[count] = len(time)
    return starts[: count + 1].copy()


@njit(cache=True, nogil=True)
def _best_chain(
    time: Index, lon: Floats, lat: Floats, starts: Index, max_speed_mps: float, anchored: bool
) -> NDArray[np.bool_]:  # pragma: no cover - compiled
    """Return which pieces belong to the chain of greatest worth, by dynamic programming.

    ``anchored``: the first piece is the end of what was kept before, and stays.
    """
    pieces = len(starts) - 1
    worth = np.empty(pieces)
    before = np.full(pieces, -1, dtype=np.int64)
    for piece in range(pieces):
        worth[piece] = starts[piece + 1] - starts[piece]
    if anchored:
        worth[0] = 1e12
    best = 0
    for piece in range(1, pieces):
        gain, chosen = 0.0, -1
        for earlier in range(max(0, piece - LOOK_BACK), piece):
            joined = _feasible(time, lon, lat, starts[earlier + 1] - 1, starts[piece], max_speed_mps)
            value = worth[earlier] - (0.0 if joined else BREAK_ROWS)
            if value > gain:
                gain, chosen = value, earlier
        worth[piece] += gain
        before[piece] = chosen
        if worth[piece] > worth[best]:
            best = piece
    kept = np.zeros(pieces, dtype=np.bool_)
    piece = best
    while piece >= 0:
        kept[piece] = True
        piece = before[piece]
    return kept


@dataclass
class Track:
    """What was met so far of one journey: the last fix kept, the place where the phone stands, the latest time.

    Parameters
    ----------
    max_speed_mps
        Greatest speed of the vehicle.
    """

    max_speed_mps: float
    last: tuple[int, float, float] | None = field(default=None, init=False)
    latest: int = field(default=NO_TIME, init=False)
    _place: NDArray[np.float64] = field(default_factory=lambda: np.array([np.nan, np.nan, 0.0]), init=False)

    def jumps(self, time: Index, longitude: Floats, latitude: Floats, final: bool) -> tuple[NDArray[np.bool_], int]:
        """Tell which of the fixes that follow lie on an excursion that no vehicle can have made.

        The track is cut wherever two successive fixes imply more than ``max_speed_mps``. Of the pieces those are kept
        that hold the most fixes, less :data:`BREAK_ROWS` for every impossible step left between them: a few fixes far
        away and back again go, a long journey that goes on elsewhere stays. A piece of :data:`ANCHOR_ROWS` always
        stays, so what lies before one is decided without what follows.

        Parameters
        ----------
        time, longitude, latitude
            Microseconds, degrees; shape (n,), in any order of time.
        final
            Nothing follows.

        Returns
        -------
        jumped
            Mask of shape (n,).
        undecided
            Fixes at the end that can only be judged with those that follow; they are to be given again.
        """
        jumped = np.zeros(len(time), dtype=bool)
        if not len(time):
            return jumped, 0
        order = None if (np.diff(time) >= 0).all() else np.argsort(time, kind="stable")
        if order is not None:
            time, longitude, latitude = time[order], longitude[order], latitude[order]
        anchored = self.last is not None
        lon, lat = np.radians(longitude), np.radians(latitude)
        if self.last is not None:
            time = np.concatenate([[self.last[0]], time])
            lon, lat = np.concatenate([[self.last[1]], lon]), np.concatenate([[self.last[2]], lat])
        starts = _pieces(time, lon, lat, self.max_speed_mps)
        decided = len(time)
        if not final and order is None:
            lengths = np.diff(starts)
            anchors = np.flatnonzero(lengths >= ANCHOR_ROWS)
            end = int(starts[anchors[-1] + 1]) if len(anchors) else int(anchored)
            if len(time) - end <= MOST_UNDECIDED:
                decided = end
                starts = np.append(starts[starts < end], end)
        head = int(anchored)
        if decided > head:
            if len(starts) > 2 or not anchored:
                self._decide(jumped, time, lon, lat, starts, anchored, order)
            kept = np.flatnonzero(~jumped[: decided - head] if order is None else ~jumped[order])
            if len(kept):
                at = int(kept[-1]) + head
                self.last = int(time[at]), float(lon[at]), float(lat[at])
        return jumped, len(time) - decided

    def _decide(
        self,
        jumped: NDArray[np.bool_],
        time: Index,
        lon: Floats,
        lat: Floats,
        starts: Index,
        anchored: bool,
        order: Index | None,
    ) -> None:
        kept = _best_chain(time, lon, lat, starts, self.max_speed_mps, anchored)
        head = int(anchored)
        for piece in np.flatnonzero(~kept):
            rows = np.arange(max(starts[piece] - head, 0), starts[piece + 1] - head)
            jumped[rows if order is None else order[rows]] = True

    def backwards(self, time: Index) -> NDArray[np.bool_]:
        """Tell which fixes, in the order of the file, are older than one before them; shape (n,)."""
        if not len(time):
            return np.zeros(0, dtype=bool)
        before = np.maximum.accumulate(np.concatenate([[self.latest], time]))
        self.latest = int(before[-1])
        return time < before[:-1]

    def standing(self, longitude: Floats, latitude: Floats) -> NDArray[np.bool_]:
        """Tell which fixes, in the order of the file, belong to a clump of a phone that stands still; shape (n,)."""
        return _standing(longitude, latitude, self._place)


@njit(cache=True, nogil=True)
def _standing(lon: Floats, lat: Floats, place: Floats) -> NDArray[np.bool_]:  # pragma: no cover - compiled
    out = np.zeros(len(lon), dtype=np.bool_)
    degree_m = np.pi / 180.0 * EARTH_RADIUS_M
    for row in range(len(lon)):
        north_m = (lat[row] - place[1]) * degree_m
        east_m = (lon[row] - place[0]) * degree_m * np.cos(lat[row] * np.pi / 180.0)
        if north_m * north_m + east_m * east_m <= STATIONARY_M * STATIONARY_M:
            place[2] += 1.0
        else:
            place[0], place[1], place[2] = lon[row], lat[row], 1.0
        out[row] = place[2] > STATIONARY_ROWS
    return out


def gps_jumps(time: Index, longitude: Floats, latitude: Floats, max_speed_mps: float) -> NDArray[np.bool_]:
    """Tell which fixes of a whole track the GPS put where no vehicle can have been; see :meth:`Track.jumps`."""
    return Track(max_speed_mps).jumps(time, longitude, latitude, final=True)[0]
