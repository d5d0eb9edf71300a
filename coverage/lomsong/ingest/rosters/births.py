"""Dates of birth as rosters write them: day first, year first, the year alone, or the number of a spreadsheet's day."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

EPOCH = np.datetime64("1900-01-01")
"""Days of birth are counted from here."""

SERIAL_DAYS = (10_000, 80_000)
"""Numbers between these, without anything else, are days since 1899-12-30 as spreadsheets keep them (1927…2119)."""

YEARS = (1900, 2100)
"""Years that can be one of birth."""

CENTURY = 30
"""Two digits up to this are a year of this century."""


def births(dates: pd.Series, years: pd.Series) -> pd.DataFrame:
    """Read dates and years of birth.

    Parameters
    ----------
    dates
        Texts such as 05/03/2012, 5-3-12, 2012-03-05 00:00:00, 3/2012, 2012, 40973; shape (n,). The month comes first
        only in a file that proves it: more different dates with a second number over 12 than with a first.
    years
        Texts with the year alone, shape (n,), where there is such a column.

    Returns
    -------
    Frame on the index of ``dates``: ``day`` (days since 1900-01-01) and ``year``, -1 where not known; ``unreadable``
    (a text, but no year in it) and ``partial`` (the year was taken from what is no date).
    """
    at, unique = pd.factorize(dates.fillna("").astype(str).str.strip())
    table = _read(pd.Series(unique, dtype="string")).iloc[at].set_axis(dates.index)
    year_at, year_texts = pd.factorize(years.fillna("").astype(str))
    stated = pd.to_numeric(pd.Series(year_texts, dtype="string").str.extract(r"(\d{4})", expand=False), errors="coerce")
    given = stated.where(stated.between(*YEARS)).fillna(-1).to_numpy(dtype=np.int64)[year_at]
    filled = np.array([text != "" for text in unique], dtype=bool)[at]
    year = table["year"].to_numpy()
    return table.assign(year=np.where(year < 0, given, year), unreadable=filled & (year < 0) & (given < 0))


def _read(filled: pd.Series) -> pd.DataFrame:
    """Return day and year of birth of different texts, and which of them are no dates though they have the parts."""
    text = filled.str.replace(r"\D+", "/", regex=True).str.strip("/")
    parts = _parts(text)
    table = _days(parts["day"], parts["month"], parts["year"])
    serial = text.where(filled.str.fullmatch(r"\d{5}(?:\.0*)?").fillna(False), "").str.slice(0, 5)
    number = pd.to_numeric(serial, errors="coerce").astype(float).to_numpy()
    is_serial = (number >= SERIAL_DAYS[0]) & (number <= SERIAL_DAYS[1])
    day = np.where(is_serial, np.nan_to_num(number) - 2, table["day"]).astype(np.int64)
    year = np.where(is_serial, _year_of(day), table["year"]).astype(np.int64)
    partial = (parts["whole"].to_numpy() & (day < 0) & (year >= 0)) & ~is_serial
    return pd.DataFrame({"day": day, "year": year, "partial": partial})


def _parts(text: pd.Series) -> pd.DataFrame:
    """Take groups of digits apart: day, month, year as numbers, NaN where not there, and whether all three are."""
    first = text.str.extract(r"^(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})(?:/|$)").set_axis(["day", "month", "year"], axis=1)
    iso = text.str.extract(r"^(\d{4})/(\d{1,2})/(\d{1,2})(?:/|$)").set_axis(["year", "month", "day"], axis=1)
    packed = text.str.extract(r"^(\d{2})(\d{2})((?:19|20)\d{2})$").set_axis(["day", "month", "year"], axis=1)
    month = text.str.extract(r"^(?:\d{1,2}/)?((?:19|20)\d{2})(?:/0)?$").set_axis(["year"], axis=1)
    numbers = [frame.apply(pd.to_numeric, errors="coerce").astype(float) for frame in (first, iso, packed, month)]
    result = numbers[0]
    if (result["month"] > 12).sum() > (result["day"] > 12).sum():
        result = result.rename(columns={"day": "month", "month": "day"})
    short = result["year"] < 100
    century = np.where(result["year"] <= CENTURY, 2000, 1900)
    result["year"] = result["year"].where(~short, result["year"] + century)
    for other in numbers[1:]:
        result = result.combine_first(other)
    return result.assign(whole=result[["day", "month", "year"]].notna().all(axis=1))


def _days(day: pd.Series, month: pd.Series, year: pd.Series) -> pd.DataFrame:
    year = year.where(year.between(*YEARS))
    stated = pd.to_datetime(pd.DataFrame({"year": year, "month": month, "day": day}), errors="coerce")
    days = (stated.to_numpy().astype("datetime64[D]") - EPOCH).astype(np.int64)
    return pd.DataFrame(
        {"day": np.where(stated.isna(), -1, days), "year": year.fillna(-1).to_numpy(dtype=np.int64)}, index=day.index
    )


def _year_of(day: NDArray[np.int64]) -> NDArray[np.int64]:
    return (EPOCH + day).astype("datetime64[Y]").astype(np.int64) + 1970
