"""Outputs appear whole or not at all."""

from __future__ import annotations

import errno
import io
import os
import shutil
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lomsong.errors import LomsongError, WriteError
from lomsong.texts import fault

_LIBRARIES = ("pyogrio", "rasterio", "sqlite3", "xlsxwriter")
"""Their errors in writing are no :class:`OSError`."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_HELD = (errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY)
_NO_ROOM_BYTES = 1 << 20


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Run a block that writes ``path``.

    Raises
    ------
    WriteError
        Where it could not: which file, why, and what to do.
    """
    try:
        yield
    except LomsongError:
        raise
    except Exception as error:
        if not isinstance(error, OSError) and type(error).__module__.partition(".")[0] not in _LIBRARIES:
            raise
        code = next((cause.errno for cause in (error, *error.args) if isinstance(cause, OSError)), None)
        if code in _FULL or (code is None and _free_bytes(path) < _NO_ROOM_BYTES):
            raise fault(WriteError, "write_full", file=path) from error
        if code in _HELD:
            raise fault(WriteError, "write_held", file=path) from error
        reason = error.strerror if isinstance(error, OSError) else None
        raise fault(WriteError, "write", file=path, reason=reason or str(error)) from error


def _there(path: Path) -> Path:
    """Return the nearest of a path and the folders above it that exists."""
    return next(place for place in (path.absolute(), *path.absolute().parents) if place.exists())


def _free_bytes(path: Path) -> int:
    return shutil.disk_usage(_there(path)).free


def require_writable(folder: Path) -> None:
    """Refuse a folder in which nothing can be written, before hours go into what was to stand there.

    Raises
    ------
    WriteError
        With the remedy.
    """
    with writing(folder):
        draft = _there(folder) / f".lomsong.{os.getpid()}.part"
        draft.touch()
        draft.unlink()


@contextmanager
def replacing(path: Path, optional: bool = False) -> Iterator[Path]:
    """Give a temporary name beside ``path``; move it there when the block ends well, remove it when it does not.

    Where an ``optional`` file was not made, one of an earlier run goes too: it is not of this one.

    Raises
    ------
    WriteError
        As :func:`writing`.
    """
    draft = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield draft
            if optional and not draft.exists():
                path.unlink(missing_ok=True)
            else:
                draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)


@contextmanager
def zipping(path: Path) -> Iterator[zipfile.ZipFile]:
    """Give an empty archive that is written to ``path``, whole or not at all, when the block ends well.

    It is made in memory: one that stands on a full disk cannot be closed and says so a second time when it goes.
    """
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        yield archive
    with replacing(path) as draft:
        draft.write_bytes(content.getvalue())


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text."""
    with replacing(path) as draft:
        draft.write_text(text, encoding="utf-8", newline="\n")


def clear_drafts(folders: Iterable[Path], before_s: float) -> None:
    """Remove the drafts that a run left in the folders it writes to when it was killed, in these alone.

    One that was written to after ``before_s``, in seconds since 1970, is of another run that is at work there.
    """
    for folder in sorted(set(folders)):
        for draft in folder.glob(".*.part*"):
            if draft.stat().st_mtime >= before_s:
                continue
            if draft.is_dir():
                shutil.rmtree(draft, ignore_errors=True)
            else:
                draft.unlink(missing_ok=True)
