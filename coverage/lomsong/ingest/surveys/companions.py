"""The files that G-NetTrack writes beside a log: events, tests of throughput, sums."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from lomsong.errors import DataError, FormatError
from lomsong.geo import WGS84
from lomsong.ingest.bands import technology_of
from lomsong.ingest.files.sources import Source, source
from lomsong.ingest.operators import Operators
from lomsong.ingest.quality import Sieve
from lomsong.ingest.reading import Reading
from lomsong.ingest.surveys import gnettrack
from lomsong.ingest.surveys.headings import Columns, match
from lomsong.ingest.surveys.lines import Block, line_reader, read_head, split
from lomsong.ingest.surveys.rows import Reading as Manner
from lomsong.ingest.surveys.rows import Rows, of_block
from lomsong.ingest.surveys.scanning import NO_TIME, locate
from lomsong.tables import EVENTS, STATISTICS, THROUGHPUT
from lomsong.texts import fault

TABLES = {"events": EVENTS, "throughput": THROUGHPUT, "statistics": STATISTICS}
"""Kind of file to its table."""

FIELDS = {
    "events": {"event": "EventType", "details": "EventDetails", "state": "State"},
    "throughput": {
        "download_kbps": "TESTDOWNLINK", "upload_kbps": "TESTUPLINK", "ping_ms": "PINGAVG",
        "ping_loss_percent": "PINGLOSS",
    },
    "statistics": {"event": "Event", "count": "Stats"},
}  # fmt: skip
"""Kind of file to the headings of its own columns."""


def read_companion(path: str | Path | Source, language: str = "en") -> Reading:
    """Read a file that G-NetTrack wrote beside a log.

    Parameters
    ----------
    path
        ``<log>_events.txt``, ``<log>_datatest.txt`` or ``<log>_stats.txt``, told apart by their headings.
    language
        Language of the remedies.

    Returns
    -------
    Reading whose table is ``events``, ``throughput`` (both with points in EPSG:4326) or ``statistics``. A level of 2G
    or 3G is no RSRP and is left out.

    Raises
    ------
    FormatError
        When it is none of these files.
    DataError
        When it has no rows.
    """
    found = path if isinstance(path, Source) else source(path)
    head = read_head(found)
    headings = split(head.lines[0], "\t") if head.lines else []
    kind = gnettrack.companion(headings)
    if not kind:
        raise fault(FormatError, "no_companion", file=found.path)
    columns = match(headings)
    with line_reader(found, head.encoding, "\t", skip=1, quotes=False) as reader:
        blocks = list(iter(reader.next, None))
    if not blocks:
        raise fault(DataError, "no_rows", file=found.path)
    parts = [_read(block, kind, columns, found.name, language) for block in blocks]
    table = pd.concat([frame for frame, _ in parts], ignore_index=True)
    rejects = pd.concat([sieve.rejects() for _, sieve in parts], ignore_index=True)
    return Reading.of(found.name, kind, table, rejects, sum(len(block.rows) for block in blocks))


def _read(block: Block, kind: str, columns: Columns, name: str, language: str) -> tuple[pd.DataFrame, Sieve]:
    own = _own(block, kind, columns)
    sieve = Sieve(name, block.rows, language)
    count = int(max((at for at, heading in enumerate(columns.headings) if heading.strip()), default=0)) + 1
    fields = locate(block.text, block.starts, block.ends, block.separator, np.zeros(1, dtype=np.int64))[2]
    sieve.reject("columns_missing", fields < count)
    if kind == "statistics":
        numbers = pd.to_numeric(own["count"], errors="coerce")
        sieve.reject("count_invalid", numbers.isna(), own["count"], column="Stats")
        frame = pd.DataFrame({"event": own["event"], "count": numbers})
        frame = frame.assign(source_file=name, source_row=block.rows)[sieve.open]
        return frame.astype({"count": "int64"}), sieve
    rows = of_block(block, Manner(columns))
    frame = _placed(rows, sieve, name, kind)
    for column, values in own.items():
        number = TABLES[kind][column].kind == "number"
        frame[column] = pd.to_numeric(values, errors="coerce") if number else values.replace("", None)
    kept = frame[sieve.open]
    points = gpd.points_from_xy(rows.first[sieve.open], rows.second[sieve.open])
    return gpd.GeoDataFrame(kept[TABLES[kind].names], geometry=points, crs=WGS84), sieve


def _own(block: Block, kind: str, columns: Columns) -> dict[str, pd.Series]:
    """Return the columns that only this kind of file has, as texts."""
    plain = [heading.strip() for heading in columns.headings]
    wanted = {name: plain.index(heading) for name, heading in FIELDS[kind].items() if heading in plain}
    order = sorted(wanted.values())
    first, last, _ = locate(block.text, block.starts, block.ends, block.separator, np.array(order, dtype=np.int64))
    return {name: pd.Series(block.words(first[order.index(at)], last[order.index(at)])) for name, at in wanted.items()}


def _placed(rows: Rows, sieve: Sieve, name: str, kind: str) -> pd.DataFrame:
    """Return when and where, whose and of which technology; charge rows that do not say it."""
    time = np.full(len(rows), NO_TIME) if rows.time is None else rows.time
    sieve.reject("time_unreadable", time == NO_TIME, lambda at: rows.show("time", at), column="Timestamp")
    nowhere = np.isnan(rows.first) | np.isnan(rows.second) | ((rows.first == 0) & (rows.second == 0))
    sieve.reject("position_missing", nowhere, lambda at: rows.show("longitude", at), column="Longitude")
    technology = pd.Series(rows.words["technology"].map(technology_of)).replace("", None)
    frame = pd.DataFrame(
        {
            "time": pd.to_datetime(np.where(time == NO_TIME, 0, time), unit="us", utc=True),
            "operator": Operators().of_rows(rows).texts(),
            "technology": technology,
            "source_file": name,
            "source_row": rows.source_row,
        }
    )
    if kind == "throughput":
        level = rows.numbers["level"]
        frame["rsrp_dbm"] = np.where(technology.isin(["4G", "5G"]) & (level < -31) & (level > -156), level, np.nan)
    return frame
