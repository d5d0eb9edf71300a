"""Layers for other programs: GeoPackage, GeoParquet, cloud-optimised GeoTIFF, KMZ and CSV."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import rasterio
from numpy.typing import NDArray
from rasterio.transform import from_origin

from lomsong.geo import WGS84, Grid
from lomsong.publish.atomic import replacing

FIXED_DATE = "2000-01-01T00:00:00.000Z"
"""Written where a format insists on a date, so that the same content gives the same bytes."""

KML = "http://www.opengis.net/kml/2.2"

_TILE = 256
"""Side of a raster's tiles, pixels: a province on 250 m cells has overviews."""


def write_geopackage(path: Path, layers: Mapping[str, gpd.GeoDataFrame]) -> None:
    """Write each frame as a layer of one GeoPackage; frames without rows are left out."""
    with replacing(path) as draft, _fixed_date():
        for name, frame in layers.items():
            if len(frame):
                pyogrio.write_dataframe(frame, draft, layer=name, driver="GPKG", append=draft.exists())


@contextmanager
def _fixed_date() -> Iterator[None]:
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": FIXED_DATE})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def write_raster(path: Path, values: NDArray[np.float32], grid: Grid, description: str, unit: str) -> None:
    """Write a cloud-optimised GeoTIFF of ``values``, shape ``grid.shape``, NaN where nothing is known."""
    with (
        replacing(path) as draft,
        rasterio.open(
            draft,
            "w",
            driver="COG",
            width=grid.shape[1],
            height=grid.shape[0],
            count=1,
            dtype="float32",
            crs=grid.crs.to_wkt(),
            transform=from_origin(grid.west_m, grid.north_m, grid.step_m, grid.step_m),
            nodata=float("nan"),
            compress="DEFLATE",
            predictor="YES",
            blocksize=_TILE,
            overview_resampling="nearest",
        ) as target,
    ):
        target.write(values.astype(np.float32), 1)
        target.set_band_description(1, description)
        target.update_tags(1, unit=unit)


def write_parquet(path: Path, frame: gpd.GeoDataFrame) -> None:
    """Write GeoParquet."""
    with replacing(path) as draft:
        frame.to_parquet(draft, index=False, compression="zstd")


def write_kmz(
    path: Path, title: str, note: str, points: gpd.GeoDataFrame, label: str, fields: Mapping[str, str]
) -> None:
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
    """
    kml = ET.Element("kml", xmlns=KML)
    document = ET.SubElement(kml, "Document")
    ET.SubElement(document, "name").text = title
    if note:
        ET.SubElement(document, "description").text = note
    for (_, row), place in zip(points.iterrows(), points.geometry.to_crs(WGS84), strict=True):
        mark = ET.SubElement(document, "Placemark")
        ET.SubElement(mark, "name").text = str(row[label])
        data = ET.SubElement(mark, "ExtendedData")
        for column, heading in fields.items():
            if pd.isna(row[column]):
                continue
            entry = ET.SubElement(data, "Data", name=heading)
            ET.SubElement(entry, "value").text = _shown(row[column])
        point = ET.SubElement(mark, "Point")
        ET.SubElement(point, "coordinates").text = f"{place.x:.6f},{place.y:.6f}"
    with replacing(path) as draft, zipfile.ZipFile(draft, "w") as archive:
        entry_info = zipfile.ZipInfo("doc.kml", date_time=(2000, 1, 1, 0, 0, 0))
        entry_info.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(entry_info, ET.tostring(kml, encoding="utf-8", xml_declaration=True))


def _shown(value: object) -> str:
    return f"{value:.1f}" if isinstance(value, float) else str(value)
