"""The best point of readings under a model that can only be run: descents from many starts within bounds.

For problems of others, whose model is a foreign program: nothing is known of their slopes but differences. Networks of our own have a fit
of their own with slopes from the solver.

With error e = measured − simulated on the scale of the noise, and width w, the information that a reading holds is expected to be
e'e'ᵀ/w² + c (ln w)'(ln w)'ᵀ with c = 2 for normal noise, 1 for Laplace's (which has 1/w² too, w its scale). Steps solve
(F + damping diag F) δ = slope: one run per number, and F is never negative.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exoresist.core.errors import InputError, SolverError
from exoresist.core.progress import Progress, Silent

Array = NDArray[np.float64]

STEP = 1e-4  # of a difference, in units of the search, relative to 1 + |x|; ten times that where the interval is worked out
AGREEING = 0.1  # log units below the best within which a descent found the same
FAR = 1e6  # an infinite bound, for what needs a number
Z90 = 1.6448536269514722
MOST_STEPS = 80
MOST_RUNS = 6000  # of the model, after which no further descent begins
HOPELESS = (15, 1000.0)  # a descent that is so many log units below the best after so many steps is given up
GAIN = 1e-5  # log units; two steps in a row that bring less end a descent
STRIDE = 0.25  # of the room between the bounds: the longest step of one number
FEW = 20  # numbers up to which the curvature around the best point is measured: it takes two runs for each pair
NEAR = 0.3  # how far, in standard deviations of a number with the others held
LEAST_BEND = (
    1e-4  # in the same units, of the flattest direction, below which a difference of heights is mostly the solver's error
)
FLAT = 1e-4  # singular value, relative to the largest, below which a direction is not told by the readings


@dataclass(frozen=True)
class Misfit:
    """What a model says of its readings at one point.

    error        measured − simulated, on the scale on which the noise is normal (or Laplace)
    log_width    ln of the noise's standard deviation (or of the scale of a Laplace distribution)
    log_density  ln p(readings)
    """

    error: Array
    log_width: Array
    log_density: float


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

    @property
    def ends(self) -> tuple[float, float]:
        """The bounds on the scale of the search, finite."""
        return max(self.inward(self.low), -FAR), min(self.inward(self.high), FAR)

    def outward(self, place: float) -> float:
        """Back from the scale of the search, within the bounds."""
        value = place if self.scale == "lin" else math.exp(place) if self.scale == "log" else 10.0**place
        return min(max(value, self.low), self.high)


@dataclass(frozen=True)
class Optimum:
    """What many descents found.

    value          of each unknown, on the linear scale
    low, high      90 % interval from the expected information at the best point, cut at the bounds; None on a bound, or where the
                   readings say nothing
    best           the function there; `finals`: where each descent ended, best first
    evaluations    of the model
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
    model: Callable[[dict[str, float]], Misfit | None],
    unknowns: Sequence[Unknown],
    starts: Iterable[dict[str, float]],
    *,
    descents: int,
    log_prior: Callable[[dict[str, float]], float] | None = None,
    laplace: NDArray[np.bool_] | None = None,
    progress: Progress | None = None,
) -> Optimum:
    """Maximise the posterior of named numbers.

    model      name -> number in, misfit out; None where the model has no answer
    starts     where descents begin, as many as it takes: those without a value are passed over
    descents   how many are made; fewer where they take more than MOST_RUNS runs of the model
    log_prior  ln density of the numbers beforehand; absent: flat
    laplace    per reading, whether its noise is Laplace's; absent: all normal
    raises     SolverError if no start has a value
    """
    report = progress or Silent()
    search = _Search(model, tuple(unknowns), log_prior, laplace)
    ends: list[tuple[float, Array]] = []
    tried = 0
    for start in starts:
        tried += 1
        found = search.descend(search.inward(start), max((end[0] for end in ends), default=-math.inf))
        if found is None:
            continue
        ends.append(found)
        report.advance(1.0 / descents)
        if len(ends) == descents or search.evaluations > MOST_RUNS:
            break
    if not ends:
        raise SolverError(f"None of {tried} starts has a likelihood: the model cannot be advanced there. Narrow the bounds.")
    ends.sort(key=lambda end: -end[0])
    top, best = ends[0]
    low, high = search.interval(best)
    return Optimum(
        search.unknowns,
        tuple(search.outward(best).values()),
        low,
        high,
        top,
        tuple(end[0] for end in ends),
        search.evaluations,
    )


