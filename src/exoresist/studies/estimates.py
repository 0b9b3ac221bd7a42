"""From values over draws to a number with its 90 % interval."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from exoresist.studies.answer import Estimate

Array = NDArray[np.float64]


def estimate(values: Array, unit: str = "dimensionless") -> Estimate:
    """Central value (first entry) with the 5 % and 95 % points of the draws; missing draws are left out.

    The central value is widened into its own interval, so that low <= value <= high always holds.
    """
    known = values[np.isfinite(values)]
    if not np.isfinite(values[0]):
        if len(known) < max(2, len(values) // 2):
            return Estimate(None, None, None, unit)
        return Estimate(float(np.median(known)), *_interval(known, float(np.median(known))), unit)
    return Estimate(float(values[0]), *_interval(known, float(values[0])), unit)


def _interval(known: Array, value: float) -> tuple[float, float]:
    if len(known) < 2:
        return value, value
    low, high = (float(q) for q in np.quantile(known, [0.05, 0.95]))
    return min(low, value), max(high, value)


def band(values: Array) -> tuple[Array, Array, Array]:
    """(central, low, high) along the first axis of (S, ...) values."""
    central = values[0]
    if values.shape[0] < 2:
        return central, central, central
    low, high = np.quantile(values, [0.05, 0.95], axis=0)
    return central, np.minimum(low, central), np.maximum(high, central)


def missing_share(values: Array) -> float:
    """Share of draws without a value."""
    return float(np.mean(~np.isfinite(values)))
