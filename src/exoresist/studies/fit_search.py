"""Minimising a fit: many starts, a few of them followed down, and how sharp the minimum is."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exoresist.core.errors import SolverError
from exoresist.core.progress import Progress, Silent
from exoresist.core.random import stream
from exoresist.studies.fit_problem import FitProblem

FloatArray = NDArray[np.float64]

_SCREENED = 48  # starts drawn from the expectations, simulated in one batch
_REACH = 4.0  # bounds, in standard deviations of the expectation
_DRAWN = 1.65  # starts stay within the 90 % range
_EVALUATIONS = 60
_ENOUGH = 30  # draws that count as independent ones, for a 90 % interval
_SAME = 0.05  # minima whose sums of squares differ by less are one


@dataclass(frozen=True)
class Minimum:
    """The best point found.

    point       logs of the unknowns
    covariance  of `point`, (J' J)^-1 with the expectations among the residuals but without the bound on the dead: a
                bound cuts on one side and has no curvature on the other, see `weighted_draws`
    squares     sum of squared residuals;  agreeing, followed  descents that ended there, and all of them
    """

    point: FloatArray
    covariance: FloatArray
    squares: float
    agreeing: int
    followed: int


def minimise(problem: FitProblem, seed: int, followed: int = 6, progress: Progress | None = None) -> Minimum:
    """Best of several bounded least-squares descents; the same seed gives the same bits.

    followed  how many of the screened starts are followed down
    raises    SolverError when none of them could be simulated
    """
    from scipy.optimize import least_squares

    report = progress or Silent()
    centre = np.array([unknown.centre for unknown in problem.unknowns])
    below = np.array([unknown.below for unknown in problem.unknowns])
    above = np.array([unknown.above for unknown in problem.unknowns])
    drawn = np.clip(stream(seed, "fit", "starts").standard_normal((_SCREENED, len(centre))), -_DRAWN, _DRAWN)
    starts = centre + np.where(drawn < 0, drawn * below, drawn * above)
    starts[0] = centre
    starts[:, -1] = centre[-1]  # the first readings are a better guess of the start than any draw
    order = np.argsort(_sums_of_squares(problem, starts), kind="stable")
    ends = []
    for start in starts[order[:followed]]:
        # A start may lie in a corner where the network cannot be solved; the others decide.
        with suppress(SolverError):
            ends.append(
                least_squares(
                    lambda point: problem.residuals(point)[0],
                    start,
                    jac=problem.jacobian,
                    bounds=(centre - _REACH * below, centre + _REACH * above),
                    x_scale=np.minimum(below, above),
                    max_nfev=_EVALUATIONS,
                )
            )
        report.advance(1.0)
    ends = [end for end in ends if np.isfinite(end.cost)]
    if not ends:
        raise SolverError("No start of the fit could be simulated. Narrow the ranges of the fitted parameters.")
    best = min(ends, key=lambda end: float(end.cost))
    jacobian = problem.jacobian(best.x)
    readings, expectations = problem.times.size * len(problem.means), len(problem.unknowns)
    jacobian = np.concatenate([jacobian[:readings], jacobian[-expectations:]])
    covariance = np.asarray(np.linalg.inv(jacobian.T @ jacobian), dtype=np.float64)
    agreeing = sum(2.0 * (end.cost - best.cost) < _SAME for end in ends)
    return Minimum(best.x, covariance, 2.0 * float(best.cost), agreeing, len(ends))


def left_out_errors(problem: FitProblem, seed: int, progress: Progress | None = None) -> dict[float, float]:
    """Root mean square error of each fitted dose when it is predicted from the other fitted doses, %.

    This is what a structure is chosen by: it looks at no held-out dose.
    """
    errors = {}
    for dose, mean in problem.means.items():
        if len(problem.means) < 3 or not any(other > 0 for other in problem.means if other != dose):
            continue
        part = problem.without(dose)
        found = minimise(part, seed, followed=2, progress=progress)
        errors[dose] = float(np.sqrt(np.mean((problem.predict(found.point, [dose])[0, 0] - mean) ** 2)))
    return errors


def weighted_draws(problem: FitProblem, found: Minimum, seed: int, count: int) -> tuple[FloatArray, FloatArray]:
    """Points that the readings and the expectations allow, shape (count, unknowns), and their weights (sum 1).

    Drawn from the normal approximation around the minimum and weighed by how probable they truly are over how probable
    that makes them: along directions that the data leave open the approximation alone is far too generous, and it does
    not know the bound on the dead. Where hardly any draw keeps weight the model misses the readings by far, and all
    count alike: the approximation is then as good as anything.
    """
    root = np.linalg.cholesky(found.covariance)
    normal = stream(seed, "fit", "draws").standard_normal((count, len(found.point)))
    points = np.asarray(found.point + normal @ root.T)
    logs = 0.5 * (np.sum(normal**2, axis=1) - _sums_of_squares(problem, points))
    weights = np.exp(logs - logs.max())
    if weights.sum() ** 2 < _ENOUGH * np.sum(weights**2):
        weights = np.ones(count)
    return points, np.asarray(weights / weights.sum())


def weighted_quantiles(values: FloatArray, weights: FloatArray, share: float) -> FloatArray:
    """The value below which `share` of the weight lies, over the first axis of `values`."""
    order = np.argsort(values, axis=0, kind="stable")
    rising = np.take_along_axis(values, order, axis=0)
    place = np.argmax(np.cumsum(weights[order], axis=0) >= share, axis=0)
    return np.asarray(np.take_along_axis(rising, place[None], axis=0)[0])


def _sums_of_squares(problem: FitProblem, points: FloatArray) -> FloatArray:
    """Of each point; infinite where the network cannot be solved."""
    try:
        return np.asarray(np.sum(problem.residuals(points) ** 2, axis=1))
    except SolverError:
        if len(points) == 1:
            return np.array([np.inf])
        middle = len(points) // 2
        return np.concatenate([_sums_of_squares(problem, points[:middle]), _sums_of_squares(problem, points[middle:])])
