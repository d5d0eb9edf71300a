"""G-NetTrack and G-NetTrack Pro: logs as the phone writes them, tab-separated or CSV, and the files beside a log.

Beside ``<name>.txt`` the program writes ``<name>_events.txt`` (handovers, calls, tests), ``<name>_datatest.txt``
(throughput and ping) and ``<name>_stats.txt`` (sums). Their rows repeat moments of the log, so they are no samples.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lomsong.ingest.surveys.rows import Rows

LOG = frozenset({"Timestamp", "Longitude", "Latitude", "Operatorname"})
"""Headings of every log."""

LEVELS = frozenset({"Level", "RSRP"})
"""Headings of which every log has one."""


def companion(headings: Sequence[str]) -> str:
    """Return which file beside a log has these headings: events, throughput, statistics, or an empty text."""
    names = {name.strip() for name in headings}
    if names - {""} == {"Event", "Stats"}:
        return "statistics"
    if names >= LOG and "EventDetails" in names and "Operator" not in names:
        return "events"
    if names >= LOG and {"TESTDOWNLINK", "TESTDOWNLINKMAX"} <= names and "Operator" not in names:
        return "throughput"
    return ""


def sniff(headings: Sequence[str]) -> bool:
    """Tell whether headings are those of a log."""
    names = {name.strip() for name in headings}
    return names >= LOG and bool(LEVELS & names) and not companion(headings)


def silent(rows: Rows) -> NDArray[np.bool_]:
    """Tell the rows on which the phone had no network: NO_COVERAGE for a name, or ``--`` for a technology."""
    out = np.zeros(len(rows), dtype=bool)
    for name, stand_in in (("operator", "NO_COVERAGE"), ("technology", "--")):
        if name in rows.words:
            out |= rows.words[name].masked(stand_in.__eq__)
    return out & rows.complete
