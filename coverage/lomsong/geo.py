"""The run's one metric CRS, VN-2000 zones, grids, and joins by code or by place."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError
from pyproj.transformer import TransformerGroup

from lomsong.errors import CrsError, DataError, SettingsError
from lomsong.texts import fault

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

WGS84 = CRS.from_epsg(4326)

_OF_THE_WORLD = ("Popular Visualisation Pseudo Mercator", "Mercator", "Equidistant Cylindrical")
"""Methods of projection whose scale is true along one parallel alone."""

VIET_NAM_BOUNDS = (102.0, 7.0, 118.0, 24.0)
"""West, south, east, north of the country with its islands, degrees."""


def metric_crs(frame: gpd.GeoDataFrame, wanted: str = "") -> CRS:
    """Choose the metric CRS of a run.

    VN-2000 / UTM 48N or 49N (EPSG:3405, 3406) inside Viet Nam, else WGS84 / UTM of the zone that holds the middle.

    Parameters
    ----------
    frame
        Any layer that spans the territory, with its CRS.
    wanted
        A CRS named by the user; it must be projected in metres.

    Raises
    ------
    CrsError
        When ``frame`` has no CRS.
    SettingsError
        When ``wanted`` is unknown or not in metres.
    """
    require_crs(frame, "layer")
    if wanted:
        try:
            crs = CRS.from_user_input(wanted)
        except CRSError:
            raise fault(SettingsError, "crs_unknown", wanted=repr(wanted)) from None
        if not in_metres(crs):
            raise fault(SettingsError, "crs_not_metric", wanted=repr(wanted))
        return crs
    west, south, east, north = frame.to_crs(WGS84).total_bounds
    longitude, latitude = (west + east) / 2, (south + north) / 2
    vn_west, vn_south, vn_east, vn_north = VIET_NAM_BOUNDS
    if vn_west <= longitude <= vn_east and vn_south <= latitude <= vn_north:
        return CRS.from_epsg(3405 if longitude < 108 else 3406)
    zone = min(int((longitude + 180) // 6) + 1, 60)
    return CRS.from_epsg((32600 if latitude >= 0 else 32700) + zone)


def in_metres(crs: CRS) -> bool:
    """Return whether coordinates are metres on the ground: those of maps of the whole world, as on the web, are not.

    A metre of Web Mercator is 0.98 m in Đồng Nai and 0.6 m in Hamburg.

    Examples
    --------
    >>> in_metres(CRS.from_epsg(5899)), in_metres(CRS.from_epsg(4326)), in_metres(CRS.from_epsg(3857))
    (True, False, False)
    """
    if not crs.is_projected or crs.axis_info[0].unit_name != "metre":
        return False
    method = "" if crs.coordinate_operation is None else crs.coordinate_operation.method_name
    return not method.startswith(_OF_THE_WORLD)


def require_crs(frame: gpd.GeoDataFrame | gpd.GeoSeries, where: str) -> None:
    """Raise :class:`CrsError` when ``frame`` does not say in which CRS it is."""
    if getattr(frame, "crs", None) is None:  # a DataFrame whose geometry is a column like any other says nothing either
        raise fault(CrsError, "crs_missing", where=where)


def require_metres(points: gpd.GeoDataFrame, where: str) -> None:
    """Raise :class:`CrsError` when ``points`` are not in metres: distances between them would be nonsense."""
    require_crs(points, where)
    if not in_metres(points.crs):
        raise fault(CrsError, "crs_no_metres", where=where, crs=points.crs.name)


def coordinates(points: gpd.GeoDataFrame | gpd.GeoSeries, crs: CRS) -> NDArray[np.float64]:
    """Return easting and northing of points in ``crs``, shape (n, 2), metres; missing and empty ones are NaN.

    Raises
    ------
    CrsError
        When they do not say in which CRS they are.
    DataError
        When some are no points.
    """
    try:
        at = points.geometry.x.to_numpy(), points.geometry.y.to_numpy()
    except ValueError:  # the only one that they raise
        raise fault(DataError, "geo_no_points") from None
    if points.crs != crs:  # numbers alone: no geometry need be made
        require_crs(points, "points")
        at = _between(points.crs, crs).transform(*at)
    return np.column_stack(at)


@lru_cache(maxsize=64)
def _between(source: CRS, target: CRS) -> Transformer:
    return Transformer.from_crs(source, target, always_xy=True)


def to_wgs84(
    easting: NDArray[np.float64], northing: NDArray[np.float64], crs: CRS
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Turn positions in ``crs`` into degrees of WGS84, the shift of the datum included.

    From VN-2000 the seven parameters of the whole country are used (EPSG:6960), not those of a survey block in the
    Mekong delta, which PROJ takes on its own south of 11.04° N and which differ by 0.8 m.

    Parameters
    ----------
    easting, northing
        In metres, shape (n,); of a geographic CRS longitude and latitude in degrees.
    crs
        Any CRS.

    Returns
    -------
    longitude, latitude
        Degrees, shape (n,); NaN where a position is missing or outside what the projection can tell.
    """
    first, second = _to_wgs84(crs).transform(np.asarray(easting, float), np.asarray(northing, float))
    told = np.isfinite(first) & np.isfinite(second)
    return np.where(told, first, np.nan), np.where(told, second, np.nan)


@lru_cache(maxsize=64)
def _to_wgs84(crs: CRS) -> Transformer:
    ways: list[Any] = TransformerGroup(crs, WGS84, always_xy=True).transformers
    # PROJ puts the operation of the widest area first; one of unknown accuracy (-1) leaves the datum as it is.
    return next((way for way in ways if way.accuracy >= 0), ways[0])


