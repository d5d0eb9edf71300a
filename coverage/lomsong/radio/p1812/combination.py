"""The mechanisms combined: sight, diffraction, scatter and ducting (§4.3.5, 4.6)."""

from __future__ import annotations

import math
from typing import NamedTuple

from lomsong.radio.compiled import compiled
from lomsong.radio.p1812.mechanisms import ducting_db, multipath_db, scatter_db
from lomsong.radio.p1812.path import Path
from lomsong.radio.p1812.wave import Wave


class Combined(NamedTuple):
    """The quantities of :data:`~.terms.TERMS` from Esp to Lbc."""

    Esp: float
    Esb: float
    Lb0p: float
    Lb0b: float
    Fi: float
    Ldp: float
    Lbd50: float
    Lbd: float
    Lbs: float
    Lba: float
    Fj: float
    Fk: float
    Lminb0p: float
    Lminbap: float
    Lbda: float
    Lbam: float
    Lbc: float


@compiled
def combined(
    path: Path, wave: Wave, p: float, timed_db: float, dct: float, dcr: float, lbfs: float, ld50: float, ldb: float
) -> Combined:
    """Return what becomes of the losses Ld50 and Ldb at p % of time: equations (9)-(11) and (40)-(63).

    Parameters
    ----------
    path, wave
        The path in full, frequency and polarisation.
    p
        Percentage of time.
    timed_db
        See :func:`~.mechanisms.scatter_time_db`.
    dct, dcr
        Terminals from the coast in km.
    lbfs, ld50, ldb
        Free space, and diffraction at the median effective Earth radius and at aβ, in dB.
    """
    horizons = path.dlt + path.dlr
    esp, esb = multipath_db(horizons, p), multipath_db(horizons, path.b0)
    lb0p, lb0b = lbfs + esp, lbfs + esb
    fi = time_share(p, path.b0)
    ldp = ld50 + fi * (ldb - ld50)
    lbd50, lbd, over_land = lbfs + ld50, lb0p + ldp, (1 - path.w) * ldp
    lbs, lba = scatter_db(path.d, path.th, wave, timed_db), ducting_db(path, wave, p, dct, dcr)
    fj, fk = sight_share(path.th), range_share(path.d)
    lminb0p = lb0p + over_land if p < path.b0 else lbd50 + (lb0b + over_land - lbd50) * fi
    lminbap = ducted_or_seen_db(lba, lb0p)
    lbda = lbd if lminbap > lbd else lminbap + (lbd - lminbap) * fk
    lbam = lbda + (lminb0p - lbda) * fj
    return Combined(
        esp, esb, lb0p, lb0b, fi, ldp, lbd50, lbd, lbs, lba, fj, fk, lminb0p, lminbap, lbda, lbam,
        both_ways_db(lbs, lbam),
    )  # fmt: skip


@compiled
def ducted_or_seen_db(lba: float, lb0p: float) -> float:
    """Return the notional least loss Lminbap of ducting and sight in dB: equation (60)."""
    return 2.5 * log_sum(lba / 2.5, lb0p / 2.5)


@compiled
def sight_share(th: float) -> float:
    """Return the interpolation factor Fj of the angle ``th`` in mrad: equation (57)."""
    return 1 - 0.5 * (1 + math.tanh(3.0 * 0.8 * (th - 0.3) / 0.3))


@compiled
def range_share(d: float) -> float:
    """Return the interpolation factor Fk of the distance in km: equation (58)."""
    return 1 - 0.5 * (1 + math.tanh(3.0 * 0.5 * (d - 20) / 20))


@compiled
def both_ways_db(lbs: float, lbam: float) -> float:
    """Return the loss Lbc where troposcatter and the other mechanisms add their powers, in dB: equation (63)."""
    return -5 / math.log(10) * log_sum(-0.2 * math.log(10) * lbs, -0.2 * math.log(10) * lbam)


@compiled
def log_sum(a: float, b: float) -> float:
    """Return ln(exp a + exp b), which neither overflows nor vanishes at losses of thousands of dB."""
    return max(a, b) + math.log1p(math.exp(-abs(a - b)))


@compiled
def time_share(p: float, b0: float) -> float:
    """Return the interpolation factor Fi between median and anomalous diffraction: equation (40)."""
    return 1.0 if p <= b0 else inverse_normal(p / 100) / inverse_normal(b0 / 100)


@compiled
def inverse_normal(x: float) -> float:
    """Return I(x), the inverse complementary cumulative normal distribution as attachment 2 approximates it.

    Its error is below 0.00054; x is held within 1e-6 and 1 - 1e-6.

    Examples
    --------
    >>> round(inverse_normal(0.1), 3), round(inverse_normal(0.9), 3)
    (1.282, -1.282)
    """
    t = math.sqrt(-2 * math.log(max(min(x, 1 - x), 1e-6)))
    above = (0.010328 * t + 0.802853) * t + 2.515516698
    below = ((0.001308 * t + 0.189269) * t + 1.432788) * t + 1
    return t - above / below if x <= 0.5 else above / below - t
