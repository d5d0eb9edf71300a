"""Outputs appear whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path, optional: bool = False) -> Iterator[Path]:
    """Give a temporary name beside ``path``; move it there when the block ends well, remove it when it does not.

    Where an ``optional`` file was not made, one of an earlier run goes too: it is not of this one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    try:
        yield draft
        if optional and not draft.exists():
            path.unlink(missing_ok=True)
        else:
            draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text."""
    with replacing(path) as draft:
        draft.write_text(text, encoding="utf-8", newline="\n")


def clear_drafts(folders: Iterable[Path]) -> None:
    """Remove the drafts that a run left in the folders it writes to when it was killed, in these alone."""
    for folder in sorted(set(folders)):
        for draft in folder.glob(".*.part*"):
            if draft.is_dir():
                shutil.rmtree(draft, ignore_errors=True)
            else:
                draft.unlink(missing_ok=True)
