"""The best point of a function that can only be asked for values: descents from many starts within bounds.

For problems of others, whose model is a foreign program: nothing is known of their slopes but differences. Networks of our own have a fit
of their own with slopes from the solver.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exoresist.core.errors import InputError, SolverError
from exoresist.core.progress import Progress, Silent

Array = NDArray[np.float64]

WORST = 1e12  # in place of minus infinity, where the model has no answer: a search needs a number
STEP = 1e-4  # of a difference, in units of the search, relative to 1 + |x|
AGREEING = 0.1  # log units below the best within which a descent found the same
FAR = 1e6  # an infinite bound, for what needs a number
Z90 = 1.6448536269514722


@dataclass(frozen=True)
class Unknown:
    """A number that is searched: its bounds, and the scale (`lin`, `log`, `log10`) on which steps are taken."""

    name: str
    low: float
    high: float
    scale: str = "lin"

    def __post_init__(self) -> None:
        if self.scale not in ("lin", "log", "log10"):
            raise InputError(f"'{self.name}' is searched on the scale '{self.scale}'", "lin, log, log10")
        if not self.low <= self.high:
            raise InputError(f"'{self.name}' has bounds {self.low:g} and {self.high:g}", "the lower first")

    def inward(self, value: float) -> float:
        """To the scale of the search; 0 on a logarithm becomes the smallest number that has one."""
        if self.scale == "lin":
            return value
        safe = max(value, 1e-300)
        return math.log(safe) if self.scale == "log" else math.log10(safe)

    def outward(self, place: float) -> float:
        """Back from the scale of the search, within the bounds."""
        value = place if self.scale == "lin" else math.exp(place) if self.scale == "log" else 10.0**place
        return min(max(value, self.low), self.high)


@dataclass(frozen=True)
class Optimum:
    """What many descents found.

    value          of each unknown, on the linear scale
    low, high      90 % interval from the curvature at the best point, cut at the bounds; None on a bound, or where nothing bends
    best           the function there; `finals`: where each descent ended, best first
    evaluations    of the function
    """

    unknowns: tuple[Unknown, ...]
    value: tuple[float, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]
    best: float
    finals: tuple[float, ...]
    evaluations: int

    @property
    def agreeing(self) -> int:
        """Descents that ended as high as the best."""
        return sum(one >= self.best - AGREEING for one in self.finals)

    @property
    def at_bound(self) -> tuple[bool, ...]:
        """Whether each value lies on one of its bounds."""
        return tuple(
            math.isclose(value, end, rel_tol=1e-6, abs_tol=1e-9) or value == end
            for one, value in zip(self.unknowns, self.value, strict=True)
            for end in (_nearest(one, value),)
        )


def _nearest(unknown: Unknown, value: float) -> float:
    return unknown.low if abs(value - unknown.low) <= abs(value - unknown.high) else unknown.high


def climb(
    function: Callable[[dict[str, float]], float],
    unknowns: Sequence[Unknown],
    starts: Sequence[dict[str, float]],
    progress: Progress | None = None,
) -> Optimum:
    """Maximise a function of named numbers.

    function  name -> number in, value out; minus infinity where it has none
    starts    where descents (L-BFGS-B with central differences) begin; those without a value are left out
    raises    SolverError if no start has a value
    """
    from scipy.optimize import minimize

    report = progress or Silent()
    search = _Search(function, tuple(unknowns))
    points = [point for point in (search.inward(start) for start in starts) if search(point) < WORST]
    if not points:
        raise SolverError(
            f"None of {len(starts)} starts has a likelihood: the model cannot be advanced there. Narrow the bounds."
        )
    ends = []
    for point in points:
        found = minimize(
            search,
            point,
            jac=search.slope,
            bounds=search.bounds,
            method="L-BFGS-B",
            options={"maxiter": 200, "ftol": 1e-11, "gtol": 1e-6},
        )
        ends.append((float(found.fun), np.asarray(found.x, dtype=float)))
        report.advance(1.0 / len(points))
    ends.sort(key=lambda end: end[0])
    best = ends[0][1]
    low, high = search.interval(best)
    return Optimum(
        search.unknowns,
        tuple(search.outward(best).values()),
        low,
        high,
        -ends[0][0],
        tuple(-end[0] for end in ends),
        search.evaluations,
    )


def _on_edge(place: float, bounds: tuple[float, float]) -> bool:
    return min(abs(place - bounds[0]), abs(place - bounds[1])) < 1e-6 * (1.0 + abs(place))


class _Search:
    """The function on the scale of the search, turned so that less is better."""

    def __init__(self, function: Callable[[dict[str, float]], float], unknowns: tuple[Unknown, ...]) -> None:
        self.function, self.unknowns, self.evaluations = function, unknowns, 0
        self.bounds = [
            (float(np.clip(one.inward(one.low), -FAR, FAR)), float(np.clip(one.inward(one.high), -FAR, FAR))) for one in unknowns
        ]

    def inward(self, values: dict[str, float]) -> Array:
        inside = [min(max(values[one.name], one.low), one.high) for one in self.unknowns]
        place = np.array([one.inward(value) for one, value in zip(self.unknowns, inside, strict=True)])
        ends = np.array(self.bounds).reshape(-1, 2)
        return np.clip(place, ends[:, 0], ends[:, 1])

    def outward(self, point: Array) -> dict[str, float]:
        return {one.name: one.outward(float(place)) for one, place in zip(self.unknowns, point, strict=True)}

    def __call__(self, point: Array) -> float:
        self.evaluations += 1
        value = self.function(self.outward(point))
        return -value if math.isfinite(value) else WORST

    def slope(self, point: Array) -> Array:
        """Central differences, one-sided at a bound."""
        slope = np.zeros(len(point))
        for place in range(len(point)):
            step = STEP * (1.0 + abs(point[place]))
            ends = [np.clip(point[place] + side * step, *self.bounds[place]) for side in (-1.0, 1.0)]
            values = []
            for end in ends:
                moved = point.copy()
                moved[place] = end
                values.append(self(moved))
            if ends[1] > ends[0] and max(values) < WORST:
                slope[place] = (values[1] - values[0]) / (ends[1] - ends[0])
        return slope

    def interval(self, best: Array) -> tuple[tuple[float | None, ...], tuple[float | None, ...]]:
        """±1.64 standard deviations of the normal approximation, from the second differences."""
        count = len(best)
        steps = 1e-2 * (1.0 + np.abs(best))
        ends = np.array(self.bounds).reshape(-1, 2)
        room = np.minimum(steps, np.diff(ends)[:, 0] / 2.0)
        centre = np.clip(best, ends[:, 0] + room, ends[:, 1] - room)
        middle = self(centre)

        def at(*moves: tuple[int, float]) -> float:
            point = centre.copy()
            for place, side in moves:
                point[place] += side * steps[place]
            return self(np.clip(point, ends[:, 0], ends[:, 1]))

        free = [place for place in range(count) if not _on_edge(best[place], self.bounds[place])]
        curvature = np.zeros((len(free), len(free)))
        for row, a in enumerate(free):
            curvature[row, row] = (at((a, 1.0)) - 2.0 * middle + at((a, -1.0))) / steps[a] ** 2
            for column, b in enumerate(free[:row]):
                mixed = at((a, 1.0), (b, 1.0)) - at((a, 1.0), (b, -1.0)) - at((a, -1.0), (b, 1.0)) + at((a, -1.0), (b, -1.0))
                curvature[row, column] = curvature[column, row] = mixed / (4.0 * steps[a] * steps[b])
        values, vectors = np.linalg.eigh(curvature)
        bent = values > 1e-8 * max(1.0, float(values.max(initial=0.0)))
        variance, flat = np.zeros(count), np.ones(count, dtype=bool)  # what lies on a bound has no curvature to speak of
        variance[free] = (vectors[:, bent] ** 2 / values[bent]).sum(axis=1) if bent.any() else 0.0
        flat[free] = (vectors[:, ~bent] ** 2).sum(axis=1) > 1e-3
        low: list[float | None] = []
        high: list[float | None] = []
        for place, one in enumerate(self.unknowns):
            if flat[place]:
                low.append(None)
                high.append(None)
                continue
            half = Z90 * math.sqrt(float(variance[place]))
            low.append(one.outward(float(np.clip(best[place] - half, *self.bounds[place]))))
            high.append(one.outward(float(np.clip(best[place] + half, *self.bounds[place]))))
        return tuple(low), tuple(high)
