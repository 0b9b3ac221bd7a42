"""Dosing under a rule: at each visit a dose is given or not, by what the burden is then. Fixed schedules are rules that always give."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from exoresist.compartments.well import Culture
from exoresist.core.errors import InputError
from exoresist.network import Event, Run, integrate

Array = NDArray[np.float64]
Values = Mapping[str, "float | Array"]


@dataclass(frozen=True)
class Limits:
    """What a schedule may do: nM in one dose, nM over all doses, h between doses."""

    dose: float
    total: float
    interval: float

    def __post_init__(self) -> None:
        for name in ("dose", "total", "interval"):
            value = getattr(self, name)
            if not np.isfinite(value) or value <= 0.0:
                raise InputError(f"a limit of {value:g} on the {name}", "more than 0")


@dataclass(frozen=True)
class Rule:
    """Visits and what is given at them.

    dose      nM given at a visit, less where the total allows no more
    interval  h between visits; first: h of the first visit
    visits    most visits
    stop      burden over that at the start below which dosing pauses; resume: above which it goes on again; 0 and 0: it never pauses
    """

    dose: float
    interval: float
    visits: int
    first: float = 0.0
    stop: float = 0.0
    resume: float = 0.0

    @property
    def adapts(self) -> bool:
        return self.stop > 0.0

    def times(self, end: float) -> Array:
        """(V,) h of the visits before `end`."""
        times = self.first + self.interval * np.arange(self.visits, dtype=float)
        return np.asarray(times[times < end], dtype=float)

    def held(self, limits: Limits) -> Rule:
        """The rule within limits: its dose cut, its visits moved apart, and none left after the total is given."""
        dose = min(self.dose, limits.dose, limits.total)
        enough = int(np.ceil(limits.total / dose - 1e-9)) if dose > 0.0 and not self.adapts else self.visits
        return replace(self, dose=dose, interval=max(self.interval, limits.interval), visits=max(1, min(self.visits, enough)))


@dataclass(frozen=True)
class Given:
    """What was given: (V,) h of the visits and (V, S) nM."""

    times: Array
    doses: Array

    def excess(self, limits: Limits) -> float:
        """The largest share by which any limit is exceeded; 0 or less: none is."""
        found = [float(self.doses.max(initial=0.0)) / limits.dose, float(self.doses.sum(axis=0).max(initial=0.0)) / limits.total]
        for column in self.doses.T:
            gaps = np.diff(self.times[column > 0.0])
            found += [limits.interval / float(gaps.min())] if len(gaps) else []
        return max(found) - 1.0


def steered(
    model: Culture,
    times: Sequence[float],
    drug: str,
    rule: Rule,
    limits: Limits,
    burden: Sequence[str],
    values: Values,
    initial: Values | None = None,
    per_cell: Values | None = None,
    loads: Mapping[str, Mapping[str, float | Array]] | None = None,
    relative: float = 1e-6,
) -> tuple[Run, Given]:
    """Advance a culture, dosing by a rule within limits.

    times    output times, h; burden: pools whose sum is the burden that the rule looks at
    values   parameter -> number or (S,) array; initial: pool -> amount, laid over the model's own start
    per_cell, loads  of added vesicles, as in `compartments.culture`

    Every set is dosed by its own burden. Raises SolverError with advice when a set cannot be solved.
    """
    rule = rule.held(limits)
    grid = np.asarray(times, dtype=float)
    others, dose, lasting = _apart(model.events(values, {drug: 1.0}, per_cell, loads), drug)
    visits = rule.times(float(grid[-1]))
    sets = max([1, *(np.size(value) for value in (*values.values(), *(initial or {}).values()))])
    stops = np.unique(np.concatenate([grid[[0, -1]], visits]))
    state: dict[str, float | Array] = {**model.start(values), **(initial or {})}
    now: dict[str, float | Array] = dict(values)
    given, on = np.zeros((len(visits), sets)), np.ones(sets, dtype=bool)
    start: Array | None = None
    later: list[Event] = []
    runs: list[Run] = []
    for begin, end in itertools.pairwise(stops):
        here = [event for event in (*others, *later) if begin <= event.time < end]
        place = np.flatnonzero(visits == begin)
        if len(place):
            level = _total(state, burden, sets)
            start = level if start is None else start
            share = level / np.maximum(start, 1e-300)
            on = np.where(share < rule.stop, False, np.where(share > rule.resume, True, on)) if rule.adapts else on
            left = np.maximum(limits.total - given.sum(axis=0), 0.0)
            given[place[0]] = np.where(on, np.minimum(rule.dose, left), 0.0)
            here.append(Event(float(begin), add={pool: given[place[0]] * amount for pool, amount in dose.items()}, label="dose"))
            if lasting is not None:
                later.append(Event(float(begin) + lasting[0], remove=lasting[1], label="washed out"))
                here += [event for event in later[-1:] if event.time < end]
        inside = grid[(grid > begin) & (grid < end)]
        run = integrate(
            model.network, [begin, *inside, end], values=_whole(now, sets), initial=state, events=sorted(here, key=_when),
            relative=relative, in_blocks=True,
        )  # fmt: skip
        runs.append(run)
        for event in sorted(here, key=_when):
            now.update(event.set)
        state = {name: run.amounts[-1, row] for name, row in run.compiled.state_index.items()}
    return _joined(runs, grid), Given(visits, given)


def _when(event: Event) -> float:
    return event.time


def _whole(values: Values, sets: int) -> dict[str, float | Array]:
    """At least one value over all sets, so that every stretch has the same number of them."""
    result = dict(values)
    name = next(iter(result))
    result[name] = np.broadcast_to(np.asarray(result[name], dtype=float), (sets,))
    return result


def _total(state: Values, pools: Sequence[str], sets: int) -> Array:
    total = sum(np.broadcast_to(np.asarray(state[name], dtype=float), (sets,)) for name in pools)
    return np.maximum(np.asarray(total), 0.0)


def _apart(
    events: Sequence[Event], drug: str
) -> tuple[list[Event], dict[str, float | Array], tuple[float, dict[str, float]] | None]:
    """All events but those of the drug; what one nM adds; how long a dose stays and what then is taken out (None: it stays)."""
    added = [event for event in events if event.label in (f"{drug} added", f"{drug} given")]
    out = [event for event in events if event.label == f"{drug} out"]
    if not added:
        raise InputError(f"'{drug}' is never given", "a drug with a dose")
    lasting = (out[0].time - added[0].time, dict(out[0].remove)) if out else None
    mine = {id(event) for event in (*added, *out)}
    return [event for event in events if id(event) not in mine], dict(added[0].add), lasting


def _joined(runs: Sequence[Run], grid: Array) -> Run:
    """The stretches as one run at the output times; what a stretch begins with counts, not what the one before ended with."""
    first = runs[0]
    amounts = np.empty((len(grid), *first.amounts.shape[1:]))
    supplied: dict[str, Array] = {}
    before: dict[str, Array] = {}
    changes: list[tuple[float, Array]] = []
    for run in runs:
        places = np.searchsorted(grid, run.times)
        for row, place in enumerate(places):
            if place < len(grid) and grid[place] == run.times[row]:
                amounts[place] = run.amounts[row]
                for element in {*run.supplied, *before}:
                    total = supplied.setdefault(element, np.zeros((len(grid), amounts.shape[2])))
                    total[place] = before.get(element, 0.0) + (run.supplied[element][row] if element in run.supplied else 0.0)
        for element, course in run.supplied.items():
            before[element] = before.get(element, np.zeros(amounts.shape[2])) + course[-1]
        changes += run.changes
    steps, refused = sum(run.steps for run in runs), sum(run.rejected for run in runs)
    return Run(first.network, first.compiled, grid, amounts, first.values, steps, refused, supplied, changes)
