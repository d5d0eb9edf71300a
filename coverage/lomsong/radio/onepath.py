"""The loss of one path over a terrain, with and without what stands on the ground, given up as soon as it is too much.

The equations are those of :mod:`~lomsong.radio.p1812.radial` at the median of time. A single path needs none of its
hulls: heights are taken above the straight line between the antennas, where the Earth bulges, and each horizon is a
maximum over the points between. Ground is sampled once for both losses, from the receiver backwards: what hides a
receiver mostly stands near it, and the edge of the points seen so far is never higher than that of all, so that most
paths that cannot matter are told after a few points.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lomsong.radio.compiled import compiled, merged, summed
from lomsong.radio.frame import Floats
from lomsong.radio.p1812.combination import both_ways_db, ducted_or_seen_db, range_share, sight_share
from lomsong.radio.p1812.diffraction import edge_db, spherical_db
from lomsong.radio.p1812.edges import NOWHERE, smooth_db
from lomsong.radio.p1812.mechanisms import always_ducting_db, duct_reach_db, ducting_db, free_space_db, scatter_db
from lomsong.radio.p1812.path import Path, anomalous_percent, inland_weight
from lomsong.radio.p1812.profile import INLAND, MEAN_EARTH_RADIUS_KM
from lomsong.radio.p1812.radial import FAINTER_DB, IN_SIGHT_MRAD, NO_COAST_KM, Run
from lomsong.radio.terrain import SEA, Terrain
from lomsong.radio.vegetation import stand_depth_m

BLOCK = 8
"""Points sampled between two looks at whether the path is still worth it."""

SLACK_DB = 1e-4
"""A path is given up only when it loses more than this above what was allowed, so that no rounding decides."""


class Land(NamedTuple):
    """A terrain as single paths take it, with a margin of one cell that repeats the edge.

    ``heights`` holds ground and the higher of clutter and canopy side by side, shape (rows + 2, columns + 2, 2);
    ``canopy`` and ``zone`` are of the same rows and columns; ``sea`` tells whether there is any, ``inland`` whether all
    of it is inland.
    """

    heights: NDArray[np.float32]
    canopy: NDArray[np.float32]
    zone: NDArray[np.uint8]
    sea: bool
    inland: bool


class Track(NamedTuple):
    """Arrays of one path, used for one after the other; 1/√k and 1/k of each number of steps k."""

    ground: Floats
    standing: Floats
    root: Floats
    inverse: Floats


def land_of(terrain: Terrain) -> Land:
    """Return a terrain as single paths take it."""
    standing = np.maximum(terrain.clutter_m, terrain.canopy_m)
    heights = np.pad(np.stack([terrain.ground_m, standing], axis=-1), ((1, 1), (1, 1), (0, 0)), mode="edge")
    canopy: NDArray[np.float32] = np.pad(terrain.canopy_m, 1, mode="edge").astype(np.float32)
    zone: NDArray[np.uint8] = np.pad(terrain.zone, 1, mode="edge").astype(np.uint8)
    sea, inland = bool((zone == SEA).any()), bool((zone == INLAND).all())
    return Land(np.ascontiguousarray(heights, np.float32), canopy, zone, sea, inland)


def track_for(points: int) -> Track:
    """Return arrays for paths of at most so many points."""
    inverse = np.zeros(points)
    inverse[1:] = 1 / np.arange(1, points)
    return Track(np.zeros(points), np.zeros(points), np.sqrt(inverse), inverse)


class Way(NamedTuple):
    """Where a path runs: fractional row and column of its beginning, and how far it goes, in cells; its steps."""

    row: float
    column: float
    down: float
    across: float
    steps: int


class Place(NamedTuple):
    """Latitude in radians, and how far east and north a path goes in any unit."""

    latitude: float
    east: float
    north: float


class Losses(NamedTuple):
    """Loss with and without what stands on the ground, in dB: infinite where too much, NaN across unknown ground.

    ``ducted`` tells that layers of the air matter near a coast: a loss that is NaN is to be computed as for a radial.
    """

    loss_db: float
    bare_db: float
    ducted: bool


@merged
def _sampled(heights: NDArray[np.float32], way: Way, point: int) -> tuple[float, float, int, int]:
    """Return ground and what stands on it at a point of a path, and row and column of its cell."""
    t = point / way.steps
    row, column = way.row + way.down * t + 1.0, way.column + way.across * t + 1.0
    top, left = int(row), int(column)
    down, across = row - top, column - left
    upper = heights[top, left, 0] + across * (heights[top, left + 1, 0] - heights[top, left, 0])
    lower = heights[top + 1, left, 0] + across * (heights[top + 1, left + 1, 0] - heights[top + 1, left, 0])
    at, beside = int(row + 0.5), int(column + 0.5)
    return upper + down * (lower - upper), heights[at, beside, 1], at, beside


@summed
def _peaks(
    ground: Floats, standing: Floats, root: Floats, inverse: Floats, first: int, end: int, at: int, hts: float,
    curve: float, line: float,
) -> tuple[float, float, float, float, float, float]:  # fmt: skip
    """Return the peaks over obstacles and over ground of the points from ``first`` to before ``end``."""
    tx, rx, mean, bare_tx, bare_rx, bare_mean = NOWHERE, NOWHERE, NOWHERE, NOWHERE, NOWHERE, NOWHERE
    for point in range(first, end):
        above = ground[point] - hts - (line + curve * point) * point
        higher = above + standing[point]
        between = root[point] * root[at - point]
        bare_tx = max(bare_tx, above * inverse[point])
        bare_rx = max(bare_rx, above * inverse[at - point])
        bare_mean = max(bare_mean, above * between)
        tx = max(tx, higher * inverse[point])
        rx = max(rx, higher * inverse[at - point])
        mean = max(mean, higher * between)
    return tx, rx, mean, bare_tx, bare_rx, bare_mean


@summed
def _surface(
    ground: Floats, inverse: Floats, at: int, hts: float, slope: float
) -> tuple[float, float, float, float, float]:
    """Return sums of the ground and of ground times point, and its heights above a straight line: most, to tx and rx.

    The sums are of the points between the antennas.
    """
    plain, weighted, most, tx, rx = 0.0, 0.0, NOWHERE, NOWHERE, NOWHERE
    for point in range(1, at):
        plain += ground[point]
        weighted += ground[point] * point
        above = ground[point] - hts - slope * point
        most = max(most, above)
        tx = max(tx, above * inverse[point])
        rx = max(rx, above * inverse[at - point])
    return plain, weighted, most, tx, rx


@merged
def _antennas(
    ground: Floats, inverse: Floats, at: int, hts: float, hrs: float
) -> tuple[float, float, tuple[float, float]]:
    """Return the antennas above the smooth surface for diffraction, and its ends hst and hsr: (83)-(89)."""
    plain, weighted, most, tx, rx = _surface(ground, inverse, at, hts, (hrs - hts) / at)
    v1 = ground[0] + ground[at] + 2 * plain
    v2 = ground[0] + (3 * at - 1) * ground[at] + 6 * weighted
    hst, hsr = (2 * v1 * at - v2) / (at * at), (v2 - v1 * at) / (at * at)
    surface = hst, hsr
    if most > 0:
        hst -= most * tx / (tx + rx)
        hsr -= most * rx / (tx + rx)
    return hts - min(hst, ground[0]), hrs - min(hsr, ground[at]), surface


@compiled
def _horizons(
    ground: Floats, root: Floats, inverse: Floats, run: Run, at: int, hts: float, curve: float, line: float,
    hidden: bool,
) -> tuple[int, int, float, float]:  # fmt: skip
    """Return the points of the horizons over bare ground and the angles to them in mrad: (76)-(82)."""
    first, last, tx, rx = 1, 1, NOWHERE, NOWHERE
    for point in range(1, at):
        above = ground[point] - hts - (line + curve * point) * point
        if not hidden:
            above *= root[point] * root[at - point]
            if above > tx:
                first, last, tx = point, point, above
            continue
        if above * inverse[point] > tx:
            first, tx = point, above * inverse[point]
        if above * inverse[at - point] > rx:
            last, rx = point, above * inverse[at - point]
    if not hidden:
        tx, rx = 0.0, 0.0
    rise = line / run.step
    down = -rise - 1000 * at * run.step / run.ae
    th_t, th_r = math.atan((rise + tx / run.step) / 1000), math.atan((down + rx / run.step) / 1000)
    return first, last, 1000 * th_t, 1000 * th_r


@compiled
def _ducted_db(
    run: Run, ground: Floats, path: Path, at: int, first: int, last: int, surface: tuple[float, float], place: Place,
    lbfs: float, lbd: float,
) -> float:  # fmt: skip
    """Return Lbam of a path inland where ducting takes part: (2)-(5), (46)-(62), (90)-(93)."""
    d, (hst, hsr) = path.d, surface
    hst, hsr = min(hst, ground[0]), min(hsr, ground[at])
    half = d / 2 / MEAN_EARTH_RADIUS_KM
    sine = math.sin(place.latitude) * math.cos(half)
    sine += math.cos(place.latitude) * math.sin(half) * math.cos(math.atan2(place.east, place.north))
    phi, tau = math.degrees(math.asin(min(max(sine, -1.0), 1.0))), inland_weight(d)
    hm = NOWHERE
    for point in range(min(first, last), max(first, last) + 1):
        hm = max(hm, ground[point] - hst - (hsr - hst) * (point / at))
    full = Path(
        d=d, hts=path.hts, hrs=path.hrs, w=0.0, dtm=d, dlm=d, phi=phi, tau=tau, b0=anomalous_percent(phi, d, tau),
        ae=path.ae, ab=path.ab, th_t=path.th_t, th_r=path.th_r, th=path.th, dlt=path.dlt, dlr=path.dlr, hst=hst,
        hsr=hsr, hst_lim=hst, hsr_lim=hsr, hstd=math.nan, hsrd=math.nan, htesph=math.nan, hresph=math.nan,
        hte=path.hts - hst, hre=path.hrs - hsr, hm=hm,
    )  # fmt: skip
    lminbap = ducted_or_seen_db(ducting_db(full, run.wave, run.p, NO_COAST_KM, NO_COAST_KM), lbfs)
    if lminbap > lbd:
        return lbd
    lbda = lminbap + (lbd - lminbap) * range_share(d)
    return lbda + (lbd - lbda) * sight_share(path.th)


@merged
def _median_db(
    run: Run, ground: Floats, root: Floats, inverse: Floats, at: int, hts: float, hrs: float, curve: float,
    line: float, hidden: bool, surface: tuple[float, float], place: Place, lbfs: float, lbd: float,
) -> float:  # fmt: skip
    """Return Lbc of the diffraction loss Lbd where no sea is near, NaN if ducting matters and nothing is known of it.

    Equations (44)-(63). Both horizons are looked for only where scatter or ducting can change the loss.
    """
    d, wave = at * run.step, run.wave
    spare_db = (5e-5 * run.ae - 0.264) * wave.third * abs(hrs - hts) / d
    scattered = scatter_db(d, IN_SIGHT_MRAD, wave, run.timed_db) <= lbd + FAINTER_DB
    if not scattered and duct_reach_db(2 * run.step if hidden else d, wave) - spare_db > lbd:
        return lbd
    first, last, th_t, th_r = _horizons(ground, root, inverse, run, at, hts, curve, line, hidden)
    ducted = duct_reach_db((first + 1) * run.step if hidden else d, wave) - spare_db <= lbd
    if not ducted and not scattered:
        return lbd
    none, th = math.nan, 1000 * d / run.ae + th_t + th_r
    path = Path(
        d=d, hts=hts, hrs=hrs, w=0.0, dtm=none, dlm=none, phi=none, tau=none, b0=none, ae=run.ae, ab=run.ab,
        th_t=th_t, th_r=th_r, th=th, dlt=first * run.step, dlr=(at - last) * run.step, hst=none, hsr=none,
        hst_lim=none, hsr_lim=none, hstd=none, hsrd=none, htesph=none, hresph=none, hte=none, hre=none, hm=none,
    )  # fmt: skip
    if ducted and always_ducting_db(path, wave, NO_COAST_KM, NO_COAST_KM) <= lbd:
        if math.isnan(place.latitude):
            return math.nan
        lbd = _ducted_db(run, ground, path, at, first, last, surface, place, lbfs, lbd)
    return both_ways_db(scatter_db(d, th, wave, run.timed_db), lbd)


@merged
def _edge_db(run: Run, peaks: tuple[float, float, float], length: float) -> float:
    """Return Lbulla over ``length`` km in dB: the crossing of both horizons lies √(tx·rx) above the line, (15)-(21)."""
    tx, rx, mean = peaks
    above = math.sqrt(tx * max(rx, 0.0)) if tx >= 0 else mean
    return edge_db(above * math.sqrt(0.002 * length / run.wave.length) / run.step, length)


@merged
def _in_full(
    run: Run, ground: Floats, root: Floats, inverse: Floats, at: int, lie: tuple[float, float, float, float],
    lbfs: float, peaks: tuple[float, float, float], bare_peaks: tuple[float, float, float], place: Place,
    trees_db: float, keep: bool, keep_bare: bool,
) -> Losses:  # fmt: skip
    """Return the losses once all points are known; what the Earth's curve adds is the same for both: (39)."""
    hts, hrs, curve, line = lie
    d, hidden = at * run.step, bare_peaks[0] > 0
    ht, hr, surface = _antennas(ground, inverse, at, hts, hrs)
    bent = spherical_db(d, ht, hr, 0.0, run.ae, run.wave)
    if bent > 0:
        bent = max(bent - smooth_db(at, ht, hr, run.ae, root, run.step, run.wave.length), 0.0)
    loss_db, bare_db, ducted = math.inf, math.inf, False
    if keep:
        lbd = lbfs + _edge_db(run, peaks, d) + bent
        lbc = _median_db(run, ground, root, inverse, at, hts, hrs, curve, line, hidden, surface, place, lbfs, lbd)
        ducted = math.isnan(lbc)
        loss_db = math.nan if ducted else max(lbfs, lbc + run.local) + trees_db
    if keep_bare:
        lbd = lbfs + _edge_db(run, bare_peaks, d) + bent
        lbc = _median_db(run, ground, root, inverse, at, hts, hrs, curve, line, hidden, surface, place, lbfs, lbd)
        bare_db = math.nan if math.isnan(lbc) else max(lbfs, lbc + run.local)
        ducted = ducted or math.isnan(lbc)
    return Losses(loss_db, bare_db, ducted)


