"""OpenStreetMap through Overpass: roads and power lines of an area, asked for square by square."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import geopandas as gpd
import numpy as np
import shapely

from lomsong.errors import DataError, FormatError
from lomsong.geo import WGS84
from lomsong.texts import fault

Bounds = tuple[float, float, float, float]

SQUARE_DEG = 0.5
"""Side of the squares; they lie on a fixed lattice, so that two areas share their answers."""

MAX_ANSWER_BYTES = 256 << 20
"""Largest answer about one square."""

LINES: dict[str, tuple[str, str, str]] = {
    "roads": (
        "roads",
        "highway",
        "motorway|motorway_link|trunk|trunk_link|primary|primary_link|secondary|secondary_link|tertiary|tertiary_link|"
        "unclassified|residential|living_street|service|track|road",
    ),
    "power": ("power_lines", "power", "line|minor_line|cable"),
}
"""What is asked for: layer written, key of OpenStreetMap, its values. Roads are those that a vehicle can use."""


def squares(bounds: Bounds) -> list[Bounds]:
    """Return the squares of the lattice that cover ``bounds`` (west, south, east, north in degrees)."""
    west, south, east, north = (value / SQUARE_DEG for value in bounds)
    columns = range(math.floor(west), max(math.ceil(east), math.floor(west) + 1))
    rows = range(math.floor(south), max(math.ceil(north), math.floor(south) + 1))
    side = SQUARE_DEG
    return [(x * side, y * side, (x + 1) * side, (y + 1) * side) for y in rows for x in columns]


def address(endpoint: str, what: str, square: Bounds, timeout_s: float) -> str:
    """Return the address of the query for one square: Overpass QL, ways with their geometry, as JSON."""
    _, key, values = LINES[what]
    west, south, east, north = square
    box = f"{south:g},{west:g},{north:g},{east:g}"
    query = f'[out:json][timeout:{math.ceil(timeout_s)}];way["{key}"~"^({values})$"]({box});out geom;'
    return f"{endpoint}{'&' if '?' in endpoint else '?'}data={quote(query, safe='')}"


def ways(path: Path, where: str) -> list[Mapping[str, Any]]:
    """Return the ways of one answer.

    Raises
    ------
    FormatError
        When the answer is no JSON of Overpass; ``where`` is named in the message.
    DataError
        When the server gave up on the query: it says so in a remark, with status 200.
    """
    try:
        answer = json.loads(path.read_bytes())
        elements = answer["elements"]
        remark = str(answer.get("remark", ""))
        found = [element for element in elements if element["type"] == "way"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise fault(FormatError, "fetch_overpass_format", address=where) from None
    if "error" in remark.lower():
        raise fault(DataError, "fetch_overpass_remark", address=where, remark=remark[:200].replace("\n", " "))
    return found


def lines(answers: Iterable[list[Mapping[str, Any]]], what: str, bounds: Bounds) -> gpd.GeoDataFrame:
    """Merge answers into one layer: a way once, cut to ``bounds``, ordered by its number.

    Returns
    -------
    Columns osm_id, kind (the value of the key), name, and voltage for power lines; EPSG:4326. A way of fewer than
    two positions, or without a number, is left out: it is no line.
    """
    _, key, _ = LINES[what]
    tags = {"kind": key, "name": "name"} | ({"voltage": "voltage"} if what == "power" else {})
    merged: dict[int, tuple[dict[str, str | None], list[tuple[float, float]]]] = {}
    for answer in answers:
        for way in answer:
            number, known, positions = _way(way)
            if number is not None and len(positions) > 1:
                merged[number] = ({column: known.get(tag) for column, tag in tags.items()}, positions)
    order = sorted(merged)
    counts = [len(merged[number][1]) for number in order]
    flat = np.array([place for number in order for place in merged[number][1]], dtype=float).reshape(-1, 2)
    drawn = shapely.linestrings(flat, indices=np.repeat(np.arange(len(order)), counts)) if order else np.array([])
    frame = gpd.GeoDataFrame(
        {
            "osm_id": np.array(order, dtype="int64"),
            **{column: [merged[number][0][column] for number in order] for column in tags},
        },
        geometry=gpd.GeoSeries(shapely.clip_by_rect(drawn, *bounds), crs=WGS84),
    )
    return frame[~frame.geometry.is_empty].reset_index(drop=True)


def _way(way: Mapping[str, Any]) -> tuple[int | None, dict[str, str], list[tuple[float, float]]]:
    number, tags, geometry = way.get("id"), way.get("tags"), way.get("geometry")
    known = {key: value for key, value in tags.items() if isinstance(value, str)} if isinstance(tags, dict) else {}
    positions = []
    for point in geometry if isinstance(geometry, list) else []:
        try:
            place = (float(point["lon"]), float(point["lat"]))
        except (TypeError, KeyError, ValueError):
            continue
        if abs(place[0]) <= 180 and abs(place[1]) <= 90:  # neither holds of NaN
            positions.append(place)
    return (number if isinstance(number, int) and abs(number) < 1 << 62 else None), known, positions
