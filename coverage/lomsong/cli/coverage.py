"""``lomsong coverage``: level and servers around given sites."""

from __future__ import annotations

import time
from contextlib import nullcontext
from pathlib import Path

import click
import pandas as pd
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from lomsong.cli.radio import (
    antennas_of,
    chosen_radio,
    dem_option,
    pattern_files,
    read_homes,
    read_network_sites,
    reception_of,
    terrain_options,
)
from lomsong.cli.screen import language_option, print_paths, spoken
from lomsong.network import Network, Rasters, cover_network
from lomsong.publish.coverage.edition import CoverageEdition, terrain_ends, write_coverage
from lomsong.publish.coverage.levels import opened
from lomsong.publish.coverage.summary import summary_table
from lomsong.publish.coverage.words import number
from lomsong.publish.manifest import sha256, write_manifest
from lomsong.settings import as_dict
from lomsong.texts import text


@click.command()
@click.argument("sites", type=click.Path(path_type=Path, dir_okay=False))
@dem_option
@terrain_options
@click.option("--antennas", type=click.Path(path_type=Path), help="Folder or file of MSI/Planet patterns.")
@click.option("--population", type=click.Path(path_type=Path), help="Raster of people per cell.")
@click.option("--households", type=click.Path(path_type=Path), help="Table of households with learners.")
@click.option("--radius", "radius_km", type=click.FloatRange(0.1, 100), help="Radius around each site, km.")
@click.option("--usable", "usable_dbm", type=click.FloatRange(-140, -44), help="Level from which it is usable, dBm.")
@click.option("--workers", type=click.IntRange(0), default=0, help="Threads; left out: all cores.")
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Output folder.")
@language_option
@click.pass_context
def coverage(
    context: click.Context,
    sites: Path,
    dem: tuple[str, ...],
    land_cover: tuple[str, ...],
    canopy: tuple[str, ...],
    settings: Path | None,
    antennas: Path | None,
    population: Path | None,
    households: Path | None,
    radius_km: float | None,
    usable_dbm: float | None,
    workers: int,
    out: Path,
    language: str | None,
) -> None:
    """Compute the level around all SITES (one row a sector) by ITU-R P.1812, operator by operator.

    OUT gets rasters of level, servers and overlap, pictures, a KMZ for Google Earth and a summary. A run that was
    interrupted goes on where it stopped.
    """
    chosen = chosen_radio(settings, radius_m=radius_km and 1000 * radius_km, usable_dbm=usable_dbm)
    language = spoken(context, language or chosen.publish.language)
    console = Console()
    table, patterns = read_network_sites(console, sites, chosen, language), antennas_of(antennas)
    rasters = Rasters(dem, land_cover or None, canopy or None)
    # Read before hours of computing: what is not there is told at once.
    homes = None if households is None else read_homes(console, households, chosen, language)
    with nullcontext() if population is None else opened(population):
        pass
    started = time.perf_counter()
    with _bar(console, language) as bar:
        task = bar.add_task(text("cover.computing", language), total=None)
        network = cover_network(
            table, rasters, out, reception_of(chosen), patterns=patterns, language=language,
            progress=lambda done, count: bar.update(task, completed=done, total=count), workers=workers,
        )  # fmt: skip
    computed = time.perf_counter()
    radio = chosen.radio
    edition = CoverageEdition(
        network.levels, network.ground, table, radio.usable_dbm, population, homes,
        text(
            "cover.model", language, time=number(radio.time_percent, 0, language),
            place=number(radio.location_percent, 0, language), where=_where(radio.where, language),
        ),
        language, chosen.publish.suppress_below, [row for row, _ in network.left_out],
    )  # fmt: skip
    summary, files = write_coverage(out, edition)
    inputs = rasters.fingerprint() | {
        str(path): sha256(path)
        for path in (sites, population, households, settings, *pattern_files(antennas))
        if path is not None
    }
    manifest = write_manifest(
        out, inputs=inputs, settings=as_dict(chosen), outputs=[*network.files, *files],
        counts={"sectors": len(table), "left_out": len(network.left_out)},
        timings_s={"coverage": computed - started, "publication": time.perf_counter() - computed},
    )  # fmt: skip
    _print_left_out(console, table["site_id"].tolist(), network, language)
    there = table.drop(index=table.index[[row for row, _ in network.left_out]])
    _print_short(console, there["site_id"][terrain_ends(network.ground, there, radio.radius_m)], language)
    console.print(summary_table(summary, language), highlight=False, markup=False, soft_wrap=True)
    print_paths(console, [*files, *network.files, manifest])


def _where(where: str, language: str) -> str:
    """Return the words for where a level is received."""
    if where in ("outdoor", "vehicle"):
        return text(f"cover.where_{where}", language)
    return text("cover.where_building", language, kind=where)


def _bar(console: Console, language: str) -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn(),
        console=console, disable=not console.is_terminal,
    )  # fmt: skip


def _print_left_out(console: Console, names: list[str], network: Network, language: str) -> None:
    """Print what was kept from an earlier run, and each site that could not be computed with its reason."""
    if network.kept:
        console.print(text("cover.kept", language, kept=network.kept, computed=network.computed))
    reasons: dict[str, set[str]] = {}
    for row, reason in network.left_out:
        reasons.setdefault(reason, set()).add(names[row])
    for reason, sites in reasons.items():
        line = text("cover.left_out", language, sites=", ".join(sorted(sites)[:8]), count=len(sites), reason=reason)
        console.print(line, style="yellow", highlight=False, markup=False, soft_wrap=True)


def _print_short(console: Console, names: pd.Series, language: str) -> None:
    """Print of which sites the circle goes beyond the terrain."""
    sites = sorted(names.unique())
    if sites:
        line = text("cover.terrain_ends", language, sites=", ".join(sites[:8]), count=len(sites))
        console.print(line, style="yellow", highlight=False, markup=False, soft_wrap=True)
