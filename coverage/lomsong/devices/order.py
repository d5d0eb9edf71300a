"""The order in which households are served: tiers that a lomsong.toml lists, each of alternatives and terms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lomsong.errors import UsageError
from lomsong.tables import ENTITLEMENTS, POVERTY
from lomsong.texts import fault

ANY = "any"
"""Term that every household fits."""

Tier: TypeAlias = tuple[frozenset[str], ...]
"""Alternatives, each a set of terms that must all hold."""


def tiers(order: Sequence[str]) -> tuple[Tier, ...]:
    """Read an order of tiers.

    Parameters
    ----------
    order
        The first served first. A tier is written ``poor+merit | near-poor+merit``: alternatives between bars, each of
        terms joined by plus signs. Terms are the categories poor, near-poor and other, the entitlements merit and
        policy, and any.

    Raises
    ------
    UsageError
        When there is no tier, or a term is none of these.

    Examples
    --------
    >>> [sorted(map(sorted, tier)) for tier in tiers(["poor+merit | near-poor+merit", "poor"])]
    [[['merit', 'near-poor'], ['merit', 'poor']], [['poor']]]
    """
    read = tuple(tuple(frozenset(map(str.strip, part.split("+"))) for part in tier.split("|")) for tier in order)
    known = (*POVERTY, *ENTITLEMENTS, ANY)
    for text, tier in zip(order, read, strict=True):
        for term in sorted(frozenset().union(*tier)):
            if term not in known:
                raise fault(UsageError, "devices_term", tier=text, term=term, known=", ".join(known))
    if not read:
        raise fault(UsageError, "devices_order")
    return read


def tier_of(category: pd.Series, entitlement: pd.Series | None, order: Sequence[Tier]) -> NDArray[np.int64]:
    """Return the first tier that each household fits, counted from 1; 0 where it fits none, shape (n,).

    Parameters
    ----------
    category
        ``poor``, ``near-poor``, ``other`` or missing, shape (n,). Who is in no category fits only ``any``.
    entitlement
        ``merit``, ``policy`` or missing, shape (n,); None: nobody is entitled.
    order
        Of :func:`tiers`.

    Examples
    --------
    >>> tier_of(pd.Series(["near-poor", "poor", "other"]), None, tiers(["poor+merit", "poor", "near-poor"])).tolist()
    [3, 2, 0]
    """
    holds = {name: (category == name).fillna(False).to_numpy(dtype=bool) for name in POVERTY}
    none = np.zeros(len(category), dtype=bool)
    for name in ENTITLEMENTS:
        holds[name] = none if entitlement is None else (entitlement == name).fillna(False).to_numpy(dtype=bool)
    holds[ANY] = ~none
    found = np.zeros(len(category), dtype=np.int64)
    for number, tier in reversed(list(enumerate(order, start=1))):
        fits = np.logical_or.reduce([np.logical_and.reduce([holds[term] for term in part]) for part in tier])
        found[fits] = number
    return found
