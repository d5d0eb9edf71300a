"""Samples to bins: many readings of one stretch of road become one value with a weight; and land to folds.

Two steps. A *reading* is what one pass made of one square in one cell, or in one band and technology where cells are
not known; passes stay apart, so that one can be held out.
A *bin* is a square: the mean over its passes, weighed by what they tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS

from lomsong.geo import coordinates

PASS_GAP_S = 1_800.0
"""A recording that pauses longer starts a new pass."""

WINSOR_SD, WINSOR_LEAST_DB = 3.0, 9.0
"""A sample farther from the median of its reading than so many robust standard deviations, and at least so many dB,
counts as one at that distance."""

MIN_SHARED = 30
"""Squares in common below which nothing is said about passes or devices."""

LIKE_PASS = 0.6
"""Correlation of samples of one pass in one square where no square was passed twice: between passes the published
drive tests show 4-5 dB, within one 3-4 dB."""

FAR_ABOVE_FLOOR_DB = 12.0
"""Where the samples heard in a square lie at least so far above the floor, its silent ones are no matter of level (a
phone that looks for another network, or a call that moves to 2G): they are left out."""

DEVICE_SD_DB = 3.0
"""Prior standard deviation of a device's offset: phones of one model and place differ by about so much."""


@dataclass(frozen=True)
class Repeat:
    """How far readings of one square differ.

    Attributes
    ----------
    within_db2
        Variance of samples of one pass in one square, dB².
    between_db2
        Variance between passes over one square, dB².
    squares
        Squares passed more than once, from which it was estimated; 0: nothing was, the defaults stand.
    """

    within_db2: float
    between_db2: float
    squares: int

    def effective(self, samples: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how many independent samples a reading of ``samples`` is worth (Kish 1965, design effect)."""
        alike = self.between_db2 / max(self.between_db2 + self.within_db2, 1e-9)
        return np.asarray(samples / (1 + (samples - 1) * alike))


def readings_of(
    samples: gpd.GeoDataFrame, crs: CRS, block_m: float, floor_dbm: float | NDArray[np.float64]
) -> pd.DataFrame:
    """Gather samples of one operator by square, pass, cell, device, technology and band.

    A pass is one recording (source file and device), cut where it pauses longer than :data:`PASS_GAP_S`. The level is
    the mean of the samples in dB, outliers held to the median; a sample that found no service or lies below the floor
    counts as one at the floor, but for those that :data:`FAR_ABOVE_FLOOR_DB` sets aside. Samples without a place or a
    finite level are left out.

    Parameters
    ----------
    samples
        Table ``samples``; columns beyond rsrp_dbm, service and geometry may be missing.
    crs
        Metric CRS of the squares.
    block_m
        Side of a square.
    floor_dbm
        Level below which a phone finds no service, of all samples or of each, shape (n,).

    Returns
    -------
    Frame with one row a reading in the order of the squares: square, pass_id, cell_id, device, technology, band (each a
    number, -1 for unknown), easting_m, northing_m (mean of its samples), level_dbm, within_db2 (variance of its
    samples; NaN for one), samples (count), hidden (share of them below the floor), floor_dbm.
    """
    at = coordinates(samples, crs)
    floor = np.broadcast_to(np.asarray(floor_dbm, float), len(samples))
    level = samples["rsrp_dbm"].to_numpy(float)
    hidden = (samples["service"] == "no_service").to_numpy() | (level < floor)
    # Sums over groups would take a missing number for 0: a level of 0 dBm, a place far out at sea.
    said = np.isfinite(at).all(axis=1) & np.isfinite(np.where(hidden, floor, level))
    column, row = np.floor(np.where(said[:, None], at, 0.0) / block_m).astype(np.int64).T
    frame = pd.DataFrame(
        {
            "square": _squares(column, row, said),
            "pass_id": _passes(samples),
            "cell_id": _codes(samples, "cell_id"),
            "device": _codes(samples, "device"),
            "technology": _codes(samples, "technology"),
            "band": _codes(samples, "band_mhz"),
            "easting_m": at[:, 0],
            "northing_m": at[:, 1],
            "level_dbm": np.where(hidden, floor, level),
            "hidden": hidden,
            "floor_dbm": floor,
        }
    )[said]
    heard = frame["level_dbm"].where(~frame["hidden"]).groupby(frame["square"]).transform("median")
    frame = frame[~(frame["hidden"] & (heard >= frame["floor_dbm"] + FAR_ABOVE_FLOOR_DB))]
    keys = ["square", "pass_id", "cell_id", "device", "technology", "band"]
    frame["level_dbm"] = _winsorised(frame["level_dbm"], frame.groupby(keys, sort=False).ngroup())
    readings = frame.groupby(keys, sort=True).agg(
        easting_m=("easting_m", "mean"),
        northing_m=("northing_m", "mean"),
        level_dbm=("level_dbm", "mean"),
        within_db2=("level_dbm", "var"),
        samples=("level_dbm", "size"),
        hidden=("hidden", "mean"),
        floor_dbm=("floor_dbm", "max"),
    )
    return readings.reset_index()


def _squares(column: NDArray[np.int64], row: NDArray[np.int64], said: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Number the squares that hold a sample in their order; -1 where one says nothing."""
    number = np.full(len(said), -1)
    number[said] = pd.MultiIndex.from_arrays([column[said], row[said]]).factorize(sort=True)[0]
    return number


def _passes(samples: pd.DataFrame) -> NDArray[np.int64]:
    """Number the passes in the order of their recordings."""
    known = [name for name in ("source_file", "device") if name in samples]
    named = samples[known].reset_index(drop=True)  # its labels may bear the name of a column
    recording = named.groupby(known, dropna=False, sort=True).ngroup().to_numpy() if known else np.zeros(len(samples))
    frame = pd.DataFrame({"recording": recording.astype(np.int64), "time": pd.NaT, "order": np.arange(len(samples))})
    if "time" in samples:
        frame["time"] = pd.to_datetime(samples["time"], errors="coerce", utc=True).to_numpy()
    frame = frame.sort_values(["recording", "time", "order"])
    pause = frame["time"].diff().dt.total_seconds() > PASS_GAP_S
    starts = (frame["recording"].diff() != 0) | pause
    return np.asarray(starts.cumsum().sort_index().to_numpy() - 1, np.int64)


def _codes(samples: pd.DataFrame, name: str) -> NDArray[np.int64]:
    """Number the values of a column in their order; -1 where one is missing."""
    if name not in samples:
        return np.full(len(samples), -1)
    return np.asarray(pd.factorize(samples[name].astype(object), sort=True)[0], np.int64)


def _winsorised(level: pd.Series, group: pd.Series) -> pd.Series:
    median = level.groupby(group).transform("median")
    spread = 1.4826 * (level - median).abs().groupby(group).transform("median")
    limit = np.maximum(WINSOR_SD * spread, WINSOR_LEAST_DB)
    return level.clip(median - limit, median + limit)


def repeatability(readings: pd.DataFrame) -> Repeat:
    """Estimate how samples of one pass, and passes over one square, differ, from readings with a level.

    The moments of an analysis of variance in one direction with unequal numbers (Searle, Casella and McCulloch 1992,
    section 3.6): the variance of the passes' means in a square expects between + within·mean(1/n).
    """
    seen = readings[readings["hidden"] < 0.5]
    several = seen[seen["samples"] > 1]
    freedom = several["samples"].to_numpy(float) - 1
    within = float(np.average(several["within_db2"], weights=freedom)) if freedom.sum() >= MIN_SHARED else np.nan
    passes = by_pass(seen)
    of_square = passes.groupby("square")["level_dbm"]
    spread, visits = of_square.var(), of_square.size()
    share = (1 / passes["samples"]).groupby(passes["square"]).mean()
    repeated = visits > 1
    if int(repeated.sum()) < MIN_SHARED or not np.isfinite(within):
        within = within if np.isfinite(within) else 1.0
        return Repeat(within, within * LIKE_PASS / (1 - LIKE_PASS), 0)
    excess = spread[repeated] - within * share[repeated]
    between = max(float(np.average(excess, weights=visits[repeated] - 1)), 0.0)
    return Repeat(within, between, int(repeated.sum()))


def by_pass(readings: pd.DataFrame) -> pd.DataFrame:
    """Bring the cells of one pass in one square together."""
    weighed = readings[["square", "pass_id", "samples"]].copy()
    for name in ("easting_m", "northing_m", "level_dbm", "hidden"):
        weighed[name] = readings[name] * readings["samples"]
    weighed["floor_dbm"] = readings["floor_dbm"]
    how = dict.fromkeys(["samples", "easting_m", "northing_m", "level_dbm", "hidden"], "sum") | {"floor_dbm": "max"}
    passes = weighed.groupby(["square", "pass_id"], sort=True).agg(how)
    for name in ("easting_m", "northing_m", "level_dbm", "hidden"):
        passes[name] /= passes["samples"]
    return passes.reset_index()


def device_offsets(readings: pd.DataFrame, repeat: Repeat) -> pd.Series:
    """Estimate how much each device (and the vehicle it rides in) reads above the others, dB.

    Squares that several devices measured tell them apart: least squares over a level for each square and an offset
    for each device, the offsets drawn to 0 by :data:`DEVICE_SD_DB` (Robinson 1991, best linear unbiased prediction of
    random effects). A device with fewer than :data:`MIN_SHARED` squares in common with others keeps 0.

    Parameters
    ----------
    readings
        As :func:`readings_of` returns them.
    repeat
        Variances of samples and passes.

    Returns
    -------
    Offset by number of the device, dB, to be taken from its levels.
    """
    seen = readings[(readings["hidden"] == 0) & (readings["device"] >= 0)]
    several = seen.groupby("square")["device"].transform("nunique") > 1
    seen = seen[several]
    squares_of = seen.groupby("device")["square"].nunique()
    known = squares_of.index[squares_of >= MIN_SHARED]
    offsets = pd.Series(0.0, index=pd.Index(np.sort(readings["device"].unique()), name="device"))
    seen = seen[seen["device"].isin(known)]
    if len(known) < 2 or not len(seen):
        return offsets
    precision = 1 / (repeat.between_db2 + repeat.within_db2 / seen["samples"].to_numpy(float))
    device = pd.Index(known).get_indexer(pd.Index(seen["device"]))
    square = pd.factorize(seen["square"])[0]
    # The level of each square is profiled out: what is left are the differences between its devices.
    total = np.bincount(square, precision)
    shares = np.zeros((len(total), len(known)))
    np.add.at(shares, (square, device), precision)
    centre = np.bincount(square, precision * seen["level_dbm"].to_numpy()) / total
    normal = np.diag(shares.sum(axis=0)) - shares.T @ (shares / total[:, None])
    right = np.bincount(device, precision * (seen["level_dbm"].to_numpy() - centre[square]), len(known))
    offsets[known] = np.linalg.solve(normal + np.eye(len(known)) / DEVICE_SD_DB**2, right)
    return offsets


def without_offsets(readings: pd.DataFrame, offsets: pd.Series) -> pd.DataFrame:
    """Return the readings with the offsets of their devices taken off, from level and floor alike."""
    off = readings["device"].map(offsets).to_numpy()
    return readings.assign(level_dbm=readings["level_dbm"] - off, floor_dbm=readings["floor_dbm"] - off)


def bins_of(readings: pd.DataFrame, repeat: Repeat) -> pd.DataFrame:
    """Bring the passes over each square together.

    A square is censored when at least half of its samples found no service: of its level only the floor is known.

    Returns
    -------
    Frame with one row a square in their order: square, easting_m, northing_m (mean of its samples), level_dbm, samples
    (count), passes (count), effective (samples it is worth, see :meth:`Repeat.effective`), spread_db (standard
    deviation between passes; NaN for one), censored.
    """
    passes = by_pass(readings)
    passes["effective"] = repeat.effective(passes["samples"].to_numpy(float))
    for name in ("level_dbm", "hidden"):
        passes[f"of_{name}"] = passes[name] * passes["effective"]
    for name in ("easting_m", "northing_m"):
        passes[f"of_{name}"] = passes[name] * passes["samples"]
    bins = passes.groupby("square", sort=True).agg(
        easting_m=("of_easting_m", "sum"),
        northing_m=("of_northing_m", "sum"),
        level_dbm=("of_level_dbm", "sum"),
        samples=("samples", "sum"),
        passes=("pass_id", "size"),
        effective=("effective", "sum"),
        spread_db=("level_dbm", "std"),
        hidden=("of_hidden", "sum"),
        floor_dbm=("floor_dbm", "max"),
    )
    bins[["easting_m", "northing_m"]] = bins[["easting_m", "northing_m"]].div(bins["samples"], axis=0)
    bins[["level_dbm", "hidden"]] = bins[["level_dbm", "hidden"]].div(bins["effective"], axis=0)
    bins["censored"] = bins.pop("hidden") >= 0.5
    bins["level_dbm"] = bins["level_dbm"].where(~bins["censored"], bins.pop("floor_dbm"))
    return bins.reset_index()


def decimate(
    samples: gpd.GeoDataFrame, crs: CRS, block_m: float, floor_dbm: float | NDArray[np.float64]
) -> pd.DataFrame:
    """Average samples of one operator over squares: :func:`readings_of`, :func:`device_offsets`, :func:`bins_of`."""
    readings = readings_of(samples, crs, block_m, floor_dbm)
    repeat = repeatability(readings)
    return bins_of(without_offsets(readings, device_offsets(readings, repeat)), repeat)


def deal(groups: NDArray[np.int64], folds: int = 5, seed: int | np.random.Generator = 0) -> NDArray[np.int64]:
    """Deal groups to folds of about the same size, the largest first; return the fold of each member, shape (n,).

    Parameters
    ----------
    groups
        Group of each member, shape (n,); those below 0 are in none and get fold -1.
    """
    fold = np.full(len(groups), -1, dtype=np.int64)
    member = groups >= 0
    _, group, size = np.unique(groups[member], return_inverse=True, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(size))
    load, of_group = np.zeros(folds), np.empty(len(size), dtype=np.int64)
    for one in order[np.argsort(-size[order], kind="stable")]:
        of_group[one] = np.argmin(load)
        load[of_group[one]] += size[one]
    fold[member] = of_group[group.ravel()]
    return fold


def block_folds(points: ArrayLike, block_m: float, folds: int = 5, seed: int = 0) -> Iterator[NDArray[np.bool_]]:
    """Deal square blocks of space to ``folds`` of about the same size; yield each fold as a mask of shape (n,)."""
    at = np.asarray(points, float)
    rng = np.random.default_rng(seed)
    key = np.floor((at - at.min(axis=0) + rng.uniform(0, block_m, 2)) / block_m).astype(np.int64)
    fold = deal(np.unique(key, axis=0, return_inverse=True)[1].ravel(), folds, rng)
    for one in range(folds):
        if (fold == one).any() and (fold != one).any():
            yield fold == one
