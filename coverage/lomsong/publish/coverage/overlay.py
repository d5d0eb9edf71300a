"""Coverage as an overlay for Google Earth: one KMZ that asks nothing of any network."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
from affine import Affine
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from rasterio.crs import CRS
from rasterio.enums import Resampling
from rasterio.transform import array_bounds
from rasterio.warp import calculate_default_transform
from rasterio.windows import Window
from rasterio.windows import bounds as window_bounds

from lomsong.geo import WGS84, require_crs
from lomsong.publish.atomic import zipping
from lomsong.publish.coverage.levels import filled, opened, stretched, warped
from lomsong.publish.coverage.sheet import sheet
from lomsong.publish.coverage.words import class_names, number
from lomsong.publish.layers import KML
from lomsong.publish.map.palette import Classes, rgb
from lomsong.texts import text

TILE = 1024
"""Longest side of a picture in pixels: what graphics cards of old machines still take."""

LONGEST = 4096
"""Longest side of an operator's overlay in pixels; a larger raster is reduced to it, by nearest neighbour."""

OPACITY = 0.7

_DATE = (2000, 1, 1, 0, 0, 0)
_DEGREES = CRS.from_epsg(4326)
_SITE_FIELDS = (("operator", None), ("technology", None), ("band_mhz", 0), ("height_m", 1), ("azimuth_deg", 0))


def write_overlay_kmz(
    path: Path,
    levels: Mapping[str, Path],
    classes: Classes,
    sites: gpd.GeoDataFrame | None,
    title: str,
    language: str = "vi",
    note: str = "",
) -> None:
    """Write level rasters, coloured by classes, and sites as one KMZ.

    One folder an operator, of which one is shown at a time. Each raster is brought to longitude and latitude and cut
    into pictures of at most 1024 pixels; above 4096 pixels it is reduced. A raster of more than one picture has an
    overview that is shown from afar, and its pictures are loaded when they are seen from near. Where nothing is known
    it is transparent. Memory does not grow with the rasters.

    Parameters
    ----------
    path
        File to write.
    levels
        Name of each operator, as shown, to its raster of levels in dBm, in any CRS.
    classes
        Half-open classes and their colours.
    sites
        Table ``sites``, in any CRS.
    title, note
        Name and description of the document.
    language
        vi or en.

    Raises
    ------
    MissingFileError, FormatError, CrsError
        When a raster is not there, is not one, or does not say where it lies.
    """
    kml = ET.Element("kml", xmlns=KML)
    document = ET.SubElement(kml, "Document")
    ET.SubElement(document, "name").text = title
    if note:
        ET.SubElement(document, "description").text = note
    ET.SubElement(document, "open").text = "1"
    with zipping(path) as archive:
        _legend(archive, document, classes, language)
        choice = _folder(document, text("cover.operators", language), "radioFolder")
        for place, (operator, raster) in enumerate(levels.items()):
            folder = _folder(choice, operator, "checkHideChildren", shown=place == 0)
            _overlays(archive, folder, raster, classes, f"levels/{place + 1}")
        if sites is not None and len(sites):
            _placemarks(archive, document, sites, language)
        _add(archive, "doc.kml", ET.tostring(kml, encoding="utf-8", xml_declaration=True), zipfile.ZIP_DEFLATED)


def _add(archive: zipfile.ZipFile, name: str, content: bytes, method: int = zipfile.ZIP_STORED) -> None:
    entry = zipfile.ZipInfo(name, date_time=_DATE)
    entry.compress_type = method
    archive.writestr(entry, content)


def _folder(parent: ET.Element, name: str, kind: str, shown: bool = True) -> ET.Element:
    folder = ET.SubElement(parent, "Folder")
    ET.SubElement(folder, "name").text = name
    ET.SubElement(folder, "visibility").text = str(int(shown))
    style = ET.SubElement(ET.SubElement(folder, "Style"), "ListStyle")
    ET.SubElement(style, "listItemType").text = kind
    return folder


