"""The answer of a tissue scenario: its arms in time and space, in words and in plain arrays that a report can draw."""

from __future__ import annotations

import hashlib
import json
import resource
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.arms import expand_arms
from exoresist.assembly.build import Model
from exoresist.assembly.resolve import resolved_dict
from exoresist.assembly.scenario import Arm, Scenario
from exoresist.catalog import Catalog
from exoresist.core.progress import Progress, Silent
from exoresist.core.quantity import Quantity
from exoresist.studies.answer import Estimate
from exoresist.studies.provenance import bibliography_rows, idle_warnings, parameter_rows
from exoresist.studies.tissue_accuracy import key_of, measure, read_table
from exoresist.studies.tissue_accuracy import told as told_accuracy
from exoresist.studies.tissue_arm import ArmCourse, run_arm
from exoresist.studies.tissue_branch import check_branches, grown_part
from exoresist.studies.tissue_cautions import unlike_steps
from exoresist.studies.tissue_ensemble import Draws, run_draws
from exoresist.studies.tissue_events import happenings
from exoresist.studies.tissue_readings import Row, pump_level, radial_profile
from exoresist.studies.tissue_setup import set_up
from exoresist.studies.tissue_size import Meter, most_cells, refuse_what_does_not_fit, size_of
from exoresist.studies.tissue_words import sentences
from exoresist.tissue.cells import LIVING
from exoresist.tissue.matrix import Matrix
from exoresist.tissue.state import Tissue
from exoresist.tissue.vessels import Vessels

Array = NDArray[np.float64]
MOST_SECTIONS = 25  # pictures kept for the animation
PICTURES = 5  # tables of cells and fields on disk, for each arm
WORTH_TELLING = 5e7  # bytes
GROWN = "grown"  # folder of the tumour that arms share


@dataclass(frozen=True)
class Section:
    """The plane z = 0 through a tissue at one time.

    x, y, radius  (n,) um of the cut discs; `kind`: name of the cell type; `state`; `level`: pump copies per cell (NaN without)
    vessels       (2, n) um where vessels cross the plane
    fields        oxygen, drugs, vesicles by their makers, matrix: name -> (ny, nx), concentrations
    extent        um of left, right, bottom and top
    """

    time_h: float
    x: Array
    y: Array
    radius: Array
    kind: list[str]
    state: NDArray[np.int8]
    level: Array
    fields: dict[str, Array]
    extent: tuple[float, float, float, float]
    vessels: Array


@dataclass
class ArmAnswer:
    """One arm.

    rows      a row for every saved time
    sections  at the start, the end and some times between
    profile   rows of mean values by distance from the middle at the end
    intervals  reading at the end -> its value with the interval over draws; empty without draws
    """

    id: str
    label: str
    role: str
    rows: list[Row] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    profile: list[Row] = field(default_factory=list)
    summary: dict[str, Any] = field(default_factory=dict)
    intervals: dict[str, Estimate] = field(default_factory=dict)


@dataclass
class TissueAnswer:
    """Everything that the report of a tissue scenario shows.

    draws   what the draws gave, or None; `accuracy`: sentences on what grid and steps change
    types   names of the cell types of all arms; `tumours`: those of a tumour
    cargo   the pump whose level is shown, or ""; `mark`: the level that parts resistant cells
    """

    name: str
    title: str
    question: str
    seed: int
    types: list[str] = field(default_factory=list)
    tumours: list[str] = field(default_factory=list)
    cargo: str = ""
    mark: float = float("nan")
    arms: list[ArmAnswer] = field(default_factory=list)
    draws: Draws | None = None
    accuracy: list[str] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    parameters: list[dict[str, object]] = field(default_factory=list)
    bibliography: list[dict[str, object]] = field(default_factory=list)
    catalog_hash: str = ""

    def summary(self) -> dict[str, Any]:
        """What a program reads: the compared arm on top, every arm below."""
        chosen = next((arm for arm in self.arms if arm.role == "treated"), self.arms[-1])
        return {
            "name": self.name,
            "question": self.question,
            "answer": self.sentences,
            **chosen.summary,
            "seed": self.seed,
            "warnings": self.warnings,
            "arm": chosen.id,
            "arms": {
                arm.id: {
                    "label": arm.label, "role": arm.role, **arm.summary, "end": arm.rows[-1],
                    **({"interval": {name: one.to_dict() for name, one in arm.intervals.items()}} if arm.intervals else {}),
                }
                for arm in self.arms
            },
            "accuracy": self.accuracy,
            **({} if self.draws is None else {"draws": {"asked": self.draws.count, "failed": self.draws.failed}}),
        }  # fmt: skip


