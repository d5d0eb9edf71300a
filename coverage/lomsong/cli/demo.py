"""``lomsong demo``: the sample province, end to end."""

from __future__ import annotations

from pathlib import Path

import click

from lomsong.cli.run import run_and_print
from lomsong.cli.screen import language_option, spoken
from lomsong.settings import load
from lomsong.simulate import simulate as make_province

SAMPLE = Path("data") / "lomsong.toml"
"""The sample province of the repository, looked for in the working folder."""


@click.command()
@click.option("--out", default="maps", type=click.Path(path_type=Path, file_okay=False), help="Output folder.")
@language_option
@click.pass_context
def demo(context: click.Context, out: Path, language: str | None) -> None:
    """Run the sample province; outside the repository it is simulated first, into OUT/sample."""
    settings = SAMPLE
    if not settings.is_file():
        settings = out / "sample" / "lomsong.toml"
        if not settings.is_file():
            make_province().write(settings.parent)
    run_and_print(settings, out, spoken(context, language or load(settings).publish.language))
