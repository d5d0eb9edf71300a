"""The survey drive as GPX and KML for phones in the car, and as a list for Excel."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import geopandas as gpd
import pandas as pd
import shapely

from lomsong.publish.atomic import replacing
from lomsong.publish.coverage.words import number
from lomsong.publish.delimited import write_csv
from lomsong.publish.layers import KML
from lomsong.texts import text

GPX = "http://www.topografix.com/GPX/1/1"

COLOURS = {"measure": "ff0055e6", "transfer": "ff888888"}
"""Colour of a stretch in Google Earth by kind: alpha, blue, green, red."""

_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no place for, however written."""


def why(stretch: pd.Series, language: str) -> str:
    """Return in a sentence why a stretch of :class:`~lomsong.gap.survey_plan.SurveyPlan` is driven."""
    if stretch["kind"] == "transfer":
        return text("drive.why_transfer", language)
    percent = 100 * float(stretch["share"])
    share = number(max(percent, 0.01), 1 if percent >= 1 else 2, language)
    share = f"<{share}" if percent < 0.01 else share
    return text("drive.why", language, settles=stretch["settles"] or stretch["commune"], share=share)


def write_gpx(path: Path, segments: gpd.GeoDataFrame, stops: gpd.GeoDataFrame, note: str, language: str) -> None:
    """Write GPX 1.1: stops as waypoints, and for each day a track with a segment for each stretch.

    Parameters
    ----------
    segments, stops
        Of a :class:`~lomsong.gap.survey_plan.SurveyPlan`, EPSG:4326.
    note
        Description of the file.
    language
        Of names and reasons.
    """
    root = ET.Element("gpx", xmlns=GPX, version="1.1", creator="lomsong")
    about = ET.SubElement(root, "metadata")
    _child(about, "name", text("drive.title", language))
    _child(about, "desc", note)
    for _, stop in stops.iterrows():
        point = ET.SubElement(root, "wpt", _degrees(stop.geometry.x, stop.geometry.y))
        _child(point, "name", stop_name(stop, language))
        _child(point, "desc", _place_and_km(stop, language))
    for day, part in segments.groupby("day", sort=True):
        track = ET.SubElement(root, "trk")
        _child(track, "name", text("drive.day", language, day=day))
        _child(track, "desc", f"{number(float(part['km'].sum()), 1, language)} km")
        for line in part.geometry:
            stretch = ET.SubElement(track, "trkseg")
            for longitude, latitude in shapely.get_coordinates(line).tolist():
                ET.SubElement(stretch, "trkpt", _degrees(longitude, latitude))
    _write(path, root)


def write_kml(path: Path, segments: gpd.GeoDataFrame, stops: gpd.GeoDataFrame, note: str, language: str) -> None:
    """Write KML 2.2: a folder for each day with its stretches, coloured by what to do there, and its stops.

    Parameters are those of :func:`write_gpx`.
    """
    root = ET.Element("kml", xmlns=KML)
    document = ET.SubElement(root, "Document")
    _child(document, "name", text("drive.title", language))
    _child(document, "description", note)
    for kind, colour in COLOURS.items():
        style = ET.SubElement(ET.SubElement(document, "Style", id=kind), "LineStyle")
        _child(style, "color", colour)
        _child(style, "width", "5" if kind == "measure" else "3")
    for day, part in segments.groupby("day", sort=True):
        folder = ET.SubElement(document, "Folder")
        _child(folder, "name", text("drive.day", language, day=day))
        for _, stretch in part.iterrows():
            mark = ET.SubElement(folder, "Placemark")
            _child(mark, "name", f"{stretch['order']}. {_stretch_name(stretch, language)}")
            _child(mark, "description", f"{number(stretch['km'], 2, language)} km; {why(stretch, language)}")
            _child(mark, "styleUrl", f"#{stretch['kind']}")
            line = ET.SubElement(mark, "LineString")
            _child(line, "tessellate", "1")
            pairs = shapely.get_coordinates(stretch.geometry).tolist()
            _child(line, "coordinates", " ".join(f"{east:.6f},{north:.6f}" for east, north in pairs))
        for _, stop in stops[stops["day"] == day].iterrows():
            mark = ET.SubElement(folder, "Placemark")
            _child(mark, "name", stop_name(stop, language))
            _child(mark, "description", _place_and_km(stop, language))
            _child(ET.SubElement(mark, "Point"), "coordinates", f"{stop.geometry.x:.6f},{stop.geometry.y:.6f}")
    _write(path, root)


