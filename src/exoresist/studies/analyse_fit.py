"""IC50 of measured wells with an interval that keeps its promise: noise from replicates, a logistic curve, the profile likelihood.

signal = top * (b + (1 - b) / (1 + (dose / m)**h)),   x = dose at which the curve reaches top / 2:   m = x * ((0.5 - b) / 0.5)**(1 / h)

Fitted to signals, not to percentages: the untreated wells are noisy too, and dividing by their mean would hide it. Per arm the sum of
weighted squares is profiled over log x; the profile of a shift is the least sum of two of these at that distance.
`logistic_fit` looks for the best point only, of curves without replicates, with the midpoint m as its parameter; a profile over m would
be none over the IC50 where the bottom is above 0, which is why wells have a fit of their own.
Source of the interval: profile likelihood with an F threshold (Bates & Watts 1988, Nonlinear Regression Analysis, recalled).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from exoresist.core.errors import InputError
from exoresist.studies.dose_curve import distinct_doses, midpoint_ratio
from exoresist.studies.likelihood import Normal

Array = NDArray[np.float64]

HILL = (0.25, 12.0)
MOST_BOTTOM = 0.45  # of the top; a plateau above half has no IC50, which the profile shows as one beyond the doses
BEYOND = 100.0  # IC50s are sought this many times outside the doses
STARTS = ((0.7, 0.0), (1.5, 0.02), (4.0, 0.1))
CONFIDENCE = 0.95
LEAST_SCALE = 0.5
WILD, ROUNDS = 12.0, 3
FAR = 12.0  # log of the largest ratio of IC50s that is considered
CUT = 1.6  # the profile is followed until it has risen this many times beyond the interval's threshold


@dataclass(frozen=True)
class Readings:
    """Signals of one arm. dose, signal, plate (index) have shape (n,)."""

    dose: Array
    signal: Array
    plate: NDArray[np.intp]

    @property
    def lowest(self) -> float:
        return float(self.dose[self.dose > 0].min())

    @property
    def highest(self) -> float:
        return float(self.dose.max())


@dataclass(frozen=True)
class ArmFit:
    """The best curve of an arm and its profile.

    log_x, log_hill, top, bottom  parameters (bottom as a share of top);  squares  weighted, in units of the noise's variance
    weights                       1 / standard deviation of each reading
    grid, profile                 log x and the least squares at it, rising grid, shape (m,)
    count, parameters             readings and fitted numbers;  flat  a level line fits as well
    """

    readings: Readings
    log_x: float
    log_hill: float
    top: float
    bottom: float
    squares: float
    weights: Array
    grid: Array
    profile: Array
    flat: bool
    parameters: int = 4

    @property
    def count(self) -> int:
        return int(self.readings.signal.size)

    def at(self, dose: Array) -> Array:
        """The curve as a share of the untreated."""
        return _shape(np.asarray(dose, dtype=float), self.log_x, np.exp(self.log_hill), self.bottom)


@dataclass(frozen=True)
class Interval:
    """A value on the log scale with its ends; an end is None where the data do not bound it."""

    value: float
    low: float | None
    high: float | None


def noise_of(groups: Sequence[Array]) -> Normal:
    """Noise of a well from replicates: additive and relative part by maximum likelihood of the variances of groups.

    (n - 1) v / sigma^2 ~ chi^2(n - 1),   sigma^2 = a^2 + (c mean)^2

    groups   signals of replicates, each of shape (n,); those of one reading say nothing
    returns  Normal(additive, relative), in the unit of the signal; where there are no replicates 5 % of each signal and 1 % of the largest
    """
    usable = [group for group in groups if group.size > 1]
    level = max((float(np.abs(group.mean())) for group in groups if group.size), default=1.0) or 1.0
    if not usable:
        return Normal(0.01 * level, 0.05)
    mean = np.array([group.mean() for group in usable]) / level
    variance = np.array([group.var(ddof=1) for group in usable]) / level**2
    freedom = np.array([group.size - 1 for group in usable], dtype=float)
    additive, relative = np.meshgrid(
        np.geomspace(1e-4, 0.5, 60), np.concatenate([[0.0], np.geomspace(1e-3, 1.0, 60)]), indexing="ij"
    )
    expected = additive[..., None] ** 2 + (relative[..., None] * mean) ** 2
    deviance = freedom * (np.log(expected) + variance / expected)
    best = np.unravel_index(int(np.argmin(deviance.sum(axis=-1))), additive.shape)
    for _ in range(ROUNDS):
        # One odd well must not set the weights of all others: groups that scatter far beyond the rest have no say in the noise of a
        # usual well. They stay in the fit, where they widen every interval through the residual variance.
        ratio = variance / expected[best]
        usual = ratio <= WILD * max(float(np.median(ratio)), 1e-12)
        if usual.sum() < 0.6 * usual.size:
            break
        best = np.unravel_index(int(np.argmin((deviance * usual).sum(axis=-1))), additive.shape)
    return Normal(float(additive[best]) * level, float(relative[best]))


@dataclass(frozen=True)
class Fits:
    """Arms fitted together. scale: residual variance in units of the noise's; freedom: its degrees of freedom."""

    arms: dict[str, ArmFit]
    scale: float
    freedom: int


