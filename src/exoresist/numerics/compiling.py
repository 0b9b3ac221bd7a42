"""Wall time that went into compiling kernels and reading compiled ones back: no part of what a run costs per step."""

from __future__ import annotations

import threading
import time
from functools import lru_cache

from numba.core import event

LOCK = "numba:compiler_lock"  # Numba announces it around every compilation, and around every look into its cache


class _Clock(event.Listener):
    """Adds up the time in which at least one thread compiles or waits to."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._open, self._since, self._total = 0, 0.0, 0.0

    def on_start(self, event: object) -> None:
        with self._guard:
            if self._open == 0:
                self._since = time.monotonic()
            self._open += 1

    def on_end(self, event: object) -> None:
        with self._guard:
            if self._open == 0:
                return  # it had begun before anybody listened
            self._open -= 1
            if self._open == 0:
                self._total += time.monotonic() - self._since

    def seconds(self) -> float:
        with self._guard:
            return self._total + (time.monotonic() - self._since if self._open else 0.0)


@lru_cache(maxsize=1)
def _clock() -> _Clock:
    clock = _Clock()
    event.register(LOCK, clock)
    return clock


def seconds_compiling() -> float:
    """s of wall time spent compiling in this process since this was first asked."""
    return _clock().seconds()
