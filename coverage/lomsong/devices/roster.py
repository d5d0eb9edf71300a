"""Households that lack a device: how many learners, in which tier, with signal or not, and what they were given."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd

from lomsong.devices.ledger import balance, of_roster
from lomsong.devices.order import tier_of, tiers
from lomsong.errors import ColumnError, DataError, UsageError
from lomsong.settings import Devices
from lomsong.tables import DEVICES, require_columns
from lomsong.texts import fault

_OF_HOUSEHOLDS = ("commune_code", "hamlet_id", "category", "entitlement")


def device_needs(
    households: gpd.GeoDataFrame,
    at_home: pd.DataFrame,
    handovers: pd.DataFrame | None = None,
    *,
    order: Sequence[str] = Devices.order,
    required_probability: float = 0.5,
) -> pd.DataFrame:
    """Tell of every household that lacks a device, or was given one, where it stands.

    One device a household, and none where one was given. None goes where there is no signal: a household is entitled
    where some operator's signal is usable, with at least the probability required; otherwise it waits for a tower, or,
    where nobody measured, for a survey. Learners whose home no roster has must be named first.

    Parameters
    ----------
    households
        Table of that name with ``learners_without_device``; a household of which it is not known is left out.
        ``category`` and ``entitlement`` in the words that readers bring them to (poor, near-poor, other; merit,
        policy): another fits no tier but any.
    at_home
        ``state``, ``p_usable`` and ``best_operator`` of any operator at each household, on the index of
        ``households``, as :func:`lomsong.gap.over_operators` returns them.
    handovers
        Table of that name, or None. Codes of households may differ by spaces, capitals and zeros in front.
    order
        Tiers, the first served first, as :func:`~lomsong.devices.order.tiers` reads them.
    required_probability
        Least probability of usable signal, from 0 to 1.

    Returns
    -------
    Table ``devices`` in the order of ``households``, ``turn`` empty, ``status`` one of ``waiting``, ``no_signal``,
    ``unmeasured``, ``unnamed``, ``served`` and ``no_tier``, the first that holds in the order ``served``, ``unnamed``,
    ``no_tier``, ``unmeasured``, ``no_signal``.

    Raises
    ------
    ColumnError
        When nothing says who lacks a device, or another column is missing.
    DataError
        When ``at_home`` has other rows.
    UsageError
        When the order or the probability cannot be meant.
    """
    if "learners_without_device" not in households:
        raise fault(ColumnError, "devices_column", found=", ".join(map(str, households.columns)))
    require_columns(households, "households", ("household_id",))
    require_columns(at_home, "at_home", ("state", "p_usable", "best_operator"))
    at_home = _on_rows_of(households, at_home)
    if not 0 <= required_probability <= 1:
        raise fault(UsageError, "devices_probability", value=required_probability)
    lacking = households["learners_without_device"].fillna(0).astype("int64").to_numpy()
    given = np.zeros(len(households), dtype=np.int64)
    if handovers is not None and len(handovers):
        held = balance(of_roster(handovers, households))["given"]
        given = households["household_id"].map(held).fillna(0).astype("int64").to_numpy()
    none = pd.Series(None, index=households.index, dtype=object)
    told = {name: households.get(name, none) for name in _OF_HOUSEHOLDS}
    tier = tier_of(told["category"], told["entitlement"], tiers(order))
    p_usable = at_home["p_usable"].to_numpy(float)
    state = at_home["state"].astype(str).to_numpy()
    unnamed = np.zeros(len(households), dtype=bool)
    if "learners_source" in households:
        unnamed = households["learners_source"].isin(["hamlet", "commune"]).to_numpy()
    signal = (state == "usable") & (p_usable >= required_probability)
    status = np.select(
        [given > 0, unnamed, tier == 0, signal, state == "unsurveyed"],
        ["served", "unnamed", "no_tier", "waiting", "unmeasured"],
        "no_signal",
    )
    table = pd.DataFrame(
        {
            **told,
            "household_id": households["household_id"],
            "turn": pd.Series(pd.NA, index=households.index, dtype="Int64"),
            "status": status,
            "tier": tier,
            "lacking": lacking,
            "given": given,
            "p_usable": p_usable,
            "best_operator": at_home["best_operator"].astype(object).to_numpy(),
        },
        index=households.index,
    )
    return table[(lacking > 0) | (given > 0)].reset_index(drop=True)[DEVICES.names]


def _on_rows_of(households: gpd.GeoDataFrame, at_home: pd.DataFrame) -> pd.DataFrame:
    """Return the signal in the order of the households."""
    if len(at_home) != len(households):
        raise fault(DataError, "devices_rows", households=len(households), at_home=len(at_home))
    if at_home.index.equals(households.index):
        return at_home
    if not (at_home.index.is_unique and households.index.is_unique and households.index.isin(at_home.index).all()):
        raise fault(DataError, "devices_index")
    return at_home.reindex(households.index)