def fit_arms(readings: Mapping[str, Readings], noise: Normal) -> Fits:
    """The best curve of every arm, and how much worse every other IC50 fits; the residual variance is shared.

    raises  InputError for an arm with fewer than three doses above zero
    """
    best = {arm: _fit(one, noise) for arm, one in readings.items()}
    freedom = max(sum(fit.count - fit.parameters for fit in best.values()), 1)
    # Never far below the spread that the replicates themselves show: with few readings a lucky fit would promise too much.
    scale = max(sum(fit.squares for fit in best.values()) / freedom, LEAST_SCALE)
    rise = CUT * scale * f_threshold(freedom)
    return Fits({arm: _with_profile(fit, rise) for arm, fit in best.items()}, scale, freedom)


def _fit(readings: Readings, noise: Normal) -> ArmFit:
    doses = distinct_doses(readings.dose)[0]
    if (doses > 0).sum() < 3:
        raise InputError(
            "fewer than three distinct doses above zero in an arm", "three or more", "An IC50 needs a series of doses"
        )
    level = float(np.abs(readings.signal).max()) or 1.0
    scaled = replace(readings, signal=readings.signal / level)
    own = Normal(np.asarray(noise.additive) / level, noise.relative)
    free_bottom = doses.size >= 5
    best, squares = _best(scaled, 1.0 / own.deviation(_group_means(scaled)), free_bottom)
    weights = 1.0 / own.deviation(np.maximum(best[2] * _shape(scaled.dose, best[0], np.exp(best[1]), best[3]), 0.0))
    best, squares = _best(scaled, weights, free_bottom, [best])
    parameters = 4 if free_bottom else 3
    flat = _flat(scaled, weights, squares, parameters, best)
    nothing = np.empty(0)
    return ArmFit(
        readings, best[0], best[1], best[2] * level, best[3], squares, weights / level, nothing, nothing, flat, parameters
    )


def _with_profile(fit: ArmFit, rise: float) -> ArmFit:
    level = float(np.abs(fit.readings.signal).max()) or 1.0
    scaled = replace(fit.readings, signal=fit.readings.signal / level)
    start = np.array([fit.log_x, fit.log_hill, fit.top / level, fit.bottom])
    grid, profile = _profile(scaled, fit.weights * level, start, fit.squares, rise, fit.parameters == 4)
    return replace(fit, grid=grid, profile=profile)


def f_threshold(freedom: int) -> float:
    """The 95 % point of F with 1 and `freedom` degrees of freedom."""
    from scipy.stats import f

    return float(f.ppf(CONFIDENCE, 1, max(freedom, 1)))


