"""`exoresist export SCENARIO --petab DIR [--data FILE]`: the scenario with its readings as PEtab problems, of version 1 or 2."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

LATEST = 2
WRITERS = {1: "exoresist.exchange.petab_out_v1", 2: "exoresist.exchange.petab_out"}  # version -> module that writes it

if TYPE_CHECKING:
    from exoresist.assembly.scenario import Scenario
    from exoresist.catalog import Catalog
    from exoresist.studies.petab_export import Exported


def export_petab(
    scenario_file: Path, folder: Path, data: Path | None, estimate: Sequence[str], arm: str | None, version: int = LATEST
) -> None:
    """Write one problem for each structure among the arms: in the folder itself where there is one, else in a folder for each.

    data      table of readings (see `exchange.measurements`); None: readings are made up by the scenario, and it says so
    estimate  numbers of the catalogue that the problem asks for
    version   1 or 2 of PEtab
    """
    from exoresist.app.folders import filled, ready
    from exoresist.assembly.reader import load_scenario
    from exoresist.exchange.measurements import read_measurements
    from exoresist.exchange.petab_tables import require_libraries

    require_libraries()
    scenario = load_scenario(scenario_file)
    table = read_measurements(data) if data is not None else None
    ready(folder, "--petab")

    from exoresist.catalog import Catalog
    from exoresist.core.progress import reporting
    from exoresist.studies.petab_data import measured
    from exoresist.studies.petab_export import export_problems

    catalog = Catalog.load()
    with reporting(None, scenario.title or scenario.name):
        readings = measured(table, scenario, catalog, arm) if table is not None else None
        problems = export_problems(scenario, catalog, readings, estimate, arm)
        found = [problem.log_likelihood() for problem in problems]  # a reading that cannot be is told before anything is written
        with filled(folder, "--petab") as draft:
            for problem in problems:
                place = draft if len(problems) == 1 else draft / problem.name
                place.mkdir(exist_ok=True)
                _write(problem, place, catalog, scenario, WRITERS[version])
    for problem, likelihood in zip(problems, found, strict=True):
        place = folder if len(problems) == 1 else folder / problem.name
        print(
            f"{place / 'problem.yaml'}: {len(problem.readings)} readings of {', '.join(problem.arms)}; log-likelihood at "
            f"central values by our own solver {likelihood:.8g}"
        )
        for remark in problem.remarks:
            print(f"warning: {remark}")
    if len(problems) > 1:
        print("Arms of different structure have a problem each: their log-likelihoods add up.")
    if not estimate:
        print("Only the noise is estimated. Name numbers of the catalogue with --estimate, such as --estimate growth_rate.")


def _write(problem: Exported, folder: Path, catalog: Catalog, scenario: Scenario, writer: str = WRITERS[LATEST]) -> None:
    from exoresist.app.meanings import meanings
    from exoresist.exchange.petab_out import formula_text
    from exoresist.network.exports import to_sbml
    from exoresist.network.exports.sbml import sbml_names

    names = sbml_names(problem.network)
    dois = {source.id: source.doi for source in catalog.records("sources") if source.doi}
    importlib.import_module(writer).write_problem(
        folder,
        to_sbml(problem.network, dois, meanings(problem.network, scenario, catalog)),
        [
            {"id": one.id, "estimate": one.estimate, "nominal": one.nominal, "low": one.low, "high": one.high,
             "prior": one.prior, "prior_numbers": one.prior_numbers}
            for one in problem.numbers
        ],
        [
            {"id": one.id, "formula": formula_text(_renamed(one.formula, names)), "noise": one.noise,
             "distribution": "log-normal" if one.log else "normal"}
            for one in problem.readouts.values()
        ],
        {
            one.id: [(step.time, {names[key]: _renamed(value, names) for key, value in step.changes.items()}) for step in one.steps]
            for one in problem.experiments.values()
        },
        [
            {"observable": problem.readouts[row.readout].id, "experiment": problem.experiments[row.arm, row.dose].id, "time": row.time,
             "value": row.value}
            for row in problem.readings
        ],
    )  # fmt: skip


def _renamed(value: Any, names: Any) -> Any:
    """An expression in the names of pools, in those of the file."""
    import sympy

    return value.xreplace(
        {
            one: sympy.Symbol(names[one.name], real=True)
            for one in value.free_symbols
            if one.name in names and names[one.name] != one.name
        }
    )
