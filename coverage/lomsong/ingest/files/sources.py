"""Where bytes come from: a file, a gzip, or a member of a zip; hostile archives are refused before they unpack."""

from __future__ import annotations

import glob
import gzip
import io
import lzma
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from lomsong.errors import DataError, FormatError, LomsongError, MissingFileError
from lomsong.texts import fault, one_line

GZIP_MAGIC = b"\x1f\x8b"
ZIP_MAGIC = b"PK\x03\x04"

MAX_BYTES = 16 << 30
"""Largest content of one file after unpacking: 16 GiB."""

MAX_RATIO = 200
"""A member that unpacks to more than so many times its packed size, and to more than :data:`SMALL_BYTES`, is a bomb."""

SMALL_BYTES = 64 << 20
"""Content up to this size is read whatever its ratio."""

MAX_MEMBERS = 10_000
"""Most members of one zip."""

PIECE_BYTES = 8 << 20
"""A whole content is read in pieces of this size: a reader asked for all at once makes room for the limit."""

HEAD_BYTES = 1 << 18
"""Bytes from which a format is told."""


@dataclass(frozen=True)
class Source:
    """The content of one file: plain, gzipped, or one member of a zip."""

    path: Path
    member: str = ""
    folder: str = ""

    @property
    def name(self) -> str:
        """Name to show and to keep: that of the file, or ``archive.zip/member``, below its folder where given."""
        name = f"{self.path.name}/{self.member}" if self.member else self.path.name
        return one_line(f"{self.folder}/{name}" if self.folder else name)

    @property
    def stem(self) -> str:
        """The name without the endings of its last part."""
        return stem_of(self.name)

    @property
    def suffix(self) -> str:
        """Last ending of the content's name in lower case, without ``.gz``."""
        name = PurePosixPath(self.member or self.path.name).name.lower().removesuffix(".gz")
        return PurePosixPath(name).suffix

    @property
    def packed_bytes(self) -> int:
        """Bytes of the file on disk, 0 for a member of an archive."""
        return 0 if self.member else self.path.stat().st_size

    @property
    def gdal_path(self) -> str:
        """Name under which GDAL opens the content where it lies."""
        return f"/vsizip/{{{self.path.resolve()}}}/{self.member}" if self.member else str(self.path)

    def head(self, count: int = HEAD_BYTES) -> bytes:
        """Return the first bytes of the content."""
        with self.open() as stream:
            return stream.read(count)

    def read(self, limit: int = MAX_BYTES) -> bytes:
        """Return the whole content; for tables and small files, never for logs."""
        pieces, count = [], 0
        with self.open() as stream:
            while count <= limit and (piece := stream.read(PIECE_BYTES)):
                pieces.append(piece)
                count += len(piece)
        if count > limit:
            raise fault(DataError, "too_large", file=self.name, limit=_size(limit))
        return b"".join(pieces)

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Open the content for reading, unpacked; a damaged or hostile archive raises while it is read."""
        with ExitStack() as stack, guarded(self.name):
            raw, packed_bytes = self._raw(stack)
            if raw.peek(2)[:2] == GZIP_MAGIC:
                inner = cast(BinaryIO, stack.enter_context(gzip.open(raw)))
                opened = _Guarded(inner, self.name, packed_bytes)
            else:
                opened = _Guarded(raw, self.name, packed_bytes if self.member else MAX_BYTES)
            kept = stack.pop_all()
        with kept:
            yield cast(BinaryIO, opened)

    def _raw(self, stack: ExitStack) -> tuple[io.BufferedReader, int]:
        """Open the bytes as they are packed, and tell how many there are."""
        file = stack.enter_context(self.path.open("rb"))
        if not self.member:
            return file, os.fstat(file.fileno()).st_size
        whole = stack.enter_context(zipfile.ZipFile(file))
        inside = stack.enter_context(whole.open(self.member))
        return io.BufferedReader(cast(io.RawIOBase, inside)), whole.getinfo(self.member).compress_size


@contextmanager
def guarded(name: str) -> Iterator[None]:
    """Say in our words what goes wrong while a file is opened or read."""
    try:
        yield
    except LomsongError:
        raise
    except FileNotFoundError:
        raise fault(MissingFileError, "missing", file=name) from None
    except (gzip.BadGzipFile, *_DAMAGED) as error:
        raise fault(FormatError, "archive_damaged", file=name, reason=_line(error)) from None
    except OSError as error:
        raise fault(DataError, "file_unreadable", file=name, reason=error.strerror or _line(error)) from None


_DAMAGED = (
    EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, RuntimeError, LookupError, ValueError, struct.error,
    OverflowError,
)  # fmt: skip
"""What the libraries raise on a damaged archive, or on a member under a password."""


class _Guarded(io.RawIOBase):
    """Counts what an archive unpacks to, and stops a bomb while it grows."""

    def __init__(self, inner: BinaryIO, name: str, packed_bytes: int) -> None:
        self._inner = inner
        self._name = name
        self._limit = min(MAX_BYTES, max(SMALL_BYTES, packed_bytes * MAX_RATIO))
        self._count = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        with guarded(self._name):
            data = self._inner.read(self._limit - self._count + 1 if size < 0 else size)
        self._count += len(data)
        if self._count > self._limit:
            raise fault(DataError, "too_large", file=self._name, limit=_size(self._limit))
        return data


def sources(name: str | Path, key: str = "") -> list[Source]:
    """Return what a path, a folder or a glob names, zips taken apart, in the order of names.

    Parameters
    ----------
    name
        A file, a folder (all files in it and below, hidden ones left out) or a glob.
    key
        Setting that asked for it, named in errors.

    Raises
    ------
    MissingFileError
        When nothing is there.
    FormatError, DataError
        When a zip is damaged, has a member that leads out of it, or unpacks to too much; when a link leads out of
        the folder that was named.
    """
    asked = f" ({key})" if key else ""
    with guarded(f"{name}{asked}"):
        files = _files(str(name))
        if not files:
            key = "no_file" if os.path.exists(name) else "missing"  # noqa: PTH110
            raise fault(MissingFileError, key, file=f"{name}{asked}")
        found = []
        for file in files:
            if file.stat().st_size == 0:
                raise fault(DataError, "empty", file=f"{file}{asked}")
            found += archive(file) if _is_zip(file) else [Source(file)]
        return found


def _files(name: str) -> list[Path]:
    """Return the ordinary files that a path, a folder or a glob names; a link must not lead out of either."""
    path = Path(name)
    if path.is_file():
        return [path]
    if path.is_dir():
        files = [file for file in sorted(path.rglob("*")) if file.is_file() and not _hidden(file, path)]
    else:
        path, pattern = pattern_of(path)
        if not glob.has_magic(pattern):
            return []
        # pathlib, unlike glob, follows no link to a folder, which may lead in a circle.
        files = [file for file in sorted(path.glob(pattern)) if file.is_file() and not _hidden_by(file, path, pattern)]
    for file in files:
        if not file.resolve().is_relative_to(path.resolve()):
            raise fault(FormatError, "link_outside", file=file, target=file.resolve())
    return files


def pattern_of(path: Path) -> tuple[Path, str]:
    """Return the last folder on the way that is there, whose name may have brackets, and the rest, maybe a pattern."""
    folder = next((place for place in path.parents if place.is_dir()), path.parent)
    return folder, str(path.relative_to(folder))


def source(name: str | Path, key: str = "") -> Source:
    """Return the one content that a path names; a zip must hold one file.

    Raises
    ------
    FormatError
        When a zip holds several.
    """
    found = sources(name, key)
    if len(found) > 1:
        names = ", ".join(item.member or item.path.name for item in found[:6])
        raise fault(FormatError, "several_members", file=name, members=names)
    return found[0]


def stem_of(name: str) -> str:
    """Return a name without the endings of its last part: ``day1/log.csv.gz`` is ``day1/log``."""
    path = PurePosixPath(name)
    return path.with_name(path.name.split(".")[0] or path.name).as_posix()


def told_apart(found: Sequence[Source]) -> list[Source]:
    """Return sources whose stems differ: where some are equal, all are named from the folder that holds them."""
    if len({item.stem for item in found}) == len(found):
        return list(found)
    parents = [item.path.resolve().parent for item in found]
    top = Path(os.path.commonpath(parents))
    below = [parent.relative_to(top).as_posix() for parent in parents]
    return [replace(item, folder="" if name == "." else name) for item, name in zip(found, below, strict=True)]


def _is_zip(path: Path) -> bool:
    """A zip that is an archive, not one that is itself a document (.xlsx, .kmz, .gpkg.zip stay whole)."""
    if path.suffix.lower() in (".xlsx", ".xlsm", ".ods", ".docx", ".kmz"):
        return False
    with path.open("rb") as file:
        return file.read(4) == ZIP_MAGIC


def archive(path: Path) -> list[Source]:
    """Return the members of a zip that hold something, once it has been found harmless.

    Raises
    ------
    FormatError, DataError
        See :func:`sources`.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
    except zipfile.BadZipFile as error:
        raise fault(FormatError, "archive_damaged", file=path.name, reason=_line(error)) from None
    if len(infos) > MAX_MEMBERS:
        raise fault(DataError, "too_many_members", file=path.name, count=len(infos), limit=MAX_MEMBERS)
    for info in infos:
        parts = PurePosixPath(info.filename.replace("\\", "/")).parts
        if ".." in parts or info.filename.startswith(("/", "\\")) or ":" in parts[0]:
            raise fault(FormatError, "member_outside", file=path.name, member=info.filename)
        if stat.S_ISLNK(info.external_attr >> 16):
            raise fault(FormatError, "member_link", file=path.name, member=info.filename)
        bomb = info.file_size > SMALL_BYTES and info.file_size > MAX_RATIO * max(info.compress_size, 1)
        if bomb or info.file_size > MAX_BYTES:
            limit = _size(min(MAX_BYTES, max(SMALL_BYTES, MAX_RATIO * info.compress_size)))
            raise fault(DataError, "too_large", file=f"{path.name}/{info.filename}", limit=limit)
    kept = [info.filename for info in infos if info.file_size and not _junk(info.filename)]
    if not kept:
        raise fault(DataError, "empty", file=path.name)
    return [Source(path, name) for name in sorted(kept)]


def _junk(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return parts[0] == "__MACOSX" or parts[-1].startswith(".")


def _hidden(file: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in file.relative_to(folder).parts)


def _hidden_by(file: Path, folder: Path, pattern: str) -> bool:
    """Tell whether a glob passes over a file: one that is hidden must be asked for as such."""
    return "/." not in f"/{pattern}" and _hidden(file, folder)


def _size(count: int) -> str:
    return f"{count / (1 << 30):g} GiB" if count >= 1 << 30 else f"{count / (1 << 20):.0f} MiB"


def _line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
