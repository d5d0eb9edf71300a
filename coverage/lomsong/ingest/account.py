"""What reading files brought to light: rows by file, rejects, flags, and faults of whole files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import pandas as pd

from lomsong.errors import DataError, LomsongError
from lomsong.ingest.reading import Reading
from lomsong.tables import FLAGS, REJECTS
from lomsong.texts import Phrase, fault

T = TypeVar("T")

NEEDED = frozenset({"samples", "households", "learners", "schools", "hamlets", "handovers"})
"""Tables that cannot be meant where no row of them can be used; of other layers none may lie in the territory."""


@dataclass
class Account:
    """The account of several files.

    Attributes
    ----------
    readings
        What was read, by the key that asked for it.
    notes
        Further tables ``flags``, of what only several files together tell.
    tables
        Further tables, by name, such as what was declared against what is listed.
    sentences
        What else is to be said, in the language of the remedies.
    faults
        Files that cannot be used.
    """

    readings: dict[str, Reading] = field(default_factory=dict)
    notes: list[pd.DataFrame] = field(default_factory=list)
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    sentences: list[str] = field(default_factory=list)
    faults: list[LomsongError] = field(default_factory=list)

    @property
    def sources(self) -> pd.DataFrame:
        """One row a file: source_file, table, rows_read, accepted, rejected."""
        columns = ["source_file", "table", "rows_read", "accepted", "rejected"]
        return stacked([reading.sources for reading in self.readings.values()], columns)

    @property
    def rejects(self) -> pd.DataFrame:
        """Table ``rejects`` of all files."""
        return stacked([reading.rejects for reading in self.readings.values()], REJECTS.names)

    @property
    def flags(self) -> pd.DataFrame:
        """Table ``flags`` of all files."""
        return stacked([*(reading.flags for reading in self.readings.values()), *self.notes], FLAGS.names)

    def attempt(self, read: Callable[[], T]) -> T | None:
        """Return what ``read`` returns; a fault is kept, with those met beside it, and gives None."""
        try:
            return read()
        except LomsongError as error:
            self.faults += [error, *error.others]
            return None

    def keep(self, key: str, read: Callable[[], Reading]) -> Reading | None:
        """Return what ``read`` returns and keep it under ``key``; a fault is kept and gives None."""
        reading = self.attempt(read)
        if reading is not None:
            self.readings[key] = reading
            self.attempt(lambda: require_rows(reading))
        return reading


def require_rows(reading: Reading) -> Reading:
    """Return a reading, unless it is of a table in :data:`NEEDED` and every row of it was rejected.

    Raises
    ------
    DataError
        With the check that most rows failed, the first of them and the remedy.
    """
    sources, rejects = reading.sources, reading.rejects
    if sources["accepted"].sum() or rejects.empty or not set(sources["table"]) <= NEEDED:
        return reading
    check = rejects["check"].value_counts().index[0]
    failed = rejects[rejects["check"] == check]
    first = failed.iloc[0]
    met = ": ".join(str(first[name]) for name in ("column", "value") if first[name])
    raise fault(
        DataError, "all_rejected", file=", ".join(sources["source_file"]), rows=len(rejects), count=len(failed),
        check=check, sheet=Phrase("fault.in_sheet", {"sheet": first["sheet"]}) if first["sheet"] else "",
        row=first["source_row"], met=f", {met}" if met else "",
        limit=Phrase("fault.and_limit", {"limit": first["limit"]}) if first["limit"] else "",
        remedy=str(first["remedy"]).rstrip("."),
    )  # fmt: skip


def stacked(frames: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    """Put frames of the same columns under each other, those without rows left out."""
    filled = [frame for frame in frames if len(frame)]
    return pd.concat(filled, ignore_index=True)[columns] if filled else pd.DataFrame(columns=columns)
