"""``lomsong init``: settings and templates that a new project starts from."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from lomsong.cli.screen import language_option, print_paths, spoken
from lomsong.errors import UsageError
from lomsong.ingest.templates import GUIDES, templates
from lomsong.publish.atomic import replacing
from lomsong.settings import Publish
from lomsong.texts import fault, text


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@language_option
@click.option("--force", is_flag=True, help="Write over files that are there.")
@click.pass_context
def init(context: click.Context, folder: Path, language: str | None, force: bool) -> None:
    """Write lomsong.toml with every key explained, tables to fill in and a guide into DIR."""
    language = spoken(context, language or Publish().language)
    paths = write_templates(folder, language, force)
    console = Console()
    print_paths(console, paths)
    console.print(text("init.next", language, file=GUIDES[language]))
    settings = str(folder / "lomsong.toml")
    line = f'lomsong check "{settings}"' if " " in settings else f"lomsong check {settings}"
    console.print(line, style="cyan", soft_wrap=True, highlight=False, markup=False)


def write_templates(folder: Path, language: str, force: bool = False) -> list[Path]:
    """Write all templates into a folder; when one of them is there already, none, unless ``force``.

    Raises
    ------
    UsageError
        When a file is there, or the folder is a file.
    """
    files = templates(language)
    if folder.exists() and not folder.is_dir():
        raise fault(UsageError, "init_folder", folder=folder)
    there = [name for name in files if (folder / name).exists()]
    if there and not force:
        raise fault(UsageError, "init_exists", folder=folder, files=", ".join(there))
    for name, content in files.items():
        with replacing(folder / name) as draft:
            draft.write_bytes(content)
    return [folder / name for name in files]
