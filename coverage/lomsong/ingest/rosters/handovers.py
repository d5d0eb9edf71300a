"""The ledger of devices handed over: one row an event, read with an account of every row."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from lomsong.geo import fold_text
from lomsong.ingest.files.opening import read_table
from lomsong.ingest.quality import Sieve
from lomsong.ingest.reading import Reading
from lomsong.ingest.rosters.births import EPOCH, births
from lomsong.ingest.rosters.roster import PERSONAL, cells, flag_file, flag_personal
from lomsong.tables import HANDOVERS

EVENTS = {
    **dict.fromkeys(
        ("", "given", "giao", "da giao", "ban giao", "da ban giao", "cap", "da cap", "trao", "da trao", "tang", "nhan",
         "da nhan", "phat", "da phat", "cho muon", "handed over"), "given"
    ),
    **dict.fromkeys(
        ("returned", "tra", "tra lai", "da tra", "hoan tra", "thu hoi", "da thu hoi", "nop lai"), "returned"
    ),
    **dict.fromkeys(("broken", "hong", "da hong", "hu", "hu hong", "bi hong", "hong hoc"), "broken"),
    **dict.fromkeys(("lost", "mat", "da mat", "bi mat", "that lac", "mat cap"), "lost"),
}  # fmt: skip
"""Events as ledgers write them, folded; a line that says nothing hands a device over."""


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
    Reading; ``date`` is a text year-month-day, ``event`` one of ``given``, ``returned``, ``broken`` and ``lost``.

    Raises
    ------
    ColumnError
        When no column names devices, households or dates.
    """
    path = Path(path)
    raw = read_table(path, replace(HANDOVERS, columns=(*HANDOVERS.columns, *PERSONAL)), position=False)
    raw = raw.reset_index(drop=True)
    sieve = Sieve(path.name, raw["source_row"].to_numpy(), language)
    texts = {name: cells(raw, name) for name in HANDOVERS.names}
    sieve.reject("total_row", raw["is_total"].to_numpy(dtype=bool))
    for name in ("device_id", "household_id"):
        sieve.reject("code_missing", texts[name] == "", "", "", name)
    none = pd.Series("", index=raw.index)
    born = births(texts["date"], none)
    undated = born["day"] < 0
    sieve.reject("date_unreadable", undated, texts["date"], "dd/mm/yyyy", "date")
    event = texts["event"].map(lambda value: EVENTS.get(fold_text(value)))
    sieve.reject("value_unknown", event.isna(), texts["event"], ", ".join(HANDOVERS["event"].choices), "event")
    days = (EPOCH + born["day"].to_numpy().clip(min=0)).astype(str)
    table = pd.DataFrame({name: values.where(values != "", None) for name, values in texts.items()}, dtype=object)
    table = table.assign(date=np.where(undated, None, days), event=event)
    sieve.reject("duplicate", table[sieve.open].duplicated().reindex(table.index, fill_value=False))
    flag_personal(sieve, language, "roster.never_read", [column for column in PERSONAL if column.name in raw])
    flag_file(sieve, raw)
    kept = table[sieve.open][HANDOVERS.names].reset_index(drop=True)
    rows = tuple(raw.loc[sieve.open, "source_row"].tolist())
    return Reading.of(path, HANDOVERS.name, kept, sieve.rejects(), len(raw), sieve.flags(), rows)
