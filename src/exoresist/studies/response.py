"""What is seen of a tumour: its diameter on scans, best response, progression (RECIST 1.1 for one lesion) and death.

source  Eisenhauer et al., Eur J Cancer 2009;45:228
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exoresist.catalog import Catalog

Array = NDArray[np.float64]
CUBIC_UM_PER_ML = 1e12
CATEGORIES = ("complete", "partial", "stable", "progressive")


@dataclass(frozen=True)
class Rules:
    """Thresholds of response and progression, as fractions of a diameter, and the least rise in um."""

    shrinkage: float
    rise: float
    rise_absolute: float


def rules(catalog: Catalog) -> Rules:
    """The thresholds that the catalogue holds."""
    names = ("response_shrinkage", "progression_rise", "progression_rise_absolute")
    return Rules(*(catalog.parameter(name, "patient").value for name in names))


@dataclass(frozen=True)
class Outcome:
    """What became of each patient; arrays are (N,), times in h, infinite for what did not happen within the run.

    best         one of CATEGORIES
    best_change  least diameter over that at baseline, less one, up to progression
    progression  first scan on which the tumour has progressed, or death where it comes first (progression-free survival)
    death        when the burden became lethal
    relapse      the same of a tumour that had responded
    """

    best: NDArray[np.str_]
    best_change: Array
    progression: Array
    death: Array

    @property
    def responded(self) -> NDArray[np.bool_]:
        """Complete or partial response."""
        return np.isin(self.best, ("complete", "partial"))

    @property
    def relapse(self) -> NDArray[np.bool_]:
        return self.responded & np.isfinite(self.progression)


def diameter(cells: Array, volume_per_cell: Array) -> Array:
    """Diameter of a sphere that holds the cells and the fluid between them, um.

    d = (6·N·v/π)^(1/3),  v in mL per cell
    """
    result: Array = np.cbrt(6.0 * np.maximum(cells, 0.0) * volume_per_cell * CUBIC_UM_PER_ML / np.pi)
    return result


def alive(cells: Array) -> Array:
    """(T, N) cells of a clone, none from the moment on at which less than one is left."""
    gone = np.logical_or.accumulate(cells < 1.0, axis=0)
    return np.where(gone, 0.0, cells)


def assess(times: Array, cells: Array, scans: NDArray[np.intp], volume_per_cell: Array, detectable: Array, lethal: Array,
           rule: Rules) -> Outcome:  # fmt: skip
    """Outcome of every patient.

    times            (T,) h, from the scan before treatment on
    cells            (T, N) of the whole tumour
    scans            positions of the scans in `times`, the first that before treatment
    volume_per_cell  (N,) mL; `detectable`, `lethal`: (N,) cells
    """
    seen = diameter(np.where(cells < detectable, 0.0, cells)[scans], volume_per_cell)
    first = diameter(cells[scans[0]], volume_per_cell)
    least = np.minimum.accumulate(np.vstack([first[None], seen[1:]]), axis=0)
    before = least[:-1]
    grown = (seen[1:] >= (1.0 + rule.rise) * before) & (seen[1:] - before >= rule.rise_absolute)
    progressed = grown.any(axis=0)
    at = np.where(progressed, grown.argmax(axis=0), len(scans) - 2)  # position among the later scans
    change = seen[1:] / first - 1.0
    until = np.arange(len(scans) - 1)[:, None] <= at
    best_change = np.where(until, change, np.inf).min(axis=0)
    best = np.full(cells.shape[1], "stable", dtype="<U11")
    best[progressed & (at == 0)] = "progressive"
    best[best_change <= -rule.shrinkage] = "partial"
    best[best_change <= -1.0] = "complete"
    progression, death = np.where(progressed, times[scans[1:]][at], np.inf), _first_above(times, cells, lethal)
    # Who dies before a scan shows more has not been spared: left out, the fastest tumours would count as the best treated.
    return Outcome(best, best_change, np.minimum(progression, death), death)


def _first_above(times: Array, cells: Array, level: Array) -> Array:
    """When the burden first reaches a level, between saved times on the logarithm; infinite where it never does."""
    above = cells >= level
    reached = above.any(axis=0)
    at = np.where(reached, above.argmax(axis=0), 0)
    column = np.arange(cells.shape[1])
    late, early = np.log(np.maximum(cells[at, column], 1.0)), np.log(np.maximum(cells[np.maximum(at - 1, 0), column], 1.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.where(late > early, (np.log(level) - early) / (late - early), 1.0)
    moment = times[np.maximum(at - 1, 0)] + np.clip(part, 0.0, 1.0) * (times[at] - times[np.maximum(at - 1, 0)])
    return np.where(reached, moment, np.inf)
