"""CellMapper: CSV without headings, one measurement a line."""

from __future__ import annotations

import re
from collections.abc import Sequence

HEADINGS = (
    "latitude", "longitude", "altitude", "MCC", "MNC", "LAC", "CID", "signal", "type", "subtype", "ARFCN", "PSC",
)  # fmt: skip
"""Columns in the order of the program's own description of its CSV."""

_LINE = re.compile(
    r"^-?\d+\.\d+,-?\d+\.\d+,-?[\d.]*,\d{3},\d{1,3},\d+,\d+,-?\d+,(GSM|UMTS|CDMA|LTE|NR)\b[^,]*,[^,]*,\d*,\d*"
)


def sniff(lines: Sequence[str]) -> bool:
    """Tell whether the first lines are measurements in the order of :data:`HEADINGS`."""
    filled = [line for line in lines[:20] if line.strip()]
    return bool(filled) and all(_LINE.match(line.strip()) for line in filled)
