"""Reference attenuation: what a path loses beyond free space in the median, by distance range.

Line of sight, diffraction and troposcatter join where their lines meet. Equation numbers are those of Hufford, "The ITS
Irregular Terrain Model, version 1.2.2: The Algorithm" (1995), sections 4 and 6.
"""

from __future__ import annotations

import math

from numba import njit

from lomsong.radio.itm.path import WAVE_MHZ, Path, irregularity_at, roughness_at, smooth_horizons_m

LINE_OF_SIGHT, DIFFRACTION, TROPOSCATTER = 0, 1, 2

DB = 10 / math.log(10)
"""dB in one neper of power."""

NEVER_M = 10e6
"""Beginning of the scatter range where scatter cannot be told."""

ROUND_EARTH = 151.0
"""A of equation (4.20), where the text has 151.03."""

SMOOTH_WEIGHT = 25.1
"""Rounded 10 √(2π) of w = 1 / (1 + 0.1 √Q)."""

SIGHT_WEIGHT = 0.021
"""Rounded 1 / D₁ of equation (4.43), 1/m, where the text has D₁ = 47.7 m.

These three are rounded as in the program that NTIA gives out, and so in SPLAT!; with the digits of the text its test
vectors are missed by up to 0.02 dB.
"""

_SCATTER_ETA = ((25.0, 80.0, 177.0, 395.0, 705.0), (24.0, 45.0, 68.0, 80.0, 105.0))
"""a and b of equation (6.13) at η = 1 … 5."""


@njit(cache=True, nogil=True, error_model="numpy")
def _knife_edge_db(nu2: float) -> float:
    """Return Fn(ν) of ν² (equation 6.1)."""
    if nu2 < 5.76:
        return 6.02 + 9.11 * math.sqrt(nu2) - 1.27 * nu2
    return 12.953 + DB * math.log(nu2)


@njit(cache=True, nogil=True, error_model="numpy")
def _far_db(x: float) -> float:
    """Return G(x), the loss with distance behind a smooth Earth."""
    return 0.05751 * x - DB * math.log(x)


@njit(cache=True, nogil=True, error_model="numpy")
def _height_gain_db(x: float, k: float) -> float:
    """Return F(x, K), the height gain over a smooth Earth (equations 6.2 to 6.7)."""
    if x >= 2000:
        return _far_db(x)
    high = 4 * DB * math.log(max(x, 1.0)) - 117
    if x >= 200:
        share = 0.0134 * x * math.exp(-0.005 * x)
        return (1 - share) * _far_db(x) + share * high
    fade = -math.log(k)
    if k < 1e-5 or x * fade**3 > 5495:
        return high
    return 2.5e-5 * x * x / k - 2 * DB * fade - 15


@njit(cache=True, nogil=True, error_model="numpy")
def _bent_rad(path: Path) -> float:
    """Return θe, the total bending between the horizon rays (equation 3.8)."""
    return max(path.angle_rad[0] + path.angle_rad[1], -(path.horizon_m[0] + path.horizon_m[1]) * path.curvature_per_m)


@njit(cache=True, nogil=True, error_model="numpy")
def _radius_terms(curvature_per_m: float, reach_rad: float, path: Path) -> tuple[float, float]:
    """Return K and x of one of the three radii that stand for the ground (equations 4.15 to 4.20)."""
    alpha = (path.wave_per_m / curvature_per_m) ** (1 / 3)
    k = 1 / (alpha * abs(path.impedance))
    return k, ROUND_EARTH * (1.607 - k) * alpha * reach_rad


@njit(cache=True, nogil=True, error_model="numpy")
def _rounded_db(distance_m: float, angle_rad: float, path: Path) -> float:
    """Return Ar, the loss over rounded ground, by the three radii of Vogler (equations 4.15 to 4.20)."""
    total, gain = 0.0, 0.0
    for j in range(2):
        bend = 2 * path.effective_m[j] / path.horizon_m[j] ** 2
        k, x = _radius_terms(bend, bend * path.horizon_m[j], path)
        gain += _height_gain_db(x, k)
        total += x
    middle = angle_rad / (distance_m - path.horizon_m[0] - path.horizon_m[1])
    _, x = _radius_terms(middle, angle_rad, path)
    return _far_db(x + total) - gain - 20


@njit(cache=True, nogil=True, error_model="numpy")
def _edges_db(distance_m: float, angle_rad: float, path: Path) -> float:
    """Return Ak, the loss over two knife edges at the horizons (equations 4.13, 4.14)."""
    beyond = distance_m - path.horizon_m[0] - path.horizon_m[1]
    loss = 0.0
    for j in range(2):
        reach = path.horizon_m[j]
        loss += _knife_edge_db(
            path.wave_per_m / (4 * math.pi) * angle_rad * angle_rad * beyond * reach / (beyond + reach)
        )
    return loss