def route_table(segments: gpd.GeoDataFrame, language: str) -> pd.DataFrame:
    """Return the drive as a list in its order, headings in the language, with the ends of each stretch in degrees."""
    lines = segments.geometry.to_numpy()
    table = pd.DataFrame(
        {
            text("drive.order", language): segments["order"].astype(int).to_numpy(),
            text("drive.head_day", language): segments["day"].astype(int).to_numpy(),
            text("drive.kind", language): [text(f"drive.{kind}", language) for kind in segments["kind"]],
            text("drive.commune_code", language): segments["commune_code"].to_numpy(),
            text("drive.commune", language): segments["commune"].to_numpy(),
            text("drive.hamlet", language): segments["hamlet"].to_numpy(),
            text("drive.road", language): segments["road"].to_numpy(),
            text("drive.km", language): segments["km"].round(2).to_numpy(),
            text("drive.cumulative_km", language): segments["cumulative_km"].round(2).to_numpy(),
            text("drive.head_why", language): [why(stretch, language) for _, stretch in segments.iterrows()],
        }
    )
    for end, key in ((0, "from"), (-1, "to")):
        point = shapely.get_point(lines, end)
        # As text: a number is written to six digits in all, a hundred metres at these longitudes.
        table[text(f"drive.{key}_longitude", language)] = [f"{value:.6f}" for value in shapely.get_x(point)]
        table[text(f"drive.{key}_latitude", language)] = [f"{value:.6f}" for value in shapely.get_y(point)]
    return table


def write_route(
    folder: Path, segments: gpd.GeoDataFrame, stops: gpd.GeoDataFrame, note: str, language: str
) -> list[Path]:
    """Write survey.gpx, survey.kml and survey.csv into a folder and return their paths."""
    paths = [folder / f"survey.{kind}" for kind in ("gpx", "kml", "csv")]
    write_gpx(paths[0], segments, stops, note, language)
    write_kml(paths[1], segments, stops, note, language)
    write_csv(paths[2], route_table(segments, language))
    return paths


def stop_name(stop: pd.Series, language: str) -> str:
    """Return what a stop is called: the number of its stretch and the hamlet, or where none is near the commune."""
    place = stop["name"] or stop["commune"]
    if stop["kind"] == "start":
        return text("drive.start", language, place=place).strip()
    return f"{stop['order']}. {place}".strip()


def _place_and_km(stop: pd.Series, language: str) -> str:
    parts = [*_said(stop["commune"]), f"{number(float(stop['km']), 1, language)} km"]
    return f"{text('drive.day', language, day=stop['day'])}: {', '.join(parts)}"


def _stretch_name(stretch: pd.Series, language: str) -> str:
    where = [*_said(stretch["road"]), *_said(stretch["commune"])]
    return " – ".join([text(f"drive.{stretch['kind']}", language), *where])


def _said(value: object) -> Iterator[str]:
    if value:
        yield str(value)


def _degrees(longitude: float, latitude: float) -> dict[str, str]:
    return {"lat": f"{latitude:.6f}", "lon": f"{longitude:.6f}"}


def _child(parent: ET.Element, name: str, said: str) -> None:
    ET.SubElement(parent, name).text = _NOT_XML.sub(" ", said)


def _write(path: Path, root: ET.Element) -> None:
    ET.indent(root, " ")
    with replacing(path) as draft:
        draft.write_bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n")
