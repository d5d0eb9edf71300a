"""Diffraction by the delta-Bullington method, and its share of time (§4.3)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from lomsong.radio.compiled import compiled
from lomsong.radio.p1812.path import Path
from lomsong.radio.p1812.profile import Floats
from lomsong.radio.p1812.wave import Wave


@dataclass(frozen=True)
class Diffraction:
    """Loss Ld of one effective Earth radius and what it is made of, in dB: Lbulla, Lbulls, Ldsph."""

    actual: float
    smooth: float
    spherical: float
    loss: float


@compiled
def knife_edge_db(nu: float) -> float:
    """Return J(ν) in dB: equation (12), 0 up to ν = -0.78."""
    if nu <= -0.78:
        return 0.0
    return 6.9 + 20 * math.log10(math.sqrt((nu - 0.1) ** 2 + 1) + nu - 0.1)


@compiled
def edge_db(nu: float, length: float) -> float:
    """Return the Bullington loss Lbull of the edge parameter ν and a path of ``length`` km in dB: (12) and (21)."""
    edge = knife_edge_db(nu)
    return edge + (1 - math.exp(-edge / 6)) * (10 + 0.02 * length) if edge > 0 else 0.0


def bullington_db(d: Floats, g: Floats, hts: float, hrs: float, ap: float, wavelength: float) -> float:
    """Return the Bullington loss Lbull in dB: equations (13)-(21).

    Parameters
    ----------
    d, g
        Distance in km and height of obstacles in m, shape (n,); the ends are no obstacles.
    hts, hrs
        Antennas in m above the zero of ``g``.
    ap
        Effective Earth radius in km.
    wavelength
        In m.
    """
    length = float(d[-1])
    near, far = d[1:-1], length - d[1:-1]
    raised = g[1:-1] + 500 / ap * near * far
    slope_tx = float(((raised - hts) / near).max())
    slope = (hrs - hts) / length
    if slope_tx < slope:
        above_line = raised - (hts * far + hrs * near) / length
        nu = float((above_line * np.sqrt(0.002 * length / (wavelength * near * far))).max())
    else:
        slope_rx = float(((raised - hrs) / far).max())
        nu = crossing_nu(length, slope_tx, slope_rx, hts, hrs, wavelength)
    return edge_db(nu, length)


@compiled
def crossing_nu(length: float, slope_tx: float, slope_rx: float, hts: float, hrs: float, wavelength: float) -> float:
    """Return νb at the Bullington point where the two horizon rays cross: equations (18) and (19)."""
    if slope_tx + slope_rx <= 0:  # one obstacle exactly on the line between the antennas: the rays are that line
        return 0.0
    point = (hrs - hts + slope_rx * length) / (slope_tx + slope_rx)
    if not 0 < point < length:
        return 0.0
    above_line = hts + slope_tx * point - (hts * (length - point) + hrs * point) / length
    return above_line * math.sqrt(0.002 * length / (wavelength * point * (length - point)))


@compiled
def spherical_db(d: float, ht: float, hr: float, w: float, ap: float, wave: Wave) -> float:
    """Return the spherical-Earth loss Ldsph in dB: equations (22)-(27).

    Parameters
    ----------
    d
        Length of the path in km.
    ht, hr
        Antennas htesph and hresph above the smooth surface in m.
    w
        Share of the path over sea.
    ap
        Effective Earth radius in km.
    wave
        Frequency and polarisation.
    """
    sight = math.sqrt(2 * ap) * (math.sqrt(0.001 * ht) + math.sqrt(0.001 * hr))
    if d >= sight:
        return first_term_db(d, ht, hr, w, ap, wave)
    c = (ht - hr) / (ht + hr)
    m = 250 * d**2 / (ap * (ht + hr))
    angle = math.acos(3 * c / 2 * math.sqrt(3 * m / (m + 1) ** 3))
    b = 2 * math.sqrt((m + 1) / (3 * m)) * math.cos(math.pi / 3 + angle / 3)
    d1 = d / 2 * (1 + b)
    d2 = d - d1
    clearance = ((ht - 500 * d1**2 / ap) * d2 + (hr - 500 * d2**2 / ap) * d1) / d
    needed = 17.456 * math.sqrt(d1 * d2 * wave.length / d)
    if clearance > needed:
        return 0.0
    marginal = 500 * (d / (math.sqrt(ht) + math.sqrt(hr))) ** 2
    return max(0.0, (1 - clearance / needed) * first_term_db(d, ht, hr, w, marginal, wave))


@compiled
def first_term_db(d: float, ht: float, hr: float, w: float, adft: float, wave: Wave) -> float:
    """Return the first term Ldft of the residue series over land and sea in dB: equation (28)."""
    bend = adft ** (-1 / 3)
    over_sea = _residue_db(d, ht, hr, bend, wave.k_sea, wave) if w > 0 else 0.0
    over_land = _residue_db(d, ht, hr, bend, wave.k_land, wave) if w < 1 else 0.0
    return w * over_sea + (1 - w) * over_land


@compiled
def _residue_db(d: float, ht: float, hr: float, bend: float, admittance: float, wave: Wave) -> float:
    """Return Ldft of one kind of ground in dB: equations (29)-(36)."""
    k = admittance * bend
    beta = (1 + 1.6 * k**2 + 0.67 * k**4) / (1 + 4.5 * k**2 + 1.53 * k**4)
    x = beta * wave.x * bend * bend * d
    y = beta * wave.y * bend
    fx = 11 + 10 * math.log10(x) - 17.6 * x if x >= 1.6 else -20 * math.log10(x) - 5.6488 * x**1.425
    return -fx - _height_gain_db(y * ht, beta, k) - _height_gain_db(y * hr, beta, k)


@compiled
def _height_gain_db(y: float, beta: float, k: float) -> float:
    """Return G(Y) in dB: equations (34) and (35)."""
    b = beta * y
    gain = 17.6 * math.sqrt(b - 1.1) - 5 * math.log10(b - 1.1) - 8 if b > 2 else 20 * math.log10(b + 0.1 * b**3)
    return max(gain, 2 + 20 * math.log10(k))


def delta_bullington(d: Floats, g: Floats, path: Path, ap: float, wave: Wave) -> Diffraction:
    """Return the complete diffraction loss Ld of the effective Earth radius ``ap`` in km: equations (38) and (39)."""
    actual = bullington_db(d, g, path.hts, path.hrs, ap, wave.length)
    smooth = bullington_db(d, np.zeros_like(g), path.htesph, path.hresph, ap, wave.length)
    spherical = spherical_db(path.d, path.htesph, path.hresph, path.w, ap, wave)
    return Diffraction(actual, smooth, spherical, actual + max(spherical - smooth, 0.0))
