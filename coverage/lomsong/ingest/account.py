"""What reading files brought to light: rows by file, rejects, flags, and faults of whole files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import pandas as pd

from lomsong.errors import LomsongError
from lomsong.ingest.reading import Reading
from lomsong.tables import FLAGS, REJECTS

T = TypeVar("T")


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
        return reading


def stacked(frames: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    """Put frames of the same columns under each other, those without rows left out."""
    filled = [frame for frame in frames if len(frame)]
    return pd.concat(filled, ignore_index=True)[columns] if filled else pd.DataFrame(columns=columns)
