"""A request to stop that is answered when the work stands well: Ctrl-C and SIGTERM, once; a second Ctrl-C ends at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from exoresist.core.errors import ExoresistError


class StoppedError(ExoresistError):
    """The work was asked to stop; its state is on disk.

    signal  that asked
    """

    def __init__(self, text: str, number: int) -> None:
        super().__init__(text)
        self.signal = number


@contextmanager
def asked_to_stop() -> Iterator[Callable[[], int | None]]:
    """While inside, a first SIGINT or SIGTERM is only remembered: the function given tells its number, or None."""
    asked: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return

    def remember(number: int, frame: FrameType | None) -> None:
        if asked and number == signal.SIGINT:
            raise KeyboardInterrupt
        asked.append(number)

    before = {number: signal.signal(number, remember) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: asked[0] if asked else None
    finally:
        for number, one in before.items():
            signal.signal(number, one)
