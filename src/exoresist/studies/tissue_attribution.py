"""Attribution in a tissue: every combination of players is a whole run that shares its seed, so that arms differ by the routes alone.

Shares rest on central numbers only: intervals would need all combinations for every draw. The ledger takes one run more, and one for each
draw that is asked for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.build import Model
from exoresist.assembly.immune import is_tumour
from exoresist.assembly.scenario import Scenario
from exoresist.assembly.tissue_cell import cell_network
from exoresist.catalog import Catalog
from exoresist.core.errors import InputError, ModelError, unknown_name
from exoresist.core.progress import Progress, Silent
from exoresist.studies.attribution import ALL, Attribution, Question, arm_of, refuse
from exoresist.studies.attribution_answer import AttributionAnswer, Options, add_ledger, finish, tell
from exoresist.studies.ensemble import Ensemble
from exoresist.studies.outcomes import FLOOR, LOG_SURVIVAL, Outcome
from exoresist.studies.players import Player, Scene, choose_among, find_players, switched
from exoresist.studies.shapley import combinations, shares
from exoresist.studies.tissue_arm import ArmCourse, run_arm
from exoresist.studies.tissue_drug_steps import usual_step
from exoresist.studies.tissue_ledger import tissue_ledger

Array = NDArray[np.float64]
MOST = 2  # players, unless more are named: every further one doubles the runs
DEARER = 1.5  # times the run without it: a run with a ledger keeps cargo apart by origin, in cells and fields


def answer_tissue_attribution(
    scenario: Scenario,
    catalog: Catalog,
    options: Options,
    progress: Progress | None = None,
    say: Callable[[str], None] | None = None,
) -> AttributionAnswer:
    """Attribute an arm of a tissue scenario: shares with central numbers, and the net ledger over the draws that are asked for.

    say  told before the runs how many there are and how large, and after the first how long they will take

    Raises InputError for options that a tissue does not have, and as `attribution.ask`.
    """
    began = time.perf_counter()
    question = _ask(scenario, catalog, options)
    said, report = say or (lambda _: None), progress or Silent()
    further = 1 + question.scenario.uncertainty.draws if question.scenario.drugs else 0
    runs = 2 ** len(question.players) + further
    table = _runs(question, catalog, report, said, runs)
    made = Attribution(table, shares(table), Ensemble(0, scenario.seed))
    answer = tell(question, catalog, made, None)
    if further:
        _add_account(answer, question, catalog, _advancing(report, question.scenario, runs))
    finish(answer, question, catalog, made.ensemble, options)
    answer.warnings = [text for text in answer.warnings if not text.startswith("Central numbers only")]
    answer.warnings.append(
        "Shares rest on one seed and central numbers: nothing is said of how sure they are. Small ones may be the luck of single cells."
    )
    answer.timing_s = {"total": time.perf_counter() - began}
    return answer


def _add_account(answer: AttributionAnswer, question: Question, catalog: Catalog, progress: Callable[[ArmCourse], None]) -> None:
    """The net ledger of the arm, and how many draws its intervals are over."""
    try:
        found = tissue_ledger(question.scenario, catalog, question.arm.id, progress=progress)
    except (InputError, ModelError) as error:
        answer.warnings.append(f"No ledger of this arm: {error}")
        return
    add_ledger(answer, found.ledger)
    answer.warnings += found.warnings
    if found.draws:
        answer.warnings.append(f"Intervals of the ledger are over {found.draws} draws of its numbers, all with the same seed.")


def _advancing(report: Progress, scenario: Scenario, runs: int) -> Callable[[ArmCourse], None]:
    def told(course: ArmCourse) -> None:
        report.advance(course.tissue.pace.life / (scenario.duration * runs))

    return told


def _ask(scenario: Scenario, catalog: Catalog, options: Options) -> Question:
    given = {"--posterior": options.posterior, "--dose": options.dose}
    for name, value in given.items():
        if value is not None:
            raise InputError(f"{name} of a tissue, which is run with central numbers", "a dish", "Leave it out")
    if options.outcome not in (None, LOG_SURVIVAL):
        raise InputError(f"outcome '{options.outcome}' of a tissue", LOG_SURVIVAL, "Leave it out")
    arm, one = arm_of(scenario, options.arm)
    refuse(one, catalog)
    living = [entry for entry in one.populations if entry.count > 0.0]
    counted = _counted(one, catalog, options.lineage)
    models = [cell_network(one, catalog, entry.id)[1] for entry in living]
    found = [[*find_players(Scene(model, counted, inside=True), apart)] for apart in (False, True) for model in models]
    together, single = _each_once(found[: len(models)]), _each_once(found[len(models) :])
    chosen, left = choose_among(together, single, options.players, MOST)
    hours = one.duration
    who = " and ".join(name.replace("_", " ") for name in counted)
    outcome = Outcome(
        LOG_SURVIVAL, counted, "ln fold of the cells", "dimensionless", float(np.log(FLOOR)), float(-np.log(FLOOR)),
        f"Natural logarithm of the {who} cells alive after {hours:g} h over those at the start, by biomass, held at a fold of {FLOOR:g} "
        "from below",
    )  # fmt: skip
    return Question(arm, one, models[0], outcome, tuple(chosen), tuple(left), tuple(models[1:]))


def _counted(scenario: Scenario, catalog: Catalog, lineage: str | None) -> tuple[str, ...]:
    living = [entry for entry in scenario.populations if entry.count > 0.0]
    if lineage == ALL:
        return tuple(entry.id for entry in living if is_tumour(catalog, entry.cell_line))
    name = lineage or scenario.assay.population
    if name not in {entry.id for entry in living}:
        raise unknown_name("Lineage", name, [*(entry.id for entry in living), ALL])
    return (name,)


def _each_once(found: Sequence[Sequence[Player]]) -> list[Player]:
    """Players of all types of cell, each id once, in their order."""
    known: dict[str, Player] = {}
    for players in found:
        for player in players:
            known.setdefault(player.id, player)
    return list(known.values())


def _runs(question: Question, catalog: Catalog, report: Progress, say: Callable[[str], None], runs: int) -> Array:
    """(2^n, 1) the outcome of every combination; `runs`: of these and of the ledger."""
    scenario, space = question.scenario, question.scenario.arena.space
    assert space is not None
    cells = sum(entry.count for entry in scenario.populations)
    every = combinations(len(question.players))
    steps = scenario.duration / usual_step(space)
    account = f", and {runs - len(every)} for the ledger" if runs > len(every) else ""
    say(f"{len(every)} runs of {cells:,.0f} cells over {scenario.duration:g} h, {steps:,.0f} network steps each{account}")
    table: list[list[float]] = []
    for on in every[::-1]:  # all routes on comes first: the run that the user knows
        off = {player.id for player, here in zip(question.players, on, strict=True) if not here}
        began = time.perf_counter()
        table.append([_outcome(question, catalog, off, report, runs)])
        if len(table) == 1 and runs > 1:
            took = time.perf_counter() - began
            others = took * (len(every) - 1 + DEARER * (runs - len(every)))
            say(f"the first took {took:.0f} s: about {others / 60.0:.1f} min for the others")
    return np.array(table[::-1])


def _outcome(question: Question, catalog: Catalog, off: set[str], report: Progress, runs: int) -> float:
    scenario, outcome = question.scenario, question.outcome
    for player in question.players:
        if player.id in off and player.scene is not None:
            scenario = player.scene(scenario)

    def change(model: Model) -> Model:
        scene = Scene(model, outcome.lineages, inside=True)
        known = {player.id: player for apart in (False, True) for player in find_players(scene, apart)}
        # In the question's order, which is the order of switching off.
        gone = [route.id for player in question.players if player.id in off for route in player.routes]
        return switched(model, [known[route] for route in gone if route in known])

    course = run_arm(scenario, catalog, question.arm.id, "", progress=_advancing(report, scenario, runs), change=change)
    first, last = (sum(float(course.rows[at][f"{name}_biomass"]) for name in outcome.lineages) for at in (0, -1))
    return float(np.clip(np.log(max(last / first, np.exp(outcome.low))), outcome.low, outcome.high))
