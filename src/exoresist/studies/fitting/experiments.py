"""All experiments of a fit, simulated together: every parameter point under every condition of an arm in one batch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.assay import ConditionedMedium
from exoresist.assembly.build import Model, build
from exoresist.assembly.fit_file import FitFile, ReadoutEntry
from exoresist.assembly.fit_reader import FitPlan
from exoresist.assembly.fit_readouts import Survival
from exoresist.assembly.readings import Reading
from exoresist.assembly.scenario import Scenario
from exoresist.catalog import Catalog
from exoresist.compartments.well import culture
from exoresist.core.errors import InputError, SolverError, unknown_name
from exoresist.core.progress import Silent
from exoresist.core.units import convert, same_dimension
from exoresist.network import Run
from exoresist.studies.conditioning import conditioned
from exoresist.studies.fitting.readouts import check_readout, read, readout_unit
from exoresist.studies.fitting.unknowns import SEEDING, Models, Unknown

Array = NDArray[np.float64]
Key = tuple[str, str]  # experiment, arm
Condition = tuple[tuple[str, float], ...]  # (drug or preparation, amount), sorted; what is not named is as in the scenario

FINE = 1e-7  # accuracy of the solver for gradients, which divide its error by their step
COARSE = 1e-6  # for sampling: far below any noise


@dataclass(frozen=True)
class Place:
    """Where a reading stands: arm, condition, time and readout, by number; `value` in the readout's unit."""

    key: Key
    condition: int
    time: int
    readout: int
    value: float
    reading: Reading

    @property
    def well(self) -> tuple[object, ...]:
        """The well it was read from."""
        return self.key, self.condition, self.readout, self.reading.replicate


@dataclass(frozen=True)
class Group:
    """One arm of one experiment with the conditions and times at which it was read.

    untreated  condition -> the condition without what varies (for survival)
    donors     the scenario of conditioned medium, else None
    """

    key: Key
    model: Model
    conditions: tuple[Condition, ...]
    times: tuple[float, ...]
    readouts: tuple[int, ...]
    untreated: tuple[int, ...]
    donors: Scenario | None = None


@dataclass(frozen=True)
class _Points:
    """Stands for an ensemble where conditioned medium wants one: the values of every point."""

    unknowns: Sequence[Unknown]
    values_: Array
    experiment: str = ""

    @property
    def sets(self) -> int:
        return len(self.values_)

    def values(self, model: Model) -> dict[str, Array]:
        result = {}
        for place, unknown in enumerate(self.unknowns):
            if unknown.experiment not in ("", self.experiment):
                continue
            for identifier, part in model.network.parameters.items():
                quantity = part.quantity
                same = quantity is not None and (quantity.name, quantity.subject) == (unknown.prior.name, unknown.prior.subject)
                if same and quantity is not None and quantity.source != "scenario":
                    result[identifier] = self.values_[:, place] * convert(1.0, unknown.prior.unit, part.unit)
        return result


def built(plan: FitPlan, readings: Sequence[Reading], catalog: Catalog) -> dict[Key, Model]:
    """The model of every arm that was read. Raises InputError for experiments and arms that there are not."""
    models: dict[Key, Model] = {}
    for reading in readings:
        key = key_of(plan, reading)
        if key not in models:
            experiment = next(one for one in plan.experiments if one.id == key[0])
            scenario = experiment.arms[key[1]]
            if isinstance(scenario.assay, ConditionedMedium):
                scenario = conditioned(scenario, scenario.assay, catalog, _Points((), np.zeros((1, 0))), Silent())[0]  # type: ignore[arg-type]
            models[key] = build(scenario, catalog)
    return models


