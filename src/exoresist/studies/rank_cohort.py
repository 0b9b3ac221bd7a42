"""Ranking for virtual patients: time without progression, over the patients of the cohort and over worlds that differ in shared numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.arms import expand_arms
from exoresist.assembly.cohort import Cohort
from exoresist.assembly.scenario import Arm, Scenario
from exoresist.catalog import Catalog
from exoresist.core.progress import Progress
from exoresist.core.random import stream
from exoresist.studies.answer import Row
from exoresist.studies.cohort import CohortResult, Course, run_cohort, with_patients
from exoresist.studies.cohort_worlds import Worlds, run_worlds
from exoresist.studies.kept import Kept, Plain
from exoresist.studies.rank_candidates import NONE, NOTHING, SCHEDULE, Candidate
from exoresist.studies.rank_schedule import ADAPTIVE, DAY, FIXED, optimise, own_course, rule_of
from exoresist.studies.steered import Limits, Rule
from exoresist.studies.workers import Task, Workers, run_tasks

Array = NDArray[np.float64]
SEARCHED = 60  # patients of the search, others than those of the cohort
TRIALS = 16
BOOTSTRAPS = 400  # of the patients, where no worlds are asked for
LABELS = {FIXED: "Fixed schedule found", ADAPTIVE: "Adaptive schedule found"}


@dataclass(frozen=True)
class Ranked:
    """A cohort whose arms are the choices.

    values   (C, W) less the mean days without progression gained in each world (or, without worlds, in each resampling of the patients)
    central  (C,) the same with central numbers; per_patient: (C, N) days without progression of every patient
    """

    candidates: list[Candidate]
    result: CohortResult
    worlds: Worlds
    values: Array
    central: Array
    per_patient: Array


def as_arms(base: Scenario, candidates: Sequence[Candidate]) -> Scenario:
    """The cohort with one arm for each candidate, the first of which is the reference."""
    arms = []
    for one in candidates:
        change: dict[str, Any] = {"interventions": [_entry(entry) for entry in one.scenario.interventions]}
        role = "reference" if one.kind == NOTHING else "treated"
        arms.append(Arm(id=safe(one.id), label=one.label, role=role, change=change))  # type: ignore[arg-type]
    whole = base.model_copy(update={"arms": tuple(arms)})
    expand_arms(whole)
    return whole


def _entry(entry: Any) -> dict[str, Any]:
    data: dict[str, Any] = entry.model_dump(mode="json", by_alias=True, exclude_none=True)
    return data


def safe(name: str) -> str:
    """A candidate's id as the id of an arm."""
    return "".join(sign if sign.isalnum() or sign == "_" else "_" for sign in name)


def search_course(scenario: Scenario, catalog: Catalog, limits: Plain, adapts: bool, trials: int, seed: int) -> Plain:
    """The best rule found for patients other than those of the cohort: `rule`, `value` (less the mean days), `trials`."""
    course, within, assay = own_course(scenario), Limits(**limits), scenario.assay
    assert course is not None and isinstance(assay, Cohort)
    others = with_patients(scenario, min(SEARCHED, assay.patients)).model_copy(update={"seed": scenario.seed + 1, "arms": ()})
    horizon = scenario.duration - assay.accrual

    def value(rule: Rule) -> float:
        arm = Arm(id="tried", role="treated")
        found = run_cohort(others, catalog, courses=[Course(arm, course.drug, rule, within)])
        return -float(np.minimum(found.arms[-1].outcome.progression, horizon).mean()) / DAY

    return optimise(value, course.rule, within, 0.5 * scenario.duration, adapts, trials, seed, DAY)


def searched_courses(
    scenario: Scenario, catalog: Catalog, limits: Limits, workers: Workers, kept: Kept | None, report: Progress, trials: int
) -> tuple[list[Course], dict[str, Plain]]:
    """A fixed and an adaptive schedule found within limits, as arms; and what the searches tried."""
    own = own_course(scenario)
    if own is None:
        return [], {}
    tasks = [
        Task(name, (scenario, catalog, asdict(limits), name == ADAPTIVE, trials, scenario.seed)) for name in (FIXED, ADAPTIVE)
    ]
    found = run_tasks(search_course, tasks, workers, kept, report)
    courses = [
        Course(Arm(id=name, label=LABELS[name], role="treated"), own.drug, rule_of(one["rule"]), limits)
        for name, one in found.items()
    ]
    return courses, found


def rank_patients(
    scenario: Scenario,
    candidates: Sequence[Candidate],
    courses: Sequence[Course],
    catalog: Catalog,
    workers: Workers,
    results: Path | None,
    stages: Any,
) -> Ranked:
    """Run the cohort under every choice, and its worlds.

    scenario  a cohort whose arms are the candidates, in their order
    """
    assay = scenario.assay
    assert isinstance(assay, Cohort)
    stages.begin("patients", (len(candidates) + len(courses)) * assay.patients * scenario.duration)
    result = run_cohort(scenario, catalog, stages, courses=courses)
    stages.begin("worlds", (len(candidates) + len(courses)) * 80.0 * scenario.duration)
    worlds = run_worlds(scenario, catalog, stages, workers, results, courses)
    every = [
        *candidates,
        *(Candidate(course.arm.id, course.arm.label, SCHEDULE, scenario, (course.arm.id,)) for course in courses),
    ]
    horizon = scenario.duration - assay.accrual
    per_patient = np.array([np.minimum(arm.outcome.progression, horizon) / DAY for arm in result.arms])
    names = [arm.arm.id for arm in result.arms]
    values = _of_worlds(worlds, names) if worlds.count else _resampled(per_patient, scenario.seed)
    return Ranked(every, result, worlds, values, -per_patient.mean(axis=1), per_patient)


def _of_worlds(worlds: Worlds, names: Sequence[str]) -> Array:
    """(C, W) less the days gained against the first arm, world by world."""
    gained = {(row["world"], row["arm"]): row["value"] for row in worlds.rows if row["quantity"] == "gain"}
    listed = sorted({row["world"] for row in worlds.rows})
    return np.array([[-(gained[world, name] or 0.0) for world in listed] for name in names])


def _resampled(days: Array, seed: int) -> Array:
    """(C, B) less the mean days of resampled patients, the same ones for every choice."""
    draws = stream(seed, "rank", "patients").integers(0, days.shape[1], (BOOTSTRAPS, days.shape[1]))
    return np.array([-row[draws].mean(axis=1) for row in days])


def best_for_patients(ranked: Ranked) -> list[Row]:
    """Rows `name, share`: for how large a share of the patients each choice is best; ties within a scan's time are shared."""
    days = ranked.per_patient
    tied = days >= days.max(axis=0) - 0.5
    # Where nothing changes the outcome of a patient, to do nothing is best.
    tied[1:, tied[0]] = False
    shares = (tied / tied.sum(axis=0)).mean(axis=1)
    return [{"name": one.id, "share": float(share)} for one, share in zip(ranked.candidates, shares, strict=True)]


def none_first(candidates: Sequence[Candidate]) -> list[Candidate]:
    return sorted(candidates, key=lambda one: one.id != NONE)
