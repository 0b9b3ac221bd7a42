"""How well a marker tells two groups apart: the ROC curve and the area under it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exoresist.core.errors import InputError
from exoresist.studies.answer import Estimate

Array = NDArray[np.float64]
FEWEST = 2  # in each group, for a variance


@dataclass(frozen=True)
class Discrimination:
    """Area under the curve with its 90 % interval, and the curve itself (false and true positive rates, ascending)."""

    area: Estimate
    false_positive: Array
    true_positive: Array


def discriminate(marker: Array, positive: NDArray[np.bool_]) -> Discrimination:
    """ROC of a marker that is expected to be higher in the positive group.

    area = P(marker of a positive > marker of a negative) + ½·P(equal); the interval is DeLong's variance on the logit scale

    marker    (N,); positive (N,)
    Raises InputError where a group has fewer than two members or a marker is not finite.
    source    DeLong, DeLong, Clarke-Pearson, Biometrics 1988;44:837
    """
    from scipy.stats import rankdata

    if not np.all(np.isfinite(marker)):
        raise InputError("a marker is not a finite number", "finite numbers")
    above, below = marker[positive], marker[~positive]
    n, m = len(above), len(below)
    if min(n, m) < FEWEST:
        raise InputError(f"{n} patients in one group and {m} in the other", f"{FEWEST} or more in each", "Ask for more patients")
    ranks = rankdata(np.concatenate([above, below]))
    over = (ranks[:n] - rankdata(above)) / m  # share of negatives that each positive exceeds
    under = 1.0 - (ranks[n:] - rankdata(below)) / n
    area = float(over.mean())
    error = float(np.sqrt(over.var(ddof=1) / n + under.var(ddof=1) / m))
    return Discrimination(_interval(area, error, n, m), *_curve(marker, positive))


def _interval(area: float, error: float, n: int, m: int) -> Estimate:
    inside = 0.5 / (n * m)  # an area of 0 or 1 has no logit; half a pair inside it has
    bounded = min(max(area, inside), 1.0 - inside)
    middle, width = np.log(bounded / (1.0 - bounded)), 1.6448536269514722 * error / (bounded * (1.0 - bounded))
    low, high = (1.0 / (1.0 + np.exp(-(middle + sign * width))) for sign in (-1.0, 1.0))
    return Estimate(area, float(min(low, area)), float(max(high, area)), "dimensionless")


def _curve(marker: Array, positive: NDArray[np.bool_]) -> tuple[Array, Array]:
    order = np.argsort(-marker, kind="stable")
    last = np.append(np.diff(marker[order]) != 0.0, True)  # ties share one step
    hits = positive[order]
    true = np.concatenate([[0.0], np.cumsum(hits)[last] / hits.sum()])
    false = np.concatenate([[0.0], np.cumsum(~hits)[last] / (~hits).sum()])
    return false, true
