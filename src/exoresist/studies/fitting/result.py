"""What a fit returns, in numbers and files; the words are in `words`."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.fit_reader import FitPlan
from exoresist.catalog.parameter_file import write_parameter_file
from exoresist.core.errors import InputError
from exoresist.core.quantity import Quantity
from exoresist.core.random import stream
from exoresist.studies.answer import Row, plain
from exoresist.studies.draws import write_draws
from exoresist.studies.fitting.baseline import Baseline, key_label
from exoresist.studies.fitting.checks import Predictive
from exoresist.studies.fitting.climb import Summit
from exoresist.studies.fitting.experiments import Condition
from exoresist.studies.fitting.posterior import Posterior
from exoresist.studies.fitting.readouts import readout_unit
from exoresist.studies.fitting.sampling import Posteriors
from exoresist.studies.fitting.unknowns import Unknown, values_of
from exoresist.studies.fitting.words import sentences, warnings
from exoresist.studies.provenance import versions

Array = NDArray[np.float64]
PRIOR_WIDTH = 3.2897072539029444  # 5 % to 95 % of a standard normal
PRIOR_DRAWS = 4000
SETTLED = 0.5  # identified: the 90 % interval is at most this share of what was expected
CURVE_COLUMNS = (
    "experiment", "arm", "condition", "dose", "dosed", "readout", "unit", "time", "role", "observed", "observed_sd", "replicates",
    "predicted", "low", "high", "below", "above", "baseline",
)  # fmt: skip
PARAMETER_COLUMNS = (
    "name", "subject", "experiment", "value", "median", "low", "high", "unit", "prior_low", "prior_median", "prior_high",
    "identified", "narrowed", "effective", "r_hat",
)  # fmt: skip


@dataclass(frozen=True)
class GeneralFit:
    """A fit, its posterior and its predictions.

    parameters      rows of PARAMETER_COLUMNS: `value` the best point (of a spread between experiments the median), low and
                    high 90 % of the posterior; `narrowed` by how much of
                    what was expected the data took away (0 nothing, 1 all)
    log_likelihood  of the fitted readings at the best point
    predictive      held-out condition -> error (root mean square against the mean of replicates), baseline, coverage, unit
    readouts        rows of `checks.checks`;  fitted_errors rows by fitted condition
    curves          rows of CURVE_COLUMNS
    draws           `name@subject` -> values of the posterior
    """

    name: str
    title: str
    question: str
    parameters: list[Row]
    log_likelihood: float
    predictive: dict[str, Row]
    fitted_errors: list[Row]
    readouts: list[Row]
    curves: list[Row]
    draws: Mapping[str, Array]
    fitted: tuple[Quantity, ...]
    search: Row
    sampling: Row
    readings: int
    held_out: int
    seed: int
    history: str = ""
    timing_s: float = 0.0
    versions: Mapping[str, str] = field(default_factory=dict)
    sentences: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def with_timing(self, seconds: float) -> GeneralFit:
        """The same result, with how long it took."""
        return replace(self, timing_s=seconds)

    def to_dict(self) -> Row:
        """The result without curves and draws, for programs; numbers that are not finite become None."""
        names = ("name", "parameters", "log_likelihood", "predictive", "fitted_errors", "readouts", "search", "sampling", "readings",
                 "held_out", "history", "sentences", "warnings", "seed", "timing_s")  # fmt: skip
        return {**{name: plain(getattr(self, name)) for name in names}, "versions": dict(self.versions)}

    def write(self, folder: Path) -> None:
        """Write summary.json, posterior.parquet, curves.csv and, where catalogue rows were fitted, fitted.yaml."""
        place = Path(folder)
        try:
            place.mkdir(parents=True, exist_ok=True)
            text = json.dumps(self.to_dict(), indent=2, ensure_ascii=False, allow_nan=False)
            (place / "summary.json").write_text(text + "\n", encoding="utf-8")
            with (place / "curves.csv").open("w", newline="", encoding="utf-8") as handle:
                writer = csv.DictWriter(handle, CURVE_COLUMNS, extrasaction="ignore", lineterminator="\n")
                writer.writeheader()
                writer.writerows(self.curves)
            write_draws(self.draws, place / "posterior.parquet")
        except OSError as error:
            raise InputError(f"cannot write to '{place}': {error.strerror or error}", "a folder that can be written") from error
        if self.fitted:
            write_parameter_file(place / "fitted.yaml", self.fitted)


def assembled(
    plan: FitPlan, posterior: Posterior, summit: Summit, draws: Posteriors, seen: Predictive, readouts: list[Row],
    unseen: Predictive | None, plain_: Baseline | None,
) -> GeneralFit:  # fmt: skip
    """The result in its final form."""
    values = values_of(posterior.unknowns, draws.draws)
    best = values_of(posterior.unknowns, summit.point[None])[0]
    # The likeliest point of a spread together with all that scatters lies at far too large a spread: its middle is told.
    spreads = {unknown.spread for unknown in posterior.unknowns if unknown.middle}
    for place, unknown in enumerate(posterior.unknowns):
        if unknown.label in spreads:
            best[place] = np.median(values[:, place])
    before = values_of(posterior.unknowns, stream(plan.file.seed, "fit", "before").standard_normal((PRIOR_DRAWS, posterior.size)))
    parameters = [
        _parameter(unknown, float(best[place]), values[:, place], draws.draws[:, place], draws, place, before[:, place])
        for place, unknown in enumerate(posterior.unknowns)
    ]
    curves = _curves(posterior, seen, "fitted", None)
    errors = _errors(curves)
    predictive: dict[str, Row] = {}
    if unseen is not None:
        later = _curves(posterior, unseen, "predicted", plain_)
        curves += later
        predictive = {str(row["condition"]): row for row in _errors(later)}
    file = plan.file
    result = GeneralFit(
        name=file.name,
        title=file.title or file.name,
        question=file.question,
        parameters=parameters,
        log_likelihood=float(posterior.log_likelihood(summit.point[None])[0]),
        predictive=predictive,
        fitted_errors=errors,
        readouts=readouts,
        curves=curves,
        draws={unknown.label: values[:, place] for place, unknown in enumerate(posterior.unknowns)},
        fitted=tuple(_fitted(one, row, file.name) for one, row in zip(posterior.unknowns, parameters, strict=True) if _row(one)),
        search={"log_density": summit.density, "followed": summit.followed, "agreeing": summit.agreeing, "rounds": summit.rounds,
                "gradient": summit.gradient},
        sampling={"walkers": draws.walkers, "steps": draws.steps, "warm_up": draws.warm_up, "acceptance": draws.acceptance,
                  "effective": float(np.min(draws.effective)), "r_hat": float(np.max(draws.r_hat)),
                  "autocorrelation": float(np.max(draws.autocorrelation)), "converged": draws.converged, "draws": len(draws.draws)},
        readings=len(posterior.places),
        held_out=0 if unseen is None else len(unseen.places),
        seed=file.seed,
        history=" ".join(file.history.split()),
        versions=versions(),
    )  # fmt: skip
    return replace(result, sentences=sentences(result), warnings=warnings(result))


def _parameter(unknown: Unknown, best: float, values: Array, points: Array, draws: Posteriors, place: int, before: Array) -> Row:
    """`before`: draws of an experiment's own value, whose expectation is that of what it scatters about as well."""
    prior = unknown.values(np.array([-PRIOR_WIDTH / 2.0, 0.0, PRIOR_WIDTH / 2.0]))
    low, median, high = np.quantile(values, [0.05, 0.5, 0.95])
    ends = np.quantile(points, [0.05, 0.95])
    kept = float((ends[1] - ends[0]) / PRIOR_WIDTH)
    if unknown.middle:
        prior = np.quantile(before, [0.05, 0.5, 0.95])
        kept = float(np.log(high / low) / np.log(prior[2] / prior[0]))
    return {
        "name": unknown.prior.name, "subject": unknown.prior.subject, "experiment": unknown.experiment, "value": best,
        "median": float(median), "low": float(low), "high": float(high), "unit": unknown.prior.unit, "prior_low": float(prior[0]),
        "prior_median": float(prior[1]), "prior_high": float(prior[2]), "identified": bool(kept <= SETTLED),
        "narrowed": max(0.0, 1.0 - kept), "effective": float(draws.effective[place]), "r_hat": float(draws.r_hat[place]),
    }  # fmt: skip