def key_of(plan: FitPlan, reading: Reading) -> Key:
    """Experiment and arm of a reading, empty ones being the only ones."""
    names = [experiment.id for experiment in plan.experiments]
    if not reading.experiment and len(names) > 1:
        raise InputError(f"{reading.where}: no experiment is named", ", ".join(names), "Fill the column `experiment`")
    chosen = reading.experiment or names[0]
    single = len(names) == 1 and not plan.file.experiments
    if chosen not in names and not (single and chosen in (plan.experiments[0].scenario.name,)):
        raise (
            unknown_name("Experiment", chosen, names)
            if not reading.line
            else reading.at(unknown_name("Experiment", chosen, names))
        )
    experiment = plan.experiments[names.index(chosen)] if chosen in names else plan.experiments[0]
    arms = list(experiment.arms)
    if not reading.arm and len(arms) > 1:
        raise InputError(f"{reading.where}: no arm is named", ", ".join(arms), "Fill the column `arm`")
    arm = reading.arm or arms[0]
    if arm not in experiment.arms:
        raise reading.at(unknown_name(f"Arm of '{experiment.id}'", arm, arms))
    return experiment.id, arm


def located(plan: FitPlan, readings: Sequence[Reading], models: Models) -> tuple[list[Group], list[Place]]:
    """Conditions and times of every arm, and where each reading stands among them.

    Raises InputError, naming the line, for what cannot be read: unknown readouts and doses, other units, times after the end, counts
    that are none.
    """
    file = plan.file
    ids = [readout.id for readout in file.readouts]
    rows: dict[Key, list[tuple[Reading, Condition, int]]] = {}
    for reading in readings:
        key = key_of(plan, reading)
        if reading.readout not in ids:
            raise reading.at(unknown_name("Readout", reading.readout, ids))
        scenario = models[key].scenario
        if reading.time > scenario.duration * (1.0 + 1e-9):
            raise InputError(
                f"{reading.where}: {reading.time:g} h is after the end", f"0 to {scenario.duration:g} h",
                "Set the scenario's `duration` to that of the experiment",
            )  # fmt: skip
        rows.setdefault(key, []).append((reading, _condition(plan, key, models[key], reading), ids.index(reading.readout)))
    groups, places = [], []
    for key, found in rows.items():
        group = _group(key, models[key], file, found, plan)
        groups.append(group)
        order, times = {item: n for n, item in enumerate(group.conditions)}, {time: n for n, time in enumerate(group.times)}
        for reading, condition, readout in found:
            value = _value(file.readouts[readout], models[key], reading)
            places.append(Place(key, order[condition], times[reading.time], readout, value, reading))
    return groups, places


def _condition(plan: FitPlan, key: Key, model: Model, reading: Reading) -> Condition:
    experiment = next(one for one in plan.experiments if one.id == key[0])
    drugs = {entry.id for entry in model.scenario.drugs}
    preparations = {entry.id for entry in model.scenario.vesicles}
    found: dict[str, float] = {}
    for what, number, unit in reading.doses:
        name = what or experiment.drug
        declared = {entry.id for entry in experiment.scenario.drugs} | {entry.id for entry in experiment.scenario.vesicles}
        if name not in drugs | preparations:
            if name in declared and number == 0.0:
                continue  # this arm leaves it out: its dose is 0
            if not name:
                raise InputError(
                    f"{reading.where}: a dose of what?", ", ".join(sorted(drugs)) or "no drug", "Fill the column `drug`"
                )
            raise reading.at(unknown_name("Drug or preparation of this arm", name, drugs | preparations))
        target = "particle/cell" if name in preparations else "nM"
        if unit and not same_dimension(unit, target):
            raise InputError(f"{reading.where}: a dose of {name} in '{unit}'", f"a unit like {target}")
        if name in found:
            raise InputError(f"{reading.where}: two doses of {name}", "one", "Empty one of the columns")
        found[name] = convert(number, unit or target, target)
    return tuple(sorted(found.items()))


