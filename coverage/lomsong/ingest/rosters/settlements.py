"""Homes whose position nobody wrote down, put where people live in their hamlet or commune.

Lists of households mostly name the hamlet and have no coordinates. What is known of where people live then stands for
the positions: dasymetric mapping (Wright 1936, Geographical Review 26:103-110; Mennis 2003, The Professional
Geographer 55:31-42). The homes of an area are spread over it as its people are, one after another along a Hilbert
curve (systematic sampling, Madow and Madow 1944, Annals of Mathematical Statistics 15:1-24), so that their shares come
out as the people's are, and not by chance.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from rasterio.features import rasterize
from rasterio.transform import from_origin
from scipy.spatial import cKDTree

from lomsong.geo import WGS84, containing, coordinates, known_codes, to_wgs84
from lomsong.ingest.communes.matching import match_communes
from lomsong.ingest.communes.vintage import Crosswalk
from lomsong.ingest.maps.rasters import RasterReading
from lomsong.ingest.rosters.placecodes import coded, name_key

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]

REACH_M = 3_000.0
"""People live at most this far from the point of their hamlet."""

SCATTERED, SCATTER = 96, 1 / 6
"""Where nothing tells where people live, so many places stand for them around the point of their hamlet, normally
distributed with this share of the reach as standard deviation each way."""

APART_M = 1e7
"""Lifts the hamlets of one commune so far above those of another that the nearest one is always of the same commune."""

NAMED_BY = (("hamlet_name", "commune_code"), ("hamlet_name", "commune_name", "parent_name"), ("hamlet_name", "commune"))
"""By what a hamlet that is named finds its code, one after another; ``commune`` is the commune that was matched."""


class Placed(NamedTuple):
    """Positions of households.

    Attributes
    ----------
    degrees
        Longitude and latitude, shape (n, 2): those that were given, and those found; NaN where none was.
    by
        What told the position: ``position``, ``hamlet`` or ``commune``; empty: nothing; shape (n,).
    commune
        Code of the commune in which a household was put, that of its hamlet where it names none; None for all others.
    """

    degrees: Floats
    by: NDArray[np.object_]
    commune: NDArray[np.object_]


@dataclass(frozen=True)
class _Lived:
    """Places where people live: number of the area, easting and northing, people, half the side of the place."""

    area: Rows
    metres: Floats
    people: Floats
    half_m: Floats

    @classmethod
    def points(cls, area: Rows, metres: Floats) -> _Lived:
        return cls(area, metres, np.ones(len(area)), np.zeros(len(area)))

    def part(self, rows: Rows | NDArray[np.bool_]) -> _Lived:
        return _Lived(self.area[rows], self.metres[rows], self.people[rows], self.half_m[rows])


@dataclass(frozen=True)
class Settlements:
    """Where people live in each hamlet and commune.

    Attributes
    ----------
    communes, crs
        Table ``communes``; metric CRS of the run.
    hamlets
        Table ``hamlets``, or None.
    population
        People per cell, or None: then the homes of known position in the same hamlet or commune say where people live,
        and where there are none they live scattered about the points of the hamlets.
    crosswalk
        Joins the two vintages of communes.
    seed
        Of the order of the homes.
    reach_m
        People live at most this far from the point of their hamlet.
    """

    communes: gpd.GeoDataFrame
    crs: CRS
    hamlets: gpd.GeoDataFrame | None = None
    population: RasterReading | None = None
    crosswalk: Crosswalk | None = None
    seed: int = 0
    reach_m: float = REACH_M

    def named(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Give hamlets that are named, or whose code is written in another way, the code that ``hamlets`` has.

        A code that it does not have stays only where the name tells no other.
        """
        if self.hamlets is None or not {"hamlet_id", "hamlet_name"} & set(rows):
            return rows
        rows = rows.reset_index(drop=True)
        codes = rows.get("hamlet_id", pd.Series(None, index=rows.index, dtype=object))
        rows = rows.assign(hamlet_id=known_codes(codes, self.hamlets["hamlet_id"]))
        if "hamlet_name" not in rows:
            return rows
        known = pd.DataFrame(self.hamlets.drop(columns="geometry")).rename(columns={"name": "hamlet_name"})
        known = known.assign(commune=_codes(self.communes, self._hamlet_commune))
        own = rows["hamlet_id"]
        listed = own.where(own.isin(self.hamlets["hamlet_id"]), None)
        told = rows.assign(hamlet_id=listed, commune=_codes(self.communes, self._commune_of(rows, None)))
        for names in NAMED_BY:
            if set(names) <= set(told):
                told["hamlet_id"] = coded(told, "hamlet_id", names, [known])
        return rows.assign(hamlet_id=told["hamlet_id"].where(told["hamlet_id"].notna(), own).to_numpy(object))

    def place(self, rows: pd.DataFrame, at: Floats) -> Placed:
        """Give each household without a position one in its hamlet, else in its commune.

        A hamlet that lies in another commune than the row names is not believed. The same rows and seed give the same
        positions, in whatever order the rows stand.

        Parameters
        ----------
        rows
            Table ``households``, n rows.
        at
            Longitude and latitude, degrees, shape (n, 2), NaN where there is none.
        """
        by = np.where(np.isfinite(at).all(axis=1), "position", "").astype(object)
        if not len(rows) or (by != "").all():
            return Placed(at, by, np.full(len(rows), None, dtype=object))
        known = np.flatnonzero(by == "position")
        metres = np.full(at.shape, np.nan)
        metres[known] = coordinates(gpd.GeoSeries(gpd.points_from_xy(*at[known].T), crs=WGS84), self.crs)
        commune = self._commune_of(rows, at)
        hamlet = self._hamlet_of(rows, commune)
        of_hamlet = np.append(self._hamlet_commune, -1)[hamlet]
        commune = np.where((by == "") & (of_hamlet >= 0), of_hamlet, commune)
        order = pd.util.hash_array(
            rows["household_id"].astype(str).to_numpy(object), hash_key=f"{self.seed % 10**16:016d}"
        )
        for way, area in (("hamlet", hamlet), ("commune", commune)):
            wanted = np.flatnonzero((by == "") & (area >= 0))
            lived = self._lived(way, _Lived.points(area[known], metres[known]))
            wanted = wanted[np.isin(area[wanted], lived.area)]
            if len(wanted):
                spread, middle = _spread(lived, area[wanted], order[wanted])
                metres[wanted] = np.where(self._inside(spread, commune[wanted])[:, None], spread, middle)
                by[wanted] = way
        told = at.copy()
        rest = by != "position"
        told[rest] = np.column_stack(to_wgs84(metres[rest, 0], metres[rest, 1], self.crs))
        return Placed(told, by, _codes(self.communes, np.where(rest, commune, -1)))

    @cached_property
    def _hamlet_commune(self) -> Rows:
        """Row of the commune of each hamlet, -1 where there is none."""
        if self.hamlets is None:
            return np.zeros(0, np.int64)
        return self._matched(self.hamlets)

    @cached_property
    def _hamlet_at(self) -> Floats:
        if self.hamlets is None:
            return np.zeros((0, 2))
        return coordinates(self.hamlets.geometry.representative_point(), self.crs)

    def _matched(self, rows: gpd.GeoDataFrame) -> Rows:
        codes = match_communes(rows, self.communes, self.crosswalk)[0]
        return pd.Index(self.communes["commune_code"].astype(str)).get_indexer(pd.Index(codes)).astype(np.int64)

    def _commune_of(self, rows: pd.DataFrame, at: Floats | None) -> Rows:
        """Return the row of the commune of each household, -1 where nothing tells it."""
        points = np.full(len(rows), None, dtype=object)
        if at is not None:
            known = np.isfinite(at).all(axis=1)
            points[known] = shapely.points(at[known])
        return self._matched(gpd.GeoDataFrame(rows.reset_index(drop=True), geometry=points, crs=WGS84))

    def _hamlet_of(self, rows: pd.DataFrame, commune: Rows) -> Rows:
        """Return the row of the hamlet of each household, -1 where there is none or it lies in another commune.

        Where both are written alike the commune is one, also if it was divided since: then the hamlet says which part.
        """
        if self.hamlets is None or "hamlet_id" not in rows:
            return np.full(len(rows), -1)
        first = ~self.hamlets["hamlet_id"].duplicated().to_numpy()
        unique = pd.Index(self.hamlets["hamlet_id"].where(first, None))
        known = rows["hamlet_id"].notna().to_numpy()
        hamlet = np.full(len(rows), -1)
        hamlet[known] = pd.Series(np.flatnonzero(first), unique[first]).reindex(rows["hamlet_id"][known]).fillna(-1)
        of_hamlet = np.append(self._hamlet_commune, -1)[hamlet]
        alike = (commune < 0) | (of_hamlet < 0) | (of_hamlet == commune)
        for name in {"commune_code", "commune_name"} & set(rows) & set(self.hamlets):
            own, its = name_key(rows, (name,)), name_key(self.hamlets, (name,)).reindex(hamlet)
            alike |= (own == its.set_axis(own.index)).to_numpy() & own.notna().to_numpy()
        return np.where(alike, hamlet, -1)

    @cached_property
    def _cells(self) -> tuple[Rows, Rows, _Lived]:
        """Return the commune and the hamlet of each cell that people live in, -1 for none, and the cells."""
        if self.population is None:
            none = np.zeros(0, np.int64)
            return none, none, _Lived.points(none, np.zeros((0, 2)))
        grid, people = self.population.grid, self.population.values
        shapes = self.communes.geometry.to_crs(grid.crs)
        numbers = rasterize(
            ((shape, row + 1) for row, shape in enumerate(shapes)), grid.shape, fill=0, dtype="int32",
            transform=from_origin(grid.west_m, grid.north_m, grid.step_m, grid.step_m),
        )  # fmt: skip
        row, column = np.nonzero((people > 0) & (numbers > 0))
        easting = grid.west_m + (column + 0.5) * grid.step_m
        northing = grid.north_m - (row + 0.5) * grid.step_m
        at, commune = np.column_stack([easting, northing]), numbers[row, column].astype(np.int64) - 1
        cells = _Lived(commune, at, people[row, column].astype(float), np.full(len(row), grid.step_m / 2))
        return commune, self._nearest_hamlet(at, commune), cells

    def _nearest_hamlet(self, at: Floats, commune: Rows) -> Rows:
        """Return the hamlet of the same commune nearest to each place, -1 where none is within reach."""
        own = np.flatnonzero(self._hamlet_commune >= 0)
        if not len(own) or not len(at):
            return np.full(len(at), -1)
        lifted = np.column_stack([self._hamlet_at[own], self._hamlet_commune[own] * APART_M])
        away_m, nearest = cKDTree(lifted).query(np.column_stack([at, commune * APART_M]))
        return np.where(away_m <= self.reach_m, own[nearest], -1)

    def _lived(self, way: str, homes: _Lived) -> _Lived:
        """Return where people live in each hamlet or commune: by the population, else the homes, else the hamlets."""
        commune, hamlet, cells = self._cells
        cells = replace(cells, area=hamlet if way == "hamlet" else commune)
        around, metres = self._about_hamlets
        of_hamlets = _Lived.points(around if way == "hamlet" else self._hamlet_commune[around], metres)
        return _first_known([cells, homes, of_hamlets])

    @cached_property
    def _about_hamlets(self) -> tuple[Rows, Floats]:
        """Return places about the points of hamlets, inside their communes where any are, and of which hamlet they are.

        A hamlet whose point lies in another commune is flagged where it is listed, and believed like any position.
        """
        turn = np.arange(SCATTERED)
        radius_m = SCATTER * self.reach_m * np.sqrt(-2 * np.log(1 - (turn + 0.5) / SCATTERED))
        bearing = turn * np.pi * (3 - np.sqrt(5))  # a sunflower's: evenly in all directions (Vogel 1979)
        offset = radius_m[:, None] * np.column_stack([np.cos(bearing), np.sin(bearing)])
        hamlet = np.repeat(np.arange(len(self._hamlet_at)), SCATTERED)
        metres = (self._hamlet_at[:, None] + offset).reshape(-1, 2)
        inside = self._inside(metres, self._hamlet_commune[hamlet])
        kept = inside | ~np.isin(hamlet, hamlet[inside])
        return hamlet[kept], metres[kept]

    def _inside(self, at: Floats, commune: Rows) -> NDArray[np.bool_]:
        """Tell which positions lie in their commune."""
        points = gpd.GeoSeries(gpd.points_from_xy(*at.T), crs=self.crs)
        row, shape = containing(points, self.communes)
        inside = np.zeros(len(at), dtype=bool)
        inside[row[shape == commune[row]]] = True
        return inside


