"""Counts of people as they may be published: small ones left out, and what would give them back."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from lomsong.publish.privacy.disclosure import Counts


def suppress(frame: pd.DataFrame, columns: Sequence[str], below: int = 5) -> pd.DataFrame:
    """Hide counts of people that lie above zero and under ``below``.

    A hidden count becomes NaN and is told apart from a missing one by a Boolean column ``<column>_suppressed``.
    Zero stays zero. An expected (fractional) count is treated like any other, on its value before rounding. Totals
    are not protected here: see :func:`withheld_parts`.

    Parameters
    ----------
    frame
        Any table; it is not changed. What is hidden in it already stays hidden, and told as such.
    columns
        Numeric columns that hold counts of people. Those that ``frame`` lacks are passed over.
    below
        Smallest count that may be shown; 0 suppresses nothing.

    Returns
    -------
    A new frame on the same index, the counts as floats.

    Examples
    --------
    >>> suppress(pd.DataFrame({"learners": [0, 3, 5]}), ["learners"])["learners"].tolist()
    [0.0, nan, 5.0]
    """
    published = frame.copy()
    for column in columns:
        if column in frame:
            counts = frame[column].astype(float)
            hidden = (counts > 0) & (counts < below)
            published[column] = counts.mask(hidden)
            already = frame.get(f"{column}_suppressed", False)
            published[f"{column}_suppressed"] = hidden | already
    return published


def withheld_parts(values: ArrayLike, groups: ArrayLike, below: float = 5) -> NDArray[np.bool_]:
    """Return which parts go with the small ones, where the total of each group is told elsewhere.

    Parameters
    ----------
    values
        Counts, shape (n,); one that is missing is taken as not known to anybody.
    groups
        What the parts belong to, shape (n,). A total that is small is not told, and gives nothing back.
    below
        Smallest count that is shown; 0 withholds nothing.
    """
    told = np.asarray(values, dtype=float)
    counts = Counts(below)
    parts = counts.add(np.nan_to_num(told))
    for rows in pd.Series(parts).groupby(np.asarray(groups), sort=True):
        members = rows[1].to_numpy()
        total = np.nansum(told[members])
        if total >= below and np.isfinite(told[members]).all():
            counts.sum(parts[members], counts.add([total], fixed=True)[0])
    return counts.withheld()[parts]


def withheld_beside_rounded(values: ArrayLike, below: float = 5) -> NDArray[np.bool_]:
    """Return which parts go with the small ones, where their total is told as :func:`round_total` gives it.

    Parameters
    ----------
    values
        Counts, shape (n,).
    below
        Smallest count that is shown; 0 withholds nothing.
    """
    told = np.nan_to_num(np.asarray(values, dtype=float))
    total, known = told.sum(), rounded_interval(float(told.sum()))
    if min(total - known[0], known[1] - total) >= below:
        return np.zeros(len(told), dtype=bool)
    counts = Counts(below)
    parts = counts.add(told)
    counts.sum(parts, counts.add([total], known=known)[0])
    return counts.withheld()[parts]


def round_total(count: float, *, up: bool = False) -> int:
    """Round a total to three significant figures, never finer than tens: its parts do not give back a hidden one.

    A bound is rounded ``up``, so that it stays one.

    Examples
    --------
    >>> round_total(64_183.7), round_total(64_121.7, up=True)
    (64200, 64200)
    """
    if count < 1:
        return 0
    power = 10 ** max(int(np.floor(np.log10(count))) - 2, 1)
    return (math.ceil if up else round)(count / power) * power


def rounded_interval(count: float) -> tuple[float, float]:
    """Return the lowest and the highest total that :func:`round_total` tells as it tells ``count``.

    Examples
    --------
    >>> rounded_interval(64_183.7)
    (64150.0, 64250.0)
    """
    told = round_total(count)
    if not told:
        return 0.0, 5.0 if count >= 1 else 1.0
    below, above = (10 ** max(int(np.floor(np.log10(near))) - 2, 1) / 2 for near in (told - 1, told))
    return told - below, told + above
