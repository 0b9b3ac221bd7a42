"""What a cohort fit says: its numbers, how groups that were held out came out, and two predictions without mechanism beside it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.xenograft_file import XenograftFile
from exoresist.catalog import Catalog
from exoresist.core.errors import InputError
from exoresist.core.progress import Progress, Silent
from exoresist.core.quantity import Quantity
from exoresist.core.random import stream
from exoresist.studies.answer import Row
from exoresist.studies.likelihood import LogNormal
from exoresist.studies.xenograft import at_times
from exoresist.studies.xenograft_fit import PLASMA, TUMOUR, Mouse, XenograftFit, drawn, fit_xenografts, volume_table

Array = NDArray[np.float64]

DRAWS = 300
# number of the model -> (name in the catalogue, subjects from the most special on); `{drug}` is the drug of the file
ROWS: dict[str, tuple[str, tuple[str, ...]]] = {
    "absorption": ("oral_absorption_rate", ("drug:{drug}", "drug")),
    "volume": ("oral_volume", ("drug:{drug}", "drug")),
    "elimination": ("oral_elimination_rate", ("drug:{drug}", "drug")),
    "volume_spread": ("animal_spread", ("xenograft",)),
    "elimination_spread": ("animal_spread", ("xenograft",)),
    "plasma_noise": ("assay_noise", ("plasma",)),
    "start": ("xenograft_start_volume", ("xenograft",)),
    "growth": ("xenograft_growth_rate", ("xenograft",)),
    "slope": ("xenograft_linear_growth", ("xenograft",)),
    "kill": ("xenograft_kill_rate", ("xenograft",)),
    "half_effect": ("plasma_half_effect", ("drug:{drug}", "drug")),
    "clearance": ("xenograft_clearance_rate", ("xenograft",)),
    "start_spread": ("animal_spread", ("xenograft",)),
    "growth_spread": ("animal_spread", ("xenograft",)),
    "kill_spread": ("animal_spread", ("xenograft",)),
    "noise": ("caliper_noise", ("xenograft",)),
    "molar_mass": ("molar_mass", ("drug:{drug}",)),
    "limit": ("caliper_limit", ("xenograft",)),
}
SETTLED = 0.5  # an interval narrower than this share of the one before the data


@dataclass(frozen=True)
class XenograftAnswer:
    """The result.

    predictive   held-out group -> error, baseline, baseline_nearest (root mean square of ln(predicted / measured)), readings, coverage
    readings     rows group, animal, role, time, volume, predicted, low, high, baseline, individual (course at the most likely effects)
    bands        rows group, role, time, measured, median, low, high: middle half-way and 90 % over animals that were there
    plasma       rows group, animal, since (h after the last dose), concentration, below, predicted
    """

    file: XenograftFile
    fit: XenograftFit
    parameters: list[Row]
    predictive: dict[str, Row]
    readings: list[Row]
    bands: list[Row]
    plasma: list[Row]
    sentences: list[str]
    warnings: list[str]
    timing_s: float

    def summary(self) -> dict[str, Any]:
        """For programs."""
        return {
            "name": self.file.name, "title": self.file.title, "source": self.file.source, "drug": self.file.drug,
            "parameters": self.parameters,
            "log_likelihood": self.fit.plasma.log_likelihood + self.fit.tumour.log_likelihood,
            "log_likelihood_plasma": self.fit.plasma.log_likelihood, "log_likelihood_tumour": self.fit.tumour.log_likelihood,
            "predictive": self.predictive,
            "animals": {"fitted": len(self.fit.animals), "plasma": len(self.fit.plasma_animals)},
            "history": self.file.history, "seed": self.file.seed,
            "sentences": self.sentences, "warnings": self.warnings, "timing_s": self.timing_s,
        }  # fmt: skip


def quantities_of(catalog: Catalog, drug: str) -> dict[str, Quantity]:
    """What is expected of each number before the data; InputError for a drug without the rows."""
    return {key: catalog.parameter(name, *(one.format(drug=drug) for one in subjects)) for key, (name, subjects) in ROWS.items()}


def group_text(dose: float) -> str:
    return f"{dose:g} mg/kg"


def answer_xenografts(
    file: XenograftFile, mice: Sequence[Mouse], catalog: Catalog, progress: Progress | None = None
) -> XenograftAnswer:
    """Fit the groups that the file names and foretell the others.

    raises  InputError for groups without animals, and for numbers that the catalogue lacks
    """
    begin = time.perf_counter()
    report = progress or Silent()
    quantities = quantities_of(catalog, file.drug)
    doses = sorted({one.dose for one in mice})
    for dose in (*file.fitted, *file.plasma, *file.held_out):
        if dose not in doses:
            raise InputError(f"No animal had {group_text(dose)}", ", ".join(map(group_text, doses)), "Name groups of the data")
    fitted = [one for one in mice if one.dose in file.fitted]
    fit = fit_xenografts(
        [one for one in mice if one.dose in file.plasma], fitted, quantities, lambda share: report.advance(0.9 * share)
    )
    readings: list[Row] = []
    bands: list[Row] = []
    predictive: dict[str, Row] = {}
    for dose in (*file.fitted, *file.held_out):
        role = "fitted" if dose in file.fitted else "held out"
        group = [one for one in mice if one.dose == dose]
        rows, band = _group(fit, group, role, fitted, file.seed)
        readings += rows
        bands += band
        if role == "held out":
            predictive[group_text(dose)] = _errors(rows, fit.limit)
        report.advance(0.1 / (len(file.fitted) + len(file.held_out)))
    plasma = _plasma_rows(fit)
    parameters = _parameters(fit, quantities)
    answer = XenograftAnswer(file, fit, parameters, predictive, readings, bands, plasma, [], [], time.perf_counter() - begin)
    answer.sentences.extend(_sentences(answer))
    answer.warnings.extend(_warnings(answer))
    return answer


def _group(
    fit: XenograftFit, group: Sequence[Mouse], role: str, fitted: Sequence[Mouse], seed: int
) -> tuple[list[Row], list[Row]]:
    """Every reading of a group beside what is foretold of it from the animal's first volume, doses and weight."""
    table = volume_table(group, fit.limit)
    last = float(np.nanmax(table.times))
    random = stream(seed, "xenograft", role, group[0].dose)
    courses = at_times(fit.foretold(group, last, DRAWS, random, from_first=True), table.times)  # (draws, A, R)
    noise = np.exp(fit.tumour.draws(DRAWS, random)[:, fit.tumour.place("noise")])
    noisy = np.log(LogNormal(noise[:, None, None]).draw(np.exp(courses), random))
    own = None
    if role == "fitted":
        whole = fit.courses(fit.animals, float(np.nanmax(volume_table(fit.animals, fit.limit).times)))
        places = [fit.animals.index(one) for one in group]
        own = at_times(whole[places], table.times)
    baseline = _baselines(fitted, group[0].dose, table.times)
    rows = []
    for place, animal in enumerate(group):
        for column in np.flatnonzero(np.isfinite(table.times[place])):
            low, middle, high = np.quantile(noisy[:, place, column], [0.05, 0.5, 0.95])
            first = np.log(table.values[place, 0])
            rows.append({
                "group": group_text(animal.dose), "animal": animal.id, "role": role, "time": float(table.times[place, column]),
                "volume": float(table.values[place, column]), "predicted": float(np.exp(np.median(courses[:, place, column]))),
                "low": float(np.exp(low)), "high": float(np.exp(high)),
                "baseline": float(np.exp(first + baseline[0][place, column])), "nearest": float(np.exp(first + baseline[1][place, column])),
                "individual": float(np.exp(own[place, column])) if own is not None else None, "first": column == 0,
            })  # fmt: skip
    bands = []
    for moment in np.unique(table.times[np.isfinite(table.times)]):
        there = table.times == moment
        low, middle, high = np.exp(np.quantile(noisy[:, there], [0.05, 0.5, 0.95]))
        bands.append({
            "group": group_text(group[0].dose), "role": role, "time": float(moment), "animals": int(there.sum()),
            "measured": float(np.median(table.values[there])), "median": float(middle), "low": float(low), "high": float(high),
        })  # fmt: skip
    return rows, bands


