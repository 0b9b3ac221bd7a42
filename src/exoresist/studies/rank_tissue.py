"""The ranking in a tissue: every choice is a whole tumour, run once with central numbers and again for every draw.

A run takes minutes, so draws are few, and of many choices only those go on to the draws that one run each puts foremost. What needs
hundreds of runs is left out: schedules, Morris and Sobol.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.arms import expand_arms
from exoresist.assembly.build import Model
from exoresist.assembly.resolve import resolved_text
from exoresist.assembly.scenario import Arm, Scenario
from exoresist.core.errors import InputError
from exoresist.core.quantity import Quantity
from exoresist.studies import provenance
from exoresist.studies.answer import Row
from exoresist.studies.ensemble import Ensemble, in_line
from exoresist.studies.names import line_name
from exoresist.studies.posterior import Posterior, read_posterior
from exoresist.studies.rank_answer import draw_rows, take_scores
from exoresist.studies.rank_candidates import ARM, Candidate, drug_arms, named, nothing, settings, single, wired
from exoresist.studies.rank_outcomes import RESISTANT, SURVIVORS
from exoresist.studies.rank_run import store
from exoresist.studies.rank_score import scored
from exoresist.studies.rank_tissue_runs import Drawn, Runner, value_of
from exoresist.studies.tissue_answer import quantities
from exoresist.studies.tissue_branch import check_branches
from exoresist.studies.tissue_ensemble import uncertain_rows
from exoresist.studies.tissue_readings import pump_level
from exoresist.studies.tissue_setup import set_up
from exoresist.studies.tissue_size import MB, refuse_what_does_not_fit, size_of
from exoresist.studies.wording import percent

if TYPE_CHECKING:
    from exoresist.studies.rank import Ranking

Array = NDArray[np.float64]
DRAWS = 8  # where neither the command nor the scenario says how many
JUDGED = 5  # choices that go on from the screen to the draws, besides those that the scenario names
FEW = 20  # cells
SPARE = 2  # times as many draws are brought in line as are needed: some contradict a measured IC50
LEFT_OUT = "every trial would be a tissue of its own; write the schedules in question as arms of the scenario, which are ranked"


def rank_tissue(one: Ranking, results: Path | None) -> None:
    """Rank for a tissue: interventions that are named, or those that can act, and the scenario's arms with other drugs."""
    _refuse(one)
    clock, question, base, catalog, answer = time.perf_counter(), one.question, one.base, one.catalog, one.answer
    asked = question.interventions is not None
    candidates, own = _choices(one)
    answer.no_schedules = LEFT_OUT
    count = question.draws if question.draws is not None else base.uncertainty.draws or DRAWS
    one.stages.begin("draws")
    models = [model for each in candidates for model in wired(each.scenario, catalog)]
    drawn = _draws(one, count, [*_look(one), *(row for model in models for row in quantities(model))])
    judged = len(candidates) if asked else min(len(candidates), 1 + max(JUDGED, len(own)))
    runs = len(candidates) + (judged * drawn.count)
    space = base.arena.space
    assert space is not None
    shared = space.grow or 0.0
    hours = runs * (base.duration - shared) + (1 + drawn.count) * shared
    given = {key: value for key, value in asdict(question).items() if key not in ("within", "draws", "outcome", "interventions")}
    kept = store(results, base, catalog, drawn.ensemble, given, resolved_text(one.scenario))
    one.tell(
        f"{runs} runs: {len(candidates)} choices with central numbers, {judged} of them in "
        f"{drawn.count} draw{'s' if drawn.count != 1 else ''}; each "
        f"{sum(entry.count for entry in base.populations):,.0f} cells for {base.duration:g} h"
    )
    answer.timing_s["draws"] = time.perf_counter() - clock
    clock = time.perf_counter()
    one.stages.begin("runs", hours)
    runner = Runner(catalog, drawn, one.workers, kept, one.stages, runs, hours, question.within, one.tell)
    runner.run(candidates, [0])
    _can_run(candidates, runner)
    central = np.array([value_of(one.outcome.name, runner.told(each, 0)) for each in candidates])
    kept_on = _foremost(candidates, central, judged, own, one.outcome.tie) if drawn.count else list(range(len(candidates)))
    going = [candidates[place] for place in kept_on]
    answer.screened = [
        {"name": each.id, "label": each.label, "kind": each.kind, "effect": one.outcome.told(float(value - central[0]))}
        for place, (each, value) in enumerate(zip(candidates, central, strict=True))
        if place not in kept_on
    ]
    if drawn.count:
        runner.run(going, range(1, drawn.count + 1))
    values = np.array([
        [value_of(one.outcome.name, runner.told(each, place)) for place in range(drawn.count + 1)] for each in going
    ])  # fmt: skip
    take_scores(answer, scored(going, values[:, 1:] if drawn.count else values, one.outcome, values[:, 0]))
    answer.draws_table += draw_rows([each.id for each in going], values, central=True)
    answer.timing_s["runs"] = time.perf_counter() - clock
    _tell(one, runner, candidates, kept_on, drawn, models)


