"""A virtual cohort: every patient of every arm simulated, with burden, outcome and markers in a body fluid.

A patient's tumour is the stirred dish joined to blood and a body fluid (`assembly.patient`). Tumours without a resistant clone are a
model of their own: a clone of no cells would divide by zero. All arms treat the same patients with the same draws.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.arms import expand_arms
from exoresist.assembly.axes import Chains
from exoresist.assembly.build import Model, build
from exoresist.assembly.cohort import Cohort
from exoresist.assembly.layout import Cargo
from exoresist.assembly.patient import LAST_CELL, SHARE, Patient, patient
from exoresist.assembly.scenario import Arm, Scenario
from exoresist.catalog import Catalog
from exoresist.compartments.well import culture
from exoresist.core.errors import InputError
from exoresist.core.progress import Progress, Silent
from exoresist.network import Run
from exoresist.studies.event_times import Observed, observe
from exoresist.studies.response import Outcome, alive, assess, rules
from exoresist.studies.steered import Limits, Rule, steered
from exoresist.studies.virtual_patients import Background, Patients, background, enrol

Array = NDArray[np.float64]
Levels = Mapping[str, Array]
LEAD_IN = 240.0  # h without treatment, in which the vesicles of tumour and body fluid come to their steady number
STEP = 168.0  # h between saved burdens: a week
RELATIVE = 1e-5  # tolerance of the solver; a week's burden to a hundredth of a per cent is enough for a scan


@dataclass(frozen=True)
class Reading:
    """A marker in a body fluid before treatment, (N,) each.

    whole       copies (or vesicles) per mL of all vesicles of the fluid, those of normal cells among them
    captured    the same, of vesicles caught by an antigen of the tumour: few of the normal cells' come along
    per_vesicle copies in a vesicle that is caught (1 for the number of vesicles itself)
    """

    whole: Array
    captured: Array
    per_vesicle: Array


@dataclass(frozen=True)
class ArmOutcome:
    """One arm: what became of its patients.

    times    (T,) h from the scan before treatment; cells: clone -> (T, N) cells of the patient's tumour
    outcome  what happened within the run; progression, death: what a study with its follow-up sees of it
    """

    arm: Arm
    scenario: Scenario
    models: tuple[Model, ...]
    times: Array
    cells: Mapping[str, Array]
    outcome: Outcome
    progression: Observed
    death: Observed
    markers: Mapping[str, Reading]
    conservation: Mapping[str, float]

    @property
    def burden(self) -> Array:
        """(T, N) cells of the whole tumour."""
        result: Array = np.sum(list(self.cells.values()), axis=0)
        return result


@dataclass(frozen=True)
class Course:
    """An arm whose drug is given by a rule, within limits."""

    arm: Arm
    drug: str
    rule: Rule
    limits: Limits

    def run(self, one: Patient, times: Sequence[float], values: Levels, initial: Mapping[str, float | Array]) -> Run:
        pools = [population.cells for population in one.model.layout.populations]
        return steered(one, times, self.drug, self.rule, self.limits, pools, values, initial, relative=RELATIVE)[0]


@dataclass(frozen=True)
class CohortResult:
    """A cohort's arms, its patients, and the markers of persons without a tumour."""

    scenario: Scenario
    assay: Cohort
    patients: Patients
    arms: tuple[ArmOutcome, ...]
    healthy: Mapping[str, Reading]

    @property
    def reference(self) -> ArmOutcome:
        return next((arm for arm in self.arms if arm.arm.role == "reference"), self.arms[0])


