"""What is given to a field besides its points: a number or a yes or no for each, and levels."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import column_or_1d

from lomsong.errors import DataError
from lomsong.radio.limits import Limit
from lomsong.texts import fault

LEVEL = Limit(-200, 0, "dBm")
"""What a threshold or a floor can be: a lost sign would leave every place without signal."""


def vector(values: ArrayLike | None, n: int, name: str) -> NDArray[np.float64]:
    """Return ``n`` finite numbers, shape (n,).

    Raises
    ------
    DataError
        When there are others.
    """
    if values is None:
        raise fault(DataError, "field_no_y", name=name)
    numbers = column_or_1d(values, dtype=float, warn=True)
    _require_length(len(numbers), n, name)
    bad = ~np.isfinite(numbers)
    if bad.any():
        raise fault(DataError, "field_finite", name=name, count=int(bad.sum()), row=int(bad.argmax()))
    return numbers


def mask(values: ArrayLike, n: int, name: str) -> NDArray[np.bool_]:
    """Return ``n`` times yes or no, shape (n,): texts and missing values, which numpy takes for yes, are neither.

    Raises
    ------
    DataError
        When there are others.
    """
    given = pd.Series(np.asarray(values).ravel())
    _require_length(len(given), n, name)
    bad = ~given.isin([False, True])
    if bad.any():
        first = given[bad].tolist()[0]
        raise fault(DataError, "field_mask", name=name, count=int(bad.sum()), row=int(bad.argmax()), value=repr(first))
    return given.to_numpy(bool)


def _require_length(given: int, n: int, name: str) -> None:
    if given != n:
        raise fault(DataError, "field_length", name=name, given=given, points=n)
