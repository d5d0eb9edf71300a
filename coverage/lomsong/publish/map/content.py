"""What a map is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS

from lomsong.shown import placed, surveyed


@dataclass(frozen=True)
class SignalRaster:
    """Estimated signal of one operator on a grid.

    Parameters
    ----------
    level_dbm
        Level outdoors, shape (rows, columns), dBm; NaN outside the territory.
    level_sd_db
        Its standard deviation, same shape, dB.
    surveyed
        Where there is evidence, same shape. The rest is hatched on the map, whatever its value.
    transform
        Pixel (column, row) to the coordinates of ``crs``.
    crs
        Anything that :meth:`pyproj.CRS.from_user_input` takes.
    """

    level_dbm: NDArray[np.float32]
    level_sd_db: NDArray[np.float32]
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
    period
        First and last day of the survey.
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
        Operator to its surface, all on one grid. The best and the worst operator of each place, and the probability at
        any threshold, are worked out in the page.
    shared
        Correlation of the operators' levels at one place, for the probability that any or all of them are usable.
    level_breaks_dbm
        Where the classes of level break; empty: in steps of 10 dB about the threshold, whatever it is moved to.
    indoor
        Learners without usable signal inside their homes: commune_code, unconnected_any, unconnected_any_low,
        unconnected_any_high, unconnected_all and ``unconnected_<operator>``.
    indoor_loss_db
        From outdoors to the inside of a usual building, taken off the surfaces when they are looked at indoors.
    claims
        Hexagons of :func:`lomsong.gap.claims.challenge` as they may be published.
    zones
        Polygons of gap zones as :func:`lomsong.gap.zones.gap_zones` returns them.
    towers
        Points with candidate_id, order (from 1), learners_gained, cumulative, height_m, ground_m, forest_class,
        road_km, grid_km and, optionally, what :data:`lomsong.publish.map.plan.TOWER` names besides.
    served
        Points with ``learners`` whom the towers connect and ``towers``, a tuple of the ``order`` of those that reach
        them; see :func:`lomsong.siting.reach.served_by`. Only sums over cells and over the province are published.
    plan
        ``objective`` and, unless the cost was sought, ``bound`` in learners, ``gap`` as a share, ``status``, and
        ``operator``, whose gap the towers close; empty: that of any.
    sites
        Points of existing sites with site_id and operator.
    survey
        Points of decimated measurements with operator, level_dbm (missing where no service) and service.
    roads, water, forest, power_lines
        The offline base.
    base_map
        Address of an online base map with ``{z}``, ``{x}`` and ``{y}``. The page then offers it, off at first, and its
        security policy lets pictures from that host in; empty: the page may ask nothing of anybody.
    base_map_credit
        Whom the base map is owed to.
    suppress_below
        Counts of people under this are shown as "<5".
    placed
        Learners whose home has no position, by what told where they live: ``hamlet`` and ``commune``.
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
    period: tuple[date, date] | None = None
    hamlets: gpd.GeoDataFrame | None = None
    schools: gpd.GeoDataFrame | None = None
    learners: gpd.GeoDataFrame | None = None
    rasters: dict[str, SignalRaster] = field(default_factory=dict)
    shared: float = 0.0
    level_breaks_dbm: tuple[float, ...] = ()
    indoor: pd.DataFrame | None = None
    indoor_loss_db: float = 0.0
    claims: gpd.GeoDataFrame | None = None
    zones: gpd.GeoDataFrame | None = None
    towers: gpd.GeoDataFrame | None = None
    served: gpd.GeoDataFrame | None = None
    plan: dict[str, Any] = field(default_factory=dict)
    sites: gpd.GeoDataFrame | None = None
    survey: gpd.GeoDataFrame | None = None
    roads: gpd.GeoDataFrame | None = None
    water: gpd.GeoDataFrame | None = None
    forest: gpd.GeoDataFrame | None = None
    power_lines: gpd.GeoDataFrame | None = None
    base_map: str = ""
    base_map_credit: str = ""
    suppress_below: int = 5
    placed: Mapping[str, int] = field(default_factory=dict)

    @property
    def told_placed(self) -> str:
        """How many learners stand at estimated positions, in a sentence; empty where none does."""
        return placed(self.placed, self.language)

    @property
    def surveyed(self) -> str:
        """Whose signal was measured and when, in a sentence."""
        return surveyed(self.period, self.operators.values(), self.language)
