"""``lomsong check``: every fault of the inputs at once."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from lomsong.ingest import read_evidence
from lomsong.settings import load


@click.command()
@click.argument("settings", type=click.Path(path_type=Path, dir_okay=False))
def check(settings: Path) -> None:
    """Read all inputs of SETTINGS and print the account of every row; exit 0 clean, 1 data fault, 2 usage."""
    _, account = read_evidence(settings, load(settings))
    console = Console()
    table = Table()
    for heading in ("file", "table", "read", "accepted", "rejected"):
        table.add_column(heading, justify="left" if heading in ("file", "table") else "right")
    for row in account.sources.itertuples():
        table.add_row(row.source_file, row.table, str(row.rows_read), str(row.accepted), str(row.rejected))
    console.print(table)
    for (file, name, severity), count in account.rejects.groupby(["source_file", "check", "severity"]).size().items():
        console.print(f"{file}: {name} ({severity}): {count}", highlight=False)
    for fault in account.faults:
        click.echo(f"lomsong: {fault}", err=True)
    sys.exit(1 if account.faults else 0)
