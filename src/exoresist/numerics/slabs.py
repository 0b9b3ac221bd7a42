"""Work on rows shared out over threads, in slabs of neighbouring rows.

The compiled kernels release Python's lock, so plain threads serve, and nothing spins while it waits. A kernel that writes to its own rows
only gives the same bits however the rows are cut.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

SMALL = 4_000  # rows below which handing work to another thread costs more than it saves


def threads() -> int:
    """Threads used: EXORESIST_THREADS, else the processors this process may use. Never changes a result."""
    named = os.environ.get("EXORESIST_THREADS", "")
    if named.isdigit() and int(named) > 0:
        return int(named)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Slabs:
    """A fixed number of threads that work on slabs of rows; use as a context, or call `close`."""

    def __init__(self, count: int | None = None) -> None:
        self.threads = count or threads()
        self._pool = ThreadPoolExecutor(self.threads - 1) if self.threads > 1 else None

    def split(self, rows: int, small: int = SMALL) -> list[tuple[int, int]]:
        """(first, last) of each slab."""
        count = self.threads if rows >= small and self.threads > 1 else 1
        edges = [rows * part // count for part in range(count + 1)]
        return list(itertools.pairwise(edges))

    def run(self, work: Callable[[int, int, int], T], rows: int, small: int = SMALL) -> list[T]:
        """work(slab, first, last) for every slab; the caller's own thread takes the first. Results in the order of the slabs."""
        parts = self.split(rows, small)
        if self._pool is None or len(parts) == 1:
            return [work(slab, *part) for slab, part in enumerate(parts)]
        later = [self._pool.submit(work, slab, *part) for slab, part in enumerate(parts) if slab > 0]
        return [work(0, *parts[0]), *(task.result() for task in later)]

    def close(self) -> None:
        """End the threads; what is still run is done by the caller's own."""
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None

    def __enter__(self) -> Slabs:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
