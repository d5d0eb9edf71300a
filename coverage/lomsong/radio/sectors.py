"""The table ``sites`` as antennas."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from lomsong import geo
from lomsong.errors import UsageError
from lomsong.radio.antenna import BEAMWIDTH_DEG, FRONT_TO_BACK_DB, STEPS, Pattern, three_gpp
from lomsong.radio.site import Site
from lomsong.tables import SITES
from lomsong.texts import fault

SIDELOBE_DB = 20.0
"""Largest attenuation above and below the beam of a sector of which only its downtilt is known (TR 36.814)."""


def sites_of(sites: gpd.GeoDataFrame, patterns: Mapping[str, Pattern] | None = None) -> list[Site]:
    """Return the sectors of a table ``sites``, row by row.

    A sector without an azimuth radiates alike in all directions. One with an azimuth has the pattern of 3GPP of its
    beamwidth; a vertical pattern only where its downtilt is stated, which is then taken as electrical.

    Parameters
    ----------
    sites
        Table ``sites`` in any CRS; a column ``antenna`` names a pattern of ``patterns``.
    patterns
        Name of an antenna to its pattern, such as from files of the maker; the stated downtilt is then mechanical.

    Raises
    ------
    ColumnError, CrsError
        When ``sites`` is not that table or does not say its CRS.
    UsageError
        When an antenna is not among the patterns.
    """
    geo.require_crs(sites, "sites")
    SITES.check(sites, "sites")
    places = geo.coordinates(sites, geo.WGS84)
    return [_site(row, place, patterns or {}) for row, place in zip(sites.to_dict("records"), places, strict=True)]


def _site(row: Mapping[str, Any], place: Any, patterns: Mapping[str, Pattern]) -> Site:
    azimuth, tilt = _number(row, "azimuth_deg", math.nan), _number(row, "downtilt_deg", math.nan)
    beamwidth = _number(row, "beamwidth_deg", BEAMWIDTH_DEG)
    name = row.get("antenna")
    pattern, mechanical = None, 0.0
    if isinstance(name, str) and name:
        if name not in patterns:
            raise fault(UsageError, "site_antenna", name=name, site=row["site_id"], known=", ".join(patterns) or "–")
        pattern, mechanical = patterns[name], 0.0 if math.isnan(tilt) else tilt
    elif not math.isnan(azimuth):
        pattern = sector_pattern(beamwidth, tilt)
    return Site(
        float(place[0]), float(place[1]), float(row["height_m"]), float(row["band_mhz"]), float(row["eirp_dbm"]),
        azimuth, mechanical, pattern, str(row["site_id"]),
    )  # fmt: skip


@lru_cache(maxsize=256)
def sector_pattern(beamwidth_deg: float, downtilt_deg: float) -> Pattern:
    """Return the pattern of 3GPP for a beamwidth and an electrical downtilt, NaN for one that is not known."""
    if math.isnan(downtilt_deg):
        flat = three_gpp(beamwidth_deg, front_to_back_db=FRONT_TO_BACK_DB)
        return Pattern(0.0, flat.horizontal_db, np.zeros(STEPS), FRONT_TO_BACK_DB, flat.name)
    return three_gpp(
        beamwidth_deg, downtilt_deg=downtilt_deg, front_to_back_db=FRONT_TO_BACK_DB, sidelobe_db=SIDELOBE_DB
    )


def _number(row: Mapping[str, Any], name: str, empty: float) -> float:
    value = row.get(name)
    return empty if value is None or pd.isna(value) else float(value)
