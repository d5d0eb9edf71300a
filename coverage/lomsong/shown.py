"""Numbers, dates and results as a reader expects them."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import TYPE_CHECKING

from lomsong.texts import LANGUAGES, text

if TYPE_CHECKING:
    import pandas as pd

LANGUAGE_VARIABLE = "LOMSONG_LANGUAGE"
"""Variable of the environment that switches what notebooks show; Vietnamese without it."""

_TO_VIETNAMESE = str.maketrans({",": ".", ".": ","})

_BOX = "font-family:sans-serif;font-size:13px;border:1px solid #c3cbd1;border-radius:6px;padding:10px 14px;"
_BOX += "display:inline-block;max-width:100%;overflow-x:auto"
_CELL = "padding:2px 10px 2px 0;text-align:{side};vertical-align:top;white-space:{space}"


def language() -> str:
    """Return the language of notebooks."""
    asked = os.environ.get(LANGUAGE_VARIABLE, LANGUAGES[0])
    return asked if asked in LANGUAGES else LANGUAGES[0]


def say(key: str, **values: object) -> str:
    """Return a text of notebooks in their language."""
    return text(f"show.{key}", language(), **values)


def count(value: float, digits: int = 0) -> str:
    """Return a number as notebooks show it."""
    return number(value, digits, language())


def share(value: float) -> str:
    """Return a share in per cent as notebooks show it."""
    return per_cent(value, language())


def number(value: float, digits: int = 0, language: str = "vi") -> str:
    """Return a number with its thousands grouped and ``digits`` decimals; a missing one is an en dash.

    Examples
    --------
    >>> number(-1234.56, 1), number(-1234.56, 1, "en"), number(float("nan"))
    ('−1.234,6', '−1,234.6', '–')
    """
    if not math.isfinite(value):
        return "–"
    told = f"{round(value, digits) + 0.0:,.{digits}f}".replace("-", "−")
    return told.translate(_TO_VIETNAMESE) if language == "vi" else told


def dbm(level: float, language: str = "vi") -> str:
    """Return a level with the decimals that it has, two at most: a threshold of -107.5 is not one of -108.

    Examples
    --------
    >>> dbm(-110.0, "en"), dbm(-107.5)
    ('−110', '−107,5')
    """
    return number(level, next((digits for digits in (0, 1) if round(level, digits) == level), 2), language)


def per_cent(share: float, language: str = "vi", digits: int = 1) -> str:
    """Return a share in per cent, the sign on the line of its number."""
    return f"{number(100 * share, digits, language)}\u00a0%" if math.isfinite(share) else "–"


def day(when: date, language: str = "vi") -> str:
    """Return a date in words; days under ten and the months 1 and 2 take a zero in Vietnamese (Decree 30/2020/NĐ-CP).

    Examples
    --------
    >>> day(date(2021, 9, 5)), day(date(2021, 2, 15)), day(date(2021, 9, 5), "en")
    ('ngày 05 tháng 9 năm 2021', 'ngày 15 tháng 02 năm 2021', '5 September 2021')
    """
    if language == "vi":
        month = f"{when.month:02d}" if when.month < 3 else str(when.month)
        return f"ngày {when.day:02d} tháng {month} năm {when.year}"
    return f"{when.day} {text(f'show.month_{when.month}', language)} {when.year}"


def day_short(when: date, language: str = "vi") -> str:
    """Return a date in figures, or where their order differs from country to country in words.

    Examples
    --------
    >>> day_short(date(2021, 9, 5)), day_short(date(2021, 9, 5), "en")
    ('05/09/2021', '5 September 2021')
    """
    return f"{when:%d/%m/%Y}" if language == "vi" else day(when, language)


def period(days: tuple[date, date] | None, language: str = "vi") -> str:
    """Return the first and the last day of something, one day once; empty where they are not known."""
    return "" if days is None else " – ".join(dict.fromkeys(day_short(when, language) for when in days))


def listed(words: Sequence[str], language: str = "vi") -> str:
    """Return words as a list within a sentence."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {text('show.and', language)} {words[-1]}"


