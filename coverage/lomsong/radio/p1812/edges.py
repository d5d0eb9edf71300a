"""The Bullington edges of a path that ends somewhere on a radial (§4.3.1-4.3.2), by running maxima and hulls."""

from __future__ import annotations

import math

from lomsong.radio.compiled import compiled, merged, summed
from lomsong.radio.p1812.diffraction import crossing_nu, edge_db
from lomsong.radio.p1812.hull import Links, steepest
from lomsong.radio.p1812.profile import Floats

NOWHERE = -1e30
"""Below any clearance and slope."""


@merged
def obstacle_db(
    curved: Floats, ground: Floats, edge: Floats, links: Links, highest: Floats, root: Floats, at: int, stand: int,
    hts: float, hrg: float, step: float, wavelength: float,
) -> float:  # fmt: skip
    """Return the Bullington loss Lbulla in dB of the path that ends at the point ``at``.

    Parameters
    ----------
    curved
        Obstacles above the Earth's curve in m, shape (n,).
    ground
        The same without trees and buildings, used after ``stand``.
    edge, links, highest
        Hull of ``curved``, and the highest slope from the transmitter up to each point in m/km, shape (n,).
    root
        1/sqrt(k), shape (n,).
    at, stand
        Receiver, and the last point before the trees around it; ``at`` - 1 in the open.
    hts, hrg
        Transmitter above the sea, receiver above ground in m.
    step, wavelength
        In km and in m.
    """
    length, hrs = at * step, ground[at] + hrg
    line, slope_tx = (hrs - hts) / length, highest[stand]
    for point in range(stand + 1, at):
        slope_tx = max(slope_tx, (ground[point] - hts) / (point * step))
    if slope_tx < line:
        above = max(
            _least_clear(curved, 1, stand + 1, at, hts, line * step, root),
            _least_clear(ground, stand + 1, at, at, hts, line * step, root),
        )
        return edge_db(above * math.sqrt(0.002 * length / wavelength) / step, length)
    slope_rx = NOWHERE
    if stand > 0:
        corner = steepest(curved, edge, links, stand, at, hrs)
        slope_rx = (curved[corner] - hrs) / ((at - corner) * step)
    for point in range(stand + 1, at):
        slope_rx = max(slope_rx, (ground[point] - hrs) / ((at - point) * step))
    return edge_db(crossing_nu(length, slope_tx, slope_rx, hts, hrs, wavelength), length)


@summed
def _least_clear(y: Floats, first: int, end: int, at: int, hts: float, slope: float, root: Floats) -> float:
    """Return the greatest height above the line, over the geometric mean of the steps to both ends."""
    most = NOWHERE
    for point in range(first, end):
        above = (y[point] - hts - slope * point) * root[point] * root[at - point]
        most = max(most, above)
    return most


@compiled
def smooth_db(at: int, ht: float, hr: float, ap: float, root: Floats, step: float, wavelength: float) -> float:
    """Return the Bullington loss Lbulls in dB of a smooth path of ``at`` steps between antennas ht and hr m above it.

    The slope to a grid point of a smooth Earth is concave in the distance, so that the two points beside its maximum
    decide.
    """
    length, curve = at * step, 500 / ap
    slope_tx = _horizon_slope(ht, curve, at, step)
    if slope_tx < (hr - ht) / length:
        above = _least_clear_smooth(at, ht, hr, curve * step * step, root)
        return edge_db(above * math.sqrt(0.002 * length / wavelength) / step, length)
    slope_rx = _horizon_slope(hr, curve, at, step)
    return edge_db(crossing_nu(length, slope_tx, slope_rx, ht, hr, wavelength), length)


@compiled
def _horizon_slope(height: float, curve: float, at: int, step: float) -> float:
    before = min(max(int(math.sqrt(height / curve) / step), 1), at - 1)
    after = min(before + 1, at - 1)
    near, far = before * step, after * step
    return max(curve * (at * step - near) - height / near, curve * (at * step - far) - height / far)


@summed
def _least_clear_smooth(at: int, ht: float, hr: float, curve: float, root: Floats) -> float:
    most = NOWHERE
    for point in range(1, at):
        line = ht + (hr - ht) * (point / at)
        above = (curve * point * (at - point) - line) * root[point] * root[at - point]
        most = max(most, above)
    return most
