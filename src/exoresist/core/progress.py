"""Progress on a terminal, silent everywhere else."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

Item = TypeVar("Item")


class Progress(Protocol):
    """What a long computation reports to: a step of `amount` out of the announced total."""

    def advance(self, amount: float = 1.0) -> None: ...


class Silent:
    """Reports nowhere."""

    def advance(self, amount: float = 1.0) -> None:
        return None


class Bar:
    """A bar on stderr that appears once the work has taken two seconds."""

    delay = 2.0

    def __init__(self, total: float, label: str) -> None:
        self._total, self._label, self._done = total, label, 0.0
        self._start = time.monotonic()
        self._bar: Any = None
        self._task: Any = None

    def advance(self, amount: float = 1.0) -> None:
        self._done += amount
        if self._bar is None and time.monotonic() - self._start > self.delay:
            from rich.console import Console
            from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as RichProgress

            self._bar = RichProgress(
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.percentage:3.0f} %"),
                TimeRemainingColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self._bar.start()
            self._task = self._bar.add_task(self._label, total=self._total)
        if self._bar is not None:
            self._bar.update(self._task, completed=self._done)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


@contextmanager
def reporting(total: float, label: str) -> Iterator[Progress]:
    """A bar on a terminal, silence otherwise."""
    if not sys.stderr.isatty():
        yield Silent()
        return
    bar = Bar(total, label)
    try:
        yield bar
    finally:
        bar.close()


def progress(iterable: Iterable[Item], total: float, label: str) -> Iterator[Item]:
    """Iterate with a bar."""
    with reporting(total, label) as report:
        for item in iterable:
            yield item
            report.advance()