@njit(cache=True, nogil=True, error_model="numpy")
def diffraction_db(distance_m: float, path: Path) -> float:
    """Return Adiff(d): knife edges and rounded Earth weighed by roughness, and clutter (equations 4.9 to 4.12)."""
    smooth = smooth_horizons_m(path)
    horizon, bent = path.horizon_m[0] + path.horizon_m[1], _bent_rad(path)
    product = path.height_m[0] * path.height_m[1]
    clutter = 5 * math.log10(1 + 4.77e-4 * product * path.wave_per_m * roughness_at(path.irregularity_m, smooth))
    raised = math.sqrt((path.effective_m[0] * path.effective_m[1] + path.clutter_m2) / (product + path.clutter_m2))
    waves = path.wave_per_m / (2 * math.pi) * irregularity_at(path.irregularity_m, distance_m)
    rough = (raised + (horizon + bent / path.curvature_per_m) / distance_m) * min(waves, 1000.0)
    weight = SMOOTH_WEIGHT / (SMOOTH_WEIGHT + math.sqrt(2 * math.pi * rough))
    angle = bent + path.curvature_per_m * distance_m
    edges, rounded = _edges_db(distance_m, angle, path), _rounded_db(distance_m, angle, path)
    return (1 - weight) * edges + weight * rounded + min(clutter, 15.0)


@njit(cache=True, nogil=True, error_model="numpy")
def _sight_db(distance_m: float, straight_db: float, smooth_m: float, path: Path) -> float:
    """Return Alos(d): two rays, weighed against diffraction carried on inwards (equations 4.43 to 4.51)."""
    tall, product = path.effective_m[0] + path.effective_m[1], path.effective_m[0] * path.effective_m[1]
    share = SIGHT_WEIGHT / (SIGHT_WEIGHT + path.wave_per_m * path.irregularity_m / max(10e3, smooth_m))
    sine = tall / math.sqrt(distance_m * distance_m + tall * tall)
    spread = path.wave_per_m * roughness_at(path.irregularity_m, distance_m) * sine
    bounce = (sine - path.impedance) / (sine + path.impedance) * math.exp(-min(10.0, spread))
    size = abs(bounce)
    if size < max(0.5, math.sqrt(sine)):
        bounce *= math.sqrt(sine) / size
    phase = 2 * path.wave_per_m * product / distance_m
    if phase > math.pi / 2:
        phase = math.pi - (math.pi / 2) ** 2 / phase
    rays = -2 * DB * math.log(abs(complex(math.cos(phase), -math.sin(phase)) + bounce))
    return share * rays + (1 - share) * straight_db


@njit(cache=True, nogil=True, error_model="numpy")
def _sight_lines(start_db: float, slope: float, smooth_m: float, path: Path) -> tuple[float, float, float]:
    """Return Ael, K₁ and K₂ of the line-of-sight range (section 4.2).

    The curve meets diffraction at the smooth horizon and the two-ray losses at d₁ and, where it can, at d₀.
    """
    horizon = path.horizon_m[0] + path.horizon_m[1]
    end_db = start_db + slope * smooth_m
    near = 1.908 * path.wave_per_m * path.effective_m[0] * path.effective_m[1]
    if start_db >= 0:
        near = min(near, 0.5 * horizon)
        mid = near + 0.25 * (horizon - near)
    else:
        mid = max(-start_db / slope, 0.25 * horizon)
    mid_db = _sight_db(mid, start_db + slope * mid, smooth_m, path)
    if near < mid:
        near_db = _sight_db(near, start_db + slope * near, smooth_m, path)
        spread = math.log(smooth_m / near)
        bow = max(
            0.0,
            ((smooth_m - near) * (mid_db - near_db) - (mid - near) * (end_db - near_db))
            / ((smooth_m - near) * math.log(mid / near) - (mid - near) * spread),
        )
        if start_db >= 0 or bow > 0:
            straight = (end_db - near_db - bow * spread) / (smooth_m - near)
            if straight < 0:
                straight, bow = 0.0, max(0.0, end_db - near_db) / spread
                if bow == 0:
                    straight = slope
            return end_db - straight * smooth_m - bow * math.log(smooth_m), straight, bow
    straight = max(0.0, end_db - mid_db) / (smooth_m - mid)
    if straight == 0:
        straight = slope
    return end_db - straight * smooth_m, straight, 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def _scatter_gain_db(r: float, step: int) -> float:
    """Return H₀₁(r, η) at whole η (equation 6.13)."""
    x = 1 / (r * r)
    return DB * math.log(1 + x * (_SCATTER_ETA[1][step - 1] + x * _SCATTER_ETA[0][step - 1]))


@njit(cache=True, nogil=True, error_model="numpy")
def _frequency_gain_db(r: float, eta: float) -> float:
    """Return H₀₁(r, η), between whole η by a straight line (section 6)."""
    step = min(max(int(eta), 1), 5)
    low = _scatter_gain_db(r, step)
    if step == 5 or eta <= step:
        return low
    return low + (eta - step) * (_scatter_gain_db(r, step + 1) - low)


