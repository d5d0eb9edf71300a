"""Points by the ten thousand: packed for a canvas, five times smaller than GeoJSON and drawn a hundred times faster."""

from __future__ import annotations

import base64
from typing import Any

import geopandas as gpd
import numpy as np
from numpy.typing import ArrayLike

_STEPS = 65_535


def pack(points: gpd.GeoDataFrame, classes: ArrayLike, class_count: int) -> dict[str, Any]:
    """Pack points as two 16-bit numbers each, sorted by class.

    Positions are quantised on the bounding box in the page's Mercator square (0…1 from the north-west), to 2 m in a
    territory of 130 km.

    Parameters
    ----------
    points
        Points in any CRS.
    classes
        Class of each point, 0 ≤ class < ``class_count``.
    class_count
        Number of classes.

    Returns
    -------
    ``box`` (west, north, east, south in the square), ``counts`` a class, and ``at``: base64 of little-endian pairs.
    """
    of_class = np.asarray(classes, dtype=np.int64)
    order = np.argsort(of_class, kind="stable")
    degrees = points.geometry.to_crs(4326)
    across = (degrees.x.to_numpy()[order] + 180) / 360
    down = (1 - np.arcsinh(np.tan(np.radians(degrees.y.to_numpy()[order]))) / np.pi) / 2
    at = np.column_stack([across, down])
    low, high = (at.min(axis=0), at.max(axis=0)) if len(at) else (np.zeros(2), np.ones(2))
    steps = np.round((at - low) / np.where(high > low, high - low, 1) * _STEPS).astype("<u2")
    return {
        "box": [*low.tolist(), *high.tolist()],
        "counts": np.bincount(of_class, minlength=class_count).tolist(),
        "at": base64.b64encode(steps.tobytes()).decode("ascii"),
    }
