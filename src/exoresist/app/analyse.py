"""`exoresist analyse plate.csv [nta.csv ...] meta.yaml --out DIR`: reads a laboratory's files and hands them to the study as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from exoresist.exchange.lab_files import LabFile
    from exoresist.studies.analyse_meta import LabMeta

ENDINGS = (".yaml", ".yml")
TABLES = (*ENDINGS, ".csv", ".tsv", ".txt", ".xlsx")
USAGE = "exoresist analyse plate.csv nta.csv meta.yaml --out DIR, or --template DIR for an example to start from"


def analyse(paths: Sequence[Path], folder: Path, as_json: bool, run_model: bool) -> None:
    """Read the files, analyse the experiment, write the page.

    paths      files of readings and one .yaml file, in any order, or the folder that holds them
    folder     receives report.html, summary.json, tables and, where the dish can be simulated, scenario.yaml: all of them, or none
    run_model  whether the catalogue's model is run for comparison
    """
    from exoresist.app.folders import filled, ready
    from exoresist.core.errors import InputError
    from exoresist.core.progress import Stages, reporting
    from exoresist.studies.analyse_meta import load_meta

    paths = _inside(paths)
    described = [path for path in paths if path.suffix.lower() in ENDINGS]
    given = [path for path in paths if path.suffix.lower() not in ENDINGS]
    if len(described) != 1:
        came = "no file meta.yaml was given" if not described else f"{len(described)} .yaml files were given"
        raise InputError(came, "one .yaml file that describes the experiment", USAGE)
    meta = load_meta(described[0])
    files, mapped = _read(meta, given, described[0].parent)
    ready(folder)

    with reporting(1.0, meta.title) as bar:
        from exoresist.app.printing import tell
        from exoresist.assembly.resolve import write_resolved
        from exoresist.report.analyse_page import write_lab
        from exoresist.studies.analyse_answer import answer_lab

        stages = Stages(bar, {"answer": 0.95, "writing": 0.05})
        stages.begin("answer")
        answer = answer_lab(meta, [asdict(file) for file in files], mapped, run_model=run_model, progress=stages)
        stages.begin("writing")
        with filled(folder) as draft:
            write_lab(answer, draft)
            if answer.scenario is not None:
                write_resolved(
                    answer.scenario, draft / "scenario.yaml", {"catalog_hash": answer.catalog_hash, "versions": answer.versions}
                )
        stages.finish()
    lacking = [row["label"] for row in answer.verdict.controls if row["outcome"] == "missing"]
    tell(folder, [*answer.sentences, *_controls(lacking, answer.verdict.next)], answer.warnings, as_json)


def _inside(paths: Sequence[Path]) -> list[Path]:
    """A folder stands for the tables and the meta.yaml that lie in it."""
    found: list[Path] = []
    for path in paths:
        found += (
            sorted(file for file in path.iterdir() if file.suffix.lower() in TABLES and file.is_file())
            if path.is_dir()
            else [path]
        )
    return found


def _controls(missing: Sequence[str], steps: Sequence[dict[str, Any]]) -> list[str]:
    told = [f"Missing controls: {', '.join(missing)}."] if missing else ["No control is missing."]
    return [*told, f"Next: {steps[0]['what']}. {steps[0]['why']}"] if steps else told


def _read(meta: LabMeta, given: Sequence[Path], beside: Path) -> tuple[list[LabFile], dict[str, str] | None]:
    """All files, those that meta.yaml names and that lie beside it included; and the plate map."""
    from exoresist.core.errors import InputError
    from exoresist.exchange.lab_files import read_lab_file
    from exoresist.exchange.plate_map import read_plate_map

    paths = {path.name: path for path in given}
    if len(paths) < len(given):
        doubled = next(path.name for path in given if [one.name for one in given].count(path.name) > 1)
        raise InputError(f"two files are called {doubled}", "names that differ", "Rename one of them")
    named = [name for preparation in meta.vesicles for name in preparation.particles] + [entry.name for entry in meta.files]
    for name in named:
        if name not in paths and (beside / name).is_file():
            paths[name] = beside / name
    mapped = None
    if meta.plate.map is not None:
        place = paths.pop(meta.plate.map, beside / meta.plate.map)
        mapped = read_plate_map(place)
    entries = {entry.name: entry for entry in meta.files}
    unknown = [name for name in entries if name not in paths]
    if unknown:
        raise InputError(
            f"meta.yaml lists the file '{unknown[0]}', which was not given and does not lie beside it",
            f"{', '.join(paths) or 'none'}",
            "Add it",
        )
    files = []
    for name, path in paths.items():
        entry = entries.get(name)
        kind = entry.kind if entry else "particles" if name in named else None
        file = read_lab_file(path, kind)
        for row in file.rows if file.kind == "plate" else ():
            if entry is not None and entry.hours is not None:
                row["hours"] = entry.hours
            if entry is not None and entry.plate is not None:
                row["plate"] = entry.plate
        files.append(file)
    return _apart(files), mapped


def _apart(files: list[LabFile]) -> list[LabFile]:
    """Plates of different files told apart: the same plate and time in two files are two plates, unless they are the same numbers."""
    seen: dict[tuple[Any, ...], str] = {}
    kept = []
    for file in files:
        if file.kind != "plate":
            kept.append(file)
            continue
        twin = next((one for one in kept if one.kind == "plate" and _numbers(one) == _numbers(file)), None)
        if twin is not None:
            kept[0].warnings.append(f"{file.name} holds the same readings as {twin.name}; it was left out.")
            continue
        keys = {(row["plate"], row["hours"], row["channel"]) for row in file.rows}
        if any(key in seen for key in keys):
            for row in file.rows:
                row["plate"] = (
                    f"{Path(file.name).stem} {row['plate']}" if len({key[0] for key in keys}) > 1 else Path(file.name).stem
                )
        seen.update(dict.fromkeys(keys, file.name))
        kept.append(file)
    return kept


def _numbers(file: LabFile) -> list[tuple[Any, ...]]:
    return [(row["well"], row["hours"], row["channel"], row.get("arm"), row.get("dose"), row["value"]) for row in file.rows]
