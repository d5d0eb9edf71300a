"""The other ways of getting there: sight with multipath, tropospheric scatter, ducting and layers (§4.2, 4.4, 4.5)."""

from __future__ import annotations

import math

from lomsong.radio.p1812.path import Path


def free_space_db(path: Path, f: float) -> float:
    """Return Lbfs in dB over the slant distance, f in GHz: equation (8)."""
    slant = math.hypot(path.d, (path.hts - path.hrs) / 1000)
    return 92.4 + 20 * math.log10(f) + 20 * math.log10(slant)


def multipath_db(path: Path, percent: float) -> float:
    """Return the correction Es for multipath and focusing of a percentage of time in dB: equation (9)."""
    return 2.6 * (1 - math.exp(-0.1 * (path.dlt + path.dlr))) * math.log10(percent / 50)


def scatter_db(path: Path, f: float, p: float, n0: float) -> float:
    """Return the loss Lbs by tropospheric scatter in dB: equations (44) and (45)."""
    frequency = 25 * math.log10(f) - 2.5 * math.log10(f / 2) ** 2
    time = 10.125 * math.log10(50 / p) ** 0.7
    return 190.1 + frequency + 20 * math.log10(path.d) + 0.573 * path.th - 0.15 * n0 - time


def ducting_db(path: Path, f: float, p: float, dct: float, dcr: float) -> float:
    """Return the loss Lba by ducting and layer reflection in dB: equation (46)."""
    coupling = (
        102.45 + 20 * math.log10(f) + 20 * math.log10(path.dlt + path.dlr)
        + (45.375 - 137.0 * f + 92.5 * f**2 if f < 0.5 else 0.0)
        + _shielding_db(path.th_t, path.dlt, f) + _shielding_db(path.th_r, path.dlr, f)
        + _over_sea_db(path.w, dct, path.dlt, path.hts) + _over_sea_db(path.w, dcr, path.dlr, path.hrs)
    )  # fmt: skip
    specific = 5e-5 * path.ae * f ** (1 / 3)
    angle = 1000 * path.d / path.ae + min(path.th_t, 0.1 * path.dlt) + min(path.th_r, 0.1 * path.dlr)
    return coupling + specific * angle + _time_db(path, p)


def _shielding_db(th: float, dl: float, f: float) -> float:
    """Return the site-shielding loss Ast or Asr of one terminal in dB: equation (48)."""
    raised = th - 0.1 * dl
    if raised <= 0:
        return 0.0
    return 20 * math.log10(1 + 0.361 * raised * math.sqrt(f * dl)) + 0.264 * raised * f ** (1 / 3)


def _over_sea_db(w: float, dc: float, dl: float, hs: float) -> float:
    """Return the coupling Act or Acr with ducts over the sea, of a terminal ``dc`` km from the coast: (49)."""
    if w < 0.75 or dc > dl or dc > 5:
        return 0.0
    return -3 * math.exp(-0.25 * dc**2) * (1 + math.tanh(0.07 * (50 - hs)))


def _time_db(path: Path, p: float) -> float:
    """Return A(p), the variability in time, in dB: equations (53)-(56)."""
    d = path.d
    alpha = max(-0.6 - 3.5e-9 * d**3.1 * path.tau, -3.4)
    mu2 = (500 / path.ae * d**2 / (math.sqrt(path.hte) + math.sqrt(path.hre)) ** 2) ** alpha
    mu3 = 1.0
    if path.hm > 10:
        mu3 = math.exp(-4.6e-5 * (path.hm - 10) * (43 + 6 * min(d - path.dlt - path.dlr, 40)))
    beta = path.b0 * min(mu2, 1.0) * mu3
    scale = math.log10(beta)
    shape = 1.076 / (2.0058 - scale) ** 1.012
    shape *= math.exp(-(9.51 - 4.8 * scale + 0.198 * scale**2) * 1e-6 * d**1.13)
    return -12 + (1.2 + 3.7e-3 * d) * math.log10(p / beta) + 12 * (p / beta) ** shape