@njit(cache=True, nogil=True, error_model="numpy")
def _distance_loss_db(reach_m: float) -> float:
    """Return F(θd) without its refractivity (section 6, after Tech Note 101)."""
    if reach_m <= 10e3:
        return 133.4 + 0.332e-3 * reach_m - DB * math.log(reach_m)
    if reach_m <= 70e3:
        return 104.6 + 0.212e-3 * reach_m - 0.25 * DB * math.log(reach_m)
    return 71.8 + 0.157e-3 * reach_m + 0.5 * DB * math.log(reach_m)


@njit(cache=True, nogil=True, error_model="numpy")
def _efficiency_db(distance_m: float, path: Path) -> float:
    """Return H₀, the loss of a common volume that low antennas cannot light (section 4.3); NaN where it fails."""
    angle = path.angle_rad[0] + path.angle_rad[1] + path.curvature_per_m * distance_m
    r1 = 2 * path.wave_per_m * angle * path.effective_m[0]
    r2 = 2 * path.wave_per_m * angle * path.effective_m[1]
    if r1 < 0.2 and r2 < 0.2:
        return math.nan
    lean, ratio = path.horizon_m[0] - path.horizon_m[1], path.effective_m[1] / path.effective_m[0]
    if lean < 0:
        lean, ratio = -lean, 1 / ratio
    raw = (distance_m - lean) / (distance_m + lean)
    skew, balance = max(0.1, raw), min(max(0.1, ratio / raw), 10.0)
    crossing = (distance_m - lean) * (distance_m + lean) * angle * 0.25 / distance_m
    n = path.refractivity
    thin = ((5.67e-6 * n - 2.32e-3) * n + 0.031) * math.exp(-(min(1.7, crossing / 8e3) ** 6))
    eta = (thin + 1) * crossing / 1.7556e3
    whole = max(1.0, eta)
    gain = (_frequency_gain_db(r1, whole) + _frequency_gain_db(r2, whole)) / 2
    gain += min(gain, (1.38 - math.log(whole)) * math.log(skew) * math.log(balance) * 0.49)
    gain = max(gain, 0.0)
    if eta < 1:
        ideal = ((1 + math.sqrt(2) / r1) * (1 + math.sqrt(2) / r2)) ** 2 * (r1 + r2) / (r1 + r2 + math.sqrt(8))
        gain = eta * gain + (1 - eta) * DB * math.log(ideal)
    return gain


@njit(cache=True, nogil=True, error_model="numpy")
def _scatter_db(distance_m: float, efficiency_db: float, path: Path) -> float:
    """Return Ascat(d) of a given H₀ (section 4.3)."""
    angle = _bent_rad(path) + path.curvature_per_m * distance_m
    dry = 0.1 * (path.refractivity - 301) * math.exp(-angle * distance_m / 40e3)
    return (
        _distance_loss_db(angle * distance_m)
        + DB * math.log(WAVE_MHZ * path.wave_per_m * angle**4)
        - dry
        + efficiency_db
    )


@njit(cache=True, nogil=True, error_model="numpy")
def _scatter_line(start_db: float, slope: float, smooth_m: float, bend_m: float, path: Path) -> tuple[float, float]:
    """Return dx, where scatter takes over, and its slope ms in dB/m (section 4.3)."""
    horizon = path.horizon_m[0] + path.horizon_m[1]
    near, far = horizon + 200e3, horizon + 400e3
    far_gain = _efficiency_db(far, path)
    near_gain = far_gain if far_gain > 15 else _efficiency_db(near, path)
    if near_gain > 15:
        near_gain = far_gain
    if math.isnan(near_gain) or math.isnan(far_gain):
        return NEVER_M, slope
    near_db = _scatter_db(near, near_gain, path)
    flat = (_scatter_db(far, far_gain, path) - near_db) / 200e3
    meet = (near_db - start_db - flat * near) / (slope - flat)
    return max(smooth_m, horizon + 0.3 * bend_m * math.log(WAVE_MHZ * path.wave_per_m), meet), flat


@njit(cache=True, nogil=True, error_model="numpy")
def reference_db(path: Path) -> tuple[float, int]:
    """Return Aref in dB above free space, and the range the path lies in (equations 4.1 to 4.8)."""
    smooth = smooth_horizons_m(path)
    bend = (path.wave_per_m * path.curvature_per_m**2) ** (-1 / 3)  # Xae
    near = max(smooth, path.horizon_m[0] + path.horizon_m[1] + 1.3787 * bend)
    far = near + 2.7574 * bend
    near_db = diffraction_db(near, path)
    slope = (diffraction_db(far, path) - near_db) / (far - near)
    start = near_db - slope * near
    if path.length_m < smooth:
        base, straight, bow = _sight_lines(start, slope, smooth, path)
        return max(0.0, base + straight * path.length_m + bow * math.log(path.length_m)), LINE_OF_SIGHT
    beyond, flat = _scatter_line(start, slope, smooth, bend, path)
    if path.length_m <= beyond:
        return max(0.0, start + slope * path.length_m), DIFFRACTION
    return max(0.0, start + slope * beyond + flat * (path.length_m - beyond)), TROPOSCATTER
