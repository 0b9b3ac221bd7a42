"""Runs of a tissue for a ranking: what is read of each, what a draw changes, and how long all of them will take."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.scenario import ParameterOverride, Scenario
from exoresist.catalog import Catalog
from exoresist.core.errors import InputError, SolverError
from exoresist.core.progress import Progress, Silent, say
from exoresist.core.quantity import Quantity
from exoresist.core.stopping import StoppedError
from exoresist.studies.answer import plain
from exoresist.studies.ensemble import Ensemble
from exoresist.studies.kept import Kept, Plain
from exoresist.studies.posterior import Posterior
from exoresist.studies.rank_candidates import Candidate
from exoresist.studies.rank_outcomes import RESISTANT, SURVIVORS, VOLUME
from exoresist.studies.tissue_arm import ArmCourse, run_arm
from exoresist.studies.tissue_branch import grown_part
from exoresist.studies.tissue_ensemble import with_draw
from exoresist.studies.tissue_readings import resistant
from exoresist.studies.tissue_setup import Setup
from exoresist.studies.tissue_size import Meter, TooLongError, most_cells, spoken_time
from exoresist.studies.workers import Task, Workers, run_tasks, share_of_threads
from exoresist.tissue.cells import LIVING

Array = NDArray[np.float64]
Follow = Callable[[ArmCourse], None]
ADVICE = "Allow more, name fewer --interventions, ask for fewer --draws, or take a smaller tissue"


@dataclass(frozen=True)
class Drawn:
    """The numbers of every draw: 0 is the central set.

    rows      of the catalogue that vary; `ensemble`: draws in line with measured IC50s, or of a file
    """

    ensemble: Ensemble
    rows: Sequence[Quantity]

    @property
    def count(self) -> int:
        return self.ensemble.sets - 1

    def scenario(self, one: Scenario, place: int) -> Scenario:
        """The scenario in a draw: with the draw's numbers, and with cells whose luck is another in every draw."""
        ensemble, number = self.ensemble, int(self.ensemble.positions[place])
        if isinstance(ensemble, Posterior):
            one = _with_given(one, ensemble, number)
        elif number:
            one = with_draw(one, self.rows, number, ensemble.count, ensemble.factors)
        return one.model_copy(update={"seed": one.seed + number})


def _with_given(scenario: Scenario, posterior: Posterior, number: int) -> Scenario:
    own = {(entry.name, entry.subject) for entry in scenario.parameters}
    entries = [
        ParameterOverride.model_validate({
            "name": name, "subject": subject, "reason": f"draw {number} of a posterior",
            "value": f"{float(values[number])!r} {posterior.units[name, subject]}",
        })
        for (name, subject), values in posterior.given.items()
        if (name, subject) not in own
    ]  # fmt: skip
    return scenario.model_copy(update={"parameters": (*scenario.parameters, *entries)})


def run_choices(
    scenarios: Mapping[str, Scenario], catalog: Catalog, threads: int | None = None, follow: Follow | None = None
) -> Plain:
    """Name of a choice -> its readings at the end and its course, of tissues that share their draw and, where one is grown first, it.

    None for a tissue that cannot be run with these numbers.
    """
    found: Plain = {}
    grown: ArmCourse | None = None
    for name, one in scenarios.items():
        try:
            trunk = grown_part(one)
            if trunk is not None and grown is None:
                bare = trunk.model_copy(update={"interventions": ()})
                grown = run_arm(bare, catalog, "grown", "rank", threads=threads, progress=follow)
            course = run_arm(one, catalog, name, "rank", threads=threads, progress=follow, grown=grown)
        except TooLongError:
            raise
        except (SolverError, InputError) as error:
            found[name] = {"why": str(error)}
            continue
        found[name] = {**_read(course.setup, one.assay.population), "course": _course(course)}
    return found


def _read(setup: Setup, population: str) -> Plain:
    """Tumour at the end: living biomass and cells, volume of living and dead (um^3), resistant cells among the living; survivors."""
    tissue, cells = setup.tissue, setup.tissue.cells
    kinds = [place for place, one in enumerate(tissue.types) if one.id in setup.tumours]
    own = np.isin(cells.kind, kinds)
    living = cells.state == LIVING
    followed = [place for place, one in enumerate(tissue.types) if one.id == population]
    descended, converted = resistant(setup)
    share = None if descended is None or converted is None else int(((descended | converted) & own & living).sum())
    return {
        "tumour": float(cells.biomass[own & living].sum()),
        "survivors": int((np.isin(cells.kind, followed) & living).sum()),
        "volume": float(4.0 / 3.0 * np.pi * (cells.radius[own] ** 3).sum()),
        "living": int((own & living).sum()),
        "resistant": share,
    }


def _course(course: ArmCourse) -> Plain:
    names = [f"{name}_biomass" for name in course.setup.tumours]
    return {
        "time_h": [float(row["time_h"]) for row in course.rows],
        "tumour": [sum(float(row[name]) for name in names) for row in course.rows],
    }


def value_of(outcome: str, told: Plain) -> float:
    """What is compared, of which less is better: a logarithm, bounded from below by one cell; NaN for a tissue that could not be run."""
    if "why" in told:
        return math.nan
    if outcome == RESISTANT:
        return math.log((float(told["resistant"]) + 1.0) / (float(told["living"]) + 1.0))
    if outcome == VOLUME:
        return math.log(float(told["volume"]) + 1.0)
    return math.log(float(told["survivors" if outcome == SURVIVORS else "tumour"]) + 1.0)


