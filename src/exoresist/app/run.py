"""`exoresist run SCENARIO --out DIR`."""

from __future__ import annotations

from pathlib import Path


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
    from exoresist.core.progress import reporting
    from exoresist.report import write_all
    from exoresist.studies import answer_scenario

    with reporting(1.0, scenario.title) as progress:
        answer = answer_scenario(scenario, progress=progress)
    write_all(answer, folder, scenario)
    if as_json:
        import json

        print_json(json.loads((folder / "summary.json").read_text(encoding="utf-8")))
        return
    for sentence in answer.sentences:
        print(sentence)
    for warning in answer.warnings:
        print(f"warning: {warning}")
    print(f"The report is in {folder / 'report.html'}")