def surveyed(days: tuple[date, date] | None, operators: Iterable[str], language: str = "vi") -> str:
    """Return in a sentence whose signal was measured and when; empty where no log tells.

    Examples
    --------
    >>> surveyed((date(2021, 10, 4), date(2021, 10, 15)), ["Viettel", "MobiFone"], "en")
    'Viettel and MobiFone were surveyed from 4 October 2021 to 15 October 2021.'
    >>> surveyed((date(2021, 10, 4), date(2021, 10, 4)), ["Viettel"], "en")
    'Viettel were surveyed on 4 October 2021.'
    """
    if days is None:
        return ""
    first, last = (day_short(when, language) for when in days)
    key = "show.surveyed" if first != last else "show.surveyed_on"
    return text(key, language, operators=listed(list(operators), language), first=first, last=last)


def placed(learners: Mapping[str, int], language: str = "vi") -> str:
    """Return in a sentence how many learners stand where people live, for want of a position; empty where none does.

    Parameters
    ----------
    learners
        By what told where they live, ``hamlet`` and ``commune``.

    Examples
    --------
    >>> placed({"hamlet": 1200}).partition("; ")[0]
    'Danh sách không ghi toạ độ nhà của khoảng 1.200 người học (chỉ biết ấp)'
    """
    where = [
        text(f"show.placed_{way}", language, count=number(learners[way], 0, language))
        for way in ("hamlet", "commune")
        if learners.get(way)
    ]
    return text("show.placed", language, where=listed(where, language)) if where else ""


@dataclass(frozen=True)
class Card:
    """A result in a notebook: a title, facts, a table and a note; texts are shown as they are, never as markup."""

    title: str
    facts: Sequence[tuple[str, str]] = ()
    headings: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    note: str = ""

    def _repr_html_(self) -> str:
        parts = [f'<div style="{_BOX}"><div style="font-weight:600;margin-bottom:4px">{escape(self.title)}</div>']
        if self.facts:
            parts.append(_table((), [[name, value] for name, value in self.facts]))
        if self.rows:
            parts.append(_table(self.headings, self.rows))
        if self.note:
            parts.append(f'<div style="color:#52646f;margin-top:4px">{escape(self.note)}</div>')
        return "".join([*parts, "</div>"])

    def __str__(self) -> str:
        lines = [self.title, *(f"  {name}: {value}" for name, value in self.facts)]
        lines += ["  " + " | ".join(row) for row in (self.headings, *self.rows) if row]
        return "\n".join([*lines, self.note] if self.note else lines)


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = f"<tr>{''.join(_cells('th', headings))}</tr>" if headings else ""
    body = "".join(f"<tr>{''.join(_cells('td', row))}</tr>" for row in rows)
    return f'<table style="border:none;border-collapse:collapse;margin:2px 0">{head}{body}</table>'


def _cells(tag: str, values: Sequence[str]) -> Iterable[str]:
    for at, value in enumerate(values):
        look = _CELL.format(side="left" if at == 0 else "right", space="normal" if at == 0 else "nowrap")
        yield f'<{tag} style="{look};border:none;background:none">{escape(value)}</{tag}>'


def ranking_rows(ranking: pd.DataFrame, first: int) -> tuple[list[str], list[list[str]]]:
    """Return headings and rows of the first areas of a ranking: rank with the ranks that are possible, count, interval.

    Parameters
    ----------
    ranking
        Table ``ranking``; hidden counts are missing.
    first
        How many areas.
    """
    heads = [say(name) for name in ("commune", "rank", "count", "interval", "share")]
    rows = []
    for row in ranking.sort_values("rank").head(first).to_dict("records"):
        ends = [row[f"unconnected_{end}"] for end in ("low", "high")]
        interval = "–".join(map(count, ends)) if all(map(math.isfinite, ends)) else "–"
        ranks = f"{row['rank']} ({row['rank_low']}–{row['rank_high']})"
        rows.append([str(row["name"]), ranks, count(row["unconnected"]), interval, share(row["share"])])
    return heads, rows
