"""Basic transmission loss of P.1812: the mechanisms combined (§4.3.5, 4.6, 4.7, 4.9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Literal

from lomsong.errors import UsageError
from lomsong.radio.p1812.combination import combined, inverse_normal
from lomsong.radio.p1812.diffraction import Diffraction, delta_bullington
from lomsong.radio.p1812.mechanisms import free_space_db, scatter_time_db
from lomsong.radio.p1812.path import analyse
from lomsong.radio.p1812.profile import SEA, Profile
from lomsong.radio.p1812.terms import TERMS
from lomsong.radio.p1812.wave import wave_of
from lomsong.texts import Phrase, fault

Polarization = Literal["horizontal", "vertical"]

POLARIZATIONS: tuple[Polarization, ...] = ("horizontal", "vertical")

LIMITS: dict[str, tuple[float, float]] = {
    "f_ghz": (0.03, 6.0),
    "htg_m": (1.0, 3000.0),
    "hrg_m": (1.0, 3000.0),
    "p_percent": (1.0, 50.0),
    "pl_percent": (1.0, 99.0),
    "sigma_l_db": (0.0, 100.0),
    "delta_n": (0.0, 150.0),
    "n0": (200.0, 500.0),
    "dct_km": (0.0, 20_000.0),
    "dcr_km": (0.0, 20_000.0),
}
"""Least and greatest value of each argument, both allowed; the first five are those of the Recommendation."""


@dataclass(frozen=True)
class Loss:
    """Basic transmission loss Lb in dB, and every intermediate quantity by its name in :data:`~.terms.TERMS`."""

    lb_db: float
    terms: Mapping[str, float]


@dataclass(frozen=True)
class Request:
    """The arguments of :func:`basic_loss`, within their limits."""

    polarization: str
    f_ghz: float
    htg_m: float
    hrg_m: float
    p_percent: float
    pl_percent: float
    sigma_l_db: float
    delta_n: float
    n0: float
    dct_km: float
    dcr_km: float

    def __post_init__(self) -> None:
        faults = []
        if self.polarization not in POLARIZATIONS:
            values = {"value": repr(self.polarization), "known": ", ".join(POLARIZATIONS)}
            faults.append(Phrase("p1812.polarization", values))
        for name, (least, most) in LIMITS.items():
            value = getattr(self, name)
            if not isinstance(value, Real) or not least <= float(value) <= most:
                about = Phrase(f"p1812.about_{name}")
                limits = {"least": f"{least:g}", "most": f"{most:g}", "about": about}
                faults.append(Phrase("p1812.limit", {"name": name, "value": str(value), **limits}))
        if faults:
            raise fault(UsageError, "p1812_arguments", faults=tuple(faults))


def basic_loss(
    profile: Profile,
    *,
    f_ghz: float,
    htg_m: float,
    hrg_m: float,
    polarization: Polarization,
    p_percent: float = 50.0,
    pl_percent: float = 50.0,
    sigma_l_db: float = 0.0,
    delta_n: float = 45.0,
    n0: float = 325.0,
    dct_km: float = 500.0,
    dcr_km: float = 500.0,
) -> Loss:
    """Return the basic transmission loss not exceeded for p % of time and pL % of locations.

    The Recommendation is meant for paths of 0.25 to 3000 km; shorter ones are computed alike. A receiver on sea has no
    location variability.

    Parameters
    ----------
    profile
        Terrain, clutter and zones from the transmitter to the receiver.
    f_ghz
        Frequency in GHz, 0.03-6.
    htg_m, hrg_m
        Height of the antennas above ground in m, 1-3000.
    polarization
        ``"horizontal"`` or ``"vertical"``.
    p_percent
        Percentage of the average year for which the loss is not exceeded, 1-50.
    pl_percent
        Percentage of locations for which the loss is not exceeded, 1-99.
    sigma_l_db
        Standard deviation σL of location variability at the height of the receiver in dB; 0 leaves it out (§4.7).
    delta_n
        Average radio-refractivity lapse rate ΔN through the lowest 1 km in N-units/km. The default 45 suits temperate
        land; the Recommendation has it in a map that may not be passed on, with values above in humid tropics.
    n0
        Surface refractivity N0 at sea level in N-units. The default 325 suits temperate land.
    dct_km, dcr_km
        Distance of the terminals from the coast along the path in km (§3.4); matter below 5 km on paths of three
        quarters or more over sea.

    Returns
    -------
    Loss
        ``lb_db`` and ``terms``.

    Raises
    ------
    UsageError
        When an argument is out of its limits or no polarisation; all faults at once.

    References
    ----------
    Recommendation ITU-R P.1812-8, §4; equation (69).
    """
    Request(polarization, f_ghz, htg_m, hrg_m, p_percent, pl_percent, sigma_l_db, delta_n, n0, dct_km, dcr_km)
    path = analyse(profile, htg_m, hrg_m, delta_n)
    d, g, wave = profile.d_km, profile.obstacle_m, wave_of(f_ghz, polarization == "vertical")
    median = delta_bullington(d, g, path, path.ae, wave)
    anomalous = delta_bullington(d, g, path, path.ab, wave)
    lbfs = free_space_db(path.d, path.hts - path.hrs, wave)
    timed_db = scatter_time_db(p_percent, n0)
    found = combined(path, wave, p_percent, timed_db, dct_km, dcr_km, lbfs, median.loss, anomalous.loss)
    terms = path._asdict() | _diffraction_terms(median, anomalous) | found._asdict() | {"Lbfs": lbfs}
    # No buildings or trees stand around a receiver on sea: §4.9 gives it no location variability.
    spread = 0.0 if profile.zone[-1] == SEA else sigma_l_db
    terms["Lloc"] = 0.0 if spread == 0 else -inverse_normal(pl_percent / 100) * spread
    terms["Lb"] = max(terms["Lb0p"], terms["Lbc"] + terms["Lloc"])
    return Loss(terms["Lb"], {name: terms[name] for name in TERMS})


def _diffraction_terms(median: Diffraction, anomalous: Diffraction) -> dict[str, float]:
    """Return the terms of (21), (27) and (39)."""
    return {
        "Lbulla50": median.actual, "Lbulls50": median.smooth, "Ldsph50": median.spherical, "Ld50": median.loss,
        "Lbulla": anomalous.actual, "Lbulls": anomalous.smooth, "Ldsph": anomalous.spherical, "Ldb": anomalous.loss,
    }  # fmt: skip
