"""What is told of a cohort: curves, response, markers, and the answer in words; plain data for report and programs."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.cohort import Cohort
from exoresist.assembly.scenario import Scenario
from exoresist.catalog import Catalog
from exoresist.core.progress import Progress, Silent, Stages
from exoresist.studies import provenance
from exoresist.studies.answer import Estimate, Row, plain
from exoresist.studies.cohort import ArmOutcome, CohortResult, Reading, expected_work, run_cohort, with_patients
from exoresist.studies.cohort_words import sentences, warnings
from exoresist.studies.cohort_worlds import PATIENTS, Worlds, run_worlds
from exoresist.studies.discrimination import FEWEST, Discrimination, discriminate
from exoresist.studies.event_times import Observed, at_risk, kaplan_meier, log_rank, restricted_mean_gain
from exoresist.studies.names import arm_name, cargo_name
from exoresist.studies.response import CATEGORIES
from exoresist.studies.workers import Workers

Array = NDArray[np.float64]
DAY = 24.0
READINGS = {
    "whole": "all vesicles of the fluid",
    "captured": "captured vesicles of the tumour",
    "per_vesicle": "the load of a captured vesicle",
}
QUESTIONS = {
    "diagnostic": "patients against persons without a tumour",
    "predictive": "patients who do not respond against those who do",
    "prognostic": "patients who have progressed by half of the follow-up against those who have not",
}
ROC_POINTS = 120
BURDEN_BANDS = (0.05, 0.5, 0.95)


@dataclass
class CohortAnswer:
    """Rows are dictionaries; times are in days.

    arms        `id, label, description, role`
    curves      `arm, event, time, share, low, high`: Kaplan-Meier steps for the events progression and death
    at_risk     `arm, event, time, patients`
    medians     `arm, event, value, low, high` (None: not reached)
    comparisons `arm, gain, low, high, horizon, log_rank`: mean days without progression over the same patients, against the reference
    responses   `arm, category, patients, share`; response_rates `arm, value, low, high`
    clones      `arm, group, patients, responded, median, low, high, log_rank`: tumours with and without resistant cells at the start
    burden      `arm, time, median, low, high`: cells
    markers     `arm, marker, reading, question, area, low, high, positive, negative, ratio`; read before treatment, judged by what follows
    roc         `arm, marker, reading, question, false_positive, true_positive`
    groups      `arm, marker, reading, group, patients, median, low, high, log_rank`: high and low halves, time to progression
    patients    one row per arm and patient
    worlds      `world, arm, quantity, value`: the same with other draws of what patients share
    """

    name: str
    title: str = ""
    question: str = ""
    fluid: str = ""
    reference: str = ""
    compared: str = ""
    drug: str = ""
    sentences: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    arms: list[Row] = field(default_factory=list)
    curves: list[Row] = field(default_factory=list)
    at_risk: list[Row] = field(default_factory=list)
    medians: list[Row] = field(default_factory=list)
    comparisons: list[Row] = field(default_factory=list)
    responses: list[Row] = field(default_factory=list)
    response_rates: list[Row] = field(default_factory=list)
    clones: list[Row] = field(default_factory=list)
    burden: list[Row] = field(default_factory=list)
    markers: list[Row] = field(default_factory=list)
    roc: list[Row] = field(default_factory=list)
    groups: list[Row] = field(default_factory=list)
    patients: list[Row] = field(default_factory=list)
    worlds: list[Row] = field(default_factory=list)
    worlds_run: int = 0
    worlds_left_out: int = 0
    parameters: list[Row] = field(default_factory=list)
    assumed_share: float | None = None
    bibliography: list[Row] = field(default_factory=list)
    conservation: dict[str, float] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    seed: int | None = None
    timing_s: dict[str, float] = field(default_factory=dict)
    catalog_hash: str = ""

    def to_dict(self) -> Row:
        """The whole answer as JSON-able data."""
        return {item.name: plain(getattr(self, item.name)) for item in fields(self)}

    def summary(self) -> Row:
        """The answer for programs: all but the row of every patient, the steps of curves and the numbers used."""
        left_out = ("patients", "curves", "roc", "burden", "parameters")
        told = {key: value for key, value in self.to_dict().items() if key not in left_out}
        told["answer"] = told.pop("sentences")
        return told


def answer_cohort(
    scenario: Scenario,
    catalog: Catalog | None = None,
    progress: Progress | None = None,
    workers: Workers | None = None,
    results: Path | None = None,
) -> CohortAnswer:
    """Simulate the scenario's cohort and tell what came out. Raises InputError for a scenario whose assay is no cohort.

    workers  where the worlds run, here by default; results: folder that keeps those that are done
    """
    catalog = catalog or Catalog.load()
    stages = Stages(progress or Silent(), {"patients": 0.55, "worlds": 0.4, "reading": 0.05})
    stages.begin("patients", expected_work(scenario) if scenario.assay.kind == "cohort" else 1.0)
    began = time.perf_counter()
    result = run_cohort(scenario, catalog, stages)
    ran = time.perf_counter()
    assert isinstance(scenario.assay, Cohort)
    stages.begin("worlds", expected_work(with_patients(scenario, min(PATIENTS, scenario.assay.patients))))
    worlds = run_worlds(scenario, catalog, stages, workers, results)
    drew = time.perf_counter()
    stages.begin("reading")
    answer = tell(result, catalog, worlds)
    stages.finish()
    answer.timing_s.update({"patients": ran - began, "worlds": drew - ran, "reading": time.perf_counter() - drew})
    return answer


def tell(result: CohortResult, catalog: Catalog, worlds: Worlds | None = None) -> CohortAnswer:
    """The answer to a cohort that has been run."""
    scenario, assay, reference = result.scenario, result.assay, result.reference
    answer = CohortAnswer(
        name=scenario.name, title=scenario.title or scenario.name, question=scenario.question, fluid=assay.fluid,
        compared=scenario.comparison.of if scenario.comparison is not None else "",
        reference=reference.arm.id, drug=catalog.drug(assay.drug).name, seed=scenario.seed,
    )  # fmt: skip
    horizon = scenario.duration - assay.accrual
    for one in result.arms:
        _add_arm(answer, one, scenario.duration)
        gain = restricted_mean_gain(one.outcome.progression, reference.outcome.progression, horizon)
        p = log_rank(one.progression, reference.progression)
        if one is not reference:
            days = _days(gain)
            answer.comparisons.append(
                {"arm": one.arm.id, "gain": days["value"], **_ends(days), "horizon": horizon / DAY, "log_rank": p}
            )
        _add_clones(answer, one, result.patients.carries)
        answer.patients.extend(_patient_rows(one, result))
        for element, error in one.conservation.items():
            answer.conservation[element] = max(error, answer.conservation.get(element, 0.0))
    for one in result.arms:
        for name in one.markers:
            _add_marker(answer, name, one, result)
    if worlds is not None:
        answer.worlds.extend(worlds.rows)
        answer.worlds_run, answer.worlds_left_out = worlds.count, worlds.left_out
    models = [model for one in result.arms for model in one.models]
    numbers = provenance.parameter_rows(models)
    numbers += _further_numbers(models[0].catalog, result, {(row["name"], row["subject"]) for row in numbers})
    answer.parameters.extend(numbers)
    answer.assumed_share = provenance.assumed_share(numbers)
    answer.bibliography.extend(provenance.bibliography_rows(models[0].catalog, models, numbers))
    answer.versions.update(provenance.versions())
    answer.catalog_hash = models[0].catalog.hash
    names = {name: "the number of vesicles" if name == "vesicles" else cargo_name(catalog, name) for name in reference.markers}
    answer.sentences.extend(sentences(answer, names))
    answer.warnings.extend([*provenance.idle_warnings(models), *warnings(answer)])
    return answer


def _days(estimate: Estimate) -> Row:
    return {key: None if value is None or isinstance(value, str) else value / DAY for key, value in estimate.to_dict().items()}


def _ends(row: Mapping[str, Any]) -> Row:
    return {"low": row["low"], "high": row["high"]}


def _add_arm(answer: CohortAnswer, one: ArmOutcome, duration: float) -> None:
    arm, count = one.arm.id, len(one.outcome.best)
    answer.arms.append({"id": arm, "label": arm_name(one.arm), "description": one.arm.description, "role": one.arm.role})
    marks = np.arange(0.0, duration + 1.0, 90.0 * DAY)
    for event, observed in (("progression", one.progression), ("death", one.death)):
        curve = kaplan_meier(observed)
        steps = zip(curve.times, curve.share, curve.low, curve.high, strict=True)
        for when, share, low, high in steps:
            answer.curves.append({"arm": arm, "event": event, "time": when / DAY, "share": share, "low": low, "high": high})
        last = float(observed.times.max())
        end = (float(column[-1]) for column in (curve.share, curve.low, curve.high))
        answer.curves.append(
            {"arm": arm, "event": event, "time": last / DAY, **dict(zip(("share", "low", "high"), end, strict=True))}
        )
        for when, left in zip(marks, at_risk(observed, marks), strict=True):
            answer.at_risk.append({"arm": arm, "event": event, "time": when / DAY, "patients": left})
        median = _days(curve.median)
        answer.medians.append({"arm": arm, "event": event, "value": median["value"], **_ends(median)})
    for category in CATEGORIES:
        patients = int(np.count_nonzero(one.outcome.best == category))
        answer.responses.append({"arm": arm, "category": category, "patients": patients, "share": patients / count})
    rate = _proportion(int(one.outcome.responded.sum()), count)
    answer.response_rates.append({"arm": arm, "value": rate.value, "low": rate.low, "high": rate.high})
    bands = np.quantile(one.burden, BURDEN_BANDS, axis=1)
    for position in range(0, len(one.times), 2):
        low, median_cells, high = (float(band[position]) for band in bands)
        answer.burden.append({"arm": arm, "time": one.times[position] / DAY, "median": median_cells, "low": low, "high": high})


def _proportion(hits: int, count: int) -> Estimate:
    from scipy.stats import binomtest

    interval = binomtest(hits, count).proportion_ci(0.9, method="wilson")
    return Estimate(hits / count, float(interval.low), float(interval.high), "dimensionless")


def _add_clones(answer: CohortAnswer, one: ArmOutcome, carries: NDArray[np.bool_]) -> None:
    if carries.all() or not carries.any():
        return
    groups = {"with resistant cells": carries, "without resistant cells": ~carries}
    p = log_rank(one.progression.pick(carries), one.progression.pick(~carries))
    for name, which in groups.items():
        median = _days(kaplan_meier(one.progression.pick(which)).median)
        answer.clones.append({
            "arm": one.arm.id, "group": name, "patients": int(which.sum()), "responded": float(one.outcome.responded[which].mean()),
            "relapsed": int(one.outcome.relapse[which].sum()), "median": median["value"], **_ends(median), "log_rank": p,
        })  # fmt: skip


def _add_marker(answer: CohortAnswer, name: str, one: ArmOutcome, result: CohortResult) -> None:
    """Every reading of a marker against every question that its groups allow."""
    arm = one.arm.id
    for reading, told in READINGS.items():
        values: Array = getattr(one.markers[name], reading)
        persons: Array = getattr(result.healthy[name], reading)
        if np.ptp(values) == 0.0:
            continue  # the number of vesicles per vesicle
        middle = 0.5 * result.scenario.duration
        early = one.progression.seen & (one.progression.times <= middle)
        late = one.progression.times > middle
        known = early | late
        cases = {
            "diagnostic": (np.concatenate([values, persons]), np.repeat([True, False], [len(values), len(persons)])),
            "predictive": (values, ~one.outcome.responded),
            "prognostic": (values[known], early[known]),
        }
        for question, (marker, positive) in cases.items():
            # What tells patients from others before treatment does not depend on the treatment.
            if min(positive.sum(), (~positive).sum()) < FEWEST or (question == "diagnostic" and arm != answer.reference):
                continue
            key = {"arm": arm, "marker": name, "reading": told, "question": question}
            _add_roc(answer, key, discriminate(marker, positive), marker, positive)
        if reading != "captured":
            continue
        high = values > np.median(values)
        p = log_rank(one.progression.pick(high), one.progression.pick(~high))
        for label, which in (("high", high), ("low", ~high)):
            median = _days(_median(one.progression.pick(which)))
            answer.groups.append({
                "arm": arm, "marker": name, "reading": told, "group": label, "patients": int(which.sum()), "median": median["value"],
                **_ends(median), "log_rank": p,
            })  # fmt: skip


def _median(observed: Observed) -> Estimate:
    return kaplan_meier(observed).median


def _add_roc(answer: CohortAnswer, key: Row, found: Discrimination, marker: Array, positive: NDArray[np.bool_]) -> None:
    area = found.area
    below = float(marker[~positive].mean())
    answer.markers.append({
        **key, "area": area.value, "low": area.low, "high": area.high,
        "positive": int(positive.sum()), "negative": int((~positive).sum()),
        "ratio": float(marker[positive].mean()) / below if below > 0.0 else None,
    })  # fmt: skip
    pick = np.unique(np.linspace(0, len(found.false_positive) - 1, ROC_POINTS).astype(int))
    for false, true in zip(found.false_positive[pick], found.true_positive[pick], strict=True):
        answer.roc.append({**key, "false_positive": false, "true_positive": true})


def _patient_rows(one: ArmOutcome, result: CohortResult) -> list[Row]:
    cast, outcome = result.patients, one.outcome
    markers: Mapping[str, Reading] = one.markers
    rows: list[Row] = []
    for index in range(cast.count):
        row: Row = {
            "arm": one.arm.id, "patient": index + 1, "burden": cast.burden[index], "carries": bool(cast.carries[index]),
            "resistant_share": float(cast.resistant_share[index]) if cast.carries[index] else 0.0,
            "best": str(outcome.best[index]), "best_change": outcome.best_change[index],
            "progression": one.progression.times[index] / DAY, "progressed": bool(one.progression.seen[index]),
            "death": one.death.times[index] / DAY, "died": bool(one.death.seen[index]),
        }  # fmt: skip
        for name, reading in markers.items():
            row[f"{name}_whole"], row[f"{name}_captured"] = reading.whole[index], reading.captured[index]
        rows.append(row)
    return rows


def _further_numbers(catalog: Catalog, result: CohortResult, known: set[tuple[Any, Any]]) -> list[Row]:
    """Catalogue rows that draw, treat and judge patients, which stand in no network."""
    fluid = f"fluid:{result.assay.fluid}"
    wanted = [(row.name, row.subject) for row in catalog.parameters() if row.subject in ("patient", fluid, "fluid")]
    wanted += [("background_expression", "cargo")]
    rows: list[Row] = []
    for name, subject in wanted:
        if (name, subject) in known:
            continue
        quantity = catalog.parameter(name, subject)
        rows.append({
            "name": name, "subject": subject, "value": quantity.value, "unit": quantity.unit, "low": quantity.low,
            "high": quantity.high, "distribution": quantity.distribution, "kind": quantity.kind, "source": quantity.source,
            "locator": quantity.locator, "note": quantity.note, "used_by": "virtual patients",
        })  # fmt: skip
    return rows
