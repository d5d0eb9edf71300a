"""What the ledger says: how many devices a household was given, and what in it cannot be so."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lomsong.errors import DataError
from lomsong.geo import bare_code, known_codes
from lomsong.tables import HANDOVERS, require_columns
from lomsong.texts import fault

IRREGULAR = ("household_unknown", "device_twice", "household_two", "not_held")
"""What is told of a ledger; see ``docs/method.md``."""


@dataclass(frozen=True)
class _Stays:
    """Hand-overs device by device: ``row`` in the ledger, ``household``, and how each ended, as texts.

    ``end`` is empty while a device is in use, and ``given`` where it went on without a return; ``twice`` are the rows
    by which it went on, ``loose`` those of events where there was nothing to return.
    """

    row: NDArray[np.int64]
    household: NDArray[np.object_]
    end: NDArray[np.object_]
    twice: NDArray[np.int64]
    loose: NDArray[np.int64]

    @property
    def held(self) -> NDArray[np.bool_]:
        return np.asarray(self.end != "returned", dtype=bool)


def balance(handovers: pd.DataFrame) -> pd.DataFrame:
    """Return what each household was given and what of it is out of use.

    A device goes from one household to another when it was returned in between. One that broke or was lost was given
    all the same, also where no line before tells so: whether it is replaced is for people to decide.

    Parameters
    ----------
    handovers
        Table of that name, in any order: events count by their date, those without one first, those of one day
        in the order of the table.

    Returns
    -------
    Frame by household_id: ``given``, devices given and not returned; ``out_of_use``, those of them broken or lost.

    Raises
    ------
    ColumnError
        When columns are missing or hold the wrong kind.
    DataError
        When a date is not written year-month-day.
    """
    stays = _stays(handovers)
    out = np.isin(stays.end[stays.held].astype(str), ("broken", "lost"))
    table = pd.DataFrame({"given": np.ones(len(out), np.int64), "out_of_use": out.astype(np.int64)})
    return table.groupby(stays.household[stays.held], sort=True).sum().rename_axis("household_id")


def of_roster(handovers: pd.DataFrame, households: pd.DataFrame) -> pd.DataFrame:
    """Return a ledger with the codes of households as their roster writes them: "h 001" is H001."""
    HANDOVERS.check(handovers, "handovers")
    require_columns(households, "households", ("household_id",))
    return handovers.assign(household_id=known_codes(handovers["household_id"], households["household_id"]))


def irregularities(handovers: pd.DataFrame, households: pd.DataFrame) -> pd.DataFrame:
    """Return what in a ledger cannot be so, or must not be.

    Parameters
    ----------
    handovers, households
        Tables of these names. Codes of households may differ by spaces, capitals and zeros in front.

    Returns
    -------
    One row a kind: ``irregularity`` of :data:`IRREGULAR`, ``count`` and ``row``, the place in ``handovers`` of the
    first, from 0. ``household_unknown``: an event of a household that no roster has; ``device_twice``: given although
    it had not been returned; ``household_two``: given to a household that already had one; ``not_held``: returned,
    broken or lost where it was not.

    Raises
    ------
    ColumnError, DataError
        As :func:`balance`.
    """
    handovers = of_roster(handovers, households)
    stays = _stays(handovers)
    unknown = np.flatnonzero(~handovers["household_id"].isin(set(households["household_id"])).to_numpy())
    held = pd.DataFrame({"household": stays.household, "row": stays.row})[stays.held]
    held = held.assign(date=_days(handovers["date"]).to_numpy()[held["row"]]).sort_values(
        ["date", "row"], na_position="first"
    )
    two = held["row"][held["household"].duplicated()].to_numpy()
    found = dict(zip(IRREGULAR, (unknown, stays.twice, two, stays.loose), strict=True))
    told = [(name, len(places), int(places.min())) for name, places in found.items() if len(places)]
    return pd.DataFrame(told, columns=["irregularity", "count", "row"])


def _days(dates: pd.Series) -> pd.Series:
    """Return dates as they count; texts of another form would stand in the order of their letters."""
    days = pd.to_datetime(dates.astype(object), format="ISO8601", errors="coerce", utc=True)
    strange = days.isna() & dates.notna()
    if strange.any():
        raise fault(DataError, "ledger_date", count=int(strange.sum()), value=dates[strange].iloc[0])
    return days


def _stays(handovers: pd.DataFrame) -> _Stays:
    """Follow every device from hand to hand."""
    HANDOVERS.check(handovers, "handovers")
    table = handovers.reset_index(drop=True)
    table = table.assign(device_id=table["device_id"].map(bare_code), date=_days(table["date"]))
    table = table.sort_values(["device_id", "date"], kind="stable", na_position="first")
    event = table["event"].fillna("given") if "event" in table else pd.Series("given", index=table.index)
    rows: list[int] = []
    homes: list[object] = []
    ends: list[str] = []
    twice: list[int] = []
    loose: list[int] = []
    device, before = None, 0
    for row, now, home, told in zip(table.index, table["device_id"], table["household_id"], event, strict=True):
        if now != device:
            device, before = now, len(ends)  # hand-overs of the devices before
        lasting = len(ends) > before and ends[-1] != "returned"
        if told == "given":
            if lasting and homes[-1] == home:
                ends[-1] = "returned"  # written down twice: the later line stands
            elif lasting:
                ends[-1] = ends[-1] or "given"  # what broke or was lost stays so for who had it
                twice.append(row)
            rows.append(row)
            homes.append(home)
            ends.append("")
        elif lasting and homes[-1] == home:
            ends[-1] = told
        elif told != "returned" and len(ends) == before:  # how it is now, on the one line of its hand-over
            rows.append(row)
            homes.append(home)
            ends.append(told)
        else:
            loose.append(row)
    row, again, nothing = (np.array(found, np.int64) for found in (rows, twice, loose))
    return _Stays(row, np.array(homes, object), np.array(ends, object), again, nothing)
