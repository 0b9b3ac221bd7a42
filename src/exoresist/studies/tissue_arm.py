"""One arm of a tissue scenario: its doses and events in time, what is read at every saved time, stop and go on."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from exoresist.assembly.build import Model
from exoresist.assembly.scenario import Scenario
from exoresist.catalog import Catalog
from exoresist.core.errors import ExoresistError
from exoresist.studies.tissue_readings import readings
from exoresist.studies.tissue_setup import PACKING, Setup, set_up
from exoresist.tissue.checkpoint import BEFORE, NAME, load, save
from exoresist.tissue.run import balance, state_hash, step
from exoresist.tissue.state import Tissue

Row = dict[str, float | str]
SECONDS_BETWEEN_CHECKPOINTS = 60.0
ML_PER_UM3 = 1e-12


class StoppedError(ExoresistError):
    """The run was asked to stop; its state is on disk."""


@dataclass
class ArmCourse:
    """What came out of an arm.

    rows          one for every saved time
    conservation  element -> relative change of its total, doses accounted for
    """

    arm: str
    setup: Setup
    rows: list[Row] = field(default_factory=list)
    conservation: dict[str, float] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    wall_s: float = 0.0
    simulated_h: float = 0.0
    hash: str = ""

    @property
    def tissue(self) -> Tissue:
        return self.setup.tissue


def run_arm(
    scenario: Scenario,
    catalog: Catalog,
    arm: str,
    what: str,
    folder: Path | None = None,
    resume: bool = False,
    threads: int | None = None,
    watch: Callable[[ArmCourse], None] | None = None,
    progress: Callable[[float], None] | None = None,
    change: Callable[[Model], Model] | None = None,
) -> ArmCourse:
    """Run an arm from its start, or from the last checkpoint in `folder`.

    what      names the resolved scenario and arm: a checkpoint of another one is refused
    watch     called at every saved time, after its row was added
    progress  called with the hours done since the last call
    change    alters the network inside each type of cell before the run: a counterfactual

    Raises StoppedError when the process was asked to end; the state is then in the folder.
    """
    course = ArmCourse(arm, set_up(scenario, catalog, threads, change))
    tissue = course.tissue
    happenings = _happenings(scenario, course.setup)
    given = balance(tissue)
    if resume and folder is not None and _has_checkpoint(folder):
        note, warnings = load(tissue, folder, what)
        course.warnings += warnings
        kept = json.loads(note)
        course.rows, given = kept["rows"], kept["given"]
    # What falls between two steps happens before the nearer one: what belongs to steps that are done has happened.
    done = tissue.time - 0.5 * tissue.pace.life - 1e-9
    for at, doing in happenings:
        if at <= done:
            doing(tissue, False)
    pending = [(at, doing) for at, doing in happenings if at > done]
    began = last = time.monotonic()
    first = tissue.time
    every = max(1, round(scenario.every / tissue.pace.life))
    total = round(scenario.duration / tissue.pace.life)
    if tissue.interval == 0:
        _note(course, watch)
    with _asked_to_stop() as asked:
        while tissue.interval < total:
            while pending and pending[0][0] <= tissue.time + 0.5 * tissue.pace.life - 1e-9:
                before = balance(tissue)
                pending.pop(0)[1](tissue, True)
                for element, amount in balance(tissue).items():
                    given[element] = given.get(element, 0.0) + amount - before.get(element, 0.0)
            step(tissue)
            if tissue.interval % every == 0 or tissue.interval == total:
                _note(course, watch)
            if progress is not None:
                progress(tissue.pace.life)
            now, stop = time.monotonic(), asked()
            if folder is not None and (stop or now - last > SECONDS_BETWEEN_CHECKPOINTS or tissue.interval == total):
                _keep(course, folder, what, given)
                last = now
            if stop:
                raise StoppedError(f"stopped at {tissue.time:g} h; the state is in '{folder}'. Go on with --resume")
    course.wall_s = time.monotonic() - began
    course.simulated_h = tissue.time - first
    course.hash = state_hash(tissue)
    after = balance(tissue)
    course.conservation = {
        element: abs(after[element] - given[element]) / max(abs(given[element]), _moved(course, element), 1e-300)
        for element in after
    }
    course.warnings += _cautions(course, scenario)
    tissue.slabs.close()
    return course


def _moved(course: ArmCourse, element: str) -> float:
    """Amounts of an element that stand on exchanges: what a total of zero is to be judged against."""
    total = 0.0
    for contents in course.tissue.contents.values():
        pools = contents.interior.network.pools
        for state, gone in zip(contents.exchange, contents.gone, strict=True):
            pool = pools[contents.compiled.states[state]]
            if pool.element == element:
                total += abs(float(contents.amounts[state, : contents.count].sum() + gone))
    return total


# -- what happens


def _happenings(scenario: Scenario, setup: Setup) -> list[tuple[float, Callable[[Tissue, bool], None]]]:
    """(time, doing) in order; `doing(tissue, fresh)` sets what lasts, and adds or takes amounts only when `fresh`."""
    found: list[tuple[float, Callable[[Tissue, bool], None]]] = []
    for drug in scenario.drugs:
        if drug.plasma is not None:
            continue  # comes with blood
        for start in (drug.at + course * (drug.every or 0.0) for course in range(drug.courses)):
            found.append((start, _dose(f"medium.{drug.id}", drug.dose)))
            if drug.until is not None:
                found.append((start + drug.until - drug.at, _wash(f"medium.{drug.id}")))
    for factor in scenario.factors:
        if factor.dose > 0.0:
            found.append((factor.at, _dose(f"medium.factor_{factor.id}", factor.dose)))
        if factor.until is not None:
            found.append((factor.until, _wash(f"medium.factor_{factor.id}")))
    found += _preparations(scenario, setup)
    for event in next(iter(setup.models.values())).fixed_events:
        for pool, fraction in event.remove.items():
            found.append((event.time, _take(pool, fraction)))
    changes: dict[float, list[tuple[str, Mapping[str, float]]]] = {}
    for name, model in setup.models.items():
        for event in model.fixed_events:
            if event.set:
                changes.setdefault(event.time, []).append((name, event.set))
    found += [(at, _set(listed)) for at, listed in changes.items()]
    return sorted(found, key=lambda pair: pair[0])


def _preparations(scenario: Scenario, setup: Setup) -> list[tuple[float, Callable[[Tissue, bool], None]]]:
    """Vesicles that are injected: so many for each cell of the assay's population at the start, spread evenly over all fluid."""
    if not scenario.vesicles:
        return []
    found = []
    who = scenario.assay.population
    count = next(round(entry.count) for entry in scenario.populations if entry.id == who)
    labels = {f"{entry.id} {what}" for entry in scenario.vesicles for what in ("added", "washed out")}
    for event in setup.models[who].events():  # of the network of one cell
        if event.label not in labels:
            continue
        for pool, amount in event.add.items():
            found.append((event.time, _inject(pool, count * float(np.ravel(amount)[0]))))
        for pool, fraction in event.remove.items():
            found.append((event.time, _take(pool, fraction)))
    return found


