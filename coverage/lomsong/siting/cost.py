"""What a site costs: mast, radio, power, road, backhaul and running, by operator and shared.

All numbers stand in a cost sheet, each with its unit and source; the one that comes with lomsong holds unverified
defaults. Money is in million VND; present values discount what is paid at the end of each year.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from lomsong.errors import DataError, SettingsError, UsageError
from lomsong.texts import Phrase, fault

HOURS_A_YEAR = 8_766.0

POWER = ("existing", "grid", "solar")
"""Power solutions."""

BACKHAUL = ("existing", "microwave", "fibre", "none")
"""Backhaul solutions; none where no way is known."""

NEVER_ZERO = ("finance.years", "power.sun_hours", "power.battery_years")
"""Items that something is divided by or lasts."""

SHARES = ("finance.discount_rate", "power.solar_running")
"""Items that are a share."""

PARTS = ("tower_cost", "radio_cost", "power_cost", "road_cost", "backhaul_cost")
"""What is paid when a site is built."""


@dataclass(frozen=True)
class CostSheet:
    """Values of a cost sheet by ``section.item``, with the unit and source of each, and what nobody gave of them."""

    values: Mapping[str, float]
    units: Mapping[str, str]
    sources: Mapping[str, str]
    usual: tuple[str, ...] = ()

    def __getitem__(self, item: str) -> float:
        return self.values[item]

    def present(self, yearly: ArrayLike) -> NDArray[np.float64]:
        """Return the present value of a payment at the end of each year."""
        rate, years = self["finance.discount_rate"], self["finance.years"]
        factor = years if rate == 0 else (1 - (1 + rate) ** -years) / rate
        return np.asarray(yearly, float) * factor

    def replaced(self, cost: ArrayLike, every_years: float) -> NDArray[np.float64]:
        """Return the present value of replacing something at these intervals, the first time not counted."""
        rate, years = self["finance.discount_rate"], self["finance.years"]
        times = np.arange(1, math.ceil(years / every_years)) * every_years
        return np.asarray(cost, float) * float(((1 + rate) ** -times).sum())


def read_sheet(path: str | Path | None = None) -> CostSheet:
    """Read a cost sheet, or the one that comes with lomsong.

    Parameters
    ----------
    path
        TOML of ``[section.item]`` tables with ``value``, ``unit`` and ``source``. Items left out are as in the sheet
        that comes with lomsong.

    Raises
    ------
    SettingsError
        When it cannot be read, or with every fault of its items at once: unknown ones, values that are not numbers or
        negative, items without a source.
    """
    packaged = files("lomsong.siting").joinpath("costs.toml").read_text(encoding="utf-8")
    known = _items(tomllib.loads(packaged))
    usual = tuple(known)
    if path is not None:
        try:
            given = _items(tomllib.loads(Path(path).read_text(encoding="utf-8-sig")))
        except FileNotFoundError:
            raise fault(SettingsError, "costs_missing", file=path) from None
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise fault(SettingsError, "costs_unreadable", file=path, reason=error) from None
        faults = tuple(_faults(given, known))
        if faults:
            raise fault(SettingsError, "costs", file=path, faults=faults)
        usual = tuple(name for name in known if name not in given)
        known |= {name: {"unit": known[name]["unit"]} | item for name, item in given.items()}
    return CostSheet(
        {name: float(item["value"]) for name, item in known.items()},
        {name: str(item["unit"]) for name, item in known.items()},
        {name: str(item["source"]) for name, item in known.items()},
        usual,
    )


def _items(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {
        f"{section}.{name}": item
        for section, items in raw.items()
        for name, item in (items.items() if isinstance(items, dict) else (("", items),))
    }


def _faults(given: Mapping[str, Any], known: Mapping[str, Any]) -> list[Phrase]:
    faults = []
    for name, item in given.items():
        value = item.get("value") if isinstance(item, dict) else None
        least = 1e-9 if name in NEVER_ZERO else 0.0
        fits = isinstance(value, int | float) and not isinstance(value, bool) and least <= value < math.inf
        if name not in known:
            faults.append(Phrase("costs.unknown", {"item": name}))
        elif not fits:
            faults.append(Phrase("costs.value", {"item": name, "value": repr(value)}))
        elif item.get("unit", known[name]["unit"]) != known[name]["unit"]:
            unit = known[name]["unit"]
            faults.append(Phrase("costs.unit", {"item": name, "value": repr(item["unit"]), "unit": repr(unit)}))
        elif name in SHARES and float(item["value"]) > 1:
            faults.append(Phrase("costs.share", {"item": name, "value": repr(value)}))
        elif not (isinstance(item.get("source"), str) and item["source"].strip()):
            faults.append(Phrase("costs.source", {"item": name}))
    return faults


def site_costs(
    candidates: gpd.GeoDataFrame | pd.DataFrame,
    sheet: CostSheet,
    *,
    sectors: int = 3,
    operators: int = 1,
    hops: ArrayLike | None = None,
    fibre_km: ArrayLike | None = None,
    grid_required: bool = False,
) -> pd.DataFrame:
    """Return what each candidate costs as one mast for a number of operators.

    Power comes from the grid by a line as long as ``grid_km``, or from panels and batteries, whichever has the lower
    present value; where the distance to the grid is not known, from panels. A track is built as long as ``road_km``;
    where that is not known, none. Backhaul goes by microwave where the hops are known, by fibre where its length is,
    by the cheaper where both are. An existing structure has power, track and backhaul.

    Parameters
    ----------
    candidates
        Table ``candidates``.
    sheet
        As from :func:`read_sheet`.
    sectors
        Of each operator.
    operators
        Who share the mast: mast, power, road, backhaul and rent are paid once, radio by each.
    hops
        Microwave hops to where the backhaul ends, shape (candidates,); NaN: none in sight.
    fibre_km
        Straight length of a fibre to there, shape (candidates,); NaN: not known.
    grid_required
        Whether panels are ruled out where the distance to the grid is known.

    Returns
    -------
    Frame on the index of ``candidates``, million VND: tower_cost, radio_cost, power_cost, road_cost, backhaul_cost,
    capital (their sum), running (a year), present_value; and power, line_km, backhaul.

    Raises
    ------
    UsageError
        When there are no sectors or no operators.
    DataError
        When hops or lengths are of another shape.
    """
    if sectors < 1 or operators < 1:
        raise fault(UsageError, "costs_count", sectors=sectors, operators=operators)
    stands = candidates["existing_structure"].notna().to_numpy()
    height = candidates["height_m"].to_numpy(float)
    found = pd.DataFrame(index=candidates.index)
    tower = sheet["tower.fixed"] + sheet["tower.per_m"] * height
    found["tower_cost"] = np.where(stands, sheet["tower.existing"], tower)
    found["radio_cost"] = operators * (sheet["radio.fixed"] + sectors * sheet["radio.per_sector"])
    power = _power(candidates, sheet, operators, stands, grid_required)
    found["power_cost"] = power["cost"]
    found["road_cost"] = np.where(stands, 0.0, sheet["road.per_km"] * _known(candidates, "road_km"))
    way = _backhaul(len(candidates), sheet, stands, hops, fibre_km)
    found["backhaul_cost"] = way["cost"]
    found["capital"] = found[list(PARTS)].sum(axis=1)
    found["running"] = power["running"] + way["running"] + sheet["running.site"] + sheet["running.rent"]
    found["present_value"] = found["capital"] + power["later"] + sheet.present(found["running"])
    return found.assign(power=power["kind"], line_km=power["line_km"], backhaul=way["kind"])


def _known(candidates: pd.DataFrame, column: str) -> NDArray[np.float64]:
    return np.nan_to_num(candidates[column].to_numpy(float))


def _power(
    candidates: pd.DataFrame, sheet: CostSheet, operators: int, stands: NDArray[np.bool_], grid_required: bool
) -> dict[str, NDArray[Any]]:
    load_kw = sheet["power.load_kw"] * (1 + sheet["power.more_load"] * (operators - 1))
    energy = load_kw * HOURS_A_YEAR * sheet["power.energy"]
    panels = sheet["power.solar_per_kw"] * load_kw * 24 / sheet["power.sun_hours"]
    battery = sheet["power.battery_per_kwh"] * load_kw * sheet["power.autonomy_h"]
    kept = sheet["power.solar_running"] * (panels + battery)
    later = float(sheet.replaced(battery, sheet["power.battery_years"]))
    solar_value = panels + battery + later + float(sheet.present(kept))
    grid_km = candidates["grid_km"].to_numpy(float)
    line = sheet["power.connection"] + sheet["power.line_per_km"] * grid_km
    on_grid = ~np.isnan(grid_km) & (grid_required | (line + float(sheet.present(energy)) <= solar_value))
    kinds = [stands, on_grid]
    return {
        "kind": np.select(kinds, POWER[:2], default=POWER[2]).astype(object),
        "cost": np.select(kinds, [np.zeros(len(line)), line], default=panels + battery),
        "later": np.select(kinds, [0.0, 0.0], default=later),
        "running": np.select(kinds, [energy, energy], default=kept),
        "line_km": np.where(on_grid & ~stands, grid_km, 0.0),
    }


def _backhaul(
    count: int, sheet: CostSheet, stands: NDArray[np.bool_], hops: ArrayLike | None, fibre_km: ArrayLike | None
) -> dict[str, NDArray[Any]]:
    hop, length = (np.full(count, np.nan) if one is None else np.asarray(one, float) for one in (hops, fibre_km))
    if hop.shape != (count,) or length.shape != (count,):
        raise fault(DataError, "costs_shape", hops=str(hop.shape), fibre=str(length.shape), candidates=count)
    radio, radio_running = sheet["backhaul.microwave_hop"] * hop, sheet["backhaul.microwave_running"] * hop
    length = sheet["backhaul.fibre_detour"] * length
    fibre = sheet["backhaul.fibre_end"] + sheet["backhaul.fibre_per_km"] * length
    fibre_running = sheet["backhaul.fibre_running"] * length
    values = np.stack([radio + sheet.present(radio_running), fibre + sheet.present(fibre_running)])
    values = np.where(np.isnan(values), np.inf, values)
    kinds = [stands, np.isfinite(values[0]) & (values[0] <= values[1]), np.isfinite(values[1])]
    return {
        "kind": np.select(kinds, BACKHAUL[:3], default=BACKHAUL[3]).astype(object),
        "cost": np.select(kinds, [np.full(count, sheet["backhaul.existing"]), radio, fibre], default=0.0),
        "running": np.select(kinds, [np.zeros(count), radio_running, fibre_running], default=0.0),
    }
