"""All inputs of a run, read together, each with its account."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

from lomsong.errors import DataError, SettingsError
from lomsong.geo import WGS84, metric_crs
from lomsong.ingest.account import Account
from lomsong.ingest.cells import read_cells
from lomsong.ingest.communes.boundaries import read_communes
from lomsong.ingest.communes.matching import NAMED, match_communes
from lomsong.ingest.communes.vintage import Crosswalk, read_crosswalk, read_list
from lomsong.ingest.maps.claims import read_claims
from lomsong.ingest.maps.layers import read_features
from lomsong.ingest.maps.rasters import (
    RasterReading,
    read_canopy,
    read_dem,
    read_land_cover,
    read_population,
    terrain_of,
)
from lomsong.ingest.quality import SurveyLimits
from lomsong.ingest.reading import Reading
from lomsong.ingest.rosters.declared import read_declared, reconcile, verdict
from lomsong.ingest.rosters.homes import Homes, count_learners
from lomsong.ingest.rosters.learners import Learners, read_learners
from lomsong.ingest.rosters.roster import RosterLimits, read_hamlets, read_households, read_schools, read_sites
from lomsong.ingest.rosters.settlements import Settlements
from lomsong.ingest.surveys.companions import read_companion
from lomsong.ingest.surveys.reader import read_surveys, survey_files
from lomsong.radio import Terrain
from lomsong.settings import Inputs, Settings
from lomsong.tables import OPERATORS
from lomsong.texts import fault, text

REQUIRED = ("surveys", "communes", "households")
"""Keys of ``[inputs]`` without which there is nothing to rank; lists of learners and hamlets stand for households."""

LINES = ("roads", "power_lines", "forest", "water", "fibre")
"""Layers of lines and areas."""

JOINED = ("households", "schools", "hamlets")
"""Tables whose rows are given a commune."""

POINT_KEYS = {"schools": "school_id", "hamlets": "hamlet_id"}
"""Tables of the points that programmes count, and their codes."""

TESTS = "throughput:"
"""Begins the key of each file of tests of throughput in the account."""

_OWN = "household:"
"""Begins the codes of households where they would be those of points too."""

TERRITORY_MARGIN_DEG = 0.05
"""Evidence may lie this far beyond the communes before it counts as outside the territory."""

Bounds = tuple[float, float, float, float]
RasterReader = Callable[[str], RasterReading]


@dataclass(frozen=True)
class Evidence:
    """All that was read; points and polygons in EPSG:4326, rasters in ``crs``."""

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
    flags: pd.DataFrame
    cells: gpd.GeoDataFrame | None = None
    land_cover: RasterReading | None = None
    population: RasterReading | None = None
    crosswalk: Crosswalk | None = None
    reconciled: pd.DataFrame | None = None
    """What was declared of learners and devices against what the lists show; see ``ingest/rosters/declared.py``."""
    declared_coverage: gpd.GeoDataFrame | None = None
    """Areas that operators declare as covered; see ``ingest/maps/claims.py``."""

    @property
    def operators(self) -> list[str]:
        """Operators with samples: those of :data:`~lomsong.tables.OPERATORS` first, in its order."""
        found = set(self.samples["operator"])
        return [name for name in OPERATORS if name in found] + sorted(found - set(OPERATORS))


def input_files(settings_file: Path, inputs: Inputs) -> dict[str, list[str]]:
    """Return the paths that each key of ``[inputs]`` names, made absolute, ``#layer`` kept; empty keys left out."""
    base = settings_file.resolve().parent
    named = {key: value if isinstance(value, tuple) else (value,) for key, value in vars(inputs).items()}
    return {key: [str(base / value) for value in values if value] for key, values in named.items() if any(values)}


