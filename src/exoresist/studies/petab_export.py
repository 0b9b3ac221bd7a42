"""A scenario with readings as an estimation problem that other programs can solve.

Arms of one structure share a model file; each arm and dose is an experiment whose periods begin where the scenario does something. The
likelihood is defined by the readings, so that our own solver and any other must give the same number for it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.arms import expand_arms
from exoresist.assembly.assay import ConditionedMedium, Confluence, dose_values
from exoresist.assembly.build import Model, build
from exoresist.assembly.scenario import Scenario
from exoresist.catalog import Catalog
from exoresist.core.errors import InputError, unknown_name
from exoresist.core.progress import Silent
from exoresist.core.random import stream
from exoresist.network import Network, integrate
from exoresist.studies.conditioning import conditioned
from exoresist.studies.ensemble import Ensemble
from exoresist.studies.likelihood import LogNormal, Normal
from exoresist.studies.petab_numbers import SharedNumber, plain_id, shared_numbers
from exoresist.studies.petab_periods import Extras, Step, bare_network, real_symbol, steps, structure

Array = NDArray[np.float64]

CELLS, CONFLUENCE = "cells", "confluence"
START_COVER, SPREADING = "start_cover", "spreading"
Z95 = 1.6448536269514722
BASE = "base"  # the arm of a scenario without arms
SYNTHETIC_TIMES = 5  # after the start, of made-up readings
NOISE, MOST_NOISE, LEAST_NOISE = 0.1, 3.0, 1e-3  # of ln(reading), where the scenario says none
ACCURACY = 1e-9


@dataclass(frozen=True)
class Measured:
    """One measured value: of `readout` in an arm at a dose (nM; None: the scenario's) and a time (h)."""

    arm: str
    time: float
    dose: float | None
    readout: str
    value: float


@dataclass(frozen=True)
class Readout:
    """What is read: a number of the network, and how readings scatter about it.

    formula  of pools, nodes, derived values and numbers of the problem
    log      scatter in the logarithm; noise: number of the problem with its standard deviation
    """

    id: str
    formula: Any
    log: bool
    noise: str


@dataclass(frozen=True)
class Experiment:
    """An arm at a dose."""

    id: str
    arm: str
    dose: float | None
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Setup:
    """One arm, wired."""

    id: str
    model: Model
    extras: Extras
    network: Network


@dataclass(frozen=True)
class Exported:
    """One problem: arms that share a structure.

    network      as it is written, of the first of them
    synthetic    whether the readings were made up by the scenario itself
    """

    name: str
    network: Network
    arms: Mapping[str, Setup]
    numbers: tuple[SharedNumber, ...]
    readouts: Mapping[str, Readout]
    experiments: Mapping[tuple[str, float | None], Experiment]
    readings: tuple[Measured, ...]
    synthetic: bool
    drug: str | None
    remarks: tuple[str, ...] = field(default=())

    def log_likelihood(self, values: Mapping[str, float] | None = None) -> float:
        """ln p(readings) by our own solver, at nominal values unless others are given (number of the problem -> value)."""
        given = {one.id: one.nominal for one in self.numbers} | dict(values or {})
        total = 0.0
        for (arm, dose), rows in _grouped(self.readings).items():
            setup = self.arms[arm]
            course = _course(setup, self._moved(setup, given), {self.drug: dose} if self.drug and dose is not None else {}, rows)
            for row, predicted in zip(rows, course, strict=True):
                readout = self.readouts[row.readout]
                noise = LogNormal(given[readout.noise]) if readout.log else Normal(given[readout.noise])
                total += float(noise.log_likelihood(row.value, _value(readout.formula, {**given, **predicted})))
        return total

    def _moved(self, setup: Setup, given: Mapping[str, float]) -> dict[str, float]:
        return {
            identifier: given[one.id] * factor
            for one in self.numbers
            for identifier, factor in one.places(setup.model.network).items()
        }


def export_problems(
    scenario: Scenario,
    catalog: Catalog,
    readings: Sequence[Measured] | None,
    estimate: Sequence[str] = (),
    arm: str | None = None,
) -> list[Exported]:
    """The problems that a scenario and its readings state, one for each structure among its arms.

    readings  None: made up by the scenario at central values, with its own noise
    estimate  numbers of the catalogue to be estimated, `name` or `name subject`; the noise always is
    arm       only this one
    raises    InputError for scenarios that are no network of one well, unknown arms, readouts or numbers
    """
    setups = arm_setups(scenario, catalog, arm)
    entries = scenario.assay.fit_parameters if isinstance(scenario.assay, Confluence) and not estimate else ()
    numbers = shared_numbers([setup.model for setup in setups.values()], estimate, entries)
    synthetic = readings is None
    given = _synthetic(scenario, setups) if readings is None else [_checked(row, scenario, setups) for row in readings]
    if not given:
        raise InputError("There are no readings of the arms that were asked for", ", ".join(setups))
    drug = drug_of(scenario)
    groups: dict[tuple[str, ...], list[Setup]] = {}
    for setup in setups.values():
        groups.setdefault(structure(setup.network), []).append(setup)
    problems = []
    for members in groups.values():
        rows = [row for row in given if row.arm in {setup.id for setup in members}]
        if rows:
            problems.append(_problem(scenario, members, numbers, rows, synthetic, drug, alone=len(groups) == 1))
    return problems


def arm_setups(scenario: Scenario, catalog: Catalog, arm: str | None) -> dict[str, Setup]:
    """Every arm, or one, wired; InputError for what is more than one network."""
    if scenario.arena.kind == "tissue" or scenario.assay.kind == "cohort":
        kind = "tissue" if scenario.arena.kind == "tissue" else "cohort"
        raise InputError(
            f"Scenario '{scenario.name}' is a {kind}", "one network: a well, a transwell, a circulation", "Choose another"
        )
    return {name: _setup(name, one, catalog) for name, one in _arms(scenario, arm).items()}


def _arms(scenario: Scenario, arm: str | None) -> dict[str, Scenario]:
    arms = {one.id: changed for one, changed in expand_arms(scenario)} if scenario.arms else {BASE: scenario}
    if arm is None:
        return arms
    if arm not in arms:
        raise unknown_name("Arm", arm, arms)
    return {arm: arms[arm]}


def drug_of(scenario: Scenario) -> str | None:
    """The drug whose dose readings may name, None where there is no such drug."""
    named = getattr(scenario.assay, "drug", None)
    return named or (scenario.drugs[0].id if len(scenario.drugs) == 1 else None)


def _setup(name: str, scenario: Scenario, catalog: Catalog) -> Setup:
    values: dict[str, Any] = {}
    per_cell = loads = None
    if isinstance(scenario.assay, ConditionedMedium):
        scenario, draws, many, carried = conditioned(scenario, scenario.assay, catalog, Ensemble(0, scenario.seed), Silent())
        values = {key: float(np.ravel(value)[0]) for key, value in draws.items()}
        per_cell = {key: float(np.ravel(value)[0]) for key, value in many.items()}
        loads = {key: {kind: float(np.ravel(one)[0]) for kind, one in load.items()} for key, load in carried.items()}
    model = build(scenario, catalog)
    extras = Extras(values, per_cell, loads)
    return Setup(name, model, extras, bare_network(model, extras))


def formula_of(model: Model, readout: str) -> Any:
    """What a readout reads, as a SymPy expression in names of the network.

    `confluence` (of a scenario with that assay): % of the floor that living cells and dead ones cover, arrested cells wider; else see
    `quantity_of`.
    """
    assay = model.scenario.assay
    if readout != CONFLUENCE or not isinstance(assay, Confluence):
        return real_symbol(quantity_of(model, readout))
    population = model.recipients()
    wide = 1.0
    if assay.spreading is not None:
        wide = 1.0 + real_symbol(SPREADING) * (1.0 - real_symbol(f"{population.id}.arrest"))
    return real_symbol(START_COVER) * (real_symbol(population.cells) * wide + real_symbol("dead.cell")) / population.count


def quantity_of(model: Model, readout: str) -> str:
    """The pool, node or derived value that a readout names: `cells` (of the population that is read), `cells of ID`, or its own name."""
    who = {population.id: population.cells for population in model.layout.populations}
    if readout == CELLS:
        return str(model.recipients().cells)
    name = who.get(readout.removeprefix(f"{CELLS} of "), readout) if readout.startswith(f"{CELLS} of ") else readout
    network = model.network
    if name not in network.pools and name not in network.nodes and name not in network.derived:
        known = [CELLS, *(f"{CELLS} of {one}" for one in who), *network.pools, *network.nodes, *network.derived]
        raise unknown_name("Readout", readout, known)
    return name


def _checked(row: Measured, scenario: Scenario, setups: Mapping[str, Setup]) -> Measured:
    if row.arm and row.arm not in setups:
        raise unknown_name("Arm", row.arm, setups)
    if not row.arm and len(setups) > 1:
        raise InputError("A reading names no arm", ", ".join(setups), "Fill in the column 'arm'")
    if row.time > scenario.duration + 1e-9:
        raise InputError(
            f"A reading at {row.time:g} h, after the scenario's end", f"0 to {scenario.duration:g} h", "Raise `duration`"
        )
    name = row.arm or next(iter(setups))
    formula_of(setups[name].model, row.readout)
    return Measured(name, row.time, row.dose, row.readout, row.value)


def _synthetic(scenario: Scenario, setups: Mapping[str, Setup]) -> list[Measured]:
    """Readings at central values with log-normal scatter: the cells that are read, at each dose, at a few times that no event shares."""
    spread = getattr(scenario.assay, "noise", None) or NOISE
    series = getattr(scenario.assay, "doses", None)
    doses: list[float | None] = list(dose_values(series)) if series is not None else [None]
    if isinstance(scenario.assay, Confluence):
        doses = list(scenario.assay.fit_doses)
    rows = []
    for setup in setups.values():
        moments = {
            event.time for event in setup.model.events(setup.extras.values, None, setup.extras.per_cell, setup.extras.loads)
        }
        times = [scenario.duration * part / SYNTHETIC_TIMES for part in range(1, SYNTHETIC_TIMES + 1)]
        times = [time - 0.5 * scenario.duration / SYNTHETIC_TIMES if time in moments else time for time in times]
        for dose in doses:
            plan = [Measured(setup.id, time, dose, CELLS, 1.0) for time in times]
            name = drug_of(scenario)
            course = _course(setup, {}, {name: dose} if name and dose is not None else {}, plan)
            random = stream(scenario.seed, "petab", setup.id, repr(dose))
            noise = LogNormal(spread)
            for row, predicted in zip(plan, course, strict=True):
                value = float(noise.draw(predicted[quantity_of(setup.model, CELLS)], random))
                rows.append(Measured(row.arm, row.time, row.dose, row.readout, value))
    return rows


def _course(
    setup: Setup, moved: Mapping[str, float], doses: Mapping[str, float], rows: Sequence[Measured]
) -> list[dict[str, float]]:
    """What our own solver says at the time of each reading: quantity -> value."""
    model, extras = setup.model, setup.extras
    values = {**extras.values, **moved}
    grid = np.unique([0.0, *(row.time for row in rows)])
    run = integrate(
        model.network,
        grid,
        values,
        model.start(values),
        model.events(values, doses, extras.per_cell, extras.loads),
        relative=ACCURACY,
    )
    symbols = {symbol.name for row in rows for symbol in formula_of(model, row.readout).free_symbols}
    courses = {name: run.value(name)[:, 0] for name in symbols if name not in (START_COVER, SPREADING)}
    return [{name: float(course[np.searchsorted(grid, row.time)]) for name, course in courses.items()} for row in rows]


def _grouped(rows: Sequence[Measured]) -> dict[tuple[str, float | None], list[Measured]]:
    found: dict[tuple[str, float | None], list[Measured]] = {}
    for row in rows:
        found.setdefault((row.arm, row.dose), []).append(row)
    return found


def _problem(
    scenario: Scenario,
    members: Sequence[Setup],
    numbers: Sequence[SharedNumber],
    rows: Sequence[Measured],
    synthetic: bool,
    drug: str | None,
    alone: bool,
) -> Exported:
    first = members[0]
    used = [one for one in numbers if any(one.places(setup.model.network) for setup in members)]
    readouts, noise = _readouts(scenario, first.model, rows, synthetic)
    experiments = {}
    for arm, dose in _grouped(rows):
        setup = next(one for one in members if one.id == arm)
        unknown = {name: real_symbol(one.id) * factor for one in used for name, factor in one.places(setup.model.network).items()}
        given = {drug: dose} if drug and dose is not None else {}
        name = plain_id(arm, "" if dose is None else f"{dose:.6g}nM")
        listed = steps(setup.model, first.network, setup.extras, unknown, given)
        experiments[arm, dose] = Experiment(name, arm, dose, tuple(listed))
    remarks = []
    if synthetic:
        remarks.append("Readings were made up by the scenario itself, at central values with log-normal scatter: no measurement.")
    if used and isinstance(scenario.assay, ConditionedMedium):
        remarks.append(
            "What donors put into the medium was worked out once, at central values: the numbers estimated act on the recipients only."
        )
    return Exported(
        scenario.name if alone else f"{scenario.name}_{first.id}",
        first.network,
        {setup.id: setup for setup in members},
        (*used, *noise),
        readouts,
        experiments,
        tuple(rows),
        synthetic,
        drug,
        tuple(remarks),
    )


def _value(formula: Any, known: Mapping[str, float]) -> float:
    return float(formula.subs({symbol: known[symbol.name] for symbol in formula.free_symbols}))


def _readouts(
    scenario: Scenario, model: Model, rows: Sequence[Measured], synthetic: bool
) -> tuple[dict[str, Readout], list[SharedNumber]]:
    """Readings above 0 scatter in their logarithm, others by an amount; either width is a number of the problem."""
    found: dict[str, Readout] = {}
    noise: list[SharedNumber] = []
    for name in dict.fromkeys(row.readout for row in rows):
        values = np.array([row.value for row in rows if row.readout == name])
        log = bool(np.all(values > 0.0))
        width = f"noise_{plain_id(name)}"
        nominal = (getattr(scenario.assay, "noise", None) or NOISE) * (1.0 if log else float(np.abs(values).max() or 1.0))
        scale = nominal / NOISE
        low, high = (LEAST_NOISE, MOST_NOISE) if log else (LEAST_NOISE * scale, MOST_NOISE * scale)
        found[name] = Readout(plain_id("readout", name), formula_of(model, name), log, width)
        noise.append(SharedNumber(width, None, float(nominal), low, high, "", True))
    if CONFLUENCE in found and isinstance(scenario.assay, Confluence):
        first = min((row.time, row.value) for row in rows if row.readout == CONFLUENCE)[1]
        noise.append(
            SharedNumber(START_COVER, None, first, first / 5.0, first * 5.0, "%", True, "log-normal", (math.log(first), 1.0))
        )
        given = scenario.assay.spreading
        if given is not None:
            middle, width_of = math.log(given.value), math.log(given.high / given.low) / (2.0 * Z95)
            noise.append(
                SharedNumber(
                    SPREADING, None, given.value, given.low / 5.0, given.high * 5.0, "", True, "log-normal", (middle, width_of)
                )
            )
    return found, noise