def ic50_interval(fit: ArmFit, scale: float, freedom: int) -> Interval:
    """log IC50 of one arm; `scale` is the residual variance in units of the noise's."""
    return _ends(fit.log_x, fit.grid, fit.profile - fit.squares, scale * f_threshold(freedom))


def shift_interval(treated: ArmFit, reference: ArmFit, scale: float, freedom: int) -> Interval:
    """log of the ratio of two IC50s: least rise of both profiles together at each distance."""
    threshold = scale * f_threshold(freedom)
    ours, theirs = _dense(treated, threshold), _dense(reference, threshold)
    step = 0.01
    low, high = max(ours[0][0] - theirs[0][-1], -FAR), min(ours[0][-1] - theirs[0][0], FAR)
    distance = np.arange(low, high + step, step)
    rise = np.full(distance.size, np.inf)
    for x, extra in zip(theirs[0][::2], theirs[1][::2], strict=True):
        other = np.interp(x + distance, ours[0], ours[1], left=np.inf, right=np.inf)
        rise = np.minimum(rise, other + extra)
    return _ends(treated.log_x - reference.log_x, distance, rise, threshold)


def _dense(fit: ArmFit, threshold: float) -> tuple[Array, Array]:
    """The profile on a fine grid, by linear interpolation of its square root (nearly straight on either side).

    An end that meets its bound without having risen beyond the threshold goes on at its level: the data do not bound that side.
    """
    x = np.linspace(fit.grid[0], fit.grid[-1], 600)
    rise = np.maximum(fit.profile - fit.squares, 0.0)
    root = np.sqrt(rise) * np.where(fit.grid < fit.log_x, -1.0, 1.0)
    dense = np.interp(x, fit.grid, root) ** 2
    further = np.linspace(0.1, 2.0 * FAR, 200)
    if dense[0] <= threshold:
        x, dense = np.concatenate([x[0] - further[::-1], x]), np.concatenate([np.full(further.size, dense[0]), dense])
    if dense[-1] <= threshold:
        x, dense = np.concatenate([x, x[-1] + further]), np.concatenate([dense, np.full(further.size, dense[-1])])
    return x, dense


def _ends(value: float, grid: Array, rise: Array, threshold: float) -> Interval:
    """Where the rise crosses the threshold on either side; None where it does not within the grid."""
    inside = np.flatnonzero(rise <= threshold)
    if inside.size == 0:
        nearest = int(np.argmin(np.where(np.isfinite(rise), rise, np.inf)))
        inside = np.array([nearest])
    first, last = int(inside[0]), int(inside[-1])

    def crossing(outer: int, inner: int) -> float:
        if not np.isfinite(rise[outer]) or rise[outer] == rise[inner]:
            return float(grid[outer])
        share = (threshold - rise[inner]) / (rise[outer] - rise[inner])
        return float(grid[inner] + np.clip(share, 0.0, 1.0) * (grid[outer] - grid[inner]))

    low = crossing(first - 1, first) if first > 0 and np.isfinite(rise[first - 1]) else None
    high = crossing(last + 1, last) if last + 1 < grid.size and np.isfinite(rise[last + 1]) else None
    return Interval(value, low, high)


def _shape(dose: Array, log_x: float, hill: float, bottom: float) -> Array:
    """Share of the top at each dose."""
    log_m = log_x + np.log((0.5 - bottom) / 0.5) / hill
    return np.asarray(bottom + (1.0 - bottom) / (1.0 + midpoint_ratio(dose, log_m, hill)))


def _group_means(readings: Readings) -> Array:
    place = distinct_doses(readings.dose)[1]
    sums = np.bincount(place, readings.signal)
    return np.asarray((sums / np.bincount(place))[place])


def _bounds(readings: Readings, free_bottom: bool) -> tuple[Array, Array]:
    low = np.array([np.log(readings.lowest / BEYOND), np.log(HILL[0]), 1e-6, 0.0])
    high = np.array([np.log(readings.highest * BEYOND), np.log(HILL[1]), 10.0, MOST_BOTTOM if free_bottom else 1e-9])
    return low, high


