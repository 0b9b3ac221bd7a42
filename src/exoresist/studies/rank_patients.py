"""The ranking of a cohort: arms or named interventions, worlds, schedules for patients, and the cohort study behind it."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from exoresist.assembly.resolve import resolved_text
from exoresist.assembly.scenario import Scenario, Uncertainty
from exoresist.core.errors import InputError
from exoresist.studies.cohort import Course
from exoresist.studies.cohort_answer import tell
from exoresist.studies.kept import Kept, Plain, identity
from exoresist.studies.rank_answer import draw_rows, take_scores
from exoresist.studies.rank_candidates import ARM, Candidate, arms_of, named, nothing, settings, single
from exoresist.studies.rank_cohort import TRIALS, as_arms, best_for_patients, rank_patients, searched_courses
from exoresist.studies.rank_patient_numbers import patient_numbers
from exoresist.studies.rank_run import FILE
from exoresist.studies.rank_schedule import limits_of, own_course, rule_text
from exoresist.studies.rank_score import scored

if TYPE_CHECKING:
    from exoresist.studies.rank import Ranking


def rank_cohort(one: Ranking, results: Path | None) -> None:
    """Rank for virtual patients: the scenario's arms (its controls left out), or the interventions that are named, or all that can act."""
    clock, question, answer = time.perf_counter(), one.question, one.answer
    if question.posterior is not None:
        raise InputError(
            "--posterior cannot be used for a cohort", "ranges of the catalogue, from which worlds are drawn", "Leave it out"
        )
    scenario, candidates = _choices(one)
    if question.draws is not None:
        scenario = scenario.model_copy(update={"uncertainty": Uncertainty(draws=question.draws)})
    trials = TRIALS if question.trials is None else question.trials
    course = own_course(one.base)
    courses: list[Course] = []
    found: dict[str, Plain] = {}
    if course is not None and trials:
        limits = limits_of(one.base, course, question.max_dose, question.max_total, question.min_interval)
        answer.own_rule = rule_text(course.rule)
        answer.limits, answer.drug = asdict(limits), one.catalog.drug(course.drug).name
        kept = (
            None if results is None else Kept(results / FILE, identity(one.catalog.hash, resolved_text(one.base), limits, trials))
        )
        one.stages.begin("schedules", 2.0)
        courses, found = searched_courses(one.base, one.catalog, limits, one.workers, kept, one.stages, trials)
    else:
        answer.no_schedules = "the search was switched off" if course is not None else "no drug is given at a dose above zero"
    answer.timing_s["schedules"] = time.perf_counter() - clock
    clock = time.perf_counter()
    ranked = rank_patients(scenario, candidates, courses, one.catalog, one.workers, results, one.stages)
    answer.judged_over = "worlds" if ranked.worlds.count else "resamplings"
    take_scores(answer, scored(ranked.candidates, ranked.values, one.outcome, ranked.central))
    answer.draws_table += draw_rows([each.id for each in ranked.candidates], ranked.values, central=False)
    answer.patients = best_for_patients(ranked)
    answer.patient_numbers = patient_numbers(ranked, answer.best, one.base.seed)
    own = ranked.per_patient[0]
    for place, dosed in enumerate(courses, start=len(candidates)):
        row = next(row for row in answer.interventions if row["name"] == dosed.arm.id)
        gained = ranked.per_patient[place] - own
        answer.schedules.append({
            **{key: row[key] for key in ("name", "label", "effect", "low", "high", "p_best", "regret")},
            "better": float(np.mean(ranked.values[place] < ranked.values[0] - one.outcome.tie)),
            "patients_better": float(np.mean(gained > one.outcome.tie)), "rule": asdict(dosed.rule),
            "rule_text": rule_text(dosed.rule), "times": (), "doses": (), "excess": 0.0, "trials": found[dosed.arm.id]["trials"],
        })  # fmt: skip
    answer.timing_s["patients_and_worlds"] = time.perf_counter() - clock
    one.stages.begin("reading")
    answer.cohort = tell(ranked.result, one.catalog, ranked.worlds)
    answer.parameters += answer.cohort.parameters
    answer.assumed_share = answer.cohort.assumed_share
    answer.bibliography += answer.cohort.bibliography
    answer.catalog_hash = answer.cohort.catalog_hash
    one.warned += answer.cohort.warnings[:1]
    if ranked.worlds.left_out:
        one.warned.append(
            f"{ranked.worlds.left_out} worlds are left out: they contradict a measured IC50 or could not be solved."
        )


def _choices(one: Ranking) -> tuple[Scenario, list[Candidate]]:
    """The cohort with one arm for each choice, and the choices."""
    if one.question.interventions is not None:
        candidates = named(one.question.interventions, one.scenario, one.base, one.catalog)
        return as_arms(one.base, candidates), candidates
    own = arms_of(one.scenario, one.answer.arm)
    if any(each.kind == ARM for each in own):
        kept = {one.answer.arm, *(each.id for each in own)}
        arms = sorted((arm for arm in one.scenario.arms if arm.id in kept), key=lambda arm: arm.id != one.answer.arm)
        arms = [arm.model_copy(update={"role": "reference" if arm.id == one.answer.arm else "treated"}) for arm in arms]
        return one.scenario.model_copy(update={"arms": tuple(arms), "comparison": None}), own
    candidates = [nothing(one.base), *(single(one.base, each) for each in settings(one.scenario, one.base, one.catalog))]
    return as_arms(one.base, candidates), candidates
