"""Everything lomsong raises on purpose.

::

    LomsongError
    ├── DataError(ValueError)                 what a file or a table holds cannot be used; exit code 1
    │   ├── MissingFileError(FileNotFoundError)
    │   ├── FormatError                       nobody here reads that kind of file
    │   ├── ColumnError                       a column is missing or of the wrong kind
    │   └── CrsError                          coordinates without, or in the wrong, reference system
    ├── WriteError(OSError)                   a result cannot be written where it is to stand; exit code 1
    └── UsageError(ValueError)                what the person asked for cannot be meant; exit code 2
        └── SettingsError                     lomsong.toml

Each message is one line: what is wrong, where, the value, the limit and the remedy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class LomsongError(Exception):
    """Root of all errors that lomsong raises on purpose.

    ``key`` and ``values`` are those of its sentence in :mod:`lomsong.texts`, where it has one there, so that it can be
    told in either language. ``others`` are faults met beside it, such as those of further files.
    """

    exit_code = 1
    key: str = ""
    values: Mapping[str, object] = {}
    others: Sequence[LomsongError] = ()


class DataError(LomsongError, ValueError):
    """A file or a table holds something that cannot be used."""


class MissingFileError(DataError, FileNotFoundError):
    """A named file is not there."""


class FormatError(DataError):
    """A file is of a kind that no reader here knows."""


class ColumnError(DataError):
    """A table lacks a column, or a column holds the wrong kind of value."""


class CrsError(DataError):
    """A layer has no coordinate reference system, or one that cannot be right."""


class WriteError(LomsongError, OSError):
    """A file or a folder of results cannot be written: no room, no right, or another program holds it."""


class UsageError(LomsongError, ValueError):
    """A request that cannot be meant as it stands."""

    exit_code = 2


class SettingsError(UsageError):
    """lomsong.toml holds an unknown key or a value out of its limits."""