def _solve(readings: Readings, weights: Array, start: Array, free: list[int], bounds: tuple[Array, Array]) -> tuple[Array, float]:
    from scipy.optimize import least_squares

    low, high = bounds[0][free], bounds[1][free]

    def residuals(values: Array) -> Array:
        whole = start.copy()
        whole[free] = values
        return np.asarray(weights * (whole[2] * _shape(readings.dose, whole[0], np.exp(whole[1]), whole[3]) - readings.signal))

    inside = np.clip(start[free], low + 1e-9, high - 1e-10)
    found = least_squares(
        residuals, inside, bounds=(low, high), x_scale=np.maximum(high - low, 1e-9), ftol=1e-9, xtol=1e-9, max_nfev=200
    )
    whole = start.copy()
    whole[free] = found.x
    return whole, float(2.0 * found.cost)


def _best(readings: Readings, weights: Array, free_bottom: bool, starts: list[Array] | None = None) -> tuple[Array, float]:
    bounds = _bounds(readings, free_bottom)
    top = float(np.mean(readings.signal[readings.dose == readings.dose.min()]))
    centre = 0.5 * (np.log(readings.lowest) + np.log(readings.highest))
    reach = 0.25 * (np.log(readings.highest) - np.log(readings.lowest))
    if starts is None:
        starts = [
            np.array([middle, np.log(hill), max(top, 1e-3), bottom if free_bottom else 0.0])
            for hill, bottom in STARTS
            for middle in (centre - reach, centre, centre + reach, np.log(readings.highest) + 1.0)
        ]
    free = [0, 1, 2, 3] if free_bottom else [0, 1, 2]
    solved = [_solve(readings, weights, start, free, bounds) for start in starts]
    return min(solved, key=lambda one: one[1])


def _profile(
    readings: Readings, weights: Array, best: Array, squares: float, rise: float, free_bottom: bool
) -> tuple[Array, Array]:
    """Least squares at fixed IC50s on both sides of the best, until they have risen by `rise` or a bound is met."""
    bounds = _bounds(readings, free_bottom)
    free = [1, 2, 3] if free_bottom else [1, 2]
    points = {float(best[0]): squares}
    for sign, bound in ((-1.0, bounds[0][0]), (1.0, bounds[1][0])):
        start, step, last = best.copy(), 0.02, squares
        while len(points) < 400:
            nearer = start.copy()
            nearer[0] = start[0] + sign * step
            if sign * (nearer[0] - bound) >= 0:
                break
            found, value = _solve(readings, weights, nearer, free, bounds)
            value = max(value, squares)  # a better fit than the best differs from it by the solver's tolerance only
            points[float(found[0])] = value
            if value - squares > rise:
                break
            # Small steps where the profile is steep, large ones where it is level.
            step = min(step * (1.6 if value - last < 0.15 * rise else 0.7 if value - last > 0.4 * rise else 1.0), 0.6)
            start, last = found, value
    grid = np.array(sorted(points))
    return grid, np.array([points[one] for one in grid])


def _flat(readings: Readings, weights: Array, squares: float, parameters: int, best: Array) -> bool:
    """Whether a level line fits as well (F test, p > 0.05) and the curve falls by less than a fifth within the doses."""
    from scipy.special import fdtrc

    mean = float(np.average(readings.signal, weights=weights**2))
    level = float(np.sum((weights * (readings.signal - mean)) ** 2))
    fall = 1.0 - float(_shape(np.array([readings.highest]), best[0], np.exp(best[1]), best[3])[0])
    freedom = readings.signal.size - parameters
    if fall >= 0.2 or freedom < 1 or squares <= 0:
        return fall < 0.05
    ratio = (level - squares) / (parameters - 1) / (squares / freedom)
    return bool(ratio <= 0 or fdtrc(parameters - 1, freedom, ratio) > 0.05)
