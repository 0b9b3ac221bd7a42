"""Schedules: searched within dose limits on one part of the draws, judged on the others, beside the scenario's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.cohort import Cohort
from exoresist.assembly.scenario import DrugEntry, Scenario
from exoresist.catalog import Catalog
from exoresist.core.errors import InputError
from exoresist.studies.arms import saved_times
from exoresist.studies.ensemble import Ensemble
from exoresist.studies.kept import Plain
from exoresist.studies.rank_outcomes import REGROWTH, SURVIVORS, dish, held, of_course, outcome_of
from exoresist.studies.steered import Given, Limits, Rule, steered
from exoresist.studies.wording import percent, show

Array = NDArray[np.float64]
TRIALS = 40  # of each search: the scenario's own schedule first, then what the sampler proposes
MOST_VISITS = 30
FIGURES = 3  # of a dose that is proposed
DAY = 24.0
WEEK = 168.0
OFTENEST = 24.0  # h between doses of a dish, unless the user says otherwise
FIXED, ADAPTIVE = "schedule_fixed", "schedule_adaptive"


@dataclass(frozen=True)
class OwnSchedule:
    """The scenario's own schedule of the drug that is steered."""

    drug: str
    rule: Rule

    @property
    def total(self) -> float:
        return self.rule.dose * self.rule.visits


def own_course(scenario: Scenario) -> OwnSchedule | None:
    """The schedule of the drug that the assay asks about, else of the first that is given; None where no drug is."""
    wanted = getattr(scenario.assay, "drug", None)
    listed: list[DrugEntry] = [drug for drug in scenario.drugs if drug.dose > 0.0 and wanted in (None, drug.id)]
    if not listed:
        return None
    drug, assay = listed[0], scenario.assay
    if isinstance(assay, Cohort):
        return OwnSchedule(drug.id, Rule(drug.dose, assay.interval, assay.cycles, drug.at))
    return OwnSchedule(drug.id, Rule(drug.dose, drug.every or max(scenario.duration - drug.at, 1.0), drug.courses, drug.at))


def limits_of(scenario: Scenario, course: OwnSchedule, dose: float | None, total: float | None, interval: float | None) -> Limits:
    """Limits as given, else: twice the own dose, the own total, and a day (in patients a week) between doses.

    Raises InputError for limits that allow no dose.
    """
    usual = WEEK if isinstance(scenario.assay, Cohort) else min(OFTENEST, scenario.duration / 3.0)
    entry = next(drug for drug in scenario.drugs if drug.id == course.drug)
    if entry.until is not None:
        usual = max(usual, entry.until - entry.at)  # a dose that is washed out ends before the next begins
    found = Limits(2.0 * course.rule.dose if dose is None else dose, course.total if total is None else total, interval or usual)
    if entry.until is not None and found.interval < entry.until - entry.at:
        raise InputError(
            f"--min-interval {found.interval:g} h, while each dose stays for {entry.until - entry.at:g} h",
            "at least as long as a dose stays",
        )
    return found


def searchable(scenario: Scenario, outcome: str) -> str:
    """Why schedules cannot be searched; empty where they can."""
    if isinstance(scenario.assay, Cohort):
        return ""
    if own_course(scenario) is None:
        return "no drug is given at a dose above zero"
    if outcome not in (SURVIVORS, REGROWTH):
        return f"the outcome '{outcome}' does not depend on when a dose is given"
    return ""


def run_rule(outcome: str, scenario: Scenario, catalog: Catalog, ensemble: Ensemble, rule: Plain, limits: Plain) -> Plain:
    """`values` of a rule over draws, and what it gave: `doses` per visit (mean over draws), `excess` over the limits."""
    given: list[Given] = []

    def values(part: Ensemble) -> Array:
        found, told = dish_values(outcome, scenario, catalog, part, Rule(**rule), Limits(**limits))
        given.append(told)
        return found

    found = held(values, ensemble)
    excess = max(each.excess(Limits(**limits)) for each in given)
    mean = np.mean(np.concatenate([each.doses for each in given], axis=1), axis=1)
    return {"values": found, "times": given[0].times, "doses": mean, "excess": excess}


def dish_values(
    outcome: str, scenario: Scenario, catalog: Catalog, ensemble: Ensemble, rule: Rule, limits: Limits
) -> tuple[Array, Given]:
    """(sets,) values of a rule in a dish, and what was given."""
    course = own_course(scenario)
    assert course is not None
    one, judged = dish(scenario, catalog, ensemble), outcome_of(scenario, outcome)
    times = saved_times(scenario) if outcome == REGROWTH else np.array([0.0, scenario.duration])
    who = one.model.recipients()
    values: dict[str, float | Array] = {**one.values} or {"arena.capacity": np.full(ensemble.sets, scenario.arena.room)}
    run, given = steered(
        one.model, times.tolist(), course.drug, rule, limits, [who.cells], values, per_cell=one.per_cell, loads=one.loads
    )
    return of_course(judged, times, run.amount(who.cells), who.count), given


