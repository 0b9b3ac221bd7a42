"""`exoresist run SCENARIO --out DIR`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from exoresist.assembly.scenario import Scenario


def run(scenario_file: Path, folder: Path, as_json: bool) -> None:
    """Answer the scenario, write the report to the folder and say what came out.

    scenario_file  YAML in the form that `exoresist schema` describes
    folder         receives report.html, summary.json, tables and resolved.yaml
    as_json        print summary.json instead of sentences
    """
    from exoresist.assembly.reader import load_scenario

    # Both before anything heavy is loaded: a mistake in the file or the folder should be known at once.
    scenario = load_scenario(scenario_file)
    folder.mkdir(parents=True, exist_ok=True)

    from exoresist.app.printing import print_json
    from exoresist.assembly.resolve import write_resolved
    from exoresist.core.progress import reporting
    from exoresist.report import write_all
    from exoresist.studies import answer_scenario

    with reporting(expected_work(scenario), scenario.title or scenario.name) as progress:
        answer = answer_scenario(scenario, progress=progress)
    write_resolved(scenario, folder / "resolved.yaml", {"catalog_hash": answer.catalog_hash, "versions": answer.versions})
    write_all(answer, folder)
    if as_json:
        import json

        print_json(json.loads((folder / "summary.json").read_text(encoding="utf-8")))
        return
    for sentence in answer.sentences:
        print(sentence)
    for warning in answer.warnings:
        print(f"warning: {warning}")
    print(f"The report is in {folder / 'report.html'}")


def expected_work(scenario: Scenario) -> float:
    """Rough number of culture hours that an answer simulates, for the progress bar."""
    sets = (scenario.uncertainty.draws + 1) * 18.0 * max(1, len(scenario.arms))
    if scenario.vesicle_titration is not None:
        sets += 17.0 * 13.0 * 18.0
    return (sets + 2.0 * 120.0 * 18.0) * scenario.duration
