"""Which gap zones do not tell their counts: those that would give back the few who live beside them."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lomsong.publish.privacy.disclosure import Counts


def withheld_zones(
    homes: pd.DataFrame, hamlets: gpd.GeoDataFrame | None, count: int, below: int = 5
) -> NDArray[np.bool_]:
    """Return which zones keep their learners back, shape (count,).

    A zone of 36 learners, all of one hamlet that is told to have 37, tells that one learner lives outside. So what
    zones, hamlets and communes have in common are counts of one table, whose totals are told, and zones are withheld
    until a reader of the totals learns nothing of a small one; he is taken to know where nobody lives. A commune's
    total is looked at where a hamlet of it is left out, which it could give back, and where hardly any live elsewhere.

    Parameters
    ----------
    homes
        Learners of every home with its ``zone`` (row in the zones, -1 outside all), ``hamlet_id`` and
        ``commune_code``, missing where not known.
    hamlets
        As published, with ``learners``; None: they are not told.
    count
        How many zones there are.
    below
        Smallest count that is shown; 0 withholds nothing.
    """
    keys = ["zone", "hamlet_id", "commune_code"]
    table = homes[homes["learners"] > 0].groupby(keys, dropna=False)["learners"].sum().reset_index()
    zone, learners = table["zone"].to_numpy(), table["learners"].to_numpy(float)
    told = pd.Series(dtype=float) if hamlets is None else hamlets.set_index("hamlet_id")["learners"]
    hidden = table["hamlet_id"].isin(told.index[told.isna()]).to_numpy()
    elsewhere = np.where(zone >= 0, 0.0, learners)
    counts = Counts(below)
    parts = counts.add(learners, known=(0.0, np.inf))
    zones = counts.add(np.bincount(zone[zone >= 0], learners[zone >= 0], count))
    for number, rows in table.groupby("zone").indices.items():
        if number >= 0:
            counts.sum(parts[rows], zones[number])
    for hamlet, rows in table.groupby("hamlet_id").indices.items():
        if hamlet in told.index:
            total = learners[rows].sum()
            known = (below, np.inf) if np.isnan(told[hamlet]) else (total, total)
            counts.sum(parts[rows], counts.add([total], known=known)[0])
    for rows in table.groupby("commune_code").indices.values():
        total, rest = learners[rows].sum(), elsewhere[rows].sum()
        if total >= below and (hidden[rows].any() or 0 < rest < below):
            counts.sum(parts[rows], counts.add([total], fixed=True)[0])
    return counts.withheld()[zones]
