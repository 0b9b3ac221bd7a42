"""`exoresist ask rank SCENARIO --out DIR`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from exoresist.app.places import Places
from exoresist.app.printing import say, tell

if TYPE_CHECKING:
    from exoresist.assembly.scenario import Scenario


@dataclass(frozen=True)
class Asked:
    """What the options of the command say, as text."""

    arm: str | None = None
    interventions: str | None = None
    outcome: str | None = None
    draws: int | None = None
    posterior: Path | None = None
    max_dose: str | None = None
    max_total: str | None = None
    min_interval: str | None = None
    trials: int | None = None
    patients: int | None = None
    within: str | None = None
    seed: int | None = None


def rank(scenario_file: Path, folder: Path, asked: Asked, places: Places, as_json: bool) -> None:
    """Rank what could be done in the scenario, write the report to the folder and say what came out.

    folder   receives report.html, summary.json, tables and resolved.yaml: all of them, or none
    as_json  print summary.json instead of sentences
    """
    from exoresist.app.folders import filled, ready
    from exoresist.assembly.cohort import Cohort
    from exoresist.assembly.patient_scenario import as_cohort
    from exoresist.assembly.reader import load_scenario
    from exoresist.core.units import parse_quantity
    from exoresist.studies.rank_candidates import base_of
    from exoresist.studies.rank_outcomes import outcome_of

    scenario = load_scenario(scenario_file)
    if asked.patients is not None and not isinstance(scenario.assay, Cohort):
        scenario = as_cohort(scenario, asked.patients)
    elif asked.patients is not None:
        scenario = _with(scenario, "patients", asked.patients)
    if asked.seed is not None:
        scenario = _with(scenario, "seed", asked.seed)
    outcome_of(base_of(scenario, asked.arm)[1], asked.outcome)
    limits = {
        name: None if text is None else parse_quantity(text, unit, f"--{name.replace('_', '-')}")
        for name, text, unit in (
            ("max_dose", asked.max_dose, "nM"), ("max_total", asked.max_total, "nM"), ("min_interval", asked.min_interval, "h"),
        )
    }  # fmt: skip
    within = None if asked.within is None else parse_quantity(asked.within, "h", "--within")
    workers, kept_in = places.workers(), places.kept_in()
    ready(folder)

    from exoresist.core.progress import Stages, reporting

    with reporting(1.0, scenario.title or scenario.name) as bar:
        from exoresist.assembly.resolve import write_resolved
        from exoresist.report.rank_page import write_ranking
        from exoresist.studies.rank import Question
        from exoresist.studies.rank import rank as answer_rank

        question = Question(
            asked.arm, asked.interventions, asked.outcome, asked.draws, asked.posterior, limits["max_dose"], limits["max_total"],
            limits["min_interval"], asked.trials, within,
        )  # fmt: skip
        stages = Stages(bar, {"answer": 0.96, "writing": 0.04})
        stages.begin("answer")
        answer = answer_rank(scenario, question, None, stages, workers, kept_in, say)
        stages.begin("writing")
        with filled(folder) as draft:
            write_resolved(scenario, draft / "resolved.yaml", {"catalog_hash": answer.catalog_hash, "versions": answer.versions})
            write_ranking(answer, draft)
        stages.finish()
    tell(folder, answer.sentences, answer.warnings, as_json)


def _with(scenario: Scenario, key: str, value: int) -> Scenario:
    """The scenario with another number of patients or seed, checked as if it stood in the file."""
    from exoresist.assembly.reader import scenario_from_dict
    from exoresist.assembly.resolve import resolved_dict

    data = resolved_dict(scenario)
    data.pop("provenance", None)
    (data if key == "seed" else data["assay"])[key] = value
    return scenario_from_dict(data)
