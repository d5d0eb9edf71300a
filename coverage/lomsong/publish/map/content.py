"""What a map is made from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS


@dataclass(frozen=True)
class SignalRaster:
    """Estimated signal of one operator on a grid.

    Parameters
    ----------
    level_dbm
        Level, shape (rows, columns), dBm; NaN outside the territory.
    p_usable
        Probability that the level is usable, same shape.
    surveyed
        Where there is evidence, same shape. The rest is hatched on the map, whatever its value.
    transform
        Pixel (column, row) to the coordinates of ``crs``.
    crs
        Anything that :meth:`pyproj.CRS.from_user_input` takes.
    """

    level_dbm: NDArray[np.float32]
    p_usable: NDArray[np.float32]
    surveyed: NDArray[np.bool_]
    transform: Affine
    crs: CRS | str


@dataclass(frozen=True)
class MapContent:
    """All that the map shows. What is None or empty is left out of the page, its theme with it.

    Parameters
    ----------
    title, territory, issuer, data_note
        Texts of the heading; ``data_note`` says, for instance, that the data are simulated.
    usable_dbm
        Level from which signal counts as usable.
    operators
        Identifier to the name as written on the page, in the order of the page.
    communes
        Table ``communes`` in EPSG:4326; ``parent_name`` is optional.
    ranking
        Table ``ranking`` and, optionally, the expected learners without usable signal of one operator
        ``unconnected_<operator>`` and without that of every operator ``unconnected_all``, and ``in_the_way``, a tuple
        of :data:`lomsong.gap.obstacles.OBSTACLES`.
    hamlets
        Points with hamlet_id, name, commune_code, grid_power, learners, unconnected, state.
    schools
        Points with school_id, name, pupils, commune_code, p_usable, state and ``state_<operator>``.
    learners
        Points of :func:`lomsong.publish.privacy.learner_cells`.
    rasters
        Operator, ``any`` (the best) or ``all`` (the worst operator of each place) to its surface.
    zones
        Polygons of gap zones as :func:`lomsong.gap.zones.gap_zones` returns them.
    towers
        Points with candidate_id, order (from 1), learners_gained, cumulative, height_m, ground_m, forest_class,
        road_km, grid_km.
    plan
        ``objective`` and ``bound`` in learners, ``gap`` as a share, ``status``.
    sites
        Points of existing sites with site_id and operator.
    survey
        Points of decimated measurements with operator, level_dbm (missing where no service) and service.
    roads, water, forest, power_lines
        The offline base.
    suppress_below
        Counts of people under this are shown as "<5".
    """

    title: str
    territory: str
    communes: gpd.GeoDataFrame
    ranking: pd.DataFrame
    operators: dict[str, str]
    issuer: str = ""
    language: str = "vi"
    usable_dbm: float = -110.0
    data_note: str = ""
    hamlets: gpd.GeoDataFrame | None = None
    schools: gpd.GeoDataFrame | None = None
    learners: gpd.GeoDataFrame | None = None
    rasters: dict[str, SignalRaster] = field(default_factory=dict)
    zones: gpd.GeoDataFrame | None = None
    towers: gpd.GeoDataFrame | None = None
    plan: dict[str, Any] = field(default_factory=dict)
    sites: gpd.GeoDataFrame | None = None
    survey: gpd.GeoDataFrame | None = None
    roads: gpd.GeoDataFrame | None = None
    water: gpd.GeoDataFrame | None = None
    forest: gpd.GeoDataFrame | None = None
    power_lines: gpd.GeoDataFrame | None = None
    suppress_below: int = 5
