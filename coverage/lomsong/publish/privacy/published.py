"""Each table of a run as it may be published."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from lomsong.publish.privacy.classes import told_beside_hamlets
from lomsong.publish.privacy.counts import (
    round_total,
    rounded_interval,
    suppress,
    withheld_beside_rounded,
    withheld_parts,
)
from lomsong.publish.privacy.disclosure import Counts
from lomsong.publish.privacy.totals import GroupTotals
from lomsong.publish.privacy.zones import withheld_zones

_GIVES_BACK = ("share", "unconnected_low", "unconnected_high", "points_", "score")
"""Starts of columns from which a hidden count could be worked out."""

OF_PEOPLE = ("households", "learners", "learners_once")
"""Tables whose rows stand for people, so that nothing that stood in one is published."""


def published_ranking(ranking: pd.DataFrame, below: int = 5) -> pd.DataFrame:
    """Return the table ``ranking`` with small counts hidden, and with them what would give them back.

    Where learners or unconnected learners of a commune are hidden, so are its share and its interval. The share is
    that of the counts as they are shown, whole learners, so that whoever divides them finds it again. Totals are told
    rounded; where that does not cover a small count, the next commune's goes with it, as missing.
    """
    gaps = [
        name for name in ranking if str(name).startswith("unconnected") and not str(name).endswith(("_low", "_high"))
    ]
    counts = ["learners", "unsurveyed", *gaps]
    published = suppress(ranking, counts, below)
    for column in counts:
        published[column] = published[column].mask(withheld_beside_rounded(ranking[column], below))
    hidden = published["unconnected"].isna() | published["learners"].isna()
    published["share"] = published["unconnected"].round() / published["learners"].where(published["learners"] > 0)
    derived = [name for name in published if str(name).startswith(_GIVES_BACK)]
    published[derived] = published[derived].mask(hidden)
    return published


def published_districts(
    districts: pd.DataFrame, ranking: pd.DataFrame, parents: Mapping[str, str], below: int = 5
) -> pd.DataFrame:
    """Return the ranking of districts as :func:`published_ranking` does that of communes, which is told beside it.

    A total that would give back a commune, or another district, is rounded down as far as it takes to tell no more of
    them than without it; where no rounding does, it is left out, as missing. A Boolean column ``<column>_rounded``
    says which are rounded, and ``share`` is then that of what is told.

    Parameters
    ----------
    districts
        The table ``ranking`` of districts; its first column that ends in ``_code`` says which.
    ranking
        That of the communes, before anything is hidden.
    parents
        Code of a commune to that of its district.
    below
        Smallest count that is shown.
    """
    published = published_ranking(districts, below)
    communes = published_ranking(ranking, below)
    code = next(name for name in districts if str(name).endswith("_code"))
    within = ranking["commune_code"].map(parents)
    members = [np.flatnonzero(within == district) for district in districts[code]]
    for column in (name for name in districts if f"{name}_suppressed" in published and name in ranking):
        parts, exact = (np.nan_to_num(frame[column].to_numpy(dtype=float)) for frame in (ranking, districts))
        left_out = (communes[column].isna() & ~communes[f"{column}_suppressed"]).to_numpy()
        told, rounded = GroupTotals(parts, left_out, exact, members, below).told()
        published[column] = pd.Series(told, districts.index).mask(districts[column].isna())
        published[f"{column}_rounded"] = published[column].notna() & rounded
    gap, of = published["unconnected"], published["learners"].mask(published["learners_rounded"])
    published["share"] = gap.round() / of.where(of > 0)
    published["share_rounded"] = published["unconnected_rounded"] & published["share"].notna()
    derived = [name for name in published if str(name).startswith(_GIVES_BACK) and not str(name).startswith("share")]
    published[derived] = published[derived].mask(gap.isna() | of.isna() | published["unconnected_rounded"])
    return published


def published_hamlets(hamlets: gpd.GeoDataFrame, below: int = 5) -> gpd.GeoDataFrame:
    """Return hamlets with small counts hidden, as :func:`suppress` does.

    Where the commune's total less the other hamlets would give a hidden count back, those of further hamlets are left
    out too, as missing. A hamlet without a count of unconnected that is told has no rank either: all are much alike.
    """
    published = suppress(hamlets, ["learners", "unconnected"], below)
    for column in ("learners", "unconnected"):
        if column in hamlets:
            withheld = withheld_parts(hamlets[column], hamlets["commune_code"], below)
            published[column] = published[column].mask(withheld)
    ranks = [column for column in ("rank", "rank_low", "rank_high") if column in published]
    if ranks:
        published[ranks] = published[ranks].where(published["unconnected"] >= max(below, 1))
    return published


def published_classes(classes: pd.DataFrame, below: int = 5, hamlets: gpd.GeoDataFrame | None = None) -> pd.DataFrame:
    """Return the gap of classes of learners; in each way of dividing them (``group``) they add up to all of them.

    With a count go the share and the ratios that would give it back. Classes by grid power are those of ``hamlets``,
    which are told beside them: where they would give one back they are rounded down, Boolean columns
    ``<column>_rounded`` say so, and share and ratios are those of what is told.
    """
    published = suppress(classes, ["learners", "unconnected"], below)
    of_hamlets = classes["group"] == "grid_power"
    beside = None if hamlets is None or not of_hamlets.any() else published_hamlets(hamlets, below)
    for column in ("learners", "unconnected"):
        published[f"{column}_rounded"] = False
        if hamlets is not None and beside is not None and column in beside:
            parts = hamlets[["commune_code"]].assign(
                count=hamlets[column], hidden=beside[column].isna(),
                **{"class": hamlets["grid_power"].astype(object).fillna("unknown")},
            )  # fmt: skip
            told, rounded = told_beside_hamlets(classes[of_hamlets].set_index("class")[column], parts, below)
            rows = of_hamlets & ~published[f"{column}_suppressed"]
            published.loc[rows, column] = published.loc[rows, "class"].map(told)
            published.loc[rows, f"{column}_rounded"] = published.loc[rows, "class"].map(rounded)
        published[column] = published[column].mask(withheld_parts(classes[column], classes["group"], below))
        published[f"{column}_rounded"] &= published[column].notna()
    derived = ["share", "share_of_gap", "rate_ratio"]
    less = published["unconnected_rounded"] | published["learners_rounded"]
    if less.any():
        published.loc[of_hamlets, derived] = _ratios(published[of_hamlets])
    hidden = published["learners"].isna() | published["unconnected"].isna()
    published[derived] = published[derived].mask(hidden)
    return published


def _ratios(told: pd.DataFrame) -> pd.DataFrame:
    """Return share, share of the gap and ratio to the hamlets with grid power of the counts as they are told."""
    share = told["unconnected"] / told["learners"].where(told["learners"] > 0)
    base = share[told["class"] == "yes"].where(lambda rate: rate > 0).sum(min_count=1)
    all_told = told["unconnected"].sum(skipna=False)
    return pd.DataFrame({"share": share, "share_of_gap": told["unconnected"] / all_told, "rate_ratio": share / base})


def published_tallies(
    table: pd.DataFrame, walk: tuple[str, str, str], devices: tuple[str, ...], below: int = 5
) -> pd.DataFrame:
    """Return learners of each commune by where their signal is and what device they have, small counts hidden.

    The ranking tells the learners and the unconnected of each commune, and so those connected at home; the parts of
    these are protected against them, and all columns against their rounded totals.

    Parameters
    ----------
    table
        A row a commune, one outside of all and one of totals (``row``): learners, unconnected_any and other counts.
    walk
        Columns of those with signal at home, at school, nowhere: the last two are the unconnected.
    devices
        Columns of a device by signal, connected and unconnected in turn.
    below
        Smallest count that is shown.
    """
    names = [name for name in table if name not in ("row", "area_code")]
    published = suppress(table, names, below)
    told, totals = table[table["row"] != "total"], table.loc[table["row"] == "total"]
    counts = Counts(below)
    home, unconnected = walk[0], told["unconnected_any"].to_numpy(dtype=float)
    plain = (unconnected == 0) | (unconnected >= below)
    cells = {
        name: counts.add(
            told[name], fixed=plain if name == home else name in ("learners", "unconnected_any"),
            harmless=plain & (name == home),
        )
        for name in names
    }  # fmt: skip
    for row in range(len(told)):
        at = {name: int(numbers[row]) for name, numbers in cells.items()}
        counts.sum([at[name] for name in walk], at["learners"])
        counts.sum([at[name] for name in walk[1:]], at["unconnected_any"])
        counts.sum([at[name] for name in devices], at["learners"])
        counts.sum([at[name] for name in devices[1::2]], at["unconnected_any"])
    for name, numbers in cells.items():
        total = float(told[name].sum())
        known = rounded_interval(total)
        if len(totals) and min(total - known[0], known[1] - total) < below:
            counts.sum(numbers, counts.add([total], known=known)[0])
    withheld = counts.withheld()
    for name, numbers in cells.items():
        published.loc[told.index[withheld[numbers]], name] = np.nan
    shown = told.index[plain]
    published.loc[shown, home] = table.loc[shown, home].astype(float)
    published.loc[shown, f"{home}_suppressed"] = False
    return published


def published_zones(
    zones: gpd.GeoDataFrame,
    below: int = 5,
    homes: pd.DataFrame | None = None,
    hamlets: gpd.GeoDataFrame | None = None,
) -> gpd.GeoDataFrame:
    """Return gap zones with small counts hidden, and with them their interval; households are not counted out.

    A zone that would give back the few who live beside it in its hamlets or communes tells no count, as missing: each
    of them (learners, those of an operator, those with grid power) can be as many as its learners.

    Parameters
    ----------
    zones, below
        Counts in columns unconnected*, learners*, unsurveyed*; the smallest count that is shown.
    homes, hamlets
        As for :func:`~lomsong.publish.privacy.zones.withheld_zones`; without ``homes`` zones are told by themselves.
    """
    counts = [name for name in zones if str(name).startswith(("unconnected", "learners", "unsurveyed"))]
    ends = [name for name in counts if str(name).endswith(("_low", "_high"))]
    told = [name for name in counts if name not in ends]  # in their order: that of a set is another in each run
    published = suppress(zones.drop(columns="households", errors="ignore"), told, below)
    published[ends] = published[ends].mask(published["unconnected_suppressed"])
    if homes is not None:
        withheld = pd.Series(withheld_zones(homes, hamlets, len(zones), below), zones.index)
        published[counts] = published[counts].mask(withheld)
    return published


def published_points(
    points: gpd.GeoDataFrame,
    hamlets: gpd.GeoDataFrame | None = None,
    below: int = 5,
    zones: gpd.GeoDataFrame | None = None,
    withheld: Collection[str] = (),
) -> gpd.GeoDataFrame:
    """Return points not reached with small counts hidden, and those that ``hamlets``, as published, do not tell.

    A zone stands there with its homes outside the listed hamlets. Where the rest of it is so few that whoever
    subtracts would find them, it stands with the counts of ``zones``, which are not yet hidden, and with their share.
    Zones that are ``withheld`` tell nothing here either.
    """
    points = points if zones is None else _with_whole_zones(points, zones, below)
    published = suppress(points, ["learners", "unconnected"], below)
    if "p_usable" in published:
        hidden = published["learners_suppressed"] | published["unconnected_suppressed"]
        published["p_usable"] = published["p_usable"].mask((published["kind"] == "zone") & hidden)
    for column in ("learners", "unconnected"):
        if hamlets is not None and column in hamlets:
            told = hamlets.set_index("hamlet_id")[column]
            kept_back = (published["kind"] == "hamlet") & published["point_id"].map(told).isna()
            published[column] = published[column].mask(kept_back)
    beside = (published["kind"] == "zone") & published["point_id"].isin(list(withheld))
    told = [name for name in ("learners", "unconnected", "p_usable") if name in published]
    published[told] = published[told].mask(beside)
    return published


def _with_whole_zones(points: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, below: int) -> gpd.GeoDataFrame:
    counts = ["learners", "unconnected"]
    whole = zones.set_index("zone_id")[counts].reindex(points["point_id"]).set_index(points.index).astype(float)
    rest = whole - points[counts]
    few = (points["kind"] == "zone") & ((rest > 0) & (rest < below)).any(axis=1)
    told = {name: points[name].mask(few, whole[name]) for name in counts}
    usable = points["p_usable"].mask(few, 1 - whole["unconnected"] / whole["learners"])
    return points.assign(**told, p_usable=usable)


def published_cells(cells: gpd.GeoDataFrame, below: int = 5) -> gpd.GeoDataFrame:
    """Return the cells of :func:`learner_cells` with small counts hidden."""
    return suppress(cells, ["learners", "unconnected"], below)


def published_towers(towers: gpd.GeoDataFrame, below: int = 5) -> gpd.GeoDataFrame:
    """Return proposed towers with small gains hidden, and every running total from the first of them on."""
    published = suppress(towers, ["learners_gained", "learners_reached", "only_it", "substitute_loss"], below)
    if "learners_gained_suppressed" in published and "cumulative" in published:
        hidden = published["learners_gained_suppressed"]
        place = published["order"] if "order" in published else pd.Series(range(len(published)), published.index)
        after = place >= place.where(hidden).min()
        published["cumulative"] = published["cumulative"].mask(after)
    return published


def published_plan(plan: Mapping[str, Any], towers: gpd.GeoDataFrame | None, below: int = 5) -> dict[str, Any]:
    """Return the account of a plan; where its totals would give back a hidden gain they are rounded, the bound up."""
    published = dict(plan)
    if towers is not None and published_towers(towers, below).filter(like="_suppressed").to_numpy().any():
        totals = {key: published[key] for key in ("objective", "bound") if published.get(key) is not None}
        published |= {key: float(round_total(total, up=key == "bound")) for key, total in totals.items()}
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
