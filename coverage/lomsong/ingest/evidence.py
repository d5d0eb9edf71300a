"""All inputs of a run, read together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

import geopandas as gpd
import pandas as pd
from pyproj import CRS

from lomsong.errors import LomsongError, SettingsError
from lomsong.geo import join_communes, metric_crs
from lomsong.ingest.boundaries import read_communes
from lomsong.ingest.files import read_layer
from lomsong.ingest.quality import SurveyLimits
from lomsong.ingest.rasters import read_terrain
from lomsong.ingest.reading import Reading
from lomsong.ingest.rosters import read_hamlets, read_households, read_schools, read_sites
from lomsong.ingest.surveys import read_surveys
from lomsong.radio import Terrain
from lomsong.settings import Inputs, Settings
from lomsong.tables import OPERATORS, REJECTS

REQUIRED = ("surveys", "communes", "households")
"""Keys of ``[inputs]`` without which there is nothing to rank."""

LINES = ("roads", "power_lines", "forest", "water")
"""Layers read as they are."""

TERRITORY_MARGIN_DEG = 0.05
"""Evidence may lie this far beyond the communes before it counts as outside the territory."""

T = TypeVar("T")


@dataclass(frozen=True)
class Evidence:
    """All that was read; points and polygons in EPSG:4326, terrain in ``crs``."""

    crs: CRS
    communes: gpd.GeoDataFrame
    samples: gpd.GeoDataFrame
    households: gpd.GeoDataFrame
    schools: gpd.GeoDataFrame | None
    hamlets: gpd.GeoDataFrame | None
    sites: gpd.GeoDataFrame | None
    terrain: Terrain | None
    lines: Mapping[str, gpd.GeoDataFrame]
    rejects: pd.DataFrame
    sources: pd.DataFrame

    @property
    def operators(self) -> list[str]:
        """Operators with samples: those of :data:`~lomsong.tables.OPERATORS` first, in its order."""
        found = set(self.samples["operator"])
        return [name for name in OPERATORS if name in found] + sorted(found - set(OPERATORS))


@dataclass
class Account:
    """What reading the inputs brought to light: rows by file, rejects, and faults of whole files."""

    readings: dict[str, Reading] = field(default_factory=dict)
    faults: list[LomsongError] = field(default_factory=list)

    @property
    def sources(self) -> pd.DataFrame:
        """One row a file: source_file, table, rows_read, accepted, rejected."""
        columns = ["source_file", "table", "rows_read", "accepted", "rejected"]
        return _stacked([reading.sources for reading in self.readings.values()], columns)

    @property
    def rejects(self) -> pd.DataFrame:
        """Table ``rejects`` of all files."""
        return _stacked([reading.rejects for reading in self.readings.values()], REJECTS.names)

    def attempt(self, read: Callable[[], T]) -> T | None:
        """Return what ``read`` returns; a fault is kept and gives None."""
        try:
            return read()
        except LomsongError as fault:
            self.faults.append(fault)
            return None


def _stacked(frames: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    filled = [frame for frame in frames if len(frame)]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=columns)


def input_files(settings_file: Path, inputs: Inputs) -> dict[str, list[str]]:
    """Return the paths that each key of ``[inputs]`` names, made absolute, ``#layer`` kept; empty keys left out."""
    base = settings_file.resolve().parent
    named = {key: value if isinstance(value, tuple) else (value,) for key, value in vars(inputs).items()}
    return {key: [str(base / value) for value in values if value] for key, values in named.items() if any(values)}


def read_evidence(settings_file: Path, settings: Settings) -> tuple[Evidence | None, Account]:
    """Read every input, going on past a fault so that all of them are told at once.

    Returns
    -------
    evidence
        None when there was a fault.
    account
        Rows by file, rejects and faults.
    """
    files = input_files(settings_file, settings.inputs)
    account = Account()
    for key in REQUIRED:
        if key not in files:
            account.faults.append(SettingsError(f"{settings_file}: inputs.{key} is missing; name the file there"))
    if "communes" in files:
        _keep(account, "communes", lambda: read_communes(files["communes"][0], settings.publish.language))
    communes = account.readings["communes"].table if "communes" in account.readings else None
    crs = None if communes is None else account.attempt(lambda: metric_crs(communes, settings.run.metric_crs))
    bounds = None if communes is None else territory_bounds(communes)
    _read_tables(account, files, settings, bounds)
    terrain = None
    if "dem" in files and communes is not None and crs is not None:
        canopy = files.get("canopy", [None])[0]
        terrain = account.attempt(lambda: read_terrain(files["dem"][0], communes, canopy, crs))
    lines = {key: account.attempt(partial(read_layer, files[key][0])) for key in LINES if key in files}
    if account.faults or communes is None or crs is None:
        return None, account
    return _evidence(account, crs, terrain, lines), account


def territory_bounds(communes: gpd.GeoDataFrame) -> tuple[float, float, float, float]:
    """West, south, east, north in degrees within which evidence must lie."""
    west, south, east, north = communes.total_bounds
    margin = TERRITORY_MARGIN_DEG
    return west - margin, south - margin, east + margin, north + margin


def _keep(account: Account, key: str, read: Callable[[], Reading]) -> None:
    reading = account.attempt(read)
    if reading is not None:
        account.readings[key] = reading


def _read_tables(
    account: Account,
    files: Mapping[str, list[str]],
    settings: Settings,
    bounds: tuple[float, float, float, float] | None,
) -> None:
    language, survey = settings.publish.language, settings.survey
    limits = SurveyLimits(survey.technology, survey.max_speed_mps, survey.max_accuracy_m, bounds)
    if "surveys" in files:
        _keep(account, "surveys", lambda: read_surveys(files["surveys"], limits, language))
    readers = {"households": read_households, "schools": read_schools, "hamlets": read_hamlets, "sites": read_sites}
    for key, reader in readers.items():
        if key in files:
            _keep(account, key, partial(reader, files[key][0], bounds, language))


def _evidence(account: Account, crs: CRS, terrain: Terrain | None, lines: Mapping[str, gpd.GeoDataFrame]) -> Evidence:
    tables = {key: reading.table for key, reading in account.readings.items()}
    for name in ("households", "schools", "hamlets"):
        if name in tables:
            codes = join_communes(tables[name], tables["communes"])
            tables[name] = tables[name].assign(commune_code=codes)
    return Evidence(
        crs,
        tables["communes"],
        tables["surveys"],
        tables["households"],
        tables.get("schools"),
        tables.get("hamlets"),
        tables.get("sites"),
        terrain,
        lines,
        account.rejects,
        account.sources,
    )
