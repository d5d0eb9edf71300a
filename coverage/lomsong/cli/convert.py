"""``lomsong convert``: survey logs into one canonical Parquet file."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from lomsong.cli.screen import language_option, print_paths, spoken
from lomsong.ingest.quality import SurveyLimits
from lomsong.ingest.surveys.formats import FORMATS
from lomsong.ingest.surveys.reader import Stream, survey_files, survey_streams
from lomsong.publish.delimited import csv_writer
from lomsong.publish.samples import sample_writer
from lomsong.settings import load
from lomsong.texts import text


@click.command()
@click.argument("logs", nargs=-1, required=True)
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="Parquet file to write.")
@click.option("--operator", help="Operator of all rows, a name or MCC-MNC; left out: as the rows say.")
@click.option(
    "--format",
    "layout",
    default="auto",
    show_default=True,
    type=click.Choice(("auto", *FORMATS)),
    help="Format of the logs.",
)
@click.option(
    "--settings", type=click.Path(path_type=Path, dir_okay=False), help="lomsong.toml with [survey]: limits, columns."
)
@language_option
@click.pass_context
def convert(
    context: click.Context,
    logs: tuple[str, ...],
    out: Path,
    operator: str | None,
    layout: str,
    settings: Path | None,
    language: str | None,
) -> None:
    """Read LOGS (files, folders, globs, archives) and write accepted samples to OUT.

    Rows that are not accepted go to OUT.rejects.csv with their reasons, levels of neighbour cells to
    OUT.neighbours.csv.
    """
    limits = SurveyLimits()
    if settings is not None:
        chosen = load(settings)
        limits = SurveyLimits.of(chosen.survey)
        language = language or chosen.publish.language
    language = spoken(context, language)
    console = Console()
    rejects, neighbours = out.with_suffix(".rejects.csv"), out.with_suffix(".neighbours.csv")
    with ExitStack() as stack:
        samples = stack.enter_context(sample_writer(out))
        refused = stack.enter_context(csv_writer(rejects))
        beside = stack.enter_context(csv_writer(neighbours, optional=True))
        progress = stack.enter_context(_progress(console))
        files, companions = survey_files(logs)
        for found, kind in companions:
            told = text("convert.beside", language, file=found.name, kind=kind)
            progress.console.print(told, highlight=False, markup=False, soft_wrap=True)
        for stream in survey_streams(files, operator, layout, limits, language):
            task = progress.add_task(stream.name, total=None, rows=0)
            for piece in stream:
                samples.write(piece.samples)
                refused.write(piece.rejects)
                beside.write(piece.neighbours)
                progress.update(task, rows=stream.rows_read)
            progress.remove_task(task)
            _print(progress.console, stream, language)
    print_paths(console, [path for path in (out, rejects, neighbours) if path.exists()])


def _progress(console: Console) -> Progress:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TextColumn("{task.fields[rows]:,}"),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=console, disable=not console.is_terminal, transient=True)


def _print(console: Console, stream: Stream, language: str) -> None:
    counts = {"read": stream.rows_read, "accepted": stream.accepted, "rejected": stream.rows_read - stream.accepted}
    line = text("convert.file", language, file=stream.name, format=stream.format, **counts)
    console.print(line, highlight=False, markup=False, soft_wrap=True)
    for check, count in sorted(stream.rejected.items()):
        console.print(f"  {check}: {count}", highlight=False, markup=False)
    for flag in stream.flags:
        told = f"  {flag['check']}: {flag['rows']}. {flag['remedy']}"
        console.print(told, highlight=False, markup=False, soft_wrap=True, style="dim")
