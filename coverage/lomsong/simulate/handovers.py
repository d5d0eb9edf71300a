"""Families of merit and under social policy, and a ledger of devices that a first programme handed over."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from lomsong.simulate.recipe import Recipe
from lomsong.tables import HANDOVERS

_MERIT, _POLICY = 0.03, 0.04
_SERVED = 0.35
"""Share of the poor households lacking a device that the first programme reached."""
_DAYS = pd.date_range("2021-09-06", "2021-09-24", freq="B").strftime("%Y-%m-%d").to_numpy()


def entitled(households: gpd.GeoDataFrame, recipe: Recipe) -> gpd.GeoDataFrame:
    """Add ``entitlement``: a few families have merit, a few more are under social policy."""
    drawn = recipe.rng("entitlement").random(len(households))
    told = np.select([drawn < _MERIT, drawn < _MERIT + _POLICY], ["merit", "policy"], "")
    return households.assign(entitlement=pd.Series(told, index=households.index).replace("", None))


def hand_over(households: gpd.GeoDataFrame, recipe: Recipe) -> pd.DataFrame:
    """Return the table ``handovers`` of a first programme, with the faults that such ledgers have.

    Some of the poor who lack a device were given one. One device in fifty broke and one in a hundred came back; a few
    households got two, and a few rows name a household that nobody knows.
    """
    rng = recipe.rng("handovers")
    poor = households[(households["category"] == "poor") & (households["learners_without_device"] > 0)]
    served = poor["household_id"][rng.random(len(poor)) < _SERVED].to_numpy(object)
    again = served[rng.random(len(served)) < 0.01]
    unknown = np.array([f"H{99_000_000 + number}" for number in range(len(served) // 200)], dtype=object)
    to = np.concatenate([served, again, unknown])
    device = np.array([f"T{number:05d}" for number in range(1, len(to) + 1)], dtype=object)
    given = pd.DataFrame(
        {
            "device_id": device,
            "household_id": to,
            "date": _DAYS[rng.integers(len(_DAYS), size=len(to))],
            "event": "given",
            "kind": "tablet",
            "programme": "SIM",
        }
    )
    fate = rng.random(len(given))
    after = given.assign(event=np.where(fate < 0.02, "broken", "returned"), date="2021-09-28")[fate < 0.03]
    ledger = pd.concat([given, after], ignore_index=True).sort_values(["date", "device_id"], kind="stable")
    return ledger.reset_index(drop=True)[HANDOVERS.names]
