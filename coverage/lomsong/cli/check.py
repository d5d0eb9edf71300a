"""``lomsong check``: every fault of the inputs at once, and the account of every row."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import click
import pandas as pd
from rich.console import Console
from rich.markup import escape

from lomsong.cli.screen import language_option, print_paths, said_of, spoken
from lomsong.ingest import Account, read_files, read_handovers
from lomsong.ingest.technologies import read_all
from lomsong.pipeline import unusable
from lomsong.publish.delimited import write_csv
from lomsong.settings import load
from lomsong.siting.cost import read_sheet
from lomsong.texts import one_line, text, told


@click.command()
@click.argument("paths", metavar="SETTINGS|FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write the whole account here too, as CSV; not for publication.",
)
@language_option
@click.pass_context
def check(context: click.Context, paths: tuple[Path, ...], out: Path | None, language: str | None) -> None:
    """Read all inputs of SETTINGS (a lomsong.toml), or single files of any kind, and print the account of every row.

    Exit 0 clean, 1 data fault, 2 usage.
    """
    console = Console()
    if len(paths) == 1 and paths[0].suffix.lower() == ".toml":
        settings = load(paths[0])
        language = spoken(context, language or settings.publish.language)
        with console.status(text("stage.evidence", language)):
            _, account = read_all(paths[0], settings, language)
            account.faults += unusable(settings)
            if settings.siting.costs:
                account.attempt(lambda: read_sheet(paths[0].parent / settings.siting.costs))
            if settings.devices.handovers:
                ledger = paths[0].parent / settings.devices.handovers
                account.keep("handovers", partial(read_handovers, ledger, language))
    else:
        language = spoken(context, language)
        with console.status(text("stage.evidence", language)):
            account = read_files([str(path) for path in paths], language)
    print_account(console, account, language)
    if out is not None:
        print_paths(console, write_account(out, account))
    if account.faults:
        click.echo(text("check.faults", language, count=len(account.faults)))
    for fault in account.faults:
        click.echo(f"lomsong: {told(fault, language)}", err=True)
    sys.exit(1 if account.faults else 0)


def write_account(folder: Path, account: Account) -> list[Path]:
    """Write rows by file, rejects, flags and what was declared against what is listed; return the files."""
    tables = {"sources": account.sources, "rejects": account.rejects, "flags": account.flags, **account.tables}
    for name, table in tables.items():
        write_csv(folder / f"{name}.csv", table)
    return [folder / f"{name}.csv" for name in tables]


def print_account(console: Console, account: Account, language: str) -> None:
    """Print, file by file, its rows, what was rejected and what is kept but should be known."""
    rejects, flags, sources = _first_of_each(account.rejects), account.flags, account.sources
    seen: set[str] = set()
    for row in sources.itertuples():
        head = text(
            "check.file", language, file=row.source_file, table=row.table, read=row.rows_read, accepted=row.accepted,
            rejected=row.rejected,
        )  # fmt: skip
        console.print(f"[bold]{escape(head)}[/bold]", highlight=False, soft_wrap=True)
        if row.source_file not in seen:
            seen.add(row.source_file)
            _print_checks(console, rejects[rejects["source_file"] == row.source_file], "check.rejected", language)
            told_of = flags[flags["source_file"] == row.source_file]
            _print_checks(console, told_of, "check.flagged", language, whole=row.rows_read)
    for name, others in flags[~flags["source_file"].isin(seen)].groupby("source_file", sort=False):
        console.print(f"[bold]{escape(str(name))}[/bold]", highlight=False, soft_wrap=True)
        _print_checks(console, others, "check.flagged", language)
    for line in account.sentences:
        console.print(line, highlight=False, markup=False)
    if len(sources) > 1:
        counts = {name: int(sources[column].sum()) for name, column in _COUNTS.items()}
        console.print(text("check.sum", language, **counts), highlight=False)
    if not account.faults:
        console.print(text("check.clean", language), highlight=False)


_COUNTS = {"read": "rows_read", "accepted": "accepted", "rejected": "rejected"}
_STYLES = {"critical": "red", "warning": "yellow"}


def _first_of_each(rejects: pd.DataFrame) -> pd.DataFrame:
    """Return one row a file and check: how many rows, and the first of them."""
    groups = rejects.groupby(["source_file", "check"], sort=False)
    return groups.first().assign(rows=groups.size(), first_row=groups["source_row"].first()).reset_index()


def _print_checks(console: Console, checks: pd.DataFrame, key: str, language: str, whole: int = 0) -> None:
    """Print two lines a check: how many rows and where, then what it means and what to do.

    One that holds of all ``whole`` rows of a file is told of the file.
    """
    for row in checks.itertuples():
        parts = [
            text(key if row.first_row or row.rows < whole else "check.whole", language, check=row.check, rows=row.rows),
            text("check.first_sheet" if row.sheet else "check.first", language, sheet=row.sheet, row=row.first_row)
            if row.first_row
            else "",
            said_of(row.column, row.value, row.limit, language),
        ]
        line = one_line(", ".join(part for part in parts if part))
        style = _STYLES[row.severity]
        mark = text(f"check.{row.severity}", language)
        console.print(f"  [{style}]{mark}[/{style}] {escape(line)}", highlight=False, soft_wrap=True)
        console.print(f"    {escape(row.remedy)}", highlight=False, soft_wrap=True, style="dim")
