"""`ask rank`: what could be done in a scenario, in the order of how well it does, over draws that all choices share."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.build import Model, build
from exoresist.assembly.cohort import Cohort
from exoresist.assembly.resolve import resolved_text
from exoresist.assembly.scenario import Scenario
from exoresist.catalog import Catalog
from exoresist.core.errors import InputError
from exoresist.core.progress import Progress, Silent, Stages
from exoresist.studies import provenance
from exoresist.studies.ensemble import Ensemble, reconciled
from exoresist.studies.kept import Kept, Plain
from exoresist.studies.names import line_name
from exoresist.studies.posterior import Posterior, read_posterior
from exoresist.studies.rank_answer import RankAnswer, draw_rows, take_scores
from exoresist.studies.rank_candidates import (
    NONE,
    SCHEDULE,
    Candidate,
    base_of,
    drug_arms,
    named,
    nothing,
    settings,
    single,
)  # fmt: skip
from exoresist.studies.rank_outcomes import PROGRESSION, Outcome, outcome_of
from exoresist.studies.rank_pairs import maps, pairs, run_rules
from exoresist.studies.rank_run import halves, numbers, run_choices, store
from exoresist.studies.rank_schedule import (
    ADAPTIVE,
    FIXED,
    TRIALS,
    limits_of,
    own_course,
    rule_of,
    rule_text,
    search,
    searchable,
)  # fmt: skip
from exoresist.studies.rank_score import scored
from exoresist.studies.rank_sensitivity import sensitivity
from exoresist.studies.rank_words import sentences, warnings
from exoresist.studies.steered import Limits, Rule
from exoresist.studies.wording import percent
from exoresist.studies.workers import Task, Workers, run_tasks

Array = NDArray[np.float64]
STAGES = {"draws": 0.2, "choices": 0.15, "pairs": 0.1, "schedules": 0.25, "maps": 0.02, "sensitivity": 0.28}
TISSUE_STAGES = {"draws": 0.02, "runs": 0.98}
PATIENT_STAGES = {"schedules": 0.35, "patients": 0.25, "worlds": 0.38, "reading": 0.02}
LABELS = {FIXED: "Fixed schedule found", ADAPTIVE: "Adaptive schedule found"}


@dataclass(frozen=True)
class Question:
    """How a ranking is asked for; everything has a default that fits the scenario.

    arm            the arm in which interventions are tried; interventions: `a,b,a+b` in place of all that can act
    outcome        survivors, shift, regrowth or cargo; draws: how many are compared, besides as many that schedules are searched on
    posterior      file with draws in place of the catalogue's ranges
    max_dose, max_total, min_interval   limits of schedules: nM, nM and h; trials: of each search, 0 for none
    within         h of wall time that the runs of a tissue may take
    """

    arm: str | None = None
    interventions: str | None = None
    outcome: str | None = None
    draws: int | None = None
    posterior: Path | None = None
    max_dose: float | None = None
    max_total: float | None = None
    min_interval: float | None = None
    trials: int | None = None
    within: float | None = None


@dataclass
class Ranking:
    """One ranking under way: what all of its stages share; `tell` is given lines on how long it will be."""

    scenario: Scenario
    base: Scenario
    outcome: Outcome
    catalog: Catalog
    question: Question
    workers: Workers
    stages: Stages
    answer: RankAnswer
    kept: Kept | None = None
    models: list[Model] = field(default_factory=list)
    warned: list[str] = field(default_factory=list)
    tell: Callable[[str], None] = field(default=lambda _: None)


def rank(
    scenario: Scenario,
    question: Question | None = None,
    catalog: Catalog | None = None,
    progress: Progress | None = None,
    workers: Workers | None = None,
    results: Path | None = None,
    tell: Callable[[str], None] | None = None,
) -> RankAnswer:
    """Rank what could be done in a scenario.

    workers  where runs are made, here by default; results: folder that keeps what is done
    tell     is given lines on the size and the time of a tissue's runs

    Raises InputError for names, outcomes, limits and files that do not fit, ExoresistError where a run cannot be done.
    """
    began = time.perf_counter()
    question, catalog = question or Question(), catalog or Catalog.load()
    arm, base = base_of(scenario, question.arm)
    outcome = outcome_of(base, question.outcome)
    answer = RankAnswer(
        name=scenario.name, title=scenario.title or scenario.name, question=scenario.question, arm=arm.id,
        arm_label=arm.label or arm.id, seed=scenario.seed,
        outcome={key: getattr(outcome, key) for key in ("name", "label", "less", "unit", "folds", "says")},
    )  # fmt: skip
    of_patients, of_cells = isinstance(base.assay, Cohort), base.arena.kind == "tissue"
    stages = Stages(progress or Silent(), PATIENT_STAGES if of_patients else TISSUE_STAGES if of_cells else STAGES)
    one = Ranking(scenario, base, outcome, catalog, question, workers or Workers(1), stages, answer)
    if question.within is not None and not of_cells:
        raise InputError(
            "--within is for a tissue, whose runs take minutes", "a scenario whose arena is a tissue", "Leave it out"
        )
    if of_cells:
        from exoresist.studies.rank_tissue import rank_tissue

        one.tell = tell or one.tell
        rank_tissue(one, results)
    elif of_patients:
        from exoresist.studies.rank_patients import rank_cohort

        rank_cohort(one, results)
    else:
        _rank_dish(one, results)
    _finish(one)
    answer.timing_s["total"] = time.perf_counter() - began
    stages.finish()
    return answer


def _rank_dish(one: Ranking, results: Path | None) -> None:
    clock = time.perf_counter()
    question, base, catalog, answer = one.question, one.base, one.catalog, one.answer
    every = named(question.interventions, one.scenario, base, catalog) if question.interventions is not None else None
    known = [] if every is not None else settings(one.scenario, base, catalog)
    singles = every if every is not None else [nothing(base), *(single(base, each) for each in known)]
    if every is None:
        singles += drug_arms(one.scenario, base, [each.id for each in singles])
    reason = searchable(base, one.outcome.name)
    trials = TRIALS if question.trials is None else question.trials
    limits = None if reason else _limits(one)
    one.stages.begin("draws", 60.0 * base.duration * max(1, _draws(one)))
    searched, judged = _draw(one, singles, bool(limits and trials))
    asked = {key: value for key, value in asdict(question).items() if key != "within"}
    one.kept = store(results, base, catalog, judged, asked, searched.positions.tolist(), resolved_text(one.scenario))
    answer.timing_s["draws"] = time.perf_counter() - clock
    clock = time.perf_counter()
    one.stages.begin("choices", float(len(singles) * judged.sets))
    values = run_choices(singles, one.outcome, catalog, judged, one.workers, one.kept, one.stages)
    take_scores(answer, scored(singles, values[:, 1:] if judged.sets > 1 else values, one.outcome, values[:, 0]))
    answer.timing_s["choices"] = time.perf_counter() - clock
    clock = time.perf_counter()
    if limits is not None and trials:
        singles, values = _with_schedules(one, singles, values, searched, judged, limits, trials)
    elif limits is not None:
        answer.no_schedules = "the search was switched off"
    else:
        answer.no_schedules = reason
    answer.timing_s["schedules"] = time.perf_counter() - clock
    answer.draws_table += draw_rows([each.id for each in singles], values, central=True)
    clock = time.perf_counter()
    if every is None:
        pairs(one, singles, values, {each.id: each for each in known}, judged)
    answer.timing_s["pairs"] = time.perf_counter() - clock
    clock = time.perf_counter()
    maps(one, singles)
    _sensitivity(one, singles)
    answer.timing_s["maps_and_sensitivity"] = time.perf_counter() - clock
    one.models += [build(each.scenario, catalog) for each in singles if each.kind != SCHEDULE]


def _draws(one: Ranking) -> int:
    return one.base.uncertainty.draws if one.question.draws is None else one.question.draws


def _draw(one: Ranking, singles: Sequence[Candidate], searching: bool) -> tuple[Ensemble, Ensemble]:
    """The draws on which schedules are searched, and those on which everything is judged: never the same ones."""
    count, question = _draws(one), one.question
    if question.posterior is not None:
        whole: Ensemble = read_posterior(
            question.posterior, one.catalog, one.base.seed, 2 * count if searching else max(count, 2)
        )
        assert isinstance(whole, Posterior)
        tried = [one.base, *(each.scenario for each in singles if each.kind != SCHEDULE)]
        unused = whole.unused([build(each, one.catalog) for each in tried])
        if unused:
            one.warned.append(f"The posterior's columns {', '.join(unused)} are read by no part of this scenario.")
    else:
        whole = reconciled(one.base, one.catalog, one.stages, 2 * count if searching else count)
        one.warned += [
            f"{percent(share)} of the draws contradict the measured IC50 of {line_name(one.catalog, line)} and are left out."
            for line, share in whole.left.items()
            if share > 0.0
        ]
    return halves(whole) if searching and whole.sets > 3 else (whole, whole)


def _limits(one: Ranking) -> Limits | None:
    course = own_course(one.base)
    assert course is not None
    question = one.question
    found = limits_of(one.base, course, question.max_dose, question.max_total, question.min_interval)
    one.answer.limits, one.answer.drug = asdict(found), one.catalog.drug(course.drug).name
    own = course.rule
    one.answer.own_rule = rule_text(own)
    if own.dose > found.dose or course.total > found.total or (own.visits > 1 and own.interval < found.interval):
        one.warned.append(
            "The scenario's own schedule lies outside the limits; the schedules found keep them, so they are given less."
        )
    return found


def _with_schedules(
    one: Ranking, singles: list[Candidate], values: Array, searched: Ensemble, judged: Ensemble, limits: Limits, trials: int
) -> tuple[list[Candidate], Array]:
    """The choices with the schedules found, judged on draws that the search has not seen."""
    base, answer, name = one.base, one.answer, one.outcome.name
    one.stages.begin("schedules", 2.0 * trials)
    shared = (name, base, one.catalog)
    tasks = [
        Task(kind, (*shared, searched, asdict(limits), kind == ADAPTIVE, trials, base.seed), float(trials))
        for kind in (FIXED, ADAPTIVE)
    ]
    found = run_tasks(search, tasks, one.workers, one.kept, one.stages)
    rules = {kind: rule_of(each["rule"]) for kind, each in found.items()}
    runs = run_rules(one, base, judged, rules, limits, "judged")
    more = [Candidate(kind, LABELS[kind], SCHEDULE, base, (kind,)) for kind in rules]
    values = np.vstack([values, *(numbers(runs[kind]["values"])[None] for kind in rules)])
    every = [*singles, *more]
    scores = scored(every, values[:, 1:] if judged.sets > 1 else values, one.outcome, values[:, 0])
    take_scores(answer, scores)
    for kind, rule in rules.items():
        row = next(row for row in answer.interventions if row["name"] == kind)
        drawn = values[len(singles) + list(rules).index(kind)] - values[0]
        better = float(np.mean(drawn[1:] < -one.outcome.tie)) if judged.sets > 1 else float(drawn[0] < -one.outcome.tie)
        answer.schedules.append(schedule_row(row, rule, runs[kind], better, found[kind]["trials"]))
    return every, values


def schedule_row(row: dict[str, Any], rule: Rule, run: Plain, better: float, trials: Sequence[Any]) -> dict[str, Any]:
    return {
        **{key: row[key] for key in ("name", "label", "effect", "low", "high", "p_best", "regret")},
        "better": better, "rule": asdict(rule), "rule_text": rule_text(rule), "times": run["times"], "doses": run["doses"],
        "excess": run["excess"], "trials": list(trials),
    }  # fmt: skip


def _sensitivity(one: Ranking, singles: Sequence[Candidate]) -> None:
    """What the effect of the best treatment hangs on."""
    one.stages.begin("sensitivity", 8000.0)
    answer = one.answer
    by_id = {each.id: each for each in singles}
    best = next(
        (by_id[row["name"]] for row in answer.interventions if by_id[row["name"]].kind != SCHEDULE and row["parts"]), None
    )
    if best is None or answer.best == NONE or one.outcome.name == PROGRESSION or _draws(one) == 0:
        return
    found = sensitivity(
        best.id, one.base, best.scenario, one.outcome, one.catalog, one.base.seed, one.workers, one.kept, one.stages
    )
    if found is None:
        return
    answer.sensitivity_of, answer.morris, answer.sobol, answer.tornado = found.of, found.morris, found.sobol, found.tornado
    answer.sensitivity_spread = list(found.spread)
    if found.unsolved > 0.0:
        one.warned.append(
            f"{percent(found.unsolved)} of the sets of the sensitivity designs could not be solved; the middle stands for them."
        )


def _finish(one: Ranking) -> None:
    """Provenance, words and warnings."""
    answer = one.answer
    if one.models:
        rows = provenance.parameter_rows(one.models)
        answer.parameters += rows
        answer.assumed_share = provenance.assumed_share(rows)
        laid = one.models[0].catalog
        answer.bibliography += provenance.bibliography_rows(laid, one.models, rows)
        answer.catalog_hash = laid.hash
        one.warned += provenance.idle_warnings(one.models)
    answer.versions.update(provenance.versions())
    answer.sentences += sentences(answer)
    answer.warnings += warnings(answer, one.warned)
    if not answer.interventions:
        raise InputError("there is nothing to rank", "at least one intervention that can act")
