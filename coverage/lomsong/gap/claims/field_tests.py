"""Field tests out of samples: what one visit found in one square is one test, however many rows the phone wrote."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS

from lomsong.errors import ColumnError
from lomsong.geo import coordinates, fold_text, require_crs
from lomsong.surface.blocks import PASS_GAP_S
from lomsong.tables import OPERATOR_CODES, operator_within
from lomsong.texts import fault

COLUMNS = ("operator", "technology", "easting_m", "northing_m", "level_dbm", "no_service", "samples", "first", "last")
"""Columns of a frame of tests."""

SQUARE_M = 50.0
"""Side of the squares in which the samples of one visit are one test."""

Thresholds = float | Mapping[str, float]
"""Level from which a place is usable, dBm: one for all, or by technology (a technology left out carries nothing)."""


def field_tests(samples: gpd.GeoDataFrame, crs: CRS, square_m: float = SQUARE_M) -> pd.DataFrame:
    """Gather samples to tests: one an operator, technology, square and visit.

    A visit ends where an operator's samples of the square pause for longer than
    :data:`~lomsong.surface.blocks.PASS_GAP_S`. The level is the median of the visit's samples, those without service
    below all others; it is missing, and the test one of ``no_service``, when the median has none. Samples without a
    place, and those that tell neither a level nor that there was no service, are left out.

    Parameters
    ----------
    samples
        Table ``samples`` in any CRS; operator, rsrp_dbm and service are needed, technology and time used where given.
    crs
        Metric CRS of the squares.
    square_m
        Side of a square.

    Returns
    -------
    Frame with :data:`COLUMNS` in the order of operator, technology, square and time: identifiers as in
    :func:`operator_identifier`, technology "" where unknown, mean position, samples (count), first and last (UTC
    without offset, missing where no time is known).

    Raises
    ------
    ColumnError
        When a column that is needed is missing.
    CrsError
        When the samples do not say in which CRS they are.
    """
    missing = [name for name in ("operator", "rsrp_dbm", "service") if name not in samples]
    if missing:
        raise fault(ColumnError, "claims_samples_columns", missing=", ".join(missing))
    require_crs(samples, "samples")
    if not len(samples):
        return _typed(pd.DataFrame(columns=list(COLUMNS)))
    at = coordinates(samples, crs)
    level = samples["rsrp_dbm"].to_numpy(float)
    silent = (samples["service"] == "no_service").to_numpy()
    said = np.isfinite(at).all(axis=1) & (silent | np.isfinite(level)) & samples["operator"].notna().to_numpy()
    frame = pd.DataFrame(
        {
            "operator": identifiers(samples["operator"]).to_numpy(),
            "technology": _texts(samples, "technology"),
            "easting_m": at[:, 0],
            "northing_m": at[:, 1],
            "level_dbm": np.where(silent, -np.inf, level),
            "time": _times(samples),
        }
    )[said]
    frame["column"], frame["row"] = np.floor(at[said] / square_m).astype(np.int64).T
    keys = ["operator", "technology", "column", "row"]
    frame = frame.sort_values([*keys, "time"], kind="stable")
    new_square = frame[keys].ne(frame[keys].shift()).any(axis=1)
    pause = frame["time"].diff().dt.total_seconds() > PASS_GAP_S
    visit = (new_square | pause).cumsum()
    tests = frame.groupby(visit, sort=True).agg(
        operator=("operator", "first"),
        technology=("technology", "first"),
        easting_m=("easting_m", "mean"),
        northing_m=("northing_m", "mean"),
        samples=("level_dbm", "size"),
        first=("time", "min"),
        last=("time", "max"),
    )
    return _typed(tests.assign(**_medians(frame["level_dbm"], visit)).reset_index(drop=True))


def bins_as_tests(bins: pd.DataFrame, operator: str, technology: str = "") -> pd.DataFrame:
    """Return tests from the squares of a fitted field: one a square, of unknown time.

    Parameters
    ----------
    bins
        Frame ``bins_`` of a :class:`~lomsong.surface.CoverageSurface`, in its CRS.
    operator, technology
        Whose; "" where the technology is unknown.
    """
    return _typed(
        pd.DataFrame(
            {
                "operator": operator_identifier(operator),
                "technology": technology,
                "easting_m": bins["easting_m"].to_numpy(float),
                "northing_m": bins["northing_m"].to_numpy(float),
                "level_dbm": bins["level_dbm"].where(~bins["censored"]).to_numpy(float),
                "no_service": bins["censored"].to_numpy(bool),
                "samples": bins["samples"].to_numpy() if "samples" in bins else 1,
                "first": pd.NaT,
                "last": pd.NaT,
            }
        )
    )


def operator_identifier(name: object) -> str:
    """Return the identifier of an operator from a name or MCC-MNC as people write it.

    Examples
    --------
    >>> operator_identifier("VNPT"), operator_identifier("Viettel Telecom"), operator_identifier("452-01")
    ('vinaphone', 'viettel', 'mobifone')
    """
    folded = fold_text(str(name))
    joined = folded.replace(" ", "")
    if joined in OPERATOR_CODES:
        return OPERATOR_CODES[joined]
    return operator_within(folded) or folded.replace(" ", "_")


def identifiers(names: pd.Series) -> pd.Series:
    """Return the identifier of each name on the same index; missing ones stay missing."""
    known = {name: operator_identifier(name) for name in names.dropna().unique()}
    return names.map(known).astype(object)


def threshold_of(usable_dbm: Thresholds, technology: NDArray[np.object_]) -> NDArray[np.float64]:
    """Return the threshold of each test's technology, shape (n,); NaN where its technology carries nothing.

    A test of unknown technology is held against the least threshold there is.
    """
    if not isinstance(usable_dbm, Mapping):
        return np.full(len(technology), float(usable_dbm))
    of = {**usable_dbm, "": min(usable_dbm.values())}
    return np.array([of.get(one, np.nan) for one in technology], float)


def _medians(level: pd.Series, visit: pd.Series) -> dict[str, NDArray[np.generic]]:
    """Return level and no_service of each visit; of an even number of samples the lower middle one counts half."""
    order = np.lexsort((level.to_numpy(), visit.to_numpy()))
    sorted_level = level.to_numpy()[order]
    size = np.bincount(visit.to_numpy())[1:]
    start = np.concatenate([[0], np.cumsum(size)[:-1]])
    lower, upper = sorted_level[start + (size - 1) // 2], sorted_level[start + size // 2]
    silent = np.isneginf(lower)  # at least half of them
    return {"level_dbm": np.where(silent, np.nan, (lower + upper) / 2), "no_service": silent}


def _texts(samples: pd.DataFrame, name: str) -> NDArray[np.object_]:
    if name not in samples:
        return np.full(len(samples), "", dtype=object)
    column = samples[name].astype(object)
    return np.asarray(column.where(column.notna(), ""), dtype=object)


def _times(samples: pd.DataFrame) -> NDArray[np.datetime64]:
    if "time" not in samples:
        return np.full(len(samples), np.datetime64("NaT", "ns"))
    told = pd.to_datetime(samples["time"], errors="coerce", utc=True)
    return np.asarray(told.dt.tz_localize(None).astype("datetime64[ns]").to_numpy())


def _typed(tests: pd.DataFrame) -> pd.DataFrame:
    kinds = {"easting_m": float, "northing_m": float, "level_dbm": float, "no_service": bool, "samples": np.int64,
             "first": "datetime64[ns]", "last": "datetime64[ns]", "operator": object, "technology": object}  # fmt: skip
    return tests.astype(kinds)[list(COLUMNS)]
