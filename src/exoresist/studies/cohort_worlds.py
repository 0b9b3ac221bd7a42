"""How unsure a cohort's answer is: the cohort again in other worlds, each with its own draw of the numbers that all patients share.

In one world all patients share permeabilities, affinities, uptake and so on; between worlds these are drawn from their ranges. Drawn one by
one they would contradict what is measured, so the drug's effect is brought in line with the IC50 of named cell lines in a dish first
(`studies.ensemble`), and patients differ around that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.arms import expand_arms
from exoresist.assembly.book import draws as parameter_draws
from exoresist.assembly.build import build
from exoresist.assembly.cohort import Cohort
from exoresist.assembly.patient import patient
from exoresist.assembly.resolve import resolved_text
from exoresist.assembly.scenario import Scenario
from exoresist.catalog import Catalog
from exoresist.core.errors import SolverError
from exoresist.core.progress import Progress
from exoresist.core.quantity import Quantity
from exoresist.studies.answer import Row
from exoresist.studies.cohort import ArmOutcome, CohortResult, Course, expected_work, run_cohort, with_patients
from exoresist.studies.ensemble import Ensemble, in_line
from exoresist.studies.event_times import kaplan_meier, restricted_mean_gain
from exoresist.studies.kept import Kept, identity
from exoresist.studies.virtual_patients import drawn
from exoresist.studies.workers import Task, Workers, run_tasks

Array = NDArray[np.float64]
PATIENTS = 80  # in each arm of a world: its own scatter stays below what worlds differ by
SHARED = (
    "expression_spread", "resistant_at_start", "dropout_rate", "detectable_burden", "fluid_volume", "fluid_access", "capture_background",
)  # fmt: skip
FILE = "worlds.jsonl"
DAY = 24.0


@dataclass(frozen=True)
class Worlds:
    """What came out in each world.

    rows    `world, arm, quantity, value`: quantity response_rate, median_progression (days; None: not reached) or gain (days)
    count   worlds that were run; `left_out`: draws that contradict a measured IC50 or could not be solved
    """

    rows: list[Row]
    count: int
    left_out: int


def run_worlds(
    scenario: Scenario,
    catalog: Catalog,
    report: Progress | None = None,
    workers: Workers | None = None,
    results: Path | None = None,
    courses: Sequence[Course] = (),
) -> Worlds:
    """The cohort in `uncertainty.draws` worlds of fewer patients; nothing where the scenario asks for no draws.

    workers  where worlds run, here by default; results: folder that keeps those that are done
    courses  further arms, as in `run_cohort`
    """
    count = scenario.uncertainty.draws
    if count == 0:
        return Worlds([], 0, 0)
    small = with_patients(scenario, min(PATIENTS, scenario.assay.patients))  # type: ignore[union-attr]
    facts, left_out = worlds_of(small, catalog)
    work = expected_work(small) / (len(facts) or 1)
    tasks = [Task(f"world {place}", (small, one, place, tuple(courses)), work) for place, one in enumerate(facts, start=1)]
    kept = None if results is None else Kept(results / FILE, identity(catalog.hash, resolved_text(small), *courses))
    found = run_tasks(run_world, tasks, workers or Workers(1), kept, report)
    solved = [result["rows"] for result in found.values() if result["rows"] is not None]
    return Worlds([row for rows in solved for row in rows], len(solved), left_out + len(found) - len(solved))


def run_world(scenario: Scenario, facts: Catalog, world: int, courses: tuple[Course, ...] = ()) -> Row:
    """`rows` of one world; None where it could not be solved."""
    try:
        return {"rows": _told(run_cohort(scenario, facts, courses=courses), world)}
    except SolverError:  # a corner of the ranges in which no step is small enough; counted, not hidden
        return {"rows": None}


def worlds_of(scenario: Scenario, catalog: Catalog) -> tuple[list[Catalog], int]:
    """A catalogue for every world, and how many draws were left out."""
    assay, count, seed = scenario.assay, scenario.uncertainty.draws, scenario.seed
    assert isinstance(assay, Cohort)
    ensemble = _in_line(scenario, assay, catalog)
    chosen = [int(pick) for pick in (range(count + 1) if ensemble.chosen is None else ensemble.chosen) if pick]
    used: dict[tuple[str, str], Quantity] = {}
    values: dict[tuple[str, str], Array] = {}
    for _, one in expand_arms(scenario):
        model = patient(build(one, catalog), assay.fluid, ()).model
        found = parameter_draws(model.network.parameters, count, seed)
        for identifier, parameter in model.network.parameters.items():
            quantity = parameter.quantity
            if quantity is None or quantity.source == "scenario" or identifier not in found:
                continue
            key = quantity.name, quantity.subject
            used[key] = quantity
            # Draws come in the parameter's unit; the row's own unit is what a catalogue holds.
            values[key] = found[identifier] * (quantity.value / found[identifier][0])
    for row in catalog.parameters():
        if row.name in SHARED and row.subject in ("patient", "fluid", f"fluid:{assay.fluid}") and row.is_uncertain:
            used[row.name, row.subject] = row
            values[row.name, row.subject] = np.concatenate([[row.value], drawn(row, count, seed, "world")])
    return [catalog.with_parameters(_rows(used, values, ensemble, assay.differ, pick)) for pick in chosen], count - len(chosen)


def _rows(
    used: dict[tuple[str, str], Quantity],
    values: dict[tuple[str, str], Array],
    ensemble: Ensemble,
    differ: Sequence[str],
    pick: int,
) -> list[Quantity]:
    """One world's rows: shared numbers fixed at their draw; what differs between patients does so around the world's middle."""
    rows = []
    for key, quantity in used.items():
        factor = ensemble.factors.get(key)
        if key[0] not in differ:
            value = float(values[key][pick]) * (1.0 if factor is None else float(factor[pick]))
            rows.append(quantity.with_value(value))
        elif factor is not None:
            shift = float(values[key][pick] * factor[pick]) / quantity.value
            ends = {"value": quantity.value * shift, "low": quantity.low * shift, "high": quantity.high * shift}
            rows.append(replace(quantity, **ends))  # type: ignore[arg-type]
    return rows


def _in_line(scenario: Scenario, assay: Cohort, catalog: Catalog) -> Ensemble:
    """Draws in line with the measured IC50s of the lines that the assay names, each alone in a dish."""
    if not assay.calibrate:
        return Ensemble(scenario.uncertainty.draws, scenario.seed)
    return in_line(assay.calibrate, assay.drug, scenario.cargo, scenario.uncertainty.draws, scenario.seed, catalog)


def _told(result: CohortResult, world: int) -> list[Row]:
    horizon = result.scenario.duration - result.assay.accrual
    rows: list[Row] = []
    for arm in result.arms:
        for quantity, value in _quantities(arm, result.reference, horizon).items():
            rows.append({"world": world, "arm": arm.arm.id, "quantity": quantity, "value": value})
    return rows


def _quantities(arm: ArmOutcome, reference: ArmOutcome, horizon: float) -> dict[str, float | None]:
    median = kaplan_meier(arm.progression).median.value
    gain = restricted_mean_gain(arm.outcome.progression, reference.outcome.progression, horizon).value
    return {
        "response_rate": float(arm.outcome.responded.mean()),
        "median_progression": None if median is None else median / DAY,
        "gain": None if gain is None or arm is reference else gain / DAY,
    }