def _inject(pool: str, amount: float) -> Callable[[Tissue, bool], None]:
    def doing(tissue: Tissue, fresh: bool) -> None:
        if fresh:
            tissue.medium.amounts[tissue.medium.names.index(pool)] += amount / tissue.grid.voxels

    return doing


def _dose(pool: str, concentration: float) -> Callable[[Tissue, bool], None]:
    def doing(tissue: Tissue, fresh: bool) -> None:
        row = tissue.medium.names.index(pool)
        tissue.medium.hold(pool, concentration)
        if fresh:
            tissue.medium.amounts[row] += concentration * tissue.medium.voxel_ml

    return doing


def _wash(pool: str) -> Callable[[Tissue, bool], None]:
    def doing(tissue: Tissue, fresh: bool) -> None:
        tissue.medium.hold(pool, 0.0)
        if fresh:
            tissue.medium.amounts[tissue.medium.names.index(pool)] = 0.0

    return doing


def _take(pool: str, fraction: float) -> Callable[[Tissue, bool], None]:
    def doing(tissue: Tissue, fresh: bool) -> None:
        if fresh:
            tissue.medium.amounts[tissue.medium.names.index(pool)] *= 1.0 - fraction

    return doing


def _set(listed: list[tuple[str, Mapping[str, float]]]) -> Callable[[Tissue, bool], None]:
    def doing(tissue: Tissue, fresh: bool) -> None:
        by_name = {one.id: index for index, one in enumerate(tissue.types)}
        for name, values in listed:
            contents = tissue.contents[by_name[name]]
            for parameter, value in values.items():
                contents.change(parameter, value, fresh)

    return doing


