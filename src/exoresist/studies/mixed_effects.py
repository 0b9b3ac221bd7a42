"""Cohorts with effects that differ between animals: the marginal likelihood by Laplace's approximation, and its best point.

Readings y of an animal scatter about its own course, ln y = f(θ, η) + σ ε; effects η = ω z with z standard normal. What counts for
the numbers θ, ω, σ that all animals share is the integral over z. It is taken as that of a normal distribution at the most likely z,
whose width comes from the slopes of the course (first-order conditional estimation):

    ln p(y | θ) ≈ Σ_animals [ ln p(y | ẑ) − ½ ẑ² − ½ ln det(1 + Σ_readings (∂f/∂z)² / σ²) ]

Shared numbers are searched in their logarithms, with a normal expectation of each. Everything runs on arrays: all animals, all trial
points at once.

source  Lindstrom & Bates 1990, 10.2307/2532087 (recalled); Wang 2007, 10.1007/s10928-007-9060-6 (recalled)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from exoresist.core.errors import InputError, SolverError
from exoresist.studies.likelihood import Censored, LogNormal

Array = NDArray[np.float64]

INNER, OUTER = 12, 120  # steps at most
STEP = 0.05  # of z, for slopes
RIDGE = np.linspace(-2.0, 2.0, 7)  # widths of its expectation at which an unsettled number is looked at
ALONG = 15  # steps at most at each of them
CURVED = 0.05  # of the shared numbers' logarithms, for second differences
SHARED_STEP = 1e-2  # of the shared numbers' logarithms
CLOSE = 1e-4  # of z, where the search for an animal's effects ends
FURTHEST = 4.0  # standard deviations that an effect may lie from 0
LARGEST = 6.0  # of an effect, in the logarithm
WIDEST = 3.5  # widths of its expectation that a shared number may lie from the centre
Z90 = 1.6448536269514722


@dataclass(frozen=True)
class Shared:
    """A number that all animals share, searched in its logarithm: expected ln N(ln centre, width²)."""

    name: str
    centre: float
    width: float


@dataclass
class Cohort:
    """Readings of a cohort and the model of them.

    predict   (points (B, P) of logarithms, effects (B, A, q) in units of logarithms) -> ln of predicted readings (B, A, R)
    observed  (A, R), NaN where there is none; `limit`: (A, R), readings at or below it are only known to be that
    spreads   place of each effect's ω among the shared numbers, q of them; `noise`: place of σ
    """

    shared: Sequence[Shared]
    predict: Callable[[Array, Array], Array]
    observed: Array
    limit: Array
    spreads: Sequence[int]
    noise: int
    modes: Array = field(init=False)
    _hidden: NDArray[np.bool_] = field(init=False)

    def __post_init__(self) -> None:
        if np.any(self.observed[np.isfinite(self.observed)] < 0.0):
            raise InputError("A reading is below 0", "0 or more")
        self.modes = np.zeros((len(self.observed), len(self.spreads)))
        self._hidden = self.observed <= self.limit

    @property
    def centres(self) -> Array:
        return np.log([one.centre for one in self.shared])

    @property
    def widths(self) -> Array:
        return np.array([one.width for one in self.shared])

    def readings(self, points: Array, z: Array) -> Array:
        """ln of predicted readings for standard effects z (B, A, q)."""
        scale = np.exp(points[:, list(self.spreads)])[:, None, :]
        return self.predict(points, np.clip(z * scale, -LARGEST, LARGEST))

    def log_density(self, points: Array, predicted: Array) -> Array:
        """ln p of each animal's readings, (B, A), for ln of predictions (B, A, R)."""
        there = np.isfinite(self.observed)
        seen = np.where(there, np.maximum(self.observed, 1e-9), 1.0)
        middle = np.exp(np.clip(predicted, -60.0, 60.0))
        spread = np.exp(points[:, self.noise])[:, None, None]
        noise = LogNormal(spread)
        total = noise.log_likelihood(seen, middle)
        for limit in np.unique(self.limit[there & self._hidden]):
            below = Censored(noise, float(limit)).log_likelihood(limit, middle)
            total = np.where(self._hidden & (self.limit == limit), below, total)
        return np.asarray(np.where(there, total, 0.0).sum(axis=-1))

    def conditional(self, points: Array, z: Array) -> tuple[Array, Array, Array]:
        """(B, A) ln p(y, z), its slope in z (B, A, q) and the curvature by first-order slopes (B, A, q, q)."""
        count = z.shape[-1]
        moves = np.concatenate([np.zeros((1, count)), STEP * np.eye(count), -STEP * np.eye(count)])
        trials = (z[None] + moves[:, None, None, :]).reshape(-1, *z.shape[1:])  # all in one call: it is calls that cost
        many = np.tile(points, (len(moves), 1))
        predicted = self.readings(many, trials)
        density = self.log_density(many, predicted).reshape(len(moves), *z.shape[:-1])
        predicted = predicted.reshape(len(moves), *z.shape[:-1], -1)
        sigma = np.exp(points[:, self.noise])[:, None, None]
        weight = np.where(np.isfinite(self.observed) & ~self._hidden, 1.0, 0.0)
        slope = np.moveaxis(predicted[1 : count + 1] - predicted[count + 1 :], 0, -1) / (2.0 * STEP) * (weight / sigma)[..., None]
        gradient = np.moveaxis(density[1 : count + 1] - density[count + 1 :], 0, -1) / (2.0 * STEP)
        curvature = np.eye(count) + np.einsum("bari,barj->baij", slope, slope)
        return density[0] - 0.5 * (z**2).sum(axis=-1), gradient - z, curvature

    def marginal(self, points: Array) -> tuple[Array, Array]:
        """(B,) ln p(y | shared) for (B, P) logarithms, and the modes (B, A, q); begins at the modes found last."""
        z = np.broadcast_to(self.modes, (len(points), *self.modes.shape)).copy()
        value, slope, curvature = self.conditional(points, z)
        best = (value, z.copy(), curvature)
        for _ in range(INNER):
            step = np.linalg.solve(curvature, slope[..., None])[..., 0]
            z = np.clip(best[1] + np.clip(step, -1.5, 1.5), -FURTHEST, FURTHEST)
            value, slope_new, curvature_new = self.conditional(points, z)
            better = value > best[0]
            z = np.where(better[..., None], z, best[1])
            moved = float(np.abs(z - best[1]).max())
            best = (np.where(better, value, best[0]), z, np.where(better[..., None, None], curvature_new, best[2]))
            # Where a step was no gain, the next is a quarter of it.
            slope = np.where(better[..., None], slope_new, 0.25 * slope)
            curvature = best[2]
            if moved < CLOSE:
                break
        determinant = np.linalg.slogdet(best[2])[1]
        return np.asarray((best[0] - 0.5 * determinant).sum(axis=-1)), best[1]

    def objective(self, points: Array) -> tuple[Array, Array]:
        """ln posterior up to a constant, (B,), and the modes."""
        value, modes = self.marginal(points)
        return value - 0.5 * (((points - self.centres) / self.widths) ** 2).sum(axis=-1), modes


