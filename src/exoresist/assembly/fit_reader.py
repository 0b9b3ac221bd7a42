"""Fit files, read with care: the file, the scenarios that it names, and where its table lies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from exoresist.assembly.arms import expand_arms
from exoresist.assembly.fit_file import FIT_SCHEMA, ExperimentEntry, FitFile
from exoresist.assembly.plain_data import plain
from exoresist.assembly.reader import bundled_scenarios, load_scenario, plain_file
from exoresist.assembly.scenario import Arm, Scenario
from exoresist.assembly.validation import refusal
from exoresist.core.errors import InputError


@dataclass(frozen=True)
class Experiment:
    """One experiment with its arms, each a complete scenario.

    drug  what the table's column `dose` is a dose of; empty: nothing has a dose
    """

    id: str
    scenario: Scenario
    arms: Mapping[str, Scenario]
    drug: str = ""


@dataclass(frozen=True)
class FitPlan:
    """A fit file with its scenarios. `data`: the table that it names, or None."""

    file: FitFile
    experiments: tuple[Experiment, ...]
    data: Path | None = None

    def with_seed(self, seed: int) -> FitPlan:
        """The same fit with other draws."""
        return replace(self, file=self.file.model_copy(update={"seed": seed}))


def is_fit_file(path: str | Path) -> bool:
    """Whether a file says of itself that it is a fit file. Raises InputError where it cannot be read as YAML."""
    data = plain_file(path)
    return isinstance(data, Mapping) and str(data.get("schema")).startswith(FIT_SCHEMA.partition("/")[0] + "/")


def load_fit(path: str | Path, scenario: str | Path | None = None) -> FitPlan:
    """The fit in a file, or an InputError that names every fault.

    scenario  scenario file for a fit file that names none
    """
    file = fit_from_dict(plain_file(path), str(path))
    folder = Path(path).resolve().parent
    data = None if file.data is None else folder / file.data
    return fit_plan(file, folder, scenario, str(path), data)


def fit_from_dict(data: Any, where: str = "fit") -> FitFile:
    """The fit that a mapping in the form of a file describes."""
    if not isinstance(data, Mapping):
        raise InputError(f"{where}: holds no mapping", "keys such as schema, name, readouts and parameters")
    data = plain(data, where)
    if data.get("schema") != FIT_SCHEMA:
        raise InputError(f"{where}: schema: came {data.get('schema')!r}", f"'{FIT_SCHEMA}'", "Write it at the top of the file")
    try:
        return FitFile.model_validate(data)
    except ValueError as error:
        raise refusal(error, data, where) from None


def fit_plan(
    file: FitFile, folder: Path, scenario: str | Path | None = None, where: str = "fit", data: Path | None = None
) -> FitPlan:
    """The fit with its scenarios loaded: those that `experiments` names, else the file's own, else `scenario`."""
    entries = file.experiments
    if entries and scenario is not None:
        raise InputError(
            f"{where} names its experiments, and scenario '{scenario}' came as well", "one of the two",
            "Call `exoresist ask fit` with the fit file as SCENARIO",
        )  # fmt: skip
    if entries:
        return FitPlan(file, tuple(_experiment(entry, _place(entry.scenario, folder), where) for entry in entries), data)
    named = scenario if scenario is not None else file.scenario and _place(file.scenario, folder)
    if not named:
        raise InputError(f"{where} names no scenario", "`scenario`, or `experiments`", "Name the scenario that was carried out")
    loaded = load_scenario(named)
    entry = ExperimentEntry(id="experiment", scenario=str(named))
    return FitPlan(file, (_experiment(entry, named, where, loaded),), data)


def _place(name: str, folder: Path) -> str | Path:
    """A scenario named in a fit file: found from the file, else a bundled one."""
    return name if name in bundled_scenarios() and not (folder / name).exists() else folder / name


def _experiment(entry: ExperimentEntry, place: str | Path, where: str, loaded: Scenario | None = None) -> Experiment:
    scenario = loaded or load_scenario(place)
    if scenario.arena.kind == "tissue" or scenario.assay.kind in ("cohort", "tumour"):
        raise InputError(
            f"{where}: scenario '{scenario.name}' is a {'tissue' if scenario.arena.kind == 'tissue' else 'cohort'}",
            "wells, transwells and circulations",
            "Its cells or patients are simulated one by one, too slowly to fit; `verification/spheroids.py` shows how one was fitted",
        )
    arms: dict[str, Scenario] = {arm.id: one for arm, one in _arms(scenario)}
    drugs = [item.id for item in scenario.drugs]
    drug = entry.drug or str(getattr(scenario.assay, "drug", "") or (drugs[0] if len(drugs) == 1 else ""))
    known = {*drugs, *(item.id for item in scenario.vesicles)}
    if entry.drug is not None and entry.drug not in known:
        raise InputError(f"{where}: experiment '{entry.id}' doses '{entry.drug}'", ", ".join(sorted(known)) or "no drug at all")
    return Experiment(entry.id, scenario, arms, drug)


def _arms(scenario: Scenario) -> tuple[tuple[Arm, Scenario], ...]:
    return expand_arms(scenario)
