"""lomsong.toml as checked, frozen dataclasses."""

from lomsong.settings.reading import as_dict, load, overridden, parse
from lomsong.settings.sections import (
    EDITIONS,
    Choices,
    Claims,
    Devices,
    Fetch,
    Gap,
    Inputs,
    Limits,
    Publish,
    Radio,
    Roster,
    Run,
    Settings,
    Siting,
    Surface,
    Survey,
)

__all__ = [
    "EDITIONS",
    "Choices",
    "Claims",
    "Devices",
    "Fetch",
    "Gap",
    "Inputs",
    "Limits",
    "Publish",
    "Radio",
    "Roster",
    "Run",
    "Settings",
    "Siting",
    "Surface",
    "Survey",
    "as_dict",
    "load",
    "overridden",
    "parse",
]
