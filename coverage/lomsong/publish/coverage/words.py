"""Numbers and classes as people read them."""

from __future__ import annotations

import itertools
import math

from lomsong.publish.map.palette import Classes
from lomsong.shown import dbm
from lomsong.texts import text

_GROUPED_FROM = 10_000
_TO_VIETNAMESE = str.maketrans({",": ".", ".": ","})


def number(value: float, digits: int, language: str) -> str:
    """Return a number with its thousands grouped and ``digits`` decimals, in the marks of the language.

    Four digits stay together: 1800 MHz as 1.800 would be read as another frequency. A missing number is an en dash.

    Examples
    --------
    >>> number(-12345.6, 1, "vi"), number(-12345.6, 1, "en"), number(1800, 0, "vi")
    ('−12.345,6', '−12,345.6', '1800')
    """
    if not math.isfinite(value):
        return "–"
    grouping = "," if abs(value) >= _GROUPED_FROM else ""
    shown = f"{round(value, digits) + 0.0:{grouping}.{digits}f}".replace("-", "−")
    return shown.translate(_TO_VIETNAMESE) if language == "vi" else shown


def class_names(classes: Classes, language: str) -> list[str]:
    """Return the name of each class, from the lowest."""
    limits = [dbm(limit, language) for limit in classes.breaks]
    between = [text("map.between", language, low=low, high=high) for low, high in itertools.pairwise(limits)]
    return [text("map.under", language, value=limits[0]), *between, text("map.from", language, value=limits[-1])]
