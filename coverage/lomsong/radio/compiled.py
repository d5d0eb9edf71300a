"""How the inner loops are compiled: once, kept beside the code, free of the interpreter's lock."""

from __future__ import annotations

import contextlib
from pathlib import Path

from numba import njit


def _drop_stale() -> None:
    """Delete what was compiled before any source that it may be made of was changed.

    A loop holds the code of the functions that it calls, but its kept form is known by the time of its own file only:
    after an update in place it would go on with what those functions were. Loops call those of their own room and of
    radio, never others.
    """
    package = Path(__file__).parents[1]
    with contextlib.suppress(OSError):
        newest: dict[str, float] = {}
        for kept in package.rglob("*.nbi"):
            for room in {"radio", kept.relative_to(package).parts[0]} - set(newest):
                newest[room] = max(path.stat().st_mtime for path in (package / room).rglob("*.py"))
            if kept.stat().st_mtime < max(newest["radio"], newest[kept.relative_to(package).parts[0]]):
                kept.unlink(missing_ok=True)


_drop_stale()

compiled = njit(cache=True, nogil=True, error_model="numpy")
"""Decorator of inner loops; what is divided by zero becomes infinite or not a number, as in numpy."""

summed = njit(cache=True, nogil=True, error_model="numpy", fastmath={"nnan", "nsz", "reassoc", "contract"})
"""The same for sums and maxima over many numbers, none of them missing, which may be taken in any order."""

merged = njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
"""The same for parts of a loop that take many arrays: handing those over would cost more than the part itself."""
