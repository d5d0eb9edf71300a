"""Delimited text as blocks of whole lines, in memory that does not grow with the file."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lomsong.errors import DataError, FormatError
from lomsong.ingest.files.encodings import decode_block, text_decoder
from lomsong.ingest.files.sources import HEAD_BYTES, Source
from lomsong.ingest.surveys.scanning import Bytes, Index
from lomsong.texts import fault

BLOCK_BYTES = 8 << 20
"""Bytes read at a time."""

LONGEST_LINE = 1 << 20
"""A line longer than this is no line of a log: 1 MiB."""

UNIT_SEPARATOR = "\x1f"
"""Stands between the fields of a block in which the file's own separator was quoted."""


LINES_OF_A_FIELD = 32
"""A quoted field goes on over no more lines than this."""

END = "\x1e"
"""Behind lines to look whether they end inside of a quoted field: then it becomes the end of that."""


@dataclass(frozen=True)
class Head:
    """The beginning of a text, from which its format is told.

    ``lines`` are decoded and end before the last, perhaps cut, one.
    """

    encoding: str
    lines: tuple[str, ...]


def read_head(source: Source) -> Head:
    """Decode the beginning of a text."""
    data = source.head(HEAD_BYTES)
    whole = len(data) < HEAD_BYTES
    try:
        encoding = text_decoder(data, source.name, whole=whole)
    except FormatError:
        # A phone that died leaves zeros in its log; what else is in there decides whether it is one.
        data = data.replace(b"\0", b"")
        encoding = text_decoder(data, source.name, whole=whole)
    text = data[: len(data) & ~1].decode(encoding, "replace") if encoding.startswith("utf-16") else ""
    text = text or decode_block(data, encoding)
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return Head(encoding, tuple(lines if whole else lines[:-1]))


def split(line: str, separator: str) -> list[str]:
    """Return the fields of one line of the head, quotes taken off."""
    if '"' in line:
        return next(csv.reader([line], delimiter=separator), [])
    return line.split(separator)


@dataclass(frozen=True)
class Block:
    """Some lines of a text.

    Attributes
    ----------
    text
        UTF-8, or the file's own one-byte encoding; shape (b,).
    starts, ends
        First byte and end of each line that is not blank, shape (n,).
    rows
        Number of each line in the file, from 1, shape (n,).
    separator
        Byte between fields.
    encoding
        Of ``text``.
    final
        No block follows.
    """

    text: Bytes
    starts: Index
    ends: Index
    rows: Index
    separator: int
    encoding: str
    final: bool

    def words(self, first: Index, last: Index) -> list[str]:
        """Return the fields between ``first`` and ``last``, shape (k,), as texts."""
        raw = [self.text[low:high].tobytes() for low, high in zip(first.tolist(), last.tolist(), strict=True)]
        joined = b"\n".join(raw)
        if joined.isascii():
            return joined.decode("ascii").split("\n") if raw else []
        try:
            words = decode_block(joined, self.encoding).split("\n")
        except FormatError:
            words = []
        return words if len(words) == len(raw) else [word.decode("utf-8", errors="replace") for word in raw]


