"""Fit a spheroid's numbers to measured radii of some seedings, predict others, and two predictions without mechanism beside it.

Readings are given by seeding and time, every spheroid measured once (they are fixed to be measured). The spheroids of one time are a batch:
their mean is off by their scatter over sqrt(n) and by what the batch has in common. Both are in the weights; the second is estimated
from what the fit leaves over, for each kind of radius, and not below nought.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exoresist.core.errors import InputError, SolverError
from exoresist.studies.spheroid import SpheroidNumbers, spheroid_radii

Array = NDArray[np.float64]
Readings = Mapping[float, Mapping[float, ArrayLike]]  # cells seeded -> h from seeding -> (spheroids, 3) radii, um
KINDS = ("outer", "inhibited", "necrotic")
FIRST_BATCH_SD = 15.0  # um, where the estimate begins
LEAST_BATCH_SD = 1.0  # um: a reading of an image is no better
ROUNDS = 3  # of fit and estimate
DIFFERENCE = 1e-3  # in the logarithm, for slopes
FURTHEST = 3.0  # standard deviations that a draw may lie from the fit: what is not identified would leave all bounds
SPREAD_OF_STARTS = 0.6  # sd of the starts around the first guess, in the logarithm


@dataclass(frozen=True)
class Free:
    """A number that the fit may move: `name` as in `SpheroidNumbers`, its bounds and where the search begins.

    over  another number of which this one is moved as a multiple: thresholds of oxygen so keep their order
    """

    name: str
    low: float
    high: float
    guess: float
    over: str | None = None

    def __post_init__(self) -> None:
        if not 0.0 < self.low < self.guess < self.high:
            raise InputError(
                f"'{self.name}' between {self.low:g} and {self.high:g} from {self.guess:g}", "0 < low < guess < high"
            )


@dataclass(frozen=True)
class Batches:
    """Means of a set of seedings and their scatter.

    seeded  (S,) cells; `times`: (T,) h; `mean`, `error`: (S, T, 3) um, `error` the standard error of the mean; `count`: (S, T)
    """

    seeded: Array
    times: Array
    mean: Array
    error: Array
    count: NDArray[np.int64]


def batches(readings: Readings, seedings: Sequence[float]) -> Batches:
    """Mean and standard error by seeding and time. All seedings share their times, each of two spheroids or more; else InputError."""
    missing = [one for one in seedings if one not in readings]
    if missing or not seedings:
        raise InputError(f"seedings {list(seedings)}", f"some of {sorted(readings)}", "Name seedings that were measured")
    times = sorted(readings[seedings[0]])
    tables = []
    for one in seedings:
        if sorted(readings[one]) != times:
            raise InputError(
                f"{one:g} cells were measured at other times than {seedings[0]:g}", "the same times for every seeding"
            )
        for time in times:
            table = np.asarray(readings[one][time], dtype=np.float64)
            if table.ndim != 2 or table.shape[1] != 3 or len(table) < 2 or not np.all(np.isfinite(table)) or np.any(table < 0.0):
                raise InputError(
                    f"radii of shape {table.shape} for {one:g} cells at {time:g} h", "finite, 0 or more, shape (2 or more, 3)"
                )
            tables.append(table)
    shape = (len(seedings), len(times), 3)
    count = np.array([len(table) for table in tables]).reshape(shape[:2])
    mean = np.array([table.mean(axis=0) for table in tables]).reshape(shape)
    error = np.array([table.std(axis=0, ddof=1) / np.sqrt(len(table)) for table in tables]).reshape(shape)
    return Batches(np.asarray(seedings, dtype=np.float64), np.asarray(times), mean, error, count)


@dataclass(frozen=True)
class SpheroidFit:
    """Fitted numbers.

    free, value   what was moved, and where it ended; `low`, `high`: (n,) 90 % interval from the curvature at the best point, cut at the
                  bounds: a number that reaches a bound is not identified on that side
    numbers       all of them; `start`: h at which the model begins
    batch_sd      (3,) um, common to a batch, by kind of radius
    squares       weighted sum of squares at the end; `agreeing`: descents within 1 % of the best, of `descents`
    covariance    of the logarithms, (n, n)
    """

    free: tuple[Free, ...]
    value: Array
    low: Array
    high: Array
    numbers: SpheroidNumbers
    start: float
    batch_sd: Array
    squares: float
    readings: int
    descents: int
    agreeing: int
    covariance: Array

    def predict(self, seeded: ArrayLike, times: ArrayLike) -> Array:
        """Radii of other spheroids, (S, T, 3) um."""
        return spheroid_radii(self.numbers, seeded, self.start, times)

    def interval(self, seeded: ArrayLike, times: ArrayLike, seed: int, draws: int = 200) -> tuple[Array, Array]:
        """90 % interval of the mean of a new batch, each (S, T, 3) um: uncertainty of the numbers and what a batch has in common."""
        cells, moments = np.atleast_1d(np.asarray(seeded, dtype=np.float64)), np.asarray(times, dtype=np.float64)
        random = np.random.default_rng(seed)
        bounds = np.log([[one.low, one.high] for one in self.free]).T
        values, vectors = np.linalg.eigh(self.covariance)
        steps = np.clip(random.normal(size=(draws, len(self.free))), -FURTHEST, FURTHEST) * np.sqrt(np.maximum(values, 0.0))
        points = np.clip(np.log(self.value) + steps @ vectors.T, *bounds)
        radii = _radii(self.numbers, self.free, points, cells, self.start, moments)
        noisy = radii + random.normal(size=radii.shape) * self.batch_sd
        low, high = np.quantile(noisy, [0.05, 0.95], axis=0)
        return np.maximum(low, 0.0), high


def _numbers(base: SpheroidNumbers, free: Sequence[Free], points: Array) -> SpheroidNumbers:
    """Numbers at (n, free) points, each of shape (n,).

    `full` and `anoxic` keep their ratio to `stop` and `necrotic` unless they are free.
    """
    moved = {one.name: np.exp(points[:, place]) for place, one in enumerate(free) if one.over is None}
    for place, one in enumerate(free):
        if one.over is not None:
            moved[one.name] = np.exp(points[:, place]) * moved.get(one.over, np.asarray(getattr(base, one.over)))
    for leader, tied in (("stop", "full"), ("necrotic", "anoxic")):
        if leader in moved and tied not in moved:
            moved[tied] = moved[leader] * np.asarray(getattr(base, tied)) / np.asarray(getattr(base, leader))
    return replace(base, **moved)


def _radii(base: SpheroidNumbers, free: Sequence[Free], points: Array, seeded: Array, start: float, times: Array) -> Array:
    """(points, S, T, 3)"""
    each = np.repeat(points, len(seeded), axis=0)
    radii = spheroid_radii(_numbers(base, free, each), np.tile(seeded, len(points)), start, times)
    return radii.reshape(len(points), len(seeded), len(times), 3)


def fit_spheroids(
    data: Batches,
    base: SpheroidNumbers,
    free: Sequence[Free],
    start: float,
    seed: int = 1,
    descents: int = 8,
    told: Callable[[str], None] | None = None,
) -> SpheroidFit:
    """Weighted least squares in the logarithms, from several starts.

    base   numbers that stay where they are, each a float
    start  h from seeding at which the model begins
    raises InputError for numbers unknown or named twice; SolverError when no descent ends
    """
    from scipy.optimize import least_squares

    names = [one.name for one in free]
    known = set(vars(base))
    wrong = [name for name in names if name not in known or names.count(name) > 1]
    wrong += [one.over for one in free if one.over is not None and one.over not in known]
    if wrong:
        raise InputError(f"'{wrong[0]}' to be fitted, unknown or twice", f"each once, of {', '.join(sorted(known))}")
    bounds = np.log([[one.low, one.high] for one in free]).T
    guess = np.log([one.guess for one in free])
    random = np.random.default_rng(seed)
    batch_sd = np.full(3, FIRST_BATCH_SD)

    def residuals(point: Array) -> Array:
        radii = _radii(base, free, point[None], data.seeded, start, data.times)[0]
        return np.asarray(((radii - data.mean) / np.sqrt(data.error**2 + batch_sd**2)).ravel())

    def slopes(point: Array) -> Array:
        # Away from the nearer bound, so that no number leaves its range.
        sign = np.where(point + DIFFERENCE > bounds[1], -1.0, 1.0)
        points = np.vstack([point, point + DIFFERENCE * np.diag(sign)])
        radii = _radii(base, free, points, data.seeded, start, data.times)
        weighted = ((radii[1:] - radii[0]) / np.sqrt(data.error**2 + batch_sd**2)).reshape(len(free), -1)
        return np.asarray((weighted / (DIFFERENCE * sign[:, None])).T)

    def descend(begin: Array) -> object:
        margin = 1e-3 * (bounds[1] - bounds[0])
        inside = np.clip(begin, bounds[0] + margin, bounds[1] - margin)
        return least_squares(residuals, inside, jac=slopes, bounds=bounds, max_nfev=60)

    best, ends = None, []
    for attempt in range(descents):
        begin = guess + (SPREAD_OF_STARTS * random.normal(size=len(guess)) if attempt else 0.0)
        try:
            found = descend(begin)
        except (SolverError, InputError):
            continue  # a start out of proportion: others remain, and how many agree is told
        ends.append(2.0 * found.cost)  # type: ignore[attr-defined]
        if told is not None:
            told(f"descent {attempt + 1} of {descents}: {ends[-1]:.2f}")
        if best is None or found.cost < best.cost:  # type: ignore[attr-defined]
            best = found
    if best is None:
        raise SolverError(f"none of {descents} descents ended: the guesses are out of proportion")
    agreeing = sum(bool(end <= 1.01 * min(ends)) for end in ends)
    point = np.asarray(best.x)  # type: ignore[attr-defined]
    for _ in range(ROUNDS):
        radii = _radii(base, free, point[None], data.seeded, start, data.times)[0]
        batch_sd = _batch_sd(radii, data)
        found = descend(point)
        point = np.asarray(found.x)  # type: ignore[attr-defined]
    jacobian = slopes(point)
    curvature = jacobian.T @ jacobian
    # A number without effect gets the width of its bounds, not an infinite one.
    width = (bounds[1] - bounds[0]) / 4.0
    covariance = np.linalg.inv(curvature + np.diag(1.0 / width**2))
    spread = 1.645 * np.sqrt(np.diag(covariance))
    low, high = (np.exp(np.clip(point + sign * spread, *bounds)) for sign in (-1.0, 1.0))
    fitted = _numbers(base, free, point[None])
    numbers = SpheroidNumbers(**{name: float(np.ravel(value)[0]) for name, value in vars(fitted).items()})
    return SpheroidFit(
        tuple(free), np.exp(point), low, high, numbers, start, batch_sd, float((residuals(point) ** 2).sum()), data.mean.size, len(ends),
        agreeing, np.asarray(covariance, dtype=np.float64),
    )  # fmt: skip


def _batch_sd(radii: Array, data: Batches) -> Array:
    """(3,) um: what is left over beyond the standard error, where there is a region in the data or in the model."""
    there = (radii > 0.0) | (data.mean > 0.0)
    excess = np.where(there, (radii - data.mean) ** 2 - data.error**2, 0.0).sum(axis=(0, 1)) / np.maximum(
        there.sum(axis=(0, 1)), 1
    )
    return np.sqrt(np.maximum(excess, LEAST_BATCH_SD**2))


@dataclass(frozen=True)
class Gompertz:
    """Outer radius without mechanism: V = most · exp(ln(V0/most) · exp(−slowing · (t − start))), V0 = start_volume · cells seeded."""

    start_volume: float
    most: float
    slowing: float
    start: float

    def radius(self, seeded: ArrayLike, times: ArrayLike) -> Array:
        """(S, T) um"""
        first = self.start_volume * np.atleast_1d(np.asarray(seeded, dtype=np.float64))[:, None]
        left = np.exp(-self.slowing * (np.asarray(times, dtype=np.float64) - self.start))
        return np.asarray(np.cbrt(0.75 / np.pi * self.most * np.exp(np.log(first / self.most) * left)))


def fit_gompertz(data: Batches, start: float) -> Gompertz:
    """Least squares on the mean outer radii of all seedings at once, from several starts."""
    from scipy.optimize import least_squares

    measured = data.mean[:, :, 0]
    first = float(np.median(4.0 / 3.0 * np.pi * measured[:, 0] ** 3 / data.seeded))
    top = float(4.0 / 3.0 * np.pi * measured.max() ** 3)

    def built(point: Array) -> Gompertz:
        first_volume, most, slowing = np.exp(point).tolist()
        return Gompertz(first_volume, most, slowing, start)

    ends = [
        least_squares(
            lambda point: (built(point).radius(data.seeded, data.times) - measured).ravel(),
            np.log([first, top * factor, slow]), bounds=(np.log([first / 10, top / 10, 1e-6]), np.log([first * 10, top * 1e4, 1.0])),
        )
        for factor in (1.1, 3.0, 30.0)
        for slow in (3e-4, 3e-3, 1e-2)
    ]  # fmt: skip
    return built(np.asarray(min(ends, key=lambda one: float(one.cost)).x))


def between(data: Batches, seeded: float) -> Array:
    """(T, 3) um: radii of the nearest seedings on both sides, interpolated in log seeding: no model, and hard to beat in the middle."""
    order = np.argsort(data.seeded)
    if not data.seeded[order[0]] <= seeded <= data.seeded[order[-1]]:
        raise InputError(
            f"a seeding of {seeded:g}", f"{data.seeded[order[0]]:g} to {data.seeded[order[-1]]:g}", "Nothing lies on both sides"
        )
    place = np.log(data.seeded[order])
    high = int(np.clip(np.searchsorted(place, np.log(seeded)), 1, len(place) - 1))
    share = (np.log(seeded) - place[high - 1]) / (place[high] - place[high - 1])
    return np.asarray((1.0 - share) * data.mean[order[high - 1]] + share * data.mean[order[high]])


def errors(predicted: Array, measured: Array) -> Array:
    """Root mean square over times of the difference to the means: (..., T, kinds) -> (..., kinds), um."""
    return np.asarray(np.sqrt(np.mean((predicted - measured) ** 2, axis=-2)))
