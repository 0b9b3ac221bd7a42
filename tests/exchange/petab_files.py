"""Small PEtab problems with answers on paper, written to a folder."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

DECAY = "k = 0.5; scale = 1; a0 = 10; compartment c = 2; species A in c; A = a0; decay: A -> ; c * k * A;"


def sbml(body: str) -> str:
    import antimony

    antimony.clearPreviousLoads()
    assert antimony.loadAntimonyString(f"model tested()\n{body}\nend") >= 0, antimony.getLastError()
    return str(antimony.getSBMLString(None))


def table(text: str) -> str:
    """Columns parted by blanks become a tab-separated table; `_` alone is an empty cell."""
    lines = [line.split() for line in dedent(text).strip().splitlines()]
    return "\n".join("\t".join("" if cell == "_" else cell for cell in line) for line in lines) + "\n"


def version_1(folder: Path, model: str, conditions: str, observables: str, measurements: str, parameters: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.xml").write_text(sbml(model))
    tables = {"conditions": conditions, "observables": observables, "measurements": measurements, "parameters": parameters}
    for name, text in tables.items():
        (folder / f"{name}.tsv").write_text(table(text))
    path = folder / "problem.yaml"
    path.write_text(
        "format_version: 1\nparameter_file: parameters.tsv\nproblems:\n- sbml_files: [model.xml]\n"
        "  condition_files: [conditions.tsv]\n  measurement_files: [measurements.tsv]\n  observable_files: [observables.tsv]\n"
    )
    return path


def version_2(
    folder: Path, model: str, observables: str, measurements: str, parameters: str, conditions: str = "", experiments: str = ""
) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.xml").write_text(sbml(model))
    head = ["format_version: 2.0.0", "model_files: {m: {location: model.xml, language: sbml}}"]
    tables = {
        "observable": observables, "measurement": measurements, "parameter": parameters, "condition": conditions,
        "experiment": experiments,
    }  # fmt: skip
    for name, text in tables.items():
        if text:
            (folder / f"{name}s.tsv").write_text(table(text))
            head.append(f"{name}_files: [{name}s.tsv]")
    path = folder / "problem.yaml"
    path.write_text("\n".join(head) + "\n")
    return path