def _overlays(archive: zipfile.ZipFile, folder: ET.Element, raster: Path, classes: Classes, stem: str) -> None:
    shown = folder.findtext("visibility", "1")
    with opened(raster) as source:
        shape, transform = _in_degrees(source, LONGEST)
        several = max(shape) > TILE
        if several:
            small, wide = _in_degrees(source, TILE)
            codes = _codes(source, small, wide, classes, Window(0, 0, small[1], small[0]))
            _add(archive, f"{stem}_far.png", _png(codes, classes))
            _ground(folder, f"{stem}_far.png", array_bounds(*small, wide), shown, "0", (0, 2 * TILE))
        for top in range(0, shape[0], TILE):
            for left in range(0, shape[1], TILE):
                window = Window(left, top, min(TILE, shape[1] - left), min(TILE, shape[0] - top))
                codes = _codes(source, shape, transform, classes, window)
                if not codes.any():
                    continue
                name = f"{stem}_{top // TILE}_{left // TILE}.png"
                _add(archive, name, _png(codes, classes))
                bounds = window_bounds(window, transform)
                _ground(folder, name, bounds, shown, "1", (TILE // 4, -1) if several else None)


def _in_degrees(source: Any, longest: int) -> tuple[tuple[int, int], Affine]:
    """Return shape and transform of the raster in longitude and latitude, no side above ``longest``."""
    transform, width, height = calculate_default_transform(
        source.crs, _DEGREES, source.width, source.height, *source.bounds
    )
    factor = max(1.0, max(width, height) / longest)
    columns, rows = max(1, int(width / factor)), max(1, int(height / factor))
    return (rows, columns), stretched(transform, width / columns, height / rows)


def _codes(
    source: Any, shape: tuple[int, int], transform: Affine, classes: Classes, window: Window
) -> NDArray[np.uint8]:
    """Return class plus one of each pixel, 0 where nothing is known; classified last, so no colour is a blend."""
    with warped(source, shape, transform, _DEGREES, Resampling.nearest) as view:
        values = filled(view.read(1, window=window, masked=True))
    return np.where(np.isfinite(values), classes.index(values) + 1, 0).astype(np.uint8)


def _png(codes: NDArray[np.uint8], classes: Classes) -> bytes:
    image = Image.fromarray(codes)
    image.putpalette([0, 0, 0] + [channel for colour in classes.colours for channel in rgb(colour)])
    buffer = io.BytesIO()
    image.save(buffer, "PNG", transparency=0, optimize=True)
    return buffer.getvalue()


def _ground(
    folder: ET.Element,
    href: str,
    bounds: tuple[float, float, float, float],
    shown: str,
    order: str,
    lod: tuple[int, int] | None,
) -> None:
    west, south, east, north = bounds
    sides = {"north": north, "south": south, "east": east, "west": west}
    overlay = ET.SubElement(folder, "GroundOverlay")
    ET.SubElement(overlay, "name").text = Path(href).stem
    ET.SubElement(overlay, "visibility").text = shown
    if lod is not None:
        region = ET.SubElement(overlay, "Region")
        _box(region, "LatLonAltBox", sides)
        limits = ET.SubElement(region, "Lod")
        ET.SubElement(limits, "minLodPixels").text = str(lod[0])
        ET.SubElement(limits, "maxLodPixels").text = str(lod[1])
    ET.SubElement(overlay, "color").text = f"{round(255 * OPACITY):02x}ffffff"
    ET.SubElement(overlay, "drawOrder").text = order
    ET.SubElement(ET.SubElement(overlay, "Icon"), "href").text = href
    _box(overlay, "LatLonBox", sides)


def _box(parent: ET.Element, name: str, sides: Mapping[str, float]) -> None:
    box = ET.SubElement(parent, name)
    for side, value in sides.items():
        ET.SubElement(box, side).text = f"{value:.9f}"


def _legend(archive: zipfile.ZipFile, document: ET.Element, classes: Classes, language: str) -> None:
    _add(archive, "legend.png", _legend_png(classes, language))
    overlay = ET.SubElement(document, "ScreenOverlay")
    ET.SubElement(overlay, "name").text = text("map.legend", language)
    ET.SubElement(ET.SubElement(overlay, "Icon"), "href").text = "legend.png"
    corner = {"x": "0.01", "y": "0.04", "xunits": "fraction", "yunits": "fraction"}
    ET.SubElement(overlay, "overlayXY", corner | {"x": "0", "y": "0"})
    ET.SubElement(overlay, "screenXY", corner)


def _legend_png(classes: Classes, language: str) -> bytes:
    """Return the legend as it lies in a corner of the screen, strongest class on top."""
    row, width = 26, 260
    height = row * (len(classes.colours) + 1) + 24
    with TemporaryDirectory() as folder:
        path = Path(folder, "legend.png")
        with sheet(path, width, height) as figure:
            from matplotlib.patches import Rectangle

            axes = figure.add_axes((0, 0, 1, 1))
            axes.set(xlim=(0, width), ylim=(height, 0))
            axes.axis("off")
            axes.text(14, 24, text("map.legend_level", language), weight="bold", va="center", fontsize=8.5)
            names = class_names(classes, language)
            for place, (name, colour) in enumerate(zip(names[::-1], classes.colours[::-1], strict=True)):
                top = 40 + place * row
                axes.add_patch(Rectangle((14, top), 34, row - 6, facecolor=colour, edgecolor="#00000055"))
                axes.text(60, top + (row - 6) / 2, name, va="center", fontsize=8.5)
        return path.read_bytes()


def _placemarks(archive: zipfile.ZipFile, document: ET.Element, sites: gpd.GeoDataFrame, language: str) -> None:
    from lomsong.tables.network import SITES

    require_crs(sites, "sites")
    _add(archive, "mast.png", _mast_png())
    style = ET.SubElement(document, "Style", id="mast")
    icon = ET.SubElement(style, "IconStyle")
    ET.SubElement(ET.SubElement(icon, "Icon"), "href").text = "mast.png"
    ET.SubElement(ET.SubElement(style, "LabelStyle"), "scale").text = "0.8"
    folder = _folder(document, text("map.sites", language), "check")
    fields = [(name, digits) for name, digits in _SITE_FIELDS if name in sites]
    for (_, row), place in zip(sites.iterrows(), sites.geometry.to_crs(WGS84), strict=True):
        if place is None or place.is_empty:
            continue
        mark = ET.SubElement(folder, "Placemark")
        ET.SubElement(mark, "name").text = str(row["site_id"])
        ET.SubElement(mark, "styleUrl").text = "#mast"
        data = ET.SubElement(mark, "ExtendedData")
        for name, digits in fields:
            if pd.isna(row[name]):
                continue
            entry = ET.SubElement(data, "Data", name=getattr(SITES[name], language))
            shown = str(row[name]) if digits is None else number(float(row[name]), digits, language)
            ET.SubElement(entry, "value").text = shown
        ET.SubElement(ET.SubElement(mark, "Point"), "coordinates").text = f"{place.x:.6f},{place.y:.6f}"


def _mast_png() -> bytes:
    image = Image.new("RGBA", (64, 64))
    pen = ImageDraw.Draw(image)
    pen.ellipse((8, 8, 55, 55), fill=(34, 48, 58, 255), outline=(255, 255, 255, 255), width=5)
    pen.polygon([(32, 17), (44, 43), (20, 43)], fill=(255, 255, 255, 255))
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
