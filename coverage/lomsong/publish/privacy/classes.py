"""Totals of classes of hamlets, told beside the hamlets themselves and the totals of their communes."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lomsong.publish.privacy.disclosure import Counts

Floats = NDArray[np.float64]

_NOTHING = 1e-6

_TOGETHER = 50
"""Communes with hidden hamlets of two classes that are looked at together: time then grows with their number alone."""


def told_beside_hamlets(totals: pd.Series, hamlets: pd.DataFrame, below: float) -> tuple[pd.Series, pd.Series]:
    """Return totals of classes as they may be told beside hamlets, and which are rounded down.

    Of a commune with 3 learners in a hamlet without grid power and 9 in one with it both are left out, and the total of
    the hamlets without power less all those told gives the 3. So the classes are rounded down to tens, twenties,
    thirties, fifties and so on, all alike, until a reader of hamlets, communes and classes knows no more of a small
    count than without the classes. A commune whose hidden hamlets are of one class tells their sum itself: it adds
    nothing.

    Parameters
    ----------
    totals
        By class.
    hamlets
        ``count``, ``class``, ``commune_code``, and ``hidden``: left out, for being small or for protecting another.
    below
        Smallest count that is shown.

    Returns
    -------
    Both on the index of ``totals``; a total that is smaller than what it would be rounded to is missing.
    """
    open_ = hamlets[hamlets["hidden"]]
    mixed = open_.groupby("commune_code")["class"].transform("nunique") > 1
    open_, exact = open_[mixed.to_numpy()], totals.to_numpy(dtype=float)
    low, known = exact, np.column_stack([exact, exact])
    few = [open_[open_["commune_code"].isin(codes)] for codes in _in_parts(open_["commune_code"].unique())]
    free = [_reader(part, totals, np.column_stack([0 * exact, np.full(len(exact), np.inf)]), below) for part in few]
    for step in (times * 10.0**power for power in itertools.count(1) for times in (1, 2, 3, 5)):
        if low.max(initial=0) == 0 or all(
            _as_wide(_reader(part, totals, known, below), own, below) for part, own in zip(few, free, strict=True)
        ):
            break
        low = np.floor(exact / step) * step
        known = np.column_stack([low, np.where(exact > 0, low + step, 0.0)])
        known[(low < max(below, step)) & (exact >= below)] = [0.0, np.inf]
        known[(exact > 0) & (exact < below)] = [0.0, below]
    shown = np.isfinite(known[:, 1]) & ((exact >= below) | (exact == 0))
    told = pd.Series(np.where(shown, low, np.nan), totals.index)
    return told, told.notna() & (known[:, 1] > known[:, 0])


def _in_parts(communes: NDArray[np.object_]) -> list[NDArray[np.object_]]:
    """Return the communes a few at a time: who is taken to know all others knows no less than a reader does."""
    return np.array_split(communes, -(-len(communes) // _TOGETHER)) if len(communes) else []


def _as_wide(found: Floats, free: Floats, below: float) -> bool:
    """Tell whether small counts can still be all that they could be, from 1 to the last small number."""
    low, high = np.maximum(free[:, 0], min(below, 1)), np.minimum(free[:, 1], below - 1)
    return bool((found[:, 0] <= low + _NOTHING).all() and (found[:, 1] >= high - _NOTHING).all())


def _reader(hidden: pd.DataFrame, totals: pd.Series, known: Floats, below: float) -> Floats:
    """Return the least and the greatest that a small one of the hidden hamlets can be, shape (small ones, 2)."""
    counts = Counts(below)
    cells = counts.add(hidden["count"], known=(below, np.inf))
    for rows in hidden.groupby("commune_code").indices.values():
        total = hidden["count"].to_numpy(dtype=float)[rows].sum()
        counts.sum(cells[rows], counts.add([total], fixed=True, harmless=True)[0])
    held = hidden.groupby("class")["count"].sum().reindex(totals.index).fillna(0.0).to_numpy(dtype=float)
    elsewhere = (totals.to_numpy(dtype=float) - held)[:, None]
    classes = counts.add(held, known=tuple((known - elsewhere).T), harmless=True)
    for name, rows in hidden.groupby("class").indices.items():
        counts.sum(cells[rows], classes[totals.index.get_loc(name)])
    counts.sum(classes, counts.add([held.sum()], fixed=True, harmless=True)[0])
    ends = np.column_stack(counts.reader(np.zeros(len(counts.small), dtype=bool)))
    return ends[counts.small]