# -- what is read


def _note(course: ArmCourse, watch: Callable[[ArmCourse], None] | None) -> None:
    course.rows.append({"arm": course.arm, **readings(course.setup)})
    if watch is not None:
        watch(course)


def _cautions(course: ArmCourse, scenario: Scenario) -> list[str]:
    tissue = course.tissue
    warnings = []
    # Cells that crawl by themselves come to the walls and turn; a tumour that has grown that far has no room.
    still = np.array([one.speed == 0.0 for one in tissue.types])[tissue.cells.kind]
    wide = tissue.cells.position[: 2 if tissue.flat else 3, still]
    reach = np.abs(wide).max(initial=0.0)
    walled = scenario.arena.space is not None and scenario.arena.space.edges == "closed"  # a piece of a larger tumour
    if not walled and reach > 0.5 * tissue.grid.extent[0] - tissue.grid.spacing:
        warnings.append("Cells have reached the edge of the box: from there on its walls hold them. Make `space.size` larger.")
    for drug, minutes in sorted(_emptied(course).items()):
        if 60.0 * tissue.pace.network > minutes:
            warnings.append(
                f"Cells empty their share of fluid of {drug} in {minutes:.2g} min, less than a network step of "
                f"{60.0 * tissue.pace.network:g} min: they take up too little while it is given. Shorten `space.network_step`."
            )
    for element, gap in course.conservation.items():
        if gap > 1e-9:
            warnings.append(f"The balance of {element} is off by {gap:.1e}.")
    return warnings


def _emptied(course: ArmCourse) -> dict[str, float]:
    """Drug -> min in which the fastest cells clear the fluid that is theirs in packed tissue."""
    found: dict[str, float] = {}
    tissue = course.tissue
    drugs = [drug.id for drug in next(iter(course.setup.models.values())).scenario.drugs if drug.dose > 0.0]
    for index, contents in tissue.contents.items():
        fluid = tissue.types[index].volume * ML_PER_UM3 * tissue.medium.fluid / PACKING
        for drug in drugs:
            place = contents.compiled.parameter_index.get(f"{tissue.types[index].id}.{drug}.permeability_surface")
            if place is not None and contents.base[place] > 0.0:
                found[drug] = min(found.get(drug, np.inf), 60.0 * fluid / float(contents.base[place]))
    return found


# -- stop and go on


def _has_checkpoint(folder: Path) -> bool:
    return (folder / NAME).exists() or (folder / BEFORE).exists()


def _keep(course: ArmCourse, folder: Path, what: str, given: Mapping[str, float]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    save(course.tissue, folder, what, json.dumps({"rows": course.rows, "given": dict(given)}))


@contextmanager
def _asked_to_stop() -> Iterator[Callable[[], bool]]:
    """While inside, SIGTERM is a request that is answered at the end of a step."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked.is_set
        return
    before = signal.signal(signal.SIGTERM, lambda *_: asked.set())
    try:
        yield asked.is_set
    finally:
        signal.signal(signal.SIGTERM, before)
