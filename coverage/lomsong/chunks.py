"""Many places in pieces over a few threads: memory stays flat, and the result does not depend on either."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TypeVar

T = TypeVar("T")


def in_chunks(
    n: int, function: Callable[[slice], T], *, chunk: int, workers: int = 0, halted: Event | None = None
) -> list[T]:
    """Call ``function`` with successive slices of at most ``chunk`` rows out of ``n``; return its results in order.

    Compiled loops that release the interpreter's lock run side by side. ``workers`` 0 means all cores. ``halted`` is
    set where an interrupt or an error ends the work, for a long ``function`` to look at.
    """
    parts = [slice(start, min(start + chunk, n)) for start in range(0, n, chunk)]
    if workers == 1 or len(parts) < 2:
        return [function(part) for part in parts]
    with ThreadPoolExecutor(workers or None) as pool:
        try:
            return list(pool.map(function, parts))
        except BaseException:
            if halted is not None:
                halted.set()
            raise