@dataclass(frozen=True)
class Grid:
    """A north-up grid of square cells in a metric CRS.

    ``shape`` is (rows, columns); row 0 is the northernmost.
    """

    west_m: float
    north_m: float
    step_m: float
    shape: tuple[int, int]
    crs: CRS

    @classmethod
    def over(cls, bounds: tuple[float, float, float, float], step_m: float, crs: CRS) -> Grid:
        """Cover ``bounds`` (west, south, east, north in metres) with cells aligned to whole steps."""
        west, south, east, north = bounds
        west_m, north_m = np.floor(west / step_m) * step_m, np.ceil(north / step_m) * step_m
        columns = int(np.ceil((east - west_m) / step_m))
        rows = int(np.ceil((north_m - south) / step_m))
        return cls(float(west_m), float(north_m), float(step_m), (max(rows, 1), max(columns, 1)), crs)

    def centres(self) -> NDArray[np.float64]:
        """Easting and northing of all cell centres, shape (rows * columns, 2), row by row from the north-west."""
        rows, columns = self.shape
        easting = self.west_m + (np.arange(columns) + 0.5) * self.step_m
        northing = self.north_m - (np.arange(rows) + 0.5) * self.step_m
        grid = np.meshgrid(easting, northing)
        return np.column_stack([grid[0].ravel(), grid[1].ravel()])


def fold_text(text: str) -> str:
    """Return ``text`` in lower case without diacritics, đ as d, and single spaces: for comparing, never for showing."""
    lowered = unicodedata.normalize("NFD", str(text).lower().replace("đ", "d"))
    bare = "".join(letter for letter in lowered if not unicodedata.combining(letter))
    return " ".join("".join(letter if letter.isalnum() else " " for letter in bare).split())


def known_codes(codes: pd.Series, known: pd.Series) -> pd.Series:
    """Return codes as ``known`` has them, where :func:`bare_code` finds no difference; the others as they are.

    Examples
    --------
    >>> import pandas as pd
    >>> known_codes(pd.Series(["h 001", "H002", "h9"]), pd.Series(["H001", "H002", "h002"])).tolist()
    ['H001', 'H002', 'h9']
    >>> known_codes(pd.Series(["12", "0013"]), pd.Series(["0012", "013", "13"])).tolist()
    ['0012', '0013']
    """
    own = set(known.dropna())
    as_known: dict[str, object] = {}
    for code in own:
        bare = bare_code(code)
        as_known[bare] = None if bare in as_known else code  # of two that are alike neither is meant
    return codes.map(lambda code: code if code in own else as_known.get(bare_code(code)) or code).astype(object)


def bare_code(code: object) -> str:
    """Return a code without spaces, capitals and, of digits alone, zeros in front, which a spreadsheet drops."""
    bare = "".join(str(code).split()).casefold()
    return bare.lstrip("0") or "0" if bare.isdecimal() else bare


def containing(
    points: gpd.GeoSeries | gpd.GeoDataFrame, polygons: gpd.GeoDataFrame
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return which points lie in which polygons, the border included.

    Parameters
    ----------
    points
        Any number of points, in any CRS; missing and empty ones lie nowhere.
    polygons
        Few polygons of many corners, in any CRS.

    Returns
    -------
    point, polygon
        Positions of the pairs, shape (k,), in the order of points, then of polygons.

    Raises
    ------
    CrsError
        When one of the two does not say in which CRS it is.
    """
    import shapely

    require_crs(points, "points")
    require_crs(polygons, "polygons")
    places = points.geometry.to_crs(polygons.crs).to_numpy()
    shapes = polygons.geometry.to_numpy()
    # Boxes first; then polygon by polygon, prepared: for many points twenty times faster than point by point.
    point, polygon = polygons.sindex.query(places)
    order = np.lexsort((point, polygon))
    point, polygon = point[order], polygon[order]
    inside = np.zeros(len(point), dtype=bool)
    starts = np.searchsorted(polygon, np.arange(len(shapes) + 1))
    for shape, begin, end in zip(shapes, starts[:-1], starts[1:], strict=True):
        if begin < end:
            shapely.prepare(shape)
            inside[begin:end] = shapely.intersects(shape, places[point[begin:end]])
    order = np.lexsort((polygon[inside], point[inside]))
    return point[inside][order], polygon[inside][order]


def join_communes(points: gpd.GeoDataFrame, communes: gpd.GeoDataFrame) -> pd.Series:
    """Give each point the code of its commune: by its own code where that is known, else by place.

    Parameters
    ----------
    points
        Points with an optional ``commune_code`` column.
    communes
        Table ``communes``.

    Returns
    -------
    Series of codes on the index of ``points``; missing where neither code nor place matches, never dropped.

    Raises
    ------
    CrsError
        When a point is to be placed and one of the two does not say in which CRS it is.
    """
    import geopandas as gpd  # here: whoever only asks for a CRS does not wait for it
    import pandas as pd

    known = set(communes["commune_code"])
    if "commune_code" in points:
        codes = points["commune_code"].where(points["commune_code"].isin(known))
    else:
        codes = pd.Series(pd.NA, index=points.index)
    codes = codes.astype(object)
    open_rows = codes.isna().to_numpy()
    if open_rows.any():
        require_crs(points, "points")
        require_crs(communes, "communes")
        where = gpd.GeoSeries(points.geometry.array[open_rows], crs=points.crs)
        position, polygon = containing(where, communes)
        met, first = np.unique(position, return_index=True)
        codes.iloc[np.flatnonzero(open_rows)[met]] = communes["commune_code"].to_numpy()[polygon[first]]
    return codes.where(codes.notna(), None).rename("commune_code")
