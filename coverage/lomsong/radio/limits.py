"""Arguments of a formula against the limits it holds in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lomsong.errors import UsageError
from lomsong.texts import Phrase, fault

BEYOND = 1e9
"""What an extrapolated argument may reach: far enough, and no formula here overflows."""


class Limit(NamedTuple):
    """Least and greatest value, both allowed; below ``floor`` the formula is not even defined.

    ``missing`` lets NaN pass, to come out as NaN.
    """

    least: float
    most: float
    unit: str
    floor: float = 1e-9
    missing: bool = False


def within(
    model: str, limits: Mapping[str, Limit], values: Mapping[str, ArrayLike], extrapolate: bool | None = None
) -> list[NDArray[np.float64]]:
    """Return values as arrays of numbers that broadcast, once each of them lies within its limits.

    Parameters
    ----------
    model
        Name of the formula, for the error.
    limits
        By the names of ``values``.
    values
        Arguments, each of any shape.
    extrapolate
        True holds arguments only to what the formula is defined for. None is False where nobody can ask for that.

    Returns
    -------
    The values in their order, each of its own shape.

    Raises
    ------
    UsageError
        When values are no numbers, missing, out of their limits or of shapes that do not fit; all faults at once.
    """
    arrays, faults = [], []
    for name, value in values.items():
        try:
            arrays.append(np.asarray(value, float))
        except (TypeError, ValueError):
            faults.append(Phrase("limit.number", {"name": name, "value": str(value)[:80]}))
            continue
        limit = limits[name]
        least, most = (limit.floor, BEYOND) if extrapolate else (limit.least, limit.most)
        good = (arrays[-1] >= least) & (arrays[-1] <= most)
        bad = arrays[-1][~(good | np.isnan(arrays[-1]))] if limit.missing else arrays[-1][~good]
        if bad.size:
            remedy = Phrase("limit.extrapolate" if extrapolate is False else "limit.correct")
            shown = {"least": f"{least:g}", "most": f"{most:g}", "unit": limit.unit, "first": f"{bad[0]:g}"}
            counts = {"name": name, "count": bad.size, "size": arrays[-1].size, "remedy": remedy}
            faults.append(Phrase("limit.outside", {**shown, **counts}))
    try:
        np.broadcast_shapes(*(array.shape for array in arrays))
    except ValueError:
        faults.append(Phrase("limit.shapes", {"shapes": ", ".join(str(array.shape) for array in arrays)}))
    if faults:
        raise fault(UsageError, "limits", model=model, faults=tuple(faults))
    return arrays
