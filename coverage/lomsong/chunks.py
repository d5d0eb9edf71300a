"""Many places in pieces over a few threads: memory stays flat, and the result does not depend on either."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from threading import Event
from typing import TypeVar

S = TypeVar("S")
T = TypeVar("T")

_THREADS = "lomsong-side"
_GLANCE_S = 0.2
"""How long is waited at a time: on Windows an interrupt is not noticed before."""


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
    return over_threads(function, parts, workers, halted)


def over_threads(
    function: Callable[[S], T], values: Iterable[S], workers: int = 0, halted: Event | None = None
) -> list[T]:
    """Call ``function`` with each value over a few threads; return its results in order.

    An interrupt is not kept waiting for what is under way, which nobody will use: it is left behind. ``workers`` and
    ``halted`` are those of :func:`in_chunks`.
    """
    pool = ThreadPoolExecutor(workers or None, thread_name_prefix=_THREADS)
    try:
        futures, found = [pool.submit(function, value) for value in values], []
        for future in futures:
            while not wait([future], _GLANCE_S).done:
                pass
            found.append(future.result())
    except BaseException as error:
        if halted is not None:
            halted.set()
        pool.shutdown(wait=isinstance(error, Exception), cancel_futures=True)
        raise
    pool.shutdown()
    return found


def left_behind() -> bool:
    """Tell whether threads are at work that :func:`over_threads` no longer waits for."""
    return any(thread.name.startswith(_THREADS) for thread in threading.enumerate())
