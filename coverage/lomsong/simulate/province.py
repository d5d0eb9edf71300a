"""A fictive province whose true levels are known."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lomsong.geo import WGS84, Grid, coordinates
from lomsong.simulate.declare import declare
from lomsong.simulate.handovers import entitled
from lomsong.simulate.masts import raise_masts
from lomsong.simulate.noise import Floats, Shadowing
from lomsong.simulate.propagation import Aerials, Ground, aerials, strongest
from lomsong.simulate.recipe import METRIC, Recipe
from lomsong.simulate.relief import grow_cover, raise_relief, water_layer
from lomsong.simulate.roads import build_roads, string_power_lines
from lomsong.simulate.settlements import found_hamlets, open_schools, settle_households, with_power
from lomsong.simulate.territory import draw_territory
from lomsong.simulate.write import write_province
from lomsong.tables import OPERATORS

_TILES_IN_A_ROW = 5
_HAMLET_COLUMNS = ["hamlet_id", "name", "commune_code", "grid_power", "geometry"]
_COMMUNE_COLUMNS = ["commune_code", "name", "kind", "parent_code", "parent_name", "vintage", "population", "geometry"]


@dataclass(frozen=True)
class Province:
    """Everything about one fictive province, its true levels included.

    The frames follow :mod:`lomsong.tables` in EPSG:4326; ``grid``, ``ground_m`` and ``canopy_m`` are in EPSG:3405.
    """

    recipe: Recipe
    communes: gpd.GeoDataFrame
    hamlets: gpd.GeoDataFrame
    schools: gpd.GeoDataFrame
    households: gpd.GeoDataFrame
    sites: gpd.GeoDataFrame
    roads: gpd.GeoDataFrame
    power_lines: gpd.GeoDataFrame
    water: gpd.GeoDataFrame
    forest: gpd.GeoDataFrame
    grid: Grid
    ground_m: NDArray[np.int16]
    canopy_m: NDArray[np.uint8]

    def level_dbm(self, operator: str, points: Floats) -> Floats:
        """Return the true level of an operator's strongest sector.

        Parameters
        ----------
        operator
            One of :data:`lomsong.tables.OPERATORS`.
        points
            Easting and northing in EPSG:3405, shape (n, 2), metres.

        Returns
        -------
        Level 1.5 m above the ground, outdoors, dBm, shape (n,).
        """
        return self.serving(operator, points)[0]

    def serving(self, operator: str, points: Floats) -> tuple[Floats, NDArray[np.int64]]:
        """Return true level (dBm) and row in ``sites`` of the strongest sector of an operator at points."""
        own, rows = self._aerials[operator]
        level, sector = strongest(points, own, self._ground)
        return level + self._shadowing[operator].at(points), rows[sector]

    def planned_dbm(self, operator: str, points: Floats) -> Floats:
        """Return the level that an operator plans with: the true one without the shadowing, which it does not know.

        Parameters and result are those of :meth:`level_dbm`.
        """
        return strongest(points, self._aerials[operator][0], self._ground)[0]

    def built_level_dbm(self, operator: str, sites: gpd.GeoDataFrame, points: Floats) -> Floats:
        """Return the true level that further sites alone would give an operator's phones.

        Parameters
        ----------
        operator
            Whose shadowing applies.
        sites
            Table ``sites`` in any CRS.
        points
            Easting and northing in EPSG:3405, shape (n, 2), metres.

        Returns
        -------
        Level in dBm, shape (n,); the level after building is the greater of this and :meth:`level_dbm`.
        """
        level, _ = strongest(points, aerials(sites.to_crs(METRIC), self._ground), self._ground)
        return level + self._shadowing[operator].at(points)

    @cached_property
    def truth(self) -> pd.DataFrame:
        """True level of each household: household_id and one ``<operator>_dbm`` column an operator, to 0.1 dB."""
        return self._levels(self.households, "household_id")

    @cached_property
    def schools_truth(self) -> pd.DataFrame:
        """True level of each school: school_id and one ``<operator>_dbm`` column an operator, to 0.1 dB."""
        return self._levels(self.schools, "school_id")

    @property
    def declared(self) -> gpd.GeoDataFrame:
        """What the operators declare as covered, the false claims included; see :mod:`lomsong.simulate.declare`."""
        return self._declared[0]

    @property
    def false_claims(self) -> gpd.GeoDataFrame:
        """Discs that operators declare although nothing is received there, as :func:`~.declare.declare` returns."""
        return self._declared[1]

    def write(self, folder: str | Path) -> list[Path]:
        """Write all files of the province into a folder and return their paths; see :mod:`lomsong.simulate.write`."""
        return write_province(self, Path(folder))

    def _levels(self, places: gpd.GeoDataFrame, key: str) -> pd.DataFrame:
        points = coordinates(places, METRIC)
        levels = {f"{name}_dbm": np.round(self.level_dbm(name, points), 1).astype(np.float32) for name in OPERATORS}
        return pd.DataFrame({key: places[key], **levels})

    @cached_property
    def _declared(self) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
        return declare(self)

    @cached_property
    def _ground(self) -> Ground:
        return Ground(self.grid, self.ground_m.astype(np.float64), self.canopy_m.astype(np.float64))

    @cached_property
    def _shadowing(self) -> dict[str, Shadowing]:
        return {operator: Shadowing(self.recipe, operator) for operator in OPERATORS}

    @cached_property
    def _aerials(self) -> dict[str, tuple[Aerials, NDArray[np.int64]]]:
        metric = self.sites.to_crs(METRIC)
        rows = {operator: np.flatnonzero((metric["operator"] == operator).to_numpy()) for operator in OPERATORS}
        return {operator: (aerials(metric.iloc[own], self._ground), own) for operator, own in rows.items()}


def simulate(recipe: Recipe | None = None) -> Province:
    """Build the fictive province of a recipe; without one, the sample province in the likeness of old Đồng Nai.

    Raises
    ------
    UsageError
        When the recipe asks for something out of its limits (raised by :class:`Recipe`), or for communes too small.

    Examples
    --------
    >>> province = simulate(Recipe(area_km2=150, communes=8, households=2_000))
    >>> len(province.communes), len(province.households)
    (8, 2000)
    """
    recipe = recipe or Recipe()
    territory = draw_territory(recipe)
    relief = raise_relief(territory, recipe)
    hamlets = found_hamlets(territory, relief, recipe)
    settled = np.column_stack([hamlets.geometry.x, hamlets.geometry.y])
    cover = grow_cover(territory, relief, settled, recipe)
    roads = build_roads(territory, relief, hamlets, recipe)
    power_lines = string_power_lines(roads, cover.forest)
    households = entitled(settle_households(territory, relief, hamlets, roads, recipe), recipe)
    communes = territory.communes.assign(vintage="2021")
    return Province(
        recipe=recipe,
        communes=_published(communes[_COMMUNE_COLUMNS], 6),
        hamlets=_published(with_power(hamlets, power_lines, recipe)[_HAMLET_COLUMNS], 5),
        schools=_published(open_schools(hamlets, households, recipe), 5),
        households=_published(households, 5),
        sites=_published(raise_masts(territory, relief, hamlets, recipe), 6),
        roads=_published(roads, 6),
        power_lines=_published(power_lines, 6),
        water=_published(water_layer(territory, relief), 6),
        forest=_published(cover.forest, 6),
        grid=territory.grid,
        ground_m=relief.ground_m,
        canopy_m=cover.canopy_m,
    )


def country(tiles: int, recipe: Recipe) -> Iterator[Province]:
    """Build made-up provinces side by side, one at a time, so that memory stays that of one.

    Codes and identifiers are unique across the tiles. A recipe that names no number of communes gets 160 a province.

    Parameters
    ----------
    tiles
        How many provinces.
    recipe
        What each of them is like; its ``origin`` is the corner of the first.
    """
    pitch_m = 130_000.0 * recipe.scale
    for tile in range(recipe.tile, recipe.tile + tiles):
        row, column = divmod(tile, _TILES_IN_A_ROW)
        origin = (recipe.origin[0] + column * pitch_m, recipe.origin[1] + row * pitch_m)
        yield simulate(dataclasses.replace(recipe, communes=recipe.communes or 160, origin=origin, tile=tile))


def _published(frame: gpd.GeoDataFrame, decimals: int) -> gpd.GeoDataFrame:
    """Return a frame in EPSG:4326 with coordinates of so many decimals, as it will stand in the files."""
    moved = frame.to_crs(WGS84)
    if (frame.geom_type == "Point").all():
        at = np.round(np.column_stack([moved.geometry.x, moved.geometry.y]), decimals)
        moved = moved.set_geometry(gpd.points_from_xy(at[:, 0], at[:, 1], crs=WGS84))
    return moved.reset_index(drop=True)
