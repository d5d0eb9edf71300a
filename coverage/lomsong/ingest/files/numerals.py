"""Numbers and dates as people write them, a column judged as a whole where one value alone is ambiguous."""

from __future__ import annotations

import numpy as np
import pandas as pd

_SPACES = r"[\s\u00a0\u2007\u2009\u202f']"
_MINUS = r"[\u2212\u2010\u2011\u2012\u2013]"

SERIAL_FROM, SERIAL_TO = 10_000, 80_000
"""Day numbers of a workbook taken for dates: 18 May 1927 to 10 January 2119."""

PIVOT_YEAR = 50
"""A year of two digits from here on lies in the last century, below it in this one."""

# Held against text in lower case.
_DATE = (
    r"^(?:ng[aà]y\s*)?(?P<a>\d{1,4})\s*(?:[/.\-]|th[aá]ng)\s*(?P<b>\d{1,2})\s*(?:[/.\-]|n[aă]m)\s*(?P<c>\d{1,4})"
    r"(?:[t ,]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?[\d.z+:-]*)?$"
)


def number(values: pd.Series) -> pd.Series:
    """Return texts as floats, decimal comma or point; NaN where a text is no number. For thousands see `numbers`."""
    text = values.astype("string").str.strip().str.replace(",", ".", regex=False)
    return pd.to_numeric(text, errors="coerce").astype(float)


def numbers(values: pd.Series, kind: str = "number") -> pd.Series:
    """Return texts as floats, whatever the marks for decimals and thousands.

    Of two different marks in one value the last is the decimal one; a mark that occurs twice, with three digits after
    each, is one of thousands. A single mark before three digits (``1.234``) is ambiguous, and then the column tells:

    - a mark that some value shows to be decimal (``12.5``, ``0.123``) is decimal in all, one shown to be of thousands
      (``1.234.567``) is of thousands in all;
    - else it stands for thousands in a column of counts, and where the other values are all whole numbers below 1,000
      (``850``, ``1.234``, ``920``); it is decimal otherwise (``107.123``).

    Parameters
    ----------
    values
        Texts, shape (n,); spaces and no-break spaces within, a Unicode minus and a percent sign are understood.
    kind
        ``integer`` for counts, ``number`` for anything else.

    Returns
    -------
    Floats on the same index, NaN where a text is no number. ``45 %`` is 0.45.
    """
    text = values.astype("string").str.replace(_SPACES, "", regex=True).str.replace(_MINUS, "-", regex=True)
    percent = text.str.endswith("%").fillna(False)
    text = text.str.removesuffix("%")
    marked = text[text.str.contains("[.,]", regex=True).fillna(False)]
    if len(marked):
        text = text.copy()
        text.loc[marked.index] = _unmarked(marked, text.drop(marked.index), kind)
    found = pd.to_numeric(text.where(text.str.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")), errors="coerce")
    found = found.astype("Float64").astype(float)
    return found.where(np.isfinite(found)).where(~percent.astype(bool), found / 100)


def _unmarked(marked: pd.Series, whole: pd.Series, kind: str) -> pd.Series:
    """Return numbers that hold a point or a comma with a decimal point only; what cannot be a number stays."""
    out = marked.copy()
    grouped = marked.str.fullmatch(r"[-+]?[1-9]\d{0,2}(?:(?:\.\d{3})+|(?:,\d{3})+)").fillna(False).astype(bool)
    for mark, other in ((".", ","), (",", ".")):
        has, has_other = marked.str.contains(mark, regex=False), marked.str.contains(other, regex=False)
        both = has & has_other
        last = both & (marked.str.rfind(mark) > marked.str.rfind(other))
        alone = has & ~has_other
        twice = alone & (marked.str.count(rf"\{mark}") > 1)
        open_ = alone & grouped & ~twice
        decimal = (alone & ~grouped & ~twice).any() or last.any()
        thousands = (twice & grouped).any() or (both & ~last).any()
        if not decimal and not thousands:
            small = whole[whole.str.fullmatch(r"[-+]?\d+").fillna(False).astype(bool)]
            thousands = kind == "integer" or (len(small) > 0 and bool((small.str.lstrip("+-").str.len() <= 3).all()))
        if decimal or not thousands:
            out[open_] = marked[open_].str.replace(mark, ".", regex=False)
        else:
            out[open_] = marked[open_].str.replace(mark, "", regex=False)
        single = alone & ~twice & ~open_
        out[single] = marked[single].str.replace(mark, ".", regex=False)
        out[twice & grouped] = marked[twice & grouped].str.replace(mark, "", regex=False)
        shaped = last & marked.str.fullmatch(rf"[-+]?\d{{1,3}}(?:\{other}\d{{3}})+\{mark}\d+").fillna(False).astype(
            bool
        )
        out[shaped] = marked[shaped].str.replace(other, "", regex=False).str.replace(mark, ".", regex=False)
    return out


def dates(values: pd.Series) -> pd.Series:
    """Return texts as dates, the day before the month unless the column as a whole cannot be so.

    Understood are dd/mm/yyyy, d-m-yy, d.m.yyyy, ``ngày 5 tháng 9 năm 2010``, yyyy-mm-dd, yyyy/mm/dd, ISO with a time,
    the day numbers of a workbook (:data:`SERIAL_FROM` … :data:`SERIAL_TO`, 1900 system) and a bare year, which becomes
    its 1 January. A year of two digits from :data:`PIVOT_YEAR` on is of the last century. The month is read first only
    when a value has more than 12 in the second place and none in the first.

    Parameters
    ----------
    values
        Texts, shape (n,).

    Returns
    -------
    ``datetime64[s]`` without zone on the same index, NaT where a text is no date.
    """
    text = values.astype("string").str.strip().str.lower()
    parts = text.str.extract(_DATE)
    first, second, third = (pd.to_numeric(parts[name], errors="coerce").astype(float) for name in "abc")
    year_first = parts["a"].str.len().fillna(0) >= 3
    month_first = bool((~year_first & (second > 12)).any()) and not bool((~year_first & (first > 12)).any())
    day, month = (second, first) if month_first else (first, second)
    year = third.where(~year_first, first)
    short = (parts["c"].str.len() <= 2).fillna(False).astype(bool) & ~year_first
    year = year.where(~short, third + np.where(third >= PIVOT_YEAR, 1900, 2000))
    found = _stamps(year, month.where(~year_first, second), day.where(~year_first, third), parts)
    plain = pd.to_numeric(text.where(text.str.fullmatch(r"\d+([.,]\d+)?")).str.replace(",", "."), errors="coerce")
    plain = plain.astype("Float64").astype(float)
    serial = plain.between(SERIAL_FROM, SERIAL_TO)
    days = pd.to_timedelta((plain.where(serial) * 86_400).round(), unit="s")
    found = found.where(~serial, (pd.Timestamp("1899-12-30") + days).astype("datetime64[s]"))
    year_only = plain.between(1900, 2100) & (plain % 1 == 0)
    one = pd.Series(1.0, index=values.index)
    return found.where(~year_only, _stamps(plain.where(year_only), one, one, None)).astype("datetime64[s]")


def _stamps(year: pd.Series, month: pd.Series, day: pd.Series, clock: pd.DataFrame | None) -> pd.Series:
    fields = {"year": year.where(year.between(1800, 2200)), "month": month, "day": day}
    if clock is not None:
        fields |= {name: pd.to_numeric(clock[name]).astype(float).fillna(0) for name in ("hour", "minute", "second")}
    return pd.to_datetime(pd.DataFrame(fields), errors="coerce").astype("datetime64[s]")