def _row(unknown: Unknown) -> bool:
    """Whether an unknown is a row of the catalogue that all experiments share."""
    return not unknown.readout[0] and not unknown.experiment and unknown.catalogued


def _fitted(unknown: Unknown, row: Row, source: str) -> Quantity:
    shapes = {"loguniform": "lognormal", "uniform": "normal"}
    settled = "settled by the data" if row["identified"] else "left open by the data: mostly the range expected before"
    low, high = row["low"], row["high"]
    return Quantity(
        min(max(row["value"], low), high), row["unit"], low, high, shapes.get(unknown.prior.distribution, unknown.prior.distribution),
        "fitted", source, "posterior of ask fit",
        f"fitted together with the other rows of this file, so use them together; {settled}", row["name"], row["subject"],
    )  # fmt: skip


def _curves(posterior: Posterior, found: Predictive, role: str, plain_: Baseline | None) -> list[Row]:
    """One row per experiment, arm, condition, readout and time: replicates are joined, predictions are the same for all."""
    groups = {group.key: group for group in posterior.groups}
    several = len(posterior.file.readouts) > 1
    joined: dict[tuple[object, ...], list[int]] = {}
    for number, place in enumerate(found.places):
        joined.setdefault((place.key, place.condition, place.readout, place.time), []).append(number)
    rows = []
    for numbers in joined.values():
        place = found.places[numbers[0]]
        group, readout = groups[place.key], posterior.file.readouts[place.readout]
        condition = group.conditions[place.condition]
        where, doses = key_label(place.key), _doses_text(condition, group.model.scenario.vesicles)
        text = doses if where in dict(condition) else " ".join(part for part in (where, doses) if part)  # named after its drug
        seen = found.observed[numbers]
        first = numbers[0]
        rows.append({
            "experiment": place.key[0], "arm": place.key[1], "condition": _condition_text(text, readout.id, several),
            "dose": condition[0][1] if len(condition) == 1 else None, "dosed": condition[0][0] if len(condition) == 1 else "",
            "readout": readout.id, "unit": readout.unit or readout_unit(readout.reads, group.model), "time": group.times[place.time],
            "role": role, "observed": float(seen.mean()), "observed_sd": float(seen.std(ddof=1)) if len(seen) > 1 else None,
            "replicates": len(seen), "predicted": float(found.best[first]),
            "low": float(found.low[first]), "high": float(found.high[first]),
            "below": float(found.below[first]), "above": float(found.above[first]),
            "baseline": None if plain_ is None or not np.isfinite(plain_.predicted[first]) else float(plain_.predicted[first]),
            "baseline_kind": None if plain_ is None else plain_.kinds[first], "covered": float(np.mean(found.covered[numbers])),
        })  # fmt: skip
    return [{key: row[key] for key in (*CURVE_COLUMNS, "baseline_kind", "covered")} for row in rows]


