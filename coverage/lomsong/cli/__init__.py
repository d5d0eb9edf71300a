"""The command line: one verb a file; a verb parses, calls the library and prints."""

from __future__ import annotations

import sys

import click

from lomsong import __version__
from lomsong.cli.check import check
from lomsong.cli.convert import convert
from lomsong.cli.demo import demo
from lomsong.cli.run import run
from lomsong.cli.simulate import simulate
from lomsong.errors import LomsongError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="lomsong")
def group() -> None:
    """Lõm sóng: signal surveys, learners and communes into coverage gaps, an offline map and a tower plan."""


for verb in (demo, run, check, convert, simulate):
    group.add_command(verb)


def main() -> None:
    """Run the command line; a known fault ends in one line and its exit code, never in a traceback."""
    try:
        status = group.main(standalone_mode=False)
    except click.UsageError as error:
        error.show()
        status = 2
    except click.exceptions.Abort:
        click.echo("lomsong: interrupted; run it again and it goes on from where it stopped", err=True)
        status = 130
    except LomsongError as error:
        click.echo(f"lomsong: {error}", err=True)
        status = error.exit_code
    except OSError as error:
        click.echo(f"lomsong: {error.filename or 'file'}: {error.strerror or error}", err=True)
        status = 1
    sys.exit(status if isinstance(status, int) else 0)