@compiled
def both_losses(
    run: Run, heights: NDArray[np.float32], canopy: NDArray[np.float32], ground: Floats, standing: Floats,
    root: Floats, inverse: Floats, way: Way, latitude: float, most_db: float, most_bare_db: float,
) -> Losses:  # fmt: skip
    """Return the loss of a path; with ``run`` at the median of time and without sea on the way.

    Parameters
    ----------
    run
        Constants, with the step of this path.
    heights, canopy
        Of :class:`Land`.
    ground, standing, root, inverse
        Of :class:`Track`, of at least ``way.steps`` + 1 points.
    way
        The path, from the transmitter.
    latitude
        Of the transmitter in radians; NaN where the path may meet a coast: ducting is then not computed.
    most_db, most_bare_db
        What is allowed to be lost with and without what stands on the ground, in dB; a loss above is not computed.
    """
    at = way.steps
    ground[0], ground[at] = _sampled(heights, way, 0)[0], _sampled(heights, way, at)[0]
    hts, hrs, d = ground[0] + run.htg, ground[at] + run.hrg, at * run.step
    lbfs = free_space_db(d, hts - hrs, run.wave)
    if at < 2 or math.isnan(lbfs):
        return Losses(lbfs, lbfs, False)
    curve = 500 / run.ae * run.step * run.step  # fall of the Earth per step squared
    line = (hrs - curve * at * at - hts) / at  # rise per step from antenna to antenna above it
    _, _, row, column = _sampled(heights, way, at)
    wooded = run.wood_db > 0 and canopy[row, column] > run.hrg
    stand, in_stand, trees_db = at - 1, wooded, 0.0
    least, share = lbfs + min(run.local, 0.0), range_share(d)
    scatter = scatter_db(d, IN_SIGHT_MRAD, run.wave, run.timed_db) - FAINTER_DB + min(run.local, 0.0)
    tx, rx, mean, bare_tx, bare_rx, bare_mean = NOWHERE, NOWHERE, NOWHERE, NOWHERE, NOWHERE, NOWHERE
    keep, keep_bare, end = True, True, at
    while end > 1:
        first = max(end - BLOCK, 1)
        for point in range(end - 1, first - 1, -1):
            ground[point], standing[point], row, column = _sampled(heights, way, point)
            if math.isnan(ground[point]):
                return Losses(math.nan, math.nan, False)
            if in_stand:
                wood = canopy[row, column]
                ray = hts + line * point
                in_stand = wood > 0 and ground[point] - curve * point * point + wood > ray
                if in_stand:
                    stand, standing[point] = point - 1, 0.0
        peaks = _peaks(ground, standing, root, inverse, first, end, at, hts, curve, line)
        tx, rx, mean = max(tx, peaks[0]), max(rx, peaks[1]), max(mean, peaks[2])
        bare_tx, bare_rx, bare_mean = max(bare_tx, peaks[3]), max(bare_rx, peaks[4]), max(bare_mean, peaks[5])
        end = first
        if wooded:
            depth_m = stand_depth_m(stand, at, 1000 * run.step)
            trees_db = run.wood_db * (1 - math.exp(-depth_m * run.wood_db_per_m / run.wood_db))
        if keep and scatter + trees_db > most_db:
            keep = least + share * _edge_db(run, (tx, rx, mean), d) + trees_db <= most_db + SLACK_DB
        if keep_bare and scatter > most_bare_db:
            keep_bare = least + share * _edge_db(run, (bare_tx, bare_rx, bare_mean), d) <= most_bare_db + SLACK_DB
        if not keep and not keep_bare:
            return Losses(math.inf, math.inf, False)
    return _in_full(
        run, ground, root, inverse, at, (hts, hrs, curve, line), lbfs, (tx, rx, mean), (bare_tx, bare_rx, bare_mean),
        Place(latitude, way.across, -way.down), trees_db, keep, keep_bare,
    )  # fmt: skip


@compiled
def meets_sea(zone: NDArray[np.uint8], way: Way) -> bool:
    """Tell whether any point of a path lies at sea; ``zone`` of :class:`Land`."""
    for point in range(way.steps + 1):
        t = point / way.steps
        if zone[int(way.row + way.down * t + 1.5), int(way.column + way.across * t + 1.5)] == SEA:
            return True
    return False
