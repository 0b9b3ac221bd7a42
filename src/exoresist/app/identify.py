"""`exoresist ask identify SCENARIO [--data FILE] --out DIR`."""

from __future__ import annotations

from pathlib import Path

from exoresist.app.printing import tell


def identify(scenario_file: Path, data: Path | None, folder: Path, draws: int, seed: int | None, as_json: bool) -> None:
    """Say whether the transfer share is identified, bounded, or cannot be told.

    data    table of measured wells (see `exchange.measurements`), None: the design itself is asked, with simulated readings
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
        from exoresist.report.identify_page import write_identify
        from exoresist.studies.identify import answer_identify

        stages = Stages(bar, {"worlds": 0.6, "profile": 0.35, "writing": 0.05})
        answer = answer_identify(scenario, Catalog.load(), wells, seed, stages, draws)
        stages.begin("writing")
        with filled(folder) as draft:
            write_resolved(scenario, draft / "resolved.yaml", {"catalog_hash": answer.catalog_hash, "versions": answer.versions})
            write_identify(answer, draft)
        stages.finish()
    tell(folder, answer.sentences, answer.warnings, as_json)
