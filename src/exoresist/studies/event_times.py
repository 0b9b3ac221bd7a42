"""Times to an event under censoring: Kaplan-Meier curve, numbers at risk, median, log-rank test. Estimators are SciPy's."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exoresist.core.errors import InputError
from exoresist.studies.answer import Estimate

Array = NDArray[np.float64]
LEVEL = 0.9  # of every interval, as elsewhere in the package


@dataclass(frozen=True)
class Observed:
    """Times (N,) h, and whether the event was seen (else the patient was followed that long without it)."""

    times: Array
    seen: NDArray[np.bool_]

    def __post_init__(self) -> None:
        if len(self.times) != len(self.seen) or not len(self.times):
            raise InputError("event times and their marks differ in number, or there are none", "one mark per time")
        if not np.all(np.isfinite(self.times)) or np.any(self.times < 0.0):
            raise InputError("an event time is negative or not finite", "times from 0 h on")

    def pick(self, which: NDArray[np.bool_]) -> Observed:
        return Observed(self.times[which], self.seen[which])


def observe(event: Array, followed: Array) -> Observed:
    """What a study sees of events: those within the time of follow-up; the others are censored then."""
    return Observed(np.minimum(event, followed), event <= followed)


@dataclass(frozen=True)
class Curve:
    """Kaplan-Meier estimate as steps: share without the event from each time on, with its interval; the first time is 0."""

    times: Array
    share: Array
    low: Array
    high: Array

    @property
    def median(self) -> Estimate:
        """Time at which half have had the event; an end that the curve does not reach is None."""
        value, low, high = (self._first(column) for column in (self.share, self.low, self.high))
        return Estimate(value, low, high, "h")

    def _first(self, column: Array) -> float | None:
        below = np.flatnonzero(column <= 0.5)
        return float(self.times[below[0]]) if len(below) else None


def kaplan_meier(observed: Observed) -> Curve:
    """Kaplan-Meier estimate with a log-log interval (Greenwood's variance)."""
    from scipy.stats import CensoredData, ecdf

    if not observed.seen.any():
        return Curve(*(np.array([value]) for value in (0.0, 1.0, 1.0, 1.0)))
    share = ecdf(CensoredData.right_censored(observed.times, ~observed.seen)).sf
    with warnings.catch_warnings(), np.errstate(divide="ignore", invalid="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)  # told below: at 0 and 1 the formula gives no interval
        interval = share.confidence_interval(LEVEL, method="log-log")
    kept = np.isin(share.quantiles, observed.times[observed.seen])
    columns = []
    for part in (share, interval.low, interval.high):
        # Where the estimate is 0 or 1 the interval has no width that the formula could give.
        column = np.where(np.isfinite(part.probabilities), part.probabilities, share.probabilities)[kept]
        columns.append(np.concatenate([[1.0], column]))
    return Curve(np.concatenate([[0.0], share.quantiles[kept]]), *columns)


def at_risk(observed: Observed, times: Iterable[float]) -> list[int]:
    """Patients still followed and without the event just before each time."""
    return [int(np.count_nonzero(observed.times >= time)) for time in times]


def log_rank(first: Observed, second: Observed) -> float:
    """p value of the two-sided log-rank test; 1 where no event falls while patients of both groups are followed."""
    from scipy.stats import CensoredData, logrank

    if not (first.seen.any() or second.seen.any()):
        return 1.0
    samples = [CensoredData.right_censored(group.times, ~group.seen) for group in (first, second)]
    with np.errstate(invalid="ignore", divide="ignore"):
        p = float(logrank(*samples).pvalue)
    return p if np.isfinite(p) else 1.0  # no variance: such events tell nothing


def restricted_mean_gain(of: Array, against: Array, horizon: float) -> Estimate:
    """Mean over the same patients of the time without the event within a horizon, one treatment less the other, h.

    gain = mean(min(t_of, horizon) − min(t_against, horizon)); the interval is that of a mean of paired differences
    """
    gained = np.minimum(of, horizon) - np.minimum(against, horizon)
    mean, error = float(gained.mean()), float(gained.std(ddof=1) / np.sqrt(len(gained)))
    return Estimate(mean, mean - 1.6448536269514722 * error, mean + 1.6448536269514722 * error, "h")
