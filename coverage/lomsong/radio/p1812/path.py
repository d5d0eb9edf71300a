"""Analysis of the path: effective Earth, anomalous propagation, horizons, smooth surface (§3.6-3.8, attachment 1)."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from lomsong.radio.compiled import compiled
from lomsong.radio.p1812.profile import MEAN_EARTH_RADIUS_KM, Floats, Profile

BETA0_RADIUS_KM = 3.0 * MEAN_EARTH_RADIUS_KM
"""Effective Earth radius aβ exceeded for β0 % of the time: equation (7b), kβ = 3."""


class Path(NamedTuple):
    """What §3 and attachment 1 derive from a profile, with the symbols of the text; km, m and mrad."""

    d: float
    hts: float
    hrs: float
    w: float
    dtm: float
    dlm: float
    phi: float
    tau: float
    b0: float
    ae: float
    ab: float
    th_t: float
    th_r: float
    th: float
    dlt: float
    dlr: float
    hst: float
    hsr: float
    hst_lim: float
    hsr_lim: float
    hstd: float
    hsrd: float
    htesph: float
    hresph: float
    hte: float
    hre: float
    hm: float


def median_radius_km(delta_n: float) -> float:
    """Return the median effective Earth radius ae in km: equations (6) and (7a)."""
    return MEAN_EARTH_RADIUS_KM * 157 / (157 - delta_n)


@compiled
def inland_weight(dlm: float) -> float:
    """Return τ of equation (3a) from the longest inland section in km."""
    return 1 - math.exp(-4.12e-4 * dlm**2.41)


@compiled
def anomalous_percent(phi: float, dtm: float, tau: float) -> float:
    """Return β0, the percentage of time with refractivity lapse rates above 100 N-units/km: equations (2)-(5).

    Parameters
    ----------
    phi
        Latitude of the middle of the path in degrees.
    dtm
        Longest continuous land section in km.
    tau
        Weight of the longest inland section.
    """
    mu1 = (10 ** (-dtm / (16 - 6.6 * tau)) + 10 ** (-5 * (0.496 + 0.354 * tau))) ** 0.2
    mu1 = min(mu1, 1.0)
    latitude = abs(phi)
    if latitude > 70:
        return 4.17 * mu1 * mu1**0.3
    mu4 = mu1 ** (-0.935 + 0.0176 * latitude)
    return 10 ** (-0.015 * latitude + 1.67) * mu1 * mu4


def analyse(profile: Profile, htg: float, hrg: float, delta_n: float) -> Path:
    """Return all quantities of the path that do not depend on frequency, time and place percentages."""
    d, h = profile.d_km, profile.h_m
    hts, hrs = float(h[0]) + htg, float(h[-1]) + hrg
    ae = median_radius_km(delta_n)
    dlm, dtm = profile.longest_inland_km, profile.longest_land_km
    phi, tau = profile.middle_latitude_deg, inland_weight(dlm)
    th_t, th_r, first, last = horizons(d, h, hts, hrs, ae)
    length = profile.length_km
    hst, hsr = smooth_surface(d, h)
    hstd, hsrd = diffraction_surface(d, h, hts, hrs, hst, hsr)
    hst_lim, hsr_lim = min(hst, float(h[0])), min(hsr, float(h[-1]))
    return Path(
        d=length, hts=hts, hrs=hrs, w=profile.sea_share, dtm=dtm, dlm=dlm,
        phi=phi, tau=tau, b0=anomalous_percent(phi, dtm, tau), ae=ae, ab=BETA0_RADIUS_KM,
        th_t=th_t, th_r=th_r, th=1000 * length / ae + th_t + th_r,
        dlt=float(d[first]), dlr=length - float(d[last]),
        hst=hst, hsr=hsr, hst_lim=hst_lim, hsr_lim=hsr_lim, hstd=hstd, hsrd=hsrd,
        htesph=hts - hstd, hresph=hrs - hsrd,
        hte=hts - hst_lim, hre=hrs - hsr_lim,
        hm=roughness(d, h, hst_lim, hsr_lim, first, last),
    )  # fmt: skip


def horizons(d: Floats, h: Floats, hts: float, hrs: float, ae: float) -> tuple[float, float, int, int]:
    """Return horizon elevation angles θt and θr in mrad, and the points of the two horizons: equations (76)-(81).

    In sight the angles are those towards the other terminal and both horizons are the point of least clearance in
    terms of Fresnel zones.

    Parameters
    ----------
    d, h
        Distance in km and ground in m, shape (n,).
    hts, hrs
        Antennas above sea level in m.
    ae
        Median effective Earth radius in km.
    """
    length = float(d[-1])
    near, far, ground = d[1:-1], length - d[1:-1], h[1:-1]
    from_tx = 1000 * np.arctan((ground - hts) / (1000 * near) - near / (2 * ae))
    towards_rx = 1000 * math.atan((hrs - hts) / (1000 * length) - length / (2 * ae))
    if from_tx.max() > towards_rx:
        from_rx = 1000 * np.arctan((ground - hrs) / (1000 * far) - far / (2 * ae))
        first, last = int(from_tx.argmax()), int(from_rx.argmax())
        return float(from_tx[first]), float(from_rx[last]), first + 1, last + 1
    towards_tx = 1000 * math.atan((hts - hrs) / (1000 * length) - length / (2 * ae))
    above_line = ground + 500 / ae * near * far - (hts * far + hrs * near) / length
    nearest = 1 + int((above_line / np.sqrt(near * far)).argmax())
    return towards_rx, towards_tx, nearest, nearest


def smooth_surface(d: Floats, h: Floats) -> tuple[float, float]:
    """Return the least-squares surface at the two ends, hst and hsr, in m: equations (83)-(86)."""
    step, length = np.diff(d), float(d[-1])
    v1 = float((step * (h[1:] + h[:-1])).sum())
    v2 = float((step * (h[1:] * (2 * d[1:] + d[:-1]) + h[:-1] * (d[1:] + 2 * d[:-1]))).sum())
    return (2 * v1 * length - v2) / length**2, (v2 - v1 * length) / length**2


def diffraction_surface(d: Floats, h: Floats, hts: float, hrs: float, hst: float, hsr: float) -> tuple[float, float]:
    """Return the smooth surface for diffraction at the two ends, hstd and hsrd, in m: equations (87)-(89).

    It is lowered by the highest obstacle above the line between the antennas, and lies nowhere above the terminals.
    """
    length = float(d[-1])
    near, far = d[1:-1], length - d[1:-1]
    above_line = h[1:-1] - (hts * far + hrs * near) / length
    highest = float(above_line.max())
    if highest > 0:
        slope_t, slope_r = float((above_line / near).max()), float((above_line / far).max())
        hst -= highest * slope_t / (slope_t + slope_r)
        hsr -= highest * slope_r / (slope_t + slope_r)
    return min(hst, float(h[0])), min(hsr, float(h[-1]))


def roughness(d: Floats, h: Floats, hst: float, hsr: float, first: int, last: int) -> float:
    """Return hm, the highest terrain above the smooth surface between the horizons, in m: equations (91) and (93)."""
    between = slice(min(first, last), max(first, last) + 1)
    surface = hst + (hsr - hst) / float(d[-1]) * d[between]
    return float((h[between] - surface).max())
