"""lomsong.toml read and checked.

An unknown key, a value of the wrong kind or one outside its limits is an error; every fault is collected before one
:class:`~lomsong.errors.SettingsError` is raised; an unknown key names the nearest known one.
"""

from __future__ import annotations

import dataclasses
import difflib
import math
import re
import tomllib
import types
import typing
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from lomsong.errors import SettingsError
from lomsong.settings.sections import Choices, Day, Limits, Settings
from lomsong.texts import Phrase, fault

HIDDEN = "***"
"""Stands for a secret in what is published."""

LARGEST = 1e300
"""Numbers beyond it, for which TOML has room, are none that a setting can mean."""


def load(path: str | Path) -> Settings:
    """Read and check a lomsong.toml.

    Raises
    ------
    SettingsError
        With every fault of the file in one line: unknown keys with the nearest known one, wrong kinds, limits.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise fault(SettingsError, "settings_missing", file=path) from None
    except (OSError, UnicodeDecodeError) as error:
        raise fault(SettingsError, "settings_unreadable", file=path, reason=error) from None
    try:
        raw = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise fault(SettingsError, "settings_toml", file=path, reason=_shown(error, text)) from None
    return parse(raw, where=str(path))


def _shown(error: Exception, text: str) -> str:
    """Return what a parser says, with the line that it stumbled over where it says which."""
    number = re.search(r"at line (\d+)", str(error))
    return f"{error}: {text.split(chr(10))[int(number[1]) - 1].strip()}" if number else str(error)


def parse(raw: dict[str, Any], where: str = "settings") -> Settings:
    """Turn nested dictionaries into checked :class:`Settings`."""
    faults: list[Phrase] = []
    sections = typing.get_type_hints(Settings)
    parts = {}
    for key, value in raw.items():
        if key not in sections:
            faults.append(_unknown(f"[{key}]", key, sections))
        elif not isinstance(value, dict):
            faults.append(_fault("section", key=f"[{key}]", value=repr(value)))
        else:
            parts[key] = _section(key, sections[key], value, faults)
    if faults:
        raise fault(SettingsError, "settings", file=where, faults=tuple(faults))
    return _with_service(Settings(**parts), where)


def _with_service(settings: Settings, where: str) -> Settings:
    """Return settings whose threshold is that of the service asked for."""
    gap = settings.gap
    if not gap.service:
        return settings
    if gap.service not in gap.services:
        known = ", ".join(gap.services)
        raise fault(SettingsError, "settings_service", file=where, value=gap.service, known=known)
    return replace(settings, gap=replace(gap, usable_dbm=gap.services[gap.service]))


def _section(name: str, kind: type, raw: dict[str, Any], faults: list[Phrase]) -> Any:
    hints = typing.get_type_hints(kind, include_extras=True)
    values = {}
    for key, value in raw.items():
        if key not in hints:
            faults.append(_unknown(f"{name}.{key}", key, hints))
            continue
        before = len(faults)
        checked = _value(f"{name}.{key}", hints[key], value, faults)
        if len(faults) == before:
            values[key] = checked
    return kind(**values)


def _value(name: str, hint: Any, value: Any, faults: list[Phrase]) -> Any:
    notes: tuple[Any, ...] = ()
    if typing.get_origin(hint) is Annotated:
        hint, *rest = typing.get_args(hint)
        notes = tuple(rest)
    if typing.get_origin(hint) is Mapping:
        return _mapping(name, typing.get_args(hint)[1], value, faults)
    if typing.get_origin(hint) is tuple and typing.get_args(hint)[0] is float:
        return _numbers(name, notes, value, faults)
    if typing.get_origin(hint) is tuple:
        values = [value] if isinstance(value, str) else value
        if not (isinstance(values, list | tuple) and all(isinstance(item, str) for item in values)):
            faults.append(_fault("list", key=name, value=repr(value)))
            return ()
        hint = Annotated[str, *notes] if notes else str
        return tuple(_value(name, hint, item, faults) for item in values)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value) if abs(value) <= LARGEST else math.inf
    if hint is str and type(value) is date:
        value = value.isoformat()
    if not isinstance(value, hint) or (isinstance(value, bool) and hint is not bool):
        faults.append(_fault(_KINDS[hint], key=name, value=repr(value)))
        return value
    for note in notes:
        if isinstance(note, Limits) and not note.low <= value <= note.high:
            faults.append(_fault("outside", key=name, value=repr(value), low=f"{note.low:g}", high=f"{note.high:g}"))
        if isinstance(note, Day) and value and not _is_day(value):
            faults.append(_fault("day", key=name, value=repr(value)))
        if isinstance(note, Choices) and value not in note.values:
            faults.append(_fault("choice", key=name, value=repr(value), known=", ".join(note.values)))
    return value


def _is_day(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _numbers(name: str, notes: tuple[Any, ...], value: Any, faults: list[Phrase]) -> tuple[float, ...]:
    """Return a list of numbers, each within the limits of the list."""
    single = isinstance(value, int | float) and not isinstance(value, bool)
    if not single and not isinstance(value, list | tuple):
        faults.append(_fault("number_list", key=name, value=repr(value)))
        return ()
    hint = Annotated[float, *notes] if notes else float
    return tuple(_value(name, hint, item, faults) for item in ((value,) if single else value))


def _mapping(name: str, hint: Any, value: Any, faults: list[Phrase]) -> Any:
    noted = typing.get_origin(hint) is Annotated
    kind = typing.get_args(hint)[0] if noted else hint

    def fits(item: Any) -> bool:
        if kind is not float:
            return isinstance(item, kind)
        return isinstance(item, int | float) and not isinstance(item, bool) and -LARGEST <= item <= LARGEST

    items = value.values() if isinstance(value, dict) else (None,)
    if not all(fits(item) for item in items):
        faults.append(_fault("texts" if kind is str else "numbers", key=name, value=repr(value)))
        return {}
    if noted:
        return {key: _value(f"{name}.{key}", hint, item, faults) for key, item in value.items()}
    return {key: kind(item) for key, item in value.items()}


_KINDS: types.MappingProxyType[type, str] = types.MappingProxyType(
    {str: "text", int: "integer", float: "number", bool: "truth"}
)


def _fault(name: str, **values: object) -> Phrase:
    return Phrase(f"fault.settings_{name}", values)


def _unknown(shown: str, key: str, known: typing.Iterable[str]) -> Phrase:
    near = difflib.get_close_matches(key, list(known), n=1, cutoff=0.5)
    if near:
        return _fault("near", key=shown, near=near[0])
    return _fault("unknown", key=shown, known=", ".join(known))


def overridden(settings: Settings, section: str, values: Mapping[str, Any], where: str) -> Settings:
    """Return settings with some keys of a section replaced, checked as those of a file are.

    Raises
    ------
    SettingsError
        With every fault of the values.
    """
    raw = {name: dict(vars(part)) for name, part in vars(settings).items()}
    raw[section] |= values
    return parse(raw, where)


def as_dict(settings: Settings) -> dict[str, Any]:
    """Return settings as plain nested dictionaries, for what is published: what is secret is only said to be set."""
    plain = dataclasses.asdict(settings)
    plain["roster"]["salt"] = HIDDEN if settings.roster.salt else ""
    return plain
