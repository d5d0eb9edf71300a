"""Positions that the settings name: decided, required and forbidden ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lomsong.errors import UsageError
from lomsong.geo import WGS84, coordinates
from lomsong.radio import Terrain
from lomsong.settings import Siting
from lomsong.texts import fault

LETTERS = {"decided": "D", "required": "R"}
"""Begin the identifiers of positions that are given by latitude and longitude."""


@dataclass(frozen=True)
class Named:
    """Rows of candidates that the settings name.

    Attributes
    ----------
    decided
        One row a tower that will stand anyway.
    required
        For each required position its rows, one for each way to equip it.
    forbidden
        Rows.
    """

    decided: NDArray[np.int64]
    required: tuple[NDArray[np.int64], ...]
    forbidden: NDArray[np.int64]


def given_positions(siting: Siting, terrain: Terrain) -> gpd.GeoDataFrame:
    """Return the decided and required positions that are given by latitude and longitude, as points with their names.

    Raises
    ------
    UsageError
        When one of them does not lie on the terrain.
    """
    names, places = [], []
    for key, letter in LETTERS.items():
        entries = [one for one in map(_place, getattr(siting, key)) if one is not None]
        names += [f"{letter}{number}" for number in range(1, len(entries) + 1)]
        places += entries
    at = np.array(places, float).reshape(-1, 2)
    points = gpd.points_from_xy(at[:, 1], at[:, 0], crs=WGS84)
    found = gpd.GeoDataFrame({"candidate_id": pd.Series(names, dtype=object)}, geometry=points).to_crs(terrain.crs)
    known = terrain.contains(coordinates(found, terrain.crs)) if len(found) else np.ones(0, bool)
    if not known.all():
        latitude, longitude = places[int(np.flatnonzero(~known)[0])]
        raise fault(UsageError, "towers_position_off", position=f"{latitude:g}, {longitude:g}")
    return found


def named_rows(siting: Siting, candidates: gpd.GeoDataFrame, refused: gpd.GeoDataFrame) -> Named:
    """Return the rows of candidates that the settings name.

    Parameters
    ----------
    siting
        With ``decided``, ``required`` and ``forbidden``.
    candidates
        One row for each way to equip a position, those of :func:`given_positions` among them, in metres.
    refused
        Refused positions, for what is said where one of them is named.

    Raises
    ------
    UsageError
        When a name is that of no candidate or, unless forbidden, of a refused one; when a position is both required
        and forbidden, or required and decided; when a required one is too near another or a decided one.
    """
    names = candidates["candidate_id"].to_numpy(object)

    def rows(key: str) -> list[NDArray[np.int64]]:
        found, count = [], 0
        for entry in getattr(siting, key):
            place = _place(entry)
            if place is None:
                found.append(_rows_of(entry, names, refused, key))
            elif key in LETTERS:
                count += 1
                found.append(np.flatnonzero(names == f"{LETTERS[key]}{count}"))
            else:
                point = gpd.GeoSeries(gpd.points_from_xy([place[1]], [place[0]], crs=WGS84)).to_crs(candidates.crs)
                found.append(np.flatnonzero(candidates.distance(point.iloc[0]).to_numpy() <= siting.spacing_m / 2))
        return found

    decided = np.array([_usual(candidates, own, siting) for own in rows("decided")], np.int64)
    barred, required = rows("forbidden"), rows("required")
    forbidden = np.unique(np.concatenate(barred)) if barred else np.zeros(0, np.int64)
    both = {entry.strip() for entry in siting.required} & {entry.strip() for entry in siting.forbidden}
    if both:
        raise fault(UsageError, "towers_position_both", position=min(both))
    _check_apart(siting, candidates, decided, [int(own[0]) for own in required])
    return Named(decided, tuple(required), forbidden.astype(np.int64))


def _rows_of(name: str, names: NDArray[np.object_], refused: gpd.GeoDataFrame, key: str) -> NDArray[np.int64]:
    rows = np.flatnonzero(names == name.strip())
    against = refused.loc[refused["candidate_id"] == name.strip(), "reasons"]
    if len(rows) or (key == "forbidden" and len(against)):
        return rows
    if len(against):
        raise fault(UsageError, "towers_position_refused", key=key, position=name, reasons=against.iloc[0])
    raise fault(UsageError, "towers_position_unknown", key=key, position=name)


def _check_apart(
    siting: Siting, candidates: gpd.GeoDataFrame, decided: NDArray[np.int64], required: Sequence[int]
) -> None:
    """Refuse required positions that are decided already, or nearer than is allowed to another or a decided one."""
    names, at = candidates["candidate_id"].to_numpy(object), candidates.geometry
    for place, one in enumerate(required):
        for other in [*decided.tolist(), *required[:place]]:
            if names[one] == names[other]:
                if other in decided:
                    raise fault(UsageError, "towers_position_decided", position=told_position(candidates, one))
                continue
            away_m = float(at.iloc[one].distance(at.iloc[other]))
            if away_m < siting.min_separation_m:
                raise fault(
                    UsageError, "towers_positions_near", one=told_position(candidates, one),
                    other=told_position(candidates, other), away=f"{away_m:.0f}", least=f"{siting.min_separation_m:g}",
                )  # fmt: skip


def told_position(candidates: gpd.GeoDataFrame, row: int) -> str:
    """Return the name of a candidate with its latitude and longitude, by which whoever gave it knows it again."""
    place = candidates.geometry.iloc[[row]].to_crs(WGS84).iloc[0]
    return f"{candidates['candidate_id'].iloc[row]} ({place.y:.5f}, {place.x:.5f})"


def _usual(candidates: gpd.GeoDataFrame, rows: NDArray[np.int64], siting: Siting) -> int:
    """Return of the ways to equip a position the one nearest to the usual."""
    ways = candidates.iloc[rows]
    band = ways.get("frequency_mhz", siting.frequency_mhz)
    off = (ways["height_m"] - siting.height_m).abs() + 1e-6 * np.abs(band - siting.frequency_mhz)
    return int(rows[int(np.argmin(off.to_numpy()))])


def _place(entry: str) -> tuple[float, float] | None:
    """Return the latitude and longitude of an entry, None where it is a name."""
    parts: Sequence[str] = entry.replace(";", ",").split(",")
    try:
        latitude, longitude = (float(part) for part in parts)
    except ValueError:
        return None
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        raise fault(UsageError, "towers_position_off", position=entry)
    return latitude, longitude
