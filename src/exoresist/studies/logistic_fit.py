"""Bounded multi-start least squares for a falling logistic curve; `dose_response` says what the numbers mean.

This is for curves without replicates' noise, such as a simulated arm's: the best point is wanted, fast (derivatives, starts from a grid),
with a top that may be known and a bottom anywhere below it. `analyse_fit` fits a laboratory's wells and is no second copy: there the
interval is the answer, so that its parameter is the dose at half of the top itself, whose profile is followed to both sides; its bottom
stays below half, without which there is no such dose; and all arms share one residual variance. The midpoint that moves here is that dose
only where the bottom is 0. What they share is the curve (`dose_curve.midpoint_ratio`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exoresist.core.errors import SolverError
from exoresist.studies.dose_curve import ABOVE, BELOW, INSIDE, FloatArray, RangeStatus, logistic_response

# Bounds of the search, wide enough that a real assay does not reach them.
_HILL = (0.1, 20.0)
_MIDPOINT_BEYOND = 100.0  # the midpoint may lie this many times outside the tested doses
_START_HILLS = (0.5, 1.0, 2.0, 6.0)
_START_MIDPOINTS = 25
_START_SHARES = (0.0, 0.2, 0.5)
# A fall that an F test cannot tell from a flat line, and that is below this share of the control, is no response.
_FLAT_P = 0.05
_FLAT_FALL = 0.2


@dataclass(frozen=True)
class FittedCurve:
    """A logistic curve, its weighted sum of squares (unit of the responses squared) and number of fitted parameters."""

    ic50: float
    hill: float
    top: float
    bottom: float
    squares: float
    parameters: int

    def at(self, dose: float) -> float:
        """The response at one dose."""
        return float(logistic_response(dose, self.ic50, self.hill, self.top, self.bottom))


@dataclass(frozen=True)
class LogisticProblem:
    """Readings of one curve and what may vary.

    response = floor + (top - floor) * (share + (1 - share) * s),   s = 1 / (1 + (dose / midpoint)**hill)

    The share of the height that resists every dose, in [0, 1], stands for the bottom = floor + share * (top - floor),
    so that plain bounds keep floor <= bottom <= top.

    dose, response, weight  shape (n,), dose >= 0 in rising order, weight > 0
    floor       lowest bottom allowed;  ceiling  highest top allowed
    fixed_top   the top when it is known, else None;  free_bottom  False fixes the bottom at the floor
    """

    dose: FloatArray
    response: FloatArray
    weight: FloatArray
    floor: float
    ceiling: float
    fixed_top: float | None = None
    free_bottom: bool = True

    @property
    def free(self) -> NDArray[np.bool_]:
        """Which of log midpoint, log hill, top, share are fitted."""
        return np.array([True, True, self.fixed_top is None, self.free_bottom])

    def bounds(self) -> tuple[FloatArray, FloatArray]:
        """Lowest and highest log midpoint, log hill, top and share."""
        treated = np.log(self.dose[self.dose > 0])
        beyond = np.log(_MIDPOINT_BEYOND)
        low = np.array([treated.min() - beyond, np.log(_HILL[0]), self.floor, 0.0])
        high = np.array([treated.max() + beyond, np.log(_HILL[1]), max(self.ceiling, self.floor + 1e-9), 1.0])
        return low, high

    def _exponent(self, midpoint: FloatArray, log_hill: FloatArray) -> FloatArray:
        log_dose = np.log(np.where(self.dose > 0, self.dose, 1.0))
        exponent = np.clip(np.exp(log_hill) * (log_dose - midpoint), -700.0, 700.0)
        return np.asarray(np.where(self.dose > 0, exponent, -700.0))

    def residuals(self, values: FloatArray) -> FloatArray:
        """sqrt(weight) * (curve - response), shape (n,)."""
        midpoint, log_hill, top, share = values
        falling = 1.0 / (1.0 + np.exp(self._exponent(midpoint, log_hill)))
        curve = self.floor + (top - self.floor) * (share + (1.0 - share) * falling)
        return np.asarray(np.sqrt(self.weight) * (curve - self.response))

    def jacobian(self, values: FloatArray) -> FloatArray:
        """Derivatives of the residuals, shape (n, 4)."""
        midpoint, log_hill, top, share = values
        exponent = self._exponent(midpoint, log_hill)
        falling = 1.0 / (1.0 + np.exp(exponent))
        height = top - self.floor
        slope = height * (1.0 - share) * falling * (1.0 - falling)
        columns = [
            slope * np.exp(log_hill),
            -slope * exponent,
            share + (1.0 - share) * falling,
            height * (1.0 - falling),
        ]
        return np.stack(columns, axis=1) * np.sqrt(self.weight)[:, None]

    def starts(self) -> list[FloatArray]:
        """For each starting steepness the best of a grid of midpoints and shares, its top by linear regression."""
        treated = np.log(self.dose[self.dose > 0])
        margin = 0.5 * np.ptp(treated) + 1.0
        midpoints = np.linspace(treated.min() - margin, treated.max() + margin, _START_MIDPOINTS)
        shares = np.array(_START_SHARES if self.free_bottom else (0.0,))
        highest_top = self.bounds()[1][2]
        found = []
        for hill in _START_HILLS:
            falling = 1.0 / (1.0 + np.exp(self._exponent(midpoints[:, None], np.log(hill))))
            shape = shares[:, None, None] + (1.0 - shares[:, None, None]) * falling
            above = self.response - self.floor
            squared = np.maximum((self.weight * shape**2).sum(axis=-1), 1e-300)
            height = (self.weight * shape * above).sum(axis=-1) / squared
            if self.fixed_top is None:
                height = np.clip(height, 0.0, highest_top - self.floor)
            else:
                height = np.full_like(height, self.fixed_top - self.floor)
            squares = (self.weight * (height[..., None] * shape - above) ** 2).sum(axis=-1)
            best = np.unravel_index(int(np.argmin(squares)), squares.shape)
            found.append(np.array([midpoints[best[1]], np.log(hill), self.floor + height[best], shares[best[0]]]))
        return found

    def solve(self) -> FittedCurve:
        """The best curve of all starts.

        raises  SolverError when no start ends at finite numbers
        """
        from scipy.optimize import least_squares

        free = self.free
        low, high = self.bounds()
        # Readings are brought to unit range and unit weight: the optimiser's step tests are absolute.
        scale = max(float(np.ptp(self.response)), 1e-9 * max(1.0, float(np.abs(self.response).max())))
        scale *= float(np.sqrt(self.weight.mean()))
        best: FittedCurve | None = None
        for start in self.starts():
            inside = np.clip(start, low + 1e-6 * (high - low), high - 1e-6 * (high - low))
            if self.fixed_top is not None:
                inside[2] = self.fixed_top
            if not self.free_bottom:
                inside[3] = 0.0

            def whole(values: FloatArray, inside: FloatArray = inside) -> FloatArray:
                full = inside.copy()
                full[free] = values
                return full

            solution = least_squares(
                lambda values, whole=whole: self.residuals(whole(values)) / scale,
                inside[free],
                jac=lambda values, whole=whole: self.jacobian(whole(values))[:, free] / scale,
                bounds=(low[free], high[free]),
                x_scale=(high - low)[free],
                xtol=1e-12,
                ftol=1e-12,
                gtol=1e-12,
            )
            midpoint, log_hill, top, share = whole(solution.x)
            squares = float(np.sum(self.residuals(whole(solution.x)) ** 2))
            if np.isfinite(squares) and (best is None or squares < best.squares):
                bottom = float(self.floor + share * (top - self.floor))
                best = FittedCurve(float(np.exp(midpoint)), float(np.exp(log_hill)), float(top), bottom, squares, int(free.sum()))
        if best is None:
            raise SolverError("The dose-response fit found no finite curve. Check the responses for extreme values.")
        return best


def flat_unless_better(curve: FittedCurve, problem: LogisticProblem, control: float) -> FittedCurve:
    """The weighted mean as a flat line when the curve is no better, otherwise the curve.

    F = (S_flat - S_curve)/(k - 1) / (S_curve/(n - k)); the line is kept when p > 0.05 and the curve falls by less than
    a fifth of the control within the tested doses. (The test alone would call five clean readings flat: it has one
    degree of freedom left.) The line's midpoint is a bound: the highest dose above half of control, else the lowest.
    """
    from scipy.special import fdtrc

    mean = float(np.average(problem.response, weights=problem.weight))
    flat_squares = float(np.sum(problem.weight * (problem.response - mean) ** 2))
    treated = problem.dose[problem.dose > 0]
    bound = treated.max() if mean > 0.5 * control else treated.min()
    flat = FittedCurve(float(bound), 0.0, mean, mean, flat_squares, 1)
    # Readings equal to rounding leave nothing to test.
    negligible = float(np.sum(problem.weight)) * (1e-12 * max(1.0, abs(mean))) ** 2
    if flat_squares <= negligible:
        return flat
    first = float(problem.dose.min())
    if curve.at(first) - curve.at(float(treated.max())) >= _FLAT_FALL * control:
        return curve
    left = problem.dose.size - curve.parameters
    if left <= 0:
        return curve if curve.squares < flat_squares else flat
    ratio = (flat_squares - curve.squares) / (curve.parameters - 1) / max(curve.squares / left, negligible)
    return curve if ratio > 0 and fdtrc(curve.parameters - 1, left, ratio) <= _FLAT_P else flat


def fitted_crossing(curve: FittedCurve, dose: FloatArray, half: float) -> tuple[float, RangeStatus]:
    """Dose at which the curve reaches `half`, or the nearest tested dose, with its status."""
    lowest, highest = float(dose[dose > 0].min()), float(dose.max())
    if curve.at(highest) > half:
        return highest, ABOVE
    if curve.at(lowest) < half:
        return lowest, BELOW
    if curve.hill == 0 or curve.top <= half or curve.bottom >= half:
        # Exactly at half all along: the whole range qualifies, the lowest dose is the first.
        return lowest, INSIDE
    crossing = curve.ic50 * ((curve.top - half) / (half - curve.bottom)) ** (1.0 / curve.hill)
    return float(np.clip(crossing, lowest, highest)), INSIDE


def fitted_area(curve: FittedCurve, dose: FloatArray) -> float:
    """Mean of the fitted curve over the log of the tested doses, in closed form (unit of the responses).

    mean of s over [a, b] = 1 - (ln(1 + e**(h(b - m))) - ln(1 + e**(h(a - m)))) / (h(b - a)),   a, b, m logs, h = hill
    """
    if curve.hill == 0:
        return curve.top
    start, end = np.log(dose[dose > 0].min()), np.log(dose.max())
    middle = np.log(curve.ic50)
    upper = np.logaddexp(0.0, curve.hill * (end - middle))
    lower = np.logaddexp(0.0, curve.hill * (start - middle))
    share = 1.0 - (upper - lower) / (curve.hill * (end - start))
    return float(curve.bottom + (curve.top - curve.bottom) * share)
