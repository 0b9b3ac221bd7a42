"""Steps towards the root of a rising function, many roots at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LEAST_SLOPE, FIRST_SLOPE = 0.1, 2.0  # flatter secants are not followed; the slope where there is no secant


def secant_step(x: Array, y: Array, low: Array, high: Array, before: tuple[Array, Array] | None) -> Array:
    """(N,) next places: where the secant through the last two places is 0, or halfway where that leaves the bracket.

    x, y       places and values there
    low, high  the roots lie between
    before     places and values of the step before; None: there was none
    """
    slope = np.full(len(x), FIRST_SLOPE)
    if before is not None:
        with np.errstate(divide="ignore", invalid="ignore"):
            secant = (y - before[1]) / (x - before[0])
        slope = np.where(np.isfinite(secant) & (secant > LEAST_SLOPE), secant, slope)
    ahead = x - y / slope
    return np.asarray(np.where((ahead > low) & (ahead < high), ahead, 0.5 * (low + high)))
