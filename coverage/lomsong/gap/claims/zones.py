"""Zones of about one size, each within one commune, so that a good mean cannot hide a bad place."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from lomsong.errors import UsageError
from lomsong.geo import require_crs
from lomsong.texts import fault

ZONE_KM2 = 50.0

_HALVINGS = 40


def commune_zones(communes: gpd.GeoDataFrame, crs: CRS, zone_km2: float = ZONE_KM2) -> gpd.GeoDataFrame:
    """Cut each commune into parts of one area, as near to ``zone_km2`` as a whole number of parts allows.

    A commune is cut across its longer side, again and again, where the areas on both sides stand as the numbers of
    parts that they get: no slivers as a regular grid leaves them along borders, and each zone has one commune to name.
    A commune smaller than one and a half zones is one zone.

    Parameters
    ----------
    communes
        Table ``communes`` in any CRS; communes without an area are left out.
    crs
        Metric CRS.
    zone_km2
        Area of a zone.

    Returns
    -------
    Frame in ``crs``: zone_id (code and number of the part, from the west or the south), commune_code, name, area_km2,
    geometry.

    Raises
    ------
    UsageError
        When ``zone_km2`` is not positive.
    """
    if not zone_km2 > 0:
        raise fault(UsageError, "claims_zone", value=zone_km2)
    require_crs(communes, "communes")
    rows = []
    for (code, name), shape in zip(
        communes[["commune_code", "name"]].itertuples(index=False), communes.geometry.to_crs(crs), strict=True
    ):
        if shape is None or shape.is_empty:
            continue
        whole = shape if shape.is_valid else shapely.make_valid(shape)
        count = max(round(whole.area / 1e6 / zone_km2), 1)
        for number, part in enumerate(_parts(whole, count), start=1):
            rows.append((f"{code}-{number}", code, name, part.area / 1e6, part))
    columns = ["zone_id", "commune_code", "name", "area_km2", "geometry"]
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry="geometry", crs=crs)


def _parts(shape: shapely.Geometry, count: int) -> list[shapely.Geometry]:
    if count == 1:
        return [shape]
    first = count // 2
    one, other = _cut(shape, first / count)
    return [*_parts(one, first), *_parts(other, count - first)]


def _cut(shape: shapely.Geometry, share: float) -> tuple[shapely.Geometry, shapely.Geometry]:
    """Cut across the longer side so that ``share`` of the area lies to the west, or to the south."""
    west, south, east, north = shape.bounds
    upright = east - west >= north - south
    low, high = (west, east) if upright else (south, north)

    def until(at: float) -> shapely.Geometry:
        return shapely.box(west, south, at, north) if upright else shapely.box(west, south, east, at)

    least, most = low, high
    for _ in range(_HALVINGS):
        at = (least + most) / 2
        if shape.intersection(until(at)).area < share * shape.area:
            least = at
        else:
            most = at
    rest = shapely.box(at, south, east, north) if upright else shapely.box(west, at, east, north)
    return _areas(shape.intersection(until(at))), _areas(shape.intersection(rest))


def _areas(shape: shapely.Geometry) -> shapely.Geometry:
    """Return the polygons of what a cut left, without the lines along it."""
    parts = shapely.get_parts(shapely.get_parts([shape]))
    kept = [part for part in parts if isinstance(part, shapely.Polygon) and part.area > 0]
    return shapely.MultiPolygon(kept) if len(kept) != 1 else kept[0]


def zone_at(places: np.ndarray, zones: gpd.GeoDataFrame) -> np.ndarray:
    """Return the row in ``zones`` of each place (easting, northing; shape (n, 2)); -1 outside all of them."""
    row = np.full(len(places), -1, dtype=np.int64)
    if len(places) and len(zones):
        tree = shapely.STRtree(shapely.points(places))
        zone, place = tree.query(zones.geometry.to_numpy(), predicate="intersects")
        # On a border the first zone has it.
        row[place[::-1]] = zone[::-1]
    return row
