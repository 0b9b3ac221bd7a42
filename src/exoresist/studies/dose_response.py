"""Dose response: the logistic fit with its IC50, and growth-rate (GR) metrics.

`fit_dose_response` is for the curves that a report shows; `ic50_by_interpolation` reads thousands of simulated curves
at once. GR metrics separate the drug's effect from how often the cells happened to divide during the assay.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from exoresist.core.errors import InputError
from exoresist.studies.dose_curve import (
    FloatArray,
    InterpolatedIc50,
    RangeStatus,
    area_under_curve,
    checked_curves,
    control_level,
    distinct_doses,
    ic50_by_interpolation,
    logistic_response,
    mean_by_dose,
    numbers,
)
from exoresist.studies.logistic_fit import LogisticProblem, fitted_area, fitted_crossing, flat_unless_better

__all__ = [
    "DoseResponseFit",
    "GrowthRateMetrics",
    "InterpolatedIc50",
    "area_under_curve",
    "fit_dose_response",
    "fit_growth_rate_metrics",
    "growth_rate_inhibition",
    "growth_rate_metrics",
    "ic50_by_interpolation",
    "logistic_response",
]


@dataclass(frozen=True)
class DoseResponseFit:
    """A fitted dose-response curve: response = bottom + (top - bottom) / (1 + (dose / ic50)**hill).

    ic50           relative IC50, the midpoint between top and bottom, unit of the doses
    hill           steepness, dimensionless; 0 for a flat curve (top = bottom)
    top, bottom    unit of the responses
    rmse           weighted root mean square of the residuals, unit of the responses
    ic50_absolute  dose at which the fitted curve reaches half of the control; the nearest tested dose when outside
    auc            area under the fitted curve over the tested log doses, as a fraction of the control's area
    status         of ic50_absolute: 'inside', 'above range', 'below range' of the tested doses
    control        the response that was halved
    parameters     numbers fitted: 4; 3 with bottom fixed at its floor; 1 for a flat line
    """

    ic50: float
    hill: float
    top: float
    bottom: float
    rmse: float
    ic50_absolute: float
    auc: float
    status: RangeStatus
    control: float = 1.0
    parameters: int = 4

    def predict(self, dose: ArrayLike) -> FloatArray:
        """The fitted response at `dose` (>= 0, any shape; same shape returned)."""
        return logistic_response(dose, self.ic50, self.hill, self.top, self.bottom)


@dataclass(frozen=True)
class GrowthRateMetrics:
    """Summary of a GR curve, GR = gr_inf + (1 - gr_inf) / (1 + (dose / gec50)**h_gr).

    gr50         dose at which the fitted GR is 0.5, or the nearest tested dose when it lies outside
    gr50_status  'inside', 'above range' or 'below range' of the tested doses
    gr_max       lower of the mean GR values measured at the two highest doses (as the published scripts guard against
                 an outlier; the paper's text reads it at the highest dose)
    gr_aoc       area over the measured GR curve per log dose: 0 without effect, 1 when growth stops at every dose,
                 at most 2
    h_gr         Hill coefficient, 0 for a flat curve
    gec50        midpoint of the fitted curve;  gr_inf  fitted GR at infinite dose, in [-1, 1]
    rmse         root mean square of the residuals
    source       Hafner et al. 2016, Nat Methods 13:521-527, doi 10.1038/nmeth.3853
    """

    gr50: float
    gr50_status: RangeStatus
    gr_max: float
    gr_aoc: float
    h_gr: float
    gec50: float
    gr_inf: float
    rmse: float


def fit_dose_response(
    doses: ArrayLike, responses: ArrayLike, weights: ArrayLike | None = None, control: float | None = None
) -> DoseResponseFit:
    """Least-squares fit of the four-parameter logistic in log dose.

    minimise  sum of weights * (response - logistic(dose))**2

    doses      concentration, shape (n,), three or more distinct above zero; unsorted, repeated, zero doses allowed
    responses  any unit, shape (n,), falling with dose (a rise is reported as a flat line)
    weights    dimensionless >= 0, shape (n,), for instance 1 / variance; default all equal
    control    unit of responses; default: mean at dose zero, else 1 (responses are fractions of the untreated)
    returns    DoseResponseFit, never NaN
    limits     bottom stays at or above the lower of 0 and the lowest response. It is fixed there (three parameters)
               with fewer than five distinct doses, or when the midpoint would lie above the highest dose: such data
               show no bottom. A flat line (one parameter; ic50 = the bound) is returned when an F test finds no fall
               (p > 0.05) and the curve falls by less than a fifth of the control within the tested doses.
    raises     InputError for unusable input
    source     form: Hill 1910; flat-line test as in Hafner et al. 2016, doi 10.1038/nmeth.3853
    """
    dose, response, weight = _checked_readings(doses, responses, weights)
    if control is None and np.any(numbers(doses, "The doses") == 0) and not np.any(dose == 0):
        raise InputError("Untreated readings that all have weight zero", "a control", "Give `control`, or weigh them.")
    level = float(control_level(dose, response, control))
    floor = min(0.0, float(response.min()))
    highest = max(level, float(response.max()))
    ceiling = highest + float(np.ptp(response))
    enough = distinct_doses(dose)[0].size >= 5
    problem = LogisticProblem(dose, response, weight, floor, ceiling, free_bottom=enough)
    curve = problem.solve()
    if enough and curve.ic50 > dose.max():
        curve = replace(problem, free_bottom=False).solve()
    curve = flat_unless_better(curve, problem, level)
    absolute, status = fitted_crossing(curve, dose, 0.5 * level)
    return DoseResponseFit(
        ic50=curve.ic50,
        hill=curve.hill,
        top=curve.top,
        bottom=curve.bottom,
        rmse=float(np.sqrt(curve.squares / weight.sum())),
        ic50_absolute=absolute,
        auc=fitted_area(curve, dose) / level,
        status=status,
        control=level,
        parameters=curve.parameters,
    )


def growth_rate_inhibition(count: ArrayLike, control: ArrayLike, start: ArrayLike) -> FloatArray:
    """GR value: growth under drug against growth of the untreated.

    GR = 2**( log2(count / start) / log2(control / start) ) - 1

    count, control, start  cells (or a surrogate) treated at the end, untreated at the end, at the time of treatment;
                           shapes that broadcast
    returns                dimensionless, broadcast shape
    limits                 1 as untreated, 0 when growth stops, -1 when all are dead (count = 0), above 1 if the drug
                           stimulates
    raises                 InputError unless start > 0, control > start and count >= 0
    source                 Hafner et al. 2016, Nat Methods 13:521-527, doi 10.1038/nmeth.3853
    """
    treated, untreated, before = (
        numbers(count, "The counts"),
        numbers(control, "The controls"),
        numbers(start, "The starts"),
    )
    if np.any(before <= 0):
        raise InputError(f"A start of {before.min():g} cells", "more than zero", "Give the count at the time of treatment.")
    if np.any(treated < 0):
        raise InputError(f"A count of {treated.min():g}", "zero or more", "Check the background that was subtracted.")
    try:
        treated, untreated, before = np.broadcast_arrays(treated, untreated, before)
    except ValueError as problem:
        shapes = f"{treated.shape}, {untreated.shape}, {before.shape}"
        raise InputError(f"Counts, controls and starts of shapes {shapes}", "shapes that broadcast", "Align them.") from problem
    if np.any(untreated <= before):
        raise InputError(
            "An untreated control that did not grow",
            "control above start",
            "GR needs growth: use the IC50, or a longer assay.",
        )
    # Written with log-ratios as exponents so that count = 0 gives exactly -1 without a logarithm of zero.
    return np.asarray((treated / before) ** (1.0 / np.log2(untreated / before)) - 1.0)


def fit_growth_rate_metrics(doses: ArrayLike, gr_values: ArrayLike, weights: ArrayLike | None = None) -> GrowthRateMetrics:
    """GR50, GRmax, GR_AOC and h_GR of measured GR values.

    GR(dose) = gr_inf + (1 - gr_inf) / (1 + (dose / gec50)**h_gr)
    GR50     = gec50 * ((1 - gr_inf) / (0.5 - gr_inf) - 1)**(1 / h_gr)
    GR_AOC   = 1/(x_n - x_1) * integral of (1 - GR) dx,   x = log10(dose), trapezoid rule over the mean of replicates

    doses      concentration, shape (n,), three or more distinct above zero
    gr_values  dimensionless, at or above -1, shape (n,);  weights  >= 0, shape (n,)
    returns    GrowthRateMetrics, never NaN or infinite
    limits     a flat curve (F test, p > 0.05): h_gr = 0, gr_inf = its mean, gr50 = a bound with its status
    raises     InputError for unusable input
    source     Hafner et al. 2016, doi 10.1038/nmeth.3853; conventions of its scripts (github datarail/gr_metrics)
    """
    dose, value, weight = _checked_readings(doses, gr_values, weights)
    if np.any(value < -1.0 - 1e-9):
        raise InputError(f"A GR value of {value.min():g}", "-1 (all dead) or more", "Compute it with growth_rate_inhibition.")
    problem = LogisticProblem(dose, value, weight, floor=-1.0, ceiling=1.0, fixed_top=1.0)
    curve = flat_unless_better(problem.solve(), problem, 1.0)
    gr50, status = fitted_crossing(curve, dose, 0.5)
    _, means, _ = mean_by_dose(dose, value)
    return GrowthRateMetrics(
        gr50=gr50,
        gr50_status=status,
        gr_max=float(means[-2:].min()),
        gr_aoc=1.0 - float(area_under_curve(dose, value, control=1.0)),
        h_gr=curve.hill,
        gec50=curve.ic50,
        gr_inf=curve.bottom,
        rmse=float(np.sqrt(curve.squares / weight.sum())),
    )


def growth_rate_metrics(doses: ArrayLike, counts: ArrayLike, control: ArrayLike, start: ArrayLike) -> GrowthRateMetrics:
    """`fit_growth_rate_metrics` of counts: doses and counts shape (n,); control and start broadcast to it (cells)."""
    return fit_growth_rate_metrics(doses, growth_rate_inhibition(counts, control, start))


def _checked_readings(
    doses: ArrayLike, responses: ArrayLike, weights: ArrayLike | None
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """One curve for fitting, sorted by dose, readings of weight zero left out."""
    dose, response = checked_curves(doses, responses)
    if response.ndim != 1:
        raise InputError(f"Responses of shape {response.shape}", "one curve, shape (n,)", "Fit curve by curve.")
    weight = np.ones_like(response) if weights is None else numbers(weights, "The weights")
    if weight.shape != response.shape or np.any(weight < 0):
        raise InputError(f"Weights of shape {weight.shape}", f"{response.size} weights of zero or more", "Give one per reading.")
    order = np.argsort(dose, kind="stable")
    order = order[weight[order] > 0]
    if distinct_doses(dose[order][dose[order] > 0])[0].size < 3:
        raise InputError(
            "Fewer than three distinct doses above zero", "three or more", "Use ic50_by_interpolation, or add doses."
        )
    return dose[order], response[order], weight[order] / weight.max()