def run_cohort(
    scenario: Scenario,
    catalog: Catalog | None = None,
    report: Progress | None = None,
    chains: Chains | None = None,
    carried: Sequence[Cargo] = (),
    levels: Levels | None = None,
    courses: Sequence[Course] = (),
) -> CohortResult:
    """Simulate a cohort.

    courses          further arms: the reference's patients with the drug given by a rule

    chains, carried  signed chains and cargo beside the scenario's, as in `assembly.build`
    levels           node -> (N,) activity that each patient's tumour has by itself; a name with a dot is a model parameter

    Raises InputError for a scenario whose assay is no cohort or names what the catalogue does not hold; SolverError.
    """
    assay = scenario.assay
    if not isinstance(assay, Cohort):
        raise InputError(f"scenario '{scenario.name}' asks for assay '{assay.kind}'", "assay: {kind: cohort, ...}")
    catalog = catalog or Catalog.load()
    first = build(scenario, catalog, chains=chains, carried=carried)
    cast = enrol(assay, first.layout.cargo, first.catalog, scenario.seed, scenario.duration)
    runner = _Runner(cast, chains, tuple(carried), dict(levels or {}), report or Silent())
    expanded = expand_arms(scenario)
    arms = tuple(runner.arm(arm, one, catalog) for arm, one in expanded)
    usual = next((one for arm, one in expanded if arm.role == "reference"), expanded[0][1])
    arms += tuple(runner.arm(course.arm, usual, catalog, course) for course in courses)
    model = arms[0].models[0]
    share = _capture(model.catalog)
    persons = background(model, assay.fluid, assay.healthy, scenario.seed, "healthy")
    nothing = np.zeros(assay.healthy)
    healthy = _readings(nothing, {cargo.id: nothing for cargo in model.layout.cargo}, persons, share)
    return CohortResult(scenario, assay, cast, arms, healthy)


def expected_work(scenario: Scenario) -> float:
    """Simulated hours times patients, over all arms: what `run_cohort` reports to its progress."""
    assay = scenario.assay
    assert isinstance(assay, Cohort)
    return max(1, len(scenario.arms)) * assay.patients * (scenario.duration + LEAD_IN)


@dataclass(frozen=True)
class _Runner:
    cast: Patients
    chains: Chains | None
    carried: tuple[Cargo, ...]
    levels: dict[str, Array]
    report: Progress

    def arm(self, arm: Arm, scenario: Scenario, catalog: Catalog, course: Course | None = None) -> ArmOutcome:
        """Both kinds of tumour of one arm, put together in the order of the patients."""
        assay = scenario.assay
        assert isinstance(assay, Cohort)
        weekly = np.arange(0.0, scenario.duration + 1e-9, STEP)
        scanned = np.arange(0.0, scenario.duration + 1e-9, assay.scan_every)
        times = np.array(sorted({*weekly, *scanned}))
        names = [name for name in (assay.population, assay.resistant) if name is not None]
        count = self.cast.count
        cells = {name: np.zeros((len(times), count)) for name in names}
        volume = np.zeros(count)
        models: list[Model] = []
        conservation: dict[str, float] = {}
        outside: dict[str, Array] = {}
        for carriers in (False, True):
            chosen = np.flatnonzero(self.cast.carries == carriers)
            if not len(chosen):
                continue
            one = self._patient(scenario if carriers else _without_resistant(scenario, assay), assay, catalog)
            given = self._values(one, chosen, assay)
            first, when = self._start(one, given, chosen, assay), [-LEAD_IN, *times]
            if course is None:
                run = culture(one, when, values=given, initial=first, report=self.report, relative=RELATIVE)
            else:
                run = course.run(one, when, given, first)
            whole = 1.0 / np.asarray(given[SHARE])
            for population in one.model.layout.populations:
                cells[population.id][:, chosen] = alive(run.amount(population.cells)[1:] * whole)
            fluid = self._fluid_volume(one.model, assay)[chosen]
            access = one.model.catalog.parameter("fluid_access", f"fluid:{assay.fluid}").value
            for key, amount in _in_fluid(one, run.amount).items():
                outside.setdefault(key, np.zeros(count))[chosen] = amount * whole * access / fluid
            volume[chosen] = given[f"{assay.population}.cell_volume"] + _fluid_per_cell(one.model)
            models.append(one.model)
            for element, error in run.conservation().items():
                conservation[element] = max(error, conservation.get(element, 0.0))
        scans = np.searchsorted(times, scanned)
        burden = np.sum(list(cells.values()), axis=0)
        outcome = assess(times, burden, scans, volume, self.cast.detectable, self.cast.lethal, rules(catalog))
        own = background(models[0], assay.fluid, count, self.cast.seed, "patient")
        copies = {cargo.id: outside[cargo.id] for cargo in models[0].layout.cargo}
        markers = _readings(outside[""], copies, own, _capture(models[0].catalog))
        seen, died = observe(outcome.progression, self.cast.lost), observe(outcome.death, self.cast.lost)
        return ArmOutcome(arm, scenario, tuple(models), times, cells, outcome, seen, died, markers, conservation)

    def _patient(self, scenario: Scenario, assay: Cohort, catalog: Catalog) -> Patient:
        model = build(scenario, catalog, chains=self.chains, carried=self.carried)
        given = [(cycle * assay.interval + drug.at, drug.id) for cycle in range(assay.cycles) for drug in scenario.drugs]
        return patient(model, assay.fluid, tuple(sorted(given)))

    def _values(self, one: Patient, chosen: NDArray[np.intp], assay: Cohort) -> dict[str, Array]:
        """What differs between patients, as model parameters."""
        cast, parameters = self.cast, one.network.parameters
        values = {key: value[chosen] for key, value in cast.numbers(parameters, assay.differ).items()}
        key = f"{assay.population}.cell_volume"
        values.setdefault(key, np.full(len(chosen), parameters[key].value))
        sample = sum(population.count for population in one.model.layout.populations)
        values[SHARE] = sample / cast.burden[chosen]
        values[LAST_CELL] = values[SHARE]
        values["arena.capacity"] = cast.capacity[chosen] * values[SHARE]
        for population in one.model.layout.populations:
            for cargo in one.model.layout.cargo:
                clamp = f"{population.id}.{cargo.id.replace('-', '_')}.clamp"
                level = cast.expression[cargo.id][chosen]
                if population.id == assay.resistant and cargo.id in cast.clone_fold:
                    level = level * cast.clone_fold[cargo.id][chosen]
                values[clamp] = level
        values.update({name: level[chosen] for name, level in self.levels.items() if name in parameters})
        return values

    def _start(
        self, one: Patient, values: Mapping[str, Array], chosen: NDArray[np.intp], assay: Cohort
    ) -> dict[str, float | Array]:
        """Amounts at the start: clones by their share of the sample, nodes as the patient has them."""
        populations = one.model.layout.populations
        sample = sum(population.count for population in populations)
        share = self.cast.resistant_share[chosen]
        cells = {assay.population: np.full(len(chosen), sample)}
        if any(population.id == assay.resistant for population in populations):
            cells = {assay.population: sample * (1.0 - share), str(assay.resistant): sample * share}
        start = one.sized(values, cells)
        for population in populations:
            for name, level in self.levels.items():
                if f"{population.id}.{name}" in one.network.nodes:
                    start[f"{population.id}.{name}"] = level[chosen]
        return start

    def _fluid_volume(self, model: Model, assay: Cohort) -> Array:
        return np.full(self.cast.count, model.catalog.parameter("fluid_volume", f"fluid:{assay.fluid}").value)