@dataclass(frozen=True)
class Ridge:
    """The posterior along one number that the readings do not settle: the best other numbers for each of its values.

    place      of that number; `values`: its logarithms (K,), rising; points: (K, P) with the others at their best
    weights    share of the posterior at each value, (K,): density times the volume that the other numbers fill there
    roots      (K, P, P) square roots of their covariance, nought along the number itself
    """

    place: int
    values: Array
    points: Array
    weights: Array
    roots: Array

    def draws(self, count: int, random: np.random.Generator) -> Array:
        """(count, P): a value with its weight, the others about the ridge there."""
        fine = np.linspace(self.values[0], self.values[-1], 200)
        density = np.exp(np.interp(fine, self.values, np.log(np.maximum(self.weights, 1e-300))))
        at = np.interp(random.random(count), np.cumsum(density) / density.sum(), fine)
        middle = np.stack([np.interp(at, self.values, column) for column in self.points.T], axis=1)
        nearest = np.abs(at[:, None] - self.values[None]).argmin(axis=1)
        steps = np.clip(random.standard_normal((count, self.points.shape[1])), -3.0, 3.0)
        return np.asarray(middle + np.einsum("kij,kj->ki", self.roots[nearest], steps))


@dataclass(frozen=True)
class CohortFit:
    """The best point.

    point       logarithms of the shared numbers (P,); `covariance` (P, P) from the curvature there
    modes       most likely standard effects of each animal (A, q)
    log_likelihood  ln p(y | point), marginal; `converged`: whether the search ended by itself
    """

    cohort: Cohort
    point: Array
    covariance: Array
    modes: Array
    log_likelihood: float
    converged: bool
    ridge: Ridge | None = None

    def number(self, name: str) -> float:
        """A shared number."""
        return float(np.exp(self.point[self.place(name)]))

    def place(self, name: str) -> int:
        return next(place for place, one in enumerate(self.cohort.shared) if one.name == name)

    def interval(self, name: str) -> tuple[float, float]:
        """90 % interval of a shared number."""
        place = self.place(name)
        if self.ridge is not None:
            low, high = np.quantile(self.ridge.draws(4000, np.random.default_rng(0))[:, place], [0.05, 0.95])
            return float(np.exp(low)), float(np.exp(high))
        half = Z90 * float(np.sqrt(self.covariance[place, place]))
        return float(np.exp(self.point[place] - half)), float(np.exp(self.point[place] + half))

    def draws(self, count: int, random: np.random.Generator) -> Array:
        """(count, P) logarithms from the posterior: along the ridge if there is one, else from the normal approximation."""
        if self.ridge is not None:
            return self.ridge.draws(count, random)
        values, vectors = np.linalg.eigh(self.covariance)
        steps = np.clip(random.standard_normal((count, len(values))), -3.0, 3.0) * np.sqrt(np.maximum(values, 0.0))
        return np.asarray(self.point + steps @ vectors.T)


