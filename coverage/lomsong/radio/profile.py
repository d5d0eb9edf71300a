"""One link over its terrain: heights along the path, the ray, its first Fresnel zone, and the loss."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lomsong.errors import DataError, UsageError
from lomsong.radio.frame import EARTH, frame_around
from lomsong.radio.landcover import Heights
from lomsong.radio.p1812 import Loss, Profile, basic_loss
from lomsong.radio.p1812.path import median_radius_km
from lomsong.radio.relief import Raster, terrain_around
from lomsong.radio.sampling import step_of, traced
from lomsong.radio.site import Physics, Site
from lomsong.radio.terrain import Terrain
from lomsong.shown import Card, count, say
from lomsong.texts import fault

MOST_STEPS = 1_000_000
"""Most steps of a profile."""

_LIGHT_MPS = 299_792_458.0


@dataclass(frozen=True)
class PathProfile:
    """A link from a transmitter to a receiver and everything that is drawn and told of it.

    Heights are above sea level unless said otherwise; the effective Earth is laid flat by :attr:`bulge_m`, which is
    added to what stands on the ground, so that rays are straight.

    Attributes
    ----------
    d_km
        Distance from the transmitter in km, shape (n,), rising from 0; the last is the receiver's.
    ground_m
        Ground in m, shape (n,).
    clutter_m, canopy_m
        Height of buildings and other clutter, and of trees, above the ground in m, shape (n,); 0 where there is none.
    standing_m
        Height of what of these is an obstacle to the loss, shape (n,): the trees around the receiver are not.
    zone
        1 sea, 3 coast, 4 inland, shape (n,).
    tx_lonlat, rx_lonlat
        Longitude and latitude of the ends in degrees.
    tx_height_m, rx_height_m
        Height of the antennas above the ground in m.
    frequency_mhz
        Frequency.
    effective_earth_km
        Median effective radius of the Earth in km.
    bearing_deg
        Direction from the transmitter to the receiver, clockwise from north.
    eirp_dbm
        Radiated power in the main direction; NaN when unknown.
    antenna_db
        Attenuation of the pattern towards the receiver in dB, 0 or more.
    vegetation_db
        Loss of the trees around the receiver in dB, not part of ``loss``.
    loss
        Basic transmission loss and its terms.
    level_dbm
        Received level; NaN when unknown.
    receiver_db
        Loss of the receiving end (device, body, vehicle or building) in dB, part of the level.
    """

    d_km: NDArray[np.float64]
    ground_m: NDArray[np.float64]
    clutter_m: NDArray[np.float64]
    canopy_m: NDArray[np.float64]
    standing_m: NDArray[np.float64]
    zone: NDArray[np.int64]
    tx_lonlat: tuple[float, float]
    rx_lonlat: tuple[float, float]
    tx_height_m: float
    rx_height_m: float
    frequency_mhz: float
    effective_earth_km: float
    bearing_deg: float
    eirp_dbm: float
    antenna_db: float
    vegetation_db: float
    loss: Loss
    level_dbm: float
    receiver_db: float = 0.0

    @property
    def length_km(self) -> float:
        """Length of the path in km."""
        return float(self.d_km[-1])

    @property
    def fresnel_radius_m(self) -> NDArray[np.float64]:
        """Radius sqrt(λ d1 d2 / d) of the first Fresnel zone in m, shape (n,): ITU-R P.526-15, equation (2)."""
        wavelength = _LIGHT_MPS / (self.frequency_mhz * 1e6)
        return np.sqrt(wavelength * 1000 * self.d_km * (self.length_km - self.d_km) / self.length_km)

    @property
    def ray_m(self) -> NDArray[np.float64]:
        """Height of the straight line between the antennas in m, shape (n,)."""
        first, last = self.ground_m[0] + self.tx_height_m, self.ground_m[-1] + self.rx_height_m
        return np.asarray(first + (last - first) * self.d_km / self.length_km)

    @property
    def bulge_m(self) -> NDArray[np.float64]:
        """Height d1 d2 / 2 ae of the effective Earth above the chord in m, shape (n,)."""
        return np.asarray(1000 * self.d_km * (self.length_km - self.d_km) / (2 * self.effective_earth_km))

    @property
    def obstacle_m(self) -> NDArray[np.float64]:
        """Height of the ground and what stands on it above the chord in m, shape (n,); at the ends the bare ground."""
        standing = self.standing_m.copy()
        standing[[0, -1]] = 0.0
        return np.asarray(self.ground_m + standing + self.bulge_m)

    @property
    def worst(self) -> int:
        """Point, not an end, at which the clearance is least in terms of Fresnel zones; 0 where there is none."""
        if len(self.d_km) < 3:
            return 0
        room = self.ray_m[1:-1] - self.obstacle_m[1:-1]
        return 1 + int(np.argmin(room / self.fresnel_radius_m[1:-1]))

    @property
    def clearance(self) -> float:
        """Least height of the ray above an obstacle as a share of F1, below 0 where it is cut.

        Infinite for a path without a point between its ends.
        """
        at = self.worst
        if not at:
            return math.inf
        return float((self.ray_m[at] - self.obstacle_m[at]) / self.fresnel_radius_m[at])

    def _repr_html_(self) -> str:
        facts = [
            (say("length"), count(self.length_km, 2)), (say("frequency"), count(self.frequency_mhz)),
            (say("heights"), f"{count(self.tx_height_m)} / {count(self.rx_height_m, 1)}"),
            (say("clearance"), count(self.clearance, 2)), (say("loss"), count(float(self.loss.lb_db), 1)),
            (say("level"), count(self.level_dbm, 1)),
        ]  # fmt: skip
        return Card(say("profile"), facts)._repr_html_()


def path_profile(
    dem: Terrain | Raster,
    site: Site,
    rx_lonlat: tuple[float, float],
    *,
    physics: Physics | None = None,
    land_cover: Raster | None = None,
    canopy: Raster | None = None,
    heights: Heights | None = None,
    step_m: float | None = None,
) -> PathProfile:
    """Return the profile of a link and its loss by ITU-R P.1812-8, every term included.

    Parameters
    ----------
    dem, land_cover, canopy, heights
        As for :func:`~lomsong.radio.coverage_area`.
    site
        The transmitter.
    rx_lonlat
        Longitude and latitude of the receiver in degrees; its height is that of ``physics``.
    physics
        What paths are computed with.
    step_m
        Greatest distance between the points of the profile; None: as far as the cells' centres lie apart.

    Raises
    ------
    DataError
        When an end lies outside the DEM, the terrain is not known on the way, or the ends are not apart.
    FormatError, CrsError, UsageError
        As for :func:`~lomsong.radio.coverage_area`.
    """
    physics = physics or Physics()
    try:
        longitude, latitude = (float(degrees) for degrees in rx_lonlat)
    except (TypeError, ValueError):
        raise fault(UsageError, "path_receiver", value=repr(rx_lonlat)) from None
    if not (math.isfinite(longitude) and -90 <= latitude <= 90):
        raise fault(UsageError, "terrain_place", longitude=repr(longitude), latitude=repr(latitude))
    azimuth, _, length_m = EARTH.inv(site.longitude, site.latitude, longitude, latitude)
    if length_m == 0:
        raise fault(DataError, "path_length", site=site.name or "–")
    # Somewhat wider, so that the receiver is not at the very edge.
    reach_m = length_m * 1.001
    terrain = terrain_around(
        dem, site.longitude, site.latitude, reach_m, land_cover=land_cover, canopy=canopy, heights=heights
    )
    frame = frame_around(site.longitude, site.latitude, reach_m, terrain.transform, terrain.crs)
    end = max(math.ceil(length_m / step_of(terrain, step_m, length_m / MOST_STEPS)), 2)
    trace = traced(terrain, frame, math.radians(azimuth), site, physics, length_m / end, end)
    loss = basic_loss(
        trace.profile, f_ghz=site.frequency_mhz / 1000, htg_m=site.height_m, hrg_m=physics.rx_height_m,
        polarization=physics.polarization, p_percent=physics.p_percent, pl_percent=physics.pl_percent,
        sigma_l_db=physics.sigma_l_db, delta_n=physics.delta_n, n0=physics.n0,
        dct_km=trace.dct_km, dcr_km=trace.dcr_km,
    )  # fmt: skip
    weaker = _pattern_db(site, azimuth % 360, trace.profile, physics)
    return PathProfile(
        d_km=trace.profile.d_km, ground_m=trace.profile.h_m, clutter_m=trace.clutter_m, canopy_m=trace.canopy_m,
        standing_m=trace.profile.clutter_m, zone=trace.profile.zone, tx_lonlat=(site.longitude, site.latitude),
        rx_lonlat=(longitude, latitude), tx_height_m=site.height_m, rx_height_m=physics.rx_height_m,
        frequency_mhz=site.frequency_mhz, effective_earth_km=loss.terms["ae"], bearing_deg=azimuth % 360,
        eirp_dbm=site.eirp_dbm, antenna_db=weaker, vegetation_db=trace.trees_db, loss=loss,
        level_dbm=site.eirp_dbm - weaker - loss.lb_db - trace.trees_db,
    )  # fmt: skip


def _pattern_db(site: Site, bearing_deg: float, profile: Profile, physics: Physics) -> float:
    """Return the attenuation of the site's pattern towards the receiver in dB."""
    if site.pattern is None:
        return 0.0
    fall_m = profile.h_m[0] + site.height_m - profile.h_m[-1] - physics.rx_height_m
    length_m = 1000 * profile.length_km
    bend = length_m / (2000 * median_radius_km(physics.delta_n))
    down_deg = math.degrees(math.atan(fall_m / length_m + bend))
    return float(site.pattern.attenuation_db(bearing_deg, down_deg, site.azimuth_deg, site.tilt_deg))
