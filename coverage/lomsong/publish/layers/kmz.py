"""KMZ for Google Earth: layers in styled folders, surfaces as pictures with their legends."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from lxml import etree
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from rasterio.transform import array_bounds

from lomsong.geo import WGS84, Grid
from lomsong.publish.atomic import zipping
from lomsong.publish.coverage.sheet import sheet
from lomsong.publish.layers.look import Layer, Rule, Symbol
from lomsong.publish.layers.markup import plain
from lomsong.publish.layers.projection import projected
from lomsong.publish.layers.rasters import NOTHING, in_crs
from lomsong.publish.map.palette import rgb

KML = "http://www.opengis.net/kml/2.2"

_DATE = (2000, 1, 1, 0, 0, 0)
_ICON = 64
"""Side of an icon, pixels."""
_CORNERS = {"square": (4, 45), "diamond": (4, 0), "triangle": (3, 0), "pentagon": (5, 0), "star": (10, 0)}
"""Shape to its number of corners and its turn, degrees."""
_OPACITY = 0.75


@dataclass(frozen=True)
class Overlay:
    """A surface of classes as a picture on the ground.

    Attributes
    ----------
    title
        Name of its folder entry.
    codes
        Class of each cell, shape ``grid.shape``; :data:`~lomsong.publish.layers.rasters.NOTHING` is not drawn.
    colours
        Of each class.
    """

    title: str
    codes: NDArray[np.uint8]
    grid: Grid
    colours: Sequence[str]


@dataclass(frozen=True)
class Theme:
    """Overlays of one legend, of which one is shown at a time.

    Attributes
    ----------
    legend
        Words of each colour, from the first class.
    shown
        The first overlay is drawn when the file is opened.
    """

    title: str
    legend_title: str
    legend: Mapping[str, str]
    overlays: tuple[Overlay, ...]
    shown: bool = False


def write_kmz(
    path: Path, title: str, note: str, points: gpd.GeoDataFrame, label: str, fields: Mapping[str, str],
    symbol: Symbol | None = None,
) -> None:  # fmt: skip
    """Write points as placemarks for Google Earth.

    Parameters
    ----------
    title, note
        Name and description of the document.
    points
        Points in any CRS.
    label
        Column that names a placemark.
    fields
        Columns shown in the card, with their headings; what a point lacks is left out.
    symbol
        How they are drawn; None: as Google Earth likes.
    """
    kml, document = _document(title, note)
    with zipping(path) as archive:
        style = "" if symbol is None else _style(archive, document, "places", symbol, "point")
        for (_, row), place in zip(points.iterrows(), projected(points, WGS84).geometry, strict=True):
            facts = {heading: _shown(row[column]) for column, heading in fields.items() if not pd.isna(row[column])}
            _placemark(document, row[label], facts, place, style)
        _add(archive, "doc.kml", _xml(kml), zipfile.ZIP_DEFLATED)


def write_layers_kmz(path: Path, title: str, note: str, layers: Iterable[Layer], themes: Iterable[Theme]) -> None:
    """Write layers as folders, each with a folder for every class of its legend, and surfaces under them.

    Parameters
    ----------
    title, note
        Name and description of the document.
    layers
        Those with ``shown`` are drawn when the file is opened.
    themes
        Surfaces; each has its legend in a corner of the screen while it is shown.
    """
    kml, document = _document(title, note)
    with zipping(path) as archive:
        # A KML document lists its styles before what they are for.
        folders = [_layer_folder(archive, document, layer, f"s{place}") for place, layer in enumerate(layers)]
        for folder in folders:
            document.append(folder)
        for place, theme in enumerate(themes):
            _theme_folder(archive, document, theme, f"t{place}")
        _add(archive, "doc.kml", _xml(kml), zipfile.ZIP_DEFLATED)


def _document(title: str, note: str) -> tuple[etree.Element, etree.Element]:
    kml = etree.Element("kml", xmlns=KML)
    document = etree.SubElement(kml, "Document")
    etree.SubElement(document, "name").text = plain(title)
    etree.SubElement(document, "open").text = "1"
    if note:
        etree.SubElement(document, "description").text = plain(note)
    return kml, document


def _layer_folder(archive: zipfile.ZipFile, document: etree.Element, layer: Layer, key: str) -> etree.Element:
    folder = _folder(layer.title, layer.about, layer.shown)
    places = projected(layer.frame, WGS84).geometry.to_numpy()
    records = layer.frame.drop(columns=layer.frame.geometry.name).to_dict("records")
    for number_, (rules, rows) in enumerate(layer.leaves()):
        symbol = rules[-1].symbol
        if symbol is None or not rows.any():
            continue
        style = _style(archive, document, f"{key}_{number_}", symbol, layer.geometry)
        shown = layer.shown and all(rule.shown for rule in rules)
        inner = _within(folder, rules, shown) if layer.rules else folder
        for position in np.flatnonzero(rows):
            row = records[position]
            _placemark(inner, row.get(layer.naming), layer.facts(row), places[position], style, shown)
    return folder


def _within(folder: etree.Element, rules: tuple[Rule, ...], shown: bool) -> etree.Element:
    """Return the folder of a rule, made where it is not there, in those of the rules around it."""
    for rule in rules:
        found = next((one for one in folder.findall("Folder") if one.findtext("name") == plain(rule.label)), None)
        if found is None:
            found = _folder(rule.label, "", shown)
            folder.append(found)
        folder = found
    return folder


def _folder(name: str, about: str, shown: bool) -> etree.Element:
    folder = etree.Element("Folder")
    etree.SubElement(folder, "name").text = plain(name)
    etree.SubElement(folder, "visibility").text = str(int(shown))
    if about:
        etree.SubElement(folder, "description").text = plain(about)
    return folder


def _placemark(
    parent: etree.Element,
    name: object,
    facts: Mapping[str, str],
    place: shapely.Geometry,
    style: str,
    shown: bool = True,
) -> None:
    mark = etree.SubElement(parent, "Placemark")
    if name is not None and not pd.isna(name):
        etree.SubElement(mark, "name").text = plain(name)
    if not shown:
        etree.SubElement(mark, "visibility").text = "0"
    if style:
        etree.SubElement(mark, "styleUrl").text = f"#{style}"
    if facts:
        data = etree.SubElement(mark, "ExtendedData")
        for heading, value in facts.items():
            entry = etree.SubElement(data, "Data", name=plain(heading))
            etree.SubElement(entry, "value").text = plain(value)
    _geometry(mark, place)


def _geometry(parent: etree.Element, shape: shapely.Geometry) -> None:
    parts = shapely.get_parts(shape)
    if len(parts) > 1:
        parent = etree.SubElement(parent, "MultiGeometry")
    for part in parts:
        if part.geom_type == "Polygon":
            polygon = etree.SubElement(parent, "Polygon")
            etree.SubElement(polygon, "tessellate").text = "1"
            for name, ring in (
                ("outerBoundaryIs", part.exterior), *(("innerBoundaryIs", inside) for inside in part.interiors),
            ):  # fmt: skip
                side = etree.SubElement(etree.SubElement(polygon, name), "LinearRing")
                etree.SubElement(side, "coordinates").text = _coordinates(ring)
        elif part.geom_type == "LineString":
            line = etree.SubElement(parent, "LineString")
            etree.SubElement(line, "tessellate").text = "1"
            etree.SubElement(line, "coordinates").text = _coordinates(part)
        else:
            etree.SubElement(etree.SubElement(parent, "Point"), "coordinates").text = _coordinates(part)


def _coordinates(shape: shapely.Geometry) -> str:
    return " ".join(f"{east:.6f},{north:.6f}" for east, north in shapely.get_coordinates(shape).tolist())


def _shown(value: object) -> str:
    return f"{value:.1f}" if isinstance(value, float) else str(value)


def _style(archive: zipfile.ZipFile, document: etree.Element, key: str, symbol: Symbol, geometry: str) -> str:
    """Add a style and the icon that it needs; return its name."""
    style = etree.SubElement(document, "Style", id=key)
    if geometry == "point":
        icon = f"icons/{key}.png"
        _add(archive, icon, _icon(symbol))
        look = etree.SubElement(style, "IconStyle")
        etree.SubElement(look, "scale").text = f"{symbol.size_mm / 4.5:.2f}"
        etree.SubElement(etree.SubElement(look, "Icon"), "href").text = icon
        etree.SubElement(etree.SubElement(style, "LabelStyle"), "scale").text = "0.7"
    line = etree.SubElement(style, "LineStyle")
    edge = symbol.colour if geometry == "line" or symbol.hatched else symbol.outline
    etree.SubElement(line, "color").text = _colour(edge, 1.0)
    etree.SubElement(line, "width").text = f"{max(symbol.outline_mm * 5, 1):g}"
    if geometry == "polygon":
        fill = etree.SubElement(style, "PolyStyle")
        etree.SubElement(fill, "color").text = _colour(
            symbol.colour, 0.0 if symbol.hatched else symbol.opacity * _OPACITY
        )
    return key


def _colour(colour: str, opacity: float) -> str:
    red, green, blue = rgb(colour)
    return f"{round(255 * opacity):02x}{blue:02x}{green:02x}{red:02x}"


def _icon(symbol: Symbol) -> bytes:
    image = Image.new("RGBA", (_ICON, _ICON))
    pen = ImageDraw.Draw(image)
    fill, edge = (*rgb(symbol.colour), 255), (*rgb(symbol.outline), 255)
    if symbol.shape in _CORNERS:
        count, turn = _CORNERS[symbol.shape]
        angle = np.deg2rad(turn - 90 + 360 * np.arange(count) / count)
        radius = (_ICON / 2 - 4) * np.where((np.arange(count) % 2 == 1) & (symbol.shape == "star"), 0.45, 1.0)
        corners = _ICON / 2 + radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
        pen.polygon(list(map(tuple, corners.tolist())), fill=fill, outline=edge, width=4)
    else:
        pen.ellipse((4, 4, _ICON - 5, _ICON - 5), fill=fill, outline=edge, width=4)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _theme_folder(archive: zipfile.ZipFile, document: etree.Element, theme: Theme, key: str) -> None:
    folder = _folder(theme.title, "", theme.shown)
    style = etree.SubElement(etree.SubElement(folder, "Style"), "ListStyle")
    etree.SubElement(style, "listItemType").text = "radioFolder"
    document.append(folder)
    legend = f"legends/{key}.png"
    _add(archive, legend, _legend(theme))
    for place, overlay in enumerate(theme.overlays):
        shown = theme.shown and place == 0
        inner = _folder(overlay.title, "", shown)
        inner_style = etree.SubElement(etree.SubElement(inner, "Style"), "ListStyle")
        etree.SubElement(inner_style, "listItemType").text = "checkHideChildren"
        folder.append(inner)
        name = f"surfaces/{key}_{place}.png"
        codes, transform, _ = in_crs(overlay.codes, overlay.grid, WGS84, NOTHING)
        _add(archive, name, _palette_png(codes, overlay.colours))
        ground = _drawn(inner, "GroundOverlay", overlay.title, shown, name)
        ground.insert(2, _text("color", f"{round(255 * _OPACITY):02x}ffffff"))
        box = etree.SubElement(ground, "LatLonBox")
        west, south, east, north = array_bounds(*codes.shape, transform)
        for side, degrees in {"north": north, "south": south, "east": east, "west": west}.items():
            etree.SubElement(box, side).text = f"{degrees:.9f}"
        screen = _drawn(inner, "ScreenOverlay", theme.legend_title, shown, legend)
        corner = {"x": "0.01", "y": "0.04", "xunits": "fraction", "yunits": "fraction"}
        etree.SubElement(screen, "overlayXY", corner | {"x": "0", "y": "0"})
        etree.SubElement(screen, "screenXY", corner)


def _drawn(parent: etree.Element, kind: str, name: str, shown: bool, href: str) -> etree.Element:
    overlay = etree.SubElement(parent, kind)
    etree.SubElement(overlay, "name").text = plain(name)
    etree.SubElement(overlay, "visibility").text = str(int(shown))
    etree.SubElement(etree.SubElement(overlay, "Icon"), "href").text = href
    return overlay


def _text(name: str, text: str) -> etree.Element:
    element = etree.Element(name)
    element.text = text
    return element


def _palette_png(codes: NDArray[np.generic], colours: Sequence[str]) -> bytes:
    """Return codes as a picture whose colours are those of the classes, byte for byte."""
    drawn = np.where(codes == NOTHING, 0, codes.astype(np.int16) + 1).astype(np.uint8)
    image = Image.fromarray(drawn)
    image.putpalette([0, 0, 0] + [channel for colour in colours for channel in rgb(colour)])
    buffer = io.BytesIO()
    image.save(buffer, "PNG", transparency=0, optimize=True)
    return buffer.getvalue()


def _legend(theme: Theme) -> bytes:
    """Return the legend as it lies in a corner of the screen, the highest class on top."""
    row, width = 26, 300
    with TemporaryDirectory() as folder:
        path = Path(folder, "legend.png")
        with sheet(path, width, row * (len(theme.legend) + 1) + 24) as figure:
            from matplotlib.patches import Rectangle

            axes = figure.add_axes((0, 0, 1, 1))
            axes.set(xlim=(0, width), ylim=(row * (len(theme.legend) + 1) + 24, 0))
            axes.axis("off")
            axes.text(14, 24, theme.legend_title, weight="bold", va="center", fontsize=8.5)
            for place, (name, colour) in enumerate(list(theme.legend.items())[::-1]):
                top = 40 + place * row
                axes.add_patch(Rectangle((14, top), 34, row - 6, facecolor=colour, edgecolor="#00000055"))
                axes.text(60, top + (row - 6) / 2, name, va="center", fontsize=8.5)
        return path.read_bytes()


def _add(archive: zipfile.ZipFile, name: str, content: bytes, method: int = zipfile.ZIP_STORED) -> None:
    entry = zipfile.ZipInfo(name, date_time=_DATE)
    entry.compress_type = method
    archive.writestr(entry, content)


def _xml(root: etree.Element) -> bytes:
    return bytes(etree.tostring(root, encoding="utf-8", xml_declaration=True))