def _condition_text(text: str, readout: str, several: bool) -> str:
    return f"{text} ({readout})" if several and text else text or readout


def _doses_text(condition: Condition, preparations: Sequence[Any]) -> str:
    """`6.25 nM doxorubicin, 100 particle/cell preparation`."""
    names = {entry.id for entry in preparations}
    return ", ".join(f"{amount:g} {'particle/cell' if name in names else 'nM'} {name}" for name, amount in condition)


def _errors(curves: Sequence[Row]) -> list[Row]:
    """One row per condition and readout: root mean square errors against the mean over replicates."""
    joined: dict[tuple[str, str], list[Row]] = {}
    for row in curves:
        joined.setdefault((row["condition"], row["readout"]), []).append(row)
    result = []
    for (condition, readout), rows in joined.items():
        seen = np.array([row["observed"] for row in rows])
        known = [row["baseline"] is not None for row in rows]
        spread = [row["observed_sd"] ** 2 / row["replicates"] for row in rows if row["observed_sd"] is not None]
        result.append({
            "condition": condition, "readout": readout, "unit": rows[0]["unit"], "readings": sum(row["replicates"] for row in rows),
            "error": float(np.sqrt(np.mean((np.array([row["predicted"] for row in rows]) - seen) ** 2))),
            "baseline": float(np.sqrt(np.mean([(row["baseline"] - row["observed"]) ** 2 for row in rows]))) if all(known) else None,
            "baseline_kind": rows[0]["baseline_kind"],
            "coverage": float(np.mean([row["covered"] for row in rows])),
            "replicate_error": float(np.sqrt(np.mean(spread))) if spread else None,
        })  # fmt: skip
    return result
