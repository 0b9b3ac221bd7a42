"""Attribution in a tissue: every combination of players is a whole run that shares its seed, so that arms differ by the routes alone.

Central numbers only: intervals would need a run for every draw. The ledger is left out: it follows means of lineages in a stirred dish, and
a tissue's cells die whole, divide and fuse with debris in steps that its lines do not cover.
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
from exoresist.core.errors import InputError, unknown_name
from exoresist.core.progress import Progress, Silent
from exoresist.studies.attribution import ALL, Attribution, Question, arm_of, refuse
from exoresist.studies.attribution_answer import AttributionAnswer, Options, finish, tell
from exoresist.studies.ensemble import Ensemble
from exoresist.studies.outcomes import FLOOR, LOG_SURVIVAL, Outcome
from exoresist.studies.players import Player, Scene, choose_among, find_players, switched
from exoresist.studies.shapley import combinations, shares
from exoresist.studies.tissue_arm import ArmCourse, run_arm
from exoresist.studies.tissue_drug_steps import usual_step

Array = NDArray[np.float64]
MOST = 2  # players, unless more are named: every further one doubles the runs


def answer_tissue_attribution(
    scenario: Scenario,
    catalog: Catalog,
    options: Options,
    progress: Progress | None = None,
    say: Callable[[str], None] | None = None,
) -> AttributionAnswer:
    """Attribute an arm of a tissue scenario with central numbers.

    say  told before the runs how many there are and how large, and after the first how long they will take

    Raises InputError for options that a tissue does not have, and as `attribution.ask`.
    """
    began = time.perf_counter()
    question = _ask(scenario, catalog, options)
    said, report = say or (lambda _: None), progress or Silent()
    table = _runs(question, catalog, report, said)
    made = Attribution(table, shares(table), Ensemble(0, scenario.seed))
    answer = tell(question, catalog, made, None)
    finish(answer, question, catalog, made.ensemble, options)
    answer.warnings = [text for text in answer.warnings if not text.startswith(("No ledger", "Central numbers only"))]
    answer.warnings += [
        "One seed and central numbers: nothing is said of how sure this is. Small shares may be the luck of single cells.",
        "No ledger: a tissue's cells divide and die whole, in steps that the ledger's lines do not cover.",
    ]
    answer.timing_s = {"total": time.perf_counter() - began}
    return answer


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


def _runs(question: Question, catalog: Catalog, report: Progress, say: Callable[[str], None]) -> Array:
    """(2^n, 1) the outcome of every combination."""
    scenario, space = question.scenario, question.scenario.arena.space
    assert space is not None
    cells = sum(entry.count for entry in scenario.populations)
    every = combinations(len(question.players))
    steps = scenario.duration / usual_step(space)
    say(f"{len(every)} runs of {cells:,.0f} cells over {scenario.duration:g} h, {steps:,.0f} network steps each")
    table: list[list[float]] = []
    for on in every[::-1]:  # all routes on comes first: the run that the user knows
        off = {player.id for player, here in zip(question.players, on, strict=True) if not here}
        began = time.perf_counter()
        table.append([_outcome(question, catalog, off, report, len(every))])
        if len(table) == 1 and len(every) > 1:
            took = time.perf_counter() - began
            say(f"the first took {took:.0f} s: about {took * (len(every) - 1) / 60.0:.1f} min for the others")
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

    def told(course: ArmCourse) -> None:
        report.advance(course.tissue.pace.life / (scenario.duration * runs))

    course = run_arm(scenario, catalog, question.arm.id, "", progress=told, change=change)
    first, last = (sum(float(course.rows[at][f"{name}_biomass"]) for name in outcome.lineages) for at in (0, -1))
    return float(np.clip(np.log(max(last / first, np.exp(outcome.low))), outcome.low, outcome.high))
