"""What stands between a place and a signal: grid power, reserve, road, terrain, far sites; and who answers for it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from scipy.spatial import cKDTree

from lomsong import geo
from lomsong.errors import ColumnError
from lomsong.radio import Terrain
from lomsong.radio.compiled import compiled
from lomsong.radio.terrain import bilinear
from lomsong.tables import CANDIDATES, HAMLETS
from lomsong.texts import fault

OBSTACLES = ("no_grid", "reserve", "no_road", "terrain", "far_from_site")
"""Codes of what stands in the way, in the order in which they are told."""

BODIES = {
    "no_grid": "power_company",
    "reserve": "forest_protection",
    "no_road": "people_committee",
    "terrain": "operators",
    "far_from_site": "operators",
}
"""Who has to move for each obstacle."""

FOREST_CLASSES = CANDIDATES["forest_class"].choices
"""Classes of forest, the strictest first, and ``none``."""

FOREST_SHARE = 0.25
"""An area counts as of the strictest class of forest that covers at least this share of it."""

GRID_POWER = HAMLETS["grid_power"].choices

EFFECTIVE_EARTH_M = 8_500_000.0
"""Radius of the Earth with the mean bending of rays: ITU-R P.526-15, §1."""

RX_HEIGHT_M = 1.5

SERVED = 0.99
"""Share of the connected learners that live within what counts as the reach of a site."""

_LIGHT_MPS = 299_792_458.0


@dataclass(frozen=True)
class Surroundings:
    """Layers that tell what stands in the way; of one that is missing (None or empty) nothing is said.

    Attributes
    ----------
    roads, power_lines
        Lines, in any CRS.
    forest
        Polygons with ``forest_class``; where they overlap the strictest counts.
    sites
        Table ``sites``.
    terrain
        Ground, in a metric CRS.
    """

    roads: gpd.GeoDataFrame | None = None
    power_lines: gpd.GeoDataFrame | None = None
    forest: gpd.GeoDataFrame | None = None
    sites: gpd.GeoDataFrame | None = None
    terrain: Terrain | None = None


@dataclass(frozen=True)
class Bounds:
    """From where on something is in the way.

    Attributes
    ----------
    line_km
        A place of unknown grid power is taken to be without when the nearest power line is farther.
    road_km
        A road farther than this is no road.
    site_km
        A site farther than this does not serve the place; :func:`served_km` finds it in the survey.
    sites
        So many of each operator's nearest sites are looked at from the place.
    ridge_db
        Diffraction loss over the main edge of the terrain from which a site counts as hidden; 6 dB is that of an edge
        which just touches the straight line.
    """

    line_km: float = 3.0
    road_km: float = 1.0
    site_km: float = 5.0
    sites: int = 3
    ridge_db: float = 6.0


def describe(
    at: NDArray[np.float64],
    crs: CRS,
    around: Surroundings,
    *,
    grid_power: Sequence[str] | None = None,
    bounds: Bounds | None = None,
) -> pd.DataFrame:
    """Tell how far places are from what they need.

    Parameters
    ----------
    at
        Easting and northing, shape (n, 2), m.
    crs
        Of ``at``, metric.
    around
        The layers.
    grid_power
        ``yes``, ``no`` or ``unknown`` for each place, shape (n,); None: unknown everywhere.
    bounds
        How many sites to look at, and when one is hidden.

    Returns
    -------
    Frame of n rows: ``grid_power``, ``grid_km`` and ``road_km`` (to the nearest line), ``forest_class`` (missing
    without the layer), and for each operator ``site_id_<operator>``, ``site_km_<operator>`` (its nearest site) and
    ``hidden_db_<operator>``: of its nearest sites within ``bounds.site_km`` (or the nearest alone) the least loss over
    the main edge of the terrain, missing where the terrain is not known on the way.

    Raises
    ------
    CrsError
        When a layer does not say its CRS, or the terrain is not metric.
    ColumnError
        When ``forest`` has no ``forest_class`` or an unknown one.
    """
    bounds = bounds or Bounds()
    points = gpd.GeoSeries(gpd.points_from_xy(at[:, 0], at[:, 1]), crs=crs)
    power = pd.Series(["unknown"] * len(at) if grid_power is None else list(grid_power), dtype=object)
    frame = pd.DataFrame(
        {
            "grid_power": power.where(power.isin(GRID_POWER), "unknown"),
            "grid_km": _away_km(points, around.power_lines, "power_lines"),
            "road_km": _away_km(points, around.roads, "roads"),
            "forest_class": forest_at(points, around.forest),
        }
    )
    for operator, spots in _spots(around.sites, crs).items():
        near = _nearest(at, spots, bounds.sites)
        frame[f"site_id_{operator}"] = spots["site_id"].to_numpy()[near.site[:, 0]]
        frame[f"site_km_{operator}"] = near.away_m[:, 0] / 1e3
        frame[f"hidden_db_{operator}"] = _least_hidden_db(at, crs, spots, near, around.terrain, bounds.site_km)
    return frame


def served_km(
    at: NDArray[np.float64], crs: CRS, connected: NDArray[np.float64], sites: gpd.GeoDataFrame | None
) -> float | None:
    """Return the distance to the nearest site, of any operator, within which nearly all connected learners live.

    What a site reaches differs from network to network by band, mast and terrain; the homes that have signal tell it.

    Parameters
    ----------
    at, crs
        Places, shape (n, 2), m.
    connected
        Learners with signal at each place, shape (n,).
    sites
        Table ``sites``.

    Returns
    -------
    The distance that holds the share :data:`SERVED` of the connected learners, in km; None without sites or learners.
    """
    spots = _spots(sites, crs)
    if not spots or not connected.sum() > 0:
        return None
    everywhere = pd.concat(spots.values())[["easting", "northing"]].to_numpy()
    away_m = cKDTree(everywhere).query(at)[0]
    order = np.argsort(away_m, kind="stable")
    held = np.cumsum(connected[order])
    return float(away_m[order][np.searchsorted(held, SERVED * held[-1])] / 1e3)


def operators_of(described: pd.DataFrame) -> list[str]:
    """Return the operators whose sites a frame of :func:`describe` tells of."""
    return [str(name).removeprefix("site_km_") for name in described if str(name).startswith("site_km_")]


def in_the_way(described: pd.DataFrame, bounds: Bounds | None = None) -> pd.DataFrame:
    """Tell which obstacles hold at places of :func:`describe`.

    - ``no_grid``: the hamlet has no grid power; where that is unknown, the nearest power line is farther than
      ``bounds.line_km``;
    - ``reserve``: the place lies in special-use forest;
    - ``no_road``: the nearest road is farther than ``bounds.road_km``;
    - ``far_from_site``: no operator has a site within ``bounds.site_km``;
    - ``terrain``: some operator has, but the terrain hides the nearest of them, whoever's they are.

    Returns
    -------
    Frame of n rows with one column for each of :data:`OBSTACLES`: 1 it holds, 0 it does not, NaN no layer tells.
    """
    bounds = bounds or Bounds()
    grid, away = described["grid_power"], described["grid_km"]
    by_line = np.where(away.notna(), away > bounds.line_km, np.nan)
    found = {
        "no_grid": np.select([grid == "no", grid == "yes"], [1.0, 0.0], by_line),
        "reserve": _known(described["forest_class"] == FOREST_CLASSES[0], described["forest_class"].notna()),
        "no_road": _known(described["road_km"] > bounds.road_km, described["road_km"].notna()),
    }
    operators = operators_of(described)
    shape = (len(described), len(operators))
    site_km = described[[f"site_km_{name}" for name in operators]].to_numpy(float).reshape(shape)
    hidden_db = described[[f"hidden_db_{name}" for name in operators]].to_numpy(float).reshape(shape)
    near = site_km <= bounds.site_km
    seen = near & (hidden_db < bounds.ridge_db)
    open_question = (near & np.isnan(hidden_db)).any(axis=1) & ~seen.any(axis=1)
    hidden = near.any(axis=1) & ~seen.any(axis=1)
    found["terrain"] = np.where(open_question | (len(operators) == 0), np.nan, hidden)
    found["far_from_site"] = np.where(len(operators) == 0, np.nan, ~near.any(axis=1))
    return pd.DataFrame({code: found[code] for code in OBSTACLES}, index=described.index).astype(float)


def codes_of(held: pd.DataFrame, least: float = 0.5) -> tuple[pd.Series, pd.Series]:
    """Turn a frame of :func:`in_the_way`, or shares of it, into ordered codes.

    Returns
    -------
    obstacles
        Tuples of the codes that hold, or hold for at least the share ``least``.
    not_checked
        Tuples of the codes of which no layer tells.
    """
    values = held[list(OBSTACLES)].to_numpy(float)
    return _named(values >= least, held.index), _named(np.isnan(values), held.index)


def share_held(
    holds: NDArray[np.float64], weight: NDArray[np.float64], area: NDArray[np.int64], count: int
) -> NDArray[np.float64]:
    """Return in each of ``count`` areas the share of the weight for which something holds.

    ``holds`` is 1, 0 or NaN at each place, shape (n,), as are ``weight`` and ``area``, from 0. NaN where nothing is
    known.
    """
    known = np.isfinite(holds)
    total = np.bincount(area[known], weight[known], count)
    held = np.bincount(area[known], (weight * np.nan_to_num(holds))[known], count)
    return np.divide(held, total, out=np.full(count, np.nan), where=total > 0)


def bodies_of(obstacles: pd.Series) -> pd.Series:
    """Return who answers for each tuple of obstacles, each once and in their order; for none the operators."""
    return obstacles.map(lambda codes: tuple(dict.fromkeys(BODIES[code] for code in codes)) or ("operators",))


def _named(holds: NDArray[np.bool_], index: pd.Index) -> pd.Series:
    rows = [tuple(code for code, held in zip(OBSTACLES, row, strict=True) if held) for row in holds.tolist()]
    return pd.Series(rows, index=index, dtype=object)


def _known(holds: pd.Series, known: pd.Series) -> NDArray[np.float64]:
    return np.where(known, holds.fillna(False).astype(float), np.nan)


def _away_km(points: gpd.GeoSeries, layer: gpd.GeoDataFrame | None, name: str) -> NDArray[np.float64]:
    """Return the distance to the nearest feature; NaN without a layer."""
    away = np.full(len(points), np.nan)
    if layer is None or layer.empty or points.empty:
        return away
    geo.require_crs(layer, name)
    (point, _), distance_m = layer.to_crs(points.crs).sindex.nearest(
        points.to_numpy(), return_all=False, return_distance=True
    )
    away[point] = distance_m / 1e3
    return away


def forest_at(points: gpd.GeoSeries, forest: gpd.GeoDataFrame | None) -> NDArray[np.object_]:
    """Return the strictest class of forest at each point, ``none`` outside, None when there is no layer.

    Raises
    ------
    CrsError, ColumnError
        As for :func:`describe`.
    """
    if forest is None or forest.empty:
        return np.full(len(points), None, dtype=object)
    rank = strictness(forest)
    found = np.full(len(points), len(FOREST_CLASSES) - 1)
    point, polygon = geo.containing(points, forest)
    np.minimum.at(found, point, rank[polygon])
    return np.asarray(FOREST_CLASSES, dtype=object)[found]


def strictness(forest: gpd.GeoDataFrame) -> NDArray[np.int64]:
    """Return the place of each polygon's class in :data:`FOREST_CLASSES`.

    Raises
    ------
    CrsError, ColumnError
        As for :func:`describe`.
    """
    geo.require_crs(forest, "forest")
    classes = forest["forest_class"] if "forest_class" in forest else pd.Series(None, index=forest.index, dtype=object)
    strange = sorted({str(value) for value in classes[~classes.isin(FOREST_CLASSES)].unique()})
    if strange:
        raise fault(ColumnError, "zones_forest", found=", ".join(strange[:5]), known=", ".join(FOREST_CLASSES))
    return classes.map(FOREST_CLASSES.index).to_numpy(dtype=np.int64)


def forest_shares(outlines: NDArray[np.object_], forest: gpd.GeoDataFrame | None, crs: CRS) -> pd.DataFrame:
    """Return the share of each polygon's area in each class of forest, the strictest counting where they overlap.

    Parameters
    ----------
    outlines
        Polygons, shape (n,), in ``crs``.
    forest
        Polygons with ``forest_class``, in any CRS; None or empty: shares are missing.
    crs
        Metric.
    """
    classes = FOREST_CLASSES[:-1]
    if forest is None or forest.empty:
        return pd.DataFrame(np.nan, index=range(len(outlines)), columns=list(classes))
    rank = strictness(forest)
    shapes = shapely.make_valid(forest.geometry.to_crs(crs).to_numpy())
    parts, owner = shapely.get_parts(shapes, return_index=True)
    zone, part = shapely.STRtree(parts).query(outlines, predicate="intersects")
    cut = shapely.intersection(outlines[zone], parts[part])
    share = np.zeros((len(outlines), len(classes)))
    for row in np.unique(zone):
        covered = shapely.Polygon()
        for place in range(len(classes)):
            more = cut[(zone == row) & (rank[owner[part]] == place)]
            grown = shapely.union_all([covered, *more])
            share[row, place] = (grown.area - covered.area) / outlines[row].area
            covered = grown
    return pd.DataFrame(np.clip(share, 0, 1), columns=list(classes))


def forest_class_of(shares: pd.DataFrame) -> NDArray[np.object_]:
    """Return the strictest class that covers at least :data:`FOREST_SHARE`, else ``none``; None when not known."""
    enough = shares.to_numpy() >= FOREST_SHARE
    place = np.where(enough.any(axis=1), enough.argmax(axis=1), len(FOREST_CLASSES) - 1)
    found = np.asarray(FOREST_CLASSES, dtype=object)[place]
    found[shares.isna().any(axis=1).to_numpy()] = None
    return found


def _spots(sites: gpd.GeoDataFrame | None, crs: CRS) -> dict[str, pd.DataFrame]:
    """Return for each operator its sites, one row a site, as high as its highest sector, at its lowest band."""
    if sites is None or sites.empty:
        return {}
    geo.require_crs(sites, "sites")
    at = geo.coordinates(sites, crs)
    frame = sites[["site_id", "operator", "height_m", "band_mhz"]].assign(easting=at[:, 0], northing=at[:, 1])
    # A site without a place cannot be near anything.
    frame = frame[np.isfinite(at).all(axis=1)]
    rows = {"height_m": "max", "band_mhz": "min", "easting": "mean", "northing": "mean"}
    spots = frame.groupby(["operator", "site_id"]).agg(rows).reset_index()
    return {str(name): part.reset_index(drop=True) for name, part in spots.groupby("operator")}


@dataclass(frozen=True)
class _Nearest:
    """Of each place the nearest sites, shape (n, k): their rows and how far they are in m."""

    site: NDArray[np.int64]
    away_m: NDArray[np.float64]


def _nearest(at: NDArray[np.float64], spots: pd.DataFrame, count: int) -> _Nearest:
    k = min(count, len(spots))
    away_m, site = cKDTree(spots[["easting", "northing"]].to_numpy()).query(at, k=k)
    return _Nearest(np.reshape(site, (len(at), k)).astype(np.int64), np.reshape(away_m, (len(at), k)))


def _least_hidden_db(
    at: NDArray[np.float64], crs: CRS, spots: pd.DataFrame, near: _Nearest, terrain: Terrain | None, site_km: float
) -> NDArray[np.float64]:
    if terrain is None or not len(at):
        return np.full(len(at), np.nan)
    height, band = spots["height_m"].to_numpy(float), spots["band_mhz"].to_numpy(float)
    ground = (at, spots[["easting", "northing"]].to_numpy())
    if terrain.crs != crs:
        ground = tuple(  # type: ignore[assignment]
            geo.coordinates(gpd.GeoSeries(gpd.points_from_xy(*part.T), crs=crs), terrain.crs) for part in ground
        )
    corner = np.array([terrain.west_m, terrain.north_m, terrain.step_m])
    edge = np.empty(near.site.shape)
    _worst_edges(terrain.ground_m, corner, *ground, near.site, height, band, edge)
    loss = knife_edge_db(edge)
    within = near.away_m <= site_km * 1e3
    within[:, 0] = True
    loss = np.where(within & np.isfinite(loss), loss, np.inf)
    least = loss.min(axis=1)
    return np.where(np.isfinite(least), least, np.nan)


def knife_edge_db(edge: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the loss over a knife edge of diffraction parameter ν in dB, 0 for ν of -0.78 and less; NaN stays NaN.

    References
    ----------
    Recommendation ITU-R P.526-15, §4.1, equation (31).
    """
    shifted = np.maximum(edge, -0.78) - 0.1
    loss = 6.9 + 20 * np.log10(np.hypot(shifted, 1) + shifted)
    return np.where(edge > -0.78, np.maximum(loss, 0.0), np.where(np.isnan(edge), np.nan, 0.0))


