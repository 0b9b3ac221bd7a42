"""`exoresist ask fit SCENARIO --data DIR`."""

from __future__ import annotations

from pathlib import Path

DESCENTS, DESCENTS_PER_DOSE = 6.0, 2.0  # steps that the search reports: of the fit, and of leaving out each dose


def fit(scenario_file: Path, data_folder: Path | None, folder: Path, as_json: bool) -> None:
    """Fit the scenario to the measured doses, predict the others, and print both errors beside the baselines.

    scenario_file  names the doses to fit and the doses to predict
    data_folder    the measurements
    folder         receives the fitted set as a catalogue-style table (kind `fitted`), the curves and a page
    as_json        print the errors (root mean square, % confluence) and the parameters for programs
    """
    from exoresist.exchange.petab_tables import is_petab

    if is_petab(scenario_file):  # it names its own data
        from exoresist.app.fit_petab import fit_petab

        return fit_petab(scenario_file, folder, as_json)
    from exoresist.assembly.xenograft_file import is_xenograft

    if is_xenograft(scenario_file):
        from exoresist.app.fit_xenografts import fit_xenografts

        return fit_xenografts(scenario_file, data_folder, folder, as_json)
    from exoresist.app.folders import filled, ready
    from exoresist.assembly.assay import Confluence
    from exoresist.assembly.reader import load_scenario
    from exoresist.core.errors import InputError
    from exoresist.exchange.incucyte import read_confluence

    if data_folder is None:
        raise InputError(
            "No measurements were named", "--data with the folder that holds them", "Only a PEtab problem names its own"
        )
    # All before anything heavy is loaded: a mistake in the file or a folder should be known at once.
    scenario = load_scenario(scenario_file)
    assay = scenario.assay
    if not isinstance(assay, Confluence):
        raise InputError(
            f"{scenario_file}: the assay is of kind '{assay.kind}'", "confluence",
            "See examples/h1299_doxorubicin.yaml for a scenario that can be fitted",
        )  # fmt: skip
    data = read_confluence(data_folder)
    observed = data.by_dose(assay.drug, assay.channel)
    stains = data.stained(assay.drug, assay.dead_channels) if assay.dead_channels else None
    ready(folder)

    from exoresist.app.printing import print_json, print_rows
    from exoresist.core.progress import Stages, reporting
    from exoresist.report.fit_page import write_fit_page
    from exoresist.studies.fit import fit_scenario

    with reporting(1.0, scenario.title or scenario.name) as bar:
        stages = Stages(bar, {"fit": 0.8, "predict": 0.2})
        stages.begin("fit", DESCENTS + DESCENTS_PER_DOSE * len(assay.fit_doses))
        result = fit_scenario(scenario, data.times_h, observed, stains, progress=stages)
        stages.begin("predict")
        with filled(folder) as draft:
            written, page = result.write(draft), write_fit_page(result, draft)
    summary = result.to_dict()
    if as_json:
        print_json(summary)
        return
    for sentence in result.sentences:
        print(sentence)
    for warning in result.warnings:
        print(f"warning: {warning}")
    print_rows(summary["parameters"], ["name", "subject", "value", "low", "high", "unit", "identified"])
    print(f"The fitted set is in {folder / written.name}, the curves in {folder / page.name}")