def _without_resistant(scenario: Scenario, assay: Cohort) -> Scenario:
    """The scenario of a tumour without resistant cells; its sample is as large."""
    kept = [entry for entry in scenario.populations if entry.id != assay.resistant]
    total = sum(entry.count for entry in scenario.populations)
    whole = [replaced.model_copy(update={"count": total}) for replaced in kept]
    return scenario.model_copy(update={"populations": tuple(whole)})


def _in_fluid(one: Patient, amount: Callable[[str], Array]) -> dict[str, Array]:
    """Vesicles ("") and cargo of the sample in the body fluid before treatment, from all clones."""
    layout = one.model.layout
    place = 1  # after the lead-in
    found = {"": sum(amount(one.in_fluid(group))[place] for group in layout.classes)}
    for cargo in layout.cargo:
        found[cargo.id] = sum(amount(one.in_fluid(group, cargo.element))[place] for group in layout.classes)
    return {key: np.asarray(value) for key, value in found.items()}


def _fluid_per_cell(model: Model) -> float:
    return float(model.network.parameters["patient.fluid_per_cell"].value)


def _capture(catalog: Catalog) -> float:
    return float(catalog.parameter("capture_background", "fluid").value)


def _readings(vesicles: Array, copies: Mapping[str, Array], own: Background, share: float) -> dict[str, Reading]:
    """Markers per mL: the number of vesicles under "vesicles", and every cargo."""
    caught = vesicles + share * own.vesicles
    result = {"vesicles": Reading(vesicles + own.vesicles, caught, np.ones_like(caught))}
    for cargo, amount in copies.items():
        held = amount + share * own.copies[cargo]
        result[cargo] = Reading(amount + own.copies[cargo], held, held / caught)
    return result


def with_patients(scenario: Scenario, patients: int) -> Scenario:
    """The scenario with another number of patients, for quick looks."""
    assay = scenario.assay
    return scenario.model_copy(update={"assay": assay.model_copy(update={"patients": patients})})