# -- all runs


@dataclass
class Runner:
    """Makes runs, keeps them, and tells how long the others will take.

    total    simulated hours of all runs; `runs`: their number
    within   h of wall time that all may take, or None
    tell     is given a line as soon as the cost is known
    """

    catalog: Catalog
    drawn: Drawn
    workers: Workers
    kept: Kept | None
    report: Progress
    runs: int
    total: float
    within: float | None = None
    tell: Callable[[str], None] | None = None
    found: dict[str, Plain] = field(default_factory=dict)
    _began: float | None = None
    _hours: float = 0.0
    _judged: bool = False

    def run(self, candidates: Sequence[Candidate], places: Sequence[int]) -> None:
        """Run choices in some draws; what is there already, or kept, is not run again."""
        tasks = self._tasks(candidates, places)
        kept = {} if self.kept is None else self.kept.read()
        for task in tasks:
            if task.key in kept and task.key not in self.found:
                self.found[task.key] = kept[task.key]
                self._count(task)
        left = [task for task in tasks if task.key not in self.found]
        try:
            if left and self._began is None:
                self._first(left[0])
                left = left[1:]
            self.found |= run_tasks(run_choices, left, self.workers, self.kept, self)
        except StoppedError as error:
            raise StoppedError(self._stopped(), error.signal) from None

    def told(self, candidate: Candidate, place: int) -> Plain:
        """What a run gave."""
        begin = f"draw {place} "
        found: Plain = next(each for key, each in self.found.items() if key.startswith(begin) and candidate.id in each)
        return dict(found[candidate.id])

    def advance(self, amount: float = 1.0) -> None:
        """A task of so many simulated hours is done."""
        if self._began is None:  # all were kept
            return
        self._hours += amount
        self.report.advance(amount)
        seconds = (time.monotonic() - self._began) * max(self.total - self._hours, 0.0) / max(self._hours, 1e-12)
        say(self.report, f"{self._hours / self.total:.0%} of {self.runs} runs, {spoken_time(seconds)} left")
        self._judge(seconds)

    def _tasks(self, candidates: Sequence[Candidate], places: Sequence[int]) -> list[Task]:
        """One for each run; where all choices go on from one tumour, one for each draw."""
        tasks = []
        for place in places:
            drawn = {one.id: self.drawn.scenario(one.scenario, place) for one in candidates}
            first = next(iter(drawn.values()))
            trunk = grown_part(first)
            parts = [drawn] if trunk is not None else [{name: one} for name, one in drawn.items()]
            for part in parts:
                shared = 0.0 if trunk is None else trunk.duration
                hours = shared + len(part) * (first.duration - shared)
                tasks.append(Task(_key(list(part), place), (part, self.catalog), hours))
        return tasks

    def _first(self, task: Task) -> None:
        """The first run is made here, step by step: from its cost follows that of all others."""
        count = max(1, self.workers.processes(self.runs))
        stepped = steps = 0.0
        hours = self.total / count
        meter = Meter(hours, _Scaled(self.report, hours), self.within, self.tell)
        scenarios, catalog = task.arguments

        def follow(course: ArmCourse) -> None:
            nonlocal stepped, steps
            stepped, steps = stepped or time.monotonic(), steps + 1.0
            left = max(next(iter(scenarios.values())).duration - course.tissue.time, 0.0)
            meter.step(course.tissue, most_cells(course.setup, left) / max(len(course.tissue.cells), 1))

        try:
            self.found[task.key] = plain(run_choices(scenarios, catalog, share_of_threads(count), follow))
        except TooLongError as error:
            raise TooLongError(error.came.replace("the run", f"the {self.runs} runs"), error.allowed, ADVICE) from None
        if self.kept is not None:
            self.kept.keep(task.key, self.found[task.key])
        # The first step compiles, or loads what is compiled: no part of the cost of the others.
        took = (time.monotonic() - stepped) * steps / max(steps - 1.0, 1.0)
        self._began = time.monotonic() - took / count
        self._hours += task.work
        seconds = took * (self.total - self._hours) / task.work / count
        if self.tell is not None and seconds > 10.0:
            self.tell(f"the first took {spoken_time(took)}: about {spoken_time(seconds)} for all others")
        self._judge(seconds)

    def _judge(self, seconds: float) -> None:
        if self._judged or self.within is None:
            return
        self._judged = True
        if seconds > 3600.0 * self.within:
            raise TooLongError(
                f"the runs will take about {spoken_time(seconds)}", f"{spoken_time(3600.0 * self.within)} (--within)",
                ADVICE,
            )  # fmt: skip

    def _count(self, task: Task) -> None:
        self.total = max(self.total - task.work, 1e-9)
        self.report.advance(task.work)

    def _stopped(self) -> str:
        if self.kept is None:
            return "stopped; nothing is kept without --results"
        return f"stopped; {len(self.kept.read())} of about {self.runs} runs are kept. Go on with the same command"


@dataclass
class _Scaled:
    """Shares of the whole as simulated hours."""

    report: Progress = field(default_factory=Silent)
    hours: float = 1.0

    def advance(self, amount: float = 1.0) -> None:
        self.report.advance(amount * self.hours)

    def say(self, text: str) -> None:
        say(self.report, text)


def _key(names: Sequence[str], place: int) -> str:
    return f"draw {place} {' '.join(names)}"
