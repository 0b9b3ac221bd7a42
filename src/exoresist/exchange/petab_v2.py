"""PEtab version 2: read by its library."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from exoresist.core.errors import InputError
from exoresist.exchange.petab_tables import Experiment, Measurement, Observable, Parameter, Period, PetabProblem, one_line

UNNAMED = ""  # the experiment of measurements that name none: the model as it is, from time 0


def read(path: Path, head: dict[str, Any]) -> PetabProblem:
    """The problem of a version 2 file; see `petab_tables.read_petab`."""
    from petab import v2

    files = head.get("model_files") or {}
    if len(files) != 1:
        raise InputError(f"'{path}' holds {len(files)} models", "one SBML model", "Split it into files")
    file = next(iter(files.values()))
    if not isinstance(file, dict) or str(file.get("language")).lower() != "sbml":
        raise InputError(f"'{path}' holds a model that is not SBML", "one SBML model", "Export the model as SBML")
    required = [
        name for name, part in (head.get("extensions") or {}).items() if isinstance(part, dict) and part.get("required", True)
    ]
    if required:
        raise InputError(f"'{path}' needs the extension {', '.join(required)}", "PEtab without extensions", "Write it without")
    problem = v2.Problem.from_yaml(str(path))
    found = problem.validate()
    if found.has_errors():
        reasons = "; ".join(one_line(issue.message) for issue in found if int(issue.level) >= 30)
        raise InputError(f"'{path}' is no valid PEtab problem: {reasons}", "a problem that `petablint` accepts", "Mend it")
    conditions = {one.id: one.changes for one in problem.conditions}
    aliases = {one.petab_id: one.model_id for one in problem.mappings if one.model_id and one.model_id != one.petab_id}
    experiments = {one.id: _experiment(one, conditions) for one in problem.experiments}
    if any(not one.experiment_id for one in problem.measurements):
        experiments[UNNAMED] = Experiment(UNNAMED, (Period(0.0, {}),))
    return PetabProblem(
        path=path,
        version=str(head["format_version"]),
        sbml=(path.parent / str(file["location"])).read_text(encoding="utf-8"),
        experiments=experiments,
        observables={one.id: _observable(one, path) for one in problem.observables},
        measurements=tuple(
            Measurement(
                one.observable_id, one.experiment_id or UNNAMED, float(one.time), float(one.measurement),
                tuple(one.observable_parameters), tuple(one.noise_parameters),
            )
            for one in problem.measurements
        ),
        parameters={one.id: _parameter(one) for one in problem.parameters},
        aliases=aliases,
        warnings=tuple(one_line(issue.message) for issue in found if int(issue.level) == 20),
    )  # fmt: skip


def _experiment(experiment: Any, conditions: dict[str, Any]) -> Experiment:
    periods = []
    for period in experiment.sorted_periods:
        changes = {change.target_id: change.target_value for name in period.condition_ids for change in conditions[name]}
        periods.append(Period(float(period.time), changes))
    return Experiment(experiment.id, tuple(periods) or (Period(0.0, {}),))


def _observable(one: Any, path: Path) -> Observable:
    from petab.v1.math import sympify_petab

    text = str(getattr(one.noise_distribution, "value", one.noise_distribution))
    scale, _, distribution = text.rpartition("-")
    if one.formula is None or one.noise_formula is None:
        raise InputError(f"Observable '{one.id}' of '{path}' lacks a formula", "observableFormula and noiseFormula", "Add it")
    return Observable(
        one.id,
        sympify_petab(one.formula),
        sympify_petab(one.noise_formula),
        distribution,
        scale or "lin",
        tuple(symbol.name for symbol in one.observable_placeholders),
        tuple(symbol.name for symbol in one.noise_placeholders),
    )


def _parameter(one: Any) -> Parameter:
    """Version 2 gives no scale to search on: the logarithm is taken where the bounds allow."""
    if not one.estimate:
        return Parameter(one.id, False, one.nominal_value)
    low, high = float(one.lb), float(one.ub)
    prior = one.prior_dist
    scale = "log" if low > 0.0 and math.isfinite(high) else "lin"

    def start(share: float) -> float:
        if prior is not None:
            return float(prior.ppf(share))
        return low * (high / low) ** share if scale == "log" else low + (high - low) * share

    def log_prior(value: float) -> float:
        density = float(prior.pdf(value))
        return math.log(density) if density > 0.0 else -math.inf

    return Parameter(one.id, True, one.nominal_value, low, high, scale, log_prior if prior is not None else None, start)
