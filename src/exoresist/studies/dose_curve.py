"""Dose-response curves without a fit: checked input, the logistic curve, its area, and where a curve crosses half.

Everything here is plain NumPy and works on one curve, or on thousands that share their doses, so a study can read an
IC50 from every draw of an ensemble. `dose_response` builds the fits on top.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exoresist.core.errors import InputError

FloatArray = NDArray[np.float64]
RangeStatus = Literal["inside", "above range", "below range"]

INSIDE: RangeStatus = "inside"
ABOVE: RangeStatus = "above range"
BELOW: RangeStatus = "below range"

# Halving the bracket sixty times reaches the resolution of a double from any spacing of doses.
_BISECTIONS = 60
_LARGEST = 1e100
_SAME_DOSE = 1e-9


@dataclass(frozen=True)
class InterpolatedIc50:
    """Where each curve crosses half of its control.

    ic50    dose (unit of the doses given), shape of the curves: the crossing, or the bound it lies beyond
    status  text, same shape: 'inside'; 'above range' (ic50 is the highest dose: the true one is higher);
            'below range' (ic50 is the lowest dose above zero: the true one is lower)
    """

    ic50: FloatArray
    status: NDArray[np.str_]


def numbers(values: ArrayLike, what: str) -> FloatArray:
    """`values` as an array of finite floats.

    raises  InputError when a value is no number, NaN or infinite
    """
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as problem:
        raise InputError(f"{what} hold something that is not a number", "finite numbers", "Remove or correct it.") from problem
    if not np.all(np.isfinite(array)):
        wrong = int(np.sum(~np.isfinite(array)))
        raise InputError(f"{what} hold {wrong} NaN or infinite value(s)", "finite numbers", "Leave out missing readings.")
    return array


def checked_curves(doses: ArrayLike, responses: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Doses and responses as arrays that fit each other.

    doses      concentration, shape (n,); zero (untreated), repeats and any order are allowed
    responses  any unit, shape (..., n)
    returns    both as float arrays, order kept
    raises     InputError for wrong shapes, values that are not finite, negative doses, or no dose above zero
    """
    dose_array = numbers(doses, "The doses")
    response_array = numbers(responses, "The responses")
    if dose_array.ndim != 1 or dose_array.size == 0:
        raise InputError(
            f"Doses of shape {dose_array.shape}", "one list of doses, shape (n,)", "Give each dose once per response."
        )
    if response_array.ndim == 0 or response_array.shape[-1] != dose_array.size:
        raise InputError(
            f"Responses of shape {response_array.shape} for {dose_array.size} doses",
            f"shape (..., {dose_array.size}): the last axis runs over the doses",
            "Give one response per dose.",
        )
    if np.any(dose_array < 0):
        raise InputError(f"A dose of {dose_array.min():g}", "doses of zero or more", "Correct the sign.")
    if dose_array.max() > _LARGEST or np.any(np.abs(response_array) > _LARGEST):
        raise InputError("Numbers so large that their squares overflow", f"up to {_LARGEST:g}", "Check the unit.")
    if not np.any(dose_array > 0):
        raise InputError("Only untreated wells (dose 0)", "at least one dose above zero", "Add treated doses.")
    return dose_array, response_array


def control_level(doses: FloatArray, responses: FloatArray, control: ArrayLike | None) -> FloatArray:
    """The untreated response that 'half of control' refers to.

    control    given; otherwise the mean response at dose zero; otherwise 1 (responses are fractions of the untreated)
    doses      shape (n,); responses shape (..., n), as `checked_curves` returns them
    returns    unit of the responses, shape (...)
    raises     InputError unless every control is above zero
    """
    shape = responses.shape[:-1]
    if control is not None:
        given = numbers(control, "The control responses")
        try:
            level = np.broadcast_to(given, shape)
        except ValueError as problem:
            raise InputError(
                f"Controls of shape {given.shape}", f"one value, or shape {shape}", "Give one per curve."
            ) from problem
    elif np.any(doses == 0):
        level = responses[..., doses == 0].mean(axis=-1)
    else:
        level = np.ones(shape)
    if np.any(level <= 0):
        raise InputError(
            f"A control response of {np.min(level):g}",
            "controls above zero",
            "Half of nothing has no dose: check the untreated wells.",
        )
    return level


def distinct_doses(doses: FloatArray) -> tuple[FloatArray, NDArray[np.intp]]:
    """The different doses, rising, and for each reading which of them it has.

    Doses within a rounding error of their neighbour (relative 1e-9) are one: 0.1 * 3 and 0.3 are replicates.

    doses    >= 0, shape (n,); returns  shapes (m,) and (n,)
    """
    order = np.argsort(doses, kind="stable")
    rising = doses[order]
    new = np.ones(doses.size, dtype=bool)
    new[1:] = rising[1:] > rising[:-1] * (1.0 + _SAME_DOSE)
    place = np.empty(doses.size, dtype=np.intp)
    place[order] = np.cumsum(new) - 1
    return rising[new], place


