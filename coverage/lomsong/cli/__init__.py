"""The command line: one verb a file; a verb parses, calls the library and prints."""

from __future__ import annotations

import importlib
import io
import os
import sys

import click

from lomsong import __version__
from lomsong.chunks import left_behind
from lomsong.errors import LomsongError
from lomsong.texts import language_of_system, text, told

VERBS = (
    "demo", "init", "run", "check", "convert", "fetch", "coverage", "profile", "surface", "compare",
    "survey-plan", "site", "devices", "simulate",
)  # fmt: skip
"""Each a module of this package with a command of its name."""


class Verbs(click.Group):
    """Loads a verb when it is called: converting a log need not wait for maps and solvers."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs, in the order in which a person meets them."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a verb, None where there is none of that name."""
        if cmd_name not in VERBS:
            return None
        name = cmd_name.replace("-", "_")
        verb = getattr(importlib.import_module(f"lomsong.cli.{name}"), name)
        return verb if isinstance(verb, click.Command) else None


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="lomsong")
def group() -> None:
    """Lõm sóng: signal surveys, learners and communes into coverage gaps, an offline map and a tower plan."""


def main() -> None:
    """Run the command line; a known fault ends in one line and its exit code, never in a traceback."""
    said: dict[str, str] = {}
    _speak_vietnamese()
    try:
        status = group.main(standalone_mode=False, obj=said)
    except click.UsageError as error:
        error.show()
        status = 2
    except click.exceptions.Abort:
        click.echo(f"lomsong: {text('cli.interrupted', said.get('language') or language_of_system())}", err=True)
        status = 130
        if left_behind():
            sys.stdout.flush()
            os._exit(status)  # the interpreter would wait for them
    except LomsongError as error:
        click.echo(f"lomsong: {told(error, said.get('language') or language_of_system())}", err=True)
        status = error.exit_code
    except OSError as error:
        values = {"file": error.filename or "–", "reason": error.strerror or error}
        click.echo(f"lomsong: {text('fault.system', said.get('language') or language_of_system(), **values)}", err=True)
        status = 1
    except MemoryError:
        click.echo(f"lomsong: {text('fault.memory', said.get('language') or language_of_system())}", err=True)
        status = 1
    sys.exit(status if isinstance(status, int) else 0)


def _speak_vietnamese() -> None:
    """Let what is printed into a file or a pipe be UTF-8 where the code page of the system lacks our letters."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            try:
                "ệ━".encode(stream.encoding)
                stream.reconfigure(errors="backslashreplace")
            except UnicodeEncodeError:
                stream.reconfigure(encoding="utf-8", errors="backslashreplace")
