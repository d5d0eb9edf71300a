"""Stages of a run, kept so that what is unchanged is not computed again, and sealed so that only our own are read."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import hmac
import os
import pickle
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from lomsong.ingest.public.stock import cache_folder
from lomsong.publish.atomic import replacing
from lomsong.publish.manifest import versions

Report = Callable[[str], None]
T = TypeVar("T")

SECRET_FILE = "seal.key"
"""In the user's own cache folder; gone, everything is computed anew."""

_SEAL_BYTES = 64
_PIECE_BYTES = 1 << 20


def quiet(_: str) -> None:
    """Report nothing."""


class Stages:
    """Runs stages in order and keeps each result under a key of all that it depends on, the code included.

    A stage whose key is unchanged is read back instead of computed, so that a run that was interrupted, or whose
    later settings were changed, goes on from where it stands. Results hold households, so they are kept beside the
    inputs, never in the folder that is published; where nothing can be written there, nothing is kept.

    Reading a pickle runs what is in it. Each is therefore sealed with a secret of the user's; one without that seal,
    such as came with a folder of somebody else's, is not read.
    """

    def __init__(self, folder: Path, report: Report = quiet) -> None:
        self.folder = folder
        self.report = report
        self.timings_s: dict[str, float] = {}

    def run(self, name: str, depends_on: object, compute: Callable[[], T]) -> tuple[T, str]:
        """Return the result of a stage and its key."""
        key = hashlib.sha256(repr((code_fingerprint(), name, depends_on)).encode()).hexdigest()
        path = self.folder / f"{name}.pickle"
        started = time.perf_counter()
        self.report(name)
        result = _kept(path, key)
        if result is None:
            result = compute()
            with contextlib.suppress(OSError), replacing(path) as draft, draft.open("wb") as file:
                sealed = _Sealed(file)
                sealed.write(key.encode())
                pickle.dump(result, sealed, protocol=pickle.HIGHEST_PROTOCOL)
                file.write(sealed.seal())
        self.timings_s[name] = time.perf_counter() - started
        return result, key


class _Sealed:
    """Writes through to a file and works out the seal of all that passes."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._seal = _seal()

    def write(self, data: Any) -> int:
        self._seal.update(data)
        return self._file.write(data)

    def seal(self) -> bytes:
        return self._seal.digest()


def _kept(path: Path, key: str) -> Any:
    """Return the result under ``key`` if ``path`` holds it and bears our seal, else None."""
    try:
        with path.open("rb") as file:
            if file.read(len(key)) != key.encode() or not _is_ours(file, path.stat().st_size):
                return None
            file.seek(len(key))
            return pickle.load(file)
    except (OSError, EOFError, pickle.UnpicklingError, AttributeError, ImportError, ValueError):
        return None


def _is_ours(file: BinaryIO, size: int) -> bool:
    seal, left = _seal(), size - _SEAL_BYTES
    file.seek(0)
    while left > 0 and (piece := file.read(min(left, _PIECE_BYTES))):
        seal.update(piece)
        left -= len(piece)
    return hmac.compare_digest(seal.digest(), file.read(_SEAL_BYTES))


def _seal() -> hashlib.blake2b:
    return hashlib.blake2b(key=_secret(), digest_size=_SEAL_BYTES)


@functools.cache
def _secret() -> bytes:
    """Return the user's secret, made at first use; where it cannot be kept, one for this process alone."""
    path = cache_folder() / SECRET_FILE
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            made = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            with os.fdopen(made, "wb") as file:
                file.write(secrets.token_bytes(_SEAL_BYTES))
        kept = path.read_bytes()
        if len(kept) == _SEAL_BYTES:
            return kept
    return secrets.token_bytes(_SEAL_BYTES)


@functools.cache
def code_fingerprint() -> str:
    """Return a hash of our source and the versions under it, so that results of other code are never taken for ours."""
    digest = hashlib.sha256(repr(versions()).encode())
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
