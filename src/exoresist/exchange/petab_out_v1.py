"""Writing a PEtab 1 problem: conditions without periods, so that the model itself holds what happens later (see `petab_timed`)."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from exoresist.core.errors import InputError
from exoresist.exchange import petab_v1
from exoresist.exchange.petab_out import MODEL, PROBLEM, formula_text
from exoresist.exchange.petab_tables import require_libraries
from exoresist.exchange.petab_timed import timed_model

Row = dict[str, Any]
# name of a prior in version 2 -> in version 1; a log-uniform one is uniform on the scale of its parameter there
PRIORS = {"normal": "normal", "log-normal": "logNormal", "uniform": "uniform", "log-uniform": "parameterScaleUniform"}
TRANSFORMATIONS = {"normal": "lin", "log-normal": "log"}


def write_problem(
    folder: Path,
    sbml: str,
    parameters: Sequence[Mapping[str, Any]],
    observables: Sequence[Mapping[str, Any]],
    experiments: Mapping[str, Sequence[tuple[float, Mapping[str, Any]]]],
    measurements: Sequence[Mapping[str, Any]],
) -> Path:
    """Write a problem into a folder and return the path of its YAML file; arguments as of `petab_out.write_problem`.

    raises  InputError for a reading at the very moment of a change, of which version 1 does not say whether it is read before or after;
            and with what the library's checks find
    """
    require_libraries()
    from ruamel.yaml import YAML

    for row in measurements:
        if any(time > 0.0 and math.isclose(time, row["time"], rel_tol=1e-12) for time, _ in experiments[row["experiment"]]):
            raise InputError(
                f"a reading of '{row['observable']}' at {row['time']:g} h, when something is given, washed out or changed in "
                f"'{row['experiment']}': PEtab 1 has no periods to say whether it is read before or after", "readings between changes",
                "Export version 2",
            )  # fmt: skip
    text, conditions = timed_model(sbml, experiments, {row["id"]: row["nominal"] for row in parameters})
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MODEL).write_text(text, encoding="utf-8")
    columns = list(dict.fromkeys(target for cells in conditions.values() for target in cells))
    tables = {
        "parameter": [_parameter(row) for row in parameters],
        "condition": [{"conditionId": name, **{target: cells[target] for target in columns}} for name, cells in conditions.items()],
        "observable": [
            {"observableId": row["id"], "observableFormula": row["formula"], "noiseFormula": row["noise"],
             "observableTransformation": TRANSFORMATIONS[row["distribution"]], "noiseDistribution": "normal"}
            for row in observables
        ],
        "measurement": [
            {"observableId": row["observable"], "simulationConditionId": row["experiment"], "measurement": row["value"],
             "time": row["time"]}
            for row in measurements
        ],
    }  # fmt: skip
    for kind, rows in tables.items():
        _write(folder / f"{kind}s.tsv", rows)
    head = {
        "format_version": 1,
        "parameter_file": "parameters.tsv",
        "problems": [
            {"sbml_files": [MODEL], **{f"{kind}_files": [f"{kind}s.tsv"] for kind in ("condition", "observable", "measurement")}}
        ],
    }
    path = folder / PROBLEM
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        YAML(typ="safe", pure=True).dump(head, stream)
    petab_v1.read(path, head)  # with the library's checks
    return path


def _parameter(row: Mapping[str, Any]) -> Row:
    """One line of the parameter table: on a logarithmic scale where the bounds allow."""
    log = row["low"] > 0.0
    found = {
        "parameterId": row["id"], "parameterScale": "log" if log else "lin", "lowerBound": row["low"], "upperBound": row["high"],
        "nominalValue": row["nominal"], "estimate": int(row["estimate"]), "objectivePriorType": "", "objectivePriorParameters": "",
    }  # fmt: skip
    if row["prior"]:
        numbers = [math.log(one) for one in row["prior_numbers"]] if row["prior"] == "log-uniform" else row["prior_numbers"]
        found |= {
            "objectivePriorType": PRIORS[row["prior"]],
            "objectivePriorParameters": ";".join(repr(float(one)) for one in numbers),
        }
    return found


def _write(path: Path, rows: Sequence[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter="\t", lineterminator="\n")
        writer.writerow(rows[0])
        for row in rows:
            writer.writerow([formula_text(cell) if not isinstance(cell, (str, int)) else cell for cell in row.values()])


__all__ = ["write_problem"]
