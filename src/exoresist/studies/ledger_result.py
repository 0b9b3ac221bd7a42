"""What the net ledger of a resistance says: every flow's part in the change of the mean trait, and how well the parts add up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exoresist.studies.estimates import Estimate

Array = NDArray[np.float64]


@dataclass(frozen=True)
class LedgerRow:
    """One line: what one process did to the mean trait, through one channel, by what had one origin.

    part     selection (who lives and divides) or trait (what changes within cells)
    process  public process name, event, or `relaxation` of a node
    channel  what the trait is read from: growth for selection; pump, release, threshold, target ... for the trait
    origin   native, induced, received, relayed; empty where nothing has an origin
    value    ln of the fold in C* over the whole time; low and high: 90 % over draws
    course   (T,) the central set's running total
    """

    part: str
    process: str
    channel: str
    origin: str
    value: float
    low: float
    high: float
    course: Array


@dataclass(frozen=True)
class Ledger:
    """The net ledger of one arm.

    trait      what is accounted for, in words
    times      (T,) h
    change     change of the population mean of z = ln C*/C*(naive) from start to end, from the states themselves
    rows       parts that add up to it, largest first
    gap        largest |sum of rows − change| over draws and times, over the largest |change| or sum of |rows|
    by_origin  origin -> Estimate of its share of the trait part
    """

    trait: str
    times: Array
    change: Estimate
    rows: tuple[LedgerRow, ...]
    gap: float
    by_origin: Mapping[str, Estimate] = field(default_factory=dict)

    def total(self, **wanted: str) -> float:
        """Sum of the central values of the rows with the given part, process, channel or origin."""
        return float(sum(row.value for row in self.rows if all(getattr(row, key) == name for key, name in wanted.items())))

    def table(self) -> list[dict[str, Any]]:
        """Rows without their courses, for summary.json."""
        names = ("part", "process", "channel", "origin", "value", "low", "high")
        return [{name: getattr(row, name) for name in names} for row in self.rows]
