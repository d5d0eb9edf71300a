"""The data model: one :class:`TableSpec` a table.

The same specification types what readers return, checks frames at the border and prints the data dictionary, so
that the three cannot drift apart. Units stand in column names; an identifier is a column, never the index.
"""

from __future__ import annotations

from lomsong.tables.account import FLAGS, REJECTS
from lomsong.tables.devices import DEVICE_STATES, DEVICES, HANDOVERS
from lomsong.tables.network import CANDIDATES, CELLS, SITES
from lomsong.tables.results import RANKING, SERVICE
from lomsong.tables.roster import DECLARED, HAMLETS, HOUSEHOLDS, LEARNERS, LEARNERS_ONCE, RECONCILED, SCHOOLS
from lomsong.tables.spec import ColumnSpec, TableSpec, require_columns
from lomsong.tables.survey import EVENTS, NEIGHBOURS, SAMPLES, STATISTICS, THROUGHPUT
from lomsong.tables.territory import COMMUNES, CROSSWALK
from lomsong.tables.words import (
    ENTITLEMENTS,
    LEVEL_LIMITS_DBM,
    OPERATOR_ALIASES,
    OPERATOR_CODES,
    OPERATORS,
    POVERTY,
    STATES,
    operator_within,
)

__all__ = [
    "CANDIDATES",
    "CELLS",
    "COMMUNES",
    "CROSSWALK",
    "DECLARED",
    "DEVICES",
    "DEVICE_STATES",
    "ENTITLEMENTS",
    "EVENTS",
    "FLAGS",
    "HAMLETS",
    "HANDOVERS",
    "HOUSEHOLDS",
    "LEARNERS",
    "LEARNERS_ONCE",
    "LEVEL_LIMITS_DBM",
    "NEIGHBOURS",
    "OPERATORS",
    "OPERATOR_ALIASES",
    "OPERATOR_CODES",
    "POVERTY",
    "RANKING",
    "RECONCILED",
    "REJECTS",
    "SAMPLES",
    "SCHOOLS",
    "SERVICE",
    "SITES",
    "STATES",
    "STATISTICS",
    "TABLES",
    "THROUGHPUT",
    "ColumnSpec",
    "TableSpec",
    "data_dictionary",
    "operator_within",
    "require_columns",
]

TABLES: dict[str, TableSpec] = {
    spec.name: spec
    for spec in (
        SAMPLES,
        NEIGHBOURS,
        EVENTS,
        THROUGHPUT,
        STATISTICS,
        SCHOOLS,
        HOUSEHOLDS,
        HAMLETS,
        LEARNERS,
        LEARNERS_ONCE,
        DECLARED,
        RECONCILED,
        HANDOVERS,
        DEVICES,
        COMMUNES,
        CROSSWALK,
        SITES,
        CELLS,
        CANDIDATES,
        SERVICE,
        RANKING,
        REJECTS,
        FLAGS,
    )
}


def data_dictionary() -> str:
    """Return the data dictionary of all tables as Markdown."""
    parts = ["# Data dictionary", "", "Printed from `lomsong.tables`; change it there.", ""]
    for spec in TABLES.values():
        parts += [f"## {spec.name}: {spec.en} / {spec.vi}", "", "| column | kind | limits | English | Tiếng Việt |"]
        parts.append("|---|---|---|---|---|")
        for column in spec.columns:
            limits = ", ".join(column.choices)
            if column.low is not None or column.high is not None:
                limits = "…".join("" if bound is None else f"{bound:g}" for bound in (column.low, column.high))
            optional = "" if column.required else ", optional"
            parts.append(f"| `{column.name}` | {column.kind}{optional} | {limits} | {column.en} | {column.vi} |")
        if spec.geometry:
            parts.append(f"| `geometry` | {spec.geometry} | | | |")
        parts.append("")
    return "\n".join(parts)