def search(
    outcome: str, scenario: Scenario, catalog: Catalog, ensemble: Ensemble, limits: Plain, adapts: bool, trials: int, seed: int
) -> Plain:
    """The best rule found for the mean over the draws: `rule`, `value`, and `trials` as rows `dose, interval, visits, ..., value`."""
    course, within = own_course(scenario), Limits(**limits)
    assert course is not None

    def value(rule: Rule) -> float:
        found = held(lambda part: dish_values(outcome, scenario, catalog, part, rule, within)[0], ensemble)
        return float(np.nanmean(found[1:])) if len(found) > 1 else float(found[0])

    return optimise(value, course.rule, within, scenario.duration, adapts, trials, seed, 1.0)


def optimise(
    value: Callable[[Rule], float], own: Rule, limits: Limits, duration: float, adapts: bool, trials: int, seed: int, grain: float
) -> Plain:
    """Least mean value over rules within limits, by a seeded tree-structured Parzen estimator.

    own    the schedule that is tried first, held within the limits; grain: h to which times are rounded
    source Bergstra et al. 2011, as implemented by optuna
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed % 2**32, n_startup_trials=max(5, trials // 4)))
    rows: list[dict[str, Any]] = []
    most = max(1, min(MOST_VISITS, int(duration // limits.interval) or 1))
    known: dict[Rule, float] = {}

    def tried(rule: Rule) -> float:
        if rule not in known:
            known[rule] = value(rule)
            rows.append({**asdict(rule), "value": known[rule]})
        return known[rule]

    def objective(trial: Any) -> float:
        rule = proposed(trial, limits, duration, most, adapts, grain)
        return tried(rule)

    tried(own.held(limits))
    study.optimize(objective, n_trials=trials)
    best = min(rows, key=lambda row: row["value"])
    return {"rule": {name: best[name] for name in asdict(own)}, "value": best["value"], "trials": rows}


def proposed(trial: Any, limits: Limits, duration: float, most: int, adapts: bool, grain: float) -> Rule:
    """The rule that a trial of the sampler stands for; within the limits whatever the trial says."""
    visits = trial.suggest_int("visits", 1, most)
    longest = max(duration / visits, limits.interval)
    interval = limits.interval + trial.suggest_float("interval", 0.0, 1.0) * (longest - limits.interval)
    least = min(limits.dose, limits.total) * 0.02
    dose = least * (min(limits.dose, limits.total) / least) ** trial.suggest_float("dose", 0.0, 1.0)
    first = trial.suggest_float("first", 0.0, 0.5) * max(0.0, duration - (visits - 1) * interval)
    stop = resume = 0.0
    if adapts:
        stop = 0.05 * 20.0 ** trial.suggest_float("stop", 0.0, 1.0)
        resume = stop * 4.0 ** trial.suggest_float("resume", 0.0, 1.0)
    rule = Rule(
        dose=_down(dose), interval=float(np.ceil(interval / grain) * grain), visits=visits,
        first=float(np.floor(first / grain) * grain), stop=float(f"{stop:.2g}"), resume=float(f"{max(resume, stop):.2g}"),
    )  # fmt: skip
    return rule.held(limits)


def _down(dose: float) -> float:
    """Three figures, never more than the dose."""
    power = 10.0 ** (np.floor(np.log10(dose)) - FIGURES + 1)
    return float(min(np.floor(dose / power) * power, dose))


def plain_limits(limits: Limits) -> dict[str, float]:
    return asdict(limits)


def rule_of(data: Mapping[str, Any]) -> Rule:
    return Rule(**{**data, "visits": int(data["visits"])})


def rule_text(rule: Rule) -> str:
    """A rule in words."""
    unit, size = ("days", 24.0) if rule.interval >= 96.0 else ("h", 1.0)
    often = f"{rule.visits} times, every {show(rule.interval / size)} {unit}" if rule.visits > 1 else "once"
    first = f", from {show(rule.first / size)} {unit} on" if rule.first > 0.0 and rule.visits > 1 else ""
    first = f" at {show(rule.first / size)} {unit}" if rule.first > 0.0 and rule.visits == 1 else first
    if not rule.adapts:
        return f"{show(rule.dose)} nM {often}{first}"
    pause = f"paused below {percent(rule.stop)} of the first burden, resumed above {percent(rule.resume)}"
    return f"{show(rule.dose)} nM at most {often}{first}, {pause}"