def _group(key: Key, model: Model, file: FitFile, found: list[tuple[Reading, Condition, int]], plan: FitPlan) -> Group:
    used = sorted({readout for _, _, readout in found})
    experiment = next(one for one in plan.experiments if one.id == key[0])
    for readout in used:
        check_readout(file.readouts[readout].reads, model, experiment.scenario)
    conditions = sorted({condition for _, condition, _ in found})
    if any(isinstance(file.readouts[readout].reads, Survival) for readout in used):
        conditions = sorted({*conditions, *(tuple((name, 0.0) for name, _ in condition) for condition in conditions)})
    untreated = [conditions.index(bare) if (bare := tuple((name, 0.0) for name, _ in item)) in conditions else n
                 for n, item in enumerate(conditions)]  # fmt: skip
    times = sorted({reading.time for reading, _, _ in found})
    scenario = experiment.arms[key[1]]
    donors = scenario if isinstance(scenario.assay, ConditionedMedium) else None
    return Group(key, model, tuple(conditions), tuple(times), tuple(used), tuple(untreated), donors)


def _value(readout: ReadoutEntry, model: Model, reading: Reading) -> float:
    """The reading in the readout's unit; InputError for one that its noise cannot have made."""
    target = readout.unit or readout_unit(readout.reads, model)
    value = reading.value
    if reading.unit and reading.unit != target:
        try:
            value = convert(value, reading.unit, target)
        except InputError:
            raise InputError(
                f"{reading.where}: readout '{readout.id}' in '{reading.unit}'", f"a unit like '{target}'",
                "Correct the unit, or give the readout a `scale` and a `unit` of its own",
            ) from None  # fmt: skip
    noise = readout.noise
    if noise.kind == "negative_binomial" and (value < 0.0 or value != round(value)):
        raise InputError(
            f"{reading.where}: a count of {value:g}", "whole numbers from 0", "Take another noise for what is no count"
        )
    limit = getattr(noise, "limit", None)
    if noise.kind == "normal" and noise.additive == 0.0 and value == 0.0:
        raise InputError(
            f"{reading.where}: 0 with noise that is relative only", "readings other than 0", "Give the noise an `additive` part"
        )
    if noise.kind == "lognormal" and not value > 0.0 and limit is None:
        raise InputError(
            f"{reading.where}: {value:g} with log-normal noise", "above 0", "Give the detection limit as the noise's `limit`"
        )
    return value


def unit_factor(readout: ReadoutEntry, model: Model) -> float:
    """What turns the model's unit into the readout's where no scale does."""
    own = readout_unit(readout.reads, model)
    if not readout.unit or readout.unit == own or readout.scale is not None:
        return 1.0
    try:
        return convert(1.0, own, readout.unit)
    except InputError:
        raise InputError(
            f"readout '{readout.id}' has the unit '{readout.unit}'", f"a unit like '{own}', or a `scale`", "Correct the unit"
        ) from None


def simulate(
    group: Group, file: FitFile, unknowns: Sequence[Unknown], values: Array, catalog: Catalog, accuracy: float = FINE
) -> dict[int, Array]:
    """Readout -> (S, conditions, T) what the model computes, for values (S, unknowns); NaN where a point cannot be solved."""
    try:
        return _simulated(group, file, unknowns, values, catalog, accuracy)
    except SolverError:
        if len(values) == 1:
            shape = (1, len(group.conditions), len(group.times))
            return {readout: np.full(shape, np.nan) for readout in group.readouts}
    half = len(values) // 2
    first, second = (simulate(group, file, unknowns, part, catalog, accuracy) for part in (values[:half], values[half:]))
    return {readout: np.concatenate([first[readout], second[readout]]) for readout in group.readouts}


def _simulated(
    group: Group, file: FitFile, unknowns: Sequence[Unknown], values: Array, catalog: Catalog, accuracy: float
) -> dict[int, Array]:
    run, begin = solved(group, unknowns, values, catalog, accuracy)
    count, sets = len(group.conditions), len(values)
    result = {}
    for readout in group.readouts:
        entry = file.readouts[readout]
        spreading: Array | float = 0.0
        for place, unknown in enumerate(unknowns):
            if unknown.readout == (entry.id, "spreading"):
                spreading = np.tile(values[:, place], count)
        raw = read(entry.reads, group.model, run, spreading)[begin:]
        table = np.broadcast_to(raw, (raw.shape[0], count * sets)).reshape(len(group.times), count, sets)
        if isinstance(entry.reads, Survival):
            bare = table[:, list(group.untreated)]
            table = np.divide(table, bare, out=np.full_like(table, np.nan), where=bare > 0.0)
        result[readout] = np.ascontiguousarray(table.transpose(2, 1, 0)) * unit_factor(entry, group.model)
    return result


