"""The internal edition: the same files, with small counts, each marked as not for publication."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from lomsong.settings import Settings
from lomsong.texts import LANGUAGES, text

FOLDER = "internal"
"""Where it lies in the folder of a run: apart, so that what may be published can be passed on without it."""

MARKER = "NOI_BO.txt"
"""File that says so in that folder."""


def internal_settings(settings: Settings) -> Settings:
    """Return settings under which nothing is hidden and title and note, which every file carries, say so."""
    run, publish = settings.run, settings.publish
    title = text("layers.internal_title", publish.language, title=run.title)
    note = text("layers.internal_note", publish.language, note=run.note).strip()
    return replace(settings, run=replace(run, title=title, note=note), publish=replace(publish, suppress_below=0))


def marker(below: int) -> str:
    """Return what the folder says of itself, in both languages; ``below`` is what the published edition hides."""
    return "\n\n".join(text("layers.internal_marker", language, below=below) for language in LANGUAGES) + "\n"


def left_from_before(folder: Path, paths: Iterable[Path]) -> Path | None:
    """Return the edition in ``folder`` of which none of the ``paths`` just written is one; None: there is none.

    It is the internal edition, or ``folder`` itself where that was written alone. It is left there: it may be in use.
    """
    written = set(paths)
    inside = folder / FOLDER / MARKER
    if inside.is_file() and inside not in written:
        return inside.parent
    outside = folder / "manifest.json"
    return folder if inside in written and outside.is_file() and outside not in written else None