def _refuse(one: Ranking) -> None:
    """Options that need hundreds of runs."""
    question = one.question
    for name in ("max_dose", "max_total", "min_interval", "trials"):
        if getattr(question, name):
            raise InputError(
                f"--{name.replace('_', '-')} of a tissue, for which no schedules are searched", "a dish or a cohort",
                "Leave it out, and write the schedules in question as arms of the scenario",
            )  # fmt: skip


def _choices(one: Ranking) -> tuple[list[Candidate], set[str]]:
    """What is ranked, to do nothing first, and the names of what the scenario itself asks about."""
    scenario, base, catalog = one.scenario, one.base, one.catalog
    if one.question.interventions is not None:
        found = named(one.question.interventions, scenario, base, catalog)
    else:
        found = [nothing(base), *(single(base, each) for each in settings(scenario, base, catalog))]
        found += drug_arms(scenario, base, [each.id for each in found])
    given = {entry.id for _, whole in expand_arms(scenario) for entry in whole.interventions}
    found = [replace(each, scenario=_begun(each.scenario)) for each in found]
    space = base.arena.space
    assert space is not None
    if space.grow is not None:
        fitting = []
        for each in found:
            try:
                check_branches(base, [(Arm(id="choice"), each.scenario)])
                fitting.append(each)
            except InputError as error:
                one.warned.append(f"{each.label} is left out: {error.came}.")
        found = fitting
    return found, {each.id for each in found if each.kind == ARM or set(each.parts) & given}


def _begun(scenario: Scenario) -> Scenario:
    """Where a tumour is grown first, interventions begin when it is."""
    space = scenario.arena.space
    if space is None or space.grow is None:
        return scenario
    entries = [
        entry if entry.at >= space.grow else entry.model_copy(update={"at": space.grow}) for entry in scenario.interventions
    ]
    return scenario.model_copy(update={"interventions": tuple(entries)})


def _look(one: Ranking) -> list[Quantity]:
    """Set the tissue up once: refuse what does not fit in memory or has no such outcome; give the catalogue's rows that it uses."""
    setup = set_up(one.base, one.catalog, 1)
    size = size_of(setup, one.base.duration, 1, 0)
    setup.tissue.slabs.close()
    refuse_what_does_not_fit(size, None)
    count = one.workers.processes(1000)
    one.tell(f"each run holds up to {size.cells:,.0f} cells in {max(size.memory / MB, 1.0):,.0f} MB; {count} at a time")
    if not setup.tumours and one.outcome.name != SURVIVORS:
        raise InputError(f"--outcome {one.outcome.name} of a tissue without tumour cells", SURVIVORS)
    if one.outcome.name == RESISTANT and pump_level(setup) is None:
        raise InputError(
            "--outcome resistant of a tissue in which no pump tells resistant cells from sensitive ones",
            "two populations that differ in a pump among the cargo", "Leave it out",
        )  # fmt: skip
    one.answer.parameters += [{**vars(row), "used_by": use} for row, use in setup.used]
    return [row for row, _ in setup.used]


def _draws(one: Ranking, count: int, used: Sequence[Quantity]) -> Drawn:
    """Draws from a file, else from the ranges, in line with the measured IC50s of the tumour's lines for its first drug."""
    base, catalog, question = one.base, one.catalog, one.question
    rows = uncertain_rows([row for row in used if row.source != "scenario"])
    if question.posterior is not None:
        return Drawn(read_posterior(question.posterior, catalog, base.seed, count or None), rows)
    lines = sorted({entry.cell_line for entry in base.populations if entry.count > 0.0})
    for drug in base.drugs:
        measured = [line for line in lines if catalog.has_parameter("ic50_observed", f"cell_line:{line}|drug:{drug.id}")]
        if measured and count:
            found = in_line(measured, drug.id, base.cargo, SPARE * count + 2, base.seed, catalog, base.parameters)
            one.warned += [
                f"{percent(share)} of the draws contradict the measured IC50 of {line_name(catalog, line)} and are left out."
                for line, share in found.left.items()
                if share > 0.0
            ]
            return Drawn(found.head(count), rows)
    return Drawn(Ensemble(count, base.seed), rows)


