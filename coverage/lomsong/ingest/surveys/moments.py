"""Times as programs write them: their order and form, and what must be mended before the compiled loop reads them."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lomsong.geo import fold_text
from lomsong.ingest.surveys import scanning
from lomsong.ingest.surveys.scanning import NO_TIME, Index

SERIAL = 4
"""An order beside those of :mod:`~lomsong.ingest.surveys.scanning`: days since 1899-12-30, as a workbook has them."""

_SERIAL = re.compile(r"\d{5}(?:[.,](\d+))?")
_SERIAL_DAYS = 36_500.0, 60_000.0
_DAY_US = 86_400_000_000
_EPOCH_DAY = 25_569
"""Serial number of 1970-01-01."""

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_DAY_MONTH = re.compile(r"^(\d{1,2})[ ./-]*([a-z]{3})[a-z]*[ ./,-]*(\d{4}|\d{2})(?!\d)")
_MONTH_DAY = re.compile(r"^([a-z]{3})[a-z]* +(\d{1,2}),? +(\d{4})(?!\d)")
_YEAR_MONTH = re.compile(r"^(\d{4})[ ./-]+([a-z]{3})[a-z]*[ ./-]+(\d{1,2})(?!\d)")
_JAVA = re.compile(r"^[a-z]{3} ([a-z]{3}) (\d{1,2}) (\d{2}:\d{2}:\d{2}) ?([a-z]*[+-]?[\d:]*) (\d{4})$")
_COMPACT = re.compile(r"^((?:19|20)\d{2})(\d{2})(\d{2})(?:[ _t-]?(\d{1,2})(\d{2})(\d{2}(?:[.,]\d+)?)$|(?=\D|$))")
_CLOCK_FIRST = re.compile(r"^(\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: *[ap]m)?)[ ,]+(\d.*\d)$")
_CLOCK_WORDS = re.compile(
    r"\b(\d{1,2})\s*(?:h|g|giờ)\s*(\d{1,2})(?:\s*(?:phút|ph?|m|:)(?:\s*(\d{1,2})(?![\d/.-])(?:\s*(?:s|giây))?)?)?(?![a-z])"
)
_DATE_WORDS = re.compile(r"\b(\d{1,2})\s*tháng\s*(\d{1,2})\s*năm\s*(\d{4})\b")
_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2})?([.,:]\d+)?( ?(am|pm|sa|ch))?")
_ZONE = re.compile(r"(?i)\b(?:utc|gmt)\b(?:\s*([-+\u2212])\s*(\d{1,2})(?::?([0-5]\d))?)?")
_VIETNAM = re.compile(r"\b(ict|gio (vn|viet nam)|viet ?nam time)\b")
_VIETNAM_US = 7 * 3_600_000_000
_SECONDS = re.compile(r"\d{1,8}([.,]\d+)?")


def manner_of(examples: Sequence[str]) -> tuple[int, bool]:
    """Tell from examples in which order the parts of times stand, and whether they must be mended to be read.

    Returns
    -------
    order
        One of those of :mod:`~lomsong.ingest.surveys.scanning`, or :data:`SERIAL`.
    mended
        Whether :func:`mend` makes more of them times.
    """
    filled = [text.strip() for text in examples if text.strip() not in ("", "-")][:500]
    serials = [found for text in filled if (found := _SERIAL.fullmatch(text)) and _in_serial_days(text)]
    # The clock of most has many decimals; noon has one, midnight none.
    if filled and len(serials) == len(filled) and 2 * sum(len(found[1] or "") >= 3 for found in serials) > len(filled):
        return SERIAL, False
    order = order_of(filled)
    read = int((times_of_texts(filled, order) != NO_TIME).sum())
    if read == len(filled):
        return order, False
    mended = [mend(text) for text in filled]
    order_mended = order_of(mended)
    better = int((times_of_texts(mended, order_mended) != NO_TIME).sum()) > read
    return (order_mended, True) if better else (order, False)


def is_no_moment(examples: Sequence[str]) -> bool:
    """Tell whether a column of times has only clocks without a date, or seconds since the log began."""
    filled = [text.strip().lower() for text in examples if text.strip() not in ("", "-")]
    if filled and all(_CLOCK.fullmatch(text) for text in filled):
        return True
    order, mended = manner_of(filled)
    if not filled or order == SERIAL or (times_of_texts(filled, order, mended=mended) != NO_TIME).any():
        return False
    return all(_SECONDS.fullmatch(text) for text in filled)


def times_of_texts(texts: Sequence[str], order: int | None = None, offset_us: int = 0, mended: bool = False) -> Index:
    """Read texts as times; see :func:`lomsong.ingest.surveys.scanning.times`.

    Parameters
    ----------
    texts
        Shape (n,).
    order
        Order of the parts; None: as the texts show, mended where that helps.
    offset_us
        How far a clock without an offset of its own is ahead of UTC.
    mended
        Whether each goes through :func:`mend`.

    Returns
    -------
    Microseconds since 1970 UTC, shape (n,), :data:`~lomsong.ingest.surveys.scanning.NO_TIME` where a text is no time.
    """
    if order is None:
        order, mended = manner_of(texts)
    if order == SERIAL:
        return times_of_serials(np.array([_number(text) for text in texts], dtype=float), offset_us)
    raw = [(mend(text) if mended else text).encode() for text in texts]
    ends = np.cumsum([len(word) for word in raw], dtype=np.int64) if raw else np.zeros(0, dtype=np.int64)
    starts = np.concatenate([np.zeros(min(len(raw), 1), dtype=np.int64), ends[:-1]])
    return scanning.times(np.frombuffer(b"".join(raw) or b" ", dtype=np.uint8), starts, ends, order, offset_us)


def times_of_serials(days: NDArray[np.float64], offset_us: int = 0) -> Index:
    """Read serial numbers of a workbook, shape (n,), as times, to the millisecond that their digits hold."""
    low, high = _SERIAL_DAYS
    known = (days >= low) & (days <= high)
    milliseconds = np.rint((np.where(known, days, low) - _EPOCH_DAY) * (_DAY_US / 1000)).astype(np.int64)
    return np.where(known, milliseconds * 1000 - offset_us, NO_TIME)


def offset_of_heading_us(heading: str) -> int | None:
    """Return how far the clocks under a heading are ahead of UTC, microseconds; None where it does not say so.

    Examples
    --------
    >>> offset_of_heading_us("Time (UTC+7)"), offset_of_heading_us("UTC Time"), offset_of_heading_us("Time")
    (25200000000, 0, None)
    """
    found = _ZONE.search(heading.replace("_", " "))
    if found is None:
        return _VIETNAM_US if _VIETNAM.search(fold_text(heading)) else None
    sign, hours, minutes = found.groups(default="0")
    ahead_us = (int(hours) * 60 + int(minutes)) * 60_000_000
    return -ahead_us if sign in ("-", "\u2212") else ahead_us


def order_of(texts: Sequence[str], otherwise: int = scanning.YEAR_FIRST) -> int:
    """Tell in which order the parts of times are written, from examples.

    Day before month unless a second part above 12 proves the reverse: so dates are written in Viet Nam.
    """
    groups = [found for text in texts[:500] if (found := _digit_groups(text))]
    if not groups:
        return otherwise
    # Most rows decide, not all: a stand-in or a torn line among them must not turn the rest.
    if 2 * sum(len(found) <= 2 and len(found[0]) >= 9 for found in groups) >= len(groups):
        return scanning.EPOCH
    dated = [found for found in groups if len(found) >= 3 and len(found[0]) <= 2]
    if 2 * len(dated) <= len(groups):
        # Beside dates that begin with their year, which are read under any order, a date is one that ends with it.
        dated = [found for found in dated if len(found[2]) == 4]
    if not dated:
        return scanning.YEAR_FIRST if any(len(found[0]) == 4 for found in groups) else otherwise
    late_second = sum(12 < int(found[1]) <= 31 for found in dated)
    late_first = sum(12 < int(found[0]) <= 31 for found in dated)
    return scanning.MONTH_FIRST if late_second > late_first else scanning.DAY_FIRST


def mend(text: str) -> str:
    """Return a time in a form that the compiled loop reads: months as numbers, the date first, zones as offsets.

    Examples
    --------
    >>> mend("8 giờ 5 phút ngày 1 tháng 10 năm 2021"), mend("08h00m05s 1/10/2021")
    ('1/10/2021 08:05:00', '1/10/2021 08:00:05')
    >>> mend("01-Oct-2021 08:00:05"), mend("20211001_080005"), mend("08:00:05 1/10/2021"), mend("2021-10-01 08:00 UTC")
    ('2021-10-01 08:00:05', '2021-10-01 08:00:05', '1/10/2021 08:00:05', '2021-10-01 08:00 Z')
    """
    plain = re.sub(r"\s*\(.*\)$", "", text.strip().lower())
    plain = _DATE_WORDS.sub(r"\1/\2/\3", _CLOCK_WORDS.sub(_clock, plain))
    plain = re.sub(r"\bict\b", "+07:00", re.sub(r"\bng[àa]y\s+", "", plain))
    java = _JAVA.match(plain)
    if java and java.group(1) in MONTHS:
        month, day, clock, zone, year = java.groups()
        plain = f"{year}-{MONTHS.index(month) + 1:02d}-{int(day):02d} {clock} {zone}"
    plain = re.sub(r"^(mon|tue|wed|thu|fri|sat|sun)[a-z]*,? +", "", plain)
    plain = _CLOCK_FIRST.sub(lambda found: f"{found.group(2)} {found.group(1)}", plain)
    plain = _COMPACT.sub(_compact, plain)
    plain = _DAY_MONTH.sub(lambda found: _dated(found.group(3), found.group(2), found.group(1), found.group(0)), plain)
    plain = _MONTH_DAY.sub(lambda found: _dated(found.group(3), found.group(1), found.group(2), found.group(0)), plain)
    plain = _YEAR_MONTH.sub(lambda found: _dated(found.group(1), found.group(2), found.group(3), found.group(0)), plain)
    return re.sub(r"(?:utc|gmt) *(?=[+-]\d)", "", re.sub(r"(?:utc|gmt)(?! *[+-]\d)", "Z", plain))


def _clock(found: re.Match[str]) -> str:
    hour, minute, second = found.groups()
    return f"{int(hour):02d}:{int(minute):02d}:{int(second or 0):02d}"


def _dated(year: str, month: str, day: str, otherwise: str) -> str:
    if month not in MONTHS:
        return otherwise
    whole = year if len(year) == 4 else f"20{year}"
    return f"{whole}-{MONTHS.index(month) + 1:02d}-{int(day):02d}"


def _compact(found: re.Match[str]) -> str:
    year, month, day, hour, minute, second = found.groups()
    clock = f" {int(hour):02d}:{minute}:{second}" if hour else ""
    return f"{year}-{month}-{day}{clock}"


def _digit_groups(text: str) -> list[str]:
    return "".join(letter if letter.isdigit() and letter.isascii() else " " for letter in text).split()


def _number(text: str) -> float:
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        return float("nan")


def _in_serial_days(text: str) -> bool:
    low, high = _SERIAL_DAYS
    return low <= _number(text) <= high
