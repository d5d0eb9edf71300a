"""From the power of a transmitter to the level a phone reports, and how likely that level is exceeded.

Reference powers are those of one resource element: what RSRP counts. Losses of the receiving end are settings with
documented defaults; the level of a map is outdoors, others follow by subtraction.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from lomsong.errors import UsageError
from lomsong.radio.limits import Limit, within
from lomsong.texts import fault

Floats = NDArray[np.float64]
Technology = Literal["4G", "5G"]

THRESHOLDS_DBM = (-105.0, -110.0, -115.0)
"""Usable levels outdoors to show side by side: none alone is to be trusted."""

DEVICE_OFFSET_DB: Mapping[str, float] = MappingProxyType({"phone": 3.0, "kit": 2.0})
"""What a phone, and a survey kit, typically reads below an isotropic antenna in the open."""

SUBCARRIERS = 12
"""Subcarriers of a resource block: 3GPP TS 36.211 table 6.2.3-1, TS 38.211 §4.4.4.1."""

LTE_BLOCKS: Mapping[float, int] = MappingProxyType({1.4: 6, 3: 15, 5: 25, 10: 50, 15: 75, 20: 100})
"""Resource blocks by channel bandwidth in MHz: 3GPP TS 36.104 table 5.6-1."""

NR_BLOCKS: Mapping[float, Mapping[float, int]] = MappingProxyType({
    15: {3: 15, 5: 25, 10: 52, 15: 79, 20: 106, 25: 133, 30: 160, 35: 188, 40: 216, 45: 242, 50: 270},
    30: {
        5: 11, 10: 24, 15: 38, 20: 51, 25: 65, 30: 78, 35: 92, 40: 106, 45: 119, 50: 133, 60: 162, 70: 189, 80: 217,
        90: 245, 100: 273,
    },
    60: {
        10: 11, 15: 18, 20: 24, 25: 31, 30: 38, 35: 44, 40: 51, 45: 58, 50: 65, 60: 79, 70: 93, 80: 107, 90: 121,
        100: 135,
    },
})  # fmt: skip
"""Resource blocks by subcarrier spacing in kHz and channel bandwidth in MHz below 7125 MHz: 3GPP TS 38.104 (release
18) table 5.3.2-1."""

BUILDING_LOSS_DB: Mapping[str, float] = MappingProxyType(
    {"light": 5.0, "semi-solid": 10.0, "brick": 14.0, "solid": 14.0, "concrete": 20.0}
)
"""Loss into a building by kind. ``light``: a wooden wall at 1 GHz, 3GPP TR 38.901 table 7.4.3-1. ``brick``: the median
of a traditional building at 1 GHz, Recommendation ITU-R P.2109-2 (14.3 dB). ``concrete``: between that and a thermally
efficient one, without a source of its own. ``solid`` and ``semi-solid``, as rosters classify houses: as brick, and
between light and brick, without a source. No house of Viet Nam is among them: the first thing to measure."""

VEHICLE_LOSS_DB = 9.0
"""Mean loss into a car, 3GPP TR 38.901 §7.4.3.2 (standard deviation 5 dB; 20 dB with metallised windows)."""

_ENTRY = {
    False: (12.64, 3.72, 0.96, 9.6, 2.0, 9.1, -3.0, 4.5, -2.0),
    True: (28.19, -3.00, 8.48, 13.5, 3.8, 27.8, -2.9, 9.4, -2.1),
}
"""Coefficients r, s, t, u, v, w, x, y, z of P.2109-2, table 1, by whether the building is thermally efficient."""

_OPEN = math.nextafter(0, 1), math.nextafter(1, 0)

_LIMITS = {
    "total_power_dbm": Limit(-50, 80, "dBm"),
    "blocks": Limit(1, 300, ""),
    "boost_db": Limit(-10, 10, "dB"),
    "reference_power_dbm": Limit(-100, 80, "dBm"),
    "gain_dbi": Limit(-50, 60, "dBi"),
    "feeder_loss_db": Limit(0, 60, "dB"),
    "frequency_ghz": Limit(0.03, 6, "GHz"),
    "resolution_m": Limit(1, 1000, "m"),
    "height_m": Limit(0, 3000, "m"),
    "clutter_m": Limit(0, 200, "m"),
    "eirp_re_dbm": Limit(-200, 200, "dBm", missing=True),
    "basic_loss_db": Limit(-100, 2000, "dB", missing=True),
    "level_dbm": Limit(-3000, 300, "dBm", missing=True),
    "threshold_dbm": Limit(-300, 100, "dBm", missing=True),
    "sigma_db": Limit(0, 100, "dB"),
    "location_db": Limit(0, 100, "dB"),
    "model_db": Limit(0, 100, "dB"),
    "building_db": Limit(0, 100, "dB"),
    "probability": Limit(*_OPEN, ""),
    "elevation_deg": Limit(-90, 90, "°"),
}
_ENTRY_LIMITS = _LIMITS | {"frequency_ghz": Limit(0.08, 100, "GHz")}


@dataclass(frozen=True)
class Link:
    """Losses of the receiving end.

    Attributes
    ----------
    phone_gain_dbi
        Gain of the receiving antenna; 0 leaves it to the device's offset.
    device_offset_db
        What the device reads below an isotropic antenna: see :data:`DEVICE_OFFSET_DB`. The default is a phone's.
    body_loss_db
        Loss by the person who holds it, beyond that offset.
    vehicle_loss_db
        Loss into a vehicle.
    building_loss_db
        Loss into a building by kind, the words that ``where`` understands beside ``outdoor`` and ``vehicle``.
    """

    phone_gain_dbi: float = 0.0
    device_offset_db: float = DEVICE_OFFSET_DB["phone"]
    body_loss_db: float = 0.0
    vehicle_loss_db: float = VEHICLE_LOSS_DB
    building_loss_db: Mapping[str, float] = field(default_factory=lambda: dict(BUILDING_LOSS_DB))

    def __post_init__(self) -> None:
        losses = {
            "device_offset_db": self.device_offset_db,
            "body_loss_db": self.body_loss_db,
            "vehicle_loss_db": self.vehicle_loss_db,
            **{f"building_loss_db.{kind}": loss for kind, loss in self.building_loss_db.items()},
        }
        limits = {name: Limit(0, 100, "dB") for name in losses} | {"phone_gain_dbi": Limit(-30, 30, "dBi")}
        within("Link", limits, {**losses, "phone_gain_dbi": self.phone_gain_dbi})
        object.__setattr__(self, "building_loss_db", MappingProxyType(dict(self.building_loss_db)))

    def entry_loss_db(self, where: str = "outdoor") -> float:
        """Return the loss from outdoors to ``where``: ``outdoor``, ``vehicle`` or a kind of building.

        Raises
        ------
        UsageError
            When no loss is known for that place.
        """
        losses = {"outdoor": 0.0, "vehicle": self.vehicle_loss_db, **self.building_loss_db}
        if str(where) not in losses:
            raise fault(UsageError, "link_where", value=str(where), known=", ".join(losses))
        return losses[str(where)]

    def rsrp_dbm(self, eirp_re_dbm: ArrayLike, basic_loss_db: ArrayLike, where: str = "outdoor") -> Floats:
        """Return the level that the device reports, in dBm.

        Parameters
        ----------
        eirp_re_dbm
            EIRP of one resource element, in the direction of the path.
        basic_loss_db
            Basic transmission loss outdoors; broadcast. NaN stays NaN: no path, no level.
        where
            See :meth:`entry_loss_db`.

        Raises
        ------
        UsageError
            When no loss is known for that place, or the two shapes do not fit.
        """
        given = {"eirp_re_dbm": eirp_re_dbm, "basic_loss_db": basic_loss_db}
        eirp, losses = within("RSRP", _LIMITS, given)
        received = self.phone_gain_dbi - self.device_offset_db - self.body_loss_db - self.entry_loss_db(where)
        return np.asarray(eirp - losses + received)


def resource_blocks(bandwidth_mhz: float, technology: Technology = "4G", spacing_khz: float = 15) -> int:
    """Return how many resource blocks a carrier has.

    Parameters
    ----------
    bandwidth_mhz
        Bandwidth of the channel.
    technology
        ``4G`` or ``5G``.
    spacing_khz
        Subcarrier spacing of NR: 15, 30 or 60 kHz; LTE has 15.

    Raises
    ------
    UsageError
        When no such carrier exists.

    References
    ----------
    3GPP TS 36.104 table 5.6-1, TS 38.104 table 5.3.2-1.
    """
    if str(technology) not in get_args(Technology):
        raise fault(UsageError, "link_technology", value=str(technology), known=", ".join(get_args(Technology)))
    spacings: Mapping[float, Mapping[float, int]] = {15: LTE_BLOCKS} if technology == "4G" else NR_BLOCKS
    if _number(spacing_khz) not in spacings:
        known = ", ".join(str(spacing) for spacing in spacings)
        raise fault(UsageError, "link_spacing", technology=technology, value=str(spacing_khz), known=known)
    blocks = spacings[spacing_khz]
    if _number(bandwidth_mhz) not in blocks:
        known = ", ".join(f"{bandwidth:g}" for bandwidth in blocks)
        raise fault(UsageError, "link_bandwidth", technology=technology, value=str(bandwidth_mhz), known=known)
    return blocks[bandwidth_mhz]


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float | np.number) else math.nan


def reference_power_dbm(total_power_dbm: ArrayLike, blocks: ArrayLike, boost_db: ArrayLike = 0.0) -> Floats:
    """Return the power of one resource element of the reference signal, in dBm.

    Parameters
    ----------
    total_power_dbm
        Power of one transmit port with all of the carrier in use. For an amplifier rated 2 × 40 W that is 46 dBm.
    blocks
        Resource blocks of the carrier, as :func:`resource_blocks` gives them.
    boost_db
        What the network adds to reference elements (LTE 0, 1.77, 3…); the others pay for it.

    Raises
    ------
    UsageError
        When arguments are out of their limits.

    Examples
    --------
    >>> round(float(reference_power_dbm(46, resource_blocks(20))), 2)
    15.21
    """
    given = {"total_power_dbm": total_power_dbm, "blocks": blocks, "boost_db": boost_db}
    total, count, boost = within("RSRP", _LIMITS, given)
    return np.asarray(total - 10 * np.log10(SUBCARRIERS * count) + boost)


def eirp_re_dbm(reference_power_dbm: ArrayLike, gain_dbi: ArrayLike, feeder_loss_db: ArrayLike = 0.0) -> Floats:
    """Return the EIRP of one resource element in the main direction, in dBm.

    Raises
    ------
    UsageError
        When arguments are out of their limits.
    """
    given = {"reference_power_dbm": reference_power_dbm, "gain_dbi": gain_dbi, "feeder_loss_db": feeder_loss_db}
    power, gain, loss = within("EIRP", _LIMITS, given)
    return np.asarray(power + gain - loss)


def building_entry_loss_db(
    frequency_ghz: ArrayLike,
    probability: ArrayLike = 0.5,
    *,
    thermally_efficient: bool = False,
    elevation_deg: ArrayLike = 0.0,
) -> Floats:
    """Return the loss into a building that is not exceeded with a probability, in dB.

    Parameters
    ----------
    frequency_ghz
        0.08-100 GHz.
    probability
        Between 0 and 1; 0.5 is the median over buildings and places in them.
    thermally_efficient
        Metallised glass or foil-backed panels in the walls; else a traditional building.
    elevation_deg
        Elevation of the path at the façade.

    Raises
    ------
    UsageError
        When arguments are out of their limits.

    References
    ----------
    Recommendation ITU-R P.2109-2, §3, equations (1)-(10) and table 1.
    """
    given = {"frequency_ghz": frequency_ghz, "probability": probability, "elevation_deg": elevation_deg}
    frequency, share, elevation = within("ITU-R P.2109", _ENTRY_LIMITS, given)
    r, s, t, u, v, w, x, y, z = _ENTRY[bool(thermally_efficient)]
    log_f, deviate = np.log10(frequency), ndtri(share)
    through = r + s * log_f + t * log_f**2 + 0.212 * np.abs(elevation) + deviate * (u + v * log_f)
    within_walls = w + x * log_f + deviate * (y + z * log_f)
    return np.asarray(10 * np.log10(10 ** (through / 10) + 10 ** (within_walls / 10) + 10**-0.3))


def location_variability_db(
    frequency_ghz: ArrayLike, resolution_m: ArrayLike, height_m: ArrayLike = 1.5, clutter_m: ArrayLike = 10.0
) -> Floats:
    """Return the standard deviation σL of the level over the places of one cell of a map, in dB.

    Parameters
    ----------
    frequency_ghz
        0.03-6 GHz.
    resolution_m
        Width of the square that one computed level stands for, 1-1000 m.
    height_m
        Height of the receiver above ground.
    clutter_m
        Representative height of clutter around it: up to there σL is whole, 10 m above it has gone.

    Raises
    ------
    UsageError
        When arguments are out of their limits.

    References
    ----------
    Recommendation ITU-R P.1812-6, §4.8 and 4.10 (§4.7 and 4.9 of P.1812-8): (0.024 f + 0.52) wa^0.28 u(h).
    """
    given = {"frequency_ghz": frequency_ghz, "resolution_m": resolution_m, "height_m": height_m, "clutter_m": clutter_m}
    frequency, resolution, height, clutter = within("ITU-R P.1812", _LIMITS, given)
    fading = np.clip(1 - (height - clutter) / 10, 0, 1)
    return np.asarray((0.024 * frequency + 0.52) * resolution**0.28 * fading)


def combined_sigma_db(location_db: ArrayLike, model_db: ArrayLike, building_db: ArrayLike = 0.0) -> Floats:
    """Return the standard deviation of a modelled level in dB: independent causes add as squares.

    Parameters
    ----------
    location_db
        Over places, as :func:`location_variability_db` gives it.
    model_db
        Of the model's own error; published: 8-9 dB tuned, 12-15 dB untuned.
    building_db
        Of the loss into the building; 0 outdoors.

    Raises
    ------
    UsageError
        When arguments are out of their limits.
    """
    given = {"location_db": location_db, "model_db": model_db, "building_db": building_db}
    return np.asarray(np.sqrt(sum(np.square(part) for part in within("sigma", _LIMITS, given))))


def probability_above(level_dbm: ArrayLike, threshold_dbm: ArrayLike, sigma_db: ArrayLike) -> Floats:
    """Return how likely the level at a place reaches a threshold, its median and its spread being known.

    Parameters
    ----------
    level_dbm, threshold_dbm
        Median level and the level needed; broadcast. NaN gives NaN.
    sigma_db
        Standard deviation; 0 gives 1 at and above the threshold and 0 below.

    Raises
    ------
    UsageError
        When arguments are out of their limits.
    """
    given = {"level_dbm": level_dbm, "threshold_dbm": threshold_dbm, "sigma_db": sigma_db}
    level, threshold, sigma = within("sigma", _LIMITS, given)
    margin = level - threshold
    sure = np.where(np.isnan(margin), np.nan, margin >= 0)
    return np.where(sigma > 0, ndtr(margin / np.where(sigma > 0, sigma, 1.0)), sure)


def fade_margin_db(probability: ArrayLike, sigma_db: ArrayLike) -> Floats:
    """Return how far the median must lie above a threshold for it to be reached with a probability, in dB.

    Below a probability of 0.5 it is negative.

    Raises
    ------
    UsageError
        When the probability is not between 0 and 1, or the standard deviation out of 0-100 dB.
    """
    share, sigma = within("sigma", _LIMITS, {"probability": probability, "sigma_db": sigma_db})
    return np.asarray(ndtri(share) * sigma)
