"""Layers for other programs: GeoPackage, GeoParquet, cloud-optimised GeoTIFF, KMZ, MapInfo TAB and GPX."""

from lomsong.publish.layers.geopackage import FIXED_DATE, write_geopackage
from lomsong.publish.layers.gpx import GPX, write_waypoints
from lomsong.publish.layers.kmz import KML, Overlay, Theme, write_kmz, write_layers_kmz
from lomsong.publish.layers.look import Layer, Rule, Symbol, Test
from lomsong.publish.layers.mapinfo import write_tab
from lomsong.publish.layers.parquet import write_parquet
from lomsong.publish.layers.projection import chosen_crs, projected, require_known
from lomsong.publish.layers.qml import palette_style, raster_style, vector_style
from lomsong.publish.layers.rasters import NOTHING, category_names, write_classes, write_raster

__all__ = [
    "FIXED_DATE",
    "GPX",
    "KML",
    "NOTHING",
    "Layer",
    "Overlay",
    "Rule",
    "Symbol",
    "Test",
    "Theme",
    "category_names",
    "chosen_crs",
    "palette_style",
    "projected",
    "raster_style",
    "require_known",
    "vector_style",
    "write_classes",
    "write_geopackage",
    "write_kmz",
    "write_layers_kmz",
    "write_parquet",
    "write_raster",
    "write_tab",
    "write_waypoints",
]
