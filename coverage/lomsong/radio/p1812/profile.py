"""The path profile of P.1812: terrain, clutter and radio-climatic zones along the great circle (§3.2-3.3)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lomsong.errors import DataError
from lomsong.texts import Phrase, fault

Floats = NDArray[np.float64]

SEA, COAST, INLAND = 1, 3, 4
"""Codes of the radio-climatic zones of §3.3."""

LEAST_POINTS = 3
"""A profile is its two terminals and at least one point between them."""

MEAN_EARTH_RADIUS_KM = 6371.0


@dataclass(init=False, frozen=True, eq=False)
class Profile:
    """A path from transmitter to receiver; the arrays are copied, checked once and then read-only.

    Steps need not be equal. The clutter of the first and last point is not used: the antennas stand there (§3.2.1). A
    boundary of two zones lies halfway between the two points.

    Parameters
    ----------
    d_km
        Great-circle distance from the transmitter in km, shape (n,), n >= 3, rising from 0.
    h_m
        Height of the ground (of the sea on sea) above mean sea level in m, shape (n,).
    clutter_m
        Representative height of clutter above the ground in m, shape (n,), not negative.
    zone
        Radio-climatic zone, shape (n,): 1 sea, 3 coastal land, 4 inland.
    tx_lonlat, rx_lonlat
        Longitude and latitude of the terminals in degrees. Only the latitude of the middle of the path is used: it is
        reached along the great circle from the transmitter towards the receiver at half of the last distance.

    Raises
    ------
    DataError
        When lengths differ, a value is missing or out of its limits; all faults at once.

    References
    ----------
    Recommendation ITU-R P.1812-8, §3.2, §3.3 and table 3.
    """

    d_km: Floats
    h_m: Floats
    clutter_m: Floats
    zone: NDArray[np.int64]
    tx_lonlat: tuple[float, float]
    rx_lonlat: tuple[float, float]

    def __init__(
        self,
        d_km: ArrayLike,
        h_m: ArrayLike,
        clutter_m: ArrayLike,
        zone: ArrayLike,
        tx_lonlat: tuple[float, float],
        rx_lonlat: tuple[float, float],
    ) -> None:
        given = {"d_km": d_km, "h_m": h_m, "clutter_m": clutter_m, "zone": zone}
        columns = {name: _numbers(name, values) for name, values in given.items()}
        places = {"tx_lonlat": _place("tx_lonlat", tx_lonlat), "rx_lonlat": _place("rx_lonlat", rx_lonlat)}
        faults = _shape_faults(columns) or _value_faults(columns)
        faults += [found for name, place in places.items() for found in _place_faults(name, place)]
        if faults:
            raise fault(DataError, "p1812_profile", faults=tuple(faults))
        for name, column in columns.items():
            kept = column.astype(np.int64) if name == "zone" else column.copy()
            kept.setflags(write=False)
            object.__setattr__(self, name, kept)
        for name, place in places.items():
            object.__setattr__(self, name, place)

    @property
    def length_km(self) -> float:
        """Length d of the path in km."""
        return float(self.d_km[-1])

    @property
    def obstacle_m(self) -> Floats:
        """Heights g of ground and clutter above sea level in m, without clutter at the terminals: (1), shape (n,)."""
        g = self.h_m + self.clutter_m
        g[0], g[-1] = self.h_m[0], self.h_m[-1]
        return g

    @property
    def sea_share(self) -> float:
        """Fraction ω of the path that lies over sea (table 5)."""
        lengths = _sections(self.d_km, self.zone == SEA)
        return sum(lengths) / self.length_km

    @property
    def longest_land_km(self) -> float:
        """Longest continuous section dtm over land, coastal or inland, in km (§3.6)."""
        return max(_sections(self.d_km, self.zone != SEA), default=0.0)

    @property
    def longest_inland_km(self) -> float:
        """Longest continuous inland section dlm in km (§3.6)."""
        return max(_sections(self.d_km, self.zone == INLAND), default=0.0)

    @property
    def middle_latitude_deg(self) -> float:
        """Latitude φ of the middle of the path in degrees (4)."""
        lon_t, lat_t, lon_r, lat_r = map(math.radians, (*self.tx_lonlat, *self.rx_lonlat))
        east = math.cos(lat_r) * math.sin(lon_r - lon_t)
        north = math.cos(lat_t) * math.sin(lat_r) - math.sin(lat_t) * math.cos(lat_r) * math.cos(lon_r - lon_t)
        bearing = math.atan2(east, north)
        half = self.length_km / 2 / MEAN_EARTH_RADIUS_KM
        sine = math.sin(lat_t) * math.cos(half) + math.cos(lat_t) * math.sin(half) * math.cos(bearing)
        return math.degrees(math.asin(min(max(sine, -1.0), 1.0)))


def _sections(d: Floats, member: NDArray[np.bool_]) -> list[float]:
    """Return the length in km of every run of members; a run ends halfway to its neighbours."""
    borders = np.concatenate([d[:1], (d[1:] + d[:-1]) / 2, d[-1:]])
    turns = np.flatnonzero(np.diff(np.concatenate([[False], member, [False]]).astype(np.int8)))
    return [float(borders[last] - borders[first]) for first, last in zip(turns[::2], turns[1::2], strict=True)]


def _numbers(name: str, values: ArrayLike) -> Floats:
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise fault(DataError, "p1812_profile", faults=(Phrase("p1812.numbers", {"name": name}),)) from None


def _place(name: str, place: tuple[float, float]) -> tuple[float, float]:
    try:
        longitude, latitude = (float(value) for value in place)
    except (TypeError, ValueError):
        raise fault(DataError, "p1812_profile", faults=(Phrase("p1812.pair", {"name": name}),)) from None
    return longitude, latitude


def _shape_faults(columns: dict[str, Floats]) -> list[Phrase]:
    shapes = ", ".join(f"{name} {column.shape}" for name, column in columns.items())
    if any(column.ndim != 1 or column.shape != columns["d_km"].shape for column in columns.values()):
        return [Phrase("p1812.shapes", {"shapes": shapes})]
    if columns["d_km"].size < LEAST_POINTS:
        return [Phrase("p1812.points", {"count": columns["d_km"].size, "least": LEAST_POINTS})]
    return []


def _value_faults(columns: dict[str, Floats]) -> list[Phrase]:
    faults = []
    for name, column in columns.items():
        missing = np.flatnonzero(~np.isfinite(column))
        if missing.size:
            values = {"name": name, "count": missing.size, "first": int(missing[0]), "value": column[missing[0]]}
            faults.append(Phrase("p1812.missing", values))
    if faults:
        return faults
    d, clutter, zone = columns["d_km"], columns["clutter_m"], columns["zone"]
    if d[0] != 0:
        faults.append(Phrase("p1812.start", {"value": d[0]}))
    for key, column, wrong in (
        ("p1812.order", d, np.concatenate([[False], np.diff(d) <= 0])),
        ("p1812.clutter", clutter, clutter < 0),
        ("p1812.zone", zone, ~np.isin(zone, (SEA, COAST, INLAND))),
    ):
        at = np.flatnonzero(wrong)
        if at.size:
            faults.append(Phrase(key, {"count": at.size, "first": int(at[0]), "value": f"{column[at[0]]:g}"}))
    return faults


def _place_faults(name: str, place: tuple[float, float]) -> list[Phrase]:
    longitude, latitude = place
    if abs(longitude) <= 360 and abs(latitude) <= 90:
        return []
    return [Phrase("p1812.place", {"name": name, "longitude": longitude, "latitude": latitude})]
