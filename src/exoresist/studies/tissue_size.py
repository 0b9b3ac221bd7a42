"""How large a tissue run is: memory and disk before it begins, wall time from what its first minutes cost per cell and hour."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from exoresist.core.errors import InputError
from exoresist.core.memory import free_memory
from exoresist.core.progress import Progress, say
from exoresist.numerics.compiling import seconds_compiling
from exoresist.studies.tissue_setup import Setup, needed_memory
from exoresist.tissue.state import Tissue
from exoresist.tissue.territory import PACKING

MB = 2.0**20
ENOUGH = 3.0  # s of stepping after which a cost is believed
STEPS = 3  # life steps likewise
COLUMNS = 25  # of the table of cells on disk, besides their contents


@dataclass(frozen=True)
class Size:
    """What a run of some arms needs at most.

    cells   at the end, if all grow freely within the box
    memory  bytes at the largest; `disk`: bytes of all files
    """

    cells: float
    memory: float
    disk: float

    def __str__(self) -> str:
        return f"up to {self.cells:,.0f} cells, {self.memory / MB:,.0f} MB of memory, {self.disk / MB:,.0f} MB on disk"


def most_cells(setup: Setup, hours: float) -> float:
    """Cells if all populations grow freely, as far as the box has room."""
    tissue = setup.tissue
    grown = 0.0
    for index, one in enumerate(tissue.types):
        model = setup.models[one.id]
        rate = model.network.parameters[f"{one.id}.growth_rate"].value
        grown += float((tissue.cells.kind == index).sum()) * float(np.exp(min(rate * hours, 50.0)))
    room = PACKING * tissue.grid.voxel_um3 * tissue.grid.voxels / min(one.volume for one in tissue.types)
    return max(min(grown, room), float(len(tissue.cells)))


def size_of(setup: Setup, hours: float, arms: int, pictures: int) -> Size:
    """Size of a run of several arms like this one; pictures: tables of cells and fields that each keeps."""
    tissue = setup.tissue
    cells = most_cells(setup, hours)
    states = max((contents.n for contents in tissue.contents.values()), default=0)
    fields = len(tissue.medium.names) + len(tissue.steady.fields)
    memory = needed_memory(tissue.grid, len(tissue.medium.names), cells, states)
    kept = 2.0 * 8.0 * (cells * (COLUMNS + states + 6) + tissue.grid.voxels * fields)  # two checkpoints
    tables = pictures * (8.0 * cells * COLUMNS + 4.0 * cells * states + 4.0 * tissue.grid.voxels * fields)
    return Size(cells, memory, arms * (kept + tables))


def refuse_what_does_not_fit(size: Size, folder: Path | None) -> None:
    """Raises InputError where memory or disk do not suffice."""
    memory = free_memory()
    if memory is not None and size.memory > memory:
        raise InputError(
            f"the run needs {size}",
            f"what is free: {memory / MB:,.0f} MB of memory",
            "Use a smaller box, fewer cells, or a shorter run",
        )
    if folder is None:
        return
    place = next(parent for parent in (folder, *folder.resolve().parents) if parent.exists())
    disk = shutil.disk_usage(place).free
    if size.disk > disk:
        raise InputError(
            f"the run needs {size}",
            f"what is free at '{place}': {disk / MB:,.0f} MB",
            "Write elsewhere with --out, or free space",
        )


class TooLongError(InputError):
    """A run that would take longer than it may."""


class Meter:
    """Follows a run: its cost per cell and hour, what is left, and words for the bar; compiling is no part of the cost.

    hours   simulated by all arms together; `report` is told shares of it
    within  h of wall time that the run may take, or None; `tell` is given one line once the cost is known
    """

    def __init__(self, hours: float, report: Progress, within: float | None = None, tell: object = None) -> None:
        self.hours, self.report, self.within, self.tell = hours, report, within, tell
        self.done = 0.0
        self._cell_hours = self._seconds = 0.0
        self._steps = 0
        self._last: float | None = None
        self._judged = False
        self._compiled = seconds_compiling()

    def begin(self) -> None:
        """An arm is about to be set up: that, and its first step, are no part of the cost."""
        self._last = None

    def step(self, tissue: Tissue, growth: float = 1.0) -> None:
        """A life step is done; growth: by how many times cells may still become more until the end of the arm."""
        now, life = time.monotonic(), tissue.pace.life
        before, self._compiled = self._compiled, seconds_compiling()
        self.done += life
        self.report.advance(life / self.hours)
        if self._last is not None:
            self._seconds += max(now - self._last - (self._compiled - before), 0.0)
            self._cell_hours += len(tissue.cells) * life
            self._steps += 1
        self._last = now
        left = self.seconds_left(len(tissue.cells))
        words = f"{tissue.time:.4g} h, {len(tissue.cells):,} cells"
        say(self.report, words if left is None else f"{words}, {spoken_time(left)} left")
        if not self._judged and self._steps >= STEPS and self._seconds >= ENOUGH and left is not None:
            self._judged = True
            self._judge(left, growth, tissue.pace.network / (tissue.pace.alert or tissue.pace.network))

    def seconds_left(self, cells: int) -> float | None:
        """s of wall time if the number of cells stays; None before anything was measured."""
        if self._cell_hours <= 0.0:
            return None
        return self._seconds / self._cell_hours * cells * max(self.hours - self.done, 0.0)

    def _judge(self, left: float, growth: float, finer: float) -> None:
        """Tell the cost, and refuse what takes too long; finer: by how many times networks step more often while a drug is about."""
        cost = 1e6 * self._seconds / self._cell_hours
        spread = f"about {spoken_time(left)}"
        if growth > 1.1:
            spread = f"{spoken_time(left)} to {spoken_time(left * growth)}"
        if callable(self.tell) and left > 10.0 * ENOUGH:
            more = f"; while a drug is about, networks take {finer:.0f} times as many steps" if finer > 1.5 else ""
            self.tell(f"{spread} left: {cost:.3g} us of wall time per cell and hour so far{more}")
        if self.within is not None and left > 3600.0 * self.within:
            raise TooLongError(
                f"the run will take {spread}", f"{spoken_time(3600.0 * self.within)} (--within)",
                "Allow more, or use fewer cells, longer steps or a shorter run",
            )  # fmt: skip


def spoken_time(seconds: float) -> str:
    """A length of wall time in words."""
    if seconds < 90.0:
        return f"{seconds:.0f} s"
    if seconds < 5400.0:
        return f"{seconds / 60.0:.0f} min"
    return f"{seconds / 3600.0:.1f} h"
