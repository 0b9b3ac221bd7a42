"""Writing a PEtab 2 problem: tables and model as the library holds them, checked by it before anyone else sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from exoresist.core.errors import InputError
from exoresist.exchange.petab_tables import one_line, require_libraries

MODEL, PROBLEM = "model.xml", "problem.yaml"


def write_problem(
    folder: Path,
    sbml: str,
    parameters: Sequence[Mapping[str, Any]],
    observables: Sequence[Mapping[str, Any]],
    experiments: Mapping[str, Sequence[tuple[float, Mapping[str, Any]]]],
    measurements: Sequence[Mapping[str, Any]],
) -> Path:
    """Write a problem into a folder and return the path of its YAML file.

    sbml          the model's text
    parameters    rows id, estimate, nominal, low, high, prior, prior_numbers
    observables   rows id, formula, noise, distribution (of PEtab 2)
    experiments   name -> (time, changes: target -> SymPy expression or number) in order of time
    measurements  rows observable, experiment, time, value
    raises        InputError with what the library's checks find
    """
    require_libraries()
    from petab import v2
    from ruamel.yaml import YAML

    problem = v2.Problem()
    for row in parameters:
        problem.add_parameter(
            row["id"], estimate=row["estimate"], nominal_value=row["nominal"], lb=row["low"], ub=row["high"],
            **({"prior_distribution": row["prior"], "prior_parameters": list(row["prior_numbers"])} if row["prior"] else {}),
        )  # fmt: skip
    for row in observables:
        problem.add_observable(row["id"], row["formula"], noise_formula=row["noise"], noise_distribution=row["distribution"])
    texts: dict[tuple[str, str], str] = {}
    for name, periods in experiments.items():
        listed: list[Any] = []
        for number, (time, changes) in enumerate(periods):
            condition = f"{name}_{number}" if changes else ""
            if changes:
                told = {target: formula_text(value) for target, value in changes.items()}
                texts |= {(condition, target): text for target, text in told.items()}
                problem.add_condition(condition, **told)
            listed += [time, condition]
        problem.add_experiment(name, *listed)
    for row in measurements:
        problem.add_measurement(row["observable"], experiment_id=row["experiment"], time=row["time"], measurement=row["value"])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MODEL).write_text(sbml, encoding="utf-8")
    head: dict[str, Any] = {"format_version": "2.0.0", "model_files": {"model": {"location": MODEL, "language": "sbml"}}}
    for kind in ("parameter", "observable", "measurement", "condition", "experiment"):
        table = getattr(problem, f"{kind}_df")
        if table is not None and len(table):
            file = f"{kind}s.tsv"
            if kind == "condition":  # the library would write powers as Python does, and then not read them
                table["targetValue"] = [
                    texts[row["conditionId"], row["targetId"]] for row in table.reset_index().to_dict("records")
                ]
            table.to_csv(folder / file, sep="\t", index=table.index.name is not None, float_format="%.17g", lineterminator="\n")
            head[f"{kind}_files"] = [file]
    path = folder / PROBLEM
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        YAML(typ="safe", pure=True).dump(head, stream)
    _check(path)
    return path


def formula_text(value: Any) -> str:
    """A formula in PEtab's own language, or a number."""
    from petab.v1.math import petab_math_str

    return petab_math_str(value) if getattr(value, "free_symbols", None) else repr(float(value))


def _check(path: Path) -> None:
    from petab import v2

    found = v2.Problem.from_yaml(path).validate()
    if found.has_errors():
        reasons = "; ".join(one_line(issue.message) for issue in found if int(issue.level) >= 30)
        raise InputError(f"The problem cannot be written: the PEtab library finds {reasons}", "")
