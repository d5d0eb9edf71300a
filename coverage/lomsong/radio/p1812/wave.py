"""What the equations need of frequency and polarisation, worked out once."""

from __future__ import annotations

import math
from typing import NamedTuple

WAVE_M_GHZ = 0.2998
"""Speed of light as the Recommendation rounds it: wavelength in m times frequency in GHz."""

LAND = (22.0, 0.003)
SEA = (80.0, 5.0)
"""Relative permittivity and conductivity in S/m (§4.3.3)."""


class Wave(NamedTuple):
    """A frequency and a polarisation.

    ``f`` is in GHz, ``length`` in m, ``third`` is the cube root of f. ``space_db``, ``scatter_db`` and ``duct_db`` are
    the parts of Lbfs, Lbs and Af that depend on frequency alone; ``k_land``, ``k_sea``, ``x`` and ``y`` are K, X over d
    and Y over h without β and the effective Earth radius.
    """

    f: float
    length: float
    third: float
    space_db: float
    scatter_db: float
    duct_db: float
    k_land: float
    k_sea: float
    x: float
    y: float


def wave_of(f: float, vertical: bool) -> Wave:
    """Return the constants of a frequency in GHz and a polarisation: (8), (29), (31), (32), (44) and (47)."""
    third, tenfold = f ** (1 / 3), math.log10(f)
    return Wave(
        f=f,
        length=WAVE_M_GHZ / f,
        third=third,
        space_db=92.4 + 20 * tenfold,
        scatter_db=190.1 + 25 * tenfold - 2.5 * math.log10(f / 2) ** 2,
        duct_db=102.45 + 20 * tenfold + (45.375 - 137.0 * f + 92.5 * f**2 if f < 0.5 else 0.0),
        k_land=_admittance(f, vertical, *LAND),
        k_sea=_admittance(f, vertical, *SEA),
        x=21.88 * third,
        y=0.9575 * third**2,
    )


def _admittance(f: float, vertical: bool, permittivity: float, conductivity: float) -> float:
    loss = 18 * conductivity / f
    k = 0.036 * f ** (-1 / 3) * ((permittivity - 1) ** 2 + loss**2) ** -0.25
    return k * math.sqrt(permittivity**2 + loss**2) if vertical else k
