"""Python threads over fixed portions of a grid, for kernels that release the interpreter's lock.

Portions never depend on the number of threads, and no portion writes where another reads, so the result has the same bits for any number.
They need neither OpenMP nor an environment variable, and idle ones sleep. Each thread takes the next portion that is free, so a
busy processor delays little.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

_pools: dict[int, ThreadPoolExecutor] = {}
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pools.clear)  # a forked child has the pool but not its threads


def run_all(tasks: Sequence[Callable[[], None]], threads: int) -> None:
    """Run every task, on this thread and `threads - 1` others; each takes the next free one."""
    helpers = min(threads, len(tasks)) - 1
    if helpers <= 0:
        for task in tasks:
            task()
        return
    left = iter(tasks)  # next() on a list's iterator is atomic under the interpreter's lock

    def work() -> None:
        for task in left:
            task()

    pool = _pools.get(threads)
    if pool is None:
        pool = _pools.setdefault(threads, ThreadPoolExecutor(threads - 1, thread_name_prefix="field"))
    others = [pool.submit(work) for _ in range(helpers)]
    try:
        work()
    finally:
        for other in others:
            other.result()
