"""`exoresist ask fit SCENARIO --data PATH`: the file decides what kind of fit it is."""

from __future__ import annotations

from pathlib import Path

from exoresist.app.printing import tell_fit

DESCENTS, DESCENTS_PER_DOSE = 6.0, 2.0  # steps that the search reports: of the fit, and of leaving out each dose
TABLES = (".csv", ".tsv", ".txt")


def fit(scenario_file: Path, data: Path | None, folder: Path, as_json: bool, seed: int | None = None) -> None:
    """Fit what is not held out, predict the rest, and print both errors beside baselines without mechanism.

    scenario_file  a fit file (`exoresist-fit/1`), the YAML file of a PEtab problem, or a cohort file of xenografts; or a scenario, then
                   `data` is a fit file that names its table, or, for an assay of kind confluence, the folder of a live-cell imager
    folder         receives the numbers, the posterior, the fitted set as a catalogue-style table and a page
    as_json        print the result for programs
    seed           in place of the file's
    """
    from exoresist.assembly.fit_reader import is_fit_file
    from exoresist.core.errors import InputError
    from exoresist.exchange.petab_tables import is_petab

    if is_petab(scenario_file):  # it names its own data
        from exoresist.app.fit_petab import fit_petab

        return fit_petab(scenario_file, folder, as_json)
    from exoresist.assembly.xenograft_file import is_xenograft

    if is_xenograft(scenario_file):
        from exoresist.app.fit_xenografts import fit_xenografts

        return fit_xenografts(scenario_file, data, folder, as_json)
    # All before anything heavy is loaded: a mistake in the file or a folder should be known at once.
    if is_fit_file(scenario_file):
        _general(scenario_file, None, data, folder, as_json, seed)
        return
    if data is None:
        raise InputError(f"{scenario_file} is a scenario, and no data came", "--data with a fit file, or a folder of readings")
    if data.is_file() and data.suffix.lower() in (".yaml", ".yml"):
        _general(data, scenario_file, None, folder, as_json, seed)
        return
    if data.suffix.lower() in TABLES:
        raise InputError(
            f"'{data}' is a table, and nothing says what may move and how its readings scatter", "a fit file (`exoresist-fit/1`)",
            "Write one that names this table under `data` (see docs/fitting.md), and give it as SCENARIO or as --data",
        )  # fmt: skip
    _confluence(scenario_file, data, folder, as_json, seed)


def _general(fit_file: Path, scenario: Path | None, data: Path | None, folder: Path, as_json: bool, seed: int | None) -> None:
    from exoresist.app.folders import filled, ready
    from exoresist.assembly.fit_reader import load_fit
    from exoresist.core.errors import InputError
    from exoresist.exchange.measurements import read_measurements

    plan = load_fit(fit_file, scenario)
    if seed is not None:
        plan = plan.with_seed(seed)
    table = data if data is not None else plan.data
    if table is None:
        raise InputError(f"{fit_file} names no table of readings", "`data` in the file, or --data", "Name the table")
    readings = read_measurements(table)
    ready(folder)

    from exoresist.core.progress import reporting
    from exoresist.report.general_fit_page import write_general_fit_page
    from exoresist.studies.fitting.fit import fit_readings

    with reporting(1.0, plan.file.title or plan.file.name) as bar:
        result = fit_readings(plan, readings, progress=bar)
        with filled(folder) as draft:
            result.write(draft)
            page = write_general_fit_page(result, draft)
    columns = ["name", "subject", "experiment", "value", "low", "high", "unit", "identified"]
    if not any(row["experiment"] for row in result.parameters):
        columns.remove("experiment")
    numbers, draws = folder / "summary.json", folder / "posterior.parquet"
    told = f"The numbers are in {numbers}, the posterior in {draws}, the page is {folder / page.name}"
    summary = result.to_dict()
    tell_fit(summary, summary["parameters"], columns, told, as_json)


def _confluence(scenario_file: Path, data_folder: Path, folder: Path, as_json: bool, seed: int | None) -> None:
    """The assay of kind confluence, with its stains and its own rules (see `studies.fit`)."""
    from exoresist.app.folders import filled, ready
    from exoresist.assembly.assay import Confluence
    from exoresist.assembly.reader import load_scenario
    from exoresist.core.errors import InputError
    from exoresist.exchange.incucyte import read_confluence

    scenario = load_scenario(scenario_file)
    if seed is not None:
        scenario = scenario.model_copy(update={"seed": seed})
    assay = scenario.assay
    if not isinstance(assay, Confluence):
        raise InputError(
            f"{scenario_file}: the assay is of kind '{assay.kind}', and --data names no fit file", "confluence, or a fit file as --data",
            "See examples/h1299_doxorubicin.yaml and docs/fitting.md",
        )  # fmt: skip
    data = read_confluence(data_folder)
    observed = data.by_dose(assay.drug, assay.channel)
    stains = data.stained(assay.drug, assay.dead_channels) if assay.dead_channels else None
    ready(folder)

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
    told = f"The fitted set is in {folder / written.name}, the curves in {folder / page.name}"
    summary = result.to_dict()
    tell_fit(summary, summary["parameters"], ["name", "subject", "value", "low", "high", "unit", "identified"], told, as_json)
