"""What the first rows say of columns whose headings are not enough."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from lomsong.ingest import bands
from lomsong.ingest.surveys.headings import Columns, plain, speed_unit_mps
from lomsong.ingest.surveys.moments import is_no_moment

VAGUE = frozenset({"type", "mode", "cell type", "celltype", "system", "service display", "network", "act"})
"""Headings under which some programs write a technology, and others something else."""

_NOTHING = frozenset({"", "-", "--"})


def settle(columns: Columns, rows: Sequence[Sequence[str]], given: Collection[str] = ()) -> Columns:
    """Return ``columns`` without what their contents refute, and with what only the contents tell.

    Parameters
    ----------
    columns
        As the headings have them.
    rows
        Fields of the first rows.
    given
        Fields that a person assigned: they stay.
    """
    index = dict(columns.index)

    def examples(name: str) -> list[str]:
        at = index.get(name, -1)
        return [fields[at].strip() for fields in rows if 0 <= at < len(fields) and fields[at].strip() not in _NOTHING]

    if "technology" not in given:
        _technology(columns, index, examples("technology"), examples("operator"))
    if "time" not in given:
        _clock(index, examples("time"))
    unit = columns.speed_unit_mps
    if unit is None:
        unit = next((stated for text in examples("speed")[:5] if (stated := speed_unit_mps(text)) is not None), None)
    return replace(columns, index=index, speed_unit_mps=unit)


def _technology(columns: Columns, index: dict[str, int], words: Sequence[str], networks: Sequence[str]) -> None:
    """Take a column for technologies only where it has some; let one of networks be it where it names technologies."""
    if words and columns.says("technology") in VAGUE and not any(map(_is_technology, words)):
        at = index.pop("technology")
        if plain(columns.headings[at]) in ("cell type", "celltype"):
            index.setdefault("serving", at)
    if "technology" not in index and networks and all(map(_is_technology, networks)):
        index["technology"] = index.pop("operator")


def _is_technology(word: str) -> bool:
    return bool(bands.technology_of(word)) or bands.is_silent(word)


def _clock(index: dict[str, int], times: Sequence[str]) -> None:
    """Put a clock without a date beside the column of dates; without one, there is no time."""
    if times and is_no_moment(times):
        at = index.pop("time")
        if "date" in index and ":" in times[0]:
            index.setdefault("clock", at)
