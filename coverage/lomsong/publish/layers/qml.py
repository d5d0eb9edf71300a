"""Styles as QGIS keeps them (QML), written for 3.22 and read by all that came since."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree as ET

from lomsong.publish.layers.look import INK, Layer, Rule, Symbol
from lomsong.publish.map.palette import Classes, rgb

VERSION = "3.22.0"

_HEAD = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
_SYMBOLS = {"point": "marker", "line": "line", "polygon": "fill"}
_GEOMETRIES = {"point": "0", "line": "1", "polygon": "2"}


def vector_style(layer: Layer) -> str:
    """Return the style of a layer: its rules, the names of its columns and its labels."""
    root = ET.Element(
        "qgis", version=VERSION, styleCategories="Symbology|Labeling|Fields|Forms", labelsEnabled=_flag(layer.label),
        simplifyDrawingHints="1", simplifyMaxScale="1", simplifyLocal="1",
    )  # fmt: skip
    renderer = ET.SubElement(root, "renderer-v2", type="RuleRenderer", enableorderby="0", forceraster="0")
    renderer.set("symbollevels", "0")
    tree = ET.SubElement(renderer, "rules", key=_key(layer.name, "root"))
    symbols = ET.SubElement(renderer, "symbols")
    count = itertools.count()
    for rule in layer.rules:
        _add_rule(tree, symbols, rule, layer, count)
    if layer.label:
        root.append(_labels(layer))
    root.append(_field_words(layer))
    aliases = ET.SubElement(root, "aliases")
    for place, column in enumerate(layer.frame.drop(columns=layer.frame.geometry.name)):
        ET.SubElement(aliases, "alias", field=str(column), index=str(place), name=layer.headings.get(column, ""))
    if layer.label:
        ET.SubElement(root, "previewExpression").text = f'"{layer.label}"'
    ET.SubElement(root, "layerGeometryType").text = _GEOMETRIES[layer.geometry]
    return _text(root)


def raster_style(classes: Classes, labels: Sequence[str], opacity: float = 0.8) -> str:
    """Return the style of a raster of numbers: its classes as steps, in their colours, with their words.

    A step of QGIS holds what lies at or below its value, so each is told the last number before the next class.
    """
    root, renderer = _raster(opacity, "singlebandpseudocolor")
    renderer.set("classificationMin", f"{classes.breaks[0]:g}")
    renderer.set("classificationMax", f"{classes.breaks[-1]:g}")
    shader = ET.SubElement(renderer, "rastershader")
    ramp = ET.SubElement(
        shader, "colorrampshader", colorRampType="DISCRETE", classificationMode="1", clip="0", labelPrecision="2",
        minimumValue=f"{classes.breaks[0]:g}", maximumValue=f"{classes.breaks[-1]:g}",
    )  # fmt: skip
    ends = [repr(limit - abs(limit) * 1e-9 - 1e-12) for limit in classes.breaks]
    for end, colour, label in zip([*ends, "inf"], classes.colours, labels, strict=True):
        ET.SubElement(ramp, "item", value=end, color=colour, label=label, alpha="255")
    return _text(root)


def palette_style(colours: Mapping[int, str], labels: Mapping[int, str], opacity: float = 0.8) -> str:
    """Return the style of a raster of codes; a code without a colour is not drawn."""
    root, renderer = _raster(opacity, "paletted")
    entries = ET.SubElement(renderer, "colorPalette")
    for code, colour in colours.items():
        ET.SubElement(entries, "paletteEntry", value=str(code), color=colour, label=labels[code], alpha="255")
    return _text(root)


def _raster(opacity: float, kind: str) -> tuple[ET.Element, ET.Element]:
    root = ET.Element("qgis", version=VERSION, styleCategories="Symbology")
    pipe = ET.SubElement(root, "pipe")
    renderer = ET.SubElement(
        pipe, "rasterrenderer", type=kind, band="1", opacity=f"{opacity:g}", alphaBand="-1", nodataColor="",
    )  # fmt: skip
    return root, renderer


def _add_rule(tree: ET.Element, symbols: ET.Element, rule: Rule, layer: Layer, count: itertools.count[int]) -> None:
    number = next(count)
    entry = ET.SubElement(tree, "rule", key=_key(layer.name, str(number)), label=rule.label)
    if rule.expression:
        entry.set("filter", rule.expression)
    if not rule.shown:
        entry.set("checkstate", "0")
    if rule.symbol is not None:
        name = str(len(symbols))
        entry.set("symbol", name)
        symbols.append(_symbol(name, rule.symbol, layer.geometry))
    for inner in rule.rules:
        _add_rule(entry, symbols, inner, layer, count)


def _symbol(name: str, symbol: Symbol, geometry: str) -> ET.Element:
    top = ET.Element("symbol", name=name, type=_SYMBOLS[geometry], alpha="1", clip_to_extent="1", force_rhr="0")
    edge = {
        "outline_color": _colour(symbol.outline), "outline_style": "solid", "outline_width": f"{symbol.outline_mm:g}",
        "outline_width_unit": "MM",
    }  # fmt: skip
    if geometry == "point":
        _add_part(
            top, "SimpleMarker",
            {"name": symbol.shape, "color": _colour(symbol.colour, symbol.opacity), "size": f"{symbol.size_mm:g}",
             "size_unit": "MM", **edge},
        )  # fmt: skip
    elif geometry == "line":
        _add_part(
            top, "SimpleLine",
            {"line_color": _colour(symbol.colour, symbol.opacity), "line_width": f"{symbol.outline_mm:g}",
             "line_width_unit": "MM"},
        )  # fmt: skip
    else:
        fill = "no" if symbol.hatched else "solid"
        _add_part(top, "SimpleFill", {"color": _colour(symbol.colour, symbol.opacity), "style": fill, **edge})
        if symbol.hatched:
            lines = _add_part(top, "LinePatternFill", {"angle": "45", "distance": "1.6", "distance_unit": "MM"})
            inner = ET.SubElement(
                lines, "symbol", name=f"@{name}@1", type="line", alpha="1", clip_to_extent="1", force_rhr="0"
            )
            _add_part(
                inner, "SimpleLine",
                {"line_color": _colour(symbol.colour, symbol.opacity), "line_width": "0.2", "line_width_unit": "MM"},
            )  # fmt: skip
    return top


def _add_part(symbol: ET.Element, kind: str, values: Mapping[str, str]) -> ET.Element:
    part = ET.SubElement(symbol, "layer", {"class": kind, "enabled": "1", "locked": "0", "pass": "0"})
    _options(part, values)
    return part


def _options(parent: ET.Element, values: Mapping[str, str]) -> None:
    options = ET.SubElement(parent, "Option", type="Map")
    for name, value in values.items():
        ET.SubElement(options, "Option", name=name, type="QString", value=value)


def _field_words(layer: Layer) -> ET.Element:
    """Return what QGIS shows for codes in tables and forms: their words."""
    fields = ET.Element("fieldConfiguration")
    for column, known in layer.values.items():
        widget = ET.SubElement(ET.SubElement(fields, "field", name=column), "editWidget", type="ValueMap")
        options = ET.SubElement(ET.SubElement(widget, "config"), "Option", type="Map")
        pairs = ET.SubElement(options, "Option", name="map", type="List")
        for code, word in known.items():
            pair = ET.SubElement(pairs, "Option", type="Map")
            ET.SubElement(pair, "Option", name=word, type="QString", value=code)
    return fields


def _labels(layer: Layer) -> ET.Element:
    labeling = ET.Element("labeling", type="simple")
    settings = ET.SubElement(labeling, "settings", calloutType="simple")
    style = ET.SubElement(
        settings, "text-style", fieldName=layer.label, isExpression="0", fontSize="8", fontSizeUnit="Point",
        textColor=_colour(INK), textOpacity="1", fontWeight="50", namedStyle="Regular", multilineHeight="1",
        capitalization="0",
    )  # fmt: skip
    ET.SubElement(
        style, "text-buffer", bufferDraw="1", bufferSize="0.8", bufferSizeUnits="MM", bufferColor=_colour("#ffffff"),
        bufferOpacity="0.85", bufferNoFill="1", bufferJoinStyle="128",
    )  # fmt: skip
    placement = "1" if layer.geometry == "polygon" else "6"
    ET.SubElement(settings, "placement", placement=placement, priority="5", dist="1.2", distUnits="MM")
    ET.SubElement(settings, "rendering", drawLabels="1", obstacle="1", scaleVisibility="0", limitNumLabels="0")
    return labeling


def _colour(colour: str, opacity: float = 1.0) -> str:
    red, green, blue = rgb(colour)
    return f"{red},{green},{blue},{round(255 * opacity)}"


def _flag(value: object) -> str:
    return "1" if value else "0"


def _key(layer: str, part: str) -> str:
    """Return a key of a rule that two builds share."""
    return "{" + str(uuid5(NAMESPACE_URL, f"lomsong/{layer}/{part}")) + "}"


def _text(root: ET.Element) -> str:
    ET.indent(root, " ")
    return _HEAD + ET.tostring(root, encoding="unicode")
