"""The loss at every point of a radial: the same equations as for one path, with the work shared between paths.

A radial is sampled at equal steps from the transmitter; its point n ends a path whose profile is the points 0…n. Their
heights are taken above the curve 500/ae·d², in which the Earth is flat: slopes seen from the transmitter then do not
depend on where the path ends and are a running maximum, and what the receiver sees highest is a corner of a convex
hull (:mod:`~lomsong.radio.p1812.hull`). The sums of the smooth surface run along. Linear in the length of a path are
only the least clearance of a path in sight, the roughness between horizons where ducting matters, and the trees in
which a receiver stands.

Terms that cannot change the loss by 0.0001 dB are not computed.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lomsong.radio.compiled import compiled, merged
from lomsong.radio.p1812.combination import both_ways_db, combined, ducted_or_seen_db, range_share, sight_share
from lomsong.radio.p1812.diffraction import spherical_db
from lomsong.radio.p1812.edges import NOWHERE, obstacle_db, smooth_db
from lomsong.radio.p1812.hull import Links, extend, farthest_above, steepest
from lomsong.radio.p1812.mechanisms import always_ducting_db, duct_reach_db, ducting_db, free_space_db, scatter_db
from lomsong.radio.p1812.path import Path, anomalous_percent, inland_weight
from lomsong.radio.p1812.profile import INLAND, MEAN_EARTH_RADIUS_KM, SEA, Floats
from lomsong.radio.p1812.wave import Wave
from lomsong.radio.vegetation import stand_depth_m

GROUND, OBSTACLE, WOOD, CURVED_GROUND, CURVED_OBSTACLE, BETA_GROUND, BETA_OBSTACLE = range(7)
"""Rows of the heights of a radial: as given, then above the curves of ae and aβ."""

ON_GROUND, ON_OBSTACLE, FLAT, ON_BETA = range(4)
"""The hulls: of curved ground, curved obstacles, ground without the Earth's curve, obstacles above the curve of aβ."""

FAINTER_DB = 30.0
"""A mechanism fainter by this changes the sum of (63) by 2e-6 dB."""

IN_SIGHT_MRAD = -5.0
"""Below any angle θ that can be."""

NO_COAST_KM = 500.0
"""Distance of the coast where a path does not meet it."""


class Run(NamedTuple):
    """What is one for all paths of a run; see :func:`~lomsong.radio.p1812.basic_loss` for the symbols."""

    wave: Wave
    step: float  # km
    htg: float
    hrg: float
    p: float
    median: bool  # p = 50: what is interpolated in time drops out
    local: float  # Lloc over land, dB
    timed_db: float  # of troposcatter, see scatter_time_db
    ae: float
    ab: float
    bare: bool  # nothing stands on the ground
    wood_db: float
    wood_db_per_m: float


class Room(NamedTuple):
    """Arrays of one radial; made once by :func:`room_for` and used for one radial after the other.

    ``rows`` holds the heights of shape (7, n); ``edges`` (4, n) and ``links`` (4, 3, n) the hulls; ``highest`` (2, n)
    the steepest slope from the transmitter over obstacles so far, above the curves of ae and aβ; ``root`` 1/√k.
    """

    rows: Floats
    edges: Floats
    links: Links
    highest: Floats
    root: Floats


def room_for(points: int) -> Room:
    """Return arrays for radials of at most so many points."""
    root = np.zeros(points)
    root[1:] = 1 / np.sqrt(np.arange(1, points))
    return Room(
        np.zeros((7, points)), np.zeros((4, points)), np.zeros((4, 3, points), np.int32), np.zeros((2, points)), root
    )


class Seen(NamedTuple):
    """What the points before one tell about it."""

    hts: float
    slope: float  # of the transmitter's horizon above the curve of ae, m/km
    horizon: int
    flat_slope: float  # the same without the Earth's curve
    v1: float  # sums of (83) and (84)
    v2: float
    w: float
    dtm: float
    dlm: float
    dct: float
    dcr: float
    at_sea: bool
    latitude: float  # of the transmitter, radians
    bearing: float


