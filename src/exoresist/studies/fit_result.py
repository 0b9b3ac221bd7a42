"""What a fit to confluence returns, in numbers, words and files."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exoresist.catalog.parameter_file import write_parameter_file
from exoresist.core.errors import InputError
from exoresist.core.quantity import Quantity
from exoresist.studies.answer import Row, plain
from exoresist.studies.draws import write_draws
from exoresist.studies.fit_problem import DEAD_SPREAD, SPREADING
from exoresist.studies.names import listed

CURVE_COLUMNS = (
    "dose", "time", "role", "observed", "observed_sd", "predicted", "low", "high", "baseline", "nearest",
)  # fmt: skip


@dataclass(frozen=True)
class FitResult:
    """A fit to some doses and the prediction of the others. Errors: root mean square over times and doses, %.

    fit_error, prediction_error
                       of the model on the fitted and on the held-out doses
    baseline_*         of growth with a Hill-type kill rate, fitted to the same doses
    nearest_dose_error of repeating the curve of the nearest fitted dose, on the held-out doses
    cross_validation_error
                       fitted doses, each predicted from the others; None with fewer than three doses
    replicate_error    standard error of the mean over replicates on the held-out doses: no prediction can be shown to
                       be better than that
    by_dose            rows dose, role, model, baseline, nearest, nearest_dose, left_out, replicate_error; dead: what
                       dead cells cover in the model at the last time, %; stained: what stains as dead then, or None
    parameters         rows name, subject, value, unit, low, high, prior_low, prior_high, identified; low and high are
                       the 90 % interval, prior_low and prior_high the same before the data
    log_likelihood     of the mean readings of the fitted doses, at the fitted values
    curves             rows of CURVE_COLUMNS, dose in nM, time in h, the rest in %; low and high: 90 % of the
                       parameter sets that the readings and expectations allow
    fitted             catalogue rows of kind `fitted`, narrowed to the cell line that was measured
    draws              `name@subject` -> draws of the posterior, as many as count as independent
    history            how often the held-out doses were looked at before, in the scenario's words
    noise              relative (standard deviation of a well), repeats (readings that count as one), replicates
    """

    name: str
    title: str
    question: str
    source: str
    fit_error: float
    prediction_error: float
    baseline_fit_error: float
    baseline_prediction_error: float
    nearest_dose_error: float
    cross_validation_error: float | None
    replicate_error: float
    by_dose: list[Row]
    parameters: list[Row]
    log_likelihood: float
    curves: list[Row]
    fitted: tuple[Quantity, ...]
    noise: Mapping[str, float]
    search: Mapping[str, float]
    seed: int
    timing_s: float
    draws: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    history: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    sentences: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def to_dict(self) -> Row:
        """The result without its curves, for programs; numbers that are not finite become None."""
        data: dict[str, Any] = {
            "fit_error": self.fit_error,
            "prediction_error": self.prediction_error,
            "baseline_prediction_error": self.baseline_prediction_error,
            "nearest_dose_error": self.nearest_dose_error,
            "parameters": self.parameters,
            "predictive": {
                f"{row['dose']:g} nM": {"error": row["model"], "baseline": row["baseline"], "unit": "%"}
                for row in self.by_dose
                if row["role"] == "predicted"
            },
            "baseline_fit_error": self.baseline_fit_error,
            "cross_validation_error": self.cross_validation_error,
            "replicate_error": self.replicate_error,
            "by_dose": self.by_dose,
            "log_likelihood": self.log_likelihood,
            "noise": dict(self.noise),
            "search": dict(self.search),
            "history": self.history,
            "sentences": self.sentences,
            "warnings": self.warnings,
            "name": self.name,
            "source": self.source,
            "seed": self.seed,
            "timing_s": self.timing_s,
            "versions": dict(self.versions),
        }
        return {key: plain(value) for key, value in data.items()}

    def write(self, folder: Path) -> Path:
        """Write fitted.yaml, summary.json (also as fit.json), posterior.parquet and curves.csv.

        Returns the path of fitted.yaml, to be named in a scenario.
        """
        place = Path(folder)
        target = place / "fitted.yaml"
        try:
            place.mkdir(parents=True, exist_ok=True)
            text = json.dumps(self.to_dict(), indent=2, ensure_ascii=False, allow_nan=False)
            for name in ("fit.json", "summary.json"):
                (place / name).write_text(text + "\n", encoding="utf-8")
            if self.draws:
                write_draws(self.draws, place / "posterior.parquet")
            with (place / "curves.csv").open("w", newline="", encoding="utf-8") as handle:
                writer = csv.DictWriter(handle, CURVE_COLUMNS, lineterminator="\n")
                writer.writeheader()
                writer.writerows(self.curves)
        except OSError as error:
            reason = error.strerror or str(error)
            raise InputError(f"cannot write to '{place}': {reason}", "a folder that can be written") from error
        write_parameter_file(target, self.fitted)
        return target


def fit_sentences(result: FitResult) -> list[str]:
    """The result in words, most important first."""
    held_out = [row for row in result.by_dose if row["role"] == "predicted"]
    fitted = [row for row in result.by_dose if row["role"] == "fitted"]
    difference = result.prediction_error - result.baseline_prediction_error
    if abs(difference) < 0.05:
        verdict = "as good as"
    else:
        verdict = f"{'worse' if difference > 0 else 'better'} by {abs(difference):.2f} than"
    sentences = [
        f"At {_listed(held_out)}, held out of the fit, the model is off by {result.prediction_error:.2f} % "
        f"confluence (root mean square), {verdict} the baseline without mechanism "
        f"({result.baseline_prediction_error:.2f}); repeating the nearest fitted dose is off by "
        f"{result.nearest_dose_error:.2f}.",
        f"At the fitted doses, {_listed(fitted)}, it is off by {result.fit_error:.2f}, the baseline by "
        f"{result.baseline_fit_error:.2f}.",
        "By held-out dose, model and baseline: "
        + "; ".join(f"{row['dose']:g} nM {row['model']:.2f} and {row['baseline']:.2f}" for row in held_out)
        + f". The means over replicates are themselves known to {result.replicate_error:.2f}.",
    ]
    if result.cross_validation_error is not None:
        sentences.append(
            f"Each fitted dose predicted from the other fitted ones: off by {result.cross_validation_error:.2f}. "
            "Choices about the model are to be made by this figure, never by the held-out doses."
        )
    if result.history:
        sentences.append(result.history)
    for row in result.parameters:
        if row["name"] == SPREADING:
            sentences.append(
                f"A cell that damage has arrested is fitted to cover {1 + row['value']:.2f} times what a dividing one covers "
                f"({1 + row['low']:.2f} to {1 + row['high']:.2f}): more cover there is not more cells."
            )
    if any(row["stained"] is not None for row in result.by_dose):
        sentences.append(
            "Cover dead and stained as dead at the end, in %: "
            + "; ".join(f"{row['dose']:g} nM {row['dead']:.2g} and {row['stained']:.2g}" for row in result.by_dose)
            + f". A dead cell rounds up, so up to {DEAD_SPREAD:g} times the stained area may be dead, not more."
        )
    known = [row["name"].replace("_", " ") for row in result.parameters if row["identified"]]
    open_ones = [row["name"].replace("_", " ") for row in result.parameters if not row["identified"]]
    if open_ones:
        sentences.append(
            f"The data settle {listed(known) if known else 'none of the parameters'}; they leave open "
            f"{listed(open_ones)}: the 90 % interval is more than half as wide as before the data, so these values "
            "rest on what was expected."
        )
    else:
        sentences.append(f"The data settle all parameters: {listed(known)}.")
    sentences.append(
        "Least squares over the readings and over the parameters' distance from their ranges, each in its own standard "
        f"deviations; that of a well is {100 * result.noise['relative']:.1f} % from the replicates, and "
        f"{result.noise['repeats']:.3g} readings of one well count as one, since wells deviate as a whole."
    )
    return sentences


def _listed(rows: list[Row]) -> str:
    return listed([f"{row['dose']:g}" for row in rows]) + " nM"