def read_evidence(
    settings_file: Path, settings: Settings, language: str | None = None
) -> tuple[Evidence | None, Account]:
    """Read every input, going on past a fault so that all of them are told at once.

    Parameters
    ----------
    settings_file, settings
        lomsong.toml, and what it says; paths start from its folder.
    language
        Language of remedies; None: as the settings say.

    Returns
    -------
    evidence
        None when there was a fault.
    account
        Rows by file, rejects, flags and faults.
    """
    reader = _Reader(input_files(settings_file, settings.inputs), settings, language or settings.publish.language)
    for key in REQUIRED:
        if key not in reader.files and not (key == "households" and {"learners", "hamlets"} <= reader.files.keys()):
            reader.account.faults.append(fault(SettingsError, "input_missing", file=settings_file, key=key))
    return reader.read(), reader.account


def territory_bounds(communes: gpd.GeoDataFrame) -> Bounds:
    """West, south, east, north in degrees within which evidence must lie."""
    west, south, east, north = communes.total_bounds
    margin = TERRITORY_MARGIN_DEG
    return west - margin, south - margin, east + margin, north + margin


@dataclass
class _Reader:
    """Reads the files of one run into one account."""

    files: Mapping[str, list[str]]
    settings: Settings
    language: str
    account: Account = field(default_factory=Account)

    def read(self) -> Evidence | None:
        communes = self._communes()
        crs = None
        if communes is not None:
            crs = self.account.attempt(lambda: metric_crs(communes, self.settings.run.metric_crs))
        crosswalk = self._crosswalk(communes)
        population = settlements = None
        if communes is not None and crs is not None:
            population = self._raster("population", lambda name: read_population(name, communes, crs=crs))
            settlements = Settlements(
                communes, crs, None, population, crosswalk, self.settings.run.seed, self.settings.roster.hamlet_reach_m
            )
        self._tables(None if communes is None else territory_bounds(communes), settlements)
        homes, reconciled = self._learners(settlements)
        self.account.attempt(self._require_own_codes)
        lines = self._lines(None if communes is None else territory_bounds(communes))
        terrain, land_cover = (None, None)
        if communes is not None and crs is not None:
            terrain, land_cover = self._rasters(communes, crs)
        if self.account.faults or communes is None or crs is None:
            return None
        tables = {key: reading.table for key, reading in self.account.readings.items()}
        if homes is not None:
            tables["households"] = homes.households
        tables["households"] = _under_own_codes(tables)
        for name in JOINED:
            if name in tables:
                tables[name] = self._joined(name, tables[name], communes, crosswalk)
        return Evidence(
            crs, communes, tables["surveys"], tables["households"], tables.get("schools"), tables.get("hamlets"),
            tables.get("sites"), terrain, lines, self.account.rejects, self.account.sources, self.account.flags,
            tables.get("cells"), land_cover, population, crosswalk, reconciled, tables.get("declared_coverage"),
        )  # fmt: skip

    def _first(self, key: str) -> str | None:
        return self.files[key][0] if key in self.files else None

    def _communes(self) -> gpd.GeoDataFrame | None:
        name = self._first("communes")
        if name is None:
            return None
        reading = self.account.keep("communes", lambda: read_communes(name, self.language))
        return None if reading is None else reading.table

    def _crosswalk(self, communes: gpd.GeoDataFrame | None) -> Crosswalk | None:
        other, table = self._first("communes_before"), self._first("crosswalk")
        if communes is None or (other is None and table is None):
            return None
        crosswalk = self.account.attempt(lambda: self._matched(communes, other, table))
        if crosswalk is not None:
            self.account.notes.append(crosswalk.flags(Path(str(other or table)).name, self.language))
            if crosswalk.reading is not None:
                self.account.readings["crosswalk"] = crosswalk.reading
        return crosswalk

    def _matched(self, communes: gpd.GeoDataFrame, other: str | None, table: str | None) -> Crosswalk:
        """Match the two vintages; which of the two lists is the new one is told by what it says it was merged from."""
        if other is None or "merged_from" in communes:
            return read_crosswalk(communes, other, table, self.language)
        reading = read_list(other, self.language)
        if "merged_from" not in reading.table:
            return read_crosswalk(communes, other, table, self.language)
        self.account.readings["communes_after"] = reading
        return read_crosswalk(reading.table, communes, table, self.language)

    def _tables(self, bounds: Bounds | None, settlements: Settlements | None) -> None:
        limits = SurveyLimits.of(self.settings.survey, bounds)
        roster = self.settings.roster
        counts = RosterLimits(roster.max_household_learners, roster.max_school_pupils)
        if "surveys" in self.files:
            self.account.keep("surveys", lambda: read_surveys(self.files["surveys"], limits, self.language))
            self._throughput()
        readers: dict[str, Callable[..., Reading]] = {
            "hamlets": partial(read_hamlets, crs=roster.crs),
            "households": partial(read_households, limits=counts, crs=roster.crs),
            "schools": partial(read_schools, limits=counts, crs=roster.crs),
            "sites": read_sites,
            "cells": read_cells,
            "declared_coverage": read_claims,
        }
        for key, reader in readers.items():
            if key in self.files:
                told = {"settlements": self._among_hamlets(settlements)} if key == "households" else {}
                self.account.keep(key, partial(reader, self.files[key][0], bounds, self.language, **told))

    def _throughput(self) -> None:
        """Read the tests of throughput beside the logs, and say which level carried the services of learning."""
        if "surveys" not in self.account.readings:
            return
        tests = [found for found, kind in survey_files(self.files["surveys"])[1] if kind == "throughput"]
        for found in tests:
            self.account.keep(f"{TESTS}{found.name}", partial(read_companion, found, self.language))
        tables = [one.table for key, one in self.account.readings.items() if key.startswith(TESTS)]
        if tables:
            from lomsong.gap.lessons import lesson_levels, lesson_sentences  # here: the gap takes a second to load

            gap, joined = self.settings.gap, pd.concat(tables, ignore_index=True)
            lessons = lesson_levels(joined, gap.rates_kbps, gap.carried_share)
            self.account.tables["lessons"] = lessons
            self.account.sentences += lesson_sentences(lessons, gap.services, gap.carried_share, self.language)

    def _among_hamlets(self, settlements: Settlements | None) -> Settlements | None:
        known = self.account.readings.get("hamlets")
        return settlements if settlements is None or known is None else replace(settlements, hamlets=known.table)

    def _require_own_codes(self) -> None:
        """Refuse codes that schools share with hamlets: both are points of one list."""
        codes = _codes_of_points({key: reading.table for key, reading in self.account.readings.items()})
        shared = codes[codes.duplicated()]
        if len(shared):
            files = ", ".join(Path(self.files[key][0]).name for key in POINT_KEYS)
            raise fault(DataError, "codes_shared", file=files, count=len(shared), value=shared.iloc[0])

    def _learners(self, settlements: Settlements | None) -> tuple[Homes | None, pd.DataFrame | None]:
        """Read the lists of learners, count them into households, and compare them with what was declared."""
        roster, known = self.settings.roster, self.account.readings
        declared = self._first("declared")
        claims = None
        if declared is not None:
            claims = self.account.keep("declared", lambda: read_declared(declared, self.language))
        if "learners" not in self.files:
            return None, None
        schools, hamlets = (known[name].table if name in known else None for name in ("schools", "hamlets"))
        learners = self.account.keep(
            "learners",
            lambda: read_learners(
                self.files["learners"], salt=roster.salt, language=self.language, schools=schools, hamlets=hamlets
            ),
        )
        if not isinstance(learners, Learners):
            return None, None
        reconciled = reconcile(
            learners,
            None if claims is None else claims.table,
            declared_learners=roster.declared_learners,
            declared_without_device=roster.declared_without_device,
            language=self.language,
        )
        self.account.tables["reconciled"] = reconciled
        self.account.sentences += [verdict(reconciled, self.language, of) for of in _counted(reconciled)]
        if "households" in known:
            households = known["households"].table
        elif "households" not in self.files and hamlets is not None:
            households = gpd.GeoDataFrame({"household_id": [], "learners": []}, geometry=[], crs=WGS84)
        else:
            return None, reconciled
        complete = bool(len(claims.table)) and "no" not in set(reconciled["list_sent"]) if claims is not None else False
        homes = count_learners(
            learners, households, hamlets, complete=complete, language=self.language,
            settlements=self._among_hamlets(settlements),
        )  # fmt: skip
        self.account.notes.append(homes.flags)
        if homes.unplaced:
            self.account.sentences.append(text("evidence.unplaced", self.language, count=homes.unplaced))
        return homes, reconciled

    def _lines(self, bounds: Bounds | None) -> dict[str, gpd.GeoDataFrame]:
        found = {}
        for key in LINES:
            name = self._first(key)
            if name is not None:
                reading = self.account.keep(key, partial(read_features, name, key, bounds, self.language))
                if reading is not None:
                    found[key] = reading.table
        return found

    def _rasters(self, communes: gpd.GeoDataFrame, crs: CRS) -> tuple[Terrain | None, RasterReading | None]:
        ground = self._raster("dem", lambda name: read_dem(name, communes, crs, language=self.language))
        canopy = cover = None
        if ground is not None:
            grid = ground.grid
            canopy = self._raster("canopy", lambda name: read_canopy(name, communes, grid, self.language))
            cover = self._raster(
                "land_cover", lambda name: read_land_cover(name, communes, grid, language=self.language)
            )
        return None if ground is None else terrain_of(ground, canopy, cover, self.settings.radio.clutter_m), cover

    def _raster(self, key: str, read: RasterReader) -> RasterReading | None:
        name = self._first(key)
        found = None if name is None else self.account.attempt(lambda: read(name))
        if found is not None:
            self.account.notes.append(found.flags)
        return found

    def _joined(
        self, name: str, table: gpd.GeoDataFrame, communes: gpd.GeoDataFrame, crosswalk: Crosswalk | None
    ) -> gpd.GeoDataFrame:
        # Homes made of lists stand below the households of the file, and in no row of it.
        rows = self.account.readings[name].source_row if name in self.account.readings else ()
        told = table.assign(source_row=np.r_[rows, np.zeros(len(table) - len(rows))].astype(np.int64))
        put = pd.Series(None, index=table.index, dtype=object)
        if "placed_in" in table:
            named = table.reindex(columns=[*NAMED]).notna().any(axis=1)
            put = table["placed_in"].where(~named, None)
        codes, matching = match_communes(told[put.isna()], communes, crosswalk)
        files = self.files.get(name, self.files.get("learners", [name]))
        self.account.notes.append(matching.flags(Path(files[0]).name, self.language))
        joined = table.drop(columns="placed_in", errors="ignore")
        return joined.assign(commune_code=put.where(put.notna(), codes.reindex(table.index)))


