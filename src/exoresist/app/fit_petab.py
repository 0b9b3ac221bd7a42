"""`exoresist ask fit problem.yaml` where the file is a PEtab problem: read, simulate, fit, write."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from exoresist.core.progress import Progress
    from exoresist.exchange.petab_in import PetabModel, Readings
    from exoresist.studies.multistart import Optimum

STARTS = 8  # the values that the problem gives are one of them
RESERVES = 5  # how often the others are drawn anew where the model has no answer
SEED = 1
# column of simulations.tsv, as PEtab calls it -> key of a row
COLUMNS = {"observableId": "observable", "experimentId": "experiment", "time": "time", "measurement": "measurement",
           "simulation": "simulation", "noise": "noise", "residual": "residual"}  # fmt: skip


def fit_petab(problem_file: Path, folder: Path, as_json: bool) -> None:
    """Fit the parameters that a PEtab problem asks for, and print what came out.

    folder   receives summary.json, parameters.tsv, simulations.tsv and fit.html: all of them or none
    as_json  print summary.json instead of sentences
    """
    from exoresist.app.folders import filled, ready
    from exoresist.exchange.petab_in import PetabModel

    model = PetabModel.read(problem_file)
    ready(folder)

    from exoresist.app.printing import json_text, tell_fit
    from exoresist.core.progress import reporting
    from exoresist.report.files import write_atomically
    from exoresist.report.petab_page import petab_page

    begin = time.perf_counter()
    with reporting(1.0, problem_file.stem) as bar:
        nominal = _nominal(model)
        optimum = _search(model, bar) if model.problem.estimated else None
    fitted = dict(zip((one.name for one in optimum.unknowns), optimum.value, strict=True)) if optimum else {}
    readings = model.simulate(fitted)
    summary = _summary(model, optimum, readings, nominal, fitted)
    summary["timing_s"] = time.perf_counter() - begin
    rows = model.rows(readings)
    with filled(folder) as draft:
        write_atomically(draft / "summary.json", (json_text(summary) + "\n").encode())
        write_atomically(
            draft / "simulations.tsv",
            _table([{name: row[key] for name, key in COLUMNS.items()} for row in rows], tuple(COLUMNS)).encode(),
        )
        columns = ("name", "value", "low", "high", "lower_bound", "upper_bound", "scale", "nominal", "estimated")
        write_atomically(draft / "parameters.tsv", _table(summary["parameters"], columns).encode())
        write_atomically(draft / "fit.html", petab_page(summary, rows).encode())
    written = f"The simulated readings are in {folder / 'simulations.tsv'}, the figures in {folder / 'fit.html'}"
    fitted_rows = [row for row in summary["parameters"] if row["estimated"]]
    tell_fit(summary, fitted_rows, ["name", "value", "low", "high", "scale"], written, as_json)


def _nominal(model: PetabModel) -> dict[str, Any]:
    """The likelihood at the values that the problem gives; None where it gives none, or the model has no answer there."""
    from exoresist.core.errors import SolverError

    given = all(one.nominal is not None for one in model.problem.parameters.values())
    try:
        readings = model.simulate()
    except SolverError:
        if not model.problem.estimated:
            raise  # nothing else could be tried
        return {"log_likelihood": None, "chi2": None, "given": given}
    return {"log_likelihood": readings.log_likelihood, "chi2": readings.chi2, "given": given}


def _search(model: PetabModel, bar: Progress) -> Optimum:
    from exoresist.core.errors import ExoresistError
    from exoresist.core.random import stream
    from exoresist.studies.multistart import Misfit, Unknown, climb

    wanted = model.problem.estimated

    def starts() -> Iterator[dict[str, float]]:
        yield {one.id: model.nominal[one.id] for one in wanted}
        for turn in range(RESERVES):
            for shares in _latin(len(wanted), STARTS - 1, stream(SEED, "petab starts", *([turn] if turn else []))):
                yield {one.id: _start(one, float(share)) for one, share in zip(wanted, shares, strict=True)}

    def misfit(values: dict[str, float]) -> Misfit | None:
        try:
            found = model.simulate(values)
        except ExoresistError:
            return None
        return Misfit(found.residual * found.noise, _logarithm(found.noise), found.log_likelihood)

    return climb(
        misfit,
        [Unknown(one.id, one.low, one.high, one.scale) for one in wanted],
        starts(),
        descents=STARTS,
        log_prior=model.log_prior if any(one.log_prior is not None for one in wanted) else None,
        laplace=model.laplace,
        progress=bar,
    )


def _logarithm(noise: Any) -> Any:
    import numpy as np

    with np.errstate(all="ignore"):  # a width of 0 has no density, and the point is passed over
        return np.log(noise)


def _latin(unknowns: int, count: int, random: Any) -> Any:
    """Shares in (0, 1), one in each of `count` equal parts for every unknown."""
    import numpy as np

    return np.stack([(random.permutation(count) + random.random(count)) / count for _ in range(unknowns)], axis=1)


def _start(parameter: Any, share: float) -> float:
    value = parameter.start(share) if parameter.start is not None else math.nan
    if not math.isfinite(value):
        low, high = max(parameter.low, -1e3), min(parameter.high, 1e3)
        value = low + (high - low) * share
    return float(min(max(value, parameter.low), parameter.high))


def _summary(
    model: PetabModel, optimum: Optimum | None, readings: Readings, nominal: dict[str, Any], fitted: dict[str, float]
) -> dict[str, Any]:
    problem = model.problem
    place = {one.name: number for number, one in enumerate(optimum.unknowns)} if optimum else {}
    rows = []
    for one in problem.parameters.values():
        number = place.get(one.id)
        rows.append({
            "name": one.id, "value": fitted.get(one.id, model.nominal[one.id]), "estimated": one.estimate,
            "low": optimum.low[number] if optimum and number is not None else None,
            "high": optimum.high[number] if optimum and number is not None else None,
            "lower_bound": one.low if math.isfinite(one.low) else None, "upper_bound": one.high if math.isfinite(one.high) else None,
            "scale": one.scale, "nominal": one.nominal,
        })  # fmt: skip
    return {
        "name": problem.path.stem.lstrip("_"),
        "title": f"PEtab problem {problem.path.name}",
        "petab_version": problem.version,
        "parameters": rows,
        "log_likelihood": readings.log_likelihood,
        "log_prior": model.log_prior(fitted),
        "chi2": readings.chi2,
        "measurements": len(problem.measurements),
        "nominal": nominal,
        "predictive": {},
        "search": {
            "starts": STARTS,
            "descents": len(optimum.finals),
            "agreeing": optimum.agreeing,
            "evaluations": optimum.evaluations,
        }
        if optimum
        else {},
        "seed": SEED,
        "sentences": _sentences(model, optimum, readings, nominal),
        "warnings": _warnings(model, optimum),
    }


def _sentences(model: PetabModel, optimum: Optimum | None, readings: Readings, nominal: dict[str, Any]) -> list[str]:
    problem = model.problem
    count = len(problem.measurements)
    if optimum is None:
        return [
            f"The log-likelihood of {count} measurements is {readings.log_likelihood:.6g} (chi-squared {readings.chi2:.4g}).",
            "The problem asks for no parameter: nothing was fitted.",
        ]
    said = [
        f"Fitted {len(optimum.unknowns)} parameters to {count} measurements: log-likelihood {readings.log_likelihood:.6g}, "
        f"chi-squared {readings.chi2:.4g}."
    ]
    if nominal["log_likelihood"] is not None and nominal["given"]:
        said.append(
            f"At the values that the problem gives it is {nominal['log_likelihood']:.6g} (chi-squared {nominal['chi2']:.4g})."
        )
    said.append(f"{optimum.agreeing} of {len(optimum.finals)} descents ended at the best point.")
    if any(one.log_prior is not None for one in problem.estimated):
        said.append("Priors were counted in: the best point is that of the posterior.")
    return said


def _warnings(model: PetabModel, optimum: Optimum | None) -> list[str]:
    said = [f"The PEtab library remarks: {text}" for text in model.problem.warnings]
    if optimum is None:
        return said
    edge = [one.name for one, there in zip(optimum.unknowns, optimum.at_bound, strict=True) if there]
    if edge:
        said.append(f"On a bound, so perhaps better beyond it: {', '.join(edge)}.")
    flat = [one.name for one, low in zip(optimum.unknowns, optimum.low, strict=True) if low is None and one.name not in edge]
    if flat:
        said.append(
            f"The measurements do not settle: {', '.join(flat)}. No interval is given for what does not change the likelihood."
        )
    if optimum.agreeing == 1 and len(optimum.finals) > 1:
        said.append("Only one descent reached the best point: there may be a better one.")
    return said


def _table(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> str:
    def cell(value: Any) -> str:
        return "" if value is None else f"{value:.12g}" if isinstance(value, float) else str(value)

    return "\n".join(["\t".join(columns), *("\t".join(cell(row.get(column)) for column in columns) for row in rows)]) + "\n"
