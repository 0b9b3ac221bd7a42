"""Fit a scenario to measured confluence at some doses and predict the others, beside predictions without mechanism."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exoresist.assembly.assay import Confluence
from exoresist.assembly.build import build
from exoresist.assembly.scenario import Scenario
from exoresist.catalog import Catalog
from exoresist.core.errors import InputError
from exoresist.core.progress import Progress
from exoresist.core.quantity import Quantity
from exoresist.core.random import stream
from exoresist.studies.answer import Row
from exoresist.studies.baselines import (
    fit_growth_kill,
    nearest_dose,
    nearest_dose_prediction,
    root_mean_square_error,
)
from exoresist.studies.fit_problem import (
    DEAD_SPREAD,
    LEAST_STAIN,
    START_COVER,
    FitProblem,
    Unknown,
    confluence_problem,
)
from exoresist.studies.fit_result import FitResult, fit_sentences
from exoresist.studies.fit_search import Minimum, left_out_errors, minimise, weighted_draws, weighted_quantiles
from exoresist.studies.provenance import versions

FloatArray = NDArray[np.float64]

_DRAWS = 640
_SETTLED = 0.5  # identified: the 90 % interval (in the logarithm) is at most this share of what was expected
_STARTS = 6
_DOUBTED = 3.0  # times what the stain allows: beyond any doubt about how far a dead cell shrinks


def fit_scenario(
    scenario: Scenario,
    times: ArrayLike,
    observed: Mapping[float, ArrayLike],
    stains: Mapping[float, ArrayLike] | None = None,
    catalog: Catalog | None = None,
    progress: Progress | None = None,
) -> FitResult:
    """Fit the doses that the scenario's assay names, then predict the held-out ones, once.

    scenario  its assay is of kind `confluence`; it fixes the split and what may move
    times     h, shape (T,), rising
    observed  dose in nM (0: untreated) -> readings in %, shape (replicates, T), two replicates or more
    stains    dose in nM -> area that stains as dead cells, %, shape (T,) or as the readings; needed when the assay
              names `dead_channels`
    raises    InputError when a dose of the split was not measured, or the readings cannot be used
    """
    began = time.monotonic()
    assay = scenario.assay
    if not isinstance(assay, Confluence):
        raise InputError(
            f"Scenario '{scenario.name}' has an assay of kind '{assay.kind}'", "confluence",
            "See examples/h1299_doxorubicin.yaml for one that can be fitted",
        )  # fmt: skip
    hours, tables = _checked(assay, times, observed)
    training = {dose: tables[dose] for dose in assay.fit_doses}
    stained = _checked_stains(assay, hours, stains)
    problem = confluence_problem(build(scenario, catalog), hours, training, stained)
    found = minimise(problem, scenario.seed, _STARTS, progress)
    left_out = left_out_errors(problem, scenario.seed, progress)
    result = _judged(scenario, assay, problem, found, tables, stained, left_out)
    result = replace(result, timing_s=round(time.monotonic() - began, 2))
    return replace(result, sentences=fit_sentences(result))


def _judged(
    scenario: Scenario,
    assay: Confluence,
    problem: FitProblem,
    found: Minimum,
    tables: Mapping[float, FloatArray],
    stained: Mapping[float, FloatArray],
    left_out: Mapping[float, float],
) -> FitResult:
    """Everything that follows from the fitted point. Here, and only here, the held-out readings are looked at."""
    hours = problem.times
    training = {dose: tables[dose] for dose in assay.fit_doses}
    doses = sorted(tables)
    living, dead = (cover[0] for cover in problem.covers(found.point, doses))
    modelled = dict(zip(doses, living + dead, strict=True))
    points, weights = weighted_draws(problem, found, scenario.seed, _DRAWS)
    likely = weights > 1e-6
    drawn = problem.predict(points[likely], doses)
    low, high = (weighted_quantiles(drawn, weights[likely], share) for share in (0.05, 0.95))
    baseline = fit_growth_kill(hours, training)
    rows: list[Row] = []
    curves: list[Row] = []
    for place, dose in enumerate(doses):
        readings = tables[dose]
        held_out = dose not in training
        role = "predicted" if held_out else "fitted"
        without = baseline.predict(dose, hours)
        near = nearest_dose_prediction(training, dose) if held_out else None
        rows.append(
            {
                "dose": dose,
                "role": role,
                "model": root_mean_square_error(modelled[dose], readings),
                "baseline": root_mean_square_error(without, readings),
                "nearest": root_mean_square_error(near, readings) if near is not None else None,
                "nearest_dose": nearest_dose(list(training), dose) if held_out else None,
                "left_out": left_out.get(dose),
                "replicate_error": math.sqrt(np.mean(readings.var(axis=0, ddof=1)) / len(readings)),
                "dead": float(dead[place, -1]),
                "stained": float(stained[dose][-1]) if stained else None,
            }
        )
        columns = {
            "time": hours,
            "observed": readings.mean(axis=0),
            "observed_sd": readings.std(axis=0, ddof=1),
            "predicted": modelled[dose],
            "low": low[place],
            "high": high[place],
            "baseline": without,
        }
        for index in range(hours.size):
            numbers = {name: float(column[index]) for name, column in columns.items()}
            repeated = float(near[index]) if near is not None else None
            curves.append({"dose": dose, "role": role, **numbers, "nearest": repeated})
    ends = [weighted_quantiles(points, weights, share) for share in (0.05, 0.95)]
    parameters = [
        _parameter_row(unknown, *(float(numbers[place]) for numbers in (ends[0], found.point, ends[1])))
        for place, unknown in enumerate(problem.unknowns)
    ]
    pairs = zip(problem.unknowns, parameters, strict=True)
    fitted = tuple(_fitted_row(unknown, row, assay) for unknown, row in pairs if unknown.identifiers)
    return FitResult(
        name=scenario.name,
        title=scenario.title,
        question=scenario.question,
        source=assay.source,
        fit_error=_overall(rows, "fitted", "model"),
        prediction_error=_overall(rows, "predicted", "model"),
        baseline_fit_error=_overall(rows, "fitted", "baseline"),
        baseline_prediction_error=_overall(rows, "predicted", "baseline"),
        nearest_dose_error=_overall(rows, "predicted", "nearest"),
        cross_validation_error=_overall(rows, "fitted", "left_out") if len(left_out) == len(training) else None,
        replicate_error=_overall(rows, "predicted", "replicate_error"),
        by_dose=rows,
        parameters=parameters,
        log_likelihood=problem.log_likelihood(found.point),
        curves=curves,
        fitted=fitted,
        noise={"relative": problem.noise.relative, "repeats": problem.noise.repeats, "replicates": problem.noise.wells},
        search={"sum_of_squares": found.squares, "descents": found.followed, "agreeing": found.agreeing},
        draws=_resampled(problem, points, weights, scenario.seed),
        seed=scenario.seed,
        timing_s=0.0,
        history=" ".join(assay.history.split()),
        versions=versions(),
        warnings=_warnings(problem, found, parameters, rows),
    )


def _resampled(problem: FitProblem, points: FloatArray, weights: FloatArray, seed: int) -> dict[str, FloatArray]:
    """`name@subject` -> as many draws as there were, each as often as its weight says (systematic resampling).

    The subject is that of the catalogue, so that a model of the same scenario can take the draws.
    """
    start = stream(seed, "fit", "resampling").random()
    picked = points[np.searchsorted(np.cumsum(weights), (np.arange(len(points)) + start) / len(points)).clip(max=len(points) - 1)]
    parameters = problem.model.network.parameters
    draws = {}
    for place, unknown in enumerate(problem.unknowns):
        row = parameters[unknown.identifiers[0]].quantity if unknown.identifiers else None
        subject = unknown.subject if row is None else row.subject
        draws[f"{unknown.name}@{subject}"] = np.exp(picked[:, place])
    return draws


def _checked(
    assay: Confluence, times: ArrayLike, observed: Mapping[float, ArrayLike]
) -> tuple[FloatArray, dict[float, FloatArray]]:
    """Times and the readings of the split, as arrays that fit each other."""
    hours = np.asarray(times, dtype=float)
    tables: dict[float, FloatArray] = {}
    for dose in (*assay.fit_doses, *assay.predict_doses):
        table = _measured(assay, observed, dose)
        if hours.ndim != 1 or table.ndim != 2 or table.shape[1] != hours.size or not np.all(np.isfinite(table)):
            raise InputError(
                f"Readings of {dose:g} nM of shape {table.shape}", f"finite numbers, shape (replicates, {hours.size})"
            )
        if len(table) < 2:
            advice = "Their spread says how far a reading can be trusted"
            raise InputError(f"One replicate of {dose:g} nM", "two or more", advice)
        tables[dose] = table
    return hours, tables


def _checked_stains(assay: Confluence, hours: FloatArray, stains: Mapping[float, ArrayLike] | None) -> dict[float, FloatArray]:
    """Mean stained area by dose of the split, shape (T,); empty when the assay names no channel."""
    if not assay.dead_channels:
        return {}
    if stains is None:
        raise InputError("No stained areas", f"those of {' and '.join(assay.dead_channels)}", "Or drop `dead_channels`")
    means = {}
    for dose in (*assay.fit_doses, *assay.predict_doses):
        table = np.atleast_2d(_measured(assay, stains, dose))
        if table.ndim != 2 or table.shape[1] != hours.size or not np.all(np.isfinite(table)):
            raise InputError(f"Stained areas of {dose:g} nM of shape {table.shape}", f"finite, shape ({hours.size},)")
        means[dose] = table.mean(axis=0)
    return means


def _measured(assay: Confluence, observed: Mapping[float, ArrayLike], dose: float) -> FloatArray:
    match = [other for other in observed if math.isclose(other, dose, rel_tol=1e-9, abs_tol=1e-12)]
    if not match:
        measured = ", ".join(f"{other:g}" for other in sorted(observed))
        came = f"{dose:g} nM of {assay.drug} was not measured"
        raise InputError(came, f"{measured} nM", "Correct the scenario's doses")
    return np.asarray(observed[match[0]], dtype=float)


def _parameter_row(unknown: Unknown, low: float, best: float, high: float) -> Row:
    """All three are logs."""
    low, high = min(low, best), max(high, best)
    prior_low, _, prior_high = unknown.expected
    return {
        "name": unknown.name,
        "subject": unknown.subject,
        "value": math.exp(best),
        "unit": unknown.unit,
        "low": math.exp(low),
        "high": math.exp(high),
        "prior_low": prior_low,
        "prior_high": prior_high,
        "identified": bool(high - low <= _SETTLED * math.log(prior_high / prior_low)),
    }


def _fitted_row(unknown: Unknown, row: Row, assay: Confluence) -> Quantity:
    """The row of the catalogue-style file: lognormal, its range the 90 % interval."""
    doses = ", ".join(f"{dose:g}" for dose in assay.fit_doses)
    settled = "settled by the data" if row["identified"] else "left open by the data: mostly the range expected before"
    return Quantity(
        value=row["value"],
        unit=unknown.unit,
        low=row["low"],
        high=row["high"],
        distribution="lognormal",
        kind="fitted",
        source=assay.source,
        locator=f"{assay.channel} confluence at {doses} nM {assay.drug}",
        note=f"fitted together with the other rows of this file, so use them together; {settled}",
        name=unknown.name,
        subject=unknown.subject,
    )


def _warnings(problem: FitProblem, found: Minimum, parameters: list[Row], by_dose: list[Row]) -> list[str]:
    """What a reader should doubt."""
    warnings = []
    jacobian = problem.jacobian(found.point)[: -len(problem.unknowns)]
    for row in by_dose:
        if row["stained"] is not None and row["dead"] > _DOUBTED * DEAD_SPREAD * max(row["stained"], LEAST_STAIN):
            warnings.append(
                f"At {row['dose']:g} nM the model leaves dead cells on {row['dead']:.2g} % of the floor at the end, "
                f"but only {row['stained']:.2g} % stains as dead: it kills too many there."
            )
    for place, (unknown, row) in enumerate(zip(problem.unknowns, parameters, strict=True)):
        label = f"{unknown.name} ({unknown.subject})"
        if np.max(np.abs(jacobian[:, place])) < 1e-6:
            warnings.append(f"{label} has no effect on the readings in this model: its value is the expected one.")
        elif unknown.name != START_COVER and not row["prior_low"] <= row["value"] <= row["prior_high"]:
            warnings.append(
                f"{label} = {row['value']:.3g} {unknown.unit} lies outside the range expected of it, "
                f"{row['prior_low']:.3g} to {row['prior_high']:.3g}."
            )
    if found.agreeing < 2 and found.followed > 1:
        warnings.append(f"Of {found.followed} descents only one reached the best point: there may be a better one.")
    return warnings


def _overall(rows: list[Row], role: str, column: str) -> float:
    """Root mean square over doses; all doses share their times."""
    return math.sqrt(np.mean([row[column] ** 2 for row in rows if row["role"] == role]))