def _baselines(fitted: Sequence[Mouse], dose: float, times: Array) -> tuple[Array, Array]:
    """Two predictions of ln(volume / first volume) without mechanism, (A, R).

    The mean growth of each fitted group between its readings adds up to a curve; the first prediction scales the curves with the dose,
    straight between groups and on beyond them, the second repeats the treated group that is nearest in ratio.
    """
    curves = {}
    for group in sorted({one.dose for one in fitted}):
        steps: dict[tuple[float, float], list[float]] = {}
        for one in fitted:
            if one.dose == group:
                for (t0, v0), (t1, v1) in pairwise(one.volumes):
                    steps.setdefault((t0, t1), []).append(float(np.log(max(v1, 1e-3) / max(v0, 1e-3))) / (t1 - t0))
        edges = np.unique([time for pair in steps for time in pair])
        rates = []
        for start, end in pairwise(edges):
            here = [np.mean(found) for (t0, t1), found in steps.items() if t0 <= start and t1 >= end]
            rates.append(float(np.mean(here)) if here else 0.0)
        total = np.concatenate([[0.0], np.cumsum(np.array(rates) * np.diff(edges))])
        curves[group] = np.interp(np.where(np.isfinite(times), times, edges[0]), edges, total)
    doses = np.array(sorted(curves))
    upper = int(np.clip(np.searchsorted(doses, dose), 1, len(doses) - 1))
    low, high = doses[upper - 1], doses[upper]
    share = (dose - low) / (high - low)
    treated = [one for one in doses if one > 0.0]
    nearest = min(treated, key=lambda one: abs(np.log(max(dose, 1e-9) / one))) if dose > 0.0 else 0.0
    return (1.0 - share) * curves[low] + share * curves[high], curves[nearest]