@compiled
def radial_losses(
    run: Run, room: Room, zone: NDArray[np.uint8], wanted: NDArray[np.bool_], count: int, latitude: float,
    bearing: float, loss: NDArray[np.float32],
) -> None:  # fmt: skip
    """Fill in the basic transmission loss Lb, and with it the loss of the trees around a receiver.

    Parameters
    ----------
    run
        Constants.
    room
        Of its rows :data:`GROUND`, :data:`OBSTACLE` (ground with what stands on it) and :data:`WOOD` (height of the
        trees) are read, in m; all else is filled in here.
    zone
        Radio-climatic zone, shape (n,).
    wanted
        Points whose loss is wanted, shape (n,).
    count
        Points of known ground; those after are left as they are.
    latitude, bearing
        Of the transmitter and of the radial, in radians.
    loss
        In dB, shape (n,), filled in where wanted.
    """
    rows, edges, links, highest = room.rows, room.edges, room.links, room.highest
    ground, step = rows[GROUND], run.step
    obstacle = GROUND if run.bare else OBSTACLE
    hts = ground[0] + run.htg
    edges[:, 0], links[:, :, 0] = np.inf, 0
    highest[:, 0] = -np.inf
    rows[CURVED_GROUND:, 0] = ground[0]
    slope, horizon, flat_slope, v1, v2 = -np.inf, 0, -np.inf, 0.0, 0.0
    sea_km, land_km, inland_km, coast, shore = 0.0, 0.0, 0.0, NO_COAST_KM, 0.0
    shore_at, inland_at = 0.0, 0.0
    if zone[0] == SEA:
        coast = 0.0
    for at in range(1, count):
        d, before = at * step, (at - 1) * step
        bulge = 500 / run.ae * d * d
        rows[CURVED_GROUND, at] = ground[at] - bulge
        rows[CURVED_OBSTACLE, at] = rows[obstacle, at] - bulge
        rows[BETA_GROUND, at] = ground[at] - 500 / run.ab * d * d
        rows[BETA_OBSTACLE, at] = rows[obstacle, at] - 500 / run.ab * d * d
        v1 += step * (ground[at] + ground[at - 1])
        v2 += step * (ground[at] * (2 * d + before) + ground[at - 1] * (d + 2 * before))
        if zone[at] != zone[at - 1]:
            border = 0.5 * (d + before)
            if zone[at - 1] == SEA:
                sea_km += border - shore_at
                shore_at = shore = border
            elif zone[at] == SEA:
                land_km = max(land_km, border - shore_at)
                shore_at = border
                if coast == NO_COAST_KM:
                    coast = border
            if zone[at - 1] == INLAND:
                inland_km = max(inland_km, border - inland_at)
            inland_at = border
        if wanted[at]:
            at_sea = zone[at] == SEA
            dcr = NO_COAST_KM if coast == NO_COAST_KM else 0.0 if at_sea else d - shore
            seen = Seen(
                hts, slope, horizon, flat_slope, v1, v2,
                (sea_km + d - shore_at if at_sea else sea_km) / d,
                land_km if at_sea else max(land_km, d - shore_at),
                max(inland_km, d - inland_at) if zone[at] == INLAND else inland_km,
                coast, dcr, at_sea, latitude, bearing,
            )  # fmt: skip
            loss[at] = _loss(run, room, seen, at)
        if (rows[CURVED_GROUND, at] - hts) / d > slope:
            slope, horizon = (rows[CURVED_GROUND, at] - hts) / d, at
        flat_slope = max(flat_slope, (ground[at] - hts) / d)
        highest[0, at] = max(highest[0, at - 1], (rows[CURVED_OBSTACLE, at] - hts) / d)
        extend(rows[CURVED_GROUND], edges[ON_GROUND], links[ON_GROUND], at)
        extend(ground, edges[FLAT], links[FLAT], at)
        if not run.bare:
            extend(rows[CURVED_OBSTACLE], edges[ON_OBSTACLE], links[ON_OBSTACLE], at)
        if not run.median:
            highest[1, at] = max(highest[1, at - 1], (rows[BETA_OBSTACLE, at] - hts) / d)
            extend(rows[BETA_OBSTACLE], edges[ON_BETA], links[ON_BETA], at)


@merged
def stand_start(run: Run, rows: Floats, hts: float, at: int) -> int:
    """Return the last point before the trees in which the receiver ``at`` stands; ``at`` - 1 in the open.

    The stand reaches back to where it ends or to where the straight ray leaves its top.
    """
    wood, curved = rows[WOOD], rows[CURVED_GROUND]
    point = at - 1
    if wood[at] <= run.hrg:
        return point
    rise = (curved[at] + run.hrg - hts) / at
    while point > 0 and wood[point] > 0 and curved[point] + wood[point] > hts + rise * point:
        point -= 1
    return point


