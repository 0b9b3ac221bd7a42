"""Two things at once: pairs of interventions, interventions under a found schedule, and interaction maps of the best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.build import build
from exoresist.assembly.scenario import Scenario
from exoresist.core.errors import ExoresistError
from exoresist.studies.ensemble import Ensemble
from exoresist.studies.kept import Plain
from exoresist.studies.rank_answer import draw_rows
from exoresist.studies.rank_candidates import ARM, COMBINATION, NONE, SCHEDULE, Candidate, Setting, settings, together
from exoresist.studies.rank_maps import drug_axis, intervention_axis, run_map
from exoresist.studies.rank_run import numbers, run_choices
from exoresist.studies.rank_schedule import own_course, rule_of, run_rule
from exoresist.studies.rank_score import scored
from exoresist.studies.steered import Limits, Rule
from exoresist.studies.workers import Task, Workers, run_tasks

if TYPE_CHECKING:
    from exoresist.studies.rank import Ranking

Array = NDArray[np.float64]
PAIRED = 5  # of the single choices: pairs of these are tried
SCHEDULED = 3  # of them are tried under a schedule that does better than the scenario's own


def pairs(one: Ranking, singles: Sequence[Candidate], values: Array, known: dict[str, Setting], judged: Ensemble) -> None:
    """Pairs of the foremost single choices that act on different processes, judged with their parts."""
    at = {each.id: place for place, each in enumerate(singles)}
    helping = [
        row["name"]
        for row in one.answer.interventions
        if row["name"] in known and float(np.nanmean(values[at[row["name"]]] - values[0])) < -one.outcome.tie
    ][:PAIRED]
    process = {name: one.catalog.intervention(known[name].entry.id).target_process for name in helping}
    tried = []
    for place, first in enumerate(helping):
        for second in helping[place + 1 :]:
            if process[first] != process[second]:
                pair = together(one.base, [known[first], known[second]])
                try:
                    build(pair.scenario, one.catalog)
                except ExoresistError:
                    continue  # the two cannot be wired together
                tried.append(pair)
    one.stages.begin("pairs", float((len(tried) + SCHEDULED) * judged.sets))
    found = list(run_choices(tried, one.outcome, one.catalog, judged, one.workers, one.kept, one.stages))
    dosed, more, schedule = _with_schedule(one, [singles[at[name]] for name in helping], singles, values, judged)
    if not tried and not dosed:
        return
    found, tried = [*found, *more], [*tried, *dosed]
    kept = [NONE, *helping, *schedule]
    every = [*(singles[at[name]] for name in kept), *tried]
    both = np.vstack([values[[at[name] for name in kept]], np.array(found)])
    scores = scored(every, both[:, 1:] if judged.sets > 1 else both, one.outcome, both[:, 0])
    answer = one.answer
    answer.combinations, answer.best_combination, answer.combinations_verdict = scores.rows, scores.best, scores.verdict
    answer.draws_table += draw_rows([each.id for each in tried], found, central=True)


def _with_schedule(
    one: Ranking, helping: Sequence[Candidate], singles: Sequence[Candidate], values: Array, judged: Ensemble
) -> tuple[list[Candidate], list[Array], list[str]]:
    """The foremost interventions under the better schedule, where one does better than the scenario's own."""
    means = {
        each.id: float(np.nanmean(row - values[0])) for each, row in zip(singles, values, strict=True) if each.kind == SCHEDULE
    }
    best = min(means, key=lambda name: means[name], default="")
    if not helping or not best or means[best] >= -one.outcome.tie:
        return [], [], []
    row = next(row for row in one.answer.schedules if row["name"] == best)
    limits, rules = Limits(**one.answer.limits), {best: rule_of(row["rule"])}
    tried, found = [], []
    for each in helping[:SCHEDULED]:
        run = run_rules(one, each.scenario, judged, rules, limits, f"with {each.id}")[best]
        tried.append(
            Candidate(f"{best}+{each.id}", f"{row['label']} + {each.label}", COMBINATION, each.scenario, (best, each.id))
        )
        found.append(numbers(run["values"]))
    return tried, found, [best]


def maps(one: Ranking, singles: Sequence[Candidate]) -> None:
    """Interaction of the drug with the best single intervention, and of the two of the best pair."""
    one.stages.begin("maps")
    answer, base = one.answer, one.base
    if one.outcome.name not in ("survivors", "shift", "regrowth") or answer.best == NONE:
        return
    by_id = {each.id: each for each in singles}
    label = {str(row["name"]): str(row["label"]) for row in (*answer.interventions, *answer.combinations)}
    best = next((by_id[row["name"]] for row in answer.interventions if _is_treatment(by_id[row["name"]])), None)
    course = own_course(base)
    tasks = []
    if best is not None and course is not None and len(best.parts) == 1:
        first = drug_axis(base, course.drug, one.catalog.drug(course.drug).name)
        second = intervention_axis(best.scenario.interventions[0], label[best.id])
        tasks.append(Task(f"map {best.id}", (best.scenario, one.catalog, first, second)))
    plain_pairs = [row for row in (*answer.combinations, *answer.interventions) if len(row["parts"]) == 2]
    for pair in [row for row in plain_pairs if not str(row["parts"][0]).startswith("schedule_")][:1]:
        whole = by_id.get(str(pair["name"]))
        entries = _entries(one, pair, whole)
        if entries is not None:
            scenario = base.model_copy(update={"interventions": entries})
            names = [str(part) for part in pair["label"].split(" + ")]
            axes = [intervention_axis(entry, name) for entry, name in zip(entries, names, strict=True)]
            tasks.append(Task(f"map {pair['name']}", (scenario, one.catalog, *axes)))
    try:
        answer.maps += list(run_tasks(run_map, tasks, Workers(1), one.kept).values())
    except ExoresistError as error:
        one.warned.append(f"Interaction maps were left out: {error}")


def _entries(one: Ranking, pair: dict[str, Any], whole: Candidate | None) -> Any:
    if whole is not None:
        return whole.scenario.interventions
    known = {each.id: each.entry for each in settings(one.scenario, one.base, one.catalog)}
    found = [known.get(str(part)) for part in pair["parts"]]
    return None if None in found else tuple(found)


def _is_treatment(one: Candidate) -> bool:
    return len(one.parts) == 1 and len(one.scenario.interventions) == 1 and one.kind not in (SCHEDULE, ARM)


def run_rules(
    one: Ranking, scenario: Scenario, ensemble: Ensemble, rules: dict[str, Rule], limits: Limits, label: str
) -> dict[str, Plain]:
    """Rules over draws of a scenario, with what they gave."""
    arguments = (one.outcome.name, scenario, one.catalog, ensemble)
    tasks = [Task(f"{label} {kind}", (*arguments, asdict(rule), asdict(limits)), 1.0) for kind, rule in rules.items()]
    found = run_tasks(run_rule, tasks, one.workers, one.kept, one.stages)
    return {kind: found[f"{label} {kind}"] for kind in rules}
