"""Upper convex hulls of all beginnings of a profile at once, each searched in logarithmic time.

The hull of the points 1…s is the chain s, parent[s], parent[parent[s]], … to the point before which there is none (0,
the transmitter, is no obstacle). A hull is made from that of the point before by leaving points behind, never by
changing any, so that the hull of every beginning stays searchable: what stands in front of a stand of trees can be
asked for after the trees were passed.

Beside its parent each point knows one that lies farther back, so spaced that a search takes O(log n) steps (Myers,
"An applicative random-access stack", Information Processing Letters 17, 1983).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lomsong.radio.compiled import compiled
from lomsong.radio.p1812.profile import Floats

NEAR = 4
"""So many corners are tried one by one: most searches end there."""

Links = NDArray[np.int32]
"""Parent, point farther back and depth of each point, shape (3, n)."""


@compiled
def extend(y: Floats, edge: Floats, links: Links, last: int) -> None:
    """Make the point ``last`` the end of the hull of the points 1…last; those before are known.

    Parameters
    ----------
    y
        Height of the points, at equal steps, shape (n,).
    edge
        Rise per step from the parent of each point to it, shape (n,); filled at ``last``, plus infinity at 1.
    links
        Filled at ``last``; column 0 holds zeros.
    last
        At least 1.
    """
    kept = last - 1
    # A point on or below the chord of its neighbours is no corner.
    while kept > 1 and edge[kept] * (last - kept) <= y[last] - y[kept]:
        kept = links[0, kept]
    back = links[1, kept]
    even = links[2, kept] - links[2, back] == links[2, back] - links[2, links[1, back]]
    links[0, last] = kept
    links[1, last] = links[1, back] if even else kept
    links[2, last] = links[2, kept] + 1
    edge[last] = (y[last] - y[kept]) / (last - kept) if kept > 0 else np.inf


@compiled
def steepest(y: Floats, edge: Floats, links: Links, last: int, at: int, height: float) -> int:
    """Return the point of 1…last seen highest from ``height`` above the point ``at``, ``at`` > last.

    Of points in one line of sight the farthest. The corner before a point is seen unless the line through both passes
    above the eye.
    """
    point = last
    for _ in range(NEAR):
        if height < y[point] + edge[point] * (at - point):
            return point
        point = links[0, point]
    while height >= y[point] + edge[point] * (at - point):
        back = links[1, point]
        seen = height >= y[back] + edge[back] * (at - back)
        point = back if back > 0 and seen else links[0, point]
    return point


@compiled
def farthest_above(edge: Floats, links: Links, last: int, slope: float) -> int:
    """Return the point of 1…last that lies highest above a line that rises by ``slope`` per step."""
    point = last
    for _ in range(NEAR):
        if slope < edge[point]:
            return point
        point = links[0, point]
    while slope >= edge[point]:
        back = links[1, point]
        point = back if back > 0 and slope >= edge[back] else links[0, point]
    return point
