"""`exoresist ask cohort SCENARIO --out DIR`."""

from __future__ import annotations

from pathlib import Path

from exoresist.app.places import Places
from exoresist.app.printing import tell


def cohort(
    scenario_file: Path, folder: Path, patients: int | None, seed: int | None, as_json: bool, places: Places | None = None
) -> None:
    """Simulate a cohort of virtual patients, write the report to the folder and say what came out.

    scenario_file  a scenario whose assay is of kind cohort
    folder         receives report.html, summary.json, tables and resolved.yaml: all of them, or none
    patients       in place of the scenario's number of patients; `seed` likewise
    as_json        print summary.json instead of sentences
    places         where worlds are run and kept
    """
    from exoresist.app.folders import filled, ready
    from exoresist.assembly.cohort import Cohort
    from exoresist.assembly.reader import load_scenario, scenario_from_dict
    from exoresist.assembly.resolve import resolved_dict
    from exoresist.core.errors import InputError

    scenario = load_scenario(scenario_file)
    if not isinstance(scenario.assay, Cohort):
        raise InputError(
            f"{scenario_file}: the assay is of kind '{scenario.assay.kind}'", "cohort",
            "See the bundled scenario breast_cohort, or use `exoresist run`",
        )  # fmt: skip
    if patients is not None or seed is not None:
        data = resolved_dict(scenario)
        data.pop("provenance", None)
        if patients is not None:
            data["assay"]["patients"] = patients
        if seed is not None:
            data["seed"] = seed
        scenario = scenario_from_dict(data)
    places = places or Places()
    workers, kept_in = places.workers(), places.kept_in()
    ready(folder)

    from exoresist.core.progress import Stages, reporting

    with reporting(1.0, scenario.title or scenario.name) as bar:
        from exoresist.assembly.resolve import write_resolved
        from exoresist.report.cohort_page import write_cohort
        from exoresist.studies.cohort_answer import answer_cohort

        stages = Stages(bar, {"answer": 0.95, "writing": 0.05})
        stages.begin("answer")
        answer = answer_cohort(scenario, None, stages, workers, kept_in)
        stages.begin("writing")
        with filled(folder) as draft:
            write_resolved(scenario, draft / "resolved.yaml", {"catalog_hash": answer.catalog_hash, "versions": answer.versions})
            write_cohort(answer, draft)
        stages.finish()
    tell(folder, answer.sentences, answer.warnings, as_json)
