"""Time courses: cells, and the cargo on or in the recipients after vesicles are added (add-back with washout)."""

from __future__ import annotations

from collections.abc import Callable

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
from exoresist.studies.diversity import add_diversity
from exoresist.studies.estimates import band, estimate
from exoresist.studies.happenings import event_rows
from exoresist.studies.names import arm_name, cargo_name, cells_name, lineages
from exoresist.studies.signal_words import signal_sentence
from exoresist.studies.workload import stage_work

Array = NDArray[np.float64]
EARLY = 4.0  # h after the addition at which the rise is read
SMALL = 0.01  # a gain below this share of what was there before is practically none


def course_answer(scenario: Scenario, catalog: Catalog, report: Stages) -> Answer:
    """Cells over time of every arm; for an add-back also the followed cargo per recipient, its peak and its rise."""
    assay = scenario.assay
    assert isinstance(assay, (AddBack, TimeCourse))
    times = np.array(sorted({0.0, *assay.times, scenario.duration})) if assay.times else saved_times(scenario)
    added, washed = _stay(scenario, assay) if isinstance(assay, AddBack) else (0.0, None)
    moments = {moment for moment in (added, added + EARLY, washed) if moment is not None and moment <= scenario.duration}
    dense = np.array(sorted({*saved_times(scenario), *times, *moments}))
    answer = Answer(name=scenario.name, title=scenario.title or scenario.name, question=scenario.question, seed=scenario.seed)
    models: list[Model] = []
    report.begin("arms", stage_work(scenario)["arms"])
    levels: dict[str, Array] = {}
    cells: dict[str, Array] = {}
    for arm, one in expand_arms(scenario):
        model = build(one, catalog)
        models.append(model)
        draws = parameter_draws(model.network.parameters, scenario.uncertainty.draws, scenario.seed)
        run = culture(model, dense, values=draws, report=report)
        answer.arms.append({"id": arm.id, "label": arm_name(arm), "description": arm.description, "role": arm.role})
        answer.events.extend(event_rows(arm, one, catalog))
        pick = np.searchsorted(dense, times)
        cells[arm.id] = run.amount(model.recipients().cells)
        for population in model.layout.populations:
            answer.survivors.extend(_rows(arm, "population", population.id, "cells", times, run.amount(population.cells)[pick]))
        if isinstance(assay, AddBack):
            levels[arm.id] = _per_cell(model, run.amount, assay)
        for element, error in run.conservation().items():
            answer.conservation[element] = max(error, answer.conservation.get(element, 0.0))
    if isinstance(assay, AddBack):
        _add_levels(answer, levels, dense, times, added, cargo_name(catalog, assay.cargo))
        _add_rises(answer, levels, dense, (added, washed), cargo_name(catalog, assay.cargo))
    else:
        _add_growth(answer, cells, models, scenario.duration)
    add_diversity(answer, lineages(models))
    answer.sentences += [text for text in (signal_sentence(models),) if text]
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


def _stay(scenario: Scenario, assay: AddBack) -> tuple[float, float | None]:
    """When the followed vesicles are added and when they are washed out, h."""
    entry = next(entry for entry in scenario.vesicles if entry.id == assay.vesicles)
    return entry.at, entry.until


def _per_cell(model: Model, amount: Callable[[str], Array], assay: AddBack) -> Array:
    cargo = next(item for item in model.layout.cargo if item.id == assay.cargo)
    population = model.recipients()
    total = sum(amount(model.layout.cell_cargo(population, cargo, origin)) for origin in model.layout.origins)
    result: Array = total / amount(population.cells)
    return result


def _reference(answer: Answer) -> str:
    return next((str(row["id"]) for row in answer.arms if row["role"] == "reference"), "")


def _gained(answer: Answer, levels: dict[str, Array], arm: str, first: int) -> Array:
    """(T, S) copies per cell above the level at the addition, draw by draw; less the drift of the reference arm."""
    gained: Array = levels[arm] - levels[arm][first]
    reference = _reference(answer)
    if reference and arm != reference:
        gained = gained - (levels[reference] - levels[reference][first])
    return gained


def _add_levels(answer: Answer, levels: dict[str, Array], dense: Array, times: Array, added: float, cargo: str) -> None:
    pick, first = np.searchsorted(dense, times), int(np.searchsorted(dense, added))
    for arm, level in levels.items():
        whole, gain = band(level[pick].T), band(_gained(answer, levels, arm, first)[pick].T)
        for time, *numbers in zip(times, *whole, *gain, strict=True):
            names = ("copies_per_cell", "low", "high", "gained", "gained_low", "gained_high")
            row = dict(zip(names, map(float, numbers), strict=True))
            answer.levels.append({"arm": arm, "time": float(time), "cargo": cargo, **row})


