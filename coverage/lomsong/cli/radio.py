"""What the verbs of propagation share: options, sites, antennas and settings."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
import geopandas as gpd
from rich.console import Console

from lomsong.cli.screen import said_of
from lomsong.errors import DataError
from lomsong.ingest import read_households, read_sites
from lomsong.ingest.antennas import read_pattern
from lomsong.ingest.reading import Reading
from lomsong.network import Reception
from lomsong.radio import Link, Pattern, Physics, Woodland
from lomsong.settings import Radio, Settings, load
from lomsong.texts import fault, one_line, text

F = TypeVar("F", bound=Callable[..., Any])

PATTERN_SUFFIXES = frozenset({".msi", ".pln", ".ant", ".txt", ".gz", ".zip"})


def dem_option(verb: F) -> F:
    """Give a verb ``--dem``."""
    return click.option(
        "--dem", required=True, multiple=True, help="Elevation: a raster, a folder, a glob or an archive; repeatable."
    )(verb)


def terrain_options(verb: F) -> F:
    """Give a verb what stands on the ground, and the settings."""
    for option in (
        click.option("--settings", type=click.Path(path_type=Path, dir_okay=False), help="lomsong.toml with [radio]."),
        click.option("--canopy", multiple=True, help="Height of the vegetation, rasters as for --dem."),
        click.option("--landcover", "land_cover", multiple=True, help="Land cover (ESA WorldCover), as for --dem."),
    ):
        verb = option(verb)
    return verb


def chosen_radio(path: Path | None, **given: float | None) -> Settings:
    """Return the settings, with what the command line gives of ``[radio]``."""
    chosen = Settings() if path is None else load(path)
    changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    radio = dataclasses.replace(chosen.radio, **changes)
    return dataclasses.replace(chosen, radio=radio)


def reception_of(chosen: Settings) -> Reception:
    """Return how levels are computed and received, as the settings say."""
    radio = chosen.radio
    link = Link(
        radio.phone_gain_dbi, radio.device_offset_db, radio.body_loss_db, radio.vehicle_loss_db, radio.building_loss_db
    )
    return Reception(radio.radius_m, radio.usable_dbm, _physics(radio), link, radio.where, radio.clutter_m or None)


def _physics(radio: Radio) -> Physics:
    """Return how waves travel, as the settings say."""
    return Physics(
        rx_height_m=radio.rx_height_m,
        polarization="vertical" if radio.polarization == "vertical" else "horizontal",
        p_percent=radio.time_percent,
        pl_percent=radio.location_percent,
        sigma_l_db=radio.location_sigma_db,
        delta_n=radio.delta_n,
        n0=radio.n0,
        woodland=Woodland() if radio.forest_loss else None,
    )


def read_network_sites(console: Console, path: Path, chosen: Settings, language: str) -> gpd.GeoDataFrame:
    """Read the sectors, and print how many rows were not accepted and what was mended."""
    reading = read_sites(path, language=language, crs=chosen.roster.crs)
    _print_account(console, path, reading, language)
    if reading.table.empty:
        raise fault(DataError, "network_no_sites", file=path.name)
    return reading.table.reset_index(drop=True)


def read_homes(console: Console, path: Path, chosen: Settings, language: str) -> gpd.GeoDataFrame:
    """Read the households, and print how many rows were not accepted and what was mended."""
    reading = read_households(path, language=language, crs=chosen.roster.crs)
    _print_account(console, path, reading, language)
    return reading.table


def _print_account(console: Console, path: Path, reading: Reading, language: str) -> None:
    lines = []
    if len(reading.rejects):
        first = reading.rejects.iloc[0]
        said = said_of(first["column"], first["value"], first["limit"], language)
        check = ": ".join(part for part in (first["check"], one_line(said)) if part)
        lines.append(
            text(
                "cover.rejected", language, count=len(reading.rejects), file=path.name, row=first["source_row"],
                check=check, remedy=first["remedy"],
            )
        )  # fmt: skip
    for told in reading.flags.to_dict("records"):
        remedy = one_line(str(told["remedy"]))
        lines.append(
            text("cover.flagged", language, count=told["rows"], file=path.name, check=told["check"], remedy=remedy)
        )
    for line in lines:
        console.print(line, style="yellow", highlight=False, markup=False, soft_wrap=True)


def antennas_of(path: Path | None) -> dict[str, Pattern]:
    """Return the patterns of a file or a folder, by the name of the file without its ending."""
    return {_antenna_name(file): read_pattern(file) for file in pattern_files(path)}


def pattern_files(path: Path | None) -> list[Path]:
    """Return the files of patterns that a file or a folder stands for."""
    if path is None or not path.is_dir():
        return [] if path is None else [path]
    return sorted(file for file in path.iterdir() if file.suffix.lower() in PATTERN_SUFFIXES)


def _antenna_name(file: Path) -> str:
    """Return the name without its endings only: ``742.215_0.5T.msi`` has points of its own."""
    while file.suffix.lower() in PATTERN_SUFFIXES:
        file = file.with_suffix("")
    return file.name
