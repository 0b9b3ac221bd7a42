"""`exoresist ask fit SCENARIO --data DIR`."""

from __future__ import annotations

from pathlib import Path


def fit(scenario_file: Path, data_folder: Path, folder: Path, as_json: bool) -> None:
    """Fit the scenario to the measured doses, predict the others, and print both errors beside the baselines.

    scenario_file  names the doses to fit and the doses to predict
    data_folder    the measurements
    folder         receives the fitted set as a catalogue-style table (kind `fitted`)
    as_json        print the errors (root mean square, % confluence) and the parameters for programs
    """
    from exoresist.assembly.reader import load_scenario

    scenario = load_scenario(scenario_file)
    folder.mkdir(parents=True, exist_ok=True)

    from exoresist.app.printing import print_json, print_rows
    from exoresist.studies.fit import fit_scenario

    result = fit_scenario(scenario, data_folder)
    written = result.write(folder)
    summary = result.to_dict()
    if as_json:
        print_json(summary)
        return
    for sentence in result.sentences:
        print(sentence)
    print_rows(summary["parameters"], ["name", "subject", "value", "low", "high", "unit"])
    print(f"The fitted set is in {written}")