@merged
def _loss(run: Run, room: Room, seen: Seen, at: int) -> float:
    """Return Lb and the loss of the trees around the receiver in dB: equations (8)-(69), P.833 (1)."""
    rows = room.rows
    d, hrs = at * run.step, rows[GROUND, at] + run.hrg
    lbfs = free_space_db(d, seen.hts - hrs, run.wave)
    if at < 2:  # nothing lies between
        return lbfs
    stand = stand_start(run, rows, seen.hts, at)
    trees_db = 0.0
    if run.wood_db > 0 and rows[WOOD, at] > run.hrg:
        depth_m = stand_depth_m(stand, at, 1000 * run.step)
        trees_db = run.wood_db * (1 - math.exp(-depth_m * run.wood_db_per_m / run.wood_db))
    hst, hsr = (2 * seen.v1 * d - seen.v2) / (d * d), (seen.v2 - seen.v1 * d) / (d * d)
    ht, hr = _above_surface(run, room, seen, at, hrs, hst, hsr)
    ld50 = _obstacle_db(run, room, seen, at, stand, False) + _bent_db(run, room, seen, at, ht, hr, run.ae)
    if run.median:
        lb0p, lbc = lbfs, _median_db(run, room, seen, at, hst, hsr, lbfs, lbfs + ld50)
    else:
        ldb = _obstacle_db(run, room, seen, at, stand, True) + _bent_db(run, room, seen, at, ht, hr, run.ab)
        path = _path(run, room, _horizons(run, room, seen, at), seen, at, hst, hsr)
        found = combined(path, run.wave, run.p, run.timed_db, seen.dct, seen.dcr, lbfs, ld50, ldb)
        lb0p, lbc = found.Lb0p, found.Lbc
    return max(lb0p, lbc + (0.0 if seen.at_sea else run.local)) + trees_db


@merged
def _obstacle_db(run: Run, room: Room, seen: Seen, at: int, stand: int, beta: bool) -> float:
    """Return Lbulla over obstacles above the curve of ae, or of aβ, in dB."""
    above, bare, hull, slopes = CURVED_OBSTACLE, CURVED_GROUND, ON_GROUND if run.bare else ON_OBSTACLE, 0
    if beta:
        above, bare, hull, slopes = BETA_OBSTACLE, BETA_GROUND, ON_BETA, 1
    return obstacle_db(
        room.rows[above], room.rows[bare], room.edges[hull], room.links[hull], room.highest[slopes], room.root, at,
        stand, seen.hts, run.hrg, run.step, run.wave.length,
    )  # fmt: skip


@merged
def _bent_db(run: Run, room: Room, seen: Seen, at: int, ht: float, hr: float, ap: float) -> float:
    """Return what the Earth's curve adds to the loss over the obstacles in dB: equation (39)."""
    spherical = spherical_db(at * run.step, ht, hr, seen.w, ap, run.wave)
    if spherical <= 0:
        return 0.0
    return max(spherical - smooth_db(at, ht, hr, ap, room.root, run.step, run.wave.length), 0.0)


@merged
def _above_surface(
    run: Run, room: Room, seen: Seen, at: int, hrs: float, hst: float, hsr: float
) -> tuple[float, float]:
    """Return the antennas above the smooth surface for diffraction, htesph and hresph: (37) and (87)-(89)."""
    ground, d = room.rows[GROUND], at * run.step
    edge, links = room.edges[FLAT], room.links[FLAT]
    slope = (hrs - seen.hts) / d
    if seen.flat_slope > slope:
        highest = farthest_above(edge, links, at - 1, slope * run.step)
        above = ground[highest] - seen.hts - slope * highest * run.step
        if above > 0:
            corner = steepest(ground, edge, links, at - 1, at, hrs)
            # The highest point itself bounds both slopes, where rounding would leave less of them than of it.
            from_tx = max(seen.flat_slope - slope, above / (highest * run.step))
            from_rx = (ground[corner] - hrs) / ((at - corner) * run.step) + slope
            from_rx = max(from_rx, above / ((at - highest) * run.step))
            hst -= above * from_tx / (from_tx + from_rx)
            hsr -= above * from_rx / (from_tx + from_rx)
    return seen.hts - min(hst, ground[0]), hrs - min(hsr, ground[at])