def fit_cohort(cohort: Cohort, report: Callable[[float], None] | None = None, along: int | None = None) -> CohortFit:
    """The most likely shared numbers, from their expected values.

    along   place of a number that may not be settled: the posterior is then followed along it, because numbers that make up for each
            other lie on a curve that no normal distribution follows
    raises  InputError without readings, SolverError if there is no finite likelihood at the start
    """
    if not np.isfinite(cohort.observed).any():
        raise InputError("The cohort has no readings", "at least one per group")
    if not np.isfinite(cohort.objective(cohort.centres[None])[0]).all():
        raise SolverError("The cohort has no likelihood at the expected numbers. Check units of doses and readings.")
    share = 1.0 if along is None else 0.5
    point, _, success = _climbed(cohort, cohort.centres, None, None if report is None else (lambda part: report(share * part)))
    likelihood, modes = cohort.marginal(point[None])
    ridge = None if along is None else _ridge(cohort, point, along, None if report is None else (lambda part: report(0.5 * part)))
    return CohortFit(cohort, point, _covariance(cohort, point, None), modes[0], float(likelihood[0]), success, ridge)


def expected(cohort: Cohort) -> CohortFit:
    """What is known without readings: the shared numbers as they were expected."""
    return CohortFit(cohort, cohort.centres, np.diag(cohort.widths**2), cohort.modes, 0.0, True)


