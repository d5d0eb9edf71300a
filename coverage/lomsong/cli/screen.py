"""What the verbs print: stages as they pass, tables, paths."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click
import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from lomsong.shown import number
from lomsong.texts import LANGUAGES, TEXTS, language_of_system, text

TOP = 10
"""Communes printed after a run."""

FULL = 8
"""Of a folder with more files than this only their number is printed."""


F = TypeVar("F", bound=Callable[..., Any])


def language_option(verb: F) -> F:
    """Give a verb ``--lang``; what it says, errors included, is then in that language (see :func:`spoken`)."""
    return click.option(
        "--lang",
        "language",
        type=click.Choice(LANGUAGES),
        callback=_remember,
        help="Language; left out: as the settings say.",
    )(verb)


def _remember(context: click.Context, _: click.Parameter, language: str | None) -> str | None:
    if language is not None:
        spoken(context, language)
    return language


def spoken(context: click.Context | None, language: str | None = None) -> str:
    """Return the language in which to speak, that of the system until told otherwise; ``language`` tells it."""
    memory: dict[str, str] = context.find_root().ensure_object(dict) if context else {}
    if language is not None:
        memory["language"] = language
    return memory.get("language") or language_of_system()


@contextmanager
def stages(console: Console, language: str) -> Iterator[Callable[[str], None]]:
    """Show the stage at work; yields the function that a run reports to."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        current: list[TaskID] = []

        def report(stage: str) -> None:
            finish()
            known = f"stage.{stage}" in TEXTS
            name = text(f"stage.{stage}", language) if known else text("cli.writing", language, name=stage)
            current.append(progress.add_task(name, total=1))

        def finish() -> None:
            while current:
                progress.update(current.pop(), completed=1)

        yield report
        finish()


def print_ranking(console: Console, ranking: pd.DataFrame, language: str) -> None:
    """Print the first communes with their intervals."""
    table = Table(title=text("cli.first_communes", language, count=min(TOP, len(ranking))), title_justify="left")
    for key, justify in (
        ("cli.rank", "right"), ("cli.commune", "left"), ("cli.learners", "right"), ("cli.unconnected", "right"),
        ("cli.interval", "right"), ("cli.share", "right"),
    ):  # fmt: skip
        table.add_column(text(key, language), justify=justify, overflow="fold")  # type: ignore[arg-type]
    for row in ranking.head(TOP).itertuples():
        table.add_row(
            f"{row.rank} ({row.rank_low}–{row.rank_high})",
            escape(str(row.name)),
            number(row.learners, language=language),
            number(row.unconnected, language=language),
            f"{number(row.unconnected_low, language=language)}–{number(row.unconnected_high, language=language)}",
            "" if pd.isna(row.share) else f"{100 * row.share:.0f} %",
        )
    console.print(table)


def said_of(column: str, value: str, limit: str, language: str) -> str:
    """Return which value of a row was met where, and its limit, as far as they are known."""
    met = f"{column}: {value}" if column and value else column or value
    parts = (met, text("check.limit", language, limit=limit) if limit else "")
    return ", ".join(part for part in parts if part)


def print_paths(console: Console, paths: Sequence[Path]) -> None:
    """Print the files written, one a line, so that a terminal can open them; of a full folder below, how many."""
    held = Counter(path.parent for path in paths)
    top = min(held, key=lambda folder: len(folder.parts), default=None)
    full = {folder for folder, files in held.items() if files > FULL and folder != top}
    lines = (f"{path.parent / '*'} ({held[path.parent]})" if path.parent in full else str(path) for path in paths)
    for line in dict.fromkeys(lines):
        console.print(line, style="cyan", soft_wrap=True, highlight=False, markup=False)