def answer_tissue(
    scenario: Scenario,
    catalog: Catalog,
    folder: Path | None = None,
    resume: bool = False,
    threads: int | None = None,
    progress: Progress | None = None,
    also: Callable[[ArmCourse], None] | None = None,
    within: float | None = None,
    tell: Callable[[str], None] | None = None,
    check: bool = False,
) -> TissueAnswer:
    """Run every arm and gather what the report shows.

    folder  keeps checkpoints, one folder for each arm; `also` is called with the course at every saved time
    within  h of wall time after which a run is refused as soon as its first minutes tell; `tell` is given lines on its size

    check   run the compared arm again with halved voxels, halved steps and another seed, and tell what that changes

    Raises InputError for a scenario that is no tissue, StoppedError when asked to stop.
    """
    report = progress or Silent()
    answer = TissueAnswer(scenario.name, scenario.title or scenario.name, scenario.question, scenario.seed)
    answer.catalog_hash = catalog.hash
    models: list[Model] = []
    used: dict[tuple[str, str], tuple[Quantity, str]] = {}
    overridden: set[tuple[str, str]] = set()
    steps: dict[float, list[str]] = {}  # shortest network step, h -> arms
    warned: dict[str, list[str]] = {}  # what -> the arms that it is said of
    arms = expand_arms(scenario)
    trunk = grown_part(scenario)
    shared = 0.0 if trunk is None else trunk.duration
    if trunk is not None:
        check_branches(scenario, arms)
    once = shared + sum(one.duration - shared for _, one in arms)
    meter = Meter(once * (1 + scenario.uncertainty.draws), report, within, tell)
    _size_up(scenario, catalog, len(arms), folder, tell)
    _try_out([one for _, one in arms], catalog)
    grown: ArmCourse | None = None
    early: list[Section] = []
    if trunk is not None:
        grown, early = _grow(trunk, catalog, scenario, folder, resume, threads, meter)
    for arm, one in arms:
        told = ArmAnswer(arm.id, arm.label or arm.id, arm.role, sections=list(early))
        shown = _moments(one)

        def watch(course: ArmCourse, told: ArmAnswer = told, shown: set[float] = shown) -> None:
            if any(abs(course.tissue.time - moment) < 1e-6 for moment in shown):
                told.sections.append(section(course))
            if also is not None:
                also(course)

        course = _run(one, catalog, arm.id, folder, resume, threads, watch, meter, grown)
        told.rows, told.profile = course.rows, [{"arm": arm.id, **row} for row in radial_profile(course.setup)]
        if not told.sections or abs(told.sections[-1].time_h - course.tissue.time) > 1e-6:
            told.sections.append(section(course))
        told.summary = _summary(course)
        answer.arms.append(told)
        answer.types += [kind.id for kind in course.tissue.types if kind.id not in answer.types]
        answer.tumours += [who for who in course.setup.tumours if who not in answer.tumours]
        found = pump_level(course.setup)
        if found is not None:
            answer.cargo, _, answer.mark = found
        for text in dict.fromkeys(course.warnings):
            warned.setdefault(text, []).append(told.label)
        pace = course.tissue.pace
        steps.setdefault(min(pace.network, pace.alert or pace.network), []).append(told.label)
        models += list(course.setup.models.values())
        overridden |= course.setup.overridden
        used.update({(row.name, row.subject): (row, use) for row, use in course.setup.used})
    answer.warnings = [text if 1 < len(arms) == len(who) else f"{', '.join(who)}: {text}" for text, who in warned.items()]
    if len(steps) > 1 and len(answer.types) > 1:
        answer.warnings.append(unlike_steps(steps))
    answer.warnings += idle_warnings(models, overridden)
    answer.parameters = parameter_rows(models)
    known = {(row["name"], row["subject"]) for row in answer.parameters}
    answer.parameters += [{**vars(row), "used_by": use} for key, (row, use) in used.items() if key not in known]
    if scenario.uncertainty.draws > 0:
        rows = [row for row, _ in used.values()] + [row for model in models for row in quantities(model)]
        place = None if folder is None else folder / "draws"
        answer.draws = run_draws(
            scenario, arms, catalog, rows, place, resume, threads,
            lambda course: meter.step(course.tissue), meter.begin,
        )  # fmt: skip
        _spread(answer)
    if check:
        chosen = next(((arm, one) for arm, one in arms if arm.role == "treated"), arms[-1])
        answer.accuracy = told_accuracy(measure(chosen[1], chosen[0].id, catalog, threads, tell))
    else:
        answer.accuracy = _accuracy(arms, answer)
    answer.bibliography = bibliography_rows(catalog, models, answer.parameters)
    answer.sentences = sentences(answer)
    return answer


