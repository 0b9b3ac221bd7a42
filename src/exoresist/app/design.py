"""`exoresist ask design SCENARIO [--data FILE] --budget N --out DIR`."""

from __future__ import annotations

from pathlib import Path

from exoresist.app.printing import tell


def design(
    scenario_file: Path, data: Path | None, folder: Path, budget: int, draws: int, seed: int | None, as_json: bool
) -> None:
    """Rank next experiments by what they tell about the transfer share, per well.

    data    table of measured wells (see `exchange.measurements`), None: readings are simulated at the scenario's centre
    folder  receives report.html, summary.json, tables and resolved.yaml: all of them, or none
    """
    from exoresist.app.folders import filled, ready
    from exoresist.assembly.reader import load_scenario
    from exoresist.core.progress import Stages, reporting
    from exoresist.exchange.measurements import read_measurements

    scenario = load_scenario(scenario_file)
    wells = None if data is None else read_measurements(data, scenario.duration)
    ready(folder)
    with reporting(1.0, scenario.title or scenario.name) as bar:
        from exoresist.assembly.resolve import write_resolved
        from exoresist.catalog import Catalog
        from exoresist.report.design_page import write_design
        from exoresist.studies.design import answer_design

        stages = Stages(bar, {"worlds": 0.65, "candidates": 0.3, "writing": 0.05})
        answer = answer_design(scenario, Catalog.load(), wells, budget, seed, stages, draws)
        stages.begin("writing")
        with filled(folder) as draft:
            write_resolved(scenario, draft / "resolved.yaml", {"catalog_hash": answer.catalog_hash, "versions": answer.versions})
            write_design(answer, draft)
        stages.finish()
    tell(folder, answer.sentences, answer.warnings, as_json)
