"""``lomsong fetch``: public layers of an area."""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn

from lomsong.cli.screen import language_option, print_paths, spoken
from lomsong.errors import LomsongError
from lomsong.ingest.files.opening import read_layer
from lomsong.ingest.public.download import Report
from lomsong.ingest.public.fetch import OSM, WHAT, require_known
from lomsong.ingest.public.fetch import fetch as fetch_layers
from lomsong.ingest.public.overpass import LINES
from lomsong.ingest.public.stock import LEDGER, LICENCES, LICENCES_FILE, Fetched
from lomsong.ingest.templates import toml
from lomsong.settings import Settings, load
from lomsong.texts import text, told

KEYS = {"dem": "dem", "landcover": "land_cover", "population": "population"}
"""Layer to the key of ``[inputs]`` that takes its files."""


@click.command()
@click.option("--area", required=True, help="Map layer whose bounds count: FILE or FILE#LAYER, such as the communes.")
@click.option("--what", default=",".join(WHAT), show_default=True, help="Layers to fetch, with commas between.")
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Output folder.")
@click.option(
    "--settings", "file", type=click.Path(path_type=Path, dir_okay=False), help="lomsong.toml with [fetch]: addresses."
)
@language_option
@click.pass_context
def fetch(context: click.Context, area: str, what: str, out: Path, file: Path | None, language: str | None) -> None:
    """Fetch terrain, land cover, roads, power lines, boundaries and population of an area, with their licences."""
    settings = load(file) if file else Settings()
    language = spoken(context, language or settings.publish.language)
    addresses = settings.fetch
    if file and addresses.cache:
        addresses = dataclasses.replace(addresses, cache=str(file.parent / Path(addresses.cache).expanduser()))
    names = [name.strip() for name in what.split(",") if name.strip()]
    console = Console()
    found: list[Fetched] = []
    faults: list[LomsongError] = []
    with told_on(console, language) as report:
        try:
            require_known(names)
            layer = read_layer(area)
        except LomsongError as error:
            faults.append(error)
        for name in WHAT if not faults else ():
            if name in names:
                try:
                    found += fetch_layers(layer, [name], out, addresses, report)
                except LomsongError as error:  # the other layers do not wait for it
                    faults.append(error)
    print_found(console, found, out, file.parent if file else Path(), language)
    for fault in faults:
        click.echo(f"lomsong: {told(fault, language)}", err=True)
    sys.exit(max((fault.exit_code for fault in faults), default=0))


@contextmanager
def told_on(console: Console, language: str) -> Iterator[Report]:
    """Show each file as it comes, with bytes and speed, on a terminal; what should be known, everywhere."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        current: dict[str, TaskID] = {}

        def report(key: str, values: Mapping[str, object]) -> None:
            if key == "fetch.progress":
                name, done, total = str(values["file"]), values["done"], values["total"]
                if name not in current:
                    for task in current.values():
                        progress.remove_task(task)
                    current.clear()
                    current[name] = progress.add_task(name, total=None)
                progress.update(current[name], completed=done, total=total)  # type: ignore[arg-type]
            elif key != "fetch.square" or console.is_terminal:
                progress.console.print(text(key, language, **values), highlight=False, markup=False, soft_wrap=True)

        yield report


def print_found(console: Console, found: Sequence[Fetched], out: Path, base: Path, language: str) -> None:
    """Print the licences, what to put into ``[inputs]``, and the paths."""
    there = [item for item in found if item.state != "absent"]
    if not there:
        return
    for layer in dict.fromkeys(item.layer for item in there):
        licence = LICENCES[layer]
        name = next((item.licence for item in there if item.layer == layer and item.licence), licence.name)
        console.print(
            f"\n{text(f'fetch.layer.{layer}', language)}: {name}", markup=False, highlight=False, soft_wrap=True
        )
        console.print(f"  {text(f'fetch.note.{layer}', language)}", markup=False, highlight=False, soft_wrap=True)
        console.print(f"  {licence.credit}", markup=False, highlight=False, soft_wrap=True)
    console.print(f"\n{text('fetch.inputs', language)}", highlight=False, soft_wrap=True)
    for line in input_lines(there, out, base, language):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    console.print()
    print_paths(console, [out / name for name in (LEDGER, LICENCES_FILE) if (out / name).is_file()])


def input_lines(found: Sequence[Fetched], out: Path, base: Path, language: str) -> list[str]:
    """Return the lines of ``[inputs]`` that use what was fetched; paths from ``base``, with forward slashes."""
    try:
        folder = Path(os.path.relpath(out, base)).as_posix()
    except ValueError:  # on another drive
        folder = out.resolve().as_posix()
    lines = ["[inputs]"]
    for layer, key in KEYS.items():
        files = [item.file for item in found if item.layer == layer]
        if files:
            name = files[0] if layer == "population" else f"{Path(files[0]).parent.as_posix()}/*.tif"
            lines.append(f"{key} = {toml(f'{folder}/{name}')}")
    drawn = dict.fromkeys(LINES[item.layer][0] for item in found if item.file == OSM)
    lines += [f"{layer} = {toml(f'{folder}/{OSM}#{layer}')}" for layer in drawn]
    if any(item.layer == "boundaries" for item in found):
        lines.append(f"# {text('fetch.boundaries_hint', language)}")
    return lines
