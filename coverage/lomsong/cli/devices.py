"""``lomsong devices``: who still needs a device, and who gets the next ones."""

from __future__ import annotations

from pathlib import Path

import click
import pandas as pd
from rich.console import Console
from rich.table import Table

from lomsong import pipeline
from lomsong.cli.screen import TOP, language_option, print_paths, spoken, stages
from lomsong.publish.atomic import require_writable
from lomsong.publish.devices import (
    DevicesContent,
    by_tier,
    counts_of,
    published,
    sentences,
    with_total,
    write_devices,
)
from lomsong.settings import load
from lomsong.shown import number


@click.command()
@click.argument("settings", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--count", type=click.IntRange(0), help="Devices to hand out; left out: as [devices] has it.")
@click.option("--handovers", type=click.Path(path_type=Path, dir_okay=False), help="Ledger of devices handed over.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for workbook, CSV and the list.")
@language_option
@click.pass_context
def devices(
    context: click.Context,
    settings: Path,
    count: int | None,
    handovers: Path | None,
    out: Path | None,
    language: str | None,
) -> None:
    """Tell who still needs a device and who gets the next ones, for SETTINGS (a lomsong.toml).

    By the tiers of [devices], only where there is signal, none twice. With --out counts are written for everybody, and
    each household in its turn into the folder `internal`.
    """
    language = spoken(context, language or load(settings).publish.language)
    asked: dict[str, object] = {}
    if count is not None:
        asked["count"] = count
    if handovers is not None:
        asked["handovers"] = str(handovers.absolute())
    if out is not None:
        require_writable(out)
    console = Console()
    with stages(console, language) as report:
        content = pipeline.hand_out(settings, asked, report, language)
    print_devices(console, content)
    if out is not None:
        print_paths(console, write_devices(content, out))


def print_devices(console: Console, content: DevicesContent) -> None:
    """Print households by tier, the communes that get most, and what is to be known."""
    tiers, communes = published(content)
    shown = with_total(tiers, by_tier(content), "tier", content)
    console.print(_table(content, "devices.title", "devices.tier", "tier", shown))
    most = communes.sort_values(["next", "waiting", "households"], ascending=False, kind="stable").head(TOP)
    console.print(_table(content, "devices.communes_title", "devices.commune", "name", most))
    for sentence in sentences(content):
        console.print(sentence, highlight=False, soft_wrap=True, markup=False)


def _table(content: DevicesContent, title: str, head: str, first: str, rows: pd.DataFrame) -> Table:
    names = counts_of(rows)
    table = Table(title=content.say(title), title_justify="left", show_edge=False, pad_edge=False)
    table.add_column(content.say(head), overflow="fold")
    for name in names:
        table.add_column(content.say(f"devices.{name}").replace(" ", "\n"), justify="right")
    for _, row in rows.iterrows():
        table.add_row(str(row[first]), *(_shown(row, name, content) for name in names))
    return table


def _shown(row: pd.Series, name: str, content: DevicesContent) -> str:
    if row.get(f"{name}_suppressed") is True:
        return f"<{content.suppress_below}"
    return "" if pd.isna(row[name]) else number(row[name], 0, content.language)
