"""Every arm of a scenario, run over doses and parameter draws that all arms share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.arms import expand_arms
from exoresist.assembly.assay import ConditionedMedium, dose_values
from exoresist.assembly.build import Model, build
from exoresist.assembly.scenario import Arm, Scenario, VesicleEntry
from exoresist.catalog import Catalog
from exoresist.compartments.well import culture
from exoresist.core.progress import Progress, Silent
from exoresist.network import Run
from exoresist.studies.conditioning import conditioned
from exoresist.studies.ensemble import Ensemble
from exoresist.studies.survival import Survival, survive

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ArmResult:
    """One arm: what it is, how it was wired, and what survived."""

    arm: Arm
    scenario: Scenario
    model: Model
    survival: Survival
    ensemble: Ensemble
    course: Run


def saved_times(scenario: Scenario) -> Array:
    """Output times of a scenario, h, from 0 to its duration."""
    count = max(1, min(2000, round(scenario.duration / scenario.every)))
    return np.linspace(0.0, scenario.duration, count + 1)


def time_course_dose(scenario: Scenario) -> float:
    """The dose of the assay's drug at which time courses are shown, nM."""
    drug = scenario.assay.drug  # type: ignore[union-attr]
    return next(entry.dose for entry in scenario.drugs if entry.id == drug)


def dose_grid(scenario: Scenario) -> tuple[float, ...]:
    """Doses of the assay with the untreated control and the dose of the time courses among them."""
    grid = dose_values(scenario.assay.doses)  # type: ignore[union-attr]
    return tuple(sorted({*grid, time_course_dose(scenario)}))


def run_arms(scenario: Scenario, catalog: Catalog, ensemble: Ensemble, report: Progress | None = None) -> list[ArmResult]:
    """Run all arms of a dose-response scenario (in a well, co-culture, transwell or conditioned medium)."""
    return [run_arm(arm, one, catalog, ensemble, report or Silent()) for arm, one in expand_arms(scenario)]


def run_arm(arm: Arm, scenario: Scenario, catalog: Catalog, ensemble: Ensemble, report: Progress) -> ArmResult:
    """One arm: every dose at the end of the run, and the course over time at the dose of the time courses."""
    assay = scenario.assay
    loads = per_cell = None
    if isinstance(assay, ConditionedMedium):
        exposure, draws, per_cell, loads = conditioned(scenario, assay, catalog, ensemble, report)
        model = build(exposure, catalog)
        draws = {**ensemble.values(model), **draws}
    else:
        model = build(scenario, catalog)
        draws = ensemble.values(model)
    drug = assay.drug  # type: ignore[union-attr]
    times = saved_times(scenario)
    survival = survive(model, drug, dose_grid(scenario), draws, ensemble.sets, times[[0, -1]], report, per_cell, loads)
    course = culture(
        model,
        times,
        values={key: value for key, value in draws.items() if key in model.network.parameters},
        doses={drug: time_course_dose(scenario)},
        per_cell=per_cell,
        loads=loads,
        report=report,
    )
    return ArmResult(arm, scenario, model, survival, ensemble, course)


def with_preparation(scenario: Scenario, identifier: str, donor: str, hours: float | None) -> Scenario:
    """The scenario with a preparation of vesicles added at the start."""
    entry = VesicleEntry(id=identifier, donor=donor, per_cell="1 particle/cell", at="0 h", until=None)  # type: ignore[arg-type]
    if hours is not None and hours < scenario.duration:
        entry = entry.model_copy(update={"until": hours})
    return scenario.model_copy(update={"vesicles": (*scenario.vesicles, entry)})
