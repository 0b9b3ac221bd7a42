"""The experiment that is asked about: its arms as models with rivals, what is read in them, and what the question measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.arms import expand_arms
from exoresist.assembly.assay import ConditionedMedium, TimeCourse, dose_values
from exoresist.assembly.build import Model
from exoresist.assembly.rivals import FACTOR, STRENGTHS, UNNAMED, priors, with_rivals
from exoresist.assembly.scenario import Arm, Scenario
from exoresist.catalog import Catalog
from exoresist.compartments.well import culture
from exoresist.core.errors import InputError
from exoresist.core.progress import Progress, Silent
from exoresist.network import PerSize, Run
from exoresist.studies.conditioning import conditioned
from exoresist.studies.identify_space import GROWTH, Draws, Space, space_of
from exoresist.studies.secant import secant_step

Array = NDArray[np.float64]

TOLERANCE = 1e-4  # of the solver: far below the noise of any reading
FEWEST = 1e-12  # cells: what the solver leaves of the extinct
READ = ("dose_response", "co_culture", "transwell", "conditioned_medium", "time_course")
# What no laboratory can change: an arm that differs in these is a thought, and is left out of the data.
THOUGHTS = frozenset({"parameters", "parameter_sets", "axes", "cargo", "signals", "contexts", "responses", "factors"})
EFFECT_FLOOR = float(np.log(1.1))  # an effect on ln dose (or ln survivors) below this is taken for none


@dataclass(frozen=True)
class LabArm:
    """One arm that a laboratory can do.

    exposure  the scenario that is simulated (of conditioned medium: what follows the conditioning)
    """

    arm: Arm
    scenario: Scenario
    exposure: Scenario
    model: Model

    @property
    def id(self) -> str:
        return self.arm.id

    @property
    def label(self) -> str:
        return self.arm.label or self.arm.id


@dataclass(frozen=True)
class Bench:
    """An experiment, ready to be run in many worlds.

    arms        id -> arm; `of` and `against` name the two whose difference is the protection
    drug        the drug whose dose varies, or "" where doses are as given
    doses       nM, ascending, 0 first; of a time course the single entry 0
    times       h, when cells are counted
    lines       cell lines of the donors
    dose_half   dose at which the reference arm is half killed at central numbers; None without one
    """

    scenario: Scenario
    catalog: Catalog
    arms: Mapping[str, LabArm]
    of: str
    against: str
    drug: str
    doses: tuple[float, ...]
    times: tuple[float, ...]
    lines: frozenset[str]
    space: Space
    dose_half: float | None
    left_out: tuple[str, ...] = ()

    def draws(self, z: Array, report: Progress | None = None) -> Draws:
        """Worlds at given scores: strengths relative to what is reached in each, the drug as potent as the reference arm shows."""
        draws = Draws(self.space, z)
        draws.levels = levels(self.arms[self.of], self.catalog, self.drug, draws)
        draws.potency_rows = _potency_rows(self.arms[self.against].model, self.drug)
        if self.dose_half is not None:
            draws.matched = _matched(self, draws, report)
        return draws

    def cells(self, arm: LabArm, draws: Draws, doses: Sequence[float], times: Sequence[float], delivery: bool = True,
              report: Progress | None = None) -> Array:  # fmt: skip
        """(N, D, T) living cells of the population that is read.

        delivery  False: nothing in vesicles reaches the recipients, in this arm and all worlds
        """
        return run_cells(arm, self.catalog, draws, self.drug, doses, times, delivery, report)

    def protection(self, cells: Array) -> Array:
        """(N,) protection of an arm from its (N, D, T) cells, see `protection`."""
        return protection(cells, self.doses)


def protection(cells: Array, doses: Sequence[float]) -> Array:
    """How well cells hold out: area under the share left over ln dose, or ln cells at the end where there is one dose.

    P = ∫ (cells(dose)/cells(0)) d ln dose

    A curve shifted by a fold f in dose gains ln f, so that a difference of P is the mean ln fold; it is bounded, and needs no IC50.

    cells  (N, D, T); the last time counts. Doses in nM, ascending, the first 0
    """
    last = np.maximum(cells[:, :, -1], FEWEST)
    if len(doses) == 1:
        return np.asarray(np.log(last[:, 0]))
    share = last[:, 1:] / last[:, :1]
    if len(doses) == 2:
        return np.asarray(np.log(share[:, 0]))
    return np.asarray(np.trapezoid(share, np.log(np.asarray(doses[1:])), axis=1))


def bench(
    scenario: Scenario, catalog: Catalog, doses: Sequence[float] | None = None, times: Sequence[float] | None = None
) -> Bench:
    """Arms, comparison and coordinates of a scenario's experiment.

    doses, times  in place of the scenario's (of data)

    Raises InputError for an assay that counts no cells, and where no two arms differ by their donors.
    """
    check_assay(scenario)
    assay = scenario.assay
    pairs = expand_arms(scenario)
    usable = [(arm, one) for arm, one in pairs if not THOUGHTS & set(arm.change) and _read(one) == assay.population]
    left_out = tuple(arm.id for arm, one in pairs if (arm, one) not in usable)
    of, against = _comparison(scenario, usable)
    by_id = {arm.id: one for arm, one in usable}
    lines = _donor_lines(by_id[of], by_id[against])
    if not lines:
        raise InputError(
            f"arms '{of}' and '{against}' hold the same cells and vesicles", "a comparison of an arm with donors (or their vesicles) "
            "and one without", "Name such a pair under `comparison`",
        )  # fmt: skip
    drug = "" if isinstance(assay, TimeCourse) else assay.drug  # type: ignore[union-attr]
    grid = tuple(doses) if doses is not None else (dose_values(assay.doses) if drug else (0.0,))  # type: ignore[union-attr]
    when = tuple(times) if times is not None else _times(scenario)
    arms = {arm.id: lab_arm(arm, one, catalog, lines) for arm, one in usable}
    reached = levels(arms[of], catalog, drug, Draws(_nothing(catalog), np.zeros((1, 0))))
    rivals = [rival for rival in STRENGTHS if reached[rival][0] > 0.0]
    potent = bool(_potency_rows(arms[against].model, drug))
    space = space_of([one.model for one in arms.values()], rivals, potent, priors(catalog))
    made = Bench(scenario, catalog, arms, of, against, drug, grid, when, lines, space, None, left_out)
    return replace(made, dose_half=_dose_half(made)) if potent else made


def check_assay(scenario: Scenario) -> None:
    """Raises InputError for an assay that counts no living cells."""
    if scenario.assay.kind not in READ:
        raise InputError(
            f"the assay is of kind '{scenario.assay.kind}'", ", ".join(READ),
            "A transfer share needs an experiment that counts living cells with and without donors",
        )  # fmt: skip


def lab_arm(arm: Arm, scenario: Scenario, catalog: Catalog, lines: frozenset[str]) -> LabArm:
    """An arm wired with its rivals."""
    exposure, brought = scenario, 1.0
    assay = scenario.assay
    if isinstance(assay, ConditionedMedium):
        exposure, *_ = conditioned(scenario, assay, catalog, Draws(_nothing(catalog), np.zeros((1, 0))), Silent())  # type: ignore[arg-type]
        brought = assay.fraction
    return LabArm(arm, scenario, exposure, with_rivals(exposure, catalog, lines, brought))


def run_cells(arm: LabArm, catalog: Catalog, draws: Draws, drug: str, doses: Sequence[float], times: Sequence[float],
              delivery: bool = True, report: Progress | None = None) -> Array:  # fmt: skip
    """(N, D, T) living cells of an arm in every world."""
    run = run_arm(arm, catalog, draws, drug, doses, times, delivery, report)
    count = len(doses)
    cells = np.maximum(run.amount(arm.model.recipients().cells)[np.searchsorted(run.times, np.asarray(times))], FEWEST)
    if cells.shape[1] == 1:
        cells = np.repeat(cells, draws.sets * count, axis=1)
    return np.ascontiguousarray(cells.T.reshape(count, draws.sets, len(times)).swapaxes(0, 1))


def run_arm(arm: LabArm, catalog: Catalog, draws: Draws, drug: str, doses: Sequence[float], times: Sequence[float],
            delivery: bool = True, report: Progress | None = None) -> Run:  # fmt: skip
    """An arm in every world at every dose: sets are dose by dose, all worlds of one dose together."""
    model, count = arm.model, len(doses)
    values = draws.values(model)
    per_cell = loads = None
    assay = arm.scenario.assay
    if isinstance(assay, ConditionedMedium):
        _, brought, per_cell, loads = conditioned(arm.scenario, assay, catalog, draws, report or Silent())  # type: ignore[arg-type]
        values |= brought
        for name, load in loads.items():
            load[f"cargo:{UNNAMED}"] = np.full(draws.sets, model.network.parameters[f"{name}.{UNNAMED}.copies_per_vesicle"].value)
    if not delivery:
        values[f"{_read(arm.scenario)}.delivered_fraction"] = np.zeros(draws.sets)
    tiled = {key: np.tile(value, count) for key, value in values.items() if key in model.network.parameters}
    return culture(
        model,
        sorted({0.0, *times}),
        values=tiled,
        doses={drug: np.repeat(np.asarray(doses, dtype=float), draws.sets)} if drug else None,
        per_cell=None if per_cell is None else {key: np.tile(value, count) for key, value in per_cell.items()},
        loads=None if loads is None else {
            name: {kind: np.tile(np.broadcast_to(each, (draws.sets,)), count) for kind, each in load.items()}
            for name, load in loads.items()
        },
        report=report,
        relative=TOLERANCE,
    )  # fmt: skip


def _nothing(catalog: Catalog) -> Space:
    return Space((), (), False, priors(catalog))


def _read(scenario: Scenario) -> str:
    return str(scenario.assay.population)


def _times(scenario: Scenario) -> tuple[float, ...]:
    """When cells are counted: at the end, of a time course at the times that it names (six spread evenly where it names none)."""
    if not isinstance(scenario.assay, TimeCourse):
        return (scenario.duration,)
    named = tuple(sorted(time for time in scenario.assay.times if time > 0.0))
    return named or tuple(scenario.duration * part / 6.0 for part in range(1, 7))


def _holders(scenario: Scenario) -> dict[str, str]:
    """Populations that are not read, and preparations, by cell line, as far as there are any of them."""
    found = {one.id: one.cell_line for one in scenario.populations if one.id != _read(scenario) and one.count > 0.0}
    return found | {one.id: one.donor for one in scenario.vesicles if one.per_cell > 0.0}


def _donor_lines(of: Scenario, against: Scenario) -> frozenset[str]:
    """Cell lines of what is there in the one arm and not in the other."""
    return frozenset(_holders(of).values()) - frozenset(_holders(against).values()) or frozenset(
        line for holder, line in _holders(of).items() if holder not in _holders(against)
    )


def _comparison(scenario: Scenario, usable: Sequence[tuple[Arm, Scenario]]) -> tuple[str, str]:
    """The arm with donors and the one without that the question compares."""
    by_id = dict((arm.id, one) for arm, one in usable)
    references = [arm.id for arm, _ in usable if arm.role == "reference"]
    treated = [arm.id for arm, _ in usable if arm.role == "treated"]
    if scenario.comparison is not None and scenario.comparison.of in by_id:
        treated.insert(0, scenario.comparison.of)
    if scenario.comparison is not None and scenario.comparison.against in by_id:
        references.insert(0, scenario.comparison.against)
    for of in [*treated, *by_id]:
        for against in [*references, *by_id]:
            if of != against and _donor_lines(by_id[of], by_id[against]):
                return of, against
    raise InputError(
        "no two arms of the scenario differ by donors or their vesicles", "one arm with them and one without",
        "Add an arm without donors; arms that change what no laboratory can (parameters, signals, cargo) do not count",
    )  # fmt: skip


def _potency_rows(model: Model, drug: str) -> frozenset[tuple[str, str]]:
    """Rows with the damage that the drug does per hour, unless the scenario fixes them."""
    return frozenset(
        (quantity.name, quantity.subject)
        for parameter in model.network.parameters.values()
        if (quantity := parameter.quantity) is not None
        if drug and quantity.name == "damage_rate" and f"drug:{drug}" in quantity.subject and quantity.source != "scenario"
    )


def levels(arm: LabArm, catalog: Catalog, drug: str, draws: Draws) -> dict[str, Array]:
    """Rival -> (N,) mean level of what it acts through, in an arm without drug and rivals: a strength is relative to it."""
    hours = np.linspace(0.0, arm.exposure.duration, 13)
    run = run_arm(arm, catalog, draws.without_rivals(), drug, (0.0,), tuple(hours))
    model, read = arm.model, _read(arm.scenario)

    def mean(name: str) -> Array:
        values = np.broadcast_to(run.value(name), (len(run.times), draws.sets))
        return np.asarray(np.trapezoid(values, run.times, axis=0) / run.times[-1])

    found = {"transfer": mean(f"{read}.{UNNAMED}_per_cell"), "soluble": mean(f"{model.recipients().side.id}.{FACTOR}")}
    drugs = len([*model.layout.drugs, *model.layout.antibodies]) or 1
    for rival in ("sink", "decoy"):
        # Per hour and unit of strength; over the whole time a strength of 1 takes an e-fold.
        density = np.zeros(draws.sets)
        for process in model.network.processes.values():
            if process.name == f"rival_{rival}":
                where = process.inputs["second"]
                assert isinstance(where, PerSize)
                density = density + mean(where.pool) / model.network.parameters[where.size].value
        found[rival] = density * run.times[-1] / drugs
    beside = any(part.tag == "rival:growth" for part in model.network.modulations)
    found[GROWTH] = np.full(draws.sets, float(beside))
    # Below a millionth of a copy nothing was delivered at all: what is left is the floor that keeps sizes from being zero.
    found["transfer"] = np.where(found["transfer"] > 1e-6, found["transfer"], 0.0)
    return found


def _dose_half(made: Bench) -> float | None:
    """Dose that leaves half of the reference arm at central numbers; None where none of the doses comes near."""
    draws = Draws(made.space, np.zeros((1, made.space.size))).without_rivals()
    cells = made.cells(made.arms[made.against], draws, made.doses, made.times)[0, :, -1]
    share, doses = cells / cells[0], np.asarray(made.doses)
    below = np.flatnonzero((share[1:] < 0.5) & (share[:-1] >= 0.5)) + 1
    if not len(below):
        return None
    place = int(below[0])
    if place == 1:
        return float(doses[1])
    low, high = np.log(doses[place - 1]), np.log(doses[place])
    part = (share[place - 1] - 0.5) / (share[place - 1] - share[place])
    return float(np.exp(low + part * (high - low)))


ROUNDS, CLOSE, WIDEST = 10, 0.02, 12.0


def _matched(made: Bench, draws: Draws, report: Progress | None) -> Array:
    """(N,) factors on the damage rate at which half of the reference arm is left at `dose_half`, by bracketed secant steps in ln."""
    assert made.dose_half is not None
    arm, doses = made.arms[made.against], (0.0, made.dose_half)
    x = np.zeros(draws.sets)
    low, high = x - WIDEST, x + WIDEST
    before = None
    potency, draws.potency = draws.potency, np.ones(draws.sets)
    for _ in range(ROUNDS):
        draws.matched = np.exp(x)
        cells = made.cells(arm, draws, doses, made.times[-1:], report=report)[:, :, 0]
        share = np.clip(cells[:, 1] / cells[:, 0], 1e-6, 1.0 - 1e-6)
        y = np.log((1.0 - share) / share)  # rises with the damage
        if np.all(np.abs(y) < CLOSE):
            break
        low, high = np.where(y < 0.0, x, low), np.where(y > 0.0, x, high)
        ahead = secant_step(x, y, low, high, before)
        before = x, y
        x = np.where(np.abs(y) < CLOSE, x, ahead)
    draws.potency = potency
    return np.asarray(np.exp(x))