def mean_by_dose(doses: FloatArray, responses: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Replicates averaged: distinct doses above zero in rising order, mean responses and number of replicates.

    doses      shape (n,); responses shape (..., n), as `checked_curves` returns them
    returns    doses shape (m,), responses shape (..., m), counts shape (m,)
    """
    distinct, place = distinct_doses(doses)
    counts = np.bincount(place)
    # A product with the averaging matrix keeps one code path for one curve and for many.
    average = np.zeros((doses.size, distinct.size))
    average[np.arange(doses.size), place] = 1.0 / counts[place]
    treated = distinct > 0
    return distinct[treated], (responses @ average)[..., treated], counts[treated].astype(np.float64)


def logistic_response(dose: ArrayLike, ic50: float, hill: float, top: float, bottom: float) -> FloatArray:
    """Four-parameter logistic in log dose.

    response = bottom + (top - bottom) / (1 + (dose / ic50)**hill)

    dose      concentration >= 0, any shape
    ic50      concentration > 0: the midpoint between top and bottom (relative IC50)
    hill      dimensionless >= 0
    top       response without drug; bottom  response at infinite dose
    returns   unit of top, shape of `dose`
    limits    top at dose 0 (hill > 0); bottom as dose -> infinity; the mean of both at dose = ic50
    source    Hill 1910 (J Physiol 40:iv-vii); usual form in pharmacology
    """
    return bottom + (top - bottom) / (1.0 + midpoint_ratio(dose, float(np.log(ic50)), hill))


def midpoint_ratio(dose: ArrayLike, log_midpoint: float, hill: float) -> FloatArray:
    """(dose / midpoint)**hill, 0 at dose 0: what every falling logistic of this package is made of, 1 / (1 + ratio).

    dose  concentration >= 0, any shape;  log_midpoint  ln of the concentration at which the ratio is 1
    """
    dose_array = np.asarray(dose, dtype=np.float64)
    # The exponent is cut so that a steep curve far above its midpoint ends at the bottom instead of overflowing.
    log_dose = np.log(np.where(dose_array > 0, dose_array, 1.0))
    exponent = np.where(dose_array > 0, hill * (log_dose - log_midpoint), -np.inf)
    return np.asarray(np.exp(np.minimum(exponent, 700.0)))


def area_under_curve(doses: ArrayLike, responses: ArrayLike, control: ArrayLike | None = None) -> FloatArray:
    """Area under the measured curve over log dose, as a fraction of the area of a drug without effect.

    auc = 1/(x_n - x_1) * integral of response/control dx,   x = log(dose), trapezoid rule over the mean of replicates

    doses      concentration, shape (n,), at least two distinct above zero; dose zero only sets the control
    responses  any unit, shape (..., n); control see `control_level`
    returns    dimensionless, shape (...)
    limits     1 when every response equals the control; 0 when all are zero; above 1 under stimulation
    raises     InputError for unusable input
    """
    dose_array, response_array = checked_curves(doses, responses)
    level = control_level(dose_array, response_array, control)
    distinct, means, _ = mean_by_dose(dose_array, response_array)
    if distinct.size < 2:
        raise InputError("One dose above zero", "two or more, so that there is a range to average over", "Add doses.")
    position = np.log(distinct)
    area = np.sum(0.5 * (means[..., 1:] + means[..., :-1]) * np.diff(position), axis=-1)
    return np.asarray(area / (position[-1] - position[0]) / level)


def falling_curve(responses: FloatArray, weights: FloatArray) -> FloatArray:
    """The non-increasing curve nearest to the responses in weighted least squares (isotonic regression).

    fitted_i = min over a <= i of max over b >= i of the weighted mean of responses a..b

    responses  shape (..., n), in order of rising dose; weights  shape (n,), above zero
    returns    shape (..., n); a curve that already falls comes back unchanged
    source     min-max formula: Barlow, Bartholomew, Bremner & Brunk 1972, Statistical inference under order
               restrictions
    """
    count = responses.shape[-1]
    if np.all(np.diff(responses, axis=-1) <= 0):
        return responses
    zero = np.zeros((*responses.shape[:-1], 1))
    sums = np.concatenate([zero, np.cumsum(responses * weights, axis=-1)], axis=-1)
    weight_sums = np.concatenate([[0.0], np.cumsum(weights)])
    fitted = np.empty_like(responses)
    for index in range(count):
        span = weight_sums[None, index + 1 :] - weight_sums[: index + 1, None]
        means = (sums[..., None, index + 1 :] - sums[..., : index + 1, None]) / span
        fitted[..., index] = means.max(axis=-1).min(axis=-1)
    # Cumulative sums carry rounding; the running minimum keeps the promise of a falling curve exact.
    return np.minimum.accumulate(fitted, axis=-1)


def _knot_slopes(position: FloatArray, values: FloatArray) -> FloatArray:
    """Slopes of the monotone cubic (PCHIP) at its knots: Fritsch & Butland 1984, doi 10.1137/0905021."""
    step = np.diff(position)
    secant = np.diff(values, axis=-1) / step
    slopes = np.zeros_like(values)
    if position.size == 2:
        slopes[...] = secant
        return slopes
    left, right = secant[..., :-1], secant[..., 1:]
    weight_left, weight_right = 2.0 * step[1:] + step[:-1], step[1:] + 2.0 * step[:-1]
    same = left * right > 0
    with np.errstate(over="ignore"):  # a nearly flat secant: the harmonic mean then rightly tends to zero
        inverse = weight_left / np.where(same, left, 1.0) + weight_right / np.where(same, right, 1.0)
    slopes[..., 1:-1] = np.where(same, (weight_left + weight_right) / np.where(same, inverse, 1.0), 0.0)
    for end, near, far in ((0, 0, 1), (-1, -1, -2)):
        slope = ((2.0 * step[near] + step[far]) * secant[..., near] - step[near] * secant[..., far]) / (step[near] + step[far])
        slope = np.where(slope * secant[..., near] <= 0, 0.0, slope)
        # Limiting to three secants is what keeps the end interval monotone.
        steep = np.abs(slope) > 3.0 * np.abs(secant[..., near])
        slopes[..., end] = np.where(steep, 3.0 * secant[..., near], slope)
    return slopes


def ic50_by_interpolation(doses: ArrayLike, responses: ArrayLike, control: ArrayLike | None = None) -> InterpolatedIc50:
    """Absolute IC50: the dose at which the response falls to half of the control, read off without a parametric fit.

    Replicates are averaged, a rise (noise, low-dose stimulation) is pooled by isotonic regression, and the falling
    curve is joined by a monotone cubic (PCHIP) in log dose, so there is one crossing and no overshoot.

    doses      concentration, shape (n,), shared by all curves; unsorted, repeated and zero doses are allowed
    responses  any unit, shape (..., n)
    control    unit of responses, one value or shape (...); default: mean at dose zero, else 1 (fractions of untreated)
    returns    InterpolatedIc50 with arrays of shape (...), never NaN: outside the tested doses the bound and its status
    limits     at half exactly on a tested dose, that dose; flat curves and all dead give a bound
    raises     InputError for unusable input
    source     PCHIP: Fritsch & Butland 1984, doi 10.1137/0905021
    """
    dose_array, response_array = checked_curves(doses, responses)
    level = np.asarray(0.5 * control_level(dose_array, response_array, control))
    distinct, means, counts = mean_by_dose(dose_array, response_array)
    curve = falling_curve(means, counts)
    never, at_once = curve[..., -1] > level, curve[..., 0] < level
    if distinct.size == 1:
        crossing = np.full(level.shape, distinct[0])
    else:
        crossing = _crossing(np.log(distinct), curve, level)
        # exp(log(dose)) may leave the tested range by a rounding error, which 'inside' must not.
        crossing = np.clip(np.exp(crossing), distinct[0], distinct[-1])
    ic50 = np.where(never, distinct[-1], np.where(at_once, distinct[0], crossing))
    status = np.where(never, ABOVE, np.where(at_once, BELOW, INSIDE))
    return InterpolatedIc50(np.asarray(ic50), np.asarray(status))


def _crossing(position: FloatArray, curve: FloatArray, level: FloatArray) -> FloatArray:
    """Log dose at which each falling curve first reaches its level; where it never does, a value to mask."""
    slopes = _knot_slopes(position, curve)
    after = np.clip(np.argmax(curve <= level[..., None], axis=-1), 1, position.size - 1)

    def knot(array: FloatArray, index: NDArray[Any]) -> FloatArray:
        return np.take_along_axis(array, index[..., None], axis=-1)[..., 0]

    start, end = knot(curve, after - 1), knot(curve, after)
    width = position[after] - position[after - 1]
    start_slope, end_slope = knot(slopes, after - 1) * width, knot(slopes, after) * width
    low, high = np.zeros(level.shape), np.ones(level.shape)
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        rest = 1.0 - middle
        value = (
            start * (1.0 + 2.0 * middle) * rest**2
            + start_slope * middle * rest**2
            + end * middle**2 * (3.0 - 2.0 * middle)
            - end_slope * middle**2 * rest
        )
        higher = value > level
        low, high = np.where(higher, middle, low), np.where(higher, high, middle)
    return np.asarray(position[after - 1] + 0.5 * (low + high) * width)
