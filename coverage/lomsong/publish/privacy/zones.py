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
    cells = homes[homes["learners"] > 0].groupby(["zone", "hamlet_id", "commune_code"], dropna=False)["learners"].sum()
    table = cells.reset_index()
    told = pd.Series(dtype=float) if hamlets is None else hamlets.set_index("hamlet_id")["learners"]
    inside = table["zone"] >= 0
    hidden = table["hamlet_id"].isin(told.index[told.isna()])
    counts = Counts(below)
    parts = counts.add(table["learners"], known=(0.0, np.inf))
    zones = counts.add(np.bincount(table["zone"][inside], table["learners"][inside], count))
    for zone, rows in table[inside].groupby("zone").indices.items():
        counts.sum(parts[inside][rows], zones[zone])
    for hamlet, rows in table.groupby("hamlet_id").indices.items():
        total = table["learners"].to_numpy(float)[rows].sum()
        if hamlet in told.index:
            known = (below, np.inf) if np.isnan(told[hamlet]) else (total, total)
            counts.sum(parts[rows], counts.add([total], known=known)[0])
    elsewhere = table["learners"].where(~inside, 0)
    for rows in table.groupby("commune_code").indices.values():
        total, rest = (column.to_numpy(float)[rows].sum() for column in (table["learners"], elsewhere))
        if total >= below and (hidden.to_numpy()[rows].any() or 0 < rest < below):
            counts.sum(parts[rows], counts.add([total], fixed=True)[0])
    return counts.withheld()[zones]
