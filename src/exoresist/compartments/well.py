"""A well, stirred: cells seeded, drug and vesicles added, medium changed, read at set times.

What is advanced arrives as an argument (a wired model with its start and events); nothing is looked up here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from exoresist.core.progress import Progress
from exoresist.network import Event, Network, Run, integrate
from exoresist.network.run import Watch

Array = NDArray[np.float64]
Values = Mapping[str, "float | Array"]
Loads = Mapping[str, Mapping[str, "float | Array"]]


class Culture(Protocol):
    """What a well needs to know of a model: its network, how it starts and what happens to it."""

    @property
    def network(self) -> Network: ...

    def start(self, values: Values | None = None) -> dict[str, float | Array]: ...

    def events(
        self,
        values: Values | None = None,
        doses: Values | None = None,
        per_cell: Values | None = None,
        loads: Loads | None = None,
    ) -> list[Event]: ...


def culture(
    model: Culture,
    times: Iterable[float],
    values: Values | None = None,
    doses: Values | None = None,
    per_cell: Values | None = None,
    loads: Loads | None = None,
    initial: Values | None = None,
    report: Progress | None = None,
    relative: float = 1e-6,
    absolute: float = 1e-9,
    watch: Watch | None = None,
) -> Run:
    """Advance a culture over output times (h).

    values    parameter -> number or (sets,) array
    doses     drug -> nM; `per_cell`: preparation -> vesicles per recipient; `loads`: what each of its vesicles carries
    initial   pool -> amount, laid over the model's own start
    relative  tolerance of the solver; `absolute`, in units of each pool's scale
    watch     is told of every event, with amounts and values before and after it

    Returns a Run with amounts (times, states, sets). Raises SolverError with advice when a set cannot be solved.
    """
    grid = np.asarray(list(times), dtype=float)
    given = values or {}
    return integrate(
        model.network,
        grid,
        values=given,
        initial={**model.start(given), **(initial or {})},
        events=model.events(given, doses, per_cell, loads),
        relative=relative,
        absolute=absolute,
        watch=watch,
        in_blocks=True,
        report=None if report is None else report.advance,
    )


def simulate(model: Culture, every: float = 1.0, duration: float | None = None, **options: Any) -> Run:
    """Advance a model over its scenario's duration; the short form of `culture` for use at a prompt.

    every     spacing of the output times, h
    duration  h; default: the scenario's
    """
    if duration is None:
        duration = float(model.scenario.duration)  # type: ignore[attr-defined]
    count = max(1, round(duration / every))
    return culture(model, np.linspace(0.0, duration, count + 1), **options)
