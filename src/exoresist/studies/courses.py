"""Time courses: cells, and the cargo on or in the recipients after vesicles are added (add-back with washout)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.arms import expand_arms
from exoresist.assembly.assay import AddBack, TimeCourse
from exoresist.assembly.book import draws as parameter_draws
from exoresist.assembly.build import Model, build
from exoresist.assembly.scenario import Arm, Scenario
from exoresist.catalog import Catalog
from exoresist.compartments.well import culture
from exoresist.core.progress import Stages
from exoresist.studies import provenance, wording
from exoresist.studies.answer import Answer, Estimate, Row
from exoresist.studies.arms import saved_times
from exoresist.studies.estimates import band, estimate
from exoresist.studies.workload import stage_work

Array = NDArray[np.float64]


def course_answer(scenario: Scenario, catalog: Catalog, report: Stages) -> Answer:
    """Cells over time of every arm; for an add-back also the followed cargo per recipient, its peak and its rise."""
    assay = scenario.assay
    assert isinstance(assay, (AddBack, TimeCourse))
    times = np.array(sorted({0.0, *assay.times, scenario.duration})) if assay.times else saved_times(scenario)
    dense = np.array(sorted({*saved_times(scenario), *times}))
    answer = Answer(name=scenario.name, title=scenario.title or scenario.name, question=scenario.question, seed=scenario.seed)
    models: list[Model] = []
    report.begin("arms", stage_work(scenario)["arms"])
    levels: dict[str, Array] = {}
    for arm, one in expand_arms(scenario):
        model = build(one, catalog)
        models.append(model)
        draws = parameter_draws(model.network.parameters, scenario.uncertainty.draws, scenario.seed)
        run = culture(model, dense, values=draws, report=report)
        answer.arms.append({"id": arm.id, "label": arm.label or arm.id, "description": arm.description, "role": arm.role})
        pick = np.searchsorted(dense, times)
        for population in model.layout.populations:
            answer.survivors.extend(_rows(arm, "population", population.id, "cells", times, run.amount(population.cells)[pick]))
        if isinstance(assay, AddBack):
            level = _per_cell(model, run.amount, assay)
            levels[arm.id] = level
            answer.levels.extend(_rows(arm, "cargo", assay.cargo, "copies_per_cell", times, level[pick]))
        for element, error in run.conservation().items():
            answer.conservation[element] = max(error, answer.conservation.get(element, 0.0))
    if isinstance(assay, AddBack):
        _rise(answer, levels, dense)
    numbers = provenance.parameter_rows(models)
    share = provenance.assumed_share(numbers)
    answer.parameters.extend(numbers)
    answer.assumed_share = share
    answer.sentences.append(wording.assumed_sentence(share, len(numbers)))
    answer.equations.extend(provenance.equation_rows(models))
    answer.bibliography.extend(provenance.bibliography_rows(models[0].catalog, models, numbers))
    answer.warnings.extend(provenance.idle_warnings(models))
    answer.versions.update(provenance.versions())
    answer.catalog_hash = models[0].catalog.hash
    answer.timing_s = {}
    return answer


def _rows(arm: Arm, label: str, name: str, column: str, times: Array, values: Array) -> list[Row]:
    central, low, high = band(np.atleast_2d(values.T))
    return [
        {"arm": arm.id, "time": float(time), label: name, column: float(mid), "low": float(bottom), "high": float(top)}
        for time, mid, bottom, top in zip(times, central, low, high, strict=True)
    ]


def _per_cell(model: Model, amount, assay: AddBack) -> Array:  # type: ignore[no-untyped-def]
    cargo = next(item for item in model.layout.cargo if item.id == assay.cargo)
    population = model.recipients()
    total = sum(amount(model.layout.cell_cargo(population, cargo, origin)) for origin in model.layout.origins)
    result: Array = total / amount(population.cells)
    return result


def _rise(answer: Answer, levels: dict[str, Array], times: Array) -> None:
    """How fast the cargo appears: its level after 4 h over its maximum, and when that is reached."""
    for arm in answer.arms:
        if arm["role"] == "reference":
            continue
        gained = levels[arm["id"]] - levels[arm["id"]][0]
        most = gained.max(axis=0)
        if np.all(most <= 0.0):
            answer.sentences.append(f"'{arm['label']}' brings the recipients no cargo.")
            continue
        early = gained[np.searchsorted(times, min(4.0, times[-1]))] / np.where(most > 0.0, most, np.nan)
        peak = times[gained.argmax(axis=0)]
        quick, when = estimate(early), estimate(peak.astype(float), "h")
        brought = estimate(most, "copy/cell")
        answer.sentences.append(
            f"'{arm['label']}': the cargo on recipients is highest {wording.interval(when)} h after the vesicles are added, at "
            f"{wording.interval(brought)} copies per cell above the start; after 4 h it stands at {wording.interval(quick)} of that."
        )
        answer.rises.append({"arm": arm["id"], **_named("peak_h", when), **_named("level_4h_over_max", quick)})


def _named(name: str, value: Estimate) -> Row:
    return {name: value.value, f"{name}_low": value.low, f"{name}_high": value.high}
