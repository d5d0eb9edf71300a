"""Text for people, in Vietnamese and English, in one catalogue: a module a place where it is read."""

from __future__ import annotations

import locale
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TypeVar

from lomsong.errors import LomsongError, UsageError
from lomsong.texts import (
    boundaries,
    brief,
    checks,
    claims,
    coverage,
    devices,
    evidence,
    fetch,
    frames,
    fusion,
    gap,
    itm,
    layers,
    learned,
    link,
    map,
    plot,
    progress,
    radio,
    rank,
    rasters,
    rosters,
    settings,
    siting,
    states,
    surface,
    survey_plan,
    terminal,
    terrain,
    towers,
    validation,
    workbook,
    zones,
)

LANGUAGES = ("vi", "en")

TEXTS: dict[str, tuple[str, str]] = {
    key: texts
    for module in (
        states,
        map,
        workbook,
        terminal,
        checks,
        claims,
        coverage,
        devices,
        evidence,
        frames,
        fusion,
        gap,
        itm,
        learned,
        link,
        layers,
        rosters,
        boundaries,
        rasters,
        radio,
        terrain,
        fetch,
        surface,
        survey_plan,
        validation,
        brief,
        plot,
        progress,
        rank,
        settings,
        zones,
        siting,
        towers,
    )
    for key, texts in module.TEXTS.items()
}
"""Key to (Vietnamese, English)."""

LONGEST = 400
"""Most characters of one value told in a sentence; beyond, its end is left out."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+")

E = TypeVar("E", bound=LomsongError)


@dataclass(frozen=True)
class Phrase:
    """A text of the catalogue to be filled into another, in that one's language."""

    key: str
    values: Mapping[str, object] = field(default_factory=dict)


def text(key: str, language: str, /, **values: object) -> str:
    """Return the text of ``key`` in ``language`` with ``values`` filled in as by :meth:`str.format`.

    Raises
    ------
    UsageError
        When the language is not one of :data:`LANGUAGES`.
    KeyError
        When the catalogue has no such key.
    """
    if language not in LANGUAGES:
        raise UsageError(f"language {language!r} is not one of {', '.join(LANGUAGES)}")
    filled = {name: _in_language(value, language) for name, value in values.items()}
    return TEXTS[key][LANGUAGES.index(language)].format(**filled)


def _in_language(value: object, language: str) -> object:
    """Return phrases, one or a tuple of them, as text; anything else as it is."""
    if isinstance(value, Phrase):
        return text(value.key, language, **value.values)
    if isinstance(value, tuple) and value and all(isinstance(part, Phrase) for part in value):
        return "; ".join(text(part.key, language, **part.values) for part in value)
    return value


def fault(kind: type[E], key: str, /, **values: object) -> E:
    """Return an error whose message stands in the catalogue under ``fault.<key>``, to be raised by the caller.

    Its ``str`` is the English sentence; :func:`told` gives it in either language.
    """
    shown = {name: _one_line(value) for name, value in values.items()}
    error = kind(text(f"fault.{key}", "en", **shown))
    error.key, error.values = f"fault.{key}", shown
    return error


def one_line(value: str) -> str:
    """Return a text from a file as it may be shown: no line breaks, nothing that steers a terminal or turns its order.

    Examples
    --------
    >>> one_line("log" + chr(10) + "1" + chr(27) + "[2J.csv")
    'log 1 [2J.csv'
    """
    return value if value.isascii() and value.isprintable() else _CONTROL.sub(" ", value)


def _one_line(value: object) -> object:
    """Return texts, paths and errors as texts of one line that are not endless; anything else as it is."""
    if not isinstance(value, str | PurePath | BaseException):
        return value
    shown = one_line(str(value))
    return shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 1]}…"


def language_of_system() -> str:
    """Return ``vi`` where the system speaks Vietnamese, else ``en``: for what is said before any settings are read."""
    stated = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := os.environ.get(name))), None)
    return "vi" if (stated or locale.getlocale()[0] or "").lower().startswith("vi") else "en"


def told(error: LomsongError, language: str) -> str:
    """Return the message of an error in ``language``; one that is not in the catalogue in English."""
    return text(error.key, language, **error.values) if error.key else str(error)


def catalogue(prefix: str, language: str) -> dict[str, str]:
    """Return the unfilled texts whose keys start with ``prefix``, under the rest of the key.

    Raises
    ------
    UsageError
        When the language is not one of :data:`LANGUAGES`.
    """
    if language not in LANGUAGES:
        raise UsageError(f"language {language!r} is not one of {', '.join(LANGUAGES)}")
    index = LANGUAGES.index(language)
    return {key.removeprefix(prefix): texts[index] for key, texts in TEXTS.items() if key.startswith(prefix)}
