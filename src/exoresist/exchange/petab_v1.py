"""PEtab version 1: read by its library, turned into periods."""

from __future__ import annotations

import logging
import math
from functools import partial
from pathlib import Path
from typing import Any

from exoresist.core.errors import InputError
from exoresist.exchange.petab_tables import (
    Experiment,
    Formula,
    Measurement,
    Observable,
    Parameter,
    Period,
    PetabProblem,
    one_line,
)


def read(path: Path, head: dict[str, Any]) -> PetabProblem:
    """The problem of a version 1 file; see `petab_tables.read_petab`."""
    import petab.v1 as petab

    problems = head.get("problems") or []
    models = _models(problems[0], path) if len(problems) == 1 else []
    if len(models) != 1:
        raise InputError(f"'{path}' holds several problems or models", "one problem with one SBML model", "Split it into files")
    problem = petab.Problem.from_yaml(str(path))
    warnings = _check(problem, path)
    experiments, measurements = _measured(problem)
    return PetabProblem(
        path=path,
        version=str(head["format_version"]),
        sbml=(path.parent / models[0]).read_text(encoding="utf-8"),
        experiments=experiments,
        observables={one.id: one for one in map(_observable, problem.observable_df.reset_index().to_dict("records"))},
        measurements=measurements,
        parameters={one.id: one for one in map(_parameter, problem.parameter_df.reset_index().to_dict("records"))},
        aliases=_aliases(problem),
        warnings=warnings,
    )


def _models(problem: dict[str, Any], path: Path) -> list[str]:
    """Files of the models, as version 1 or its successor's draft names them."""
    if "model_files" not in problem:
        return list(problem.get("sbml_files") or [])
    files = list(problem["model_files"].values())
    foreign = [str(one.get("language")) for one in files if str(one.get("language")).lower() != "sbml"]
    if foreign:
        raise InputError(f"'{path}' holds a model in the language {foreign[0]}", "one SBML model", "Export the model as SBML")
    return [str(one["location"]) for one in files]


def _aliases(problem: Any) -> dict[str, str]:
    """Name in the tables -> name in the model, where the draft's mapping table gives another."""
    table = getattr(problem, "mapping_df", None)
    if table is None:
        return {}
    return {str(name): str(row["modelEntityId"]) for name, row in table.iterrows() if str(name) != str(row["modelEntityId"])}


class _Heard(logging.Handler):
    """Keeps what the library's checks log."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.errors: list[str] = []
        self.warnings: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        text = one_line(record.getMessage())
        if record.levelno >= logging.ERROR:
            self.errors.append(text)
        elif not text.endswith("not available. Skipping."):  # a table that a problem need not have
            self.warnings.append(text)


def _check(problem: Any, path: Path) -> tuple[str, ...]:
    """Run the library's checks; returns what they warn of, raises InputError with what they refuse."""
    import petab.v1 as petab

    heard, log = _Heard(), logging.getLogger("petab")
    spreads = log.propagate
    log.addHandler(heard)
    log.propagate = False
    try:
        failed = petab.lint_problem(problem)
    finally:
        log.removeHandler(heard)
        log.propagate = spreads
    if failed:
        reasons = "; ".join(heard.errors or heard.warnings) or "the checks of the library failed"
        raise InputError(f"'{path}' is no valid PEtab problem: {reasons}", "a problem that `petablint` accepts", "Mend it")
    return tuple(heard.warnings)


def _filled(cell: Any) -> bool:
    return cell is not None and cell != "" and not (isinstance(cell, float) and math.isnan(cell))


def _formula(cell: Any) -> Formula:
    from petab.v1.math import sympify_petab

    return sympify_petab(cell)


def _measured(problem: Any) -> tuple[dict[str, Experiment], tuple[Measurement, ...]]:
    """Experiments are the pairs of conditions that were measured."""
    from petab.v1 import split_parameter_replacement_list as split

    experiments: dict[str, Experiment] = {}
    measurements = []
    for row in problem.measurement_df.to_dict("records"):
        before, during = row.get("preequilibrationConditionId"), row["simulationConditionId"]
        name = f"{before}__{during}" if _filled(before) else str(during)
        if name not in experiments:
            experiments[name] = Experiment(name, _periods(problem, str(before) if _filled(before) else None, str(during)))
        measurements.append(
            Measurement(
                str(row["observableId"]), name, float(row["time"]), float(row["measurement"]),
                tuple(map(_formula, split(row.get("observableParameters")))),
                tuple(map(_formula, split(row.get("noiseParameters")))),
            )
        )  # fmt: skip
    return experiments, tuple(measurements)


def _periods(problem: Any, before: str | None, during: str) -> tuple[Period, ...]:
    """What a condition leaves empty is the model's own; after equilibration, states go on from where they are."""
    changes = _changes(problem, during)
    if before is None:
        return (Period(0.0, changes),)
    earlier = _changes(problem, before)
    for target in earlier:
        if target not in changes and not problem.model.is_state_variable(target):
            changes[target] = _formula(float(problem.model.get_parameter_value(target)))
    return Period(-math.inf, earlier), Period(0.0, changes)


def _changes(problem: Any, condition: str) -> dict[str, Formula]:
    row = problem.condition_df.loc[condition]
    return {str(key): _formula(cell) for key, cell in row.items() if key != "conditionName" and _filled(cell)}


def _observable(row: dict[str, Any]) -> Observable:
    """Placeholders are named by rule: observableParameter1_ID, noiseParameter1_ID and so on, in the order of their numbers."""
    import re

    name = str(row["observableId"])
    formula, noise = _formula(row["observableFormula"]), _formula(row["noiseFormula"])

    def placeholders(kind: str) -> tuple[str, ...]:
        form = re.compile(rf"{kind}Parameter(\d+)_{re.escape(name)}")
        symbols = formula.free_symbols | noise.free_symbols
        numbers = sorted(int(found[1]) for symbol in symbols if (found := form.fullmatch(symbol.name)))
        return tuple(f"{kind}Parameter{number}_{name}" for number in numbers)

    transformation, distribution = row.get("observableTransformation"), row.get("noiseDistribution")
    return Observable(
        name,
        formula,
        noise,
        str(distribution) if _filled(distribution) else "normal",
        str(transformation) if _filled(transformation) else "lin",
        placeholders("observable"),
        placeholders("noise"),
    )


def _log_density(prior: Any, value: float) -> float:
    import numpy as np

    with np.errstate(divide="ignore"):  # minus infinity outside the bounds is meant
        return -float(prior.neglogprior(value))


def _parameter(row: dict[str, Any]) -> Parameter:
    from petab.v1.priors import Prior

    name, estimate = str(row["parameterId"]), bool(int(row["estimate"]))
    nominal = float(row["nominalValue"]) if _filled(row.get("nominalValue")) else None
    scale = str(row["parameterScale"]) if _filled(row.get("parameterScale")) else "lin"
    if not estimate:
        return Parameter(name, False, nominal, scale=scale)
    objective = Prior.from_par_dict(row, "objective") if _filled(row.get("objectivePriorType")) else None
    initial = Prior.from_par_dict(row, "initialization")
    return Parameter(
        name,
        True,
        nominal,
        float(row["lowerBound"]),
        float(row["upperBound"]),
        scale,
        partial(_log_density, objective) if objective is not None else None,
        lambda share: float(initial.distribution.ppf(share)),
    )
