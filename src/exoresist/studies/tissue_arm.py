"""One arm of a tissue scenario: its doses and events in time, what is read at every saved time, stop and go on."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from exoresist.assembly.build import Model
from exoresist.assembly.scenario import Scenario
from exoresist.catalog import Catalog
from exoresist.core.stopping import StoppedError, asked_to_stop
from exoresist.studies.tissue_books import TissueBooks, open_books
from exoresist.studies.tissue_branch import branch
from exoresist.studies.tissue_cautions import cautions
from exoresist.studies.tissue_events import happenings
from exoresist.studies.tissue_readings import readings
from exoresist.studies.tissue_setup import Setup, set_up
from exoresist.tissue.checkpoint import BEFORE, NAME, load, save
from exoresist.tissue.run import balance, state_hash, step
from exoresist.tissue.state import Tissue

Row = dict[str, float | str]
SECONDS_BETWEEN_CHECKPOINTS = 60.0


@dataclass
class ArmCourse:
    """What came out of an arm.

    rows          one for every saved time
    conservation  element -> relative change of its total, doses accounted for
    given         element -> its total at the start and what was given since
    books         account of the cells' trait, where one was asked for: saved at every saved time
    """

    arm: str
    setup: Setup
    rows: list[Row] = field(default_factory=list)
    conservation: dict[str, float] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    wall_s: float = 0.0
    simulated_h: float = 0.0
    hash: str = ""
    given: dict[str, float] = field(default_factory=dict)
    books: TissueBooks | None = None

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
    progress: Callable[[ArmCourse], None] | None = None,
    grown: ArmCourse | None = None,
    change: Callable[[Model], Model] | None = None,
    ledger: str = "",
) -> ArmCourse:
    """Run an arm from its start, or from the last checkpoint in `folder`.

    what      names the resolved scenario and arm: a checkpoint of another one is refused
    watch     called at every saved time, after its row was added
    progress  called after every life step
    grown     the tumour that the arm goes on from, see `branch`; a checkpoint of the arm itself goes before it
    change    alters the network inside each type of cell before the run: a counterfactual
    ledger    drug against which the cells' trait is accounted for, see `ArmCourse.books`; such a run is neither resumed nor branched

    Raises StoppedError when the process was asked to end; the state is then in the folder.
    """
    course = ArmCourse(arm, set_up(scenario, catalog, threads, change, ledger))
    tissue = course.tissue
    if ledger:
        course.books = tissue.books = open_books(course.setup)
    events = happenings(scenario, course.setup)
    course.given = given = balance(tissue)
    if resume and folder is not None and _has_checkpoint(folder):
        note, warnings = load(tissue, folder, what)
        course.warnings += warnings
        kept = json.loads(note)
        course.rows, course.given = kept["rows"], kept["given"]
        given = course.given
    elif grown is not None:
        branch(course.setup, grown.setup)
        course.rows = [{**row, "arm": arm} for row in grown.rows]
        given |= {element: grown.given.get(element, amount) for element, amount in balance(tissue).items()}
    # What falls between two steps happens before the nearer one: what belongs to steps that are done has happened.
    done = tissue.time - 0.5 * tissue.pace.life - 1e-9
    for at, _, doing in events:
        if at <= done:
            doing(tissue, False)
    pending = [event for event in events if event[0] > done]
    began = last = time.monotonic()
    first = tissue.time
    every = max(1, round(scenario.every / tissue.pace.life))
    total = round(scenario.duration / tissue.pace.life)
    if tissue.interval == 0:
        _note(course, watch)
    with asked_to_stop() as asked:
        while tissue.interval < total:
            while pending and pending[0][0] <= tissue.time + 0.5 * tissue.pace.life - 1e-9:
                before = balance(tissue)
                _, label, doing = pending.pop(0)
                doing(tissue, True)
                if course.books is not None:
                    course.books.happened(label or "event")
                for element, now_there in balance(tissue).items():
                    given[element] = given.get(element, 0.0) + now_there - before.get(element, 0.0)
            step(tissue)
            if tissue.interval % every == 0 or tissue.interval == total:
                _note(course, watch)
            if progress is not None:
                progress(course)
            now, stop = time.monotonic(), asked()
            if folder is not None and (stop is not None or now - last > SECONDS_BETWEEN_CHECKPOINTS or tissue.interval == total):
                _keep(course, folder, what, given)
                last = now
            if stop is not None:
                kept_in = f"; the state is in '{folder}'. Go on with the same command and --resume" if folder else ""
                raise StoppedError(f"stopped at {tissue.time:g} h of '{arm}'{kept_in}", stop)
    course.wall_s = time.monotonic() - began
    course.simulated_h = tissue.time - first
    course.hash = state_hash(tissue)
    after = balance(tissue)
    course.conservation = {
        element: abs(after[element] - given[element]) / max(abs(given[element]), _moved(course, element), 1e-300)
        for element in after
    }
    course.warnings += cautions(course, scenario)
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


# -- what is read


def _note(course: ArmCourse, watch: Callable[[ArmCourse], None] | None) -> None:
    course.rows.append({"arm": course.arm, **readings(course.setup)})
    if course.books is not None:
        course.books.save()
    if watch is not None:
        watch(course)


# -- stop and go on


def _has_checkpoint(folder: Path) -> bool:
    return (folder / NAME).exists() or (folder / BEFORE).exists()


def _keep(course: ArmCourse, folder: Path, what: str, given: Mapping[str, float]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    save(course.tissue, folder, what, json.dumps({"rows": course.rows, "given": dict(given)}))
