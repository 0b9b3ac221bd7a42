"""Which route made how much of an outcome: every combination of players switched on and off, over all draws, and their Shapley shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.arms import expand_arms
from exoresist.assembly.assay import AddBack, ConditionedMedium, Titration
from exoresist.assembly.build import Model, build
from exoresist.assembly.cohort import Cohort
from exoresist.assembly.scenario import Arm, Scenario
from exoresist.catalog import Catalog
from exoresist.core.errors import InputError, unknown_name
from exoresist.core.progress import Progress, Silent
from exoresist.studies import surgery
from exoresist.studies.arms import with_preparation
from exoresist.studies.conditioning import conditioned
from exoresist.studies.ensemble import Ensemble
from exoresist.studies.names import lineages
from exoresist.studies.outcomes import LOG_IC50, Dish, Outcome, attack_of, measure, outcome_of
from exoresist.studies.players import Player, Scene, Wanted, choose, switched
from exoresist.studies.shapley import Shares, combinations, shares

Array = NDArray[np.float64]
ALL = "all"


@dataclass(frozen=True)
class Question:
    """What is to be shared out among whom: one arm, its outcome, its players.

    arm, scenario  the arm asked about, complete
    left_on        routes that stay on in every combination
    also           further models, of the other types of cell of a tissue
    """

    arm: Arm
    scenario: Scenario
    model: Model
    outcome: Outcome
    players: tuple[Player, ...]
    left_on: tuple[Player, ...]
    also: tuple[Model, ...] = ()

    @property
    def models(self) -> list[Model]:
        """Every model whose numbers are used."""
        return [self.model, *self.also]


@dataclass(frozen=True)
class Attribution:
    """Outcomes of every combination over the sets of one ensemble, and the shares that follow.

    outcomes  (2^n, S); position 0 of S is the central set
    """

    outcomes: Array
    shares: Shares
    ensemble: Ensemble

    def share_of(self, places: Sequence[int]) -> Array:
        """(S,) the players' part of all that moves the outcome, −1 to 1: their Shapley values over the sum of all sizes.

        0 where nothing moves it. Shares of the net effect would have no bounds: players that pull against each other leave little.
        """
        values = self.shares.values
        whole = np.abs(values).sum(axis=0)
        part = values[list(places)].sum(axis=0) if len(places) else np.zeros(values.shape[1])
        result: Array = np.divide(part, whole, out=np.zeros_like(part), where=whole > 0.0)
        return result


def ask(
    scenario: Scenario,
    catalog: Catalog,
    arm: str | None = None,
    players: Wanted = None,
    outcome: str | None = None,
    lineage: str | None = None,
    dose: float | None = None,
) -> Question:
    """The question that a scenario and the options put.

    arm      None: the named comparison's, else the first treated one
    players  ids of routes, or groups of them; None: those found, at most seven. `outcome` None: the logarithm of the share of survivors
    lineage  population that is counted; None: the assay's; `all`: every lineage of the tumour together
    dose     of the assay's drug, nM; None: where the assay has doses, the one that halves the survivors of this arm with central numbers,
             for there differences show best; else the scenario's own

    Raises InputError for a scenario in which nothing attacks the cells, or whose assay is of another kind.
    """
    chosen, one = arm_of(scenario, arm)
    refuse(one, catalog)
    one = _prepared(one)
    model = build(_exposure(one, catalog), catalog)
    counted = _counted(model, one, lineage)
    scene = Scene(model, counted)
    found, left = choose(scene, players)
    one = _dosed(one, model, catalog, counted, dose)
    return Question(chosen, one, model, outcome_of(one, catalog, outcome, counted), tuple(found), tuple(left))


def _dosed(scenario: Scenario, model: Model, catalog: Catalog, counted: tuple[str, ...], dose: float | None) -> Scenario:
    """The scenario with the dose at which survivors are counted."""
    drug = getattr(scenario.assay, "drug", None)
    if dose is None:
        if drug is None or not hasattr(scenario.assay, "doses"):
            return scenario
        halving = outcome_of(scenario, catalog, LOG_IC50, counted)
        question = Question(Arm(id="base"), scenario, model, halving, (), ())
        found = counterfactuals(question, catalog, Ensemble(0, scenario.seed)).outcomes[0, 0]
        dose = float(f"{float(np.exp(found)):.3g}")
    elif drug is None:
        raise InputError(
            f"--dose for an assay of kind '{scenario.assay.kind}', which has no drug of its own", "an assay with a drug",
            "Change the dose under `drugs`",
        )  # fmt: skip
    if not dose > 0.0:
        raise InputError(f"a dose of {dose:g} nM", "above 0")
    drugs = tuple(entry.model_copy(update={"dose": dose}) if entry.id == drug else entry for entry in scenario.drugs)
    return scenario.model_copy(update={"drugs": drugs})


def arm_of(scenario: Scenario, wanted: str | None) -> tuple[Arm, Scenario]:
    """The arm asked about with its complete scenario. Raises unknown_name for one that there is not."""
    arms = expand_arms(scenario)
    by_id = {arm.id: (arm, one) for arm, one in arms}
    if wanted is not None:
        if wanted not in by_id:
            raise unknown_name("Arm", wanted, by_id)
        return by_id[wanted]
    if scenario.comparison is not None:
        return by_id[scenario.comparison.of]
    return next(((arm, one) for arm, one in arms if arm.role == "treated"), arms[0])


def counterfactuals(question: Question, catalog: Catalog, ensemble: Ensemble, report: Progress | None = None) -> Attribution:
    """Every combination of the players over every set of the ensemble: one batch for each combination.

    Raises InputError where cells die out without the attack.
    """
    dishes = _Dishes(question, catalog, ensemble, report or Silent())
    table = np.array([measure(question.outcome, dishes.of(on)) for on in combinations(len(question.players))])
    return Attribution(table, shares(table), ensemble)


@dataclass(frozen=True)
class _Base:
    """What a scene gives before players act in the network: models of both dishes, draws, what conditioned medium brings."""

    attacked: Model
    spared: Model
    draws: Mapping[str, Array]
    per_cell: Mapping[str, Array] | None
    loads: Mapping[str, Mapping[str, Array]] | None


class _Dishes:
    """Dishes of every combination; what combinations share is made once."""

    def __init__(self, question: Question, catalog: Catalog, ensemble: Ensemble, report: Progress) -> None:
        self.question, self.catalog, self.ensemble, self.report = question, catalog, ensemble, report
        self.bases: dict[tuple[str, ...], _Base] = {}
        # An IC50 is one of a single drug: the others stay.
        drugs = [drug.id for drug in question.scenario.drugs]
        asked = getattr(question.scenario.assay, "drug", None)
        self.spared_doses = dict.fromkeys([asked] if question.outcome.name == LOG_IC50 and asked else drugs, 0.0)

    def of(self, on: Sequence[bool]) -> Dish:
        off = [player for player, here in zip(self.question.players, on, strict=True) if not here]
        base = self._base(off)
        return Dish(
            switched(base.attacked, off), switched(base.spared, off), base.draws, self.ensemble.sets, self.spared_doses,
            base.per_cell, base.loads, self.report,
        )  # fmt: skip

    def _base(self, off: Sequence[Player]) -> _Base:
        scenic = [player for player in off if player.scene is not None]
        key = tuple(player.id for player in scenic)
        if key not in self.bases:
            scenario = self.question.scenario
            for player in scenic:
                scenario = player.scene(scenario)  # type: ignore[misc]
            self.bases[key] = self._made(scenario)
        return self.bases[key]

    def _made(self, scenario: Scenario) -> _Base:
        per_cell = loads = None
        brought: dict[str, Array] = {}
        exposure = scenario
        if isinstance(scenario.assay, ConditionedMedium):
            exposure, brought, per_cell, loads = conditioned(scenario, scenario.assay, self.catalog, self.ensemble, self.report)
        attacked = build(exposure, self.catalog)
        spared = _spared(exposure, attacked, self.catalog)
        return _Base(attacked, spared, {**self.ensemble.values(attacked), **brought}, per_cell, loads)


def _spared(scenario: Scenario, attacked: Model, catalog: Catalog) -> Model:
    """The dish without its attack: without rays (doses are left out by the run), or without killing by immune cells."""
    if attack_of(scenario, catalog) == "drugs":
        return build(scenario.model_copy(update={"pulses": ()}), catalog) if scenario.pulses else attacked
    killing = [process.id for process in attacked.network.processes.values() if process.name == "immune_killing"]
    return replace(attacked, network=surgery.cut(attacked.network, lambda parts: surgery.without_processes(parts, killing)))


def refuse(scenario: Scenario, catalog: Catalog) -> None:
    """Raises InputError for a scenario in which nothing attacks the cells, or whose answer is about patients."""
    if isinstance(scenario.assay, Cohort):
        raise InputError(
            f"scenario '{scenario.name}' asks for assay 'cohort', whose answer is about patients", "a dish or a tissue",
            "Answer this one with `exoresist ask cohort SCENARIO`",
        )  # fmt: skip
    if isinstance(scenario.assay, AddBack) or not attack_of(scenario, catalog):
        raise InputError(
            f"in scenario '{scenario.name}' nothing attacks the cells", "a drug with a dose, a pulse, or cells that kill",
            "Give one under `drugs`, or name another arm with --arm",
        )  # fmt: skip


def _prepared(scenario: Scenario) -> Scenario:
    """A titration is asked about at the top of its series."""
    assay = scenario.assay
    if not isinstance(assay, Titration):
        return scenario
    added = with_preparation(scenario, "titrated", assay.donor, assay.hours)
    entry = added.vesicles[-1].model_copy(update={"per_cell": assay.per_cell.stop})
    return added.model_copy(update={"vesicles": (*added.vesicles[:-1], entry)})


def _exposure(scenario: Scenario, catalog: Catalog) -> Scenario:
    """The scenario whose players are looked for: of a conditioned medium the exposure, with central numbers."""
    if not isinstance(scenario.assay, ConditionedMedium):
        return scenario
    return conditioned(scenario, scenario.assay, catalog, Ensemble(0, scenario.seed), Silent())[0]


def _counted(model: Model, scenario: Scenario, lineage: str | None) -> tuple[str, ...]:
    present = [population.id for population in model.layout.populations]
    if lineage == ALL:
        return tuple(lineages([model])) or tuple(present)
    name = lineage or scenario.assay.population
    if name not in present:
        raise unknown_name("Lineage", name, [*present, ALL])
    return (name,)
