"""libroadrunner, driven through the periods of an experiment.

A period ends just before the next begins; there the changes of the condition are evaluated together, then made: sizes of compartments
first (amounts stay), then species and parameters. Events that this sets off follow, and the engine goes on from there.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exoresist.core.errors import InputError, SolverError
from exoresist.exchange.petab_formula import TIME, evaluate, names_in
from exoresist.exchange.petab_model import Beginning, Model, Trigger, read_model
from exoresist.exchange.petab_tables import Experiment, Formula, one_line

Array = NDArray[np.float64]

# Of the engine, the next where one is too fine for a model's sizes: logarithms of small readings must be right.
TOLERANCES = ((1e-10, 1e-14), (1e-9, 1e-12), (1e-8, 1e-10), (1e-7, 1e-8))
OFTEN = 5  # runs one after the other for which a tolerance was too fine: they begin with the next from then on
MOST_STEPS = 50_000  # of the engine from one reading to the next
BEFORE = 1e-10  # how far before a change the engine stops, relative
STILL = 1e-8  # a state that changes by less over a doubled span, relative to its largest, is at rest
LEAST = 1e-11  # of amount, that counts as change at all
FIRST_SPAN, LAST_SPAN = 2.0**8, 2.0**44  # units of time of the model
CASCADE = 1000  # events that may set each other off at one moment


class Engine:
    """One loaded model. Not for use by several threads at once."""

    def __init__(self, text: str) -> None:
        import roadrunner

        self.model: Model = read_model(text)
        roadrunner.Logger.disableLogging()
        try:
            self.runner = roadrunner.RoadRunner(self.model.text)
        except RuntimeError as error:
            raise InputError(f"libroadrunner cannot load the SBML model: {one_line(error)}", "what it can simulate") from error
        self.runner.getIntegrator().maximum_num_steps = MOST_STEPS
        self._finest = self._too_fine = 0
        self._tolerance(0)
        self.time = 0.0
        self.values: dict[str, float] = {}
        self._rested: tuple[Any, dict[str, float], dict[str, float]] | None = None

    def run(self, experiment: Experiment, values: Mapping[str, float], names: Sequence[str], times: Array) -> dict[str, Array]:
        """Courses of everything that formulas ask for.

        values  parameter of the problem -> number
        names   identifiers of the model, or `time`
        times   rising; infinity: the state at rest after the last change
        returns name -> array over times
        raises  SolverError where the engine cannot go on or a state finds no rest; InputError for what is not known here
        """
        for level in range(self._finest, len(TOLERANCES)):
            try:
                self._tolerance(level)
                courses = self._run(experiment, values, names, times)
            except _StoppedError as error:
                if level + 1 == len(TOLERANCES):
                    raise SolverError(str(error)) from error
            else:
                self._too_fine = self._too_fine + 1 if level > self._finest else 0
                if self._too_fine == OFTEN:
                    self._finest, self._too_fine = level, 0
                return courses
        raise AssertionError("one of the tolerances is the last")

    def _tolerance(self, level: int) -> None:
        integrator = self.runner.getIntegrator()
        integrator.relative_tolerance, integrator.absolute_tolerance = TOLERANCES[level]

    def _run(self, experiment: Experiment, values: Mapping[str, float], names: Sequence[str], times: Array) -> dict[str, Array]:
        self.values = dict(values)
        periods = experiment.periods
        set_here = {target for period in periods for target in period.changes}
        wanted = [name for name in names if name in self.model or name in set_here]
        table = np.full((len(times), len(wanted)), np.nan)
        begin = next((period.time for period in periods if not period.equilibrates), 0.0)
        if len(times) and times[0] < begin:
            raise InputError(f"A measurement of '{experiment.id}' at time {times[0]:g}, before its first period at {begin:g}", "")
        for place, period in enumerate(periods):
            if place == 0 and period.equilibrates:
                self._equilibrate(experiment, values)
                continue
            if place == 0:
                self._start(period.changes, period.time)
            else:
                self._change(period.changes, period.time)
            if period.equilibrates:
                self._rest(experiment)
                continue
            end = periods[place + 1].time if place + 1 < len(periods) else math.inf
            here = np.flatnonzero((times >= period.time) & (times < end))
            table[here] = self._course(times[here], wanted)
            if math.isfinite(end):
                self._advance(end - BEFORE * max(1.0, abs(end)))
        if len(times) and math.isinf(times[-1]):
            self._rest(experiment)
            table[np.isinf(times)] = self._now(wanted)
        if not np.all(np.isfinite(table)):
            bad = [name for name, column in zip(wanted, table.T, strict=True) if not np.all(np.isfinite(column))]
            raise SolverError(f"'{bad[0]}' of experiment '{experiment.id}' is not a finite number. Check the parameters' values.")
        courses = dict(zip(wanted, table.T, strict=True))
        return {**courses, TIME: times} if TIME in names else courses

    def __getitem__(self, name: str) -> float:
        """The value now, as formulas read it: concentrations, amounts of species that have only these, rates of reactions."""
        if name == TIME:
            return self.time
        if name in self.model:
            return float(self.runner[self._selection(name)])
        if name in self.values:
            return self.values[name]
        raise InputError(f"'{name}' is nothing that the model or the parameter table holds", "")

    def _selection(self, name: str) -> str:
        return f"[{name}]" if name in self.model.species and not self.model.species[name][1] else name

    def _start(self, changes: Mapping[str, Formula], time: float) -> None:
        """Everything at its value at the start; then events whose trigger counts as false before."""
        beginning = Beginning(self.model, changes, self.values, time)
        self.values |= {name: beginning[name] for name in changes if name not in self.model}
        self.runner.reset()
        self._set_clock(time)
        self._assign({name: beginning[name] for name in self.model.settable()})
        self._fire([event.initial for event in self.model.events])

    def _equilibrate(self, experiment: Experiment, values: Mapping[str, float]) -> None:
        """The state at rest from which an experiment begins; the next one that begins in the same way takes it as it is."""
        changes = experiment.periods[0].changes
        key = (tuple(changes.items()), tuple(values.items()), self.runner.getIntegrator().relative_tolerance)
        if self._rested is None or self._rested[0] != key:
            self._start(changes, 0.0)
            self._rest(experiment)
            self._rested = (key, {name: self[name] for name in self.model.settable()}, dict(self.values))
            return
        self.runner.reset()
        self._set_clock(0.0)
        self.values = dict(self._rested[2])
        self._assign(self._rested[1])

    def _change(self, changes: Mapping[str, Formula], time: float) -> None:
        before = [self._holds(event) for event in self.model.events]
        self._set_clock(time)
        self._assign({name: float(evaluate(formula, self)) for name, formula in changes.items()})
        self._fire(before)

    def _set_clock(self, time: float) -> None:
        """Here and in the engine, whose rules may read it: after an equilibration its clock stands far in the future."""
        self.time = time
        self.runner.model.setTime(time)

    def _assign(self, values: Mapping[str, float]) -> None:
        """Compartments keep the amounts within; a concentration is meant in the new size."""
        for name, value in values.items():
            if not math.isfinite(value):
                raise SolverError(f"'{name}' would be set to {value}. Check the parameters' values.")
        sizes = {name: value for name, value in values.items() if name in self.model.compartments}
        for name, value in sizes.items():
            self.runner[name] = value
        for name, value in values.items():
            if name in sizes:
                continue
            if name not in self.model:
                self.values[name] = value  # only observables read it
            elif name in self.model.species:
                compartment, amount = self.model.species[name]
                self.runner[name] = value if amount else value * float(self.runner[compartment])
            elif name in self.model.parameters:
                self.runner[name] = value
            else:
                raise InputError(f"A condition sets '{name}', which the model does not hold", "compartments, species, parameters")

    def _holds(self, event: Trigger) -> bool:
        return bool(evaluate(event.trigger(), self))

    def _fire(self, before: Sequence[bool]) -> None:
        """Carry out events that became true, by priority, and those that they set off."""
        state = list(before)
        waiting: list[tuple[Trigger, dict[str, float] | None]] = []
        for _ in range(CASCADE):
            for place, event in enumerate(self.model.events):
                holds = self._holds(event)
                if holds and not state[place]:
                    if event.delay is not None and float(evaluate(event.delay(), self)) > 0.0:
                        raise InputError(f"Event '{event.name}' with a delay is set off by a condition", "events without delay")
                    waiting.append((event, self._outcome(event) if event.from_trigger else None))
                elif not holds and not event.persistent:
                    waiting = [one for one in waiting if one[0] is not event]
                state[place] = holds
            if not waiting:
                return
            chosen = max(
                waiting, key=lambda one: -math.inf if one[0].priority is None else float(evaluate(one[0].priority(), self))
            )
            waiting.remove(chosen)
            self._assign(chosen[1] if chosen[1] is not None else self._outcome(chosen[0]))
        raise SolverError("Events of the SBML model set each other off without end. Check their triggers.")

    def _outcome(self, event: Trigger) -> dict[str, float]:
        return {name: float(evaluate(formula(), self)) for name, formula in event.assignments.items()}

    def _course(self, times: Array, wanted: Sequence[str]) -> Array:
        """(T, names) from now on; the first time may be now."""
        times = times[np.isfinite(times)]
        rows: list[Array] = []
        if len(times) and times[0] <= self.time:
            rows.append(self._now(wanted)[None])
        later = times[times > self.time]
        if len(later):
            rows.append(self._simulate([self.time, *later], wanted))
        return np.concatenate(rows) if rows else np.empty((0, len(wanted)))

    def _now(self, wanted: Sequence[str]) -> Array:
        return np.array([self[name] for name in wanted], dtype=float)

    def _advance(self, end: float) -> None:
        if end > self.time:
            self._simulate([self.time, end], [])

    def _simulate(self, times: list[float], wanted: Sequence[str]) -> Array:
        """(T − 1, names) at the times after the first, which is now."""
        moving = [name for name in wanted if name in self.model]
        try:
            with _quiet():
                found = self.runner.simulate(times=times, selections=["time", *map(self._selection, moving)])
        except RuntimeError as error:
            raise _StoppedError(f"libroadrunner stopped after time {self.time:g}: {one_line(error)}") from error
        self.time = times[-1]
        courses = dict(zip(moving, np.array(found, dtype=float)[1:, 1:].T, strict=True))
        still = np.ones(len(times) - 1)
        return (
            np.stack([courses[name] if name in courses else self.values[name] * still for name in wanted], axis=1)
            if wanted
            else still
        )

    def _rest(self, experiment: Experiment) -> None:
        """Advance until no amount changes any more; what only piles up never rests and is named."""
        timed = [event.name for event in self.model.events if TIME in names_in(event.trigger())]
        if timed:
            raise InputError(
                f"Experiment '{experiment.id}' waits for a steady state, and event '{timed[0]}' goes by the clock",
                "models without timed events", "Take the event out, or give the time in place of the steady state",
            )  # fmt: skip
        states = [name for name in self.model.species if name not in self.model.rules]
        states += [name for name in self.runner.getRateRuleIds() if name not in states]
        largest = np.abs(self._now(states))
        span = FIRST_SPAN
        while True:
            before = self._now(states)
            self._advance(self.time + span)
            after = self._now(states)
            largest = np.maximum(largest, np.abs(after))
            moving = np.abs(after - before) > STILL * largest + LEAST
            if not moving.any():
                return
            if span >= LAST_SPAN:
                names = ", ".join(name for name, one in zip(states, moving, strict=True) if one)
                raise SolverError(f"Experiment '{experiment.id}' finds no steady state: {names[:200]} still change.")
            span *= 2.0


class _StoppedError(Exception):
    """The engine gave up at this tolerance."""


@contextmanager
def _quiet() -> Iterator[None]:
    """The solver below writes its troubles to the terminal, past Python; they come back as errors, too."""
    if os.name != "posix":
        yield
        return
    import ctypes

    flush = ctypes.CDLL(None).fflush  # its lines wait in a buffer of their own and would come out at the end
    flush(None)
    kept, nowhere = [os.dup(1), os.dup(2)], os.open(os.devnull, os.O_WRONLY)
    try:
        for place in (1, 2):
            os.dup2(nowhere, place)
        yield
    finally:
        flush(None)
        for place, one in zip((1, 2), kept, strict=True):
            os.dup2(one, place)
            os.close(one)
        os.close(nowhere)


def names_wanted(formulas: Sequence[Any]) -> list[str]:
    """Symbols of some formulas, in a fixed order."""
    return sorted({name for formula in formulas for name in names_in(formula)})
