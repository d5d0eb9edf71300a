"""Survey logs of any known format, found by content, into the table ``samples`` and the table ``rejects``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from lomsong.errors import ColumnError, DataError, FormatError, LomsongError
from lomsong.ingest.account import stacked
from lomsong.ingest.files.sources import Source, source, sources, told_apart
from lomsong.ingest.operators import Operators
from lomsong.ingest.positions import Placing, recognise
from lomsong.ingest.quality import SurveyLimits, flag
from lomsong.ingest.reading import Survey, join
from lomsong.ingest.surveys import formats
from lomsong.ingest.surveys.headings import operator_in, plain
from lomsong.ingest.surveys.judging import Judge, Judged
from lomsong.ingest.surveys.meaning import Interpreter
from lomsong.ingest.surveys.rows import Rows
from lomsong.ingest.surveys.samples import samples_frame
from lomsong.ingest.surveys.scanning import Seen
from lomsong.ingest.surveys.tracks import is_kmh
from lomsong.tables import FLAGS, NEIGHBOURS, REJECTS
from lomsong.texts import fault

KMH = 1 / 3.6
"""A kilometre an hour in m/s."""

UNIT_ROWS = 20_000
"""Rows looked at for the unit of speed."""

LOOK_ROWS = 4_096
"""Rows of the beginning of a file by which its coordinates are recognised."""

ACCOUNTS = ("rejects", "neighbours")
"""What ``lomsong convert`` writes beside the samples, each to a file that ends in its name and ``.csv``."""


@dataclass
class Stream:
    """One survey file, judged piece by piece: iterate over it, then read its account.

    Attributes
    ----------
    name
        File, as shown.
    format
        Name of its format, of :data:`lomsong.ingest.surveys.formats.FORMATS`.
    rows_read, accepted
        Counts so far.
    rejected
        Rows rejected so far, by check.
    flags
        Rows of the table ``flags``; complete at the end.
    """

    name: str
    format: str
    pieces: Iterator[Judged]
    rows_read: int = 0
    accepted: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    flags: list[dict[str, object]] = field(default_factory=list)

    def __iter__(self) -> Iterator[Judged]:
        for piece in self.pieces:
            self.rows_read += piece.rows
            self.accepted += len(piece.samples)
            self.rejected.update(piece.rejects["check"].tolist())
            yield piece


@contextmanager
def open_survey(
    found: Source,
    operator: str | None = None,
    *,
    format: str = "auto",
    limits: SurveyLimits | None = None,
    language: str = "en",
    seen: Seen | None = None,
) -> Iterator[Stream]:
    """Open one survey file to be judged piece by piece, in memory that does not grow with it.

    Parameters
    ----------
    found
        The file, or a member of an archive.
    operator, format, limits, language
        See :func:`read_survey`.
    seen
        Lines of files read before; None: none.
    """
    limits = limits or SurveyLimits()
    if operator is not None:
        limits = replace(limits, operator=Operators(operator).given or "")
    with formats.open_rows(found, format, limits) as opened:
        read, *others = opened.columns.levels or ("",)
        if len({operator_in(plain(heading)) for heading in (read, *others)} - {""}) > 1:
            named = [heading for heading in opened.columns.headings if heading.strip() in (read, *others)]
            raise fault(ColumnError, "level_by_operator", file=found.path, found=", ".join(named))
        stream = Stream(found.name, opened.format, iter(()))

        def pieces() -> Iterator[Judged]:
            rows = opened.next()
            if rows is None:
                raise fault(DataError, "no_rows", file=found.path)
            operators = Operators(operator)
            judge, look = _judge(opened, rows, found, operators, limits, language, seen or Seen())
            if not rows.final:
                _learn(operators, rows, found, format, limits)
            while rows is not None:
                piece, again = judge(rows)
                opened.give_back(again)
                yield piece
                rows = opened.next()
            if judge.is_elsewhere and limits.bounds is not None:
                look(True)
            stream.flags += judge.flags(opened.timed)
            if opened.sheets_unread:
                unread = ", ".join(opened.sheets_unread)
                stream.flags.append(flag(found.name, "sheets_unread", language, stream.rows_read, 0, unread))
            if others:
                told = ", ".join(others)
                stream.flags.append(flag(found.name, "level_columns", language, stream.rows_read, 0, told, "", read))

        stream.pieces = pieces()
        yield stream


def _learn(operators: Operators, rows: Rows, found: Source, format: str, limits: SurveyLimits) -> None:
    """Look ahead for the first row that names its operator: those before it without service take that one."""
    operators.of_rows(rows)
    if not operators.most:
        with formats.open_rows(found, format, limits) as ahead:
            while not operators.most and (later := ahead.next()) is not None:
                operators.of_rows(later)


def _judge(
    opened: formats.Opened,
    rows: Rows,
    found: Source,
    operators: Operators,
    limits: SurveyLimits,
    language: str,
    seen: Seen,
) -> tuple[Judge, Callable[[bool], Placing]]:
    """Return the judge of a file by a look at its beginning, and that look: of the whole file it may yet refuse it."""
    at = np.unique(np.linspace(0, len(rows) - 1, LOOK_ROWS).astype(int))
    first, second = rows.first[at], rows.second[at]
    if np.isnan(first).mean() > 0.5:  # not numbers: degrees written as text
        first, second = (np.array(rows.show(name, at), dtype=object) for name in ("longitude", "latitude"))
    where, numbers = str(found.path), rows.source_row[at]

    def look(whole: bool) -> Placing:
        return recognise(first, second, limits.bounds, limits.crs, where, numbers, whole)

    placing = look(False)
    recognised = opened.speed_unit_mps is None and _in_kmh(rows, placing)
    unit = KMH if recognised else opened.speed_unit_mps
    meaning = Interpreter(
        found.name, limits.technology, placing, operators, opened.heading, unit, opened.silent, recognised
    )
    return Judge(found.name, meaning, limits, language, seen, opened.time_required), look


def _in_kmh(rows: Rows, placing: Placing) -> bool:
    """Tell whether speeds without a unit are km/h by the track of the one phone of the file."""
    device = rows.words.get("device")
    if rows.time is None or "speed" not in rows.numbers or placing.as_text or (device and len(device.names) > 1):
        return False
    first = slice(UNIT_ROWS)
    longitude, latitude = placing.apply(rows.first[first], rows.second[first])
    return is_kmh(rows.time[first], longitude, latitude, rows.numbers["speed"][first])


def read_survey(
    path: str | Path,
    operator: str | None = None,
    *,
    format: str = "auto",
    limits: SurveyLimits | None = None,
    language: str = "en",
) -> Survey:
    """Read one survey file.

    Parameters
    ----------
    path
        A log of any format of :data:`lomsong.ingest.surveys.formats.FORMATS`, plain, gzipped or alone in a zip.
    operator
        Operator of all rows; None: as the rows say. Rows without service carry no name, so they take the operator
        that the file names most often.
    format
        One of ``auto`` and :data:`lomsong.ingest.surveys.formats.FORMATS`; ``auto`` looks at the content.
    limits
        What rows are held against; see :class:`~lomsong.ingest.quality.SurveyLimits`.
    language
        Language of the remedies, ``vi`` or ``en``.

    Returns
    -------
    Survey with ``samples`` (EPSG:4326), ``rejects``, ``flags``, ``neighbours`` and
    ``rows_read = len(samples) + len(rejects)``.

    Raises
    ------
    MissingFileError, FormatError, ColumnError, CrsError, DataError
        When the file as a whole cannot be used.
    """
    files, _ = survey_files([str(path)])
    # A Shapefile in a zip is one log in several parts; of several logs this says which there are.
    found = files[0] if len(files) == 1 else source(path)
    return _read(found, operator, format, limits, language, Seen())


def _read(
    found: Source, operator: str | None, format: str, limits: SurveyLimits | None, language: str, seen: Seen
) -> Survey:
    with open_survey(found, operator, format=format, limits=limits, language=language, seen=seen) as stream:
        pieces = list(stream)
    table = samples_frame(pa.concat_tables([piece.samples for piece in pieces]).combine_chunks())
    rejects = stacked([piece.rejects for piece in pieces], REJECTS.names)
    neighbours = stacked([piece.neighbours for piece in pieces], NEIGHBOURS.names)
    flags = pd.DataFrame(stream.flags, columns=FLAGS.names)
    reading = Survey.of(found.name, "samples", table, rejects, stream.rows_read, flags)
    return Survey(reading.table, reading.rejects, reading.sources, reading.flags, neighbours)


def read_surveys(patterns: Sequence[str], limits: SurveyLimits, language: str = "en") -> Survey:
    """Read all files that paths, folders or globs name, in the order of their names; each row once over all files.

    What lies beside a G-NetTrack log (events, tests, sums) is passed over: its rows repeat moments of the log.

    Raises
    ------
    MissingFileError
        When a pattern names no file.
    DataError
        When a file cannot be used; ``others`` of the error are the faults of further files.
    """
    files, _ = survey_files(patterns, "inputs.surveys")
    seen, readings, faults = Seen(), list[Survey](), list[LomsongError]()
    for found in files:
        try:
            readings.append(_read(found, None, "auto", replace(limits), language, seen))
        except LomsongError as error:
            faults.append(error)
            readings.clear()
    if faults:
        first, *first.others = faults
        raise first
    return join(readings)


def survey_files(patterns: Sequence[str], key: str = "") -> tuple[list[Source], list[tuple[Source, str]]]:
    """Return the logs that paths, folders, globs and archives name, each once, and the files beside them with kinds.

    Beside logs stand what G-NetTrack writes besides and, in a folder that ``lomsong convert`` wrote to, its accounts of
    rejects and neighbour cells.

    Raises
    ------
    MissingFileError
        When a pattern names no file.
    FormatError
        When only files beside logs are named.
    """
    found = {(item.path, item.member): item for pattern in patterns for item in sources(pattern, key)}
    listed = told_apart([item for item in found.values() if not formats.is_part(item, found.keys())])
    kinds = [(item, _beside(item) if len(listed) > 1 else "") for item in listed]
    logs = [item for item, kind in kinds if not kind]
    if not logs:
        raise fault(FormatError, "only_companions", file=", ".join(map(str, patterns)))
    return logs, [(item, kind) for item, kind in kinds if kind]


def _beside(found: Source) -> str:
    """Return which file beside a log this is, or an empty text; what cannot be read is told when it is read."""
    try:
        return _account(found) or formats.companion(found)
    except LomsongError:
        return ""


def _account(found: Source) -> str:
    """Return which account of ``lomsong convert`` this is by its name, or an empty text."""
    return next((kind for kind in ACCOUNTS if found.name.lower().endswith(f".{kind}.csv")), "")


def survey_streams(
    files: Sequence[Source], operator: str | None, format: str, limits: SurveyLimits, language: str
) -> Iterator[Stream]:
    """Open survey files one after the other, each to be read to its end before the next; each row once over all."""
    seen = Seen()
    for found in files:
        with open_survey(found, operator, format=format, limits=limits, language=language, seen=seen) as stream:
            yield stream
