"""Hamlets, schools and households with learners."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.cluster.vq import kmeans2

from lomsong.simulate.noise import Floats
from lomsong.simulate.recipe import METRIC, Recipe
from lomsong.simulate.relief import Relief
from lomsong.simulate.territory import Territory, cells_at
from lomsong.tables import POVERTY

_LEARNERS = (0.58, 0.33, 0.07, 0.02)
"""Share of the households with 1, 2, 3 and 4 learners; mean 1.53."""

_WITHOUT_DEVICE = (0.62, 0.40, 0.09)
_OWN_OPERATORS = ("viettel", "vinaphone", "mobifone")
_BUILDINGS = ("solid", "semi-solid", "light")


def found_hamlets(territory: Territory, relief: Relief, recipe: Recipe) -> gpd.GeoDataFrame:
    """Place two to eight hamlets in each commune, the first being its centre.

    Returns
    -------
    GeoDataFrame in :data:`METRIC` with hamlet_id, name, commune_code, commune_row, weight (share of its commune's
    people), reserve and points on dry land, where there is any, well inside the commune.
    """
    rng = recipe.rng("hamlets")
    inside = territory.commune_at >= 0
    cells, owner, dry = territory.cells(inside), territory.commune_at[inside], ~relief.water[inside]
    parts = []
    for row, commune in enumerate(territory.communes.itertuples()):
        here = owner == row
        # A commune may lie wholly in the reservoir; its people then live on the water.
        own = cells[here & dry] if (here & dry).any() else cells[here]
        count = int(np.clip(round(commune.population / 2_200), 2, 8))
        inner = shapely.contains_xy(commune.geometry.buffer(-2.5 * recipe.step_m), own)
        own = own[inner] if inner.sum() > count else own
        if commune.reserve:
            own, count = _settled_side(own), 6
        points = _spread(own, count, rng)
        weight = rng.dirichlet(np.where(np.arange(count) == 0, 6.0, 2.5))
        unit = "Ấp" if commune.kind == "xã" else "Khu phố"
        parts.append(
            pd.DataFrame(
                {
                    "hamlet_id": [f"A{commune.commune_code}{number:02d}" for number in range(1, count + 1)],
                    "name": [f"{unit} {number}" for number in range(1, count + 1)],
                    "commune_code": commune.commune_code,
                    "commune_row": row,
                    "weight": weight,
                    "reserve": commune.reserve,
                    "geometry": shapely.points(points + rng.uniform(-0.4, 0.4, points.shape) * recipe.step_m),
                }
            )
        )
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=METRIC)


def _settled_side(cells: Floats) -> Floats:
    """Keep the part of a reserve commune that people live in: its southern two thirds."""
    return cells[cells[:, 1] <= np.quantile(cells[:, 1], 0.7)]


def _spread(cells: Floats, count: int, rng: np.random.Generator) -> Floats:
    """Pick places far from each other, the most central one first."""
    sample = cells[rng.choice(len(cells), min(len(cells), 600), replace=False)]
    starts = sample[rng.choice(len(sample), min(count, len(sample)), replace=False)]
    middles, _ = kmeans2(sample, starts, iter=12, minit="matrix", missing="warn")
    apart = np.hypot(*(sample[:, None, :] - middles[None, :, :]).transpose(2, 0, 1))
    picked = sample[np.unique(np.argmin(apart, axis=0))]
    while len(picked) < count:
        picked = np.vstack([picked, sample[rng.integers(len(sample))]])
    central = np.argsort(np.hypot(*(picked - cells.mean(axis=0)).T), kind="stable")
    return np.asarray(picked[central])


def with_power(hamlets: gpd.GeoDataFrame, power_lines: gpd.GeoDataFrame, recipe: Recipe) -> gpd.GeoDataFrame:
    """Add ``grid_power``: yes near a line, no far from it, unknown for some."""
    away_m = hamlets.distance(power_lines.union_all())
    state = np.where(away_m < 1_200.0, "yes", "no")
    unknown = recipe.rng("power").random(len(hamlets)) < np.where(hamlets["reserve"], 0.12, 0.03)
    return hamlets.assign(grid_power=np.where(unknown, "unknown", state))


def settle_households(
    territory: Territory, relief: Relief, hamlets: gpd.GeoDataFrame, roads: gpd.GeoDataFrame, recipe: Recipe
) -> gpd.GeoDataFrame:
    """Place households with learners around hamlets and along roads, in proportion to people.

    Returns
    -------
    GeoDataFrame in :data:`METRIC` with the columns of table ``households``.
    """
    rng = recipe.rng("households")
    counts = _shares(territory.communes["population"].to_numpy(dtype=float), recipe.households)
    wayside = _wayside(roads, territory)
    parts = []
    for row, commune in enumerate(territory.communes.itertuples()):
        own = hamlets[hamlets["commune_row"] == row]
        homes = np.column_stack([own.geometry.x, own.geometry.y])
        along = wayside[wayside[:, 2] == row, :2]
        at = _scatter(homes, own["weight"].to_numpy(), along, int(counts[row]), (commune.town, commune.reserve), rng)
        at = _kept_inside(at, homes, commune.geometry, territory, relief)
        nearest = np.argmin(np.hypot(*(at[:, None, :] - homes[None, :, :]).transpose(2, 0, 1)), axis=1)
        frame = _people(int(counts[row]), bool(commune.reserve), bool(commune.town), rng)
        frame.insert(0, "household_id", [f"H{commune.commune_code}{number:05d}" for number in range(1, len(at) + 1)])
        frame["hamlet_id"] = own["hamlet_id"].to_numpy()[nearest]
        frame["commune_code"] = commune.commune_code
        parts.append(frame.assign(geometry=shapely.points(at)))
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=METRIC)


def _shares(weight: Floats, total: int) -> np.ndarray:
    """Divide ``total`` in whole numbers by the largest remainder."""
    exact = weight / weight.sum() * total
    whole = np.floor(exact).astype(int)
    order = np.argsort(-(exact - whole), kind="stable")
    whole[order[: total - whole.sum()]] += 1
    return whole


def _wayside(roads: gpd.GeoDataFrame, territory: Territory) -> Floats:
    """Points every 150 m along roads with the row of their commune, shape (n, 3)."""
    lines = roads[roads["class"] != "forest_track"].geometry
    points = [shapely.line_interpolate_point(line, np.arange(75.0, line.length, 150.0)) for line in lines]
    at = shapely.get_coordinates(np.concatenate(points))
    return np.column_stack([at, territory.commune_at[cells_at(territory.grid, at)]])


def _scatter(
    homes: Floats, weight: Floats, along: Floats, count: int, setting: tuple[bool, bool], rng: np.random.Generator
) -> Floats:
    dense, reserve = setting
    by_road = rng.random(count) < (0.08 if reserve else 0.35)
    spread_m = 900.0 if dense else 420.0
    out = homes[rng.choice(len(homes), count, p=weight)] + rng.normal(0.0, spread_m, (count, 2))
    if len(along):
        near = along[rng.integers(len(along), size=count)] + rng.normal(0.0, 70.0, (count, 2))
        out = np.where(by_road[:, None], near, out)
    return np.asarray(out)


def _kept_inside(at: Floats, homes: Floats, commune: shapely.Geometry, territory: Territory, relief: Relief) -> Floats:
    """Draw places outside their commune or in water towards the nearest hamlet until they are on its dry land."""
    shapely.prepare(commune)
    out = at.copy()
    for _ in range(12):
        wrong = ~shapely.contains_xy(commune, out) | relief.water[cells_at(territory.grid, out)]
        if not wrong.any():
            break
        nearest = np.argmin(np.hypot(*(out[wrong][:, None, :] - homes[None, :, :]).transpose(2, 0, 1)), axis=1)
        out[wrong] = 0.45 * out[wrong] + 0.55 * homes[nearest]
    return out


def _people(count: int, reserve: bool, dense: bool, rng: np.random.Generator) -> pd.DataFrame:
    learners = rng.choice(4, count, p=_LEARNERS) + 1
    poor, near_poor = (0.16, 0.14) if reserve else (0.01, 0.02) if dense else (0.035, 0.05)
    category = rng.choice(3, count, p=[poor, near_poor, 1.0 - poor - near_poor])
    light = 0.30 if reserve else 0.02 if dense else 0.08
    building = rng.choice(3, count, p=[0.75 * (1.0 - light), 0.25 * (1.0 - light), light])
    return pd.DataFrame(
        {
            "learners": learners,
            "learners_without_device": rng.binomial(learners, np.array(_WITHOUT_DEVICE)[category]),
            "category": np.array(POVERTY)[category],
            "own_operator": np.array(_OWN_OPERATORS)[rng.choice(3, count, p=[0.54, 0.25, 0.21])],
            "building": np.array(_BUILDINGS)[building],
        }
    )


def open_schools(hamlets: gpd.GeoDataFrame, households: gpd.GeoDataFrame, recipe: Recipe) -> gpd.GeoDataFrame:
    """Put a school near three hamlets in five and share the learners of each commune among its schools."""
    rng = recipe.rng("schools")
    # A commune with few people may have no household of learners.
    learners = households.groupby("commune_code")["learners"].sum().reindex(hamlets["commune_code"].unique()).fillna(0)
    first = ~hamlets["commune_code"].duplicated()
    chosen = hamlets[first | (rng.random(len(hamlets)) < 0.5)].reset_index(drop=True)
    within = chosen.groupby("commune_code").cumcount().to_numpy()
    secondary = within % 3 == 1
    weight = rng.uniform(0.6, 1.4, len(chosen)) * np.where(within == 0, 1.5, 1.0)
    share = weight / pd.Series(weight).groupby(chosen["commune_code"]).transform("sum").to_numpy()
    names = np.where(secondary, "THCS", "Tiểu học")
    offset = rng.uniform(-60.0, 60.0, (len(chosen), 2))
    at = np.column_stack([chosen.geometry.x, chosen.geometry.y]) + offset
    return gpd.GeoDataFrame(
        {
            "school_id": [f"S{code}{1 + turn:02d}" for code, turn in zip(chosen["commune_code"], within, strict=True)],
            "name": [f"{kind} {name}" for kind, name in zip(names, chosen["name"], strict=True)],
            "level": names,
            "pupils": np.round(share * learners[chosen["commune_code"]].to_numpy()).astype(int),
            "commune_code": chosen["commune_code"],
        },
        geometry=shapely.points(at),
        crs=METRIC,
    )
