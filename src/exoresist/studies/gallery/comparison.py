"""What the models of the gallery share: comparison rows, sourced parameters, the time at which a level is reached."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from exoresist.core.errors import ExoresistError
from exoresist.core.quantity import Quantity
from exoresist.network import Parameter

Array = NDArray[np.float64]


class Row(TypedDict):
    """One figure: `tolerance` is the largest difference allowed."""

    quantity: str
    target: float
    got: float
    tolerance: float
    passed: bool


def compared(quantity: str, target: float, got: float, tolerance: float) -> Row:
    """A row that passes when `got` is within `tolerance` of `target`."""
    return Row(
        quantity=quantity,
        target=target,
        got=float(got),
        tolerance=tolerance,
        passed=bool(abs(got - target) <= tolerance),
    )


def published(name: str, value: float, unit: str, source: str, note: str = "") -> Parameter:
    """A parameter with the number of a paper and its reference."""
    return Parameter(name, value, unit, Quantity(value, unit, value, value, kind="fitted", source=source, note=note))


def first_reached(level: Callable[[Array], Array], target: float, grid: Array) -> float:
    """First time at which a rising level reaches a target.

    level  takes rising times from the start on and gives the level at each (dense output of a solver)
    grid   times fine enough to hold no two crossings between neighbours; the answer is refined to 1e-9 of a step

    Raises ExoresistError when the target is not reached.
    """
    times = np.asarray(grid, dtype=float)
    start = times[:1]
    for _ in range(4):
        values = level(times)
        above = np.flatnonzero(values >= target)
        if not len(above):
            raise ExoresistError(f"Level {target:g} is not reached by {times[-1]:g} h. Look further ahead.")
        at = int(above[0])
        if at == 0:
            return float(times[0])
        before, after = times[at - 1], times[at]
        inside = np.linspace(before, after, 201)
        times = inside if before <= start[0] else np.concatenate([start, inside])
    share = (target - values[at - 1]) / (values[at] - values[at - 1])
    return float(before + share * (after - before))
