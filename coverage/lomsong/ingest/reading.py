"""What a reader returns: the rows it accepted, the rows it did not, and the account of both."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import pandas as pd

from lomsong.shown import Card, count, say
from lomsong.tables import FLAGS, NEIGHBOURS
from lomsong.texts import one_line


@dataclass(frozen=True)
class Reading:
    """Rows of one or more files.

    Attributes
    ----------
    table
        Accepted rows, in the columns of their table.
    rejects
        Table ``rejects``: one row for each row not accepted.
    rows_read
        Rows met in the files; always ``len(table) + len(rejects)``.
    sources
        One row a file: source_file, table, rows_read, accepted, rejected.
    flags
        Table ``flags``: what was kept, but should be known.
    source_row
        Row of each accepted row as a person counts it in the file; empty where no one asks for it.
    """

    table: gpd.GeoDataFrame
    rejects: pd.DataFrame
    sources: pd.DataFrame
    flags: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=FLAGS.names))
    source_row: tuple[int, ...] = field(default=(), kw_only=True, repr=False)

    @property
    def rows_read(self) -> int:
        """Rows met in all files."""
        return int(self.sources["rows_read"].sum())

    def _repr_html_(self) -> str:
        files = self.sources[["source_file", "rows_read", "accepted", "rejected"]].itertuples(index=False)
        rows = [[str(name), *map(count, counts)] for name, *counts in files]
        checks = self.rejects["check"].value_counts().sort_index().sort_values(ascending=False, kind="stable")
        reasons = "; ".join(f"{check}: {count(number)}" for check, number in checks.items())
        heads = [say(name) for name in ("file", "read", "accepted", "rejected")]
        title = say("reading", table=str(self.sources["table"].iloc[0]) if len(self.sources) else "–")
        facts = [(say("reasons"), reasons)] if reasons else []
        return Card(title, [*facts, (say("flags"), count(len(self.flags)))], heads, rows)._repr_html_()

    @classmethod
    def of(
        cls,
        path: Path | str,
        table_name: str,
        table: gpd.GeoDataFrame,
        rejects: pd.DataFrame,
        rows_read: int,
        flags: pd.DataFrame | None = None,
        source_row: tuple[int, ...] = (),
    ) -> Reading:
        """Close the account of one file: a path is shown by its last part, a text as it is.

        Raises
        ------
        RuntimeError
            When a row was lost: rows read differ from rows accepted and rejected. That is a fault of lomsong.
        """
        if rows_read != len(table) + len(rejects):
            raise RuntimeError(f"{path}: {rows_read} rows read, {len(table)} accepted, {len(rejects)} rejected")
        account = {
            "source_file": one_line(path.name if isinstance(path, Path) else path),
            "table": table_name,
            "rows_read": rows_read,
            "accepted": len(table),
            "rejected": len(rejects),
        }
        flags = pd.DataFrame(columns=FLAGS.names) if flags is None else flags
        return cls(table, rejects, pd.DataFrame([account]), flags, source_row=source_row)


@dataclass(frozen=True)
class Survey(Reading):
    """Samples of one or more survey files, and ``neighbours``: levels of cells that did not serve."""

    neighbours: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=NEIGHBOURS.names))

    @property
    def samples(self) -> gpd.GeoDataFrame:
        """Table ``samples``."""
        return self.table


def join(readings: list[Survey]) -> Survey:
    """Put the readings of several survey files together."""
    return Survey(
        pd.concat([reading.table for reading in readings], ignore_index=True),
        pd.concat([reading.rejects for reading in readings], ignore_index=True),
        pd.concat([reading.sources for reading in readings], ignore_index=True),
        pd.concat([reading.flags for reading in readings], ignore_index=True),
        pd.concat([reading.neighbours for reading in readings], ignore_index=True),
    )
