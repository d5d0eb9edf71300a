"""Compiled loops over the bytes of delimited text: lines, fields, numbers, times, words, and lines met before.

A table reader from a library stops at a line that is cut off, or loses it, and turns a whole block back when one cell
is no number. Logs are full of both, and each row must be accounted for; so these loops look at every byte once, and
what cannot be read becomes a missing value with its row known.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Index = NDArray[np.int64]

NO_TIME = np.iinfo(np.int64).min
"""Stands for a time that cannot be read (microseconds since 1970-01-01)."""

EARLIEST_S = 10**8
"""An epoch before 1973 is no time of a log but a stand-in: seconds."""

NO_DAY = -(2**40)
"""Stands for a date that there is not."""

YEAR_FIRST, DAY_FIRST, MONTH_FIRST, EPOCH = 0, 1, 2, 3
"""Orders in which a time may be written; an epoch is seconds, milliseconds or microseconds since 1970-01-01."""

_TAB, _NEWLINE, _SPACE, _QUOTE = 9, 10, 32, 34
_POWERS = 10.0 ** np.arange(23)


@njit(cache=True, nogil=True)
def _line_hash(text: Bytes, start: int, end: int) -> np.uint64:  # pragma: no cover - compiled
    value = np.uint64(0x9E3779B97F4A7C15) ^ np.uint64(end - start)
    prime = np.uint64(0xFF51AFD7ED558CCD)
    at = start
    while at + 8 <= end:
        word = np.uint64(0)
        for byte in range(8):
            word |= np.uint64(text[at + byte]) << np.uint64(8 * byte)
        value = (value ^ word) * prime
        value ^= value >> np.uint64(32)
        at += 8
    while at < end:
        value = (value ^ np.uint64(text[at])) * prime
        value ^= value >> np.uint64(29)
        at += 1
    value *= np.uint64(0xC4CEB9FE1A85EC53)
    return value ^ (value >> np.uint64(33))


@njit(cache=True, nogil=True)
def hash_lines(text: Bytes, starts: Index, ends: Index) -> NDArray[np.uint64]:  # pragma: no cover - compiled
    """Return a 64-bit hash of each line, never 0."""
    out = np.empty(len(starts), dtype=np.uint64)
    for line in range(len(starts)):
        value = _line_hash(text, starts[line], ends[line])
        out[line] = value if value != np.uint64(0) else np.uint64(1)
    return out


@njit(cache=True, nogil=True)
def locate(
    text: Bytes, starts: Index, ends: Index, separator: int, wanted: Index
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:  # pragma: no cover - compiled
    """Find the wanted fields of each line and count all of its fields.

    Parameters
    ----------
    text
        Bytes, shape (b,).
    starts, ends
        First byte and end of each line, shape (n,).
    separator
        Byte between fields.
    wanted
        Numbers of the wanted fields, ascending, shape (k,).

    Returns
    -------
    first, last
        First byte and end of each wanted field without spaces around it, shape (k, n); a field that the line does not
        have is empty.
    counts
        Fields of each line, shape (n,).
    """
    fields, lines = len(wanted), len(starts)
    first = np.empty((fields, lines), dtype=np.int64)
    last = np.empty((fields, lines), dtype=np.int64)
    counts = np.empty(lines, dtype=np.int64)
    for line in range(lines):
        end = ends[line]
        begin = starts[line]
        number = 0
        want = 0
        at = begin
        while at <= end:
            if at == end or text[at] == separator:
                if want < fields and wanted[want] == number:
                    low, high = begin, at
                    while low < high and (text[low] == _SPACE or text[low] == _TAB):
                        low += 1
                    while high > low and (text[high - 1] == _SPACE or text[high - 1] == _TAB):
                        high -= 1
                    first[want, line] = low
                    last[want, line] = high
                    want += 1
                number += 1
                begin = at + 1
            at += 1
        counts[line] = number
        while want < fields:
            first[want, line] = end
            last[want, line] = end
            want += 1
    return first, last, counts


@njit(cache=True, nogil=True)
def numbers(
    text: Bytes, first: Index, last: Index, comma: bool
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:  # pragma: no cover - compiled
    """Read fields as numbers; NaN where a field is none.

    A number of up to fifteen digits and a power of ten up to 22 is rounded correctly (Clinger 1990); a field with more
    is marked in ``rest`` and left to the caller.

    Parameters
    ----------
    comma
        A comma is a decimal mark here.

    Returns
    -------
    values
        Shape (n,).
    rest
        Fields that look like numbers but are written in a way that this loop leaves alone, shape (n,).
    """
    values = np.full(len(first), np.nan)
    rest = np.zeros(len(first), dtype=np.bool_)
    for row in range(len(first)):
        at, end = first[row], last[row]
        if at == end:
            continue
        sign = 1.0
        if text[at] == 45 or text[at] == 43:
            sign = -1.0 if text[at] == 45 else 1.0
            at += 1
        elif text[at] >= 128 and 48 <= text[end - 1] <= 57:
            rest[row] = True  # a typographic minus, perhaps
            continue
        mantissa = 0
        digits = 0
        scale = 0
        point = False
        good = True
        seen = False
        while at < end:
            byte = text[at]
            if 48 <= byte <= 57:
                seen = True
                if digits > 0 or byte != 48:
                    digits += 1
                if digits <= 17:
                    mantissa = mantissa * 10 + (byte - 48)
                if point:
                    scale += 1
            elif (byte == 46 or (comma and byte == 44)) and not point:
                point = True
            else:
                good = False
                break
            at += 1
        if good and seen and digits <= 15 and scale <= 22:
            values[row] = sign * (mantissa / _POWERS[scale])
        elif seen:
            rest[row] = True
    return values, rest


@njit(cache=True, nogil=True)
def _days(year: int, month: int, day: int) -> int:  # pragma: no cover - compiled
    """Days since 1970-01-01 of a date of the proleptic Gregorian calendar; NO_DAY where there is no such date."""
    if month < 1 or month > 12 or day < 1 or year < 1900 or year > 2200:
        return NO_DAY
    leap = (year % 4 == 0 and year % 100 != 0) or year % 400 == 0
    longest = 31
    if month in (4, 6, 9, 11):
        longest = 30
    elif month == 2:
        longest = 29 if leap else 28
    if day > longest:
        return NO_DAY
    # The year is taken to begin in March, so that the leap day is its last.
    shifted = year - 1 if month <= 2 else year
    moon = month + 9 if month <= 2 else month - 3
    return 365 * shifted + shifted // 4 - shifted // 100 + shifted // 400 + (153 * moon + 2) // 5 + day - 1 - 719468


@njit(cache=True, nogil=True)
def _micro(fraction: int, width: int) -> int:  # pragma: no cover - compiled
    """Microseconds of the ``width`` digits behind a second."""
    for _ in range(6 - width):
        fraction *= 10
    for _ in range(width - 6):
        fraction //= 10
    return fraction


@njit(cache=True, nogil=True)
def _moment(group: Index, count: int, width: int, order: int, half: int) -> int:  # pragma: no cover - compiled
    """Microseconds of a date and a clock in groups of digits, the seventh a fraction of ``width`` digits.

    A year of four digits at the beginning is one under any order: a workbook has dates beside texts.

    ``half`` is 1 before noon, 2 after it, 0 where the clock counts to 24.
    """
    if count < 3:
        return NO_TIME
    year, month, day = group[0], group[1], group[2]
    if order == DAY_FIRST and year < 1000:
        year, day = group[2], group[0]
    elif order == MONTH_FIRST and year < 1000:
        month, day, year = group[0], group[1], group[2]
    days = _days(year + 2000 if year < 100 else year, month, day)
    hour, minute, second = group[3], group[4], group[5]
    if half == 2 and hour < 12:
        hour += 12
    elif half == 1 and hour == 12:
        hour = 0
    if days == NO_DAY or hour > 23 or minute > 59 or second > 60:
        return NO_TIME
    micro = _micro(group[6], width) if count >= 7 else 0
    return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000_000 + micro


@njit(cache=True, nogil=True)
def _epoch(group: Index, count: int, width: int) -> int:  # pragma: no cover - compiled
    """Microseconds of seconds, milliseconds or microseconds since 1970, told apart by their size."""
    moment = group[0]
    if count < 1 or count > 2 or moment < EARLIEST_S:
        return NO_TIME
    if moment < 10**11:
        moment = moment * 1_000_000 + (_micro(group[1], width) if count == 2 else 0)
    elif moment < 10**14:
        moment *= 1_000
    return moment if moment < 8 * 10**15 else NO_TIME


@njit(cache=True, nogil=True)
def _offset(value: int, width: int) -> int:  # pragma: no cover - compiled
    """Microseconds of an offset written +07, +0700 or +07:00."""
    if width <= 2:
        value *= 100
    return ((value // 100) * 60 + value % 100) * 60_000_000


@njit(cache=True, nogil=True)
def _time(
    text: Bytes, at: int, end: int, order: int, offset_us: int, group: Index
) -> int:  # pragma: no cover - compiled
    """Read one field, ``text[at:end]``, as :func:`times` reads it; ``group`` is room for seven numbers."""
    count, width, value, fraction_width, half = 0, 0, 0, 0, 0
    zone, zone_sign, zone_value, zone_width = 0, 0, 0, 0
    good = at < end
    group[:] = 0
    while at <= end and good:
        byte: int = text[at] if at < end else _SPACE
        if 48 <= byte <= 57:
            if zone_sign != 0:
                if zone_width < 4:
                    zone_value = zone_value * 10 + (byte - 48)
                    zone_width += 1
            else:
                if width < 16:
                    value = value * 10 + (byte - 48)
                width += 1
        else:
            if width > 0 and zone_sign == 0:
                if count < 7:
                    group[count] = value
                    if count == 6 or (order == EPOCH and count == 1):
                        fraction_width = min(width, 16)
                count += 1
                width = 0
                value = 0
            if byte in (43, 45) and count >= 5 and zone_sign == 0:
                zone_sign = 1 if byte == 43 else -1
            elif byte in (65, 97, 80, 112, 83, 115, 67, 99) and count >= 5:  # A(M), P(M), S(A) sáng, C(H) chiều
                if half == 0:
                    half = 1 if byte in (65, 97, 83, 115) else 2
            elif byte in (77, 109, 72, 104) and half != 0:  # the M of AM, PM; the H of CH
                pass
            elif byte in (84, 116, 90, 122):  # T between date and time, Z for UTC
                if byte in (90, 122):
                    zone = 1
            elif byte not in (32, 44, 45, 46, 47, 58, 95, 43):  # between parts: space , - . / : _ +
                good = False
        at += 1
    if not good:
        return NO_TIME
    if order == EPOCH:
        return _epoch(group, count, fraction_width)
    moment = _moment(group, count, fraction_width, order, half)
    if moment != NO_TIME:
        if zone_sign != 0:
            moment -= zone_sign * _offset(zone_value, zone_width)
        elif zone == 0:
            moment -= offset_us
    return moment


@njit(cache=True, nogil=True)
def times(
    text: Bytes, first: Index, last: Index, order: int, offset_us: int
) -> NDArray[np.int64]:  # pragma: no cover - compiled
    """Read fields as times, in microseconds since 1970-01-01 UTC; :data:`NO_TIME` where a field is none.

    A time is groups of digits with anything but letters between: year, month and day in ``order``, hour, minute,
    second, fraction; then Z or an offset, or AM, PM (SA, CH).

    Parameters
    ----------
    order
        One of :data:`YEAR_FIRST`, :data:`DAY_FIRST`, :data:`MONTH_FIRST`, :data:`EPOCH`.
    offset_us
        How far a clock without an offset of its own is ahead of UTC.
    """
    out = np.full(len(first), NO_TIME, dtype=np.int64)
    group = np.zeros(7, dtype=np.int64)
    for row in range(len(first)):
        out[row] = _time(text, first[row], last[row], order, offset_us, group)
    return out


@njit(cache=True, nogil=True)
def words(
    text: Bytes, first: Index, last: Index
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:  # pragma: no cover - compiled
    """Number the different values of a field in the order in which they occur.

    Returns
    -------
    codes
        Number of each field's value, shape (n,).
    where
        Row in which each value occurs first, shape (values,).
    """
    rows = len(first)
    size = 64
    table = np.full(size, -1, dtype=np.int64)
    hashes = np.zeros(size, dtype=np.uint64)
    where = np.empty(max(rows, 1), dtype=np.int64)
    codes = np.empty(rows, dtype=np.int32)
    count = 0
    for row in range(rows):
        begin, end = first[row], last[row]
        value = _line_hash(text, begin, end)
        slot = np.int64(value & np.uint64(size - 1))
        while True:
            code = table[slot]
            if code < 0:
                table[slot] = count
                hashes[slot] = value
                where[count] = row
                codes[row] = count
                count += 1
                break
            if hashes[slot] == value and _same(text, first[where[code]], last[where[code]], begin, end):
                codes[row] = code
                break
            slot = (slot + 1) & (size - 1)
        if 2 * count > size:
            size *= 4
            table = np.full(size, -1, dtype=np.int64)
            wider = np.zeros(size, dtype=np.uint64)
            for code in range(count):
                value = _line_hash(text, first[where[code]], last[where[code]])
                slot = np.int64(value & np.uint64(size - 1))
                while table[slot] >= 0:
                    slot = (slot + 1) & (size - 1)
                table[slot] = code
                wider[slot] = value
            hashes = wider
    return codes, where[:count].copy()


@njit(cache=True, nogil=True)
def _same(text: Bytes, begin: int, end: int, begin2: int, end2: int) -> bool:  # pragma: no cover - compiled
    if end - begin != end2 - begin2:
        return False
    for byte in range(end - begin):  # noqa: SIM110 - a generator does not compile
        if text[begin + byte] != text[begin2 + byte]:
            return False
    return True


@njit(cache=True, nogil=True)
def _met(table: NDArray[np.uint64], value: np.uint64) -> bool:  # pragma: no cover - compiled
    mask = np.uint64(len(table) - 1)
    slot = value & mask
    while table[slot] != np.uint64(0):
        if table[slot] == value:
            return True
        slot = (slot + np.uint64(1)) & mask
    return False


@njit(cache=True, nogil=True)
def _put(table: NDArray[np.uint64], value: np.uint64) -> None:  # pragma: no cover - compiled
    mask = np.uint64(len(table) - 1)
    slot = value & mask
    while table[slot] != np.uint64(0):
        slot = (slot + np.uint64(1)) & mask
    table[slot] = value


@njit(cache=True, nogil=True)
def _meet(
    old: NDArray[np.uint64], new: NDArray[np.uint64], used: int, hashes: NDArray[np.uint64], out: NDArray[np.bool_]
) -> int:  # pragma: no cover - compiled
    for row in range(len(hashes)):
        value = hashes[row]
        out[row] = _met(new, value) or _met(old, value)
        if not out[row]:
            _put(new, value)
            used += 1
    return used


FULLEST = 0.75
"""Share of the places of a table of hashes that may be taken: fuller it is slower, emptier it takes memory."""


class Seen:
    """Tells lines that were met before, in memory that stays bounded.

    Hashes are kept in two generations; when the younger is full it becomes the older and the older is forgotten. A
    copy is found as long as fewer than ``generation`` other lines lie between it and its original.

    Parameters
    ----------
    generation
        Lines of one generation.
    """

    def __init__(self, generation: int = 1 << 23) -> None:
        self.generation = generation
        self._old = np.zeros(2, dtype=np.uint64)
        self._new = np.zeros(1 << 12, dtype=np.uint64)
        self._used = 0

    def __call__(self, hashes: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Return which of ``hashes``, shape (n,), stand earlier in it or were met before, and remember all."""
        if self._used + len(hashes) > self.generation:
            self._old, self._new, self._used = self._new, np.zeros(1 << 12, dtype=np.uint64), 0
        needed = 1 << int(np.ceil(np.log2((self._used + len(hashes)) / FULLEST + 2)))
        if needed > len(self._new):
            self._new = _rehashed(self._new, needed)
        out = np.zeros(len(hashes), dtype=bool)
        self._used = int(_meet(self._old, self._new, self._used, hashes, out))
        return out


@njit(cache=True, nogil=True)
def _rehashed(table: NDArray[np.uint64], size: int) -> NDArray[np.uint64]:  # pragma: no cover - compiled
    wider = np.zeros(size, dtype=np.uint64)
    for value in table:
        if value != np.uint64(0):
            _put(wider, value)
    return wider
