"""``lomsong compare``: what changed between two rounds, and how much of it noise would do alone."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import pandas as pd
from rich.console import Console
from rich.table import Table

from lomsong.cli.screen import language_option, print_paths, spoken
from lomsong.gap.progress import ANY
from lomsong.publish.atomic import write_text
from lomsong.publish.coverage.words import number
from lomsong.publish.progress import (
    ProgressContent,
    account,
    notes_of,
    progress_totals,
    published_progress,
    worded_value,
    write_progress,
)
from lomsong.rounds import compare_folders
from lomsong.texts import text

MOST = 25
"""Communes printed; of more only those that changed, and the largest."""


@click.command()
@click.argument("before", metavar="DIR_A", type=click.Path(path_type=Path, file_okay=False))
@click.argument("after", metavar="DIR_B", type=click.Path(path_type=Path, file_okay=False))
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder of CSV, GeoPackage and workbook.")
@click.option("--json", "json_file", type=click.Path(path_type=Path, dir_okay=False), help="Write all figures here.")
@click.option("--usable-dbm", type=click.FloatRange(-140, -44), help="Threshold; left out: that of DIR_B.")
@click.option("--remove-shift", is_flag=True, help="Take off what all levels differ by, as when the phone is another.")
@language_option
@click.pass_context
def compare(
    context: click.Context,
    before: Path,
    after: Path,
    out: Path | None,
    json_file: Path | None,
    usable_dbm: float | None,
    remove_shift: bool,
    language: str | None,
) -> None:
    """Compare DIR_B with DIR_A, the folders of a later and an earlier `lomsong run`, on the same places.

    Gaps closed, new and persisting, learners gained and lost, with what noise would do alone. What was measured in one
    round only never counts as progress. With --out progress.csv, progress.gpkg and progress.xlsx are written.
    """
    content = compare_folders(before, after, usable_dbm=usable_dbm, remove_shift=remove_shift)
    language = spoken(context, language or content.language)
    content = replace(content, language=language)
    console = Console()
    table = published_progress(content.progress.communes, content.suppress_below)
    _print_communes(console, content, table[table["operator"] == ANY])
    _print_operators(console, content)
    for name, count in account(content):
        console.print(f"{name}: {number(count, 0, language)}", highlight=False, markup=False)
    for note in notes_of(content):
        console.print(note, highlight=False, markup=False)
    paths = [] if out is None else write_progress(content, out)
    if json_file is not None:
        write_text(json_file, _as_json(content, table))
        paths.append(json_file)
    print_paths(console, paths)


def _table(content: ProgressContent, title: str, first: str) -> Table:
    table = Table(title=text(title, content.language), title_justify="left", show_edge=False, pad_edge=False)
    table.add_column(text(first, content.language), max_width=16, overflow="fold")
    for key in ("progress.compared", "progress.before", "progress.after", "progress.net", "progress.interval",
                "progress.noise"):  # fmt: skip
        table.add_column(text(key, content.language), justify="right", overflow="fold")
    table.add_column(text("progress.verdict", content.language))
    return table


def _print(console: Console, table: Table) -> None:
    """Print a table whose figures stand whole: an ellipsis in one, or a break, would read as other figures."""
    for column in table.columns[1:-1]:
        column.width = max(len(word) for cell in (column.header, *column.cells) for word in str(cell).split())
    console.print(table)


def _cells(row: pd.Series, content: ProgressContent) -> list[str]:
    def shown(name: str) -> str:
        if row.get(f"{name}_suppressed", False):
            return f"<{content.suppress_below}"
        return number(float(row[name]), 0, content.language)

    interval = f"{shown('net_low')}…{shown('net_high')}"
    figures = [shown(name) for name in ("compared", "unconnected_before", "unconnected_after", "net")]
    return [*figures, interval, shown("noise"), worded_value("verdict", row["verdict"], content)]


def _print_communes(console: Console, content: ProgressContent, rows: pd.DataFrame) -> None:
    """Print the communes: those that changed, then those of most learners without signal then or now."""
    told = rows["verdict"].isin(["improved", "worse", "shift"])
    most = rows[["unconnected_before", "unconnected_after"]].max(axis=1).fillna(0)
    order = rows.assign(told=told, most=most).sort_values(["told", "most"], ascending=False, kind="stable")
    first = order.head(max(MOST, int(told.sum())))
    table = _table(content, "progress.cli_communes", "progress.name")
    for _, row in first.iterrows():
        table.add_row(str(row["name"]), *_cells(row, content), style="bold" if row["told"] else None)
    _print(console, table)
    if len(first) < len(rows):
        console.print(text("progress.cli_rest", content.language, count=len(rows) - len(first)), highlight=False)


def _print_operators(console: Console, content: ProgressContent) -> None:
    table = _table(content, "progress.cli_operators", "progress.operator")
    for _, row in progress_totals(content).iterrows():
        table.add_row(worded_value("operator", row["operator"], content), *_cells(row, content))
    _print(console, table)


def _as_json(content: ProgressContent, table: pd.DataFrame) -> str:
    """Return all published figures; what is hidden or cannot be told is null."""
    shown = [name for name in table if not str(name).endswith("_suppressed")]
    whole: dict[str, Any] = {
        "usable_dbm": content.usable_dbm,
        "learners": dict(account(content)),
        "notes": notes_of(content),
        "noise": content.progress.noise.to_dict("records"),
        "totals": progress_totals(content).to_dict("records"),
        "communes": table[shown].to_dict("records"),
    }
    return json.dumps(_known(whole), ensure_ascii=False, indent=1) + "\n"


def _known(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _known(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_known(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