def _add_rises(answer: Answer, levels: dict[str, Array], times: Array, stay: tuple[float, float | None], cargo: str) -> None:
    """How fast the cargo appears on the recipients, what is left of it, and which arms gain practically nothing."""
    added, washed = stay
    first = int(np.searchsorted(times, added))
    early = int(np.searchsorted(times, min(added + EARLY, times[-1])))
    reference = _reference(answer)
    drift = float(np.abs(levels[reference] - levels[reference][first])[:, 0].max()) if reference else 0.0
    for arm in answer.arms:
        identifier, label = str(arm["id"]), arm["label"]
        start = estimate(levels[identifier][first], "copy/cell")
        before = f"{wording.interval(start, named=False)} that the recipients have before"
        if identifier == reference:
            share = drift / start.value if start.value else 0.0
            answer.sentences.append(_drift_sentence(label, cargo, share))
            continue
        gained = _gained(answer, levels, identifier, first)
        most = gained[first:].max(axis=0)
        brought = estimate(most, "copy/cell")
        floor = max(SMALL * float(start.value or 0.0), drift)
        if brought.value is None or brought.value <= floor:
            held = f"{wording.interval(brought)} copies per cell, " if brought.value and brought.value > 0.0 else ""
            why = (
                "less than 1 % of what they have before"
                if drift <= SMALL * float(start.value or 0.0)
                else "within the drift without vesicles"
            )
            answer.sentences.append(f"'{label}' brings the recipients practically no {cargo}: {held}{why}.")
            continue
        share = gained[early] / np.where(most > 0.0, most, np.nan)
        quick, when = estimate(share), estimate(times[first + gained[first:].argmax(axis=0)] - added, "h")
        answer.sentences.append(
            f"'{label}' brings {cargo} to the recipients: the gain is highest {wording.interval(when)} h after the "
            f"vesicles are added, with {wording.interval(brought, named=False)} copies per cell on top of the "
            f"{before}; {EARLY:g} h after the addition {wording.interval(quick, _percent, named=False)} of that gain "
            f"is there.{_left(gained, most, times, washed)}"
        )
        answer.rises.append({"arm": identifier, **_named("peak_h", when), **_named("level_4h_over_max", quick), "added_h": added})


def _percent(share: float | None) -> str:
    return wording.MISSING if share is None else wording.percent(share)


def _drift_sentence(label: str, cargo: str, share: float) -> str:
    if share < SMALL:
        return (
            f"With '{label}' the {cargo} of the recipients stays within {_percent(SMALL)} of what they have before: "
            "of a gain in the other arms they make nothing themselves."
        )
    return (
        f"With '{label}' the {cargo} of the recipients drifts by up to {_percent(share)} of what they have before; "
        "the gains of the other arms are net of that."
    )


def _left(gained: Array, most: Array, times: Array, washed: float | None) -> str:
    """What is left of the gain at the end, where the vesicles were washed out before."""
    if washed is None or washed >= times[-1]:
        return ""
    left = estimate(np.maximum(gained[-1], 0.0) / np.where(most > 0.0, most, np.nan))
    return (
        f" {wording.show(float(times[-1]) - washed)} h after the vesicles are washed out "
        f"{wording.interval(left, _percent, named=False)} of it is left."
    )


def _add_growth(answer: Answer, cells: dict[str, Array], models: list[Model], hours: float) -> None:
    """How many of the cells that are read stand at the end, over those at the start."""
    for arm, model in zip(answer.arms, models, strict=True):
        count = cells[str(arm["id"])]
        fold = estimate(count[-1] / count[0])
        who = cells_name(model, model.recipients().id)
        answer.sentences.append(
            f"In '{arm['label']}' the {who} stand at {wording.interval(fold)} times their number at the start after "
            f"{wording.show(hours)} h.{_against_reference(answer, cells, str(arm['id']))}"
        )


def _against_reference(answer: Answer, cells: dict[str, Array], arm: str) -> str:
    """The cells at the end over those of the reference arm, draw by draw; empty for the reference itself."""
    reference = _reference(answer)
    if not reference or arm == reference:
        return ""
    last, other = cells[arm][-1], cells[reference][-1]
    ratio = estimate(np.divide(last, other, out=np.full(last.shape, np.nan), where=other > 0.0))
    if ratio.value is None:
        return ""
    label = next(str(row["label"]) for row in answer.arms if row["id"] == reference)
    if max(abs(bound - 1.0) for bound in (ratio.value, ratio.low or 0.0, ratio.high or 0.0)) < SMALL:
        return f" That is as many as in '{label}', to within 1 %."
    return f" That is {wording.interval(ratio, named=False)} times as many as in '{label}'."


def _named(name: str, value: Estimate) -> Row:
    return {name: value.value, f"{name}_low": value.low, f"{name}_high": value.high}
