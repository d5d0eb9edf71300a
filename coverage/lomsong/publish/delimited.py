"""Tables as CSV that Excel opens as they are meant, whole or piece by piece."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from lomsong.publish.atomic import replacing

RUNS = re.compile(r"[\t\r\n]|\s*[=+\-@＝＋－＠](?!\d+([.,]\d+)?$)")
"""Start of a text that a spreadsheet takes for a formula; a signed number is none."""


def _shown(value: float) -> str:
    """Return a number to six digits; a whole part is never rounded nor written with a power of ten."""
    return f"{value:.0f}" if abs(value) >= 1e5 else f"{value:.6g}"


class CsvWriter:
    """Appends tables to one UTF-8 file with the mark by which Excel knows it.

    Parameters
    ----------
    path
        Draft to write.
    optional
        It is made with the first table that has rows, otherwise with the first table.
    """

    def __init__(self, path: Path, optional: bool = False) -> None:
        self._path = path
        self._optional = optional

    def write(self, table: pd.DataFrame) -> None:
        """Append the rows of a table; a text that a spreadsheet would run is quoted."""
        if table.empty and (self._optional or self._path.exists()):
            return
        first = not self._path.exists()
        harmless(table).to_csv(
            self._path, mode="w" if first else "a", header=first, index=False, float_format=_shown,
            lineterminator="\r\n", encoding="utf-8-sig" if first else "utf-8",
        )  # fmt: skip


@contextmanager
def csv_writer(path: Path, optional: bool = False) -> Iterator[CsvWriter]:
    """Write tables to ``path``, which appears whole or not at all; without a row only where it is not ``optional``."""
    with replacing(path, optional=optional) as draft:
        yield CsvWriter(draft, optional)


def write_csv(path: Path, table: pd.DataFrame) -> None:
    """Write one table."""
    with replacing(path) as draft:
        CsvWriter(draft).write(table)


def harmless(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table in which no text runs as a formula in a spreadsheet."""
    safe = table.copy()
    for column in safe.select_dtypes(include=["object", "string", "category"]):
        codes, values = pd.factorize(safe[column].astype(object))
        if any(isinstance(value, str) and RUNS.match(value) for value in values):
            quoted = [f"'{value}" if isinstance(value, str) and RUNS.match(value) else value for value in values]
            safe[column] = pd.Series([None if code < 0 else quoted[code] for code in codes], safe.index, dtype=object)
    return safe