def quantities(model: Model) -> list[Quantity]:
    """Rows of the catalogue that a model's numbers are."""
    return [one.quantity for one in model.book.parameters.values() if one.quantity is not None]


def _spread(answer: TissueAnswer) -> None:
    """Give every arm its intervals."""
    assert answer.draws is not None
    for arm in answer.arms:
        last = arm.rows[-1]
        names = [name for name, value in last.items() if name not in ("arm", "time_h") and not isinstance(value, str)]
        arm.intervals = {name: answer.draws.interval(arm.id, name, float(last[name])) for name in names}


def _accuracy(arms: Sequence[tuple[Arm, Scenario]], answer: TissueAnswer) -> list[str]:
    """What was measured for an arm of just this scenario."""
    found = []
    for change in {(one.scenario, one.key, one.arm): one for one in read_table()}.values():
        for arm, one in arms:
            if (change.scenario, change.arm) == (answer.name, arm.id) and change.key == key_of(one):
                found += told_accuracy([row for row in read_table() if (row.scenario, row.arm) == (change.scenario, change.arm)])
    return found


def _run(
    one: Scenario,
    catalog: Catalog,
    arm: str,
    folder: Path | None,
    resume: bool,
    threads: int | None,
    watch: Callable[[ArmCourse], None],
    meter: Meter,
    grown: ArmCourse | None = None,
) -> ArmCourse:
    meter.begin()

    def progress(course: ArmCourse) -> None:
        left = max(one.duration - course.tissue.time, 0.0)
        meter.step(course.tissue, most_cells(course.setup, left) / max(len(course.tissue.cells), 1))

    place = None if folder is None else folder / arm
    what = _name_of(one, catalog)
    if grown is not None:  # another trunk makes another arm
        what = hashlib.blake2b(f"{what} {grown.hash}".encode(), digest_size=16).hexdigest()
    return run_arm(one, catalog, arm, what, place, resume, threads, watch, progress, grown)


def _grow(
    trunk: Scenario, catalog: Catalog, scenario: Scenario, folder: Path | None, resume: bool, threads: int | None, meter: Meter
) -> tuple[ArmCourse, list[Section]]:
    """The tumour that all arms go on from, and its pictures."""
    shown = _moments(scenario)
    early: list[Section] = []

    def watch(course: ArmCourse) -> None:
        if any(abs(course.tissue.time - moment) < 1e-6 for moment in shown):
            early.append(section(course))

    return _run(trunk, catalog, GROWN, folder, resume, threads, watch, meter), early