def _codes(communes: pd.DataFrame, rows: Rows) -> NDArray[np.object_]:
    codes = np.array([*communes["commune_code"].astype(str), None], dtype=object)
    return np.asarray(codes[rows], dtype=object)


def _first_known(sources: Iterable[_Lived]) -> _Lived:
    """Return of each area the places of the first source that knows any."""
    kept, known = [], np.zeros(0, np.int64)
    for source in sources:
        fresh = (source.area >= 0) & ~np.isin(source.area, known)
        kept.append(source.part(fresh))
        known = np.union1d(known, source.area[fresh])
    return _Lived(
        np.concatenate([one.area for one in kept]),
        np.concatenate([one.metres for one in kept]),
        np.concatenate([one.people for one in kept]),
        np.concatenate([one.half_m for one in kept]),
    )


def _spread(lived: _Lived, area: Rows, order: NDArray[np.uint64]) -> tuple[Floats, Floats]:
    """Spread homes over the places of their areas, each of which has some; return positions, and middles of places."""
    lived = lived.part(np.isin(lived.area, area))
    along = gpd.GeoSeries(gpd.points_from_xy(*lived.metres.T)).hilbert_distance().to_numpy()
    lived = lived.part(np.lexsort((along, lived.area)))
    areas, first, number = np.unique(lived.area, return_index=True, return_inverse=True)
    sums = np.cumsum(lived.people)
    total = np.add.reduceat(lived.people, first)
    ends = number + np.minimum((sums - (sums - lived.people)[first][number]) / total[number], 1.0)
    ends[np.append(first[1:], len(ends)) - 1] = np.arange(1, len(areas) + 1)
    mine = np.searchsorted(areas, area)
    turn = np.lexsort((order, mine))
    count = np.bincount(mine, minlength=len(areas))
    rank = np.empty(len(area))
    rank[turn] = np.arange(len(area)) - (np.cumsum(count) - count)[mine[turn]]
    chosen = np.searchsorted(ends, mine + (rank + 0.5) / count[mine])
    # The low bits: the high ones tell the rank, and thereby the place.
    within = np.column_stack([order & np.uint64(0xFFFF), order >> np.uint64(16) & np.uint64(0xFFFF)]) / 2.0**15 - 1
    middle = lived.metres[chosen]
    return middle + within * lived.half_m[chosen, None], middle
