"""GPX 1.1: places as waypoints for phones and receivers of GPS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

import geopandas as gpd

from lomsong.geo import WGS84
from lomsong.publish.atomic import replacing
from lomsong.publish.layers.markup import plain
from lomsong.publish.layers.projection import projected

GPX = "http://www.topografix.com/GPX/1/1"


def write_waypoints(path: Path, title: str, about: str, groups: Sequence[tuple[str, str, gpd.GeoDataFrame]]) -> None:
    """Write points as waypoints.

    Parameters
    ----------
    path
        File to write.
    title, about
        Name and description of the file.
    groups
        Of each kind of places: its word (``type``), the symbol that receivers know it by (``sym``), and its points
        in any CRS, with ``name`` and ``about``.
    """
    root = ET.Element("gpx", {"xmlns": GPX, "version": "1.1", "creator": "lomsong"})
    metadata = ET.SubElement(root, "metadata")
    _say(metadata, {"name": title, "desc": about})
    for kind, symbol, points in groups:
        for (_, row), place in zip(points.iterrows(), projected(points, WGS84).geometry, strict=True):
            mark = ET.SubElement(root, "wpt", lat=f"{place.y:.6f}", lon=f"{place.x:.6f}")
            _say(mark, {"name": row["name"], "desc": row["about"], "sym": symbol, "type": kind})
    ET.indent(root, " ")
    with replacing(path) as draft:
        draft.write_bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n")


def _say(parent: ET.Element, words: Mapping[str, object]) -> None:
    for name, word in words.items():
        if word:
            ET.SubElement(parent, name).text = plain(word)