@dataclass
class LineReader:
    """Reads a text block by block; lines at the end of a block can be given back to come again in the next.

    Parameters
    ----------
    stream
        Bytes of the text.
    name
        Of the file, for errors.
    encoding
        As told from the head.
    separator
        Between fields.
    skip
        Lines to pass over: the headings and what stands above them.
    quotes
        Fields may be quoted.
    block_bytes
        Bytes read at a time.
    """

    stream: BinaryIO
    name: str
    encoding: str
    separator: str
    skip: int = 0
    quotes: bool = True
    block_bytes: int = BLOCK_BYTES
    _kept: bytes = field(default=b"", init=False)
    _carried: tuple[list[str], list[int]] = field(default_factory=lambda: ([], []), init=False)
    _quoted: bool = field(default=False, init=False)
    _row: int = field(default=1, init=False)
    _ended: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        wide = self.encoding.startswith("utf-16")
        self._decoder = codecs.getincrementaldecoder(self.encoding)(errors="replace") if wide else None
        self._mark = b"\r" if self._only_returns() else b"\n"

    def _only_returns(self) -> bool:
        self._kept = self._read(HEAD_BYTES)
        if self._kept.startswith(codecs.BOM_UTF8):
            self._kept = self._kept[3:]
        return b"\n" not in self._kept and b"\r" in self._kept

    def _read(self, count: int) -> bytes:
        data = self.stream.read(count)
        self._ended = len(data) == 0
        if self._decoder is not None:
            return self._decoder.decode(data, final=self._ended).lstrip("\ufeff").encode()
        return data

    def next(self) -> Block | None:
        """Return the next block; None at the end.

        Raises
        ------
        DataError
            When a line does not end within :data:`LONGEST_LINE`.
        """
        while not self._ended:
            data = self._kept
            whole = b""
            while not self._ended and not whole:
                data += self._read(self.block_bytes)
                whole = data if self._ended else self._whole(data)
                if len(data) - len(whole) > 4 * self.block_bytes + LONGEST_LINE:
                    row = self._row + whole.count(self._mark)
                    raise fault(DataError, "line_too_long", file=self.name, row=row, limit=LONGEST_LINE)
            self._kept = data[len(whole) :]
            block = self._block(whole)
            if len(block.rows) or block.final:
                return block if len(block.rows) else None
        return None

    def give_back(self, block: Block, count: int) -> None:
        """Let the last ``count`` lines of ``block``, which must be the newest, come again at the start of the next."""
        if not count:
            return
        at = len(block.rows) - count
        if self._quoted:
            lines = block.text[block.starts[at] :].tobytes().decode().split("\n")[:-1]
            self._carried = lines, block.rows[at:].tolist()
        else:
            self._kept = block.text[block.starts[at] :].tobytes() + self._kept
            self._row = int(block.rows[at])

    def _whole(self, data: bytes) -> bytes:
        """Return the part of ``data`` that ends with a line and, where fields are quoted, not inside one."""
        cut = data.rfind(self._mark) + 1
        if self.quotes and cut and data.count(b'"', 0, cut) % 2 and len(data) < 4 * self.block_bytes:
            return b""
        return data[:cut]

    def _block(self, data: bytes) -> Block:
        returns = data.count(b"\r")
        if returns and returns != data.count(b"\r\n"):
            data, returns = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n"), 0
        first_row = self._row
        encoding = "utf-8" if self._decoder is not None else self.encoding
        self._quoted = self._quoted or (self.quotes and b'"' in data)
        if self._quoted:
            return self._unquoted(data.replace(b"\r\n", b"\n"), encoding)
        text = np.frombuffer(data, dtype=np.uint8)
        ends = np.flatnonzero(text == 10)
        if len(data) and data[-1] != 10:
            ends = np.append(ends, len(data))
        starts = np.concatenate([np.zeros(min(len(ends), 1), dtype=np.int64), ends[:-1] + 1])
        rows = np.arange(first_row, first_row + len(ends))
        self._row += len(ends)
        if returns:
            ends = ends - ((ends > starts) & (text[ends - 1] == 13))
        return self._kept_lines(text, starts, ends, rows, ord(self.separator), encoding)

    def _unquoted(self, data: bytes, encoding: str) -> Block:
        """Write a block anew in which fields are quoted: one line a record, a separator that no field holds."""
        physical = decode_block(data, encoding).removesuffix("\n").split("\n") if data else []
        (lines, rows), before = self._carried, 0
        self._carried = [], []
        try:
            for before, record in _records(physical, self.separator):
                plain = [cell.replace(UNIT_SEPARATOR, " ").replace("\n", " ") for cell in record]
                if any(plain):
                    lines.append(UNIT_SEPARATOR.join(plain))
                    rows.append(self._row + before)
        except csv.Error as error:
            raise fault(DataError, "quotes", file=self.name, row=self._row + before, reason=error) from None
        self._row += len(physical)
        text = np.frombuffer(("\n".join(lines) + "\n").encode(), dtype=np.uint8)
        ends = np.flatnonzero(text == 10)[: len(lines)]
        starts = np.concatenate([np.zeros(min(len(ends), 1), dtype=np.int64), ends[:-1] + 1])
        return self._kept_lines(text, starts, ends, np.array(rows, dtype=np.int64), ord(UNIT_SEPARATOR), "utf-8")

    def _kept_lines(self, text: Bytes, starts: Index, ends: Index, rows: Index, separator: int, encoding: str) -> Block:
        kept = ~blank(text, starts, ends, separator) & (rows > self.skip)
        return Block(text, starts[kept], ends[kept], rows[kept], separator, encoding, self._ended)


def _records(lines: Sequence[str], separator: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the number of the first line, from 0, and the fields of each record of quoted text.

    A quoted field may go on over at most :data:`LINES_OF_A_FIELD` lines, and the record that it ends must have as many
    fields as the one before it. Else its quote was never closed: a torn line must not swallow those that follow, so
    there it is a letter.
    """
    feed, fields = _Feed(lines), 0
    while feed.at < len(lines):
        first = feed.at
        reader = csv.reader(feed.lines(), delimiter=separator)
        for record in reader:
            at, end = feed.at, first + reader.line_num
            torn = end - at > 1 and ((fields > 1 and len(record) != fields) or _is_open(lines[at:end], separator))
            feed.at = at + 1 if torn else end
            yield at, lines[at].split(separator) if torn else record
            if torn:
                break
            fields = len(record) or fields


@dataclass
class _Feed:
    """Hands out lines, but of one record, which begins at ``at``, no more than :data:`LINES_OF_A_FIELD`."""

    all: Sequence[str]
    at: int = 0

    def lines(self) -> Iterator[str]:
        """Yield the lines from that record on."""
        for number in range(self.at, len(self.all)):
            if number - self.at >= LINES_OF_A_FIELD:
                return
            yield f"{self.all[number]}\n"


def _is_open(lines: Sequence[str], separator: str) -> bool:
    """Tell whether the record that begins ``lines`` goes on behind them."""
    return next(csv.reader([*(f"{line}\n" for line in lines), END], delimiter=separator), [""])[-1].endswith(END)


@contextmanager
def line_reader(
    source: Source, encoding: str, separator: str, skip: int = 0, quotes: bool = True
) -> Iterator[LineReader]:
    """Open a text for reading in blocks of :data:`BLOCK_BYTES`; see :class:`LineReader`."""
    with source.open() as stream:
        yield LineReader(stream, source.name, encoding, separator, skip, quotes, BLOCK_BYTES)


@njit(cache=True, nogil=True)
def blank(text: Bytes, starts: Index, ends: Index, separator: int) -> NDArray[np.bool_]:  # pragma: no cover - compiled
    """Tell which lines hold nothing but separators and spaces."""
    out = np.ones(len(starts), dtype=np.bool_)
    for line in range(len(starts)):
        for at in range(starts[line], ends[line]):
            byte = text[at]
            if byte not in (separator, 32, 9, 0):
                out[line] = False
                break
    return out
