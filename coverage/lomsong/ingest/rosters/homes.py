"""Verified learners brought to their homes: counted into households, at their hamlet where the home is not known."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lomsong.geo import WGS84, known_codes
from lomsong.ingest.quality import flag
from lomsong.ingest.rosters.categories import household_classes
from lomsong.ingest.rosters.learners import Learners
from lomsong.ingest.rosters.settlements import Settlements
from lomsong.tables import ENTITLEMENTS, FLAGS, POVERTY, require_columns
from lomsong.texts import text

HAMLET = "hamlet:"
"""Begins the household_id of a row that stands for the learners of a hamlet whose homes are not known."""

_COMMUNE = ("commune_code", "commune_name", "parent_name")

WITHOUT_DEVICE = {"no": 1, "yes": 0}
"""What a learner adds to those without a device; where nobody knows, it stays missing."""


@dataclass(frozen=True)
class Homes:
    """Verified learners at their homes.

    Attributes
    ----------
    households
        The households, then a row a hamlet, or a row a learner where it is known where people live. Category and
        entitlement of one that says neither are those of its learners. ``learners`` and ``learners_without_device`` are
        what to reckon with; ``learners_claimed`` what the household itself said; ``learners_verified`` those of the
        lists; and ``learners_source`` tells where ``learners`` come from: ``listed``, ``claimed``, ``hamlet`` or
        ``commune``.
    flags
        Table ``flags``: ``household_unknown`` by file.
    unplaced, unplaced_without_device
        Verified learners who could be given neither home nor hamlet, nor a place in their commune.
    """

    households: gpd.GeoDataFrame
    flags: pd.DataFrame
    unplaced: int
    unplaced_without_device: int


def count_learners(
    learners: Learners | pd.DataFrame,
    households: gpd.GeoDataFrame,
    hamlets: gpd.GeoDataFrame | None = None,
    *,
    complete: bool = False,
    language: str = "en",
    settlements: Settlements | None = None,
) -> Homes:
    """Count verified learners into households, so that no claim stands where a list knows better.

    A household that the lists know gets their number, whatever it claimed. One that they do not know keeps its claim
    as long as the lists are not ``complete``: a school that sent no list must not make its pupils vanish from the
    ranking; once all have come, a claim that no list bears out is 0. Learners without a known household stand at
    their hamlet; as they most likely are those whom unlisted households of that hamlet claim, these claims are
    reduced by their number, in proportion. Nobody is lost: the sum of ``learners_verified`` and ``unplaced`` is the
    number of learners verified. Codes of households may differ by spaces, capitals and zeros in front.

    Parameters
    ----------
    learners
        Of :func:`~lomsong.ingest.rosters.learners.read_learners`, or its table.
    households, hamlets
        Tables of that name; without hamlets, learners without a home are only counted.
    complete
        Every school, or every commune, sent its list; :func:`~lomsong.ingest.rosters.declared.reconcile` tells.
    language
        Language of the flags.
    settlements
        Where people live: learners without a home are then put there, each for oneself, in their hamlet, which may be
        named, or else in their commune, and ``placed_by`` tells which.

    Returns
    -------
    Homes; what was given is not changed.

    Raises
    ------
    ColumnError
        When a table lacks household_id, learners or hamlet_id.
    """
    table = learners.table if isinstance(learners, Learners) else learners
    require_columns(table, "learners_once", ("household_id", "hamlet_id", "has_device", "source_file", "source_row"))
    require_columns(households, "households", ("household_id", "learners"))
    if settlements is not None:
        table = settlements.named(table)
    table = table.assign(household_id=known_codes(table["household_id"], households["household_id"]))
    home = table["household_id"].isin(set(households["household_id"])).to_numpy()
    at_hamlet = np.zeros(len(table), dtype=bool)
    if hamlets is not None:
        require_columns(hamlets, "hamlets", ("hamlet_id",))
        at_hamlet = table["hamlet_id"].isin(set(hamlets["hamlet_id"])).to_numpy() & ~home
    counts = _tally(table[home], "household_id")
    beside = _tally(table[at_hamlet], "hamlet_id")
    frame = _classed(_counted(households, counts, beside["learners"], complete), table[home])
    lost = ~home & ~at_hamlet
    if settlements is not None:
        frame, lost = _with_learners(frame, table, ~home, settlements)
    elif hamlets is not None and len(beside):
        frame = _with_hamlets(frame, hamlets, beside)
    without = int((table["has_device"].to_numpy()[lost] == "no").sum())
    return Homes(frame, _flags(table, home, ~home & ~lost, language), int(lost.sum()), without)


def _tally(table: pd.DataFrame, key: str) -> pd.DataFrame:
    device = table["has_device"]
    counted = pd.DataFrame({"learners": 1, "without": device == "no", "unknown": device == "unknown"}, dtype="int64")
    return counted.groupby(table[key].to_numpy(dtype=object)).sum()


def _counted(households: gpd.GeoDataFrame, counts: pd.DataFrame, beside: pd.Series, complete: bool) -> gpd.GeoDataFrame:
    claimed = households["learners"].astype("int64")
    claimed_without = pd.Series(0, index=households.index, dtype="Int64")
    if "learners_without_device" in households:
        claimed_without = households["learners_without_device"].astype("Int64")
    of_list = counts.reindex(households["household_id"]).set_axis(households.index)
    listed = of_list["learners"].notna()
    verified = of_list["learners"].fillna(0).astype("int64")
    kept = pd.Series(0, index=households.index) if complete else _reduced(households, claimed.mask(listed, 0), beside)
    learners = verified.where(listed, kept)
    # Of a household whose list says nothing about devices the claim stands, as far as there are learners for it.
    silent = listed & (of_list["unknown"] == of_list["learners"])
    share = (claimed_without * (learners / claimed.where(claimed > 0)).fillna(0)).round().astype("Int64")
    without = of_list["without"].astype("Int64").where(listed, share)
    without = without.where(~silent, claimed_without.clip(upper=learners.astype("Int64")))
    return households.assign(
        learners=learners,
        learners_without_device=without,
        learners_claimed=claimed,
        learners_verified=verified,
        learners_source=np.where(listed, "listed", "claimed"),
    )


def _classed(households: gpd.GeoDataFrame, listed: pd.DataFrame) -> gpd.GeoDataFrame:
    """Take category and entitlement of a household that says none from its learners, the neediest of theirs."""
    if "category" not in listed or listed["category"].isna().all():
        return households
    category, entitlement, strange = household_classes(listed["category"])
    known = {"category": (category.mask(strange), POVERTY), "entitlement": (entitlement, ENTITLEMENTS)}
    filled = {}
    for name, (told, words) in known.items():
        ordered = pd.Series(pd.Categorical(told, list(words), ordered=True), index=listed.index)
        of_lists = households["household_id"].map(ordered.groupby(listed["household_id"].to_numpy(object)).min())
        own = households.get(name, pd.Series(None, index=households.index, dtype=object))
        filled[name] = own.where(own.notna(), of_lists.astype(object).where(of_lists.notna(), None))
    return households.assign(**filled)


def _reduced(households: gpd.GeoDataFrame, claims: pd.Series, beside: pd.Series) -> pd.Series:
    """Reduce the claims of each hamlet by the learners who stand beside its households, to whole numbers."""
    if "hamlet_id" not in households or beside.empty:
        return claims
    hamlet = households["hamlet_id"]
    total = claims.groupby(hamlet).transform("sum").fillna(0)
    left = (total - hamlet.map(beside).fillna(0).astype(float)).clip(lower=0)
    exact = claims * (left / total.where(total > 0)).fillna(1.0)
    whole = np.floor(exact + 1e-9)
    missing = (left - whole.groupby(hamlet).transform("sum")).round()
    # The largest remainders are rounded up, so that the sum of the hamlet comes out.
    order = pd.DataFrame({"hamlet": hamlet, "rest": whole - exact}).sort_values("rest", kind="stable")
    place = order.groupby("hamlet").cumcount().reindex(claims.index)
    up: NDArray[np.bool_] = (place < missing).fillna(False).to_numpy(dtype=bool) & (total > 0).to_numpy()
    return (whole + up).where(hamlet.notna(), claims).astype("int64")


def _with_hamlets(frame: gpd.GeoDataFrame, hamlets: gpd.GeoDataFrame, beside: pd.DataFrame) -> gpd.GeoDataFrame:
    at = hamlets.drop_duplicates("hamlet_id").set_index("hamlet_id").reindex(sorted(beside.index))
    beside = beside.reindex(at.index)
    rows = {
        "household_id": HAMLET + at.index.astype(str),
        "learners": beside["learners"],
        "learners_without_device": beside["without"].astype("Int64"),
        "hamlet_id": at.index,
        "learners_claimed": 0,
        "learners_verified": beside["learners"],
        "learners_source": "hamlet",
    }
    places = [name for name in _COMMUNE if name in at and name in frame]
    table = pd.DataFrame({**rows, **{name: at[name] for name in places}}).reset_index(drop=True)
    points = gpd.GeoSeries(at.geometry.array, crs=hamlets.crs).representative_point().to_crs(frame.crs)
    return _joined(frame, table, points)


def _with_learners(
    frame: gpd.GeoDataFrame, table: pd.DataFrame, away: NDArray[np.bool_], settlements: Settlements
) -> tuple[gpd.GeoDataFrame, NDArray[np.bool_]]:
    """Add each learner without a home where people live; return also who could be put nowhere.

    By the commune only where no household claims learners: there they would be counted twice.
    """
    named = {name: table[name] for name in (_COMMUNE if frame.empty else ()) if name in table}
    rows = pd.DataFrame({"hamlet_id": table["hamlet_id"], **named})[away].reset_index(drop=True)
    rows.insert(0, "household_id", "learner:" + rows.index.astype(str))
    placed = settlements.place(rows, np.full((len(rows), 2), np.nan))
    found = placed.by != ""
    lost = away.copy()
    lost[np.flatnonzero(away)[found]] = False
    by = placed.by[found]
    device = table["has_device"][away][found].map(WITHOUT_DEVICE).astype("Int64")
    added = rows[found].assign(
        hamlet_id=rows["hamlet_id"][found].where(by == "hamlet", None), learners=1, learners_claimed=0,
        learners_verified=1, learners_without_device=device.array, learners_source=by, placed_by=by,
        placed_in=placed.commune[found],
    )  # fmt: skip
    points = gpd.GeoSeries(gpd.points_from_xy(*placed.degrees[found].T), crs=WGS84).to_crs(frame.crs)
    if len(added) and "placed_by" not in frame:
        frame = frame.assign(placed_by="position", placed_in=None)
    return _joined(frame, added, points), lost


def _joined(frame: gpd.GeoDataFrame, added: pd.DataFrame, points: gpd.GeoSeries) -> gpd.GeoDataFrame:
    name = frame.geometry.name
    rows = gpd.GeoDataFrame(added.assign(**{name: points.array}), geometry=name, crs=frame.crs)
    return gpd.GeoDataFrame(pd.concat([frame, rows], ignore_index=True), geometry=name, crs=frame.crs)


def _flags(table: pd.DataFrame, home: NDArray[np.bool_], at_hamlet: NDArray[np.bool_], language: str) -> pd.DataFrame:
    told = []
    for file, part in table.assign(home=home, at_hamlet=at_hamlet).groupby("source_file", sort=True):
        away = part[~part["home"]]
        if len(away):
            placed = int(away["at_hamlet"].sum())
            both = (("roster.at_hamlet", placed), ("roster.unplaced", len(away) - placed))
            value = "; ".join(text(key, language, count=count) for key, count in both if count)
            first = int(away["source_row"].iloc[0])
            told.append(flag(str(file), "household_unknown", language, len(away), first, value, "", "household_id"))
    return pd.DataFrame(told, columns=FLAGS.names)
