"""What may leave the house: small counts suppressed, homes replaced by cells of several learners."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from lomsong import geo

_CELL_FACTORS = (1, 2, 4, 8)
"""Sides, in multiples of the finest cell, to which learners in cells too small to publish are pooled."""


_GIVES_BACK = ("share", "unconnected_low", "unconnected_high", "points_", "score")
"""Starts of columns from which a hidden count could be worked out."""

OF_PEOPLE = ("households", "learners", "learners_once")
"""Tables whose rows stand for people, so that nothing that stood in one is published."""


def suppress(frame: pd.DataFrame, columns: Sequence[str], below: int = 5) -> pd.DataFrame:
    """Hide counts of people that lie above zero and under ``below``.

    A hidden count becomes NaN and is told apart from a missing one by a Boolean column ``<column>_suppressed``.
    Zero stays zero. An expected (fractional) count is treated like any other, on its value before rounding. Totals
    are not protected here: whoever publishes a total beside its parts must round it or leave it out.

    Parameters
    ----------
    frame
        Any table; it is not changed.
    columns
        Numeric columns that hold counts of people. Those that ``frame`` lacks are passed over.
    below
        Smallest count that may be shown; 0 suppresses nothing.

    Returns
    -------
    A new frame on the same index, the counts as floats.

    Examples
    --------
    >>> suppress(pd.DataFrame({"learners": [0, 3, 5]}), ["learners"])["learners"].tolist()
    [0.0, nan, 5.0]
    """
    published = frame.copy()
    for column in columns:
        if column in frame:
            counts = frame[column].astype(float)
            hidden = (counts > 0) & (counts < below)
            published[column] = counts.mask(hidden)
            published[f"{column}_suppressed"] = hidden
    return published


def published_ranking(ranking: pd.DataFrame, below: int = 5) -> pd.DataFrame:
    """Return the table ``ranking`` with small counts hidden, and with them what would give them back.

    Where learners or unconnected learners of a commune are hidden, so are its share and its interval. The share is
    that of the counts as they are shown, whole learners, so that whoever divides them finds it again.
    """
    gaps = [
        name for name in ranking if str(name).startswith("unconnected") and not str(name).endswith(("_low", "_high"))
    ]
    published = suppress(ranking, ["learners", "unsurveyed", *gaps], below)
    hidden = published["unconnected_suppressed"] | published["learners_suppressed"]
    published["share"] = published["unconnected"].round() / published["learners"].where(published["learners"] > 0)
    derived = [name for name in published if str(name).startswith(_GIVES_BACK)]
    published[derived] = published[derived].mask(hidden)
    return published


def published_hamlets(hamlets: gpd.GeoDataFrame, below: int = 5) -> gpd.GeoDataFrame:
    """Return hamlets with small counts hidden, as :func:`suppress` does.

    Where the learners of just one hamlet of a commune are hidden, the commune's total less the others would give them
    back: the learners of the next smallest hamlet are then left out too, as missing.
    """
    published = suppress(hamlets, ["learners", "unconnected"], below)
    if "learners_suppressed" in published:
        alone = published.groupby("commune_code")["learners_suppressed"].transform("sum") == 1
        shown = published["learners"].where(alone & (published["learners"] > 0))
        partner = shown == shown.groupby(published["commune_code"]).transform("min")
        first = partner & ~published["commune_code"].where(partner).duplicated()
        published["learners"] = published["learners"].mask(first)
    return published


def published_zones(zones: gpd.GeoDataFrame, below: int = 5) -> gpd.GeoDataFrame:
    """Return gap zones with small counts hidden, and with them their interval; households are not counted out."""
    counts = [name for name in zones if str(name).startswith(("unconnected", "learners", "unsurveyed"))]
    ends = [name for name in counts if str(name).endswith(("_low", "_high"))]
    published = suppress(zones.drop(columns="households", errors="ignore"), [*set(counts) - set(ends)], below)
    published[ends] = published[ends].mask(published["unconnected_suppressed"])
    return published


def published_points(
    points: gpd.GeoDataFrame, hamlets: gpd.GeoDataFrame | None = None, below: int = 5
) -> gpd.GeoDataFrame:
    """Return points not reached with small counts hidden, and those that ``hamlets``, as published, do not tell."""
    published = suppress(points, ["learners", "unconnected"], below)
    if hamlets is not None and "learners" in hamlets:
        told = hamlets.set_index("hamlet_id")["learners"]
        kept_back = (published["kind"] == "hamlet") & published["point_id"].map(told).isna()
        published["learners"] = published["learners"].mask(kept_back)
    return published


def published_cells(cells: gpd.GeoDataFrame, below: int = 5) -> gpd.GeoDataFrame:
    """Return the cells of :func:`learner_cells` with small counts hidden."""
    return suppress(cells, ["learners", "unconnected"], below)


def published_towers(towers: gpd.GeoDataFrame, below: int = 5) -> gpd.GeoDataFrame:
    """Return proposed towers with small gains hidden, and the running totals that would give them back."""
    published = suppress(towers, ["learners_gained", "learners_reached", "only_it", "substitute_loss"], below)
    if "learners_gained_suppressed" in published and "cumulative" in published:
        published["cumulative"] = published["cumulative"].mask(published["learners_gained_suppressed"])
    return published


def published_plan(plan: Mapping[str, Any], towers: gpd.GeoDataFrame | None, below: int = 5) -> dict[str, Any]:
    """Return the account of a plan; its totals are rounded where they would give back a hidden gain."""
    published = dict(plan)
    if towers is not None and published_towers(towers, below).filter(like="_suppressed").to_numpy().any():
        totals = {key: published[key] for key in ("objective", "bound") if published.get(key) is not None}
        published |= {key: float(round_total(total)) for key, total in totals.items()}
    return published


def published_rejects(rejects: pd.DataFrame, household_files: Collection[str]) -> pd.DataFrame:
    """Return the table ``rejects`` without what stood in rows of people: an identifier, a home's position.

    Parameters
    ----------
    rejects
        Rows not accepted; not changed.
    household_files
        Names of the files whose rows stand for people: those of the tables :data:`OF_PEOPLE`.

    Returns
    -------
    A new table. File and row remain, by which whoever holds the file finds it.
    """
    return rejects.assign(value=rejects["value"].mask(rejects["source_file"].isin(list(household_files)), ""))


def round_total(count: float) -> int:
    """Round a total to three significant figures, never finer than tens: its parts do not give back a hidden one.

    Examples
    --------
    >>> round_total(64_183.7)
    64200
    """
    if count < 1:
        return 0
    power = 10 ** max(int(np.floor(np.log10(count))) - 2, 1)
    return round(count / power) * power


def learner_cells(households: gpd.GeoDataFrame, grid_m: float = 250.0, minimum: int = 5) -> gpd.GeoDataFrame:
    """Replace homes by the centres of square cells that hold at least ``minimum`` learners.

    A cell with fewer is pooled with its neighbours into cells of twice, four and eight times the side; what is still
    too small then is left out. No household belongs to two cells, so no cell can be had by subtracting others, and
    neither a home's position nor its identifier is in the result.

    Parameters
    ----------
    households
        Points with ``learners`` and ``p_usable``, the probability that the home has usable signal; where that is
        missing nobody surveyed, and the learners count neither as connected nor as unconnected.
    grid_m
        Side of the finest cells, metres.
    minimum
        Fewest learners in a published cell.

    Returns
    -------
    GeoDataFrame in EPSG:4326 with ``learners``, ``unconnected`` (expected), ``cell_m`` and a Point, ordered by cell
    size, then from the south-west.
    """
    crs = geo.metric_crs(households)
    at = geo.coordinates(households, crs)
    learners = households["learners"].to_numpy(dtype=float)
    unconnected = learners * np.nan_to_num(1 - households["p_usable"].to_numpy(dtype=float))
    left = pd.DataFrame({"easting": at[:, 0], "northing": at[:, 1], "learners": learners, "unconnected": unconnected})
    parts = []
    for factor in _CELL_FACTORS:
        side_m = grid_m * factor
        cell = [np.floor(left["easting"] / side_m).rename("column"), np.floor(left["northing"] / side_m).rename("row")]
        enough = left.groupby(cell)["learners"].transform("sum") >= minimum
        sums = left[enough].groupby([key[enough] for key in cell])[["learners", "unconnected"]].sum().reset_index()
        parts.append(sums.assign(cell_m=side_m))
        left = left[~enough]
    cells = pd.concat(parts, ignore_index=True)
    centres = gpd.points_from_xy(
        (cells["column"] + 0.5) * cells["cell_m"], (cells["row"] + 0.5) * cells["cell_m"], crs=crs
    )
    published = cells[["learners", "unconnected", "cell_m"]].astype({"learners": "int64"})
    return gpd.GeoDataFrame(published, geometry=centres).to_crs(geo.WGS84)
