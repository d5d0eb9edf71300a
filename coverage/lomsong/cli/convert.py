"""``lomsong convert``: survey logs into one canonical Parquet file."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from lomsong.ingest import read_survey
from lomsong.ingest.reading import join
from lomsong.ingest.surveys import FORMATS
from lomsong.publish.layers import write_csv, write_parquet


@click.command()
@click.argument("logs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="Parquet file to write.")
@click.option("--operator", help="Operator of all rows, a name or MCC-MNC; left out: as the rows say.")
@click.option(
    "--format", "layout", default="auto", show_default=True, type=click.Choice(FORMATS), help="Format of the logs."
)
def convert(logs: tuple[Path, ...], out: Path, operator: str | None, layout: str) -> None:
    """Read LOGS and write accepted samples to OUT, the rest with its reasons to OUT.rejects.csv."""
    survey = join([read_survey(log, operator, format=layout) for log in logs])
    write_parquet(out, survey.samples)
    rejects = out.with_suffix(".rejects.csv")
    write_csv(rejects, survey.rejects)
    console = Console()
    for row in survey.sources.itertuples():
        console.print(
            f"{row.source_file}: {row.rows_read} rows read = {row.accepted} accepted + {row.rejected} rejected",
            highlight=False,
        )
    for check, count in survey.rejects["check"].value_counts().items():
        console.print(f"  {check}: {count}", highlight=False)
    console.print(f"{out}\n{rejects}", style="cyan", highlight=False)
