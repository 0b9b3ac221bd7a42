"""The best point: many starts, screened together and followed uphill together.

Each step is that of Levenberg and Marquardt on the log posterior with the expected information in the place of second
derivatives: (F + damping diag F) step = gradient. All starts that are still climbing are simulated in one batch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exoresist.core.errors import SolverError
from exoresist.core.progress import Progress, Silent
from exoresist.core.random import stream
from exoresist.studies.fitting.experiments import FINE
from exoresist.studies.fitting.posterior import Posterior
from exoresist.studies.fitting.unknowns import REACH

Array = NDArray[np.float64]

SCREENED = 64  # starts drawn from what is expected (a Latin hypercube), of which the best are followed
ROUNDS = 60
PATIENCE, HOPELESS = 12, 10.0  # rounds after which a start so far below the best is given up
GAIN = 3e-4  # of the log posterior: less and a start has arrived
SAME = 0.05  # ends whose log posterior differs by less are one
STRIDE = 2.0  # longest step in one coordinate, in standard deviations of what is expected


@dataclass(frozen=True)
class Summit:
    """The best point found.

    point, density  z, and the log posterior up to a constant
    covariance      inverse of the expected information there
    gradient        what is left of it (norm, weighed by the covariance)
    ends, densities where every start ended;  agreeing how many ended at the best
    """

    point: Array
    density: float
    covariance: Array
    gradient: float
    ends: Array
    densities: Array
    rounds: int

    @property
    def followed(self) -> int:
        return len(self.ends)

    @property
    def agreeing(self) -> int:
        return int(np.sum(self.densities > self.density - SAME))


def starts(posterior: Posterior, seed: int, count: int) -> Array:
    """(count, P) points: what is expected, and a Latin hypercube of it."""
    from scipy.special import ndtri

    generator = stream(seed, "fit", "hypercube")
    rows = max(count - 1, 1)
    places = (np.stack([generator.permutation(rows) for _ in range(posterior.size)], axis=1) + 0.5) / rows
    return np.asarray(np.concatenate([np.zeros((1, posterior.size)), ndtri(places)])[:count])


def climb(posterior: Posterior, seed: int, followed: int, report: Progress | None = None) -> Summit:
    """The best of several ascents; the same seed gives the same bits.

    Raises SolverError when none of the starts could be simulated.
    """
    tell = report or Silent()
    screened = starts(posterior, seed, max(SCREENED, followed))
    densities = posterior.log_density(screened)
    order = np.argsort(-densities, kind="stable")[:followed]
    points, damping = screened[order].copy(), np.full(len(order), 1e-2)
    if not np.any(np.isfinite(densities[order])):
        raise SolverError(f"No start of the fit can have made the readings. {_reason(posterior)}")
    points = points[np.isfinite(densities[order])]
    damping = damping[: len(points)]
    best, slope, information = posterior.expansion(points)
    climbing = np.ones(len(points), dtype=bool)
    round_ = 0
    for round_ in range(1, ROUNDS + 1):
        active = np.flatnonzero(climbing)
        if not len(active):
            break
        tried = np.stack([points[row] + _step(slope[row], information[row], damping[row]) for row in active])
        tried = np.clip(tried, -0.999 * REACH, 0.999 * REACH)
        ahead = posterior.log_density(tried, FINE)
        better = ahead > best[active]
        gained = np.where(better, ahead - best[active], 0.0)
        won = active[better]
        if len(won):
            points[won] = tried[better]
            best[won], slope[won], information[won] = posterior.expansion(points[won])
            damping[won] = np.maximum(damping[won] / 5.0, 1e-9)
        lost = active[~better]
        damping[lost] *= 6.0
        climbing[won[gained[better] < GAIN]] = False
        climbing[lost[damping[lost] > 1e7]] = False
        if round_ >= PATIENCE:
            climbing &= best > best.max() - HOPELESS
        tell.advance(1.0)
    top = int(np.argmax(best))
    covariance = np.linalg.inv(information[top])
    left = float(np.sqrt(max(slope[top] @ covariance @ slope[top], 0.0)))
    return Summit(points[top], float(best[top]), 0.5 * (covariance + covariance.T), left, points, best, round_)


def _reason(posterior: Posterior) -> str:
    """What stands in the way at the expected values: readings that cannot come about, or a network that cannot be solved."""
    centre = np.zeros((1, posterior.size))
    predicted = posterior.predicted(centre, posterior.computed(centre))
    if not np.all(np.isfinite(predicted)):
        return (
            "At the expected values the network cannot be solved: narrow the ranges of the parameters, or shorten the duration."
        )
    impossible = np.flatnonzero(~np.isfinite(posterior.by_reading(centre, predicted)[0]))
    if not len(impossible):
        return "Narrow the ranges of the parameters."
    place, model = posterior.places[impossible[0]], float(predicted[0, impossible[0]])
    return (
        f"At the expected values {len(impossible)} of {len(posterior.places)} readings are impossible, the first in "
        f"{place.reading.where}: {place.value:g}, where the model says {model:.3g}. Give their noise an additive part, or a limit."
    )


def _step(slope: Array, information: Array, damping: float) -> Array:
    matrix = information + damping * np.diag(np.diag(information))
    step = np.linalg.solve(matrix, slope)
    longest = float(np.max(np.abs(step)))
    return np.asarray(step * min(1.0, STRIDE / longest) if longest > 0.0 else step)
