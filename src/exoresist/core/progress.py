"""Progress on a terminal, silent everywhere else."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar, runtime_checkable

Item = TypeVar("Item")


class Progress(Protocol):
    """What a long computation reports to: a step of `amount` out of the announced total."""

    def advance(self, amount: float = 1.0) -> None: ...


@runtime_checkable
class Tells(Progress, Protocol):
    """Progress that can also show in words where the computation stands."""

    def say(self, text: str) -> None: ...


def say(report: Progress, text: str) -> None:
    """Show a few words beside the bar, where there is a place for them."""
    if isinstance(report, Tells):
        report.say(text)


class Silent:
    """Reports nowhere."""

    def advance(self, amount: float = 1.0) -> None:
        return None

    def say(self, text: str) -> None:
        return None


class Bar:
    """A bar on stderr that appears once the work has taken two seconds, whether or not anything has advanced by then.

    total  amount that makes 100 %; None where nobody can know it: the bar then only shows that work goes on
    """

    delay = 2.0

    def __init__(self, total: float | None, label: str) -> None:
        self._total, self._label, self._done, self._words = total, label, 0.0, ""
        self._lock = threading.Lock()
        self._bar: Any = None
        self._task: Any = None
        self._closed = False
        # A timer and not a look at the clock: compiling, which comes first, advances nothing for many seconds.
        self._timer = threading.Timer(self.delay, self._show)
        self._timer.daemon = True
        self._timer.start()

    def _show(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as RichProgress

        columns = [SpinnerColumn("line"), TextColumn("{task.description}", markup=False), BarColumn()]
        if self._total is not None:
            columns.append(TextColumn("{task.percentage:3.0f} %"))
        columns.append(TextColumn("{task.fields[words]}", markup=False))
        with self._lock:
            if self._closed:
                return
            self._bar = RichProgress(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True)
            self._task = self._bar.add_task(self._label, total=self._total, completed=self._done, words=self._words)
            self._bar.start()

    def advance(self, amount: float = 1.0) -> None:
        with self._lock:
            self._done += amount
            if self._bar is not None:
                self._bar.update(self._task, completed=self._done)

    def say(self, text: str) -> None:
        with self._lock:
            self._words = text
            if self._bar is not None:
                self._bar.update(self._task, words=text)

    def close(self) -> None:
        self._timer.cancel()
        with self._lock:
            self._closed = True
            if self._bar is not None:
                self._bar.stop()
                self._bar = None


class Stages:
    """Splits the whole (1) of another progress into stages of announced shares.

    A stage never takes more than its share, however much is done in it, and one that turns out shorter jumps to its
    end: the whole neither overshoots nor goes back.

    report  told fractions of one
    shares  stage -> its part of the whole, in any unit; made to add up to one. Stages are begun in this order, and may
            be left out
    """

    def __init__(self, report: Progress, shares: Mapping[str, float]) -> None:
        whole = sum(shares.values()) or 1.0
        self._report = report
        self._ends: dict[str, float] = {}
        end = 0.0
        for name, share in shares.items():
            end += share / whole
            self._ends[name] = end
        self._told = self._begin = self._end = 0.0
        self._expected, self._done = 1.0, 0.0

    def begin(self, name: str, expected: float = 1.0) -> None:
        """Go to a stage, which will advance by about `expected` in all."""
        ends = list(self._ends.values())
        position = list(self._ends).index(name)
        self._begin, self._end = (ends[position - 1] if position else 0.0), ends[position]
        self._expected, self._done = max(expected, 1e-300), 0.0
        self._tell(self._begin)

    def advance(self, amount: float = 1.0) -> None:
        self._done += amount
        self._tell(self._begin + min(1.0, self._done / self._expected) * (self._end - self._begin))

    def say(self, text: str) -> None:
        say(self._report, text)

    def finish(self) -> None:
        """All stages are done."""
        self._tell(1.0)

    def _tell(self, place: float) -> None:
        if place > self._told:
            self._report.advance(place - self._told)
            self._told = place


@contextmanager
def reporting(total: float | None, label: str) -> Iterator[Progress]:
    """A bar on a terminal, silence otherwise; `total` None where nobody can know it."""
    if sys.stderr is None or not sys.stderr.isatty():
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