def _climbed(cohort: Cohort, start: Array, held: int | None, report: Callable[[float], None] | None) -> tuple[Array, float, bool]:
    """The best point from a start, one number held if asked for; with ln posterior there and whether the search ended by itself."""
    from scipy.optimize import minimize

    count = len(cohort.shared)
    trials = np.concatenate([np.zeros((1, count)), SHARED_STEP * np.eye(count), -SHARED_STEP * np.eye(count)])
    done = 0

    def value_and_slope(point: Array) -> tuple[float, Array]:
        nonlocal done
        values, modes = cohort.objective(point + trials)
        if np.isfinite(values[0]):
            cohort.modes = modes[0]
        done += 1
        if report is not None and done <= OUTER:
            report(1.0 / OUTER)
        slope = (values[1 : count + 1] - values[count + 1 :]) / (2.0 * SHARED_STEP)
        return (-float(values[0]), -slope) if np.isfinite(values).all() else (1e12, np.zeros(count))

    bounds = [
        (centre - WIDEST * width, centre + WIDEST * width) for centre, width in zip(cohort.centres, cohort.widths, strict=True)
    ]
    if held is not None:
        bounds[held] = (float(start[held]), float(start[held]))
    most = OUTER if held is None else ALONG
    options = {"maxiter": most, "ftol": 1e-9 if held is None else 1e-7, "gtol": 1e-3}
    found = minimize(value_and_slope, start, jac=True, bounds=bounds, method="L-BFGS-B", options=options)
    return np.asarray(found.x, dtype=float), -float(found.fun), bool(found.success)


def _ridge(cohort: Cohort, point: Array, along: int, report: Callable[[float], None] | None) -> Ridge:
    """Follow the posterior from its best point to either side, as far as the number was expected to lie."""
    centre, width = cohort.centres[along], cohort.widths[along]
    values = centre + width * RIDGE
    points, heights = np.tile(point, (len(values), 1)), np.full(len(values), -np.inf)
    best_modes = cohort.modes.copy()
    nearest = int(np.abs(values - point[along]).argmin())
    for direction in (range(nearest, len(values)), range(nearest - 1, -1, -1)):
        start = point.copy()
        cohort.modes = best_modes.copy()
        for place in direction:
            start[along] = values[place]
            start, heights[place], _ = _climbed(cohort, start, along, None)
            points[place] = start
            if report is not None:
                report(1.0 / len(values))
    roots = []
    for place, one in enumerate(points):
        cohort.modes = cohort.marginal(one[None])[1][0]
        covariance = _covariance(cohort, one, along)
        spread, vectors = np.linalg.eigh(covariance)
        roots.append(vectors * np.sqrt(np.maximum(spread, 0.0)))
        heights[place] += 0.5 * float(np.log(spread[spread > 1e-12]).sum())
    cohort.modes = best_modes
    weights = np.exp(heights - heights.max())
    return Ridge(along, values, points, weights / weights.sum(), np.array(roots))


def _covariance(cohort: Cohort, point: Array, held: int | None) -> Array:
    """Inverse of the second differences of ln posterior; directions that do not bend keep the width expected beforehand.

    held  place of a number that stays: its row and column are nought
    """
    places = [place for place in range(len(point)) if place != held]
    moves = [np.zeros(len(point))]
    for a in range(len(places)):
        for b in range(a + 1):
            for signs in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
                move = np.zeros(len(point))
                move[places[a]] += signs[0] * CURVED
                move[places[b]] += signs[1] * CURVED
                moves.append(move)
    values = np.concatenate(
        [cohort.objective(point + np.array(part))[0] for part in np.array_split(moves, max(1, len(moves) // 64))]
    )
    curvature = np.zeros((len(places), len(places)))
    place = 1
    for a in range(len(places)):
        for b in range(a + 1):
            four = values[place : place + 4]
            curvature[a, b] = curvature[b, a] = -(four[0] - four[1] - four[2] + four[3]) / (4.0 * CURVED**2)
            place += 4
    bends, vectors = np.linalg.eigh(curvature)
    least = float((1.0 / cohort.widths[places] ** 2).min())
    covariance = np.zeros((len(point), len(point)))
    covariance[np.ix_(places, places)] = (vectors / np.maximum(bends, least)) @ vectors.T
    return covariance