def _size_up(scenario: Scenario, catalog: Catalog, arms: int, folder: Path | None, tell: Callable[[str], None] | None) -> None:
    """Refuse what does not fit; tell the size of a run that is large."""
    setup = set_up(scenario, catalog, 1)
    size = size_of(setup, scenario.duration, arms, PICTURES)
    setup.tissue.slabs.close()
    refuse_what_does_not_fit(size, folder)
    runs = 1 + scenario.uncertainty.draws
    if tell is not None and (size.memory > WORTH_TELLING or size.disk > WORTH_TELLING or runs > 1):
        tell(f"{arms} arm{'s' if arms > 1 else ''}{f', each run {runs} times (`uncertainty`)' if runs > 1 else ''}: {size}")


def _try_out(arms: Sequence[Scenario], catalog: Catalog) -> None:
    """Wire every arm once: what an arm asks for and cannot have is told now, not when the arms before it have run."""
    for one in arms:
        setup = set_up(one, catalog, 1)
        try:
            happenings(one, setup)
        finally:
            setup.tissue.slabs.close()


def _name_of(scenario: Scenario, catalog: Catalog) -> str:
    """A word for the scenario with everything that a result depends on."""
    text = json.dumps(resolved_dict(scenario), sort_keys=True, default=str) + catalog.hash
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _moments(scenario: Scenario) -> set[float]:
    count = max(1, round(scenario.duration / scenario.every))
    picked = np.unique(np.linspace(0, count, min(count + 1, MOST_SECTIONS)).round().astype(int))
    return {float(min(index * scenario.every, scenario.duration)) for index in picked}


def section(course: ArmCourse) -> Section:
    """The middle plane of a tissue as it stands."""
    tissue = course.tissue
    cells = tissue.cells
    cut = np.flatnonzero(np.abs(cells.position[2]) < cells.radius)
    found = pump_level(course.setup)
    level = np.full(len(cells), np.nan) if found is None else found[1]
    middle = tissue.grid.shape[2] // 2
    fields = {one.name: one.values[middle].copy() for one in tissue.steady.fields}
    if tissue.chemistry is not None and "lactate" in fields:
        fields["ph"] = tissue.chemistry.ph(fields["lactate"])
    for name, amounts in zip(tissue.medium.names, tissue.medium.amounts, strict=True):
        if name.count(".") == 1:
            fields[name.removeprefix("medium.")] = amounts[middle] / tissue.medium.voxel_ml
    for part in tissue.extra:
        if isinstance(part, Matrix):
            fields["matrix"] = part.density[middle].copy()
    low, size = tissue.grid.origin, tissue.grid.extent
    return Section(
        tissue.time, cells.position[0, cut], cells.position[1, cut], np.sqrt(cells.radius[cut] ** 2 - cells.position[2, cut] ** 2),
        [tissue.types[kind].id for kind in cells.kind[cut]], cells.state[cut], level[cut], fields,
        (low[0], low[0] + size[0], low[1], low[1] + size[1]), _vessels(tissue),
    )  # fmt: skip


def _vessels(tissue: Tissue) -> Array:
    height = tissue.grid.spacing
    points = [part.position[:2, np.abs(part.position[2]) < height] for part in tissue.extra if isinstance(part, Vessels)]
    return np.unique(np.concatenate(points, axis=1), axis=1) if points else np.zeros((2, 0))


def _summary(course: ArmCourse) -> dict[str, Any]:
    tissue = course.tissue
    hours = max(course.simulated_h, 1e-12)
    return {
        "cells": int((tissue.cells.state == LIVING).sum()),
        "simulated_h": tissue.time,
        "wall_s_per_simulated_h": course.wall_s / hours if course.simulated_h > 0.0 else None,
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0,
        "state_hash": course.hash,
        "conservation": course.conservation,
        "threads": tissue.slabs.threads,
    }