@merged
def _median_db(run: Run, room: Room, seen: Seen, at: int, hst: float, hsr: float, lbfs: float, lbd: float) -> float:
    """Return Lbc at p = 50, where Lbd = Lbd50 = Lminb0p, in dB: equations (44)-(63).

    A(50) is not negative, since β0 stays below 47 %. Each horizon stands at least as high as the other terminal, and
    what (52) cuts of it beyond 0.1 dl, (48) gives back but for 5e-5 ae - 0.264 times f^(1/3): of Lba no less is left
    than follows from the distances of the horizons and the slope of the path. Troposcatter is least where both
    terminals see each other.
    """
    d, wave = at * run.step, run.wave
    spare_db = 12.0 if seen.w >= 0.75 else 0.0
    spare_db += (5e-5 * run.ae - 0.264) * wave.third * abs(room.rows[GROUND, at] + run.hrg - seen.hts) / d
    in_sight = seen.slope <= (room.rows[CURVED_GROUND, at] + run.hrg - seen.hts) / d
    ducted = duct_reach_db(d if in_sight else (seen.horizon + 1) * run.step, wave) - spare_db <= lbd
    if not ducted and scatter_db(d, IN_SIGHT_MRAD, wave, run.timed_db) > lbd + FAINTER_DB:
        return lbd
    path, lbam = _horizons(run, room, seen, at), lbd
    if ducted and always_ducting_db(path, wave, seen.dct, seen.dcr) <= lbd:
        full = _path(run, room, path, seen, at, hst, hsr)
        lminbap = ducted_or_seen_db(ducting_db(full, wave, run.p, seen.dct, seen.dcr), lbfs)
        if lminbap <= lbd:
            lbda = lminbap + (lbd - lminbap) * range_share(d)
            lbam = lbda + (lbd - lbda) * sight_share(path.th)
    return both_ways_db(scatter_db(d, path.th, wave, run.timed_db), lbam)


@merged
def _horizons(run: Run, room: Room, seen: Seen, at: int) -> Path:
    """Return a path of which distances, antennas and horizons are known: equations (76)-(82)."""
    ground, d = room.rows[CURVED_GROUND], at * run.step
    hrs = ground[at] + run.hrg
    line = (hrs - seen.hts) / d
    first, last, from_tx, from_rx = 1, 1, line, -line
    if seen.slope > line:
        first, last = seen.horizon, steepest(ground, room.edges[ON_GROUND], room.links[ON_GROUND], at - 1, at, hrs)
        from_tx, from_rx = seen.slope, (ground[last] - hrs) / ((at - last) * run.step)
    else:
        most = NOWHERE
        for point in range(1, at):
            above = (ground[point] - seen.hts - line * point * run.step) / math.sqrt(point * (at - point))
            if above > most:
                first, last, most = point, point, above
    th_t, th_r = 1000 * math.atan(from_tx / 1000), 1000 * math.atan(from_rx / 1000 - d / run.ae)
    none = math.nan
    return Path(
        d=d, hts=seen.hts, hrs=room.rows[GROUND, at] + run.hrg, w=seen.w, dtm=seen.dtm, dlm=seen.dlm,
        phi=none, tau=none, b0=none, ae=run.ae, ab=run.ab, th_t=th_t, th_r=th_r, th=1000 * d / run.ae + th_t + th_r,
        dlt=first * run.step, dlr=(at - last) * run.step, hst=none, hsr=none, hst_lim=none, hsr_lim=none,
        hstd=none, hsrd=none, htesph=none, hresph=none, hte=none, hre=none, hm=none,
    )  # fmt: skip


@compiled
def _path(run: Run, room: Room, path: Path, seen: Seen, at: int, hst: float, hsr: float) -> Path:
    """Return the path with what ducting and the shares of time need beside the horizons: (2)-(5), (90)-(93)."""
    ground = room.rows[GROUND]
    hst, hsr = min(hst, ground[0]), min(hsr, ground[at])
    half = path.d / 2 / MEAN_EARTH_RADIUS_KM
    sine = math.sin(seen.latitude) * math.cos(half) + math.cos(seen.latitude) * math.sin(half) * math.cos(seen.bearing)
    phi, tau = math.degrees(math.asin(min(max(sine, -1.0), 1.0))), inland_weight(seen.dlm)
    first, last = round(path.dlt / run.step), at - round(path.dlr / run.step)
    hm = NOWHERE
    for point in range(min(first, last), max(first, last) + 1):
        hm = max(hm, ground[point] - hst - (hsr - hst) * (point / at))
    return Path(
        d=path.d, hts=path.hts, hrs=path.hrs, w=path.w, dtm=path.dtm, dlm=path.dlm, phi=phi, tau=tau,
        b0=anomalous_percent(phi, seen.dtm, tau), ae=path.ae, ab=path.ab, th_t=path.th_t, th_r=path.th_r, th=path.th,
        dlt=path.dlt, dlr=path.dlr, hst=hst, hsr=hsr, hst_lim=hst, hsr_lim=hsr, hstd=math.nan, hsrd=math.nan,
        htesph=math.nan, hresph=math.nan, hte=path.hts - hst, hre=path.hrs - hsr, hm=hm,
    )  # fmt: skip