def _errors(rows: Sequence[Mapping[str, Any]], limit: float) -> Row:
    """Root mean squares of ln(predicted / measured) over readings after the first; what is below the calliper's limit counts as at it."""
    later = [row for row in rows if not row["first"]]
    seen = np.log([max(row["volume"], limit) for row in later])

    def error(key: str) -> float:
        return float(np.sqrt(np.mean((np.log([max(row[key], limit) for row in later]) - seen) ** 2)))

    inside = [
        row["low"] <= max(row["volume"], limit) <= row["high"] or (row["volume"] <= limit and row["low"] <= limit)
        for row in later
    ]
    return {
        "error": error("predicted"), "baseline": error("baseline"), "baseline_nearest": error("nearest"), "readings": len(later),
        "animals": len({row["animal"] for row in later}), "coverage_90": float(np.mean(inside)), "unit": "ln(volume)",
    }  # fmt: skip


def _plasma_rows(fit: XenograftFit) -> list[Row]:
    from exoresist.studies.xenograft import Dosing

    rows = []
    numbers = fit.plasma_numbers(fit.plasma_animals)
    for place, animal in enumerate(fit.plasma_animals):
        dosing = Dosing.of([animal.doses], [animal.weight], fit.molar_mass)
        for noted, value, below in animal.plasma:
            moment = drawn(animal, noted)
            before = [time for time, _ in animal.doses if time < moment]
            course = dosing.concentration(np.array([moment]), *(one[[place]] for one in numbers))
            rows.append({
                "group": group_text(animal.dose), "animal": animal.id, "since": moment - max(before, default=moment),
                "concentration": value * 1000.0 / fit.molar_mass, "below": below, "predicted": float(course[0, 0]),
            })  # fmt: skip
    return rows


def _parameters(fit: XenograftFit, quantities: Mapping[str, Quantity]) -> list[Row]:
    rows = []
    for stage, names in ((fit.plasma, PLASMA), (fit.tumour, TUMOUR)):
        for name in names:
            row = quantities[name]
            low, high = stage.interval(name)
            rows.append({
                "name": name, "catalogue": row.name, "subject": row.subject, "value": stage.number(name), "unit": row.unit, "low": low,
                "high": high, "prior_low": row.low, "prior_high": row.high,
                "identified": bool(np.log(high / low) < SETTLED * np.log(row.high / row.low)),
            })  # fmt: skip
    return rows


def _sentences(answer: XenograftAnswer) -> list[str]:
    said = []
    for group, row in answer.predictive.items():
        better = "closer than" if row["error"] < row["baseline"] else "no closer than"
        said.append(
            f"At {group}, held out, volumes are off by a factor of {np.exp(row['error']):.2f} (root mean square over "
            f"{row['readings']} readings of {row['animals']} animals), {better} growth rates scaled with the dose "
            f"({np.exp(row['baseline']):.2f}); repeating the nearest treated group: {np.exp(row['baseline_nearest']):.2f}. "
            f"{100 * row['coverage_90']:.0f} % of readings lie in the 90 % band."
        )
    loose = [row["name"].replace("_", " ") for row in answer.parameters if not row["identified"]]
    if loose:
        said.append(f"The readings hardly narrow what was expected of: {', '.join(loose)}.")
    spread = answer.fit.tumour.number("growth_spread")
    said.append(f"Growth rates differ between animals by a factor of {np.exp(spread):.2f} (one standard deviation).")
    return said


def _warnings(answer: XenograftAnswer) -> list[str]:
    said = []
    for name, stage in (("plasma", answer.fit.plasma), ("tumour", answer.fit.tumour)):
        if not stage.converged:
            said.append(f"The search of the {name} numbers ended at its limit of steps: they may not be the best.")
    if any(row["name"] == "half_effect" and not row["identified"] for row in answer.parameters):
        said.append(
            "One fitted dose cannot tell how the effect depends on the concentration: predictions of other doses lean on the range "
            "that was expected beforehand."
        )
    if not answer.plasma:
        said.append("No plasma was measured: concentrations are those expected of the drug, with their whole range.")
    few = [group for group, row in answer.predictive.items() if row["coverage_90"] < 0.8]
    if few:
        said.append(
            f"The 90 % band holds fewer readings than it should at {', '.join(few)}: there the model is wrong, not just uncertain."
        )
    if answer.file.history:
        said.append(f"Seen before: {answer.file.history.strip()}")
    return said
