"""Who gets the next devices: tier by tier, every commune its share, and a lot that everybody can draw again."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

_WHOLE = float(2**64)


def lot(*words: object) -> int:
    """Return the lot of a text: the first 16 hexadecimal digits of the SHA-256 of ``word:word:…`` in UTF-8.

    Examples
    --------
    >>> f"{lot(2021, 'H2599300001'):016x}"
    '77484b7f1283c2d6'
    """
    digest = hashlib.sha256(":".join(map(str, words)).encode()).digest()
    return int.from_bytes(digest[:8], "big")


def turns(tier: NDArray[np.int64], commune: ArrayLike, household_id: ArrayLike, word: str) -> NDArray[np.int64]:
    """Return the turn of each household, from 1; 0 where the tier is 0, shape (n,).

    Tiers come one after the other. Within a tier each commune orders its households by lot, and the communes take
    turns so that at any time each has had its share but for a part of one household: household k of the n in a commune
    stands at (k - u) / n, where u is drawn once a commune and tier between 0 and 1. No number of devices enters, so
    that the list stands before one is bought, and goes on when more come.

    Parameters
    ----------
    tier
        Of each household, 0 for those who get none, shape (n,).
    commune, household_id
        Codes, shape (n,); each household once.
    word
        Public word of the lots, such as a prize of the lottery drawn after the lists were closed: who could choose it,
        or a code after it was known, could choose who comes first.

    References
    ----------
    Madow, W. G. (1949): On the theory of systematic sampling, II. Annals of Mathematical Statistics 20, 333-354: with
    one random start a part gets its share, rounded up or down.
    """
    code, households = np.asarray(commune, dtype=object).astype(str), np.asarray(household_id, dtype=object)
    found = np.zeros(len(tier), dtype=np.int64)
    taken = np.flatnonzero(tier > 0)
    table = pd.DataFrame({"tier": tier[taken], "commune": code[taken], "row": taken})
    table["lot"] = [lot(word, household) for household in households[taken]]
    table = table.sort_values(["tier", "commune", "lot"], kind="stable", ignore_index=True)
    groups = table.groupby(["tier", "commune"], sort=False)
    start = {key: lot(word, *key) / _WHOLE for key in groups.groups}
    of_group = np.array([start[key] for key in zip(table["tier"], table["commune"], strict=True)], dtype=float)
    place = (groups.cumcount().to_numpy() + 1 - of_group) / groups["row"].transform("size").to_numpy()
    order = table.assign(place=place).sort_values(["tier", "place", "lot"], kind="stable")["row"].to_numpy()
    found[order] = np.arange(1, len(order) + 1)
    return found


def allocate(needs: pd.DataFrame, count: int, word: str) -> pd.DataFrame:
    """Give every entitled household its turn, and the first ``count`` of them a device.

    Who was given one keeps the place in the order, so that a commune that had its share does not begin anew.

    Parameters
    ----------
    needs
        Of :func:`~lomsong.devices.roster.device_needs`, or of this function for another count; it is not changed.
    count
        Devices to hand out.
    word
        As in :func:`turns`.

    Returns
    -------
    The same table, those with a turn first and in its order; of ``waiting`` the first ``count`` are ``next``.
    """
    entitled = needs["status"].isin(["waiting", "next"]).to_numpy()
    tier = np.where(entitled | (needs["status"] == "served"), needs["tier"].to_numpy(np.int64), 0)
    place = turns(tier, needs["commune_code"].fillna(""), needs["household_id"], word)
    order = np.argsort(np.where(entitled, place, len(needs) + 1), kind="stable")[: entitled.sum()]
    turn = np.zeros(len(needs), dtype=np.int64)
    turn[order] = np.arange(1, len(order) + 1)
    status = needs["status"].to_numpy(object).copy()
    status[entitled] = np.where(turn[entitled] <= count, "next", "waiting")
    numbered = pd.Series(turn, index=needs.index, dtype="Int64").mask(turn == 0)
    table = needs.assign(turn=numbered, status=status)
    return table.sort_values("turn", kind="stable", na_position="last", ignore_index=True)
