"""`exoresist run SCENARIO --out DIR`."""

from __future__ import annotations

from pathlib import Path

from exoresist.app.printing import tell
from exoresist.core.errors import InputError


def run(
    scenario_file: Path,
    folder: Path,
    as_json: bool,
    resume: bool = False,
    threads: int | None = None,
    within: str | None = None,
    check: bool = False,
) -> None:
    """Answer the scenario, write the report to the folder and say what came out.

    scenario_file  YAML in the form that `exoresist schema` describes
    folder         receives report.html, summary.json, tables and resolved.yaml: all of them, or none
    as_json        print summary.json instead of sentences
    check          tissues only: tell how far the answer depends on grid and steps
    within         tissues only: longest wall time, e.g. "30 min"
    resume         tissues only: go on from the checkpoints in the folder; `threads` as the computer has, if not given
    """
    from exoresist.app.folders import filled, ready
    from exoresist.assembly.reader import load_scenario
    from exoresist.core.units import parse_quantity

    # Both before anything heavy is loaded: a mistake in the file or the folder should be known at once.
    scenario = load_scenario(scenario_file)
    allowed = None if within is None else parse_quantity(within, "h", "--within")
    ready(folder)
    if scenario.arena.kind == "tissue":
        from exoresist.app.tissue_run import run_tissue

        run_tissue(scenario, folder, resume, threads, as_json, allowed, check)
        return
    if check:
        raise InputError(
            "--check-accuracy is for tissues, which have a grid", "a scenario whose arena is a tissue", "Leave it out"
        )
    if within is not None:
        raise InputError("--within is for tissues, whose runs are long", "a scenario whose arena is a tissue", "Leave it out")
    if resume:
        raise InputError("--resume goes on with a tissue that was stopped", "a scenario whose arena is a tissue", "Leave it out")

    from exoresist.core.progress import Stages, reporting

    with reporting(1.0, scenario.title or scenario.name) as bar:
        from exoresist.assembly.resolve import write_resolved
        from exoresist.report import write_all
        from exoresist.studies import answer_scenario
        from exoresist.studies.workload import WRITING

        stages = Stages(bar, {"answer": 1.0 - WRITING, "writing": WRITING})
        stages.begin("answer")
        answer = answer_scenario(scenario, progress=stages)
        stages.begin("writing")
        with filled(folder) as draft:
            origin = {"catalog_hash": answer.catalog_hash, "versions": answer.versions}
            write_resolved(scenario, draft / "resolved.yaml", origin)
            write_all(answer, draft)
        stages.finish()
    tell(folder, answer.sentences, answer.warnings, as_json)