def _codes_of_points(tables: Mapping[str, pd.DataFrame]) -> pd.Series:
    codes = [tables[name][key] for name, key in POINT_KEYS.items() if name in tables]
    return pd.concat([pd.Series(dtype=object), *codes], ignore_index=True)


def _under_own_codes(tables: Mapping[str, gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Return the households under codes that no school or hamlet has: all stand in one table ``service``.

    Rosters that number their rows 1, 2, 3… share codes; that of a household is nowhere published.
    """
    households = tables["households"]
    if not households["household_id"].isin(_codes_of_points(tables)).any():
        return households
    return households.assign(household_id=_OWN + households["household_id"].astype(str))


def roster_codes(households: pd.DataFrame) -> pd.Series:
    """Return the codes of the households of an :class:`Evidence` as their roster has them, on their index."""
    codes = households["household_id"].astype(str)
    return codes.str.removeprefix(_OWN) if codes.str.startswith(_OWN).all() else codes


def _counted(reconciled: pd.DataFrame) -> list[str]:
    """Return the counts of which something was listed or declared."""
    total = reconciled[reconciled["row"] == "total"].iloc[0]
    names = {"learners": "", "learners_without_device": "_without_device"}
    return [of for of, end in names.items() if total[f"listed{end}"] or not pd.isna(total[f"claimed{end}"])]
