"""Hexagons in which field tests were held against what operators declare."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from lomsong.publish.map.content import MapContent
from lomsong.publish.map.palette import CLAIM_COLOURS
from lomsong.publish.map.values import plain

_WORST_FIRST = tuple(CLAIM_COLOURS)
_CAUSES = ("no_service", "below_threshold")
_LACKING = ("tests", "places", "occasions", "share")
_COLUMNS = ("tests", "failures", "median_dbm", "claimed_dbm")
_DECIMALS = 5


def claims(content: MapContent) -> dict[str, Any] | None:
    """Return the tested hexagons of each operator; of several technologies in one, the worst verdict.

    Returns
    -------
    ``corners``: six offsets in degrees, latitude first, from the centre of a hexagon to its corners, those of the
    middle of the territory. ``states``, ``causes`` and ``lacking``: words that the rows count off from 0, -1 being
    none. ``hexagons``: operator to rows of latitude, longitude, state, tests, failures, median_dbm, claimed_dbm, cause,
    lacking and commune_code, None outside of all. None without any.
    """
    found = content.claims
    if found is None or found.empty:
        return None
    worst = found.assign(_order=found["state"].map(_WORST_FIRST.index)).sort_values("_order", kind="stable")
    worst = worst.drop_duplicates(["operator", "hexagon"]).sort_values(["operator", "hexagon"])
    hexagons = {name: _rows(own) for name, own in worst.groupby("operator") if name in content.operators}
    return {
        "corners": _corners(worst),
        "states": list(_WORST_FIRST),
        "causes": list(_CAUSES),
        "lacking": list(_LACKING),
        "hexagons": hexagons,
    }


def _corners(hexagons: gpd.GeoDataFrame) -> list[list[float]]:
    """Return the corners of the hexagon nearest to the middle of all; a pentagon of H3 lies in no province."""
    centres = hexagons[["longitude", "latitude"]].to_numpy(float)
    order = np.abs(centres - np.median(centres, axis=0)).sum(axis=1).argsort(kind="stable")
    ring = shapely.get_coordinates(hexagons.geometry.iloc[order[0]])[:-1] - centres[order[0]]
    return [[round(float(lat), 6), round(float(lon), 6)] for lon, lat in ring]


def _rows(own: gpd.GeoDataFrame) -> list[list[Any]]:
    figures = [[plain(value) for value in own[column]] for column in _COLUMNS]
    return [
        [round(latitude, _DECIMALS), round(longitude, _DECIMALS), _WORST_FIRST.index(state), *numbers,
         _place(cause, _CAUSES), _place(lacking, _LACKING), plain(code)]
        for latitude, longitude, state, cause, lacking, code, *numbers in zip(
            own["latitude"], own["longitude"], own["state"], own["cause"], own["lacking"], own["commune_code"],
            *figures, strict=True,
        )
    ]  # fmt: skip


def _place(word: Any, words: tuple[str, ...]) -> int:
    return words.index(word) if word in words else -1
