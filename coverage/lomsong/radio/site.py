"""One antenna, and how the waves are taken to travel."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from lomsong.radio.antenna import Pattern
from lomsong.radio.p1812.combination import inverse_normal
from lomsong.radio.p1812.loss import Polarization, Request
from lomsong.radio.p1812.mechanisms import scatter_time_db
from lomsong.radio.p1812.path import BETA0_RADIUS_KM, median_radius_km
from lomsong.radio.p1812.radial import Run
from lomsong.radio.p1812.wave import wave_of
from lomsong.radio.vegetation import Woodland


@dataclass(frozen=True)
class Site:
    """One sector of a site.

    Attributes
    ----------
    longitude, latitude
        Degrees of WGS84.
    height_m
        Antenna above ground, 1-3000 m.
    frequency_mhz
        30-6000.
    eirp_dbm
        In the main direction, of whatever is to be received: for RSRP of the reference signal per resource element.
    azimuth_deg
        Main direction, clockwise from true north; NaN: none.
    tilt_deg
        Mechanical tilt, downwards.
    pattern
        Of the antenna; None: alike in all directions.
    name
        For messages and files.
    """

    longitude: float
    latitude: float
    height_m: float
    frequency_mhz: float
    eirp_dbm: float = math.nan
    azimuth_deg: float = math.nan
    tilt_deg: float = 0.0
    pattern: Pattern | None = None
    name: str = ""


@dataclass(frozen=True)
class Physics:
    """What paths are computed with; see :func:`~lomsong.radio.p1812.basic_loss` for units and limits.

    ``woodland`` is the attenuation of the stand of trees in which a receiver stands, None for none: its canopy is then
    an obstacle like any other.
    """

    rx_height_m: float = 1.5
    polarization: Polarization = "vertical"
    p_percent: float = 50.0
    pl_percent: float = 50.0
    sigma_l_db: float = 0.0
    delta_n: float = 45.0
    n0: float = 325.0
    woodland: Woodland | None = field(default_factory=Woodland)

    def run(self, height_m: float, frequency_mhz: float, step_m: float, *, bare: bool) -> Run:
        """Return the constants of the compiled loops for one antenna height and frequency.

        Raises
        ------
        UsageError
            When a value is out of the limits of the Recommendation; all of them at once.
        """
        f = frequency_mhz / 1000
        Request(
            self.polarization, f, height_m, self.rx_height_m, self.p_percent, self.pl_percent, self.sigma_l_db,
            self.delta_n, self.n0, 0.0, 0.0,
        )  # fmt: skip
        trees = self.woodland
        return Run(
            wave=wave_of(f, self.polarization == "vertical"),
            step=step_m / 1000,
            htg=float(height_m),
            hrg=float(self.rx_height_m),
            p=float(self.p_percent),
            median=self.p_percent == 50,
            local=-inverse_normal(self.pl_percent / 100) * self.sigma_l_db,
            timed_db=scatter_time_db(float(self.p_percent), float(self.n0)),
            ae=median_radius_km(self.delta_n),
            ab=BETA0_RADIUS_KM,
            bare=bare,
            wood_db=0.0 if trees is None else float(trees.largest_db(frequency_mhz)),
            wood_db_per_m=0.0 if trees is None else float(trees.specific_db_per_m(frequency_mhz)),
        )
