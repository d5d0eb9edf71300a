"""Table rows as the page reads them: plain values, rounded, with small counts of people hidden."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from lomsong.publish.map import outline


def plain(value: Any) -> Any:
    """Return a value as JSON knows it: numbers rounded to what is shown, missing as None."""
    if value is None or value is pd.NA or (isinstance(value, float | np.floating) and not np.isfinite(value)):
        return None
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return round(float(value), 4)
    return str(value)


def records(frame: pd.DataFrame, columns: Iterable[str]) -> list[dict[str, Any]]:
    """Return the columns that ``frame`` has, row by row, as plain values."""
    present = [column for column in columns if column in frame]
    values = [[plain(value) for value in frame[column]] for column in present]
    return [dict(zip(present, row, strict=True)) for row in zip(*values, strict=True)] if present else []


def places(frame: gpd.GeoDataFrame, columns: Sequence[str], counts: Sequence[str], below: int) -> list[dict[str, Any]]:
    """Return points of interest, their counts suppressed before; columns that are not named stay behind."""
    at = outline.commune_centres(frame.to_crs(4326))
    told = [name for name in counts if name in frame]
    figures = ({name: count(row, name, below) for name in told} for _, row in frame.iterrows())
    return [
        {**record, **figure, "at": point}
        for record, figure, point in zip(records(frame, columns), figures, at, strict=True)
    ]


def count(row: pd.Series, column: str, below: int) -> Any:
    """Return a count, None where it is missing, or ``{"below": n}`` where it is suppressed."""
    return {"below": below} if row.get(f"{column}_suppressed", False) else plain(row[column])


def hidden(value: Any) -> bool:
    """Return whether a count of :func:`count` is suppressed."""
    return isinstance(value, dict)


def share(value: Any, learners: Any) -> Any:
    """Return the share that the counts give as they are shown, whole learners, as on every other page."""
    if value is None or not learners or hidden(learners):
        return None
    part = value["below"] if hidden(value) else round(value)
    told = round(part / learners, 6)  # finer than any page tells it, so that it is rounded only there
    return {"below": told} if hidden(value) else told