def _can_run(candidates: Sequence[Candidate], runner: Runner) -> None:
    for each in candidates:
        told = runner.told(each, 0)
        if "why" in told:
            raise InputError(f"{each.label} cannot be run: {told['why']}", "choices that a tissue can be run with")


def _foremost(candidates: Sequence[Candidate], central: Array, most: int, own: set[str], tie: float) -> list[int]:
    """Places of those that go on: nothing, what the scenario names, then the foremost by one run each."""
    first = [place for place, each in enumerate(candidates) if place == 0 or each.id in own]
    others = [place for place in np.argsort(np.round(central / tie), kind="stable") if place not in first]
    return sorted([*first, *others[: max(0, most - len(first))]])


def _tell(
    one: Ranking, runner: Runner, candidates: Sequence[Candidate], kept_on: Sequence[int], drawn: Drawn, models: Sequence[Model]
) -> None:
    """Readings of every run, courses with central numbers, provenance and notes."""
    answer, base = one.answer, one.base
    for place, each in enumerate(candidates):
        for draw in range(drawn.count + 1) if place in kept_on else [0]:
            told = runner.told(each, draw)
            if "why" not in told:
                reading = {key: value for key, value in told.items() if key != "course"}
                answer.tissue_runs.append({"name": each.id, "draw": draw, **reading})
        if place in kept_on:
            course = runner.told(each, 0)["course"]
            answer.courses.append({"name": each.id, "label": each.label, "kind": each.kind, **course})
    failed = [told["why"] for found in runner.found.values() for told in found.values() if "why" in told]
    if failed:
        one.warned.append(f"{len(failed)} runs could not be done, the first because: {failed[0].rstrip('.')}.")
    answer.notes += _notes(one, drawn)
    known = {(row["name"], row["subject"]) for row in answer.parameters}
    answer.parameters += [row for row in provenance.parameter_rows(models) if (row["name"], row["subject"]) not in known]
    answer.bibliography = provenance.bibliography_rows(one.catalog, models, answer.parameters)
    answer.assumed_share = provenance.assumed_share(answer.parameters)
    answer.catalog_hash = one.catalog.hash
    if isinstance(drawn.ensemble, Posterior):
        unused = drawn.ensemble.unused(models, [(str(row["name"]), str(row["subject"])) for row in answer.parameters])
        if unused:
            one.warned.append(f"The posterior's columns {', '.join(unused)} are read by no part of this scenario.")
    one.warned += [
        f"'{entry.id}' begins with {entry.count:g} cells: the luck of single cells decides much."
        for entry in base.populations
        if 0.0 < entry.count < FEW
    ]


def _notes(one: Ranking, drawn: Drawn) -> list[str]:
    notes = []
    answer = one.answer
    if answer.screened:
        left = sorted(answer.screened, key=lambda row: float(row["effect"]))
        notes.append(
            f"{len(left)} of {len(left) + len(answer.interventions)} choices were left out after one run each with central numbers; the "
            f"foremost of them, {left[0]['label']}, {_change(left[0], answer.outcome)}. Name them with --interventions to judge them "
            "over draws."
        )
    if drawn.count:
        notes.append(
            f"Each of the {drawn.count} draws has numbers of its own and cells with luck of their own, shared by all: a choice that "
            "is ahead by less than the luck of cells is not ahead."
        )
    else:
        notes.append("One run each at the central numbers with one seed: it shows what can happen, not how sure it is.")
    notes.append(
        "Morris, Sobol, interaction maps and pairs that are not named are left out for a tissue: they need hundreds of runs."
    )
    return notes


def _change(row: Row, outcome: Row) -> str:
    share = 100.0 * (float(row["effect"]) - 1.0)
    if abs(share) < 0.1:
        return f"left the {outcome['less']} as it is"
    return f"left {abs(share):.2g} % {'more' if share > 0.0 else 'less'} {outcome['less']}"
