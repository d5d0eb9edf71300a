"""The reference system of what is handed on: WGS84, VN-2000, or any that the settings name."""

from __future__ import annotations

from functools import lru_cache

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError
from pyproj.transformer import TransformerGroup

from lomsong.errors import SettingsError
from lomsong.geo import WGS84, to_wgs84
from lomsong.texts import fault

WORDS = ("", "wgs84", "vn2000")
"""What the settings may say besides the code of a system."""


def chosen_crs(wanted: str, metric: CRS) -> CRS:
    """Return the system that ``publish.crs`` asks for.

    Parameters
    ----------
    wanted
        One of :data:`WORDS` (nothing and ``wgs84``: degrees of WGS84; ``vn2000``: the run's own zone), or a code such
        as ``EPSG:5899``.
    metric
        The metric CRS of the run.

    Raises
    ------
    SettingsError
        When there is no such system, or the run's is none of VN-2000.
    """
    require_known(wanted)
    if wanted.lower() != "vn2000":
        return CRS.from_user_input(wanted) if wanted.lower() not in WORDS else WGS84
    if "VN-2000" not in metric.name:
        raise fault(SettingsError, "layers_not_vn2000", metric=metric.name)
    return metric


def require_known(wanted: str) -> None:
    """Raise :class:`SettingsError` when ``publish.crs`` names no system; to be asked before anything is computed."""
    if wanted.lower() in WORDS:
        return
    try:
        CRS.from_user_input(wanted)
    except CRSError:
        raise fault(SettingsError, "layers_crs", wanted=wanted) from None


def projected(frame: gpd.GeoDataFrame, crs: CRS) -> gpd.GeoDataFrame:
    """Return a frame in ``crs``.

    Between VN-2000 and WGS84 the shift of the whole country is used both ways, as for what is read
    (:func:`lomsong.geo.to_wgs84`), so that positions come out as they came in.
    """
    if frame.crs == crs:
        return frame
    shapes = frame.geometry.to_numpy()
    if frame.crs != WGS84:
        shapes = shapely.transform(shapes, lambda at: np.column_stack(to_wgs84(at[:, 0], at[:, 1], frame.crs)))
    if crs != WGS84:
        shapes = shapely.transform(shapes, lambda at: _from_wgs84_at(at, crs))
    return frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=crs))


def _from_wgs84_at(at: NDArray[np.float64], crs: CRS) -> NDArray[np.float64]:
    return np.column_stack(_from_wgs84(crs).transform(at[:, 0], at[:, 1]))


@lru_cache(maxsize=16)
def _from_wgs84(crs: CRS) -> Transformer:
    ways = TransformerGroup(WGS84, crs, always_xy=True).transformers
    return next((way for way in ways if way.accuracy >= 0), ways[0])