def solved(group: Group, unknowns: Sequence[Unknown], values: Array, catalog: Catalog, accuracy: float = FINE) -> tuple[Run, int]:
    """The run over all conditions (slow) and points (fast), and how many leading times were added to begin at 0."""
    # Condition by condition, all points of one condition together: sets of one block share their step size, and it is the
    # dose that makes a problem stiff.
    model, count = group.model, len(group.conditions)
    given: dict[str, float | Array] = {}
    seeding: dict[str, Array] = {}
    for place, unknown in enumerate(unknowns):
        for identifier, factor in (unknown.places or {}).get(group.key, ()):
            if identifier == SEEDING:
                seeding[unknown.prior.subject.partition(":")[2]] = np.tile(values[:, place], count)
            else:
                given[identifier] = np.tile(values[:, place] * factor, count)
    doses = {
        entry.id: _dose(group, entry.id, entry.dose, len(values)) for entry in model.scenario.drugs if _varied(group, entry.id)
    }
    per_cell: dict[str, Array] = {
        entry.id: _dose(group, entry.id, entry.per_cell, len(values))
        for entry in model.scenario.vesicles
        if _varied(group, entry.id)
    }
    loads = None
    if group.donors is not None:
        assay = group.donors.assay
        assert isinstance(assay, ConditionedMedium)
        _, draws, brought, carried = conditioned(group.donors, assay, catalog, _Points(unknowns, values, group.key[0]), Silent())  # type: ignore[arg-type]
        known = model.network.parameters
        given |= {name: np.tile(value, count) for name, value in draws.items() if name in known and name not in given}
        per_cell |= {name: np.tile(np.broadcast_to(value, (len(values),)), count) for name, value in brought.items()}
        loads = {name: {kind: np.tile(each, count) for kind, each in load.items()} for name, load in carried.items()}
    begin = [] if group.times[0] == 0.0 else [0.0]
    grid = [*begin, *group.times]
    if len(grid) == 1:
        grid = [*grid, max(grid[0], 1e-6) * 1.001]
    initial = _seeded(model, given, seeding)
    sized = {name: np.full(count * len(values), float(value)) if np.ndim(value) == 0 else value for name, value in given.items()}
    if not sized and not doses and not per_cell and count * len(values) > 1:
        first = next(iter(model.network.parameters.values()))
        sized = {first.id: np.full(count * len(values), first.value)}
    run = culture(model, grid, values=sized, doses=doses, per_cell=per_cell, loads=loads, initial=initial, relative=accuracy)
    if len(grid) != len(begin) + len(group.times):
        run = _without_last(run)
    return run, len(begin)


def _without_last(run: Run) -> Run:
    from dataclasses import replace

    return replace(run, times=run.times[:-1], amounts=run.amounts[:-1])


def _seeded(model: Model, given: Mapping[str, float | Array], seeding: Mapping[str, Array]) -> dict[str, float | Array]:
    """Start amounts of populations seeded with more or fewer cells: all that is in the cells follows."""
    if not seeding:
        return {}
    result: dict[str, float | Array] = {}
    for pool, amount in model.start(given).items():
        factor = seeding.get(pool.partition(".")[0])
        if factor is not None:
            result[pool] = amount * factor
    return result


def _varied(group: Group, name: str) -> bool:
    return any(what == name for condition in group.conditions for what, _ in condition)


def _dose(group: Group, name: str, default: float, sets: int) -> Array:
    amounts = [dict(condition).get(name, default) for condition in group.conditions]
    if not all(math.isfinite(amount) for amount in amounts):
        raise InputError(f"a dose of {name} is not finite", "finite doses")
    return np.repeat(np.asarray(amounts, dtype=float), sets)
