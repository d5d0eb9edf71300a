"""Names of districts on a map: each inside its district, and clear of the marks that stand there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK, FAINT = "#22303a", "#6b7780"
DISTRICT = "#4d5a63"
_KINDS = ("huyện", "quận", "thị xã", "thành phố")
_SIZE_PT = 7.0
_LETTER, _LINE = 0.58, 1.2
"""Width of a letter and height of a line, in sizes of the type."""
_MARK_PT = 8.0
"""Half a mark with some room around."""
_RINGS_PT, _WAYS = (0.0, 9.0, 14.0, 20.0, 28.0), 12
_POINTS_AN_INCH = 72


def short_name(name: str) -> str:
    """Return the name of a district without its kind.

    Examples
    --------
    >>> short_name("huyện Vĩnh Cửu"), short_name("thành phố Biên Hòa"), short_name("Huyện đảo")
    ('Vĩnh Cửu', 'Biên Hòa', 'Huyện đảo')
    """
    first = next((kind for kind in _KINDS if name.lower().startswith(f"{kind} ")), "")
    rest = name[len(first) :].strip()
    return rest if rest[:1].isupper() else name


def metres_a_point(axes: Axes) -> float:
    """Return how long a typographic point is on the map, metres; a metre is as long one way as the other."""
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    metres_a_pixel = max((east - west) / axes.bbox.width, (north - south) / axes.bbox.height)
    return float(metres_a_pixel * axes.figure.dpi / _POINTS_AN_INCH)


def write_districts(axes: Axes, districts: gpd.GeoSeries, marks: NDArray[np.float64]) -> None:
    """Write the names of districts: in their middle, beside it where a mark or a name stands, or not at all.

    Parameters
    ----------
    districts
        Polygons in the CRS of the map, on their names.
    marks
        Middles of the marks that are to be seen, shape (n, 2).
    """
    from matplotlib.patheffects import withStroke

    scale = metres_a_point(axes)
    taken = shapely.points(marks).tolist()
    seam = [withStroke(linewidth=2.2, foreground="white", alpha=0.85)]
    for name, shape in districts.items():
        said = short_name(str(name))
        half = scale * _SIZE_PT * np.array([_LETTER * len(said), _LINE]) / 2
        at = _free(shape, half, taken, scale)
        if at is None:
            continue
        taken.append(_box(at, half))
        look: dict[str, Any] = {"fontsize": _SIZE_PT, "color": DISTRICT, "ha": "center", "va": "center", "zorder": 7.5}
        axes.text(*at, said, path_effects=seam, **look)


def _free(
    shape: shapely.Geometry, half: NDArray[np.float64], taken: list[shapely.Geometry], scale: float
) -> tuple[float, float] | None:
    """Return the place nearest to the middle where a name is clear of all; where it fits the district comes first."""
    middle = shapely.get_coordinates(shape.representative_point())[0]
    angles = np.linspace(0, 2 * np.pi, _WAYS, endpoint=False)
    ring = np.column_stack([np.cos(angles), np.sin(angles)])
    places = np.vstack([middle, *(middle + scale * away * ring for away in _RINGS_PT[1:])])
    boxes = [_box(place, half) for place in places]
    clear = [all(box.distance(one) > scale * _room(one) for one in taken) for box in boxes]
    for fits in (shape.contains, lambda box: shape.contains(box.centroid)):
        for place, box, free in zip(places, boxes, clear, strict=True):
            if free and fits(box):
                return float(place[0]), float(place[1])
    return None


def _room(one: shapely.Geometry) -> float:
    return _MARK_PT if one.geom_type == "Point" else 1.0


def _box(at: ArrayLike, half: NDArray[np.float64]) -> shapely.Geometry:
    (west, south), (east, north) = np.asarray(at) - half, np.asarray(at) + half
    return shapely.box(west, south, east, north)
