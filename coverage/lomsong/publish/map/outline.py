"""Shapes as the page draws them: simplified, rounded, latitude first."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

_DECIMALS = 5
"""Of a degree: 1 m."""
_TOLERANCE_DEG = 0.0004
"""Detail under 45 m is not seen on a map of a province."""


def commune_shapes(communes: gpd.GeoDataFrame) -> list[list[list[Any]]]:
    """Return each commune as polygons of rings, simplified so that neighbours keep one common border."""
    simple = shapely.coverage_simplify(communes.geometry.to_numpy(), _TOLERANCE_DEG)
    return [polygons(shape) for shape in simple]


def commune_centres(communes: gpd.GeoDataFrame) -> list[list[float]]:
    """Return a point inside each commune, latitude first: where its name is written."""
    points = shapely.point_on_surface(communes.geometry.to_numpy())
    return [[round(float(point.y), _DECIMALS), round(float(point.x), _DECIMALS)] for point in points]


def district_lines(communes: gpd.GeoDataFrame) -> list[Any]:
    """Return the borders of the districts, or of the territory where communes name none, on those of the communes."""
    simple = shapely.coverage_simplify(communes.geometry.to_numpy(), _TOLERANCE_DEG)
    parents = communes["parent_code"] if "parent_code" in communes else communes.get("parent_name")
    keys = [""] * len(communes) if parents is None else parents.fillna("").astype(str).tolist()
    districts = gpd.GeoSeries(simple, crs=communes.crs).groupby(keys).agg(shapely.union_all)
    edges = shapely.line_merge(shapely.union_all(shapely.boundary(np.asarray(districts.array))))
    return [_pairs(shapely.get_coordinates(line)) for line in shapely.get_parts(edges) if line.length > 0]


def polygon_shapes(layer: gpd.GeoDataFrame | None) -> list[list[Any]]:
    """Return all polygons of a base layer as rings."""
    return [polygon for shape in _simplified(layer) for polygon in polygons(shape)]


def line_shapes(layer: gpd.GeoDataFrame | None) -> list[Any]:
    """Return all lines of a base layer."""
    parts = shapely.get_parts(_simplified(layer))
    return [_pairs(shapely.get_coordinates(part)) for part in parts if part.length > 0]


def _simplified(layer: gpd.GeoDataFrame | None) -> NDArray[np.object_]:
    if layer is None or layer.empty:
        return np.array([], dtype=object)
    return np.asarray(shapely.simplify(layer.geometry.to_crs(4326).to_numpy(), _TOLERANCE_DEG))


def polygons(shape: shapely.Geometry) -> list[list[Any]]:
    """Return the polygons of a shape as rings."""
    return [
        [_pairs(shapely.get_coordinates(ring)[:-1]) for ring in (part.exterior, *part.interiors)]
        for part in shapely.get_parts(shape)
        if part.geom_type == "Polygon" and not part.is_empty
    ]


def _pairs(lonlat: NDArray[np.float64]) -> Any:
    rounded: Any = np.round(lonlat[:, ::-1], _DECIMALS).tolist()
    return rounded
