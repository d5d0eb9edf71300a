"""The list of communes of a province: the official one of old Đồng Nai, or a made-up one."""

from __future__ import annotations

from importlib.resources import files

import numpy as np
import pandas as pd

from lomsong.simulate.recipe import Recipe

TOWN_PER_KM2 = 1_200.0
"""People per km² from which a commune is built up throughout."""

_FIRST = ("An", "Bình", "Phú", "Tân", "Long", "Xuân", "Hòa", "Vĩnh", "Thạnh", "Hưng", "Lộc", "Đông", "Mỹ", "Phước")
_SECOND = ("Sơn", "Lâm", "Điền", "Thủy", "Lạc", "Thọ", "Trung", "Hiệp", "Thành", "Khê", "Cát", "Giang", "Đức", "Nghĩa")
_COMMUNES_PER_DISTRICT = 14


def commune_list(recipe: Recipe) -> pd.DataFrame:
    """List the communes of a province, without geometry.

    Returns
    -------
    DataFrame with commune_code, name, kind, parent_code, parent_name, population, area_km2, reserve (bool),
    town (bool: built up throughout) and hint_east_km, hint_north_km: where on the drawn plan the middle should lie,
    missing when it does not matter.
    Areas add up to that of the recipe.
    """
    table = _named() if recipe.communes is None else _made_up(recipe, recipe.communes)
    table["area_km2"] *= recipe.area_km2 / table["area_km2"].sum()
    table["town"] = table["population"] / table["area_km2"] > TOWN_PER_KM2
    return table


def _named() -> pd.DataFrame:
    with files("lomsong.simulate").joinpath("communes.csv").open(encoding="utf-8") as source:
        table = pd.read_csv(source, dtype={"commune_code": str, "parent_code": str})
    table["reserve"] = table["reserve"] == "yes"
    return table.astype({"hint_east_km": float, "hint_north_km": float})


def _made_up(recipe: Recipe, count: int) -> pd.DataFrame:
    rng = recipe.rng("communes")
    districts = max(1, round(count / _COMMUNES_PER_DISTRICT))
    district = np.sort(np.arange(count) % districts)
    reserve = np.arange(count) < max(1, round(0.02 * count))
    town = np.diff(district, append=districts) > 0
    area = rng.lognormal(0.0, 0.45, count) * np.where(town, 0.35, 1.0)
    area[reserve] = 0.15 * area[~reserve].sum() / reserve.sum()
    density = rng.lognormal(0.0, 0.5, count) * np.where(town, 8.0, 1.0)
    density[reserve] = 0.1
    weight = area * density
    names = [f"{first} {second}" for first in _FIRST for second in _SECOND]
    order = rng.permutation(len(names))
    suffix = [f" {turn + 1}" if turn else "" for turn in range(1 + count // len(names))]
    return pd.DataFrame(
        {
            "commune_code": [f"{90_001 + recipe.tile * count + row}" for row in range(count)],
            "name": [names[order[row % len(names)]] + suffix[row // len(names)] for row in range(count)],
            "kind": np.where(town, "thị trấn", "xã"),
            "parent_code": [f"{900 + (recipe.tile * districts + number) % 100}" for number in district],
            "parent_name": [f"Huyện Mô Phỏng {recipe.tile * districts + number + 1}" for number in district],
            "population": np.round(weight / weight.sum() * 525.0 * recipe.area_km2).astype(int),
            "area_km2": area,
            "reserve": reserve,
            "hint_east_km": np.where(reserve, 30.0 + 30.0 * np.arange(count) / reserve.sum(), np.nan),
            "hint_north_km": np.where(reserve, 96.0, np.nan),
        }
    )
