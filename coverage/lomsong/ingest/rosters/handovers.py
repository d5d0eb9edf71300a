"""The ledger of devices handed over: one row an event, read with an account of every row."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from lomsong.errors import DataError
from lomsong.geo import fold_text
from lomsong.ingest.files.opening import read_table
from lomsong.ingest.quality import Sieve, flag_file
from lomsong.ingest.reading import Reading
from lomsong.ingest.rosters.births import EPOCH, births
from lomsong.ingest.rosters.devices import MARKS
from lomsong.ingest.rosters.roster import PERSONAL, cells, flag_personal
from lomsong.tables import HANDOVERS

EVENTS = {
    **dict.fromkeys(
        ("given", "giao", "ban giao", "cap", "cap phat", "trao", "trao tang", "tang", "nhan", "phat", "cho muon",
         "handed over", "moi", "tot", "binh thuong", "con tot", "dang dung", "dang su dung", "su dung tot",
         "hoat dong tot", "su dung binh thuong", "hoat dong binh thuong", "hoat dong"), "given"
    ),
    **dict.fromkeys(("returned", "tra", "tra lai", "hoan tra", "thu hoi", "nop lai", "thu lai"), "returned"),
    **dict.fromkeys(("broken", "hong", "hu", "hu hong", "hong hoc"), "broken"),
    **dict.fromkeys(("lost", "mat", "that lac", "mat cap", "mat trom"), "lost"),
}  # fmt: skip
"""Events as ledgers write them, folded and bare; a line that says nothing, or is ticked, hands a device over."""

_AROUND = re.compile(
    r"\b(?:da|bi|duoc|100|thiet bi|dien thoai|may tinh bang|may tinh|may|man hinh|"
    r"(?:cho|tu) (?:hs|hoc sinh|em|ho|gia dinh|ho gia dinh))\b"
)
"""What stands around an event and does not change it."""


def _event(value: str) -> str | None:
    """Return the event that a cell tells, None for one that is not understood: "chưa giao" hands nothing over."""
    if value == "" or value.lower() in MARKS:
        return "given"
    return EVENTS.get(" ".join(_AROUND.sub(" ", fold_text(value)).split()))


def read_handovers(path: str | Path, language: str = "en") -> Reading:
    """Read the table ``handovers``: which device went to which household, when, and what became of it.

    Parameters
    ----------
    path
        CSV (also gzipped) or XLSX with headings in either language. Names and telephone numbers are not read.
    language
        Language of the remedies.

    Returns
    -------
    Reading; ``date`` is a text year-month-day, ``event`` one of ``given``, ``returned``, ``broken`` and ``lost``. A
    hand-over whose date cannot be read has none, and one without a code is of a device of its own, ``?`` and the row.

    A ledger of headings alone has no rows: nothing was handed over yet.

    Raises
    ------
    ColumnError
        When no column names devices, households or dates.
    """
    path = Path(path)
    raw = _rows_of(path)
    sieve = Sieve(path.name, raw["source_row"].to_numpy(), language, raw.get("sheet"))
    texts = {name: cells(raw, name) for name in HANDOVERS.names}
    sieve.reject("total_row", raw["is_total"].to_numpy(dtype=bool))
    sieve.reject("code_missing", texts["household_id"] == "", "", "", "household_id")
    event = texts["event"].map(_event)
    events = ", ".join(HANDOVERS["event"].answers(language))
    sieve.reject("value_unknown", event.isna(), texts["event"], events, "event")
    born = births(texts["date"], pd.Series("", index=raw.index))
    undated, nameless, given = born["day"] < 0, texts["device_id"] == "", event == "given"
    # Who got some device some day is served; of what came back, which one and when must be known.
    sieve.reject("code_missing", nameless & ~given, "", "", "device_id")
    sieve.reject("date_unreadable", undated & ~given, texts["date"], "dd/mm/yyyy", "date")
    days = (EPOCH + born["day"].to_numpy().clip(min=0)).astype(str)
    table = pd.DataFrame({name: values.where(values != "", None) for name, values in texts.items()}, dtype=object)
    table = table.assign(date=np.where(undated, None, days), event=event)
    sieve.reject("duplicate", _repeated(table[sieve.open]).reindex(table.index, fill_value=False))
    sieve.flag("handover_incomplete", nameless | undated, texts["date"], "", "device_id, date")
    table["device_id"] = table["device_id"].mask(nameless, "?" + sieve.sheet + raw["source_row"].astype(str))
    flag_personal(sieve, language, "roster.never_read", [column for column in PERSONAL if column.name in raw])
    flag_file(sieve, raw)
    kept = table[sieve.open][HANDOVERS.names].reset_index(drop=True)
    rows = tuple(raw.loc[sieve.open, "source_row"].tolist())
    return Reading.of(path, HANDOVERS.name, kept, sieve.rejects(), len(raw), sieve.flags(), rows)


def _repeated(table: pd.DataFrame) -> pd.Series:
    """Return which rows say what the one before said of the same device; back and out again on one day is no copy."""
    told = table.sort_values("date", kind="stable", na_position="first").fillna("")
    device = told["device_id"].mask(told["device_id"] == "", "?" + told["household_id"])
    return told.eq(told.groupby(device.to_numpy()).shift()).all(axis=1)


def _rows_of(path: Path) -> pd.DataFrame:
    try:
        raw = read_table(path, replace(HANDOVERS, columns=(*HANDOVERS.columns, *PERSONAL)), position=False)
    except DataError as error:
        if error.key != "fault.table_headings_only":
            raise
        return pd.DataFrame({"source_row": [], "is_total": []})
    return raw.reset_index(drop=True)
