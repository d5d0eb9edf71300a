"""The other ways of getting there: sight with multipath, tropospheric scatter, ducting and layers (§4.2, 4.4, 4.5)."""

from __future__ import annotations

import math

from lomsong.radio.compiled import compiled
from lomsong.radio.p1812.path import Path
from lomsong.radio.p1812.wave import Wave


@compiled
def free_space_db(d: float, rise: float, wave: Wave) -> float:
    """Return Lbfs in dB over ``d`` km and a rise in m between the antennas: equation (8)."""
    return wave.space_db + 10 * math.log10(d * d + 1e-6 * rise * rise)


@compiled
def multipath_db(horizons: float, percent: float) -> float:
    """Return the correction Es for multipath and focusing of a percentage of time in dB: equation (9).

    ``horizons`` is the distance of both terminals from their horizons together, dlt + dlr, in km.
    """
    return 2.6 * (1 - math.exp(-0.1 * horizons)) * math.log10(percent / 50)


@compiled
def scatter_db(d: float, th: float, wave: Wave, timed_db: float) -> float:
    """Return the loss Lbs by tropospheric scatter over ``d`` km at the angle ``th`` in mrad in dB: equation (44)."""
    return wave.scatter_db + 20 * math.log10(d) + 0.573 * th + timed_db


@compiled
def scatter_time_db(p: float, n0: float) -> float:
    """Return the part of Lbs that depends on the percentage of time and on refractivity, in dB: equation (44)."""
    return -0.15 * n0 - 10.125 * math.log10(50 / p) ** 0.7


@compiled
def ducting_db(path: Path, wave: Wave, p: float, dct: float, dcr: float) -> float:
    """Return the loss Lba by ducting and layer reflection in dB: equation (46)."""
    return always_ducting_db(path, wave, dct, dcr) + _time_db(path, p)


@compiled
def always_ducting_db(path: Path, wave: Wave, dct: float, dcr: float) -> float:
    """Return the part of Lba that does not vary in time, in dB: Af and the angular part of Ad(p), (47)-(52).

    Of ``path`` the horizons, the share of sea, d, hts, hrs and ae are used.
    """
    coupling = (
        duct_reach_db(path.dlt + path.dlr, wave)
        + _shielding_db(path.th_t, path.dlt, wave) + _shielding_db(path.th_r, path.dlr, wave)
        + _over_sea_db(path.w, dct, path.dlt, path.hts) + _over_sea_db(path.w, dcr, path.dlr, path.hrs)
    )  # fmt: skip
    specific = 5e-5 * path.ae * wave.third
    angle = 1000 * path.d / path.ae + min(path.th_t, 0.1 * path.dlt) + min(path.th_r, 0.1 * path.dlr)
    return coupling + specific * angle


@compiled
def duct_reach_db(horizons: float, wave: Wave) -> float:
    """Return the part of Af that depends on the distance to the horizons, in km, and frequency alone, in dB: (47)."""
    return wave.duct_db + 20 * math.log10(horizons)


@compiled
def _shielding_db(th: float, dl: float, wave: Wave) -> float:
    """Return the site-shielding loss Ast or Asr of one terminal in dB: equation (48)."""
    raised = th - 0.1 * dl
    if raised <= 0:
        return 0.0
    return 20 * math.log10(1 + 0.361 * raised * math.sqrt(wave.f * dl)) + 0.264 * raised * wave.third


@compiled
def _over_sea_db(w: float, dc: float, dl: float, hs: float) -> float:
    """Return the coupling Act or Acr with ducts over the sea, of a terminal ``dc`` km from the coast: (49)."""
    if w < 0.75 or dc > dl or dc > 5:
        return 0.0
    return -3 * math.exp(-0.25 * dc**2) * (1 + math.tanh(0.07 * (50 - hs)))


@compiled
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
