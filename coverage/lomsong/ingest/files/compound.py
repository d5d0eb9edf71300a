"""How far the sheets of an .xls reach, told before they are laid out in memory.

Layout of the compound file: Microsoft [MS-CFB] 2.2 to 2.6; of the records: [MS-XLS] 2.3 and 2.4.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator

LAST_SECTOR = 0xFFFFFFFA
"""Numbers from here on are marks, not sectors."""

_PLACED = frozenset({0x02, 0x03, 0x04, 0x05, 0x06, 0xBD, 0xD6, 0xFD, 0x203, 0x204, 0x205, 0x206, 0x27E, 0x406})
"""Records of a cell with a value; each begins with its row and column."""

_MULTIPLE, _DIMENSIONS, _BEGIN = 0xBD, 0x200, 0x809


def extents(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield rows and columns of each sheet of an .xls, from the first cell of a sheet to its farthest.

    Raises
    ------
    ValueError
        When the file is damaged or holds no workbook.
    """
    try:
        stream = _workbook(data)
    except (struct.error, IndexError, OverflowError) as error:
        raise ValueError(str(error)) from None
    at, height, width = 0, 0, 0
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        at += 4
        if at + size > len(stream):
            break
        if kind == _BEGIN:
            yield height, width
            height, width = 0, 0
        elif kind in _PLACED and size >= 4:
            row, column = struct.unpack_from("<HH", stream, at)
            if kind == _MULTIPLE and size >= 6:
                column = struct.unpack_from("<H", stream, at + size - 2)[0]
            height, width = max(height, row + 1), max(width, column + 1)
        elif kind == _DIMENSIONS and size >= 14:
            _, last, _, column = struct.unpack_from("<IIHH", stream, at)
            height, width = max(height, last), max(width, column)
        at += size
    yield height, width


def _workbook(data: bytes) -> bytes:
    """Return the stream of the workbook."""
    shift, mini_shift = struct.unpack_from("<HH", data, 30)
    if shift not in (9, 12) or mini_shift != 6:
        raise ValueError("sector size")
    table_sectors, folder, _, cutoff, mini_table = struct.unpack_from("<IIIII", data, 44)
    extra, extra_count = struct.unpack_from("<II", data, 68)
    numbers = [*struct.unpack_from("<109I", data, 76)]
    step = 1 << shift
    for _ in range(min(extra_count, len(data) >> shift)):
        block = struct.unpack(f"<{step // 4}I", _sector(data, extra, shift))
        numbers, extra = [*numbers, *block[:-1]], block[-1]
    table = array("I")
    for number in numbers[: min(table_sectors, len(data) >> shift)]:
        table.frombytes(_sector(data, number, shift))
    entries = _chain(data, folder, table, shift)
    root, found = b"", b""
    for at in range(0, len(entries) - 127, 128):
        entry = entries[at : at + 128]
        name = entry[: max(struct.unpack_from("<H", entry, 64)[0] - 2, 0)].decode("utf-16-le", errors="replace")
        root = entry if entry[66] == 5 and not root else root
        found = entry if name.lower() in ("workbook", "book") and not found else found
    if not found:
        raise ValueError("no workbook")
    start, size = struct.unpack_from("<II", found, 116)
    if size >= cutoff:
        return _chain(data, start, table, shift)[:size]
    small = array("I", _chain(data, mini_table, table, shift))
    return _chain(_chain(data, struct.unpack_from("<I", root, 116)[0], table, shift), start, small, mini_shift, 0)[
        :size
    ]


def _sector(data: bytes, number: int, shift: int, offset: int = 1) -> bytes:
    at = (number + offset) << shift
    if number >= LAST_SECTOR or at >= len(data):
        raise ValueError(f"sector {number} missing")
    return data[at : at + (1 << shift)].ljust(1 << shift, b"\0")


def _chain(data: bytes, first: int, table: array[int], shift: int, offset: int = 1) -> bytes:
    """Return the sectors of a chain; one that bites its own tail is refused."""
    parts: list[bytes] = []
    number = first
    while number < LAST_SECTOR:
        if len(parts) > len(table):
            raise ValueError("endless chain")
        parts.append(_sector(data, number, shift, offset))
        number = table[number]
    return b"".join(parts)