class _Search:
    """The posterior on the scale of the search."""

    def __init__(
        self,
        model: Callable[[dict[str, float]], Misfit | None],
        unknowns: tuple[Unknown, ...],
        log_prior: Callable[[dict[str, float]], float] | None,
        laplace: NDArray[np.bool_] | None,
    ) -> None:
        self.model, self.unknowns, self.log_prior, self.laplace = model, unknowns, log_prior, laplace
        self.evaluations = 0
        self.ends = np.array([one.ends for one in unknowns]).reshape(-1, 2)

    def inward(self, values: dict[str, float]) -> Array:
        inside = [min(max(values[one.name], one.low), one.high) for one in self.unknowns]
        place = np.array([one.inward(value) for one, value in zip(self.unknowns, inside, strict=True)])
        return np.clip(place, self.ends[:, 0], self.ends[:, 1])

    def outward(self, point: Array) -> dict[str, float]:
        return {one.name: one.outward(float(place)) for one, place in zip(self.unknowns, point, strict=True)}

    def prior(self, point: Array) -> float:
        return self.log_prior(self.outward(point)) if self.log_prior is not None else 0.0

    def at(self, point: Array) -> tuple[float, Misfit] | None:
        """Height and misfit, where both are finite."""
        before = self.prior(point)
        if not math.isfinite(before):
            return None
        self.evaluations += 1
        found = self.model(self.outward(point))
        if found is None or not math.isfinite(found.log_density):
            return None
        return found.log_density + before, found

    def slopes(self, point: Array, here: Misfit, central: bool = False) -> tuple[Array, Array]:
        """(N, P) derivatives of error and ln width, by differences that stay within the bounds; 0 where the model has no answer."""
        table = np.zeros((2, len(here.error), len(point)))
        for place in range(len(point)):
            step = (10.0 if central else 1.0) * STEP * (1.0 + abs(point[place]))
            low, high = self.ends[place]
            up = step if point[place] + step <= high else 0.0
            down = step if (central or up == 0.0) and point[place] - step >= low else 0.0
            above, below = (self._moved(point, place, way, here) for way in (up, -down))
            if above is not None and below is not None and up + down > 0.0:
                table[0, :, place] = (above.error - below.error) / (up + down)
                table[1, :, place] = (above.log_width - below.log_width) / (up + down)
        return table[0], table[1]

    def _moved(self, point: Array, place: int, way: float, here: Misfit) -> Misfit | None:
        if way == 0.0:
            return here
        moved = point.copy()
        moved[place] += way
        found = self.at(moved)
        return None if found is None else found[1]

    def rows(self, here: Misfit, error_slope: Array, width_slope: Array) -> Array:
        """(2N, P) whose product with itself is the expected information of the readings."""
        spread = np.full(len(here.error), math.sqrt(2.0)) if self.laplace is None else np.where(self.laplace, 1.0, math.sqrt(2.0))
        return np.concatenate([error_slope / np.exp(here.log_width)[:, None], width_slope * spread[:, None]])

    def uphill(self, here: Misfit, error_slope: Array, width_slope: Array) -> Array:
        """Slope of ln p(readings)."""
        scaled = here.error / np.exp(here.log_width)
        flat = np.zeros(len(scaled), dtype=bool) if self.laplace is None else np.asarray(self.laplace, dtype=bool)
        pull = np.where(flat, np.sign(scaled), scaled) / np.exp(here.log_width)
        return -(pull @ error_slope) + (np.where(flat, np.abs(scaled), scaled**2) - 1.0) @ width_slope

    def prior_bend(self, point: Array) -> tuple[Array, Array]:
        """Slope of the prior, and how much it bends downwards, each number alone."""
        slope, bend = np.zeros(len(point)), np.zeros(len(point))
        if self.log_prior is None:
            return slope, bend
        middle = self.prior(point)
        for place in range(len(point)):
            step = 1e-3 * (1.0 + abs(point[place]))
            ends = []
            for side in (-1.0, 1.0):
                moved = point.copy()
                moved[place] = np.clip(point[place] + side * step, *self.ends[place])
                ends.append((moved[place] - point[place], self.prior(moved) - middle))
            (down, below), (up, above) = ends
            if up > down and math.isfinite(above) and math.isfinite(below):
                slope[place] = (above - below) / (up - down)
                if up > 0.0 > down:
                    bend[place] = max(0.0, -2.0 * (above / up - below / down) / (up - down))
        return slope, bend

    def descend(self, point: Array, best: float) -> tuple[float, Array] | None:
        """Where a descent from a point ends, with its height; None if it cannot begin. `best`: the height that others reached."""
        found = self.at(point)
        if found is None:
            return None
        height, here = found
        damping, small = 1e-2, 0
        room = STRIDE * np.diff(self.ends)[:, 0]
        for step in range(MOST_STEPS):
            if step == HOPELESS[0] and height < best - HOPELESS[1]:
                break
            with np.errstate(all="ignore"):
                slopes = self.slopes(point, here)
                before, bend = self.prior_bend(point)
                rows = self.rows(here, *slopes)
                uphill = self.uphill(here, *slopes) + before
                information = rows.T @ rows + np.diag(bend)
            if not (np.all(np.isfinite(uphill)) and np.all(np.isfinite(information))):
                break
            gained = 0.0
            while damping < 1e10:
                target = np.clip(point + np.clip(self._step(point, uphill, information, damping), -room, room), *self.ends.T)
                tried = self.at(target) if np.any(target != point) else None
                if tried is not None and tried[0] > height:
                    gained, (height, here), point = tried[0] - height, tried, target
                    damping = max(damping / 8.0, 1e-9)
                    break
                damping *= 6.0
            small = small + 1 if gained < GAIN else 0
            if gained == 0.0 or small == 2:
                break
        return height, point

    def _step(self, point: Array, uphill: Array, information: Array, damping: float) -> Array:
        """Of the numbers that are not pressed against a bound."""
        step = np.zeros(len(point))
        edge = [(point[place] <= self.ends[place, 0] and uphill[place] < 0.0)
                or (point[place] >= self.ends[place, 1] and uphill[place] > 0.0) for place in range(len(point))]  # fmt: skip
        free = np.flatnonzero(~np.array(edge, dtype=bool) & (np.diag(information) > 0.0))
        if len(free):
            size = np.sqrt(np.diag(information)[free])
            scaled = information[np.ix_(free, free)] / np.outer(size, size) + damping * np.eye(len(free))
            step[free] = np.linalg.lstsq(scaled, uphill[free] / size, rcond=None)[0] / size
        return step

    def interval(self, best: Array) -> tuple[tuple[float | None, ...], tuple[float | None, ...]]:
        """±1.64 standard deviations of the normal approximation; None where a direction that the readings do not tell takes part.

        From the curvature met around the best point where that bends in every direction, else from the expected information.
        """
        found = self.at(best)
        assert found is not None  # a descent ended there
        slopes = self.slopes(best, found[1], central=True)
        bend = self.prior_bend(best)[1]
        table = np.concatenate([self.rows(found[1], *slopes), np.diag(np.sqrt(bend))])
        size = np.sqrt((table**2).sum(axis=0))
        free = [place for place in range(len(best)) if size[place] > 0.0 and not _on_edge(best[place], self.ends[place])]
        variance, told = np.zeros(len(best)), np.zeros(len(best), dtype=bool)
        if free:
            _, weights, directions = np.linalg.svd(table[:, free] / size[free], full_matrices=False)
            bent = weights > FLAT * weights[0]
            told[free] = (directions[bent] ** 2).sum(axis=0) > 1.0 - 1e-3
            met = self._curvature(best, free, 1.0 / size[free]) if bent.all() and len(free) <= FEW else None
            if met is None:
                spread = ((directions[bent] / weights[bent, None]) ** 2).sum(axis=0)
            else:
                spread = np.diag(np.linalg.inv(met))
            variance[free] = spread / size[free] ** 2
        low: list[float | None] = []
        high: list[float | None] = []
        for place, one in enumerate(self.unknowns):
            half = Z90 * math.sqrt(float(variance[place]))
            ends = [one.outward(float(np.clip(best[place] + side * half, *self.ends[place]))) for side in (-1.0, 1.0)]
            low.append(ends[0] if told[place] else None)
            high.append(ends[1] if told[place] else None)
        return tuple(low), tuple(high)

    def _curvature(self, best: Array, free: list[int], unit: Array) -> Array | None:
        """Second differences over some numbers, in units of `unit`; None where they do not bend downwards everywhere."""
        step = np.zeros(len(best))
        step[free] = np.minimum(NEAR * unit, np.diff(self.ends)[free, 0] / 4.0)
        centre = np.clip(best, self.ends[:, 0] + step, self.ends[:, 1] - step)

        def height(*moves: tuple[int, float]) -> float:
            point = centre.copy()
            for place, side in moves:
                point[place] += side * step[place]
            found = self.at(point)
            return math.nan if found is None else found[0]

        middle, taken = height(), step[free] / unit
        bend = np.zeros((len(free), len(free)))
        for row, a in enumerate(free):
            bend[row, row] = 2.0 * middle - height((a, 1.0)) - height((a, -1.0))
            for column, b in enumerate(free[:row]):
                same = height((a, 1.0), (b, 1.0)) + height((a, -1.0), (b, -1.0))
                crossed = height((a, 1.0), (b, -1.0)) + height((a, -1.0), (b, 1.0))
                bend[row, column] = bend[column, row] = (crossed - same) / 4.0
        bend = bend / np.outer(taken, taken)
        if not np.all(np.isfinite(bend)) or np.linalg.eigvalsh(bend)[0] < LEAST_BEND:
            return None
        return bend


def _on_edge(place: float, ends: Array) -> bool:
    return bool(np.min(np.abs(place - ends)) < 1e-6 * (1.0 + abs(place)))
