"""Homes as they may leave the house: pooled into squares of several learners, or moved among their neighbours."""

from __future__ import annotations

import hashlib

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from lomsong import geo

_CELL_FACTORS = (1, 2, 4, 8)
"""Sides, in multiples of the finest cell, to which learners in cells too small to publish are pooled."""


def learner_cells(households: gpd.GeoDataFrame, grid_m: float = 250.0, minimum: int = 5) -> gpd.GeoDataFrame:
    """Replace homes by the centres of square cells that hold at least ``minimum`` learners.

    A cell with fewer is pooled with its neighbours into cells of twice, four and eight times the side; what is still
    too small then is left out. No household belongs to two cells, so no cell can be had by subtracting others, and
    neither a home's position nor its identifier is in the result.

    Parameters
    ----------
    households
        Points with ``learners`` and ``p_usable``, the probability that the home has usable signal; where that is
        missing nobody surveyed, and the learners count neither as connected nor as unconnected.
    grid_m
        Side of the finest cells, metres.
    minimum
        Fewest learners in a published cell.

    Returns
    -------
    GeoDataFrame in EPSG:4326 with ``learners``, ``unconnected`` (expected), ``cell_m`` and a Point, ordered by cell
    size, then from the south-west.
    """
    crs = geo.metric_crs(households)
    at = geo.coordinates(households, crs)
    learners = households["learners"].to_numpy(dtype=float)
    unconnected = learners * np.nan_to_num(1 - households["p_usable"].to_numpy(dtype=float))
    left = pd.DataFrame({"easting": at[:, 0], "northing": at[:, 1], "learners": learners, "unconnected": unconnected})
    parts = []
    for factor in _CELL_FACTORS:
        side_m = grid_m * factor
        cell = [np.floor(left["easting"] / side_m).rename("column"), np.floor(left["northing"] / side_m).rename("row")]
        enough = left.groupby(cell)["learners"].transform("sum") >= minimum
        sums = left[enough].groupby([key[enough] for key in cell])[["learners", "unconnected"]].sum().reset_index()
        parts.append(sums.assign(cell_m=side_m))
        left = left[~enough]
    cells = pd.concat(parts, ignore_index=True)
    centres = gpd.points_from_xy(
        (cells["column"] + 0.5) * cells["cell_m"], (cells["row"] + 0.5) * cells["cell_m"], crs=crs
    )
    published = cells[["learners", "unconnected", "cell_m"]].astype({"learners": "int64"})
    return gpd.GeoDataFrame(published, geometry=centres).to_crs(geo.WGS84)


def displaced_homes(
    homes: gpd.GeoDataFrame, seed: int, among: int = 5, least_m: float = 50.0, most_m: float = 2_000.0
) -> gpd.GeoDataFrame:
    """Move each home so far, in any direction, that it can be any of some homes around: donut masking.

    The distance is drawn between half and the whole of that to the ``among``-th nearest other home, so it is short in
    villages and long where homes stand alone; every point of that ring is as likely as any other. The draws hang on
    all homes together: who lacks one of them cannot repeat them, while the same homes and seed give the same points,
    so that no mean over several editions leads back.

    Parameters
    ----------
    homes
        Points; other columns are kept, identifiers have to be left out before.
    seed
        Of the draws.
    among
        Homes that lie within the largest displacement.
    least_m, most_m
        Limits of the largest displacement, metres.

    Returns
    -------
    New frame in EPSG:4326, ordered by the new positions, so that no order of rows leads back; positions to six
    decimals of a degree.

    References
    ----------
    Hampton, K. H. et al. (2010): Mapping health data: improved privacy protection with donut method geomasking.
    American Journal of Epidemiology 172, 1062-1069.
    """
    crs = geo.metric_crs(homes)
    at = geo.coordinates(homes, crs)
    digest = hashlib.sha256(np.ascontiguousarray(np.sort(at, axis=0).round(2)).tobytes() + str(seed).encode()).digest()
    rng = np.random.default_rng(np.frombuffer(digest, dtype=np.uint32))
    place = np.lexsort((at[:, 1], at[:, 0]))
    distance, _ = cKDTree(np.unique(at, axis=0)).query(at, k=[among + 1])
    widest = np.clip(np.where(np.isfinite(distance[:, 0]), distance[:, 0], most_m), least_m, most_m)
    radius, angle = np.empty(len(at)), np.empty(len(at))
    # Uniform over the area of the ring, drawn in the order of positions, not of rows.
    radius[place] = np.sqrt(rng.uniform(0.25, 1.0, len(at)))
    angle[place] = rng.uniform(0.0, 2 * np.pi, len(at))
    moved = at + (radius * widest)[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    degrees = gpd.GeoSeries(gpd.points_from_xy(*moved.T, crs=crs)).to_crs(geo.WGS84)
    points = gpd.points_from_xy(degrees.x.round(6), degrees.y.round(6), crs=geo.WGS84)
    masked = gpd.GeoDataFrame(homes.drop(columns="geometry").reset_index(drop=True), geometry=points)
    return masked.iloc[np.lexsort((degrees.y, degrees.x))].reset_index(drop=True)