@compiled
def _worst_edges(
    ground: NDArray[np.float32], corner: NDArray[np.float64], at: NDArray[np.float64], sites: NDArray[np.float64],
    site: NDArray[np.int64], height_m: NDArray[np.float64], band_mhz: NDArray[np.float64], edge: NDArray[np.float64],
) -> None:  # fmt: skip
    """Fill in the greatest ν of the ground between places and their sites (ITU-R P.526-15, equation (26)).

    Parameters
    ----------
    ground, corner
        Terrain, and its western and northern edge and step in m.
    at, sites
        Positions in its CRS.
    site
        Rows of ``sites``, shape (n, k).
    height_m, band_mhz
        Of the sites.
    edge
        Shape (n, k), filled: NaN where the ground is not known on the way, -inf with nothing between.
    """
    west, north, step = corner
    rows, columns = ground.shape
    for i in range(site.shape[0]):
        for j in range(site.shape[1]):
            s = site[i, j]
            d_east, d_north = at[i, 0] - sites[s, 0], at[i, 1] - sites[s, 1]
            length = math.hypot(d_east, d_north)
            # Twice a cell, so that no crest of one cell is passed over by more than a quarter of it.
            count = math.ceil(2 * length / step)
            wavelength = _LIGHT_MPS / (band_mhz[s] * 1e6)
            first, last, worst = 0.0, 0.0, -math.inf
            for k in range(-1, count):
                # The ends first: the receiver's as -1, the transmitter's as 0.
                t = 1.0 if k == -1 else k / count
                row = (north - sites[s, 1] - t * d_north) / step - 0.5
                column = (sites[s, 0] + t * d_east - west) / step - 0.5
                if not (-0.5 <= row <= rows - 0.5 and -0.5 <= column <= columns - 0.5):
                    worst = math.nan
                    break
                height = bilinear(ground, row, column)
                if math.isnan(height):
                    worst = math.nan
                    break
                if k == -1:
                    last = height + RX_HEIGHT_M
                elif k == 0:
                    first = height + height_m[s]
                else:
                    d1, d2 = t * length, (1 - t) * length
                    above = height + d1 * d2 / (2 * EFFECTIVE_EARTH_M) - first - (last - first) * t
                    worst = max(worst, above * math.sqrt(2 / wavelength * (1 / d1 + 1 / d2)))
            edge[i, j] = worst
