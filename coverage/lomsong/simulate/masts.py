"""Radio sites of three operators: many in towns, few in the country, none in the reserve."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from lomsong.simulate.noise import Floats, fractal
from lomsong.simulate.recipe import METRIC, Recipe
from lomsong.simulate.relief import Relief
from lomsong.simulate.territory import Territory, cells_at
from lomsong.tables import OPERATORS

_PREFIX = {"viettel": "VTL", "vinaphone": "VNP", "mobifone": "MBF"}
_PRESENCE = {"viettel": 1.0, "vinaphone": 0.85, "mobifone": 0.75}
"""How many sites an operator has in the country, against the best."""

_PEOPLE_PER_SITE = 12_000
"""The first operator has at least one site for so many people, except in the reserve."""

_COUNTRY_BANDS_MHZ = {"viettel": (900.0, 1800.0), "vinaphone": (900.0, 1800.0), "mobifone": (1800.0, 900.0)}
_TOWN_BANDS_MHZ = (1800.0, 2100.0)


def raise_masts(territory: Territory, relief: Relief, hamlets: gpd.GeoDataFrame, recipe: Recipe) -> gpd.GeoDataFrame:
    """Place the sites of all operators.

    Returns
    -------
    GeoDataFrame in :data:`METRIC` with the columns of table ``sites``, one row a sector.
    """
    parts = []
    for operator in OPERATORS:
        rng = recipe.rng(f"sites {operator}")
        at, town = _positions(territory, relief, hamlets, operator, recipe, rng)
        parts.append(_sectors(operator, at, town, recipe, rng))
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=METRIC)


def _positions(
    territory: Territory,
    relief: Relief,
    hamlets: gpd.GeoDataFrame,
    operator: str,
    recipe: Recipe,
    rng: np.random.Generator,
) -> tuple[Floats, np.ndarray]:
    """Return where the sites stand and which of them stand in towns."""
    places, in_town = [], []
    homes = np.column_stack([hamlets.geometry.x, hamlets.geometry.y])
    neglect = fractal(homes[:, 0], homes[:, 1], 16_000.0, 2, recipe.number("neglect"))
    for row, commune in enumerate(territory.communes.itertuples()):
        own = np.flatnonzero((hamlets["commune_row"] == row).to_numpy())
        town = bool(commune.town)
        wanted = commune.population / 7_500.0 if town else commune.population / 20_000.0 + commune.area_km2 / 62.0
        if not town:
            wanted *= _PRESENCE[operator] * float(np.clip(1.0 + 3.0 * neglect[own[0]], 0.1, 1.3))
        least = round(commune.population / _PEOPLE_PER_SITE) if operator == "viettel" else 0
        count = 0 if commune.reserve else max(int(wanted + rng.random()), least)
        order = own[np.argsort(-hamlets["weight"].to_numpy()[own] * rng.uniform(0.8, 1.0, len(own)), kind="stable")]
        near = np.resize(homes[order], (count, 2)) if count else np.empty((0, 2))
        spread_m = 0.4 * np.sqrt(commune.area_km2 * 1e6 / max(count, 1)) if town else 350.0
        places += [_high_ground(spot, spread_m, territory, relief, rng) for spot in near]
        in_town += [town] * count
    if operator == "viettel":
        edge = _reserve_edge(hamlets)
        places += [_high_ground(spot, 300.0, territory, relief, rng) for spot in edge]
        in_town += [False] * len(edge)
    if not places:  # in a small province chance may leave an operator none
        largest = np.argmax(np.where(hamlets["reserve"], 0.0, hamlets["weight"]))
        places, in_town = [_high_ground(homes[largest], 350.0, territory, relief, rng)], [False]
    return np.array(places), np.array(in_town)


def _reserve_edge(hamlets: gpd.GeoDataFrame) -> Floats:
    """Return the one in twelve hamlets of the reserve that lie nearest to the rest of the province, shape (n, 2)."""
    reserve, rest = hamlets[hamlets["reserve"]], hamlets[~hamlets["reserve"]]
    away_m = reserve.distance(rest.union_all()).to_numpy()
    nearest = np.argsort(away_m, kind="stable")[: len(reserve) // 12]
    return np.column_stack([reserve.geometry.x, reserve.geometry.y])[nearest]


def _high_ground(
    spot: Floats, spread_m: float, territory: Territory, relief: Relief, rng: np.random.Generator
) -> Floats:
    """Return the highest of some dry places around a spot."""
    tries = spot + rng.normal(0.0, spread_m, (9, 2))
    tries[0] = spot
    cells = cells_at(territory.grid, tries)
    usable = (territory.commune_at[cells] >= 0) & ~relief.water[cells]
    height = np.where(usable, relief.ground_m[cells], -1)
    return np.asarray(tries[int(np.argmax(height))])


def _sectors(operator: str, at: Floats, town: np.ndarray, recipe: Recipe, rng: np.random.Generator) -> gpd.GeoDataFrame:
    count = len(at)
    low, high = _COUNTRY_BANDS_MHZ[operator]
    country = np.where(rng.random(count) < 0.7, low, high)
    band = np.where(town, rng.choice(_TOWN_BANDS_MHZ, count), country)
    height = np.round(np.where(town, rng.uniform(24.0, 34.0, count), rng.uniform(32.0, 45.0, count)))
    eirp = np.round(np.where(town, rng.uniform(25.0, 30.0, count), rng.uniform(27.0, 32.0, count)), 1)
    first = rng.integers(0, 12, count) * 10.0
    site = np.repeat(np.arange(count), 3)
    azimuth = (first[site] + np.tile([0.0, 120.0, 240.0], count)) % 360.0
    numbers = [f"{_PREFIX[operator]}{recipe.tile:02d}{number:05d}" for number in range(1, count + 1)]
    return gpd.GeoDataFrame(
        {
            "site_id": np.array(numbers)[site],
            "operator": operator,
            "technology": "4G",
            "band_mhz": band[site],
            "height_m": height[site],
            "eirp_dbm": eirp[site],
            "azimuth_deg": azimuth,
            "downtilt_deg": np.where(town, 6.0, 2.0)[site],
            "beamwidth_deg": 65.0,
        },
        geometry=shapely.points(at[site]),
        crs=METRIC,
    )
